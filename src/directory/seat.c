/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/seat.h"

#include "edit.h"
#include "roster/directory/user.h"
#include "roster/directory/walk.h"
#include "roster/directory/event.h"
#include "roster/store/key.h"

#include <assert.h>

static_assert(STATE_BASES == ROLE_BASES, "the state counts every base type");

/* --- numbers --- */

static void role_key(struct key *k, struct str role)
{
    key_init(k);
    key_str(k, role);
}

/* What earlier versions wrote has the active users alone. */
static bool tally_read(struct str value, struct role_tally *out)
{
    out->inactive = 0;
    return key_take_u64(&value, &out->active) &&
           (value.len == 0 || (key_take_u64(&value, &out->inactive) && value.len == 0));
}

enum store_rc seat_of_role(struct store_txn *txn, struct str role, struct role_tally *n)
{
    struct key k;
    struct str value;

    *n = (struct role_tally){0};
    role_key(&k, role);
    enum store_rc rc = store_get(txn, SPACE_TALLY, key_view(&k), &value);
    if (rc == STORE_NOTFOUND)
        return STORE_OK;
    return rc == STORE_OK && !tally_read(value, n) ? STORE_ERROR : rc;
}

static enum store_rc put_of_role(struct store_txn *txn, struct str role, const struct role_tally *n)
{
    struct key k, value;

    role_key(&k, role);
    if (n->active == 0 && n->inactive == 0)
        return store_delete(txn, SPACE_TALLY, key_view(&k));
    key_init(&value);
    key_u64(&value, n->active);
    key_u64(&value, n->inactive);
    return store_put(txn, SPACE_TALLY, key_view(&k), key_view(&value));
}

/* Those who are inactive and for whom nothing names a type need no number: they are what the others leave of all users. */
static bool is_left_over(const struct holder *h)
{
    return !h->active && h->standing.source == STANDING_DEFAULT;
}

/* The number in state that counts the holder, who is not left over; NULL: a custom role's does. */
static uint64_t *number_of(struct state *state, const struct holder *h)
{
    if (h->overflowed)
        return &state->overflowed;
    if (h->standing.source == STANDING_DEFAULT)
        return &state->defaulted;
    if (h->standing.named.custom)
        return NULL;
    return h->active ? &state->typed[h->standing.named.base] : &state->inactive[h->standing.named.base];
}

/* false: it would be below 0. */
static bool count_by(uint64_t *number, int by)
{
    if (by < 0 && *number == 0)
        return false;
    *number = by < 0 ? *number - 1 : *number + 1;
    return true;
}

/* Counts a holder, or no longer (by -1). */
static enum store_rc add(struct store_txn *txn, struct state *state, const struct holder *h, int by)
{
    uint64_t *number = number_of(state, h);
    struct role_tally n;

    if (is_left_over(h))
        return STORE_OK;
    if (number != NULL)
        return count_by(number, by) ? STORE_OK : STORE_ERROR;
    enum store_rc rc = seat_of_role(txn, h->standing.named.id, &n);
    if (rc != STORE_OK || !count_by(h->active ? &n.active : &n.inactive, by))
        return rc == STORE_OK ? STORE_ERROR : rc;
    return put_of_role(txn, h->standing.named.id, &n);
}

/* --- seats --- */

/* The users of custom roles; *out is NULL where nobody has one. */
static enum store_rc tallies_of(struct store_txn *txn, struct arena *arena, struct tally **out)
{
    struct store_scan *scan = NULL;
    struct str key, value;
    struct tally *t = NULL;
    struct buf id;

