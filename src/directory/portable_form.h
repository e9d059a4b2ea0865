/* SPDX-License-Identifier: Apache-2.0 */
/* portable_form - what export and import share: the kinds of lines, in their order, and the names in them (doc/export.md). */
#ifndef ROSTER_DIRECTORY_PORTABLE_FORM_H
#define ROSTER_DIRECTORY_PORTABLE_FORM_H

#include "roster/directory/state.h"

#define PORTABLE_FORMAT 1

/* In the order in which they stand in a file. */
enum portable_kind {
    KIND_ACCOUNT,
    KIND_STATE,
    KIND_SCHEMA,
    KIND_ROLE,
    KIND_TOKEN,
    KIND_USER,
    KIND_TEAM,
    KIND_MEMBER,
    KIND_RULE,
    KIND_MARK,
    KIND_PASSWORD,
    KIND_EVENT,
    KIND_COUNT
};

/* What a line of each kind begins with. */
extern const struct str portable_heads[KIND_COUNT];

/* What can be marked of a user. */
#define PORTABLE_MARKS 2
extern const struct portable_mark {
    const char *name;
    enum store_space space;
} portable_marks[PORTABLE_MARKS];

/* The counters of the state by their names in the file. */
#define PORTABLE_COUNTERS 6
struct portable_counter {
    const char *name;
    uint64_t *value; /* in the state */
};
void portable_counters(struct state *s, struct portable_counter out[PORTABLE_COUNTERS]);

#endif
