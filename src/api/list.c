/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: GET of a collection or of the root, and POST .search (RFC 7644 3.4.2, 3.4.3; RFC 9865). */
#include "internal.h"

#include "roster/directory/cursor.h"
#include "roster/scim/schema.h"

#include <sodium.h>

/* What a query says, from the address or from the body of a search. STR_NULL: it was not said. */
struct list_request {
    struct str attributes, excluded, filter, sort_by, sort_order, cursor, start, count;
};

static const struct {
    const char *name;
    size_t at;
} parameters[] = {
    {"attributes", offsetof(struct list_request, attributes)},
    {"excludedAttributes", offsetof(struct list_request, excluded)},
    {"filter", offsetof(struct list_request, filter)},
    {"sortBy", offsetof(struct list_request, sort_by)},
    {"sortOrder", offsetof(struct list_request, sort_order)},
    {"cursor", offsetof(struct list_request, cursor)},
    {"startIndex", offsetof(struct list_request, start)},
    {"count", offsetof(struct list_request, count)},
};
#define PARAMETERS (sizeof parameters / sizeof parameters[0])

static struct str *parameter(struct list_request *q, size_t i)
{
    return (struct str *)(void *)((char *)q + parameters[i].at);
}

/* --- from the address --- */

static bool read_query(struct api_call *c, struct list_request *q)
{
    for (size_t i = 0; i < PARAMETERS; i++)
        if (!http_query(c->r, parameters[i].name, parameter(q, i), c->error))
            return false;
    return true;
}

/* --- from the body --- */

/* A string, a number, or an array of strings as a comma-separated list, which is what the address would have. */
static bool read_value(struct api_call *c, const char *name, struct json_object *v, struct str *out)
{
    struct buf b;

    if (json_object_is_type(v, json_type_string)) {
        *out = json_str(v);
        return true;
    }
    buf_init(&b, c->r->arena);
    if (json_object_is_type(v, json_type_int)) {
        json_write(&b, v);
        *out = buf_view(&b);
        return true;
    }
    for (size_t i = 0; json_object_is_type(v, json_type_array); i++) {
        struct json_object *item = json_object_array_get_idx(v, i);

        if (i == json_object_array_length(v)) {
            *out = buf_view(&b);
            return true;
        }
        if (!json_object_is_type(item, json_type_string))
            break;
        if (i > 0)
            buf_putc(&b, ',');
        buf_str(&b, json_str(item));
    }
    json_write(&b, v);
    error_set(c->error, ERR_PARAMETER_INVALID, str_of(name), buf_view(&b), STR_LIT("of its type"));
    return false;
}

static bool read_search(struct api_call *c, struct list_request *q)
{
    if (!json_array_has(json_member(c->body, "schemas"), STR_LIT(URN_SEARCH))) {
        error_set(c->error, ERR_SCHEMAS_MISSING, STR_LIT(URN_SEARCH));
        return false;
    }
    for (size_t i = 0; i < PARAMETERS; i++) {
        struct json_object *v = json_member(c->body, parameters[i].name);

        if (v != NULL && !read_value(c, parameters[i].name, v, parameter(q, i)))
            return false;
    }
    return true;
}

/* --- what it means --- */

struct list {
    struct list_request request;
    const struct resource_ops *const *ops; /* of the types, ntypes of them */
    const struct resource_type *types[LISTING_TYPES_MAX];
    const struct filter *filters[LISTING_TYPES_MAX];
    struct attrpath sort[LISTING_TYPES_MAX];
    struct projection *projections[LISTING_TYPES_MAX];
    struct listing_query query;
    struct cursor cursor; /* that the client sent, or that the page's cursors are made from */
    struct listing page;
};

static bool take_order(struct api_call *c, struct list *l)
{
    struct str order = l->request.sort_order;

    l->query.descending = str_eq_nocase(order, STR_LIT("descending"));
    if (order.len == 0 || l->query.descending || str_eq_nocase(order, STR_LIT("ascending")))
        return true;
    error_set(c->error, ERR_PARAMETER_INVALID, STR_LIT("sortOrder"), order, STR_LIT("ascending or descending"));
    return false;
}

