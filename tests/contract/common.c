/* SPDX-License-Identifier: Apache-2.0 */
#include "common.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void small_conf(struct conf *c, const char *dir)
{
    static char data[512], regions[512];

    conf_defaults(c);
    snprintf(data, sizeof data, "%s/data", dir);
    snprintf(regions, sizeof regions, "%s/regions", dir);
    c->store_data = data;
    c->store_regions = regions;
    c->store_cache_mb = 8;
    c->store_log_file_mb = 4;
    c->store_checkpoint_mb = 2;
    c->store_reserve_mb = 1;
    c->store_ballast_mb = 1;
}

struct store *open_or_print(const struct conf *c)
{
    struct arena *a = arena_new(0);
    const char *message = NULL;
    struct store *s = store_open(c, a, &message);

    if (s == NULL)
        printf("# store_open: %s\n", message);
    arena_free(&a);
    return s;
}

pid_t in_child(int (*fn)(void *ctx), void *ctx)
{
    pid_t parent = getpid(), pid;

    fflush(NULL);
    pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is given up leaves nobody behind */
    _exit(getppid() == parent ? fn(ctx) : 1);
}

int child_status(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

void *shared_zeros(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        abort();
    return p;
}

struct str number(uint64_t v, char room[8])
{
    for (int i = 0; i < 8; i++)
        room[i] = (char)(v >> (56 - 8 * i));
    return str_make(room, 8);
}

uint64_t number_of(struct str s)
{
    uint64_t v = 0;

    for (size_t i = 0; i < s.len; i++)
        v = v << 8 | (unsigned char)s.p[i];
    return v;
}

int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

long from_environment(const char *name, long by_default)
{
    const char *text = getenv(name);

    return text == NULL ? by_default : strtol(text, NULL, 10);
}
