/* SPDX-License-Identifier: Apache-2.0 */
#include "scim.h"

#include "roster/scim/image.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define USER        &resource_type_user
#define ID_TEXT     "2819c223-7f76-453a-919d-413861904646"

/* 2026-11-23T08:00:00.000Z and one day later. */
#define CREATED  INT64_C(1795420800000)
#define MODIFIED (CREATED + 86400000)

static struct image_facts facts_of(uint64_t version)
{
    struct image_facts f = {.ordinal = 7, .version = version, .created = CREATED, .modified = MODIFIED};

    CHECK(id_parse(STR_LIT(ID_TEXT), &f.id));
    return f;
}

static struct str build(struct arena *a, const struct resource_type *type, struct json_object *resource)
{
    struct image_facts facts = facts_of(17);
    struct buf b;

    buf_init(&b, a);
    image_build(&b, type, resource, &facts);
    return buf_view(&b);
}

static struct image open_user(struct arena *a, const char *body)
{
    struct image im;

    CHECK(image_open(&im, USER, build(a, USER, resource_of(a, USER, body))));
    return im;
}

static void renders_the_text(void)
{
    struct arena *a = arena_new(0);
    struct image im = open_user(a, USER_TEXT);

    CHECK_STR(
        im.text,
        STR_LIT("{\"schemas\":[\"" URN_USER "\",\"" URN_ENTERPRISE "\"],\"id\":\"" ID_TEXT "\","
                "\"externalId\":\"00u18ep2sjmnGT1wk698\",\"userName\":\"test.joiner@example.com\","
                "\"name\":{\"familyName\":\"Joiner\",\"givenName\":\"Test\"},\"displayName\":\"Test Joiner\","
                "\"title\":\"Lead Engineer\",\"locale\":\"en-US\",\"timezone\":\"America/New_York\",\"active\":true,"
                "\"emails\":[{\"value\":\"test.joiner@example.com\",\"type\":\"work\",\"primary\":true}],"
                "\"" URN_ENTERPRISE "\":{\"department\":\"Product Development\","
                "\"manager\":{\"value\":\"26118915-6090-4610\"}},"
                "\"meta\":{\"resourceType\":\"User\",\"created\":\"2026-11-23T08:00:00.000Z\","
                "\"lastModified\":\"2026-11-24T08:00:00.000Z\",\"version\":\"W/\\\"17\\\"\""));
    CHECK_STR(im.id, STR_LIT(ID_TEXT));
    CHECK_INT(im.ordinal, 7);
    CHECK_INT(im.version, 17);
    CHECK_INT(im.created, CREATED);
    CHECK_INT(im.modified, MODIFIED);
    CHECK(im.type == USER);
    CHECK(im.attributes.p == im.text.p);
    CHECK(str_starts(str_sub(im.text, im.attributes.len, im.text.len), STR_LIT(",\"meta\":{")));
    arena_free(&a);
}

/* Closed, the text is JSON, and without what the server adds it is the resource. */
static void text_is_the_resource(void)
{
    struct arena *a = arena_new(0);
    struct json_object *resource = resource_of(a, USER, USER_TEXT), *read;
    struct image im;
    struct error e = ERROR_INIT;
    struct buf b;

    CHECK_FATAL(image_open(&im, USER, build(a, USER, resource)));
    buf_init(&b, a);
    buf_str(&b, im.text);
    buf_puts(&b, "}}");
    read = json_read(a, buf_view(&b), &e);
    CHECK_FATAL(read != NULL);
    json_object_object_del(read, "schemas");
    json_object_object_del(read, "id");
    json_object_object_del(read, "meta");
    CHECK(json_object_equal(read, resource));
    CHECK(json_object_equal(image_resource(&im, a), resource));
    arena_free(&a);
}

static void schemas_name_what_is_there(void)
{
    struct arena *a = arena_new(0);
    struct image im = open_user(a, "{\"schemas\":[\"" URN_USER "\",\"" URN_ENTERPRISE "\"],\"userName\":\"u\"}");

    CHECK_STR(im.attributes, STR_LIT("{\"schemas\":[\"" URN_USER "\"],\"id\":\"" ID_TEXT "\",\"userName\":\"u\""));
    CHECK(image_open(&im, &resource_type_team,
                     build(a, &resource_type_team, json_of(a, "{\"displayName\":\"T\",\"externalId\":\"e\"}"))));
    CHECK_STR(im.attributes, STR_LIT("{\"schemas\":[\"" URN_GROUP "\"],\"id\":\"" ID_TEXT "\",\"externalId\":\"e\","
                                     "\"displayName\":\"T\""));
    arena_free(&a);
}

