/* SPDX-License-Identifier: Apache-2.0 */
#include "former.h"

#include "edit.h"
#include "roster/directory/event.h"
#include "roster/directory/restore.h"

#define FORMER_VERSION 1
#define FORMER_STEP    20 /* one may have megabytes */
#define DAY_MS         ((int64_t)24 * 60 * 60 * 1000)

/* --- keys and values --- */

void former_key(struct key *k, uint8_t kind, const struct id *id)
{
    key_init(k);
    key_u8(k, kind);
    key_id(k, id);
}

void former_age_key(struct key *k, int64_t since, uint8_t kind, const struct id *id)
{
    key_init(k);
    key_u64(k, (uint64_t)since);
    key_u8(k, kind);
    key_id(k, id);
}

bool former_key_read(struct str key, uint8_t *kind, struct id *id)
{
    return key_take_u8(&key, kind) && key_take_id(&key, id) && key.len == 0;
}

bool former_age_read(struct str key, int64_t *since, uint8_t *kind, struct id *id)
{
    uint64_t time;

    if (!key_take_u64(&key, &time))
        return false;
    *since = (int64_t)time;
    return former_key_read(key, kind, id);
}

/* u8 version, u64 since, u64 created, u32 number of ids, the ids, the resource. */
static struct str former_write(const struct former *f, struct arena *arena)
{
    struct buf b;
    struct key head;

    key_init(&head); /* the same code as a key's */
    key_u8(&head, FORMER_VERSION);
    key_u64(&head, (uint64_t)f->since);
    key_u64(&head, (uint64_t)f->created);
    key_u32(&head, (uint32_t)f->nids);
    buf_init(&b, arena);
    buf_str(&b, key_view(&head));
    if (f->nids > 0)
        buf_add(&b, f->ids, f->nids * sizeof *f->ids);
    buf_str(&b, f->resource);
    return buf_view(&b);
}

bool former_read(struct str value, struct arena *arena, struct former *out)
{
    uint64_t since, created;
    uint8_t version;
    uint32_t n;

    if (!key_take_u8(&value, &version) || version != FORMER_VERSION || !key_take_u64(&value, &since) ||
        !key_take_u64(&value, &created) || !key_take_u32(&value, &n) || n > value.len / ID_SIZE)
        return false;
    struct id *ids = arena_alloc_raw(arena, (n + 1) * sizeof *ids);
    for (size_t i = 0; i < n; i++)
        key_take_id(&value, &ids[i]);
    out->since = (int64_t)since;
    out->created = (int64_t)created;
    out->ids = ids;
    out->nids = n;
    out->resource = value;
    return true;
}

/* --- one record --- */

static int64_t lifetime(const struct call *c)
{
    return c->account->policy.value[POLICY_RESTORE_DAYS] * DAY_MS;
}

int64_t former_end(const struct call *c, int64_t since)
{
    return since + lifetime(c);
}

static bool is_past(const struct call *c, int64_t since)
{
    return c->now >= former_end(c, since);
}

enum store_rc former_get(struct store_txn *txn, struct arena *arena, const struct call *c, enum former_kind kind,
                         const struct id *id, struct former *out)
{
    struct str value;
    struct key k;

    former_key(&k, kind, id);
    enum store_rc rc = store_get(txn, SPACE_FORMER, key_view(&k), &value);
    if (rc != STORE_OK)
        return rc;
    *out = (struct former){.kind = kind, .id = *id};
    if (!former_read(value, arena, out))
        return STORE_ERROR;
    return is_past(c, out->since) ? STORE_NOTFOUND : STORE_OK;
}

static enum store_rc remove_both(struct store_txn *txn, struct state *state, int64_t since, uint8_t kind,
                                 const struct id *id)
{
    struct key k, age;

    former_key(&k, kind, id);
    former_age_key(&age, since, kind, id);
    enum store_rc rc = store_delete(txn, SPACE_FORMER, key_view(&k));
    if (rc == STORE_OK)
        rc = store_delete(txn, SPACE_FORMERAGE, key_view(&age));
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_ERROR : rc;
    if (--state->former == 0)
        state->former_first = 0;
    return STORE_OK;
}

