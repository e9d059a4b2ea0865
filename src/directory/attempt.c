/* SPDX-License-Identifier: Apache-2.0 */
#include "attempt.h"

#include "roster/directory/login.h"

static const struct throttle_rule by_name = {LOGIN_FAILURES_OF_NAME, LOGIN_INTERVAL_MS};
static const struct throttle_rule by_address = {LOGIN_FAILURES_OF_ADDRESS, LOGIN_INTERVAL_MS};

bool attempt_may(const struct attempt *t, struct arena *a, struct error *e)
{
    int64_t wait = throttle_wait(t->throttle, &by_name, t->account, t->name, t->now);

    if (wait == 0 && t->address.p != NULL)
        wait = throttle_wait(t->throttle, &by_address, t->account, t->address, t->now);
    if (wait == 0)
        return true;
    error_set(e, ERR_RATE_LIMITED, str_of(arena_printf(a, "%lld", (long long)(wait + 999) / 1000)));
    return false;
}

void attempt_failed(const struct attempt *t)
{
    throttle_fail(t->throttle, &by_name, t->account, t->name, t->now);
    if (t->address.p != NULL)
        throttle_fail(t->throttle, &by_address, t->account, t->address, t->now);
}

void attempt_succeeded(const struct attempt *t)
{
    throttle_forgive(t->throttle, t->account, t->name);
}
