/* SPDX-License-Identifier: Apache-2.0 */
/* Types by team over a real store: who gets which, what it does to seats, and that every way into and out of a team counts. */
#include "account.h"

#include "roster/directory/restore.h"

static bool rule(struct str team, const char *role, size_t before)
{
    bool done = rules_add(call(), team, str_of(role), before);

    if (done)
        reload();
    return done;
}

static bool end_rule(size_t n)
{
    bool done = rules_remove(call(), n);

    if (done)
        reload();
    return done;
}

/* --- */

static void members_have_the_type_of_their_team(void)
{
    struct str people[2];

    begin("workspace");
    people[0] = make("");
    people[1] = make(",\"userType\":\"guest\"");
    struct str sales = push("Sales", NULL, 0);
    CHECK(rule(sales, "VIEWER", 0));
    uint64_t before = newest();
    CHECK_STR(push("Sales", people, 2), sales);
    CHECK_STR(type_of(people[0]), STR_LIT("viewer"));
    CHECK_STR(why.reason, STR_LIT("nothing names a type, and the members of Sales are viewer by rule 1"));
    CHECK_STR(type_of(people[1]), STR_LIT("guest")); /* his record says so */
    CHECK_INT(newest() - before, 2);
    CHECK(strstr(events(before), "\"role\":{\"old\":\"member\",\"new\":\"viewer\"}") != NULL);
    CHECK_INT(used(), 0);
    verified();
    before = newest();
    push("Sales", NULL, 0);
    CHECK_STR(type_of(people[0]), STR_LIT("member"));
    CHECK(strstr(events(before), "\"role\":{\"old\":\"viewer\",\"new\":\"member\"}") != NULL);
    CHECK_INT(used(), 1);
    verified();
}

static void first_rule_counts(void)
{
    begin("workspace");
    struct str ana = make(""), a = push("A", &ana, 1), b = push("B", &ana, 1), c = push("C", &ana, 1);

    CHECK(rule(a, "guest", 0));
    CHECK_STR(type_of(ana), STR_LIT("guest"));
    CHECK(rule(b, "viewer", 0));
    CHECK_STR(type_of(ana), STR_LIT("guest"));
    CHECK(rule(c, "admin", 1));
    CHECK_STR(type_of(ana), STR_LIT("admin"));
    CHECK_STR(why.reason, STR_LIT("nothing names a type, and the members of C are admin by rule 1"));
    CHECK(!rule(c, "guest", 0));
    CHECK_INT(error.code, ERR_RULE_TEAM);
    CHECK(!rule(ana, "guest", 0));
    CHECK_INT(error.code, ERR_RESOURCE_NOT_FOUND);
    CHECK(!end_rule(4) && error.code == ERR_RULE_UNKNOWN);
    CHECK(!end_rule(0) && error.code == ERR_RULE_UNKNOWN);
    set("last_admin", "free");
    CHECK(end_rule(1));
    CHECK(end_rule(1));
    CHECK_STR(type_of(ana), STR_LIT("viewer"));
    CHECK(end_rule(1));
    CHECK_STR(type_of(ana), STR_LIT("member"));
    verified();
}

static void roles_of_rules_are_judged(void)
{
    struct role role, other;

    begin("workspace");
    struct str ana = make(""), crew = push("Crew", &ana, 1), rest = push("Rest", NULL, 0);
    CHECK(!rule(crew, "boss", 0));
    CHECK_INT(error.code, ERR_TYPE_UNKNOWN);
    CHECK(role_add(call(), STR_LIT("Reader"), STR_LIT("viewer"), &role));
    CHECK(role_add(call(), STR_LIT("Writer"), STR_LIT("member"), &other));
    CHECK(rule(crew, arena_strndup(arena, role.id.p, role.id.len), 0));
    CHECK_STR(type_of(ana), role.id);
    CHECK_INT(used(), 0);
    CHECK(role_remove(call(), role.id, other.id, &role));
    CHECK_STR(type_of(ana), other.id);
    CHECK_INT(used(), 1);
    CHECK(!rule(rest, arena_strndup(arena, role.id.p, role.id.len), 0));
    CHECK_INT(error.code, ERR_ROLE_DELETED);
    verified();
}

