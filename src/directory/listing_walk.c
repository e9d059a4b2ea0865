/* SPDX-License-Identifier: Apache-2.0 */
#include "listing_walk.h"

#include "roster/directory/entry.h"
#include "roster/store/key.h"

#include <assert.h>

/* The keys of a type's resources in the wanted order; each pair's value is an id. */
struct lane {
    const struct resource_type *type;
    enum store_space space;
    struct key prefix;
};

struct walking {
    const struct listing_query *q;
    struct lane lanes[LISTING_TYPES_MAX];
    struct listing *out;
};

/* The attribute in whose index the resources of a type can be walked, or NULL. */
static const struct attribute *walked_by(const struct listing_query *q)
{
    const struct attribute *leaf = q->sort == NULL || q->sort[0].attribute == NULL ? NULL : attrpath_leaf(&q->sort[0]);

    if (leaf != NULL && q->sort[0].extension != NULL) /* required where the extension is there at all */
        return NULL;
    return leaf != NULL && leaf->index == INDEX_UNIQUE && leaf->required && leaf->parent == NULL ? leaf : NULL;
}

bool listing_can_walk(const struct listing_query *q)
{
    return q->filters == NULL && (q->sort == NULL || (q->ntypes == 1 && walked_by(q) != NULL));
}

static void set_lanes(struct walking *w)
{
    const struct attribute *by = walked_by(w->q);

    for (size_t i = 0; i < w->q->ntypes; i++) {
        struct lane *lane = &w->lanes[i];

        *lane = (struct lane){.type = w->q->types[i], .space = by == NULL ? SPACE_ORDER : SPACE_UNIQUE};
        key_init(&lane->prefix);
        if (by == NULL)
            key_u8(&lane->prefix, lane->type->number);
        else
            key_u16(&lane->prefix, by->number);
    }
}

/* --- a stretch of a lane --- */

/* The keys behind a place or in front of it, with it or without; all of the lane where it is NULL. */
static void bounds(const struct lane *lane, const struct listing_place *place, bool behind, bool with, struct key *from,
                   struct key *to)
{
    *from = *to = lane->prefix;
    key_end(to);
    if (place == NULL)
        return;
    struct key *at = behind ? from : to;
    *at = lane->prefix;
    assert(at->len + place->len < sizeof at->b);
    memcpy(at->b + at->len, place->bytes, place->len);
    at->len += place->len;
    if (behind != with) /* the least key that is greater */
        key_u8(at, 0);
}

static struct listing_place place_of(const struct lane *lane, struct str key)
{
    struct listing_place p = {.type = lane->type->number};

    assert(key.len >= lane->prefix.len && key.len - lane->prefix.len <= sizeof p.bytes);
    p.len = (uint16_t)(key.len - lane->prefix.len);
    memcpy(p.bytes, key.p + lane->prefix.len, p.len);
    return p;
}

static enum store_rc take(struct walking *w, const struct lane *lane, struct str key, struct str value)
{
    struct listing *out = w->out;
    struct listing_place place = place_of(lane, key);

    if (value.len != ID_SIZE)
        return STORE_ERROR;
    if (out->n == 0)
        out->first = place;
    out->last = place;
    out->items[out->n].type = lane->type;
    key_take_id(&value, &out->items[out->n++].id);
    return STORE_OK;
}

/*
 * Takes what lies between the bounds, in the direction, after passing over `skip`, until the page is full. *more is set
 * where something is left.
 */
