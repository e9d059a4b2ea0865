/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl rule … */
#include "ctl.h"
#include "roster/directory/team.h"

#include <stdio.h>

bool ctl_rule_add(struct ctl *c)
{
    struct account account;
    char text[ID_TEXT_LEN + 1];
    struct id team;

    if (!ctl_account(c, 0, &account) || !ctl_team(c, &account, ctl_arg(c, 1), &team))
        return false;
    struct call call = ctl_call(c, &account);
    id_format(&team, text);
    return rules_add(&call, str_of(text), ctl_arg(c, 2), (size_t)c->o.before);
}

/* The name of a rule's team; STR_NULL: it is not there any more. false: c->error. */
static bool name_of(struct ctl *c, struct call *call, const struct id *team, struct str *out)
{
    char text[ID_TEXT_LEN + 1];
    struct image im;

    *out = STR_NULL;
    id_format(team, text);
    if (team_get(call, str_of(text), &im)) {
        *out = image_leaf(&im, ATTR_TEAM_DISPLAY_NAME, c->arena);
        return true;
    }
    if (c->error.code != ERR_RESOURCE_NOT_FOUND)
        return false;
    c->error = ERROR_INIT;
    return true;
}

static void print_rule(struct ctl *c, size_t number, const struct rule *rule, struct str name)
{
    char id[ID_TEXT_LEN + 1];
    struct buf b;

    buf_init(&b, c->arena);
    id_format(&rule->team, id);
    if (c->o.json) {
        buf_printf(&b, "{\"rule\":%zu,\"team\":\"%s\",\"displayName\":", number, id);
        if (name.p == NULL)
            buf_puts(&b, "null");
        else
            buf_json(&b, name);
        buf_printf(&b, ",\"role\":\"%s\"}", rule->role);
    } else {
        buf_printf(&b, "%2zu  %-10s  %s  ", number, rule->role, id);
        buf_str(&b, name.p == NULL ? STR_LIT("(the team is gone)") : name);
    }
    ctl_print(&b);
}

bool ctl_rule_list(struct ctl *c)
{
    struct account account;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    for (size_t i = 0; i < account.rules.n; i++) {
        struct arena_mark mark = arena_mark(c->arena);
        struct str name;

        if (!name_of(c, &call, &account.rules.rule[i].team, &name))
            return false;
        print_rule(c, i + 1, &account.rules.rule[i], name);
        arena_rewind(c->arena, mark);
    }
    return true;
}

bool ctl_rule_remove(struct ctl *c)
{
    struct account account;
    long long n;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    if (str_to_ll(ctl_arg(c, 1), &n) && n > 0)
        return rules_remove(&call, (size_t)n);
    error_set(&c->error, ERR_RULE_UNKNOWN, ctl_arg(c, 1));
    return false;
}
