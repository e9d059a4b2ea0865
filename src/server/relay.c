/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/server/server.h"

#include "roster/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAUSE_US   50000 /* after an accept that failed for want of descriptors or memory */
#define QUEUE_SIZE 1 /* bytes, which the kernel raises to its least: what waits is to wait in the web server's queue */

/* The descriptors of the thread, which has a table of its own. */
enum { LISTENS, CHANNEL, DESCRIPTORS };

static struct {
    pthread_t thread;
    int listens, channel[2];
    sem_t parted; /* the thread has its own table, or could not get one */
    int error;
    bool running;
} relay;

/* false: there will be no other. */
static bool take_connection(int *fd)
{
    struct pollfd p = {.fd = LISTENS, .events = POLLIN};

    *fd = -1;
    if (poll(&p, 1, -1) < 0)
        return errno == EINTR;
    *fd = accept4(LISTENS, NULL, NULL, SOCK_CLOEXEC);
    if (*fd >= 0)
        return true;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        usleep(PAUSE_US);
    return errno != EINVAL && errno != EBADF;
}

/* Waits while the queue is full. false: nobody will take it. */
static bool pass_connection(int fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    char byte = 0;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &content, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    while (sendmsg(CHANNEL, &message, MSG_NOSIGNAL) < 0) {
        if (errno == EPIPE)
            return false;
        if (errno != EINTR)
            usleep(PAUSE_US); /* many are on their way in all of this user's processes */
    }
    return true;
}

static void close_both(void *arg)
{
    (void)arg;
    close(LISTENS);
    close(CHANNEL);
}

static void *run(void *arg)
{
    int fd;

    (void)arg;
    if (unshare(CLONE_FILES) != 0) {
        relay.error = errno;
        sem_post(&relay.parted);
        return NULL;
    }
    dup2(relay.listens, LISTENS);
    dup2(relay.channel[0], CHANNEL);
    close_range(DESCRIPTORS, ~0U, 0);
    pthread_cleanup_push(close_both, NULL);
    sem_post(&relay.parted);
    while (take_connection(&fd)) {
        bool passed = fd < 0 || pass_connection(fd);

        if (fd >= 0)
            close(fd);
        if (!passed)
            break;
    }
    pthread_cleanup_pop(1);
    return NULL;
}

static int start_thread(void)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    rc = pthread_create(&relay.thread, NULL, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return rc;
    while (sem_wait(&relay.parted) != 0)
        continue;
    if (relay.error != 0)
        pthread_join(relay.thread, NULL);
    return relay.error;
}

static int start(const struct listener *l)
{
    const int size = QUEUE_SIZE;
    int rc;

    relay.listens = l->fd;
    relay.error = 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, relay.channel) != 0)
        return errno;
    setsockopt(relay.channel[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    sem_init(&relay.parted, 0, 0);
    rc = start_thread();
    sem_destroy(&relay.parted);
    close(relay.channel[0]); /* the thread has its own */
    if (rc != 0)
        close(relay.channel[1]);
    return rc;
}

void relay_start(struct listener *l)
{
    int null, rc = start(l);

    if (rc != 0) {
        log_event(LOG_WARN_, "start", LOG_C("reason", "relay"), LOG_C("error", strerror(rc)));
        return;
    }
    relay.running = true;
    null = open("/dev/null", O_RDWR | O_CLOEXEC); /* the standard input is not to be another file by chance */
    if (null < 0 || dup3(null, l->fd, 0) < 0)
        close(l->fd);
    if (null >= 0)
        close(null);
    l->fd = relay.channel[1];
}

void relay_stop(void)
{
    if (!relay.running)
        return;
    pthread_cancel(relay.thread);
    pthread_join(relay.thread, NULL);
    relay.running = false;
}
