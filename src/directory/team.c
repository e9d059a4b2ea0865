/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/team.h"

#include "edit.h"
#include "former.h"
#include "roster/directory/event.h"
#include "roster/directory/member.h"
#include "roster/directory/restore.h"
#include "roster/store/key.h"

struct team_write {
    struct call *c;
    struct str text; /* the id as it was written; not for POST */
    const struct precondition *pre;
    struct json_object *body;    /* normal form; NULL for PATCH and DELETE */
    struct json_object *members; /* of body, or NULL: not named */
    const struct patch *patch;
    struct id id; /* of a new team */
    bool keeps;   /* the members it had are kept for team_restore() */
    struct image *out;
};

/* Another team of this name, or STORE_NOTFOUND. self may be NULL. */
static enum store_rc team_named(struct store_txn *txn, struct arena *arena, struct json_object *team,
                                const struct id *self, struct id *out)
{
    struct str name = resource_comparable(attribute_by_number(&resource_type_team, ATTR_TEAM_DISPLAY_NAME),
                                          json_str(json_member(team, "displayName")), arena);
    struct store_scan *scan = NULL;
    struct key from, to;
    struct str key;

    entry_unique_key(&from, ATTR_TEAM_DISPLAY_NAME, name); /* the beginning that all index keys of the name share */
    to = from;
    key_end(&to);
    enum store_rc rc = store_scan_open(txn, SPACE_INDEX, key_view(&from), key_view(&to), STORE_FORWARD, &scan);
    while (rc == STORE_OK && (rc = store_scan_next(scan, &key, NULL)) == STORE_OK) {
        struct str tail = str_sub(key, from.len, key.len);

        if (!key_take_id(&tail, out))
            rc = STORE_ERROR;
        else if (self == NULL || !id_eq(self, out))
            break;
    }
    store_scan_close(&scan);
    return rc;
}

static enum store_rc refuse_name(struct team_write *w, struct json_object *team)
{
    return edit_refuse(w->c, ERR_TEAM_NAME_TAKEN, json_str(json_member(team, "displayName")));
}

static bool renamed(struct json_object *before, struct json_object *after)
{
    return !str_eq(json_str(json_member(before, "displayName")), json_str(json_member(after, "displayName")));
}

/* Writes the event and the counters: the end of every change. */
static enum store_rc team_finish(struct store_txn *txn, struct team_write *w, struct state *state, struct event *ev,
                                 const struct member_delta *delta)
{
    ev->resource_type = w->c->account->team_type;
    ev->added = delta->added;
    ev->nadded = delta->nadded;
    ev->removed = delta->removed;
    ev->nremoved = delta->nremoved;
    enum store_rc rc = event_write(txn, w->c, state, ev);
    return rc == STORE_OK ? state_put(txn, state) : rc;
}

static enum store_rc members_of(struct store_txn *txn, struct arena *arena, const struct id *team, struct former *out)
{
    struct key prefix;
    struct id *ids;

    key_init(&prefix);
    key_id(&prefix, team);
    enum store_rc rc = entry_ids(txn, arena, SPACE_MEMBER, &prefix, SIZE_MAX, &ids, &out->nids);
    out->ids = ids;
    return rc;
}

