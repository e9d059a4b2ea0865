/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl user …, team … and events */
#include "ctl.h"
#include "roster/directory/event.h"
#include "roster/directory/listing.h"
#include "roster/directory/member.h"
#include "roster/directory/seat.h"
#include "roster/directory/sso.h"
#include "roster/directory/team.h"
#include "roster/directory/user.h"

#include <stdio.h>

#define REFS_SLICE 1000

/* What a kind of resource is called and found by. */
struct kind {
    uint8_t number; /* RESOURCE_… */
    bool (*get)(struct call *c, struct str id, struct image *out);
    uint16_t name; /* the attribute it is shown and found by */
    const char *name_text;
};
static const struct kind user_kind = {RESOURCE_USER, user_get, ATTR_USER_NAME, "userName"};
static const struct kind team_kind = {RESOURCE_TEAM, team_get, ATTR_TEAM_DISPLAY_NAME, "displayName"};

/* The account's own tables of the type. */
static const struct resource_type *type_of(const struct account *account, const struct kind *kind)
{
    return kind->number == RESOURCE_USER ? account->user_type : account->team_type;
}

static void print_line(struct ctl *c, const struct kind *kind, const struct image *im)
{
    struct buf b;

    buf_init(&b, c->arena);
    if (c->o.json) {
        buf_str(&b, im->text);
        buf_puts(&b, "}}");
    } else {
        struct str name = image_leaf(im, kind->name, c->arena);
        buf_printf(&b, "%.*s %.*s", (int)im->id.len, im->id.p, (int)name.len, name.p);
    }
    ctl_print(&b);
}

/* Every resource in order of creation, page by page in bounded memory. */
static bool list(struct ctl *c, const struct kind *kind)
{
    struct account account;
    uint64_t start = 1;

    if (!ctl_account(c, 0, &account))
        return false;
    struct arena_mark mark = arena_mark(c->arena);
    for (;;) {
        struct call call = ctl_call(c, &account);
        struct listing page;

        if (!listing_page(&call, type_of(&account, kind), NULL, start, LISTING_COUNT_MAX, &page))
            return false;
        for (size_t i = 0; i < page.n; i++) {
            char id[ID_TEXT_LEN + 1];
            struct arena_mark item = arena_mark(c->arena);
            struct image im;

            id_format(&page.items[i].id, id);
            if (kind->get(&call, str_of(id), &im))
                print_line(c, kind, &im);
            else if (c->error.code != ERR_RESOURCE_NOT_FOUND)
                return false;
            c->error = ERROR_INIT; /* one that has just been deleted */
            arena_rewind(c->arena, item);
        }
        if (page.n == 0)
            return true;
        start += page.n;
        arena_rewind(c->arena, mark);
    }
}

/* The resource that text names by id or by name. */
static bool find(struct ctl *c, const struct kind *kind, struct call *call, struct str text, struct image *out)
{
    struct listing page;
    struct buf filter;
    struct id id;
    char found[ID_TEXT_LEN + 1];

    if (id_parse(text, &id))
        return kind->get(call, text, out);
    buf_init(&filter, c->arena);
    buf_printf(&filter, "%s eq ", kind->name_text);
    buf_json(&filter, text);
    const struct resource_type *type = type_of(call->account, kind);
    struct filter *f = filter_parse(type, buf_view(&filter), c->arena, &c->error);
    if (f == NULL || !listing_page(call, type, f, 1, 1, &page))
        return false;
    if (page.n == 0) {
        error_set(&c->error, ERR_RESOURCE_NOT_FOUND, str_of(type->name), text);
        return false;
    }
    id_format(&page.items[0].id, found);
    return kind->get(call, str_of(found), out);
}

bool ctl_user(struct ctl *c, const struct account *account, struct str text, struct id *out)
{
    struct call call = ctl_call(c, account);
    struct image im;

    return find(c, &user_kind, &call, text, &im) && id_parse(im.id, out);
}

bool ctl_team(struct ctl *c, const struct account *account, struct str text, struct id *out)
{
    struct call call = ctl_call(c, account);
    struct image im;

    return find(c, &team_kind, &call, text, &im) && id_parse(im.id, out);
}

static void put_refs(struct buf *b, const struct member_ref *refs, size_t n, bool first)
{
    for (size_t i = 0; i < n; i++) {
        char id[ID_TEXT_LEN + 1];

        id_format(&refs[i].id, id);
        buf_printf(b, "%s{\"value\":\"%s\",\"display\":", first && i == 0 ? "" : ",", id);
        buf_json(b, refs[i].display);
        buf_putc(b, '}');
    }
}

