/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bdb - what the files of the Berkeley DB engine share. They alone include this, and this alone includes db.h:
 * engine_bdb.c (transactions and single keys), bdb_env.c (the environment and its files), bdb_scan.c (scans).
 */
#ifndef ROSTER_STORE_BDB_H
#define ROSTER_STORE_BDB_H

#include "roster/store/engine.h"
#include "turn.h"

#include <db.h>

#define KIB 1024u
#define MIB (1024u * KIB)

#define BDB_PAGE_SIZE 4096
#define BDB_HELD_MAX  4 /* the registry's transactions enter one account */

struct engine_txn {
    struct engine *engine;
    DB_TXN *txn;                 /* NULL in modes READ and FREEZE */
    uint32_t held[BDB_HELD_MAX]; /* turns */
    unsigned nheld;
    bool open;
};

struct engine {
    const struct conf *conf;
    DB_ENV *env;
    DB *db[SPACE_COUNT];
    struct turns *turns;
    struct engine_txn txn;       /* the one there may be */
    struct engine_scan *spare;   /* closed scans, to be used again */
    bool reserved;               /* this process has seen to it that the regions have room to grow */
    unsigned char got[16 * KIB]; /* values up to this are fetched in one go */
};

/* The result for what a call of Berkeley DB returned. what: a word for the log. DB_RUNRECOVERY does not return. */
enum store_rc bdb_result(const char *what, int rc);

static inline DBT bdb_dbt(struct str s)
{
    return (DBT){.data = (void *)s.p, .size = (u_int32_t)s.len};
}

/* --- bdb_env.c --- */

/*
 * Opens the environment and every space in it; for a recovery, recovers first and makes the spaces that are missing.
 * An error of Berkeley DB or 0. Where it is one, *failed (static) is what could not be opened, and bdb_env_close() must
 * still be called. *env and db, which are NULL before, belong to the caller.
 */
int bdb_env_open(const struct conf *c, bool recovery, struct arena *a, DB_ENV **env, DB **db, const char **failed);

/* Closes what bdb_env_open() opened, in whole or in part. An error of Berkeley DB or 0. */
int bdb_env_close(DB_ENV *env, DB **db);

/* Members of the engine (engine.h). */
bool bdb_prepare(const struct conf *c, struct arena *a, const char **message);
bool bdb_recover(const struct conf *c, bool fault, struct arena *a, const char **message);
void bdb_housekeep(struct engine *e, bool force);

/* --- bdb_scan.c --- */

/* Frees the scans that are kept for the next one. */
void bdb_scans_free(struct engine *e);

/* Members of the engine (engine.h). */
enum store_rc bdb_scan_open(struct engine_txn *t, enum store_space space, struct str from, struct str to,
                            enum store_direction direction, struct engine_scan **out);
enum store_rc bdb_scan_next(struct engine_scan *s, struct str *key, struct str *value);
enum store_rc bdb_scan_skip(struct engine_scan *s, uint64_t n, uint64_t *skipped);
void bdb_scan_close(struct engine_scan *s);

#endif
