/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/hasher.h"

#include "roster/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000 /* of who waits */
#define PAUSE_MS    2

struct hasher {
    int fd;
    off_t places; /* bytes 0 … places - 1 are for who hashes, as many behind them for who waits */
    unsigned long long passes;
    size_t memory;
    char nobody
        [HASH_TEXT_MAX]; /* a hash that costs the same and that no password has; made with the first verification */
};

static_assert(HASH_TEXT_MAX == crypto_pwhash_STRBYTES, "room for a hash");

/* One less than there are processors, so that others go on being served. */
static off_t places_of(const struct conf *c)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (c->password_hashers > 0)
        return (off_t)c->password_hashers;
    return processors > 2 ? (off_t)processors - 1 : 1;
}

static bool change_lock(const struct hasher *h, off_t byte, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

    return fcntl(h->fd, F_OFD_SETLK, &lock) == 0;
}

/* The first free byte from `from` on, locked; -1: none is free. */
static off_t take(const struct hasher *h, off_t from)
{
    for (off_t byte = from; byte < from + h->places; byte++)
        if (change_lock(h, byte, F_WRLCK))
            return byte;
    return -1;
}

/* A place to hash at; -1: there is none, and too many wait, or it took too long. */
static off_t enter(const struct hasher *h)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    off_t place = take(h, 0), waiting;
    int64_t until = clock_ticks() + PATIENCE_MS;

    if (place >= 0 || (waiting = take(h, h->places)) < 0)
        return place;
    while ((place = take(h, 0)) < 0 && clock_ticks() < until)
        nanosleep(&pause, NULL);
    change_lock(h, waiting, F_UNLCK);
    return place;
}

/* A hash of what nobody knows. */
static bool make_nobody(struct hasher *h)
{
    unsigned char random[32];

    randombytes_buf(random, sizeof random);
    return crypto_pwhash_str(h->nobody, (const char *)random, sizeof random, h->passes, h->memory) == 0;
}

struct hasher *hasher_open(const struct conf *c, struct arena *a, const char **message)
{
    const char *path = arena_printf(a, "%s/hashers", c->store_regions);
    struct hasher *h = calloc(1, sizeof *h);

    if (h == NULL)
        abort();
    h->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    h->places = places_of(c);
    h->passes = (unsigned long long)c->password_passes;
    h->memory = (size_t)c->password_memory_kb * 1024;
    if (h->fd < 0)
        *message = arena_printf(a, "%s: %s", path, strerror(errno));
    else if (sodium_init() < 0)
        *message = "libsodium cannot be used";
    else
        return h;
    hasher_close(&h);
    return NULL;
}

void hasher_close(struct hasher **h)
{
    if (*h != NULL && (*h)->fd >= 0)
        close((*h)->fd);
    free(*h);
    *h = NULL;
}

enum hasher_rc hasher_hash(struct hasher *h, struct str password, char out[HASH_TEXT_MAX])
{
    off_t place = enter(h);

    if (place < 0)
        return HASHER_BUSY;
    int rc = crypto_pwhash_str(out, password.p, password.len, h->passes, h->memory);
    change_lock(h, place, F_UNLCK);
    return rc == 0 ? HASHER_OK : HASHER_BUSY;
}

enum hasher_rc hasher_verify(struct hasher *h, const char *hash, struct str password)
{
    off_t place = enter(h);

    if (place < 0)
        return HASHER_BUSY;
    bool ready = h->nobody[0] != '\0' || make_nobody(h);
    int rc = ready ? crypto_pwhash_str_verify(hash == NULL ? h->nobody : hash, password.p, password.len) : -1;
    change_lock(h, place, F_UNLCK);
    if (!ready)
        return HASHER_BUSY;
    return rc == 0 && hash != NULL ? HASHER_OK : HASHER_WRONG;
}

bool hasher_text_ok(struct str text)
{
    return text.len > 0 && text.len < HASH_TEXT_MAX && str_starts(text, STR_LIT(crypto_pwhash_STRPREFIX)) &&
           memchr(text.p, '\0', text.len) == NULL;
}
