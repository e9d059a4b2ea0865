/* SPDX-License-Identifier: Apache-2.0 */
/* Deleted users, replaced members and teams at reactivation over a real store, and what becomes of them in time. */
#include "account.h"

#include "roster/directory/member.h"
#include "roster/directory/restore.h"
#include "roster/directory/state.h"
#include "roster/store/key.h"

#define DAY ((int64_t)24 * 60 * 60 * 1000)

static bool is_member(struct str team, struct str user)
{
    struct member_ref *refs;
    struct id t, u;
    size_t n;

    CHECK(id_parse(team, &t) && id_parse(user, &u));
    CHECK(member_list(call(), account.team_type, &t, NULL, 1000, &refs, &n));
    for (size_t i = 0; i < n; i++)
        if (id_eq(&refs[i].id, &u))
            return true;
    return false;
}

static size_t deleted(void)
{
    struct former_place place = {0};
    struct former_user user;
    bool found = true;
    size_t n = 0;

    while (found) {
        CHECK(former_next(call(), &place, &user, &found)); /* false: found is false, too */
        n += found;
    }
    return n;
}

static enum store_rc former_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    struct state s;

    (void)a;
    enum store_rc rc = state_get(txn, &s);
    *(uint64_t *)ctx = s.former;
    return rc;
}

/* The records that are kept, of all kinds. */
static uint64_t kept(void)
{
    uint64_t n = 0;

    CHECK_INT(store_run(store, account.number, STORE_READ, arena, former_body, &n), STORE_OK);
    return n;
}

/* --- users --- */

static void deleted_users_come_back_as_they_were(void)
{
    struct image was, im;

    begin("workspace");
    struct str boss = make_named("boss", ""),
               ana = make_named("ana", arena_printf(arena,
                                                    ",\"userType\":\"viewer\",\"title\":\"T\",\"" URN_ENTERPRISE
                                                    "\":{\"department\":\"D\",\"manager\":{\"value\":\"%.36s\"}}",
                                                    boss.p));
    struct str crew = push("Crew", &ana, 1), gone = push("Gone", &ana, 1);
    CHECK(user_get(call(), ana, &was));
    now += 1000;
    CHECK(user_delete(call(), ana, NULL));
    CHECK(!user_get(call(), ana, &im));
    CHECK_INT(deleted(), 1);
    CHECK(team_delete(call(), gone, NULL));
    now += 1000;
    CHECK(user_restore(call(), STR_LIT("ANA@example.com"), &im));
    CHECK_STR(im.id, ana);
    CHECK_STR(im.attributes, was.attributes);
    CHECK_INT(im.created, was.created);
    CHECK_INT(im.modified, now);
    CHECK(strstr(last_events(2), "\"type\":\"user.restored\"") != NULL);
    CHECK(strstr(last_events(2), "\"role\":{\"old\":null,\"new\":\"viewer\"}") != NULL);
    CHECK(strstr(last_events(1), "\"type\":\"team.updated\"") != NULL);
    CHECK(is_member(crew, ana));
    CHECK_INT(deleted(), 0);
    CHECK_INT(kept(), 0);
    CHECK(!user_restore(call(), ana, &im));
    CHECK_INT(error.code, ERR_FORMER_UNKNOWN);
    verified();
}

static void managers_who_are_gone_are_left_out(void)
{
    struct image im;

    begin("workspace");
    struct str boss = make_named("boss", "");
    struct str ana =
        make_named("ana", arena_printf(arena, ",\"" URN_ENTERPRISE "\":{\"manager\":{\"value\":\"%.36s\"}}", boss.p));
    CHECK(user_delete(call(), ana, NULL));
    CHECK(user_delete(call(), boss, NULL));
    CHECK(user_restore(call(), ana, &im));
    CHECK(strstr(arena_strndup(arena, im.attributes.p, im.attributes.len), "manager") == NULL);
    verified();
}

static void who_manages_himself_still_does(void)
{
    struct image im;

    begin("workspace");
    struct str ana = make_named("ana", "");
    CHECK(patch(ana, arena_printf(arena, "{\"" URN_ENTERPRISE "\":{\"manager\":{\"value\":\"%.36s\"}}}", ana.p)));
    CHECK(user_delete(call(), ana, NULL));
    CHECK(user_restore(call(), ana, &im));
    CHECK(strstr(arena_strndup(arena, im.attributes.p, im.attributes.len), "manager") != NULL);
    verified();
}

