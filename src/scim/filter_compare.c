/* SPDX-License-Identifier: Apache-2.0 */
#include "filter_compare.h"

#include "roster/base/clock.h"
#include "roster/base/decimal.h"

static bool by_order(enum filter_op op, int order)
{
    switch (op) {
    case FILTER_EQ:
        return order == 0;
    case FILTER_NE:
        return order != 0;
    case FILTER_GT:
        return order > 0;
    case FILTER_GE:
        return order >= 0;
    case FILTER_LT:
        return order < 0;
    case FILTER_LE:
        return order <= 0;
    default:
        return false;
    }
}

static bool compare_text(enum filter_op op, struct str v, struct str x)
{
    switch (op) {
    case FILTER_CO:
        return x.len == 0 || memmem(v.p, v.len, x.p, x.len) != NULL;
    case FILTER_SW:
        return str_starts(v, x);
    case FILTER_EW:
        return v.len >= x.len && str_eq(str_sub(v, v.len - x.len, v.len), x);
    default:
        return by_order(op, str_cmp(v, x));
    }
}

static bool is_text(enum filter_op op)
{
    return op == FILTER_CO || op == FILTER_SW || op == FILTER_EW;
}

bool filter_compare_time(const struct filter *f, int64_t ms, struct str text)
{
    return is_text(f->op) ? compare_text(f->op, text, f->folded) : by_order(f->op, (ms > f->ms) - (ms < f->ms));
}

bool filter_compare_string(const struct filter *f, const struct attribute *leaf, struct str v, struct folds_place at,
                           struct arena *a)
{
    int64_t ms = 0;

    switch (leaf->type) {
    case ATTRIBUTE_BOOLEAN:
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_INTEGER:
        return f->op == FILTER_NE;
    case ATTRIBUTE_DATETIME:
        if (!is_text(f->op) && !clock_parse(v, &ms))
            return f->op == FILTER_NE;
        return filter_compare_time(f, ms, v);
    default:
        return compare_text(f->op, folds_comparable(at, leaf, v, a), f->folded);
    }
}

bool filter_compare_literal(const struct filter *f, const struct attribute *leaf, struct str v)
{
    bool is_boolean = v.len > 0 && (v.p[0] == 't' || v.p[0] == 'f');

    if (leaf->type == ATTRIBUTE_BOOLEAN)
        return by_order(f->op, !is_boolean || (v.p[0] == 't') != (bool)json_object_get_boolean(f->value));
    if (is_boolean || (leaf->type != ATTRIBUTE_DECIMAL && leaf->type != ATTRIBUTE_INTEGER))
        return f->op == FILTER_NE;
    return by_order(f->op, decimal_cmp(v, f->folded));
}

bool filter_compare_json(const struct filter *f, const struct attribute *leaf, struct json_object *v,
                         struct folds *folds, struct arena *a)
{
    struct buf text;

    if (json_object_is_type(v, json_type_string))
        return filter_compare_string(f, leaf, json_str(v), (struct folds_place){folds, v, v}, a);
    if (json_object_is_type(v, json_type_object))
        return f->op == FILTER_NE;
    buf_init(&text, a);
    json_write(&text, v);
    return filter_compare_literal(f, leaf, buf_view(&text));
}
