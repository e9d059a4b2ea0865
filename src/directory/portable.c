/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/portable.h"

#include "registry.h"
#include "roster/base/clock.h"
#include "roster/base/json.h"
#include "roster/directory/entry.h"
#include "roster/directory/member.h"
#include "roster/directory/password.h"
#include "roster/directory/schemas.h"
#include "roster/directory/seat.h"
#include "roster/directory/state.h"
#include "roster/directory/user.h"
#include "roster/directory/walk.h"
#include "roster/scim/resource.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT         1
#define LINE_BYTES_MAX ((size_t)32 * 1024 * 1024) /* a value of the store has half of it */
#define BATCH_LINES    500
#define BATCH_BYTES    ((size_t)4 * 1024 * 1024)

/* The kinds of lines in the order in which they stand in a file; each line begins with its kind. */
enum kind {
    KIND_ACCOUNT,
    KIND_STATE,
    KIND_SCHEMA,
    KIND_ROLE,
    KIND_TOKEN,
    KIND_USER,
    KIND_TEAM,
    KIND_MEMBER,
    KIND_RULE,
    KIND_MARK,
    KIND_PASSWORD,
    KIND_EVENT,
    KIND_COUNT
};
static const struct str heads[KIND_COUNT] = {
    [KIND_ACCOUNT] = STR_LIT("{\"type\":\"account\","),   [KIND_STATE] = STR_LIT("{\"type\":\"state\","),
    [KIND_SCHEMA] = STR_LIT("{\"type\":\"schema\","),     [KIND_ROLE] = STR_LIT("{\"type\":\"role\","),
    [KIND_TOKEN] = STR_LIT("{\"type\":\"token\","),       [KIND_USER] = STR_LIT("{\"type\":\"user\","),
    [KIND_TEAM] = STR_LIT("{\"type\":\"team\","),         [KIND_MEMBER] = STR_LIT("{\"type\":\"member\","),
    [KIND_RULE] = STR_LIT("{\"type\":\"rule\","),         [KIND_MARK] = STR_LIT("{\"type\":\"mark\","),
    [KIND_PASSWORD] = STR_LIT("{\"type\":\"password\","), [KIND_EVENT] = STR_LIT("{\"type\":\"event\",\"event\":"),
};

/* What can be marked of a user. */
static const struct {
    const char *name;
    enum store_space space;
} marks[] = {{"overflow", SPACE_OVERFLOW}, {"protected", SPACE_PROTECTED}};
#define MARKS (sizeof marks / sizeof marks[0])

/* The counters of the state by their names in the file. */
#define STATE_NAMES 6
struct named {
    const char *name;
    uint64_t *value;
};

static void state_fields(struct state *s, struct named out[STATE_NAMES])
{
    out[0] = (struct named){"event", &s->event};
    out[1] = (struct named){"userOrdinal", &s->ordinal[1]};
    out[2] = (struct named){"users", &s->count[1]};
    out[3] = (struct named){"teamOrdinal", &s->ordinal[2]};
    out[4] = (struct named){"teams", &s->count[2]};
    out[5] = (struct named){"active", &s->active};
}

/* --- export --- */

struct exporting {
    struct account *account;
    FILE *out;
    off_t start;     /* where the export begins in out: a second try writes from there again */
    struct buf line; /* in an arena of its own */
    struct error *e;
};

static void add_time(struct buf *b, const char *name, int64_t ms)
{
    char text[CLOCK_TEXT_LEN + 1];

    clock_format(ms, text);
    buf_printf(b, "\"%s\":\"%s\"", name, text);
}

static void add_id(struct buf *b, const char *name, const struct id *id)
{
    char text[ID_TEXT_LEN + 1];

    id_format(id, text);
    buf_printf(b, "\"%s\":\"%s\"", name, text);
}

static void line_begin(struct exporting *x, enum kind kind)
{
    buf_clear(&x->line);
    buf_str(&x->line, heads[kind]);
}

static enum store_rc line_end(struct exporting *x)
{
    buf_puts(&x->line, "}\n");
    if (fwrite(x->line.p, 1, x->line.len, x->out) == x->line.len)
        return STORE_OK;
    error_set(x->e, ERR_FILE_UNUSABLE, STR_LIT("of the export"), str_of(strerror(errno)));
    return STORE_REFUSED;
}

static enum store_rc export_account(struct exporting *x)
{
    const struct account *account = x->account;
    struct buf settings;

