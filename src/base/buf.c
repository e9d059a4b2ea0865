/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/buf.h"

#include "word.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define FIRST_SIZE 256

void buf_init(struct buf *b, struct arena *a)
{
    *b = (struct buf){.arena = a};
}

void buf_reserve(struct buf *b, size_t extra)
{
    if (extra <= b->cap - b->len)
        return;
    if (extra > SIZE_MAX / 4 - b->len)
        arena_no_memory(extra);
    size_t need = b->len + extra, cap = b->cap == 0 ? FIRST_SIZE : 2 * b->cap;
    if (cap < need)
        cap = need;
    if (b->p == NULL || !arena_grow(b->arena, b->p, b->cap, cap)) {
        char *larger = arena_alloc_raw(b->arena, cap);
        if (b->len > 0)
            memcpy(larger, b->p, b->len);
        b->p = larger;
    }
    b->cap = cap;
}

void buf_add(struct buf *b, const void *p, size_t len)
{
    if (len == 0)
        return;
    buf_reserve(b, len);
    memcpy(b->p + b->len, p, len);
    b->len += len;
}

void buf_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.len);
}

void buf_puts(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
    buf_reserve(b, 1);
    b->p[b->len++] = c;
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;

    buf_reserve(b, 64);
    va_start(args, format);
    int len = vsnprintf(b->p + b->len, b->cap - b->len, format, args);
    va_end(args);
    assert(len >= 0);
    if ((size_t)len >= b->cap - b->len) {
        buf_reserve(b, (size_t)len + 1);
        va_start(args, format);
        vsnprintf(b->p + b->len, b->cap - b->len, format, args);
        va_end(args);
    }
    b->len += (size_t)len;
}

void buf_u64(struct buf *b, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    buf_add(b, digits + at, sizeof digits - at);
}

const char *buf_cstr(struct buf *b)
{
    buf_reserve(b, 1);
    b->p[b->len] = '\0';
    return b->p;
}

size_t buf_json_plain(struct str s)
{
    size_t i = 0;

    for (; s.len - i >= WORD_SIZE; i += WORD_SIZE) {
        uint64_t w = word_load(s.p + i), special = word_json_special(w) & ~w;
        if (special != 0)
            return i + word_first(special);
    }
    while (i < s.len && (unsigned char)s.p[i] >= 0x20 && s.p[i] != '"' && s.p[i] != '\\')
        i++;
    return i;
}

static void json_escape(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char brief[0x20] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

    if (c >= 0x20 || brief[c] != 0) {
        buf_add(b, (const char[]){'\\', c >= 0x20 ? (char)c : brief[c]}, 2);
        return;
    }
    buf_add(b, (const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

void buf_json(struct buf *b, struct str s)
{
    buf_reserve(b, s.len + 2);
    buf_putc(b, '"');
    while (s.len > 0) {
        size_t plain = buf_json_plain(s);
        buf_add(b, s.p, plain);
        if (plain == s.len)
            break;
        json_escape(b, (unsigned char)s.p[plain]);
        s = (struct str){s.p + plain + 1, s.len - plain - 1};
    }
    buf_putc(b, '"');
}

void buf_json_comma(struct buf *b)
{
    /* Empty: what the list began with has been sent already, and an entry with it. */
    if (b->len == 0 || (b->p[b->len - 1] != '{' && b->p[b->len - 1] != '['))
        buf_putc(b, ',');
}

void buf_json_name(struct buf *b, const char *name)
{
    buf_json_comma(b);
    buf_json(b, str_of(name));
    buf_putc(b, ':');
}

void buf_json_text(struct buf *b, const char *name, struct str text)
{
    buf_json_name(b, name);
    if (text.p == NULL)
        buf_puts(b, "null");
    else
        buf_json(b, text);
}

void buf_json_u64(struct buf *b, const char *name, uint64_t n)
{
    buf_json_name(b, name);
    buf_u64(b, n);
}
