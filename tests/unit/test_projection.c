/* SPDX-License-Identifier: Apache-2.0 */
#include "scim.h"

#include "roster/scim/projection.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define GROUP       &resource_type_team
#define USER        &resource_type_user
#define ID_TEXT     "2819c223-7f76-453a-919d-413861904646"
#define BASE        "https://x/scim/v2"

/* 2026-11-23T08:00:00.000Z */
#define CREATED INT64_C(1795420800000)

#define BODY                                                                                                           \
    "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"u\",\"externalId\":\"e\",\"name\":{\"familyName\":\"F\","          \
    "\"givenName\":\"G\"},\"active\":true,\"emails\":[{\"value\":\"a\",\"type\":\"work\"},{\"type\":\"home\"},"        \
    "{\"value\":\"b\",\"primary\":true}],\"" URN_ENTERPRISE "\":{\"department\":\"D\",\"division\":\"V\","             \
    "\"manager\":{\"value\":\"m\",\"$ref\":\"r\"}}}"

#define SCHEMAS  "\"schemas\":[\"" URN_USER "\",\"" URN_ENTERPRISE "\"]"
#define ALWAYS   "{" SCHEMAS ",\"id\":\"" ID_TEXT "\""
#define EXTERNAL ",\"externalId\":\"e\""
#define USERNAME ",\"userName\":\"u\""
#define NAME     ",\"name\":{\"familyName\":\"F\",\"givenName\":\"G\"}"
#define ACTIVE   ",\"active\":true"
#define EMAILS                                                                                                         \
    ",\"emails\":[{\"value\":\"a\",\"type\":\"work\"},{\"type\":\"home\"},{\"value\":\"b\",\"primary\":true}]"
#define MANAGER  "\"manager\":{\"value\":\"m\",\"$ref\":\"r\"}"
#define WORK     ",\"" URN_ENTERPRISE "\":{\"division\":\"V\",\"department\":\"D\"," MANAGER "}"
#define TIMES    "\"created\":\"2026-11-23T08:00:00.000Z\",\"lastModified\":\"2026-11-23T08:00:01.000Z\""
#define LOCATION "\"location\":\"" BASE "/Users/" ID_TEXT "\""
#define VERSION  "\"version\":\"W/\\\"17\\\"\""
#define META     ",\"meta\":{\"resourceType\":\"User\"," TIMES "," LOCATION "," VERSION "}"

static struct image image_of(struct arena *a)
{
    struct image_facts facts = {.ordinal = 7, .version = 17, .created = CREATED, .modified = CREATED + 1000};
    struct image im;
    struct buf b;

    CHECK(id_parse(STR_LIT(ID_TEXT), &facts.id));
    buf_init(&b, a);
    image_build(&b, USER, resource_of(a, USER, BODY), &facts);
    CHECK(image_open(&im, USER, buf_view(&b)));
    return im;
}

static struct projection *parse(struct arena *a, const struct resource_type *type, const char *attributes,
                                const char *excluded)
{
    struct error e = ERROR_INIT;
    struct projection *p = projection_parse(type, str_of(attributes), str_of(excluded), a, &e);

    CHECK_INT(e.code, ERR_NONE);
    return p;
}

static struct str written(struct arena *a, const struct image *im, const struct projection *p)
{
    struct buf b;

    buf_init(&b, a);
    projection_write(&b, im, p, STR_LIT(BASE));
    return buf_view(&b);
}

/* --- what is written --- */

