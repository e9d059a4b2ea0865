/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "roster/scim/patch.h"
#include "roster/scim/resource.h"

#include <assert.h>

/* The account's own tables of the type. */
static const struct resource_type *type_of(const struct call *call, const struct resource_ops *ops)
{
    return account_type(call->account, ops->number);
}

/* --- what a request says besides its body --- */

/* A projection_named: whether a PATCH names the attribute. */
static bool patched(const struct schema *extension, const struct attribute *attribute, const void *patch)
{
    return patch_names(patch, extension, attribute);
}

struct asked {
    struct str attributes, excluded;
};

static bool read_asked(struct api_call *c, struct asked *out)
{
    return http_query(c->r, "attributes", &out->attributes, c->error) &&
           http_query(c->r, "excludedAttributes", &out->excluded, c->error);
}

bool resource_projection(struct api_call *c, const struct resource_type *type, struct projection **out)
{
    struct asked asked;

    if (!read_asked(c, &asked))
        return false;
    *out = projection_parse(type, asked.attributes, asked.excluded, c->r->arena, c->error);
    return !error_is_set(c->error);
}

/* Of the answer to POST and PUT or, where patch is given, to PATCH; *given, which may be NULL: `attributes` was given. */
static bool read_write_projection(struct api_call *c, const struct resource_type *type, const struct patch *patch,
                                  struct projection **out, bool *given)
{
    struct asked asked;

    if (!read_asked(c, &asked))
        return false;
    if (given != NULL)
        *given = asked.attributes.p != NULL;
    *out = projection_parse_write(type, asked.attributes, asked.excluded, patch == NULL ? NULL : patched, patch,
                                  c->r->arena, c->error);
    return !error_is_set(c->error);
}

/* Whether a write may go on: If-Match must name the version, If-None-Match must not (RFC 7644 3.14, weakly compared). */
static bool precondition_holds(struct str etag, void *ctx)
{
    const struct http_request *r = ctx;

    return (r->if_match.p == NULL || http_etag_in(r->if_match, etag)) &&
           (r->if_none_match.p == NULL || !http_etag_in(r->if_none_match, etag));
}

/* --- answers --- */

/* How many memberships are read and written in one go. */
#define REFERENCES_SLICE 1000

/* A user's groups or a team's members, slice by slice, so that any number of them is answered in bounded memory. */
static bool write_references(struct api_call *c, const struct resource_ops *ops, struct call *item,
                             const struct image *im, const struct projection *p)
{
    const struct resource_type *type = type_of(item, ops);
    const struct resource_type *other = account_type(item->account, RESOURCE_USER + RESOURCE_TEAM - ops->number);
    const struct attribute *list = attribute_by_number(type, ops->reference)->parent;
    struct buf *b = &c->response->body;
    struct member_ref *refs;
    struct id of, last;
    size_t n = REFERENCES_SLICE, written = 0;

    if (!projection_wants(p, list))
        return true;
    if (!id_parse(im->id, &of))
        return false;
    while (n == REFERENCES_SLICE) {
        struct arena_mark mark = arena_mark(item->arena);

        if (!member_list(item, type, &of, written == 0 ? NULL : &last, REFERENCES_SLICE, &refs, &n))
            return false;
        if (written == 0 && (n > 0 || ops->tells_none))
            buf_printf(b, ",\"%s\":[", list->name);
        for (size_t i = 0; i < n; i++) {
            if (written++ > 0)
                buf_putc(b, ',');
            reference_write(b, p, list, c->base, other, &refs[i], ops->reference_kind);
        }
        if (n > 0)
            last = refs[n - 1].id;
        arena_rewind(item->arena, mark);
        http_response_spill(c->response);
    }
    if (written > 0 || ops->tells_none)
        buf_putc(b, ']');
    return true;
}

bool resource_write(struct api_call *c, const struct resource_ops *ops, struct call *item, const struct image *im,
                    const struct projection *p)
{
    projection_write(&c->response->body, im, p, c->base);
    if (!write_references(c, ops, item, im, p))
        return false;
    buf_putc(&c->response->body, '}');
    return true;
}

