/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/verify.h"

#include "former.h"
#include "registry.h"
#include "roster/base/json.h"
#include "roster/directory/entry.h"
#include "roster/directory/member.h"
#include "roster/directory/password.h"
#include "roster/directory/schemas.h"
#include "roster/directory/seat.h"
#include "roster/directory/seen.h"
#include "roster/directory/state.h"
#include "roster/directory/synclog.h"
#include "roster/directory/user.h"
#include "roster/directory/walk.h"
#include "roster/scim/resource.h"

#include <inttypes.h>

#define FAULTS_TOLD 100

struct fault {
    const char *text;
    struct fault *next;
};

struct verifying {
    struct verify_report report;
    struct state state;                  /* as the account has it */
    struct account account;              /* its types, as they are now */
    uint64_t count[STATE_TYPES], active; /* as they were counted */
    uint64_t unique, indexed;            /* entries that the records ask for */
    uint64_t departed;                   /* deletions that are not finished */
    uint64_t former;                     /* what can be given back */
    uint64_t found;                      /* entries of the space that is looked at */
    uint64_t block;                      /* the block that the last ordinal was in */
    uint8_t block_type;                  /* 0: none yet */
    struct arena *words;                 /* what is to be told when the transaction is over */
    struct fault *faults, **last;
    uint64_t told;
    struct schemas_given given; /* the numbers of schemas and attributes given last */
};

static void __attribute__((format(printf, 2, 3))) complain(struct verifying *v, const char *format, ...)
{
    va_list args;

    v->report.faults++;
    if (v->told == FAULTS_TOLD)
        return;
    v->told++;
    va_start(args, format);
    *v->last = arena_alloc(v->words, sizeof **v->last);
    (*v->last)->text = arena_vprintf(v->words, format, args);
    v->last = &(*v->last)->next;
    va_end(args);
}

static const char *id_text(struct arena *arena, const struct id *id)
{
    char text[ID_TEXT_LEN + 1];

    id_format(id, text);
    return arena_strdup(arena, text);
}

/* A key of space for the report: its name and its parts. */
static const char *key_text(struct arena *arena, enum store_space space, struct str key)
{
    struct buf b;

    buf_init(&b, arena);
    buf_puts(&b, store_spaces[space].name);
    buf_putc(&b, ' ');
    key_print(&b, store_spaces[space].tuple, key);
    return buf_cstr(&b);
}

/* Whether space has key with this value; a complaint where not. */
static enum store_rc expect(struct store_txn *txn, struct arena *arena, struct verifying *v, enum store_space space,
                            const struct key *key, struct str value, const char *whose)
{
    struct str found;
    enum store_rc rc = store_get(txn, space, key_view(key), &found);

    if (rc == STORE_NOTFOUND || (rc == STORE_OK && !str_eq(found, value))) {
        complain(v, "%s of %s: %s", key_text(arena, space, key_view(key)), whose,
                 rc == STORE_OK ? "has another value" : "is missing");
        return STORE_OK;
    }
    return rc;
}

/* --- records and what they ask for --- */

static enum store_rc verify_keys(struct store_txn *txn, struct arena *arena, struct verifying *v,
                                 const struct image *im, struct json_object *resource, const struct id *id,
                                 const char *whose)
{
    struct resource_key *keys;
    size_t n = resource_keys(im->type, resource, arena, &keys);
    enum store_rc rc = STORE_OK;
    struct key k;

    for (size_t i = 0; i < n && rc == STORE_OK; i++) {
        if (keys[i].unique) {
            v->unique++;
            entry_unique_key(&k, keys[i].attribute, keys[i].value);
            rc = expect(txn, arena, v, SPACE_UNIQUE, &k, id_view(id), whose);
        } else {
            v->indexed++;
            entry_index_key(&k, keys[i].attribute, keys[i].value, id);
            rc = expect(txn, arena, v, SPACE_INDEX, &k, STR_NULL, whose);
        }
    }
    return rc;
}

