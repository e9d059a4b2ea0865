/* SPDX-License-Identifier: Apache-2.0 */
/* User types, custom roles and seats over a real store: what decides a type, who takes a seat, who cannot be touched. */
#include "account.h"

#include "roster/directory/restore.h"

static struct str make_type(const char *type)
{
    return make(arena_printf(arena, ",\"userType\":\"%s\"", type));
}

static struct role add_role(const char *name, const char *base)
{
    struct role role = {.base = ROLE_ADMIN};

    CHECK(role_add(call(), str_of(name), str_of(base), &role));
    return role;
}

/* --- what decides --- */

static void types_come_from_what_names_them_first(void)
{
    static const struct {
        const char *rest, *type, *why;
    } cases[] = {
        {"", "member", "nothing names a type: it is the account's default_type"},
        {",\"userType\":\"viewer\"", "viewer", "userType is viewer"},
        {",\"userType\":\"Admin\"", "admin", "userType is Admin"},
        {",\"userType\":\"guest\",\"roles\":[{\"value\":\"admin\"}]", "guest", "userType is guest"},
        {",\"roles\":[{\"value\":\"admin\"}],\"entitlements\":[{\"value\":\"guest\"}]", "admin",
         "a value of roles is admin"},
        {",\"entitlements\":[{\"value\":\"guest\"}]", "guest", "a value of entitlements is guest"},
        {",\"roles\":[{\"value\":\"guest\"},{\"value\":\"viewer\"}]", "viewer", "a value of roles is viewer"},
        {",\"roles\":[{\"value\":\"viewer\"},{\"value\":\"guest\",\"primary\":true},{\"value\":\"admin\"}]", "guest",
         "a value of roles is guest"},
        {",\"roles\":[{\"value\":\"Engineer\"}]", "member", "nothing names a type: it is the account's default_type"},
        {",\"roles\":[{\"value\":\"{\\\"id\\\":\\\"06b0\\\",\\\"value\\\":\\\"Viewer\\\",\\\"displayName\\\":\\\"V\\\"}"
         "\"}]",
         "viewer", "a value of roles is {\"id\":\"06b0\",\"value\":\"Viewer\",\"displayName\":\"V\"}"},
        {",\"roles\":[{\"value\":\"{not JSON\"}]", "member", "nothing names a type: it is the account's default_type"},
        {",\"active\":false,\"userType\":\"viewer\"", "viewer", "userType is viewer"},
    };

    begin("workspace");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str id = make(cases[i].rest);

        CHECK(id.p != NULL);
        CHECK_STR(type_of(id), str_of(cases[i].type));
        CHECK_STR(why.reason, str_of(cases[i].why));
    }
    verified();
}

static void default_type_counts_for_everybody_at_once(void)
{
    begin("workspace");
    struct str id = make("");
    CHECK_INT(used(), 1);
    set("default_type", "viewer");
    CHECK_STR(type_of(id), STR_LIT("viewer"));
    CHECK_INT(used(), 0);
    set("default_type", "guest");
    CHECK_STR(type_of(id), STR_LIT("guest"));
    verified();
}

/* --- custom roles --- */

static void custom_roles_are_types(void)
{
    begin("workspace");
    struct role role = add_role("Contractor", "guest");
    CHECK_INT(role.id.len, ROLE_ID_LEN);
    CHECK(role_is_custom_id(role.id));
    CHECK(strstr(last_events(1), "\"type\":\"role.created\"") != NULL);
    CHECK(strstr(last_events(1), arena_printf(arena, "\"resource\":{\"type\":\"Role\",\"id\":\"%.10s\"}", role.id.p)) !=
          NULL);
    struct str id = make_type(arena_printf(arena, "%.10s", role.id.p));
    CHECK_STR(type_of(id), role.id);
    CHECK_INT(why.holder.standing.role.base, ROLE_GUEST);
    CHECK(make_type("r-aaaaaaaa").p == NULL);
    CHECK_INT(error.code, ERR_TYPE_UNKNOWN);
    CHECK(make(",\"roles\":[{\"value\":\"r-aaaaaaaa\"}]").p == NULL);
    CHECK_INT(error.code, ERR_TYPE_UNKNOWN);
    CHECK(role_rename(call(), STR_LIT("CONTRACTOR"), STR_LIT("Freelancer"), &role));
    CHECK_STR(type_of(id), role.id);
    CHECK_STR(why.holder.standing.role.name, STR_LIT("Freelancer"));
    uint64_t before = used();
    CHECK(role_rename(call(), role.id, STR_LIT("Freelancer"), &role)); /* no change */
    CHECK_INT(used(), before);
    verified();
}

