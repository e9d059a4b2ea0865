/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/scim/schema_read.h"

#include "roster/base/json.h"
#include "roster/scim/discovery.h"

struct reader {
    struct arena *arena; /* where the tables live */
    struct error *error;
    uint16_t next; /* number of the next attribute */
};

static bool fail(const struct reader *r, struct str place, const char *why)
{
    error_set(r->error, ERR_SCHEMA_INVALID, place, str_of(why));
    return false;
}

/* --- texts --- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The string v as text of a table, or NULL with the error set. least, most: its length in bytes. */
static const char *read_text(const struct reader *r, struct str place, const char *what, struct json_object *v,
                             size_t least, size_t most)
{
    struct str s = json_object_is_type(v, json_type_string) ? json_str(v) : STR_NULL;

    if (s.p != NULL && s.len >= least && s.len <= most)
        return arena_strndup(r->arena, s.p, s.len);
    fail(r, place, arena_printf(r->arena, "%s has to be a string of %zu to %zu bytes", what, least, most));
    return NULL;
}

/* --- URNs --- */

static bool is_nid(struct str s)
{
    if (s.len < 2 || s.len > 32 || s.p[0] == '-' || s.p[s.len - 1] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter(s.p[i]) && !is_digit(s.p[i]) && s.p[i] != '-')
            return false;
    return true;
}

/*
 * What is wrong with s as an extension's URN (RFC 8141, RFC 7643 10.2.1), or NULL. Of the characters that URNs may have,
 * those are taken that can stand before an attribute's name in paths, filters and lists of names.
 */
static const char *urn_fault(struct str s)
{
    size_t end = s.len < 4 ? s.len : str_find(s, ':', 4);

    if (s.len > SCHEMA_URN_MAX)
        return "id has more than 200 bytes";
    if (!str_starts_nocase(s, STR_LIT("urn:")) || !is_nid(str_sub(s, 4, end)) || end + 1 >= s.len)
        return "id has to be a URN such as urn:ietf:params:scim:schemas:extension:acme:2.0:User";
    for (size_t i = end + 1; i < s.len; i++)
        if (!is_letter(s.p[i]) && !is_digit(s.p[i]) && memchr("-._:", s.p[i], 4) == NULL)
            return "id may have letters, digits and - . _ : only";
    if (!is_letter(s.p[s.len - 1]) && !is_digit(s.p[s.len - 1]))
        return "id has to end in a letter or a digit";
    if (str_starts_nocase(s, STR_LIT("urn:ietf:params:scim:api:")))
        return "id is of the URNs of SCIM's messages";
    return NULL;
}

/* Whether a path that begins with whole could be one with prefix before a name. */
static bool begins(struct str whole, struct str prefix)
{
    return str_starts_nocase(whole, prefix) &&
           (whole.len == prefix.len || whole.p[prefix.len] == ':' || whole.p[prefix.len] == '.');
}

bool schema_urns_clash(struct str a, struct str b)
{
    return begins(a, b) || begins(b, a);
}

/* --- characteristics: each takes its value, or NULL where there is none, and has the type before it --- */

typedef bool read_characteristic(const struct reader *r, struct str place, struct json_object *v,
                                 struct attribute *out);

static bool read_bool(const struct reader *r, struct str place, const char *name, struct json_object *v, bool *out)
{
    if (v == NULL)
        return true;
    if (!json_object_is_type(v, json_type_boolean))
        return fail(r, place, arena_printf(r->arena, "%s has to be true or false", name));
    *out = json_object_get_boolean(v);
    return true;
}

