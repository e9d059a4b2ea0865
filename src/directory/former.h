/* SPDX-License-Identifier: Apache-2.0 */
/*
 * former - the records of what can be given back (restore.h), each with an entry by its age. The only code that writes these
 * two spaces; for bodies of transactions, which write the state afterwards.
 */
#ifndef ROSTER_DIRECTORY_FORMER_H
#define ROSTER_DIRECTORY_FORMER_H

#include "roster/directory/call.h"
#include "roster/directory/state.h"
#include "roster/store/key.h"

enum former_kind {
    FORMER_GROUPS = 1, /* a user's teams when he was deactivated */
    FORMER_USER,       /* a deleted user, and his teams then */
    FORMER_MEMBERS     /* a team's members before a replacement */
};

#define FORMER_IDS_MAX 1000000 /* of more teams or members none is kept */

struct former {
    enum former_kind kind;
    struct id id;         /* of the user or the team */
    int64_t since;        /* ms: when it was taken away */
    int64_t created;      /* ms: when the user was; else 0 */
    const struct id *ids; /* teams or members, in order */
    size_t nids;
    struct str resource; /* the user as JSON, in normal form; else empty */
};

/* Keeps it in place of an older one; nothing where the account's restore_days is 0. */
enum store_rc former_put(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                         const struct former *f);

/* STORE_NOTFOUND also of what is past its time. */
enum store_rc former_get(struct store_txn *txn, struct arena *arena, const struct call *c, enum former_kind kind,
                         const struct id *id, struct former *out);

/* STORE_OK also where there is none. */
enum store_rc former_drop(struct store_txn *txn, struct state *state, enum former_kind kind, const struct id *id);

/* Reads a value; ids are in the arena, the resource is in value. false: it is none. kind and id are the key's. */
bool former_read(struct str value, struct arena *arena, struct former *out);

/* ms: when what was taken away at `since` cannot be given back any more. */
int64_t former_end(const struct call *c, int64_t since);

void former_key(struct key *k, uint8_t kind, const struct id *id);
void former_age_key(struct key *k, int64_t since, uint8_t kind, const struct id *id);

/* Takes a key of either space apart. */
bool former_key_read(struct str key, uint8_t *kind, struct id *id);
bool former_age_read(struct str key, int64_t *since, uint8_t *kind, struct id *id);

/* Whether something is past its time. */
bool former_is_due(const struct state *state, const struct call *c);

/* Removes a part of what is past its time, in a transaction of its own; c->outdated: whether more is left. false: not now. */
bool former_go_on(struct call *c);

#endif
