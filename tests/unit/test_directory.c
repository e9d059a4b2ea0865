/* SPDX-License-Identifier: Apache-2.0 */
/* Users, teams, memberships, events and lists over a real store. */
#include "../../src/directory/departure.h"
#include "account.h"

#include "roster/directory/entry.h"
#include "roster/directory/listing.h"
#include "roster/directory/member.h"
#include "roster/store/key.h"

#include <ctype.h>
#include <stdlib.h>

static struct arena *scratch; /* of a test */

static void fresh(const char *preset)
{
    begin(preset);
    if (scratch == NULL)
        scratch = arena_new(0);
    arena_reset(scratch);
}

#define USER(rest)  "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"]," rest "}"
#define GROUP(rest) "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"]," rest "}"
#define PATCH(ops)  "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[" ops "]}"

static struct image make_user(const char *name)
{
    struct image im = {0};
    char *body = arena_printf(arena,
                              USER("\"userName\":\"%s\",\"displayName\":\"D\","
                                   "\"emails\":[{\"value\":\"%s\",\"type\":\"work\"}]"),
                              name, name);

    CHECK(user_create(call(), json(body), &im));
    CHECK_CSTR(error.sentence, "");
    return im;
}

static bool patch_user(struct str id, const char *ops, struct image *out)
{
    struct resource_options o = {0};
    struct call *c = call();
    struct patch *p = patch_parse(&resource_type_user, json(arena_printf(arena, PATCH("%s"), ops)), &o, arena, &error);

    return p != NULL && user_patch(c, id, p, NULL, out);
}

static bool patch_team(struct str id, const char *ops, struct image *out)
{
    struct resource_options o = {0};
    struct call *c = call();
    struct patch *p = patch_parse(&resource_type_team, json(arena_printf(arena, PATCH("%s"), ops)), &o, arena, &error);

    return p != NULL && team_patch(c, id, p, NULL, out);
}

/* The event with this number as text. */
static const char *event(uint64_t seq)
{
    static char text[65536];
    uint64_t last, top;
    struct buf b;
    size_t n;

    buf_init(&b, scratch);
    CHECK(event_read(call(), seq - 1, 1, &b, &n, &last, &top));
    CHECK_INT(last, seq);
    snprintf(text, sizeof text, "%s", buf_cstr(&b));
    return text;
}

static size_t members(struct str team)
{
    struct member_ref *refs;
    struct id id;
    size_t n = 0;

    CHECK(id_parse(team, &id));
    CHECK(member_list(call(), &resource_type_team, &id, NULL, 100000, &refs, &n));
    return n;
}

static uint64_t total(const struct resource_type *type, const char *filter)
{
    struct call *c = call();
    struct filter *f = filter == NULL ? NULL : filter_parse(type, str_of(filter), arena, &error);
    struct listing page = {0};

    if (filter != NULL && f == NULL)
        return UINT64_MAX;
    struct listing_query q = {.types = &type,
                              .ntypes = 1,
                              .filters = f == NULL ? NULL : (const struct filter *const *)&f,
                              .count = 1000,
                              .start = 1};
    return listing_run(c, &q, &page) ? page.total : UINT64_MAX;
}

/* --- users --- */

static void user_is_created_and_read(void)
{
    struct image made, read;

    fresh("workspace");
    made = make_user("Ana.Lopez@Example.COM");
    CHECK(user_get(call(), made.id, &read));
    CHECK_STR(read.text, made.text);
    CHECK_STR(image_leaf(&read, ATTR_USER_NAME, arena), STR_LIT("Ana.Lopez@Example.COM"));
    CHECK_STR(image_leaf(&read, ATTR_USER_EMAILS_VALUE, arena), STR_LIT("ana.lopez@example.com"));
    CHECK(strstr(event(1), "\"type\":\"user.created\"") != NULL);
    CHECK(strstr(event(1), "\"path\":\"userName\"") != NULL);
    verified();
}

static void user_name_is_unique_without_case(void)
{
    struct image im;

    fresh("workspace");
    make_user("straße@example.com");
    CHECK(!user_create(call(), json(USER("\"userName\":\"STRASSE@EXAMPLE.COM\"")), &im));
    CHECK_INT(error.code, ERR_USERNAME_TAKEN);
    CHECK_INT(newest(), 1);
    CHECK_INT(total(&resource_type_user, "userName eq \"Strasse@example.com\""), 1);
    verified();
}

static void user_in_another_account_is_unknown(void)
{
    struct image im, other;

    fresh("workspace");
    im = make_user("a@example.com");
    fresh("workspace");
    CHECK(!user_get(call(), im.id, &other));
    CHECK_INT(error.code, ERR_RESOURCE_NOT_FOUND);
    CHECK(!patch_user(im.id, "{\"op\":\"replace\",\"value\":{\"active\":false}}", &other));
    CHECK(!user_delete(call(), im.id, NULL));
    CHECK_INT(error.code, ERR_RESOURCE_NOT_FOUND);
    CHECK_INT(newest(), 0);
}

static void no_change_writes_nothing(void)
{
    struct image made, im;

    fresh("workspace");
    made = make_user("a@example.com");
    CHECK(patch_user(made.id, "{\"op\":\"replace\",\"value\":{\"active\":true,\"displayName\":\"D\"}}", &im));
    CHECK_INT(im.version, made.version);
    CHECK(user_replace(call(), made.id,
                       json(USER("\"userName\":\"a@example.com\",\"displayName\":\"D\","
                                 "\"emails\":[{\"value\":\"a@example.com\",\"type\":\"work\"}]")),
                       NULL, &im));
    CHECK_INT(im.version, made.version);
    CHECK_INT(im.modified, made.modified);
    CHECK_INT(newest(), 1);
}

