/* SPDX-License-Identifier: Apache-2.0 */
/* deleted - the deleted users of an account, and giving back what was taken away. */
#include "internal.h"

#include "roster/base/clock.h"
#include "roster/directory/restore.h"

#define DELETED_DEFAULT 100
#define DELETED_MAX     1000

/* --- places: "TIME.ID", which clients only hand back --- */

static void write_place(struct buf *b, const struct former_place *place)
{
    char id[ID_TEXT_LEN + 1];

    id_format(&place->id, id);
    buf_printf(b, "\"%lld.%s\"", (long long)place->since, id);
}

static bool read_place(struct api_call *c, struct former_place *out)
{
    long long since;
    struct str text;

    *out = (struct former_place){0};
    if (!http_query(c->r, "after", &text, c->error))
        return false;
    if (text.p == NULL)
        return true;
    size_t dot = str_find(text, '.', 0);
    if (dot < text.len && str_to_ll(str_sub(text, 0, dot), &since) && since >= 0 &&
        id_parse(str_sub(text, dot + 1, text.len), &out->id)) {
        out->since = since;
        return true;
    }
    error_set(c->error, ERR_PARAMETER_INVALID, STR_LIT("after"), text, STR_LIT("a place that a list gave"));
    return false;
}

/* --- requests --- */

static void write_user(struct buf *b, const struct former_user *user)
{
    char id[ID_TEXT_LEN + 1], deleted[CLOCK_TEXT_LEN + 1], expires[CLOCK_TEXT_LEN + 1];

    id_format(&user->id, id);
    clock_format(user->deleted, deleted);
    clock_format(user->expires, expires);
    buf_printf(b, "{\"id\":\"%s\",\"userName\":", id);
    buf_json(b, user->user_name);
    buf_printf(b, ",\"deleted\":\"%s\",\"expires\":\"%s\"}", deleted, expires);
}

/* GET /api/v1/deleted-users?after=PLACE&limit=N: {"users":[…],"next":PLACE}, oldest deletion first; no next: that is all. */
bool deleted_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct call item = c->call;
    struct former_place place;
    struct former_user user;
    bool found = true;
    long long limit;

    if (!read_place(c, &place) || !answer_number(c, "limit", DELETED_DEFAULT, &limit))
        return false;
    limit = limit < 1 ? 1 : limit > DELETED_MAX ? DELETED_MAX : limit;
    answer_json(c, 200);
    item.arena = c->api->scratch;
    buf_puts(b, "{\"users\":[");
    for (long long n = 0; n < limit && found; n++) {
        arena_reset(item.arena);
        if (!former_next(&item, &place, &user, &found))
            return false;
        if (found && n > 0)
            buf_putc(b, ',');
        if (found)
            write_user(b, &user);
        http_response_spill(c->response);
    }
    buf_putc(b, ']');
    if (found) {
        buf_puts(b, ",\"next\":");
        write_place(b, &place);
    }
    buf_putc(b, '}');
    return true;
}

/* Tells what a resource is called: {"id":…,NAME:…}. */
static bool answer_named(struct api_call *c, const struct image *im, uint16_t attribute, const char *name)
{
    struct buf *b = &c->response->body;

    answer_json(c, 200);
    buf_puts(b, "{\"id\":");
    buf_json(b, im->id);
    buf_printf(b, ",\"%s\":", name);
    buf_json(b, image_leaf(im, attribute, c->r->arena));
    buf_putc(b, '}');
    return true;
}

/* The id in the path: names are not taken here, for several deleted users may have had the same. */
static bool is_id(struct api_call *c)
{
    struct id id;

    if (!id_parse(c->params[0], &id))
        error_set(c->error, ERR_FORMER_UNKNOWN, c->params[0]);
    return !error_is_set(c->error);
}

/* POST /api/v1/deleted-users/{id}/restore */
bool deleted_restore(struct api_call *c)
{
    struct image im;

    return is_id(c) && user_restore(&c->call, c->params[0], &im) && answer_named(c, &im, ATTR_USER_NAME, "userName");
}

/* DELETE /api/v1/deleted-users/{id} */
bool deleted_purge(struct api_call *c)
{
    if (!is_id(c) || !user_purge(&c->call, c->params[0]))
        return false;
    c->response->status = 204;
    return true;
}

/* POST /api/v1/teams/{id}/restore */
bool team_members_restore(struct api_call *c)
{
    struct image im;

    return team_restore(&c->call, c->params[0], &im) && answer_named(c, &im, ATTR_TEAM_DISPLAY_NAME, "displayName");
}
