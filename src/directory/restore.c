/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/restore.h"

#include "departure.h"
#include "edit.h"
#include "former.h"
#include "groups.h"
#include "roster/directory/event.h"
#include "roster/directory/seat.h"
#include "roster/directory/user.h"
#include "roster/store/key.h"

/* --- the list of deleted users --- */

struct looking {
    struct call *c;
    struct former_place from, place;
    struct former_user *out;
    bool found;
};

/* The userName of a kept user; in the arena. STR_NULL: the record is none. */
static struct str name_of(const struct former *kept, struct arena *arena)
{
    struct error e = ERROR_INIT;

    return json_text(json_read(arena, kept->resource, &e), "userName");
}

static enum store_rc describe(struct store_txn *txn, struct arena *arena, struct looking *l, const struct id *id)
{
    struct former kept;

    enum store_rc rc = former_get(txn, arena, l->c, FORMER_USER, id, &kept);
    if (rc != STORE_OK)
        return rc;
    *l->out = (struct former_user){
        .id = *id, .deleted = kept.since, .expires = former_end(l->c, kept.since), .user_name = name_of(&kept, arena)};
    return l->out->user_name.p == NULL ? STORE_ERROR : STORE_OK;
}

static enum store_rc next_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct looking *l = ctx;
    struct store_scan *scan = NULL;
    struct key from;
    struct str key;
    uint8_t kind;

    l->found = false;
    l->place = l->from;
    former_age_key(&from, l->from.since, FORMER_USER, &l->from.id);
    key_u8(&from, 0);
    enum store_rc rc = store_scan_open(txn, SPACE_FORMERAGE, key_view(&from), STR_NULL, STORE_FORWARD, &scan);
    while (rc == STORE_OK && !l->found && (rc = store_scan_next(scan, &key, NULL)) == STORE_OK) {
        if (!former_age_read(key, &l->place.since, &kind, &l->place.id))
            rc = STORE_ERROR;
        else if (kind != FORMER_USER || former_end(l->c, l->place.since) <= l->c->now)
            continue;
        else if ((rc = describe(txn, arena, l, &l->place.id)) == STORE_NOTFOUND)
            rc = STORE_OK; /* restored between the two reads */
        else
            l->found = rc == STORE_OK;
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

bool former_next(struct call *c, struct former_place *place, struct former_user *out, bool *found)
{
    struct looking l = {.c = c, .from = *place, .out = out};
    enum store_rc rc = store_run(c->store, c->account->number, STORE_READ, c->arena, next_body, &l);

    *found = rc == STORE_OK && l.found;
    *place = l.place;
    return call_done(c, rc);
}

/* The deleted user whom text names. */
static bool find(struct call *c, struct str text, struct id *out)
{
    const struct attribute *name = attribute_by_number(&resource_type_user, ATTR_USER_NAME);
    struct str wanted = resource_comparable(name, text, c->arena);
    struct former_place place = {0};
    struct former_user user;
    bool more = true, found = false;

    if (id_parse(text, out))
        return true;
    while (more) {
        struct arena_mark mark = arena_mark(c->arena);

        if (!former_next(c, &place, &user, &more))
            return false;
        if (more && str_eq(resource_comparable(name, user.user_name, c->arena), wanted)) {
            *out = user.id;
            found = true; /* and the last of them stays */
        }
        arena_rewind(c->arena, mark);
    }
    if (!found)
        error_set(c->error, ERR_FORMER_UNKNOWN, text);
    return found;
}

/* --- bringing a user back --- */

struct restoring {
    struct call *c;
    struct str text; /* as the caller wrote it */
    struct id id;
    struct image *out; /* NULL: he is to be purged */
};

/* Leaves out a manager who is not there. */
static enum store_rc drop_manager(struct store_txn *txn, struct call *c, const struct id *id, struct json_object *user)
{
    const char *name = attribute_by_number(c->account->user_type, ATTR_USER_MANAGER)->name;
    struct json_object *extension = json_member(user, URN_ENTERPRISE);
    struct id manager;

    if (extension == NULL || !id_parse(json_text(json_member(extension, name), "value"), &manager) ||
        id_eq(&manager, id))
        return STORE_OK;
    enum store_rc rc = store_has(txn, SPACE_USER, id_view(&manager));
    if (rc != STORE_NOTFOUND)
        return rc;
    json_object_object_del(extension, name);
    resource_tidy(user);
    return STORE_OK;
}

/* What was kept, in normal form by the account's schemas as they are now. NULL: *c->error. */
static struct json_object *user_of(struct call *c, const struct former *kept, struct arena *arena)
{
    static const struct resource_options options = {.stored = true};
    struct json_object *body = json_read(arena, kept->resource, c->error), *schemas = json_object_new_array();

    if (body == NULL) {
        json_object_put(schemas);
        return NULL;
    }
    json_object_array_add(schemas, json_object_new_string(URN_USER));
    json_put_member(body, "schemas", schemas);
    return resource_normalise(c->account->user_type, body, &options, arena, NULL, c->error);
}

/* Makes the user of what was kept, as a POST does, but with the id, the time and the teams that he had. */
static enum store_rc bring_back(struct store_txn *txn, struct arena *arena, struct restoring *w, struct state *state,
                                const struct former *kept)
{
    const struct resource_type *type = w->c->account->user_type;
    struct event ev = {.type = "user.restored", .resource_type = type, .resource = w->id};
    struct json_object *user = user_of(w->c, kept, arena);
    struct resource_key taken;
    struct buf changes;
    struct id *teams;
    size_t nteams;

    if (user == NULL)
        return STORE_REFUSED;
    enum store_rc rc = drop_manager(txn, w->c, &w->id, user);
    if (rc != STORE_OK)
        return rc;
    rc = entry_create(txn, arena, type, user, &w->id, kept->created, w->c->now, state, w->out, &taken);
    if (rc == STORE_EXISTS)
        return edit_refuse_taken(w->c, type, &taken);
    if (rc != STORE_OK)
        return rc;
    if ((rc = groups_put(txn, arena, w->c, &w->id, kept->ids, kept->nids, &teams, &nteams)) != STORE_OK)
        return rc; /* first, for his teams may say what type he has */
    state->active += user_is_active(user);
    buf_init(&changes, arena);
    resource_diff(&changes, type, NULL, user);
    ev.version = w->out->version;
    ev.changes = buf_view(&changes);
    if ((rc = seat_stand(txn, arena, w->c, state, NULL, w->out, &ev)) != STORE_OK ||
        (rc = event_write(txn, w->c, state, &ev)) != STORE_OK)
        return rc;
    return groups_tell(txn, arena, w->c, state, &w->id, teams, nteams, true);
}

static enum store_rc end(struct store_txn *txn, struct restoring *w, struct state *state)
{
    struct event ev = {.type = "user.purged", .resource_type = w->c->account->user_type, .resource = w->id};

    enum store_rc rc = former_drop(txn, state, FORMER_GROUPS, &w->id);
    return rc == STORE_OK ? event_write(txn, w->c, state, &ev) : rc;
}

static enum store_rc take_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct restoring *w = ctx;
    struct former kept;
    struct state state;

    enum store_rc rc = edit_begin(txn, arena, w->c, &state);
    if (rc != STORE_OK)
        return rc;
    rc = former_get(txn, arena, w->c, FORMER_USER, &w->id, &kept);
    if (rc == STORE_NOTFOUND)
        return edit_refuse(w->c, ERR_FORMER_UNKNOWN, w->text);
    if (rc != STORE_OK || (rc = former_drop(txn, &state, FORMER_USER, &w->id)) != STORE_OK)
        return rc;
    if (w->out != NULL && departure_is_open(txn, &w->id, &rc)) /* others have him as manager, and lose him yet */
        return STORE_BUSY;
    if (rc == STORE_OK)
        rc = w->out == NULL ? end(txn, w, &state) : bring_back(txn, arena, w, &state, &kept);
    return rc == STORE_OK ? state_put(txn, &state) : rc;
}

static bool take(struct call *c, struct str text, struct image *out)
{
    struct restoring w = {.c = c, .text = text, .out = out};

    return find(c, text, &w.id) && edit_run(c, take_body, &w);
}

bool user_restore(struct call *c, struct str user, struct image *out)
{
    departure_finish(c); /* which may be his */
    return take(c, user, out);
}

bool user_purge(struct call *c, struct str user)
{
    return take(c, user, NULL);
}
