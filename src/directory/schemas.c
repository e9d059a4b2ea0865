/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/schemas.h"

#include "registry.h"
#include "roster/directory/state.h"
#include "roster/scim/discovery.h"
#include "roster/scim/image.h"

#include <assert.h>

#define ENTRY_VERSION 1
#define PATIENCE      8 /* times */

/* --- the entries of the space: 0 has what was given, any other number a schema --- */

static void number_key(struct key *k, uint16_t number)
{
    key_init(k);
    key_u16(k, number);
}

bool schemas_given_read(struct str bytes, struct schemas_given *out)
{
    uint8_t version = 0;

    return key_take_u8(&bytes, &version) && version == ENTRY_VERSION && key_take_u64(&bytes, &out->revision) &&
           key_take_u16(&bytes, &out->schema) && key_take_u16(&bytes, &out->attribute) && bytes.len == 0;
}

/* All 0 and ATTR_OWN - 1 where the account never had a schema of its own. */
static enum store_rc given_get(struct store_txn *txn, struct schemas_given *out)
{
    struct str bytes;
    struct key k;

    *out = (struct schemas_given){.attribute = ATTR_OWN - 1};
    number_key(&k, 0);
    enum store_rc rc = store_get(txn, SPACE_SCHEMA, key_view(&k), &bytes);
    if (rc == STORE_NOTFOUND)
        return STORE_OK;
    return rc == STORE_OK && !schemas_given_read(bytes, out) ? STORE_ERROR : rc;
}

/* The next revision, there and of the account. */
static enum store_rc given_put(struct store_txn *txn, struct schemas_given *given)
{
    struct key k, value;
    struct state state;

    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    given->revision++;
    state.revision++;
    number_key(&k, 0);
    key_init(&value);
    key_u8(&value, ENTRY_VERSION);
    key_u64(&value, given->revision);
    key_u16(&value, given->schema);
    key_u16(&value, given->attribute);
    rc = store_put(txn, SPACE_SCHEMA, key_view(&k), key_view(&value));
    return rc == STORE_OK ? state_put(txn, &state) : rc;
}

bool schemas_entry_read(struct str bytes, uint8_t *type, uint16_t *first, struct str *definition)
{
    uint8_t version = 0;

    if (!key_take_u8(&bytes, &version) || version != ENTRY_VERSION || !key_take_u8(&bytes, type) ||
        (*type != RESOURCE_USER && *type != RESOURCE_TEAM) || !key_take_u16(&bytes, first) || *first < ATTR_OWN)
        return false;
    *definition = bytes;
    return true;
}

static enum store_rc entry_put(struct store_txn *txn, struct arena *arena, uint16_t number, uint8_t type,
                               uint16_t first, struct str definition)
{
    struct key k, head;
    struct buf b;

    key_init(&head);
    key_u8(&head, ENTRY_VERSION);
    key_u8(&head, type);
    key_u16(&head, first);
    buf_init(&b, arena);
    buf_str(&b, key_view(&head));
    buf_str(&b, definition);
    number_key(&k, number);
    return store_insert(txn, SPACE_SCHEMA, key_view(&k), buf_view(&b));
}

/* --- building the types --- */

/* The extensions of a type, while they come. */
struct extensions {
    const struct schema **list;
    size_t n;
};

/* The common extensions of base, and room for all that an account may add. */
static struct extensions extensions_of(const struct resource_type *base, struct arena *a)
{
    struct extensions x = {.n = 0};

    while (base->extensions[x.n] != NULL)
        x.n++;
    x.list = arena_alloc(a, (x.n + SCHEMAS_MAX + 1) * sizeof *x.list);
    memcpy(x.list, base->extensions, x.n * sizeof *x.list);
    return x;
}

static const struct resource_type *type_with(const struct resource_type *base, const struct extensions *x,
                                             struct arena *a)
{
    struct resource_type *type = arena_alloc(a, sizeof *type);

    *type = *base;
    type->extensions = x->list;
    return type;
}

/* Reads an entry and adds what it defines to the type that it is for. */
static bool take_entry(struct str key, struct str value, struct arena *a, struct extensions *users,
                       struct extensions *teams, size_t *n)
{
    struct error e = ERROR_INIT;
    struct str definition;
    struct schema *schema;
    uint16_t number, first;
    uint8_t type;

    if (*n == SCHEMAS_MAX || !key_take_u16(&key, &number) || !schemas_entry_read(value, &type, &first, &definition) ||
        (schema = schema_read(definition, first, a, &e)) == NULL)
        return false;
    struct extensions *to = type == RESOURCE_USER ? users : teams;
    schema->number = number;
    to->list[to->n++] = schema;
    ++*n;
    return true;
}

