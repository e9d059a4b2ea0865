/* SPDX-License-Identifier: Apache-2.0 */
/* roll - the users and the teams of the token's own account, for its own staff; what SCIM is told of them is users.c, groups.c. */
#include "internal.h"

#include "roster/base/clock.h"
#include "roster/directory/restore.h"
#include "roster/directory/roll.h"
#include "roster/directory/seat.h"
#include "roster/directory/team.h"
#include "roster/directory/user.h"

#define ROLL_SLICES 100 /* of ROLL_SLICE records, that a page looks at */
#define REFS_SLICE  500

/* Begins the object of an entry; the caller ends it. */
static void write_entry(struct buf *b, const struct resource_type *type, const struct roll_entry *e)
{
    bool user = type->number == RESOURCE_USER;

    buf_putc(b, '{');
    answer_id(b, "id", &e->id);
    buf_json_text(b, user ? "userName" : "displayName", e->name);
    if (user) {
        buf_json_text(b, "displayName", e->display);
        buf_json_text(b, "email", e->email);
        buf_json_text(b, "role", e->role);
        buf_printf(b, ",\"active\":%s", e->active ? "true" : "false");
    }
    buf_puts(b, ",\"created\":");
    clock_write(b, e->created);
    buf_puts(b, ",\"modified\":");
    clock_write(b, e->modified);
}

/* --- lists --- */

/*
 * {NAME:[…],"next":ID}, in order of id. A page looks at so many records at most, so it may have fewer entries than the limit though
 * others follow; next is null where none do.
 */
static bool list(struct api_call *c, const struct roll_query *q, const char *name)
{
    struct buf *b = &c->response->body;
    struct call call = c->call;
    size_t most, written = 0, slices = 0;
    struct roll slice;
    struct id last;

    if (!answer_after(c, &last) || !answer_limit(c, &most))
        return false;
    call.arena = c->api->scratch;
    answer_json(c, 200);
    buf_printf(b, "{\"%s\":[", name);
    do {
        arena_reset(call.arena);
        if (!roll_page(&call, q, id_is_set(&last) ? &last : NULL,
                       most - written < ROLL_SLICE ? most - written : ROLL_SLICE, &slice))
            return false;
        for (size_t i = 0; i < slice.n; i++) {
            buf_json_comma(b);
            write_entry(b, q->type, &slice.entries[i]);
            if (q->type->number == RESOURCE_TEAM)
                buf_json_u64(b, "members", slice.entries[i].members);
            buf_putc(b, '}');
        }
        written += slice.n;
        last = slice.last;
        http_response_spill(c->response);
    } while (slice.more && written < most && ++slices < ROLL_SLICES);
    answer_next(b, &last, slice.more);
    return true;
}

static bool invalid(struct api_call *c, const char *name, struct str value, const char *wanted)
{
    error_set(c->error, ERR_PARAMETER_INVALID, str_of(name), value, str_of(wanted));
    return false;
}

static bool read_active(struct api_call *c, struct roll_query *q)
{
    struct str text;

    if (!http_query(c->r, "active", &text, c->error))
        return false;
    q->active = str_eq(text, STR_LIT("true")) ? ROLL_ACTIVE : str_eq(text, STR_LIT("false")) ? ROLL_INACTIVE : ROLL_ANY;
    return text.p == NULL || q->active != ROLL_ANY || invalid(c, "active", text, "true or false");
}

static bool read_type(struct api_call *c, struct roll_query *q)
{
    if (!http_query(c->r, "type", &q->role, c->error))
        return false;
    return q->role.p == NULL || role_find_base(q->role) != NULL || role_is_custom_id(q->role) ||
           invalid(c, "type", q->role, "the id of a type");
}

/* GET /api/v1/users?q=TEXT&active=true&type=ID&after=ID&limit=N */
bool roll_users(struct api_call *c)
{
    struct roll_query q = {.type = c->call.account->user_type};

    return http_query(c->r, "q", &q.text, c->error) && read_active(c, &q) && read_type(c, &q) && list(c, &q, "users");
}

/* GET /api/v1/teams?q=TEXT&after=ID&limit=N */
bool roll_teams(struct api_call *c)
{
    struct roll_query q = {.type = c->call.account->team_type};

    return http_query(c->r, "q", &q.text, c->error) && list(c, &q, "teams");
}

/* --- one of them --- */

/* "since":…,"added":{"type":…,"id":…} */
static void write_membership(struct buf *b, const struct membership *m)
{
    buf_puts(b, ",\"since\":");
    clock_write(b, m->since);
    if (m->kind == MAKER_UNKNOWN) {
        buf_puts(b, ",\"added\":null");
        return;
    }
    buf_puts(b, ",\"added\":{");
    buf_json_text(b, "type", membership_word(m->kind));
    answer_id(b, "id", &m->maker);
    buf_putc(b, '}');
}

