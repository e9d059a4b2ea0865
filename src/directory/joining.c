/* SPDX-License-Identifier: Apache-2.0 */
#include "joining.h"

#include "edit.h"
#include "roster/directory/entry.h"
#include "roster/directory/event.h"

#define NUMBER(n)      NUMBER_TEXT(n)
#define NUMBER_TEXT(n) #n

enum store_rc joining_begin(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                            const struct id *team, struct joining *out)
{
    const struct rules *rules = &c->account->rules;

    *out = (struct joining){.c = c, .state = state, .team = *team, .has_rule = rules_find(rules, team) < rules->n};
    return out->has_rule ? seat_sum_begin(txn, arena, c, state, &out->sum) : STORE_OK;
}

enum store_rc joining_before(struct store_txn *txn, struct arena *arena, struct joining *j, const struct id *user)
{
    j->user = *user;
    j->counts = false;
    if (!j->has_rule)
        return STORE_OK;
    enum store_rc rc = entry_get(txn, j->c->account->user_type, user, arena, &j->old);
    if (rc == STORE_OK)
        rc = seat_holder(txn, arena, j->c, j->state, user, &j->old, &j->before);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_ERROR : rc; /* a member is a user */
    j->counts = j->before.standing.source >= STANDING_TEAM;
    return STORE_OK;
}

enum store_rc joining_after(struct store_txn *txn, struct arena *arena, struct joining *j)
{
    struct event ev = {
        .type = "user.updated", .resource_type = j->c->account->user_type, .resource = j->user, .follows = true};
    struct holder after;
    struct image new;

    if (!j->counts)
        return STORE_OK;
    enum store_rc rc = seat_holder(txn, arena, j->c, j->state, &j->user, &j->old, &after);
    if (rc != STORE_OK || (rc = seat_sum_change(txn, arena, j->c, j->state, &j->user, &j->before, &after)) != STORE_OK)
        return rc;
    ev.role_old = seat_role(&j->before)->id;
    ev.role_new = seat_role(&after)->id;
    if (str_eq(ev.role_old, ev.role_new))
        return STORE_OK;
    j->base = seat_role(&after)->base;
    if (++j->types > JOINING_TYPES_MAX)
        return edit_refuse(j->c, ERR_TYPE_CHANGES, STR_LIT(NUMBER(JOINING_TYPES_MAX)));
    if ((rc = entry_touch(txn, arena, &j->old, j->c->now, j->state, &new)) != STORE_OK)
        return rc;
    ev.version = new.version;
    return event_write(txn, j->c, j->state, &ev);
}

enum store_rc joining_end(struct store_txn *txn, struct arena *arena, struct joining *j)
{
    return j->types == 0 ? STORE_OK : seat_sum_judge(txn, arena, j->c, j->state, &j->sum, role_of_base(j->base));
}
