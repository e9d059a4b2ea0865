/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/role.h"

#include "edit.h"
#include "registry.h"
#include "roster/base/utf8.h"
#include "roster/directory/event.h"
#include "roster/directory/seat.h"

#include <sodium.h>
#include <stdlib.h>

#define RECORD_VERSION 1

static const struct role bases[ROLE_BASES] = {
    [ROLE_ADMIN] = {.id = STR_LIT("admin"),
                    .name = STR_LIT("Admin"),
                    .base = ROLE_ADMIN,
                    .description = STR_LIT("Manages the account: its people, teams and settings, and everything that "
                                           "members can do.")},
    [ROLE_MEMBER] = {.id = STR_LIT("member"),
                     .name = STR_LIT("Member"),
                     .base = ROLE_MEMBER,
                     .description = STR_LIT("Works with everything that is shared in the account: reads, creates and "
                                            "changes.")},
    [ROLE_VIEWER] = {.id = STR_LIT("viewer"),
                     .name = STR_LIT("Viewer"),
                     .base = ROLE_VIEWER,
                     .description =
                         STR_LIT("Reads what is shared in the account and comments on it, but changes nothing.")},
    [ROLE_GUEST] = {.id = STR_LIT("guest"),
                    .name = STR_LIT("Guest"),
                    .base = ROLE_GUEST,
                    .description = STR_LIT("Comes from outside and sees only what was shared with them by name.")},
};

const struct role *role_of_base(enum role_base base)
{
    return &bases[base];
}

const struct role *role_find_base(struct str id)
{
    for (size_t i = 0; i < ROLE_BASES; i++)
        if (str_eq_nocase(id, bases[i].id))
            return &bases[i];
    return NULL;
}

/* --- ids --- */

/* Without what is easily taken for something else, for ids are also read aloud. */
static const char id_letters[] = "abcdefghjkmnpqrstuvwxyz23456789";

bool role_is_custom_id(struct str id)
{
    if (id.len != ROLE_ID_LEN || !str_eq_nocase(str_sub(id, 0, 2), STR_LIT("r-")))
        return false;
    for (size_t i = 2; i < id.len; i++)
        if (strchr(id_letters, id.p[i] >= 'A' && id.p[i] <= 'Z' ? id.p[i] - 'A' + 'a' : id.p[i]) == NULL)
            return false;
    return true;
}

static struct str id_make(struct arena *a)
{
    char *id = arena_alloc(a, ROLE_ID_LEN + 1);

    id[0] = 'r';
    id[1] = '-';
    for (size_t i = 2; i < ROLE_ID_LEN; i++)
        id[i] = id_letters[randombytes_uniform(sizeof id_letters - 1)];
    return str_make(id, ROLE_ID_LEN);
}

/* --- records --- */

static void id_key(struct key *k, struct str id)
{
    key_init(k);
    key_str(k, id);
}

bool role_read(struct role *out, struct str id, struct str bytes, struct arena *a)
{
    struct error e = ERROR_INIT;
    struct json_object *o = json_read(a, bytes, &e);
    const struct role *base = role_find_base(json_text(o, "base"));

    if (json_object_get_int64(json_member(o, "v")) != RECORD_VERSION || base == NULL || !role_is_custom_id(id))
        return false;
    *out = (struct role){.id = arena_str(a, id),
                         .name = arena_str(a, json_text(o, "name")),
                         .description = base->description,
                         .base = base->base,
                         .custom = true,
                         .created = json_object_get_int64(json_member(o, "created")),
                         .removed = json_object_get_int64(json_member(o, "removed")),
                         .successor = arena_str(a, json_text(o, "successor"))};
    return out->name.len > 0 && (out->removed == 0) == (out->successor.len == 0);
}

enum store_rc role_put(struct store_txn *txn, struct arena *arena, const struct role *role)
{
    struct key k;
    struct buf b;

    buf_init(&b, arena);
    buf_printf(&b, "{\"v\":%d,\"name\":", RECORD_VERSION);
    buf_json(&b, role->name);
    buf_printf(&b, ",\"base\":\"%s\",\"created\":%lld", bases[role->base].id.p, (long long)role->created);
    if (role->removed != 0) {
        buf_printf(&b, ",\"removed\":%lld,\"successor\":", (long long)role->removed);
        buf_json(&b, role->successor);
    }
    buf_putc(&b, '}');
    id_key(&k, role->id);
    return store_put(txn, SPACE_ROLE, key_view(&k), buf_view(&b));
}

enum store_rc role_get(struct store_txn *txn, struct arena *arena, struct str id, struct role *out)
{
    const struct role *base = role_find_base(id);
    struct str bytes, lower;
    struct key k;