/* The part that tells whether anything changed does not know of versions and times. */
static void attributes_do_not_depend_on_facts(void)
{
    struct arena *a = arena_new(0);
    struct json_object *resource = resource_of(a, USER, USER_TEXT);
    struct image one, two, other;
    struct image_facts facts = facts_of(UINT64_MAX);
    struct buf b;

    buf_init(&b, a);
    facts.created = facts.modified = 0;
    facts.ordinal = UINT64_MAX;
    image_build(&b, USER, resource, &facts);
    CHECK(image_open(&one, USER, build(a, USER, resource)));
    CHECK(image_open(&two, USER, buf_view(&b)));
    CHECK_INT(two.version == UINT64_MAX && two.ordinal == UINT64_MAX, true);
    CHECK_STR(one.attributes, two.attributes);
    json_put_member(resource, "title", json_object_new_string("Other"));
    CHECK(image_open(&other, USER, build(a, USER, resource)));
    CHECK(!str_eq(one.attributes, other.attributes));
    arena_free(&a);
}

/* --- rows --- */

static const char *const kinds[] = {
    [IMAGE_MEMBER] = "member",   [IMAGE_SUB] = "sub",         [IMAGE_STRING] = "string",
    [IMAGE_ESCAPED] = "escaped", [IMAGE_LITERAL] = "literal",
};

static void rows_point_at_values(void)
{
    static const char *const rows[] = {
        "1.0 member \"schemas\":[\"" URN_USER "\",\"" URN_ENTERPRISE "\"]",
        "1.0 string \"" URN_USER "\"",
        "1.1 string \"" URN_ENTERPRISE "\"",
        "2.0 member \"id\":\"" ID_TEXT "\"",
        "2.0 string \"" ID_TEXT "\"",
        "100.0 member \"userName\":\"u\"",
        "100.0 string \"u\"",
        "110.0 member \"name\":{\"givenName\":\"a\\\"b\"}",
        "113.0 sub \"givenName\":\"a\\\"b\"",
        "113.0 escaped \"a\\\"b\"",
        "128.0 member \"active\":false",
        "128.0 literal false",
        "150.0 member \"emails\":[{\"value\":\"x\"},{\"value\":\"y\",\"primary\":true}]",
        "151.0 string \"x\"",
        "151.1 string \"y\"",
        "154.1 literal true",
        "0.0 member \"" URN_ENTERPRISE "\":{\"division\":\"d\",\"manager\":{\"value\":\"m\"}}",
        "503.0 sub \"division\":\"d\"",
        "503.0 string \"d\"",
        "510.0 sub \"manager\":{\"value\":\"m\"}",
        "511.0 sub \"value\":\"m\"",
        "511.0 string \"m\"",
    };
    struct arena *a = arena_new(0);
    struct image im =
        open_user(a, "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"u\",\"name\":{\"givenName\":\"a\\\"b\"},"
                     "\"active\":false,\"emails\":[{\"value\":\"x\"},{\"primary\":true,\"value\":\"y\"}],"
                     "\"" URN_ENTERPRISE "\":{\"manager\":{\"value\":\"m\"},\"division\":\"d\"}}");

    CHECK_INT(im.nvalues, COUNT(rows));
    for (size_t i = 0; i < im.nvalues && i < COUNT(rows); i++) {
        struct image_value v = image_value(&im, i);
        CHECK_CSTR(arena_printf(a, "%u.%u %s %.*s", v.attribute, v.element, kinds[v.kind], (int)v.text.len, v.text.p),
                   rows[i]);
    }
    arena_free(&a);
}

static void leaves_are_read(void)
{
    struct arena *a = arena_new(0);
    struct image im = open_user(a, "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"\\u00fc\\n\\\"\\\\\\u0001/\","
                                   "\"active\":true,\"emails\":[{\"type\":\"work\"},{\"value\":\"x\"}]}");

    CHECK_STR(image_leaf(&im, ATTR_USER_NAME, a), STR_LIT("\xC3\xBC\n\"\\\x01/"));
    CHECK_STR(image_leaf(&im, ATTR_ID, a), STR_LIT(ID_TEXT));
    CHECK_STR(image_leaf(&im, 128, a), STR_LIT("true"));
    CHECK_STR(image_leaf(&im, ATTR_USER_EMAILS_VALUE, a), STR_LIT("x"));
    CHECK(image_leaf(&im, 150, a).p == NULL);
    CHECK(image_leaf(&im, ATTR_EXTERNAL_ID, a).p == NULL);
    arena_free(&a);
}

