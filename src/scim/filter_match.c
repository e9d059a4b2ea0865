/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/filter.h"

#include "roster/base/clock.h"
#include "roster/scim/resource.h"

#include <assert.h>

/*
 * Any-semantics (RFC 7644 3.4.2.2): a term on a multi-valued attribute holds if it holds for one of the values, so
 * that attr.sub OP x says the same as attr[sub OP x]. `ne` is "a value that differs": it holds for a single value that is
 * unassigned, and never for a multi-valued attribute without values. Null is "unassigned" (RFC 7643 2.5).
 */

static struct json_object *get(struct json_object *v, const char *name)
{
    struct json_object *member = NULL;

    if (!json_object_is_type(v, json_type_object))
        return NULL;
    json_object_object_get_ex(v, name, &member);
    return member;
}

/* Whether v is assigned: anything that is not null, empty, or made of nothing else. */
static bool present(struct json_object *v)
{
    switch (json_object_get_type(v)) {
    case json_type_null:
        return false;
    case json_type_string:
        return json_object_get_string_len(v) > 0;
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(v); i++)
            if (present(json_object_array_get_idx(v, i)))
                return true;
        return false;
    case json_type_object:
        for (struct json_object_iterator i = json_object_iter_begin(v), end = json_object_iter_end(v);
             !json_object_iter_equal(&i, &end); json_object_iter_next(&i))
            if (present(json_object_iter_peek_value(&i)))
                return true;
        return false;
    default:
        return true;
    }
}

/* --- comparing one value --- */

static int order(double a, double b)
{
    return (a > b) - (a < b);
}

/* An int64 against a double, exactly: a double does not hold every int64. */
static int order_mixed(int64_t i, double d)
{
    int64_t whole;

    if (d >= 0x1p63)
        return -1;
    if (d < -0x1p63)
        return 1;
    whole = (int64_t)d;
    if (i != whole)
        return i < whole ? -1 : 1;
    return order(0, d - (double)whole);
}

static int order_numbers(struct json_object *a, struct json_object *b)
{
    bool a_int = json_object_is_type(a, json_type_int), b_int = json_object_is_type(b, json_type_int);

    if (a_int && b_int) {
        int64_t x = json_object_get_int64(a), y = json_object_get_int64(b);

        return (x > y) - (x < y);
    }
    if (a_int)
        return order_mixed(json_object_get_int64(a), json_object_get_double(b));
    if (b_int)
        return -order_mixed(json_object_get_int64(b), json_object_get_double(a));
    return order(json_object_get_double(a), json_object_get_double(b));
}

static bool by_order(enum filter_op op, int order_of_values)
{
    switch (op) {
    case FILTER_EQ:
        return order_of_values == 0;
    case FILTER_NE:
        return order_of_values != 0;
    case FILTER_GT:
        return order_of_values > 0;
    case FILTER_GE:
        return order_of_values >= 0;
    case FILTER_LT:
        return order_of_values < 0;
    case FILTER_LE:
        return order_of_values <= 0;
    default:
        return false;
    }
}

static bool compare_text(enum filter_op op, struct str v, struct str x)
{
    switch (op) {
    case FILTER_CO:
        return x.len == 0 || memmem(v.p, v.len, x.p, x.len) != NULL;
    case FILTER_SW:
        return str_starts(v, x);
    case FILTER_EW:
        return v.len >= x.len && str_eq(str_sub(v, v.len - x.len, v.len), x);
    default:
        return by_order(op, str_cmp(v, x));
    }
}

static bool compare_string(const struct filter *f, const struct attribute *leaf, struct json_object *v, struct arena *a)
{
    struct str text;
    int64_t x, y;

    if (!json_object_is_type(v, json_type_string))
        return f->op == FILTER_NE;
    text = json_str(v);
    if (leaf->type != ATTRIBUTE_DATETIME)
        return compare_text(f->op, resource_comparable(leaf, text, a), f->folded);
    if (f->op == FILTER_CO || f->op == FILTER_SW || f->op == FILTER_EW)
        return compare_text(f->op, text, f->folded);
    if (!clock_parse(text, &x) || !clock_parse(f->folded, &y))
        return f->op == FILTER_NE;
    return by_order(f->op, (x > y) - (x < y));
}

static bool compare(const struct filter *f, const struct attribute *leaf, struct json_object *v, struct arena *a)
{
    switch (leaf->type) {
    case ATTRIBUTE_BOOLEAN:
        return by_order(f->op, !json_object_is_type(v, json_type_boolean) ||
                                   json_object_get_boolean(v) != json_object_get_boolean(f->value));
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_INTEGER:
        if (!json_object_is_type(v, json_type_int) && !json_object_is_type(v, json_type_double))
            return f->op == FILTER_NE;
        return by_order(f->op, order_numbers(v, f->value));
    default:
        return compare_string(f, leaf, v, a);
    }
}

/* --- finding the values of a term --- */

/* Whether the term holds for what stands at its leaf: a value, an array of values, or nothing. */
static bool holds(const struct filter *f, struct json_object *v, struct arena *a)
{
    const struct attribute *leaf = attrpath_leaf(&f->path);

    if (f->op == FILTER_PR)
        return present(v);
    if (!present(v))
        return f->op == FILTER_NE && !leaf->multi;
    if (!json_object_is_type(v, json_type_array))
        return compare(f, leaf, v, a);
    for (size_t i = 0; i < json_object_array_length(v); i++)
        if (compare(f, leaf, json_object_array_get_idx(v, i), a))
            return true;
    return false;
}

