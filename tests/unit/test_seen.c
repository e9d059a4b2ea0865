/* SPDX-License-Identifier: Apache-2.0 */
/* What is seen of identity providers: counts by hour and day, the steps of provisioning, and that nothing is counted twice or lost. */
#include "account.h"

#include "roster/base/clock.h"
#include "roster/directory/seen.h"
#include "roster/directory/synclog.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define HOUR        SEEN_HOUR_MS
#define DAY         SEEN_DAY_MS
#define START       (INT64_C(20000) * DAY + 10 * HOUR) /* ten in the morning of some day */

/* --- counts, without a store --- */

static void changes_belong_to_the_hour_of_the_last(void)
{
    struct seen s = {.hour = 0};

    seen_fold(&s, 3, START, START);
    CHECK_INT(seen_last_day(&s, START).accepted, 3);
    CHECK_INT(seen_of_day(&s, 20000).accepted, 3);
    CHECK_INT(seen_of_day(&s, 20001).accepted, 0);
    CHECK_INT(seen_of_day(&s, 19999).accepted, 0);
    seen_fold(&s, 3, START, START); /* none is counted twice */
    CHECK_INT(seen_last_day(&s, START).accepted, 3);
    seen_fold(&s, 10, START + HOUR, START + HOUR);
    CHECK_INT(seen_last_day(&s, START + HOUR).accepted, 10);
    CHECK_INT(s.folded, 10);
}

static void the_last_24_hours_move_on(void)
{
    struct seen s = {.hour = 0};

    for (int64_t i = 0; i < 30; i++)
        seen_fold(&s, (uint64_t)i + 1, START + i * HOUR, START + i * HOUR);
    CHECK_INT(seen_last_day(&s, START + 29 * HOUR).accepted, 24);
    CHECK_INT(seen_last_day(&s, START + 30 * HOUR).accepted, 23);
    CHECK_INT(seen_last_day(&s, START + 52 * HOUR).accepted, 1);
    CHECK_INT(seen_last_day(&s, START + 53 * HOUR).accepted, 0);
    CHECK_INT(seen_last_day(&s, START + 500 * DAY).accepted, 0);
    CHECK_INT(seen_of_day(&s, 20000).accepted, 14); /* from ten o'clock on */
    CHECK_INT(seen_of_day(&s, 20001).accepted, 16);
}

static void days_are_kept_and_forgotten(void)
{
    struct seen s = {.hour = 0};

    for (int64_t i = 0; i < 12; i++)
        seen_fold(&s, s.folded + (uint64_t)i + 1, START + i * DAY, START + i * DAY);
    for (uint32_t i = 0; i < 12; i++)
        CHECK_INT(seen_of_day(&s, 20000 + i).accepted, i < 12 - SEEN_DAYS ? 0 : i + 1);
    seen_fold(&s, s.folded + 1, START + 100 * DAY, START + 100 * DAY); /* those between were empty */
    CHECK_INT(seen_of_day(&s, 20100).accepted, 1);
    CHECK_INT(seen_of_day(&s, 20099).accepted, 0);
    CHECK_INT(seen_of_day(&s, 20092).accepted, 0);
}

static void a_wrong_clock_is_forgotten(void)
{
    struct seen s = {.hour = 0};

    seen_fold(&s, 5, START + 365 * DAY, START + 365 * DAY); /* the clock was a year ahead */
    seen_fold(&s, 6, START, START);
    CHECK_INT(seen_last_day(&s, START).accepted, 1);
    CHECK_INT(seen_of_day(&s, 20000).accepted, 1);
    seen_fold(&s, 8, START + 1, START + 1);
    CHECK_INT(seen_last_day(&s, START).accepted, 3);
    seen_fold(&s, 9, START - 30 * DAY, START + 2); /* too long ago for a count */
    CHECK_INT(seen_last_day(&s, START).accepted, 3);
    seen_fold(&s, 10, START + 5 * HOUR, START + 3); /* to come: it is of now */
    CHECK_INT(seen_last_day(&s, START).accepted, 4);
}

