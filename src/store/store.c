/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/store/store.h"

#include "roster/base/clock.h"
#include "roster/base/id.h"
#include "roster/base/log.h"
#include "roster/store/engine.h"
#include "roster/store/guard.h"
#include "roster/store/key.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define MIB                 (UINT64_C(1) << 20)
#define VALUE_MAX           (16 * MIB)
#define PREFIX              4  /* an account's number before every key */
#define TRIES               16 /* of one store_run(); the pauses between them sum up to 0.4 s on average */
#define PAUSE_MAX_MS        50
#define ROOM_LOOK_MS        1000
#define LAST_ROOM           MIB /* the ballast is given up when less is left */
#define HOLD_MS             2000
#define HOLD_STEP_MS        5
#define BACKUP_WAIT_MS      60000
#define BACKUP_WAIT_STEP_MS 50

struct store {
    const struct conf *conf;
    const struct engine_ops *ops;
    struct engine *engine;
    struct guard *guard;
    int data;                 /* the directory, with a lock: see hold_data() */
    bool deferring, unsynced; /* see store_defer_sync() */
    bool has_room;
    uint64_t room;       /* bytes, when it was looked at */
    int64_t room_looked; /* clock_ticks() */
    struct sigaction sigbus_before;
};

struct store_txn {
    struct store *store;
    struct engine_txn *engine;
    struct arena *arena;
    struct store_scan *scans; /* that are open */
    enum store_mode mode;
    uint32_t account;
    bool system, lax;
    enum store_rc verdict; /* OK, or what the engine said that this transaction cannot come back from */
};

struct store_scan {
    struct store_txn *txn;
    struct engine_scan *engine;
    struct store_scan *next;
    unsigned char prefix[PREFIX];
};

/* Room for a key as the engine sees it, and for a bound that is longer than any. */
struct full_key {
    unsigned char b[PREFIX + KEY_MAX + 1];
};

const struct store_space_info store_spaces[SPACE_COUNT] = {
#define SPACE(NAME, name, tuple, meaning) {#name, tuple, meaning},
#include "roster/store/spaces.def"
#undef SPACE
};

/* The store that this process has open; for signal handlers and for what an engine reports from the depth of a call. */
static struct store *the_store;

/* --- the ways a process ends --- */

_Noreturn void store_fault(const char *what, int error)
{
    log_event(LOG_ERROR_, "storage_fault", LOG_C("what", what), LOG_C("error", strerror(error)));
    if (the_store != NULL)
        guard_fault(the_store->guard);
    _exit(STORE_EXIT_FAULT); /* a recovering child: its parent sees the status */
}

/* The memory of the region files went away: their file system is full or failed. */
static void on_sigbus(int sig)
{
    if (the_store == NULL || !guard_is_inside(the_store->guard)) {
        signal(sig, SIG_DFL); /* not the store's: the instruction is repeated and ends the process */
        return;
    }
    store_fault("sigbus", EFAULT);
}

/* --- opening --- */

/* Makes the directories above path; they may be looked into by others, as /run and /var/lib. */
static bool make_parents(const char *path, struct arena *a)
{
    char *parent = arena_strdup(a, path);

    for (char *slash = strchr(parent + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(parent, 0755) < 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return true;
}

bool store_directory(const char *path, struct arena *a, const char **message)
{
    struct stat st;

    if (path[0] == '\0') {
        *message = "store.data and store.regions must name directories";
        return false;
    }
    if ((mkdir(path, 0700) < 0 && errno != EEXIST &&
         (errno != ENOENT || !make_parents(path, a) || mkdir(path, 0700) < 0)) ||
        stat(path, &st) < 0) {
        *message = arena_printf(a, "cannot make the directory %s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISDIR(st.st_mode)) {
        *message = arena_printf(a, "%s is not a directory", path);
        return false;
    }
    if (st.st_uid != geteuid()) {
        *message = arena_printf(a, "%s belongs to user %lu and this process is user %lu; run as its owner", path,
                                (unsigned long)st.st_uid, (unsigned long)geteuid());
        return false;
    }
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        *message = arena_printf(a, "others may write to %s; run: chmod 700 %s", path, path);
        return false;
    }
    return true;
}

static const char *ballast_path(const struct conf *c, char *room, size_t size)
{
    int n = snprintf(room, size, "%s/ballast", c->store_data);

    return n > 0 && (size_t)n < size ? room : NULL;
}

/*
 * The guard knows those who come by the same store.regions. Another configuration, or another container, may name
 * others for the same store.data, and then each side would recover under the other's feet. So all who have the
 * data open share a lock on their directory, and a recovery needs it alone. Who was ended may need a moment to let go.
 */
static bool hold_data(int fd, int how, const struct conf *c, struct arena *a, const char **message)
{
    for (int64_t start = clock_ticks(); flock(fd, how | LOCK_NB) < 0; poll(NULL, 0, HOLD_STEP_MS)) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            *message = arena_printf(a, "cannot lock %s: %s", c->store_data, strerror(errno));
            return false;
        }
        if (clock_ticks() - start > HOLD_MS) {
            *message = arena_printf(a, "%s is in use by processes that have another store.regions than %s; stop them",
                                    c->store_data, c->store_regions);
            return false;
        }
    }
    return true;
}

