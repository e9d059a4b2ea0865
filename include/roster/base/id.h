/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id - the identity of a user, team, token or request: 128 random bits, written as a UUID of version 4.
 *
 * Made by us only; text from a client either is exactly the 36 lower- or upper-case characters of an id or names
 * nothing. An id never contains "bulkId" (RFC 7643 3.1) and is never used again.
 */
#ifndef ROSTER_BASE_ID_H
#define ROSTER_BASE_ID_H

#include "roster/base/buf.h"

#define ID_SIZE     16
#define ID_TEXT_LEN 36

struct id {
    unsigned char b[ID_SIZE];
};

/* A new random id (libsodium). */
struct id id_new(void);

void id_format(const struct id *id, char out[ID_TEXT_LEN + 1]);

/* Appends that text as a JSON string. */
void id_write(struct buf *b, const struct id *id);

/* false: s is not the text of an id; *out is then all zero. */
bool id_parse(struct str s, struct id *out);

static inline bool id_eq(const struct id *a, const struct id *b)
{
    return memcmp(a->b, b->b, ID_SIZE) == 0;
}

/* false: all bytes are zero, which stands for no id. */
static inline bool id_is_set(const struct id *id)
{
    return !id_eq(id, &(struct id){{0}});
}

/* The bytes, for keys and values; borrowed. */
static inline struct str id_view(const struct id *id)
{
    return str_make(id->b, ID_SIZE);
}

/* size random bytes from the kernel's generator; safe in a forked child. */
void id_random(void *p, size_t size);

#endif
