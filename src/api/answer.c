/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/base/json.h"
#include "roster/directory/login.h"
#include "roster/scim/schema.h"

/* How long a client waits before it asks again: integers, the only form that Okta understands. */
static int retry_after(const struct error *e)
{
    int status = error_entry(e->code)->status;

    if (status == 429)
        return LOGIN_INTERVAL_MS / 1000;
    if (status != 503)
        return 0;
    return e->code == ERR_STORAGE_FULL ? 30 : 2;
}

void answer_error_body(struct buf *b, const struct error *e)
{
    const struct error_entry *entry = error_entry(e->code);
    struct buf detail;

    buf_init(&detail, b->arena);
    buf_printf(&detail, "%s: %s. Why: %s What to do: %s", entry->code, e->sentence, entry->cause, entry->admin);
    buf_printf(b, "{\"schemas\":[\"" URN_ERROR "\"],\"status\":\"%d\"", entry->status);
    if (entry->scim_type != NULL)
        buf_printf(b, ",\"scimType\":\"%s\"", entry->scim_type);
    buf_puts(b, ",\"detail\":");
    buf_json(b, buf_view(&detail));
    buf_putc(b, '}');
}

void answer_error(struct api *a, struct http_request *r, struct http_response *response, const struct error *e)
{
    const struct error_entry *entry = error_entry(e->code);

    a->trace.error_code = entry->code;
    if (response->head_sent) { /* too late for another status: the peer sees the answer break off */
        response->broken = true;
        return;
    }
    response->status = entry->status;
    response->content_type = http_answer_type(r->accept);
    response->etag = response->location = STR_NULL;
    response->www_authenticate = entry->status == 401;
    response->retry_after = retry_after(e);
    buf_clear(&response->body);
    answer_error_body(&response->body, e);
}

/* Only what a host and port consist of is believed: the rest of the answer quotes it. */
static bool host_is_plain(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(".-:[]", c)))
            return false;
    }
    return host.len > 0 && host.len <= 255;
}

struct str answer_base(const struct api *a, const struct http_request *r, const char *path)
{
    struct buf b;

    buf_init(&b, r->arena);
    if (a->conf->server_public_url[0] != '\0') {
        struct str url = str_of(a->conf->server_public_url);

        while (url.len > 0 && url.p[url.len - 1] == '/')
            url.len--;
        buf_str(&b, url);
    } else {
        buf_puts(&b, str_eq(r->scheme, STR_LIT("https")) ? "https://" : "http://");
        buf_str(&b, host_is_plain(r->host) ? r->host : STR_LIT("localhost"));
    }
    buf_puts(&b, a->conf->server_mount);
    buf_puts(&b, path);
    return buf_view(&b);
}

void answer_begin(struct api_call *c, int status, uint64_t version)
{
    struct buf etag;

    c->response->status = status;
    c->response->content_type = http_answer_type(c->r->accept);
    if (version == 0)
        return;
    buf_init(&etag, c->r->arena);
    image_etag(&etag, version);
    c->response->etag = buf_view(&etag);
}

void answer_json(struct api_call *c, int status)
{
    c->response->status = status;
    c->response->content_type = "application/json; charset=utf-8";
}

void answer_location(struct api_call *c, const struct resource_type *type, struct str id)
{
    c->response->location = resource_url(c->r->arena, c->base, type, id);
}

bool answer_number(struct api_call *c, const char *name, long long dflt, long long *out)
{
    struct str text;

    return http_query(c->r, name, &text, c->error) && answer_integer(c, name, text, dflt, out);
}

bool answer_integer(struct api_call *c, const char *name, struct str text, long long dflt, long long *out)
{
    *out = dflt;
    if (text.p == NULL || str_to_ll(text, out))
        return true;
    error_set(c->error, ERR_PARAMETER_INVALID, str_of(name), text, STR_LIT("an integer"));
    return false;
}

/* --- what is not SCIM's --- */

bool answer_after(struct api_call *c, struct id *out)
{
    struct str text;

    *out = (struct id){{0}};
    if (!http_query(c->r, "after", &text, c->error))
        return false;
    if (text.p == NULL || id_parse(text, out))
        return true;
    error_set(c->error, ERR_PARAMETER_INVALID, STR_LIT("after"), text, STR_LIT("what next of the page before says"));
    return false;
}

bool answer_limit(struct api_call *c, size_t *out)
{
    long long limit;

    if (!answer_number(c, "limit", PAGE_DEFAULT, &limit))
        return false;
    *out = limit < 1 ? 1 : limit > PAGE_MAX ? PAGE_MAX : (size_t)limit;
    return true;
}

bool answer_member(struct api_call *c, const char *name, bool required, struct str *out)
{
    struct json_object *v = json_member(c->body, name);

    *out = STR_NULL;
    if (v == NULL && !required)
        return true;
    if (v != NULL && json_object_is_type(v, json_type_string)) {
        *out = json_str(v);
        return true;
    }
    if (required)
        error_set(c->error, ERR_MEMBER_REQUIRED, str_of(name));
    else
        error_set(c->error, ERR_BODY_MEMBER_INVALID, str_of(name), STR_LIT("a text"));
    return false;
}

/* Whether word is one of words, which are parted by ", ". */
static bool is_one_of(const char *words, struct str word)
{
    struct str all = str_of(words);

    for (size_t from = 0, to; from < all.len; from = to + 2) {
        to = str_find(all, ',', from);
        if (str_eq(str_sub(all, from, to), word))
            return true;
    }
    return false;
}

bool answer_takes(struct api_call *c, const char *words)
{
    json_object_object_foreach(c->body, name, value)
    {
        (void)value;
        if (!is_one_of(words, str_of(name))) {
            error_set(c->error, ERR_BODY_MEMBER_UNKNOWN, str_of(name), str_of(words));
            return false;
        }
    }
    return true;
}

void answer_id(struct buf *b, const char *name, const struct id *id)
{
    char text[ID_TEXT_LEN + 1];

    id_format(id, text);
    buf_json_text(b, name, id_is_set(id) ? str_of(text) : STR_NULL);
}

void answer_next(struct buf *b, const struct id *last, bool more)
{
    buf_putc(b, ']');
    answer_id(b, "next", more ? last : &(struct id){{0}});
    buf_putc(b, '}');
}

void answer_created(struct api_call *c, const char *path, struct str id)
{
    struct buf b;

    buf_init(&b, c->r->arena);
    buf_str(&b, answer_base(c->api, c->r, "/api/v1"));
    buf_printf(&b, "%s/%.*s", path, (int)id.len, id.p);
    answer_json(c, 201);
    c->response->location = buf_view(&b);
}

void reference_write(struct buf *b, const struct projection *p, const struct attribute *list, struct str base,
                     const struct resource_type *type, const struct member_ref *ref, const char *kind)
{
    static const char *const names[] = {"value", "$ref", "display", "type"};
    char id[ID_TEXT_LEN + 1], before = '{';

    id_format(&ref->id, id);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!projection_wants_sub(p, list, attribute_find(list->subs, str_of(names[i]))) ||
            (i == 2 && ref->display.len == 0))
            continue;
        buf_putc(b, before);
        before = ',';
        buf_printf(b, "\"%s\":", names[i]);
        if (i == 2) {
            buf_json(b, ref->display);
            continue;
        }
        buf_putc(b, '"');
        if (i == 1) {
            buf_str(b, base);
            buf_puts(b, type->endpoint);
            buf_putc(b, '/');
        }
        buf_puts(b, i == 3 ? kind : id);
        buf_putc(b, '"');
    }
    buf_puts(b, before == '{' ? "{}" : "}");
}
