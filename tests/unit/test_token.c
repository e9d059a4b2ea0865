/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and who they are, over a real store. */
#include "../../src/directory/registry.h"
#include "store.h"

#include "roster/base/clock.h"
#include "roster/directory/token.h"
#include "roster/directory/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct conf conf;
static struct store *store;
static struct arena *arena;
static struct error error;
static struct account account;
static struct access_cache *cache;
static int accounts;

static void begin(void)
{
    struct policy policy;

    error = ERROR_INIT;
    if (store == NULL) {
        arena = arena_new(0);
        store = unit_store(&conf, arena);
        cache = access_cache_new();
    }
    policy_preset(&policy, STR_LIT("workspace"));
    CHECK(account_add(store, arena, str_of(arena_printf(arena, "customer-company-%d", ++accounts)), STR_LIT("Acme"),
                      &policy, &account, &error));
}

static bool add(const char *name, int64_t expires, char text[TOKEN_TEXT_MAX], struct token *out)
{
    error = ERROR_INIT;
    return token_add(store, arena, &account, str_of(name), SCOPE_SCIM, expires, NULL, text, out, &error);
}

static enum token_rc check(const char *header, const struct access **out)
{
    error = ERROR_INIT;
    return access_check(cache, store, arena, str_of(header), out, &error);
}

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&t, NULL);
}

static void has_its_form(void)
{
    char text[TOKEN_TEXT_MAX], other[TOKEN_TEXT_MAX];
    struct token t;

    begin();
    CHECK_FATAL(add("a", 0, text, &t) && add("b", 0, other, &t));
    CHECK_INT(strlen(text), 4 + 12 + 1 + 43 + 6);
    CHECK(str_starts(str_of(text), STR_LIT("rst_customer-com_")));
    CHECK_INT(strspn(text + 17, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), 49);
    CHECK(strcmp(text, other) != 0);
}

static void scopes_are_words(void)
{
    begin();
    CHECK_INT(token_scope_find(STR_LIT("scim")), SCOPE_SCIM);
    CHECK_INT(token_scope_find(STR_LIT("events:read")), SCOPE_EVENTS_READ);
    CHECK_INT(token_scope_find(STR_LIT("manage")), SCOPE_MANAGE);
    CHECK_INT(token_scope_find(STR_LIT("Scim")), 0);
    CHECK_CSTR(token_scope_words(SCOPE_SCIM | SCOPE_EVENTS_READ, arena), "scim events:read");
    CHECK_CSTR(token_scope_words(0, arena), "");
}

static void opens_its_account(void)
{
    static const char *const forms[] = {"Bearer %s", "bearer %s", "BEARER   %s", "%s", "  Bearer %s  "};
    const struct access *access = NULL;
    char text[TOKEN_TEXT_MAX];
    struct token t;

    begin();
    CHECK_FATAL(add("a", 0, text, &t));
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        CHECK_INT(check(arena_printf(arena, forms[i], text), &access), TOKEN_OK);
        CHECK_FATAL(access != NULL);
        CHECK_INT(access->account.number, account.number);
        CHECK_CSTR(access->account.slug, account.slug);
        CHECK_STR(access->account.name, STR_LIT("Acme"));
        CHECK(id_eq(&access->token, &t.id));
        CHECK_INT(access->scopes, SCOPE_SCIM);
    }
}

static void stands_for_a_user(void)
{
    const struct access *access = NULL;
    char text[TOKEN_TEXT_MAX], other[TOKEN_TEXT_MAX];
    struct id user = id_new();
    struct token t, *all;
    size_t n;

    begin();
    CHECK_FATAL(token_add(store, arena, &account, STR_LIT("mine"), SCOPE_SCIM, 0, &user, text, &t, &error));
    CHECK(id_eq(&t.user, &user));
    CHECK_FATAL(add("nobody's", 0, other, &t));
    CHECK(!id_is_set(&t.user));
    CHECK_INT(check(text, &access), TOKEN_OK);
    CHECK(access != NULL && id_eq(&access->user, &user));
    CHECK_INT(check(other, &access), TOKEN_OK);
    CHECK(access != NULL && !id_is_set(&access->user));
    CHECK(token_list(store, arena, &account, &all, &n, &error));
    CHECK_INT(n, 2);
    for (size_t i = 0; i < n; i++)
        CHECK_INT(id_eq(&all[i].user, &user), str_eq(all[i].name, STR_LIT("mine")));
    CHECK(token_revoke(store, arena, &account, STR_LIT("mine"), &error));
    CHECK(token_list(store, arena, &account, &all, &n, &error));
    for (size_t i = 0; i < n; i++)
        CHECK_INT(id_eq(&all[i].user, &user), all[i].revoked != 0);
}

