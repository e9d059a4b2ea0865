/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/token.h"

#include "registry.h"
#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/base/utf8.h"
#include "roster/directory/walk.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

static_assert(TOKEN_HASH_SIZE == crypto_hash_sha256_BYTES, "tokens are kept as SHA-256");

#define RECORD_VERSION  1
#define PREFIX          "rst_"
#define HINT_MAX        12
#define SECRET_BYTES    32
#define SECRET_DIGITS   43 /* 62^43 > 2^256 */
#define CHECK_DIGITS    6  /* 62^6 > 2^32 */
#define NAME_BYTES_MAX  100
#define TOKENS_MAX_TEXT "10000"

static_assert(sizeof PREFIX - 1 + HINT_MAX + 1 + SECRET_DIGITS + CHECK_DIGITS < TOKEN_TEXT_MAX, "a token has room");

/* --- scopes --- */

static const struct {
    struct str word;
    uint32_t bit;
} scopes[] = {{STR_LIT("scim"), SCOPE_SCIM},
              {STR_LIT("events:read"), SCOPE_EVENTS_READ},
              {STR_LIT("authenticate"), SCOPE_AUTHENTICATE},
              {STR_LIT("manage"), SCOPE_MANAGE}};
#define NSCOPES (sizeof scopes / sizeof scopes[0])

uint32_t token_scope_find(struct str word)
{
    for (size_t i = 0; i < NSCOPES; i++)
        if (str_eq(word, scopes[i].word))
            return scopes[i].bit;
    return 0;
}

const char *token_scope_words(uint32_t bits, struct arena *a)
{
    struct buf b;

    buf_init(&b, a);
    for (size_t i = 0; i < NSCOPES; i++) {
        if ((bits & scopes[i].bit) == 0)
            continue;
        if (b.len > 0)
            buf_putc(&b, ' ');
        buf_str(&b, scopes[i].word);
    }
    return buf_cstr(&b);
}

uint32_t token_scopes_read(struct str words)
{
    uint32_t bits = 0;

    for (size_t from = 0, to; from <= words.len; from = to + 1) {
        to = str_find(words, ' ', from);
        uint32_t bit = token_scope_find(str_sub(words, from, to));
        if (bit == 0)
            return 0;
        bits |= bit;
    }
    return bits;
}

/* The bits of words parted by spaces; words that are not known count for nothing. */
static uint32_t scope_bits(struct str words)
{
    uint32_t bits = 0;

    for (size_t from = 0, to; from < words.len; from = to + 1) {
        to = str_find(words, ' ', from);
        bits |= token_scope_find(str_sub(words, from, to));
    }
    return bits;
}

/* --- the text of a token --- */

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* The big-endian number in bytes (which is used up) as n digits, with leading zeros. */
static void write_base62(unsigned char *bytes, size_t nbytes, char *out, size_t n)
{
    for (size_t d = n; d-- > 0;) {
        unsigned rest = 0;

        for (size_t i = 0; i < nbytes; i++) {
            rest = rest << 8 | bytes[i];
            bytes[i] = (unsigned char)(rest / 62);
            rest %= 62;
        }
        out[d] = base62[rest];
    }
}

/* CRC-32 (ISO-HDLC, as in zlib), in base 62: tells a mistyped token, protects nothing. */
static void write_check(struct str s, char out[CHECK_DIGITS])
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < s.len; i++) {
        crc ^= (unsigned char)s.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (UINT32_C(0xedb88320) & (0 - (crc & 1)));
    }
    crc = ~crc;
    unsigned char bytes[4] = {(unsigned char)(crc >> 24), (unsigned char)(crc >> 16), (unsigned char)(crc >> 8),
                              (unsigned char)crc};
    write_base62(bytes, sizeof bytes, out, CHECK_DIGITS);
}

