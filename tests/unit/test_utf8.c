/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena *arena;

static size_t encode(uint32_t c, char out[4])
{
    unsigned char *o = (unsigned char *)out;

    if (c < 0x80) {
        o[0] = (unsigned char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        o[i] = (unsigned char)(0x80 | (c & 0x3f));
    o[0] = (unsigned char)((0xf00u >> len) | c);
    return len;
}

/* Every sequence of up to four bytes whose value matters: all code points there and back, and what borders on them. */
static void takes_every_code_point(void)
{
    for (uint32_t c = 0; c < 0x120000; c++) {
        char text[4];
        size_t len = encode(c, text);
        bool real = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
        uint32_t back = 0;
        if (utf8_valid(str_make(text, len)) != real || utf8_sequence(str_make(text, len)) != (real ? len : 0) ||
            (real && (utf8_next(str_make(text, len), &back) != len || back != c)))
            CHECK_INT(c, -1);
    }
    CHECK(true);
}

static void refuses_what_is_not_utf8(void)
{
    static const struct str bad[] = {
        STR_LIT("\x80"),
        STR_LIT("\xbf"),
        STR_LIT("\xc0\x80"),
        STR_LIT("\xc1\xbf"),
        STR_LIT("\xc3"),
        STR_LIT("\xc3("),
        STR_LIT("\xe0\x80\x80"),
        STR_LIT("\xe0\x9f\xbf"),
        STR_LIT("\xe2\x82"),
        STR_LIT("\xe2("),
        STR_LIT("\xe2\x82("),
        STR_LIT("\xed\xa0\x80"),
        STR_LIT("\xed\xbf\xbf"),
        STR_LIT("\xf0\x80\x80\x80"),
        STR_LIT("\xf0\x8f\xbf\xbf"),
        STR_LIT("\xf0\x9f\x98"),
        STR_LIT("\xf4\x90\x80\x80"),
        STR_LIT("\xf5\x80\x80\x80"),
        STR_LIT("\xf8\x88\x80\x80\x80"),
        STR_LIT("\xff"),
        STR_LIT("\xfe"),
    };

    CHECK(utf8_valid(STR_NULL));
    CHECK(utf8_valid(STR_LIT("a\0b")));
    CHECK_INT(utf8_sequence(STR_NULL), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (size_t before = 0; before < 20; before++) {
            char text[64];
            memset(text, 'x', sizeof text);
            memcpy(text + before, bad[i].p, bad[i].len);
            if (utf8_valid(str_make(text, before + bad[i].len)) || utf8_valid(str_make(text, sizeof text)))
                CHECK_STR(bad[i], STR_LIT("refused"));
        }
    }
}

static struct str fold(const char *s)
{
    return utf8_fold(arena, str_of(s));
}

static void folds(void)
{
    arena = arena_new(0);
    CHECK_STR(fold(""), STR_LIT(""));
    CHECK_STR(utf8_fold(arena, STR_NULL), STR_LIT(""));
    CHECK_STR(fold("Bjensen@Example.COM [@`{Z"), STR_LIT("bjensen@example.com [@`{z"));
    CHECK_STR(fold("Stra\xc3\x9f"
                   "e"),
              fold("STRASSE"));
    CHECK_STR(fold("\xe1\xba\x9e"), STR_LIT("ss")); /* capital sharp s */
    CHECK_STR(fold("\xce\xa3\xce\x8a\xce\xa3\xce\xa5\xce\xa6\xce\x9f\xce\xa3"),
              fold("\xcf\x83\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82")); /* Sisyphos, final sigma */
    CHECK_STR(fold("\xc4\xb0"), STR_LIT("i\xcc\x87"));                           /* I with dot */
    CHECK_STR(fold("I"), STR_LIT("i"));
    CHECK_STR(fold("\xc4\xb1"), STR_LIT("\xc4\xb1"));     /* dotless i stays another letter */
    CHECK_STR(fold("Ren\xc3\xa9"), fold("RENE\xcc\x81")); /* composed, decomposed */
    CHECK_STR(fold("RENE\xcc\x81"), STR_LIT("ren\xc3\xa9"));
    CHECK_STR(fold("\xef\xac\x83"), STR_LIT("ffi"));                                                  /* ligature */
    CHECK_STR(fold("\xc5\xbf"), STR_LIT("s"));                                                        /* long s */
    CHECK_STR(fold("\xe2\x84\xaa"), STR_LIT("k"));                                                    /* Kelvin */
    CHECK_STR(fold("\xd0\x98\xd0\x92\xd0\x90\xd0\x9d"), STR_LIT("\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd")); /* Ivan */
    CHECK_STR(fold("\xe1\x84\x80\xe1\x85\xa1"), STR_LIT("\xea\xb0\x80"));                             /* Hangul */
    CHECK(!str_eq(fold("e"), fold("\xc3\xa9")));
    arena_free(&arena);
}

/* Folding a folded string changes nothing, for every character alone and behind a letter. */
static void folding_is_idempotent(void)
{
    arena = arena_new(0);
    for (uint32_t c = 1; c < 0x110000; c++) {
        char text[5] = "a";
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        if (c > 0x20000 && c < 0xe0000)
            c += 0x3f; /* ideographs and nothing: a sample of them is enough */
        size_t len = 1 + encode(c, text + 1);
        for (size_t from = 0; from < 2; from++) {
            struct str once = utf8_fold(arena, str_make(text + from, len - from)), twice = utf8_fold(arena, once);
            if (!str_eq(once, twice) || !utf8_valid(once)) {
                CHECK_INT(c, -1);
                CHECK_STR(twice, once);
            }
        }
        arena_reset(arena);
    }
    arena_free(&arena);
    CHECK(true);
}

/* The characters that make folding hard, in random order; the composed and the decomposed text fold alike. */
static void folding_is_idempotent_for_text(void)
{
    static const uint32_t hard[] = {'a',    'I',    'S',    's',    0xdf,   0x1e9e, 0x130,  0x131,  0x345,
                                    0x1fb3, 0x1fbc, 0x390,  0x3b0,  0x1f0,  0x149,  0x300,  0x301,  0x307,
                                    0x308,  0x328,  0x3a3,  0x3c2,  0xfb03, 0x1e9b, 0x323,  0x1f88, 0x1ff7,
                                    0xc5,   0x212b, 0xac00, 0x1100, 0x1161, 0x11a8, 0x10400};

    arena = arena_new(0);
    srand(1);
    for (int round = 0; round < 30000; round++) {
        char text[64];
        size_t len = 0;
        for (int n = rand() % 8 + 1; n > 0; n--)
            len += encode(hard[(size_t)rand() % (sizeof hard / sizeof hard[0])], text + len);
        struct str s = str_make(text, len), once = utf8_fold(arena, s);
        if (!str_eq(utf8_fold(arena, once), once) || !str_eq(utf8_fold(arena, utf8_nfc(arena, s)), once) ||
            !str_eq(utf8_nfc(arena, once), once))
            CHECK_STR(s, STR_LIT("folded to a fixed point"));
        arena_reset(arena);
    }
    arena_free(&arena);
    CHECK(true);
}

/* Beyond the room on the stack, and past the word at a time. */
static void folds_long_text(void)
{
    arena = arena_new(0);
    for (size_t n = 0; n < 700; n += 13) {
        char text[1500], expected[2100];
        for (size_t i = 0; i < n; i++) {
            memcpy(text + 2 * i, "\xc3\x89", 2);
            memcpy(expected + 2 * i, "\xc3\xa9", 2);
        }
        CHECK_STR(utf8_fold(arena, str_make(text, 2 * n)), str_make(expected, 2 * n));
        CHECK_STR(utf8_lower(arena, str_make(text, 2 * n)), str_make(expected, 2 * n));
        memset(text, 'Q', sizeof text);
        memset(expected, 'q', sizeof expected);
        CHECK_STR(utf8_fold(arena, str_make(text, n)), str_make(expected, n));
        CHECK_STR(utf8_lower(arena, str_make(text, n)), str_make(expected, n));
        for (size_t i = 0; i < n; i++)
            memcpy(expected + 3 * i, "e\xcc\x81", 3);
        CHECK_INT(utf8_nfc(arena, str_make(expected, 3 * n)).len, 2 * n);
    }
    arena_free(&arena);
}

static void composes_and_lowers(void)
{
    arena = arena_new(0);
    CHECK_STR(utf8_nfc(arena, STR_LIT("e\xcc\x81")), STR_LIT("\xc3\xa9"));
    CHECK_STR(utf8_nfc(arena, STR_LIT("\xc3\xa9 Z")), STR_LIT("\xc3\xa9 Z"));
    CHECK_STR(utf8_nfc(arena, STR_LIT("\xe2\x84\xab")), STR_LIT("\xc3\x85"));
    CHECK_STR(utf8_nfc(arena, STR_NULL), STR_LIT(""));
    CHECK_STR(utf8_lower(arena, STR_LIT("J\xc3\x9cRGEN@X.DE")), STR_LIT("j\xc3\xbcrgen@x.de"));
    CHECK_STR(utf8_lower(arena, STR_LIT("Stra\xc3\x9f"
                                        "e")),
              STR_LIT("stra\xc3\x9f"
                      "e"));
    CHECK_STR(utf8_lower(arena, STR_LIT("")), STR_LIT(""));
    arena_free(&arena);
}

static void knows_the_characters_of_names(void)
{
    static const uint32_t good[] = {'A',   'z',   '0',    '9',   ' ',   '\'',   '-',    '.',     ',',
                                    '(',   ')',   0x2019, 0xe9,  0xdf,  0x131,  0x301,  0x3a3,   0x416,
                                    0x5d0, 0x645, 0x661,  0x915, 0x93f, 0x4e2d, 0xac00, 0x20000, 0x1e900};
    static const uint32_t bad[] = {0,       9,    10,     0x7f,   0x85,     '!',    '"',    '#',    '/',
                                   ':',     ';',  '<',    '@',    '[',      '_',    '`',    '{',    '~',
                                   0xa0,    0xab, 0xd7,   0x2018, 0x2028,   0x202e, 0x200b, 0xfeff, 0xfffd,
                                   0x1f600, 0xbd, 0x20ac, 0xe000, 0x10ffff, 0x378};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!utf8_is_name_char(good[i]))
            CHECK_INT(good[i], 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (utf8_is_name_char(bad[i]))
            CHECK_INT(bad[i], -1);
    CHECK(true);
}

static const struct unit_test tests[] = {
    UNIT(takes_every_code_point), UNIT(refuses_what_is_not_utf8),       UNIT(folds),
    UNIT(folding_is_idempotent),  UNIT(folding_is_idempotent_for_text), UNIT(folds_long_text),
    UNIT(composes_and_lowers),    UNIT(knows_the_characters_of_names),
};

int main(void)
{
    return unit_run("utf8", tests, sizeof tests / sizeof tests[0]);
}
