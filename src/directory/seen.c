/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/seen.h"

#include "roster/directory/event.h"
#include "roster/store/key.h"

#include <assert.h>
#include <stdlib.h>

#define FORMAT      1
#define RECORD      0 /* the first part of a key: the account's record */
#define CODE        1 /* one of a code */
#define WORD_MAX    100
#define RESOLVE_MS  1000 /* times of changes are to the second: what has not changed is not logged by the store */
#define BACKWARD_MS (5 * 60000) /* workers finish in another order than they began; more is a clock that was put back */
#define RECENT_DAYS 7

static_assert(SEEN_CREATED + STATE_STEPS == SEEN_STEPS, "the state has the steps that are changes");

static const char *const step_names[SEEN_STEPS] = {
    [SEEN_CONNECTED] = "connected",
    [SEEN_LOOKED_UP] = "looked_up",
    [SEEN_CREATED] = "created",
    [SEEN_UPDATED] = "updated",
    [SEEN_DEACTIVATED] = "deactivated",
    [SEEN_PUSHED] = "pushed",
    [SEEN_MEMBER_CHANGED] = "member_changed",
};

const char *seen_step_name(enum seen_step step)
{
    assert((unsigned)step < SEEN_STEPS);
    return step_names[step];
}

/* --- counts by hour and day --- */

static uint32_t hour_of(int64_t ms)
{
    return ms < 0 ? 0 : (uint32_t)(ms / SEEN_HOUR_MS);
}

static uint32_t day_of(int64_t ms)
{
    return hour_of(ms) / 24;
}

static uint32_t sum(uint32_t a, uint64_t b)
{
    return b > UINT32_MAX - a ? UINT32_MAX : a + (uint32_t)b;
}

/* The latest slots, of which each stands at its number % n. */
struct ring {
    struct seen_rate *slots;
    uint32_t n, *newest;
};

static struct ring hours_of(struct seen *s)
{
    return (struct ring){s->hours, SEEN_HOURS, &s->hour};
}

static struct ring days_of(struct seen *s)
{
    return (struct ring){s->days, SEEN_DAYS, &s->day};
}

/* Makes the slot `at` the newest; those between were empty. */
static void ring_advance(struct ring r, uint32_t at)
{
    uint32_t from = at - *r.newest > r.n ? at - r.n : *r.newest;

    for (uint32_t i = from + 1; i <= at; i++)
        r.slots[i % r.n] = (struct seen_rate){0};
    *r.newest = at;
}

/*
 * Adds to the slot `at`, where that is not too long ago. What is later than now was counted while the clock was wrong: it is
 * forgotten, or nothing would be counted until then.
 */
static void ring_add(struct ring r, uint32_t at, uint32_t now, uint64_t accepted, uint64_t refused)
{
    if (at > now)
        at = now;
    if (*r.newest > now + 1) {
        memset(r.slots, 0, r.n * sizeof r.slots[0]);
        *r.newest = at;
    }
    if (at > *r.newest)
        ring_advance(r, at);
    if (*r.newest - at >= r.n)
        return;
    struct seen_rate *slot = &r.slots[at % r.n];
    slot->accepted = sum(slot->accepted, accepted);
    slot->refused = sum(slot->refused, refused);
}

static struct seen_rate ring_get(const struct seen_rate *slots, uint32_t n, uint32_t newest, uint32_t at)
{
    struct seen_rate none = {0};

    return at > newest || newest - at >= n ? none : slots[at % n];
}

struct seen_rate seen_last_day(const struct seen *s, int64_t now)
{
    struct seen_rate all = {0};
    uint32_t hour = hour_of(now);

    for (uint32_t i = 0; i < 24 && i <= hour; i++) {
        struct seen_rate one = ring_get(s->hours, SEEN_HOURS, s->hour, hour - i);

        all.accepted = sum(all.accepted, one.accepted);
        all.refused = sum(all.refused, one.refused);
    }
    return all;
}

struct seen_rate seen_of_day(const struct seen *s, uint32_t day)
{
    return ring_get(s->days, SEEN_DAYS, s->day, day);
}

uint64_t seen_code_recent(const struct seen_code *c, int64_t now)
{
    uint32_t day = day_of(now);
    uint64_t n = 0;

    for (uint32_t i = 0; i < RECENT_DAYS && i <= day; i++)
        n += ring_get(c->days, SEEN_DAYS, c->day, day - i).refused;
    return n;
}

