/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console - requests of the console's pages: whose they are, whether a page of ours sent them, and the record of what they do.
 *
 * The cookie counts below /api/v1 alone. A change is believed for two things that another site's page cannot send: our origin and
 * the session's token (besides the cookie, which SameSite=Strict keeps from it).
 */
#include "internal.h"

#include "roster/base/json.h"

#include <sodium.h>

#define COOKIE       "__Host-roster"
#define COOKIE_WORDS "; Path=/; Secure; HttpOnly; SameSite=Strict"

#define LIST_PAGES 20 /* that are looked through for what was there before */

#define SESSION_SCOPES (SCOPE_MANAGE | SCOPE_EVENTS_READ)

/* --- the cookie --- */

struct str console_cookie(const struct http_request *r)
{
    struct str text = http_cookie(r, COOKIE);

    return text.len == 0 ? STR_NULL : text;
}

void console_give_cookie(struct api_call *c, struct str text)
{
    c->response->set_cookie =
        str_of(text.len == 0 ? COOKIE "=" COOKIE_WORDS "; Max-Age=0"
                             : arena_printf(c->r->arena, COOKIE "=%.*s" COOKIE_WORDS, (int)text.len, text.p));
}

/* --- who asks --- */

static bool is_change(const struct http_request *r)
{
    return r->method != HTTP_GET && r->method != HTTP_HEAD;
}

/* Host and port of "scheme://host:port/…". */
static struct str authority_of(struct str url)
{
    size_t colon = str_find(url, ':', 0);
    struct str rest = str_sub(url, colon < url.len ? colon + 1 : colon, url.len);

    if (!str_starts(rest, STR_LIT("//")))
        return STR_NULL;
    rest = str_sub(rest, 2, rest.len);
    return str_sub(rest, 0, str_find(rest, '/', 0));
}

/* The scheme is not compared: behind a proxy that ends TLS we do not know it. */
bool console_is_own_page(struct api_call *c)
{
    struct str page = authority_of(c->r->origin);

    if (page.len > 0 &&
        (str_eq_nocase(page, c->r->host) || str_eq_nocase(page, authority_of(str_of(c->api->conf->server_public_url)))))
        return true;
    error_set(c->error, ERR_ORIGIN_FOREIGN);
    return false;
}

static bool is_proved(struct api_call *c, struct str cookie)
{
    char right[SESSION_CSRF_MAX];

    if (!is_change(c->r))
        return true;
    if (!console_is_own_page(c))
        return false;
    session_csrf(cookie, right);
    if (c->r->csrf_token.len == sizeof right - 1 && sodium_memcmp(c->r->csrf_token.p, right, sizeof right - 1) == 0)
        return true;
    error_set(c->error, ERR_CSRF_TOKEN);
    return false;
}

bool console_enter(struct api_call *c, uint32_t number, enum error_code gone)
{
    struct account *account = arena_alloc(c->r->arena, sizeof *account);
    bool found;

    if (number == CONSOLE_STAFF)
        return true;
    if (!account_load(c->api->store, c->r->arena, number, account, &found, c->error) ||
        (found && account->schemas != 0 &&
         !account_load_types(c->api->store, c->r->arena, c->r->arena, account, c->error)))
        return false;
    if (!found) {
        error_set(c->error, gone);
        return false;
    }
    c->call.account = account;
    c->api->trace.account = number;
    return true;
}

/* The operator's staff name it in a header. */
static bool enter_chosen(struct api_call *c, const struct route *route)
{
    struct account *account = arena_alloc(c->r->arena, sizeof *account);

    if (route->scope == SCOPE_OPERATE)
        return true;
    if (c->r->account.len == 0) {
        if (!(route->flags & (ROUTE_SESSION | ROUTE_ANY_ACCOUNT)))
            error_set(c->error, ERR_ACCOUNT_NOT_CHOSEN);
        return !error_is_set(c->error);
    }
    if (!account_find(c->api->store, c->r->arena, c->r->account, account, c->error))
        return false;
    c->call.account = account;
    c->api->trace.account = account->number;
    return true;
}

static bool enter_own(struct api_call *c)
{
    if (!console_enter(c, c->session->number, ERR_SESSION_ENDED))
        return false;
    if (c->r->account.len > 0 && !str_eq(c->r->account, str_of(c->call.account->slug)))
        error_set(c->error, ERR_ACCOUNT_UNKNOWN, c->r->account);
    return !error_is_set(c->error);
}

