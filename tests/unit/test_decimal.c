/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/base/decimal.h"

/* In rising order; a row's equals stand together, parted by a space. */
static const char *const rising[] = {
    "-1e400",
    "-123456789012345678901234567890.2",
    "-123456789012345678901234567890.1",
    "-10 -1e1 -10.0 -100e-1",
    "-1.5",
    "-0.1 -1e-1 -0.10",
    "-1e-400",
    "0 -0 0.0 0e5 -0.000e-7",
    "1e-400",
    "0.000001 1e-6 1E-6 0.1e-5",
    "0.1 0.10 1e-1 10e-2",
    "0.1000000000000000055",
    "1 1.0 1e0 10e-1 0.001e3",
    "9.999999999999999999999",
    "10 1e1 1E+1",
    "9007199254740992",
    "9007199254740993 9007199254740993.0",
    "9223372036854775807",
    "9223372036854775808 9.223372036854775808e18",
    "1e400",
};
#define ROWS (sizeof rising / sizeof rising[0])

static struct str take_word(struct str *rest)
{
    size_t space = str_find(*rest, ' ', 0);
    struct str word = str_sub(*rest, 0, space);

    *rest = str_sub(*rest, space < rest->len ? space + 1 : space, rest->len);
    return word;
}

static void compare_rows(size_t i, size_t j)
{
    for (struct str a = str_of(rising[i]); a.len > 0;) {
        struct str x = take_word(&a);
        for (struct str b = str_of(rising[j]); b.len > 0;) {
            struct str y = take_word(&b);
            int order = decimal_cmp(x, y);
            if (!CHECK_INT((order > 0) - (order < 0), (i > j) - (i < j)))
                printf("# %.*s against %.*s\n", (int)x.len, x.p, (int)y.len, y.p);
        }
    }
}

/* trap 7: decimals need exact arithmetic. */
static void orders_numbers_as_they_are_written(void)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < ROWS; j++)
            compare_rows(i, j);
}

static const struct unit_test tests[] = {UNIT(orders_numbers_as_they_are_written)};

int main(void)
{
    return unit_run("decimal", tests, sizeof tests / sizeof tests[0]);
}
