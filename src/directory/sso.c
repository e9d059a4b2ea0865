/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/sso.h"

#include "roster/base/utf8.h"
#include "roster/directory/entry.h"
#include "roster/directory/seat.h"
#include "roster/scim/resource.h"
#include "roster/store/key.h"

static const struct {
    const char *word, *message;
} reasons[SSO_REASONS] = {
    [SSO_CASE_DIFFERS] =
        {"case_differs",
         "The user's e-mail address has other capital letters, or letters that look alike. Let the identity "
         "provider assert the address as user.email has it."},
    [SSO_DEACTIVATED] =
        {"deactivated",
         "The user is deactivated. Assign the user to the application again, or activate the user in the "
         "identity provider."},
    [SSO_OTHER_ADDRESS] =
        {"other_address", "The user is provisioned under another address: the login uses user.email. Map userName, the "
                          "primary e-mail address and the address of the login to the same value."},
    [SSO_NEVER_ASSIGNED] =
        {"never_assigned",
         "No user of this account has the address. Assign the user to the application in the identity "
         "provider."},
    [SSO_SEVERAL] = {"several_users",
                     "More than one user has the address. Give each user an e-mail address of their own."},
};

const char *sso_reason_word(enum sso_reason reason)
{
    return reasons[reason].word;
}

const char *sso_reason_message(enum sso_reason reason)
{
    return reasons[reason].message;
}

static uint16_t primary_element(const struct image *user)
{
    struct image_value v;

    for (size_t row = 0; image_next_leaf(user, user->nvalues, ATTR_USER_EMAILS_PRIMARY, &row, &v); row++)
        if (str_eq(v.text, STR_LIT("true")))
            return v.element;
    return 0;
}

struct str sso_email(const struct image *user, struct arena *a)
{
    uint16_t element = primary_element(user);
    struct image_value v;

    for (size_t row = 0; image_next_leaf(user, user->nvalues, ATTR_USER_EMAILS_VALUE, &row, &v); row++)
        if (v.element == element)
            return image_string(&v, a);
    return image_leaf(user, ATTR_USER_EMAILS_VALUE, a); /* the primary one says nothing */
}

/* --- one address --- */

struct finding {
    struct call *c;
    struct str address, folded;
    struct state state;
    size_t matches;
    struct sso_match *out;
};

static size_t count_ascii(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += (unsigned char)s.p[i] < 0x80;
    return n;
}

/* The lower-case form; STR_NULL where it makes an ASCII letter of another one (U+212A becomes k): no such address is anybody's. */
static struct str lowered(struct arena *a, struct str address)
{
    struct str lower = utf8_lower(a, address);

    return count_ascii(lower) == count_ascii(address) ? lower : STR_NULL;
}

static bool is_same(const struct finding *f, struct str email, struct arena *a)
{
    if (str_eq(f->address, email))
        return true;
    if (f->c->account->policy.value[POLICY_EMAIL_CASE] != EMAIL_LOWER)
        return false;
    struct str asked = lowered(a, f->address), has = lowered(a, email);
    return asked.p != NULL && has.p != NULL && str_eq(asked, has);
}

static enum sso_reason reason_of(const struct finding *f, const struct sso_user *user, struct arena *a)
{
    if (user->email.p == NULL || !str_eq(utf8_fold(a, user->email), f->folded))
        return SSO_OTHER_ADDRESS;
    if (!user->active)
        return SSO_DEACTIVATED;
    return is_same(f, user->email, a) ? SSO_MATCHED : SSO_CASE_DIFFERS;
}

/* Keeps the user if nobody before comes nearer to the address. */
static enum store_rc consider(struct store_txn *txn, struct arena *arena, struct finding *f, const struct id *id)
{
    struct arena_mark mark = arena_mark(arena);
    struct holder holder;
    struct image im;

    enum store_rc rc = entry_get(txn, f->c->account->user_type, id, arena, &im);
    if (rc == STORE_OK)
        rc = seat_holder(txn, arena, f->c, &f->state, id, &im, &holder);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc; /* deleted since */
    struct sso_user user = {.id = im.id,
                            .user_name = image_leaf(&im, ATTR_USER_NAME, arena),
                            .email = sso_email(&im, arena),
                            .role = seat_role(&holder)->id,
                            .active = holder.active};
    enum sso_reason reason = reason_of(f, &user, arena);
    f->matches += reason == SSO_MATCHED;
    if (reason < f->out->reason)
        *f->out = (struct sso_match){.reason = reason, .user = user};
    else
        arena_rewind(arena, mark);
    return STORE_OK;
}

