/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/base/clock.h"

#define LOG_DEFAULT 100
#define LOG_MAX     1000
#define LOG_LOOKS   10000 /* entries that one request looks at */

static bool invalid(struct api_call *c, const char *name, struct str value, const char *wanted)
{
    error_set(c->error, ERR_PARAMETER_INVALID, str_of(name), value, str_of(wanted));
    return false;
}

static bool read_flag(struct api_call *c, const char *name, bool *out)
{
    struct str text;

    if (!http_query(c->r, name, &text, c->error))
        return false;
    *out = str_eq_nocase(text, STR_LIT("true"));
    return text.p == NULL || *out || str_eq_nocase(text, STR_LIT("false")) || invalid(c, name, text, "true or false");
}

static bool read_time(struct api_call *c, const char *name, int64_t *out)
{
    struct str text;

    *out = 0;
    if (!http_query(c->r, name, &text, c->error))
        return false;
    return text.p == NULL || clock_parse(text, out) || invalid(c, name, text, "a time such as 2026-11-29T08:00:00Z");
}

static bool read_id(struct api_call *c, const char *name, struct id *out)
{
    struct str text;

    *out = (struct id){{0}};
    if (!http_query(c->r, name, &text, c->error))
        return false;
    return text.p == NULL || id_parse(text, out) || invalid(c, name, text, "an id");
}

static bool read_query(struct api_call *c, struct synclog_query *q)
{
    const struct {
        const char *name;
        struct str *out;
    } texts[] = {
        {"code", &q->code}, {"user", &q->user}, {"method", &q->method}, {"client", &q->client}, {"q", &q->text}};
    long long status;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!http_query(c->r, texts[i].name, texts[i].out, c->error))
            return false;
    if (!answer_number(c, "status", 0, &status) || !read_flag(c, "failed", &q->failed) ||
        !read_id(c, "token", &q->token) || !read_time(c, "from", &q->from) || !read_time(c, "to", &q->to))
        return false;
    q->status = status < 0 || status > 999 ? 1000 : (int)status; /* which nothing has */
    return true;
}

struct window {
    struct synclog_query query;
    long long after, before; /* -1: not given */
    size_t limit;
};

static bool read_window(struct api_call *c, struct window *w)
{
    long long limit;

    if (!answer_number(c, "after", -1, &w->after) || !answer_number(c, "before", -1, &w->before) ||
        !answer_number(c, "limit", LOG_DEFAULT, &limit) || !read_query(c, &w->query))
        return false;
    w->limit = limit < 1 ? 1 : limit > LOG_MAX ? LOG_MAX : (size_t)limit;
    return true;
}

typedef bool reader(struct call *c, const struct synclog_query *q, uint64_t from, size_t limit, size_t looks,
                    struct buf *out, struct synclog_found *found);

/* Writes entries from a number on, by one reader, until there are enough of them, or so many were looked at. */
static bool write_entries(struct api_call *c, const struct window *w, reader *read, uint64_t from,
                          struct synclog_found *found)
{
    struct buf *b = &c->response->body;
    struct call slice = c->call;
    size_t written = 0, looked = 0;

    answer_json(c, 200);
    slice.arena = c->api->scratch;
    buf_puts(b, "{\"entries\":[");
    do {
        size_t comma = b->len;

        arena_reset(slice.arena);
        if (written > 0)
            buf_putc(b, ',');
        if (!read(&slice, &w->query, from, w->limit - written, LOG_LOOKS - looked, b, found))
            return false;
        if (found->n == 0)
            b->len = comma;
        from = found->last;
        written += found->n;
        looked += found->looked;
        http_response_spill(c->response);
    } while (found->looked > 0 && from != 0 && written < w->limit && looked < LOG_LOOKS);
    return true;
}

/* {"entries":[…],"next":N,"newest":N}, newest first; next goes into before, and is null where none is left. */
static bool list_back(struct api_call *c, const struct window *w)
{
    struct buf *b = &c->response->body;
    struct synclog_found found;

    if (!write_entries(c, w, synclog_read_back, (uint64_t)w->before, &found))
        return false;
    buf_puts(b, "],\"next\":");
    if (found.last == 0)
        buf_puts(b, "null");
    else
        buf_u64(b, found.last);
    buf_printf(b, ",\"newest\":%llu}", (unsigned long long)found.newest);
    return true;
}

/*
 * GET /api/v1/log?after=N&limit=M&failed=true&code=CODE&user=ID|NAME&method=M&status=N&token=ID&client=NAME&q=TEXT&from=TIME&to=TIME:
 * {"entries":[…],"last":N,"newest":N}, oldest first. Without after, the newest. The reader goes on with after=last. With before=N
 * instead of after, newest first (0: from the end), see list_back(). So many entries at most are looked at, so there may be others
 * though the limit is not reached.
 */
bool log_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct synclog_found found;
    struct window w = {.after = -1};
    uint64_t after;

    synclog_write(c->api->synclog, c->api->store, c->api->scratch, true); /* what this process has not written yet */
    if (!read_window(c, &w))
        return false;
    if (w.before >= 0)
        return list_back(c, &w);
    after = (uint64_t)w.after;
    if ((w.after < 0 && !synclog_start(&c->call, &w.query, w.limit, LOG_LOOKS, &after)) ||
        !write_entries(c, &w, synclog_read, after, &found))
        return false;
    buf_printf(b, "],\"last\":%llu,\"newest\":%llu}", (unsigned long long)found.last, (unsigned long long)found.newest);
    return true;
}

/* GET /api/v1/log/{seq}: as in the list. */
bool log_read(struct api_call *c)
{
    long long number;

    synclog_write(c->api->synclog, c->api->store, c->api->scratch, true);
    if (!str_to_ll(c->params[0], &number) || number < 1) {
        error_set(c->error, ERR_LOG_ENTRY_UNKNOWN, c->params[0]);
        return false;
    }
    c->call.arena = c->api->scratch;
    answer_json(c, 200);
    return synclog_entry(&c->call, (uint64_t)number, &c->response->body);
}
