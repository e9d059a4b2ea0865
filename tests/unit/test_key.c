/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/store/key.h"

#include <stdio.h>
#include <stdlib.h>

#define RANDOM_PAIRS 20000

static struct str key_of_str(struct key *k, struct str s)
{
    key_init(k);
    key_str(k, s);
    return key_view(k);
}

static void integers_are_big_endian(void)
{
    struct key k;

    key_init(&k);
    key_u8(&k, 0x01);
    key_u16(&k, 0x0203);
    key_u32(&k, 0x04050607);
    key_u64(&k, 0x08090a0b0c0d0e0f);
    CHECK_STR(key_view(&k), STR_LIT("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"));
}

static void strings_are_escaped(void)
{
    struct key k;

    CHECK_STR(key_of_str(&k, STR_NULL), STR_LIT("\x00\x01"));
    CHECK_STR(key_of_str(&k, STR_LIT("ab")), STR_LIT("ab\x00\x01"));
    CHECK_STR(key_of_str(&k, STR_LIT("a\0b")), STR_LIT("a\x00\xff"
                                                       "b\x00\x01"));
    CHECK_STR(key_of_str(&k, STR_LIT("\0\0")), STR_LIT("\x00\xff\x00\xff\x00\x01"));
}

/* Few different bytes, so that strings begin one another. */
static struct str random_str(char room[8])
{
    static const char bytes[] = {0, 1, 'a', (char)0xff};
    size_t len = (size_t)(random() % 6);

    for (size_t i = 0; i < len; i++)
        room[i] = bytes[(size_t)random() % sizeof bytes];
    return str_make(room, len);
}

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

/* (string, number) tuples: the keys' order is the tuples', and no other tuple has the same key. */
static void order_is_tuple_order(void)
{
    srandom(1);
    for (int i = 0; i < RANDOM_PAIRS; i++) {
        char room[2][8];
        struct str s[2] = {random_str(room[0]), random_str(room[1])};
        uint16_t v[2] = {(uint16_t)random(), (uint16_t)random()};
        int expected = str_cmp(s[0], s[1]);
        struct key k[2];

        for (int j = 0; j < 2; j++) {
            key_of_str(&k[j], s[j]);
            key_u16(&k[j], v[j]);
        }
        if (expected == 0)
            expected = v[0] - v[1];
        CHECK_INT(sign(str_cmp(key_view(&k[0]), key_view(&k[1]))), sign(expected));
    }
}

static void takes_back_what_was_put(void)
{
    struct arena *a = arena_new(0);
    struct buf text;
    struct key k;
    struct id id = id_new(), id_back;
    struct str rest;
    uint8_t v8;
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;

    buf_init(&text, a);
    key_init(&k);
    key_u8(&k, 200);
    key_str(&k, STR_LIT("a\0\0\xff\x01z"));
    key_u16(&k, 60000);
    key_id(&k, &id);
    key_u32(&k, 4000000000u);
    key_str(&k, STR_NULL);
    key_u64(&k, UINT64_MAX - 1);
    rest = key_view(&k);
    CHECK(key_take_u8(&rest, &v8));
    CHECK_INT(v8, 200);
    CHECK(key_take_str(&rest, &text));
    CHECK_STR(buf_view(&text), STR_LIT("a\0\0\xff\x01z"));
    CHECK(key_take_u16(&rest, &v16));
    CHECK_INT(v16, 60000);
    CHECK(key_take_id(&rest, &id_back));
    CHECK(id_eq(&id, &id_back));
    CHECK(key_take_u32(&rest, &v32));
    CHECK_INT(v32, 4000000000u);
    CHECK(key_take_str(&rest, &text));
    CHECK_INT(text.len, 0);
    CHECK(key_take_u64(&rest, &v64));
    CHECK(v64 == UINT64_MAX - 1);
    CHECK_INT(rest.len, 0);
    arena_free(&a);
}

static void takes_nothing_from_what_is_too_short(void)
{
    static const struct str bad[] = {STR_NULL,           STR_LIT("a"),       STR_LIT("a\0"),
                                     STR_LIT("a\0\x02"), STR_LIT("a\0\xff"), STR_LIT("a\0\xff\0")};
    struct arena *a = arena_new(0);
    struct str s = STR_LIT("\x01\x02\x03\x04\x05\x06\x07");
    struct buf text;
    struct id id;
    uint64_t v64;
    uint32_t v32;
    uint16_t v16;
    uint8_t v8;

    buf_init(&text, a);
    CHECK(!key_take_u64(&s, &v64));
    CHECK(!key_take_id(&s, &id));
    CHECK_INT(s.len, 7);
    s.len = 3;
    CHECK(!key_take_u32(&s, &v32));
    s.len = 1;
    CHECK(!key_take_u16(&s, &v16));
    CHECK_INT(s.len, 1);
    s.len = 0;
    CHECK(!key_take_u8(&s, &v8));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        s = bad[i];
        CHECK(!key_take_str(&s, &text));
        CHECK_STR(s, bad[i]);
    }
    arena_free(&a);
}

