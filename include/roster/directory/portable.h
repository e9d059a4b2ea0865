/* SPDX-License-Identifier: Apache-2.0 */
/*
 * portable - an account as lines of JSON: the way out of one engine and into another. Exporting what was imported gives
 * the same bytes.
 *
 * doc/export.md has the lines and their order. Of a token there is the hash, never the secret. Indexes are made anew by the
 * import; the sync log, deleted users and what else is kept for undoing does not travel.
 */
#ifndef ROSTER_DIRECTORY_PORTABLE_H
#define ROSTER_DIRECTORY_PORTABLE_H

#include "roster/directory/account.h"

#include <stdio.h>

/* Writes a consistent view of the account. */
bool portable_export(struct store *s, struct arena *a, struct str slug, FILE *out, struct error *e);

/* Makes the account anew; slug of no bytes: as in the file. ACCOUNT_TAKEN, IMPORT_LINE. In transactions of bounded size; the account
 * can be used when the last line was taken (until then it is suspended). */
bool portable_import(struct store *s, struct arena *a, FILE *in, struct str slug, struct error *e);

#endif
