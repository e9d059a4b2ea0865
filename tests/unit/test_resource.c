/* SPDX-License-Identifier: Apache-2.0 */
#include "scim.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define GROUP       &resource_type_team
#define USER        &resource_type_user
#define HEAD        "\"schemas\":[\"" URN_USER "\"],\"userName\":\"u\""
#define BODY(rest)  "{" HEAD "," rest "}"
#define TEAM(rest)  "{\"schemas\":[\"" URN_GROUP "\"],\"displayName\":\"T\"," rest "}"

/* --- the normal form --- */

static const struct {
    const struct resource_type *type;
    const char *body, *normal;
} taken[] = {
    {USER, "{" HEAD "}", "{\"userName\":\"u\"}"},
    {USER, USER_TEXT,
     "{\"userName\":\"test.joiner@example.com\",\"name\":{\"givenName\":\"Test\",\"familyName\":\"Joiner\"},"
     "\"emails\":[{\"primary\":true,\"value\":\"test.joiner@example.com\",\"type\":\"work\"}],"
     "\"externalId\":\"00u18ep2sjmnGT1wk698\",\"displayName\":\"Test Joiner\",\"title\":\"Lead Engineer\","
     "\"locale\":\"en-US\",\"timezone\":\"America/New_York\",\"active\":true,\"" URN_ENTERPRISE
     "\":{\"department\":\"Product Development\","
     "\"manager\":{\"value\":\"26118915-6090-4610\"}}}"},

    /* names without regard to case, canonical in the result; the schema's too */
    {USER, "{\"SCHEMAS\":[\"urn:ietf:params:scim:schemas:core:2.0:user\",\"urn:other\"],\"USERNAME\":\"Big Case\"}",
     "{\"userName\":\"Big Case\"}"},
    {USER, BODY("\"Name\":{\"GIVENNAME\":\"G\"}"), "{\"userName\":\"u\",\"name\":{\"givenName\":\"G\"}}"},
    {USER, BODY("\"URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user\":{\"Department\":\"D\"}"),
     "{\"userName\":\"u\",\"" URN_ENTERPRISE "\":{\"department\":\"D\"}}"},

    /* booleans as strings */
    {USER, BODY("\"active\":\"True\""), "{\"userName\":\"u\",\"active\":true}"},
    {USER, BODY("\"active\":\"FALSE\""), "{\"userName\":\"u\",\"active\":false}"},
    {USER, BODY("\"active\":\"\""), "{\"userName\":\"u\"}"},
    {USER, BODY("\"roles\":[{\"primary\":\"True\",\"value\":\"Admin\"}]"),
     "{\"userName\":\"u\",\"roles\":[{\"primary\":true,\"value\":\"Admin\"}]}"},

    /* unassigned */
    {USER, BODY("\"title\":null,\"nickName\":\"\",\"addresses\":null,\"roles\":[],\"name\":{},\"emails\":[{}]"),
     "{\"userName\":\"u\"}"},
    {USER, BODY("\"name\":{\"givenName\":\"\",\"familyName\":null}"), "{\"userName\":\"u\"}"},
    {USER, BODY("\"name\":[],\"emails\":\"\",\"title\":[]"), "{\"userName\":\"u\"}"},
    {USER, BODY("\"addresses\":[null,{\"type\":\"work\",\"locality\":null},{\"value\":\"\"}]"),
     "{\"userName\":\"u\",\"addresses\":[{\"type\":\"work\"}]}"},
    {USER, BODY("\"" URN_ENTERPRISE "\":{\"manager\":\"\",\"department\":null}"), "{\"userName\":\"u\"}"},
    {USER, BODY("\"" URN_ENTERPRISE "\":null"), "{\"userName\":\"u\"}"},

    /* read-only, write-only and unknown ones are passed over */
    {USER,
     BODY("\"id\":\"x\",\"meta\":{\"version\":1},\"groups\":[{\"value\":\"g\"}],"
          "\"password\":\"s\xc3\xa9\xc2\xa0\xe2\x99\xa6~\""),
     "{\"userName\":\"u\"}"},
    {USER, BODY("\"unknown\":{\"a\":[1]},\"urn:other:Thing\":{\"b\":1},\"name\":{\"x\":1,\"givenName\":\"G\"}"),
     "{\"userName\":\"u\",\"name\":{\"givenName\":\"G\"}}"},
    /* an extension in the core schema's object ended the worker */
    {USER,
     BODY("\"" URN_USER "\":{\"" URN_ENTERPRISE "\":{\"department\":\"d\"},\"" URN_ENTERPRISE
          ":department\":\"e\",\"\":1}"),
     "{\"userName\":\"u\",\"" URN_ENTERPRISE "\":{\"department\":\"e\"}}"},
    {USER, BODY("\"" URN_ENTERPRISE "\":{\"" URN_ENTERPRISE "\":{\"department\":\"d\"}}"), "{\"userName\":\"u\"}"},
    {USER,
     BODY("\"meta.Created\":\"x\",\"groups.value\":\"g\",\"" URN_ENTERPRISE ":manager.displayName\":\"M\","
          "\"name.x\":1,\"" URN_USER ":password\":\"p\",\"" URN_ENTERPRISE ":x\":1"),
     "{\"userName\":\"u\"}"},

    /* trap 40: keys that are paths, as in a PATCH without one */
    {USER, BODY("\"name.givenName\":\"G\",\"NAME.FamilyName\":\"F\""),
     "{\"userName\":\"u\",\"name\":{\"givenName\":\"G\",\"familyName\":\"F\"}}"},
    {USER, BODY("\"name.givenName\":\"\",\"name\":{\"familyName\":\"F\"},\"name.middleName\":\"M\""),
     "{\"userName\":\"u\",\"name\":{\"familyName\":\"F\",\"middleName\":\"M\"}}"},
    {USER, BODY("\"department\":\"D\",\"" URN_ENTERPRISE ":employeeNumber\":\"7\",\"Manager.Value\":\"m\""),
     "{\"userName\":\"u\",\"" URN_ENTERPRISE
     "\":{\"department\":\"D\",\"employeeNumber\":\"7\",\"manager\":{\"value\":\"m\"}}}"},
    {USER,
     BODY("\"" URN_ENTERPRISE "\":{\"division\":\"V\",\"manager.value\":\"m\"},\"" URN_ENTERPRISE
          ".department\":\"D\""),
     "{\"userName\":\"u\",\"" URN_ENTERPRISE
     "\":{\"division\":\"V\",\"manager\":{\"value\":\"m\"},\"department\":\"D\"}}"},
    {USER,
     "{\"schemas\":[\"" URN_USER "\"],\"" URN_USER ":userName\":\"u\",\"" URN_USER
     "\":{\"title\":\"T\",\"name.givenName\":\"G\",\"id\":\"x\",\"nothing\":1}}",
     "{\"userName\":\"u\",\"title\":\"T\",\"name\":{\"givenName\":\"G\"}}"},
    {USER, BODY("\"emails.Value\":\"a\",\"emails.type\":\"work\",\"emails.primary\":\"True\""),
     "{\"userName\":\"u\",\"emails\":[{\"value\":\"a\",\"type\":\"work\",\"primary\":true}]}"},
    {USER, BODY("\"emails\":[\"a\",\"b\"],\"emails.type\":\"work\""),
     "{\"userName\":\"u\",\"emails\":[{\"value\":\"a\",\"type\":\"work\"},"
     "{\"value\":\"b\",\"type\":\"work\"}]}"},
    {GROUP, TEAM("\"members.value\":\"a\",\"" URN_GROUP "\":{\"members\":[{\"value\":\"a\"}]}"),
     "{\"displayName\":\"T\"}"},

    {USER, BODY("\"" URN_ENTERPRISE "\":{\"manager\":{\"value\":\"m\",\"displayName\":\"M\",\"$ref\":null}}"),
     "{\"userName\":\"u\",\"" URN_ENTERPRISE "\":{\"manager\":{\"value\":\"m\"}}}"},

    /* a bare string for a complex attribute that has a value */
    {USER, BODY("\"" URN_ENTERPRISE "\":{\"manager\":\"271\"}"),
     "{\"userName\":\"u\",\"" URN_ENTERPRISE "\":{\"manager\":{\"value\":\"271\"}}}"},
    {USER, BODY("\"" URN_ENTERPRISE "\":{\"manager\":[{\"$ref\":null,\"value\":\"271\"}]}"),
     "{\"userName\":\"u\",\"" URN_ENTERPRISE "\":{\"manager\":{\"value\":\"271\"}}}"},
    {USER, BODY("\"" URN_ENTERPRISE "\":{\"manager\":[\"271\"]}"),
     "{\"userName\":\"u\",\"" URN_ENTERPRISE "\":{\"manager\":{\"value\":\"271\"}}}"},
    {USER, BODY("\"" URN_ENTERPRISE "\":{\"manager\":[null]}"), "{\"userName\":\"u\"}"},
    /* as SCIM 1.1 had it */
    {USER, BODY("\"" URN_ENTERPRISE "\":{\"manager\":{\"managerId\":\"271\",\"displayName\":\"M\"}}"),
     "{\"userName\":\"u\",\"" URN_ENTERPRISE "\":{\"manager\":{\"value\":\"271\"}}}"},
    {USER, BODY("\"" URN_ENTERPRISE "\":{\"manager\":{\"managerId\":\"\"}}"), "{\"userName\":\"u\"}"},
    /* one value without its array */
    {USER, BODY("\"emails\":{\"value\":\"a@b.c\",\"type\":\"work\",\"primary\":\"true\"}"),
     "{\"userName\":\"u\",\"emails\":[{\"value\":\"a@b.c\",\"type\":\"work\",\"primary\":true}]}"},
    {USER, BODY("\"emails\":{}"), "{\"userName\":\"u\"}"},
    {USER, BODY("\"emails\":[\"a@b.c\"]"), "{\"userName\":\"u\",\"emails\":[{\"value\":\"a@b.c\"}]}"},
    {USER, BODY("\"addresses\":[{\"type\":\"work\",\"primary\":true,\"value\":\"21B Baker St.\"}]"),
     "{\"userName\":\"u\",\"addresses\":[{\"type\":\"work\",\"primary\":true,\"value\":\"21B Baker St.\"}]}"},

    /* what was written stays as it was written: case, spaces, order of elements, doubles */
    {USER, BODY("\"emails\":[{\"value\":\"B@X\"},{\"value\":\" a@x\"},{\"value\":\"B@X\"}],\"locale\":\"nonsense\""),
     "{\"userName\":\"u\",\"emails\":[{\"value\":\"B@X\"},{\"value\":\" a@x\"},{\"value\":\"B@X\"}],"
     "\"locale\":\"nonsense\"}"},
    {GROUP, TEAM("\"externalId\":\"E\",\"members\":[{\"value\":\"a\"}]"),
     "{\"displayName\":\"T\",\"externalId\":\"E\"}"},
};

