/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/precis.h"

#include "roster/base/utf8.h"

#include <assert.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uninorm.h>
#include <unistr.h>

#define ASCII_SPACE 0x20
#define ZWNJ        0x200c

/* Text as characters: a whole string or a label of one. */
struct text {
    const uint32_t *p;
    size_t n;
};

/* --- context rules: RFC 5892 A, of a character within its label --- */

static bool is_script(uint32_t c, const char *name)
{
    const uc_script_t *script = uc_script(c);

    return script != NULL && strcmp(script->name, name) == 0;
}

static bool has_between(struct text t, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < t.n; i++)
        if (t.p[i] >= from && t.p[i] <= to)
            return true;
    return false;
}

/* The rule says l; capitals, which folding makes l, are as good. */
static bool is_l(uint32_t c)
{
    return c == 'l' || c == 'L';
}

static bool is_between_l(struct text t, size_t at)
{
    return at > 0 && at + 1 < t.n && is_l(t.p[at - 1]) && is_l(t.p[at + 1]);
}

static bool is_before_greek(struct text t, size_t at)
{
    return at + 1 < t.n && is_script(t.p[at + 1], "Greek");
}

static bool is_after_hebrew(struct text t, size_t at)
{
    return at > 0 && is_script(t.p[at - 1], "Hebrew");
}

static bool is_with_japanese(struct text t, size_t at)
{
    (void)at;
    for (size_t i = 0; i < t.n; i++)
        if (is_script(t.p[i], "Hiragana") || is_script(t.p[i], "Katakana") || is_script(t.p[i], "Han"))
            return true;
    return false;
}

static bool is_without_extended_digits(struct text t, size_t at)
{
    (void)at;
    return !has_between(t, 0x6f0, 0x6f9);
}

static bool is_without_arabic_digits(struct text t, size_t at)
{
    (void)at;
    return !has_between(t, 0x660, 0x669);
}

static bool is_after_virama(struct text t, size_t at)
{
    return at > 0 && uc_combining_class(t.p[at - 1]) == UC_CCC_VR;
}

/* Whether the nearest character before at that is not transparent joins to what follows it. */
static bool joins_before(struct text t, size_t at)
{
    int type = UC_JOINING_TYPE_U;

    while (at > 0 && (type = uc_joining_type(t.p[at - 1])) == UC_JOINING_TYPE_T)
        at--;
    return at > 0 && (type == UC_JOINING_TYPE_L || type == UC_JOINING_TYPE_D);
}

static bool joins_after(struct text t, size_t at)
{
    int type = UC_JOINING_TYPE_U;

    while (at + 1 < t.n && (type = uc_joining_type(t.p[at + 1])) == UC_JOINING_TYPE_T)
        at++;
    return at + 1 < t.n && (type == UC_JOINING_TYPE_R || type == UC_JOINING_TYPE_D);
}

static bool parts_letters(struct text t, size_t at)
{
    return is_after_virama(t, at) || (joins_before(t, at) && joins_after(t, at));
}

static const struct {
    uint32_t from, to;
    bool (*holds)(struct text t, size_t at);
    bool of_label; /* the same wherever the character stands */
} contexts[] = {
    {0x00b7, 0x00b7, is_between_l, false},              /* A.3 middle dot */
    {0x0375, 0x0375, is_before_greek, false},           /* A.4 keraia */
    {0x05f3, 0x05f4, is_after_hebrew, false},           /* A.5, A.6 geresh, gershayim */
    {0x0660, 0x0669, is_without_extended_digits, true}, /* A.8 */
    {0x06f0, 0x06f9, is_without_arabic_digits, true},   /* A.9 */
    {ZWNJ, ZWNJ, parts_letters, false},                 /* A.1 */
    {0x200d, 0x200d, is_after_virama, false},           /* A.2 zero width joiner */
    {0x30fb, 0x30fb, is_with_japanese, true},           /* A.7 Katakana middle dot */
};

/* --- the classes: RFC 8264 4.2, 4.3, 8 --- */

