/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/patch.h"

#include "patch_steps.h"

#include <stdlib.h>

/*
 * One step at work. The patch may be applied again (a transaction that is repeated), so its objects and arrays are copied.
 * Strings and numbers are never changed in place: they are shared, for one value may be put into a thousand places.
 */
struct edit {
    const struct patch_step *step;
    enum unmatched unmatched;
    struct arena *arena;
    struct folds *folds; /* of the resource's values and the message's */
    struct error *error;
};

static bool immutable(struct edit *ed)
{
    return patch_immutable(ed->error, ed->arena, ed->step->operation, &ed->step->path);
}

/* A value of its own, which may be changed as long as what it consists of is not. */
static struct json_object *copy(struct json_object *v)
{
    if (!json_object_is_type(v, json_type_object))
        return json_object_get(v);
    struct json_object *new = json_object_new_object();
    json_object_object_foreach(v, name, member)
    {
        json_put_member(new, name, json_object_get(member));
    }
    return new;
}

static bool too_many(struct edit *ed, const struct attribute *attribute)
{
    error_set(ed->error, ERR_VALUES_TOO_MANY, str_of(attribute->name),
              str_of(arena_printf(ed->arena, "%d", ATTRIBUTE_VALUES_MAX)));
    return patch_located(ed->error, ed->arena, ed->step->operation);
}

static bool no_target(struct edit *ed)
{
    error_set(ed->error, ERR_PATCH_NO_TARGET, str_of(arena_printf(ed->arena, "%zu", ed->step->operation)),
              ed->step->text);
    return false;
}

static bool is_empty(struct json_object *v)
{
    return json_object_is_type(v, json_type_object) && json_object_object_length(v) == 0;
}

/* obj[name] = v, an array; an empty one unassigns. Takes v's reference. */
static void put_list(struct json_object *obj, const char *name, struct json_object *v)
{
    if (json_object_array_length(v) > 0) {
        json_put_member(obj, name, v);
        return;
    }
    json_object_put(v);
    json_object_object_del(obj, name);
}

/* --- primary (RFC 7644 3.5.2, trap 37) --- */

static bool is_primary(struct json_object *element)
{
    return json_object_get_boolean(json_get(element, "primary"));
}

static void clear_primary(struct json_object *element)
{
    if (is_primary(element))
        json_put_member(element, "primary", json_object_new_boolean(false));
}

static void clear_other_primaries(struct json_object *list, size_t but)
{
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (i != but)
            clear_primary(json_object_array_get_idx(list, i));
}

/* --- which values are the same: one (value, type) is there once (RFC 7643 2.4) --- */

/* A value of a list that is being made. */
struct slot {
    struct str key;
    size_t place;
    struct json_object *v; /* with a reference */
    bool added;            /* by this step */
    bool primary;          /* this step makes it primary */
    bool merged;           /* into an equal one before it */
};

static void key_text(struct buf *b, const struct attribute *attribute, struct json_object *v, struct folds *folds)
{
    if (json_object_is_type(v, json_type_string))
        buf_str(b, folds_json(folds, attribute, v, b->arena));
    else if (v != NULL)
        json_write(b, v);
}

/*
 * What two values that are the same have in common: `value`, and `type` if it is to count; without a `value` all
 * sub-attributes. No string holds a NUL, so NULs separate.
 */
static struct str element_key(const struct edit *ed, const struct attribute *attribute, struct json_object *element,
                              bool with_type)
{
    const struct attribute *value = attribute_find(attribute->subs, STR_LIT("value"));
    const struct attribute *type = attribute_find(attribute->subs, STR_LIT("type"));
    struct buf b;

    buf_init(&b, ed->arena);
    if (attribute->type != ATTRIBUTE_COMPLEX) {
        key_text(&b, attribute, element, ed->folds);
        return buf_view(&b);
    }
    if (value != NULL && json_get(element, "value") != NULL) {
        key_text(&b, value, json_get(element, "value"), ed->folds);
        buf_putc(&b, '\0');
        if (with_type && type != NULL)
            key_text(&b, type, json_get(element, "type"), ed->folds);
        return buf_view(&b);
    }
    for (const struct attribute *sub = attribute->subs; sub->name != NULL; sub++) {
        buf_putc(&b, '\0');
        key_text(&b, sub, json_get(element, sub->name), ed->folds);
    }
    return buf_view(&b);
}

