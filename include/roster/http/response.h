/* SPDX-License-Identifier: Apache-2.0 */
/*
 * response - an answer, built whole in the request's arena, or handed out in pieces when it is large.
 *
 * Lists and big teams would not fit the memory a worker may have, so a handler that writes much calls
 * http_response_spill() between pieces, when no transaction is open; what the buffer holds beyond a limit is then sent
 * and forgotten. After the first piece has left the status can no longer change.
 */
#ifndef ROSTER_HTTP_RESPONSE_H
#define ROSTER_HTTP_RESPONSE_H

#include "roster/base/buf.h"

#include <stdint.h>

struct http_response {
    int status;
    const char *content_type;                     /* of a body */
    struct str etag, location, allow, set_cookie; /* STR_NULL: no such header */
    bool www_authenticate;
    int retry_after; /* seconds; 0: no header */
    struct buf body;

    /* Sends the head, unless head_sent, and the body so far, and counts bytes_sent; set by the server, NULL in tests
     * (then nothing is spilled). false: the peer has gone. */
    bool (*send)(struct http_response *r, void *ctx);
    void *send_ctx;
    bool head_sent;
    bool broken;         /* the peer has gone: further pieces are dropped */
    uint64_t bytes_sent; /* of the body */
};

#define HTTP_SPILL_BYTES (256 * 1024)

void http_response_init(struct http_response *r, struct arena *a);

/* Sends what the body holds if that is HTTP_SPILL_BYTES or more. */
void http_response_spill(struct http_response *r);

/*
 * Appends the head in CGI form to out (RFC 3875 6): always `Status:`, Content-Type, Content-Length when final, ETag, Location
 * (only with 201, 202, 204 and 308: on 200 Apache would make it a redirect), Allow, Set-Cookie, WWW-Authenticate: Bearer realm="roster",
 * Retry-After, X-Request-Id, Cache-Control: no-store, X-Content-Type-Options: nosniff. Header values have no control characters (asserted).
 */
void http_response_head(struct buf *out, const struct http_response *r, const char *request_id, bool final);

/* "201 Created"; of the statuses that answers here have (asserted). */
const char *http_status_text(int status);

/* Answers of these statuses have neither a body nor its headers (RFC 9110 15.3.5, 15.4.5). */
static inline bool http_status_has_body(int status)
{
    return status != 204 && status != 304;
}

#endif
