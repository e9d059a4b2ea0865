/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_disk - what the disk gives: probe_disk DIRECTORY SECONDS
 *
 * Appends blocks of 4 KiB to a file in DIRECTORY and calls fdatasync after every one, every 4, 16 and 64 of them, each
 * for SECONDS, as a transaction log does for one writer and for groups of writers. Prints a line for each group size,
 * "group=4 syncs_per_second=… blocks_per_second=…", and removes the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096 };

/* The file begins anew at this size, so that a long run on a fast disk does not fill it. */
#define FILE_MAX ((off_t)256 << 20)

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool append_group(int fd, const char *block, unsigned group)
{
    for (unsigned i = 0; i < group; i++) {
        ssize_t n = write(fd, block, BLOCK);

        if (n != BLOCK) {
            if (n >= 0)
                errno = ENOSPC;
            return false;
        }
    }
    return fdatasync(fd) == 0;
}

static bool measure(int fd, const char *block, unsigned group, double seconds)
{
    double begun, elapsed;
    uint64_t syncs = 0;

    if (ftruncate(fd, 0) != 0 || fsync(fd) != 0)
        return false;
    begun = now();
    do {
        if (lseek(fd, 0, SEEK_CUR) >= FILE_MAX && (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0))
            return false;
        if (!append_group(fd, block, group))
            return false;
        syncs++;
        elapsed = now() - begun;
    } while (elapsed < seconds);
    printf("group=%u syncs_per_second=%.0f blocks_per_second=%.0f\n", group, (double)syncs / elapsed,
           (double)syncs * group / elapsed);
    return true;
}

int main(int argc, char **argv)
{
    static const unsigned groups[] = {1, 4, 16, 64};
    static char block[BLOCK];
    char path[4096];
    double seconds = argc == 3 ? strtod(argv[2], NULL) : 0;
    int fd, len, status = EXIT_SUCCESS;

    if (seconds <= 0 || seconds > 60) {
        fprintf(stderr, "usage: probe_disk DIRECTORY SECONDS\n");
        return 2;
    }
    len = snprintf(path, sizeof path, "%s/probe_disk.XXXXXX", argv[1]);
    if (len < 0 || (size_t)len >= sizeof path) {
        fprintf(stderr, "probe_disk: the name of the directory is too long\n");
        return EXIT_FAILURE;
    }
    fd = mkstemp(path);
    if (fd < 0) {
        fprintf(stderr, "probe_disk: %s: %s\n", path, strerror(errno));
        return EXIT_FAILURE;
    }
    /* Without a name it goes away whatever ends this program. */
    unlink(path);
    memset(block, 'x', sizeof block);
    for (size_t i = 0; i < sizeof groups / sizeof *groups && status == EXIT_SUCCESS; i++)
        if (lseek(fd, 0, SEEK_SET) != 0 || !measure(fd, block, groups[i], seconds)) {
            fprintf(stderr, "probe_disk: %s: %s\n", argv[1], strerror(errno));
            status = EXIT_FAILURE;
        }
    close(fd);
    return status;
}