/* Whether the text of an image is JSON: image_resource() takes that for granted. */
static bool is_json(const struct image *im, struct arena *arena)
{
    struct error e = ERROR_INIT;
    struct buf text;

    buf_init(&text, arena);
    buf_str(&text, im->attributes);
    buf_putc(&text, '}');
    return json_scan(buf_view(&text), JSON_DEPTH_MAX, &e);
}

/* Whether the record's extensions are schemas of the account. */
static void verify_extensions(struct verifying *v, const struct image *im, const char *whose)
{
    for (size_t i = 0; i < im->nvalues; i++) {
        struct image_value row = image_value(im, i);

        if (row.attribute == ATTR_NONE && extension_by_number(im->type, row.element) == NULL)
            complain(v, "%s: it has values of schema %u, which the account does not have", whose,
                     (unsigned)row.element);
    }
}

static enum store_rc verify_record(struct store_txn *txn, struct arena *arena, struct verifying *v,
                                   const struct resource_type *type, struct str key, struct str value)
{
    struct id id, written;
    struct image im;
    struct key k;

    v->report.keys++;
    v->count[type->number]++;
    if (!key_take_id(&key, &id) || key.len != 0 || !image_open(&im, type, value) || !is_json(&im, arena)) {
        complain(v, "a %s record cannot be read", type->name);
        return STORE_OK;
    }
    const char *whose = arena_printf(arena, "%s %s", type->name, id_text(arena, &id));
    if (!id_parse(im.id, &written) || !id_eq(&id, &written))
        complain(v, "%s: the record has another id", whose);
    if (im.version == 0 || im.version > v->state.event)
        complain(v, "%s: its version is not the number of an event", whose);
    if (im.ordinal == 0 || im.ordinal > v->state.ordinal[type->number])
        complain(v, "%s: its ordinal was never given", whose);
    verify_extensions(v, &im, whose);
    struct json_object *resource = image_resource(&im, arena);
    if (type->number == RESOURCE_USER)
        v->active += user_is_active(resource);
    entry_order_key(&k, type, im.ordinal);
    enum store_rc rc = expect(txn, arena, v, SPACE_ORDER, &k, id_view(&id), whose);
    return rc == STORE_OK ? verify_keys(txn, arena, v, &im, resource, &id, whose) : rc;
}

static enum store_rc verify_user(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    struct verifying *v = ctx;

    return verify_record(txn, arena, v, v->account.user_type, key, value);
}

static enum store_rc verify_team(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    struct verifying *v = ctx;

    return verify_record(txn, arena, v, v->account.team_type, key, value);
}

/* --- index entries, back to their records --- */

/* The record of id; STORE_NOTFOUND also where it cannot be read, which was told before. */
static enum store_rc readable_record(struct store_txn *txn, struct arena *arena, const struct resource_type *type,
                                     const struct id *id, struct image *out)
{
    struct str bytes;
    enum store_rc rc = store_get(txn, entry_space(type), id_view(id), &bytes);

    return rc == STORE_OK && !(image_open(out, type, bytes) && is_json(out, arena)) ? STORE_NOTFOUND : rc;
}

/*
 * Whether the record of id asks for the entry (attribute, value as it stands in a key). STORE_NOTFOUND: it does not, or is not there.
 */
static enum store_rc asks_for(struct store_txn *txn, struct arena *arena, const struct account *account,
                              const struct id *id, uint16_t attribute, struct str value, bool unique)
{
    const struct resource_type *const types[] = {account->user_type, account->team_type};
    struct image im;

    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        struct resource_key *keys;
        enum store_rc rc = readable_record(txn, arena, types[t], id, &im);

        if (rc != STORE_OK && rc != STORE_NOTFOUND)
            return rc;
        size_t n = rc == STORE_OK ? resource_keys(types[t], image_resource(&im, arena), arena, &keys) : 0;
        for (size_t i = 0; i < n; i++) {
            char room[KEY_VALUE_MAX];

            if (keys[i].attribute == attribute && keys[i].unique == unique &&
                str_eq(key_value(keys[i].value, room), value))
                return STORE_OK;
        }
    }
    return STORE_NOTFOUND;
}

