/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/projection.h"

#include "roster/base/clock.h"

#include <assert.h>

/*
 * What becomes of each attribute is settled when the lists are read: a table from the attribute's number to one of
 * three fates. Writing then looks at no list and no schema, but for the names of sub-attributes.
 */
enum fate {
    FATE_NONE,  /* is not in the answer */
    FATE_PART,  /* a complex attribute or an extension of which something is */
    FATE_WHOLE, /* is in the answer as it is stored */
};

struct projection {
    const struct resource_type *type;
    unsigned char *fates; /* by attribute number */
    size_t nfates;
    unsigned char *extensions; /* by number */
    size_t nextensions;
};

/* --- reading the lists --- */

struct list {
    const struct attrpath *paths;
    size_t n;
    bool excluded;           /* the attributes not wanted; else the only ones wanted */
    bool written;            /* the answer is to a write, which named some attributes itself */
    projection_named *named; /* NULL: all that there are */
    const void *ctx;
};

/* The next name of a comma-separated list; commas inside [] (a value path's filter) do not count. */
static struct str next_name(struct str *rest)
{
    size_t i = 0, depth = 0;
    bool quoted = false;

    for (; i < rest->len; i++) {
        char c = rest->p[i];
        if (depth > 0 && c == '"' && rest->p[i - 1] != '\\')
            quoted = !quoted;
        else if (!quoted && c == '[')
            depth++;
        else if (!quoted && c == ']' && depth > 0)
            depth--;
        else if (depth == 0 && c == ',')
            break;
    }
    struct str name = str_trim(str_sub(*rest, 0, i));
    *rest = str_sub(*rest, i < rest->len ? i + 1 : i, rest->len);
    return name;
}

/* emails[type eq "work"].value asks for emails.value: what is selected is a matter of attributes, not of values. */
static struct str without_filter(struct str name, struct arena *a)
{
    size_t open = str_find(name, '[', 0), close = name.len;
    struct buf b;

    if (open == name.len)
        return name;
    while (close > open && name.p[close - 1] != ']')
        close--;
    buf_init(&b, a);
    buf_str(&b, str_sub(name, 0, open));
    buf_str(&b, str_sub(name, close, name.len));
    return buf_view(&b);
}

/* The names of text that name something; the number of commas bounds their number, PROJECTION_BYTES_MAX that. */
static void read_list(struct list *list, const struct resource_type *type, struct str text, struct arena *a)
{
    size_t most = 1;

    for (size_t i = 0; i < text.len; i++)
        most += text.p[i] == ',';
    struct attrpath *paths = arena_alloc_raw(a, most * sizeof *paths);
    while (text.len > 0) {
        struct str name = next_name(&text);
        if (name.len > 0 && attrpath_resolve(type, without_filter(name, a), &paths[list->n]))
            list->n++;
    }
    list->paths = paths;
}

/* --- settling the fates --- */

/* Whether the list names the attribute: itself, or its extension, or what it is in. */
static bool is_named(const struct list *list, const struct schema *extension, const struct attribute *attribute)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct attrpath *path = &list->paths[i];
        const struct attribute *leaf = attrpath_leaf(path);
        if (leaf == NULL ? path->extension == extension
                         : leaf == attribute || (attribute->parent != NULL && leaf == attribute->parent))
            return true;
    }
    return false;
}

/* Whether an attribute that is returned on request alone was requested. */
static bool is_requested(const struct list *list, const struct schema *extension, const struct attribute *attribute)
{
    if (!list->excluded)
        return is_named(list, extension, attribute);
    return list->written && !is_named(list, extension, attribute) &&
           (list->named == NULL || list->named(extension, attribute, list->ctx));
}

/* A sub-attribute is told no more freely than what it is in. */
static enum attribute_returned returned_of(const struct attribute *attribute)
{
    bool within = attribute->returned == RETURNED_DEFAULT && attribute->parent != NULL;

    return within && attribute->parent->returned == RETURNED_REQUEST ? RETURNED_REQUEST : attribute->returned;
}