static void removed_roles_leave_a_successor(void)
{
    struct role role, gone;

    begin("workspace");
    role = add_role("Contractor", "guest");
    const char *type = arena_printf(arena, "%.10s", role.id.p);
    struct str id = make_type(type);
    struct role heir = add_role("Heir", "viewer");
    CHECK(!role_remove(call(), role.id, STR_LIT("admin"), &gone));
    CHECK_INT(error.code, ERR_ROLE_SUCCESSOR);
    CHECK(!role_remove(call(), role.id, role.id, &gone));
    CHECK_INT(error.code, ERR_ROLE_SUCCESSOR);
    CHECK(role_remove(call(), role.id, heir.id, &gone));
    CHECK(strstr(last_events(1), "role.removed") != NULL);
    CHECK_STR(type_of(id), heir.id);
    CHECK(make_type(type).p == NULL);
    CHECK_INT(error.code, ERR_ROLE_DELETED);
    CHECK(patch(id, "{\"title\":\"still there\"}"));
    CHECK(patch(id, arena_printf(arena, "{\"userType\":\"%s\",\"title\":\"told again\"}", type)));
    CHECK_INT(used(), 0);
    CHECK(role_remove(call(), STR_LIT("heir"), STR_LIT("member"), &gone));
    CHECK_STR(type_of(id), STR_LIT("member"));
    CHECK_INT(used(), 1);
    CHECK(!role_remove(call(), heir.id, STR_LIT("member"), &gone));
    CHECK_INT(error.code, ERR_ROLE_UNKNOWN);
    verified();
}

static void role_names_are_judged(void)
{
    char name[ROLE_NAME_MAX + 2];
    struct role role, out;

    begin("workspace");
    role = add_role("Straße", "viewer");
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const struct {
        const char *name, *base;
        enum error_code code;
    } bad[] = {{"STRASSE", "viewer", ERR_ROLE_NAME_TAKEN},
               {"admin", "viewer", ERR_ROLE_NAME_TAKEN},
               {"", "viewer", ERR_ROLE_NAME},
               {"  ", "viewer", ERR_ROLE_NAME},
               {"a\nb", "viewer", ERR_ROLE_NAME},
               {name, "viewer", ERR_ROLE_NAME},
               {"r-abcdefgh", "viewer", ERR_ROLE_NAME},
               {"Boss", "admin", ERR_ROLE_BASE},
               {"Boss", "", ERR_ROLE_BASE}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!role_add(call(), str_of(bad[i].name), str_of(bad[i].base), &out));
        CHECK_INT(error.code, bad[i].code);
    }
    CHECK(role_rename(call(), role.id, STR_LIT("STRASSE"), &out)); /* it is its own name */
    CHECK(!role_rename(call(), STR_LIT("member"), STR_LIT("X"), &out));
    CHECK_INT(error.code, ERR_ROLE_IS_BASE);
    CHECK(!role_rename(call(), STR_LIT("nobody"), STR_LIT("X"), &out));
    CHECK_INT(error.code, ERR_ROLE_UNKNOWN);
    for (int i = 1; i < ROLES_MAX; i++)
        add_role(arena_printf(arena, "role %d", i), "viewer");
    CHECK(!role_add(call(), STR_LIT("one more"), STR_LIT("viewer"), &out));
    CHECK_INT(error.code, ERR_ROLE_LIMIT);
}

