/* SPDX-License-Identifier: Apache-2.0 */
/* json_value - what is done with values that were read: looking into them, writing, comparing, copying. */
#include "roster/base/json.h"

#include "word.h"

#include <assert.h>

static void release(void *value)
{
    json_object_put(value);
}

struct json_object *json_own(struct arena *a, struct json_object *v)
{
    arena_defer(a, release, v);
    return v;
}

struct str json_str(struct json_object *v)
{
    assert(json_object_is_type(v, json_type_string));
    return str_make(json_object_get_string(v), (size_t)json_object_get_string_len(v));
}

static bool same_nocase(const char *a, const char *b)
{
    while (*a != '\0' && byte_lower((unsigned char)*a) == byte_lower((unsigned char)*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

struct json_object *json_member(struct json_object *obj, const char *name)
{
    if (!json_object_is_type(obj, json_type_object))
        return NULL;
    for (struct lh_entry *m = json_object_get_object(obj)->head; m != NULL; m = m->next)
        if (same_nocase(lh_entry_k(m), name))
            return (struct json_object *)lh_entry_v(m);
    return NULL;
}

struct json_object *json_get(struct json_object *obj, const char *name)
{
    struct json_object *v = NULL;

    if (json_object_is_type(obj, json_type_object))
        json_object_object_get_ex(obj, name, &v);
    return v;
}

struct str json_text(struct json_object *obj, const char *name)
{
    struct json_object *v = json_member(obj, name);

    return json_object_is_type(v, json_type_string) ? json_str(v) : STR_NULL;
}

bool json_array_has(struct json_object *array, struct str text)
{
    for (size_t i = 0; json_object_is_type(array, json_type_array) && i < json_object_array_length(array); i++) {
        struct json_object *v = json_object_array_get_idx(array, i);

        if (json_object_is_type(v, json_type_string) && str_eq_nocase(json_str(v), text))
            return true;
    }
    return false;
}

void json_put_member(struct json_object *obj, const char *name, struct json_object *v)
{
    if (json_object_object_add(obj, name, v) != 0)
        arena_no_memory(0);
}

/* --- writing --- */

static void write_object(struct buf *b, struct json_object *v)
{
    char separator = '{';

    for (struct lh_entry *m = json_object_get_object(v)->head; m != NULL; m = m->next) {
        buf_putc(b, separator);
        buf_json(b, str_of(lh_entry_k(m)));
        buf_putc(b, ':');
        json_write(b, (struct json_object *)lh_entry_v(m));
        separator = ',';
    }
    buf_puts(b, separator == '{' ? "{}" : "}");
}

static void write_array(struct buf *b, struct json_object *v)
{
    size_t n = json_object_array_length(v);

    buf_putc(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_putc(b, ',');
        json_write(b, json_object_array_get_idx(v, i));
    }
    buf_putc(b, ']');
}

static void write_int(struct buf *b, struct json_object *v)
{
    int64_t i = json_object_get_int64(v);

    if (i < 0)
        buf_putc(b, '-');
    buf_u64(b, i < 0 ? 0 - (uint64_t)i : json_object_get_uint64(v));
}

static void write_double(struct buf *b, struct json_object *v)
{
    size_t len;
    const char *text = json_object_to_json_string_length(v, JSON_C_TO_STRING_PLAIN, &len);

    if (text == NULL)
        arena_no_memory(0);
    buf_add(b, text, len);
}

void json_write(struct buf *b, struct json_object *v)
{
    switch (json_object_get_type(v)) {
    case json_type_null:
        buf_puts(b, "null");
        break;
    case json_type_boolean:
        buf_puts(b, json_object_get_boolean(v) ? "true" : "false");
        break;
    case json_type_double:
        write_double(b, v);
        break;
    case json_type_int:
        write_int(b, v);
        break;
    case json_type_object:
        write_object(b, v);
        break;
    case json_type_array:
        write_array(b, v);
        break;
    case json_type_string:
        buf_json(b, json_str(v));
        break;
    }
}

static bool objects_equal(struct json_object *a, struct json_object *b)
{
    struct json_object *other;

    if (json_object_object_length(a) != json_object_object_length(b))
        return false;
    json_object_object_foreach(a, name, v)
    {
        if (!json_object_object_get_ex(b, name, &other) || !json_equal(v, other))
            return false;
    }
    return true;
}

static bool arrays_equal(struct json_object *a, struct json_object *b)
{
    size_t n = json_object_array_length(a);

    if (json_object_array_length(b) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!json_equal(json_object_array_get_idx(a, i), json_object_array_get_idx(b, i)))
            return false;
    return true;
}

bool json_equal(struct json_object *a, struct json_object *b)
{
    if (a == b)
        return true;
    if (json_object_get_type(a) != json_object_get_type(b))
        return false;
    switch (json_object_get_type(a)) {
    case json_type_object:
        return objects_equal(a, b);
    case json_type_array:
        return arrays_equal(a, b);
    case json_type_double:
        return strcmp(json_object_get_string(a), json_object_get_string(b)) == 0;
    case json_type_string:
        return str_eq(json_str(a), json_str(b));
    case json_type_boolean:
    case json_type_int:
    case json_type_null:
        break;
    }
    return json_object_equal(a, b) != 0;
}

static struct json_object *clone_object(struct json_object *v)
{
    struct json_object *copy = json_object_new_object();

    if (copy == NULL)
        arena_no_memory(0);
    json_object_object_foreach(v, name, member)
    {
        if (json_object_object_add_ex(copy, name, json_clone(member), JSON_C_OBJECT_ADD_KEY_IS_NEW) != 0)
            arena_no_memory(0);
    }
    return copy;
}

static struct json_object *clone_array(struct json_object *v)
{
    size_t n = json_object_array_length(v);
    struct json_object *copy = json_object_new_array_ext((int)(n > 0 ? n : 1));

    if (copy == NULL)
        arena_no_memory(0);
    for (size_t i = 0; i < n; i++)
        if (json_object_array_add(copy, json_clone(json_object_array_get_idx(v, i))) != 0)
            arena_no_memory(0);
    return copy;
}

struct json_object *json_clone(struct json_object *v)
{
    if (json_object_is_type(v, json_type_object))
        return clone_object(v);
    return json_object_is_type(v, json_type_array) ? clone_array(v) : json_object_get(v);
}
