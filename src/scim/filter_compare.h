/* SPDX-License-Identifier: Apache-2.0 */
/* filter_compare - whether one value satisfies one comparison of a filter, by the attribute's type. */
#ifndef ROSTER_SCIM_FILTER_COMPARE_H
#define ROSTER_SCIM_FILTER_COMPARE_H

#include "roster/scim/filter.h"

/* f is a comparison (not FILTER_PR) with a value that is not null, leaf the attribute it is about. A value of another type
 * than the schema's is only "not equal". */

/* A string: of types string, reference, binary and dateTime. */
bool filter_compare_string(const struct filter *f, const struct attribute *leaf, struct str v, struct folds_place at,
                           struct arena *a);

/* A date in milliseconds, and its text for co, sw and ew. */
bool filter_compare_time(const struct filter *f, int64_t ms, struct str text);

/* true, false or a number as JSON text. */
bool filter_compare_literal(const struct filter *f, const struct attribute *leaf, struct str v);

/* Any value but an array. folds may be NULL. */
bool filter_compare_json(const struct filter *f, const struct attribute *leaf, struct json_object *v,
                         struct folds *folds, struct arena *a);

#endif
