/* SPDX-License-Identifier: Apache-2.0 */
/* record - what the sync log is told of a request from an identity provider. */
#include "internal.h"

#include "roster/base/json.h"
#include "roster/base/utf8.h"

static const struct {
    struct str segment; /* behind /scim/v2 */
    enum synclog_kind kind;
} kinds[] = {
    {STR_LIT("Users"), SYNCLOG_USERS},
    {STR_LIT("Groups"), SYNCLOG_TEAMS},
    {STR_LIT("Me"), SYNCLOG_USERS},
    {STR_LIT("Bulk"), SYNCLOG_BULK},
    {STR_LIT("Roles"), SYNCLOG_ROLES},
    {STR_LIT(".search"), SYNCLOG_ALL},
    {STR_LIT("ServiceProviderConfig"), SYNCLOG_DESCRIPTION},
    {STR_LIT("ResourceTypes"), SYNCLOG_DESCRIPTION},
    {STR_LIT("Schemas"), SYNCLOG_DESCRIPTION},
};

static bool is_scim(const struct http_request *r)
{
    return !r->outside_mount && r->nsegments >= 2 && str_eq_nocase(r->segments[0], STR_LIT("scim")) &&
           str_eq_nocase(r->segments[1], STR_LIT("v2"));
}

static size_t segments_of(const struct http_request *r)
{
    return r->nsegments > HTTP_SEGMENTS_MAX ? HTTP_SEGMENTS_MAX : r->nsegments;
}

static bool reads(const struct http_request *r)
{
    return r->method == HTTP_GET || r->method == HTTP_HEAD ||
           (r->method == HTTP_POST && r->nsegments > 2 &&
            str_eq_nocase(r->segments[segments_of(r) - 1], STR_LIT(".search")));
}

static enum synclog_kind kind_of(const struct http_request *r)
{
    if (r->nsegments == 2)
        return SYNCLOG_ALL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (str_eq_nocase(r->segments[2], kinds[i].segment))
            return kinds[i].kind;
    return SYNCLOG_OTHER;
}

void record_begin(struct api_call *c, const struct access *access)
{
    const struct policy *p = &access->account.policy;
    static const int statuses[HTTP_METHODS] = {[HTTP_POST] = 201, [HTTP_DELETE] = 204};
    int status = statuses[c->r->method];

    if (!is_scim(c->r))
        return;
    c->log = (struct synclog_request){.log = c->api->synclog,
                                      .account = access->account.number,
                                      .entries = p->value[POLICY_LOG_ENTRIES],
                                      .days = policy_log_days(p),
                                      .token = access->token,
                                      .id = c->r->id,
                                      .now = c->r->received,
                                      .began = c->r->began,
                                      .client = client_title(c->r->client),
                                      .method = http_method_name(c->r->method),
                                      .status = status == 0 ? 200 : status};
    c->call.log = &c->log;
}

/* --- the request's words --- */

struct str record_path(struct api_call *c, bool own)
{
    struct str query = STR_NULL, whole;
    struct buf path;
    size_t end;

    buf_init(&path, c->r->arena);
    for (size_t i = 0; i < segments_of(c->r); i++) {
        buf_putc(&path, '/');
        buf_str(&path, c->r->segments[i]);
    }
    if (c->r->query.len > 0 && (!http_decode(c->r->arena, c->r->query, true, &query) || mask_mentions(query))) {
        c->masked.more = true;
        query = STR_LIT(MASK_TEXT);
    }
    if (!own && mask_mentions(buf_view(&path))) {
        c->masked.more = true;
        buf_clear(&path);
        buf_puts(&path, "/" MASK_TEXT);
    }
    if (query.len > 0) {
        buf_putc(&path, '?');
        buf_str(&path, query);
    }
    whole = buf_view(&path);
    if (whole.len <= SYNCLOG_PATH_MAX)
        return whole;
    for (end = 0; end < whole.len;) {
        size_t n = utf8_sequence(str_sub(whole, end, whole.len));

        if (end + (n == 0 ? 1 : n) > SYNCLOG_PATH_MAX)
            break;
        end += n == 0 ? 1 : n;
    }
    return str_sub(whole, 0, end);
}

