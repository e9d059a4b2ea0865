/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/listing.h"

#include "derived.h"
#include "listing_walk.h"
#include "plan.h"
#include "roster/directory/entry.h"
#include "roster/store/key.h"
#include "select.h"

#include <assert.h>
#include <stdlib.h>

/* How many of a type's resources an index may find, in parts, before reading all of them in a row is cheaper. */
#define INDEX_SHARE 4
#define INDEX_FEW   1000

/* A query at work that looks at resources one by one. */
struct search {
    struct call *c;
    const struct listing_query *q;
    struct selection selection;
    const struct resource_type *type; /* whose resources are looked at */
    const struct filter *filter;      /* NULL: all match */
    const struct attrpath *by;        /* NULL: nothing is sorted by */
    struct store_txn *txn;
    struct arena *arena;
    struct folds *folds, *member_folds; /* of the resource, and of the member, that a filter is put to */
    struct derived derived;             /* what the filter asks of memberships */
    enum store_rc rc;                   /* of that */
};

/* --- one resource --- */

/* Terms on what a record does not have. */
static bool holds_derived(const struct filter *f, const struct image *im, void *ctx)
{
    struct search *w = ctx;
    bool holds = false;
    struct id self;

    enum store_rc rc =
        id_parse(im->id, &self) ? derived_holds(&w->derived, w->txn, w->arena, f, &self, &holds) : STORE_ERROR;
    if (rc != STORE_OK)
        w->rc = rc;
    return holds;
}

/* Takes the resource if it matches. sure: it does. */
static enum store_rc consider(struct search *w, const struct image *im, const struct id *id, bool sure)
{
    struct filter_record record = {
        .image = im, .base = w->c->base, .derived = holds_derived, .ctx = w, .folds = w->folds, .arena = w->arena};
    struct arena_mark mark = arena_mark(w->arena);
    struct selected found = {.value.missing = true, .type = w->type, .ordinal = im->ordinal, .id = *id};
    char room[SORT_VALUE_MAX];

    w->rc = STORE_OK;
    derived_next(&w->derived);
    if (sure || w->filter == NULL || filter_match_image(w->filter, &record)) {
        if (w->by != NULL)
            found.value = sort_value_of(im, w->by, room, w->arena);
        if (w->rc == STORE_OK)
            select_offer(&w->selection, &found);
    }
    folds_clear(w->folds);
    arena_rewind(w->arena, mark);
    return w->rc;
}

/* --- all of a type, in a row --- */

static enum store_rc search_all(struct search *w)
{
    struct store_scan *scan = NULL;
    struct str key, value;

