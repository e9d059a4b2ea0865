/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/store/key.h"

#include "roster/base/utf8.h"

#include <assert.h>
#include <sodium.h>

#define VALUE_HEAD 200 /* bytes of a long value that its form keeps, so that order is mostly kept */
#define VALUE_HASH 16  /* bytes of its SHA-256 behind them */
#define VALUE_LONG (VALUE_HEAD + 1 + VALUE_HASH)
#define VALUE_MARK '\xff' /* between the two; no UTF-8 text holds it */

static void add(struct key *k, const void *p, size_t len)
{
    assert(len <= sizeof k->b - k->len);
    if (len > 0)
        memcpy(k->b + k->len, p, len);
    k->len += len;
}

static void add_int(struct key *k, uint64_t v, size_t width)
{
    unsigned char b[8];

    for (size_t i = 0; i < width; i++)
        b[i] = (unsigned char)(v >> (8 * (width - 1 - i)));
    add(k, b, width);
}

void key_u8(struct key *k, uint8_t v)
{
    add_int(k, v, 1);
}

void key_u16(struct key *k, uint16_t v)
{
    add_int(k, v, 2);
}

void key_u32(struct key *k, uint32_t v)
{
    add_int(k, v, 4);
}

void key_u64(struct key *k, uint64_t v)
{
    add_int(k, v, 8);
}

void key_id(struct key *k, const struct id *id)
{
    add(k, id->b, sizeof id->b);
}

void key_str(struct key *k, struct str s)
{
    for (size_t from = 0; from < s.len;) {
        size_t nul = str_find(s, '\0', from);

        add(k, s.p + from, nul - from);
        if (nul < s.len)
            add(k, "\x00\xff", 2);
        from = nul + 1;
    }
    add(k, "\x00\x01", 2);
}

struct str key_value(struct str s, char room[KEY_VALUE_MAX])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    bool looks_long = s.len == VALUE_LONG && s.p[VALUE_HEAD] == VALUE_MARK;

    /* A value that looks like the form of a long one is treated as long, so that it can be taken for none. */
    if (s.len <= KEY_VALUE_MAX && !looks_long)
        return s;
    crypto_hash_sha256(hash, (const unsigned char *)s.p, s.len);
    memcpy(room, s.p, VALUE_HEAD);
    room[VALUE_HEAD] = VALUE_MARK;
    memcpy(room + VALUE_HEAD + 1, hash, VALUE_HASH);
    return str_make(room, VALUE_LONG);
}

void key_end(struct key *k)
{
    while (k->len > 0 && k->b[k->len - 1] == 0xff)
        k->len--;
    if (k->len > 0)
        k->b[k->len - 1]++;
}

static bool take_int(struct str *s, size_t width, uint64_t *v)
{
    *v = 0;
    if (s->len < width)
        return false;
    for (size_t i = 0; i < width; i++)
        *v = *v << 8 | (unsigned char)s->p[i];
    *s = str_sub(*s, width, s->len);
    return true;
}

bool key_take_u8(struct str *s, uint8_t *v)
{
    uint64_t wide;
    bool ok = take_int(s, sizeof *v, &wide);

    *v = (uint8_t)wide;
    return ok;
}

bool key_take_u16(struct str *s, uint16_t *v)
{
    uint64_t wide;
    bool ok = take_int(s, sizeof *v, &wide);

    *v = (uint16_t)wide;
    return ok;
}

bool key_take_u32(struct str *s, uint32_t *v)
{
    uint64_t wide;
    bool ok = take_int(s, sizeof *v, &wide);

    *v = (uint32_t)wide;
    return ok;
}

bool key_take_u64(struct str *s, uint64_t *v)
{
    return take_int(s, sizeof *v, v);
}

bool key_take_id(struct str *s, struct id *id)
{
    memset(id, 0, sizeof *id);
    if (s->len < sizeof id->b)
        return false;
    memcpy(id->b, s->p, sizeof id->b);
    *s = str_sub(*s, sizeof id->b, s->len);
    return true;
}

bool key_take_str(struct str *s, struct buf *out)
{
    size_t from = 0;

    buf_clear(out);
    for (;;) {
        size_t nul = str_find(*s, '\0', from);

        if (nul + 1 >= s->len || (s->p[nul + 1] != '\x01' && s->p[nul + 1] != '\xff')) {
            buf_clear(out);
            return false;
        }
        buf_add(out, s->p + from, nul - from);
        from = nul + 2;
        if (s->p[nul + 1] == '\x01')
            break;
        buf_putc(out, '\0');
    }
    *s = str_sub(*s, from, s->len);
    return true;
}

static void print_hex(struct buf *b, struct str s)
{
    buf_puts(b, "x'");
    for (size_t i = 0; i < s.len; i++)
        buf_printf(b, "%02x", (unsigned)(unsigned char)s.p[i]);
    buf_putc(b, '\'');
}

static bool print_int(struct buf *b, struct str *s, size_t width)
{
    uint64_t v;

    if (!take_int(s, width, &v))
        return false;
    buf_u64(b, v);
    return true;
}

static bool print_id(struct buf *b, struct str *s)
{
    struct id id;
    char text[ID_TEXT_LEN + 1];

    if (!key_take_id(s, &id))
        return false;
    id_format(&id, text);
    buf_puts(b, text);
    return true;
}

static bool print_str(struct buf *b, struct str *s)
{
    struct buf text;

    buf_init(&text, b->arena);
    if (!key_take_str(s, &text))
        return false;
    if (utf8_valid(buf_view(&text)))
        buf_json(b, buf_view(&text));
    else
        print_hex(b, buf_view(&text));
    return true;
}

/* Appends the next part of the key, of the type that the description names; false: it is not there. */
static bool print_part(struct buf *b, struct str type, struct str *s)
{
    static const struct {
        struct str name;
        size_t width;
    } ints[] = {{STR_LIT("u8"), 1}, {STR_LIT("u16"), 2}, {STR_LIT("u32"), 4}, {STR_LIT("u64"), 8}};

    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++)
        if (str_eq(type, ints[i].name))
            return print_int(b, s, ints[i].width);
    if (str_eq(type, STR_LIT("id")))
        return print_id(b, s);
    assert(str_eq(type, STR_LIT("str")));
    return print_str(b, s);
}

void key_print(struct buf *b, const char *tuple, struct str s)
{
    struct str types = str_of(tuple);
    const char *comma = "";
    bool fits = true;

    buf_putc(b, '(');
    for (size_t from = 0, to; fits && s.len > 0 && from < types.len; from = to + 1) {
        to = str_find(types, ' ', from);
        buf_puts(b, comma);
        comma = ", ";
        fits = print_part(b, str_sub(types, from, to), &s);
    }
    if (s.len > 0) {
        if (fits) /* a part that does not fit has its comma already */
            buf_puts(b, comma);
        print_hex(b, s);
    }
    buf_putc(b, ')');
}
