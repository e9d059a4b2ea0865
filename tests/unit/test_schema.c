/* SPDX-License-Identifier: Apache-2.0 */
#include "scim.h"

#include "roster/scim/discovery.h"

/*
 * RFC 7643 8.7.1 with the errata, one line for each attribute: name, type, and whatever is not the default. Ours are
 * addresses.value, addresses.primary and members.display, that members are users and must have a value.
 */
static const char *const user_lines[] = {
    "userName string required server",
    "name complex",
    "name.formatted string",
    "name.familyName string",
    "name.givenName string",
    "name.middleName string",
    "name.honorificPrefix string",
    "name.honorificSuffix string",
    "displayName string",
    "nickName string",
    "profileUrl reference caseExact ref=external",
    "title string",
    "userType string",
    "preferredLanguage string",
    "locale string",
    "timezone string",
    "active boolean",
    "password string caseExact writeOnly never",
    "emails complex multi",
    "emails.value string",
    "emails.display string",
    "emails.type string canon=work|home|other",
    "emails.primary boolean",
    "phoneNumbers complex multi",
    "phoneNumbers.value string",
    "phoneNumbers.display string",
    "phoneNumbers.type string canon=work|home|mobile|fax|pager|other",
    "phoneNumbers.primary boolean",
    "ims complex multi",
    "ims.value string",
    "ims.display string",
    "ims.type string canon=aim|gtalk|icq|xmpp|msn|skype|qq|yahoo",
    "ims.primary boolean",
    "photos complex multi",
    "photos.value reference caseExact ref=external",
    "photos.display string",
    "photos.type string canon=photo|thumbnail",
    "photos.primary boolean",
    "addresses complex multi",
    "addresses.value string",
    "addresses.formatted string",
    "addresses.streetAddress string",
    "addresses.locality string",
    "addresses.region string",
    "addresses.postalCode string",
    "addresses.country string",
    "addresses.type string canon=work|home|other",
    "addresses.primary boolean",
    "groups complex multi readOnly",
    "groups.value string readOnly",
    "groups.$ref reference caseExact readOnly ref=Group",
    "groups.display string readOnly",
    "groups.type string readOnly canon=direct|indirect",
    "entitlements complex multi",
    "entitlements.value string",
    "entitlements.display string",
    "entitlements.type string",
    "entitlements.primary boolean",
    "roles complex multi",
    "roles.value string",
    "roles.display string",
    "roles.type string",
    "roles.primary boolean",
    "x509Certificates complex multi",
    "x509Certificates.value binary caseExact",
    "x509Certificates.display string",
    "x509Certificates.type string",
    "x509Certificates.primary boolean",
};
static const char *const group_lines[] = {
    "displayName string required",
    "members complex multi",
    "members.value string required immutable",
    "members.$ref reference caseExact immutable ref=User",
    "members.display string immutable",
    "members.type string immutable canon=User",
};
static const char *const enterprise_lines[] = {
    "employeeNumber string",
    "costCenter string",
    "organization string",
    "division string",
    "department string",
    "manager complex",
    "manager.value string caseExact",
    "manager.$ref reference caseExact ref=User",
    "manager.displayName string readOnly",
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* --- the tables as lines --- */

static void add_words(struct buf *b, const char *name, const char *const *words)
{
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        buf_puts(b, i == 0 ? name : "|");
        buf_puts(b, words[i]);
    }
}

static struct str line_of(struct arena *a, const struct attribute *at)
{
    static const char *const mutability[] = {"", " readOnly", " immutable", " writeOnly"};
    static const char *const returned[] = {"", " always", " never", " request"};
    static const char *const uniqueness[] = {"", " server", " global"};
    struct buf b;

    buf_init(&b, a);
    if (at->parent != NULL)
        buf_printf(&b, "%s.", at->parent->name);
    buf_printf(&b, "%s %s%s%s%s%s%s%s", at->name, attribute_type_name(at->type), at->multi ? " multi" : "",
               at->required ? " required" : "", at->case_exact ? " caseExact" : "", mutability[at->mutability],
               returned[at->returned], uniqueness[at->uniqueness]);
    add_words(&b, " ref=", at->references);
    add_words(&b, " canon=", at->canonical);
    return buf_view(&b);
}

