/* SPDX-License-Identifier: Apache-2.0 */
#include "synclog_form.h"

#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/base/utf8.h"

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

static bool is_user(const struct reading *r, struct json_object *entry, struct arena *arena)
{
    struct json_object *resource = json_get(entry, "resource");
    struct str name = json_text(resource, "name"), path = json_text(entry, "path");

    path.len = str_find(path, '?', 0);
    if (str_eq_nocase(json_text(resource, "id"), r->query->user) ||
        (name.p != NULL && str_eq(utf8_fold(arena, name), r->user)))
        return true;
    return path.len > r->query->user.len &&
           str_eq_nocase(str_sub(path, path.len - r->query->user.len, path.len), r->query->user) &&
           path.p[path.len - r->query->user.len - 1] == '/';
}

/* An entry of a request as JSON; rest: what follows the head. NULL: it is none. */
static struct json_object *parse(struct str rest, struct arena *a)
{
    struct error e = ERROR_INIT;
    struct buf text;

    buf_init(&text, a);
    buf_putc(&text, '{');
    buf_str(&text, rest);
    buf_putc(&text, '}');
    return json_read(a, buf_view(&text), &e);
}

bool synclog_is_entry(struct str value, struct arena *a)
{
    struct entry_head head;
    struct entry_count count;

    return entry_head_take(&value, &head) &&
           (head.kind == ENTRY_COUNT ? entry_count_read(value, &count) : parse(value, a) != NULL);
}

/* rest: what follows the head. */
static bool takes(const struct reading *r, const struct entry_head *head, struct str rest, struct arena *arena)
{
    const struct synclog_query *q = r->query;

    if (head->time < r->c->now - policy_log_days(&r->c->account->policy) * DAY_MS)
        return false;
    if (q->failed && head->kind != ENTRY_FAILED)
        return false;
    if (q->code.p == NULL && q->user.p == NULL)
        return true;
    if (head->kind == ENTRY_COUNT)
        return false;
    struct json_object *entry = parse(rest, arena);
    return (q->code.p == NULL || str_eq_nocase(json_text(entry, "code"), q->code)) &&
           (q->user.p == NULL || is_user(r, entry, arena));
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

/* The events of the entry's change, as far as they have room. */
static enum store_rc put_events(struct store_txn *txn, struct buf *out, const struct entry_head *head)
{
    size_t from = out->len;
    bool cut = false;

    buf_printf(out, ",\"firstEvent\":%llu,\"lastEvent\":%llu,\"events\":[", (unsigned long long)head->first_event,
               (unsigned long long)head->last_event);
    for (uint64_t seq = head->first_event; seq <= head->last_event; seq++) {
        struct str event;
        struct key k;

        if ((cut = cut || seq - head->first_event >= EVENTS_LOOK))
            break;
        key_init(&k);
        key_u64(&k, seq);
        enum store_rc rc = store_get(txn, SPACE_EVENT, key_view(&k), &event);
        if (rc != STORE_OK && rc != STORE_NOTFOUND)
            return rc;
        if (rc == STORE_NOTFOUND || !is_of(event, &head->request))
            continue;
        cut = out->len - from + event.len > EVENTS_BYTES;
        if (cut)
            continue;
        buf_json_comma(out);
        buf_str(out, event);
    }
    buf_puts(out, cut ? "],\"eventsCut\":true" : "]");
    return STORE_OK;
}

static void put_time(struct buf *b, const char *name, int64_t ms)
{
    char text[CLOCK_TEXT_LEN + 1];

    clock_format(ms, text);
    buf_printf(b, ",\"%s\":\"%s\"", name, text);
}

static bool put_count(struct buf *out, struct arena *arena, const struct entry_head *head, struct str rest)
{
    char token[ID_TEXT_LEN + 1];
    struct entry_count count;
    struct buf words;

    if (!entry_count_read(rest, &count))
        return false;
    put_time(out, "time", head->time);
    put_time(out, "first", count.first);
    put_time(out, "last", head->time);
    id_format(&count.token, token);
    buf_printf(out, ",\"token\":\"%s\",\"client\":", token);
    buf_json(out, count.client);
    buf_printf(out, ",\"kind\":\"%s\",\"times\":%llu,\"sentence\":", synclog_kind_name(count.kind),
               (unsigned long long)count.times);
    buf_init(&words, arena);
    words_count(&words, count.client, count.kind, count.times);
    buf_json(out, buf_view(&words));
    return true;
}

/* An entry that was found; rest is in the arena. */
struct found {
    uint64_t number;
    struct entry_head head;
    struct str rest;
};

static enum store_rc put_entry(struct store_txn *txn, struct arena *arena, struct buf *out, const struct found *f)
{
    enum store_rc rc = STORE_OK;

    buf_printf(out, "{\"seq\":%llu,\"failed\":%s", (unsigned long long)f->number,
               f->head.kind == ENTRY_FAILED ? "true" : "false");
    if (f->head.kind == ENTRY_COUNT) {
        if (!put_count(out, arena, &f->head, f->rest))
            return STORE_ERROR;
    } else {
        buf_putc(out, ',');
        buf_str(out, f->rest);
        if (f->head.first_event != 0)
            rc = put_events(txn, out, &f->head);
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
    struct key from;

    key_init(&from);
    key_u64(&from, r->after + 1);
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
        rc = put_entry(txn, arena, r->out, &found[i]);
    }
    if (r->last > r->newest) /* committed between the two reads */
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
    uint64_t number;

    (void)arena;
    r->n = 0;
    r->after = 0;
    enum store_rc rc = store_scan_open(txn, SPACE_LOG, STR_NULL, STR_NULL, STORE_BACKWARD, &scan);
    while (rc == STORE_OK && r->n < r->limit && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        struct entry_head head;

        arena_reset(r->scratch);
        if (!key_take_u64(&key, &number) || !entry_head_take(&value, &head)) {
            rc = STORE_ERROR;
        } else if (takes(r, &head, value, r->scratch)) {
            r->n++;
            r->after = number - 1;
        }
    }
    store_scan_close(&scan);
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
