/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl account …, token … and operator-token … */
#include "ctl.h"
#include "roster/base/clock.h"
#include "roster/directory/operator.h"

#include <sodium.h>
#include <stdio.h>

/* The time for people; '-' for never. */
static const char *shown_time(struct arena *a, int64_t ms)
{
    char text[CLOCK_TEXT_LEN + 1];

    if (ms == 0)
        return "-";
    clock_format(ms, text);
    return arena_strdup(a, text);
}

static void account_json(struct ctl *c, const struct account *account, struct buf *b)
{
    account_write(b, account);
    buf_printf(b, ",\"number\":%u,\"policy\":{\"preset\":\"%s\"", account->number,
               policy_preset_name(&account->policy));
    for (int i = 0; i < POLICY_COUNT; i++)
        buf_printf(b, ",\"%s\":\"%s\"", policy_setting_name((enum policy_name)i),
                   policy_setting_value(&account->policy, (enum policy_name)i, c->arena));
    buf_puts(b, "}}");
}

bool ctl_account_add(struct ctl *c)
{
    struct policy policy;
    struct account account;
    struct str preset = c->o.policy == NULL ? STR_LIT("workspace") : str_of(c->o.policy);

    if (!policy_preset(&policy, preset)) {
        error_set(&c->error, ERR_SETTING_VALUE, STR_LIT("policy"), preset, STR_LIT("workspace, rfc"));
        return false;
    }
    return account_add(c->store, c->arena, ctl_arg(c, 0), c->o.name == NULL ? ctl_arg(c, 0) : str_of(c->o.name),
                       &policy, &account, &c->error);
}

bool ctl_account_list(struct ctl *c)
{
    struct account *accounts;
    size_t n;

    if (!account_list(c->store, c->arena, &accounts, &n, &c->error))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct buf b;

        buf_init(&b, c->arena);
        if (c->o.json)
            account_json(c, &accounts[i], &b);
        else
            buf_printf(&b, "%-20s %-10s %-10s %.*s", accounts[i].slug, accounts[i].suspended ? "suspended" : "active",
                       policy_preset_name(&accounts[i].policy), (int)accounts[i].name.len, accounts[i].name.p);
        ctl_print(&b);
    }
    return true;
}

bool ctl_account_show(struct ctl *c)
{
    struct account account;
    struct buf b;

    if (!ctl_account(c, 0, &account))
        return false;
    buf_init(&b, c->arena);
    if (c->o.json) {
        account_json(c, &account, &b);
        ctl_print(&b);
        return true;
    }
    printf("%-20s %s\n%-20s %.*s\n%-20s %s\n%-20s %s\n%-20s %s\n", "slug", account.slug, "name", (int)account.name.len,
           account.name.p, "status", account.suspended ? "suspended" : "active", "created",
           shown_time(c->arena, account.created), "preset", policy_preset_name(&account.policy));
    for (int i = 0; i < POLICY_COUNT; i++) {
        enum policy_name name = (enum policy_name)i;

        printf("%-20s %-10s %s (%s)\n", policy_setting_name(name),
               policy_setting_value(&account.policy, name, c->arena), policy_setting_meaning(name),
               policy_setting_values(name));
    }
    return true;
}

/* All of them or none. */
bool ctl_account_set(struct ctl *c)
{
    struct account_setting *settings = arena_alloc(c->arena, (size_t)c->nargs * sizeof *settings);
    struct account account;

    for (int i = 1; i < c->nargs; i++) {
        struct str text = ctl_arg(c, i);
        size_t at = str_find(text, '=', 0);

        settings[i - 1].name = str_sub(text, 0, at);
        settings[i - 1].value = str_sub(text, at == text.len ? at : at + 1, text.len);
    }
    return ctl_account(c, 0, &account) &&
           account_change(c->store, c->arena, &account, settings, (size_t)c->nargs - 1, &c->error);
}

bool ctl_account_remove(struct ctl *c)
{
    return account_remove(c->store, c->arena, ctl_arg(c, 0), &c->error);
}

