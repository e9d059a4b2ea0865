/* SPDX-License-Identifier: Apache-2.0 */
/* An account's own schemas over a real store: who knows them, who may write by which, and what verification finds. */
#include "account.h"

#include "roster/directory/schemas.h"
#include "roster/directory/state.h"
#include "roster/directory/token.h"
#include "roster/store/key.h"

#include <stdlib.h>
#include <time.h>

#define EXT "urn:example:ext:1.0:User"
#define DEFINITION                                                                                                     \
    "{\"id\":\"" EXT "\",\"attributes\":[{\"name\":\"badge\",\"uniqueness\":\"server\"},{\"name\":\"level\","          \
    "\"type\":\"integer\"}]}"

static char texts[4096]; /* what verification said */

static bool add(uint8_t type, const char *definition)
{
    error = ERROR_INIT;
    return schemas_add(store, arena, &account, type, str_of(definition), &error);
}

static bool make_user(const char *name, const char *ext, struct image *im)
{
    struct error e = ERROR_INIT;
    const char *text = arena_printf(
        arena, "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"%s@example.com\",\"" EXT "\":%s}", name, ext);

    return user_create(call(), json_read(arena, str_of(text), &e), im);
}

static bool replace_user(struct str id, const char *ext, struct image *im)
{
    struct error e = ERROR_INIT;
    const char *text =
        arena_printf(arena, "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"ana@example.com\",\"" EXT "\":%s}", ext);

    return user_replace(call(), id, json_read(arena, str_of(text), &e), NULL, im);
}

/* What a worker knew before the change it may not write by: a PUT would drop what it does not know. */
static void who_knows_older_schemas_may_not_write(void)
{
    struct account before;
    struct image im, other;

    begin("workspace");
    before = account;
    CHECK(add(RESOURCE_USER, DEFINITION));
    CHECK(!make_user("ana", "{\"badge\":\"b\"}", &im));
    CHECK_INT(error.code, ERR_ACCOUNT_CHANGED);
    reload();
    CHECK(account.schemas == 1 && account.user_type != &resource_type_user &&
          account.team_type->number == RESOURCE_TEAM);
    CHECK_FATAL(make_user("ana", "{\"badge\":\"b\"}", &im));
    struct str id = arena_str(arena, im.id);
    account = before;
    CHECK(!user_delete(call(), id, NULL));
    CHECK_INT(error.code, ERR_ACCOUNT_CHANGED);
    CHECK(!replace_user(id, "{\"level\":2}", &other)); /* was taken for a PUT that changes nothing */
    CHECK_INT(error.code, ERR_ACCOUNT_CHANGED);
    reload();
    CHECK(!make_user("ben", "{\"badge\":\"B\"}", &other));
    CHECK_INT(error.code, ERR_VALUE_TAKEN);
    CHECK_CSTR(error.sentence, "Another User has the value b of badge");
    CHECK(user_delete(call(), id, NULL));
    CHECK(make_user("ben", "{\"badge\":\"B\"}", &other));
}

static void schemas_in_use_stay(void)
{
    struct image im;

    begin("workspace");
    CHECK(add(RESOURCE_USER, DEFINITION));
    CHECK(add(RESOURCE_TEAM, "{\"id\":\"urn:example:t\",\"attributes\":[{\"name\":\"a\"}]}"));
    reload();
    CHECK_FATAL(make_user("ana", "{\"level\":1}", &im));
    struct str id = arena_str(arena, im.id);
    error = ERROR_INIT;
    CHECK(!schemas_remove(store, arena, &account, STR_LIT(EXT), &error));
    CHECK_INT(error.code, ERR_SCHEMA_IN_USE);
    CHECK(strstr(error.sentence, id.p) != NULL);
    error = ERROR_INIT;
    CHECK(schemas_remove(store, arena, &account, STR_LIT("URN:example:T"), &error));
    CHECK(!schemas_remove(store, arena, &account, STR_LIT("urn:example:t"), &error));
    CHECK_INT(error.code, ERR_SCHEMA_UNKNOWN);
    reload();
    CHECK(user_delete(call(), id, NULL));
    error = ERROR_INIT;
    CHECK(schemas_remove(store, arena, &account, STR_LIT(EXT), &error));
    reload();
    CHECK(account.user_type == &resource_type_user && account.schemas == 4);
}

static void numbers_are_given_once(void)
{
    const struct resource_type *type;

    begin("workspace");
    CHECK(add(RESOURCE_USER, DEFINITION));
    error = ERROR_INIT;
    CHECK(schemas_remove(store, arena, &account, STR_LIT(EXT), &error));
    CHECK(add(RESOURCE_USER, DEFINITION));
    reload();
    const struct schema *s = schemas_own(&account, STR_LIT(EXT), &type);
    CHECK_FATAL(s != NULL && type == account.user_type);
    CHECK_INT(s->number, 2);
    CHECK_INT(s->attributes[0].number, ATTR_OWN + 2);
    CHECK(!add(RESOURCE_TEAM, DEFINITION));
    CHECK_INT(error.code, ERR_SCHEMA_TAKEN);
    CHECK(schemas_own(&account, STR_LIT(URN_ENTERPRISE), &type) == NULL);
}

