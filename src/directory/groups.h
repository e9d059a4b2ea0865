/* SPDX-License-Identifier: Apache-2.0 */
/* groups - the teams of a user that change because of the user, each with an event. For bodies of transactions of src/directory. */
#ifndef ROSTER_DIRECTORY_GROUPS_H
#define ROSTER_DIRECTORY_GROUPS_H

#include "roster/directory/call.h"
#include "roster/directory/state.h"

/* The teams that the user is in; in the arena. */
enum store_rc groups_of(struct store_txn *txn, struct arena *arena, const struct id *user, const struct id **teams,
                        size_t *n);

/* Ends all memberships of the user; *teams are those that lost a member. */
enum store_rc groups_leave(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                           const struct id *user, const struct id **teams, size_t *n);

/*
 * Makes the user a member of those of the teams that there are, without a word to anybody and without a look at his type;
 * *joined are these teams, in the arena.
 */
enum store_rc groups_put(struct store_txn *txn, struct arena *arena, struct call *c, const struct id *user,
                         const struct id *teams, size_t n, struct id **joined, size_t *njoined);

/* Tells each of the teams that the user has become a member, or no longer is one. */
enum store_rc groups_tell(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                          const struct id *user, const struct id *teams, size_t n, bool joined);

/* Makes the user a member of those of the teams that there are, and in which he is not. */
enum store_rc groups_join(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                          const struct id *user, const struct id *teams, size_t n);

#endif