static enum store_rc count_entry(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    struct verifying *v = ctx;

    (void)txn;
    (void)arena;
    (void)key;
    (void)value;
    v->found++;
    v->report.keys++;
    return STORE_OK;
}

static enum store_rc check_entry(struct store_txn *txn, struct arena *arena, struct verifying *v,
                                 enum store_space space, struct str whole, const struct id *owner)
{
    struct str key = whole;
    uint16_t attribute;
    struct buf value;
    struct id id;

    buf_init(&value, arena);
    bool sound = key_take_u16(&key, &attribute) && key_take_str(&key, &value);
    if (sound && owner == NULL)
        sound = key_take_id(&key, &id);
    else if (sound)
        id = *owner;
    enum store_rc rc = sound
                           ? asks_for(txn, arena, &v->account, &id, attribute, buf_view(&value), space == SPACE_UNIQUE)
                           : STORE_NOTFOUND;
    if (rc != STORE_NOTFOUND)
        return rc;
    complain(v, "%s: no record asks for it", key_text(arena, space, whole));
    return STORE_OK;
}

static enum store_rc check_unique(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                  void *ctx)
{
    struct id id;

    if (!key_take_id(&value, &id))
        memset(&id, 0, sizeof id);
    return check_entry(txn, arena, ctx, SPACE_UNIQUE, key, &id);
}

static enum store_rc check_index(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    (void)value;
    return check_entry(txn, arena, ctx, SPACE_INDEX, key, NULL);
}

/*
 * Every entry that a record asks for was looked up, and no two records share one: so entries that nobody asks for
 * show in the count, or in a complaint, and only then is it worth asking for each one whose it is.
 */
static enum store_rc verify_indexes(struct store_txn *txn, struct arena *arena, struct verifying *v)
{
    const struct {
        enum store_space space;
        walk_fn *check;
        uint64_t asked;
    } parts[] = {{SPACE_UNIQUE, check_unique, v->unique}, {SPACE_INDEX, check_index, v->indexed}};
    bool sound = v->report.faults == 0;
    enum store_rc rc = STORE_OK;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && rc == STORE_OK; i++) {
        v->found = 0;
        rc = walk_range(txn, arena, parts[i].space, STR_NULL, STR_NULL, count_entry, v);
        if (rc == STORE_OK && (!sound || v->found != parts[i].asked))
            rc = walk_range(txn, arena, parts[i].space, STR_NULL, STR_NULL, parts[i].check, v);
    }
    return rc;
}

/* --- the order of creation and its blocks --- */