static void unassigning_active_wakes_nobody(void)
{
    static const char *const operations[] = {"{\"op\":\"replace\",\"path\":\"active\",\"value\":null}",
                                             "{\"op\":\"replace\",\"value\":{\"active\":\"\"}}",
                                             "{\"op\":\"remove\",\"path\":\"active\"}"};
    struct image made, im;

    fresh("workspace");
    CHECK(user_create(call(), json(USER("\"userName\":\"a@example.com\",\"active\":false")), &made));
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        CHECK(patch_user(made.id, operations[i], &im));
        CHECK(strstr(arena_strndup(arena, im.text.p, im.text.len), "\"active\":false") != NULL);
    }
    CHECK(user_replace(call(), made.id, json(USER("\"userName\":\"a@example.com\",\"active\":null")), NULL, &im));
    CHECK_INT(im.version, made.version);
    CHECK_INT(newest(), 1);
    verified();
}

static void newest_is_true_for_who_is_ahead(void)
{
    uint64_t last, top;
    struct buf b;
    size_t n;

    fresh("workspace");
    make_user("a@example.com");
    buf_init(&b, scratch);
    CHECK(event_read(call(), 1000, 10, &b, &n, &last, &top));
    CHECK_INT(n, 0);
    CHECK_INT(last, 1000);
    CHECK_INT(top, 1);
}

static void deactivation_is_told_and_counted(void)
{
    struct image made, im;

    fresh("workspace");
    made = make_user("a@example.com");
    CHECK(patch_user(made.id, "{\"op\":\"replace\",\"value\":{\"active\":false}}", &im));
    CHECK_INT(im.version, 2);
    CHECK(strstr(event(2), "\"type\":\"user.deactivated\"") != NULL);
    CHECK(strstr(event(2), "{\"path\":\"active\",\"old\":true,\"new\":false}") != NULL);
    CHECK_INT(total(&resource_type_user, "userName eq \"a@example.com\""), 1);
    verified();
    /* a PUT that does not name active neither wakes nor suspends */
    CHECK(user_replace(call(), made.id, json(USER("\"userName\":\"a@example.com\"")), NULL, &im));
    CHECK(strstr(event(3), "\"type\":\"user.updated\"") != NULL);
    CHECK(patch_user(made.id, "{\"op\":\"Replace\",\"path\":\"active\",\"value\":\"True\"}", &im));
    CHECK(strstr(event(4), "\"type\":\"user.reactivated\"") != NULL);
    verified();
}

static void rename_frees_the_old_name(void)
{
    struct image a, im;

    fresh("workspace");
    a = make_user("a@example.com");
    CHECK(patch_user(a.id, "{\"op\":\"replace\",\"path\":\"userName\",\"value\":\"b@example.com\"}", &im));
    CHECK_INT(total(&resource_type_user, "userName eq \"a@example.com\""), 0);
    CHECK_INT(total(&resource_type_user, "userName eq \"B@example.com\""), 1);
    make_user("a@example.com");
    CHECK(!patch_user(a.id, "{\"op\":\"replace\",\"path\":\"userName\",\"value\":\"A@example.com\"}", &im));
    CHECK_INT(error.code, ERR_USERNAME_TAKEN);
    verified();
}

static void deleted_user_is_gone_everywhere(void)
{
    struct image u, t;
    uint64_t before;

    fresh("workspace");
    u = make_user("a@example.com");
    CHECK(team_create(
        call(), json(arena_printf(arena, GROUP("\"displayName\":\"T\",\"members\":[{\"value\":\"%.36s\"}]"), u.id.p)),
        &t));
    before = newest();
    CHECK(user_delete(call(), u.id, NULL));
    CHECK_INT(members(t.id), 0);
    CHECK_INT(newest(), before + 2);
    CHECK(strstr(event(before + 1), "\"type\":\"team.updated\"") != NULL);
    CHECK(strstr(event(before + 2), "\"type\":\"user.deleted\"") != NULL);
    CHECK(!user_get(call(), u.id, &u));
    CHECK(!user_delete(call(), u.id, NULL));
    CHECK_INT(total(&resource_type_user, NULL), 0);
    make_user("a@example.com");
    verified();
}

/* A team's members and a user's teams are read in the memory of their names; whole records of them ended the worker. */
static void memberships_are_read_and_ended_in_little_memory(void)
{
    struct image u, t[150];
    struct member_ref *refs;
    struct id user, team;
    char name[8001];
    struct buf b;
    size_t n;

    fresh("rfc");
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    buf_init(&b, scratch);
    for (int i = 0; i < 800; i++)
        buf_printf(&b, "%s{\"value\":\"%d\",\"display\":\"%.100s\"}", i == 0 ? "" : ",", i, name);
    CHECK(user_create(call(), json(arena_printf(arena, USER("\"userName\":\"fat\",\"ims\":[%s]"), buf_cstr(&b))), &u));
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        CHECK(
            team_create(call(),
                        json(arena_printf(arena, GROUP("\"displayName\":\"%s%zu\",\"members\":[{\"value\":\"%.36s\"}]"),
                                          name, i, u.id.p)),
                        &t[i]));
    struct arena *little = arena_new((size_t)2 << 20);
    struct call *c = call();
    c->arena = little;
    CHECK(id_parse(u.id, &user) && id_parse(t[0].id, &team));
    CHECK(member_list(c, &resource_type_team, &team, NULL, 1000, &refs, &n));
    CHECK_INT(n, 1);
    CHECK(arena_used(little) < 10000);
    CHECK(member_list(c, &resource_type_user, &user, NULL, 100, &refs, &n));
    CHECK_INT(n, 100);
    CHECK(arena_used(little) < 100 * sizeof name + 50000);
    arena_reset(little);
    CHECK(user_delete(c, u.id, NULL));
    arena_free(&little);
    verified();
}

