/* SPDX-License-Identifier: Apache-2.0 */
#include "select.h"

#include <stdlib.h>

#define ROOM_MIN 64

/* In the direction of the walk. */
static int order(const struct selection *s, const struct selected *a, const struct selected *b)
{
    int order = s->by == NULL ? 0 : sort_cmp(s->by, &a->value, &b->value);

    if (s->descending)
        order = -order;
    if (order == 0)
        order = (a->type->number > b->type->number) - (a->type->number < b->type->number);
    if (order == 0)
        order = (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
    return s->backward ? -order : order;
}

static int by_order(const void *a, const void *b, void *s)
{
    return order(s, a, b);
}

void select_begin(struct selection *s)
{
    s->total = 0;
    s->skipped = s->full = false;
    s->n = 0;
    for (int i = 0; i < 2 && s->by != NULL; i++) {
        if (s->texts[i] == NULL)
            s->texts[i] = arena_new(0);
        arena_reset(s->texts[i]);
    }
}

/* Leaves the first ones; the bytes of the others are given back. */
static void cut(struct selection *s)
{
    qsort_r(s->list, s->n, sizeof *s->list, by_order, s);
    if (s->n < s->want)
        return;
    s->n = s->want;
    s->full = true;
    if (s->by == NULL)
        return;
    for (size_t i = 0; i < s->n; i++)
        s->list[i].value.bytes = arena_str(s->texts[1], s->list[i].value.bytes);
    arena_reset(s->texts[0]);
    struct arena *spare = s->texts[0];
    s->texts[0] = s->texts[1];
    s->texts[1] = spare;
}

static void grow(struct selection *s)
{
    size_t room = s->room == 0 ? ROOM_MIN : 2 * s->room;
    struct selected *list = realloc(s->list, room * sizeof *list);

    if (list == NULL)
        arena_no_memory(room * sizeof *list);
    s->list = list;
    s->room = room;
}

void select_offer(struct selection *s, const struct selected *c)
{
    s->total++;
    if (s->behind != NULL && order(s, c, s->behind) <= 0) {
        s->skipped = true;
        return;
    }
    if (s->want == 0 || (s->full && order(s, c, &s->list[s->want - 1]) >= 0))
        return;
    if (s->n == s->room && s->n >= 2 * s->want)
        cut(s);
    if (s->n == s->room)
        grow(s);
    struct selected *kept = &s->list[s->n++];
    *kept = *c;
    kept->value.bytes = s->by != NULL && !c->value.missing ? arena_str(s->texts[0], c->value.bytes) : STR_NULL;
}

void select_end(struct selection *s)
{
    if (s->n > 0)
        cut(s);
}

void select_free(struct selection *s)
{
    free(s->list);
    s->list = NULL;
    s->room = s->n = 0;
    arena_free(&s->texts[0]);
    arena_free(&s->texts[1]);
}
