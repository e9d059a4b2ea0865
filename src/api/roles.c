/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roles - /Roles: what a user can be, as Okta's "SCIM with entitlements" reads it (urn:okta:scim:schemas:core:1.0:Role).
 * They are few, so lists are made and filtered in memory.
 */
#include "internal.h"

#include "roster/base/json.h"
#include "roster/directory/listing.h"
#include "roster/directory/role.h"
#include "roster/scim/filter.h"

/* --- one role --- */

static void put_text(struct buf *b, const struct projection *p, const char *name, struct str value)
{
    if (!projection_wants(p, attribute_find(resource_type_role.core->attributes, str_of(name))))
        return;
    buf_json_name(b, name);
    buf_json(b, value);
}

static void put_meta(struct buf *b, const struct projection *p, struct str base, const struct role *role)
{
    const struct attribute *meta = attribute_by_number(&resource_type_role, ATTR_META);
    bool type = projection_wants_sub(p, meta, attribute_by_number(&resource_type_role, ATTR_META_RESOURCE_TYPE));
    bool location = projection_wants_sub(p, meta, attribute_by_number(&resource_type_role, ATTR_META_LOCATION));

    if (!type && !location)
        return;
    buf_json_name(b, "meta");
    buf_putc(b, '{');
    if (type) {
        buf_json_name(b, "resourceType");
        buf_json(b, str_of(resource_type_role.name));
    }
    if (location) {
        buf_json_name(b, "location");
        buf_putc(b, '"');
        buf_str(b, base);
        buf_printf(b, "%s/%.*s\"", resource_type_role.endpoint, (int)role->id.len, role->id.p);
    }
    buf_putc(b, '}');
}

static void put_role(struct buf *b, const struct projection *p, struct str base, const struct role *role)
{
    buf_puts(b, "{\"schemas\":[\"" URN_ROLE "\"],\"id\":");
    buf_json(b, role->id);
    put_text(b, p, "displayName", role->name);
    put_text(b, p, "description", role->description);
    put_meta(b, p, base, role);
    buf_putc(b, '}');
}

/* --- requests --- */

/* filter NULL: all. */
static bool matches(struct api_call *c, const struct filter *filter, const struct role *role)
{
    struct error e = ERROR_INIT;
    struct buf text;

    if (filter == NULL)
        return true;
    buf_init(&text, c->r->arena);
    put_role(&text, NULL, c->base, role);
    return filter_match(filter, json_read(c->r->arena, buf_view(&text), &e), c->r->arena);
}

static bool read_filter(struct api_call *c, struct filter **out)
{
    struct str text;

    *out = NULL;
    if (!http_query(c->r, "filter", &text, c->error))
        return false;
    return text.p == NULL || (*out = filter_parse(&resource_type_role, text, c->r->arena, c->error)) != NULL;
}

bool roles_list(struct api_call *c)
{
    struct buf page, *b = &c->response->body;
    long long start, count, total = 0, written = 0;
    struct projection *p;
    struct filter *filter;
    struct role *roles;
    size_t n;

    if (!answer_number(c, "startIndex", 1, &start) || !answer_number(c, "count", LISTING_COUNT_DEFAULT, &count) ||
        !resource_projection(c, &resource_type_role, &p) || !read_filter(c, &filter) ||
        !role_list(&c->call, &roles, &n))
        return false;
    start = start < 1 ? 1 : start;
    buf_init(&page, c->r->arena);
    for (const struct role *role = roles; role < roles + n; role++) {
        if (!matches(c, filter, role) || ++total < start || written >= count)
            continue;
        if (written++ > 0)
            buf_putc(&page, ',');
        put_role(&page, p, c->base, role);
    }
    answer_begin(c, 200, 0);
    buf_printf(b,
               "{\"schemas\":[\"" URN_LIST "\"],\"totalResults\":%lld,\"startIndex\":%lld,\"itemsPerPage\":%lld,"
               "\"Resources\":[",
               total, start, written);
    buf_str(b, buf_view(&page));
    buf_puts(b, "]}");
    return true;
}

/* Ids are caseExact (RFC 7643 3.1). */
bool roles_read(struct api_call *c)
{
    struct projection *p;
    struct role *roles;
    size_t n, i = 0;

    if (!role_list(&c->call, &roles, &n))
        return false;
    while (i < n && !str_eq(c->params[0], roles[i].id))
        i++;
    if (i == n) {
        error_set(c->error, ERR_RESOURCE_NOT_FOUND, str_of(resource_type_role.name), c->params[0]);
        return false;
    }
    if (!resource_projection(c, &resource_type_role, &p))
        return false;
    answer_begin(c, 200, 0);
    put_role(&c->response->body, p, c->base, &roles[i]);
    return true;
}
