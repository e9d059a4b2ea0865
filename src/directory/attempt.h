/* SPDX-License-Identifier: Apache-2.0 */
/* attempt - tries to log in, with a password that may be guessed: by name and by address, each throttled. */
#ifndef ROSTER_DIRECTORY_ATTEMPT_H
#define ROSTER_DIRECTORY_ATTEMPT_H

#include "roster/base/error.h"
#include "roster/directory/throttle.h"

struct attempt {
    struct throttle *throttle;
    uint32_t account;
    struct str name;    /* as names are compared */
    struct str address; /* STR_NULL: not known */
    int64_t now;        /* ms */
};

/* false: *e is RATE_LIMITED. a: for its words. */
bool attempt_may(const struct attempt *t, struct arena *a, struct error *e);

void attempt_failed(const struct attempt *t);

/* All failures of the name are forgiven; those of the address are not. */
void attempt_succeeded(const struct attempt *t);

#endif
