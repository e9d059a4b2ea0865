/* SPDX-License-Identifier: Apache-2.0 */
/* What every engine of the store must do: the promises of store.h, one test each, run over a table of engines. */
#include "common.h"
#include "tests/unit/unit.h"

#include "roster/base/error.h"
#include "roster/base/log.h"
#include "roster/store/restore.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    struct conf conf;
    struct store *store;
    struct arena *arena;
    const char *dir;
};

static const struct {
    const char *name;
    void (*configure)(struct conf *c, const char *dir);
} engines[] = {{"bdb", small_conf}};

#define N(a) (sizeof(a) / sizeof(a)[0])

/* A test that gets a fresh store of each engine in turn. */
static void each_engine(void (*test)(struct fixture *f))
{
    for (size_t i = 0; i < N(engines); i++) {
        struct fixture f = {.arena = arena_new(0), .dir = unit_tmpdir()};

        engines[i].configure(&f.conf, f.dir);
        f.store = open_or_print(&f.conf);
        if (CHECK(f.store != NULL))
            test(&f);
        store_close(&f.store);
        arena_free(&f.arena);
    }
}
#define CONTRACT(name)                                                                                                 \
    static void name##_on(struct fixture *f);                                                                          \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        each_engine(name##_on);                                                                                        \
    }                                                                                                                  \
    static void name##_on(struct fixture *f)

/* Out-parameters are filled with nonsense before every call: what is left of it is a mistake. */
#define NONSENSE ((struct str){"nonsense", 8})

static struct str got; /* what get() fetched */

static enum store_rc get(struct store_txn *t, enum store_space space, const char *key)
{
    got = NONSENSE;
    return store_get(t, space, str_of(key), &got);
}

static enum store_rc put(struct store_txn *t, enum store_space space, const char *key, const char *value)
{
    return store_put(t, space, str_of(key), str_of(value));
}

static enum store_rc run(struct fixture *f, uint32_t account, enum store_mode mode, store_body *body, void *ctx)
{
    return store_run(f->store, account, mode, f->arena, body, ctx);
}

/* --- single keys --- */

static enum store_rc single_keys(struct store_txn *t, struct arena *a, void *ctx)
{
    (void)a;
    (void)ctx;
    CHECK_INT(get(t, SPACE_USER, "k"), STORE_NOTFOUND);
    CHECK(got.p == NULL && got.len == 0);
    CHECK_INT(store_has(t, SPACE_USER, STR_LIT("k")), STORE_NOTFOUND);
    CHECK_INT(store_delete(t, SPACE_USER, STR_LIT("k")), STORE_NOTFOUND);
    CHECK_INT(put(t, SPACE_USER, "k", "one"), STORE_OK);
    CHECK_INT(get(t, SPACE_USER, "k"), STORE_OK);
    CHECK_STR(got, STR_LIT("one"));
    CHECK_INT(put(t, SPACE_USER, "k", "two"), STORE_OK);
    CHECK_INT(store_has(t, SPACE_USER, STR_LIT("k")), STORE_OK);
    CHECK_INT(store_insert(t, SPACE_USER, STR_LIT("k"), STR_LIT("three")), STORE_EXISTS);
    CHECK_INT(get(t, SPACE_USER, "k"), STORE_OK);
    CHECK_STR(got, STR_LIT("two"));
    CHECK_INT(get(t, SPACE_TEAM, "k"), STORE_NOTFOUND); /* spaces are apart */
    CHECK_INT(store_delete(t, SPACE_USER, STR_LIT("k")), STORE_OK);
    CHECK_INT(get(t, SPACE_USER, "k"), STORE_NOTFOUND);
    CHECK_INT(store_insert(t, SPACE_USER, STR_LIT("k"), STR_LIT("four")), STORE_OK);
    CHECK_INT(store_insert(t, SPACE_USER, STR_NULL, STR_LIT("of the empty key")), STORE_OK);
    CHECK_INT(store_put(t, SPACE_TEAM, STR_LIT("empty"), STR_NULL), STORE_OK);
    CHECK_INT(get(t, SPACE_TEAM, "empty"), STORE_OK);
    CHECK(got.p != NULL && got.len == 0);
    return STORE_OK;
}

static enum store_rc single_keys_later(struct store_txn *t, struct arena *a, void *ctx)
{
    (void)a;
    (void)ctx;
    CHECK_INT(get(t, SPACE_USER, "k"), STORE_OK);
    CHECK_STR(got, STR_LIT("four"));
    CHECK_INT(get(t, SPACE_USER, ""), STORE_OK);
    CHECK_STR(got, STR_LIT("of the empty key"));
    CHECK_INT(get(t, SPACE_TEAM, "empty"), STORE_OK);
    CHECK(got.p != NULL && got.len == 0);
    CHECK_INT(store_has(t, SPACE_TEAM, STR_LIT("empty")), STORE_OK);
    CHECK_INT(store_has(t, SPACE_TEAM, STR_LIT("empt")), STORE_NOTFOUND);
    return STORE_OK;
}

CONTRACT(gets_what_was_put)
{
    CHECK_INT(run(f, 7, STORE_WRITE, single_keys, NULL), STORE_OK);
    CHECK_INT(run(f, 7, STORE_READ, single_keys_later, NULL), STORE_OK);
    CHECK_INT(run(f, 7, STORE_FREEZE, single_keys_later, NULL), STORE_OK);
    CHECK_INT(run(f, 7, STORE_WRITE, single_keys_later, NULL), STORE_OK);
    CHECK_STR(got, STR_NULL); /* a value of no bytes; those with bytes stay valid: */
    store_close(&f->store);
    f->store = open_or_print(&f->conf);
    CHECK_FATAL(f->store != NULL);
    CHECK_INT(run(f, 7, STORE_READ, single_keys_later, NULL), STORE_OK);
}

static enum store_rc get_k(struct store_txn *t, struct arena *a, void *ctx)
{
    (void)a;
    *(struct str *)ctx = NONSENSE;
    return store_get(t, SPACE_USER, STR_LIT("k"), ctx);
}

CONTRACT(values_stay_in_the_arena)
{
    struct str first, second;

    CHECK_INT(run(f, 7, STORE_WRITE, single_keys, NULL), STORE_OK);
    CHECK_INT(run(f, 7, STORE_READ, get_k, &first), STORE_OK);
    CHECK_INT(run(f, 8, STORE_READ, get_k, &second), STORE_NOTFOUND);
    CHECK_STR(first, STR_LIT("four"));
    CHECK(second.p == NULL);
}

static const size_t sizes[] = {0, 1, 1000, 4096, 16383, 16384, 16385, 70000, 1 << 20, 16 << 20};

static struct str large_value(struct arena *a, size_t i)
{
    char *p = arena_alloc_raw(a, sizes[i]);

    for (size_t j = 0; j < sizes[i]; j++)
        p[j] = (char)(i + j * 31);
    return str_make(p, sizes[i]);
}

static enum store_rc put_large(struct store_txn *t, struct arena *a, void *ctx)
{
    char room[8];

