/* SPDX-License-Identifier: Apache-2.0 */
/* clock - the time of day in milliseconds since 1970 UTC, and its RFC 3339 text (xsd:dateTime, RFC 7643 2.3.5). */
#ifndef ROSTER_BASE_CLOCK_H
#define ROSTER_BASE_CLOCK_H

#include "roster/base/buf.h"

#include <stdint.h>

/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now(void);

/* Milliseconds of a clock that never jumps; for time limits only. */
int64_t clock_ticks(void);

/* Microseconds of the same clock; for how long something took. */
int64_t clock_micros(void);

/* "2026-11-23T23:35:07.123Z": always 24 characters and a NUL. ms is of the years 0 to 9999 (clamped). */
#define CLOCK_TEXT_LEN 24
void clock_format(int64_t ms, char out[CLOCK_TEXT_LEN + 1]);

/* Appends that text as a JSON string; null for 0, which stands for never. */
void clock_write(struct buf *b, int64_t ms);

/* The same as a member of an object. */
void clock_json(struct buf *b, const char *name, int64_t ms);

/* Reads an xsd:dateTime with any offset and fraction; a missing offset counts as UTC. false: it is none. */
bool clock_parse(struct str s, int64_t *ms);

#endif
