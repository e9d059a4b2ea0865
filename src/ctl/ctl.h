/* SPDX-License-Identifier: Apache-2.0 */
/* ctl - what the commands of rosterctl share. Only src/ctl includes this. */
#ifndef ROSTER_CTL_CTL_H
#define ROSTER_CTL_CTL_H

#include "roster/base/buf.h"
#include "roster/base/conf.h"
#include "roster/base/error.h"
#include "roster/base/id.h"
#include "roster/directory/account.h"
#include "roster/directory/call.h"
#include "roster/store/store.h"

/* Exit statuses: tests and scripts rely on them. */
enum { CTL_DONE = 0, CTL_REFUSED = 1, CTL_MISUSED = 2 };

/* What the options said; a command takes those that its row names. */
struct ctl_options {
    const char *config, *name, *policy, *expires, *account, *user, *for_type, *base, *url;
    uint32_t scopes; /* of --scope, added up; 0: none was given */
    long long after, limit, before;
    bool json, yes, members, all, defaults, mismatched, failed, after_given, operator;
};

struct ctl {
    struct arena *arena;
    struct conf conf;
    struct store *store; /* opened where the command's row says so */
    struct ctl_options o;
    char **args; /* behind the command's words */
    int nargs;
    struct error error;
};

/* A command does its work and prints; false: c->error says why not. */
typedef bool ctl_command(struct ctl *c);

ctl_command ctl_init, ctl_check_config, ctl_config;
ctl_command ctl_account_add, ctl_account_list, ctl_account_show, ctl_account_set, ctl_account_remove;
ctl_command ctl_schema_add, ctl_schema_list, ctl_schema_show, ctl_schema_remove;
ctl_command ctl_token_add, ctl_token_list, ctl_token_revoke;
ctl_command ctl_operator_token_add, ctl_operator_token_list, ctl_operator_token_revoke;
ctl_command ctl_console_invite, ctl_console_list, ctl_console_remove;
ctl_command ctl_role_add, ctl_role_list, ctl_role_rename, ctl_role_remove, ctl_seat_show;
ctl_command ctl_rule_add, ctl_rule_list, ctl_rule_remove;
ctl_command ctl_user_set_password, ctl_user_protect, ctl_user_unprotect, ctl_user_list, ctl_user_show, ctl_team_list,
    ctl_team_show, ctl_events;
ctl_command ctl_user_deleted, ctl_user_restore, ctl_user_purge, ctl_team_restore;
ctl_command ctl_log;
ctl_command ctl_explain, ctl_errors_markdown, ctl_doctor;
ctl_command ctl_backup, ctl_restore, ctl_verify, ctl_dump, ctl_export, ctl_import;

/* The account that argument i names. */
bool ctl_account(struct ctl *c, int i, struct account *out);

/* Argument i, or STR_NULL where there are fewer. */
struct str ctl_arg(const struct ctl *c, int i);

/* The user of an account that text names by id or by userName. */
bool ctl_user(struct ctl *c, const struct account *account, struct str text, struct id *out);

/* The team of an account that text names by id or by displayName; the first of several. */
bool ctl_team(struct ctl *c, const struct account *account, struct str text, struct id *out);

/* What the directory needs to know of a command that changes an account. */
struct call ctl_call(struct ctl *c, const struct account *account);

/* Prints what b holds and a line's end. */
void ctl_print(const struct buf *b);

#endif