static void make_text(const char *slug, char text[TOKEN_TEXT_MAX])
{
    unsigned char secret[SECRET_BYTES];
    size_t hint = strnlen(slug, HINT_MAX), len = sizeof PREFIX - 1;

    id_random(secret, sizeof secret);
    memcpy(text, PREFIX, len);
    memcpy(text + len, slug, hint);
    len += hint;
    text[len++] = '_';
    write_base62(secret, sizeof secret, text + len, SECRET_DIGITS);
    len += SECRET_DIGITS;
    write_check(str_make(text, len), text + len);
    text[len + CHECK_DIGITS] = '\0';
    sodium_memzero(secret, sizeof secret);
}

bool token_hash(struct str text, unsigned char out[TOKEN_HASH_SIZE])
{
    char check[CHECK_DIGITS];

    if (!str_starts(text, STR_LIT(PREFIX)) || text.len >= TOKEN_TEXT_MAX ||
        text.len < sizeof PREFIX + SECRET_DIGITS + CHECK_DIGITS)
        return false;
    write_check(str_sub(text, 0, text.len - CHECK_DIGITS), check);
    if (memcmp(check, text.p + text.len - CHECK_DIGITS, CHECK_DIGITS) != 0)
        return false;
    crypto_hash_sha256(out, (const unsigned char *)text.p, text.len);
    return true;
}

void token_make(const char *slug, char text[TOKEN_TEXT_MAX], unsigned char hash[TOKEN_HASH_SIZE])
{
    make_text(slug, text);
    bool sound = token_hash(str_of(text), hash);
    assert(sound);
    (void)sound;
}

/* --- records --- */

void token_record_write(struct buf *b, const struct token_record *r)
{
    char hash[2 * TOKEN_HASH_SIZE + 1], user[ID_TEXT_LEN + 1];

    sodium_bin2hex(hash, sizeof hash, r->hash, sizeof r->hash);
    buf_printf(b, "{\"v\":%d,\"name\":", RECORD_VERSION);
    buf_json(b, r->token.name);
    if (id_is_set(&r->token.user)) {
        id_format(&r->token.user, user);
        buf_printf(b, ",\"user\":\"%s\"", user);
    }
    buf_printf(b, ",\"scopes\":\"%s\",\"created\":%lld,\"expires\":%lld,\"revoked\":%lld,\"hash\":\"%s\"}",
               token_scope_words(r->token.scopes, b->arena), (long long)r->token.created, (long long)r->token.expires,
               (long long)r->token.revoked, hash);
}

bool token_record_read(struct token_record *out, const struct id *id, struct str bytes, struct arena *a)
{
    struct error e = ERROR_INIT;
    struct json_object *o = json_read(a, bytes, &e);
    struct str hash = json_text(o, "hash"), user = json_text(o, "user");
    size_t len = 0;

    *out = (struct token_record){.token = {.id = *id,
                                           .name = arena_str(a, json_text(o, "name")),
                                           .scopes = scope_bits(json_text(o, "scopes")),
                                           .created = json_object_get_int64(json_member(o, "created")),
                                           .expires = json_object_get_int64(json_member(o, "expires")),
                                           .revoked = json_object_get_int64(json_member(o, "revoked"))}};
    return json_object_get_int64(json_member(o, "v")) == RECORD_VERSION &&
           (user.p == NULL || id_parse(user, &out->token.user)) &&
           sodium_hex2bin(out->hash, sizeof out->hash, hash.p, hash.len, NULL, &len, NULL) == 0 &&
           len == sizeof out->hash;
}

static void hash_key(struct key *k, const unsigned char hash[TOKEN_HASH_SIZE])
{
    key_init(k);
    key_str(k, str_make(hash, TOKEN_HASH_SIZE));
}

static enum store_rc record_put(struct store_txn *txn, struct arena *arena, const struct token_record *r)
{
    struct buf b;

    buf_init(&b, arena);
    token_record_write(&b, r);
    return store_put(txn, SPACE_TOKEN, id_view(&r->token.id), buf_view(&b));
}

enum store_rc token_hash_insert(struct store_txn *txn, uint32_t account, const struct token_record *r)
{
    struct key k, value;

    hash_key(&k, r->hash);
    key_init(&value);
    key_u32(&value, account);
    key_id(&value, &r->token.id);
    return store_insert(txn, SPACE_TOKENHASH, key_view(&k), key_view(&value));
}

