/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/decimal.h"

#define EXPONENT_MAX 1000000 /* beyond that a number is "very large" or "very small": no finite double is */

/* A number as its digits from the first that is not 0, and where the point stands: 0.d1d2d3… times ten to the power. */
struct decimal {
    bool negative;
    struct str digits; /* may have the point in it; empty: zero */
    long power;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static long read_exponent(struct str s)
{
    bool negative = s.len > 0 && s.p[0] == '-';
    long exponent = 0;

    for (size_t i = 0; i < s.len; i++)
        if (is_digit(s.p[i]) && exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (s.p[i] - '0');
    return negative ? -exponent : exponent;
}

static struct decimal read(struct str s)
{
    struct decimal d = {.negative = s.len > 0 && s.p[0] == '-'};
    size_t i = d.negative, end = i, first = s.len;
    bool point = false;

    while (end < s.len && s.p[end] != 'e' && s.p[end] != 'E')
        end++;
    for (; i < end; i++) {
        if (s.p[i] == '.') {
            point = true;
            continue;
        }
        if (first == s.len && s.p[i] != '0')
            first = i;
        if (first < s.len)
            d.power += !point;
        else
            d.power -= point;
    }
    if (first < end) {
        d.digits = str_sub(s, first, end);
        d.power += end < s.len ? read_exponent(str_sub(s, end + 1, s.len)) : 0;
    }
    return d;
}

/* The digit at *i and the next place; 0 behind the last. */
static char next_digit(struct str digits, size_t *i)
{
    if (*i < digits.len && digits.p[*i] == '.')
        (*i)++;
    return *i < digits.len ? digits.p[(*i)++] : '0';
}

static int cmp_digits(struct str a, struct str b)
{
    for (size_t i = 0, j = 0; i < a.len || j < b.len;) {
        char x = next_digit(a, &i), y = next_digit(b, &j);

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

int decimal_cmp(struct str a, struct str b)
{
    struct decimal x = read(a), y = read(b);
    int sign_x = x.digits.len == 0 ? 0 : x.negative ? -1 : 1, sign_y = y.digits.len == 0 ? 0 : y.negative ? -1 : 1;

    if (sign_x != sign_y || sign_x == 0)
        return sign_x - sign_y;
    if (x.power != y.power)
        return (x.power < y.power ? -1 : 1) * sign_x;
    return cmp_digits(x.digits, y.digits) * sign_x;
}