/* Called back by the guard. */
struct joining {
    const struct conf *conf;
    const struct engine_ops *ops;
    struct arena *arena;
    int data;
};

static bool begin_recovery(void *ctx, const char **message)
{
    const struct joining *j = ctx;

    return hold_data(j->data, LOCK_EX, j->conf, j->arena, message);
}

static bool recover_store(void *ctx, bool fault)
{
    const struct joining *j = ctx;
    const char *message = NULL;

    if (j->ops->recover(j->conf, fault, j->arena, &message))
        return true;
    log_event(LOG_ERROR_, "recover", LOG_C("error", message));
    return false;
}

/* The ballast becomes room. false: there was none. */
static bool give_up_ballast(const struct conf *c)
{
    char room[4096];
    const char *path = ballast_path(c, room, sizeof room);

    if (path == NULL || unlink(path) < 0)
        return false;
    log_event(LOG_WARN_, "storage_full", LOG_C("what", "ballast"), LOG_I("ballast_mb", c->store_ballast_mb));
    return true;
}

static void give_room(void *ctx)
{
    const struct joining *j = ctx;

    give_up_ballast(j->conf);
}

static void catch_sigbus(struct store *s)
{
    struct sigaction action = {.sa_handler = on_sigbus};

    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &s->sigbus_before);
}

static bool open_engine(struct store *s, struct arena *a, const char **message)
{
    bool ok;

    the_store = s;
    catch_sigbus(s);
    guard_enter(s->guard);
    ok = s->ops->open(s->conf, a, &s->engine, message);
    guard_exit(s->guard);
    return ok;
}

struct store *store_open(const struct conf *c, struct arena *a, const char **message)
{
    const struct engine_ops *ops = &engine_bdb;
    struct joining joining = {.conf = c, .ops = ops, .arena = a};
    const struct guard_calls calls = {
        .begin = begin_recovery, .recover = recover_store, .give_room = give_room, .ctx = &joining};
    struct store *s;

    *message = NULL;
    assert(the_store == NULL);
    if (!store_directory(c->store_data, a, message) || !store_directory(c->store_regions, a, message) ||
        !ops->prepare(c, a, message))
        return NULL;
    s = calloc(1, sizeof *s);
    if (s == NULL) {
        *message = "out of memory";
        return NULL;
    }
    s->conf = c;
    s->ops = ops;
    s->has_room = true;
    s->room_looked = clock_ticks() - ROOM_LOOK_MS;
    joining.data = s->data = open(c->store_data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    s->guard = guard_join(c->store_regions, &calls, a, message);
    if (s->guard == NULL || !hold_data(s->data, LOCK_SH, c, a, message) || !open_engine(s, a, message))
        store_close(&s);
    return s;
}

void store_close(struct store **sp)
{
    struct store *s = *sp;

    *sp = NULL;
    if (s == NULL)
        return;
    if (s->engine != NULL) {
        guard_enter(s->guard);
        s->ops->close(&s->engine);
        guard_exit(s->guard);
    }
    if (the_store == s) {
        sigaction(SIGBUS, &s->sigbus_before, NULL);
        the_store = NULL;
    }
    guard_leave(&s->guard);
    if (s->data >= 0)
        close(s->data);
    free(s);
}

/* --- room on the disk --- */

static uint64_t free_bytes(const struct store *s)
{
    struct statvfs v;

    if (statvfs(s->conf->store_data, &v) < 0)
        return 0;
    return (uint64_t)v.f_bavail * v.f_frsize;
}

bool store_has_room(struct store *s)
{
    int64_t now = clock_ticks();
    bool has_room;

    if (now - s->room_looked < ROOM_LOOK_MS)
        return s->has_room;
    s->room_looked = now;
    s->room = free_bytes(s);
    if (s->room < LAST_ROOM && give_up_ballast(s->conf))
        s->room = free_bytes(s);
    has_room = s->room >= (uint64_t)s->conf->store_reserve_mb * MIB;
    if (has_room != s->has_room)
        log_event(LOG_WARN_, has_room ? "storage_room" : "storage_full", LOG_I("free_mb", s->room / MIB),
                  LOG_I("reserve_mb", s->conf->store_reserve_mb));
    s->has_room = has_room;
    return has_room;
}

/* A leaked token can be revoked on a disk that is too full for anything else. */
static bool may_write(struct store *s, enum store_mode mode)
{
    return store_has_room(s) || (mode == STORE_URGENT && s->room >= (uint64_t)s->conf->store_reserve_mb * MIB / 2);
}

/* --- running a body --- */

static void close_scans(struct store_txn *t)
{
    while (t->scans != NULL) {
        struct store_scan *scan = t->scans;

        store_scan_close(&scan);
    }
}

/* One try, inside the guard. */
static enum store_rc try_body(struct store *s, struct store_txn *t, store_body *body, void *ctx)
{
    enum store_rc rc = s->ops->begin(s->engine, t->mode, t->account, &t->engine);

