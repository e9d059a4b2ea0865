/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/base/json.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena *arena;

static struct json_object *read_text(struct str text)
{
    struct error e = ERROR_INIT;
    struct json_object *v = json_read(arena, text, &e);

    CHECK_CSTR(e.sentence, "");
    return v;
}

static struct str written(struct json_object *v)
{
    struct buf b;

    buf_init(&b, arena);
    json_write(&b, v);
    return buf_view(&b);
}

/* json-c's own reading, from which ours may not differ. */
static struct json_object *by_json_c(struct str text)
{
    struct json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX + 2);

    json_tokener_set_flags(t, JSON_TOKENER_STRICT);
    struct json_object *v = json_tokener_parse_ex(t, text.p, (int)text.len);
    if (json_tokener_get_error(t) == json_tokener_continue) /* a number at the top is over where a NUL follows */
        v = json_tokener_parse_ex(t, "", 1);
    CHECK_INT(json_tokener_get_error(t), json_tokener_success);
    json_tokener_free(t);
    return json_own(arena, v);
}

/* --- the files of tests/data/json --- */

static void check_valid(const char *name, struct str text)
{
    struct error e = ERROR_INIT;

    if (!json_scan(text, JSON_DEPTH_MAX, &e))
        CHECK_CSTR(name, e.sentence);
    struct json_object *v = json_read(arena, text, &e);
    bool is_null = str_eq(str_trim(str_of(name)), STR_LIT("top-null.json")) || strcmp(name, "top-spaced.json") == 0;
    CHECK_INT(error_is_set(&e), false);
    CHECK_INT(v == NULL, is_null);
    if (!json_equal(v, by_json_c(text)))
        CHECK_CSTR(name, "read as json-c reads it");
    /* What we write is read as the same value, and written the same again. */
    struct str once = written(v);
    struct json_object *again = read_text(once);
    if (!json_object_equal(v, again))
        CHECK_CSTR(name, "read as it was written");
    CHECK_STR(written(again), once);
}

/* The file's name begins with its error's code. */
static void check_invalid(const char *name, struct str text)
{
    static const struct {
        const char *prefix;
        enum error_code code;
    } kinds[] = {
        {"malformed--", ERR_JSON_MALFORMED},           {"not-utf8--", ERR_JSON_NOT_UTF8},
        {"duplicate-name--", ERR_JSON_DUPLICATE_NAME}, {"too-deep--", ERR_JSON_TOO_DEEP},
        {"number-range--", ERR_JSON_NUMBER_RANGE},
    };
    struct error e = ERROR_INIT;

    CHECK(!json_scan(text, JSON_DEPTH_MAX, &e));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!str_starts(str_of(name), str_of(kinds[i].prefix)))
            continue;
        if (!CHECK_INT(e.code, kinds[i].code))
            CHECK_CSTR(e.sentence, name);
        e = ERROR_INIT;
        CHECK(json_read(arena, text, &e) == NULL);
        CHECK_INT(e.code, kinds[i].code);
        return;
    }
    CHECK_CSTR(name, "a name that begins with an error's code");
}

static void takes_valid_texts(void)
{
    arena = arena_new(0);
    unit_each_file("tests/data/json/valid", 55, check_valid);
    arena_free(&arena);
}

static void refuses_invalid_texts(void)
{
    arena = arena_new(0);
    unit_each_file("tests/data/json/invalid", 150, check_invalid);
    arena_free(&arena);
}

/* No beginning of a valid array or object is valid, nor read where it is not scanned. */
static void check_beginnings(const char *name, struct str text)
{
    struct str trimmed = text;

    while (trimmed.len > 0 && strchr(" \t\r\n", trimmed.p[trimmed.len - 1]) != NULL)
        trimmed.len--;
    if (trimmed.len == 0 || (trimmed.p[trimmed.len - 1] != ']' && trimmed.p[trimmed.len - 1] != '}'))
        return;
    for (size_t len = 0; len < trimmed.len; len += 1 + len / 500) {
        struct error e = ERROR_INIT;
        char *copy = malloc(len > 0 ? len : 1);
        CHECK_FATAL(copy != NULL);
        memcpy(copy, text.p, len);
        if (json_scan(str_make(copy, len), JSON_DEPTH_MAX, &e))
            CHECK_CSTR(name, "refused when cut");
        if (json_read_own(arena, str_make(copy, len)) != NULL)
            CHECK_CSTR(name, "not read when cut");
        free(copy);
    }
}

