/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/filter.h"

#include "roster/base/clock.h"
#include "roster/base/utf8.h"
#include "roster/scim/resource.h"

#include <assert.h>

/*
 * The lexer knows bytes, the parser knows the grammar, finish_term() knows the schema. One function per level of
 * precedence; a level of ( or [ costs a few frames, and FILTER_DEPTH_MAX bounds them.
 */

enum token_kind { TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_OPEN_PATH, TOKEN_CLOSE_PATH, TOKEN_STRING, TOKEN_WORD };

struct token {
    enum token_kind kind;
    struct str text; /* of a string with its quotes */
    size_t at;       /* offset of its first byte */
};

struct parser {
    const struct resource_type *type;
    const struct attrpath *within; /* the attribute in whose [] the parser is, or NULL */
    struct str text;
    struct token token; /* the one not yet taken */
    size_t next;        /* offset of the first byte behind it */
    size_t depth, terms;
    bool any; /* names that the type does not have are taken */
    struct arena *arena;
    struct error *error;
};

static const struct {
    struct str name;
    enum filter_op op;
} operators[] = {
    {STR_LIT("eq"), FILTER_EQ}, {STR_LIT("ne"), FILTER_NE}, {STR_LIT("co"), FILTER_CO}, {STR_LIT("sw"), FILTER_SW},
    {STR_LIT("ew"), FILTER_EW}, {STR_LIT("pr"), FILTER_PR}, {STR_LIT("gt"), FILTER_GT}, {STR_LIT("ge"), FILTER_GE},
    {STR_LIT("lt"), FILTER_LT}, {STR_LIT("le"), FILTER_LE},
};
#define OPERATORS (sizeof operators / sizeof operators[0])

/* --- errors --- */

static bool syntax_error(struct parser *p, size_t at, const char *what)
{
    error_set(p->error, ERR_FILTER_SYNTAX, str_of(arena_printf(p->arena, "%zu", at + 1)), str_of(what));
    return false;
}

/* The beginning of a token, short and cut at a character's border, for "found …". */
static struct str snippet(struct str s)
{
    size_t n = s.len < 40 ? s.len : 40;

    while (n > 0 && n < s.len && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return str_sub(s, 0, n);
}

static bool unexpected(struct parser *p, const char *expected)
{
    struct str found = snippet(p->token.text);

    if (p->token.kind == TOKEN_END)
        return syntax_error(p, p->token.at, arena_printf(p->arena, "expected %s, found the end", expected));
    return syntax_error(p, p->token.at,
                        arena_printf(p->arena, "expected %s, found %.*s", expected, (int)found.len, found.p));
}

static bool too_large(struct parser *p, const char *what, size_t most)
{
    error_set(p->error, ERR_FILTER_TOO_LARGE, str_of(arena_printf(p->arena, "more than %zu %s", most, what)));
    return false;
}

static bool type_error(struct parser *p, struct str name, const char *why)
{
    error_set(p->error, ERR_FILTER_TYPE, name, str_of(why));
    return false;
}

/* --- the lexer --- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_word(char c)
{
    return is_space(c) || c == '(' || c == ')' || c == '[' || c == ']' || c == '"';
}

/* The offset behind the string that begins at from, or 0 where it does not end. */
static size_t string_end(struct str s, size_t from)
{
    for (size_t i = from + 1; i < s.len; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            return i + 1;
    }
    return 0;
}

static bool take_token(struct parser *p, enum token_kind kind, size_t from, size_t to)
{
    p->token = (struct token){kind, str_sub(p->text, from, to), from};
    p->next = to;
    return true;
}

static bool take_string(struct parser *p, size_t from)
{
    size_t end = string_end(p->text, from);

    if (end == 0)
        return syntax_error(p, from, "the string that begins here does not end");
    if (end < p->text.len && !is_space(p->text.p[end]) && p->text.p[end] != ')' && p->text.p[end] != ']')
        return syntax_error(p, end, "expected a space behind the string");
    return take_token(p, TOKEN_STRING, from, end);
}

static bool advance(struct parser *p)
{
    size_t i = p->next, end;

    while (i < p->text.len && is_space(p->text.p[i]))
        i++;
    if (i == p->text.len)
        return take_token(p, TOKEN_END, i, i);
    switch (p->text.p[i]) {
    case '(':
        return take_token(p, TOKEN_OPEN, i, i + 1);
    case ')':
        return take_token(p, TOKEN_CLOSE, i, i + 1);
    case '[':
        return take_token(p, TOKEN_OPEN_PATH, i, i + 1);
    case ']':
        return take_token(p, TOKEN_CLOSE_PATH, i, i + 1);
    case '"':
        return take_string(p, i);
    default:
        for (end = i; end < p->text.len && !ends_word(p->text.p[end]);)
            end++;
        return take_token(p, TOKEN_WORD, i, end);
    }
}

static bool at_word(const struct parser *p, struct str word)
{
    return p->token.kind == TOKEN_WORD && str_eq_nocase(p->token.text, word);
}

/* --- names --- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether s looks like a name at all: RFC 7644's attrPath, with $ for $ref and what a URI may have. */
static bool is_name(struct str s)
{
    if (s.len == 0 || !(is_letter(s.p[0]) || s.p[0] == '$'))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter(s.p[i]) && !(s.p[i] >= '0' && s.p[i] <= '9') && memchr("-_.:$/%", s.p[i], 7) == NULL)
            return false;
    return true;
}

