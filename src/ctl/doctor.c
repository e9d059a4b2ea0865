/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl doctor: looks for what keeps Roster from working, one line each. */
#include "ctl.h"
#include "roster/base/clock.h"
#include "roster/directory/sso.h"
#include "roster/directory/token.h"

#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#define EXPIRY_NEAR (14 * (int64_t)86400000)

static bool say(const char *mark, const char *what, const char *more)
{
    printf("%-5s %s%s%s\n", mark, what, more[0] == '\0' ? "" : ": ", more);
    return mark[0] == 'o';
}

static void look_at_regions(struct ctl *c)
{
    struct statfs v;
    bool tmpfs = statfs(c->conf.store_regions, &v) == 0 && v.f_type == TMPFS_MAGIC;

    say(tmpfs ? "ok" : "note",
        tmpfs ? "the shared memory files are on a tmpfs" : "the shared memory files are not on a tmpfs",
        tmpfs ? "" : "they would be faster there, and a full disk could not touch them (store.regions)");
}

static void look_at_socket(struct ctl *c)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = strlen(c->conf.server_listen);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool there = false;

    if (fd >= 0 && len < sizeof to.sun_path) {
        memcpy(to.sun_path, c->conf.server_listen, len + 1);
        there = connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
    }
    if (fd >= 0)
        close(fd);
    say(there ? "ok" : "note", there ? "roster.fcgi listens" : "nobody listens",
        there ? c->conf.server_listen : "right where the web server starts Roster, else start roster.fcgi");
}

static bool look_at_tokens(struct ctl *c, const struct account *account)
{
    struct token *tokens;
    size_t n, live = 0, near = 0;
    int64_t now = clock_now();

    if (!token_list(c->store, c->arena, account, &tokens, &n, &c->error))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (tokens[i].revoked != 0 || (tokens[i].expires != 0 && tokens[i].expires <= now))
            continue;
        live++;
        near += tokens[i].expires != 0 && tokens[i].expires - now < EXPIRY_NEAR;
    }
    if (live == 0)
        say("note", account->slug, "has no live token: nobody can provision it");
    else if (near > 0)
        say("note", account->slug, "has a token that expires within 14 days");
    else
        say("ok", account->slug, "has a live token");
    return true;
}

/* Where userName is an address, single sign-on needs it to be user.email. */
static bool look_at_addresses(struct ctl *c, const struct account *account)
{
    struct call call = ctl_call(c, account);
    struct arena_mark mark = arena_mark(c->arena);
    struct sso_mismatches page = {.more = true};
    size_t n = 0;

    if (account->policy.value[POLICY_USERNAME_EMAIL] != POLICY_ON)
        return true;
    for (bool first = true; page.more; first = false) {
        struct id last = page.last;

        if (!sso_mismatches(&call, first ? NULL : &last, SSO_SLICE, &page))
            return false;
        n += page.n;
        arena_rewind(c->arena, mark);
    }
    if (n == 0)
        say("ok", account->slug, "every userName is the e-mail address that logins use");
    else
        say("note", account->slug,
            arena_printf(c->arena,
                         "users whose userName is not the e-mail address that logins use: %zu (rosterctl user "
                         "list %s --mismatched)",
                         n, account->slug));
    return true;
}

static bool look_at_removals(struct ctl *c)
{
    struct buf slugs;

    buf_init(&slugs, c->arena);
    if (!account_removals(c->store, &slugs, &c->error))
        return false;
    if (slugs.len > 0)
        say("note", "removals of accounts that are not finished",
            arena_printf(c->arena, "%s (rosterctl account remove SLUG --yes goes on with it)", buf_cstr(&slugs)));
    return true;
}

bool ctl_doctor(struct ctl *c)
{
    struct account *accounts;
    const char *message = NULL;
    size_t n;

    say("ok", "the configuration is right", "");
    look_at_socket(c);
    c->store = store_open(&c->conf, c->arena, &message);
    if (c->store == NULL) {
        say("BAD", "the store does not open", message);
        error_set(&c->error, ERR_STORE_CLOSED, str_of(message));
        return false;
    }
    say("ok", "the store opens", c->conf.store_data);
    look_at_regions(c);
    if (!store_has_room(c->store)) {
        say("BAD", "changes are refused", "less room on the disk than store.reserve_mb");
        error_set(&c->error, ERR_STORAGE_FULL);
    }
    if (!account_list(c->store, c->arena, &accounts, &n, &c->error))
        return false;
    if (n == 0)
        say("note", "there is no account", "rosterctl account add NAME");
    for (size_t i = 0; i < n; i++)
        if (!look_at_tokens(c, &accounts[i]) || !look_at_addresses(c, &accounts[i]))
            return false;
    return look_at_removals(c) && !error_is_set(&c->error);
}
