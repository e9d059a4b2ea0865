/* SPDX-License-Identifier: Apache-2.0 */
/*
 * word - looking at eight bytes of text at once. Private to base.
 *
 * A word holds its bytes so that the first one in memory is the least significant one, on every machine. A mask says
 * something about each byte in that byte's highest bit; only its lowest set bit is to be trusted.
 */
#ifndef ROSTER_BASE_WORD_H
#define ROSTER_BASE_WORD_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD_SIZE  8
#define WORD_ONES  UINT64_C(0x0101010101010101)
#define WORD_HIGHS (WORD_ONES * 0x80)

static inline uint64_t word_load(const void *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return le64toh(w);
}

static inline void word_store(void *p, uint64_t w)
{
    w = htole64(w);
    memcpy(p, &w, sizeof w);
}

/* The number of bytes before the first one that a mask names; the mask must not be 0. */
static inline size_t word_first(uint64_t mask)
{
    return (size_t)__builtin_ctzll(mask) / 8;
}

/* Bytes past ASCII. */
static inline uint64_t word_not_ascii(uint64_t w)
{
    return w & WORD_HIGHS;
}

/* Bytes that do not stand for themselves in a JSON string: '"', '\\', controls; and all past ASCII. */
static inline uint64_t word_json_special(uint64_t w)
{
    uint64_t quote = w ^ (WORD_ONES * '"'), backslash = w ^ (WORD_ONES * '\\');
    return ((w - WORD_ONES * 0x20) | (quote - WORD_ONES) | (backslash - WORD_ONES) | w) & WORD_HIGHS;
}

/* A-Z become a-z, every other byte stays. */
static inline uint64_t word_lower(uint64_t w)
{
    uint64_t low = w & ~WORD_HIGHS;
    uint64_t from_a = low + WORD_ONES * (0x80 - 'A'), past_z = low + WORD_ONES * (0x7f - 'Z');
    return w | ((~w & (from_a ^ past_z) & WORD_HIGHS) >> 2);
}

static inline unsigned char byte_lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

#endif
