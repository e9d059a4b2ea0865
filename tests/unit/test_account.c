/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of accounts, over a real store. */
#include "store.h"

#include "roster/base/clock.h"
#include "roster/directory/account.h"
#include "roster/directory/token.h"
#include "roster/directory/user.h"
#include "roster/store/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct conf conf;
static struct store *store;
static struct arena *arena;
static struct error error;
static struct policy policy;

static void begin(void)
{
    error = ERROR_INIT;
    if (store != NULL)
        return;
    arena = arena_new(0);
    store = unit_store(&conf, arena);
    policy_preset(&policy, STR_LIT("workspace"));
}

static bool add(const char *slug, struct account *out)
{
    error = ERROR_INIT;
    return account_add(store, arena, str_of(slug), STR_LIT("A \"name\""), &policy, out, &error);
}

static bool set(const char *slug, const char *setting, const char *value)
{
    error = ERROR_INIT;
    return account_set(store, arena, str_of(slug), str_of(setting), str_of(value), &error);
}

static void is_added_and_found(void)
{
    struct account made, found;
    int64_t before = clock_now();

    begin();
    CHECK_FATAL(add("acme", &made));
    CHECK_CSTR(made.slug, "acme");
    CHECK(made.number >= 1);
    CHECK_FATAL(account_find(store, arena, STR_LIT("acme"), &found, &error));
    CHECK_INT(found.number, made.number);
    CHECK_STR(found.name, STR_LIT("A \"name\""));
    CHECK(found.created >= before && found.created <= clock_now());
    CHECK(!found.suspended);
    CHECK_INT(found.policy.preset, PRESET_WORKSPACE);
    CHECK(!add("acme", &made));
    CHECK_INT(error.code, ERR_ACCOUNT_TAKEN);
    error = ERROR_INIT;
    CHECK(!account_find(store, arena, STR_LIT("other"), &found, &error));
    CHECK_INT(error.code, ERR_ACCOUNT_UNKNOWN);
}

static void names_have_a_form(void)
{
    static const char *const bad[] = {
        "", "Acme", "1a", "-a", "a_b", "a b", "a/b", "\xc3\xa4", "abcdefghijklmnopqrstuvwxyzabcdefghijklmno"};
    struct account made;

    begin();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!add(bad[i], &made));
        CHECK_INT(error.code, ERR_ACCOUNT_NAME);
    }
    CHECK(add("abcdefghijklmnopqrstuvwxyz-0123456789abc", &made)); /* 40 characters */
    error = ERROR_INIT;
    CHECK(!account_add(store, arena, STR_LIT("named"), STR_LIT("a\nb"), &policy, &made, &error));
    CHECK_INT(error.code, ERR_SETTING_VALUE);
}

static void is_loaded_by_number(void)
{
    struct account made, found;
    bool is_there = false;

    begin();
    CHECK_FATAL(add("numbered", &made));
    CHECK(account_load(store, arena, made.number, &found, &is_there, &error));
    CHECK(is_there);
    CHECK_CSTR(found.slug, "numbered");
    CHECK(account_load(store, arena, 4000000000, &found, &is_there, &error));
    CHECK(!is_there);
}

static void settings_are_set(void)
{
    struct account a;

    begin();
    CHECK_FATAL(add("settings", &a));
    CHECK(set("settings", "email_case", "keep"));
    CHECK(set("settings", "status", "suspended"));
    CHECK(set("settings", "name", "New name"));
    CHECK_FATAL(account_find(store, arena, STR_LIT("settings"), &a, &error));
    CHECK_INT(a.policy.value[POLICY_EMAIL_CASE], EMAIL_KEEP);
    CHECK_INT(a.policy.value[POLICY_USERNAME_EMAIL], POLICY_ON);
    CHECK(a.suspended);
    CHECK_STR(a.name, STR_LIT("New name"));
    CHECK(set("settings", "preset", "rfc"));
    CHECK(set("settings", "status", "active"));
    CHECK_FATAL(account_find(store, arena, STR_LIT("settings"), &a, &error));
    CHECK_INT(a.policy.preset, PRESET_RFC);
    CHECK_INT(a.policy.value[POLICY_USERNAME_EMAIL], POLICY_OFF);
    CHECK(!a.suspended);
    CHECK(!set("settings", "status", "gone"));
    CHECK_INT(error.code, ERR_SETTING_VALUE);
    CHECK(!set("settings", "colour", "red"));
    CHECK_INT(error.code, ERR_SETTING_UNKNOWN);
    CHECK(!set("nobody", "status", "active"));
    CHECK_INT(error.code, ERR_ACCOUNT_UNKNOWN);
}

