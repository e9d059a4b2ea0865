/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mask - what a client sent, without its secrets, for the sync log.
 *
 * Secret are the value of a member whose name has "passw", "secret" or "token" in it, in any case; the values of an object
 * whose path, name, type or key has, as in a PATCH operation; and every name and string in which one of these words or the beginning of a token of ours ("rst_")
 * stands, unless it is a name or path alone. In the place of each stands "***".
 */
#ifndef ROSTER_SCIM_MASK_H
#define ROSTER_SCIM_MASK_H

#include "roster/base/buf.h"

#define MASK_TEXT "***"

#define MASK_SECRETS_MAX 32
#define MASK_READ_MAX    ((size_t)256 << 10) /* a longer body with secrets in it is left out */

/* The secrets that were taken out, so that other words about the same request can be looked through for them. */
struct mask {
    struct str secrets[MASK_SECRETS_MAX]; /* of four bytes and more, in the arena */
    size_t n;
    bool more; /* there were more of them, or they are not known */
};

/* Whether a sign of a secret is in text. An escape (\u) is one, for it can hide the others. Passes over text once. */
bool mask_mentions(struct str text);

/* Whether the beginning of a token of ours is in text. */
bool mask_has_token(struct str text);

/*
 * Appends body, which is JSON that json_scan() lets through, without its secrets: as JSON where that has at most limit
 * bytes and is less deep than JSON_DEPTH_MAX, else its first limit bytes as a JSON string, and then sets *cut. *m is set anew.
 */
void mask_body(struct buf *out, struct str body, size_t limit, struct mask *m, bool *cut);

/* text with "***" in the place of each secret of m; in a where it is another one. */
struct str mask_text(struct arena *a, struct str text, const struct mask *m);

#endif