static void other_headers_open_nothing(void)
{
    static const char *const missing[] = {
        "", "Bearer", "Bearer ", "Basic %s", "Bearer %s, Bearer %s", "Bearer %s %s", "%s,%s", "Digest a b"};
    static const char *const unknown[] = {"Bearer x", "hello", "Bearer rst_", "Bearer rst_a_b",
                                          "Bearer rst_customer-com_0123456789012345678901234567890123456789012abcdef"};
    const struct access *access = (const void *)&error;
    char text[TOKEN_TEXT_MAX];
    struct token t;

    begin();
    CHECK_FATAL(add("a", 0, text, &t));
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        CHECK_INT(check(arena_printf(arena, missing[i], text, text), &access), TOKEN_MISSING);
        CHECK(access == NULL);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        CHECK_INT(check(unknown[i], &access), TOKEN_UNKNOWN);
    for (size_t i = 0; i < strlen(text); i++) { /* any one character that is mistyped */
        char wrong[TOKEN_TEXT_MAX];

        memcpy(wrong, text, sizeof wrong);
        wrong[i] = wrong[i] == '7' ? '8' : '7';
        CHECK_INT(check(wrong, &access), TOKEN_UNKNOWN);
    }
    CHECK_INT(access_check(cache, store, arena, str_make(text, strlen(text) + 1), &access, &error), TOKEN_UNKNOWN);
    CHECK_INT(access_check(cache, store, arena, STR_NULL, &access, &error), TOKEN_MISSING);
}

static void names_are_unique_among_the_live(void)
{
    char text[TOKEN_TEXT_MAX];
    struct token t;

    begin();
    CHECK(add("okta", 0, text, &t));
    CHECK(!add("okta", 0, text, &t));
    CHECK_INT(error.code, ERR_TOKEN_NAME);
    CHECK_CSTR(text, "");
    error = ERROR_INIT;
    CHECK(token_revoke(store, arena, &account, STR_LIT("okta"), &error));
    CHECK(add("okta", 0, text, &t));
    CHECK(add("old", clock_now() - 1, text, &t));
    CHECK(add("old", 0, text, &t)); /* the other one expired */
    CHECK(!add("", 0, text, &t));
    CHECK_INT(error.code, ERR_TOKEN_NAME);
    CHECK(!add("  ", 0, text, &t));
    CHECK(!add("a\tb", 0, text, &t));
    CHECK(!add(arena_printf(arena, "%0101d", 1), 0, text, &t));
    CHECK(add(arena_printf(arena, "%0100d", 1), 0, text, &t));
}

static void list_tells_all(void)
{
    char text[TOKEN_TEXT_MAX];
    struct token t, *all = NULL;
    size_t n = 99;

    begin();
    CHECK(token_list(store, arena, &account, &all, &n, &error));
    CHECK_INT(n, 0);
    for (int i = 0; i < 20; i++)
        CHECK(add(arena_printf(arena, "token %d", i), i == 3 ? 7000 : 0, text, &t));
    CHECK(token_revoke(store, arena, &account, STR_LIT("token 5"), &error));
    CHECK_FATAL(token_list(store, arena, &account, &all, &n, &error));
    CHECK_INT(n, 20);
    for (size_t i = 0; i < n; i++) {
        CHECK(i == 0 || all[i - 1].created <= all[i].created);
        CHECK_INT(all[i].revoked != 0, str_eq(all[i].name, STR_LIT("token 5")));
        CHECK_INT(all[i].expires, str_eq(all[i].name, STR_LIT("token 3")) ? 7000 : 0);
        CHECK_INT(all[i].scopes, SCOPE_SCIM);
        CHECK_INT(all[i].last_used, 0);
    }
}