    (void)ctx;
    for (size_t i = 0; i < N(sizes); i++)
        CHECK_INT(store_put(t, SPACE_USER, number(i, room), large_value(a, i)), STORE_OK);
    return STORE_OK;
}

static enum store_rc check_large(struct store_txn *t, struct arena *a, void *ctx)
{
    struct store_scan *scan;
    struct str key, value;
    char room[8];

    (void)ctx;
    for (size_t i = 0; i < N(sizes); i++) {
        value = NONSENSE;
        CHECK_INT(store_get(t, SPACE_USER, number(i, room), &value), STORE_OK);
        CHECK(str_eq(value, large_value(a, i)));
    }
    for (int direction = STORE_FORWARD; direction <= STORE_BACKWARD; direction++) {
        CHECK_INT(store_scan_open(t, SPACE_USER, STR_NULL, STR_NULL, direction, &scan), STORE_OK);
        for (size_t i = 0; i < N(sizes); i++) {
            size_t which = direction == STORE_FORWARD ? i : N(sizes) - 1 - i;

            CHECK_INT(store_scan_next(scan, &key, &value), STORE_OK);
            CHECK_INT(number_of(key), which);
            CHECK(str_eq(value, large_value(a, which)));
        }
        CHECK_INT(store_scan_next(scan, &key, &value), STORE_NOTFOUND);
        store_scan_close(&scan);
    }
    return STORE_OK;
}

CONTRACT(large_values)
{
    CHECK_INT(run(f, 1, STORE_WRITE, put_large, NULL), STORE_OK);
    CHECK_INT(run(f, 1, STORE_READ, check_large, NULL), STORE_OK);
    CHECK_INT(run(f, 1, STORE_WRITE, check_large, NULL), STORE_OK);
}

/* --- what is waited for --- */

static enum store_rc put_body(struct store_txn *t, struct arena *a, void *ctx)
{
    const char *const *value = ctx;

    (void)a;
    return put(t, SPACE_USER, "k", *value);
}

static enum store_rc is_body(struct store_txn *t, struct arena *a, void *ctx)
{
    const char *const *value = ctx;

    (void)a;
    CHECK_INT(get(t, SPACE_USER, "k"), STORE_OK);
    CHECK_STR(got, str_of(*value));
    return STORE_OK;
}

/* A lax change is there for everybody, and asks nobody to wait; one that is waited for takes it along. */
CONTRACT(lax_changes_are_not_waited_for)
{
    const char *one = "one", *two = "two", *three = "three";

    store_defer_sync(f->store);
    CHECK_INT(run(f, 1, STORE_LAX, put_body, &one), STORE_OK);
    CHECK(!store_unsynced(f->store));
    CHECK_INT(run(f, 1, STORE_READ, is_body, &one), STORE_OK);
    CHECK_INT(run(f, 1, STORE_WRITE, put_body, &two), STORE_OK);
    CHECK(store_unsynced(f->store));
    CHECK_INT(run(f, 1, STORE_LAX, put_body, &three), STORE_OK);
    CHECK(store_unsynced(f->store));
    store_sync(f->store);
    CHECK(!store_unsynced(f->store));
    CHECK_INT(run(f, 1, STORE_READ, is_body, &three), STORE_OK);
}

/* --- scans, against a model: a sorted array of keys --- */

#define MODEL_KEYS  400
#define MODEL_WALKS 400

struct model {
    struct str key[MODEL_KEYS];
    size_t n;
};

/* Few different bytes, so that keys begin one another, and 00 and FF among them. */
static struct str random_key(struct arena *a)
{
    static const char bytes[] = {0, 1, 'a', (char)0xfe, (char)0xff};
    size_t len = (size_t)(random() % 7);
    char *p = arena_alloc_raw(a, len);

    for (size_t i = 0; i < len; i++)
        p[i] = bytes[(size_t)random() % sizeof bytes];
    return str_make(p, len);
}

