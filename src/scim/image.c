/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/image.h"

#include "members.h"
#include "roster/base/clock.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

#define IMAGE_VERSION 1

/* Where the fields of an image stand. */
enum {
    AT_VERSION = 0,
    AT_TYPE = 1,
    AT_NVALUES = 2,
    AT_TEXT_LENGTH = 4,
    AT_ORDINAL = 8,
    AT_RESOURCE_VERSION = 16,
    AT_CREATED = 24,
    AT_MODIFIED = 32,
    AT_ATTRIBUTES_LENGTH = 40,
    HEADER_SIZE = 44,
    ROW_SIZE = 12,
};

/* A row's last field: the length of its text, and the kind in the lowest bits. */
#define KIND_BITS 3
#define KIND_MASK ((1U << KIND_BITS) - 1)

static void put16(char *p, uint16_t v)
{
    v = htole16(v);
    memcpy(p, &v, sizeof v);
}

static void put32(char *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, sizeof v);
}

static void put64(char *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof v);
}

static uint16_t get16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return le16toh(v);
}

static uint32_t get32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static uint64_t get64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

/* --- building: the text and the rows that point into it grow side by side --- */

struct building {
    struct buf text, rows;
};

/* Begins a row at the end of the text; gives its place for row_end(). */
static size_t row_begin(struct building *b, uint16_t attribute, size_t element)
{
    size_t row = b->rows.len;

    assert(element <= UINT16_MAX && b->text.len < UINT32_MAX >> KIND_BITS);
    buf_reserve(&b->rows, ROW_SIZE);
    put16(b->rows.p + row, attribute);
    put16(b->rows.p + row + 2, (uint16_t)element);
    put32(b->rows.p + row + 4, (uint32_t)b->text.len);
    b->rows.len += ROW_SIZE;
    return row;
}

static void row_end(struct building *b, size_t row, enum image_kind kind)
{
    size_t length = b->text.len - get32(b->rows.p + row + 4);

    assert(length < UINT32_MAX >> KIND_BITS);
    put32(b->rows.p + row + 8, (uint32_t)length << KIND_BITS | kind);
}

static void build_string(struct building *b, uint16_t attribute, size_t element, struct str s)
{
    size_t row = row_begin(b, attribute, element), before = b->text.len;

    buf_json(&b->text, s);
    row_end(b, row, b->text.len - before == s.len + 2 ? IMAGE_STRING : IMAGE_ESCAPED);
}

static void build_leaf(struct building *b, uint16_t attribute, size_t element, struct json_object *value)
{
    if (json_object_is_type(value, json_type_string)) {
        build_string(b, attribute, element, json_str(value));
        return;
    }
    size_t row = row_begin(b, attribute, element);
    json_write(&b->text, value);
    row_end(b, row, IMAGE_LITERAL);
}

static void build_name(struct building *b, const char *name)
{
    size_t len = strlen(name);

    buf_reserve(&b->text, len + 3);
    buf_putc(&b->text, '"');
    buf_add(&b->text, name, len);
    buf_add(&b->text, "\":", 2);
}

/* --- members in the order of the tables --- */

static void build_list(struct building *b, const struct attribute *list, struct json_object *object,
                       enum image_kind kind);

static void build_comma(struct building *b)
{
    if (b->text.p[b->text.len - 1] != '{')
        buf_putc(&b->text, ',');
}

/* An element of a multi-valued complex attribute: leaf rows alone. */
static void build_element(struct building *b, const struct attribute *subs, struct json_object *object, size_t element)
{
    struct members m;

    members_sort(&m, subs, object, b->text.arena);
    buf_putc(&b->text, '{');
    for (size_t i = 0; i < m.n; i++) {
        build_comma(b);
        build_name(b, m.list[i].attribute->name);
        build_leaf(b, m.list[i].attribute->number, element, m.list[i].value);
    }
    buf_putc(&b->text, '}');
}

static void build_array(struct building *b, const struct attribute *a, struct json_object *values)
{
    size_t n = json_object_array_length(values);

    for (size_t i = 0; i < n; i++) {
        struct json_object *value = json_object_array_get_idx(values, i);
        buf_putc(&b->text, i == 0 ? '[' : ',');
        if (a->type == ATTRIBUTE_COMPLEX)
            build_element(b, a->subs, value, i);
        else
            build_leaf(b, a->number, i, value);
    }
    buf_puts(&b->text, n == 0 ? "[]" : "]");
}

static void build_attribute(struct building *b, const struct attribute *a, struct json_object *value,
                            enum image_kind kind)
{
    size_t row = row_begin(b, a->number, 0);

    build_name(b, a->name);
    if (a->multi) {
        build_array(b, a, value);
    } else if (a->type == ATTRIBUTE_COMPLEX) {
        buf_putc(&b->text, '{');
        build_list(b, a->subs, value, IMAGE_SUB);
        buf_putc(&b->text, '}');
    } else {
        build_leaf(b, a->number, 0, value);
    }
    row_end(b, row, kind);
}