/* --- seats --- */

static void seats_follow_the_rules(void)
{
    begin("workspace");
    make_type("admin");
    make_type("member");
    make_type("viewer");
    make(",\"active\":false");
    for (int i = 0; i < 9; i++)
        make_type("guest");
    CHECK_INT(used(), 2);
    set("seat_guest", "1/4");
    CHECK_INT(used(), 4);
    set("seat_viewer", "1");
    CHECK_INT(used(), 5);
    set("seat_admin", "0");
    CHECK_INT(used(), 4);
    verified();
}

static void additions_without_a_seat_are_refused(void)
{
    begin("workspace");
    set("seat_limit", "2");
    struct str ana = make_type("member"), ben = make_type("admin");
    CHECK(make_type("member").p == NULL);
    CHECK_INT(error.code, ERR_SEATS_EXCEEDED);
    CHECK_CSTR(error.sentence, "There is no seat for a further Member: 2 of 2 are taken");
    struct str cleo = make_type("viewer"), dan = make(",\"active\":false");
    CHECK(cleo.p != NULL && dan.p != NULL);
    CHECK(!patch(cleo, "{\"userType\":\"member\"}"));
    CHECK_INT(error.code, ERR_SEATS_EXCEEDED);
    CHECK(!patch(dan, "{\"active\":true}"));
    CHECK_INT(error.code, ERR_SEATS_EXCEEDED);
    CHECK(patch(ana, "{\"userType\":\"admin\"}")); /* takes no more than before */
    CHECK_INT(used(), 2);
    CHECK(patch(ana, "{\"active\":false}"));
    CHECK(strstr(last_events(1), "\"revoke_sessions\":true") != NULL);
    CHECK(patch(dan, "{\"active\":true}"));
    CHECK(!patch(ana, "{\"active\":true}"));
    set("seat_grace", "1");
    CHECK(patch(ana, "{\"active\":true}"));
    CHECK_INT(used(), 3);
    set("seat_limit", "0"); /* nobody loses a seat, and nobody gets one */
    set("seat_grace", "0");
    CHECK(patch(ben, "{\"title\":\"T\"}"));
    CHECK(patch(ben, "{\"userType\":\"member\"}"));
    CHECK(patch(cleo, "{\"title\":\"T\"}"));
    CHECK(make_type("member").p == NULL);
    CHECK(user_delete(call(), dan, NULL));
    CHECK(strstr(last_events(1), "\"revoke_sessions\":true") != NULL);
    CHECK_INT(used(), 2);
    verified();
}

static void overflow_becomes_viewer_until_a_seat_is_free(void)
{
    struct seats s;

    begin("workspace");
    set("seat_limit", "1");
    set("seat_overflow", "viewer");
    struct str ana = make_type("member"), ben = make_type("member");
    CHECK_STR(type_of(ben), STR_LIT("viewer"));
    CHECK_STR(why.reason, STR_LIT("userType is member, but there is no seat"));
    CHECK(strstr(last_events(1), "\"role\":{\"old\":null,\"new\":\"viewer\"}") != NULL);
    CHECK(seat_report(call(), &s));
    CHECK_INT(s.overflowed, 1);
    CHECK_INT(s.users[ROLE_VIEWER], 1);
    CHECK_INT(s.used, 1);
    verified();
    CHECK(patch(ben, "{\"userType\":\"member\"}")); /* nothing has changed */
    CHECK_STR(type_of(ben), STR_LIT("viewer"));
    set("seat_overflow", "refuse"); /* who is there stays */
    CHECK(patch(ben, "{\"title\":\"T\"}"));
    CHECK(patch(ben, "{\"userType\":\"member\"}"));
    CHECK(patch(ana, "{\"active\":false}"));
    CHECK(patch(ben, "{\"userType\":\"member\"}")); /* nothing but the seat is new */
    CHECK(strstr(last_events(1), "\"role\":{\"old\":\"viewer\",\"new\":\"member\"}") != NULL);
    CHECK_STR(type_of(ben), STR_LIT("member"));
    CHECK_STR(why.reason, STR_LIT("userType is member"));
    CHECK(!patch(ana, "{\"active\":true}"));
    set("seat_overflow", "viewer");
    CHECK(patch(ana, "{\"active\":true}"));
    verified();
    CHECK(patch(ana, "{\"active\":false}"));
    verified();
    CHECK(patch(ana, "{\"active\":true}"));
    CHECK(user_delete(call(), ana, NULL));
    CHECK(seat_report(call(), &s));
    CHECK_INT(s.overflowed, 0);
    verified();
    set("seat_viewer", "1"); /* then a viewer has no seat either */
    CHECK(make_type("member").p == NULL);
    CHECK_INT(error.code, ERR_SEATS_EXCEEDED);
}

