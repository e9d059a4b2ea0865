/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/overview.h"

#include "roster/directory/sso.h"
#include "roster/directory/token.h"

#include <assert.h>
#include <inttypes.h>

#define TOKENS_SLICE WALK_BATCH
#define MISMATCHES   50

static const char *const state_names[OVERVIEW_STATES] = {
    [OVERVIEW_FAILING] = "failing", [OVERVIEW_STALE] = "stale",   [OVERVIEW_NOT_CONFIGURED] = "not_configured",
    [OVERVIEW_WAITING] = "waiting", [OVERVIEW_ACTIVE] = "active", [OVERVIEW_SUSPENDED] = "suspended",
};

const char *overview_state_name(enum overview_state state)
{
    assert((unsigned)state < OVERVIEW_STATES);
    return state_names[state];
}

/* --- the rules --- */

/* Whether the newest request was turned away because of its token. */
static bool is_denied(const struct overview *o)
{
    return o->seen.denied > o->seen.last[SEEN_CONNECTED] && str_starts(o->seen.denied_code, STR_LIT("AUTH_"));
}

enum overview_state overview_judge(const struct overview *o)
{
    struct seen_rate rate = seen_last_day(&o->seen, o->now);

    if (o->suspended)
        return OVERVIEW_SUSPENDED;
    if (o->tokens.live == 0)
        return OVERVIEW_NOT_CONFIGURED;
    if (o->last_request == 0)
        return OVERVIEW_WAITING;
    if (is_denied(o) || rate.refused > rate.accepted)
        return OVERVIEW_FAILING;
    return o->now - o->last_request >= OVERVIEW_QUIET_MS ? OVERVIEW_STALE : OVERVIEW_ACTIVE;
}

/* --- words --- */

static void put_number(struct buf *b, uint64_t n, const char *thing)
{
    buf_printf(b, "%" PRIu64 " %s%s", n, thing, n == 1 ? "" : "s");
}

static const char *were(uint64_t n)
{
    return n == 1 ? "was" : "were";
}

static void words_failing(struct buf *b, const struct overview *o, struct str client)
{
    struct seen_rate rate = seen_last_day(&o->seen, o->now);
    const struct error_entry *entry = is_denied(o) ? error_find(o->seen.denied_code) : NULL;

    buf_str(b, client);
    if (entry != NULL) {
        buf_printf(b, " is turned away (%s). %s", entry->code, entry->admin);
        return;
    }
    buf_puts(b, " is refused more than is accepted: in the last 24 hours ");
    put_number(b, rate.refused, "change");
    buf_printf(b, " %s refused and %" PRIu32 " accepted. The sync log says why.", were(rate.refused), rate.accepted);
}

static void words_stale(struct buf *b, const struct overview *o, struct str client)
{
    int64_t days = (o->now - o->last_request) / SEEN_DAY_MS;

    buf_str(b, client);
    buf_puts(b, " has not asked for ");
    if (days < 2)
        buf_puts(b, "24 hours");
    else
        put_number(b, (uint64_t)days, "day");
    buf_puts(b, ". Look there whether provisioning is still switched on.");
}

static void words_active(struct buf *b, const struct overview *o, struct str client)
{
    struct seen_rate rate = seen_last_day(&o->seen, o->now);

    buf_str(b, client);
    if (rate.accepted == 0) {
        buf_puts(b, " is connected and has changed nothing in the last 24 hours.");
        return;
    }
    buf_puts(b, " is provisioning: in the last 24 hours ");
    put_number(b, rate.accepted, "change");
    buf_printf(b, " %s accepted", were(rate.accepted));
    if (rate.refused > 0)
        buf_printf(b, " and %" PRIu32 " refused", rate.refused);
    buf_putc(b, '.');
}

