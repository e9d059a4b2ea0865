/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resource - a resource as a JSON value in its normal form, and what follows from it.
 *
 * Normal form: an object with the canonical names of the schema's tables, only PLACE_RECORD attributes, values of the
 * schema's types, nothing unassigned (null, [], {} and, on optional attributes, "" are left out: RFC 7643 2.5),
 * extensions as objects under their URN. No id, meta or schemas: they are written when the resource is rendered.
 * Values are kept as they came: no sub-attribute is added, nothing is canonicalised.
 */
#ifndef ROSTER_SCIM_RESOURCE_H
#define ROSTER_SCIM_RESOURCE_H

#include "roster/base/json.h"
#include "roster/scim/schema.h"

/* The most that a resource has as JSON text, so that a change's event and a page of events have bounded size too. */
#define RESOURCE_BYTES_MAX (256 * 1024)

/* Which operations of a PATCH make the value that their value path names and nobody has (RFC 7644 3.5.2.3). */
enum unmatched {
    UNMATCHED_CREATE, /* add and replace (some clients know no other way) */
    UNMATCHED_ADD,    /* add alone; a replace has no target, as the RFC says */
    UNMATCHED_REFUSE  /* none */
};

/* What the account's policy says about reading bodies and PATCH messages; zero is the most tolerant. */
struct resource_options {
    bool reject_unknown; /* an attribute that no schema has is refused (ATTRIBUTE_UNKNOWN); else it is passed over */
    enum unmatched unmatched;
    bool stored; /* the values were taken before (import): that binary ones are base64 is not judged again */
};

/*
 * The normal form of a POST or PUT body. body is only read. Read-only attributes are passed over (RFC 7644 3.3,
 * 3.5.1); write-only ones (password) too: see resource_take_password(). A boolean may come as "true"/"False" (dialect);
 * an integer is a number without fraction and exponent, a dateTime an xsd:dateTime. `schemas` must be an array of
 * strings that names the core schema without regard to case (SCHEMAS_MISSING); other URNs in it count for nothing: an
 * extension is there when its key is.
 *
 * Dialects that are taken: a complex attribute that has a `value` as a bare string or as an array of one (manager); one
 * value of a complex multi-valued attribute without its array (emails); keys that are paths, of the body or of an
 * extension: name.givenName, URN:department, department, emails.type (of every value sent, or of a new one), and the
 * core schema's URN with an object. *members gets the values of the PLACE_MEMBERS attribute, an array owned by the returned value's arena, or
 * NULL where the body does not name it; an empty array means "none".
 * Required attributes are checked here. NULL: *e says why. The result is released when a is reset.
 */
struct json_object *resource_normalise(const struct resource_type *type, struct json_object *body,
                                       const struct resource_options *o, struct arena *a, struct json_object **members,
                                       struct error *e);

/* What a value is of its attribute: the whole of it, one element of several, or what is to be put into one. */
enum resource_form { RESOURCE_VALUE, RESOURCE_ELEMENT, RESOURCE_PART };

/* As above for one attribute's value, e.g. a PATCH value: the normal value, owned by the caller (may be NULL: unassigned,
 * then *e is not set). A part need not have what is required. where names it in errors. */
struct json_object *resource_normalise_value(const struct attribute *attribute, struct json_object *value,
                                             enum resource_form form, const struct resource_options *o,
                                             struct str where, struct error *e);

/* Checks the final state: required attributes are there, at most one primary:true in each multi-valued attribute, no
 * more than ATTRIBUTE_VALUES_MAX values, in all no more than RESOURCE_BYTES_MAX (RESOURCE_TOO_LARGE). */
bool resource_check(const struct resource_type *type, struct json_object *resource, struct error *e);

/*
 * Sees to the immutable values of before's extensions (the core schemas keep none in records) in after, the resource in
 * normal form that is to replace it. left_out: after gets those that it lacks, as in PUT, where leaving out says nothing;
 * else lacking one is refused, as in PATCH. false: *e is ATTRIBUTE_IMMUTABLE, or what resource_check() says of the whole.
 */
bool resource_keep_immutable(const struct resource_type *type, struct json_object *before, struct json_object *after,
                             bool left_out, struct arena *a, struct error *e);

/* The address of a resource: base, e.g. "https://x/scim/v2", the type's endpoint and the id; in a. */
struct str resource_url(struct arena *a, struct str base, const struct resource_type *type, struct str id);

/* The password of a body or NULL; borrowed. */
struct json_object *resource_take_password(struct json_object *body);

/* The value of an attribute (of the resource itself or of its extension) or NULL; borrowed. */
struct json_object *resource_get(struct json_object *resource, const struct schema *extension,
                                 const struct attribute *attribute);

/* Removes empty strings' and empty containers' remains so that resource is in normal form again after edits. */
void resource_tidy(struct json_object *resource);

/* A value by which the resource is found. */
struct resource_key {
    uint16_t attribute; /* number */
    bool unique;
    struct str value; /* folded unless the attribute is caseExact; in the arena */
};

/*
 * Every indexed value of the resource, each (attribute, value) once; sorted by attribute, then value. Returns their
 * number; *out is in a.
 */
size_t resource_keys(const struct resource_type *type, struct json_object *resource, struct arena *a,
                     struct resource_key **out);

/* The form in which a value of attribute is compared: prepared (userName), folded, or itself where it is caseExact. */
struct str resource_comparable(const struct attribute *attribute, struct str value, struct arena *a);

/*
 * Appends what differs as a JSON array: [{"path":"name.givenName","old":…,"new":…}, …]; old or new is left out where
 * the attribute was or is unassigned. Complex single-valued attributes are told by sub-attribute, multi-valued ones
 * whole. before or after may be NULL (nothing). Attributes that are never returned are left out. false: no difference (then "[]" was written).
 */
bool resource_diff(struct buf *out, const struct resource_type *type, struct json_object *before,
                   struct json_object *after);

#endif