static void roles_are_not_removed_beyond_the_seats(void)
{
    struct role role, out;

    begin("workspace");
    role = add_role("Reader", "viewer");
    set("seat_limit", "1");
    make_type(arena_printf(arena, "%.10s", role.id.p));
    make_type(arena_printf(arena, "%.10s", role.id.p));
    CHECK(!role_remove(call(), role.id, STR_LIT("member"), &out));
    CHECK_INT(error.code, ERR_SEATS_EXCEEDED);
    set("seat_limit", "2");
    CHECK(role_remove(call(), role.id, STR_LIT("member"), &out));
    CHECK_INT(used(), 2);
    CHECK(make_type("member").p == NULL);
    verified();
}

/* --- how many have a role --- */

static uint64_t users_of(struct str role)
{
    struct role_users *roles = NULL;
    size_t n = 0;

    CHECK(seat_roles(call(), &roles, &n));
    for (size_t i = 0; i < n; i++)
        if (str_eq(roles[i].role.id, role))
            return roles[i].users;
    return UINT64_MAX;
}

/* The users of admin, member, viewer and guest, as digits. */
static const char *users_of_bases(void)
{
    static char digits[ROLE_BASES + 1];

    for (int i = 0; i < ROLE_BASES; i++)
        digits[i] = (char)('0' + users_of(role_of_base(i)->id));
    return digits;
}

static void roles_count_active_and_inactive_users(void)
{
    struct image im;

    begin("workspace");
    CHECK_CSTR(users_of_bases(), "0000");
    make_type("admin");
    make("");
    struct str off = make(",\"active\":false"), late = make(",\"active\":false,\"userType\":\"viewer\"");
    CHECK_CSTR(users_of_bases(), "1210");
    verified();
    CHECK(patch(late, "{\"userType\":\"guest\"}")); /* who takes no seat is counted all the same */
    CHECK_CSTR(users_of_bases(), "1201");
    verified();
    CHECK(patch(off, "{\"userType\":\"admin\"}"));
    CHECK_CSTR(users_of_bases(), "2101");
    CHECK(patch(off, "{\"active\":true}"));
    CHECK(patch(late, "{\"active\":true}"));
    CHECK_CSTR(users_of_bases(), "2101");
    verified();
    CHECK(patch(late, "{\"active\":false}"));
    CHECK(user_delete(call(), late, NULL));
    CHECK_CSTR(users_of_bases(), "2100");
    verified();
    CHECK(user_restore(call(), late, &im));
    CHECK_CSTR(users_of_bases(), "2101");
    set("default_type", "viewer");
    CHECK_CSTR(users_of_bases(), "2011");
    verified();
}