static enum fate leaf_fate(const struct list *list, const struct schema *extension, const struct attribute *attribute)
{
    switch (returned_of(attribute)) {
    case RETURNED_ALWAYS:
        return FATE_WHOLE;
    case RETURNED_NEVER:
        return FATE_NONE;
    case RETURNED_REQUEST:
        return is_requested(list, extension, attribute) ? FATE_WHOLE : FATE_NONE;
    case RETURNED_DEFAULT:
        break;
    }
    return is_named(list, extension, attribute) != list->excluded ? FATE_WHOLE : FATE_NONE;
}

/* All whole is whole, all none is none, anything else is part. */
struct tally {
    bool some, lacks;
};

static void tally_add(struct tally *t, enum fate fate)
{
    t->some |= fate != FATE_NONE;
    t->lacks |= fate != FATE_WHOLE;
}

static enum fate tally_fate(const struct tally *t)
{
    if (!t->some)
        return FATE_NONE;
    return t->lacks ? FATE_PART : FATE_WHOLE;
}

/* Whether a complex attribute is in the answer or not whatever its sub-attributes are. */
static bool decides_for_all(const struct list *list, const struct attribute *attribute, enum fate fate)
{
    return attribute->returned == RETURNED_ALWAYS || attribute->returned == RETURNED_NEVER ||
           (attribute->returned == RETURNED_REQUEST && list->excluded && fate == FATE_NONE);
}

static enum fate settle(struct projection *p, const struct list *list, const struct schema *extension,
                        const struct attribute *attribute)
{
    enum fate fate = leaf_fate(list, extension, attribute);

    if (attribute->subs != NULL) {
        struct tally t = {false, false};
        for (const struct attribute *sub = attribute->subs; sub->name != NULL; sub++)
            tally_add(&t, settle(p, list, extension, sub));
        if (!decides_for_all(list, attribute, fate))
            fate = tally_fate(&t);
    }
    p->fates[attribute->number] = (unsigned char)fate;
    return fate;
}

/* Whether records hold the attribute's values. */
static bool is_stored(const struct attribute *attribute)
{
    return attribute->place == PLACE_RECORD && attribute->mutability != MUTABILITY_WRITE_ONLY;
}

static enum fate settle_all(struct projection *p, const struct list *list, const struct schema *extension,
                            const struct attribute *attributes)
{
    struct tally t = {false, false};

    for (const struct attribute *a = attributes; a->name != NULL; a++) {
        enum fate fate = settle(p, list, extension, a);
        if (a->returned != RETURNED_NEVER || is_stored(a))
            tally_add(&t, fate);
    }
    return tally_fate(&t);
}

static size_t greatest_number(const struct attribute *list)
{
    size_t greatest = 0;

    for (const struct attribute *a = list; a->name != NULL; a++) {
        size_t within = a->subs == NULL ? 0 : greatest_number(a->subs);
        if (within < a->number)
            within = a->number;
        if (within > greatest)
            greatest = within;
    }
    return greatest;
}

static void make_room(struct projection *p, struct arena *a)
{
    const struct schema *const *extensions = p->type->extensions;
    size_t greatest = greatest_number(common_attributes), core = greatest_number(p->type->core->attributes);

    if (core > greatest)
        greatest = core;
    for (const struct schema *const *x = extensions; *x != NULL; x++) {
        size_t within = greatest_number((*x)->attributes);
        if (within > greatest)
            greatest = within;
        if ((*x)->number >= p->nextensions)
            p->nextensions = (*x)->number + (size_t)1;
    }
    p->nfates = greatest + 1;
    p->fates = arena_alloc(a, p->nfates);
    p->extensions = arena_alloc(a, p->nextensions);
}

/* NULL where everything is whole. */
static struct projection *make(const struct resource_type *type, const struct list *list, struct arena *a)
{
    struct projection *p = arena_alloc(a, sizeof *p);
    bool whole;

    p->type = type;
    make_room(p, a);
    whole = settle_all(p, list, NULL, common_attributes) == FATE_WHOLE;
    whole &= settle_all(p, list, NULL, type->core->attributes) == FATE_WHOLE;
    for (const struct schema *const *x = type->extensions; *x != NULL; x++) {
        enum fate fate = settle_all(p, list, *x, (*x)->attributes);
        p->extensions[(*x)->number] = (unsigned char)fate;
        whole &= fate == FATE_WHOLE;
    }
    return whole ? NULL : p;
}

