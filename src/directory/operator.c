/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/operator.h"

#include "registry.h"
#include "roster/base/clock.h"

#include <sodium.h>
#include <stdlib.h>

#define NO_ACCOUNT   0 /* accounts are numbered from 1 */
#define HINT         "operator"
#define OWN_MAX      1000
#define OWN_MAX_TEXT "1000"

/* --- records --- */

static void record_key(struct key *k, const struct id *id)
{
    char text[ID_TEXT_LEN + 1];

    id_format(id, text);
    key_init(k);
    key_u8(k, REGISTRY_OPERATOR);
    key_str(k, str_of(text));
}

static bool id_of_key(struct str key, struct arena *a, struct id *id)
{
    struct buf text;
    uint8_t tag;

    buf_init(&text, a);
    return key_take_u8(&key, &tag) && key_take_str(&key, &text) && id_parse(buf_view(&text), id);
}

static enum store_rc record_put(struct store_txn *txn, struct arena *arena, const struct token_record *r)
{
    struct key k;
    struct buf b;

    buf_init(&b, arena);
    token_record_write(&b, r);
    record_key(&k, &r->token.id);
    return store_put(txn, SPACE_ACCOUNT, key_view(&k), buf_view(&b));
}

struct operator_tokens {
    struct token_record *r; /* of OWN_MAX */
    size_t n;
    struct arena *arena; /* where they are kept; not the walk's, which is rewound */
};

static enum store_rc collect_one(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    struct operator_tokens *all = ctx;
    struct id id;

    (void)txn;
    if (all->n == OWN_MAX || !id_of_key(key, arena, &id) || !token_record_read(&all->r[all->n], &id, value, all->arena))
        return STORE_ERROR;
    all->n++;
    return STORE_OK;
}

/* Every one, in `kept`, which is another arena than the walk's. */
static enum store_rc collect(struct store_txn *txn, struct arena *arena, struct arena *kept,
                             struct operator_tokens *all)
{
    struct key from, to;

    *all = (struct operator_tokens){.r = arena_alloc(kept, OWN_MAX * sizeof *all->r), .arena = kept};
    key_init(&from);
    key_u8(&from, REGISTRY_OPERATOR);
    to = from;
    key_end(&to);
    return walk_range(txn, arena, SPACE_ACCOUNT, key_view(&from), key_view(&to), collect_one, all);
}

/* --- adding --- */

struct adding {
    struct token_record record;
    struct arena *kept;
    bool full;
};

static enum store_rc drop(struct store_txn *txn, const struct token_record *r)
{
    struct key k;

    record_key(&k, &r->token.id);
    enum store_rc rc = token_hash_delete(txn, r->hash);
    return rc == STORE_OK ? store_delete(txn, SPACE_ACCOUNT, key_view(&k)) : rc;
}

static enum store_rc add_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct adding *w = ctx;
    struct token *t = &w->record.token;
    const struct token_record *oldest = NULL;
    struct operator_tokens all;

    w->full = false;
    enum store_rc rc = collect(txn, arena, w->kept, &all);
    if (rc != STORE_OK)
        return rc;
    for (size_t i = 0; i < all.n; i++) {
        if (token_is_live(&all.r[i].token, t->created) && str_eq(all.r[i].token.name, t->name))
            return STORE_REFUSED;
        if (token_goes_first(&all.r[i], oldest, t->created))
            oldest = &all.r[i];
    }
    w->full = all.n == OWN_MAX && oldest == NULL;
    if (w->full)
        return STORE_REFUSED;
    if (all.n == OWN_MAX && (rc = drop(txn, oldest)) != STORE_OK)
        return rc;
    if ((rc = token_hash_insert(txn, NO_ACCOUNT, &w->record)) != STORE_OK)
        return rc == STORE_EXISTS ? STORE_ERROR : rc;
    return record_put(txn, arena, &w->record);
}

bool operator_token_add(struct store *s, struct arena *a, struct str name, int64_t expires, char text[TOKEN_TEXT_MAX],
                        struct token *out, struct error *e)
{
    struct adding w = {.record.token = {.name = arena_str(a, name), .expires = expires}};

    text[0] = '\0';
    if (!token_name_ok(name)) {
        error_set(e, ERR_TOKEN_NAME, name, STR_LIT("it is empty, too long or has control characters"));
        return false;
    }
    token_make(HINT, text, w.record.hash);
    w.record.token.id = id_new();
    w.record.token.created = clock_now();
    w.kept = arena_new(0);
    enum store_rc rc = registry_write(s, a, add_body, &w);
    arena_free(&w.kept);
    if (rc == STORE_REFUSED && w.full)
        error_set(e, ERR_TOKEN_LIMIT, STR_LIT(OWN_MAX_TEXT));
    else if (rc == STORE_REFUSED)
        error_set(e, ERR_TOKEN_NAME, name, STR_LIT("a live token has the name"));
    if (rc != STORE_OK)
        sodium_memzero(text, TOKEN_TEXT_MAX);
    *out = w.record.token;
    return registry_done(rc, e);
}