/* A rule for everybody makes a custom role the default. */
static void rules_may_be_for_everybody(void)
{
    struct role role, removed;

    begin("workspace");
    struct str ana = make(""), ben = make(",\"userType\":\"admin\""), crew = push("Crew", &ana, 1);
    CHECK(role_add(call(), STR_LIT("Reader"), STR_LIT("viewer"), &role));
    CHECK(rule(STR_NULL, arena_strndup(arena, role.id.p, role.id.len), 0));
    CHECK_STR(type_of(ana), role.id);
    CHECK(strncmp(why.reason.p, "nothing names a type, and everybody is r-", 41) == 0);
    CHECK_STR(type_of(ben), STR_LIT("admin"));
    CHECK_STR(type_of(make("")), role.id);
    CHECK_INT(used(), 1);
    CHECK(!rule(STR_NULL, "guest", 0));
    CHECK_INT(error.code, ERR_RULE_TEAM);
    CHECK(rule(crew, "guest", 1));
    CHECK_STR(type_of(ana), STR_LIT("guest"));
    verified();
    push("Crew", NULL, 0);
    CHECK_STR(type_of(ana), role.id);
    CHECK(role_remove(call(), role.id, STR_LIT("member"), &removed));
    CHECK_STR(type_of(ana), STR_LIT("member"));
    verified();
}

static void seats_are_judged_with_every_membership(void)
{
    struct str people[2];

    begin("workspace");
    set("default_type", "guest");
    set("seat_limit", "1");
    people[0] = make("");
    people[1] = make("");
    struct str staff = push("Staff", NULL, 0);
    CHECK(rule(staff, "member", 0));
    uint64_t before = newest();
    CHECK(push("Staff", people, 2).p == NULL);
    CHECK_INT(error.code, ERR_SEATS_EXCEEDED);
    CHECK_INT(newest(), before); /* nothing of it is done */
    CHECK_INT(used(), 0);
    verified();
    CHECK_STR(push("Staff", people, 1), staff);
    CHECK_INT(used(), 1);
    CHECK_STR(push("Staff", people + 1, 1), staff); /* one goes, one comes */
    CHECK_INT(used(), 1);
    set("seat_overflow", "viewer");
    CHECK_STR(push("Staff", people, 2), staff);
    CHECK_INT(used(), 1);
    CHECK(str_eq(type_of(people[0]), STR_LIT("viewer")) != str_eq(type_of(people[1]), STR_LIT("viewer")));
    verified();
}

/* Who goes makes room for who comes, in whatever order they are looked at: the sum is judged. */
static void exchanges_need_no_seat(void)
{
    struct str people[2];

    begin("workspace");
    people[0] = make("");
    people[1] = make("");
    struct str trial = push("Trial", people, 1), admins = push("Admins", NULL, 0);
    CHECK(rule(trial, "viewer", 0));
    set("seat_limit", "1");
    CHECK_INT(used(), 1);
    for (int i = 0; i < 6; i++)
        CHECK_STR(push("Trial", people + (i + 1) % 2, 1), trial); /* a viewer becomes a member, a member a viewer */
    CHECK_INT(used(), 1);
    set("seat_limit", "none");
    CHECK(rule(admins, "admin", 1));
    for (int i = 0; i < 6; i++)
        CHECK_STR(push("Admins", people + i % 2, 1), admins); /* one admin takes the other's place */
    verified();
}

static void changed_rules_count_for_all_or_are_refused(void)
{
    struct str people[3];

    begin("workspace");
    set("default_type", "viewer");
    for (int i = 0; i < 3; i++)
        people[i] = make("");
    struct str crew = push("Crew", people, 3);
    set("seat_limit", "2");
    CHECK(!rule(crew, "member", 0));
    CHECK_INT(error.code, ERR_SEATS_EXCEEDED);
    CHECK_INT(account.rules.n, 0);
    set("seat_limit", "3");
    uint64_t before = newest();
    CHECK(rule(crew, "admin", 0));
    CHECK_INT(used(), 3);
    CHECK_INT(newest(), before);
    CHECK(!end_rule(1));
    CHECK_INT(error.code, ERR_LAST_ADMIN);
    push("Crew", people, 1);
    CHECK(push("Crew", NULL, 0).p == NULL);
    CHECK_INT(error.code, ERR_LAST_ADMIN);
    verified();
}

static void every_way_out_of_a_team_counts(void)
{
    struct str people[4];
    struct image im;

    begin("workspace");
    set("restore_teams", "on");
    for (int i = 0; i < 4; i++)
        people[i] = make("");
    struct str crew = push("Crew", people, 4);
    CHECK(rule(crew, "viewer", 0));
    CHECK_INT(used(), 0);
    CHECK(user_delete(call(), people[0], NULL));
    verified();
    CHECK(user_restore(call(), people[0], &im));
    CHECK_STR(type_of(people[0]), STR_LIT("viewer"));
    verified();
    CHECK(patch(people[1], "{\"active\":false}"));
    push("Crew", people + 2, 2);
    verified();
    CHECK(patch(people[1], "{\"active\":true}"));
    CHECK_STR(type_of(people[1]), STR_LIT("viewer"));
    verified();
    CHECK(patch(people[1], "{\"userType\":\"guest\"}"));
    CHECK_STR(type_of(people[1]), STR_LIT("guest"));
    verified();
    CHECK(team_restore(call(), crew, &im));
    verified();
    CHECK(seat_protect(call(), people[2], true));
    CHECK(!team_delete(call(), crew, NULL));
    CHECK_INT(error.code, ERR_USER_PROTECTED);
    CHECK(seat_protect(call(), people[2], false));
    CHECK(team_delete(call(), crew, NULL));
    CHECK_STR(type_of(people[2]), STR_LIT("member"));
    CHECK_INT(account.rules.n, 1); /* and gives nobody anything */
    verified();
}

