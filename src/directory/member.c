/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/member.h"

#include "joining.h"
#include "roster/directory/entry.h"
#include "roster/store/key.h"

#include <assert.h>
#include <sodium.h>

/* The two directions in which a membership is read: from a team to its users, and from a user to its teams. */
struct direction {
    enum store_space space;            /* of the pairs */
    const struct resource_type *other; /* of what they lead to */
    uint16_t name;                     /* its attribute to show */
};
static const struct direction to_users = {SPACE_MEMBER, &resource_type_user, ATTR_USER_DISPLAY_NAME};
static const struct direction to_teams = {SPACE_MEMBEROF, &resource_type_team, ATTR_TEAM_DISPLAY_NAME};

static const struct direction *direction_from(const struct resource_type *type)
{
    return type->number == RESOURCE_TEAM ? &to_users : &to_teams;
}

/* Reads what ref leads to and sets what to show of it: nothing where it has just been deleted (STORE_NOTFOUND). */
static enum store_rc read_name(struct store_txn *txn, struct arena *arena, const struct direction *d,
                               struct member_ref *ref)
{
    struct image im;

    ref->display = STR_NULL;
    enum store_rc rc = entry_get(txn, d->other, &ref->id, arena, &im);
    if (rc == STORE_OK)
        ref->display = image_leaf(&im, d->name, arena);
    return rc;
}

static void pair_key(struct key *k, const struct id *first, const struct id *second)
{
    key_init(k);
    key_id(k, first);
    key_id(k, second);
}

struct member_change member_change_of(enum member_op op, struct json_object *values)
{
    return (struct member_change){.op = op, .values = values};
}

enum store_rc member_has(struct store_txn *txn, const struct id *team, const struct id *user)
{
    struct key k;

    pair_key(&k, team, user);
    return store_has(txn, SPACE_MEMBER, key_view(&k));
}

/* --- what is kept of one: u64 since, then u8 kind and the maker's id, as far as they are known --- */

struct membership membership_of(const struct call *c)
{
    enum member_maker kind = c->console ? MAKER_ADMIN : id_is_set(&c->token) ? MAKER_TOKEN : MAKER_OPERATOR;

    return (struct membership){.since = c->now, .kind = kind, .maker = c->token};
}

static void membership_write(struct key *value, const struct membership *m)
{
    key_init(value); /* the same code as a key's */
    key_u64(value, (uint64_t)m->since);
    if (m->kind == MAKER_UNKNOWN)
        return;
    key_u8(value, (uint8_t)m->kind);
    if (id_is_set(&m->maker))
        key_id(value, &m->maker);
}

bool membership_read(struct str value, struct membership *out)
{
    uint64_t since;
    uint8_t kind = MAKER_UNKNOWN;

    *out = (struct membership){.kind = MAKER_UNKNOWN};
    if (!key_take_u64(&value, &since))
        return false;
    out->since = (int64_t)since;
    if (value.len == 0)
        return true;
    if (!key_take_u8(&value, &kind) || kind == MAKER_UNKNOWN || kind >= MAKERS)
        return false;
    out->kind = (enum member_maker)kind;
    return value.len == 0 || (key_take_id(&value, &out->maker) && value.len == 0);
}

static const struct str makers[MAKERS] = {
    [MAKER_TOKEN] = STR_LIT("token"), [MAKER_OPERATOR] = STR_LIT("operator"), [MAKER_ADMIN] = STR_LIT("admin")};

struct str membership_word(enum member_maker kind)
{
    return makers[kind];
}

enum member_maker membership_find(struct str word)
{
    for (unsigned kind = MAKER_UNKNOWN + 1; kind < MAKERS; kind++)
        if (str_eq(word, makers[kind]))
            return (enum member_maker)kind;
    return MAKER_UNKNOWN;
}

/* --- both records --- */

enum store_rc member_put(struct store_txn *txn, const struct id *team, const struct id *user,
                         const struct membership *m)
{
    struct key k, value;

    pair_key(&k, team, user);
    membership_write(&value, m);
    enum store_rc rc = store_put(txn, SPACE_MEMBER, key_view(&k), key_view(&value));
    if (rc != STORE_OK)
        return rc;
    pair_key(&k, user, team);
    return store_put(txn, SPACE_MEMBEROF, key_view(&k), STR_LIT(""));
}

