/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/bulk.h"

#include "roster/scim/attrpath.h"
#include "roster/scim/filter.h"

#include <stdint.h>
#include <stdlib.h>

#define MARK STR_LIT("bulkId:")

/* A bulkId and the place of its POST; a list of them is sorted by name, then by place. */
struct name {
    struct str text;
    size_t place;
};

struct reader {
    struct bulk *bulk;
    const struct resource_type *const *types;
    struct str base;
    struct arena *arena;
    struct name *names;
    size_t nnames;
};

static const char *const method_names[] = {
    [BULK_POST] = "POST", [BULK_PUT] = "PUT", [BULK_PATCH] = "PATCH", [BULK_DELETE] = "DELETE"};

const char *bulk_method_name(enum bulk_method method)
{
    return method_names[method];
}

/* --- errors of one operation: the first stands --- */

static struct error *error_of(const struct reader *r, struct bulk_operation *op)
{
    if (op->error == NULL) {
        op->error = arena_alloc(r->arena, sizeof *op->error);
        *op->error = ERROR_INIT;
    }
    return op->error;
}

static bool operation_failed(const struct reader *r, struct bulk_operation *op, const char *why)
{
    size_t place = (size_t)(op - r->bulk->operations) + 1;

    error_set(error_of(r, op), ERR_BULK_OPERATION, str_of(arena_printf(r->arena, "%zu", place)), str_of(why));
    return false;
}

/* --- the members of an operation --- */

/* An optional string; "" is as good as absent. */
static bool read_text(const struct reader *r, struct bulk_operation *op, struct json_object *v, const char *name,
                      struct str *out)
{
    if (v == NULL)
        return true;
    if (!json_object_is_type(v, json_type_string))
        return operation_failed(r, op, arena_printf(r->arena, "%s has to be a string", name));
    if (json_object_get_string_len(v) > 0)
        *out = json_str(v);
    return true;
}

static bool read_method(const struct reader *r, struct bulk_operation *op)
{
    for (enum bulk_method m = BULK_POST; m < BULK_METHODS; m++)
        if (str_eq_nocase(op->method_text, str_of(method_names[m])))
            op->method = m;
    return op->method != BULK_METHODS || operation_failed(r, op, "method has to be POST, PUT, PATCH or DELETE");
}

static const struct resource_type *endpoint_find(const struct reader *r, struct str name)
{
    for (size_t i = 0; i < BULK_TYPES; i++)
        if (str_eq_nocase(name, str_of(r->types[i]->endpoint + 1)))
            return r->types[i];
    return NULL;
}

static struct str trim_slashes(struct str s)
{
    while (s.len > 0 && s.p[0] == '/')
        s = str_sub(s, 1, s.len);
    while (s.len > 0 && s.p[s.len - 1] == '/')
        s.len--;
    return s;
}

/* [base] "/" endpoint ["/" id]; a bulkId in the place of the id may have slashes of its own. */
static bool read_path(const struct reader *r, struct bulk_operation *op, struct str text)
{
    struct str path = trim_slashes(str_starts_nocase(text, r->base) ? str_sub(text, r->base.len, text.len) : text);
    size_t slash = str_find(path, '/', 0);
    const struct resource_type *type = endpoint_find(r, str_sub(path, 0, slash));

    op->target = trim_slashes(str_sub(path, slash, path.len));
    if (type == NULL || (str_find(op->target, '/', 0) < op->target.len && !str_starts(op->target, MARK))) {
        error_set(error_of(r, op), ERR_BULK_PATH, text);
        return false;
    }
    op->type = type;
    if ((op->target.len == 0) == (op->method == BULK_POST))
        return true;
    error_set(error_of(r, op), ERR_METHOD_NOT_ALLOWED, op->method_text,
              op->method == BULK_POST ? STR_LIT("PUT, PATCH, DELETE") : STR_LIT("POST"));
    return false;
}

/* A PATCH without its wrapping: the array of its operations, or an object that does not say what it is. */
static struct json_object *wrapped(const struct reader *r, struct json_object *data)
{
    struct json_object *schemas;

    if (json_object_is_type(data, json_type_array)) {
        struct json_object *message = json_own(r->arena, json_object_new_object());

        json_put_member(message, "Operations", json_object_get(data));
        data = message;
    }
    if (!json_object_is_type(data, json_type_object) || json_member(data, "schemas") != NULL)
        return data;
    json_object_object_foreach(data, name, member) /* schemas may be there as null, in any case of letters */
    {
        if (member == NULL && str_eq_nocase(str_of(name), STR_LIT("schemas")))
            json_object_object_del(data, name);
    }
    schemas = json_object_new_array();
    json_object_array_add(schemas, json_object_new_string(URN_PATCH));
    json_put_member(data, "schemas", schemas);
    return data;
}

