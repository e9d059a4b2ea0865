/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine on Berkeley DB 5.3: one B-tree file per space. The only file that includes db.h.
 *
 * - Pages are of 4 KB, which a file system writes whole, with checksums; keys are compared by memcmp.
 * - Locks are held per page until commit, so a commit does not wait for the disk: it is made without a flush, and
 *   sync() flushes the log afterwards for everybody who waits.
 * - Writers of one account take turns (turn.h) before they touch anything, so that they do not meet in the middle of
 *   their work.
 * - Reads outside a transaction keep no lock between two calls. Each cursor there is a locker of its own to Berkeley DB,
 *   so that a process which held one while it waited for another could wait for itself, unseen by the deadlock
 *   detector. So a scan fetches a batch, closes its cursor, and goes on later behind the last key.
 */
#include "roster/store/engine.h"

#include "roster/base/clock.h"
#include "roster/base/log.h"
#include "roster/store/key.h"
#include "turn.h"

#include <assert.h>
#include <db.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define KIB 1024u
#define MIB (1024u * KIB)

#define PAGE_SIZE 4096

/* A transaction that puts 50,000 users into a team reads and writes some 70,000 pages. */
#define LOCKS        100000
#define LOCKERS      (16 * (STORE_PROCESSES_MAX + 150)) /* 16 for each that lives, or died outside a call */
#define TRANSACTIONS 1000
#define LOG_REGION   (4 * MIB) /* names of the files that each process has open */
#define LOG_BUFFER   MIB
/* What the regions take besides the cache, which takes a quarter more than its size: measured. */
#define REGIONS_FIXED (48 * (uint64_t)MIB)

#define GET_ROOM  (16 * KIB) /* values up to this are fetched in one go */
#define KEY_ROOM  1088       /* the longest full key and one byte */
#define BATCH_MIN (8 * KIB)  /* a scan's first batch; the next ones grow by 4 */
#define BATCH_MAX (256 * KIB)
#define PAIRS_MIN 4 /* the same for backward scans, in pairs, which come one by one */
#define PAIRS_MAX 1024
#define SKIP_FAR  1000 /* a skip over more keys than this starts with the largest batch */

#define MESSAGES_MAX  20 /* of Berkeley DB, in each stretch of so many milliseconds */
#define MESSAGES_TIME 10000

_Static_assert(KEY_ROOM > 4 + KEY_MAX + 1, "a full key fits");

#define HELD_MAX 4 /* the registry's transactions enter one account */

struct engine_txn {
    struct engine *engine;
    DB_TXN *txn;             /* NULL in modes READ and FREEZE */
    uint32_t held[HELD_MAX]; /* turns */
    unsigned nheld;
    bool open;
};

struct engine {
    const struct conf *conf;
    DB_ENV *env;
    DB *db[SPACE_COUNT];
    struct turns *turns;
    struct engine_txn txn; /* the one there may be */
    struct engine_scan *spare;
    unsigned char *got; /* GET_ROOM bytes */
    bool reserved;      /* this process has seen to it that the regions have room to grow */
};

struct bound {
    size_t len;
    unsigned char b[KEY_ROOM];
};

/*
 * A batch lies in buf as Berkeley DB's bulk calls lay it: the bytes from the front, and from the end of `used` backwards
 * four numbers for each pair (offset and length of key and value), ended by one of all ones.
 */
struct engine_scan {
    struct engine_txn *txn;
    DB *db;
    enum store_direction direction;
    struct bound from, to; /* what is still to be fetched */
    unsigned char *buf;
    size_t room;    /* size of buf */
    size_t used;    /* part of buf that this batch was fetched into */
    size_t wanted;  /* next batch: bytes (forward) or pairs (backward) */
    uint32_t at, n; /* the pair that comes next, and how many there are */
    bool started, ended;
    struct engine_scan *next;
};

/* --- results --- */

static enum store_rc result_of(struct engine *e, const char *what, int rc)
{
    switch (rc) {
    case 0:
        return STORE_OK;
    case DB_NOTFOUND:
    case DB_KEYEMPTY:
        return STORE_NOTFOUND;
    case DB_KEYEXIST:
        return STORE_EXISTS;
    case DB_LOCK_DEADLOCK:
    case DB_LOCK_NOTGRANTED:
        return STORE_RETRY;
    case ENOSPC:
    case EDQUOT:
        return STORE_FULL;
    case DB_RUNRECOVERY:
        store_fault(what, EIO);
    default:
        (void)e;
        log_event(LOG_ERROR_, "engine", LOG_C("what", what), LOG_C("error", db_strerror(rc)));
        return STORE_ERROR;
    }
}

