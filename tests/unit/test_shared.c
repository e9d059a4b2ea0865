/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that processes have in common, and what its making leaves behind. */
#include "unit.h"

#include "roster/base/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 100000, PROCESSES = 16 }; /* more than is written at a time, and no multiple of it */

static unsigned char *opened(const char *dir)
{
    const char *message = NULL;
    struct arena *a = arena_new(0);
    unsigned char *m = shared_open(dir, "memory", SIZE, a, &message);

    CHECK(m != NULL);
    CHECK(message == NULL);
    arena_free(&a);
    return m;
}

static void is_zero_when_it_is_made(void)
{
    unsigned char *m = opened(unit_tmpdir());
    size_t other = 0;

    CHECK_FATAL(m != NULL);
    for (size_t i = 0; i < SIZE; i++)
        other += m[i] != 0;
    CHECK_INT(other, 0);
    shared_close(m, SIZE);
}

static void is_the_same_for_all(void)
{
    const char *dir = unit_tmpdir();
    unsigned char *one = opened(dir), *two = opened(dir);

    CHECK_FATAL(one != NULL && two != NULL);
    one[SIZE - 1] = 7;
    CHECK_INT(two[SIZE - 1], 7);
    shared_close(one, SIZE);
    shared_close(two, SIZE);
}

/* The lock was left to the descriptor's end, and the mapping kept it: of two workers that began together one never worked. */
static void nobody_is_locked_out_by_who_made_it(void)
{
    struct arena *a = arena_new(0);
    const char *dir = unit_tmpdir();
    unsigned char *m = opened(dir);
    int fd = open(arena_printf(a, "%s/memory", dir), O_RDWR | O_CLOEXEC);

    CHECK_FATAL(m != NULL && fd >= 0);
    CHECK_INT(flock(fd, LOCK_EX | LOCK_NB), 0);
    close(fd);
    shared_close(m, SIZE);
    arena_free(&a);
}

/* Each waits for all others to have it before it ends, as workers do. */
static void many_make_it_at_once(void)
{
    const char *dir = unit_tmpdir();
    pid_t children[PROCESSES];
    int all[2], status, failed = 0;
    char byte;

    CHECK_FATAL(pipe2(all, O_CLOEXEC) == 0);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            unsigned char *m;

            close(all[0]);
            signal(SIGALRM, SIG_DFL);
            alarm(20);
            m = opened(dir);
            close(all[1]);
            while (m != NULL && __atomic_load_n(&m[0], __ATOMIC_RELAXED) == 0)
                usleep(1000);
            _exit(m == NULL);
        }
    }
    close(all[1]);
    while (read(all[0], &byte, 1) == -1 && errno == EINTR)
        ;
    close(all[0]);
    unsigned char *m = opened(dir);

    if (m != NULL)
        __atomic_store_n(&m[0], 1, __ATOMIC_RELAXED);
    for (int i = 0; i < PROCESSES; i++)
        failed += waitpid(children[i], &status, 0) != children[i] || status != 0;
    CHECK_INT(failed, 0);
    shared_close(m, SIZE);
}

static void who_cannot_make_it_says_why(void)
{
    struct arena *a = arena_new(0);
    const char *message = NULL;

    CHECK(shared_open("/nowhere/at-all", "memory", SIZE, a, &message) == NULL);
    CHECK_CSTR(message, "/nowhere/at-all/memory: No such file or directory");
    arena_free(&a);
}

int main(void)
{
    static const struct unit_test tests[] = {UNIT(is_zero_when_it_is_made), UNIT(is_the_same_for_all),
                                             UNIT(nobody_is_locked_out_by_who_made_it), UNIT(many_make_it_at_once),
                                             UNIT(who_cannot_make_it_says_why)};

    return unit_run("shared", tests, sizeof tests / sizeof tests[0]);
}