static void every_account_of_a_list_has_its_types(void)
{
    struct account *all;
    size_t n, own = 0;

    begin("workspace");
    CHECK(add(RESOURCE_TEAM, "{\"id\":\"urn:example:t\",\"attributes\":[{\"name\":\"a\"}]}"));
    error = ERROR_INIT;
    CHECK_FATAL(account_list(store, arena, &all, &n, &error));
    for (size_t i = 0; i < n; i++) {
        CHECK(all[i].user_type != NULL && all[i].team_type != NULL);
        own += all[i].number == account.number && all[i].team_type->extensions[0] != NULL;
    }
    CHECK_INT(own, 1);
}

/* --- the cache of tokens --- */

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&t, NULL);
}

static const struct resource_type *known_by(struct access_cache *cache, const char *secret)
{
    const struct access *access;
    struct arena *a = arena_new(0); /* ends with the request: nothing of it may be kept */

    error = ERROR_INIT;
    CHECK_INT(access_check(cache, store, a, str_of(secret), &access, &error), TOKEN_OK);
    arena_free(&a);
    return access == NULL ? NULL : access->account.user_type;
}

static void tokens_learn_of_a_schema(void)
{
    struct access_cache *cache = access_cache_new();
    char secret[TOKEN_TEXT_MAX];
    struct token t;

    begin("workspace");
    CHECK_FATAL(token_add(store, arena, &account, STR_LIT("t"), SCOPE_SCIM, 0, NULL, secret, &t, &error));
    CHECK(known_by(cache, secret) == &resource_type_user);
    CHECK(add(RESOURCE_USER, DEFINITION));
    pause_ms(600);
    const struct resource_type *type = known_by(cache, secret);
    CHECK_FATAL(type != NULL && type != &resource_type_user);
    CHECK_CSTR(type->extensions[1]->urn, EXT);
    pause_ms(600);
    CHECK(known_by(cache, secret) == type); /* read again, but not built again */
    CHECK(schemas_remove(store, arena, &account, STR_LIT(EXT), &error));
    pause_ms(600);
    type = known_by(cache, secret);
    CHECK(type != NULL && type->extensions[1] == NULL);
    access_cache_free(&cache);
}

/* --- what is stored --- */

struct damage {
    enum store_space space;
    uint16_t number;
    const char *value; /* NULL: delete */
    size_t len;
};

static enum store_rc damage_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    const struct damage *d = ctx;
    struct key k;

    (void)a;
    key_init(&k);
    if (d->space == SPACE_SCHEMA)
        key_u16(&k, d->number);
    return d->value == NULL ? store_delete(txn, d->space, key_view(&k))
                            : store_put(txn, d->space, key_view(&k), str_make(d->value, d->len));
}

static void say(const char *text, void *ctx)
{
    (void)ctx;
    snprintf(texts + strlen(texts), sizeof texts - strlen(texts), "%s\n", text);
}

static uint64_t faults(void)
{
    struct verify_report report = {0};

    texts[0] = '\0';
    error = ERROR_INIT;
    CHECK(verify_account(store, arena, &account, say, NULL, &report, &error));
    return report.faults;
}

static void every_damage_is_found(void)
{
    static const struct damage damages[] = {
        {SPACE_SCHEMA, 1, NULL, 0},
        {SPACE_SCHEMA, 1, "rubbish", 7},
        {SPACE_SCHEMA, 1, "\x01\x01\x03\xe8{}", 6},
        {SPACE_SCHEMA, 0, NULL, 0},
        {SPACE_SCHEMA, 0, "x", 1},
        {SPACE_SCHEMA, 0, "\x01\0\0\0\0\0\0\0\x02\0\x01\x03\xe9", 13},
        {SPACE_SCHEMA, 0, "\x01\0\0\0\0\0\0\0\x01\0\0\x03\xe9", 13},
    };
    struct image im;

    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct damage d = damages[i];

        begin("workspace");
        CHECK(add(RESOURCE_USER, DEFINITION));
        reload();
        CHECK(make_user("ana", "{\"badge\":\"b\",\"level\":2}", &im));
        CHECK_INT(faults(), 0);
        CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, damage_body, &d), STORE_OK);
        reload(); /* damage does not keep rosterctl verify out */
        if (!CHECK(faults() > 0))
            fprintf(stderr, "# damage %zu was not found\n", i);
    }
}

static enum store_rc state_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    (void)a;
    return state_get(txn, ctx);
}

static enum store_rc put_state_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    (void)a;
    return state_put(txn, ctx);
}

