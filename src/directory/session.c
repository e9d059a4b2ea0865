/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/session.h"

#include "attempt.h"
#include "console_records.h"
#include "roster/base/precis.h"
#include "roster/directory/password.h"
#include "roster/directory/walk.h"

#include <assert.h>
#include <sodium.h>

#define RECORD_VERSION 1
#define CSRF_SIZE      32
#define NOTED_MS       ((int64_t)15 * 60 * 1000) /* a failure is told in the audit so often */

/* --- records --- */

struct record {
    struct str email;
    struct id admin;
    int64_t created, seen, confirmed;
};

static void read_record(struct json_object *o, struct record *out)
{
    *out = (struct record){.email = json_text(o, "email"),
                           .created = console_time(o, "created"),
                           .seen = console_time(o, "seen"),
                           .confirmed = console_time(o, "confirmed")};
    id_parse(json_text(o, "admin"), &out->admin);
}

static enum store_rc get_record(struct store_txn *txn, struct arena *arena, const unsigned char hash[SECRET_HASH_SIZE],
                                struct record *out)
{
    struct json_object *o;

    enum store_rc rc = console_json_get(txn, arena, CONSOLE_SESSION, hash, &o);
    if (rc == STORE_OK)
        read_record(o, out);
    return rc;
}

static enum store_rc put_record(struct store_txn *txn, struct arena *arena, const unsigned char hash[SECRET_HASH_SIZE],
                                const struct record *r)
{
    struct key k;
    struct buf b;

    buf_init(&b, arena);
    buf_printf(&b, "{\"v\":%d,\"email\":", RECORD_VERSION);
    buf_json(&b, r->email);
    buf_puts(&b, ",\"admin\":");
    id_write(&b, &r->admin);
    buf_printf(&b, ",\"created\":%lld,\"seen\":%lld,\"confirmed\":%lld}", (long long)r->created, (long long)r->seen,
               (long long)r->confirmed);
    console_hash_key(&k, CONSOLE_SESSION, hash);
    return store_put(txn, SPACE_CONSOLE, key_view(&k), buf_view(&b));
}

static bool is_over(const struct record *r, int64_t now)
{
    return now - r->seen >= SESSION_IDLE_MS || now - r->created >= SESSION_MS;
}

static enum store_rc drop_if_over(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                  void *ctx)
{
    const int64_t *now = ctx;
    struct record r;

    read_record(json_read_own(arena, value), &r);
    return is_over(&r, *now) ? store_delete(txn, SPACE_CONSOLE, key) : STORE_OK;
}

/* So that nothing is left of those that nobody ended. */
static enum store_rc tidy(struct store_txn *txn, struct arena *arena, int64_t now)
{
    struct key from, to;

    key_init(&from);
    key_u8(&from, CONSOLE_SESSION);
    to = from;
    key_end(&to);
    return walk_range(txn, arena, SPACE_CONSOLE, key_view(&from), key_view(&to), drop_if_over, &now);
}

enum store_rc console_session_put(struct store_txn *txn, struct arena *arena, const struct session *s,
                                  const unsigned char hash[SECRET_HASH_SIZE], int64_t now)
{
    struct record r = {s->admin.email, s->admin.id, s->created, s->seen, s->confirmed};

    enum store_rc rc = tidy(txn, arena, now);
    return rc != STORE_OK ? rc : put_record(txn, arena, hash, &r);
}

/* --- beginning --- */

struct beginning {
    struct call *c;
    const struct sign_in *in;
    struct str old_hash;  /* of the session that this one goes on with; STR_NULL: none */
    const char *verified; /* the hash that the password was found right by */
    struct str name;      /* by which failures are counted */
    struct audit_entry *audit;
    struct session *out;
    unsigned char hash[SECRET_HASH_SIZE];
};

/* The second factor, in the transaction that uses it up. STORE_REFUSED: it is wrong, or the admin has changed. */
static enum store_rc prove(struct store_txn *txn, struct arena *arena, struct beginning *w)
{
    struct console_admin *admin = &w->out->admin;

    enum store_rc rc = console_admin_get(txn, arena, w->in->email, admin);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_REFUSED : rc;
    if (strcmp(admin->password, w->verified) != 0 || !factor_take(&admin->factor, w->in->code, w->c->now))
        return STORE_REFUSED;
    admin->signed_in = w->c->now;
    return console_admin_put(txn, arena, admin);
}

/* The session that is gone on with, when it began. */
static enum store_rc replace(struct store_txn *txn, struct arena *arena, struct beginning *w)
{
    const unsigned char *hash = (const unsigned char *)w->old_hash.p;
    struct record r;
    struct key k;