/* Berkeley DB says the same thing for each of thousands of pages when a disk is full. */
static void on_message(const DB_ENV *env, const char *prefix, const char *text)
{
    static int64_t since;
    static unsigned said;
    int64_t now = clock_ticks();

    (void)env;
    (void)prefix;
    if (said == 0 || now - since > MESSAGES_TIME) {
        if (said > MESSAGES_MAX)
            log_event(LOG_WARN_, "engine", LOG_I("suppressed", said - MESSAGES_MAX));
        since = now;
        said = 0;
    }
    if (++said <= MESSAGES_MAX)
        log_event(LOG_WARN_, "engine", LOG_C("text", text));
}

/*
 * After one failed fsync Linux may have dropped what was to be written, and the next fsync succeeds all the same; and
 * Berkeley DB goes on after it. So the first failure, of any file, is the last.
 */
static int checked_fsync(int fd)
{
    int rc;

    do
        rc = fdatasync(fd);
    while (rc < 0 && errno == EINTR);
    if (rc < 0)
        store_fault("fsync", errno);
    return 0;
}

/* --- directories --- */

static const char *data_dir(const struct conf *c, struct arena *a)
{
    return arena_printf(a, "%s/data", c->store_data);
}

static const char *log_dir(const struct conf *c, struct arena *a)
{
    return arena_printf(a, "%s/log", c->store_data);
}

/*
 * The environment's home. Not the regions' directory itself: a backup opens and closes every file in the home, and
 * closing the guard file would drop this process's locks on it.
 */
static const char *home_dir(const struct conf *c, struct arena *a)
{
    return arena_printf(a, "%s/bdb", c->store_regions);
}

/* Berkeley DB wants paths that do not depend on the home. */
static const char *absolute(const char *path, struct arena *a)
{
    char *real = realpath(path, NULL);
    const char *copy = real == NULL ? path : arena_strdup(a, real);

    free(real);
    return copy;
}

static bool is_region(const char *name)
{
    static const char head[] = "__db.";

    return strncmp(name, head, sizeof head - 1) == 0 && strspn(name + sizeof head - 1, "0123456789") == 3 &&
           strlen(name) == sizeof head + 2;
}

/* Calls fn with the path of every file in dir. */
static void each_file(const char *dir, struct arena *a, void (*fn)(const char *path, const char *name, void *ctx),
                      void *ctx)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;

    if (d == NULL)
        return;
    while ((entry = readdir(d)) != NULL)
        if (entry->d_name[0] != '.')
            fn(arena_printf(a, "%s/%s", dir, entry->d_name), entry->d_name, ctx);
    closedir(d);
}

static void add_region(const char *path, const char *name, void *ctx)
{
    uint64_t *sum = ctx;
    struct stat st;

    if (is_region(name) && stat(path, &st) == 0)
        *sum += (uint64_t)st.st_blocks * 512;
}

static uint64_t regions_size(const struct conf *c)
{
    uint64_t cache = (uint64_t)c->store_cache_mb * MIB;

    return cache + cache / 4 + REGIONS_FIXED;
}

/* What the regions have already counts as room: they are made anew in the same place. */
static bool regions_fit(const struct conf *c, struct arena *a, const char **message)
{
    struct statvfs v;
    uint64_t room = 0, need = regions_size(c);

    if (statvfs(c->store_regions, &v) < 0) {
        *message = arena_printf(a, "cannot look at the file system of %s: %s", c->store_regions, strerror(errno));
        return false;
    }
    each_file(home_dir(c, a), a, add_region, &room);
    room += (uint64_t)v.f_bavail * v.f_frsize;
    if (room >= need)
        return true;
    *message = arena_printf(a,
                            "the file system of %s has %llu MiB and the shared memory files need %llu; lower "
                            "store.cache_mb or set store.regions to a larger tmpfs",
                            c->store_regions, (unsigned long long)(room / MIB), (unsigned long long)(need / MIB));
    return false;
}

static bool bdb_prepare(const struct conf *c, struct arena *a, const char **message)
{
    const char *config = arena_printf(a, "%s/DB_CONFIG", home_dir(c, a));

    if (!store_directory(data_dir(c, a), a, message) || !store_directory(log_dir(c, a), a, message) ||
        !store_directory(home_dir(c, a), a, message))
        return false;
    if (access(config, F_OK) == 0) {
        *message = arena_printf(a, "%s would change how the store is opened; remove it", config);
        return false;
    }
    return regions_fit(c, a, message);
}

