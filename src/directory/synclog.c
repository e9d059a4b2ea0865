/* SPDX-License-Identifier: Apache-2.0 */
#include "registry.h"
#include "synclog_form.h"

#include "roster/base/clock.h"

#include <assert.h>
#include <stdlib.h>

#define COUNTS_MAX   64 /* kept in memory; from COUNTS_FULL on they are written at once */
#define COUNTS_FULL  40
#define FAILURES_MAX 64
#define TAIL_MAX     8     /* so many of the last entries are looked through for a count that can be added to */
#define OWNERS_MAX   16    /* accounts that are remembered for synclog_tidy() */
#define BATCHES_MAX  32    /* accounts of which is counted what was seen */
#define TIDY_MAX     256   /* entries that it takes away at a time */
#define SLACK_MAX    50000 /* entries more than are kept, and no more than four times as many, may wait for it */
#define TRIM_EVERY   32    /* beyond that they go with changes: every so many numbers */
#define TRIM_MAX     64    /* so many of them */
#define DAY_MS       INT64_C(86400000)

/* Whose, and how much of it is kept. */
struct owner {
    uint32_t account, entries, days;
};

struct waiting_count {
    struct owner owner;
    struct entry_count count;
};

struct failure {
    struct owner owner;
    size_t len;
    char entry[SYNCLOG_ENTRY_MAX]; /* in place: what was never used takes no memory */
};

struct synclog {
    struct waiting_count counts[COUNTS_MAX];
    struct failure failures[FAILURES_MAX]; /* oldest first */
    struct seen_batch seen[BATCHES_MAX];
    struct owner written[OWNERS_MAX]; /* who may have more entries than are kept */
    size_t ncounts, nfailures, nwritten;
    size_t nseen;            /* of the batches: those that wait */
    int64_t due, not_before; /* when counts are to be written, and the next try; clock_ticks() */
};

struct synclog *synclog_new(void)
{
    struct synclog *l = calloc(1, sizeof *l);

    if (l == NULL)
        arena_no_memory(sizeof *l);
    return l;
}

void synclog_free(struct synclog **l)
{
    free(*l);
    *l = NULL;
}

/* How many entries of the account wait. */
static uint64_t waiting(const struct synclog *l, uint32_t account)
{
    uint64_t n = 0;

    for (size_t i = 0; i < l->ncounts; i++)
        n += l->counts[i].owner.account == account;
    for (size_t i = 0; i < l->nfailures; i++)
        n += l->failures[i].owner.account == account;
    return n;
}

/* --- what is counted for seen.h --- */

/* The account's batch, or one in which nothing waits; NULL: it cannot be counted, for nothing can be written. */
static struct seen_batch *batch_of(struct synclog *l, uint32_t account)
{
    struct seen_batch *spare = NULL;

    for (size_t i = 0; i < BATCHES_MAX; i++) {
        if (l->seen[i].account == account)
            return &l->seen[i];
        if (!l->seen[i].waits && (spare == NULL || (spare->account != 0 && l->seen[i].account == 0)))
            spare = &l->seen[i];
    }
    if (spare != NULL)
        *spare = (struct seen_batch){.account = account};
    return spare;
}

/* The account's batch; NULL: nothing of it waits. */
static const struct seen_batch *waiting_batch(const struct synclog *l, uint32_t account)
{
    for (size_t i = 0; i < BATCHES_MAX && l->nseen > 0; i++)
        if (l->seen[i].account == account && l->seen[i].waits)
            return &l->seen[i];
    return NULL;
}

static void begin_waiting(struct synclog *l)
{
    if (l->ncounts + l->nseen == 0)
        l->due = clock_ticks() + SYNCLOG_FOLD_MS;
}

/* Something was counted in the batch, in which something waited before or not. */
static void counted(struct synclog *l, const struct seen_batch *b, bool waited)
{
    if (!waited && b->waits) {
        begin_waiting(l);
        l->nseen++;
    }
    if (seen_is_full(b) || l->nseen == BATCHES_MAX)
        l->due = 0;
}