static const struct {
    const char *attributes, *excluded, *answer;
} cases[] = {
    /* attributes: what is always there and what is named */
    {"userName", NULL, ALWAYS USERNAME},
    {"USERNAME , active", NULL, ALWAYS USERNAME ACTIVE},
    {"active,userName", NULL, ALWAYS USERNAME ACTIVE},
    {"id", NULL, ALWAYS},
    {"nothing,,name.nothing", NULL, ALWAYS},
    {",", NULL, ALWAYS},
    {"title", NULL, ALWAYS},
    {"password", NULL, ALWAYS},
    {"externalId", NULL, ALWAYS EXTERNAL},
    {"name", NULL, ALWAYS NAME},
    {"name.familyName", NULL, ALWAYS ",\"name\":{\"familyName\":\"F\"}"},
    {"name.GIVENNAME,name.familyName", NULL, ALWAYS NAME},
    {"name.middleName", NULL, ALWAYS},
    {"emails", NULL, ALWAYS EMAILS},
    {"emails.value", NULL, ALWAYS ",\"emails\":[{\"value\":\"a\"},{\"value\":\"b\"}]"},
    {"emails.type,emails.primary", NULL,
     ALWAYS ",\"emails\":[{\"type\":\"work\"},{\"type\":\"home\"},{\"primary\":true}]"},
    {"emails.display", NULL, ALWAYS},
    {"emails[type eq \"a,b]\\\",\"].value,active", NULL,
     ALWAYS ACTIVE ",\"emails\":[{\"value\":\"a\"},{\"value\":\"b\"}]"},
    {"urn:ietf:params:scim:schemas:core:2.0:USER:userName", NULL, ALWAYS USERNAME},
    {URN_USER ":name.givenName", NULL, ALWAYS ",\"name\":{\"givenName\":\"G\"}"},
    {URN_ENTERPRISE, NULL, ALWAYS WORK},
    {URN_ENTERPRISE ":department", NULL, ALWAYS ",\"" URN_ENTERPRISE "\":{\"department\":\"D\"}"},
    {URN_ENTERPRISE ":manager", NULL, ALWAYS ",\"" URN_ENTERPRISE "\":{" MANAGER "}"},
    {URN_ENTERPRISE ":manager.value", NULL, ALWAYS ",\"" URN_ENTERPRISE "\":{\"manager\":{\"value\":\"m\"}}"},
    {URN_ENTERPRISE ":costCenter", NULL, ALWAYS},
    {URN_ENTERPRISE ":manager.displayName", NULL, ALWAYS},
    {"meta", NULL, ALWAYS META},
    {"meta.location", NULL, ALWAYS ",\"meta\":{" LOCATION "}"},
    {"meta.version,meta.resourceType", NULL, ALWAYS ",\"meta\":{\"resourceType\":\"User\"," VERSION "}"},
    {"meta.created,meta.lastModified", NULL, ALWAYS ",\"meta\":{" TIMES "}"},

    /* excludedAttributes: what is not always there and not named */
    {NULL, "userName", ALWAYS EXTERNAL NAME ACTIVE EMAILS WORK META},
    {NULL, "emails,NAME," URN_ENTERPRISE, ALWAYS EXTERNAL USERNAME ACTIVE META},
    {NULL, "id,schemas,active", ALWAYS EXTERNAL USERNAME NAME EMAILS WORK META},
    {NULL, "name.familyName", ALWAYS EXTERNAL USERNAME ",\"name\":{\"givenName\":\"G\"}" ACTIVE EMAILS WORK META},
    {NULL, "name.familyName,name.givenName", ALWAYS EXTERNAL USERNAME ACTIVE EMAILS WORK META},
    {NULL, "emails.type,emails.primary",
     ALWAYS EXTERNAL USERNAME NAME ACTIVE ",\"emails\":[{\"value\":\"a\"},{\"value\":\"b\"}]" WORK META},
    {NULL, URN_ENTERPRISE ":department,manager.value,meta",
     ALWAYS EXTERNAL USERNAME NAME ACTIVE EMAILS ",\"" URN_ENTERPRISE
                                                 "\":{\"division\":\"V\",\"manager\":{\"$ref\":\"r\"}}"},
    {NULL, "meta.location,meta.version",
     ALWAYS EXTERNAL USERNAME NAME ACTIVE EMAILS WORK ",\"meta\":{\"resourceType\":\"User\"," TIMES "}"},
};

static void writes_what_is_asked(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new(0);
        struct image im = image_of(a);
        struct projection *p = parse(a, USER, cases[i].attributes, cases[i].excluded);
        CHECK(p != NULL);
        if (!CHECK_STR(written(a, &im, p), str_of(cases[i].answer)))
            printf("# %s - %s\n", cases[i].attributes, cases[i].excluded);
        arena_free(&a);
    }
}

static void everything_is_a_copy(void)
{
    struct arena *a = arena_new(0);
    struct image im = image_of(a);

    CHECK_STR(written(a, &im, NULL),
              STR_LIT(ALWAYS EXTERNAL USERNAME NAME ACTIVE EMAILS WORK ",\"meta\":{\"resourceType\":\"User\"," TIMES
                                                                       "," VERSION "," LOCATION "}"));
    arena_free(&a);
}

static void nothing_to_leave_out_is_everything(void)
{
    struct arena *a = arena_new(0);

    CHECK(parse(a, USER, NULL, NULL) == NULL);
    CHECK(parse(a, USER, "", " ") == NULL);
    CHECK(parse(a, USER, NULL, "id,schemas,nothing,password") == NULL);
    CHECK(parse(a, GROUP, NULL, "members") != NULL);
    CHECK(parse(a, USER, NULL, "members") == NULL);
    arena_free(&a);
}

static void refuses_both(void)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;

    CHECK(projection_parse(USER, STR_LIT("userName"), STR_LIT("name"), a, &e) == NULL);
    CHECK_INT(e.code, ERR_PARAMETER_CONFLICT);
    e = ERROR_INIT;
    CHECK(projection_parse(USER, STR_LIT("userName"), STR_LIT(""), a, &e) != NULL);
    CHECK_INT(e.code, ERR_NONE);
    arena_free(&a);
}

