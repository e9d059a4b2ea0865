/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl schema …: what an account adds to users and groups */
#include "ctl.h"
#include "roster/directory/schemas.h"
#include "roster/scim/discovery.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool unusable(struct ctl *c, const char *path)
{
    error_set(&c->error, ERR_FILE_UNUSABLE, str_of(path), str_of(strerror(errno)));
    return false;
}

/* The text of in, cut off behind the most that a definition may have: that is refused then. */
static bool read_text(struct ctl *c, FILE *in, struct str *out)
{
    char *text = arena_alloc_raw(c->arena, SCHEMA_BYTES_MAX + 1);
    size_t n = fread(text, 1, SCHEMA_BYTES_MAX + 1, in);

    *out = str_make(text, n);
    return ferror(in) == 0;
}

static bool read_file(struct ctl *c, const char *path, struct str *out)
{
    if (strcmp(path, "-") == 0)
        return read_text(c, stdin, out) || unusable(c, path);
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return unusable(c, path);
    bool done = read_text(c, in, out) || unusable(c, path);
    fclose(in);
    return done;
}

/* --for User (where nothing is said) or Group. */
static bool read_type(struct ctl *c, uint8_t *out)
{
    struct str name = c->o.for_type == NULL ? STR_LIT("User") : str_of(c->o.for_type);

    *out = str_eq_nocase(name, STR_LIT("Group")) ? RESOURCE_TEAM : RESOURCE_USER;
    if (*out == RESOURCE_TEAM || str_eq_nocase(name, STR_LIT("User")))
        return true;
    error_set(&c->error, ERR_SETTING_VALUE, STR_LIT("--for"), name, STR_LIT("User or Group"));
    return false;
}

bool ctl_schema_add(struct ctl *c)
{
    struct account account;
    struct str text;
    uint8_t type;

    return ctl_account(c, 0, &account) && read_type(c, &type) && read_file(c, c->args[1], &text) &&
           schemas_add(c->store, c->arena, &account, type, text, &c->error);
}

static void print_schema(struct ctl *c, const struct resource_type *type, const struct schema *schema)
{
    struct buf b;

    buf_init(&b, c->arena);
    if (c->o.json) {
        buf_puts(&b, "{\"urn\":");
        buf_json(&b, str_of(schema->urn));
        buf_puts(&b, ",\"name\":");
        buf_json(&b, str_of(schema->name));
        buf_printf(&b, ",\"for\":\"%s\",\"number\":%u,\"attributes\":%zu}", type->name, (unsigned)schema->number,
                   schema_numbers(schema));
    } else {
        buf_printf(&b, "%-5s %5zu attributes  %s", type->name, schema_numbers(schema), schema->urn);
    }
    ctl_print(&b);
}

bool ctl_schema_list(struct ctl *c)
{
    struct account account;

    if (!ctl_account(c, 0, &account))
        return false;
    const struct resource_type *const types[] = {account.user_type, account.team_type};
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
        for (const struct schema *const *x = types[t]->extensions; *x != NULL; x++)
            if ((*x)->number != 0)
                print_schema(c, types[t], *x);
    return true;
}

bool ctl_schema_show(struct ctl *c)
{
    const struct resource_type *type;
    const struct schema *schema;
    struct account account;
    struct buf b;

    if (!ctl_account(c, 0, &account))
        return false;
    if ((schema = schemas_own(&account, ctl_arg(c, 1), &type)) == NULL) {
        error_set(&c->error, ERR_SCHEMA_UNKNOWN, ctl_arg(c, 1));
        return false;
    }
    buf_init(&b, c->arena);
    discovery_definition(&b, schema);
    ctl_print(&b);
    return true;
}

bool ctl_schema_remove(struct ctl *c)
{
    struct account account;

    return ctl_account(c, 0, &account) && schemas_remove(c->store, c->arena, &account, ctl_arg(c, 1), &c->error);
}