static void normalises(void)
{
    for (size_t i = 0; i < COUNT(taken); i++) {
        struct arena *a = arena_new(0);
        struct json_object *v = resource_of(a, taken[i].type, taken[i].body);
        if (!CHECK_STR(v == NULL ? STR_NULL : text_of(a, v), str_of(taken[i].normal)))
            printf("# %s\n", taken[i].body);
        arena_free(&a);
    }
}

/* --- refusals --- */

static const struct {
    const struct resource_type *type;
    const char *body;
    enum error_code code;
    const char *sentence; /* part of it */
} refused[] = {
    {USER, "[]", ERR_BODY_NOT_OBJECT, ""},
    {USER, "\"text\"", ERR_BODY_NOT_OBJECT, ""},
    {USER, "{\"userName\":\"u\"}", ERR_SCHEMAS_MISSING, URN_USER},
    {USER, "{\"schemas\":[],\"userName\":\"u\"}", ERR_SCHEMAS_MISSING, URN_USER},
    {USER, "{\"schemas\":null,\"userName\":\"u\"}", ERR_SCHEMAS_MISSING, URN_USER},
    {USER, "{\"schemas\":\"" URN_USER "\",\"userName\":\"u\"}", ERR_SCHEMAS_MISSING, URN_USER},
    {USER, "{\"schemas\":[\"" URN_GROUP "\"],\"userName\":\"u\"}", ERR_SCHEMAS_MISSING, URN_USER},
    {USER, "{\"schemas\":[\"" URN_USER "\",7],\"userName\":\"u\"}", ERR_ATTRIBUTE_TYPE,
     "schemas[1] must be a string, but a whole number was sent"},

    {USER, "{\"schemas\":[\"" URN_USER "\"]}", ERR_ATTRIBUTE_REQUIRED, "userName is required"},
    {USER, "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"\"}", ERR_ATTRIBUTE_REQUIRED, "userName is required"},
    {USER, "{\"schemas\":[\"" URN_USER "\"],\"userName\":null}", ERR_ATTRIBUTE_REQUIRED, "userName is required"},
    {GROUP, "{\"schemas\":[\"" URN_GROUP "\"]}", ERR_ATTRIBUTE_REQUIRED, "displayName is required"},

    {USER, BODY("\"title\":7"), ERR_ATTRIBUTE_TYPE, "title must be a string, but a whole number was sent"},
    {USER, BODY("\"title\":{}"), ERR_ATTRIBUTE_TYPE, "title must be a string, but an object was sent"},
    {USER, BODY("\"TITLE\":[\"x\"]"), ERR_ATTRIBUTE_TYPE, "title must be a string, but an array was sent"},
    {USER, BODY("\"title\":true"), ERR_ATTRIBUTE_TYPE, "title must be a string, but a boolean was sent"},
    {USER, BODY("\"active\":\"maybe\""), ERR_ATTRIBUTE_TYPE, "active must be a boolean, but a string was sent"},
    {USER, BODY("\"active\":1"), ERR_ATTRIBUTE_TYPE, "active must be a boolean, but a whole number was sent"},
    {USER, BODY("\"x509Certificates\":[{\"value\":\"MII!\"}]"), ERR_ATTRIBUTE_TYPE,
     "x509Certificates[0].value must be base64, but a string was sent"},
    {USER, BODY("\"name\":\"x\""), ERR_ATTRIBUTE_TYPE, "name must be an object, but a string was sent"},
    {USER, BODY("\"name\":{\"givenName\":1.5}"), ERR_ATTRIBUTE_TYPE,
     "name.givenName must be a string, but a decimal number was sent"},
    {USER, BODY("\"emails\":{\"value\":7}"), ERR_ATTRIBUTE_TYPE, "emails.value must be a string"},
    {USER, BODY("\"name.givenName\":7"), ERR_ATTRIBUTE_TYPE, "name.givenName must be a string, but a whole number was"},
    {USER, BODY("\"" URN_ENTERPRISE ":manager\":7"), ERR_ATTRIBUTE_TYPE, URN_ENTERPRISE ":manager must be an object"},
    {USER, BODY("\"" URN_ENTERPRISE "\":{\"manager.value\":7}"), ERR_ATTRIBUTE_TYPE,
     URN_ENTERPRISE ":manager.value must"},
    {USER, BODY("\"" URN_USER "\":[]"), ERR_ATTRIBUTE_TYPE, URN_USER " must be an object"},
    {USER, BODY("\"" URN_USER "\":{\"title\":7}"), ERR_ATTRIBUTE_TYPE, URN_USER ":title must be a string"},
    {USER, BODY("\"" URN_ENTERPRISE "\":{\"manager\":[\"1\",\"2\"]}"), ERR_ATTRIBUTE_TYPE,
     "manager must be an object, but an array"},
    {USER, BODY("\"name\":[{\"givenName\":\"G\"}]"), ERR_ATTRIBUTE_TYPE,
     "name must be an object, but an array was sent"},
    {USER, BODY("\"emails\":\"x\""), ERR_ATTRIBUTE_TYPE, "emails must be an array, but a string was sent"},
    {USER, BODY("\"emails\":[{\"value\":\"x\"},null,{\"value\":[\"y\"]}]"), ERR_ATTRIBUTE_TYPE,
     "emails[2].value must be a string, but an array was sent"},
    {USER, BODY("\"emails\":[7]"), ERR_ATTRIBUTE_TYPE, "emails[0] must be an object, but a whole number was sent"},
    {USER, BODY("\"password\":7"), ERR_ATTRIBUTE_TYPE, "password must be a string"},
    {USER, BODY("\"password\":\"pass\\tword\""), ERR_PASSWORD_BAD_CHARACTER,
     "The password has a character that passwords do not have"},
    {USER, BODY("\"PASSWORD\":\"\xee\x80\x80\""), ERR_PASSWORD_BAD_CHARACTER, "The password has a character"},
    {USER, BODY("\"profileUrl\":{}"), ERR_ATTRIBUTE_TYPE, "profileUrl must be a string"},
    {USER, BODY("\"x509Certificates\":[{\"value\":1}]"), ERR_ATTRIBUTE_TYPE, "x509Certificates[0].value must be"},
    {USER, BODY("\"" URN_ENTERPRISE "\":[]"), ERR_ATTRIBUTE_TYPE, URN_ENTERPRISE " must be an object"},
    {USER, BODY("\"" URN_ENTERPRISE "\":{\"manager\":{\"value\":{}}}"), ERR_ATTRIBUTE_TYPE,
     URN_ENTERPRISE ":manager.value must be a string, but an object was sent"},

    {USER, BODY("\"emails\":[{\"value\":\"a\",\"primary\":true},{\"value\":\"b\",\"primary\":\"true\"}]"),
     ERR_PRIMARY_TWICE, "emails has more than one primary"},
    {GROUP, TEAM("\"members\":[{\"value\":\"a\"},{\"display\":\"b\"}]"), ERR_ATTRIBUTE_REQUIRED,
     "members[1].value is required"},
    {GROUP, TEAM("\"members\":[{}]"), ERR_ATTRIBUTE_REQUIRED, "members[0].value is required"},
    {GROUP, TEAM("\"members\":{}"), ERR_ATTRIBUTE_REQUIRED, "members.value is required"},
    {GROUP, TEAM("\"members\":\"a\""), ERR_ATTRIBUTE_TYPE, "members must be an array"},
    {GROUP, TEAM("\"members\":[[]]"), ERR_ATTRIBUTE_TYPE, "members[0] must be an object"},
    {GROUP, TEAM("\"members\":[{\"value\":7}]"), ERR_ATTRIBUTE_TYPE, "members[0].value must be a string"},
};

