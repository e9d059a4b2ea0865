/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl role … and seat … */
#include "ctl.h"
#include "roster/directory/seat.h"

#include <inttypes.h>
#include <stdio.h>

static void print_role(struct ctl *c, const struct role_users *r)
{
    const struct role *role = &r->role, *base = role_of_base(role->base);
    struct buf b;

    buf_init(&b, c->arena);
    if (c->o.json) {
        role_write(&b, role, r->users);
    } else {
        buf_printf(&b, "%-10s  %-6s  %7" PRIu64 "  %.*s", arena_strndup(c->arena, role->id.p, role->id.len), base->id.p,
                   r->users, (int)role->name.len, role->name.p);
    }
    ctl_print(&b);
}

bool ctl_role_add(struct ctl *c)
{
    struct account account;
    struct role role;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    if (!role_add(&call, ctl_arg(c, 1), str_of(c->o.base == NULL ? "member" : c->o.base), &role))
        return false;
    printf("%.*s\n", (int)role.id.len, role.id.p);
    return true;
}

bool ctl_role_list(struct ctl *c)
{
    struct account account;
    struct role_users *roles;
    size_t n;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    if (!seat_roles(&call, &roles, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        print_role(c, &roles[i]);
    return true;
}

bool ctl_role_rename(struct ctl *c)
{
    struct account account;
    struct role role;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    return role_rename(&call, ctl_arg(c, 1), ctl_arg(c, 2), &role);
}

bool ctl_role_remove(struct ctl *c)
{
    struct account account;
    struct role role;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    return role_remove(&call, ctl_arg(c, 1), ctl_arg(c, 2), &role);
}

bool ctl_seat_show(struct ctl *c)
{
    struct account account;
    struct seats seats = {.used = 0};

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    if (!seat_report(&call, &seats))
        return false;
    const char *limit = seats.limit == SEATS_UNLIMITED ? NULL : arena_printf(c->arena, "%" PRIu64, seats.limit);
    if (c->o.json) {
        struct buf b;

        buf_init(&b, c->arena);
        seat_write(&b, &seats);
        ctl_print(&b);
        return true;
    }
    printf("seats taken  %" PRIu64 " of %s\n", seats.used, limit == NULL ? "any number" : limit);
    for (int i = 0; i < ROLE_BASES; i++)
        printf("%-11s  %" PRIu64 "\n", role_of_base(i)->id.p, seats.users[i]);
    if (seats.overflowed > 0)
        printf("(%" PRIu64 " of the viewers for want of a seat)\n", seats.overflowed);
    return true;
}

static bool protect(struct ctl *c, bool on)
{
    struct account account;
    char text[ID_TEXT_LEN + 1];
    struct id user;

    if (!ctl_account(c, 0, &account) || !ctl_user(c, &account, ctl_arg(c, 1), &user))
        return false;
    struct call call = ctl_call(c, &account);
    id_format(&user, text);
    return seat_protect(&call, str_of(text), on);
}

bool ctl_user_protect(struct ctl *c)
{
    return protect(c, true);
}

bool ctl_user_unprotect(struct ctl *c)
{
    return protect(c, false);
}