int64_t seen_last_request(const struct seen *s)
{
    return s->denied > s->last[SEEN_CONNECTED] ? s->denied : s->last[SEEN_CONNECTED];
}

void seen_fold(struct seen *s, uint64_t changes, int64_t changed, int64_t now)
{
    uint64_t n = changes > s->folded ? changes - s->folded : 0;

    s->folded = changes;
    if (n == 0)
        return;
    ring_add(hours_of(s), hour_of(changed), hour_of(now), n, 0);
    ring_add(days_of(s), day_of(changed), day_of(now), n, 0);
}

/* --- records --- */

static void put_rates(struct key *k, const struct seen_rate *rates, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        key_u32(k, rates[i].accepted);
        key_u32(k, rates[i].refused);
    }
}

static bool take_rates(struct str *s, struct seen_rate *rates, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!key_take_u32(s, &rates[i].accepted) || !key_take_u32(s, &rates[i].refused))
            return false;
    return true;
}

static void put_time(struct key *k, int64_t ms)
{
    key_u64(k, (uint64_t)ms);
}

static bool take_time(struct str *s, int64_t *ms)
{
    uint64_t bits;

    if (!key_take_u64(s, &bits))
        return false;
    *ms = (int64_t)bits;
    return true;
}

static void put_word(struct key *k, struct str word)
{
    size_t len = word.len < WORD_MAX ? word.len : WORD_MAX;

    key_u8(k, (uint8_t)len);
    memcpy(k->b + k->len, len == 0 ? "" : word.p, len);
    k->len += len;
}

static bool take_word(struct str *s, struct str *word)
{
    uint8_t len;

    if (!key_take_u8(s, &len) || len > s->len)
        return false;
    *word = len == 0 ? STR_NULL : str_sub(*s, 0, len);
    *s = str_sub(*s, len, s->len);
    return true;
}

/* The code of a key's: of the steps that are changes the state has the last times. */
static void record_write(struct key *k, const struct seen *s)
{
    static_assert(1 + 8 + 8 * (SEEN_STEPS + SEEN_CREATED + 1) + 8 + 8 * (SEEN_HOURS + SEEN_DAYS) + 2 * (1 + WORD_MAX) <=
                      KEY_MAX,
                  "a record has room");
    key_init(k);
    key_u8(k, FORMAT);
    for (size_t i = 0; i < SEEN_STEPS; i++)
        put_time(k, s->first[i]);
    key_u32(k, s->hour);
    key_u32(k, s->day);
    put_rates(k, s->hours, SEEN_HOURS);
    put_rates(k, s->days, SEEN_DAYS);
    key_u64(k, s->folded);
    for (size_t i = 0; i < SEEN_CREATED; i++)
        put_time(k, s->last[i]);
    put_time(k, s->denied);
    put_word(k, s->denied_code);
    put_word(k, s->client);
}

static bool record_read(struct str value, struct seen *out)
{
    uint8_t format;

    *out = (struct seen){.hour = 0};
    if (!key_take_u8(&value, &format) || format != FORMAT)
        return false;
    for (size_t i = 0; i < SEEN_STEPS; i++)
        if (!take_time(&value, &out->first[i]))
            return false;
    if (!key_take_u32(&value, &out->hour) || !key_take_u32(&value, &out->day) ||
        !take_rates(&value, out->hours, SEEN_HOURS) || !take_rates(&value, out->days, SEEN_DAYS) ||
        !key_take_u64(&value, &out->folded))
        return false;
    for (size_t i = 0; i < SEEN_CREATED; i++)
        if (!take_time(&value, &out->last[i]))
            return false;
    return take_time(&value, &out->denied) && take_word(&value, &out->denied_code) && take_word(&value, &out->client) &&
           value.len == 0;
}

static void record_key(struct key *k)
{
    key_init(k);
    key_u8(k, RECORD);
    key_str(k, STR_NULL);
}

/* All zero where there is none. */
static enum store_rc record_get(struct store_txn *txn, struct seen *out)
{
    struct str value;
    struct key k;

    *out = (struct seen){.hour = 0};
    record_key(&k);
    enum store_rc rc = store_get(txn, SPACE_SEEN, key_view(&k), &value);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    return record_read(value, out) ? STORE_OK : STORE_ERROR;
}

static enum store_rc record_put(struct store_txn *txn, const struct seen *s)
{
    struct key k, value;

