/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/id.h"

#include <sodium.h>

void id_random(void *p, size_t size)
{
    /* Reads the kernel's generator at every call and keeps no state of its own that a fork would double. */
    randombytes_buf(p, size);
}

struct id id_new(void)
{
    struct id id;

    id_random(id.b, sizeof id.b);
    id.b[6] = (unsigned char)((id.b[6] & 0x0f) | 0x40); /* version 4, RFC 9562 5.4 */
    id.b[8] = (unsigned char)((id.b[8] & 0x3f) | 0x80);
    return id;
}

static bool hyphen_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void id_format(const struct id *id, char out[ID_TEXT_LEN + 1])
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < ID_SIZE; i++) {
        if (hyphen_before(i))
            *out++ = '-';
        *out++ = hex[id->b[i] >> 4];
        *out++ = hex[id->b[i] & 15];
    }
    *out = '\0';
}

void id_write(struct buf *b, const struct id *id)
{
    char text[ID_TEXT_LEN + 1];

    id_format(id, text);
    buf_putc(b, '"');
    buf_add(b, text, ID_TEXT_LEN);
    buf_putc(b, '"');
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool id_parse(struct str s, struct id *out)
{
    struct id id;
    const char *p = s.p;

    *out = (struct id){{0}};
    if (s.len != ID_TEXT_LEN)
        return false;
    for (size_t i = 0; i < ID_SIZE; i++) {
        if (hyphen_before(i) && *p++ != '-')
            return false;
        int high = hex_value(p[0]), low = hex_value(p[1]);
        if (high < 0 || low < 0)
            return false;
        id.b[i] = (unsigned char)(high << 4 | low);
        p += 2;
    }
    *out = id;
    return true;
}
