/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter - the filter language of RFC 7644 3.4.2.2: parsing to a tree, and telling whether a JSON value matches.
 *
 * The grammar is taken whole: eq ne co sw ew pr gt ge lt le, and, or, not (…), grouping, value paths attr[…], URN-qualified
 * names, operators without regard to case. Values are JSON; an unquoted word is taken as a string where the
 * attribute is one (dialect). Bounds: 4,096 bytes, depth 20, 64 terms. Parsing and matching use bounded stack.
 */
#ifndef ROSTER_SCIM_FILTER_H
#define ROSTER_SCIM_FILTER_H

#include "roster/base/json.h"
#include "roster/scim/attrpath.h"

#define FILTER_BYTES_MAX 4096
#define FILTER_DEPTH_MAX 20
#define FILTER_TERMS_MAX 64

enum filter_op {
    FILTER_AND,
    FILTER_OR,
    FILTER_NOT,  /* left, right */
    FILTER_PATH, /* path[left]: one value of the attribute matches left as a whole */
    FILTER_PR,
    FILTER_EQ,
    FILTER_NE,
    FILTER_CO,
    FILTER_SW,
    FILTER_EW,
    FILTER_GT,
    FILTER_GE,
    FILTER_LT,
    FILTER_LE
};

struct filter {
    enum filter_op op;
    struct filter *left, *right;
    struct attrpath path;      /* of a comparison or FILTER_PATH; inside [] the sub-attribute is path.sub */
    struct json_object *value; /* of a comparison; NULL stands for the literal null */
    struct str folded;         /* of a string comparison: the value in comparable form */
};

/*
 * Parses text. The tree and all it refers to live in a. NULL: *e is FILTER_SYNTAX with the position (counted in bytes from 1) and
 * what was expected, FILTER_TOO_LARGE, FILTER_ATTRIBUTE or FILTER_TYPE.
 */
struct filter *filter_parse(const struct resource_type *type, struct str text, struct arena *a, struct error *e);

/* The inside of attribute[…]: names are the sub-attributes of attribute; on a multi-valued simple attribute the name is `value`. */
struct filter *filter_parse_value(const struct resource_type *type, const struct attrpath *attribute, struct str text,
                                  struct arena *a, struct error *e);

/*
 * Whether a resource in normal form (with id, meta and schemas put in by the caller where the filter may name them)
 * matches. What comparing takes from a is given back.
 */
bool filter_match(const struct filter *f, struct json_object *resource, struct arena *a);

/* Whether one value of a multi-valued attribute matches a tree of filter_parse_value(). */
bool filter_match_value(const struct filter *f, struct json_object *element, struct arena *a);

/*
 * The terms that all must hold: f split at its top-level ANDs; a FILTER_PATH whose inside is an AND chain is not split.
 * Returns how many; *out is in a.
 */
size_t filter_conjuncts(const struct filter *f, struct arena *a, const struct filter ***out);

/*
 * If the term is `attribute eq "string"` on an indexed attribute - directly, through `.value` of a multi-valued attribute that is
 * left out or written, or as attr[… value eq "string" …] joined by and - its index number and folded value. exact: the
 * term says nothing more, so that whatever the index finds matches it. The number may also be ATTR_ID, ATTR_TEAM_MEMBERS_VALUE or
 * ATTR_USER_GROUPS_VALUE, which other spaces answer.
 */
bool filter_index_term(const struct filter *term, uint16_t *attribute, struct str *value, bool *exact);

/* Writes the tree in canonical form, for tests and logs: parsing that again gives the same tree. */
void filter_print(struct buf *out, const struct filter *f);

#endif
