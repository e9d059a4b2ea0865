/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/account.h"

#include "registry.h"
#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/directory/call.h"
#include "roster/directory/schemas.h"
#include "roster/directory/state.h"
#include "roster/directory/walk.h"

#include <stdio.h>

#define RECORD_VERSION   1
#define ACCOUNT_NAME_MAX 200

/* --- records --- */

static void record_write(struct buf *b, const struct account *account)
{
    buf_printf(b, "{\"v\":%d,\"slug\":\"%s\",\"name\":", RECORD_VERSION, account->slug);
    buf_json(b, account->name);
    buf_printf(b, ",\"created\":%lld,\"status\":\"%s\"}", (long long)account->created,
               account->suspended ? "suspended" : "active");
}

/* Everything but the policy. false: the bytes are no account record. */
static bool record_read(struct account *out, uint32_t number, struct str bytes, struct arena *a)
{
    struct error e = ERROR_INIT;
    struct json_object *o = json_read(a, bytes, &e);
    struct str slug = json_text(o, "slug");

    if (json_object_get_int64(json_member(o, "v")) != RECORD_VERSION || !registry_slug_ok(slug))
        return false;
    *out = (struct account){.number = number,
                            .name = arena_str(a, json_text(o, "name")),
                            .created = json_object_get_int64(json_member(o, "created")),
                            .suspended = !str_eq(json_text(o, "status"), STR_LIT("active")),
                            .user_type = &resource_type_user,
                            .team_type = &resource_type_team};
    memcpy(out->slug, slug.p, slug.len);
    return true;
}

static enum store_rc record_get(struct store_txn *txn, struct arena *arena, uint32_t number, struct account *out)
{
    struct key k;
    struct str bytes;

    registry_number_key(&k, REGISTRY_RECORD, number);
    enum store_rc rc = store_get(txn, SPACE_ACCOUNT, key_view(&k), &bytes);
    return rc == STORE_OK && !record_read(out, number, bytes, arena) ? STORE_ERROR : rc;
}

static enum store_rc record_put(struct store_txn *txn, struct arena *arena, const struct account *account)
{
    struct key k;
    struct buf b;

    buf_init(&b, arena);
    record_write(&b, account);
    registry_number_key(&k, REGISTRY_RECORD, account->number);
    return store_put(txn, SPACE_ACCOUNT, key_view(&k), buf_view(&b));
}

static enum store_rc number_put(struct store_txn *txn, const struct key *k, uint32_t number)
{
    struct key value;

    key_init(&value);
    key_u32(&value, number);
    return store_put(txn, SPACE_ACCOUNT, key_view(k), key_view(&value));
}

enum store_rc registry_policy(struct store_txn *txn, struct policy *out)
{
    struct str text;

    enum store_rc rc = store_get(txn, SPACE_POLICY, STR_NULL, &text);
    policy_read(out, rc == STORE_OK ? text : STR_NULL);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc policy_put(struct store_txn *txn, struct arena *arena, const struct policy *p)
{
    struct buf b;

    buf_init(&b, arena);
    policy_write(&b, p);
    return store_put(txn, SPACE_POLICY, STR_NULL, buf_view(&b));
}

/* --- adding --- */

/* The next account number; none is given twice. */
static enum store_rc next_number(struct store_txn *txn, uint32_t *number)
{
    struct key k;

    key_init(&k);
    key_u8(&k, REGISTRY_LAST);
    key_str(&k, STR_NULL);
    enum store_rc rc = registry_number_get(txn, &k, number);
    if (rc != STORE_OK && rc != STORE_NOTFOUND)
        return rc;
    if (*number == UINT32_MAX)
        return STORE_ERROR;
    return number_put(txn, &k, ++*number);
}

static enum store_rc add_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct account *account = ctx;
    struct state empty = {0};
    struct key k;
    uint32_t other;
    bool pending;

    registry_slug_key(&k, str_of(account->slug));
    enum store_rc rc = registry_number_get(txn, &k, &other);
    if (rc != STORE_NOTFOUND)
        return rc == STORE_OK ? STORE_REFUSED : rc;
    if ((rc = removal_pending(txn, arena, str_of(account->slug), &pending)) != STORE_OK)
        return rc;
    if (pending) /* who goes on with the removal does not mean the new account */
        return STORE_REFUSED;
    if ((rc = next_number(txn, &account->number)) != STORE_OK ||
        (rc = number_put(txn, &k, account->number)) != STORE_OK || (rc = record_put(txn, arena, account)) != STORE_OK)
        return rc;
    store_enter(txn, account->number);
    rc = policy_put(txn, arena, &account->policy);
    if (rc == STORE_OK)
        rc = state_put(txn, &empty);
    store_system(txn);
    return rc;
}