/* --- the environment --- */

static int set_up(DB_ENV *env, const struct conf *c, struct arena *a)
{
    uint64_t cache = (uint64_t)c->store_cache_mb * MIB;
    u_int32_t log_file = (u_int32_t)c->store_log_file_mb * MIB;
    u_int32_t log_buffer = log_file / 4 < LOG_BUFFER ? log_file / 4 : LOG_BUFFER; /* at most a quarter is allowed */
    const char *data = absolute(data_dir(c, a), a);
    int rc;

    /* The tables have their full size from the start: they do not grow into a file system that has become full. */
    if ((rc = env->set_cachesize(env, (u_int32_t)(cache / 1024 / MIB), (u_int32_t)(cache % (1024 * (uint64_t)MIB)),
                                 1)) != 0 ||
        (rc = env->set_lg_max(env, log_file)) != 0 || (rc = env->set_lg_bsize(env, log_buffer)) != 0 ||
        (rc = env->set_lg_regionmax(env, LOG_REGION)) != 0 || (rc = env->set_lg_filemode(env, 0600)) != 0 ||
        (rc = env->set_lk_detect(env, DB_LOCK_DEFAULT)) != 0 || (rc = env->set_lk_max_locks(env, LOCKS)) != 0 ||
        (rc = env->set_lk_max_objects(env, LOCKS)) != 0 || (rc = env->set_lk_max_lockers(env, LOCKERS)) != 0 ||
        (rc = env->set_memory_init(env, DB_MEM_LOCK, LOCKS)) != 0 ||
        (rc = env->set_memory_init(env, DB_MEM_LOCKOBJECT, LOCKS)) != 0 ||
        (rc = env->set_memory_init(env, DB_MEM_LOCKER, LOCKERS)) != 0 ||
        (rc = env->set_tx_max(env, TRANSACTIONS)) != 0 || (rc = env->add_data_dir(env, data)) != 0 ||
        (rc = env->set_create_dir(env, data)) != 0)
        return rc;
    return env->set_lg_dir(env, absolute(log_dir(c, a), a));
}

/* recover: DB_RECOVER or 0. */
static int open_env(const struct conf *c, u_int32_t recover, struct arena *a, DB_ENV **out)
{
    DB_ENV *env;
    int rc;

    *out = NULL;
    if ((rc = db_env_set_func_fsync(checked_fsync)) != 0 || (rc = db_env_create(&env, 0)) != 0)
        return rc;
    env->set_errcall(env, on_message);
    rc = set_up(env, c, a);
    if (rc == 0 && recover != 0)
        rc = env->set_flags(env, DB_REGION_INIT, 1);
    if (rc == 0)
        rc = env->open(
            env, absolute(home_dir(c, a), a),
            (recover != 0 ? DB_CREATE : 0) | DB_INIT_LOCK | DB_INIT_LOG | DB_INIT_MPOOL | DB_INIT_TXN | recover, 0600);
    if (rc != 0)
        env->close(env, 0);
    else
        *out = env;
    return rc;
}

/* Ends what open_spaces() and open_env() began. */
static int close_all(DB_ENV *env, DB **db)
{
    int rc = 0, rc_env = 0;

    for (int i = 0; i < SPACE_COUNT; i++)
        if (db[i] != NULL) {
            int rc_db = db[i]->close(db[i], DB_NOSYNC); /* the log has it */

            rc = rc == 0 ? rc_db : rc;
            db[i] = NULL;
        }
    if (env != NULL)
        rc_env = env->close(env, 0);
    return rc == 0 ? rc_env : rc;
}

static int open_space(DB_ENV *env, enum store_space space, u_int32_t flags, DB **out)
{
    char file[32];
    DB *db;
    int rc = db_create(&db, env, 0);

    if (rc != 0)
        return rc;
    snprintf(file, sizeof file, "%s.db", store_spaces[space].name);
    if ((rc = db->set_pagesize(db, PAGE_SIZE)) == 0 && (rc = db->set_flags(db, DB_CHKSUM)) == 0)
        rc = db->open(db, NULL, file, NULL, DB_BTREE, DB_AUTO_COMMIT | flags, 0600);
    if (rc != 0)
        db->close(db, DB_NOSYNC);
    else
        *out = db;
    return rc;
}

/* create: DB_CREATE or 0. */
static int open_spaces(DB_ENV *env, u_int32_t create, DB **db, const char **failed)
{
    for (int i = 0; i < SPACE_COUNT; i++) {
        int rc = open_space(env, (enum store_space)i, create, &db[i]);

        *failed = store_spaces[i].name;
        if (rc != 0)
            return rc;
    }
    return 0;
}

