/* SPDX-License-Identifier: Apache-2.0 */
/* A client's cursor: no text opens but one that was sealed, and whatever was sealed opens as what it was. */
#include "fuzz.h"

#include "roster/directory/cursor.h"

#include <sodium.h>
#include <stdlib.h>

const char fuzz_corpus[] = "tests/data/cursor";

static const unsigned char key[CURSOR_KEY_SIZE] = "the key of a test, 32 bytes long";

/* The bytes as they would stand in a sealed cursor, perhaps of another version of the program. */
static void check_plain(const uint8_t *data, size_t size, struct arena *a)
{
    unsigned char *sealed = arena_alloc(a, size + crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES);
    size_t len = size + crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    size_t room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_alloc(a, room);
    struct cursor read, again;

    crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, data, size, sealed, key);
    sodium_bin2base64(text, room, sealed, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (cursor_decode(str_of(text), key, 0, &read) == CURSOR_FORGED)
        return;
    if (read.place.len > PLACE_BYTES_MAX ||
        cursor_decode(cursor_encode(&read, key, 0, a), key, 0, &again) != CURSOR_OK ||
        again.place.ordinal != read.place.ordinal || again.place.len != read.place.len ||
        memcmp(again.place.bytes, read.place.bytes, read.place.len) != 0 || again.backward != read.backward ||
        again.count != read.count || memcmp(again.query, read.query, sizeof read.query) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct cursor read;

    if (cursor_decode(str_make(data, size), key, 0, &read) != CURSOR_FORGED)
        abort();
    check_plain(data, size, a);
    arena_free(&a);
    return 0;
}
