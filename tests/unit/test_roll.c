/* SPDX-License-Identifier: Apache-2.0 */
/* The users and teams of an account slice by slice, over a real store. */
#include "store.h"

#include "roster/base/clock.h"
#include "roster/directory/roll.h"
#include "roster/directory/team.h"
#include "roster/directory/user.h"

#define USERS (2 * ROLL_SLICE + 1)

static struct conf conf;
static struct store *store;
static struct arena *arena;
static struct account account;
static struct error error;

static struct call call(void)
{
    error = ERROR_INIT;
    return (struct call){.store = store, .arena = arena, .account = &account, .now = clock_now(), .error = &error};
}

static struct json_object *body(const char *text)
{
    return json_read(arena, str_of(text), &error);
}

/* Every tenth is a viewer, and every third is not active. */
static bool add(int i)
{
    struct call c = call();
    struct image im;

    return user_create(
        &c,
        body(arena_printf(arena,
                          "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"u%d@example.com\",\"displayName\":\"%s %d\","
                          "\"active\":%s,\"userType\":\"%s\"}",
                          i, i % 2 == 0 ? "M\xc3\x84RZ" : "April", i, i % 3 == 0 ? "false" : "true",
                          i % 10 == 0 ? "viewer" : "member")),
        &im);
}

static void begin(void)
{
    static bool done;
    struct policy p;
    struct image im;

    if (done)
        return;
    done = true;
    arena = arena_new(0);
    store = unit_store(&conf, arena);
    policy_preset(&p, STR_LIT("workspace"));
    CHECK_FATAL(account_add(store, arena, STR_LIT("acme"), STR_LIT("Acme"), &p, &account, &error));
    for (int i = 0; i < USERS; i++)
        CHECK_FATAL(add(i));
    struct call c = call();
    CHECK_FATAL(team_create(&c, body("{\"schemas\":[\"" URN_GROUP "\"],\"displayName\":\"Sales\"}"), &im));
}

/* All that the query means, in pages of `most`; ids must rise. */
static size_t count(struct roll_query q, size_t most, size_t *calls)
{
    struct id last = {{0}};
    struct roll page = {.more = true};
    size_t found = 0;

    *calls = 0;
    q.type = q.type == NULL ? account.user_type : q.type;
    while (page.more && *calls < 1000) {
        struct call c = call();

        if (!CHECK(roll_page(&c, &q, id_is_set(&last) ? &last : NULL, most, &page)))
            break;
        CHECK(page.n <= most);
        CHECK(memcmp(last.b, page.last.b, ID_SIZE) < 0);
        last = page.last;
        found += page.n;
        ++*calls;
    }
    return found;
}

static void pages_have_everybody_once(void)
{
    size_t calls;

    begin();
    CHECK_INT(count((struct roll_query){0}, USERS, &calls), USERS);
    CHECK_INT(calls, 3);
    CHECK_INT(count((struct roll_query){0}, 7, &calls), USERS);
    CHECK_INT(calls, (USERS + 6) / 7);
    CHECK_INT(count((struct roll_query){.type = account.team_type}, 7, &calls), 1);
    CHECK_INT(calls, 1);
}

static void queries_choose(void)
{
    size_t calls;

    begin();
    CHECK_INT(count((struct roll_query){.active = ROLL_INACTIVE}, 50, &calls), USERS / 3);
    CHECK_INT(count((struct roll_query){.active = ROLL_ACTIVE}, 50, &calls), USERS - USERS / 3);
    CHECK_INT(count((struct roll_query){.role = STR_LIT("Viewer")}, 50, &calls), USERS / 10 + 1);
    CHECK_INT(count((struct roll_query){.text = STR_LIT("m\xc3\xa4rz")}, 50, &calls), USERS / 2 + 1);
    CHECK_INT(count((struct roll_query){.text = STR_LIT("U7@")}, 50, &calls), 1);
    CHECK_INT(count((struct roll_query){.text = STR_LIT("nobody")}, 50, &calls), 0);
    CHECK_INT(calls, 3);
    CHECK_INT(count((struct roll_query){.type = account.team_type, .text = STR_LIT("sal")}, 7, &calls), 1);
}

int main(void)
{
    static const struct unit_test tests[] = {UNIT(pages_have_everybody_once), UNIT(queries_choose)};

    int status = unit_run("roll", tests, sizeof tests / sizeof tests[0]);

    store_close(&store);
    arena_free(&arena);
    return status;
}
