/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <limits.h>

static void makes(void)
{
    CHECK_INT(str_of(NULL).len, 0);
    CHECK(str_of(NULL).p == NULL);
    CHECK_INT(str_of("abc").len, 3);
    CHECK_INT(STR_LIT("a\0b").len, 3);
    CHECK_INT(str_make("abc", 2).len, 2);
    CHECK(str_eq(STR_NULL, STR_LIT("")));
    CHECK(str_eq(STR_LIT("a"), STR_LIT("a")));
    CHECK(!str_eq(STR_LIT("a"), STR_LIT("b")));
    CHECK(!str_eq(STR_LIT("a"), STR_LIT("ab")));
}

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

static void orders(void)
{
    static const struct str sorted[] = {STR_LIT(""),   STR_LIT("\0"), STR_LIT("A"),    STR_LIT("a"),   STR_LIT("aa"),
                                        STR_LIT("ab"), STR_LIT("b"),  STR_LIT("\x80"), STR_LIT("\xff")};
    int n = sizeof sorted / sizeof sorted[0];

    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            CHECK_INT(sign(str_cmp(sorted[i], sorted[j])), sign(i - j));
    CHECK_INT(str_cmp(STR_NULL, STR_LIT("")), 0);
}

/* Every pair of bytes, at every place of a word and behind it. */
static void ignores_only_ascii_case(void)
{
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            int at = (a + b) % 11;
            char x[11] = "..........", y[11] = "..........";
            x[at] = (char)a;
            y[at] = (char)b;
            bool letters = (a | 0x20) == (b | 0x20) && (a | 0x20) >= 'a' && (a | 0x20) <= 'z';
            if (str_eq_nocase(str_make(x, 11), str_make(y, 11)) != (a == b || letters)) {
                CHECK_INT(a, -1);
                CHECK_INT(b, -1);
            }
        }
    }
    CHECK(str_eq_nocase(STR_LIT("userName"), STR_LIT("USERNAME")));
    CHECK(!str_eq_nocase(STR_LIT("userName"), STR_LIT("userNam")));
    CHECK(str_eq_nocase(STR_NULL, STR_LIT("")));
}

static void finds_beginnings(void)
{
    CHECK(str_starts(STR_LIT("Bearer x"), STR_LIT("Bearer ")));
    CHECK(!str_starts(STR_LIT("bearer x"), STR_LIT("Bearer ")));
    CHECK(!str_starts(STR_LIT("Bea"), STR_LIT("Bearer ")));
    CHECK(str_starts(STR_NULL, STR_NULL));
    CHECK(str_starts_nocase(STR_LIT("bEARER x"), STR_LIT("Bearer ")));
    CHECK(!str_starts_nocase(STR_LIT("Bea"), STR_LIT("Bearer ")));
    CHECK(!str_starts_nocase(STR_LIT("Baarer x"), STR_LIT("Bearer ")));
}

static void finds_bytes(void)
{
    struct str s = STR_LIT("a,b,c");

    CHECK_INT(str_find(s, ',', 0), 1);
    CHECK_INT(str_find(s, ',', 1), 1);
    CHECK_INT(str_find(s, ',', 2), 3);
    CHECK_INT(str_find(s, ',', 4), 5);
    CHECK_INT(str_find(s, ',', 9), 5);
    CHECK_INT(str_find(STR_NULL, ',', 0), 0);
}

static void cuts(void)
{
    CHECK_STR(str_trim(STR_LIT(" \t a b\t ")), STR_LIT("a b"));
    CHECK_STR(str_trim(STR_LIT(" \t ")), STR_LIT(""));
    CHECK_STR(str_trim(STR_LIT("\na\n")), STR_LIT("\na\n"));
    CHECK_STR(str_trim(STR_NULL), STR_LIT(""));
    CHECK_STR(str_sub(STR_LIT("abcd"), 1, 3), STR_LIT("bc"));
    CHECK_STR(str_sub(STR_LIT("abcd"), 4, 4), STR_LIT(""));
    CHECK_STR(str_sub(STR_NULL, 0, 0), STR_LIT(""));
}

static void reads_numbers(void)
{
    static const struct {
        struct str text;
        long long value;
    } good[] = {
        {STR_LIT("0"), 0},
        {STR_LIT("-0"), 0},
        {STR_LIT("+7"), 7},
        {STR_LIT("007"), 7},
        {STR_LIT("-12"), -12},
        {STR_LIT("9223372036854775806"), LLONG_MAX - 1},
        {STR_LIT("9223372036854775807"), LLONG_MAX},
        {STR_LIT("9223372036854775808"), LLONG_MAX},
        {STR_LIT("9223372036854775809"), LLONG_MAX},
        {STR_LIT("-9223372036854775807"), LLONG_MIN + 1},
        {STR_LIT("-9223372036854775808"), LLONG_MIN},
        {STR_LIT("-9223372036854775809"), LLONG_MIN},
        {STR_LIT("99999999999999999999999999999999"), LLONG_MAX},
        {STR_LIT("-99999999999999999999999999999999"), LLONG_MIN},
    };
    static const struct str bad[] = {STR_LIT(""),
                                     STR_LIT("-"),
                                     STR_LIT("+"),
                                     STR_LIT("--1"),
                                     STR_LIT("+-1"),
                                     STR_LIT(" 1"),
                                     STR_LIT("1 "),
                                     STR_LIT("1.0"),
                                     STR_LIT("0x1"),
                                     STR_LIT("1\0"),
                                     STR_LIT("99999999999999999999999999999999x"),
                                     STR_NULL};
    long long v;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(str_to_ll(good[i].text, &v));
        CHECK_INT(v, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!str_to_ll(bad[i], &v));
}

static const struct unit_test tests[] = {
    UNIT(makes),       UNIT(orders), UNIT(ignores_only_ascii_case), UNIT(finds_beginnings),
    UNIT(finds_bytes), UNIT(cuts),   UNIT(reads_numbers),
};

int main(void)
{
    return unit_run("str", tests, sizeof tests / sizeof tests[0]);
}
