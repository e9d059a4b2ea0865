/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_read - an account's own extension, from its definition (RFC 7643 7) to tables like those of schema_tables.c.
 *
 * Nothing of a definition is believed. The errata are applied: no complex attribute in a complex one (8415), binary is a
 * type (5606, 8435), simple sub-attributes may have several values (5607), no uniqueness of complex attributes (6004),
 * $ref is a name though ATTRNAME does not say so (8924). Not taken, because nobody could make use of it: writeOnly and
 * returned `never` (the only secret is the user's password), uniqueness that cannot be kept (`global`, and `server`
 * but of a single text at the top level), and several values within one of several values.
 */
#ifndef ROSTER_SCIM_SCHEMA_READ_H
#define ROSTER_SCIM_SCHEMA_READ_H

#include "roster/base/buf.h"
#include "roster/base/error.h"
#include "roster/scim/schema.h"

#define SCHEMA_BYTES_MAX      262144 /* of the definition's text */
#define SCHEMA_URN_MAX        200    /* also of the name, which is the URN where there is none */
#define SCHEMA_NAME_MAX       64     /* of an attribute's name */
#define SCHEMA_TEXT_MAX       1000   /* of a description */
#define SCHEMA_WORDS_MAX      100    /* canonical values, reference types */
#define SCHEMA_WORD_MAX       200    /* bytes of one */
#define SCHEMA_ATTRIBUTES_MAX 100
#define SCHEMA_SUBS_MAX       20 /* of one attribute */

/*
 * Reads a definition. What a characteristic leaves out has RFC 7643 2.2's default; references and binary values are
 * caseExact where nothing is said (2.3.6, 2.3.7). The schema and all that it refers to live in a. Attributes
 * are numbered from first on in the order of the text, each followed by its sub-attributes: the same text gives the same
 * numbers for ever. The schema's own number is 0: the caller gives it one. NULL: *e is SCHEMA_INVALID with the place and the reason.
 */
struct schema *schema_read(struct str text, uint16_t first, struct arena *a, struct error *e);

/* How many numbers the attributes of a schema have. */
size_t schema_numbers(const struct schema *schema);

/* Whether one URN is the other or begins it, so that a path could be meant for either; without regard to case. */
bool schema_urns_clash(struct str a, struct str b);

#endif