static enum store_rc state_of(const char *bytes, size_t len, struct state *out)
{
    struct damage d = {.space = SPACE_STATE, .value = bytes, .len = len};

    CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, damage_body, &d), STORE_OK);
    return store_run(store, account.number, STORE_READ, arena, state_body, out);
}

/* Accounts from before there were such schemas have a state of six fields; then fields came behind the others, up to eighteen. */
static void old_states_are_read(void)
{
    static const char six[49] = {1, [8] = 7, [48] = 0};
    char eighteen[145] = {1};
    struct state state;

    begin("workspace");
    CHECK_INT(state_of(six, sizeof six, &state), STORE_OK);
    CHECK_INT(state.event, 7);
    CHECK_INT(state.revision, 0);
    CHECK_INT(state_of(six, 48, &state), STORE_ERROR);
    for (char i = 1; i <= 18; i++)
        eighteen[8 * i] = i;
    CHECK_INT(state_of(eighteen, sizeof eighteen, &state), STORE_OK);
    const struct state expected = {.event = 1,
                                   .ordinal = {0, 2, 4},
                                   .count = {0, 3, 5},
                                   .active = 6,
                                   .revision = 7,
                                   .departed = 8,
                                   .tallied = 9,
                                   .typed = {10, 11, 12, 13},
                                   .defaulted = 14,
                                   .overflowed = 15,
                                   .former = 16,
                                   .former_first = 17,
                                   .logged = 18};
    CHECK(memcmp(&state, &expected, sizeof state) == 0);
    char nineteen[153] = {1};
    CHECK_INT(state_of(nineteen, sizeof nineteen, &state), STORE_ERROR);
    eighteen[0] = 2; /* in another order */
    CHECK_INT(state_of(eighteen, sizeof eighteen, &state), STORE_OK);
    const struct state second = {.revision = 1,
                                 .departed = 2,
                                 .tallied = 3,
                                 .typed = {4, 5, 6, 7},
                                 .overflowed = 8,
                                 .former = 9,
                                 .former_first = 10,
                                 .ordinal = {0, 13, 11},
                                 .count = {0, 14, 12},
                                 .defaulted = 15,
                                 .active = 16,
                                 .event = 17,
                                 .logged = 18};
    CHECK(memcmp(&state, &second, sizeof state) == 0);
}

static void states_are_read_as_they_were_written(void)
{
    struct state state = {.event = UINT64_MAX, .revision = 7}, again;
    char bytes[1 + 29 * 8] = {3};

    begin("workspace");
    state.ordinal[1] = UINT64_C(0x0102030405060708);
    state.ordinal[2] = state.count[2] = 9;
    state.count[1] = state.active = 10;
    for (int i = 0; i < STATE_BASES; i++)
        state.typed[i] = 20 + (uint64_t)i;
    state.departed = 30;
    for (int i = 0; i < STATE_BASES; i++)
        state.inactive[i] = 40 + (uint64_t)i;
    state.tallied = 1;
    state.defaulted = 31;
    state.overflowed = 32;
    state.former = 33;
    state.former_first = 34;
    state.logged = 35;
    state.changes = 36;
    state.changed = 37;
    for (int i = 0; i < STATE_STEPS; i++)
        state.stepped[i] = 50 + (uint64_t)i;
    CHECK_INT(store_run(store, account.number, STORE_WRITE, arena, put_state_body, &state), STORE_OK);
    CHECK_INT(store_run(store, account.number, STORE_READ, arena, state_body, &again), STORE_OK);
    CHECK(memcmp(&state, &again, sizeof state) == 0);
    CHECK_INT(state_of(bytes, sizeof bytes, &again), STORE_OK);
    CHECK_INT(state_of(bytes, sizeof bytes - 8, &again), STORE_ERROR);
    bytes[0] = 2;
    CHECK_INT(state_of(bytes, sizeof bytes, &again), STORE_ERROR);
    CHECK_INT(state_of(bytes, 145, &again), STORE_OK);
    CHECK_INT(state_of(bytes, 137, &again), STORE_ERROR);
    bytes[0] = 1;
    CHECK_INT(state_of(bytes, 153, &again), STORE_ERROR);
    bytes[0] = 4;
    CHECK_INT(state_of(bytes, sizeof bytes, &again), STORE_ERROR);
    bytes[0] = 0;
    CHECK_INT(state_of(bytes, sizeof bytes, &again), STORE_ERROR);
    CHECK_INT(state_of(bytes, 0, &again), STORE_ERROR);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(who_knows_older_schemas_may_not_write),
        UNIT(schemas_in_use_stay),
        UNIT(numbers_are_given_once),
        UNIT(every_account_of_a_list_has_its_types),
        UNIT(tokens_learn_of_a_schema),
        UNIT(every_damage_is_found),
        UNIT(old_states_are_read),
        UNIT(states_are_read_as_they_were_written),
    };
    return account_run("schemas", tests, sizeof tests / sizeof tests[0]);
}