static void custom_roles_count_theirs_and_those_of_removed_ones(void)
{
    struct role gone;

    begin("workspace");
    struct role one = add_role("One", "guest"), two = add_role("Two", "viewer");
    const char *type = arena_printf(arena, "%.10s", one.id.p);
    struct str ana = make_type(type);
    make(arena_printf(arena, ",\"active\":false,\"userType\":\"%s\"", type));
    CHECK_INT(users_of(one.id), 2);
    CHECK_INT(users_of(two.id), 0);
    CHECK_CSTR(users_of_bases(), "0000");
    CHECK(patch(ana, "{\"active\":false}"));
    CHECK_INT(users_of(one.id), 2);
    verified();
    CHECK(role_remove(call(), one.id, two.id, &gone));
    CHECK_INT(users_of(one.id), UINT64_MAX);
    CHECK_INT(users_of(two.id), 2);
    CHECK(role_remove(call(), two.id, STR_LIT("member"), &gone));
    CHECK_CSTR(users_of_bases(), "0200");
    CHECK(user_delete(call(), ana, NULL));
    CHECK_CSTR(users_of_bases(), "0100");
    verified();
}

static void roles_count_who_waits_for_a_seat_and_who_is_in_a_team(void)
{
    begin("workspace");
    make("");
    set("seat_limit", "1");
    set("seat_overflow", "viewer");
    struct str waits = make(""), off = make(",\"active\":false");
    CHECK_CSTR(users_of_bases(), "0210");
    struct str crew = push("Crew", &off, 1);
    CHECK(rules_add(call(), crew, STR_LIT("guest"), 0));
    reload();
    CHECK_CSTR(users_of_bases(), "0111");
    verified();
    push("Crew", &waits, 1); /* he is a guest now, and the other one no longer */
    CHECK_CSTR(users_of_bases(), "0201");
    verified();
    CHECK(team_delete(call(), crew, NULL));
    CHECK_CSTR(users_of_bases(), "0210");
    verified();
}

/* --- who cannot be touched --- */

static void last_admin_stays(void)
{
    begin("workspace");
    struct str ana = make_type("admin"), ben = make_type("admin");
    CHECK(patch(ben, "{\"userType\":\"viewer\"}"));
    CHECK(!patch(ana, "{\"userType\":\"viewer\"}"));
    CHECK_INT(error.code, ERR_LAST_ADMIN);
    CHECK(!patch(ana, "{\"active\":false}"));
    CHECK_INT(error.code, ERR_LAST_ADMIN);
    CHECK(!user_delete(call(), ana, NULL));
    CHECK_INT(error.code, ERR_LAST_ADMIN);
    CHECK(patch(ana, "{\"title\":\"T\"}"));
    set("last_admin", "free");
    CHECK(user_delete(call(), ana, NULL));
    verified();
    begin("rfc");
    ana = make_type("admin");
    CHECK(patch(ana, "{\"active\":false}"));
}

static void protected_users_stay(void)
{
    begin("workspace");
    struct str ana = make_type("member");
    CHECK(!seat_protect(call(), STR_LIT("nobody"), true));
    CHECK_INT(error.code, ERR_RESOURCE_NOT_FOUND);
    CHECK(seat_protect(call(), ana, true));
    CHECK(type_of(ana).p != NULL && why.is_protected);
    static const char *const refused[] = {"{\"userType\":\"admin\"}", "{\"active\":false}",
                                          "{\"title\":\"no\",\"active\":false}"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        CHECK(!patch(ana, refused[i]));
        CHECK_INT(error.code, ERR_USER_PROTECTED);
        CHECK(strstr(error.sentence, "@example.com") != NULL);
    }
    CHECK(!user_delete(call(), ana, NULL));
    CHECK_INT(error.code, ERR_USER_PROTECTED);
    CHECK(strstr(error.sentence, "@example.com") != NULL);
    CHECK(patch(ana, "{\"title\":\"T\"}"));
    verified();
    CHECK(seat_protect(call(), ana, false));
    CHECK(user_delete(call(), ana, NULL));
    verified();
}

/* --- upgrades --- */

static enum store_rc forget_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    struct state s;

    (void)a;
    enum store_rc rc = state_get(txn, &s);
    s.tallied = *(const uint64_t *)ctx;
    memset(s.inactive, 0, sizeof s.inactive);
    if (s.tallied == 0) {
        s.defaulted = 0;
        memset(s.typed, 0, sizeof s.typed);
    }
    return rc == STORE_OK ? state_put(txn, &s) : rc;
}

