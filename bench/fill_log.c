/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill_log - gives an account a long sync log: fill_log CONFIG ACCOUNT NUMBER
 *
 * Makes changes of the account's first users, and tells the log of lookups and refusals between them, by the functions that
 * serve requests, until the log has had NUMBER entries: so every record is as a server would have written it, with its event. The times
 * of the entries are spread over the last 60 days. May run beside a server, as rosterctl may. Nobody waits for the disk before the end.
 */
#include "roster/base/clock.h"
#include "roster/directory/roll.h"
#include "roster/directory/synclog.h"
#include "roster/directory/user.h"

#include <stdio.h>
#include <stdlib.h>

#define USERS_MAX 1000
#define SPREAD_MS (60 * SEEN_DAY_MS)
#define HOUSEKEEP 1000 /* changes */
#define PATCH_TEXT                                                                                                     \
    "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{\"op\":\"replace\",\"value\":"  \
    "{\"title\":\"Title %zu\",\"nickName\":\"Nick %zu\"}}]}"

struct filling {
    struct store *store;
    struct arena *arena, *work;
    struct conf conf;
    struct account account;
    struct synclog *log;
    struct error error;
    struct id users[USERS_MAX];
    size_t nusers;
    uint64_t wanted, from; /* entries: in all, and before */
    int64_t begin;         /* the time of the first */
};

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "fill_log: %s: %s\n", what, why);
    exit(1);
}

static struct call call_of(struct filling *f)
{
    f->error = ERROR_INIT;
    arena_reset(f->work);
    return (struct call){.store = f->store,
                         .arena = f->work,
                         .account = &f->account,
                         .request = id_new(),
                         .now = clock_now(),
                         .base = STR_LIT("http://localhost/scim/v2"),
                         .error = &f->error};
}

static uint64_t logged(struct filling *f)
{
    struct call c = call_of(f);
    struct state state;

    if (!state_read(&c, &state))
        fail("state", f->error.sentence);
    return state.logged;
}

static void read_users(struct filling *f)
{
    struct roll_query q = {.type = f->account.user_type};
    struct roll page = {.more = true};
    struct id last;

    while (f->nusers < USERS_MAX && page.more) {
        struct call c = call_of(f);

        last = page.last;
        if (!roll_page(&c, &q, f->nusers == 0 ? NULL : &last, ROLL_SLICE, &page))
            fail("users", f->error.sentence);
        for (size_t i = 0; i < page.n && f->nusers < USERS_MAX; i++)
            f->users[f->nusers++] = page.entries[i].id;
    }
    if (f->nusers == 0)
        fail("users", "the account has none");
}

/* What the log is told of a request of the user. */
static struct synclog_request request_of(struct filling *f, const struct call *c, const char *method, const char *user)
{
    static const struct id token = {{0xbe, 0x7c}};

    return (struct synclog_request){.log = f->log,
                                    .account = f->account.number,
                                    .entries = f->account.policy.value[POLICY_LOG_ENTRIES],
                                    .days = policy_log_days(&f->account.policy),
                                    .token = token,
                                    .id = c->request,
                                    .now = c->now,
                                    .began = clock_micros(),
                                    .client = "Okta",
                                    .method = method,
                                    .path = str_of(arena_printf(f->work, "/scim/v2/Users/%s", user)),
                                    .status = 200};
}

static void refuse(struct filling *f, const struct call *c, const char *user)
{
    struct synclog_request r = request_of(f, c, "POST", user);
    struct error e = ERROR_INIT;
    struct synclog_failure failure = {.kind = SYNCLOG_USERS,
                                      .name = STR_LIT("somebody@example.com"),
                                      .error = &e,
                                      .answer =
                                          STR_LIT("{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],"
                                                  "\"status\":\"409\",\"detail\":\"USERNAME_TAKEN: …\"}")};

    error_set(&e, ERR_USERNAME_TAKEN, failure.name);
    r.told = STR_LIT("\"body\":{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":"
                     "\"somebody@example.com\",\"active\":true}");
    synclog_failed(&r, f->work, &failure);
}

static void change(struct filling *f, struct call *c, const char *user, size_t i)
{
    struct resource_options options = policy_options(&f->account.policy);
    const char *text = arena_printf(f->work, PATCH_TEXT, i, i);
    struct synclog_request r = request_of(f, c, "PATCH", user);
    struct image im;

    r.told = str_of(arena_printf(f->work, "\"body\":%s", text));
    c->log = &r;
    struct patch *p =
        patch_parse(f->account.user_type, json_read(f->work, str_of(text), c->error), &options, f->work, c->error);
    if (p == NULL || !user_patch(c, str_of(user), p, NULL, &im))
        fail("PATCH", f->error.sentence);
}

/* A lookup, each fifth time a refusal, and a change, which writes all of them. */
static void step(struct filling *f, size_t i, uint64_t now)
{
    struct call c = call_of(f);
    char user[ID_TEXT_LEN + 1];

    id_format(&f->users[i % f->nusers], user);
    c.now = f->begin + (int64_t)((double)SPREAD_MS * (double)(now - f->from) / (double)(f->wanted - f->from));
    struct synclog_request lookup = request_of(f, &c, "GET", user);
    synclog_count(&lookup, SYNCLOG_USERS);
    if (i % 5 == 0)
        refuse(f, &c, user);
    change(f, &c, user, i);
}

static void fill(struct filling *f)
{
    uint64_t now = f->from = logged(f);

    f->begin = clock_now() - SPREAD_MS;
    for (size_t i = 0; now < f->wanted; i++) {
        step(f, i, now);
        now += i % 5 == 0 ? 3 : 2;
        if (i % HOUSEKEEP == 0)
            store_housekeep(f->store, false);
    }
    store_sync(f->store);
    store_housekeep(f->store, true);
}

static void open_store(struct filling *f, const char *config, const char *slug)
{
    const char *message = "";

    if (!conf_read(&f->conf, f->arena, config, &message))
        fail(config, message);
    if ((f->store = store_open(&f->conf, f->arena, &message)) == NULL)
        fail("store", message);
    store_defer_sync(f->store);
    if (!account_find(f->store, f->arena, str_of(slug), &f->account, &f->error))
        fail(slug, f->error.sentence);
}

int main(int argc, char **argv)
{
    static struct filling f;

    if (argc != 4)
        fail("wants", "CONFIG ACCOUNT NUMBER");
    f.arena = arena_new(0);
    f.work = arena_new(0);
    f.log = synclog_new();
    f.wanted = strtoull(argv[3], NULL, 10);
    open_store(&f, argv[1], argv[2]);
    read_users(&f);
    fill(&f);
    printf("entries=%llu\n", (unsigned long long)logged(&f));
    synclog_free(&f.log);
    store_close(&f.store);
    arena_free(&f.work);
    arena_free(&f.arena);
    return 0;
}
