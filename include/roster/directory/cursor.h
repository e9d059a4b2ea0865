/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor - places in a list that clients carry from page to page (RFC 9865).
 *
 * The server keeps nothing of a walk: a cursor is the place itself, sealed with a key of the account, so that it tells
 * nothing (a place may hold a name), cannot be made or changed, and is worth nothing in another account. It goes with
 * the query that gave it and is valid for CURSOR_SECONDS.
 */
#ifndef ROSTER_DIRECTORY_CURSOR_H
#define ROSTER_DIRECTORY_CURSOR_H

#include "roster/directory/listing.h"

#define CURSOR_SECONDS    3600
#define CURSOR_QUERY_SIZE 16

struct cursor {
    struct listing_place place;
    bool backward; /* the page in front of the place, else the one behind it */
    uint32_t count;
    unsigned char query[CURSOR_QUERY_SIZE]; /* a hash of all that must not change between pages */
};

/* The text of a cursor, of letters, digits, - and _ (RFC 9865 2), in c->arena. STR_NULL: *c->error is set. */
struct str cursor_seal(struct call *c, const struct cursor *cursor);

/* false: CURSOR_INVALID, CURSOR_EXPIRED. */
bool cursor_open(struct call *c, struct str text, struct cursor *out);

/* The two without a store: with a key of CURSOR_KEY_SIZE bytes, at a time. text is in a. *out of a text that is not good is
 * undefined. */
#define CURSOR_KEY_SIZE 32
enum cursor_rc { CURSOR_OK, CURSOR_FORGED, CURSOR_OLD };
struct str cursor_encode(const struct cursor *cursor, const unsigned char *key, int64_t now, struct arena *a);
enum cursor_rc cursor_decode(struct str text, const unsigned char *key, int64_t now, struct cursor *out);

#endif
