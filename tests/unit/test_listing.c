/* SPDX-License-Identifier: Apache-2.0 */
/* Lists over a real store: whatever way a query is answered, the same resources come in the same order. */
#include "store.h"

#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/directory/cursor.h"
#include "roster/directory/listing.h"
#include "roster/directory/team.h"
#include "roster/directory/user.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define USERS       300
#define TEAMS       40

static struct conf conf;
static struct store *store;
static struct arena *arena;
static struct account account;
static struct error error;
static struct image users[USERS];
static struct id user_ids[USERS], team_ids[TEAMS];

static struct call *call(void)
{
    static struct call c;

    error = ERROR_INIT;
    c = (struct call){.store = store, .arena = arena, .account = &account, .now = clock_now(), .error = &error};
    return &c;
}

static struct json_object *json(const char *text)
{
    struct error e = ERROR_INIT;

    return json_read(arena, str_of(text), &e);
}

static void make_user(int i)
{
    struct buf b;

    buf_init(&b, arena);
    buf_printf(&b,
               "{\"schemas\":[\"" URN_USER "\"],\"userName\":\"%s%03d@example.com\",\"active\":%s,"
               "\"externalId\":\"%c%d\",\"name\":{\"familyName\":\"F%d\"},"
               "\"emails\":[{\"value\":\"a%d@x.org\",\"type\":\"work\"},{\"value\":\"b%d@x.org\",\"primary\":%s}]",
               i % 3 == 0 ? "Ana" : "bob", (i * 7) % USERS, i % 5 ? "true" : "false", i % 2 ? 'X' : 'x', i, i % 10, i,
               USERS - i, i % 4 ? "false" : "true");
    if (i % 4)
        buf_printf(&b, ",\"title\":\"%s %d\"", i % 8 == 1 ? "\xC3\x84rztin" : "chief", i % 17);
    if (i % 6 == 0)
        buf_printf(&b, ",\"" URN_ENTERPRISE "\":{\"department\":\"D%d\"}", i % 12);
    buf_putc(&b, '}');
    if (!CHECK(user_create(call(), json(buf_cstr(&b)), &users[i])))
        printf("# %s\n", error.sentence);
    id_parse(users[i].id, &user_ids[i]);
}

static void make_team(int i)
{
    struct image im;

    CHECK(team_create(call(),
                      json(arena_printf(arena, "{\"schemas\":[\"" URN_GROUP "\"],\"displayName\":\"Team %d\"}", i % 7)),
                      &im));
    id_parse(im.id, &team_ids[i]);
}

static void prepare(void)
{
    struct policy p;

    if (store != NULL)
        return;
    arena = arena_new(0);
    store = unit_store(&conf, arena);
    CHECK(policy_preset(&p, STR_LIT("rfc")));
    CHECK(account_add(store, arena, STR_LIT("acme"), STR_LIT("Acme"), &p, &account, &error));
    for (int i = 0; i < USERS; i++)
        make_user(i);
    for (int i = 0; i < TEAMS; i++)
        make_team(i);
}

/* --- what must be found: every user is asked by itself --- */

static size_t expected(const struct filter *f, struct id out[USERS])
{
    size_t n = 0;

    for (int i = 0; i < USERS; i++) {
        struct error e = ERROR_INIT;
        struct json_object *v =
            json_read(arena, str_of(arena_printf(arena, "%.*s}}", (int)users[i].text.len, users[i].text.p)), &e);
        if (CHECK(v != NULL) && filter_match(f, v, arena))
            out[n++] = user_ids[i];
    }
    return n;
}

static bool same(const struct id *a, size_t na, const struct id *b, size_t nb)
{
    return na == nb && (na == 0 || memcmp(a, b, na * sizeof *a) == 0);
}

/* --- what is found, in each of the ways to ask --- */

static size_t append(struct id *out, size_t n, const struct listing *page)
{
    for (size_t i = 0; i < page->n && n < USERS + TEAMS; i++)
        out[n++] = page->items[i].id;
    return n;
}

static size_t by_index(struct listing_query q, size_t count, struct id *out, uint64_t *total)
{
    struct listing page;
    size_t n = 0;

    q.count = count;
    *total = 0;
    for (q.start = 1; q.start <= USERS + TEAMS + 1; q.start += count) {
        if (!CHECK(listing_run(call(), &q, &page)))
            return 0;
        *total = page.total;
        n = append(out, n, &page);
    }
    return n;
}

