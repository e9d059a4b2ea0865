/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/json.h"

#include "roster/base/log.h"
#include "roster/base/utf8.h"

#include "word.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* --- scanning --- */

#define FRAMES_MAX 64 /* the greatest depth_max */
#define PAIRWISE   16 /* members up to which each new name is compared with all before it */

typedef const unsigned char *at_t;

/* A member's name, as it stands between its quotes. */
struct name {
    uint64_t hash; /* of what it means: escapes resolved, ASCII letters lowered */
    at_t p;
    size_t len;
};

struct frame {
    bool is_object;
    size_t first; /* its first name among the scan's */
};

struct scan {
    at_t start, p, end;
    struct error *e;
    int depth, depth_max;
    size_t nnames, cap;
    struct name *names; /* of the objects that are open, the innermost's last */
    struct name few[64];
    struct frame frames[FRAMES_MAX];
};

/* What comes next. */
enum step { STEP_VALUE, STEP_AFTER_VALUE, STEP_END, STEP_FAILED };

#define OFFSET_SIZE 24

static struct str offset_of(const struct scan *s, at_t at, char text[OFFSET_SIZE])
{
    int len = snprintf(text, OFFSET_SIZE, "%zu", (size_t)(at - s->start));

    return str_make(text, (size_t)len);
}

/* Returns false, as malformed() does. */
static bool fail(struct scan *s, enum error_code code, at_t at)
{
    char text[OFFSET_SIZE];

    error_set(s->e, code, offset_of(s, at, text));
    return false;
}

static bool malformed(struct scan *s, const char *why, at_t at)
{
    char text[OFFSET_SIZE];

    /* The cause of a stray byte past ASCII is the encoding rather than the grammar. */
    if (at < s->end && utf8_sequence(str_make(at, (size_t)(s->end - at))) == 0)
        return fail(s, ERR_JSON_NOT_UTF8, at);
    error_set(s->e, ERR_JSON_MALFORMED, str_of(at == s->end ? "it ends too early" : why), offset_of(s, at, text));
    return false;
}

static void skip_space(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
        s->p++;
}

static bool is_digit(const struct scan *s, at_t p)
{
    return p < s->end && *p >= '0' && *p <= '9';
}

static int hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of the four hexadecimal digits at p; -1 where there are none. */
static int32_t hex4(at_t p, at_t end)
{
    int32_t v = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0)
            return -1;
        v = v << 4 | digit;
    }
    return v;
}

