/* SPDX-License-Identifier: Apache-2.0 */
/* errors - /api/v1/errors: the error catalogue. It is the same for everybody and printed in the documentation, so it is open. */
#include "internal.h"

static void put_text(struct buf *b, const char *name, const char *text)
{
    buf_json_name(b, name);
    buf_json(b, str_of(text));
}

static void put_entry(struct buf *b, const struct error_entry *entry)
{
    buf_putc(b, '{');
    put_text(b, "code", entry->code);
    buf_json_name(b, "status");
    buf_printf(b, "%d", entry->status);
    if (entry->scim_type != NULL)
        put_text(b, "scimType", entry->scim_type);
    put_text(b, "sentence", entry->sentence);
    put_text(b, "cause", entry->cause);
    put_text(b, "admin", entry->admin);
    put_text(b, "engineer", entry->engineer);
    buf_putc(b, '}');
}

/* GET /api/v1/errors: {"errors":[…]}, in the catalogue's order. */
bool errors_list(struct api_call *c)
{
    struct buf *b = &c->response->body;

    answer_json(c, 200);
    buf_puts(b, "{\"errors\":[");
    for (int code = ERR_NONE + 1; code < ERR_COUNT; code++) {
        buf_json_comma(b);
        put_entry(b, error_entry((enum error_code)code));
    }
    buf_puts(b, "]}");
    return true;
}

/* GET /api/v1/errors/{code}, in any case. */
bool errors_read(struct api_call *c)
{
    const struct error_entry *entry = error_find(c->params[0]);

    if (entry == NULL) {
        error_set(c->error, ERR_CODE_UNKNOWN, c->params[0]);
        return false;
    }
    answer_json(c, 200);
    put_entry(&c->response->body, entry);
    return true;
}
