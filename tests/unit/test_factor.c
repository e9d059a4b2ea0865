/* SPDX-License-Identifier: Apache-2.0 */
/* The second factor: codes of RFC 6238, none of them twice, and recovery codes. */
#include "unit.h"

#include "roster/base/arena.h"
#include "roster/directory/factor.h"

#include <string.h>

/* The secret of RFC 6238, appendix B. */
static struct factor of_the_rfc(void)
{
    struct factor f = {.step = 0};

    memcpy(f.secret, "12345678901234567890", sizeof f.secret);
    return f;
}

static bool take(struct factor *f, const char *code, int64_t seconds)
{
    return factor_take(f, str_of(code), seconds * 1000);
}

/* RFC 6238, appendix B, the last six of its eight digits. */
static void codes_are_those_of_the_rfc(void)
{
    static const struct {
        int64_t seconds;
        const char *code;
    } cases[] = {
        {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
        {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct factor f = of_the_rfc();

        CHECK(take(&f, cases[i].code, cases[i].seconds));
        CHECK_INT(f.step, cases[i].seconds / 30);
        f = of_the_rfc();
        CHECK(!take(&f, "000000", cases[i].seconds));
        CHECK_INT(f.step, 0);
    }
}

/* RFC 6238 5.2: one step of delay, and of a clock that is ahead. */
static void clocks_may_differ_by_a_step(void)
{
    static const struct {
        int64_t seconds;
        bool taken;
    } cases[] = {{1, true}, {29, true}, {30, true}, {59, true}, {60, true}, {89, true}, {90, false}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct factor f = of_the_rfc();

        CHECK_INT(take(&f, "287082", cases[i].seconds), cases[i].taken);
    }
}

static void no_code_is_taken_twice(void)
{
    struct factor f = of_the_rfc();

    CHECK(take(&f, "050471", 1111111111));
    CHECK(!take(&f, "050471", 1111111111));
    CHECK(!take(&f, "081804", 1111111111)); /* the step before: somebody has looked over the shoulder */
}

/* As people type them. */
static void spaces_and_hyphens_do_not_count(void)
{
    struct factor f = of_the_rfc();

    CHECK(take(&f, " 050-471 ", 1111111111));
    f = of_the_rfc();
    CHECK(!take(&f, "50471", 1111111111));
    CHECK(!take(&f, "", 1111111111));
    CHECK(!take(&f, "0504711", 1111111111));
    CHECK(!take(&f, "05047a", 1111111111));
    CHECK(!factor_take(&f, STR_NULL, 1111111111));
}

static void recovery_codes_open_once(void)
{
    char texts[FACTOR_CODES][FACTOR_CODE_TEXT], upper[FACTOR_CODE_TEXT];
    struct factor f;

    factor_make(&f);
    factor_make_codes(&f, texts);
    CHECK_INT(f.ncodes, FACTOR_CODES);
    for (size_t i = 0; i < FACTOR_CODES; i++)
        CHECK_INT(strlen(texts[i]), FACTOR_CODE_TEXT - 1);
    CHECK(!take(&f, "0000-0000-0000", 0));
    CHECK(take(&f, texts[3], 0));
    CHECK(!take(&f, texts[3], 0));
    CHECK_INT(f.ncodes, FACTOR_CODES - 1);
    for (size_t i = 0; i < sizeof upper; i++) /* capitals, as some write */
        upper[i] = texts[9][i] >= 'a' && texts[9][i] <= 'z' ? (char)(texts[9][i] - 'a' + 'A') : texts[9][i];
    CHECK(take(&f, upper, 0));
    for (size_t i = 0; i < FACTOR_CODES; i++)
        CHECK_INT(take(&f, texts[i], 0), i != 3 && i != 9);
    CHECK_INT(f.ncodes, 0);
    CHECK(!take(&f, texts[0], 0));
}

/* RFC 4648 10, and what authenticators read. */
static void the_secret_is_told(void)
{
    struct arena *a = arena_new(0);
    struct factor f = of_the_rfc();
    char secret[FACTOR_BASE32_TEXT];
    struct buf uri;

    factor_base32(&f, secret);
    CHECK_CSTR(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    buf_init(&uri, a);
    factor_uri(&uri, &f, STR_LIT("Acme & Co"), STR_LIT("ana+1@example.com"));
    CHECK_STR(buf_view(&uri), STR_LIT("otpauth://totp/Acme%20%26%20Co:ana%2B1%40example.com"
                                      "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%26%20Co"));
    arena_free(&a);
}

static void secrets_differ(void)
{
    struct factor one, other;

    factor_make(&one);
    factor_make(&other);
    CHECK(memcmp(one.secret, other.secret, sizeof one.secret) != 0);
}

static const struct unit_test tests[] = {
    UNIT(codes_are_those_of_the_rfc),
    UNIT(clocks_may_differ_by_a_step),
    UNIT(no_code_is_taken_twice),
    UNIT(spaces_and_hyphens_do_not_count),
    UNIT(recovery_codes_open_once),
    UNIT(the_secret_is_told),
    UNIT(secrets_differ),
};

int main(void)
{
    return unit_run("factor", tests, sizeof tests / sizeof tests[0]);
}
