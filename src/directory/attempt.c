/* SPDX-License-Identifier: Apache-2.0 */
#include "attempt.h"

#include "roster/base/buf.h"
#include "roster/directory/login.h"

#include <arpa/inet.h>

static const struct throttle_rule by_name = {LOGIN_FAILURES_OF_NAME, LOGIN_INTERVAL_MS};
static const struct throttle_rule by_address = {LOGIN_FAILURES_OF_ADDRESS, LOGIN_INTERVAL_MS};

struct str attempt_network(struct arena *a, struct str address)
{
    unsigned char bytes[16];
    struct buf network;

    if (address.p == NULL || inet_pton(AF_INET6, arena_strndup(a, address.p, address.len), bytes) != 1)
        return address;
    buf_init(&network, a);
    for (size_t i = 0; i < 8; i++)
        buf_printf(&network, "%02x", bytes[i]);
    return buf_view(&network);
}

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
