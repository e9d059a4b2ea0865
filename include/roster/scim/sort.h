/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sort - the order of a list by an attribute (RFC 7644 3.4.2.3).
 *
 * Of a multi-valued attribute the primary value counts, else the first. Resources without a value come last in rising
 * order and first in falling order. Strings compare in their comparable form, by code points, dates by time, numbers
 * exactly.
 */
#ifndef ROSTER_SCIM_SORT_H
#define ROSTER_SCIM_SORT_H

#include "roster/scim/attrpath.h"
#include "roster/scim/image.h"

/* Strings are told apart by so many bytes of their comparable form. */
#define SORT_VALUE_MAX 256

/* What a resource is sorted by. */
struct sort_value {
    bool missing;
    struct str bytes; /* to be compared by sort_cmp() alone; at most SORT_VALUE_MAX of them */
};

/*
 * The attribute that text names. A complex attribute stands for its `value` where it has one. false: SORT_ATTRIBUTE.
 * any: a query over several types; a name that the type does not have is taken (out->attribute is NULL: no resource has a value).
 */
bool sort_parse(const struct resource_type *type, struct str text, bool any, struct attrpath *out, struct error *e);

/* The value of a resource; bytes are in room. What is needed on the way is taken from a. */
struct sort_value sort_value_of(const struct image *im, const struct attrpath *by, char room[SORT_VALUE_MAX],
                                struct arena *a);

/* Rising order: less than, equal to or greater than 0. */
int sort_cmp(const struct attrpath *by, const struct sort_value *a, const struct sort_value *b);

#endif