static bool read_data(const struct reader *r, struct bulk_operation *op, struct json_object *data)
{
    if (op->method == BULK_DELETE)
        return true;
    if (op->method == BULK_PATCH)
        data = wrapped(r, data);
    if (!json_object_is_type(data, json_type_object))
        return operation_failed(r, op, "data has to be an object");
    op->data = data;
    return true;
}

static bool read_operation(const struct reader *r, struct bulk_operation *op, struct json_object *v)
{
    struct str path = STR_NULL;

    op->method = BULK_METHODS;
    if (!json_object_is_type(v, json_type_object))
        return operation_failed(r, op, "it has to be an object");
    if (!read_text(r, op, json_member(v, "bulkId"), "bulkId", &op->bulk_id) ||
        !read_text(r, op, json_member(v, "method"), "method", &op->method_text) || !read_method(r, op) ||
        !read_text(r, op, json_member(v, "path"), "path", &path) ||
        !read_text(r, op, json_member(v, "version"), "version", &op->version))
        return false;
    if (path.p == NULL)
        return operation_failed(r, op, "path is missing");
    if (!read_path(r, op, path))
        return false;
    if (op->method == BULK_POST && op->bulk_id.p == NULL)
        return operation_failed(r, op, "POST needs a bulkId");
    return read_data(r, op, json_member(v, "data"));
}

/* --- bulkIds --- */

