/* SPDX-License-Identifier: Apache-2.0 */
/* What the scan lets through, json-c reads; what we write of it, or of a copy, is the same value and the same text. */
#include "fuzz.h"

#include "roster/base/json.h"

#include <stdlib.h>

const char fuzz_corpus[] = "tests/data/json";

static struct json_object *must_read(struct arena *a, struct str text)
{
    struct error e = ERROR_INIT;
    struct json_object *v = json_read(a, text, &e);

    if (error_is_set(&e))
        abort();
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e = ERROR_INIT;
    struct buf once, twice;
    struct arena *a;

    bool good = json_scan(str_make(data, size), JSON_DEPTH_MAX, &e);
    if (good == error_is_set(&e))
        abort();
    if (!good)
        return 0;
    a = arena_new(0);
    buf_init(&once, a);
    buf_init(&twice, a);
    struct json_object *v = must_read(a, str_make(data, size));
    json_write(&once, v);
    struct json_object *again = must_read(a, buf_view(&once));
    json_write(&twice, again);
    if (!json_equal(v, again) || !json_object_equal(v, again) || !str_eq(buf_view(&once), buf_view(&twice)))
        abort();
    struct json_object *copy = json_own(a, json_clone(v));
    buf_clear(&twice);
    json_write(&twice, copy);
    if (!json_equal(copy, v) || !str_eq(buf_view(&once), buf_view(&twice)))
        abort();
    arena_free(&a);
    return 0;
}
