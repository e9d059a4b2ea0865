/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str - a borrowed run of bytes.
 *
 * A struct str never owns its bytes and is not NUL-terminated; it is passed by value. p may be NULL only when len is
 * 0. Strings that came from outside are UTF-8 that has been checked where they entered (base/json, http/request).
 */
#ifndef ROSTER_BASE_STR_H
#define ROSTER_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
    const char *p;
    size_t len;
};

#define STR_NULL ((struct str){NULL, 0})

/* A struct str over a string literal, usable as an initialiser. */
#define STR_LIT(s) ((struct str){"" s, sizeof(s) - 1})

/* The bytes of a NUL-terminated string; s may be NULL (gives STR_NULL). */
static inline struct str str_of(const char *s)
{
    return s == NULL ? STR_NULL : (struct str){s, strlen(s)};
}

static inline struct str str_make(const void *p, size_t len)
{
    return (struct str){p, len};
}

/* Same bytes. */
static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* memcmp order, the shorter one first when one begins the other: the order of keys in the store. */
int str_cmp(struct str a, struct str b);

/* Same bytes but for ASCII letter case: attribute names, operators, schema URNs, header values (RFC 7643 2.1). */
bool str_eq_nocase(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);

/* The first position of byte c in s at or after from, or s.len where there is none. */
size_t str_find(struct str s, char c, size_t from);

/* s without the spaces and tabs at both ends. */
struct str str_trim(struct str s);

/* Bytes from .. to-1; from <= to <= s.len is asserted. */
struct str str_sub(struct str s, size_t from, size_t to);

/*
 * Reads a decimal number that fills s entirely (digits, one leading '-' or '+' allowed). false where s is anything
 * else; a number beyond the range of long long is clamped to its end and counts as read.
 */
bool str_to_ll(struct str s, long long *out);

#endif
