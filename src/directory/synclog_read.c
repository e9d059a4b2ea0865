/* SPDX-License-Identifier: Apache-2.0 */
#include "synclog_form.h"

#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/base/utf8.h"
#include "roster/scim/mask.h"

#include <assert.h>

#define READ_MAX     50    /* entries in one go: each may have tens of kilobytes with its events */
#define READ_LOOK    2000  /* that are looked at in one go */
#define EVENTS_BYTES 16384 /* of the events that are told with an entry */
#define EVENTS_LOOK  200   /* of the numbers between its first and its last */
#define DAY_MS       INT64_C(86400000)

struct reading {
    struct call *c;
    const struct synclog_query *query;
    struct str user; /* folded */
    uint64_t after, last, newest;
    size_t limit, n;
    struct arena *scratch; /* for looking at one entry */
    struct buf *out;
    size_t mark; /* out->len before the first try */
};

/* --- what the query takes --- */

static struct str name_of(const struct entry_request *e)
{
    return str_sub(e->sentence, e->name_at, (size_t)e->name_at + e->name_len);
}

/* By the id or the name of the resource, or by the last segment of the path. */
static bool is_user(const struct reading *r, const struct entry_request *e, struct arena *arena)
{
    struct str path = str_sub(e->path, 0, str_find(e->path, '?', 0)), user = r->query->user;
    char id[ID_TEXT_LEN + 1];

    id_format(&e->resource, id);
    if ((e->type != 0 && str_eq_nocase(str_of(id), user)) ||
        (e->name_len > 0 && str_eq(utf8_fold(arena, name_of(e)), r->user)))
        return true;
    return path.len > user.len && path.p[path.len - user.len - 1] == '/' &&
           str_eq_nocase(str_sub(path, path.len - user.len, path.len), user);
}

/* Whether what else an entry says is the inside of an object. */
static bool is_json(const struct entry_request *e, struct arena *a)
{
    struct error error = ERROR_INIT;
    struct buf text;

    buf_init(&text, a);
    buf_putc(&text, '{');
    buf_str(&text, e->more);
    buf_putc(&text, '}');
    return json_scan(buf_view(&text), JSON_DEPTH_MAX, &error);
}

/* Whether it failed with the code: that comes first then. */
static bool has_code(const struct entry_request *e, struct str code)
{
    struct str head = STR_LIT("\"code\":\"");

    if (!str_starts(e->more, head))
        return false;
    struct str rest = str_sub(e->more, head.len, e->more.len);
    return str_starts_nocase(rest, code) && str_starts(str_sub(rest, code.len, rest.len), STR_LIT("\""));
}

bool synclog_is_entry(struct str value, struct arena *a)
{
    struct entry_head head;
    struct entry_count count;
    struct entry_request request;

    if (!entry_head_take(&value, &head))
        return false;
    if (head.kind == ENTRY_COUNT)
        return entry_count_read(value, &count);
    return entry_request_read(value, &request) && is_json(&request, a);
}

/* rest: what follows the head. */
static bool takes(const struct reading *r, const struct entry_head *head, struct str rest, struct arena *arena)
{
    const struct synclog_query *q = r->query;
    struct entry_request request;

    if (head->time < r->c->now - policy_log_days(&r->c->account->policy) * DAY_MS)
        return false;
    if (q->failed && head->kind != ENTRY_FAILED)
        return false;
    if (q->code.p == NULL && q->user.p == NULL)
        return true;
    if (head->kind == ENTRY_COUNT || !entry_request_read(rest, &request))
        return false;
    return (q->code.p == NULL || has_code(&request, q->code)) && (q->user.p == NULL || is_user(r, &request, arena));
}

/* The oldest number that is shown where newest is the last: what is in front of it is kept no longer, or never was. */
static uint64_t first_shown(const struct reading *r, uint64_t newest)
{
    uint64_t entries = r->c->account->policy.value[POLICY_LOG_ENTRIES];

    return entries == 0 || newest < entries ? 1 : newest - entries + 1;
}

/* --- the text of an entry --- */

/* Whether the event, of which this is the text, is of the request. */
static bool is_of(struct str event, const struct id *request)
{
    char text[ID_TEXT_LEN + 1];
    struct str mark = STR_LIT(",\"request\":\"");

    id_format(request, text);
    for (size_t i = 0; i + mark.len + ID_TEXT_LEN <= event.len && i < 200; i++)
        if (str_starts(str_sub(event, i, event.len), mark))
            return str_starts(str_sub(event, i + mark.len, event.len), str_of(text));
    return false;
}

/* The event without the values of attributes that are called secret, which the body is without, too. */
static struct str masked(struct str event, struct arena *a)
{
    struct str mark = STR_LIT("\"changes\":");
    struct buf b;
    struct mask m;
    bool cut;
    size_t at = 0;