enum store_rc token_hash_delete(struct store_txn *txn, const unsigned char hash[TOKEN_HASH_SIZE])
{
    struct key k;

    hash_key(&k, hash);
    enum store_rc rc = store_delete(txn, SPACE_TOKENHASH, key_view(&k));
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

enum store_rc token_hash_find(struct store_txn *txn, const unsigned char hash[TOKEN_HASH_SIZE], uint32_t *account,
                              struct id *id)
{
    struct key k;
    struct str value;

    hash_key(&k, hash);
    enum store_rc rc = store_get(txn, SPACE_TOKENHASH, key_view(&k), &value);
    return rc == STORE_OK && (!key_take_u32(&value, account) || !key_take_id(&value, id)) ? STORE_ERROR : rc;
}

/* --- the last use: u64 time, then the address and the agent, each behind a u8 that is its length --- */

static_assert(TOKEN_ADDRESS_MAX <= UINT8_MAX && TOKEN_AGENT_MAX <= UINT8_MAX, "a length is a u8");

struct str token_clean(struct str s, char *out, size_t most)
{
    size_t len = 0, n;

    for (size_t at = 0; at < s.len; at += n) {
        struct str rest = str_sub(s, at, s.len);
        size_t sequence = utf8_sequence(rest);
        uint32_t c = 0;

        n = sequence == 0 ? 1 : utf8_next(str_sub(rest, 0, sequence), &c);
        bool shown = c >= 0x20 && !(c >= 0x7f && c < 0xa0);
        if (len + (shown ? n : 1) > most)
            break;
        if (shown)
            memcpy(out + len, rest.p, n);
        else
            out[len] = '?';
        len += shown ? n : 1;
    }
    return len == 0 ? STR_NULL : str_make(out, len);
}

static void use_add(struct key *value, struct str s, size_t most)
{
    assert(s.len <= most && value->len + 1 + s.len <= KEY_MAX);
    key_u8(value, (uint8_t)s.len);
    if (s.len > 0)
        memcpy(value->b + value->len, s.p, s.len);
    value->len += s.len;
}

/* Takes such a text off the front of *s; STR_NULL: it is empty. */
static bool use_take(struct str *s, struct str *out)
{
    uint8_t len;

    *out = STR_NULL;
    if (!key_take_u8(s, &len) || len > s->len)
        return false;
    if (len > 0)
        *out = str_sub(*s, 0, len);
    *s = str_sub(*s, len, s->len);
    return true;
}

/* Borrows from bytes. What earlier versions wrote is a time alone. */
static bool use_read(struct str bytes, struct token *out)
{
    uint64_t ms = 0;

    out->last_address = out->last_agent = STR_NULL;
    if (!key_take_u64(&bytes, &ms))
        return false;
    out->last_used = (int64_t)ms;
    return bytes.len == 0 ||
           (use_take(&bytes, &out->last_address) && use_take(&bytes, &out->last_agent) && bytes.len == 0);
}

bool token_use_is_sound(struct str bytes)
{
    struct token ignored;

    return use_read(bytes, &ignored);
}

static struct str kept(struct arena *a, struct str s)
{
    return s.p == NULL ? STR_NULL : arena_str(a, s);
}

enum store_rc token_last_use(struct store_txn *txn, struct arena *a, struct token *token)
{
    struct str value;

    enum store_rc rc = store_get(txn, SPACE_TOKENUSE, id_view(&token->id), &value);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    if (!use_read(value, token))
        return STORE_ERROR;
    token->last_address = kept(a, token->last_address);
    token->last_agent = kept(a, token->last_agent);
    return STORE_OK;
}

enum store_rc token_put_last_use(struct store_txn *txn, const struct token *token)
{
    struct key value; /* the same code as a key's */

