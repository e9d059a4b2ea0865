/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A definition's way to tables, and what the tables drive: what is refused has a code; what is taken comes back the same
 * from its own definition, its attributes are found by name and number, and paths lead to them.
 */
#include "fuzz.h"

#include "roster/scim/attrpath.h"
#include "roster/scim/discovery.h"
#include "roster/scim/resource.h"
#include "roster/scim/schema_read.h"

#include <stdlib.h>

const char fuzz_corpus[] = "tests/data/schema";

static void must(bool ok)
{
    if (!ok)
        abort();
}

static struct str definition_of(struct arena *a, const struct schema *s)
{
    struct buf b;

    buf_init(&b, a);
    discovery_definition(&b, s);
    return buf_view(&b);
}

static void check_list(struct arena *a, const struct resource_type *type, const struct schema *s,
                       const struct attribute *list, const char *up)
{
    for (const struct attribute *at = list; at->name != NULL; at++) {
        const char *path = arena_printf(a, "%s%c%s", up, list == s->attributes ? ':' : '.', at->name);
        struct attrpath p;

        must(attribute_find(list, str_of(at->name)) == at && attribute_by_number(type, at->number) == at);
        must(attrpath_resolve(type, str_of(path), &p) && p.extension == s && attrpath_leaf(&p) == at);
        must((at->type == ATTRIBUTE_COMPLEX) == (at->subs != NULL));
        if (at->subs != NULL)
            check_list(a, type, s, at->subs, path);
    }
}

static void check_schema(struct arena *a, struct schema *s)
{
    const struct schema *extensions[] = {resource_type_user.extensions[0], s, NULL};
    struct resource_type type = resource_type_user;
    struct str definition = definition_of(a, s);
    struct error e = ERROR_INIT;

    must(s->urn != NULL && s->name != NULL && s->description != NULL);
    const struct schema *again = schema_read(definition, ATTR_OWN, a, &e);
    must(definition.len > SCHEMA_BYTES_MAX || (again != NULL && str_eq(definition_of(a, again), definition)));
    if (schema_urns_clash(str_of(s->urn), str_of(URN_USER)) ||
        schema_urns_clash(str_of(s->urn), str_of(URN_ENTERPRISE)))
        return;
    s->number = 1;
    type.extensions = extensions;
    check_list(a, &type, s, s->attributes, s->urn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct error e = ERROR_INIT;
    struct str text = str_make(data, size);

    if (str_starts(text, STR_LIT("//"))) { /* why it is invalid */
        size_t line = str_find(text, '\n', 0);
        text = str_sub(text, line, text.len);
    }
    struct schema *s = schema_read(text, ATTR_OWN, a, &e);
    must((s == NULL) == error_is_set(&e));
    if (s != NULL)
        check_schema(a, s);
    arena_free(&a);
    return 0;
}