    enum store_rc rc = get_record(txn, arena, hash, &r);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_REFUSED : rc;
    if (is_over(&r, w->c->now) || !id_eq(&r.admin, &w->out->admin.id))
        return STORE_REFUSED;
    w->out->created = r.created;
    console_hash_key(&k, CONSOLE_SESSION, hash);
    return store_delete(txn, SPACE_CONSOLE, key_view(&k));
}

static enum store_rc begin_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct beginning *w = ctx;
    struct session *s = w->out;

    s->created = s->seen = s->confirmed = w->c->now;
    enum store_rc rc = console_is_there(txn, s->number);
    if (rc != STORE_OK || (rc = prove(txn, arena, w)) != STORE_OK ||
        (w->old_hash.p != NULL && (rc = replace(txn, arena, w)) != STORE_OK) ||
        (rc = console_session_put(txn, arena, s, w->hash, w->c->now)) != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_REFUSED : rc;
    w->audit->admin = s->admin.id;
    w->audit->email = s->admin.email;
    w->audit->seq = 0;
    return audit_put(txn, arena, w->audit);
}

/* Also where the disk is nearly full: whoever is to revoke a token has to come in. */
static enum store_rc begin(struct beginning *w, char text[CONSOLE_SECRET_MAX])
{
    secret_make(w->out->number, text, w->hash);
    enum store_rc rc = console_run(w->c, w->out->number, STORE_URGENT, begin_body, w);
    if (rc != STORE_OK)
        sodium_memzero(text, CONSOLE_SECRET_MAX);
    return rc;
}

/* --- signing in --- */

struct finding {
    struct str email;
    struct console_admin admin;
    bool found;
};

static enum store_rc find_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct finding *f = ctx;

    enum store_rc rc = console_admin_get(txn, arena, f->email, &f->admin);
    f->found = rc == STORE_OK;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

struct noting {
    struct beginning *w;
    struct console_admin *admin;
};

/* One entry in a while: nobody can push out what was done by failing. */
static enum store_rc note_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    const struct noting *n = ctx;
    struct audit_entry *audit = n->w->audit;
    int64_t now = n->w->c->now;

    enum store_rc rc = console_is_there(txn, n->w->in->number);
    if (rc != STORE_OK || (rc = console_admin_get(txn, arena, n->w->in->email, n->admin)) != STORE_OK ||
        now - n->admin->failed < NOTED_MS)
        return rc;
    n->admin->failed = now;
    audit->admin = n->admin->id;
    audit->email = n->admin->email;
    audit->seq = 0;
    rc = console_admin_put(txn, arena, n->admin);
    return rc != STORE_OK ? rc : audit_put(txn, arena, audit);
}

/*
 * Told in the audit, if it concerns anybody. Whether that can be written changes nothing, and nobody waits for the disk: how long
 * an answer takes must not tell whether there is such an admin.
 */
static void note_failure(struct beginning *w, struct finding *f)
{
    struct noting n = {w, &f->admin};

    if (!f->found || !store_has_room(w->c->store))
        return;
    w->audit->status = error_entry(ERR_SIGN_IN_FAILED)->status;
    w->audit->code = error_entry(ERR_SIGN_IN_FAILED)->code;
    console_run(w->c, w->in->number, STORE_LAX, note_body, &n);
}

static bool sign_in(struct beginning *w, struct throttle *t, char text[CONSOLE_SECRET_MAX])
{
    const struct sign_in *in = w->in;
    struct call *c = w->c;
    struct finding f = {.email = in->email};
    struct attempt attempt = {.throttle = t,
                              .account = CONSOLE_STAFF,
                              .name = w->name,
                              .address = attempt_network(c->arena, in->address),
                              .now = c->now};

    *w->out = (struct session){.number = in->number};
    text[0] = '\0';
    if (!attempt_may(&attempt, c->arena, c->error) ||
        !call_done(c, console_run(c, in->number, STORE_READ, find_body, &f)))
        return false;
    bool known = f.found && f.admin.password[0] != '\0';
    enum hasher_rc rc =
        hasher_verify(c->hasher, c->job, known ? f.admin.password : NULL, precis_password(c->arena, in->password));
    if (!password_hashed(c, rc))
        return false;
    w->verified = f.admin.password;
    enum store_rc begun = rc == HASHER_OK && known ? begin(w, text) : STORE_REFUSED;
    if (begun == STORE_OK) {
        attempt_succeeded(&attempt);
        return true;
    }
    if (begun == STORE_REFUSED) {
        attempt_failed(&attempt);
        note_failure(w, &f);
        error_set(c->error, ERR_SIGN_IN_FAILED);
    }
    return call_done(c, begun);
}

