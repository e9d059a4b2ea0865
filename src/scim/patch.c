/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/patch.h"

#include "patch_steps.h"

#include <assert.h>
#include <stdio.h>

struct reader {
    const struct resource_type *type;
    const struct resource_options *options;
    struct arena *arena;
    struct error *error;
    struct patch *patch;
    size_t operation; /* from 1 */
    bool pathless;    /* inside the value of an operation without path */
    size_t terms;     /* of all filters in paths */
    size_t values;    /* of all lists */
    size_t member_filters;
    size_t step_cap, change_cap;
};

/* What a path names. */
struct target {
    struct str text;
    struct attrpath path;
    struct filter *filter;
};

/* An operation's value; given tells null from nothing. */
struct operand {
    bool given;
    struct json_object *v;
};

/* --- errors: each with the operation's place --- */

static struct str place(struct arena *a, size_t operation)
{
    return str_of(arena_printf(a, "%zu", operation));
}

static bool syntax_failed(struct reader *r, const char *why)
{
    error_set(r->error, ERR_PATCH_SYNTAX, place(r->arena, r->operation), str_of(why));
    return false;
}

static bool path_failed(struct reader *r, struct str path, const char *why)
{
    error_set(r->error, ERR_PATCH_PATH, place(r->arena, r->operation), path, str_of(why));
    return false;
}

static bool filter_failed(struct reader *r, const char *why)
{
    error_set(r->error, ERR_PATCH_FILTER, place(r->arena, r->operation), str_of(why));
    return false;
}

static bool value_failed(struct reader *r, const char *why)
{
    error_set(r->error, ERR_PATCH_VALUE, place(r->arena, r->operation), str_of(why));
    return false;
}

static const char *path_name(struct arena *a, const struct attrpath *path)
{
    const char *name = path->attribute != NULL ? path->attribute->name : path->extension->urn;

    return path->sub == NULL ? name : arena_printf(a, "%s.%s", name, path->sub->name);
}

bool patch_immutable(struct error *e, struct arena *a, size_t operation, const struct attrpath *path)
{
    error_set(e, ERR_PATCH_MUTABILITY, place(a, operation), str_of(path_name(a, path)));
    return false;
}

bool patch_located(struct error *e, struct arena *a, size_t operation)
{
    const char *said = arena_strdup(a, e->sentence);
    int n = snprintf(e->sentence, sizeof e->sentence, "Operation %zu: %s", operation, said);

    assert(n > 0 && (size_t)n < sizeof e->sentence); /* arguments are short, see error_set() */
    (void)n;
    return false;
}

/* What a value was refused for, told of the operation; those that say what the whole resource may have keep their code. */
static bool refused(struct reader *r, const struct error *why)
{
    if (why->code != ERR_ATTRIBUTE_UNKNOWN && why->code != ERR_VALUES_TOO_MANY &&
        why->code != ERR_PASSWORD_BAD_CHARACTER)
        return value_failed(r, why->sentence);
    *r->error = *why;
    return patch_located(r->error, r->arena, r->operation);
}

/* --- memory --- */

/* A list in the arena with room for one more element. */
static void *grown(struct arena *a, void *list, size_t n, size_t *cap, size_t size)
{
    void *more;

    if (n < *cap)
        return list;
    *cap = *cap == 0 ? 8 : *cap * 2;
    more = arena_alloc(a, *cap * size);
    if (n > 0)
        memcpy(more, list, n * size);
    return more;
}

static bool add_step(struct reader *r, enum patch_verb verb, const struct target *t, struct json_object *value)
{
    struct patch *p = r->patch;

    if (p->nsteps == PATCH_STEPS_MAX)
        return syntax_failed(r, arena_printf(r->arena, "more than %d changes in one message", PATCH_STEPS_MAX));
    p->steps = grown(r->arena, p->steps, p->nsteps, &r->step_cap, sizeof *p->steps);
    p->steps[p->nsteps++] = (struct patch_step){verb, r->operation, t->text, t->path, t->filter, value};
    return true;
}

static size_t count_terms(const struct filter *f)
{
    if (f->op == FILTER_NOT)
        return count_terms(f->left);
    return f->op == FILTER_AND || f->op == FILTER_OR ? count_terms(f->left) + count_terms(f->right) : 1;
}