    if (rc != STORE_OK)
        return rc;
    rc = body(t, t->arena, ctx);
    close_scans(t);
    if (t->verdict != STORE_OK)
        rc = t->verdict; /* whatever the body made of it */
    if (rc != STORE_OK) {
        s->ops->abort(t->engine);
        return rc;
    }
    rc = s->ops->commit(t->engine);
    if (rc == STORE_OK && t->mode == STORE_WRITE &&
        !t->lax) { /* also where the body wrote nothing: what it read is then on disk */
        s->unsynced = true;
        if (!s->deferring)
            store_sync(s);
    }
    return rc;
}

void store_defer_sync(struct store *s)
{
    s->deferring = true;
}

bool store_unsynced(const struct store *s)
{
    return s->unsynced;
}

void store_sync(struct store *s)
{
    guard_enter(s->guard);
    s->ops->sync(s->engine);
    guard_exit(s->guard);
    s->unsynced = false;
}

/* Waits for a random time that grows with the number of tries. */
static void back_off(int try)
{
    uint64_t most = UINT64_C(1000) << (try < 6 ? try : 6), random;
    struct timespec pause = {0};

    if (most > PAUSE_MAX_MS * 1000)
        most = PAUSE_MAX_MS * 1000;
    id_random(&random, sizeof random);
    pause.tv_nsec = (long)((most / 2 + random % (most / 2)) * 1000);
    nanosleep(&pause, NULL);
}

static enum store_rc run(struct store *s, uint32_t account, bool system, enum store_mode mode, struct arena *arena,
                         store_body *body, void *ctx)
{
    struct arena_mark mark;

    bool lax = mode == STORE_LAX;

    if (mode >= STORE_WRITE && !may_write(s, mode))
        return STORE_FULL;
    if (mode > STORE_WRITE)
        mode = STORE_WRITE;
    mark = arena_mark(arena);
    for (int try = 0; try < TRIES; try++) {
        struct store_txn t = {
            .store = s, .arena = arena, .mode = mode, .account = account, .system = system, .lax = lax};
        enum store_rc rc;

        if (try > 0)
            back_off(try);
        guard_enter(s->guard);
        rc = try_body(s, &t, body, ctx);
        guard_exit(s->guard);
        /* Also a read may need room: for a page of the cache that has to be written before its place can be taken. */
        if (rc != STORE_RETRY && !(rc == STORE_FULL && give_up_ballast(s->conf)))
            return rc;
        arena_rewind(arena, mark);
    }
    return STORE_BUSY;
}

enum store_rc store_run(struct store *s, uint32_t account, enum store_mode mode, struct arena *arena, store_body *body,
                        void *ctx)
{
    assert(account >= 1);
    return run(s, account, false, mode, arena, body, ctx);
}

enum store_rc store_run_system(struct store *s, enum store_mode mode, struct arena *arena, store_body *body, void *ctx)
{
    return run(s, 0, true, mode, arena, body, ctx);
}

/* Keeps what cannot be come back from; gives what the body is told. */
static enum store_rc judge(struct store_txn *t, enum store_rc rc)
{
    if (rc != STORE_RETRY && rc != STORE_FULL && rc != STORE_ERROR)
        return rc;
    t->verdict = rc;
    return rc == STORE_RETRY ? STORE_RETRY : STORE_ERROR;
}

void store_enter(struct store_txn *txn, uint32_t account)
{
    assert(txn->system && txn->mode == STORE_WRITE && account >= 1);
    close_scans(txn);
    txn->account = account;
    if (txn->verdict == STORE_OK)
        judge(txn, txn->store->ops->lock(txn->engine, account));
}

void store_system(struct store_txn *txn)
{
    assert(txn->system);
    close_scans(txn);
    txn->account = 0;
}

uint32_t store_account(const struct store_txn *txn)
{
    return txn->account;
}

/* --- the calls of a body --- */

static void put_prefix(unsigned char b[PREFIX], uint32_t account)
{
    for (int i = 0; i < PREFIX; i++)
        b[i] = (unsigned char)(account >> (8 * (PREFIX - 1 - i)));
}

static struct str full_key(const struct store_txn *t, struct str key, struct full_key *room)
{
    assert(key.len <= KEY_MAX);
    put_prefix(room->b, t->account);
    if (key.len > 0)
        memcpy(room->b + PREFIX, key.p, key.len);
    return str_make(room->b, PREFIX + key.len);
}

enum store_rc store_get(struct store_txn *txn, enum store_space space, struct str key, struct str *value)
{
    struct full_key room;
    enum store_rc rc;

