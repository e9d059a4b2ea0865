/* SPDX-License-Identifier: Apache-2.0 */
/* Export, import and verification of whole accounts, over a real store. */
#include "../../src/directory/registry.h"
#include "store.h"

#include "roster/base/clock.h"
#include "roster/directory/entry.h"
#include "roster/directory/member.h"
#include "roster/directory/portable.h"
#include "roster/directory/state.h"
#include "roster/directory/team.h"
#include "roster/directory/token.h"
#include "roster/directory/user.h"
#include "roster/directory/verify.h"
#include "roster/store/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct conf conf;
static struct store *store;
static struct arena *arena, *scratch;
static struct error error;
static struct account account;
static int accounts;
static char texts[4096]; /* what verification said */

static void open_store(void)
{
    arena = arena_new(0);
    scratch = arena_new(0);
    store = unit_store(&conf, arena);
}

static void begin(void)
{
    struct policy policy;

    if (store == NULL)
        open_store();
    arena_reset(scratch);
    error = ERROR_INIT;
    policy_preset(&policy, STR_LIT("workspace"));
    policy_set(&policy, STR_LIT("team_same_name"), STR_LIT("merge"), &error);
    CHECK(account_add(store, arena, str_of(arena_printf(arena, "acme%d", ++accounts)), STR_LIT("Acme \"\xc3\xa9\""),
                      &policy, &account, &error));
}

static struct call call(void)
{
    error = ERROR_INIT;
    return (struct call){.store = store,
                         .arena = scratch,
                         .account = &account,
                         .request = id_new(),
                         .now = clock_now(),
                         .error = &error};
}

static struct json_object *json(const char *text)
{
    struct json_object *v = json_read(scratch, str_of(text), &error);

    CHECK(v != NULL);
    return v;
}

static struct id add_user(int i)
{
    struct call c = call();
    struct image im = {.type = NULL};
    struct id id = {{0}};

    CHECK(user_create(
        &c,
        json(arena_printf(scratch,
                          "{\"schemas\":[\"" URN_USER "\",\"" URN_ENTERPRISE "\"],\"userName\":\"U%d@example.com\","
                          "\"externalId\":\"x/%d\",\"active\":%s,\"name\":{\"givenName\":\"\xc3\x89l\"},"
                          "\"nickName\":\"a\\\"\\\\/\\u0001\\b\xf0\x9f\x98\x80\","
                          "\"emails\":[{\"value\":\"u%d@example.com\",\"primary\":true,\"type\":\"work\"}],"
                          "\"" URN_ENTERPRISE "\":{\"department\":\"R D\",\"manager\":{\"value\":\"7\"}}}",
                          i, i, i % 3 == 0 ? "false" : "true", i)),
        &im));
    if (im.type != NULL)
        id_parse(im.id, &id);
    return id;
}

static struct id add_team(const char *name, const struct id *users, size_t n)
{
    struct call c = call();
    struct image im = {.type = NULL};
    struct id id = {{0}};
    struct buf b;

    buf_init(&b, scratch);
    buf_printf(&b, "{\"schemas\":[\"" URN_GROUP "\"],\"displayName\":\"%s\",\"members\":[", name);
    for (size_t i = 0; i < n; i++) {
        char text[ID_TEXT_LEN + 1];

        id_format(&users[i], text);
        buf_printf(&b, "%s{\"value\":\"%s\"}", i > 0 ? "," : "", text);
    }
    buf_puts(&b, "]}");
    if (strcmp(name, "Two") == 0)
        c.token = id_new(); /* the others are the operator's */
    CHECK(team_create(&c, json(buf_cstr(&b)), &im));
    if (im.type != NULL)
        id_parse(im.id, &id);
    return id;
}

static enum store_rc use_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    (void)a;
    return token_put_last_use(txn, ctx);
}