    enum store_rc rc = store_scan_open(txn, SPACE_TALLY, STR_NULL, STR_NULL, STORE_FORWARD, &scan);
    while (rc == STORE_OK && (rc = store_scan_next(scan, &key, &value)) == STORE_OK) {
        if (t == NULL) {
            t = arena_alloc(arena, sizeof *t);
            buf_init(&id, arena);
        }
        if (t->ncustom == ROLES_MAX || !key_take_str(&key, &id) || !tally_read(value, &t->custom[t->ncustom].n))
            rc = STORE_ERROR;
        else
            t->custom[t->ncustom++].role = arena_str(arena, buf_view(&id));
    }
    store_scan_close(&scan);
    *out = t;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

/* What the users are for whom the custom role is named. */
static enum store_rc in_force(struct store_txn *txn, struct arena *arena, struct str id, struct role *out)
{
    struct role named;

    enum store_rc rc = role_get(txn, arena, id, &named);
    if (rc == STORE_OK)
        rc = role_in_force(txn, arena, &named, out);
    return rc == STORE_NOTFOUND ? STORE_ERROR : rc;
}

/* Adds the active users of custom roles to the base types that these have, or would have. */
static enum store_rc add_custom(struct store_txn *txn, struct arena *arena, const struct role *removed,
                                const struct role *successor, uint64_t users[ROLE_BASES])
{
    struct tally *t;

    enum store_rc rc = tallies_of(txn, arena, &t);
    for (size_t i = 0; rc == STORE_OK && t != NULL && i < t->ncustom; i++) {
        struct role role;

        rc = in_force(txn, arena, t->custom[i].role, &role);
        if (rc == STORE_OK)
            users[removed != NULL && str_eq(role.id, removed->id) ? successor->base : role.base] +=
                t->custom[i].n.active;
    }
    return rc;
}

/* The seats taken; where removed is not NULL, as if that role were gone in favour of successor. */
static enum store_rc reckon(struct store_txn *txn, struct arena *arena, const struct call *c, const struct state *state,
                            const struct role *removed, const struct role *successor, struct seats *out)
{
    static const enum policy_name rules[ROLE_BASES] = {[ROLE_ADMIN] = POLICY_SEAT_ADMIN,
                                                       [ROLE_MEMBER] = POLICY_SEAT_MEMBER,
                                                       [ROLE_VIEWER] = POLICY_SEAT_VIEWER,
                                                       [ROLE_GUEST] = POLICY_SEAT_GUEST};
    const struct policy *p = &c->account->policy;

    *out = (struct seats){.overflowed = state->overflowed, .limit = SEATS_UNLIMITED};
    for (size_t i = 0; i < ROLE_BASES; i++)
        out->users[i] = state->typed[i];
    out->users[policy_default_type(p)] += state->defaulted;
    out->users[ROLE_VIEWER] += state->overflowed;
    enum store_rc rc = add_custom(txn, arena, removed, successor, out->users);
    for (size_t i = 0; i < ROLE_BASES; i++) {
        uint64_t every = p->value[rules[i]]; /* 0: none takes one */

        out->used += every == 0 ? 0 : out->users[i] / every;
    }
    if (p->value[POLICY_SEAT_LIMIT] != SEAT_LIMIT_NONE)
        out->limit = (uint64_t)p->value[POLICY_SEAT_LIMIT] - 1 + p->value[POLICY_SEAT_GRACE];
    return rc;
}

static enum store_rc refuse_seat(struct call *c, const struct role *role, const struct seats *before)
{
    struct arena *a = c->arena;

    error_set(c->error, ERR_SEATS_EXCEEDED, role->name,
              str_of(arena_printf(a, "%llu", (unsigned long long)before->used)),
              str_of(arena_printf(a, "%llu", (unsigned long long)before->limit)));
    return STORE_REFUSED;
}

/* Whether so many seats may be taken where so many were. */
static bool may_take(const struct seats *before, const struct seats *after)
{
    return after->used <= before->used || after->used <= after->limit;
}

/* The user cannot have a seat: a viewer, as before where overflowed, or a refusal. */
static enum store_rc overflow(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                              const struct seats *before, bool overflowed, struct holder *h)
{
    bool may = overflowed || c->account->policy.value[POLICY_SEAT_OVERFLOW] == OVERFLOW_VIEWER;
    struct seats seats;

