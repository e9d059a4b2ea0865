/* SPDX-License-Identifier: Apache-2.0 */
/* The sync log: its sentences, its counts, what is kept, and that an entry comes with its change. */
#include "../../src/directory/synclog_form.h"
#include "store.h"

#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/base/utf8.h"
#include "roster/directory/account.h"
#include "roster/directory/user.h"
#include "roster/directory/verify.h"

#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define DAY         INT64_C(86400000)

/* One store for the program; an account for each test. */
static struct conf conf;
static struct store *store;
static struct arena *arena, *scratch;
static struct account account;
static struct error error;
static struct synclog *synclog;
static struct synclog_request request;
static struct id token;
static int64_t now;

static void fresh(void)
{
    static int accounts;
    struct policy p;
    char slug[32];

    if (store == NULL) {
        arena = arena_new(0);
        scratch = arena_new(0);
        store = unit_store(&conf, arena);
    }
    arena_reset(scratch);
    snprintf(slug, sizeof slug, "test%d", ++accounts);
    error = ERROR_INIT;
    CHECK(policy_preset(&p, STR_LIT("workspace")));
    CHECK(account_add(store, arena, str_of(slug), str_of(slug), &p, &account, &error));
    synclog_free(&synclog);
    synclog = synclog_new();
    token = id_new();
    now = clock_now();
}

static struct synclog_request *asked(void)
{
    request = (struct synclog_request){.log = synclog,
                                       .account = account.number,
                                       .entries = account.policy.value[POLICY_LOG_ENTRIES],
                                       .days = policy_log_days(&account.policy),
                                       .token = token,
                                       .id = id_new(),
                                       .now = now,
                                       .began = clock_micros(),
                                       .client = "Okta",
                                       .method = "POST",
                                       .path = STR_LIT("/scim/v2/Users"),
                                       .told = STR_LIT("\"body\":{}"),
                                       .status = 201};
    return &request;
}

static struct call *call(void)
{
    static struct call c;

    error = ERROR_INIT;
    c = (struct call){.store = store,
                      .arena = arena,
                      .account = &account,
                      .token = token,
                      .now = now,
                      .base = STR_LIT("http://h/scim/v2"),
                      .error = &error,
                      .log = asked()};
    c.request = request.id;
    return &c;
}

static bool make_user(const char *name)
{
    struct error e = ERROR_INIT;
    struct image im;
    const char *text = arena_printf(arena, "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"%s@example.com\"}", name);

    return user_create(call(), json_read(arena, str_of(text), &e), &im);
}

static void look_up(enum synclog_kind kind)
{
    synclog_count(asked(), kind);
}

static void fail(enum error_code code, struct str name)
{
    struct error e = ERROR_INIT;
    struct synclog_failure f = {.kind = SYNCLOG_USERS, .name = name, .error = &e, .answer = STR_LIT("{\"a\":1}")};

    error_set(&e, code);
    synclog_failed(asked(), arena, &f);
}

static void write_all(void)
{
    synclog_write(synclog, store, arena, true);
}

/* What the query takes behind `after`, as a JSON array. */
static struct json_object *entries(const struct synclog_query *query, uint64_t after)
{
    static const struct synclog_query all;
    struct error e = ERROR_INIT;
    struct call c = *call();
    struct synclog_found found = {.n = 1, .last = after};
    struct buf b;

    c.arena = scratch;
    buf_init(&b, arena);
    buf_putc(&b, '[');
    while (found.n > 0) {
        size_t comma = b.len;

        if (b.len > 1)
            buf_putc(&b, ',');
        CHECK(synclog_read(&c, query == NULL ? &all : query, found.last, 1000, SIZE_MAX, &b, &found));
        if (found.n == 0)
            b.len = comma;
    }
    buf_putc(&b, ']');
    return json_read(arena, buf_view(&b), &e);
}

/* Their sentences, a line each. */
static const char *sentences(const struct synclog_query *query, uint64_t after)
{
    struct json_object *list = entries(query, after);
    struct buf b;

    buf_init(&b, arena);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        buf_str(&b, json_text(json_object_array_get_idx(list, i), "sentence"));
        buf_putc(&b, '\n');
    }
    return buf_cstr(&b);
}