static int compare_keys(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void make_model(struct model *m, struct arena *a)
{
    size_t n = 0;

    for (size_t i = 0; i < MODEL_KEYS; i++)
        m->key[i] = random_key(a);
    qsort(m->key, MODEL_KEYS, sizeof m->key[0], compare_keys);
    for (size_t i = 0; i < MODEL_KEYS; i++)
        if (n == 0 || !str_eq(m->key[n - 1], m->key[i]))
            m->key[n++] = m->key[i];
    m->n = n;
}

static enum store_rc put_model(struct store_txn *t, struct arena *a, void *ctx)
{
    const struct model *m = ctx;

    (void)a;
    for (size_t i = 0; i < m->n; i++) {
        size_t j = (i * 7919) % m->n; /* not in order */
        enum store_rc rc = store_put(t, SPACE_INDEX, m->key[j], m->key[j]);

        if (rc != STORE_OK)
            return rc;
    }
    return STORE_OK;
}

/* One walk over a random range, with a skip somewhere in it. */
static void check_walk(struct store_txn *t, struct arena *a, const struct model *m, enum store_direction direction)
{
    struct str from = random_key(a), to = random() % 4 == 0 ? STR_NULL : random_key(a), key, value;
    long before_skip = random() % 20, skip = random() % 40;
    struct store_scan *scan = NULL;
    struct str expected[MODEL_KEYS];
    size_t n = 0, at = 0;
    uint64_t skipped = 12345;
    enum store_rc rc;

    for (size_t i = 0; i < m->n; i++) {
        struct str k = m->key[direction == STORE_FORWARD ? i : m->n - 1 - i];

        if (str_cmp(k, from) >= 0 && (to.len == 0 || str_cmp(k, to) < 0))
            expected[n++] = k;
    }
    CHECK_INT(store_scan_open(t, SPACE_INDEX, from, to, direction, &scan), STORE_OK);
    CHECK_FATAL(scan != NULL);
    for (;; at++) {
        if (before_skip-- == 0) {
            uint64_t left = n - at, passed = left < (uint64_t)skip ? left : (uint64_t)skip;

            CHECK_INT(store_scan_skip(scan, (uint64_t)skip, &skipped),
                      passed == (uint64_t)skip ? STORE_OK : STORE_NOTFOUND);
            CHECK_INT(skipped, passed);
            at += passed;
        }
        key = value = NONSENSE;
        rc = store_scan_next(scan, &key, random() % 2 == 0 ? &value : NULL);
        if (rc != STORE_OK)
            break;
        CHECK_FATAL(at < n);
        CHECK_STR(key, expected[at]);
    }
    CHECK_INT(rc, STORE_NOTFOUND);
    CHECK(key.p == NULL);
    CHECK_INT(at, n);
    CHECK_INT(store_scan_next(scan, &key, &value), STORE_NOTFOUND); /* and again */
    CHECK(key.p == NULL && value.p == NULL);
    store_scan_close(&scan);
    CHECK(scan == NULL);
    store_scan_close(&scan);
}

static enum store_rc check_model(struct store_txn *t, struct arena *a, void *ctx)
{
    for (int i = 0; i < MODEL_WALKS; i++)
        check_walk(t, a, ctx, i % 2 == 0 ? STORE_FORWARD : STORE_BACKWARD);
    return STORE_OK;
}

CONTRACT(scans_are_like_a_sorted_array)
{
    struct model m, neighbour;

    srandom(1);
    make_model(&m, f->arena);
    make_model(&neighbour, f->arena);
    CHECK_INT(run(f, 1, STORE_WRITE, put_model, &neighbour), STORE_OK);
    CHECK_INT(run(f, 2, STORE_WRITE, put_model, &m), STORE_OK);
    CHECK_INT(run(f, 3, STORE_WRITE, put_model, &neighbour), STORE_OK);
    CHECK_INT(run(f, 2, STORE_READ, check_model, &m), STORE_OK);
    CHECK_INT(run(f, 2, STORE_WRITE, check_model, &m), STORE_OK);
    CHECK_INT(run(f, 2, STORE_FREEZE, check_model, &m), STORE_OK);
}

#define MANY 30000

static enum store_rc put_many(struct store_txn *t, struct arena *a, void *ctx)
{
    char room[8];

    (void)a;
    (void)ctx;
    for (uint64_t i = 0; i < MANY; i++) {
        enum store_rc rc = store_put(t, SPACE_ORDER, number(i, room), STR_LIT("a value of some length"));

        if (rc != STORE_OK)
            return rc;
    }
    return STORE_OK;
}

/* Over several batches: every key once, in order; skips of all lengths end where they should. */
static enum store_rc check_many(struct store_txn *t, struct arena *a, void *ctx)
{
    static const uint64_t skips[] = {0, 1, 999, 1001, 5000, MANY / 2, MANY - 1, MANY, MANY + 1};
    struct store_scan *scan;
    struct str key, value;
    uint64_t n = 0, skipped;

    (void)a;
    for (int direction = STORE_FORWARD; direction <= STORE_BACKWARD; direction++, n = 0) {
        CHECK_INT(store_scan_open(t, SPACE_ORDER, STR_NULL, STR_NULL, direction, &scan), STORE_OK);
        while (store_scan_next(scan, &key, &value) == STORE_OK) {
            if (number_of(key) != (direction == STORE_FORWARD ? n : MANY - 1 - n))
                break;
            n++;
        }
        CHECK_INT(n, MANY);
        store_scan_close(&scan);
        for (size_t i = 0; i < N(skips); i++) {
            CHECK_INT(store_scan_open(t, SPACE_ORDER, STR_NULL, STR_NULL, direction, &scan), STORE_OK);
            CHECK_INT(store_scan_skip(scan, skips[i], &skipped), skips[i] <= MANY ? STORE_OK : STORE_NOTFOUND);
            CHECK_INT(skipped, skips[i] <= MANY ? skips[i] : MANY);
            CHECK_INT(store_scan_next(scan, &key, &value), skips[i] < MANY ? STORE_OK : STORE_NOTFOUND);
            if (skips[i] < MANY)
                CHECK_INT(number_of(key), direction == STORE_FORWARD ? skips[i] : MANY - 1 - skips[i]);
            store_scan_close(&scan);
        }
    }
    *(bool *)ctx = true;
    return STORE_OK;
}

CONTRACT(scans_of_many_keys)
{
    bool done = false;

    CHECK_INT(run(f, 1, STORE_WRITE, put_many, NULL), STORE_OK);
    CHECK_INT(run(f, 1, STORE_READ, check_many, &done), STORE_OK);
    CHECK(done);
}

/* Several scans at once, gets and writes between, and scans left open by the body. */
static enum store_rc mixed_scans(struct store_txn *t, struct arena *a, void *ctx)
{
    struct store_scan *one, *two;
    struct str key, value;
    char room[8];

    (void)a;
    CHECK_INT(store_scan_open(t, SPACE_ORDER, STR_NULL, STR_NULL, STORE_FORWARD, &one), STORE_OK);
    CHECK_INT(store_scan_open(t, SPACE_ORDER, STR_NULL, STR_NULL, STORE_BACKWARD, &two), STORE_OK);
    for (uint64_t i = 0; i < 2000; i++) {
        CHECK_INT(store_scan_next(one, &key, &value), STORE_OK);
        CHECK_INT(number_of(key), i);
        CHECK_INT(store_scan_next(two, &key, &value), STORE_OK);
        CHECK_INT(number_of(key), MANY - 1 - i);
        if (*(enum store_mode *)ctx == STORE_WRITE)
            CHECK_INT(store_put(t, SPACE_MEMBER, number(i, room), STR_LIT("x")), STORE_OK);
        CHECK_INT(store_get(t, SPACE_ORDER, number(i * 3, room), &value), STORE_OK);
    }
    return STORE_OK;
}

CONTRACT(several_scans_at_once)
{
    enum store_mode mode = STORE_READ;

    CHECK_INT(run(f, 1, STORE_WRITE, put_many, NULL), STORE_OK);
    CHECK_INT(run(f, 1, mode, mixed_scans, &mode), STORE_OK);
    mode = STORE_WRITE;
    CHECK_INT(run(f, 1, mode, mixed_scans, &mode), STORE_OK);
}

/* --- transactions --- */

static enum store_rc own_writes(struct store_txn *t, struct arena *a, void *ctx)
{
    struct store_scan *scan;
    struct str key, value;

    (void)a;
    CHECK_INT(put(t, SPACE_USER, "b", "new"), STORE_OK);
    CHECK_INT(put(t, SPACE_USER, "a", "changed"), STORE_OK);
    CHECK_INT(store_delete(t, SPACE_USER, STR_LIT("c")), STORE_OK);
    CHECK_INT(store_scan_open(t, SPACE_USER, STR_NULL, STR_NULL, STORE_FORWARD, &scan), STORE_OK);
    CHECK_INT(store_scan_next(scan, &key, &value), STORE_OK);
    CHECK_STR(key, STR_LIT("a"));
    CHECK_STR(value, STR_LIT("changed"));
    CHECK_INT(store_scan_next(scan, &key, &value), STORE_OK);
    CHECK_STR(key, STR_LIT("b"));
    CHECK_INT(store_scan_next(scan, &key, &value), STORE_NOTFOUND);
    store_scan_close(&scan);
    CHECK_INT(get(t, SPACE_USER, "c"), STORE_NOTFOUND);
    return *(enum store_rc *)ctx;
}

static enum store_rc put_a_c(struct store_txn *t, struct arena *a, void *ctx)
{
    (void)a;
    (void)ctx;
    CHECK_INT(put(t, SPACE_USER, "a", "old"), STORE_OK);
    return put(t, SPACE_USER, "c", "old");
}

static enum store_rc check_a_c(struct store_txn *t, struct arena *a, void *ctx)
{
    (void)a;
    (void)ctx;
    CHECK_INT(get(t, SPACE_USER, "a"), STORE_OK);
    CHECK_STR(got, STR_LIT("old"));
    CHECK_INT(get(t, SPACE_USER, "b"), STORE_NOTFOUND);
    CHECK_INT(get(t, SPACE_USER, "c"), STORE_OK);
    return STORE_OK;
}

CONTRACT(reads_own_writes_and_undoes_them)
{
    static enum store_rc refusals[] = {STORE_REFUSED, STORE_NOTFOUND, STORE_EXISTS, STORE_ERROR};
    enum store_rc fine = STORE_OK;

    CHECK_INT(run(f, 1, STORE_WRITE, put_a_c, NULL), STORE_OK);
    for (size_t i = 0; i < N(refusals); i++) {
        CHECK_INT(run(f, 1, STORE_WRITE, own_writes, &refusals[i]), refusals[i]);
        CHECK_INT(run(f, 1, STORE_READ, check_a_c, NULL), STORE_OK);
    }
    CHECK_INT(run(f, 1, STORE_WRITE, own_writes, &fine), STORE_OK);
    CHECK_INT(run(f, 1, STORE_READ, get_k, &got), STORE_NOTFOUND);
}

struct tries {
    int runs, retries; /* how often the body ran; how often it says RETRY first */
    char *before;      /* something in the arena from before the run */
};

static enum store_rc retries_first(struct store_txn *t, struct arena *a, void *ctx)
{
    struct tries *tries = ctx;

    memset(arena_alloc(a, 10000), 'x', 10000);
    CHECK_INT(store_insert(t, SPACE_USER, STR_LIT("k"), STR_LIT("v")), STORE_OK); /* earlier tries left nothing */
    return tries->runs++ < tries->retries ? STORE_RETRY : STORE_OK;
}

CONTRACT(runs_the_body_again)
{
    struct tries tries = {.retries = 3, .before = arena_strdup(f->arena, "before")};
    size_t used = arena_used(f->arena);

    CHECK_INT(run(f, 1, STORE_WRITE, retries_first, &tries), STORE_OK);
    CHECK_INT(tries.runs, 4);
    CHECK(arena_used(f->arena) < used + 20000); /* of one try, not of four */
    CHECK_CSTR(tries.before, "before");
    tries = (struct tries){.retries = 1000};
    CHECK_INT(run(f, 2, STORE_WRITE, retries_first, &tries), STORE_BUSY);
    CHECK(tries.runs >= 10 && tries.runs <= 20);
    CHECK_INT(run(f, 2, STORE_READ, get_k, &got), STORE_NOTFOUND);
}

static enum store_rc many_members(struct store_txn *t, struct arena *a, void *ctx)
{
    (void)a;
    (void)ctx;
    for (uint32_t i = 0; i < 50000; i++) {
        unsigned char pair[2][32] = {{0}};
        enum store_rc rc;

        for (int j = 0; j < 4; j++)
            pair[0][16 + j] = pair[1][j] = (unsigned char)((i * 2654435761u) >> (24 - 8 * j));
        if ((rc = store_insert(t, SPACE_MEMBER, str_make(pair[0], 32), STR_LIT("since"))) != STORE_OK ||
            (rc = store_insert(t, SPACE_MEMBEROF, str_make(pair[1], 32), STR_NULL)) != STORE_OK)
            return rc;
    }
    return STORE_OK;
}

CONTRACT(one_transaction_of_100000_writes)
{
    CHECK_INT(run(f, 1, STORE_WRITE, many_members, NULL), STORE_OK);
    CHECK_INT(run(f, 1, STORE_WRITE, many_members, NULL), STORE_EXISTS);
}

/* --- accounts --- */

static const uint32_t accounts[] = {1, 2, 255, 256, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

static struct str longest_key(void)
{
    static char room[KEY_MAX];

    memset(room, 0xff, sizeof room);
    return str_make(room, sizeof room);
}

static enum store_rc put_own_number(struct store_txn *t, struct arena *a, void *ctx)
{
    char room[8];
    struct str mine = number(*(const uint32_t *)ctx, room);
    enum store_rc rc;

    (void)a;
    CHECK_INT(store_account(t), *(const uint32_t *)ctx);
    if ((rc = store_put(t, SPACE_USER, STR_NULL, mine)) != STORE_OK ||
        (rc = store_put(t, SPACE_USER, STR_LIT("k"), mine)) != STORE_OK)
        return rc;
    return store_put(t, SPACE_USER, longest_key(), mine);
}

static enum store_rc check_own_number(struct store_txn *t, struct arena *a, void *ctx)
{
    struct str expected[] = {STR_NULL, STR_LIT("k"), longest_key()}, key, value;
    struct store_scan *scan;

    (void)a;
    for (int direction = STORE_FORWARD; direction <= STORE_BACKWARD; direction++) {
        CHECK_INT(store_scan_open(t, SPACE_USER, STR_NULL, STR_NULL, direction, &scan), STORE_OK);
        for (size_t i = 0; i < N(expected); i++) {
            CHECK_INT(store_scan_next(scan, &key, &value), STORE_OK);
            CHECK_STR(key, expected[direction == STORE_FORWARD ? i : N(expected) - 1 - i]);
            CHECK_INT(number_of(value), *(const uint32_t *)ctx);
        }
        CHECK_INT(store_scan_next(scan, &key, &value), STORE_NOTFOUND);
        store_scan_close(&scan);
    }
    CHECK_INT(store_get(t, SPACE_USER, STR_LIT("k"), &value), STORE_OK);
    CHECK_INT(number_of(value), *(const uint32_t *)ctx);
    return STORE_OK;
}

CONTRACT(accounts_are_apart)
{
    uint32_t system = 0, nobody = 300;

    for (size_t i = 0; i < N(accounts); i++)
        CHECK_INT(run(f, accounts[i], STORE_WRITE, put_own_number, (void *)&accounts[i]), STORE_OK);
    CHECK_INT(store_run_system(f->store, STORE_WRITE, f->arena, put_own_number, &system), STORE_OK);
    for (size_t i = 0; i < N(accounts); i++)
        CHECK_INT(run(f, accounts[i], STORE_READ, check_own_number, (void *)&accounts[i]), STORE_OK);
    CHECK_INT(store_run_system(f->store, STORE_READ, f->arena, check_own_number, &system), STORE_OK);
    CHECK_INT(run(f, nobody, STORE_READ, get_k, &got), STORE_NOTFOUND);
}

static enum store_rc make_account(struct store_txn *t, struct arena *a, void *ctx)
{
    (void)a;
    CHECK_INT(store_account(t), 0);
    CHECK_INT(put(t, SPACE_ACCOUNT, "acme", "5"), STORE_OK);
    store_enter(t, 5);
    CHECK_INT(store_account(t), 5);
    CHECK_INT(get(t, SPACE_ACCOUNT, "acme"), STORE_NOTFOUND);
    CHECK_INT(put(t, SPACE_USER, "k", "first"), STORE_OK);
    store_system(t);
    CHECK_INT(store_account(t), 0);
    CHECK_INT(get(t, SPACE_USER, "k"), STORE_NOTFOUND);
    CHECK_INT(get(t, SPACE_ACCOUNT, "acme"), STORE_OK);
    return *(enum store_rc *)ctx;
}

CONTRACT(system_enters_an_account)
{
    enum store_rc refused = STORE_REFUSED, fine = STORE_OK;

    CHECK_INT(store_run_system(f->store, STORE_WRITE, f->arena, make_account, &refused), STORE_REFUSED);
    CHECK_INT(run(f, 5, STORE_READ, get_k, &got), STORE_NOTFOUND);
    CHECK_INT(store_run_system(f->store, STORE_WRITE, f->arena, make_account, &fine), STORE_OK);
    CHECK_INT(run(f, 5, STORE_READ, get_k, &got), STORE_OK);
    CHECK_STR(got, STR_LIT("first"));
}

/* --- several processes --- */

#define COUNTERS 500

static struct shared {
    _Atomic int ready, stop, tries;
    _Atomic uint64_t seen;
} * shared;

struct worker {
    const struct conf *conf;
    uint32_t account;
    store_body *body;
    int times;
};

static enum store_rc increment(struct store_txn *t, struct arena *a, void *ctx)
{
    char room[8];
    struct str value = NONSENSE;
    uint64_t v = 0;
    enum store_rc rc = store_get(t, SPACE_STATE, STR_NULL, &value);

    (void)a;
    atomic_fetch_add(&shared->tries, 1);
    if (rc == STORE_OK)
        v = number_of(value);
    else if (rc != STORE_NOTFOUND)
        return rc;
    if (ctx != NULL) {
        *(uint64_t *)ctx = v;
        return STORE_OK;
    }
    rc = store_put(t, SPACE_MEMBER, number(v, room), STR_LIT("a record beside it"));
    return rc != STORE_OK ? rc : store_put(t, SPACE_STATE, STR_NULL, number(v + 1, room));
}

/* A child's work: opens, runs its body some times, closes. Busy is not an error: it says that nothing was done. */
static int work(void *ctx)
{
    const struct worker *w = ctx;
    struct store *s = open_or_print(w->conf);
    struct arena *a = arena_new(0);

    if (s == NULL)
        return 1;
    atomic_fetch_add(&shared->ready, 1);
    for (int done = 0; done < w->times && !atomic_load(&shared->stop);) {
        enum store_rc rc = store_run(s, w->account, STORE_WRITE, a, w->body, NULL);

        arena_reset(a);
        if (rc == STORE_OK)
            done++;
        else if (rc != STORE_BUSY)
            return 2;
    }
    store_close(&s);
    return 0;
}

static uint64_t counter_of(struct fixture *f, uint32_t account)
{
    uint64_t v = 0;

    CHECK_INT(run(f, account, STORE_READ, increment, &v), STORE_OK);
    return v;
}

/* Two pairs of processes: each pair counts in one account, and the two accounts' records lie side by side. */
CONTRACT(no_increment_is_lost)
{
    struct worker w[4];
    pid_t pid[4];

    store_close(&f->store);
    for (size_t i = 0; i < N(w); i++) {
        w[i] = (struct worker){&f->conf, (uint32_t)(1 + i / 2), increment, COUNTERS};
        pid[i] = in_child(work, &w[i]);
    }
    for (size_t i = 0; i < N(w); i++)
        CHECK_INT(child_status(pid[i]), 0);
    f->store = open_or_print(&f->conf);
    CHECK_FATAL(f->store != NULL);
    CHECK_INT(counter_of(f, 1), 2 * COUNTERS);
    CHECK_INT(counter_of(f, 2), 2 * COUNTERS);
    printf("# %d transactions took %d tries\n", 4 * COUNTERS, atomic_load(&shared->tries) - 2);
}

/* Until both have come so far, once. */
static void rendezvous(void)
{
    atomic_fetch_add(&shared->tries, 1);
    for (int i = 0; i < 200 && atomic_load(&shared->tries) < 2; i++)
        poll(NULL, 0, 10);
}

/* Both have read before either writes; in what another account of the same store may share with it. */
static enum store_rc read_and_write(struct store_txn *t, struct arena *a, void *ctx)
{
    char room[8];
    struct str value = NONSENSE;
    enum store_rc rc = store_get(t, SPACE_STATE, STR_NULL, &value);

    (void)a;
    (void)ctx;
    if (rc != STORE_NOTFOUND)
        return rc;
    rendezvous();
    return store_put(t, SPACE_STATE, STR_NULL, number(1, room));
}

/* Each has written what the other wants to write next, in what they may share: a conflict. */
static enum store_rc cross(struct store_txn *t, struct arena *a, void *ctx)
{
    enum store_space first = store_account(t) == 1 ? SPACE_STATE : SPACE_USER;
    enum store_space second = store_account(t) == 1 ? SPACE_USER : SPACE_STATE;
    char room[8];
    enum store_rc rc = store_put(t, first, STR_NULL, number(1, room));

    (void)a;
    (void)ctx;
    rendezvous();
    return rc == STORE_OK ? store_put(t, second, STR_NULL, number(1, room)) : rc;
}

/* Runs body in two accounts at once; shared->tries counts how often, and two for its own looks. */
static void two_at_once(struct fixture *f, store_body *body)
{
    struct worker w[2];
    pid_t pid[2];

    store_close(&f->store);
    atomic_store(&shared->tries, 0);
    for (size_t i = 0; i < N(w); i++) {
        w[i] = (struct worker){&f->conf, (uint32_t)(1 + i), body, 1};
        pid[i] = in_child(work, &w[i]);
    }
    for (size_t i = 0; i < N(w); i++)
        CHECK_INT(child_status(pid[i]), 0);
    f->store = open_or_print(&f->conf);
    CHECK_FATAL(f->store != NULL);
    CHECK_INT(counter_of(f, 1), 1);
    CHECK_INT(counter_of(f, 2), 1);
}

CONTRACT(conflicts_are_run_again)
{
    two_at_once(f, cross);
    CHECK(atomic_load(&shared->tries) - 2 > 2);
}

/* It was one: beside the long transactions of an account, no write of another came to its end. */
CONTRACT(a_read_of_another_account_is_no_conflict)
{
    two_at_once(f, read_and_write);
    CHECK_INT(atomic_load(&shared->tries) - 2, 2);
}

/* The writer keeps two numbers equal. */
static enum store_rc write_twins(struct store_txn *t, struct arena *a, void *ctx)
{
    char room[8];
    uint64_t v = atomic_load(&shared->seen) + 1;
    enum store_rc rc = store_put(t, SPACE_USER, STR_LIT("one"), number(v, room));

    (void)a;
    (void)ctx;
    if (rc == STORE_OK)
        rc = store_put(t, SPACE_TEAM, STR_LIT("two"), number(v, room));
    if (rc == STORE_OK)
        atomic_store(&shared->seen, v);
    return rc;
}

static enum store_rc read_twins(struct store_txn *t, struct arena *a, void *ctx)
{
    uint64_t *twins = ctx;
    struct str value;
    enum store_rc rc = store_get(t, SPACE_USER, STR_LIT("one"), &value);

    (void)a;
    if (rc != STORE_OK)
        return rc;
    twins[0] = number_of(value);
    poll(NULL, 0, 20); /* the writer goes on, if he is let */
    rc = store_get(t, SPACE_TEAM, STR_LIT("two"), &value);
    twins[1] = rc == STORE_OK ? number_of(value) : 0;
    return rc;
}

CONTRACT(freeze_is_stable)
{
    struct worker w = {&f->conf, 1, write_twins, 1000000};
    uint64_t twins[2], last = 0;
    pid_t pid;
    int moved = 0;

    store_close(&f->store);
    atomic_store(&shared->stop, 0);
    atomic_store(&shared->seen, 0);
    pid = in_child(work, &w);
    while (atomic_load(&shared->seen) < 10)
        poll(NULL, 0, 1);
    f->store = open_or_print(&f->conf);
    if (CHECK(f->store != NULL))
        for (int i = 0; i < 10; i++) {
            CHECK_INT(run(f, 1, STORE_FREEZE, read_twins, twins), STORE_OK);
            CHECK_INT(twins[0], twins[1]);
            CHECK(twins[0] > last);
            last = twins[0];
            CHECK_INT(run(f, 1, STORE_READ, read_twins, twins), STORE_OK);
            moved += twins[0] != twins[1];
            poll(NULL, 0, 5);
        }
    CHECK(moved > 0); /* READ is not stable: the writer was at work */
    atomic_store(&shared->stop, 1);
    CHECK_INT(child_status(pid), 0);
    atomic_store(&shared->stop, 0);
}

CONTRACT(many_processes)
{
    struct worker w[8];
    pid_t pid[8];
    struct store_info info = {0};

    store_close(&f->store);
    atomic_store(&shared->ready, 0);
    for (size_t i = 0; i < N(w); i++) {
        w[i] = (struct worker){&f->conf, (uint32_t)(1 + i), increment, 100};
        pid[i] = in_child(work, &w[i]);
    }
    f->store = open_or_print(&f->conf);
    for (size_t i = 0; i < N(w); i++)
        CHECK_INT(child_status(pid[i]), 0);
    CHECK_FATAL(f->store != NULL);
    for (size_t i = 0; i < N(w); i++)
        CHECK_INT(counter_of(f, w[i].account), 100);
    store_info(f->store, &info);
    CHECK_INT(info.members, 1);
    CHECK(info.free_bytes > 0);
    CHECK_CSTR(info.engine, "bdb");
    CHECK(info.recoveries >= 1);
}

/* Puts and deletes, over and over, what lies right behind the range that check_backward() walks. */
static enum store_rc flicker(struct store_txn *t, struct arena *a, void *ctx)
{
    struct str key = store_account(t) == 1 ? STR_LIT("m") : STR_LIT("a");
    enum store_rc rc = store_delete(t, SPACE_USER, key);

    (void)a;
    (void)ctx;
    return rc == STORE_NOTFOUND ? store_put(t, SPACE_USER, key, STR_LIT("not for you")) : rc;
}

static enum store_rc check_backward(struct store_txn *t, struct arena *a, void *ctx)
{
    const struct str *to = ctx;
    struct str key = NONSENSE, value = NONSENSE;
    struct store_scan *scan;

    (void)a;
    CHECK_INT(store_scan_open(t, SPACE_USER, STR_LIT("b"), *to, STORE_BACKWARD, &scan), STORE_OK);
    CHECK_INT(store_scan_next(scan, &key, &value), STORE_OK);
    CHECK_STR(key, STR_LIT("c"));
    CHECK_INT(store_scan_next(scan, &key, &value), STORE_NOTFOUND);
    store_scan_close(&scan);
    return STORE_OK;
}

static enum store_rc put_c(struct store_txn *t, struct arena *a, void *ctx)
{
    (void)a;
    (void)ctx;
    return put(t, SPACE_USER, "c", "the only one");
}

/* Others write behind the end of the range while its last key is looked for, in the next account and in its own. */
CONTRACT(backward_scans_keep_to_their_range)
{
    struct worker w[2] = {{&f->conf, 2, flicker, 1000000}, {&f->conf, 1, flicker, 1000000}};
    struct str to[2] = {STR_NULL, STR_LIT("d")};
    pid_t pid;

    CHECK_INT(run(f, 1, STORE_WRITE, put_c, NULL), STORE_OK);
    for (size_t i = 0; i < N(w); i++) {
        store_close(&f->store);
        atomic_store(&shared->ready, 0);
        atomic_store(&shared->stop, 0);
        pid = in_child(work, &w[i]);
        f->store = open_or_print(&f->conf);
        CHECK_FATAL(f->store != NULL);
        for (int64_t end = now_us() + 1000000; now_us() < end;)
            CHECK_INT(run(f, 1, STORE_READ, check_backward, &to[i]), STORE_OK);
        atomic_store(&shared->stop, 1);
        CHECK_INT(child_status(pid), 0);
        atomic_store(&shared->stop, 0);
    }
}

/* --- the whole --- */

static int count_files(const char *dir, const char *prefix)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;
    int n = 0;

    while (d != NULL && (entry = readdir(d)) != NULL)
        n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    if (d != NULL)
        closedir(d);
    return n;
}

CONTRACT(housekeeping_bounds_the_log)
{
    const char *log = arena_printf(f->arena, "%s/data/log", f->dir);
    const char *ballast = arena_printf(f->arena, "%s/data/ballast", f->dir);
    struct stat st;

    for (int i = 0; i < 12; i++) { /* about 4 MiB of log each time, in files of 4 MiB */
        CHECK_INT(run(f, 1, STORE_WRITE, put_many, NULL), STORE_OK);
        store_housekeep(f->store, i % 3 == 0);
    }
    CHECK(count_files(log, "log.") <= 3);
    CHECK(stat(ballast, &st) == 0 && st.st_size == 1 << 20 && st.st_blocks * 512 >= 1 << 20);
    f->conf.store_keep_log_files = 5;
    for (int i = 0; i < 12; i++) {
        CHECK_INT(run(f, 1, STORE_WRITE, put_many, NULL), STORE_OK);
        store_housekeep(f->store, true);
    }
    CHECK(count_files(log, "log.") >= 6 && count_files(log, "log.") <= 8);
}

static int restore_into(void *ctx)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;

    if (!store_restore(ctx, "/nothing", a, &e))
        return e.code == ERR_STORE_IN_USE ? 1 : 2;
    return 0;
}

