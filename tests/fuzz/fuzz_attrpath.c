/* SPDX-License-Identifier: Apache-2.0 */
/* A type's name, a newline, an attribute's name: what is resolved means the same when it is written in full. */
#include "fuzz.h"

#include "roster/base/buf.h"
#include "roster/scim/attrpath.h"

#include <stdlib.h>

const char fuzz_corpus[] = "tests/data/attrpath";

/* The name as RFC 7644 3.10 writes it, with the URN of its schema in front unless it is a common attribute. */
static struct str in_full(struct arena *a, const struct resource_type *type, const struct attrpath *path)
{
    bool common = path->extension == NULL && attribute_find(common_attributes, str_of(path->attribute->name)) != NULL;
    struct buf b;

    buf_init(&b, a);
    if (!common)
        buf_puts(&b, path->extension != NULL ? path->extension->urn : type->core->urn);
    if (path->attribute != NULL) {
        buf_puts(&b, common ? "" : ":");
        buf_puts(&b, path->attribute->name);
    }
    if (path->sub != NULL) {
        buf_putc(&b, '.');
        buf_puts(&b, path->sub->name);
    }
    return buf_view(&b);
}

static void check(const struct resource_type *type, struct str text)
{
    struct attrpath path, again;
    struct arena *a = arena_new(0);

    if (attrpath_resolve(type, text, &path)) {
        if (path.attribute == NULL && (path.extension == NULL || path.sub != NULL))
            abort();
        if (path.sub != NULL && path.sub->parent != path.attribute)
            abort();
        if (!attrpath_resolve(type, in_full(a, type, &path), &again) || again.extension != path.extension ||
            again.attribute != path.attribute || again.sub != path.sub)
            abort();
    }
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make(data, size);
    size_t line = str_find(text, '\n', 0);

    if (line < size)
        check(data[0] == 'G' ? &resource_type_team : &resource_type_user, str_sub(text, line + 1, size));
    return 0;
}