void overview_words(struct buf *b, const struct overview *o, struct str client)
{
    switch (o->state) {
    case OVERVIEW_SUSPENDED:
        buf_puts(b, "Provisioning is switched off for this account: whatever the identity provider asks is refused.");
        break;
    case OVERVIEW_NOT_CONFIGURED:
        buf_puts(b,
                 o->last_request == 0
                     ? "There is no token for an identity provider yet: generate one and paste it there."
                     : "Every token of an identity provider was revoked or has expired, so whoever uses one is turned "
                       "away: generate another one and paste it there.");
        break;
    case OVERVIEW_WAITING:
        buf_puts(b,
                 "A token is ready, but nothing has come with it yet: paste it into the identity provider and test the "
                 "connection there.");
        break;
    case OVERVIEW_FAILING:
        words_failing(b, o, client);
        break;
    case OVERVIEW_STALE:
        words_stale(b, o, client);
        break;
    default:
        words_active(b, o, client);
        break;
    }
}

/* --- reading --- */

static void note_token(struct overview_tokens *out, const struct token *t, int64_t now, int64_t *soonest)
{
    if (!(t->scopes & SCOPE_SCIM))
        return;
    if (t->last_used > out->last_used)
        out->last_used = t->last_used;
    if (t->revoked != 0 || (t->expires != 0 && t->expires <= now))
        return;
    out->live++;
    if (t->expires == 0 || t->expires - now > OVERVIEW_EXPIRY_MS)
        return;
    out->expiring++;
    if (*soonest == 0 || t->expires < *soonest) {
        *soonest = t->expires;
        out->first = t->name;
    }
}

/* All of them are looked at, which are at most TOKENS_MAX and mostly a few. */
static bool read_tokens(struct call *c, struct overview_tokens *out)
{
    struct arena *work = arena_new(0);
    int64_t soonest = 0;
    struct id last = {{0}};
    bool done = true;
    size_t n = TOKENS_SLICE;

    *out = (struct overview_tokens){.live = 0};
    while (done && n == TOKENS_SLICE) {
        struct str first = out->first;
        struct token *tokens;

        arena_reset(work);
        done = token_page(c->store, work, c->account, id_is_set(&last) ? &last : NULL, TOKENS_SLICE, &tokens, &n,
                          c->error);
        for (size_t i = 0; i < n && done; i++) {
            note_token(out, &tokens[i], c->now, &soonest);
            last = tokens[i].id;
        }
        if (out->first.p != first.p)
            out->first = arena_str(c->arena, out->first);
    }
    arena_free(&work);
    return done;
}

static enum store_rc glance_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct overview *o = ctx;

    (void)arena;
    enum store_rc rc = state_get(txn, &o->counts);
    return rc == STORE_OK ? seen_get(txn, &o->counts, o->now, &o->seen) : rc;
}

bool overview_glance(struct call *c, struct overview *out)
{
    *out = (struct overview){.suspended = c->account->suspended, .now = c->now};
    if (!call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, glance_body, out)) ||
        !read_tokens(c, &out->tokens))
        return false;
    out->last_request = seen_last_request(&out->seen);
    if (out->tokens.last_used > out->last_request) /* what was before anything was counted */
        out->last_request = out->tokens.last_used;
    out->state = overview_judge(out);
    return true;
}

bool overview_read(struct call *c, struct overview *out)
{
    return overview_glance(c, out) && seat_look(c, &out->seats);
}

/* --- what waits --- */

#define TASKS_MAX (4 + OVERVIEW_CODES)

struct tasks {
    struct call *c;
    const struct overview *o;
    struct overview_task *tasks;
    size_t n;
};

static void add(struct tasks *t, const char *what, struct buf *words, uint64_t count, struct str code)
{
    assert(t->n < TASKS_MAX);
    t->tasks[t->n++] = (struct overview_task){.what = what, .words = buf_cstr(words), .count = count, .code = code};
}

