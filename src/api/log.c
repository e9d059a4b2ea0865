/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#define LOG_DEFAULT 100
#define LOG_MAX     1000

static bool read_flag(struct api_call *c, const char *name, bool *out)
{
    struct str text;

    if (!http_query(c->r, name, &text, c->error))
        return false;
    *out = str_eq_nocase(text, STR_LIT("true"));
    if (text.p == NULL || *out || str_eq_nocase(text, STR_LIT("false")))
        return true;
    error_set(c->error, ERR_PARAMETER_INVALID, str_of(name), text, STR_LIT("true or false"));
    return false;
}

struct window {
    struct synclog_query query;
    uint64_t after;
    size_t limit;
};

static bool read_window(struct api_call *c, struct window *w)
{
    long long after, limit;

    if (!answer_number(c, "after", -1, &after) || !answer_number(c, "limit", LOG_DEFAULT, &limit) ||
        !read_flag(c, "failed", &w->query.failed) || !http_query(c->r, "code", &w->query.code, c->error) ||
        !http_query(c->r, "user", &w->query.user, c->error))
        return false;
    w->limit = limit < 1 ? 1 : limit > LOG_MAX ? LOG_MAX : (size_t)limit;
    w->after = (uint64_t)after;
    return after >= 0 || synclog_start(&c->call, &w->query, w->limit, &w->after);
}

/*
 * GET /api/v1/log?after=N&limit=M&failed=true&code=CODE&user=ID|NAME: {"entries":[…],"last":N,"newest":N}, oldest first.
 * Without after, the newest. The reader goes on with after=last.
 */
bool log_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct call slice = c->call;
    uint64_t last, newest = 0;
    size_t written = 0, n = 1;
    struct window w;

    synclog_write(c->api->synclog, c->api->store, c->api->scratch, true); /* what this process has not written yet */
    if (!read_window(c, &w))
        return false;
    last = w.after;
    answer_json(c, 200);
    slice.arena = c->api->scratch;
    buf_puts(b, "{\"entries\":[");
    while (n > 0 && written < w.limit) {
        size_t comma = b->len;

        arena_reset(slice.arena);
        if (written > 0)
            buf_putc(b, ',');
        if (!synclog_read(&slice, &w.query, last, w.limit - written, b, &n, &last, &newest))
            return false;
        if (n == 0)
            b->len = comma;
        written += n;
        http_response_spill(c->response);
    }
    buf_printf(b, "],\"last\":%llu,\"newest\":%llu}", (unsigned long long)last, (unsigned long long)newest);
    return true;
}
