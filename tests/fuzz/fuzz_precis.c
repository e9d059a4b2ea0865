/* SPDX-License-Identifier: Apache-2.0 */
/* A name or password: judged the same each time, within itself; prepared forms are fixed points and NFC. */
#include "fuzz.h"

#include "roster/base/precis.h"
#include "roster/base/utf8.h"

#include <stdlib.h>

const char fuzz_corpus[] = "tests/data/precis";

static void must(bool ok)
{
    if (!ok)
        abort();
}

static uint32_t character_at(struct str s, size_t position)
{
    uint32_t c = 0;

    for (size_t at = 0; position > 0; position--) {
        must(at < s.len);
        at += utf8_next(str_sub(s, at, s.len), &c);
    }
    return c;
}

static void check_name(struct arena *a, struct str s)
{
    struct precis_fault fault = {0}, again = {0};
    enum precis_verdict verdict = precis_judge_username(a, s, &fault);
    struct str form = precis_username(a, s);

    must(precis_judge_username(a, s, &again) == verdict);
    must(fault.character == again.character && fault.position == again.position);
    if (verdict == PRECIS_FINE)
        must(fault.position == 0);
    else
        must(fault.position > 0 && character_at(s, fault.position) == fault.character);
    must(utf8_valid(form));
    must(str_eq(precis_username(a, form), form));
    must(str_eq(utf8_nfc(a, form), form));
    must(str_eq(precis_username(a, utf8_nfc(a, s)), form));
    must(str_eq(precis_username(a, utf8_fold(a, s)), form));
}

static void check_password(struct arena *a, struct str s)
{
    bool allowed = precis_password_allowed(s);
    struct str form = precis_password(a, s);

    must(!allowed || s.len > 0);
    must(utf8_valid(form));
    must(str_eq(precis_password(a, form), form));
    must(str_eq(utf8_nfc(a, form), form));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = str_make(data, size);
    struct arena *a = arena_new(0);

    if (utf8_valid(s)) {
        check_name(a, s);
        check_password(a, s);
    }
    arena_free(&a);
    return 0;
}
