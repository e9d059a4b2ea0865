/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/password.h"

#include "edit.h"
#include "roster/base/precis.h"
#include "roster/base/utf8.h"
#include "roster/directory/event.h"
#include "roster/store/key.h"

#include <assert.h>
#include <stdlib.h>

#define ENTRY_VERSION 1
#define OWN           "it is the user's own name or address"

/* --- what may be one --- */

static const char *const common[] = {
#define COMMON(text) (text),
#include "roster/common_passwords.def"
#undef COMMON
};
#define NCOMMON      (sizeof common / sizeof common[0])
#define COMMON_LEAST 5 /* bytes of the shortest */

static int compare(const void *key, const void *word)
{
    return strcmp(key, *(const char *const *)word);
}

static bool is_common(struct arena *a, struct str text)
{
    const char *key = arena_strndup(a, text.p, text.len);

    return bsearch(key, common, NCOMMON, sizeof common[0], compare) != NULL;
}

/* What people put behind a word to please a rule: digits and signs. */
static struct str without_tail(struct str s)
{
    while (s.len > 0 && strchr("0123456789!?.,-_*#$%&@+", s.p[s.len - 1]) != NULL)
        s.len--;
    return s;
}

static bool is_text(struct arena *a, struct str folded, struct str text)
{
    if (text.p == NULL || text.len == 0)
        return false;
    struct str other = utf8_fold(a, text);
    return str_eq(folded, other) || str_eq(without_tail(folded), other);
}

static bool is_address(struct arena *a, struct str folded, struct str address)
{
    return is_text(a, folded, address) ||
           (address.p != NULL && is_text(a, folded, str_sub(address, 0, str_find(address, '@', 0))));
}

const char *password_fault(struct arena *a, struct str password, struct str address)
{
    if (password.len < PASSWORD_BYTES_MIN)
        return "it has fewer than 8 bytes";
    if (password.len > PASSWORD_BYTES_MAX)
        return "it has more than 1,024 bytes";
    struct str folded = utf8_fold(a, password), word = without_tail(folded);
    if (is_common(a, folded) || (word.len >= COMMON_LEAST && is_common(a, word)))
        return "it is one that many people have";
    return is_address(a, folded, address) ? OWN : NULL;
}

static_assert(PASSWORD_BYTES_MIN == 8 && PASSWORD_BYTES_MAX == 1024, "as the texts say");

/* Whether it is the user's own name or address, with or without something behind it. */
static bool is_own(struct arena *a, struct str password, struct json_object *user)
{
    static const char *const parts[] = {"givenName", "familyName", "formatted"};
    struct json_object *name = json_member(user, "name"), *emails = json_member(user, "emails");
    struct str folded = utf8_fold(a, password);
    bool own = is_address(a, folded, json_text(user, "userName")) ||
               is_text(a, folded, json_text(user, "displayName")) || is_text(a, folded, json_text(user, "nickName"));

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        own = own || is_text(a, folded, json_text(name, parts[i]));
    for (size_t i = 0; emails != NULL && i < json_object_array_length(emails); i++)
        own = own || is_address(a, folded, json_text(json_object_array_get_idx(emails, i), "value"));
    return own;
}

/* --- on its way in --- */

bool password_hashed(struct call *c, enum hasher_rc rc)
{
    if (rc == HASHER_BUSY)
        error_set(c->error, ERR_PASSWORD_BUSY);
    return rc == HASHER_OK || rc == HASHER_WRONG;
}

static bool prepare(struct call *c, struct str value, struct new_password *out)
{
    out->text = precis_password(c->arena, value);
    const char *fault = password_fault(c->arena, out->text, STR_NULL);
    if (fault != NULL) {
        error_set(c->error, ERR_PASSWORD_POLICY, str_of(fault));
        return false;
    }
    return password_hashed(c, hasher_hash(c->hasher, c->job, out->text, out->hash));
}

