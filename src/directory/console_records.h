/* SPDX-License-Identifier: Apache-2.0 */
/* console_records - what console, session, accept and audit share: the records of the space `console`. */
#ifndef ROSTER_DIRECTORY_CONSOLE_RECORDS_H
#define ROSTER_DIRECTORY_CONSOLE_RECORDS_H

#include "roster/base/json.h"
#include "roster/directory/session.h"
#include "roster/store/key.h"
#include "secret.h"

/* The first part of a key. */
enum { CONSOLE_ADMIN = 1, CONSOLE_SESSION = 2, CONSOLE_INVITATION = 3 };

/* store_run(), or for staff store_run_system(). */
enum store_rc console_run(struct call *c, uint32_t number, enum store_mode mode, store_body *body, void *ctx);

/* STORE_NOTFOUND where the account is being removed: nothing is written then that nobody would take away. */
enum store_rc console_is_there(struct store_txn *txn, uint32_t number);

/* The form in which addresses are compared; in a. */
struct str console_email_key(struct arena *a, struct str email);

void console_admin_key(struct key *k, struct arena *a, struct str email);
void console_hash_key(struct key *k, uint8_t tag, const unsigned char hash[SECRET_HASH_SIZE]);

/* STORE_NOTFOUND; STORE_ERROR also where the record cannot be read. Strings in arena. */
enum store_rc console_admin_get(struct store_txn *txn, struct arena *arena, struct str email,
                                struct console_admin *out);
enum store_rc console_admin_put(struct store_txn *txn, struct arena *arena, const struct console_admin *admin);

/* An invitation, without its number. STORE_NOTFOUND also where it is over at now. */
enum store_rc console_invitation_get(struct store_txn *txn, struct arena *arena,
                                     const unsigned char hash[SECRET_HASH_SIZE], int64_t now,
                                     struct console_invitation *out);

/* A session; those that are over are taken away. */
enum store_rc console_session_put(struct store_txn *txn, struct arena *arena, const struct session *s,
                                  const unsigned char hash[SECRET_HASH_SIZE], int64_t now);

/* A record of the tag and hash, as JSON. */
enum store_rc console_json_get(struct store_txn *txn, struct arena *arena, uint8_t tag,
                               const unsigned char hash[SECRET_HASH_SIZE], struct json_object **out);

/* Ends all records of the tag that belong to the address. */
enum store_rc console_drop(struct store_txn *txn, struct arena *arena, uint8_t tag, struct str email);

/* The members of a record that others read too. */
int64_t console_time(struct json_object *record, const char *name);
bool console_factor_read(struct json_object *record, struct factor *out);
void console_factor_write(struct buf *b, const struct factor *f);

#endif
