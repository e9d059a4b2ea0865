/* SPDX-License-Identifier: Apache-2.0 */
/* listing_walk - the pages of queries without a filter whose order is that of an index: the cost is the same for all. */
#ifndef ROSTER_DIRECTORY_LISTING_WALK_H
#define ROSTER_DIRECTORY_LISTING_WALK_H

#include "roster/directory/listing.h"

/* No filter; order of creation, or one type in the order of a unique attribute that every resource has. */
bool listing_can_walk(const struct listing_query *q);

/* out->items has room for q->count. */
bool listing_walk(struct call *c, const struct listing_query *q, struct listing *out);

#endif