    if (base != NULL) {
        *out = *base;
        return STORE_OK;
    }
    if (!role_is_custom_id(id))
        return STORE_NOTFOUND;
    lower = utf8_lower(arena, id);
    id_key(&k, lower);
    enum store_rc rc = store_get(txn, SPACE_ROLE, key_view(&k), &bytes);
    return rc == STORE_OK && !role_read(out, lower, bytes, arena) ? STORE_ERROR : rc;
}

enum store_rc role_in_force(struct store_txn *txn, struct arena *arena, const struct role *role, struct role *out)
{
    enum store_rc rc = STORE_OK;

    *out = *role;
    for (size_t i = 0; rc == STORE_OK && out->removed != 0; i++) {
        rc = i > ROLES_MAX ? STORE_ERROR : role_get(txn, arena, out->successor, out);
        if (rc == STORE_NOTFOUND)
            rc = STORE_ERROR;
    }
    return rc;
}

enum store_rc role_all(struct store_txn *txn, struct arena *arena, struct role **out, size_t *n)
{
    struct store_scan *scan = NULL;
    struct str key, value;
    struct buf id;

    *n = 0;
    *out = arena_alloc(arena, ROLES_MAX * sizeof **out);
    buf_init(&id, arena);
    enum store_rc rc = store_scan_open(txn, SPACE_ROLE, STR_NULL, STR_NULL, STORE_FORWARD, &scan);
    while (rc == STORE_OK && (rc = store_scan_next(scan, &key, &value)) == STORE_OK)
        if (*n == ROLES_MAX || !key_take_str(&key, &id) || !role_read(&(*out)[(*n)++], buf_view(&id), value, arena))
            rc = STORE_ERROR;
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* --- the list --- */

struct listed {
    struct role *roles;
    size_t n;
};

static int by_name(const void *a, const void *b)
{
    const struct role *x = a, *y = b;
    int order = str_cmp(x->name, y->name);

    return order != 0 ? order : str_cmp(x->id, y->id);
}

enum store_rc role_listed(struct store_txn *txn, struct arena *arena, struct role **out, size_t *n)
{
    struct role *all, *listed;
    size_t nall;

    enum store_rc rc = role_all(txn, arena, &all, &nall);
    *out = listed = arena_alloc(arena, (ROLE_BASES + nall) * sizeof *listed);
    memcpy(listed, bases, sizeof bases);
    *n = ROLE_BASES;
    for (size_t i = 0; i < nall && rc == STORE_OK; i++)
        if (all[i].removed == 0)
            listed[(*n)++] = all[i];
    if (rc == STORE_OK && *n > ROLE_BASES)
        qsort(listed + ROLE_BASES, *n - ROLE_BASES, sizeof *listed, by_name);
    return rc;
}

static enum store_rc list_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct listed *l = ctx;

    return role_listed(txn, arena, &l->roles, &l->n);
}

bool role_list(struct call *c, struct role **out, size_t *n)
{
    struct listed l = {0};
    bool done = call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, list_body, &l));

    *out = l.roles;
    *n = l.n;
    return done;
}

void role_write(struct buf *b, const struct role *role, uint64_t users)
{
    buf_puts(b, "{\"id\":");
    buf_json(b, role->id);
    buf_puts(b, ",\"name\":");
    buf_json(b, role->name);
    buf_printf(b, ",\"base\":\"%s\",\"custom\":%s,\"users\":", role_of_base(role->base)->id.p,
               role->custom ? "true" : "false");
    buf_u64(b, users);
    buf_putc(b, '}');
}

/* --- changing --- */

struct role_change {
    struct call *c;
    struct str which, name, base, successor;
    struct role *out;
    struct state state;
    struct role *all; /* the custom roles that there are */
    size_t n;
};

static bool same_name(struct arena *a, struct str x, struct str y)
{
    return str_eq(utf8_fold(a, x), utf8_fold(a, y));
}

/* The custom role that text names by id or name, of those that are there; NULL where there is none. */
static struct role *named(struct arena *arena, const struct role_change *w, struct str text)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->all[i].removed == 0 && (str_eq_nocase(w->all[i].id, text) || same_name(arena, w->all[i].name, text)))
            return &w->all[i];
    return NULL;
}

static enum store_rc begin(struct store_txn *txn, struct arena *arena, struct role_change *w)
{
    enum store_rc rc = edit_begin(txn, arena, w->c, &w->state);

    return rc == STORE_OK ? role_all(txn, arena, &w->all, &w->n) : rc;
}

/* Whether the name can be given; self: the role that has it already, or NULL. */
static enum store_rc judge_name(struct role_change *w, struct arena *arena, const struct role *self)
{
    const struct role *other = named(arena, w, w->name);

