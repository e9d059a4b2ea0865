/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/folds.h"

#include "roster/scim/resource.h"

#include <stdint.h>
#include <stdlib.h>

#define SLOTS_FIRST 64 /* a power of two */

struct fold {
    const void *key; /* NULL: the slot is free */
    const struct attribute *attribute;
    struct json_object *owner;
    struct str form;
};

struct folds {
    struct arena *arena; /* of the forms and the slots */
    struct fold *slots;  /* open addressing; NULL: none yet */
    size_t mask, n;
};

struct folds *folds_new(void)
{
    struct folds *f = calloc(1, sizeof *f);

    if (f == NULL)
        arena_no_memory(sizeof *f);
    return f;
}

void folds_clear(struct folds *f)
{
    if (f->slots == NULL)
        return;
    for (size_t i = 0; i <= f->mask; i++)
        json_object_put(f->slots[i].owner);
    f->slots = NULL;
    f->n = 0;
    arena_reset(f->arena);
}

void folds_free(struct folds **f)
{
    if (*f == NULL)
        return;
    folds_clear(*f);
    arena_free(&(*f)->arena);
    free(*f);
    *f = NULL;
}

/* The slot that has the key, or the free one where it goes. */
static struct fold *slot_of(const struct folds *f, const void *key, const struct attribute *attribute)
{
    size_t at = ((uintptr_t)key >> 4) * 0x9e3779b97f4a7c15U + (uintptr_t)attribute;

    for (at ^= at >> 29;; at++) {
        struct fold *slot = &f->slots[at & f->mask];

        if (slot->key == NULL || (slot->key == key && slot->attribute == attribute))
            return slot;
    }
}

/* Room for one more: at most half of the slots are in use. */
static void grow(struct folds *f)
{
    struct fold *old = f->slots;
    size_t most = old == NULL ? 0 : f->mask + 1;

    if (2 * (f->n + 1) <= most)
        return;
    if (f->arena == NULL)
        f->arena = arena_new(0);
    f->mask = (most == 0 ? SLOTS_FIRST : 2 * most) - 1;
    f->slots = arena_alloc(f->arena, (f->mask + 1) * sizeof *f->slots);
    for (size_t i = 0; i < most; i++)
        if (old[i].key != NULL)
            *slot_of(f, old[i].key, old[i].attribute) = old[i];
}

/* Whether folding v costs no more than finding its form. */
static bool is_cheap(struct str v)
{
    if (v.len > FOLDS_SHORT)
        return false;
    for (size_t i = 0; i < v.len; i++)
        if ((unsigned char)v.p[i] >= 0x80)
            return false;
    return true;
}

struct str folds_comparable(struct folds_place at, const struct attribute *attribute, struct str v, struct arena *a)
{
    struct folds *f = at.folds;

    if (f == NULL || attribute->case_exact || is_cheap(v))
        return resource_comparable(attribute, v, a);
    grow(f);
    struct fold *slot = slot_of(f, at.where, attribute);
    if (slot->key == NULL) {
        struct str form = resource_comparable(attribute, v, f->arena);

        *slot = (struct fold){at.where, attribute, json_object_get(at.owner),
                              form.p == v.p ? arena_str(f->arena, v) : form};
        f->n++;
    }
    return slot->form;
}

struct str folds_json(struct folds *f, const struct attribute *attribute, struct json_object *v, struct arena *a)
{
    return folds_comparable((struct folds_place){f, v, v}, attribute, json_str(v), a);
}