    if (!may || h->standing.role.base == ROLE_VIEWER)
        return refuse_seat(c, &h->standing.role, before);
    enum store_rc rc = add(txn, state, h, -1);
    h->overflowed = true;
    if (rc != STORE_OK || (rc = add(txn, state, h, 1)) != STORE_OK ||
        (rc = reckon(txn, arena, c, state, NULL, NULL, &seats)) != STORE_OK)
        return rc;
    return may_take(before, &seats) ? STORE_OK : refuse_seat(c, &h->standing.role, before);
}

/* --- who cannot be touched --- */

static bool is_admin(const struct holder *h)
{
    return h->active && seat_role(h)->base == ROLE_ADMIN;
}

static bool loses(const struct holder *before, const struct holder *after)
{
    bool other = !before->overflowed && !str_eq(seat_role(before)->id, seat_role(after)->id);

    return before->active && (!after->active || other); /* who gets what he waits for loses nothing */
}

static enum store_rc judge_protection(struct store_txn *txn, struct call *c, const struct id *id, struct str name)
{
    enum store_rc rc = store_has(txn, SPACE_PROTECTED, id_view(id));

    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    return edit_refuse(c, ERR_USER_PROTECTED, name);
}

static enum store_rc judge_admins(struct call *c, const struct state *state, const struct holder *before,
                                  const struct holder *after)
{
    if (c->account->policy.value[POLICY_LAST_ADMIN] != LAST_ADMIN_KEEP || c->taking_back || !is_admin(before) ||
        is_admin(after) || state->typed[ROLE_ADMIN] > 0)
        return STORE_OK;
    error_set(c->error, ERR_LAST_ADMIN);
    return STORE_REFUSED;
}

/* --- changing --- */

const struct role *seat_role(const struct holder *h)
{
    return h->overflowed ? role_of_base(ROLE_VIEWER) : &h->standing.role;
}

enum store_rc seat_mark(struct store_txn *txn, enum store_space space, const struct id *user, bool on)
{
    enum store_rc rc;

