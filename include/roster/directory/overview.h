/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overview - whether provisioning works for an account, in one word and in one sentence, and what waits for the admin.
 *
 * All of it comes from counters, from what was seen of the identity provider (seen.h) and from the account's tokens: its cost does not
 * grow with the users. Only whether userNames and addresses agree is asked of the first OVERVIEW_SAMPLE users.
 */
#ifndef ROSTER_DIRECTORY_OVERVIEW_H
#define ROSTER_DIRECTORY_OVERVIEW_H

#include "roster/directory/seat.h"
#include "roster/directory/seen.h"

#define OVERVIEW_QUIET_MS  (24 * SEEN_HOUR_MS)
#define OVERVIEW_EXPIRY_MS (14 * SEEN_DAY_MS)
#define OVERVIEW_SAMPLE    2000 /* users, or 50 of whom it is so */
#define OVERVIEW_CODES     5    /* of which is told that they were met */

/* Worst first. The first of the rules that holds decides: SUSPENDED, NOT_CONFIGURED, WAITING, FAILING, STALE, ACTIVE. */
enum overview_state {
    /*
     * The newest request was turned away because of its token (AUTH_…), however long ago; or of the changes of the last 24 hours more
     * were refused than accepted. That a lookup was refused is no failing.
     */
    OVERVIEW_FAILING,
    OVERVIEW_STALE,          /* nothing came for 24 hours */
    OVERVIEW_NOT_CONFIGURED, /* no token with the scope scim is live */
    OVERVIEW_WAITING,        /* there is one, but no request ever came */
    OVERVIEW_ACTIVE,
    OVERVIEW_SUSPENDED, /* the account is, on purpose */
    OVERVIEW_STATES
};

/* "failing" …; static memory. */
const char *overview_state_name(enum overview_state state);

/* The tokens with the scope scim. */
struct overview_tokens {
    size_t live, expiring; /* expiring: of the live, within OVERVIEW_EXPIRY_MS */
    int64_t last_used;     /* of all, also of those that open nothing any more; ms, 0: never */
    struct str first;      /* the name of the one that expires first */
};

struct overview {
    enum overview_state state;
    bool suspended;
    struct state counts;
    struct seen seen;
    struct overview_tokens tokens;
    int64_t now, last_request; /* ms; 0: never */
    struct seats seats;        /* of overview_read() */
};

/* What the rules make of the rest of *o. */
enum overview_state overview_judge(const struct overview *o);

/* Appends what that means, as a sentence for people. client: the identity provider's name, or what to call it. */
void overview_words(struct buf *b, const struct overview *o, struct str client);

/* Everything but the seats. Of the account only number and suspended are asked. Strings are in c->arena. */
bool overview_glance(struct call *c, struct overview *out);

bool overview_read(struct call *c, struct overview *out);

/* What waits for the admin. */
struct overview_task {
    const char *what;  /* "token", "seats", "overflow", "refusals", "mismatches" */
    const char *words; /* a sentence or two */
    uint64_t count;    /* how many of it */
    struct str code;   /* of what was refused; STR_NULL: none */
};

/* The most urgent first. In c->arena. */
bool overview_tasks(struct call *c, const struct overview *o, struct overview_task **out, size_t *n);

#endif