static int by_key(const void *a, const void *b)
{
    const struct slot *const *x = a, *const *y = b;
    int order = str_cmp((*x)->key, (*y)->key);

    return order != 0 ? order : ((*x)->place > (*y)->place) - ((*x)->place < (*y)->place);
}

/* Whether obj has a value of the attribute that another one must not replace. */
static bool is_frozen(struct json_object *obj, const struct attribute *attribute)
{
    return attribute->mutability == MUTABILITY_IMMUTABLE && json_get(obj, attribute->name) != NULL;
}

/* What more says goes into the value that is there. False primary is no primary (RFC 7643 2.4). false: it must not. */
static bool merge_element(struct json_object *into, struct json_object *more, const struct attribute *attribute,
                          bool *changed)
{
    for (const struct attribute *sub = attribute->subs; sub != NULL && sub->name != NULL; sub++) {
        struct json_object *old = json_get(into, sub->name), *new = json_get(more, sub->name);

        if (new == NULL || json_equal(old, new) || strcmp(sub->name, "value") == 0 || strcmp(sub->name, "type") == 0)
            continue;
        if (old == NULL && strcmp(sub->name, "primary") == 0 && !json_object_get_boolean(new))
            continue;
        if (is_frozen(into, sub))
            return false;
        json_put_member(into, sub->name, copy(new));
        *changed = true;
    }
    return true;
}

/* Merges the new values that are there already. false: one of them would change what must stay. */
static bool merge_slots(struct slot *slots, size_t n, const struct attribute *attribute, struct arena *a, bool *changed)
{
    struct slot **sorted = arena_alloc_raw(a, n * sizeof *sorted), *first = NULL;
    bool fine = true;

    for (size_t i = 0; i < n; i++)
        sorted[i] = &slots[i];
    qsort(sorted, n, sizeof *sorted, by_key);
    for (size_t i = 0; i < n; i++) {
        struct slot *s = sorted[i];

        if (first == NULL || !str_eq(first->key, s->key)) {
            first = s;
        } else if (s->added) {
            fine &= merge_element(first->v, s->v, attribute, changed);
            first->primary |= s->primary;
            s->merged = true;
        }
    }
    return fine;
}

static size_t fill_slots(const struct edit *ed, struct slot *slots, size_t n, const struct attribute *attribute,
                         struct json_object *list, bool added)
{
    for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++, n++) {
        struct json_object *v = json_object_array_get_idx(list, i);

        v = added ? copy(v) : json_object_get(v);
        slots[n] = (struct slot){.key = element_key(ed, attribute, v, true), .place = n, .v = v, .added = added};
        slots[n].primary = added && is_primary(v);
    }
    return n;
}

/* The list of the slots that were not merged; their references go into it. *added: there are new ones. */
static struct json_object *list_of_slots(struct slot *slots, size_t n, bool *added)
{
    struct json_object *list = json_object_new_array_ext((int)(n > 0 ? n : 1));
    bool primary = false;

    for (size_t i = 0; i < n; i++)
        primary |= slots[i].primary && !slots[i].merged;
    for (size_t i = 0; i < n; i++) {
        if (slots[i].merged) {
            json_object_put(slots[i].v);
            continue;
        }
        if (primary && !slots[i].primary)
            clear_primary(slots[i].v);
        *added |= slots[i].added;
        json_object_array_add(list, slots[i].v);
    }
    return list;
}

/* Adds values to the list obj has under the attribute's name, or puts them in its place. */
static bool set_list(struct edit *ed, struct json_object *obj, const struct attribute *attribute, bool replace)
{
    struct json_object *old = json_get(obj, attribute->name), *new = ed->step->value, *list;
    size_t n = (old != NULL && !replace ? json_object_array_length(old) : 0) + json_object_array_length(new);
    struct arena_mark mark = arena_mark(ed->arena);
    struct slot *slots = arena_alloc(ed->arena, n * sizeof *slots);
    bool changed = replace, fine;

    n = fill_slots(ed, slots, 0, attribute, replace ? NULL : old, false);
    n = fill_slots(ed, slots, n, attribute, new, true);
    fine = merge_slots(slots, n, attribute, ed->arena, &changed);
    list = list_of_slots(slots, n, &changed);
    arena_rewind(ed->arena, mark);
    if (!fine || json_object_array_length(list) > ATTRIBUTE_VALUES_MAX) {
        json_object_put(list);
        return fine ? too_many(ed, attribute) : immutable(ed);
    }
    if (changed && !json_equal(old, list))
        put_list(obj, attribute->name, list);
    else
        json_object_put(list);
    return true;
}

