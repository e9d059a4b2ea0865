/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member - memberships: one fact, two records, (team, user) and (user, team). There is no member array anywhere.
 */
#ifndef ROSTER_DIRECTORY_MEMBER_H
#define ROSTER_DIRECTORY_MEMBER_H

#include "roster/directory/call.h"
#include "roster/directory/state.h"
#include "roster/scim/patch.h"

/* Who made a membership: what the word of an event's actor says. */
enum member_maker { MAKER_UNKNOWN, MAKER_TOKEN, MAKER_OPERATOR, MAKER_ADMIN, MAKERS };

/* What is kept of a membership. */
struct membership {
    int64_t since;          /* ms */
    enum member_maker kind; /* MAKER_UNKNOWN: an earlier version made it */
    struct id maker;        /* all zero: it has none, as the operator through rosterctl */
};

/* One that is made by the call. */
struct membership membership_of(const struct call *c);

/* Reads the value of an entry of the space `member`. false: it is none. */
bool membership_read(struct str value, struct membership *out);

/* The word for who made it; STR_NULL for MAKER_UNKNOWN. And the kind that a word means, MAKER_UNKNOWN: none. */
struct str membership_word(enum member_maker kind);
enum member_maker membership_find(struct str word);

/* What a change does to a team's membership in the end: ids that come and ids that go. */
struct member_delta {
    struct id *added, *removed;
    size_t nadded, nremoved;
};

/* The filters of a message may ask so much: for each member and term 16 and the bytes of the member's name; about a second. */
#define MEMBER_WORK_MAX 400000000

/* `members` of a body as the change MEMBER_REPLACE (or MEMBER_ADD), to be used like those of a PATCH. */
struct member_change member_change_of(enum member_op op, struct json_object *values);

/*
 * Applies changes in order to the membership of team and writes what differs in the end. Members that are to come must be
 * users of the account: STORE_REFUSED with *c->error MEMBER_UNKNOWN or MEMBER_NESTED; or PATCH_FILTER, where filters ask more of
 * the members than a transaction may take time for (MEMBER_WORK_MAX). Where the team has a rule (rules.h), users who get
 * another type by it have an event each, or the whole is refused (joining.h of the directory). Costs grow with the change, not with the team, but for
 * MEMBER_REPLACE and MEMBER_REMOVE_IF.
 */
enum store_rc member_apply(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                           const struct id *team, const struct member_change *changes, size_t nchanges,
                           struct member_delta *out);

/* Ends all memberships of a user who goes; *teams are those that lost a member. */
enum store_rc member_drop_user(struct store_txn *txn, struct arena *arena, const struct id *user, struct id **teams,
                               size_t *nteams);

/* Ends all memberships of a team; its users get other types as with member_apply(). */
enum store_rc member_drop_team(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                               const struct id *team);

/* Writes both records of one membership, as they are. */
enum store_rc member_put(struct store_txn *txn, const struct id *team, const struct id *user,
                         const struct membership *m);

enum store_rc member_has(struct store_txn *txn, const struct id *team, const struct id *user);

/* How many members the team has, by passing over them: a million take some tens of milliseconds. */
enum store_rc member_count(struct store_txn *txn, const struct id *team, uint64_t *n);

/* The same in a transaction of its own. */
bool member_total(struct call *c, const struct id *team, uint64_t *n);

/* A user in a team's answer or a team in a user's: the id and the name to show (may be empty). */
struct member_ref {
    struct id id;
    struct str display;
    struct membership membership; /* of a user, from member_list() */
};

/*
 * What a filter sees of a member or group of the type: value, $ref below base ("https://x/scim/v2"), type and display. The
 * caller's; a is for passing use.
 */
struct json_object *member_seen(const struct resource_type *type, const struct member_ref *ref, struct str base,
                                struct arena *a);

/*
 * Calls fn with every member of the team `of`, or every team of the user `of`, until it returns false. type is the type of
 * `of`, what fn gets that of the other. What fn takes from arena is given back after each call.
 */
typedef bool member_fn(const struct resource_type *type, const struct member_ref *ref, void *ctx);
enum store_rc member_each(struct store_txn *txn, struct arena *arena, const struct resource_type *type,
                          const struct id *of, member_fn *fn, void *ctx);

/*
 * Up to limit members of the team `of`, or teams of the user `of`, whose ids are greater than *after (NULL: from the first).
 * type is that of `of`.
 */
bool member_list(struct call *c, const struct resource_type *type, const struct id *of, const struct id *after,
                 size_t limit, struct member_ref **out, size_t *n);

#endif
