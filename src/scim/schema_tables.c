/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_tables - RFC 7643 3.1 (common attributes), 4.1 (User), 4.2 (Group) and 4.3 (enterprise User) as data.
 *
 * What a row leaves out has RFC 7643 2.2's default: optional, single-valued, not caseExact, readWrite, returned by
 * default, not unique. Numbers: common 1-99, User 100-399, Group 400-499, enterprise 500-599; a complex attribute has
 * N0 and its sub-attributes from N1: value N1, display N2, type N3, primary N4, $ref N5 where it has these. Role 600-699.
 * An account's own schemas have theirs from ATTR_OWN on.
 *
 * Against the text of the RFC, by its errata: Group.displayName is required (5368), groups.$ref refers to Group alone
 * (8471), manager.value and references are caseExact (8472, 6001), members has display (6011). Of the product: members
 * are users, so that is what their types say; addresses has value (a whole address in one string, as some clients
 * send it) and primary (RFC 7643 2.4).
 */
#include "roster/scim/schema.h"

#define ROW(n, nm, ty, ...)                                                                                            \
    {                                                                                                                  \
        .number = (n), .name = (nm), .type = ATTRIBUTE_##ty, __VA_ARGS__                                               \
    }
#define SUB(up, n, nm, ty, ...) ROW(n, nm, ty, .parent = &(up), __VA_ARGS__)
#define END                                                                                                            \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

/* Words: a NULL-terminated list of strings. */
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The sub-attributes that every plural attribute has besides value (RFC 7643 2.4). */
#define DISPLAY(up, n)   SUB(up, n, "display", STRING, .description = "The value as people read it.")
#define TYPE(up, n, ...) SUB(up, n, "type", STRING, .description = "What the value is used for.", __VA_ARGS__)
#define PRIMARY(up, n)                                                                                                 \
    SUB(up, n, "primary", BOOLEAN, .description = "Whether this is the preferred value; at most one is.")

#define READ_ONLY .mutability = MUTABILITY_READ_ONLY
#define IMMUTABLE .mutability = MUTABILITY_IMMUTABLE
#define DERIVED   .place = PLACE_DERIVED
#define MEMBERS   .place = PLACE_MEMBERS

/* --- common --- */

enum { COMMON_SCHEMAS, COMMON_ID, COMMON_EXTERNAL_ID, COMMON_META, COMMON_END };

#define META_SUB(n, nm, ty, ...) SUB(common_attributes[COMMON_META], n, nm, ty, READ_ONLY, DERIVED, __VA_ARGS__)

static const struct attribute meta_subs[] = {
    META_SUB(ATTR_META_RESOURCE_TYPE, "resourceType", STRING, .case_exact = true,
             .description = "The name of the resource's type."),
    META_SUB(ATTR_META_CREATED, "created", DATETIME, .description = "When the resource was created."),
    META_SUB(ATTR_META_LAST_MODIFIED, "lastModified", DATETIME, .description = "When the resource was last changed."),
    META_SUB(ATTR_META_LOCATION, "location", REFERENCE, .case_exact = true, .references = WORDS("uri"),
             .description = "The address of the resource."),
    META_SUB(ATTR_META_VERSION, "version", STRING, .case_exact = true,
             .description = "The entity-tag of the resource as it is now."),
    END,
};

const struct attribute common_attributes[] = {
    [COMMON_SCHEMAS] = ROW(ATTR_SCHEMAS, "schemas", REFERENCE, .multi = true, .required = true, READ_ONLY, DERIVED,
                           .returned = RETURNED_ALWAYS, .references = WORDS("uri"),
                           .description = "The schemas that the resource has attributes of."),
    [COMMON_ID] = ROW(ATTR_ID, "id", STRING, .case_exact = true, READ_ONLY, DERIVED, .returned = RETURNED_ALWAYS,
                      .uniqueness = UNIQUENESS_SERVER,
                      .description = "The identifier that the server gave the resource; it never changes."),
    [COMMON_EXTERNAL_ID] = ROW(ATTR_EXTERNAL_ID, "externalId", STRING, .case_exact = true, .index = INDEX_VALUE,
                               .description = "The identifier that the client has for the resource."),
    [COMMON_META] = ROW(ATTR_META, "meta", COMPLEX, READ_ONLY, DERIVED, .subs = meta_subs,
                        .description = "What the server knows about the resource itself."),
    [COMMON_END] = END,
};