static void count_accepted(struct synclog_request *r, enum seen_aim aim, uint32_t n)
{
    struct seen_batch *b = n == 0 ? NULL : batch_of(r->log, r->account);
    bool waited = b != NULL && b->waits;

    if (b == NULL)
        return;
    seen_accepted(b, r->now, r->client, aim, n);
    counted(r->log, b, waited);
}

static void count_change(struct synclog_request *r)
{
    struct seen_batch *b = batch_of(r->log, r->account);
    bool waited = b != NULL && b->waits;

    if (b == NULL)
        return;
    seen_changed(b, r->client);
    counted(r->log, b, waited);
}

static void count_refused(struct synclog *l, uint32_t account, const char *client, enum seen_aim aim,
                          enum error_code code, int64_t now)
{
    struct seen_batch *b = batch_of(l, account);
    bool waited = b != NULL && b->waits;

    if (b == NULL)
        return;
    seen_refused(b, now, client, aim, code);
    counted(l, b, waited);
}

static enum seen_aim aim_of(enum synclog_kind kind, bool reading)
{
    if (!reading)
        return SEEN_CHANGE;
    return kind == SYNCLOG_DESCRIPTION || kind == SYNCLOG_OTHER ? SEEN_DESCRIPTION : SEEN_LOOKUP;
}

/* What waited in the account's batch is written. */
static void forget_batch(struct synclog *l, uint32_t account)
{
    for (size_t i = 0; i < BATCHES_MAX && l->nseen > 0; i++)
        if (l->seen[i].account == account && l->seen[i].waits) {
            seen_written(&l->seen[i]);
            l->nseen--;
        }
}

/* What waited of the owner is written. */
static void forget(struct synclog *l, const struct owner *owner)
{
    uint32_t account = owner->account;
    size_t n = 0;

    forget_batch(l, account);
    for (size_t i = 0; i < l->ncounts; i++)
        if (l->counts[i].owner.account != account)
            l->counts[n++] = l->counts[i];
    l->ncounts = n;
    n = 0;
    for (size_t i = 0; i < l->nfailures; i++)
        if (l->failures[i].owner.account != account && n++ != i)
            l->failures[n - 1] = l->failures[i];
    l->nfailures = n;
    for (n = 0; n < l->nwritten && l->written[n].account != account; n++)
        ;
    if (n == OWNERS_MAX) /* one of the others is remembered again when it writes again */
        n = account % OWNERS_MAX;
    else if (n == l->nwritten)
        l->nwritten++;
    l->written[n] = *owner;
}

/* --- what is in the store --- */

static enum store_rc put(struct store_txn *txn, uint64_t number, struct str entry)
{
    struct key k;

    assert(entry.len <= SYNCLOG_ENTRY_MAX);
    key_init(&k);
    key_u64(&k, number);
    return store_put(txn, SPACE_LOG, key_view(&k), entry);
}

/* A count among the last entries that is of the same token, kind and client; before it come counts alone. *number 0: none. */
static enum store_rc find_count(struct store_txn *txn, const struct entry_count *count, uint64_t *number,
                                struct entry_count *out)
{
    struct store_scan *scan = NULL;
    struct str key, value;

