/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synclog - what identity providers asked of an account, what they were answered, and why.
 *
 * A request that changed something has its entry in the transaction of the change, so that nothing is answered that is not
 * in there; a bulk request, which has many, has its entry behind the last. A request that failed has no transaction: its entry is kept in memory and written right after the answer, without
 * waiting for the disk; a power cut may take the last ones. Requests that went well and changed nothing are counted in memory,
 * by token and kind, and written every few seconds or with what comes next: reading costs no writing. Where the account's last
 * entries are such counts, they are added to; so there is one for each kind until something else comes.
 *
 * Entries are numbered in the order of writing; some numbers are left out. A process that is killed loses what it only counted.
 * An entry has no secrets (scim/mask.h) and at most SYNCLOG_ENTRY_MAX bytes. It names the events of its change, which are
 * read with it: they have the difference, old and new. The settings log_entries and log_days say how many are kept, and how
 * long; what is too much is not shown, and goes a bounded number at a time when a process has nothing else to do, or, where
 * that has not come for long, with what is written.
 *
 * Every request that it is told of is also counted for seen.h; where log_entries is 0, that is all that becomes of it.
 */
#ifndef ROSTER_DIRECTORY_SYNCLOG_H
#define ROSTER_DIRECTORY_SYNCLOG_H

#include "roster/base/buf.h"
#include "roster/directory/call.h"
#include "roster/directory/event.h"
#include "roster/directory/seen.h"

#define SYNCLOG_ENTRY_MAX 16384
#define SYNCLOG_BODY_MAX  4096 /* bytes of a request's body that are kept */
#define SYNCLOG_PATH_MAX  512
#define SYNCLOG_FOLD_MS   5000

/* What a request was about. */
enum synclog_kind {
    SYNCLOG_USERS,
    SYNCLOG_TEAMS,
    SYNCLOG_ALL,         /* users and teams */
    SYNCLOG_ROLES,       /* only read */
    SYNCLOG_DESCRIPTION, /* of the service; only read */
    SYNCLOG_BULK,
    SYNCLOG_UNCHANGED, /* a change to what was so already */
    SYNCLOG_OTHER,     /* an address that there is not */
    SYNCLOG_KINDS
};

/* "users" …; static memory. */
const char *synclog_kind_name(enum synclog_kind kind);

/* What is not written yet; one for a process. */
struct synclog;
struct synclog *synclog_new(void);
/* What is not written is lost. *l may be NULL; it is set to NULL. */
void synclog_free(struct synclog **l);

/* What the log is told of a request. Everything outlives the request's work on the store. */
struct synclog_request {
    struct synclog *log;
    uint32_t account, entries, days; /* entries, days: the account's settings; entries 0: it keeps no log */
    struct id token, id;
    int64_t now;                 /* when it came, ms */
    int64_t began;               /* clock_micros() */
    const char *client, *method; /* client for people: "Okta"; static memory, as method */
    struct str path;             /* with the query, at most SYNCLOG_PATH_MAX bytes */
    struct str told;             /* what else its entry says, as members of JSON: the body; may be empty */
    int status;                  /* of the answer, if all goes well */
    bool bulk;                   /* its changes have one entry, by synclog_bulk() */

    /* The log's own. */
    uint64_t number;                          /* of the entry; 0: nothing was changed, or it is a bulk request */
    uint64_t first_event, last_event;         /* of the transaction; 0: none */
    uint64_t committed_first, committed_last; /* of those that were committed */
    struct event event;                       /* the last one */
    bool written;                             /* it has its entry, or would have */
    struct seen_change seen;                  /* of the transaction */
    uint32_t changes;                         /* transactions that were committed */
};

/* --- for changes: event.c and edit.c --- */