static struct json_object *entry(size_t i)
{
    return json_object_array_get_idx(entries(NULL, 0), i);
}

static void say(const char *text, void *ctx)
{
    (void)ctx;
    fprintf(stderr, "%s\n", text);
}

static void verify(void)
{
    struct verify_report r = {0};

    CHECK(verify_account(store, scratch, &account, say, NULL, &r, &error));
    CHECK_INT(r.faults, 0);
}

/* --- words --- */

static void tells_events_in_words(void)
{
    static const struct {
        struct event event;
        const char *words;
    } cases[] = {
        {{.type = "user.created"}, "Okta created NAME"},
        {{.type = "user.updated"}, "Okta updated NAME"},
        {{.type = "user.updated", .role_old = STR_LIT("viewer"), .role_new = STR_LIT("member")},
         "Okta changed NAME from viewer to member"},
        {{.type = "user.deactivated"}, "Okta deactivated NAME"},
        {{.type = "user.reactivated"}, "Okta reactivated NAME"},
        {{.type = "user.deleted"}, "Okta deleted NAME"},
        {{.type = "team.created"}, "Okta created team NAME"},
        {{.type = "team.created", .nadded = 3}, "Okta created team NAME with 3 members"},
        {{.type = "team.updated", .nadded = 1}, "Okta added 1 member to team NAME"},
        {{.type = "team.updated", .nremoved = 2}, "Okta removed 2 members from team NAME"},
        {{.type = "team.updated", .nadded = 2, .nremoved = 1},
         "Okta added 2 members to team NAME and removed 1 member"},
        {{.type = "team.updated", .changes = STR_LIT("[{\"path\":\"displayName\",\"old\":\"a\"}]")},
         "Okta renamed a team to NAME"},
        {{.type = "team.updated", .changes = STR_LIT("[{\"path\":\"externalId\"}]")}, "Okta updated team NAME"},
        {{.type = "team.deleted"}, "Okta deleted team NAME"},
        {{.type = "role.created"}, "Okta: role.created"},
    };
    struct arena *a = arena_new(0);

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct event ev = cases[i].event;
        struct sentence s = {.name_len = 0};

        ev.name = STR_LIT("NAME");
        buf_init(&s.text, a);
        words_event(&s, "Okta", &ev);
        CHECK_STR(buf_view(&s.text), str_of(cases[i].words));
        if (strstr(cases[i].words, "NAME") != NULL)
            CHECK_STR(str_sub(buf_view(&s.text), s.name_at, s.name_at + s.name_len), ev.name);
    }
    arena_free(&a);
}

static void tells_failures_in_words(void)
{
    static const struct {
        enum synclog_kind kind;
        bool reading;
        const char *method, *name;
        enum error_code code;
        const char *words;
    } cases[] = {
        {SYNCLOG_USERS, false, "POST", "ana", ERR_BODY_MISSING, "Okta tried to create ana; refused: "},
        {SYNCLOG_USERS, false, "POST", "", ERR_BODY_MISSING, "Okta tried to create a user; refused: "},
        {SYNCLOG_USERS, false, "PATCH", "ana", ERR_BUSY, "Okta tried to update ana; failed: "},
        {SYNCLOG_USERS, false, "DELETE", "ana", ERR_BODY_MISSING, "Okta tried to delete ana; refused: "},
        {SYNCLOG_USERS, true, "POST", "", ERR_BODY_MISSING, "Okta tried to look up users; refused: "},
        {SYNCLOG_USERS, false, "OPTIONS", "", ERR_BODY_MISSING, "Okta tried to look up users; refused: "},
        {SYNCLOG_TEAMS, false, "PUT", "T", ERR_BODY_MISSING, "Okta tried to update team T; refused: "},
        {SYNCLOG_ALL, true, "GET", "", ERR_BODY_MISSING, "Okta tried to look up users and teams; refused: "},
        {SYNCLOG_BULK, false, "POST", "", ERR_BODY_MISSING,
         "Okta tried to send several changes in one request; refused: "},
        {SYNCLOG_OTHER, false, "GET", "", ERR_PATH_UNKNOWN,
         "Okta tried to send GET to an address that there is not; refused: "},
    };
    struct arena *a = arena_new(0);

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error e = ERROR_INIT;
        struct synclog_failure f = {
            .kind = cases[i].kind, .reading = cases[i].reading, .name = str_of(cases[i].name), .error = &e};
        struct sentence s = {.name_len = 0};

        error_set(&e, cases[i].code);
        buf_init(&s.text, a);
        words_failure(&s, "Okta", cases[i].method, &f);
        CHECK_STR(buf_view(&s.text), str_of(arena_printf(a, "%s%s", cases[i].words, e.sentence)));
    }
    arena_free(&a);
}

