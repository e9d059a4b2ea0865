/* SPDX-License-Identifier: Apache-2.0 */
#include "console_records.h"

#include "roster/base/clock.h"
#include "roster/base/utf8.h"
#include "roster/directory/password.h"
#include "roster/directory/walk.h"

#include <assert.h>
#include <sodium.h>

#define RECORD_VERSION 1
#define EMAIL_MAX      200
#define ADMINS_TEXT    "100"

static_assert(CONSOLE_ADMINS_MAX == 100, "as the text says");
static_assert(CONSOLE_SECRET_MAX >= SECRET_TEXT_MAX, "a secret has room");

enum store_rc console_run(struct call *c, uint32_t number, enum store_mode mode, store_body *body, void *ctx)
{
    return number == CONSOLE_STAFF ? store_run_system(c->store, mode, c->arena, body, ctx)
                                   : store_run(c->store, number, mode, c->arena, body, ctx);
}

enum store_rc console_is_there(struct store_txn *txn, uint32_t number)
{
    return number == CONSOLE_STAFF ? STORE_OK : store_has(txn, SPACE_STATE, STR_NULL);
}

/* --- keys --- */

struct str console_email_key(struct arena *a, struct str email)
{
    return utf8_fold(a, str_trim(email));
}

void console_admin_key(struct key *k, struct arena *a, struct str email)
{
    char room[KEY_VALUE_MAX];

    key_init(k);
    key_u8(k, CONSOLE_ADMIN);
    key_str(k, key_value(console_email_key(a, email), room));
}

void console_hash_key(struct key *k, uint8_t tag, const unsigned char hash[SECRET_HASH_SIZE])
{
    key_init(k);
    key_u8(k, tag);
    key_str(k, str_make(hash, SECRET_HASH_SIZE));
}

/* --- records --- */

int64_t console_time(struct json_object *record, const char *name)
{
    return json_object_get_int64(json_get(record, name));
}

static void write_hex(struct buf *b, const unsigned char *bytes, size_t size)
{
    char hex[2 * FACTOR_CODE_HASH + 1];

    assert(size <= FACTOR_CODE_HASH && size <= sizeof hex / 2);
    sodium_bin2hex(hex, sizeof hex, bytes, size);
    buf_printf(b, "\"%s\"", hex);
    sodium_memzero(hex, sizeof hex);
}

static bool read_hex(struct json_object *v, unsigned char *out, size_t size)
{
    size_t len = 0;

    return json_object_is_type(v, json_type_string) &&
           sodium_hex2bin(out, size, json_str(v).p, json_str(v).len, NULL, &len, NULL) == 0 && len == size;
}

void console_factor_write(struct buf *b, const struct factor *f)
{
    buf_puts(b, ",\"secret\":");
    write_hex(b, f->secret, sizeof f->secret);
    buf_printf(b, ",\"step\":%llu,\"codes\":[", (unsigned long long)f->step);
    for (size_t i = 0; i < f->ncodes; i++) {
        buf_json_comma(b);
        write_hex(b, f->codes[i], sizeof f->codes[i]);
    }
    buf_putc(b, ']');
}

bool console_factor_read(struct json_object *record, struct factor *out)
{
    struct json_object *codes = json_get(record, "codes");

    *out = (struct factor){.step = (uint64_t)console_time(record, "step")};
    if (!read_hex(json_get(record, "secret"), out->secret, sizeof out->secret) ||
        !json_object_is_type(codes, json_type_array) || json_object_array_length(codes) > FACTOR_CODES)
        return false;
    for (out->ncodes = 0; out->ncodes < json_object_array_length(codes); out->ncodes++)
        if (!read_hex(json_object_array_get_idx(codes, out->ncodes), out->codes[out->ncodes], FACTOR_CODE_HASH))
            return false;
    return true;
}

static struct json_object *read_record(struct arena *a, struct str value)
{
    struct json_object *o = json_read_own(a, value);

    return console_time(o, "v") == RECORD_VERSION ? o : NULL;
}

static bool read_admin(struct arena *a, struct str value, struct console_admin *out)
{
    struct json_object *o = read_record(a, value);
    struct str password = json_text(o, "password");

    *out = (struct console_admin){.email = arena_str(a, json_text(o, "email")),
                                  .created = console_time(o, "created"),
                                  .failed = console_time(o, "failed"),
                                  .signed_in = console_time(o, "signedIn")};
    if (!id_parse(json_text(o, "id"), &out->id) || password.len >= sizeof out->password)
        return false;
    if (password.len > 0)
        memcpy(out->password, password.p, password.len);
    return console_factor_read(o, &out->factor);
}

enum store_rc console_admin_get(struct store_txn *txn, struct arena *arena, struct str email, struct console_admin *out)
{
    struct str value;
    struct key k;

    console_admin_key(&k, arena, email);
    enum store_rc rc = store_get(txn, SPACE_CONSOLE, key_view(&k), &value);
    return rc == STORE_OK && !read_admin(arena, value, out) ? STORE_ERROR : rc;
}