/* A transaction begins, maybe again. */
void synclog_begin(struct synclog_request *r);
/* Events were written from number first on, and ev is what they tell; takes the entry's number from state. */
void synclog_event(struct synclog_request *r, struct state *state, const struct event *ev, uint64_t first);
/* The end of a change's transaction: writes the entry, and before it what this process has not written yet. */
enum store_rc synclog_change(struct store_txn *txn, struct arena *arena, const struct call *c);
void synclog_committed(struct synclog_request *r);

/* --- for who answers --- */

/* The request went well and changed nothing. */
void synclog_count(struct synclog_request *r, enum synclog_kind kind);

/* A request that failed. */
struct synclog_failure {
    enum synclog_kind kind; /* not UNCHANGED */
    bool reading;
    struct str name;           /* of whom it was about: a userName, a displayName, an id; STR_NULL: not known */
    const struct error *error; /* its sentence has no secrets */
    struct str answer;         /* JSON */
};
void synclog_failed(struct synclog_request *r, struct arena *a, const struct synclog_failure *f);

/* A request by a token that was the account's, and has no entry. */
void synclog_denied(struct synclog *l, uint32_t account, const char *client, bool reading, enum error_code code,
                    int64_t now);

/* An operation of a bulk request was refused. */
void synclog_refused(struct synclog_request *r, enum error_code code);

/*
 * A bulk request of so many operations, of which `refused` were; told has more of them, as members of JSON. Writes its entry
 * before the answer, in a transaction of its own.
 */
void synclog_bulk(struct synclog_request *r, const struct call *c, size_t operations, size_t refused, struct str told);

/* Writes what is due, or all; usually nothing is. No transaction may be open. a is reset by the caller. */
void synclog_write(struct synclog *l, struct store *s, struct arena *a, bool all);

/* For when there is nothing else to do: takes away some entries that are not kept any more. As synclog_write(). */
void synclog_tidy(struct synclog *l, struct store *s, struct arena *a);

/* --- reading --- */

/* What is asked for; where all is zero: everything. Texts are compared without regard to case; STR_NULL: any. */
struct synclog_query {
    bool failed;       /* only requests that failed, wholly or in part */
    struct str code;   /* that failed with this code */
    struct str user;   /* about the resource of this id or name */
    struct str method; /* by this method */
    struct str client; /* by this client */
    struct str text;   /* whose sentence has this in it */
    struct id token;   /* by this token */
    int status;        /* answered with this status */
    int64_t from, to;  /* not before the one, and before the other, ms */
};

/* What a reading found. */
struct synclog_found {
    size_t n;        /* how many entries were written */
    size_t looked;   /* how many were looked at */
    uint64_t last;   /* the number that was looked at last, or where the reading began; backwards 0: none is left */
    uint64_t newest; /* the last number that was given */
};

/* The number after which the newest limit entries that the query takes follow, of those that are among the newest `looks`. */
bool synclog_start(struct call *c, const struct synclog_query *q, size_t limit, size_t looks, uint64_t *after);

/*
 * Appends entries behind number `after`, oldest first, as elements of a JSON array parted by commas: at most limit and fewer
 * where they are large, or after `looks` were looked at; none only if there is none, or because of looks. Each is one line. out
 * is in another arena than c's.
 */
bool synclog_read(struct call *c, const struct synclog_query *q, uint64_t after, size_t limit, size_t looks,
                  struct buf *out, struct synclog_found *found);

/*
 * The same backwards: entries in front of number `before` (0: of the end), newest first. It may find none though some are left. An
 * entry that was written more than SYNCLOG_SKEW_MS after those of its time may be missing where the query has times.
 */
#define SYNCLOG_SKEW_MS 600000
bool synclog_read_back(struct call *c, const struct synclog_query *q, uint64_t before, size_t limit, size_t looks,
                       struct buf *out, struct synclog_found *found);

/* Appends the one entry with the number; LOG_ENTRY_UNKNOWN. */
bool synclog_entry(struct call *c, uint64_t number, struct buf *out);

/* Whether value is a stored entry that can be read. */
bool synclog_is_entry(struct str value, struct arena *a);

#endif