/* A walk by cursors to the end; *back gets the walk from there to the beginning, turned round. */
static size_t by_cursor(struct listing_query q, size_t count, struct id *out, struct id *back, size_t *nback)
{
    struct listing page = {.after = true};
    struct listing_place place;
    size_t n = 0, pages = 0, begin = USERS + TEAMS;

    q.count = count;
    q.start = 0;
    for (; page.after && pages < USERS + TEAMS; pages++) {
        if (!CHECK(listing_run(call(), &q, &page)))
            return 0;
        CHECK_INT(page.before, pages > 0);
        n = append(out, n, &page);
        place = page.last;
        q.from = &place;
    }
    memcpy(back + begin - page.n, out + n - page.n, page.n * sizeof *out);
    begin -= page.n;
    q.backward = true;
    for (struct listing_place first = page.first; page.before && begin >= count; first = page.first) {
        place = first;
        if (!CHECK(listing_run(call(), &q, &page)))
            return 0;
        CHECK(page.after);
        for (size_t i = page.n; i-- > 0;)
            back[--begin] = page.items[i].id;
    }
    *nback = USERS + TEAMS - begin;
    memmove(back, back + begin, *nback * sizeof *back);
    return n;
}

/* All ways give the same, also pages that begin before what a pass keeps and end behind it; *out is the order. */
static size_t all_ways(const struct listing_query *q, const char *what, struct id out[USERS + TEAMS])
{
    static struct id pages[USERS + TEAMS], cursor[USERS + TEAMS], back[USERS + TEAMS];
    static const size_t counts[] = {1000, 7, 50}, passes[] = {0, 10, 64};
    size_t n = 0, m, nback;
    uint64_t total;

    for (size_t i = 0; i < COUNT(counts); i++) {
        struct listing_query paged = *q;
        paged.pass = passes[i];
        m = by_index(paged, counts[i], pages, &total);
        bool good = CHECK_INT(total, m);
        if (i == 0)
            memcpy(out, pages, (n = m) * sizeof *out);
        good &= CHECK(same(out, n, pages, m));
        m = by_cursor(*q, counts[i], cursor, back, &nback);
        good &= CHECK(same(out, n, cursor, m)) & CHECK(same(out, n, back, nback));
        if (!good)
            printf("# %s, pages of %zu: %zu, %zu, %zu of %zu\n", what, counts[i], n, m, nback, (size_t)total);
    }
    return n;
}

