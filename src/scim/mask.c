/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/mask.h"

#include "roster/base/json.h"
#include "roster/base/utf8.h"

#define QUOTED_MAX   100 /* bytes of an argument of an error that stand in its sentence as they are */
#define SECRET_LEAST 4   /* bytes: a shorter one is in half of all words */

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

bool mask_has_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] == '_' && i >= 3 && str_starts_nocase(str_sub(text, i - 3, text.len), STR_LIT("rst_")))
            return true;
    return false;
}

/* A name or a path has nothing in it that a value would stand in. */
static bool is_bare(struct str s)
{
    bool urn = str_starts_nocase(s, STR_LIT("urn:"));

    for (size_t i = 0; i < s.len; i++)
        if (memchr(" \t\"'[]()=\\", s.p[i], 10) != NULL || (s.p[i] == ':' && !urn))
            return false;
    return s.len <= 128 && !mask_has_token(s) && !str_starts_nocase(s, STR_LIT("Bearer"));
}

/* Errors shorten what they quote, and write its control characters in another way: it is not found in them then. */
static bool is_quoted_whole(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] < ' ' || (unsigned char)s.p[i] == 0x7f || (unsigned char)s.p[i] == 0xc2)
            return false;
    return s.len <= QUOTED_MAX;
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

        if (m->n == MASK_SECRETS_MAX || !is_quoted_whole(text))
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

/* Members whose text may say what another member's value is; they, and what tells nothing, stay. */
static const struct {
    struct str name;
    bool says;
} telling[] = {{STR_LIT("path"), true}, {STR_LIT("name"), true}, {STR_LIT("type"), true},    {STR_LIT("key"), true},
               {STR_LIT("op"), false},  {STR_LIT("id"), false},  {STR_LIT("schemas"), false}};

static bool is_telling(struct str name)
{
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++)
        if (str_eq_nocase(name, telling[i].name))
            return true;
    return false;
}

/* Whether a member says that another is a secret: {"path":"password","value":…}, and what comes near it. */
static bool tells_secret(struct json_object *v)
{
    bool found = false;

    for (size_t i = 0; i < sizeof telling / sizeof telling[0] && !found; i++) {
        struct json_object *member = telling[i].says ? json_member(v, telling[i].name.p) : NULL;

        if (json_object_is_type(member, json_type_string))
            found = mask_mentions(json_str(member));
        for (size_t j = 0;
             !found && json_object_is_type(member, json_type_array) && j < json_object_array_length(member); j++) {
            struct json_object *one = json_object_array_get_idx(member, j);

            found = json_object_is_type(one, json_type_string) && mask_mentions(json_str(one));
        }
    }
    return found;
}

static void write_name(struct buf *out, struct str name)
{
    buf_json(out, mask_has_token(name) || (mask_mentions(name) && !is_bare(name)) ? STR_LIT(MASK_TEXT) : name);
    buf_putc(out, ':');
}

static void write_object(struct buf *out, struct json_object *v, struct mask *m)
{
    bool told = tells_secret(v);

    buf_putc(out, '{');
    json_object_object_foreach(v, name, member)
    {
        bool secret = mask_mentions(str_of(name)) || (told && !is_telling(str_of(name)));

        buf_json_comma(out);
        write_name(out, str_of(name));
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

/* As it is, in one line: JSON has no other control characters than these, and none in a string. */
static void put_line(struct buf *out, struct str s)
{
    static const char breaks[] = {'\n', '\r', '\t'};
    size_t from = out->len;

    buf_str(out, s);
    for (size_t i = 0; i < sizeof breaks; i++)
        for (char *at = out->p + from; (at = memchr(at, breaks[i], (size_t)(out->p + out->len - at))) != NULL;)
            *at = ' ';
}

/* The longest beginning of s that has at most limit bytes and ends with a character. */
static struct str beginning(struct str s, size_t limit)
{
    while (limit > 0 && ((unsigned char)s.p[limit] & 0xc0) == 0x80)
        limit--;
    return str_sub(s, 0, limit);
}

/* As a member of an entry, the value is one level deeper than it came. */
static bool is_deep(struct str text)
{
    struct error e = ERROR_INIT;
    size_t n = 0;

    for (size_t at = 0; (at = str_find(text, '{', at)) < text.len; at++)
        n++;
    for (size_t at = 0; (at = str_find(text, '[', at)) < text.len; at++)
        n++;
    return n >= JSON_DEPTH_MAX && !json_scan(text, JSON_DEPTH_MAX - 1, &e);
}

static void put(struct buf *out, struct str text, size_t limit, bool *cut)
{
    *cut = text.len > limit || is_deep(text);
    if (*cut)
        buf_json(out, text.len > limit ? beginning(text, limit) : text);
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
