/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request - an HTTP request as handlers see it, made from CGI parameters (RFC 3875) whatever server stood in front.
 *
 * The path is taken from REQUEST_URI alone: SCRIPT_NAME and PATH_INFO differ on every server. It is cut at '?', split
 * at '/', empty segments passed over (so `//Users` and a slash at the end mean what they should), and each segment percent-decoded once.
 */
#ifndef ROSTER_HTTP_REQUEST_H
#define ROSTER_HTTP_REQUEST_H

#include "roster/base/arena.h"
#include "roster/base/error.h"
#include "roster/base/id.h"
#include "roster/base/str.h"
#include "roster/http/client.h"

#include <stdint.h>

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER, /* anything else: no route takes it */
    HTTP_METHODS
};

const char *http_method_name(enum http_method method);

#define HTTP_SEGMENTS_MAX 8

/* Everything lives in arena. A header that was not sent is STR_NULL. */
struct http_request {
    struct arena *arena;
    struct id id;     /* of the request: in the log, in events and in the answer's header X-Request-Id */
    int64_t received; /* clock_now() */
    int64_t began;    /* clock_micros() */
    enum http_method method;
    struct str method_text;
    struct str segments[HTTP_SEGMENTS_MAX]; /* behind the mount, decoded */
    size_t nsegments;                       /* HTTP_SEGMENTS_MAX + 1: more than any route has */
    bool outside_mount;
    struct str query; /* raw, behind '?' */
    enum client client;
    struct str authorization, content_type, accept, if_match, if_none_match, user_agent, remote_address, host, scheme;
    /* Only below /api/v1; see http_cookie(). */
    struct str cookie, origin, csrf_token, account; /* HTTP_COOKIE, …ORIGIN, …X_CSRF_TOKEN, …ROSTER_ACCOUNT */
    bool background;                                /* Roster-Background: a page asks by itself */
    bool forwarded;                                 /* a proxy says that it asks for somebody else */
    bool authorization_doubled;                     /* two Authorization headers came, joined by a server with ", " */
    struct str body;
    bool body_complete;  /* false: the connection broke, or its length is not CONTENT_LENGTH */
    bool body_too_large; /* more than conf.server_max_body: body is then empty */
};

/* A CGI parameter by name, or STR_NULL; valid while the request lasts. */
typedef struct str http_param(void *ctx, const char *name);

/*
 * Fills everything but body, body_complete and body_too_large, which are set to nothing. The values of headers are copied
 * into a. mount: conf.server_mount. Where a server gives no REQUEST_URI, SCRIPT_NAME and PATH_INFO, which are decoded
 * already, serve instead.
 * false: *e is PATH_MALFORMED (the fields that could be read are filled in all the same).
 */
bool http_request_read(struct http_request *out, struct arena *a, http_param *param, void *ctx, struct str mount,
                       struct error *e);

/*
 * The value of a query parameter: percent-decoded, '+' as space, valid UTF-8 without NUL, in the request's arena. Names are
 * compared without case; of several the first counts; what a name has before a '?' counts for nothing. STR_NULL where
 * it is absent (an empty value has a p). false: it is malformed: *e is PATH_MALFORMED.
 */
bool http_query(const struct http_request *r, const char *name, struct str *out, struct error *e);

/* The value of the cookie called exactly name (RFC 6265 4.2), borrowed; of several the first counts. STR_NULL where it is absent. */
struct str http_cookie(const struct http_request *r, const char *name);

/* Percent-decodes s; plus: '+' is a space. *out is s itself where nothing is encoded. false: a broken escape, a NUL or
 * invalid UTF-8. */
bool http_decode(struct arena *a, struct str s, bool plus, struct str *out);

/* The media type is application/scim+json, application/json or absent (parameters and case count for nothing). */
bool http_is_json(struct str content_type);

/*
 * The media type to answer with: "application/json" if accept names it and neither application/scim+json nor a wildcard that takes it;
 * else "application/scim+json". With "; charset=utf-8" in both cases.
 */
const char *http_answer_type(struct str accept);

/*
 * Whether an entity tag is in an If-Match or If-None-Match list: "*" or tags, compared weakly; the suffixes that
 * compressing servers put on (-gzip, -br, -deflate, -zstd before the closing quote) count for nothing.
 */
bool http_etag_in(struct str list, struct str etag);

#endif