enum store_rc console_admin_put(struct store_txn *txn, struct arena *arena, const struct console_admin *admin)
{
    struct key k;
    struct buf b;

    buf_init(&b, arena);
    buf_printf(&b, "{\"v\":%d,\"id\":", RECORD_VERSION);
    id_write(&b, &admin->id);
    buf_puts(&b, ",\"email\":");
    buf_json(&b, admin->email);
    buf_printf(&b, ",\"created\":%lld,\"signedIn\":%lld,\"failed\":%lld,\"password\":\"%s\"", (long long)admin->created,
               (long long)admin->signed_in, (long long)admin->failed, admin->password);
    console_factor_write(&b, &admin->factor);
    buf_putc(&b, '}');
    console_admin_key(&k, arena, admin->email);
    return store_put(txn, SPACE_CONSOLE, key_view(&k), buf_view(&b));
}

enum store_rc console_json_get(struct store_txn *txn, struct arena *arena, uint8_t tag,
                               const unsigned char hash[SECRET_HASH_SIZE], struct json_object **out)
{
    struct str value;
    struct key k;

    console_hash_key(&k, tag, hash);
    enum store_rc rc = store_get(txn, SPACE_CONSOLE, key_view(&k), &value);
    if (rc != STORE_OK)
        return rc;
    *out = read_record(arena, value);
    return *out == NULL ? STORE_ERROR : STORE_OK;
}

/* --- those of a tag --- */

static void tag_range(struct key *from, struct key *to, uint8_t tag)
{
    key_init(from);
    key_u8(from, tag);
    *to = *from;
    key_end(to);
}

static enum store_rc walk_tag(struct store_txn *txn, struct arena *arena, uint8_t tag, walk_fn *fn, void *ctx)
{
    struct key from, to;

    tag_range(&from, &to, tag);
    return walk_range(txn, arena, SPACE_CONSOLE, key_view(&from), key_view(&to), fn, ctx);
}

static enum store_rc drop_one(struct store_txn *txn, struct arena *arena, struct str key, struct str value, void *ctx)
{
    const struct str *email = ctx;
    struct str theirs = json_text(read_record(arena, value), "email");

    if (theirs.p == NULL || !str_eq(console_email_key(arena, theirs), *email))
        return STORE_OK;
    return store_delete(txn, SPACE_CONSOLE, key);
}

enum store_rc console_drop(struct store_txn *txn, struct arena *arena, uint8_t tag, struct str email)
{
    struct str key = console_email_key(arena, email);

    return walk_tag(txn, arena, tag, drop_one, &key);
}

struct listing {
    struct console_admin *admins; /* of CONSOLE_ADMINS_MAX */
    size_t n;
    struct arena *kept;
};

static enum store_rc list_one(struct store_txn *txn, struct arena *arena, struct str key, struct str value, void *ctx)
{
    struct listing *l = ctx;

    (void)txn, (void)arena, (void)key;
    if (l->n == CONSOLE_ADMINS_MAX || !read_admin(l->kept, value, &l->admins[l->n]))
        return STORE_ERROR;
    l->n++;
    return STORE_OK;
}

static enum store_rc list_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct listing *l = ctx;

    l->n = 0;
    return walk_tag(txn, arena, CONSOLE_ADMIN, list_one, l);
}

bool console_list(struct call *c, uint32_t number, struct console_admin **out, size_t *n)
{
    struct arena *kept = c->arena;
    struct call call = *c;
    struct listing l = {.admins = arena_alloc(kept, CONSOLE_ADMINS_MAX * sizeof *l.admins), .kept = kept};

    call.arena = arena_new(0); /* the walk's own, which is rewound */
    enum store_rc rc = console_run(&call, number, STORE_READ, list_body, &l);
    arena_free(&call.arena);
    *out = l.admins;
    *n = l.n;
    return call_done(c, rc);
}

void console_write(struct buf *b, const struct console_admin *admin)
{
    buf_puts(b, "{\"id\":");
    id_write(b, &admin->id);
    buf_json_text(b, "email", admin->email);
    clock_json(b, "created", admin->created);
    clock_json(b, "signedIn", admin->signed_in);
    buf_printf(b, ",\"invited\":%s}", admin->password[0] == '\0' ? "true" : "false");
}

/* --- inviting --- */

/* Something before and behind one '@', without spaces and control characters: the rest is the mail server's affair. */
static bool email_ok(struct str email)
{
    size_t at = str_find(email, '@', 0);

    if (email.len > EMAIL_MAX || at == 0 || at + 1 >= email.len || str_find(email, '@', at + 1) < email.len ||
        !utf8_valid(email))
        return false;
    for (size_t i = 0; i < email.len; i++)
        if ((unsigned char)email.p[i] <= ' ' || email.p[i] == 0x7f)
            return false;
    return true;
}

struct inviting {
    struct console_admin admin;
    struct factor factor;
    uint32_t number;
    unsigned char hash[SECRET_HASH_SIZE];
    int64_t now;
    size_t n; /* admins there are */
};

static enum store_rc count_one(struct store_txn *txn, struct arena *arena, struct str key, struct str value, void *ctx)
{
    size_t *n = ctx;