/* Brings the team old to `after` and its membership through changes; nothing is written where nothing differs. */
static enum store_rc team_change(struct store_txn *txn, struct arena *arena, struct team_write *w, const struct id *id,
                                 const struct image *old, struct json_object *after,
                                 const struct member_change *changes, size_t nchanges)
{
    struct json_object *before = image_resource(old, arena);
    struct event ev = {.type = "team.updated", .resource = *id};
    struct former kept = {.kind = FORMER_MEMBERS, .id = *id, .since = w->c->now};
    struct member_delta delta;
    struct state state;
    struct resource_key taken;
    struct buf diff;
    struct id other;

    if (w->body != NULL) /* a whole team takes the place of old; the body may be needed again */
        after = json_own(arena, json_clone(after));
    if (!resource_keep_immutable(w->c->account->team_type, before, after, w->body != NULL, arena, w->c->error))
        return STORE_REFUSED;
    enum store_rc rc = edit_begin(txn, arena, w->c, &state);
    if (rc == STORE_OK && w->keeps)
        rc = members_of(txn, arena, id, &kept);
    if (rc != STORE_OK || (rc = member_apply(txn, arena, w->c, &state, id, changes, nchanges, &delta)) != STORE_OK)
        return rc;
    if (w->keeps && delta.nadded + delta.nremoved > 0 && (rc = former_put(txn, arena, w->c, &state, &kept)) != STORE_OK)
        return rc;
    buf_init(&diff, arena);
    *w->out = *old;
    if (resource_diff(&diff, w->c->account->team_type, before, after)) {
        if (renamed(before, after) && w->c->account->policy.value[POLICY_TEAM_SAME_NAME] != SAME_NAME_ALLOW &&
            (rc = team_named(txn, arena, after, id, &other)) != STORE_NOTFOUND)
            return rc == STORE_OK ? refuse_name(w, after) : rc;
        rc = entry_update(txn, arena, old, before, after, w->c->now, &state, w->out, &taken);
        if (rc == STORE_EXISTS)
            return edit_refuse_taken(w->c, old->type, &taken);
    } else if (delta.nadded + delta.nremoved == 0) {
        return STORE_OK;
    } else {
        rc = entry_touch(txn, arena, old, w->c->now, &state, w->out);
    }
    if (rc != STORE_OK)
        return rc;
    ev.version = w->out->version;
    ev.changes = buf_view(&diff);
    ev.name = json_text(after, "displayName");
    return team_finish(txn, w, &state, &ev, &delta);
}

/* --- POST --- */

static enum store_rc create_new(struct store_txn *txn, struct arena *arena, struct team_write *w)
{
    struct event ev = {.type = "team.created", .resource = w->id};
    struct member_change add = member_change_of(MEMBER_ADD, w->members);
    struct member_delta delta;
    struct state state;
    struct resource_key taken;
    struct buf diff;

    enum store_rc rc = edit_begin(txn, arena, w->c, &state);
    if (rc != STORE_OK)
        return rc;
    rc = entry_create(txn, arena, w->c->account->team_type, w->body, &w->id, w->c->now, w->c->now, &state, w->out,
                      &taken);
    if (rc == STORE_EXISTS)
        return edit_refuse_taken(w->c, w->c->account->team_type, &taken);
    if (rc != STORE_OK || (rc = member_apply(txn, arena, w->c, &state, &w->id, &add, 1, &delta)) != STORE_OK)
        return rc;
    buf_init(&diff, arena);
    resource_diff(&diff, w->c->account->team_type, NULL, w->body);
    ev.version = w->out->version;
    ev.changes = buf_view(&diff);
    ev.name = json_text(w->body, "displayName");
    return team_finish(txn, w, &state, &ev, &delta);
}

static void put_all(struct json_object *into, struct json_object *from)
{
    json_object_object_foreach(from, name, value)
    {
        json_put_member(into, name, json_object_get(value));
    }
}

/* What the team was, with what body says; what body leaves out stays, also of an extension. */
static struct json_object *merged(const struct resource_type *type, struct json_object *before,
                                  struct json_object *body)
{
    json_object_object_foreach(body, name, value)
    {
        struct json_object *old = extension_find(type, str_of(name)) == NULL ? NULL : json_member(before, name);

        if (old != NULL)
            put_all(old, value);
        else
            json_put_member(before, name, json_object_get(value));
    }
    return before;
}

/* A pushed group meets a team of its name: it takes that team over, or joins it. */
static enum store_rc create_over(struct store_txn *txn, struct arena *arena, struct team_write *w, const struct id *id)
{
    bool merge = w->c->account->policy.value[POLICY_TEAM_SAME_NAME] == SAME_NAME_MERGE;
    struct member_change change = member_change_of(merge ? MEMBER_ADD : MEMBER_REPLACE, w->members);
    struct image old;