static bool may(struct api_call *c, const struct route *route)
{
    bool staff = c->session->number == CONSOLE_STAFF;
    uint32_t scopes = SESSION_SCOPES | (staff ? SCOPE_OPERATE : 0);

    if ((scopes & route->scope) != route->scope)
        error_set(c->error, ERR_AUTH_SCOPE,
                  route->scope == SCOPE_OPERATE ? STR_LIT("of the operator")
                                                : str_of(token_scope_words(route->scope, c->r->arena)));
    else if (!staff && c->call.account->suspended && is_change(c->r) && !(route->flags & ROUTE_SESSION))
        error_set(c->error, ERR_ACCOUNT_SUSPENDED);
    else if ((route->flags & ROUTE_CONFIRM) && c->call.now - c->session->confirmed >= SESSION_CONFIRMED_MS)
        error_set(c->error, ERR_CONFIRM_REQUIRED);
    return !error_is_set(c->error);
}

void console_call(struct api_call *c)
{
    c->call = (struct call){.store = c->api->store,
                            .arena = c->r->arena,
                            .request = c->r->id,
                            .now = c->r->received,
                            .error = c->error,
                            .hasher = c->api->hasher,
                            .job = c->job};
}

bool console_authenticate(struct api_call *c, const struct route *route)
{
    struct str cookie = console_cookie(c->r);
    struct session *s = arena_alloc(c->r->arena, sizeof *s);

    console_call(c);
    if (cookie.p == NULL) {
        error_set(c->error, ERR_SESSION_MISSING);
        return false;
    }
    if (!session_check(&c->call, cookie, c->r->background, s))
        return false;
    c->session = s;
    c->call.token = s->admin.id;
    c->call.console = true;
    id_format(&s->admin.id, c->api->token_id);
    return is_proved(c, cookie) && (s->number == CONSOLE_STAFF ? enter_chosen(c, route) : enter_own(c)) &&
           may(c, route);
}

/* --- what is done --- */

void console_entry(struct api_call *c, struct audit_entry *out)
{
    *out = (struct audit_entry){.time = c->r->received,
                                .request = c->r->id,
                                .address = c->r->remote_address,
                                .method = str_of(http_method_name(c->r->method)),
                                .path = record_path(c, true),
                                .code = ""};
    if (c->session == NULL)
        return;
    out->admin = c->session->admin.id;
    out->email = c->session->admin.email;
}

/* White space counts for nothing: nobody hides what he asked for behind it. */
static struct str body_of(struct api_call *c)
{
    struct buf sent, told;
    bool cut = false;

    if (c->body == NULL)
        return STR_NULL;
    buf_init(&sent, c->r->arena);
    json_write(&sent, c->body);
    if (!mask_has_token(buf_view(&sent)))
        return buf_view(&sent);
    buf_init(&told, c->r->arena);
    mask_body(&told, buf_view(&sent), AUDIT_JSON_MAX, &c->masked, &cut);
    return cut ? STR_NULL : buf_view(&told);
}

/* A setting tells more than its value. */
static struct json_object *value_of(struct json_object *v)
{
    struct json_object *value = json_get(v, "value");

    return value == NULL ? v : value;
}

/* Appends the members of what there is that body is about, also those of its settings; body NULL: all. */
static void write_before(struct buf *b, struct json_object *there, struct json_object *body)
{
    if (body == NULL) {
        json_write(b, there);
        return;
    }
    buf_putc(b, '{');
    json_object_object_foreach(body, name, wanted)
    {
        struct json_object *v = json_get(there, name);

        if (v == NULL)
            v = json_get(json_get(there, "settings"), name);
        buf_json_name(b, name);
        if (json_object_is_type(v, json_type_object) && json_object_is_type(wanted, json_type_object))
            write_before(b, v, wanted);
        else
            json_write(b, value_of(v));
    }
    buf_putc(b, '}');
}

/* What GET answers to another request of the same admin; NULL: nothing. */
static struct json_object *look(const struct api_call *c, struct http_request *request)
{
    struct http_response answer;
    struct error e = ERROR_INIT;
    struct api_call other = *c;
    struct route_match match;

