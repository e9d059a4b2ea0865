/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl console …: who may use the console. */
#include "ctl.h"
#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/directory/console.h"

#include <sodium.h>
#include <stdio.h>

/* Whose admins: the account that the first argument names, or with --operator nobody's, and then *rest is the first argument. */
static bool read_whose(struct ctl *c, uint32_t *number, struct str *rest)
{
    struct account account;

    *number = CONSOLE_STAFF;
    *rest = ctl_arg(c, c->o.operator? 0 : 1);
    if (c->o.operator)
        return true;
    if (!ctl_account(c, 0, &account))
        return false;
    *number = account.number;
    return true;
}

/* Scheme and host at which browsers reach us. */
static bool read_url(struct ctl *c, struct str *out)
{
    *out = str_of(c->o.url == NULL ? c->conf.server_public_url : c->o.url);
    while (out->len > 0 && out->p[out->len - 1] == '/')
        out->len--;
    if (str_starts(*out, STR_LIT("http://")) || str_starts(*out, STR_LIT("https://")))
        return true;
    error_set(&c->error, ERR_CONSOLE_URL, out->len == 0 ? STR_LIT("nothing") : *out);
    return false;
}

bool ctl_console_invite(struct ctl *c)
{
    struct call call = ctl_call(c, NULL);
    char text[CONSOLE_SECRET_MAX];
    struct str email, url;
    uint32_t number;

    if (!read_url(c, &url) || !read_whose(c, &number, &email) || !console_invite(&call, number, email, text))
        return false;
    printf("%.*s%s/console/?view=welcome#%s\n", (int)url.len, url.p, c->conf.server_mount, text);
    sodium_memzero(text, sizeof text);
    return true;
}

static void print_admin(struct ctl *c, const struct console_admin *admin)
{
    const char *state = admin->password[0] == '\0' ? "invited" : "active";
    char time[CLOCK_TEXT_LEN + 1] = "never";
    struct buf b;

    if (admin->signed_in != 0)
        clock_format(admin->signed_in, time);
    buf_init(&b, c->arena);
    if (c->o.json) {
        console_write(&b, admin);
    } else {
        buf_printf(&b, "%-7s  %-24s  ", state, time);
        buf_str(&b, admin->email);
    }
    ctl_print(&b);
}

bool ctl_console_list(struct ctl *c)
{
    struct call call = ctl_call(c, NULL);
    struct console_admin *admins;
    struct str none;
    uint32_t number;
    size_t n;

    if (!read_whose(c, &number, &none) || !console_list(&call, number, &admins, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        print_admin(c, &admins[i]);
    return true;
}

bool ctl_console_remove(struct ctl *c)
{
    struct call call = ctl_call(c, NULL);
    struct str email;
    uint32_t number;

    return read_whose(c, &number, &email) && console_remove(&call, number, email);
}