static void remove_region(const char *path, const char *name, void *ctx)
{
    (void)ctx;
    if (is_region(name))
        unlink(path);
}

/* Makes the kernel forget what it has cached of a file, so that the next read is of the disk. */
static void distrust(const char *path, const char *name, void *ctx)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    (void)name;
    (void)ctx;
    if (fd < 0)
        return;
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

/* Removes log files that recovery does not need, but for the newest `keep`; the number removed. */
static int remove_logs(DB_ENV *env, int64_t keep)
{
    char **files = NULL;
    int64_t n = 0;
    int removed = 0;

    if (result_of(NULL, "log_archive", env->log_archive(env, &files, DB_ARCH_ABS)) != STORE_OK || files == NULL)
        return 0;
    while (files[n] != NULL) /* oldest first */
        n++;
    for (int64_t i = 0; i < n - keep; i++)
        if (unlink(files[i]) == 0)
            removed++;
    free(files);
    return removed;
}

/* A recovery has written everything where it belongs: the log that it read is not needed again. What fails can wait. */
static void tidy_log(DB_ENV *env, const struct conf *c)
{
    if (env->txn_checkpoint(env, 0, 0, DB_FORCE) == 0)
        remove_logs(env, c->store_keep_log_files);
}

static bool bdb_recover(const struct conf *c, bool fault, struct arena *a, const char **message)
{
    DB *db[SPACE_COUNT] = {NULL};
    DB_ENV *env = NULL;
    const char *failed = "environment";
    int rc, rc_close;

    each_file(log_dir(c, a), a, distrust, NULL);
    if (fault)
        each_file(data_dir(c, a), a, distrust, NULL);
    each_file(home_dir(c, a), a, remove_region, NULL);
    rc = open_env(c, DB_RECOVER, a, &env);
    if (rc == 0)
        rc = open_spaces(env, DB_CREATE, db, &failed);
    if (rc == 0)
        tidy_log(env, c);
    rc_close = close_all(env, db);
    if (rc == 0)
        rc = rc_close;
    if (rc != 0)
        *message = arena_printf(a, "recovery of %s failed (%s): %s", c->store_data, failed, db_strerror(rc));
    return rc == 0 && turns_make(c->store_regions, a, message);
}

static bool bdb_open(const struct conf *c, struct arena *a, struct engine **out, const char **message)
{
    struct engine *e = calloc(1, sizeof *e);
    const char *failed = "environment";
    int rc = ENOMEM;

    *out = NULL;
    if (e != NULL && (e->got = malloc(GET_ROOM)) != NULL) {
        e->conf = c;
        rc = open_env(c, 0, a, &e->env);
        if (rc == 0)
            rc = open_spaces(e->env, 0, e->db, &failed);
    }
    if (rc == DB_RUNRECOVERY)
        store_fault("open", EIO);
    if (rc != 0)
        *message = arena_printf(a, "cannot open the store in %s (%s): %s", c->store_data, failed, db_strerror(rc));
    else if ((e->turns = turns_open(c->store_regions, a, message)) != NULL)
        *out = e;
    if (*out == NULL && e != NULL) {
        close_all(e->env, e->db);
        free(e->got);
        free(e);
    }
    return *out != NULL;
}

static void bdb_close(struct engine **ep)
{
    struct engine *e = *ep;

    *ep = NULL;
    assert(!e->txn.open);
    if (close_all(e->env, e->db) == DB_RUNRECOVERY)
        store_fault("close", EIO);
    while (e->spare != NULL) {
        struct engine_scan *scan = e->spare;

        e->spare = scan->next;
        free(scan->buf);
        free(scan);
    }
    turns_close(&e->turns);
    free(e->got);
    free(e);
}

/* --- transactions --- */

static bool holds(const struct engine_txn *t, uint32_t turn)
{
    for (unsigned i = 0; i < t->nheld; i++)
        if (t->held[i] == turn)
            return true;
    return false;
}

static void hold(struct engine_txn *t, uint32_t turn)
{
    assert(t->nheld < HELD_MAX);
    t->held[t->nheld++] = turn;
}

/* After commit and abort: whoever comes next sees all of it. */
static void give_turns(struct engine_txn *t)
{
    while (t->nheld > 0)
        turn_give(t->engine->turns, t->held[--t->nheld]);
}

