/* SPDX-License-Identifier: Apache-2.0 */
/* audit - what was done in the console, and who may do it. Of the account, or of the operator's staff. */
#include "internal.h"

static uint32_t number_of(const struct api_call *c)
{
    return c->call.account == NULL ? CONSOLE_STAFF : c->call.account->number;
}

/* GET /api/v1/audit?before=N&limit=N: {"entries":[…],"next":N}, newest first; next is null where no older ones follow. */
bool audit_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    long long before;
    uint64_t next;
    size_t limit;

    if (!answer_number(c, "before", 0, &before) || !answer_limit(c, &limit))
        return false;
    answer_json(c, 200);
    buf_puts(b, "{\"entries\":[");
    if (!call_done(&c->call, audit_page(c->api->store, c->api->scratch, number_of(c), before < 0 ? 1 : (uint64_t)before,
                                        limit, b, &next)))
        return false;
    if (next == 0)
        buf_puts(b, "],\"next\":null}");
    else
        buf_printf(b, "],\"next\":%llu}", (unsigned long long)next);
    return true;
}

/* GET /api/v1/console-admins: {"admins":[…]} */
bool console_admins_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    struct console_admin *admins;
    size_t n;

    if (!console_list(&c->call, number_of(c), &admins, &n))
        return false;
    answer_json(c, 200);
    buf_puts(b, "{\"admins\":[");
    for (size_t i = 0; i < n; i++) {
        buf_json_comma(b);
        console_write(b, &admins[i]);
    }
    buf_puts(b, "]}");
    return true;
}
