/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/resource.h"

#include "roster/base/clock.h"
#include "roster/base/precis.h"
#include "roster/scim/attrpath.h"

#include <assert.h>
#include <stdio.h>

/* --- where a value stands: a chain on the stack, written out only when there is something to complain about --- */

#define NO_ELEMENT SIZE_MAX

struct place {
    const struct place *up;
    struct str name;
    char joint;     /* what stands between up and name */
    size_t element; /* the element of a multi-valued attribute, or NO_ELEMENT */
};

struct text {
    char bytes[ERROR_SENTENCE_MAX];
    size_t len;
};

static void text_add(struct text *t, struct str s)
{
    size_t room = sizeof t->bytes - t->len, n = s.len < room ? s.len : room;

    if (s.p == NULL)
        return;
    memcpy(t->bytes + t->len, s.p, n);
    t->len += n;
}

static void text_place(struct text *t, const struct place *p)
{
    if (p->up != NULL) {
        text_place(t, p->up);
        text_add(t, (struct str){&p->joint, 1});
    }
    text_add(t, p->name);
    if (p->element != NO_ELEMENT) {
        char element[32];
        int n = snprintf(element, sizeof element, "[%zu]", p->element);
        text_add(t, (struct str){element, (size_t)n});
    }
}

/* --- reading --- */

struct reading {
    const struct resource_options *options;
    struct error *error;
    bool *odd; /* set where a body or an extension has a key that is no attribute: it may be a path */
    struct json_object **members; /* what a body says of the PLACE_MEMBERS attribute */
};

static struct json_object *no_null(struct json_object *v)
{
    if (v == NULL)
        arena_no_memory(0);
    return v;
}

/* The names of the tables outlive every resource, so that they need not be copied. */
static void put(struct json_object *object, const char *name, struct json_object *v)
{
    if (json_object_object_add_ex(object, name, v, JSON_C_OBJECT_KEY_IS_CONSTANT) != 0)
        arena_no_memory(0);
}

static void append(struct json_object *array, struct json_object *v)
{
    if (json_object_array_add(array, v) != 0)
        arena_no_memory(0);
}

static const char *kind_name(struct json_object *v)
{
    switch (json_object_get_type(v)) {
    case json_type_boolean:
        return "a boolean";
    case json_type_double:
        return "a decimal number";
    case json_type_int:
        return "a whole number";
    case json_type_object:
        return "an object";
    case json_type_array:
        return "an array";
    case json_type_string:
        return "a string";
    case json_type_null:
        break;
    }
    return "null";
}

static const char *expected_name(enum attribute_type type)
{
    switch (type) {
    case ATTRIBUTE_BOOLEAN:
        return "a boolean";
    case ATTRIBUTE_DECIMAL:
        return "a number";
    case ATTRIBUTE_INTEGER:
        return "a whole number";
    case ATTRIBUTE_COMPLEX:
        return "an object";
    case ATTRIBUTE_STRING:
    case ATTRIBUTE_DATETIME:
    case ATTRIBUTE_BINARY:
    case ATTRIBUTE_REFERENCE:
        break;
    }
    return "a string";
}

static bool wrong_type(const struct reading *r, const struct place *at, const char *expected, struct json_object *came)
{
    struct text t = {.len = 0};

    text_place(&t, at);
    error_set(r->error, ERR_ATTRIBUTE_TYPE, str_make(t.bytes, t.len), str_of(expected), str_of(kind_name(came)));
    return false;
}

/* An attribute that no schema has; whether to go on. */
static bool pass_unknown(const struct reading *r, const struct place *at)
{
    struct text t = {.len = 0};

    if (!r->options->reject_unknown)
        return true;
    text_place(&t, at);
    error_set(r->error, ERR_ATTRIBUTE_UNKNOWN, str_make(t.bytes, t.len));
    return false;
}

static bool too_much(struct error *e, enum error_code code, const struct place *at, size_t limit)
{
    char number[24];
    struct text t = {.len = 0};
    int n = snprintf(number, sizeof number, "%zu", limit);

    text_place(&t, at);
    error_set(e, code, str_make(t.bytes, t.len), str_make(number, (size_t)n));
    return false;
}

/*
 * Each read_ function: false where the value is refused; else *out is the normal value, the caller's, or NULL where
 * nothing is assigned by it.
 */
static bool read_value(const struct reading *r, const struct attribute *attribute, struct json_object *value,
                       const struct place *at, struct json_object **out);

