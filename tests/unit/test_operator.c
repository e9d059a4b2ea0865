/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's own tokens, over a real store: what they open, and that they are no account's. */
#include "store.h"

#include "roster/base/clock.h"
#include "roster/directory/operator.h"

static struct conf conf;
static struct store *store;
static struct arena *arena;
static struct error error;

static void begin(void)
{
    error = ERROR_INIT;
    if (store != NULL)
        return;
    arena = arena_new(0);
    store = unit_store(&conf, arena);
}

static bool add(const char *name, int64_t expires, char text[TOKEN_TEXT_MAX], struct token *out)
{
    error = ERROR_INIT;
    return operator_token_add(store, arena, str_of(name), expires, text, out, &error);
}

static enum token_rc check(const char *header, struct id *id, bool *foreign)
{
    error = ERROR_INIT;
    return operator_check(store, arena, str_of(header), id, foreign, &error);
}

static void opens_until_it_ends(void)
{
    char text[TOKEN_TEXT_MAX], id_text[ID_TEXT_LEN + 1];
    struct token t;
    struct id id;
    bool foreign;

    begin();
    CHECK_FATAL(add("one", 0, text, &t));
    CHECK_INT(check(arena_printf(arena, "Bearer %s", text), &id, &foreign), TOKEN_OK);
    CHECK(id_eq(&id, &t.id) && !foreign);
    CHECK(!add("one", 0, text, &t));
    CHECK_INT(error.code, ERR_TOKEN_NAME);
    CHECK(text[0] == '\0');
    CHECK_FATAL(add("two", clock_now() - 1, text, &t));
    CHECK_INT(check(text, &id, &foreign), TOKEN_EXPIRED);
    CHECK_FATAL(add("two", 0, text, &t));
    id_format(&t.id, id_text);
    error = ERROR_INIT;
    CHECK(operator_token_revoke(store, arena, str_of(id_text), &error));
    CHECK_INT(check(text, &id, &foreign), TOKEN_REVOKED);
    CHECK(!operator_token_revoke(store, arena, STR_LIT("three"), &error));
    CHECK_INT(error.code, ERR_TOKEN_UNKNOWN);
    CHECK(!add("\n", 0, text, &t));
    CHECK_INT(error.code, ERR_TOKEN_NAME);
    CHECK_INT(check("", &id, &foreign), TOKEN_MISSING);
    CHECK_INT(check("Basic x", &id, &foreign), TOKEN_MISSING);
    CHECK_INT(check("Bearer x", &id, &foreign), TOKEN_UNKNOWN);
}

static void list_tells_all(void)
{
    struct token *tokens;
    char text[TOKEN_TEXT_MAX];
    struct token t;
    size_t n, before, found = 0;

    begin();
    CHECK_FATAL(operator_token_list(store, arena, &tokens, &before, &error));
    CHECK_FATAL(add("last", 0, text, &t));
    CHECK_FATAL(operator_token_list(store, arena, &tokens, &n, &error));
    CHECK_INT(n, before + 1);
    for (size_t i = 1; i < n; i++)
        CHECK(tokens[i - 1].created <= tokens[i].created);
    for (size_t i = 0; i < n; i++) /* not always at the end: those of one millisecond have no order */
        found += str_eq(tokens[i].name, STR_LIT("last"));
    CHECK_INT(found, 1);
}

