/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/discovery.h"

/* --- writing JSON --- */

static void put_string(struct buf *out, const char *name, const char *value)
{
    buf_json_name(out, name);
    buf_json(out, str_of(value));
}

static void put_bool(struct buf *out, const char *name, bool value)
{
    buf_json_name(out, name);
    buf_puts(out, value ? "true" : "false");
}

static void put_words(struct buf *out, const char *name, const char *const *words)
{
    if (words == NULL)
        return;
    buf_json_name(out, name);
    buf_putc(out, '[');
    for (; *words != NULL; words++) {
        buf_json_comma(out);
        buf_json(out, str_of(*words));
    }
    buf_putc(out, ']');
}

static void open_object(struct buf *out, const char *name)
{
    buf_json_name(out, name);
    buf_putc(out, '{');
}

/* Begins a resource: its schema. */
static void open_resource(struct buf *out, const char *urn)
{
    buf_putc(out, '{');
    put_words(out, "schemas", (const char *const[]){urn, NULL});
}

/* Ends a resource: meta with its place. id NULL: there is one such resource. */
static void close_resource(struct buf *out, struct str base, const char *type, const char *endpoint, const char *id)
{
    open_object(out, "meta");
    put_string(out, "resourceType", type);
    buf_json_name(out, "location");
    buf_putc(out, '"');
    buf_str(out, base);
    buf_puts(out, endpoint);
    if (id != NULL) {
        buf_putc(out, '/');
        buf_puts(out, id);
    }
    buf_puts(out, "\"}}");
}

/* --- ServiceProviderConfig (RFC 7643 5, RFC 9865 4) --- */

static void put_supported(struct buf *out, const char *name, bool supported)
{
    open_object(out, name);
    put_bool(out, "supported", supported);
    buf_putc(out, '}');
}

static void put_bulk(struct buf *out, const struct discovery_limits *limits)
{
    open_object(out, "bulk");
    put_bool(out, "supported", true);
    buf_json_u64(out, "maxOperations", limits->max_operations);
    buf_json_u64(out, "maxPayloadSize", limits->max_body);
    buf_putc(out, '}');
}

static void put_filter(struct buf *out, const struct discovery_limits *limits)
{
    open_object(out, "filter");
    put_bool(out, "supported", true);
    buf_json_u64(out, "maxResults", limits->results_max);
    buf_putc(out, '}');
}

static void put_pagination(struct buf *out, const struct discovery_limits *limits)
{
    open_object(out, "pagination");
    put_bool(out, "cursor", true);
    put_bool(out, "index", true);
    put_string(out, "defaultPaginationMethod", "index");
    buf_json_u64(out, "defaultPageSize", limits->default_page_size);
    buf_json_u64(out, "maxPageSize", limits->results_max);
    buf_json_u64(out, "cursorTimeout", limits->cursor_seconds);
    buf_putc(out, '}');
}

static void put_authentication(struct buf *out)
{
    buf_json_name(out, "authenticationSchemes");
    buf_puts(out, "[{");
    put_string(out, "type", "oauthbearertoken");
    put_string(out, "name", "Bearer token");
    put_string(out, "description", "The token that was made for the account, in the Authorization header.");
    put_string(out, "specUri", "https://www.rfc-editor.org/info/rfc6750");
    put_bool(out, "primary", true);
    buf_puts(out, "}]");
}

void discovery_config(struct buf *out, struct str base, const struct discovery_limits *limits)
{
    open_resource(out, URN_CONFIG);
    put_supported(out, "patch", true);
    put_bulk(out, limits);
    put_filter(out, limits);
    put_supported(out, "changePassword", limits->change_password);
    put_supported(out, "sort", true);
    put_supported(out, "etag", true);
    put_pagination(out, limits);
    put_authentication(out);
    close_resource(out, base, "ServiceProviderConfig", "/ServiceProviderConfig", NULL);
}

/* --- ResourceTypes (RFC 7643 6) --- */

void discovery_resource_type(struct buf *out, struct str base, const struct resource_type *type)
{
    open_resource(out, URN_RESOURCE_TYPE);
    put_string(out, "id", type->name);
    put_string(out, "name", type->name);
    put_string(out, "endpoint", type->endpoint);
    put_string(out, "description", type->description);
    put_string(out, "schema", type->core->urn);
    buf_json_name(out, "schemaExtensions");
    buf_putc(out, '[');
    for (const struct schema *const *x = type->extensions; *x != NULL; x++) {
        buf_json_comma(out);
        buf_putc(out, '{');
        put_string(out, "schema", (*x)->urn);
        put_bool(out, "required", false);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    close_resource(out, base, "ResourceType", "/ResourceTypes", type->name);
}

/* --- Schemas (RFC 7643 7) --- */

/* Letter case is a matter of values that are text. */
static bool is_text(const struct attribute *a)
{
    return a->type == ATTRIBUTE_STRING || a->type == ATTRIBUTE_REFERENCE || a->type == ATTRIBUTE_BINARY;
}

static void put_attributes(struct buf *out, const char *name, const struct attribute *list, bool write_only);

/* Complex attributes have no uniqueness (erratum 6004). */
static void put_attribute(struct buf *out, const struct attribute *a, bool write_only)
{
    buf_json_comma(out);
    buf_putc(out, '{');
    put_string(out, "name", a->name);
    put_string(out, "type", attribute_type_name(a->type));
    if (a->subs != NULL)
        put_attributes(out, "subAttributes", a->subs, write_only);
    put_bool(out, "multiValued", a->multi);
    put_string(out, "description", a->description);
    put_bool(out, "required", a->required);
    put_words(out, "canonicalValues", a->canonical);
    if (is_text(a))
        put_bool(out, "caseExact", a->case_exact);
    put_string(out, "mutability", mutability_words[a->mutability]);
    put_string(out, "returned", returned_words[a->returned]);
    if (a->type != ATTRIBUTE_COMPLEX)
        put_string(out, "uniqueness", uniqueness_words[a->uniqueness]);
    put_words(out, "referenceTypes", a->references);
    buf_putc(out, '}');
}

/* Two levels deep, as complex attributes hold no complex ones (erratum 8415); but for the schema of schemas: three. */
static void put_attributes(struct buf *out, const char *name, const struct attribute *list, bool write_only)
{
    buf_json_name(out, name);
    buf_putc(out, '[');
    for (const struct attribute *a = list; a->name != NULL; a++)
        if (write_only || a->mutability != MUTABILITY_WRITE_ONLY)
            put_attribute(out, a, write_only);
    buf_putc(out, ']');
}

static void put_definition(struct buf *out, const struct schema *schema, bool write_only)
{
    open_resource(out, URN_SCHEMA);
    put_string(out, "id", schema->urn);
    put_string(out, "name", schema->name);
    put_string(out, "description", schema->description);
    put_attributes(out, "attributes", schema->attributes, write_only);
}

void discovery_schema(struct buf *out, struct str base, const struct schema *schema, bool write_only)
{
    put_definition(out, schema, write_only);
    close_resource(out, base, "Schema", "/Schemas", schema->urn);
}

void discovery_definition(struct buf *out, const struct schema *schema)
{
    put_definition(out, schema, true);
    buf_putc(out, '}');
}
