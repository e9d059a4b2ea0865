/* SPDX-License-Identifier: Apache-2.0 */
#include "turn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct turns {
    struct {
        _Alignas(64) pthread_mutex_t lock; /* a cache line each */
    } at[TURNS];
};

static const char *turns_path(const char *dir, struct arena *a)
{
    return arena_printf(a, "%s/turns", dir);
}

static struct turns *map(int fd)
{
    void *at = mmap(NULL, sizeof(struct turns), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED)
        return NULL;
    return at;
}

static void free_all(struct turns *turns)
{
    pthread_mutexattr_t shared;

    pthread_mutexattr_init(&shared);
    pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    for (size_t i = 0; i < TURNS; i++)
        pthread_mutex_init(&turns->at[i].lock, &shared);
    pthread_mutexattr_destroy(&shared);
}

bool turns_make(const char *dir, struct arena *a, const char **message)
{
    const char *path = turns_path(dir, a);
    struct turns *turns = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool made;

    /* Room is taken now: a mapped hole on a full file system kills whoever touches it. */
    if (fd >= 0 && (errno = posix_fallocate(fd, 0, sizeof *turns)) == 0)
        turns = map(fd);
    made = turns != NULL;
    if (made)
        free_all(turns);
    else
        *message = arena_printf(a, "cannot make %s: %s", path, strerror(errno));
    turns_close(&turns);
    if (fd >= 0)
        close(fd);
    return made;
}

struct turns *turns_open(const char *dir, struct arena *a, const char **message)
{
    const char *path = turns_path(dir, a);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct turns *turns = fd < 0 ? NULL : map(fd);

    if (turns == NULL)
        *message = arena_printf(a, "cannot open %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return turns;
}

void turns_close(struct turns **turns)
{
    if (*turns != NULL)
        munmap(*turns, sizeof **turns);
    *turns = NULL;
}

uint32_t turn_of(uint32_t account)
{
    return account % TURNS;
}

void turn_take(struct turns *turns, uint32_t turn)
{
    int rc = pthread_mutex_lock(&turns->at[turn].lock);

    assert(rc == 0);
    (void)rc;
}

bool turn_try(struct turns *turns, uint32_t turn)
{
    return pthread_mutex_trylock(&turns->at[turn].lock) == 0;
}

void turn_give(struct turns *turns, uint32_t turn)
{
    int rc = pthread_mutex_unlock(&turns->at[turn].lock);

    assert(rc == 0);
    (void)rc;
}
