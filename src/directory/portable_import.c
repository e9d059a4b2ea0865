/* SPDX-License-Identifier: Apache-2.0 */
#include "portable_form.h"
#include "registry.h"
#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/directory/entry.h"
#include "roster/directory/member.h"
#include "roster/directory/password.h"
#include "roster/directory/portable.h"
#include "roster/directory/schemas.h"
#include "roster/directory/seat.h"
#include "roster/directory/user.h"
#include "roster/scim/resource.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#define LINE_BYTES_MAX ((size_t)32 * 1024 * 1024) /* a value of the store has half of it */
#define BATCH_LINES    500
#define BATCH_BYTES    ((size_t)4 * 1024 * 1024)

/* --- lines --- */

struct line {
    uint64_t number;
    enum portable_kind kind;
    struct str text;
};

/* How far the import is; what a transaction raises counts when it was committed. */
struct progress {
    uint64_t ordinal[STATE_TYPES], count[STATE_TYPES], active, event;
};

struct importing {
    struct store *store;
    struct arena *arena; /* of one batch */
    FILE *in;
    char *text; /* of getline() */
    size_t room;
    struct line next; /* was read and not used yet; text.p NULL: the end */
    uint64_t lines;
    struct account account;
    struct arena *types; /* the account's own types */
    bool made, suspended;
    struct state state; /* what it must come to in the end */
    struct progress now, then;
    struct line *batch;
    size_t nbatch;
    struct error *e;
};

/* STORE_REFUSED, for a body to return. */
static enum store_rc refuse_line(struct importing *m, uint64_t number, const char *why)
{
    const char *digits = arena_printf(m->arena, "%" PRIu64, number);

    error_set(m->e, ERR_IMPORT_LINE, str_of(digits), str_of(why));
    return STORE_REFUSED;
}

/* Reads the next line into m->next. false: *m->e. */
static bool read_line(struct importing *m)
{
    ssize_t len = getline(&m->text, &m->room, m->in);

    m->next = (struct line){.number = m->lines + 1};
    if (len < 0) {
        if (ferror(m->in))
            error_set(m->e, ERR_FILE_UNUSABLE, STR_LIT("of the import"), str_of(strerror(errno)));
        return !ferror(m->in);
    }
    m->lines++;
    m->next.text = str_make(m->text, (size_t)len);
    if (len > 0 && m->text[len - 1] == '\n')
        m->next.text.len--;
    if (m->next.text.len > LINE_BYTES_MAX) {
        refuse_line(m, m->lines, "it is too long");
        return false;
    }
    while (m->next.kind < KIND_COUNT && !str_starts(m->next.text, portable_heads[m->next.kind]))
        m->next.kind++;
    if (m->next.kind == KIND_COUNT) {
        refuse_line(m, m->lines, "it does not begin with a type that is known");
        return false;
    }
    return true;
}

/* The line as an object, or NULL with *m->e set. */
static struct json_object *line_object(struct importing *m, struct arena *arena, const struct line *line)
{
    struct error e = ERROR_INIT;
    struct json_object *o = json_read(arena, line->text, &e);

    if (o == NULL || !json_object_is_type(o, json_type_object)) {
        refuse_line(m, line->number, error_is_set(&e) ? e.sentence : "it is not an object");
        return NULL;
    }
    return o;
}

/* --- members of a line; each is false where the member is not there or not of its kind --- */

static bool take_str(struct json_object *o, const char *name, struct str *out)
{
    struct json_object *v = json_member(o, name);

    *out = v != NULL && json_object_is_type(v, json_type_string) ? json_str(v) : STR_NULL;
    return out->p != NULL;
}

static bool take_u64(struct json_object *o, const char *name, uint64_t *out)
{
    struct json_object *v = json_member(o, name);
    int64_t n = json_object_get_int64(v);

    *out = (uint64_t)n;
    return v != NULL && json_object_is_type(v, json_type_int) && n >= 0;
}

static bool take_time(struct json_object *o, const char *name, int64_t *out)
{
    struct str text;

    *out = 0;
    return take_str(o, name, &text) && clock_parse(text, out);
}

/* As take_time(), and 0 where it is not there. */
static bool take_time_or_none(struct json_object *o, const char *name, int64_t *out)
{
    *out = 0;
    return json_member(o, name) == NULL || take_time(o, name, out);
}

