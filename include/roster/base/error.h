/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error - why something was refused: a code of the catalogue and the words for it.
 *
 * The catalogue is errors.def, the one place where a code, its HTTP status, its scimType and its texts stand. Whoever
 * knows the cause sets the error; nobody overwrites it on the way up; one function (api/answer) renders it.
 */
#ifndef ROSTER_BASE_ERROR_H
#define ROSTER_BASE_ERROR_H

#include "roster/base/str.h"

enum error_code {
    ERR_NONE,
#define ERROR(code, status, scim_type, sentence, cause, admin, engineer) ERR_##code,
#include "roster/errors.def"
#undef ERROR
    ERR_COUNT
};

struct error_entry {
    const char *code;      /* "NAME_BAD_CHARACTER" */
    int status;            /* HTTP status */
    const char *scim_type; /* RFC 7644 table 9 or RFC 9865, or NULL */
    const char *sentence;  /* what happened; each {} is replaced by an argument of error_set() */
    const char *cause;     /* why this happens, in general */
    const char *admin;     /* what the identity provider's admin does */
    const char *engineer;  /* what the application's engineer or the operator does */
};

#define ERROR_SENTENCE_MAX 512

/* Initialise with ERROR_INIT. code is ERR_NONE while nothing went wrong. */
struct error {
    enum error_code code;
    char sentence[ERROR_SENTENCE_MAX]; /* NUL-terminated, valid UTF-8, without control characters */
};

#define ERROR_INIT ((struct error){.code = ERR_NONE})

/* The catalogue's row; code must be a real one (asserted). Static memory. */
const struct error_entry *error_entry(enum error_code code);

/* The row of a name such as "TYPE_UNKNOWN", without regard to case; NULL where there is none. */
const struct error_entry *error_find(struct str code);

/*
 * Sets *e unless it is set already (the first cause wins). Each {} of the row's sentence takes the next argument, in
 * order; the arguments are struct str, their number must be the number of {} (asserted). Every argument is shortened
 * to 120 bytes at a character's border and control characters become U+FFFD, so that client data may be named safely.
 */
#define error_set(e, code, ...)                                                                                        \
    error_set_args((e), (code), (const struct str[]){STR_NULL, ##__VA_ARGS__},                                         \
                   sizeof((const struct str[]){STR_NULL, ##__VA_ARGS__}) / sizeof(struct str) - 1)
void error_set_args(struct error *e, enum error_code code, const struct str *args, size_t nargs);

static inline bool error_is_set(const struct error *e)
{
    return e->code != ERR_NONE;
}

#endif