/* --- what a process counts --- */

static void a_batch_counts_by_what_was_asked(void)
{
    struct seen_batch b = {.account = 1};

    seen_accepted(&b, START, "Okta", SEEN_LOOKUP, 1);
    seen_accepted(&b, START + 1, "Okta", SEEN_DESCRIPTION, 1);
    seen_accepted(&b, START + 2, "Okta", SEEN_CHANGE, 7);
    seen_refused(&b, START + 3, "Okta", SEEN_LOOKUP, ERR_RESOURCE_NOT_FOUND);
    seen_refused(&b, START + 4, "Okta", SEEN_CHANGE, ERR_USERNAME_TAKEN);
    seen_refused(&b, START + 5, "Okta", SEEN_CHANGE, ERR_AUTH_SCOPE);
    CHECK(b.waits);
    CHECK_INT(b.nhours, 1);
    CHECK_INT(b.hours[0].requests.accepted, 9);
    CHECK_INT(b.hours[0].requests.refused, 3);
    CHECK_INT(b.hours[0].changes.accepted, 7);
    CHECK_INT(b.hours[0].changes.refused, 2);
    CHECK_INT(b.first[SEEN_CONNECTED], START);
    CHECK_INT(b.last[SEEN_CONNECTED], START + 4); /* who lacks the scope is not let in */
    CHECK_INT(b.last[SEEN_LOOKED_UP], START);
    CHECK_INT(b.denied, START + 5);
    CHECK_INT(b.ncodes, 3);
    CHECK_INT(b.codes[0].recent, 0); /* that there is nobody is an answer */
    CHECK_INT(b.codes[1].recent, 1);
    seen_written(&b);
    CHECK(!b.waits && b.nhours == 0 && b.ncodes == 0 && b.account == 1);
    seen_changed(&b, "Okta"); /* that is known */
    CHECK(!b.waits);
    seen_changed(&b, "Entra ID");
    CHECK(b.waits);
}

static void a_batch_has_bounds(void)
{
    struct seen_batch b = {.account = 1};

    for (int64_t i = 0; i < 10; i++)
        seen_accepted(&b, START + i * HOUR, "Okta", SEEN_CHANGE, 1);
    CHECK_INT(b.nhours, SEEN_BATCH_HOURS);
    CHECK_INT(b.hours[SEEN_BATCH_HOURS - 1].changes.accepted, 10 - SEEN_BATCH_HOURS + 1);
    for (int code = ERR_NONE + 1; code < ERR_COUNT; code++)
        seen_refused(&b, START, "Okta", SEEN_CHANGE, (enum error_code)code);
    CHECK(seen_is_full(&b));
    CHECK_INT(b.ncodes, SEEN_BATCH_CODES);
    b.hours[0].requests.accepted = UINT32_MAX - 1;
    seen_accepted(&b, START, "Okta", SEEN_LOOKUP, 5);
    CHECK_INT(b.hours[0].requests.accepted, UINT32_MAX);
}

/* --- steps --- */