static enum store_rc pair_delete(struct store_txn *txn, const struct id *team, const struct id *user)
{
    struct key k;

    pair_key(&k, team, user);
    enum store_rc rc = store_delete(txn, SPACE_MEMBER, key_view(&k));
    if (rc != STORE_OK)
        return rc;
    pair_key(&k, user, team);
    return store_delete(txn, SPACE_MEMBEROF, key_view(&k));
}

/* Every second id of the pairs of space that begin with first. */
static enum store_rc pairs_of(struct store_txn *txn, struct arena *arena, enum store_space space,
                              const struct id *first, struct id **out, size_t *n)
{
    struct key prefix;

    key_init(&prefix);
    key_id(&prefix, first);
    return entry_ids(txn, arena, space, &prefix, SIZE_MAX, out, n);
}

/*
 * What becomes of the ids that a request names: an open-addressed table from id to "was a member" and "is one in the
 * end". Ids that the request does not touch are not in it.
 */
struct fate {
    struct id id;
    bool used, before, after;
    bool asked;       /* matches is known */
    uint16_t matches; /* bit i: the filter i of the message */
};
struct fates {
    struct fate *slots;
    size_t mask, n;
    bool all;                                               /* every member of the team is in it */
    const struct filter *filters[PATCH_MEMBER_FILTERS_MAX]; /* of the message's MEMBER_REMOVE_IF, in order */
    size_t nfilters, done;                                  /* done: those that were applied */
    size_t terms;                                           /* of all filters */
    uint64_t work;                                          /* up to MEMBER_WORK_MAX */
    unsigned char seed[crypto_shorthash_KEYBYTES];          /* clients choose the ids that they name */
    struct arena *arena;
};
static_assert(PATCH_MEMBER_FILTERS_MAX <= 16, "bits of a fate's matches");

static size_t fate_hash(const struct fates *f, const struct id *id)
{
    unsigned char hash[crypto_shorthash_BYTES];
    size_t h;

    crypto_shorthash(hash, id->b, sizeof id->b, f->seed);
    memcpy(&h, hash, sizeof h);
    return h;
}

static struct fate *fate_slot(const struct fates *f, const struct id *id)
{
    size_t i = fate_hash(f, id) & f->mask;

    while (f->slots[i].used && !id_eq(&f->slots[i].id, id))
        i = (i + 1) & f->mask;
    return &f->slots[i];
}

static void fates_grow(struct fates *f)
{
    struct fates bigger = *f;

    bigger.mask = f->slots == NULL ? 63 : 2 * f->mask + 1;
    bigger.slots = arena_alloc(f->arena, (bigger.mask + 1) * sizeof *bigger.slots);
    for (size_t i = 0; f->slots != NULL && i <= f->mask; i++)
        if (f->slots[i].used)
            *fate_slot(&bigger, &f->slots[i].id) = f->slots[i];
    *f = bigger;
}

static struct fate *fate_enter(struct fates *f, const struct id *id, bool member)
{
    if (f->slots == NULL || 2 * f->n > f->mask)
        fates_grow(f);
    struct fate *fate = fate_slot(f, id);
    if (!fate->used) {
        *fate = (struct fate){.id = *id, .used = true, .before = member, .after = member};
        f->n++;
    }
    return fate;
}

/* The fate of id, looked up in the team when it is met first. */
static enum store_rc fate_of(struct fates *f, struct store_txn *txn, const struct id *team, const struct id *id,
                             struct fate **out)
{
    enum store_rc rc = STORE_OK;

    if (f->slots == NULL || !(*out = fate_slot(f, id))->used) {
        rc = member_has(txn, team, id);
        *out = fate_enter(f, id, rc == STORE_OK);
    }
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/*
 * A member as a refusal names it: who looks for the person knows the name (display) that the group was pushed with, and
 * nobody knows an id.
 */
static struct str named(struct arena *arena, struct json_object *element, struct str id)
{
    struct json_object *value = json_member(element, "display");
    struct str display = value == NULL ? STR_NULL : json_str(value);