static void revocation_counts_at_once(void)
{
    struct access_cache *other = access_cache_new(); /* of another worker */
    const struct access *access;
    char text[TOKEN_TEXT_MAX], id[ID_TEXT_LEN + 1];
    struct token t;

    begin();
    CHECK_FATAL(add("a", 0, text, &t));
    CHECK_INT(check(text, &access), TOKEN_OK);
    id_format(&t.id, id);
    CHECK(token_revoke(store, arena, &account, str_of(id), &error));
    CHECK_INT(access_check(other, store, arena, str_of(text), &access, &error), TOKEN_REVOKED);
    pause_ms(550);
    CHECK_INT(check(text, &access), TOKEN_REVOKED);
    CHECK(access == NULL);
    CHECK(!token_revoke(store, arena, &account, str_of(id), &error));
    CHECK_INT(error.code, ERR_TOKEN_UNKNOWN);
    access_cache_free(&other);
}

/* What looks like an id is one, whatever a token is called. */
static void an_id_revokes_no_name(void)
{
    char text[TOKEN_TEXT_MAX], id[ID_TEXT_LEN + 1];
    struct token first, second, *page;
    size_t n;

    begin();
    CHECK_FATAL(add("a", 0, text, &first));
    id_format(&first.id, id);
    CHECK_FATAL(add(id, 0, text, &second));
    CHECK(token_revoke(store, arena, &account, str_of(id), &error));
    CHECK_FATAL(token_page(store, arena, &account, NULL, 10, &page, &n, &error));
    CHECK_INT(n, 2);
    for (size_t i = 0; i < n; i++)
        CHECK_CSTR(token_state(&page[i], 1), id_eq(&page[i].id, &first.id) ? "revoked" : "live");
    CHECK(memcmp(page[0].id.b, page[1].id.b, ID_SIZE) < 0);
    second = page[1];
    CHECK_FATAL(token_page(store, arena, &account, &page[0].id, 10, &page, &n, &error));
    CHECK_INT(n, 1);
    CHECK(id_eq(&page[0].id, &second.id));
    CHECK_FATAL(token_page(store, arena, &account, &second.id, 10, &page, &n, &error));
    CHECK_INT(n, 0);
}

static void say_fault(const char *text, void *ctx)
{
    (void)ctx;
    CHECK_CSTR(text, "");
}

/* The number of the account's tokens; a million more where one has this id. */
static size_t tokens_there(const struct id *id)
{
    struct token *all;
    size_t n, more = 0;

    error = ERROR_INIT;
    CHECK(token_list(store, arena, &account, &all, &n, &error));
    for (size_t i = 0; i < n; i++)
        more += id_eq(&all[i].id, id) ? 1000000 : 0;
    return n + more;
}

