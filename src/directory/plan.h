/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan - which parts of the indexes hold everything that a filter can match.
 *
 * Indexes serve eq, sw, gt, ge, lt and le on indexed attributes, eq on id, and eq on a team's members and a user's
 * groups; of terms joined by `and` the one that finds least is followed, of terms joined by `or` all are, if all can be.
 */
#ifndef ROSTER_DIRECTORY_PLAN_H
#define ROSTER_DIRECTORY_PLAN_H

#include "roster/base/id.h"
#include "roster/scim/filter.h"
#include "roster/store/store.h"

/* The keys from <= k < to of a space; each leads to an id. to of no bytes: the one key from, or that id itself. */
struct plan_range {
    enum store_space space;
    struct str from, to;
    bool id_is_value; /* the id is the value of the pair, else the end of its key */
};

struct plan {
    int rank; /* the lower, the fewer it finds */
    const struct plan_range *ranges;
    size_t n;                       /* 0: nothing can match */
    bool one;                       /* each range leads to one resource or none */
    bool exact;                     /* all that is found matches: the filter need not be asked */
    const struct attribute *single; /* of one range on an attribute that has one value: two of them can be cut */
};

/* false: no index can serve the filter. What *out refers to lives in a. */
bool plan_make(const struct filter *f, struct arena *a, struct plan *out);

#endif