    if (display.len == 0 || id.len == 0)
        return display.len == 0 ? id : display;
    return str_of(arena_printf(arena, "%.*s (%.*s)", (int)id.len, id.p, (int)display.len, display.p));
}

/* The user that an element of `members` names, which must be one of the account. */
static enum store_rc member_user(struct store_txn *txn, struct call *c, struct json_object *element, struct id *out)
{
    struct json_object *value = json_member(element, "value"), *kind = json_member(element, "type");
    struct str text = value == NULL ? STR_NULL : json_str(value);
    enum store_rc rc = STORE_NOTFOUND;

    if (kind != NULL && str_eq_nocase(json_str(kind), STR_LIT("Group"))) {
        error_set(c->error, ERR_MEMBER_NESTED, named(c->arena, element, text));
        return STORE_REFUSED;
    }
    if (id_parse(text, out))
        rc = store_has(txn, SPACE_USER, id_view(out));
    if (rc != STORE_NOTFOUND)
        return rc;
    if (id_parse(text, out) && (rc = store_has(txn, SPACE_TEAM, id_view(out))) != STORE_NOTFOUND) {
        if (rc != STORE_OK)
            return rc;
        error_set(c->error, ERR_MEMBER_NESTED, named(c->arena, element, text));
    } else {
        error_set(c->error, ERR_MEMBER_UNKNOWN, named(c->arena, element, text));
    }
    return STORE_REFUSED;
}

static enum store_rc change_add(struct fates *f, struct store_txn *txn, struct call *c, const struct id *team,
                                struct json_object *values)
{
    size_t n = values == NULL ? 0 : json_object_array_length(values);
    enum store_rc rc = STORE_OK;

    for (size_t i = 0; i < n && rc == STORE_OK; i++) {
        struct fate *fate;
        struct id user;

        if ((rc = member_user(txn, c, json_object_array_get_idx(values, i), &user)) == STORE_OK &&
            (rc = fate_of(f, txn, team, &user, &fate)) == STORE_OK)
            fate->after = true;
    }
    return rc;
}

static enum store_rc change_remove(struct fates *f, struct store_txn *txn, const struct id *team,
                                   struct json_object *values)
{
    size_t n = values == NULL ? 0 : json_object_array_length(values);
    enum store_rc rc = STORE_OK;

    for (size_t i = 0; i < n && rc == STORE_OK; i++) {
        struct json_object *value = json_member(json_object_array_get_idx(values, i), "value");
        struct fate *fate;
        struct id user;

        /* who is no member need not be removed: success without a change (RFC 7644 3.5.2.2) */
        if (value != NULL && id_parse(json_str(value), &user) && (rc = fate_of(f, txn, team, &user, &fate)) == STORE_OK)
            fate->after = false;
    }
    return rc;
}

struct json_object *member_seen(const struct resource_type *type, const struct member_ref *ref, struct str base,
                                struct arena *a)
{
    bool is_user = type->number == resource_type_user.number;
    struct json_object *seen = json_object_new_object();
    char id[ID_TEXT_LEN + 1];