static bool add_change(struct reader *r, enum member_op op, struct json_object *values, struct filter *filter)
{
    struct patch *p = r->patch;

    p->changes = grown(r->arena, p->changes, p->nchanges, &r->change_cap, sizeof *p->changes);
    p->changes[p->nchanges++] =
        (struct member_change){op, r->operation, values, filter, filter == NULL ? 0 : count_terms(filter)};
    return true;
}

/* --- paths: attrPath / valuePath [subAttr] --- */

/* The offset of the ] that ends the filter which begins at from, passing over strings; s.len where there is none. */
static size_t filter_end(struct str s, size_t from)
{
    bool quoted = false;

    for (size_t i = from; i < s.len; i++) {
        if (quoted && s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            quoted = !quoted;
        else if (s.p[i] == ']' && !quoted)
            return i;
    }
    return s.len;
}

static bool is_index(struct str s)
{
    s = str_trim(s);
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.len > 0;
}

/* Each is asked of each value of an attribute. */
static bool add_terms(struct reader *r, size_t n)
{
    r->terms += n;
    return r->terms <= PATCH_TERMS_MAX ||
           filter_failed(r, arena_printf(r->arena, "more than %d terms in one message", PATCH_TERMS_MAX));
}

static bool read_path_filter(struct reader *r, struct target *t, struct str filter)
{
    struct error why = ERROR_INIT;

    if (is_index(filter))
        return path_failed(r, t->text, "values have no numbers, name them by a filter");
    t->filter = filter_parse_value(r->type, &t->path, filter, r->arena, &why);
    if (t->filter == NULL)
        return filter_failed(r, why.sentence);
    return add_terms(r, count_terms(t->filter));
}

/* What stands behind the ]: nothing or ".sub". */
static bool read_path_sub(struct reader *r, struct target *t, struct str rest)
{
    if (rest.len == 0)
        return true;
    if (rest.p[0] == '.')
        t->path.sub = attribute_find(t->path.attribute->subs, str_sub(rest, 1, rest.len));
    return t->path.sub != NULL || path_failed(r, t->text, "no sub-attribute has the name behind the ]");
}

static bool read_path(struct reader *r, struct str text, struct target *t)
{
    size_t open, close;

    text = str_trim(text);
    *t = (struct target){.text = text};
    open = str_find(text, '[', 0);
    if (!attrpath_resolve(r->type, str_trim(str_sub(text, 0, open)), &t->path))
        return path_failed(r, text, "no schema has an attribute of this name");
    if (open == text.len)
        return true;
    if (t->path.attribute == NULL || t->path.sub != NULL || !t->path.attribute->multi)
        return path_failed(r, text, "[ ] stands only behind an attribute that has several values");
    close = filter_end(text, open + 1);
    if (close == text.len)
        return path_failed(r, text, "the ] is missing");
    return read_path_filter(r, t, str_sub(text, open + 1, close)) &&
           read_path_sub(r, t, str_sub(text, close + 1, text.len));
}

/* --- values --- */

static bool is_blank(struct json_object *v)
{
    return v == NULL || (json_object_is_type(v, json_type_string) && json_object_get_string_len(v) == 0);
}

/* Dialect: a single value in an array. *v may become NULL (the array was empty). */
static bool unwrap(struct reader *r, const struct target *t, struct json_object **v)
{
    if (!json_object_is_type(*v, json_type_array))
        return true;
    if (json_object_array_length(*v) > 1)
        return value_failed(
            r, arena_printf(r->arena, "%s has one value, but several were sent", path_name(r->arena, &t->path)));
    *v = json_object_array_length(*v) == 0 ? NULL : json_object_array_get_idx(*v, 0);
    return true;
}

static bool normalise(struct reader *r, const struct attrpath *path, struct json_object *v, enum resource_form form,
                      struct json_object **out)
{
    struct error why = ERROR_INIT;

    *out = resource_normalise_value(attrpath_leaf(path), v, form, r->options, str_of(path_name(r->arena, path)), &why);
    if (*out != NULL)
        json_own(r->arena, *out);
    return error_is_set(&why) ? refused(r, &why) : true;
}

/* The values of a multi-valued attribute, an array that is not empty or NULL; dialect: one value without its array. */
static bool normalise_list(struct reader *r, const struct attrpath *path, struct json_object *v,
                           struct json_object **out)
{
    struct json_object *one;

    *out = NULL;
    if (is_blank(v))
        return true;
    if (!json_object_is_type(v, json_type_array)) {
        if (!normalise(r, path, v, RESOURCE_ELEMENT, &one) || one == NULL)
            return one == NULL && !error_is_set(r->error);
        *out = json_own(r->arena, json_object_new_array_ext(1));
        json_object_array_add(*out, json_object_get(one));
        return true;
    }
    size_t n = json_object_array_length(v);
    bool few = path->attribute->place == PLACE_MEMBERS || n <= ATTRIBUTE_VALUES_MAX;
    r->values += n;
    if (!few || r->values > PATCH_VALUES_MAX) {
        error_set(r->error, ERR_VALUES_TOO_MANY, str_of(path_name(r->arena, path)),
                  place(r->arena, few ? PATCH_VALUES_MAX : ATTRIBUTE_VALUES_MAX));
        return patch_located(r->error, r->arena, r->operation);
    }
    if (!normalise(r, path, v, RESOURCE_VALUE, out))
        return false;
    if (*out != NULL && json_object_array_length(*out) == 0)
        *out = NULL;
    return true;
}

/* --- members --- */

static bool read_members(struct reader *r, const struct target *t, struct json_object *v, struct json_object **out)
{
    if (!normalise_list(r, &t->path, v, out))
        return false;
    for (size_t i = 0; *out != NULL && i < json_object_array_length(*out); i++)
        if (is_blank(json_member(json_object_array_get_idx(*out, i), "value")))
            return value_failed(r, arena_printf(r->arena, "member %zu has no value", i + 1));
    return true;
}

/* value eq "a" or value eq "b" …: the members' values, so that nobody need look at the other members. */
static bool collect_ids(const struct filter *f, struct json_object *out)
{
    struct json_object *member;

    if (f->op == FILTER_OR)
        return collect_ids(f->left, out) && collect_ids(f->right, out);
    if (f->op != FILTER_EQ || f->value == NULL || attrpath_leaf(&f->path)->number != ATTR_TEAM_MEMBERS_VALUE)
        return false;
    member = json_object_new_object();
    json_put_member(member, "value", json_clone(f->value));
    json_object_array_add(out, member);
    return true;
}

static bool remove_members(struct reader *r, const struct target *t, struct operand o)
{
    struct json_object *values = json_own(r->arena, json_object_new_array());

    if (t->filter != NULL && collect_ids(t->filter, values))
        return add_change(r, MEMBER_REMOVE, values, NULL);
    if (t->filter != NULL && ++r->member_filters > PATCH_MEMBER_FILTERS_MAX)
        return filter_failed(r, arena_printf(r->arena, "more than %d filters in one message that ask each member",
                                             PATCH_MEMBER_FILTERS_MAX));
    if (t->filter != NULL)
        return add_change(r, MEMBER_REMOVE_IF, NULL, t->filter);
    if (!o.given || o.v == NULL)
        return add_change(r, MEMBER_REPLACE, values, NULL);
    if (!read_members(r, t, o.v, &values))
        return false;
    return values == NULL || add_change(r, MEMBER_REMOVE, values, NULL);
}

static bool read_member_change(struct reader *r, enum patch_verb verb, const struct target *t, struct operand o)
{
    struct json_object *values;

    if (t->path.sub != NULL || (t->filter != NULL && verb != PATCH_REMOVE))
        return patch_immutable(r->error, r->arena, r->operation, &t->path);
    if (verb == PATCH_REMOVE)
        return remove_members(r, t, o);
    if (!read_members(r, t, o.v, &values))
        return false;
    if (verb == PATCH_ADD)
        return values == NULL || add_change(r, MEMBER_ADD, values, NULL);
    return add_change(r, MEMBER_REPLACE, values != NULL ? values : json_own(r->arena, json_object_new_array()), NULL);
}

/* --- one attribute --- */

static bool read_target(struct reader *r, enum patch_verb verb, const struct target *t, struct operand o);

static bool read_sub(struct reader *r, enum patch_verb verb, const struct target *t, const struct attribute *sub,
                     struct json_object *v)
{
    struct target inner = *t;

    inner.path.sub = sub;
    return read_target(r, verb, &inner, (struct operand){true, v});
}

/* A key of a complex value or of an extension that is passed over, or refused. */
static bool read_unknown(struct reader *r, const char *in, const char *key)
{
    if (!r->options->reject_unknown)
        return true;
    error_set(r->error, ERR_ATTRIBUTE_UNKNOWN, str_of(in == NULL ? key : arena_printf(r->arena, "%s.%s", in, key)));
    return patch_located(r->error, r->arena, r->operation);
}

/* The sub-attributes that were sent; the others stay (trap 38). `value` comes first: a new one makes $ref void. */
static bool read_complex(struct reader *r, enum patch_verb verb, const struct target *t, struct json_object *v)
{
    const struct attribute *subs = t->path.attribute->subs, *value = attribute_find(subs, STR_LIT("value"));

    if (value != NULL && json_object_is_type(v, json_type_string))
        return read_sub(r, verb, t, value, v);
    if (!json_object_is_type(v, json_type_object))
        return value_failed(r, arena_printf(r->arena, "%s has to be an object", t->path.attribute->name));
    for (int first = 1; first >= 0; first--) {
        json_object_object_foreach(v, key, member)
        {
            const struct attribute *sub = attribute_find(subs, str_of(key));

            if (first != (value != NULL && sub == value))
                continue;
            if (sub == NULL ? !read_unknown(r, t->path.attribute->name, key)
                            : sub->mutability != MUTABILITY_READ_ONLY && !read_sub(r, verb, t, sub, member))
                return false;
        }
    }
    return true;
}

/* A single value: a simple attribute, a sub-attribute (of the values that match), or a whole value that matches. */
static bool read_single(struct reader *r, enum patch_verb verb, const struct target *t, struct json_object *v)
{
    const struct attribute *leaf = attrpath_leaf(&t->path), *value;

    if (!unwrap(r, t, &v))
        return false;
    if (is_blank(v))
        return add_step(r, verb, t, NULL);
    if (leaf->type != ATTRIBUTE_COMPLEX)
        return normalise(r, &t->path, v, leaf->multi ? RESOURCE_ELEMENT : RESOURCE_VALUE, &v) &&
               add_step(r, verb, t, v);
    if (!leaf->multi)
        return read_complex(r, verb, t, v);
    value = attribute_find(leaf->subs, STR_LIT("value"));
    if (value != NULL && json_object_is_type(v, json_type_string))
        return read_sub(r, verb, t, value, v);
    if (!normalise(r, &t->path, v, RESOURCE_PART, &v)) /* what is required is asked of what it becomes */
        return false;
    return v == NULL || add_step(r, verb, t, v);
}

static bool read_list(struct reader *r, enum patch_verb verb, const struct target *t, struct json_object *v)
{
    struct json_object *values;

    if (!normalise_list(r, &t->path, v, &values))
        return false;
    if (values == NULL && verb == PATCH_ADD) /* nothing more; an add takes nothing away (RFC 7644 3.5.2.1) */
        return true;
    return add_step(r, verb, t, values);
}

/* The attribute as a whole has several values, and all of them are meant. */
static bool is_list(const struct target *t)
{
    return attrpath_leaf(&t->path)->multi && t->filter == NULL && !(t->path.sub != NULL && t->path.attribute->multi);
}

static bool read_removal(struct reader *r, const struct target *t, struct operand o)
{
    struct json_object *values;

    if (!is_list(t) || !o.given || o.v == NULL)
        return add_step(r, PATCH_REMOVE, t, NULL);
    if (!normalise_list(r, &t->path, o.v, &values))
        return false;
    return values == NULL || (add_terms(r, json_object_array_length(values)) && add_step(r, PATCH_REMOVE, t, values));
}

/* Passwords are set aside. A remove could not be told from "no password was sent", so it is refused. */
static bool read_password(struct reader *r, enum patch_verb verb, const struct target *t, struct operand o)
{
    struct error why = ERROR_INIT;

    if (verb == PATCH_REMOVE)
        return patch_immutable(r->error, r->arena, r->operation, &t->path);
    if (r->pathless && is_blank(o.v))
        return true;
    if (!json_object_is_type(o.v, json_type_string) || is_blank(o.v))
        return value_failed(r, "the password has to be a string that is not empty");
    json_object_put(resource_normalise_value(t->path.attribute, o.v, RESOURCE_VALUE, r->options,
                                             str_of(t->path.attribute->name), &why));
    if (error_is_set(&why))
        return refused(r, &why);
    r->patch->password = o.v;
    return true;
}

static bool is_read_only(const struct attribute *attribute)
{
    return attribute->mutability == MUTABILITY_READ_ONLY || attribute->place == PLACE_DERIVED;
}

static bool is_schemas(const struct attrpath *path)
{
    return path->extension == NULL && path->attribute->parent == NULL && strcmp(path->attribute->name, "schemas") == 0;
}

static bool read_object(struct reader *r, enum patch_verb verb, const struct schema *extension, struct json_object *v);

static bool read_extension(struct reader *r, enum patch_verb verb, const struct target *t, struct operand o)
{
    if (verb == PATCH_REMOVE || (o.given && is_blank(o.v)))
        return add_step(r, PATCH_REMOVE, t, NULL);
    return read_object(r, verb, t->path.extension, o.v);
}

static bool read_target(struct reader *r, enum patch_verb verb, const struct target *t, struct operand o)
{
    const struct attribute *attribute = t->path.attribute;

    if (verb != PATCH_REMOVE && !o.given)
        return value_failed(r, "the value is missing");
    if (attribute == NULL)
        return read_extension(r, verb, t, o);
    /* `schemas` follows from which extensions have values: setting it says nothing new. */
    if (is_schemas(&t->path) && verb != PATCH_REMOVE)
        return true;
    if (is_schemas(&t->path) || is_read_only(attribute) || is_read_only(attrpath_leaf(&t->path)))
        return patch_immutable(r->error, r->arena, r->operation, &t->path);
    if (attribute->mutability == MUTABILITY_WRITE_ONLY)
        return read_password(r, verb, t, o);
    if (attribute->place == PLACE_MEMBERS)
        return read_member_change(r, verb, t, o);
    if (verb == PATCH_REMOVE)
        return read_removal(r, t, o);
    return is_list(t) ? read_list(r, verb, t, o.v) : read_single(r, verb, t, o.v);
}

/* --- values without path: an object with names as keys (trap 40) --- */

static bool read_member(struct reader *r, enum patch_verb verb, const struct schema *extension, const char *key,
                        struct json_object *v)
{
    struct str name = str_of(extension == NULL ? key : arena_printf(r->arena, "%s:%s", extension->urn, key));
    struct target t = {.text = name};

    if (str_find(name, '[', 0) < name.len)
        return read_path(r, name, &t) && read_target(r, verb, &t, (struct operand){true, v});
    if (extension == NULL && str_eq_nocase(name, str_of(r->type->core->urn)))
        return read_object(r, verb, NULL, v);
    if (!attrpath_resolve(r->type, name, &t.path))
        return read_unknown(r, extension == NULL ? NULL : extension->urn, key);
    /* What a client read and sends back counts for nothing here (a rename that carries the id). */
    if (t.path.attribute != NULL && (is_read_only(t.path.attribute) || is_read_only(attrpath_leaf(&t.path))))
        return true;
    return read_target(r, verb, &t, (struct operand){true, v});
}

static bool read_object(struct reader *r, enum patch_verb verb, const struct schema *extension, struct json_object *v)
{
    bool outer = r->pathless, ok = true;

    if (!json_object_is_type(v, json_type_object))
        return value_failed(r, extension != NULL ? "the value of an extension has to be an object"
                                                 : "without a path the value has to be an object");
    r->pathless = true;
    json_object_object_foreach(v, key, member)
    {
        ok = ok && read_member(r, verb, extension, key, member);
    }
    r->pathless = outer;
    return ok;
}

/* --- operations --- */

static bool read_verb(struct reader *r, struct json_object *op, enum patch_verb *verb)
{
    static const struct str names[] = {
        [PATCH_ADD] = STR_LIT("add"), [PATCH_REPLACE] = STR_LIT("replace"), [PATCH_REMOVE] = STR_LIT("remove")};

    if (!json_object_is_type(op, json_type_string))
        return syntax_failed(r, "op has to be add, remove or replace");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_eq_nocase(json_str(op), names[i])) {
            *verb = (enum patch_verb)i;
            return true;
        }
    }
    return syntax_failed(r, "op has to be add, remove or replace");
}