    enum store_rc rc = store_scan_open(w->txn, entry_space(w->type), STR_NULL, STR_NULL, STORE_FORWARD, &scan);
    while (rc == STORE_OK && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        struct image im;
        struct id id;

        rc = key_take_id(&key, &id) && image_open(&im, w->type, value) ? consider(w, &im, &id, false) : STORE_ERROR;
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* --- what indexes find --- */

struct ids {
    struct id *list;
    size_t n, room, most;
};

/* false: there are too many. */
static bool ids_add(struct ids *ids, const struct id *id, struct arena *a)
{
    if (ids->n == ids->most)
        return false;
    if (ids->n == ids->room) {
        size_t room = ids->room == 0 ? 16 : 2 * ids->room;

        if (ids->room == 0 || !arena_grow(a, ids->list, ids->room * sizeof *ids->list, room * sizeof *ids->list)) {
            struct id *more = arena_alloc_raw(a, room * sizeof *more);
            if (ids->n > 0)
                memcpy(more, ids->list, ids->n * sizeof *more);
            ids->list = more;
        }
        ids->room = room;
    }
    ids->list[ids->n++] = *id;
    return true;
}

/* The id of a range of one. */
static enum store_rc read_one(struct search *w, const struct plan_range *range, struct ids *ids, bool *fits)
{
    struct str text = range->from;
    struct id id;

    enum store_rc rc = range->id_is_value ? store_get(w->txn, range->space, range->from, &text) : STORE_OK;
    if (rc == STORE_OK && (text.len != ID_SIZE || !key_take_id(&text, &id)))
        rc = STORE_ERROR;
    if (rc == STORE_OK)
        *fits = ids_add(ids, &id, w->arena);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* The ids of a range. *fits is false where there are too many. */
static enum store_rc read_range(struct search *w, const struct plan_range *range, struct ids *ids, bool *fits)
{
    struct store_scan *scan = NULL;
    struct str key, value;
    struct id id;

    if (range->to.len == 0)
        return read_one(w, range, ids, fits);
    enum store_rc rc = store_scan_open(w->txn, range->space, range->from, range->to, STORE_FORWARD, &scan);
    while (rc == STORE_OK && *fits && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        struct str text = range->id_is_value   ? value
                          : key.len >= ID_SIZE ? str_sub(key, key.len - ID_SIZE, key.len)
                                               : STR_NULL;
        if (text.len != ID_SIZE || !key_take_id(&text, &id))
            rc = STORE_ERROR;
        else
            *fits = ids_add(ids, &id, w->arena);
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct id));
}

/* Several ranges, and several values of a resource in one range, may find the same. */
static void ids_unite(struct ids *ids)
{
    size_t kept = 0;

    if (ids->n > 1)
        qsort(ids->list, ids->n, sizeof *ids->list, by_id);
    for (size_t i = 0; i < ids->n; i++)
        if (kept == 0 || !id_eq(&ids->list[kept - 1], &ids->list[i]))
            ids->list[kept++] = ids->list[i];
    ids->n = kept;
}

/* More than one record can be found: they are counted against all there are. */
static enum store_rc most_of(struct search *w, const struct plan *plan, size_t *most)
{
    struct state state;
    enum store_rc rc = STORE_OK;

    *most = INDEX_FEW;
    if (plan->one)
        return rc;
    if ((rc = state_get(w->txn, &state)) == STORE_OK && state.count[w->type->number] / INDEX_SHARE > *most)
        *most = state.count[w->type->number] / INDEX_SHARE;
    return rc;
}

/* *done is false where reading all is cheaper. */
static enum store_rc search_indexes(struct search *w, const struct plan *plan, bool *done)
{
    struct arena_mark mark = arena_mark(w->arena);
    struct ids ids = {.n = 0};
    enum store_rc rc = most_of(w, plan, &ids.most);

    *done = true;
    for (size_t i = 0; i < plan->n && rc == STORE_OK && *done; i++)
        rc = read_range(w, &plan->ranges[i], &ids, done);
    ids_unite(&ids);
    for (size_t i = 0; i < ids.n && rc == STORE_OK && *done; i++) {
        struct arena_mark one = arena_mark(w->arena);
        struct image im;

        rc = entry_get(w->txn, w->type, &ids.list[i], w->arena, &im);
        if (rc == STORE_OK)
            rc = consider(w, &im, &ids.list[i], plan->exact);
        else if (rc == STORE_NOTFOUND) /* deleted since, or a value of another type's resource */
            rc = STORE_OK;
        arena_rewind(w->arena, one);
    }
    arena_rewind(w->arena, mark);
    return rc;
}

/* --- a pass over all types --- */

static enum store_rc search_type(struct search *w, size_t i)
{
    struct plan plan;
    bool done = false;
    enum store_rc rc = STORE_OK;

    w->type = w->q->types[i];
    w->filter = w->q->filters == NULL ? NULL : w->q->filters[i];
    w->by = w->q->sort == NULL ? NULL : &w->q->sort[i];
    derived_begin(&w->derived, w->type, w->filter, w->c->base, w->member_folds, w->arena);
    if (w->filter != NULL && plan_make(w->filter, w->arena, &plan))
        rc = search_indexes(w, &plan, &done);
    return rc != STORE_OK || done ? rc : search_all(w);
}

static enum store_rc search_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct search *w = ctx;
    enum store_rc rc = STORE_OK;

    w->txn = txn;
    w->arena = arena;
    select_begin(&w->selection);
    for (size_t i = 0; i < w->q->ntypes && rc == STORE_OK; i++)
        rc = search_type(w, i);
    select_end(&w->selection);
    return rc;
}

static bool pass(struct search *w, size_t want, const struct selected *behind)
{
    struct call *c = w->c;

    w->selection.want = want;
    w->selection.behind = behind;
    return call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, search_body, w));
}

/* --- places --- */

static struct listing_place place_of(const struct selected *s)
{
    struct listing_place p = {.type = s->type->number, .ordinal = s->ordinal, .missing = s->value.missing};

    assert(s->value.bytes.len <= sizeof p.bytes);
    p.len = (uint16_t)s->value.bytes.len;
    if (p.len > 0)
        memcpy(p.bytes, s->value.bytes.p, p.len);
    return p;
}

