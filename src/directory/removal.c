/* SPDX-License-Identifier: Apache-2.0 */
#include "registry.h"
#include "roster/base/clock.h"
#include "roster/directory/walk.h"

#include <time.h>

/* --- marks: "SLUG MS", the time by clock_now() --- */

struct removal {
    struct str slug;
    int64_t until; /* by clock_ticks() */
    int64_t begun; /* by clock_now() */
    uint32_t number;
    bool unfinished; /* number and begun are of a removal that was begun before */
    enum store_space space;
    size_t deleted;
};

/* The slug, and when it was begun. */
static struct str mark_read(struct str value, int64_t *begun)
{
    size_t space = str_find(value, ' ', 0);
    long long ms = 0;

    if (space < value.len && !str_to_ll(str_sub(value, space + 1, value.len), &ms))
        ms = 0;
    *begun = ms;
    return str_sub(value, 0, space < value.len ? space : value.len);
}

static enum store_rc mark_put(struct store_txn *txn, struct arena *arena, struct removal *r)
{
    struct key k;
    struct buf b;

    r->begun = clock_now();
    buf_init(&b, arena);
    buf_str(&b, r->slug);
    buf_printf(&b, " %lld", (long long)r->begun);
    registry_number_key(&k, REGISTRY_REMOVAL, r->number);
    return store_put(txn, SPACE_ACCOUNT, key_view(&k), buf_view(&b));
}

static enum store_rc unfinished_one(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                    void *ctx)
{
    struct removal *r = ctx;
    int64_t begun;

    (void)txn;
    if (r->unfinished || !str_eq(mark_read(value, &begun), r->slug))
        return STORE_OK;
    r->begun = begun;
    r->unfinished = registry_number_of_key(key, arena, &r->number);
    return STORE_OK;
}

/* Whether a removal of the slug was begun and is not finished. */
static enum store_rc unfinished_find(struct store_txn *txn, struct arena *arena, struct removal *r)
{
    struct key from, to;

    r->unfinished = false;
    registry_range(&from, &to, REGISTRY_REMOVAL);
    return walk_range(txn, arena, SPACE_ACCOUNT, key_view(&from), key_view(&to), unfinished_one, r);
}

enum store_rc removal_pending(struct store_txn *txn, struct arena *arena, struct str slug, bool *pending)
{
    struct removal r = {.slug = slug};
    enum store_rc rc = unfinished_find(txn, arena, &r);

    *pending = r.unfinished;
    return rc;
}

/* --- removing --- */

/* Workers may know an account and its tokens for half a second after they are gone. */
#define REMOVAL_PAUSE_MS 1000

/* The tokens' hashes are deleted in the system's maps, and found in the account. */
static enum store_rc forget_token(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                  void *ctx)
{
    struct removal *r = ctx;
    struct token_record record;
    struct id id;

    if (!key_take_id(&key, &id) || !token_record_read(&record, &id, value, arena))
        return STORE_OK; /* unreadable: it lets nobody in */
    store_system(txn);
    enum store_rc rc = token_hash_delete(txn, record.hash);
    store_enter(txn, r->number);
    return rc;
}

