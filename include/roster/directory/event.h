/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event - the numbered, gap-free change log of an account, written in the transaction that made the change.
 *
 * An event is one JSON object:
 *   {"seq":17,"type":"user.updated","time":"…","request":"…","actor":{"type":"token","id":"…"},
 *    "resource":{"type":"User","id":"…","version":"W/\"17\""},"changes":[{"path":"active","old":true,"new":false}]}
 * type: user.created, user.updated, user.deactivated, user.reactivated, user.deleted, user.restored (he is as if created, with
 * the id that he had), user.purged (a deleted user who could be restored no longer can), team.created, team.updated,
 * team.deleted, role.created, role.renamed, role.removed. A user's events have "role":{"old":"viewer","new":"member"} where
 * the user's type becomes another one (old null: the user is new), and "revoke_sessions":true where the user may no longer sign
 * in. A team's events may have "members":{"added":[id…],"removed":[id…]}; more than EVENT_MEMBERS_MAX ids
 * are spread over several events, each with "part" and "of".
 */
#ifndef ROSTER_DIRECTORY_EVENT_H
#define ROSTER_DIRECTORY_EVENT_H

#include "roster/base/buf.h"
#include "roster/directory/call.h"
#include "roster/directory/state.h"
#include "roster/scim/schema.h"

#define EVENT_MEMBERS_MAX 1000

struct event {
    const char *type; /* "user.created" */
    const struct resource_type *resource_type;
    struct id resource;
    struct str resource_text; /* the id where it is none of ours: of a role; else STR_NULL */
    uint64_t version;         /* of the resource, 0: it is gone */
    struct str changes;       /* a JSON array, or STR_NULL */
    const struct id *added, *removed;
    size_t nadded, nremoved;
    struct str role_old,
        role_new;         /* of a user whose type becomes another one: ids of roles; STR_NULL: none, or no change */
    bool revoke_sessions; /* the user may not stay signed in */
    bool follows;         /* from another event of the transaction, which is what was asked for */
    struct str name;      /* of the resource, for the sync log; no part of the event. STR_NULL: not known */
};

/* How many numbers event_write() will take. */
uint64_t event_parts(const struct event *ev);

/* Writes the event under the next numbers of state (state->event is raised; the caller writes the state). */
enum store_rc event_write(struct store_txn *txn, const struct call *c, struct state *state, const struct event *ev);

/*
 * Appends the events numbered after `after`, at most limit and fewer where they are large, as the elements of a JSON
 * array parted by commas.
 * out is in another arena than c's. *n how many, *last the number of the last one written (or `after`), *newest the
 * account's last number. What is told is on disk: no crash gives its number to another event.
 */
bool event_read(struct call *c, uint64_t after, size_t limit, struct buf *out, size_t *n, uint64_t *last,
                uint64_t *newest);

#endif