    *value = STR_NULL;
    if (txn->verdict != STORE_OK)
        return judge(txn, txn->verdict);
    rc = txn->store->ops->get(txn->engine, space, full_key(txn, key, &room), txn->arena, value);
    return rc == STORE_OK ? rc : judge(txn, rc);
}

enum store_rc store_has(struct store_txn *txn, enum store_space space, struct str key)
{
    struct full_key room;

    if (txn->verdict != STORE_OK)
        return judge(txn, txn->verdict);
    return judge(txn, txn->store->ops->has(txn->engine, space, full_key(txn, key, &room)));
}

static enum store_rc put(struct store_txn *txn, enum store_space space, struct str key, struct str value, bool insert)
{
    struct full_key room;

    assert(txn->mode == STORE_WRITE && value.len <= VALUE_MAX);
    if (txn->verdict != STORE_OK)
        return judge(txn, txn->verdict);
    return judge(txn, txn->store->ops->put(txn->engine, space, full_key(txn, key, &room), value, insert));
}

enum store_rc store_put(struct store_txn *txn, enum store_space space, struct str key, struct str value)
{
    return put(txn, space, key, value, false);
}

enum store_rc store_insert(struct store_txn *txn, enum store_space space, struct str key, struct str value)
{
    return put(txn, space, key, value, true);
}

enum store_rc store_delete(struct store_txn *txn, enum store_space space, struct str key)
{
    struct full_key room;

    assert(txn->mode == STORE_WRITE);
    if (txn->verdict != STORE_OK)
        return judge(txn, txn->verdict);
    return judge(txn, txn->store->ops->del(txn->engine, space, full_key(txn, key, &room)));
}

/* --- scans --- */

/* The first key behind every key of the account; the last account's end is longer than any key of it can be. */
static struct str account_end(uint32_t account, struct full_key *room)
{
    if (account != UINT32_MAX) {
        put_prefix(room->b, account + 1);
        return str_make(room->b, PREFIX);
    }
    memset(room->b, 0xff, sizeof room->b);
    return str_make(room->b, sizeof room->b);
}

enum store_rc store_scan_open(struct store_txn *txn, enum store_space space, struct str from, struct str to,
                              enum store_direction direction, struct store_scan **out)
{
    struct full_key room_from, room_to;
    struct store_scan *scan;
    struct str end;
    enum store_rc rc;