/* The attributes of the list that object has. */
static void build_list(struct building *b, const struct attribute *list, struct json_object *object,
                       enum image_kind kind)
{
    struct members m;

    members_sort(&m, list, object, b->text.arena);
    for (size_t i = 0; i < m.n; i++) {
        build_comma(b);
        build_attribute(b, m.list[i].attribute, m.list[i].value, kind);
    }
}

static void build_schemas(struct building *b, const struct resource_type *type, struct json_object *resource)
{
    size_t row = row_begin(b, ATTR_SCHEMAS, 0), n = 0;

    build_name(b, "schemas");
    buf_putc(&b->text, '[');
    build_string(b, ATTR_SCHEMAS, n++, str_of(type->core->urn));
    for (const struct schema *const *x = type->extensions; *x != NULL; x++) {
        if (!json_object_object_get_ex(resource, (*x)->urn, NULL))
            continue;
        buf_putc(&b->text, ',');
        build_string(b, ATTR_SCHEMAS, n++, str_of((*x)->urn));
    }
    buf_putc(&b->text, ']');
    row_end(b, row, IMAGE_MEMBER);
}

static void build_id(struct building *b, const struct id *id)
{
    char text[ID_TEXT_LEN + 1];
    size_t row = row_begin(b, ATTR_ID, 0);

    id_format(id, text);
    build_name(b, "id");
    build_string(b, ATTR_ID, 0, (struct str){text, ID_TEXT_LEN});
    row_end(b, row, IMAGE_MEMBER);
}

static void build_extensions(struct building *b, const struct resource_type *type, struct json_object *resource)
{
    for (const struct schema *const *each = type->extensions; *each != NULL; each++) {
        const struct schema *x = *each;
        struct json_object *object;
        if (!json_object_object_get_ex(resource, x->urn, &object))
            continue;
        buf_putc(&b->text, ',');
        size_t row = row_begin(b, 0, x->number);
        build_name(b, x->urn);
        buf_putc(&b->text, '{');
        build_list(b, x->attributes, object, IMAGE_SUB);
        buf_putc(&b->text, '}');
        row_end(b, row, IMAGE_MEMBER);
    }
}

static void build_time(struct building *b, const char *name, int64_t ms)
{
    char text[CLOCK_TEXT_LEN + 1];

    clock_format(ms, text);
    buf_puts(&b->text, name);
    buf_add(&b->text, text, CLOCK_TEXT_LEN);
}

/* All of meta but what is derived, left open. */
static void build_meta(struct building *b, const struct resource_type *type, const struct image_facts *facts)
{
    buf_puts(&b->text, ",\"meta\":{\"resourceType\":\"");
    buf_puts(&b->text, type->name);
    build_time(b, "\",\"created\":\"", facts->created);
    build_time(b, "\",\"lastModified\":\"", facts->modified);
    buf_puts(&b->text, "\",\"version\":\"W/\\\"");
    buf_u64(&b->text, facts->version);
    buf_puts(&b->text, "\\\"\"");
}

void image_build(struct buf *out, const struct resource_type *type, struct json_object *resource,
                 const struct image_facts *facts)
{
    struct building b;

    buf_init(&b.rows, out->arena);
    buf_reserve(&b.rows, 64 * ROW_SIZE);
    buf_init(&b.text, out->arena);
    buf_reserve(&b.text, 2048);
    buf_putc(&b.text, '{');
    build_schemas(&b, type, resource);
    buf_putc(&b.text, ',');
    build_id(&b, &facts->id);
    build_list(&b, common_attributes, resource, IMAGE_MEMBER);
    build_list(&b, type->core->attributes, resource, IMAGE_MEMBER);
    build_extensions(&b, type, resource);
    size_t attributes = b.text.len, nvalues = b.rows.len / ROW_SIZE;
    build_meta(&b, type, facts);

    assert(nvalues <= UINT16_MAX && b.text.len < UINT32_MAX >> KIND_BITS);
    char header[HEADER_SIZE];
    header[AT_VERSION] = IMAGE_VERSION;
    header[AT_TYPE] = (char)type->number;
    put16(header + AT_NVALUES, (uint16_t)nvalues);
    put32(header + AT_TEXT_LENGTH, (uint32_t)b.text.len);
    put64(header + AT_ORDINAL, facts->ordinal);
    put64(header + AT_RESOURCE_VERSION, facts->version);
    put64(header + AT_CREATED, (uint64_t)facts->created);
    put64(header + AT_MODIFIED, (uint64_t)facts->modified);
    put32(header + AT_ATTRIBUTES_LENGTH, (uint32_t)attributes);
    buf_reserve(out, sizeof header + b.rows.len + b.text.len);
    buf_add(out, header, sizeof header);
    buf_str(out, buf_view(&b.rows));
    buf_str(out, buf_view(&b.text));
}

/* --- reading --- */