/* Users, teams, memberships, deletions and tokens. */
static void fill(int nusers)
{
    struct id users[8] = {{{0}}};
    char secret[TOKEN_TEXT_MAX], text[ID_TEXT_LEN + 1];
    struct token t;

    for (int i = 0; i < nusers; i++) {
        struct id id = add_user(i);

        users[i % 8] = id;
        if (i % 100 == 99)
            arena_reset(scratch);
    }
    add_team("One", users, nusers < 8 ? (size_t)nusers : 8);
    add_team("Two", users, 3);
    id_format(&users[0], text);
    struct call c = call();
    CHECK(user_delete(&c, str_of(text), NULL));
    CHECK(token_add(store, arena, &account, STR_LIT("okta \"1\""), SCOPE_SCIM, 0, NULL, secret, &t, &error));
    t.last_used = clock_now();
    t.last_address = STR_LIT("2001:db8::1");
    t.last_agent = STR_LIT("Agent \"\xc3\xa9\"");
    CHECK_INT(store_run(store, account.number, STORE_WRITE, scratch, use_body, &t), STORE_OK);
    CHECK(token_add(store, arena, &account, STR_LIT("old"), SCOPE_SCIM | SCOPE_EVENTS_READ, clock_now() + 5000,
                    &users[1], secret, &t, &error));
    CHECK(token_revoke(store, arena, &account, STR_LIT("old"), &error));
}

static void say(const char *text, void *ctx)
{
    size_t len = strlen(texts), n = strlen(text);

    (void)ctx;
    if (len + n + 2 > sizeof texts)
        return;
    memcpy(texts + len, text, n);
    memcpy(texts + len + n, "\n", 2);
}

/* The number of faults; what they are is in texts. */
static uint64_t faults(const struct account *of, struct verify_report *report)
{
    texts[0] = '\0';
    error = ERROR_INIT;
    CHECK(verify_account(store, arena, of, say, NULL, report, &error));
    return report->faults;
}

/* The export as a string of scratch, with a NUL behind it. */
static struct str exported(const char *slug)
{
    FILE *f = tmpfile();
    struct buf b;
    int c;

    error = ERROR_INIT;
    buf_init(&b, scratch);
    CHECK(portable_export(store, arena, str_of(slug), f, &error));
    rewind(f);
    while ((c = getc(f)) != EOF)
        buf_putc(&b, (char)c);
    fclose(f);
    buf_cstr(&b);
    return buf_view(&b);
}

static bool imported(struct str text, const char *slug)
{
    FILE *f = tmpfile();

    CHECK(fwrite(text.p, 1, text.len, f) == text.len);
    rewind(f);
    error = ERROR_INIT;
    bool ok = portable_import(store, arena, f, str_of(slug), &error);
    fclose(f);
    return ok;
}

/* text without the lines that begin with head. */
static struct str without(struct str text, const char *head)
{
    struct buf b;

    buf_init(&b, scratch);
    for (size_t from = 0, end; from < text.len; from = end + 1) {
        end = str_find(text, '\n', from);
        struct str line = str_sub(text, from, end);
        if (!str_starts(line, str_of(head))) {
            buf_str(&b, line);
            buf_putc(&b, '\n');
        }
    }
    return buf_view(&b);
}

static struct str replaced(struct str text, const char *old, const char *new)
{
    struct buf b;
    size_t at = 0, len = strlen(old);

    while (at + len <= text.len && memcmp(text.p + at, old, len) != 0)
        at++;
    CHECK(at + len <= text.len);
    buf_init(&b, scratch);
    buf_str(&b, str_sub(text, 0, at));
    buf_puts(&b, new);
    buf_str(&b, str_sub(text, at + len, text.len));
    return buf_view(&b);
}

