/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/token.h"

#include "registry.h"
#include "roster/base/clock.h"

#include <sodium.h>
#include <stdlib.h>

#define CACHE_MS   500
#define CACHE_SETS 64
#define CACHE_WAYS 4
#define NOTE_MS    60000
#define MARK_SIZE  crypto_shorthash_siphashx24_BYTES

/* What was found for a token. Failures are not kept: they must not crowd out what is asked for in earnest. */
struct slot {
    unsigned char mark[MARK_SIZE];
    int64_t until;   /* by clock_ticks(); 0: the slot is empty */
    int64_t expires; /* of the token; 0: never */
    int64_t noted;   /* the last use that the store knows, as far as we know */
    struct access access;
    char *name;          /* the account's, which access borrows */
    struct arena *types; /* the account's own types, which access borrows too; NULL: it has the common ones */
};

/* A token is known again by its mark, a keyed hash: that takes a tenth of the time of the hash that the store has. */
struct access_cache {
    unsigned char key[crypto_shorthash_siphashx24_KEYBYTES]; /* of this process, and nobody knows it */
    struct slot slots[CACHE_SETS][CACHE_WAYS];
    struct slot *pending; /* was used, which is not noted yet */
    int64_t used;
    uint32_t former, scopes; /* the account and the scopes of a token that opens nothing any more; 0: it was not that */
    struct str address, agent; /* by whom, where that is known; in the room below */
    char address_room[TOKEN_ADDRESS_MAX], agent_room[TOKEN_AGENT_MAX];
};

struct access_cache *access_cache_new(void)
{
    struct access_cache *c = calloc(1, sizeof *c);

    if (c == NULL)
        arena_no_memory(sizeof *c);
    else
        randombytes_buf(c->key, sizeof c->key);
    return c;
}

static void slot_clear(struct slot *s)
{
    free(s->name);
    arena_free(&s->types);
    *s = (struct slot){.name = NULL};
}

void access_cache_free(struct access_cache **c)
{
    if (*c == NULL)
        return;
    for (size_t i = 0; i < CACHE_SETS; i++)
        for (size_t j = 0; j < CACHE_WAYS; j++)
            slot_clear(&(*c)->slots[i][j]);
    sodium_memzero((*c)->key, sizeof(*c)->key);
    free(*c);
    *c = NULL;
}

/* The slot that has the mark, else the one of its set that is out of date first; *found tells which. */
static struct slot *slot_of(struct access_cache *c, const unsigned char mark[MARK_SIZE], bool *found)
{
    struct slot *set = c->slots[mark[0] % CACHE_SETS], *oldest = &set[0];

    for (size_t i = 0; i < CACHE_WAYS; i++) {
        *found = set[i].until != 0 && sodium_memcmp(set[i].mark, mark, MARK_SIZE) == 0;
        if (*found)
            return &set[i];
        if (set[i].until < oldest->until)
            oldest = &set[i];
    }
    return oldest;
}

struct str token_of_header(struct str header)
{
    struct str s = str_trim(header);
    size_t space = str_find(s, ' ', 0);

    if (space < s.len) {
        if (!str_eq_nocase(str_sub(s, 0, space), STR_LIT("Bearer")))
            return STR_NULL;
        s = str_trim(str_sub(s, space, s.len));
    } else if (str_eq_nocase(s, STR_LIT("Bearer"))) {
        return STR_NULL;
    }
    for (size_t i = 0; i < s.len; i++) /* a second header that the web server joined on, or no token at all */
        if (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == ',')
            return STR_NULL;
    return s.len == 0 ? STR_NULL : s;
}

/* --- from the store --- */

struct looking {
    const unsigned char *hash;
    uint32_t account;
    struct id id;
    struct token_record record;
};

static enum store_rc hash_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct looking *l = ctx;

    (void)arena;
    return token_hash_find(txn, l->hash, &l->account, &l->id);
}

static enum store_rc record_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct looking *l = ctx;
    struct str bytes;

    enum store_rc rc = store_get(txn, SPACE_TOKEN, str_make(l->id.b, sizeof l->id.b), &bytes);
    if (rc != STORE_OK)
        return rc;
    if (!token_record_read(&l->record, &l->id, bytes, arena))
        return STORE_ERROR;
    return token_last_use(txn, arena, &l->record.token);
}

/* Finds token and account. TOKEN_OK says that they exist, not that the token is live. */
static enum token_rc look_up(struct store *s, struct arena *a, struct looking *l, struct account *account,
                             struct error *e)
{
    bool found = false;
    enum store_rc rc = store_run_system(s, STORE_READ, a, hash_body, l);

    if (rc == STORE_OK) {
        if (!account_load(s, a, l->account, account, &found, e))
            return TOKEN_FAULT;
        rc = found ? store_run(s, l->account, STORE_READ, a, record_body, l) : STORE_NOTFOUND;
    }
    if (rc == STORE_NOTFOUND)
        return TOKEN_UNKNOWN;
    if (!registry_done(rc, e))
        return TOKEN_FAULT;
    return sodium_memcmp(l->record.hash, l->hash, TOKEN_HASH_SIZE) == 0 ? TOKEN_OK : TOKEN_UNKNOWN;
}

/*
 * The account's own types for a slot: those that it has already where they are of the same revision, so that they are built
 * once for a change. false: *e.
 */