/* Closes the account's doors and leaves a mark that the rest is to be deleted. */
static enum store_rc remove_first(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct removal *r = ctx;
    struct key k;

    enum store_rc rc = unfinished_find(txn, arena, r);
    if (rc == STORE_OK && r->unfinished && r->begun > clock_now()) /* the clock was put back */
        return mark_put(txn, arena, r);
    if (rc != STORE_OK || r->unfinished)
        return rc;
    registry_slug_key(&k, r->slug);
    if ((rc = registry_number_get(txn, &k, &r->number)) != STORE_OK ||
        (rc = store_delete(txn, SPACE_ACCOUNT, key_view(&k))) != STORE_OK)
        return rc;
    registry_number_key(&k, REGISTRY_RECORD, r->number);
    if ((rc = store_delete(txn, SPACE_ACCOUNT, key_view(&k))) != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_ERROR : rc;
    if ((rc = mark_put(txn, arena, r)) != STORE_OK)
        return rc;
    store_enter(txn, r->number);
    rc = walk_range(txn, arena, SPACE_TOKEN, STR_NULL, STR_NULL, forget_token, r);
    store_system(txn);
    return rc;
}

static enum store_rc remove_batch(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct removal *r = ctx;
    struct walk_pair *pairs;

    enum store_rc rc = walk_batch(txn, arena, r->space, STR_NULL, STR_NULL, &pairs, &r->deleted);
    for (size_t i = 0; i < r->deleted && rc == STORE_OK; i++)
        rc = store_delete(txn, r->space, pairs[i].key);
    return rc == STORE_NOTFOUND ? STORE_RETRY : rc;
}

/* Deletes all that the account has. *any: there was something. */
static enum store_rc remove_records(struct store *s, struct arena *a, struct removal *r, bool *any)
{
    enum store_rc rc = STORE_OK;

    *any = false;
    for (r->space = 0; r->space < SPACE_COUNT && rc == STORE_OK; r->space++) {
        do {
            struct arena_mark mark = arena_mark(a);

            rc = store_run(s, r->number, STORE_WRITE, a, remove_batch, r);
            *any = *any || r->deleted > 0;
            arena_rewind(a, mark);
        } while (rc == STORE_OK && r->deleted > 0 && clock_ticks() < r->until);
    }
    return rc;
}

static enum store_rc remove_last(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct removal *r = ctx;
    struct key k;

    (void)arena;
    registry_number_key(&k, REGISTRY_REMOVAL, r->number);
    enum store_rc rc = store_delete(txn, SPACE_ACCOUNT, key_view(&k));
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/*
 * Workers may know the account for a while: it is gone where nothing was there any more after a pause. Who has only so much time
 * does not wait for it.
 */
bool account_remove_some(struct store *s, struct arena *a, struct str slug, int64_t ms, bool *done, struct error *e)
{
    static const struct timespec pause = {.tv_sec = REMOVAL_PAUSE_MS / 1000,
                                          .tv_nsec = REMOVAL_PAUSE_MS % 1000 * 1000000};
    struct removal r = {.slug = slug, .until = ms == INT64_MAX ? INT64_MAX : clock_ticks() + ms};
    bool any, settled;
    enum store_rc rc = registry_slug_ok(slug) ? registry_write(s, a, remove_first, &r) : STORE_NOTFOUND;

    *done = false;
    if (rc == STORE_NOTFOUND)
        error_set(e, ERR_ACCOUNT_UNKNOWN, slug);
    while (rc == STORE_OK && !*done) {
        settled = clock_now() - r.begun >= REMOVAL_PAUSE_MS;
        rc = remove_records(s, a, &r, &any);
        *done = rc == STORE_OK && settled && !any;
        if (clock_ticks() >= r.until || (!any && !settled && ms != INT64_MAX))
            break;
        if (rc == STORE_OK && !any && !settled)
            nanosleep(&pause, NULL);
    }
    if (*done)
        rc = registry_write(s, a, remove_last, &r);
    return registry_done(rc, e);
}

bool account_remove(struct store *s, struct arena *a, struct str slug, struct error *e)
{
    bool done;

    return account_remove_some(s, a, slug, INT64_MAX, &done, e);
}

/* --- for diagnosis --- */

struct removals {
    struct buf *out;
    size_t from;
};

static enum store_rc removals_one(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                  void *ctx)
{
    struct removals *w = ctx;
    int64_t begun;

    (void)txn;
    (void)arena;
    (void)key;
    if (w->out->len > w->from)
        buf_putc(w->out, ' ');
    buf_str(w->out, mark_read(value, &begun));
    return STORE_OK;
}

static enum store_rc removals_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct removals *w = ctx;
    struct key from, to;

    w->out->len = w->from;
    registry_range(&from, &to, REGISTRY_REMOVAL);
    return walk_range(txn, arena, SPACE_ACCOUNT, key_view(&from), key_view(&to), removals_one, w);
}

bool account_removals(struct store *s, struct buf *out, struct error *e)
{
    struct arena *scratch = arena_new(0);
    struct removals w = {out, out->len};
    enum store_rc rc = store_run_system(s, STORE_READ, scratch, removals_body, &w);

    arena_free(&scratch);
    return registry_done(rc, e);
}