/* A restored copy has what was there when the backup began. */
CONTRACT(backup_can_be_restored)
{
    struct worker w = {&f->conf, 1, increment, 1000000};
    const char *copy = arena_printf(f->arena, "%s/copy", f->dir);
    struct conf restored = f->conf;
    struct error e = ERROR_INIT;
    uint64_t before, after;
    pid_t pid;

    store_close(&f->store);
    atomic_store(&shared->stop, 0);
    pid = in_child(work, &w);
    f->store = open_or_print(&f->conf);
    CHECK_FATAL(f->store != NULL);
    do
        poll(NULL, 0, 10);
    while ((before = counter_of(f, 1)) < 500);
    CHECK_INT(store_backup(f->store, copy), STORE_OK);
    after = counter_of(f, 1);
    CHECK_INT(store_backup(f->store, copy), STORE_REFUSED); /* the directory is not new */
    atomic_store(&shared->stop, 1);
    CHECK_INT(child_status(pid), 0);
    atomic_store(&shared->stop, 0);
    store_close(&f->store);
    CHECK(after > before);

    restored.store_data = arena_printf(f->arena, "%s/new", f->dir);
    restored.store_regions = arena_printf(f->arena, "%s/new-regions", f->dir);
    CHECK(store_restore(&restored, copy, f->arena, &e));
    f->store = open_or_print(&restored);
    CHECK_FATAL(f->store != NULL);
    CHECK(counter_of(f, 1) >= before);
    CHECK_INT(run(f, 1, STORE_WRITE, increment, NULL), STORE_OK);
    CHECK_INT(child_status(in_child(restore_into, &restored)), 1);
}

