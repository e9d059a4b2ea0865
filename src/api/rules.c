/* SPDX-License-Identifier: Apache-2.0 */
/* rules - the types that members of teams have, for the account's own staff. */
#include "internal.h"

#include "roster/base/json.h"
#include "roster/directory/rules.h"
#include "roster/directory/seat.h"

#define TRY_TEAMS_MAX  1000
#define TRY_TEAMS_TEXT "up to 1000 ids of teams"

/* GET /api/v1/rules: {"rules":[{"rule":1,"team":ID,"displayName":…,"role":ID},…]}, in their order. */
bool rules_read_all(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct rule_shown *rules;
    size_t n;

    if (!rules_list(&c->call, &rules, &n))
        return false;
    answer_json(c, 200);
    buf_puts(b, "{\"rules\":[");
    for (size_t i = 0; i < n; i++) {
        buf_json_comma(b);
        rules_write(b, i + 1, &rules[i]);
    }
    buf_puts(b, "]}");
    return true;
}

/* POST /api/v1/rules?before=N {"team":ID,"role":ID}, without a team for everybody: all rules, as they are now. */
bool rules_create(struct api_call *c)
{
    struct str team, role, sent;
    long long before;

    if (!http_query(c->r, "before", &sent, c->error) || !answer_integer(c, "before", sent, 0, &before) ||
        !answer_takes(c, "team, role") || !answer_member(c, "team", false, &team) ||
        !answer_member(c, "role", true, &role))
        return false;
    if (before < 0) {
        error_set(c->error, ERR_RULE_UNKNOWN, sent);
        return false;
    }
    return rules_add(&c->call, team, role, (size_t)before) && rules_read_all(c);
}

/* The ids of `teams`. */
static bool read_teams(struct api_call *c, struct seat_trial *trial)
{
    struct json_object *list = json_member(c->body, "teams");
    size_t n = list == NULL || !json_object_is_type(list, json_type_array) ? 0 : json_object_array_length(list);
    bool sound = list == NULL || (json_object_is_type(list, json_type_array) && n <= TRY_TEAMS_MAX);
    struct str *ids = arena_alloc(c->r->arena, (n + 1) * sizeof *ids);

    for (size_t i = 0; i < n && sound; i++) {
        struct json_object *id = json_object_array_get_idx(list, i);

        sound = id != NULL && json_object_is_type(id, json_type_string);
        ids[i] = sound ? json_str(id) : STR_NULL;
    }
    trial->teams = ids;
    trial->nteams = n;
    if (!sound)
        error_set(c->error, ERR_BODY_MEMBER_INVALID, STR_LIT("teams"), STR_LIT(TRY_TEAMS_TEXT));
    return sound;
}

/*
 * POST /api/v1/rules/try {"user":ID}, or {"userType":…,"roles":[…],"entitlements":[…],"teams":[ID,…]} of a new one:
 * {"type":{"id":…,"name":…,"base":…},"why":…}
 */
bool rules_try(struct api_call *c)
{
    struct explanation would = {.is_protected = false};
    struct seat_trial trial = {.body = c->body};
    struct buf *b = &c->response->body;

    if (!answer_takes(c, "user, userType, roles, entitlements, teams") ||
        !answer_member(c, "user", false, &trial.user) || !read_teams(c, &trial))
        return false;
    if (trial.user.p != NULL && json_object_object_length(c->body) > 1) {
        error_set(c->error, ERR_BODY_MEMBER_INVALID, STR_LIT("user"), STR_LIT("alone"));
        return false;
    }
    if (!seat_try(&c->call, &trial, &would))
        return false;
    const struct role *role = seat_role(&would.holder);
    answer_json(c, 200);
    buf_puts(b, "{\"type\":{");
    buf_json_text(b, "id", role->id);
    buf_json_text(b, "name", role->name);
    buf_json_text(b, "base", role_of_base(role->base)->id);
    buf_putc(b, '}');
    buf_json_text(b, "why", would.reason);
    buf_putc(b, '}');
    return true;
}

/* DELETE /api/v1/rules/{id}: by its team's id, or "everybody". */
bool rules_end(struct api_call *c)
{
    bool all = str_eq_nocase(c->params[0], STR_LIT("everybody"));

    if (!rules_remove_of(&c->call, all ? STR_NULL : c->params[0]))
        return false;
    c->response->status = 204;
    return true;
}