/* Whether row i points into the text and, where it is a string, at quotes. */
static bool row_is_sound(const struct image *im, size_t i)
{
    const unsigned char *row = im->rows + i * ROW_SIZE;
    uint32_t offset = get32(row + 4), length = get32(row + 8) >> KIND_BITS, kind = get32(row + 8) & KIND_MASK;

    if (kind > IMAGE_LITERAL || offset > im->attributes.len || length > im->attributes.len - offset)
        return false;
    const char *text = im->text.p + offset;
    return (kind != IMAGE_STRING && kind != IMAGE_ESCAPED) ||
           (length >= 2 && text[0] == '"' && text[length - 1] == '"');
}

static bool find_id(struct image *im)
{
    for (size_t i = 0; i < im->nvalues; i++) {
        struct image_value v = image_value(im, i);
        if (v.attribute != ATTR_ID || v.kind != IMAGE_STRING)
            continue;
        im->id = str_sub(v.text, 1, v.text.len - 1);
        return im->id.len == ID_TEXT_LEN;
    }
    return false;
}

bool image_open(struct image *out, const struct resource_type *type, struct str bytes)
{
    const char *p = bytes.p;

    *out = (struct image){.type = type};
    if (bytes.len < HEADER_SIZE || p[AT_VERSION] != IMAGE_VERSION || (uint8_t)p[AT_TYPE] != type->number)
        return false;
    size_t nvalues = get16(p + AT_NVALUES), text_length = get32(p + AT_TEXT_LENGTH);
    size_t attributes_length = get32(p + AT_ATTRIBUTES_LENGTH), rows_size = nvalues * ROW_SIZE;
    if (bytes.len - HEADER_SIZE < rows_size || bytes.len - HEADER_SIZE - rows_size != text_length ||
        attributes_length > text_length || attributes_length == 0)
        return false;
    out->ordinal = get64(p + AT_ORDINAL);
    out->version = get64(p + AT_RESOURCE_VERSION);
    out->created = (int64_t)get64(p + AT_CREATED);
    out->modified = (int64_t)get64(p + AT_MODIFIED);
    out->rows = (const unsigned char *)p + HEADER_SIZE;
    out->nvalues = nvalues;
    out->text = str_make(p + HEADER_SIZE + rows_size, text_length);
    out->attributes = str_sub(out->text, 0, attributes_length);
    for (size_t i = 0; i < nvalues; i++)
        if (!row_is_sound(out, i))
            return false;
    return out->text.p[0] == '{' && find_id(out);
}

struct image_value image_value(const struct image *im, size_t i)
{
    const unsigned char *row = im->rows + i * ROW_SIZE;
    uint32_t length = get32(row + 8);

    assert(i < im->nvalues);
    return (struct image_value){
        .attribute = get16(row),
        .element = get16(row + 2),
        .kind = (enum image_kind)(length & KIND_MASK),
        .text = {im->text.p + get32(row + 4), length >> KIND_BITS},
    };
}

static struct str unescape(struct str text, struct arena *a)
{
    struct error e = ERROR_INIT;
    struct json_object *v = json_read(a, text, &e);

    return json_object_is_type(v, json_type_string) ? json_str(v) : STR_NULL;
}

size_t image_find(const struct image *im, size_t from, size_t to, uint16_t attribute)
{
    while (from < to && get16(im->rows + from * ROW_SIZE) != attribute)
        from++;
    return from < to ? from : to;
}

bool image_next_leaf(const struct image *im, size_t to, uint16_t attribute, size_t *row, struct image_value *out)
{
    for (; (*row = image_find(im, *row, to, attribute)) < to; (*row)++) {
        *out = image_value(im, *row);
        if (out->kind != IMAGE_MEMBER && out->kind != IMAGE_SUB)
            return true;
    }
    return false;
}

bool image_extension(const struct image *im, const struct schema *extension)
{
    for (size_t i = image_find(im, 0, im->nvalues, 0); i < im->nvalues; i = image_find(im, i + 1, im->nvalues, 0))
        if (image_value(im, i).element == extension->number)
            return true;
    return false;
}

struct str image_string(const struct image_value *v, struct arena *a)
{
    return v->kind == IMAGE_STRING ? str_sub(v->text, 1, v->text.len - 1) : unescape(v->text, a);
}

struct str image_leaf(const struct image *im, uint16_t attribute, struct arena *a)
{
    struct image_value v;
    size_t row = 0;

    if (!image_next_leaf(im, im->nvalues, attribute, &row, &v))
        return STR_NULL;
    return v.kind == IMAGE_LITERAL ? v.text : image_string(&v, a);
}

struct json_object *image_resource(const struct image *im, struct arena *a)
{
    struct buf text;

    buf_init(&text, a);
    buf_reserve(&text, im->attributes.len + 1);
    buf_str(&text, im->attributes);
    buf_putc(&text, '}');
    struct json_object *resource = json_read_own(a, buf_view(&text));
    if (!json_object_is_type(resource, json_type_object))
        abort();
    json_object_object_del(resource, "schemas");
    json_object_object_del(resource, "id");
    return resource;
}

void image_etag(struct buf *out, uint64_t version)
{
    buf_add(out, "W/\"", 3);
    buf_u64(out, version);
    buf_putc(out, '"');
}
