/* SPDX-License-Identifier: Apache-2.0 */
/*
 * select - the first few of many resources in an order, while they pass by in any order, in bounded memory.
 *
 * Resources are ordered by a sort value, rising or falling, then by type and by the ordinal of their creation: no two are
 * equal, so that a place in the order stays what it is whatever is added or deleted.
 */
#ifndef ROSTER_DIRECTORY_SELECT_H
#define ROSTER_DIRECTORY_SELECT_H

#include "roster/base/id.h"
#include "roster/scim/sort.h"

struct selected {
    struct sort_value value; /* missing where nothing is sorted by */
    const struct resource_type *type;
    uint64_t ordinal;
    struct id id;
};

struct selection {
    const struct attrpath *by; /* NULL: the order of creation */
    bool descending;           /* of the sort value alone */
    bool backward;             /* the last ones instead of the first, from the end */
    size_t want;
    const struct selected *behind; /* only what comes behind this one (in the direction of the walk), or NULL */

    uint64_t total; /* all that passed by */
    bool skipped;   /* some did not come behind `behind` */
    struct selected *list;
    size_t n, room;
    bool full;              /* list[want - 1] is the last that can count */
    struct arena *texts[2]; /* the values' bytes: the first one is in use */
};

/* by, descending, backward, want and behind are set by the caller, everything else is cleared. */
void select_begin(struct selection *s);

/* One resource; c->value.bytes is copied if it is kept. */
void select_offer(struct selection *s, const struct selected *c);

/* Sorts what is left: list[0..n), n <= want. */
void select_end(struct selection *s);

/* Frees the memory; the list is gone. */
void select_free(struct selection *s);

#endif
