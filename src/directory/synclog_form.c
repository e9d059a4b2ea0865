/* SPDX-License-Identifier: Apache-2.0 */
#include "synclog_form.h"

#include <assert.h>

#define FORMAT   1
#define WORD_MAX 200 /* bytes of a name in a sentence */

/* --- the stored form --- */

void entry_head_write(struct buf *out, const struct entry_head *head)
{
    struct key k; /* the same code as a key's */

    key_init(&k);
    key_u8(&k, FORMAT);
    key_u8(&k, (uint8_t)head->kind);
    key_u64(&k, (uint64_t)head->time);
    buf_add(out, k.b, k.len);
}

bool entry_head_take(struct str *value, struct entry_head *out)
{
    uint8_t format, kind;
    uint64_t time;

    if (!key_take_u8(value, &format) || format != FORMAT || !key_take_u8(value, &kind) || kind < ENTRY_COUNT ||
        kind > ENTRY_FAILED || !key_take_u64(value, &time))
        return false;
    out->kind = (enum entry_kind)kind;
    out->time = (int64_t)time;
    return true;
}

void entry_request_write(struct buf *out, const struct entry_request *r)
{
    const struct str texts[] = {r->client, r->method, r->path, r->sentence};
    struct key k;

    key_init(&k);
    key_id(&k, &r->id);
    key_id(&k, &r->token);
    key_u64(&k, r->first_event);
    key_u64(&k, r->last_event);
    key_u32(&k, r->microseconds);
    key_u16(&k, r->status);
    key_u8(&k, r->type);
    if (r->type != 0)
        key_id(&k, &r->resource);
    key_u16(&k, r->name_at);
    key_u16(&k, r->name_len);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert(texts[i].len <= UINT16_MAX);
        key_u16(&k, (uint16_t)texts[i].len);
    }
    buf_add(out, k.b, k.len);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        buf_str(out, texts[i]);
    buf_str(out, r->more);
}

static bool take_text(struct str *rest, uint16_t len, struct str *out)
{
    if (len > rest->len)
        return false;
    *out = str_sub(*rest, 0, len);
    *rest = str_sub(*rest, len, rest->len);
    return true;
}

bool entry_request_read(struct str rest, struct entry_request *out)
{
    uint16_t lens[4];
    struct str *const texts[] = {&out->client, &out->method, &out->path, &out->sentence};

    *out = (struct entry_request){.type = 0};
    if (!key_take_id(&rest, &out->id) || !key_take_id(&rest, &out->token) || !key_take_u64(&rest, &out->first_event) ||
        !key_take_u64(&rest, &out->last_event) || !key_take_u32(&rest, &out->microseconds) ||
        !key_take_u16(&rest, &out->status) || !key_take_u8(&rest, &out->type) ||
        (out->type != 0 && !key_take_id(&rest, &out->resource)) || !key_take_u16(&rest, &out->name_at) ||
        !key_take_u16(&rest, &out->name_len))
        return false;
    for (size_t i = 0; i < 4; i++)
        if (!key_take_u16(&rest, &lens[i]))
            return false;
    for (size_t i = 0; i < 4; i++)
        if (!take_text(&rest, lens[i], texts[i]))
            return false;
    out->more = rest;
    return (size_t)out->name_at + out->name_len <= out->sentence.len;
}

void entry_count_write(struct buf *out, const struct entry_count *count)
{
    struct key k;

    key_init(&k);
    key_id(&k, &count->token);
    key_u8(&k, (uint8_t)count->kind);
    key_u64(&k, count->times);
    key_u64(&k, (uint64_t)count->first);
    buf_add(out, k.b, k.len);
    buf_str(out, count->client);
}

bool entry_count_read(struct str rest, struct entry_count *out)
{
    uint8_t kind;
    uint64_t first;

    if (!key_take_id(&rest, &out->token) || !key_take_u8(&rest, &kind) || kind >= SYNCLOG_KINDS ||
        !key_take_u64(&rest, &out->times) || !key_take_u64(&rest, &first))
        return false;
    out->kind = (enum synclog_kind)kind;
    out->first = (int64_t)first;
    out->client = rest;
    return true;
}

/* --- words --- */

static const char *const kind_names[SYNCLOG_KINDS] = {
    [SYNCLOG_USERS] = "users",         [SYNCLOG_TEAMS] = "teams",         [SYNCLOG_ALL] = "all",
    [SYNCLOG_ROLES] = "roles",         [SYNCLOG_DESCRIPTION] = "service", [SYNCLOG_BULK] = "bulk",
    [SYNCLOG_UNCHANGED] = "unchanged", [SYNCLOG_OTHER] = "other",
};