    if (on)
        return store_put(txn, space, id_view(user), STR_LIT(""));
    rc = store_delete(txn, space, id_view(user));
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

enum store_rc seat_holder(struct store_txn *txn, struct arena *arena, struct call *c, const struct state *state,
                          const struct id *id, const struct image *user, struct holder *out)
{
    *out = (struct holder){.there = user != NULL};
    if (user == NULL)
        return STORE_OK;
    out->active = user_image_is_active(user);
    out->name = image_leaf(user, ATTR_USER_NAME, arena);
    enum store_rc rc = standing_of(txn, arena, c->account, user, &out->standing);
    if (rc != STORE_OK || state->overflowed == 0 || !out->active)
        return rc;
    rc = store_has(txn, SPACE_OVERFLOW, id_view(id));
    out->overflowed = rc == STORE_OK;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static bool counts_alike(const struct holder *x, const struct holder *y)
{
    if (!x->there || !y->there)
        return x->there == y->there;
    return x->active == y->active && !x->overflowed && !y->overflowed &&
           str_eq(x->standing.named.id, y->standing.named.id) &&
           (x->standing.source == STANDING_DEFAULT) == (y->standing.source == STANDING_DEFAULT);
}

/* Whether a change must find its seat at once: else seat_sum_judge() judges it. */
static bool is_judged(const struct call *c, bool at_once)
{
    return c->account->policy.value[POLICY_SEAT_LIMIT] != SEAT_LIMIT_NONE &&
           (at_once || c->account->policy.value[POLICY_SEAT_OVERFLOW] == OVERFLOW_VIEWER);
}

static enum store_rc change(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                            const struct id *id, const struct holder *before, struct holder *after, bool at_once)
{
    bool judged = is_judged(c, at_once) && after->active;
    struct seats was, is;
    enum store_rc rc = STORE_OK;

    after->overflowed = false;
    if (counts_alike(before, after))
        return STORE_OK;
    if (judged)
        rc = reckon(txn, arena, c, state, NULL, NULL, &was);
    if (rc == STORE_OK && before->there)
        rc = add(txn, state, before, -1);
    if (rc == STORE_OK && after->there)
        rc = add(txn, state, after, 1);
    if (rc == STORE_OK && judged && (rc = reckon(txn, arena, c, state, NULL, NULL, &is)) == STORE_OK &&
        !may_take(&was, &is))
        rc = overflow(txn, arena, c, state, &was, before->overflowed, after);
    if (rc == STORE_OK && before->overflowed != after->overflowed)
        rc = seat_mark(txn, SPACE_OVERFLOW, id, after->overflowed);
    return rc == STORE_OK && loses(before, after) ? judge_protection(txn, c, id, before->name) : rc;
}

enum store_rc seat_change(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                          const struct id *id, const struct holder *before, struct holder *after)
{
    enum store_rc rc = change(txn, arena, c, state, id, before, after, true);

    return rc == STORE_OK ? judge_admins(c, state, before, after) : rc;
}

/* --- many at once --- */

enum store_rc seat_sum_begin(struct store_txn *txn, struct arena *arena, struct call *c, const struct state *state,
                             struct seat_sum *out)
{
    *out = (struct seat_sum){.had_admin = state->typed[ROLE_ADMIN] > 0};
    return reckon(txn, arena, c, state, NULL, NULL, &out->was);
}

enum store_rc seat_sum_change(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                              const struct id *id, const struct holder *before, struct holder *after)
{
    return change(txn, arena, c, state, id, before, after, false);
}

enum store_rc seat_sum_judge(struct store_txn *txn, struct arena *arena, struct call *c, const struct state *state,
                             const struct seat_sum *sum, const struct role *role)
{
    struct seats is;

    enum store_rc rc = reckon(txn, arena, c, state, NULL, NULL, &is);
    if (rc != STORE_OK)
        return rc;
    if (!may_take(&sum->was, &is))
        return refuse_seat(c, role, &sum->was);
    if (sum->had_admin && state->typed[ROLE_ADMIN] == 0 &&
        c->account->policy.value[POLICY_LAST_ADMIN] == LAST_ADMIN_KEEP)
        error_set(c->error, ERR_LAST_ADMIN);
    return error_is_set(c->error) ? STORE_REFUSED : STORE_OK;
}

enum store_rc seat_stand(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                         const struct image *old, const struct image *new, struct event *ev)
{
    struct holder before, after;

    enum store_rc rc = seat_holder(txn, arena, c, state, &ev->resource, old, &before);
    if (rc != STORE_OK || (rc = seat_holder(txn, arena, c, state, &ev->resource, new, &after)) != STORE_OK ||
        (rc = seat_change(txn, arena, c, state, &ev->resource, &before, &after)) != STORE_OK ||
        (new == NULL && !before.active && (rc = judge_protection(txn, c, &ev->resource, before.name)) != STORE_OK))
        return rc;
    ev->revoke_sessions = before.active && !after.active;
    if (new == NULL || (old != NULL && str_eq(seat_role(&before)->id, seat_role(&after)->id)))
        return STORE_OK;
    ev->role_old = old == NULL ? STR_NULL : seat_role(&before)->id;
    ev->role_new = seat_role(&after)->id;
    return STORE_OK;
}

enum store_rc seat_judge_removal(struct store_txn *txn, struct arena *arena, struct call *c, const struct state *state,
                                 const struct role *role, const struct role *successor)
{
    struct seats was, is;

    enum store_rc rc = reckon(txn, arena, c, state, NULL, NULL, &was);
    if (rc == STORE_OK)
        rc = reckon(txn, arena, c, state, role, successor, &is);
    if (rc != STORE_OK || may_take(&was, &is))
        return rc;
    return refuse_seat(c, successor, &was);
}

/* --- counting anew --- */

struct counting {
    const struct account *account;
    struct state numbers; /* but for custom roles */
    struct tally *tally;
    struct arena *ids;
};

static enum store_rc count_custom(struct counting *n, struct str role, bool active)
{
    struct tally *t = n->tally;
    size_t i = 0;

    while (i < t->ncustom && !str_eq(t->custom[i].role, role))
        i++;
    if (i == ROLES_MAX)
        return STORE_ERROR;
    if (i == t->ncustom)
        t->custom[t->ncustom++].role = arena_str(n->ids, role);
    count_by(active ? &t->custom[i].n.active : &t->custom[i].n.inactive, 1);
    return STORE_OK;
}

static enum store_rc count_one(struct store_txn *txn, struct arena *arena, struct str key, struct str value, void *ctx)
{
    struct counting *n = ctx;
    struct holder h = {.there = true};
    struct image im;

    if (!image_open(&im, n->account->user_type, value))
        return STORE_ERROR;
    h.active = user_image_is_active(&im);
    enum store_rc rc = standing_of(txn, arena, n->account, &im, &h.standing);
    if (rc == STORE_OK && h.active && (rc = store_has(txn, SPACE_OVERFLOW, key)) != STORE_ERROR)
        h.overflowed = rc == STORE_OK;
    if (rc != STORE_OK && rc != STORE_NOTFOUND)
        return rc;
    uint64_t *number = number_of(&n->numbers, &h);
    if (is_left_over(&h))
        return STORE_OK;
    if (number == NULL)
        return count_custom(n, h.standing.named.id, h.active);
    ++*number;
    return STORE_OK;
}

enum store_rc seat_count(struct store_txn *txn, struct arena *arena, const struct account *account, struct tally *out)
{
    struct counting n = {.account = account, .tally = out, .ids = arena_new(0)};

    *out = (struct tally){.ncustom = 0};
    enum store_rc rc = walk_range(txn, arena, SPACE_USER, STR_NULL, STR_NULL, count_one, &n);
    memcpy(out->typed, n.numbers.typed, sizeof out->typed);
    memcpy(out->inactive, n.numbers.inactive, sizeof out->inactive);
    out->defaulted = n.numbers.defaulted;
    out->overflowed = n.numbers.overflowed;
    for (size_t i = 0; i < out->ncustom; i++)
        out->custom[i].role = arena_str(arena, out->custom[i].role);
    arena_free(&n.ids);
    return rc;
}

static enum store_rc drop_tallies(struct store_txn *txn, struct arena *arena)
{
    struct walk_pair *pairs;
    enum store_rc rc = STORE_OK;
    size_t n = 1;

    while (rc == STORE_OK && n > 0) {
        rc = walk_batch(txn, arena, SPACE_TALLY, STR_NULL, STR_NULL, &pairs, &n);
        for (size_t i = 0; i < n && rc == STORE_OK; i++)
            rc = store_delete(txn, SPACE_TALLY, pairs[i].key);
    }
    return rc;
}

enum store_rc seat_recount(struct store_txn *txn, struct arena *arena, const struct account *account,
                           struct state *state)
{
    struct tally *t = arena_alloc(arena, sizeof *t);

    enum store_rc rc = seat_count(txn, arena, account, t);
    if (rc != STORE_OK || (rc = drop_tallies(txn, arena)) != STORE_OK)
        return rc;
    memcpy(state->typed, t->typed, sizeof state->typed);
    memcpy(state->inactive, t->inactive, sizeof state->inactive);
    state->defaulted = t->defaulted;
    state->overflowed = t->overflowed;
    state->tallied = STATE_TALLIED;
    for (size_t i = 0; i < t->ncustom && rc == STORE_OK; i++)
        rc = put_of_role(txn, t->custom[i].role, &t->custom[i].n);
    return rc;
}

enum store_rc seat_judge_account(struct store_txn *txn, struct arena *arena, struct call *c, struct state *state,
                                 const struct account *changed)
{
    struct seat_sum sum;

    enum store_rc rc = seat_sum_begin(txn, arena, c, state, &sum);
    if (rc == STORE_OK)
        rc = seat_recount(txn, arena, changed, state);
    return rc == STORE_OK
               ? seat_sum_judge(txn, arena, c, state, &sum, role_of_base(policy_default_type(&changed->policy)))
               : rc;
}

/* --- requests of its own --- */

struct reporting {
    struct call *c;
    struct seats *out;
};

static enum store_rc report_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct reporting *w = ctx;
    struct state state;

    enum store_rc rc = edit_begin(txn, arena, w->c, &state);
    return rc == STORE_OK ? reckon(txn, arena, w->c, &state, NULL, NULL, w->out) : rc;
}

/* In write mode, for the numbers may have to be counted first. */
bool seat_report(struct call *c, struct seats *out)
{
    struct reporting w = {c, out};

    return edit_run(c, report_body, &w);
}

static enum store_rc look_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct reporting *w = ctx;
    struct state state;

    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    return state.tallied ? reckon(txn, arena, w->c, &state, NULL, NULL, w->out) : STORE_NOTFOUND;
}

bool seat_look(struct call *c, struct seats *out)
{
    struct reporting w = {c, out};
    enum store_rc rc = store_run(c->store, c->account->number, STORE_READ, c->arena, look_body, &w);

    return rc == STORE_NOTFOUND ? seat_report(c, out) : call_done(c, rc); /* they were never counted */
}

void seat_write(struct buf *b, const struct seats *seats)
{
    buf_puts(b, "{\"used\":");
    buf_u64(b, seats->used);
    buf_puts(b, ",\"limit\":");
    if (seats->limit == SEATS_UNLIMITED)
        buf_puts(b, "null");
    else
        buf_u64(b, seats->limit);
    for (int i = 0; i < ROLE_BASES; i++) {
        buf_json_name(b, role_of_base(i)->id.p);
        buf_u64(b, seats->users[i]);
    }
    buf_puts(b, ",\"overflowed\":");
    buf_u64(b, seats->overflowed);
    buf_putc(b, '}');
}

struct role_report {
    struct call *c;
    struct role_users *roles;
    size_t n;
    bool counted; /* the account has the numbers */
};

static enum store_rc add_users(struct store_txn *txn, struct arena *arena, struct role_report *w, struct str id,
                               uint64_t users)
{
    struct role role;

    enum store_rc rc = in_force(txn, arena, id, &role);
    for (size_t i = 0; i < w->n && rc == STORE_OK; i++)
        if (str_eq(w->roles[i].role.id, role.id))
            w->roles[i].users += users;
    return rc;
}

/* Adds all users to the roles, which begin with the base types. */
static enum store_rc spread(struct store_txn *txn, struct arena *arena, struct role_report *w,
                            const struct state *state)
{
    uint64_t left = state->count[RESOURCE_USER] - state->active;
    struct tally *t;

    for (size_t i = 0; i < ROLE_BASES; i++) {
        w->roles[i].users = state->typed[i] + state->inactive[i];
        left -= state->inactive[i];
    }
    w->roles[ROLE_VIEWER].users += state->overflowed;
    enum store_rc rc = tallies_of(txn, arena, &t);
    for (size_t i = 0; rc == STORE_OK && t != NULL && i < t->ncustom; i++) {
        rc = add_users(txn, arena, w, t->custom[i].role, t->custom[i].n.active + t->custom[i].n.inactive);
        left -= t->custom[i].n.inactive;
    }
    w->roles[policy_default_type(&w->c->account->policy)].users += state->defaulted + left;
    return rc;
}

/* What is told must not follow from rules or a default type that are no longer the account's. */
static enum store_rc judge_revision(struct call *c, const struct state *state)
{
    if (state->revision == c->account->revision)
        return STORE_OK;
    error_set(c->error, ERR_ACCOUNT_CHANGED);
    return STORE_REFUSED;
}

static enum store_rc roles_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct role_report *w = ctx;
    struct state state;
    struct role *roles;

    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK)
        return rc;
    if ((rc = judge_revision(w->c, &state)) != STORE_OK)
        return rc;
    w->counted = state.tallied == STATE_TALLIED;
    if (!w->counted || (rc = role_listed(txn, arena, &roles, &w->n)) != STORE_OK)
        return rc;
    w->roles = arena_alloc(arena, w->n * sizeof *w->roles);
    for (size_t i = 0; i < w->n; i++)
        w->roles[i].role = roles[i];
    return spread(txn, arena, w, &state);
}