static bool take_id(struct json_object *o, const char *name, struct id *out)
{
    struct str text;

    return take_str(o, name, &text) && id_parse(text, out);
}

static bool take_id_or_none(struct json_object *o, const char *name, struct id *out)
{
    *out = (struct id){{0}};
    return json_member(o, name) == NULL || take_id(o, name, out);
}

/* The next line, which must be of this kind, as an object. NULL: *m->e, which says why where it is another one. */
static struct json_object *head_line(struct importing *m, enum portable_kind kind, const char *why)
{
    if (!read_line(m))
        return NULL;
    if (m->next.text.p == NULL || m->next.kind != kind) {
        refuse_line(m, m->next.number, why);
        return NULL;
    }
    return line_object(m, m->arena, &m->next);
}

/* --- account and state --- */

static bool take_policy(struct importing *m, struct json_object *settings)
{
    struct error e = ERROR_INIT;
    struct json_object *preset = json_member(settings, "preset");

    if (preset == NULL || !json_object_is_type(preset, json_type_string) ||
        !policy_preset(&m->account.policy, json_str(preset)))
        return false;
    json_object_object_foreach(settings, name, value)
    {
        if (!json_object_is_type(value, json_type_string) ||
            (value != preset && !policy_set(&m->account.policy, str_of(name), json_str(value), &e)))
            return false;
    }
    return true;
}

/* The first line. A slug that is not empty stands for the file's. */
static bool import_account(struct importing *m, struct arena *a, struct str slug)
{
    struct account *account = &m->account;
    struct json_object *o = head_line(m, KIND_ACCOUNT, "the first line is that of the account");
    struct str name, written, status;
    uint64_t format;

    if (o == NULL)
        return false;
    if (!take_u64(o, "format", &format) || format != PORTABLE_FORMAT) {
        refuse_line(m, 1, "the format is not known");
        return false;
    }
    if (!take_str(o, "slug", &written) || !take_str(o, "name", &name) || !take_str(o, "status", &status) ||
        !take_time(o, "created", &account->created) || !take_policy(m, json_member(o, "policy"))) {
        refuse_line(m, 1, "slug, name, status, created or policy is missing or malformed");
        return false;
    }
    m->suspended = !str_eq(status, STR_LIT("active"));
    account->suspended = true; /* until the last line */
    m->made = account_restore(m->store, a, slug.len == 0 ? written : slug, name, account, m->e);
    return m->made;
}

/* The second line. */
static bool import_state(struct importing *m)
{
    struct portable_counter fields[PORTABLE_COUNTERS];
    struct json_object *o = head_line(m, KIND_STATE, "the second line is that of the state");

    if (o == NULL)
        return false;
    portable_counters(&m->state, fields);
    for (size_t i = 0; i < PORTABLE_COUNTERS; i++) {
        if (!take_u64(o, fields[i].name, fields[i].value)) {
            refuse_line(m, 2, "a counter is missing or malformed");
            return false;
        }
    }
    return true;
}

/* --- tokens --- */

static bool take_scopes(struct json_object *o, uint32_t *bits)
{
    struct str words;

    if (!take_str(o, "scopes", &words))
        return false;
    for (size_t from = 0, to; from < words.len; from = to + 1) {
        to = str_find(words, ' ', from);
        uint32_t bit = token_scope_find(str_sub(words, from, to));
        if (bit == 0)
            return false;
        *bits |= bit;
    }
    return true;
}

/* Nothing where it is not there; cut to what is kept of it. */
static bool take_text_or_none(struct importing *m, struct json_object *o, const char *name, size_t most,
                              struct str *out)
{
    bool is_text = take_str(o, name, out);

    if (is_text)
        *out = token_clean(*out, arena_alloc_raw(m->arena, most), most);
    return is_text || json_member(o, name) == NULL;
}