static void check_refused(const struct resource_type *type, const char *body, bool reject_unknown, enum error_code code,
                          const char *sentence)
{
    struct arena *a = arena_new(0);
    struct resource_options o = {.reject_unknown = reject_unknown};
    struct error e = ERROR_INIT;
    struct json_object *members = NULL;

    CHECK(resource_normalise(type, json_of(a, body), &o, a, &members, &e) == NULL);
    CHECK(members == NULL);
    if (!CHECK_INT(e.code, code) || !CHECK(strstr(e.sentence, sentence) != NULL))
        printf("# %.200s\n# %s\n", body, e.sentence);
    arena_free(&a);
}

static void refuses(void)
{
    for (size_t i = 0; i < COUNT(refused); i++)
        check_refused(refused[i].type, refused[i].body, false, refused[i].code, refused[i].sentence);
}

/* They were lost there, with 201. */
static void members_stand_under_the_core_urn_too(void)
{
    static const char *const bodies[] = {
        TEAM("\"" URN_GROUP "\":{\"members\":[{\"value\":\"a\"}]}"),
        TEAM("\"" URN_GROUP ":members\":[{\"value\":\"a\"}]"),
    };

    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct arena *a = arena_new(0);
        struct resource_options o = {.reject_unknown = true};
        struct error e = ERROR_INIT;
        struct json_object *members = NULL;

        CHECK(resource_normalise(GROUP, json_of(a, bodies[i]), &o, a, &members, &e) != NULL);
        CHECK_CSTR(e.sentence, "");
        CHECK(members != NULL && json_equal(members, json_of(a, "[{\"value\":\"a\"}]")));
        arena_free(&a);
    }
}

