/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/store/guard.h"

#include "roster/base/clock.h"
#include "roster/base/log.h"
#include "roster/store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAGIC    "ROSTERG"
#define LAYOUT   1
#define SLOTS    STORE_PROCESSES_MAX
#define WATCH_MS 20

/* Each idle death leaves 16 lockers, 15 locks and 15 file numbers in Berkeley DB's tables, and 1.2 KB more to write at
 * each checkpoint. */
#define IDLE_DEATHS_MAX 100

#define RECOVERY_TRIES      5
#define RECOVERY_TRIES_ROOM 2 /* the last ones, for which room is made */
#define RECOVERY_SECONDS    120
#define RECOVERY_PAUSE_MS   100

#define BYTE_GATE    0
#define BYTE_MEMBERS 1
#define BYTE_CHILD   2
#define BYTE_HOUSE   3
#define BYTE_SLOT(i) (100 + (off_t)(i))

enum poison { POISON_NONE, POISON_DEATH, POISON_FAULT };

/* A slot has a cache line of its own: its owner writes it at every transaction. */
struct slot {
    _Alignas(64) _Atomic uint32_t pid; /* 0: free */
    _Atomic uint32_t inside;
};

struct file {
    char magic[8];
    uint32_t layout;
    _Atomic uint32_t poison;
    _Atomic uint32_t top; /* slots from here on were never used since the last recovery */
    _Atomic uint32_t idle_deaths;
    _Atomic uint64_t generation; /* raised by each recovering child, so that an orphaned one sees that it is late */
    _Atomic uint64_t recoveries;
    _Atomic int64_t looked; /* clock_ticks() when somebody looked for deaths last */
    struct slot slot[SLOTS];
};

struct guard {
    int fd;
    struct file *file;
    const char *path;
    unsigned mine;
    unsigned depth;
    bool in_slot;
    _Atomic bool faulting; /* this process sets poison itself and ends with its own status */
    int stop;              /* eventfd that ends the watching thread */
    bool watching;
    pthread_t watcher;
};

/* --- locks on single bytes --- */

/* type as in struct flock; false: somebody else has it (only without wait), or errno says why. */
static bool lock_byte(const struct guard *g, off_t byte, short type, bool wait)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    int rc;

    do
        rc = fcntl(g->fd, wait ? F_SETLKW : F_SETLK, &lock);
    while (rc < 0 && errno == EINTR);
    return rc == 0;
}

/* The process that holds a byte; 0: nobody; -1: somebody who cannot be named here. Says nothing of our own locks. */
static pid_t byte_owner(const struct guard *g, off_t byte)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

    if (fcntl(g->fd, F_GETLK, &lock) < 0)
        return -1;
    if (lock.l_type == F_UNLCK)
        return 0;
    return lock.l_pid > 0 ? lock.l_pid : -1;
}

/* --- the file --- */

