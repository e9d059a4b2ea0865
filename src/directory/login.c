/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/login.h"

#include "attempt.h"
#include "roster/base/precis.h"
#include "roster/directory/entry.h"
#include "roster/directory/password.h"
#include "roster/directory/user.h"
#include "roster/scim/resource.h"
#include "roster/store/key.h"

struct finding {
    struct call *c;
    struct str name; /* as names are compared */
    struct login_result *out;
    bool active;
    bool has_hash;
    char hash[HASH_TEXT_MAX];
};

static enum store_rc find_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct finding *f = ctx;
    struct holder holder;
    struct state state;
    struct str bytes;
    struct id id;
    struct key k;
    int64_t set;

    f->active = f->has_hash = false;
    entry_unique_key(&k, ATTR_USER_NAME, f->name);
    enum store_rc rc = store_get(txn, SPACE_UNIQUE, key_view(&k), &bytes);
    if (rc == STORE_NOTFOUND)
        return STORE_OK;
    if (rc != STORE_OK || (rc = state_get(txn, &state)) != STORE_OK)
        return rc;
    if (!key_take_id(&bytes, &id))
        return STORE_ERROR;
    if ((rc = entry_get(txn, f->c->account->user_type, &id, arena, &f->out->user)) != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc; /* deleted between the two reads */
    if ((rc = seat_holder(txn, arena, f->c, &state, &id, &f->out->user, &holder)) != STORE_OK)
        return rc;
    f->active = holder.active;
    f->out->role = seat_role(&holder)->id;
    rc = password_get(txn, &id, f->hash, &set);
    f->has_hash = rc == STORE_OK;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

bool login_try(struct call *c, struct throttle *t, const struct login *login, struct login_result *out)
{
    const struct attribute *user_name = attribute_by_number(&resource_type_user, ATTR_USER_NAME);
    struct finding f = {.c = c, .name = resource_comparable(user_name, login->name, c->arena), .out = out};

    struct attempt attempt = {.throttle = t,
                              .account = c->account->number,
                              .name = f.name,
                              .address = attempt_network(c->arena, login->address),
                              .now = c->now};

    *out = (struct login_result){.authenticated = false};
    if (!attempt_may(&attempt, c->arena, c->error) ||
        !call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, find_body, &f)))
        return false;
    struct str password = precis_password(c->arena, login->password);
    enum hasher_rc rc = hasher_verify(c->hasher, c->job, f.has_hash ? f.hash : NULL, password);
    if (!password_hashed(c, rc))
        return false;
    out->authenticated = rc == HASHER_OK && f.active;
    if (out->authenticated)
        attempt_succeeded(&attempt);
    else
        attempt_failed(&attempt);
    return true;
}