/* --- User --- */

enum {
    USER_USER_NAME,
    USER_NAME,
    USER_DISPLAY_NAME,
    USER_NICK_NAME,
    USER_PROFILE_URL,
    USER_TITLE,
    USER_USER_TYPE,
    USER_PREFERRED_LANGUAGE,
    USER_LOCALE,
    USER_TIMEZONE,
    USER_ACTIVE,
    USER_PASSWORD,
    USER_EMAILS,
    USER_PHONE_NUMBERS,
    USER_IMS,
    USER_PHOTOS,
    USER_ADDRESSES,
    USER_GROUPS,
    USER_ENTITLEMENTS,
    USER_ROLES,
    USER_CERTIFICATES,
    USER_END
};
static const struct attribute user_attributes[USER_END + 1];

#define NAME         user_attributes[USER_NAME]
#define EMAILS       user_attributes[USER_EMAILS]
#define PHONES       user_attributes[USER_PHONE_NUMBERS]
#define IMS          user_attributes[USER_IMS]
#define PHOTOS       user_attributes[USER_PHOTOS]
#define ADDRESSES    user_attributes[USER_ADDRESSES]
#define GROUPS       user_attributes[USER_GROUPS]
#define ENTITLEMENTS user_attributes[USER_ENTITLEMENTS]
#define ROLES        user_attributes[USER_ROLES]
#define CERTIFICATES user_attributes[USER_CERTIFICATES]

static const struct attribute name_subs[] = {
    SUB(NAME, 111, "formatted", STRING, .description = "The whole name, ready for display."),
    SUB(NAME, 112, "familyName", STRING, .description = "The family name, in most Western languages the last name."),
    SUB(NAME, 113, "givenName", STRING, .description = "The given name, in most Western languages the first name."),
    SUB(NAME, 114, "middleName", STRING, .description = "The middle name or names."),
    SUB(NAME, 115, "honorificPrefix", STRING, .description = "What stands before the name, such as \"Dr.\"."),
    SUB(NAME, 116, "honorificSuffix", STRING, .description = "What stands after the name, such as \"III\"."),
    END,
};

static const struct attribute email_subs[] = {
    SUB(EMAILS, ATTR_USER_EMAILS_VALUE, "value", STRING, .index = INDEX_VALUE, .description = "The e-mail address."),
    DISPLAY(EMAILS, 152),
    TYPE(EMAILS, 153, .canonical = WORDS("work", "home", "other")),
    PRIMARY(EMAILS, ATTR_USER_EMAILS_PRIMARY),
    END,
};

static const struct attribute phone_subs[] = {
    SUB(PHONES, 161, "value", STRING, .description = "The telephone number."),
    DISPLAY(PHONES, 162),
    TYPE(PHONES, 163, .canonical = WORDS("work", "home", "mobile", "fax", "pager", "other")),
    PRIMARY(PHONES, 164),
    END,
};

static const struct attribute im_subs[] = {
    SUB(IMS, 171, "value", STRING, .description = "The address in the messaging service."),
    DISPLAY(IMS, 172),
    TYPE(IMS, 173, .canonical = WORDS("aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo")),
    PRIMARY(IMS, 174),
    END,
};

static const struct attribute photo_subs[] = {
    SUB(PHOTOS, 181, "value", REFERENCE, .case_exact = true, .references = WORDS("external"),
        .description = "The address of the image."),
    DISPLAY(PHOTOS, 182),
    TYPE(PHOTOS, 183, .canonical = WORDS("photo", "thumbnail")),
    PRIMARY(PHOTOS, 184),
    END,
};

