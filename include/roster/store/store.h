/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - the ordered, transactional key-value contract. Nothing above it knows an engine.
 *
 * A store holds the spaces of spaces.def. In each space, each account has an ordered map from keys to values (byte
 * strings, memcmp order). A transaction belongs to one account: the front puts the account's number before every key
 * and takes it off every result, so that a key of another account cannot be named. The system's own maps (accounts,
 * token hashes) are account 0, which only store_run_system() opens.
 *
 * Processes: every process opens the store for itself, after its last fork, and uses it from one thread. A process
 * that dies inside a store call makes all the others end themselves (exit status STORE_EXIT_POISONED) and the next
 * one to open the store recover it; see store/guard.h. Nothing acknowledged is lost by that.
 *
 * Durability: when store_run() returns STORE_OK in STORE_WRITE mode, the changes, and everything the body has read,
 * are on disk. An engine may let others see a committed change a moment before it is on disk.
 */
#ifndef ROSTER_STORE_STORE_H
#define ROSTER_STORE_STORE_H

#include "roster/base/arena.h"
#include "roster/base/conf.h"
#include "roster/base/str.h"

#include <stdint.h>

struct store;
struct store_txn;
struct store_scan;

enum store_space {
#define SPACE(NAME, name, tuple, meaning) SPACE_##NAME,
#include "roster/store/spaces.def"
#undef SPACE
    SPACE_COUNT
};

struct store_space_info {
    const char *name;
    const char *tuple; /* see key_print() */
    const char *meaning;
};
extern const struct store_space_info store_spaces[SPACE_COUNT];

/* Results. Only STORE_OK means that it was done; NOTFOUND, EXISTS, REFUSED, RETRY, BUSY and FULL are no faults. */
enum store_rc {
    STORE_OK,
    STORE_NOTFOUND, /* no such key; the end of a scan */
    STORE_EXISTS,   /* store_insert(): the key is there already */
    STORE_REFUSED,  /* a body's own "no": undo everything and return; the reason is in the body's context */
    STORE_RETRY,    /* inside a body: return it at once; the body will be run again. Never leaves store_run() */
    STORE_BUSY,     /* from store_run(): still conflicts after many tries; nothing was changed */
    STORE_FULL,     /* from store_run(), STORE_WRITE: too little space on the disk; nothing was changed */
    STORE_ERROR     /* the engine failed and has logged it; nothing was changed */
};

enum store_mode {
    STORE_READ,   /* each call sees committed data; two calls may see different commits */
    STORE_FREEZE, /* reads while no writer of the account commits: a stable view of the account */
    STORE_WRITE,  /* serialisable. An engine may let the writers of an account run one after another; callers do not
                     depend on it, they are ready to be run again */
    STORE_LAX, /* as WRITE, but nobody waits for the disk: a crash may undo it, unless something that is waited for follows */
    STORE_URGENT /* as WRITE, until only half of store.reserve_mb is left: for what takes something away */
};

/* So many processes may have the store open at a time. */
#define STORE_PROCESSES_MAX 576

/* How a process ends when the store was poisoned by another's death, or failed beneath it. */
#define STORE_EXIT_POISONED 75
#define STORE_EXIT_FAULT    74

/*
 * Joins the store that c's section `store` describes, creating directories (0700), files (0600) and spaces as
 * needed, and recovering it if nobody else is using it. Refuses a directory that others may write to or that holds a
 * DB_CONFIG file, and data that are open by other regions. Waits while another process recovers. Starts a thread that
 * watches for other members' deaths.
 * NULL: *message (in a) says why, with the remedy. c must outlive the store.
 */
struct store *store_open(const struct conf *c, struct arena *a, const char **message);

/* Leaves. *s may be NULL; it is set to NULL. No transaction may be open. */
void store_close(struct store **s);

/*
 * A transaction's body. It may run several times: it has no effect but through txn and in arena, which is rewound
 * between tries, and it starts by resetting what it writes to ctx. It ends its scans. It returns at once what a call
 * returned if that is RETRY or ERROR; STORE_OK commits, anything else undoes everything and is what store_run() gives.
 */
typedef enum store_rc store_body(struct store_txn *txn, struct arena *arena, void *ctx);

/*
 * Runs body in a transaction of an account (number >= 1), with random growing pauses between tries, and makes the
 * result durable in STORE_WRITE mode before it returns STORE_OK. Values that the body got stay valid in arena.
 */
