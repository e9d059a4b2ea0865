/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discovery - what /ServiceProviderConfig, /ResourceTypes and /Schemas answer (RFC 7644 4), from the tables and from what
 * the server really does.
 */
#ifndef ROSTER_SCIM_DISCOVERY_H
#define ROSTER_SCIM_DISCOVERY_H

#include "roster/base/buf.h"
#include "roster/scim/schema.h"

struct discovery_limits {
    uint32_t results_max, default_page_size, cursor_seconds, max_operations;
    bool change_password; /* passwords are kept */
    uint64_t max_body;
};

/* base: e.g. "https://x/scim/v2". Each appends one JSON object. Every sub-attribute is written, also of what is not supported. */
void discovery_config(struct buf *out, struct str base, const struct discovery_limits *limits);
void discovery_resource_type(struct buf *out, struct str base, const struct resource_type *type);
/* write_only: also the attributes that can only be written. */
void discovery_schema(struct buf *out, struct str base, const struct schema *schema, bool write_only);

/* The schema alone, without meta: what schema_read() takes. */
void discovery_definition(struct buf *out, const struct schema *schema);

/* The schemas of the discovery resources themselves (RFC 7643 8.7.2), NULL-terminated. No record has their attributes. */
#define URN_CONFIG        "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
#define URN_RESOURCE_TYPE "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
#define URN_SCHEMA        "urn:ietf:params:scim:schemas:core:2.0:Schema"
extern const struct schema *const discovery_meta_schemas[];

#endif
