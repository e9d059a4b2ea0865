/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/http/metrics.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Part of the file's name, with the sizes of the tables: to be raised when their order changes. */
#define FORMAT  1
#define CLASSES 6 /* of statuses, by their first digit */

/* The file. */
struct metrics {
    atomic_ullong requests[CLIENTS][HTTP_METHODS][CLASSES];
};

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share the counters");

/* Whether nothing is missing; *size is what there is. */
static bool is_whole(int fd, size_t *size)
{
    struct stat st;

    *size = fstat(fd, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0;
    return *size >= sizeof(struct metrics);
}

/*
 * Every byte is written, also where a hole would read as zeros: on a full disk a hole ends the process that counts in
 * it. What one process was interrupted at, the next completes. The lock goes with the descriptor.
 */
static bool fill(int fd)
{
    static const char zeros[sizeof(struct metrics)];
    size_t size;

    if (flock(fd, LOCK_EX) != 0)
        return false;
    if (is_whole(fd, &size))
        return true;
    ssize_t n = pwrite(fd, zeros, sizeof zeros - size, (off_t)size);
    if (n >= 0 && !is_whole(fd, &size))
        errno = ENOSPC;
    return n >= 0 && size >= sizeof zeros;
}

static struct metrics *map(int fd)
{
    size_t size;
    void *m = MAP_FAILED;

    if (is_whole(fd, &size) || fill(fd))
        m = mmap(NULL, sizeof(struct metrics), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return m == MAP_FAILED ? NULL : m;
}

struct metrics *metrics_open(const char *dir, struct arena *a, const char **message)
{
    const char *path = arena_printf(a, "%s/metrics-%d-%d-%d", dir, FORMAT, CLIENTS, HTTP_METHODS);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct metrics *m = fd < 0 ? NULL : map(fd);

    if (m == NULL)
        *message = arena_printf(a, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return m;
}

void metrics_close(struct metrics **m)
{
    if (*m != NULL)
        munmap(*m, sizeof **m);
    *m = NULL;
}

void metrics_count(struct metrics *m, enum client client, enum http_method method, int status)
{
    assert((unsigned)client < CLIENTS && (unsigned)method < HTTP_METHODS && status >= 100 && status < 600);
    if (m != NULL)
        atomic_fetch_add_explicit(&m->requests[client][method][status / 100], 1, memory_order_relaxed);
}

void metrics_write(struct buf *out, const struct metrics *m)
{
    buf_puts(out, "# HELP roster_requests_total Requests that were answered.\n"
                  "# TYPE roster_requests_total counter\n");
    for (size_t i = 0; i < (size_t)CLIENTS * HTTP_METHODS * CLASSES; i++) {
        enum client client = (enum client)(i / (HTTP_METHODS * CLASSES));
        enum http_method method = (enum http_method)(i / CLASSES % HTTP_METHODS);
        unsigned long long n = atomic_load_explicit(&m->requests[client][method][i % CLASSES], memory_order_relaxed);

        if (n > 0)
            buf_printf(out, "roster_requests_total{client=\"%s\",method=\"%s\",status=\"%zuxx\"} %llu\n",
                       client_name(client), http_method_name(method), i % CLASSES, n);
    }
}
