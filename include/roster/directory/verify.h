/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify - proves that what belongs together is together: every record with its unique values, index entries,
 * ordinal and block count, both halves of every membership, counters, the gap-free event log.
 */
#ifndef ROSTER_DIRECTORY_VERIFY_H
#define ROSTER_DIRECTORY_VERIFY_H

#include "roster/directory/account.h"

struct verify_report {
    uint64_t users, teams, memberships, events, keys; /* looked at */
    uint64_t faults;
};

/* Reads the account while its writers wait. Each fault is told by say(text, ctx), at most 100 of them. */
bool verify_account(struct store *s, struct arena *a, const struct account *account,
                    void (*say)(const char *text, void *ctx), void *ctx, struct verify_report *out, struct error *e);

#endif
