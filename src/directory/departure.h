/* SPDX-License-Identifier: Apache-2.0 */
/*
 * departure - a user goes who is the manager of others: nobody keeps a manager who is not there (RFC 7644 3.6). Only user.c
 * and edit.c include this.
 *
 * One transaction takes the manager from at most DEPARTURE_STEP of them, or others would wait for it, and the locks would
 * run out. Where there are more, the deletion leaves a mark, and steps in transactions of their own do the rest: those of the
 * request that deletes, and, where that was ended, one after each change of the account.
 */
#ifndef ROSTER_DIRECTORY_DEPARTURE_H
#define ROSTER_DIRECTORY_DEPARTURE_H

#include "roster/directory/call.h"
#include "roster/directory/state.h"

#define DEPARTURE_STEP       500
#define DEPARTURE_STEP_BYTES ((size_t)2 << 20) /* of records: it ends with the one that reaches this */

/* The first step, in the transaction that deletes the user: state and c->unfinished change with it. */
enum store_rc departure_begin(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                              const struct id *user);

/* Whether others still have the user as manager, who was deleted; false also with *rc set. */
bool departure_is_open(struct store_txn *txn, const struct id *user, enum store_rc *rc);

/* A step of what is unfinished; c->unfinished: whether more is left. false: not now; *c->error says nothing of it. */
bool departure_go_on(struct call *c);

/* Steps until nothing is left, or one could not be made. */
void departure_finish(struct call *c);

#endif
