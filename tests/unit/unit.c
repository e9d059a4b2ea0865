/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <CUnit/TestRun.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SECONDS_PER_TEST 60
#define CHILD_FAILED     99
#define VALUE_MAX        1000 /* bytes of a value that a message shows */

/* --- TAP --- */

static unsigned count;
static pid_t program; /* the process that runs the tests, not a child of it */

static void test_starts(const CU_pTest test, const CU_pSuite suite)
{
    (void)test;
    (void)suite;
    alarm(SECONDS_PER_TEST);
}

static void test_completes(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord first)
{
    alarm(0);
    printf("%s %u - %s: %s\n", first != NULL ? "not ok" : "ok", ++count, suite->pName, test->pName);
    for (CU_pFailureRecord f = first; f != NULL; f = f->pNext)
        if (f->pTest == test)
            printf("# %s:%u: %s\n", f->strFileName, f->uiLineNumber, f->strCondition);
    fflush(stdout);
}

static void suite_init_failed(const CU_pSuite suite)
{
    printf("not ok %u - %s: the suite's preparation failed\n", ++count, suite->pName);
}

static void too_long(int signo)
{
    static const char message[] = "Bail out! The test took more than 60 seconds.\n";

    (void)signo;
    if (write(STDOUT_FILENO, message, sizeof message - 1) < 0)
        _exit(CHILD_FAILED);
    _exit(EXIT_FAILURE);
}

static bool add_tests(CU_pSuite suite, const struct unit_test *tests, size_t n)
{
    const char *only = getenv("UNIT_ONLY");

    for (size_t i = 0; i < n; i++)
        if ((only == NULL || strcmp(only, tests[i].name) == 0) &&
            CU_add_test(suite, tests[i].name, tests[i].run) == NULL)
            return false;
    return true;
}

int unit_run(const char *name, const struct unit_test *tests, size_t n)
{
    CU_pSuite suite;

    program = getpid();
    if (CU_initialize_registry() != CUE_SUCCESS || (suite = CU_add_suite(name, NULL, NULL)) == NULL ||
        !add_tests(suite, tests, n)) {
        printf("Bail out! CUnit: %s\n", CU_get_error_msg());
        return EXIT_FAILURE;
    }
    signal(SIGALRM, too_long);
    CU_set_test_start_handler(test_starts);
    CU_set_test_complete_handler(test_completes);
    CU_set_suite_init_failure_handler(suite_init_failed);
    CU_ErrorCode rc = CU_run_all_tests();
    unsigned failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
    printf("1..%u\n", count);
    CU_cleanup_registry();
    return rc == CUE_SUCCESS && failed == 0 && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void unit_skip_all(const char *reason)
{
    printf("1..0 # SKIP %s\n", reason);
    exit(EXIT_SUCCESS);
}

/* --- files --- */

struct tmpdir {
    struct tmpdir *next;
    char path[256];
};

static struct tmpdir *tmpdirs;
static pid_t tmpdirs_owner;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    remove(path);
    return 0;
}

