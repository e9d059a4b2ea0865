/* SPDX-License-Identifier: Apache-2.0 */
/* However the bytes of a connection are cut into pieces, they are judged alike; what was refused stays refused. */
#include "fuzz.h"

#include "roster/server/records.h"

#include <stdlib.h>

#define MAX_PARAMS ((size_t)4 << 10)

const char fuzz_corpus[] = "tests/data/records";

/* The number of bytes that were taken, step at a time; all of them: none was refused. */
static size_t taken(const uint8_t *data, size_t size, size_t step, struct records *r)
{
    records_begin(r, MAX_PARAMS);
    for (size_t at = 0; at < size; at += step) {
        size_t len = size - at < step ? size - at : step;
        if (!records_judge(r, data + at, len))
            return at;
    }
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct records whole, piece;
    bool good = taken(data, size, size > 0 ? size : 1, &whole) == size;

    for (size_t step = 1; step <= 13; step += 4) {
        if ((taken(data, size, step, &piece) == size) != good || (good && piece.type != whole.type))
            abort();
        if (good && (whole.params > MAX_PARAMS || piece.params != whole.params))
            abort();
    }
    return 0;
}