static void changes_are_steps(void)
{
    static const struct id one[1];
    static const struct {
        struct event event;
        bool posted;
        enum seen_step step;
    } cases[] = {
        {{.type = "user.created"}, true, SEEN_CREATED},
        {{.type = "user.updated"}, false, SEEN_UPDATED},
        {{.type = "user.reactivated"}, false, SEEN_UPDATED},
        {{.type = "user.deactivated"}, false, SEEN_DEACTIVATED},
        {{.type = "user.deleted"}, false, SEEN_DEACTIVATED},
        {{.type = "team.created"}, true, SEEN_PUSHED},
        {{.type = "team.updated", .nadded = 1, .added = one}, false, SEEN_MEMBER_CHANGED},
        {{.type = "team.updated", .nremoved = 1, .removed = one}, false, SEEN_MEMBER_CHANGED},
        {{.type = "team.updated", .nadded = 1, .added = one}, true, SEEN_PUSHED}, /* of a name that there was */
        {{.type = "team.updated"}, false, SEEN_STEPS},
        {{.type = "team.deleted"}, false, SEEN_STEPS},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct seen_change change;
        struct state state = {0};

        seen_change(&change, &state, &cases[i].event, cases[i].posted, START);
        CHECK_INT(state.changes, 1);
        CHECK_INT(state.changed, START);
        CHECK_INT(change.firsts, cases[i].step == SEEN_STEPS ? 0 : 1U << cases[i].step);
        CHECK(change.due == (cases[i].step != SEEN_STEPS));
        for (size_t step = SEEN_CREATED; step < SEEN_STEPS; step++)
            CHECK_INT(state.stepped[step - SEEN_CREATED], step == cases[i].step ? START : 0);
    }
}

/* Nothing but the number of changes becomes another one within a second; the record is written with the first of an hour. */
static void most_changes_only_count(void)
{
    struct event ev = {.type = "user.updated"};
    struct seen_change change;
    struct state state = {0};

    seen_change(&change, &state, &ev, false, START);
    CHECK(change.due);
    seen_change(&change, &state, &ev, false, START + 999);
    CHECK(!change.due);
    CHECK_INT(state.changes, 2);
    CHECK_INT(state.changed, START);
    seen_change(&change, &state, &ev, false, START + 1000);
    CHECK(!change.due);
    CHECK_INT(state.changed, START + 1000);
    CHECK_INT(state.stepped[SEEN_UPDATED - SEEN_CREATED], START + 1000);
    seen_change(&change, &state, &ev, false, START + HOUR);
    CHECK(change.due);
    CHECK_INT(change.changes, 3);
    CHECK_INT(change.changed, START + 1000);
    seen_change(&change, &state, &ev, false, START + HOUR - 10); /* another worker, which began before */
    CHECK(!change.due);
    CHECK_INT(state.changed, START + HOUR);
    seen_change(&change, &state, &ev, false, START - DAY); /* the clock was put back */
    CHECK(change.due);
    CHECK_INT(state.changed, START - DAY);
    CHECK_INT(state.changes, 6);
}

/* --- in a store, through the sync log --- */

static struct synclog *synclog, *other;
static struct synclog_request request;

static struct synclog_request *asked(struct synclog *l, const char *method)
{
    request = (struct synclog_request){.log = l,
                                       .account = account.number,
                                       .entries = account.policy.value[POLICY_LOG_ENTRIES],
                                       .days = policy_log_days(&account.policy),
                                       .token = id_new(),
                                       .id = id_new(),
                                       .now = now,
                                       .began = clock_micros(),
                                       .client = "Okta",
                                       .method = method,
                                       .path = STR_LIT("/scim/v2/Users"),
                                       .status = 201};
    return &request;
}

/* Everything before happened in processes that ended well. */
static void start(void)
{
    begin("workspace");
    synclog_free(&synclog);
    synclog_free(&other);
    synclog = synclog_new();
    other = synclog_new();
}

static void made_by(struct synclog *l, const char *name)
{
    const char *text =
        arena_printf(arena, "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"%s@example.com\",\"title\":\"a\"}", name);
    struct call *c = call();
    struct image im;

    c->log = asked(l, "POST");
    CHECK(user_create(c, json(text), &im));
}

static void refused(struct synclog *l, enum error_code code, bool reading)
{
    struct error e = {.code = code};
    struct synclog_failure f = {
        .kind = SYNCLOG_USERS, .reading = reading, .error = &e, .answer = STR_LIT("{}"), .name = STR_NULL};

    synclog_failed(asked(l, "POST"), arena, &f);
}

static struct seen seen;
static struct state state;

