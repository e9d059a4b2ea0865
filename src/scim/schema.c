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

const char *attribute_type_name(enum attribute_type type)
{
    switch (type) {
    case ATTRIBUTE_STRING:
        return "string";
    case ATTRIBUTE_BOOLEAN:
        return "boolean";
    case ATTRIBUTE_DECIMAL:
        return "decimal";
    case ATTRIBUTE_INTEGER:
        return "integer";
    case ATTRIBUTE_DATETIME:
        return "dateTime";
    case ATTRIBUTE_BINARY:
        return "binary";
    case ATTRIBUTE_REFERENCE:
        return "reference";
    case ATTRIBUTE_COMPLEX:
        return "complex";
    }
    assert(false);
    return NULL;
}
