/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/base/json.h"
#include "roster/base/log.h"
#include "roster/directory/hasher.h"
#include "roster/directory/operator.h"
#include "roster/directory/throttle.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

/* What one item of an answer may need: a team's slice of members, a user's groups. */
#define SCRATCH_LIMIT ((size_t)256 << 20)

/* Without them everything else is answered all the same. */
static void open_login(struct api *a)
{
    const char *message = "";

    a->hasher = hasher_open(a->conf, a->scratch, &message);
    if (a->hasher != NULL)
        a->throttle = throttle_open(a->conf->store_regions, a->scratch, &message);
    if (a->throttle == NULL)
        log_event(LOG_ERROR_, "config", LOG_C("what", "passwords"), LOG_C("error", message));
    arena_reset(a->scratch);
}

struct api *api_new(const struct conf *c, struct store *s)
{
    struct api *a = calloc(1, sizeof *a);

    if (a == NULL)
        abort();
    route_table_check(api_routes);
    a->conf = c;
    a->store = s;
    a->cache = access_cache_new();
    a->synclog = synclog_new();
    a->scratch = arena_new(SCRATCH_LIMIT);
    if (s != NULL) {
        store_defer_sync(s);
        open_login(a);
    }
    return a;
}

void api_free(struct api **a)
{
    if (*a == NULL)
        return;
    if ((*a)->store != NULL) {
        synclog_write((*a)->synclog, (*a)->store, (*a)->scratch, true);
        store_sync((*a)->store); /* for what nobody waited for: the next start forgets what is not on the disk */
    }
    synclog_free(&(*a)->synclog);
    access_cache_free(&(*a)->cache);
    hasher_close(&(*a)->hasher);
    throttle_close(&(*a)->throttle);
    arena_free(&(*a)->scratch);
    free(*a);
    *a = NULL;
}

const struct api_trace *api_trace(const struct api *a)
{
    return &a->trace;
}

/* --- the steps before a handler; each returns false with the error set --- */

static bool find_route(struct api_call *c, const struct route **out)
{
    struct route_match match;

    if (!c->r->outside_mount) {
        switch (route_find(api_routes, c->r, &match)) {
        case ROUTE_FOUND:
            *out = match.route;
            memcpy(c->params, match.params, sizeof c->params);
            c->api->trace.route = match.route->path;
            return true;
        case ROUTE_NO_METHOD:
            c->response->allow = route_allow(match.allow, c->r->arena);
            error_set(c->error, ERR_METHOD_NOT_ALLOWED, c->r->method_text, c->response->allow);
            return false;
        case ROUTE_NO_PATH:
            break;
        }
    }
    error_set(c->error, ERR_PATH_UNKNOWN);
    return false;
}

/* Why a header was not taken, for the log; the client hears one answer for all but the missing one. */
static const char *const refusals[] = {
    [TOKEN_OK] = "",
    [TOKEN_MISSING] = "missing",
    [TOKEN_UNKNOWN] = "unknown",
    [TOKEN_EXPIRED] = "expired",
    [TOKEN_REVOKED] = "revoked",
    [TOKEN_FAULT] = "fault",
};

/* Where the operator himself is asked for. c->call has no account. */
static bool authenticate_operator(struct api_call *c)
{
    struct http_request *r = c->r;
    bool foreign = false;
    struct id id;
    enum token_rc rc = r->authorization_doubled
                           ? TOKEN_MISSING
                           : operator_check(c->api->store, r->arena, r->authorization, &id, &foreign, c->error);

    c->api->trace.auth = refusals[rc];
    if (foreign)
        error_set(c->error, ERR_AUTH_SCOPE, STR_LIT("of the operator"));
    else if (rc != TOKEN_OK && rc != TOKEN_FAULT)
        error_set(c->error, rc == TOKEN_MISSING ? ERR_AUTH_MISSING : ERR_AUTH_INVALID);
    if (rc != TOKEN_OK)
        return false;
    c->call = (struct call){.store = c->api->store,
                            .arena = r->arena,
                            .token = id,
                            .request = r->id,
                            .now = r->received,
                            .error = c->error};
    id_format(&id, c->api->token_id);
    return true;
}

static bool authenticate(struct api_call *c, const struct route *route)
{
    const struct access *access;
    struct http_request *r = c->r;

    if (c->api->store == NULL) {
        error_set(c->error, ERR_STORAGE_FAULT);
        return false;
    }
    if ((route->flags & ROUTE_SESSION) || (r->authorization.p == NULL && console_cookie(r).p != NULL))
        return console_authenticate(c, route);
    if (route->scope == SCOPE_OPERATE)
        return authenticate_operator(c);
    enum token_rc rc = r->authorization_doubled
                           ? TOKEN_MISSING
                           : access_check(c->api->cache, c->api->store, r->arena, r->authorization, &access, c->error);
    c->api->trace.auth = refusals[rc];
    if (rc == TOKEN_FAULT)
        return false;
    if (rc != TOKEN_OK) {
        error_set(c->error, rc == TOKEN_MISSING ? ERR_AUTH_MISSING : ERR_AUTH_INVALID);
        return false;
    }
    c->call = (struct call){.store = c->api->store,
                            .arena = r->arena,
                            .account = &access->account,
                            .token = access->token,
                            .request = r->id,
                            .now = r->received,
                            .error = c->error,
                            .hasher = c->api->hasher,
                            .job = c->job};
    c->user = access->user;
    access_used_by(c->api->cache, r->remote_address, r->user_agent);
    if (route->scope == SCOPE_SCIM)
        record_begin(c, access);
    c->api->trace.account = access->account.number;
    id_format(&access->token, c->api->token_id);
    if (access->account.suspended)
        error_set(c->error, ERR_ACCOUNT_SUSPENDED);
    else if ((access->scopes & route->scope) != route->scope)
        error_set(c->error, ERR_AUTH_SCOPE, str_of(token_scope_words(route->scope, r->arena)));
    return !error_is_set(c->error);
}

