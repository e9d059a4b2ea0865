/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overviews - all accounts, those in trouble first, for the operator's staff.
 *
 * Nothing keeps the accounts in this order, for an account's state changes as time passes. So each page looks at each account: one record of the
 * registry, two of its own and its tokens, some tens of microseconds. OVERVIEWS_LOOKS accounts at most are put in order; those beyond follow
 * in pages of their own, again in that order. A page goes on behind the place that the last entry of the page before had:
 * an account whose state changes meanwhile may be told twice or not at all.
 */
#include "internal.h"

#include "roster/base/utf8.h"
#include "roster/directory/overview.h"

#include <stdlib.h>

#define OVERVIEWS_LOOKS 5000
#define SLICE           WALK_BATCH

/* Where an account stands among those behind the number `from`. */
struct place {
    uint32_t from, state, refused, number;
};

struct window {
    struct api_call *c;
    struct str text; /* folded; of no bytes: any */
    struct place after;
    bool goes_on; /* after.from alone says where */
    struct place *places;
    size_t n;
    uint32_t last; /* number that was looked at */
    bool more;     /* there are accounts behind it */
};

/* The most refused first. */
static int by_trouble(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->state != y->state)
        return x->state < y->state ? -1 : 1;
    if (x->refused != y->refused)
        return x->refused > y->refused ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* --- where a page begins: "FROM", or "FROM.STATE.REFUSED.NUMBER" behind an entry --- */

static bool read_after(struct api_call *c, struct window *w)
{
    uint32_t *const parts[] = {&w->after.from, &w->after.state, &w->after.refused, &w->after.number};
    struct str text;
    size_t n = 0;

    if (!http_query(c->r, "after", &text, c->error))
        return false;
    if (text.p == NULL)
        return true;
    for (size_t from = 0, to; from <= text.len && n < 4; from = to + 1) {
        long long part;

        to = str_find(text, '.', from);
        if (!str_to_ll(str_sub(text, from, to), &part) || part < 0 || part > UINT32_MAX)
            break;
        *parts[n++] = (uint32_t)part;
        if (to == text.len) {
            w->goes_on = n == 4;
            if (n == 1 || n == 4)
                return true;
            break;
        }
    }
    error_set(c->error, ERR_PARAMETER_INVALID, STR_LIT("after"), text, STR_LIT("what next of the page before says"));
    return false;
}

static void put_next(struct buf *b, const struct window *w, size_t written, const struct place *last)
{
    if (written < w->n)
        buf_printf(b, "\"%lu.%lu.%lu.%lu\"", (unsigned long)w->after.from, (unsigned long)last->state,
                   (unsigned long)last->refused, (unsigned long)last->number);
    else if (w->more)
        buf_printf(b, "\"%lu\"", (unsigned long)w->last);
    else
        buf_puts(b, "null");
}

/* --- the order --- */

static bool has(struct str text, struct str folded, struct arena *a)
{
    struct str s = utf8_fold(a, text);

    return s.len > 0 && memmem(s.p, s.len, folded.p, folded.len) != NULL;
}

static bool look(struct window *w, const struct account *account)
{
    struct call call = w->c->call;
    struct overview o;

    call.account = account;
    call.arena = w->c->api->scratch;
    arena_reset(call.arena);
    w->last = account->number;
    if (w->text.len > 0 && !has(str_of(account->slug), w->text, call.arena) && !has(account->name, w->text, call.arena))
        return true;
    if (!overview_glance(&call, &o))
        return false;
    struct place p = {.from = w->after.from,
                      .state = o.state,
                      .refused = seen_last_day(&o.seen, o.now).refused,
                      .number = account->number};
    if (!w->goes_on || by_trouble(&w->after, &p) < 0)
        w->places[w->n++] = p;
    return true;
}

/* The accounts of the window that come behind the place, in order. */
static bool collect(struct window *w)
{
    struct arena *names = arena_new(0);
    struct account *accounts;
    size_t looked = 0, n = SLICE;
    bool done = true;

    w->places = arena_alloc_raw(w->c->r->arena, OVERVIEWS_LOOKS * sizeof *w->places);
    w->last = w->after.from;
    while (done && n == SLICE && looked < OVERVIEWS_LOOKS) {
        arena_reset(names);
        done = account_names(w->c->call.store, names, w->last, SLICE, &accounts, &n, w->c->error);
        for (size_t i = 0; i < n && done; i++)
            done = look(w, &accounts[i]);
        looked += n;
    }
    w->more = n == SLICE;
    arena_free(&names);
    if (w->n > 1)
        qsort(w->places, w->n, sizeof *w->places, by_trouble);
    return done;
}

/* --- the page --- */

static bool write_entry(struct window *w, const struct place *place)
{
    struct buf *b = &w->c->response->body;
    struct call call = w->c->call;
    struct account account;
    struct overview o;
    bool found;

    call.account = &account;
    call.arena = w->c->api->scratch;
    arena_reset(call.arena);
    if (!account_load(call.store, call.arena, place->number, &account, &found, call.error))
        return false;
    if (!found) /* it was removed since */
        return true;
    if (!overview_read(&call, &o))
        return false;
    buf_json_comma(b);
    buf_putc(b, '{');
    buf_json_text(b, "slug", str_of(account.slug));
    buf_json_text(b, "name", account.name);
    buf_json_text(b, "status", account.suspended ? STR_LIT("suspended") : STR_LIT("active"));
    overview_tell(b, &o);
    buf_json_name(b, "refused24h");
    buf_u64(b, seen_last_day(&o.seen, o.now).refused);
    buf_putc(b, '}');
    http_response_spill(w->c->response);
    return true;
}

/* GET /api/v1/overviews?q=TEXT&after=PLACE&limit=N: {"accounts":[…],"next":PLACE}; next is null where no others follow. */
bool overviews_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct window w = {.c = c};
    size_t most, written = 0;
    struct str text;

    if (!http_query(c->r, "q", &text, c->error) || !read_after(c, &w) || !answer_limit(c, &most))
        return false;
    w.text = utf8_fold(c->r->arena, text);
    if (!collect(&w))
        return false;
    answer_json(c, 200);
    buf_puts(b, "{\"accounts\":[");
    for (; written < w.n && written < most; written++)
        if (!write_entry(&w, &w.places[written]))
            return false;
    buf_puts(b, "],\"next\":");
    put_next(b, &w, written, written > 0 ? &w.places[written - 1] : &w.after);
    buf_putc(b, '}');
    return true;
}
