/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/listing.h"

#include "roster/directory/entry.h"
#include "roster/directory/member.h"
#include "roster/store/key.h"

#include <stdlib.h>

/* One of a filter's conjuncts, with what an index can do for it. */
struct term {
    const struct filter *filter;
    bool indexed, exact;
    uint16_t attribute;
    struct str value;
};

/* A resource that a filter found; indexes are in another order than the list is to have. */
struct found {
    uint64_t ordinal;
    struct id id;
};

struct page_work {
    struct call *c;
    const struct resource_type *type;
    const struct term *terms;
    size_t nterms, lead; /* lead: the term whose index is walked */
    uint64_t start;
    size_t count;
    struct found *found; /* out->total of them */
    size_t room;
    struct listing *out;
};

static void page_clear(struct page_work *w)
{
    w->found = NULL;
    w->room = 0;
    w->out->total = 0;
    w->out->n = 0;
}

static enum store_rc take_id(struct str value, struct id *out)
{
    return key_take_id(&value, out) ? STORE_OK : STORE_ERROR;
}

/* --- all, in order of creation --- */

/* Finds the block in which the resource with the wanted place (from 0) is; *place becomes its place in that block. */
static enum store_rc block_find(struct store_txn *txn, const struct resource_type *type, uint64_t *place,
                                uint64_t *block)
{
    struct store_scan *scan = NULL;
    struct key from, to;
    struct str key, value;

    key_init(&from);
    key_u8(&from, type->number);
    to = from;
    key_end(&to);
    enum store_rc rc = store_scan_open(txn, SPACE_BLOCK, key_view(&from), key_view(&to), STORE_FORWARD, &scan);
    while (rc == STORE_OK && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        uint8_t number;
        uint16_t count;

        if (!key_take_u8(&key, &number) || !key_take_u64(&key, block) || !key_take_u16(&value, &count)) {
            rc = STORE_ERROR;
        } else if (*place < count) {
            break;
        } else {
            *place -= count;
        }
    }
    store_scan_close(&scan);
    return rc;
}

/* The ids of the page, from the block that it begins in. */
static enum store_rc order_walk(struct store_txn *txn, struct page_work *w, uint64_t block, uint64_t place)
{
    struct store_scan *scan = NULL;
    struct key from, to;
    struct str key, value;
    uint64_t skipped;

    entry_order_key(&from, w->type, block * BLOCK_ORDINALS);
    key_init(&to);
    key_u8(&to, w->type->number);
    key_end(&to);
    enum store_rc rc = store_scan_open(txn, SPACE_ORDER, key_view(&from), key_view(&to), STORE_FORWARD, &scan);
    if (rc == STORE_OK && place > 0)
        rc = store_scan_skip(scan, place, &skipped);
    while (rc == STORE_OK && w->out->n < w->count && (rc = store_scan_next(scan, &key, &value)) == STORE_OK)
        rc = take_id(value, &w->out->ids[w->out->n++]);
    store_scan_close(&scan);
    return rc;
}

static enum store_rc all_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct page_work *w = ctx;
    struct state state;
    uint64_t place = w->start - 1, block;

    (void)arena;
    page_clear(w);
    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    w->out->total = state.count[w->type->number];
    if (w->count == 0 || place >= w->out->total)
        return STORE_OK;
    if ((rc = block_find(txn, w->type, &place, &block)) == STORE_OK)
        rc = order_walk(txn, w, block, place);
    return rc == STORE_NOTFOUND ? STORE_OK : rc; /* some were deleted between the reads */
}

/* --- by a filter --- */

/* The resource as filters see it: with id, schemas and meta, without what is derived. */
static struct json_object *resource_seen(const struct image *im, struct arena *arena)
{
    struct error e = ERROR_INIT;
    struct buf text;

    buf_init(&text, arena);
    buf_str(&text, im->text);
    buf_puts(&text, "}}");
    return json_read(arena, buf_view(&text), &e);
}

/* Whether a term that names members or groups holds: asked of the memberships. */
static enum store_rc membership_holds(struct store_txn *txn, const struct term *t, const struct id *id, bool *holds)
{
    struct id other;