enum store_rc store_run(struct store *s, uint32_t account, enum store_mode mode, struct arena *arena, store_body *body,
                        void *ctx);

/* The same for the system's own maps: only the directory's records that belong to no account are there. */
enum store_rc store_run_system(struct store *s, enum store_mode mode, struct arena *arena, store_body *body, void *ctx);

/*
 * Inside a system transaction in STORE_WRITE mode: goes on as a transaction of account, so that an account and its first
 * records come into being together. store_system() goes back to the system's maps.
 */
void store_enter(struct store_txn *txn, uint32_t account);
void store_system(struct store_txn *txn);

/* The account that the transaction is in (0: the system). */
uint32_t store_account(const struct store_txn *txn);

/*
 * The calls of a body. Keys and values are copied by the store; results are in the arena of store_run(). Out-parameters
 * are set to STR_NULL unless the result is STORE_OK. A key has at most KEY_MAX bytes, a value at most 16 MiB.
 */

/* STORE_OK, NOTFOUND, RETRY, ERROR. A value of no bytes gives a non-NULL p and len 0. */
enum store_rc store_get(struct store_txn *txn, enum store_space space, struct str key, struct str *value);

/* As store_get(), without fetching the value. */
enum store_rc store_has(struct store_txn *txn, enum store_space space, struct str key);

/* Writes key, new or not. STORE_OK, RETRY, ERROR. STORE_WRITE only (asserted). */
enum store_rc store_put(struct store_txn *txn, enum store_space space, struct str key, struct str value);

/* Writes key if it is not there. STORE_OK, EXISTS, RETRY, ERROR. */
enum store_rc store_insert(struct store_txn *txn, enum store_space space, struct str key, struct str value);

/* STORE_OK, NOTFOUND, RETRY, ERROR. */
enum store_rc store_delete(struct store_txn *txn, enum store_space space, struct str key);

enum store_direction { STORE_FORWARD, STORE_BACKWARD };

/*
 * Walks the keys k with from <= k < to (to of no bytes: to the end of the account's keys of the space), upwards or
 * downwards. The scan sees its own transaction's writes made before it was opened; what the body writes into the
 * range while it is open may be seen or not. Closed by store_scan_close() before the body returns, also after errors.
 */
enum store_rc store_scan_open(struct store_txn *txn, enum store_space space, struct str from, struct str to,
                              enum store_direction direction, struct store_scan **out);

/* The next pair, borrowed until the next call on this scan; value may be NULL if it is not wanted.
 * STORE_OK, NOTFOUND (the end; also on every later call), RETRY, ERROR. */
enum store_rc store_scan_next(struct store_scan *scan, struct str *key, struct str *value);

/* Passes over n keys, or to the end: cheaper than n times next. *skipped is how many. STORE_OK, NOTFOUND, RETRY, ERROR. */
enum store_rc store_scan_skip(struct store_scan *scan, uint64_t n, uint64_t *skipped);

/* *scan may be NULL; it is set to NULL. */
void store_scan_close(struct store_scan **scan);

/*
 * Housekeeping: checkpoint when enough log was written, removal of log files that are not needed, re-making of the
 * ballast file. Called by every process every few seconds outside transactions; one of them at a time does it, the
 * others return at once. force: checkpoint now.
 */
void store_housekeep(struct store *s, bool force);

/*
 * Everything that was committed before, by anybody, is on disk when store_sync() returns. store_run() calls it after each
 * change, until store_defer_sync(): from then on its caller does, before anybody hears of the change. So several
 * changes can wait for the disk together. store_unsynced(): since the last store_sync() this process committed a change.
 * A failure ends the process.
 */
void store_sync(struct store *s);
void store_defer_sync(struct store *s);
bool store_unsynced(const struct store *s);

/* False while writes are refused for want of space. Looked at no more than once a second. */
bool store_has_room(struct store *s);

/*
 * A consistent copy of everything into the new directory dir, made while others write. REFUSED: dir cannot be made, and
 * errno says why; BUSY: somebody else's housekeeping does not end.
 */
enum store_rc store_backup(struct store *s, const char *dir);

/* Figures for diagnosis. */
struct store_info {
    const char *engine;
    uint64_t recoveries; /* since the guard file was made */
    uint32_t members;    /* processes that have the store open */
    uint64_t free_bytes; /* on the disk of the data */
};
void store_info(struct store *s, struct store_info *out);

#endif
