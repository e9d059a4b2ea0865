/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token - bearer secrets of an account.
 *
 * rst_<hint>_<43 base62 characters><6 base62 characters of checksum>: the hint is the account's slug cut to 12
 * characters, the 43 characters hold 256 random bits, the checksum (CRC-32 of all before it) lets a mistyped token be
 * told without asking the store. Kept as SHA-256 and found by it; shown once.
 */
#ifndef ROSTER_DIRECTORY_TOKEN_H
#define ROSTER_DIRECTORY_TOKEN_H

#include "roster/base/arena.h"
#include "roster/base/id.h"
#include "roster/directory/account.h"

#define TOKEN_TEXT_MAX    80
#define TOKENS_MAX        10000 /* of an account, with those that open nothing any more */
#define TOKEN_ADDRESS_MAX 64    /* bytes that are kept of an address */
#define TOKEN_AGENT_MAX   200   /* and of an agent */

enum token_scope {
    SCOPE_SCIM = 1,         /* "scim": everything under /scim/v2 */
    SCOPE_EVENTS_READ = 2,  /* "events:read": GET /api/v1/events */
    SCOPE_AUTHENTICATE = 4, /* "authenticate": POST /api/v1/authenticate */
    SCOPE_MANAGE = 8,       /* "manage": what administers the account, under /api/v1 */
    SCOPE_OPERATE = 16      /* has no word and is no account's: the operator's own tokens (directory/operator.h) */
};

struct token {
    struct id id;
    struct str name;
    uint32_t scopes;
    struct id user;                               /* who /Me is for it; all zero: nobody */
    int64_t created, expires, revoked, last_used; /* ms; 0: never */
    struct str last_address, last_agent;          /* of the request that used it then; STR_NULL: not known */
};

/* A word such as "events:read" to its bit, or 0. */
uint32_t token_scope_find(struct str word);
/* The bits of words parted by spaces; 0 where one of them is not known, or there is none. */
uint32_t token_scopes_read(struct str words);
/* The words of scopes parted by spaces, in a. */
const char *token_scope_words(uint32_t scopes, struct arena *a);

/*
 * Makes a token; text gets the secret (NUL-terminated), which the caller wipes. expires 0: never. user: whose id /Me stands
 * for, not looked up; NULL: nobody's. TOKEN_NAME, TOKEN_LIMIT.
 */
bool token_add(struct store *s, struct arena *a, const struct account *account, struct str name, uint32_t scopes,
               int64_t expires, const struct id *user, char text[TOKEN_TEXT_MAX], struct token *out, struct error *e);

/* All, also the revoked, in order of creation. */
bool token_list(struct store *s, struct arena *a, const struct account *account, struct token **out, size_t *n,
                struct error *e);

/* Up to limit of them, in order of id, whose ids are greater than *after (NULL: from the first). */
bool token_page(struct store *s, struct arena *a, const struct account *account, const struct id *after, size_t limit,
                struct token **out, size_t *n, struct error *e);

/* When a token ends of which text says it: days from now, or a date or time to come. false: it says neither. */
bool token_read_expiry(struct str text, int64_t now, int64_t *out);

/* Appends what is known of the token, as a JSON object. */
void token_write(struct buf *b, const struct token *t, int64_t now);
const char *token_state(const struct token *t, int64_t now);

/* By id or name (what looks like an id is one). Counts in every worker within a second. TOKEN_UNKNOWN. */
bool token_revoke(struct store *s, struct arena *a, const struct account *account, struct str id_or_name,
                  struct error *e);

enum token_rc { TOKEN_OK, TOKEN_MISSING, TOKEN_UNKNOWN, TOKEN_EXPIRED, TOKEN_REVOKED, TOKEN_FAULT };

/* Who a request is from. */
struct access {
    struct account account;
    struct id token, user; /* user: as in struct token */
    uint32_t scopes;
};

/*
 * Remembers for at most 500 ms what it found, so that most requests cost no reading; one for a process.
 */
struct access_cache;
struct access_cache *access_cache_new(void);
void access_cache_free(struct access_cache **c);

/*
 * Whether header, the value of Authorization, is a live token: "Bearer TOKEN" (any case) or the bare TOKEN. *out is borrowed from the
 * cache until the next call. TOKEN_FAULT: the store could not answer, *e is set.
 */
enum token_rc access_check(struct access_cache *c, struct store *s, struct arena *a, struct str header,
                           const struct access **out, struct error *e);

/* The account whose token access_check() just found revoked or expired, if it had all these scopes; else 0. */
uint32_t access_former(const struct access_cache *c, uint32_t scopes);

/* Forgets the account that access_check() gave last: the next call reads it again. false: there was none. */
bool access_stale(struct access_cache *c);

/*
 * From which address and by which agent (User-Agent) the token is used that access_check() gave last: kept for
 * access_note_uses(), where that is due at all. What is too long is cut; what cannot be shown becomes '?'.
 */
void access_used_by(struct access_cache *c, struct str address, struct str agent);

/* Notes that tokens were used: at most once a minute for each, from what access_check() saw. Called after an answer was sent;
 * usually does nothing. */
void access_note_uses(struct access_cache *c, struct store *s, struct arena *a);

#endif
