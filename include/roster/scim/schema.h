/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema - the attributes of resources as tables (RFC 7643). Everything else in scim is driven by them: reading bodies,
 * paths, filters, PATCH, projection, indexes and /Schemas. No code knows an attribute by name but where a rule of the
 * RFC or of the product is about that very attribute.
 *
 * The tables are constant; a resource type is passed to every function, so that accounts may have their own: those
 * that an account has are compared by their number, never by their address.
 */
#ifndef ROSTER_SCIM_SCHEMA_H
#define ROSTER_SCIM_SCHEMA_H

#include "roster/base/str.h"

#include <stdint.h>

enum attribute_type {
    ATTRIBUTE_STRING,
    ATTRIBUTE_BOOLEAN,
    ATTRIBUTE_DECIMAL,
    ATTRIBUTE_INTEGER,
    ATTRIBUTE_DATETIME,
    ATTRIBUTE_BINARY,
    ATTRIBUTE_REFERENCE,
    ATTRIBUTE_COMPLEX
};
enum attribute_mutability { MUTABILITY_READ_WRITE, MUTABILITY_READ_ONLY, MUTABILITY_IMMUTABLE, MUTABILITY_WRITE_ONLY };
enum attribute_returned { RETURNED_DEFAULT, RETURNED_ALWAYS, RETURNED_NEVER, RETURNED_REQUEST };
enum attribute_uniqueness { UNIQUENESS_NONE, UNIQUENESS_SERVER, UNIQUENESS_GLOBAL };

/* Where an attribute's values are kept and found. */
enum attribute_index {
    INDEX_NONE,
    INDEX_VALUE, /* space index: any number of resources may have the value */
    INDEX_UNIQUE /* space unique: one resource of the account has it */
};
enum attribute_place {
    PLACE_RECORD,  /* in the resource's record */
    PLACE_DERIVED, /* computed when a resource is answered: meta.location, a user's groups */
    PLACE_MEMBERS  /* a team's members: records of their own, never in the resource's record */
};

/* How values are prepared (RFC 7644 5): see base/precis.h. */
enum attribute_preparation {
    PREPARATION_NONE,
    PREPARATION_USERNAME, /* compared in the form of precis_username() */
    PREPARATION_PASSWORD  /* taken where precis_password_allowed() */
};

#define ATTRIBUTE_MAX_DEFAULT 8192  /* bytes of a string value */
#define ATTRIBUTE_VALUES_MAX  1000  /* values of a multi-valued attribute in a record */
#define ATTRIBUTE_MEMBERS_MAX 32768 /* members in one value of a message */

struct attribute {
    uint16_t number; /* names the attribute in records and index keys: unique, never changed or reused; 0 is none */
    const char *name;
    enum attribute_type type;
    bool multi, required, case_exact;
    enum attribute_mutability mutability;
    enum attribute_returned returned;
    enum attribute_uniqueness uniqueness;
    enum attribute_index index; /* of a sub-attribute `value`: of the multi-valued attribute it is in */
    enum attribute_place place;
    enum attribute_preparation preparation;
    const char *description;
    const char *const *canonical;   /* canonicalValues, NULL-terminated, or NULL; never enforced */
    const char *const *references;  /* referenceTypes, NULL-terminated, or NULL */
    const struct attribute *subs;   /* of a complex attribute; ends with a row whose name is NULL */
    const struct attribute *parent; /* the complex attribute that this one is in, or NULL */
    const char *alias;              /* another name by which clients know it, taken but never written; or NULL */
};

struct schema {
    const char *urn, *name, *description;
    const struct attribute *attributes; /* ends with a row whose name is NULL */
    uint16_t number;                    /* names an extension in records: unique in its type, never changed or reused */
};

struct resource_type {
    uint8_t number;                            /* names the type in keys: RESOURCE_… */
    const char *name, *endpoint, *description; /* "User", "/Users" */
    const struct schema *core;
    const struct schema *const *extensions; /* NULL-terminated */
};

enum { RESOURCE_USER = 1, RESOURCE_TEAM = 2, RESOURCE_ROLE = 3 };

#define URN_USER       "urn:ietf:params:scim:schemas:core:2.0:User"
#define URN_GROUP      "urn:ietf:params:scim:schemas:core:2.0:Group"
#define URN_ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define URN_ROLE       "urn:okta:scim:schemas:core:1.0:Role"
#define URN_LIST       "urn:ietf:params:scim:api:messages:2.0:ListResponse"
#define URN_SEARCH     "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
#define URN_PATCH      "urn:ietf:params:scim:api:messages:2.0:PatchOp"
#define URN_ERROR      "urn:ietf:params:scim:api:messages:2.0:Error"

#define URN_BULK_REQUEST  "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
#define URN_BULK_RESPONSE "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

extern const struct resource_type resource_type_user;
extern const struct resource_type resource_type_team; /* on the wire: Group */
extern const struct resource_type resource_type_role; /* what a user can be; read-only, in no record */

/*
 * The common attributes that every resource has and no schema lists: schemas, id, externalId, meta (RFC 7643 3.1).
 * Ends with a row whose name is NULL.
 */
extern const struct attribute common_attributes[];

/* An attribute of a list by name or alias, without regard to ASCII case; NULL where there is none. list may be NULL. */
const struct attribute *attribute_find(const struct attribute *list, struct str name);

/* A common, core or extension attribute's table row by number; NULL where there is none. */
const struct attribute *attribute_by_number(const struct resource_type *type, uint16_t number);

/* The extension of this URN, without regard to case; NULL where there is none. */
const struct schema *extension_find(const struct resource_type *type, struct str urn);

/* The extension of this number; NULL where there is none. */
const struct schema *extension_by_number(const struct resource_type *type, uint16_t number);

/* The words of RFC 7643 7 for the enums, in their order; NULL-terminated. The first is what holds where nothing is said. */
extern const char *const attribute_type_words[], *const mutability_words[], *const returned_words[],
                                                                                *const uniqueness_words[];

/* "string", "boolean" … as RFC 7643 7 spells them. */
const char *attribute_type_name(enum attribute_type type);

/* The numbers that other layers name. The tables must agree (a unit test compares them). */
enum {
    ATTR_NONE = 0, /* the attributes of the schemas that no record has values of */
    ATTR_SCHEMAS = 1,
    ATTR_ID = 2,
    ATTR_EXTERNAL_ID = 3,
    ATTR_META = 10,
    ATTR_META_RESOURCE_TYPE = 11,
    ATTR_META_CREATED = 12,
    ATTR_META_LAST_MODIFIED = 13,
    ATTR_META_LOCATION = 14,
    ATTR_META_VERSION = 15,
    ATTR_USER_NAME = 100,
    ATTR_USER_DISPLAY_NAME = 120,
    ATTR_USER_USER_TYPE = 124,
    ATTR_USER_ACTIVE = 128,
    ATTR_USER_EMAILS_VALUE = 151,
    ATTR_USER_EMAILS_PRIMARY = 154,
    ATTR_USER_GROUPS_VALUE = 231,
    ATTR_USER_ENTITLEMENTS_VALUE = 241,
    ATTR_USER_ENTITLEMENTS_PRIMARY = 244,
    ATTR_USER_ROLES_VALUE = 251,
    ATTR_USER_ROLES_PRIMARY = 254,
    ATTR_TEAM_DISPLAY_NAME = 400,
    ATTR_TEAM_MEMBERS_VALUE = 411,
    ATTR_USER_MANAGER = 510,
    ATTR_USER_MANAGER_VALUE = 511,
    ATTR_OWN = 1000 /* the first that an account's own schema may have */
};

#endif
