/* SPDX-License-Identifier: Apache-2.0 */
/* own_roles - the custom roles of the token's own account, for its own staff; what SCIM is told of them is roles.c. */
#include "internal.h"

#include "roster/directory/seat.h"

/* GET /api/v1/roles: {"roles":[{"id":…,"name":…,"base":…,"custom":…,"users":…},…]} */
bool own_roles_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct role_users *roles;
    size_t n;

    if (!seat_roles(&c->call, &roles, &n))
        return false;
    answer_json(c, 200);
    buf_puts(b, "{\"roles\":[");
    for (size_t i = 0; i < n; i++) {
        buf_json_comma(b);
        role_write(b, &roles[i].role, roles[i].users);
    }
    buf_puts(b, "]}");
    return true;
}

/* POST /api/v1/roles {"name":…,"base":…}: the role. */
bool own_roles_create(struct api_call *c)
{
    struct str name, base;
    struct role role;

    if (!answer_takes(c, "name, base") || !answer_member(c, "name", true, &name) ||
        !answer_member(c, "base", false, &base) ||
        !role_add(&c->call, name, base.p == NULL ? STR_LIT("member") : base, &role))
        return false;
    answer_created(c, "/roles", role.id);
    role_write(&c->response->body, &role, 0);
    return true;
}

/* The id in the path: a name, which the commands take as well, is none. */
static bool is_id(struct api_call *c)
{
    if (!role_is_custom_id(c->params[0]) && role_find_base(c->params[0]) == NULL)
        error_set(c->error, ERR_ROLE_UNKNOWN, c->params[0]);
    return !error_is_set(c->error);
}

/* PATCH /api/v1/roles/{id} {"name":…}: the role. */
bool own_roles_patch(struct api_call *c)
{
    struct role_users *roles;
    uint64_t users = 0;
    struct role role;
    struct str name;
    size_t n;

    if (!is_id(c) || !answer_takes(c, "name") || !answer_member(c, "name", true, &name) ||
        !role_rename(&c->call, c->params[0], name, &role) || !seat_roles(&c->call, &roles, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (str_eq(roles[i].role.id, role.id))
            users = roles[i].users;
    answer_json(c, 200);
    role_write(&c->response->body, &role, users);
    return true;
}

/* DELETE /api/v1/roles/{id}?successor=ID */
bool own_roles_remove(struct api_call *c)
{
    struct str successor;
    struct role role;

    if (!is_id(c) || !http_query(c->r, "successor", &successor, c->error))
        return false;
    if (!role_is_custom_id(successor) && role_find_base(successor) == NULL) {
        error_set(c->error, ERR_ROLE_SUCCESSOR, successor);
        return false;
    }
    if (!role_remove(&c->call, c->params[0], successor, &role))
        return false;
    c->response->status = 204;
    return true;
}