static bool take_token(struct importing *m, const struct line *line, struct token_record *r)
{
    struct json_object *o = line_object(m, m->arena, line);
    struct token *t = &r->token;
    struct str hash;
    size_t len = 0;

    if (o == NULL)
        return false;
    if (take_id(o, "id", &t->id) && take_str(o, "name", &t->name) && take_scopes(o, &t->scopes) &&
        take_id_or_none(o, "user", &t->user) && take_time(o, "created", &t->created) &&
        take_time_or_none(o, "expires", &t->expires) && take_time_or_none(o, "revoked", &t->revoked) &&
        take_time_or_none(o, "used", &t->last_used) &&
        take_text_or_none(m, o, "address", TOKEN_ADDRESS_MAX, &t->last_address) &&
        take_text_or_none(m, o, "agent", TOKEN_AGENT_MAX, &t->last_agent) && take_str(o, "hash", &hash) &&
        sodium_hex2bin(r->hash, sizeof r->hash, hash.p, hash.len, NULL, &len, NULL) == 0 && len == sizeof r->hash)
        return true;
    refuse_line(m, line->number, "id, name, scopes, user, a time, address, agent or hash is missing or malformed");
    return false;
}

/* --- schemas --- */

/* The schema gets numbers of this store. */
static enum store_rc import_schema(struct store_txn *txn, struct arena *arena, struct importing *m,
                                   const struct line *line)
{
    static const struct resource_type *const types[] = {&resource_type_user, &resource_type_team};
    struct json_object *o = line_object(m, arena, line), *definition = json_member(o, "definition");
    struct error why = ERROR_INIT;
    struct str name;
    struct buf text;

    if (o == NULL)
        return STORE_REFUSED;
    for (size_t i = 0; take_str(o, "for", &name) && i < sizeof types / sizeof types[0]; i++) {
        if (!str_eq(name, str_of(types[i]->name)))
            continue;
        buf_init(&text, arena);
        json_write(&text, definition);
        enum store_rc rc = schemas_put(txn, arena, types[i]->number, buf_view(&text), &why);
        return rc == STORE_REFUSED ? refuse_line(m, line->number, why.sentence) : rc;
    }
    return refuse_line(m, line->number, "for is neither User nor Group");
}

/* --- roles --- */

static enum store_rc import_role(struct store_txn *txn, struct arena *arena, struct importing *m,
                                 const struct line *line)
{
    struct json_object *o = line_object(m, arena, line);
    struct role role = {.custom = true}, other;
    struct str base;

    if (o == NULL)
        return STORE_REFUSED;
    bool whole = take_str(o, "id", &role.id) && role_is_custom_id(role.id) && take_str(o, "name", &role.name) &&
                 role.name.len > 0 && take_str(o, "base", &base) && role_find_base(base) != NULL &&
                 take_time(o, "created", &role.created) && take_time_or_none(o, "removed", &role.removed) &&
                 (role.removed != 0) == take_str(o, "successor", &role.successor);
    if (!whole)
        return refuse_line(m, line->number, "id, name, base, a time or successor is missing or malformed");
    role.base = role_find_base(base)->base;
    enum store_rc rc = role_get(txn, arena, role.id, &other);
    if (rc == STORE_OK)
        return refuse_line(m, line->number, "the id occurs twice");
    return rc == STORE_NOTFOUND ? role_put(txn, arena, &role) : rc;
}

static enum store_rc import_rule(struct store_txn *txn, struct arena *arena, struct importing *m,
                                 const struct line *line)
{
    struct json_object *o = line_object(m, arena, line);
    struct rules *rules = &m->account.rules;
    struct str name;
    struct role role;
    struct id team;

    if (o == NULL)
        return STORE_REFUSED;
    if (!take_id(o, "team", &team) || !take_str(o, "role", &name))
        return refuse_line(m, line->number, "team or role is missing or malformed");
    enum store_rc rc = role_get(txn, arena, name, &role);
    if (rc == STORE_NOTFOUND)
        return refuse_line(m, line->number, "the role is not in the file");
    if (rc != STORE_OK || (rc = rules_get(txn, rules)) != STORE_OK)
        return rc;
    if (rules->n == RULES_MAX || rules_find(rules, &team) < rules->n)
        return refuse_line(m, line->number, "it is one rule too many, or the team has one already");
    rules->rule[rules->n].team = team;
    memcpy(rules->rule[rules->n].role, role.id.p, role.id.len);
    rules->rule[rules->n++].role[role.id.len] = '\0';
    return rules_put(txn, rules);
}

