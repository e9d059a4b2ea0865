/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes write and say so, and are killed at any moment: within a transaction, while joining, while recovering.
 * What one of them has said to be written is there at the end, and each record has its index entry.
 * KILLS in the environment is the number of kills, PROCESSES that of the processes.
 */
#include "common.h"
#include "tests/unit/unit.h"

#include "roster/base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLS         60
#define PROCESSES     6
#define PROCESSES_MAX 32
#define ACCOUNTS      5
#define GOES_ON_MS    5000
#define ALL_EVERY     8 /* each so manieth kill is of all of them, and again a few milliseconds later */

/* What a process says when a record is on disk. Written in one go, so that it comes whole or not at all. */
struct acknowledgement {
    uint32_t account, recoveries;
    uint64_t record;
    int64_t at; /* now_us() */
};

static struct conf conf;
static int said[2];

/* --- the processes that are killed --- */

struct writing {
    uint64_t record;
};

/* The record, an index entry that names it, and the count of records; each in a space of its own. */
static enum store_rc write_record(struct store_txn *t, struct arena *a, void *ctx)
{
    const struct writing *w = ctx;
    char record[8], folded[8], count[8];
    struct str value;
    uint64_t n = 0;
    enum store_rc rc = store_get(t, SPACE_STATE, STR_NULL, &value);

    (void)a;
    if (rc == STORE_OK)
        n = number_of(value);
    else if (rc != STORE_NOTFOUND)
        return rc;
    if ((rc = store_insert(t, SPACE_USER, number(w->record, record), number(~w->record, folded))) != STORE_OK ||
        (rc = store_insert(t, SPACE_INDEX, number(~w->record, folded), number(w->record, record))) != STORE_OK)
        return rc;
    return store_put(t, SPACE_STATE, STR_NULL, number(n + 1, count));
}

static int write_for_ever(void *ctx)
{
    struct arena *a = arena_new(0);
    struct store *s = open_or_print(&conf);
    struct store_info info;

    (void)ctx;
    if (s == NULL)
        return 1;
    store_info(s, &info);
    srandom((unsigned)getpid());
    for (int i = 1;; i++) {
        struct acknowledgement ack = {.account = (uint32_t)(1 + random() % ACCOUNTS),
                                      .recoveries = (uint32_t)info.recoveries};
        enum store_rc rc;

        id_random(&ack.record, sizeof ack.record);
        rc = store_run(s, ack.account, STORE_WRITE, a, write_record, &(struct writing){ack.record});
        ack.at = now_us();
        if (rc == STORE_OK && write(said[1], &ack, sizeof ack) != (ssize_t)sizeof ack)
            return 2;
        if (rc != STORE_OK && rc != STORE_BUSY)
            return 3;
        arena_reset(a);
        if (i % 50 == 0)
            store_housekeep(s, false);
    }
}

/* --- the one who kills --- */

static struct {
    pid_t pid[PROCESSES_MAX];
    long processes, kills;
    struct acknowledgement *acks;
    size_t nacks, room;
    uint32_t recoveries; /* the latest that an acknowledgement told of */
    int64_t killed_at, last;
    bool waiting; /* for the first acknowledgement after a recovery */
    int64_t pauses, pause_max, pause_sum;
} k;

static void take_acknowledgement(const struct acknowledgement *ack)
{
    if (k.nacks == k.room) {
        k.room = k.room == 0 ? 4096 : k.room * 2;
        k.acks = realloc(k.acks, k.room * sizeof *k.acks);
        if (k.acks == NULL)
            abort();
    }
    k.acks[k.nacks++] = *ack;
    if (ack->at > k.last)
        k.last = ack->at;
    if (ack->recoveries > k.recoveries && k.waiting) {
        int64_t pause = ack->at - k.killed_at;

        k.pauses++;
        k.pause_sum += pause;
        k.pause_max = pause > k.pause_max ? pause : k.pause_max;
        k.waiting = false;
    }
    if (ack->recoveries > k.recoveries)
        k.recoveries = ack->recoveries;
}

/* Forks anew whoever has ended, by our hand or because he found the store poisoned. */
static void replace_the_dead(void)
{
    for (long i = 0; i < k.processes; i++) {
        int status;

        if (k.pid[i] != 0 && waitpid(k.pid[i], &status, WNOHANG) != k.pid[i])
            continue;
        if (k.pid[i] != 0 && WIFEXITED(status))
            CHECK_INT(WEXITSTATUS(status), STORE_EXIT_POISONED);
        k.pid[i] = in_child(write_for_ever, NULL);
    }
}

/* Takes what is said for so many milliseconds, replacing those who end meanwhile. */
static void let_them_work(int ms)
{
    struct acknowledgement ack;

    for (int64_t end = now_us() + ms * 1000L; now_us() < end;) {
        struct pollfd p = {.fd = said[0], .events = POLLIN};

        replace_the_dead();
        if (poll(&p, 1, 1) <= 0)
            continue;
        for (int i = 0; i < 100 && read(said[0], &ack, sizeof ack) == (ssize_t)sizeof ack; i++)
            take_acknowledgement(&ack);
    }
}