static void names_stay_in_one_line(void)
{
    struct arena *a = arena_new(0);
    struct event ev = {.type = "team.deleted"};
    struct sentence s = {.name_len = 0};
    struct buf name;

    buf_init(&name, a);
    buf_puts(&name, "a\nb\x7f");
    for (size_t i = 0; i < 100; i++)
        buf_puts(&name, "ü€");
    ev.name = buf_view(&name);
    buf_init(&s.text, a);
    words_event(&s, "Okta", &ev);
    CHECK(str_starts(buf_view(&s.text), STR_LIT("Okta deleted team a b ü€ü€")));
    CHECK(s.text.len < 230 && memchr(s.text.p, '\n', s.text.len) == NULL);
    CHECK(utf8_valid(buf_view(&s.text)));
    CHECK_STR(str_sub(buf_view(&s.text), s.text.len - 3, s.text.len), STR_LIT("…"));
    arena_free(&a);
}

/* --- changes and failures --- */

static void a_change_has_its_entry(void)
{
    fresh();
    CHECK(make_user("ana"));
    CHECK(request.written);
    CHECK_CSTR(sentences(NULL, 0), "Okta created ana@example.com\n");
    struct json_object *e = entry(0), *events = json_get(e, "events");
    CHECK_INT(json_object_get_int(json_get(e, "status")), 201);
    CHECK(!json_object_get_boolean(json_get(e, "failed")));
    CHECK_STR(json_text(e, "path"), STR_LIT("/scim/v2/Users"));
    CHECK_STR(json_text(json_get(e, "resource"), "name"), STR_LIT("ana@example.com"));
    CHECK(json_object_get_int64(json_get(e, "microseconds")) < 60000000);
    CHECK_INT(json_object_get_int(json_get(e, "firstEvent")), 1);
    CHECK_INT(json_object_get_int(json_get(e, "lastEvent")), 1);
    CHECK_INT(json_object_array_length(events), 1);
    CHECK_STR(json_text(json_object_array_get_idx(events, 0), "type"), STR_LIT("user.created"));
    verify();
}

static void a_refused_change_has_none_but_that_of_its_failure(void)
{
    fresh();
    CHECK(make_user("ana"));
    CHECK(!make_user("ana"));
    CHECK(!request.written);
    fail(ERR_BODY_MISSING, STR_LIT("ana@example.com"));
    CHECK_CSTR(sentences(NULL, 0), "Okta created ana@example.com\n"); /* not yet */
    synclog_write(synclog, store, arena, false);
    struct json_object *e = entry(1);
    CHECK(json_object_get_boolean(json_get(e, "failed")));
    CHECK_STR(json_text(e, "code"), STR_LIT("BODY_MISSING"));
    CHECK_STR(json_text(e, "remedy"), str_of(error_entry(ERR_BODY_MISSING)->admin));
    CHECK_INT(json_object_get_int(json_get(json_get(e, "answer"), "a")), 1);
    verify();
}

static void a_failure_comes_before_the_change_after_it(void)
{
    fresh();
    fail(ERR_BODY_MISSING, STR_NULL);
    CHECK(make_user("ana"));
    write_all(); /* there is nothing left */
    struct json_object *list = entries(NULL, 0);
    CHECK_INT(json_object_array_length(list), 2);
    CHECK(json_object_get_boolean(json_get(json_object_array_get_idx(list, 0), "failed")));
    verify();
}

