/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules - which type the members of a team have, for whom nothing else names one.
 *
 * An account has an ordered list of rules, each a team and a role; a user whom his record gives no type has that of the
 * first rule whose team he is in (standing.h), or which is for everybody: so a custom role can be the account's default type. The list is a part of the account, and is as old as that: who changes users
 * or teams by an older one is refused (edit_begin()).
 */
#ifndef ROSTER_DIRECTORY_RULES_H
#define ROSTER_DIRECTORY_RULES_H

#include "roster/base/buf.h"
#include "roster/base/id.h"
#include "roster/store/store.h"

#define RULES_MAX     50
#define RULE_ROLE_MAX 10 /* bytes of a role's id */

struct rule {
    struct id team;               /* which need not be there any more; all zero: everybody */
    char role[RULE_ROLE_MAX + 1]; /* id of a base type or of a custom role, which may have been removed */
};

struct rules {
    size_t n;
    struct rule rule[RULES_MAX];
};

/* The account's rules; none: n is 0. */
enum store_rc rules_get(struct store_txn *txn, struct rules *out);

/* Writes them as they are (import); the account's revision is the caller's business. */
enum store_rc rules_put(struct store_txn *txn, const struct rules *rules);

/* The place of the team's rule, or n. */
size_t rules_find(const struct rules *rules, const struct id *team);

struct call;

/* A rule as people read it. */
struct rule_shown {
    struct rule rule;
    struct str name; /* of the team; STR_NULL: it is gone, or everybody */
};

/* The account's rules in their order; in c->arena. */
bool rules_list(struct call *c, struct rule_shown **out, size_t *n);

/* Appends one as a JSON object; number counts from 1. */
void rules_write(struct buf *b, size_t number, const struct rule_shown *shown);

/*
 * The changes. They count at once and for all users, without events of users. team: an id, or STR_NULL: everybody. role: a base type or the id of a custom role.
 * before: the rule, counted from 1, that the new one is to stand before; 0: it is the last. false: *c->error is
 * RESOURCE_NOT_FOUND (the team), TYPE_UNKNOWN, ROLE_DELETED, RULE_TEAM, RULE_LIMIT, RULE_UNKNOWN, SEATS_EXCEEDED or
 * LAST_ADMIN.
 */
bool rules_add(struct call *c, struct str team, struct str role, size_t before);
bool rules_remove(struct call *c, size_t which);
bool rules_remove_of(struct call *c, struct str team); /* so that saying it twice does not end another one */

#endif
