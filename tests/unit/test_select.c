/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing the first few of many: compared with sorting all. */
#include "../../src/directory/select.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#define MANY 5000

static struct selected all[MANY];
static char texts[MANY][8];
static struct attrpath by_title;

/* Ordinals 1 to MANY in a shuffled order, with few different values and some missing. */
static void prepare(void)
{
    struct error e = ERROR_INIT;
    uint32_t seed = 12345;

    CHECK(sort_parse(&resource_type_user, STR_LIT("title"), false, &by_title, &e));
    for (size_t i = 0; i < MANY; i++) {
        seed = seed * 1664525 + 1013904223;
        snprintf(texts[i], sizeof texts[i], "v%02u", seed >> 16 & 63);
        all[i] = (struct selected){.type = &resource_type_user, .ordinal = i + 1};
        all[i].value.missing = (seed >> 24) % 7 == 0;
        if (!all[i].value.missing)
            all[i].value.bytes = str_of(texts[i]);
    }
    for (size_t i = MANY - 1; i > 0; i--) {
        seed = seed * 1664525 + 1013904223;
        size_t j = (seed >> 8) % (i + 1);
        struct selected other = all[i];
        all[i] = all[j];
        all[j] = other;
    }
}

static bool descending, backward, sorted;

static int order(const void *a, const void *b)
{
    const struct selected *x = a, *y = b;
    int order = sorted ? sort_cmp(&by_title, &x->value, &y->value) : 0;

    if (descending)
        order = -order;
    if (order == 0)
        order = (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
    return backward ? -order : order;
}

static void compare(const struct selected *sorted_all, size_t behind, size_t want)
{
    struct selection s = {.by = sorted ? &by_title : NULL,
                          .descending = descending,
                          .backward = backward,
                          .want = want,
                          .behind = behind == 0 ? NULL : &sorted_all[behind - 1]};
    size_t n = MANY - behind < want ? MANY - behind : want;
    bool good;

    for (int round = 0; round < 2; round++) { /* a transaction's body may run again */
        select_begin(&s);
        for (size_t i = 0; i < MANY; i++)
            select_offer(&s, &all[i]);
        select_end(&s);
    }
    good = CHECK_INT(s.total, MANY) & CHECK_INT(s.n, n) & CHECK_INT(s.skipped, behind > 0);
    for (size_t i = 0; i < n && good; i++)
        good = CHECK_INT(s.list[i].ordinal, sorted_all[behind + i].ordinal) &
               CHECK_STR(s.list[i].value.bytes, sorted ? sorted_all[behind + i].value.bytes : STR_NULL);
    if (!good)
        printf("# %zu behind %zu, sorted %d, descending %d, backward %d\n", want, behind, sorted, descending, backward);
    CHECK(s.room <= 2 * (want < 64 ? 64 : want) * 2);
    select_free(&s);
}

static void chooses_as_sorting_would(void)
{
    static const size_t behinds[] = {0, 1, 100, 2500, MANY - 3, MANY},
                        wants[] = {0, 1, 2, 63, 64, 65, 700, MANY, 2 * MANY};
    static struct selected sorted_all[MANY];

    prepare();
    for (int way = 0; way < 8; way++) {
        descending = way & 1, backward = way & 2, sorted = way & 4;
        if (descending && !sorted)
            continue;
        memcpy(sorted_all, all, sizeof all);
        qsort(sorted_all, MANY, sizeof *sorted_all, order);
        for (size_t i = 0; i < sizeof behinds / sizeof behinds[0]; i++)
            for (size_t j = 0; j < sizeof wants / sizeof wants[0]; j++)
                compare(sorted_all, behinds[i], wants[j]);
    }
}

static const struct unit_test tests[] = {UNIT(chooses_as_sorting_would)};

int main(void)
{
    return unit_run("select", tests, sizeof tests / sizeof tests[0]);
}