    line_begin(x, KIND_ACCOUNT);
    buf_printf(&x->line, "\"format\":%d,\"slug\":\"%s\",\"name\":", FORMAT, account->slug);
    buf_json(&x->line, account->name);
    buf_putc(&x->line, ',');
    add_time(&x->line, "created", account->created);
    buf_printf(&x->line, ",\"status\":\"%s\",\"policy\":{", account->suspended ? "suspended" : "active");
    buf_init(&settings, x->line.arena);
    policy_write(&settings, &account->policy);
    struct str all = buf_view(&settings);
    for (size_t from = 0, end; from < all.len; from = end + 1) {
        end = str_find(all, '\n', from);
        size_t equals = str_find(all, '=', from);

        if (from > 0)
            buf_putc(&x->line, ',');
        buf_json(&x->line, str_sub(all, from, equals));
        buf_putc(&x->line, ':');
        buf_json(&x->line, str_sub(all, equals + 1, end));
    }
    buf_putc(&x->line, '}');
    return line_end(x);
}

static enum store_rc export_state(struct store_txn *txn, struct exporting *x)
{
    struct named fields[STATE_NAMES];
    struct state state;

    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    state_fields(&state, fields);
    line_begin(x, KIND_STATE);
    for (size_t i = 0; i < STATE_NAMES; i++)
        buf_printf(&x->line, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", fields[i].name, *fields[i].value);
    return line_end(x);
}

/* The numbers that the schema and its attributes have here are nobody else's business. */
static enum store_rc export_schema(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                   void *ctx)
{
    struct exporting *x = ctx;
    struct str definition;
    uint16_t number, first;
    uint8_t type;

    (void)txn;
    (void)arena;
    if (!key_take_u16(&key, &number))
        return STORE_ERROR;
    if (number == 0)
        return STORE_OK;
    if (!schemas_entry_read(value, &type, &first, &definition))
        return STORE_ERROR;
    line_begin(x, KIND_SCHEMA);
    buf_printf(&x->line, "\"for\":\"%s\",\"definition\":", account_type(x->account, type)->name);
    buf_str(&x->line, definition);
    return line_end(x);
}

static enum store_rc export_token(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                  void *ctx)
{
    struct exporting *x = ctx;
    char hash[2 * TOKEN_HASH_SIZE + 1];
    struct token_record r;
    struct id id;

    if (!key_take_id(&key, &id) || !token_record_read(&r, &id, value, arena))
        return STORE_ERROR;
    enum store_rc rc = token_last_use(txn, &id, &r.token.last_used);
    if (rc != STORE_OK)
        return rc;
    line_begin(x, KIND_TOKEN);
    add_id(&x->line, "id", &id);
    buf_puts(&x->line, ",\"name\":");
    buf_json(&x->line, r.token.name);
    buf_printf(&x->line, ",\"scopes\":\"%s\"", token_scope_words(r.token.scopes, arena));
    if (id_is_set(&r.token.user)) {
        buf_putc(&x->line, ',');
        add_id(&x->line, "user", &r.token.user);
    }
    const struct {
        const char *name;
        int64_t ms;
    } times[] = {{"created", r.token.created},
                 {"expires", r.token.expires},
                 {"revoked", r.token.revoked},
                 {"used", r.token.last_used}};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (times[i].ms == 0)
            continue;
        buf_putc(&x->line, ',');
        add_time(&x->line, times[i].name, times[i].ms);
    }
    sodium_bin2hex(hash, sizeof hash, r.hash, sizeof r.hash);
    buf_printf(&x->line, ",\"hash\":\"%s\"", hash);
    return line_end(x);
}

/* An entry of the space order: the record as it is, without parsing. */
static enum store_rc export_entry(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                  void *ctx)
{
    struct exporting *x = ctx;
    const struct resource_type *type;
    uint8_t number;
    struct image im;
    struct id id;

    if (!key_take_u8(&key, &number) || !key_take_id(&value, &id))
        return STORE_ERROR;
    if ((type = account_type(x->account, number)) == NULL)
        return STORE_ERROR;
    enum store_rc rc = entry_get(txn, type, &id, arena, &im);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_ERROR : rc;
    line_begin(x, type->number == RESOURCE_USER ? KIND_USER : KIND_TEAM);
    buf_printf(&x->line, "\"ordinal\":%" PRIu64 ",\"version\":%" PRIu64 ",", im.ordinal, im.version);
    add_time(&x->line, "created", im.created);
    buf_putc(&x->line, ',');
    add_time(&x->line, "modified", im.modified);
    buf_puts(&x->line, ",\"resource\":");
    buf_str(&x->line, im.attributes);
    buf_putc(&x->line, '}');
    return line_end(x);
}

static enum store_rc export_member(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                   void *ctx)
{
    struct exporting *x = ctx;
    struct id team, user;
    uint64_t since;

    (void)txn;
    (void)arena;
    if (!key_take_id(&key, &team) || !key_take_id(&key, &user) || !key_take_u64(&value, &since))
        return STORE_ERROR;
    line_begin(x, KIND_MEMBER);
    add_id(&x->line, "team", &team);
    buf_putc(&x->line, ',');
    add_id(&x->line, "user", &user);
    buf_putc(&x->line, ',');
    add_time(&x->line, "since", (int64_t)since);
    return line_end(x);
}