static void remove_tmpdirs(void)
{
    if (getpid() != tmpdirs_owner)
        return; /* a forked child that called exit() */
    while (tmpdirs != NULL) {
        struct tmpdir *d = tmpdirs;
        tmpdirs = d->next;
        nftw(d->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        free(d);
    }
}

const char *unit_tmpdir(void)
{
    const char *parent = getenv("TMPDIR");
    struct tmpdir *d = calloc(1, sizeof *d);

    if (d != NULL && snprintf(d->path, sizeof d->path, "%s/roster-unit-XXXXXX",
                              parent != NULL && *parent != '\0' ? parent : "/tmp") >= (int)sizeof d->path) {
        free(d);
        d = NULL;
    }
    if (d == NULL || mkdtemp(d->path) == NULL) {
        printf("Bail out! No temporary directory: %s\n", strerror(errno));
        exit(EXIT_FAILURE);
    }
    if (tmpdirs_owner != getpid()) {
        tmpdirs = NULL;
        tmpdirs_owner = getpid();
        atexit(remove_tmpdirs);
    }
    d->next = tmpdirs;
    tmpdirs = d;
    return d->path;
}

const char *unit_source(const char *path)
{
    static char full[4096];
    const char *top = getenv("top_srcdir");

    if (snprintf(full, sizeof full, "%s/%s", top != NULL && *top != '\0' ? top : ".", path) >= (int)sizeof full) {
        printf("Bail out! The path of %s is too long.\n", path);
        exit(EXIT_FAILURE);
    }
    return full;
}

static struct str read_all(const char *path)
{
    FILE *f = fopen(path, "r");
    size_t size = 0, room = 4096;
    char *bytes = f == NULL ? NULL : malloc(room);

    for (size_t n; bytes != NULL && (n = fread(bytes + size, 1, room - size, f)) > 0;)
        if ((size += n) == room)
            bytes = realloc(bytes, room *= 2);
    if (f != NULL)
        fclose(f);
    if (bytes != NULL)
        bytes = realloc(bytes, size > 0 ? size : 1);
    return bytes == NULL ? STR_NULL : str_make(bytes, size);
}

struct str unit_read(const char *path)
{
    struct str text = read_all(unit_source(path));

    if (text.p == NULL)
        unit_check(false, "a file can be read", path, 0);
    return text;
}

void unit_each_file(const char *folder, size_t least, void (*fn)(const char *name, struct str text))
{
    char path[1024];
    const struct dirent *entry;
    size_t n = 0;

    DIR *dir = opendir(unit_source(folder));
    CHECK_FATAL(dir != NULL);
    while ((entry = readdir(dir)) != NULL) {
        unsigned before = CU_get_number_of_failures();

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        struct str text = unit_read(path);
        if (text.p != NULL)
            fn(entry->d_name, text);
        free((char *)text.p);
        if (CU_get_number_of_failures() != before)
            printf("# in %s\n", path);
        n++;
    }
    closedir(dir);
    CHECK(n >= least);
}

/* --- checks --- */

static bool record(bool ok, const char *message, const char *file, int line)
{
    if (!ok && getpid() != program) {
        fprintf(stderr, "# %s:%d: in a child: %s\n", file, line, message);
        _exit(CHILD_FAILED);
    }
    CU_assertImplementation(ok, (unsigned)line, message, file, "", CU_FALSE);
    return ok;
}

bool unit_check(bool ok, const char *what, const char *file, int line)
{
    return record(ok, what, file, line);
}

bool unit_check_int(long long actual, long long expected, const char *what, const char *file, int line)
{
    char message[VALUE_MAX];

    if (actual == expected)
        return record(true, what, file, line);
    snprintf(message, sizeof message, "%s is %lld, expected %lld", what, actual, expected);
    return record(false, message, file, line);
}

/* s in quotes, with every byte that is not printable ASCII as an escape, cut where out ends. */
static void show(struct str s, char *out, size_t size)
{
    size_t len = 0;

    if (s.p == NULL) {
        snprintf(out, size, "NULL");
        return;
    }
    out[len++] = '"';
    for (size_t i = 0; i < s.len && len < size - 6; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
            out[len++] = (char)c;
        else
            len += (size_t)snprintf(out + len, size - len, "\\x%02x", c);
    }
    out[len++] = '"';
    out[len] = '\0';
}

bool unit_check_str(struct str actual, struct str expected, const char *what, const char *file, int line)
{
    char a[VALUE_MAX], e[VALUE_MAX], message[3 * VALUE_MAX];

    if (str_eq(actual, expected))
        return record(true, what, file, line);
    show(actual, a, sizeof a);
    show(expected, e, sizeof e);
    snprintf(message, sizeof message, "%s is %s (%zu bytes), expected %s (%zu bytes)", what, a, actual.len, e,
             expected.len);
    return record(false, message, file, line);
}
