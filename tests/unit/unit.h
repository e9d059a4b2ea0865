/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit - what a test program is made of: CUnit with checks that print the values, TAP on standard output.
 *
 * A program has one table of tests and one line of main:
 *     static const struct unit_test tests[] = {UNIT(adds_one), UNIT(refuses_nul)};
 *     int main(void) { return unit_run("arena", tests, sizeof tests / sizeof tests[0]); }
 * where each test is `static void adds_one(void)`. A test that runs longer than 60 s ends the program.
 */
#ifndef ROSTER_TESTS_UNIT_H
#define ROSTER_TESTS_UNIT_H

#include "roster/base/str.h"

#include <CUnit/CUnit.h>

#include <stddef.h>

struct unit_test {
    const char *name;
    void (*run)(void);
};
#define UNIT(fn) ((struct unit_test){#fn, fn})

/*
 * Runs the tests in order; the exit status for main. Where the environment has UNIT_ONLY, only the test of that name
 * runs. In a forked child a check that fails prints itself to standard error and ends the child with status 99, so
 * that the parent can see it.
 */
int unit_run(const char *suite, const struct unit_test *tests, size_t n);

/* Skips the rest of the program with a reason: prints the TAP plan that says so and exits with 0. */
_Noreturn void unit_skip_all(const char *reason);

/* A new empty directory under $TMPDIR or /tmp (static memory, one per call), removed at the program's end. */
const char *unit_tmpdir(void);

/* The path of a thing in the source tree: $top_srcdir/path, or ./path without it (static memory, one at a time). */
const char *unit_source(const char *path);

/*
 * The contents of a file of the source tree in memory of exactly their size, so that the address sanitizer sees a read past
 * their end; the caller frees .p. .p is NULL, and that a failure, where it cannot be read.
 */
struct str unit_read(const char *path);

/*
 * Calls fn for each file of a folder of the source tree, but for names that begin with a dot; text lives as long as the call.
 * Fewer than `least` are a failure. A file in which a check fails is named.
 */
void unit_each_file(const char *folder, size_t least, void (*fn)(const char *name, struct str text));

/* Each check evaluates its arguments once, records a failure with both values, goes on; CHECK_FATAL ends the test. */
#define CHECK(cond) unit_check((cond), #cond, __FILE__, __LINE__)
#define CHECK_FATAL(cond)                                                                                              \
    do {                                                                                                               \
        if (!unit_check((cond), #cond, __FILE__, __LINE__))                                                            \
            return;                                                                                                    \
    } while (0)
#define CHECK_INT(actual, expected)                                                                                    \
    unit_check_int((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)
#define CHECK_STR(actual, expected)  unit_check_str((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_CSTR(actual, expected) unit_check_str(str_of(actual), str_of(expected), #actual, __FILE__, __LINE__)

bool unit_check(bool ok, const char *what, const char *file, int line);
bool unit_check_int(long long actual, long long expected, const char *what, const char *file, int line);
bool unit_check_str(struct str actual, struct str expected, const char *what, const char *file, int line);

#endif
