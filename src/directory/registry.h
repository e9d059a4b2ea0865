/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry - what accounts, tokens, access, the operator's tokens, export, import and verify share of the records of accounts
 * and tokens.
 */
#ifndef ROSTER_DIRECTORY_REGISTRY_H
#define ROSTER_DIRECTORY_REGISTRY_H

#include "roster/directory/token.h"
#include "roster/store/key.h"

/* The first part of a key of the space `account`. */
enum { REGISTRY_LAST = 0, REGISTRY_SLUG = 1, REGISTRY_RECORD = 2, REGISTRY_REMOVAL = 3, REGISTRY_OPERATOR = 4 };

/* (tag, number): the number as ten digits, so that the keys are in order and readable. */
void registry_number_key(struct key *k, uint8_t tag, uint32_t number);

void registry_slug_key(struct key *k, struct str slug);

/* From the first key of a tag to behind the last. */
void registry_range(struct key *from, struct key *to, uint8_t tag);

/* The number in a key of registry_number_key(). false: it is none. */
bool registry_number_of_key(struct str key, struct arena *a, uint32_t *number);

/* The number that stands behind a key; 0 and STORE_NOTFOUND: none. */
enum store_rc registry_number_get(struct store_txn *txn, const struct key *k, uint32_t *number);

/* Whether s can be an account's slug: a letter, then letters, digits and hyphens, in lower case; 1 to ACCOUNT_SLUG_MAX bytes. */
bool registry_slug_ok(struct str s);

/* The settings of the account that the transaction is in, as they are now. */
enum store_rc registry_policy(struct store_txn *txn, struct policy *out);

/* Whether a removal of the slug was begun and is not finished. In the system's maps. */
enum store_rc removal_pending(struct store_txn *txn, struct arena *arena, struct str slug, bool *pending);

/* As account_add(), with time of creation, status and policy as they are in *account; the rest of it is set. */
bool account_restore(struct store *s, struct arena *a, struct str slug, struct str name, struct account *account,
                     struct error *e);

/* Whether s can be shown as a name: 1 to max bytes of UTF-8 without control characters, and not of spaces alone. */
bool registry_name_ok(struct str s, size_t max);

/* Sets *e from what store_run() returned, unless it is set. True for STORE_OK. */
bool registry_done(enum store_rc rc, struct error *e);

/*
 * store_run_system() in STORE_WRITE mode, with more patience: a body that enters an account does not wait for the
 * account's writers but is run again, and a busy account may keep it out for a while.
 */
enum store_rc registry_write(struct store *s, struct arena *a, store_body *body, void *ctx);

#define TOKEN_HASH_SIZE 32

/* A token as it is stored. */
struct token_record {
    struct token token; /* the last use is kept elsewhere: 0 and STR_NULL */
    unsigned char hash[TOKEN_HASH_SIZE];
};

/* false: the bytes are no token record. Strings are in a. */
bool token_record_read(struct token_record *out, const struct id *id, struct str bytes, struct arena *a);

/* Appends such bytes. */
void token_record_write(struct buf *b, const struct token_record *r);

/* A new secret whose hint begins like slug, NUL-terminated, and its hash. */
void token_make(const char *slug, char text[TOKEN_TEXT_MAX], unsigned char hash[TOKEN_HASH_SIZE]);

/* Leads from the record's hash to account and token. In the system's maps. STORE_EXISTS: the hash is there. */
enum store_rc token_hash_insert(struct store_txn *txn, uint32_t account, const struct token_record *r);

/* Takes that back; it is no error where there is none. */
enum store_rc token_hash_delete(struct store_txn *txn, const unsigned char hash[TOKEN_HASH_SIZE]);

bool token_name_ok(struct str name);
bool token_is_live(const struct token *t, int64_t now);

/* Whether r is the one to go where there is no room: it opens nothing any more, and is older than *oldest (NULL: none yet). */
bool token_goes_first(const struct token_record *r, const struct token_record *oldest, int64_t now);

/* In order of creation. */
void token_sort(struct token *tokens, size_t n);

/* The token in the value of an Authorization header; STR_NULL: it is neither "Bearer TOKEN" nor a bare TOKEN. */
struct str token_of_header(struct str header);

/* The token that a hash belongs to: STORE_NOTFOUND where there is none. In the system's maps. */
enum store_rc token_hash_find(struct store_txn *txn, const unsigned char hash[TOKEN_HASH_SIZE], uint32_t *account,
                              struct id *id);

/* Writes tokens as they are, with their last use (import): all or none. *taken: the first one whose hash is in the
 * store already (then *e is not set), or n. */
bool token_restore(struct store *s, struct arena *a, uint32_t account, const struct token_record *records, size_t n,
                   size_t *taken, struct error *e);

/*
 * Proves that an account's tokens and the system's map of hashes tell the same. Each fault is told by say().
 * *keys is raised by the number of entries looked at.
 */
bool token_verify(struct store *s, struct arena *a, uint32_t account, void (*say)(const char *text, void *ctx),
                  void *ctx, uint64_t *keys, struct error *e);

/* The SHA-256 of a token whose form and checksum are right; false where they are not. */
bool token_hash(struct str text, unsigned char out[TOKEN_HASH_SIZE]);

/* A token's last use, as token has it: last_used, last_address and last_agent. Strings are in a. */
enum store_rc token_last_use(struct store_txn *txn, struct arena *a, struct token *token);
enum store_rc token_put_last_use(struct store_txn *txn, const struct token *token);

/* Whether the bytes tell a last use. */
bool token_use_is_sound(struct str bytes);

/* s as it can be kept and shown, in out, which has room for most bytes: see access_used_by(). */
struct str token_clean(struct str s, char *out, size_t most);

#endif
