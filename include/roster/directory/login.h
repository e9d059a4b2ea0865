/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login - whether a name and a password are an active user's, for the application. Whoever fails learns nothing else, and waits as
 * long, whether the user is unknown, has no password, has another one or is deactivated.
 */
#ifndef ROSTER_DIRECTORY_LOGIN_H
#define ROSTER_DIRECTORY_LOGIN_H

#include "roster/directory/call.h"
#include "roster/directory/seat.h"
#include "roster/directory/throttle.h"

/* At once, and again one each 90 s: by user name, and by the address that the application tells. */
#define LOGIN_FAILURES_OF_NAME    10
#define LOGIN_FAILURES_OF_ADDRESS 100
#define LOGIN_INTERVAL_MS         90000

struct login {
    struct str name, password; /* as they were typed; the password in an arena that wipes it */
    struct str address;        /* where the try comes from; STR_NULL: not told */
};

struct login_result {
    bool authenticated;
    struct image user; /* where it is */
    struct str role;   /* the id of the user's type */
};

/* false: *c->error is RATE_LIMITED or PASSWORD_BUSY, or one of the store, or not set: c->job holds the password, for later. */
bool login_try(struct call *c, struct throttle *t, const struct login *login, struct login_result *out);

#endif