/* Opens the store as soon as the first file is there; succeeds if it has all there is in the end. */
static int open_early(void *ctx)
{
    const struct conf *c = ctx;
    struct arena *a = arena_new(0);
    const char *data = arena_printf(a, "%s/data", c->store_data);
    struct store *s;

    for (int i = 0; i < 20000 && count_files(data, "") <= 2; i++)
        usleep(100);
    s = open_or_print(c);
    return s != NULL && store_run(s, 1, STORE_READ, a, get_k, &got) == STORE_OK ? 0 : 1;
}

CONTRACT(restore_keeps_others_out)
{
    const char *copy = arena_printf(f->arena, "%s/copy", f->dir);
    struct conf restored = f->conf;
    struct error e = ERROR_INIT;
    uint32_t one = 1;
    pid_t pid;

    CHECK_INT(run(f, 1, STORE_WRITE, put_own_number, &one), STORE_OK);
    for (uint32_t account = 2; account < 20; account++) /* so much that copying takes a while */
        CHECK_INT(run(f, account, STORE_WRITE, put_many, NULL), STORE_OK);
    CHECK_INT(store_backup(f->store, copy), STORE_OK);
    store_close(&f->store);
    restored.store_data = arena_printf(f->arena, "%s/new", f->dir);
    restored.store_regions = arena_printf(f->arena, "%s/new-regions", f->dir);
    pid = in_child(open_early, &restored);
    CHECK(store_restore(&restored, copy, f->arena, &e));
    CHECK_INT(child_status(pid), 0);
}