static struct str end_of(struct key *k, struct str s)
{
    key_init(k);
    memcpy(k->b, s.p, s.len);
    k->len = s.len;
    key_end(k);
    return key_view(k);
}

static void end_is_behind_every_key_of_the_prefix(void)
{
    struct key k;

    CHECK_STR(end_of(&k, STR_LIT("ab")), STR_LIT("ac"));
    CHECK_STR(end_of(&k, STR_LIT("a\xff\xff")), STR_LIT("b"));
    CHECK_STR(end_of(&k, STR_LIT("\x00")), STR_LIT("\x01"));
    CHECK_STR(end_of(&k, STR_LIT("\xfe")), STR_LIT("\xff"));
    CHECK_INT(end_of(&k, STR_LIT("\xff\xff")).len, 0);
    CHECK_INT(end_of(&k, STR_LIT("")).len, 0);
}

static void long_values_are_shortened(void)
{
    char text[300], room[2][KEY_VALUE_MAX];
    struct str one, two;

    memset(text, 'x', sizeof text);
    one = str_make(text, KEY_VALUE_MAX);
    CHECK(key_value(one, room[0]).p == text);
    CHECK_INT(key_value(one, room[0]).len, KEY_VALUE_MAX);
    one = key_value(str_make(text, KEY_VALUE_MAX + 1), room[0]);
    CHECK_INT(one.len, 217);
    CHECK(memcmp(one.p, text, 200) == 0);
    two = key_value(str_make(text, KEY_VALUE_MAX + 1), room[1]);
    CHECK_STR(two, one);
    two = key_value(str_make(text, KEY_VALUE_MAX + 2), room[1]);
    CHECK(!str_eq(one, two));
    /* A short value that is, byte by byte, the form of a long one. */
    two = key_value(one, room[1]);
    CHECK_INT(two.len, 217);
    CHECK(!str_eq(one, two));
}

static void longest_value_fits_a_key(void)
{
    static const char zeros[KEY_VALUE_MAX];
    char room[KEY_VALUE_MAX];
    struct id id = id_new();
    struct key k;

    key_init(&k);
    key_u16(&k, 1);
    key_str(&k, key_value(str_make(zeros, sizeof zeros), room));
    key_id(&k, &id);
    CHECK_INT(k.len, 2 + 2 * KEY_VALUE_MAX + 2 + 16);
    CHECK(k.len <= KEY_MAX);
}

static void check_print(const char *tuple, struct str key, const char *expected)
{
    struct arena *a = arena_new(0);
    struct buf b;

    buf_init(&b, a);
    key_print(&b, tuple, key);
    CHECK_STR(buf_view(&b), str_of(expected));
    arena_free(&a);
}

static void prints_readably(void)
{
    struct id id;
    struct key k;

    CHECK(id_parse(STR_LIT("00010203-0405-4607-8809-0a0b0c0d0e0f"), &id));
    key_init(&k);
    key_u16(&k, 7);
    key_str(&k, STR_LIT("ana@example.com"));
    key_id(&k, &id);
    check_print("u16 str id", key_view(&k), "(7, \"ana@example.com\", 00010203-0405-4607-8809-0a0b0c0d0e0f)");
    check_print("u16 str", key_view(&k), "(7, \"ana@example.com\", x'000102030405460788090a0b0c0d0e0f')");
    check_print("u16 u64 u64 u64 u64 u64", STR_LIT("\x01\x02\x03"), "(258, x'03')");
    check_print("", STR_NULL, "()");
    check_print("", STR_LIT("\xab"), "(x'ab')");
    check_print("u8 id", STR_LIT("\x09"), "(9)");
    check_print("str", STR_LIT("\xff\xfe\x00\x01"), "(x'fffe')"); /* a hash is no text */
    check_print("str", STR_LIT("\"\x00\x01"), "(\"\\\"\")");
    check_print("u8 u32 u64", STR_LIT("\x01\xff\xff\xff\xff\0\0\0\0\0\0\0\x05"), "(1, 4294967295, 5)");
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(integers_are_big_endian),
        UNIT(strings_are_escaped),
        UNIT(order_is_tuple_order),
        UNIT(takes_back_what_was_put),
        UNIT(takes_nothing_from_what_is_too_short),
        UNIT(end_is_behind_every_key_of_the_prefix),
        UNIT(long_values_are_shortened),
        UNIT(longest_value_fits_a_key),
        UNIT(prints_readably),
    };

    return unit_run("key", tests, sizeof tests / sizeof tests[0]);
}