/* An account of an earlier version has no numbers: the first change counts. */
/* Also one who is not active: SCIM may not delete him. */
static void protected_users_stay_when_they_are_inactive(void)
{
    begin("workspace");
    struct str id = make(",\"active\":false");
    CHECK(seat_protect(call(), id, true));
    CHECK(!user_delete(call(), id, NULL));
    CHECK_INT(error.code, ERR_USER_PROTECTED);
    CHECK(seat_protect(call(), id, false));
    CHECK(user_delete(call(), id, NULL));
    verified();
}

/* Who is a viewer for want of a seat may get it, protected or not. */
static void protected_users_get_the_seat_they_wait_for(void)
{
    begin("workspace");
    struct str first = make("");
    set("seat_limit", "1");
    set("seat_overflow", "viewer");
    struct str id = make("");
    CHECK(seat_protect(call(), id, true));
    CHECK(patch(first, "{\"active\":false}"));
    CHECK(patch(id, "{\"title\":\"T\"}"));
    CHECK_STR(type_of(id), STR_LIT("member"));
    verified();
}

static void uncounted_accounts_are_counted_with_the_first_change(void)
{
    uint64_t tallied = 0;

    begin("workspace");
    struct role role = add_role("Reader", "member");
    make_type("admin");
    make("");
    make_type(arena_printf(arena, "%.10s", role.id.p));
    CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, forget_body, &tallied), STORE_OK);
    verified();
    set("seat_limit", "3");
    CHECK(make_type("member").p == NULL);
    CHECK_INT(error.code, ERR_SEATS_EXCEEDED);
    CHECK_INT(used(), 3);
    verified();
}

/* Then there were numbers of active users alone: who asks how many have a role has them counted, too. */
static void half_counted_accounts_are_counted_when_somebody_asks(void)
{
    uint64_t tallied = 1;

    begin("workspace");
    make("");
    struct str ana = make(",\"active\":false,\"userType\":\"viewer\"");
    CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, forget_body, &tallied), STORE_OK);
    verified();
    CHECK_CSTR(users_of_bases(), "0110");
    CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, forget_body, &tallied), STORE_OK);
    CHECK(patch(ana, "{\"active\":true}"));
    CHECK_CSTR(users_of_bases(), "0110");
    verified();
}

/* Settings count in the transaction: who knows older ones is refused, not obeyed. */
static void who_knows_older_settings_may_not_write(void)
{
    struct account before;

    begin("workspace");
    before = account;
    set("seat_limit", "0");
    account = before;
    CHECK(make_type("member").p == NULL);
    CHECK_INT(error.code, ERR_ACCOUNT_CHANGED);
}

static const struct unit_test tests[] = {
    UNIT(types_come_from_what_names_them_first),
    UNIT(default_type_counts_for_everybody_at_once),
    UNIT(custom_roles_are_types),
    UNIT(removed_roles_leave_a_successor),
    UNIT(role_names_are_judged),
    UNIT(seats_follow_the_rules),
    UNIT(additions_without_a_seat_are_refused),
    UNIT(overflow_becomes_viewer_until_a_seat_is_free),
    UNIT(roles_are_not_removed_beyond_the_seats),
    UNIT(roles_count_active_and_inactive_users),
    UNIT(custom_roles_count_theirs_and_those_of_removed_ones),
    UNIT(roles_count_who_waits_for_a_seat_and_who_is_in_a_team),
    UNIT(last_admin_stays),
    UNIT(protected_users_stay),
    UNIT(protected_users_stay_when_they_are_inactive),
    UNIT(protected_users_get_the_seat_they_wait_for),
    UNIT(uncounted_accounts_are_counted_with_the_first_change),
    UNIT(half_counted_accounts_are_counted_when_somebody_asks),
    UNIT(who_knows_older_settings_may_not_write),
};

int main(void)
{
    return account_run("seat", tests, sizeof tests / sizeof tests[0]);
}