    enum store_rc rc = entry_get(txn, w->c->account->team_type, id, arena, &old);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_ERROR : rc;
    w->keeps = !merge;
    struct json_object *after = merge ? merged(old.type, image_resource(&old, arena), w->body) : w->body;
    return team_change(txn, arena, w, id, &old, after, &change, 1);
}

static enum store_rc create_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct team_write *w = ctx;
    uint8_t policy = w->c->account->policy.value[POLICY_TEAM_SAME_NAME];
    struct id same;

    if (policy == SAME_NAME_ALLOW)
        return create_new(txn, arena, w);
    enum store_rc rc = team_named(txn, arena, w->body, NULL, &same);
    if (rc == STORE_NOTFOUND)
        return create_new(txn, arena, w);
    if (rc != STORE_OK)
        return rc;
    return policy == SAME_NAME_REFUSE ? refuse_name(w, w->body) : create_over(txn, arena, w, &same);
}

bool team_create(struct call *c, struct json_object *body, struct image *out)
{
    struct team_write w = {.c = c, .out = out, .id = call_made(c)};

    w.body = edit_normalise(c, c->account->team_type, body, &w.members);
    return w.body != NULL && edit_run(c, create_body, &w);
}

bool team_get(struct call *c, struct str id, struct image *out)
{
    return edit_get(c, c->account->team_type, id, out);
}

/* --- PUT --- */

static enum store_rc replace_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct team_write *w = ctx;
    struct member_change change = member_change_of(MEMBER_REPLACE, w->members);
    struct image old;
    struct id id;

    enum store_rc rc = edit_load(txn, arena, w->c, w->c->account->team_type, w->text, w->pre, &id, &old);
    if (rc != STORE_OK)
        return rc;
    return team_change(txn, arena, w, &id, &old, w->body, &change, w->members == NULL ? 0 : 1);
}

bool team_replace(struct call *c, struct str id, struct json_object *body, const struct precondition *pre,
                  struct image *out)
{
    struct team_write w = {.c = c, .text = id, .pre = pre, .out = out};

    w.body = edit_normalise(c, c->account->team_type, body, &w.members);
    return w.body != NULL && edit_run(c, replace_body, &w);
}

/* --- PATCH --- */

static enum store_rc patch_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct team_write *w = ctx;
    struct member_change *changes;
    size_t nchanges;
    struct image old;
    struct id id;

    enum store_rc rc = edit_load(txn, arena, w->c, w->c->account->team_type, w->text, w->pre, &id, &old);
    if (rc != STORE_OK)
        return rc;
    struct json_object *after = image_resource(&old, arena); /* a tree of its own: team_change() reads old again */
    if (!patch_apply(w->patch, w->c->account->team_type, after, arena, &changes, &nchanges, w->c->error))
        return STORE_REFUSED;
    return team_change(txn, arena, w, &id, &old, after, changes, nchanges);
}

bool team_patch(struct call *c, struct str id, const struct patch *patch, const struct precondition *pre,
                struct image *out)
{
    struct team_write w = {.c = c, .text = id, .pre = pre, .patch = patch, .out = out};

    return edit_run(c, patch_body, &w);
}

/* --- DELETE --- */

static enum store_rc delete_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct team_write *w = ctx;
    struct event ev = {.type = "team.deleted"};
    struct member_delta nobody = {0}; /* the team is gone: its membership went with it */
    struct image old;
    struct state state;

    enum store_rc rc = edit_load(txn, arena, w->c, w->c->account->team_type, w->text, w->pre, &ev.resource, &old);
    if (rc != STORE_OK || (rc = edit_begin(txn, arena, w->c, &state)) != STORE_OK)
        return rc;
    if ((rc = member_drop_team(txn, arena, w->c, &state, &ev.resource)) != STORE_OK ||
        (rc = former_drop(txn, &state, FORMER_MEMBERS, &ev.resource)) != STORE_OK ||
        (rc = entry_delete(txn, arena, &old, &state)) != STORE_OK)
        return rc;
    ev.name = image_leaf(&old, ATTR_TEAM_DISPLAY_NAME, arena);
    return team_finish(txn, w, &state, &ev, &nobody);
}

