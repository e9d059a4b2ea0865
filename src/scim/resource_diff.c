/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/resource.h"

#include "members.h"

struct difference {
    struct buf *out;
    const char *urn; /* of the extension, or NULL */
    size_t n;
};

static void write_side(struct buf *out, const char *name, struct json_object *value)
{
    if (value == NULL)
        return;
    buf_puts(out, name);
    json_write(out, value);
}

static void write_difference(struct difference *d, const struct attribute *attribute, struct json_object *before,
                             struct json_object *after)
{
    buf_puts(d->out, d->n++ == 0 ? "{\"path\":\"" : ",{\"path\":\"");
    if (d->urn != NULL) {
        buf_puts(d->out, d->urn);
        buf_putc(d->out, ':');
    }
    if (attribute->parent != NULL) {
        buf_puts(d->out, attribute->parent->name);
        buf_putc(d->out, '.');
    }
    buf_puts(d->out, attribute->name);
    buf_putc(d->out, '"');
    write_side(d->out, ",\"old\":", before);
    write_side(d->out, ",\"new\":", after);
    buf_putc(d->out, '}');
}

/* The first of the rows that come next; one of the two has one. */
static const struct attribute *next_row(const struct members *old, size_t i, const struct members *new, size_t j)
{
    if (i == old->n)
        return new->list[j].attribute;
    if (j == new->n || old->list[i].attribute < new->list[j].attribute)
        return old->list[i].attribute;
    return new->list[j].attribute;
}

static void diff_list(struct difference *d, const struct attribute *list, struct json_object *before,
                      struct json_object *after)
{
    struct members old, new;

    if (before == NULL && after == NULL)
        return;
    members_sort(&old, list, before, d->out->arena);
    members_sort(&new, list, after, d->out->arena);
    for (size_t i = 0, j = 0; i < old.n || j < new.n;) {
        const struct attribute *a = next_row(&old, i, &new, j);
        struct json_object *was = i < old.n && old.list[i].attribute == a ? old.list[i++].value : NULL;
        struct json_object *is = j < new.n &&new.list[j].attribute == a ? new.list[j++].value : NULL;

        if (a->place != PLACE_RECORD || a->returned == RETURNED_NEVER)
            continue;
        if (a->type == ATTRIBUTE_COMPLEX && !a->multi)
            diff_list(d, a->subs, was, is);
        else if (!json_equal(was, is))
            write_difference(d, a, was, is);
    }
}

bool resource_diff(struct buf *out, const struct resource_type *type, struct json_object *before,
                   struct json_object *after)
{
    struct difference d = {.out = out};

    buf_putc(out, '[');
    diff_list(&d, common_attributes, before, after);
    diff_list(&d, type->core->attributes, before, after);
    for (const struct schema *const *x = type->extensions; *x != NULL; x++) {
        d.urn = (*x)->urn;
        diff_list(&d, (*x)->attributes, json_get(before, d.urn), json_get(after, d.urn));
    }
    buf_putc(out, ']');
    return d.n > 0;
}