    *number = 0;
    enum store_rc rc = store_scan_open(txn, SPACE_LOG, STR_NULL, STR_NULL, STORE_BACKWARD, &scan);
    for (size_t i = 0; i < TAIL_MAX && rc == STORE_OK && (rc = store_scan_next(scan, &key, &value)) == STORE_OK; i++) {
        struct entry_head head;

        if (!entry_head_take(&value, &head) || head.kind != ENTRY_COUNT || !entry_count_read(value, out))
            break;
        if (id_eq(&out->token, &count->token) && out->kind == count->kind && str_eq(out->client, count->client)) {
            key_take_u64(&key, number);
            break;
        }
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc put_count(struct store_txn *txn, struct arena *arena, const struct entry_count *count,
                               uint64_t number)
{
    struct entry_count whole = *count, old;
    uint64_t found;
    struct buf b;

    enum store_rc rc = find_count(txn, count, &found, &old);
    if (rc != STORE_OK)
        return rc;
    if (found != 0) {
        number = found;
        whole.times += old.times;
        if (old.first < whole.first)
            whole.first = old.first;
    }
    buf_init(&b, arena);
    entry_head_write(&b, &(struct entry_head){.kind = ENTRY_COUNT, .time = whole.last});
    entry_count_write(&b, &whole);
    return put(txn, number, buf_view(&b));
}

static enum store_rc put_seen(struct store_txn *txn, const struct synclog *l, uint32_t account)
{
    const struct seen_batch *b = waiting_batch(l, account);

    return b == NULL ? STORE_OK : seen_write(txn, b, clock_now());
}

/* Writes what waits of the account, entries under the numbers from *number on, which are raised. */
static enum store_rc put_waiting(struct store_txn *txn, struct arena *arena, const struct synclog *l, uint32_t account,
                                 uint64_t *number)
{
    enum store_rc rc = put_seen(txn, l, account);

    for (size_t i = 0; i < l->ncounts && rc == STORE_OK; i++)
        if (l->counts[i].owner.account == account)
            rc = put_count(txn, arena, &l->counts[i].count, (*number)++);
    for (size_t i = 0; i < l->nfailures && rc == STORE_OK; i++)
        if (l->failures[i].owner.account == account)
            rc = put(txn, (*number)++, str_make(l->failures[i].entry, l->failures[i].len));
    return rc;
}

/* Whether the entry is one too many, or too old. */
static bool outlived(const struct owner *o, uint64_t slack, uint64_t number, struct str value, uint64_t newest,
                     int64_t now)
{
    struct entry_head head;

    return number + o->entries + slack <= newest || !entry_head_take(&value, &head) ||
           head.time < now - o->days * DAY_MS;
}

/* Takes at most max of the oldest away that are not to be kept, or only those in front of so many more. *gone: how many went. */
static enum store_rc trim(struct store_txn *txn, const struct owner *o, uint64_t slack, uint64_t newest, int64_t now,
                          size_t max, size_t *gone)
{
    struct store_scan *scan = NULL;
    struct str key, value;
    uint64_t doomed[TIDY_MAX], number;
    size_t n = 0;

    assert(max <= TIDY_MAX);
    enum store_rc rc = store_scan_open(txn, SPACE_LOG, STR_NULL, STR_NULL, STORE_FORWARD, &scan);
    while (n < max && rc == STORE_OK && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        if (!key_take_u64(&key, &number) || !outlived(o, slack, number, value, newest, now))
            break;
        doomed[n++] = number;
    }
    store_scan_close(&scan);
    for (size_t i = 0; i < n && (rc == STORE_OK || rc == STORE_NOTFOUND); i++) {
        struct key k;

        key_init(&k);
        key_u64(&k, doomed[i]);
        rc = store_delete(txn, SPACE_LOG, key_view(&k));
    }
    *gone = n;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/*
 * Numbers from first to newest were just given. What is too much goes when nobody waits (synclog_tidy()): taking an entry away
 * costs as much as writing one. Only where that moment does not come it goes now.
 */
static enum store_rc bound(struct store_txn *txn, const struct owner *o, uint64_t first, uint64_t newest, int64_t now)
{
    uint64_t slack = o->entries < SLACK_MAX / 4 ? 4 * (uint64_t)o->entries : SLACK_MAX;
    size_t n;

    return (first - 1) / TRIM_EVERY == newest / TRIM_EVERY ? STORE_OK : trim(txn, o, slack, newest, now, TRIM_MAX, &n);
}

/* --- entries of requests --- */

static void put_text(struct buf *b, const char *name, struct str text)
{
    buf_puts(b, name);
    buf_json(b, text);
}

/* The facts of r; more is left out where it would make the entry too long, and told with it. */
static void write_entry(struct buf *b, const struct synclog_request *r, enum entry_kind kind, int status,
                        const struct sentence *sentence, struct str more)
{
    int64_t took = clock_micros() - r->began;
    struct entry_request entry = {.id = r->id,
                                  .token = r->token,
                                  .first_event = r->committed_first,
                                  .last_event = r->committed_last,
                                  .microseconds = took < 0            ? 0
                                                  : took > UINT32_MAX ? UINT32_MAX
                                                                      : (uint32_t)took,
                                  .status = (uint16_t)status,
                                  .client = str_of(r->client),
                                  .method = str_of(r->method),
                                  .path = r->path,
                                  .sentence = buf_view(&sentence->text),
                                  .name_at = (uint16_t)sentence->name_at,
                                  .name_len = (uint16_t)sentence->name_len,
                                  .more = more};

    if (kind == ENTRY_DONE && !r->bulk) {
        entry.type = r->event.resource_type->number;
        entry.resource = r->event.resource;
    }
    entry_head_write(b, &(struct entry_head){.kind = kind, .time = r->now});
    entry_request_write(b, &entry);
    assert(b->len <= SYNCLOG_ENTRY_MAX);
    if (r->told.len == 0 || b->len + r->told.len + 1 > SYNCLOG_ENTRY_MAX)
        return;
    if (more.len > 0)
        buf_putc(b, ',');
    buf_str(b, r->told);
}

static void write_change(struct buf *b, const struct synclog_request *r, struct arena *arena)
{
    struct sentence words = {.name_len = 0};

    buf_init(&words.text, arena);
    buf_reserve(&words.text, 256);
    words_event(&words, r->client, &r->event);
    write_entry(b, r, ENTRY_DONE, r->status, &words, STR_NULL);
}

void synclog_begin(struct synclog_request *r)
{
    r->number = r->first_event = r->last_event = 0;
    r->seen = (struct seen_change){.counted = false};
}

void synclog_event(struct synclog_request *r, struct state *state, const struct event *ev, uint64_t first)
{
    if (r->first_event == 0)
        r->first_event = first;
    r->last_event = state->event;
    if (!ev->follows) {
        r->event = *ev;
        if (!r->seen.counted)
            seen_change(&r->seen, state, ev, !r->bulk && strcmp(r->method, "POST") == 0, r->now);
    }
    if (r->bulk || r->entries == 0 || r->number != 0)
        return;
    r->number = state->logged + 1;
    state->logged += waiting(r->log, r->account) + 1;
}

static struct owner owner_of(const struct synclog_request *r)
{
    return (struct owner){.account = r->account, .entries = r->entries, .days = r->days};
}

enum store_rc synclog_change(struct store_txn *txn, struct arena *arena, const struct call *c)
{
    struct synclog_request now = *c->log;
    struct owner owner = owner_of(&now);
    uint64_t number = now.number;
    struct buf b;

    enum store_rc rc = seen_write_change(txn, &now.seen);
    if (rc != STORE_OK || number == 0)
        return rc;
    now.committed_first = now.first_event;
    now.committed_last = now.last_event;
    if ((rc = put_waiting(txn, arena, now.log, now.account, &number)) != STORE_OK)
        return rc;
    buf_init(&b, arena);
    buf_reserve(&b, 512 + now.told.len);
    write_change(&b, &now, arena);
    if ((rc = put(txn, number, buf_view(&b))) != STORE_OK)
        return rc;
    return bound(txn, &owner, now.number, number, now.now);
}

void synclog_committed(struct synclog_request *r)
{
    struct owner owner = owner_of(r);

    if (r->first_event == 0)
        return;
    if (r->committed_first == 0)
        r->committed_first = r->first_event;
    r->committed_last = r->last_event;
    r->changes++;
    r->written = !r->bulk;
    if (r->number != 0)
        forget(r->log, &owner);
    count_change(r);
}

/* --- what waits --- */

void synclog_count(struct synclog_request *r, enum synclog_kind kind)
{
    struct synclog *l = r->log;
    struct str client = str_of(r->client);
    size_t i = 0;

    if (kind != SYNCLOG_BULK) /* whose operations are counted */
        count_accepted(r, aim_of(kind, kind != SYNCLOG_UNCHANGED), 1);
    if (r->entries == 0)
        return;
    while (i < l->ncounts && (l->counts[i].owner.account != r->account || l->counts[i].count.kind != kind ||
                              !id_eq(&l->counts[i].count.token, &r->token) || l->counts[i].count.client.p != client.p))
        i++;
    if (i < l->ncounts) {
        l->counts[i].count.times++;
        l->counts[i].count.last = r->now;
        return;
    }
    if (i == COUNTS_MAX) /* they cannot be written: the store is out of order, or the disk is full */
        return;
    begin_waiting(l);
    if (++l->ncounts >= COUNTS_FULL)
        l->due = 0;
    l->counts[i] = (struct waiting_count){
        .owner = owner_of(r),
        .count = {.token = r->token, .kind = kind, .times = 1, .first = r->now, .last = r->now, .client = client}};
}

static void keep(struct synclog_request *r, const struct buf *entry)
{
    struct synclog *l = r->log;
    struct failure *f;

    assert(entry->len <= SYNCLOG_ENTRY_MAX);
    if (l->nfailures == FAILURES_MAX) /* as above */
        memmove(&l->failures[0], &l->failures[1], --l->nfailures * sizeof l->failures[0]);
    f = &l->failures[l->nfailures++];
    f->owner = owner_of(r);
    f->len = entry->len;
    memcpy(f->entry, entry->p, entry->len);
    r->written = true;
}

void synclog_failed(struct synclog_request *r, struct arena *a, const struct synclog_failure *f)
{
    const struct error_entry *entry = error_entry(f->error->code);
    struct sentence words = {.name_len = 0};
    struct buf b, more;

    count_refused(r->log, r->account, r->client, aim_of(f->kind, f->reading), f->error->code, r->now);
    r->written = true;
    if (r->entries == 0)
        return;
    buf_init(&words.text, a);
    words_failure(&words, r->client, r->method, f);
    buf_init(&more, a);
    put_text(&more, "\"code\":", str_of(entry->code));
    put_text(&more, ",\"remedy\":", str_of(entry->admin));
    buf_puts(&more, ",\"answer\":");
    buf_str(&more, f->answer);
    buf_init(&b, a);
    write_entry(&b, r, ENTRY_FAILED, entry->status, &words, buf_view(&more));
    keep(r, &b);
}

void synclog_denied(struct synclog *l, uint32_t account, const char *client, bool reading, enum error_code code,
                    int64_t now)
{
    count_refused(l, account, client, reading ? SEEN_LOOKUP : SEEN_CHANGE, code, now);
}

void synclog_refused(struct synclog_request *r, enum error_code code)
{
    count_refused(r->log, r->account, r->client, SEEN_CHANGE, code, r->now);
}

struct writing {
    struct synclog *log;
    struct owner owner;
};

static enum store_rc write_entries(struct store_txn *txn, struct arena *arena, const struct writing *w, uint64_t n)
{
    struct state state;
    uint64_t first, number;

    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    first = number = state.logged + 1;
    state.logged += n;
    if ((rc = state_put(txn, &state)) != STORE_OK ||
        (rc = put_waiting(txn, arena, w->log, w->owner.account, &number)) != STORE_OK)
        return rc;
    return bound(txn, &w->owner, first, state.logged, clock_now());
}

static enum store_rc write_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    const struct writing *w = ctx;
    uint64_t n = waiting(w->log, w->owner.account);

    enum store_rc rc = store_has(txn, SPACE_STATE, STR_NULL);
    if (rc != STORE_OK) /* NOTFOUND: the account is being removed */
        return rc;
    return n > 0 ? write_entries(txn, arena, w, n) : put_seen(txn, w->log, w->owner.account);
}

static uint32_t next_batch(const struct synclog *l)
{
    size_t i = 0;

    while (!l->seen[i].waits)
        i++;
    return l->seen[i].account;
}

/* The owner of something that waits; without settings where it is only counted. */
static bool next_owner(const struct synclog *l, struct owner *out)
{
    if (l->ncounts > 0)
        *out = l->counts[0].owner;
    else if (l->nfailures > 0)
        *out = l->failures[0].owner;
    else if (l->nseen > 0)
        *out = (struct owner){.account = next_batch(l)};
    else
        return false;
    return true;
}

void synclog_write(struct synclog *l, struct store *s, struct arena *a, bool all)
{
    struct writing w = {.log = l};
    int64_t now;

    if (l->ncounts + l->nfailures + l->nseen == 0)
        return;
    now = clock_ticks();
    if (!all && ((l->nfailures == 0 && now < l->due) || now < l->not_before))
        return;
    while (next_owner(l, &w.owner)) {
        struct arena_mark mark = arena_mark(a);
        enum store_rc rc = store_has_room(s) ? store_run(s, w.owner.account, STORE_LAX, a, write_body, &w) : STORE_FULL;

        arena_rewind(a, mark);
        if (rc != STORE_OK && rc != STORE_NOTFOUND) {
            l->not_before = now + SYNCLOG_FOLD_MS;
            return;
        }
        if (w.owner.entries > 0)
            forget(l, &w.owner);
        else
            forget_batch(l, w.owner.account);
    }
}

struct tidying {
    struct owner owner;
    size_t gone;
};

static enum store_rc tidy_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct tidying *t = ctx;
    struct policy policy;
    struct state state;

    (void)arena;
    t->gone = 0;
    enum store_rc rc = registry_policy(txn, &policy); /* who wrote may have known another */
    if (rc != STORE_OK || policy.value[POLICY_LOG_ENTRIES] == 0 || (rc = state_get(txn, &state)) != STORE_OK)
        return rc;
    t->owner.entries = policy.value[POLICY_LOG_ENTRIES];
    t->owner.days = policy_log_days(&policy);
    return trim(txn, &t->owner, 0, state.logged, clock_now(), TIDY_MAX, &t->gone);
}

void synclog_tidy(struct synclog *l, struct store *s, struct arena *a)
{
    struct arena_mark mark = arena_mark(a);
    struct tidying t;

    if (l->nwritten == 0 || !store_has_room(s))
        return;
    t.owner = l->written[0];
    enum store_rc rc = store_run(s, t.owner.account, STORE_LAX, a, tidy_body, &t);
    arena_rewind(a, mark);
    if (rc != STORE_OK || t.gone < TIDY_MAX)
        l->written[0] = l->written[--l->nwritten];
}

/* --- bulk --- */

static void write_bulk(struct synclog_request *r, struct arena *a, size_t operations, size_t refused, struct str told)
{
    struct sentence words = {.name_len = 0};
    struct buf b;

    buf_init(&words.text, a);
    words_bulk(&words, r->client, operations, refused);
    buf_init(&b, a);
    write_entry(&b, r, refused > 0 ? ENTRY_FAILED : ENTRY_DONE, 200, &words, told);
    keep(r, &b);
}

void synclog_bulk(struct synclog_request *r, const struct call *c, size_t operations, size_t refused, struct str told)
{
    size_t accepted = operations - refused;

    if (accepted > r->changes) /* the others are counted in the state */
        count_accepted(r, SEEN_CHANGE, (uint32_t)(accepted - r->changes));
    if (refused == 0 && r->committed_first == 0)
        return; /* nothing was changed */
    r->written = true;
    if (r->entries > 0)
        write_bulk(r, c->arena, operations, refused, told);
    synclog_write(r->log, c->store, c->arena, true);
}
