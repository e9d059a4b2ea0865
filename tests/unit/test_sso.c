/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the address of a login means, over a real store, and whose addresses cannot agree. */
#include "account.h"

#include "roster/directory/sso.h"

#define ANA "\"userName\":\"Ana@example.com\",\"emails\":[{\"value\":\"Ana@Example.com\",\"primary\":true}]"

/* A user with these members; the id. */
static struct str make_as(const char *members)
{
    const char *text = arena_printf(arena, "{\"schemas\":[\"" URN_USER "\"],%s}", members);
    struct error e = ERROR_INIT;
    struct image im = {.id = STR_NULL};

    if (!CHECK(user_create(call(), json_read(arena, str_of(text), &e), &im)))
        printf("# %s: %s\n", text, error.sentence);
    return arena_str(arena, im.id);
}

static struct sso_match match_of(const char *address)
{
    struct sso_match match = {.reason = SSO_REASONS};

    CHECK(sso_match(call(), str_of(address), &match));
    return match;
}

/* Address means the user id (STR_NULL: nobody) for the reason. */
static void check(const char *address, enum sso_reason reason, struct str id)
{
    struct sso_match match = match_of(address);

    if (!CHECK_INT(match.reason, reason) || !CHECK_STR(match.user.id, id))
        printf("# %s\n", address);
}

static void address_is_matched(void)
{
    begin("workspace");
    struct str ana = make_as(ANA ",\"userType\":\"viewer\"");
    struct sso_match match = match_of("ana@example.com");

    CHECK_INT(match.reason, SSO_MATCHED);
    CHECK_STR(match.user.id, ana);
    CHECK_STR(match.user.user_name, STR_LIT("Ana@example.com"));
    CHECK_STR(match.user.email, STR_LIT("ana@example.com"));
    CHECK_STR(match.user.role, STR_LIT("viewer"));
    CHECK(match.user.active);
    begin("workspace"); /* another account */
    check("ana@example.com", SSO_NEVER_ASSIGNED, STR_NULL);
}

static void case_counts_where_it_is_kept(void)
{
    static const char *const others[] = {"Ana@example.com", "ANA@EXAMPLE.COM", "ana@eXample.com"};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        begin("workspace");
        struct str ana = make_as(ANA);
        check(others[i], SSO_MATCHED, ana);
        set("email_case", "reject");
        check(others[i], SSO_CASE_DIFFERS, ana);
        check("ana@example.com", SSO_MATCHED, ana);
    }
    begin("workspace");
    set("email_case", "keep");
    struct str upper = make_as(ANA);
    check("Ana@Example.com", SSO_MATCHED, upper);
    check("ana@example.com", SSO_CASE_DIFFERS, upper);
    struct str lower = make_as("\"userName\":\"x@y.zz\",\"emails\":[{\"value\":\"ana@example.com\"}]");
    check("Ana@Example.com", SSO_MATCHED, upper);
    check("ana@example.com", SSO_MATCHED, lower);
    set("email_case", "lower"); /* what was kept before is told apart no longer */
    check("ana@example.com", SSO_SEVERAL, STR_NULL);
}

/* What only looks like a user's address signs nobody in: KELVIN SIGN, sharp s, a combining accent. */
static void looks_are_not_enough(void)
{
    begin("workspace");
    struct str kim = make_as("\"userName\":\"kim@example.com\",\"emails\":[{\"value\":\"kim@example.com\"}]");
    struct str weiss = make_as("\"userName\":\"weiss@example.com\",\"emails\":[{\"value\":\"weiss@example.com\"}]");
    struct str jose = make_as("\"userName\":\"jose@example.com\",\"emails\":[{\"value\":\"jos\xc3\xa9@example.com\"}]");

    check("KIM@example.com", SSO_MATCHED, kim);
    check("\xe2\x84\xaaim@example.com", SSO_CASE_DIFFERS, kim);
    check("wei\xc3\x9f@example.com", SSO_CASE_DIFFERS, weiss);
    check("JOS\xc3\x89@example.com", SSO_MATCHED, jose);
    check("jose\xcc\x81@example.com", SSO_CASE_DIFFERS, jose);
    check("k\xc4\xb1m@example.com", SSO_NEVER_ASSIGNED, STR_NULL); /* dotless i */
}