static void pages_have_the_list(void)
{
    struct account *all, *page, made;
    size_t n, got = 1, seen = 0;
    uint32_t after = 0;

    begin();
    CHECK_FATAL(add("paged", &made));
    CHECK_FATAL(account_list(store, arena, &all, &n, &error));
    while (got > 0 && seen <= n) {
        CHECK_FATAL(account_page(store, arena, after, 2, &page, &got, &error));
        CHECK(got <= 2 && seen + got <= n);
        for (size_t i = 0; i < got && seen < n; i++, seen++) {
            CHECK_INT(page[i].number, all[seen].number);
            CHECK_INT(page[i].policy.preset, all[seen].policy.preset);
            after = page[i].number;
        }
    }
    CHECK_INT(seen, n);
}

static void removal_goes_on(void)
{
    static const struct timespec second = {.tv_sec = 1, .tv_nsec = 50000000};
    struct account made;
    struct buf unfinished;
    bool done = true;

    begin();
    CHECK_FATAL(add("leaving", &made));
    CHECK(account_remove_some(store, arena, STR_LIT("leaving"), 0, &done, &error));
    CHECK(!done);
    CHECK(!account_find(store, arena, STR_LIT("leaving"), &made, &error));
    error = ERROR_INIT;
    int64_t before = clock_ticks();
    done = true;
    CHECK(account_remove_some(store, arena, STR_LIT("leaving"), 5000, &done, &error)); /* it does not wait */
    CHECK(!done);
    CHECK(clock_ticks() - before < 900);
    buf_init(&unfinished, arena);
    CHECK(account_removals(store, &unfinished, &error));
    CHECK_STR(buf_view(&unfinished), STR_LIT("leaving"));
    CHECK(!add("leaving", &made));
    CHECK_INT(error.code, ERR_ACCOUNT_TAKEN);
    error = ERROR_INIT;
    nanosleep(&second, NULL);
    CHECK(account_remove_some(store, arena, STR_LIT("leaving"), 5000, &done, &error));
    CHECK(done);
    buf_clear(&unfinished);
    CHECK(account_removals(store, &unfinished, &error));
    CHECK_INT(unfinished.len, 0);
    CHECK(!account_remove_some(store, arena, STR_LIT("leaving"), 0, &done, &error));
    CHECK_INT(error.code, ERR_ACCOUNT_UNKNOWN);
    CHECK(add("leaving", &made));
}

/* The account's own staff may still be known as of an active account when it is suspended. */
static void staff_ends_no_suspension(void)
{
    static const struct account_setting active[] = {{STR_LIT("name"), STR_LIT("Free")},
                                                    {STR_LIT("status"), STR_LIT("active")}},
                                        suspended[] = {{STR_LIT("status"), STR_LIT("suspended")}};
    struct account account, found;

    begin();
    CHECK_FATAL(add("staffed", &account));
    CHECK(account_change_own(store, arena, &account, active, 2, &error));
    CHECK(account_change_own(store, arena, &account, suspended, 1, &error));
    CHECK(!account_change_own(store, arena, &account, active, 2, &error));
    CHECK_INT(error.code, ERR_ACCOUNT_SUSPENDED);
    error = ERROR_INIT;
    CHECK_FATAL(account_find(store, arena, STR_LIT("staffed"), &found, &error));
    CHECK(found.suspended);
    CHECK(account_change(store, arena, &account, active, 2, &error));
    CHECK(account_change_own(store, arena, &account, active, 2, &error));
}

/* Several settings: all or none, the preset first. */
static void settings_are_set_together(void)
{
    static const struct account_setting good[] = {{STR_LIT("seat_limit"), STR_LIT("5")},
                                                  {STR_LIT("preset"), STR_LIT("rfc")},
                                                  {STR_LIT("name"), STR_LIT("Other")}},
                                        bad[] = {{STR_LIT("name"), STR_LIT("Third")},
                                                 {STR_LIT("seat_limit"), STR_NULL},
                                                 {STR_LIT("email_case"), STR_LIT("upper")}},
                                        back[] = {{STR_LIT("seat_limit"), STR_NULL}};
    struct account account, found;

    begin();
    CHECK_FATAL(add("several", &account));
    CHECK(account_change(store, arena, &account, good, 3, &error));
    CHECK_FATAL(account_find(store, arena, STR_LIT("several"), &found, &error));
    CHECK_INT(found.policy.preset, PRESET_RFC);
    CHECK_INT(found.policy.value[POLICY_SEAT_LIMIT], 6);
    CHECK_STR(found.name, STR_LIT("Other"));
    CHECK(!account_change(store, arena, &account, bad, 3, &error));
    CHECK_INT(error.code, ERR_SETTING_VALUE);
    error = ERROR_INIT;
    CHECK_FATAL(account_find(store, arena, STR_LIT("several"), &found, &error));
    CHECK_INT(found.policy.value[POLICY_SEAT_LIMIT], 6);
    CHECK_STR(found.name, STR_LIT("Other"));
    CHECK(account_change(store, arena, &account, back, 1, &error));
    CHECK(account_change(store, arena, &account, NULL, 0, &error));
    CHECK_FATAL(account_find(store, arena, STR_LIT("several"), &found, &error));
    CHECK_INT(found.policy.value[POLICY_SEAT_LIMIT], SEAT_LIMIT_NONE);
    account.number++;
    CHECK(!account_change(store, arena, &account, back, 1, &error));
    CHECK_INT(error.code, ERR_ACCOUNT_UNKNOWN);
}

