/* SPDX-License-Identifier: Apache-2.0 */
/* account - the token's own account: its record, its counts and its seats. */
#include "internal.h"

#include "roster/base/json.h"
#include "roster/directory/seat.h"

/* The account as it is now, not as the token's half second remembers it. */
bool account_now(struct api_call *c, struct account *out)
{
    bool found = true;

    if (!account_load(c->call.store, c->r->arena, c->call.account->number, out, &found, c->error))
        return false;
    if (!found)
        error_set(c->error, ERR_ACCOUNT_UNKNOWN, str_of(c->call.account->slug));
    return found;
}

bool account_tell(struct api_call *c, const struct account *account)
{
    struct buf *b = &c->response->body;
    struct state state;

    if (!state_read(&c->call, &state))
        return false;
    answer_json(c, 200);
    account_write(b, account);
    buf_json_text(b, "preset", str_of(policy_preset_name(&account->policy)));
    buf_printf(b, ",\"users\":%llu,\"active\":%llu,\"teams\":%llu}", (unsigned long long)state.count[RESOURCE_USER],
               (unsigned long long)state.active, (unsigned long long)state.count[RESOURCE_TEAM]);
    return true;
}

/* GET /api/v1/account: {"slug":…,"name":…,"status":…,"created":…,"preset":…,"users":N,"active":N,"teams":N} */
bool account_read(struct api_call *c)
{
    struct account account;

    return account_now(c, &account) && account_tell(c, &account);
}

bool account_settings(struct api_call *c, struct account_setting *settings, size_t *n)
{
    static const char *const names[] = {"name", "status"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct str value;

        if (!json_object_object_get_ex(c->body, names[i], NULL))
            continue;
        if (!answer_member(c, names[i], true, &value))
            return false;
        settings[(*n)++] = (struct account_setting){str_of(names[i]), value};
    }
    return true;
}

/* PATCH /api/v1/account {"name":…,"status":…}: as GET answers afterwards. ACCOUNT_SUSPENDED: it was suspended since this worker saw it. */
bool account_patch(struct api_call *c)
{
    struct account_setting settings[2];
    size_t n = 0;

    return answer_takes(c, "name, status") && account_settings(c, settings, &n) &&
           account_change_own(c->call.store, c->r->arena, c->call.account, settings, n, c->error) && account_read(c);
}

/* GET /api/v1/seats */
bool seats_read(struct api_call *c)
{
    struct seats seats = {.used = 0};

    if (!seat_report(&c->call, &seats))
        return false;
    answer_json(c, 200);
    seat_write(&c->response->body, &seats);
    return true;
}
