/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folds - the comparable forms of values, each found once. Folding a long text costs more than comparing it, and a
 * request may have the same values compared thousands of times.
 */
#ifndef ROSTER_SCIM_FOLDS_H
#define ROSTER_SCIM_FOLDS_H

#include "roster/base/json.h"
#include "roster/scim/schema.h"

#define FOLDS_SHORT 64 /* bytes of an ASCII text that is folded anew sooner than found again */

struct folds;

struct folds *folds_new(void);
void folds_free(struct folds **f);

/* Forgets all: the values that it knows are going. */
void folds_clear(struct folds *f);

/* Where a value stands; its attribute and this say which one it is until folds_clear(). */
struct folds_place {
    struct folds *folds;       /* NULL: nothing is remembered */
    const void *where;         /* its first byte, or its object */
    struct json_object *owner; /* is kept alive as long, so that its place is nobody else's; or NULL */
};

/* As resource_comparable(). What is given lives until folds_clear(), or in a. */
struct str folds_comparable(struct folds_place at, const struct attribute *attribute, struct str v, struct arena *a);

/* The same of a JSON string. */
struct str folds_json(struct folds *f, const struct attribute *attribute, struct json_object *v, struct arena *a);

#endif