static bool holds_in(const struct filter *f, struct json_object *top, struct arena *a)
{
    const char *sub = f->path.sub->name;

    if (!f->path.attribute->multi)
        return holds(f, get(top, sub), a);
    for (size_t i = 0; top != NULL && i < json_object_array_length(top); i++)
        if (holds(f, get(json_object_array_get_idx(top, i), sub), a))
            return true;
    return false;
}

static struct json_object *top_value(const struct attrpath *path, struct json_object *resource)
{
    struct json_object *v;

    if (path->attribute == NULL)
        return get(resource, path->extension->urn);
    v = resource_get(resource, path->extension, path->attribute);
    if (path->attribute->multi && !json_object_is_type(v, json_type_array))
        return NULL;
    return v;
}

static bool term_holds(const struct filter *f, struct json_object *v, bool element, struct arena *a)
{
    if (f->value == NULL && (f->op == FILTER_EQ || f->op == FILTER_NE)) {
        struct filter is_present = {.op = FILTER_PR, .path = f->path};

        return term_holds(&is_present, v, element, a) == (f->op == FILTER_NE);
    }
    if (element)
        return holds(f, f->path.sub != NULL ? get(v, f->path.sub->name) : v, a);
    if (f->path.sub != NULL)
        return holds_in(f, top_value(&f->path, v), a);
    return holds(f, top_value(&f->path, v), a);
}

/* --- the tree: as deep as FILTER_TERMS_MAX and FILTER_DEPTH_MAX allow --- */

static bool match(const struct filter *f, struct json_object *v, bool element, struct arena *a);

static bool match_path(const struct filter *f, struct json_object *resource, struct arena *a)
{
    struct json_object *v = top_value(&f->path, resource);

    if (v == NULL)
        return false;
    if (!f->path.attribute->multi)
        return match(f->left, v, true, a);
    for (size_t i = 0; i < json_object_array_length(v); i++)
        if (match(f->left, json_object_array_get_idx(v, i), true, a))
            return true;
    return false;
}

static bool match(const struct filter *f, struct json_object *v, bool element, struct arena *a)
{
    switch (f->op) {
    case FILTER_AND:
        return match(f->left, v, element, a) && match(f->right, v, element, a);
    case FILTER_OR:
        return match(f->left, v, element, a) || match(f->right, v, element, a);
    case FILTER_NOT:
        return !match(f->left, v, element, a);
    case FILTER_PATH:
        return match_path(f, v, a);
    default:
        return term_holds(f, v, element, a);
    }
}

/* What is allocated for a comparison is given back, so that a scan of many resources needs no more than one of them. */
static bool match_marked(const struct filter *f, struct json_object *v, bool element, struct arena *a)
{
    struct arena_mark mark = arena_mark(a);
    bool result = match(f, v, element, a);

    arena_rewind(a, mark);
    return result;
}

bool filter_match(const struct filter *f, struct json_object *resource, struct arena *a)
{
    return match_marked(f, resource, false, a);
}

bool filter_match_value(const struct filter *f, struct json_object *element, struct arena *a)
{
    return match_marked(f, element, true, a);
}

/* --- what an index can do --- */

static size_t count_conjuncts(const struct filter *f)
{
    size_t n = 1;

    for (; f->op == FILTER_AND; f = f->left)
        n += count_conjuncts(f->right);
    return n;
}

static size_t list_conjuncts(const struct filter *f, const struct filter **out)
{
    size_t n;

    if (f->op != FILTER_AND) {
        out[0] = f;
        return 1;
    }
    n = list_conjuncts(f->left, out);
    return n + list_conjuncts(f->right, out + n);
}

size_t filter_conjuncts(const struct filter *f, struct arena *a, const struct filter ***out)
{
    *out = arena_alloc(a, count_conjuncts(f) * sizeof **out);
    return list_conjuncts(f, *out);
}

static bool is_indexed(const struct attribute *leaf)
{
    return leaf->index != INDEX_NONE || leaf->number == ATTR_ID || leaf->number == ATTR_TEAM_MEMBERS_VALUE ||
           leaf->number == ATTR_USER_GROUPS_VALUE;
}

static bool index_comparison(const struct filter *f, uint16_t *attribute, struct str *value)
{
    const struct attribute *leaf;

    if (f->op != FILTER_EQ || f->value == NULL || !json_object_is_type(f->value, json_type_string))
        return false;
    leaf = attrpath_leaf(&f->path);
    if (leaf->type == ATTRIBUTE_DATETIME || !is_indexed(leaf))
        return false;
    *attribute = leaf->number;
    *value = f->folded;
    return true;
}

static bool index_chain(const struct filter *f, uint16_t *attribute, struct str *value)
{
    if (f->op != FILTER_AND)
        return index_comparison(f, attribute, value);
    return index_chain(f->left, attribute, value) || index_chain(f->right, attribute, value);
}

bool filter_index_term(const struct filter *term, uint16_t *attribute, struct str *value, bool *exact)
{
    *exact = term->op != FILTER_PATH || term->left->op != FILTER_AND;
    return term->op == FILTER_PATH ? index_chain(term->left, attribute, value)
                                   : index_comparison(term, attribute, value);
}