static enum store_rc begin_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct state state;

    return edit_begin(txn, arena, ctx, &state);
}

bool seat_roles(struct call *c, struct role_users **out, size_t *n)
{
    struct role_report w = {.c = c};
    uint32_t account = c->account->number;
    bool done = call_done(c, store_run(c->store, account, STORE_FREEZE, c->arena, roles_body, &w));

    if (done && !w.counted)
        done = edit_run(c, begin_body, c) &&
               call_done(c, store_run(c->store, account, STORE_FREEZE, c->arena, roles_body, &w));
    *out = w.roles;
    *n = w.n;
    return done;
}

struct protection {
    struct call *c;
    struct str text;
    bool on;
};

static enum store_rc protect_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct protection *w = ctx;
    struct image user;
    struct id id;

    enum store_rc rc = edit_load(txn, arena, w->c, w->c->account->user_type, w->text, NULL, &id, &user);
    return rc == STORE_OK ? seat_mark(txn, SPACE_PROTECTED, &id, w->on) : rc;
}

bool seat_protect(struct call *c, struct str user, bool on)
{
    struct protection w = {c, user, on};

    return edit_run(c, protect_body, &w);
}

struct explaining {
    struct call *c;
    struct str text;
    struct explanation *out;
};

/* The name of the team by whose rule it is. */
static enum store_rc team_of(struct store_txn *txn, struct arena *arena, const struct account *account,
                             const struct standing *standing, struct str *out)
{
    struct image team;

    *out = STR_NULL;
    if (standing->source != STANDING_TEAM || !id_is_set(&account->rules.rule[standing->rule - 1].team))
        return STORE_OK;
    enum store_rc rc = entry_get(txn, account->team_type, &account->rules.rule[standing->rule - 1].team, arena, &team);
    if (rc == STORE_OK)
        *out = image_leaf(&team, ATTR_TEAM_DISPLAY_NAME, arena);
    return rc == STORE_NOTFOUND ? STORE_OK : rc; /* deleted between the two reads */
}

