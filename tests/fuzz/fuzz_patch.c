/* SPDX-License-Identifier: Apache-2.0 */
/* {type, resource, operations}: what is applied leaves a resource in normal form, the same each time. */
#include "fuzz.h"

#include "roster/scim/patch.h"

#include <stdlib.h>

const char fuzz_corpus[] = "tests/data/patch";

static const struct resource_options options = {.reject_unknown = false};

/* A copy that names its schema, as a body does. */
static struct json_object *body_of(struct arena *a, const struct resource_type *type, struct json_object *resource)
{
    struct json_object *body = json_object_new_object(), *schemas = json_object_new_array();

    json_object_object_foreach(resource, name, v)
    {
        if (!str_eq_nocase(str_of(name), STR_LIT("schemas")))
            json_put_member(body, name, json_clone(v));
    }
    json_object_array_add(schemas, json_object_new_string(type->core->urn));
    json_put_member(body, "schemas", schemas);
    return json_own(a, body);
}

static struct json_object *normal_form(struct arena *a, const struct resource_type *type, struct json_object *resource)
{
    struct error e = ERROR_INIT;

    return resource_normalise(type, body_of(a, type, resource), &options, a, NULL, &e);
}

static struct json_object *message(struct arena *a, struct json_object *operations)
{
    struct json_object *body = json_object_new_object(), *schemas = json_object_new_array();

    json_object_array_add(schemas, json_object_new_string(URN_PATCH));
    json_put_member(body, "schemas", schemas);
    json_put_member(body, "Operations", json_clone(operations));
    return json_own(a, body);
}

static void check_changes(const struct member_change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((changes[i].values == NULL) != (changes[i].op == MEMBER_REMOVE_IF) ||
            (changes[i].filter != NULL) != (changes[i].op == MEMBER_REMOVE_IF))
            abort();
        for (size_t j = 0; changes[i].values != NULL && j < json_object_array_length(changes[i].values); j++)
            if (json_member(json_object_array_get_idx(changes[i].values, j), "value") == NULL)
                abort();
    }
}

static void check(struct arena *a, const struct resource_type *type, struct json_object *resource,
                  struct json_object *operations)
{
    struct error e = ERROR_INIT, again = ERROR_INIT;
    struct json_object *one = json_own(a, json_clone(resource)), *two = json_own(a, json_clone(resource)), *normal;
    struct patch *p = patch_parse(type, message(a, operations), &options, a, &e);
    struct member_change *changes;
    size_t n;
    bool ok;

    if ((p == NULL) != error_is_set(&e))
        abort();
    if (p == NULL)
        return;
    ok = patch_apply(p, type, one, a, &changes, &n, &e);
    if (ok == error_is_set(&e) || patch_apply(p, type, two, a, NULL, NULL, &again) != ok || again.code != e.code)
        abort();
    if (!ok)
        return;
    normal = normal_form(a, type, one);
    if (!json_object_equal(one, two) || normal == NULL || !json_object_equal(one, normal))
        abort();
    check_changes(changes, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct json_object *v = json_read(a, str_make(data, size), &e), *name = json_member(v, "type");
    struct json_object *resource = json_member(v, "resource");
    const struct resource_type *type = &resource_type_user;

    if (json_object_is_type(name, json_type_string) && str_eq(json_str(name), STR_LIT("Group")))
        type = &resource_type_team;
    if (json_object_is_type(resource, json_type_object))
        resource = normal_form(a, type, resource);
    if (json_object_is_type(resource, json_type_object))
        check(a, type, resource, json_member(v, "operations"));
    arena_free(&a);
    return 0;
}
