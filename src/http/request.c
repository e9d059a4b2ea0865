/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/http/request.h"

#include "roster/base/clock.h"
#include "roster/base/utf8.h"

#include <assert.h>

#define MALFORMED "has a broken percent escape, a NUL or bytes that are not UTF-8"

static const char *const method_names[HTTP_METHODS] = {
    [HTTP_GET] = "GET",     [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",       [HTTP_PUT] = "PUT",
    [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS", [HTTP_OTHER] = "OTHER",
};

const char *http_method_name(enum http_method method)
{
    assert((size_t)method < HTTP_METHODS);
    return method_names[method];
}

/* Methods are compared with case (RFC 9110 9.1). */
static enum http_method method_of(struct str text)
{
    for (size_t i = 0; i < HTTP_OTHER; i++)
        if (str_eq(text, str_of(method_names[i])))
            return (enum http_method)i;
    return HTTP_OTHER;
}

/* --- lists: pieces between separators --- */

/* The next piece of s at or after *at; *at moves behind its separator. false: the end. */
static bool next_piece(struct str s, char separator, size_t *at, struct str *piece)
{
    if (*at >= s.len)
        return false;
    size_t end = str_find(s, separator, *at);
    *piece = str_sub(s, *at, end);
    *at = end + 1;
    return true;
}

/* As next_piece() for paths: empty segments are passed over. */
static bool next_segment(struct str path, size_t *at, struct str *segment)
{
    while (next_piece(path, '/', at, segment))
        if (segment->len > 0)
            return true;
    return false;
}

/* --- percent-encoding --- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unescape(struct str s, bool plus, char *out, size_t *len)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = i + 2 < s.len ? hex_value(s.p[i + 1]) : -1, low = high < 0 ? -1 : hex_value(s.p[i + 2]);
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[n++] = c;
    }
    *len = n;
    return true;
}

bool http_decode(struct arena *a, struct str s, bool plus, struct str *out)
{
    struct str text = s.len > 0 ? s : STR_LIT("");

    *out = STR_NULL;
    if (str_find(s, '%', 0) < s.len || (plus && str_find(s, '+', 0) < s.len)) {
        char *p = arena_alloc_raw(a, s.len);
        if (!unescape(s, plus, p, &text.len))
            return false;
        text.p = p;
    }
    if (str_find(text, '\0', 0) < text.len || !utf8_valid(text))
        return false;
    *out = text;
    return true;
}

/* --- the address --- */

struct address {
    struct str path, query;
    bool encoded; /* path as it came in the request line; else the server has decoded it */
};

static struct str copy_param(struct arena *a, http_param *param, void *ctx, const char *name)
{
    struct str value = param(ctx, name);

    return value.p == NULL ? STR_NULL : arena_str(a, value);
}

/* "http://host/path" in the request line (RFC 9112 3.2.2) means /path. */
static struct str without_authority(struct str uri)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        struct str scheme = str_of(schemes[i]);
        if (str_starts_nocase(uri, scheme))
            return str_sub(uri, str_find(uri, '/', scheme.len), uri.len);
    }
    return uri;
}

static struct address read_address(struct arena *a, http_param *param, void *ctx)
{
    struct str uri = copy_param(a, param, ctx, "REQUEST_URI"), script, info;

    if (uri.len > 0) {
        uri = without_authority(uri);
        size_t mark = str_find(uri, '?', 0);
        return (struct address){.path = str_sub(uri, 0, mark),
                                .query = mark < uri.len ? str_sub(uri, mark + 1, uri.len) : STR_NULL,
                                .encoded = true};
    }
    script = param(ctx, "SCRIPT_NAME");
    info = param(ctx, "PATH_INFO");
    char *path = arena_alloc_raw(a, script.len + info.len);
    if (script.len > 0)
        memcpy(path, script.p, script.len);
    if (info.len > 0)
        memcpy(path + script.len, info.p, info.len);
    return (struct address){.path = str_make(path, script.len + info.len),
                            .query = copy_param(a, param, ctx, "QUERY_STRING")};
}

static bool decode_segment(struct arena *a, struct str raw, bool encoded, struct str *out)
{
    *out = raw;
    return encoded ? http_decode(a, raw, false, out) : utf8_valid(raw);
}

