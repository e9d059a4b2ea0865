/* SPDX-License-Identifier: Apache-2.0 */
/* Counters that processes share, and their text. */
#include "unit.h"

#include "roster/http/metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAD "# HELP roster_requests_total Requests that were answered.\n# TYPE roster_requests_total counter\n"

static struct metrics *open_in(struct arena *a, const char *dir)
{
    const char *message = NULL;
    struct metrics *m = metrics_open(dir, a, &message);

    CHECK((m == NULL) == (message != NULL));
    return m;
}

static const char *text_of(struct arena *a, const struct metrics *m)
{
    struct buf b;

    buf_init(&b, a);
    metrics_write(&b, m);
    return buf_cstr(&b);
}

/* The one file of dir. */
static const char *file_of(struct arena *a, const char *dir)
{
    DIR *d = opendir(dir);
    const char *path = "";
    const struct dirent *entry;

    while (d != NULL && (entry = readdir(d)) != NULL)
        if (entry->d_name[0] != '.')
            path = arena_printf(a, "%s/%s", dir, entry->d_name);
    if (d != NULL)
        closedir(d);
    return path;
}

static void counts_by_client_method_and_status(void)
{
    struct arena *a = arena_new(0);
    struct metrics *m = open_in(a, unit_tmpdir());

    CHECK_FATAL(m != NULL);
    CHECK_CSTR(text_of(a, m), HEAD);
    metrics_count(m, CLIENT_OKTA, HTTP_GET, 200);
    metrics_count(m, CLIENT_OKTA, HTTP_GET, 299);
    metrics_count(m, CLIENT_OTHER, HTTP_OTHER, 405);
    metrics_count(m, CLIENTS - 1, HTTP_PATCH, 503);
    metrics_count(NULL, CLIENT_OKTA, HTTP_GET, 200);
    CHECK_CSTR(text_of(a, m), HEAD "roster_requests_total{client=\"other\",method=\"OTHER\",status=\"4xx\"} 1\n"
                                   "roster_requests_total{client=\"okta\",method=\"GET\",status=\"2xx\"} 2\n"
                                   "roster_requests_total{client=\"authentik\",method=\"PATCH\",status=\"5xx\"} 1\n");
    metrics_close(&m);
    CHECK(m == NULL);
    metrics_close(&m);
    arena_free(&a);
}

#define CHILDREN 4
#define COUNTS   20000

/* Processes that open the counters at the same time and count at the same time lose nothing. */
static void processes_count_together(void)
{
    struct arena *a = arena_new(0);
    const char *dir = unit_tmpdir();
    pid_t children[CHILDREN];

    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct metrics *m = open_in(a, dir);

            for (int j = 0; m != NULL && j < COUNTS; j++)
                metrics_count(m, CLIENT_ENTRA, HTTP_POST, 201);
            _exit(m == NULL);
        }
    }
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;

        CHECK_INT(waitpid(children[i], &status, 0), children[i]);
        CHECK_INT(status, 0);
    }
    struct metrics *m = open_in(a, dir);
    CHECK_FATAL(m != NULL);
    CHECK_CSTR(text_of(a, m),
               arena_printf(a, HEAD "roster_requests_total{client=\"entra\",method=\"POST\",status=\"2xx\"} %d\n",
                            CHILDREN * COUNTS));
    metrics_close(&m);
    arena_free(&a);
}

/* What was left half made is completed, and has no hole that a full disk would turn into a crash. */
static void completes_its_file(void)
{
    struct arena *a = arena_new(0);
    const char *dir = unit_tmpdir();
    struct metrics *m = open_in(a, dir);
    struct stat whole, again;

    CHECK_FATAL(m != NULL);
    metrics_close(&m);
    const char *path = file_of(a, dir);
    CHECK_FATAL(stat(path, &whole) == 0);
    CHECK_INT(whole.st_mode & 0777, 0600);
    CHECK(whole.st_blocks * 512 >= whole.st_size);
    CHECK_FATAL(truncate(path, whole.st_size / 2 - 3) == 0);
    m = open_in(a, dir);
    CHECK_FATAL(m != NULL);
    metrics_count(m, CLIENTS - 1, HTTP_OTHER, 599);
    CHECK_FATAL(stat(path, &again) == 0);
    CHECK_INT(again.st_size, whole.st_size);
    metrics_close(&m);
    arena_free(&a);
}

static void says_why_there_are_none(void)
{
    struct arena *a = arena_new(0);
    const char *message = "";

    CHECK(metrics_open("/nonexistent", a, &message) == NULL);
    CHECK(strstr(message, "No such file") != NULL);
    arena_free(&a);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT(counts_by_client_method_and_status),
        UNIT(processes_count_together),
        UNIT(completes_its_file),
        UNIT(says_why_there_are_none),
    };
    return unit_run("metrics", tests, sizeof tests / sizeof tests[0]);
}