/* trap 47: a manager who goes is nobody's manager any more, and each of them is told. */
static void deleted_manager_has_nobody(void)
{
#define MANAGED "{\"op\":\"add\",\"path\":\"manager\",\"value\":\"%.36s\"}"
    struct image boss, u[3], im;
    uint64_t before;

    fresh("workspace");
    boss = make_user("boss@example.com");
    for (int i = 0; i < 3; i++)
        u[i] = make_user(arena_printf(arena, "u%d@example.com", i));
    for (int i = 0; i < 2; i++)
        CHECK(patch_user(u[i].id, arena_printf(arena, MANAGED, boss.id.p), &im));
    CHECK(patch_user(u[0].id, "{\"op\":\"add\",\"path\":\"department\",\"value\":\"D\"}", &im));
    CHECK(patch_user(u[2].id, arena_printf(arena, MANAGED, u[0].id.p), &im));
    CHECK(patch_user(boss.id, arena_printf(arena, MANAGED, boss.id.p), &im)); /* his own, too */
    CHECK_INT(total(&resource_type_user, arena_printf(arena, "manager eq \"%.36s\"", boss.id.p)), 3);
    before = newest();
    CHECK(user_delete(call(), boss.id, NULL));
    CHECK_INT(newest(), before + 3);
    for (uint64_t seq = before + 1; seq < before + 3; seq++)
        CHECK(strstr(event(seq), "\"type\":\"user.updated\"") != NULL && strstr(event(seq), "manager") != NULL);
    CHECK(strstr(event(before + 3), "\"type\":\"user.deleted\"") != NULL);
    CHECK_INT(total(&resource_type_user, "manager pr"), 1);
    CHECK(user_get(call(), u[0].id, &im));
    CHECK_STR(image_leaf(&im, 504, arena), STR_LIT("D"));
    CHECK(user_get(call(), u[1].id, &im));
    CHECK(memmem(im.text.p, im.text.len, "enterprise", 10) == NULL); /* nothing is left of the extension */
    verified();
}

/* The deletion of a user, ended after its first step. */
static enum store_rc first_step(struct store_txn *txn, struct arena *a, void *ctx)
{
    struct state state;
    struct image old;

    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK || (rc = entry_get(txn, account.user_type, ctx, a, &old)) != STORE_OK ||
        (rc = departure_begin(txn, a, call(), &state, ctx)) != STORE_OK ||
        (rc = entry_delete(txn, a, &old, &state)) != STORE_OK)
        return rc;
    state.active--;
    state.defaulted--;
    return state_put(txn, &state);
}

static uint64_t managed_by(struct str id)
{
    return total(&resource_type_user, arena_printf(arena, "manager eq \"%.36s\"", id.p));
}

static void make_team_of(struct str boss, int n)
{
    struct image im;

    for (int i = 0; i < n; i++) {
        struct arena_mark mark = arena_mark(arena);
        const char *format = USER("\"userName\":\"u%d.%.8s@example.com\",\"manager\":\"%.36s\"");

        CHECK(user_create(call(), json(arena_printf(arena, format, i, boss.p, boss.p)), &im));
        arena_rewind(arena, mark);
    }
    CHECK_INT(managed_by(boss), n);
}
/* One transaction could not change so many: the user could never be deleted, and others waited for seconds. */
static void deleted_manager_of_many_goes_in_steps(void)
{
    enum { MANY = 2 * DEPARTURE_STEP + 1 };
    struct image boss, ended;
    char request[ID_TEXT_LEN + 1];
    struct id id;

    fresh("workspace");
    boss = make_user("boss@example.com");
    ended = make_user("ended@example.com");
    make_team_of(boss.id, MANY);
    make_team_of(ended.id, MANY);
    uint64_t before = newest();
    struct call c = *call();
    id_format(&c.request, request);
    CHECK(user_delete(&c, boss.id, NULL));
    CHECK(!c.unfinished);
    CHECK_INT(managed_by(boss.id), 0);
    CHECK_INT(newest(), before + MANY + 1);
    CHECK(strstr(event(before + DEPARTURE_STEP + 1), "\"type\":\"user.deleted\"") != NULL);
    CHECK(strstr(event(before + MANY + 1), request) != NULL);
    CHECK_INT(managed_by(ended.id), MANY);

    /* what an ended request has left is done by the changes that follow it */
    CHECK(id_parse(ended.id, &id));
    CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, first_step, &id), STORE_OK);
    for (int left = MANY - DEPARTURE_STEP; left > 0; left -= DEPARTURE_STEP) {
        CHECK_INT(managed_by(ended.id), left);
        verified();
        make_user(arena_printf(arena, "left%d@example.com", left));
    }
    CHECK_INT(managed_by(ended.id), 0);
    verified();
}