/* A user who waits for a seat and comes to be a viewer by name waits no longer: also where nothing else changes. */
static void who_waits_no_longer_is_counted(void)
{
    begin("workspace");
    make("");
    set("seat_limit", "1");
    set("seat_overflow", "viewer");
    struct str ana = make("");
    CHECK_STR(type_of(ana), STR_LIT("viewer"));
    CHECK(rule(push("Trial", &ana, 1), "viewer", 0));
    CHECK(patch(ana, "{\"active\":true}"));
    verified();
    CHECK(patch(ana, "{\"active\":false}"));
    verified();
}

/* What a team gives counts before a seat is asked for. */
static void restored_users_have_their_teams_type(void)
{
    struct image im;

    begin("workspace");
    struct str ana = make(""), trial = push("Trial", &ana, 1);
    CHECK(rule(trial, "guest", 0));
    set("seat_limit", "0");
    CHECK(user_delete(call(), ana, NULL));
    CHECK(user_restore(call(), ana, &im));
    CHECK_STR(type_of(ana), STR_LIT("guest"));
    verified();
}

static void too_many_changes_of_types_are_refused(void)
{
    enum { MANY = 5001 };
    struct str *people = malloc(MANY * sizeof *people);

    begin("workspace");
    for (size_t i = 0; i < MANY; i++)
        people[i] = make("");
    struct str crew = push("Crew", NULL, 0);
    CHECK(rule(crew, "viewer", 0));
    CHECK(push("Crew", people, MANY).p == NULL);
    CHECK_INT(error.code, ERR_TYPE_CHANGES);
    CHECK_INT(used(), MANY);
    CHECK_STR(push("Crew", people, MANY - 1), crew);
    CHECK_INT(used(), 1);
    verified();
    free(people);
}

static void rules_are_limited(void)
{
    begin("workspace");
    for (int i = 0; i < RULES_MAX; i++)
        CHECK(rule(push(arena_printf(arena, "T%d", i), NULL, 0), "viewer", 0));
    CHECK(!rule(push("One more", NULL, 0), "viewer", 0));
    CHECK_INT(error.code, ERR_RULE_LIMIT);
    CHECK_INT(account.rules.n, RULES_MAX);
    verified();
}

/* Rules count in the transaction: who knows older ones is refused, not obeyed. */
static void who_knows_older_rules_may_not_write(void)
{
    begin("workspace");
    struct str crew = push("Crew", NULL, 0), ana = make("");
    struct account before = account;
    CHECK(rule(crew, "viewer", 0));
    account = before;
    CHECK(push("Crew", &ana, 1).p == NULL);
    CHECK_INT(error.code, ERR_ACCOUNT_CHANGED);
}

/* --- trying out --- */

static bool try(const char *body, const struct str *teams, size_t n)
{
    const struct seat_trial trial = {.body = json(body), .teams = teams, .nteams = n};

    return seat_try(call(), &trial, &why);
}

/* What would be is what is, once somebody is made like that. */
static void trials_tell_what_comes_of_it(void)
{
    static const char *const bodies[] = {
        "{}",
        "{\"userType\":null,\"roles\":null,\"entitlements\":[]}",
        "{\"userType\":\"Admin\"}",
        "{\"userType\":\"\",\"roles\":[\"guest\"]}",
        "{\"roles\":[{\"value\":\"guest\"},{\"value\":\"viewer\"}]}",
        "{\"roles\":[{\"value\":\"viewer\"},{\"value\":\"guest\",\"primary\":true}],\"entitlements\":[\"admin\"]}",
        "{\"entitlements\":[\"admin\",\"nothing that is known\"]}",
    };
    struct role role;

    begin("workspace");
    CHECK(role_add(call(), STR_LIT("Reader"), STR_LIT("viewer"), &role));
    set("team_same_name", "merge");
    struct str a = push("A", NULL, 0), b = push("B", NULL, 0), c = push("C", NULL, 0);
    CHECK(rule(b, arena_strndup(arena, role.id.p, role.id.len), 0));
    CHECK(rule(a, "guest", 0));
    const struct str teams[][2] = {{a, c}, {a, b}, {c, c}};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        for (size_t n = 0; n < 4; n++) {
            const struct str *in = n == 0 ? NULL : teams[n - 1];
            uint64_t before = newest();

            CHECK(try(bodies[i], in, n == 0 ? 0 : 2));
            struct str would = arena_str(arena, seat_role(&why.holder)->id), reason = arena_str(arena, why.reason);
            CHECK_INT(newest(), before);
            const char *rest = strcmp(bodies[i], "{}") == 0 ? "" : arena_printf(arena, ",%s", bodies[i] + 1);
            struct str who = make(*rest == '\0' ? "" : arena_strndup(arena, rest, strlen(rest) - 1));
            for (size_t j = 0; in != NULL && j < 2; j++)
                CHECK(push(str_eq(in[j], a) ? "A" : str_eq(in[j], b) ? "B" : "C", &who, 1).p != NULL);
            CHECK_STR(type_of(who), would);
            CHECK_STR(why.reason, reason);
        }
    }
    verified();
}

