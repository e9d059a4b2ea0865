/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/directory/team.h"

/* How many members are read and written in one go. */
#define MEMBERS_SLICE 1000

/* A team's members, slice by slice, so that a team of any size is answered in bounded memory. */
static bool team_derived(struct api_call *c, struct call *item, const struct image *im, const struct projection *p)
{
    const struct attribute *members = attribute_by_number(&resource_type_team, ATTR_TEAM_MEMBERS_VALUE)->parent;
    struct buf *b = &c->response->body;
    struct member_ref *refs;
    struct id team, last;
    size_t n = MEMBERS_SLICE, written = 0;

    if (!projection_wants(p, members))
        return true;
    if (!id_parse(im->id, &team))
        return false;
    buf_puts(b, ",\"members\":[");
    while (n == MEMBERS_SLICE) {
        struct arena_mark mark = arena_mark(item->arena);

        if (!member_list(item, &team, written == 0 ? NULL : &last, MEMBERS_SLICE, &refs, &n))
            return false;
        for (size_t i = 0; i < n; i++) {
            if (written++ > 0)
                buf_putc(b, ',');
            reference_write(b, p, members, c->base, &resource_type_user, &refs[i], "User");
        }
        if (n > 0)
            last = refs[n - 1].id;
        arena_rewind(item->arena, mark);
        http_response_spill(c->response);
    }
    buf_putc(b, ']');
    return true;
}

const struct resource_ops team_ops = {
    .number = RESOURCE_TEAM,
    .create = team_create,
    .get = team_get,
    .replace = team_replace,
    .patch = team_patch,
    .remove = team_delete,
    .derived = team_derived,
    .patch_is_quiet = true,
};