static void add_token(struct tasks *t)
{
    const struct overview_tokens *tokens = &t->o->tokens;
    struct buf b;

    buf_init(&b, t->c->arena);
    if (tokens->live == 0) {
        buf_puts(&b, "No token of an identity provider is live: generate one and paste it there.");
    } else if (tokens->expiring > 0) {
        put_number(&b, tokens->expiring, "token");
        buf_printf(&b, " %s within 14 days, first ", tokens->expiring == 1 ? "expires" : "expire");
        buf_str(&b, tokens->first);
        buf_puts(&b, ": generate another one and paste it into the identity provider before.");
    } else {
        return;
    }
    add(t, "token", &b, tokens->expiring, STR_NULL);
}

static void add_seats(struct tasks *t, uint64_t refused)
{
    const struct seats *s = &t->o->seats;
    struct buf b;

    if (refused == 0 && (s->limit == SEATS_UNLIMITED || s->used < s->limit))
        return;
    buf_init(&b, t->c->arena);
    if (s->limit == SEATS_UNLIMITED || s->used < s->limit)
        buf_puts(&b, "There are seats again.");
    else
        buf_printf(&b, "All seats are taken, %" PRIu64 " of %" PRIu64 ".", s->used, s->limit);
    if (refused > 0) {
        buf_puts(&b, " In the last seven days ");
        put_number(&b, refused, "addition");
        buf_printf(&b, " %s refused.", were(refused));
    }
    add(t, "seats", &b, refused, refused > 0 ? STR_LIT("SEATS_EXCEEDED") : STR_NULL);
}

static void add_overflow(struct tasks *t)
{
    uint64_t n = t->o->seats.overflowed;
    struct buf b;

    if (n == 0)
        return;
    buf_init(&b, t->c->arena);
    put_number(&b, n, "user");
    buf_printf(&b, " %s viewer%s for want of a seat.", n == 1 ? "is" : "are", n == 1 ? "" : "s");
    add(t, "overflow", &b, n, STR_NULL);
}

/* A code of what the admin can do something about; one that is no longer in the catalogue says nothing. */
static void add_code(struct tasks *t, const struct seen_code *code, uint64_t n)
{
    const struct error_entry *entry = error_find(code->code);
    struct buf b;

    if (n == 0 || entry == NULL || entry->status >= 500)
        return;
    buf_init(&b, t->c->arena);
    put_number(&b, n, "request");
    buf_printf(&b, " %s refused in the last seven days (%s). %s", were(n), entry->code, entry->admin);
    add(t, "refusals", &b, n, str_of(entry->code));
}

static bool add_codes(struct tasks *t)
{
    struct seen_code *codes;
    uint64_t seats = 0;
    size_t n, limit;

    if (!seen_codes(t->c, &codes, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (str_eq(codes[i].code, STR_LIT("SEATS_EXCEEDED")))
            seats = seen_code_recent(&codes[i], t->o->now);
    add_seats(t, seats);
    add_overflow(t);
    limit = t->n + OVERVIEW_CODES;
    for (size_t i = 0; i < n && t->n < limit; i++)
        if (!str_eq(codes[i].code, STR_LIT("SEATS_EXCEEDED")))
            add_code(t, &codes[i], seen_code_recent(&codes[i], t->o->now));
    return true;
}

static bool add_mismatches(struct tasks *t)
{
    struct sso_mismatches found;
    struct buf b;

    if (!sso_sample(t->c, OVERVIEW_SAMPLE, MISMATCHES, &found))
        return false;
    if (found.n == 0)
        return true;
    buf_init(&b, t->c->arena);
    if (found.more)
        buf_puts(&b, "At least ");
    put_number(&b, found.n, "user");
    buf_printf(&b, " cannot sign in as provisioned: the userName is not the e-mail address that logins use.");
    add(t, "mismatches", &b, found.n, STR_NULL);
    return true;
}

bool overview_tasks(struct call *c, const struct overview *o, struct overview_task **out, size_t *n)
{
    struct tasks t = {.c = c, .o = o, .tasks = arena_alloc(c->arena, TASKS_MAX * sizeof *t.tasks)};

    add_token(&t);
    if (!add_codes(&t) || !add_mismatches(&t))
        return false;
    *out = t.tasks;
    *n = t.n;
    return true;
}