/* The answer with one resource. */
static bool answer_resource(struct api_call *c, int status, const struct image *im, const struct projection *p)
{
    struct call item = c->call;

    answer_begin(c, status, im->version);
    if (status == 201)
        answer_location(c, type_of(&c->call, c->ops), im->id);
    item.arena = c->api->scratch;
    if (status != 201 || !c->ops->begins_without)
        return resource_write(c, c->ops, &item, im, p);
    projection_write(&c->response->body, im, p, c->base); /* nobody need look for its references */
    buf_putc(&c->response->body, '}');
    return true;
}

/* --- changes --- */

static struct patch *read_patch(struct call *call, const struct resource_ops *ops, struct json_object *body)
{
    struct resource_options options = policy_options(&call->account->policy);

    return patch_parse(type_of(call, ops), body, &options, call->arena, call->error);
}

bool resource_change(struct call *call, const struct resource_ops *ops, const struct change *change, struct image *out)
{
    if (change->method == HTTP_PATCH) {
        const struct patch *patch = read_patch(call, ops, change->body);
        return patch != NULL && ops->patch(call, change->id, patch, change->pre, out);
    }
    if (change->method == HTTP_DELETE)
        return ops->remove(call, change->id, change->pre);
    assert(change->method == HTTP_POST || change->method == HTTP_PUT);
    return change->method == HTTP_POST ? ops->create(call, change->body, out)
                                       : ops->replace(call, change->id, change->body, change->pre, out);
}

static struct precondition precondition_of(struct api_call *c)
{
    return (struct precondition){.holds = precondition_holds, .ctx = c->r};
}

/* POST and PUT. */
static bool write_whole(struct api_call *c, enum http_method method, int status)
{
    struct precondition pre = precondition_of(c);
    struct change change = {.method = method, .id = c->params[0], .body = c->body, .pre = &pre};
    struct projection *p;
    struct image im;

    return read_write_projection(c, type_of(&c->call, c->ops), NULL, &p, NULL) &&
           resource_change(&c->call, c->ops, &change, &im) && answer_resource(c, status, &im, p);
}

bool resource_create(struct api_call *c)
{
    return write_whole(c, HTTP_POST, 201);
}

bool resource_replace(struct api_call *c)
{
    return write_whole(c, HTTP_PUT, 200);
}

bool resource_read(struct api_call *c)
{
    struct projection *p;
    struct image im;

    if (!resource_projection(c, type_of(&c->call, c->ops), &p) || !c->ops->get(&c->call, c->params[0], &im))
        return false;
    answer_begin(c, 304, im.version);
    if (c->r->if_match.p != NULL && !http_etag_in(c->r->if_match, c->response->etag)) {
        error_set(c->error, ERR_VERSION_MISMATCH, c->response->etag);
        return false;
    }
    if (c->r->if_none_match.p != NULL && http_etag_in(c->r->if_none_match, c->response->etag))
        return true;
    return answer_resource(c, 200, &im, p);
}

bool resource_patch(struct api_call *c)
{
    struct precondition pre = precondition_of(c);
    const struct patch *patch = read_patch(&c->call, c->ops, c->body);
    struct projection *p;
    struct image im;
    bool given;

    if (patch == NULL || !read_write_projection(c, type_of(&c->call, c->ops), patch, &p, &given))
        return false;
    c->log.status = given || !c->ops->patch_is_quiet ? 200 : 204;
    if (!c->ops->patch(&c->call, c->params[0], patch, &pre, &im))
        return false;
    if (c->log.status == 200)
        return answer_resource(c, 200, &im, p);
    answer_begin(c, 204, im.version);
    answer_location(c, type_of(&c->call, c->ops), im.id);
    return true;
}

bool resource_remove(struct api_call *c)
{
    struct precondition pre = precondition_of(c);

    if (!c->ops->remove(&c->call, c->params[0], &pre))
        return false;
    c->response->status = 204;
    return true;
}