/* Of a password nothing is told, not even which character it was. */
static bool is_allowed(const struct reading *r, const struct attribute *attribute, struct json_object *value)
{
    if (attribute->preparation != PREPARATION_PASSWORD || precis_password_allowed(json_str(value)))
        return true;
    error_set(r->error, ERR_PASSWORD_BAD_CHARACTER);
    return false;
}

static bool read_string(const struct reading *r, const struct attribute *attribute, struct json_object *value,
                        const struct place *at, struct json_object **out)
{
    if (!json_object_is_type(value, json_type_string))
        return wrong_type(r, at, "a string", value);
    if (json_object_get_string_len(value) > ATTRIBUTE_MAX_DEFAULT)
        return too_much(r->error, ERR_ATTRIBUTE_TOO_LONG, at, ATTRIBUTE_MAX_DEFAULT);
    if (json_object_get_string_len(value) == 0)
        return true;
    if (!is_allowed(r, attribute, value))
        return false;
    *out = json_object_get(value); /* strings are never changed in place, so that the body's may be shared */
    return true;
}

/* xsd:dateTime (RFC 7643 2.3.5), kept as it was written. */
static bool read_date_time(const struct reading *r, const struct attribute *attribute, struct json_object *value,
                           const struct place *at, struct json_object **out)
{
    int64_t ms;

    if (!read_string(r, attribute, value, at, out))
        return false;
    if (*out == NULL || clock_parse(json_str(*out), &ms))
        return true;
    json_object_put(*out);
    *out = NULL;
    return wrong_type(r, at, "a dateTime such as 2026-01-31T12:00:00Z", value);
}

/* base64 in either alphabet (RFC 4648 4, 5), with line breaks as certificates have them. */
static bool is_base64(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              memchr("+/-_= \r\n\t", c, 9) != NULL))
            return false;
    }
    return true;
}

/* RFC 7643 2.3.6; kept as it was written. */
static bool read_binary(const struct reading *r, const struct attribute *attribute, struct json_object *value,
                        const struct place *at, struct json_object **out)
{
    if (!read_string(r, attribute, value, at, out))
        return false;
    if (*out == NULL || r->options->stored || is_base64(json_str(*out)))
        return true;
    json_object_put(*out);
    *out = NULL;
    return wrong_type(r, at, "base64", value);
}

static bool read_boolean(const struct reading *r, struct json_object *value, const struct place *at,
                         struct json_object **out)
{
    if (json_object_is_type(value, json_type_boolean)) {
        *out = json_object_get(value);
        return true;
    }
    if (!json_object_is_type(value, json_type_string))
        return wrong_type(r, at, "a boolean", value);
    struct str s = json_str(value);
    bool is_true = str_eq_nocase(s, STR_LIT("true"));
    if (s.len == 0)
        return true;
    if (!is_true && !str_eq_nocase(s, STR_LIT("false")))
        return wrong_type(r, at, "a boolean", value);
    *out = no_null(json_object_new_boolean(is_true));
    return true;
}

#define NUMBER_MAX 256 /* bytes of a decimal, which keeps its text; so much is sorted by */

static bool read_number(const struct reading *r, enum attribute_type type, struct json_object *value,
                        const struct place *at, struct json_object **out)
{
    if (!json_object_is_type(value, json_type_int) &&
        !(type == ATTRIBUTE_DECIMAL && json_object_is_type(value, json_type_double)))
        return wrong_type(r, at, expected_name(type), value);
    if (json_object_is_type(value, json_type_double) && strlen(json_object_get_string(value)) > NUMBER_MAX)
        return too_much(r->error, ERR_ATTRIBUTE_TOO_LONG, at, NUMBER_MAX);
    *out = json_object_get(value);
    return true;
}

static bool is_kept(const struct attribute *attribute)
{
    return attribute->mutability != MUTABILITY_READ_ONLY && attribute->mutability != MUTABILITY_WRITE_ONLY;
}

/* Reads a value and puts it into the object where it is one that resources keep. */
static bool read_into(const struct reading *r, const struct attribute *attribute, struct json_object *value,
                      const struct place *at, struct json_object *into)
{
    struct json_object *normal = NULL;

    if (attribute->mutability == MUTABILITY_READ_ONLY)
        return true;
    if (!read_value(r, attribute, value, at, &normal))
        return false;
    if (normal != NULL && is_kept(attribute))
        put(into, attribute->name, normal);
    else
        json_object_put(normal);
    return true;
}

