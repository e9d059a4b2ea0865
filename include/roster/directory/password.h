/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password - the passwords that identity providers set for users: judged, hashed, and kept apart from the records (space
 * `password`), so that nothing that shows, finds or tells users can come upon them.
 *
 * Policy passwords: where it is off, what a creation brings is passed over (Okta sends a random one with each), and a change of it
 * is refused.
 */
#ifndef ROSTER_DIRECTORY_PASSWORD_H
#define ROSTER_DIRECTORY_PASSWORD_H

#include "roster/base/json.h"
#include "roster/directory/call.h"
#include "roster/directory/hasher.h"

#define PASSWORD_BYTES_MIN 8
#define PASSWORD_BYTES_MAX 1024

/* A password on its way into the store. */
struct new_password {
    struct str text; /* prepared (precis_password()), in an arena that wipes it; STR_NULL: there is none to set */
    char hash[HASH_TEXT_MAX];
    bool refused; /* there is one, and the account has none */
};

/* What is wrong with a prepared password of whoever has the address (STR_NULL: it is not known), for the sentence of
 * PASSWORD_POLICY; NULL: nothing is. Static memory. */
const char *password_fault(struct arena *a, struct str password, struct str address);

/*
 * What a request says of the password: value is the string that it gives, or NULL. Hashes it, so outside of transactions.
 * false: *c->error is PASSWORD_POLICY or PASSWORD_BUSY, or not set: c->job holds the password, for later.
 */
bool password_take(struct call *c, struct json_object *value, bool creation, struct new_password *out);

/* After hasher_hash() and hasher_verify(): whether there is a result. false: *c->error as after password_take(). */
bool password_hashed(struct call *c, enum hasher_rc rc);

/*
 * Writes the password, if there is one, of a user, who is as `user` says. STORE_REFUSED with *c->error PASSWORD_POLICY where it
 * is the user's own name or address, or PASSWORDS_OFF.
 */
enum store_rc password_put(struct store_txn *txn, struct arena *arena, struct call *c, const struct id *id,
                           struct json_object *user, const struct new_password *password);

/* Takes the user's password away, if there is one. */
enum store_rc password_drop(struct store_txn *txn, const struct id *id);

/* The hash of the user's password, in hash, and when it was set (ms). STORE_NOTFOUND: the user has none. */
enum store_rc password_get(struct store_txn *txn, const struct id *id, char hash[HASH_TEXT_MAX], int64_t *set);

/* The same of an entry's value; false: it is none. */
bool password_read(struct str value, char hash[HASH_TEXT_MAX], int64_t *set);

/* Writes an entry as it is (import). */
enum store_rc password_restore(struct store_txn *txn, const struct id *id, const char *hash, int64_t set);

/* Sets a user's password whatever the policy passwords says, for rosterctl. RESOURCE_NOT_FOUND and those of password_take(). */
bool password_set(struct call *c, struct str user, struct str password);

#endif
