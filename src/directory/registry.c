/* SPDX-License-Identifier: Apache-2.0 */
#include "registry.h"

#include "roster/base/utf8.h"
#include "roster/directory/call.h"

#include <stdio.h>

#define NUMBER_DIGITS 10
#define PATIENCE      8 /* times */

bool registry_done(enum store_rc rc, struct error *e)
{
    struct call c = {.error = e};

    return call_done(&c, rc);
}

bool registry_name_ok(struct str s, size_t max)
{
    if (s.len > max || !utf8_valid(s) || str_trim(s).len == 0)
        return false;
    for (size_t at = 0; at < s.len;) {
        uint32_t c;

        at += utf8_next(str_sub(s, at, s.len), &c);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return false;
    }
    return true;
}

enum store_rc registry_write(struct store *s, struct arena *a, store_body *body, void *ctx)
{
    enum store_rc rc = STORE_BUSY;

    for (int i = 0; i < PATIENCE && rc == STORE_BUSY; i++)
        rc = store_run_system(s, STORE_WRITE, a, body, ctx);
    return rc;
}

void registry_number_key(struct key *k, uint8_t tag, uint32_t number)
{
    char digits[NUMBER_DIGITS + 1];

    snprintf(digits, sizeof digits, "%010lu", (unsigned long)number);
    key_init(k);
    key_u8(k, tag);
    key_str(k, str_of(digits));
}

void registry_slug_key(struct key *k, struct str slug)
{
    key_init(k);
    key_u8(k, REGISTRY_SLUG);
    key_str(k, slug);
}

void registry_range(struct key *from, struct key *to, uint8_t tag)
{
    key_init(from);
    key_u8(from, tag);
    *to = *from;
    key_end(to);
}

bool registry_number_of_key(struct str key, struct arena *a, uint32_t *number)
{
    struct buf text;
    uint8_t tag;
    long long n;

    buf_init(&text, a);
    if (!key_take_u8(&key, &tag) || !key_take_str(&key, &text) || !str_to_ll(buf_view(&text), &n) || n < 1 ||
        n > UINT32_MAX)
        return false;
    *number = (uint32_t)n;
    return true;
}

bool registry_slug_ok(struct str slug)
{
    if (slug.len == 0 || slug.len > ACCOUNT_SLUG_MAX || slug.p[0] < 'a' || slug.p[0] > 'z')
        return false;
    for (size_t i = 0; i < slug.len; i++) {
        char c = slug.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

enum store_rc registry_number_get(struct store_txn *txn, const struct key *k, uint32_t *number)
{
    struct str bytes;

    *number = 0;
    enum store_rc rc = store_get(txn, SPACE_ACCOUNT, key_view(k), &bytes);
    return rc == STORE_OK && !key_take_u32(&bytes, number) ? STORE_ERROR : rc;
}