/* A name inside []: a sub-attribute; the value itself where the attribute has none. */
static bool resolve_within(const struct attrpath *within, struct str name, struct attrpath *out)
{
    *out = *within;
    if (within->attribute == NULL) /* inside an attribute that the type does not have */
        return true;
    if (within->attribute->type != ATTRIBUTE_COMPLEX)
        return str_eq_nocase(name, STR_LIT("value"));
    out->sub = attribute_find(within->attribute->subs, name);
    return out->sub != NULL;
}

static bool resolve(struct parser *p, struct str name, struct attrpath *out)
{
    bool found = p->within != NULL ? resolve_within(p->within, name, out) : attrpath_resolve(p->type, name, out);

    if (!found && p->any) {
        *out = (struct attrpath){.attribute = NULL};
        return true;
    }
    if (!found) {
        error_set(p->error, ERR_FILTER_ATTRIBUTE, name);
        return false;
    }
    if (out->attribute != NULL &&
        (out->attribute->returned == RETURNED_NEVER || attrpath_leaf(out)->returned == RETURNED_NEVER))
        return type_error(p, name, "its value is never told");
    return true;
}

/* --- values --- */

static struct json_object *new_string(struct parser *p, struct str s)
{
    return json_own(p->arena, json_object_new_string_len(s.p, (int)s.len));
}

static bool is_json_number(struct parser *p, struct str s, struct json_object **out)
{
    struct error ignored = ERROR_INIT;

    if (!(s.p[0] == '-' || (s.p[0] >= '0' && s.p[0] <= '9')))
        return false;
    *out = json_read(p->arena, s, &ignored);
    return *out != NULL;
}

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7F)
            return false;
    return true;
}

/*
 * compValue: JSON, or a word without quotes (*word) that finish_term() takes where a string is meant. *out is NULL for
 * the literal null.
 */
static bool parse_value(struct parser *p, struct json_object **out, bool *word)
{
    struct str text = p->token.text;
    struct error bad = ERROR_INIT;

    *word = false;
    *out = NULL;
    if (p->token.kind == TOKEN_STRING) {
        *out = json_read(p->arena, text, &bad);
        if (*out == NULL)
            return syntax_error(p, p->token.at, "this is not a string by the rules of JSON");
        return advance(p);
    }
    if (p->token.kind != TOKEN_WORD || !is_printable(text))
        return unexpected(p, "a value");
    if (text.p[0] == '\'')
        return unexpected(p, "a value in double quotes");
    if (str_eq(text, STR_LIT("true")) || str_eq(text, STR_LIT("false"))) {
        *out = json_own(p->arena, json_object_new_boolean(text.p[0] == 't'));
    } else if (!str_eq(text, STR_LIT("null")) && !is_json_number(p, text, out)) {
        *word = true;
        *out = new_string(p, text);
    }
    return advance(p);
}

/* --- what the schema says about a term --- */

static bool is_order(enum filter_op op)
{
    return op == FILTER_GT || op == FILTER_GE || op == FILTER_LT || op == FILTER_LE;
}

static bool is_text(enum filter_op op)
{
    return op == FILTER_CO || op == FILTER_SW || op == FILTER_EW;
}

static bool check_boolean(struct parser *p, struct filter *f, struct str name)
{
    if (is_order(f->op) || is_text(f->op))
        return type_error(p, name, "a boolean is only equal or not");
    if (json_object_is_type(f->value, json_type_string)) {
        bool is_true = str_eq_nocase(json_str(f->value), STR_LIT("true"));

        if (!is_true && !str_eq_nocase(json_str(f->value), STR_LIT("false")))
            return type_error(p, name, "the value has to be true or false");
        f->value = json_own(p->arena, json_object_new_boolean(is_true));
    }
    if (!json_object_is_type(f->value, json_type_boolean))
        return type_error(p, name, "the value has to be true or false");
    return true;
}