static bool read_path(struct http_request *out, const struct address *address, struct str mount, struct error *e)
{
    struct str raw, segment, expected = STR_NULL;
    size_t at = 0, mount_at = 0;
    bool in_mount = next_segment(mount, &mount_at, &expected);

    while (next_segment(address->path, &at, &raw)) {
        if (!decode_segment(out->arena, raw, address->encoded, &segment)) {
            error_set(e, ERR_PATH_MALFORMED, STR_LIT("its path " MALFORMED));
            return false;
        }
        if (in_mount) {
            if (!str_eq(segment, expected))
                break;
            in_mount = next_segment(mount, &mount_at, &expected);
        } else if (out->nsegments < HTTP_SEGMENTS_MAX) {
            out->segments[out->nsegments++] = segment;
        } else {
            out->nsegments = HTTP_SEGMENTS_MAX + 1;
        }
    }
    out->outside_mount = in_mount;
    return true;
}

/* --- headers --- */

static struct str read_authorization(struct arena *a, http_param *param, void *ctx)
{
    struct str value = copy_param(a, param, ctx, "HTTP_AUTHORIZATION");

    /* Apache renames a request's variables when it rewrites the address. */
    return value.len > 0 ? value : copy_param(a, param, ctx, "REDIRECT_HTTP_AUTHORIZATION");
}

/* No credentials that are taken here have a comma in them, so one with something behind it is a server's join. */
static bool is_doubled(struct str authorization)
{
    for (size_t i = str_find(authorization, ',', 0); i < authorization.len; i++)
        if (authorization.p[i] != ',' && authorization.p[i] != ' ' && authorization.p[i] != '\t')
            return true;
    return false;
}

static struct str read_scheme(struct arena *a, http_param *param, void *ctx)
{
    struct str scheme = copy_param(a, param, ctx, "REQUEST_SCHEME"), https;

    if (scheme.len > 0)
        return scheme;
    https = param(ctx, "HTTPS");
    return str_eq_nocase(https, STR_LIT("on")) || str_eq(https, STR_LIT("1")) ? STR_LIT("https") : STR_LIT("http");
}

/* What only a browser sends; looking for a header costs as much as all that there are. */
static void read_browser(struct http_request *out, http_param *param, void *ctx)
{
    if (out->outside_mount || out->nsegments == 0 || !str_eq_nocase(out->segments[0], STR_LIT("api")))
        return;
    out->cookie = copy_param(out->arena, param, ctx, "HTTP_COOKIE");
    out->origin = copy_param(out->arena, param, ctx, "HTTP_ORIGIN");
    out->csrf_token = copy_param(out->arena, param, ctx, "HTTP_X_CSRF_TOKEN");
    out->account = copy_param(out->arena, param, ctx, "HTTP_ROSTER_ACCOUNT");
    out->background = param(ctx, "HTTP_ROSTER_BACKGROUND").p != NULL;
}

bool http_request_read(struct http_request *out, struct arena *a, http_param *param, void *ctx, struct str mount,
                       struct error *e)
{
    struct address address = read_address(a, param, ctx);

    *out = (struct http_request){
        .arena = a,
        .id = id_new(),
        .received = clock_now(),
        .began = clock_micros(),
        .method_text = copy_param(a, param, ctx, "REQUEST_METHOD"),
        .query = address.query,
        .client = client_recognise(param, ctx, address.query),
        .authorization = read_authorization(a, param, ctx),
        .content_type = copy_param(a, param, ctx, "CONTENT_TYPE"),
        .accept = copy_param(a, param, ctx, "HTTP_ACCEPT"),
        .if_match = copy_param(a, param, ctx, "HTTP_IF_MATCH"),
        .if_none_match = copy_param(a, param, ctx, "HTTP_IF_NONE_MATCH"),
        .user_agent = copy_param(a, param, ctx, "HTTP_USER_AGENT"),
        .remote_address = copy_param(a, param, ctx, "REMOTE_ADDR"),
        .forwarded = param(ctx, "HTTP_X_FORWARDED_FOR").p != NULL || param(ctx, "HTTP_FORWARDED").p != NULL,
        .host = copy_param(a, param, ctx, "HTTP_HOST"),
        .scheme = read_scheme(a, param, ctx),
    };
    out->method = method_of(out->method_text);
    out->authorization_doubled = is_doubled(out->authorization);
    if (!read_path(out, &address, mount, e))
        return false;
    read_browser(out, param, ctx);
    return true;
}

struct str http_cookie(const struct http_request *r, const char *name)
{
    struct str pair;
    size_t at = 0;

    while (next_piece(r->cookie, ';', &at, &pair)) {
        pair = str_trim(pair);
        size_t equals = str_find(pair, '=', 0);
        if (equals < pair.len && str_eq(str_sub(pair, 0, equals), str_of(name)))
            return str_sub(pair, equals + 1, pair.len);
    }
    return STR_NULL;
}

/* --- the query --- */

