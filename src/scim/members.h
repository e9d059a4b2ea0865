/* SPDX-License-Identifier: Apache-2.0 */
/* members - those members of an object that are rows of a table, in the table's order. Private to scim. */
#ifndef ROSTER_SCIM_MEMBERS_H
#define ROSTER_SCIM_MEMBERS_H

#include "roster/base/json.h"
#include "roster/scim/schema.h"

struct member {
    const struct attribute *attribute;
    struct json_object *value; /* borrowed */
};

#define MEMBERS_FEW 24 /* for so many no memory is taken */

/* Not to be copied: list may point into it. */
struct members {
    size_t n;
    struct member *list, few[MEMBERS_FEW];
};

/* The members that are no rows are left out. An object that is none, or NULL, has none. a: for more than MEMBERS_FEW. */
void members_sort(struct members *out, const struct attribute *list, struct json_object *object, struct arena *a);

#endif