/* --- counts --- */

static void counts_are_added_up(void)
{
    fresh();
    for (size_t i = 0; i < 117; i++)
        look_up(SYNCLOG_USERS);
    look_up(SYNCLOG_TEAMS);
    synclog_write(synclog, store, arena, false); /* not due yet */
    CHECK_CSTR(sentences(NULL, 0), "");
    write_all();
    CHECK_CSTR(sentences(NULL, 0), "Okta looked up users 117 times\nOkta looked up teams once\n");
    now += 1000;
    look_up(SYNCLOG_USERS);
    write_all();
    CHECK_CSTR(sentences(NULL, 0), "Okta looked up users 118 times\nOkta looked up teams once\n");
    struct json_object *e = entry(0);
    CHECK_INT(json_object_get_int(json_get(e, "times")), 118);
    CHECK(!str_eq(json_text(e, "first"), json_text(e, "last")));
    CHECK_STR(json_text(e, "kind"), STR_LIT("users"));
    verify();
}

static void counts_end_where_something_comes_between(void)
{
    fresh();
    look_up(SYNCLOG_USERS);
    CHECK(make_user("ana"));
    look_up(SYNCLOG_USERS);
    look_up(SYNCLOG_UNCHANGED);
    write_all();
    token = id_new();
    look_up(SYNCLOG_USERS);
    write_all();
    CHECK_CSTR(sentences(NULL, 0),
               "Okta looked up users once\nOkta created ana@example.com\nOkta looked up users once\n"
               "Okta sent what was so already once\nOkta looked up users once\n");
    verify();
}

static void more_kinds_than_are_kept_are_written_at_once(void)
{
    fresh();
    for (size_t i = 0; i < 200; i++) {
        token = id_new();
        look_up(SYNCLOG_USERS);
        synclog_write(synclog, store, arena, false);
    }
    CHECK_INT(json_object_array_length(entries(NULL, 0)), 200 - 200 % 40);
    write_all();
    CHECK_INT(json_object_array_length(entries(NULL, 0)), 200);
}

/* --- what is kept --- */

static enum store_rc count_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    struct store_scan *scan = NULL;
    struct str key, value;
    size_t *n = ctx;

    (void)a;
    *n = 0;
    enum store_rc rc = store_scan_open(txn, SPACE_LOG, STR_NULL, STR_NULL, STORE_FORWARD, &scan);
    while (rc == STORE_OK && (rc = store_scan_next(scan, &key, &value)) == STORE_OK)
        ++*n;
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* The entries that there are, shown or not. */
static size_t there(void)
{
    size_t n = 0;

    CHECK_INT(store_run(store, account.number, STORE_READ, scratch, count_body, &n), STORE_OK);
    return n;
}

static void keep(const char *entries)
{
    CHECK(account_set(store, arena, str_of(account.slug), STR_LIT("log_entries"), str_of(entries), &error));
    CHECK(account_find(store, arena, str_of(account.slug), &account, &error));
}

static void no_more_are_kept_than_the_account_says(void)
{
    struct synclog_query all = {.failed = false};
    uint64_t after;

    fresh();
    keep("10");
    for (size_t i = 0; i < 120; i++)
        CHECK(make_user(arena_printf(arena, "u%zu", i)));
    CHECK_INT(json_object_array_length(entries(NULL, 0)), 10);
    CHECK(synclog_start(call(), &all, 100, SIZE_MAX, &after));
    CHECK_INT(after, 110);
    CHECK_CSTR(sentences(NULL, 119), "Okta created u119@example.com\n");
    CHECK(there() > 10);
    CHECK(there() <= 10 + 40 + 32); /* without a moment for synclog_tidy() */
    synclog_tidy(synclog, store, scratch);
    CHECK_INT(there(), 10);
    CHECK_INT(json_object_array_length(entries(NULL, 0)), 10);
    account.policy.value[POLICY_LOG_ENTRIES] = 0; /* it is off, and what is in it stays */
    CHECK_INT(json_object_array_length(entries(NULL, 0)), 10);
    verify();
}