/* Mode FREEZE has the account's turn and no transaction: its reads would fill the lock table. */
static enum store_rc bdb_begin(struct engine *e, enum store_mode mode, uint32_t lock, struct engine_txn **out)
{
    struct engine_txn *t = &e->txn;
    int rc = 0;

    *out = t;
    assert(!t->open);
    *t = (struct engine_txn){.engine = e};
    if (mode != STORE_READ) {
        turn_take(e->turns, turn_of(lock));
        hold(t, turn_of(lock));
    }
    if (mode == STORE_WRITE)
        rc = e->env->txn_begin(e->env, NULL, &t->txn, 0);
    if (rc != 0)
        give_turns(t);
    t->open = rc == 0;
    return result_of(e, "begin", rc);
}

/* Waiting here, with pages locked, for one who may want those pages, would be for ever: the detector knows no turns. */
static enum store_rc bdb_lock(struct engine_txn *t, uint32_t account)
{
    uint32_t turn = turn_of(account);

    if (holds(t, turn))
        return STORE_OK;
    if (!turn_try(t->engine->turns, turn))
        return STORE_RETRY;
    hold(t, turn);
    return STORE_OK;
}

static enum store_rc bdb_commit(struct engine_txn *t)
{
    enum store_rc rc = STORE_OK;

    t->open = false;
    if (t->txn != NULL)
        rc = result_of(t->engine, "commit", t->txn->commit(t->txn, DB_TXN_NOSYNC));
    if (rc != STORE_OK && rc != STORE_FULL && rc != STORE_RETRY)
        store_fault("commit", EIO); /* nobody knows whether it is done */
    give_turns(t);
    return rc;
}

static void bdb_abort(struct engine_txn *t)
{
    t->open = false;
    if (t->txn != NULL && t->txn->abort(t->txn) != 0)
        store_fault("abort", EIO);
    give_turns(t);
}

static void bdb_sync(struct engine *e)
{
    int rc = e->env->log_flush(e->env, NULL);

    if (rc != 0)
        store_fault("log_flush", rc > 0 ? rc : EIO);
}

/* --- single keys --- */

static DBT dbt_of(struct str s)
{
    return (DBT){.data = (void *)s.p, .size = (u_int32_t)s.len};
}

static DB *db_of(const struct engine_txn *t, enum store_space space)
{
    return t->engine->db[space];
}

/* Values of the common size go through a buffer of ours, so that the arena gives exactly what they need. */
static enum store_rc bdb_get(struct engine_txn *t, enum store_space space, struct str key, struct arena *a,
                             struct str *value)
{
    DB *db = db_of(t, space);
    DBT k = dbt_of(key), v = {.data = t->engine->got, .ulen = GET_ROOM, .flags = DB_DBT_USERMEM};
    char *copy;
    int rc = db->get(db, t->txn, &k, &v, 0);

    while (rc == DB_BUFFER_SMALL) { /* again where somebody makes it longer meanwhile */
        v.ulen = v.size;
        v.data = arena_alloc_raw(a, v.ulen);
        rc = db->get(db, t->txn, &k, &v, 0);
    }
    if (rc != 0)
        return result_of(t->engine, "get", rc);
    copy = v.data;
    if (v.data == t->engine->got) {
        copy = arena_alloc_raw(a, v.size);
        memcpy(copy, v.data, v.size);
    }
    *value = str_make(copy, v.size);
    return STORE_OK;
}

static enum store_rc bdb_has(struct engine_txn *t, enum store_space space, struct str key)
{
    DB *db = db_of(t, space);
    DBT k = dbt_of(key);

    return result_of(t->engine, "has", db->exists(db, t->txn, &k, 0));
}

static enum store_rc bdb_put(struct engine_txn *t, enum store_space space, struct str key, struct str value,
                             bool insert)
{
    DB *db = db_of(t, space);
    DBT k = dbt_of(key), v = dbt_of(value);

    return result_of(t->engine, "put", db->put(db, t->txn, &k, &v, insert ? DB_NOOVERWRITE : 0));
}

static enum store_rc bdb_del(struct engine_txn *t, enum store_space space, struct str key)
{
    DB *db = db_of(t, space);
    DBT k = dbt_of(key);

    return result_of(t->engine, "delete", db->del(db, t->txn, &k, 0));
}

/* --- scans --- */

static void set_bound(struct bound *b, struct str s)
{
    assert(s.len <= sizeof b->b);
    memcpy(b->b, s.p, s.len);
    b->len = s.len;
}

static struct str bound_view(const struct bound *b)
{
    return str_make(b->b, b->len);
}

