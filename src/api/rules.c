/* SPDX-License-Identifier: Apache-2.0 */
/* rules - the types that members of teams have, for the account's own staff. */
#include "internal.h"

#include "roster/directory/rules.h"

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

/* DELETE /api/v1/rules/{id}: by its team's id, or "everybody". */
bool rules_end(struct api_call *c)
{
    bool all = str_eq_nocase(c->params[0], STR_LIT("everybody"));

    if (!rules_remove_of(&c->call, all ? STR_NULL : c->params[0]))
        return false;
    c->response->status = 204;
    return true;
}
