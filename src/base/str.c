/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/str.h"

#include "word.h"

#include <assert.h>
#include <limits.h>

int str_cmp(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.p, b.p, common);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool same_nocase(const char *a, const char *b, size_t len)
{
    for (; len >= WORD_SIZE; a += WORD_SIZE, b += WORD_SIZE, len -= WORD_SIZE)
        if (word_lower(word_load(a)) != word_lower(word_load(b)))
            return false;
    for (; len > 0; a++, b++, len--)
        if (byte_lower((unsigned char)*a) != byte_lower((unsigned char)*b))
            return false;
    return true;
}

bool str_eq_nocase(struct str a, struct str b)
{
    return a.len == b.len && same_nocase(a.p, b.p, a.len);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.p, prefix.p, prefix.len) == 0);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
    return s.len >= prefix.len && same_nocase(s.p, prefix.p, prefix.len);
}

size_t str_find(struct str s, char c, size_t from)
{
    if (from >= s.len)
        return s.len;
    const char *at = memchr(s.p + from, c, s.len - from);
    return at == NULL ? s.len : (size_t)(at - s.p);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_blank(s.p[0])) {
        s.p++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.p[s.len - 1]))
        s.len--;
    return s;
}

struct str str_sub(struct str s, size_t from, size_t to)
{
    assert(from <= to && to <= s.len);
    return s.p == NULL ? s : (struct str){s.p + from, to - from};
}

bool str_to_ll(struct str s, long long *out)
{
    bool negative = s.len > 0 && s.p[0] == '-', over = false;
    size_t i = negative || (s.len > 0 && s.p[0] == '+') ? 1 : 0;
    long long v = 0; /* counted downwards, because LLONG_MIN has no positive counterpart */

    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        over = over || __builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, s.p[i] - '0', &v);
    }
    if (negative)
        *out = over ? LLONG_MIN : v;
    else
        *out = over || v == LLONG_MIN ? LLONG_MAX : -v;
    return true;
}
