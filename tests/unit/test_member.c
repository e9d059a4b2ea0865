/* SPDX-License-Identifier: Apache-2.0 */
/* Memberships over a real store: since when, by whom, how many. */
#include "account.h"

#include "roster/directory/member.h"
#include "roster/directory/restore.h"
#include "roster/store/key.h"

/* The members of a team, in order of id. */
static struct member_ref *members_of(struct str team, size_t *n)
{
    struct member_ref *refs = NULL;
    struct id id;

    CHECK(id_parse(team, &id));
    CHECK(member_list(call(), account.team_type, &id, NULL, 10000, &refs, n));
    return refs;
}

static struct membership membership(struct str team, struct str user)
{
    struct member_ref *refs;
    struct id id;
    size_t n;

    CHECK(id_parse(user, &id));
    refs = members_of(team, &n);
    for (size_t i = 0; i < n; i++)
        if (id_eq(&refs[i].id, &id))
            return refs[i].membership;
    return (struct membership){.since = -1};
}

/* Whether the last event was made by the token that made the membership. */
static bool made_the_last_event(const struct membership *m)
{
    char id[ID_TEXT_LEN + 1];

    id_format(&m->maker, id);
    return m->kind == MAKER_TOKEN &&
           strstr(last_events(1), arena_printf(arena, "\"actor\":{\"type\":\"token\",\"id\":\"%s\"}", id)) != NULL;
}

static void memberships_tell_since_when_and_by_whom(void)
{
    struct membership first, second;
    struct str people[2];
    struct image im;

    begin("workspace");
    people[0] = make("");
    people[1] = make("");
    struct str crew = push("Crew", people, 1);
    first = membership(crew, people[0]);
    CHECK_INT(first.since, now);
    CHECK(made_the_last_event(&first));
    now += 1000;
    CHECK_STR(push("Crew", people, 2), crew); /* who stays, stays as he was */
    second = membership(crew, people[0]);
    CHECK(second.since == first.since && id_eq(&second.maker, &first.maker));
    second = membership(crew, people[1]);
    CHECK_INT(second.since, now);
    CHECK(made_the_last_event(&second) && !id_eq(&first.maker, &second.maker));
    push("Crew", NULL, 0);
    now += 1000;
    CHECK(team_restore(call(), crew, &im));
    first = membership(crew, people[0]);
    CHECK_INT(first.since, now);
    CHECK(made_the_last_event(&first));
    verified();
}

/* Who comes back with a user is told, too. */
static void restored_users_are_added_by_who_restores_them(void)
{
    struct membership m;
    struct image im;

    begin("workspace");
    set("restore_teams", "on");
    struct str ana = make(""), crew = push("Crew", &ana, 1);
    CHECK(user_delete(call(), ana, NULL));
    now += 1000;
    CHECK(user_restore(call(), ana, &im));
    m = membership(crew, ana);
    CHECK_INT(m.since, now);
    CHECK(made_the_last_event(&m));
    CHECK(patch(ana, "{\"active\":false}"));
    push("Crew", NULL, 0);
    now += 1000;
    CHECK(patch(ana, "{\"active\":true}"));
    m = membership(crew, ana);
    CHECK_INT(m.since, now);
    CHECK(made_the_last_event(&m));
    verified();
}

/* The operator has no id through rosterctl, and one by a token or at the console. */
static void whoever_acts_is_told(void)
{
    const struct {
        struct id id;
        bool console;
        enum member_maker kind;
    } cases[] = {{{{0}}, false, MAKER_OPERATOR}, {id_new(), false, MAKER_TOKEN}, {id_new(), true, MAKER_ADMIN}};

    begin("workspace");
    struct str ana = make("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = arena_printf(arena,
                                        "{\"schemas\":[\"" URN_GROUP "\"],\"displayName\":\"Crew %zu\",\"members\":"
                                        "[{\"value\":\"%.36s\"}]}",
                                        i, ana.p);
        struct call *c = call();
        struct image im;

        c->token = cases[i].id;
        c->console = cases[i].console;
        CHECK(team_create(c, json(text), &im));
        struct membership m = membership(arena_str(arena, im.id), ana);
        CHECK_INT(m.kind, cases[i].kind);
        CHECK(id_eq(&m.maker, &cases[i].id));
    }
    verified();
}

static void words_are_read_back(void)
{
    for (int kind = 0; kind < MAKERS; kind++)
        CHECK_INT(membership_find(membership_word((enum member_maker)kind)), kind);
    CHECK(membership_word(MAKER_UNKNOWN).p == NULL);
    CHECK_INT(membership_find(STR_LIT("Token")), MAKER_UNKNOWN);
}

/* --- records --- */

struct writing {
    struct id team, user;
    struct str value;
};

static enum store_rc write_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    const struct writing *w = ctx;
    struct key k;

    (void)a;
    key_init(&k);
    key_id(&k, &w->team);
    key_id(&k, &w->user);
    return store_put(txn, SPACE_MEMBER, key_view(&k), w->value);
}

static int told;
static void tell(const char *text, void *ctx)
{
    (void)ctx;
    told += strstr(text, "since when") != NULL;
}

static void memberships_of_earlier_versions_are_read(void)
{
    static const struct str bad[] = {STR_LIT(""),
                                     STR_LIT("1234567"),
                                     STR_LIT("12345678\x00"),
                                     STR_LIT("12345678\x04"),
                                     STR_LIT("12345678\x01"
                                             "123456781234567"),
                                     STR_LIT("12345678\x01"
                                             "12345678123456789")};
    struct verify_report report;
    struct membership m;
    struct writing w;

    begin("workspace");
    struct str ana = make(""), crew = push("Crew", &ana, 1);
    CHECK(id_parse(crew, &w.team) && id_parse(ana, &w.user));
    w.value = STR_LIT("\0\0\0\0\0\0\x10\x01");
    CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, write_body, &w), STORE_OK);
    m = membership(crew, ana);
    CHECK_INT(m.since, 4097);
    CHECK_INT(m.kind, MAKER_UNKNOWN);
    verified();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        w.value = bad[i];
        told = 0;
        CHECK(!membership_read(bad[i], &m));
        CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, write_body, &w), STORE_OK);
        CHECK(verify_account(store, arena, &account, tell, NULL, &report, &error));
        CHECK_INT(told, 1);
    }
}

static void members_are_counted(void)
{
    enum { MANY = 2345 };
    static const size_t sizes[] = {0, 1, 2, 999, 1000, 1001, MANY};
    struct str *people = malloc(MANY * sizeof *people);

    begin("workspace");
    for (size_t i = 0; i < MANY; i++)
        people[i] = make("");
    push("Before", people, 5);
    struct str crew = push("Crew", NULL, 0);
    push("Behind", people, 7);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t n = UINT64_MAX;
        struct id id;

        CHECK_STR(push("Crew", people, sizes[i]), crew);
        CHECK(id_parse(crew, &id));
        CHECK(member_total(call(), &id, &n));
        CHECK_INT(n, sizes[i]);
    }
    free(people);
}

static const struct unit_test tests[] = {
    UNIT(memberships_tell_since_when_and_by_whom),
    UNIT(restored_users_are_added_by_who_restores_them),
    UNIT(whoever_acts_is_told),
    UNIT(words_are_read_back),
    UNIT(memberships_of_earlier_versions_are_read),
    UNIT(members_are_counted),
};

int main(void)
{
    return account_run("member", tests, sizeof tests / sizeof tests[0]);
}