static void finds_what_matches(void)
{
    static const char *const filters[] = {
        "userName eq \"ANA021@example.com\"",
        "userName eq \"nobody\"",
        "userName sw \"ana\"",
        "userName sw \"ana0\" and active eq true",
        "userName sw \"\"",
        "userName gt \"bob2\"",
        "userName ge \"ana003@example.com\" and userName lt \"ana099\"",
        "userName gt \"ana2\" and userName lt \"ana1\"",
        "userName le \"ana021@example.com\"",
        "userName lt \"a\"",
        "userName co \"21\"",
        "userName ew \"7@EXAMPLE.com\"",
        "not (userName sw \"a\")",
        "userName ne \"ana021@example.com\"",
        "userName sw \"ana0\" or userName sw \"bob1\"",
        "userName sw \"ana0\" or userName sw \"ana01\" or userName eq \"ana021@example.com\"",
        "userName sw \"ana0\" or title pr",
        "(userName sw \"ana0\" or userName sw \"bob0\") and (title sw \"chief\" or active eq false)",
        "externalId eq \"X21\"",
        "externalId eq \"x21\"",
        "externalId sw \"X\"",
        "externalId gt \"X\" and externalId lt \"Y\"",
        "emails.value eq \"A3@x.org\"",
        "emails eq \"b200@x.org\"",
        "emails.value ge \"a\"", /* both values of each user: he is listed once */
        "emails sw \"a1\" or emails[value lt \"b2\"]",
        "emails.value gt \"b2\" and emails.value lt \"a2\"",
        "emails[value gt \"b2\" and value lt \"b25\"]",
        "emails[value sw \"b1\" and primary eq true]",
        "emails[value sw \"b1\" or value sw \"a1\"]",
        "emails[type eq \"work\"].value sw \"a12\"",
        "emails.type ne \"work\"",
        "emails[type eq null]",
        "title eq null and active eq false",
        "title co \"\xC3\xA4RZ\"",
        "title eq \"chief 3\" or title eq \"\xC3\xA4rztin 9\"",
        "name.familyName ge \"f250\" and name[familyName le \"F260\"]",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"d6\"",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr and not (department eq \"d0\")",
        "meta.version eq \"W/\\\"21\\\"\" or meta.created lt \"2020-01-01T00:00:00Z\"",
        "meta.resourceType eq \"User\" and schemas co \"enterprise\"",
        "id pr and id sw \"a\"",
    };
    struct id want[USERS], got[USERS + TEAMS];
    const struct resource_type *type = &resource_type_user;

    prepare();
    for (size_t i = 0; i < COUNT(filters); i++) {
        struct filter *f = filter_parse(type, str_of(filters[i]), arena, &error);
        if (!CHECK(f != NULL)) {
            printf("# %s: %s\n", filters[i], error.sentence);
            continue;
        }
        struct listing_query q = {.types = &type, .ntypes = 1, .filters = (const struct filter *const *)&f};
        size_t n = expected(f, want), m = all_ways(&q, filters[i], got);
        if (!CHECK(same(want, n, got, m)))
            printf("# %s: %zu instead of %zu\n", filters[i], m, n);
    }
}

/* --- sorting --- */

static const struct {
    const char *by;
    bool number_is_key; /* each has another value */
} sorts[] = {{"userName", true},
             {"title", false},
             {"name.familyName", true},
             {"emails", true},
             {"emails.type", false},
             {"active", false},
             {"meta.created", false},
             {"externalId", true},
             {"meta.version", true},
             {"department", false},
             {"id", true},
             {"meta.location", true},
             {"meta.resourceType", false}};

static size_t place_of(const struct id *id)
{
    size_t i = 0;

    while (i < USERS && !id_eq(id, &user_ids[i]))
        i++;
    return i;
}

/* Each pair of neighbours is in order; equal ones are in the order of creation. */
static void check_order(const struct attrpath *by, bool descending, const struct id *ids, size_t n, const char *what)
{
    char room_a[SORT_VALUE_MAX], room_b[SORT_VALUE_MAX];

    for (size_t i = 1; i < n; i++) {
        size_t a = place_of(&ids[i - 1]), b = place_of(&ids[i]);
        struct sort_value x = sort_value_of(&users[a], by, room_a, arena),
                          y = sort_value_of(&users[b], by, room_b, arena);
        int order = sort_cmp(by, &x, &y);
        if (!CHECK(order == 0 ? a < b : descending ? order > 0 : order < 0))
            printf("# %s %s: %zu and %zu\n", what, descending ? "falling" : "rising", a, b);
    }
}

/* trap 19, 29 */
static void sorts_by_any_attribute(void)
{
    const struct resource_type *type = &resource_type_user;
    struct id got[USERS + TEAMS];

    prepare();
    for (size_t i = 0; i < 4 * COUNT(sorts); i++) {
        bool descending = i % 2, filtered = i % 4 / 2;
        const char *what = sorts[i / 4].by;
        struct filter *f = filter_parse(type, STR_LIT("userName sw \"ana\" or active eq false"), arena, &error);
        struct attrpath by;
        struct id want[USERS];
        CHECK_FATAL(f != NULL && sort_parse(type, str_of(what), false, &by, &error));
        struct listing_query q = {.types = &type,
                                  .ntypes = 1,
                                  .filters = filtered ? (const struct filter *const *)&f : NULL,
                                  .sort = &by,
                                  .descending = descending};
        size_t n = all_ways(&q, what, got);
        CHECK_INT(n, filtered ? expected(f, want) : USERS);
        check_order(&by, descending, got, n, what);
    }
}

/* trap 29: the RFC's order for missing values, and the primary value, else the first. */
static void sorts_missing_values_last(void)
{
    const struct resource_type *type = &resource_type_user;
    struct id got[USERS + TEAMS];
    struct attrpath by;

    prepare();
    CHECK_FATAL(sort_parse(type, STR_LIT("TITLE"), false, &by, &error));
    struct listing_query q = {.types = &type, .ntypes = 1, .sort = &by};
    CHECK_INT(all_ways(&q, "title", got), USERS);
    CHECK_INT(place_of(&got[0]) % 4 != 0, 1);
    CHECK_INT(place_of(&got[USERS - 1]), 296);
    q.descending = true;
    all_ways(&q, "title", got);
    CHECK_INT(place_of(&got[0]), 0);
    CHECK_INT(place_of(&got[USERS / 4 - 1]), 296);
    CHECK(place_of(&got[USERS / 4]) % 8 == 1); /* the greatest title begins with Ä */
    CHECK_FATAL(sort_parse(type, STR_LIT("emails"), false, &by, &error));
    q.descending = false;
    all_ways(&q, "emails", got);
    CHECK(place_of(&got[0]) % 4 != 0); /* a…, the first; where the second one is primary, b… */
    CHECK(place_of(&got[USERS - 1]) % 4 == 0);
}

static void refuses_to_sort_by(void)
{
    static const char *const bad[] = {"nonsense", "password", "name", "groups", "groups.value", URN_ENTERPRISE, "meta"};
    struct attrpath by;

    for (size_t i = 0; i < COUNT(bad); i++) {
        error = ERROR_INIT;
        CHECK(!sort_parse(&resource_type_user, str_of(bad[i]), false, &by, &error));
        CHECK_INT(error.code, ERR_SORT_ATTRIBUTE);
    }
    error = ERROR_INIT;
    CHECK(sort_parse(&resource_type_user, STR_LIT("nonsense"), true, &by, &error));
}

/* trap 31 */
static void lists_several_types(void)
{
    static const struct resource_type *const types[] = {&resource_type_user, &resource_type_team};
    static const struct {
        const char *filter, *sort;
        size_t n;
    } cases[] = {
        {NULL, NULL, USERS + TEAMS},
        {"displayName sw \"team\"", NULL, TEAMS},
        {"userName pr", NULL, USERS},
        {"userName sw \"ana00\" or displayName eq \"team 3\"", NULL, 4 + 6},
        {NULL, "userName", USERS + TEAMS},
        {NULL, "displayName", USERS + TEAMS},
        {NULL, "nonsense", USERS + TEAMS},
        {"meta.resourceType eq \"Group\"", "meta.created", TEAMS},
        {"nonsense eq \"x\"", NULL, 0},
        {"members[nonsense eq \"x\"]", NULL, 0}, /* took the server down: asked of the members, whose it is not */
        {"groups[nonsense eq \"x\"] or not (members[nonsense eq \"x\"])", NULL, USERS + TEAMS},
    };
    struct id got[USERS + TEAMS];

    prepare();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct filter *f[2];
        struct attrpath by[2];
        for (int t = 0; t < 2; t++) {
            if (cases[i].filter != NULL)
                CHECK_FATAL((f[t] = filter_parse_any(types[t], str_of(cases[i].filter), arena, &error)) != NULL);
            if (cases[i].sort != NULL)
                CHECK_FATAL(sort_parse(types[t], str_of(cases[i].sort), true, &by[t], &error));
        }
        struct listing_query q = {.types = types,
                                  .ntypes = 2,
                                  .filters = cases[i].filter == NULL ? NULL : (const struct filter *const *)f,
                                  .sort = cases[i].sort == NULL ? NULL : by};
        size_t n = all_ways(&q, cases[i].filter == NULL ? "all" : cases[i].filter, got);
        CHECK_INT(n, cases[i].n);
        if (cases[i].filter == NULL && cases[i].sort == NULL)
            CHECK(id_eq(&got[0], &user_ids[0]) && id_eq(&got[USERS], &team_ids[0]));
    }
}