static bool read_operation(struct reader *r, struct json_object *operation)
{
    struct operand path = {false, NULL}, o = {false, NULL};
    enum patch_verb verb = PATCH_ADD;
    struct target t;

    if (!json_object_is_type(operation, json_type_object))
        return syntax_failed(r, "it has to be an object");
    if (!read_verb(r, json_member(operation, "op"), &verb))
        return false;
    json_object_object_foreach(operation, key, member)
    {
        if (str_eq_nocase(str_of(key), STR_LIT("path")))
            path = (struct operand){true, member};
        else if (str_eq_nocase(str_of(key), STR_LIT("value")))
            o = (struct operand){true, member};
    }
    if (!is_blank(path.v)) {
        if (!json_object_is_type(path.v, json_type_string))
            return syntax_failed(r, "path has to be a string");
        return read_path(r, json_str(path.v), &t) && read_target(r, verb, &t, o);
    }
    if (verb == PATCH_REMOVE) {
        error_set(r->error, ERR_PATCH_NO_TARGET, place(r->arena, r->operation), STR_LIT("(none was sent)"));
        return false;
    }
    if (!o.given)
        return value_failed(r, "the value is missing");
    return read_object(r, verb, NULL, o.v);
}

static bool read_message(struct reader *r, struct json_object *body)
{
    struct json_object *operations = json_member(body, "Operations");
    size_t n = json_object_is_type(operations, json_type_array) ? json_object_array_length(operations) : 0;

    if (!json_array_has(json_member(body, "schemas"), STR_LIT(URN_PATCH))) {
        error_set(r->error, ERR_SCHEMAS_MISSING, STR_LIT(URN_PATCH));
        return false;
    }
    r->operation = 1;
    if (n == 0)
        return syntax_failed(r, "there is none; Operations has to be an array of one or more");
    if (n > PATCH_OPERATIONS_MAX) {
        r->operation = PATCH_OPERATIONS_MAX + 1;
        return syntax_failed(r, arena_printf(r->arena, "more than %d operations are not taken", PATCH_OPERATIONS_MAX));
    }
    for (; r->operation <= n; r->operation++)
        if (!read_operation(r, json_object_array_get_idx(operations, r->operation - 1)))
            return false;
    return true;
}

