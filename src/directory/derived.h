/* SPDX-License-Identifier: Apache-2.0 */
/*
 * derived - what a filter asks of memberships, which no record has: a team's members, a user's groups. Only listing.c
 * includes this.
 *
 * All such terms of a filter are answered by one walk through the memberships of a resource, and that is made when the first
 * of them is asked; a membership that a term names by its id is looked up.
 */
#ifndef ROSTER_DIRECTORY_DERIVED_H
#define ROSTER_DIRECTORY_DERIVED_H

#include "roster/directory/member.h"
#include "roster/scim/filter.h"
#include "roster/scim/folds.h"

struct derived_term {
    const struct filter *term;  /* as the filter has it: a comparison or a value path */
    const struct filter *asked; /* of each membership */
    bool none;                  /* whether it holds where no membership answers yes (attr eq null) */
};

struct derived {
    const struct resource_type *type;
    struct str base;
    struct folds *folds; /* of a membership */
    struct derived_term terms[FILTER_TERMS_MAX];
    size_t n;
    bool walked;        /* yes and open are of the present resource */
    uint64_t yes, open; /* bit i: a membership answered terms[i] with yes; none did yet */
};

/* The terms of filter (NULL: none), which is of the type. What is needed besides lives in a; folds is the caller's. */
void derived_begin(struct derived *d, const struct resource_type *type, const struct filter *filter, struct str base,
                   struct folds *folds, struct arena *a);

/* The next terms are asked of another resource. */
void derived_next(struct derived *d);

/* Whether the filter's term holds for the user or team self. What it takes from arena is given back. */
enum store_rc derived_holds(struct derived *d, struct store_txn *txn, struct arena *arena, const struct filter *term,
                            const struct id *self, bool *holds);

#endif