/*
 * Writes up to `most` of the members of a team, or of the teams of a user, behind *last, as a list: {"id":…,"displayName":…}, of members
 * also "since" and "added". *last is the last one then.
 */
static bool write_refs(struct api_call *c, const struct resource_type *type, const struct id *of, size_t most,
                       struct id *last, bool *more)
{
    struct buf *b = &c->response->body;
    struct call call = c->call;
    struct member_ref *refs;
    size_t n, want;

    call.arena = c->api->scratch;
    *more = true;
    while (most > 0 && *more) {
        want = most < REFS_SLICE ? most : REFS_SLICE;
        arena_reset(call.arena);
        if (!member_list(&call, type, of, id_is_set(last) ? last : NULL, want, &refs, &n))
            return false;
        for (size_t i = 0; i < n; i++) {
            buf_json_comma(b);
            buf_putc(b, '{');
            answer_id(b, "id", &refs[i].id);
            buf_json_text(b, "displayName", refs[i].display.len == 0 ? STR_NULL : refs[i].display);
            if (type->number == RESOURCE_TEAM)
                write_membership(b, &refs[i].membership);
            buf_putc(b, '}');
            *last = refs[i].id;
        }
        most -= n;
        *more = n == want;
        http_response_spill(c->response);
    }
    return true;
}

/* GET /api/v1/users/{id}: as in the list, and "type":{…,"why":…,"protected":…}, "resource": what SCIM shows, "teams":[…] */
bool roll_user(struct api_call *c)
{
    struct explanation why = {.is_protected = false};
    struct buf *b = &c->response->body;
    struct id last = {{0}};
    struct roll_entry e;
    struct image im;
    bool more;

    if (!user_get(&c->call, c->params[0], &im) || !seat_explain(&c->call, im.id, &why))
        return false;
    roll_read(&im, c->r->arena, &e);
    e.role = seat_role(&why.holder)->id;
    answer_json(c, 200);
    write_entry(b, im.type, &e);
    buf_puts(b, ",\"type\":");
    seat_write_type(b, &why);
    buf_puts(b, ",\"resource\":");
    buf_str(b, im.text);
    buf_puts(b, "}},\"teams\":[");
    if (!write_refs(c, im.type, &e.id, SIZE_MAX, &last, &more))
        return false;
    buf_puts(b, "]}");
    return true;
}

/* Begins the object of a team: "count", and "former":{"time":…,"members":…,"added":…,"removed":…}, what a restoring would do. */
static bool write_team(struct api_call *c, const struct image *im, struct roll_entry *e)
{
    struct buf *b = &c->response->body;
    struct call call = c->call;
    struct former_members former;
    uint64_t members;
    bool found;

    call.arena = c->api->scratch;
    arena_reset(call.arena);
    if (!member_total(&call, &e->id, &members) || !team_former(&call, &e->id, &former, &found))
        return false;
    answer_json(c, 200);
    write_entry(b, im->type, e);
    buf_json_u64(b, "count", members);
    buf_puts(b, found ? ",\"former\":{\"time\":" : ",\"former\":null");
    if (!found)
        return true;
    clock_write(b, former.since);
    buf_json_u64(b, "members", former.members);
    buf_json_u64(b, "added", former.added);
    buf_json_u64(b, "removed", former.removed);
    buf_putc(b, '}');
    return true;
}

/* GET /api/v1/teams/{id}?after=ID&limit=N: write_team(), and "members":[{"id":…,"displayName":…,…},…],"next":ID */
bool roll_team(struct api_call *c)
{
    struct roll_entry e;
    struct image im;
    struct id last;
    size_t most;
    bool more;

    if (!answer_after(c, &last) || !answer_limit(c, &most) || !team_get(&c->call, c->params[0], &im))
        return false;
    roll_read(&im, c->r->arena, &e);
    if (!write_team(c, &im, &e))
        return false;
    buf_puts(&c->response->body, ",\"members\":[");
    if (!write_refs(c, im.type, &e.id, most, &last, &more))
        return false;
    answer_next(&c->response->body, &last, more);
    return true;
}

/* --- who cannot be touched --- */

static bool protect(struct api_call *c, bool on)
{
    if (!seat_protect(&c->call, c->params[0], on))
        return false;
    c->response->status = 204;
    return true;
}

/* POST /api/v1/users/{id}/protect */
bool roll_protect(struct api_call *c)
{
    return protect(c, true);
}

/* POST /api/v1/users/{id}/unprotect */
bool roll_unprotect(struct api_call *c)
{
    return protect(c, false);
}