/* Sets the reason of a holder. */
static enum store_rc add_reason(struct store_txn *txn, struct arena *arena, const struct account *account,
                                struct explanation *e)
{
    struct str team;

    enum store_rc rc = team_of(txn, arena, account, &e->holder.standing, &team);
    if (rc != STORE_OK)
        return rc;
    e->reason = standing_reason(&e->holder.standing, team, arena);
    if (e->holder.overflowed)
        e->reason = str_of(arena_printf(arena, "%.*s, but there is no seat", (int)e->reason.len, e->reason.p));
    return STORE_OK;
}

static enum store_rc explain_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct explaining *w = ctx;
    struct image user;
    struct state state;
    struct id id;

    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK ||
        (rc = edit_load(txn, arena, w->c, w->c->account->user_type, w->text, NULL, &id, &user)) != STORE_OK ||
        (rc = seat_holder(txn, arena, w->c, &state, &id, &user, &w->out->holder)) != STORE_OK ||
        (rc = add_reason(txn, arena, w->c->account, w->out)) != STORE_OK)
        return rc;
    rc = store_has(txn, SPACE_PROTECTED, id_view(&id));
    w->out->is_protected = rc == STORE_OK;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

bool seat_explain(struct call *c, struct str user, struct explanation *out)
{
    struct explaining w = {c, user, out};

    return call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, explain_body, &w));
}