static void takes_a_thousand_values(void)
{
    struct arena *a = arena_new(0);
    struct buf b;
    struct image im;

    buf_init(&b, a);
    buf_puts(&b, "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"u\",\"addresses\":[");
    for (int i = 0; i < ATTRIBUTE_VALUES_MAX; i++)
        buf_printf(&b, "%s{\"value\":\"v%d\",\"country\":\"DE\",\"type\":\"t\"}", i == 0 ? "" : ",", i);
    buf_puts(&b, "]}");
    im = open_user(a, buf_cstr(&b));
    CHECK_INT(im.nvalues, 7 + 3 * ATTRIBUTE_VALUES_MAX);
    struct image_value last = image_value(&im, im.nvalues - 3);
    CHECK_INT(last.element, ATTRIBUTE_VALUES_MAX - 1);
    CHECK_STR(last.text, STR_LIT("\"v999\""));
    arena_free(&a);
}

/* --- what is no image --- */

static struct str changed(struct arena *a, struct str image, size_t at, const void *bytes, size_t n)
{
    struct str copy = arena_str(a, image);

    memcpy((char *)copy.p + at, bytes, n);
    return copy;
}

static void refuses_what_is_no_image(void)
{
    struct arena *a = arena_new(0);
    struct str good = build(a, USER, resource_of(a, USER, USER_TEXT));
    struct image im;
    struct buf longer;
    size_t rows = 44;

    CHECK(image_open(&im, USER, good));
    for (size_t n = 0; n < good.len; n++)
        CHECK(!image_open(&im, USER, arena_str(a, str_sub(good, 0, n))));
    buf_init(&longer, a);
    buf_str(&longer, good);
    buf_putc(&longer, '"');
    CHECK(!image_open(&im, USER, buf_view(&longer)));
    CHECK(!image_open(&im, &resource_type_team, good));
    CHECK(!image_open(&im, USER, changed(a, good, 0, "\x02", 1)));
    CHECK(!image_open(&im, USER, changed(a, good, 2, "\xff\xff", 2)));
    CHECK(!image_open(&im, USER, changed(a, good, 4, "\xff\xff\xff\xff", 4)));
    CHECK(!image_open(&im, USER, changed(a, good, 40, "\xff\xff\xff\xff", 4)));
    CHECK(!image_open(&im, USER, changed(a, good, 40, "\0\0\0\0", 4)));
    CHECK(!image_open(&im, USER, changed(a, good, rows + 4, "\xff\xff\xff\xff", 4)));
    CHECK(!image_open(&im, USER, changed(a, good, rows + 8, "\xff\xff\xff\xff", 4)));
    CHECK(!image_open(&im, USER, changed(a, good, rows + 8, "\x07", 1)));
    CHECK(!image_open(&im, USER, changed(a, good, rows + 12 + 8, "\x02", 1)));
    arena_free(&a);
}

/* Text that image_build() cannot have written ends the process. */
static void aborts_over_foreign_text(void)
{
    struct arena *a = arena_new(0);
    struct str good = build(a, USER, resource_of(a, USER, USER_TEXT));
    struct image im;
    const char *user_name = memmem(good.p, good.len, "\"userName\":", 11);
    int status = 0;

    CHECK_FATAL(user_name != NULL);
    CHECK_FATAL(image_open(&im, USER, changed(a, good, (size_t)(user_name - good.p) + 10, "?", 1)));
    pid_t pid = fork();
    if (pid == 0) {
        close(STDERR_FILENO);
        image_resource(&im, a);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    arena_free(&a);
}

static void writes_etags(void)
{
    struct arena *a = arena_new(0);
    struct buf b;

    buf_init(&b, a);
    image_etag(&b, 17);
    buf_putc(&b, ' ');
    image_etag(&b, UINT64_MAX);
    CHECK_STR(buf_view(&b), STR_LIT("W/\"17\" W/\"18446744073709551615\""));
    arena_free(&a);
}

/* An image is appended to what the buffer has. */
static void appends(void)
{
    struct arena *a = arena_new(0);
    struct image_facts facts = facts_of(17);
    struct json_object *resource = resource_of(a, USER, USER_TEXT);
    struct buf b;

    buf_init(&b, a);
    buf_puts(&b, "before");
    image_build(&b, USER, resource, &facts);
    CHECK(str_starts(buf_view(&b), STR_LIT("before")));
    CHECK_STR(str_sub(buf_view(&b), 6, b.len), build(a, USER, resource));
    arena_free(&a);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(renders_the_text),
        UNIT(text_is_the_resource),
        UNIT(schemas_name_what_is_there),
        UNIT(attributes_do_not_depend_on_facts),
        UNIT(rows_point_at_values),
        UNIT(leaves_are_read),
        UNIT(takes_a_thousand_values),
        UNIT(refuses_what_is_no_image),
        UNIT(aborts_over_foreign_text),
        UNIT(writes_etags),
        UNIT(appends),
    };
    return unit_run("image", tests, COUNT(tests));
}