/* The oldest of those that open nothing makes room, with all that is known of it. */
static void number_is_bounded(void)
{
    struct token_record *records;
    uint64_t keys = 0;
    char text[TOKEN_TEXT_MAX];
    struct token t;
    size_t taken;

    begin();
    records = arena_alloc(arena, TOKENS_MAX * sizeof *records);
    for (size_t i = 0; i < TOKENS_MAX; i++) {
        records[i].token = (struct token){.id = id_new(),
                                          .name = str_of(arena_printf(arena, "old %zu", i)),
                                          .created = i == 777 ? 1 : 2,
                                          .revoked = i == 777 ? 2 : 0,
                                          .expires = i == 1111 ? 3 : 0,
                                          .last_used = i == 777 ? 2 : 0};
        id_random(records[i].hash, sizeof records[i].hash);
    }
    for (size_t i = 0; i < TOKENS_MAX; i += 500)
        CHECK_FATAL(token_restore(store, arena, account.number, records + i, i == 0 ? 499 : 500, &taken, &error));
    CHECK_FATAL(add("last", 0, text, &t));
    CHECK_INT(tokens_there(&records[777].token.id), TOKENS_MAX + 1000000);
    CHECK(!add("last", 0, text, &t));
    CHECK_INT(error.code, ERR_TOKEN_NAME);
    CHECK_INT(tokens_there(&records[777].token.id), TOKENS_MAX + 1000000);
    CHECK_FATAL(add("one more", 0, text, &t));
    CHECK_INT(tokens_there(&records[777].token.id), TOKENS_MAX);
    CHECK_FATAL(add("and one more", 0, text, &t));
    CHECK_INT(tokens_there(&records[1111].token.id), TOKENS_MAX);
    CHECK(token_verify(store, arena, account.number, say_fault, NULL, &keys, &error));
    CHECK_INT(keys, 2 * TOKENS_MAX);
    error = ERROR_INIT;
    CHECK(!add("full", 0, text, &t));
    CHECK_INT(error.code, ERR_TOKEN_LIMIT);
    CHECK(text[0] == '\0');
}

static void expiry_is_read(void)
{
    static const struct {
        const char *text;
        int64_t at;
    } cases[] = {{"1", 86400000 + 5},
                 {"36499", INT64_C(36499) * 86400000 + 5},
                 {"36500", 0},
                 {"0", 0},
                 {"-1", 0},
                 {"1970-01-02", 86400000},
                 {"1970-01-02T00:00:01Z", 86401000},
                 {"1970-01-01", 0},
                 {"1970-01-0", 0},
                 {"tomorrow", 0},
                 {"", 0}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t at;

        CHECK_INT(token_read_expiry(str_of(cases[i].text), 5, &at), cases[i].at != 0);
        if (cases[i].at != 0)
            CHECK_INT(at, cases[i].at);
    }
}

static void scopes_are_read_whole(void)
{
    CHECK_INT(token_scopes_read(STR_LIT("scim manage")), SCOPE_SCIM | SCOPE_MANAGE);
    CHECK_INT(token_scopes_read(STR_LIT("scim root")), 0);
    CHECK_INT(token_scopes_read(STR_LIT("")), 0);
    CHECK_INT(token_scopes_read(STR_LIT("scim ")), 0);
}

static void expiry_counts_at_the_moment(void)
{
    const struct access *access;
    char text[TOKEN_TEXT_MAX];
    struct token t;

    begin();
    CHECK_FATAL(add("a", clock_now() + 200, text, &t));
    CHECK_INT(check(text, &access), TOKEN_OK);
    pause_ms(250); /* the cache still has it */
    CHECK_INT(check(text, &access), TOKEN_EXPIRED);
}

static void suspension_and_policy_are_seen(void)
{
    const struct access *access = NULL;
    char text[TOKEN_TEXT_MAX];
    struct token t;

    begin();
    CHECK_FATAL(add("a", 0, text, &t));
    CHECK_INT(check(text, &access), TOKEN_OK);
    CHECK(!access->account.suspended);
    CHECK(account_set(store, arena, str_of(account.slug), STR_LIT("status"), STR_LIT("suspended"), &error));
    CHECK(account_set(store, arena, str_of(account.slug), STR_LIT("preset"), STR_LIT("rfc"), &error));
    pause_ms(550);
    CHECK_INT(check(text, &access), TOKEN_OK);
    CHECK_FATAL(access != NULL);
    CHECK(access->account.suspended);
    CHECK_INT(access->account.policy.preset, PRESET_RFC);
}

static void cache_holds_many(void)
{
    enum { MANY = 300 };
    static char texts[MANY][TOKEN_TEXT_MAX];
    struct token tokens[MANY];
    const struct access *access = NULL;

    begin();
    for (int i = 0; i < MANY; i++)
        CHECK_FATAL(add(arena_printf(arena, "%d", i), 0, texts[i], &tokens[i]));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            CHECK_INT(check(texts[i], &access), TOKEN_OK);
            CHECK_FATAL(access != NULL);
            CHECK(id_eq(&access->token, &tokens[i].id));
        }
    }
}