/* The members of object that are in the list, into another object. */
static bool read_list(const struct reading *r, const struct attribute *list, struct json_object *object,
                      const struct place *up, char joint, struct json_object *into)
{
    json_object_object_foreach(object, key, value)
    {
        struct place here = {up, str_of(key), joint, NO_ELEMENT};
        const struct attribute *attribute = attribute_find(list, here.name);
        if (attribute == NULL) {
            if (joint == ':') /* in an extension */
                *r->odd = true;
            else if (!pass_unknown(r, &here))
                return false;
            continue;
        }
        here.name = str_of(attribute->name);
        if (!read_into(r, attribute, value, &here, into))
            return false;
    }
    return true;
}

/* Gives the object to *out, or gives it back where it is empty or ok is false. Returns ok. */
static bool finish_object(struct json_object *object, bool ok, struct json_object **out)
{
    if (ok && json_object_object_length(object) > 0)
        *out = object;
    else
        json_object_put(object);
    return ok;
}

/* A bare string stands for the sub-attribute `value` (dialect: manager). */
static bool read_bare(const struct reading *r, const struct attribute *attribute, struct json_object *value,
                      const struct place *at, struct json_object **out)
{
    const struct attribute *sub = attribute_find(attribute->subs, STR_LIT("value"));

    if (sub == NULL)
        return wrong_type(r, at, "an object", value);
    struct place here = {at, str_of(sub->name), '.', NO_ELEMENT};
    struct json_object *object = no_null(json_object_new_object());
    return finish_object(object, read_into(r, sub, value, &here, object), out);
}

/* Dialect: what names something by its `value` may come as an array with that alone in it (manager). */
static struct json_object *unwrapped(const struct attribute *attribute, struct json_object *value)
{
    if (attribute->multi || !json_object_is_type(value, json_type_array) || json_object_array_length(value) != 1 ||
        attribute_find(attribute->subs, STR_LIT("value")) == NULL)
        return value;
    return json_object_array_get_idx(value, 0);
}

static bool read_complex(const struct reading *r, const struct attribute *attribute, struct json_object *value,
                         const struct place *at, struct json_object **out)
{
    value = unwrapped(attribute, value);
    if (value == NULL)
        return true;
    if (json_object_is_type(value, json_type_string))
        return json_object_get_string_len(value) == 0 || read_bare(r, attribute, value, at, out);
    if (!json_object_is_type(value, json_type_object))
        return wrong_type(r, at, "an object", value);
    struct json_object *object = no_null(json_object_new_object());
    return finish_object(object, read_list(r, attribute->subs, value, at, '.', object), out);
}

/* One value: of a single-valued attribute or one element. */
static bool read_one(const struct reading *r, const struct attribute *attribute, struct json_object *value,
                     const struct place *at, struct json_object **out)
{
    if (value == NULL)
        return true;
    switch (attribute->type) {
    case ATTRIBUTE_COMPLEX:
        return read_complex(r, attribute, value, at, out);
    case ATTRIBUTE_BOOLEAN:
        return read_boolean(r, value, at, out);
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_INTEGER:
        return read_number(r, attribute->type, value, at, out);
    case ATTRIBUTE_DATETIME:
        return read_date_time(r, attribute, value, at, out);
    case ATTRIBUTE_BINARY:
        return read_binary(r, attribute, value, at, out);
    case ATTRIBUTE_STRING:
    case ATTRIBUTE_REFERENCE:
        break;
    }
    return read_string(r, attribute, value, at, out);
}

static bool missing(struct error *e, const struct place *at)
{
    struct text t = {.len = 0};

    text_place(&t, at);
    error_set(e, ERR_ATTRIBUTE_REQUIRED, str_make(t.bytes, t.len));
    return false;
}

/* Whether an element has what its kind must have (members: value); NULL is an element of nothing. */
static bool has_required(const struct reading *r, const struct attribute *attribute, struct json_object *element,
                         const struct place *at)
{
    for (const struct attribute *sub = attribute->subs; sub != NULL && sub->name != NULL; sub++) {
        struct place here = {at, str_of(sub->name), '.', NO_ELEMENT};
        if (sub->required && !json_object_object_get_ex(element, sub->name, NULL))
            return missing(r->error, &here);
    }
    return true;
}