static int by_name(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    int order = str_cmp(x->text, y->text);

    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

/* Lists the bulkIds of all POSTs, also of those that are wrong: what refers to one fails with it. */
static void collect_names(struct reader *r)
{
    struct bulk *b = r->bulk;

    r->names = arena_alloc(r->arena, b->n * sizeof *r->names);
    for (size_t i = 0; i < b->n; i++)
        if (b->operations[i].method == BULK_POST && b->operations[i].bulk_id.p != NULL)
            r->names[r->nnames++] = (struct name){b->operations[i].bulk_id, i};
    if (r->nnames > 1)
        qsort(r->names, r->nnames, sizeof *r->names, by_name);
}

/* Which of two POSTs a reference means could only be guessed, so neither is done. */
static void refuse_names_given_twice(const struct reader *r)
{
    for (size_t i = 0; i < r->nnames; i++) {
        const struct name *n = &r->names[i];
        bool twice = (i > 0 && str_eq(n[-1].text, n->text)) || (i + 1 < r->nnames && str_eq(n[1].text, n->text));

        if (twice)
            error_set(error_of(r, &r->bulk->operations[n->place]), ERR_BULK_ID_TWICE, n->text);
    }
}

/* --- references --- */

struct referrer {
    const struct reader *reader;
    struct bulk_operation *op;
    size_t room;
};

static void add_reference(struct referrer *f, struct str name, struct json_object *value)
{
    const struct reader *r = f->reader;
    struct bulk_operation *op = f->op;
    size_t from = 0, to = r->nnames;

    while (from < to) { /* the first name that is not less */
        size_t middle = from + (to - from) / 2;

        if (str_cmp(r->names[middle].text, name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == r->nnames || !str_eq(r->names[from].text, name)) {
        error_set(error_of(r, op), ERR_BULK_ID_UNKNOWN, name);
        return;
    }
    if (op->nreferences == f->room) {
        f->room = f->room == 0 ? 4 : 2 * f->room;
        struct bulk_reference *more = arena_alloc_raw(r->arena, f->room * sizeof *more);
        if (op->nreferences > 0)
            memcpy(more, op->references, op->nreferences * sizeof *more);
        op->references = more;
    }
    op->references[op->nreferences++] = (struct bulk_reference){r->names[from].place, value};
}

/* The position of the quote behind a name in the filter of a path, or s.len. */
static size_t quoted_end(struct str s, size_t from)
{
    size_t at = from;

    while (at < s.len && s.p[at] != '"')
        at += s.p[at] == '\\' ? 2 : 1;
    return at < s.len ? at : s.len;
}

/*
 * The quoted references in the filter of a PATCH path: members[value eq "bulkId:x"]. Each costs a pass over the path when
 * it is resolved, so no more are looked for than a filter that is not refused can have.
 */
static void find_in_filter(struct referrer *f, struct json_object *path)
{
    struct str s = json_str(path);
    size_t values = s.len > 2 * FILTER_BYTES_MAX ? FILTER_TERMS_MAX : 0;

    for (size_t open = str_find(s, '"', 0), close; open < s.len; open = str_find(s, '"', close + 1)) {
        close = quoted_end(s, open + 1);
        if (close == s.len || values++ == FILTER_TERMS_MAX)
            return;
        struct str quoted = str_sub(s, open + 1, close);
        if (str_starts(quoted, MARK))
            add_reference(f, str_sub(quoted, MARK.len, quoted.len), path);
    }
}

static void find_in(struct referrer *f, struct json_object *v)
{
    if (json_object_is_type(v, json_type_string)) {
        if (str_starts(json_str(v), MARK))
            add_reference(f, str_sub(json_str(v), MARK.len, json_str(v).len), v);
    } else if (json_object_is_type(v, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(v); i++)
            find_in(f, json_object_array_get_idx(v, i));
    } else if (json_object_is_type(v, json_type_object)) {
        json_object_object_foreach(v, name, member)
        {
            (void)name;
            find_in(f, member);
        }
    }
}

static void find_in_resource(struct referrer *f, const struct schema *extension, struct json_object *resource);

/*
 * What stands under a name of the resource, or of the extension, or at a path: attributes of a schema, or a value. What a
 * client read and sends back, such as a user's groups, is passed over; a password, which says what it likes; and what no schema has.
 */
static void find_in_named(struct referrer *f, const struct schema *extension, struct str name, struct json_object *v)
{
    const struct resource_type *type = f->op->type;
    struct attrpath path;

    name = str_trim(str_sub(name, 0, str_find(name, '[', 0)));
    if (extension == NULL && str_eq_nocase(name, str_of(type->core->urn))) {
        find_in_resource(f, NULL, v);
        return;
    }
    if (extension == NULL ? !attrpath_resolve(type, name, &path) : !attrpath_resolve_in(type, extension, name, &path))
        return;
    if (path.attribute == NULL)
        find_in_resource(f, path.extension, v);
    else if (path.attribute->mutability != MUTABILITY_READ_ONLY && path.attribute->mutability != MUTABILITY_WRITE_ONLY)
        find_in(f, v);
}

static void find_in_resource(struct referrer *f, const struct schema *extension, struct json_object *resource)
{
    if (!json_object_is_type(resource, json_type_object))
        return;
    json_object_object_foreach(resource, name, member)
    {
        find_in_named(f, extension, str_of(name), member);
    }
}

static void find_in_patch(struct referrer *f)
{
    struct json_object *operations = json_member(f->op->data, "Operations"), *path;
    size_t n = json_object_is_type(operations, json_type_array) ? json_object_array_length(operations) : 0;

    for (size_t i = 0; i < n; i++) {
        struct json_object *one = json_object_array_get_idx(operations, i), *value = json_member(one, "value");

        path = json_member(one, "path");
        if (json_object_is_type(path, json_type_string) && json_object_get_string_len(path) > 0) {
            find_in_filter(f, path);
            find_in_named(f, NULL, json_str(path), value);
        } else {
            find_in_resource(f, NULL, value);
        }
    }
}

static void find_references(const struct reader *r, struct bulk_operation *op)
{
    struct referrer f = {.reader = r, .op = op};

    if (str_starts(op->target, MARK))
        add_reference(&f, str_sub(op->target, MARK.len, op->target.len), NULL);
    if (op->data == NULL)
        return;
    if (op->method == BULK_PATCH)
        find_in_patch(&f);
    else
        find_in_resource(&f, NULL, op->data);
}

void bulk_resolve(struct bulk_operation *op, const struct bulk_reference *r, struct str bulk_id, struct str id,
                  struct arena *a)
{
    struct str text = r->value == NULL ? STR_NULL : json_str(r->value);
    struct buf b;

    if (r->value == NULL) {
        op->target = id;
        return;
    }
    if (str_starts(text, MARK)) {
        json_object_set_string_len(r->value, id.p, (int)id.len);
        return;
    }
    struct arena_mark mark = arena_mark(a);
    buf_init(&b, a);
    for (size_t i = 0; i < text.len;) {
        struct str rest = str_sub(text, i, text.len);
        size_t end = 1 + MARK.len + bulk_id.len;

        if (rest.p[0] != '"' || rest.len <= end || rest.p[end] != '"' || !str_starts(str_sub(rest, 1, end), MARK) ||
            !str_eq(str_sub(rest, 1 + MARK.len, end), bulk_id)) {
            buf_putc(&b, text.p[i++]);
            continue;
        }
        buf_putc(&b, '"');
        buf_str(&b, id);
        i += end;
    }
    json_object_set_string_len(r->value, b.p, (int)b.len);
    arena_rewind(a, mark);
}

/* --- the order: strongly connected components, in which what is referred to comes first (Tarjan 1972) --- */

struct mark {
    size_t visit, low; /* visit 0: not yet visited */
    bool stacked;
};

struct walk {
    struct bulk *bulk;
    struct mark *marks;
    size_t *stack, depth, visits, circles, done;
};

static int by_place(const void *a, const void *b)
{
    const size_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* What is on the stack from place on is a component: it is next in the order. */
static void emit(struct walk *w, size_t place)
{
    size_t *first = &w->bulk->order[w->done], top;

    do {
        top = w->stack[--w->depth];
        w->marks[top].stacked = false;
        w->bulk->operations[top].circle = w->circles;
        w->bulk->order[w->done++] = top;
    } while (top != place);
    w->circles++;
    qsort(first, (size_t)(&w->bulk->order[w->done] - first), sizeof *first, by_place);
}

/* Goes as deep as there are operations at most: BULK_OPERATIONS_MAX. */
static void visit(struct walk *w, size_t place)
{
    const struct bulk_operation *op = &w->bulk->operations[place];
    struct mark *m = &w->marks[place];

    m->visit = m->low = ++w->visits;
    m->stacked = true;
    w->stack[w->depth++] = place;
    for (size_t i = 0; i < op->nreferences; i++) {
        const struct mark *other = &w->marks[op->references[i].to];

        if (other->visit == 0) {
            visit(w, op->references[i].to);
            m->low = other->low < m->low ? other->low : m->low;
        } else if (other->stacked) {
            m->low = other->visit < m->low ? other->visit : m->low;
        }
    }
    if (m->low == m->visit)
        emit(w, place);
}

static void put_in_order(const struct reader *r)
{
    struct bulk *b = r->bulk;
    struct walk w = {.bulk = b,
                     .marks = arena_alloc(r->arena, b->n * sizeof *w.marks),
                     .stack = arena_alloc(r->arena, b->n * sizeof *w.stack)};

    b->order = arena_alloc(r->arena, b->n * sizeof *b->order);
    for (size_t i = 0; i < b->n; i++)
        if (w.marks[i].visit == 0)
            visit(&w, i);
}

/* The other operations of a circle refer to this one, so what is said of one is heard by all. */
static void refuse_circles_through_groups(const struct reader *r)
{
    for (size_t i = 0; i < r->bulk->n; i++) {
        struct bulk_operation *op = &r->bulk->operations[i];

        for (size_t j = 0; j < op->nreferences && op->type->number == RESOURCE_TEAM; j++)
            if (r->bulk->operations[op->references[j].to].circle == op->circle)
                error_set(error_of(r, op), ERR_BULK_CIRCLE, op->bulk_id);
    }
}

/* --- the request --- */

static void read_errors_max(struct bulk *b, struct json_object *v, struct error *e)
{
    b->errors_max = SIZE_MAX;
    if (v != NULL && (!json_object_is_type(v, json_type_int) || json_object_get_int64(v) < 1))
        error_set(e, ERR_BULK_SYNTAX, STR_LIT("failOnErrors has to be an integer of 1 or more"));
    else if (v != NULL)
        b->errors_max = (size_t)json_object_get_int64(v);
}

struct bulk *bulk_parse(struct json_object *body, const struct resource_type *const types[BULK_TYPES], struct str base,
                        struct arena *a, struct error *e)
{
    struct json_object *operations = json_member(body, "Operations");
    struct reader r = {.bulk = arena_alloc(a, sizeof *r.bulk), .types = types, .base = base, .arena = a};
    struct bulk *b = r.bulk;

    b->n = json_object_is_type(operations, json_type_array) ? json_object_array_length(operations) : 0;
    if (!json_array_has(json_member(body, "schemas"), STR_LIT(URN_BULK_REQUEST)))
        error_set(e, ERR_SCHEMAS_MISSING, STR_LIT(URN_BULK_REQUEST));
    else if (b->n == 0)
        error_set(e, ERR_BULK_SYNTAX, STR_LIT("Operations has to be an array of one or more"));
    else if (b->n > BULK_OPERATIONS_MAX)
        error_set(e, ERR_BULK_TOO_MANY_OPERATIONS, str_of(arena_printf(a, "%d", BULK_OPERATIONS_MAX)));
    else
        read_errors_max(b, json_member(body, "failOnErrors"), e);
    if (error_is_set(e))
        return NULL;
    b->operations = arena_alloc(a, b->n * sizeof *b->operations);
    for (size_t i = 0; i < b->n; i++)
        read_operation(&r, &b->operations[i], json_object_array_get_idx(operations, i));
    collect_names(&r);
    refuse_names_given_twice(&r);
    for (size_t i = 0; i < b->n; i++)
        if (b->operations[i].error == NULL)
            find_references(&r, &b->operations[i]);
    put_in_order(&r);
    refuse_circles_through_groups(&r);
    return b;
}