    record_key(&k);
    record_write(&value, s);
    return store_put(txn, SPACE_SEEN, key_view(&k), key_view(&value));
}

static void code_write(struct key *k, const struct seen_code *c)
{
    key_init(k);
    key_u8(k, FORMAT);
    key_u64(k, c->times);
    put_time(k, c->first);
    put_time(k, c->last);
    key_u32(k, c->day);
    for (size_t i = 0; i < SEEN_DAYS; i++)
        key_u32(k, c->days[i].refused);
}

static bool code_read(struct str value, struct seen_code *out)
{
    uint8_t format;

    *out = (struct seen_code){.times = 0};
    if (!key_take_u8(&value, &format) || format != FORMAT || !key_take_u64(&value, &out->times) ||
        !take_time(&value, &out->first) || !take_time(&value, &out->last) || !key_take_u32(&value, &out->day))
        return false;
    for (size_t i = 0; i < SEEN_DAYS; i++)
        if (!key_take_u32(&value, &out->days[i].refused))
            return false;
    return value.len == 0;
}

static void code_key(struct key *k, struct str code)
{
    key_init(k);
    key_u8(k, CODE);
    key_str(k, code);
}

bool seen_is_record(struct str key, struct str value, struct arena *a, uint64_t *folded)
{
    struct seen_code code;
    struct seen seen;
    struct buf name;
    uint8_t kind;

    *folded = 0;
    buf_init(&name, a);
    if (!key_take_u8(&key, &kind) || !key_take_str(&key, &name) || key.len > 0)
        return false;
    if (kind == CODE)
        return code_read(value, &code);
    if (kind != RECORD || name.len > 0 || !record_read(value, &seen))
        return false;
    *folded = seen.folded;
    return true;
}

/* --- what changes leave --- */

static const struct {
    const char *type;
    enum seen_step step;
} event_steps[] = {
    {"user.created", SEEN_CREATED},         {"user.updated", SEEN_UPDATED},     {"user.reactivated", SEEN_UPDATED},
    {"user.deactivated", SEEN_DEACTIVATED}, {"user.deleted", SEEN_DEACTIVATED}, {"team.created", SEEN_PUSHED},
};

/* SEEN_STEPS: none. */
static enum seen_step step_of(const struct event *ev, bool posted)
{
    for (size_t i = 0; i < sizeof event_steps / sizeof event_steps[0]; i++)
        if (strcmp(ev->type, event_steps[i].type) == 0)
            return event_steps[i].step;
    if (strcmp(ev->type, "team.updated") != 0)
        return SEEN_STEPS;
    if (posted)
        return SEEN_PUSHED;
    return ev->nadded + ev->nremoved > 0 ? SEEN_MEMBER_CHANGED : SEEN_STEPS;
}

/* The time at which a change is counted: not before the last one, unless the clock was put back. */
static int64_t ordered(int64_t changed, int64_t now)
{
    return now < changed && changed - now < BACKWARD_MS ? changed : now;
}

void seen_change(struct seen_change *out, struct state *state, const struct event *ev, bool posted, int64_t now)
{
    int64_t changed = (int64_t)state->changed, at = ordered(changed, now);
    enum seen_step step = step_of(ev, posted);
    bool other_hour = hour_of(at) != hour_of(changed);

    *out = (struct seen_change){.counted = true, .changes = state->changes, .changed = changed, .now = at};
    state->changes++;
    if (other_hour || at < changed || at - changed >= RESOLVE_MS)
        state->changed = (uint64_t)at;
    if (step != SEEN_STEPS) {
        uint64_t *last = &state->stepped[step - SEEN_CREATED];

        if (*last == 0)
            out->firsts = 1U << step;
        if ((uint64_t)at < *last || (uint64_t)at - *last >= RESOLVE_MS)
            *last = (uint64_t)at;
    }
    out->due = out->firsts != 0 || (other_hour && out->changes > 0);
}

enum store_rc seen_write_change(struct store_txn *txn, const struct seen_change *change)
{
    struct seen s;

    if (!change->due)
        return STORE_OK;
    enum store_rc rc = record_get(txn, &s);
    if (rc != STORE_OK)
        return rc;
    seen_fold(&s, change->changes, change->changed, change->now);
    for (size_t i = 0; i < SEEN_STEPS; i++)
        if ((change->firsts & 1U << i) != 0 && s.first[i] == 0)
            s.first[i] = change->now;
    return record_put(txn, &s);
}

/* --- what a process counts --- */

