/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk - bulk requests (RFC 7644 3.7): reading them, what their operations refer to, and the order to run them in.
 *
 * An operation that is wrong by itself is kept with its error, which is its result; only what is wrong with the request
 * as a whole refuses it. What runs the operations is api/bulk.
 *
 * References. A string that is "bulkId:NAME" as a whole, anywhere in an operation's data but in a read-only attribute
 * (which nobody reads) or a password, stands for the id of what the POST of that bulkId creates; so does one in a path, and one between
 * quotes in the filter of a PATCH path. They may point forward.
 *
 * Order. That of the request, but a POST that is referred to comes right before the first operation that needs it. So
 * only creations move, which no other operation can have meant before they happen. POSTs that refer to one another in a
 * circle stand next to each other in the order of the request and have the same `circle`: each may name the ids of the
 * others before they exist, so whoever runs them makes the ids beforehand, and lets the circle stand or fall as one.
 * Only users can form one: a user's manager is not looked up, but a group's members must be there, and are never
 * groups. A circle through a group has no solution; its operations fail with BULK_CIRCLE.
 *
 * Tolerated: methods in any case, paths without their first slash or with the service's address in front, a PATCH
 * whose data lacks `schemas` or is the bare array of operations (erratum 5050 is about the RFC's own example).
 */
#ifndef ROSTER_SCIM_BULK_H
#define ROSTER_SCIM_BULK_H

#include "roster/base/json.h"
#include "roster/scim/schema.h"

#define BULK_OPERATIONS_MAX 1000

enum bulk_method { BULK_POST, BULK_PUT, BULK_PATCH, BULK_DELETE, BULK_METHODS };

/* "POST" … */
const char *bulk_method_name(enum bulk_method method);

struct bulk_reference {
    size_t to;                 /* place of the POST that makes what is meant */
    struct json_object *value; /* the string that is, or holds, the reference; NULL: the operation's path is */
};

struct bulk_operation {
    struct str method_text;           /* as it was sent; STR_NULL where it was no string */
    enum bulk_method method;          /* BULK_METHODS: none that is taken, and there is an error */
    const struct resource_type *type; /* NULL: the path names none, and there is an error */
    struct str target;                /* the id in the path as it was written; not of POST */
    struct str bulk_id, version;      /* STR_NULL: not sent */
    struct json_object *data;         /* an object; NULL for DELETE */
    struct bulk_reference *references;
    size_t nreferences;
    size_t circle;       /* equal for the operations of a circle, which are neighbours in the order */
    struct error *error; /* what is wrong with it; NULL: nothing */
};

#define BULK_TYPES 2 /* users and groups */

struct bulk {
    struct bulk_operation *operations; /* as in the request */
    size_t n;                          /* 1 to BULK_OPERATIONS_MAX */
    size_t *order;                     /* places in the order to run them in: each once */
    size_t errors_max;                 /* failOnErrors, from 1; SIZE_MAX: not sent */
};

/*
 * Reads the body of a bulk request; it lives in a, refers to body, and changes body where it tolerates. types: the account's
 * own tables of what can be changed, which outlive the result. base: the
 * service's address, e.g. "https://x/scim/v2". NULL: *e is SCHEMAS_MISSING, BULK_SYNTAX or BULK_TOO_MANY_OPERATIONS. The errors of
 * single operations are BULK_OPERATION, BULK_PATH, METHOD_NOT_ALLOWED, BULK_ID_TWICE, BULK_ID_UNKNOWN and BULK_CIRCLE.
 */
struct bulk *bulk_parse(struct json_object *body, const struct resource_type *const types[BULK_TYPES], struct str base,
                        struct arena *a, struct error *e);

/* Puts id, which is what r turned out to mean, in the place of the reference; bulk_id: that of the POST. It changes a string of
 * op->data, so nothing was cloned from that yet (json_clone()). */
void bulk_resolve(struct bulk_operation *op, const struct bulk_reference *r, struct str bulk_id, struct str id,
                  struct arena *a);

#endif
