/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /Me, the user that a token stands for (RFC 7644 3.11): the client is sent to the permanent address. Doing the request
 * at once would need a Location on 200, which web servers take for a redirect of their own (http/response.h).
 */
#include "internal.h"

#include "roster/directory/user.h"

/* The query goes along; what a header cannot have is percent-encoded. */
static void add_query(struct api_call *c)
{
    struct buf b;

    if (c->r->query.len == 0)
        return;
    buf_init(&b, c->r->arena);
    buf_str(&b, c->response->location);
    buf_putc(&b, '?');
    for (size_t i = 0; i < c->r->query.len; i++) {
        unsigned char byte = (unsigned char)c->r->query.p[i];

        if (byte > 0x20 && byte < 0x7f)
            buf_putc(&b, (char)byte);
        else
            buf_printf(&b, "%%%02X", byte);
    }
    c->response->location = buf_view(&b);
}

bool me_redirect(struct api_call *c)
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
    call.error = &gone;
    if (!user_get(&call, str_of(id), &im)) {
        if (gone.code == ERR_RESOURCE_NOT_FOUND)
            error_set(c->error, ERR_ME_GONE);
        else
            *c->error = gone;
        return false;
    }
    answer_begin(c, 308, 0);
    answer_location(c, c->call.account->user_type, im.id);
    add_query(c);
    return true;
}
