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
    uint32_t filter_max_results, default_page_size, max_page_size, cursor_seconds, max_operations;
    uint64_t max_body;
};

/* base: e.g. "https://x/scim/v2". Each appends one JSON object. Every sub-attribute is written, also of what is not supported. */
void discovery_config(struct buf *out, struct str base, const struct discovery_limits *limits);
void discovery_resource_type(struct buf *out, struct str base, const struct resource_type *type);
void discovery_schema(struct buf *out, struct str base, const struct schema *schema);

/* All that are served, NULL-terminated. */
extern const struct resource_type *const discovery_types[];
extern const struct schema *const discovery_schemas[];

#endif