static void names_and_seats_may_be_taken(void)
{
    struct image im;

    begin("workspace");
    struct str ana = make_named("ana", "");
    CHECK(user_delete(call(), ana, NULL));
    struct str other = make_named("ana", "");
    CHECK(other.p != NULL);
    CHECK(!user_restore(call(), ana, &im));
    CHECK_INT(error.code, ERR_USERNAME_TAKEN);
    now += 10;
    CHECK(user_delete(call(), other, NULL));
    CHECK_INT(deleted(), 2);
    set("seat_limit", "0");
    CHECK(!user_restore(call(), STR_LIT("ana@example.com"), &im));
    CHECK_INT(error.code, ERR_SEATS_EXCEEDED);
    CHECK_INT(deleted(), 2);
    set("seat_limit", "1");
    CHECK(user_restore(call(), STR_LIT("ana@example.com"), &im)); /* who was deleted last */
    CHECK_STR(im.id, other);
    CHECK(!user_restore(call(), STR_LIT("nobody@example.com"), &im));
    CHECK_INT(error.code, ERR_FORMER_UNKNOWN);
    verified();
}

static enum store_rc depart_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    struct state s;
    struct key k;

    (void)a;
    key_init(&k);
    key_id(&k, ctx);
    key_id(&k, ctx);
    enum store_rc rc = state_get(txn, &s);
    s.departed++;
    if (rc == STORE_OK)
        rc = store_put(txn, SPACE_DEPARTED, id_view(ctx), key_view(&k));
    return rc == STORE_OK ? state_put(txn, &s) : rc;
}

/* Whose deletion was broken off is a manager still: that ends first, or he would lose those whom he has got back. */
static void broken_off_deletions_end_first(void)
{
    struct image im;
    struct id id;

    begin("workspace");
    struct str ana = make_named("ana", "");
    CHECK(user_delete(call(), ana, NULL));
    CHECK(id_parse(ana, &id));
    CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, depart_body, &id), STORE_OK);
    CHECK(user_restore(call(), ana, &im));
    verified();
}

static void purged_users_are_gone(void)
{
    struct image im;

    begin("workspace");
    struct str ana = make_named("ana", "");
    CHECK(!user_purge(call(), ana)); /* is there */
    CHECK_INT(error.code, ERR_FORMER_UNKNOWN);
    CHECK(user_delete(call(), ana, NULL));
    CHECK(user_purge(call(), STR_LIT("ana@example.com")));
    CHECK(strstr(last_events(1), "\"type\":\"user.purged\"") != NULL);
    CHECK(!user_restore(call(), ana, &im));
    CHECK_INT(error.code, ERR_FORMER_UNKNOWN);
    CHECK_INT(kept(), 0);
    verified();
}

static void time_ends_it(void)
{
    struct image im;

    begin("workspace");
    struct str ana = make_named("ana", ""), ben = make_named("ben", ""), cy = make_named("cy", "");
    CHECK(user_delete(call(), ana, NULL));
    now += DAY;
    CHECK(user_delete(call(), ben, NULL));
    now += 29 * DAY - 1;
    CHECK_INT(deleted(), 2);
    now += 1;
    CHECK_INT(deleted(), 1);
    CHECK(!user_restore(call(), ana, &im));
    CHECK_INT(error.code, ERR_FORMER_UNKNOWN);
    CHECK_INT(kept(), 2);
    CHECK(patch(cy, "{\"title\":\"any change\"}"));
    CHECK_INT(kept(), 1);
    CHECK(strstr(last_events(1), "\"type\":\"user.purged\"") != NULL);
    CHECK(strstr(last_events(1), "\"actor\":{\"type\":\"operator\"}") != NULL);
    CHECK(strstr(last_events(1), arena_strndup(arena, ana.p, ana.len)) != NULL);
    verified();
    set("restore_days", "60");
    now += 30 * DAY - 1;
    CHECK_INT(deleted(), 1);
    set("restore_days", "0");
    CHECK_INT(deleted(), 0);
    CHECK(former_expire(call()));
    CHECK_INT(kept(), 0);
    CHECK(user_delete(call(), cy, NULL)); /* nothing is kept */
    CHECK_INT(kept(), 0);
    verified();
}