    id_format(&ref->id, id);
    json_put_member(seen, "value", json_object_new_string(id));
    json_put_member(seen, "type", json_object_new_string(is_user ? "User" : "direct"));
    json_put_member(seen, "$ref",
                    json_object_new_string(arena_printf(a, "%.*s%s/%s", (int)base.len, base.p, type->endpoint, id)));
    if (ref->display.len > 0)
        json_put_member(seen, "display", json_object_new_string_len(ref->display.p, (int)ref->display.len));
    return seen;
}

static enum store_rc refuse_work(const struct call *c, const struct member_change *change)
{
    error_set(c->error, ERR_PATCH_FILTER, str_of(arena_printf(c->arena, "%zu", change->operation)),
              STR_LIT("it asks too much of so many members: use fewer terms, or name the members by their values"));
    return STORE_REFUSED;
}

/* Asks all filters of the message about the member, so that it is read once; folds is for passing use. */
static enum store_rc fate_ask(struct fates *f, struct store_txn *txn, struct arena *arena, const struct call *c,
                              const struct member_change *change, struct folds *folds, struct fate *fate)
{
    struct arena_mark mark = arena_mark(arena);
    struct member_ref ref = {.id = fate->id};

    enum store_rc rc = read_name(txn, arena, &to_users, &ref);
    f->work += f->terms * (16 + ref.display.len);
    if (rc == STORE_OK && f->work > MEMBER_WORK_MAX)
        return refuse_work(c, change);
    if (rc == STORE_OK) {
        struct json_object *seen = member_seen(&resource_type_user, &ref, c->base, arena);

        for (size_t i = 0; i < f->nfilters; i++)
            if (filter_match_value(f->filters[i], seen, folds, arena))
                fate->matches |= (uint16_t)(1U << i);
        fate->asked = true;
        folds_clear(folds);
        json_object_put(seen);
    }
    arena_rewind(arena, mark);
    return rc == STORE_NOTFOUND ? STORE_ERROR : rc; /* a member is a user */
}

/* Enters every member of the team, once in a request: a message may name them all a thousand times. */
static enum store_rc fates_all(struct fates *f, struct store_txn *txn, struct arena *arena, const struct id *team)
{
    struct id *members;
    size_t n = 0;

    if (f->all)
        return STORE_OK;
    enum store_rc rc = pairs_of(txn, arena, SPACE_MEMBER, team, &members, &n);
    for (size_t i = 0; i < n && rc == STORE_OK; i++)
        fate_enter(f, &members[i], true);
    f->all = rc == STORE_OK;
    return rc;
}

/* Removes every member: those of the store, and those that the request added before. */
static enum store_rc change_remove_all(struct fates *f, struct store_txn *txn, struct arena *arena,
                                       const struct id *team)
{
    enum store_rc rc = fates_all(f, txn, arena, team);

    for (size_t i = 0; rc == STORE_OK && f->slots != NULL && i <= f->mask; i++)
        f->slots[i].after = false;
    return rc;
}

/* The same of those that the next filter of the message matches. */
static enum store_rc change_remove_if(struct fates *f, struct store_txn *txn, struct arena *arena, const struct call *c,
                                      const struct id *team, const struct member_change *change)
{
    enum store_rc rc = fates_all(f, txn, arena, team);
    struct folds *folds = folds_new();
    unsigned bit = 1U << f->done++;

    for (size_t i = 0; rc == STORE_OK && f->slots != NULL && i <= f->mask; i++) {
        struct fate *fate = &f->slots[i];

        if (!fate->used || !fate->after)
            continue;
        if (!fate->asked)
            rc = fate_ask(f, txn, arena, c, change, folds, fate);
        if (fate->matches & bit)
            fate->after = false;
    }
    folds_free(&folds);
    return rc;
}

static enum store_rc change_apply(struct fates *f, struct store_txn *txn, struct arena *arena, struct call *c,
                                  const struct id *team, const struct member_change *change)
{
    enum store_rc rc;

    switch (change->op) {
    case MEMBER_ADD:
        return change_add(f, txn, c, team, change->values);
    case MEMBER_REMOVE:
        return change_remove(f, txn, team, change->values);
    case MEMBER_REMOVE_IF:
        return change_remove_if(f, txn, arena, c, team, change);
    case MEMBER_REPLACE:
        rc = change_remove_all(f, txn, arena, team);
        return rc == STORE_OK ? change_add(f, txn, c, team, change->values) : rc;
    }
    assert(!"a member_op");
    return STORE_ERROR;
}

/* Brings one membership about, or ends it. What this takes from the arena is given back. */
static enum store_rc membership_change(struct store_txn *txn, struct arena *arena, struct joining *j,
                                       const struct id *user, bool joins)
{
    const struct membership made = membership_of(j->c);
    struct arena_mark mark = arena_mark(arena);

    enum store_rc rc = joining_before(txn, arena, j, user);
    if (rc == STORE_OK)
        rc = joins ? member_put(txn, &j->team, user, &made) : pair_delete(txn, &j->team, user);
    if (rc == STORE_OK)
        rc = joining_after(txn, arena, j);
    arena_rewind(arena, mark);
    return rc == STORE_NOTFOUND ? STORE_ERROR : rc;
}

/* Writes what differs: who goes first, for that may make room for who comes. */
static enum store_rc delta_apply(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                                 const struct id *team, const struct member_delta *delta)
{
    struct joining joining;

