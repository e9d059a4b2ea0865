/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/server/records.h"

#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define MAX_PARAMS ((size_t)64 << 10)

struct file {
    char name[256];
    unsigned char bytes[128 << 10];
    size_t len;
};

static bool read_file(const char *folder, const char *name, struct file *out)
{
    char path[1024];
    FILE *f;

    snprintf(out->name, sizeof out->name, "%.200s", name);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "r");
    if (f == NULL)
        return false;
    out->len = fread(out->bytes, 1, sizeof out->bytes, f);
    fclose(f);
    return true;
}

/* Calls check with every file of the folder, of which there are so many at least. */
static void each_file(const char *folder, int least, void (*check)(const struct file *f))
{
    static struct file file;
    char path[768];
    const struct dirent *entry;
    int n = 0;

    snprintf(path, sizeof path, "%s", unit_source(folder));
    DIR *d = opendir(path);
    CHECK_FATAL(d != NULL);
    while ((entry = readdir(d)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        CHECK_FATAL(read_file(path, entry->d_name, &file));
        check(&file);
        n++;
    }
    closedir(d);
    CHECK(n >= least);
}

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

static void check_valid(const struct file *f)
{
    if (!unit_check(is_request(f->bytes, f->len, f->len), f->name, __FILE__, __LINE__))
        return;
    CHECK(is_request(f->bytes, f->len, 1));
    CHECK(is_request(f->bytes, f->len, 7));
}

static void check_invalid(const struct file *f)
{
    unit_check(!is_request(f->bytes, f->len, f->len), f->name, __FILE__, __LINE__);
    CHECK(!is_request(f->bytes, f->len, 1));
}

static void takes_requests(void)
{
    each_file("tests/data/records/valid", 12, check_valid);
}

static void refuses_what_is_none(void)
{
    each_file("tests/data/records/invalid", 15, check_invalid);
}

/* A request has come when its last record has, and not before. */
static void waits_for_the_last_record(void)
{
    static struct file f;
    size_t whole = 0;

    CHECK_FATAL(read_file(unit_source("tests/data/records/valid"), "post.fcgi", &f));
    while (whole < f.len && !is_request(f.bytes, whole, whole + 1))
        whole++;
    CHECK_INT(whole, f.len);
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
