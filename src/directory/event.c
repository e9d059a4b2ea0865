/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/event.h"

#include "roster/base/clock.h"
#include "roster/directory/synclog.h"
#include "roster/scim/image.h"
#include "roster/store/key.h"

#include <assert.h>

#define READ_BYTES ((size_t)1 << 20) /* after so many a reading ends */

uint64_t event_parts(const struct event *ev)
{
    size_t ids = ev->nadded + ev->nremoved;

    return ids == 0 ? 1 : (ids + EVENT_MEMBERS_MAX - 1) / EVENT_MEMBERS_MAX;
}

static void write_ids(struct buf *b, const char *name, const struct id *ids, size_t n)
{
    buf_printf(b, "\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_putc(b, ',');
        id_write(b, &ids[i]);
    }
    buf_putc(b, ']');
}

static void write_head(struct buf *b, const struct call *c, uint64_t seq, const struct event *ev)
{
    static const struct id nobody;
    char time[CLOCK_TEXT_LEN + 1];

    clock_format(c->now, time);
    buf_puts(b, "{\"seq\":");
    buf_u64(b, seq);
    buf_puts(b, ",\"type\":\"");
    buf_puts(b, ev->type);
    buf_puts(b, "\",\"time\":\"");
    buf_puts(b, time);
    buf_puts(b, "\",\"request\":");
    id_write(b, &c->request);
    buf_puts(b, ",\"actor\":{\"type\":");
    if (id_eq(&c->token, &nobody)) {
        buf_puts(b, "\"operator\"}");
    } else {
        buf_puts(b, c->console ? "\"admin\",\"id\":" : "\"token\",\"id\":");
        id_write(b, &c->token);
        buf_putc(b, '}');
    }
    buf_puts(b, ",\"resource\":{\"type\":\"");
    buf_puts(b, ev->resource_type->name);
    buf_puts(b, "\",\"id\":");
    if (ev->resource_text.p != NULL)
        buf_json(b, ev->resource_text);
    else
        id_write(b, &ev->resource);
    if (ev->version != 0) {
        buf_puts(b, ",\"version\":\"W/\\\"");
        buf_u64(b, ev->version);
        buf_puts(b, "\\\"\"");
    }
    buf_putc(b, '}');
}

/* The members that part i of an event tells: the ids that come first, then those that go, in pieces of the same size. */
static void write_members(struct buf *b, const struct event *ev, uint64_t part)
{
    size_t from = (size_t)part * EVENT_MEMBERS_MAX, to = from + EVENT_MEMBERS_MAX;
    size_t added_from = from < ev->nadded ? from : ev->nadded, added_to = to < ev->nadded ? to : ev->nadded;
    size_t all = ev->nadded + ev->nremoved;

    if (to > all)
        to = all;
    size_t removed_from = from > ev->nadded ? from - ev->nadded : 0, removed_to = to > ev->nadded ? to - ev->nadded : 0;
    buf_puts(b, ",\"members\":{");
    write_ids(b, "added", ev->added + added_from, added_to - added_from);
    buf_putc(b, ',');
    write_ids(b, "removed", ev->removed + removed_from, removed_to - removed_from);
    buf_putc(b, '}');
}

static void write_role(struct buf *b, const struct event *ev)
{
    buf_puts(b, ",\"role\":{\"old\":");
    if (ev->role_old.p == NULL)
        buf_puts(b, "null");
    else
        buf_json(b, ev->role_old);
    buf_puts(b, ",\"new\":");
    buf_json(b, ev->role_new);
    buf_putc(b, '}');
}

enum store_rc event_write(struct store_txn *txn, const struct call *c, struct state *state, const struct event *ev)
{
    uint64_t parts = event_parts(ev), first = state->event + 1;
    enum store_rc rc = STORE_OK;
    struct buf b;

    buf_init(&b, c->arena);
    for (uint64_t part = 0; part < parts && rc == STORE_OK; part++) {
        struct key k;

        buf_clear(&b);
        write_head(&b, c, ++state->event, ev);
        if (part == 0 && ev->changes.len > 2) { /* "[]" says nothing */
            buf_puts(&b, ",\"changes\":");
            buf_str(&b, ev->changes);
        }
        if (part == 0 && ev->role_new.p != NULL)
            write_role(&b, ev);
        if (ev->revoke_sessions)
            buf_puts(&b, ",\"revoke_sessions\":true");
        if (ev->nadded + ev->nremoved > 0)
            write_members(&b, ev, part);
        if (parts > 1)
            buf_printf(&b, ",\"part\":%llu,\"of\":%llu", (unsigned long long)part + 1, (unsigned long long)parts);
        buf_putc(&b, '}');
        key_init(&k);
        key_u64(&k, state->event);
        rc = store_insert(txn, SPACE_EVENT, key_view(&k), buf_view(&b));
    }
    if (c->log != NULL)
        synclog_event(c->log, state, ev, first);
    return rc == STORE_EXISTS ? STORE_ERROR : rc;
}

struct reading {
    uint64_t after, last, newest;
    size_t limit, n;
    struct buf *out;
    size_t mark; /* out->len before the first try */
};

static enum store_rc read_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct reading *r = ctx;
    struct state state;
    struct store_scan *scan = NULL;
    struct str key, value;
    struct key from;

    (void)arena;
    r->n = 0;
    r->last = r->after;
    r->out->len = r->mark;
    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    r->newest = state.event;
    if (r->after == UINT64_MAX || r->limit == 0)
        return STORE_OK;
    key_init(&from);
    key_u64(&from, r->after + 1);
    rc = store_scan_open(txn, SPACE_EVENT, key_view(&from), STR_NULL, STORE_FORWARD, &scan);
    while (rc == STORE_OK && r->n < r->limit && r->out->len - r->mark < READ_BYTES) {
        rc = store_scan_next(scan, &key, &value);
        if (rc != STORE_OK)
            break;
        if (!key_take_u64(&key, &r->last)) {
            rc = STORE_ERROR;
            break;
        }
        if (r->n++ > 0)
            buf_putc(r->out, ',');
        buf_str(r->out, value);
    }
    store_scan_close(&scan);
    if (r->n > 0 && r->last > r->newest) /* committed between the two reads */
        r->newest = r->last;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/*
 * What a reader sees is committed, but a crash may still undo it until its writer has flushed the log, and its number
 * is then given again. Nobody may hear of an event that can become another one.
 */
bool event_read(struct call *c, uint64_t after, size_t limit, struct buf *out, size_t *n, uint64_t *last,
                uint64_t *newest)
{
    struct reading r = {.after = after, .limit = limit, .out = out, .mark = out->len};

    assert(out->arena != c->arena); /* which is rewound between tries, with all that out grew there */
    enum store_rc rc = store_run(c->store, c->account->number, STORE_READ, c->arena, read_body, &r);
    if (rc == STORE_OK && r.n > 0)
        store_sync(c->store);
    *n = r.n;
    *last = r.last;
    *newest = r.newest;
    return call_done(c, rc);
}
