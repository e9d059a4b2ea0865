/* SPDX-License-Identifier: Apache-2.0 */
/*
 * projection - which attributes an answer has: attributes and excludedAttributes (RFC 7644 3.9), and writing the answer.
 */
#ifndef ROSTER_SCIM_PROJECTION_H
#define ROSTER_SCIM_PROJECTION_H

#include "roster/scim/attrpath.h"
#include "roster/scim/image.h"

struct projection;

/*
 * From the two comma-separated lists (STR_NULL: not given). Unknown names are passed over. A projection that asks for everything
 * is NULL with *e not set. Both given: PARAMETER_CONFLICT.
 */
struct projection *projection_parse(const struct resource_type *type, struct str attributes, struct str excluded,
                                    struct arena *a, struct error *e);

/* Whether attribute is in the answer, as a whole or in part; p may be NULL (everything). The caller need not fetch what
 * is not (a team's members, a user's groups). */
bool projection_wants(const struct projection *p, const struct attribute *attribute);

/* Whether a sub-attribute of the attribute is in the answer (derived and members values are written by the caller). */
bool projection_wants_sub(const struct projection *p, const struct attribute *attribute, const struct attribute *sub);

/*
 * Appends the resource without its last '}': the caller appends derived attributes as `,"groups":[…]` and then '}'.
 * location_base is e.g. "https://x/scim/v2" (percent-clean, no quotes). p may be NULL: then this is one copy and the
 * location. `id` and `schemas` and whatever is returned always are always there (RFC 7643 7).
 */
void projection_write(struct buf *out, const struct image *im, const struct projection *p, struct str location_base);

#endif
