/* SPDX-License-Identifier: Apache-2.0 */
#include "scim.h"

#include "roster/scim/discovery.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define BASE        "https://x/scim/v2"

static void tells_the_configuration(void)
{
    static const struct discovery_limits limits = {.results_max = 1000,
                                                   .default_page_size = 100,
                                                   .cursor_seconds = 3600,
                                                   .max_operations = 1000,
                                                   .max_body = 1048576};
    struct arena *a = arena_new(0);
    struct buf b;

    buf_init(&b, a);
    discovery_config(&b, STR_LIT(BASE), &limits);
    CHECK_STR(buf_view(&b),
              STR_LIT("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig\"],"
                      "\"patch\":{\"supported\":true},"
                      "\"bulk\":{\"supported\":true,\"maxOperations\":1000,\"maxPayloadSize\":1048576},"
                      "\"filter\":{\"supported\":true,\"maxResults\":1000},"
                      "\"changePassword\":{\"supported\":false},\"sort\":{\"supported\":true},"
                      "\"etag\":{\"supported\":true},"
                      "\"pagination\":{\"cursor\":true,\"index\":true,\"defaultPaginationMethod\":\"index\","
                      "\"defaultPageSize\":100,\"maxPageSize\":1000,\"cursorTimeout\":3600},"
                      "\"authenticationSchemes\":[{\"type\":\"oauthbearertoken\",\"name\":\"Bearer token\","
                      "\"description\":\"The token that was made for the account, in the Authorization header.\","
                      "\"specUri\":\"https://www.rfc-editor.org/info/rfc6750\",\"primary\":true}],"
                      "\"meta\":{\"resourceType\":\"ServiceProviderConfig\","
                      "\"location\":\"" BASE "/ServiceProviderConfig\"}}"));
    json_of(a, buf_cstr(&b));
    arena_free(&a);
}

static struct str type_text(struct arena *a, const struct resource_type *type)
{
    struct buf b;

    buf_init(&b, a);
    discovery_resource_type(&b, STR_LIT(BASE), type);
    return buf_view(&b);
}

static void tells_the_resource_types(void)
{
    struct arena *a = arena_new(0);

    CHECK_STR(type_text(a, &resource_type_user),
              STR_LIT("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:ResourceType\"],\"id\":\"User\","
                      "\"name\":\"User\",\"endpoint\":\"/Users\",\"description\":\"The people of an account.\","
                      "\"schema\":\"" URN_USER "\",\"schemaExtensions\":[{\"schema\":\"" URN_ENTERPRISE "\","
                      "\"required\":false}],\"meta\":{\"resourceType\":\"ResourceType\","
                      "\"location\":\"" BASE "/ResourceTypes/User\"}}"));
    CHECK_STR(type_text(a, &resource_type_team),
              STR_LIT("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:ResourceType\"],\"id\":\"Group\","
                      "\"name\":\"Group\",\"endpoint\":\"/Groups\",\"description\":\"The teams of an account.\","
                      "\"schema\":\"" URN_GROUP "\",\"schemaExtensions\":[],\"meta\":{"
                      "\"resourceType\":\"ResourceType\",\"location\":\"" BASE "/ResourceTypes/Group\"}}"));
    CHECK_STR(
        type_text(a, &resource_type_role),
        STR_LIT("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:ResourceType\"],\"id\":\"Role\","
                "\"name\":\"Role\",\"endpoint\":\"/Roles\",\"description\":\"What a user of the account can be.\","
                "\"schema\":\"urn:okta:scim:schemas:core:1.0:Role\",\"schemaExtensions\":[],\"meta\":{"
                "\"resourceType\":\"ResourceType\",\"location\":\"" BASE "/ResourceTypes/Role\"}}"));
    arena_free(&a);
}

/* Every schema that comes with the program. */
static const struct schema *schema_at(size_t i)
{
    const struct schema *const known[] = {
        resource_type_user.core,          resource_type_team.core,   resource_type_role.core,
        resource_type_user.extensions[0], discovery_meta_schemas[0], discovery_meta_schemas[1],
        discovery_meta_schemas[2],        discovery_meta_schemas[3],
    };
    return known[i];
}

static struct json_object *schema_json(struct arena *a, const struct schema *schema)
{
    struct buf b;