static void says_why_nobody_matches(void)
{
    begin("workspace");
    struct str two = make_as("\"userName\":\"two@example.com\",\"emails\":[{\"value\":\"old@example.com\"},"
                             "{\"value\":\"two@example.com\",\"primary\":true}]");
    struct str moved = make_as("\"userName\":\"moved@example.com\",\"emails\":[{\"value\":\"new@example.com\"}]");
    struct str bare = make_as("\"userName\":\"bare@example.com\"");
    struct str idle =
        make_as("\"userName\":\"idle@example.com\",\"active\":false,\"emails\":[{\"value\":\"idle@example.com\"}]");

    check("two@example.com", SSO_MATCHED, two);
    check("old@example.com", SSO_OTHER_ADDRESS, two);
    check("new@example.com", SSO_MATCHED, moved);
    check("Moved@example.com", SSO_OTHER_ADDRESS, moved);
    check("bare@example.com", SSO_OTHER_ADDRESS, bare);
    CHECK(match_of("bare@example.com").user.email.p == NULL);
    check("IDLE@example.com", SSO_DEACTIVATED, idle);
    CHECK(!match_of("idle@example.com").user.active);
    check("nobody@example.com", SSO_NEVER_ASSIGNED, STR_NULL);
    check("no address at all \x01", SSO_NEVER_ASSIGNED, STR_NULL);
    check("", SSO_NEVER_ASSIGNED, STR_NULL);
    check(arena_printf(arena, "%0300d@example.com", 1), SSO_NEVER_ASSIGNED, STR_NULL);
    struct image im;
    CHECK(user_delete(call(), two, NULL));
    CHECK(!user_get(call(), two, &im));
    check("two@example.com", SSO_NEVER_ASSIGNED, STR_NULL);
}

static void every_reason_has_words(void)
{
    for (int reason = SSO_MATCHED + 1; reason < SSO_REASONS; reason++)
        CHECK(strlen(sso_reason_word(reason)) > 0 && strlen(sso_reason_message(reason)) > 0);
}

static void nearest_user_is_meant(void)
{
    begin("workspace");
    make_as("\"userName\":\"a@b.cc\",\"active\":false,\"emails\":[{\"value\":\"ana@example.com\"}]");
    make_as("\"userName\":\"b@b.cc\",\"emails\":[{\"value\":\"b@b.cc\"},{\"value\":\"ana@example.com\"}]");
    make_as("\"userName\":\"ana@example.com\",\"emails\":[{\"value\":\"c@b.cc\"}]");
    CHECK_INT(match_of("ana@example.com").reason, SSO_DEACTIVATED);
    struct str active = make_as("\"userName\":\"d@b.cc\",\"emails\":[{\"value\":\"ana@example.com\"}]");
    check("ana@example.com", SSO_MATCHED, active);
    make_as("\"userName\":\"e@b.cc\",\"emails\":[{\"value\":\"ana@example.com\"}]");
    check("ana@example.com", SSO_SEVERAL, STR_NULL);
}

/* An address that is no user's own, but a secondary one of very many. */
static void shared_address_is_not_searched_for_ever(void)
{
    begin("workspace");
    for (int i = 0; i <= SSO_CANDIDATES; i++) {
        struct arena_mark mark = arena_mark(arena);

        if (i % 250 == 0 && i > 0)
            CHECK_INT(match_of("all@example.com").reason, SSO_OTHER_ADDRESS);
        make_as(arena_printf(arena,
                             "\"userName\":\"u%d@b.cc\",\"emails\":[{\"value\":\"u%d@b.cc\"},{\"value\":"
                             "\"all@example.com\"}]",
                             i, i));
        arena_rewind(arena, mark);
    }
    check("all@example.com", SSO_SEVERAL, STR_NULL);
}

static void address_is_the_primary_one(void)
{
    static const struct {
        const char *emails, *address; /* NULL: none */
    } cases[] = {
        {"[]", NULL},
        {"[{\"type\":\"work\"}]", NULL},
        {"[{\"value\":\"a@b.cc\"},{\"value\":\"b@b.cc\"}]", "a@b.cc"},
        {"[{\"value\":\"a@b.cc\",\"primary\":false},{\"value\":\"b@b.cc\",\"primary\":true}]", "b@b.cc"},
        {"[{\"type\":\"home\"},{\"value\":\"b@b.cc\"}]", "b@b.cc"},
        {"[{\"value\":\"a@b.cc\"},{\"type\":\"work\",\"primary\":true}]", "a@b.cc"},
        {"[{\"value\":\"\\\"a\\\"\"}]", "\"a\""},
    };

    begin("workspace");
    set("email_case", "keep");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str id = make_as(arena_printf(arena, "\"userName\":\"u%zu@b.cc\",\"emails\":%s", i, cases[i].emails));
        struct image im;

        if (!CHECK(user_get(call(), id, &im)))
            continue;
        struct str address = sso_email(&im, arena);
        CHECK_INT(address.p == NULL, cases[i].address == NULL);
        if (cases[i].address != NULL)
            CHECK_STR(address, str_of(cases[i].address));
    }
}

