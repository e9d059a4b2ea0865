/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8 - Unicode text: validity, the folded form used for comparison, classes of characters. On libunistring.
 */
#ifndef ROSTER_BASE_UTF8_H
#define ROSTER_BASE_UTF8_H

#include "roster/base/arena.h"
#include "roster/base/str.h"

#include <stdint.h>

/* Valid UTF-8 without overlong forms, surrogates or anything past U+10FFFF. */
bool utf8_valid(struct str s);

/* The length of the well-formed UTF-8 sequence that s begins with: 1 to 4; 0 where it begins with none. */
size_t utf8_sequence(struct str s);

/* The length of the first character of s, which must be valid and not empty; *out is the code point. */
size_t utf8_next(struct str s, uint32_t *out);

/*
 * The form in which strings that are not caseExact are compared and indexed: NFC of the full case folding of NFC,
 * repeated to a fixed point (folding a folded string changes nothing). s must be valid UTF-8. ASCII takes a fast path.
 * Source: Unicode 3.13 D145; RFC 7643 2.2.
 */
struct str utf8_fold(struct arena *a, struct str s);

/* NFC. */
struct str utf8_nfc(struct arena *a, struct str s);

/*
 * A character that the workspace policy allows in a person's name: letters and marks of any script, decimal digits,
 * space, ' U+2019 - . , ( ).
 */
bool utf8_is_name_char(uint32_t c);

/* Lower case by the full Unicode mapping, no locale. */
struct str utf8_lower(struct arena *a, struct str s);

#endif
