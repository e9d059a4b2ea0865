/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/roll.h"

#include "roster/base/utf8.h"
#include "roster/directory/entry.h"
#include "roster/directory/member.h"
#include "roster/directory/seat.h"
#include "roster/directory/sso.h"
#include "roster/directory/user.h"
#include "roster/store/key.h"

#define SLICE_BYTES ((size_t)1024 * 1024)

struct paging {
    struct call *c;
    const struct roll_query *q;
    struct str folded; /* the query's text */
    struct key from;
    size_t most;
    struct state state;
    struct roll *out;
};

static bool is_of_users(const struct roll_query *q)
{
    return q->type->number == RESOURCE_USER;
}

/* --- one record --- */

void roll_read(const struct image *im, struct arena *a, struct roll_entry *out)
{
    *out = (struct roll_entry){.created = im->created, .modified = im->modified};
    id_parse(im->id, &out->id);
    if (im->type->number != RESOURCE_USER) {
        out->name = image_leaf(im, ATTR_TEAM_DISPLAY_NAME, a);
        return;
    }
    out->name = image_leaf(im, ATTR_USER_NAME, a);
    out->display = image_leaf(im, ATTR_USER_DISPLAY_NAME, a);
    out->email = sso_email(im, a);
    out->active = user_image_is_active(im);
}

static bool has(struct str text, struct str folded, struct arena *a)
{
    struct str s = utf8_fold(a, text);

    return s.len > 0 && memmem(s.p, s.len, folded.p, folded.len) != NULL;
}

/* Whether the query means it, as far as the record tells. */
static bool is_meant(const struct paging *p, const struct roll_entry *e, struct arena *a)
{
    if (is_of_users(p->q) && p->q->active != ROLL_ANY && e->active != (p->q->active == ROLL_ACTIVE))
        return false;
    return p->folded.len == 0 || has(e->name, p->folded, a) || has(e->display, p->folded, a) ||
           has(e->email, p->folded, a);
}

static enum store_rc add_role(struct store_txn *txn, struct arena *arena, struct paging *p, const struct image *im,
                              struct roll_entry *e, bool *meant)
{
    struct holder holder;

    enum store_rc rc = seat_holder(txn, arena, p->c, &p->state, &e->id, im, &holder);
    if (rc != STORE_OK)
        return rc;
    e->role = seat_role(&holder)->id;
    *meant = p->q->role.p == NULL || str_eq_nocase(p->q->role, e->role);
    return STORE_OK;
}

static enum store_rc look(struct store_txn *txn, struct arena *arena, struct paging *p, struct str value)
{
    struct arena_mark mark = arena_mark(arena);
    struct roll_entry e;
    struct image im;
    enum store_rc rc = STORE_OK;

    if (!image_open(&im, p->q->type, value))
        return STORE_ERROR;
    roll_read(&im, arena, &e);
    bool meant = is_meant(p, &e, arena);
    if (meant)
        rc = is_of_users(p->q) ? add_role(txn, arena, p, &im, &e, &meant) : member_count(txn, &e.id, &e.members);
    if (meant)
        p->out->entries[p->out->n++] = e;
    else
        arena_rewind(arena, mark);
    return rc;
}

/* --- a page --- */

/* Copies the next records, for nothing else may be read while a scan is open. */
static enum store_rc copy(struct store_txn *txn, struct arena *arena, struct paging *p, struct walk_pair *pairs,
                          size_t *n)
{
    enum store_space space = is_of_users(p->q) ? SPACE_USER : SPACE_TEAM;
    struct store_scan *scan = NULL;
    struct str key, value;
    size_t bytes = 0;

    *n = 0;
    enum store_rc rc = store_scan_open(txn, space, key_view(&p->from), STR_NULL, STORE_FORWARD, &scan);
    while (rc == STORE_OK && *n < ROLL_SLICE && bytes < SLICE_BYTES) {
        if ((rc = store_scan_next(scan, &key, &value)) != STORE_OK)
            break;
        bytes += value.len;
        pairs[(*n)++] = (struct walk_pair){arena_str(arena, key), arena_str(arena, value)};
    }
    store_scan_close(&scan);
    p->out->more = rc == STORE_OK;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

static enum store_rc page_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct paging *p = ctx;
    struct walk_pair *pairs = arena_alloc_raw(arena, ROLL_SLICE * sizeof *pairs);
    size_t n, i;

    *p->out = (struct roll){.entries = arena_alloc(arena, p->most * sizeof *p->out->entries)};
    enum store_rc rc = state_get(txn, &p->state);
    if (rc != STORE_OK || (rc = copy(txn, arena, p, pairs, &n)) != STORE_OK)
        return rc;
    for (i = 0; i < n && p->out->n < p->most && rc == STORE_OK; i++) {
        struct str key = pairs[i].key;

        rc = key_take_id(&key, &p->out->last) ? look(txn, arena, p, pairs[i].value) : STORE_ERROR;
    }
    p->out->more = p->out->more || i < n;
    return rc;
}

bool roll_page(struct call *c, const struct roll_query *q, const struct id *after, size_t most, struct roll *out)
{
    struct paging p = {.c = c, .q = q, .folded = utf8_fold(c->arena, q->text), .most = most, .out = out};

    key_init(&p.from);
    if (after != NULL) {
        key_id(&p.from, after);
        key_u8(&p.from, 0); /* the least key that is greater */
    }
    return call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, page_body, &p));
}

/* --- by address --- */

struct finding {
    struct call *c;
    struct str address;
    struct roll *out;
};

/* Who has it as userName, unless he is among those that were found. */
static enum store_rc add_named(struct store_txn *txn, struct arena *arena, const struct finding *f, struct id *ids,
                               size_t *n)
{
    struct id id;

    enum store_rc rc = entry_user_named(txn, arena, f->address, &id);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    for (size_t i = 0; i < *n; i++)
        if (id_eq(&ids[i], &id))
            return STORE_OK;
    ids[(*n)++] = id;
    return STORE_OK;
}

static enum store_rc find_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct finding *f = ctx;
    struct id *found, *ids = arena_alloc_raw(arena, (ROLL_SLICE + 1) * sizeof *ids);
    struct key k;
    size_t n;

    *f->out = (struct roll){.entries = arena_alloc(arena, (ROLL_SLICE + 1) * sizeof *f->out->entries)};
    entry_unique_key(&k, ATTR_USER_EMAILS_VALUE, utf8_fold(arena, f->address));
    enum store_rc rc = entry_ids(txn, arena, SPACE_INDEX, &k, ROLL_SLICE, &found, &n);
    if (rc != STORE_OK)
        return rc;
    if (n > 0)
        memcpy(ids, found, n * sizeof *ids);
    rc = add_named(txn, arena, f, ids, &n);
    for (size_t i = 0; i < n && rc == STORE_OK; i++) {
        struct image im;

        rc = entry_get(txn, f->c->account->user_type, &ids[i], arena, &im);
        if (rc == STORE_OK)
            roll_read(&im, arena, &f->out->entries[f->out->n++]);
        else if (rc == STORE_NOTFOUND) /* deleted since */
            rc = STORE_OK;
    }
    return rc;
}

bool roll_find(struct call *c, struct str address, struct roll *out)
{
    struct finding f = {.c = c, .address = address, .out = out};

    return call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, find_body, &f));
}