const char *synclog_kind_name(enum synclog_kind kind)
{
    assert((unsigned)kind < SYNCLOG_KINDS);
    return kind_names[kind];
}

/* What a template's words in braces stand for. */
struct words {
    struct str client, name, old, new, sentence;
    const char *method;
    uint64_t added, removed, times, refused;
};

/* A name that a client chose: cut, and in one line. */
static void put_name(struct buf *out, struct str s)
{
    size_t from = out->len, cut = s.len <= WORD_MAX ? s.len : WORD_MAX;

    while (cut > 0 && cut < s.len && ((unsigned char)s.p[cut] & 0xc0) == 0x80)
        cut--;
    buf_str(out, str_sub(s, 0, cut));
    for (size_t i = from; i < out->len; i++)
        if ((unsigned char)out->p[i] < ' ' || out->p[i] == 0x7f)
            out->p[i] = ' ';
        else if ((unsigned char)out->p[i] == 0xc2 && i + 1 < out->len && (unsigned char)out->p[i + 1] < 0xa0)
            out->p[i] = out->p[i + 1] = ' '; /* U+0080 to U+009F */
    if (cut < s.len)
        buf_puts(out, "…");
}

static void put_number(struct buf *out, uint64_t n, const char *thing)
{
    buf_printf(out, "%llu %s%s", (unsigned long long)n, thing, n == 1 ? "" : "s");
}

static void put_times(struct buf *out, uint64_t n)
{
    if (n == 1)
        buf_puts(out, "once");
    else
        put_number(out, n, "time");
}