static bool read_element(const struct reading *r, const struct attribute *attribute, struct json_object *element,
                         const struct place *at, struct json_object *into)
{
    struct json_object *normal = NULL;

    if (!read_one(r, attribute, element, at, &normal))
        return false;
    if (normal != NULL)
        append(into, normal);
    return element == NULL || has_required(r, attribute, normal, at);
}

static bool read_elements(const struct reading *r, const struct attribute *attribute, struct json_object *values,
                          const struct place *at, struct json_object *into)
{
    size_t n = json_object_array_length(values);
    size_t most = attribute->place == PLACE_MEMBERS ? ATTRIBUTE_MEMBERS_MAX : ATTRIBUTE_VALUES_MAX;

    if (n > most)
        return too_much(r->error, ERR_VALUES_TOO_MANY, at, most);
    for (size_t i = 0; i < n; i++) {
        struct place here = {at->up, at->name, at->joint, i};
        if (!read_element(r, attribute, json_object_array_get_idx(values, i), &here, into))
            return false;
    }
    return true;
}

/* What stands for "unassigned" besides null (RFC 7643 2.5): of a plural attribute also the empty string (dialect). */
static bool is_nothing(const struct attribute *attribute, struct json_object *value)
{
    if (value == NULL)
        return true;
    if (json_object_is_type(value, json_type_array))
        return json_object_array_length(value) == 0;
    return attribute->multi && json_object_is_type(value, json_type_string) && json_object_get_string_len(value) == 0;
}

static bool read_value(const struct reading *r, const struct attribute *attribute, struct json_object *value,
                       const struct place *at, struct json_object **out)
{
    if (is_nothing(attribute, value))
        return true;
    if (!attribute->multi)
        return read_one(r, attribute, value, at, out);
    bool alone = attribute->type == ATTRIBUTE_COMPLEX && json_object_is_type(value, json_type_object); /* dialect */
    if (!alone && !json_object_is_type(value, json_type_array))
        return wrong_type(r, at, "an array", value);
    struct json_object *array = no_null(json_object_new_array());
    bool ok = alone ? read_element(r, attribute, value, at, array) : read_elements(r, attribute, value, at, array);
    if (ok && json_object_array_length(array) > 0)
        *out = array;
    else
        json_object_put(array);
    return ok;
}

/* --- bodies --- */

static void release(void *v)
{
    json_object_put(v);
}

static bool names_core(const struct reading *r, const struct resource_type *type, struct json_object *schemas)
{
    struct str core = str_of(type->core->urn);
    bool found = false;

    for (size_t i = 0; json_object_is_type(schemas, json_type_array) && i < json_object_array_length(schemas); i++) {
        struct json_object *urn = json_object_array_get_idx(schemas, i);
        struct place here = {NULL, STR_LIT("schemas"), 0, i};
        if (!json_object_is_type(urn, json_type_string))
            return wrong_type(r, &here, "a string", urn);
        found = found || str_eq_nocase(json_str(urn), core);
    }
    if (!found)
        error_set(r->error, ERR_SCHEMAS_MISSING, core);
    return found;
}

static bool read_extension(const struct reading *r, const struct schema *extension, struct json_object *value,
                           struct json_object *into)
{
    struct place here = {NULL, str_of(extension->urn), 0, NO_ELEMENT};
    struct json_object *normal = NULL;

    if (value == NULL)
        return true;
    if (!json_object_is_type(value, json_type_object))
        return wrong_type(r, &here, "an object", value);
    struct json_object *object = no_null(json_object_new_object());
    if (!finish_object(object, read_list(r, extension->attributes, value, &here, ':', object), &normal))
        return false;
    if (normal != NULL)
        put(into, extension->urn, normal);
    return true;
}

/* The members where the body names the attribute: an array, perhaps an empty one. */
static bool read_members(const struct reading *r, const struct attribute *attribute, struct json_object *value,
                         const struct place *at, struct json_object **members)
{
    struct json_object *normal = NULL;

    if (!read_value(r, attribute, value, at, &normal))
        return false;
    if (normal == NULL)
        normal = no_null(json_object_new_array());
    json_object_put(*members);
    *members = normal;
    return true;
}