    key_init(&value);
    key_u64(&value, (uint64_t)token->last_used);
    use_add(&value, token->last_address, TOKEN_ADDRESS_MAX);
    use_add(&value, token->last_agent, TOKEN_AGENT_MAX);
    return store_put(txn, SPACE_TOKENUSE, id_view(&token->id), key_view(&value));
}

/* --- all tokens of an account --- */

struct records {
    struct token_record *r;
    size_t n, room;
    struct arena *arena; /* where they are kept; not the walk's, which is rewound */
};

static enum store_rc records_add(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    struct records *all = ctx;
    struct id id;

    (void)arena;
    if (all->n == all->room) {
        struct token_record *more =
            arena_alloc(all->arena, (all->room = all->room == 0 ? 16 : 2 * all->room) * sizeof *more);

        if (all->n > 0)
            memcpy(more, all->r, all->n * sizeof *more);
        all->r = more;
    }
    struct token_record *r = &all->r[all->n];
    if (!key_take_id(&key, &id) || !token_record_read(r, &id, value, all->arena))
        return STORE_ERROR;
    all->n++;
    return token_last_use(txn, all->arena, &r->token);
}

static enum store_rc records_read(struct store_txn *txn, struct arena *arena, struct records *all)
{
    all->n = all->room = 0;
    return walk_range(txn, arena, SPACE_TOKEN, STR_NULL, STR_NULL, records_add, all);
}

static enum store_rc records_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    return records_read(txn, arena, ctx);
}

/* Every token of the account, kept in a. */
static enum store_rc records_of(struct store *s, struct arena *a, uint32_t account, struct records *out)
{
    struct arena *scratch = arena_new(0);

    *out = (struct records){.arena = a};
    enum store_rc rc = store_run(s, account, STORE_READ, scratch, records_body, out);
    arena_free(&scratch);
    return rc;
}

static int by_creation(const void *a, const void *b)
{
    const struct token *x = a, *y = b;

    if (x->created != y->created)
        return x->created < y->created ? -1 : 1;
    return memcmp(x->id.b, y->id.b, sizeof x->id.b);
}

void token_sort(struct token *tokens, size_t n)
{
    if (n > 1)
        qsort(tokens, n, sizeof *tokens, by_creation);
}

bool token_list(struct store *s, struct arena *a, const struct account *account, struct token **out, size_t *n,
                struct error *e)
{
    struct records all;
    enum store_rc rc = records_of(s, a, account->number, &all);

    *n = all.n;
    *out = arena_alloc(a, all.n * sizeof **out);
    for (size_t i = 0; i < all.n; i++)
        (*out)[i] = all.r[i].token;
    token_sort(*out, all.n);
    return registry_done(rc, e);
}

struct token_paging {
    const struct id *after;
    size_t limit, n;
    struct token *tokens;
    struct arena *arena;
};

static enum store_rc token_page_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct token_paging *p = ctx;
    struct key from = {.len = 0};
    struct walk_pair *pairs;
    struct token_record r;
    struct id id;
    size_t n;

    if (p->after != NULL) {
        key_id(&from, p->after);
        key_u8(&from, 0);
    }
    p->n = 0;
    enum store_rc rc = walk_batch(txn, arena, SPACE_TOKEN, key_view(&from), STR_NULL, &pairs, &n);
    for (size_t i = 0; i < n && p->n < p->limit && rc == STORE_OK; i++) {
        if (!key_take_id(&pairs[i].key, &id) || !token_record_read(&r, &id, pairs[i].value, p->arena))
            return STORE_ERROR;
        rc = token_last_use(txn, p->arena, &r.token);
        p->tokens[p->n++] = r.token;
    }
    return rc;
}

bool token_page(struct store *s, struct arena *a, const struct account *account, const struct id *after, size_t limit,
                struct token **out, size_t *n, struct error *e)
{
    struct token_paging p = {
        .after = after, .limit = limit, .tokens = arena_alloc(a, limit * sizeof **out), .arena = a};
    enum store_rc rc = store_run(s, account->number, STORE_READ, a, token_page_body, &p);

    *out = p.tokens;
    *n = p.n;
    return registry_done(rc, e);
}

/* --- telling --- */

const char *token_state(const struct token *t, int64_t now)
{
    if (t->revoked != 0)
        return "revoked";
    return t->expires != 0 && t->expires <= now ? "expired" : "live";
}

