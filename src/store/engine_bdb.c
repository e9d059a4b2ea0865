/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine on Berkeley DB 5.3: one B-tree file per space. Here are transactions and single keys.
 *
 * - Locks are held per page until commit, so a commit does not wait for the disk: it is made without a flush, and
 *   sync() flushes the log afterwards for everybody who waits.
 * - Writers of one account take turns (turn.h) before they touch anything, so that they do not meet in the middle of
 *   their work. That makes transactions serialisable; pages are locked for what is written.
 */
#include "bdb.h"

#include "roster/base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum store_rc bdb_result(const char *what, int rc)
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
        log_event(LOG_ERROR_, "engine", LOG_C("what", what), LOG_C("error", db_strerror(rc)));
        return STORE_ERROR;
    }
}

/* --- opening and closing --- */

static void bdb_close(struct engine **ep)
{
    struct engine *e = *ep;

    *ep = NULL;
    assert(!e->txn.open);
    if (bdb_env_close(e->env, e->db) == DB_RUNRECOVERY)
        store_fault("close", EIO);
    bdb_scans_free(e);
    turns_close(&e->turns);
    free(e);
}

static bool bdb_open(const struct conf *c, struct arena *a, struct engine **out, const char **message)
{
    struct engine *e = calloc(1, sizeof *e);
    const char *failed;
    int rc;

    *out = NULL;
    if (e == NULL)
        arena_no_memory(sizeof *e);
    e->conf = c;
    rc = bdb_env_open(c, false, a, &e->env, e->db, &failed);
    if (rc == DB_RUNRECOVERY)
        store_fault("open", EIO);
    if (rc != 0)
        *message = arena_printf(a, "cannot open the store in %s (%s): %s", c->store_data, failed, db_strerror(rc));
    else
        e->turns = turns_open(c->store_regions, a, message);
    if (e->turns == NULL)
        bdb_close(&e);
    *out = e;
    return e != NULL;
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
    assert(t->nheld < BDB_HELD_MAX);
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
    return bdb_result("begin", rc);
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
        rc = bdb_result("commit", t->txn->commit(t->txn, DB_TXN_NOSYNC));
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

static DB *db_of(const struct engine_txn *t, enum store_space space)
{
    return t->engine->db[space];
}

/*
 * No lock of a read is kept. What a transaction reads is of accounts whose turns it has, so nobody else changes it; but
 * the page it is on has records of other accounts, and two that read a page which both then write refuse each other.
 */
static u_int32_t reading(const struct engine_txn *t)
{
    return t->txn == NULL ? 0 : DB_READ_COMMITTED;
}

/* Values of the common size go through a buffer of ours, so that the arena gives exactly what they need. */
static enum store_rc bdb_get(struct engine_txn *t, enum store_space space, struct str key, struct arena *a,
                             struct str *value)
{
    DB *db = db_of(t, space);
    DBT k = bdb_dbt(key), v = {.data = t->engine->got, .ulen = sizeof t->engine->got, .flags = DB_DBT_USERMEM};
    char *copy;
    int rc = db->get(db, t->txn, &k, &v, reading(t));

    while (rc == DB_BUFFER_SMALL) { /* again where somebody makes it longer meanwhile */
        v.ulen = v.size;
        v.data = arena_alloc_raw(a, v.ulen);
        rc = db->get(db, t->txn, &k, &v, reading(t));
    }
    if (rc != 0)
        return bdb_result("get", rc);
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
    DBT k = bdb_dbt(key);

    return bdb_result("has", db->exists(db, t->txn, &k, reading(t)));
}

static enum store_rc bdb_put(struct engine_txn *t, enum store_space space, struct str key, struct str value,
                             bool insert)
{
    DB *db = db_of(t, space);
    DBT k = bdb_dbt(key), v = bdb_dbt(value);

    return bdb_result("put", db->put(db, t->txn, &k, &v, insert ? DB_NOOVERWRITE : 0));
}

static enum store_rc bdb_del(struct engine_txn *t, enum store_space space, struct str key)
{
    DB *db = db_of(t, space);
    DBT k = bdb_dbt(key);

    return bdb_result("delete", db->del(db, t->txn, &k, 0));
}

/* --- the engine --- */

static enum store_rc bdb_backup(struct engine *e, const char *dir)
{
    return bdb_result("backup", e->env->backup(e->env, dir, DB_BACKUP_SINGLE_DIR | DB_BACKUP_CLEAN | DB_CREATE));
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
