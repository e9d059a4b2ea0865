/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/server/server.h"

#include "roster/base/clock.h"
#include "roster/base/log.h"
#include "roster/store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MAX    512   /* two generations of the most workers there may be */
#define OTHERS_MAX      64    /* that may have the store open beside them: rosterctl */
#define EARLY_MS        1000  /* a worker that ended sooner did not get far */
#define STOP_MS         6000  /* from TERM to KILL when all is to end: Apache kills us after 8 s */
#define RETIRE_MS       60000 /* the same for a worker that was replaced: no request shall be lost */
#define PAUSE_FIRST_MS  250
#define PAUSE_FAILED_MS 30000 /* the longest pause after failures at the start */
#define PAUSE_BURST_MS  2000  /* the longest pause when workers are killed all the time: service is back within 5 s */
#define PAUSE_FORGET_MS 10000 /* without a failure for so long after a pause, the next one is short again */
#define BURST_MS        5000
#define BURST_DEATHS    20 /* in BURST_MS, and BURST_SHARE for each worker: when one dies in the store, all leave */
#define BURST_SHARE     4
#define CONF_LIMIT      ((size_t)1 << 20)

_Static_assert(CHILDREN_MAX >= 2 * WORKERS_MAX, "the old workers stay until the new ones can serve");
_Static_assert(CHILDREN_MAX + OTHERS_MAX <= STORE_PROCESSES_MAX, "each has a place in the store");

struct child {
    pid_t pid; /* 0: a free slot */
    unsigned generation;
    bool ready, served, leaving;
    int64_t started, kill_at;
};

struct master {
    const struct conf *conf;
    struct arena *conf_arena; /* NULL: the first configuration, which is the caller's */
    const struct server_options *options;
    struct listener *listener;
    pid_t pid, parent; /* parent: 0 unless it handed the socket over */
    int report[2];
    sigset_t waiting;
    bool announced;

    unsigned generation;
    size_t replaced; /* workers of older generations when this one began */
    struct child children[CHILDREN_MAX];

    int64_t next_start, pause, paused_until; /* throttling: pause is 0 while all is well */
    int64_t burst_began;
    unsigned burst_deaths;
};

/* --- signals --- */

static volatile sig_atomic_t got_stop, got_hup;

static void on_signal(int signo)
{
    if (signo == SIGHUP)
        got_hup = 1;
    else if (signo != SIGCHLD)
        got_stop = 1;
}

/* USR1 is how some managers of FastCGI programs ask one to end. */
static const int handled[] = {SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGHUP, SIGCHLD};
#define NHANDLED (sizeof handled / sizeof handled[0])

/* Blocked always but while the master waits, so none comes between a look at a flag and the wait. */
static void install_signals(struct master *m)
{
    struct sigaction act = {.sa_handler = on_signal};
    sigset_t blocked;

    got_stop = got_hup = 0;
    sigemptyset(&blocked);
    for (size_t i = 0; i < NHANDLED; i++)
        sigaddset(&blocked, handled[i]);
    sigprocmask(SIG_BLOCK, &blocked, &m->waiting);
    for (size_t i = 0; i < NHANDLED; i++) {
        sigdelset(&m->waiting, handled[i]);
        sigaction(handled[i], &act, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
}

static void default_signals(void)
{
    for (size_t i = 0; i < NHANDLED; i++)
        signal(handled[i], SIG_DFL);
}

/* --- children --- */

static struct child *find_child(struct master *m, pid_t pid)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (m->children[i].pid == pid)
            return &m->children[i];
    return NULL;
}

enum which { CURRENT, CURRENT_READY, OLD, LEAVING, ANY_READY };

static bool is_one(const struct master *m, const struct child *c, enum which which)
{
    bool stays = c->pid != 0 && !c->leaving, current = c->generation == m->generation;

    switch (which) {
    case CURRENT:
        return stays && current;
    case CURRENT_READY:
        return stays && current && c->ready;
    case OLD:
        return stays && !current;
    case ANY_READY:
        return stays && c->ready;
    case LEAVING:
        break;
    }
    return c->pid != 0 && c->leaving;
}

static size_t count(const struct master *m, enum which which)
{
    size_t n = 0;

    for (size_t i = 0; i < CHILDREN_MAX; i++)
        n += is_one(m, &m->children[i], which);
    return n;
}

static void leave(struct child *c, int64_t kill_at)
{
    c->leaving = true;
    c->kill_at = kill_at;
    kill(c->pid, SIGTERM);
}

static _Noreturn void become_worker(struct master *m)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != m->pid)
        _exit(EXIT_SUCCESS); /* it died before the kernel knew that we want to die with it */
    default_signals();
    close(m->report[0]);
    if (m->listener->lock >= 0)
        close(m->listener->lock);
    log_set_role("worker");
    exit(worker_run(m->conf, m->listener->fd, m->report[1]));
}