static struct str dbt_view(const DBT *d)
{
    return str_make(d->data, d->size);
}

/* The four numbers of pair i, the key's offset first and the others below it. */
static u_int32_t *pair_at(const struct engine_scan *s, uint32_t i)
{
    return (u_int32_t *)(void *)(s->buf + s->used) - 1 - (size_t)i * 4;
}

static struct str pair_key(const struct engine_scan *s, uint32_t i)
{
    const u_int32_t *p = pair_at(s, i);

    return str_make(s->buf + p[0], p[-1]);
}

static struct str pair_value(const struct engine_scan *s, uint32_t i)
{
    const u_int32_t *p = pair_at(s, i);

    return str_make(s->buf + p[-2], p[-3]);
}

/* Makes buf hold at least size bytes; what it held is lost. false: no memory. */
static bool make_room(struct engine_scan *s, size_t size)
{
    unsigned char *buf;

    if (size <= s->room)
        return true;
    buf = malloc(size);
    if (buf == NULL)
        return false;
    free(s->buf);
    s->buf = buf;
    s->room = size;
    return true;
}

/* size rounded up to what a bulk call takes: whole KiB, no less than a page. */
static size_t bulk_size(size_t size)
{
    size = (size + KIB - 1) / KIB * KIB;
    return size < 2 * PAGE_SIZE ? 2 * PAGE_SIZE : size;
}