static void round_trip_is_exact(void)
{
    struct verify_report before, after;
    struct account back;

    begin();
    fill(1100); /* more than two batches */
    CHECK_INT(faults(&account, &before), 0);
    CHECK_INT(before.users, 1099);
    CHECK_INT(before.teams, 2);
    CHECK_INT(before.memberships, 9);
    struct str first = exported(account.slug);
    CHECK(strstr(first.p, "\"scopes\":\"scim events:read\",\"user\":\"") != NULL); /* a token that stands for a user */
    CHECK(strstr(first.p, "\"address\":\"2001:db8::1\",\"agent\":\"Agent \\\"\xc3\xa9\\\"\",") != NULL);
    CHECK(strstr(first.p, "\"added\":{\"type\":\"operator\"}}\n") != NULL);
    CHECK(strstr(first.p, "\"added\":{\"type\":\"token\",\"id\":\"") != NULL);
    CHECK(account_remove(store, arena, str_of(account.slug), &error));
    CHECK_FATAL(imported(first, ""));
    struct str second = exported(account.slug);
    CHECK_INT(second.len, first.len);
    CHECK(str_eq(second, first));
    CHECK_FATAL(account_find(store, arena, str_of(account.slug), &back, &error));
    CHECK(!back.suspended);
    CHECK_INT(back.policy.value[POLICY_TEAM_SAME_NAME], SAME_NAME_MERGE);
    CHECK_INT(back.created, account.created);
    CHECK_INT(faults(&back, &after), 0);
    CHECK_CSTR(texts, "");
    CHECK_INT(after.users, before.users);
    CHECK_INT(after.memberships, before.memberships);
    CHECK_INT(after.events, before.events);
    CHECK_INT(after.keys, before.keys - 2); /* a deleted user can be restored only where he was */
}

static void import_works_on(void)
{
    struct verify_report report;

    begin();
    fill(10);
    struct str text = without(exported(account.slug), "{\"type\":\"token\"");
    CHECK_FATAL(imported(text, "copy"));
    CHECK_FATAL(account_find(store, arena, STR_LIT("copy"), &account, &error));
    struct id user = add_user(77); /* takes the next ordinal and event */
    add_team("Three", &user, 1);
    CHECK_INT(faults(&account, &report), 0);
    struct call c = call();
    struct image im;
    CHECK(!user_create(&c, json("{\"schemas\":[\"" URN_USER "\"],\"userName\":\"u1@EXAMPLE.com\"}"), &im));
    CHECK_INT(error.code, ERR_USERNAME_TAKEN);
}

static void status_is_kept(void)
{
    struct account back;

    begin();
    CHECK(account_set(store, arena, str_of(account.slug), STR_LIT("status"), STR_LIT("suspended"), &error));
    CHECK_FATAL(imported(exported(account.slug), "sleeping"));
    CHECK_FATAL(account_find(store, arena, STR_LIT("sleeping"), &back, &error));
    CHECK(back.suspended);
}

static void refused(struct str text, const char *sentence)
{
    struct account none;

    CHECK(!imported(text, "broken"));
    CHECK(str_starts(str_of(error.sentence), str_of(sentence)));
    if (!str_starts(str_of(error.sentence), str_of(sentence)))
        fprintf(stderr, "# %s, not %s\n", error.sentence, sentence);
    error = ERROR_INIT;
    CHECK(!account_find(store, arena, STR_LIT("broken"), &none, &error)); /* nothing is left of it */
}

static void malformed_files_are_refused(void)
{
    begin();
    fill(5); /* lines: account, state, 2 tokens, 4 users (5..8), 2 teams (9, 10), members, events */
    struct str all = exported(account.slug), text = without(all, "{\"type\":\"token\"");

    CHECK(!imported(all, account.slug));
    CHECK_INT(error.code, ERR_ACCOUNT_TAKEN);
    refused(all, "Line 3 of the import: the token is in use");
    refused(STR_LIT(""), "Line 1 of the import: the first line");
    refused(STR_LIT("hello\n"), "Line 1 of the import: it does not begin");
    refused(replaced(text, "\"format\":1", "\"format\":2"), "Line 1 of the import: the format");
    refused(replaced(text, "\"preset\":\"workspace\"", "\"preset\":\"strict\""), "Line 1 of the import: slug");
    refused(without(text, "{\"type\":\"state\""), "Line 2 of the import: the second line");
    refused(replaced(text, "\"users\":", "\"users\":-"), "Line 2 of the import: a counter");
    refused(replaced(text, "{\"type\":\"user\"", "{\"type\":\"person\""), "Line 3 of the import: it does not begin");
    refused(replaced(text, "\"ordinal\":3,", "\"ordinal\":2,"), "Line 4 of the import: ordinal or version does not");
    refused(replaced(text, "\"userName\":", "\"usreName\":"), "Line 3 of the import:");
    refused(replaced(text, "U3@example.com", "U2@example.com"), "Line 5 of the import: a unique value");
    refused(replaced(text, "\"modified\":\"2", "\"modified\":\"x"), "Line 3 of the import: ordinal, version");
    refused(replaced(text, "\"since\":\"2", "\"since\":\"x"), "Line 9 of the import: team, user, since");
    refused(replaced(text, "\"added\":{\"type\":\"token\",\"id\":\"", "\"added\":{\"type\":\"token\",\"id\":\"x"),
            "Line ");
    refused(replaced(text, "\"added\":{\"type\":\"operator\"}", "\"added\":{\"type\":\"nobody\"}"), "Line ");
    refused(replaced(text, "\"event\":{\"seq\":2,", "\"event\":{\"seq\":3,"), "Line ");
    refused(replaced(text, "\"event\":{\"seq\":2,", "\"event\":{\"seq\":2,\"seq\":2,"), "Line ");
    refused(without(text, "{\"type\":\"event\",\"event\":{\"seq\":1,"), "Line ");
    refused(str_sub(text, 0, text.len - 2), "Line ");
    for (size_t end = text.len - 1; end > 0; end--) { /* the last line is missing */
        if (text.p[end - 1] == '\n') {
            refused(str_sub(text, 0, end), "Line ");
            break;
        }
    }
}

