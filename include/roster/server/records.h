/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records - which FastCGI records of a connection the library may see.
 *
 * The library allocates whatever length a parameter claims to have, takes any role, and waits where a web server asks
 * for its limits or gives a request up. So the bytes are looked at as they come, before they reach it. Nothing is
 * changed or held back: they are good, or the connection is at its end.
 */
#ifndef ROSTER_SERVER_RECORDS_H
#define ROSTER_SERVER_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_HEAD 8

struct records {
    size_t max_params;
    unsigned char type; /* of the record that is to come next; 0: the request has come to its end */
    uint16_t request;   /* its number */
    unsigned char head[RECORD_HEAD];
    size_t head_len;
    size_t content, padding; /* what is still to come of the record whose head is complete */
    size_t begun;            /* bytes of the body of BEGIN_REQUEST */

    /* the parameters, across their records */
    size_t params; /* bytes of all pairs, as their lengths announce them */
    size_t pair;   /* what is still to come of the pair whose lengths are complete */
    unsigned char lengths[8];
    size_t lengths_len;
};

/* A new request. max_params: the most bytes that its pairs of names and values may have. */
void records_begin(struct records *r, size_t max_params);

/*
 * The next len bytes. false: they are not those of one request to a responder, the request was given up, or its
 * parameters are no list of pairs or too many. What follows the request's end is not looked at.
 */
bool records_judge(struct records *r, const unsigned char *p, size_t len);

#endif