static bool refused_with(const struct conf *c, struct arena *a, const char *words)
{
    const char *message = NULL;
    struct store *s = store_open(c, a, &message);

    if (s != NULL) {
        store_close(&s);
        return false;
    }
    printf("# %s\n", message);
    return strstr(message, words) != NULL;
}

CONTRACT(refuses_unsafe_directories)
{
    const char *config = arena_printf(f->arena, "%s/bdb/DB_CONFIG", f->conf.store_regions);
    struct conf bad = f->conf;
    int fd;

    store_close(&f->store);
    CHECK_INT(chmod(f->conf.store_data, 0770), 0);
    CHECK(refused_with(&f->conf, f->arena, "chmod 700"));
    CHECK_INT(chmod(f->conf.store_data, 0702), 0);
    CHECK(refused_with(&f->conf, f->arena, "chmod 700"));
    CHECK_INT(chmod(f->conf.store_data, 0700), 0);
    CHECK_INT(chmod(f->conf.store_regions, 0777), 0);
    CHECK(refused_with(&f->conf, f->arena, "chmod 700"));
    CHECK_INT(chmod(f->conf.store_regions, 0700), 0);
    fd = open(config, O_CREAT | O_WRONLY, 0600);
    close(fd);
    CHECK(refused_with(&f->conf, f->arena, "DB_CONFIG"));
    unlink(config);
    bad.store_data = "/proc/nothing";
    CHECK(refused_with(&bad, f->arena, "/proc/nothing"));
    if (geteuid() == 0) {
        CHECK_INT(chown(f->conf.store_data, 1, 1), 0);
        CHECK(refused_with(&f->conf, f->arena, "owner"));
        CHECK_INT(chown(f->conf.store_data, 0, 0), 0);
    }
    f->store = open_or_print(&f->conf);
    CHECK(f->store != NULL);
}