static void refuses_every_cut_text(void)
{
    arena = arena_new(0);
    unit_each_file("tests/data/json/valid", 55, check_beginnings);
    arena_free(&arena);
    CHECK(true);
}

/* --- what the errors say --- */

static void tells_where(void)
{
    static const struct {
        struct str text;
        const char *sentence;
    } cases[] = {
        {STR_LIT(""), "The body is not JSON: it ends too early at offset 0"},
        {STR_LIT("{\"a\":1"), "The body is not JSON: it ends too early at offset 6"},
        {STR_LIT("[1,]"), "The body is not JSON: a value is missing at offset 3"},
        {STR_LIT("[1 2]"), "The body is not JSON: a comma is missing at offset 3"},
        {STR_LIT("{\"a\" 1}"), "The body is not JSON: a colon is missing at offset 5"},
        {STR_LIT("{a:1}"), "The body is not JSON: a member's name is missing at offset 1"},
        {STR_LIT("{} x"), "The body is not JSON: something follows the value at offset 3"},
        {STR_LIT("[\"\\q\"]"), "The body is not JSON: an escape is unknown at offset 2"},
        {STR_LIT("[\"a\\u0000\"]"), "The body is not JSON: there is a NUL character at offset 3"},
        {STR_LIT("[\"\\ud800\"]"), "The body is not JSON: there is half a surrogate pair at offset 2"},
        {STR_LIT("[\"12345678\t\"]"), "The body is not JSON: a control character stands in a string at offset 10"},
        {STR_LIT("[01]"), "The body is not JSON: a number begins with 0 at offset 1"},
        {STR_LIT("[1.]"), "The body is not JSON: a number is malformed at offset 3"},
        {STR_LIT("[nul]"), "The body is not JSON: there is an unknown word at offset 1"},
        {STR_LIT("[\"ab\xff\"]"), "The body is not UTF-8 at offset 4"},
        {STR_LIT("{\"a\":1,\"b\":2,\"A\":3}"), "The name A occurs twice in one object, at offset 13"},
        {STR_LIT("[[[[[[[[[[[[[[[[["), "The body is nested deeper than 16 levels, at offset 16"},
        {STR_LIT("[-1e999]"), "The number at offset 1 is out of range"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error e = ERROR_INIT;
        CHECK(!json_scan(cases[i].text, JSON_DEPTH_MAX, &e));
        CHECK_CSTR(e.sentence, cases[i].sentence);
    }
}

static void keeps_to_the_depth_given(void)
{
    for (int depth = 1; depth <= 64; depth++) {
        char text[130];
        struct error e = ERROR_INIT;
        memset(text, '[', 64);
        memset(text + depth, ']', (size_t)depth);
        CHECK(json_scan(str_make(text, 2 * (size_t)depth), depth, &e));
        CHECK(!error_is_set(&e));
        if (depth > 1)
            CHECK(!json_scan(str_make(text, 2 * (size_t)depth), depth - 1, &e));
    }
}

/* Objects of all sizes around the limits between the ways of comparing; the duplicate at every place. */
static void finds_duplicates_in_objects_of_any_size(void)
{
    arena = arena_new(0);
    for (int n = 1; n < 150; n += 1 + n / 40) {
        for (int twice = -1; twice < n; twice += 1 + n / 10) {
            struct buf b;
            struct error e = ERROR_INIT;
            buf_init(&b, arena);
            buf_putc(&b, '{');
            for (int i = 0; i < n; i++)
                buf_printf(&b, "\"Name%d\":{\"name%d\":0},", i, i);
            buf_printf(&b, "\"%s%d\":0}", twice >= 0 ? "naM\\u0065" : "other", twice);
            CHECK_INT(json_scan(buf_view(&b), 16, &e), twice < 0);
            CHECK_INT(e.code, twice < 0 ? ERR_NONE : ERR_JSON_DUPLICATE_NAME);
        }
        arena_reset(arena);
    }
    arena_free(&arena);
}

/* A million small members, in a fraction of the time that comparing each with each would take. */
static void copes_with_many_names(void)
{
    struct buf b;
    struct error e = ERROR_INIT;

    arena = arena_new(0);
    buf_init(&b, arena);
    for (int i = 0; i < 300000; i++)
        buf_printf(&b, "%c\"%x\":0", i == 0 ? '{' : ',', i);
    buf_putc(&b, '}');
    CHECK(json_scan(buf_view(&b), 16, &e));
    b.len--;
    buf_puts(&b, ",\"493DF\":1}");
    CHECK(!json_scan(buf_view(&b), 16, &e));
    CHECK_INT(e.code, ERR_JSON_DUPLICATE_NAME);
    CHECK(strstr(e.sentence, "493DF") != NULL);
    arena_free(&arena);
}

/* --- values --- */

static void reads_its_own_writing(void)
{
    static const char text[] = "{\"a\":[1,-2.5,1e300,true,null,\"\\u0001\\\"\xc3\xa9\"],\"b\":{\"c\":{}}}";
    static const char *const broken[] = {"{}{}",
                                         "[1 2]",
                                         "[1,]",
                                         "{\"a\"}",
                                         "{\"a\":}",
                                         "{1:2}",
                                         "[tru]",
                                         "[-]",
                                         "[01]",
                                         "nul",
                                         "\"\\u12\"",
                                         "\"\\ud800\"",
                                         "\"\\x\"",
                                         "\"\xff\"",
                                         "\"\t\"",
                                         "[1e999]",
                                         "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"};
    arena = arena_new(0);
    struct str first = written(json_read_own(arena, str_of(text)));
    CHECK(json_read_own(arena, STR_LIT("{\"a\"")) == NULL);
    CHECK(json_read_own(arena, STR_LIT("")) == NULL);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        if (json_read_own(arena, str_of(broken[i])) != NULL)
            CHECK_CSTR(broken[i], "not read");
    CHECK_STR(written(json_read_own(arena, first)), first);
    CHECK_STR(first, written(read_text(str_of(text))));
    arena_free(&arena);
}

static void reads_values(void)
{
    arena = arena_new(0);
    struct json_object *v =
        read_text(STR_LIT(" {\"s\":\"a\\u00fc\\ud83d\\ude00\",\"i\":-9223372036854775808,\"d\":1.50,"
                          "\"b\":true,\"n\":null,\"a\":[1,2],\"o\":{\"x\":1}} "));
    CHECK_FATAL(v != NULL);
    CHECK_STR(json_str(json_member(v, "s")), STR_LIT("a\xc3\xbc\xf0\x9f\x98\x80"));
    CHECK_INT(json_object_get_int64(json_member(v, "i")), INT64_MIN);
    CHECK(json_object_get_double(json_member(v, "d")) == 1.5);
    CHECK(json_object_get_boolean(json_member(v, "b")));
    CHECK(json_member(v, "n") == NULL);
    CHECK_INT(json_object_array_length(json_member(v, "a")), 2);
    CHECK_INT(json_object_get_int64(json_member(json_member(v, "O"), "X")), 1);
    arena_free(&arena);
}

static void reads_numbers_at_the_top(void)
{
    static const char *const texts[] = {"0", "7", "-12", "9223372036854775807", " 3 ", "\n4\n"};
    static const long long values[] = {0, 7, -12, INT64_MAX, 3, 4};

    arena = arena_new(0);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct json_object *v = read_text(str_of(texts[i]));
        CHECK(json_object_is_type(v, json_type_int));
        CHECK_INT(json_object_get_int64(v), values[i]);
    }
    arena_free(&arena);
}