bool session_sign_in(struct call *c, struct throttle *t, const struct sign_in *in, struct audit_entry *audit,
                     struct session *out, char text[CONSOLE_SECRET_MAX])
{
    struct str key = console_email_key(c->arena, in->email);
    struct beginning w = {.c = c,
                          .in = in,
                          .name = str_of(arena_printf(c->arena, "console %lu %.*s", (unsigned long)in->number,
                                                      (int)key.len, key.p == NULL ? "" : key.p)),
                          .audit = audit,
                          .out = out};

    return sign_in(&w, t, text);
}

bool session_confirm(struct call *c, struct throttle *t, struct str old, const struct sign_in *in,
                     struct audit_entry *audit, struct session *out, char text[CONSOLE_SECRET_MAX])
{
    struct beginning w = {.c = c, .in = in, .audit = audit, .out = out};
    unsigned char hash[SECRET_HASH_SIZE];
    char id[ID_TEXT_LEN + 1];
    uint32_t number;

    if (!secret_read(old, &number, hash) || number != in->number) {
        error_set(c->error, ERR_SESSION_ENDED);
        return false;
    }
    w.old_hash = str_make(hash, sizeof hash);
    id_format(&in->admin, id);
    w.name = str_of(arena_printf(c->arena, "confirm %s", id)); /* strangers who fail do not keep him from it */
    return sign_in(&w, t, text);
}

/* --- asking --- */

struct checking {
    unsigned char hash[SECRET_HASH_SIZE];
    struct session *out;
    int64_t now;
};

/* STORE_NOTFOUND also where it is over, or its admin is another one. */
static enum store_rc check_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct checking *w = ctx;
    struct session *s = w->out;
    struct record r;

    enum store_rc rc = get_record(txn, arena, w->hash, &r);
    if (rc != STORE_OK)
        return rc;
    if (is_over(&r, w->now))
        return STORE_NOTFOUND;
    if ((rc = console_admin_get(txn, arena, r.email, &s->admin)) != STORE_OK)
        return rc;
    s->created = r.created;
    s->seen = r.seen;
    s->confirmed = r.confirmed;
    return id_eq(&r.admin, &s->admin.id) ? STORE_OK : STORE_NOTFOUND;
}

/* One that was ended meanwhile does not come back by this. */
static enum store_rc seen_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    const struct checking *w = ctx;
    struct record r;

    enum store_rc rc = get_record(txn, arena, w->hash, &r);
    if (rc != STORE_OK)
        return rc;
    r.seen = w->now;
    return put_record(txn, arena, w->hash, &r);
}

bool session_check(struct call *c, struct str text, bool quiet, struct session *out)
{
    struct checking w = {.out = out, .now = c->now};
    enum store_rc rc = STORE_NOTFOUND;

    *out = (struct session){.number = CONSOLE_STAFF};
    if (secret_read(text, &out->number, w.hash))
        rc = console_run(c, out->number, STORE_READ, check_body, &w);
    if (rc == STORE_NOTFOUND)
        error_set(c->error, ERR_SESSION_ENDED);
    if (!call_done(c, rc))
        return false;
    if (!quiet && c->now - out->seen >= SESSION_SEEN_MS && store_has_room(c->store) &&
        console_run(c, out->number, STORE_LAX, seen_body, &w) == STORE_OK)
        out->seen = c->now;
    return true;
}

/* --- ending --- */

struct ending {
    unsigned char hash[SECRET_HASH_SIZE];
    struct audit_entry *audit;
};

static enum store_rc end_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct ending *w = ctx;
    struct key k;

    console_hash_key(&k, CONSOLE_SESSION, w->hash);
    enum store_rc rc = store_delete(txn, SPACE_CONSOLE, key_view(&k));
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    w->audit->seq = 0;
    return audit_put(txn, arena, w->audit);
}

bool session_end(struct call *c, struct str text, struct audit_entry *audit)
{
    struct ending w = {.audit = audit};
    uint32_t number;

    return !secret_read(text, &number, w.hash) || call_done(c, console_run(c, number, STORE_URGENT, end_body, &w));
}

/* --- what the page knows --- */

void session_csrf(struct str text, char out[SESSION_CSRF_MAX])
{
    static const char purpose[] = "roster console: X-CSRF-Token";
    unsigned char key[crypto_generichash_KEYBYTES_MAX], token[CSRF_SIZE];

    static_assert(SESSION_CSRF_MAX == 44 && CSRF_SIZE == 32, "32 bytes are 43 characters and a NUL");
    crypto_generichash(key, sizeof key, (const unsigned char *)text.p, text.len, NULL, 0);
    crypto_generichash(token, sizeof token, (const unsigned char *)purpose, sizeof purpose - 1, key, sizeof key);
    sodium_bin2base64(out, SESSION_CSRF_MAX, token, sizeof token, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(key, sizeof key);
}