static bool import_tokens(struct importing *m)
{
    struct token_record *records = arena_alloc(m->arena, m->nbatch * sizeof *records);
    size_t taken;

    for (size_t i = 0; i < m->nbatch; i++)
        if (!take_token(m, &m->batch[i], &records[i]))
            return false;
    if (token_restore(m->store, m->arena, m->account.number, records, m->nbatch, &taken, m->e))
        return true;
    if (taken < m->nbatch)
        refuse_line(m, m->batch[taken].number, "the token is in use, by another account or twice in the file");
    return false;
}

/* --- the account's records --- */

/* Reads `resource` of a user's or team's line into its normal form. */
static struct json_object *take_resource(struct importing *m, struct arena *arena, const struct line *line,
                                         const struct resource_type *type, struct json_object *o)
{
    static const struct resource_options options = {.reject_unknown = true, .stored = true};
    struct json_object *members = NULL, *resource = json_member(o, "resource");
    struct error e = ERROR_INIT;

    if (resource == NULL || !json_object_is_type(resource, json_type_object)) {
        refuse_line(m, line->number, "the resource is missing");
        return NULL;
    }
    struct json_object *normal = resource_normalise(type, resource, &options, arena, &members, &e);
    if (normal == NULL)
        refuse_line(m, line->number, e.sentence);
    return normal;
}

static bool take_facts(struct importing *m, const struct line *line, struct json_object *o, struct image *im)
{
    struct progress *p = &m->then;
    uint8_t type = im->type->number;
    struct str id;
    struct id parsed;

    if (!take_u64(o, "ordinal", &im->ordinal) || !take_u64(o, "version", &im->version) ||
        !take_time(o, "created", &im->created) || !take_time(o, "modified", &im->modified) ||
        !take_str(json_member(o, "resource"), "id", &id) || !id_parse(id, &parsed)) {
        refuse_line(m, line->number, "ordinal, version, created, modified or id is missing or malformed");
        return false;
    }
    im->id = id;
    if (im->ordinal <= p->ordinal[type] || im->ordinal > m->state.ordinal[type] || im->version == 0 ||
        im->version > m->state.event) {
        refuse_line(m, line->number, "ordinal or version does not fit the state");
        return false;
    }
    p->ordinal[type] = im->ordinal;
    p->count[type]++;
    return true;
}

static enum store_rc import_entry(struct store_txn *txn, struct arena *arena, struct importing *m,
                                  const struct line *line)
{
    const struct resource_type *type = line->kind == KIND_USER ? m->account.user_type : m->account.team_type;
    struct json_object *o = line_object(m, arena, line), *resource;
    struct image im = {.type = type};
    struct id id;

    if (o == NULL || (resource = take_resource(m, arena, line, type, o)) == NULL || !take_facts(m, line, o, &im))
        return STORE_REFUSED;
    id_parse(im.id, &id);
    enum store_rc rc = store_has(txn, entry_space(type), str_make(id.b, sizeof id.b));
    if (rc == STORE_OK)
        return refuse_line(m, line->number, "the id occurs twice");
    if (rc != STORE_NOTFOUND)
        return rc;
    if (type->number == RESOURCE_USER)
        m->then.active += user_is_active(resource);
    rc = entry_restore(txn, arena, &im, resource, &m->state);
    return rc == STORE_EXISTS ? refuse_line(m, line->number, "a unique value, such as userName, occurs twice") : rc;
}

/* Who made a membership; unknown where it is not there. */
static bool take_maker(struct json_object *o, struct membership *out)
{
    struct json_object *maker = json_member(o, "added");
    struct str word;

    out->kind = MAKER_UNKNOWN;
    if (maker == NULL)
        return true;
    return take_str(maker, "type", &word) && (out->kind = membership_find(word)) != MAKER_UNKNOWN &&
           take_id_or_none(maker, "id", &out->maker);
}

