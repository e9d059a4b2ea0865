/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen - what an account's identity providers were seen doing: how much was accepted and refused, when, by which codes, and which
 * steps of provisioning have been there. It is for people who ask whether provisioning works; what each request was is told by
 * the sync log.
 *
 * Counted are the requests under /scim/v2 whose token is, or once was, the account's, each operation of a bulk request as one; also
 * where the account keeps no sync log (log_entries=0). What a token was that nobody knows is nobody's.
 *
 * A change is counted in the account's state, which its transaction writes anyway, so it costs no writing of its own, and is there
 * exactly if the change is. The state knows how many there were, and when the last was: those that the record does not have yet are of
 * the hour of the last one, and the first change of another hour adds them to the record. All the rest, which no transaction
 * tells of, is counted in the process (struct seen_batch) and written where the sync log writes what waits: a process that is killed
 * loses what it had only counted, as the log does.
 *
 * The space `seen` has one record for the account and one for each code that it was refused with. Nothing of it is exported.
 */
#ifndef ROSTER_DIRECTORY_SEEN_H
#define ROSTER_DIRECTORY_SEEN_H

#include "roster/base/error.h"
#include "roster/directory/call.h"
#include "roster/directory/state.h"

/* What is kept by hour, and by day of UTC: the current one, and those before it. */
#define SEEN_HOURS 25
#define SEEN_DAYS  9

#define SEEN_HOUR_MS INT64_C(3600000)
#define SEEN_DAY_MS  (24 * SEEN_HOUR_MS)

/* The steps of provisioning, in the order in which somebody who sets it up meets them. */
enum seen_step {
    SEEN_CONNECTED,      /* a request was let in */
    SEEN_LOOKED_UP,      /* users or teams */
    SEEN_CREATED,        /* a user; from here on changes, of which the state has the times */
    SEEN_UPDATED,        /* a user, or reactivated */
    SEEN_DEACTIVATED,    /* a user, or deleted */
    SEEN_PUSHED,         /* a team: made, or its name was a team's already */
    SEEN_MEMBER_CHANGED, /* of a team that there was */
    SEEN_STEPS
};

/* "connected", "looked_up" …; static memory. */
const char *seen_step_name(enum seen_step step);

struct seen_rate {
    uint32_t accepted, refused;
};

/* What is known of an account. */
struct seen {
    int64_t first[SEEN_STEPS], last[SEEN_STEPS]; /* ms; 0: never */
    int64_t denied;                     /* when a request was turned away last, because of its token or the account */
    struct str denied_code;             /* with this code; STR_NULL: never */
    struct str client;                  /* who asked last, for people; STR_NULL: nobody yet */
    uint32_t hour, day;                 /* the latest that there are counts of, since 1970 */
    struct seen_rate hours[SEEN_HOURS]; /* changes, by hour % SEEN_HOURS */
    struct seen_rate days[SEEN_DAYS];   /* requests of all kinds, by day % SEEN_DAYS */
    uint64_t folded;                    /* so many of state.changes are in these counts */
};

/* When the last request came, whatever became of it; 0: never. */
int64_t seen_last_request(const struct seen *s);

/* The changes of the last 24 hours: of the current hour and the 23 before. */
struct seen_rate seen_last_day(const struct seen *s, int64_t now);

/* The requests of a day; none where it is too long ago, or to come. */
struct seen_rate seen_of_day(const struct seen *s, uint32_t day);

/* Adds the changes that the state counts and the record does not have yet: of the hour of the last one. */
void seen_fold(struct seen *s, uint64_t changes, int64_t changed, int64_t now);

/* --- what changes leave: synclog.c --- */

struct event;

/* What is to be written beside the state. */
struct seen_change {
    bool counted; /* the change is in the state */
    bool due;     /* something is to be written */
    uint64_t changes;
    int64_t changed, now; /* changes and changed: what the state had before */
    unsigned firsts;      /* a bit for each step that was made for the first time */
};

/* Counts the transaction's change in state, by its first event. posted: a request of its own, by POST. */
void seen_change(struct seen_change *out, struct state *state, const struct event *ev, bool posted, int64_t now);
enum store_rc seen_write_change(struct store_txn *txn, const struct seen_change *change);

/* --- what a process counts --- */

#define SEEN_BATCH_HOURS 3
#define SEEN_BATCH_CODES 16

/* Of one account, and not written yet. All zero: nobody's. */
struct seen_batch {
    uint32_t account;
    bool waits;                /* something is to be written */
    const char *client;        /* who asked last; static memory. Stays when the rest is written */
    int64_t first[2], last[2]; /* of SEEN_CONNECTED and SEEN_LOOKED_UP */
    int64_t denied;
    enum error_code denied_code;
    size_t nhours, ncodes;
    struct {
        uint32_t hour;
        struct seen_rate changes, requests;
    } hours[SEEN_BATCH_HOURS];
    struct {
        enum error_code code;
        uint32_t times, recent; /* recent: those that count as refusals of their day */
        int64_t first, last;
    } codes[SEEN_BATCH_CODES];
};

/* What a request was to do. */
enum seen_aim {
    SEEN_LOOKUP,
    SEEN_DESCRIPTION,
    SEEN_CHANGE
}; /* description: of the service, or of nothing that there is */

/* n requests that went well and that the state does not count; client: static memory. */
void seen_accepted(struct seen_batch *b, int64_t now, const char *client, enum seen_aim aim, uint32_t n);
/* One that failed. That what was looked up is not there is counted, but as no trouble (seen_code_recent()). */
void seen_refused(struct seen_batch *b, int64_t now, const char *client, enum seen_aim aim, enum error_code code);
/* A change was made, which the state counts, by this client. */
void seen_changed(struct seen_batch *b, const char *client);
/* Whether another code has no room. */
bool seen_is_full(const struct seen_batch *b);

/* Writes it. It is the caller's to say seen_written() when that is committed. */
enum store_rc seen_write(struct store_txn *txn, const struct seen_batch *b, int64_t now);
void seen_written(struct seen_batch *b);

/* --- reading --- */

/* As it is with the state's counts. What it borrows is in the transaction's arena. */
enum store_rc seen_get(struct store_txn *txn, const struct state *state, int64_t now, struct seen *out);

/* How often requests were refused with a code. */
struct seen_code {
    struct str code;
    uint64_t times;
    int64_t first, last; /* ms */
    uint32_t day;
    struct seen_rate days[SEEN_DAYS]; /* refused: as in struct seen, but for lookups of what is not there */
};

/* How often in the last seven days, with the current one. */
uint64_t seen_code_recent(const struct seen_code *c, int64_t now);

/* All, latest first; there are no more than codes. */
bool seen_codes(struct call *c, struct seen_code **out, size_t *n);

/* Whether the pair of the space can be read. *folded is that of the account's record, else 0. */
bool seen_is_record(struct str key, struct str value, struct arena *a, uint64_t *folded);

#endif