static bool open_file(struct guard *g, const char *dir, struct arena *a, const char **message)
{
    struct stat st;

    g->path = arena_printf(a, "%s/guard", dir);
    g->fd = open(g->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (g->fd < 0) {
        *message = arena_printf(a, "cannot open %s: %s", g->path, strerror(errno));
        return false;
    }
    if (fstat(g->fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid()) {
        *message = arena_printf(a, "%s is not a file of this user; run as the store's owner", g->path);
        return false;
    }
    return true;
}

static bool layout_fits(const struct guard *g)
{
    struct file head;
    struct stat st;
    const size_t want = offsetof(struct file, slot);

    return fstat(g->fd, &st) == 0 && st.st_size == (off_t)sizeof(struct file) &&
           pread(g->fd, &head, want, 0) == (ssize_t)want && memcmp(head.magic, MAGIC, sizeof head.magic) == 0 &&
           head.layout == LAYOUT;
}

/* Real zero bytes, not a hole: a mapped hole on a full disk kills whoever touches it. */
static bool write_fresh(const struct guard *g)
{
    static const struct file fresh = {.magic = MAGIC, .layout = LAYOUT};

    return ftruncate(g->fd, 0) == 0 && pwrite(g->fd, &fresh, sizeof fresh, 0) == (ssize_t)sizeof fresh;
}

/* Under the gate: sizes the file if nobody uses it, checks it, maps it. */
static bool map_file(struct guard *g, bool alone, struct arena *a, const char **message)
{
    if (g->file != NULL)
        return true;
    if (!layout_fits(g)) {
        if (!alone) {
            *message = arena_printf(a, "%s is in use by another version of Roster; stop that first", g->path);
            return false;
        }
        if (!write_fresh(g)) {
            *message = arena_printf(a, "cannot write %s: %s", g->path, strerror(errno));
            return false;
        }
    }
    g->file = mmap(NULL, sizeof *g->file, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd, 0);
    if (g->file == MAP_FAILED) {
        g->file = NULL;
        *message = arena_printf(a, "cannot map %s: %s", g->path, strerror(errno));
        return false;
    }
    return true;
}

static void poison(struct guard *g, enum poison why)
{
    uint32_t none = POISON_NONE;

    if (why == POISON_FAULT)
        atomic_store(&g->file->poison, POISON_FAULT);
    else
        atomic_compare_exchange_strong(&g->file->poison, &none, why);
}

/* --- deaths --- */

/* Whether slot i says inside and has no owner. Looked at again after the owner was looked for: it may just have left. */
static bool died_inside(const struct guard *g, unsigned i)
{
    const struct slot *s = &g->file->slot[i];

    return atomic_load(&s->inside) != 0 && byte_owner(g, BYTE_SLOT(i)) == 0 && atomic_load(&s->inside) != 0;
}

static bool somebody_died_inside(const struct guard *g)
{
    unsigned top = atomic_load(&g->file->top);

    for (unsigned i = 0; i < top; i++)
        if (!(g->in_slot && i == g->mine) && died_inside(g, i))
            return true;
    return false;
}

/* Under the gate: frees the slots of those who died outside; the number of such deaths since the last recovery. */
static uint32_t count_idle_deaths(struct guard *g)
{
    unsigned top = atomic_load(&g->file->top);

    for (unsigned i = 0; i < top; i++) {
        struct slot *s = &g->file->slot[i];

        if (atomic_load(&s->pid) != 0 && byte_owner(g, BYTE_SLOT(i)) == 0 && atomic_load(&s->inside) == 0) {
            atomic_store(&s->pid, 0);
            atomic_fetch_add(&g->file->idle_deaths, 1);
        }
    }
    return atomic_load(&g->file->idle_deaths);
}

/* Kills the owner of a slot. The second look makes sure that the process that is held by fd is the owner still. */
static void end_owner(const struct guard *g, unsigned i)
{
    pid_t pid = byte_owner(g, BYTE_SLOT(i));
    int fd;

    if (pid <= 0)
        return;
    fd = pidfd_open(pid, 0);
    if (fd < 0)
        return;
    if (byte_owner(g, BYTE_SLOT(i)) == pid)
        pidfd_send_signal(fd, SIGKILL, NULL, 0);
    close(fd);
}

/* Under the gate: ends every member and waits until all are gone; leaves byte 1 held exclusively. */
static bool end_members(struct guard *g)
{
    poison(g, POISON_DEATH);
    for (unsigned i = 0; i < SLOTS; i++)
        end_owner(g, i);
    return lock_byte(g, BYTE_MEMBERS, F_WRLCK, true);
}

/* --- recovery --- */

_Noreturn static void recovering_child(struct guard *g, const struct guard_calls *calls, pid_t parent,
                                       uint64_t generation)
{
    sigset_t set;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || !lock_byte(g, BYTE_CHILD, F_WRLCK, true) ||
        atomic_load(&g->file->generation) != generation)
        _exit(1);
    signal(SIGALRM, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    alarm(RECOVERY_SECONDS);
    if (!calls->recover(calls->ctx, atomic_load(&g->file->poison) == POISON_FAULT))
        _exit(1);
    atomic_fetch_add(&g->file->generation, 1);
    _exit(0);
}

/* One try in a child of its own: what a damaged store does to a process then stays there. The child's wait status. */
static int recover_once(struct guard *g, const struct guard_calls *calls)
{
    struct sigaction by_default = {.sa_handler = SIG_DFL}, before;
    uint64_t generation = atomic_load(&g->file->generation);
    pid_t self = getpid(), child;
    int status = -1;

    sigaction(SIGCHLD, &by_default, &before); /* where it is ignored, there is nothing to wait for */
    child = fork();
    if (child == 0)
        recovering_child(g, calls, self, generation);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    sigaction(SIGCHLD, &before, NULL);
    return status;
}

static void forget_everybody(struct guard *g)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        atomic_store(&g->file->slot[i].pid, 0);
        atomic_store(&g->file->slot[i].inside, 0);
    }
    atomic_store(&g->file->top, 0);
    atomic_store(&g->file->idle_deaths, 0);
    atomic_fetch_add(&g->file->recoveries, 1);
    atomic_store(&g->file->poison, POISON_NONE);
}