bool account_restore(struct store *s, struct arena *a, struct str slug, struct str name, struct account *account,
                     struct error *e)
{
    if (!registry_slug_ok(slug)) {
        error_set(e, ERR_ACCOUNT_NAME, slug);
        return false;
    }
    if (!registry_name_ok(name, ACCOUNT_NAME_MAX)) {
        error_set(e, ERR_SETTING_VALUE, STR_LIT("name"), name, STR_LIT("a text of 1 to 200 bytes"));
        return false;
    }
    account->name = arena_str(a, name);
    account->user_type = &resource_type_user;
    account->team_type = &resource_type_team;
    account->schemas = account->revision = 0;
    memset(account->slug, 0, sizeof account->slug);
    memcpy(account->slug, slug.p, slug.len);
    enum store_rc rc = registry_write(s, a, add_body, account);
    if (rc == STORE_REFUSED)
        error_set(e, ERR_ACCOUNT_TAKEN, slug);
    return registry_done(rc, e);
}

bool account_add(struct store *s, struct arena *a, struct str slug, struct str name, const struct policy *p,
                 struct account *out, struct error *e)
{
    *out = (struct account){.created = clock_now(), .policy = *p};
    return account_restore(s, a, slug, name.len == 0 ? slug : name, out, e);
}

/* --- reading --- */

struct finding {
    struct str slug; /* or STR_NULL: by number */
    uint32_t number;
    struct account *out;
};

static enum store_rc find_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct finding *f = ctx;
    struct key k;
    enum store_rc rc = STORE_OK;

    if (f->slug.p != NULL) {
        registry_slug_key(&k, f->slug);
        rc = registry_number_get(txn, &k, &f->number);
    }
    return rc == STORE_OK ? record_get(txn, arena, f->number, f->out) : rc;
}

#define REVISION_UNREADABLE UINT64_MAX

/* What is in the account's own maps. A revision that cannot be read is found out when the types are built. */
static enum store_rc own_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct account *account = ctx;
    struct state state;

    (void)arena;
    enum store_rc rc = state_get(txn, &state); /* first: what is read later is no older */
    account->revision = state.revision;
    if (rc == STORE_OK)
        rc = registry_policy(txn, &account->policy);
    if (rc == STORE_OK)
        rc = rules_get(txn, &account->rules);
    if (rc == STORE_OK && (rc = schemas_revision(txn, &account->schemas)) == STORE_ERROR) {
        account->schemas = REVISION_UNREADABLE;
        rc = STORE_OK;
    }
    return rc;
}

static enum store_rc load_own(struct store *s, struct arena *a, struct account *account)
{
    return store_run(s, account->number, STORE_READ, a, own_body, account);
}

struct typing {
    struct account *account;
    struct arena *types;
};

static enum store_rc types_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct typing *t = ctx;

    (void)arena;
    return schemas_load(txn, t->types, t->account);
}

bool account_load_types(struct store *s, struct arena *scratch, struct arena *types, struct account *account,
                        struct error *e)
{
    struct typing t = {account, types};

    return registry_done(store_run(s, account->number, STORE_READ, scratch, types_body, &t), e);
}

/*
 * Types in the arena with the rest of the account, where there are any of its own. What is damaged does not hide the account
 * from rosterctl: verify tells it, and nothing is changed by such types.
 */
static void load_types(struct store *s, struct arena *a, struct account *account)
{
    struct error ignored = ERROR_INIT;
    struct arena *scratch;

    if (account->schemas == 0)
        return;
    scratch = arena_new(0);
    account_load_types(s, scratch, a, account, &ignored);
    arena_free(&scratch);
}

bool account_find(struct store *s, struct arena *a, struct str slug, struct account *out, struct error *e)
{
    struct finding f = {.slug = slug, .out = out};
    enum store_rc rc = registry_slug_ok(slug) ? store_run_system(s, STORE_READ, a, find_body, &f) : STORE_NOTFOUND;

    if (rc == STORE_OK)
        rc = load_own(s, a, out);
    if (rc == STORE_NOTFOUND)
        error_set(e, ERR_ACCOUNT_UNKNOWN, slug);
    if (rc == STORE_OK)
        load_types(s, a, out);
    return registry_done(rc, e);
}

bool account_load(struct store *s, struct arena *a, uint32_t number, struct account *out, bool *found, struct error *e)
{
    struct finding f = {.number = number, .out = out};
    enum store_rc rc = store_run_system(s, STORE_READ, a, find_body, &f);

    *found = rc == STORE_OK;
    if (rc == STORE_OK)
        rc = load_own(s, a, out);
    return rc == STORE_NOTFOUND || registry_done(rc, e);
}

struct collection {
    struct account *accounts;
    size_t n, room;
    struct arena *arena;
};

