/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operator - the operator's own tokens, which make, change and remove accounts, so that his back office needs no shell.
 *
 * They have the form of an account's tokens and are kept like them, as SHA-256, but in the system's maps and as no account's: where
 * an account's token is asked for, one of these is unknown, and an account's token is never one of these, whatever its scopes.
 */
#ifndef ROSTER_DIRECTORY_OPERATOR_H
#define ROSTER_DIRECTORY_OPERATOR_H

#include "roster/directory/token.h"

/* Makes one; text gets the secret, which the caller wipes. expires 0: never. TOKEN_NAME, TOKEN_LIMIT. */
bool operator_token_add(struct store *s, struct arena *a, struct str name, int64_t expires, char text[TOKEN_TEXT_MAX],
                        struct token *out, struct error *e);

/* All, also the revoked, in order of creation; scopes, user and last_used are 0. */
bool operator_token_list(struct store *s, struct arena *a, struct token **out, size_t *n, struct error *e);

/* By id or name (what looks like an id is one). Counts at once. TOKEN_UNKNOWN. */
bool operator_token_revoke(struct store *s, struct arena *a, struct str id_or_name, struct error *e);

/*
 * Whether header, as access_check() has it, is a live token of the operator, *id then. *foreign: it is an account's token (then the
 * result is TOKEN_UNKNOWN). TOKEN_FAULT: *e is set.
 */
enum token_rc operator_check(struct store *s, struct arena *a, struct str header, struct id *id, bool *foreign,
                             struct error *e);

#endif