    *holds = false;
    if (!id_parse(t->value, &other))
        return STORE_OK;
    enum store_rc rc =
        t->attribute == ATTR_TEAM_MEMBERS_VALUE ? member_has(txn, id, &other) : member_has(txn, &other, id);
    *holds = rc == STORE_OK;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static bool is_membership(const struct term *t)
{
    return t->indexed && t->exact &&
           (t->attribute == ATTR_TEAM_MEMBERS_VALUE || t->attribute == ATTR_USER_GROUPS_VALUE);
}

/* Whether the resource id matches every term, and its ordinal; one that is gone does not. */
static enum store_rc matches(struct store_txn *txn, struct arena *arena, const struct page_work *w, const struct id *id,
                             bool *holds, uint64_t *ordinal)
{
    struct json_object *resource = NULL;
    struct image im;

    enum store_rc rc = entry_get(txn, w->type, id, arena, &im);
    *holds = rc == STORE_OK;
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    *ordinal = im.ordinal;
    for (size_t i = 0; i < w->nterms && *holds && rc == STORE_OK; i++) {
        if (is_membership(&w->terms[i])) {
            rc = membership_holds(txn, &w->terms[i], id, holds);
        } else if (i != w->lead || !w->terms[i].exact) {
            if (resource == NULL)
                resource = resource_seen(&im, arena);
            *holds = resource != NULL && filter_match(w->terms[i].filter, resource, arena);
        }
    }
    return rc;
}

/* Keeps a candidate that matches. */
static enum store_rc candidate(struct store_txn *txn, struct arena *arena, struct page_work *w, const struct id *id)
{
    struct arena_mark mark = arena_mark(arena);
    uint64_t ordinal = 0;
    bool holds;
    enum store_rc rc = matches(txn, arena, w, id, &holds, &ordinal);