/* Where an admin has typed a flag into the base URL, the query begins behind a second '?': ?aadOptscim062020?filter=… */
static struct str behind_flags(struct str raw)
{
    size_t from = raw.len;

    while (from > 0 && raw.p[from - 1] != '?')
        from--;
    return str_sub(raw, from, raw.len);
}

static bool name_is(struct arena *a, struct str raw, const char *name)
{
    struct str decoded;

    raw = behind_flags(raw);
    if (str_find(raw, '%', 0) == raw.len)
        return str_eq_nocase(raw, str_of(name));
    return http_decode(a, raw, true, &decoded) && str_eq_nocase(decoded, str_of(name));
}

bool http_query(const struct http_request *r, const char *name, struct str *out, struct error *e)
{
    struct str pair;
    size_t at = 0;

    *out = STR_NULL;
    while (next_piece(r->query, '&', &at, &pair)) {
        size_t equals = str_find(pair, '=', 0), value = equals < pair.len ? equals + 1 : equals;
        if (!name_is(r->arena, str_sub(pair, 0, equals), name))
            continue;
        if (http_decode(r->arena, str_sub(pair, value, pair.len), true, out))
            return true;
        error_set(e, ERR_PATH_MALFORMED, str_of(arena_printf(r->arena, "its parameter %s " MALFORMED, name)));
        return false;
    }
    return true;
}

/* --- media types --- */

static struct str media_type(struct str value)
{
    return str_trim(str_sub(value, 0, str_find(value, ';', 0)));
}

bool http_is_json(struct str content_type)
{
    struct str type = media_type(content_type);

    return type.len == 0 || str_eq_nocase(type, STR_LIT("application/scim+json")) ||
           str_eq_nocase(type, STR_LIT("application/json"));
}

/* "type;q=0" names what is not wanted (RFC 9110 12.4.2). */
static bool is_unwanted(struct str element)
{
    struct str piece;
    size_t at = str_find(element, ';', 0) + 1;

    while (next_piece(element, ';', &at, &piece)) {
        piece = str_trim(piece);
        if (!str_starts_nocase(piece, STR_LIT("q=")))
            continue;
        for (size_t i = 2; i < piece.len; i++)
            if (piece.p[i] != '0' && piece.p[i] != '.')
                return false;
        return true;
    }
    return false;
}

const char *http_answer_type(struct str accept)
{
    bool json = false, scim = false;
    struct str element;
    size_t at = 0;

    while (next_piece(accept, ',', &at, &element)) {
        struct str type = media_type(element);
        if (is_unwanted(element))
            continue;
        json = json || str_eq_nocase(type, STR_LIT("application/json"));
        scim = scim || str_eq_nocase(type, STR_LIT("application/scim+json")) || str_eq(type, STR_LIT("*/*")) ||
               str_eq_nocase(type, STR_LIT("application/*"));
    }
    return json && !scim ? "application/json; charset=utf-8" : "application/scim+json; charset=utf-8";
}

/* --- entity tags (RFC 9110 8.8.3) --- */

/* The opaque part of the next tag at or after *at. What is no tag is passed over. */
static bool next_tag(struct str list, size_t *at, struct str *opaque)
{
    struct str rest;

    while (*at < list.len) {
        rest = str_sub(list, *at, list.len);
        if (str_starts(rest, STR_LIT("W/\"")) || rest.p[0] == '"') {
            size_t open = *at + (rest.p[0] == 'W' ? 2 : 0), close = str_find(list, '"', open + 1);
            if (close == list.len)
                return false;
            *opaque = str_sub(list, open + 1, close);
            *at = close + 1;
            return true;
        }
        *at += rest.p[0] == ' ' || rest.p[0] == '\t' || rest.p[0] == ',' ? 1 : str_find(rest, ',', 0);
    }
    return false;
}

static struct str without_coding(struct str opaque)
{
    static const char *const codings[] = {"-gzip", "-br", "-deflate", "-zstd"};

    for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++) {
        size_t len = strlen(codings[i]);
        if (opaque.len > len && memcmp(opaque.p + opaque.len - len, codings[i], len) == 0)
            return str_sub(opaque, 0, opaque.len - len);
    }
    return opaque;
}

bool http_etag_in(struct str list, struct str etag)
{
    struct str wanted, tag;
    size_t at = 0;

    if (str_eq(str_trim(list), STR_LIT("*")))
        return true;
    if (!next_tag(etag, &at, &wanted))
        return false;
    at = 0;
    while (next_tag(list, &at, &tag))
        if (str_eq(tag, wanted) || str_eq(without_coding(tag), wanted))
            return true;
    return false;
}