static bool start_worker(struct master *m, int64_t now)
{
    struct child *c = find_child(m, 0);

    assert(c != NULL); /* has_room() sees to it */
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become_worker(m);
    if (pid > 0)
        *c = (struct child){.pid = pid, .generation = m->generation, .started = now};
    return pid > 0;
}

/* --- the web server that started us --- */

/*
 * Where the web server handed the socket over, we end when it does. Left behind we would stay for ever, and a new
 * lighttpd that finds the socket answered takes us as we are: it neither stops us nor starts us again when we die. It
 * also looks, at once, when we die; so the workers do not have the socket, which they would hold open for another moment.
 */
static void follow_parent(struct master *m)
{
    if (m->listener->path != NULL)
        return;
    relay_start(m->listener);
    m->parent = getppid();
    prctl(PR_SET_PDEATHSIG, SIGCHLD); /* only wakes us: it also comes when no more than a thread of the parent's ends */
}

static bool orphaned(const struct master *m)
{
    return m->parent != 0 && getppid() != m->parent;
}

/* --- throttling --- */

static void pause_starts(struct master *m, int64_t now, int64_t longest, const char *reason)
{
    if (now < m->next_start)
        return; /* of the workers that were started together, one pauses for all */
    if (now - m->paused_until > PAUSE_FORGET_MS)
        m->pause = 0;
    m->pause = m->pause == 0 ? PAUSE_FIRST_MS : 2 * m->pause;
    if (m->pause > longest)
        m->pause = longest;
    m->next_start = m->paused_until = now + m->pause;
    log_event(LOG_ERROR_, "throttle", LOG_C("reason", reason), LOG_I("ms", m->pause));
}

static void count_burst(struct master *m, int64_t now)
{
    if (now - m->burst_began > BURST_MS) {
        m->burst_began = now;
        m->burst_deaths = 0;
    }
    if (++m->burst_deaths > BURST_DEATHS + BURST_SHARE * (unsigned)m->conf->server_workers)
        pause_starts(m, now, PAUSE_BURST_MS, "burst");
}

static bool left_for_store(int status)
{
    return WIFEXITED(status) && (WEXITSTATUS(status) == STORE_EXIT_POISONED || WEXITSTATUS(status) == STORE_EXIT_FAULT);
}

/* A death that nobody asked for. */
static void judge_death(struct master *m, const struct child *c, int status, int64_t now)
{
    bool killed = WIFSIGNALED(status), early = !c->ready || now - c->started < EARLY_MS;

    log_event(LOG_WARN_, "worker_died", LOG_I("worker", c->pid), LOG_C("reason", killed ? "signal" : "exit"),
              LOG_I("status", killed ? WTERMSIG(status) : WEXITSTATUS(status)), LOG_I("ms", now - c->started));
    if (!early)
        return;
    if (!killed && !left_for_store(status))
        pause_starts(m, now, PAUSE_FAILED_MS, "start");
    else if (!c->served)
        count_burst(m, now);
}

static void read_reports(struct master *m)
{
    struct worker_report r;
    struct child *c;

    while (read(m->report[0], &r, sizeof r) == sizeof r) {
        if ((c = find_child(m, r.pid)) == NULL)
            continue;
        c->ready = true;
        c->served = c->served || r.progress == WORKER_SERVED;
    }
}

static void reap(struct master *m)
{
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *c = find_child(m, pid);
        if (c == NULL)
            continue;
        read_reports(m);              /* what it said before it died */
        if (!c->leaving && !got_stop) /* a terminal's INT goes to all at once */
            judge_death(m, c, status, clock_ticks());
        c->pid = 0;
    }
}

/* --- generations --- */

/* The store's place cannot change under workers that use it: the old one stays until a restart. */
static void keep_store(struct conf *new, const struct conf *old, struct arena *a)
{
    if (strcmp(new->store_data, old->store_data) == 0 && strcmp(new->store_regions, old->store_regions) == 0)
        return;
    log_event(LOG_WARN_, "config", LOG_C("error", "store.data and store.regions change only by a restart"));
    new->store_data = arena_strdup(a, old->store_data);
    new->store_regions = arena_strdup(a, old->store_regions);
}

/* Whether there are slots for one more generation. */
static bool has_room(const struct master *m)
{
    return CHILDREN_MAX - count(m, CURRENT) - count(m, OLD) - count(m, LEAVING) >= WORKERS_MAX;
}

static void reload(struct master *m)
{
    struct arena *a = arena_new(CONF_LIMIT);
    struct conf *conf = arena_alloc(a, sizeof *conf);
    const char *message = "";

    got_hup = 0;
    if (!server_settings(conf, a, m->options, &message) || !server_log(conf, a, &message)) {
        log_event(LOG_ERROR_, "config", LOG_C("error", message));
        arena_free(&a);
        return;
    }
    keep_store(conf, m->conf, a);
    m->replaced = count(m, CURRENT) + count(m, OLD);
    m->conf = conf;
    arena_free(&m->conf_arena);
    m->conf_arena = a;
    m->generation++;
    m->next_start = m->pause = 0;
    log_event(LOG_INFO_, "config", LOG_I("workers", conf->server_workers));
}