/* Whether records hold something that is not returned unless it is asked for. */
static bool hides_any(const struct attribute *list)
{
    for (const struct attribute *a = list; a->name != NULL; a++)
        if (((a->returned == RETURNED_REQUEST || a->returned == RETURNED_NEVER) && is_stored(a)) ||
            (a->subs != NULL && hides_any(a->subs)))
            return true;
    return false;
}

static bool hides(const struct resource_type *type)
{
    bool any = hides_any(type->core->attributes);

    for (const struct schema *const *x = type->extensions; !any && *x != NULL; x++)
        any = hides_any((*x)->attributes);
    return any;
}

static_assert(PROJECTION_BYTES_MAX == 65536, "as the text says");

static struct projection *parse(const struct resource_type *type, struct str attributes, struct str excluded,
                                struct list list, struct arena *a, struct error *e)
{
    bool only = str_trim(attributes).len > 0, without = str_trim(excluded).len > 0;

    if (only && without) {
        error_set(e, ERR_PARAMETER_CONFLICT);
        return NULL;
    }
    if (!only && !without && !hides(type))
        return NULL;
    list.excluded = !only;
    struct str names = only ? attributes : excluded;
    if (names.len > PROJECTION_BYTES_MAX) {
        error_set(e, ERR_PARAMETER_INVALID, only ? STR_LIT("attributes") : STR_LIT("excludedAttributes"),
                  str_sub(names, 0, 64), STR_LIT("a list of at most 65536 bytes"));
        return NULL;
    }
    read_list(&list, type, names, a);
    return make(type, &list, a);
}

struct projection *projection_parse(const struct resource_type *type, struct str attributes, struct str excluded,
                                    struct arena *a, struct error *e)
{
    return parse(type, attributes, excluded, (struct list){.written = false}, a, e);
}

struct projection *projection_parse_write(const struct resource_type *type, struct str attributes, struct str excluded,
                                          projection_named *named, const void *ctx, struct arena *a, struct error *e)
{
    return parse(type, attributes, excluded, (struct list){.written = true, .named = named, .ctx = ctx}, a, e);
}

/* --- asking --- */

static enum fate fate_of(const struct projection *p, const struct attribute *attribute)
{
    if (p != NULL)
        return attribute->number < p->nfates ? (enum fate)p->fates[attribute->number] : FATE_NONE;
    return attribute->returned == RETURNED_NEVER || attribute->returned == RETURNED_REQUEST ? FATE_NONE : FATE_WHOLE;
}

bool projection_wants(const struct projection *p, const struct attribute *attribute)
{
    return fate_of(p, attribute) != FATE_NONE;
}

bool projection_wants_sub(const struct projection *p, const struct attribute *attribute, const struct attribute *sub)
{
    return projection_wants(p, attribute) && fate_of(p, sub) != FATE_NONE;
}

/* --- writing --- */

struct writing {
    struct buf *out;
    const struct image *im;
    const struct projection *p;
    struct str location_base;
};

/* Parts nest once: a complex attribute in an extension. */
#define NESTING_MAX 2

static void write_member(struct buf *out, struct str member)
{
    buf_json_comma(out);
    buf_str(out, member);
}

static void write_location(const struct writing *w)
{
    buf_str(w->out, w->location_base);
    buf_puts(w->out, w->im->type->endpoint);
    buf_putc(w->out, '/');
    buf_str(w->out, w->im->id);
}

/* Rows stand in the order of the text: the first at or after row whose text begins behind the end of outer's. */
static size_t row_behind(const struct image *im, size_t row, const struct image_value *outer)
{
    while (row < im->nvalues && image_value(im, row).text.p < outer->text.p + outer->text.len)
        row++;
    return row;
}

static enum fate fate_of_row(const struct projection *p, const struct image_value *v)
{
    if (v->attribute == 0)
        return v->element < p->nextensions ? (enum fate)p->extensions[v->element] : FATE_NONE;
    return v->attribute < p->nfates ? (enum fate)p->fates[v->attribute] : FATE_NONE;
}

static const char *sub_name(const struct attribute *attribute, uint16_t number)
{
    for (const struct attribute *sub = attribute->subs; sub->name != NULL; sub++)
        if (sub->number == number)
            return sub->name;
    return NULL;
}

