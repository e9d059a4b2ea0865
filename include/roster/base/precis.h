/* SPDX-License-Identifier: Apache-2.0 */
/*
 * precis - user names and passwords: what they may consist of, and the forms in which they are compared. On libunistring.
 *
 * Source: RFC 8264 (the framework and its two string classes), RFC 8265 (the profiles UsernameCaseMapped and
 * OpaqueString), RFC 5892 A (context rules), RFC 5893 2 (the Bidi rule); RFC 7644 5 asks for both. Text must be valid UTF-8.
 * ASCII takes a fast path throughout.
 */
#ifndef ROSTER_BASE_PRECIS_H
#define ROSTER_BASE_PRECIS_H

#include "roster/base/arena.h"
#include "roster/base/str.h"

#include <stdint.h>

enum precis_verdict {
    PRECIS_FINE,
    PRECIS_CHARACTER, /* a character that the class has not, or not where it stands */
    PRECIS_DIRECTION  /* text from right to left that breaks the Bidi rule */
};

/* The character that a string is refused for, as it came, and its place in characters, counted from 1. */
struct precis_fault {
    uint32_t character;
    size_t position;
};

/*
 * Whether a user name is userparts of the IdentifierClass with spaces between them (RFC 8265 3.1, 3.3.2), full- and half-width
 * characters taken for what they stand for. Context rules and the Bidi rule are about labels: what stands between
 * spaces, @ and dots. So an e-mail address is judged as a domain name is, and one whose local part is Hebrew passes
 * though its domain is Latin. The empty name is fine. *out is set unless the verdict is PRECIS_FINE.
 */
enum precis_verdict precis_judge_username(struct arena *a, struct str name, struct precis_fault *out);

/*
 * The form in which user names are compared and indexed: full- and half-width characters mapped, then utf8_fold(), which
 * takes Unicode's full case folding where UsernameCaseMapped has lower case, so that ß and SS, Σ and ς are one (RFC 7644 7.8).
 * Preparing a prepared name changes nothing. In a.
 */
struct str precis_username(struct arena *a, struct str name);

/* Whether every character of a password is of the FreeformClass (RFC 8265 4.2.2). The empty password is not allowed. */
bool precis_password_allowed(struct str password);

/*
 * The form in which passwords are compared, or hashed (RFC 8265 4.2.3): every space is U+0020, NFC, nothing else changed.
 * In a, which wipes it; no copy is left elsewhere.
 */
struct str precis_password(struct arena *a, struct str password);

#endif
