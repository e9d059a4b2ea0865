/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scans of the Berkeley DB engine.
 *
 * Reads outside a transaction keep no lock between two calls. Each cursor there is a locker of its own to Berkeley DB,
 * so that a process which held one while it waited for another could wait for itself, unseen by the deadlock detector.
 * So a scan fetches a batch, closes its cursor, and goes on later behind the last key.
 */
#include "bdb.h"

#include "roster/store/key.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define KEY_ROOM  1088      /* the longest full key and one byte */
#define BATCH_MIN (8 * KIB) /* a scan's first batch; the next ones grow by 4 */
#define BATCH_MAX (256 * KIB)
#define PAIRS_MIN 4 /* the same for backward scans, in pairs, which come one by one */
#define PAIRS_MAX 1024
#define SKIP_FAR  1000 /* a skip over more keys than this starts with the largest batch */

_Static_assert(KEY_ROOM > 4 + KEY_MAX + 1, "a full key fits");

struct bound {
    size_t len;
    unsigned char b[KEY_ROOM];
};

/*
 * A batch lies in buf as Berkeley DB's bulk calls lay it: the bytes from the front, and from the end of `used` backwards
 * four numbers for each pair (offset and length of key and value), ended by one of all ones.
 */
struct engine_scan {
    struct engine_txn *txn;
    DB *db;
    enum store_direction direction;
    struct bound from, to; /* what is still to be fetched */
    unsigned char *buf;
    size_t room;    /* size of buf */
    size_t used;    /* part of buf that this batch was fetched into */
    size_t wanted;  /* next batch: bytes (forward) or pairs (backward) */
    uint32_t at, n; /* the pair that comes next, and how many there are */
    bool started, ended;
    struct engine_scan *next;
};

static void set_bound(struct bound *b, struct str s)
{
    assert(s.len <= sizeof b->b);
    memcpy(b->b, s.p, s.len);
    b->len = s.len;
}

static struct str bound_view(const struct bound *b)
{
    return str_make(b->b, b->len);
}

static struct str dbt_view(const DBT *d)
{
    return str_make(d->data, d->size);
}

/* The four numbers of pair i, the key's offset first and the others below it. */
static u_int32_t *pair_at(const struct engine_scan *s, uint32_t i)
{
    return (u_int32_t *)(void *)(s->buf + s->used) - 1 - (size_t)i * 4;
}

static struct str pair_key(const struct engine_scan *s, uint32_t i)
{
    const u_int32_t *p = pair_at(s, i);

    return str_make(s->buf + p[0], p[-1]);
}

static struct str pair_value(const struct engine_scan *s, uint32_t i)
{
    const u_int32_t *p = pair_at(s, i);

    return str_make(s->buf + p[-2], p[-3]);
}

/* Makes buf hold at least size bytes; what it held is lost. false: no memory. */
static bool make_room(struct engine_scan *s, size_t size)
{
    unsigned char *buf;

    if (size <= s->room)
        return true;
    buf = malloc(size);
    if (buf == NULL)
        return false;
    free(s->buf);
    s->buf = buf;
    s->room = size;
    return true;
}

/* size rounded up to what a bulk call takes: whole KiB, no less than a page. */
static size_t bulk_size(size_t size)
{
    size = (size + KIB - 1) / KIB * KIB;
    return size < 2 * BDB_PAGE_SIZE ? 2 * BDB_PAGE_SIZE : size;
}