/* What was stored before there was this rule can still be imported. */
static void stored_values_keep_their_form(void)
{
    static const struct resource_options stored = {.stored = true};
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    const char *body = BODY("\"x509Certificates\":[{\"value\":\"MII!\"},{\"value\":\"-_AB+/==\\r\\n\"}]");

    CHECK(resource_normalise(USER, json_of(a, body), &stored, a, NULL, &e) != NULL);
    CHECK_INT(e.code, ERR_NONE);
    CHECK(resource_of(a, USER, BODY("\"x509Certificates\":[{\"value\":\"-_AB+/==\\r\\n\"}]")) != NULL);
    arena_free(&a);
}

static void refuses_unknown_attributes_where_told(void)
{
    check_refused(USER, BODY("\"unknown\":1"), true, ERR_ATTRIBUTE_UNKNOWN, "attribute unknown is");
    check_refused(USER, BODY("\"name\":{\"x\":1}"), true, ERR_ATTRIBUTE_UNKNOWN, "attribute name.x is");
    check_refused(USER, BODY("\"emails\":[{\"value\":\"v\"},{\"x\":1}]"), true, ERR_ATTRIBUTE_UNKNOWN,
                  "attribute emails[1].x is");
    check_refused(USER, BODY("\"urn:x\":{}"), true, ERR_ATTRIBUTE_UNKNOWN, "attribute urn:x is");
    check_refused(USER, BODY("\"name.x\":\"x\""), true, ERR_ATTRIBUTE_UNKNOWN, "attribute name.x is");
    check_refused(USER, BODY("\"" URN_USER "\":{\"x\":1}"), true, ERR_ATTRIBUTE_UNKNOWN, URN_USER ":x is");
    check_refused(USER, BODY("\"" URN_ENTERPRISE ":x\":1"), true, ERR_ATTRIBUTE_UNKNOWN, URN_ENTERPRISE ":x is");
    check_refused(USER, BODY("\"" URN_ENTERPRISE "\":{\"userName\":\"x\"}"), true, ERR_ATTRIBUTE_UNKNOWN,
                  ":userName is");
    check_refused(USER, BODY("\"" URN_ENTERPRISE "\":{\"x\":1}"), true, ERR_ATTRIBUTE_UNKNOWN, URN_ENTERPRISE ":x is");
    check_refused(GROUP, TEAM("\"members\":[{\"value\":\"v\",\"x\":1}]"), true, ERR_ATTRIBUTE_UNKNOWN,
                  "attribute members[0].x is");

    struct arena *a = arena_new(0);
    struct resource_options o = {.reject_unknown = true};
    struct error e = ERROR_INIT;
    CHECK(resource_normalise(USER, json_of(a, USER_TEXT), &o, a, NULL, &e) != NULL);
    CHECK(resource_normalise(USER, json_of(a, BODY("\"id\":\"x\",\"meta\":{\"any\":1}")), &o, a, NULL, &e) != NULL);
    CHECK(resource_normalise(USER, json_of(a, BODY("\"name.givenName\":\"G\",\"department\":\"D\"")), &o, a, NULL,
                             &e) != NULL);
    CHECK_INT(e.code, ERR_NONE);
    arena_free(&a);
}

