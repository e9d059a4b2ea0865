/* SPDX-License-Identifier: Apache-2.0 */
#include "portable_form.h"
#include "registry.h"
#include "roster/base/clock.h"
#include "roster/directory/entry.h"
#include "roster/directory/member.h"
#include "roster/directory/password.h"
#include "roster/directory/portable.h"
#include "roster/directory/schemas.h"
#include "roster/directory/seat.h"
#include "roster/directory/walk.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

struct exporting {
    struct account *account;
    FILE *out;
    off_t start;            /* where the export begins in out: a second try writes from there again */
    struct buf line;        /* in an arena of its own */
    enum store_space space; /* that is walked */
    struct error *e;
};

static void add_time(struct buf *b, const char *name, int64_t ms)
{
    buf_printf(b, "\"%s\":", name);
    clock_write(b, ms);
}

static void add_id(struct buf *b, const char *name, const struct id *id)
{
    buf_printf(b, "\"%s\":", name);
    id_write(b, id);
}

/* Nothing where it is STR_NULL. */
static void add_text(struct buf *b, const char *name, struct str text)
{
    if (text.p == NULL)
        return;
    buf_printf(b, ",\"%s\":", name);
    buf_json(b, text);
}

static void line_begin(struct exporting *x, enum portable_kind kind)
{
    buf_clear(&x->line);
    buf_str(&x->line, portable_heads[kind]);
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
    buf_printf(&x->line, "\"format\":%d,\"slug\":\"%s\",\"name\":", PORTABLE_FORMAT, account->slug);
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
    struct portable_counter fields[PORTABLE_COUNTERS];
    struct state state;

    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    portable_counters(&state, fields);
    line_begin(x, KIND_STATE);
    for (size_t i = 0; i < PORTABLE_COUNTERS; i++)
        buf_printf(&x->line, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", fields[i].name, *fields[i].value);
    return line_end(x);
}

/* The numbers that the schema and its attributes have here are nobody else's business. */
static enum store_rc export_schema(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                   void *ctx)
{
    const struct resource_type *type;
    struct exporting *x = ctx;
    struct str definition;
    uint16_t number, first;
    uint8_t of;

    (void)txn;
    (void)arena;
    if (!key_take_u16(&key, &number))
        return STORE_ERROR;
    if (number == 0)
        return STORE_OK;
    if (!schemas_entry_read(value, &of, &first, &definition) || (type = account_type(x->account, of)) == NULL)
        return STORE_ERROR;
    line_begin(x, KIND_SCHEMA);
    buf_printf(&x->line, "\"for\":\"%s\",\"definition\":", type->name);
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
    enum store_rc rc = token_last_use(txn, arena, &r.token);
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
    add_text(&x->line, "address", r.token.last_address);
    add_text(&x->line, "agent", r.token.last_agent);
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
    struct membership made;
    struct id team, user;

    (void)txn;
    (void)arena;
    if (!key_take_id(&key, &team) || !key_take_id(&key, &user) || !membership_read(value, &made))
        return STORE_ERROR;
    line_begin(x, KIND_MEMBER);
    add_id(&x->line, "team", &team);
    buf_putc(&x->line, ',');
    add_id(&x->line, "user", &user);
    buf_putc(&x->line, ',');
    add_time(&x->line, "since", made.since);
    if (made.kind != MAKER_UNKNOWN) {
        buf_printf(&x->line, ",\"added\":{\"type\":\"%s\"", membership_word(made.kind).p);
        if (id_is_set(&made.maker)) {
            buf_putc(&x->line, ',');
            add_id(&x->line, "id", &made.maker);
        }
        buf_putc(&x->line, '}');
    }
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

static enum store_rc export_mark(struct store_txn *txn, struct arena *arena, struct str key, struct str value,
                                 void *ctx)
{
    const struct portable_mark *mark = portable_marks;
    struct exporting *x = ctx;
    struct id user;

    (void)txn;
    (void)arena;
    (void)value;
    if (!key_take_id(&key, &user))
        return STORE_ERROR;
    while (mark->space != x->space)
        mark++;
    line_begin(x, KIND_MARK);
    buf_printf(&x->line, "\"mark\":\"%s\",", mark->name);
    add_id(&x->line, "user", &user);
    return line_end(x);
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
    } parts[] = {{SPACE_SCHEMA, export_schema}, {SPACE_ROLE, export_role},      {SPACE_TOKEN, export_token},
                 {SPACE_ORDER, export_entry},   {SPACE_MEMBER, export_member},  {SPACE_RULE, export_rules},
                 {SPACE_OVERFLOW, export_mark}, {SPACE_PROTECTED, export_mark}, {SPACE_PASSWORD, export_password},
                 {SPACE_EVENT, export_event}};
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
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && rc == STORE_OK; i++) {
        x->space = parts[i].space;
        rc = walk_range(txn, arena, x->space, STR_NULL, STR_NULL, parts[i].fn, x);
    }
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
