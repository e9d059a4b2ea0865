/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The bytes that the file has; 0 also where that cannot be told. */
static size_t bytes_of(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0;
}

/* Every byte is written, also where a hole would read as zeros: on a full disk a hole ends the process that writes in it. */
static bool write_zeros(int fd, size_t size)
{
    static const char zeros[4096];

    for (size_t at = bytes_of(fd), n; at < size; at += n) {
        ssize_t written = pwrite(fd, zeros, size - at < sizeof zeros ? size - at : sizeof zeros, (off_t)at);

        if (written <= 0) {
            errno = written == 0 ? ENOSPC : errno;
            return false;
        }
        n = (size_t)written;
    }
    return true;
}

/*
 * What one process was interrupted at, the next completes. The lock is given back, not left to the descriptor's end: it
 * belongs to the open file, which the mapping keeps, and whoever waited would wait until this process ends.
 */
static bool fill(int fd, size_t size)
{
    bool filled;
    int why;

    if (flock(fd, LOCK_EX) != 0)
        return false;
    filled = write_zeros(fd, size);
    why = errno;
    flock(fd, LOCK_UN);
    errno = why;
    return filled;
}

void *shared_open(const char *dir, const char *name, size_t size, struct arena *a, const char **message)
{
    const char *path = arena_printf(a, "%s/%s", dir, name);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    void *m = MAP_FAILED;

    if (fd >= 0 && (bytes_of(fd) >= size || fill(fd, size)))
        m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (m == MAP_FAILED)
        *message = arena_printf(a, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return m == MAP_FAILED ? NULL : m;
}

void shared_close(void *memory, size_t size)
{
    if (memory != NULL)
        munmap(memory, size);
}
