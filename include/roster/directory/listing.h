/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing - which resources a list has: the page of a query.
 *
 * All resources in order of creation, and all users in order of userName, are walked in an index. By a cursor any page
 * costs the same, and by its number in order of creation; in order of userName the keys in front are passed over. Every
 * other query looks at each resource that can match - those that indexes find for the filter, else all of the type, read
 * from their stored values without parsing JSON - and keeps what the page needs, in bounded memory.
 */
#ifndef ROSTER_DIRECTORY_LISTING_H
#define ROSTER_DIRECTORY_LISTING_H

#include "roster/directory/call.h"
#include "roster/scim/filter.h"
#include "roster/scim/sort.h"

#define LISTING_COUNT_MAX     1000
#define LISTING_COUNT_DEFAULT 100
#define LISTING_TYPES_MAX     2
#define LISTING_PASS          65536

/* A place in the order of a query: of a resource that was on a page. It stays what it is when resources come and go. */
#define PLACE_BYTES_MAX 512
struct listing_place {
    uint8_t type; /* the resource type's number */
    uint64_t ordinal;
    bool missing; /* the resource has no value of the attribute that is sorted by */
    uint16_t len;
    char bytes[PLACE_BYTES_MAX]; /* the sort value, or the end of the key in the index that is walked */
};

struct listing_query {
    const struct resource_type *const *types; /* in this order where nothing is sorted by */
    size_t ntypes;                            /* 1 to LISTING_TYPES_MAX */
    const struct filter *const *filters;      /* one for each type, or NULL: all resources */
    const struct attrpath *sort;              /* one for each type, or NULL: order of creation */
    bool descending;
    size_t count; /* at most LISTING_COUNT_MAX */

    size_t
        pass; /* a page by its number that is farther behind takes several passes, which keep so many; 0: LISTING_PASS */
    uint64_t start;                   /* index paging: the first one's number, from 1; 0: cursor paging */
    const struct listing_place *from; /* cursor paging: what comes behind this place; NULL: from the beginning */
    bool backward;                    /* what comes in front of it instead */
};

struct listing_item {
    const struct resource_type *type;
    struct id id;
};

struct listing {
    uint64_t total; /* of all that match */
    struct listing_item *items;
    size_t n;
    struct listing_place first, last; /* of items, where n > 0; cursor paging only */
    bool before, after;               /* there are others in front of and behind the items; cursor paging only */
};

/* The page; it lives in c->arena. A resource may go before it is read: callers pass over it. */
bool listing_run(struct call *c, const struct listing_query *q, struct listing *out);

/* The page of one type by its number; filter may be NULL. */
bool listing_page(struct call *c, const struct resource_type *type, const struct filter *filter, uint64_t start,
                  size_t count, struct listing *out);

#endif