/* A body with one value of n bytes. */
static const char *long_body(struct arena *a, const char *before, size_t n, const char *after)
{
    char *value = arena_alloc(a, n + 1);

    memset(value, 'x', n);
    return arena_printf(a, "%s%s%s", before, value, after);
}

static void bounds_values(void)
{
    struct arena *a = arena_new(0);
    struct buf b;
    const char *at_limit = long_body(a, "{" HEAD ",\"title\":\"", ATTRIBUTE_MAX_DEFAULT, "\"}");

    CHECK(resource_of(a, USER, at_limit) != NULL);
    check_refused(USER, long_body(a, "{" HEAD ",\"title\":\"", ATTRIBUTE_MAX_DEFAULT + 1, "\"}"), false,
                  ERR_ATTRIBUTE_TOO_LONG, "title has more than 8192 bytes");
    check_refused(USER, long_body(a, "{" HEAD ",\"password\":\"", ATTRIBUTE_MAX_DEFAULT + 1, "\"}"), false,
                  ERR_ATTRIBUTE_TOO_LONG, "password has");
    check_refused(USER, long_body(a, "{" HEAD ",\"emails\":[{\"value\":\"", ATTRIBUTE_MAX_DEFAULT + 1, "\"}]}"), false,
                  ERR_ATTRIBUTE_TOO_LONG, "emails[0].value has");

    buf_init(&b, a);
    for (size_t i = 0; i < ATTRIBUTE_VALUES_MAX; i++)
        buf_printf(&b, "%s\"%zu\"", i == 0 ? "" : ",", i);
    const char *values = buf_cstr(&b);
    CHECK(resource_of(a, USER, arena_printf(a, "{" HEAD ",\"emails\":[%s]}", values)) != NULL);
    check_refused(USER, arena_printf(a, "{" HEAD ",\"emails\":[%s,\"x\"]}", values), false, ERR_VALUES_TOO_MANY,
                  "emails has more than 1000 values");
    CHECK(resource_of(a, GROUP, arena_printf(a, TEAM("\"members\":[%s,\"x\"]"), values)) != NULL);
    arena_free(&a);
}

/* n roles of `each` bytes of text: with it the resource is larger than RESOURCE_BYTES_MAX, or not. */
static const char *heavy_body(struct arena *a, size_t n, size_t each, const char *text)
{
    struct buf b;

    buf_init(&b, a);
    buf_puts(&b, "{" HEAD ",\"roles\":[");
    for (size_t i = 0; i < n; i++) {
        buf_puts(&b, i == 0 ? "\"" : ",\"");
        for (size_t j = 0; j < each; j++)
            buf_puts(&b, text);
        buf_puts(&b, "\"");
    }
    buf_puts(&b, "]}");
    return buf_cstr(&b);
}

static void bounds_the_whole(void)
{
    struct arena *a = arena_new(0);

    CHECK(resource_of(a, USER, heavy_body(a, 31, 8192, "x")) != NULL);
    check_refused(USER, heavy_body(a, 33, 8192, "x"), false, ERR_RESOURCE_TOO_LARGE, "more than 262144 bytes");
    CHECK(resource_of(a, USER, heavy_body(a, 5, 8192, "\\u0001")) != NULL);
    check_refused(USER, heavy_body(a, 6, 8192, "\\u0001"), false, ERR_RESOURCE_TOO_LARGE, "more than 262144 bytes");
    check_refused(USER, heavy_body(a, 17, 8192, "\\\""), false, ERR_RESOURCE_TOO_LARGE, "more than 262144 bytes");
    arena_free(&a);
}

static void bounds_members(void)
{
    struct arena *a = arena_new(0);
    struct buf b;

    buf_init(&b, a);
    for (size_t i = 0; i < ATTRIBUTE_MEMBERS_MAX; i++)
        buf_puts(&b, i == 0 ? "\"u\"" : ",\"u\"");
    const char *members = buf_cstr(&b);
    CHECK(resource_of(a, GROUP, arena_printf(a, TEAM("\"members\":[%s]"), members)) != NULL);
    check_refused(GROUP, arena_printf(a, TEAM("\"members\":[%s,\"u\"]"), members), false, ERR_VALUES_TOO_MANY,
                  "members has more than 32768 values");
    arena_free(&a);
}

