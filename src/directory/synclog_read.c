/* SPDX-License-Identifier: Apache-2.0 */
#include "synclog_form.h"

#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/base/utf8.h"
#include "roster/scim/mask.h"

#include <assert.h>
#include <stdio.h>

#define READ_MAX     50    /* entries in one go: each may have tens of kilobytes with its events */
#define READ_LOOK    2000  /* that are looked at in one go */
#define EVENTS_BYTES 16384 /* of the events that are told with an entry */
#define EVENTS_LOOK  200   /* of the numbers between its first and its last */
#define DAY_MS       INT64_C(86400000)

struct reading {
    struct call *c;
    const struct synclog_query *query;
    struct str user, text; /* folded */
    bool backward;
    uint64_t after;  /* or, backward, before; 0: from the end */
    uint64_t last;   /* that was looked at; backward 0: there are no others */
    uint64_t newest; /* that was given */
    size_t limit, n; /* entries */
    size_t looks, looked;
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

static bool is_any(struct str wanted, struct str value)
{
    return wanted.p == NULL || str_eq_nocase(wanted, value);
}

static bool is_token(const struct synclog_query *q, const struct id *token)
{
    return !id_is_set(&q->token) || id_eq(&q->token, token);
}

static bool has_text(const struct reading *r, struct str sentence, struct arena *arena)
{
    struct str folded;

    if (r->text.len == 0)
        return true;
    folded = utf8_fold(arena, sentence);
    return folded.len > 0 && memmem(folded.p, folded.len, r->text.p, r->text.len) != NULL;
}

/* Requests that were counted have neither code, method, status nor resource. */
static bool takes_count(const struct reading *r, struct str rest, struct arena *arena)
{
    const struct synclog_query *q = r->query;
    struct sentence words = {.name_len = 0};
    struct entry_count count;

    if (q->code.p != NULL || q->user.p != NULL || q->method.p != NULL || q->status != 0 ||
        !entry_count_read(rest, &count) || !is_token(q, &count.token) || !is_any(q->client, count.client) ||
        (q->to != 0 && count.first >= q->to))
        return false;
    if (r->text.len == 0)
        return true;
    buf_init(&words.text, arena);
    words_count(&words, count.client, count.kind, count.times);
    return has_text(r, buf_view(&words.text), arena);
}

static bool takes_request(const struct reading *r, const struct entry_head *head, struct str rest, struct arena *arena)
{
    const struct synclog_query *q = r->query;
    struct entry_request e;

    if ((q->to != 0 && head->time >= q->to) || !entry_request_read(rest, &e))
        return false;
    return is_token(q, &e.token) && (q->status == 0 || q->status == e.status) && is_any(q->method, e.method) &&
           is_any(q->client, e.client) && (q->code.p == NULL || has_code(&e, q->code)) &&
           (q->user.p == NULL || is_user(r, &e, arena)) && has_text(r, e.sentence, arena);
}

/* Whether the query asks for more than times and failures. */
static bool is_choosy(const struct synclog_query *q)
{
    return q->code.p != NULL || q->user.p != NULL || q->method.p != NULL || q->client.p != NULL || q->text.p != NULL ||
           q->status != 0 || q->to != 0 || id_is_set(&q->token);
}

/* rest: what follows the head. */
static bool takes(const struct reading *r, const struct entry_head *head, struct str rest, struct arena *arena)
{
    const struct synclog_query *q = r->query;

    if (head->time < r->c->now - policy_log_days(&r->c->account->policy) * DAY_MS || head->time < q->from ||
        (q->failed && head->kind != ENTRY_FAILED))
        return false;
    if (!is_choosy(q))
        return true;
    return head->kind == ENTRY_COUNT ? takes_count(r, rest, arena) : takes_request(r, head, rest, arena);
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
    clock_json(out, "time", head->time);
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
    clock_json(out, "time", head->time);
    clock_json(out, "first", count.first);
    clock_json(out, "last", head->time);
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

/* --- one after another --- */

/* The scan of what is to be looked at. */
static enum store_rc open_scan(struct store_txn *txn, const struct reading *r, struct store_scan **scan)
{
    uint64_t first = first_shown(r, r->newest);
    struct key from, to;

    key_init(&from);
    key_init(&to);
    if (r->backward) {
        key_u64(&from, first);
        if (r->after != 0)
            key_u64(&to, r->after < first ? first : r->after);
    } else {
        key_u64(&from, r->after < first ? first : r->after + 1);
    }
    return store_scan_open(txn, SPACE_LOG, key_view(&from), key_view(&to), r->backward ? STORE_BACKWARD : STORE_FORWARD,
                           scan);
}

/* Entries of a time stand together but for SYNCLOG_SKEW_MS: those in front of this one are too old. */
static bool is_past(const struct reading *r, const struct entry_head *head)
{
    return r->backward && head->time < r->query->from - SYNCLOG_SKEW_MS;
}

/* The next entries that the query takes, at most r->limit; r->last is the one that was looked at last. */
static enum store_rc find(struct store_txn *txn, struct arena *arena, struct reading *r, struct found *found)
{
    size_t looks = r->looks < READ_LOOK ? r->looks : READ_LOOK;
    struct store_scan *scan = NULL;
    struct str key, value;

    enum store_rc rc = open_scan(txn, r, &scan);
    while (rc == STORE_OK && r->n < r->limit && r->looked < looks) {
        struct found *f = &found[r->n];

        arena_reset(r->scratch);
        if ((rc = store_scan_next(scan, &key, &value)) != STORE_OK)
            break;
        if (!key_take_u64(&key, &f->number) || !entry_head_take(&value, &f->head)) {
            rc = STORE_ERROR;
            break;
        }
        r->looked++;
        r->last = f->number;
        if (is_past(r, &f->head)) {
            rc = STORE_NOTFOUND;
            break;
        }
        if (!takes(r, &f->head, value, r->scratch))
            continue;
        f->rest = arena_str(arena, value);
        r->n++;
    }
    store_scan_close(&scan);
    if (r->backward && (rc == STORE_NOTFOUND || r->last == 1))
        r->last = 0;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* The first entry at or behind a number; STORE_NOTFOUND. */
static enum store_rc look_at(struct store_txn *txn, uint64_t from, uint64_t *number, struct entry_head *head)
{
    struct store_scan *scan = NULL;
    struct str key, value;
    struct key k;

    key_init(&k);
    key_u64(&k, from);
    enum store_rc rc = store_scan_open(txn, SPACE_LOG, key_view(&k), STR_NULL, STORE_FORWARD, &scan);
    if (rc == STORE_OK)
        rc = store_scan_next(scan, &key, &value);
    if (rc == STORE_OK && (!key_take_u64(&key, number) || !entry_head_take(&value, head)))
        rc = STORE_ERROR;
    store_scan_close(&scan);
    return rc;
}

/* Where a reading backwards begins that wants nothing from a time on: entries are more or less in order of time. */
static enum store_rc skip_later(struct store_txn *txn, struct reading *r)
{
    int64_t limit = r->query->to + SYNCLOG_SKEW_MS;
    uint64_t low = first_shown(r, r->newest), high = r->after == 0 ? r->newest + 1 : r->after;

    while (low < high) { /* in front of low all are early enough, from high on none is */
        uint64_t middle = low + (high - low) / 2, number;
        struct entry_head head;

        enum store_rc rc = look_at(txn, middle, &number, &head);
        if (rc != STORE_OK && rc != STORE_NOTFOUND)
            return rc;
        if (rc == STORE_NOTFOUND || number >= high || head.time >= limit)
            high = middle;
        else
            low = number + 1;
    }
    r->after = high;
    return STORE_OK;
}

static enum store_rc read_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct reading *r = ctx;
    struct found *found = arena_alloc_raw(arena, READ_MAX * sizeof *found);
    struct state state;

    r->n = r->looked = 0;
    r->last = r->after;
    r->out->len = r->mark;
    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    r->newest = state.logged;
    if (r->after == UINT64_MAX || r->limit == 0)
        return STORE_OK;
    if (r->backward && r->query->to != 0 && (rc = skip_later(txn, r)) != STORE_OK)
        return rc;
    if ((rc = find(txn, arena, r, found)) != STORE_OK)
        return rc;
    for (size_t i = 0; i < r->n && rc == STORE_OK; i++) {
        if (i > 0)
            buf_putc(r->out, ',');
        rc = put_entry(txn, arena, r, &found[i]);
    }
    if (!r->backward && r->last > r->after && r->last > r->newest) /* committed between the two reads */
        r->newest = r->last;
    return rc;
}

static struct reading begin_reading(struct call *c, const struct synclog_query *q)
{
    return (struct reading){.c = c,
                            .query = q,
                            .user = q->user.p == NULL ? STR_NULL : utf8_fold(c->arena, q->user),
                            .text = q->text.p == NULL ? STR_NULL : utf8_fold(c->arena, q->text),
                            .scratch = arena_new(0)};
}

/* As event_read(), nobody hears of an entry that a crash may take back. */
static bool end_reading(struct reading *r, enum store_rc rc, struct synclog_found *found)
{
    arena_free(&r->scratch);
    if (rc == STORE_OK && r->n > 0)
        store_sync(r->c->store);
    *found = (struct synclog_found){.n = r->n, .looked = r->looked, .last = r->last, .newest = r->newest};
    return call_done(r->c, rc);
}

static void begin_writing(struct reading *r, uint64_t after, size_t limit, size_t looks, struct buf *out)
{
    assert(out->arena != r->c->arena); /* which is rewound between tries, with all that out grew there */
    r->out = out;
    r->mark = out->len;
    r->limit = limit < READ_MAX ? limit : READ_MAX;
    r->looks = looks;
    r->newest = after;
    r->after = r->last = after;
}

bool synclog_read(struct call *c, const struct synclog_query *q, uint64_t after, size_t limit, size_t looks,
                  struct buf *out, struct synclog_found *found)
{
    struct reading r = begin_reading(c, q);
    size_t looked = 0;
    enum store_rc rc;

    begin_writing(&r, after, limit, looks, out);
    do { /* until one is found, or none is left */
        r.after = r.last;
        r.looks = looks - looked;
        rc = store_run(c->store, c->account->number, STORE_READ, c->arena, read_body, &r);
        looked += r.looked;
    } while (rc == STORE_OK && r.n == 0 && r.limit > 0 && r.last != r.after && looked < looks);
    r.looked = looked;
    return end_reading(&r, rc, found);
}

/* --- backwards --- */

bool synclog_read_back(struct call *c, const struct synclog_query *q, uint64_t before, size_t limit, size_t looks,
                       struct buf *out, struct synclog_found *found)
{
    struct reading r = begin_reading(c, q);

    r.backward = true;
    begin_writing(&r, before, limit, looks, out);
    return end_reading(&r, store_run(c->store, c->account->number, STORE_READ, c->arena, read_body, &r), found);
}

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
    for (r->looked = 0; rc == STORE_OK && r->n < r->limit && r->looked < r->looks; r->looked++) {
        struct entry_head head;

        arena_reset(r->scratch);
        if ((rc = store_scan_next(scan, &key, &value)) != STORE_OK)
            break;
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

bool synclog_start(struct call *c, const struct synclog_query *q, size_t limit, size_t looks, uint64_t *after)
{
    struct reading r = begin_reading(c, q);
    enum store_rc rc;

    r.limit = limit;
    r.looks = looks;
    rc = store_run(c->store, c->account->number, STORE_READ, c->arena, start_body, &r);
    arena_free(&r.scratch);
    *after = r.after;
    return call_done(c, rc);
}

/* --- one --- */

struct picking {
    struct reading r;
    uint64_t number;
};

static enum store_rc entry_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct picking *p = ctx;
    struct found f = {.number = p->number};
    struct state state;
    struct key k;

    p->r.out->len = p->r.mark;
    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    key_init(&k);
    key_u64(&k, p->number);
    rc = p->number < first_shown(&p->r, state.logged) ? STORE_NOTFOUND
                                                      : store_get(txn, SPACE_LOG, key_view(&k), &f.rest);
    if (rc != STORE_OK)
        return rc;
    if (!entry_head_take(&f.rest, &f.head))
        return STORE_ERROR;
    return takes(&p->r, &f.head, f.rest, p->r.scratch) ? put_entry(txn, arena, &p->r, &f) : STORE_NOTFOUND;
}

bool synclog_entry(struct call *c, uint64_t number, struct buf *out)
{
    static const struct synclog_query all;
    struct picking p = {.r = begin_reading(c, &all), .number = number};
    struct synclog_found found;
    char text[24];

    begin_writing(&p.r, 0, 1, 1, out);
    enum store_rc rc = store_run(c->store, c->account->number, STORE_READ, c->arena, entry_body, &p);
    if (rc == STORE_NOTFOUND) {
        snprintf(text, sizeof text, "%llu", (unsigned long long)number);
        error_set(c->error, ERR_LOG_ENTRY_UNKNOWN, str_of(text));
    }
    p.r.n = rc == STORE_OK;
    return end_reading(&p.r, rc, &found);
}
