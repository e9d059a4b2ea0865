/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api - from a request to its answer: routing, authentication, the handlers and the one renderer of errors.
 */
#ifndef ROSTER_API_API_H
#define ROSTER_API_API_H

#include "roster/base/conf.h"
#include "roster/directory/hasher.h"
#include "roster/http/metrics.h"
#include "roster/http/request.h"
#include "roster/http/response.h"
#include "roster/http/route.h"
#include "roster/store/store.h"

struct api;

/* One for a process; c and s outlive it. s may be NULL: then every route that needs the store answers STORAGE_FAULT. */
struct api *api_new(const struct conf *c, struct store *s);
void api_free(struct api **a);

/* Where answers are counted and GET /metrics reads; m outlives a. Without it nothing is counted. */
void api_use_metrics(struct api *a, struct metrics *m);

/*
 * Answers r: fills response (already initialised in r's arena). e: what was found wrong while the request was read, or
 * ERROR_INIT. Every error is rendered. The caller calls api_sync() before the first byte of response leaves, and api_after()
 * when it has.
 *
 * job: see hasher.h; NULL: hashes are waited for. false: the answer must wait until the job is finished, for which the caller
 * submits it; then it calls again, with response as it was. With a job that is FULL the answer is always there.
 */
bool api_answer(struct api *a, struct http_request *r, struct http_response *response, struct error *e,
                struct hasher_job *job);

/* For the jobs; NULL: no job is ever ASKED. */
struct hasher *api_hasher(struct api *a);

/* Whether answers must wait for the disk, and the wait: afterwards every change that was answered is there. */
bool api_unsynced(const struct api *a);
void api_sync(struct api *a);

/* Counts the answer to r, which has left. */
void api_count(const struct api *a, const struct http_request *r, const struct http_response *response);

/* Work that follows an answer, after it was sent: noting the token's use, writing the sync log. Cheap when there is nothing to do. */
void api_after(struct api *a);

/* While nobody asks anything: the same, and a bounded part of what can wait longer: tidying the sync log. */
void api_idle(struct api *a);

/* The route table, for the check that tests make. Ends with a row whose path is NULL. */
extern const struct route api_routes[];

/* What the log line of a request tells about it; valid until the next api_answer(). */
struct api_trace {
    uint32_t account;       /* 0: unknown */
    const char *token_id;   /* text, or "" */
    const char *route;      /* template or "" */
    const char *error_code; /* "" if none */
    const char *auth;       /* why authentication failed: missing, unknown, expired, revoked; or "" */
};
const struct api_trace *api_trace(const struct api *a);

#endif
