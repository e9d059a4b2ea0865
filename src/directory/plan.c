/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include "roster/directory/entry.h"
#include "roster/store/key.h"

/* Kinds of terms by how few resources they find. */
enum { RANK_ID, RANK_UNIQUE, RANK_VALUE, RANK_MEMBERS, RANK_PREFIX, RANK_RANGE };

static struct str keep(struct arena *a, const struct key *k)
{
    return arena_str(a, key_view(k));
}

static void set_range(struct plan *out, int rank, struct plan_range range, struct arena *a)
{
    struct plan_range *kept = arena_alloc(a, sizeof *kept);

    *kept = range;
    *out = (struct plan){.rank = rank, .ranges = kept, .n = 1};
}

/* --- eq --- */

/* Ids are compared with case, but found without. */
static bool plan_id(const struct filter *f, struct arena *a, struct plan *out)
{
    struct id id;

    *out = (struct plan){.rank = RANK_ID};
    if (id_parse(f->folded, &id))
        set_range(out, RANK_ID, (struct plan_range){.from = arena_str(a, str_make(id.b, sizeof id.b))}, a);
    out->one = true;
    return true;
}

static bool plan_membership(const struct filter *f, enum store_space space, struct arena *a, struct plan *out)
{
    struct key from, to;
    struct id id;

    *out = (struct plan){.rank = RANK_MEMBERS, .exact = true};
    if (!id_parse(f->folded, &id))
        return true;
    key_init(&from);
    key_id(&from, &id);
    to = from;
    key_end(&to);
    set_range(out, RANK_MEMBERS, (struct plan_range){.space = space, .from = keep(a, &from), .to = keep(a, &to)}, a);
    out->exact = true;
    return true;
}

static bool plan_equal(const struct filter *f, const struct attribute *leaf, struct arena *a, struct plan *out)
{
    bool unique = leaf->index == INDEX_UNIQUE;
    struct key from, to;

    entry_unique_key(&from, leaf->number, f->folded);
    to = from;
    key_end(&to);
    set_range(out, unique ? RANK_UNIQUE : RANK_VALUE,
              (struct plan_range){.space = unique ? SPACE_UNIQUE : SPACE_INDEX,
                                  .from = keep(a, &from),
                                  .to = unique ? STR_NULL : keep(a, &to),
                                  .id_is_value = unique},
              a);
    out->one = unique;
    out->exact = true;
    return true;
}

/* --- sw, gt, ge, lt, le --- */

/* Longer values end in a hash in their keys, which has no order: they are looked for by their beginning. */
#define ORDERED_MAX 200

/* The beginning of the keys of all values that begin with s; the values' own end is cut off. */
static void prefix_key(struct key *k, uint16_t attribute, struct str s)
{
    key_init(k);
    key_u16(k, attribute);
    key_str(k, str_sub(s, 0, s.len < ORDERED_MAX ? s.len : ORDERED_MAX));
    k->len -= 2; /* the mark behind a string */
}

static bool has_one_value(const struct attribute *leaf)
{
    return !leaf->multi && (leaf->parent == NULL || !leaf->parent->multi);
}

static bool plan_interval(const struct filter *f, const struct attribute *leaf, struct arena *a, struct plan *out)
{
    bool unique = leaf->index == INDEX_UNIQUE, prefix = f->op == FILTER_SW;
    struct key from, to;

    if (prefix && f->folded.len == 0)
        return false;
    prefix_key(&from, leaf->number, f->op == FILTER_LT || f->op == FILTER_LE ? STR_LIT("") : f->folded);
    prefix_key(&to, leaf->number, f->op == FILTER_GT || f->op == FILTER_GE ? STR_LIT("") : f->folded);
    key_end(&to);
    set_range(out, prefix ? RANK_PREFIX : RANK_RANGE,
              (struct plan_range){.space = unique ? SPACE_UNIQUE : SPACE_INDEX,
                                  .from = keep(a, &from),
                                  .to = keep(a, &to),
                                  .id_is_value = unique},
              a);
    out->single = has_one_value(leaf) ? leaf : NULL;
    return true;
}

static bool plan_term(const struct filter *f, struct arena *a, struct plan *out)
{
    if (f->absent || f->value == NULL || !json_object_is_type(f->value, json_type_string))
        return false;
    const struct attribute *leaf = attrpath_leaf(&f->path);
    bool orders =
        f->op == FILTER_SW || f->op == FILTER_GT || f->op == FILTER_GE || f->op == FILTER_LT || f->op == FILTER_LE;
    if (f->op == FILTER_EQ) {
        switch (leaf->number) {
        case ATTR_ID:
            return plan_id(f, a, out);
        case ATTR_TEAM_MEMBERS_VALUE:
            return plan_membership(f, SPACE_MEMBEROF, a, out);
        case ATTR_USER_GROUPS_VALUE:
            return plan_membership(f, SPACE_MEMBER, a, out);
        default:
            return leaf->index != INDEX_NONE && plan_equal(f, leaf, a, out);
        }
    }
    return orders && leaf->index != INDEX_NONE && plan_interval(f, leaf, a, out);
}

/* --- and, or --- */

/* name gt "a" and name lt "c": one range, where the attribute has but one value. */
static void cut(const struct plan *x, const struct plan *y, struct arena *a, struct plan *out)
{
    struct plan_range both = x->ranges[0];

    if (str_cmp(y->ranges[0].from, both.from) > 0)
        both.from = y->ranges[0].from;
    if (str_cmp(y->ranges[0].to, both.to) < 0)
        both.to = y->ranges[0].to;
    set_range(out, RANK_PREFIX, both, a);
    out->single = x->single;
    if (str_cmp(both.from, both.to) >= 0)
        out->n = 0;
}

static bool plan_and(const struct filter *f, struct arena *a, struct plan *out)
{
    struct plan left, right;
    bool has_left = plan_make(f->left, a, &left), has_right = plan_make(f->right, a, &right);

    if (has_left && has_right && left.single != NULL && left.single == right.single && left.n == 1 && right.n == 1)
        cut(&left, &right, a, out);
    else if (has_left && (!has_right || left.rank <= right.rank))
        *out = left;
    else if (has_right)
        *out = right;
    out->exact = false;
    return has_left || has_right;
}

static bool plan_or(const struct filter *f, struct arena *a, struct plan *out)
{
    struct plan left, right;

    if (!plan_make(f->left, a, &left) || !plan_make(f->right, a, &right))
        return false;
    struct plan_range *both = arena_alloc(a, (left.n + right.n) * sizeof *both);
    for (size_t i = 0; i < left.n + right.n; i++)
        both[i] = i < left.n ? left.ranges[i] : right.ranges[i - left.n];
    *out = (struct plan){.rank = left.rank > right.rank ? left.rank : right.rank,
                         .ranges = both,
                         .n = left.n + right.n,
                         .one = left.one && right.one,
                         .exact = left.exact && right.exact};
    return true;
}

bool plan_make(const struct filter *f, struct arena *a, struct plan *out)
{
    *out = (struct plan){.n = 0};
    switch (f->op) {
    case FILTER_AND:
        return plan_and(f, a, out);
    case FILTER_OR:
        return plan_or(f, a, out);
    case FILTER_NOT:
        return false;
    case FILTER_PATH: /* what one value must be, some value must be */
        if (!plan_make(f->left, a, out))
            return f->absent;
        out->single = NULL;
        return true;
    default:
        return plan_term(f, a, out);
    }
}
