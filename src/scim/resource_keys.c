/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/precis.h"
#include "roster/base/utf8.h"
#include "roster/scim/resource.h"

#include <stdlib.h>

struct str resource_comparable(const struct attribute *attribute, struct str value, struct arena *a)
{
    if (attribute->preparation == PREPARATION_USERNAME)
        return precis_username(a, value);
    return attribute->case_exact ? value : utf8_fold(a, value);
}

struct keys {
    struct buf rows; /* struct resource_key after struct resource_key */
    struct arena *arena;
};

static void add_key(struct keys *k, const struct attribute *attribute, struct json_object *value)
{
    if (!json_object_is_type(value, json_type_string))
        return;
    struct resource_key key = {
        .attribute = attribute->number,
        .unique = attribute->index == INDEX_UNIQUE,
        .value = resource_comparable(attribute, json_str(value), k->arena),
    };
    if (attribute->case_exact)
        key.value = arena_str(k->arena, key.value);
    buf_add(&k->rows, &key, sizeof key);
}

static void add_values(struct keys *k, const struct attribute *list, struct json_object *object);

/* The values of an attribute or, where it is complex, of its indexed sub-attributes. */
static void add_one(struct keys *k, const struct attribute *attribute, struct json_object *value)
{
    if (attribute->subs != NULL)
        add_values(k, attribute->subs, value);
    else
        add_key(k, attribute, value);
}

static bool is_indexed(const struct attribute *attribute)
{
    if (attribute->index != INDEX_NONE)
        return true;
    for (const struct attribute *sub = attribute->subs; sub != NULL && sub->name != NULL; sub++)
        if (sub->index != INDEX_NONE)
            return true;
    return false;
}

static void add_values(struct keys *k, const struct attribute *list, struct json_object *object)
{
    for (const struct attribute *a = list; a->name != NULL; a++) {
        struct json_object *value;
        if (!is_indexed(a) || a->place != PLACE_RECORD || !json_object_object_get_ex(object, a->name, &value))
            continue;
        if (!a->multi) {
            add_one(k, a, value);
            continue;
        }
        for (size_t i = 0; i < json_object_array_length(value); i++)
            add_one(k, a, json_object_array_get_idx(value, i));
    }
}

static int compare_keys(const void *a, const void *b)
{
    const struct resource_key *x = a, *y = b;

    return x->attribute != y->attribute ? (x->attribute > y->attribute) - (x->attribute < y->attribute)
                                        : str_cmp(x->value, y->value);
}

size_t resource_keys(const struct resource_type *type, struct json_object *resource, struct arena *a,
                     struct resource_key **out)
{
    struct keys k = {.arena = a};
    struct json_object *object;
    size_t n, kept = 0;

    buf_init(&k.rows, a);
    add_values(&k, common_attributes, resource);
    add_values(&k, type->core->attributes, resource);
    for (const struct schema *const *x = type->extensions; *x != NULL; x++)
        if (json_object_object_get_ex(resource, (*x)->urn, &object))
            add_values(&k, (*x)->attributes, object);
    n = k.rows.len / sizeof **out;
    *out = (void *)k.rows.p; /* an arena's memory is aligned for anything */
    if (n == 0)
        return 0;
    qsort(*out, n, sizeof **out, compare_keys);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || compare_keys(&(*out)[kept - 1], &(*out)[i]) != 0)
            (*out)[kept++] = (*out)[i];
    return kept;
}