static bool check_number(struct parser *p, struct filter *f, struct str name)
{
    struct buf text;

    if (is_text(f->op))
        return type_error(p, name, "a number has no parts");
    if (!json_object_is_type(f->value, json_type_int) && !json_object_is_type(f->value, json_type_double))
        return type_error(p, name, "the value has to be a number");
    buf_init(&text, p->arena);
    json_write(&text, f->value);
    f->folded = buf_view(&text);
    return true;
}

static bool check_string(struct parser *p, struct filter *f, struct str name, bool word)
{
    const struct attribute *leaf = attrpath_leaf(&f->path);

    if (leaf->type == ATTRIBUTE_BINARY && is_order(f->op))
        return type_error(p, name, "binary values have no order");
    if (!json_object_is_type(f->value, json_type_string) || (word && leaf->type == ATTRIBUTE_BINARY))
        return type_error(p, name, "the value has to be a string in double quotes");
    f->folded = json_str(f->value);
    if (leaf->type != ATTRIBUTE_DATETIME)
        f->folded = resource_comparable(leaf, f->folded, p->arena);
    else if (!is_text(f->op) && !clock_parse(f->folded, &f->ms))
        return type_error(p, name, "the value has to be a date and time such as 2026-11-23T23:35:07Z");
    return true;
}

/* A complex attribute stands for its `value` where it has one. */
static bool choose_value(struct parser *p, struct filter *f, struct str name)
{
    if (f->path.attribute == NULL)
        return type_error(p, name, "an extension can only be present");
    if (attrpath_leaf(&f->path)->type != ATTRIBUTE_COMPLEX)
        return true;
    f->path.sub = attribute_find(f->path.attribute->subs, STR_LIT("value"));
    if (f->path.sub == NULL)
        return type_error(p, name, "a sub-attribute has to be named");
    return true;
}

static bool finish_term(struct parser *p, struct filter *f, struct str name, bool word)
{
    if (f->absent)
        return true;
    if (!choose_value(p, f, name))
        return false;
    if (f->value == NULL)
        return f->op == FILTER_EQ || f->op == FILTER_NE || type_error(p, name, "null is only equal or not");
    switch (attrpath_leaf(&f->path)->type) {
    case ATTRIBUTE_BOOLEAN:
        return check_boolean(p, f, name);
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_INTEGER:
        return check_number(p, f, name);
    case ATTRIBUTE_STRING:
    case ATTRIBUTE_DATETIME:
    case ATTRIBUTE_BINARY:
    case ATTRIBUTE_REFERENCE:
        return check_string(p, f, name, word);
    case ATTRIBUTE_COMPLEX:
        break;
    }
    return type_error(p, name, "a sub-attribute has to be named");
}

/* --- the grammar --- */

static struct filter *parse_or(struct parser *p);

static struct filter *node(struct parser *p, enum filter_op op, struct filter *left, struct filter *right)
{
    struct filter *f = arena_alloc(p->arena, sizeof *f);

    f->op = op;
    f->left = left;
    f->right = right;
    return f;
}

static bool parse_operator(struct parser *p, enum filter_op *op)
{
    for (size_t i = 0; i < OPERATORS; i++) {
        if (at_word(p, operators[i].name)) {
            *op = operators[i].op;
            return advance(p);
        }
    }
    return unexpected(p, "an operator (eq ne co sw ew pr gt ge lt le)");
}

static bool is_absent(const struct attrpath *path)
{
    return path->attribute == NULL && path->extension == NULL;
}

static void set_path(struct filter *f, const struct attrpath *path, struct str name)
{
    f->path = *path;
    f->absent = is_absent(path);
    if (f->absent)
        f->folded = name;
}

/* The rest of attrExp: SP "pr" / SP compareOp SP compValue. */
static struct filter *parse_term(struct parser *p, const struct attrpath *path, struct str name)
{
    struct filter *f = node(p, FILTER_PR, NULL, NULL);
    bool word;

    set_path(f, path, name);
    if (!parse_operator(p, &f->op))
        return NULL;
    if (++p->terms > FILTER_TERMS_MAX) {
        too_large(p, "terms", FILTER_TERMS_MAX);
        return NULL;
    }
    if (f->op == FILTER_PR)
        return f;
    if (!parse_value(p, &f->value, &word) || !finish_term(p, f, name, word))
        return NULL;
    return f;
}

