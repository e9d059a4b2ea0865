/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_meta - RFC 7643 8.7.2 as data: the schemas of ServiceProviderConfig, ResourceType and Schema. Nothing of them is
 * in a record, so the attributes have no numbers; all are read-only.
 *
 * Against the text of the RFC, by its errata: the types have binary (5606, 8435), schemaExtensions has several values
 * (7522), complex attributes have no uniqueness (6004), the name and the endpoint of a resource type are unique (8475).
 * Of RFC 9865: pagination. Only here a complex attribute holds a complex one: subAttributes (8415 is about all others).
 */
#include "roster/scim/discovery.h"

#define ROW(nm, ty, ...)                                                                                               \
    {                                                                                                                  \
        .number = ATTR_NONE, .name = (nm), .type = ATTRIBUTE_##ty, .mutability = MUTABILITY_READ_ONLY, __VA_ARGS__     \
    }
#define END                                                                                                            \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define MULTI      .multi = true
#define REQUIRED   .required = true
#define EXACT      .case_exact = true
#define UNIQUE     .uniqueness = UNIQUENESS_SERVER

#define SUPPORTED ROW("supported", BOOLEAN, REQUIRED, .description = "Whether the server does this.")

/* --- ServiceProviderConfig --- */

static const struct attribute supported_subs[] = {SUPPORTED, END};

static const struct attribute bulk_subs[] = {
    SUPPORTED,
    ROW("maxOperations", INTEGER, REQUIRED, .description = "The most operations that one request may have."),
    ROW("maxPayloadSize", INTEGER, REQUIRED, .description = "The most bytes that one request may have."),
    END,
};

static const struct attribute filter_subs[] = {
    SUPPORTED,
    ROW("maxResults", INTEGER, REQUIRED, .description = "The most resources that one answer has."),
    END,
};

static const struct attribute pagination_subs[] = {
    ROW("cursor", BOOLEAN, REQUIRED, .description = "Whether lists can be read by cursor."),
    ROW("index", BOOLEAN, REQUIRED, .description = "Whether lists can be read by startIndex."),
    ROW("defaultPaginationMethod", STRING, .canonical = WORDS("cursor", "index"),
        .description = "How a list is read where the request does not say."),
    ROW("defaultPageSize", INTEGER, .description = "The most resources of a page where the request does not say."),
    ROW("maxPageSize", INTEGER, .description = "The most resources that a page can have."),
    ROW("cursorTimeout", INTEGER, .description = "How many seconds a cursor can be used at least."),
    END,
};

static const struct attribute authentication_subs[] = {
    ROW("type", STRING, REQUIRED, .canonical = WORDS("oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"),
        .description = "The kind of authentication."),
    ROW("name", STRING, REQUIRED, .description = "What people call it."),
    ROW("description", STRING, REQUIRED, .description = "What has to be sent."),
    ROW("specUri", REFERENCE, EXACT, .references = WORDS("external"),
        .description = "The address of its specification."),
    ROW("documentationUri", REFERENCE, EXACT, .references = WORDS("external"),
        .description = "The address of a page on how to use it."),
    ROW("primary", BOOLEAN, .description = "Whether this is the preferred one."),
    END,
};

static const struct attribute config_attributes[] = {
    ROW("documentationUri", REFERENCE, EXACT, .references = WORDS("external"),
        .description = "The address of the server's documentation."),
    ROW("patch", COMPLEX, REQUIRED, .subs = supported_subs, .description = "Changing parts of a resource."),
    ROW("bulk", COMPLEX, REQUIRED, .subs = bulk_subs, .description = "Several operations in one request."),
    ROW("filter", COMPLEX, REQUIRED, .subs = filter_subs, .description = "Asking for resources by what they have."),
    ROW("changePassword", COMPLEX, REQUIRED, .subs = supported_subs, .description = "Setting a user's password."),
    ROW("sort", COMPLEX, REQUIRED, .subs = supported_subs, .description = "Lists in an order that the client chooses."),
    ROW("etag", COMPLEX, REQUIRED, .subs = supported_subs, .description = "Versions of resources."),
    ROW("pagination", COMPLEX, .subs = pagination_subs, .description = "Reading lists page by page."),
    ROW("authenticationSchemes", COMPLEX, MULTI, REQUIRED, .subs = authentication_subs,
        .description = "How requests are authenticated."),
    END,
};