/* The number of things below dir that others may look at; each is printed. */
static int count_open_to_others(const char *dir, struct arena *a)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;
    struct stat st;
    int n = 0;

    while (d != NULL && (entry = readdir(d)) != NULL) {
        const char *path = arena_printf(a, "%s/%s", dir, entry->d_name);

        if (entry->d_name[0] == '.' || lstat(path, &st) != 0)
            continue;
        if ((st.st_mode & 077) != 0) {
            printf("# %s has mode %o\n", path, st.st_mode & 07777);
            n++;
        }
        if (S_ISDIR(st.st_mode))
            n += count_open_to_others(path, a);
    }
    if (d != NULL)
        closedir(d);
    return n;
}

/* Whatever the umask: records, log, regions, guard, ballast, backups and what is restored of them. */
CONTRACT(files_are_private)
{
    const char *top = arena_printf(f->arena, "%s/top", f->dir);
    struct conf conf = f->conf;
    mode_t before = umask(0);

    conf.store_data = arena_printf(f->arena, "%s/data", top);
    conf.store_regions = arena_printf(f->arena, "%s/regions", top);
    store_close(&f->store);
    CHECK_INT(mkdir(top, 0700), 0);
    f->store = open_or_print(&conf);
    CHECK_FATAL(f->store != NULL);
    CHECK_INT(run(f, 1, STORE_WRITE, put_many, NULL), STORE_OK);
    store_housekeep(f->store, true);
    CHECK_INT(store_backup(f->store, arena_printf(f->arena, "%s/copy", top)), STORE_OK);
    CHECK_INT(count_open_to_others(top, f->arena), 0);
    store_close(&f->store);
    umask(before);
}

/* --- the guard's own: what the others do not reach --- */

static int die_outside(void *ctx)
{
    struct store *s = open_or_print(ctx);

    if (s == NULL)
        return 1;
    raise(SIGKILL);
    return 2;
}

static enum store_rc die_inside(struct store_txn *t, struct arena *a, void *ctx)
{
    char room[8];

    (void)a;
    (void)ctx;
    (void)!store_put(t, SPACE_USER, number(1, room), STR_LIT("never to be seen"));
    raise(SIGKILL);
    return STORE_OK;
}

static int die_within(void *ctx)
{
    struct store *s = open_or_print(ctx);

    if (s != NULL)
        store_run(s, 1, STORE_WRITE, arena_new(0), die_inside, NULL);
    return 1;
}

/* Opens, says so, and stays until it is ended. */
static int stay(void *ctx)
{
    struct store *s = open_or_print(ctx);

    if (s == NULL)
        return 1;
    atomic_fetch_add(&shared->ready, 1);
    for (int i = 0; i < 1000 && !atomic_load(&shared->stop); i++)
        poll(NULL, 0, 10);
    store_close(&s);
    return 0;
}

