/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk - passing over many records of a space in bounded memory, with calls on the store in between: each batch is
 * copied and its scan closed before anything else happens in the transaction.
 */
#ifndef ROSTER_DIRECTORY_WALK_H
#define ROSTER_DIRECTORY_WALK_H

#include "roster/store/store.h"

#define WALK_BATCH 500 /* pairs; fewer where they are large */

struct walk_pair {
    struct str key, value;
};

/*
 * The next pairs with from <= key < to (to of no bytes: to the end), at most WALK_BATCH of them or one MiB, copied to arena.
 * *n is 0 at the end. What follows goes on from the last key with a NUL behind it, the least that is greater.
 */
enum store_rc walk_batch(struct store_txn *txn, struct arena *arena, enum store_space space, struct str from,
                         struct str to, struct walk_pair **out, size_t *n);

/*
 * Calls fn with every pair of the range in order. fn may read and write; arena is rewound after each call. Ends early with
 * what fn returns unless that is STORE_OK.
 */
typedef enum store_rc walk_fn(struct store_txn *txn, struct arena *arena, struct str key, struct str value, void *ctx);
enum store_rc walk_range(struct store_txn *txn, struct arena *arena, enum store_space space, struct str from,
                         struct str to, walk_fn *fn, void *ctx);

#endif
