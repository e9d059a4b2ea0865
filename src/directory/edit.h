/* SPDX-License-Identifier: Apache-2.0 */
/* edit - what changing a user and changing a team have in common. Only src/directory includes this. */
#ifndef ROSTER_DIRECTORY_EDIT_H
#define ROSTER_DIRECTORY_EDIT_H

#include "roster/directory/entry.h"
#include "roster/scim/resource.h"

/*
 * Finds the entry that a client names and asks the precondition. STORE_REFUSED with *c->error RESOURCE_NOT_FOUND or
 * VERSION_MISMATCH.
 */
enum store_rc edit_load(struct store_txn *txn, struct arena *arena, struct call *c, const struct resource_type *type,
                        struct str text, const struct precondition *pre, struct id *id, struct image *out);

/*
 * The account's counters at the beginning of a change. STORE_REFUSED with *c->error ACCOUNT_CHANGED where the account
 * has other settings or schemas by now than the request was read by: what it does not know of a record would be lost.
 * Users that were never counted by their types are counted now (seat.h).
 */
enum store_rc edit_begin(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state);

/*
 * Runs the body of a change. After it, what the account has left to do is brought on by a step, each in a transaction of
 * its own: a deletion that is not finished (c->unfinished), and what is kept past its time (c->outdated). They say whether
 * more is left.
 */
bool edit_run(struct call *c, store_body *body, void *ctx);

/*
 * Such a step. The body gets a copy of c as its ctx, whose `unfinished` and `outdated` c gets afterwards. false: not now;
 * *c->error says nothing of it.
 */
bool edit_step(struct call *c, store_body *body);

/* STORE_REFUSED with *c->error USERNAME_TAKEN or VALUE_TAKEN. */
enum store_rc edit_refuse_taken(struct call *c, const struct resource_type *type, const struct resource_key *taken);

/* STORE_REFUSED with *c->error set, for a body to return. */
enum store_rc edit_refuse(struct call *c, enum error_code code, struct str arg);

/* The normal form of a body, by the account's policy; *members: see resource_normalise(). NULL: *c->error. */
struct json_object *edit_normalise(struct call *c, const struct resource_type *type, struct json_object *body,
                                   struct json_object **members);

/* A read-only request for one entry. */
bool edit_get(struct call *c, const struct resource_type *type, struct str text, struct image *out);

#endif
