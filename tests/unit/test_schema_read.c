/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Definitions of schemas (RFC 7643 7, traps 3 and 4): each file of tests/data/schema/valid is taken and comes back the
 * same; each of tests/data/schema/invalid is refused with what its first line says.
 */
#include "scim.h"

#include "roster/scim/discovery.h"
#include "roster/scim/image.h"
#include "roster/scim/projection.h"
#include "roster/scim/schema_read.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static struct arena *arena;

/* A file of tests/data/schema/valid, in the arena. */
static struct str valid_file(const char *name)
{
    struct str text = unit_read(arena_printf(arena, "tests/data/schema/valid/%s", name)), copy = arena_str(arena, text);

    free((char *)text.p);
    return copy;
}

static struct str definition_of(const struct schema *s)
{
    struct buf b;

    buf_init(&b, arena);
    discovery_definition(&b, s);
    return buf_view(&b);
}

static void check_valid(const char *name, struct str text)
{
    struct error e = ERROR_INIT;
    const struct schema *s = schema_read(text, ATTR_OWN, arena, &e);

    if (!CHECK(s != NULL)) {
        printf("# %s: %s\n", name, e.sentence);
        return;
    }
    struct str once = definition_of(s);
    s = schema_read(once, ATTR_OWN, arena, &e);
    CHECK_FATAL(s != NULL);
    CHECK_STR(definition_of(s), once);
}

static void takes_the_valid(void)
{
    arena = arena_new(0);
    unit_each_file("tests/data/schema/valid", 3, check_valid);
    arena_free(&arena);
}

static void check_invalid(const char *name, struct str text)
{
    size_t line = str_find(text, '\n', 0);
    struct error e = ERROR_INIT;
    struct str why = str_sub(text, 3, line);

    CHECK(schema_read(str_sub(text, line + 1, text.len), ATTR_OWN, arena, &e) == NULL);
    if (!CHECK_INT(e.code, ERR_SCHEMA_INVALID) ||
        !CHECK_CSTR(e.sentence, arena_printf(arena, "The schema is not taken: %.*s", (int)why.len, why.p)))
        printf("# %s\n", name);
}

static void refuses_the_invalid(void)
{
    arena = arena_new(0);
    unit_each_file("tests/data/schema/invalid", 50, check_invalid);
    arena_free(&arena);
}

static void refuses_what_is_no_json(void)
{
    struct error e = ERROR_INIT;
    struct buf b;

    arena = arena_new(0);
    CHECK(schema_read(STR_LIT("{\"id\":\"urn:x9:a\",}"), ATTR_OWN, arena, &e) == NULL);
    CHECK_INT(e.code, ERR_SCHEMA_INVALID);
    e = ERROR_INIT;
    CHECK(schema_read(STR_LIT("null"), ATTR_OWN, arena, &e) == NULL);
    CHECK_CSTR(e.sentence, "The schema is not taken: the definition: it is not a JSON object");
    e = ERROR_INIT;
    buf_init(&b, arena);
    buf_puts(&b, "{\"id\":\"urn:x9:a\",\"attributes\":[{\"name\":\"a\"}]}");
    while (b.len <= SCHEMA_BYTES_MAX)
        buf_putc(&b, ' ');
    CHECK(schema_read(buf_view(&b), ATTR_OWN, arena, &e) == NULL);
    CHECK_CSTR(e.sentence, "The schema is not taken: the definition: it has more than 262144 bytes");
    e = ERROR_INIT;
    CHECK(schema_read(str_sub(buf_view(&b), 0, SCHEMA_BYTES_MAX), ATTR_OWN, arena, &e) != NULL);
    arena_free(&arena);
}

static const struct schema *every_type(uint16_t first, uint16_t number)
{
    struct error e = ERROR_INIT;
    struct schema *s = schema_read(valid_file("every-type.json"), first, arena, &e);

    CHECK_CSTR(e.sentence, "");
    if (s != NULL)
        s->number = number;
    return s;
}

