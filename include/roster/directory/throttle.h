/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle - how often somebody may fail: counted by all processes together, for any name, whether or not it is somebody's.
 *
 * Each name has a number of failures at once and gets one back after each interval (GCRA: one number for each name is all that is
 * kept). Names share a table of fixed size by their hashes; where it is full those that waited longest for nothing are
 * forgotten.
 */
#ifndef ROSTER_DIRECTORY_THROTTLE_H
#define ROSTER_DIRECTORY_THROTTLE_H

#include "roster/base/arena.h"
#include "roster/base/str.h"

#include <stdint.h>

struct throttle;

/* In the directory of the shared memory. NULL: *message, in a, says why. */
struct throttle *throttle_open(const char *dir, struct arena *a, const char **message);
void throttle_close(struct throttle **t);

struct throttle_rule {
    int failures;        /* at once */
    int64_t interval_ms; /* one comes back */
};

/* How many ms the name has to wait before its next try; 0: it may try. now in ms since the epoch. */
int64_t throttle_wait(struct throttle *t, const struct throttle_rule *rule, uint32_t account, struct str name,
                      int64_t now);

/* The try failed. */
void throttle_fail(struct throttle *t, const struct throttle_rule *rule, uint32_t account, struct str name,
                   int64_t now);

/* It did not: all failures of the name are forgiven. */
void throttle_forgive(struct throttle *t, uint32_t account, struct str name);

#endif