/* Under the gate and alone. */
static bool recover(struct guard *g, const struct guard_calls *calls, const char *why, struct arena *a,
                    const char **message)
{
    if (!calls->begin(calls->ctx, message))
        return false;
    for (int try = 1; try <= RECOVERY_TRIES; try++) {
        int64_t start = clock_ticks();
        int status;

        if (try > RECOVERY_TRIES - RECOVERY_TRIES_ROOM)
            calls->give_room(calls->ctx);
        status = recover_once(g, calls);
        if (status == 0) {
            forget_everybody(g);
            log_event(LOG_INFO_, "recover", LOG_C("reason", why), LOG_I("try", try),
                      LOG_I("ms", clock_ticks() - start));
            return true;
        }
        log_event(LOG_ERROR_, "recover", LOG_C("reason", why), LOG_I("try", try), LOG_I("status", status),
                  LOG_I("ms", clock_ticks() - start));
        if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == STORE_EXIT_FAULT)
            poison(g, POISON_FAULT);
        poll(NULL, 0, RECOVERY_PAUSE_MS);
    }
    *message = arena_printf(a, "the store cannot be recovered; the log lines with event=recover and event=engine say "
                               "why. Free disk space if there is none, else restore a backup");
    return false;
}

/* --- joining and leaving --- */

/* Why a recovery is due; NULL: it is not. */
static const char *recovery_reason(struct guard *g, bool alone)
{
    if (atomic_load(&g->file->poison) == POISON_FAULT)
        return "fault";
    if (atomic_load(&g->file->poison) != POISON_NONE || somebody_died_inside(g))
        return "death";
    if (alone)
        return "start";
    return count_idle_deaths(g) > IDLE_DEATHS_MAX ? "idle_deaths" : NULL;
}

/* Under the gate. false: every slot is taken. */
static bool take_slot(struct guard *g)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (!lock_byte(g, BYTE_SLOT(i), F_WRLCK, false))
            continue;
        g->mine = i;
        if (atomic_load(&g->file->top) <= i)
            atomic_store(&g->file->top, i + 1);
        return true;
    }
    return false;
}

static void leave_slot(struct guard *g)
{
    atomic_store(&g->file->slot[g->mine].inside, 0);
    atomic_store(&g->file->slot[g->mine].pid, 0);
    lock_byte(g, BYTE_SLOT(g->mine), F_UNLCK, false);
    g->in_slot = false;
}

/* Under the gate: recovers if need be and becomes a member. */
static bool become_member(struct guard *g, const struct guard_calls *calls, struct arena *a, const char **message)
{
    for (;;) {
        bool alone = lock_byte(g, BYTE_MEMBERS, F_WRLCK, false);
        const char *why;

        if (!map_file(g, alone, a, message))
            return false;
        why = recovery_reason(g, alone);
        if (why != NULL) {
            if (!alone && !end_members(g)) {
                *message = arena_printf(a, "cannot wait for the other processes at %s: %s", g->path, strerror(errno));
                return false;
            }
            if (!recover(g, calls, why, a, message))
                return false;
        }
        if (!lock_byte(g, BYTE_MEMBERS, F_RDLCK, false) || !take_slot(g)) {
            *message = arena_printf(a, "%s: all %d places for processes are taken", g->path, SLOTS);
            return false;
        }
        if (atomic_load(&g->file->slot[g->mine].inside) == 0)
            break;
        /* Its owner died inside since we looked: once more from the beginning, as somebody who finds poison. */
        poison(g, POISON_DEATH);
        lock_byte(g, BYTE_SLOT(g->mine), F_UNLCK, false);
    }
    atomic_store(&g->file->slot[g->mine].pid, (uint32_t)getpid());
    g->in_slot = true;
    return true;
}

/* Whether somebody removed the file from under everybody: whoever came next would make one of his own. */
static bool is_removed(const struct guard *g)
{
    struct stat st;

    return fstat(g->fd, &st) == 0 && st.st_nlink == 0;
}

/*
 * One look for all: to ask for a byte's owner takes the longer the more members there are, and if each member did it
 * for each other, a few hundred would have no time for anything else. Where the clock began anew, it is time, too.
 */
static bool is_time_to_look(struct guard *g)
{
    int64_t now = clock_ticks(), last = atomic_load(&g->file->looked);

    return (now < last || now - last >= WATCH_MS / 2) && atomic_compare_exchange_strong(&g->file->looked, &last, now);
}

/*
 * Makes no call of the engine, so that it can end the process while the main thread waits in there for ever:
 * _exit() ends all threads.
 */