    while (at < event.len && !str_starts(str_sub(event, at, event.len), mark))
        at++;
    if (!mask_mentions(str_sub(event, at, event.len)))
        return event;
    buf_init(&b, a);
    mask_body(&b, event, SIZE_MAX, &m, &cut);
    return buf_view(&b);
}

/* The events of the entry's change, as far as they have room. */
static enum store_rc put_events(struct store_txn *txn, struct buf *out, const struct entry_request *e)
{
    size_t from = out->len;
    bool cut = false;

    buf_printf(out, ",\"firstEvent\":%llu,\"lastEvent\":%llu,\"events\":[", (unsigned long long)e->first_event,
               (unsigned long long)e->last_event);
    for (uint64_t seq = e->first_event; seq <= e->last_event; seq++) {
        struct str event;
        struct key k;

        if ((cut = cut || seq - e->first_event >= EVENTS_LOOK))
            break;
        key_init(&k);
        key_u64(&k, seq);
        enum store_rc rc = store_get(txn, SPACE_EVENT, key_view(&k), &event);
        if (rc != STORE_OK && rc != STORE_NOTFOUND)
            return rc;
        if (rc == STORE_NOTFOUND || !is_of(event, &e->id))
            continue;
        cut = out->len - from + event.len > EVENTS_BYTES;
        if (cut)
            continue;
        event = masked(event, out->arena);
        buf_json_comma(out);
        buf_str(out, event);
    }
    buf_puts(out, cut ? "],\"eventsCut\":true" : "]");
    return STORE_OK;
}

static void put_time(struct buf *b, const char *name, int64_t ms)
{
    buf_json_name(b, name);
    clock_write(b, ms);
}

static void put_id(struct buf *b, const char *name, const struct id *id)
{
    buf_json_name(b, name);
    id_write(b, id);
}

static void put_text(struct buf *b, const char *name, struct str text)
{
    buf_json_name(b, name);
    buf_json(b, text);
}

static void put_resource(struct buf *out, const struct reading *r, const struct entry_request *e)
{
    if (e->type == 0 && e->name_len == 0)
        return;
    buf_puts(out, ",\"resource\":{");
    if (e->type != 0) {
        const struct resource_type *type = account_type(r->c->account, e->type);

        put_text(out, "type", str_of(type == NULL ? "" : type->name));
        put_id(out, "id", &e->resource);
    }
    if (e->name_len > 0)
        put_text(out, "name", name_of(e));
    buf_putc(out, '}');
}

static void put_request(struct buf *out, const struct reading *r, const struct entry_head *head,
                        const struct entry_request *e)
{
    put_time(out, "time", head->time);
    put_id(out, "request", &e->id);
    put_id(out, "token", &e->token);
    put_text(out, "client", e->client);
    put_text(out, "method", e->method);
    put_text(out, "path", e->path);
    buf_printf(out, ",\"status\":%u,\"microseconds\":%lu", (unsigned)e->status, (unsigned long)e->microseconds);
    put_text(out, "sentence", e->sentence);
    put_resource(out, r, e);
    if (e->more.len > 0) {
        buf_putc(out, ',');
        buf_str(out, e->more);
    }
}

static bool put_count(struct buf *out, struct arena *arena, const struct entry_head *head, struct str rest)
{
    struct sentence words = {.name_len = 0};
    struct entry_count count;

    if (!entry_count_read(rest, &count))
        return false;
    put_time(out, "time", head->time);
    put_time(out, "first", count.first);
    put_time(out, "last", head->time);
    put_id(out, "token", &count.token);
    put_text(out, "client", count.client);
    put_text(out, "kind", str_of(synclog_kind_name(count.kind)));
    buf_printf(out, ",\"times\":%llu", (unsigned long long)count.times);
    buf_init(&words.text, arena);
    words_count(&words, count.client, count.kind, count.times);
    put_text(out, "sentence", buf_view(&words.text));
    return true;
}

/* An entry that was found; rest is in the arena. */
struct found {
    uint64_t number;
    struct entry_head head;
    struct str rest;
};

static enum store_rc put_entry(struct store_txn *txn, struct arena *arena, struct reading *r, const struct found *f)
{
    struct entry_request request;
    enum store_rc rc = STORE_OK;
    struct buf *out = r->out;

    buf_printf(out, "{\"seq\":%llu,\"failed\":%s", (unsigned long long)f->number,
               f->head.kind == ENTRY_FAILED ? "true" : "false");
    if (f->head.kind == ENTRY_COUNT) {
        if (!put_count(out, arena, &f->head, f->rest))
            return STORE_ERROR;
    } else {
        if (!entry_request_read(f->rest, &request))
            return STORE_ERROR;
        put_request(out, r, &f->head, &request);
        if (request.first_event != 0)
            rc = put_events(txn, out, &request);
    }
    buf_putc(out, '}');
    return rc;
}