enum property {
    PROPERTY_VALID,   /* in both classes */
    PROPERTY_FREE,    /* in the FreeformClass alone */
    PROPERTY_NOWHERE, /* disallowed */
    PROPERTY_CONTEXT  /* in both where the context rule holds */
};

/* RFC 5892 2.6, less those with a context rule. */
static const struct {
    uint32_t from, to;
    enum property property;
} exceptions[] = {
    {0x00df, 0x00df, PROPERTY_VALID},   {0x03c2, 0x03c2, PROPERTY_VALID},   {0x0640, 0x0640, PROPERTY_NOWHERE},
    {0x06fd, 0x06fe, PROPERTY_VALID},   {0x07fa, 0x07fa, PROPERTY_NOWHERE}, {0x0f0b, 0x0f0b, PROPERTY_VALID},
    {0x3007, 0x3007, PROPERTY_VALID},   {0x302e, 0x302f, PROPERTY_NOWHERE}, {0x3031, 0x3035, PROPERTY_NOWHERE},
    {0x303b, 0x303b, PROPERTY_NOWHERE},
};

#define LETTER_DIGITS                                                                                                  \
    (UC_CATEGORY_MASK_Ll | UC_CATEGORY_MASK_Lu | UC_CATEGORY_MASK_Lo | UC_CATEGORY_MASK_Nd | UC_CATEGORY_MASK_Lm |     \
     UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Mc)
#define OTHER_LETTER_DIGITS (UC_CATEGORY_MASK_Lt | UC_CATEGORY_MASK_Nl | UC_CATEGORY_MASK_No | UC_CATEGORY_MASK_Me)

static bool is_old_hangul_jamo(uint32_t c)
{
    int type = uc_graphemeclusterbreak_property(c);

    return type == GBP_L || type == GBP_V || type == GBP_T;
}

static bool has_compatible(uint32_t c)
{
    uint32_t room[UC_DECOMPOSITION_MAX_LENGTH];
    size_t n = UC_DECOMPOSITION_MAX_LENGTH;
    const uint32_t *p = u32_normalize(UNINORM_NFKC, &c, 1, room, &n);

    assert(p == room);
    return n != 1 || room[0] != c;
}

/* What is of no category here is nowhere: controls, private use, line separators, unassigned, not characters. */
static enum property property_by_category(uint32_t c)
{
    if (is_old_hangul_jamo(c) || uc_is_property_default_ignorable_code_point(c))
        return PROPERTY_NOWHERE;
    if (has_compatible(c))
        return PROPERTY_FREE;
    if (uc_is_general_category_withtable(c, LETTER_DIGITS))
        return PROPERTY_VALID;
    return uc_is_general_category_withtable(c, OTHER_LETTER_DIGITS | UC_CATEGORY_MASK_Zs | UC_CATEGORY_MASK_S |
                                                   UC_CATEGORY_MASK_P)
               ? PROPERTY_FREE
               : PROPERTY_NOWHERE;
}

static enum property property_of(uint32_t c)
{
    if (c < 0x7f)
        return c > ASCII_SPACE ? PROPERTY_VALID : c == ASCII_SPACE ? PROPERTY_FREE : PROPERTY_NOWHERE;
    for (size_t i = 0; i < sizeof contexts / sizeof contexts[0]; i++)
        if (c >= contexts[i].from && c <= contexts[i].to)
            return PROPERTY_CONTEXT;
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (c >= exceptions[i].from && c <= exceptions[i].to)
            return exceptions[i].property;
    return property_by_category(c);
}

/* *held: the rules of labels that are known to hold, a bit each, so that a long label is looked through once. */
static bool context_holds(struct text t, size_t at, uint32_t *held)
{
    size_t i = 0;

    while (t.p[at] < contexts[i].from || t.p[at] > contexts[i].to)
        i++;
    if (*held & 1u << i)
        return true;
    bool holds = contexts[i].holds(t, at);
    *held |= (uint32_t)(holds && contexts[i].of_label) << i;
    return holds;
}