static enum store_rc collect_one(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    struct collection *c = ctx;
    uint32_t number;

    (void)txn;
    if (c->n == c->room) {
        struct account *more = arena_alloc(c->arena, (c->room = c->room == 0 ? 64 : 2 * c->room) * sizeof *more);

        if (c->n > 0)
            memcpy(more, c->accounts, c->n * sizeof *more);
        c->accounts = more;
    }
    if (!registry_number_of_key(key, arena, &number) || !record_read(&c->accounts[c->n], number, value, c->arena))
        return STORE_ERROR;
    c->n++;
    return STORE_OK;
}

static enum store_rc collect_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct collection *c = ctx;
    struct key from, to;

    c->n = c->room = 0;
    registry_range(&from, &to, REGISTRY_RECORD);
    return walk_range(txn, arena, SPACE_ACCOUNT, key_view(&from), key_view(&to), collect_one, c);
}

bool account_list(struct store *s, struct arena *a, struct account **out, size_t *n, struct error *e)
{
    struct arena *scratch = arena_new(0); /* which the walk rewinds, while the list in a grows */
    struct collection c = {.arena = a};
    enum store_rc rc = store_run_system(s, STORE_READ, scratch, collect_body, &c);

    for (size_t i = 0; i < c.n && rc == STORE_OK; i++) {
        arena_reset(scratch);
        rc = load_own(s, scratch, &c.accounts[i]);
    }
    arena_free(&scratch);
    *out = c.accounts;
    *n = c.n;
    for (size_t i = 0; i < c.n && rc == STORE_OK; i++)
        load_types(s, a, &c.accounts[i]);
    return registry_done(rc, e);
}

struct account_paging {
    uint32_t after;
    size_t limit;
    struct collection all;
};

static enum store_rc account_page_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct account_paging *p = ctx;
    struct key from, to;
    struct walk_pair *pairs;
    size_t n;

    p->all.n = p->all.room = 0;
    registry_range(&from, &to, REGISTRY_RECORD);
    if (p->after > 0) {
        registry_number_key(&from, REGISTRY_RECORD, p->after);
        key_u8(&from, 0); /* the least key that is greater */
    }
    enum store_rc rc = walk_batch(txn, arena, SPACE_ACCOUNT, key_view(&from), key_view(&to), &pairs, &n);
    for (size_t i = 0; i < n && i < p->limit && rc == STORE_OK; i++)
        rc = collect_one(txn, arena, pairs[i].key, pairs[i].value, &p->all);
    return rc;
}

bool account_page(struct store *s, struct arena *a, uint32_t after, size_t limit, struct account **out, size_t *n,
                  struct error *e)
{
    struct account_paging p = {.after = after, .limit = limit, .all.arena = a};
    enum store_rc rc = store_run_system(s, STORE_READ, a, account_page_body, &p);

    for (size_t i = 0; i < p.all.n && rc == STORE_OK; i++)
        rc = load_own(s, a, &p.all.accounts[i]);
    *out = p.all.accounts;
    *n = p.all.n;
    return registry_done(rc, e);
}

bool account_names(struct store *s, struct arena *a, uint32_t after, size_t limit, struct account **out, size_t *n,
                   struct error *e)
{
    struct account_paging p = {.after = after, .limit = limit, .all.arena = a};
    enum store_rc rc = store_run_system(s, STORE_READ, a, account_page_body, &p);

    for (size_t i = 0; i < p.all.n; i++)
        policy_read(&p.all.accounts[i].policy, STR_NULL);
    *out = p.all.accounts;
    *n = p.all.n;
    return registry_done(rc, e);
}

/* --- changing --- */

struct change {
    struct str slug; /* or STR_NULL: by number */
    uint32_t number;
    const struct account_setting *settings;
    size_t n;
    bool own; /* by the account's own staff */
    struct error *e;
};

/* Sets "name" or "status" in the record; false: it is neither, or *e is set. */
static bool change_record(struct account *account, const struct account_setting *setting, struct error *e)
{
    if (str_eq(setting->name, STR_LIT("name"))) {
        if (!registry_name_ok(setting->value, ACCOUNT_NAME_MAX))
            error_set(e, ERR_SETTING_VALUE, setting->name, setting->value, STR_LIT("a text of 1 to 200 bytes"));
        account->name = setting->value;
        return true;
    }
    if (!str_eq(setting->name, STR_LIT("status")))
        return false;
    account->suspended = str_eq(setting->value, STR_LIT("suspended"));
    if (!account->suspended && !str_eq(setting->value, STR_LIT("active")))
        error_set(e, ERR_SETTING_VALUE, setting->name, setting->value, STR_LIT("active|suspended"));
    return true;
}

