/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/server/server.h"

#include "roster/base/clock.h"
#include "roster/base/log.h"
#include "roster/server/fcgi.h"
#include "roster/store/store.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS       1000
#define HOUSEKEEP_MS  5000
#define MESSAGE_LIMIT ((size_t)1 << 20)

static volatile sig_atomic_t stop;

static void on_stop(int signo)
{
    (void)signo;
    stop = 1;
}

/* No SA_RESTART: waiting ends. What else the master handles means nothing here. */
static void install_signals(void)
{
    struct sigaction act = {.sa_handler = on_stop};
    sigset_t held;

    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    signal(SIGHUP, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGINT);
    sigprocmask(SIG_SETMASK, &held, NULL); /* fcgi_serve() lets them in; until then they wait */
}

/* Personal data and tokens pass through this process's memory: none of it goes to a core file or to a debugger. */
static void harden(void)
{
    struct rlimit none = {0, 0};

    umask(077);
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* its search for leaks attaches like a debugger */
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

static struct store *open_store(const struct conf *conf)
{
    struct arena *a = arena_new(MESSAGE_LIMIT);
    const char *message = "";
    struct store *s = store_open(conf, a, &message);

    if (s == NULL)
        log_event(LOG_ERROR_, "fatal", LOG_C("reason", "store"), LOG_C("error", message));
    arena_free(&a);
    return s;
}

/* Without the counters requests are answered all the same. */
static struct metrics *open_metrics(const struct conf *conf)
{
    struct arena *a = arena_new(MESSAGE_LIMIT);
    const char *message = "";
    struct metrics *m = metrics_open(conf->store_regions, a, &message);

    if (m == NULL)
        log_event(LOG_WARN_, "config", LOG_C("what", "metrics"), LOG_C("error", message));
    arena_free(&a);
    return m;
}

/* If the master does not listen, it has nothing to decide either. */
static void report(int fd, enum worker_progress progress)
{
    struct worker_report r = {.pid = getpid(), .progress = progress};

    while (write(fd, &r, sizeof r) < 0 && errno == EINTR)
        ;
}

static void serve(struct fcgi *f, struct api *api, struct store *s, int report_fd)
{
    int64_t kept_house = clock_ticks();
    bool served = false;

    while (!stop) {
        bool idle = fcgi_serve(f, api, WAIT_MS) == 0;

        if (idle)
            api_idle(api);
        else if (!served)
            report(report_fd, WORKER_SERVED);
        served = served || !idle;
        if (clock_ticks() - kept_house >= HOUSEKEEP_MS) {
            store_housekeep(s, false);
            kept_house = clock_ticks();
        }
    }
    fcgi_leave(f, api);
}

int worker_run(const struct conf *conf, int fd, int report_fd)
{
    struct store *s;
    struct metrics *metrics;
    struct api *api;
    struct fcgi *f;

    harden();
    install_signals();
    s = open_store(conf);
    if (s == NULL)
        return WORKER_EXIT_CONFIG;
    metrics = open_metrics(conf);
    api = api_new(conf, s);
    api_use_metrics(api, metrics);
    f = fcgi_new(conf, fd);
    log_event(LOG_DEBUG_, "start");
    report(report_fd, WORKER_READY);
    serve(f, api, s, report_fd);
    fcgi_free(&f);
    api_free(&api);
    metrics_close(&metrics);
    store_close(&s);
    log_event(LOG_DEBUG_, "stop");
    return 0;
}
