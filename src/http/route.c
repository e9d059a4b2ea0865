/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/http/route.h"

#include "roster/base/buf.h"

#include <assert.h>
#include <strings.h>

static size_t count_segments(const char *path)
{
    size_t n = 0;

    for (; *path != '\0'; path++)
        n += *path == '/';
    return n;
}

/* Whether the template takes the request's segments; params and nparams are what its {…} took. */
static bool take(const char *template, const struct http_request *r, struct route_match *out)
{
    out->nparams = 0;
    for (size_t i = 0; i < r->nsegments; i++) {
        struct str segment = r->segments[i];
        if (*template ++ != '/')
            return false; /* the template has fewer */
        if (*template == '{') {
            out->params[out->nparams++] = segment;
            template = strchr(template, '}') + 1;
            continue;
        }
        size_t len = strcspn(template, "/"); /* whole segments: a decoded one may have a '/' in it */
        if (len != segment.len || strncasecmp(template, segment.p, len) != 0)
            return false;
        template += len;
    }
    return *template == '\0';
}

static bool answers(const struct route *row, enum http_method method)
{
    return row->method == method || (row->method == HTTP_GET && method == HTTP_HEAD);
}

enum route_rc route_find(const struct route *table, const struct http_request *r, struct route_match *out)
{
    const char *previous = NULL;
    bool takes = false;

    *out = (struct route_match){.route = NULL};
    if (r->nsegments > HTTP_SEGMENTS_MAX)
        return ROUTE_NO_PATH;
    for (const struct route *row = table; row->path != NULL; row++) {
        if (row->path != previous) /* the methods of an address stand together */
            takes = take(row->path, r, out);
        previous = row->path;
        if (!takes)
            continue;
        if (answers(row, r->method)) {
            out->route = row;
            return ROUTE_FOUND;
        }
        out->allow |= 1u << row->method | (row->method == HTTP_GET ? 1u << HTTP_HEAD : 0);
    }
    return out->allow != 0 ? ROUTE_NO_METHOD : ROUTE_NO_PATH;
}

struct str route_allow(unsigned allow, struct arena *a)
{
    struct buf b;

    buf_init(&b, a);
    for (unsigned method = 0; method < HTTP_OTHER; method++) {
        if (!(allow & 1u << method))
            continue;
        if (b.len > 0)
            buf_puts(&b, ", ");
        buf_puts(&b, http_method_name((enum http_method)method));
    }
    return buf_view(&b);
}

/* --- the check at start --- */

static bool segment_is_well_formed(const char *p, size_t len)
{
    bool param = len > 0 && p[0] == '{';

    if (len == 0 || (param && (len < 3 || p[len - 1] != '}')))
        return false;
    for (size_t i = param; i < len - param; i++)
        if (p[i] == '{' || p[i] == '}')
            return false;
    return true;
}

static bool template_is_well_formed(const char *path)
{
    if (*path != '/' || count_segments(path) > HTTP_SEGMENTS_MAX)
        return false;
    while (*path == '/') {
        size_t len = strcspn(path + 1, "/");
        if (!segment_is_well_formed(path + 1, len))
            return false;
        path += 1 + len;
    }
    return true;
}

/* Whether some path is taken by both. */
static bool overlap(const char *a, const char *b)
{
    while (*a == '/' && *b == '/') {
        size_t a_len = strcspn(++a, "/"), b_len = strcspn(++b, "/");
        if (*a != '{' && *b != '{' && (a_len != b_len || strncasecmp(a, b, a_len) != 0))
            return false;
        a += a_len;
        b += b_len;
    }
    return *a == *b;
}

void route_table_check(const struct route *table)
{
    for (const struct route *row = table; row->path != NULL; row++) {
        assert(template_is_well_formed(row->path));
        assert(row->method < HTTP_OTHER && row->method != HTTP_HEAD);
        assert(row->handler != NULL);
        for (const struct route *other = table; other != row; other++)
            assert(row->method != other->method || !overlap(row->path, other->path));
    }
}