/* A line for each, in their order. */
static enum store_rc export_rules(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                  void *ctx)
{
    struct exporting *x = ctx;
    struct rules rules;

    (void)arena;
    (void)key;
    (void)value;
    enum store_rc rc = rules_get(txn, &rules);
    for (size_t i = 0; i < rules.n && rc == STORE_OK; i++) {
        line_begin(x, KIND_RULE);
        add_id(&x->line, "team", &rules.rule[i].team);
        buf_puts(&x->line, ",\"role\":");
        buf_json(&x->line, str_of(rules.rule[i].role));
        rc = line_end(x);
    }
    return rc;
}

static enum store_rc export_role(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    struct exporting *x = ctx;
    struct role role;
    struct buf id;

    (void)txn;
    buf_init(&id, arena);
    if (!key_take_str(&key, &id) || !role_read(&role, buf_view(&id), value, arena))
        return STORE_ERROR;
    line_begin(x, KIND_ROLE);
    buf_puts(&x->line, "\"id\":");
    buf_json(&x->line, role.id);
    buf_puts(&x->line, ",\"name\":");
    buf_json(&x->line, role.name);
    buf_printf(&x->line, ",\"base\":\"%s\",", role_of_base(role.base)->id.p);
    add_time(&x->line, "created", role.created);
    if (role.removed != 0) {
        buf_putc(&x->line, ',');
        add_time(&x->line, "removed", role.removed);
        buf_puts(&x->line, ",\"successor\":");
        buf_json(&x->line, role.successor);
    }
    return line_end(x);
}

static enum store_rc export_mark(struct exporting *x, const char *mark, struct str key)
{
    struct id user;

    if (!key_take_id(&key, &user))
        return STORE_ERROR;
    line_begin(x, KIND_MARK);
    buf_printf(&x->line, "\"mark\":\"%s\",", mark);
    add_id(&x->line, "user", &user);
    return line_end(x);
}

static enum store_rc export_overflow(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                     void *ctx)
{
    (void)txn;
    (void)arena;
    (void)value;
    return export_mark(ctx, "overflow", key);
}

static enum store_rc export_protected(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                      void *ctx)
{
    (void)txn;
    (void)arena;
    (void)value;
    return export_mark(ctx, "protected", key);
}

static enum store_rc export_password(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                     void *ctx)
{
    struct exporting *x = ctx;
    char hash[HASH_TEXT_MAX];
    struct id user;
    int64_t set;

    (void)txn;
    (void)arena;
    if (!key_take_id(&key, &user) || !password_read(value, hash, &set))
        return STORE_ERROR;
    line_begin(x, KIND_PASSWORD);
    add_id(&x->line, "user", &user);
    buf_putc(&x->line, ',');
    add_time(&x->line, "set", set);
    buf_puts(&x->line, ",\"hash\":");
    buf_json(&x->line, str_of(hash));
    return line_end(x);
}

static enum store_rc export_event(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                  void *ctx)
{
    struct exporting *x = ctx;

    (void)txn;
    (void)arena;
    (void)key;
    line_begin(x, KIND_EVENT);
    buf_str(&x->line, value);
    return line_end(x);
}

static enum store_rc export_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    static const struct {
        enum store_space space;
        walk_fn *fn;
    } parts[] = {{SPACE_SCHEMA, export_schema},     {SPACE_ROLE, export_role},
                 {SPACE_TOKEN, export_token},       {SPACE_ORDER, export_entry},
                 {SPACE_MEMBER, export_member},     {SPACE_RULE, export_rules},
                 {SPACE_OVERFLOW, export_overflow}, {SPACE_PROTECTED, export_protected},
                 {SPACE_PASSWORD, export_password}, {SPACE_EVENT, export_event}};
    struct exporting *x = ctx;

    if (fseeko(x->out, x->start, SEEK_SET) != 0 || ftruncate(fileno(x->out), x->start) != 0) {
        error_set(x->e, ERR_FILE_UNUSABLE, STR_LIT("of the export"), str_of(strerror(errno)));
        return STORE_REFUSED;
    }
    enum store_rc rc = schemas_load(txn, arena, x->account); /* as they are at this moment */
    if (rc == STORE_OK)
        rc = export_account(x);
    if (rc == STORE_OK)
        rc = export_state(txn, x);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && rc == STORE_OK; i++)
        rc = walk_range(txn, arena, parts[i].space, STR_NULL, STR_NULL, parts[i].fn, x);
    return rc;
}

/* A regular file that can be written anew where a try fails, or NULL: writing goes to a temporary file first. */
static bool is_regular(FILE *f)
{
    struct stat st;

    return fflush(f) == 0 && fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && ftello(f) >= 0;
}