/* trap 33: a place stays what it is when the resource that was there goes. */
static void cursors_survive_changes(void)
{
    static const char *const by_names[] = {NULL, "userName", "title"};
    const struct resource_type *type = &resource_type_user;

    prepare();
    for (size_t i = 0; i < COUNT(by_names); i++) {
        struct attrpath by;
        struct image extra, more;
        struct listing page, next;
        struct listing_place place;
        if (by_names[i] != NULL)
            CHECK_FATAL(sort_parse(type, str_of(by_names[i]), false, &by, &error));
        struct listing_query q = {
            .types = &type, .ntypes = 1, .sort = by_names[i] == NULL ? NULL : &by, .count = USERS + 1};
        CHECK(user_create(call(), json("{\"schemas\":[\"" URN_USER "\"],\"userName\":\"zz1\"}"), &extra));
        CHECK(listing_run(call(), &q, &page));
        place = page.last;
        q.from = &place;
        CHECK(user_create(call(), json("{\"schemas\":[\"" URN_USER "\"],\"userName\":\"zz2\"}"), &more));
        CHECK(user_delete(call(), extra.id, NULL));
        CHECK(listing_run(call(), &q, &next));
        CHECK_INT(next.n, 1); /* zz2 alone, wherever it stands: without a title it is the last one */
        CHECK_INT(next.total, USERS + 1);
        CHECK(user_delete(call(), more.id, NULL));
        place = next.last;
        CHECK(listing_run(call(), &q, &next));
        CHECK_INT(next.n, 0);
        CHECK(!next.after && next.before);
    }
}

