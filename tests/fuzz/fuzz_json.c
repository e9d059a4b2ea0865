/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the scan lets through is read as json-c reads it; what we write of it, or of a copy, is the same value and the same
 * text.
 */
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

/* json-c's own reading of the text. */
static struct json_object *by_json_c(struct arena *a, struct str text)
{
    struct json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX + 2);

    if (t == NULL)
        abort();
    json_tokener_set_flags(t, JSON_TOKENER_STRICT);
    struct json_object *v = json_tokener_parse_ex(t, text.p, (int)text.len);
    if (json_tokener_get_error(t) == json_tokener_continue) /* a number at the top is over where a NUL follows */
        v = json_tokener_parse_ex(t, "", 1);
    if (json_tokener_get_error(t) != json_tokener_success)
        abort();
    json_tokener_free(t);
    return json_own(a, v);
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
    if (!json_equal(v, by_json_c(a, str_make(data, size))))
        abort();
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