/* The place of the first character that the class has not, greatest being the last property that it takes; or n. */
static size_t first_outside(struct text t, enum property greatest)
{
    uint32_t held = 0;
    size_t at = 0;

    for (; at < t.n; at++) {
        enum property property = property_of(t.p[at]);
        if (property == PROPERTY_CONTEXT ? !context_holds(t, at, &held) : property > greatest)
            break;
    }
    return at;
}

/* --- the Bidi rule: RFC 5893 2 --- */

#define BIT(class)    (1u << UC_BIDI_##class)
#define RIGHT_TO_LEFT (BIT(R) | BIT(AL) | BIT(AN))
#define NEUTRAL       (BIT(EN) | BIT(ES) | BIT(CS) | BIT(ET) | BIT(ON) | BIT(BN) | BIT(NSM))
#define ENDING        (RIGHT_TO_LEFT | BIT(EN))

static uint32_t bidi_bit(uint32_t c)
{
    return 1u << uc_bidi_class(c);
}

static size_t first_of(struct text t, uint32_t classes)
{
    size_t at = 0;

    while (at < t.n && !(bidi_bit(t.p[at]) & classes))
        at++;
    return at;
}

/* The place of the first character of a label from right to left that breaks conditions 2 to 4, or n. */
static size_t first_against(struct text t)
{
    uint32_t digits = 0;
    size_t last = t.n;

    for (size_t at = 0; at < t.n; at++) {
        uint32_t bit = bidi_bit(t.p[at]);
        digits |= bit & (BIT(EN) | BIT(AN));
        if (!(bit & (RIGHT_TO_LEFT | NEUTRAL)) || digits == (BIT(EN) | BIT(AN)))
            return at;
    }
    while (bidi_bit(t.p[last - 1]) == BIT(NSM)) /* the first character is none */
        last--;
    return bidi_bit(t.p[last - 1]) & ENDING ? t.n : last - 1;
}

/*
 * The place of the first character that breaks the rule, or n. A label without text from right to left is no concern of
 * the rule's (RFC 8264 5.2.5), and one that begins from left to right must not have any (condition 5).
 */
static size_t first_astray(struct text t)
{
    size_t first = first_of(t, RIGHT_TO_LEFT);

    if (first == t.n || (bidi_bit(t.p[0]) & BIT(L)))
        return first;
    return bidi_bit(t.p[0]) & (BIT(R) | BIT(AL)) ? first_against(t) : 0; /* condition 1 */
}

static struct text decode(struct arena *a, struct str s)
{
    uint32_t *p = arena_alloc_raw(a, s.len * sizeof *p);
    size_t n = 0;

    for (size_t at = 0; at < s.len; n++)
        at += utf8_next(str_sub(s, at, s.len), &p[n]);
    return (struct text){p, n};
}

/* Printable ASCII: most names and passwords. */
static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < ASCII_SPACE || s.p[i] > '~')
            return false;
    return true;
}

/* --- user names --- */

/* The character that a full- or half-width one stands for, or itself (RFC 8264 5.2.1). */
static uint32_t narrow(uint32_t c)
{
    uint32_t mapped[UC_DECOMPOSITION_MAX_LENGTH];
    int tag;

    if (c != 0x3000 && (c < 0xff00 || c > 0xffef)) /* all there are: a unit test looks at every character */
        return c;
    return uc_decomposition(c, &tag, mapped) == 1 && (tag == UC_DECOMP_WIDE || tag == UC_DECOMP_NARROW) ? mapped[0] : c;
}

static struct text narrowed(struct arena *a, struct text t)
{
    uint32_t *p = arena_alloc_raw(a, t.n * sizeof *p);

    for (size_t i = 0; i < t.n; i++)
        p[i] = narrow(t.p[i]);
    return (struct text){p, t.n};
}

static bool is_border(uint32_t c)
{
    return c == ASCII_SPACE || c == '@' || c == '.';
}