static void put_word(struct sentence *out, struct str word, const struct words *w)
{
    const struct {
        struct str word, text;
    } texts[] = {{STR_LIT("client"), w->client},
                 {STR_LIT("old"), w->old},
                 {STR_LIT("new"), w->new},
                 {STR_LIT("method"), str_of(w->method)}};

    if (str_eq(word, STR_LIT("name"))) {
        out->name_at = out->text.len;
        put_name(&out->text, w->name);
        out->name_len = out->text.len - out->name_at;
        return;
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (str_eq(word, texts[i].word)) {
            put_name(&out->text, texts[i].text);
            return;
        }
    if (str_eq(word, STR_LIT("sentence")))
        buf_str(&out->text, w->sentence);
    else if (str_eq(word, STR_LIT("times")))
        put_times(&out->text, w->times);
    else if (str_eq(word, STR_LIT("changes")))
        put_number(&out->text, w->times, "change");
    else if (str_eq(word, STR_LIT("refused")))
        buf_u64(&out->text, w->refused);
    else if (str_eq(word, STR_LIT("added")))
        put_number(&out->text, w->added, "member");
    else if (str_eq(word, STR_LIT("removed")))
        put_number(&out->text, w->removed, "member");
    else
        assert(!"a template has another word");
}

static void fill(struct sentence *out, const char *text, const struct words *w)
{
    struct str t = str_of(text);

    for (size_t i = 0; i < t.len;) {
        size_t open = str_find(t, '{', i), close = str_find(t, '}', open);

        buf_str(&out->text, str_sub(t, i, open));
        if (open == t.len)
            return;
        put_word(out, str_sub(t, open + 1, close), w);
        i = close + 1;
    }
}

/* What must be so of an event for a template to fit. */
enum fits { ANY, ROLE, BOTH, ADDED, REMOVED, RENAMED };

/* The first row that fits. */
static const struct {
    const char *type;
    enum fits fits;
    const char *text;
} event_words[] = {
    {"user.created", ANY, "{client} created {name}"},
    {"user.updated", ROLE, "{client} changed {name} from {old} to {new}"},
    {"user.updated", ANY, "{client} updated {name}"},
    {"user.deactivated", ANY, "{client} deactivated {name}"},
    {"user.reactivated", ANY, "{client} reactivated {name}"},
    {"user.deleted", ANY, "{client} deleted {name}"},
    {"team.created", ADDED, "{client} created team {name} with {added}"},
    {"team.created", ANY, "{client} created team {name}"},
    {"team.updated", BOTH, "{client} added {added} to team {name} and removed {removed}"},
    {"team.updated", ADDED, "{client} added {added} to team {name}"},
    {"team.updated", REMOVED, "{client} removed {removed} from team {name}"},
    {"team.updated", RENAMED, "{client} renamed a team to {name}"},
    {"team.updated", ANY, "{client} updated team {name}"},
    {"team.deleted", ANY, "{client} deleted team {name}"},
};

static bool has_path(struct str changes, struct str path)
{
    for (size_t i = 0; i + path.len <= changes.len; i++)
        if (str_starts(str_sub(changes, i, changes.len), path))
            return true;
    return false;
}

static bool fits(const struct event *ev, enum fits what)
{
    switch (what) {
    case ROLE:
        return ev->role_old.p != NULL && ev->role_new.p != NULL;
    case BOTH:
        return ev->nadded > 0 && ev->nremoved > 0;
    case ADDED:
        return ev->nadded > 0;
    case REMOVED:
        return ev->nremoved > 0;
    case RENAMED:
        return has_path(ev->changes, STR_LIT("\"path\":\"displayName\""));
    default:
        return true;
    }
}

void words_event(struct sentence *out, const char *client, const struct event *ev)
{
    struct words w = {.client = str_of(client),
                      .name = ev->name,
                      .old = ev->role_old,
                      .new = ev->role_new,
                      .added = ev->nadded,
                      .removed = ev->nremoved};

    for (size_t i = 0; i < sizeof event_words / sizeof event_words[0]; i++)
        if (strcmp(event_words[i].type, ev->type) == 0 && fits(ev, event_words[i].fits)) {
            fill(out, event_words[i].text, &w);
            return;
        }
    buf_printf(&out->text, "%s: %s", client, ev->type);
}

static const char *const count_words[SYNCLOG_KINDS] = {
    [SYNCLOG_USERS] = "{client} looked up users {times}",
    [SYNCLOG_TEAMS] = "{client} looked up teams {times}",
    [SYNCLOG_ALL] = "{client} looked up users and teams {times}",
    [SYNCLOG_ROLES] = "{client} looked up roles {times}",
    [SYNCLOG_DESCRIPTION] = "{client} looked up what the service can do {times}",
    [SYNCLOG_BULK] = "{client} sent what was so already {times}, in bulk",
    [SYNCLOG_UNCHANGED] = "{client} sent what was so already {times}",
    [SYNCLOG_OTHER] = "{client} looked up something {times}",
};

void words_count(struct sentence *out, struct str client, enum synclog_kind kind, uint64_t times)
{
    fill(out, count_words[kind], &(struct words){.client = client, .times = times});
}

void words_bulk(struct sentence *out, const char *client, size_t operations, size_t refused)
{
    fill(out,
         refused == 0 ? "{client} sent {changes} in one request"
                      : "{client} sent {changes} in one request; refused: {refused} of them",
         &(struct words){.client = str_of(client), .times = operations, .refused = refused});
}

/* What a request that failed was to do, by kind and method. NULL: any other method. */
static const struct {
    enum synclog_kind kind;
    const char *method, *text, *nameless;
} failure_words[] = {
    {SYNCLOG_USERS, "POST", "create {name}", "create a user"},
    {SYNCLOG_USERS, "PUT", "update {name}", "update a user"},
    {SYNCLOG_USERS, "PATCH", "update {name}", "update a user"},
    {SYNCLOG_USERS, "DELETE", "delete {name}", "delete a user"},
    {SYNCLOG_USERS, NULL, "look up {name}", "look up users"},
    {SYNCLOG_TEAMS, "POST", "push team {name}", "push a team"},
    {SYNCLOG_TEAMS, "PUT", "update team {name}", "update a team"},
    {SYNCLOG_TEAMS, "PATCH", "update team {name}", "update a team"},
    {SYNCLOG_TEAMS, "DELETE", "delete team {name}", "delete a team"},
    {SYNCLOG_TEAMS, NULL, "look up team {name}", "look up teams"},
    {SYNCLOG_ALL, NULL, "look up {name}", "look up users and teams"},
    {SYNCLOG_ROLES, NULL, "look up role {name}", "look up roles"},
    {SYNCLOG_DESCRIPTION, NULL, "look up {name}", "look up what the service can do"},
    {SYNCLOG_BULK, NULL, "send {name}", "send several changes in one request"},
    {SYNCLOG_OTHER, NULL, "send {method} to {name}", "send {method} to an address that there is not"},
};

void words_failure(struct sentence *out, const char *client, const char *method, const struct synclog_failure *f)
{
    struct words w = {
        .client = str_of(client), .name = f->name, .method = method, .sentence = str_of(f->error->sentence)};
    const char *how = f->reading ? "" : method;
    size_t i = 0;

    while (failure_words[i].kind != f->kind ||
           (failure_words[i].method != NULL && strcmp(failure_words[i].method, how) != 0))
        i++;
    fill(out, "{client} tried to ", &w);
    fill(out, f->name.len > 0 ? failure_words[i].text : failure_words[i].nameless, &w);
    fill(out, error_entry(f->error->code)->status >= 500 ? "; failed: {sentence}" : "; refused: {sentence}", &w);
}