static void many_expire_in_steps(void)
{
    begin("workspace");
    for (int i = 0; i < 50; i++) {
        struct str id = make_named(arena_printf(arena, "u%d", i), "");
        CHECK(user_delete(call(), id, NULL));
    }
    CHECK_INT(kept(), 50);
    now += 30 * DAY;
    make_named("v", "");
    CHECK(kept() < 50 && kept() > 0); /* a change does a part of it */
    verified();
    CHECK(former_expire(call()));
    CHECK_INT(kept(), 0);
    verified();
}

/* A bulk request takes back what it made: nobody may bring that back. */
static void what_a_request_takes_back_is_not_kept(void)
{
    begin("workspace");
    struct str ana = make_named("ana", "");
    struct call *c = call();
    c->taking_back = true;
    CHECK(user_delete(c, ana, NULL));
    CHECK_INT(kept(), 0);
    verified();
}

/* --- teams --- */

static void replaced_members_come_back(void)
{
    struct str people[4];
    struct image im;

    begin("workspace");
    for (int i = 0; i < 4; i++)
        people[i] = make_named(arena_printf(arena, "u%d", i), "");
    struct str crew = push("Crew", people, 3);
    CHECK(!team_restore(call(), crew, &im));
    CHECK_INT(error.code, ERR_FORMER_UNKNOWN);
    CHECK_STR(push("CREW", people + 3, 1), crew);
    CHECK(!is_member(crew, people[0]) && is_member(crew, people[3]));
    CHECK_STR(push("crew", people + 3, 1), crew); /* nobody comes or goes: what was kept stays */
    CHECK(user_delete(call(), people[1], NULL));
    CHECK(team_restore(call(), crew, &im));
    CHECK(is_member(crew, people[0]) && is_member(crew, people[2]) && !is_member(crew, people[3]));
    CHECK(strstr(last_events(1), "\"added\":[\"") != NULL && strstr(last_events(1), "\"removed\":[\"") != NULL);
    verified();
    CHECK(team_restore(call(), crew, &im)); /* and the ones before */
    CHECK(!is_member(crew, people[0]) && is_member(crew, people[3]));
    verified();
    CHECK(team_delete(call(), crew, NULL));
    CHECK_INT(kept(), 1); /* the user */
    verified();
}

/* "MEMBERS ADDED REMOVED" of what a restoring would do; "-" where nothing is kept. */
static const char *foreseen(struct str team, int64_t *since)
{
    struct former_members f = {.members = 99};
    bool found = false;
    struct id id;

    CHECK(id_parse(team, &id));
    CHECK(team_former(call(), &id, &f, &found));
    *since = f.since;
    return found ? arena_printf(arena, "%d %d %d", (int)f.members, (int)f.added, (int)f.removed) : "-";
}

static void restoring_a_team_is_foreseen(void)
{
    struct str people[4];
    struct image im;
    int64_t since;

    begin("workspace");
    for (int i = 0; i < 4; i++)
        people[i] = make_named(arena_printf(arena, "u%d", i), "");
    struct str crew = push("Crew", people, 3), other = push("Other", people, 4);
    CHECK_CSTR(foreseen(crew, &since), "-");
    now += 1000;
    push("Crew", people + 2, 2);
    CHECK_CSTR(foreseen(crew, &since), "3 2 1");
    CHECK_INT(since, now);
    CHECK_CSTR(foreseen(other, &since), "-");
    CHECK(user_delete(call(), people[0], NULL)); /* he does not come back */
    CHECK_CSTR(foreseen(crew, &since), "2 1 1");
    now += 1000;
    CHECK(team_restore(call(), crew, &im));
    CHECK(is_member(crew, people[1]) && is_member(crew, people[2]) && !is_member(crew, people[3]));
    CHECK_CSTR(foreseen(crew, &since), "2 1 1"); /* back again */
    CHECK_INT(since, now);
    CHECK_STR(push("Other", NULL, 0), other);
    CHECK_CSTR(foreseen(other, &since), "3 3 0");
    now += 30 * DAY;
    CHECK_CSTR(foreseen(crew, &since), "-");
    verified();
}