static bool enter(struct parser *p)
{
    if (++p->depth > FILTER_DEPTH_MAX)
        return too_large(p, "levels", FILTER_DEPTH_MAX);
    return advance(p);
}

static bool leave(struct parser *p, enum token_kind kind, const char *expected)
{
    if (p->token.kind != kind)
        return unexpected(p, expected);
    p->depth--;
    return advance(p);
}

/* The dialect attr[…].sub op value: one value of the attribute does both. */
static struct filter *parse_path_sub(struct parser *p, struct filter *inside)
{
    struct str name = str_sub(p->token.text, 1, p->token.text.len);
    struct attrpath path;
    struct filter *term;

    /* An "or" gets ( ) when the tree is printed; what is printed must be parsed again. */
    if (inside->op == FILTER_OR && p->depth + 2 > FILTER_DEPTH_MAX) {
        too_large(p, "levels", FILTER_DEPTH_MAX);
        return NULL;
    }
    if (!is_name(name)) {
        unexpected(p, "a sub-attribute");
        return NULL;
    }
    if (!resolve(p, name, &path) || !advance(p))
        return NULL;
    term = parse_term(p, &path, name);
    return term == NULL ? NULL : node(p, FILTER_AND, inside, term);
}

/* valuePath = attrPath "[" valFilter "]" */
static struct filter *parse_path(struct parser *p, const struct attrpath *path, struct str name)
{
    struct filter *f = node(p, FILTER_PATH, NULL, NULL);
    size_t behind;

    set_path(f, path, name);
    if (p->within != NULL) {
        unexpected(p, "an operator");
        return NULL;
    }
    if (f->absent) {
        /* whatever is said about its values */
    } else if (path->attribute == NULL || path->sub != NULL ||
               (path->attribute->type != ATTRIBUTE_COMPLEX && !path->attribute->multi)) {
        type_error(p, name, "[ ] stands behind an attribute that has several values or sub-attributes");
        return NULL;
    }
    if (!enter(p))
        return NULL;
    p->within = &f->path;
    f->left = parse_or(p);
    if (f->left == NULL)
        return NULL;
    behind = p->next;
    if (!leave(p, TOKEN_CLOSE_PATH, "and, or, ]"))
        return NULL;
    if (p->token.kind == TOKEN_WORD && p->token.at == behind && p->token.text.p[0] == '.')
        f->left = parse_path_sub(p, f->left);
    p->within = NULL;
    return f->left == NULL ? NULL : f;
}

/* attrExp / valuePath */
static struct filter *parse_name(struct parser *p)
{
    struct str name = p->token.text;
    struct attrpath path;

    if (!is_name(name)) {
        unexpected(p, "an attribute");
        return NULL;
    }
    if (!resolve(p, name, &path) || !advance(p))
        return NULL;
    return p->token.kind == TOKEN_OPEN_PATH ? parse_path(p, &path, name) : parse_term(p, &path, name);
}

/* "(" FILTER ")" */
static struct filter *parse_group(struct parser *p)
{
    struct filter *f;

    if (!enter(p))
        return NULL;
    f = parse_or(p);
    return f != NULL && leave(p, TOKEN_CLOSE, "and, or, )") ? f : NULL;
}

/* attrExp / valuePath / *1"not" "(" FILTER ")" */
static struct filter *parse_factor(struct parser *p)
{
    struct filter *f;

    if (p->token.kind == TOKEN_OPEN)
        return parse_group(p);
    if (p->token.kind != TOKEN_WORD) {
        unexpected(p, "an attribute, not or (");
        return NULL;
    }
    if (!at_word(p, STR_LIT("not")))
        return parse_name(p);
    if (!advance(p))
        return NULL;
    if (p->token.kind != TOKEN_OPEN) {
        unexpected(p, "( behind not");
        return NULL;
    }
    f = parse_group(p);
    return f == NULL ? NULL : node(p, FILTER_NOT, f, NULL);
}

static struct filter *parse_and(struct parser *p)
{
    struct filter *left = parse_factor(p), *right;

    while (left != NULL && at_word(p, STR_LIT("and"))) {
        if (!advance(p))
            return NULL;
        right = parse_factor(p);
        left = right == NULL ? NULL : node(p, FILTER_AND, left, right);
    }
    return left;
}

static struct filter *parse_or(struct parser *p)
{
    struct filter *left = parse_and(p), *right;

