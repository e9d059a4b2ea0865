/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl init, config, backup, restore, verify, dump, export, import */
#include "ctl.h"
#include "roster/directory/portable.h"
#include "roster/directory/verify.h"
#include "roster/directory/walk.h"
#include "roster/store/key.h"
#include "roster/store/restore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool ctl_init(struct ctl *c)
{
    printf("records and log in %s\nshared memory in %s\n", c->conf.store_data, c->conf.store_regions);
    return true;
}

bool ctl_check_config(struct ctl *c)
{
    const char *fault = conf_fault(&c->conf, c->arena);

    if (fault != NULL) {
        error_set(&c->error, ERR_CONFIG_INVALID, str_of(fault));
        return false;
    }
    puts("configuration OK");
    return true;
}

bool ctl_config(struct ctl *c)
{
    const char *message = NULL;
    struct buf b;

    if (c->o.defaults) {
        conf_defaults(&c->conf);
    } else if (!conf_read(&c->conf, c->arena, c->o.config, &message)) {
        error_set(&c->error, ERR_CONFIG_INVALID, str_of(message));
        return false;
    }
    buf_init(&b, c->arena);
    conf_write(&b, &c->conf);
    fwrite(b.p, 1, b.len, stdout);
    return true;
}

bool ctl_backup(struct ctl *c)
{
    enum store_rc rc = store_backup(c->store, c->args[0]);

    if (rc == STORE_REFUSED)
        error_set(&c->error, ERR_DIRECTORY_UNUSABLE, ctl_arg(c, 0), str_of(strerror(errno)));
    else if (rc != STORE_OK)
        error_set(&c->error, rc == STORE_BUSY ? ERR_BUSY : ERR_STORAGE_FAULT);
    return rc == STORE_OK;
}

bool ctl_restore(struct ctl *c)
{
    return store_restore(&c->conf, c->args[0], c->arena, &c->error);
}

static void say_fault(const char *text, void *ctx)
{
    printf("%s: %s\n", (const char *)ctx, text);
}

static bool verify_one(struct ctl *c, struct account *account)
{
    struct verify_report r = {0};

    if (!verify_account(c->store, c->arena, account, say_fault, account->slug, &r, &c->error))
        return false;
    printf("%s: %llu users, %llu teams, %llu memberships, %llu events, %llu keys: %llu faults\n", account->slug,
           (unsigned long long)r.users, (unsigned long long)r.teams, (unsigned long long)r.memberships,
           (unsigned long long)r.events, (unsigned long long)r.keys, (unsigned long long)r.faults);
    if (r.faults > 0)
        error_set(&c->error, ERR_VERIFY_FAULTS, str_of(account->slug),
                  str_of(arena_printf(c->arena, "%llu", (unsigned long long)r.faults)));
    return true;
}

bool ctl_verify(struct ctl *c)
{
    struct account *accounts, one;
    size_t n = 1;

    accounts = &one;
    if (c->nargs == 1 ? !ctl_account(c, 0, &one) : !account_list(c->store, c->arena, &accounts, &n, &c->error))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!verify_one(c, &accounts[i]))
            return false;
    return !error_is_set(&c->error);
}

/* --- dump --- */

static bool dump_space(struct ctl *c, const struct account *account, enum store_space space)
{
    struct arena_mark start = arena_mark(c->arena);
    struct str from = STR_NULL;
    char last[KEY_MAX + 1];

    for (;;) {
        struct walk_pair *pairs;
        struct buf b;
        size_t n;

        if (!account_dump(c->store, c->arena, account, space, from, &pairs, &n, &c->error))
            return false;
        if (n == 0)
            return true;
        for (size_t i = 0; i < n; i++) {
            buf_init(&b, c->arena);
            buf_printf(&b, "%s %s ", account == NULL ? "-" : account->slug, store_spaces[space].name);
            key_print(&b, store_spaces[space].tuple, pairs[i].key);
            buf_printf(&b, " %zu bytes", pairs[i].value.len);
            ctl_print(&b);
        }
        memcpy(last, pairs[n - 1].key.p, pairs[n - 1].key.len);
        last[pairs[n - 1].key.len] = '\0'; /* the least key behind it */
        from = str_make(last, pairs[n - 1].key.len + 1);
        arena_rewind(c->arena, start);
    }
}

static bool dump_account(struct ctl *c, const struct account *account)
{
    for (int i = 0; i < SPACE_COUNT; i++)
        if ((c->nargs == 0 || str_eq(ctl_arg(c, 0), str_of(store_spaces[i].name))) &&
            !dump_space(c, account, (enum store_space)i))
            return false;
    return true;
}

/* Whether argument 0, if there is one, names a space. */
static bool space_ok(struct ctl *c)
{
    struct buf names;

    buf_init(&names, c->arena);
    for (int i = 0; i < SPACE_COUNT; i++) {
        if (c->nargs == 0 || str_eq(ctl_arg(c, 0), str_of(store_spaces[i].name)))
            return true;
        buf_printf(&names, "%s%s", i > 0 ? "|" : "", store_spaces[i].name);
    }
    error_set(&c->error, ERR_SETTING_VALUE, STR_LIT("SPACE"), ctl_arg(c, 0), buf_view(&names));
    return false;
}

bool ctl_dump(struct ctl *c)
{
    struct account *accounts, one;
    size_t n;

    if (!space_ok(c))
        return false;
    if (c->o.account != NULL)
        return account_find(c->store, c->arena, str_of(c->o.account), &one, &c->error) && dump_account(c, &one);
    if (!account_list(c->store, c->arena, &accounts, &n, &c->error) || !dump_account(c, NULL))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!dump_account(c, &accounts[i]))
            return false;
    return true;
}

/* --- export and import --- */

static FILE *open_file(struct ctl *c, const char *path, const char *mode)
{
    FILE *f = fopen(path, mode);

    if (f == NULL)
        error_set(&c->error, ERR_FILE_UNUSABLE, str_of(path), str_of(strerror(errno)));
    return f;
}

bool ctl_export(struct ctl *c)
{
    FILE *out = c->nargs == 2 ? open_file(c, c->args[1], "we") : stdout;
    bool done = out != NULL && portable_export(c->store, c->arena, ctl_arg(c, 0), out, &c->error);

    if (out != NULL && out != stdout && fclose(out) != 0 && done) {
        error_set(&c->error, ERR_FILE_UNUSABLE, ctl_arg(c, 1), str_of(strerror(errno)));
        done = false;
    }
    return done;
}

bool ctl_import(struct ctl *c)
{
    FILE *in = strcmp(c->args[0], "-") == 0 ? stdin : open_file(c, c->args[0], "re");
    bool done = in != NULL && portable_import(c->store, c->arena, in, str_of(c->o.account), &c->error);

    if (in != NULL && in != stdin)
        fclose(in);
    return done;
}