enum store_rc schemas_revision(struct store_txn *txn, uint64_t *out)
{
    struct schemas_given given;
    enum store_rc rc = given_get(txn, &given);

    *out = given.revision;
    return rc;
}

enum store_rc schemas_load(struct store_txn *txn, struct arena *a, struct account *account)
{
    struct extensions users = extensions_of(&resource_type_user, a), teams = extensions_of(&resource_type_team, a);
    struct store_scan *scan = NULL;
    struct str key, value;
    bool sound = true;
    size_t n = 0;
    struct key from;

    account->user_type = &resource_type_user;
    account->team_type = &resource_type_team;
    enum store_rc rc = schemas_revision(txn, &account->schemas); /* first: what is read later is no older */
    if (rc != STORE_OK || account->schemas == 0)
        return rc;
    number_key(&from, 1);
    rc = store_scan_open(txn, SPACE_SCHEMA, key_view(&from), STR_NULL, STORE_FORWARD, &scan);
    while (rc == STORE_OK && (rc = store_scan_next(scan, &key, &value)) == STORE_OK)
        sound = take_entry(key, value, a, &users, &teams, &n) && sound;
    store_scan_close(&scan);
    if (rc != STORE_NOTFOUND)
        return rc;
    if (n > 0) {
        account->user_type = type_with(&resource_type_user, &users, a);
        account->team_type = type_with(&resource_type_team, &teams, a);
    }
    return sound ? STORE_OK : STORE_ERROR;
}

const struct schema *schemas_own(const struct account *account, struct str urn, const struct resource_type **type)
{
    const struct resource_type *const types[] = {account->user_type, account->team_type};

    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        const struct schema *found = extension_find(types[t], urn);

        *type = types[t];
        if (found != NULL && found->number != 0)
            return found;
    }
    return NULL;
}

/* --- adding --- */

static bool clashes(struct str urn, const struct schema *other, struct error *e)
{
    if (!schema_urns_clash(urn, str_of(other->urn)))
        return false;
    error_set(e, ERR_SCHEMA_TAKEN, urn, str_of(other->urn));
    return true;
}

/* Whether the URN is that of another schema, or begins one, or the other way round. */
static bool is_taken(struct str urn, const struct account *account, struct error *e)
{
    const struct resource_type *const types[] = {account->user_type, account->team_type, &resource_type_role};

    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        if (clashes(urn, types[t]->core, e))
            return true;
        for (const struct schema *const *x = types[t]->extensions; *x != NULL; x++)
            if (clashes(urn, *x, e))
                return true;
    }
    for (const struct schema *const *m = discovery_meta_schemas; *m != NULL; m++)
        if (clashes(urn, *m, e))
            return true;
    return false;
}

/* What the account has of its own already. */
struct own {
    size_t schemas, attributes, bytes;
};

static struct str definition_of(const struct schema *schema, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena);
    discovery_definition(&b, schema);
    return buf_view(&b);
}

static void count_own(struct own *own, const struct resource_type *type, struct arena *arena)
{
    for (const struct schema *const *x = type->extensions; *x != NULL; x++) {
        if ((*x)->number == 0)
            continue;
        own->schemas++;
        own->attributes += schema_numbers(*x);
        own->bytes += definition_of(*x, arena).len;
    }
}

static_assert(SCHEMAS_MAX == 16 && SCHEMAS_ATTRIBUTES_MAX == 1000 && SCHEMAS_BYTES_MAX == 262144, "as the texts say");

/* What the account lacks for a further schema, or NULL. */
static const char *want_of_room(const struct account *account, const struct schemas_given *given, size_t numbers,
                                size_t bytes, struct arena *arena)
{
    struct own own = {.schemas = 0};

    count_own(&own, account->user_type, arena);
    count_own(&own, account->team_type, arena);
    if (own.schemas >= SCHEMAS_MAX)
        return "it has 16 of its own";
    if (own.attributes + numbers > SCHEMAS_ATTRIBUTES_MAX)
        return "all its schemas together may have 1000 attributes and sub-attributes";
    if (own.bytes + bytes > SCHEMAS_BYTES_MAX)
        return "all its schemas together may have 262144 bytes, as 'schema show' prints them";
    if (given->schema == UINT16_MAX || given->attribute + numbers >= UINT16_MAX)
        return "all numbers of schemas or attributes were given; an export and import gives new ones";
    return NULL;
}

enum store_rc schemas_put(struct store_txn *txn, struct arena *arena, uint8_t type, struct str text, struct error *e)
{
    struct account account;
    struct schemas_given given;
    const struct schema *schema = schema_read(text, ATTR_OWN, arena, e);

