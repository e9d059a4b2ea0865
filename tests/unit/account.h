/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account - an account for each test in the program's one store, and what its identity provider asks. What begins a test is
 * begin(); arena lives as long as the program.
 */
#ifndef ROSTER_TESTS_ACCOUNT_H
#define ROSTER_TESTS_ACCOUNT_H

#include "store.h"

#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/directory/account.h"
#include "roster/directory/event.h"
#include "roster/directory/hasher.h"
#include "roster/directory/seat.h"
#include "roster/directory/team.h"
#include "roster/directory/throttle.h"
#include "roster/directory/user.h"
#include "roster/directory/verify.h"

#include <stdio.h>
#include <string.h>

static struct conf conf;
static struct store *store;
static struct arena *arena;
static struct account account;
static struct error error;         /* of the last request */
static int64_t now;                /* of the next request; begin() sets it */
static struct hasher *unit_hasher; /* of the next request; NULL: none */

static inline void reload(void)
{
    CHECK(account_find(store, arena, str_of(account.slug), &account, &error));
}

/* A new account with this preset, and the store where there is none yet: nothing in it outlasts the machine. */
static inline void begin(const char *preset)
{
    static int accounts;
    struct policy p;
    const char *slug;

    if (store == NULL) {
        arena = arena_new(0);
        store = unit_store(&conf, arena);
        store_defer_sync(store);
    }
    error = ERROR_INIT;
    now = clock_now();
    slug = arena_printf(arena, "acme%d", ++accounts);
    CHECK(policy_preset(&p, str_of(preset)));
    CHECK(account_add(store, arena, str_of(slug), str_of(slug), &p, &account, &error));
}

/* The same, in which passwords are hashed, at once; closed by end_passwords(). */
static struct throttle *throttle;
static inline void begin_passwords(void)
{
    const char *message = "";

    begin("workspace");
    if (throttle == NULL) {
        conf.password_memory_kb = 8;
        conf.password_passes = 1;
        unit_hasher = hasher_open(&conf, arena, &message);
        throttle = throttle_open(conf.store_regions, arena, &message);
    }
    CHECK(unit_hasher != NULL && throttle != NULL);
}

static inline int end_passwords(int status)
{
    hasher_close(&unit_hasher);
    throttle_close(&throttle);
    store_close(&store);
    arena_free(&arena);
    return status;
}

static inline void set(const char *name, const char *value)
{
    error = ERROR_INIT;
    CHECK(account_set(store, arena, str_of(account.slug), str_of(name), str_of(value), &error));
    reload();
}

/* The next request; static memory, one at a time. */
static inline struct call *call(void)
{
    static struct call c;

    error = ERROR_INIT;
    c = (struct call){.store = store,
                      .arena = arena,
                      .account = &account,
                      .token = id_new(),
                      .request = id_new(),
                      .now = now,
                      .base = STR_LIT("http://h/scim/v2"),
                      .error = &error,
                      .hasher = unit_hasher};
    return &c;
}

/* NULL, and the reason on standard error, where text is no JSON. */
static inline struct json_object *json(const char *text)
{
    struct error e = ERROR_INIT;
    struct json_object *v = json_read(arena, str_of(text), &e);

    if (v == NULL)
        fprintf(stderr, "%s in %s\n", e.sentence, text);
    return v;
}

/* A new user name@example.com with these members beside it: ",\"userType\":\"guest\"". The id, or STR_NULL and error. */
static inline struct str make_named(const char *name, const char *rest)
{
    struct image im;
    const char *text = arena_printf(
        arena, "{\"schemas\":[\"" URN_USER "\",\"" URN_ENTERPRISE "\"],\"userName\":\"%s@example.com\"%s}", name, rest);

    return user_create(call(), json(text), &im) ? arena_str(arena, im.id) : STR_NULL;
}

static inline struct str make(const char *rest)
{
    static int users;

    return make_named(arena_printf(arena, "u%d", ++users), rest);
}

/* Pushes a group; the team of the name becomes it where the account says so. The id, or STR_NULL and error. */
static inline struct str push(const char *name, const struct str *members, size_t n)
{
    struct image im;
    struct buf b;

    buf_init(&b, arena);
    buf_printf(&b, "{\"schemas\":[\"" URN_GROUP "\"],\"displayName\":\"%s\",\"members\":[", name);
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s{\"value\":\"%.*s\"}", i > 0 ? "," : "", (int)members[i].len, members[i].p);
    buf_puts(&b, "]}");
    return team_create(call(), json(buf_cstr(&b)), &im) ? arena_str(arena, im.id) : STR_NULL;
}

/* Replaces members of a user by those of value, which is JSON. */
static inline bool patch(struct str id, const char *value)
{
    struct error e = ERROR_INIT;
    struct image im;
    const char *text = arena_printf(arena,
                                    "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":"
                                    "[{\"op\":\"replace\",\"value\":%s}]}",
                                    value);
    struct resource_options options = policy_options(&account.policy);
    struct patch *p = patch_parse(account.user_type, json(text), &options, arena, &e);

    CHECK(p != NULL);
    return p != NULL && user_patch(call(), id, p, NULL, &im);
}

/* The type that a user has; why. STR_NULL: there is no such user. */
static struct explanation why;
static inline struct str type_of(struct str id)
{
    if (id.p == NULL || !seat_explain(call(), id, &why))
        return STR_NULL;
    return seat_role(&why.holder)->id;
}

/* The seats that are taken. */
static inline uint64_t used(void)
{
    struct seats s = {0};

    CHECK(seat_report(call(), &s));
    return s.used;
}

/* The events behind number after, at most n; *newest gets the number of the last there is. */
static inline const char *unit_events(uint64_t after, size_t n, uint64_t *newest)
{
    struct arena *other = arena_new(0);
    struct call *c = call();
    uint64_t last;
    struct buf b;
    size_t read;

    buf_init(&b, arena);
    c->arena = other;
    CHECK(event_read(c, after, n, &b, &read, &last, newest));
    arena_free(&other);
    return buf_cstr(&b);
}

static inline uint64_t newest(void)
{
    uint64_t number;

    unit_events(UINT64_MAX >> 1, 1, &number);
    return number;
}

static inline const char *events(uint64_t after)
{
    uint64_t number;

    return unit_events(after, 100, &number);
}

static inline const char *last_events(size_t n)
{
    return events(newest() - n);
}

static inline void unit_say(const char *text, void *ctx)
{
    (void)ctx;
    fprintf(stderr, "# verify: %s\n", text);
    CHECK(!"verify has nothing to say");
}

/* The account's records agree with one another. */
static inline void verified(void)
{
    struct verify_report report = {0};

    error = ERROR_INIT;
    CHECK(verify_account(store, arena, &account, unit_say, NULL, &report, &error));
    CHECK_INT(report.faults, 0);
}

/* Runs the tests and closes what they opened; the exit status for main. */
static inline int account_run(const char *suite, const struct unit_test *tests, size_t n)
{
    int status = unit_run(suite, tests, n);

    store_close(&store);
    arena_free(&arena);
    return status;
}

#endif