/* More than one step takes away, of more than one account. */
static void what_is_too_much_goes_step_by_step(void)
{
    fresh();
    keep("200");
    for (size_t i = 0; i < 600; i++) {
        token = id_new();
        look_up(SYNCLOG_USERS);
        synclog_write(synclog, store, scratch, true);
    }
    CHECK_INT(there(), 600);
    synclog_tidy(synclog, store, scratch);
    CHECK_INT(there(), 600 - 256);
    synclog_tidy(synclog, store, scratch);
    CHECK_INT(there(), 200);
    synclog_tidy(synclog, store, scratch);
    CHECK_INT(there(), 200);
}

/* A process that counted something before the account kept more does not take away what is kept since. */
static void what_is_kept_now_stays(void)
{
    fresh();
    keep("10");
    for (size_t i = 0; i < 20; i++)
        CHECK(make_user(arena_printf(arena, "u%zu", i)));
    look_up(SYNCLOG_USERS);
    keep("100");
    write_all();
    for (size_t i = 0; i < 20; i++)
        synclog_tidy(synclog, store, scratch);
    CHECK_INT(there(), 21);
    look_up(SYNCLOG_TEAMS);
    keep("0"); /* what is in it stays */
    write_all();
    synclog_tidy(synclog, store, scratch);
    CHECK_INT(there(), 22);
    verify();
}

static void old_ones_go(void)
{
    fresh();
    now -= 91 * DAY;
    CHECK(make_user("old"));
    now += 91 * DAY;
    CHECK_CSTR(sentences(NULL, 0), ""); /* also before it is taken away */
    for (size_t i = 0; i < 40; i++)
        CHECK(make_user(arena_printf(arena, "u%zu", i)));
    synclog_tidy(synclog, store, scratch);
    account.policy.value[POLICY_LOG_DAYS] = 3649;
    CHECK_INT(json_object_array_length(entries(NULL, 0)), 40);
    CHECK_INT(there(), 40);
}

static void nothing_is_written_of_an_account_that_is_gone(void)
{
    fresh();
    look_up(SYNCLOG_USERS);
    CHECK(account_remove(store, scratch, str_of(account.slug), &error));
    write_all();
    CHECK_CSTR(sentences(NULL, 0), "");
}

/* --- reading --- */

static void queries_choose(void)
{
    struct synclog_query failed = {.failed = true}, code = {.code = STR_LIT("body_missing")},
                         user = {.user = STR_LIT("ANA@example.com")};
    uint64_t after;

    fresh();
    CHECK(make_user("ana"));
    CHECK(make_user("bob"));
    look_up(SYNCLOG_USERS);
    fail(ERR_BODY_MISSING, STR_LIT("ana@example.com"));
    fail(ERR_BUSY, STR_NULL);
    write_all();
    CHECK_INT(json_object_array_length(entries(NULL, 0)), 5);
    CHECK_INT(json_object_array_length(entries(&failed, 0)), 2);
    CHECK_INT(json_object_array_length(entries(&code, 0)), 1);
    CHECK_INT(json_object_array_length(entries(&user, 0)), 2);
    CHECK(synclog_start(call(), &failed, 1, SIZE_MAX, &after));
    CHECK_INT(json_object_array_length(entries(NULL, after)), 1);
    CHECK(synclog_start(call(), &user, 100, SIZE_MAX, &after));
    CHECK_INT(after, 0);
}

/* --- backwards --- */

