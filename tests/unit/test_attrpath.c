/* SPDX-License-Identifier: Apache-2.0 */
#include "scim.h"

#include "roster/scim/attrpath.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define GROUP       &resource_type_team
#define USER        &resource_type_user

static const struct {
    const struct resource_type *type;
    const char *text, *extension, *attribute, *sub; /* attribute NULL and extension NULL: names nothing */
} cases[] = {
    {USER, "userName", NULL, "userName", NULL},
    {USER, "USERNAME", NULL, "userName", NULL},
    {USER, "name.givenName", NULL, "name", "givenName"},
    {USER, "Name.GivenName", NULL, "name", "givenName"},
    {USER, "emails.value", NULL, "emails", "value"},
    {USER, "emails", NULL, "emails", NULL},
    {USER, "id", NULL, "id", NULL},
    {USER, "externalid", NULL, "externalId", NULL},
    {USER, "schemas", NULL, "schemas", NULL},
    {USER, "meta.lastModified", NULL, "meta", "lastModified"},
    {USER, "groups.$ref", NULL, "groups", "$ref"},
    {USER, "urn:ietf:params:scim:schemas:core:2.0:User:userName", NULL, "userName", NULL},
    {USER, "URN:ietf:params:scim:schemas:CORE:2.0:user:name.familyname", NULL, "name", "familyName"},
    {USER, "urn:ietf:params:scim:schemas:core:2.0:User:meta.version", NULL, "meta", "version"},
    {USER, "urn:ietf:params:scim:schemas:core:2.0:User.userName", NULL, "userName", NULL},
    {USER, URN_ENTERPRISE, URN_ENTERPRISE, NULL, NULL},
    {USER, "urn:ietf:params:scim:schemas:EXTENSION:enterprise:2.0:user", URN_ENTERPRISE, NULL, NULL},
    {USER, URN_ENTERPRISE ":department", URN_ENTERPRISE, "department", NULL},
    {USER, URN_ENTERPRISE ":Manager.Value", URN_ENTERPRISE, "manager", "value"},
    {USER, URN_ENTERPRISE ".manager", URN_ENTERPRISE, "manager", NULL},
    {USER, URN_ENTERPRISE ".manager.displayName", URN_ENTERPRISE, "manager", "displayName"},
    {USER, "manager", URN_ENTERPRISE, "manager", NULL},
    {USER, "manager.$ref", URN_ENTERPRISE, "manager", "$ref"},
    {GROUP, "members.value", NULL, "members", "value"},
    {GROUP, "displayName", NULL, "displayName", NULL},
    {GROUP, "urn:ietf:params:scim:schemas:core:2.0:Group:members.$ref", NULL, "members", "$ref"},

    {USER, "", NULL, NULL, NULL},
    {USER, ".", NULL, NULL, NULL},
    {USER, ":", NULL, NULL, NULL},
    {USER, "nothing", NULL, NULL, NULL},
    {USER, "name.", NULL, NULL, NULL},
    {USER, ".givenName", NULL, NULL, NULL},
    {USER, "name.nothing", NULL, NULL, NULL},
    {USER, "name.givenName.x", NULL, NULL, NULL},
    {USER, "userName.value", NULL, NULL, NULL},
    {USER, " userName", NULL, NULL, NULL},
    {USER, "members", NULL, NULL, NULL},
    {USER, URN_USER, NULL, NULL, NULL},
    {USER, URN_USER ":", NULL, NULL, NULL},
    {USER, URN_USER ":department", NULL, NULL, NULL},
    {USER, URN_USER ":manager", NULL, NULL, NULL},
    {USER, URN_USER "X:userName", NULL, NULL, NULL},
    {USER, URN_ENTERPRISE ":", NULL, NULL, NULL},
    {USER, URN_ENTERPRISE ":userName", NULL, NULL, NULL},
    {USER, URN_ENTERPRISE ":manager.nothing", NULL, NULL, NULL},
    {USER, "urn:other:2.0:User:userName", NULL, NULL, NULL},
    {USER, URN_GROUP ":displayName", NULL, NULL, NULL},
    {GROUP, URN_ENTERPRISE ":department", NULL, NULL, NULL},
    {GROUP, "manager", NULL, NULL, NULL},
};

static void resolves(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct attrpath p;
        bool expected = cases[i].extension != NULL || cases[i].attribute != NULL;
        if (!CHECK_INT(attrpath_resolve(cases[i].type, str_of(cases[i].text), &p), expected)) {
            printf("# %s\n", cases[i].text);
            continue;
        }
        if (!expected)
            continue;
        CHECK_CSTR(p.extension == NULL ? NULL : p.extension->urn, cases[i].extension);
        CHECK_CSTR(p.attribute == NULL ? NULL : p.attribute->name, cases[i].attribute);
        CHECK_CSTR(p.sub == NULL ? NULL : p.sub->name, cases[i].sub);
        CHECK(attrpath_leaf(&p) == (p.sub != NULL ? p.sub : p.attribute));
    }
}

/* Of two URNs of which one begins the other, the longer one counts. */
static void takes_the_longest_urn(void)
{
    static const struct attribute short_list[] = {{.number = 600, .name = "extra"}, {.name = NULL}};
    static const struct attribute long_list[] = {{.number = 610, .name = "name"}, {.name = NULL}};
    static const struct schema shorter = {.urn = "urn:x:1.0", .attributes = short_list};
    static const struct schema longer = {.urn = "urn:x:1.0:extra", .attributes = long_list};
    static const struct schema *const extensions[] = {&shorter, &longer, NULL};
    struct resource_type type = resource_type_user;
    struct attrpath p;

    type.extensions = extensions;
    CHECK_FATAL(attrpath_resolve(&type, STR_LIT("urn:x:1.0:EXTRA:name"), &p));
    CHECK(p.extension == &longer && p.attribute == &long_list[0]);
    CHECK(attrpath_resolve(&type, STR_LIT("urn:x:1.0:extra"), &p) && p.extension == &longer && p.attribute == NULL);
    CHECK(!attrpath_resolve(&type, STR_LIT("urn:x:1.0:name"), &p));
}

int main(void)
{
    static const struct unit_test tests[] = {UNIT(resolves), UNIT(takes_the_longest_urn)};
    return unit_run("attrpath", tests, COUNT(tests));
}
