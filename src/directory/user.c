/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/user.h"

#include "departure.h"
#include "edit.h"
#include "former.h"
#include "groups.h"
#include "roster/directory/event.h"
#include "roster/directory/password.h"
#include "roster/directory/seat.h"
#include "roster/store/key.h"

bool user_is_active(struct json_object *user)
{
    struct json_object *active = json_member(user, "active");

    return active == NULL || json_object_get_boolean(active);
}

bool user_image_is_active(const struct image *user)
{
    struct image_value active;
    size_t row = 0;

    return !image_next_leaf(user, user->nvalues, ATTR_USER_ACTIVE, &row, &active) ||
           !str_eq(active.text, STR_LIT("false"));
}

/* --- POST --- */

struct creation {
    struct call *c;
    struct json_object *user;
    struct id id;
    struct new_password password;
    struct image *out;
};

static enum store_rc create_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct creation *w = ctx;
    struct state state;
    struct resource_key taken;
    struct buf changes;

    enum store_rc rc = edit_begin(txn, arena, w->c, &state);
    if (rc != STORE_OK || (rc = standing_judge(txn, arena, w->c, NULL, w->user)) != STORE_OK)
        return rc;
    rc = entry_create(txn, arena, w->c->account->user_type, w->user, &w->id, w->c->now, w->c->now, &state, w->out,
                      &taken);
    if (rc == STORE_EXISTS)
        return edit_refuse_taken(w->c, w->c->account->user_type, &taken);
    if (rc != STORE_OK)
        return rc;
    state.active += user_is_active(w->user);
    buf_init(&changes, arena);
    resource_diff(&changes, w->c->account->user_type, NULL, w->user);
    struct event ev = {.type = "user.created",
                       .resource_type = w->c->account->user_type,
                       .resource = w->id,
                       .version = w->out->version,
                       .changes = buf_view(&changes),
                       .name = json_text(w->user, "userName")};
    if ((rc = seat_stand(txn, arena, w->c, &state, NULL, w->out, &ev)) != STORE_OK ||
        (rc = password_put(txn, arena, w->c, &w->id, w->user, &w->password)) != STORE_OK ||
        (rc = event_write(txn, w->c, &state, &ev)) != STORE_OK)
        return rc;
    return state_put(txn, &state);
}

bool user_create(struct call *c, struct json_object *body, struct image *out)
{
    struct creation w = {.c = c, .out = out, .id = call_made(c)};

    w.user = edit_normalise(c, c->account->user_type, body, NULL);
    if (w.user == NULL || !policy_judge_user(&c->account->policy, w.user, NULL, c->arena, c->error))
        return false;
    if (json_member(w.user, "active") == NULL)
        json_put_member(w.user, "active", json_object_new_boolean(1));
    if (!password_take(c, resource_take_password(body), true, &w.password))
        return false;
    return edit_run(c, create_body, &w);
}

bool user_get(struct call *c, struct str id, struct image *out)
{
    return edit_get(c, c->account->user_type, id, out);
}

/* --- PUT and PATCH --- */

struct update {
    struct call *c;
    struct str text; /* the id as it was written */
    const struct precondition *pre;
    struct json_object *body;  /* normal form: PUT */
    const struct patch *patch; /* or NULL */
    struct new_password password;
    struct image *out;
};

/* What was left out, null or empty stays as it was. */
static void keep(struct json_object *after, struct json_object *before, const char *name)
{
    struct json_object *old = json_member(before, name);

    if (old != NULL && json_member(after, name) == NULL)
        json_put_member(after, name, json_object_get(old));
}

/* A type is a person's rights: only who names another one, or removes it by its path, changes them. */
static bool keeps_type(const struct update *w)
{
    return w->c->account->policy.value[POLICY_USER_TYPE_BLANK] == TYPE_BLANK_KEEP &&
           (w->patch == NULL ||
            !patch_removes(w->patch, attribute_by_number(&resource_type_user, ATTR_USER_USER_TYPE)));
}

