/* SPDX-License-Identifier: Apache-2.0 */
#include "derived.h"

#include <assert.h>

static_assert(FILTER_TERMS_MAX <= 64, "a bit for each");

/* A comparison with the id of a membership: there is one record to look for. */
static bool names_one(const struct filter *term)
{
    const struct attribute *leaf = attrpath_leaf(&term->path);

    return term->op == FILTER_EQ && !term->absent && term->value != NULL &&
           (leaf->number == ATTR_TEAM_MEMBERS_VALUE || leaf->number == ATTR_USER_GROUPS_VALUE);
}

/* What stands in the brackets of a value path. */
static const struct filter *inside(const struct filter *term)
{
    return term->op == FILTER_PATH ? term->left : term;
}

/* attr eq null, attr ne null: whether there is one is asked, and for the first, whether there is none. */
static void add(struct derived *d, const struct filter *term, struct arena *a)
{
    struct derived_term *t = &d->terms[d->n++];
    bool with_null = term->value == NULL && (term->op == FILTER_EQ || term->op == FILTER_NE);

    *t = (struct derived_term){.term = term, .asked = inside(term), .none = with_null && term->op == FILTER_EQ};
    if (with_null) {
        struct filter *present = arena_alloc(a, sizeof *present);
        *present = (struct filter){.op = FILTER_PR, .path = term->path};
        t->asked = present;
    }
}

/* As deep as FILTER_DEPTH_MAX allows. */
static void collect(struct derived *d, const struct filter *f, struct arena *a)
{
    if (f == NULL)
        return;
    if (f->op == FILTER_AND || f->op == FILTER_OR || f->op == FILTER_NOT) {
        collect(d, f->left, a);
        collect(d, f->right, a);
    } else if (filter_is_derived(f) && !names_one(inside(f))) {
        assert(d->n < FILTER_TERMS_MAX); /* filter_parse() takes no more */
        add(d, f, a);
    }
}

void derived_begin(struct derived *d, const struct resource_type *type, const struct filter *filter, struct str base,
                   struct folds *folds, struct arena *a)
{
    d->type = type;
    d->base = base;
    d->folds = folds;
    d->n = 0;
    d->walked = false;
    collect(d, filter, a);
}

void derived_next(struct derived *d)
{
    d->walked = false;
}

struct asking {
    struct derived *d;
    struct arena *arena;
};

static bool ask(const struct resource_type *type, const struct member_ref *ref, void *ctx)
{
    struct asking *q = ctx;
    struct derived *d = q->d;
    struct json_object *element = json_own(q->arena, member_seen(type, ref, d->base, q->arena));

    for (size_t i = 0; i < d->n; i++) {
        uint64_t bit = UINT64_C(1) << i;

        if ((d->open & bit) != 0 && filter_match_value(d->terms[i].asked, element, d->folds, q->arena)) {
            d->yes |= bit;
            d->open &= ~bit;
        }
    }
    folds_clear(d->folds);
    return d->open != 0;
}

static enum store_rc walk(struct derived *d, struct store_txn *txn, struct arena *arena, const struct id *self)
{
    struct asking q = {.d = d, .arena = arena};

    d->yes = 0;
    d->open = d->n == 64 ? UINT64_MAX : (UINT64_C(1) << d->n) - 1;
    enum store_rc rc = member_each(txn, arena, d->type, self, ask, &q);
    d->walked = rc == STORE_OK;
    return rc;
}

static enum store_rc look_up(const struct derived *d, struct store_txn *txn, const struct filter *term,
                             const struct id *self, bool *holds)
{
    bool of_team = d->type->number == resource_type_team.number;
    struct id other;

    *holds = false;
    if (!id_parse(term->folded, &other))
        return STORE_OK;
    enum store_rc rc = member_has(txn, of_team ? self : &other, of_team ? &other : self);
    *holds = rc == STORE_OK;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

enum store_rc derived_holds(struct derived *d, struct store_txn *txn, struct arena *arena, const struct filter *term,
                            const struct id *self, bool *holds)
{
    size_t i = 0;

    if (names_one(inside(term)))
        return look_up(d, txn, inside(term), self, holds);
    while (i < d->n && d->terms[i].term != term)
        i++;
    assert(i < d->n); /* it is of the filter that derived_begin() was given */
    enum store_rc rc = d->walked ? STORE_OK : walk(d, txn, arena, self);
    *holds = ((d->yes >> i & 1) != 0) != d->terms[i].none;
    return rc;
}
