/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/standing.h"

#include "edit.h"
#include "roster/directory/member.h"

/* --- what a value names --- */

/* The text that names the role: the value, or its member `value` where it is an object as JSON in a string. */
static struct str role_text(struct str value, struct arena *arena)
{
    struct error ignored = ERROR_INIT;
    struct str text = str_trim(value);

    if (text.len == 0 || text.p[0] != '{')
        return text;
    struct str inner = json_text(json_read(arena, text, &ignored), "value");
    return inner.p == NULL ? text : str_trim(inner);
}

/* --- which one decides --- */

/* Lists whose values may name a role; userType stands before them. */
static const struct {
    const char *name;
    uint16_t value, primary; /* attributes */
    enum standing_source source;
} lists[] = {{"roles", ATTR_USER_ROLES_VALUE, ATTR_USER_ROLES_PRIMARY, STANDING_ROLES},
             {"entitlements", ATTR_USER_ENTITLEMENTS_VALUE, ATTR_USER_ENTITLEMENTS_PRIMARY, STANDING_ENTITLEMENTS}};
#define LISTS (sizeof lists / sizeof lists[0])

/* Whether x goes before y: who may do more, and at the same base the base type itself. */
static bool goes_before(const struct standing *x, const struct standing *y)
{
    return x->role.base != y->role.base ? x->role.base < y->role.base : !x->role.custom && y->role.custom;
}

static enum store_rc from_text(struct store_txn *txn, struct arena *arena, struct str text, enum standing_source source,
                               struct standing *out)
{
    *out = (struct standing){.source = source, .text = text};
    enum store_rc rc = role_get(txn, arena, role_text(text, arena), &out->named);
    return rc == STORE_OK ? role_in_force(txn, arena, &out->named, &out->role) : rc;
}

static bool is_primary(const struct image *user, uint16_t attribute, uint16_t element)
{
    struct image_value v;

    for (size_t row = 0; image_next_leaf(user, user->nvalues, attribute, &row, &v); row++)
        if (v.element == element)
            return str_eq(v.text, STR_LIT("true"));
    return false;
}

static enum store_rc from_list(struct store_txn *txn, struct arena *arena, const struct image *user, size_t list,
                               struct standing *out)
{
    struct image_value v;
    bool found = false;

    for (size_t row = 0; image_next_leaf(user, user->nvalues, lists[list].value, &row, &v); row++) {
        struct standing one;
        enum store_rc rc = from_text(txn, arena, image_string(&v, arena), lists[list].source, &one);

        if (rc == STORE_NOTFOUND)
            continue;
        if (rc != STORE_OK)
            return rc;
        bool primary = is_primary(user, lists[list].primary, v.element);
        if (!found || primary || goes_before(&one, out))
            *out = one;
        found = true;
        if (primary)
            break;
    }
    return found ? STORE_OK : STORE_NOTFOUND;
}

/* Whether the user is in the team of a rule: STORE_OK or STORE_NOTFOUND. teams NULL: those of the store. */
static enum store_rc is_in(struct store_txn *txn, const struct id *team, const struct id *user,
                           const struct standing_teams *teams)
{
    if (!id_is_set(team)) /* everybody is */
        return STORE_OK;
    if (teams == NULL)
        return member_has(txn, team, user);
    for (size_t i = 0; i < teams->n; i++)
        if (id_eq(&teams->ids[i], team))
            return STORE_OK;
    return STORE_NOTFOUND;
}

/* By the first rule whose team the user is in, or that is for everybody. */
static enum store_rc from_team(struct store_txn *txn, struct arena *arena, const struct account *account,
                               const struct image *user, const struct standing_teams *teams, struct standing *out)
{
    const struct rules *rules = &account->rules;
    enum store_rc rc = STORE_NOTFOUND;
    struct id id;
    size_t i;

    if (rules->n == 0)
        return STORE_NOTFOUND;
    if (!id_parse(user->id, &id))
        return STORE_ERROR;
    for (i = 0; i < rules->n && rc == STORE_NOTFOUND; i++)
        rc = is_in(txn, &rules->rule[i].team, &id, teams);
    if (rc != STORE_OK)
        return rc;
    rc = from_text(txn, arena, str_of(rules->rule[i - 1].role), STANDING_TEAM, out);
    out->rule = i;
    return rc == STORE_NOTFOUND ? STORE_ERROR : rc; /* a role leaves its id behind */
}