/* The number of pairs in front of `to`. Only when the last one is past it does it take a search. */
static uint32_t pairs_before(const struct engine_scan *s, uint32_t n, struct str to)
{
    uint32_t low = 0, high = n;

    if (n == 0 || str_cmp(pair_key(s, n - 1), to) < 0)
        return n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (str_cmp(pair_key(s, middle), to) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Looks at the batch that was fetched; the next one begins behind its last key. */
static void take_forward(struct engine_scan *s)
{
    uint32_t all = 0;

    while (*pair_at(s, all) != (u_int32_t)-1)
        all++;
    s->n = pairs_before(s, all, bound_view(&s->to));
    if (s->n < all || s->n == 0) {
        s->ended = true;
    } else {
        set_bound(&s->from, pair_key(s, s->n - 1));
        s->from.b[s->from.len++] = 0;
    }
}

/* The first call looks where the scan begins: one that finds nothing costs no more than this. 0: there is something. */
static int look_first(struct engine_scan *s, DBC *cursor)
{
    DBT key = bdb_dbt(bound_view(&s->from)), nothing = {.flags = DB_DBT_USERMEM | DB_DBT_PARTIAL};
    int rc = cursor->get(cursor, &key, &nothing, DB_SET_RANGE);

    if (rc == 0 && str_cmp(dbt_view(&key), bound_view(&s->to)) >= 0)
        rc = DB_NOTFOUND;
    return rc;
}

static int fetch_forward(struct engine_scan *s, DBC *cursor)
{
    u_int32_t where = s->started ? DB_SET_RANGE : DB_CURRENT;
    int rc = s->started ? 0 : look_first(s, cursor);

    while (rc == 0) {
        DBT key = bdb_dbt(bound_view(&s->from)), batch = {.flags = DB_DBT_USERMEM};

        if (!make_room(s, s->wanted))
            return ENOMEM;
        s->used = s->wanted;
        batch.data = s->buf;
        batch.ulen = (u_int32_t)s->used;
        rc = cursor->get(cursor, &key, &batch, where | DB_MULTIPLE_KEY);
        if (rc == 0) {
            take_forward(s);
            break;
        }
        if (rc == DB_BUFFER_SMALL) { /* not even one pair went in */
            s->wanted = bulk_size((size_t)batch.size + s->wanted);
            rc = 0;
        }
    }
    s->wanted = s->wanted * 4 < BATCH_MAX ? s->wanted * 4 : BATCH_MAX;
    return rc;
}

/* Appends a pair to the batch. false: it does not fit. */
static bool add_pair(struct engine_scan *s, size_t *end, struct str key, struct str value)
{
    size_t numbers = (size_t)(s->n + 1) * 4 * sizeof(u_int32_t) + sizeof(u_int32_t);
    u_int32_t *p;

    if (*end + key.len + value.len + numbers > s->used)
        return false;
    p = pair_at(s, s->n++);
    memcpy(s->buf + *end, key.p, key.len);
    p[0] = (u_int32_t)*end;
    p[-1] = (u_int32_t)key.len;
    *end += key.len;
    if (value.len > 0)
        memcpy(s->buf + *end, value.p, value.len);
    p[-2] = (u_int32_t)*end;
    p[-3] = (u_int32_t)value.len;
    *end += value.len;
    return true;
}

/* Puts the cursor on the last pair in front of `to`. Others may have written behind that between two steps. */
static int look_last(struct engine_scan *s, DBC *cursor, DBT *key, DBT *value)
{
    DBT at = bdb_dbt(bound_view(&s->to)), nothing = {.flags = DB_DBT_USERMEM | DB_DBT_PARTIAL};
    int rc = cursor->get(cursor, &at, &nothing, DB_SET_RANGE);

    if (rc != 0 && rc != DB_NOTFOUND)
        return rc;
    rc = cursor->get(cursor, key, value, rc == 0 ? DB_PREV : DB_LAST);
    while (rc == 0 && str_cmp(dbt_view(key), bound_view(&s->to)) >= 0)
        rc = cursor->get(cursor, key, value, DB_PREV);
    return rc;
}

/* Berkeley DB has no bulk call backwards: pair by pair into the same form. */
static int fetch_backward(struct engine_scan *s, DBC *cursor)
{
    DBT key = {0}, value = {0};
    size_t end = 0;
    int rc = look_last(s, cursor, &key, &value);

    if (!make_room(s, BATCH_MAX))
        return ENOMEM;
    s->used = BATCH_MAX;
    while (rc == 0) {
        if (str_cmp(dbt_view(&key), bound_view(&s->from)) < 0) {
            rc = DB_NOTFOUND;
        } else if (add_pair(s, &end, dbt_view(&key), dbt_view(&value))) {
            if (s->n == s->wanted)
                break;
            rc = cursor->get(cursor, &key, &value, DB_PREV);
        } else if (s->n > 0) {
            break;
        } else {
            s->used = bulk_size((size_t)key.size + value.size + KIB);
            if (!make_room(s, s->used))
                return ENOMEM;
        }
    }
    if (s->n > 0)
        set_bound(&s->to, pair_key(s, s->n - 1));
    if (s->wanted < PAIRS_MAX)
        s->wanted *= 4;
    return rc;
}

/* The next batch. NOTFOUND: there is none. */
static enum store_rc fetch(struct engine_scan *s)
{
    struct engine_txn *t = s->txn;
    DBC *cursor;
    int rc, rc_close;

    s->at = s->n = 0;
    if (s->ended)
        return STORE_NOTFOUND;
    rc = s->db->cursor(s->db, t->txn, &cursor, DB_READ_COMMITTED);
    if (rc == 0) {
        rc = s->direction == STORE_FORWARD ? fetch_forward(s, cursor) : fetch_backward(s, cursor);
        rc_close = cursor->close(cursor);
        if (rc == 0 || rc == DB_NOTFOUND)
            rc = rc_close == 0 ? rc : rc_close;
    }
    s->started = true;
    if (rc == DB_NOTFOUND) {
        s->ended = true;
        rc = 0;
    }
    if (rc != 0)
        s->n = 0;
    else if (s->n == 0)
        return STORE_NOTFOUND;
    return bdb_result("scan", rc);
}

enum store_rc bdb_scan_open(struct engine_txn *t, enum store_space space, struct str from, struct str to,
                            enum store_direction direction, struct engine_scan **out)
{
    struct engine *e = t->engine;
    struct engine_scan *s = e->spare;

    *out = NULL;
    if (s != NULL)
        e->spare = s->next;
    else if ((s = calloc(1, sizeof *s)) == NULL)
        return bdb_result("scan", ENOMEM);
    s->txn = t;
    s->db = e->db[space];
    s->direction = direction;
    set_bound(&s->from, from);
    set_bound(&s->to, to);
    s->wanted = direction == STORE_FORWARD ? BATCH_MIN : PAIRS_MIN;
    s->at = s->n = 0;
    s->started = false;
    s->ended = str_cmp(from, to) >= 0;
    *out = s;
    return STORE_OK;
}

enum store_rc bdb_scan_next(struct engine_scan *s, struct str *key, struct str *value)
{
    if (s->at == s->n) {
        enum store_rc rc = fetch(s);

        if (rc != STORE_OK)
            return rc;
    }
    *key = pair_key(s, s->at);
    *value = pair_value(s, s->at);
    s->at++;
    return STORE_OK;
}

enum store_rc bdb_scan_skip(struct engine_scan *s, uint64_t n, uint64_t *skipped)
{
    if (n > SKIP_FAR)
        s->wanted = s->direction == STORE_FORWARD ? BATCH_MAX : PAIRS_MAX;
    while (*skipped < n) {
        uint64_t step = s->n - s->at;

        if (step == 0) {
            enum store_rc rc = fetch(s);

            if (rc != STORE_OK)
                return rc;
            continue;
        }
        if (step > n - *skipped)
            step = n - *skipped;
        s->at += (uint32_t)step;
        *skipped += step;
    }
    return STORE_OK;
}

/* Buffers of the usual size are kept for the next scan. */
void bdb_scan_close(struct engine_scan *s)
{
    struct engine *e = s->txn->engine;

    if (s->room > BATCH_MAX) {
        free(s->buf);
        s->buf = NULL;
        s->room = 0;
    }
    s->next = e->spare;
    e->spare = s;
}

void bdb_scans_free(struct engine *e)
{
    while (e->spare != NULL) {
        struct engine_scan *scan = e->spare;

        e->spare = scan->next;
        free(scan->buf);
        free(scan);
    }
}