static const struct attribute address_subs[] = {
    SUB(ADDRESSES, 201, "value", STRING,
        .description = "The whole address in one string, from clients that do not send it in parts."),
    SUB(ADDRESSES, 205, "formatted", STRING, .description = "The whole address, ready for a label; may have lines."),
    SUB(ADDRESSES, 206, "streetAddress", STRING, .description = "Street, number, box; may have lines."),
    SUB(ADDRESSES, 207, "locality", STRING, .description = "The city."),
    SUB(ADDRESSES, 208, "region", STRING, .description = "The state or region."),
    SUB(ADDRESSES, 209, "postalCode", STRING, .description = "The postal code."),
    SUB(ADDRESSES, 210, "country", STRING, .description = "The country as two letters of ISO 3166-1."),
    TYPE(ADDRESSES, 203, .canonical = WORDS("work", "home", "other")),
    PRIMARY(ADDRESSES, 204),
    END,
};

static const struct attribute group_subs[] = {
    SUB(GROUPS, ATTR_USER_GROUPS_VALUE, "value", STRING, READ_ONLY, DERIVED, .description = "The group's id."),
    SUB(GROUPS, 235, "$ref", REFERENCE, .case_exact = true, READ_ONLY, DERIVED, .references = WORDS("Group"),
        .description = "The group's address."),
    SUB(GROUPS, 232, "display", STRING, READ_ONLY, DERIVED, .description = "The group's name."),
    SUB(GROUPS, 233, "type", STRING, READ_ONLY, DERIVED, .canonical = WORDS("direct", "indirect"),
        .description = "Whether the user is in the group itself or in a group that is in it."),
    END,
};

static const struct attribute entitlement_subs[] = {
    SUB(ENTITLEMENTS, 241, "value", STRING, .description = "The entitlement."),
    DISPLAY(ENTITLEMENTS, 242),
    TYPE(ENTITLEMENTS, 243),
    PRIMARY(ENTITLEMENTS, 244),
    END,
};

static const struct attribute role_subs[] = {
    SUB(ROLES, 251, "value", STRING, .description = "The role."),
    DISPLAY(ROLES, 252),
    TYPE(ROLES, 253),
    PRIMARY(ROLES, 254),
    END,
};

static const struct attribute certificate_subs[] = {
    SUB(CERTIFICATES, 261, "value", BINARY, .case_exact = true,
        .description = "One DER-encoded X.509 certificate in base64."),
    DISPLAY(CERTIFICATES, 262),
    TYPE(CERTIFICATES, 263),
    PRIMARY(CERTIFICATES, 264),
    END,
};