static void finds_members_without_case(void)
{
    arena = arena_new(0);
    struct json_object *v = read_text(STR_LIT("{\"userName\":1,\"user\":2,\"nothing\":null,\"\":3}"));
    CHECK_INT(json_object_get_int64(json_member(v, "USERNAME")), 1);
    CHECK_INT(json_object_get_int64(json_member(v, "User")), 2);
    CHECK_INT(json_object_get_int64(json_member(v, "")), 3);
    CHECK(json_member(v, "use") == NULL);
    CHECK(json_member(v, "userNames") == NULL);
    CHECK(json_member(v, "nothing") == NULL);
    CHECK(json_member(NULL, "a") == NULL);
    CHECK(json_member(read_text(STR_LIT("[1]")), "a") == NULL);
    CHECK(json_member(read_text(STR_LIT("\"a\"")), "a") == NULL);
    arena_free(&arena);
}

static void writes_values(void)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{ }", "{}"},
        {"[ ]", "[]"},
        {"null", "null"},
        {" [ null , true , false ] ", "[null,true,false]"},
        {"{\"b\":1,\"a\":{\"c\":[{}]}}", "{\"b\":1,\"a\":{\"c\":[{}]}}"},
        {"[0,-0,1,-1,9223372036854775807,-9223372036854775808]", "[0,0,1,-1,9223372036854775807,-9223372036854775808]"},
        {"[1.0,1.50,1e5,-0.0,1E-7]", "[1.0,1.50,1e5,-0.0,1E-7]"},
        {"[\"a\\/b\\u002f\\u00fc\\u0001\\n\\\"\"]", "[\"a/b/\xc3\xbc\\u0001\\n\\\"\"]"},
        {"{\"\\u0022\":\"\"}", "{\"\\\"\":\"\"}"},
    };

    arena = arena_new(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_STR(written(read_text(str_of(cases[i].in))), str_of(cases[i].out));
    arena_free(&arena);
}

