/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/base/precis.h"
#include "roster/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

static struct arena *arena;

static struct str encode(uint32_t c, char out[6])
{
    return str_make(out, (size_t)u8_uctomb((uint8_t *)out, c, 6));
}

static bool is_surrogate(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

static struct str form(const char *s)
{
    return precis_username(arena, str_of(s));
}

/* --- the RFC's own examples --- */

static void names_of_the_rfc(void)
{
    static const struct {
        const char *name, *form;
    } legal[] = {
        {"juliet@example.com", "juliet@example.com"},
        {"fussball", "fussball"},
        {"fu\u00dfball", "fussball"}, /* RFC 8265 keeps ß and ss apart; RFC 7644 7.8 does not */
        {"\u03c0", "\u03c0"},
        {"\u03a3", "\u03c3"},
        {"\u03c3", "\u03c3"},
        {"\u03c2", "\u03c3"}, /* the final sigma: likewise */
        {"foo bar", "foo bar"},
        {"foo  bar", "foo  bar"},
    };
    static const struct {
        const char *name;
        uint32_t character;
        size_t position;
    } illegal[] = {
        {"henry\u2163", 0x2163, 6}, {"\u265a", 0x265a, 1}, {" foo", 0x20, 1}, {"foo ", 0x20, 4}, {" ", 0x20, 1},
    };
    struct precis_fault fault;

    arena = arena_new(0);
    for (size_t i = 0; i < sizeof legal / sizeof legal[0]; i++) {
        CHECK_INT(precis_judge_username(arena, str_of(legal[i].name), &fault), PRECIS_FINE);
        CHECK_STR(form(legal[i].name), str_of(legal[i].form));
    }
    for (size_t i = 0; i < sizeof illegal / sizeof illegal[0]; i++) {
        fault = (struct precis_fault){0};
        CHECK_INT(precis_judge_username(arena, str_of(illegal[i].name), &fault), PRECIS_CHARACTER);
        CHECK_INT(fault.character, illegal[i].character);
        CHECK_INT(fault.position, illegal[i].position);
    }
    arena_free(&arena);
}

static void passwords_of_the_rfc(void)
{
    static const struct {
        const char *password, *form;
    } legal[] = {
        {"correct horse battery staple", "correct horse battery staple"},
        {"Correct Horse Battery Staple", "Correct Horse Battery Staple"},
        {"\u03c0\u00df\u00e5", "\u03c0\u00df\u00e5"},
        {"Jack of \u2666s", "Jack of \u2666s"},
        {"foo\u1680"
         "bar",
         "foo bar"}, /* Ogham's space */
        {"a\u030a\u00a0\u3000 ", "\u00e5   "},
        {"\uff2bevin", "\uff2bevin"}, /* full width stays */
        {"henry\u2163", "henry\u2163"},
        {"\U0001f600", "\U0001f600"},
    };
    static const char *const illegal[] = {"",       "my cat is a \tby", "\x7f",   "a\xc2\x85", "a\u00ad",
                                          "\ue000", "\u200by",          "\u1100", "\ufdd0",    "\U000e0041",
                                          "\u2028", "\u0378",           "\u0640", "a\u00b7b",  "\u200dx"};

    arena = arena_new(0);
    for (size_t i = 0; i < sizeof legal / sizeof legal[0]; i++) {
        CHECK(precis_password_allowed(str_of(legal[i].password)));
        CHECK_STR(precis_password(arena, str_of(legal[i].password)), str_of(legal[i].form));
    }
    for (size_t i = 0; i < sizeof illegal / sizeof illegal[0]; i++)
        if (precis_password_allowed(str_of(illegal[i])))
            CHECK_CSTR(illegal[i], "refused");
    CHECK(!precis_password_allowed(STR_LIT("a\0b")));
    CHECK(!precis_password_allowed(STR_NULL));
    arena_free(&arena);
}

/* --- rules --- */

struct judged {
    const char *name;
    enum precis_verdict verdict;
    uint32_t character;
    size_t position;
};

static void check_judged(const struct judged *cases, size_t n)
{
    arena = arena_new(0);
    for (size_t i = 0; i < n; i++) {
        struct precis_fault fault = {0};
        enum precis_verdict verdict = precis_judge_username(arena, str_of(cases[i].name), &fault);
        if (verdict != cases[i].verdict || fault.character != cases[i].character ||
            fault.position != cases[i].position) {
            CHECK_CSTR(cases[i].name, "judged rightly");
            CHECK_INT(verdict, cases[i].verdict);
            CHECK_INT(fault.character, cases[i].character);
            CHECK_INT(fault.position, cases[i].position);
        }
    }
    arena_free(&arena);
    CHECK(true);
}

static void characters_of_names(void)
{
    static const struct judged cases[] = {
        {"", PRECIS_FINE, 0, 0},
        {"o'neil+a.b_c-d/e=~!#$%&*?^`{|}\"()<>[]\\,;:@x.org", PRECIS_FINE, 0, 0},
        {"a\tb", PRECIS_CHARACTER, 9, 2},
        {"ana\x7f", PRECIS_CHARACTER, 0x7f, 4},
        {"\u00e9\xc2\x85", PRECIS_CHARACTER, 0x85, 2},
        {"a\u00a0b", PRECIS_CHARACTER, 0xa0, 2},
        {"a\u3000b", PRECIS_CHARACTER, 0x3000, 2}, /* a wide space is no space */
        {"a\u2003b", PRECIS_CHARACTER, 0x2003, 2},
        {"\ufb01ne", PRECIS_CHARACTER, 0xfb01, 1},
        {"\u212bngstr\u00f6m", PRECIS_CHARACTER, 0x212b, 1},
        {"\u00c5ngstr\u00f6m", PRECIS_FINE, 0, 0},
        {"Zoe\u0308@x.org", PRECIS_FINE, 0, 0},
        {"\u01c5", PRECIS_CHARACTER, 0x1c5, 1},
        {"o\u2019neil@x.org", PRECIS_CHARACTER, 0x2019, 2},
        {"\u20ac", PRECIS_CHARACTER, 0x20ac, 1},
        {"x\U0001f600", PRECIS_CHARACTER, 0x1f600, 2},
        {"x\ue000", PRECIS_CHARACTER, 0xe000, 2},
        {"x\ufffe", PRECIS_CHARACTER, 0xfffe, 2},
        {"x\U0010ffff", PRECIS_CHARACTER, 0x10ffff, 2},
        {"x\u0378", PRECIS_CHARACTER, 0x378, 2},
        {"x\u200b", PRECIS_CHARACTER, 0x200b, 2},
        {"x\u202ey", PRECIS_CHARACTER, 0x202e, 2},
        {"x\ufe0f", PRECIS_CHARACTER, 0xfe0f, 2},
        {"x\ufeff", PRECIS_CHARACTER, 0xfeff, 2},
        {"\u1100\u1161", PRECIS_CHARACTER, 0x1100, 1},
        {"\uac00", PRECIS_FINE, 0, 0},
        {"\u5c71\u7530", PRECIS_FINE, 0, 0},
        {"\uff21\uff22\uff11\uff20\uff58\uff0e\uff4f", PRECIS_FINE, 0, 0},
        {"\uff76\uff9e", PRECIS_FINE, 0, 0},
        {"\uffa0", PRECIS_CHARACTER, 0xffa0, 1}, /* stands for the Hangul filler, which nobody sees */
        {"\uffe6", PRECIS_CHARACTER, 0xffe6, 1}, /* the won sign */
        {"\u3007\u00df\u03c2", PRECIS_FINE, 0, 0},
        {"\u302e", PRECIS_CHARACTER, 0x302e, 1},
        {"\u0627\u06fd\u0627", PRECIS_FINE, 0, 0}, /* a sign that is allowed all the same */
        {"\u0f0b", PRECIS_FINE, 0, 0},
        {"\u0131\u0130", PRECIS_FINE, 0, 0},
        {" \u00e9", PRECIS_CHARACTER, 0x20, 1},
        {"\u00e9 ", PRECIS_CHARACTER, 0x20, 2},
        {"\u00e9  \u00e9", PRECIS_FINE, 0, 0},
    };

    check_judged(cases, sizeof cases / sizeof cases[0]);
}

static void context_decides(void)
{
    static const struct judged cases[] = {
        {"col\u00b7lega", PRECIS_FINE, 0, 0},
        {"COL\u00b7LEGA", PRECIS_FINE, 0, 0},
        {"l\u00b7", PRECIS_CHARACTER, 0xb7, 2},
        {"\u00b7l", PRECIS_CHARACTER, 0xb7, 1},
        {"a\u00b7l", PRECIS_CHARACTER, 0xb7, 2},
        {"l\u00b7 l", PRECIS_CHARACTER, 0xb7, 2},
        {"\u0375\u03b1", PRECIS_FINE, 0, 0},
        {"\u0375a", PRECIS_CHARACTER, 0x375, 1},
        {"\u0375", PRECIS_CHARACTER, 0x375, 1},
        {"\u05d0\u05f3", PRECIS_FINE, 0, 0},
        {"\u05f3", PRECIS_CHARACTER, 0x5f3, 1},
        {"a\u05f4", PRECIS_CHARACTER, 0x5f4, 2},
        {"\u30a2\u30fb\u30a4", PRECIS_FINE, 0, 0},
        {"\u30fb\u5c71", PRECIS_FINE, 0, 0},
        {"a\u30fbb", PRECIS_CHARACTER, 0x30fb, 2},
        {"\u0627\u0661\u0662", PRECIS_FINE, 0, 0},
        {"\u0627\u06f1\u06f2", PRECIS_FINE, 0, 0},
        {"\u0627\u0661\u06f2", PRECIS_CHARACTER, 0x661, 2},
        {"\u0627\u06f1\u0662", PRECIS_CHARACTER, 0x6f1, 2},
        {"\u0915\u094d\u200d\u0937", PRECIS_FINE, 0, 0}, /* Ka, virama, joiner, Ssa */
        {"\u0915\u200d\u0937", PRECIS_CHARACTER, 0x200d, 2},
        {"\u200d", PRECIS_CHARACTER, 0x200d, 1},
        {"\u0915\u094d\u200c\u0937", PRECIS_FINE, 0, 0},
        {"\u0628\u200c\u0628", PRECIS_FINE, 0, 0}, /* Beh joins to both sides */
        {"\u0628\u064e\u200c\u064e\u0628", PRECIS_FINE, 0, 0},
        {"\u0627\u200c\u0628", PRECIS_CHARACTER, 0x200c, 2}, /* Alef does not join to what follows */
        {"\u0628\u200c", PRECIS_CHARACTER, 0x200c, 2},
        {"\u200c\u0628", PRECIS_CHARACTER, 0x200c, 1},
        {"l\u00b7la\u00b7b", PRECIS_CHARACTER, 0xb7, 5}, /* what held once need not hold again */
        {"\u0628\u200c\u064e", PRECIS_CHARACTER, 0x200c, 2},
        {"\u064e\u200c\u0628", PRECIS_CHARACTER, 0x200c, 2},
        {"\u0628\u200c2", PRECIS_CHARACTER, 0x200c, 2},
    };

    check_judged(cases, sizeof cases / sizeof cases[0]);
}

static void directions_do_not_mix(void)
{
    static const struct judged cases[] = {
        {"\u05d0\u05d1\u05d2", PRECIS_FINE, 0, 0},
        {"\u05d0\u05d1\u05d2@example.com", PRECIS_FINE, 0, 0},
        {"john.\u05d0\u05d1@x.org", PRECIS_FINE, 0, 0},
        {"john \u05d0\u05d1", PRECIS_FINE, 0, 0},
        {"\u0645\u062d\u0645\u062f@\u0645\u062b\u0627\u0644.com", PRECIS_FINE, 0, 0},
        {"\u05d0\u05d12", PRECIS_FINE, 0, 0},
        {"\u05d0-2", PRECIS_FINE, 0, 0},
        {"\u05d0\u0301", PRECIS_FINE, 0, 0},
        {"123", PRECIS_FINE, 0, 0},
        {"\u05d0a", PRECIS_DIRECTION, 'a', 2},         /* condition 2 */
        {"1\u05d0", PRECIS_DIRECTION, '1', 1},         /* 1 */
        {"_\u05d0", PRECIS_DIRECTION, '_', 1},         /* 1 */
        {"\u0301\u05d0", PRECIS_DIRECTION, 0x301, 1},  /* 1 */
        {"\u05d0-", PRECIS_DIRECTION, '-', 2},         /* 3 */
        {"\u05d0-\u0301", PRECIS_DIRECTION, '-', 2},   /* 3 */
        {"\u06271\u0662", PRECIS_DIRECTION, 0x662, 3}, /* 4 */
        {"\u0627\u06621", PRECIS_DIRECTION, '1', 3},   /* 4 */
        {"a\u05d0\u05d1", PRECIS_DIRECTION, 0x5d0, 2},
        {"a_\u05d0b", PRECIS_DIRECTION, 0x5d0, 3},
        {"\u05d0a\u05d0", PRECIS_DIRECTION, 'a', 2},
        {"a\u05d0", PRECIS_DIRECTION, 0x5d0, 2},       /* 5 */
        {"x@a\u0661.org", PRECIS_DIRECTION, 0x661, 4}, /* 5: Arabic digits after Latin */
        {"x@y.org \u05d0\u05d1a", PRECIS_DIRECTION, 'a', 11},
    };

    check_judged(cases, sizeof cases / sizeof cases[0]);
}

/* --- every character there is --- */

/* What a wide or narrow character stands for by NFKC, which maps those as their decomposition says. */
static uint32_t stands_for(uint32_t c)
{
    uint32_t room[UC_DECOMPOSITION_MAX_LENGTH];
    int tag = -1;

    if (uc_decomposition(c, &tag, room) == 1 && (tag == UC_DECOMP_WIDE || tag == UC_DECOMP_NARROW))
        return room[0];
    return c;
}

/* Full and half width fold to what they stand for, wherever Unicode has such characters; others as all text does. */
static void width_is_mapped(void)
{
    unsigned n = 0;

    arena = arena_new(0);
    for (uint32_t c = 0; c < 0x110000; c++) {
        char sent[6], meant[6];
        if (is_surrogate(c))
            continue;
        struct str s = encode(c, sent), wanted = utf8_fold(arena, encode(stands_for(c), meant));
        if (!str_eq(precis_username(arena, s), wanted))
            CHECK_INT(c, -1);
        n += stands_for(c) != c;
        arena_reset(arena);
    }
    CHECK(n > 200);
    CHECK_STR(form("\uff21\uff4e\uff41\uff20\uff38\uff0e\uff4f\uff52\uff47"), STR_LIT("ana@x.org"));
    CHECK_STR(form("\uff76\uff9e"), STR_LIT("\u30ac")); /* two half-width characters are one letter */
    CHECK_STR(form("a\u3000b"), STR_LIT("a b"));
    CHECK_STR(form("\u3042"), STR_LIT("\u3042"));
    CHECK_STR(form(""), STR_LIT(""));
    CHECK_STR(precis_username(arena, STR_NULL), STR_LIT(""));
    arena_free(&arena);
}

/* Appends the canonical decomposition of s. */
static struct str decomposed(struct str s, char *room, size_t size)
{
    size_t len = size;

    if (u8_normalize(UNINORM_NFD, (const uint8_t *)s.p, s.len, (uint8_t *)room, &len) != (uint8_t *)room)
        abort();
    return str_make(room, len);
}

/* Preparing twice is preparing once, composed or not, for every character alone and behind a letter. */
static void preparing_is_idempotent(void)
{
    arena = arena_new(0);
    for (uint32_t c = 0; c < 0x110000; c++) {
        char text[8] = "S", apart[128];
        if (is_surrogate(c))
            continue;
        size_t len = 1 + encode(c, text + 1).len;
        for (size_t from = 0; from < 2; from++) {
            struct str s = str_make(text + from, len - from), once = precis_username(arena, s);
            struct str password = precis_password(arena, s);
            if (!str_eq(precis_username(arena, once), once) || !str_eq(utf8_nfc(arena, once), once) ||
                !str_eq(utf8_fold(arena, once), once) ||
                !str_eq(precis_username(arena, decomposed(s, apart, sizeof apart)), once) ||
                !str_eq(precis_password(arena, password), password) || !str_eq(utf8_nfc(arena, password), password))
                CHECK_INT(c, -1);
        }
        arena_reset(arena);
    }
    arena_free(&arena);
    CHECK(true);
}

/* Capitals and small letters are one. The dotless i alone is not: its capital is the plain I (Unicode's CaseFolding, T). */
static void cases_are_one(void)
{
    arena = arena_new(0);
    for (uint32_t c = 0; c < 0x110000; c++) {
        char text[6];
        uint8_t room[64];
        if (is_surrogate(c) || c == 0x131)
            continue;
        struct str s = encode(c, text), once = precis_username(arena, s);
        size_t len = sizeof room;
        const uint8_t *upper = u8_toupper((const uint8_t *)s.p, s.len, NULL, NULL, room, &len);
        if (upper != room || !str_eq(precis_username(arena, str_make(room, len)), once))
            CHECK_INT(c, -1);
        len = sizeof room;
        const uint8_t *lower = u8_tolower((const uint8_t *)s.p, s.len, NULL, NULL, room, &len);
        if (lower != room || !str_eq(precis_username(arena, str_make(room, len)), once))
            CHECK_INT(c, -1);
        arena_reset(arena);
    }
    CHECK_STR(form("\u0131"), STR_LIT("\u0131"));
    CHECK_STR(form("\u0130stanbul"), form("i\u0307STANBUL"));
    CHECK_STR(form("STRASSE"), form("stra\u00dfe"));
    CHECK_STR(form("STRASSE"), form("stra\u1e9e"
                                    "e"));
    CHECK_STR(form("\u03a3\u0399\u03a3\u03a5\u03a6\u039f\u03a3"), form("\u03c3\u03b9\u03c3\u03c5\u03c6\u03bf\u03c2"));
    arena_free(&arena);
}

/* What user names may have, passwords may; what nobody can type or see, neither. */
static void classes_are_nested(void)
{
    unsigned names = 0, passwords = 0;
    const uint32_t nowhere = UC_CATEGORY_MASK_C & ~(uint32_t)UC_CATEGORY_MASK_Cf;

    arena = arena_new(0);
    for (uint32_t c = 0; c < 0x110000; c++) {
        char text[6];
        struct precis_fault fault = {0};
        if (is_surrogate(c))
            continue;
        struct str s = encode(c, text);
        enum precis_verdict verdict = precis_judge_username(arena, s, &fault);
        bool in_name = verdict != PRECIS_CHARACTER, in_password = precis_password_allowed(s);
        if (verdict != PRECIS_FINE && (fault.character != c || fault.position != 1))
            CHECK_INT(c, -1);
        if (in_name && !in_password)
            CHECK_INT(c, -2);
        if (in_password && uc_is_general_category_withtable(c, nowhere))
            CHECK_INT(c, -3);
        names += in_name;
        passwords += in_password;
        arena_reset(arena);
    }
    CHECK(names > 100000);
    CHECK(passwords > names + 10000);
    arena_free(&arena);
}

/* --- sizes --- */

static void long_names_are_judged(void)
{
    static char text[3 * 4000];
    struct precis_fault fault = {0};

    arena = arena_new(0);
    for (size_t i = 0; i < sizeof text; i += 3)
        memcpy(text + i, "\uff21", 3);
    CHECK_INT(precis_judge_username(arena, str_make(text, sizeof text), &fault), PRECIS_FINE);
    CHECK_INT(precis_username(arena, str_make(text, sizeof text)).len, sizeof text / 3);
    memcpy(text + sizeof text - 3, "\u265a", 3);
    CHECK_INT(precis_judge_username(arena, str_make(text, sizeof text), &fault), PRECIS_CHARACTER);
    CHECK_INT(fault.position, sizeof text / 3);
    for (size_t i = 0; i < sizeof text; i += 3)
        memcpy(text + i, "\u30fb", 3);
    CHECK_INT(precis_judge_username(arena, str_make(text, sizeof text), &fault), PRECIS_CHARACTER);
    CHECK_INT(fault.position, 1);
    memcpy(text + sizeof text - 3, "\u5c71", 3); /* what makes all of them right stands at the end */
    CHECK_INT(precis_judge_username(arena, str_make(text, sizeof text), &fault), PRECIS_FINE);
    memcpy(text + sizeof text - 6, "\u00b7 ", 3); /* other rules are asked at each place */
    CHECK_INT(precis_judge_username(arena, str_make(text, sizeof text), &fault), PRECIS_CHARACTER);
    CHECK_INT(fault.position, 1);
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\u0661", 2);
    CHECK(precis_password_allowed(str_make(text, sizeof text)));
    memcpy(text + sizeof text - 2, "\u06f1", 2);
    CHECK(!precis_password_allowed(str_make(text, sizeof text)));
    for (size_t i = 0; i < sizeof text; i += 3)
        memcpy(text + i, "e\u0301", 3);
    CHECK_INT(precis_password(arena, str_make(text, sizeof text)).len, sizeof text / 3 * 2);
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\u0344", 2); /* the one that NFC doubles */
    CHECK(precis_password_allowed(str_make(text, sizeof text)));
    CHECK_INT(precis_password(arena, str_make(text, sizeof text)).len, sizeof text * 2);
    arena_free(&arena);
}

/* --- the files of tests/data/precis --- */

static bool is_fine(struct str name)
{
    struct precis_fault fault;

    arena = arena_new(0);
    bool fine = precis_judge_username(arena, name, &fault) == PRECIS_FINE;
    arena_free(&arena);
    return fine;
}

static void check_valid(const char *file, struct str name)
{
    (void)file;
    CHECK(name.len > 0 && is_fine(name));
}

static void check_invalid(const char *file, struct str name)
{
    (void)file;
    CHECK(name.len > 0 && !is_fine(name));
}

static void files_are_judged(void)
{
    unit_each_file("tests/data/precis/valid", 10, check_valid);
    unit_each_file("tests/data/precis/invalid", 10, check_invalid);
}

static const struct unit_test tests[] = {
    UNIT(names_of_the_rfc),      UNIT(passwords_of_the_rfc),  UNIT(characters_of_names),     UNIT(context_decides),
    UNIT(directions_do_not_mix), UNIT(width_is_mapped),       UNIT(preparing_is_idempotent), UNIT(cases_are_one),
    UNIT(classes_are_nested),    UNIT(long_names_are_judged), UNIT(files_are_judged),
};

int main(void)
{
    return unit_run("precis", tests, sizeof tests / sizeof tests[0]);
}
