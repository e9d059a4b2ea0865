/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/audit.h"

#include "console_records.h"
#include "roster/base/clock.h"

#include <stdlib.h>

/* A value is the entry as it is told, without its number. */
static void write_json(struct buf *b, const char *name, struct str json)
{
    buf_json_name(b, name);
    buf_str(b, json.p == NULL || json.len > AUDIT_JSON_MAX ? STR_LIT("null") : json);
}

static void write_entry(struct buf *b, const struct audit_entry *e)
{
    buf_puts(b, "{\"time\":");
    clock_write(b, e->time);
    buf_puts(b, ",\"admin\":{\"id\":");
    id_write(b, &e->admin);
    buf_json_text(b, "email", e->email);
    buf_putc(b, '}');
    buf_json_text(b, "address", e->address);
    buf_json_text(b, "method", e->method);
    buf_json_text(b, "path", e->path);
    if (e->status == 0)
        buf_puts(b, ",\"status\":null");
    else
        buf_printf(b, ",\"status\":%d", e->status);
    buf_json_text(b, "code", e->code[0] == '\0' ? STR_NULL : str_of(e->code));
    buf_puts(b, ",\"request\":");
    id_write(b, &e->request);
    write_json(b, "body", e->body);
    write_json(b, "before", e->before);
    buf_putc(b, '}');
}

/* The number of the newest entry; 0: there is none. */
static enum store_rc newest(struct store_txn *txn, uint64_t *seq)
{
    struct store_scan *scan;
    struct str key;

    *seq = 0;
    enum store_rc rc = store_scan_open(txn, SPACE_AUDIT, STR_NULL, STR_NULL, STORE_BACKWARD, &scan);
    if (rc != STORE_OK)
        return rc;
    rc = store_scan_next(scan, &key, NULL);
    if (rc == STORE_OK && !key_take_u64(&key, seq))
        rc = STORE_ERROR;
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc give_number(struct store_txn *txn, struct audit_entry *e)
{
    uint64_t last;
    struct key k;

    enum store_rc rc = newest(txn, &last);
    if (rc != STORE_OK)
        return rc;
    e->seq = last + 1;
    if (e->seq <= AUDIT_MAX)
        return STORE_OK;
    key_init(&k);
    key_u64(&k, e->seq - AUDIT_MAX);
    rc = store_delete(txn, SPACE_AUDIT, key_view(&k));
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

enum store_rc audit_put(struct store_txn *txn, struct arena *arena, struct audit_entry *e)
{
    enum store_rc rc = e->seq == 0 ? give_number(txn, e) : STORE_OK;
    struct key k;
    struct buf b;

    if (rc != STORE_OK)
        return rc;
    buf_init(&b, arena);
    write_entry(&b, e);
    key_init(&k);
    key_u64(&k, e->seq);
    return store_put(txn, SPACE_AUDIT, key_view(&k), buf_view(&b));
}

struct writing {
    struct audit_entry *e;
    uint32_t number;
    uint64_t seq; /* as it was before */
};

static enum store_rc write_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct writing *w = ctx;

    enum store_rc rc = console_is_there(txn, w->number);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    w->e->seq = w->seq;
    return audit_put(txn, arena, w->e);
}

enum store_rc audit_write(struct store *s, struct arena *a, uint32_t number, enum store_mode mode,
                          struct audit_entry *e)
{
    struct writing w = {.e = e, .number = number, .seq = e->seq};

    return number == 0 ? store_run_system(s, mode, a, write_body, &w) : store_run(s, number, mode, a, write_body, &w);
}

struct paging {
    uint64_t before;
    size_t limit;
    struct buf *out;
    size_t from; /* where the page begins in out */
    uint64_t next;
};

static enum store_rc page_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct paging *p = ctx;
    struct store_scan *scan;
    struct key to = {.len = 0};
    struct str key, value;
    uint64_t seq = 0;
    size_t n = 0;

    (void)arena;
    p->out->len = p->from;
    p->next = 0;
    if (p->before != 0)
        key_u64(&to, p->before);
    enum store_rc rc = store_scan_open(txn, SPACE_AUDIT, STR_NULL, key_view(&to), STORE_BACKWARD, &scan);
    while (rc == STORE_OK && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        if (n == p->limit) {
            p->next = seq;
            break;
        }
        if (!key_take_u64(&key, &seq)) {
            rc = STORE_ERROR;
            break;
        }
        buf_printf(p->out, "%s{\"seq\":%llu,", n++ == 0 ? "" : ",", (unsigned long long)seq);
        buf_str(p->out, str_sub(value, 1, value.len));
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

enum store_rc audit_page(struct store *s, struct arena *a, uint32_t number, uint64_t before, size_t limit,
                         struct buf *out, uint64_t *next)
{
    struct paging p = {.before = before, .limit = limit, .out = out, .from = out->len};
    enum store_rc rc = number == 0 ? store_run_system(s, STORE_READ, a, page_body, &p)
                                   : store_run(s, number, STORE_READ, a, page_body, &p);

    *next = p.next;
    return rc;
}
