/* SPDX-License-Identifier: Apache-2.0 */
#include "filter_compare.h"
#include "roster/base/clock.h"
#include "roster/scim/resource.h"

/*
 * The same semantics as in filter_match.c, read from the rows of an image: a term looks for the rows of its attribute's
 * number. Inside attribute[…] only the rows of one value count: they stand together, with the value's place in `element`.
 */

/* The rows that a term may look at. */
struct scope {
    size_t begin, end;
};

static bool is_there(const struct image *im, const struct scope *s, uint16_t attribute)
{
    struct image_value v;
    size_t row = s->begin;

    return image_next_leaf(im, s->end, attribute, &row, &v);
}

static bool compare_value(const struct filter *f, const struct attribute *leaf, const struct image_value *v,
                          const struct filter_record *r)
{
    struct folds_place at = {.folds = r->folds, .where = v->text.p};

    switch (v->kind) {
    case IMAGE_STRING:
        return filter_compare_string(f, leaf, str_sub(v->text, 1, v->text.len - 1), at, r->arena);
    case IMAGE_ESCAPED:
        return filter_compare_string(f, leaf, image_string(v, r->arena), at, r->arena);
    default:
        return filter_compare_literal(f, leaf, v->text);
    }
}

/* Whether the comparison holds for one of the values in the scope; *some: there are values. */
static bool any_holds(const struct filter *f, const struct filter_record *r, const struct scope *s, bool *some)
{
    const struct attribute *leaf = attrpath_leaf(&f->path);
    struct image_value v;

    *some = false;
    for (size_t row = s->begin; image_next_leaf(r->image, s->end, leaf->number, &row, &v); row++) {
        *some = true;
        if (compare_value(f, leaf, &v, r))
            return true;
    }
    return false;
}

/* The rows of an attribute behind its own; false: the resource does not have it. */
static bool rows_of(const struct image *im, const struct attribute *attribute, struct scope *out)
{
    size_t row = image_find(im, 0, im->nvalues, attribute->number);

    if (row == im->nvalues)
        return false;
    struct str whole = image_value(im, row).text;
    *out = (struct scope){.begin = row + 1, .end = row + 1};
    while (out->end < im->nvalues && image_value(im, out->end).text.p < whole.p + whole.len)
        out->end++;
    return true;
}

/* The rows of the value behind *one, among all of a multi-valued attribute; false: there is none. */
static bool next_element(const struct image *im, const struct scope *all, struct scope *one)
{
    one->begin = one->end;
    while (one->end < all->end && image_value(im, one->end).element == image_value(im, one->begin).element)
        one->end++;
    return one->begin < all->end;
}

/* attr.sub ne x on a multi-valued attribute: one of the values has another sub, or none. */
static bool one_differs(const struct filter *f, const struct filter_record *r)
{
    struct scope all, one;
    bool some;

    if (!rows_of(r->image, f->path.attribute, &all))
        return false;
    for (one.end = all.begin; next_element(r->image, &all, &one);)
        if (any_holds(f, r, &one, &some) || !some)
            return true;
    return false;
}

/* --- meta, which an image has in its head --- */

static bool meta_holds(const struct filter *f, const struct filter_record *r)
{
    const struct attribute *leaf = attrpath_leaf(&f->path);
    const struct image *im = r->image;
    struct folds_place nowhere = {.folds = NULL};
    char time[CLOCK_TEXT_LEN + 1];
    int64_t ms = leaf->number == ATTR_META_CREATED ? im->created : im->modified;
    struct buf etag;

    switch (leaf->number) {
    case ATTR_META_RESOURCE_TYPE:
        return filter_compare_string(f, leaf, str_of(im->type->name), nowhere, r->arena);
    case ATTR_META_CREATED:
    case ATTR_META_LAST_MODIFIED:
        clock_format(ms, time);
        return filter_compare_time(f, ms, str_of(time));
    case ATTR_META_LOCATION:
        return filter_compare_string(f, leaf, resource_url(r->arena, r->base, im->type, im->id), nowhere, r->arena);
    default: /* version */
        buf_init(&etag, r->arena);
        image_etag(&etag, im->version);
        return filter_compare_string(f, leaf, buf_view(&etag), nowhere, r->arena);
    }
}

static bool is_meta(const struct attrpath *path)
{
    return path->attribute != NULL && path->attribute->number == ATTR_META;
}

bool filter_is_derived(const struct filter *f)
{
    const struct attribute *top = f->path.attribute;

    return !f->absent && top != NULL && top->place != PLACE_RECORD && top->number != ATTR_ID &&
           top->number != ATTR_SCHEMAS && top->number != ATTR_META;
}

/* --- terms --- */

static bool is_present(const struct filter *f, const struct image *im, const struct scope *s, bool top)
{
    const struct attribute *leaf = attrpath_leaf(&f->path);

    if (f->absent)
        return false;
    if (!top)
        return is_there(im, s, leaf->number);
    if (is_meta(&f->path))
        return true;
    if (leaf == NULL)
        return image_extension(im, f->path.extension);
    return image_find(im, 0, im->nvalues, leaf->number) < im->nvalues;
}

static bool term_holds(const struct filter *f, const struct filter_record *r, const struct scope *s, bool top)
{
    bool some;

    if (f->op == FILTER_PR)
        return is_present(f, r->image, s, top);
    if (f->value == NULL && (f->op == FILTER_EQ || f->op == FILTER_NE))
        return is_present(f, r->image, s, top) == (f->op == FILTER_NE);
    if (f->absent)
        return f->op == FILTER_NE;
    if (top && is_meta(&f->path))
        return meta_holds(f, r);
    if (top && f->op == FILTER_NE && f->path.sub != NULL && f->path.attribute->multi)
        return one_differs(f, r);
    return any_holds(f, r, s, &some) || (!some && f->op == FILTER_NE && !attrpath_leaf(&f->path)->multi);
}

/* --- the tree: as deep as FILTER_TERMS_MAX and FILTER_DEPTH_MAX allow --- */

static bool match(const struct filter *f, const struct filter_record *r, const struct scope *s, bool top);

static bool match_path(const struct filter *f, const struct filter_record *r)
{
    struct scope s, one;

    if (is_meta(&f->path))
        return match(f->left, r, &(struct scope){.end = r->image->nvalues}, true);
    if (f->absent || !rows_of(r->image, f->path.attribute, &s))
        return false;
    if (!f->path.attribute->multi)
        return match(f->left, r, &s, false);
    for (one.end = s.begin; next_element(r->image, &s, &one);)
        if (match(f->left, r, &one, false))
            return true;
    return false;
}

static bool match(const struct filter *f, const struct filter_record *r, const struct scope *s, bool top)
{
    switch (f->op) {
    case FILTER_AND:
        return match(f->left, r, s, top) && match(f->right, r, s, top);
    case FILTER_OR:
        return match(f->left, r, s, top) || match(f->right, r, s, top);
    case FILTER_NOT:
        return !match(f->left, r, s, top);
    default:
        if (top && filter_is_derived(f))
            return r->derived(f, r->image, r->ctx);
        return f->op == FILTER_PATH ? match_path(f, r) : term_holds(f, r, s, top);
    }
}

bool filter_match_image(const struct filter *f, const struct filter_record *r)
{
    struct scope all = {.end = r->image->nvalues};
    struct arena_mark mark = arena_mark(r->arena);
    bool result = match(f, r, &all, true);

    arena_rewind(r->arena, mark);
    return result;
}
