/* SPDX-License-Identifier: Apache-2.0 */
/*
 * factor - the second factor of a console admin: codes that change with time (TOTP, RFC 6238, by liboath: SHA-1, six digits,
 * 30 seconds, as every authenticator knows them), and recovery codes for when the telephone is lost.
 *
 * No code is taken twice: of two codes in one step the second is a replay (RFC 6238 5.2), and a recovery code is gone
 * when it was used. Recovery codes have 60 random bits and are kept as SHA-256.
 */
#ifndef ROSTER_DIRECTORY_FACTOR_H
#define ROSTER_DIRECTORY_FACTOR_H

#include "roster/base/buf.h"

#define FACTOR_SECRET_SIZE 20
#define FACTOR_STEP_MS     30000
#define FACTOR_CODE_DIGITS 6
#define FACTOR_CODES       10 /* recovery codes */
#define FACTOR_CODE_TEXT   15 /* "xxxx-xxxx-xxxx" and the NUL */
#define FACTOR_CODE_HASH   32
#define FACTOR_BASE32_TEXT 33 /* the secret in base 32, and the NUL */

struct factor {
    unsigned char secret[FACTOR_SECRET_SIZE];
    uint64_t step; /* of the newest code that was taken; 0: none was */
    size_t ncodes; /* recovery codes that are left */
    unsigned char codes[FACTOR_CODES][FACTOR_CODE_HASH];
};

/* A new secret, and no recovery codes yet. */
void factor_make(struct factor *out);

/* New recovery codes, which replace the old; texts gets them, and the caller wipes it. */
void factor_make_codes(struct factor *f, char texts[FACTOR_CODES][FACTOR_CODE_TEXT]);

/*
 * Whether code is right at now (ms), at most one step early or late, or a recovery code. Then *f is changed, and the caller
 * stores it. Spaces, hyphens and case count for nothing.
 */
bool factor_take(struct factor *f, struct str code, int64_t now);

/* The secret for those who type it; the caller wipes it. */
void factor_base32(const struct factor *f, char out[FACTOR_BASE32_TEXT]);

/* Appends the address that authenticators read from a QR code: otpauth://totp/ISSUER:NAME?secret=…&issuer=ISSUER */
void factor_uri(struct buf *out, const struct factor *f, struct str issuer, struct str name);

#endif