/* A megabyte of names took 150, two of them the worker. */
static void refuses_endless_lists(void)
{
    for (size_t len = PROJECTION_BYTES_MAX; len <= PROJECTION_BYTES_MAX + 1; len++) {
        struct arena *a = arena_new((size_t)16 << 20);
        struct error e = ERROR_INIT;
        char *names = arena_alloc(a, len);

        for (size_t i = 0; i < len; i++)
            names[i] = "a[],"[i % 4];
        projection_parse(USER, str_make(names, len), STR_NULL, a, &e);
        CHECK_INT(e.code, len > PROJECTION_BYTES_MAX ? ERR_PARAMETER_INVALID : ERR_NONE);
        e = ERROR_INIT;
        projection_parse(USER, STR_NULL, str_make(names, len), a, &e);
        CHECK_INT(e.code, len > PROJECTION_BYTES_MAX ? ERR_PARAMETER_INVALID : ERR_NONE);
        arena_free(&a);
    }
}

/* --- what is wanted --- */

static const struct attribute *find(const struct resource_type *type, const char *name)
{
    return attribute_find(type->core->attributes, str_of(name));
}

static void knows_what_is_wanted(void)
{
    struct arena *a = arena_new(0);
    const struct attribute *members = find(GROUP, "members"), *groups = find(USER, "groups");
    const struct attribute *value = attribute_find(members->subs, STR_LIT("value"));
    const struct attribute *display = attribute_find(members->subs, STR_LIT("display"));

    CHECK(projection_wants(NULL, members) && projection_wants(NULL, groups));
    CHECK(!projection_wants(NULL, find(USER, "password")));
    CHECK(projection_wants_sub(NULL, members, value));

    struct projection *p = parse(a, GROUP, NULL, "members");
    CHECK(!projection_wants(p, members));
    CHECK(!projection_wants_sub(p, members, value));
    CHECK(projection_wants(p, find(GROUP, "displayName")));

    p = parse(a, GROUP, "members.value", NULL);
    CHECK(projection_wants(p, members));
    CHECK(projection_wants_sub(p, members, value) && !projection_wants_sub(p, members, display));
    CHECK(!projection_wants(p, find(GROUP, "displayName")));

    p = parse(a, GROUP, NULL, "members.display");
    CHECK(projection_wants(p, members));
    CHECK(projection_wants_sub(p, members, value) && !projection_wants_sub(p, members, display));

    p = parse(a, USER, "userName", NULL);
    CHECK(!projection_wants(p, groups) && projection_wants(p, find(USER, "userName")));
    CHECK(!projection_wants(p, attribute_by_number(USER, ATTR_META)));
    CHECK(projection_wants(p, attribute_by_number(USER, ATTR_ID)));
    p = parse(a, USER, "groups", NULL);
    CHECK(projection_wants(p, groups) && projection_wants(p, attribute_by_number(USER, ATTR_USER_GROUPS_VALUE)));
    arena_free(&a);
}

/* Attributes that are returned on request alone, or always although they are no common ones. */
static void respects_returned(void)
{
    static const struct attribute list[] = {
        {.number = 700, .name = "plain"},
        {.number = 701, .name = "always", .returned = RETURNED_ALWAYS},
        {.number = 702, .name = "request", .returned = RETURNED_REQUEST},
        {.number = 703, .name = "never", .returned = RETURNED_NEVER},
        {.name = NULL},
    };
    static const struct schema schema = {.urn = "urn:x", .name = "X", .description = "X.", .attributes = list};
    static const struct schema *const none[] = {NULL};
    static const struct resource_type type = {9, "X", "/Xs", "Xs.", &schema, none};
    static const struct {
        const char *attributes, *excluded;
        bool plain, always, request;
    } asked[] = {
        {NULL, NULL, true, true, false},     {"plain", NULL, true, true, false},  {"request", NULL, false, true, true},
        {"never", NULL, false, true, false}, {NULL, "always", true, true, false}, {NULL, "plain", false, true, false},
    };
    struct arena *a = arena_new(0);

    for (size_t i = 0; i < COUNT(asked); i++) {
        struct projection *p = parse(a, &type, asked[i].attributes, asked[i].excluded);
        CHECK_INT(projection_wants(p, &list[0]), asked[i].plain);
        CHECK_INT(projection_wants(p, &list[1]), asked[i].always);
        CHECK_INT(projection_wants(p, &list[2]), asked[i].request);
        CHECK(!projection_wants(p, &list[3]));
    }
    arena_free(&a);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(writes_what_is_asked), UNIT(everything_is_a_copy),  UNIT(nothing_to_leave_out_is_everything),
        UNIT(refuses_both),         UNIT(refuses_endless_lists), UNIT(knows_what_is_wanted),
        UNIT(respects_returned),
    };
    return unit_run("projection", tests, COUNT(tests));
}