static void without_members_is_another_account(void)
{
    begin();
    CHECK(imported(exported(account.slug), "empty"));
}

/* --- damage --- */

struct damage {
    enum store_space space;
    size_t nth;        /* which pair of the space */
    const char *value; /* NULL: delete it */
    bool add;          /* a new key: the pair's with its last byte changed */
};

static enum store_rc damage_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    const struct damage *d = ctx;
    struct walk_pair *pairs;
    size_t n;

    enum store_rc rc = walk_batch(txn, a, d->space, STR_NULL, STR_NULL, &pairs, &n);
    if (rc != STORE_OK || n <= d->nth)
        return STORE_ERROR;
    struct str key = pairs[d->nth].key;
    if (d->add) {
        char *copy = arena_strndup(a, key.p, key.len);

        copy[key.len - 1] ^= 0x55;
        return store_put(txn, d->space, str_make(copy, key.len), pairs[d->nth].value);
    }
    return d->value == NULL ? store_delete(txn, d->space, key) : store_put(txn, d->space, key, str_of(d->value));
}

static enum store_rc last_user_body(struct store_txn *txn, struct arena *a, void *ctx)
{
    struct walk_pair *pairs;
    size_t n;

    enum store_rc rc = walk_batch(txn, a, SPACE_USER, STR_NULL, STR_NULL, &pairs, &n);
    return rc == STORE_OK && key_take_id(&pairs[n - 1].key, ctx) ? STORE_OK : STORE_ERROR;
}

/* So that there is something that can be given back. */
static void delete_one(const struct account *of)
{
    struct call c = call();
    char text[ID_TEXT_LEN + 1];
    struct id id;

    c.account = of;
    CHECK_FATAL(store_run(store, of->number, STORE_READ, scratch, last_user_body, &id) == STORE_OK);
    id_format(&id, text);
    CHECK(user_delete(&c, str_of(text), NULL));
}

