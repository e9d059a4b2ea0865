/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/hasher.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TURNSTILE 0 /* the byte whose holder alone looks for a place; the places are the bytes behind it */
#define PAUSE_MS  1
#define NICENESS  19

/* One who hashes: a thread, by a description of the file of its own, for it is that which has the locks. */
struct hand {
    int fd;
    char nobody
        [HASH_TEXT_MAX]; /* a hash that costs the same and that no password has; made with the first verification */
};

struct queue {
    struct hasher_job *first, **end;
};

struct hasher {
    off_t places;
    unsigned long long passes;
    size_t memory;
    struct hand own, threads; /* of the process, and of its thread */
    pthread_t thread;
    bool started, leaving;
    int finished_fd;       /* counts the finished jobs */
    pthread_mutex_t mutex; /* for the queues and leaving */
    pthread_cond_t work;
    struct queue asked, finished;
};

static_assert(HASH_TEXT_MAX == crypto_pwhash_STRBYTES, "room for a hash");

/* --- places --- */

/* One less than there are processors, so that others go on being served. */
static off_t places_of(const struct conf *c)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (c->password_hashers > 0)
        return (off_t)c->password_hashers;
    return processors > 2 ? (off_t)processors - 1 : 1;
}

static bool change_lock(const struct hand *hand, off_t byte, int how, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    int rc;

    do
        rc = fcntl(hand->fd, how, &lock);
    while (rc != 0 && errno == EINTR);
    return rc == 0;
}

static off_t free_place(const struct hasher *h, const struct hand *hand)
{
    off_t place = TURNSTILE + 1;

    while (place <= h->places && !change_lock(hand, place, F_OFD_SETLK, F_WRLCK))
        place++;
    return place;
}

/* A place to hash at. Who leaves one queues behind those who wait already, for only one at a time may look for it. */
static off_t enter(const struct hasher *h, const struct hand *hand)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    off_t place;

    change_lock(hand, TURNSTILE, F_OFD_SETLKW, F_WRLCK);
    while ((place = free_place(h, hand)) > h->places)
        nanosleep(&pause, NULL);
    change_lock(hand, TURNSTILE, F_OFD_SETLK, F_UNLCK);
    return place;
}

/* --- hashing --- */

/* A hash of what nobody knows. */
static bool make_nobody(const struct hasher *h, struct hand *hand)
{
    unsigned char random[32];

    randombytes_buf(random, sizeof random);
    return crypto_pwhash_str(hand->nobody, (const char *)random, sizeof random, h->passes, h->memory) == 0;
}

static enum hasher_rc verify(const struct hasher *h, struct hand *hand, const struct hasher_job *job)
{
    bool somebody = job->hash[0] != '\0';

    if (hand->nobody[0] == '\0' && !make_nobody(h, hand))
        return HASHER_BUSY;
    int rc = crypto_pwhash_str_verify(somebody ? job->hash : hand->nobody, job->password.p, job->password.len);
    return rc == 0 && somebody ? HASHER_OK : HASHER_WRONG;
}

static void perform(const struct hasher *h, struct hand *hand, struct hasher_job *job)
{
    off_t place = enter(h, hand);

    if (job->verify)
        job->rc = verify(h, hand, job);
    else if (crypto_pwhash_str(job->hash, job->password.p, job->password.len, h->passes, h->memory) == 0)
        job->rc = HASHER_OK;
    else
        job->rc = HASHER_BUSY;
    change_lock(hand, place, F_OFD_SETLK, F_UNLCK);
    job->state = HASHER_FINISHED;
}

static bool is_same(const struct hasher_job *job, const struct hasher_job *asked)
{
    return job->state == HASHER_FINISHED && job->verify == asked->verify && str_eq(job->password, asked->password) &&
           (!job->verify || strcmp(job->hash, asked->hash) == 0);
}

/* What is asked, done: from the request's job, where it is that; else now, or later. */
static enum hasher_rc ask(struct hasher *h, struct hasher_job *job, struct hasher_job *asked)
{
    if (h == NULL || (job != NULL && job->state == HASHER_FULL))
        return HASHER_BUSY;
    if (job == NULL) {
        perform(h, &h->own, asked);
        return asked->rc;
    }
    if (is_same(job, asked)) {
        memcpy(asked->hash, job->hash, sizeof asked->hash);
        return job->rc;
    }
    asked->state = HASHER_ASKED;
    asked->owner = job->owner;
    *job = *asked;
    return HASHER_LATER;
}

enum hasher_rc hasher_hash(struct hasher *h, struct hasher_job *job, struct str password, char out[HASH_TEXT_MAX])
{
    struct hasher_job asked = {.password = password};

    enum hasher_rc rc = ask(h, job, &asked);
    memcpy(out, asked.hash, HASH_TEXT_MAX);
    return rc;
}