/* --- removing the values that are named (trap 45) --- */

/* Whether element has all that pattern says: for values of attributes without `value`. */
static bool says_all(struct json_object *element, struct json_object *pattern)
{
    json_object_object_foreach(pattern, name, v)
    {
        if (!json_equal(json_get(element, name), v))
            return false;
    }
    return true;
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool is_among(const struct str *keys, size_t n, struct str key)
{
    return bsearch(&key, keys, n, sizeof *keys, by_text) != NULL;
}

/* The values that are to go: those with a `value` by their keys, sorted; the others as patterns. */
struct gone {
    struct str *keys;
    size_t nkeys;
    struct json_object **patterns;
    size_t npatterns;
};

static struct gone gone_values(const struct edit *ed, const struct attribute *attribute, struct json_object *values)
{
    size_t n = json_object_array_length(values);
    struct gone g = {.keys = arena_alloc(ed->arena, n * sizeof *g.keys),
                     .patterns = arena_alloc(ed->arena, n * sizeof *g.patterns)};

    for (size_t i = 0; i < n; i++) {
        struct json_object *v = json_object_array_get_idx(values, i);

        if (attribute->type == ATTRIBUTE_COMPLEX && json_get(v, "value") == NULL)
            g.patterns[g.npatterns++] = v;
        else
            g.keys[g.nkeys++] = element_key(ed, attribute, v, true);
    }
    qsort(g.keys, g.nkeys, sizeof *g.keys, by_text);
    return g;
}

/* A key without type is that of a value of any type. */
static bool goes(const struct edit *ed, const struct gone *g, const struct attribute *attribute,
                 struct json_object *element)
{
    if (g->nkeys > 0 && (is_among(g->keys, g->nkeys, element_key(ed, attribute, element, true)) ||
                         is_among(g->keys, g->nkeys, element_key(ed, attribute, element, false))))
        return true;
    for (size_t i = 0; i < g->npatterns; i++)
        if (says_all(element, g->patterns[i]))
            return true;
    return false;
}

static void remove_listed(struct edit *ed, struct json_object *obj, const struct attribute *attribute)
{
    struct json_object *old = json_get(obj, attribute->name), *list;
    struct arena_mark mark = arena_mark(ed->arena);
    struct gone g;

    if (old == NULL)
        return;
    g = gone_values(ed, attribute, ed->step->value);
    list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(old); i++) {
        struct json_object *v = json_object_array_get_idx(old, i);

        if (!goes(ed, &g, attribute, v))
            json_object_array_add(list, json_object_get(v));
    }
    arena_rewind(ed->arena, mark);
    put_list(obj, attribute->name, list);
}

/* --- one attribute of one object --- */

/* A value that names another resource: its $ref is that of the old value, so it goes when the value does. */
static void forget_reference(struct json_object *obj, const struct attribute *attribute)
{
    const struct attribute *parent = attribute->parent;

    if (parent != NULL && strcmp(attribute->name, "value") == 0 &&
        attribute_find(parent->subs, STR_LIT("$ref")) != NULL)
        json_object_object_del(obj, "$ref");
}

static bool edit_member(struct edit *ed, struct json_object *obj, const struct attribute *attribute)
{
    const struct patch_step *step = ed->step;
    struct json_object *old = json_get(obj, attribute->name);
    bool some = step->verb == PATCH_REMOVE && step->value != NULL;

    if (!some && (step->value == NULL ? old == NULL : json_equal(old, step->value)))
        return true;
    if (is_frozen(obj, attribute))
        return immutable(ed);
    if (some)
        remove_listed(ed, obj, attribute);
    else if (step->value == NULL)
        json_object_object_del(obj, attribute->name);
    else if (attribute->multi)
        return set_list(ed, obj, attribute, step->verb == PATCH_REPLACE);
    else
        json_put_member(obj, attribute->name, copy(step->value));
    forget_reference(obj, attribute);
    return true;
}

/* --- the values of a multi-valued attribute that a path selects --- */

/* What a term of a filter says, as a value that the sub-attribute may have, with a reference; NULL: it may not. */
static struct json_object *value_of_term(const struct filter *f)
{
    static const struct resource_options options = {.reject_unknown = true};
    struct error ignored = ERROR_INIT;

