/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "roster/base/clock.h"

#include <stdio.h>
#include <time.h>

static void check_text(int64_t ms, const char *expected)
{
    char text[CLOCK_TEXT_LEN + 1];

    memset(text, 'x', sizeof text);
    clock_format(ms, text);
    CHECK_INT(text[CLOCK_TEXT_LEN], 0);
    CHECK_CSTR(text, expected);
}

static void formats(void)
{
    check_text(0, "1970-01-01T00:00:00.000Z");
    check_text(-1, "1969-12-31T23:59:59.999Z");
    check_text(1795476907123, "2026-11-23T23:35:07.123Z");
    check_text(951782400000, "2000-02-29T00:00:00.000Z");
    check_text(253402300799999, "9999-12-31T23:59:59.999Z");
    check_text(253402300800000, "9999-12-31T23:59:59.999Z");
    check_text(INT64_MAX, "9999-12-31T23:59:59.999Z");
    check_text(-62167219200000, "0000-01-01T00:00:00.000Z");
    check_text(INT64_MIN, "0000-01-01T00:00:00.000Z");
}

/* Against the C library's calendar, one moment of every second day of the 10,000 years; and there and back again. */
static void agrees_with_the_c_library(void)
{
    for (int64_t s = -62167219200; s < 253402300800; s += 2 * 86400 + 61) {
        time_t t = (time_t)s;
        struct tm tm;
        char mine[CLOCK_TEXT_LEN + 1], theirs[128];
        int64_t back;
        gmtime_r(&t, &tm);
        snprintf(theirs, sizeof theirs, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(s & 511));
        clock_format(s * 1000 + (s & 511), mine);
        if (strcmp(mine, theirs) != 0 || !clock_parse(str_of(mine), &back) || back != s * 1000 + (s & 511)) {
            CHECK_CSTR(mine, theirs);
            CHECK_FATAL(false);
        }
    }
    CHECK(true);
}

static void parses(void)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00", 0},
        {"1970-01-01T00:00:00.5Z", 500},
        {"1970-01-01T00:00:00.0009Z", 0},
        {"1970-01-01T00:00:00.123456789123456789Z", 123},
        {"1970-01-01T01:00:00+01:00", 0},
        {"1969-12-31T10:00:00.250-14:00", 250},
        {"1970-01-01T14:00:00+14:00", 0},
        {"1970-01-01T00:00:00-00:00", 0},
        {"1969-12-31T24:00:00Z", 0},
        {"1969-12-31T24:00:00.000Z", 0},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"0000-01-01T00:00:00Z", -62167219200000},
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t ms = -1;
        if (!CHECK(clock_parse(str_of(good[i].text), &ms)) || !CHECK_INT(ms, good[i].ms))
            CHECK_CSTR("", good[i].text);
    }
}

static void refuses(void)
{
    static const char *const bad[] = {
        "",
        "1970-01-01",
        "1970-01-01T",
        "1970-01-01T00:00Z",
        "1970-01-01T00:00:00ZZ",
        "1970-01-01T00:00:00z",
        "1970-01-01t00:00:00Z",
        "1970-01-01 00:00:00Z",
        "1970-1-01T00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-00-01T00:00:00Z",
        "1970-01-00T00:00:00Z",
        "1970-01-32T00:00:00Z",
        "1970-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2000-02-30T00:00:00Z",
        "1970-04-31T00:00:00Z",
        "1970-01-01T25:00:00Z",
        "1970-01-01T24:00:01Z",
        "1970-01-01T24:00:00.001Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:60Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00,5Z",
        "1970-01-01T00:00:00+14:01",
        "1970-01-01T00:00:00+1:00",
        "1970-01-01T00:00:00+0100",
        "1970-01-01T00:00:00+01:60",
        "1970-01-01T00:00:00+",
        "-1970-01-01T00:00:00Z",
        "11970-01-01T00:00:00Z",
        " 1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z ",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms;
        if (!CHECK(!clock_parse(str_of(bad[i]), &ms)))
            CHECK_CSTR("", bad[i]);
    }
    int64_t ms;
    CHECK(!clock_parse(STR_NULL, &ms));
}

static void tells_the_time(void)
{
    int64_t before = (int64_t)time(NULL), now = clock_now(), ticks = clock_ticks();

    CHECK(now / 1000 - before <= 1 && now / 1000 - before >= -1);
    CHECK(clock_ticks() >= ticks);
}

static const struct unit_test tests[] = {
    UNIT(formats), UNIT(agrees_with_the_c_library), UNIT(parses), UNIT(refuses), UNIT(tells_the_time),
};

int main(void)
{
    return unit_run("clock", tests, sizeof tests / sizeof tests[0]);
}