static void note(struct seen_batch *b, const char *client)
{
    b->waits = true;
    b->client = client;
}

/* The batch's counts of the hour; where there is no room for another hour, those of the last. */
static size_t batch_hour(struct seen_batch *b, int64_t now)
{
    uint32_t hour = hour_of(now);
    size_t i = 0;

    while (i < b->nhours && b->hours[i].hour != hour)
        i++;
    if (i == SEEN_BATCH_HOURS)
        return i - 1;
    if (i == b->nhours) {
        memset(&b->hours[i], 0, sizeof b->hours[i]);
        b->hours[b->nhours++].hour = hour;
    }
    return i;
}

static void step(struct seen_batch *b, enum seen_step which, int64_t now)
{
    if (b->first[which] == 0 || now < b->first[which])
        b->first[which] = now;
    if (now > b->last[which])
        b->last[which] = now;
}

void seen_accepted(struct seen_batch *b, int64_t now, const char *client, enum seen_aim aim, uint32_t n)
{
    size_t hour = batch_hour(b, now);

    note(b, client);
    step(b, SEEN_CONNECTED, now);
    if (aim == SEEN_LOOKUP)
        step(b, SEEN_LOOKED_UP, now);
    b->hours[hour].requests.accepted = sum(b->hours[hour].requests.accepted, n);
    if (aim == SEEN_CHANGE)
        b->hours[hour].changes.accepted = sum(b->hours[hour].changes.accepted, n);
}

/* Whether it was not let in at all. */
static bool is_denied(enum error_code code)
{
    return code == ERR_AUTH_MISSING || code == ERR_AUTH_INVALID || code == ERR_AUTH_SCOPE ||
           code == ERR_ACCOUNT_SUSPENDED;
}

static void count_code(struct seen_batch *b, int64_t now, enum error_code code, bool recent)
{
    size_t i = 0;

    while (i < b->ncodes && b->codes[i].code != code)
        i++;
    if (i == SEEN_BATCH_CODES) /* it could not be written: the store is out of order, or the disk is full */
        return;
    if (i == b->ncodes) {
        memset(&b->codes[i], 0, sizeof b->codes[i]);
        b->codes[i].code = code;
        b->codes[i].first = now;
        b->ncodes++;
    }
    b->codes[i].times = sum(b->codes[i].times, 1);
    b->codes[i].recent = sum(b->codes[i].recent, recent);
    if (now > b->codes[i].last)
        b->codes[i].last = now;
}

void seen_refused(struct seen_batch *b, int64_t now, const char *client, enum seen_aim aim, enum error_code code)
{
    bool missing = aim != SEEN_CHANGE && (code == ERR_RESOURCE_NOT_FOUND || code == ERR_DISCOVERY_UNKNOWN);
    size_t hour = batch_hour(b, now);

    note(b, client);
    b->hours[hour].requests.refused = sum(b->hours[hour].requests.refused, 1);
    if (aim == SEEN_CHANGE)
        b->hours[hour].changes.refused = sum(b->hours[hour].changes.refused, 1);
    count_code(b, now, code, !missing);
    if (!is_denied(code)) {
        step(b, SEEN_CONNECTED, now);
    } else if (now >= b->denied) {
        b->denied = now;
        b->denied_code = code;
    }
}

void seen_changed(struct seen_batch *b, const char *client)
{
    if (b->client != client)
        note(b, client);
}

bool seen_is_full(const struct seen_batch *b)
{
    return b->ncodes == SEEN_BATCH_CODES;
}

void seen_written(struct seen_batch *b)
{
    *b = (struct seen_batch){.account = b->account, .client = b->client};
}

/* --- writing --- */

static void add(struct seen *s, const struct seen_batch *b, int64_t now)
{
    for (size_t i = 0; i < SEEN_CREATED; i++) {
        if (b->first[i] != 0 && (s->first[i] == 0 || b->first[i] < s->first[i]))
            s->first[i] = b->first[i];
        if (b->last[i] > s->last[i])
            s->last[i] = b->last[i];
    }
    if (b->denied > s->denied) {
        s->denied = b->denied;
        s->denied_code = str_of(error_entry(b->denied_code)->code);
    }
    for (size_t i = 0; i < b->nhours; i++) {
        ring_add(hours_of(s), b->hours[i].hour, hour_of(now), b->hours[i].changes.accepted,
                 b->hours[i].changes.refused);
        ring_add(days_of(s), b->hours[i].hour / 24, day_of(now), b->hours[i].requests.accepted,
                 b->hours[i].requests.refused);
    }
    if (b->client != NULL)
        s->client = str_of(b->client);
}