/* --- everybody --- */

/* How many there are by pages of most, which must rise; *calls is how many pages that took. */
static size_t count_mismatches(size_t most, size_t *calls)
{
    struct sso_mismatches page = {.more = true};
    struct id last;
    size_t n = 0;

    *calls = 0;
    while (page.more && *calls < 100) {
        last = page.last;
        if (!CHECK(sso_mismatches(call(), *calls == 0 ? NULL : &last, most, &page)) || !CHECK(page.n <= most))
            break;
        for (size_t i = 0; i < page.n; i++)
            CHECK(*calls + i == 0 || memcmp(page.users[i].id.b, i == 0 ? last.b : page.users[i - 1].id.b, ID_SIZE) > 0);
        ++*calls;
        n += page.n;
    }
    return n;
}

static void mismatches_are_found(void)
{
    struct sso_mismatches page;
    size_t calls;

    begin("workspace");
    CHECK(sso_mismatches(call(), NULL, 10, &page));
    CHECK(page.n == 0 && !page.more);
    make_as(ANA);
    make_as("\"userName\":\"two@example.com\",\"emails\":[{\"value\":\"old@b.cc\"},{\"value\":\"two@example.com\","
            "\"primary\":true}]");
    CHECK(sso_mismatches(call(), NULL, 10, &page));
    CHECK(page.n == 0 && !page.more);
    struct str moved =
        make_as("\"userName\":\"moved@b.cc\",\"emails\":[{\"value\":\"new@b.cc\"},{\"value\":\"moved@b.cc\"}]");
    CHECK(sso_mismatches(call(), NULL, 10, &page));
    if (CHECK_INT(page.n, 1)) {
        char id[ID_TEXT_LEN + 1];

        id_format(&page.users[0].id, id);
        CHECK_STR(str_of(id), moved);
        CHECK_STR(page.users[0].user_name, STR_LIT("moved@b.cc"));
        CHECK_STR(page.users[0].email, STR_LIT("new@b.cc"));
    }
    for (int i = 0; i < 6; i++)
        make_as(arena_printf(arena, "\"userName\":\"bare%d@b.cc\"", i));
    CHECK(sso_mismatches(call(), NULL, 10, &page));
    CHECK(page.n == 7 && !page.more);
    for (size_t i = 0; i < page.n; i++)
        CHECK_INT(page.users[i].email.p == NULL, str_starts(page.users[i].user_name, STR_LIT("bare")));
    CHECK_INT(count_mismatches(3, &calls), 7);
    CHECK_INT(calls, 3);
    CHECK_INT(count_mismatches(1, &calls), 7);
}

/* A page ends where very many agree, and the next one goes on. */
static void a_page_has_an_end(void)
{
    struct sso_mismatches page;
    size_t calls;

    begin("workspace");
    for (int i = 0; i <= SSO_LOOKS; i++) {
        struct arena_mark mark = arena_mark(arena);

        make_as(arena_printf(arena, "\"userName\":\"u%d@b.cc\",\"emails\":[{\"value\":\"u%d@b.cc\"}]", i, i));
        arena_rewind(arena, mark);
    }
    CHECK(sso_mismatches(call(), NULL, 10, &page));
    CHECK(page.n == 0 && page.more);
    CHECK_INT(count_mismatches(10, &calls), 0);
    CHECK_INT(calls, 2);
}

static const struct unit_test tests[] = {
    UNIT(address_is_matched),
    UNIT(case_counts_where_it_is_kept),
    UNIT(looks_are_not_enough),
    UNIT(says_why_nobody_matches),
    UNIT(every_reason_has_words),
    UNIT(nearest_user_is_meant),
    UNIT(shared_address_is_not_searched_for_ever),
    UNIT(address_is_the_primary_one),
    UNIT(mismatches_are_found),
    UNIT(a_page_has_an_end),
};

int main(void)
{
    return account_run("sso", tests, sizeof tests / sizeof tests[0]);
}