enum store_rc standing_of(struct store_txn *txn, struct arena *arena, const struct account *account,
                          const struct image *user, struct standing *out)
{
    return standing_in(txn, arena, account, user, NULL, out);
}

enum store_rc standing_in(struct store_txn *txn, struct arena *arena, const struct account *account,
                          const struct image *user, const struct standing_teams *teams, struct standing *out)
{
    struct str type = image_leaf(user, ATTR_USER_USER_TYPE, arena);
    enum store_rc rc = STORE_NOTFOUND;

    if (type.p != NULL)
        rc = from_text(txn, arena, type, STANDING_USER_TYPE, out);
    for (size_t i = 0; i < LISTS && rc == STORE_NOTFOUND; i++)
        rc = from_list(txn, arena, user, i, out);
    if (rc == STORE_NOTFOUND)
        rc = from_team(txn, arena, account, user, teams, out);
    if (rc != STORE_NOTFOUND)
        return rc;
    const struct role *role = role_of_base(policy_default_type(&account->policy));
    *out = (struct standing){.named = *role, .role = *role, .source = STANDING_DEFAULT};
    return STORE_OK;
}

/* --- what may be given --- */

static size_t length(struct json_object *list)
{
    return list == NULL ? 0 : json_object_array_length(list);
}

static bool had_value(struct json_object *before, const char *name, struct str value)
{
    struct json_object *list = json_member(before, name);

    for (size_t i = 0; i < length(list); i++)
        if (str_eq(value, json_text(json_object_array_get_idx(list, i), "value")))
            return true;
    return false;
}

static enum store_rc judge_text(struct store_txn *txn, struct arena *arena, struct call *c, struct str text)
{
    struct role role;

    enum store_rc rc = role_get(txn, arena, text, &role);

    if (rc == STORE_NOTFOUND)
        return edit_refuse(c, ERR_TYPE_UNKNOWN, text);
    if (rc != STORE_OK || role.removed == 0)
        return rc;
    error_set(c->error, ERR_ROLE_DELETED, role.id, role.name, role.successor);
    return STORE_REFUSED;
}

static enum store_rc judge_list(struct store_txn *txn, struct arena *arena, struct call *c, const char *name,
                                struct json_object *before, struct json_object *after)
{
    struct json_object *list = json_member(after, name);
    enum store_rc rc = STORE_OK;

    for (size_t i = 0; i < length(list) && rc == STORE_OK; i++) {
        struct str value = json_text(json_object_array_get_idx(list, i), "value");
        struct str text = value.p == NULL ? value : role_text(value, arena);

        if (role_is_custom_id(text) && !had_value(before, name, value))
            rc = judge_text(txn, arena, c, text);
    }
    return rc;
}

enum store_rc standing_judge(struct store_txn *txn, struct arena *arena, struct call *c, struct json_object *before,
                             struct json_object *after)
{
    struct str type = json_text(after, "userType");
    enum store_rc rc = STORE_OK;

    if (c->account->policy.value[POLICY_USER_TYPES] == TYPES_ANY)
        return STORE_OK;
    if (type.p != NULL && !(before != NULL && str_eq(type, json_text(before, "userType"))))
        rc = judge_text(txn, arena, c, type);
    for (size_t i = 0; i < LISTS && rc == STORE_OK; i++)
        rc = judge_list(txn, arena, c, lists[i].name, before, after);
    return rc;
}

/* --- why --- */

struct str standing_reason(const struct standing *s, struct str team, struct arena *arena)
{
    static const char *const begin[] = {[STANDING_USER_TYPE] = "userType is ",
                                        [STANDING_ROLES] = "a value of roles is ",
                                        [STANDING_ENTITLEMENTS] = "a value of entitlements is ",
                                        [STANDING_TEAM] = "nothing names a type, and ",
                                        [STANDING_DEFAULT] = "nothing names a type: it is the account's default_type"};
    struct buf b;

    buf_init(&b, arena);
    buf_puts(&b, begin[s->source]);
    if (s->source == STANDING_TEAM) {
        buf_puts(&b, team.p == NULL ? "everybody is" : "the members of ");
        buf_str(&b, team);
        buf_printf(&b, "%s %.*s by rule %zu", team.p == NULL ? "" : " are", (int)s->text.len, s->text.p, s->rule);
    } else if (s->source != STANDING_DEFAULT) {
        buf_str(&b, s->text);
    }
    if (s->named.removed != 0) {
        buf_puts(&b, ", a role that was removed in favour of ");
        buf_str(&b, s->role.id);
    }
    return buf_view(&b);
}