/* The place of a word among those that RFC 7643 7 has; the first where nothing is said. */
static bool read_word(const struct reader *r, struct str place, const char *name, struct json_object *v,
                      const char *const *words, int *out)
{
    struct buf known;

    *out = 0;
    if (v == NULL)
        return true;
    buf_init(&known, r->arena);
    for (int i = 0; words[i] != NULL; i++) {
        *out = i;
        if (json_object_is_type(v, json_type_string) && str_eq_nocase(json_str(v), str_of(words[i])))
            return true;
        buf_printf(&known, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    return fail(r, place, arena_printf(r->arena, "%s has to be one of %s", name, buf_cstr(&known)));
}

static bool read_words(const struct reader *r, struct str place, const char *name, struct json_object *v,
                       const char *const **out)
{
    const char **words;
    size_t n;

    if (v == NULL)
        return true;
    if (!json_object_is_type(v, json_type_array) || (n = json_object_array_length(v)) > SCHEMA_WORDS_MAX)
        return fail(r, place, arena_printf(r->arena, "%s has to be an array of at most 100 strings", name));
    words = arena_alloc(r->arena, (n + 1) * sizeof *words);
    for (size_t i = 0; i < n; i++)
        if ((words[i] = read_text(r, place, name, json_object_array_get_idx(v, i), 1, SCHEMA_WORD_MAX)) == NULL)
            return false;
    *out = n == 0 ? NULL : words;
    return true;
}

static bool read_type(const struct reader *r, struct str place, struct json_object *v, struct attribute *out)
{
    int word;

    if (!read_word(r, place, "type", v, attribute_type_words, &word))
        return false;
    out->type = (enum attribute_type)word;
    return out->type != ATTRIBUTE_COMPLEX || out->parent == NULL ||
           fail(r, place, "a complex attribute cannot be in a complex one (RFC 7643 2.3.8)");
}

static bool read_multi(const struct reader *r, struct str place, struct json_object *v, struct attribute *out)
{
    return read_bool(r, place, "multiValued", v, &out->multi) &&
           (!out->multi || out->parent == NULL || !out->parent->multi ||
            fail(r, place, "a sub-attribute of an attribute with several values cannot have several itself"));
}

static bool read_description(const struct reader *r, struct str place, struct json_object *v, struct attribute *out)
{
    out->description = v == NULL ? "" : read_text(r, place, "description", v, 0, SCHEMA_TEXT_MAX);
    return out->description != NULL;
}

static bool read_required(const struct reader *r, struct str place, struct json_object *v, struct attribute *out)
{
    return read_bool(r, place, "required", v, &out->required);
}

static bool read_canonical(const struct reader *r, struct str place, struct json_object *v, struct attribute *out)
{
    return read_words(r, place, "canonicalValues", v, &out->canonical) &&
           (out->canonical == NULL || out->type == ATTRIBUTE_STRING || out->type == ATTRIBUTE_REFERENCE ||
            fail(r, place, "only strings and references have canonicalValues"));
}

static bool read_case_exact(const struct reader *r, struct str place, struct json_object *v, struct attribute *out)
{
    bool binary = out->type == ATTRIBUTE_BINARY, exact = binary || out->type == ATTRIBUTE_REFERENCE;

    if (!read_bool(r, place, "caseExact", v, &exact))
        return false;
    out->case_exact = exact && (binary || out->type == ATTRIBUTE_STRING || out->type == ATTRIBUTE_REFERENCE);
    return exact || !binary || fail(r, place, "binary values are caseExact (RFC 7643 2.3.6)");
}

static bool read_mutability(const struct reader *r, struct str place, struct json_object *v, struct attribute *out)
{
    int word;

    if (!read_word(r, place, "mutability", v, mutability_words, &word))
        return false;
    out->mutability = (enum attribute_mutability)word;
    return out->mutability != MUTABILITY_WRITE_ONLY ||
           fail(r, place, "writeOnly is not taken: nobody could use the value");
}

static bool read_returned(const struct reader *r, struct str place, struct json_object *v, struct attribute *out)
{
    int word;

    if (!read_word(r, place, "returned", v, returned_words, &word))
        return false;
    out->returned = (enum attribute_returned)word;
    return out->returned != RETURNED_NEVER || fail(r, place, "returned never is not taken: nobody could use the value");
}

/* Uniqueness is kept by an index of single texts. */
static bool can_be_unique(const struct attribute *a)
{
    return a->parent == NULL && !a->multi && (a->type == ATTRIBUTE_STRING || a->type == ATTRIBUTE_REFERENCE);
}

static bool read_uniqueness(const struct reader *r, struct str place, struct json_object *v, struct attribute *out)
{
    int word;

    if (!read_word(r, place, "uniqueness", v, uniqueness_words, &word))
        return false;
    if (word == UNIQUENESS_NONE)
        return true;
    if (out->type == ATTRIBUTE_COMPLEX)
        return fail(r, place, "a complex attribute has no uniqueness (RFC 7643, erratum 6004)");
    if (word == UNIQUENESS_GLOBAL)
        return fail(r, place, "uniqueness global is not taken: server is what can be kept");
    if (!can_be_unique(out))
        return fail(r, place,
                    "uniqueness server is for strings and references that have one value and are no sub-attributes");
    out->uniqueness = UNIQUENESS_SERVER;
    out->index = INDEX_UNIQUE;
    return true;
}

static bool read_references(const struct reader *r, struct str place, struct json_object *v, struct attribute *out)
{
    return read_words(r, place, "referenceTypes", v, &out->references) &&
           (out->references == NULL || out->type == ATTRIBUTE_REFERENCE ||
            fail(r, place, "only references have referenceTypes"));
}

static const struct {
    const char *name;
    read_characteristic *read; /* NULL: read_attribute() and read_attributes() do it */
} characteristics[] = {
    {"name", NULL},
    {"type", read_type},
    {"multiValued", read_multi},
    {"description", read_description},
    {"required", read_required},
    {"canonicalValues", read_canonical},
    {"caseExact", read_case_exact},
    {"mutability", read_mutability},
    {"returned", read_returned},
    {"uniqueness", read_uniqueness},
    {"referenceTypes", read_references},
    {"subAttributes", NULL},
};
#define CHARACTERISTICS (sizeof characteristics / sizeof characteristics[0])

/* --- attributes --- */

/* ATTRNAME of RFC 7643 2.1; and $ref, which no other name may begin like (erratum 8924). */
static const char *name_fault(const struct attribute *a, struct str s)
{
    static const struct str reserved[] = {STR_LIT("schemas"), STR_LIT("id"), STR_LIT("externalId"), STR_LIT("meta")};

    if (a->parent != NULL && str_eq(s, STR_LIT("$ref")))
        return NULL;
    if (s.len == 0 || s.len > SCHEMA_NAME_MAX || !is_letter(s.p[0]))
        return "its name has to begin with a letter and have 1 to 64 bytes";
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter(s.p[i]) && !is_digit(s.p[i]) && memchr("$-_", s.p[i], 3) == NULL)
            return "its name may have letters of ASCII, digits and $ - _ only";
    for (size_t i = 0; a->parent == NULL && i < sizeof reserved / sizeof reserved[0]; i++)
        if (str_eq_nocase(s, reserved[i]))
            return "the name is that of a common attribute";
    return NULL;
}

static bool check_members(const struct reader *r, struct str place, struct json_object *v)
{
    json_object_object_foreach(v, key, value)
    {
        bool known = false;

        (void)value;
        for (size_t i = 0; i < CHARACTERISTICS; i++)
            known = known || str_eq_nocase(str_of(key), str_of(characteristics[i].name));
        if (!known)
            return fail(r, place, arena_printf(r->arena, "%.64s is no characteristic of RFC 7643 7", key));
    }
    return true;
}

/* The name as it is kept: a sub-attribute that means something by its name is looked for as RFC 7643 2.4 writes it. */
static const char *kept_name(const struct attribute *a, struct str text, struct arena *arena)
{
    static const char *const special[] = {"type", "primary", "display", "value", "$ref"};

    for (size_t i = 0; a->parent != NULL && i < sizeof special / sizeof special[0]; i++)
        if (str_eq_nocase(text, str_of(special[i])))
            return special[i];
    return arena_strndup(arena, text.p, text.len);
}

static bool check_special(const struct reader *r, struct str place, const struct attribute *a)
{
    struct str name = str_of(a->name);

    if (a->parent == NULL)
        return true;
    if (str_eq(name, STR_LIT("primary")) && (a->type != ATTRIBUTE_BOOLEAN || a->multi))
        return fail(r, place, "a sub-attribute called primary is a single boolean (RFC 7643 2.4)");
    if (str_eq(name, STR_LIT("$ref")) && (a->type != ATTRIBUTE_REFERENCE || a->multi))
        return fail(r, place, "a sub-attribute called $ref is a single reference (RFC 7643 2.4)");
    return true;
}

/* One attribute but for its number and its sub-attributes. list: those before it at its level. */
static bool read_attribute(const struct reader *r, struct str up, struct json_object *v, const struct attribute *list,
                           struct attribute *out)
{
    struct json_object *name = json_member(v, "name");
    const char *fault;

    if (!json_object_is_type(v, json_type_object) || !json_object_is_type(name, json_type_string))
        return fail(r, up, "every attribute is an object with a name");
    struct str place = up, text = json_str(name);
    if (out->parent != NULL)
        place = str_of(arena_printf(r->arena, "%s.%.64s", out->parent->name, json_object_get_string(name)));
    else
        place = arena_str(r->arena, text);
    if ((fault = name_fault(out, text)) != NULL)
        return fail(r, place, fault);
    if (attribute_find(list, text) != NULL)
        return fail(r, place, "the name occurs twice; names are compared without regard to case");
    out->name = kept_name(out, text, r->arena);
    if (!check_members(r, place, v))
        return false;
    for (size_t i = 0; i < CHARACTERISTICS; i++)
        if (characteristics[i].read != NULL &&
            !characteristics[i].read(r, place, json_member(v, characteristics[i].name), out))
            return false;
    return check_special(r, place, out);
}

static struct attribute *read_attributes(struct reader *r, struct str place, const struct attribute *parent,
                                         struct json_object *values);

static bool read_subs(struct reader *r, struct json_object *v, struct attribute *out)
{
    struct json_object *values = json_member(v, "subAttributes");
    struct str place = str_of(out->name);

    if (out->type != ATTRIBUTE_COMPLEX)
        return values == NULL ||
               (json_object_is_type(values, json_type_array) && json_object_array_length(values) == 0) ||
               fail(r, place, "only complex attributes have subAttributes");
    return (out->subs = read_attributes(r, place, out, values)) != NULL;
}

/* A level of attributes: those of the schema or the sub-attributes of parent. NULL: *r->error. */
static struct attribute *read_attributes(struct reader *r, struct str place, const struct attribute *parent,
                                         struct json_object *values)
{
    size_t most = parent == NULL ? SCHEMA_ATTRIBUTES_MAX : SCHEMA_SUBS_MAX;
    size_t n = json_object_is_type(values, json_type_array) ? json_object_array_length(values) : 0;

    if (n == 0 || n > most) {
        fail(r, place,
             arena_printf(r->arena, "it has to have 1 to %zu %s", most,
                          parent == NULL ? "attributes" : "subAttributes, as it is complex"));
        return NULL;
    }
    struct attribute *list = arena_alloc(r->arena, (n + 1) * sizeof *list);
    for (size_t i = 0; i < n; i++) {
        struct json_object *v = json_object_array_get_idx(values, i);

        struct attribute a = {.parent = parent, .place = PLACE_RECORD};
        if (!read_attribute(r, place, v, list, &a))
            return NULL;
        a.number = r->next++;
        list[i] = a;
        if (!read_subs(r, v, &list[i]))
            return NULL;
    }
    return list;
}

/* --- the whole --- */

static bool check_top(const struct reader *r, struct json_object *o)
{
    static const struct str known[] = {STR_LIT("schemas"),     STR_LIT("id"),         STR_LIT("name"),
                                       STR_LIT("description"), STR_LIT("attributes"), STR_LIT("meta")};
    struct json_object *schemas = json_member(o, "schemas");

    json_object_object_foreach(o, key, value)
    {
        bool found = false;

        (void)value;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            found = found || str_eq_nocase(str_of(key), known[i]);
        if (!found)
            return fail(r, str_of(key), "a schema has id, name, description and attributes only");
    }
    return schemas == NULL /* RFC 7643 8.7 leaves it out itself */ || json_array_has(schemas, STR_LIT(URN_SCHEMA)) ||
           fail(r, STR_LIT("schemas"), "it does not name " URN_SCHEMA);
}

static struct schema *read_schema(struct reader *r, struct json_object *o)
{
    struct json_object *id = json_member(o, "id"), *name = json_member(o, "name");
    struct json_object *description = json_member(o, "description");
    struct schema *s = arena_alloc(r->arena, sizeof *s);
    struct str here = STR_LIT("the schema");

    if (!check_top(r, o))
        return NULL;
    struct str urn = json_object_is_type(id, json_type_string) ? json_str(id) : STR_LIT("");
    const char *fault = urn_fault(urn);
    if (fault != NULL) {
        fail(r, here, fault);
        return NULL;
    }
    s->urn = arena_strndup(r->arena, urn.p, urn.len);
    s->name =
        name == NULL ? s->urn /* as long as a name may be */ : read_text(r, here, "name", name, 1, SCHEMA_URN_MAX);
    s->description = description == NULL ? "" : read_text(r, here, "description", description, 0, SCHEMA_TEXT_MAX);
    if (s->name == NULL || s->description == NULL)
        return NULL;
    s->attributes = read_attributes(r, here, NULL, json_member(o, "attributes"));
    return s->attributes == NULL ? NULL : s;
}

struct schema *schema_read(struct str text, uint16_t first, struct arena *a, struct error *e)
{
    struct arena *scratch = arena_new(0);
    struct reader r = {.arena = a, .error = e, .next = first};
    struct error why = ERROR_INIT;
    struct schema *s = NULL;

    if (text.len > SCHEMA_BYTES_MAX) {
        fail(&r, STR_LIT("the definition"), "it has more than 262144 bytes");
    } else {
        struct json_object *o = json_read(scratch, text, &why);

        if (json_object_is_type(o, json_type_object))
            s = read_schema(&r, o);
        else
            fail(&r, STR_LIT("the definition"), error_is_set(&why) ? why.sentence : "it is not a JSON object");
    }
    arena_free(&scratch);
    return s;
}

static size_t count(const struct attribute *list)
{
    size_t n = 0;

    for (const struct attribute *a = list; a->name != NULL; a++)
        n += 1 + (a->subs == NULL ? 0 : count(a->subs));
    return n;
}

size_t schema_numbers(const struct schema *schema)
{
    return count(schema->attributes);
}