static enum store_rc verify_order(struct store_txn *txn, struct arena *arena, struct str whole, struct str value,
                                  void *ctx)
{
    struct verifying *v = ctx;
    const struct resource_type *type = NULL;
    struct str key = whole;
    uint64_t ordinal;
    uint8_t number;
    struct image im;
    struct id id;
    struct key k;

    v->report.keys++;
    if (!key_take_u8(&key, &number) || !key_take_u64(&key, &ordinal) ||
        (type = account_type(&v->account, number)) == NULL || !key_take_id(&value, &id)) {
        complain(v, "%s cannot be read", key_text(arena, SPACE_ORDER, whole));
        return STORE_OK;
    }
    enum store_rc rc = readable_record(txn, arena, type, &id, &im);
    if (rc != STORE_OK && rc != STORE_NOTFOUND)
        return rc;
    if (rc == STORE_NOTFOUND || im.ordinal != ordinal)
        complain(v, "%s: no record is in this place", key_text(arena, SPACE_ORDER, whole));
    if ((v->block_type == number && v->block == ordinal / BLOCK_ORDINALS) ||
        !entry_block_is_counted(&v->state, type, ordinal))
        return STORE_OK;
    v->block_type = number;
    v->block = ordinal / BLOCK_ORDINALS;
    entry_block_key(&k, type, ordinal);
    rc = store_has(txn, SPACE_BLOCK, key_view(&k));
    if (rc == STORE_NOTFOUND)
        complain(v, "%s is missing", key_text(arena, SPACE_BLOCK, key_view(&k)));
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc verify_block(struct store_txn *txn, struct arena *arena, struct str whole, struct str value,
                                  void *ctx)
{
    struct verifying *v = ctx;
    const struct resource_type *type = NULL;
    struct str key = whole;
    uint64_t block, n = 0;
    uint16_t count = 0;
    uint8_t number;

    v->report.keys++;
    if (!key_take_u8(&key, &number) || !key_take_u64(&key, &block) ||
        (type = account_type(&v->account, number)) == NULL || block > UINT64_MAX / BLOCK_ORDINALS - 1 ||
        !key_take_u16(&value, &count)) {
        complain(v, "%s cannot be read", key_text(arena, SPACE_BLOCK, whole));
        return STORE_OK;
    }
    uint64_t first = block * BLOCK_ORDINALS;
    if (!entry_block_is_counted(&v->state, type, first))
        return STORE_OK;
    enum store_rc rc = entry_block_count(txn, type, first, &n);
    if (rc == STORE_OK && n != count)
        complain(v, "%s counts %u, but there are %" PRIu64, key_text(arena, SPACE_BLOCK, whole), (unsigned)count, n);
    return rc;
}

/* --- memberships --- */

/* One half of a membership: both ends and the other half are there. */
static enum store_rc verify_half(struct store_txn *txn, struct arena *arena, struct verifying *v,
                                 enum store_space space, struct str whole)
{
    bool is_member = space == SPACE_MEMBER;
    struct str key = whole;
    struct id first, second;
    struct key other;

    v->report.keys++;
    if (!key_take_id(&key, &first) || !key_take_id(&key, &second) || key.len != 0) {
        complain(v, "%s cannot be read", key_text(arena, space, whole));
        return STORE_OK;
    }
    key_init(&other);
    key_id(&other, &second);
    key_id(&other, &first);
    const struct {
        enum store_space space;
        struct str key;
        const char *what;
    } needs[] = {{is_member ? SPACE_TEAM : SPACE_USER, id_view(&first), is_member ? "the team" : "the user"},
                 {is_member ? SPACE_USER : SPACE_TEAM, id_view(&second), is_member ? "the user" : "the team"},
                 {is_member ? SPACE_MEMBEROF : SPACE_MEMBER, key_view(&other), "its other half"}};
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        enum store_rc rc = store_has(txn, needs[i].space, needs[i].key);

        if (rc == STORE_NOTFOUND)
            complain(v, "%s: %s is missing", key_text(arena, space, whole), needs[i].what);
        else if (rc != STORE_OK)
            return rc;
    }
    return STORE_OK;
}

static enum store_rc verify_member(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                   void *ctx)
{
    struct verifying *v = ctx;
    struct membership made;

    v->report.memberships++;
    if (!membership_read(value, &made))
        complain(v, "%s does not tell since when", key_text(arena, SPACE_MEMBER, key));
    return verify_half(txn, arena, v, SPACE_MEMBER, key);
}

static enum store_rc verify_memberof(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                     void *ctx)
{
    (void)value;
    return verify_half(txn, arena, ctx, SPACE_MEMBEROF, key);
}

/* --- events --- */

static enum store_rc verify_event(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                  void *ctx)
{
    struct verifying *v = ctx;
    struct error e = ERROR_INIT;
    uint64_t seq = 0;

