/* SPDX-License-Identifier: Apache-2.0 */
/* roster.fcgi: see roster.fcgi(8). */
#include "config.h"

#include "roster/server/server.h"

#include "roster/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRONG_USE  2
#define CONF_LIMIT ((size_t)1 << 20)

static const char usage[] = "usage: roster.fcgi [--config FILE] [--listen PATH] [--workers N] [--check]\n";

static const char help[] = "Answers SCIM 2.0 requests that a web server hands over by FastCGI.\n\n"
                           "  --config FILE   read FILE (else $ROSTER_CONFIG, else " SYSCONFDIR "/roster/roster.conf)\n"
                           "  --listen PATH   make the UNIX socket PATH; without it, a listening socket at\n"
                           "                  descriptor 0, else the configuration's server.listen\n"
                           "  --workers N     processes that answer requests (else $ROSTER_WORKERS, else\n"
                           "                  the configuration's server.workers)\n"
                           "  --check         check the configuration and exit\n"
                           "  --foreground    accepted and without effect: it never leaves the foreground\n"
                           "  --version       print the version and exit\n"
                           "  --help          print this and exit\n\n"
                           "Signals: TERM and INT end it, HUP makes it read the configuration again.\n";

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},  {"listen", required_argument, NULL, 'l'},
    {"workers", required_argument, NULL, 'w'}, {"check", no_argument, NULL, 't'},
    {"foreground", no_argument, NULL, 'f'},    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
};

static _Noreturn void fail(const char *message)
{
    fprintf(stderr, "roster.fcgi: %s\n", message);
    exit(EXIT_FAILURE);
}

static _Noreturn void misused(const char *message)
{
    if (message != NULL)
        fprintf(stderr, "roster.fcgi: %s\n", message);
    fputs(usage, stderr);
    exit(WRONG_USE);
}

static bool read_workers(const char *text, int64_t *out)
{
    long long n;

    if (!str_to_ll(str_of(text), &n) || n < 1 || n > WORKERS_MAX)
        return false;
    *out = n;
    return true;
}

static _Noreturn void print(const char *text)
{
    if (fputs(text, stdout) == EOF || fflush(stdout) != 0)
        fail("cannot write to the standard output");
    exit(EXIT_SUCCESS);
}

static void read_arguments(int argc, char **argv, struct server_options *out, bool *check)
{
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            out->config = optarg;
            break;
        case 'l':
            out->listen = optarg;
            break;
        case 'w':
            if (!read_workers(optarg, &out->workers))
                misused("--workers takes a number from 1 to 256");
            break;
        case 't':
            *check = true;
            break;
        case 'f':
            break;
        case 'V':
            print("roster.fcgi " PACKAGE_VERSION "\n");
        case 'h':
            fputs(usage, stdout);
            print(help);
        default:
            misused(NULL);
        }
    }
    if (optind < argc)
        misused("there are too many arguments");
}

static void read_environment(struct server_options *out)
{
    const char *workers = getenv("ROSTER_WORKERS");

    if (workers != NULL && *workers != '\0' && out->workers == 0 && !read_workers(workers, &out->workers))
        misused("ROSTER_WORKERS is a number from 1 to 256");
}

/* A web server may start us with descriptors closed; the files opened next must not get their numbers. */
static void fill_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct server_options chosen = {.config = NULL};
    struct listener listener = {.fd = STDIN_FILENO, .lock = -1};
    struct arena *a = arena_new(CONF_LIMIT);
    const char *message = "";
    struct conf conf;
    bool check = false;

    fill_standard_descriptors();
    umask(077);
    log_set_role("master");
    read_arguments(argc, argv, &chosen, &check);
    read_environment(&chosen);
    if (!server_settings(&conf, a, &chosen, &message))
        fail(message);
    if (check)
        print("configuration OK\n");
    if (!server_log(&conf, a, &message))
        fail(message);
    if ((chosen.listen != NULL || !listen_inherited()) &&
        !listen_open(&listener, conf.server_listen, conf.server_socket_mode, a, &message))
        fail(message);
    int status = master_run(&conf, &chosen, &listener);
    arena_free(&a);
    return status;
}