/* A step ends by the size of the records, too: the log of the store has each of them whole. */
static void deleted_manager_of_large_records_goes_in_steps(void)
{
    enum { MANY = 12 };
    struct image boss, im;
    struct buf ims;
    struct id id;

    fresh("workspace");
    boss = make_user("boss@example.com");
    buf_init(&ims, scratch);
    for (int i = 0; i < 30; i++)
        buf_printf(&ims, "%s{\"value\":\"%02d%07998d\"}", i == 0 ? "" : ",", i, 0);
    for (int i = 0; i < MANY; i++) {
        const char *format = USER("\"userName\":\"u%d@example.com\",\"manager\":\"%.36s\",\"ims\":[%s]");

        CHECK_FATAL(user_create(call(), json(arena_printf(arena, format, i, boss.id.p, buf_cstr(&ims))), &im));
    }
    uint64_t left = MANY - (DEPARTURE_STEP_BYTES + im.text.len - 1) / im.text.len;
    CHECK(left > 0 && left < MANY);
    CHECK(id_parse(boss.id, &id));
    CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, first_step, &id), STORE_OK);
    CHECK_INT(managed_by(boss.id), left);
    make_user("next@example.com");
    CHECK_INT(managed_by(boss.id), 0);
    verified();
}

/* --- teams --- */

static void team_members_come_and_go(void)
{
    struct image u[3], t, im;

    fresh("workspace");
    for (int i = 0; i < 3; i++)
        u[i] = make_user(arena_printf(arena, "u%d@example.com", i));
    CHECK(team_create(call(), json(GROUP("\"displayName\":\"T\",\"members\":[]")), &t));
    CHECK_INT(members(t.id), 0);
    CHECK(patch_team(t.id,
                     arena_printf(arena,
                                  "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"%.36s\"},"
                                  "{\"value\":\"%.36s\",\"display\":\"x\"}]}",
                                  u[0].id.p, u[1].id.p),
                     &im));
    CHECK_INT(members(t.id), 2);
    CHECK(im.version > t.version);
    /* once more: nothing changes */
    uint64_t version = im.version, events = newest();
    CHECK(patch_team(
        t.id, arena_printf(arena, "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"%.36s\"}]}", u[0].id.p),
        &im));
    CHECK_INT(im.version, version);
    CHECK_INT(newest(), events);
    /* one goes and one comes, in one request and one event */
    CHECK(patch_team(t.id,
                     arena_printf(arena,
                                  "{\"op\":\"remove\",\"path\":\"members[value eq \\\"%.36s\\\"]\"},"
                                  "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"%.36s\"}]}",
                                  u[0].id.p, u[2].id.p),
                     &im));
    CHECK_INT(members(t.id), 2);
    CHECK_INT(newest(), events + 1);
    CHECK(strstr(event(events + 1), arena_printf(arena, "\"members\":{\"added\":[\"%.36s\"],\"removed\":[\"%.36s\"]}",
                                                 u[2].id.p, u[0].id.p)) != NULL);
    verified();
    CHECK(patch_team(t.id, "{\"op\":\"replace\",\"path\":\"members\",\"value\":[]}", &im));
    CHECK_INT(members(t.id), 0);
    verified();
}

/* A filter in a path sees of a member what is answered of it, also its $ref. */
static void members_go_by_what_is_told_of_them(void)
{
    static const struct {
        const char *filter;
        int left;
    } cases[] = {
        {"$ref eq \\\"http://h/scim/v2/Users/nobody\\\"", 2},
        {"not ($ref sw \\\"http://h/scim/v2/Users/\\\")", 2},
        {"type eq \\\"user\\\" and $ref ew \\\"%.36s\\\"", 1},
        {"$ref pr", 0},
    };
    struct image u, v, t, im;

    fresh("workspace");
    u = make_user("u@example.com");
    v = make_user("v@example.com");
    CHECK(team_create(call(),
                      json(arena_printf(arena,
                                        GROUP("\"displayName\":\"T\",\"members\":[{\"value\":\"%.36s\"},"
                                              "{\"value\":\"%.36s\"}]"),
                                        u.id.p, v.id.p)),
                      &t));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *filter = arena_printf(arena, cases[i].filter, u.id.p);

        CHECK(patch_team(t.id, arena_printf(arena, "{\"op\":\"remove\",\"path\":\"members[%s]\"}", filter), &im));
        if (!CHECK_INT(members(t.id), cases[i].left))
            printf("# members[%s]\n", filter);
    }
    verified();
}