    (void)txn;
    v->report.keys++;
    v->report.events++;
    if (!key_take_u64(&key, &seq) || seq != v->found + 1)
        complain(v, "event %" PRIu64 " follows event %" PRIu64, seq, v->found);
    v->found = seq;
    struct json_object *event = json_read(arena, value, &e), *written = json_member(event, "seq");
    if (event == NULL || written == NULL || !json_object_is_type(json_member(event, "type"), json_type_string))
        complain(v, "event %" PRIu64 " cannot be read", seq);
    else if ((uint64_t)json_object_get_int64(written) != seq)
        complain(v, "event %" PRIu64 " has the number %s", seq, json_object_get_string(written));
    return STORE_OK;
}

/* --- the account's own schemas --- */

static enum store_rc verify_schema(struct store_txn *txn, struct arena *arena, struct str whole, struct str value,
                                   void *ctx)
{
    struct verifying *v = ctx;
    struct schemas_given given = {0};
    struct str key = whole, definition;
    uint16_t number = 0, first;
    uint8_t type;

    (void)txn;
    v->report.keys++;
    bool sound = key_take_u16(&key, &number) && key.len == 0;
    if (sound && number == 0) {
        sound = schemas_given_read(value, &given);
        v->given = given;
    } else if (sound) {
        sound = schemas_entry_read(value, &type, &first, &definition);
    }
    if (!sound)
        complain(v, "%s cannot be read", key_text(arena, SPACE_SCHEMA, whole));
    else if (number != 0 && (number > v->given.schema || first > v->given.attribute))
        complain(v, "%s: its numbers were never given", key_text(arena, SPACE_SCHEMA, whole));
    return STORE_OK;
}

/* The account's types, as good as they can be read. */
static enum store_rc verify_types(struct store_txn *txn, struct arena *arena, struct verifying *v)
{
    enum store_rc rc = schemas_load(txn, arena, &v->account);

    if (rc == STORE_ERROR)
        complain(v, "a schema cannot be read");
    else if (rc == STORE_OK && v->account.schemas > v->state.revision)
        complain(v, "the schemas are of revision %" PRIu64 ", but the account is of %" PRIu64, v->account.schemas,
                 v->state.revision);
    return rc == STORE_ERROR ? STORE_OK : rc;
}

/* --- tokens' last uses --- */

static enum store_rc verify_tokenuse(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                     void *ctx)
{
    struct verifying *v = ctx;
    enum store_rc rc = store_has(txn, SPACE_TOKEN, key);

    v->report.keys++;
    if (!token_use_is_sound(value))
        complain(v, "%s cannot be read", key_text(arena, SPACE_TOKENUSE, key));
    if (rc == STORE_NOTFOUND)
        complain(v, "%s: the token is missing", key_text(arena, SPACE_TOKENUSE, key));
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* Who was deleted, and still is a manager. */
static enum store_rc verify_departed(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                     void *ctx)
{
    struct verifying *v = ctx;
    struct str id = key;
    struct image im;
    struct id user;

    v->departed++;
    if (!key_take_id(&id, &user) || id.len > 0 || value.len != 2 * ID_SIZE) {
        complain(v, "%s: unreadable", key_text(arena, SPACE_DEPARTED, key));
        return STORE_OK;
    }
    enum store_rc rc = entry_get(txn, v->account.user_type, &user, arena, &im);
    if (rc == STORE_OK)
        complain(v, "%s: the user is still there", key_text(arena, SPACE_DEPARTED, key));
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* --- what can be given back --- */

static enum store_rc verify_former(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                   void *ctx)
{
    struct verifying *v = ctx;
    struct former kept = {.since = 0};
    uint8_t kind;
    struct key age;

    v->report.keys++;
    v->former++;
    const char *whose = key_text(arena, SPACE_FORMER, key);
    if (!former_key_read(key, &kind, &kept.id) || kind < FORMER_GROUPS || kind > FORMER_MEMBERS ||
        !former_read(value, arena, &kept) || (kind == FORMER_USER) != (kept.resource.len > 0)) {
        complain(v, "%s cannot be read", whose);
        return STORE_OK;
    }
    if ((uint64_t)kept.since < v->state.former_first)
        complain(v, "%s is older than the state knows", whose);
    former_age_key(&age, kept.since, kind, &kept.id);
    return expect(txn, arena, v, SPACE_FORMERAGE, &age, STR_NULL, whose);
}

static enum store_rc verify_formerage(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                      void *ctx)
{
    struct verifying *v = ctx;
    struct former kept;
    int64_t since;
    uint8_t kind;
    struct str record;
    struct key k;