/* --- forwards --- */

/* The next entries that the query takes, at most r->limit; r->last is the one that was looked at last. */
static enum store_rc find(struct store_txn *txn, struct arena *arena, struct reading *r, struct found *found)
{
    struct arena *scratch = r->scratch;
    struct store_scan *scan = NULL;
    struct str key, value;
    uint64_t first = first_shown(r, r->newest);
    struct key from;

    key_init(&from);
    key_u64(&from, r->after < first ? first : r->after + 1);
    enum store_rc rc = store_scan_open(txn, SPACE_LOG, key_view(&from), STR_NULL, STORE_FORWARD, &scan);
    for (size_t looked = 0; rc == STORE_OK && r->n < r->limit && looked < READ_LOOK; looked++) {
        struct found *f = &found[r->n];

        arena_reset(scratch);
        if ((rc = store_scan_next(scan, &key, &value)) != STORE_OK)
            break;
        if (!key_take_u64(&key, &f->number) || !entry_head_take(&value, &f->head)) {
            rc = STORE_ERROR;
            break;
        }
        r->last = f->number;
        if (!takes(r, &f->head, value, scratch))
            continue;
        f->rest = arena_str(arena, value);
        r->n++;
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc read_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct reading *r = ctx;
    struct found *found = arena_alloc_raw(arena, READ_MAX * sizeof *found);
    struct state state;

    r->n = 0;
    r->last = r->after;
    r->out->len = r->mark;
    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    r->newest = state.logged;
    if (r->after == UINT64_MAX || r->limit == 0)
        return STORE_OK;
    if ((rc = find(txn, arena, r, found)) != STORE_OK)
        return rc;
    for (size_t i = 0; i < r->n && rc == STORE_OK; i++) {
        if (i > 0)
            buf_putc(r->out, ',');
        rc = put_entry(txn, arena, r, &found[i]);
    }
    if (r->last > r->after && r->last > r->newest) /* committed between the two reads */
        r->newest = r->last;
    return rc;
}

static struct reading begin_reading(struct call *c, const struct synclog_query *q)
{
    return (struct reading){.c = c,
                            .query = q,
                            .user = q->user.p == NULL ? STR_NULL : utf8_fold(c->arena, q->user),
                            .scratch = arena_new(0)};
}

/* As event_read(), nobody hears of an entry that a crash may take back. */
bool synclog_read(struct call *c, const struct synclog_query *q, uint64_t after, size_t limit, struct buf *out,
                  size_t *n, uint64_t *last, uint64_t *newest)
{
    struct reading r = begin_reading(c, q);
    enum store_rc rc;

    assert(out->arena != c->arena); /* which is rewound between tries, with all that out grew there */
    r.out = out;
    r.mark = out->len;
    r.limit = limit < READ_MAX ? limit : READ_MAX;
    r.newest = after;
    r.last = after;
    do { /* until one is found, or none is left */
        r.after = r.last;
        rc = store_run(c->store, c->account->number, STORE_READ, c->arena, read_body, &r);
    } while (rc == STORE_OK && r.n == 0 && r.limit > 0 && r.last != r.after);
    arena_free(&r.scratch);
    if (rc == STORE_OK && r.n > 0)
        store_sync(c->store);
    *n = r.n;
    *last = r.last;
    *newest = r.newest;
    return call_done(c, rc);
}

/* --- backwards --- */

static enum store_rc start_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct reading *r = ctx;
    struct store_scan *scan = NULL;
    struct str key, value;
    uint64_t number, newest = 0;

    (void)arena;
    r->n = 0;
    r->after = 0;
    enum store_rc rc = store_scan_open(txn, SPACE_LOG, STR_NULL, STR_NULL, STORE_BACKWARD, &scan);
    while (rc == STORE_OK && r->n < r->limit && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        struct entry_head head;

        arena_reset(r->scratch);
        if (!key_take_u64(&key, &number) || !entry_head_take(&value, &head)) {
            rc = STORE_ERROR;
            break;
        }
        if (newest == 0)
            newest = number;
        if (number < first_shown(r, newest))
            break;
        if (takes(r, &head, value, r->scratch)) {
            r->n++;
            r->after = number - 1;
        }
    }
    store_scan_close(&scan);
    if (r->n == 0) /* nothing is taken: nor need it be looked through once more */
        r->after = newest;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

bool synclog_start(struct call *c, const struct synclog_query *q, size_t limit, uint64_t *after)
{
    struct reading r = begin_reading(c, q);
    enum store_rc rc;

    r.limit = limit;
    rc = store_run(c->store, c->account->number, STORE_READ, c->arena, start_body, &r);
    arena_free(&r.scratch);
    *after = r.after;
    return call_done(c, rc);
}
