/* SPDX-License-Identifier: Apache-2.0 */
/* A type's name, a newline, a filter: what is taken prints as what is taken, says the same, and no input breaks it. */
#include "fuzz.h"

#include "roster/scim/filter.h"

#include <stdlib.h>

const char fuzz_corpus[] = "tests/data/filter";

static const char user[] =
    "{\"id\":\"2819c223\",\"externalId\":\"e\",\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"meta\":"
    "{\"resourceType\":\"User\",\"created\":\"2026-01-01T10:00:00.000Z\"},\"userName\":\"Bob@x\",\"active\":true,"
    "\"name\":{\"familyName\":\"O'Malley\"},\"emails\":[{\"value\":\"a@b\",\"type\":\"work\",\"primary\":true},"
    "{\"value\":\"c@d\"}],\"displayName\":\"x\",\"members\":[{\"value\":\"a\"}]}";

static struct str printed(struct arena *a, const struct filter *f)
{
    struct buf b;

    buf_init(&b, a);
    filter_print(&b, f);
    return buf_view(&b);
}

/* Whether f asks for what the image does not have as the JSON does. */
static bool asks_beyond_image(const struct filter *f)
{
    uint16_t number = f->path.attribute == NULL ? 0 : f->path.attribute->number;

    if (f->op == FILTER_AND || f->op == FILTER_OR)
        return asks_beyond_image(f->left) || asks_beyond_image(f->right);
    if (f->op == FILTER_NOT)
        return asks_beyond_image(f->left);
    return number == ATTR_ID || number == ATTR_SCHEMAS || number == ATTR_META || filter_is_derived(f);
}

static bool matches_image(const struct filter *f, struct json_object *resource, struct arena *a)
{
    struct image_facts facts = {.version = 1};
    struct filter_record record = {.arena = a};
    struct image im;
    struct buf b;

    resource = json_own(a, json_clone(resource));
    json_object_object_del(resource, "schemas");
    json_object_object_del(resource, "id");
    json_object_object_del(resource, "meta");
    buf_init(&b, a);
    image_build(&b, &resource_type_user, resource, &facts);
    if (!image_open(&im, &resource_type_user, buf_view(&b)))
        abort();
    record.image = &im;
    return filter_match_image(f, &record);
}

static void check(const struct resource_type *type, const struct filter *f, struct arena *a)
{
    struct error e = ERROR_INIT;
    struct json_object *resource = json_read(a, str_of(user), &e);
    struct filter inverse = {.op = FILTER_NOT, .left = (struct filter *)f}, *again;
    struct str text = printed(a, f);
    bool matches = filter_match(f, resource, a);

    if (matches == filter_match(&inverse, resource, a))
        abort();
    if (type == &resource_type_user && !asks_beyond_image(f) && matches_image(f, resource, a) != matches)
        abort();
    if (text.len > FILTER_BYTES_MAX) /* names in full are longer than they were */
        return;
    again = filter_parse(type, text, a, &e);
    if (again == NULL || !str_eq(printed(a, again), text) || filter_match(again, resource, a) != matches)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make(data, size);
    size_t line = str_find(text, '\n', 0);
    const struct resource_type *type = size > 0 && data[0] == 'G' ? &resource_type_team : &resource_type_user;
    struct error e = ERROR_INIT;
    struct arena *a = arena_new(0);

    if (line < size) {
        text = str_sub(text, line + 1, size);
        text = str_sub(text, 0, str_find(text, '\n', 0));
        struct filter *f = filter_parse(type, text, a, &e);
        if ((f == NULL) != error_is_set(&e))
            abort();
        if (f != NULL)
            check(type, f, a);
    }
    arena_free(&a);
    return 0;
}