/* RFC 7643 2.2: what is not said (trap 3). */
static void what_is_left_out_has_its_default(void)
{
    arena = arena_new(0);
    const struct schema *s = every_type(ATTR_OWN, 1);
    CHECK_FATAL(s != NULL);
    const struct attribute *plain = attribute_find(s->attributes, STR_LIT("PLAIN"));
    CHECK_FATAL(plain != NULL);
    CHECK(plain->type == ATTRIBUTE_STRING && !plain->multi && !plain->required && !plain->case_exact);
    CHECK(plain->mutability == MUTABILITY_READ_WRITE && plain->returned == RETURNED_DEFAULT);
    CHECK(plain->uniqueness == UNIQUENESS_NONE && plain->index == INDEX_NONE && plain->place == PLACE_RECORD);
    CHECK(plain->canonical == NULL && plain->references == NULL && plain->subs == NULL && plain->parent == NULL);
    CHECK_CSTR(plain->description, "");
    /* RFC 7643 2.3.6, 2.3.7: of these two letter case counts, unless a reference's definition says otherwise */
    CHECK(attribute_find(s->attributes, STR_LIT("key"))->case_exact);
    CHECK(attribute_find(s->attributes, STR_LIT("page"))->case_exact);
    struct error e = ERROR_INIT;
    s = schema_read(valid_file("from-discovery.json"), ATTR_OWN, arena, &e);
    CHECK_FATAL(s != NULL);
    CHECK(!attribute_find(s->attributes[1].subs, STR_LIT("$ref"))->case_exact);
    arena_free(&arena);
}

