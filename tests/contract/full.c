/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk is full: writes are refused, reads go on, and writes come back when there is room. A small tmpfs in a mount
 * namespace of this program's own stands for the disk, which only root can make.
 */
#include "common.h"
#include "tests/unit/unit.h"

#include "roster/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISK_SIZE "64m"
#define LOOK_MS   1100 /* free space is looked at no more than once a second */

static struct conf conf;
static char disk[512], filler[600];

static enum store_rc write_some(struct store_txn *t, struct arena *a, void *ctx)
{
    char key[8];
    size_t len = 200000;

    return store_put(t, SPACE_USER, number(*(uint64_t *)ctx, key), str_make(arena_alloc(a, len), len));
}

static enum store_rc read_some(struct store_txn *t, struct arena *a, void *ctx)
{
    struct str value;
    char key[8];

    (void)a;
    return store_get(t, SPACE_USER, number(*(uint64_t *)ctx, key), &value);
}

static enum store_rc run(struct store *s, enum store_mode mode, uint64_t n)
{
    struct arena *a = arena_new(0);
    enum store_rc rc = store_run(s, 1, mode, a, mode == STORE_WRITE ? write_some : read_some, &n);

    arena_free(&a);
    return rc;
}

/* Takes all but so many bytes. */
static void fill_disk(size_t leave)
{
    static const char zeros[65536];
    int fd = open(filler, O_WRONLY | O_CREAT, 0600);
    ssize_t n;
    off_t end;

    do
        n = write(fd, zeros, sizeof zeros);
    while (n > 0);
    CHECK_INT(errno, ENOSPC);
    end = lseek(fd, 0, SEEK_CUR);
    CHECK(end > (off_t)leave);
    CHECK_INT(ftruncate(fd, end - (off_t)leave), 0);
    close(fd);
}

static void new_disk(const char *regions)
{
    const char *dir = unit_tmpdir();

    snprintf(disk, sizeof disk, "%s/disk", dir);
    snprintf(filler, sizeof filler, "%s/filler", disk);
    CHECK_INT(mkdir(disk, 0700), 0);
    CHECK_INT(mount("disk", disk, "tmpfs", 0, "size=" DISK_SIZE ",mode=0700"), 0);
    small_conf(&conf, disk);
    conf.store_regions = regions;
    conf.store_reserve_mb = 8;
    conf.store_ballast_mb = 12; /* a recovery may take a log file and the checkpoint of what it did again */
}

static void below_the_reserve(void)
{
    struct store *s;

    new_disk(unit_tmpdir());
    s = open_or_print(&conf);
    CHECK_FATAL(s != NULL);
    CHECK_INT(run(s, STORE_WRITE, 1), STORE_OK);
    CHECK(store_has_room(s));
    fill_disk(4 << 20);
    poll(NULL, 0, LOOK_MS);
    CHECK(!store_has_room(s));
    for (uint64_t i = 2; i < 100; i++)
        CHECK_INT(run(s, STORE_WRITE, i), STORE_FULL);
    for (uint64_t i = 0; i < 100; i++)
        CHECK_INT(run(s, STORE_READ, i), i == 1 ? STORE_OK : STORE_NOTFOUND);
    unlink(filler);
    poll(NULL, 0, LOOK_MS);
    CHECK(store_has_room(s));
    CHECK_INT(run(s, STORE_WRITE, 2), STORE_OK);
    CHECK_INT(run(s, STORE_READ, 2), STORE_OK);
    store_close(&s);
    umount(disk);
}

struct filling {
    _Atomic uint64_t acknowledged;
};

/* Somebody else fills the disk between two looks at it; this process writes on until it is stopped. */
static int write_until_full(void *ctx)
{
    struct filling *f = ctx;
    struct store *s = open_or_print(&conf);

    if (s == NULL)
        return 1;
    store_housekeep(s, true); /* makes the ballast */
    conf.store_reserve_mb = 0;
    for (uint64_t i = 1; i < 2000; i++) {
        enum store_rc rc;

        if (i == 20)
            fill_disk(256 << 10);
        rc = run(s, STORE_WRITE, i);
        if (rc == STORE_FULL)
            return 3;
        if (rc != STORE_OK)
            return 2;
        f->acknowledged = i;
    }
    return 0;
}

/* Past the reserve, to the last byte: either refused or the process ends; nothing acknowledged is lost either way. */
static void to_the_last_byte(void)
{
    struct filling *f = shared_zeros(sizeof *f);
    struct store *s;
    uint64_t reserve;
    int status;

    new_disk(unit_tmpdir());
    reserve = (uint64_t)conf.store_reserve_mb;
    status = child_status(in_child(write_until_full, f));
    printf("# the writer ended with %d after %llu records\n", status, (unsigned long long)f->acknowledged);
    CHECK(status == 3 || status == STORE_EXIT_FAULT);
    CHECK(f->acknowledged >= 19 && f->acknowledged < 1999);
    conf.store_reserve_mb = (int64_t)reserve;
    s = open_or_print(&conf); /* the disk is full still: recovery has the ballast */
    CHECK_FATAL(s != NULL);
    for (uint64_t i = 1; i <= f->acknowledged; i++)
        CHECK_INT(run(s, STORE_READ, i), STORE_OK);
    unlink(filler); /* the log that the recovery had read is gone: there is room until somebody takes it */
    fill_disk(((size_t)reserve - 1) << 20);
    poll(NULL, 0, LOOK_MS);
    CHECK_INT(run(s, STORE_WRITE, 5000), STORE_FULL);
    unlink(filler);
    poll(NULL, 0, LOOK_MS);
    CHECK_INT(run(s, STORE_WRITE, 5000), STORE_OK);
    store_close(&s);
    umount(disk);
}

/* A file system too small for the shared memory files is named before anything is touched. */
static void regions_too_small(void)
{
    struct arena *a = arena_new(0);
    const char *message = NULL;
    struct store *s;

    new_disk(disk);
    conf.store_regions = arena_printf(a, "%s/regions", disk);
    conf.store_cache_mb = 64;
    s = store_open(&conf, a, &message);
    CHECK(s == NULL);
    CHECK(message != NULL && strstr(message, "store.cache_mb") != NULL);
    printf("# %s\n", message);
    store_close(&s);
    umount(disk);
    arena_free(&a);
}

int main(void)
{
    static const struct unit_test tests[] = {UNIT(below_the_reserve), UNIT(to_the_last_byte), UNIT(regions_too_small)};

    if (geteuid() != 0)
        unit_skip_all("only root can mount a small file system");
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        unit_skip_all("no mount namespace to be had");
    return unit_run("full", tests, sizeof tests / sizeof tests[0]);
}