void token_write(struct buf *b, const struct token *t, int64_t now)
{
    char id[ID_TEXT_LEN + 1];

    id_format(&t->id, id);
    buf_printf(b, "{\"id\":\"%s\",\"name\":", id);
    buf_json(b, t->name);
    buf_printf(b, ",\"state\":\"%s\",\"scopes\":\"%s\",\"user\":", token_state(t, now),
               token_scope_words(t->scopes, b->arena));
    if (id_is_set(&t->user)) {
        id_format(&t->user, id);
        buf_json(b, str_of(id));
    } else {
        buf_puts(b, "null");
    }
    buf_puts(b, ",\"created\":");
    clock_write(b, t->created);
    buf_puts(b, ",\"expires\":");
    clock_write(b, t->expires);
    buf_puts(b, ",\"revoked\":");
    clock_write(b, t->revoked);
    buf_puts(b, ",\"last_used\":");
    clock_write(b, t->last_used);
    buf_json_text(b, "last_address", t->last_address);
    buf_json_text(b, "last_agent", t->last_agent);
    buf_putc(b, '}');
}

/* --- adding and revoking --- */

#define DAY_MS   INT64_C(86400000)
#define DAYS_MAX 36500

bool token_read_expiry(struct str text, int64_t now, int64_t *out)
{
    static const struct str midnight = STR_LIT("T00:00:00Z");
    char date[10 + 10];
    long long days;

    *out = 0;
    if (str_to_ll(text, &days)) {
        if (days > 0 && days < DAYS_MAX)
            *out = now + days * DAY_MS;
    } else if (!clock_parse(text, out) && text.len == sizeof date - midnight.len) {
        memcpy(date, text.p, text.len);
        memcpy(date + text.len, midnight.p, midnight.len);
        clock_parse(str_make(date, sizeof date), out);
    }
    return *out > now;
}

bool token_name_ok(struct str name)
{
    return registry_name_ok(name, NAME_BYTES_MAX);
}

bool token_is_live(const struct token *t, int64_t now)
{
    return t->revoked == 0 && (t->expires == 0 || now < t->expires);
}

bool token_goes_first(const struct token_record *r, const struct token_record *oldest, int64_t now)
{
    return !token_is_live(&r->token, now) && (oldest == NULL || by_creation(&r->token, &oldest->token) < 0);
}

struct adding {
    uint32_t account;
    struct token_record record;
    bool full; /* the account has TOKENS_MAX that are live */
    bool drops;
    unsigned char dropped[TOKEN_HASH_SIZE]; /* of the token that made room */
};

/* Deletes a token's record and last use; its hash is in the system's maps. */
static enum store_rc drop(struct store_txn *txn, struct adding *w, const struct token_record *r)
{
    w->drops = true;
    memcpy(w->dropped, r->hash, sizeof w->dropped);
    enum store_rc rc = store_delete(txn, SPACE_TOKENUSE, id_view(&r->token.id));
    return rc == STORE_OK || rc == STORE_NOTFOUND ? store_delete(txn, SPACE_TOKEN, id_view(&r->token.id)) : rc;
}

/* Makes room if need be. STORE_REFUSED: a live token has the name, or too many are live. */
static enum store_rc check_room(struct store_txn *txn, struct arena *arena, struct adding *w)
{
    const struct token *t = &w->record.token;
    struct arena *kept = arena_new(0);
    struct records all = {.arena = kept};
    const struct token_record *oldest = NULL;

    w->drops = false;
    enum store_rc rc = records_read(txn, arena, &all);
    for (size_t i = 0; i < all.n && rc == STORE_OK; i++) {
        if (token_is_live(&all.r[i].token, t->created) && str_eq(all.r[i].token.name, t->name))
            rc = STORE_REFUSED;
        if (token_goes_first(&all.r[i], oldest, t->created))
            oldest = &all.r[i];
    }
    w->full = rc == STORE_OK && all.n >= TOKENS_MAX && oldest == NULL;
    if (rc == STORE_OK && all.n >= TOKENS_MAX && oldest != NULL)
        rc = drop(txn, w, oldest);
    arena_free(&kept);
    return w->full ? STORE_REFUSED : rc;
}