static int64_t last_used(void)
{
    struct token *all = NULL;
    size_t n = 0;

    CHECK(token_list(store, arena, &account, &all, &n, &error));
    return n == 1 ? all[0].last_used : -1;
}

static void use_is_noted_seldom(void)
{
    const struct access *access;
    char text[TOKEN_TEXT_MAX];
    int64_t before = clock_now();
    struct token t;

    begin();
    CHECK_FATAL(add("a", 0, text, &t));
    access_note_uses(cache, store, arena);
    CHECK_INT(last_used(), 0);
    CHECK_INT(check(text, &access), TOKEN_OK);
    CHECK_INT(last_used(), 0); /* before the answer nothing is written */
    access_note_uses(cache, store, arena);
    int64_t first = last_used();
    CHECK(first >= before && first <= clock_now());
    pause_ms(550); /* the entry is read anew */
    CHECK_INT(check(text, &access), TOKEN_OK);
    access_note_uses(cache, store, arena);
    CHECK_INT(last_used(), first);
    struct access_cache *other = access_cache_new();
    CHECK_INT(access_check(other, store, arena, str_of(text), &access, &error), TOKEN_OK);
    access_note_uses(other, store, arena);
    CHECK_INT(last_used(), first);
    access_cache_free(&other);
}

static struct token only_token(void)
{
    struct token *all = NULL;
    size_t n = 0;

    error = ERROR_INIT;
    CHECK(token_list(store, arena, &account, &all, &n, &error));
    return n == 1 ? all[0] : (struct token){.last_used = -1};
}

static void use_tells_by_whom(void)
{
    const struct access *access;
    char text[TOKEN_TEXT_MAX], agent[300];
    struct token t;

    begin();
    CHECK_FATAL(add("a", 0, text, &t));
    CHECK(t.last_address.p == NULL && t.last_agent.p == NULL);
    memset(agent, 'x', sizeof agent);
    memcpy(agent, "Agent\x01\x7f\xc2\x85\xff\xc3\xa9 ", 13);
    CHECK_INT(check(text, &access), TOKEN_OK);
    access_used_by(cache, STR_LIT("2001:db8::1"), str_make(agent, sizeof agent));
    CHECK(only_token().last_address.p == NULL); /* before the answer nothing is written */
    access_note_uses(cache, store, arena);
    t = only_token();
    CHECK_STR(t.last_address, STR_LIT("2001:db8::1"));
    CHECK_INT(t.last_agent.len, TOKEN_AGENT_MAX);
    CHECK(str_starts(t.last_agent, STR_LIT("Agent????\xc3\xa9 xxx")));
    CHECK_INT(check(text, &access), TOKEN_OK); /* within the minute */
    access_used_by(cache, STR_LIT("192.0.2.1"), STR_LIT("other"));
    access_note_uses(cache, store, arena);
    CHECK_STR(only_token().last_address, STR_LIT("2001:db8::1"));
}

/* A use of which nothing more is known tells nothing of the one before. */
static void use_tells_by_nobody(void)
{
    const struct access *access;
    char text[TOKEN_TEXT_MAX], other[TOKEN_TEXT_MAX];
    struct token t;

    begin();
    CHECK_FATAL(add("a", 0, text, &t));
    CHECK_INT(check(text, &access), TOKEN_OK);
    access_used_by(cache, STR_LIT("192.0.2.1"), STR_LIT("agent"));
    begin();
    CHECK_FATAL(add("b", 0, other, &t));
    CHECK_INT(check(other, &access), TOKEN_OK);
    access_note_uses(cache, store, arena);
    t = only_token();
    CHECK(t.last_used > 0 && t.last_address.p == NULL && t.last_agent.p == NULL);
    access_used_by(cache, STR_LIT("192.0.2.1"), STR_LIT("agent")); /* of none */
    access_note_uses(cache, store, arena);
    CHECK(only_token().last_address.p == NULL);
}

