/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joining - what memberships of a team that come and go do to their users' types, where the team has a rule (rules.h). For
 * bodies of transactions of src/directory: joining_begin(); for each membership joining_before(), its change, and
 * joining_after(); joining_end(). The teams without a rule cost a look at the account.
 */
#ifndef ROSTER_DIRECTORY_JOINING_H
#define ROSTER_DIRECTORY_JOINING_H

#include "roster/directory/seat.h"

#define JOINING_TYPES_MAX 5000 /* users who get another type in one request: each is a record and an event */

struct joining {
    struct call *c;
    struct state *state;
    struct id team;
    bool has_rule;
    size_t types; /* users who got another type */
    struct seat_sum sum;
    enum role_base base; /* of the last type that somebody got */
    /* The membership that is changed: */
    bool counts; /* its user's type may become another one */
    struct id user;
    struct image old;
    struct holder before;
};

enum store_rc joining_begin(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                            const struct id *team, struct joining *out);
enum store_rc joining_before(struct store_txn *txn, struct arena *arena, struct joining *j, const struct id *user);

/* Counts the user anew, and tells it where the type has become another one. STORE_REFUSED: TYPE_CHANGES, USER_PROTECTED. */
enum store_rc joining_after(struct store_txn *txn, struct arena *arena, struct joining *j);

/* STORE_REFUSED: SEATS_EXCEEDED or LAST_ADMIN, by all changes together. */
enum store_rc joining_end(struct store_txn *txn, struct arena *arena, struct joining *j);

#endif
