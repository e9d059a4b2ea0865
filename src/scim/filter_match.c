/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/filter.h"

#include "filter_compare.h"
#include "roster/scim/resource.h"

/*
 * Any-semantics (RFC 7644 3.4.2.2): a term on a multi-valued attribute holds if it holds for one of the values, so
 * that attr.sub OP x says the same as attr[sub OP x]. `ne` is "a value that differs": it holds for a single value that is
 * unassigned, and never for a multi-valued attribute without values. Null is "unassigned" (RFC 7643 2.5).
 */

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

/* --- finding the values of a term --- */

/* Whether the term holds for what stands at its leaf: a value, an array of values, or nothing. */
static bool holds(const struct filter *f, struct json_object *v, struct folds *folds, struct arena *a)
{
    const struct attribute *leaf = attrpath_leaf(&f->path);

    if (f->op == FILTER_PR)
        return present(v);
    if (!present(v))
        return f->op == FILTER_NE && !leaf->multi;
    if (!json_object_is_type(v, json_type_array))
        return filter_compare_json(f, leaf, v, folds, a);
    for (size_t i = 0; i < json_object_array_length(v); i++)
        if (filter_compare_json(f, leaf, json_object_array_get_idx(v, i), folds, a))
            return true;
    return false;
}

static bool holds_in(const struct filter *f, struct json_object *top, struct folds *folds, struct arena *a)
{
    const char *sub = f->path.sub->name;

    if (!f->path.attribute->multi)
        return holds(f, json_get(top, sub), folds, a);
    for (size_t i = 0; top != NULL && i < json_object_array_length(top); i++)
        if (holds(f, json_get(json_object_array_get_idx(top, i), sub), folds, a))
            return true;
    return false;
}

static struct json_object *top_value(const struct attrpath *path, struct json_object *resource)
{
    struct json_object *v;

    if (path->attribute == NULL)
        return json_get(resource, path->extension->urn);
    v = resource_get(resource, path->extension, path->attribute);
    if (path->attribute->multi && !json_object_is_type(v, json_type_array))
        return NULL;
    return v;
}

static bool term_holds(const struct filter *f, struct json_object *v, bool element, struct folds *folds,
                       struct arena *a)
{
    if (f->value == NULL && (f->op == FILTER_EQ || f->op == FILTER_NE)) {
        struct filter is_present = {.op = FILTER_PR, .path = f->path, .absent = f->absent};

        return term_holds(&is_present, v, element, folds, a) == (f->op == FILTER_NE);
    }
    if (f->absent)
        return f->op == FILTER_NE;
    if (element)
        return holds(f, f->path.sub != NULL ? json_get(v, f->path.sub->name) : v, folds, a);
    if (f->path.sub != NULL)
        return holds_in(f, top_value(&f->path, v), folds, a);
    return holds(f, top_value(&f->path, v), folds, a);
}

/* --- the tree: as deep as FILTER_TERMS_MAX and FILTER_DEPTH_MAX allow --- */

static bool match(const struct filter *f, struct json_object *v, bool element, struct folds *folds, struct arena *a);

static bool match_path(const struct filter *f, struct json_object *resource, struct folds *folds, struct arena *a)
{
    struct json_object *v = f->absent ? NULL : top_value(&f->path, resource);

    if (v == NULL)
        return false;
    if (!f->path.attribute->multi)
        return match(f->left, v, true, folds, a);
    for (size_t i = 0; i < json_object_array_length(v); i++)
        if (match(f->left, json_object_array_get_idx(v, i), true, folds, a))
            return true;
    return false;
}

static bool match(const struct filter *f, struct json_object *v, bool element, struct folds *folds, struct arena *a)
{
    switch (f->op) {
    case FILTER_AND:
        return match(f->left, v, element, folds, a) && match(f->right, v, element, folds, a);
    case FILTER_OR:
        return match(f->left, v, element, folds, a) || match(f->right, v, element, folds, a);
    case FILTER_NOT:
        return !match(f->left, v, element, folds, a);
    case FILTER_PATH:
        return match_path(f, v, folds, a);
    default:
        return term_holds(f, v, element, folds, a);
    }
}

/* What is allocated for a comparison is given back, so that a scan of many resources needs no more than one of them. */
static bool match_marked(const struct filter *f, struct json_object *v, bool element, struct folds *folds,
                         struct arena *a)
{
    struct arena_mark mark = arena_mark(a);
    bool result = match(f, v, element, folds, a);

    arena_rewind(a, mark);
    return result;
}

bool filter_match(const struct filter *f, struct json_object *resource, struct arena *a)
{
    return match_marked(f, resource, false, NULL, a);
}

bool filter_match_value(const struct filter *f, struct json_object *element, struct folds *folds, struct arena *a)
{
    return match_marked(f, element, true, folds, a);
}