static bool copy_file(FILE *from, FILE *to)
{
    char bytes[65536];
    size_t n;

    rewind(from);
    while ((n = fread(bytes, 1, sizeof bytes, from)) > 0)
        if (fwrite(bytes, 1, n, to) != n)
            return false;
    return ferror(from) == 0;
}

bool portable_export(struct store *s, struct arena *a, struct str slug, FILE *out, struct error *e)
{
    struct account account;
    struct exporting x = {.account = &account, .out = out, .e = e};
    struct arena *line = arena_new(0);

    buf_init(&x.line, line);
    if (!is_regular(out))
        x.out = tmpfile();
    bool ok = x.out != NULL && account_find(s, a, slug, &account, e);
    if (ok) {
        x.start = ftello(x.out);
        ok = registry_done(store_run(s, account.number, STORE_FREEZE, a, export_body, &x), e);
    }
    if (ok && x.out != out)
        ok = copy_file(x.out, out);
    ok = ok && fflush(out) == 0;
    if (!ok && !error_is_set(e))
        error_set(e, ERR_FILE_UNUSABLE, STR_LIT("of the export"), str_of(strerror(errno)));
    if (x.out != NULL && x.out != out)
        fclose(x.out);
    arena_free(&line);
    return ok;
}

/* --- import: lines --- */

struct line {
    uint64_t number;
    enum kind kind;
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
    while (m->next.kind < KIND_COUNT && !str_starts(m->next.text, heads[m->next.kind]))
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

/* --- import: members of a line; each is false where the member is not there or not of its kind --- */

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

/* --- import: account and state --- */

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
    struct json_object *o = NULL;
    struct str name, written, status;
    uint64_t format;

    if (!read_line(m))
        return false;
    if (m->next.text.p == NULL || m->next.kind != KIND_ACCOUNT) {
        refuse_line(m, 1, "the first line is that of the account");
        return false;
    }
    if ((o = line_object(m, m->arena, &m->next)) == NULL)
        return false;
    if (!take_u64(o, "format", &format) || format != FORMAT) {
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
    struct named fields[STATE_NAMES];
    struct json_object *o = NULL;

    if (!read_line(m))
        return false;
    if (m->next.text.p == NULL || m->next.kind != KIND_STATE) {
        refuse_line(m, 2, "the second line is that of the state");
        return false;
    }
    if ((o = line_object(m, m->arena, &m->next)) == NULL)
        return false;
    state_fields(&m->state, fields);
    for (size_t i = 0; i < STATE_NAMES; i++) {
        if (!take_u64(o, fields[i].name, fields[i].value)) {
            refuse_line(m, 2, "a counter is missing or malformed");
            return false;
        }
    }
    return true;
}

/* --- import: tokens --- */

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
        take_time_or_none(o, "used", &t->last_used) && take_str(o, "hash", &hash) &&
        sodium_hex2bin(r->hash, sizeof r->hash, hash.p, hash.len, NULL, &len, NULL) == 0 && len == sizeof r->hash)
        return true;
    refuse_line(m, line->number, "id, name, scopes, user, a time or hash is missing or malformed");
    return false;
}

/* --- import: schemas --- */

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

/* --- import: roles --- */

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

/* --- import: the account's records --- */

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
    rc = entry_restore(txn, arena, &im, resource);
    return rc == STORE_EXISTS ? refuse_line(m, line->number, "a unique value, such as userName, occurs twice") : rc;
}

static enum store_rc import_member(struct store_txn *txn, struct arena *arena, struct importing *m,
                                   const struct line *line)
{
    struct json_object *o = line_object(m, arena, line);
    struct id team, user;
    int64_t since;

    if (o == NULL)
        return STORE_REFUSED;
    if (!take_id(o, "team", &team) || !take_id(o, "user", &user) || !take_time(o, "since", &since))
        return refuse_line(m, line->number, "team, user or since is missing or malformed");
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
    return rc == STORE_NOTFOUND ? member_restore(txn, &team, &user, since) : rc;
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
    while (i < MARKS && !str_eq(mark, str_of(marks[i].name)))
        i++;
    if (i == MARKS)
        return refuse_line(m, line->number, "the mark is not known");
    enum store_rc rc = store_has(txn, SPACE_USER, id_view(&user));
    if (rc == STORE_NOTFOUND)
        return refuse_line(m, line->number, "the user is not in the file");
    return rc == STORE_OK ? seat_mark(txn, marks[i].space, &user, true) : rc;
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
    struct str head = heads[KIND_EVENT];
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

/* --- import: the whole --- */

/* Schemas, tokens and the rest are not mixed: what follows the schemas is read by them, and tokens are written otherwise. */
static int sort_of(enum kind kind)
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
