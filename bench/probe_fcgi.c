/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_fcgi - the ceiling: the least a FastCGI program can do. probe_fcgi SOCKET WORKERS
 *
 * Listens on the UNIX socket, forks the workers and answers every request with the same 900 bytes, until TERM or INT.
 * It parses nothing and looks nothing up, so that what the web server carries of it is what it could carry of anyone.
 * The accept call blocks: with nothing else to wait for that is faster than epoll, and a ceiling should be high.
 */
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BODY_LEN = 900, BACKLOG = 1024, WORKERS_MAX = 256 };

static int listen_at(const char *path)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int fd;

    if (len >= sizeof sa.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(sa.sun_path, path, len);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)&sa, sizeof sa) != 0 || listen(fd, BACKLOG) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The whole answer, made once: a user of padding. Returns its length. */
static size_t make_answer(char *out, size_t size)
{
    static const char open[] = "{\"id\":\"00000000-0000-4000-8000-000000000000\",\"padding\":\"", close[] = "\"}";
    int head =
        snprintf(out, size, "Status: 200 OK\r\nContent-Type: application/scim+json\r\nContent-Length: %d\r\n\r\n%s",
                 (int)BODY_LEN, open);
    size_t padding = BODY_LEN - (sizeof open - 1) - (sizeof close - 1), len = (size_t)head;

    memset(out + len, 'x', padding);
    len += padding;
    memcpy(out + len, close, sizeof close - 1);
    return len + sizeof close - 1;
}

static _Noreturn void serve(int fd)
{
    char answer[BODY_LEN + 256];
    size_t len = make_answer(answer, sizeof answer);
    FCGX_Request r;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_IGN);
    FCGX_Init();
    FCGX_InitRequest(&r, fd, 0);
    while (FCGX_Accept_r(&r) == 0) {
        FCGX_PutStr(answer, (int)len, r.out);
        FCGX_Finish_r(&r);
    }
    _exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    pid_t workers[WORKERS_MAX];
    long n = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    sigset_t ends;
    int fd, sig, status = EXIT_SUCCESS;

    if (n < 1 || n > WORKERS_MAX) {
        fprintf(stderr, "usage: probe_fcgi SOCKET WORKERS\n");
        return 2;
    }
    fd = listen_at(argv[1]);
    if (fd < 0) {
        fprintf(stderr, "probe_fcgi: %s: %s\n", argv[1], strerror(errno));
        return EXIT_FAILURE;
    }
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    for (long i = 0; i < n; i++) {
        workers[i] = fork();
        if (workers[i] < 0) {
            fprintf(stderr, "probe_fcgi: fork: %s\n", strerror(errno));
            n = i;
            status = EXIT_FAILURE;
        } else if (workers[i] == 0) {
            sigprocmask(SIG_UNBLOCK, &ends, NULL);
            serve(fd);
        }
    }
    if (status == EXIT_SUCCESS && sigwait(&ends, &sig) == 0 && sig == SIGCHLD) {
        fprintf(stderr, "probe_fcgi: a worker ended by itself\n");
        status = EXIT_FAILURE;
    }
    for (long i = 0; i < n; i++)
        kill(workers[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
    unlink(argv[1]);
    return status;
}
