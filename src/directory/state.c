/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/state.h"

#include <assert.h>
#include <endian.h>
#include <stddef.h>
#include <string.h>

/*
 * A record: u8 version, then fields as u64, big-endian, in the version's order. Fields that a record does not reach are 0: they
 * came later.
 *
 * From version 2 on, what changes most is at the end, and side by side: the log of the store has what of a record differs, from
 * the first byte to the last, twice. Version 3 has the inactive users, and what identity providers did.
 */
#define FIELDS_MAX 29
#define VERSION    3

#define FIELD(name) offsetof(struct state, name)
static const struct {
    size_t least, most; /* fields that a record of this version has */
    size_t fields[FIELDS_MAX];
} versions[] = {
    [1] = {6,
           18,
           {FIELD(event), FIELD(ordinal[1]), FIELD(count[1]), FIELD(ordinal[2]), FIELD(count[2]), FIELD(active),
            FIELD(revision), FIELD(departed), FIELD(tallied), FIELD(typed[0]), FIELD(typed[1]), FIELD(typed[2]),
            FIELD(typed[3]), FIELD(defaulted), FIELD(overflowed), FIELD(former), FIELD(former_first), FIELD(logged)}},
    [2] = {18,
           18,
           {FIELD(revision), FIELD(departed), FIELD(tallied), FIELD(typed[0]), FIELD(typed[1]), FIELD(typed[2]),
            FIELD(typed[3]), FIELD(overflowed), FIELD(former), FIELD(former_first), FIELD(ordinal[2]), FIELD(count[2]),
            FIELD(ordinal[1]), FIELD(count[1]), FIELD(defaulted), FIELD(active), FIELD(event), FIELD(logged)}},
    [3] = {FIELDS_MAX,
           FIELDS_MAX,
           {FIELD(revision),    FIELD(departed),    FIELD(tallied),    FIELD(inactive[0]),  FIELD(inactive[1]),
            FIELD(inactive[2]), FIELD(inactive[3]), FIELD(typed[0]),   FIELD(typed[1]),     FIELD(typed[2]),
            FIELD(typed[3]),    FIELD(overflowed),  FIELD(former),     FIELD(former_first), FIELD(ordinal[2]),
            FIELD(count[2]),    FIELD(ordinal[1]),  FIELD(count[1]),   FIELD(defaulted),    FIELD(active),
            FIELD(event),       FIELD(logged),      FIELD(changes),    FIELD(changed),      FIELD(stepped[0]),
            FIELD(stepped[1]),  FIELD(stepped[2]),  FIELD(stepped[3]), FIELD(stepped[4])}},
};
static_assert(STATE_BASES == 4 && STATE_STEPS == 5, "typed and inactive have four fields, stepped has five");
static_assert(sizeof(struct state) == (FIELDS_MAX + 2) * sizeof(uint64_t),
              "every field is in the last version, but type 0's");

/* The number of the record's fields; 0: it is none. */
static size_t fields_of(struct str value, uint8_t *version)
{
    size_t n = value.len / 8;

    *version = value.len == 0 ? 0 : (unsigned char)value.p[0];
    if (*version == 0 || *version >= sizeof versions / sizeof versions[0] || value.len != 1 + 8 * n ||
        n < versions[*version].least || n > versions[*version].most)
        return 0;
    return n;
}

enum store_rc state_get(struct store_txn *txn, struct state *out)
{
    struct str value;
    uint8_t version;

    *out = (struct state){0};
    enum store_rc rc = store_get(txn, SPACE_STATE, STR_NULL, &value);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    size_t n = fields_of(value, &version);
    for (size_t i = 0; i < n; i++) {
        uint64_t v;

        memcpy(&v, value.p + 1 + 8 * i, sizeof v);
        v = be64toh(v);
        memcpy((char *)out + versions[version].fields[i], &v, sizeof v);
    }
    return n > 0 ? STORE_OK : STORE_ERROR;
}

enum store_rc state_put(struct store_txn *txn, const struct state *state)
{
    unsigned char value[1 + 8 * FIELDS_MAX] = {VERSION};

    assert(state->count[1] <= state->ordinal[1] && state->count[2] <= state->ordinal[2]);
    assert(state->active <= state->count[1]);
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        uint64_t v;

        memcpy(&v, (const char *)state + versions[VERSION].fields[i], sizeof v);
        v = htobe64(v);
        memcpy(value + 1 + 8 * i, &v, sizeof v);
    }
    return store_put(txn, SPACE_STATE, STR_NULL, str_make(value, sizeof value));
}

static enum store_rc read_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    (void)arena;
    return state_get(txn, ctx);
}

bool state_read(struct call *c, struct state *out)
{
    return call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, read_body, out));
}