static bool read_body(const struct reading *r, const struct resource_type *type, struct json_object *body,
                      struct json_object *into)
{
    json_object_object_foreach(body, key, value)
    {
        struct place here = {NULL, str_of(key), 0, NO_ELEMENT};
        const struct attribute *attribute = attribute_find(type->core->attributes, here.name);
        const struct schema *extension = attribute == NULL ? extension_find(type, here.name) : NULL;
        bool ok;
        if (attribute == NULL && extension == NULL)
            attribute = attribute_find(common_attributes, here.name);
        if (attribute != NULL)
            here.name = str_of(attribute->name);
        if (extension != NULL)
            ok = read_extension(r, extension, value, into);
        else if (attribute == NULL)
            ok = *r->odd = true;
        else if (attribute->place == PLACE_MEMBERS)
            ok = read_members(r, attribute, value, &here, r->members);
        else
            ok = read_into(r, attribute, value, &here, into);
        if (!ok)
            return false;
    }
    return true;
}

/* --- keys that are paths (dialect): name.givenName, URN:department, department, the core schema's URN --- */

/* What object has under the name, or a new value of the kind there. */
static struct json_object *holder(struct json_object *object, const char *name, struct json_object *(*make)(void))
{
    struct json_object *v;

    if (json_object_object_get_ex(object, name, &v))
        return v;
    v = no_null(make());
    put(object, name, v);
    return v;
}

/* A sub-attribute of several values: of all there are, or of a new one, as in a PATCH. Takes v's reference. */
static void put_in_elements(struct json_object *array, const char *name, struct json_object *v)
{
    size_t n = json_object_array_length(array);

    if (n == 0)
        append(array, no_null(json_object_new_object()));
    for (size_t i = 0; i == 0 || i < n; i++)
        put(json_object_array_get_idx(array, i), name, json_object_get(v));
    json_object_put(v);
}

/* Puts a value where its path says. Takes v's reference. */
static void put_at(struct json_object *into, const struct attrpath *path, struct json_object *v)
{
    if (path->extension != NULL)
        into = holder(into, path->extension->urn, json_object_new_object);
    if (path->sub != NULL && path->attribute->multi) {
        put_in_elements(holder(into, path->attribute->name, json_object_new_array), path->sub->name, v);
        return;
    }
    if (path->sub != NULL)
        into = holder(into, path->attribute->name, json_object_new_object);
    put(into, attrpath_leaf(path)->name, v);
}

/* A key that is a path, of the body or of an extension. */
static bool read_path_key(const struct reading *r, const struct resource_type *type, const struct schema *extension,
                          struct json_object *value, const struct place *at, struct json_object *into)
{
    struct json_object *normal = NULL;
    struct attrpath path;

    if (extension == NULL ? !attrpath_resolve(type, at->name, &path)
                          : !attrpath_resolve_in(type, extension, at->name, &path))
        return pass_unknown(r, at);
    if (path.attribute == NULL) /* a whole extension, in an object where none can be */
        return pass_unknown(r, at);
    if (path.attribute->place == PLACE_MEMBERS && path.sub == NULL)
        return read_members(r, path.attribute, value, at, r->members);
    if (path.attribute->place != PLACE_RECORD || !is_kept(path.attribute) || !is_kept(attrpath_leaf(&path)))
        return true;
    if (!read_value(r, attrpath_leaf(&path), value, at, &normal))
        return false;
    if (normal != NULL)
        put_at(into, &path, normal);
    return true;
}

/* The attributes of the core schema in an object under its URN, as those of an extension are. */
static bool read_core(const struct reading *r, const struct resource_type *type, struct json_object *object,
                      const struct place *at, struct json_object *into)
{
    if (object == NULL)
        return true;
    if (!json_object_is_type(object, json_type_object))
        return wrong_type(r, at, "an object", object);
    json_object_object_foreach(object, key, value)
    {
        struct place here = {at, str_of(key), ':', NO_ELEMENT};
        if (!read_path_key(r, type, NULL, value, &here, into))
            return false;
    }
    return true;
}

/* The keys of a body, or of an extension in it, that are no attributes' names. They come last, so they count. */
static bool read_odd_keys(const struct reading *r, const struct resource_type *type, const struct schema *extension,
                          struct json_object *object, struct json_object *into)
{
    const struct place urn = {NULL, extension == NULL ? STR_NULL : str_of(extension->urn), 0, NO_ELEMENT};
    const struct attribute *list = extension == NULL ? type->core->attributes : extension->attributes;
    bool ok = true;