/* Each member is asked about all filters at once; which of them counts is still a matter of the order. */
static void filters_on_members_count_in_their_order(void)
{
    struct image u, v, t, im;

    fresh("workspace");
    u = make_user("u@example.com");
    v = make_user("v@example.com");
    CHECK(team_create(
        call(), json(arena_printf(arena, GROUP("\"displayName\":\"T\",\"members\":[{\"value\":\"%.36s\"}]"), u.id.p)),
        &t));
    const char *add =
        arena_printf(arena, "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"%.36s\"}]}", v.id.p);
    const char *drop_u = arena_printf(arena, "{\"op\":\"remove\",\"path\":\"members[$ref ew \\\"%.36s\\\"]\"}", u.id.p);
    const char *drop_v = arena_printf(arena, "{\"op\":\"remove\",\"path\":\"members[$ref ew \\\"%.36s\\\"]\"}", v.id.p);
    const struct {
        const char *operations;
        int left;
    } cases[] = {
        {arena_printf(arena, "%s,%s,%s", drop_v, add, drop_u), 1}, /* v is added behind the filter for it */
        {arena_printf(arena, "%s,%s", drop_u, drop_v), 0},
        {arena_printf(arena, "%s,%s,%s", add, drop_u, drop_v), 0}, /* and in front of it */
        {arena_printf(arena, "%s,%s,%s,%s", add, drop_v, add, drop_u), 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(patch_team(t.id, cases[i].operations, &im));
        if (!CHECK_INT(members(t.id), cases[i].left))
            printf("# %s\n", cases[i].operations);
    }
    verified();
}

/* Members times terms: ten seconds for 100,000 members, in which other accounts waited. */
static void filters_on_members_ask_no_more_than_they_may(void)
{
    enum { TERMS = 64, FILTERS = PATCH_MEMBER_FILTERS_MAX, NAME = 8000 };
    size_t most = MEMBER_WORK_MAX / ((size_t)TERMS * FILTERS * (NAME + 16));
    struct buf filter, operations, list;
    char name[NAME + 1];
    struct image u, t, im;

    fresh("rfc");
    memset(name, 'n', NAME);
    name[NAME] = '\0';
    buf_init(&filter, arena);
    for (int i = 0; i < TERMS; i++)
        buf_printf(&filter, "%sdisplay eq \\\"%d\\\"", i == 0 ? "" : " or ", i);
    buf_init(&operations, arena);
    for (int i = 0; i < FILTERS; i++)
        buf_printf(&operations, "%s{\"op\":\"remove\",\"path\":\"members[%s]\"}", i == 0 ? "" : ",", buf_cstr(&filter));
    buf_init(&list, arena);
    for (size_t i = 0; i < most; i++) {
        CHECK(user_create(
            call(), json(arena_printf(arena, USER("\"userName\":\"u%zu\",\"displayName\":\"%s\""), i, name)), &u));
        buf_printf(&list, "%s{\"value\":\"%.36s\"}", i == 0 ? "" : ",", u.id.p);
    }
    CHECK(team_create(call(),
                      json(arena_printf(arena, GROUP("\"displayName\":\"T\",\"members\":[%s]"), buf_cstr(&list))), &t));
    CHECK(patch_team(t.id, buf_cstr(&operations), &im));
    CHECK_INT(error.code, ERR_NONE);
    CHECK(
        user_create(call(), json(arena_printf(arena, USER("\"userName\":\"last\",\"displayName\":\"%s\""), name)), &u));
    CHECK(patch_team(
        t.id, arena_printf(arena, "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"%.36s\"}]}", u.id.p),
        &im));
    CHECK(!patch_team(t.id, buf_cstr(&operations), &im));
    CHECK_INT(error.code, ERR_PATCH_FILTER);
    CHECK(strncmp(error.sentence, "Operation 1:", 12) == 0);
    CHECK_INT(members(t.id), most + 1);
}

static void unknown_and_nested_members_are_refused_whole(void)
{
    struct image u, t, im;
    uint64_t events;

    fresh("workspace");
    u = make_user("u@example.com");
    CHECK(team_create(call(), json(GROUP("\"displayName\":\"T\"")), &t));
    events = newest();
    CHECK(!patch_team(t.id,
                      arena_printf(arena,
                                   "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"%.36s\"},"
                                   "{\"value\":\"nobody\",\"display\":\"ned@example.com\"}]}",
                                   u.id.p),
                      &im));
    CHECK_INT(error.code, ERR_MEMBER_UNKNOWN);
    CHECK(strstr(error.sentence, " nobody (ned@example.com) ") != NULL);
    CHECK(!patch_team(
        t.id, arena_printf(arena, "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"%.36s\"}]}", t.id.p),
        &im));
    CHECK_INT(error.code, ERR_MEMBER_NESTED);
    CHECK_INT(members(t.id), 0);
    CHECK_INT(newest(), events);
}

static void pushed_group_replaces_the_team_of_its_name(void)
{
    struct image u[2], t, again;

    fresh("workspace");
    for (int i = 0; i < 2; i++)
        u[i] = make_user(arena_printf(arena, "u%d@example.com", i));
    CHECK(team_create(
        call(),
        json(arena_printf(arena, GROUP("\"displayName\":\"Sales\",\"members\":[{\"value\":\"%.36s\"}]"), u[0].id.p)),
        &t));
    CHECK(team_create(
        call(),
        json(arena_printf(arena, GROUP("\"displayName\":\"SALES\",\"members\":[{\"value\":\"%.36s\"}]"), u[1].id.p)),
        &again));
    CHECK_STR(again.id, t.id);
    CHECK_INT(members(t.id), 1);
    CHECK_INT(total(&resource_type_team, NULL), 1);
    verified();
    account.policy.value[POLICY_TEAM_SAME_NAME] = SAME_NAME_REFUSE;
    CHECK(!team_create(call(), json(GROUP("\"displayName\":\"sales\"")), &again));
    CHECK_INT(error.code, ERR_TEAM_NAME_TAKEN);
    account.policy.value[POLICY_TEAM_SAME_NAME] = SAME_NAME_MERGE;
    CHECK(team_create(
        call(),
        json(arena_printf(arena, GROUP("\"displayName\":\"Sales\",\"members\":[{\"value\":\"%.36s\"}]"), u[0].id.p)),
        &again));
    CHECK_INT(members(t.id), 2);
    CHECK(team_replace(call(), t.id, json(GROUP("\"displayName\":\"Sales\",\"externalId\":\"x1\"")), NULL, &again));
    CHECK(team_create(call(), json(GROUP("\"displayName\":\"SALES\"")), &again));
    CHECK_STR(image_leaf(&again, ATTR_EXTERNAL_ID, arena), STR_LIT("x1"));
    CHECK_STR(image_leaf(&again, ATTR_TEAM_DISPLAY_NAME, arena), STR_LIT("SALES"));
    CHECK_INT(members(t.id), 2);
    verified();
    account.policy.value[POLICY_TEAM_SAME_NAME] = SAME_NAME_ALLOW;
    CHECK(team_create(call(), json(GROUP("\"displayName\":\"sales\"")), &again));
    CHECK_INT(total(&resource_type_team, "displayName eq \"Sales\""), 2);
    verified();
}

static void put_without_members_leaves_them(void)
{
    struct image u, t, im;

    fresh("workspace");
    u = make_user("u@example.com");
    CHECK(team_create(
        call(), json(arena_printf(arena, GROUP("\"displayName\":\"T\",\"members\":[{\"value\":\"%.36s\"}]"), u.id.p)),
        &t));
    CHECK(team_replace(call(), t.id, json(GROUP("\"displayName\":\"New\"")), NULL, &im));
    CHECK_INT(members(t.id), 1);
    CHECK(team_replace(call(), t.id, json(GROUP("\"displayName\":\"New\",\"members\":null")), NULL, &im));
    CHECK_INT(members(t.id), 0);
    verified();
}

/* The whole membership, a thousand times in one message: it is read once. */
static void all_members_are_named_again_and_again(void)
{
    struct image u, t, im;
    struct buf ops;

    fresh("workspace");
    u = make_user("u@example.com");
    CHECK(team_create(call(), json(GROUP("\"displayName\":\"T\"")), &t));
    buf_init(&ops, arena);
    for (int i = 0; i < 500; i++)
        buf_printf(&ops,
                   "%s{\"op\":\"remove\",\"path\":\"members\"},"
                   "{\"op\":\"add\",\"path\":\"members\",\"value\":\"%.36s\"}",
                   i > 0 ? "," : "", u.id.p);
    CHECK(patch_team(t.id, buf_cstr(&ops), &im));
    CHECK_INT(members(t.id), 1);
    CHECK(patch_team(t.id, "{\"op\":\"remove\",\"path\":\"members\"}", &im));
    CHECK_INT(members(t.id), 0);
    verified();
}

static void many_members_make_events_in_parts(void)
{
    struct image t, im;
    struct buf ops;
    uint64_t events;
    size_t many = 2 * EVENT_MEMBERS_MAX + 5;

    fresh("rfc");
    CHECK(team_create(call(), json(GROUP("\"displayName\":\"T\"")), &t));
    buf_init(&ops, arena);
    buf_puts(&ops, "{\"op\":\"add\",\"path\":\"members\",\"value\":[");
    for (size_t i = 0; i < many; i++) {
        struct image u = {0};
        CHECK(user_create(call(), json(arena_printf(arena, USER("\"userName\":\"u%zu\""), i)), &u));
        buf_printf(&ops, "%s{\"value\":\"%.36s\"}", i > 0 ? "," : "", u.id.p);
    }
    buf_puts(&ops, "]}");
    events = newest();
    CHECK(patch_team(t.id, buf_cstr(&ops), &im));
    CHECK_INT(members(t.id), many);
    CHECK_INT(newest(), events + 3);
    CHECK(strstr(event(events + 1), "\"part\":1,\"of\":3") != NULL);
    CHECK(strstr(event(events + 3), "\"part\":3,\"of\":3") != NULL);
    CHECK_INT(im.version, events + 1);
    verified();
    CHECK(team_delete(call(), t.id, NULL));
    verified();
}

/* --- lists --- */

static void pages_keep_the_order_of_creation(void)
{
    struct listing page;
    struct id id;
    struct image u[25];

    fresh("rfc");
    for (int i = 0; i < 25; i++)
        u[i] = make_user(arena_printf(arena, "u%02d", i));
    CHECK(listing_page(call(), &resource_type_user, NULL, 11, 10, &page));
    CHECK_INT(page.total, 25);
    CHECK_INT(page.n, 10);
    CHECK(id_parse(u[10].id, &id) && id_eq(&page.items[0].id, &id));
    CHECK(id_parse(u[19].id, &id) && id_eq(&page.items[9].id, &id));
    CHECK(user_delete(call(), u[3].id, NULL));
    CHECK(listing_page(call(), &resource_type_user, NULL, 11, 10, &page));
    CHECK(id_parse(u[11].id, &id) && id_eq(&page.items[0].id, &id));
    CHECK(listing_page(call(), &resource_type_user, NULL, 25, 10, &page));
    CHECK_INT(page.n, 0);
    CHECK_INT(page.total, 24);
    CHECK(listing_page(call(), &resource_type_user, NULL, 0, 0, &page));
    CHECK_INT(page.n, 0);
    CHECK_INT(page.total, 24);
}

static void filtered_pages_keep_the_order_of_creation(void)
{
    struct filter *f;
    struct listing page;
    struct id id;
    struct image u[25];

    fresh("rfc");
    for (int i = 0; i < 25; i++)
        u[i] = make_user(arena_printf(arena, "u%02d", i));
    f = filter_parse(&resource_type_user, STR_LIT("displayName eq \"d\""), arena, &error);
    for (uint64_t start = 1; start <= 21; start += 10) {
        CHECK(listing_page(call(), &resource_type_user, f, start, 10, &page));
        CHECK_INT(page.total, 25);
        CHECK_INT(page.n, start == 21 ? 5 : 10);
        for (size_t i = 0; i < page.n; i++)
            CHECK(id_parse(u[start - 1 + i].id, &id) && id_eq(&page.items[i].id, &id));
    }
    CHECK(listing_page(call(), &resource_type_user, f, 26, 10, &page));
    CHECK_INT(page.n, 0);
    CHECK(listing_page(call(), &resource_type_user, f, 1, 0, &page));
    CHECK_INT(page.n, 0);
    CHECK_INT(page.total, 25);
}

static void pages_cross_blocks(void)
{
    struct listing page;
    size_t many = BLOCK_ORDINALS + 40;
    char text[ID_TEXT_LEN + 1];

    fresh("rfc");
    for (size_t i = 0; i < many; i++) {
        struct image im;
        CHECK(user_create(call(), json(arena_printf(arena, USER("\"userName\":\"u%zu\""), i)), &im));
    }
    CHECK(listing_page(call(), &resource_type_user, NULL, BLOCK_ORDINALS - 5, 50, &page));
    CHECK_INT(page.n, 46);
    CHECK(listing_page(call(), &resource_type_user, NULL, BLOCK_ORDINALS + 1, 5, &page));
    CHECK_INT(page.n, 5);
    verified();

    /* some go: of the first block, which is counted, and of the last, which is not; then the first one whole */
    for (size_t gone = 0; gone < BLOCK_ORDINALS + 5; gone++) {
        if (gone < 3 || gone == BLOCK_ORDINALS + 4) {
            CHECK(listing_page(call(), &resource_type_user, NULL, many - gone - 10, 50, &page));
            CHECK_INT(page.n, 11);
            verified();
        }
        CHECK(listing_page(call(), &resource_type_user, NULL, gone == 1 ? many - 2 : 1, 1, &page));
        CHECK_INT(page.n, 1);
        id_format(&page.items[0].id, text);
        CHECK(user_delete(call(), str_of(text), NULL));
    }
}

/* As earlier versions wrote it: a count of the block that is not full yet. */
static enum store_rc count_last_block(struct store_txn *txn, struct arena *a, void *ctx)
{
    struct state state;
    struct key k;

    (void)a;
    (void)ctx;
    enum store_rc rc = state_get(txn, &state);
    entry_block_key(&k, &resource_type_user, state.ordinal[RESOURCE_USER]);
    return rc == STORE_OK ? store_put(txn, SPACE_BLOCK, key_view(&k), STR_LIT("\0\1")) : rc;
}

static void an_old_count_of_the_last_block_is_not_looked_at(void)
{
    struct listing page;

    fresh("rfc");
    for (size_t i = 1; i < BLOCK_ORDINALS + 2; i++) {
        struct image im;
        if (i == 10)
            CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, count_last_block, NULL), STORE_OK);
        if (i == 10 || i == BLOCK_ORDINALS || i == BLOCK_ORDINALS + 1) {
            CHECK(listing_page(call(), &resource_type_user, NULL, i - 2, 5, &page));
            CHECK_INT(page.n, 2);
            verified();
        }
        CHECK(user_create(call(), json(arena_printf(arena, USER("\"userName\":\"u%zu\""), i)), &im));
    }
}

