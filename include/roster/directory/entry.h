/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry - one user or team in the store: the record and everything that must change with it - unique values, index
 * entries, creation order, counters. The only code that writes those spaces.
 */
#ifndef ROSTER_DIRECTORY_ENTRY_H
#define ROSTER_DIRECTORY_ENTRY_H

#include "roster/directory/call.h"
#include "roster/directory/state.h"
#include "roster/scim/image.h"
#include "roster/scim/resource.h"

/* The record of id; STORE_NOTFOUND where there is none. out borrows from arena. */
enum store_rc entry_get(struct store_txn *txn, const struct resource_type *type, const struct id *id,
                        struct arena *arena, struct image *out);

/* The space of the type's records. */
enum store_space entry_space(const struct resource_type *type);

/*
 * Writes a new entry: takes the next ordinal and counts it; version is state->event + 1, the number of the event that the caller
 * writes next. STORE_EXISTS: *taken is the unique value that another has; nothing is to be committed then.
 */
enum store_rc entry_create(struct store_txn *txn, struct arena *arena, const struct resource_type *type,
                           struct json_object *resource, const struct id *id, int64_t created, int64_t now,
                           struct state *state, struct image *out, struct resource_key *taken);

/* Replaces old's contents by resource under a new version (state->event + 1). Index entries that stay are not touched. */
enum store_rc entry_update(struct store_txn *txn, struct arena *arena, const struct image *old,
                           struct json_object *before, struct json_object *resource, int64_t now, struct state *state,
                           struct image *out, struct resource_key *taken);

/* Gives old a new version and time without another change (its members changed). */
enum store_rc entry_touch(struct store_txn *txn, struct arena *arena, const struct image *old, int64_t now,
                          struct state *state, struct image *out);

/* Removes the entry and all that belongs to it but memberships. */
enum store_rc entry_delete(struct store_txn *txn, struct arena *arena, const struct image *old, struct state *state);

/*
 * The first ids that stand behind prefix in the keys of space, in their order, at most `most`: the second ones of pairs, or
 * those of an index.
 */
struct key;
enum store_rc entry_ids(struct store_txn *txn, struct arena *arena, enum store_space space, const struct key *prefix,
                        size_t most, struct id **out, size_t *n);

/* Who has name as userName, as userNames are compared. STORE_NOTFOUND: nobody. */
enum store_rc entry_user_named(struct store_txn *txn, struct arena *arena, struct str name, struct id *out);

/* Writes the key of an index or unique entry: also for verify and import. */
void entry_unique_key(struct key *k, uint16_t attribute, struct str value);
void entry_index_key(struct key *k, uint16_t attribute, struct str value, const struct id *id);
void entry_order_key(struct key *k, const struct resource_type *type, uint64_t ordinal);
void entry_block_key(struct key *k, const struct resource_type *type, uint64_t ordinal);

/*
 * Whether the block that ordinal is in has a record of how many of its ordinals are in use. The last block, in which ordinals
 * are still given, is counted when the next begins: making a resource writes no count. What earlier versions wrote for it
 * may be there and is out of date.
 */
bool entry_block_is_counted(const struct state *state, const struct resource_type *type, uint64_t ordinal);

/* Counts those in use in the block that ordinal is in, by their places in the order. */
enum store_rc entry_block_count(struct store_txn *txn, const struct resource_type *type, uint64_t ordinal, uint64_t *n);

/* Writes an image and its derived entries as they are, for import: nothing is checked against the policy, no
 * counter but the block's is changed. state has the ordinals that were given in all. */
enum store_rc entry_restore(struct store_txn *txn, struct arena *arena, const struct image *image,
                            struct json_object *resource, const struct state *state);

#endif