static void merged_teams_need_no_keeping(void)
{
    struct str people[2];

    begin("workspace");
    set("team_same_name", "merge");
    people[0] = make_named("a", "");
    people[1] = make_named("b", "");
    struct str crew = push("Crew", people, 1);
    CHECK_STR(push("Crew", people + 1, 1), crew);
    CHECK_INT(kept(), 0);
    verified();
}

static void reactivated_users_get_their_teams_back(void)
{
    struct str none = STR_NULL;
    struct image im;

    begin("workspace");
    struct str ana = make_named("ana", ""), crew = push("Crew", &ana, 1), gone = push("Gone", &ana, 1);
    CHECK(patch(ana, "{\"active\":false}")); /* restore_teams is off */
    CHECK_INT(kept(), 0);
    CHECK(patch(ana, "{\"active\":true}"));
    set("restore_teams", "on");
    CHECK(patch(ana, "{\"active\":false}"));
    CHECK_INT(kept(), 1);
    set("restore_days", "7");
    CHECK_STR(push("Crew", &none, 0), crew); /* the identity provider takes him out of the group */
    CHECK(team_delete(call(), gone, NULL));
    CHECK(!is_member(crew, ana));
    now += 7 * DAY - 1;
    CHECK(patch(ana, "{\"active\":true}"));
    CHECK(is_member(crew, ana));
    CHECK(strstr(last_events(2), "\"type\":\"user.reactivated\"") != NULL);
    CHECK(strstr(last_events(1), "\"type\":\"team.updated\"") != NULL);
    verified();
    CHECK(patch(ana, "{\"active\":false}"));
    CHECK(user_delete(call(), ana, NULL));
    CHECK(user_restore(call(), ana, &im));
    CHECK(is_member(crew, ana));
    CHECK(!user_image_is_active(&im));
    CHECK_STR(push("Crew", &none, 0), crew);
    CHECK(patch(ana, "{\"active\":true}"));
    CHECK(is_member(crew, ana));
    verified();
}

/* A team that he gets back may give him another type, and with it another version: it is the one that is answered. */
static void what_is_answered_is_the_last_version(void)
{
    struct error e = ERROR_INIT;
    struct image im, now_is;

    begin("workspace");
    set("restore_teams", "on");
    struct str ana = make_named("ana", ""), crew = push("Crew", &ana, 1), none = STR_NULL;
    CHECK(rules_add(call(), crew, STR_LIT("viewer"), 0));
    CHECK(account_find(store, arena, str_of(account.slug), &account, &error));
    CHECK(patch(ana, "{\"active\":false}"));
    push("Crew", &none, 0);
    struct resource_options options = policy_options(&account.policy);
    struct patch *p = patch_parse(account.user_type,
                                  json("{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],"
                                       "\"Operations\":[{\"op\":\"replace\",\"value\":{\"active\":true}}]}"),
                                  &options, arena, &e);
    CHECK(user_patch(call(), ana, p, NULL, &im));
    CHECK(user_get(call(), ana, &now_is));
    CHECK_INT(im.version, now_is.version);
    verified();
}

static const struct unit_test tests[] = {
    UNIT(deleted_users_come_back_as_they_were),
    UNIT(managers_who_are_gone_are_left_out),
    UNIT(who_manages_himself_still_does),
    UNIT(names_and_seats_may_be_taken),
    UNIT(broken_off_deletions_end_first),
    UNIT(purged_users_are_gone),
    UNIT(time_ends_it),
    UNIT(many_expire_in_steps),
    UNIT(what_a_request_takes_back_is_not_kept),
    UNIT(replaced_members_come_back),
    UNIT(restoring_a_team_is_foreseen),
    UNIT(merged_teams_need_no_keeping),
    UNIT(reactivated_users_get_their_teams_back),
    UNIT(what_is_answered_is_the_last_version),
};

int main(void)
{
    return account_run("restore", tests, sizeof tests / sizeof tests[0]);
}