static size_t check_lines(const struct attribute *list, const char *const *lines, size_t n, size_t at)
{
    struct arena *a = arena_new(0);

    for (; list->name != NULL; list++) {
        CHECK(at < n);
        CHECK_STR(line_of(a, list), at < n ? str_of(lines[at]) : STR_NULL);
        at++;
        if (list->subs != NULL)
            at = check_lines(list->subs, lines, n, at);
    }
    arena_free(&a);
    return at;
}

static void says_what_the_rfc_says(void)
{
    CHECK_INT(check_lines(resource_type_user.core->attributes, user_lines, COUNT(user_lines), 0), COUNT(user_lines));
    CHECK_INT(check_lines(resource_type_team.core->attributes, group_lines, COUNT(group_lines), 0), COUNT(group_lines));
    CHECK_INT(check_lines(resource_type_user.extensions[0]->attributes, enterprise_lines, COUNT(enterprise_lines), 0),
              COUNT(enterprise_lines));
    CHECK(resource_type_user.extensions[1] == NULL);
    CHECK(resource_type_team.extensions[0] == NULL);
}

static void common_attributes_are_there(void)
{
    static const char *const lines[] = {
        "schemas reference multi required readOnly always ref=uri",
        "id string caseExact readOnly always server",
        "externalId string caseExact",
        "meta complex readOnly",
        "meta.resourceType string caseExact readOnly",
        "meta.created dateTime readOnly",
        "meta.lastModified dateTime readOnly",
        "meta.location reference caseExact readOnly ref=uri",
        "meta.version string caseExact readOnly",
    };
    CHECK_INT(check_lines(common_attributes, lines, COUNT(lines), 0), COUNT(lines));
}

/* --- what the code relies on --- */

struct seen {
    unsigned char numbers[1000];
};

static void check_list(struct seen *seen, const struct attribute *list, const struct attribute *parent, unsigned least,
                       unsigned most)
{
    for (const struct attribute *a = list; a->name != NULL; a++) {
        CHECK(a->number >= least && a->number <= most);
        CHECK_INT(seen->numbers[a->number]++, 0);
        CHECK(a->parent == parent);
        CHECK(a->description != NULL && a->description[0] != '\0');
        CHECK((a->subs != NULL) == (a->type == ATTRIBUTE_COMPLEX));
        CHECK(parent == NULL || (a->type != ATTRIBUTE_COMPLEX && a->place == parent->place));
        CHECK((a->references != NULL) == (a->type == ATTRIBUTE_REFERENCE));
        CHECK(a->index == INDEX_NONE || (a->place == PLACE_RECORD && a->type == ATTRIBUTE_STRING));
        CHECK(a->place != PLACE_DERIVED || a->mutability == MUTABILITY_READ_ONLY);
        if (a->subs != NULL)
            check_list(seen, a->subs, a, a->number + 1U, a->number + (a->number == 200 ? 10U : 9U));
    }
}

static void numbers_are_unique_and_in_their_ranges(void)
{
    struct seen seen = {{0}};

    check_list(&seen, common_attributes, NULL, 1, 99);
    check_list(&seen, resource_type_user.core->attributes, NULL, 100, 399);
    check_list(&seen, resource_type_team.core->attributes, NULL, 400, 499);
    check_list(&seen, resource_type_user.extensions[0]->attributes, NULL, 500, 599);
}

static void check_number(const struct resource_type *type, uint16_t number, const char *parent, const char *name,
                         enum attribute_index index)
{
    const struct attribute *a = attribute_by_number(type, number);

    CHECK_FATAL(a != NULL);
    CHECK_CSTR(a->name, name);
    CHECK_CSTR(a->parent == NULL ? NULL : a->parent->name, parent);
    CHECK_INT(a->index, index);
}