    assert(type == RESOURCE_USER || type == RESOURCE_TEAM);
    if (schema == NULL)
        return STORE_REFUSED;
    enum store_rc rc = schemas_load(txn, arena, &account);
    if (rc != STORE_OK || (rc = given_get(txn, &given)) != STORE_OK)
        return rc;
    if (is_taken(str_of(schema->urn), &account, e))
        return STORE_REFUSED;
    size_t numbers = schema_numbers(schema);
    struct str definition = definition_of(schema, arena);
    const char *want = want_of_room(&account, &given, numbers, definition.len, arena);
    if (want != NULL) {
        error_set(e, ERR_SCHEMA_LIMIT, str_of(want));
        return STORE_REFUSED;
    }
    uint16_t first = (uint16_t)(given.attribute + 1);
    given.schema++;
    given.attribute = (uint16_t)(given.attribute + numbers);
    rc = entry_put(txn, arena, given.schema, type, first, definition);
    if (rc == STORE_OK)
        rc = given_put(txn, &given);
    return rc == STORE_EXISTS ? STORE_ERROR : rc;
}

struct adding {
    uint8_t type;
    struct str text;
    struct error *e;
};

static enum store_rc add_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    const struct adding *w = ctx;

    return schemas_put(txn, arena, w->type, w->text, w->e);
}

bool schemas_add(struct store *s, struct arena *a, const struct account *account, uint8_t type, struct str text,
                 struct error *e)
{
    struct adding w = {type, text, e};

    return registry_done(store_run(s, account->number, STORE_WRITE, a, add_body, &w), e);
}

/* --- removing: a look at every record while nobody writes, then the removal, if nothing was written in between --- */

struct removal {
    struct str urn;
    uint16_t number;
    uint64_t event; /* the account's last when the records were looked at */
    struct error *e;
};

struct looking {
    const struct resource_type *type;
    const struct schema *schema;
    struct removal *removal;
};

static enum store_rc look(struct store_txn *txn, struct arena *arena, struct str key, struct str value, void *ctx)
{
    const struct looking *l = ctx;
    struct image im;

    (void)txn;
    (void)arena;
    (void)key;
    if (!image_open(&im, l->type, value))
        return STORE_ERROR;
    if (!image_extension(&im, l->schema))
        return STORE_OK;
    error_set(l->removal->e, ERR_SCHEMA_IN_USE, str_of(l->schema->urn), str_of(l->type->name), im.id);
    return STORE_REFUSED;
}

static enum store_rc look_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct removal *r = ctx;
    struct looking l = {.removal = r};
    struct account account;
    struct state state;

    enum store_rc rc = schemas_load(txn, arena, &account);
    if (rc != STORE_OK || (rc = state_get(txn, &state)) != STORE_OK)
        return rc;
    r->event = state.event;
    l.schema = schemas_own(&account, r->urn, &l.type);
    if (l.schema == NULL) {
        error_set(r->e, ERR_SCHEMA_UNKNOWN, r->urn);
        return STORE_REFUSED;
    }
    r->number = l.schema->number;
    return walk_range(txn, arena, l.type->number == RESOURCE_USER ? SPACE_USER : SPACE_TEAM, STR_NULL, STR_NULL, look,
                      &l);
}

/* STORE_EXISTS: something was written since the records were looked at. */
static enum store_rc remove_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    const struct removal *r = ctx;
    struct schemas_given given;
    struct state state;
    struct key k;

    (void)arena;
    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    if (state.event != r->event)
        return STORE_EXISTS;
    number_key(&k, r->number);
    rc = store_delete(txn, SPACE_SCHEMA, key_view(&k));
    if (rc == STORE_NOTFOUND) {
        error_set(r->e, ERR_SCHEMA_UNKNOWN, r->urn);
        return STORE_REFUSED;
    }
    if (rc != STORE_OK || (rc = given_get(txn, &given)) != STORE_OK)
        return rc;
    return given_put(txn, &given);
}

bool schemas_remove(struct store *s, struct arena *a, const struct account *account, struct str urn, struct error *e)
{
    struct removal r = {.urn = urn, .e = e};
    enum store_rc rc = STORE_EXISTS;

    for (int i = 0; i < PATIENCE && rc == STORE_EXISTS; i++) {
        rc = store_run(s, account->number, STORE_FREEZE, a, look_body, &r);
        if (rc == STORE_OK)
            rc = store_run(s, account->number, STORE_WRITE, a, remove_body, &r);
    }
    return registry_done(rc == STORE_EXISTS ? STORE_BUSY : rc, e);
}