/* An object takes some hundreds of bytes of memory, but only two of the body; a '{' in a string may count as one. */
#define OBJECTS_MAX  32768
#define OBJECTS_TEXT "32768"

static bool has_many_objects(struct str body)
{
    size_t n = 0;

    for (size_t at = str_find(body, '{', 0); at < body.len && n <= OBJECTS_MAX; at = str_find(body, '{', at + 1))
        n++;
    return n > OBJECTS_MAX;
}

/* Passwords do not outlive the request that brought them, whatever became of it: no string of its body does. */
static void wipe(void *body)
{
    struct json_object *v = body;

    if (json_object_is_type(v, json_type_string)) {
        sodium_memzero((char *)json_str(v).p, json_str(v).len);
    } else if (json_object_is_type(v, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(v); i++)
            wipe(json_object_array_get_idx(v, i));
    } else if (json_object_is_type(v, json_type_object)) {
        json_object_object_foreach(v, name, member)
        {
            (void)name;
            wipe(member);
        }
    }
}

static bool read_body(struct api_call *c)
{
    struct http_request *r = c->r;

    if (r->body_too_large)
        error_set(c->error, ERR_BODY_TOO_LARGE,
                  str_of(arena_printf(r->arena, "%lld", (long long)c->api->conf->server_max_body)));
    else if (!r->body_complete)
        error_set(c->error, ERR_BODY_INCOMPLETE);
    else if (!http_is_json(r->content_type))
        error_set(c->error, ERR_MEDIA_TYPE, r->content_type);
    else if (r->body.len == 0)
        error_set(c->error, ERR_BODY_MISSING);
    else if (has_many_objects(r->body))
        error_set(c->error, ERR_BODY_TOO_MANY_OBJECTS, STR_LIT(OBJECTS_TEXT));
    else if ((c->body = json_read(r->arena, r->body, c->error)) == NULL ||
             !json_object_is_type(c->body, json_type_object))
        error_set(c->error, ERR_BODY_NOT_OBJECT); /* the first cause stands, if there was one */
    if (c->body != NULL)
        arena_defer(r->arena, wipe, c->body);
    return !error_is_set(c->error);
}

static bool refuse_filter(struct api_call *c)
{
    struct str filter;

    if (http_query(c->r, "filter", &filter, c->error) && filter.p != NULL)
        error_set(c->error, ERR_FILTER_FORBIDDEN);
    return !error_is_set(c->error);
}

static bool handle(struct api_call *c)
{
    const struct route *route = NULL;

    if (error_is_set(c->error) || !find_route(c, &route))
        return false;
    if (!(route->flags & ROUTE_OPEN)) {
        if (!authenticate(c, route))
            return false;
        c->base = c->call.base = answer_base(c->api, c->r, "/scim/v2");
    }
    if ((route->flags & ROUTE_BODY) && !read_body(c))
        return false;
    if ((route->flags & ROUTE_DISCOVERY) && !refuse_filter(c))
        return false;
    c->ops = route->subject;
    record_change(c);
    if (!console_begin(c, route))
        return false;
    return ((api_handler *)route->handler)(c);
}

static bool attempt(struct api_call *c, struct api *a, struct http_request *r, struct http_response *response,
                    struct error *e, struct hasher_job *job)
{
    *c = (struct api_call){.api = a, .r = r, .response = response, .error = e, .job = job, .audit = c->audit};
    a->token_id[0] = '\0';
    a->trace = (struct api_trace){.token_id = a->token_id, .route = "", .error_code = "", .auth = ""};
    return handle(c);
}

/* Where the account's settings or schemas are others than those remembered, nothing was done: the request is read again. */
bool api_answer(struct api *a, struct http_request *r, struct http_response *response, struct error *e,
                struct hasher_job *job)
{
    struct api_call c = {.audit = NULL};
    bool done = attempt(&c, a, r, response, e, job);

    if (!done && e->code == ERR_ACCOUNT_CHANGED && (c.session != NULL || access_stale(a->cache))) {
        *e = ERROR_INIT;
        done = attempt(&c, a, r, response, e, job);
    }
    if (!done && !error_is_set(e) && job != NULL && job->state == HASHER_ASKED)
        return false;
    if (!done) {
        if (!error_is_set(e))
            error_set(e, ERR_INTERNAL);
        answer_error(a, r, response, e);
    }
    record_outcome(&c, done);
    console_outcome(&c);
    assert(response->status != 0);
    return true;
}

struct hasher *api_hasher(struct api *a)
{
    return a->hasher;
}

void api_use_metrics(struct api *a, struct metrics *m)
{
    a->metrics = m;
}

void api_count(const struct api *a, const struct http_request *r, const struct http_response *response)
{
    metrics_count(a->metrics, r->client, r->method, response->status);
}

bool api_unsynced(const struct api *a)
{
    return a->store != NULL && store_unsynced(a->store);
}

void api_sync(struct api *a)
{
    if (api_unsynced(a))
        store_sync(a->store);
}

void api_after(struct api *a)
{
    if (a->store == NULL)
        return;
    access_note_uses(a->cache, a->store, a->scratch);
    synclog_write(a->synclog, a->store, a->scratch, false);
    arena_reset(a->scratch);
}

void api_idle(struct api *a)
{
    api_after(a);
    if (a->store != NULL)
        synclog_tidy(a->synclog, a->store, a->scratch);
}
