/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patch - PATCH messages (RFC 7644 3.5.2): reading them against the schema, and applying them to a resource.
 *
 * Everything a message can get wrong by itself is found by patch_parse(), before a transaction is begun. patch_apply()
 * works on a copy that the caller gives it; on failure the copy is worthless and nothing has happened.
 *
 * Tolerated dialects: op in any case; path-less values with nested objects, dotted keys, URN keys (object or full
 * name); `id`, `schemas` and `meta` in a path-less value are passed over; booleans as strings; value arrays of one
 * element for single-valued attributes; a bare string for a complex attribute with a `value`; `remove` with a value
 * array removes just those; `replace` and `add` through a value path that matches nothing create the element from the
 * filter's eq terms, as far as enum unmatched lets them; replace or add with null or "" unassigns a single value, and
 * replace a list.
 */
#ifndef ROSTER_SCIM_PATCH_H
#define ROSTER_SCIM_PATCH_H

#include "roster/scim/filter.h"
#include "roster/scim/resource.h"

#define PATCH_OPERATIONS_MAX     1000
#define PATCH_STEPS_MAX          2000  /* attributes that all operations of a message together change */
#define PATCH_VALUES_MAX         32768 /* of all lists of a message together */
#define PATCH_TERMS_MAX          4000  /* of the filters in all paths of a message, and values to remove, together */
#define PATCH_MEMBER_FILTERS_MAX 10    /* operations MEMBER_REMOVE_IF of a message: each looks at every member */

struct patch;

/*
 * Reads the body of a PATCH. Lives in a, refers to body. NULL: *e is PATCH_…, ATTRIBUTE_UNKNOWN or VALUES_TOO_MANY with the
 * operation's place counted from 1, or, of the message as a whole, BODY_NOT_OBJECT or SCHEMAS_MISSING.
 * An empty Operations array is PATCH_SYNTAX.
 */
struct patch *patch_parse(const struct resource_type *type, struct json_object *body, const struct resource_options *o,
                          struct arena *a, struct error *e);

/* What a PATCH does to the PLACE_MEMBERS attribute, in order. */
enum member_op {
    MEMBER_ADD,       /* values */
    MEMBER_REMOVE,    /* values */
    MEMBER_REMOVE_IF, /* those that match filter */
    MEMBER_REPLACE    /* exactly values (possibly none) */
};
struct member_change {
    enum member_op op;
    size_t operation;           /* place in the message, from 1 */
    struct json_object *values; /* an array of elements in normal form, each with `value`; in the arena */
    struct filter *filter;
    size_t terms; /* of filter */
};

/*
 * Applies the operations in order to resource (normal form, changed in place) and checks the result with
 * resource_check(). *changes lists what is to be done to the members, *nchanges how many; both may be NULL for types
 * without members. false: *e.
 */
bool patch_apply(const struct patch *p, const struct resource_type *type, struct json_object *resource, struct arena *a,
                 struct member_change **changes, size_t *nchanges, struct error *e);

/*
 * Whether the message names the attribute (of the extension, or NULL), as a whole or with what it is in. Members and
 * passwords are not looked for.
 */
bool patch_names(const struct patch *p, const struct schema *extension, const struct attribute *attribute);

/* Whether an operation `remove` has the attribute as its path; a value that is null or empty removes nothing here. */
bool patch_removes(const struct patch *p, const struct attribute *attribute);

/* The password that the message sets, or NULL; borrowed. Operations on it do nothing else. */
struct json_object *patch_password(const struct patch *p);

#endif