/* The parts that each type reads by its own schema. */
static bool take_type(struct api_call *c, struct list *l, size_t i)
{
    const struct list_request *q = &l->request;
    const struct resource_type *type = account_type(c->call.account, l->ops[i]->number);
    bool any = l->query.ntypes > 1;

    l->types[i] = type;
    l->projections[i] = projection_parse(type, q->attributes, q->excluded, c->r->arena, c->error);
    if (!error_is_set(c->error) && q->filter.p != NULL)
        l->filters[i] = any ? filter_parse_any(type, q->filter, c->r->arena, c->error)
                            : filter_parse(type, q->filter, c->r->arena, c->error);
    return !error_is_set(c->error) && (q->sort_by.len == 0 || sort_parse(type, q->sort_by, any, &l->sort[i], c->error));
}

static bool take_page(struct api_call *c, struct list *l)
{
    long long start, count;

    if (!answer_integer(c, "startIndex", l->request.start, 1, &start) ||
        !answer_integer(c, "count", l->request.count, LISTING_COUNT_DEFAULT, &count))
        return false;
    l->query.start = start < 1 ? 1 : (uint64_t)start;
    l->query.count = count < 0 ? 0 : count > LISTING_COUNT_MAX ? LISTING_COUNT_MAX : (size_t)count;
    return true;
}

/* All but the cursor and the count, which has an error of its own. */
static void hash_query(const struct list *l, unsigned char out[CURSOR_QUERY_SIZE])
{
    const struct str parts[] = {l->request.attributes, l->request.excluded, l->request.filter, l->request.sort_by,
                                l->request.sort_order};
    crypto_generichash_state h;

    crypto_generichash_init(&h, NULL, 0, CURSOR_QUERY_SIZE);
    for (size_t i = 0; i < l->query.ntypes; i++)
        crypto_generichash_update(&h, &l->types[i]->number, 1);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        crypto_generichash_update(&h, (const unsigned char *)parts[i].p, parts[i].len);
        crypto_generichash_update(&h, (const unsigned char *)"", 1); /* no part has a NUL in it */
    }
    crypto_generichash_final(&h, out, CURSOR_QUERY_SIZE);
}

/* An empty cursor begins a walk, any other goes on with one. */
static bool take_cursor(struct api_call *c, struct list *l)
{
    unsigned char query[CURSOR_QUERY_SIZE];

    if (l->request.cursor.p == NULL)
        return true;
    l->query.start = 0;
    hash_query(l, query);
    if (l->request.cursor.len > 0) {
        if (!cursor_open(&c->call, l->request.cursor, &l->cursor))
            return false;
        if (memcmp(query, l->cursor.query, sizeof query) != 0) {
            error_set(c->error, ERR_CURSOR_INVALID, STR_LIT("the query is not the one that it goes with"));
            return false;
        }
        if (l->request.count.p != NULL && l->query.count != l->cursor.count) {
            error_set(c->error, ERR_CURSOR_COUNT, l->request.count,
                      str_of(arena_printf(c->r->arena, "%u", (unsigned)l->cursor.count)));
            return false;
        }
        l->query.count = l->cursor.count;
        l->query.from = &l->cursor.place;
        l->query.backward = l->cursor.backward;
    }
    memcpy(l->cursor.query, query, sizeof query);
    l->cursor.count = (uint32_t)l->query.count;
    return true;
}

static bool understand(struct api_call *c, struct list *l)
{
    if (!take_order(c, l) || !take_page(c, l))
        return false;
    for (size_t i = 0; i < l->query.ntypes; i++)
        if (!take_type(c, l, i))
            return false;
    l->query.types = l->types;
    l->query.filters = l->request.filter.p == NULL ? NULL : l->filters;
    l->query.sort = l->request.sort_by.len == 0 ? NULL : l->sort;
    l->query.descending = l->query.descending && l->query.sort != NULL;
    return take_cursor(c, l);
}