    if (!registry_name_ok(w->name, ROLE_NAME_MAX) || role_is_custom_id(w->name))
        return edit_refuse(w->c, ERR_ROLE_NAME, w->name);
    for (size_t i = 0; i < ROLE_BASES && other == NULL; i++)
        if (same_name(arena, bases[i].name, w->name))
            other = &bases[i];
    return other == NULL || other == self ? STORE_OK : edit_refuse(w->c, ERR_ROLE_NAME_TAKEN, w->name);
}

/* Writes the role and tells it. */
static enum store_rc finish(struct store_txn *txn, struct arena *arena, struct role_change *w, const char *type,
                            struct str old_name)
{
    struct event ev = {.type = type, .resource_type = &resource_type_role, .resource_text = w->out->id};
    struct buf changes;

    enum store_rc rc = role_put(txn, arena, w->out);
    if (rc != STORE_OK)
        return rc;
    buf_init(&changes, arena);
    if (w->out->removed != 0) {
        buf_puts(&changes, "[{\"path\":\"successor\",\"old\":null,\"new\":");
        buf_json(&changes, w->out->successor);
    } else {
        buf_puts(&changes, "[{\"path\":\"displayName\",\"old\":");
        if (old_name.p == NULL)
            buf_puts(&changes, "null");
        else
            buf_json(&changes, old_name);
        buf_puts(&changes, ",\"new\":");
        buf_json(&changes, w->out->name);
    }
    buf_puts(&changes, "}]");
    ev.changes = buf_view(&changes);
    if ((rc = event_write(txn, w->c, &w->state, &ev)) != STORE_OK)
        return rc;
    return state_put(txn, &w->state);
}

static enum store_rc add_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct role_change *w = ctx;
    const struct role *base = role_find_base(w->base);

    enum store_rc rc = begin(txn, arena, w);
    if (rc != STORE_OK || (rc = judge_name(w, arena, NULL)) != STORE_OK)
        return rc;
    if (base == NULL || base->base == ROLE_ADMIN)
        return edit_refuse(w->c, ERR_ROLE_BASE, w->base);
    if (w->n == ROLES_MAX)
        return edit_refuse(w->c, ERR_ROLE_LIMIT, STR_LIT("200"));
    *w->out = (struct role){.id = id_make(arena),
                            .name = w->name,
                            .description = base->description,
                            .base = base->base,
                            .custom = true,
                            .created = w->c->now};
    for (size_t i = 0; i < w->n; i++)
        if (str_eq(w->all[i].id, w->out->id))
            return STORE_RETRY; /* one in 656,100,000,000 */
    return finish(txn, arena, w, "role.created", STR_NULL);
}

/* The custom role that the change is about; NULL with *w->c->error set. */
static struct role *find(struct role_change *w, struct arena *arena)
{
    struct role *role = named(arena, w, w->which);

    if (role == NULL)
        edit_refuse(w->c, role_find_base(w->which) != NULL ? ERR_ROLE_IS_BASE : ERR_ROLE_UNKNOWN, w->which);
    return role;
}

static enum store_rc rename_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct role_change *w = ctx;

    enum store_rc rc = begin(txn, arena, w);
    if (rc != STORE_OK)
        return rc;
    struct role *role = find(w, arena);
    if (role == NULL)
        return STORE_REFUSED;
    if ((rc = judge_name(w, arena, role)) != STORE_OK)
        return rc;
    *w->out = *role;
    if (str_eq(role->name, w->name))
        return STORE_OK;
    w->out->name = w->name;
    return finish(txn, arena, w, "role.renamed", role->name);
}

static enum store_rc remove_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct role_change *w = ctx;
    const struct role *successor = role_find_base(w->successor);

    enum store_rc rc = begin(txn, arena, w);
    if (rc != STORE_OK)
        return rc;
    struct role *role = find(w, arena);
    if (role == NULL)
        return STORE_REFUSED;
    if (successor == NULL)
        successor = named(arena, w, w->successor);
    if (successor == NULL || successor == role || successor->base == ROLE_ADMIN)
        return edit_refuse(w->c, ERR_ROLE_SUCCESSOR, w->successor);
    if ((rc = seat_judge_removal(txn, arena, w->c, &w->state, role, successor)) != STORE_OK)
        return rc;
    *w->out = *role;
    w->out->removed = w->c->now;
    w->out->successor = successor->id;
    return finish(txn, arena, w, "role.removed", STR_NULL);
}

bool role_add(struct call *c, struct str name, struct str base, struct role *out)
{
    struct role_change w = {.c = c, .name = name, .base = base, .out = out};

    return edit_run(c, add_body, &w);
}

bool role_rename(struct call *c, struct str which, struct str name, struct role *out)
{
    struct role_change w = {.c = c, .which = which, .name = name, .out = out};

    return edit_run(c, rename_body, &w);
}

bool role_remove(struct call *c, struct str which, struct str successor, struct role *out)
{
    struct role_change w = {.c = c, .which = which, .successor = successor, .out = out};

    return edit_run(c, remove_body, &w);
}
