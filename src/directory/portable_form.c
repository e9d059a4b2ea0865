/* SPDX-License-Identifier: Apache-2.0 */
#include "portable_form.h"

const struct str portable_heads[KIND_COUNT] = {
    [KIND_ACCOUNT] = STR_LIT("{\"type\":\"account\","),   [KIND_STATE] = STR_LIT("{\"type\":\"state\","),
    [KIND_SCHEMA] = STR_LIT("{\"type\":\"schema\","),     [KIND_ROLE] = STR_LIT("{\"type\":\"role\","),
    [KIND_TOKEN] = STR_LIT("{\"type\":\"token\","),       [KIND_USER] = STR_LIT("{\"type\":\"user\","),
    [KIND_TEAM] = STR_LIT("{\"type\":\"team\","),         [KIND_MEMBER] = STR_LIT("{\"type\":\"member\","),
    [KIND_RULE] = STR_LIT("{\"type\":\"rule\","),         [KIND_MARK] = STR_LIT("{\"type\":\"mark\","),
    [KIND_PASSWORD] = STR_LIT("{\"type\":\"password\","), [KIND_EVENT] = STR_LIT("{\"type\":\"event\",\"event\":"),
};

const struct portable_mark portable_marks[PORTABLE_MARKS] = {{"overflow", SPACE_OVERFLOW},
                                                             {"protected", SPACE_PROTECTED}};

void portable_counters(struct state *s, struct portable_counter out[PORTABLE_COUNTERS])
{
    out[0] = (struct portable_counter){"event", &s->event};
    out[1] = (struct portable_counter){"userOrdinal", &s->ordinal[1]};
    out[2] = (struct portable_counter){"users", &s->count[1]};
    out[3] = (struct portable_counter){"teamOrdinal", &s->ordinal[2]};
    out[4] = (struct portable_counter){"teams", &s->count[2]};
    out[5] = (struct portable_counter){"active", &s->active};
}
