/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/directory/cursor.h"
#include "roster/scim/bulk.h"
#include "roster/scim/discovery.h"

bool discovery_read_config(struct api_call *c)
{
    struct discovery_limits limits = {.results_max = LISTING_COUNT_MAX,
                                      .default_page_size = LISTING_COUNT_DEFAULT,
                                      .cursor_seconds = CURSOR_SECONDS,
                                      .max_operations = BULK_OPERATIONS_MAX,
                                      .change_password = c->call.account->policy.value[POLICY_PASSWORDS] == POLICY_ON,
                                      .max_body = (uint64_t)c->api->conf->server_max_body};

    answer_begin(c, 200, 0);
    discovery_config(&c->response->body, c->base, &limits);
    return true;
}

static const struct resource_type *type_at(const struct api_call *c, size_t i)
{
    const struct account *account = c->call.account;

    return (const struct resource_type *const[]){account->user_type, account->team_type, &resource_type_role}[i];
}
#define TYPES 3

/* Every schema that the account has, in the order in which they are listed; meta: also those of discovery itself. */
static size_t all_schemas(const struct api_call *c, bool meta, const struct schema ***out)
{
    size_t most = TYPES, n = 0;

    for (size_t t = 0; t < TYPES; t++)
        for (const struct schema *const *x = type_at(c, t)->extensions; *x != NULL; x++)
            most++;
    for (const struct schema *const *m = discovery_meta_schemas; *m != NULL; m++)
        most++;
    *out = arena_alloc(c->r->arena, most * sizeof **out);
    for (size_t t = 0; t < TYPES; t++)
        (*out)[n++] = type_at(c, t)->core;
    for (size_t t = 0; t < TYPES; t++)
        for (const struct schema *const *x = type_at(c, t)->extensions; *x != NULL; x++)
            (*out)[n++] = *x;
    for (const struct schema *const *m = discovery_meta_schemas; meta && *m != NULL; m++)
        (*out)[n++] = *m;
    return n;
}

static void write_schema(struct api_call *c, const struct schema *schema)
{
    bool write_only = c->call.account->policy.value[POLICY_WRITE_ONLY_LISTED] == POLICY_ON;

    discovery_schema(&c->response->body, c->base, schema, write_only);
}

/* The ListResponse around n elements: its beginning, what stands before element i, and its end. */
static void list_begin(struct api_call *c, size_t n)
{
    answer_begin(c, 200, 0);
    buf_printf(&c->response->body,
               "{\"schemas\":[\"" URN_LIST "\"],\"totalResults\":%zu,\"startIndex\":1,\"itemsPerPage\":%zu,"
               "\"Resources\":[",
               n, n);
}

static void list_next(struct api_call *c, size_t i)
{
    if (i > 0)
        buf_putc(&c->response->body, ',');
}

static bool list_end(struct api_call *c)
{
    buf_puts(&c->response->body, "]}");
    return true;
}

bool discovery_list_types(struct api_call *c)
{
    list_begin(c, TYPES);
    for (size_t i = 0; i < TYPES; i++) {
        list_next(c, i);
        discovery_resource_type(&c->response->body, c->base, type_at(c, i));
    }
    return list_end(c);
}

bool discovery_list_schemas(struct api_call *c)
{
    const struct schema **schemas;
    size_t n = all_schemas(c, c->call.account->policy.value[POLICY_META_SCHEMAS] == POLICY_ON, &schemas);

    list_begin(c, n);
    for (size_t i = 0; i < n; i++) {
        list_next(c, i);
        write_schema(c, schemas[i]);
    }
    return list_end(c);
}

bool discovery_read_type(struct api_call *c)
{
    for (size_t i = 0; i < TYPES; i++) {
        if (str_eq_nocase(c->params[0], str_of(type_at(c, i)->name))) {
            answer_begin(c, 200, 0);
            discovery_resource_type(&c->response->body, c->base, type_at(c, i));
            return true;
        }
    }
    error_set(c->error, ERR_DISCOVERY_UNKNOWN, STR_LIT("resource type"), c->params[0]);
    return false;
}

/* By its URN or, as some clients ask, by its name; URNs count first. */
bool discovery_read_schema(struct api_call *c)
{
    const struct schema **schemas, *found = NULL;
    size_t n = all_schemas(c, true, &schemas);

    for (size_t i = n; i-- > 0;)
        if (str_eq_nocase(c->params[0], str_of(schemas[i]->name)))
            found = schemas[i];
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(c->params[0], str_of(schemas[i]->urn)))
            found = schemas[i];
    if (found != NULL) {
        answer_begin(c, 200, 0);
        write_schema(c, found);
        return true;
    }
    error_set(c->error, ERR_DISCOVERY_UNKNOWN, STR_LIT("schema"), c->params[0]);
    return false;
}