static void print_mismatch(struct ctl *c, const struct sso_mismatch *m)
{
    char id[ID_TEXT_LEN + 1];
    struct buf b;

    id_format(&m->id, id);
    buf_init(&b, c->arena);
    if (c->o.json) {
        buf_printf(&b, "{\"id\":\"%s\",\"userName\":", id);
        buf_json(&b, m->user_name);
        buf_puts(&b, ",\"email\":");
        if (m->email.p == NULL)
            buf_puts(&b, "null");
        else
            buf_json(&b, m->email);
        buf_putc(&b, '}');
    } else {
        buf_printf(&b, "%s ", id);
        buf_str(&b, m->user_name);
        buf_putc(&b, ' ');
        buf_str(&b, m->email.p == NULL ? STR_LIT("-") : m->email);
    }
    ctl_print(&b);
}

/* Every user whose userName is not the e-mail address, page by page in bounded memory. */
static bool list_mismatches(struct ctl *c)
{
    struct sso_mismatches page = {.more = true};
    struct account account;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    struct arena_mark mark = arena_mark(c->arena);
    for (bool first = true; page.more; first = false) {
        struct id last = page.last;

        if (!sso_mismatches(&call, first ? NULL : &last, SSO_SLICE, &page))
            return false;
        for (size_t i = 0; i < page.n; i++)
            print_mismatch(c, &page.users[i]);
        arena_rewind(c->arena, mark);
    }
    return true;
}

bool ctl_user_list(struct ctl *c)
{
    return c->o.mismatched ? list_mismatches(c) : list(c, &user_kind);
}

bool ctl_team_list(struct ctl *c)
{
    return list(c, &team_kind);
}

/* Prints the groups of a user or the members of a team as a member of the object, slice by slice. */
static bool print_refs(struct ctl *c, struct call *call, const struct kind *kind, const struct id *of, const char *name)
{
    struct arena_mark mark = arena_mark(c->arena);
    struct id last;
    size_t n = REFS_SLICE;

    printf(",\"%s\":[", name);
    for (bool first = true; n == REFS_SLICE; first = false) {
        struct member_ref *refs;
        struct buf b;

        if (!member_list(call, type_of(call->account, kind), of, first ? NULL : &last, REFS_SLICE, &refs, &n))
            return false;
        if (n > 0) {
            buf_init(&b, c->arena);
            put_refs(&b, refs, n, first);
            fwrite(b.p, 1, b.len, stdout);
            last = refs[n - 1].id;
        }
        arena_rewind(c->arena, mark);
    }
    putchar(']');
    return true;
}

/* Prints what type the user has, and why, as a member of the object. */
static bool print_type(struct ctl *c, struct call *call, struct str user)
{
    struct explanation e = {.is_protected = false};
    struct buf b;

    if (!seat_explain(call, user, &e))
        return false;
    buf_init(&b, c->arena);
    buf_puts(&b, ",\"type\":");
    seat_write_type(&b, &e);
    fwrite(b.p, 1, b.len, stdout);
    return true;
}

/* The resource that argument 1 names, with its memberships under the name, unless that is NULL. */
static bool show(struct ctl *c, const struct kind *kind, const char *memberships)
{
    struct account account;
    struct image im;
    struct id id;

    if (!ctl_account(c, 0, &account))
        return false;
    struct call call = ctl_call(c, &account);
    if (!find(c, kind, &call, ctl_arg(c, 1), &im) || !id_parse(im.id, &id))
        return false;
    fwrite(im.text.p, 1, im.text.len, stdout);
    putchar('}');
    if (memberships != NULL && !print_refs(c, &call, kind, &id, memberships))
        return false;
    if (kind == &user_kind && !print_type(c, &call, im.id))
        return false;
    puts("}");
    return true;
}

bool ctl_user_show(struct ctl *c)
{
    return show(c, &user_kind, "groups");
}

bool ctl_team_show(struct ctl *c)
{
    return show(c, &team_kind, c->o.members ? "members" : NULL);
}

bool ctl_events(struct ctl *c)
{
    struct account account;
    uint64_t last = (uint64_t)c->o.after, newest;
    size_t left = (size_t)c->o.limit, n = 1;
    struct arena *work = arena_new(0);
    bool done;

    done = ctl_account(c, 0, &account);
    while (done && left > 0 && n > 0) {
        struct call call = ctl_call(c, &account);
        struct arena_mark mark = arena_mark(c->arena);
        struct buf b;

        call.arena = work;
        buf_init(&b, c->arena);
        done = event_read(&call, last, 1, &b, &n, &last, &newest);
        if (done && n > 0)
            ctl_print(&b);
        left--;
        arena_rewind(c->arena, mark);
        arena_reset(work);
    }
    arena_free(&work);
    return done;
}