static enum store_rc import_member(struct store_txn *txn, struct arena *arena, struct importing *m,
                                   const struct line *line)
{
    struct json_object *o = line_object(m, arena, line);
    struct membership made = {.kind = MAKER_UNKNOWN};
    struct id team, user;

    if (o == NULL)
        return STORE_REFUSED;
    if (!take_id(o, "team", &team) || !take_id(o, "user", &user) || !take_time(o, "since", &made.since) ||
        !take_maker(o, &made))
        return refuse_line(m, line->number, "team, user, since or added is missing or malformed");
    enum store_rc rc = store_has(txn, SPACE_TEAM, str_make(team.b, sizeof team.b));
    if (rc == STORE_OK)
        rc = store_has(txn, SPACE_USER, str_make(user.b, sizeof user.b));
    if (rc == STORE_NOTFOUND)
        return refuse_line(m, line->number, "the team or the user is not in the file");
    if (rc != STORE_OK)
        return rc;
    rc = member_has(txn, &team, &user);
    if (rc == STORE_OK)
        return refuse_line(m, line->number, "the membership occurs twice");
    return rc == STORE_NOTFOUND ? member_put(txn, &team, &user, &made) : rc;
}

static enum store_rc import_mark(struct store_txn *txn, struct arena *arena, struct importing *m,
                                 const struct line *line)
{
    struct json_object *o = line_object(m, arena, line);
    struct str mark;
    struct id user;
    size_t i = 0;

    if (o == NULL)
        return STORE_REFUSED;
    if (!take_str(o, "mark", &mark) || !take_id(o, "user", &user))
        return refuse_line(m, line->number, "mark or user is missing or malformed");
    while (i < PORTABLE_MARKS && !str_eq(mark, str_of(portable_marks[i].name)))
        i++;
    if (i == PORTABLE_MARKS)
        return refuse_line(m, line->number, "the mark is not known");
    enum store_rc rc = store_has(txn, SPACE_USER, id_view(&user));
    if (rc == STORE_NOTFOUND)
        return refuse_line(m, line->number, "the user is not in the file");
    return rc == STORE_OK ? seat_mark(txn, portable_marks[i].space, &user, true) : rc;
}

static enum store_rc import_password(struct store_txn *txn, struct arena *arena, struct importing *m,
                                     const struct line *line)
{
    struct json_object *o = line_object(m, arena, line);
    char text[HASH_TEXT_MAX];
    struct str hash;
    struct id user;
    int64_t set;

    if (o == NULL)
        return STORE_REFUSED;
    if (!take_id(o, "user", &user) || !take_time(o, "set", &set) || !take_str(o, "hash", &hash) ||
        !hasher_text_ok(hash))
        return refuse_line(m, line->number, "user, set or hash is missing or malformed");
    enum store_rc rc = store_has(txn, SPACE_USER, id_view(&user));
    if (rc == STORE_NOTFOUND)
        return refuse_line(m, line->number, "the user is not in the file");
    if (rc != STORE_OK)
        return rc;
    memcpy(text, hash.p, hash.len);
    text[hash.len] = '\0';
    return password_restore(txn, &user, text, set);
}

/* The event's text is kept as it stands in the line, byte by byte. */
static enum store_rc import_event(struct store_txn *txn, struct arena *arena, struct importing *m,
                                  const struct line *line)
{
    struct json_object *o = line_object(m, arena, line), *event = json_member(o, "event");
    struct str head = portable_heads[KIND_EVENT];
    uint64_t seq;
    struct key k;

    if (o == NULL)
        return STORE_REFUSED;
    if (line->text.p[line->text.len - 1] != '}' || json_object_object_length(o) != 2 ||
        !json_object_is_type(event, json_type_object) || !take_u64(event, "seq", &seq) || seq != m->then.event + 1)
        return refuse_line(m, line->number, "it is not the next event");
    m->then.event = seq;
    key_init(&k);
    key_u64(&k, seq);
    return store_put(txn, SPACE_EVENT, key_view(&k), str_sub(line->text, head.len, line->text.len - 1));
}

static enum store_rc import_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    static enum store_rc (*const import_line[KIND_COUNT])(struct store_txn *, struct arena *, struct importing *,
                                                          const struct line *) = {
        [KIND_SCHEMA] = import_schema, [KIND_ROLE] = import_role,     [KIND_USER] = import_entry,
        [KIND_TEAM] = import_entry,    [KIND_MEMBER] = import_member, [KIND_RULE] = import_rule,
        [KIND_MARK] = import_mark,     [KIND_EVENT] = import_event,   [KIND_PASSWORD] = import_password,
    };
    struct importing *m = ctx;
    enum store_rc rc = STORE_OK;

    m->then = m->now;
    for (size_t i = 0; i < m->nbatch && rc == STORE_OK; i++) {
        struct arena_mark mark = arena_mark(arena);

        rc = import_line[m->batch[i].kind](txn, arena, m, &m->batch[i]);
        arena_rewind(arena, mark);
    }
    return rc;
}