static bool is_of_record(const struct account_setting *setting)
{
    return str_eq(setting->name, STR_LIT("name")) || str_eq(setting->name, STR_LIT("status"));
}

/* The settings of the policy: "preset", which sets all, or the others. */
static bool apply(struct policy *policy, const struct account_setting *settings, size_t n, bool preset, struct error *e)
{
    for (size_t i = 0; i < n; i++) {
        if (is_of_record(&settings[i]) || str_eq(settings[i].name, STR_LIT("preset")) != preset)
            continue;
        if (!policy_set(policy, settings[i].name, settings[i].value, e))
            return false;
    }
    return true;
}

bool account_apply(struct policy *policy, const struct account_setting *settings, size_t n, struct error *e)
{
    return apply(policy, settings, n, true, e) && apply(policy, settings, n, false, e);
}

static enum store_rc change_policy(struct store_txn *txn, struct arena *arena, const struct change *c)
{
    struct policy policy;
    struct state state;

    enum store_rc rc = registry_policy(txn, &policy);
    if (rc != STORE_OK || (rc = state_get(txn, &state)) != STORE_OK)
        return rc;
    if (!account_apply(&policy, c->settings, c->n, c->e))
        return STORE_REFUSED;
    state.revision++;
    if ((rc = policy_put(txn, arena, &policy)) != STORE_OK)
        return rc;
    return state_put(txn, &state);
}

static enum store_rc set_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct change *c = ctx;
    struct account account = {.suspended = false};
    struct finding f = {.slug = c->slug, .number = c->number, .out = &account};
    size_t of_record = 0;

    enum store_rc rc = find_body(txn, arena, &f);
    if (rc != STORE_OK)
        return rc;
    bool was_suspended = account.suspended;
    for (size_t i = 0; i < c->n; i++)
        of_record += change_record(&account, &c->settings[i], c->e);
    if (c->own && was_suspended && !account.suspended && !error_is_set(c->e))
        error_set(c->e, ERR_ACCOUNT_SUSPENDED);
    if (error_is_set(c->e))
        return STORE_REFUSED;
    if (of_record > 0 && (rc = record_put(txn, arena, &account)) != STORE_OK)
        return rc;
    if (of_record == c->n)
        return STORE_OK;
    store_enter(txn, account.number);
    rc = change_policy(txn, arena, c);
    store_system(txn);
    return rc;
}

static bool set_run(struct store *s, struct arena *a, struct change *c, struct str slug)
{
    enum store_rc rc =
        c->slug.p == NULL || registry_slug_ok(c->slug) ? registry_write(s, a, set_body, c) : STORE_NOTFOUND;

    if (rc == STORE_NOTFOUND)
        error_set(c->e, ERR_ACCOUNT_UNKNOWN, slug);
    return registry_done(rc, c->e);
}

bool account_set(struct store *s, struct arena *a, struct str slug, struct str setting, struct str value,
                 struct error *e)
{
    struct account_setting one = {setting, value};
    struct change c = {.slug = slug.p == NULL ? STR_LIT("") : slug, .settings = &one, .n = 1, .e = e};

    return set_run(s, a, &c, slug);
}

bool account_change(struct store *s, struct arena *a, const struct account *account,
                    const struct account_setting *settings, size_t n, struct error *e)
{
    struct change c = {.number = account->number, .settings = settings, .n = n, .e = e};

    return set_run(s, a, &c, str_of(account->slug));
}

bool account_change_own(struct store *s, struct arena *a, const struct account *account,
                        const struct account_setting *settings, size_t n, struct error *e)
{
    struct change c = {.number = account->number, .settings = settings, .n = n, .own = true, .e = e};

    return set_run(s, a, &c, str_of(account->slug));
}

void account_write(struct buf *b, const struct account *account)
{
    buf_printf(b, "{\"slug\":\"%s\",\"name\":", account->slug);
    buf_json(b, account->name);
    buf_printf(b, ",\"status\":\"%s\",\"created\":", account->suspended ? "suspended" : "active");
    clock_write(b, account->created);
}

/* --- for diagnosis --- */

struct paging {
    enum store_space space;
    struct str from;
    struct walk_pair *pairs;
    size_t n;
};

static enum store_rc page_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct paging *p = ctx;

    return walk_batch(txn, arena, p->space, p->from, STR_NULL, &p->pairs, &p->n);
}

bool account_dump(struct store *s, struct arena *a, const struct account *account, enum store_space space,
                  struct str from, struct walk_pair **out, size_t *n, struct error *e)
{
    struct paging p = {.space = space, .from = from};
    enum store_rc rc = account == NULL ? store_run_system(s, STORE_READ, a, page_body, &p)
                                       : store_run(s, account->number, STORE_READ, a, page_body, &p);

    *out = p.pairs;
    *n = p.n;
    return registry_done(rc, e);
}