static enum store_rc look_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    (void)a;
    (void)ctx;
    enum store_rc rc = state_get(txn, &state);
    return rc == STORE_OK ? seen_get(txn, &state, now, &seen) : rc;
}

static struct seen_rate today(void)
{
    CHECK_INT(store_run(store, account.number, STORE_READ, arena, look_body, NULL), STORE_OK);
    return seen_of_day(&seen, (uint32_t)(now / DAY));
}

static void a_change_is_counted_at_once(void)
{
    start();
    CHECK_INT(today().accepted, 0);
    CHECK_INT(seen.first[SEEN_CONNECTED], 0);
    made_by(synclog, "ana");
    synclog_free(&synclog); /* the process dies */
    CHECK_INT(today().accepted, 1);
    CHECK_INT(seen_last_day(&seen, now).accepted, 1);
    CHECK_INT(seen.first[SEEN_CREATED], now);
    CHECK_INT(seen.last[SEEN_CREATED], now);
    CHECK_INT(seen.first[SEEN_CONNECTED], now);
    CHECK_INT(seen.last[SEEN_CONNECTED], now);
    CHECK_INT(seen.first[SEEN_UPDATED], 0);
    verified();
}

static void a_refused_change_is_not(void)
{
    start();
    made_by(synclog, "ana");
    struct call *c = call();
    struct image im;
    c->log = asked(synclog, "POST");
    CHECK(!user_create(c, json("{\"schemas\":[\"" URN_USER "\"],\"userName\":\"ana@example.com\"}"), &im));
    CHECK_INT(today().accepted, 1);
    refused(synclog, ERR_USERNAME_TAKEN, false);
    CHECK_INT(today().refused, 0); /* not yet */
    synclog_write(synclog, store, arena, false);
    CHECK_INT(today().refused, 1);
    CHECK_INT(seen_last_day(&seen, now).refused, 1);
    CHECK_STR(seen.client, STR_LIT("Okta"));
    verified();
}

static void what_waits_goes_with_a_change(void)
{
    start();
    synclog_count(asked(synclog, "GET"), SYNCLOG_USERS);
    refused(synclog, ERR_USERNAME_TAKEN, false);
    refused(synclog, ERR_RESOURCE_NOT_FOUND, true);
    made_by(synclog, "ana");
    synclog_free(&synclog);
    struct seen_rate rate = today();
    CHECK_INT(rate.accepted, 2);
    CHECK_INT(rate.refused, 2);
    CHECK_INT(seen_last_day(&seen, now).accepted, 1);
    CHECK_INT(seen_last_day(&seen, now).refused, 1);
    CHECK_INT(seen.first[SEEN_LOOKED_UP], now);
    verified();
}

/* Each process writes what it counted once, and the sum is right. */
static void processes_are_added_up(void)
{
    start();
    for (size_t i = 0; i < 10; i++) {
        synclog_count(asked(synclog, "GET"), SYNCLOG_USERS);
        synclog_count(asked(other, "GET"), SYNCLOG_TEAMS);
        made_by(i % 2 == 0 ? synclog : other, arena_printf(arena, "u%zu", i));
        refused(synclog, ERR_USERNAME_TAKEN, false);
        refused(other, ERR_USERNAME_TAKEN, false);
    }
    synclog_count(asked(synclog, "PUT"), SYNCLOG_UNCHANGED);
    synclog_write(synclog, store, arena, true);
    synclog_write(other, store, arena, true);
    synclog_write(other, store, arena, true);
    struct seen_rate rate = today();
    CHECK_INT(rate.accepted, 31);
    CHECK_INT(rate.refused, 20);
    CHECK_INT(seen_last_day(&seen, now).accepted, 11);
    struct seen_code *codes;
    size_t n;
    CHECK(seen_codes(call(), &codes, &n));
    CHECK_INT(n, 1);
    CHECK_STR(codes[0].code, STR_LIT("USERNAME_TAKEN"));
    CHECK_INT(codes[0].times, 20);
    CHECK_INT(codes[0].first, now);
    CHECK_INT(seen_code_recent(&codes[0], now), 20);
    CHECK_INT(seen_code_recent(&codes[0], now + 6 * DAY), 20);
    CHECK_INT(seen_code_recent(&codes[0], now + 7 * DAY), 0);
    verified();
}