struct patch *patch_parse(const struct resource_type *type, struct json_object *body, const struct resource_options *o,
                          struct arena *a, struct error *e)
{
    struct reader r = {.type = type, .options = o, .arena = a, .error = e};

    r.patch = arena_alloc(a, sizeof *r.patch);
    r.patch->unmatched = o->unmatched;
    if (!json_object_is_type(body, json_type_object)) {
        error_set(e, ERR_BODY_NOT_OBJECT);
        return NULL;
    }
    return read_message(&r, body) ? r.patch : NULL;
}

/* Whether the step's path means the attribute: itself, something in it, the whole that it is in, or its extension. */
static bool step_names(const struct attrpath *path, const struct schema *extension, const struct attribute *attribute)
{
    if (path->attribute == NULL)
        return path->extension == extension;
    return path->attribute == attribute || path->sub == attribute ||
           (path->sub == NULL && path->attribute == attribute->parent);
}

bool patch_names(const struct patch *p, const struct schema *extension, const struct attribute *attribute)
{
    for (size_t i = 0; i < p->nsteps; i++)
        if (step_names(&p->steps[i].path, extension, attribute))
            return true;
    return false;
}

bool patch_removes(const struct patch *p, const struct attribute *attribute)
{
    for (size_t i = 0; i < p->nsteps; i++)
        if (p->steps[i].verb == PATCH_REMOVE && attrpath_leaf(&p->steps[i].path) == attribute)
            return true;
    return false;
}

struct json_object *patch_password(const struct patch *p)
{
    return p->password;
}