/* A long unknown name is named, in part, and does no harm. */
static void names_long_names(void)
{
    struct arena *a = arena_new(0);

    check_refused(USER, long_body(a, "{" HEAD ",\"name\":{\"", 3000, "\":1}}"), true, ERR_ATTRIBUTE_UNKNOWN, "name.xx");
    arena_free(&a);
}

/* --- members and passwords --- */

static struct str members_of(struct arena *a, const char *body)
{
    struct resource_options o = {.reject_unknown = false};
    struct error e = ERROR_INIT;
    struct json_object *members = NULL;

    CHECK(resource_normalise(GROUP, json_of(a, body), &o, a, &members, &e) != NULL);
    return members == NULL ? STR_LIT("none") : text_of(a, members);
}

static void hands_out_members(void)
{
    struct arena *a = arena_new(0);

    CHECK_STR(members_of(a, TEAM("\"x\":1")), STR_LIT("none"));
    CHECK_STR(members_of(a, TEAM("\"members\":[]")), STR_LIT("[]"));
    CHECK_STR(members_of(a, TEAM("\"Members\":null")), STR_LIT("[]"));
    CHECK_STR(members_of(a, TEAM("\"members\":[{\"Value\":\"a\",\"$ref\":null,\"display\":\"A\",\"x\":1},\"b\",null,"
                                 "{\"value\":\"c\",\"type\":\"User\",\"$ref\":\"../Users/c\"}]")),
              STR_LIT("[{\"value\":\"a\",\"display\":\"A\"},{\"value\":\"b\"},"
                      "{\"value\":\"c\",\"type\":\"User\",\"$ref\":\"../Users/c\"}]"));
    arena_free(&a);
}

static void takes_the_password(void)
{
    struct arena *a = arena_new(0);

    CHECK_STR(json_str(resource_take_password(json_of(a, "{\"PassWord\":\"s e\"}"))), STR_LIT("s e"));
    CHECK(resource_take_password(json_of(a, "{\"password\":\"\"}")) == NULL);
    CHECK(resource_take_password(json_of(a, "{\"password\":7}")) == NULL);
    CHECK(resource_take_password(json_of(a, "{\"password\":null}")) == NULL);
    CHECK(resource_take_password(json_of(a, "{}")) == NULL);
    arena_free(&a);
}

/* --- single values --- */

static const struct attribute *user_attribute(const char *name)
{
    return attribute_find(resource_type_user.core->attributes, str_of(name));
}

static struct str normal_value(struct arena *a, const struct attribute *attribute, bool element, const char *text,
                               struct error *e)
{
    struct resource_options o = {.reject_unknown = true};
    struct json_object *v = text == NULL ? NULL : json_of(a, text);
    struct json_object *normal =
        resource_normalise_value(attribute, v, element ? RESOURCE_ELEMENT : RESOURCE_VALUE, &o, STR_LIT("here"), e);
    struct str s = normal == NULL ? STR_NULL : text_of(a, normal);

    json_object_put(normal);
    return s;
}

static void normalises_single_values(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    const struct attribute *emails = user_attribute("emails"), *members;

    members = attribute_find(resource_type_team.core->attributes, STR_LIT("members"));
    CHECK_STR(normal_value(a, user_attribute("active"), false, "\"False\"", &e), STR_LIT("false"));
    CHECK_STR(normal_value(a, user_attribute("title"), false, "\"x\"", &e), STR_LIT("\"x\""));
    CHECK_STR(normal_value(a, user_attribute("title"), false, "\"\"", &e), STR_NULL);
    CHECK_STR(normal_value(a, user_attribute("title"), false, NULL, &e), STR_NULL);
    CHECK_STR(normal_value(a, emails, false, "[{\"VALUE\":\"x\"}]", &e), STR_LIT("[{\"value\":\"x\"}]"));
    CHECK_STR(normal_value(a, emails, false, "[]", &e), STR_NULL);
    CHECK_STR(normal_value(a, emails, true, "{\"value\":\"x\"}", &e), STR_LIT("{\"value\":\"x\"}"));
    CHECK_STR(normal_value(a, emails, true, "\"x\"", &e), STR_LIT("{\"value\":\"x\"}"));
    CHECK_STR(normal_value(a, emails, true, "{\"value\":null}", &e), STR_NULL);
    CHECK_STR(normal_value(a, emails->subs, false, "\"x\"", &e), STR_LIT("\"x\""));
    CHECK_STR(normal_value(a, members, true, "\"x\"", &e), STR_LIT("{\"value\":\"x\"}"));
    CHECK_STR(normal_value(a, user_attribute("password"), false, "\"x\"", &e), STR_LIT("\"x\""));
    CHECK_INT(e.code, ERR_NONE);

    CHECK_STR(normal_value(a, emails, false, "[{\"value\":7}]", &e), STR_NULL);
    CHECK_CSTR(e.sentence, "here[0].value must be a string, but a whole number was sent");
    e = ERROR_INIT;
    CHECK_STR(normal_value(a, emails, true, "{\"value\":7}", &e), STR_NULL);
    CHECK_CSTR(e.sentence, "here.value must be a string, but a whole number was sent");
    e = ERROR_INIT;
    CHECK_STR(normal_value(a, emails, true, "{\"x\":7}", &e), STR_NULL);
    CHECK_INT(e.code, ERR_ATTRIBUTE_UNKNOWN);
    e = ERROR_INIT;
    CHECK_STR(normal_value(a, members, true, "{\"display\":\"x\"}", &e), STR_NULL);
    CHECK_INT(e.code, ERR_ATTRIBUTE_REQUIRED);
    e = ERROR_INIT;
    CHECK_STR(normal_value(a, members, true, "{}", &e), STR_NULL);
    CHECK_INT(e.code, ERR_ATTRIBUTE_REQUIRED);
    arena_free(&a);
}