enum hasher_rc hasher_verify(struct hasher *h, struct hasher_job *job, const char *hash, struct str password)
{
    struct hasher_job asked = {.verify = true, .password = password};

    if (hash != NULL)
        memcpy(asked.hash, hash, strlen(hash) + 1);
    return ask(h, job, &asked);
}

bool hasher_text_ok(struct str text)
{
    return text.len > 0 && text.len < HASH_TEXT_MAX && str_starts(text, STR_LIT(crypto_pwhash_STRPREFIX)) &&
           memchr(text.p, '\0', text.len) == NULL;
}

/* --- jobs --- */

static void put(struct queue *q, struct hasher_job *job)
{
    job->next = NULL;
    *q->end = job;
    q->end = &job->next;
}

static struct hasher_job *take(struct queue *q)
{
    struct hasher_job *job = q->first;

    if (job != NULL && (q->first = job->next) == NULL)
        q->end = &q->first;
    return job;
}

static void *work(void *ctx)
{
    static const uint64_t one = 1;
    struct hasher *h = ctx;

    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS); /* on Linux, of a thread */
    pthread_mutex_lock(&h->mutex);
    while (!h->leaving) {
        struct hasher_job *job = take(&h->asked);
        if (job == NULL) {
            pthread_cond_wait(&h->work, &h->mutex);
            continue;
        }
        pthread_mutex_unlock(&h->mutex);
        perform(h, &h->threads, job);
        pthread_mutex_lock(&h->mutex);
        put(&h->finished, job);
        pthread_mutex_unlock(&h->mutex); /* whom the write wakes would wait for it */
        if (write(h->finished_fd, &one, sizeof one) != sizeof one)
            abort(); /* the count cannot be full */
        pthread_mutex_lock(&h->mutex);
    }
    pthread_mutex_unlock(&h->mutex);
    return NULL;
}

/* No signal is the thread's. */
static bool start(struct hasher *h)
{
    sigset_t all, held;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &held);
    h->started = h->started || pthread_create(&h->thread, NULL, work, h) == 0;
    pthread_sigmask(SIG_SETMASK, &held, NULL);
    return h->started;
}

int hasher_fd(const struct hasher *h)
{
    return h->finished_fd;
}

bool hasher_submit(struct hasher *h, struct hasher_job *job)
{
    assert(job->state == HASHER_ASKED);
    if (!start(h))
        return false;
    pthread_mutex_lock(&h->mutex);
    put(&h->asked, job);
    pthread_cond_signal(&h->work);
    pthread_mutex_unlock(&h->mutex);
    return true;
}

struct hasher_job *hasher_finished(struct hasher *h)
{
    struct hasher_job *job = NULL;
    uint64_t one;

    if (read(h->finished_fd, &one, sizeof one) == sizeof one) {
        pthread_mutex_lock(&h->mutex);
        job = take(&h->finished);
        pthread_mutex_unlock(&h->mutex);
    }
    return job;
}

/* --- beginning and end --- */

static bool open_hand(struct hand *hand, struct arena *a, const char *path, const char **message)
{
    hand->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (hand->fd < 0)
        *message = arena_printf(a, "%s: %s", path, strerror(errno));
    return hand->fd >= 0;
}

struct hasher *hasher_open(const struct conf *c, struct arena *a, const char **message)
{
    const char *path = arena_printf(a, "%s/hashers", c->store_regions);
    struct hasher *h = calloc(1, sizeof *h);

    if (h == NULL)
        abort();
    *h = (struct hasher){.places = places_of(c),
                         .passes = (unsigned long long)c->password_passes,
                         .memory = (size_t)c->password_memory_kb * 1024,
                         .own.fd = -1,
                         .threads.fd = -1,
                         .mutex = PTHREAD_MUTEX_INITIALIZER,
                         .work = PTHREAD_COND_INITIALIZER,
                         .finished_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)};
    h->asked.end = &h->asked.first;
    h->finished.end = &h->finished.first;
    if (h->finished_fd < 0)
        *message = arena_printf(a, "eventfd: %s", strerror(errno));
    else if (sodium_init() < 0)
        *message = "libsodium cannot be used";
    else if (open_hand(&h->own, a, path, message) && open_hand(&h->threads, a, path, message))
        return h;
    hasher_close(&h);
    return NULL;
}

void hasher_close(struct hasher **hasher)
{
    struct hasher *h = *hasher;

    *hasher = NULL;
    if (h == NULL)
        return;
    if (h->started) {
        pthread_mutex_lock(&h->mutex);
        h->leaving = true;
        pthread_cond_signal(&h->work);
        pthread_mutex_unlock(&h->mutex);
        pthread_join(h->thread, NULL);
    }
    const int fds[] = {h->own.fd, h->threads.fd, h->finished_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(h);
}
