/* SPDX-License-Identifier: Apache-2.0 */
/*
 * projection - which attributes an answer has: attributes and excludedAttributes (RFC 7644 3.9), and writing the answer.
 */
#ifndef ROSTER_SCIM_PROJECTION_H
#define ROSTER_SCIM_PROJECTION_H

#include "roster/scim/attrpath.h"
#include "roster/scim/image.h"

struct projection;

#define PROJECTION_BYTES_MAX 65536 /* of a list: each name takes memory of its own */

/*
 * From the two comma-separated lists (STR_NULL: not given). Unknown names are passed over. A projection that asks for
 * everything that the record has is NULL with *e not set. Both given: PARAMETER_CONFLICT; too long a list: PARAMETER_INVALID.
 */
struct projection *projection_parse(const struct resource_type *type, struct str attributes, struct str excluded,
                                    struct arena *a, struct error *e);

/*
 * The same for the answer to a write, in which attributes that are returned on request are also when the request named
 * them (RFC 7643 7). named tells whether it did, of an attribute (in the extension, or NULL); NULL: whatever the
 * resource has, since a body names all of it.
 */
typedef bool projection_named(const struct schema *extension, const struct attribute *attribute, const void *ctx);
struct projection *projection_parse_write(const struct resource_type *type, struct str attributes, struct str excluded,
                                          projection_named *named, const void *ctx, struct arena *a, struct error *e);

/* Whether attribute is in the answer, as a whole or in part; p may be NULL (everything). The caller need not fetch what
 * is not (a team's members, a user's groups). */
bool projection_wants(const struct projection *p, const struct attribute *attribute);

/* Whether a sub-attribute of the attribute is in the answer (derived and members values are written by the caller). */
bool projection_wants_sub(const struct projection *p, const struct attribute *attribute, const struct attribute *sub);

/*
 * Appends the resource without its last '}': the caller appends derived attributes as `,"groups":[…]` and then '}'.
 * location_base is e.g. "https://x/scim/v2" (percent-clean, no quotes). p may be NULL: then this is one copy and the
 * location; of a type with attributes that are not always returned it is what projection_parse() gave, never NULL by hand. `id` and `schemas` and whatever is returned always are always there (RFC 7643 7).
 */
void projection_write(struct buf *out, const struct image *im, const struct projection *p, struct str location_base);

#endif