static bool is_high_surrogate(int32_t unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low_surrogate(int32_t unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

/* s->p is at the backslash of a \u escape, or of the first of two. */
static bool scan_unicode_escape(struct scan *s)
{
    at_t at = s->p;
    int32_t unit = hex4(at + 2, s->end);

    if (unit < 0)
        return malformed(s, "an escape is malformed", at);
    if (unit == 0)
        return malformed(s, "there is a NUL character", at);
    s->p += 6;
    if (is_low_surrogate(unit))
        return malformed(s, "there is half a surrogate pair", at);
    if (!is_high_surrogate(unit))
        return true;
    if (s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u' || !is_low_surrogate(hex4(s->p + 2, s->end)))
        return malformed(s, "there is half a surrogate pair", at);
    s->p += 6;
    return true;
}

static bool scan_escape(struct scan *s)
{
    static const bool brief[256] = {['"'] = true, ['\\'] = true, ['/'] = true, ['b'] = true,
                                    ['f'] = true, ['n'] = true,  ['r'] = true, ['t'] = true};

    if (s->end - s->p < 2)
        return malformed(s, "", s->end);
    if (s->p[1] == 'u')
        return scan_unicode_escape(s);
    if (!brief[s->p[1]])
        return malformed(s, "an escape is unknown", s->p);
    s->p += 2;
    return true;
}

/* Passes over the bytes of a string that stand for themselves and are ASCII. */
static void skip_plain(struct scan *s)
{
    at_t p = s->p;

    for (; s->end - p >= WORD_SIZE; p += WORD_SIZE) {
        uint64_t special = word_json_special(word_load(p));
        if (special != 0) {
            s->p = p + word_first(special);
            return;
        }
    }
    while (p < s->end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    s->p = p;
}

/* s->p is behind the opening quote; afterwards, behind the closing one. */
static bool scan_string(struct scan *s, bool *escaped)
{
    *escaped = false;
    for (;;) {
        skip_plain(s);
        if (s->p == s->end)
            return malformed(s, "", s->end);
        if (*s->p == '"') {
            s->p++;
            return true;
        }
        if (*s->p == '\\') {
            *escaped = true;
            if (!scan_escape(s))
                return false;
        } else if (*s->p < 0x20) {
            return malformed(s, "a control character stands in a string", s->p);
        } else {
            size_t len = utf8_sequence(str_make(s->p, (size_t)(s->end - s->p)));
            if (len == 0)
                return fail(s, ERR_JSON_NOT_UTF8, s->p);
            s->p += len;
        }
    }
}

/* Whether the digits of an integer are those of an int64. */
static bool fits_int64(at_t digits, size_t n, bool negative)
{
    return n < 19 || (n == 19 && memcmp(digits, negative ? "9223372036854775808" : "9223372036854775807", 19) <= 0);
}

/* The value of an exponent behind its 'e', held far from overflow; no text is long enough to make up for it. */
static int64_t exponent_of(at_t p, at_t end)
{
    bool negative = *p == '-';
    int64_t v = 0;

    for (p += *p == '-' || *p == '+'; p < end; p++)
        if (v < INT64_C(1) << 40)
            v = v * 10 + (*p - '0');
    return negative ? -v : v;
}

#define DIGITS_MAX 400 /* more than the 309 of the least number that rounds to infinity */

/* Whether the number that [p, end) spells by the grammar, without its sign, is a finite double. */
static bool is_finite(at_t p, at_t end)
{
    char text[DIGITS_MAX + 32];
    size_t n = 0;
    int64_t scale = 0; /* the number is below 10 to the power of scale, and not far */
    bool fraction = false;

    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            fraction = true;
            continue;
        }
        bool leading_zero = n == 0 && *p == '0';
        if (!leading_zero && n < DIGITS_MAX)
            text[n++] = (char)*p;
        scale += fraction ? -(int64_t)leading_zero : !leading_zero;
    }
    if (p < end)
        scale += exponent_of(p + 1, end);
    if (n == 0 || scale < 309)
        return true;
    if (scale > 309)
        return false;
    snprintf(text + n, sizeof text - n, "e%d", 309 - (int)n);
    return isfinite(strtod(text, NULL));
}

static bool scan_digits(struct scan *s)
{
    if (!is_digit(s, s->p))
        return malformed(s, "a number is malformed", s->p);
    while (is_digit(s, s->p))
        s->p++;
    return true;
}

/* *decimal: it has a fraction or an exponent. */
static bool scan_number(struct scan *s, bool *decimal)
{
    at_t at = s->p;
    bool negative = *at == '-';

    *decimal = false;
    s->p += negative;
    at_t digits = s->p;
    if (!scan_digits(s))
        return false;
    if (*digits == '0' && s->p - digits > 1)
        return malformed(s, "a number begins with 0", at);
    size_t ndigits = (size_t)(s->p - digits);
    if (s->p < s->end && *s->p == '.') {
        *decimal = true;
        s->p++;
        if (!scan_digits(s))
            return false;
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        *decimal = true;
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
            s->p++;
        if (!scan_digits(s))
            return false;
    }
    if (*decimal ? is_finite(digits, s->p) : fits_int64(digits, ndigits, negative))
        return true;
    return fail(s, ERR_JSON_NUMBER_RANGE, at);
}

static bool scan_literal(struct scan *s, const char *word, size_t len)
{
    if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
        return malformed(s, "there is an unknown word", s->p);
    s->p += len;
    return true;
}

/* --- names --- */

/* A name's bytes one by one, as it means them. */
struct unescaped {
    at_t p, end;
    unsigned char utf8[4]; /* of an escape: those still to come are at its end */
    size_t left;
};

static size_t encode_utf8(uint32_t c, unsigned char out[4])
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

    /* Written to the end of out, last byte first. */
    for (size_t i = 1; i < len; i++, c >>= 6)
        out[4 - i] = (unsigned char)(0x80 | (c & 0x3f));
    out[4 - len] = (unsigned char)(lead[len] | c);
    return len;
}

/* u->p is behind a backslash. */
static uint32_t resolve_escape(struct unescaped *u)
{
    static const char brief[256] = {
        ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'};
    unsigned char kind = *u->p++;

    if (kind != 'u')
        return (unsigned char)brief[kind];
    int32_t unit = hex4(u->p, u->end);
    u->p += 4;
    if (!is_high_surrogate(unit))
        return (uint32_t)unit;
    int32_t low = hex4(u->p + 2, u->end);
    u->p += 6;
    return 0x10000u + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
}

/* The next byte in lower case, -1 at the end. */
static int next_byte(struct unescaped *u)
{
    if (u->left == 0) {
        if (u->p == u->end)
            return -1;
        if (*u->p != '\\')
            return byte_lower(*u->p++);
        u->p++;
        u->left = encode_utf8(resolve_escape(u), u->utf8);
    }
    return byte_lower(u->utf8[4 - u->left--]);
}

/* The order of what two names mean; 0: equal. */
static int compare_meaning(const struct name *a, const struct name *b)
{
    struct unescaped ua = {.p = a->p, .end = a->p + a->len}, ub = {.p = b->p, .end = b->p + b->len};
    int ca, cb;

    do {
        ca = next_byte(&ua);
        cb = next_byte(&ub);
    } while (ca == cb && ca >= 0);
    return ca - cb;
}

static uint64_t mix(uint64_t h, uint64_t w)
{
    h = (h ^ w) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

/* The hash only spares comparisons: whoever provokes equal ones gains nothing but these. */
static uint64_t hash_plain(at_t p, size_t len)
{
    uint64_t h = len;
    unsigned char rest[WORD_SIZE] = {0};

    for (; len >= WORD_SIZE; p += WORD_SIZE, len -= WORD_SIZE)
        h = mix(h, word_lower(word_load(p)));
    if (len > 0)
        memcpy(rest, p, len);
    return mix(h, word_lower(word_load(rest)));
}

static uint64_t hash_escaped(at_t p, size_t len)
{
    struct unescaped u = {.p = p, .end = p + len};
    size_t n = 0;

    while (next_byte(&u) >= 0)
        n++;
    u = (struct unescaped){.p = p, .end = p + len};

    uint64_t h = n;
    unsigned char word[WORD_SIZE];
    for (; n >= WORD_SIZE; n -= WORD_SIZE) {
        for (size_t i = 0; i < WORD_SIZE; i++)
            word[i] = (unsigned char)next_byte(&u);
        h = mix(h, word_load(word));
    }
    memset(word, 0, sizeof word);
    for (size_t i = 0; i < n; i++)
        word[i] = (unsigned char)next_byte(&u);
    return mix(h, word_load(word));
}

static bool duplicate(struct scan *s, const struct name *n)
{
    char text[OFFSET_SIZE];

    error_set(s->e, ERR_JSON_DUPLICATE_NAME, str_make(n->p, n->len), offset_of(s, n->p - 1, text));
    return false;
}

static void push_name(struct scan *s, struct name n)
{
    if (s->nnames == s->cap) {
        size_t size = 2 * s->cap * sizeof n;
        struct name *more = s->names == s->few ? malloc(size) : realloc(s->names, size);
        if (more == NULL)
            arena_no_memory(size);
        if (s->names == s->few)
            memcpy(more, s->few, sizeof s->few);
        s->names = more;
        s->cap *= 2;
    }
    s->names[s->nnames++] = n;
}

/* From the name's opening quote to behind the colon. */
static bool scan_name(struct scan *s)
{
    struct frame *f = &s->frames[s->depth - 1];
    bool escaped;

    if (s->p == s->end || *s->p != '"')
        return malformed(s, "a member's name is missing", s->p);
    at_t at = ++s->p;
    if (!scan_string(s, &escaped))
        return false;

    struct name n = {.p = at, .len = (size_t)(s->p - 1 - at)};
    n.hash = escaped ? hash_escaped(n.p, n.len) : hash_plain(n.p, n.len);
    if (s->nnames - f->first < PAIRWISE)
        for (const struct name *o = s->names + f->first; o < s->names + s->nnames; o++)
            if (o->hash == n.hash && compare_meaning(o, &n) == 0)
                return duplicate(s, &n);
    push_name(s, n);

    skip_space(s);
    if (s->p == s->end || *s->p != ':')
        return malformed(s, "a colon is missing", s->p);
    s->p++;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    int order = (x->hash > y->hash) - (x->hash < y->hash);

    if (order == 0)
        order = compare_meaning(x, y);
    return order != 0 ? order : (x->p > y->p) - (x->p < y->p);
}

/* The check of an object that was too large for comparing each with each. */
static bool check_names(struct scan *s, struct name *names, size_t n)
{
    const struct name *first = NULL;

    if (n <= PAIRWISE)
        return true;
    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 1; i < n; i++)
        if (names[i].hash == names[i - 1].hash && compare_meaning(&names[i], &names[i - 1]) == 0 &&
            (first == NULL || names[i].p < first->p))
            first = &names[i];
    return first == NULL || duplicate(s, first);
}

/* --- structure --- */

static enum step close_container(struct scan *s)
{
    struct frame *f = &s->frames[--s->depth];

    s->p++;
    if (f->is_object) {
        if (!check_names(s, s->names + f->first, s->nnames - f->first))
            return STEP_FAILED;
        s->nnames = f->first;
    }
    return STEP_AFTER_VALUE;
}

static enum step open_container(struct scan *s)
{
    bool is_object = *s->p == '{';

    if (s->depth == s->depth_max) {
        char levels[16], text[OFFSET_SIZE];
        int len = snprintf(levels, sizeof levels, "%d", s->depth_max);
        error_set(s->e, ERR_JSON_TOO_DEEP, str_make(levels, (size_t)len), offset_of(s, s->p, text));
        return STEP_FAILED;
    }
    s->frames[s->depth++] = (struct frame){.is_object = is_object, .first = s->nnames};
    s->p++;
    skip_space(s);
    if (s->p < s->end && *s->p == (is_object ? '}' : ']'))
        return close_container(s);
    return !is_object || scan_name(s) ? STEP_VALUE : STEP_FAILED;
}

static enum step scan_value(struct scan *s)
{
    bool good, escaped, decimal;

    skip_space(s);
    switch (s->p < s->end ? *s->p : '\0') {
    case '{':
    case '[':
        return open_container(s);
    case '"':
        s->p++;
        good = scan_string(s, &escaped);
        break;
    case 't':
        good = scan_literal(s, "true", 4);
        break;
    case 'f':
        good = scan_literal(s, "false", 5);
        break;
    case 'n':
        good = scan_literal(s, "null", 4);
        break;
    default:
        if (is_digit(s, s->p) || (s->p < s->end && *s->p == '-'))
            good = scan_number(s, &decimal);
        else
            good = malformed(s, "a value is missing", s->p);
    }
    return good ? STEP_AFTER_VALUE : STEP_FAILED;
}

static enum step scan_after_value(struct scan *s)
{
    skip_space(s);
    if (s->depth == 0) {
        if (s->p == s->end)
            return STEP_END;
        malformed(s, "something follows the value", s->p);
        return STEP_FAILED;
    }

    bool in_object = s->frames[s->depth - 1].is_object;
    if (s->p < s->end && *s->p == (in_object ? '}' : ']'))
        return close_container(s);
    if (s->p == s->end || *s->p != ',') {
        malformed(s, "a comma is missing", s->p);
        return STEP_FAILED;
    }
    s->p++;
    skip_space(s);
    return !in_object || scan_name(s) ? STEP_VALUE : STEP_FAILED;
}

bool json_scan(struct str text, int depth_max, struct error *e)
{
    struct scan s;
    enum step step = STEP_VALUE;

    assert(depth_max >= 1 && depth_max <= FRAMES_MAX);
    s.start = s.p = (at_t)text.p;
    s.end = s.p + text.len;
    s.e = e;
    s.depth = 0;
    s.depth_max = depth_max;
    s.nnames = 0;
    s.names = s.few;
    s.cap = sizeof s.few / sizeof s.few[0];
    while (step == STEP_VALUE || step == STEP_AFTER_VALUE)
        step = step == STEP_VALUE ? scan_value(&s) : scan_after_value(&s);
    if (s.names != s.few)
        free(s.names);
    return step == STEP_END;
}

/* --- reading --- */

struct reading {
    struct scan s; /* without the names and frames: what was judged is not judged again */
    struct arena *arena;
};

/* What json-c made, with something to hold on to: NULL would be the value null. */
static struct json_object *made(struct json_object *v)
{
    if (v == NULL)
        arena_no_memory(0);
    return v;
}

/* What the bytes between two quotes mean: they themselves, or a copy in the arena. */
static struct str resolved(const struct reading *r, at_t p, at_t end, bool escaped)
{
    struct unescaped u = {.p = p, .end = end};
    struct buf b;

    if (!escaped)
        return str_make(p, (size_t)(end - p));
    buf_init(&b, r->arena);
    while (u.p < u.end) {
        if (*u.p != '\\') {
            buf_putc(&b, (char)*u.p++);
            continue;
        }
        u.p++;
        size_t len = encode_utf8(resolve_escape(&u), u.utf8);
        buf_add(&b, u.utf8 + sizeof u.utf8 - len, len);
    }
    return buf_view(&b);
}

/* r->s.p is at the opening quote. */
static bool read_text(struct reading *r, struct str *out)
{
    at_t at = ++r->s.p;
    bool escaped;

    if (!scan_string(&r->s, &escaped))
        return false;
    *out = resolved(r, at, r->s.p - 1, escaped);
    return true;
}

static struct json_object *make_int(at_t p, at_t end)
{
    bool negative = *p == '-';
    uint64_t v = 0;

    for (p += negative; p < end; p++)
        v = v * 10 + (uint64_t)(*p - '0');
    return made(json_object_new_int64((int64_t)(negative ? 0 - v : v)));
}

/* A decimal keeps its text. */
static struct json_object *make_double(const struct reading *r, at_t p, at_t end)
{
    const char *text = arena_strndup(r->arena, (const char *)p, (size_t)(end - p));

    return made(json_object_new_double_s(strtod(text, NULL), text));
}

static bool read_number(struct reading *r, struct json_object **out)
{
    at_t at = r->s.p;
    bool decimal;

    if (!scan_number(&r->s, &decimal))
        return false;
    *out = decimal ? make_double(r, at, r->s.p) : make_int(at, r->s.p);
    return true;
}

/* Passes over c and the white space around it, if it is there. */
static bool take(struct reading *r, char c)
{
    skip_space(&r->s);
    if (r->s.p == r->s.end || *r->s.p != (unsigned char)c)
        return false;
    r->s.p++;
    skip_space(&r->s);
    return true;
}

static bool read_value(struct reading *r, int depth, struct json_object **out);

static bool read_elements(struct reading *r, int depth, struct json_object *array)
{
    struct json_object *v;

    if (take(r, ']'))
        return true;
    do {
        if (!read_value(r, depth, &v))
            return false;
        if (json_object_array_add(array, v) != 0)
            arena_no_memory(0);
    } while (take(r, ','));
    return take(r, ']');
}

/* json-c copies a name, and wants a NUL behind it. */
static void put_member(const struct reading *r, struct json_object *object, struct str name, struct json_object *v)
{
    char few[64], *text = few;

    if (name.len < sizeof few) {
        memcpy(few, name.p, name.len);
        few[name.len] = '\0';
    } else {
        text = arena_strndup(r->arena, name.p, name.len);
    }
    if (json_object_object_add_ex(object, text, v, JSON_C_OBJECT_ADD_KEY_IS_NEW) != 0)
        arena_no_memory(0);
}

static bool read_members(struct reading *r, int depth, struct json_object *object)
{
    struct json_object *v;
    struct str name;

    if (take(r, '}'))
        return true;
    do {
        if (r->s.p == r->s.end || *r->s.p != '"' || !read_text(r, &name) || !take(r, ':') || !read_value(r, depth, &v))
            return false;
        put_member(r, object, name, v);
    } while (take(r, ','));
    return take(r, '}');
}

static bool read_container(struct reading *r, int depth, struct json_object **out)
{
    bool is_object = *r->s.p++ == '{';

    if (depth == JSON_DEPTH_MAX)
        return false;
    /* Arrays are short, and json-c would begin with room for 32. */
    struct json_object *v = made(is_object ? json_object_new_object() : json_object_new_array_ext(4));
    if (!(is_object ? read_members(r, depth + 1, v) : read_elements(r, depth + 1, v))) {
        json_object_put(v);
        return false;
    }
    *out = v;
    return true;
}

/* false: there is none, and *out is not set. */
static bool read_value(struct reading *r, int depth, struct json_object **out)
{
    struct str text;
    bool truth;

    switch (r->s.p < r->s.end ? *r->s.p : '\0') {
    case '{':
    case '[':
        return read_container(r, depth, out);
    case '"':
        if (!read_text(r, &text))
            return false;
        *out = made(json_object_new_string_len(text.p, (int)text.len));
        return true;
    case 't':
    case 'f':
        truth = *r->s.p == 't';
        if (!scan_literal(&r->s, truth ? "true" : "false", truth ? 4 : 5))
            return false;
        *out = made(json_object_new_boolean(truth));
        return true;
    case 'n':
        *out = NULL;
        return scan_literal(&r->s, "null", 4);
    default:
        return r->s.p < r->s.end && (*r->s.p == '-' || is_digit(&r->s, r->s.p)) && read_number(r, out);
    }
}

/* The text must be JSON in all but that a name may come twice, which json_scan() has seen to or nobody else could write. */
static struct json_object *read_tree(struct arena *a, struct str text, struct error *e)
{
    struct json_object *v = NULL;
    struct reading r; /* not all of it: it has room for names that are not compared here */

    if (text.len > INT_MAX) {
        error_set(e, ERR_JSON_MALFORMED, STR_LIT("it is too long"), STR_LIT("2147483647"));
        return NULL;
    }
    r.arena = a;
    r.s.e = e;
    r.s.start = r.s.p = (at_t)text.p;
    r.s.end = r.s.p + text.len;
    skip_space(&r.s);
    bool whole = read_value(&r, 0, &v);
    skip_space(&r.s);
    if (v != NULL)
        json_own(a, v);
    if (whole && r.s.p == r.s.end)
        return v;
    error_set(e, ERR_INTERNAL);
    return NULL;
}

struct json_object *json_read(struct arena *a, struct str text, struct error *e)
{
    return json_scan(text, JSON_DEPTH_MAX, e) ? read_tree(a, text, e) : NULL;
}

struct json_object *json_read_own(struct arena *a, struct str text)
{
    struct error e = ERROR_INIT;

    return read_tree(a, text, &e);
}
