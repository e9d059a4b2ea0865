/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key - tuples written so that memcmp order is tuple order.
 *
 * Integers are big-endian and of fixed width, ids are 16 bytes, strings are escaped (00 becomes 00 FF) and end in
 * 00 01, so that no string's key begins another's. A struct key lives on the stack; the text of one key is at most
 * KEY_MAX bytes (asserted): callers bound strings with key_value() first.
 */
#ifndef ROSTER_STORE_KEY_H
#define ROSTER_STORE_KEY_H

#include "roster/base/buf.h"
#include "roster/base/id.h"
#include "roster/base/str.h"

#include <stdint.h>

#define KEY_MAX 1024

struct key {
    size_t len;
    unsigned char b[KEY_MAX];
};

static inline struct str key_view(const struct key *k)
{
    return (struct str){(const char *)k->b, k->len};
}

static inline void key_init(struct key *k)
{
    k->len = 0;
}
void key_u8(struct key *k, uint8_t v);
void key_u16(struct key *k, uint16_t v);
void key_u32(struct key *k, uint32_t v);
void key_u64(struct key *k, uint64_t v);
void key_id(struct key *k, const struct id *id);
void key_str(struct key *k, struct str s);

/*
 * s for use in key_str(): itself up to 240 bytes, else its first 200 bytes, FF and 16 bytes of its SHA-256. Two values
 * have the same form only if they are the same value.
 */
#define KEY_VALUE_MAX 240
struct str key_value(struct str s, char room[KEY_VALUE_MAX]);

/*
 * The exclusive end of the range of all keys that begin with k: k with its last byte that is not FF raised by one
 * and the rest cut. An empty or all-FF key has no end: len 0, which store_scan takes as "to the end".
 */
void key_end(struct key *k);

/* Reading a key back: each takes its part off the front of *s; false where s does not hold it (then *s is unchanged). */
bool key_take_u8(struct str *s, uint8_t *v);
bool key_take_u16(struct str *s, uint16_t *v);
bool key_take_u32(struct str *s, uint32_t *v);
bool key_take_u64(struct str *s, uint64_t *v);
bool key_take_id(struct str *s, struct id *id);
/* The unescaped string is written to out, which is cleared first. */
bool key_take_str(struct str *s, struct buf *out);

/* Appends key s of a space readably by the tuple description of spaces.def, e.g. `(7, "ana@example.com", 3f…)`;
 * what does not fit the description is shown in hexadecimal. */
void key_print(struct buf *b, const char *tuple, struct str s);

#endif