bool password_take(struct call *c, struct json_object *value, bool creation, struct new_password *out)
{
    *out = (struct new_password){.text = STR_NULL};
    if (value == NULL)
        return true;
    if (c->account->policy.value[POLICY_PASSWORDS] == POLICY_ON)
        return prepare(c, json_str(value), out);
    out->refused = !creation;
    return true;
}

/* --- in the store --- */

enum store_rc password_restore(struct store_txn *txn, const struct id *id, const char *hash, int64_t set)
{
    struct key value;

    key_init(&value);
    key_u8(&value, ENTRY_VERSION);
    key_u64(&value, (uint64_t)set);
    key_str(&value, str_of(hash));
    return store_put(txn, SPACE_PASSWORD, id_view(id), key_view(&value));
}

enum store_rc password_put(struct store_txn *txn, struct arena *arena, struct call *c, const struct id *id,
                           struct json_object *user, const struct new_password *password)
{
    if (password->refused) {
        error_set(c->error, ERR_PASSWORDS_OFF);
        return STORE_REFUSED;
    }
    if (password->text.p == NULL)
        return STORE_OK;
    if (is_own(arena, password->text, user))
        return edit_refuse(c, ERR_PASSWORD_POLICY, STR_LIT(OWN));
    return password_restore(txn, id, password->hash, c->now);
}

enum store_rc password_drop(struct store_txn *txn, const struct id *id)
{
    enum store_rc rc = store_delete(txn, SPACE_PASSWORD, id_view(id));

    return rc == STORE_NOTFOUND ? STORE_OK : rc;
}

bool password_read(struct str value, char hash[HASH_TEXT_MAX], int64_t *set)
{
    struct arena *a = arena_new(0);
    uint8_t version = 0;
    uint64_t ms = 0;
    struct buf text;

    buf_init(&text, a);
    bool sound = key_take_u8(&value, &version) && version == ENTRY_VERSION && key_take_u64(&value, &ms) &&
                 key_take_str(&value, &text) && value.len == 0 && hasher_text_ok(buf_view(&text));
    if (sound) {
        memcpy(hash, text.p, text.len);
        hash[text.len] = '\0';
    }
    *set = (int64_t)ms;
    arena_free(&a);
    return sound;
}

enum store_rc password_get(struct store_txn *txn, const struct id *id, char hash[HASH_TEXT_MAX], int64_t *set)
{
    struct str value;

    enum store_rc rc = store_get(txn, SPACE_PASSWORD, id_view(id), &value);
    return rc == STORE_OK && !password_read(value, hash, set) ? STORE_ERROR : rc;
}

/* --- by the operator --- */

struct setting {
    struct call *c;
    struct str user;
    struct new_password password;
};

static enum store_rc set_body(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct setting *w = ctx;
    struct event ev = {.type = "user.updated",
                       .resource_type = w->c->account->user_type,
                       .changes = STR_LIT("[{\"path\":\"password\"}]")};
    struct image old, new;
    struct state state;

    enum store_rc rc = edit_load(txn, arena, w->c, w->c->account->user_type, w->user, NULL, &ev.resource, &old);
    if (rc != STORE_OK || (rc = edit_begin(txn, arena, w->c, &state)) != STORE_OK ||
        (rc = password_put(txn, arena, w->c, &ev.resource, image_resource(&old, arena), &w->password)) != STORE_OK ||
        (rc = entry_touch(txn, arena, &old, w->c->now, &state, &new)) != STORE_OK)
        return rc;
    ev.version = new.version;
    if ((rc = event_write(txn, w->c, &state, &ev)) != STORE_OK)
        return rc;
    return state_put(txn, &state);
}

bool password_set(struct call *c, struct str user, struct str password)
{
    struct setting w = {.c = c, .user = user};

    if (!precis_password_allowed(password)) {
        error_set(c->error, ERR_PASSWORD_BAD_CHARACTER);
        return false;
    }
    return prepare(c, password, &w.password) && edit_run(c, set_body, &w);
}