    arena_rewind(arena, mark);
    if (rc != STORE_OK || !holds)
        return rc;
    if (w->out->total == w->room) {
        struct found *more = arena_alloc_raw(arena, (w->room = w->room == 0 ? 16 : 2 * w->room) * sizeof *more);

        if (w->out->total > 0)
            memcpy(more, w->found, w->out->total * sizeof *more);
        w->found = more;
    }
    w->found[w->out->total++] = (struct found){ordinal, *id};
    return STORE_OK;
}

static int by_ordinal(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

/* The page of what was found, in order of creation. */
static void found_page(struct page_work *w)
{
    if (w->out->total > 1)
        qsort(w->found, w->out->total, sizeof *w->found, by_ordinal);
    for (uint64_t i = w->start - 1; i < w->out->total && w->out->n < w->count; i++)
        w->out->ids[w->out->n++] = w->found[i].id;
}

/* Every id that stands at the end of the keys which begin with prefix. */
static enum store_rc walk(struct store_txn *txn, struct arena *arena, struct page_work *w, enum store_space space,
                          const struct key *prefix)
{
    struct store_scan *scan = NULL;
    struct key to = *prefix;
    struct str key;

    key_end(&to);
    enum store_rc rc = store_scan_open(txn, space, key_view(prefix), key_view(&to), STORE_FORWARD, &scan);
    while (rc == STORE_OK && (rc = store_scan_next(scan, &key, NULL)) == STORE_OK) {
        struct str tail = str_sub(key, prefix->len, key.len);
        struct id id;

        rc = key_take_id(&tail, &id) ? candidate(txn, arena, w, &id) : STORE_ERROR;
    }
    store_scan_close(&scan);
    return rc;
}

static enum store_rc filter_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct page_work *w = ctx;
    const struct term *lead = &w->terms[w->lead];
    enum store_rc rc = STORE_NOTFOUND;
    struct id id;
    struct key prefix;

    page_clear(w);
    if (lead->attribute == ATTR_ID) {
        if (id_parse(lead->value, &id))
            rc = candidate(txn, arena, w, &id);
    } else if (is_membership(lead)) {
        key_init(&prefix);
        if (id_parse(lead->value, &id)) {
            key_id(&prefix, &id);
            rc = walk(txn, arena, w, lead->attribute == ATTR_TEAM_MEMBERS_VALUE ? SPACE_MEMBEROF : SPACE_MEMBER,
                      &prefix);
        }
    } else if (attribute_by_number(w->type, lead->attribute)->index == INDEX_UNIQUE) {
        if ((rc = entry_find_unique(txn, lead->attribute, lead->value, &id)) == STORE_OK)
            rc = candidate(txn, arena, w, &id);
    } else {
        entry_unique_key(&prefix, lead->attribute, lead->value);
        rc = walk(txn, arena, w, SPACE_INDEX, &prefix);
    }
    found_page(w);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* How few resources a term finds, by its kind: the least is walked. 0: no index serves it. */
static int selectivity(const struct resource_type *type, const struct term *t)
{
    if (!t->indexed)
        return 0;
    if (t->attribute == ATTR_ID)
        return 4;
    if (is_membership(t))
        return 1;
    return attribute_by_number(type, t->attribute)->index == INDEX_UNIQUE ? 3 : 2;
}

/* Whether path leads to what resource_seen() does not have: members, groups, meta.location. */
static bool is_unseen(const struct attrpath *path)
{
    const struct attribute *top = path->attribute;

    if (top == NULL || top->place == PLACE_RECORD)
        return false;
    return attribute_find(common_attributes, str_of(top->name)) != top ||
           attrpath_leaf(path)->number == ATTR_META_LOCATION;
}

/* Whether the filter asks anywhere for what resources do not have: it would silently be answered as if nobody had it. */
static bool asks_unseen(const struct filter *f)
{
    switch (f->op) {
    case FILTER_AND:
    case FILTER_OR:
        return asks_unseen(f->left) || asks_unseen(f->right);
    case FILTER_NOT:
    case FILTER_PATH:
        return asks_unseen(f->left);
    default:
        return is_unseen(&f->path);
    }
}

/* Splits the filter and chooses the term to walk. false: *c->error is FILTER_UNSUPPORTED. */
static bool plan(struct page_work *w, const struct filter *filter)
{
    const struct filter **conjuncts;
    bool answerable = true;
    struct buf text;
    int best = 0;

    w->nterms = filter_conjuncts(filter, w->c->arena, &conjuncts);
    struct term *terms = arena_alloc(w->c->arena, w->nterms * sizeof *terms);
    for (size_t i = 0; i < w->nterms; i++) {
        terms[i].filter = conjuncts[i];
        terms[i].indexed = filter_index_term(conjuncts[i], &terms[i].attribute, &terms[i].value, &terms[i].exact);
        if (terms[i].indexed && terms[i].attribute == ATTR_ID)
            terms[i].exact = false; /* records are found by an id in any case, but ids are compared with case */
        answerable = answerable && (is_membership(&terms[i]) || !asks_unseen(conjuncts[i]));
        if (selectivity(w->type, &terms[i]) > best) {
            best = selectivity(w->type, &terms[i]);
            w->lead = i;
        }
    }
    w->terms = terms;
    if (answerable && best > 0)
        return true;
    buf_init(&text, w->c->arena);
    filter_print(&text, filter);
    error_set(w->c->error, ERR_FILTER_UNSUPPORTED, buf_view(&text));
    return false;
}

bool listing_page(struct call *c, const struct resource_type *type, const struct filter *filter, uint64_t start,
                  size_t count, struct listing *out)
{
    struct page_work w = {.c = c, .type = type, .start = start < 1 ? 1 : start, .out = out};

    w.count = count > LISTING_COUNT_MAX ? LISTING_COUNT_MAX : count;
    *out = (struct listing){.ids = arena_alloc_raw(c->arena, w.count * sizeof *out->ids)};
    if (filter != NULL && !plan(&w, filter))
        return false;
    return call_done(
        c, store_run(c->store, c->account->number, STORE_READ, c->arena, filter == NULL ? all_body : filter_body, &w));
}
