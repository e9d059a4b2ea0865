/* SPDX-License-Identifier: Apache-2.0 */
/* Lines NAME=VALUE, CGI parameters: what is taken of address, query and headers has the form that handlers rely on. */
#include "fuzz.h"

#include "roster/base/buf.h"
#include "roster/base/utf8.h"
#include "roster/http/request.h"

#include <stdlib.h>

const char fuzz_corpus[] = "tests/data/request";

static const char *const names[] = {
    "filter", "attributes", "excludedAttributes", "startIndex", "count", "sortBy", "cursor", ""};
static const char *const mounts[] = {"", "/roster", "/a/b/"};

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* The value of the first line of that name. */
static struct str param(void *ctx, const char *name)
{
    struct str text = *(const struct str *)ctx, wanted = str_of(name);

    for (size_t at = 0, end; at < text.len; at = end + 1) {
        end = str_find(text, '\n', at);
        struct str line = str_sub(text, at, end);
        if (str_starts(line, wanted) && line.len > wanted.len && line.p[wanted.len] == '=')
            return str_sub(line, wanted.len + 1, line.len);
    }
    return STR_NULL;
}

static bool is_text(struct str s)
{
    return s.p != NULL && utf8_valid(s) && str_find(s, '\0', 0) == s.len;
}

static struct str encoded(struct arena *a, struct str s)
{
    struct buf b;

    buf_init(&b, a);
    for (size_t i = 0; i < s.len; i++)
        buf_printf(&b, "%%%02X", (unsigned char)s.p[i]);
    return buf_view(&b);
}

/* What is percent-encoded whole decodes to what it was, in a path and in a query. */
static void check_decoded(struct arena *a, struct str s)
{
    struct str again;

    must(is_text(s));
    must(http_decode(a, encoded(a, s), false, &again) && str_eq(again, s));
    must(http_decode(a, encoded(a, s), true, &again) && str_eq(again, s));
}

static void check_query(const struct http_request *r)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct error e = ERROR_INIT;
        struct str value;
        bool ok = http_query(r, names[i], &value, &e);
        must(ok != error_is_set(&e));
        must(ok || value.p == NULL);
        if (ok && value.p != NULL)
            check_decoded(r->arena, value);
    }
}

/* A list that has the tag has it with more around it, too; one tag is found whether it is weak or not. */
static void check_tags(struct arena *a, struct str list)
{
    const char *text = arena_strndup(a, list.p != NULL ? list.p : "", list.len);
    bool in = http_etag_in(list, STR_LIT("W/\"7\""));

    must(http_etag_in(list, STR_LIT("\"7\"")) == in);
    must(http_etag_in(str_of(arena_printf(a, "W/\"7\", %s", text)), STR_LIT("W/\"7\"")));
    must(http_etag_in(str_of(arena_printf(a, "\"7-gzip\",%s", text)), STR_LIT("W/\"7\"")));
}

/* A cookie put in front is found; what is found is a piece of the header. */
static void check_cookies(struct http_request *r)
{
    struct str found = http_cookie(r, "__Host-roster"), all = r->cookie;

    must(found.p == NULL || (found.p >= all.p && found.p + found.len <= all.p + all.len));
    r->cookie = str_of(
        arena_printf(r->arena, "__Host-roster=7.x;%s", arena_strndup(r->arena, all.p != NULL ? all.p : "", all.len)));
    must(str_eq(http_cookie(r, "__Host-roster"), STR_LIT("7.x")));
    r->cookie = all;
}

static void check(struct arena *a, struct str text, const char *mount)
{
    struct error e = ERROR_INIT;
    struct http_request r;
    bool ok = http_request_read(&r, a, param, &text, str_of(mount), &e);

    must(ok != error_is_set(&e));
    must(r.nsegments <= HTTP_SEGMENTS_MAX + 1);
    for (size_t i = 0; i < r.nsegments && i < HTTP_SEGMENTS_MAX; i++) {
        must(r.segments[i].len > 0);
        must(param(&text, "REQUEST_URI").len == 0 || is_text(r.segments[i]));
    }
    must((size_t)r.method < HTTP_METHODS && http_method_name(r.method) != NULL);
    must(r.method == HTTP_OTHER || str_eq(r.method_text, str_of(http_method_name(r.method))));
    check_query(&r);
    check_cookies(&r);
    check_tags(a, r.if_match);
    check_tags(a, r.if_none_match);
    must(http_is_json(r.content_type) == http_is_json(str_trim(r.content_type)));
    must(str_starts(str_of(http_answer_type(r.accept)), STR_LIT("application/")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        struct arena *a = arena_new(0);
        check(a, str_make(data, size), mounts[i]);
        arena_free(&a);
    }
    return 0;
}