    enum store_rc rc = joining_begin(txn, arena, c, state, team, &joining);
    for (size_t i = 0; i < delta->nremoved && rc == STORE_OK; i++)
        rc = membership_change(txn, arena, &joining, &delta->removed[i], false);
    for (size_t i = 0; i < delta->nadded && rc == STORE_OK; i++)
        rc = membership_change(txn, arena, &joining, &delta->added[i], true);
    return rc == STORE_OK ? joining_end(txn, arena, &joining) : rc;
}

enum store_rc member_apply(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                           const struct id *team, const struct member_change *changes, size_t nchanges,
                           struct member_delta *out)
{
    struct fates fates = {.arena = arena};
    enum store_rc rc = STORE_OK;

    *out = (struct member_delta){0};
    crypto_shorthash_keygen(fates.seed);
    for (size_t i = 0; i < nchanges; i++) {
        if (changes[i].op != MEMBER_REMOVE_IF)
            continue;
        assert(fates.nfilters < PATCH_MEMBER_FILTERS_MAX); /* patch_parse() takes no more */
        fates.filters[fates.nfilters++] = changes[i].filter;
        fates.terms += changes[i].terms;
    }
    for (size_t i = 0; i < nchanges && rc == STORE_OK; i++)
        rc = change_apply(&fates, txn, arena, c, team, &changes[i]);
    if (rc != STORE_OK || fates.n == 0)
        return rc;
    out->added = arena_alloc_raw(arena, fates.n * sizeof *out->added);
    out->removed = arena_alloc_raw(arena, fates.n * sizeof *out->removed);
    for (size_t i = 0; i <= fates.mask; i++) {
        const struct fate *fate = &fates.slots[i];

        if (!fate->used || fate->before == fate->after)
            continue;
        if (fate->after)
            out->added[out->nadded++] = fate->id;
        else
            out->removed[out->nremoved++] = fate->id;
    }
    return delta_apply(txn, arena, c, state, team, out);
}

enum store_rc member_drop_user(struct store_txn *txn, struct arena *arena, const struct id *user, struct id **teams,
                               size_t *nteams)
{
    enum store_rc rc = pairs_of(txn, arena, SPACE_MEMBEROF, user, teams, nteams);

    for (size_t i = 0; i < *nteams && rc == STORE_OK; i++)
        rc = pair_delete(txn, &(*teams)[i], user);
    return rc == STORE_NOTFOUND ? STORE_ERROR : rc;
}

enum store_rc member_drop_team(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                               const struct id *team)
{
    struct member_delta all = {.nremoved = 0};

    enum store_rc rc = pairs_of(txn, arena, SPACE_MEMBER, team, &all.removed, &all.nremoved);
    return rc == STORE_OK ? delta_apply(txn, arena, c, state, team, &all) : rc;
}

/* --- for answers --- */

#define COUNT_STEP 1000

enum store_rc member_count(struct store_txn *txn, const struct id *team, uint64_t *n)
{
    struct store_scan *scan = NULL;
    struct key from, to;
    uint64_t step;

    *n = 0;
    key_init(&from);
    key_id(&from, team);
    to = from;
    key_end(&to);
    enum store_rc rc = store_scan_open(txn, SPACE_MEMBER, key_view(&from), key_view(&to), STORE_FORWARD, &scan);
    while (rc == STORE_OK) { /* most teams are small, and what is read beyond them is for nothing */
        rc = store_scan_skip(scan, COUNT_STEP, &step);
        *n += step;
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

struct counting {
    const struct id *team;
    uint64_t n;
};

static enum store_rc count_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct counting *w = ctx;

    (void)arena;
    return member_count(txn, w->team, &w->n);
}

bool member_total(struct call *c, const struct id *team, uint64_t *n)
{
    struct counting w = {.team = team};
    bool done = call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, count_body, &w));

