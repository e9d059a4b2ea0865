/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter - the filter language of RFC 7644 3.4.2.2: parsing to a tree, and telling whether a resource matches, as it is
 * stored (an image) or as JSON.
 *
 * The grammar is taken whole: eq ne co sw ew pr gt ge lt le, and, or, not (…), grouping, value paths attr[…], URN-qualified
 * names, operators without regard to case. Values are JSON; an unquoted word is taken as a string where the
 * attribute is one (dialect). Bounds: 4,096 bytes, depth 20, 64 terms. Parsing and matching use bounded stack.
 */
#ifndef ROSTER_SCIM_FILTER_H
#define ROSTER_SCIM_FILTER_H

#include "roster/base/json.h"
#include "roster/scim/attrpath.h"
#include "roster/scim/folds.h"
#include "roster/scim/image.h"

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
    bool absent;               /* the resource type has no such attribute: it has no value (path is empty) */
    struct json_object *value; /* of a comparison; NULL stands for the literal null */
    struct str
        folded; /* of a comparison of strings or numbers: the value in comparable form; of an absent one: its name */
    int64_t ms; /* of a comparison of dates: the value, in milliseconds since 1970 */
};

/*
 * Parses text. The tree and all it refers to live in a. NULL: *e is FILTER_SYNTAX with the position (counted in bytes from 1) and
 * what was expected, FILTER_TOO_LARGE, FILTER_ATTRIBUTE or FILTER_TYPE.
 */
struct filter *filter_parse(const struct resource_type *type, struct str text, struct arena *a, struct error *e);

/*
 * The same for a query over several types (RFC 7644 3.4.2.1): a name that this type does not have is an attribute
 * without a value instead of FILTER_ATTRIBUTE.
 */
struct filter *filter_parse_any(const struct resource_type *type, struct str text, struct arena *a, struct error *e);

/* The inside of attribute[…]: names are the sub-attributes of attribute; on a multi-valued simple attribute the name is `value`. */
struct filter *filter_parse_value(const struct resource_type *type, const struct attrpath *attribute, struct str text,
                                  struct arena *a, struct error *e);

/*
 * Whether a resource in normal form (with id, meta and schemas put in by the caller where the filter may name them)
 * matches. What comparing takes from a is given back.
 */
bool filter_match(const struct filter *f, struct json_object *resource, struct arena *a);

/*
 * A stored resource that a filter is put to. derived() is asked about terms and value paths on what an image does not
 * have: a team's members, a user's groups. It may be NULL where no such term is; it reports failures of its own
 * through ctx.
 */
struct filter_record {
    const struct image *image;
    struct str base; /* "https://x/scim/v2": what meta.location begins with */
    bool (*derived)(const struct filter *f, const struct image *image, void *ctx);
    void *ctx;
    struct folds *folds; /* of this record alone; or NULL */
    struct arena *arena;
};

/* Whether the resource matches: read from the image's table of values, no JSON is parsed. What comparing takes from the
 * arena is given back. Agrees with filter_match(). */
bool filter_match_image(const struct filter *f, const struct filter_record *r);

/* Whether a term's or value path's attribute is one that derived() answers. */
bool filter_is_derived(const struct filter *f);

/* Whether one value of a multi-valued attribute matches a tree of filter_parse_value(). folds may be NULL. */
bool filter_match_value(const struct filter *f, struct json_object *element, struct folds *folds, struct arena *a);

/* Writes the tree in canonical form, for tests: parsing that again gives the same tree. */
void filter_print(struct buf *out, const struct filter *f);

#endif
