/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /Me, the user that a token stands for (RFC 7644 3.11): done at once, as the request for that user by id would be. The
 * permanent address is in meta.location, and in the header where a status may have one (http/response.h).
 */
#include "internal.h"

#include "roster/directory/user.h"

/* The id of the token's user takes the place of what a path would have named. */
static bool become_user(struct api_call *c)
{
    struct error gone = ERROR_INIT;
    struct call call = c->call;
    char id[ID_TEXT_LEN + 1];
    struct image im;

    if (!id_is_set(&c->user)) {
        error_set(c->error, ERR_ME_UNSUPPORTED);
        return false;
    }
    id_format(&c->user, id);
    c->params[0] = arena_str(c->r->arena, str_of(id));
    call.error = &gone;
    if (!user_get(&call, c->params[0], &im)) {
        if (gone.code == ERR_RESOURCE_NOT_FOUND)
            error_set(c->error, ERR_ME_GONE);
        else
            *c->error = gone;
        return false;
    }
    answer_location(c, &resource_type_user, c->params[0]);
    return true;
}

bool me_read(struct api_call *c)
{
    return become_user(c) && users_read(c);
}

bool me_replace(struct api_call *c)
{
    return become_user(c) && users_replace(c);
}

bool me_patch(struct api_call *c)
{
    return become_user(c) && users_patch(c);
}

bool me_remove(struct api_call *c)
{
    return become_user(c) && users_remove(c);
}