    *out = NULL;
    if (txn->verdict != STORE_OK)
        return judge(txn, txn->verdict);
    end = to.len == 0 ? account_end(txn->account, &room_to) : full_key(txn, to, &room_to);
    scan = arena_alloc(txn->arena, sizeof *scan);
    rc = txn->store->ops->scan_open(txn->engine, space, full_key(txn, from, &room_from), end, direction, &scan->engine);
    if (rc != STORE_OK)
        return judge(txn, rc);
    scan->txn = txn;
    put_prefix(scan->prefix, txn->account);
    scan->next = txn->scans;
    txn->scans = scan;
    *out = scan;
    return STORE_OK;
}

/* Takes the prefix off. A key of another account in here would be a leak: rather end than go on. */
static struct str own_key(const struct store_scan *scan, struct str full)
{
    if (full.len < PREFIX || memcmp(full.p, scan->prefix, PREFIX) != 0) {
        log_event(LOG_ERROR_, "fatal", LOG_C("what", "a scan left its account"));
        abort();
    }
    return str_sub(full, PREFIX, full.len);
}

enum store_rc store_scan_next(struct store_scan *scan, struct str *key, struct str *value)
{
    struct store_txn *t = scan->txn;
    struct str full, unwanted;
    enum store_rc rc;

    *key = STR_NULL;
    if (value == NULL)
        value = &unwanted;
    *value = STR_NULL;
    if (t->verdict != STORE_OK)
        return judge(t, t->verdict);
    rc = t->store->ops->scan_next(scan->engine, &full, value);
    if (rc != STORE_OK)
        return judge(t, rc);
    *key = own_key(scan, full);
    return STORE_OK;
}

enum store_rc store_scan_skip(struct store_scan *scan, uint64_t n, uint64_t *skipped)
{
    struct store_txn *t = scan->txn;

    *skipped = 0;
    if (t->verdict != STORE_OK)
        return judge(t, t->verdict);
    return judge(t, t->store->ops->scan_skip(scan->engine, n, skipped));
}

void store_scan_close(struct store_scan **sp)
{
    struct store_scan *scan = *sp;
    struct store_scan **link;

    *sp = NULL;
    if (scan == NULL)
        return;
    for (link = &scan->txn->scans; *link != scan; link = &(*link)->next)
        assert(*link != NULL);
    *link = scan->next;
    scan->txn->store->ops->scan_close(scan->engine);
}

/* --- housekeeping --- */

/* Real bytes, to be given up when the disk is full. Made only where there is room enough for both. */
static void make_ballast(struct store *s)
{
    uint64_t size = (uint64_t)s->conf->store_ballast_mb * MIB;
    char room[4096];
    const char *path = ballast_path(s->conf, room, sizeof room);
    struct stat st;
    int fd, rc;

    if (size == 0 || path == NULL || (stat(path, &st) == 0 && (uint64_t)st.st_size >= size) ||
        free_bytes(s) < size + (uint64_t)s->conf->store_reserve_mb * MIB)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    rc = posix_fallocate(fd, 0, (off_t)size);
    close(fd);
    if (rc != 0)
        unlink(path);
}

void store_housekeep(struct store *s, bool force)
{
    if (!guard_housekeeping_begin(s->guard))
        return;
    guard_enter(s->guard);
    s->ops->housekeep(s->engine, force);
    guard_exit(s->guard);
    store_has_room(s); /* also where nobody asks: below the last of it the ballast is given up */
    make_ballast(s);
    guard_housekeeping_done(s->guard);
}

/* Housekeeping stands still meanwhile: it removes log files that the copy needs. */
static bool stop_housekeeping(struct store *s)
{
    const struct timespec step = {.tv_nsec = BACKUP_WAIT_STEP_MS * 1000000L};

    for (int64_t start = clock_ticks(); !guard_housekeeping_begin(s->guard); nanosleep(&step, NULL))
        if (clock_ticks() - start > BACKUP_WAIT_MS)
            return false;
    return true;
}

enum store_rc store_backup(struct store *s, const char *dir)
{
    mode_t before;
    enum store_rc rc;

    if (mkdir(dir, 0700) < 0)
        return STORE_REFUSED;
    if (!stop_housekeeping(s))
        return STORE_BUSY;
    before = umask(077);
    guard_enter(s->guard);
    rc = s->ops->backup(s->engine, dir);
    guard_exit(s->guard);
    umask(before);
    guard_housekeeping_done(s->guard);
    return rc;
}

void store_info(struct store *s, struct store_info *out)
{
    out->engine = s->ops->name;
    out->recoveries = guard_recoveries(s->guard);
    out->members = guard_members(s->guard);
    out->free_bytes = free_bytes(s);
}