/* Types that User and Group do not have. */
static void reads_numbers(void)
{
    static const struct attribute integer = {.number = 1, .name = "i", .type = ATTRIBUTE_INTEGER};
    static const struct attribute decimal = {.number = 2, .name = "d", .type = ATTRIBUTE_DECIMAL};
    static const struct attribute words = {.number = 3, .name = "w", .multi = true};
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;

    CHECK_STR(normal_value(a, &integer, false, "-7", &e), STR_LIT("-7"));
    CHECK_STR(normal_value(a, &decimal, false, "1.50", &e), STR_LIT("1.50"));
    CHECK_STR(normal_value(a, &decimal, false, "2", &e), STR_LIT("2"));
    CHECK_STR(normal_value(a, &words, false, "[\"b\",\"\",null,\"a\"]", &e), STR_LIT("[\"b\",\"a\"]"));
    CHECK_INT(e.code, ERR_NONE);
    CHECK_STR(normal_value(a, &integer, false, "1.0", &e), STR_NULL);
    CHECK_CSTR(e.sentence, "here must be a whole number, but a decimal number was sent");
    e = ERROR_INIT;
    CHECK_STR(normal_value(a, &integer, false, "\"7\"", &e), STR_NULL);
    CHECK_CSTR(e.sentence, "here must be a whole number, but a string was sent");
    e = ERROR_INIT;
    CHECK_STR(normal_value(a, &decimal, false, "true", &e), STR_NULL);
    CHECK_CSTR(e.sentence, "here must be a number, but a boolean was sent");
    arena_free(&a);
}

/* --- after edits --- */

static void checks_the_final_state(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct json_object *v = resource_of(a, USER, USER_TEXT);

    CHECK(resource_check(USER, v, &e));
    json_object_object_del(v, "userName");
    CHECK(!resource_check(USER, v, &e));
    CHECK_INT(e.code, ERR_ATTRIBUTE_REQUIRED);

    e = ERROR_INIT;
    CHECK(!resource_check(USER,
                          json_of(a, "{\"userName\":\"u\",\"ims\":[{\"primary\":true},{\"primary\":false},"
                                     "{\"primary\":true}]}"),
                          &e));
    CHECK_CSTR(e.sentence, "ims has more than one primary value");
    e = ERROR_INIT;
    CHECK(resource_check(USER,
                         json_of(a, "{\"userName\":\"u\",\"ims\":[{\"primary\":true},{\"primary\":false}],"
                                    "\"roles\":[{\"primary\":true}]}"),
                         &e));
    arena_free(&a);
}

static void gets_attributes(void)
{
    struct arena *a = arena_new(0);
    struct json_object *v = resource_of(a, USER, USER_TEXT);
    const struct schema *enterprise = resource_type_user.extensions[0];

    CHECK_STR(json_str(resource_get(v, NULL, user_attribute("title"))), STR_LIT("Lead Engineer"));
    CHECK_STR(json_str(resource_get(v, enterprise, attribute_find(enterprise->attributes, STR_LIT("department")))),
              STR_LIT("Product Development"));
    CHECK(resource_get(v, NULL, user_attribute("nickName")) == NULL);
    CHECK(resource_get(v, enterprise, &enterprise->attributes[0]) == NULL);
    CHECK(resource_get(json_of(a, "{}"), enterprise, &enterprise->attributes[0]) == NULL);
    arena_free(&a);
}

static void tidies(void)
{
    struct arena *a = arena_new(0);
    struct json_object *v =
        json_of(a, "{\"a\":\"\",\"b\":null,\"c\":{\"d\":\"\",\"e\":[]},\"f\":[{},\"\",[null],{\"g\":"
                   "false}],\"h\":{\"i\":\"x\",\"j\":null},\"k\":0,\"l\":[]}");

    resource_tidy(v);
    CHECK_STR(text_of(a, v), STR_LIT("{\"f\":[{\"g\":false}],\"h\":{\"i\":\"x\"},\"k\":0}"));
    arena_free(&a);
}

/* --- keys --- */

static struct str keys_of(struct arena *a, const struct resource_type *type, struct json_object *v)
{
    struct resource_key *keys;
    size_t n = resource_keys(type, v, a, &keys);
    struct buf b;

    buf_init(&b, a);
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s%u%s=%.*s", i == 0 ? "" : " ", keys[i].attribute, keys[i].unique ? "!" : "",
                   (int)keys[i].value.len, keys[i].value.p);
    return buf_view(&b);
}

static void lists_keys(void)
{
    struct arena *a = arena_new(0);

    CHECK_STR(
        keys_of(a, USER,
                resource_of(a, USER,
                            BODY("\"externalId\":\"Ab\",\"displayName\":\"STRASSE Stra\\u00dfe\",\"emails\":["
                                 "{\"value\":\"B@x\"},{\"value\":\"a@X\"},{\"type\":\"work\"},{\"value\":\"b@X\"}]"
                                 ",\"nickName\":\"n\""))),
        STR_LIT("3=Ab 100!=u 120=strasse strasse 151=a@x 151=b@x"));
    CHECK_STR(keys_of(a, GROUP, resource_of(a, GROUP, TEAM("\"members\":[\"m\"]"))), STR_LIT("400=t"));
    CHECK_STR(keys_of(a, USER, json_of(a, "{}")), STR_NULL);
    arena_free(&a);
}

