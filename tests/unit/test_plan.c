/* SPDX-License-Identifier: Apache-2.0 */
/* Which filters are served by indexes, and by how much of them; that they find the right ones is test_listing's matter. */
#include "../../src/directory/plan.h"
#include "unit.h"

#include <stdio.h>

#define ID   "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"
#define NONE (-1)

static const struct {
    const char *text;
    int ranges; /* NONE: every record has to be looked at */
    bool one, exact;
} cases[] = {
    {"id eq \"" ID "\"", 1, true, false}, /* found without case, compared with it */
    {"id eq \"x\"", 0, true, false},
    {"userName eq \"a\"", 1, true, true},
    {"emails eq \"a\"", 1, false, true},
    {"emails[value eq \"a\"]", 1, false, true},
    {"emails[type eq \"work\" and value eq \"a\"]", 1, false, false},
    {"emails[value eq \"a\" or value sw \"b\"]", 2, false, false},
    {"groups eq \"" ID "\"", 1, false, true},
    {"groups.value eq \"x\"", 0, false, true},
    {"userName sw \"a\"", 1, false, false},
    {"userName gt \"a\"", 1, false, false},
    {"externalId le \"a\"", 1, false, false},
    {"userName eq \"a\" or userName eq \"b\" or externalId eq \"c\"", 3, false, true},
    {"userName eq \"a\" or userName eq \"b\"", 2, true, true},
    {"title pr and userName eq \"a\"", 1, true, false},
    {"emails eq \"b\" and userName eq \"a\"", 1, true, false},
    {"userName ge \"a\" and userName lt \"b\"", 1, false, false},
    {"userName ge \"b\" and userName lt \"a\"", 0, false, false},
    {"emails.value gt \"b\" and emails.value lt \"a\"", 1, false, false}, /* of two values */
    {"(userName sw \"a\" or title pr) and externalId eq \"c\"", 1, false, false},
    {"userName sw \"\"", NONE, false, false},
    {"userName pr", NONE, false, false},
    {"userName ne \"a\"", NONE, false, false},
    {"userName co \"a\"", NONE, false, false},
    {"userName ew \"a\"", NONE, false, false},
    {"userName eq null", NONE, false, false},
    {"title eq \"a\"", NONE, false, false},
    {"active eq true", NONE, false, false},
    {"not (userName eq \"a\")", NONE, false, false},
    {"userName eq \"a\" or title eq \"b\"", NONE, false, false},
    {"emails[not (value eq \"a\")]", NONE, false, false},
    {"meta.created gt \"2026-01-01T00:00:00Z\"", NONE, false, false},
};

static void follows_indexes(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena *a = arena_new(0);
        struct error e = ERROR_INIT;
        struct filter *f = filter_parse(&resource_type_user, str_of(cases[i].text), a, &e);
        struct plan plan;
        bool good = CHECK(f != NULL);

        if (good && cases[i].ranges == NONE)
            good = CHECK(!plan_make(f, a, &plan));
        else if (good)
            good = CHECK(plan_make(f, a, &plan)) &&
                   (CHECK_INT(plan.n, cases[i].ranges) & CHECK_INT(plan.one, cases[i].one) &
                    CHECK_INT(plan.exact, cases[i].exact));
        if (!good)
            printf("# %s\n", cases[i].text);
        arena_free(&a);
    }
}

static const struct unit_test tests[] = {UNIT(follows_indexes)};

int main(void)
{
    return unit_run("plan", tests, sizeof tests / sizeof tests[0]);
}
