/* SPDX-License-Identifier: Apache-2.0 */
#include "groups.h"

#include "joining.h"
#include "roster/directory/entry.h"
#include "roster/directory/event.h"
#include "roster/directory/member.h"
#include "roster/store/key.h"

enum store_rc groups_of(struct store_txn *txn, struct arena *arena, const struct id *user, const struct id **teams,
                        size_t *n)
{
    struct key prefix;
    struct id *ids;

    key_init(&prefix);
    key_id(&prefix, user);
    enum store_rc rc = entry_ids(txn, arena, SPACE_MEMBEROF, &prefix, SIZE_MAX, &ids, n);
    *teams = ids;
    return rc;
}

/* Tells that the user has become a member of the team, or no longer is one. STORE_NOTFOUND: there is no such team. */
static enum store_rc tell(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                          const struct id *team, const struct id *user, bool joined)
{
    struct event ev = {
        .type = "team.updated", .resource_type = c->account->team_type, .resource = *team, .follows = true};
    struct image old, new;

    enum store_rc rc = entry_get(txn, c->account->team_type, team, arena, &old);
    if (rc != STORE_OK || (rc = entry_touch(txn, arena, &old, c->now, state, &new)) != STORE_OK)
        return rc;
    ev.version = new.version;
    *(joined ? &ev.added : &ev.removed) = user;
    *(joined ? &ev.nadded : &ev.nremoved) = 1;
    return event_write(txn, c, state, &ev);
}

enum store_rc groups_tell(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                          const struct id *user, const struct id *teams, size_t n, bool joined)
{
    enum store_rc rc = STORE_OK;

    for (size_t i = 0; i < n && rc == STORE_OK; i++) {
        struct arena_mark mark = arena_mark(arena);

        rc = tell(txn, arena, c, state, &teams[i], user, joined);
        arena_rewind(arena, mark);
    }
    return rc == STORE_NOTFOUND ? STORE_ERROR : rc; /* a member's team is there */
}

enum store_rc groups_put(struct store_txn *txn, struct arena *arena, struct call *c, const struct id *user,
                         const struct id *teams, size_t n, struct id **joined, size_t *njoined)
{
    const struct membership made = membership_of(c);
    enum store_rc rc = STORE_OK;

    *joined = arena_alloc_raw(arena, (n + 1) * sizeof **joined);
    *njoined = 0;
    for (size_t i = 0; i < n && rc == STORE_OK; i++) {
        rc = store_has(txn, SPACE_TEAM, id_view(&teams[i]));
        if (rc == STORE_OK) {
            (*joined)[(*njoined)++] = teams[i];
            rc = member_put(txn, &teams[i], user, &made);
        } else if (rc == STORE_NOTFOUND) {
            rc = STORE_OK; /* the team has gone meanwhile */
        }
    }
    return rc;
}

enum store_rc groups_leave(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                           const struct id *user, const struct id **teams, size_t *n)
{
    struct id *left;

    enum store_rc rc = member_drop_user(txn, arena, user, &left, n);
    *teams = left;
    return rc == STORE_OK ? groups_tell(txn, arena, c, state, user, left, *n, false) : rc;
}

static enum store_rc join(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                          const struct id *user, const struct id *team)
{
    const struct membership made = membership_of(c);
    enum store_rc rc = member_has(txn, team, user);
    struct joining joining;

    if (rc != STORE_NOTFOUND)
        return rc;
    rc = tell(txn, arena, c, state, team, user, true);
    if (rc == STORE_NOTFOUND)
        return STORE_OK; /* the team has gone meanwhile */
    if (rc != STORE_OK || (rc = joining_begin(txn, arena, c, state, team, &joining)) != STORE_OK ||
        (rc = joining_before(txn, arena, &joining, user)) != STORE_OK ||
        (rc = member_put(txn, team, user, &made)) != STORE_OK || (rc = joining_after(txn, arena, &joining)) != STORE_OK)
        return rc;
    return joining_end(txn, arena, &joining);
}

enum store_rc groups_join(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                          const struct id *user, const struct id *teams, size_t n)
{
    enum store_rc rc = STORE_OK;

    for (size_t i = 0; i < n && rc == STORE_OK; i++) {
        struct arena_mark mark = arena_mark(arena);

        rc = join(txn, arena, c, state, user, &teams[i]);
        arena_rewind(arena, mark);
    }
    return rc;
}