    while (left != NULL && at_word(p, STR_LIT("or"))) {
        if (!advance(p))
            return NULL;
        right = parse_and(p);
        left = right == NULL ? NULL : node(p, FILTER_OR, left, right);
    }
    return left;
}

/* The offset of the first byte that is not UTF-8; s.len where all are. */
static size_t utf8_prefix(struct str s)
{
    size_t i = 0, n;

    while (i < s.len) {
        for (n = 1; n <= 4 && i + n <= s.len && !utf8_valid(str_sub(s, i, i + n));)
            n++;
        if (n > 4 || i + n > s.len)
            return i;
        i += n;
    }
    return i;
}

static struct filter *parse(struct parser *p)
{
    struct filter *f;

    if (p->text.len > FILTER_BYTES_MAX) {
        too_large(p, "bytes", FILTER_BYTES_MAX);
        return NULL;
    }
    if (!utf8_valid(p->text)) {
        syntax_error(p, utf8_prefix(p->text), "this is not UTF-8");
        return NULL;
    }
    if (!advance(p))
        return NULL;
    f = parse_or(p);
    if (f != NULL && p->token.kind != TOKEN_END) {
        unexpected(p, "and, or or the end");
        return NULL;
    }
    return f;
}

struct filter *filter_parse(const struct resource_type *type, struct str text, struct arena *a, struct error *e)
{
    struct parser p = {.type = type, .text = text, .arena = a, .error = e};

    return parse(&p);
}

struct filter *filter_parse_any(const struct resource_type *type, struct str text, struct arena *a, struct error *e)
{
    struct parser p = {.type = type, .text = text, .any = true, .arena = a, .error = e};

    return parse(&p);
}

struct filter *filter_parse_value(const struct resource_type *type, const struct attrpath *attribute, struct str text,
                                  struct arena *a, struct error *e)
{
    struct attrpath within = {attribute->extension, attribute->attribute, NULL};
    struct parser p = {.type = type, .within = &within, .text = text, .arena = a, .error = e};

    assert(attribute->attribute != NULL);
    return parse(&p);
}

/* --- printing --- */

static void print_path(struct buf *out, const struct attrpath *path, bool within)
{
    if (within) {
        buf_puts(out, path->sub != NULL ? path->sub->name : "value");
        return;
    }
    if (path->extension != NULL)
        buf_puts(out, path->extension->urn);
    if (path->extension != NULL && path->attribute != NULL)
        buf_putc(out, ':');
    if (path->attribute != NULL)
        buf_puts(out, path->attribute->name);
    if (path->sub != NULL) {
        buf_putc(out, '.');
        buf_puts(out, path->sub->name);
    }
}

static void print(struct buf *out, const struct filter *f, bool within);

static void print_in(struct buf *out, const struct filter *f, bool within, bool parentheses)
{
    if (parentheses)
        buf_putc(out, '(');
    print(out, f, within);
    if (parentheses)
        buf_putc(out, ')');
}

static void print_term(struct buf *out, const struct filter *f, bool within)
{
    if (f->absent)
        buf_str(out, f->folded);
    else
        print_path(out, &f->path, within);
    for (size_t i = 0; i < OPERATORS; i++) {
        if (operators[i].op == f->op) {
            buf_putc(out, ' ');
            buf_str(out, operators[i].name);
        }
    }
    if (f->op == FILTER_PR)
        return;
    buf_putc(out, ' ');
    if (f->value == NULL)
        buf_puts(out, "null");
    else
        json_write(out, f->value);
}

static void print(struct buf *out, const struct filter *f, bool within)
{
    switch (f->op) {
    case FILTER_AND:
        print_in(out, f->left, within, f->left->op == FILTER_OR);
        buf_puts(out, " and ");
        print_in(out, f->right, within, f->right->op == FILTER_OR || f->right->op == FILTER_AND);
        break;
    case FILTER_OR:
        print(out, f->left, within);
        buf_puts(out, " or ");
        print_in(out, f->right, within, f->right->op == FILTER_OR);
        break;
    case FILTER_NOT:
        buf_puts(out, "not ");
        print_in(out, f->left, within, true);
        break;
    case FILTER_PATH:
        if (f->absent)
            buf_str(out, f->folded);
        else
            print_path(out, &f->path, false);
        buf_putc(out, '[');
        print(out, f->left, true);
        buf_putc(out, ']');
        break;
    default:
        print_term(out, f, within);
    }
}

void filter_print(struct buf *out, const struct filter *f)
{
    print(out, f, false);
}
