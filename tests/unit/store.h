/* SPDX-License-Identifier: Apache-2.0 */
/* store - a real, small store for the tests above it, in a directory that goes when the program ends. */
#ifndef ROSTER_TESTS_STORE_H
#define ROSTER_TESTS_STORE_H

#include "unit.h"

#include "roster/store/store.h"

#include <stdio.h>
#include <stdlib.h>

/* Fills *conf, whose strings are in a; both outlive the store. Ends the program where it cannot be opened. */
static inline struct store *unit_store(struct conf *conf, struct arena *a)
{
    const char *message = "", *dir = unit_tmpdir();

    conf_defaults(conf);
    conf->store_data = arena_printf(a, "%s/data", dir);
    conf->store_regions = arena_printf(a, "%s/env", dir);
    conf->store_cache_mb = 8;
    conf->store_ballast_mb = 0;
    conf->store_reserve_mb = 1;
    struct store *s = store_open(conf, a, &message);
    if (s == NULL) {
        fprintf(stderr, "%s\n", message);
        exit(99);
    }
    return s;
}

#endif