/* Whoever waits for a lock of the dead one waits for ever: somebody must have seen to it that it goes on. */
static bool goes_on(void)
{
    for (int i = 0; i < GOES_ON_MS / 10 && k.last <= k.killed_at; i++)
        let_them_work(10);
    return k.last > k.killed_at;
}

static void kill_some(bool all)
{
    long one = random() % k.processes;

    k.killed_at = now_us();
    k.waiting = true;
    for (long i = 0; i < k.processes; i++)
        if (all || i == one)
            kill(k.pid[i], SIGKILL);
}

static void end_all(void)
{
    struct acknowledgement ack;

    for (long i = 0; i < k.processes; i++) {
        kill(k.pid[i], SIGKILL);
        child_status(k.pid[i]);
    }
    while (read(said[0], &ack, sizeof ack) == (ssize_t)sizeof ack)
        take_acknowledgement(&ack);
}

/* --- at the end --- */

/* Every record has its index entry and every entry its record, and the count is right. */
static enum store_rc check_account(struct store_txn *t, struct arena *a, void *ctx)
{
    static const enum store_space pairs[2][2] = {{SPACE_USER, SPACE_INDEX}, {SPACE_INDEX, SPACE_USER}};
    uint64_t n[2] = {0, 0};
    struct str key, value, back;

    for (int i = 0; i < 2; i++) {
        struct store_scan *scan;

        CHECK_INT(store_scan_open(t, pairs[i][0], STR_NULL, STR_NULL, STORE_FORWARD, &scan), STORE_OK);
        while (store_scan_next(scan, &key, &value) == STORE_OK) {
            struct arena_mark mark = arena_mark(a);

            n[i]++;
            if (store_get(t, pairs[i][1], value, &back) != STORE_OK || !str_eq(back, key))
                CHECK(false);
            arena_rewind(a, mark);
        }
        store_scan_close(&scan);
    }
    CHECK_INT(n[0], n[1]);
    CHECK_INT(store_get(t, SPACE_STATE, STR_NULL, &value), STORE_OK);
    CHECK_INT(number_of(value), n[0]);
    *(uint64_t *)ctx += n[0];
    return STORE_OK;
}

static enum store_rc has_record(struct store_txn *t, struct arena *a, void *ctx)
{
    char room[8];

    (void)a;
    return store_has(t, SPACE_USER, number(*(const uint64_t *)ctx, room));
}

static void check_everything(void)
{
    struct arena *a = arena_new(0);
    struct store *s = open_or_print(&conf);
    struct store_info info;
    uint64_t records = 0;
    size_t lost = 0;

    CHECK_FATAL(s != NULL);
    for (uint32_t i = 1; i <= ACCOUNTS; i++)
        CHECK_INT(store_run(s, i, STORE_FREEZE, a, check_account, &records), STORE_OK);
    for (size_t i = 0; i < k.nacks; i++) {
        lost += store_run(s, k.acks[i].account, STORE_READ, a, has_record, &k.acks[i].record) != STORE_OK;
        arena_reset(a);
    }
    CHECK_INT(lost, 0);
    CHECK(k.nacks > 100);
    CHECK(records >= k.nacks);
    store_info(s, &info);
    store_close(&s);
    arena_free(&a);
    printf("# %ld kills, %llu recoveries, %zu acknowledged, %zu lost, %llu records\n", k.kills,
           (unsigned long long)info.recoveries, k.nacks, lost, (unsigned long long)records);
    if (k.pauses > 0)
        printf("# from a kill to the first acknowledgement after the recovery: mean %lld ms, longest %lld ms\n",
               (long long)(k.pause_sum / k.pauses / 1000), (long long)(k.pause_max / 1000));
}

static void nothing_acknowledged_is_lost(void)
{
    bool goes = true;

    small_conf(&conf, unit_tmpdir());
    k.kills = from_environment("KILLS", KILLS);
    k.processes = from_environment("PROCESSES", PROCESSES);
    CHECK_FATAL(k.processes >= 1 && k.processes <= PROCESSES_MAX);
    CHECK_FATAL(pipe2(said, O_CLOEXEC) == 0);
    CHECK_FATAL(fcntl(said[0], F_SETFL, O_NONBLOCK) == 0);
    srandom((unsigned)from_environment("SEED", 1));
    alarm((unsigned)(60 + k.kills));
    replace_the_dead();
    for (long i = 1; i <= k.kills && goes; i++) {
        bool all = i % ALL_EVERY == 0;

        let_them_work(10 + (int)(random() % 150));
        goes = goes_on();
        kill_some(all);
        if (all) { /* now they join and recover */
            let_them_work(1 + (int)(random() % 40));
            kill_some(true);
        }
    }
    CHECK(goes && goes_on());
    end_all();
    check_everything();
    free(k.acks);
}

int main(void)
{
    static const struct unit_test tests[] = {UNIT(nothing_acknowledged_is_lost)};

    log_set_level(LOG_ERROR_);
    return unit_run("kill", tests, 1);
}
