/* SPDX-License-Identifier: Apache-2.0 */
#include "secret.h"

#include "roster/base/id.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>

#define RANDOM_SIZE 32
#define RANDOM_TEXT 43 /* in base 64 without padding */

static_assert(SECRET_HASH_SIZE == crypto_hash_sha256_BYTES, "secrets are kept as SHA-256");
static_assert(SECRET_TEXT_MAX >= 10 + 1 + RANDOM_TEXT + 1, "the largest number has room");

void secret_make(uint32_t account, char text[SECRET_TEXT_MAX], unsigned char hash[SECRET_HASH_SIZE])
{
    unsigned char random[RANDOM_SIZE];
    int len = snprintf(text, SECRET_TEXT_MAX, "%lu.", (unsigned long)account);

    id_random(random, sizeof random);
    sodium_bin2base64(text + len, SECRET_TEXT_MAX - (size_t)len, random, sizeof random,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(random, sizeof random);
    crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
}

bool secret_read(struct str text, uint32_t *account, unsigned char hash[SECRET_HASH_SIZE])
{
    size_t dot = str_find(text, '.', 0);
    long long number;

    if (text.len - dot != 1 + RANDOM_TEXT || dot > 10 || !str_to_ll(str_sub(text, 0, dot), &number) || number < 0 ||
        number > UINT32_MAX)
        return false;
    *account = (uint32_t)number;
    crypto_hash_sha256(hash, (const unsigned char *)text.p, text.len);
    return true;
}