    buf_init(&b, a);
    discovery_schema(&b, STR_LIT(BASE), schema, true);
    return json_of(a, buf_cstr(&b));
}

static struct json_object *listed(struct json_object *owner, const char *list, const char *name)
{
    struct json_object *attributes = json_member(owner, list);

    for (size_t i = 0; attributes != NULL && i < json_object_array_length(attributes); i++) {
        struct json_object *a = json_object_array_get_idx(attributes, i);
        if (str_eq(json_str(json_member(a, "name")), str_of(name)))
            return a;
    }
    CHECK(false);
    return NULL;
}

/* Every row of the table is there, in order, with every characteristic that its type has. */
static void check_attributes(struct json_object *array, const struct attribute *list)
{
    size_t i = 0;

    CHECK_FATAL(json_object_is_type(array, json_type_array));
    for (; list->name != NULL; list++, i++) {
        struct json_object *a = json_object_array_get_idx(array, i);
        bool complex = list->type == ATTRIBUTE_COMPLEX;
        CHECK_FATAL(a != NULL);
        CHECK_STR(json_str(json_member(a, "name")), str_of(list->name));
        CHECK_STR(json_str(json_member(a, "type")), str_of(attribute_type_name(list->type)));
        CHECK_INT(json_object_get_boolean(json_member(a, "multiValued")), list->multi);
        CHECK_INT(json_object_get_boolean(json_member(a, "required")), list->required);
        CHECK(json_member(a, "description") != NULL && json_member(a, "mutability") != NULL);
        CHECK(json_member(a, "returned") != NULL);
        CHECK_INT(json_member(a, "uniqueness") != NULL, !complex);
        CHECK_INT(json_member(a, "caseExact") != NULL,
                  !complex && list->type != ATTRIBUTE_BOOLEAN && list->type != ATTRIBUTE_INTEGER);
        CHECK_INT(json_member(a, "canonicalValues") != NULL, list->canonical != NULL);
        CHECK_INT(json_member(a, "referenceTypes") != NULL, list->references != NULL);
        CHECK_INT(json_member(a, "subAttributes") != NULL, complex);
        if (complex)
            check_attributes(json_member(a, "subAttributes"), list->subs);
    }
    CHECK_INT(json_object_array_length(array), i);
}

static void tells_the_schemas(void)
{
    static const char *const urns[] = {URN_USER,   URN_GROUP,         URN_ROLE,  URN_ENTERPRISE,
                                       URN_CONFIG, URN_RESOURCE_TYPE, URN_SCHEMA};
    struct arena *a = arena_new(0);

    for (size_t i = 0; i < COUNT(urns); i++) {
        struct json_object *s = schema_json(a, schema_at(i)), *meta = json_member(s, "meta");
        CHECK_STR(text_of(a, json_member(s, "schemas")), STR_LIT("[\"urn:ietf:params:scim:schemas:core:2.0:Schema\"]"));
        CHECK_STR(json_str(json_member(s, "id")), str_of(urns[i]));
        CHECK(json_member(s, "name") != NULL && json_member(s, "description") != NULL);
        CHECK_STR(json_str(json_member(meta, "resourceType")), STR_LIT("Schema"));
        CHECK_CSTR(arena_printf(a, "%s", json_object_get_string(json_member(meta, "location"))),
                   arena_printf(a, BASE "/Schemas/%s", urns[i]));
        check_attributes(json_member(s, "attributes"), schema_at(i)->attributes);
    }
    CHECK(schema_at(COUNT(urns)) == NULL);
    arena_free(&a);
}