/* Neither opens what the other does. */
static void is_no_accounts(void)
{
    struct access_cache *cache = access_cache_new();
    char own[TOKEN_TEXT_MAX], theirs[TOKEN_TEXT_MAX];
    const struct access *access;
    struct account account;
    struct policy policy;
    struct token t;
    struct id id;
    bool foreign;

    begin();
    policy_preset(&policy, STR_LIT("workspace"));
    CHECK_FATAL(account_add(store, arena, STR_LIT("operator"), STR_NULL, &policy, &account, &error));
    CHECK_FATAL(token_add(store, arena, &account, STR_LIT("all"), UINT32_MAX, 0, NULL, theirs, &t, &error));
    CHECK_FATAL(add("boss", 0, own, &t));
    CHECK_INT(check(theirs, &id, &foreign), TOKEN_UNKNOWN);
    CHECK(foreign);
    CHECK_INT(access_check(cache, store, arena, str_of(own), &access, &error), TOKEN_UNKNOWN);
    CHECK_INT(access_check(cache, store, arena, str_of(theirs), &access, &error), TOKEN_OK);
    CHECK_INT(access->scopes & SCOPE_OPERATE, 0);
    CHECK_INT(token_scope_find(str_of(token_scope_words(SCOPE_OPERATE, arena))), 0);
    access_cache_free(&cache);
}

/* Who had a token of an account that is revoked learns no more than who never had one. */
static void revoked_ones_of_accounts_are_unknown(void)
{
    struct account account;
    struct policy policy;
    char text[TOKEN_TEXT_MAX];
    struct token t;
    struct id id;
    bool foreign;

    begin();
    policy_preset(&policy, STR_LIT("workspace"));
    CHECK_FATAL(account_add(store, arena, STR_LIT("former"), STR_NULL, &policy, &account, &error));
    CHECK_FATAL(token_add(store, arena, &account, STR_LIT("old"), SCOPE_SCIM, clock_now() - 1, NULL, text, &t, &error));
    CHECK_INT(check(text, &id, &foreign), TOKEN_UNKNOWN);
    CHECK(!foreign);
    CHECK_FATAL(token_add(store, arena, &account, STR_LIT("new"), SCOPE_SCIM, 0, NULL, text, &t, &error));
    CHECK_INT(check(text, &id, &foreign), TOKEN_UNKNOWN);
    CHECK(foreign);
    CHECK_FATAL(token_revoke(store, arena, &account, STR_LIT("new"), &error));
    CHECK_INT(check(text, &id, &foreign), TOKEN_UNKNOWN);
    CHECK(!foreign && !error_is_set(&error));
}

/* The oldest of those that open nothing makes room. Last: nothing can be added any more. */
static void number_is_bounded(void)
{
    char text[TOKEN_TEXT_MAX], dead[TOKEN_TEXT_MAX], refused[TOKEN_TEXT_MAX];
    struct token *tokens;
    struct token t;
    struct id id;
    bool foreign;
    size_t n, live = 0, dropped = 0;

    begin();
    CHECK_FATAL(add("dead", 0, dead, &t));
    CHECK(operator_token_revoke(store, arena, STR_LIT("dead"), &error));
    for (int i = 0; live < 1000 && i < 2000; i++) {
        struct arena_mark mark = arena_mark(arena);

        CHECK_FATAL(add(arena_printf(arena, "many %d", i), 0, text, &t));
        arena_rewind(arena, mark);
        if (i < 900)
            continue;
        CHECK_FATAL(operator_token_list(store, arena, &tokens, &n, &error));
        live = 0;
        for (size_t j = 0; j < n; j++)
            live += tokens[j].revoked == 0 && (tokens[j].expires == 0 || tokens[j].expires > clock_now());
        dropped += n == 1000 && live < 1000;
        arena_rewind(arena, mark);
    }
    CHECK_INT(live, 1000);
    CHECK(dropped >= 1);
    CHECK_INT(check(dead, &id, &foreign), TOKEN_UNKNOWN);
    CHECK_INT(check(text, &id, &foreign), TOKEN_OK);
    CHECK(!add("one more", 0, refused, &t));
    CHECK_INT(error.code, ERR_TOKEN_LIMIT);
}

int main(void)
{
    static const struct unit_test tests[] = {UNIT(opens_until_it_ends), UNIT(list_tells_all), UNIT(is_no_accounts),
                                             UNIT(revoked_ones_of_accounts_are_unknown), UNIT(number_is_bounded)};
    int status = unit_run("operator", tests, sizeof tests / sizeof tests[0]);

    store_close(&store);
    arena_free(&arena);
    return status;
}