    (void)value;
    v->report.keys++;
    const char *whose = key_text(arena, SPACE_FORMERAGE, key);
    if (!former_age_read(key, &since, &kind, &kept.id)) {
        complain(v, "%s cannot be read", whose);
        return STORE_OK;
    }
    former_key(&k, kind, &kept.id);
    enum store_rc rc = store_get(txn, SPACE_FORMER, key_view(&k), &record);
    if (rc == STORE_NOTFOUND || (rc == STORE_OK && former_read(record, arena, &kept) && kept.since != since)) {
        complain(v, "%s: no record asks for it", whose);
        return STORE_OK;
    }
    return rc;
}

/* --- types and seats --- */

static enum store_rc verify_role(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    struct verifying *v = ctx;
    struct str rest = key;
    struct role role, successor;
    struct buf id;

    v->report.keys++;
    buf_init(&id, arena);
    if (!key_take_str(&rest, &id) || !role_read(&role, buf_view(&id), value, arena)) {
        complain(v, "%s cannot be read", key_text(arena, SPACE_ROLE, key));
        return STORE_OK;
    }
    enum store_rc rc = role_in_force(txn, arena, &role, &successor);
    if (rc == STORE_ERROR)
        complain(v, "%s: what it was removed in favour of is missing", key_text(arena, SPACE_ROLE, key));
    return rc == STORE_ERROR ? STORE_OK : rc;
}

/* Read once more: the account's own may be older than the transaction. */
static enum store_rc verify_rules(struct store_txn *txn, struct arena *arena, struct verifying *v)
{
    enum store_rc rc = rules_get(txn, &v->account.rules);

    if (rc == STORE_ERROR)
        complain(v, "the rules cannot be read");
    v->report.keys += v->account.rules.n > 0;
    for (size_t i = 0; i < v->account.rules.n && rc == STORE_OK; i++) {
        struct role role;

        rc = role_get(txn, arena, str_of(v->account.rules.rule[i].role), &role);
        if (rc == STORE_NOTFOUND)
            complain(v, "rule %zu: there is no role %s", i + 1, v->account.rules.rule[i].role);
        if (rc == STORE_NOTFOUND)
            rc = STORE_OK;
    }
    return rc == STORE_ERROR ? STORE_OK : rc;
}

/* A mark is of a user who is there; one for want of a seat, of an active one. */
static enum store_rc verify_mark(struct store_txn *txn, struct arena *arena, enum store_space space, struct str key,
                                 struct verifying *v)
{
    struct str rest = key;
    struct image im;
    struct id user;

    v->report.keys++;
    if (!key_take_id(&rest, &user) || rest.len > 0) {
        complain(v, "%s: unreadable", key_text(arena, space, key));
        return STORE_OK;
    }
    enum store_rc rc = entry_get(txn, v->account.user_type, &user, arena, &im);
    if (rc == STORE_NOTFOUND || (rc == STORE_OK && space == SPACE_OVERFLOW && !user_image_is_active(&im)))
        complain(v, "%s: the user is %s", key_text(arena, space, key), rc == STORE_OK ? "not active" : "missing");
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc verify_overflow(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                     void *ctx)
{
    (void)value;
    return verify_mark(txn, arena, SPACE_OVERFLOW, key, ctx);
}

static enum store_rc verify_protected(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                      void *ctx)
{
    (void)value;
    return verify_mark(txn, arena, SPACE_PROTECTED, key, ctx);
}

static enum store_rc verify_password(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                     void *ctx)
{
    struct verifying *v = ctx;
    char hash[HASH_TEXT_MAX];
    int64_t set;

