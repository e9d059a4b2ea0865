/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route - which handler answers a path and a method, by a table.
 *
 * A template is "/scim/v2/Users/{id}": segments compared without ASCII case, {…} takes any one segment. The table is
 * checked at start (route_table_check) and is read-only. HEAD is answered by the route of GET.
 */
#ifndef ROSTER_HTTP_ROUTE_H
#define ROSTER_HTTP_ROUTE_H

#include "roster/http/request.h"

enum route_flags {
    ROUTE_OPEN = 1,         /* no token needed */
    ROUTE_BODY = 2,         /* has a JSON body: checked for type, size and completeness before the handler */
    ROUTE_DISCOVERY = 4,    /* `filter` is refused (RFC 7644 4) */
    ROUTE_CONFIRM = 8,      /* a console admin has proved a short time ago who he is */
    ROUTE_SESSION = 16,     /* of a console admin's session alone: no token opens it */
    ROUTE_ANY_ACCOUNT = 32, /* the operator's staff may leave out which account: then it is about themselves */
    ROUTE_READS = 64        /* changes nothing, whatever its method */
};

struct route {
    const char *path;
    enum http_method method;
    unsigned flags;
    uint32_t scope;        /* the scope that the token must have; the meaning is directory/token's */
    void (*handler)(void); /* cast by the dispatcher that owns the table */
    const void *subject;   /* the dispatcher's: what the handler is about, or NULL */
};

enum route_rc { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };

struct route_match {
    const struct route *route;
    struct str params[HTTP_SEGMENTS_MAX]; /* what the {…} took, in order */
    size_t nparams;
    unsigned allow; /* bit 1 << method of every method that the path takes */
};

/* Finds the row; ROUTE_NO_METHOD fills allow. table ends with a row whose path is NULL. */
enum route_rc route_find(const struct route *table, const struct http_request *r, struct route_match *out);

/* The value of the Allow header, e.g. "GET, HEAD, POST", in a. */
struct str route_allow(unsigned allow, struct arena *a);

/* Asserts that templates are well-formed, at most HTTP_SEGMENTS_MAX segments and no two rows take the same request. */
void route_table_check(const struct route *table);

#endif
