/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/entry.h"

#include "roster/store/key.h"

#include <assert.h>

enum store_space entry_space(const struct resource_type *type)
{
    return type->number == RESOURCE_USER ? SPACE_USER : SPACE_TEAM;
}

void entry_unique_key(struct key *k, uint16_t attribute, struct str value)
{
    char room[KEY_VALUE_MAX];

    key_init(k);
    key_u16(k, attribute);
    key_str(k, key_value(value, room));
}

void entry_index_key(struct key *k, uint16_t attribute, struct str value, const struct id *id)
{
    entry_unique_key(k, attribute, value);
    key_id(k, id);
}

void entry_order_key(struct key *k, const struct resource_type *type, uint64_t ordinal)
{
    key_init(k);
    key_u8(k, type->number);
    key_u64(k, ordinal);
}

void entry_block_key(struct key *k, const struct resource_type *type, uint64_t ordinal)
{
    entry_order_key(k, type, ordinal / BLOCK_ORDINALS);
}

enum store_rc entry_get(struct store_txn *txn, const struct resource_type *type, const struct id *id,
                        struct arena *arena, struct image *out)
{
    struct str bytes;

    (void)arena; /* what store_get() gives lives there already */
    enum store_rc rc = store_get(txn, entry_space(type), id_view(id), &bytes);
    if (rc == STORE_OK && !image_open(out, type, bytes))
        return STORE_ERROR;
    return rc;
}

