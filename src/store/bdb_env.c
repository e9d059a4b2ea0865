/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment of the Berkeley DB engine: its directories, its files, its recovery and its care.
 *
 * Pages are of 4 KB, which a file system writes whole, with checksums; keys are compared by memcmp.
 */
#include "bdb.h"

#include "roster/base/clock.h"
#include "roster/base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A transaction that puts 50,000 users into a team reads and writes some 70,000 pages. */
#define LOCKS        100000
#define LOCKERS      (16 * (STORE_PROCESSES_MAX + 150)) /* 16 for each that lives, or died outside a call */
#define TRANSACTIONS 1000
#define LOG_REGION   (4 * MIB) /* names of the files that each process has open */
#define LOG_BUFFER   MIB
/* What the regions take besides the cache, which takes a quarter more than its size: measured. */
#define REGIONS_FIXED (48 * (uint64_t)MIB)

#define MESSAGES_MAX  20 /* of Berkeley DB, in each stretch of so many milliseconds */
#define MESSAGES_TIME 10000

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

bool bdb_prepare(const struct conf *c, struct arena *a, const char **message)
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

static int open_env(const struct conf *c, bool recovery, struct arena *a, DB_ENV **out)
{
    u_int32_t flags = DB_INIT_LOCK | DB_INIT_LOG | DB_INIT_MPOOL | DB_INIT_TXN;
    DB_ENV *env;
    int rc;

    *out = NULL;
    if ((rc = db_env_set_func_fsync(checked_fsync)) != 0 || (rc = db_env_create(&env, 0)) != 0)
        return rc;
    env->set_errcall(env, on_message);
    rc = set_up(env, c, a);
    if (rc == 0 && recovery)
        rc = env->set_flags(env, DB_REGION_INIT, 1);
    if (rc == 0)
        rc = env->open(env, absolute(home_dir(c, a), a), flags | (recovery ? DB_CREATE | DB_RECOVER : 0), 0600);
    if (rc != 0)
        env->close(env, 0);
    else
        *out = env;
    return rc;
}

int bdb_env_close(DB_ENV *env, DB **db)
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
    if ((rc = db->set_pagesize(db, BDB_PAGE_SIZE)) == 0 && (rc = db->set_flags(db, DB_CHKSUM)) == 0)
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

int bdb_env_open(const struct conf *c, bool recovery, struct arena *a, DB_ENV **env, DB **db, const char **failed)
{
    int rc = open_env(c, recovery, a, env);

    *failed = "environment";
    return rc != 0 ? rc : open_spaces(*env, recovery ? DB_CREATE : 0, db, failed);
}

/* --- recovery --- */

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

    if (bdb_result("log_archive", env->log_archive(env, &files, DB_ARCH_ABS)) != STORE_OK || files == NULL)
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

bool bdb_recover(const struct conf *c, bool fault, struct arena *a, const char **message)
{
    DB *db[SPACE_COUNT] = {NULL};
    DB_ENV *env = NULL;
    const char *failed;
    int rc, rc_close;

    each_file(log_dir(c, a), a, distrust, NULL);
    if (fault)
        each_file(data_dir(c, a), a, distrust, NULL);
    each_file(home_dir(c, a), a, remove_region, NULL);
    rc = bdb_env_open(c, true, a, &env, db, &failed);
    if (rc == 0)
        tidy_log(env, c);
    rc_close = bdb_env_close(env, db);
    if (rc == 0)
        rc = rc_close;
    if (rc != 0)
        *message = arena_printf(a, "recovery of %s failed (%s): %s", c->store_data, failed, db_strerror(rc));
    return rc == 0 && turns_make(c->store_regions, a, message);
}

/* --- housekeeping --- */

/* Where the last checkpoint lies in the log; 0: unknown. */
static uint64_t last_checkpoint(struct engine *e)
{
    DB_TXN_STAT *stat;
    uint64_t at;

    if (bdb_result("txn_stat", e->env->txn_stat(e->env, &stat, 0)) != STORE_OK)
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

void bdb_housekeep(struct engine *e, bool force)
{
    uint64_t before = last_checkpoint(e);
    int64_t start = clock_ticks();
    u_int32_t kbytes = (u_int32_t)e->conf->store_checkpoint_mb * KIB;
    int removed;

    if (!e->reserved)
        reserve_regions(e->conf->store_regions);
    e->reserved = true;
    if (bdb_result("checkpoint", e->env->txn_checkpoint(e->env, force ? 0 : kbytes, 0, force ? DB_FORCE : 0)) !=
            STORE_OK ||
        last_checkpoint(e) == before)
        return;
    removed = remove_logs(e->env, e->conf->store_keep_log_files);
    log_event(LOG_INFO_, "checkpoint", LOG_I("ms", clock_ticks() - start), LOG_I("removed", removed));
}
