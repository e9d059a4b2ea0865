/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/sort.h"

#include "roster/base/clock.h"
#include "roster/base/decimal.h"
#include "roster/scim/resource.h"

/* --- by what --- */

static bool refuse(struct str text, const char *why, struct error *e)
{
    error_set(e, ERR_SORT_ATTRIBUTE, text, str_of(why));
    return false;
}

/* Attributes that are records of their own have no order in the resource. */
static bool is_elsewhere(const struct attribute *top)
{
    return top->place == PLACE_MEMBERS ||
           (top->place == PLACE_DERIVED && attribute_find(common_attributes, str_of(top->name)) != top);
}

bool sort_parse(const struct resource_type *type, struct str text, bool any, struct attrpath *out, struct error *e)
{
    if (!attrpath_resolve(type, text, out)) {
        *out = (struct attrpath){.attribute = NULL};
        return any || refuse(text, "there is no such attribute", e);
    }
    if (out->attribute == NULL)
        return refuse(text, "an attribute of the extension has to be named", e);
    if (out->attribute->returned == RETURNED_NEVER || attrpath_leaf(out)->returned == RETURNED_NEVER)
        return refuse(text, "its value is never told", e);
    if (is_elsewhere(out->attribute))
        return refuse(text, "it is no attribute of the resource itself", e);
    if (attrpath_leaf(out)->type == ATTRIBUTE_COMPLEX)
        out->sub = attribute_find(out->attribute->subs, STR_LIT("value"));
    if (attrpath_leaf(out)->type == ATTRIBUTE_COMPLEX)
        return refuse(text, "a sub-attribute has to be named", e);
    return true;
}

/* --- the value --- */

static const struct sort_value nothing = {.missing = true};

/* Times rise as big-endian numbers without sign do. */
static struct sort_value time_value(int64_t ms, char room[SORT_VALUE_MAX])
{
    uint64_t n = (uint64_t)ms ^ UINT64_C(1) << 63;

    for (int i = 0; i < 8; i++)
        room[i] = (char)(n >> (56 - 8 * i));
    return (struct sort_value){.bytes = {room, 8}};
}

static struct sort_value text_value(struct str s, char room[SORT_VALUE_MAX])
{
    size_t len = s.len < SORT_VALUE_MAX ? s.len : SORT_VALUE_MAX;

    if (len > 0)
        memcpy(room, s.p, len);
    return (struct sort_value){.bytes = {room, len}};
}

static struct sort_value meta_value(const struct image *im, const struct attribute *sub, char room[SORT_VALUE_MAX],
                                    struct arena *a)
{
    struct buf b;

    buf_init(&b, a);
    switch (sub->number) {
    case ATTR_META_CREATED:
        return time_value(im->created, room);
    case ATTR_META_LAST_MODIFIED:
        return time_value(im->modified, room);
    case ATTR_META_RESOURCE_TYPE:
        return text_value(str_of(im->type->name), room);
    case ATTR_META_VERSION:
        image_etag(&b, im->version);
        break;
    default: /* location: what stands before is the same for all */
        buf_puts(&b, im->type->endpoint);
        buf_str(&b, im->id);
        break;
    }
    return text_value(buf_view(&b), room);
}

/* The value of a multi-valued attribute that is marked primary, else the first. */
static uint16_t chosen_element(const struct image *im, const struct attribute *top)
{
    const struct attribute *primary = attribute_find(top->subs, STR_LIT("primary"));
    struct image_value v;

    if (primary == NULL)
        return 0;
    for (size_t row = 0; image_next_leaf(im, im->nvalues, primary->number, &row, &v); row++)
        if (v.text.p[0] == 't')
            return v.element;
    return 0;
}

static bool find_value(const struct image *im, const struct attrpath *by, struct image_value *out)
{
    uint16_t number = attrpath_leaf(by)->number;
    bool of_several = by->sub != NULL && by->attribute->multi;
    uint16_t element = of_several ? chosen_element(im, by->attribute) : 0;

    for (size_t row = 0; image_next_leaf(im, im->nvalues, number, &row, out); row++)
        if (!of_several || out->element == element)
            return true;
    return false;
}

struct sort_value sort_value_of(const struct image *im, const struct attrpath *by, char room[SORT_VALUE_MAX],
                                struct arena *a)
{
    struct image_value v;
    int64_t ms;

    if (by->attribute == NULL)
        return nothing;
    if (by->attribute->number == ATTR_META)
        return meta_value(im, by->sub, room, a);
    if (!find_value(im, by, &v))
        return nothing;
    if (v.kind == IMAGE_LITERAL)
        return text_value(v.text, room);
    struct str text = image_string(&v, a);
    if (attrpath_leaf(by)->type == ATTRIBUTE_DATETIME)
        return clock_parse(text, &ms) ? time_value(ms, room) : nothing;
    return text_value(resource_comparable(attrpath_leaf(by), text, a), room);
}

int sort_cmp(const struct attrpath *by, const struct sort_value *a, const struct sort_value *b)
{
    const struct attribute *leaf = attrpath_leaf(by);

    if (a->missing || b->missing)
        return a->missing - b->missing;
    if (leaf->type == ATTRIBUTE_DECIMAL || leaf->type == ATTRIBUTE_INTEGER)
        return decimal_cmp(a->bytes, b->bytes);
    return str_cmp(a->bytes, b->bytes); /* false comes before true */
}