    v->report.keys++;
    if (!password_read(value, hash, &set))
        complain(v, "%s cannot be read", key_text(arena, SPACE_PASSWORD, key));
    enum store_rc rc = store_has(txn, SPACE_USER, key);
    if (rc == STORE_NOTFOUND)
        complain(v, "%s: the user is missing", key_text(arena, SPACE_PASSWORD, key));
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static void compare(struct verifying *v, bool active, const char *what, uint64_t counted, uint64_t kept)
{
    if (counted != kept)
        complain(v, "%" PRIu64 " %s users are %s, but %" PRIu64 " are counted", counted, active ? "active" : "inactive",
                 what, kept);
}

static enum store_rc verify_custom(struct store_txn *txn, struct arena *arena, struct verifying *v, struct str role,
                                   const struct role_tally *counted)
{
    const char *id = arena_strndup(arena, role.p, role.len);
    struct role_tally kept;

    enum store_rc rc = seat_of_role(txn, role, &kept);
    if (rc != STORE_OK)
        return rc;
    compare(v, true, id, counted->active, kept.active);
    compare(v, false, id, counted->inactive, kept.inactive);
    return STORE_OK;
}

/* What the account counts by type. Users that cannot be read are told elsewhere. */
static enum store_rc verify_tally(struct store_txn *txn, struct arena *arena, struct verifying *v)
{
    struct tally *t = arena_alloc(arena, sizeof *t);
    struct store_scan *scan = NULL;
    struct str key;
    size_t n = 0;

    if (v->state.tallied != STATE_TALLIED) /* the next change counts them */
        return STORE_OK;
    enum store_rc rc = seat_count(txn, arena, &v->account, t);
    if (rc != STORE_OK)
        return rc == STORE_ERROR ? STORE_OK : rc;
    for (size_t i = 0; i < ROLE_BASES; i++) {
        compare(v, true, role_of_base(i)->id.p, t->typed[i], v->state.typed[i]);
        compare(v, false, role_of_base(i)->id.p, t->inactive[i], v->state.inactive[i]);
    }
    compare(v, true, "of no type", t->defaulted, v->state.defaulted);
    compare(v, true, "viewers for want of a seat", t->overflowed, v->state.overflowed);
    for (size_t i = 0; i < t->ncustom && rc == STORE_OK; i++)
        rc = verify_custom(txn, arena, v, t->custom[i].role, &t->custom[i].n);
    if (rc == STORE_OK)
        rc = store_scan_open(txn, SPACE_TALLY, STR_NULL, STR_NULL, STORE_FORWARD, &scan);
    while (rc == STORE_OK && (rc = store_scan_next(scan, &key, NULL)) == STORE_OK)
        n++;
    store_scan_close(&scan);
    if (rc == STORE_NOTFOUND && n != t->ncustom)
        complain(v, "%zu custom roles have users, but %zu are counted", t->ncustom, n);
    v->report.keys += n;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* --- the sync log --- */

static enum store_rc verify_log(struct store_txn *txn, struct arena *arena, struct str whole, struct str value,
                                void *ctx)
{
    struct verifying *v = ctx;
    struct str key = whole;
    uint64_t number;

    (void)txn;
    v->report.keys++;
    if (!key_take_u64(&key, &number) || key.len > 0 || !synclog_is_entry(value, arena))
        complain(v, "%s cannot be read", key_text(arena, SPACE_LOG, whole));
    else if (number == 0 || number > v->state.logged)
        complain(v, "%s: its number was never given", key_text(arena, SPACE_LOG, whole));
    return STORE_OK;
}

/* --- what was seen of identity providers --- */

static enum store_rc verify_seen(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    struct verifying *v = ctx;
    uint64_t folded;

    (void)txn;
    v->report.keys++;
    if (!seen_is_record(key, value, arena, &folded))
        complain(v, "%s cannot be read", key_text(arena, SPACE_SEEN, key));
    else if (folded > v->state.changes)
        complain(v, "%s has %" PRIu64 " changes, but the state counts %" PRIu64, key_text(arena, SPACE_SEEN, key),
                 folded, v->state.changes);
    return STORE_OK;
}

/* --- the whole --- */

static void verify_counters(struct verifying *v)
{
    const struct {
        const char *what;
        uint64_t counted, state;
    } counters[] = {{"users", v->count[1], v->state.count[1]},
                    {"teams", v->count[2], v->state.count[2]},
                    {"active users", v->active, v->state.active},
                    {"unfinished deletions", v->departed, v->state.departed},
                    {"things that can be given back", v->former, v->state.former},
                    {"events", v->report.events, v->state.event}};

    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
        if (counters[i].counted != counters[i].state)
            complain(v, "state counts %" PRIu64 " %s, but there are %" PRIu64, counters[i].state, counters[i].what,
                     counters[i].counted);
    v->report.users = v->count[1];
    v->report.teams = v->count[2];
}

static enum store_rc verify_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    static const struct {
        enum store_space space;
        walk_fn *fn;
    } parts[] = {
        {SPACE_USER, verify_user},           {SPACE_TEAM, verify_team},         {SPACE_ORDER, verify_order},
        {SPACE_BLOCK, verify_block},         {SPACE_MEMBER, verify_member},     {SPACE_MEMBEROF, verify_memberof},
        {SPACE_TOKENUSE, verify_tokenuse},   {SPACE_EVENT, verify_event},       {SPACE_SCHEMA, verify_schema},
        {SPACE_DEPARTED, verify_departed},   {SPACE_ROLE, verify_role},         {SPACE_OVERFLOW, verify_overflow},
        {SPACE_PROTECTED, verify_protected}, {SPACE_PASSWORD, verify_password}, {SPACE_FORMER, verify_former},
        {SPACE_FORMERAGE, verify_formerage}, {SPACE_LOG, verify_log},           {SPACE_SEEN, verify_seen}};
    struct verifying *v = ctx;
    struct arena *words = v->words;