/* --- ResourceType --- */

static const struct attribute extension_subs[] = {
    ROW("schema", REFERENCE, REQUIRED, EXACT, .references = WORDS("uri"), .description = "The extension's URN."),
    ROW("required", BOOLEAN, REQUIRED, .description = "Whether every resource must have the extension."),
    END,
};

static const struct attribute resource_type_attributes[] = {
    ROW("id", STRING, .description = "The resource type's id: its name."),
    ROW("name", STRING, REQUIRED, UNIQUE, .description = "The resource type's name, as meta.resourceType has it."),
    ROW("description", STRING, .description = "What resources of this type are."),
    ROW("endpoint", REFERENCE, REQUIRED, EXACT, UNIQUE, .references = WORDS("uri"),
        .description = "Where the resources are, behind the base address."),
    ROW("schema", REFERENCE, REQUIRED, EXACT, .references = WORDS("uri"), .description = "The core schema's URN."),
    ROW("schemaExtensions", COMPLEX, MULTI, REQUIRED, .subs = extension_subs,
        .description = "The extensions that the resources can have."),
    END,
};

/* --- Schema: the characteristics that an attribute and a sub-attribute have --- */

#define CHARACTERISTICS                                                                                                \
    ROW("name", STRING, REQUIRED, EXACT, .description = "The attribute's name."),                                      \
        ROW("type", STRING, REQUIRED,                                                                                  \
            .canonical =                                                                                               \
                WORDS("string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"),        \
            .description = "The type of its values."),                                                                 \
        ROW("multiValued", BOOLEAN, REQUIRED, .description = "Whether it has several values."),                        \
        ROW("description", STRING, .description = "What it means."),                                                   \
        ROW("required", BOOLEAN, .description = "Whether a resource must have it."),                                   \
        ROW("canonicalValues", STRING, MULTI, EXACT, .description = "Values that are suggested."),                     \
        ROW("caseExact", BOOLEAN, .description = "Whether letter case counts when values are compared."),              \
        ROW("mutability", STRING, EXACT, .canonical = WORDS("readOnly", "readWrite", "immutable", "writeOnly"),        \
            .description = "Whether and when it can be written."),                                                     \
        ROW("returned", STRING, EXACT, .canonical = WORDS("always", "never", "default", "request"),                    \
            .description = "When it is in an answer."),                                                                \
        ROW("uniqueness", STRING, EXACT, .canonical = WORDS("none", "server", "global"),                               \
            .description = "Among whom its values are unique."),                                                       \
        ROW("referenceTypes", STRING, MULTI, EXACT, .description = "What a reference can lead to.")

static const struct attribute sub_characteristics[] = {CHARACTERISTICS, END};

static const struct attribute characteristics[] = {
    CHARACTERISTICS,
    ROW("subAttributes", COMPLEX, MULTI, .subs = sub_characteristics,
        .description = "What a complex attribute consists of."),
    END,
};

static const struct attribute schema_attributes[] = {
    ROW("id", STRING, REQUIRED, UNIQUE, .description = "The schema's URN."),
    ROW("name", STRING, .description = "The schema's name."),
    ROW("description", STRING, .description = "What the schema describes."),
    ROW("attributes", COMPLEX, MULTI, REQUIRED, .subs = characteristics, .description = "The schema's attributes."),
    END,
};

static const struct schema schema_config = {
    .urn = URN_CONFIG,
    .name = "ServiceProviderConfig",
    .description = "What the server can do.",
    .attributes = config_attributes,
};

static const struct schema schema_resource_type = {
    .urn = URN_RESOURCE_TYPE,
    .name = "ResourceType",
    .description = "What kinds of resources there are.",
    .attributes = resource_type_attributes,
};

static const struct schema schema_schema = {
    .urn = URN_SCHEMA,
    .name = "Schema",
    .description = "Which attributes resources have.",
    .attributes = schema_attributes,
};

const struct schema *const discovery_meta_schemas[] = {&schema_config, &schema_resource_type, &schema_schema, NULL};
