/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/walk.h"

#include "roster/store/key.h"

#define BATCH_BYTES ((size_t)1024 * 1024)

enum store_rc walk_batch(struct store_txn *txn, struct arena *arena, enum store_space space, struct str from,
                         struct str to, struct walk_pair **out, size_t *n)
{
    struct store_scan *scan = NULL;
    struct str key, value;
    size_t bytes = 0;

    *out = arena_alloc_raw(arena, WALK_BATCH * sizeof **out);
    *n = 0;
    enum store_rc rc = store_scan_open(txn, space, from, to, STORE_FORWARD, &scan);
    while (rc == STORE_OK && *n < WALK_BATCH && bytes < BATCH_BYTES) {
        if ((rc = store_scan_next(scan, &key, &value)) != STORE_OK)
            break;
        bytes += key.len + value.len;
        (*out)[(*n)++] = (struct walk_pair){arena_str(arena, key), arena_str(arena, value)};
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

enum store_rc walk_range(struct store_txn *txn, struct arena *arena, enum store_space space, struct str from,
                         struct str to, walk_fn *fn, void *ctx)
{
    struct key next = {.len = 0};
    enum store_rc rc = STORE_OK;
    size_t n = 1;

    memcpy(next.b, from.p == NULL ? "" : from.p, next.len = from.len);
    while (rc == STORE_OK && n > 0) {
        struct arena_mark batch = arena_mark(arena);
        struct walk_pair *pairs;

        rc = walk_batch(txn, arena, space, key_view(&next), to, &pairs, &n);
        for (size_t i = 0; i < n && rc == STORE_OK; i++) {
            struct arena_mark one = arena_mark(arena);

            rc = fn(txn, arena, pairs[i].key, pairs[i].value, ctx);
            arena_rewind(arena, one);
        }
        if (n > 0) {
            memcpy(next.b, pairs[n - 1].key.p, next.len = pairs[n - 1].key.len);
            key_u8(&next, 0);
        }
        arena_rewind(arena, batch);
    }
    return rc;
}