static void start_missing(struct master *m)
{
    size_t n = count(m, CURRENT), wanted = (size_t)m->conf->server_workers;
    int64_t now = clock_ticks();

    for (; n < wanted && now >= m->next_start; n++)
        if (!start_worker(m, now))
            pause_starts(m, now, PAUSE_FAILED_MS, "fork");
}

/* For each new worker that can serve, an old one leaves; the last of the new ones sends all away. */
static void retire_old(struct master *m)
{
    size_t old = count(m, OLD), ready = count(m, CURRENT_READY), stay;
    int64_t now = clock_ticks();

    if (old == 0)
        return;
    stay = ready >= (size_t)m->conf->server_workers || ready >= m->replaced ? 0 : m->replaced - ready;
    for (size_t i = 0; i < CHILDREN_MAX && old > stay; i++) {
        if (!is_one(m, &m->children[i], OLD))
            continue;
        leave(&m->children[i], now + RETIRE_MS);
        old--;
    }
}

static void kill_overdue(struct master *m)
{
    int64_t now = clock_ticks();

    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (is_one(m, &m->children[i], LEAVING) && now >= m->children[i].kill_at)
            kill(m->children[i].pid, SIGKILL);
}

/* --- the service manager --- */

static void notify(const char *text)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path == NULL ? 0 : strlen(path);
    int fd;

    if (len < 2 || len >= sizeof to.sun_path || (*path != '/' && *path != '@'))
        return;
    memcpy(to.sun_path, path, len);
    if (*path == '@')
        to.sun_path[0] = '\0'; /* an abstract name */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&to,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
        log_event(LOG_WARN_, "start", LOG_C("reason", "notify"), LOG_C("error", strerror(errno)));
    close(fd);
}

static void announce(struct master *m)
{
    if (m->announced || count(m, ANY_READY) < (size_t)m->conf->server_workers)
        return;
    m->announced = true;
    notify("READY=1");
}

/* --- the loop --- */

/* Milliseconds until there is something to do by the clock; -1: nothing. */
static int time_to_wait(const struct master *m, bool stopping)
{
    int64_t now = clock_ticks(), next = INT64_MAX;

    if (!stopping && count(m, CURRENT) < (size_t)m->conf->server_workers)
        next = m->next_start;
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (is_one(m, &m->children[i], LEAVING) && m->children[i].kill_at < next)
            next = m->children[i].kill_at;
    if (next == INT64_MAX)
        return -1;
    return next <= now ? 10 : (int)(next - now); /* what was killed needs a moment to be gone */
}

static void wait_for_something(struct master *m, bool stopping)
{
    int ms = time_to_wait(m, stopping);
    struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    ppoll(&(struct pollfd){.fd = m->report[0], .events = POLLIN}, 1, ms < 0 ? NULL : &limit, &m->waiting);
    read_reports(m);
    reap(m);
}

static void run(struct master *m)
{
    while (!got_stop && !orphaned(m)) {
        if (got_hup && has_room(m)) /* else later: many still leave */
            reload(m);
        start_missing(m);
        retire_old(m);
        kill_overdue(m);
        announce(m);
        wait_for_something(m, false);
    }
}

static void stop_all(struct master *m)
{
    int64_t kill_at = clock_ticks() + STOP_MS;

    notify("STOPPING=1");
    if (orphaned(m))
        log_event(LOG_WARN_, "stop", LOG_C("reason", "parent"));
    relay_stop(); /* at once: the next lighttpd is not to find the socket answered */
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (m->children[i].pid != 0)
            leave(&m->children[i], kill_at);
    while (count(m, LEAVING) > 0) {
        kill_overdue(m);
        wait_for_something(m, true);
    }
}

int master_run(const struct conf *conf, const struct server_options *options, struct listener *listener)
{
    static struct master m; /* large, and one for a process */

    m = (struct master){.conf = conf, .options = options, .listener = listener, .pid = getpid()};
    if (pipe2(m.report, O_CLOEXEC | O_NONBLOCK) != 0) {
        log_event(LOG_ERROR_, "fatal", LOG_C("reason", "pipe"), LOG_C("error", strerror(errno)));
        return EXIT_FAILURE;
    }
    install_signals(&m);
    follow_parent(&m);
    log_event(LOG_INFO_, "start", LOG_I("workers", conf->server_workers));
    run(&m);
    stop_all(&m);
    listen_close(listener);
    log_event(LOG_INFO_, "stop");
    close(m.report[0]);
    close(m.report[1]);
    arena_free(&m.conf_arena);
    return EXIT_SUCCESS;
}