    arena_reset(words);
    *v = (struct verifying){.words = words};
    v->last = &v->faults;
    enum store_rc rc = state_get(txn, &v->state);
    if (rc == STORE_ERROR)
        complain(v, "the state cannot be read");
    else if (rc != STORE_OK)
        return rc;
    rc = verify_types(txn, arena, v);
    if (rc == STORE_OK)
        rc = verify_rules(txn, arena, v);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && rc == STORE_OK; i++)
        rc = walk_range(txn, arena, parts[i].space, STR_NULL, STR_NULL, parts[i].fn, v);
    if (rc == STORE_OK)
        rc = verify_indexes(txn, arena, v);
    if (rc == STORE_OK)
        rc = verify_tally(txn, arena, v);
    if (rc == STORE_OK)
        verify_counters(v);
    return rc;
}

struct telling {
    struct verifying *v;
    void (*say)(const char *text, void *ctx);
    void *ctx;
};

static void tell(const char *text, void *ctx)
{
    struct telling *t = ctx;

    t->v->report.faults++;
    if (t->v->told < FAULTS_TOLD) {
        t->v->told++;
        t->say(text, t->ctx);
    }
}

bool verify_account(struct store *s, struct arena *a, const struct account *account,
                    void (*say)(const char *text, void *ctx), void *ctx, struct verify_report *out, struct error *e)
{
    struct arena *scratch = arena_new(0);
    struct verifying v = {.words = arena_new(0)};
    struct telling telling = {&v, say, ctx};

    (void)a;
    bool ok = registry_done(store_run(s, account->number, STORE_FREEZE, scratch, verify_body, &v), e);
    for (const struct fault *f = ok ? v.faults : NULL; f != NULL; f = f->next)
        say(f->text, ctx);
    ok = ok && token_verify(s, scratch, account->number, tell, &telling, &v.report.keys, e);
    *out = v.report;
    arena_free(&v.words);
    arena_free(&scratch);
    return ok;
}
