/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore - what a change took away, kept for a while (policy restore_days) so that it can be given back.
 *
 * Kept are a deleted user, with the teams that he was in; the teams of a user who was deactivated (policy restore_teams),
 * which he gets back when he is reactivated; and the members that a team had before a pushed group replaced them. SCIM knows
 * nothing of it: a deleted user is not there, and his userName is free. Passwords are not kept. What is past its time is
 * given back no more; it is removed by the account's next change, and by former_expire().
 */
#ifndef ROSTER_DIRECTORY_RESTORE_H
#define ROSTER_DIRECTORY_RESTORE_H

#include "roster/directory/call.h"
#include "roster/scim/image.h"

/* A deleted user. */
struct former_user {
    struct id id;
    int64_t deleted, expires; /* ms; expires: when he cannot be restored any more */
    struct str user_name;     /* in c->arena */
};

/* A place in the list of deleted users; zero: in front of the first. */
struct former_place {
    int64_t since;
    struct id id;
};

/* The next deleted user behind *place, which it moves, oldest deletion first; *found: there is one. */
bool former_next(struct call *c, struct former_place *place, struct former_user *out, bool *found);

/*
 * Brings a deleted user back, who is named by id or by the userName that he had (of several the one who was deleted last): the
 * same id, attributes, type, creation time and activity, in those of his teams that are there still. A manager who is gone is
 * left out, and so are values of schemas that are. Event user.restored, and team.updated of each team. FORMER_UNKNOWN,
 * USERNAME_TAKEN, VALUE_TAKEN, SEATS_EXCEEDED, BUSY (his deletion is not finished), or what resource_normalise() says where
 * the account's schemas ask for more by now.
 */
bool user_restore(struct call *c, struct str user, struct image *out);

/* Ends for good what is kept of a deleted user. Event user.purged. FORMER_UNKNOWN. */
bool user_purge(struct call *c, struct str user);

/*
 * Gives a team the members back that it had before it was replaced or restored the last time, of those who are users still; the
 * present ones are kept in their turn. RESOURCE_NOT_FOUND, FORMER_UNKNOWN.
 */
bool team_restore(struct call *c, struct str id, struct image *out);

/* What that would do now. */
struct former_members {
    int64_t since;    /* ms: when the team was replaced */
    uint64_t members; /* whom the team would have */
    uint64_t added;   /* of them, who are no members now */
    uint64_t removed; /* who would no longer be one */
};
bool team_former(struct call *c, const struct id *team, struct former_members *out, bool *found);

/* Removes all that is past its time, with an event user.purged for each user. false: not now; *c->error says nothing of it. */
bool former_expire(struct call *c);

#endif