static void named_numbers_agree(void)
{
    const struct resource_type *user = &resource_type_user, *team = &resource_type_team;

    check_number(user, ATTR_SCHEMAS, NULL, "schemas", INDEX_NONE);
    check_number(user, ATTR_ID, NULL, "id", INDEX_NONE);
    check_number(user, ATTR_EXTERNAL_ID, NULL, "externalId", INDEX_VALUE);
    check_number(team, ATTR_EXTERNAL_ID, NULL, "externalId", INDEX_VALUE);
    check_number(user, ATTR_META, NULL, "meta", INDEX_NONE);
    check_number(user, ATTR_META_RESOURCE_TYPE, "meta", "resourceType", INDEX_NONE);
    check_number(user, ATTR_META_CREATED, "meta", "created", INDEX_NONE);
    check_number(user, ATTR_META_LAST_MODIFIED, "meta", "lastModified", INDEX_NONE);
    check_number(user, ATTR_META_LOCATION, "meta", "location", INDEX_NONE);
    check_number(user, ATTR_META_VERSION, "meta", "version", INDEX_NONE);
    check_number(user, ATTR_USER_NAME, NULL, "userName", INDEX_UNIQUE);
    check_number(user, ATTR_USER_DISPLAY_NAME, NULL, "displayName", INDEX_VALUE);
    check_number(user, ATTR_USER_EMAILS_VALUE, "emails", "value", INDEX_VALUE);
    check_number(user, ATTR_USER_GROUPS_VALUE, "groups", "value", INDEX_NONE);
    check_number(user, ATTR_USER_ACTIVE, NULL, "active", INDEX_NONE);
    check_number(user, ATTR_USER_USER_TYPE, NULL, "userType", INDEX_NONE);
    check_number(user, ATTR_USER_ROLES_VALUE, "roles", "value", INDEX_NONE);
    check_number(user, ATTR_USER_ROLES_PRIMARY, "roles", "primary", INDEX_NONE);
    check_number(user, ATTR_USER_ENTITLEMENTS_VALUE, "entitlements", "value", INDEX_NONE);
    check_number(user, ATTR_USER_ENTITLEMENTS_PRIMARY, "entitlements", "primary", INDEX_NONE);
    check_number(team, ATTR_TEAM_DISPLAY_NAME, NULL, "displayName", INDEX_VALUE);
    check_number(team, ATTR_TEAM_MEMBERS_VALUE, "members", "value", INDEX_NONE);
    check_number(user, ATTR_USER_MANAGER_VALUE, "manager", "value", INDEX_VALUE);
    CHECK(attribute_by_number(user, 0) == NULL);
    CHECK(attribute_by_number(user, ATTR_TEAM_DISPLAY_NAME) == NULL);
    CHECK(attribute_by_number(team, 511) == NULL);
    CHECK(attribute_by_number(user, 65535) == NULL);
}

static void places_are_right(void)
{
    const struct attribute *user = resource_type_user.core->attributes, *team = resource_type_team.core->attributes;

    CHECK_INT(attribute_find(user, STR_LIT("groups"))->place, PLACE_DERIVED);
    CHECK_INT(attribute_find(user, STR_LIT("emails"))->place, PLACE_RECORD);
    CHECK_INT(attribute_find(team, STR_LIT("members"))->place, PLACE_MEMBERS);
    CHECK_INT(attribute_find(common_attributes, STR_LIT("meta"))->place, PLACE_DERIVED);
    CHECK_INT(attribute_find(common_attributes, STR_LIT("id"))->place, PLACE_DERIVED);
    CHECK_INT(attribute_find(common_attributes, STR_LIT("externalId"))->place, PLACE_RECORD);
}

static void finds_names_in_any_case(void)
{
    const struct attribute *list = resource_type_user.core->attributes;

    CHECK(attribute_find(list, STR_LIT("USERname")) == &list[0]);
    CHECK(attribute_find(list, STR_LIT("userNam")) == NULL);
    CHECK(attribute_find(list, STR_LIT("userNames")) == NULL);
    CHECK(attribute_find(list, STR_LIT("userName\0x")) == NULL);
    CHECK(attribute_find(list, STR_LIT("")) == NULL);
    CHECK(attribute_find(NULL, STR_LIT("userName")) == NULL);
    CHECK(attribute_find(list[17].subs, STR_LIT("$REF")) != NULL);
    CHECK(extension_find(&resource_type_user, STR_LIT("URN:IETF:params:scim:schemas:extension:enterprise:2.0:user")) ==
          resource_type_user.extensions[0]);
    CHECK(extension_find(&resource_type_user, STR_LIT(URN_USER)) == NULL);
    CHECK(extension_find(&resource_type_team, STR_LIT(URN_ENTERPRISE)) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(says_what_the_rfc_says),
        UNIT(common_attributes_are_there),
        UNIT(numbers_are_unique_and_in_their_ranges),
        UNIT(named_numbers_agree),
        UNIT(places_are_right),
        UNIT(finds_names_in_any_case),
    };
    return unit_run("schema", tests, COUNT(tests));
}
