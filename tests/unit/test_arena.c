/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/base/arena.h"
#include "roster/base/log.h"

#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

static void gives_zeroed_aligned_memory(void)
{
    struct arena *a = arena_new(0);

    for (size_t size = 0; size < 200; size++) {
        unsigned char *p = arena_alloc(a, size), sum = 0;
        CHECK_INT((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            sum |= p[i];
        CHECK_INT(sum, 0);
        memset(p, 0xff, size);
        if (size % 50 == 49)
            arena_reset(a);
    }
    arena_free(&a);
    CHECK(a == NULL);
    arena_free(&a);
}

static void keeps_what_it_gave_while_growing(void)
{
    struct arena *a = arena_new(0);
    enum { N = 300 };
    unsigned char *blocks[N];

    for (size_t i = 0; i < N; i++) {
        blocks[i] = arena_alloc_raw(a, i * 37);
        memset(blocks[i], (int)(i & 0xff), i * 37);
    }
    CHECK(arena_used(a) >= (size_t)N * (N - 1) / 2 * 37);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i * 37; j++)
            if (blocks[i][j] != (i & 0xff))
                CHECK_FATAL(false);
    arena_reset(a);
    CHECK_INT(arena_used(a), 0);
    arena_free(&a);
}

static void copies_strings(void)
{
    struct arena *a = arena_new(0);
    char source[] = "roster";
    char *copy = arena_strdup(a, source), *part = arena_strndup(a, source, 3);
    struct str s = arena_str(a, str_make(source, 6)), none = arena_str(a, STR_NULL);

    source[0] = 'X';
    CHECK_CSTR(copy, "roster");
    CHECK_CSTR(part, "ros");
    CHECK_STR(s, STR_LIT("roster"));
    CHECK_INT(s.p[s.len], 0);
    CHECK_INT(none.len, 0);
    CHECK(none.p != NULL && none.p[0] == '\0');
    arena_free(&a);
}

static void formats(void)
{
    struct arena *a = arena_new(0);

    CHECK_CSTR(arena_printf(a, "%d %s", 7, "users"), "7 users");
    CHECK_CSTR(arena_printf(a, "%s", ""), "");
    for (int width = 250; width < 260; width++)
        CHECK_INT(strlen(arena_printf(a, "%*d", width, 1)), width);
    arena_free(&a);
}

static char order[8]; /* of the calls */
static char letters[] = "abcoin";

static void note(void *letter)
{
    size_t n = strlen(order);

    order[n] = *(char *)letter;
    order[n + 1] = '\0';
}

static void defers_newest_first(void)
{
    struct arena *a = arena_new(0);

    order[0] = '\0';
    arena_defer(a, note, &letters[0]);
    arena_defer(a, note, &letters[1]);
    CHECK_CSTR(order, "");
    arena_reset(a);
    CHECK_CSTR(order, "ba");
    arena_reset(a);
    CHECK_CSTR(order, "ba");
    arena_defer(a, note, &letters[2]);
    arena_free(&a);
    CHECK_CSTR(order, "bac");
}

static void rewinds_to_a_mark(void)
{
    struct arena *a = arena_new(0);
    char *before = arena_strdup(a, "before");

    order[0] = '\0';
    arena_defer(a, note, &letters[3]);
    struct arena_mark outer = arena_mark(a);
    size_t used = arena_used(a);
    char *first = arena_strdup(a, "x");
    arena_defer(a, note, &letters[4]);
    struct arena_mark inner = arena_mark(a);
    arena_defer(a, note, &letters[5]);
    arena_alloc(a, 1000000);
    arena_alloc(a, 100);
    arena_rewind(a, inner);
    CHECK_CSTR(order, "n");
    CHECK_CSTR(first, "x");
    arena_rewind(a, outer);
    CHECK_CSTR(order, "ni");
    CHECK_INT(arena_used(a), used);
    CHECK_CSTR(before, "before");
    CHECK(arena_strdup(a, "again") == first);
    arena_free(&a);
    CHECK_CSTR(order, "nio");
}

/* The first allocation after a reset is where the first one was, and not set to zero by arena_alloc_raw(). */
static void wipes_at_reset(void)
{
    struct arena *a = arena_new(0);
    char *secret = arena_strdup(a, "rst_acme_secret");

    arena_reset(a);
    char *again = arena_alloc_raw(a, 16);
    CHECK(again == secret);
    CHECK_STR(str_make(again, 16), str_make("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
    arena_free(&a);
}

static void grows_only_the_newest(void)
{
    struct arena *a = arena_new(1 << 20);
    char *old = arena_alloc(a, 10), *newest = arena_alloc(a, 100);

    CHECK(!arena_grow(a, old, 10, 20));
    CHECK(arena_grow(a, newest, 100, 5000));
    memset(newest, 1, 5000);
    CHECK(!arena_grow(a, newest, 5000, 1 << 20));
    char *next = arena_alloc(a, 8);
    CHECK(next >= newest + 5000);
    arena_free(&a);
}

/* Runs fn in a child; gives its exit status and what it logged. */
static int status_of(void (*fn)(void), char *logged, size_t size)
{
    int ends[2], status = -1;

    if (pipe(ends) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        log_set_fd(ends[1]);
        fn();
        _exit(0);
    }
    close(ends[1]);
    ssize_t len = read(ends[0], logged, size - 1);
    logged[len > 0 ? len : 0] = '\0';
    close(ends[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void take_too_much_at_once(void)
{
    arena_alloc(arena_new(1000), 2000);
}

static void take_too_much_in_parts(void)
{
    struct arena *a = arena_new(200000);

    for (int i = 0; i < 250; i++)
        arena_alloc(a, 1000);
}

static void take_everything(void)
{
    arena_alloc(arena_new(0), SIZE_MAX - 5);
}

static void take_what_is_allowed(void)
{
    struct arena *a = arena_new(200000);

    for (int i = 0; i < 150; i++)
        arena_alloc(a, 1000);
    arena_reset(a);
    arena_alloc(a, 130000);
}

static void ends_the_process_past_its_limit(void)
{
    char logged[4096];

    CHECK_INT(status_of(take_too_much_at_once, logged, sizeof logged), 70);
    CHECK(strstr(logged, "event=fatal") != NULL);
    CHECK(strstr(logged, "reason=memory") != NULL);
    CHECK_INT(status_of(take_too_much_in_parts, logged, sizeof logged), 70);
    CHECK_INT(status_of(take_everything, logged, sizeof logged), 70);
    CHECK_INT(status_of(take_what_is_allowed, logged, sizeof logged), 0);
    CHECK_CSTR(logged, "");
}

static const struct unit_test tests[] = {
    UNIT(gives_zeroed_aligned_memory),
    UNIT(keeps_what_it_gave_while_growing),
    UNIT(copies_strings),
    UNIT(formats),
    UNIT(defers_newest_first),
    UNIT(rewinds_to_a_mark),
    UNIT(wipes_at_reset),
    UNIT(grows_only_the_newest),
    UNIT(ends_the_process_past_its_limit),
};

int main(void)
{
    return unit_run("arena", tests, sizeof tests / sizeof tests[0]);
}
