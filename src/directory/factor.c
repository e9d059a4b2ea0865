/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/factor.h"

#include "roster/base/id.h"

#include <assert.h>
#include <liboath/oath.h>
#include <sodium.h>

#define CODE_CHARACTERS 12
#define GROUP           4

static_assert(FACTOR_CODE_HASH == crypto_hash_sha256_BYTES, "recovery codes are kept as SHA-256");
static_assert(FACTOR_CODE_TEXT == CODE_CHARACTERS + CODE_CHARACTERS / GROUP, "two hyphens and a NUL");

/* 32 characters of which none looks like another. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void factor_make(struct factor *out)
{
    *out = (struct factor){.step = 0};
    id_random(out->secret, sizeof out->secret);
}

/* --- recovery codes --- */

static void hash_code(const char code[CODE_CHARACTERS], unsigned char out[FACTOR_CODE_HASH])
{
    crypto_hash_sha256(out, (const unsigned char *)code, CODE_CHARACTERS);
}

static void make_code(char text[FACTOR_CODE_TEXT], unsigned char hash[FACTOR_CODE_HASH])
{
    unsigned char random[CODE_CHARACTERS];
    char code[CODE_CHARACTERS];
    size_t len = 0;

    id_random(random, sizeof random);
    for (size_t i = 0; i < CODE_CHARACTERS; i++) {
        code[i] = alphabet[random[i] % 32];
        if (i > 0 && i % GROUP == 0)
            text[len++] = '-';
        text[len++] = code[i];
    }
    text[len] = '\0';
    hash_code(code, hash);
    sodium_memzero(code, sizeof code);
    sodium_memzero(random, sizeof random);
}

void factor_make_codes(struct factor *f, char texts[FACTOR_CODES][FACTOR_CODE_TEXT])
{
    for (size_t i = 0; i < FACTOR_CODES; i++)
        make_code(texts[i], f->codes[i]);
    f->ncodes = FACTOR_CODES;
}

static bool take_recovery(struct factor *f, const char code[CODE_CHARACTERS])
{
    unsigned char hash[FACTOR_CODE_HASH];
    size_t found = f->ncodes;

    hash_code(code, hash);
    for (size_t i = 0; i < f->ncodes; i++)
        if (sodium_memcmp(hash, f->codes[i], sizeof hash) == 0)
            found = i;
    if (found == f->ncodes)
        return false;
    f->ncodes--;
    memmove(f->codes[found], f->codes[f->ncodes], sizeof f->codes[found]);
    sodium_memzero(f->codes[f->ncodes], sizeof f->codes[f->ncodes]);
    return true;
}

/* --- codes of the time --- */

static bool is_code_of(const struct factor *f, uint64_t step, const char code[FACTOR_CODE_DIGITS])
{
    char right[FACTOR_CODE_DIGITS + 1];
    int rc = oath_hotp_generate((const char *)f->secret, sizeof f->secret, step, FACTOR_CODE_DIGITS, false,
                                OATH_HOTP_DYNAMIC_TRUNCATION, right);
    bool same = rc == OATH_OK && sodium_memcmp(right, code, FACTOR_CODE_DIGITS) == 0;

    sodium_memzero(right, sizeof right);
    return same;
}

static bool take_timed(struct factor *f, const char code[FACTOR_CODE_DIGITS], int64_t now)
{
    uint64_t middle = now < FACTOR_STEP_MS ? 1 : (uint64_t)now / FACTOR_STEP_MS;

    for (uint64_t step = middle - 1; step <= middle + 1; step++) {
        if (step <= f->step || !is_code_of(f, step, code))
            continue;
        f->step = step;
        return true;
    }
    return false;
}

/* The characters of a code as they were made; their number, or more than CODE_CHARACTERS where it is none. */
static size_t normalise(struct str code, char out[CODE_CHARACTERS])
{
    size_t n = 0;

    for (size_t i = 0; i < code.len; i++) {
        char c = code.p[i];

        if (c == ' ' || c == '-')
            continue;
        if (n == CODE_CHARACTERS)
            return CODE_CHARACTERS + 1;
        c = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
        out[n++] = c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c;
    }
    return n;
}

bool factor_take(struct factor *f, struct str code, int64_t now)
{
    char text[CODE_CHARACTERS];
    size_t n = normalise(code, text);
    bool taken = n == FACTOR_CODE_DIGITS ? take_timed(f, text, now) : n == CODE_CHARACTERS && take_recovery(f, text);

    sodium_memzero(text, sizeof text);
    return taken;
}

/* --- telling --- */

/* RFC 4648 6; 20 bytes need no padding. */
void factor_base32(const struct factor *f, char out[FACTOR_BASE32_TEXT])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    for (size_t bit = 0, n = 0; n < FACTOR_BASE32_TEXT - 1; bit += 5, n++) {
        unsigned pair = (unsigned)f->secret[bit / 8] << 8;

        if (bit / 8 + 1 < FACTOR_SECRET_SIZE)
            pair |= f->secret[bit / 8 + 1];
        out[n] = digits[pair >> (11 - bit % 8) & 31];
    }
    out[FACTOR_BASE32_TEXT - 1] = '\0';
}

/* RFC 3986 2.1: everything but unreserved characters. */
static void percent(struct buf *out, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || memchr("-._~", c, 4)) {
            buf_putc(out, (char)c);
            continue;
        }
        buf_putc(out, '%');
        buf_putc(out, hex[c >> 4]);
        buf_putc(out, hex[c & 15]);
    }
}

void factor_uri(struct buf *out, const struct factor *f, struct str issuer, struct str name)
{
    char secret[FACTOR_BASE32_TEXT];

    factor_base32(f, secret);
    buf_puts(out, "otpauth://totp/");
    percent(out, issuer);
    buf_putc(out, ':');
    percent(out, name);
    buf_printf(out, "?secret=%s&issuer=", secret);
    percent(out, issuer);
    sodium_memzero(secret, sizeof secret);
}
