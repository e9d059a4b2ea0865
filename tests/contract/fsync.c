/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk fails: one fsync returns an error. The process that sees it ends, and so do the others; the next to open
 * recovers; nothing that was acknowledged is lost. This program's own fdatasync() stands in front of the C library's.
 */
#include "common.h"
#include "tests/unit/unit.h"

#include "roster/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WRITERS 3

static struct shared {
    _Atomic int calls, fail, failed; /* of fdatasync */
    _Atomic int checkpoint;
    _Atomic uint64_t acknowledged[WRITERS];
} * shared;

static struct conf conf;
static const char *fail_on; /* part of the name of the files whose fsync fails */

static bool is_file_of(int fd, const char *part)
{
    char link[64], path[4096];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return strstr(path, part) != NULL;
}

int fdatasync(int fd)
{
    int one = 1;

    atomic_fetch_add(&shared->calls, 1);
    if (atomic_load(&shared->fail) != 0 && is_file_of(fd, fail_on) &&
        atomic_compare_exchange_strong(&shared->fail, &one, 0)) {
        atomic_fetch_add(&shared->failed, 1);
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

struct writing {
    uint64_t number;
};

static enum store_rc write_number(struct store_txn *t, struct arena *a, void *ctx)
{
    char key[8];

    (void)a;
    return store_put(t, SPACE_EVENT, number(((const struct writing *)ctx)->number, key), STR_LIT("event"));
}

/* Writer i is alone in account i + 1. */
static int write_for_ever(void *ctx)
{
    size_t i = *(const size_t *)ctx;
    struct arena *a = arena_new(0);
    struct store *s = open_or_print(&conf);

    if (s == NULL)
        return 1;
    for (uint64_t n = atomic_load(&shared->acknowledged[i]) + 1;; n++) {
        if (store_run(s, (uint32_t)i + 1, STORE_WRITE, a, write_number, &(struct writing){n}) != STORE_OK)
            return 2;
        atomic_store(&shared->acknowledged[i], n);
        arena_reset(a);
        if (atomic_load(&shared->checkpoint) != 0)
            store_housekeep(s, true);
    }
}

static enum store_rc has_numbers(struct store_txn *t, struct arena *a, void *ctx)
{
    char key[8];
    enum store_rc rc = STORE_OK;

    (void)a;
    for (uint64_t n = *(const uint64_t *)ctx; n > 0 && rc == STORE_OK; n--)
        rc = store_has(t, SPACE_EVENT, number(n, key));
    return rc;
}

static void check_acknowledged(uint64_t recoveries)
{
    struct arena *a = arena_new(0);
    struct store *s = open_or_print(&conf);
    struct store_info info;

    CHECK_FATAL(s != NULL);
    store_info(s, &info);
    CHECK_INT(info.recoveries, recoveries);
    for (size_t i = 0; i < WRITERS; i++) {
        uint64_t n = atomic_load(&shared->acknowledged[i]);

        CHECK(n > 0);
        CHECK_INT(store_run(s, (uint32_t)i + 1, STORE_READ, a, has_numbers, &n), STORE_OK);
    }
    store_close(&s);
    arena_free(&a);
}

static bool all_wrote(const uint64_t *from)
{
    for (size_t i = 0; i < WRITERS; i++)
        if (atomic_load(&shared->acknowledged[i]) < from[i] + 20)
            return false;
    return true;
}

/* Lets them write, makes one fsync of a file whose name has `part` fail, and looks how they end. */
static void fail_once(const char *part, bool checkpoint)
{
    size_t which[WRITERS];
    uint64_t before[WRITERS];
    pid_t pid[WRITERS];
    int faults = 0;

    fail_on = part;
    atomic_store(&shared->failed, 0);
    atomic_store(&shared->checkpoint, checkpoint);
    for (size_t i = 0; i < WRITERS; i++) {
        which[i] = i;
        before[i] = atomic_load(&shared->acknowledged[i]);
        pid[i] = in_child(write_for_ever, &which[i]);
    }
    while (!all_wrote(before))
        poll(NULL, 0, 1);
    atomic_store(&shared->fail, 1);
    for (size_t i = 0; i < WRITERS; i++) {
        int status = child_status(pid[i]);

        CHECK(status == STORE_EXIT_FAULT || status == STORE_EXIT_POISONED);
        faults += status == STORE_EXIT_FAULT;
    }
    CHECK_INT(faults, 1);
    CHECK_INT(atomic_load(&shared->failed), 1);
}

/* Two recoveries each time: of the first writer to join, and of the look afterwards. */
static void of_the_log(void)
{
    small_conf(&conf, unit_tmpdir());
    memset(shared, 0, sizeof *shared);
    fail_once("/log/log.", false);
    check_acknowledged(2);
    fail_once("/log/log.", false); /* and again, with what the first time left */
    check_acknowledged(4);
    CHECK(atomic_load(&shared->calls) > 0);
}

static void of_a_record_file(void)
{
    small_conf(&conf, unit_tmpdir());
    memset(shared, 0, sizeof *shared);
    fail_once("/data/event.db", true);
    check_acknowledged(2);
}

/* The fsync fails while the store is recovered: the child ends, and the next try does it. */
static void of_a_recovery(void)
{
    struct arena *a = arena_new(0);
    struct store *s;
    uint64_t one = 1;

    small_conf(&conf, unit_tmpdir());
    memset(shared, 0, sizeof *shared);
    s = open_or_print(&conf);
    CHECK_FATAL(s != NULL);
    CHECK_INT(store_run(s, 1, STORE_WRITE, a, write_number, &(struct writing){1}), STORE_OK);
    store_close(&s);
    fail_on = "/";
    atomic_store(&shared->fail, 1);
    s = open_or_print(&conf);
    CHECK_FATAL(s != NULL);
    CHECK_INT(atomic_load(&shared->failed), 1);
    CHECK_INT(store_run(s, 1, STORE_READ, a, has_numbers, &one), STORE_OK);
    store_close(&s);
    arena_free(&a);
}

int main(void)
{
    static const struct unit_test tests[] = {UNIT(of_the_log), UNIT(of_a_record_file), UNIT(of_a_recovery)};

    shared = shared_zeros(sizeof *shared);
    return unit_run("fsync", tests, sizeof tests / sizeof tests[0]);
}