static const struct attribute user_attributes[USER_END + 1] = {
    [USER_USER_NAME] = ROW(ATTR_USER_NAME, "userName", STRING, .required = true, .uniqueness = UNIQUENESS_SERVER,
                           .index = INDEX_UNIQUE, .preparation = PREPARATION_USERNAME,
                           .description = "The name by which the user signs in."),
    [USER_NAME] = ROW(110, "name", COMPLEX, .subs = name_subs, .description = "The parts of the person's name."),
    [USER_DISPLAY_NAME] = ROW(ATTR_USER_DISPLAY_NAME, "displayName", STRING, .index = INDEX_VALUE,
                              .description = "The name that is shown to others."),
    [USER_NICK_NAME] = ROW(121, "nickName", STRING, .description = "How the person is addressed casually."),
    [USER_PROFILE_URL] = ROW(122, "profileUrl", REFERENCE, .case_exact = true, .references = WORDS("external"),
                             .description = "The address of the person's page."),
    [USER_TITLE] = ROW(123, "title", STRING, .description = "The person's title at work."),
    [USER_USER_TYPE] = ROW(ATTR_USER_USER_TYPE, "userType", STRING,
                           .description = "What kind of user this is; it decides the rights."),
    [USER_PREFERRED_LANGUAGE] =
        ROW(125, "preferredLanguage", STRING, .description = "The languages preferred, written as in Accept-Language."),
    [USER_LOCALE] = ROW(126, "locale", STRING, .description = "The language tag for dates, numbers and currency."),
    [USER_TIMEZONE] = ROW(127, "timezone", STRING, .description = "The time zone's name, such as \"Europe/Berlin\"."),
    [USER_ACTIVE] = ROW(128, "active", BOOLEAN, .description = "Whether the user may sign in."),
    [USER_PASSWORD] = ROW(129, "password", STRING, .case_exact = true, .mutability = MUTABILITY_WRITE_ONLY,
                          .returned = RETURNED_NEVER, .preparation = PREPARATION_PASSWORD,
                          .description = "A password to set; it is never shown."),
    [USER_EMAILS] = ROW(150, "emails", COMPLEX, .multi = true, .subs = email_subs, .description = "E-mail addresses."),
    [USER_PHONE_NUMBERS] =
        ROW(160, "phoneNumbers", COMPLEX, .multi = true, .subs = phone_subs, .description = "Telephone numbers."),
    [USER_IMS] =
        ROW(170, "ims", COMPLEX, .multi = true, .subs = im_subs, .description = "Addresses in messaging services."),
    [USER_PHOTOS] = ROW(180, "photos", COMPLEX, .multi = true, .subs = photo_subs,
                        .description = "Addresses of images of the person."),
    [USER_ADDRESSES] =
        ROW(200, "addresses", COMPLEX, .multi = true, .subs = address_subs, .description = "Postal addresses."),
    [USER_GROUPS] = ROW(230, "groups", COMPLEX, .multi = true, READ_ONLY, DERIVED, .subs = group_subs,
                        .description = "The groups that the user is in; they are changed at the groups."),
    [USER_ENTITLEMENTS] = ROW(240, "entitlements", COMPLEX, .multi = true, .subs = entitlement_subs,
                              .description = "Things that the user is entitled to."),
    [USER_ROLES] =
        ROW(250, "roles", COMPLEX, .multi = true, .subs = role_subs, .description = "Roles that the user has."),
    [USER_CERTIFICATES] = ROW(260, "x509Certificates", COMPLEX, .multi = true, .subs = certificate_subs,
                              .description = "Certificates of the user."),
    [USER_END] = END,
};

/* --- Group --- */

enum { GROUP_DISPLAY_NAME, GROUP_MEMBERS, GROUP_END };
static const struct attribute group_attributes[GROUP_END + 1];

#define MEMBER_SUB(n, nm, ty, ...) SUB(group_attributes[GROUP_MEMBERS], n, nm, ty, IMMUTABLE, MEMBERS, __VA_ARGS__)

static const struct attribute member_subs[] = {
    MEMBER_SUB(ATTR_TEAM_MEMBERS_VALUE, "value", STRING, .required = true, .description = "The member's id."),
    MEMBER_SUB(415, "$ref", REFERENCE, .case_exact = true, .references = WORDS("User"),
               .description = "The member's address."),
    MEMBER_SUB(412, "display", STRING, .description = "The member's name."),
    MEMBER_SUB(413, "type", STRING, .canonical = WORDS("User"), .description = "What the member is."),
    END,
};

static const struct attribute group_attributes[GROUP_END + 1] = {
    [GROUP_DISPLAY_NAME] = ROW(ATTR_TEAM_DISPLAY_NAME, "displayName", STRING, .required = true, .index = INDEX_VALUE,
                               .description = "The group's name."),
    [GROUP_MEMBERS] = ROW(410, "members", COMPLEX, .multi = true, MEMBERS, .subs = member_subs,
                          .description = "The users in the group."),
    [GROUP_END] = END,
};

/* --- enterprise User --- */

