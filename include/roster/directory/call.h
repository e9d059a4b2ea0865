/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call - what every function of the directory needs to know: where, for whom, when, and where to say why not.
 *
 * The functions return true, or false with *error set. All they give back lives in arena.
 */
#ifndef ROSTER_DIRECTORY_CALL_H
#define ROSTER_DIRECTORY_CALL_H

#include "roster/base/arena.h"
#include "roster/base/error.h"
#include "roster/base/id.h"
#include "roster/directory/account.h"
#include "roster/store/store.h"

struct hasher;
struct hasher_job;
struct synclog_request;

struct call {
    struct store *store;
    struct arena *arena;
    const struct account *account;
    struct id token;   /* who acts; all zero: the operator, through rosterctl */
    bool console;      /* token is a console admin's id */
    struct id request; /* the request's id */
    struct id made;    /* the id of what is created; all zero: one is made */
    int64_t now;
    struct str base; /* "https://x/scim/v2": what a $ref begins with, for filters that ask it */
    struct error *error;
    struct hasher *hasher; /* NULL: passwords cannot be set or checked (PASSWORD_BUSY) */
    struct hasher_job
        *job; /* the request's; what has to wait for it returns false without an error. NULL: hashes are waited for */
    struct synclog_request *log; /* what the sync log is told of the request; NULL: it keeps nothing (synclog.h) */
    bool taking_back;            /* set by the caller: a user goes whom the same request has made */
    bool unfinished; /* set by a change: a deletion of the account is not finished (departure.h of the directory) */
    bool outdated;   /* set by a change: something is kept past its time (former.h of the directory) */
};

/* Whether a change may be made to the resource in its present version: `holds` is asked with its ETag. NULL: always. */
struct precondition {
    bool (*holds)(struct str etag, void *ctx);
    void *ctx;
};

/* The id for what is created: c->made, or a new one. */
struct id call_made(const struct call *c);

/* Sets *c->error from what store_run() returned, unless it is set: BUSY, STORAGE_FULL, STORAGE_FAULT. True for STORE_OK. */
bool call_done(struct call *c, enum store_rc rc);

#endif
