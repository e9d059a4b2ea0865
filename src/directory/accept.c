/* SPDX-License-Identifier: Apache-2.0 */
/* accept - taking an invitation to the console. */
#include "console_records.h"
#include "roster/base/precis.h"
#include "roster/directory/password.h"

#include <sodium.h>

struct taking {
    struct call *c;
    unsigned char invitation[SECRET_HASH_SIZE], session[SECRET_HASH_SIZE];
    struct str code;
    char password[HASH_TEXT_MAX];
    struct audit_entry *audit;
    char (*recovery)[FACTOR_CODE_TEXT];
    struct session *out;
};

/* STORE_REFUSED: the code is wrong; STORE_NOTFOUND: the invitation was taken, or its admin removed. */
static enum store_rc become_admin(struct store_txn *txn, struct arena *arena, struct taking *w)
{
    struct console_invitation invitation = {.number = w->out->number};
    struct console_admin *admin = &w->out->admin;

    enum store_rc rc = console_invitation_get(txn, arena, w->invitation, w->c->now, &invitation);
    if (rc != STORE_OK || (rc = console_admin_get(txn, arena, invitation.email, admin)) != STORE_OK)
        return rc;
    admin->factor = invitation.factor;
    sodium_memzero(&invitation.factor, sizeof invitation.factor);
    if (!factor_take(&admin->factor, w->code, w->c->now))
        return STORE_REFUSED;
    factor_make_codes(&admin->factor, w->recovery);
    memcpy(admin->password, w->password, sizeof admin->password);
    admin->signed_in = w->c->now;
    return console_admin_put(txn, arena, admin);
}

static enum store_rc accept_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct taking *w = ctx;
    struct session *s = w->out;
    struct key k;

    enum store_rc rc = console_is_there(txn, s->number);
    if (rc != STORE_OK || (rc = become_admin(txn, arena, w)) != STORE_OK)
        return rc;
    console_hash_key(&k, CONSOLE_INVITATION, w->invitation);
    if ((rc = store_delete(txn, SPACE_CONSOLE, key_view(&k))) != STORE_OK ||
        (rc = console_drop(txn, arena, CONSOLE_SESSION, s->admin.email)) != STORE_OK ||
        (rc = console_session_put(txn, arena, s, w->session, w->c->now)) != STORE_OK)
        return rc;
    w->audit->admin = s->admin.id;
    w->audit->email = s->admin.email;
    w->audit->seq = 0;
    return audit_put(txn, arena, w->audit);
}

/* What can be told before the password is hashed, which takes long. */
static bool may_take(struct call *c, const struct console_invitation *invitation, struct str password, struct str code)
{
    struct factor trial = invitation->factor;
    const char *fault = password_fault(c->arena, password, invitation->email);
    bool right = factor_take(&trial, code, c->now);

    sodium_memzero(&trial, sizeof trial);
    if (fault != NULL)
        error_set(c->error, ERR_PASSWORD_POLICY, str_of(fault));
    else if (!right)
        error_set(c->error, ERR_CODE_WRONG);
    return !error_is_set(c->error);
}

bool session_accept(struct call *c, struct str invitation, struct str password, struct str code,
                    struct audit_entry *audit, char recovery[FACTOR_CODES][FACTOR_CODE_TEXT], struct session *out,
                    char text[CONSOLE_SECRET_MAX])
{
    struct taking w = {.c = c, .code = code, .audit = audit, .recovery = recovery, .out = out};
    struct console_invitation there;

    text[0] = '\0';
    if (!console_invitation(c, invitation, &there))
        return false;
    if (!precis_password_allowed(password)) {
        error_set(c->error, ERR_PASSWORD_BAD_CHARACTER);
        return false;
    }
    password = precis_password(c->arena, password);
    if (!may_take(c, &there, password, code) ||
        !password_hashed(c, hasher_hash(c->hasher, c->job, password, w.password)))
        return false;
    *out = (struct session){.number = there.number, .created = c->now, .seen = c->now, .confirmed = c->now};
    secret_read(invitation, &there.number, w.invitation);
    secret_make(out->number, text, w.session);
    enum store_rc rc = console_run(c, out->number, STORE_WRITE, accept_body, &w);
    if (rc == STORE_REFUSED)
        error_set(c->error, ERR_CODE_WRONG);
    if (rc == STORE_NOTFOUND)
        error_set(c->error, ERR_INVITATION_UNKNOWN);
    if (rc != STORE_OK)
        sodium_memzero(text, CONSOLE_SECRET_MAX);
    return call_done(c, rc);
}