/* --- listing and revoking --- */

struct listing {
    struct operator_tokens all;
    struct arena *kept;
};

static enum store_rc list_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct listing *w = ctx;

    return collect(txn, arena, w->kept, &w->all);
}

bool operator_token_list(struct store *s, struct arena *a, struct token **out, size_t *n, struct error *e)
{
    struct arena *scratch = arena_new(0);
    struct listing w = {.kept = a};
    enum store_rc rc = store_run_system(s, STORE_READ, scratch, list_body, &w);

    arena_free(&scratch);
    *n = w.all.n;
    *out = arena_alloc(a, w.all.n * sizeof **out);
    for (size_t i = 0; i < w.all.n; i++)
        (*out)[i] = w.all.r[i].token;
    token_sort(*out, *n);
    return registry_done(rc, e);
}

struct revoking {
    struct str id_or_name;
    int64_t now;
    struct arena *kept;
};

static enum store_rc revoke_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct revoking *w = ctx;
    struct operator_tokens all;
    struct id id;
    bool found = false, by_id = id_parse(w->id_or_name, &id);

    enum store_rc rc = collect(txn, arena, w->kept, &all);
    for (size_t i = 0; i < all.n && rc == STORE_OK; i++) {
        struct token *t = &all.r[i].token;
        bool meant = by_id ? id_eq(&t->id, &id) : str_eq(t->name, w->id_or_name);

        if (!meant || t->revoked != 0)
            continue;
        found = true;
        t->revoked = w->now;
        rc = record_put(txn, arena, &all.r[i]);
    }
    return rc == STORE_OK && !found ? STORE_NOTFOUND : rc;
}

bool operator_token_revoke(struct store *s, struct arena *a, struct str id_or_name, struct error *e)
{
    struct revoking w = {.id_or_name = id_or_name, .now = clock_now(), .kept = arena_new(0)};
    enum store_rc rc = registry_write(s, a, revoke_body, &w);

    arena_free(&w.kept);
    if (rc == STORE_NOTFOUND)
        error_set(e, ERR_TOKEN_UNKNOWN, id_or_name);
    return registry_done(rc, e);
}

/* --- asking --- */

struct checking {
    unsigned char hash[TOKEN_HASH_SIZE];
    uint32_t account;
    struct id id;
    struct token_record record;
};

static enum store_rc check_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct checking *w = ctx;
    struct str bytes;
    struct key k;

    enum store_rc rc = token_hash_find(txn, w->hash, &w->account, &w->id);
    if (rc != STORE_OK || w->account != NO_ACCOUNT)
        return rc;
    record_key(&k, &w->id);
    if ((rc = store_get(txn, SPACE_ACCOUNT, key_view(&k), &bytes)) != STORE_OK)
        return rc;
    return token_record_read(&w->record, &w->id, bytes, arena) ? STORE_OK : STORE_ERROR;
}

static enum store_rc foreign_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct checking *w = ctx;
    struct str bytes;

    enum store_rc rc = store_get(txn, SPACE_TOKEN, str_make(w->id.b, sizeof w->id.b), &bytes);
    if (rc != STORE_OK)
        return rc;
    return token_record_read(&w->record, &w->id, bytes, arena) ? STORE_OK : STORE_ERROR;
}

static bool is_live(const struct checking *w)
{
    return sodium_memcmp(w->record.hash, w->hash, TOKEN_HASH_SIZE) == 0 && token_is_live(&w->record.token, clock_now());
}

/* Not remembered, as an account's tokens are: a back office asks seldom. */
enum token_rc operator_check(struct store *s, struct arena *a, struct str header, struct id *id, bool *foreign,
                             struct error *e)
{
    struct str text = token_of_header(header);
    struct checking w = {.account = NO_ACCOUNT};

    *foreign = false;
    if (text.p == NULL)
        return TOKEN_MISSING;
    if (!token_hash(text, w.hash))
        return TOKEN_UNKNOWN;
    enum store_rc rc = store_run_system(s, STORE_READ, a, check_body, &w);
    if (rc == STORE_OK && w.account != NO_ACCOUNT)
        rc = store_run(s, w.account, STORE_READ, a, foreign_body, &w);
    *foreign = rc == STORE_OK && w.account != NO_ACCOUNT && is_live(&w);
    if (rc == STORE_NOTFOUND || (rc == STORE_OK && w.account != NO_ACCOUNT))
        return TOKEN_UNKNOWN;
    if (!registry_done(rc, e))
        return TOKEN_FAULT;
    *id = w.id;
    if (sodium_memcmp(w.record.hash, w.hash, TOKEN_HASH_SIZE) != 0)
        return TOKEN_UNKNOWN;
    if (w.record.token.revoked != 0)
        return TOKEN_REVOKED;
    return token_is_live(&w.record.token, clock_now()) ? TOKEN_OK : TOKEN_EXPIRED;
}