/* The wanted sub-attributes of each element, from the leaf rows between row and end. */
static void write_elements(const struct writing *w, const struct attribute *attribute, size_t row, size_t end)
{
    size_t open = SIZE_MAX; /* the element whose object is being written */

    buf_putc(w->out, '[');
    for (; row < end; row++) {
        struct image_value v = image_value(w->im, row);
        const char *name = sub_name(attribute, v.attribute);
        if (name == NULL || fate_of_row(w->p, &v) != FATE_WHOLE)
            continue;
        if (open != v.element) {
            if (open != SIZE_MAX)
                buf_putc(w->out, '}');
            buf_json_comma(w->out);
            buf_putc(w->out, '{');
            open = v.element;
        }
        buf_json_name(w->out, name);
        buf_str(w->out, v.text);
    }
    buf_puts(w->out, open == SIZE_MAX ? "]" : "}]");
}

static void write_part(const struct writing *w, const struct image_value *whole, size_t row, size_t end, int nesting);

/* The wanted ones of the members of one kind between row and end. */
static void write_rows(const struct writing *w, enum image_kind kind, size_t row, size_t end, int nesting)
{
    while (row < end) {
        struct image_value v = image_value(w->im, row++);
        if (v.kind != kind)
            continue;
        size_t behind = row_behind(w->im, row, &v);
        if (behind > end)
            behind = end;
        enum fate fate = fate_of_row(w->p, &v);
        if (fate == FATE_WHOLE)
            write_member(w->out, v.text);
        else if (fate == FATE_PART && nesting < NESTING_MAX)
            write_part(w, &v, row, behind, nesting + 1);
        row = behind;
    }
}

/* An attribute or extension of which only something is wanted; nothing where the resource has none of that. */
static void write_part(const struct writing *w, const struct image_value *whole, size_t row, size_t end, int nesting)
{
    const struct attribute *attribute =
        whole->attribute == 0 ? NULL : attribute_by_number(w->p->type, whole->attribute);
    size_t before = w->out->len;

    buf_json_name(w->out, attribute == NULL ? extension_by_number(w->p->type, whole->element)->urn : attribute->name);
    size_t empty = w->out->len + 2; /* the length if no more than the brackets is written */
    if (attribute != NULL && attribute->multi) {
        write_elements(w, attribute, row, end);
    } else {
        buf_putc(w->out, '{');
        write_rows(w, IMAGE_SUB, row, end, nesting);
        buf_putc(w->out, '}');
    }
    if (w->out->len == empty)
        w->out->len = before;
}

static void write_meta_sub(const struct writing *w, const struct attribute *sub)
{
    char time[CLOCK_TEXT_LEN + 1];

    if (!projection_wants(w->p, sub))
        return;
    buf_json_name(w->out, sub->name);
    switch (sub->number) {
    case ATTR_META_RESOURCE_TYPE:
        buf_json(w->out, str_of(w->im->type->name));
        break;
    case ATTR_META_CREATED:
    case ATTR_META_LAST_MODIFIED:
        clock_format(sub->number == ATTR_META_CREATED ? w->im->created : w->im->modified, time);
        buf_json(w->out, str_of(time));
        break;
    case ATTR_META_LOCATION:
        buf_putc(w->out, '"');
        write_location(w);
        buf_putc(w->out, '"');
        break;
    default: /* version */
        buf_puts(w->out, "\"W/\\\"");
        buf_u64(w->out, w->im->version);
        buf_puts(w->out, "\\\"\"");
        break;
    }
}

static void write_meta(const struct writing *w)
{
    const struct attribute *meta = attribute_by_number(w->im->type, ATTR_META);

    if (!projection_wants(w->p, meta))
        return;
    buf_json_name(w->out, meta->name);
    buf_putc(w->out, '{');
    for (const struct attribute *sub = meta->subs; sub->name != NULL; sub++)
        write_meta_sub(w, sub);
    buf_putc(w->out, '}');
}

void projection_write(struct buf *out, const struct image *im, const struct projection *p, struct str location_base)
{
    struct writing w = {out, im, p, location_base};

    if (p != NULL) {
        buf_putc(out, '{');
        write_rows(&w, IMAGE_MEMBER, 0, im->nvalues, 0);
        write_meta(&w);
        return;
    }
    buf_reserve(out, im->text.len + location_base.len + 128);
    buf_str(out, im->text);
    buf_puts(out, ",\"location\":\"");
    write_location(&w);
    buf_puts(out, "\"}");
}