struct trying {
    struct explaining explaining;
    const struct seat_trial *trial;
    struct json_object *user; /* a new one in normal form */
};

static enum store_rc find_teams(struct store_txn *txn, struct call *c, const struct seat_trial *trial, struct id *out)
{
    enum store_rc rc = STORE_OK;

    for (size_t i = 0; i < trial->nteams && rc == STORE_OK; i++) {
        rc = id_parse(trial->teams[i], &out[i]) ? store_has(txn, SPACE_TEAM, id_view(&out[i])) : STORE_NOTFOUND;
        if (rc != STORE_NOTFOUND)
            continue;
        error_set(c->error, ERR_RESOURCE_NOT_FOUND, str_of(c->account->team_type->name), trial->teams[i]);
        rc = STORE_REFUSED;
    }
    return rc;
}

/* The type that a creation would find. */
static enum store_rc try_new(struct store_txn *txn, struct arena *arena, struct trying *w)
{
    struct id *ids = arena_alloc(arena, (w->trial->nteams + 1) * sizeof *ids);
    const struct standing_teams teams = {ids, w->trial->nteams};
    const struct image_facts facts = {.id = id_new()};
    struct explanation *out = w->explaining.out;
    struct call *c = w->explaining.c;
    struct image im;
    struct buf bytes;