/* A filter on what records do not have asks the memberships. */
static void filters_ask_for_members(void)
{
    static const struct {
        const char *text;
        int users, teams; /* of two each, one in the other; -1: not a filter of the type */
    } cases[] = {
        {"groups pr", 1, -1},
        {"groups eq null", 1, -1},
        {"groups ne null", 1, -1},
        {"not (groups eq \"%.36s\")", 1, -1},
        {"groups.display eq \"t\"", 1, -1},
        {"groups.display co \"X\" or groups.display co \"Y\"", 0, -1},
        {"groups[value eq \"%.36s\" and type eq \"direct\"]", 1, -1},
        {"groups[value eq \"%.36s\" and type eq \"indirect\"]", 0, -1},
        {"(title eq \"x\" or groups eq \"%.36s\")", 1, -1},
        {"meta.location pr", 2, 2},
        {"meta.location sw \"http://h/scim/v2/Users/\"", 2, 0},
        {"members pr", -1, 1},
        {"members eq null and displayName sw \"t\"", -1, 1},
        {"not (members.value pr)", -1, 1},
        {"members.display eq \"D\"", -1, 1},
        {"members.$ref sw \"http://h/scim/v2/Users/\"", -1, 1},
        {"members[type eq \"User\" and display sw \"d\"]", -1, 1},
        {"members ne \"x\"", -1, 1},
        /* one walk answers all of them */
        {"groups pr and groups.display co \"zz\"", 0, -1},
        {"groups.display co \"zz\" or groups.display eq \"t\"", 1, -1},
        {"not (groups.display co \"zz\") and groups ne null and not (groups eq null)", 1, -1},
        {"members.display co \"zz\" or members eq null", -1, 1},
        {"members eq null or members[display eq \"d\"] or members.display co \"zz\"", -1, 2},
    };
    struct image u, t, other;

    fresh("workspace");
    u = make_user("u@example.com");
    make_user("v@example.com");
    CHECK(team_create(
        call(), json(arena_printf(arena, GROUP("\"displayName\":\"T\",\"members\":[{\"value\":\"%.36s\"}]"), u.id.p)),
        &t));
    CHECK(team_create(call(), json(GROUP("\"displayName\":\"T2\"")), &other));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *asked = arena_printf(arena, cases[i].text, t.id.p);
        bool good = cases[i].users < 0 || CHECK_INT(total(&resource_type_user, asked), cases[i].users);
        good &= cases[i].teams < 0 || CHECK_INT(total(&resource_type_team, asked), cases[i].teams);
        if (!good)
            printf("# filter: %s %s\n", asked, error.sentence);
    }
    CHECK_INT(total(&resource_type_team, arena_printf(arena, "not (members eq \"%.36s\")", u.id.p)), 1);
    CHECK_INT(total(&resource_type_user, "userName eq \"u@example.com\" and meta.created pr and schemas pr"), 1);
}