static void clones_and_puts(void)
{
    arena = arena_new(0);
    struct json_object *v = read_text(STR_LIT("{\"a\":{\"b\":[1.50,2]}}")), *copy = json_clone(v);
    CHECK_STR(written(copy), STR_LIT("{\"a\":{\"b\":[1.50,2]}}"));
    json_put_member(copy, "c", json_object_new_string("x"));
    json_put_member(json_member(copy, "a"), "b", NULL);
    CHECK_STR(written(copy), STR_LIT("{\"a\":{\"b\":null},\"c\":\"x\"}"));
    CHECK_STR(written(v), STR_LIT("{\"a\":{\"b\":[1.50,2]}}"));
    CHECK(json_clone(NULL) == NULL);
    json_object_put(copy);

    /* what is in arrays, and the texts of numbers, are the copy's for as long as it lives */
    struct arena *before = arena;
    arena = arena_new(0);
    v = read_text(STR_LIT("{\"a\":[{\"b\":\"long enough to be in memory of its own\"},null,[],{},1.50,true]}"));
    copy = json_clone(v);
    json_put_member(json_object_array_get_idx(json_member(v, "a"), 0), "b", json_object_new_string("other"));
    arena_free(&arena);
    arena = before;
    CHECK_STR(written(copy),
              STR_LIT("{\"a\":[{\"b\":\"long enough to be in memory of its own\"},null,[],{},1.50,true]}"));
    json_object_put(copy);
    arena_free(&arena);
}

/* The leak checker of the address sanitizer sees to what is released; here, that a reference outlives the arena. */
static void releases_with_the_arena(void)
{
    arena = arena_new(0);
    struct json_object *v = json_object_get(read_text(STR_LIT("{\"a\":1}")));
    read_text(STR_LIT("[1,2,3]"));
    arena_reset(arena);
    CHECK_STR(written(v), STR_LIT("{\"a\":1}"));
    CHECK_INT(json_object_put(v), 1);
    arena_free(&arena);
}

static void compares_values(void)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"{\"a\":[1,{\"b\":null}],\"c\":\"x\"}", "{\"c\":\"x\",\"a\":[1,{\"b\":null}]}", true},
        {"{\"a\":1}", "{\"a\":2}", false},
        {"{\"a\":1}", "{\"b\":1}", false},
        {"{\"a\":1}", "{\"a\":1,\"b\":null}", false},
        {"[1,2]", "[2,1]", false},
        {"[1]", "[1,1]", false},
        {"[]", "{}", false},
        {"true", "true", true},
        {"true", "false", false},
        {"\"1\"", "1", false},
        {"9223372036854775807", "9223372036854775806", false},
        {"1.50", "1.50", true},
        {"1.50", "1.5", false},
        {"1", "1.0", false},
        /* one double, two decimals */
        {"1234567890123456.10", "1234567890123456.11", false},
        {"null", "null", true},
        {"null", "0", false},
    };

    arena = arena_new(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_object *a = read_text(str_of(cases[i].a)), *b = read_text(str_of(cases[i].b)),
                           *copy = json_clone(a);
        if (!CHECK_INT(json_equal(a, b), cases[i].equal) || !CHECK_INT(json_equal(b, a), cases[i].equal) ||
            !CHECK(json_equal(a, copy)))
            printf("# %s %s\n", cases[i].a, cases[i].b);
        json_object_put(copy);
    }
    arena_free(&arena);
}

static const struct unit_test tests[] = {
    UNIT(takes_valid_texts),
    UNIT(refuses_invalid_texts),
    UNIT(refuses_every_cut_text),
    UNIT(tells_where),
    UNIT(keeps_to_the_depth_given),
    UNIT(finds_duplicates_in_objects_of_any_size),
    UNIT(copes_with_many_names),
    UNIT(reads_its_own_writing),
    UNIT(reads_values),
    UNIT(reads_numbers_at_the_top),
    UNIT(finds_members_without_case),
    UNIT(writes_values),
    UNIT(clones_and_puts),
    UNIT(compares_values),
    UNIT(releases_with_the_arena),
};

int main(void)
{
    return unit_run("json", tests, sizeof tests / sizeof tests[0]);
}
