/* SPDX-License-Identifier: Apache-2.0 */
/* accounts - all accounts of the installation, for the operator's back office; c->call has no account until enter(). */
#include "internal.h"

#include "roster/base/json.h"

#define ACCOUNTS_SLICE 50
#define REMOVAL_MS     2000

/* The account that the path names becomes that of the call. */
static bool enter(struct api_call *c)
{
    struct account *account = arena_alloc(c->r->arena, sizeof *account);

    if (!account_find(c->call.store, c->r->arena, c->params[0], account, c->error))
        return false;
    c->call.account = account;
    c->api->trace.account = account->number;
    return true;
}

/* --- lists --- */

static void write_entry(struct buf *b, const struct account *account)
{
    account_write(b, account);
    buf_printf(b, ",\"number\":%u", account->number);
    buf_json_text(b, "preset", str_of(policy_preset_name(&account->policy)));
    buf_putc(b, '}');
}

/* GET /api/v1/accounts?after=N&limit=N: {"accounts":[…],"next":N}, in order of number; next is null where no others follow. */
bool accounts_list(struct api_call *c)
{
    struct buf *b = &c->response->body;
    size_t most, written = 0, n = 0, want;
    struct account *accounts;
    long long after;

    if (!answer_number(c, "after", 0, &after) || !answer_limit(c, &most))
        return false;
    after = after < 0 ? 0 : after > UINT32_MAX ? UINT32_MAX : after;
    answer_json(c, 200);
    buf_puts(b, "{\"accounts\":[");
    do {
        want = most - written < ACCOUNTS_SLICE ? most - written : ACCOUNTS_SLICE;
        arena_reset(c->api->scratch);
        if (!account_page(c->call.store, c->api->scratch, (uint32_t)after, want, &accounts, &n, c->error))
            return false;
        for (size_t i = 0; i < n; i++) {
            buf_json_comma(b);
            write_entry(b, &accounts[i]);
            after = accounts[i].number;
        }
        written += n;
        http_response_spill(c->response);
    } while (n == want && written < most);
    if (n == want)
        buf_printf(b, "],\"next\":%lld}", after);
    else
        buf_puts(b, "],\"next\":null}");
    return true;
}

/* --- one account --- */

/* As GET /api/v1/account tells its own, and "policy" as GET /api/v1/policy. */
static bool tell(struct api_call *c)
{
    struct buf *b = &c->response->body;

    if (!account_tell(c, c->call.account))
        return false;
    b->len--;
    buf_json_name(b, "policy");
    policy_tell(b, &c->call.account->policy);
    buf_putc(b, '}');
    return true;
}

/* The member "policy" of the body, behind the n settings that there are already. */
static bool read_policy(struct api_call *c, struct account_setting *settings, size_t *n)
{
    struct json_object *policy = json_get(c->body, "policy");

    if (policy == NULL)
        return true;
    if (!json_object_is_type(policy, json_type_object)) {
        error_set(c->error, ERR_BODY_MEMBER_INVALID, STR_LIT("policy"), STR_LIT("an object of settings"));
        return false;
    }
    return policy_settings(c, policy, settings, n);
}

/* POST /api/v1/accounts {"slug":…,"name":…,"policy":{NAME:VALUE,…}}: the account. */
bool accounts_create(struct api_call *c)
{
    struct account_setting settings[POLICY_SETTINGS_MAX];
    struct account *account = arena_alloc(c->r->arena, sizeof *account);
    struct policy policy;
    struct str slug, name;
    size_t n = 0;

    policy_preset(&policy, STR_LIT("workspace"));
    if (!answer_takes(c, "slug, name, policy") || !answer_member(c, "slug", true, &slug) ||
        !answer_member(c, "name", false, &name) || !read_policy(c, settings, &n) ||
        !account_apply(&policy, settings, n, c->error) ||
        !account_add(c->call.store, c->r->arena, slug, name, &policy, account, c->error))
        return false;
    c->call.account = account;
    c->api->trace.account = account->number;
    if (!tell(c))
        return false;
    answer_created(c, "/accounts", str_of(account->slug));
    return true;
}

/* GET /api/v1/accounts/{slug} */
bool accounts_read(struct api_call *c)
{
    return enter(c) && tell(c);
}

/* PATCH /api/v1/accounts/{slug} {"name":…,"status":…,"policy":{NAME:VALUE,…}}, all or none: as GET answers afterwards. */
bool accounts_patch(struct api_call *c)
{
    struct account_setting settings[2 + POLICY_SETTINGS_MAX];
    size_t n = 0;

    return enter(c) && answer_takes(c, "name, status, policy") && account_settings(c, settings, &n) &&
           read_policy(c, settings, &n) &&
           account_change(c->call.store, c->r->arena, c->call.account, settings, n, c->error) && accounts_read(c);
}

/*
 * DELETE /api/v1/accounts/{slug}?confirm=SLUG: 204, or 202 where it is not finished, as in the first second, since no worker waits: the
 * client asks again. From the first answer on nobody has access to the account, and until the last its slug is not given again.
 */
bool accounts_remove(struct api_call *c)
{
    struct str confirm;
    bool done;

    if (!http_query(c->r, "confirm", &confirm, c->error))
        return false;
    if (!str_eq(confirm, c->params[0])) {
        error_set(c->error, ERR_PARAMETER_INVALID, STR_LIT("confirm"), confirm,
                  STR_LIT("the name of the account in the path"));
        return false;
    }
    if (!account_remove_some(c->call.store, c->api->scratch, c->params[0], REMOVAL_MS, &done, c->error))
        return false;
    if (done) {
        c->response->status = 204;
        return true;
    }
    answer_json(c, 202);
    buf_puts(&c->response->body, "{\"finished\":false}");
    return true;
}

/* --- its tokens --- */

/* GET /api/v1/accounts/{slug}/tokens */
bool accounts_tokens_list(struct api_call *c)
{
    return enter(c) && tokens_list(c);
}

/* POST /api/v1/accounts/{slug}/tokens */
bool accounts_tokens_create(struct api_call *c)
{
    return enter(c) && tokens_make(c, arena_printf(c->r->arena, "/accounts/%s/tokens", c->call.account->slug));
}

/* DELETE /api/v1/accounts/{slug}/tokens/{id} */
bool accounts_tokens_revoke(struct api_call *c)
{
    return enter(c) && tokens_end(c, c->params[1]);
}