/* The sentences that a walk backwards tells, a line each; steps of so many entries and looks. */
static const char *backwards(const struct synclog_query *query, size_t limit, size_t looks)
{
    struct synclog_query all = {.failed = false};
    struct synclog_found found = {.last = 0};
    struct error e = ERROR_INIT;
    struct call c = *call();
    struct buf b;
    struct buf out;

    c.arena = scratch;
    buf_init(&out, arena);
    do {
        buf_init(&b, arena);
        buf_putc(&b, '[');
        CHECK(synclog_read_back(&c, query == NULL ? &all : query, found.last, limit, looks, &b, &found));
        CHECK(found.n <= limit && found.looked <= looks);
        buf_putc(&b, ']');
        struct json_object *list = json_read(arena, buf_view(&b), &e);
        CHECK_INT(json_object_array_length(list), found.n);
        for (size_t i = 0; i < found.n; i++) {
            buf_str(&out, json_text(json_object_array_get_idx(list, i), "sentence"));
            buf_putc(&out, '\n');
        }
    } while (found.last != 0);
    return buf_cstr(&out);
}

static void walks_backwards(void)
{
    struct synclog_query failed = {.failed = true};

    fresh();
    CHECK_CSTR(backwards(NULL, 10, 10), "");
    CHECK(make_user("a"));
    look_up(SYNCLOG_TEAMS);
    CHECK(make_user("b"));
    fail(ERR_BUSY, STR_NULL);
    CHECK(make_user("c"));
    const char *all =
        "Okta created c@example.com\nOkta tried to create a user; failed: The service is busy; repeat the request "
        "in a moment\nOkta created b@example.com\nOkta looked up teams once\nOkta created a@example.com\n";
    CHECK_CSTR(backwards(NULL, 100, 100), all);
    CHECK_CSTR(backwards(NULL, 1, 100), all);
    CHECK_CSTR(backwards(NULL, 100, 1), all);
    CHECK_CSTR(backwards(NULL, 2, 3), all);
    CHECK(strchr(backwards(&failed, 2, 2), '\n') != NULL);
    account.policy.value[POLICY_LOG_ENTRIES] = 2;
    CHECK_CSTR(
        backwards(NULL, 1, 100),
        "Okta created c@example.com\nOkta tried to create a user; failed: The service is busy; repeat the request in "
        "a moment\n");
}

/* Looking backwards and forwards finds the same. */
static void filters_choose(void)
{
    struct id first, nobody = id_new();
    struct synclog_query q;

    fresh();
    first = token;
    CHECK(make_user("ana"));
    look_up(SYNCLOG_TEAMS);
    token = id_new();
    CHECK(make_user("Ñandú"));
    fail(ERR_BODY_MISSING, STR_NULL);
    write_all();
#define FINDS(n, ...)                                                                                                  \
    do {                                                                                                               \
        q = (struct synclog_query){__VA_ARGS__};                                                                       \
        CHECK_INT(json_object_array_length(entries(&q, 0)), n);                                                        \
        size_t lines = 0;                                                                                              \
        for (const char *p = backwards(&q, 1, 2); *p != '\0'; p++)                                                     \
            lines += *p == '\n';                                                                                       \
        CHECK_INT(lines, n);                                                                                           \
    } while (0)
    FINDS(4, .failed = false);
    FINDS(2, .token = first);
    FINDS(2, .token = token);
    FINDS(0, .token = nobody);
    FINDS(3, .method = STR_LIT("post"));
    FINDS(0, .method = STR_LIT("PATCH"));
    FINDS(2, .status = 201);
    FINDS(1, .status = error_entry(ERR_BODY_MISSING)->status);
    FINDS(4, .client = STR_LIT("okta"));
    FINDS(0, .client = STR_LIT("Entra ID"));
    FINDS(2, .text = STR_LIT("CREATED"));
    FINDS(1, .text = STR_LIT("ñANDÚ"));
    FINDS(1, .text = STR_LIT("looked UP teams"));
    FINDS(0, .text = STR_LIT("nobody"));
    FINDS(4, .from = now, .to = now + 1);
    FINDS(0, .to = now);
    FINDS(0, .from = now + 1);
    FINDS(1, .text = STR_LIT("Okta"), .status = 201, .token = first, .method = STR_LIT("POST"));
#undef FINDS
}

