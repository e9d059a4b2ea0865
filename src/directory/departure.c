/* SPDX-License-Identifier: Apache-2.0 */
#include "departure.h"

#include "edit.h"
#include "roster/directory/event.h"
#include "roster/store/key.h"

/* Takes the manager from one who had the user as manager, and tells it. *bytes: with those of the record. */
static enum store_rc report_lost(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                                 const struct id *report, size_t *bytes)
{
    const struct resource_type *type = c->account->user_type;
    struct event ev = {.type = "user.updated", .resource_type = type, .resource = *report, .follows = true};
    struct json_object *extension;
    struct resource_key taken;
    struct image old, new;
    struct buf changes;

    enum store_rc rc = entry_get(txn, type, report, arena, &old);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_ERROR : rc;
    *bytes += old.text.len;
    struct json_object *before = image_resource(&old, arena), *after = image_resource(&old, arena);
    if (!json_object_object_get_ex(after, URN_ENTERPRISE, &extension))
        return STORE_ERROR;
    json_object_object_del(extension, attribute_by_number(type, ATTR_USER_MANAGER)->name);
    resource_tidy(after);
    buf_init(&changes, arena);
    resource_diff(&changes, type, before, after);
    if ((rc = entry_update(txn, arena, &old, before, after, c->now, state, &new, &taken)) != STORE_OK)
        return rc;
    ev.version = new.version;
    ev.changes = buf_view(&changes);
    return event_write(txn, c, state, &ev);
}

/* Takes the user as manager from as many as a step may. *all: nobody else has him. */
static enum store_rc step(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                          const struct id *user, bool *all)
{
    char text[ID_TEXT_LEN + 1];
    struct id *reports;
    struct key manager;
    size_t n, i, bytes = 0;

    id_format(user, text);
    entry_unique_key(&manager, ATTR_USER_MANAGER_VALUE, str_of(text)); /* what the index keys of the value begin with */
    enum store_rc rc = entry_ids(txn, arena, SPACE_INDEX, &manager, DEPARTURE_STEP + 1, &reports, &n);
    for (i = 0; i < n && i < DEPARTURE_STEP && bytes < DEPARTURE_STEP_BYTES && rc == STORE_OK; i++) {
        struct arena_mark mark = arena_mark(arena);

        if (!id_eq(&reports[i], user)) /* who is his own manager goes himself */
            rc = report_lost(txn, arena, c, state, &reports[i], &bytes);
        arena_rewind(arena, mark);
    }
    *all = i == n;
    return rc;
}

enum store_rc departure_begin(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                              const struct id *user)
{
    struct key k;
    bool all;

    enum store_rc rc = step(txn, arena, c, state, user, &all);
    if (rc != STORE_OK || all)
        return rc;
    c->unfinished = true;
    state->departed++;
    key_init(&k); /* the same code as a key's */
    key_id(&k, &c->token);
    key_id(&k, &c->request);
    return store_put(txn, SPACE_DEPARTED, id_view(user), key_view(&k));
}

bool departure_is_open(struct store_txn *txn, const struct id *user, enum store_rc *rc)
{
    *rc = store_has(txn, SPACE_DEPARTED, id_view(user));
    if (*rc != STORE_NOTFOUND)
        return *rc == STORE_OK;
    *rc = STORE_OK;
    return false;
}

/* The user of the first mark, and in who, who deleted him. STORE_NOTFOUND: there is none. */
static enum store_rc first_mark(struct store_txn *txn, struct id *user, struct call *who)
{
    struct store_scan *scan = NULL;
    struct str key, value;

    enum store_rc rc = store_scan_open(txn, SPACE_DEPARTED, STR_NULL, STR_NULL, STORE_FORWARD, &scan);
    if (rc == STORE_OK)
        rc = store_scan_next(scan, &key, &value);
    if (rc == STORE_OK &&
        !(key_take_id(&key, user) && key_take_id(&value, &who->token) && key_take_id(&value, &who->request)))
        rc = STORE_ERROR;
    store_scan_close(&scan);
    return rc;
}

static enum store_rc go_on_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct call *c = ctx;
    struct state state;
    struct id user;
    bool all;

    enum store_rc rc = edit_begin(txn, arena, c, &state);
    if (rc != STORE_OK || !c->unfinished)
        return rc;
    if ((rc = first_mark(txn, &user, c)) != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_ERROR : rc;
    if ((rc = step(txn, arena, c, &state, &user, &all)) != STORE_OK)
        return rc;
    if (all) {
        if ((rc = store_delete(txn, SPACE_DEPARTED, id_view(&user))) != STORE_OK)
            return rc;
        state.departed--;
    }
    c->unfinished = state.departed > 0;
    return state_put(txn, &state);
}

bool departure_go_on(struct call *c)
{
    return edit_step(c, go_on_body);
}

void departure_finish(struct call *c)
{
    c->unfinished = true;
    while (c->unfinished && departure_go_on(c))
        store_sync(c->store); /* or who writes meanwhile waits until the disk has all of it */
}