static uint64_t recoveries(struct store *s)
{
    struct store_info info;

    store_info(s, &info);
    return info.recoveries;
}

static void wait_ready(int n)
{
    for (int i = 0; i < 2000 && atomic_load(&shared->ready) < n; i++)
        poll(NULL, 0, 5);
    CHECK_INT(atomic_load(&shared->ready), n);
}

/* n others have the store open instead of this process, until shared->stop. */
static void hand_over(struct fixture *f, pid_t *pid, int n)
{
    store_close(&f->store);
    atomic_store(&shared->ready, 0);
    atomic_store(&shared->stop, 0);
    for (int i = 0; i < n; i++)
        pid[i] = in_child(stay, &f->conf);
    wait_ready(n);
}

/* A death outside ends nobody; one inside ends everybody, and the next to open recovers. */
CONTRACT(deaths)
{
    uint64_t before = recoveries(f->store);
    pid_t stays;

    hand_over(f, &stays, 1);
    CHECK_INT(child_status(in_child(die_outside, &f->conf)), 1000 + SIGKILL);
    f->store = open_or_print(&f->conf);
    CHECK_FATAL(f->store != NULL);
    CHECK_INT(recoveries(f->store), before + 1); /* by the one who stays, who was alone */
    store_close(&f->store);
    CHECK_INT(child_status(in_child(die_within, &f->conf)), 1000 + SIGKILL);
    CHECK_INT(child_status(stays), STORE_EXIT_POISONED);
    f->store = open_or_print(&f->conf);
    CHECK_FATAL(f->store != NULL);
    CHECK_INT(recoveries(f->store), before + 2);
    CHECK_INT(run(f, 1, STORE_READ, get_k, &got), STORE_NOTFOUND);
}

/* The same data by other shared memory: to recover it there would pull it from under those who have it open. */
CONTRACT(refuses_data_that_are_open_elsewhere)
{
    struct conf other = f->conf;
    uint32_t one = 1;
    pid_t pid;

    other.store_regions = arena_printf(f->arena, "%s/other-regions", f->dir);
    CHECK_INT(run(f, 1, STORE_WRITE, put_own_number, &one), STORE_OK);
    hand_over(f, &pid, 1);
    CHECK(refused_with(&other, f->arena, "another store.regions"));
    kill(pid, SIGKILL);
    CHECK_INT(child_status(pid), 1000 + SIGKILL);
    f->store = open_or_print(&other); /* nobody else has it now */
    CHECK_FATAL(f->store != NULL);
    CHECK_INT(run(f, 1, STORE_READ, check_own_number, &one), STORE_OK);
}

static void remove_guard(const struct conf *c, struct arena *a)
{
    CHECK_INT(unlink(arena_printf(a, "%s/guard", c->store_regions)), 0);
}

/* Whoever lost the shared memory ends, so that those who come next and make it anew are alone with the data. */
CONTRACT(ends_when_the_regions_are_removed)
{
    uint32_t one = 1;
    pid_t pid;

    CHECK_INT(run(f, 1, STORE_WRITE, put_own_number, &one), STORE_OK);
    hand_over(f, &pid, 1);
    remove_guard(&f->conf, f->arena);
    CHECK_INT(child_status(pid), STORE_EXIT_POISONED);
    f->store = open_or_print(&f->conf);
    CHECK_FATAL(f->store != NULL);
    CHECK_INT(run(f, 1, STORE_READ, check_own_number, &one), STORE_OK);
}

/* So many that whatever each of them does for each other is seen; all at once, as after a death. */
CONTRACT(a_crowd_can_join)
{
    pid_t pid[200];

    hand_over(f, pid, N(pid));
    atomic_store(&shared->stop, 1);
    for (size_t i = 0; i < N(pid); i++)
        CHECK_INT(child_status(pid[i]), 0);
    atomic_store(&shared->stop, 0);
}

/* Entries that idle deaths leave behind are cleared before the tables are full. */
CONTRACT(many_idle_deaths)
{
    uint64_t before = recoveries(f->store);
    pid_t stays;
    int rc = 0;

    hand_over(f, &stays, 1);
    for (int i = 0; i < 110 && rc == 0; i++)
        rc = child_status(in_child(die_outside, &f->conf)) == 1000 + SIGKILL ? 0 : 1;
    CHECK_INT(rc, 0);
    rc = child_status(stays); /* killed by the one who recovered, or by its own watch */
    CHECK(rc == 1000 + SIGKILL || rc == STORE_EXIT_POISONED);
    f->store = open_or_print(&f->conf);
    CHECK_FATAL(f->store != NULL);
    CHECK(recoveries(f->store) >= before + 2);
}

CONTRACT(guard_of_another_version)
{
    const char *guard = arena_printf(f->arena, "%s/guard", f->conf.store_regions);
    pid_t stays;
    int fd;

    hand_over(f, &stays, 1);
    fd = open(guard, O_WRONLY);
    CHECK_INT(pwrite(fd, "\xff", 1, 8), 1); /* the layout's number */
    CHECK(refused_with(&f->conf, f->arena, "another version"));
    atomic_store(&shared->stop, 1);
    CHECK_INT(child_status(stays), 0);
    atomic_store(&shared->stop, 0);
    CHECK_INT(pwrite(fd, "\xff", 1, 8), 1);
    CHECK_INT(ftruncate(fd, 100), 0);
    close(fd);
    f->store = open_or_print(&f->conf); /* nobody else is there: it is made anew */
    CHECK(f->store != NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(gets_what_was_put),
        UNIT(lax_changes_are_not_waited_for),
        UNIT(values_stay_in_the_arena),
        UNIT(large_values),
        UNIT(scans_are_like_a_sorted_array),
        UNIT(scans_of_many_keys),
        UNIT(several_scans_at_once),
        UNIT(reads_own_writes_and_undoes_them),
        UNIT(runs_the_body_again),
        UNIT(one_transaction_of_100000_writes),
        UNIT(accounts_are_apart),
        UNIT(system_enters_an_account),
        UNIT(no_increment_is_lost),
        UNIT(conflicts_are_run_again),
        UNIT(a_read_of_another_account_is_no_conflict),
        UNIT(freeze_is_stable),
        UNIT(many_processes),
        UNIT(housekeeping_bounds_the_log),
        UNIT(backward_scans_keep_to_their_range),
        UNIT(backup_can_be_restored),
        UNIT(restore_keeps_others_out),
        UNIT(refuses_unsafe_directories),
        UNIT(files_are_private),
        UNIT(deaths),
        UNIT(refuses_data_that_are_open_elsewhere),
        UNIT(ends_when_the_regions_are_removed),
        UNIT(many_idle_deaths),
        UNIT(a_crowd_can_join),
        UNIT(guard_of_another_version),
    };

    log_set_level(LOG_ERROR_);
    shared = shared_zeros(sizeof *shared);
    return unit_run("contract", tests, N(tests));
}