static void without_a_sync_log_it_is_counted_all_the_same(void)
{
    start();
    set("log_entries", "0");
    made_by(synclog, "ana");
    CHECK(request.written);
    synclog_count(asked(synclog, "GET"), SYNCLOG_USERS);
    refused(synclog, ERR_USERNAME_TAKEN, false);
    synclog_write(synclog, store, arena, false); /* nothing is due: there is no entry that waits */
    CHECK_INT(today().refused, 0);
    synclog_write(synclog, store, arena, true);
    struct seen_rate rate = today();
    CHECK_INT(rate.accepted, 2);
    CHECK_INT(rate.refused, 1);
    CHECK_INT(state.logged, 0);
    synclog_tidy(synclog, store, arena);
    verified();
}

static void hours_are_kept_apart(void)
{
    start();
    int64_t noon = now / DAY * DAY - DAY + 12 * HOUR;
    now = noon;
    made_by(synclog, "a");
    made_by(synclog, "b");
    now = noon + HOUR;
    made_by(synclog, "c");
    now = noon + 14 * HOUR; /* tomorrow */
    if (now > clock_now())  /* a test of the hours before two in the morning: the future counts as now */
        return;
    made_by(synclog, "d");
    CHECK_INT(today().accepted, 1);
    CHECK_INT(seen_of_day(&seen, (uint32_t)(noon / DAY)).accepted, 3);
    CHECK_INT(seen_last_day(&seen, now).accepted, 4);
    CHECK_INT(seen_last_day(&seen, noon + 24 * HOUR).accepted, 2);
    CHECK_INT(seen.first[SEEN_CREATED], noon);
    verified();
}

static void bulk_counts_operations(void)
{
    struct call *c;

    start();
    c = call();
    c->log = asked(synclog, "POST");
    request.bulk = true;
    for (size_t i = 0; i < 3; i++) {
        struct image im;
        CHECK(user_create(
            c, json(arena_printf(arena, "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"u%zu@example.com\"}", i)),
            &im));
    }
    CHECK(!request.written);
    synclog_refused(&request, ERR_USERNAME_TAKEN);
    synclog_bulk(&request, c, 6, 1, STR_LIT("\"operations\":6")); /* two changed nothing */
    struct seen_rate rate = today();
    CHECK_INT(rate.accepted, 5);
    CHECK_INT(rate.refused, 1);
    CHECK_INT(seen_last_day(&seen, now).accepted, 5);
    CHECK_INT(seen_last_day(&seen, now).refused, 1);
    verified();
}

/* A token that was the account's: neither an entry nor a step, but the account hears of it. */
static void who_is_turned_away_is_counted(void)
{
    start();
    synclog_denied(synclog, account.number, "Okta", true, ERR_AUTH_INVALID, now);
    synclog_write(synclog, store, arena, true);
    CHECK_INT(today().refused, 1);
    CHECK_INT(seen_last_day(&seen, now).refused, 0); /* a lookup */
    CHECK_INT(seen.first[SEEN_CONNECTED], 0);
    CHECK_INT(seen.denied, now);
    CHECK_STR(seen.denied_code, STR_LIT("AUTH_INVALID"));
    CHECK_INT(seen_last_request(&seen), now);
    CHECK_INT(state.logged, 0);
    verified();
}

static void many_accounts_have_their_own(void)
{
    uint32_t numbers[40];

    start();
    for (size_t i = 0; i < COUNT(numbers); i++) {
        begin("workspace");
        numbers[i] = account.number;
        for (size_t j = 0; j <= i; j++)
            synclog_count(asked(synclog, "GET"), SYNCLOG_USERS);
        synclog_write(synclog, store, arena, false); /* where there are too many they are written at once */
    }
    synclog_write(synclog, store, arena, true);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        account.number = numbers[i];
        CHECK_INT(today().accepted, i + 1);
    }
}

