/* SPDX-License-Identifier: Apache-2.0 */
#include "joining.h"

#include "edit.h"
#include "roster/directory/entry.h"
#include "roster/directory/event.h"

#define NUMBER(n)      NUMBER_TEXT(n)
#define NUMBER_TEXT(n) #n

enum store_rc joining_before(struct store_txn *txn, struct arena *arena, struct call *c, const struct state *state,
                             const struct id *team, const struct id *user, struct joining *out)
{
    *out = (struct joining){.user = *user};
    if (rules_find(&c->account->rules, team) == c->account->rules.n)
        return STORE_OK;
    enum store_rc rc = entry_get(txn, c->account->user_type, user, arena, &out->old);
    if (rc == STORE_OK)
        rc = seat_holder(txn, arena, c, state, user, &out->old, &out->before);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_ERROR : rc; /* a member is a user */
    out->counts = out->before.standing.source >= STANDING_TEAM;
    return STORE_OK;
}

enum store_rc joining_after(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                            const struct joining *joining, size_t *changes)
{
    struct event ev = {
        .type = "user.updated", .resource_type = c->account->user_type, .resource = joining->user, .follows = true};
    struct holder after;
    struct image new;

    if (!joining->counts)
        return STORE_OK;
    enum store_rc rc = seat_holder(txn, arena, c, state, &joining->user, &joining->old, &after);
    if (rc != STORE_OK ||
        (rc = seat_change(txn, arena, c, state, &joining->user, &joining->before, &after)) != STORE_OK)
        return rc;
    ev.role_old = seat_role(&joining->before)->id;
    ev.role_new = seat_role(&after)->id;
    if (str_eq(ev.role_old, ev.role_new))
        return STORE_OK;
    if (++*changes > JOINING_TYPES_MAX)
        return edit_refuse(c, ERR_TYPE_CHANGES, STR_LIT(NUMBER(JOINING_TYPES_MAX)));
    if ((rc = entry_touch(txn, arena, &joining->old, c->now, state, &new)) != STORE_OK)
        return rc;
    ev.version = new.version;
    return event_write(txn, c, state, &ev);
}