/* --expires; 0 where it was not given. */
static bool read_expiry(struct ctl *c, int64_t *out)
{
    struct str text = str_of(c->o.expires);

    *out = 0;
    if (text.p == NULL || token_read_expiry(text, clock_now(), out))
        return true;
    error_set(&c->error, ERR_SETTING_VALUE, STR_LIT("--expires"), text, STR_LIT("a number of days or a date to come"));
    return false;
}

bool ctl_token_add(struct ctl *c)
{
    struct account account;
    struct token token;
    char text[TOKEN_TEXT_MAX];
    struct id user;
    int64_t expires;

    if (!ctl_account(c, 0, &account) || !read_expiry(c, &expires) ||
        (c->o.user != NULL && !ctl_user(c, &account, str_of(c->o.user), &user)) ||
        !token_add(c->store, c->arena, &account, str_of(c->o.name), c->o.scopes == 0 ? SCOPE_SCIM : c->o.scopes,
                   expires, c->o.user == NULL ? NULL : &user, text, &token, &c->error))
        return false;
    puts(text);
    sodium_memzero(text, sizeof text);
    return true;
}

static void token_line(struct ctl *c, const struct token *t, const char *id, struct buf *b)
{
    char user[ID_TEXT_LEN + 1];

    buf_printf(b, "%s %-8s %-18s expires %-24s last used %-24s ", id, token_state(t, clock_now()),
               token_scope_words(t->scopes, c->arena), shown_time(c->arena, t->expires),
               shown_time(c->arena, t->last_used));
    if (id_is_set(&t->user)) {
        id_format(&t->user, user);
        buf_printf(b, "user %s ", user);
    }
    buf_str(b, t->name);
}

bool ctl_token_list(struct ctl *c)
{
    struct account account;
    struct token *tokens;
    size_t n;

    if (!ctl_account(c, 0, &account) || !token_list(c->store, c->arena, &account, &tokens, &n, &c->error))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct token *t = &tokens[i];
        char id[ID_TEXT_LEN + 1];
        struct buf b;

        id_format(&t->id, id);
        buf_init(&b, c->arena);
        if (c->o.json)
            token_write(&b, t, clock_now());
        else
            token_line(c, t, id, &b);
        ctl_print(&b);
    }
    return true;
}

bool ctl_token_revoke(struct ctl *c)
{
    struct account account;

    return ctl_account(c, 0, &account) && token_revoke(c->store, c->arena, &account, ctl_arg(c, 1), &c->error);
}

/* --- the operator's own --- */

bool ctl_operator_token_add(struct ctl *c)
{
    char text[TOKEN_TEXT_MAX];
    struct token token;
    int64_t expires;

    if (!read_expiry(c, &expires) ||
        !operator_token_add(c->store, c->arena, str_of(c->o.name), expires, text, &token, &c->error))
        return false;
    puts(text);
    sodium_memzero(text, sizeof text);
    return true;
}

static void operator_token_json(const struct token *t, const char *id, struct buf *b)
{
    buf_printf(b, "{\"id\":\"%s\",\"name\":", id);
    buf_json(b, t->name);
    buf_printf(b, ",\"state\":\"%s\",\"created\":", token_state(t, clock_now()));
    clock_write(b, t->created);
    buf_puts(b, ",\"expires\":");
    clock_write(b, t->expires);
    buf_puts(b, ",\"revoked\":");
    clock_write(b, t->revoked);
    buf_putc(b, '}');
}

bool ctl_operator_token_list(struct ctl *c)
{
    struct token *tokens;
    size_t n;

    if (!operator_token_list(c->store, c->arena, &tokens, &n, &c->error))
        return false;
    for (size_t i = 0; i < n; i++) {
        char id[ID_TEXT_LEN + 1];
        struct buf b;

        id_format(&tokens[i].id, id);
        buf_init(&b, c->arena);
        if (c->o.json)
            operator_token_json(&tokens[i], id, &b);
        else
            buf_printf(&b, "%s %-8s expires %-24s %.*s", id, token_state(&tokens[i], clock_now()),
                       shown_time(c->arena, tokens[i].expires), (int)tokens[i].name.len, tokens[i].name.p);
        ctl_print(&b);
    }
    return true;
}

bool ctl_operator_token_revoke(struct ctl *c)
{
    return operator_token_revoke(c->store, c->arena, ctl_arg(c, 0), &c->error);
}
