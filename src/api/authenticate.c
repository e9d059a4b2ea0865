/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/directory/login.h"
#include "roster/directory/sso.h"

static void write_user(struct buf *b, const struct login_result *result, struct arena *a)
{
    struct str email = sso_email(&result->user, a);

    buf_puts(b, ",\"user\":{\"id\":");
    buf_json(b, result->user.id);
    buf_puts(b, ",\"userName\":");
    buf_json(b, image_leaf(&result->user, ATTR_USER_NAME, a));
    if (email.p != NULL) {
        buf_puts(b, ",\"email\":");
        buf_json(b, email);
    }
    buf_puts(b, ",\"role\":");
    buf_json(b, result->role);
    buf_putc(b, '}');
}

/*
 * POST /api/v1/authenticate {"userName":…,"password":…,"address":…}: {"authenticated":true,"user":{…}}, or
 * {"authenticated":false} for whatever reason.
 */
bool authenticate_check(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct login_result result;
    struct login login;

    if (!answer_member(c, "userName", true, &login.name) || !answer_member(c, "password", true, &login.password) ||
        !answer_member(c, "address", false, &login.address))
        return false;
    if (c->api->throttle == NULL) {
        error_set(c->error, ERR_PASSWORD_BUSY);
        return false;
    }
    if (!login_try(&c->call, c->api->throttle, &login, &result))
        return false;
    answer_json(c, 200);
    buf_printf(b, "{\"authenticated\":%s", result.authenticated ? "true" : "false");
    if (result.authenticated)
        write_user(b, &result, c->r->arena);
    buf_putc(b, '}');
    return true;
}