enum store_rc former_drop(struct store_txn *txn, struct state *state, enum former_kind kind, const struct id *id)
{
    struct str value;
    uint64_t since;
    struct key k;

    if (state->former == 0)
        return STORE_OK;
    former_key(&k, kind, id);
    enum store_rc rc = store_get(txn, SPACE_FORMER, key_view(&k), &value);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    if (value.len == 0)
        return STORE_ERROR;
    value = str_sub(value, 1, value.len); /* behind the version */
    return key_take_u64(&value, &since) ? remove_both(txn, state, (int64_t)since, kind, id) : STORE_ERROR;
}

enum store_rc former_put(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                         const struct former *f)
{
    struct key k, age;

    enum store_rc rc = former_drop(txn, state, f->kind, &f->id);
    if (rc != STORE_OK || lifetime(c) == 0 || f->nids > FORMER_IDS_MAX)
        return rc;
    former_key(&k, f->kind, &f->id);
    former_age_key(&age, f->since, f->kind, &f->id);
    if ((rc = store_put(txn, SPACE_FORMER, key_view(&k), former_write(f, arena))) != STORE_OK ||
        (rc = store_put(txn, SPACE_FORMERAGE, key_view(&age), STR_LIT(""))) != STORE_OK)
        return rc;
    if (state->former++ == 0 || (uint64_t)f->since < state->former_first)
        state->former_first = (uint64_t)f->since;
    return STORE_OK;
}

/* --- what is past its time --- */

bool former_is_due(const struct state *state, const struct call *c)
{
    return state->former > 0 && is_past(c, (int64_t)state->former_first);
}

struct aged {
    int64_t since;
    uint8_t kind;
    struct id id;
};

/* The oldest, at most `most`. */
static enum store_rc oldest(struct store_txn *txn, struct aged *out, size_t most, size_t *n)
{
    struct store_scan *scan = NULL;
    struct str key;

    *n = 0;
    enum store_rc rc = store_scan_open(txn, SPACE_FORMERAGE, STR_NULL, STR_NULL, STORE_FORWARD, &scan);
    while (rc == STORE_OK && *n < most && (rc = store_scan_next(scan, &key, NULL)) == STORE_OK) {
        if (former_age_read(key, &out[*n].since, &out[*n].kind, &out[*n].id))
            ++*n;
        else
            rc = STORE_ERROR;
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc expire_one(struct store_txn *txn, struct call *c, struct state *state, const struct aged *a)
{
    struct event ev = {.type = "user.purged", .resource_type = c->account->user_type, .resource = a->id};

    enum store_rc rc = remove_both(txn, state, a->since, a->kind, &a->id);
    return rc == STORE_OK && a->kind == FORMER_USER ? event_write(txn, c, state, &ev) : rc;
}

static enum store_rc expire_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct call *c = ctx;
    struct aged aged[FORMER_STEP + 1]; /* and the one that is the first then */
    struct state state;
    size_t n, i;

    c->token = (struct id){{0}}; /* it is the operator's setting that does it */
    enum store_rc rc = edit_begin(txn, arena, c, &state);
    if (rc != STORE_OK || !c->outdated || (rc = oldest(txn, aged, FORMER_STEP + 1, &n)) != STORE_OK)
        return rc;
    for (i = 0; i < n && i < FORMER_STEP && is_past(c, aged[i].since) && rc == STORE_OK; i++)
        rc = expire_one(txn, c, &state, &aged[i]);
    if (rc != STORE_OK)
        return rc;
    state.former_first = i < n ? (uint64_t)aged[i].since : 0;
    c->outdated = former_is_due(&state, c);
    return state_put(txn, &state);
}

bool former_go_on(struct call *c)
{
    return edit_step(c, expire_body);
}

bool former_expire(struct call *c)
{
    c->outdated = true;
    while (c->outdated && former_go_on(c))
        store_sync(c->store);
    return !c->outdated;
}
