/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body's way to an answer: read, brought to normal form, made an image, opened, projected. What is refused has a
 * code; what is taken comes back as it was, through every projection as JSON. Images with bytes changed are refused or
 * are at least safe to read.
 */
#include "fuzz.h"

#include "roster/scim/image.h"
#include "roster/scim/projection.h"
#include "roster/scim/resource.h"

#include <stdlib.h>

#define BASE    STR_LIT("https://x/scim/v2")
#define CHANGES 64

const char fuzz_corpus[] = "tests/data/resource";

static const struct {
    struct str attributes, excluded;
} lists[] = {
    {STR_NULL, STR_NULL},
    {STR_LIT("userName,name.familyName,emails.value,addresses.type,members,meta.version"), STR_NULL},
    {STR_LIT(URN_ENTERPRISE ",displayName,roles"), STR_NULL},
    {STR_LIT("manager.value"), STR_NULL},
    {STR_NULL, STR_LIT("userName,name.givenName,emails.value,manager.value,meta.location")},
    {STR_NULL, STR_LIT("emails,name," URN_ENTERPRISE)},
};
#define LISTS (sizeof lists / sizeof lists[0])

static void must(bool ok)
{
    if (!ok)
        abort();
}

static struct str write_answer(struct arena *a, const struct resource_type *type, const struct image *im, size_t list)
{
    struct error e = ERROR_INIT;
    struct projection *p = projection_parse(type, lists[list].attributes, lists[list].excluded, a, &e);
    struct buf b;

    must(!error_is_set(&e));
    buf_init(&b, a);
    projection_write(&b, im, p, BASE);
    buf_putc(&b, '}');
    return buf_view(&b);
}

static void check_answers(struct arena *a, const struct resource_type *type, const struct image *im)
{
    for (size_t i = 0; i < LISTS; i++) {
        struct error e = ERROR_INIT;
        struct json_object *v = json_read(a, write_answer(a, type, im, i), &e);
        must(v != NULL && json_member(v, "id") != NULL && json_member(v, "schemas") != NULL);
    }
}

/* Reads all that an opened image offers, whatever it says. */
static void read_all(struct arena *a, const struct resource_type *type, const struct image *im)
{
    volatile unsigned char last;

    for (size_t i = 0; i < im->nvalues; i++) {
        struct image_value v = image_value(im, i);
        if (v.text.len > 0)
            last = (unsigned char)v.text.p[v.text.len - 1];
        image_leaf(im, v.attribute, a);
    }
    (void)last;
    for (size_t i = 0; i < LISTS; i++)
        write_answer(a, type, im, i);
}

/* Mostly the header and the rows are changed: there is what image_open() must look at. */
static void check_changed(const struct resource_type *type, struct str image, uint32_t random)
{
    struct arena *a = arena_new(0);
    struct image im;

    for (int i = 0; i < CHANGES; i++) {
        struct str copy = arena_str(a, image);
        for (int n = 0; n < 3; n++) {
            random = random * 1664525 + 1013904223;
            size_t at = (random >> 8) % (n == 0 && image.len > 300 ? 300 : image.len);
            ((char *)copy.p)[at] = (char)(random >> 4 & 1 ? random >> 24 : random >> 24 & 15);
            if (random >> 5 & 1)
                break;
        }
        if (image_open(&im, type, copy))
            read_all(a, type, &im);
        arena_reset(a);
    }
    arena_free(&a);
}

static void check_keys(struct arena *a, const struct resource_type *type, struct json_object *resource)
{
    struct resource_key *keys;
    size_t n = resource_keys(type, resource, a, &keys);

    for (size_t i = 1; i < n; i++)
        must(keys[i - 1].attribute < keys[i].attribute ||
             (keys[i - 1].attribute == keys[i].attribute && str_cmp(keys[i - 1].value, keys[i].value) < 0));
}

static void check_resource(struct arena *a, const struct resource_type *type, struct json_object *resource)
{
    static const struct image_facts facts = {.ordinal = 1, .version = 2, .created = 3, .modified = 4};
    struct error e = ERROR_INIT;
    struct image im;
    struct buf image, difference;

    must(resource_check(type, resource, &e));
    check_keys(a, type, resource);
    buf_init(&image, a);
    image_build(&image, type, resource, &facts);
    must(image_open(&im, type, buf_view(&image)));
    must(json_object_equal(image_resource(&im, a), resource));
    check_answers(a, type, &im);
    check_changed(type, buf_view(&image), (uint32_t)image.len);

    buf_init(&difference, a);
    must(!resource_diff(&difference, type, resource, image_resource(&im, a)));
    must(resource_diff(&difference, type, NULL, resource));
    struct json_object *tidy = json_clone(resource);
    resource_tidy(tidy);
    must(json_object_equal(tidy, resource));
    json_object_put(tidy);
}

static void run(struct arena *a, const struct resource_type *type, struct json_object *body, bool reject_unknown)
{
    struct resource_options o = {.reject_unknown = reject_unknown};
    struct error e = ERROR_INIT;
    struct json_object *members, *resource = resource_normalise(type, body, &o, a, &members, &e);

    must((resource == NULL) == error_is_set(&e));
    if (resource != NULL)
        check_resource(a, type, resource);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct json_object *body = json_read(a, str_make(data, size), &e);

    if (body != NULL) {
        run(a, &resource_type_user, body, false);
        run(a, &resource_type_team, body, false);
        run(a, &resource_type_user, body, true);
    }
    arena_free(&a);
    return 0;
}
