/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

static bool say(struct api_call *c, const char *json)
{
    c->response->status = 200;
    c->response->content_type = "application/json; charset=utf-8";
    buf_puts(&c->response->body, json);
    return true;
}

/* A worker answers. */
bool health_alive(struct api_call *c)
{
    return say(c, "{\"status\":\"alive\"}");
}

/* Changes would be taken. */
bool health_ready(struct api_call *c)
{
    if (c->api->store == NULL)
        error_set(c->error, ERR_STORAGE_FAULT);
    else if (!store_has_room(c->api->store))
        error_set(c->error, ERR_STORAGE_FULL);
    return !error_is_set(c->error) && say(c, "{\"status\":\"ready\"}");
}
