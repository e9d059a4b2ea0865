/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/base/buf.h"

static struct arena *arena;
static struct buf buf;

static void fresh(void)
{
    arena_free(&arena);
    arena = arena_new(0);
    buf_init(&buf, arena);
}

static void starts_empty(void)
{
    fresh();
    CHECK(buf.p == NULL);
    CHECK_INT(buf_view(&buf).len, 0);
    buf_add(&buf, NULL, 0);
    buf_str(&buf, STR_NULL);
    CHECK_INT(buf.len, 0);
    CHECK_CSTR(buf_cstr(&buf), "");
}

static void appends(void)
{
    fresh();
    buf_puts(&buf, "a");
    buf_putc(&buf, 'b');
    buf_add(&buf, "cde", 2);
    buf_str(&buf, STR_LIT("f"));
    buf_printf(&buf, "-%d-", 5);
    CHECK_STR(buf_view(&buf), STR_LIT("abcdf-5-"));
    CHECK_CSTR(buf_cstr(&buf), "abcdf-5-");
    buf_clear(&buf);
    buf_puts(&buf, "z");
    CHECK_STR(buf_view(&buf), STR_LIT("z"));
}

/* Allocations in between force the buf to move. */
static void grows(void)
{
    fresh();
    for (int i = 0; i < 100000; i++) {
        buf_putc(&buf, (char)('a' + i % 26));
        if (i % 1000 == 0)
            arena_alloc(arena, 1);
    }
    CHECK_INT(buf.len, 100000);
    for (int i = 0; i < 100000; i++)
        if (buf.p[i] != 'a' + i % 26)
            CHECK_FATAL(false);
}

static void formats_at_every_room(void)
{
    for (size_t before = 0; before < 600; before++) {
        fresh();
        for (size_t i = 0; i < before; i++)
            buf_putc(&buf, '.');
        buf_printf(&buf, "%s", "0123456789012345678901234567890123456789012345678901234567890123456789");
        CHECK_INT(buf.len, before + 70);
        CHECK_STR(str_sub(buf_view(&buf), before + 60, before + 70), STR_LIT("0123456789"));
    }
}

static void writes_numbers(void)
{
    fresh();
    buf_u64(&buf, 0);
    buf_putc(&buf, ' ');
    buf_u64(&buf, 10);
    buf_putc(&buf, ' ');
    buf_u64(&buf, UINT64_MAX);
    CHECK_STR(buf_view(&buf), STR_LIT("0 10 18446744073709551615"));
}

static void check_json(struct str s, struct str expected)
{
    fresh();
    buf_json(&buf, s);
    CHECK_STR(buf_view(&buf), expected);
}

static void writes_json_strings(void)
{
    check_json(STR_NULL, STR_LIT("\"\""));
    check_json(STR_LIT("plain"), STR_LIT("\"plain\""));
    check_json(STR_LIT("a/b \x7f"), STR_LIT("\"a/b \x7f\""));
    check_json(STR_LIT("\"\\"), STR_LIT("\"\\\"\\\\\""));
    check_json(STR_LIT("\b\t\n\f\r"), STR_LIT("\"\\b\\t\\n\\f\\r\""));
    check_json(STR_LIT("\0\x01\x1f"), STR_LIT("\"\\u0000\\u0001\\u001f\""));
    check_json(STR_LIT("J\xc3\xbcrgen \xf0\x9f\x98\x80 \xe2\x80\xa8"),
               STR_LIT("\"J\xc3\xbcrgen \xf0\x9f\x98\x80 \xe2\x80\xa8\""));
}

static void commas_part_what_was_sent_already(void)
{
    fresh();
    buf_json_comma(&buf);
    CHECK_STR(buf_view(&buf), STR_LIT(","));
    buf_clear(&buf);
    buf_puts(&buf, "{\"a\":[");
    buf_json_comma(&buf);
    buf_putc(&buf, '1');
    buf_json_comma(&buf);
    CHECK_STR(buf_view(&buf), STR_LIT("{\"a\":[1,"));
    for (const char *last = "[{"; *last != '\0';
         last++) { /* what stands in front of the buffer, or stood there, does not count */
        buf_clear(&buf);
        buf_putc(&buf, *last);
        buf_clear(&buf);
        buf_json_comma(&buf);
        CHECK_STR(buf_view(&buf), STR_LIT(","));
        buf_add(&buf, "{", 1);
        buf_json_name(&buf, "x");
        CHECK_STR(buf_view(&buf), STR_LIT(",{\"x\":"));
    }
}

/* Eight bytes are looked at at once: the special one must be found wherever it stands. */
static void finds_specials_at_every_position(void)
{
    for (size_t len = 1; len < 40; len++) {
        for (size_t at = 0; at < len; at++) {
            char s[40], expected[64];
            memset(s, (at + len) % 2 != 0 ? 'x' : 0xc3, len);
            s[at] = '"';
            expected[0] = '"';
            memcpy(expected + 1, s, at);
            memcpy(expected + 1 + at, "\\\"", 2);
            memcpy(expected + 3 + at, s + at + 1, len - at - 1);
            expected[len + 2] = '"';
            check_json(str_make(s, len), str_make(expected, len + 3));
        }
    }
}

static const struct unit_test tests[] = {
    UNIT(starts_empty),
    UNIT(appends),
    UNIT(grows),
    UNIT(formats_at_every_room),
    UNIT(writes_numbers),
    UNIT(writes_json_strings),
    UNIT(commas_part_what_was_sent_already),
    UNIT(finds_specials_at_every_position),
};

int main(void)
{
    return unit_run("buf", tests, sizeof tests / sizeof tests[0]);
}