/* --- the answer --- */

static size_t place_of_type(const struct list *l, const struct resource_type *type)
{
    size_t i = 0;

    while (l->types[i] != type)
        i++;
    return i;
}

/* One resource of a list; one that has gone since the page was read is passed over. */
static bool write_item(struct api_call *c, const struct list *l, const struct listing_item *listed, size_t *written)
{
    size_t i = place_of_type(l, listed->type);
    char text[ID_TEXT_LEN + 1];
    struct error gone = ERROR_INIT;
    struct call item = c->call;
    struct image im;

    arena_reset(c->api->scratch);
    id_format(&listed->id, text);
    item.arena = c->api->scratch;
    item.error = &gone;
    if (!l->ops[i]->get(&item, str_of(text), &im)) {
        if (gone.code != ERR_RESOURCE_NOT_FOUND)
            *c->error = gone;
        return gone.code == ERR_RESOURCE_NOT_FOUND;
    }
    item.error = c->error;
    if ((*written)++ > 0)
        buf_putc(&c->response->body, ',');
    if (!resource_write(c, l->ops[i], &item, &im, l->projections[i]))
        return false;
    http_response_spill(c->response);
    return true;
}

static bool write_cursor(struct api_call *c, struct list *l, const char *name, const struct listing_place *place,
                         bool backward)
{
    l->cursor.place = *place;
    l->cursor.backward = backward;
    struct str text = cursor_seal(&c->call, &l->cursor);
    if (text.p == NULL)
        return false;
    buf_printf(&c->response->body, ",\"%s\":\"%.*s\"", name, (int)text.len, text.p);
    return true;
}

static bool write_cursors(struct api_call *c, struct list *l)
{
    if (l->page.n == 0)
        return true;
    return (!l->page.before || write_cursor(c, l, "previousCursor", &l->page.first, true)) &&
           (!l->page.after || write_cursor(c, l, "nextCursor", &l->page.last, false));
}

static bool write_list(struct api_call *c, struct list *l)
{
    struct buf *b = &c->response->body;
    size_t written = 0;

    answer_begin(c, 200, 0);
    buf_printf(b, "{\"schemas\":[\"" URN_LIST "\"],\"totalResults\":%llu", (unsigned long long)l->page.total);
    if (l->query.start > 0)
        buf_printf(b, ",\"startIndex\":%llu", (unsigned long long)l->query.start);
    else if (!write_cursors(c, l))
        return false;
    buf_puts(b, ",\"Resources\":[");
    for (size_t i = 0; i < l->page.n; i++)
        if (!write_item(c, l, &l->page.items[i], &written))
            return false;
    /* last, for only now it is certain: a resource may have gone while the list was written */
    buf_printf(b, "],\"itemsPerPage\":%zu}", written);
    return true;
}

static bool answer(struct api_call *c, const struct resource_ops *const *ops, size_t ntypes,
                   bool (*read)(struct api_call *c, struct list_request *q))
{
    struct list *l = arena_alloc(c->r->arena, sizeof *l);

    l->ops = ops;
    l->query.ntypes = ntypes;
    return read(c, &l->request) && understand(c, l) && listing_run(&c->call, &l->query, &l->page) && write_list(c, l);
}

bool resource_list(struct api_call *c)
{
    return answer(c, &c->ops, 1, read_query);
}

bool resource_search(struct api_call *c)
{
    return answer(c, &c->ops, 1, read_search);
}

static const struct resource_ops *const all[] = {&user_ops, &team_ops};
#define ALL (sizeof all / sizeof all[0])

bool root_list(struct api_call *c)
{
    return answer(c, all, ALL, read_query);
}

bool root_search(struct api_call *c)
{
    return answer(c, all, ALL, read_search);
}
