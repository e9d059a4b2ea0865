/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/throttle.h"

#include "roster/base/shared.h"

#include <assert.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

#define FORMAT 2
#define SETS   16384
#define WAYS   4

/* A slot: the name's fingerprint above, and below when it is as good as new, in ms since the epoch. 0: nobody's. */
#define TIME_BITS 44
#define TIME_MASK (((uint64_t)1 << TIME_BITS) - 1)

struct throttle {
    atomic_ullong key[2]; /* of the hash: nobody can compute which names share a set */
    atomic_ullong slots[SETS][WAYS];
};

static_assert(sizeof(unsigned long long[2]) >= crypto_generichash_KEYBYTES_MIN, "a key");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share the slots");

/* The first who comes makes it; 0 is none. */
static void make_key(struct throttle *t)
{
    for (int i = 0; i < 2; i++) {
        unsigned long long none = 0, random;

        randombytes_buf(&random, sizeof random);
        atomic_compare_exchange_strong(&t->key[i], &none, random | 1);
    }
}

struct throttle *throttle_open(const char *dir, struct arena *a, const char **message)
{
    const char *name = arena_printf(a, "throttle-%d-%d-%d", FORMAT, SETS, WAYS);
    struct throttle *t = shared_open(dir, name, sizeof *t, a, message);

    if (t != NULL)
        make_key(t);
    return t;
}

void throttle_close(struct throttle **t)
{
    shared_close(*t, sizeof **t);
    *t = NULL;
}

static uint64_t hash_of(struct throttle *t, uint32_t account, struct str name)
{
    unsigned long long key[2] = {atomic_load(&t->key[0]), atomic_load(&t->key[1])};
    crypto_generichash_state state;
    uint64_t hash;

    crypto_generichash_init(&state, (const unsigned char *)key, sizeof key, crypto_generichash_BYTES_MIN);
    crypto_generichash_update(&state, (const unsigned char *)&account, sizeof account);
    crypto_generichash_update(&state, (const unsigned char *)name.p, name.len);
    unsigned char bytes[crypto_generichash_BYTES_MIN];
    crypto_generichash_final(&state, bytes, sizeof bytes);
    memcpy(&hash, bytes, sizeof hash);
    return hash;
}

/* The name's slot, or where there is none the one of its set that is as good as new first. *value is what it has. */
static atomic_ullong *slot_of(struct throttle *t, uint64_t hash, unsigned long long *value)
{
    atomic_ullong *set = t->slots[hash % SETS], *oldest = NULL;
    unsigned long long least = 0;

    for (int i = 0; i < WAYS; i++) {
        *value = atomic_load_explicit(&set[i], memory_order_relaxed);
        if (*value != 0 && *value >> TIME_BITS == hash >> TIME_BITS)
            return &set[i];
        if (oldest == NULL || (*value & TIME_MASK) < (least & TIME_MASK)) {
            oldest = &set[i];
            least = *value;
        }
    }
    *value = least;
    return oldest;
}

/* When the name is as good as new. */
static int64_t time_of(unsigned long long value, uint64_t hash)
{
    return value >> TIME_BITS == hash >> TIME_BITS ? (int64_t)(value & TIME_MASK) : 0;
}

int64_t throttle_wait(struct throttle *t, const struct throttle_rule *rule, uint32_t account, struct str name,
                      int64_t now)
{
    uint64_t hash = hash_of(t, account, name);
    unsigned long long value;

    slot_of(t, hash, &value);
    int64_t wait = time_of(value, hash) - now - (rule->failures - 1) * rule->interval_ms;
    return wait > 0 ? wait : 0;
}

void throttle_fail(struct throttle *t, const struct throttle_rule *rule, uint32_t account, struct str name, int64_t now)
{
    uint64_t hash = hash_of(t, account, name);
    unsigned long long value, next;
    atomic_ullong *slot;

    do {
        slot = slot_of(t, hash, &value);
        int64_t from = time_of(value, hash) > now ? time_of(value, hash) : now;
        next = hash >> TIME_BITS << TIME_BITS | ((uint64_t)(from + rule->interval_ms) & TIME_MASK);
    } while (!atomic_compare_exchange_weak(slot, &value, next));
}

void throttle_forgive(struct throttle *t, uint32_t account, struct str name)
{
    uint64_t hash = hash_of(t, account, name);
    unsigned long long value;
    atomic_ullong *slot = slot_of(t, hash, &value);

    if (time_of(value, hash) != 0)
        atomic_compare_exchange_strong(slot, &value, 0);
}