    json_object_object_foreach(object, key, value)
    {
        struct place here = {extension == NULL ? NULL : &urn, str_of(key), ':', NO_ELEMENT};
        const struct schema *inner = extension == NULL ? extension_find(type, here.name) : NULL;

        if (attribute_find(list, here.name) != NULL)
            continue;
        if (inner != NULL)
            ok = value == NULL || read_odd_keys(r, type, inner, value, into);
        else if (extension == NULL && str_eq_nocase(here.name, str_of(type->core->urn)))
            ok = read_core(r, type, value, &here, into);
        else if (extension != NULL || attribute_find(common_attributes, here.name) == NULL)
            ok = read_path_key(r, type, extension, value, &here, into);
        if (!ok)
            return false;
    }
    return true;
}

struct json_object *resource_normalise(const struct resource_type *type, struct json_object *body,
                                       const struct resource_options *o, struct arena *a, struct json_object **members,
                                       struct error *e)
{
    bool odd = false;
    struct json_object *resource, *list = NULL;
    struct reading r = {o, e, &odd, &list};

    if (members != NULL)
        *members = NULL;
    if (!json_object_is_type(body, json_type_object)) {
        error_set(e, ERR_BODY_NOT_OBJECT);
        return NULL;
    }
    if (!names_core(&r, type, json_member(body, "schemas")))
        return NULL;
    resource = no_null(json_object_new_object());
    bool ok = read_body(&r, type, body, resource) && (!odd || read_odd_keys(&r, type, NULL, body, resource)) &&
              resource_check(type, resource, e);
    if (list != NULL)
        arena_defer(a, release, list);
    arena_defer(a, release, resource);
    if (ok && members != NULL)
        *members = list;
    return ok ? resource : NULL;
}

struct json_object *resource_normalise_value(const struct attribute *attribute, struct json_object *value,
                                             enum resource_form form, const struct resource_options *o,
                                             struct str where, struct error *e)
{
    struct reading r = {o, e, NULL, NULL};
    struct place here = {NULL, where, 0, NO_ELEMENT};
    struct json_object *normal = NULL;

    if (form == RESOURCE_VALUE) {
        read_value(&r, attribute, value, &here, &normal);
    } else if (read_one(&r, attribute, value, &here, &normal) && value != NULL && form == RESOURCE_ELEMENT &&
               !has_required(&r, attribute, normal, &here)) {
        json_object_put(normal);
        normal = NULL;
    }
    return normal;
}

struct str resource_url(struct arena *a, struct str base, const struct resource_type *type, struct str id)
{
    struct buf b;

    buf_init(&b, a);
    buf_str(&b, base);
    buf_puts(&b, type->endpoint);
    buf_putc(&b, '/');
    buf_str(&b, id);
    return buf_view(&b);
}

struct json_object *resource_take_password(struct json_object *body)
{
    struct json_object *password = json_member(body, "password");

    if (password == NULL)
        password = json_member(json_member(body, resource_type_user.core->urn), "password");
    return json_object_is_type(password, json_type_string) && json_object_get_string_len(password) > 0 ? password
                                                                                                       : NULL;
}

/* --- the final state --- */

static bool is_primary(struct json_object *element)
{
    struct json_object *primary;

    return json_object_is_type(element, json_type_object) && json_object_object_get_ex(element, "primary", &primary) &&
           json_object_get_boolean(primary);
}

static bool check_list(const struct attribute *list, struct json_object *object, const struct place *up, char joint,
                       struct error *e);

static bool check_elements(const struct attribute *attribute, struct json_object *values, const struct place *at,
                           struct error *e)
{
    size_t n = json_object_array_length(values), primaries = 0;

    if (n > ATTRIBUTE_VALUES_MAX)
        return too_much(e, ERR_VALUES_TOO_MANY, at, ATTRIBUTE_VALUES_MAX);
    for (size_t i = 0; i < n; i++) {
        struct json_object *element = json_object_array_get_idx(values, i);
        struct place here = {at->up, at->name, at->joint, i};
        primaries += is_primary(element);
        if (attribute->subs != NULL && !check_list(attribute->subs, element, &here, '.', e))
            return false;
    }
    if (primaries <= 1)
        return true;
    struct text t = {.len = 0};
    text_place(&t, at);
    error_set(e, ERR_PRIMARY_TWICE, str_make(t.bytes, t.len));
    return false;
}

