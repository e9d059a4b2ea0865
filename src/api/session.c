/* SPDX-License-Identifier: Apache-2.0 */
/* session - signing in to the console and out of it, and taking an invitation. */
#include "internal.h"

#include "roster/base/json.h"

#include <qrencode.h>
#include <sodium.h>
#include <stdlib.h>

#define NOBODYS UINT32_MAX /* a number that no account has: a sign-in to it fails like any other */
#define ISSUER  "Roster"

/* --- telling --- */

static void write_admin(struct buf *b, const struct session *s)
{
    buf_json_name(b, "admin");
    buf_puts(b, "{\"id\":");
    id_write(b, &s->admin.id);
    buf_json_text(b, "email", s->admin.email);
    buf_printf(b, ",\"staff\":%s}", s->number == CONSOLE_STAFF ? "true" : "false");
}

/* The account of the call; null: of staff none is chosen. */
static void write_account(struct buf *b, const struct account *account)
{
    buf_json_name(b, "account");
    if (account == NULL) {
        buf_puts(b, "null");
        return;
    }
    buf_putc(b, '{');
    buf_json_text(b, "slug", str_of(account->slug));
    buf_json_text(b, "name", account->name);
    buf_putc(b, '}');
}

static void write_session(struct api_call *c, const struct session *s, struct str cookie)
{
    struct buf *b = &c->response->body;
    char csrf[SESSION_CSRF_MAX];

    session_csrf(cookie, csrf);
    buf_putc(b, '{');
    write_admin(b, s);
    write_account(b, c->call.account);
    buf_json_text(b, "csrf", str_of(csrf));
    clock_json(b, "created", s->created);
    clock_json(b, "idleEnds", s->seen + SESSION_IDLE_MS);
    clock_json(b, "ends", s->created + SESSION_MS);
    clock_json(b, "confirmedUntil", s->confirmed + SESSION_CONFIRMED_MS);
    buf_printf(b, ",\"recoveryCodes\":%zu}", s->admin.factor.ncodes);
}

/* Gives the cookie, and tells the session. */
static void answer_session(struct api_call *c, int status, const struct session *s, char text[CONSOLE_SECRET_MAX])
{
    struct str cookie = arena_str(c->r->arena, str_of(text));

    sodium_memzero(text, CONSOLE_SECRET_MAX);
    answer_json(c, status);
    console_give_cookie(c, cookie);
    write_session(c, s, cookie);
}

/* --- signing in --- */

/* Where nobody is signed in yet. */
static bool begin_open(struct api_call *c)
{
    console_call(c);
    if (c->api->store == NULL)
        error_set(c->error, ERR_STORAGE_FAULT);
    else if (c->api->throttle == NULL)
        error_set(c->error, ERR_PASSWORD_BUSY);
    return !error_is_set(c->error) && console_is_own_page(c);
}

static bool find_account(struct api_call *c, struct str slug, uint32_t *number)
{
    struct account account;
    struct error e = ERROR_INIT;
    bool found;

    *number = CONSOLE_STAFF;
    if (slug.len == 0)
        return true;
    if (account_find(c->api->store, c->r->arena, slug, &account, &e)) {
        *number = account.number;
        return console_enter(c, account.number, ERR_SIGN_IN_FAILED);
    }
    if (e.code != ERR_ACCOUNT_UNKNOWN) {
        *c->error = e;
        return false;
    }
    *number = NOBODYS; /* which costs the same */
    return account_load(c->api->store, c->r->arena, NOBODYS, &account, &found, c->error);
}

/* POST /api/v1/session {"account":SLUG,"email":…,"password":…,"code":…}: 201 and the session; without account for staff. */
bool session_create(struct api_call *c)
{
    struct sign_in in = {.address = c->r->remote_address};
    char text[CONSOLE_SECRET_MAX];
    struct audit_entry entry;
    struct session s;
    struct str slug;

    if (!begin_open(c) || !answer_takes(c, "account, email, password, code") ||
        !answer_member(c, "account", false, &slug) || !answer_member(c, "email", true, &in.email) ||
        !answer_member(c, "password", true, &in.password) || !answer_member(c, "code", true, &in.code) ||
        !find_account(c, slug, &in.number))
        return false;
    console_entry(c, &entry);
    entry.status = 201;
    if (!session_sign_in(&c->call, c->api->throttle, &in, &entry, &s, text))
        return false;
    answer_session(c, 201, &s, text);
    return true;
}

/* GET /api/v1/session */
bool session_read(struct api_call *c)
{
    answer_json(c, 200);
    write_session(c, c->session, console_cookie(c->r));
    return true;
}