/* The number of pairs in front of `to`. Only when the last one is past it does it take a search. */
static uint32_t pairs_before(const struct engine_scan *s, uint32_t n, struct str to)
{
    uint32_t low = 0, high = n;

    if (n == 0 || str_cmp(pair_key(s, n - 1), to) < 0)
        return n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (str_cmp(pair_key(s, middle), to) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Looks at the batch that was fetched; the next one begins behind its last key. */
static void take_forward(struct engine_scan *s)
{
    uint32_t all = 0;

    while (*pair_at(s, all) != (u_int32_t)-1)
        all++;
    s->n = pairs_before(s, all, bound_view(&s->to));
    if (s->n < all || s->n == 0) {
        s->ended = true;
    } else {
        set_bound(&s->from, pair_key(s, s->n - 1));
        s->from.b[s->from.len++] = 0;
    }
}

/* The first call looks where the scan begins: one that finds nothing costs no more than this. 0: there is something. */
static int look_first(struct engine_scan *s, DBC *cursor)
{
    DBT key = dbt_of(bound_view(&s->from)), nothing = {.flags = DB_DBT_USERMEM | DB_DBT_PARTIAL};
    int rc = cursor->get(cursor, &key, &nothing, DB_SET_RANGE);

    if (rc == 0 && str_cmp(dbt_view(&key), bound_view(&s->to)) >= 0)
        rc = DB_NOTFOUND;
    return rc;
}

static int fetch_forward(struct engine_scan *s, DBC *cursor)
{
    u_int32_t where = s->started ? DB_SET_RANGE : DB_CURRENT;
    int rc = s->started ? 0 : look_first(s, cursor);

    while (rc == 0) {
        DBT key = dbt_of(bound_view(&s->from)), batch = {.flags = DB_DBT_USERMEM};

        if (!make_room(s, s->wanted))
            return ENOMEM;
        s->used = s->wanted;
        batch.data = s->buf;
        batch.ulen = (u_int32_t)s->used;
        rc = cursor->get(cursor, &key, &batch, where | DB_MULTIPLE_KEY);
        if (rc == 0) {
            take_forward(s);
            break;
        }
        if (rc == DB_BUFFER_SMALL) { /* not even one pair went in */
            s->wanted = bulk_size((size_t)batch.size + s->wanted);
            rc = 0;
        }
    }
    s->wanted = s->wanted * 4 < BATCH_MAX ? s->wanted * 4 : BATCH_MAX;
    return rc;
}

/* Appends a pair to the batch. false: it does not fit. */
static bool add_pair(struct engine_scan *s, size_t *end, struct str key, struct str value)
{
    size_t numbers = (size_t)(s->n + 1) * 4 * sizeof(u_int32_t) + sizeof(u_int32_t);
    u_int32_t *p;

    if (*end + key.len + value.len + numbers > s->used)
        return false;
    p = pair_at(s, s->n++);
    memcpy(s->buf + *end, key.p, key.len);
    p[0] = (u_int32_t)*end;
    p[-1] = (u_int32_t)key.len;
    *end += key.len;
    if (value.len > 0)
        memcpy(s->buf + *end, value.p, value.len);
    p[-2] = (u_int32_t)*end;
    p[-3] = (u_int32_t)value.len;
    *end += value.len;
    return true;
}

/* Puts the cursor on the last pair in front of `to`. Others may have written behind that between two steps. */
static int look_last(struct engine_scan *s, DBC *cursor, DBT *key, DBT *value)
{
    DBT at = dbt_of(bound_view(&s->to)), nothing = {.flags = DB_DBT_USERMEM | DB_DBT_PARTIAL};
    int rc = cursor->get(cursor, &at, &nothing, DB_SET_RANGE);

    if (rc != 0 && rc != DB_NOTFOUND)
        return rc;
    rc = cursor->get(cursor, key, value, rc == 0 ? DB_PREV : DB_LAST);
    while (rc == 0 && str_cmp(dbt_view(key), bound_view(&s->to)) >= 0)
        rc = cursor->get(cursor, key, value, DB_PREV);
    return rc;
}

/* Berkeley DB has no bulk call backwards: pair by pair into the same form. */
static int fetch_backward(struct engine_scan *s, DBC *cursor)
{
    DBT key = {0}, value = {0};
    size_t end = 0;
    int rc = look_last(s, cursor, &key, &value);

    if (!make_room(s, BATCH_MAX))
        return ENOMEM;
    s->used = BATCH_MAX;
    while (rc == 0) {
        if (str_cmp(dbt_view(&key), bound_view(&s->from)) < 0) {
            rc = DB_NOTFOUND;
        } else if (add_pair(s, &end, dbt_view(&key), dbt_view(&value))) {
            if (s->n == s->wanted)
                break;
            rc = cursor->get(cursor, &key, &value, DB_PREV);
        } else if (s->n > 0) {
            break;
        } else {
            s->used = bulk_size((size_t)key.size + value.size + KIB);
            if (!make_room(s, s->used))
                return ENOMEM;
        }
    }
    if (s->n > 0)
        set_bound(&s->to, pair_key(s, s->n - 1));
    if (s->wanted < PAIRS_MAX)
        s->wanted *= 4;
    return rc;
}

/* The next batch. NOTFOUND: there is none. */
static enum store_rc fetch(struct engine_scan *s)
{
    struct engine_txn *t = s->txn;
    DBC *cursor;
    int rc, rc_close;

    s->at = s->n = 0;
    if (s->ended)
        return STORE_NOTFOUND;
    rc = s->db->cursor(s->db, t->txn, &cursor, t->txn == NULL ? DB_READ_COMMITTED : 0);
    if (rc == 0) {
        rc = s->direction == STORE_FORWARD ? fetch_forward(s, cursor) : fetch_backward(s, cursor);
        rc_close = cursor->close(cursor);
        if (rc == 0 || rc == DB_NOTFOUND)
            rc = rc_close == 0 ? rc : rc_close;
    }
    s->started = true;
    if (rc == DB_NOTFOUND) {
        s->ended = true;
        rc = 0;
    }
    if (rc != 0)
        s->n = 0;
    else if (s->n == 0)
        return STORE_NOTFOUND;
    return result_of(t->engine, "scan", rc);
}

static enum store_rc bdb_scan_open(struct engine_txn *t, enum store_space space, struct str from, struct str to,
                                   enum store_direction direction, struct engine_scan **out)
{
    struct engine *e = t->engine;
    struct engine_scan *s = e->spare;

    *out = NULL;
    if (s != NULL)
        e->spare = s->next;
    else if ((s = calloc(1, sizeof *s)) == NULL)
        return result_of(e, "scan", ENOMEM);
    s->txn = t;
    s->db = db_of(t, space);
    s->direction = direction;
    set_bound(&s->from, from);
    set_bound(&s->to, to);
    s->wanted = direction == STORE_FORWARD ? BATCH_MIN : PAIRS_MIN;
    s->at = s->n = 0;
    s->started = false;
    s->ended = str_cmp(from, to) >= 0;
    *out = s;
    return STORE_OK;
}

static enum store_rc bdb_scan_next(struct engine_scan *s, struct str *key, struct str *value)
{
    if (s->at == s->n) {
        enum store_rc rc = fetch(s);

        if (rc != STORE_OK)
            return rc;
    }
    *key = pair_key(s, s->at);
    *value = pair_value(s, s->at);
    s->at++;
    return STORE_OK;
}

static enum store_rc bdb_scan_skip(struct engine_scan *s, uint64_t n, uint64_t *skipped)
{
    if (n > SKIP_FAR)
        s->wanted = s->direction == STORE_FORWARD ? BATCH_MAX : PAIRS_MAX;
    while (*skipped < n) {
        uint64_t step = s->n - s->at;

        if (step == 0) {
            enum store_rc rc = fetch(s);

            if (rc != STORE_OK)
                return rc;
            continue;
        }
        if (step > n - *skipped)
            step = n - *skipped;
        s->at += (uint32_t)step;
        *skipped += step;
    }
    return STORE_OK;
}

/* Buffers of the usual size are kept for the next scan. */
static void bdb_scan_close(struct engine_scan *s)
{
    struct engine *e = s->txn->engine;

    if (s->room > BATCH_MAX) {
        free(s->buf);
        s->buf = NULL;
        s->room = 0;
    }
    s->next = e->spare;
    e->spare = s;
}

/* --- housekeeping --- */

/* Where the last checkpoint lies in the log; 0: unknown. */
static uint64_t last_checkpoint(struct engine *e)
{
    DB_TXN_STAT *stat;
    uint64_t at;

    if (result_of(e, "txn_stat", e->env->txn_stat(e->env, &stat, 0)) != STORE_OK)
        return 0;
    at = (uint64_t)stat->st_last_ckp.file << 32 | stat->st_last_ckp.offset;
    free(stat);
    return at;
}

/* Takes the room that one line of /proc/self/maps may grow into, if it is of a region file in home; an errno or 0. */
static int reserve_mapping(const char *line, const char *home)
{
    const char *name = strchr(line, '/');
    unsigned long from, to, offset;
    int fd, rc = 0;

    if (name == NULL || strncmp(name, home, strlen(home)) != 0 || !is_region(strrchr(name, '/') + 1) ||
        sscanf(line, "%lx-%lx %*s %lx", &from, &to, &offset) != 3 || (fd = open(name, O_RDWR | O_CLOEXEC)) < 0)
        return 0;
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)(to - from)) < 0 && errno != EOPNOTSUPP)
        rc = errno;
    close(fd);
    return rc;
}

