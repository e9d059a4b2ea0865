/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roll - the users and the teams of an account in order of their ids, for its own staff: in few words, and users with the type
 * that they have, whatever decided it.
 */
#ifndef ROSTER_DIRECTORY_ROLL_H
#define ROSTER_DIRECTORY_ROLL_H

#include "roster/directory/call.h"
#include "roster/scim/image.h"

#define ROLL_SLICE 100 /* records that one call looks at, at most */

enum roll_active { ROLL_ANY, ROLL_ACTIVE, ROLL_INACTIVE };

struct roll_query {
    const struct resource_type *type; /* the account's, of users or of teams */
    struct str text;         /* is in the name, the display name or the e-mail address, in any case; STR_NULL: any */
    enum roll_active active; /* of users */
    struct str role;         /* of users: the id of the type, in any case; STR_NULL: any */
};

struct roll_entry {
    struct id id;
    struct str name; /* userName, or a team's displayName */
    int64_t created, modified;
    struct str display, email; /* of users; STR_NULL: none */
    struct str role;           /* of users: the id of the type */
    bool active;               /* of users */
    uint64_t members;          /* of teams, from roll_page() */
};

struct roll {
    struct roll_entry *entries;
    size_t n;
    struct id last; /* that was looked at */
    bool more;      /* others may follow */
};

/*
 * Up to `most` of those that the query means, whose ids are greater than *after (NULL: from the first). A call looks at ROLL_SLICE
 * records, so there may be fewer, or none, though others follow. Strings are in c->arena.
 */
bool roll_page(struct call *c, const struct roll_query *q, const struct id *after, size_t most, struct roll *out);

/*
 * The users whose userName, or one of whose e-mail addresses, is the address, without regard to case: found by the indexes, at
 * most ROLL_SLICE of them. Their roles are not told.
 */
bool roll_find(struct call *c, struct str address, struct roll *out);

/* What the record says, all but role and members. Strings borrow from the image or are in a. */
void roll_read(const struct image *im, struct arena *a, struct roll_entry *out);

#endif