/* POST /api/v1/session/confirm {"password":…,"code":…}: the session, with another cookie. */
bool session_prove(struct api_call *c)
{
    struct sign_in in = {.number = c->session->number,
                         .email = c->session->admin.email,
                         .address = c->r->remote_address,
                         .admin = c->session->admin.id};
    char text[CONSOLE_SECRET_MAX];
    struct audit_entry entry;
    struct session s;

    if (!begin_open(c) || !answer_takes(c, "password, code") || !answer_member(c, "password", true, &in.password) ||
        !answer_member(c, "code", true, &in.code) || !console_enter(c, in.number, ERR_SESSION_ENDED))
        return false;
    console_entry(c, &entry);
    entry.status = 200;
    if (!session_confirm(&c->call, c->api->throttle, console_cookie(c->r), &in, &entry, &s, text))
        return false;
    answer_session(c, 200, &s, text);
    return true;
}

/* DELETE /api/v1/session */
bool session_remove(struct api_call *c)
{
    struct audit_entry entry;

    console_entry(c, &entry);
    entry.status = 204;
    if (!session_end(&c->call, console_cookie(c->r), &entry))
        return false;
    console_give_cookie(c, STR_NULL);
    c->response->status = 204;
    return true;
}

/* --- invitations --- */

static void release_code(void *code)
{
    QRcode_free(code);
}

/* The modules row by row, dark ones as 1 (ISO/IEC 18004). */
static void write_qr(struct api_call *c, struct str text)
{
    struct buf *b = &c->response->body;
    QRcode *code = QRcode_encodeData((int)text.len, (const unsigned char *)text.p, 0, QR_ECLEVEL_M);

    buf_json_name(b, "qr");
    buf_putc(b, '[');
    if (code == NULL)
        abort();
    arena_defer(c->r->arena, release_code, code);
    for (int y = 0; y < code->width; y++) {
        buf_puts(b, y == 0 ? "\"" : ",\"");
        for (int x = 0; x < code->width; x++)
            buf_putc(b, code->data[y * code->width + x] & 1 ? '1' : '0');
        buf_putc(b, '"');
    }
    buf_putc(b, ']');
}

static void write_factor(struct api_call *c, const struct console_invitation *i)
{
    const struct account *account = c->call.account;
    char secret[FACTOR_BASE32_TEXT];
    struct buf uri;

    factor_base32(&i->factor, secret);
    buf_json_text(&c->response->body, "secret", str_of(secret));
    sodium_memzero(secret, sizeof secret);
    buf_init(&uri, c->r->arena);
    factor_uri(&uri, &i->factor, account == NULL || account->name.len == 0 ? STR_LIT(ISSUER) : account->name, i->email);
    buf_json_text(&c->response->body, "uri", buf_view(&uri));
    write_qr(c, buf_view(&uri));
}

/* POST /api/v1/invitation {"invitation":…}: whose it is, and the second factor that it sets. */
bool invitation_read(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct console_invitation i;
    struct str text;

    if (!begin_open(c) || !answer_takes(c, "invitation") || !answer_member(c, "invitation", true, &text) ||
        !console_invitation(&c->call, text, &i) || !console_enter(c, i.number, ERR_INVITATION_UNKNOWN))
        return false;
    answer_json(c, 200);
    buf_putc(b, '{');
    buf_json_text(b, "email", i.email);
    write_account(b, c->call.account);
    clock_json(b, "expires", i.expires);
    write_factor(c, &i);
    buf_putc(b, '}');
    return true;
}

static void write_recovery(struct buf *b, char codes[FACTOR_CODES][FACTOR_CODE_TEXT])
{
    buf_puts(b, "{\"recoveryCodes\":[");
    for (size_t i = 0; i < FACTOR_CODES; i++) {
        buf_json_comma(b);
        buf_json(b, str_of(codes[i]));
    }
    buf_puts(b, "],\"session\":");
}

/* POST /api/v1/invitation/accept {"invitation":…,"password":…,"code":…}: the recovery codes, this once, and a session. */
bool invitation_accept(struct api_call *c)
{
    char recovery[FACTOR_CODES][FACTOR_CODE_TEXT], cookie[CONSOLE_SECRET_MAX];
    struct str text, password, code;
    struct console_invitation i;
    struct audit_entry entry;
    struct session s;

    if (!begin_open(c) || !answer_takes(c, "invitation, password, code") ||
        !answer_member(c, "invitation", true, &text) || !answer_member(c, "password", true, &password) ||
        !answer_member(c, "code", true, &code) || !console_invitation(&c->call, text, &i) ||
        !console_enter(c, i.number, ERR_INVITATION_UNKNOWN))
        return false;
    console_entry(c, &entry);
    entry.status = 201;
    if (!session_accept(&c->call, text, password, code, &entry, recovery, &s, cookie))
        return false;
    write_recovery(&c->response->body, recovery);
    sodium_memzero(recovery, sizeof recovery);
    answer_session(c, 201, &s, cookie);
    buf_putc(&c->response->body, '}');
    return true;
}
