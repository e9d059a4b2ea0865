/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console - who may use the console: the admins of an account, and the operator's staff. They are invited by rosterctl and by nobody
 * else; nothing that SCIM sends makes a user one of them.
 *
 * Admins are told apart by e-mail address, without regard to case. An invitation is a link that is taken once, within
 * three days; it sets the password and the second factor, also of one who had others. Records are in the account's own maps
 * (staff's in the system's), in the space `console`, and are never exported.
 */
#ifndef ROSTER_DIRECTORY_CONSOLE_H
#define ROSTER_DIRECTORY_CONSOLE_H

#include "roster/directory/audit.h"
#include "roster/directory/call.h"
#include "roster/directory/factor.h"
#include "roster/directory/hasher.h"

#define CONSOLE_STAFF      0 /* the account number of the operator's staff */
#define CONSOLE_ADMINS_MAX 100
#define CONSOLE_INVITED_MS ((int64_t)3 * 24 * 3600 * 1000)
#define CONSOLE_SECRET_MAX 64 /* of the text of an invitation or a session, with the NUL */

struct console_admin {
    struct id id;
    struct str email;             /* as it was given */
    int64_t created;              /* ms */
    int64_t signed_in;            /* the last time; 0: never */
    int64_t failed;               /* when the audit was last told of somebody who failed to; 0: never */
    char password[HASH_TEXT_MAX]; /* "": none yet, the invitation was not taken */
    struct factor factor;         /* where there is a password */
};

/* In these, number is the account's, or CONSOLE_STAFF; of *c store, arena, now, error, hasher and job are used. */

/*
 * Invites the address, new or known; earlier invitations of it end, and what it has now works until the new one is taken. text gets
 * what the link has behind its '#', which the caller wipes. ADMIN_EMAIL, ADMIN_LIMIT.
 */
bool console_invite(struct call *c, uint32_t number, struct str email, char text[CONSOLE_SECRET_MAX]);

/* All, in order of address. */
bool console_list(struct call *c, uint32_t number, struct console_admin **out, size_t *n);

/* Appends what the API and rosterctl tell of an admin: {"id":…,"email":…,"created":…,"signedIn":…,"invited":…}. */
void console_write(struct buf *b, const struct console_admin *admin);

/* Ends the admin, with invitations and sessions. ADMIN_UNKNOWN. */
bool console_remove(struct call *c, uint32_t number, struct str email);

struct console_invitation {
    uint32_t number; /* of the account */
    struct str email;
    int64_t expires;
    struct factor factor; /* what the new second factor will be */
};

/* INVITATION_UNKNOWN: also where it is over or was taken. */
bool console_invitation(struct call *c, struct str text, struct console_invitation *out);

#endif
