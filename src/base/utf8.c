/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/utf8.h"

#include "word.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

/* The well-formed sequences are those of Unicode's table 3-7. */
size_t utf8_sequence(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t len;

    if (s.len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || s.len < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] >= 0xa0, past_end = p[0] == 0xf4 && p[1] >= 0x90;
    return overlong || surrogate || past_end ? 0 : len;
}

/* The number of ASCII characters that s begins with. */
static size_t ascii_len(struct str s)
{
    size_t i = 0;

    for (; s.len - i >= WORD_SIZE; i += WORD_SIZE) {
        uint64_t beyond = word_not_ascii(word_load(s.p + i));
        if (beyond != 0)
            return i + word_first(beyond);
    }
    while (i < s.len && (unsigned char)s.p[i] < 0x80)
        i++;
    return i;
}

bool utf8_valid(struct str s)
{
    size_t i = 0;

    while ((i += ascii_len(str_sub(s, i, s.len))) < s.len) {
        do {
            size_t len = utf8_sequence(str_sub(s, i, s.len));
            if (len == 0)
                return false;
            i += len;
        } while (i < s.len && (unsigned char)s.p[i] >= 0x80);
    }
    return true;
}

size_t utf8_next(struct str s, uint32_t *out)
{
    size_t len = utf8_sequence(s);

    assert(len > 0);
    uint32_t c = (unsigned char)s.p[0];
    if (len > 1)
        c &= 0x7fu >> len;
    for (size_t i = 1; i < len; i++)
        c = c << 6 | ((unsigned char)s.p[i] & 0x3fu);
    *out = c;
    return len;
}

static struct str lower_ascii(struct arena *a, struct str s)
{
    char *out = arena_alloc_raw(a, s.len);
    size_t i = 0;

    for (; s.len - i >= WORD_SIZE; i += WORD_SIZE)
        word_store(out + i, word_lower(word_load(s.p + i)));
    for (; i < s.len; i++)
        out[i] = (char)byte_lower((unsigned char)s.p[i]);
    return (struct str){out, s.len};
}

/* Text below U+0300 has no combining marks and no character that NFC changes. U+0300 is CC 80 in UTF-8. */
static bool is_surely_nfc(struct str s)
{
    unsigned char greatest = 0;

    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] > greatest)
            greatest = (unsigned char)s.p[i];
    return greatest < 0xcc;
}

/* Text of libunistring: in its own room where it fits, else in memory of malloc(). */
struct text {
    uint8_t *p;
    size_t len;
    uint8_t room[512];
};

/* Takes a libunistring result; there is none only when memory is out, for s is valid. */
static void text_set(struct text *t, uint8_t *p, size_t len)
{
    assert(p != NULL || errno != EILSEQ);
    if (p == NULL)
        arena_no_memory(len);
    t->p = p;
    t->len = len;
}

static void text_free(struct text *t)
{
    if (t->p != t->room)
        free(t->p);
}

static struct str text_keep(struct arena *a, struct text *t)
{
    struct str kept = arena_str(a, str_make(t->p, t->len));

    text_free(t);
    return kept;
}

static void normalize(struct text *to, struct str s)
{
    size_t len = sizeof to->room;
    uint8_t *p = u8_normalize(UNINORM_NFC, (const uint8_t *)s.p, s.len, to->room, &len);

    text_set(to, p, len);
}

static void casefold(struct text *to, const struct text *from)
{
    size_t len = sizeof to->room;
    uint8_t *p = u8_casefold(from->p, from->len, NULL, UNINORM_NFC, to->room, &len);

    text_set(to, p, len);
}

/* Two rounds settle every character there is; the bound is for those that Unicode has yet to invent. */
#define FOLD_ROUNDS 8

struct str utf8_fold(struct arena *a, struct str s)
{
    if (ascii_len(s) == s.len)
        return lower_ascii(a, s);

    struct text one, two, *now = &one, *next = &two;
    normalize(now, s);
    for (int round = 1;; round++) {
        casefold(next, now);
        bool same = str_eq(str_make(next->p, next->len), str_make(now->p, now->len));
        text_free(now);
        struct text *spare = now;
        now = next;
        next = spare;
        if (same || round == FOLD_ROUNDS)
            return text_keep(a, now);
    }
}

struct str utf8_nfc(struct arena *a, struct str s)
{
    struct text t;

    if (is_surely_nfc(s))
        return arena_str(a, s);
    normalize(&t, s);
    return text_keep(a, &t);
}

bool utf8_is_name_char(uint32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               (c != 0 && strchr(" '-.,()", (int)c) != NULL);
    if (c == 0x2019)
        return true;
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_Nd);
}

struct str utf8_lower(struct arena *a, struct str s)
{
    if (ascii_len(s) == s.len)
        return lower_ascii(a, s);

    struct text t;
    size_t len = sizeof t.room;
    uint8_t *p = u8_tolower((const uint8_t *)s.p, s.len, NULL, NULL, t.room, &len);
    text_set(&t, p, len);
    return text_keep(a, &t);
}
