/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl rule … */
#include "ctl.h"
#include "roster/directory/rules.h"

#include <stdio.h>

bool ctl_rule_add(struct ctl *c)
{
    struct account account;
    char text[ID_TEXT_LEN + 1];
    struct id team;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    if (c->nargs == 2)
        return rules_add(&call, STR_NULL, ctl_arg(c, 1), (size_t)c->o.before);
    if (!ctl_team(c, &account, ctl_arg(c, 1), &team))
        return false;
    id_format(&team, text);
    return rules_add(&call, str_of(text), ctl_arg(c, 2), (size_t)c->o.before);
}

static void print_rule(struct ctl *c, size_t number, const struct rule_shown *shown)
{
    char id[ID_TEXT_LEN + 1];
    struct buf b;

    buf_init(&b, c->arena);
    if (c->o.json) {
        rules_write(&b, number, shown);
    } else {
        bool all = !id_is_set(&shown->rule.team);

        id_format(&shown->rule.team, id);
        buf_printf(&b, "%2zu  %-10s  %*s  ", number, shown->rule.role, ID_TEXT_LEN, all ? "" : id);
        buf_str(&b, shown->name.p != NULL ? shown->name : all ? STR_LIT("(everybody)") : STR_LIT("(the team is gone)"));
    }
    ctl_print(&b);
}

bool ctl_rule_list(struct ctl *c)
{
    struct account account;
    struct rule_shown *rules;
    size_t n;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    if (!rules_list(&call, &rules, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        print_rule(c, i + 1, &rules[i]);
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