/* No character is cut through. */
static void texts_of_uses_are_cut_whole(void)
{
    static const struct {
        const char *text, *kept;
    } cases[] = {{"abcd", "abcd"},
                 {"abcde", "abcd"},
                 {"abc\xc3\xa9", "abc"},
                 {"ab\xc3\xa9z", "ab\xc3\xa9"},
                 {"a\xe2\x82\xac\xc3", "a\xe2\x82\xac"},
                 {"\xe2\x82", "??"},
                 {"\n\r\t\x1b[", "????"}};
    char room[4];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_STR(token_clean(str_of(cases[i].text), room, sizeof room), str_of(cases[i].kept));
    CHECK(token_clean(STR_NULL, room, sizeof room).p == NULL);
    CHECK(token_clean(STR_LIT(""), room, sizeof room).p == NULL);
}

struct use {
    struct id token;
    struct str bytes;
};

static enum store_rc use_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    const struct use *u = ctx;

    (void)a;
    return store_put(txn, SPACE_TOKENUSE, id_view(&u->token), u->bytes);
}

static int told;
static void tell(const char *text, void *ctx)
{
    (void)ctx;
    told += strstr(text, "cannot be read") != NULL;
}

/* An earlier version noted the time alone; what is none of both is told. */
static void uses_of_earlier_versions_are_read(void)
{
    struct verify_report report = {0};
    char text[TOKEN_TEXT_MAX];
    struct token t;

    begin();
    CHECK_FATAL(add("a", 0, text, &t));
    struct use u = {t.id, STR_LIT("\0\0\0\0\0\0\x10\x01")};
    CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, use_body, &u), STORE_OK);
    t = only_token();
    CHECK_INT(t.last_used, 4097);
    CHECK(t.last_address.p == NULL && t.last_agent.p == NULL);
    static const struct str bad[] = {STR_LIT("\0\0\0\0\0\0\x10"),
                                     STR_LIT("\0\0\0\0\0\0\x10\x01\x01"
                                             "a"),
                                     STR_LIT("\0\0\0\0\0\0\x10\x01\x01"
                                             "a\x02"
                                             "b"),
                                     STR_LIT("\0\0\0\0\0\0\x10\x01\x01"
                                             "a\x01"
                                             "bc")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        u.bytes = bad[i];
        told = 0;
        CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, use_body, &u), STORE_OK);
        CHECK(!verify_account(store, arena, &account, tell, NULL, &report, &error));
        CHECK_INT(told, 1);
    }
}

static void print(const char *text, void *ctx)
{
    (void)ctx;
    fprintf(stderr, "%s\n", text);
}

static void tokens_verify(void)
{
    struct verify_report report = {0};
    char text[TOKEN_TEXT_MAX];
    struct token t;

    begin();
    CHECK_FATAL(add("a", 0, text, &t) && add("b", 0, text, &t));
    CHECK_FATAL(verify_account(store, arena, &account, print, NULL, &report, &error));
    CHECK_INT(report.faults, 0);
    CHECK_INT(report.keys, 4);
}

static const struct unit_test tests[] = {
    UNIT(has_its_form),
    UNIT(scopes_are_words),
    UNIT(opens_its_account),
    UNIT(stands_for_a_user),
    UNIT(other_headers_open_nothing),
    UNIT(names_are_unique_among_the_live),
    UNIT(list_tells_all),
    UNIT(revocation_counts_at_once),
    UNIT(an_id_revokes_no_name),
    UNIT(number_is_bounded),
    UNIT(expiry_is_read),
    UNIT(scopes_are_read_whole),
    UNIT(expiry_counts_at_the_moment),
    UNIT(suspension_and_policy_are_seen),
    UNIT(cache_holds_many),
    UNIT(use_is_noted_seldom),
    UNIT(use_tells_by_whom),
    UNIT(use_tells_by_nobody),
    UNIT(texts_of_uses_are_cut_whole),
    UNIT(uses_of_earlier_versions_are_read),
    UNIT(tokens_verify),
};

int main(void)
{
    int status = unit_run("token", tests, sizeof tests / sizeof tests[0]);

    access_cache_free(&cache);
    store_close(&store);
    arena_free(&arena);
    return status;
}