/* What can stand in for the type of a place: order looks at its number alone. */
static struct selected selected_of(const struct listing_place *p)
{
    return (struct selected){.value = {.missing = p->missing, .bytes = str_make(p->bytes, p->len)},
                             .type = p->type == resource_type_user.number ? &resource_type_user : &resource_type_team,
                             .ordinal = p->ordinal};
}

static void take_items(const struct search *w, size_t from, size_t count, struct listing *out)
{
    const struct selection *s = &w->selection;

    for (size_t i = from; i < s->n && out->n < count; i++)
        out->items[out->n++] = (struct listing_item){s->list[i].type, s->list[i].id};
}

/* Far behind, pass after pass begins where the one before ended. */
static bool search_index(struct search *w, struct listing *out)
{
    size_t most = w->q->pass == 0 ? LISTING_PASS : w->q->pass;
    uint64_t skip = w->q->start - 1;
    struct selected behind, *last = NULL;
    char bytes[SORT_VALUE_MAX];

    while (skip >= most) {
        if (!pass(w, most, last))
            return false;
        if (last == NULL)
            out->total = w->selection.total;
        if (w->selection.n < most || w->q->start > out->total)
            return true;
        behind = w->selection.list[most - 1];
        if (behind.value.bytes.len > 0)
            memcpy(bytes, behind.value.bytes.p, behind.value.bytes.len);
        behind.value.bytes.p = bytes;
        last = &behind;
        skip -= most;
    }
    if (!pass(w, (size_t)skip + w->q->count, last))
        return false;
    if (last == NULL)
        out->total = w->selection.total;
    take_items(w, (size_t)skip, w->q->count, out);
    return true;
}

static bool search_cursor(struct search *w, struct listing *out)
{
    struct selection *s = &w->selection;
    struct selected from;
    size_t n;

    if (w->q->from != NULL)
        from = selected_of(w->q->from);
    if (!pass(w, w->q->count + (w->q->count > 0), w->q->from == NULL ? NULL : &from))
        return false;
    out->total = s->total;
    n = s->n < w->q->count ? s->n : w->q->count;
    for (size_t i = 0; i < n; i++) {
        const struct selected *found = &s->list[w->q->backward ? n - 1 - i : i];
        out->items[out->n++] = (struct listing_item){found->type, found->id};
    }
    if (n > 0) {
        out->first = place_of(&s->list[w->q->backward ? n - 1 : 0]);
        out->last = place_of(&s->list[w->q->backward ? 0 : n - 1]);
    }
    out->after = w->q->backward ? s->skipped : s->n > n;
    out->before = w->q->backward ? s->n > n : s->skipped;
    return true;
}

static const struct attrpath *sorted_by(const struct listing_query *q)
{
    for (size_t i = 0; i < q->ntypes && q->sort != NULL; i++)
        if (q->sort[i].attribute != NULL)
            return &q->sort[i];
    return NULL; /* no type has the attribute */
}

static bool search(struct call *c, const struct listing_query *q, struct listing *out)
{
    struct search w = {.c = c,
                       .q = q,
                       .selection = {.by = sorted_by(q), .descending = q->descending, .backward = q->backward},
                       .folds = folds_new(),
                       .member_folds = folds_new()};
    bool done = q->start > 0 ? search_index(&w, out) : search_cursor(&w, out);

    select_free(&w.selection);
    folds_free(&w.folds);
    folds_free(&w.member_folds);
    return done;
}

bool listing_run(struct call *c, const struct listing_query *q, struct listing *out)
{
    assert(q->ntypes >= 1 && q->ntypes <= LISTING_TYPES_MAX && q->count <= LISTING_COUNT_MAX);
    *out = (struct listing){.items = arena_alloc_raw(c->arena, q->count * sizeof *out->items)};
    return listing_can_walk(q) ? listing_walk(c, q, out) : search(c, q, out);
}

bool listing_page(struct call *c, const struct resource_type *type, const struct filter *filter, uint64_t start,
                  size_t count, struct listing *out)
{
    struct listing_query q = {.types = &type,
                              .ntypes = 1,
                              .filters = filter == NULL ? NULL : &filter,
                              .count = count > LISTING_COUNT_MAX ? LISTING_COUNT_MAX : count,
                              .start = start < 1 ? 1 : start};

    return listing_run(c, &q, out);
}
