/* SPDX-License-Identifier: Apache-2.0 */
#include "scim.h"

#include "roster/scim/folds.h"

static const struct attribute folded = {.number = 1, .name = "folded"}, other = {.number = 2, .name = "other"},
                              exact = {.number = 3, .name = "exact", .case_exact = true};

/* Long ASCII, too: 600 names of 8,000 bytes asked by 500 terms took nine seconds. */
static void finds_a_form_once(void)
{
    static const struct {
        const char *text, *form;
        bool is_found_again;
    } cases[] = {
        {"\"\xc3\x89\"", "\xc3\xa9", true},
        {"\"Stra\xc3\x9f"
         "e\"",
         "strasse", true},
        {"\"SHORT\"", "short", false},
        {"\"A LONG TEXT OF ASCII ALONE, WITH FAR MORE THAN SIXTY-FOUR BYTES IN IT, AS IS SEEN\"",
         "a long text of ascii alone, with far more than sixty-four bytes in it, as is seen", true},
        {"\"a long text of ascii alone, with far more than sixty-four bytes in it, as is seen\"",
         "a long text of ascii alone, with far more than sixty-four bytes in it, as is seen", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena *a = arena_new(0);
        struct folds *f = folds_new();
        struct json_object *v = json_of(a, cases[i].text);
        struct str first = folds_json(f, &folded, v, a), second = folds_json(f, &folded, v, a);

        CHECK_STR(first, str_of(cases[i].form));
        CHECK_STR(second, first);
        CHECK_INT(first.p == second.p, cases[i].is_found_again);
        CHECK_STR(folds_json(NULL, &folded, v, a), first);
        folds_free(&f);
        CHECK(f == NULL);
        arena_free(&a);
    }
}

static void tells_attributes_apart(void)
{
    struct arena *a = arena_new(0);
    struct folds *f = folds_new();
    struct json_object *v = json_of(a, "\"\xc3\x89\"");

    CHECK_STR(folds_json(f, &folded, v, a), STR_LIT("\xc3\xa9"));
    CHECK_STR(folds_json(f, &exact, v, a), STR_LIT("\xc3\x89"));
    CHECK(folds_json(f, &other, v, a).p != folds_json(f, &folded, v, a).p);
    folds_free(&f);
    arena_free(&a);
}

/* A value that was dropped is still there, so no other one can stand in its place and be taken for it. */
static void keeps_its_values_alive(void)
{
    struct arena *a = arena_new(0);
    struct folds *f = folds_new();

    for (int i = 0; i < 1000; i++) {
        char text[32];
        int n = snprintf(text, sizeof text, "\xc3\x89%d", i);
        struct json_object *v = json_object_new_string(text);

        snprintf(text, sizeof text, "\xc3\xa9%d", i);
        CHECK_STR(folds_json(f, &folded, v, a), str_make(text, (size_t)n));
        json_object_put(v);
    }
    folds_free(&f);
    arena_free(&a);
}

static void forgets_when_told(void)
{
    struct arena *a = arena_new(0);
    struct folds *f = folds_new();
    char text[] = "\xc3\x89";
    struct folds_place at = {.folds = f, .where = text};

    CHECK_STR(folds_comparable(at, &folded, str_of(text), a), STR_LIT("\xc3\xa9"));
    text[1] = '\x9c';
    CHECK_STR(folds_comparable(at, &folded, str_of(text), a), STR_LIT("\xc3\xa9"));
    folds_clear(f);
    CHECK_STR(folds_comparable(at, &folded, str_of(text), a), STR_LIT("\xc3\xbc"));
    folds_clear(f);
    folds_clear(f);
    folds_free(&f);
    arena_free(&a);
}

static const struct unit_test tests[] = {
    UNIT(finds_a_form_once),
    UNIT(tells_attributes_apart),
    UNIT(keeps_its_values_alive),
    UNIT(forgets_when_told),
};

int main(void)
{
    return unit_run("folds", tests, sizeof tests / sizeof tests[0]);
}
