/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/rules.h"

#include "edit.h"
#include "roster/directory/seat.h"
#include "roster/store/key.h"

#include <assert.h>

#define RULES_VERSION 1

static_assert(RULE_ROLE_MAX == ROLE_ID_LEN, "a rule names any role");

/* --- the record: u8 version, then each rule's team and role --- */

enum store_rc rules_get(struct store_txn *txn, struct rules *out)
{
    struct str value;
    uint8_t version;

    *out = (struct rules){.n = 0};
    enum store_rc rc = store_get(txn, SPACE_RULE, STR_NULL, &value);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    if (!key_take_u8(&value, &version) || version != RULES_VERSION)
        return STORE_ERROR;
    while (value.len > 0) {
        struct rule *rule = &out->rule[out->n];
        uint8_t len;

        if (out->n == RULES_MAX || !key_take_id(&value, &rule->team) || !key_take_u8(&value, &len) ||
            len > RULE_ROLE_MAX || len > value.len)
            return STORE_ERROR;
        memcpy(rule->role, value.p, len);
        value = str_sub(value, len, value.len);
        out->n++;
    }
    return STORE_OK;
}

enum store_rc rules_put(struct store_txn *txn, const struct rules *rules)
{
    unsigned char bytes[1 + RULES_MAX * (ID_SIZE + 1 + RULE_ROLE_MAX)] = {RULES_VERSION};
    size_t len = 1;

    for (size_t i = 0; i < rules->n; i++) {
        const struct rule *rule = &rules->rule[i];
        size_t role = strlen(rule->role);

        memcpy(bytes + len, rule->team.b, ID_SIZE);
        len += ID_SIZE;
        bytes[len++] = (unsigned char)role;
        memcpy(bytes + len, rule->role, role);
        len += role;
    }
    return store_put(txn, SPACE_RULE, STR_NULL, str_make(bytes, len));
}

size_t rules_find(const struct rules *rules, const struct id *team)
{
    size_t i = 0;

    while (i < rules->n && !id_eq(&rules->rule[i].team, team))
        i++;
    return i;
}

/* --- reading --- */

struct rules_listing {
    struct call *c;
    struct rule_shown *shown;
    size_t n;
};

static enum store_rc list_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct rules_listing *l = ctx;
    struct rules rules;

    enum store_rc rc = rules_get(txn, &rules);
    l->n = rules.n;
    l->shown = arena_alloc(arena, (rules.n + 1) * sizeof *l->shown);
    for (size_t i = 0; i < rules.n && rc == STORE_OK; i++) {
        struct image team;

        l->shown[i].rule = rules.rule[i];
        if (!id_is_set(&rules.rule[i].team))
            continue;
        rc = entry_get(txn, l->c->account->team_type, &rules.rule[i].team, arena, &team);
        if (rc == STORE_OK)
            l->shown[i].name = image_leaf(&team, ATTR_TEAM_DISPLAY_NAME, arena);
        else if (rc == STORE_NOTFOUND)
            rc = STORE_OK;
    }
    return rc;
}

bool rules_list(struct call *c, struct rule_shown **out, size_t *n)
{
    struct rules_listing l = {.c = c};
    bool done = call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, list_body, &l));

    *out = l.shown;
    *n = l.n;
    return done;
}

void rules_write(struct buf *b, size_t number, const struct rule_shown *shown)
{
    char id[ID_TEXT_LEN + 1];

    id_format(&shown->rule.team, id);
    buf_printf(b, "{\"rule\":%zu,\"team\":", number);
    if (id_is_set(&shown->rule.team))
        buf_json(b, str_of(id));
    else
        buf_puts(b, "null");
    buf_puts(b, ",\"displayName\":");
    if (shown->name.p == NULL)
        buf_puts(b, "null");
    else
        buf_json(b, shown->name);
    buf_printf(b, ",\"role\":\"%s\"}", shown->rule.role);
}

/* --- changing --- */

struct rules_change {
    struct call *c;
    struct str team, role;
    size_t place; /* counted from 1; 0: behind all */
    bool by_team; /* the rule of the team is meant, and place is not known */
};

static enum store_rc refuse_place(struct rules_change *w)
{
    return edit_refuse(w->c, ERR_RULE_UNKNOWN, str_of(arena_printf(w->c->arena, "%zu", w->place)));
}