static enum store_rc add_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct adding *w = ctx;
    struct key k;

    registry_number_key(&k, REGISTRY_RECORD, w->account);
    enum store_rc rc = store_has(txn, SPACE_ACCOUNT, key_view(&k)); /* it may have been removed meanwhile */
    if (rc != STORE_OK)
        return rc;
    store_enter(txn, w->account);
    rc = check_room(txn, arena, w);
    if (rc == STORE_OK)
        rc = record_put(txn, arena, &w->record);
    store_system(txn);
    if (rc == STORE_OK && w->drops)
        rc = token_hash_delete(txn, w->dropped);
    if (rc == STORE_OK)
        rc = token_hash_insert(txn, w->account, &w->record);
    return rc == STORE_EXISTS ? STORE_ERROR : rc;
}

bool token_add(struct store *s, struct arena *a, const struct account *account, struct str name, uint32_t bits,
               int64_t expires, const struct id *user, char text[TOKEN_TEXT_MAX], struct token *out, struct error *e)
{
    struct adding w = {.account = account->number,
                       .record.token = {.name = arena_str(a, name), .scopes = bits, .expires = expires}};

    text[0] = '\0';
    if (!token_name_ok(name)) {
        error_set(e, ERR_TOKEN_NAME, name, STR_LIT("it is empty, too long or has control characters"));
        return false;
    }
    token_make(account->slug, text, w.record.hash);
    w.record.token.id = id_new();
    if (user != NULL)
        w.record.token.user = *user;
    w.record.token.created = clock_now();
    enum store_rc rc = registry_write(s, a, add_body, &w);
    if (rc == STORE_REFUSED && w.full)
        error_set(e, ERR_TOKEN_LIMIT, STR_LIT(TOKENS_MAX_TEXT));
    else if (rc == STORE_REFUSED)
        error_set(e, ERR_TOKEN_NAME, name, STR_LIT("a live token has the name"));
    if (rc == STORE_NOTFOUND)
        error_set(e, ERR_ACCOUNT_UNKNOWN, str_of(account->slug));
    if (rc != STORE_OK)
        sodium_memzero(text, TOKEN_TEXT_MAX);
    *out = w.record.token;
    return registry_done(rc, e);
}

struct revoking {
    struct str id_or_name;
    int64_t now;
};

static enum store_rc revoke_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct revoking *w = ctx;
    struct arena *kept = arena_new(0);
    struct records all = {.arena = kept};
    bool found = false, by_id;
    struct id id;

    by_id = id_parse(w->id_or_name, &id);
    enum store_rc rc = records_read(txn, arena, &all);
    for (size_t i = 0; i < all.n && rc == STORE_OK; i++) {
        struct token_record *r = &all.r[i];
        bool meant = by_id ? id_eq(&r->token.id, &id) : str_eq(r->token.name, w->id_or_name);

        if (!meant || r->token.revoked != 0)
            continue;
        found = true;
        r->token.revoked = w->now;
        rc = record_put(txn, arena, r);
    }
    arena_free(&kept);
    return rc == STORE_OK && !found ? STORE_NOTFOUND : rc;
}

bool token_revoke(struct store *s, struct arena *a, const struct account *account, struct str id_or_name,
                  struct error *e)
{
    struct revoking w = {.id_or_name = id_or_name, .now = clock_now()};
    enum store_rc rc = store_run(s, account->number, STORE_URGENT, a, revoke_body, &w);

    if (rc == STORE_NOTFOUND)
        error_set(e, ERR_TOKEN_UNKNOWN, id_or_name);
    return registry_done(rc, e);
}

/* --- import and verification --- */

struct restoring {
    uint32_t account;
    const struct token_record *records;
    size_t n, taken;
};

static enum store_rc restore_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct restoring *w = ctx;
    enum store_rc rc = STORE_OK;

    for (w->taken = 0; w->taken < w->n; w->taken++)
        if ((rc = token_hash_insert(txn, w->account, &w->records[w->taken])) != STORE_OK)
            return rc;
    store_enter(txn, w->account);
    for (size_t i = 0; i < w->n && rc == STORE_OK; i++) {
        const struct token *t = &w->records[i].token;

        rc = record_put(txn, arena, &w->records[i]);
        if (rc == STORE_OK && t->last_used != 0)
            rc = token_put_last_use(txn, t);
    }
    store_system(txn);
    return rc;
}