    request->method = HTTP_GET;
    if (route_find(api_routes, request, &match) != ROUTE_FOUND)
        return NULL;
    http_response_init(&answer, c->r->arena);
    other.r = request;
    other.response = &answer;
    other.error = other.call.error = &e;
    other.body = NULL;
    memcpy(other.params, match.params, sizeof other.params);
    return ((api_handler *)match.route->handler)(&other) ? json_read_own(c->r->arena, buf_view(&answer.body)) : NULL;
}

static bool is_text(struct json_object *v, struct str text)
{
    return json_object_is_type(v, json_type_string) && str_eq_nocase(json_str(v), text);
}

/* By its id; a rule by that of its team, and "everybody" has none. */
static bool is_named(struct json_object *entry, struct str name)
{
    if (json_get(entry, "rule") == NULL)
        return is_text(json_get(entry, "id"), name);
    return is_text(json_get(entry, "team"), name) ||
           (json_get(entry, "team") == NULL && str_eq_nocase(name, STR_LIT("everybody")));
}

static struct json_object *find_named(struct json_object *page, struct str name)
{
    json_object_object_foreach(page, member, list)
    {
        (void)member;
        for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++)
            if (is_named(json_object_array_get_idx(list, i), name))
                return json_object_array_get_idx(list, i);
    }
    return NULL;
}

/* The entry of the list that the path ends in. */
static struct json_object *listed(const struct api_call *c, struct http_request *request)
{
    struct str name = request->segments[--request->nsegments], next;
    struct json_object *page, *found;

    request->query = STR_LIT("limit=1000");
    for (int i = 0; i < LIST_PAGES; i++) {
        if ((page = look(c, request)) == NULL || (found = find_named(page, name)) != NULL)
            return page == NULL ? NULL : found;
        if ((next = json_text(page, "next")).p == NULL)
            return NULL;
        request->query = str_of(arena_printf(c->r->arena, "limit=1000&after=%.*s", (int)next.len, next.p));
    }
    return NULL;
}

/* Whether the request takes something away, or sets it anew; to make something takes nothing away. */
static bool takes_away(const struct api_call *c, const struct route *route, const struct http_request *get)
{
    struct route_match match;

    return c->r->method == HTTP_PATCH || c->r->method == HTTP_DELETE ||
           ((route->flags & ROUTE_CONFIRM) && route_find(api_routes, get, &match) != ROUTE_FOUND);
}

/*
 * What there was of that which the request is about, as far as the API tells it: by the same path, without the verb that a POST
 * ends in, or in a list.
 */
static struct str before_of(struct api_call *c, const struct route *route)
{
    struct http_request request = *c->r;
    struct json_object *there;
    struct buf told;

    request.method = HTTP_GET;
    request.query = STR_LIT("limit=1");
    if (!takes_away(c, route, &request))
        return STR_NULL;
    if (c->r->method == HTTP_POST)
        request.nsegments--;
    if ((there = look(c, &request)) == NULL && (there = listed(c, &request)) == NULL)
        return STR_NULL;
    buf_init(&told, c->r->arena);
    write_before(&told, there, c->body);
    return buf_view(&told);
}

static uint32_t whose(const struct api_call *c, const struct route *route)
{
    return route->scope == SCOPE_OPERATE || c->call.account == NULL ? CONSOLE_STAFF : c->call.account->number;
}

/* What takes something away is done, and so told, while the disk is nearly full. */
static enum store_mode mode_of(const struct api_call *c)
{
    return c->r->method == HTTP_DELETE ? STORE_URGENT : STORE_WRITE;
}

bool console_begin(struct api_call *c, const struct route *route)
{
    if (c->session == NULL || !is_change(c->r) || (route->flags & (ROUTE_SESSION | ROUTE_READS)))
        return true;
    uint64_t seq = c->audit == NULL ? 0 : c->audit->seq; /* of the first try */
    c->audit = arena_alloc(c->r->arena, sizeof *c->audit);
    console_entry(c, c->audit);
    c->audit->seq = seq;
    c->audit->body = body_of(c);
    c->audit->before = before_of(c, route);
    c->audited = whose(c, route);
    return call_done(&c->call, audit_write(c->api->store, c->r->arena, c->audited, mode_of(c), c->audit));
}

void console_outcome(struct api_call *c)
{
    if (c->audit == NULL || c->audit->seq == 0)
        return;
    c->audit->status = c->response->status;
    c->audit->code = c->api->trace.error_code;
    audit_write(c->api->store, c->api->scratch, c->audited, mode_of(c), c->audit);
}
