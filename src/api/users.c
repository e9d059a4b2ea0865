/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/directory/user.h"

/* A user's groups, from the memberships: `,"groups":[{"value":…,"$ref":…,"display":…,"type":"direct"}]`. */
static bool user_derived(struct api_call *c, struct call *item, const struct image *im, const struct projection *p)
{
    const struct attribute *groups = attribute_by_number(&resource_type_user, ATTR_USER_GROUPS_VALUE)->parent;
    struct buf *b = &c->response->body;
    struct member_ref *refs;
    struct id id;
    size_t n;

    if (!projection_wants(p, groups))
        return true;
    if (!id_parse(im->id, &id) || !member_groups(item, &id, &refs, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i == 0 ? ",\"groups\":[" : ",");
        reference_write(b, p, groups, c->base, &resource_type_team, &refs[i], "direct");
    }
    if (n > 0)
        buf_putc(b, ']');
    return true;
}

const struct resource_ops user_ops = {
    .number = RESOURCE_USER,
    .create = user_create,
    .get = user_get,
    .replace = user_replace,
    .patch = user_patch,
    .remove = user_delete,
    .derived = user_derived,
};
