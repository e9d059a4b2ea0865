/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/server/records.h"

#include "unit.h"

#include <stdlib.h>

#define MAX_PARAMS ((size_t)64 << 10)

/* Whether the bytes, step at a time, are good to the end of a request. */
static bool is_request(const unsigned char *p, size_t len, size_t step)
{
    struct records r;

    records_begin(&r, MAX_PARAMS);
    for (size_t at = 0; at < len; at += step)
        if (!records_judge(&r, p + at, len - at < step ? len - at : step))
            return false;
    return r.type == 0;
}

static void check_valid(const char *name, struct str text)
{
    const unsigned char *bytes = (const unsigned char *)text.p;

    (void)name;
    CHECK(is_request(bytes, text.len, text.len));
    CHECK(is_request(bytes, text.len, 1));
    CHECK(is_request(bytes, text.len, 7));
}

static void check_invalid(const char *name, struct str text)
{
    const unsigned char *bytes = (const unsigned char *)text.p;

    (void)name;
    CHECK(!is_request(bytes, text.len, text.len));
    CHECK(!is_request(bytes, text.len, 1));
}

static void takes_requests(void)
{
    unit_each_file("tests/data/records/valid", 12, check_valid);
}

static void refuses_what_is_none(void)
{
    unit_each_file("tests/data/records/invalid", 15, check_invalid);
}

/* A request has come when its last record has, and not before. */
static void waits_for_the_last_record(void)
{
    struct str text = unit_read("tests/data/records/valid/post.fcgi");
    const unsigned char *bytes = (const unsigned char *)text.p;
    size_t whole = 0;

    CHECK_FATAL(bytes != NULL);
    while (whole < text.len && !is_request(bytes, whole, whole + 1))
        whole++;
    CHECK_INT(whole, text.len);
    free((char *)text.p);
}

static const struct unit_test tests[] = {
    UNIT(takes_requests),
    UNIT(refuses_what_is_none),
    UNIT(waits_for_the_last_record),
};

int main(void)
{
    return unit_run("records", tests, sizeof tests / sizeof tests[0]);
}