/* --- the whole --- */

/* Schemas, tokens and the rest are not mixed: what follows the schemas is read by them, and tokens are written otherwise. */
static int sort_of(enum portable_kind kind)
{
    return kind > KIND_TOKEN ? KIND_TOKEN + 1 : (int)kind;
}

/* Takes lines of one sort into a batch. false: *m->e. An empty batch: the file ends. */
static bool fill_batch(struct importing *m)
{
    size_t bytes = 0;

    arena_reset(m->arena);
    m->batch = arena_alloc_raw(m->arena, BATCH_LINES * sizeof *m->batch);
    m->nbatch = 0;
    while (m->next.text.p != NULL && m->nbatch < BATCH_LINES && bytes < BATCH_BYTES) {
        const struct line *last = m->nbatch == 0 ? NULL : &m->batch[m->nbatch - 1];

        if (last != NULL && sort_of(last->kind) != sort_of(m->next.kind))
            break;
        struct line *line = &m->batch[m->nbatch++];
        *line = m->next;
        line->text = arena_str(m->arena, m->next.text);
        bytes += line->text.len;
        if (!read_line(m))
            return false;
        if (m->next.text.p != NULL && m->next.kind < line->kind) {
            refuse_line(m, m->next.number, "lines of this type stand further up");
            return false;
        }
    }
    return true;
}

/* What was read of schemas holds for the lines that follow. */
static bool take_types(struct importing *m)
{
    arena_reset(m->types);
    return account_load_types(m->store, m->arena, m->types, &m->account, m->e);
}

static bool import_batches(struct importing *m)
{
    if (!read_line(m))
        return false;
    if (m->next.text.p != NULL && m->next.kind <= KIND_STATE) {
        refuse_line(m, m->next.number, "account and state stand at the beginning");
        return false;
    }
    for (;;) {
        if (!fill_batch(m))
            return false;
        if (m->nbatch == 0)
            return true;
        bool ok =
            m->batch[0].kind == KIND_TOKEN
                ? import_tokens(m)
                : registry_done(store_run(m->store, m->account.number, STORE_WRITE, m->arena, import_body, m), m->e);
        if (!ok)
            return false;
        if (m->batch[0].kind != KIND_TOKEN)
            m->now = m->then;
        if (m->batch[0].kind == KIND_SCHEMA && !take_types(m))
            return false;
    }
}

static enum store_rc finish_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct importing *m = ctx;
    struct state made;

    enum store_rc rc = state_get(txn, &made);
    m->state.revision = made.revision;
    if (rc != STORE_OK || (rc = seat_recount(txn, arena, &m->account, &m->state)) != STORE_OK)
        return rc;
    return state_put(txn, &m->state);
}

/* What was read must be what the state says: a file that was cut is not taken. */
static bool import_finish(struct importing *m)
{
    const struct progress *p = &m->now;
    const struct state *s = &m->state;

    if (p->event != s->event || p->count[1] != s->count[1] || p->count[2] != s->count[2] || p->active != s->active) {
        refuse_line(m, m->lines, "the file ends here, but the state counts other numbers of users, teams or events");
        return false;
    }
    return registry_done(store_run(m->store, m->account.number, STORE_WRITE, m->arena, finish_body, m), m->e) &&
           (m->suspended ||
            account_set(m->store, m->arena, str_of(m->account.slug), STR_LIT("status"), STR_LIT("active"), m->e));
}

bool portable_import(struct store *s, struct arena *a, FILE *in, struct str slug, struct error *e)
{
    struct importing m = {.store = s, .arena = arena_new(0), .types = arena_new(0), .in = in, .e = e};
    bool ok = import_account(&m, a, slug) && import_state(&m) && import_batches(&m) && import_finish(&m);

    if (!ok && m.made) { /* half an account helps nobody; if this fails too, it stays suspended */
        struct error ignored = ERROR_INIT;

        account_remove(s, m.arena, str_of(m.account.slug), &ignored);
    }
    free(m.text);
    arena_free(&m.types);
    arena_free(&m.arena);
    return ok;
}