    enum store_rc rc = find_teams(txn, c, w->trial, ids);
    if (rc != STORE_OK || (rc = standing_judge(txn, arena, c, NULL, w->user)) != STORE_OK)
        return rc;
    buf_init(&bytes, arena);
    image_build(&bytes, c->account->user_type, w->user, &facts);
    if (!image_open(&im, c->account->user_type, buf_view(&bytes)))
        return STORE_ERROR;
    *out = (struct explanation){.holder = {.there = true, .active = true}};
    rc = standing_in(txn, arena, c->account, &im, &teams, &out->holder.standing);
    return rc == STORE_OK ? add_reason(txn, arena, c->account, out) : rc;
}

static enum store_rc try_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct trying *w = ctx;
    struct state state;

    enum store_rc rc = state_get(txn, &state);
    if (rc != STORE_OK || (rc = judge_revision(w->explaining.c, &state)) != STORE_OK)
        return rc;
    return w->trial->user.p != NULL ? explain_body(txn, arena, &w->explaining) : try_new(txn, arena, w);
}

/* A user of whom nothing is known but what decides his type. NULL: *c->error. */
static struct json_object *trial_user(struct call *c, struct json_object *body)
{
    static const char *const names[] = {"userType", "roles", "entitlements"};
    struct json_object *user = json_own(c->arena, json_object_new_object()), *schemas = json_object_new_array();

    json_object_array_add(schemas, json_object_new_string(URN_USER));
    json_put_member(user, "schemas", schemas);
    json_put_member(user, "userName", json_object_new_string("somebody"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        json_put_member(user, names[i], json_object_get(json_member(body, names[i])));
    return edit_normalise(c, c->account->user_type, user, NULL);
}

bool seat_try(struct call *c, const struct seat_trial *trial, struct explanation *out)
{
    struct trying w = {.explaining = {c, trial->user, out}, .trial = trial};

    if (trial->user.p == NULL && (w.user = trial_user(c, trial->body)) == NULL)
        return false;
    return call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, try_body, &w));
}

void seat_write_type(struct buf *b, const struct explanation *e)
{
    const struct role *role = seat_role(&e->holder);

    buf_puts(b, "{\"id\":");
    buf_json(b, role->id);
    buf_puts(b, ",\"name\":");
    buf_json(b, role->name);
    buf_printf(b, ",\"base\":\"%s\",\"why\":", role_of_base(role->base)->id.p);
    buf_json(b, e->reason);
    buf_printf(b, ",\"protected\":%s}", e->is_protected ? "true" : "false");
}