/* Who has the address as userName. */
static enum store_rc consider_name(struct store_txn *txn, struct arena *arena, struct finding *f)
{
    struct id id;

    enum store_rc rc = entry_user_named(txn, arena, f->address, &id);
    if (rc != STORE_OK)
        return rc == STORE_NOTFOUND ? STORE_OK : rc;
    return consider(txn, arena, f, &id);
}

static enum store_rc find_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct finding *f = ctx;
    struct id *ids;
    struct key k;
    size_t n;

    f->matches = 0;
    *f->out = (struct sso_match){.reason = SSO_NEVER_ASSIGNED};
    entry_unique_key(&k, ATTR_USER_EMAILS_VALUE, f->folded);
    enum store_rc rc = state_get(txn, &f->state);
    if (rc != STORE_OK || (rc = entry_ids(txn, arena, SPACE_INDEX, &k, SSO_CANDIDATES + 1, &ids, &n)) != STORE_OK)
        return rc;
    for (size_t i = 0; i < n && n <= SSO_CANDIDATES && rc == STORE_OK; i++)
        rc = consider(txn, arena, f, &ids[i]);
    if (f->matches > 1 || n > SSO_CANDIDATES)
        *f->out = (struct sso_match){.reason = SSO_SEVERAL};
    else if (rc == STORE_OK && f->out->reason == SSO_NEVER_ASSIGNED)
        rc = consider_name(txn, arena, f);
    return rc;
}

bool sso_match(struct call *c, struct str address, struct sso_match *out)
{
    struct finding f = {.c = c, .address = address, .folded = utf8_fold(c->arena, address), .out = out};

    return call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, find_body, &f));
}

/* --- everybody --- */

struct paging {
    struct call *c;
    struct key from;
    size_t most, looks;
    struct sso_mismatches *out;
};

/* Whether userName and user.email agree. What this takes from a is for the caller to give back. */
static bool agree(const struct image *user, struct arena *a)
{
    struct str email = sso_email(user, a);

    return email.p != NULL && str_eq(utf8_fold(a, image_leaf(user, ATTR_USER_NAME, a)), utf8_fold(a, email));
}

static void add(struct sso_mismatches *out, const struct image *user, struct arena *a)
{
    struct str email = sso_email(user, a);

    out->users[out->n++] = (struct sso_mismatch){.id = out->last,
                                                 .user_name = arena_str(a, image_leaf(user, ATTR_USER_NAME, a)),
                                                 .email = email.p == NULL ? STR_NULL : arena_str(a, email)};
}

static enum store_rc look(struct paging *p, struct str key, struct str value, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    struct image im;

    if (!key_take_id(&key, &p->out->last) || !image_open(&im, p->c->account->user_type, value))
        return STORE_ERROR;
    bool fine = agree(&im, arena);
    arena_rewind(arena, mark);
    if (!fine)
        add(p->out, &im, arena);
    return STORE_OK;
}

static enum store_rc page_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct paging *p = ctx;
    struct store_scan *scan = NULL;
    struct str key, value;

    *p->out = (struct sso_mismatches){.users = arena_alloc_raw(arena, p->most * sizeof *p->out->users)};
    enum store_rc rc = store_scan_open(txn, SPACE_USER, key_view(&p->from), STR_NULL, STORE_FORWARD, &scan);
    for (size_t looks = 0; rc == STORE_OK && looks < p->looks && p->out->n < p->most; looks++)
        if ((rc = store_scan_next(scan, &key, &value)) == STORE_OK)
            rc = look(p, key, value, arena);
    store_scan_close(&scan);
    p->out->more = rc == STORE_OK;
    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

bool sso_mismatches(struct call *c, const struct id *after, size_t most, struct sso_mismatches *out)
{
    struct paging p = {.c = c, .most = most, .looks = SSO_LOOKS, .out = out};

    key_init(&p.from);
    if (after != NULL) {
        key_id(&p.from, after);
        key_u8(&p.from, 0); /* the least key that is greater */
    }
    return call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, page_body, &p));
}

bool sso_sample(struct call *c, size_t looks, size_t most, struct sso_mismatches *out)
{
    struct paging p = {.c = c, .most = most, .looks = looks, .out = out};

    key_init(&p.from);
    return call_done(c, store_run(c->store, c->account->number, STORE_READ, c->arena, page_body, &p));
}