static void trials_refuse_what_a_creation_would(void)
{
    struct role role, gone;
    struct str nobody = STR_LIT("00000000-0000-4000-8000-000000000000"), name = STR_LIT("A");

    begin("workspace");
    struct str ana = make("");
    CHECK(role_add(call(), STR_LIT("Reader"), STR_LIT("viewer"), &role));
    CHECK(role_remove(call(), role.id, STR_LIT("guest"), &gone));
    const struct {
        const char *body;
        const struct str *team;
        enum error_code code;
    } cases[] = {{"{\"userType\":\"boss\"}", NULL, ERR_TYPE_UNKNOWN},
                 {"{\"roles\":[\"r-abcdefgh\"]}", NULL, ERR_TYPE_UNKNOWN},
                 {arena_printf(arena, "{\"userType\":\"%.10s\"}", role.id.p), NULL, ERR_ROLE_DELETED},
                 {"{\"userType\":7}", NULL, ERR_ATTRIBUTE_TYPE},
                 {"{\"roles\":[7]}", NULL, ERR_ATTRIBUTE_TYPE},
                 {"{}", &nobody, ERR_RESOURCE_NOT_FOUND},
                 {"{}", &ana, ERR_RESOURCE_NOT_FOUND},
                 {"{}", &name, ERR_RESOURCE_NOT_FOUND}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(!try(cases[i].body, cases[i].team, cases[i].team != NULL));
        CHECK_INT(error.code, cases[i].code);
    }
    const struct seat_trial trial = {.user = nobody};
    CHECK(!seat_try(call(), &trial, &why));
    CHECK_INT(error.code, ERR_RESOURCE_NOT_FOUND);
}

/* Of who is there it tells what is, also that there is no seat; by the rules that count now. */
static void trials_of_users_tell_what_they_are(void)
{
    begin("workspace");
    make("");
    set("seat_limit", "1");
    set("seat_overflow", "viewer");
    struct str ana = make("");
    const struct seat_trial trial = {.user = ana};
    CHECK(seat_try(call(), &trial, &why));
    CHECK_STR(seat_role(&why.holder)->id, STR_LIT("viewer"));
    CHECK_STR(why.reason, STR_LIT("nothing names a type: it is the account's default_type, but there is no seat"));
    struct account before = account;
    CHECK(rule(STR_NULL, "guest", 0));
    struct account after = account;
    account = before;
    CHECK(!seat_try(call(), &trial, &why));
    CHECK_INT(error.code, ERR_ACCOUNT_CHANGED);
    account = after;
    CHECK(seat_try(call(), &trial, &why));
    CHECK_STR(why.reason, STR_LIT("nothing names a type, and everybody is guest by rule 1, but there is no seat"));
}

static const struct unit_test tests[] = {
    UNIT(members_have_the_type_of_their_team),
    UNIT(first_rule_counts),
    UNIT(roles_of_rules_are_judged),
    UNIT(rules_may_be_for_everybody),
    UNIT(seats_are_judged_with_every_membership),
    UNIT(exchanges_need_no_seat),
    UNIT(changed_rules_count_for_all_or_are_refused),
    UNIT(every_way_out_of_a_team_counts),
    UNIT(who_waits_no_longer_is_counted),
    UNIT(restored_users_have_their_teams_type),
    UNIT(too_many_changes_of_types_are_refused),
    UNIT(rules_are_limited),
    UNIT(who_knows_older_rules_may_not_write),
    UNIT(trials_tell_what_comes_of_it),
    UNIT(trials_refuse_what_a_creation_would),
    UNIT(trials_of_users_tell_what_they_are),
};

int main(void)
{
    return account_run("rules", tests, sizeof tests / sizeof tests[0]);
}
