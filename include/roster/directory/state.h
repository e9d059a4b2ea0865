/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state - the counters of an account, read first and written last in every change.
 */
#ifndef ROSTER_DIRECTORY_STATE_H
#define ROSTER_DIRECTORY_STATE_H

#include "roster/directory/call.h"

/* Indexed by resource type's number: 1 user, 2 team; 0 is not used. */
#define STATE_TYPES 3
#define STATE_BASES 4 /* base types of users, by enum role_base */
#define STATE_STEPS 5 /* what changes do, by enum seen_step from SEEN_CREATED on (seen.h) */

#define STATE_TALLIED 2 /* 1: as an earlier version counted, active users alone */

struct state {
    uint64_t event;                /* the last event's sequence number; 0: none yet */
    uint64_t ordinal[STATE_TYPES]; /* the last ordinal given */
    uint64_t count[STATE_TYPES];   /* how many there are */
    uint64_t active;               /* users that are active */
    uint64_t revision;             /* of the account: each change of its settings or schemas gives it another */
    uint64_t departed;             /* deletions that are not finished: records of the space `departed` */
    /* Users by the type that is named for them (seat.h), counted once tallied is STATE_TALLIED. */
    uint64_t tallied;
    uint64_t typed[STATE_BASES];    /* active ones by base type; custom roles have numbers of their own */
    uint64_t inactive[STATE_BASES]; /* those who are not; nothing names one for the others who are not */
    uint64_t defaulted;             /* active ones for whom nothing names one */
    uint64_t overflowed;            /* who are viewers for want of a seat, and are counted nowhere else */
    uint64_t former;                /* records of the space `former` */
    uint64_t former_first;          /* ms: none of them is older; 0: there is none */
    uint64_t logged;                /* the last number that an entry of the sync log got; some get none */
    /* Changes that identity providers made (seen.h). Times are in ms, to the second; 0: never. */
    uint64_t changes;              /* how many */
    uint64_t changed;              /* when the last was made */
    uint64_t stepped[STATE_STEPS]; /* when the last of each step was made */
};

/* STORE_OK also where there is none yet (all zero). */
enum store_rc state_get(struct store_txn *txn, struct state *out);
/* The same in a transaction of its own. */
bool state_read(struct call *c, struct state *out);
enum store_rc state_put(struct store_txn *txn, const struct state *state);

/* The number of ordinals in one record of the space `block`. */
#define BLOCK_ORDINALS 1024

#endif
