/* SPDX-License-Identifier: Apache-2.0 */
/* policy - the settings of the token's own account. */
#include "internal.h"

#include "roster/base/json.h"

/* The words and ranges parted by '|', as an array. */
static void write_allowed(struct buf *b, struct str values)
{
    buf_json_name(b, "allowed");
    for (size_t from = 0, to; from < values.len; from = to + 1) {
        to = str_find(values, '|', from);
        buf_putc(b, from == 0 ? '[' : ',');
        buf_json(b, str_sub(values, from, to));
    }
    buf_putc(b, ']');
}

static void write_setting(struct buf *b, const struct policy *policy, enum policy_name name)
{
    buf_json_name(b, policy_setting_name(name));
    buf_putc(b, '{');
    buf_json_text(b, "value", str_of(policy_setting_value(policy, name, b->arena)));
    buf_json_text(b, "default", str_of(policy_setting_default(policy, name, b->arena)));
    write_allowed(b, str_of(policy_setting_values(name)));
    buf_json_text(b, "meaning", str_of(policy_setting_meaning(name)));
    buf_putc(b, '}');
}

void policy_tell(struct buf *b, const struct policy *policy)
{
    buf_putc(b, '{');
    buf_json_text(b, "preset", str_of(policy_preset_name(policy)));
    buf_json_name(b, "settings");
    buf_putc(b, '{');
    for (int i = 0; i < POLICY_COUNT; i++)
        write_setting(b, policy, (enum policy_name)i);
    buf_puts(b, "}}");
}

/* GET /api/v1/policy: {"preset":…,"settings":{NAME:{"value":…,"default":…,"allowed":[…],"meaning":…},…}} */
bool policy_read_all(struct api_call *c)
{
    struct account account;

    if (!account_now(c, &account))
        return false;
    answer_json(c, 200);
    policy_tell(&c->response->body, &account.policy);
    return true;
}

/* A value as the table has it: a word, or a number as either; null: what the preset says. */
static bool read_value(struct api_call *c, const char *name, struct json_object *v, struct str *out)
{
    *out = STR_NULL;
    if (v == NULL)
        return true;
    if (json_object_is_type(v, json_type_string))
        *out = json_str(v);
    else if (json_object_is_type(v, json_type_int))
        *out = str_of(arena_printf(c->r->arena, "%lld", (long long)json_object_get_int64(v)));
    else
        error_set(c->error, ERR_BODY_MEMBER_INVALID, str_of(name), STR_LIT("a text, an integer or null"));
    return out->p != NULL;
}

bool policy_settings(struct api_call *c, struct json_object *object, struct account_setting *settings, size_t *n)
{
    json_object_object_foreach(object, name, value)
    {
        struct account_setting *s = &settings[*n];

        if (!policy_is_setting(str_of(name))) {
            error_set(c->error, ERR_SETTING_UNKNOWN, str_of(name));
            return false;
        }
        s->name = str_of(name);
        if (!read_value(c, name, value, &s->value))
            return false;
        ++*n;
    }
    return true;
}

/* PATCH /api/v1/policy {NAME:VALUE,…}, all or none: as GET answers afterwards. */
bool policy_patch(struct api_call *c)
{
    struct account_setting settings[POLICY_SETTINGS_MAX];
    size_t n = 0;

    return policy_settings(c, c->body, settings, &n) &&
           account_change(c->call.store, c->r->arena, c->call.account, settings, n, c->error) && policy_read_all(c);
}
