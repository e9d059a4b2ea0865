/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role - what a user of an account can be: the four base types, and the account's custom roles.
 *
 * A custom role has a base type, whose rights and seats it has, a name that can be changed, and an id that cannot: that is what
 * identity providers send in userType and roles. A role that is removed leaves its id behind with the role that its users
 * have instead (its successor): nobody's record is touched, and nobody can be given it any more.
 */
#ifndef ROSTER_DIRECTORY_ROLE_H
#define ROSTER_DIRECTORY_ROLE_H

#include "roster/base/str.h"
#include "roster/directory/call.h"

#define ROLE_ID_LEN   10  /* of a custom role: "r-" and eight letters or digits */
#define ROLE_NAME_MAX 100 /* bytes */
#define ROLES_MAX     200 /* custom roles of an account, with those that were removed */

struct role {
    struct str id, name, description;
    enum role_base base;
    bool custom;
    int64_t created, removed; /* of a custom role; removed 0: it is there */
    struct str successor;     /* the id of the role that a removed one's users have instead */
};

/* The base type's own role; static memory. */
const struct role *role_of_base(enum role_base base);

/* The base type with the id, without regard to case, as userType is compared (RFC 7643 4.1.1); NULL where there is none. */
const struct role *role_find_base(struct str id);

/* Whether id has the form of a custom role's, in either case. */
bool role_is_custom_id(struct str id);

/*
 * The role with the id, without regard to case: a base type, or a custom role, also one that was removed. STORE_NOTFOUND: there
 * never was one. Strings are static or in the transaction's arena.
 */
enum store_rc role_get(struct store_txn *txn, struct arena *arena, struct str id, struct role *out);

/* What the role's users are: *role itself, or what it was removed in favour of, through any number of such. */
enum store_rc role_in_force(struct store_txn *txn, struct arena *arena, const struct role *role, struct role *out);

/* The custom roles, in order of their ids, also those that were removed; strings in arena. */
enum store_rc role_all(struct store_txn *txn, struct arena *arena, struct role **out, size_t *n);

/*
 * The roles that a user can be given: the base types in their order, then the custom roles in order of their names; strings in
 * arena. role_list() is the same in a transaction of its own. false: *c->error.
 */
enum store_rc role_listed(struct store_txn *txn, struct arena *arena, struct role **out, size_t *n);
bool role_list(struct call *c, struct role **out, size_t *n);

/*
 * The changes, each a transaction with an event. Roles are named by id or, custom ones, by name (without regard to case). false:
 * *c->error is ROLE_NAME, ROLE_NAME_TAKEN, ROLE_BASE, ROLE_LIMIT, ROLE_UNKNOWN, ROLE_IS_BASE or ROLE_SUCCESSOR.
 */
bool role_add(struct call *c, struct str name, struct str base, struct role *out);
bool role_rename(struct call *c, struct str which, struct str name, struct role *out);
bool role_remove(struct call *c, struct str which, struct str successor, struct role *out);

/* Appends the role and the number of its users (seat.h) as a JSON object. */
void role_write(struct buf *b, const struct role *role, uint64_t users);

/* Reads the value of an entry of the space `role`; false: it is none. id is that of its key. Strings are in a. */
bool role_read(struct role *out, struct str id, struct str bytes, struct arena *a);

/* Writes an entry as it is (import). */
enum store_rc role_put(struct store_txn *txn, struct arena *arena, const struct role *role);

#endif
