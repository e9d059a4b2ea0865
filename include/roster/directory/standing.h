/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing - which user type a user has, and why.
 *
 * The first of these that names a role decides: userType; the values of roles; those of entitlements; the teams that the
 * user is in, by the account's rules (rules.h); else it is the account's default type. Of several values the primary one counts, or else the one whose base type may do most. A value may be
 * the role as JSON in a string, as Entra ID sends it. Values that name no role are the client's own business and decide nothing.
 * What a record says is never changed by this.
 */
#ifndef ROSTER_DIRECTORY_STANDING_H
#define ROSTER_DIRECTORY_STANDING_H

#include "roster/base/json.h"
#include "roster/directory/role.h"
#include "roster/scim/image.h"

/* In this order; from STANDING_TEAM on, the record names none. */
enum standing_source { STANDING_USER_TYPE, STANDING_ROLES, STANDING_ENTITLEMENTS, STANDING_TEAM, STANDING_DEFAULT };

struct standing {
    struct role named; /* the role that the record or rule names, which may have been removed; or the default type's */
    struct role role;  /* what that comes to: the user's type */
    enum standing_source source;
    struct str text; /* the value that named it, as it was written; of a rule the role's id; STR_NULL by default */
    size_t rule;     /* which one, counted from 1; else 0 */
};

/* Of a user of account, which is the transaction's. Strings live as long as user and arena. */
enum store_rc standing_of(struct store_txn *txn, struct arena *arena, const struct account *account,
                          const struct image *user, struct standing *out);

/* The same of somebody who need not be there, as if he were in these teams and no others. */
struct standing_teams {
    const struct id *ids;
    size_t n;
};
enum store_rc standing_in(struct store_txn *txn, struct arena *arena, const struct account *account,
                          const struct image *user, const struct standing_teams *teams, struct standing *out);

/*
 * Whether a user may be given the types that `after` names: where policy user_types is known, userType must be a role that is
 * there, and values of roles and entitlements that have the form of a custom role's id must be one's. before: the user as
 * it was, or NULL; what was there already is not judged again. STORE_REFUSED with *c->error TYPE_UNKNOWN or ROLE_DELETED.
 */
enum store_rc standing_judge(struct store_txn *txn, struct arena *arena, struct call *c, struct json_object *before,
                             struct json_object *after);

/* One sentence that says why: "userType is viewer". team: the name of the rule's team, or STR_NULL. In arena. */
struct str standing_reason(const struct standing *s, struct str team, struct arena *arena);

#endif