/* What the user is to become, in the arena. NULL: *c->error. */
static struct json_object *user_after(const struct update *w, struct json_object *before, struct arena *arena)
{
    struct json_object *after = json_own(arena, json_clone(w->patch == NULL ? w->body : before));

    if (w->patch != NULL && !patch_apply(w->patch, w->c->account->user_type, after, arena, NULL, NULL, w->c->error))
        return NULL;
    if (!resource_keep_immutable(w->c->account->user_type, before, after, w->patch == NULL, arena, w->c->error))
        return NULL;
    keep(after, before, "active"); /* neither wakes nor suspends */
    if (keeps_type(w))
        keep(after, before, "userType");
    return policy_judge_user(&w->c->account->policy, after, before, arena, w->c->error) ? after : NULL;
}

/* Tells that the password changed, and no more of it. */
static void add_password(struct buf *changes)
{
    changes->len--; /* the array goes on */
    buf_puts(changes, changes->len > 1 ? ",{\"path\":\"password\"}]" : "{\"path\":\"password\"}]");
}

/*
 * Keeps the teams of a user who has been deactivated, and gives them back to one who has been reactivated: then he may have
 * another type, and *out gets what he has become.
 */
static enum store_rc move_groups(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                                 const struct id *user, bool active, struct image *out)
{
    bool on = c->account->policy.value[POLICY_RESTORE_TEAMS] == POLICY_ON;
    struct former kept = {.kind = FORMER_GROUPS, .id = *user, .since = c->now};
    enum store_rc rc;

    if (!active) {
        if (!on || (rc = groups_of(txn, arena, user, &kept.ids, &kept.nids)) != STORE_OK)
            return on ? rc : STORE_OK;
        return kept.nids == 0 ? STORE_OK : former_put(txn, arena, c, state, &kept);
    }
    if (state->former == 0)
        return STORE_OK;
    rc = former_get(txn, arena, c, FORMER_GROUPS, user, &kept);
    if (rc == STORE_OK && on && (rc = groups_join(txn, arena, c, state, user, kept.ids, kept.nids)) == STORE_OK)
        rc = entry_get(txn, c->account->user_type, user, arena, out);
    return rc == STORE_OK || rc == STORE_NOTFOUND ? former_drop(txn, state, FORMER_GROUPS, user) : rc;
}

static enum store_rc update_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct update *w = ctx;
    struct image old;
    struct state state;
    struct resource_key taken;
    struct buf changes;
    struct event ev = {.type = "user.updated", .resource_type = w->c->account->user_type};

    enum store_rc rc = edit_load(txn, arena, w->c, w->c->account->user_type, w->text, w->pre, &ev.resource, &old);
    if (rc != STORE_OK || (rc = edit_begin(txn, arena, w->c, &state)) != STORE_OK)
        return rc;
    struct json_object *before = image_resource(&old, arena), *after = user_after(w, before, arena);
    const struct state begun = state;

    if (after == NULL)
        return STORE_REFUSED;
    if ((rc = standing_judge(txn, arena, w->c, before, after)) != STORE_OK)
        return rc;
    buf_init(&changes, arena);
    *w->out = old;
    bool differs = resource_diff(&changes, w->c->account->user_type, before, after);
    if ((rc = password_put(txn, arena, w->c, &ev.resource, after, &w->password)) != STORE_OK)
        return rc;
    if (w->password.text.p != NULL)
        add_password(&changes);
    if (!differs) {
        if ((rc = seat_stand(txn, arena, w->c, &state, &old, &old, &ev)) != STORE_OK)
            return rc;
        if (ev.role_new.p == NULL &&
            w->password.text.p == NULL) /* unless a seat has come free that the user waits for */
            return memcmp(&state, &begun, sizeof state) == 0 ? STORE_OK : state_put(txn, &state);
        rc = entry_touch(txn, arena, &old, w->c->now, &state, w->out);
    } else {
        rc = entry_update(txn, arena, &old, before, after, w->c->now, &state, w->out, &taken);
        if (rc == STORE_EXISTS)
            return edit_refuse_taken(w->c, w->c->account->user_type, &taken);
        if (rc == STORE_OK)
            rc = seat_stand(txn, arena, w->c, &state, &old, w->out, &ev);
    }
    if (rc != STORE_OK)
        return rc;
    if (user_is_active(before) != user_is_active(after)) {
        ev.type = user_is_active(after) ? "user.reactivated" : "user.deactivated";
        state.active = user_is_active(after) ? state.active + 1 : state.active - 1;
    }
    ev.version = w->out->version;
    ev.changes = buf_view(&changes);
    ev.name = json_text(after, "userName");
    if ((rc = event_write(txn, w->c, &state, &ev)) != STORE_OK ||
        (user_is_active(before) != user_is_active(after) &&
         (rc = move_groups(txn, arena, w->c, &state, &ev.resource, user_is_active(after), w->out)) != STORE_OK))
        return rc;
    return state_put(txn, &state);
}

