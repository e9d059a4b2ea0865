/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/attrpath.h"

/* The length of the schema's URN if s begins with it as a whole: the end, ':' or '.' follows. */
static size_t urn_length(const struct schema *schema, struct str s)
{
    struct str urn = str_of(schema->urn);

    if (!str_starts_nocase(s, urn) || (s.len > urn.len && s.p[urn.len] != ':' && s.p[urn.len] != '.'))
        return 0;
    return urn.len;
}

/* Takes the longest URN of the type's schemas off s; *schema is NULL where s begins with none. */
static struct str take_urn(const struct resource_type *type, struct str s, const struct schema **schema)
{
    size_t longest = urn_length(type->core, s);

    *schema = longest == 0 ? NULL : type->core;
    for (const struct schema *const *x = type->extensions; *x != NULL; x++) {
        size_t length = urn_length(*x, s);
        if (length > longest) {
            longest = length;
            *schema = *x;
        }
    }
    return str_sub(s, longest, s.len);
}

static const struct attribute *find_common_or_core(const struct resource_type *type, struct str name)
{
    const struct attribute *found = attribute_find(type->core->attributes, name);

    return found != NULL ? found : attribute_find(common_attributes, name);
}

/* An attribute of an extension named without its URN: clients may leave it out where the name is clear (RFC 7644 3.10). */
static bool find_in_extensions(const struct resource_type *type, struct str name, struct attrpath *out)
{
    for (const struct schema *const *x = type->extensions; *x != NULL; x++) {
        out->attribute = attribute_find((*x)->attributes, name);
        out->extension = *x;
        if (out->attribute != NULL)
            return true;
    }
    return false;
}

static bool resolve_name(const struct resource_type *type, const struct schema *schema, struct str name,
                         struct attrpath *out)
{
    if (schema != NULL && schema != type->core) {
        out->extension = schema;
        out->attribute = attribute_find(schema->attributes, name);
        return out->attribute != NULL;
    }
    out->attribute = find_common_or_core(type, name);
    return out->attribute != NULL || (schema == NULL && find_in_extensions(type, name, out));
}

/* name ["." sub] of the schema, or of any where it is NULL. */
static bool resolve_rest(const struct resource_type *type, const struct schema *schema, struct str s,
                         struct attrpath *out)
{
    size_t dot = str_find(s, '.', 0);

    if (!resolve_name(type, schema, str_sub(s, 0, dot), out))
        return false;
    if (dot < s.len) {
        out->sub = attribute_find(out->attribute->subs, str_sub(s, dot + 1, s.len));
        return out->sub != NULL;
    }
    return true;
}

bool attrpath_resolve(const struct resource_type *type, struct str s, struct attrpath *out)
{
    const struct schema *schema;
    struct str rest = take_urn(type, s, &schema);

    *out = (struct attrpath){.extension = NULL};
    if (schema != NULL && rest.len == 0) {
        out->extension = schema;
        return schema != type->core;
    }
    return resolve_rest(type, schema, schema == NULL ? rest : str_sub(rest, 1, rest.len), out);
}

bool attrpath_resolve_in(const struct resource_type *type, const struct schema *extension, struct str s,
                         struct attrpath *out)
{
    *out = (struct attrpath){.extension = NULL};
    return resolve_rest(type, extension, s, out);
}
