/* SPDX-License-Identifier: Apache-2.0 */
/* attempt - tries to log in, with a password that may be guessed: by name and by address, each throttled. */
#ifndef ROSTER_DIRECTORY_ATTEMPT_H
#define ROSTER_DIRECTORY_ATTEMPT_H

#include "roster/base/error.h"
#include "roster/directory/throttle.h"

struct attempt {
    struct throttle *throttle;
    uint32_t account;   /* which name and address are counted in */
    struct str name;    /* as names are compared */
    struct str address; /* by attempt_network(); STR_NULL: not known */
    int64_t now;        /* ms */
};

/* What is counted of an address: IPv6 gives everybody as many as he likes, so of that the network, 64 bits. */
struct str attempt_network(struct arena *a, struct str address);

/* false: *e is RATE_LIMITED. a: for its words. */
bool attempt_may(const struct attempt *t, struct arena *a, struct error *e);

void attempt_failed(const struct attempt *t);

/* All failures of the name are forgiven; those of the address are not. */
void attempt_succeeded(const struct attempt *t);

#endif