/* Names have no case, but these are looked for; a definition that was taken before must be read as long as it is stored. */
static void special_names_are_kept_as_the_rfc_writes_them(void)
{
    const char *text = "{\"id\":\"urn:example:special\",\"attributes\":[{\"name\":\"Value\",\"type\":\"string\"},"
                       "{\"name\":\"phones\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":["
                       "{\"name\":\"VALUE\",\"type\":\"string\"},{\"name\":\"Primary\",\"type\":\"boolean\"},"
                       "{\"name\":\"Other\",\"type\":\"string\"}]}]}";
    struct error e = ERROR_INIT;

    arena = arena_new(0);
    const struct schema *s = schema_read(str_of(text), ATTR_OWN, arena, &e);
    CHECK_CSTR(e.sentence, "");
    CHECK_FATAL(s != NULL);
    CHECK_CSTR(s->attributes[0].name, "Value");
    CHECK_CSTR(s->attributes[1].subs[0].name, "value");
    CHECK_CSTR(s->attributes[1].subs[1].name, "primary");
    CHECK_CSTR(s->attributes[1].subs[2].name, "Other");
    arena_free(&arena);
}

static void check_numbers(const struct attribute *list, const struct attribute *parent, uint16_t *next)
{
    for (const struct attribute *a = list; a->name != NULL; a++) {
        CHECK_INT(a->number, (*next)++);
        CHECK(a->parent == parent);
        if (a->subs != NULL)
            check_numbers(a->subs, a, next);
    }
}

/* Numbers stand in records: the same definition gives the same ones, in order. */
static void numbers_follow_the_text(void)
{
    uint16_t next = 2000;

    arena = arena_new(0);
    const struct schema *s = every_type(2000, 7);
    CHECK_FATAL(s != NULL);
    check_numbers(s->attributes, NULL, &next);
    CHECK_INT(schema_numbers(s), next - 2000);
    CHECK_INT(attribute_find(s->attributes, STR_LIT("badge"))->index, INDEX_UNIQUE);
    arena_free(&arena);
}

static void urns_clash_at_borders_only(void)
{
    static const struct {
        const char *a, *b;
        bool clash;
    } cases[] = {
        {"urn:x:a", "urn:x:a", true},       {"urn:x:a", "URN:X:A", true},      {"urn:x:a:b", "urn:x:a", true},
        {"urn:x:a", "urn:x:A.b", true},     {"urn:x:ab", "urn:x:a", false},    {"urn:x:a", "urn:x:b", false},
        {URN_USER ":mine", URN_USER, true}, {URN_ENTERPRISE, URN_USER, false},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK_INT(schema_urns_clash(str_of(cases[i].a), str_of(cases[i].b)), cases[i].clash);
        CHECK_INT(schema_urns_clash(str_of(cases[i].b), str_of(cases[i].a)), cases[i].clash);
    }
}

/* --- what the tables drive --- */

#define EXT "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User"

static const char body[] =
    "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"u\",\"" EXT "\":{\"badge\":\"B7\",\"remote\":\"True\",\"level\":3,"
    "\"ratio\":0.5,\"hired\":\"2026-11-25T09:00:00+01:00\",\"note\":\"n\",\"skills\":[\"C\",\"SQL\"],"
    "\"scores\":[1,2],\"desk\":{\"floor\":2,\"room\":\"R\",\"tags\":[\"a\",\"b\"]},"
    "\"devices\":[{\"value\":\"d1\",\"primary\":true},{\"value\":\"d2\",\"weight\":1.25}]},"
    "\"" URN_ENTERPRISE "\":{\"department\":\"D\"}}";

/* A type with a schema of number 9 beside the enterprise's 0. */
static struct resource_type type_with(const struct schema *s)
{
    const struct schema **x = arena_alloc(arena, 3 * sizeof *x);
    struct resource_type type = resource_type_user;

    x[0] = resource_type_user.extensions[0];
    x[1] = s;
    type.extensions = x;
    return type;
}

static struct str projected(const struct resource_type *type, const struct image *im, const char *only,
                            const char *without)
{
    struct error e = ERROR_INIT;
    struct projection *p = projection_parse(type, str_of(only), str_of(without), arena, &e);
    struct buf b;

    buf_init(&b, arena);
    projection_write(&b, im, p, STR_LIT("https://x"));
    buf_putc(&b, '}');
    struct json_object *v = json_read(arena, buf_view(&b), &e);
    CHECK_CSTR(e.sentence, "");
    return text_of(arena, json_member(v, EXT));
}

static struct image image_of(const struct resource_type *type, struct json_object *resource)
{
    static const struct image_facts facts = {.ordinal = 1, .version = 2};
    struct image im = {.type = NULL};
    struct buf b;

    buf_init(&b, arena);
    image_build(&b, type, resource, &facts);
    CHECK(image_open(&im, type, buf_view(&b)));
    return im;
}

/* RFC 7643 7: `request` is told only where it is named, and so is what is in such an attribute. */
static void projection_goes_by_the_tables(void)
{
    static const struct {
        const char *only, *without, *expected;
    } cases[] = {
        {NULL, EXT ":devices," EXT ":desk," EXT ":skills," EXT ":scores," EXT ":badge",
         "{\"remote\":true,\"level\":3,\"ratio\":0.5,\"hired\":\"2026-11-25T09:00:00+01:00\"}"},
        {EXT ":note", NULL, "{\"note\":\"n\"}"},
        {EXT ".desk.tags," EXT ":DEVICES.value", NULL,
         "{\"desk\":{\"tags\":[\"a\",\"b\"]},\"devices\":[{\"value\":\"d1\"},{\"value\":\"d2\"}]}"},
        {"scores", NULL, "{\"scores\":[1,2]}"},
        {"userName", NULL, "null"},
    };

    arena = arena_new(0);
    const struct schema *s = every_type(ATTR_OWN, 9);
    CHECK_FATAL(s != NULL);
    struct resource_type type = type_with(s);
    struct image im = image_of(&type, resource_of(arena, &type, body));
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(projected(&type, &im, cases[i].only, cases[i].without), str_of(cases[i].expected));
    struct str all = projected(&type, &im, NULL, NULL);
    CHECK(memmem(all.p, all.len, "\"note\"", 6) == NULL && memmem(all.p, all.len, "\"badge\"", 7) != NULL);
    arena_free(&arena);
}

/* An extension's number stands in the row, so that another schema that goes makes none unreadable. */
static void images_name_extensions_by_number(void)
{
    arena = arena_new(0);
    const struct schema *s = every_type(ATTR_OWN, 9);
    CHECK_FATAL(s != NULL);
    struct resource_type type = type_with(s), alone = type;
    struct json_object *resource = resource_of(arena, &type, body);
    struct image im = image_of(&type, resource);
    const struct schema *const only[] = {s, NULL};
    size_t found = 0;

    for (size_t i = 0; i < im.nvalues; i++) {
        struct image_value v = image_value(&im, i);
        if (v.attribute == ATTR_NONE)
            found |= v.element == 9 ? 1 : v.element == 0 ? 2 : 4;
    }
    CHECK_INT(found, 3);
    alone.extensions = only; /* the other one is not there any more */
    CHECK_STR(projected(&alone, &im, EXT ":level", NULL), STR_LIT("{\"level\":3}"));
    CHECK(extension_by_number(&alone, 9) == s && extension_by_number(&alone, 0) == NULL);
    CHECK(json_object_equal(image_resource(&im, arena), resource));
    arena_free(&arena);
}

static struct json_object *with_extension(const struct resource_type *type, const char *ext)
{
    return resource_of(arena, type,
                       arena_printf(arena, "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"u\",\"" EXT "\":%s}", ext));
}

/* RFC 7643 2.2, RFC 7644 3.5.1 (trap 13). */
static void immutable_values_stay(void)
{
    static const struct {
        const char *before, *after, *expected; /* expected NULL: ATTRIBUTE_IMMUTABLE */
    } cases[] = {
        {"{\"ticket\":\"T\"}", "{\"ticket\":\"T\",\"level\":1}", "{\"ticket\":\"T\",\"level\":1}"},
        {"{\"ticket\":\"T\"}", "{\"level\":1}", "{\"level\":1,\"ticket\":\"T\"}"},
        {"{\"level\":1}", "{\"ticket\":\"T\"}", "{\"ticket\":\"T\"}"},
        {"{\"level\":1}", "null", "null"},
        {"{\"ticket\":\"T\"}", "null", "{\"ticket\":\"T\"}"},
        {"{\"ticket\":\"T\"}", "{\"ticket\":\"t\"}", NULL},
    };
    static const char *const left_out[] = {"{\"level\":1}", "null"};

    arena = arena_new(0);
    const struct schema *s = every_type(ATTR_OWN, 9);
    CHECK_FATAL(s != NULL);
    struct resource_type type = type_with(s);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error e = ERROR_INIT;
        struct json_object *both[2];
        for (int j = 0; j < 2; j++)
            both[j] = with_extension(&type, j == 0 ? cases[i].before : cases[i].after);
        CHECK_INT(resource_keep_immutable(&type, both[0], both[1], true, arena, &e), cases[i].expected != NULL);
        if (cases[i].expected != NULL)
            CHECK_STR(text_of(arena, json_member(both[1], EXT)), str_of(cases[i].expected));
        else
            CHECK_CSTR(e.sentence, EXT ":ticket cannot be changed once it is set");
    }
    for (size_t i = 0; i < COUNT(left_out); i++) { /* PATCH got round it by removing what the value is in */
        struct error e = ERROR_INIT;
        struct json_object *before = with_extension(&type, "{\"ticket\":\"T\"}");

        CHECK(!resource_keep_immutable(&type, before, with_extension(&type, left_out[i]), false, arena, &e));
        CHECK_INT(e.code, ERR_ATTRIBUTE_IMMUTABLE);
        CHECK(resource_keep_immutable(&type, before, with_extension(&type, "{\"ticket\":\"T\"}"), false, arena, &e));
    }
    arena_free(&arena);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(takes_the_valid),
        UNIT(refuses_the_invalid),
        UNIT(refuses_what_is_no_json),
        UNIT(what_is_left_out_has_its_default),
        UNIT(special_names_are_kept_as_the_rfc_writes_them),
        UNIT(numbers_follow_the_text),
        UNIT(urns_clash_at_borders_only),
        UNIT(projection_goes_by_the_tables),
        UNIT(images_name_extensions_by_number),
        UNIT(immutable_values_stay),
    };
    return unit_run("schema_read", tests, COUNT(tests));
}
