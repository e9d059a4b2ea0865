/* SPDX-License-Identifier: Apache-2.0 */
/* immutable - the values that stay as they were first set (RFC 7643 2.2, RFC 7644 3.5.1). */
#include "roster/scim/resource.h"

struct keeping {
    struct arena *arena;
    const char *urn; /* of the extension, or NULL */
    bool brings;     /* what is left out is brought over, else it is refused */
    bool kept;       /* something was brought over */
    struct error *error;
};

/* Whether the values match: the same, but for letter case where that does not count. */
static bool same(const struct attribute *a, struct json_object *old, struct json_object *new, struct arena *arena)
{
    if (json_equal(old, new))
        return true;
    if (!json_object_is_type(old, json_type_string) || !json_object_is_type(new, json_type_string))
        return false;
    return str_eq(resource_comparable(a, json_str(old), arena), resource_comparable(a, json_str(new), arena));
}

static bool refuse(const struct keeping *k, const struct attribute *a)
{
    bool within = a->parent != NULL;
    const char *name = arena_printf(k->arena, "%s%s%s%s%s", k->urn == NULL ? "" : k->urn, k->urn == NULL ? "" : ":",
                                    within ? a->parent->name : "", within ? "." : "", a->name);

    error_set(k->error, ERR_ATTRIBUTE_IMMUTABLE, str_of(name));
    return false;
}

static bool has_immutable(const struct attribute *list)
{
    for (const struct attribute *a = list; a->name != NULL; a++)
        if (a->place == PLACE_RECORD &&
            (a->mutability == MUTABILITY_IMMUTABLE || (a->subs != NULL && !a->multi && has_immutable(a->subs))))
            return true;
    return false;
}

/* The object that into has under name; made where it has none. */
static struct json_object *inner(struct json_object *into, const char *name)
{
    struct json_object *v = json_get(into, name);

    if (v == NULL)
        json_put_member(into, name, v = json_object_new_object());
    return v;
}

/* Compares the immutable values of a level. Those in values of a multi-valued attribute come and go with the value. */
static bool keep_list(struct keeping *k, const struct attribute *list, struct json_object *before,
                      struct json_object *after)
{
    for (const struct attribute *a = list; a->name != NULL; a++) {
        struct json_object *old = json_get(before, a->name), *new;

        if (old == NULL || a->place != PLACE_RECORD)
            continue;
        if (a->mutability != MUTABILITY_IMMUTABLE) {
            if (a->subs != NULL && !a->multi && has_immutable(a->subs) &&
                !keep_list(k, a->subs, old, inner(after, a->name)))
                return false;
            continue;
        }
        new = json_get(after, a->name);
        if (new == NULL ? !k->brings : !same(a, old, new, k->arena))
            return refuse(k, a);
        json_put_member(after, a->name, json_object_get(old));
        k->kept = true;
    }
    return true;
}

bool resource_keep_immutable(const struct resource_type *type, struct json_object *before, struct json_object *after,
                             bool left_out, struct arena *a, struct error *e)
{
    struct keeping k = {.arena = a, .brings = left_out, .error = e};

    for (const struct schema *const *x = type->extensions; *x != NULL; x++) {
        struct json_object *old = json_get(before, (*x)->urn);

        if (old == NULL || !has_immutable((*x)->attributes))
            continue;
        k.urn = (*x)->urn;
        if (!keep_list(&k, (*x)->attributes, old, inner(after, k.urn)))
            return false;
    }
    if (k.urn != NULL)
        resource_tidy(after); /* objects that nothing was brought into */
    return !k.kept || resource_check(type, after, e);
}