bool user_replace(struct call *c, struct str id, struct json_object *body, const struct precondition *pre,
                  struct image *out)
{
    struct update w = {.c = c, .text = id, .pre = pre, .out = out};

    w.body = edit_normalise(c, c->account->user_type, body, NULL);
    return w.body != NULL && password_take(c, resource_take_password(body), false, &w.password) &&
           edit_run(c, update_body, &w);
}

bool user_patch(struct call *c, struct str id, const struct patch *patch, const struct precondition *pre,
                struct image *out)
{
    struct update w = {.c = c, .text = id, .pre = pre, .patch = patch, .out = out};

    return password_take(c, patch_password(patch), false, &w.password) && edit_run(c, update_body, &w);
}

/* --- DELETE --- */

struct deletion {
    struct call *c;
    struct str text;
    const struct precondition *pre;
};

/* Keeps the user and his teams for user_restore(). */
static enum store_rc keep_user(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                               const struct image *user, const struct former *teams)
{
    struct former kept = *teams;
    struct buf text;

    buf_init(&text, arena);
    json_write(&text, image_resource(user, arena));
    kept.kind = FORMER_USER;
    kept.created = user->created;
    kept.resource = buf_view(&text);
    return former_put(txn, arena, c, state, &kept);
}

static enum store_rc delete_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct deletion *w = ctx;
    struct image old;
    struct state state;
    struct former teams = {.since = w->c->now};
    struct event ev = {.type = "user.deleted", .resource_type = w->c->account->user_type};

    enum store_rc rc = edit_load(txn, arena, w->c, w->c->account->user_type, w->text, w->pre, &ev.resource, &old);
    if (rc != STORE_OK || (rc = edit_begin(txn, arena, w->c, &state)) != STORE_OK)
        return rc;
    if ((rc = seat_stand(txn, arena, w->c, &state, &old, NULL, &ev)) != STORE_OK) /* while he is in his teams */
        return rc;
    teams.id = ev.resource;
    rc = groups_leave(txn, arena, w->c, &state, &ev.resource, &teams.ids, &teams.nids);
    if (rc == STORE_OK && !w->c->taking_back)
        rc = keep_user(txn, arena, w->c, &state, &old, &teams);
    if (rc != STORE_OK || (rc = departure_begin(txn, arena, w->c, &state, &ev.resource)) != STORE_OK ||
        (rc = entry_delete(txn, arena, &old, &state)) != STORE_OK)
        return rc;
    state.active -= user_image_is_active(&old);
    ev.name = image_leaf(&old, ATTR_USER_NAME, arena);
    if ((rc = password_drop(txn, &ev.resource)) != STORE_OK || (rc = event_write(txn, w->c, &state, &ev)) != STORE_OK)
        return rc;
    return state_put(txn, &state);
}

bool user_delete(struct call *c, struct str id, const struct precondition *pre)
{
    struct deletion w = {.c = c, .text = id, .pre = pre};

    if (!edit_run(c, delete_body, &w))
        return false;
    if (c->unfinished)
        departure_finish(c);
    return true; /* the user is gone; what could not be done now is done by the account's next changes */
}