/* The id with capital letters. */
static const char *upper_of(struct str id)
{
    char *text = arena_strndup(arena, id.p, id.len);

    for (char *p = text; *p != '\0'; p++)
        *p = (char)toupper((unsigned char)*p);
    return text;
}

static void filters_use_indexes(void)
{
    struct image a, b, t;

    fresh("workspace");
    a = make_user("a@example.com");
    b = make_user("b@example.com");
    CHECK(team_create(call(),
                      json(arena_printf(arena,
                                        GROUP("\"displayName\":\"T\",\"externalId\":\"X1\","
                                              "\"members\":[{\"value\":\"%.36s\"}]"),
                                        a.id.p)),
                      &t));
    CHECK_INT(total(&resource_type_user, "displayName eq \"d\""), 2);
    CHECK_INT(total(&resource_type_user, "displayName eq \"D\" and userName eq \"a@example.com\""), 1);
    CHECK_INT(total(&resource_type_user, "emails.value eq \"A@example.com\""), 1);
    CHECK_INT(total(&resource_type_user, "emails eq \"a@example.com\""), 1);
    CHECK_INT(total(&resource_type_user, "emails[type eq \"work\"].value eq \"b@example.com\""), 1);
    CHECK_INT(total(&resource_type_user, "emails[type eq \"home\"].value eq \"b@example.com\""), 0);
    CHECK_INT(total(&resource_type_user, arena_printf(arena, "id eq \"%.36s\"", b.id.p)), 1);
    CHECK_INT(total(&resource_type_user, "id eq \"nothing\""), 0);
    CHECK_INT(total(&resource_type_user, arena_printf(arena, "id eq \"%s\"", upper_of(b.id))), 0);
    CHECK_INT(total(&resource_type_team, "externalId eq \"X1\""), 1);
    CHECK_INT(total(&resource_type_team, "externalId eq \"x1\""), 0);
    CHECK_INT(
        total(&resource_type_team, arena_printf(arena, "id eq \"%.36s\" and members eq \"%.36s\"", t.id.p, a.id.p)), 1);
    CHECK_INT(
        total(&resource_type_team, arena_printf(arena, "id eq \"%.36s\" and members eq \"%.36s\"", t.id.p, b.id.p)), 0);
    CHECK_INT(total(&resource_type_team, arena_printf(arena, "members[value eq \"%.36s\"]", a.id.p)), 1);
    CHECK_INT(total(&resource_type_user, "title eq \"x\""), 0);
}

