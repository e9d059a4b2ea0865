/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl user deleted, restore and purge; team restore */
#include "ctl.h"
#include "roster/base/clock.h"
#include "roster/directory/restore.h"

#include <stdio.h>

static void print_user(struct ctl *c, const struct former_user *user)
{
    char id[ID_TEXT_LEN + 1], deleted[CLOCK_TEXT_LEN + 1], expires[CLOCK_TEXT_LEN + 1];
    struct buf b;

    id_format(&user->id, id);
    clock_format(user->deleted, deleted);
    clock_format(user->expires, expires);
    buf_init(&b, c->arena);
    if (c->o.json) {
        buf_printf(&b, "{\"id\":\"%s\",\"userName\":", id);
        buf_json(&b, user->user_name);
        buf_printf(&b, ",\"deleted\":\"%s\",\"expires\":\"%s\"}", deleted, expires);
    } else {
        buf_printf(&b, "%s  %s  %.*s", id, deleted, (int)user->user_name.len, user->user_name.p);
    }
    ctl_print(&b);
}

bool ctl_user_deleted(struct ctl *c)
{
    struct former_place place = {0};
    struct former_user user;
    struct account account;
    bool found = true;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    former_expire(&call);
    while (found) {
        struct arena_mark mark = arena_mark(c->arena);

        if (!former_next(&call, &place, &user, &found))
            return false;
        if (found)
            print_user(c, &user);
        arena_rewind(c->arena, mark);
    }
    return true;
}

bool ctl_user_restore(struct ctl *c)
{
    struct account account;
    struct image im;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    if (!user_restore(&call, ctl_arg(c, 1), &im))
        return false;
    printf("%.*s\n", (int)im.id.len, im.id.p);
    return true;
}

bool ctl_user_purge(struct ctl *c)
{
    struct account account;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    return user_purge(&call, ctl_arg(c, 1));
}

bool ctl_team_restore(struct ctl *c)
{
    struct account account;
    char text[ID_TEXT_LEN + 1];
    struct image im;
    struct id team;

    if (!ctl_account(c, 0, &account) || !ctl_team(c, &account, ctl_arg(c, 1), &team))
        return false;
    struct call call = ctl_call(c, &account);
    id_format(&team, text);
    return team_restore(&call, str_of(text), &im);
}