    return f->path.sub->mutability == MUTABILITY_READ_ONLY
               ? NULL
               : resource_normalise_value(f->path.sub, f->value, RESOURCE_ELEMENT, &options, STR_LIT(""), &ignored);
}

/*
 * Gives element what the filter's eq terms say and it does not have: the value itself that old, which matched them, has
 * there or, where old is NULL, a new one. False: the filter has other terms too, or says what no value may be.
 */
static bool fill_from_filter(struct json_object *element, const struct filter *f, struct json_object *old)
{
    if (f->op == FILTER_AND) {
        bool left = fill_from_filter(element, f->left, old);

        return fill_from_filter(element, f->right, old) && left;
    }
    if (f->op != FILTER_EQ || f->value == NULL || f->path.sub == NULL)
        return false;
    if (json_get(element, f->path.sub->name) != NULL)
        return true;
    struct json_object *v = old == NULL ? value_of_term(f) : json_object_get(json_get(old, f->path.sub->name));
    if (v != NULL)
        json_put_member(element, f->path.sub->name, v);
    return v != NULL;
}

/* Changes one value that was selected. *v may become another object. */
static bool edit_element(struct edit *ed, struct json_object **v, const struct attribute *attribute)
{
    const struct patch_step *step = ed->step;

    if (step->path.sub != NULL)
        return edit_member(ed, *v, step->path.sub);
    if (step->verb == PATCH_ADD && attribute->type == ATTRIBUTE_COMPLEX) {
        json_object_object_foreach(step->value, name, member)
        {
            if (json_equal(json_get(*v, name), member))
                continue;
            if (is_frozen(*v, attribute_find(attribute->subs, str_of(name))))
                return immutable(ed);
            json_put_member(*v, name, copy(member));
        }
        return true;
    }
    struct json_object *old = *v;
    *v = copy(step->value);
    if (step->filter != NULL && attribute->type == ATTRIBUTE_COMPLEX)
        fill_from_filter(*v, step->filter, old);
    return true;
}

/* Whether the step itself makes a value primary. */
static bool sets_primary(const struct patch_step *step)
{
    if (step->path.sub != NULL)
        return strcmp(step->path.sub->name, "primary") == 0 && json_object_get_boolean(step->value);
    return is_primary(step->value);
}

/*
 * Nothing was selected: where the account's policy lets it be, the value is made from the filter's eq terms (Entra ID
 * relies on it, traps 35 and 45). Where they do not say all, or it would not match its own filter, there is no target.
 */
static bool create_element(struct edit *ed, struct json_object *obj, const struct attribute *attribute)
{
    const struct patch_step *step = ed->step;
    struct json_object *list = json_get(obj, attribute->name), *v;

    if (step->filter != NULL && ed->unmatched != UNMATCHED_CREATE &&
        (ed->unmatched == UNMATCHED_REFUSE || step->verb == PATCH_REPLACE))
        return no_target(ed);
    if (attribute->type != ATTRIBUTE_COMPLEX)
        v = copy(step->value);
    else
        v = step->path.sub == NULL ? copy(step->value) : json_object_new_object();
    if (step->path.sub != NULL)
        json_put_member(v, step->path.sub->name, copy(step->value));
    if (step->filter != NULL && ((attribute->type == ATTRIBUTE_COMPLEX && !fill_from_filter(v, step->filter, NULL)) ||
                                 !filter_match_value(step->filter, v, ed->folds, ed->arena))) {
        json_object_put(v);
        return no_target(ed);
    }
    if (list == NULL) {
        list = json_object_new_array();
        json_put_member(obj, attribute->name, list);
    }
    json_object_array_add(list, v);
    if (is_primary(v))
        clear_other_primaries(list, json_object_array_length(list) - 1);
    return json_object_array_length(list) <= ATTRIBUTE_VALUES_MAX || too_many(ed, attribute);
}

static bool selected(struct edit *ed, struct json_object *v)
{
    return ed->step->filter == NULL || filter_match_value(ed->step->filter, v, ed->folds, ed->arena);
}

static bool set_selected(struct edit *ed, struct json_object *obj, const struct attribute *attribute)
{
    struct json_object *list = json_get(obj, attribute->name);
    size_t n = list == NULL ? 0 : json_object_array_length(list), last = n;

    for (size_t i = 0; i < n; i++) {
        struct json_object *old = json_object_array_get_idx(list, i), *new = old;

        if (!selected(ed, old))
            continue;
        last = i;
        if (!edit_element(ed, &new, attribute))
            return false;
        if (new != old)
            json_object_array_put_idx(list, i, new);
    }
    if (last == n)
        return create_element(ed, obj, attribute);
    if (sets_primary(ed->step))
        clear_other_primaries(list, last);
    return true;
}