/* Of a time in the middle little is looked at. */
static void times_are_found_by_halving(void)
{
    struct synclog_query q = {.failed = false};
    struct synclog_found found;
    int64_t begin;
    struct buf b;

    fresh();
    begin = now;
    for (size_t i = 0; i < 64; i++) {
        now = begin - INT64_C(3600000) * (int64_t)(64 - i);
        CHECK(make_user(arena_printf(arena, "u%zu", i)));
    }
    q.from = begin - INT64_C(3600000) * 34;
    q.to = begin - INT64_C(3600000) * 31;
    now = begin;
    CHECK_CSTR(backwards(&q, 100, 100),
               "Okta created u32@example.com\nOkta created u31@example.com\nOkta created u30@example.com\n");
    struct call c = *call();
    c.arena = scratch;
    buf_init(&b, arena);
    CHECK(synclog_read_back(&c, &q, 0, 100, 100, &b, &found));
    CHECK_INT(found.n, 3);
    CHECK(found.looked <= 5);
    CHECK_INT(found.last, 0);
}

static void looks_are_bounded(void)
{
    struct synclog_query q = {.text = STR_LIT("u0@")};
    struct synclog_found found;
    uint64_t after;
    struct buf b;

    fresh();
    for (size_t i = 0; i < 20; i++)
        CHECK(make_user(arena_printf(arena, "u%zu", i)));
    CHECK(synclog_start(call(), &q, 1, 20, &after));
    CHECK_INT(after, 0);
    CHECK(synclog_start(call(), &q, 1, 19, &after));
    CHECK_INT(after, 20);
    struct call c = *call();
    c.arena = scratch;
    buf_init(&b, arena);
    q.text = STR_LIT("u19@");
    CHECK(synclog_read(&c, &q, 0, 10, 19, &b, &found));
    CHECK_INT(found.n, 0);
    CHECK_INT(found.looked, 19);
    CHECK_INT(found.last, 19);
    CHECK(synclog_read(&c, &q, found.last, 10, 19, &b, &found));
    CHECK_INT(found.n, 1);
}

static void tells_one_entry(void)
{
    struct error e = ERROR_INIT;
    struct buf b;

    fresh();
    CHECK(make_user("ana"));
    CHECK(make_user("bob"));
    struct call c = *call();
    c.arena = scratch;
    buf_init(&b, arena);
    CHECK(synclog_entry(&c, 2, &b));
    CHECK_STR(json_text(json_read(arena, buf_view(&b), &e), "sentence"), STR_LIT("Okta created bob@example.com"));
    CHECK(!synclog_entry(&c, 3, &b));
    CHECK_INT(error.code, ERR_LOG_ENTRY_UNKNOWN);
    account.policy.value[POLICY_LOG_ENTRIES] = 1;
    error = ERROR_INIT;
    CHECK(!synclog_entry(&c, 1, &b)); /* it is kept no longer */
    CHECK_INT(error.code, ERR_LOG_ENTRY_UNKNOWN);
}

static const struct unit_test tests[] = {
    UNIT(tells_events_in_words),
    UNIT(tells_failures_in_words),
    UNIT(names_stay_in_one_line),
    UNIT(a_change_has_its_entry),
    UNIT(a_refused_change_has_none_but_that_of_its_failure),
    UNIT(a_failure_comes_before_the_change_after_it),
    UNIT(counts_are_added_up),
    UNIT(counts_end_where_something_comes_between),
    UNIT(more_kinds_than_are_kept_are_written_at_once),
    UNIT(no_more_are_kept_than_the_account_says),
    UNIT(what_is_too_much_goes_step_by_step),
    UNIT(what_is_kept_now_stays),
    UNIT(old_ones_go),
    UNIT(queries_choose),
    UNIT(walks_backwards),
    UNIT(filters_choose),
    UNIT(times_are_found_by_halving),
    UNIT(looks_are_bounded),
    UNIT(tells_one_entry),
    UNIT(nothing_is_written_of_an_account_that_is_gone),
};

int main(void)
{
    int status = unit_run("synclog", tests, COUNT(tests));

    synclog_free(&synclog);
    store_close(&store);
    arena_free(&scratch);
    arena_free(&arena);
    return status;
}
