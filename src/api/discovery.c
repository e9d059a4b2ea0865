/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/directory/cursor.h"
#include "roster/scim/bulk.h"
#include "roster/scim/discovery.h"

bool discovery_read_config(struct api_call *c)
{
    struct discovery_limits limits = {.filter_max_results = LISTING_COUNT_MAX,
                                      .default_page_size = LISTING_COUNT_DEFAULT,
                                      .max_page_size = LISTING_COUNT_MAX,
                                      .cursor_seconds = CURSOR_SECONDS,
                                      .max_operations = BULK_OPERATIONS_MAX,
                                      .max_body = (uint64_t)c->api->conf->server_max_body};

    answer_begin(c, 200, 0);
    discovery_config(&c->response->body, c->base, &limits);
    return true;
}

/* The ListResponse around n elements, which write() appends one by one. */
static bool list(struct api_call *c, size_t n, void (*write)(struct api_call *c, size_t i))
{
    struct buf *b = &c->response->body;

    answer_begin(c, 200, 0);
    buf_printf(b,
               "{\"schemas\":[\"" URN_LIST "\"],\"totalResults\":%zu,\"startIndex\":1,\"itemsPerPage\":%zu,"
               "\"Resources\":[",
               n, n);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_putc(b, ',');
        write(c, i);
    }
    buf_puts(b, "]}");
    return true;
}

static void write_type(struct api_call *c, size_t i)
{
    discovery_resource_type(&c->response->body, c->base, discovery_types[i]);
}

static void write_schema(struct api_call *c, size_t i)
{
    discovery_schema(&c->response->body, c->base, discovery_schemas[i]);
}

bool discovery_list_types(struct api_call *c)
{
    size_t n = 0;

    while (discovery_types[n] != NULL)
        n++;
    return list(c, n, write_type);
}

bool discovery_list_schemas(struct api_call *c)
{
    size_t n = 0;

    while (discovery_schemas[n] != NULL)
        n++;
    return list(c, n, write_schema);
}

bool discovery_read_type(struct api_call *c)
{
    for (size_t i = 0; discovery_types[i] != NULL; i++) {
        if (str_eq_nocase(c->params[0], str_of(discovery_types[i]->name))) {
            answer_begin(c, 200, 0);
            write_type(c, i);
            return true;
        }
    }
    error_set(c->error, ERR_DISCOVERY_UNKNOWN, STR_LIT("resource type"), c->params[0]);
    return false;
}

bool discovery_read_schema(struct api_call *c)
{
    for (size_t i = 0; discovery_schemas[i] != NULL; i++) {
        if (str_eq_nocase(c->params[0], str_of(discovery_schemas[i]->urn))) {
            answer_begin(c, 200, 0);
            write_schema(c, i);
            return true;
        }
    }
    error_set(c->error, ERR_DISCOVERY_UNKNOWN, STR_LIT("schema"), c->params[0]);
    return false;
}
