/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session - a console admin who is signed in. A record in the store, found by the hash of what the cookie has; it ends SESSION_IDLE_MS
 * after it was used last, SESSION_MS after it began, when it is ended, and when its admin or account is removed.
 */
#ifndef ROSTER_DIRECTORY_SESSION_H
#define ROSTER_DIRECTORY_SESSION_H

#include "roster/directory/console.h"
#include "roster/directory/throttle.h"

#define SESSION_IDLE_MS      ((int64_t)15 * 60 * 1000)
#define SESSION_MS           ((int64_t)12 * 3600 * 1000)
#define SESSION_CONFIRMED_MS ((int64_t)5 * 60 * 1000)
#define SESSION_SEEN_MS      30000 /* the last use is noted so often */
#define SESSION_CSRF_MAX     44    /* with the NUL */

struct session {
    uint32_t number; /* the account's, or CONSOLE_STAFF */
    struct console_admin admin;
    int64_t created, seen; /* ms */
    int64_t confirmed;     /* when the admin last proved who he is; 0: never since the session began */
};

/* In these, of *c store, arena, now, error, hasher and job are used. */

struct sign_in {
    uint32_t number; /* one that no account has is taken like any other */
    struct str email, password, code;
    struct str address; /* STR_NULL: not known */
    struct id admin;    /* of session_confirm(): whose session it is */
};

/*
 * Begins a session; text gets what the cookie will have, which the caller wipes. An entry is written: of a success with it, of
 * failures one in a while, where there is such an admin. SIGN_IN_FAILED whatever is wrong, and after the same work; RATE_LIMITED, PASSWORD_BUSY; or
 * *c->error is not set: c->job holds the password, for later.
 */
bool session_sign_in(struct call *c, struct throttle *t, const struct sign_in *in, struct audit_entry *audit,
                     struct session *out, char text[CONSOLE_SECRET_MAX]);

/*
 * Takes an invitation: the admin has this password, and the second factor that code is of; a session of his begins, and those that
 * there were end. recovery gets the codes, which the caller wipes, as text. An entry is written with it. PASSWORD_POLICY,
 * PASSWORD_BAD_CHARACTER, PASSWORD_BUSY, CODE_WRONG, INVITATION_UNKNOWN; or *c->error is not set: c->job holds the password, for later.
 */
bool session_accept(struct call *c, struct str invitation, struct str password, struct str code,
                    struct audit_entry *audit, char recovery[FACTOR_CODES][FACTOR_CODE_TEXT], struct session *out,
                    char text[CONSOLE_SECRET_MAX]);

/* Confirms who the admin is: the old session ends, and *out goes on in its place. Results as session_sign_in(). */
bool session_confirm(struct call *c, struct throttle *t, struct str old, const struct sign_in *in,
                     struct audit_entry *audit, struct session *out, char text[CONSOLE_SECRET_MAX]);

/*
 * The session of a cookie's text. quiet: it does not count as used, for what a page asks without its reader. SESSION_ENDED
 * where it is over, or never was; or an error of the store.
 */
bool session_check(struct call *c, struct str text, bool quiet, struct session *out);

/* It is no error where there is none. */
bool session_end(struct call *c, struct str text, struct audit_entry *audit);

/* What the page sends with each change: derived from the cookie's text, which scripts cannot read. */
void session_csrf(struct str text, char out[SESSION_CSRF_MAX]);

#endif
