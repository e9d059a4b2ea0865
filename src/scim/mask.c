/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/mask.h"

#include "roster/base/json.h"
#include "roster/base/utf8.h"

#define SECRET_LEAST 4 /* bytes: a shorter one is in half of all words */

/* Each sign is looked for by a byte of it that few others have. */
static const struct sign {
    struct str text;
    size_t at; /* of that byte */
} signs[] = {
    {STR_LIT("passw"), 4}, {STR_LIT("secret"), 2}, {STR_LIT("token"), 2}, {STR_LIT("rst_"), 3}, {STR_LIT("\\u"), 0}};

static const unsigned char rare[256] = {
    ['w'] = 1, ['W'] = 1, ['c'] = 2, ['C'] = 2, ['k'] = 3, ['K'] = 3, ['_'] = 4, ['\\'] = 5};

bool mask_mentions(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char n = rare[(unsigned char)text.p[i]];

        if (n != 0 && i >= signs[n - 1].at &&
            str_starts_nocase(str_sub(text, i - signs[n - 1].at, text.len), signs[n - 1].text))
            return true;
    }
    return false;
}

/* A name or a path has nothing in it that a value would stand in. */
static bool is_bare(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (memchr(" \t\"'[]()=\\", s.p[i], 10) != NULL)
            return false;
    return s.len <= 128 && !str_starts_nocase(s, STR_LIT("rst_")) && !str_starts_nocase(s, STR_LIT("Bearer"));
}

/* --- by the tree --- */

/* What the tree has of it is wiped: json-c gives memory back as it is. */
static void remember(struct mask *m, struct arena *a, struct json_object *v)
{
    if (json_object_is_type(v, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(v); i++)
            remember(m, a, json_object_array_get_idx(v, i));
    } else if (json_object_is_type(v, json_type_object)) {
        json_object_object_foreach(v, name, member)
        {
            (void)name;
            remember(m, a, member);
        }
    } else if (v != NULL) {
        struct str text = str_of(json_object_get_string(v));

        if (m->n == MASK_SECRETS_MAX)
            m->more = true;
        else if (text.len >= SECRET_LEAST)
            m->secrets[m->n++] = arena_str(a, text);
        explicit_bzero((char *)text.p, text.len);
    }
}

static void write_value(struct buf *out, struct json_object *v, struct mask *m);

static void write_secret(struct buf *out, struct json_object *v, struct mask *m)
{
    remember(m, out->arena, v);
    buf_puts(out, "\"" MASK_TEXT "\"");
}

static void write_object(struct buf *out, struct json_object *v, struct mask *m)
{
    bool by_path = mask_mentions(json_text(v, "path"));

    buf_putc(out, '{');
    json_object_object_foreach(v, name, member)
    {
        bool secret = mask_mentions(str_of(name)) || (by_path && str_eq_nocase(str_of(name), STR_LIT("value")));

        buf_json_comma(out);
        buf_json(out, str_of(name));
        buf_putc(out, ':');
        if (secret && member != NULL)
            write_secret(out, member, m);
        else
            write_value(out, member, m);
    }
    buf_putc(out, '}');
}

static void write_value(struct buf *out, struct json_object *v, struct mask *m)
{
    if (json_object_is_type(v, json_type_object)) {
        write_object(out, v, m);
    } else if (json_object_is_type(v, json_type_array)) {
        buf_putc(out, '[');
        for (size_t i = 0; i < json_object_array_length(v); i++) {
            buf_json_comma(out);
            write_value(out, json_object_array_get_idx(v, i), m);
        }
        buf_putc(out, ']');
    } else if (json_object_is_type(v, json_type_string) && mask_mentions(json_str(v)) && !is_bare(json_str(v))) {
        write_secret(out, v, m);
    } else {
        json_write(out, v);
    }
}

/* --- bodies --- */

/* As it is, in one line: no string of JSON has a raw control character. */
static void put_line(struct buf *out, struct str s)
{
    size_t from = out->len;

    buf_str(out, s);
    for (size_t i = from; i < out->len; i++)
        if ((unsigned char)out->p[i] < ' ')
            out->p[i] = ' ';
}

/* The longest beginning of s that has at most limit bytes and ends with a character. */
static struct str beginning(struct str s, size_t limit)
{
    while (limit > 0 && ((unsigned char)s.p[limit] & 0xc0) == 0x80)
        limit--;
    return str_sub(s, 0, limit);
}

static void put(struct buf *out, struct str text, size_t limit, bool *cut)
{
    *cut = text.len > limit;
    if (*cut)
        buf_json(out, beginning(text, limit));
    else
        put_line(out, text);
}

void mask_body(struct buf *out, struct str body, size_t limit, struct mask *m, bool *cut)
{
    struct error e = ERROR_INIT;
    struct json_object *tree;
    struct buf masked;

    *m = (struct mask){.n = 0};
    *cut = false;
    if (!mask_mentions(body)) {
        put(out, body, limit, cut);
    } else if (body.len > MASK_READ_MAX || (tree = json_read(out->arena, body, &e)) == NULL) {
        m->more = true;
        buf_puts(out, "\"" MASK_TEXT "\"");
    } else {
        buf_init(&masked, out->arena);
        write_value(&masked, tree, m);
        put(out, buf_view(&masked), limit, cut);
    }
}

struct str mask_text(struct arena *a, struct str text, const struct mask *m)
{
    struct buf b;

    if (m->more)
        return STR_LIT(MASK_TEXT);
    if (m->n == 0)
        return text;
    buf_init(&b, a);
    for (size_t i = 0; i < text.len;) {
        size_t longest = 0;

        for (size_t s = 0; s < m->n; s++)
            if (m->secrets[s].len > longest && str_starts(str_sub(text, i, text.len), m->secrets[s]))
                longest = m->secrets[s].len;
        if (longest > 0)
            buf_puts(&b, MASK_TEXT);
        else
            buf_putc(&b, text.p[i]);
        i += longest > 0 ? longest : 1;
    }
    return buf_view(&b);
}