static void describe(struct api_call *c)
{
    struct buf told;
    bool cut = false;

    if (c->call.log == NULL || c->log.entries == 0 || c->log.path.len > 0)
        return;
    buf_init(&told, c->r->arena);
    if (c->body != NULL) {
        buf_reserve(&told, 64 + (c->r->body.len < SYNCLOG_BODY_MAX ? c->r->body.len : SYNCLOG_BODY_MAX));
        buf_puts(&told, "\"body\":");
        mask_body(&told, c->r->body, SYNCLOG_BODY_MAX, &c->masked, &cut);
    }
    if (cut || (c->body == NULL && c->r->body.len > 0))
        buf_printf(&told, "%s\"bodyBytes\":%zu", told.len > 0 ? "," : "", c->r->body.len);
    c->log.told = buf_view(&told);
    c->log.path = record_path(c, false);
}

void record_change(struct api_call *c)
{
    if (c->call.log != NULL && !reads(c->r))
        describe(c);
}

/* --- what became of it --- */

/* The name of whom the path names, or his id. */
static struct str name_of(struct api_call *c)
{
    struct error e = ERROR_INIT;
    struct call call = c->call;
    struct image im;

    call.error = &e;
    if (c->ops == NULL || error_entry(c->error->code)->status >= 500 || !c->ops->get(&call, c->params[0], &im))
        return c->params[0];
    return image_leaf(&im, c->ops->number == RESOURCE_USER ? ATTR_USER_NAME : ATTR_TEAM_DISPLAY_NAME, c->r->arena);
}

static struct str subject_of(struct api_call *c, enum synclog_kind kind)
{
    if (kind == SYNCLOG_OTHER || kind == SYNCLOG_BULK)
        return STR_NULL;
    if (c->params[0].len > 0)
        return name_of(c);
    return json_text(c->body, kind == SYNCLOG_TEAMS ? "displayName" : "userName");
}

struct str record_sentence(struct api_call *c, const struct error *e)
{
    struct str sentence = mask_text(c->r->arena, str_of(e->sentence), &c->masked);

    return mask_has_token(sentence) ? STR_LIT(MASK_TEXT) : sentence;
}

static void fail(struct api_call *c)
{
    struct synclog_failure f = {.kind = kind_of(c->r), .reading = reads(c->r)};
    struct error e = *c->error;
    struct buf answer;

    f.error = &e;
    if (c->log.entries == 0) { /* nobody will read the rest */
        synclog_failed(&c->log, c->r->arena, &f);
        return;
    }
    describe(c);
    if (!f.reading || c->params[0].len > 0)
        f.name = mask_text(c->r->arena, subject_of(c, f.kind), &c->masked);
    if (c->masked.n > 0 || c->masked.more || mask_has_token(str_of(c->error->sentence))) {
        struct str clean = record_sentence(c, c->error);
        size_t len = clean.len < sizeof e.sentence ? clean.len : sizeof e.sentence - 1;

        memcpy(e.sentence, clean.p, len);
        e.sentence[len] = '\0';
    }
    buf_init(&answer, c->r->arena);
    answer_error_body(&answer, &e);
    f.answer = buf_view(&answer);
    synclog_failed(&c->log, c->r->arena, &f);
}

/* A request that failed before anybody asked whose it is: the token tells. */
static void find_account(struct api_call *c)
{
    const struct access *access;
    struct error e = ERROR_INIT;

    if (c->api->store == NULL || c->call.account != NULL || c->api->trace.auth[0] != '\0' || !is_scim(c->r) ||
        c->r->authorization_doubled ||
        access_check(c->api->cache, c->api->store, c->r->arena, c->r->authorization, &access, &e) != TOKEN_OK)
        return;
    access_used_by(c->api->cache, c->r->remote_address, c->r->user_agent);
    if (!(access->scopes & SCOPE_SCIM))
        return;
    c->call = (struct call){
        .store = c->api->store, .arena = c->r->arena, .account = &access->account, .token = access->token};
    record_begin(c, access);
}

/* A token that was an account's and opens nothing any more: the account is told that somebody still uses it. */
static void turn_away(struct api_call *c)
{
    uint32_t account = c->api->store == NULL || c->error->code != ERR_AUTH_INVALID || !is_scim(c->r)
                           ? 0
                           : access_former(c->api->cache, SCOPE_SCIM);

    if (account != 0)
        synclog_denied(c->api->synclog, account, client_title(c->r->client), reads(c->r), ERR_AUTH_INVALID,
                       c->r->received);
}

void record_outcome(struct api_call *c, bool done)
{
    if (!done)
        find_account(c);
    if (c->call.log == NULL) {
        if (!done)
            turn_away(c);
        return;
    }
    if (!done)
        fail(c);
    else if (!c->log.written)
        synclog_count(&c->log,
                      reads(c->r) || c->log.bulk || c->response->status >= 300 ? kind_of(c->r) : SYNCLOG_UNCHANGED);
}