/* Removes the values selected, or their sub-attribute; a value of which nothing is left goes too. */
static bool remove_selected(struct edit *ed, struct json_object *obj, const struct attribute *attribute)
{
    struct json_object *old = json_get(obj, attribute->name), *list;

    if (old == NULL)
        return true;
    list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(old); i++) {
        struct json_object *v = json_object_array_get_idx(old, i);

        if (selected(ed, v)) {
            if (ed->step->path.sub == NULL)
                continue;
            if (!edit_member(ed, v, ed->step->path.sub)) {
                json_object_put(list);
                return false;
            }
        }
        if (!is_empty(v))
            json_object_array_add(list, json_object_get(v));
    }
    put_list(obj, attribute->name, list);
    return true;
}

/* --- one step --- */

/* The object that holds the attribute; made where there is none and create is true, else NULL. */
static struct json_object *holder(struct json_object *in, const char *name, bool create)
{
    struct json_object *v = json_get(in, name);

    if (v == NULL && create) {
        v = json_object_new_object();
        json_put_member(in, name, v);
    }
    return v;
}

static bool apply_step(struct edit *ed, struct json_object *resource)
{
    const struct patch_step *step = ed->step;
    const struct attribute *attribute = step->path.attribute;
    bool sets = step->verb != PATCH_REMOVE && step->value != NULL;
    struct json_object *obj = resource;

    if (attribute == NULL) {
        json_object_object_del(resource, step->path.extension->urn);
        return true;
    }
    if (step->path.extension != NULL)
        obj = holder(resource, step->path.extension->urn, sets);
    if (attribute->multi && (step->filter != NULL || step->path.sub != NULL)) {
        if (obj == NULL)
            return true;
        return sets ? set_selected(ed, obj, attribute) : remove_selected(ed, obj, attribute);
    }
    if (step->path.sub != NULL)
        obj = holder(obj, attribute->name, sets);
    return obj == NULL || edit_member(ed, obj, attrpath_leaf(&step->path));
}

/* --- the final state --- */

/* Whether the attribute that a step names is assigned; of several values: in each. */
static bool is_there(const struct patch_step *step, struct json_object *resource)
{
    struct json_object *v = resource_get(resource, step->path.extension, step->path.attribute);

    if (step->path.sub == NULL)
        return v != NULL;
    if (!step->path.attribute->multi)
        return v == NULL || json_get(v, step->path.sub->name) != NULL;
    for (size_t i = 0; v != NULL && i < json_object_array_length(v); i++)
        if (json_get(json_object_array_get_idx(v, i), step->path.sub->name) == NULL)
            return false;
    return true;
}

/* A required attribute may go and come back in one message (trap 44); what went for good was not to be removed. */
static bool check_removed(const struct patch *p, struct json_object *resource, struct arena *a, struct error *e)
{
    for (size_t i = 0; i < p->nsteps; i++) {
        const struct patch_step *step = &p->steps[i];

        if (step->path.attribute == NULL || (step->verb != PATCH_REMOVE && step->value != NULL))
            continue;
        if (attrpath_leaf(&step->path)->required && !is_there(step, resource))
            return patch_immutable(e, a, step->operation, &step->path);
    }
    return true;
}

static bool apply_steps(struct edit *ed, const struct patch *p, struct json_object *resource)
{
    for (size_t i = 0; i < p->nsteps; i++) {
        ed->step = &p->steps[i];
        if (!apply_step(ed, resource))
            return false;
    }
    return true;
}

bool patch_apply(const struct patch *p, const struct resource_type *type, struct json_object *resource, struct arena *a,
                 struct member_change **changes, size_t *nchanges, struct error *e)
{
    struct edit ed = {.unmatched = p->unmatched, .arena = a, .folds = folds_new(), .error = e};
    bool done = apply_steps(&ed, p, resource);

    folds_free(&ed.folds);
    if (!done)
        return false;
    resource_tidy(resource);
    if (!check_removed(p, resource, a, e) || !resource_check(type, resource, e))
        return false;
    if (changes != NULL)
        *changes = p->changes;
    if (nchanges != NULL)
        *nchanges = p->nchanges;
    return true;
}
