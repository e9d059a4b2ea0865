/* SPDX-License-Identifier: Apache-2.0 */
/* The state of an account and what waits for its admin: the rules, given a time, and what they read. */
#include "account.h"

#include "roster/directory/overview.h"
#include "roster/directory/roll.h"
#include "roster/directory/sso.h"
#include "roster/directory/token.h"

#include <sodium.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define HOUR        SEEN_HOUR_MS
#define DAY         SEEN_DAY_MS
#define NOW         (INT64_C(20000) * DAY + 10 * HOUR)

/* --- the rules --- */

/* An account that works: so many changes of the last hour. */
static struct overview facts(uint32_t accepted, uint32_t refused)
{
    struct overview o = {.now = NOW, .last_request = NOW, .tokens = {.live = 1}};

    o.seen.hour = (uint32_t)(NOW / HOUR);
    o.seen.hours[o.seen.hour % SEEN_HOURS] = (struct seen_rate){accepted, refused};
    o.seen.first[SEEN_CONNECTED] = o.seen.last[SEEN_CONNECTED] = NOW;
    return o;
}

static const char *judged(struct overview o)
{
    return overview_state_name(overview_judge(&o));
}

static void the_first_rule_that_holds_decides(void)
{
    struct overview o = facts(1, 0);

    CHECK_CSTR(judged(o), "active");
    o.now += OVERVIEW_QUIET_MS - 1;
    CHECK_CSTR(judged(o), "active");
    o.now++;
    CHECK_CSTR(judged(o), "stale");
    o.seen.denied = NOW + 1;
    o.seen.denied_code = STR_LIT("AUTH_INVALID");
    CHECK_CSTR(judged(o), "failing"); /* however long ago */
    o.last_request = 0;
    CHECK_CSTR(judged(o), "waiting");
    o.tokens.live = 0;
    CHECK_CSTR(judged(o), "not_configured");
    o.suspended = true;
    CHECK_CSTR(judged(o), "suspended");
}

static void it_fails_where_more_is_refused(void)
{
    static const struct {
        uint32_t accepted, refused;
        const char *state;
    } cases[] = {{0, 0, "active"},  {0, 1, "failing"}, {1, 1, "active"},
                 {5, 6, "failing"}, {6, 5, "active"},  {100, 0, "active"}};

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_CSTR(judged(facts(cases[i].accepted, cases[i].refused)), cases[i].state);
    struct overview o = facts(0, 9);
    o.now = NOW + 23 * HOUR;
    CHECK_CSTR(judged(o), "failing");
    o.now = o.last_request = NOW + 24 * HOUR; /* it is too long ago */
    CHECK_CSTR(judged(o), "active");
}

static void it_fails_while_the_newest_is_turned_away(void)
{
    struct overview o = facts(9, 0);

    o.seen.denied = NOW - 1;
    o.seen.denied_code = STR_LIT("AUTH_INVALID");
    CHECK_CSTR(judged(o), "active");
    o.seen.denied = NOW + 1;
    CHECK_CSTR(judged(o), "failing");
    o.seen.denied_code = STR_LIT("ACCOUNT_SUSPENDED"); /* which has an end already */
    CHECK_CSTR(judged(o), "active");
}

static const char *words(struct overview o, const char *client)
{
    struct buf b;

    if (arena == NULL)
        begin("workspace");
    o.state = overview_judge(&o);
    buf_init(&b, arena);
    overview_words(&b, &o, str_of(client));
    return buf_cstr(&b);
}

static void states_are_told_in_words(void)
{
    struct overview o = facts(2, 1);

    CHECK_CSTR(words(o, "Okta"), "Okta is provisioning: in the last 24 hours 2 changes were accepted and 1 refused.");
    CHECK_CSTR(words(facts(1, 0), "Okta"), "Okta is provisioning: in the last 24 hours 1 change was accepted.");
    CHECK_CSTR(words(facts(0, 0), "The identity provider"),
               "The identity provider is connected and has changed nothing in the last 24 hours.");
    CHECK_CSTR(words(facts(0, 1), "Okta"), "Okta is refused more than is accepted: in the last 24 hours 1 change was "
                                           "refused and 0 accepted. The sync log says why.");
    o.now = NOW + 30 * HOUR;
    CHECK(strstr(words(o, "Okta"), "Okta has not asked for 24 hours. ") != NULL);
    o.now = NOW + 3 * DAY + HOUR;
    CHECK(strstr(words(o, "Okta"), "Okta has not asked for 3 days. ") != NULL);
    o.seen.denied = NOW + 1;
    o.seen.denied_code = STR_LIT("AUTH_INVALID");
    CHECK(strstr(words(o, "Okta"), "Okta is turned away (AUTH_INVALID). Generate a new token") != NULL);
    o.tokens.live = 0;
    CHECK(strstr(words(o, "Okta"), "was revoked or has expired") != NULL);
    o.last_request = 0;
    CHECK(strstr(words(o, "Okta"), "There is no token") != NULL);
    o.tokens.live = 1;
    CHECK(strstr(words(o, "Okta"), "A token is ready") != NULL);
    o.suspended = true;
    CHECK(strstr(words(o, "Okta"), "switched off") != NULL);
}

/* --- in a store --- */

static struct overview told;
static struct overview_task *tasks;
static size_t ntasks;

static const char *look(void)
{
    reload();
    CHECK(overview_read(call(), &told));
    CHECK(overview_tasks(call(), &told, &tasks, &ntasks));
    return overview_state_name(told.state);
}