static bool check_list(const struct attribute *list, struct json_object *object, const struct place *up, char joint,
                       struct error *e)
{
    for (const struct attribute *a = list; a->name != NULL; a++) {
        struct place here = {up, str_of(a->name), joint, NO_ELEMENT};
        if (a->required && a->place == PLACE_RECORD && is_kept(a) && !json_object_object_get_ex(object, a->name, NULL))
            return missing(e, &here);
    }
    json_object_object_foreach(object, key, value)
    {
        const struct attribute *a = attribute_find(list, str_of(key));
        if (a == NULL)
            continue;
        struct place here = {up, str_of(a->name), joint, NO_ELEMENT};
        if (a->multi ? !check_elements(a, value, &here, e)
                     : a->subs != NULL && !check_list(a->subs, value, &here, '.', e))
            return false;
    }
    return true;
}

#define SCALAR_MAX 24 /* more than the text of an integer or boolean has */

/* The size of s as a JSON string, as buf_json() writes it. */
static size_t string_size(struct str s)
{
    size_t size = 2;

    for (;;) {
        size_t plain = buf_json_plain(s);
        size += plain;
        if (plain == s.len)
            return size;
        size += (unsigned char)s.p[plain] < 0x20 ? 6 : 2;
        s = str_sub(s, plain + 1, s.len);
    }
}

/* No less than the size of v as JSON text. Resources nest three levels deep. */
static size_t text_size(struct json_object *v)
{
    size_t size = 2;

    if (json_object_is_type(v, json_type_string))
        return string_size(json_str(v));
    if (json_object_is_type(v, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(v); i++)
            size += 1 + text_size(json_object_array_get_idx(v, i));
        return size;
    }
    if (json_object_is_type(v, json_type_double))
        return strlen(json_object_get_string(v));
    if (!json_object_is_type(v, json_type_object))
        return SCALAR_MAX;
    json_object_object_foreach(v, name, member)
    {
        size += 2 + string_size(str_of(name)) + text_size(member);
    }
    return size;
}

/* What has a row of its own in an image (image.c) takes at least 4 bytes, as in `"x",`, so that 16 bits can count them. */
static_assert(RESOURCE_BYTES_MAX / 4 <= UINT16_MAX + 1, "images count their rows in 16 bits");

static bool check_size(struct json_object *resource, struct error *e)
{
    char limit[24];

    if (text_size(resource) <= RESOURCE_BYTES_MAX)
        return true;
    snprintf(limit, sizeof limit, "%d", RESOURCE_BYTES_MAX);
    error_set(e, ERR_RESOURCE_TOO_LARGE, str_of(limit));
    return false;
}

bool resource_check(const struct resource_type *type, struct json_object *resource, struct error *e)
{
    if (!check_list(common_attributes, resource, NULL, 0, e) ||
        !check_list(type->core->attributes, resource, NULL, 0, e))
        return false;
    for (const struct schema *const *x = type->extensions; *x != NULL; x++) {
        struct place here = {NULL, str_of((*x)->urn), 0, NO_ELEMENT};
        struct json_object *object;
        if (json_object_object_get_ex(resource, (*x)->urn, &object) &&
            !check_list((*x)->attributes, object, &here, ':', e))
            return false;
    }
    return check_size(resource, e);
}

struct json_object *resource_get(struct json_object *resource, const struct schema *extension,
                                 const struct attribute *attribute)
{
    struct json_object *object = resource, *value = NULL;

    if (extension != NULL && !json_object_object_get_ex(resource, extension->urn, &object))
        return NULL;
    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, attribute->name, &value);
    return value;
}

/* --- tidying --- */

/* Whether nothing is assigned by v once it has been tidied. */
static bool tidy(struct json_object *v)
{
    switch (json_object_get_type(v)) {
    case json_type_null:
        return true;
    case json_type_string:
        return json_object_get_string_len(v) == 0;
    case json_type_array:
        for (size_t i = json_object_array_length(v); i-- > 0;)
            if (tidy(json_object_array_get_idx(v, i)))
                json_object_array_del_idx(v, i, 1);
        return json_object_array_length(v) == 0;
    case json_type_object:
        resource_tidy(v);
        return json_object_object_length(v) == 0;
    case json_type_boolean:
    case json_type_double:
    case json_type_int:
        break;
    }
    return false;
}

void resource_tidy(struct json_object *resource)
{
    json_object_object_foreach(resource, name, value) if (tidy(value)) json_object_object_del(resource, name);
}