/*
 * Takes the whole room that the mapped region files may grow into, without changing their size: what is not there when
 * it is touched kills the process that touches it. Not done in the recovery, which it would make twice as long.
 */
static void reserve_regions(const char *regions)
{
    char line[4096 + 128], *home = realpath(regions, NULL);
    FILE *maps = fopen("/proc/self/maps", "re");
    int rc = 0;

    while (home != NULL && maps != NULL && rc == 0 && fgets(line, sizeof line, maps) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        rc = reserve_mapping(line, home);
    }
    if (rc != 0)
        log_event(LOG_WARN_, "engine", LOG_C("what", "regions"), LOG_C("error", strerror(rc)));
    if (maps != NULL)
        fclose(maps);
    free(home);
}

static void bdb_housekeep(struct engine *e, bool force)
{
    uint64_t before = last_checkpoint(e);
    int64_t start = clock_ticks();
    u_int32_t kbytes = (u_int32_t)e->conf->store_checkpoint_mb * KIB;
    int removed;

    if (!e->reserved)
        reserve_regions(e->conf->store_regions);
    e->reserved = true;
    if (result_of(e, "checkpoint", e->env->txn_checkpoint(e->env, force ? 0 : kbytes, 0, force ? DB_FORCE : 0)) !=
            STORE_OK ||
        last_checkpoint(e) == before)
        return;
    removed = remove_logs(e->env, e->conf->store_keep_log_files);
    log_event(LOG_INFO_, "checkpoint", LOG_I("ms", clock_ticks() - start), LOG_I("removed", removed));
}

static enum store_rc bdb_backup(struct engine *e, const char *dir)
{
    return result_of(e, "backup", e->env->backup(e->env, dir, DB_BACKUP_SINGLE_DIR | DB_BACKUP_CLEAN | DB_CREATE));
}

const struct engine_ops engine_bdb = {
    .name = "bdb",
    .prepare = bdb_prepare,
    .recover = bdb_recover,
    .open = bdb_open,
    .close = bdb_close,
    .begin = bdb_begin,
    .lock = bdb_lock,
    .commit = bdb_commit,
    .abort = bdb_abort,
    .sync = bdb_sync,
    .get = bdb_get,
    .has = bdb_has,
    .put = bdb_put,
    .del = bdb_del,
    .scan_open = bdb_scan_open,
    .scan_next = bdb_scan_next,
    .scan_skip = bdb_scan_skip,
    .scan_close = bdb_scan_close,
    .housekeep = bdb_housekeep,
    .backup = bdb_backup,
};