    *n = w.n;
    return done;
}

struct naming {
    const struct direction *direction;
    const struct id *of;    /* whose pairs */
    const struct id *after; /* begin behind this one, or NULL */
    size_t limit;
    struct member_ref *refs;
    size_t n;
};

/* The next limit ids of the range. */
static enum store_rc naming_ids(struct store_txn *txn, struct arena *arena, struct naming *w)
{
    struct store_scan *scan = NULL;
    struct key from, to;
    struct str key, value;
    size_t room = 0;

    key_init(&to);
    key_id(&to, w->of);
    from = to;
    key_end(&to);
    if (w->after != NULL) {
        key_id(&from, w->after);
        key_u8(&from, 0);
    }
    enum store_rc rc = store_scan_open(txn, w->direction->space, key_view(&from), key_view(&to), STORE_FORWARD, &scan);
    while (rc == STORE_OK && w->n < w->limit && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        struct id first;

        if (w->n == room) {
            struct member_ref *more = arena_alloc(arena, (room = room == 0 ? 16 : 2 * room) * sizeof *more);
            if (w->n > 0)
                memcpy(more, w->refs, w->n * sizeof *more);
            w->refs = more;
        }
        struct member_ref *ref = &w->refs[w->n];
        if (!key_take_id(&key, &first) || !key_take_id(&key, &ref->id) ||
            (w->direction == &to_users && !membership_read(value, &ref->membership)))
            rc = STORE_ERROR;
        else
            w->n++;
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* The name alone is kept: a record may have hundreds of kilobytes, and there are many. */
static enum store_rc naming_one(struct store_txn *txn, struct arena *arena, const struct naming *w,
                                struct member_ref *ref)
{
    struct arena_mark mark = arena_mark(arena);
    char name[ATTRIBUTE_MAX_DEFAULT];

    enum store_rc rc = read_name(txn, arena, w->direction, ref);
    size_t len = ref->display.len;
    assert(len <= sizeof name);
    if (len > 0)
        memcpy(name, ref->display.p, len);
    arena_rewind(arena, mark);
    ref->display = arena_str(arena, str_make(name, len));
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc naming_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct naming *w = ctx;

    w->refs = NULL;
    w->n = 0;
    enum store_rc rc = naming_ids(txn, arena, w);
    for (size_t i = 0; i < w->n && rc == STORE_OK; i++)
        rc = naming_one(txn, arena, w, &w->refs[i]);
    return rc;
}

enum store_rc member_each(struct store_txn *txn, struct arena *arena, const struct resource_type *type,
                          const struct id *of, member_fn *fn, void *ctx)
{
    const struct direction *d = direction_from(type);
    bool more = true;
    struct store_scan *scan = NULL;
    struct key from, to;
    struct str key;

    key_init(&from);
    key_id(&from, of);
    to = from;
    key_end(&to);
    enum store_rc rc = store_scan_open(txn, d->space, key_view(&from), key_view(&to), STORE_FORWARD, &scan);
    while (rc == STORE_OK && more && (rc = store_scan_next(scan, &key, NULL)) == STORE_OK) {
        struct arena_mark mark = arena_mark(arena);
        struct member_ref ref;
        struct id first;

        rc = key_take_id(&key, &first) && key_take_id(&key, &ref.id) ? read_name(txn, arena, d, &ref) : STORE_ERROR;
        if (rc == STORE_OK)
            more = fn(d->other, &ref, ctx);
        else if (rc == STORE_NOTFOUND) /* deleted between the two reads */
            rc = STORE_OK;
        arena_rewind(arena, mark);
    }
    store_scan_close(&scan);
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

bool member_list(struct call *c, const struct resource_type *type, const struct id *of, const struct id *after,
                 size_t limit, struct member_ref **out, size_t *n)
{
    struct naming w = {.direction = direction_from(type), .of = of, .after = after, .limit = limit};
    enum store_rc rc = store_run(c->store, c->account->number, STORE_READ, c->arena, naming_body, &w);

    *out = w.refs;
    *n = w.n;
    return call_done(c, rc);
}