static void every_damage_is_found(void)
{
    static const struct damage damages[] = {
        {.space = SPACE_USER, .nth = 1},
        {.space = SPACE_TEAM, .nth = 0},
        {.space = SPACE_USER, .nth = 1, .value = "rubbish"},
        {.space = SPACE_UNIQUE, .nth = 0},
        {.space = SPACE_UNIQUE, .nth = 0, .value = "0123456789abcdef"},
        {.space = SPACE_INDEX, .nth = 2},
        {.space = SPACE_INDEX, .nth = 2, .add = true},
        {.space = SPACE_ORDER, .nth = 1},
        {.space = SPACE_ORDER, .nth = 1, .add = true},
        {.space = SPACE_BLOCK, .nth = 0},
        {.space = SPACE_BLOCK, .nth = 0, .value = "\x01\x01"},
        {.space = SPACE_BLOCK, .nth = 0, .add = true},
        {.space = SPACE_MEMBER, .nth = 0},
        {.space = SPACE_MEMBER, .nth = 0, .value = "x"},
        {.space = SPACE_MEMBER, .nth = 0, .add = true},
        {.space = SPACE_MEMBEROF, .nth = 0},
        {.space = SPACE_MEMBEROF, .nth = 0, .add = true},
        {.space = SPACE_EVENT, .nth = 0},
        {.space = SPACE_EVENT, .nth = 1},
        {.space = SPACE_EVENT, .nth = 1, .value = "{\"seq\":3,\"type\":\"x\"}"},
        {.space = SPACE_EVENT, .nth = 1, .value = "{"},
        {.space = SPACE_STATE, .nth = 0},
        {.space = SPACE_STATE, .nth = 0, .value = "\x01"},
        {.space = SPACE_TOKEN, .nth = 0},
        {.space = SPACE_FORMER, .nth = 0},
        {.space = SPACE_FORMER, .nth = 0, .value = "\x01"},
        {.space = SPACE_FORMER, .nth = 0, .add = true},
        {.space = SPACE_FORMERAGE, .nth = 0},
        {.space = SPACE_FORMERAGE, .nth = 0, .add = true},
    };
    struct verify_report report;
    char slug[16];

    begin();
    fill(9);
    struct str text = exported(account.slug), plain = without(text, "{\"type\":\"token\"");
    /* as after many that were deleted: the first block is not the last, and is counted */
    plain = replaced(plain, "\"userOrdinal\":", "\"userOrdinal\":900");
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        snprintf(slug, sizeof slug, "damage%zu", i);
        struct damage d = damages[i];
        struct account copy;
        char secret[TOKEN_TEXT_MAX];
        struct token t;

        CHECK_FATAL(imported(plain, slug));
        CHECK_FATAL(account_find(store, arena, str_of(slug), &copy, &error));
        CHECK_FATAL(token_add(store, arena, &copy, STR_LIT("t"), SCOPE_SCIM, 0, NULL, secret, &t, &error));
        delete_one(&copy);
        CHECK_INT(faults(&copy, &report), 0);
        CHECK_INT(store_run(store, copy.number, STORE_WRITE, scratch, damage_body, &d), STORE_OK);
        CHECK(faults(&copy, &report) > 0);
        if (report.faults == 0)
            fprintf(stderr, "# damage %zu was not found\n", i);
        CHECK(texts[0] != '\0');
    }
}

static void exchanged_entries_are_both_told(void)
{
    struct damage gone = {.space = SPACE_INDEX, .nth = 1}, extra = {.space = SPACE_INDEX, .nth = 4, .add = true};
    struct verify_report report;

    begin();
    fill(6);
    CHECK_INT(store_run(store, account.number, STORE_WRITE, scratch, damage_body, &gone), STORE_OK);
    CHECK_INT(store_run(store, account.number, STORE_WRITE, scratch, damage_body, &extra), STORE_OK);
    CHECK_INT(faults(&account, &report), 2); /* the counts agree */
    CHECK(strstr(texts, "is missing") != NULL);
    CHECK(strstr(texts, "no record asks for it") != NULL);
}

static void unknown_accounts_are_refused(void)
{
    FILE *f = tmpfile();

    begin();
    CHECK(!portable_export(store, arena, STR_LIT("nobody"), f, &error));
    CHECK_INT(error.code, ERR_ACCOUNT_UNKNOWN);
    fclose(f);
    f = fopen("/dev/full", "w");
    error = ERROR_INIT;
    CHECK(!portable_export(store, arena, str_of(account.slug), f, &error));
    CHECK_INT(error.code, ERR_FILE_UNUSABLE);
    fclose(f);
}

static const struct unit_test tests[] = {
    UNIT(round_trip_is_exact),
    UNIT(import_works_on),
    UNIT(status_is_kept),
    UNIT(malformed_files_are_refused),
    UNIT(without_members_is_another_account),
    UNIT(every_damage_is_found),
    UNIT(exchanged_entries_are_both_told),
    UNIT(unknown_accounts_are_refused),
};

int main(void)
{
    int status = unit_run("portable", tests, sizeof tests / sizeof tests[0]);

    store_close(&store);
    arena_free(&scratch);
    arena_free(&arena);
    return status;
}