static const struct unit_test tests[] = {
    UNIT(user_is_created_and_read),
    UNIT(user_name_is_unique_without_case),
    UNIT(user_in_another_account_is_unknown),
    UNIT(no_change_writes_nothing),
    UNIT(unassigning_active_wakes_nobody),
    UNIT(newest_is_true_for_who_is_ahead),
    UNIT(deactivation_is_told_and_counted),
    UNIT(rename_frees_the_old_name),
    UNIT(deleted_user_is_gone_everywhere),
    UNIT(memberships_are_read_and_ended_in_little_memory),
    UNIT(deleted_manager_has_nobody),
    UNIT(deleted_manager_of_many_goes_in_steps),
    UNIT(deleted_manager_of_large_records_goes_in_steps),
    UNIT(team_members_come_and_go),
    UNIT(members_go_by_what_is_told_of_them),
    UNIT(filters_on_members_count_in_their_order),
    UNIT(filters_on_members_ask_no_more_than_they_may),
    UNIT(unknown_and_nested_members_are_refused_whole),
    UNIT(pushed_group_replaces_the_team_of_its_name),
    UNIT(put_without_members_leaves_them),
    UNIT(all_members_are_named_again_and_again),
    UNIT(many_members_make_events_in_parts),
    UNIT(pages_keep_the_order_of_creation),
    UNIT(filtered_pages_keep_the_order_of_creation),
    UNIT(pages_cross_blocks),
    UNIT(an_old_count_of_the_last_block_is_not_looked_at),
    UNIT(filters_ask_for_members),
    UNIT(filters_use_indexes),
};

int main(void)
{
    int status = account_run("directory", tests, sizeof tests / sizeof tests[0]);

    arena_free(&scratch);
    return status;
}