static void writes_characteristics(void)
{
    struct arena *a = arena_new(0);
    struct json_object *user = schema_json(a, schema_at(0)), *group = schema_json(a, schema_at(1));

    CHECK_STR(text_of(a, listed(user, "attributes", "password")),
              STR_LIT("{\"name\":\"password\",\"type\":\"string\",\"multiValued\":false,"
                      "\"description\":\"A password to set; it is never shown.\",\"required\":false,\"caseExact\":true,"
                      "\"mutability\":\"writeOnly\",\"returned\":\"never\",\"uniqueness\":\"none\"}"));
    CHECK_STR(text_of(a, listed(listed(user, "attributes", "groups"), "subAttributes", "$ref")),
              STR_LIT("{\"name\":\"$ref\",\"type\":\"reference\",\"multiValued\":false,"
                      "\"description\":\"The group's address.\",\"required\":false,\"caseExact\":true,"
                      "\"mutability\":\"readOnly\",\"returned\":\"default\",\"uniqueness\":\"none\","
                      "\"referenceTypes\":[\"Group\"]}"));
    CHECK_STR(text_of(a, listed(listed(user, "attributes", "photos"), "subAttributes", "type")),
              STR_LIT("{\"name\":\"type\",\"type\":\"string\",\"multiValued\":false,"
                      "\"description\":\"What the value is used for.\",\"required\":false,"
                      "\"canonicalValues\":[\"photo\",\"thumbnail\"],\"caseExact\":false,"
                      "\"mutability\":\"readWrite\",\"returned\":\"default\",\"uniqueness\":\"none\"}"));
    CHECK_STR(json_str(json_member(listed(user, "attributes", "userName"), "uniqueness")), STR_LIT("server"));
    CHECK_STR(
        json_str(json_member(listed(listed(group, "attributes", "members"), "subAttributes", "value"), "mutability")),
        STR_LIT("immutable"));
    arena_free(&a);
}

/* The errata of RFC 7643 (trap 4), where they are told. */
static void applies_the_errata(void)
{
    struct arena *a = arena_new(0);
    struct json_object *user = schema_json(a, schema_at(0)), *group = schema_json(a, schema_at(1));
    struct json_object *enterprise = schema_json(a, schema_at(3)), *type = schema_json(a, schema_at(5));
    struct json_object *schema = schema_json(a, schema_at(6));
    struct json_object *manager = listed(listed(enterprise, "attributes", "manager"), "subAttributes", "value");
    struct json_object *types =
        json_member(listed(listed(schema, "attributes", "attributes"), "subAttributes", "type"), "canonicalValues");

    /* 5368 */
    CHECK(json_object_get_boolean(json_member(listed(group, "attributes", "displayName"), "required")));
    /* 8471 */
    CHECK_STR(text_of(a, json_member(listed(listed(user, "attributes", "groups"), "subAttributes", "$ref"),
                                     "referenceTypes")),
              STR_LIT("[\"Group\"]"));
    /* 8472, 6001 */
    CHECK(json_object_get_boolean(json_member(manager, "caseExact")));
    CHECK(json_object_get_boolean(json_member(listed(user, "attributes", "profileUrl"), "caseExact")));
    /* 6011 */
    CHECK(listed(listed(group, "attributes", "members"), "subAttributes", "display") != NULL);
    /* 7522 */
    CHECK(json_object_get_boolean(json_member(listed(type, "attributes", "schemaExtensions"), "multiValued")));
    /* 8475 */
    CHECK_STR(json_str(json_member(listed(type, "attributes", "name"), "uniqueness")), STR_LIT("server"));
    CHECK_STR(json_str(json_member(listed(type, "attributes", "endpoint"), "uniqueness")), STR_LIT("server"));
    /* 5606, 8435 */
    CHECK_STR(text_of(a, types), STR_LIT("[\"string\",\"boolean\",\"decimal\",\"integer\",\"dateTime\",\"binary\","
                                         "\"reference\",\"complex\"]"));
    /* 6004 */
    CHECK(json_member(listed(user, "attributes", "emails"), "uniqueness") == NULL);
    arena_free(&a);
}

static bool lists(struct arena *a, bool write_only, const char *name)
{
    struct buf b;

    buf_init(&b, a);
    discovery_schema(&b, STR_LIT(BASE), resource_type_user.core, write_only);
    return memmem(b.p, b.len, name, strlen(name)) != NULL;
}

static void leaves_out_what_can_only_be_written(void)
{
    struct arena *a = arena_new(0);

    CHECK(lists(a, true, "\"password\"") && lists(a, true, "\"emails\""));
    CHECK(!lists(a, false, "\"password\"") && lists(a, false, "\"emails\""));
    arena_free(&a);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(tells_the_configuration), UNIT(tells_the_resource_types), UNIT(tells_the_schemas),
        UNIT(writes_characteristics),  UNIT(applies_the_errata),       UNIT(leaves_out_what_can_only_be_written),
    };
    return unit_run("discovery", tests, COUNT(tests));
}