bool team_delete(struct call *c, struct str id, const struct precondition *pre)
{
    struct team_write w = {.c = c, .text = id, .pre = pre};

    return edit_run(c, delete_body, &w);
}

/* --- giving members back --- */

/* Those of the ids who are users, as the values of a change. */
static enum store_rc values_of(struct store_txn *txn, struct arena *arena, const struct former *kept,
                               struct json_object **out)
{
    enum store_rc rc = STORE_OK;

    *out = json_own(arena, json_object_new_array());
    for (size_t i = 0; i < kept->nids && rc == STORE_OK; i++) {
        char text[ID_TEXT_LEN + 1];

        rc = store_has(txn, SPACE_USER, id_view(&kept->ids[i]));
        if (rc == STORE_OK) {
            struct json_object *member = json_object_new_object();

            id_format(&kept->ids[i], text);
            json_put_member(member, "value", json_object_new_string(text));
            json_object_array_add(*out, member);
        }
        if (rc == STORE_NOTFOUND)
            rc = STORE_OK; /* gone meanwhile */
    }
    return rc;
}

static enum store_rc restore_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct team_write *w = ctx;
    struct json_object *values;
    struct former kept;
    struct image old;
    struct id id;

    enum store_rc rc = edit_load(txn, arena, w->c, w->c->account->team_type, w->text, NULL, &id, &old);
    if (rc != STORE_OK)
        return rc;
    rc = former_get(txn, arena, w->c, FORMER_MEMBERS, &id, &kept);
    if (rc == STORE_NOTFOUND)
        return edit_refuse(w->c, ERR_FORMER_UNKNOWN, image_leaf(&old, ATTR_TEAM_DISPLAY_NAME, arena));
    if (rc != STORE_OK || (rc = values_of(txn, arena, &kept, &values)) != STORE_OK)
        return rc;
    struct member_change change = member_change_of(MEMBER_REPLACE, values);
    return team_change(txn, arena, w, &id, &old, image_resource(&old, arena), &change, 1);
}

bool team_restore(struct call *c, struct str id, struct image *out)
{
    struct team_write w = {.c = c, .text = id, .out = out, .keeps = true};

    return edit_run(c, restore_body, &w);
}

struct foreseeing {
    struct call *c;
    const struct id *team;
    struct former_members *out;
    bool found;
};

/* Counts who comes and who goes between two lists in order. */
static enum store_rc compare(struct store_txn *txn, const struct former *kept, const struct former *now,
                             struct former_members *out)
{
    enum store_rc rc = STORE_OK;
    size_t i = 0, j = 0;

    while ((i < kept->nids || j < now->nids) && rc == STORE_OK) {
        int order = i == kept->nids ? 1 : j == now->nids ? -1 : memcmp(kept->ids[i].b, now->ids[j].b, ID_SIZE);

        if (order < 0) {
            rc = store_has(txn, SPACE_USER, id_view(&kept->ids[i]));
            out->added += rc == STORE_OK;
            if (rc == STORE_NOTFOUND)
                rc = STORE_OK; /* gone meanwhile */
        }
        out->members += order == 0;
        out->removed += order > 0;
        i += order <= 0;
        j += order >= 0;
    }
    out->members += out->added;
    return rc;
}

static enum store_rc foresee_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct foreseeing *w = ctx;
    struct former kept, now = {.nids = 0};

    *w->out = (struct former_members){.members = 0};
    enum store_rc rc = former_get(txn, arena, w->c, FORMER_MEMBERS, w->team, &kept);
    w->found = rc == STORE_OK;
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    w->out->since = kept.since;
    rc = members_of(txn, arena, w->team, &now);
    return rc == STORE_OK ? compare(txn, &kept, &now, w->out) : rc;
}

bool team_former(struct call *c, const struct id *team, struct former_members *out, bool *found)
{
    struct foreseeing w = {.c = c, .team = team, .out = out};
    bool done = call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, foresee_body, &w));

    *found = done && w.found;
    return done;
}
