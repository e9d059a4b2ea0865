/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/resource.h"

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

static void diff_list(struct difference *d, const struct attribute *list, struct json_object *before,
                      struct json_object *after)
{
    if (before == NULL && after == NULL)
        return;
    for (const struct attribute *a = list; a->name != NULL; a++) {
        if (a->place != PLACE_RECORD || a->returned == RETURNED_NEVER)
            continue;
        struct json_object *old = json_get(before, a->name), *new = json_get(after, a->name);
        if (a->type == ATTRIBUTE_COMPLEX && !a->multi)
            diff_list(d, a->subs, old, new);
        else if (!json_equal(old, new))
            write_difference(d, a, old, new);
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