static void *watch(void *arg)
{
    struct guard *g = arg;
    struct pollfd stop = {.fd = g->stop, .events = POLLIN};

    while (poll(&stop, 1, WATCH_MS) <= 0) {
        if (atomic_load(&g->file->poison) == POISON_NONE && is_time_to_look(g) &&
            (somebody_died_inside(g) || is_removed(g)))
            poison(g, POISON_DEATH);
        if (atomic_load(&g->file->poison) != POISON_NONE && !atomic_load(&g->faulting)) {
            log_event(LOG_WARN_, "poisoned", LOG_I("slot", g->mine));
            _exit(STORE_EXIT_POISONED);
        }
    }
    return NULL;
}

static bool start_watching(struct guard *g, struct arena *a, const char **message)
{
    sigset_t all, before;
    int rc;

    g->stop = eventfd(0, EFD_CLOEXEC);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    rc = g->stop < 0 ? errno : pthread_create(&g->watcher, NULL, watch, g);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        *message = arena_printf(a, "cannot start the store's watching thread: %s", strerror(rc));
    g->watching = rc == 0;
    return g->watching;
}

struct guard *guard_join(const char *dir, const struct guard_calls *calls, struct arena *a, const char **message)
{
    struct guard *g = calloc(1, sizeof *g);
    bool joined = false;

    if (g == NULL) {
        *message = "out of memory";
        return NULL;
    }
    g->fd = g->stop = -1;
    if (open_file(g, dir, a, message)) {
        if (lock_byte(g, BYTE_GATE, F_WRLCK, true))
            joined = become_member(g, calls, a, message);
        else
            *message = arena_printf(a, "cannot lock %s: %s", g->path, strerror(errno));
        lock_byte(g, BYTE_GATE, F_UNLCK, false);
    }
    g->path = NULL; /* the arena's */
    if (!joined || !start_watching(g, a, message))
        guard_leave(&g);
    return g;
}

int guard_keep_out(const char *dir, struct arena *a, const char **message)
{
    struct guard g = {.fd = -1};

    *message = NULL;
    if (open_file(&g, dir, a, message) && lock_byte(&g, BYTE_GATE, F_WRLCK, false) &&
        lock_byte(&g, BYTE_MEMBERS, F_WRLCK, false))
        return g.fd;
    if (g.fd >= 0)
        close(g.fd);
    return -1;
}

void guard_leave(struct guard **gp)
{
    struct guard *g = *gp;

    *gp = NULL;
    if (g == NULL)
        return;
    assert(g->depth == 0);
    if (g->watching) {
        uint64_t one = 1;
        ssize_t written = write(g->stop, &one, sizeof one);

        (void)written; /* cannot fail: the counter is far from its end */
        pthread_join(g->watcher, NULL);
    }
    if (g->in_slot)
        leave_slot(g);
    if (g->file != NULL)
        munmap(g->file, sizeof *g->file);
    if (g->stop >= 0)
        close(g->stop);
    if (g->fd >= 0)
        close(g->fd); /* frees the locks */
    free(g);
}

/* --- a member's calls --- */

/*
 * Relaxed stores between compiler barriers are enough: nobody judges the flag of a process that is alive, and a process
 * that was ended has made all stores up to one point of its program and none behind it.
 */
void guard_enter(struct guard *g)
{
    if (g->depth++ == 0)
        atomic_store_explicit(&g->file->slot[g->mine].inside, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

void guard_exit(struct guard *g)
{
    assert(g->depth > 0);
    atomic_signal_fence(memory_order_seq_cst);
    if (--g->depth == 0)
        atomic_store_explicit(&g->file->slot[g->mine].inside, 0, memory_order_relaxed);
}

bool guard_is_inside(const struct guard *g)
{
    return atomic_load_explicit(&g->file->slot[g->mine].inside, memory_order_relaxed) != 0;
}

_Noreturn void guard_fault(struct guard *g)
{
    atomic_store(&g->faulting, true);
    atomic_store(&g->file->slot[g->mine].inside, 1);
    atomic_store(&g->file->poison, POISON_FAULT);
    _exit(STORE_EXIT_FAULT);
}

bool guard_housekeeping_begin(struct guard *g)
{
    return lock_byte(g, BYTE_HOUSE, F_WRLCK, false);
}

void guard_housekeeping_done(struct guard *g)
{
    lock_byte(g, BYTE_HOUSE, F_UNLCK, false);
}

uint64_t guard_recoveries(const struct guard *g)
{
    return atomic_load(&g->file->recoveries);
}

uint32_t guard_members(const struct guard *g)
{
    unsigned top = atomic_load(&g->file->top);
    uint32_t n = 1;

    for (unsigned i = 0; i < top; i++)
        if (i != g->mine && byte_owner(g, BYTE_SLOT(i)) != 0)
            n++;
    return n;
}