/* Counts everybody by the new rules, and writes them. */
static enum store_rc finish(struct store_txn *txn, struct arena *arena, struct rules_change *w, struct state *state,
                            const struct rules *rules)
{
    struct account changed = *w->c->account;

    changed.rules = *rules;
    enum store_rc rc = seat_judge_account(txn, arena, w->c, state, &changed);
    if (rc != STORE_OK || (rc = rules_put(txn, rules)) != STORE_OK)
        return rc;
    state->revision++;
    return state_put(txn, state);
}

static enum store_rc judge_role(struct store_txn *txn, struct arena *arena, struct rules_change *w, struct role *out)
{
    enum store_rc rc = role_get(txn, arena, w->role, out);

    if (rc == STORE_NOTFOUND)
        return edit_refuse(w->c, ERR_TYPE_UNKNOWN, w->role);
    if (rc != STORE_OK || out->removed == 0)
        return rc;
    error_set(w->c->error, ERR_ROLE_DELETED, out->id, out->name, out->successor);
    return STORE_REFUSED;
}

/* The team of a new rule, which has none yet. */
static enum store_rc judge_team(struct store_txn *txn, struct arena *arena, struct rules_change *w,
                                const struct rules *rules, struct id *out)
{
    struct str name = STR_LIT("(everybody)");
    struct image team;

    *out = (struct id){{0}};
    if (w->team.p != NULL) {
        enum store_rc rc = edit_load(txn, arena, w->c, w->c->account->team_type, w->team, NULL, out, &team);
        if (rc != STORE_OK)
            return rc;
        name = image_leaf(&team, ATTR_TEAM_DISPLAY_NAME, arena);
    }
    return rules_find(rules, out) < rules->n ? edit_refuse(w->c, ERR_RULE_TEAM, name) : STORE_OK;
}

static enum store_rc add_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct rules_change *w = ctx;
    struct rule rule = {.role = ""};
    struct rules rules;
    struct state state;
    struct role role;

    enum store_rc rc = edit_begin(txn, arena, w->c, &state);
    if (rc != STORE_OK || (rc = rules_get(txn, &rules)) != STORE_OK ||
        (rc = judge_team(txn, arena, w, &rules, &rule.team)) != STORE_OK ||
        (rc = judge_role(txn, arena, w, &role)) != STORE_OK)
        return rc;
    if (rules.n == RULES_MAX)
        return edit_refuse(w->c, ERR_RULE_LIMIT, STR_LIT("50"));
    if (w->place > rules.n)
        return refuse_place(w);
    memcpy(rule.role, role.id.p, role.id.len);
    size_t at = w->place == 0 ? rules.n : w->place - 1;
    memmove(&rules.rule[at + 1], &rules.rule[at], (rules.n - at) * sizeof rules.rule[0]);
    rules.rule[at] = rule;
    rules.n++;
    return finish(txn, arena, w, &state, &rules);
}

bool rules_add(struct call *c, struct str team, struct str role, size_t before)
{
    struct rules_change w = {.c = c, .team = team, .role = role, .place = before};

    return edit_run(c, add_body, &w);
}

/* Sets the place of the team's rule; false: it has none. */
static bool find_rule(struct rules_change *w, const struct rules *rules)
{
    struct id team = {{0}};

    if (w->team.p != NULL && !id_parse(w->team, &team))
        return false;
    w->place = rules_find(rules, &team) + 1;
    return w->place <= rules->n;
}

static enum store_rc remove_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct rules_change *w = ctx;
    struct rules rules;
    struct state state;

    enum store_rc rc = edit_begin(txn, arena, w->c, &state);
    if (rc != STORE_OK || (rc = rules_get(txn, &rules)) != STORE_OK)
        return rc;
    if (w->by_team && !find_rule(w, &rules))
        return edit_refuse(w->c, ERR_RULE_UNKNOWN, w->team);
    if (w->place == 0 || w->place > rules.n)
        return refuse_place(w);
    rules.n--;
    memmove(&rules.rule[w->place - 1], &rules.rule[w->place], (rules.n - w->place + 1) * sizeof rules.rule[0]);
    return finish(txn, arena, w, &state, &rules);
}

bool rules_remove(struct call *c, size_t which)
{
    struct rules_change w = {.c = c, .place = which};

    return edit_run(c, remove_body, &w);
}

bool rules_remove_of(struct call *c, struct str team)
{
    struct rules_change w = {.c = c, .team = team, .by_team = true};

    return edit_run(c, remove_body, &w);
}
