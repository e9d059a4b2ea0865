/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - reading JSON strictly, into values of json-c.
 *
 * json-c's own reader, even in its strict mode, takes single quotes, NaN, duplicate names, overlong UTF-8, raw control
 * characters and integers that it silently clamps. So every text is scanned by RFC 8259, and the values are made from
 * what was scanned. json-c reads the same from what the scan lets through (tests/fuzz/fuzz_json), at twice the cost.
 */
#ifndef ROSTER_BASE_JSON_H
#define ROSTER_BASE_JSON_H

#include "roster/base/arena.h"
#include "roster/base/buf.h"
#include "roster/base/error.h"
#include "roster/base/str.h"

#include <json-c/json.h>

#define JSON_DEPTH_MAX 16

/*
 * Checks that text is exactly one JSON value by RFC 8259: valid UTF-8 (no overlong form, no surrogate), no lone
 * surrogate escape, no NUL (raw or \u0000) anywhere, no two members of an object whose names are equal without regard
 * to ASCII case (SCIM's names are, RFC 7643 2.1; escapes are resolved first), numbers that are an int64 or a finite
 * double, depth at most depth_max (1 to 64; a scalar has depth 0). Runs in constant stack and O(n log n).
 * false: *e has JSON_MALFORMED, JSON_NOT_UTF8, JSON_DUPLICATE_NAME, JSON_TOO_DEEP or JSON_NUMBER_RANGE with the offset.
 */
bool json_scan(struct str text, int depth_max, struct error *e);

/*
 * Scans and reads. The value is released when a is reset; take a reference to keep it longer. NULL: *e is set, or the
 * text was the literal null (then *e is not set).
 */
struct json_object *json_read(struct arena *a, struct str text, struct error *e);

/*
 * The same of what json_write() once wrote and nobody else could change: that no name comes twice is not checked. NULL: it is
 * no JSON.
 */
struct json_object *json_read_own(struct arena *a, struct str text);

/* The bytes of a JSON string, borrowed from v. v must be of json_type_string (asserted). */
struct str json_str(struct json_object *v);

/* The member called name, compared without ASCII case; NULL where absent or JSON null. obj may be NULL or no object. */
struct json_object *json_member(struct json_object *obj, const char *name);

/* The member called exactly name; NULL where absent or JSON null. obj may be NULL or no object. */
struct json_object *json_get(struct json_object *obj, const char *name);

/* The text of the member that json_member() finds, borrowed; STR_NULL where it is no string. */
struct str json_text(struct json_object *obj, const char *name);

/* Whether array has the string text, compared without ASCII case. array may be NULL or no array. */
bool json_array_has(struct json_object *array, struct str text);

/* obj[name] = v; takes v's reference. Ends the process where memory is out. */
void json_put_member(struct json_object *obj, const char *name, struct json_object *v);

/* Appends v's JSON text to b, compact, without escaping '/'. Doubles keep the text they were read with. */
void json_write(struct buf *b, struct json_object *v);

/* Hands the caller's reference to a, which releases it when it is reset or rewound past this point; returns v. */
struct json_object *json_own(struct arena *a, struct json_object *v);

/* Whether two values say the same. Numbers are compared as they were written, so that no digit of a decimal is lost. */
bool json_equal(struct json_object *a, struct json_object *b);

/*
 * A copy that the caller owns, to and from whose objects and arrays, at every depth, members and elements may be put and
 * taken. Strings, numbers and booleans are shared with v: from now on nobody may set another value in them.
 */
struct json_object *json_clone(struct json_object *v);

#endif
