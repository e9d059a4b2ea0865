/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing - which resources a list has, in order of creation: all, or what a filter's indexed term finds.
 */
#ifndef ROSTER_DIRECTORY_LISTING_H
#define ROSTER_DIRECTORY_LISTING_H

#include "roster/directory/call.h"
#include "roster/scim/filter.h"

#define LISTING_COUNT_MAX     1000
#define LISTING_COUNT_DEFAULT 100

struct listing {
    uint64_t total; /* of all that match */
    struct id *ids; /* of the page */
    size_t n;
};

/*
 * The page that begins at start (from 1) with at most count ids. filter NULL: all. A filter needs one conjunct that an index
 * serves, and of members and groups it may only ask `eq` on their value, by itself: FILTER_UNSUPPORTED otherwise. Costs:
 * without a filter the same for every page; with one, by what the index finds.
 */
bool listing_page(struct call *c, const struct resource_type *type, const struct filter *filter, uint64_t start,
                  size_t count, struct listing *out);

#endif