static enum store_rc stretch(struct store_txn *txn, struct walking *w, const struct lane *lane, const struct key *from,
                             const struct key *to, enum store_direction direction, uint64_t skip, bool *more)
{
    struct store_scan *scan = NULL;
    struct str key, value;
    uint64_t skipped = 0;

    enum store_rc rc = store_scan_open(txn, lane->space, key_view(from), key_view(to), direction, &scan);
    if (rc == STORE_OK && skip > 0)
        rc = store_scan_skip(scan, skip, &skipped);
    while (rc == STORE_OK && !*more && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        if (w->out->n < w->q->count)
            rc = take(w, lane, key, value);
        else
            *more = true;
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* --- by number --- */

/* Moves *from to the block in which the resource with the wanted place (from 0) is; *place becomes its place behind that. */
static enum store_rc skip_blocks(struct store_txn *txn, const struct lane *lane, const struct state *state,
                                 uint64_t *place, struct key *from)
{
    uint64_t ordinal = state->ordinal[lane->type->number]; /* of the last block, which is not counted */
    struct store_scan *scan = NULL;
    struct str key, value;
    struct key to;

    entry_block_key(&to, lane->type, ordinal);
    enum store_rc rc = store_scan_open(txn, SPACE_BLOCK, key_view(&lane->prefix), key_view(&to), STORE_FORWARD, &scan);
    while (rc == STORE_OK && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        uint8_t number;
        uint16_t count;
        uint64_t block;

        if (!key_take_u8(&key, &number) || !key_take_u64(&key, &block) || !key_take_u16(&value, &count)) {
            rc = STORE_ERROR;
        } else if (*place < count) {
            ordinal = block * BLOCK_ORDINALS;
            break;
        } else {
            *place -= count;
        }
    }
    store_scan_close(&scan);
    entry_order_key(from, lane->type, ordinal / BLOCK_ORDINALS * BLOCK_ORDINALS);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc walk_index(struct store_txn *txn, struct walking *w, const struct state *state)
{
    uint64_t place = w->q->start - 1;
    bool more = false;
    enum store_rc rc = STORE_OK;

    for (size_t i = 0; i < w->q->ntypes && rc == STORE_OK && w->out->n < w->q->count; i++) {
        const struct lane *lane = &w->lanes[i];
        uint64_t count = state->count[lane->type->number], skip = place;
        struct key from, to;

        if (place >= count) {
            place -= count;
            continue;
        }
        place = 0;
        bounds(lane, NULL, true, false, &from, &to);
        if (lane->space == SPACE_ORDER)
            rc = skip_blocks(txn, lane, state, &skip, &from);
        if (rc == STORE_OK)
            rc = stretch(txn, w, lane, &from, &to, w->q->descending ? STORE_BACKWARD : STORE_FORWARD, skip, &more);
    }
    return rc;
}

/* --- by place --- */

/* The lanes from the one that the place of the query is in, to the last (ahead) or the first; all where it is NULL. */
static enum store_rc walk_from(struct store_txn *txn, struct walking *w, bool ahead, bool with, bool *more)
{
    const struct listing_place *place = w->q->from;
    bool behind = ahead != w->q->descending; /* greater keys */
    bool begun = place == NULL;
    enum store_rc rc = STORE_OK;

    for (size_t i = 0; i < w->q->ntypes && rc == STORE_OK && !*more; i++) {
        const struct lane *lane = &w->lanes[ahead ? i : w->q->ntypes - 1 - i];
        bool here = place != NULL && lane->type->number == place->type;
        struct key from, to;

        if (!begun && !here)
            continue;
        begun = true;
        bounds(lane, here ? place : NULL, behind, with, &from, &to);
        rc = stretch(txn, w, lane, &from, &to, behind ? STORE_FORWARD : STORE_BACKWARD, 0, more);
    }
    return rc;
}

/* What was read from the end on is turned round. */
static void turn(struct listing *out)
{
    for (size_t i = 0, j = out->n; i + 1 < j; i++) {
        struct listing_item item = out->items[i];

        out->items[i] = out->items[--j];
        out->items[j] = item;
    }
    struct listing_place place = out->first;
    out->first = out->last;
    out->last = place;
}

/* Whether there is anything on the other side of the place, or at it. */
static enum store_rc look_back(struct store_txn *txn, const struct walking *w, bool *some)
{
    struct listing_query none = *w->q;
    struct listing nothing = {.n = 0};
    struct walking look = *w;

    none.count = 0;
    look.q = &none;
    look.out = &nothing;
    return walk_from(txn, &look, w->q->backward, true, some);
}

static enum store_rc walk_cursor(struct store_txn *txn, struct walking *w)
{
    struct listing *out = w->out;
    bool more = false, back = false;

    enum store_rc rc = walk_from(txn, w, !w->q->backward, false, &more);
    if (rc == STORE_OK && w->q->from != NULL)
        rc = look_back(txn, w, &back);
    if (w->q->backward)
        turn(out);
    out->before = w->q->backward ? more : back;
    out->after = w->q->backward ? back : more;
    return rc;
}

static enum store_rc walk_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct walking *w = ctx;
    struct state state;

    (void)arena;
    w->out->n = 0;
    w->out->total = 0;
    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    for (size_t i = 0; i < w->q->ntypes; i++)
        w->out->total += state.count[w->q->types[i]->number];
    if (w->q->start == 0)
        return walk_cursor(txn, w);
    return w->q->count == 0 ? STORE_OK : walk_index(txn, w, &state);
}

bool listing_walk(struct call *c, const struct listing_query *q, struct listing *out)
{
    struct walking w = {.q = q, .out = out};

    set_lanes(&w);
    return call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, walk_body, &w));
}
