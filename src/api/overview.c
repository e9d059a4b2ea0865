/* SPDX-License-Identifier: Apache-2.0 */
/* overview - whether provisioning works for the token's own account, and what it was refused. */
#include "internal.h"

#include "roster/base/clock.h"
#include "roster/directory/overview.h"

#define DAYS 7

/* Who is not known is called as one calls him, but has no name. */
static struct str client_of(const struct overview *o)
{
    return str_eq(o->seen.client, str_of(client_title(CLIENT_OTHER))) ? STR_NULL : o->seen.client;
}

void overview_tell(struct buf *b, const struct overview *o)
{
    struct str client = client_of(o);
    struct buf words;

    buf_init(&words, b->arena);
    overview_words(&words, o, client.p == NULL ? str_of(client_title(CLIENT_OTHER)) : client);
    buf_json_text(b, "state", str_of(overview_state_name(o->state)));
    buf_json_text(b, "words", buf_view(&words));
    buf_json_text(b, "client", client);
    clock_json(b, "lastRequest", o->last_request);
    clock_json(b, "lastChange", (int64_t)o->counts.changed);
    buf_json_u64(b, "users", o->counts.count[RESOURCE_USER]);
    buf_json_u64(b, "active", o->counts.active);
    buf_puts(b, ",\"seats\":{");
    buf_json_u64(b, "used", o->seats.used);
    if (o->seats.limit == SEATS_UNLIMITED)
        buf_json_text(b, "limit", STR_NULL);
    else
        buf_json_u64(b, "limit", o->seats.limit);
    buf_putc(b, '}');
}

/* The last seven days of UTC, oldest first. */
static void put_days(struct buf *b, const struct overview *o)
{
    uint32_t today = (uint32_t)(o->now / SEEN_DAY_MS);

    buf_puts(b, ",\"days\":[");
    for (uint32_t i = DAYS; i-- > 0;) {
        struct seen_rate rate = seen_of_day(&o->seen, today - i);
        char text[CLOCK_TEXT_LEN + 1];

        clock_format((int64_t)(today - i) * SEEN_DAY_MS, text);
        buf_json_comma(b);
        buf_putc(b, '{');
        buf_json_text(b, "day", str_make(text, strlen("2026-11-29")));
        buf_json_u64(b, "accepted", rate.accepted);
        buf_json_u64(b, "refused", rate.refused);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void put_checklist(struct buf *b, const struct overview *o)
{
    buf_puts(b, ",\"checklist\":[");
    for (enum seen_step step = 0; step < SEEN_STEPS; step++) {
        buf_json_comma(b);
        buf_putc(b, '{');
        buf_json_text(b, "step", str_of(seen_step_name(step)));
        clock_json(b, "first", o->seen.first[step]);
        clock_json(b, "last", o->seen.last[step]);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void put_waiting(struct buf *b, const struct overview_task *tasks, size_t n)
{
    buf_puts(b, ",\"waiting\":[");
    for (size_t i = 0; i < n; i++) {
        buf_json_comma(b);
        buf_putc(b, '{');
        buf_json_text(b, "what", str_of(tasks[i].what));
        buf_json_text(b, "words", str_of(tasks[i].words));
        buf_json_u64(b, "count", tasks[i].count);
        buf_json_text(b, "code", tasks[i].code);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

/*
 * GET /api/v1/overview: {"state":…,"words":…,"client":…,"lastRequest":…,"lastChange":…,"users":N,"active":N,"seats":{"used":N,"limit":N},
 * "teams":N,"days":[{"day":…,"accepted":N,"refused":N}…],"checklist":[{"step":…,"first":…,"last":…}…],
 * "waiting":[{"what":…,"words":…,"count":N,"code":…}…]}. What other workers have only counted comes some seconds later.
 */
bool overview_show(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct overview_task *tasks;
    struct account account;
    struct overview o;
    size_t n;

    synclog_write(c->api->synclog, c->api->store, c->api->scratch, true);
    if (!account_now(c, &account))
        return false;
    account.user_type = c->call.account->user_type;
    c->call.account = &account;
    if (!overview_read(&c->call, &o) || !overview_tasks(&c->call, &o, &tasks, &n))
        return false;
    answer_json(c, 200);
    buf_putc(b, '{');
    overview_tell(b, &o);
    buf_json_u64(b, "teams", o.counts.count[RESOURCE_TEAM]);
    put_days(b, &o);
    put_checklist(b, &o);
    put_waiting(b, tasks, n);
    buf_putc(b, '}');
    return true;
}

/* GET /api/v1/refusals: {"refusals":[{"code":…,"count":N,"first":…,"last":…}…]}, most recent first. */
bool refusals_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct seen_code *codes;
    size_t n;

    synclog_write(c->api->synclog, c->api->store, c->api->scratch, true);
    if (!seen_codes(&c->call, &codes, &n))
        return false;
    answer_json(c, 200);
    buf_puts(b, "{\"refusals\":[");
    for (size_t i = 0; i < n; i++) {
        buf_json_comma(b);
        buf_putc(b, '{');
        buf_json_text(b, "code", codes[i].code);
        buf_json_u64(b, "count", codes[i].times);
        clock_json(b, "first", codes[i].first);
        clock_json(b, "last", codes[i].last);
        buf_putc(b, '}');
    }
    buf_puts(b, "]}");
    return true;
}