static bool types_for(struct slot *slot, struct store *s, struct arena *a, struct account *account,
                      struct arena **types, struct error *e)
{
    const struct account *old = &slot->access.account;

    *types = NULL;
    if (account->schemas == 0)
        return true;
    if (slot->types != NULL && old->number == account->number && old->schemas == account->schemas) {
        *types = slot->types;
        slot->types = NULL;
        account->user_type = old->user_type;
        account->team_type = old->team_type;
        return true;
    }
    *types = arena_new(0);
    if (account_load_types(s, a, *types, account, e))
        return true;
    arena_free(types);
    return false;
}

/* Keeps what was found; everything that is borrowed is copied, or in types, which is the slot's from now on. */
static void slot_fill(struct slot *slot, const unsigned char mark[MARK_SIZE], const struct looking *l,
                      const struct account *account, struct arena *types, int64_t noted)
{
    char *name = malloc(account->name.len + 1);

    if (name == NULL)
        arena_no_memory(account->name.len + 1);
    slot_clear(slot);
    if (account->name.len > 0)
        memcpy(name, account->name.p, account->name.len);
    name[account->name.len] = '\0';
    *slot = (struct slot){
        .until = clock_ticks() + CACHE_MS,
        .expires = l->record.token.expires,
        .noted = noted > l->record.token.last_used ? noted : l->record.token.last_used,
        .access = {.account = *account, .token = l->id, .user = l->record.token.user, .scopes = l->record.token.scopes},
        .name = name,
        .types = types};
    memcpy(slot->mark, mark, sizeof slot->mark);
    slot->access.account.name = str_make(name, account->name.len);
}

static enum token_rc slot_load(struct access_cache *c, struct slot *slot, const unsigned char mark[MARK_SIZE],
                               bool again, struct store *s, struct arena *a, struct str token, struct error *e)
{
    unsigned char hash[TOKEN_HASH_SIZE];
    struct looking l = {.hash = hash};
    int64_t noted = again ? slot->noted : 0;
    struct account account;
    struct arena *types;
    enum token_rc rc = token_hash(token, hash) ? look_up(s, a, &l, &account, e) : TOKEN_UNKNOWN;

    if (rc == TOKEN_OK && l.record.token.revoked != 0) {
        rc = TOKEN_REVOKED;
        c->former = l.account;
        c->scopes = l.record.token.scopes;
    }
    if (rc == TOKEN_OK && !types_for(slot, s, a, &account, &types, e))
        rc = TOKEN_FAULT;
    if (rc == TOKEN_OK)
        slot_fill(slot, mark, &l, &account, types, noted);
    else if (again)
        slot_clear(slot);
    return rc;
}

enum token_rc access_check(struct access_cache *c, struct store *s, struct arena *a, struct str header,
                           const struct access **out, struct error *e)
{
    unsigned char mark[MARK_SIZE];
    struct str token = token_of_header(header);
    int64_t now = clock_now();
    bool found;

    *out = NULL;
    c->pending = NULL;
    c->former = 0;
    c->address = c->agent = STR_NULL;
    if (token.p == NULL)
        return TOKEN_MISSING;
    crypto_shorthash_siphashx24(mark, (const unsigned char *)token.p, token.len, c->key);
    struct slot *slot = slot_of(c, mark, &found);
    if (!found || clock_ticks() >= slot->until) {
        enum token_rc rc = slot_load(c, slot, mark, found, s, a, token, e);
        if (rc != TOKEN_OK)
            return rc;
    }
    if (slot->expires != 0 && now >= slot->expires) {
        c->former = slot->access.account.number;
        c->scopes = slot->access.scopes;
        return TOKEN_EXPIRED;
    }
    c->pending = slot;
    c->used = now;
    *out = &slot->access;
    return TOKEN_OK;
}

uint32_t access_former(const struct access_cache *c, uint32_t scopes)
{
    return (c->scopes & scopes) == scopes ? c->former : 0;
}

bool access_stale(struct access_cache *c)
{
    if (c->pending == NULL)
        return false;
    c->pending->until = 1; /* long ago, but not empty */
    return true;
}

/* --- last use --- */

/* Whether the use that access_check() saw last is to be noted. */
static bool is_due(const struct access_cache *c)
{
    const struct slot *slot = c->pending;

    return slot != NULL && !(c->used >= slot->noted && c->used - slot->noted < NOTE_MS);
}

void access_used_by(struct access_cache *c, struct str address, struct str agent)
{
    if (!is_due(c))
        return;
    c->address = token_clean(address, c->address_room, sizeof c->address_room);
    c->agent = token_clean(agent, c->agent_room, sizeof c->agent_room);
}

static enum store_rc note_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    const struct token *token = ctx;

    (void)arena;
    enum store_rc rc = store_has(txn, SPACE_TOKEN, id_view(&token->id));
    return rc == STORE_OK ? token_put_last_use(txn, token) : rc;
}

void access_note_uses(struct access_cache *c, struct store *s, struct arena *a)
{
    struct slot *slot = c->pending;
    bool due = is_due(c);

    c->pending = NULL;
    if (!due)
        return;
    slot->noted = c->used; /* also when it fails: the next try may wait */
    struct token token = {
        .id = slot->access.token, .last_used = c->used, .last_address = c->address, .last_agent = c->agent};
    if (store_has_room(s))
        store_run(s, slot->access.account.number, STORE_WRITE, a, note_body, &token);
}
