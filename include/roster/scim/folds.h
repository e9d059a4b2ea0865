/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folds - the comparable forms of values, each found once. Folding a long text that is not ASCII costs far more than
 * comparing it, and a request may have the same values compared thousands of times.
 */
#ifndef ROSTER_SCIM_FOLDS_H
#define ROSTER_SCIM_FOLDS_H

#include "roster/base/json.h"
#include "roster/scim/schema.h"

struct folds;

struct folds *folds_new(void);
void folds_free(struct folds **f);

/* Forgets all: the values that it knows are going. */
void folds_clear(struct folds *f);

/*
 * As resource_comparable(). f NULL: nothing is remembered. key is where v stands, and says with attribute which value it is until
 * folds_clear(); owner, which may be NULL, is kept alive as long, so that its place is nobody else's. What is given lives as
 * long, or in a.
 */
struct str folds_comparable(struct folds *f, const struct attribute *attribute, struct str v, const void *key,
                            struct json_object *owner, struct arena *a);

#endif