    (void)txn, (void)arena, (void)key, (void)value;
    ++*n;
    return STORE_OK;
}

static enum store_rc put_invitation(struct store_txn *txn, struct arena *arena, const struct inviting *w)
{
    struct key k;
    struct buf b;

    buf_init(&b, arena);
    buf_printf(&b, "{\"v\":%d,\"email\":", RECORD_VERSION);
    buf_json(&b, w->admin.email);
    buf_printf(&b, ",\"expires\":%lld", (long long)(w->now + CONSOLE_INVITED_MS));
    console_factor_write(&b, &w->factor);
    buf_putc(&b, '}');
    console_hash_key(&k, CONSOLE_INVITATION, w->hash);
    return store_put(txn, SPACE_CONSOLE, key_view(&k), buf_view(&b));
}

static enum store_rc invite_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct inviting *w = ctx;
    struct console_admin there;

    enum store_rc rc = console_is_there(txn, w->number);
    if (rc != STORE_OK)
        return rc;
    rc = console_admin_get(txn, arena, w->admin.email, &there);
    if (rc == STORE_NOTFOUND) {
        w->n = 0;
        if ((rc = walk_tag(txn, arena, CONSOLE_ADMIN, count_one, &w->n)) != STORE_OK)
            return rc;
        if (w->n >= CONSOLE_ADMINS_MAX)
            return STORE_REFUSED;
        rc = console_admin_put(txn, arena, &w->admin);
    }
    if (rc != STORE_OK || (rc = console_drop(txn, arena, CONSOLE_INVITATION, w->admin.email)) != STORE_OK)
        return rc;
    return put_invitation(txn, arena, w);
}

bool console_invite(struct call *c, uint32_t number, struct str email, char text[CONSOLE_SECRET_MAX])
{
    struct inviting w = {
        .admin = {.id = id_new(), .email = str_trim(email), .created = c->now}, .number = number, .now = c->now};

    text[0] = '\0';
    if (!email_ok(w.admin.email)) {
        error_set(c->error, ERR_ADMIN_EMAIL, email);
        return false;
    }
    factor_make(&w.factor);
    secret_make(number, text, w.hash);
    enum store_rc rc = console_run(c, number, STORE_WRITE, invite_body, &w);
    if (rc == STORE_REFUSED)
        error_set(c->error, ERR_ADMIN_LIMIT, STR_LIT(ADMINS_TEXT));
    if (rc == STORE_NOTFOUND)
        error_set(c->error, ERR_ACCOUNT_UNKNOWN, str_of(arena_printf(c->arena, "of the number %u", (unsigned)number)));
    if (rc != STORE_OK)
        sodium_memzero(text, CONSOLE_SECRET_MAX);
    sodium_memzero(&w.factor, sizeof w.factor);
    return call_done(c, rc);
}

/* --- removing --- */

static enum store_rc remove_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    const struct str *email = ctx;
    struct key k;

    console_admin_key(&k, arena, *email);
    enum store_rc rc = store_delete(txn, SPACE_CONSOLE, key_view(&k));
    if (rc != STORE_OK || (rc = console_drop(txn, arena, CONSOLE_SESSION, *email)) != STORE_OK)
        return rc;
    return console_drop(txn, arena, CONSOLE_INVITATION, *email);
}

bool console_remove(struct call *c, uint32_t number, struct str email)
{
    enum store_rc rc = console_run(c, number, STORE_URGENT, remove_body, &email);

    if (rc == STORE_NOTFOUND)
        error_set(c->error, ERR_ADMIN_UNKNOWN, email);
    return call_done(c, rc);
}

/* --- what an invitation offers --- */

enum store_rc console_invitation_get(struct store_txn *txn, struct arena *arena,
                                     const unsigned char hash[SECRET_HASH_SIZE], int64_t now,
                                     struct console_invitation *out)
{
    struct json_object *o;

    enum store_rc rc = console_json_get(txn, arena, CONSOLE_INVITATION, hash, &o);
    if (rc != STORE_OK)
        return rc;
    out->email = arena_str(arena, json_text(o, "email"));
    out->expires = console_time(o, "expires");
    if (!console_factor_read(o, &out->factor))
        return STORE_ERROR;
    return now < out->expires ? STORE_OK : STORE_NOTFOUND;
}

struct offering {
    unsigned char hash[SECRET_HASH_SIZE];
    int64_t now;
    struct console_invitation *out;
};

static enum store_rc offer_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    const struct offering *w = ctx;

    return console_invitation_get(txn, arena, w->hash, w->now, w->out);
}

bool console_invitation(struct call *c, struct str text, struct console_invitation *out)
{
    struct offering w = {.now = c->now, .out = out};
    enum store_rc rc = STORE_NOTFOUND;

    *out = (struct console_invitation){.number = CONSOLE_STAFF};
    if (secret_read(text, &out->number, w.hash))
        rc = console_run(c, out->number, STORE_READ, offer_body, &w);
    if (rc == STORE_NOTFOUND)
        error_set(c->error, ERR_INVITATION_UNKNOWN);
    return call_done(c, rc);
}
