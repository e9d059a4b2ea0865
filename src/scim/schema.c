/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/schema.h"

#include <assert.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Runs along both at once, so that the length of name need not be known. */
static bool name_is(const char *name, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (name[i] == '\0' || lower(name[i]) != lower(s.p[i]))
            return false;
    return name[s.len] == '\0';
}

const struct attribute *attribute_find(const struct attribute *list, struct str name)
{
    if (list == NULL || name.len == 0)
        return NULL;
    /* Resources are made with the tables' own names, so that most names are found by looking at no letter. */
    for (const struct attribute *a = list; a->name != NULL; a++)
        if (a->name == name.p && a->name[name.len] == '\0')
            return a;
    char first = lower(name.p[0]);
    for (const struct attribute *a = list; a->name != NULL; a++)
        if ((lower(a->name[0]) == first && name_is(a->name, name)) || (a->alias != NULL && name_is(a->alias, name)))
            return a;
    return NULL;
}

static const struct attribute *by_number(const struct attribute *list, uint16_t number)
{
    for (const struct attribute *a = list; a->name != NULL; a++) {
        if (a->number == number)
            return a;
        const struct attribute *sub = a->subs == NULL ? NULL : by_number(a->subs, number);
        if (sub != NULL)
            return sub;
    }
    return NULL;
}

const struct attribute *attribute_by_number(const struct resource_type *type, uint16_t number)
{
    const struct attribute *found = by_number(type->core->attributes, number);

    if (found == NULL)
        found = by_number(common_attributes, number);
    for (const struct schema *const *x = type->extensions; found == NULL && *x != NULL; x++)
        found = by_number((*x)->attributes, number);
    return found;
}

const struct schema *extension_find(const struct resource_type *type, struct str urn)
{
    for (const struct schema *const *x = type->extensions; *x != NULL; x++)
        if (name_is((*x)->urn, urn))
            return *x;
    return NULL;
}

const struct schema *extension_by_number(const struct resource_type *type, uint16_t number)
{
    for (const struct schema *const *x = type->extensions; *x != NULL; x++)
        if ((*x)->number == number)
            return *x;
    return NULL;
}

const char *const attribute_type_words[] = {
    [ATTRIBUTE_STRING] = "string",       [ATTRIBUTE_BOOLEAN] = "boolean",   [ATTRIBUTE_DECIMAL] = "decimal",
    [ATTRIBUTE_INTEGER] = "integer",     [ATTRIBUTE_DATETIME] = "dateTime", [ATTRIBUTE_BINARY] = "binary",
    [ATTRIBUTE_REFERENCE] = "reference", [ATTRIBUTE_COMPLEX] = "complex",   [ATTRIBUTE_COMPLEX + 1] = NULL,
};
const char *const mutability_words[] = {
    [MUTABILITY_READ_WRITE] = "readWrite", [MUTABILITY_READ_ONLY] = "readOnly", [MUTABILITY_IMMUTABLE] = "immutable",
    [MUTABILITY_WRITE_ONLY] = "writeOnly", [MUTABILITY_WRITE_ONLY + 1] = NULL,
};
const char *const returned_words[] = {
    [RETURNED_DEFAULT] = "default", [RETURNED_ALWAYS] = "always",  [RETURNED_NEVER] = "never",
    [RETURNED_REQUEST] = "request", [RETURNED_REQUEST + 1] = NULL,
};
const char *const uniqueness_words[] = {
    [UNIQUENESS_NONE] = "none",
    [UNIQUENESS_SERVER] = "server",
    [UNIQUENESS_GLOBAL] = "global",
    [UNIQUENESS_GLOBAL + 1] = NULL,
};

const char *attribute_type_name(enum attribute_type type)
{
    assert(type <= ATTRIBUTE_COMPLEX);
    return attribute_type_words[type];
}
