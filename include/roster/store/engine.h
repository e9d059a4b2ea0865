/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine - what an implementation of the store provides. Only src/store includes this.
 *
 * The front (src/store/store.c) has the rules: account prefixes, modes, the retry loop, the low-water mark, the guard's
 * "inside" flag. An engine has the bytes: full keys, transactions, order. Every engine passes tests/contract.
 * The members' results are those of store.h; STORE_RETRY, STORE_FULL and STORE_ERROR may come from any call that
 * touches data, and then the transaction can only be aborted. A process has at most one transaction at a time, and a
 * transaction may have several scans open.
 */
#ifndef ROSTER_STORE_ENGINE_H
#define ROSTER_STORE_ENGINE_H

#include "roster/store/store.h"

struct engine; /* an engine's own state */
struct engine_txn;
struct engine_scan;

struct engine_ops {
    const char *name;

    /* Makes the engine's directories; refuses what is not safe to open. Called before joining, by every process.
     * false: *message says why. */
    bool (*prepare)(const struct conf *c, struct arena *a, const char **message);

    /* Repairs what a crash left, makes the spaces that are missing, and closes again. Called while no other process
     * has the store open, in a process made for it. fault: the kernel's cache of the files is not to be trusted.
     * false: *message says why. */
    bool (*recover)(const struct conf *c, bool fault, struct arena *a, const char **message);

    /* Opens for use; false: *message says why. */
    bool (*open)(const struct conf *c, struct arena *a, struct engine **out, const char **message);
    void (*close)(struct engine **e);

    /* A transaction; lock is the number of the account whose other writers it keeps out in modes FREEZE and WRITE. */
    enum store_rc (*begin)(struct engine *e, enum store_mode mode, uint32_t lock, struct engine_txn **out);
    /* In mode WRITE: keeps the writers of one more account out. Does not wait: RETRY where one is at work. */
    enum store_rc (*lock)(struct engine_txn *t, uint32_t account);
    /* Ends the transaction whatever the result. OK: visible to others; durable only after sync(). */
    enum store_rc (*commit)(struct engine_txn *t);
    void (*abort)(struct engine_txn *t);
    /* Everything that was committed, by anybody, before the call is on disk when it returns. A failure does not
     * return: it ends the process with STORE_EXIT_FAULT, its guard flag still set. */
    void (*sync)(struct engine *e);

    enum store_rc (*get)(struct engine_txn *t, enum store_space space, struct str key, struct arena *a,
                         struct str *value);
    enum store_rc (*has)(struct engine_txn *t, enum store_space space, struct str key);
    enum store_rc (*put)(struct engine_txn *t, enum store_space space, struct str key, struct str value, bool insert);
    enum store_rc (*del)(struct engine_txn *t, enum store_space space, struct str key);

    /* from <= key < to in memcmp order; to is never empty. */
    enum store_rc (*scan_open)(struct engine_txn *t, enum store_space space, struct str from, struct str to,
                               enum store_direction direction, struct engine_scan **out);
    enum store_rc (*scan_next)(struct engine_scan *s, struct str *key, struct str *value);
    enum store_rc (*scan_skip)(struct engine_scan *s, uint64_t n, uint64_t *skipped);
    void (*scan_close)(struct engine_scan *s);

    void (*housekeep)(struct engine *e, bool force);
    /* dir exists and is empty. */
    enum store_rc (*backup)(struct engine *e, const char *dir);
};

/*
 * What the front gives to engines.
 *
 * store_fault(): the storage failed at what (a word) with errno error: logs it, marks the store as not to be trusted
 * and ends the process.
 * store_directory(): makes the directory at path (0700) where it is missing, and refuses one that is not ours or that
 * others may write to. false: *message says why.
 */
_Noreturn void store_fault(const char *what, int error);
bool store_directory(const char *path, struct arena *a, const char **message);

extern const struct engine_ops engine_bdb;

#endif