static const struct overview_task *task(const char *what)
{
    for (size_t i = 0; i < ntasks; i++)
        if (strcmp(tasks[i].what, what) == 0)
            return &tasks[i];
    return NULL;
}

static struct id token(const char *name, uint32_t scopes, int64_t expires)
{
    char text[TOKEN_TEXT_MAX];
    struct token t;

    CHECK(token_add(store, arena, &account, str_of(name), scopes, expires, NULL, text, &t, &error));
    sodium_memzero(text, sizeof text);
    return t.id;
}

static void tokens_make_a_difference(void)
{
    begin("workspace");
    CHECK_CSTR(look(), "not_configured");
    CHECK_FATAL(task("token") != NULL);
    CHECK_INT(task("token")->count, 0);
    token("console", SCOPE_MANAGE, 0);
    CHECK_CSTR(look(), "not_configured");
    token("old", SCOPE_SCIM, now + DAY);
    CHECK_CSTR(look(), "waiting");
    CHECK_FATAL(task("token") != NULL);
    CHECK_INT(task("token")->count, 1);
    CHECK(strstr(task("token")->words, "1 token expires within 14 days, first old: ") != NULL);
    token("older", SCOPE_SCIM | SCOPE_MANAGE, now + HOUR);
    look();
    CHECK(strstr(task("token")->words, "2 tokens expire within 14 days, first older: ") != NULL);
    token("new", SCOPE_SCIM, now + 20 * DAY);
    now += 2 * DAY; /* two have expired, and one does not soon */
    CHECK_CSTR(look(), "waiting");
    CHECK_INT(told.tokens.live, 1);
    CHECK(task("token") == NULL);
    CHECK(token_revoke(store, arena, &account, STR_LIT("new"), &error));
    CHECK_CSTR(look(), "not_configured");
}

static void many_tokens_are_all_looked_at(void)
{
    begin("workspace");
    for (size_t i = 0; i < 3; i++)
        token(arena_printf(arena, "t%zu", i), SCOPE_SCIM, 0);
    for (size_t i = 0; i < 600; i++)
        token(arena_printf(arena, "m%zu", i), SCOPE_MANAGE, 0);
    look();
    CHECK_INT(told.tokens.live, 3);
}

static void seats_and_addresses_wait(void)
{
    begin("workspace");
    token("t", SCOPE_SCIM, 0);
    make_named("ana", ",\"emails\":[{\"value\":\"ana@example.com\"}]");
    look();
    CHECK_INT(ntasks, 0);
    CHECK_INT(told.seats.used, 1);
    set("seat_limit", "1");
    look();
    CHECK_FATAL(task("seats") != NULL);
    CHECK(strstr(task("seats")->words, "All seats are taken, 1 of 1.") != NULL);
    CHECK_INT(task("seats")->count, 0);
    set("seat_overflow", "viewer");
    make_named("bob", ",\"emails\":[{\"value\":\"robert@example.com\"}]");
    look();
    CHECK_FATAL(task("overflow") != NULL && task("mismatches") != NULL);
    CHECK_INT(task("overflow")->count, 1);
    CHECK_INT(task("mismatches")->count, 1);
    CHECK(strstr(task("mismatches")->words, "1 user cannot sign in") != NULL);
}

static void a_sample_is_bounded(void)
{
    struct sso_mismatches found;

    begin("workspace");
    for (size_t i = 0; i < 30; i++)
        make_named(arena_printf(arena, "u%zu", i), "");
    CHECK(sso_sample(call(), 10, 50, &found));
    CHECK_INT(found.n, 10);
    CHECK(found.more);
    CHECK(sso_sample(call(), 100, 50, &found));
    CHECK_INT(found.n, 30);
    CHECK(!found.more);
}

/* --- people --- */

static size_t people(const char *address)
{
    struct roll found;

    CHECK(roll_find(call(), str_of(address), &found));
    return found.n;
}

static void people_are_found_by_address(void)
{
    begin("workspace");
    make_named("ana",
               ",\"emails\":[{\"value\":\"ana@work.example\"},{\"value\":\"home@x.example\",\"type\":\"home\"}]");
    make_named("bob", ",\"active\":false,\"emails\":[{\"value\":\"home@x.example\"}]");
    CHECK_INT(people("ana@example.com"), 1);
    CHECK_INT(people("ANA@Example.com"), 1);
    CHECK_INT(people("ana@work.example"), 1);
    CHECK_INT(people("Home@x.example"), 2);
    CHECK_INT(people("ana@example.co"), 0);
    CHECK_INT(people("ana"), 0);
    make_named("cyd", ",\"emails\":[{\"value\":\"cyd@example.com\"}]");
    CHECK_INT(people("cyd@example.com"), 1); /* once, though he has it twice */
}

static const struct unit_test tests[] = {
    UNIT(the_first_rule_that_holds_decides),
    UNIT(it_fails_where_more_is_refused),
    UNIT(it_fails_while_the_newest_is_turned_away),
    UNIT(states_are_told_in_words),
    UNIT(tokens_make_a_difference),
    UNIT(many_tokens_are_all_looked_at),
    UNIT(seats_and_addresses_wait),
    UNIT(a_sample_is_bounded),
    UNIT(people_are_found_by_address),
};

int main(void)
{
    return account_run("overview", tests, COUNT(tests));
}