static void nothing_is_written_of_an_account_that_is_gone(void)
{
    start();
    synclog_count(asked(synclog, "GET"), SYNCLOG_USERS);
    CHECK(account_remove(store, arena, str_of(account.slug), &error));
    synclog_write(synclog, store, arena, true);
    CHECK_INT(today().accepted, 0);
    CHECK_INT(seen.hour, 0);
}

/* --- damage --- */

struct damage {
    size_t nth; /* pair of the space */
    struct str value;
};

static enum store_rc damage_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    const struct damage *d = ctx;
    struct walk_pair *pairs;
    size_t n;

    enum store_rc rc = walk_batch(txn, a, SPACE_SEEN, STR_NULL, STR_NULL, &pairs, &n);
    if (rc != STORE_OK || n <= d->nth)
        return STORE_ERROR;
    return store_put(txn, SPACE_SEEN, pairs[d->nth].key, d->value);
}

static enum store_rc forget_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    (void)a;
    (void)ctx;
    enum store_rc rc = state_get(txn, &state);
    state.changes = 0;
    return rc == STORE_OK ? state_put(txn, &state) : rc;
}

static void quiet(const char *text, void *ctx)
{
    (void)text;
    (void)ctx;
}

static uint64_t faults(void)
{
    struct verify_report report = {0};

    CHECK(verify_account(store, arena, &account, quiet, NULL, &report, &error));
    return report.faults;
}

static void damage_is_found(void)
{
    static const struct damage damages[] = {
        {0, STR_LIT("")}, {0, STR_LIT("\x01")}, {0, STR_LIT("rubbish")}, {1, STR_LIT("")}, {1, STR_LIT("\x02")}};

    for (size_t i = 0; i < COUNT(damages); i++) {
        struct damage d = damages[i];

        start();
        now -= 2 * HOUR;
        made_by(synclog, "a");
        now += 2 * HOUR;
        made_by(synclog, "b");
        refused(synclog, ERR_USERNAME_TAKEN, false);
        synclog_write(synclog, store, arena, true);
        CHECK_INT(faults(), 0);
        CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, damage_body, &d), STORE_OK);
        CHECK_INT(faults(), 1);
    }
    start();
    now -= 2 * HOUR;
    made_by(synclog, "a");
    now += 2 * HOUR;
    made_by(synclog, "b");
    CHECK_INT(faults(), 0);
    CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, forget_body, NULL), STORE_OK);
    CHECK_INT(faults(), 1); /* more is counted than there was */
}

static const struct unit_test tests[] = {
    UNIT(changes_belong_to_the_hour_of_the_last),
    UNIT(the_last_24_hours_move_on),
    UNIT(days_are_kept_and_forgotten),
    UNIT(a_wrong_clock_is_forgotten),
    UNIT(a_batch_counts_by_what_was_asked),
    UNIT(a_batch_has_bounds),
    UNIT(changes_are_steps),
    UNIT(most_changes_only_count),
    UNIT(a_change_is_counted_at_once),
    UNIT(a_refused_change_is_not),
    UNIT(what_waits_goes_with_a_change),
    UNIT(processes_are_added_up),
    UNIT(without_a_sync_log_it_is_counted_all_the_same),
    UNIT(hours_are_kept_apart),
    UNIT(bulk_counts_operations),
    UNIT(who_is_turned_away_is_counted),
    UNIT(many_accounts_have_their_own),
    UNIT(nothing_is_written_of_an_account_that_is_gone),
    UNIT(damage_is_found),
};

int main(void)
{
    int status = account_run("seen", tests, COUNT(tests));

    synclog_free(&synclog);
    synclog_free(&other);
    return status;
}