static void list_is_in_order(void)
{
    struct account *all = NULL, made;
    size_t n = 0, listed;
    char slug[16];

    begin();
    CHECK(account_list(store, arena, &all, &n, &error));
    for (int i = 0; i < 70; i++) { /* the list grows past its first room */
        snprintf(slug, sizeof slug, "list%02d", i);
        CHECK(add(slug, &made));
    }
    error = ERROR_INIT;
    CHECK_FATAL(account_list(store, arena, &all, &listed, &error));
    CHECK_INT(listed, n + 70);
    for (size_t i = 1; i < listed; i++)
        CHECK(all[i - 1].number < all[i].number);
    CHECK_CSTR(all[n].slug, "list00");
    CHECK_CSTR(all[listed - 1].slug, "list69");
    CHECK_STR(all[listed - 1].name, STR_LIT("A \"name\""));
}

/* Keys that the account has in any space. */
static size_t keys_of(const struct account *account)
{
    size_t all = 0, n;
    struct walk_pair *pairs;

    for (int space = 0; space < SPACE_COUNT; space++) {
        error = ERROR_INIT;
        CHECK(account_dump(store, arena, account, (enum store_space)space, STR_NULL, &pairs, &n, &error));
        all += n;
    }
    return all;
}

static void is_removed_with_all_it_has(void)
{
    struct account a, other;
    struct token token;
    char text[TOKEN_TEXT_MAX];
    struct access_cache *cache = access_cache_new();
    const struct access *access;
    struct image im;

    begin();
    CHECK_FATAL(add("removed", &a) && add("kept", &other));
    CHECK_FATAL(token_add(store, arena, &a, STR_LIT("t"), SCOPE_SCIM, 0, NULL, text, &token, &error));
    struct call c = {.store = store, .arena = arena, .account = &a, .request = id_new(), .now = 1, .error = &error};
    for (int i = 0; i < 3; i++) {
        struct json_object *body = json_read(
            arena, str_of(arena_printf(arena, "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"u%d@example.com\"}", i)),
            &error);
        CHECK_FATAL(body != NULL && user_create(&c, body, &im));
    }
    CHECK(keys_of(&a) > 12);
    size_t others = keys_of(&other);
    CHECK_INT(access_check(cache, store, arena, str_of(text), &access, &error), TOKEN_OK);
    CHECK(account_remove(store, arena, STR_LIT("removed"), &error));
    CHECK_INT(keys_of(&a), 0);
    CHECK_INT(keys_of(&other), others);
    error = ERROR_INIT;
    CHECK_INT(access_check(cache, store, arena, str_of(text), &access, &error), TOKEN_UNKNOWN);
    CHECK(!account_find(store, arena, STR_LIT("removed"), &other, &error));
    error = ERROR_INIT;
    CHECK(!account_remove(store, arena, STR_LIT("removed"), &error));
    CHECK_INT(error.code, ERR_ACCOUNT_UNKNOWN);
    uint32_t number = a.number;
    CHECK(add("removed", &a));
    CHECK(a.number > number);
    CHECK_INT(keys_of(&a), 2); /* its policy and its state */
    access_cache_free(&cache);
}

static void keys_are_readable(void)
{
    struct account a;
    struct walk_pair *pairs;
    struct buf b;
    size_t n;
    bool found = false;

    begin();
    CHECK_FATAL(add("readable", &a));
    CHECK_FATAL(account_dump(store, arena, NULL, SPACE_ACCOUNT, STR_NULL, &pairs, &n, &error));
    for (size_t i = 0; i < n; i++) {
        buf_init(&b, arena);
        key_print(&b, store_spaces[SPACE_ACCOUNT].tuple, pairs[i].key);
        found = found || str_eq(buf_view(&b), str_of(arena_printf(arena, "(2, \"%010u\")", (unsigned)a.number)));
    }
    CHECK(found);
}

static const struct unit_test tests[] = {
    UNIT(is_added_and_found),         UNIT(names_have_a_form),   UNIT(is_loaded_by_number),      UNIT(settings_are_set),
    UNIT(settings_are_set_together),  UNIT(pages_have_the_list), UNIT(removal_goes_on),          UNIT(list_is_in_order),
    UNIT(is_removed_with_all_it_has), UNIT(keys_are_readable),   UNIT(staff_ends_no_suspension),
};

int main(void)
{
    int status = unit_run("account", tests, sizeof tests / sizeof tests[0]);

    store_close(&store);
    arena_free(&arena);
    return status;
}
