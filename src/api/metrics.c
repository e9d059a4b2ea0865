/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/*
 * Whoever asks from the web server's own machine may know. A proxy on that machine, which would make all the world look
 * like that, says for whom it asks.
 */
static bool is_from_here(const struct http_request *r)
{
    return !r->forwarded &&
           (str_starts(r->remote_address, STR_LIT("127.")) || str_eq(r->remote_address, STR_LIT("::1")) ||
            str_starts_nocase(r->remote_address, STR_LIT("::ffff:127.")));
}

/* Elsewhere there is no such address. */
bool metrics_read(struct api_call *c)
{
    if (!is_from_here(c->r))
        error_set(c->error, ERR_PATH_UNKNOWN);
    else if (c->api->metrics == NULL)
        error_set(c->error, ERR_STORAGE_FAULT);
    if (error_is_set(c->error))
        return false;
    c->response->status = 200;
    c->response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_write(&c->response->body, c->api->metrics);
    return true;
}
