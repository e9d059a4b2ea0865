/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joining - what a membership that comes or goes does to its user's type, where the team has a rule (rules.h). For bodies of
 * transactions of src/directory: joining_before(), then the change of the membership, then joining_after().
 */
#ifndef ROSTER_DIRECTORY_JOINING_H
#define ROSTER_DIRECTORY_JOINING_H

#include "roster/directory/seat.h"

#define JOINING_TYPES_MAX 5000 /* users who get another type in one request: each is a record and an event */

struct joining {
    bool counts; /* the user's type may become another one */
    struct id user;
    struct image old;
    struct holder before;
};

enum store_rc joining_before(struct store_txn *txn, struct arena *arena, struct call *c, const struct state *state,
                             const struct id *team, const struct id *user, struct joining *out);

/*
 * Counts the user anew, and tells it where the type has become another one; *changes is raised then. STORE_REFUSED with
 * *c->error TYPE_CHANGES, or what seat_change() says.
 */
enum store_rc joining_after(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                            const struct joining *joining, size_t *changes);

#endif
