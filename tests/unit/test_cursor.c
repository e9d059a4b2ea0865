/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/directory/cursor.h"

#define NOW  ((int64_t)1800000000000)
#define LIFE ((int64_t)CURSOR_SECONDS * 1000)

static const unsigned char key[CURSOR_KEY_SIZE] = "the key of a test, 32 bytes long";
static const struct cursor cursor = {
    .place = {.type = 1, .ordinal = 7, .len = 3, .bytes = "ana"}, .count = 20, .query = "the query's hash"};

static enum cursor_rc decoded(int64_t issued, int64_t now, struct cursor *out)
{
    struct arena *a = arena_new(0);
    enum cursor_rc rc = cursor_decode(cursor_encode(&cursor, key, issued, a), key, now, out);

    arena_free(&a);
    return rc;
}

static void comes_back_as_it_was(void)
{
    struct cursor out;

    CHECK_INT(decoded(NOW, NOW, &out), CURSOR_OK);
    CHECK_INT(out.place.ordinal, 7);
    CHECK_STR(str_make(out.place.bytes, out.place.len), STR_LIT("ana"));
    CHECK_INT(out.count, 20);
    CHECK(!out.backward && memcmp(out.query, cursor.query, sizeof out.query) == 0);
}

/* Found by fuzzing: the age of a cursor that says it was made at the beginning of all numbers overflowed. */
static void has_an_age_whenever_it_was_issued(void)
{
    static const struct {
        int64_t issued;
        enum cursor_rc expected;
    } cases[] = {
        {NOW - LIFE, CURSOR_OK}, {NOW - LIFE - 1, CURSOR_OLD}, {NOW + 1, CURSOR_OK},   {0, CURSOR_OLD},
        {-1, CURSOR_OLD},        {INT64_MIN, CURSOR_OLD},      {INT64_MAX, CURSOR_OK},
    };
    struct cursor out;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_INT(decoded(cases[i].issued, NOW, &out), cases[i].expected);
}

static const struct unit_test tests[] = {
    UNIT(comes_back_as_it_was),
    UNIT(has_an_age_whenever_it_was_issued),
};

int main(void)
{
    return unit_run("cursor", tests, sizeof tests / sizeof tests[0]);
}