/* --- cursors --- */

static void cursors_are_sealed(void)
{
    struct cursor made = {.place = {.type = 1, .ordinal = 77, .len = 5, .bytes = "alice"}, .count = 10}, read;
    struct str text, again;

    prepare();
    made.query[3] = 9;
    text = cursor_seal(call(), &made);
    again = cursor_seal(call(), &made);
    CHECK_FATAL(text.p != NULL && again.p != NULL);
    CHECK(!str_eq(text, again)); /* nothing can be told from comparing them */
    CHECK(strspn(text.p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == text.len);
    CHECK(cursor_open(call(), text, &read));
    CHECK_INT(read.place.ordinal, 77);
    CHECK_INT(read.count, 10);
    CHECK_INT(read.query[3], 9);
    CHECK(!read.backward && !read.place.missing);
    CHECK_STR(str_make(read.place.bytes, read.place.len), STR_LIT("alice"));
}

static void cursors_cannot_be_made(void)
{
    struct cursor made = {.place = {.type = 1, .ordinal = 77}, .count = 10, .backward = true}, read;
    struct account other;
    struct policy p;
    struct str text;

    prepare();
    text = cursor_seal(call(), &made);
    for (size_t i = 0; i < text.len; i++) {
        char *changed = arena_strndup(arena, text.p, text.len);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        if (i == text.len - 1)
            changed[i] = '!';
        CHECK(!cursor_open(call(), str_of(changed), &read));
        CHECK_INT(error.code, ERR_CURSOR_INVALID);
        CHECK(!cursor_open(call(), str_sub(text, 0, i), &read));
    }
    CHECK(!cursor_open(call(), str_of(arena_printf(arena, "%s%s", text.p, text.p)), &read));
    CHECK(!cursor_open(call(), str_make(arena_alloc(arena, 100000), 100000), &read));
    CHECK(policy_preset(&p, STR_LIT("rfc")));
    CHECK(account_add(store, arena, STR_LIT("other"), STR_LIT("Other"), &p, &other, &error));
    struct call *c = call();
    c->account = &other;
    CHECK(!cursor_open(c, text, &read)); /* worth nothing in another account */
    CHECK_INT(error.code, ERR_CURSOR_INVALID);
}

static void cursors_expire(void)
{
    struct cursor made = {.count = 1}, read;
    struct call *c;

    prepare();
    struct str text = cursor_seal(call(), &made);
    c = call();
    c->now += CURSOR_SECONDS * 1000LL - 1000;
    CHECK(cursor_open(c, text, &read));
    c = call();
    c->now += CURSOR_SECONDS * 1000LL + 1000;
    CHECK(!cursor_open(c, text, &read));
    CHECK_INT(error.code, ERR_CURSOR_EXPIRED);
}

static const struct unit_test tests[] = {
    UNIT(finds_what_matches), UNIT(sorts_by_any_attribute), UNIT(sorts_missing_values_last),
    UNIT(refuses_to_sort_by), UNIT(lists_several_types),    UNIT(cursors_survive_changes),
    UNIT(cursors_are_sealed), UNIT(cursors_cannot_be_made), UNIT(cursors_expire),
};

int main(void)
{
    int status = unit_run("listing", tests, sizeof tests / sizeof tests[0]);

    store_close(&store);
    arena_free(&arena);
    return status;
}
