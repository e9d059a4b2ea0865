/* SPDX-License-Identifier: Apache-2.0 */
#include "edit.h"

#include "departure.h"
#include "former.h"
#include "roster/directory/seat.h"
#include "roster/directory/synclog.h"

enum store_rc edit_refuse(struct call *c, enum error_code code, struct str arg)
{
    error_set(c->error, code, arg);
    return STORE_REFUSED;
}

enum store_rc edit_begin(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state)
{
    enum store_rc rc = state_get(txn, state);

    if (rc != STORE_OK)
        return rc;
    c->unfinished = state->departed > 0;
    c->outdated = former_is_due(state, c);
    if (state->revision != c->account->revision) {
        error_set(c->error, ERR_ACCOUNT_CHANGED);
        return STORE_REFUSED;
    }
    if (state->tallied == STATE_TALLIED)
        return STORE_OK;
    rc = seat_recount(txn, arena, c->account, state);
    return rc == STORE_OK ? state_put(txn, state) : rc;
}

struct running {
    struct call *c;
    store_body *body;
    void *ctx;
};

/* The change, and in the same transaction what the sync log keeps of it: no change is answered that is not in there. */
static enum store_rc logged_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct running *r = ctx;

    synclog_begin(r->c->log);
    enum store_rc rc = r->body(txn, arena, r->ctx);
    return rc == STORE_OK ? synclog_change(txn, arena, r->c) : rc;
}

bool edit_run(struct call *c, store_body *body, void *ctx)
{
    struct running r = {.c = c, .body = body, .ctx = ctx};

    c->unfinished = c->outdated = false;
    if (c->log != NULL) {
        body = logged_body;
        ctx = &r;
    }
    if (!call_done(c, store_run(c->store, c->account->number, STORE_WRITE, c->arena, body, ctx)))
        return false;
    if (c->log != NULL)
        synclog_committed(c->log);
    if (c->unfinished)
        departure_go_on(c);
    if (c->outdated)
        former_go_on(c);
    return true;
}

bool edit_step(struct call *c, store_body *body)
{
    struct arena_mark mark = arena_mark(c->arena);
    struct error error = ERROR_INIT;
    struct call mine = *c;

    mine.error = &error;
    mine.log = NULL; /* what follows the request is not in its entry */
    enum store_rc rc = store_run(c->store, c->account->number, STORE_WRITE, c->arena, body, &mine);
    c->unfinished = mine.unfinished;
    c->outdated = mine.outdated;
    arena_rewind(c->arena, mark);
    return rc == STORE_OK;
}

enum store_rc edit_refuse_taken(struct call *c, const struct resource_type *type, const struct resource_key *taken)
{
    const struct attribute *attribute = attribute_by_number(type, taken->attribute);

    if (taken->attribute == ATTR_USER_NAME)
        return edit_refuse(c, ERR_USERNAME_TAKEN, taken->value);
    error_set(c->error, ERR_VALUE_TAKEN, str_of(type->name), taken->value, str_of(attribute->name));
    return STORE_REFUSED;
}

enum store_rc edit_load(struct store_txn *txn, struct arena *arena, struct call *c, const struct resource_type *type,
                        struct str text, const struct precondition *pre, struct id *id, struct image *out)
{
    enum store_rc rc = id_parse(text, id) ? entry_get(txn, type, id, arena, out) : STORE_NOTFOUND;

    if (rc == STORE_NOTFOUND) {
        error_set(c->error, ERR_RESOURCE_NOT_FOUND, str_of(type->name), text);
        return STORE_REFUSED;
    }
    if (rc != STORE_OK || pre == NULL)
        return rc;
    struct buf etag;
    buf_init(&etag, arena);
    image_etag(&etag, out->version);
    return pre->holds(buf_view(&etag), pre->ctx) ? STORE_OK : edit_refuse(c, ERR_VERSION_MISMATCH, buf_view(&etag));
}

struct json_object *edit_normalise(struct call *c, const struct resource_type *type, struct json_object *body,
                                   struct json_object **members)
{
    struct resource_options options = policy_options(&c->account->policy);

    return resource_normalise(type, body, &options, c->arena, members, c->error);
}

struct getting {
    struct call *c;
    const struct resource_type *type;
    struct str text;
    struct image *out;
};

static enum store_rc get_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct getting *g = ctx;
    struct id id;

    return edit_load(txn, arena, g->c, g->type, g->text, NULL, &id, g->out);
}

bool edit_get(struct call *c, const struct resource_type *type, struct str text, struct image *out)
{
    struct getting g = {.c = c, .type = type, .text = text, .out = out};

    return call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, get_body, &g));
}
