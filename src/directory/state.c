/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/state.h"

#include <assert.h>

/* Version 1: u8 version, then the fields of state_fields() as u64, big-endian. Fields that a record does not reach are 0:
 * they came later. */
#define STATE_VERSION      1
#define STATE_FIELDS       18
#define STATE_FIELDS_LEAST 6
#define STATE_SIZE         (1 + 8 * STATE_FIELDS)

/* The fields in the order of the record; type 0 has none. */
static void state_fields(struct state *s, uint64_t *fields[STATE_FIELDS])
{
    fields[0] = &s->event;
    fields[1] = &s->ordinal[1];
    fields[2] = &s->count[1];
    fields[3] = &s->ordinal[2];
    fields[4] = &s->count[2];
    fields[5] = &s->active;
    fields[6] = &s->revision;
    fields[7] = &s->departed;
    fields[8] = &s->tallied;
    for (size_t i = 0; i < STATE_BASES; i++)
        fields[9 + i] = &s->typed[i];
    fields[13] = &s->defaulted;
    fields[14] = &s->overflowed;
    fields[15] = &s->former;
    fields[16] = &s->former_first;
    fields[17] = &s->logged;
}

enum store_rc state_get(struct store_txn *txn, struct state *out)
{
    struct str value;
    uint64_t *fields[STATE_FIELDS];

    *out = (struct state){0};
    enum store_rc rc = store_get(txn, SPACE_STATE, STR_NULL, &value);
    if (rc == STORE_NOTFOUND)
        return STORE_OK;
    if (rc != STORE_OK)
        return rc;
    size_t n = value.len / 8;
    if (value.len != 1 + 8 * n || n < STATE_FIELDS_LEAST || n > STATE_FIELDS || value.p[0] != STATE_VERSION)
        return STORE_ERROR;
    state_fields(out, fields);
    for (size_t i = 0; i < n; i++)
        for (size_t b = 0; b < 8; b++)
            *fields[i] = *fields[i] << 8 | (unsigned char)value.p[1 + 8 * i + b];
    return STORE_OK;
}

enum store_rc state_put(struct store_txn *txn, const struct state *state)
{
    struct state copy = *state;
    uint64_t *fields[STATE_FIELDS];
    unsigned char value[STATE_SIZE] = {STATE_VERSION};

    assert(state->count[1] <= state->ordinal[1] && state->count[2] <= state->ordinal[2]);
    assert(state->active <= state->count[1]);
    state_fields(&copy, fields);
    for (size_t i = 0; i < STATE_FIELDS; i++)
        for (size_t b = 0; b < 8; b++)
            value[1 + 8 * i + b] = (unsigned char)(*fields[i] >> (56 - 8 * b));
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