bool token_restore(struct store *s, struct arena *a, uint32_t account, const struct token_record *records, size_t n,
                   size_t *taken, struct error *e)
{
    struct restoring w = {.account = account, .records = records, .n = n};
    enum store_rc rc = registry_write(s, a, restore_body, &w);

    *taken = rc == STORE_EXISTS ? w.taken : n;
    return rc == STORE_EXISTS ? false : registry_done(rc, e);
}

struct verifying {
    uint32_t account;
    struct records all;
    uint64_t keys;
    struct arena *words; /* what is to be told, as a list of strings */
    struct fault {
        const char *text;
        struct fault *next;
    } * faults, **last;
};

static void fault_add(struct verifying *v, const char *what, const struct id *id)
{
    char text[ID_TEXT_LEN + 1];

    id_format(id, text);
    *v->last = arena_alloc(v->words, sizeof **v->last);
    (*v->last)->text = arena_printf(v->words, "token %s: %s", text, what);
    v->last = &(*v->last)->next;
}

static const struct token_record *record_of(const struct verifying *v, const struct id *id)
{
    for (size_t i = 0; i < v->all.n; i++)
        if (id_eq(&v->all.r[i].token.id, id))
            return &v->all.r[i];
    return NULL;
}

/* A hash that leads to this account has its token there. */
static enum store_rc verify_hash(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    struct verifying *v = ctx;
    uint32_t account;
    struct buf hash;
    struct id id;

    (void)txn;
    buf_init(&hash, arena);
    if (!key_take_u32(&value, &account) || account != v->account || !key_take_id(&value, &id))
        return STORE_OK;
    v->keys++;
    const struct token_record *r = record_of(v, &id);
    if (r == NULL)
        fault_add(v, "a hash leads to it, but it is not there", &id);
    else if (!key_take_str(&key, &hash) || !str_eq(buf_view(&hash), str_make(r->hash, sizeof r->hash)))
        fault_add(v, "a hash leads to it that is not its own", &id);
    return STORE_OK;
}

static enum store_rc verify_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct verifying *v = ctx;
    enum store_rc rc = STORE_OK;

    arena_reset(v->words);
    v->last = &v->faults;
    v->faults = NULL;
    v->keys = v->all.n;
    for (size_t i = 0; i < v->all.n; i++) {
        const struct token *t = &v->all.r[i].token;
        uint32_t account = 0;
        struct id id = {{0}};

        rc = token_hash_find(txn, v->all.r[i].hash, &account, &id);
        if (rc == STORE_NOTFOUND || (rc == STORE_OK && (account != v->account || !id_eq(&id, &t->id))))
            fault_add(v, "its hash does not lead to it", &t->id);
        else if (rc != STORE_OK)
            return rc;
    }
    return walk_range(txn, arena, SPACE_TOKENHASH, STR_NULL, STR_NULL, verify_hash, v);
}

bool token_verify(struct store *s, struct arena *a, uint32_t account, void (*say)(const char *text, void *ctx),
                  void *ctx, uint64_t *keys, struct error *e)
{
    struct verifying v = {.account = account, .words = arena_new(0)};

    /* Tokens come and go with their hashes in one transaction; one that does in between would show as a token without a hash or
     * a hash without a token, hence the second reading. */
    enum store_rc rc = records_of(s, a, account, &v.all);
    for (int again = 0; rc == STORE_OK && again < 2; again++) {
        rc = store_run_system(s, STORE_READ, a, verify_body, &v);
        if (rc != STORE_OK || v.faults == NULL)
            break;
        rc = records_of(s, a, account, &v.all);
    }
    for (const struct fault *f = v.faults; f != NULL && rc == STORE_OK; f = f->next)
        say(f->text, ctx);
    *keys += v.keys;
    arena_free(&v.words);
    return registry_done(rc, e);
}