static enum store_rc write_code(struct store_txn *txn, const struct seen_batch *b, size_t i, int64_t now)
{
    struct seen_code c = {.times = 0};
    struct str value;
    struct key k, out;

    code_key(&k, str_of(error_entry(b->codes[i].code)->code));
    enum store_rc rc = store_get(txn, SPACE_SEEN, key_view(&k), &value);
    if (rc != STORE_OK && rc != STORE_NOTFOUND)
        return rc;
    if (rc == STORE_OK && !code_read(value, &c))
        return STORE_ERROR;
    c.times += b->codes[i].times;
    if (c.first == 0 || b->codes[i].first < c.first)
        c.first = b->codes[i].first;
    if (b->codes[i].last > c.last)
        c.last = b->codes[i].last;
    ring_add((struct ring){c.days, SEEN_DAYS, &c.day}, day_of(b->codes[i].last), day_of(now), 0, b->codes[i].recent);
    code_write(&out, &c);
    return store_put(txn, SPACE_SEEN, key_view(&k), key_view(&out));
}

enum store_rc seen_write(struct store_txn *txn, const struct seen_batch *b, int64_t now)
{
    struct seen s;

    if (!b->waits)
        return STORE_OK;
    enum store_rc rc = record_get(txn, &s);
    if (rc != STORE_OK)
        return rc;
    add(&s, b, now);
    rc = record_put(txn, &s);
    for (size_t i = 0; i < b->ncodes && rc == STORE_OK; i++)
        rc = write_code(txn, b, i, now);
    return rc;
}

/* --- reading --- */

/* A change is also a request that was let in. */
static void add_state(struct seen *s, const struct state *state, int64_t now)
{
    int64_t *first = &s->first[SEEN_CONNECTED], *last = &s->last[SEEN_CONNECTED];

    seen_fold(s, state->changes, (int64_t)state->changed, now);
    for (size_t i = SEEN_CREATED; i < SEEN_STEPS; i++) {
        s->last[i] = (int64_t)state->stepped[i - SEEN_CREATED];
        if (s->last[i] > *last)
            *last = s->last[i];
        if (s->first[i] != 0 && (*first == 0 || s->first[i] < *first))
            *first = s->first[i];
    }
    if ((int64_t)state->changed > *last)
        *last = (int64_t)state->changed;
    if (*first == 0)
        *first = *last;
}

enum store_rc seen_get(struct store_txn *txn, const struct state *state, int64_t now, struct seen *out)
{
    enum store_rc rc = record_get(txn, out);

    if (rc == STORE_OK)
        add_state(out, state, now);
    return rc;
}

struct listing {
    struct seen_code *codes;
    size_t n;
};

static enum store_rc codes_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct listing *l = ctx;
    struct store_scan *scan = NULL;
    struct str key, value;
    struct key from, to;

    *l = (struct listing){arena_alloc_raw(arena, ERR_COUNT * sizeof *l->codes), 0};
    key_init(&from);
    key_u8(&from, CODE);
    to = from;
    key_end(&to);
    enum store_rc rc = store_scan_open(txn, SPACE_SEEN, key_view(&from), key_view(&to), STORE_FORWARD, &scan);
    while (rc == STORE_OK && l->n < ERR_COUNT && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        struct seen_code *c = &l->codes[l->n];
        struct buf name;
        uint8_t kind;

        buf_init(&name, arena);
        if (!key_take_u8(&key, &kind) || !key_take_str(&key, &name) || !code_read(value, c)) {
            rc = STORE_ERROR;
            break;
        }
        c->code = buf_view(&name);
        l->n++;
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static int by_last(const void *a, const void *b)
{
    const struct seen_code *x = a, *y = b;

    if (x->last != y->last)
        return x->last > y->last ? -1 : 1;
    return str_cmp(x->code, y->code);
}

bool seen_codes(struct call *c, struct seen_code **out, size_t *n)
{
    struct listing l = {.n = 0};
    enum store_rc rc = store_run(c->store, c->account->number, STORE_READ, c->arena, codes_body, &l);

    *out = l.codes;
    *n = rc == STORE_OK ? l.n : 0;
    if (*n > 1)
        qsort(l.codes, l.n, sizeof *l.codes, by_last);
    return call_done(c, rc);
}
