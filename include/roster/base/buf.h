/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf - a byte buffer that grows, in an arena.
 *
 * buf_init() first; there is nothing to free. p is NULL while nothing has been written, and not NUL-terminated
 * unless buf_cstr() was called. A struct str taken from a buf is valid until the buf grows.
 */
#ifndef ROSTER_BASE_BUF_H
#define ROSTER_BASE_BUF_H

#include "roster/base/arena.h"
#include "roster/base/str.h"

#include <stdint.h>

struct buf {
    char *p;
    size_t len, cap;
    struct arena *arena;
};

void buf_init(struct buf *b, struct arena *a);

/* Makes room for extra more bytes. */
void buf_reserve(struct buf *b, size_t extra);

void buf_add(struct buf *b, const void *p, size_t len);
void buf_str(struct buf *b, struct str s);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Decimal digits; faster than buf_printf. */
void buf_u64(struct buf *b, uint64_t v);

/* Forgets the contents, keeps the memory. */
static inline void buf_clear(struct buf *b)
{
    b->len = 0;
}

static inline struct str buf_view(const struct buf *b)
{
    return (struct str){b->p, b->len};
}

/* The contents with a NUL behind them that is not counted in len. */
const char *buf_cstr(struct buf *b);

/* s as a JSON string with its quotes (RFC 8259 7): escapes '"', '\\' and control characters; '/' stays as it is. */
void buf_json(struct buf *b, struct str s);

/* How many bytes at the beginning of s stand for themselves in a JSON string. */
size_t buf_json_plain(struct str s);

/* A comma, unless an object or array was just begun. b is not empty. */
void buf_json_comma(struct buf *b);

/* Begins a member of an object: the comma, if one is due, the name as a JSON string and a colon. */
void buf_json_name(struct buf *b, const char *name);

/* A member of an object: a text, null where it is STR_NULL; a number. */
void buf_json_text(struct buf *b, const char *name, struct str text);
void buf_json_u64(struct buf *b, const char *name, uint64_t n);

#endif