/* Judges the label that begins at from; *end is where it ends, *at the place of what is wrong. */
static enum precis_verdict judge_label(struct text t, size_t from, size_t *end, size_t *at)
{
    size_t to = from;

    while (to < t.n && !is_border(t.p[to]))
        to++;
    *end = to;
    struct text label = {t.p + from, to - from};
    *at = from + first_outside(label, PROPERTY_VALID);
    if (*at < to)
        return PRECIS_CHARACTER;
    *at = from + first_astray(label);
    return *at < to ? PRECIS_DIRECTION : PRECIS_FINE;
}

/* sent: as it came; t: the same, narrowed. */
static enum precis_verdict judge_labels(struct text sent, struct text t, size_t *at)
{
    enum precis_verdict verdict;

    for (size_t from = 0, end; from < t.n; from = end + 1) {
        if ((verdict = judge_label(t, from, &end, at)) != PRECIS_FINE)
            return verdict;
        *at = end;
        /* a space has to come as one, and to stand between userparts */
        if (end < t.n && t.p[end] == ASCII_SPACE && (sent.p[end] != ASCII_SPACE || end == 0 || end + 1 == t.n))
            return PRECIS_CHARACTER;
    }
    return PRECIS_FINE;
}

enum precis_verdict precis_judge_username(struct arena *a, struct str name, struct precis_fault *out)
{
    size_t at = 0;

    if (is_printable(name) && (name.len == 0 || (name.p[0] != ASCII_SPACE && name.p[name.len - 1] != ASCII_SPACE)))
        return PRECIS_FINE;
    struct text sent = decode(a, name);
    enum precis_verdict verdict = judge_labels(sent, narrowed(a, sent), &at);
    if (verdict != PRECIS_FINE)
        *out = (struct precis_fault){.character = sent.p[at], .position = at + 1};
    return verdict;
}

/* Appends c at out, where there are room bytes. */
static size_t encode(char *out, uint32_t c, size_t room)
{
    int len = u8_uctomb((uint8_t *)out, c, (ptrdiff_t)room);

    assert(len > 0); /* no mapping here gives a character that takes more bytes */
    return (size_t)len;
}

/* s with every character mapped; no mapping makes it longer. */
static struct str mapped(struct arena *a, struct str s, uint32_t (*map)(uint32_t c))
{
    char *out = arena_alloc_raw(a, s.len);
    size_t len = 0;
    uint32_t c;

    for (size_t at = 0; at < s.len;) {
        at += utf8_next(str_sub(s, at, s.len), &c);
        len += encode(out + len, map(c), s.len - len);
    }
    return (struct str){out, len};
}

/* The first bytes of the characters that narrow() maps. */
static bool may_be_wide(struct str s)
{
    return s.len > 0 && (memchr(s.p, 0xe3, s.len) != NULL || memchr(s.p, 0xef, s.len) != NULL);
}

struct str precis_username(struct arena *a, struct str name)
{
    return utf8_fold(a, may_be_wide(name) ? mapped(a, name, narrow) : name);
}

/* --- passwords --- */

bool precis_password_allowed(struct str password)
{
    if (is_printable(password))
        return password.len > 0;
    struct arena *a = arena_new(0);
    struct text t = decode(a, password);
    bool allowed = first_outside(t, PROPERTY_FREE) == t.n;
    arena_free(&a);
    return allowed;
}

static uint32_t plain_space(uint32_t c)
{
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Zs) ? ASCII_SPACE : c;
}

#define NFC_GROWTH 3 /* NFC makes no text longer than this many times itself: UAX 15 */

struct str precis_password(struct arena *a, struct str password)
{
    if (is_printable(password))
        return arena_str(a, password);
    struct str s = mapped(a, password, plain_space);
    size_t len = NFC_GROWTH * s.len;
    uint8_t *room = arena_alloc_raw(a, len), *p = u8_normalize(UNINORM_NFC, (const uint8_t *)s.p, s.len, room, &len);
    if (p == NULL)
        arena_no_memory(len);
    assert(p == room); /* so that it is wiped with a */
    return str_make(p, len);
}