static void compares_by_case_exact(void)
{
    struct arena *a = arena_new(0);

    CHECK_STR(resource_comparable(user_attribute("userName"), STR_LIT("\xC3\x9C-A"), a), STR_LIT("\xC3\xBC-a"));
    CHECK_STR(resource_comparable(user_attribute("userName"), STR_LIT("\xEF\xBC\xA1\xEF\xBC\xA0x"), a), STR_LIT("a@x"));
    CHECK_STR(resource_comparable(user_attribute("displayName"), STR_LIT("\xEF\xBC\xA1"), a), STR_LIT("\xEF\xBD\x81"));
    CHECK_STR(resource_comparable(user_attribute("profileUrl"), STR_LIT("A"), a), STR_LIT("A"));
    arena_free(&a);
}

/* --- differences --- */

static const struct {
    const char *before, *after, *difference;
} differences[] = {
    {"{\"userName\":\"u\"}", "{\"userName\":\"u\"}", "[]"},
    {"{\"userName\":\"u\",\"active\":true}", "{\"userName\":\"U\",\"active\":true}",
     "[{\"path\":\"userName\",\"old\":\"u\",\"new\":\"U\"}]"},
    {"{\"name\":{\"givenName\":\"a\",\"familyName\":\"f\"}}", "{\"name\":{\"familyName\":\"f\",\"formatted\":\"x\"}}",
     "[{\"path\":\"name.formatted\",\"new\":\"x\"},{\"path\":\"name.givenName\",\"old\":\"a\"}]"},
    {"{\"emails\":[{\"value\":\"a\"}],\"active\":false}", "{\"emails\":[{\"value\":\"b\"}],\"externalId\":\"e\"}",
     "[{\"path\":\"externalId\",\"new\":\"e\"},{\"path\":\"active\",\"old\":false},"
     "{\"path\":\"emails\",\"old\":[{\"value\":\"a\"}],\"new\":[{\"value\":\"b\"}]}]"},
    {"{\"emails\":[{\"type\":\"t\",\"value\":\"a\"}]}", "{\"emails\":[{\"value\":\"a\",\"type\":\"t\"}]}", "[]"},
    {"{}", "{\"" URN_ENTERPRISE "\":{\"department\":\"d\",\"manager\":{\"value\":\"m\"}}}",
     "[{\"path\":\"" URN_ENTERPRISE ":department\",\"new\":\"d\"},"
     "{\"path\":\"" URN_ENTERPRISE ":manager.value\",\"new\":\"m\"}]"},
    {"{\"userName\":\"u\"}", NULL, "[{\"path\":\"userName\",\"old\":\"u\"}]"},
    {NULL, "{\"userName\":\"u\",\"password\":\"p\"}", "[{\"path\":\"userName\",\"new\":\"u\"}]"},
    {NULL, NULL, "[]"},
    /* in the order of the tables, whatever order they came in */
    {"{\"title\":\"t\",\"active\":true,\"locale\":\"de\",\"userName\":\"u\"}",
     "{\"active\":false,\"externalId\":\"e\",\"userName\":\"v\",\"nickName\":\"n\",\"locale\":\"de\"}",
     "[{\"path\":\"externalId\",\"new\":\"e\"},{\"path\":\"userName\",\"old\":\"u\",\"new\":\"v\"},"
     "{\"path\":\"nickName\",\"new\":\"n\"},{\"path\":\"title\",\"old\":\"t\"},"
     "{\"path\":\"active\",\"old\":true,\"new\":false}]"},
    /* more members than are sorted without memory, most of which are no attributes */
    {"{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,"
     "\"o\":1,"
     "\"p\":1,\"q\":1,\"r\":1,\"s\":1,\"t\":1,\"u\":1,\"v\":1,\"w\":1,\"x\":1,\"title\":\"t\",\"userName\":\"u\"}",
     "{\"title\":\"u\"}", "[{\"path\":\"userName\",\"old\":\"u\"},{\"path\":\"title\",\"old\":\"t\",\"new\":\"u\"}]"},
};

static void tells_differences(void)
{
    for (size_t i = 0; i < COUNT(differences); i++) {
        struct arena *a = arena_new(0);
        struct json_object *before = differences[i].before == NULL ? NULL : json_of(a, differences[i].before);
        struct json_object *after = differences[i].after == NULL ? NULL : json_of(a, differences[i].after);
        struct buf b;
        buf_init(&b, a);
        bool differ = resource_diff(&b, USER, before, after);
        CHECK_STR(buf_view(&b), str_of(differences[i].difference));
        CHECK_INT(differ, strcmp(differences[i].difference, "[]") != 0);
        arena_free(&a);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(normalises),
        UNIT(refuses),
        UNIT(refuses_unknown_attributes_where_told),
        UNIT(members_stand_under_the_core_urn_too),
        UNIT(stored_values_keep_their_form),
        UNIT(bounds_values),
        UNIT(bounds_the_whole),
        UNIT(bounds_members),
        UNIT(names_long_names),
        UNIT(hands_out_members),
        UNIT(takes_the_password),
        UNIT(normalises_single_values),
        UNIT(reads_numbers),
        UNIT(checks_the_final_state),
        UNIT(gets_attributes),
        UNIT(tidies),
        UNIT(lists_keys),
        UNIT(compares_by_case_exact),
        UNIT(tells_differences),
    };
    return unit_run("resource", tests, COUNT(tests));
}