enum store_rc entry_ids(struct store_txn *txn, struct arena *arena, enum store_space space, const struct key *prefix,
                        size_t most, struct id **out, size_t *n)
{
    struct store_scan *scan = NULL;
    struct key to = *prefix;
    struct str key;
    size_t room = 0;

    *n = 0;
    *out = NULL;
    key_end(&to);
    enum store_rc rc = store_scan_open(txn, space, key_view(prefix), key_view(&to), STORE_FORWARD, &scan);
    while (rc == STORE_OK && *n < most && (rc = store_scan_next(scan, &key, NULL)) == STORE_OK) {
        struct str tail = str_sub(key, prefix->len, key.len);

        if (*n == room) {
            struct id *more = arena_alloc_raw(arena, (room = room == 0 ? 16 : 2 * room) * sizeof *more);
            if (*n > 0)
                memcpy(more, *out, *n * sizeof *more);
            *out = more;
        }
        if (!key_take_id(&tail, &(*out)[(*n)++]))
            rc = STORE_ERROR;
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc key_add(struct store_txn *txn, const struct resource_key *rk, const struct id *id,
                             struct resource_key *taken)
{
    struct key k;

    if (!rk->unique) {
        entry_index_key(&k, rk->attribute, rk->value, id);
        return store_put(txn, SPACE_INDEX, key_view(&k), STR_LIT(""));
    }
    entry_unique_key(&k, rk->attribute, rk->value);
    enum store_rc rc = store_insert(txn, SPACE_UNIQUE, key_view(&k), id_view(id));
    if (rc == STORE_EXISTS)
        *taken = *rk;
    return rc;
}

static enum store_rc key_remove(struct store_txn *txn, const struct resource_key *rk, const struct id *id)
{
    struct key k;

    if (rk->unique)
        entry_unique_key(&k, rk->attribute, rk->value);
    else
        entry_index_key(&k, rk->attribute, rk->value, id);
    enum store_rc rc = store_delete(txn, rk->unique ? SPACE_UNIQUE : SPACE_INDEX, key_view(&k));
    return rc == STORE_NOTFOUND ? STORE_ERROR : rc; /* an index that lacks an entry is damage, not a race */
}

static int key_order(const struct resource_key *a, const struct resource_key *b)
{
    return a->attribute != b->attribute ? (a->attribute < b->attribute ? -1 : 1) : str_cmp(a->value, b->value);
}

/* Brings the indexes from the values of before to those of after; either may be NULL. What both have is left alone. */
static enum store_rc keys_change(struct store_txn *txn, struct arena *arena, const struct resource_type *type,
                                 const struct id *id, struct json_object *before, struct json_object *after,
                                 struct resource_key *taken)
{
    struct resource_key none = {0}, *old = &none, *new = &none;
    size_t nold = before == NULL ? 0 : resource_keys(type, before, arena, &old);
    size_t nnew = after == NULL ? 0 : resource_keys(type, after, arena, &new);
    enum store_rc rc = STORE_OK;

    for (size_t i = 0, j = 0; rc == STORE_OK && (i < nold || j < nnew);) {
        int order = i == nold ? 1 : j == nnew ? -1 : key_order(&old[i], &new[j]);

        if (order == 0)
            i++, j++;
        else if (order < 0)
            rc = key_remove(txn, &old[i++], id);
        else
            rc = key_add(txn, &new[j++], id, taken);
    }
    return rc;
}

/* --- blocks --- */

bool entry_block_is_counted(const struct state *state, const struct resource_type *type, uint64_t ordinal)
{
    return ordinal / BLOCK_ORDINALS != state->ordinal[type->number] / BLOCK_ORDINALS;
}

enum store_rc entry_block_count(struct store_txn *txn, const struct resource_type *type, uint64_t ordinal, uint64_t *n)
{
    uint64_t first = ordinal - ordinal % BLOCK_ORDINALS;
    struct store_scan *scan = NULL;
    struct key from, to;

    *n = 0;
    entry_order_key(&from, type, first);
    entry_order_key(&to, type, first + BLOCK_ORDINALS);
    enum store_rc rc = store_scan_open(txn, SPACE_ORDER, key_view(&from), key_view(&to), STORE_FORWARD, &scan);
    if (rc == STORE_OK)
        rc = store_scan_skip(scan, BLOCK_ORDINALS, n);
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc block_put(struct store_txn *txn, const struct key *k, uint64_t count)
{
    unsigned char bytes[2] = {(unsigned char)(count >> 8), (unsigned char)count};

    if (count > BLOCK_ORDINALS)
        return STORE_ERROR;
    if (count > 0)
        return store_put(txn, SPACE_BLOCK, key_view(k), str_make(bytes, sizeof bytes));
    enum store_rc rc = store_delete(txn, SPACE_BLOCK, key_view(k));
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* Adds delta to the count of the block that ordinal is in, where it is counted. */
static enum store_rc block_add(struct store_txn *txn, const struct state *state, const struct resource_type *type,
                               uint64_t ordinal, int delta)
{
    struct key k;
    struct str value;
    uint16_t count = 0;

    if (!entry_block_is_counted(state, type, ordinal))
        return STORE_OK;
    entry_block_key(&k, type, ordinal);
    enum store_rc rc = store_get(txn, SPACE_BLOCK, key_view(&k), &value);
    if (rc == STORE_OK && !key_take_u16(&value, &count))
        return STORE_ERROR;
    if (rc != STORE_OK && rc != STORE_NOTFOUND)
        return rc;
    return block_put(txn, &k, (uint16_t)(count + delta));
}

/* The last ordinal that was given begins a block: counts the one before. */
static enum store_rc block_end(struct store_txn *txn, const struct state *state, const struct resource_type *type)
{
    uint64_t last = state->ordinal[type->number] - 1, n;
    struct key k;

    enum store_rc rc = entry_block_count(txn, type, last, &n);
    entry_block_key(&k, type, last);
    return rc == STORE_OK ? block_put(txn, &k, n) : rc;
}

static enum store_rc order_put(struct store_txn *txn, const struct resource_type *type, uint64_t ordinal,
                               const struct id *id)
{
    struct key k;

    entry_order_key(&k, type, ordinal);
    return store_put(txn, SPACE_ORDER, key_view(&k), id_view(id));
}

/* --- records --- */

/* Renders the resource, writes its record and opens what was written. */
static enum store_rc record_put(struct store_txn *txn, struct arena *arena, const struct resource_type *type,
                                struct json_object *resource, const struct image_facts *facts, struct image *out)
{
    struct buf bytes;

    buf_init(&bytes, arena);
    image_build(&bytes, type, resource, facts);
    bool sound = image_open(out, type, buf_view(&bytes));
    assert(sound);
    (void)sound;
    return store_put(txn, entry_space(type), id_view(&facts->id), buf_view(&bytes));
}

enum store_rc entry_create(struct store_txn *txn, struct arena *arena, const struct resource_type *type,
                           struct json_object *resource, const struct id *id, int64_t created, int64_t now,
                           struct state *state, struct image *out, struct resource_key *taken)
{
    enum store_rc rc = keys_change(txn, arena, type, id, NULL, resource, taken);
    if (rc != STORE_OK)
        return rc;
    state->ordinal[type->number]++;
    state->count[type->number]++;
    struct image_facts facts = {.id = *id,
                                .ordinal = state->ordinal[type->number],
                                .version = state->event + 1,
                                .created = created,
                                .modified = now};
    if ((rc = record_put(txn, arena, type, resource, &facts, out)) != STORE_OK)
        return rc;
    if (facts.ordinal % BLOCK_ORDINALS == 0 && (rc = block_end(txn, state, type)) != STORE_OK)
        return rc;
    return order_put(txn, type, facts.ordinal, id);
}

static struct image_facts facts_next(const struct image *old, int64_t now, const struct state *state)
{
    struct image_facts facts = {
        .ordinal = old->ordinal, .version = state->event + 1, .created = old->created, .modified = now};
    bool sound = id_parse(old->id, &facts.id);
    assert(sound);
    (void)sound;
    return facts;
}

enum store_rc entry_update(struct store_txn *txn, struct arena *arena, const struct image *old,
                           struct json_object *before, struct json_object *resource, int64_t now, struct state *state,
                           struct image *out, struct resource_key *taken)
{
    struct image_facts facts = facts_next(old, now, state);
    enum store_rc rc = keys_change(txn, arena, old->type, &facts.id, before, resource, taken);

    return rc == STORE_OK ? record_put(txn, arena, old->type, resource, &facts, out) : rc;
}

enum store_rc entry_touch(struct store_txn *txn, struct arena *arena, const struct image *old, int64_t now,
                          struct state *state, struct image *out)
{
    struct image_facts facts = facts_next(old, now, state);

    return record_put(txn, arena, old->type, image_resource(old, arena), &facts, out);
}

enum store_rc entry_delete(struct store_txn *txn, struct arena *arena, const struct image *old, struct state *state)
{
    struct image_facts facts = facts_next(old, 0, state);
    struct resource_key taken; /* nothing is added that could be */
    struct key k;

    enum store_rc rc = keys_change(txn, arena, old->type, &facts.id, image_resource(old, arena), NULL, &taken);
    if (rc == STORE_OK)
        rc = store_delete(txn, entry_space(old->type), id_view(&facts.id));
    if (rc == STORE_OK) {
        entry_order_key(&k, old->type, old->ordinal);
        rc = store_delete(txn, SPACE_ORDER, key_view(&k));
    }
    if (rc == STORE_OK)
        rc = block_add(txn, state, old->type, old->ordinal, -1);
    if (rc == STORE_OK)
        state->count[old->type->number]--;
    return rc == STORE_NOTFOUND ? STORE_ERROR : rc;
}

enum store_rc entry_restore(struct store_txn *txn, struct arena *arena, const struct image *image,
                            struct json_object *resource, const struct state *state)
{
    struct image_facts facts = {
        .ordinal = image->ordinal, .version = image->version, .created = image->created, .modified = image->modified};
    struct image out;
    struct resource_key taken;

    if (!id_parse(image->id, &facts.id))
        return STORE_ERROR;
    enum store_rc rc = keys_change(txn, arena, image->type, &facts.id, NULL, resource, &taken);
    if (rc == STORE_OK)
        rc = record_put(txn, arena, image->type, resource, &facts, &out);
    if (rc == STORE_OK)
        rc = order_put(txn, image->type, image->ordinal, &facts.id);
    return rc == STORE_OK ? block_add(txn, state, image->type, image->ordinal, 1) : rc;
}

enum store_rc entry_user_named(struct store_txn *txn, struct arena *arena, struct str name, struct id *out)
{
    const struct attribute *user_name = attribute_by_number(&resource_type_user, ATTR_USER_NAME);
    struct str bytes;
    struct key k;

    entry_unique_key(&k, ATTR_USER_NAME, resource_comparable(user_name, name, arena));
    enum store_rc rc = store_get(txn, SPACE_UNIQUE, key_view(&k), &bytes);
    if (rc != STORE_OK)
        return rc;
    return key_take_id(&bytes, out) ? STORE_OK : STORE_ERROR;
}