enum {
    ENTERPRISE_EMPLOYEE_NUMBER,
    ENTERPRISE_COST_CENTER,
    ENTERPRISE_ORGANIZATION,
    ENTERPRISE_DIVISION,
    ENTERPRISE_DEPARTMENT,
    ENTERPRISE_MANAGER,
    ENTERPRISE_END
};
static const struct attribute enterprise_attributes[ENTERPRISE_END + 1];

#define MANAGER enterprise_attributes[ENTERPRISE_MANAGER]

static const struct attribute manager_subs[] = {
    SUB(MANAGER, ATTR_USER_MANAGER_VALUE, "value", STRING, .case_exact = true, .index = INDEX_VALUE,
        .alias = "managerId", /* as SCIM 1.1 called it */
        .description = "The id of the manager's user."),
    SUB(MANAGER, 515, "$ref", REFERENCE, .case_exact = true, .references = WORDS("User"),
        .description = "The address of the manager's user."),
    SUB(MANAGER, 512, "displayName", STRING, READ_ONLY, .description = "The manager's display name."),
    END,
};

static const struct attribute enterprise_attributes[ENTERPRISE_END + 1] = {
    [ENTERPRISE_EMPLOYEE_NUMBER] =
        ROW(500, "employeeNumber", STRING, .description = "What the organisation numbers the person by."),
    [ENTERPRISE_COST_CENTER] = ROW(501, "costCenter", STRING, .description = "The name of the cost centre."),
    [ENTERPRISE_ORGANIZATION] = ROW(502, "organization", STRING, .description = "The name of the organisation."),
    [ENTERPRISE_DIVISION] = ROW(503, "division", STRING, .description = "The name of the division."),
    [ENTERPRISE_DEPARTMENT] = ROW(504, "department", STRING, .description = "The name of the department."),
    [ENTERPRISE_MANAGER] =
        ROW(ATTR_USER_MANAGER, "manager", COMPLEX, .subs = manager_subs, .description = "The person's manager."),
    [ENTERPRISE_END] = END,
};

/* --- Role: what Okta reads as entitlements --- */

static const struct attribute role_attributes[] = {
    ROW(600, "displayName", STRING, READ_ONLY, .description = "The role's name, as people read it."),
    ROW(601, "description", STRING, READ_ONLY, .description = "What a user of this role may do."),
    END,
};

/* --- schemas and resource types --- */

static const struct schema schema_user = {
    .urn = URN_USER,
    .name = "User",
    .description = "A person who uses the application.",
    .attributes = user_attributes,
};

static const struct schema schema_group = {
    .urn = URN_GROUP,
    .name = "Group",
    .description = "A team of users.",
    .attributes = group_attributes,
};

static const struct schema schema_enterprise = {
    .number = 0,
    .urn = URN_ENTERPRISE,
    .name = "EnterpriseUser",
    .description = "What an organisation knows about its people.",
    .attributes = enterprise_attributes,
};

static const struct schema schema_role = {
    .urn = URN_ROLE,
    .name = "Role",
    .description = "What a user can be; its id is the value of roles and of userType.",
    .attributes = role_attributes,
};

static const struct schema *const user_extensions[] = {&schema_enterprise, NULL};
static const struct schema *const no_extensions[] = {NULL};

const struct resource_type resource_type_user = {
    .number = RESOURCE_USER,
    .name = "User",
    .endpoint = "/Users",
    .description = "The people of an account.",
    .core = &schema_user,
    .extensions = user_extensions,
};

const struct resource_type resource_type_team = {
    .number = RESOURCE_TEAM,
    .name = "Group",
    .endpoint = "/Groups",
    .description = "The teams of an account.",
    .core = &schema_group,
    .extensions = no_extensions,
};

const struct resource_type resource_type_role = {
    .number = RESOURCE_ROLE,
    .name = "Role",
    .endpoint = "/Roles",
    .description = "What a user of the account can be.",
    .core = &schema_role,
    .extensions = no_extensions,
};
