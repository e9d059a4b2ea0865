/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/directory/cursor.h"

#include "roster/store/key.h"

#include <sodium.h>

#define CURSOR_VERSION 1
#define SECRET_CURSOR  1 /* the cursors' key in the space `secret` */

enum { FLAG_BACKWARD = 1, FLAG_MISSING = 2 };

_Static_assert(CURSOR_KEY_SIZE == crypto_secretbox_KEYBYTES, "cursors are sealed by crypto_secretbox");

#define HEAD_SIZE  (3 + 8 + 4 + 8 + CURSOR_QUERY_SIZE)
#define PLAIN_MAX  (HEAD_SIZE + PLACE_BYTES_MAX)
#define SEALED_MAX (crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + PLAIN_MAX)
#define TEXT_MAX   (sodium_base64_ENCODED_LEN(SEALED_MAX, sodium_base64_VARIANT_URLSAFE_NO_PADDING))

/* --- the key --- */

struct secret {
    unsigned char key[CURSOR_KEY_SIZE];
};

static enum store_rc read_secret(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct secret *s = ctx;
    struct str value;
    struct key k;

    (void)arena;
    key_init(&k);
    key_u8(&k, SECRET_CURSOR);
    enum store_rc rc = store_get(txn, SPACE_SECRET, key_view(&k), &value);
    if (rc == STORE_OK && value.len != sizeof s->key)
        return STORE_ERROR;
    if (rc == STORE_OK)
        memcpy(s->key, value.p, sizeof s->key);
    return rc;
}

static enum store_rc make_secret(struct store_txn *txn, struct arena *arena, void *ctx)
{
    struct secret *s = ctx;
    struct key k;

    enum store_rc rc = read_secret(txn, arena, s);
    if (rc != STORE_NOTFOUND)
        return rc;
    id_random(s->key, sizeof s->key);
    key_init(&k);
    key_u8(&k, SECRET_CURSOR);
    return store_put(txn, SPACE_SECRET, key_view(&k), str_make(s->key, sizeof s->key));
}

/* The account's key, which its first cursor makes. */
static bool get_secret(struct call *c, struct secret *s)
{
    enum store_rc rc = store_run(c->store, c->account->number, STORE_READ, c->arena, read_secret, s);

    if (rc == STORE_NOTFOUND)
        rc = store_run(c->store, c->account->number, STORE_WRITE, c->arena, make_secret, s);
    return call_done(c, rc);
}

/* --- the bytes of a cursor --- */

static void put(unsigned char **p, uint64_t v, size_t size)
{
    for (size_t i = 0; i < size; i++)
        *(*p)++ = (unsigned char)(v >> (8 * (size - 1 - i)));
}

static uint64_t take(const unsigned char **p, size_t size)
{
    uint64_t v = 0;

    for (size_t i = 0; i < size; i++)
        v = v << 8 | *(*p)++;
    return v;
}

static size_t write_plain(const struct cursor *cursor, int64_t now, unsigned char out[PLAIN_MAX])
{
    const struct listing_place *place = &cursor->place;
    unsigned char *p = out;

    put(&p, CURSOR_VERSION, 1);
    put(&p, (cursor->backward ? FLAG_BACKWARD : 0) | (place->missing ? FLAG_MISSING : 0), 1);
    put(&p, place->type, 1);
    put(&p, place->ordinal, 8);
    put(&p, cursor->count, 4);
    put(&p, (uint64_t)now, 8);
    memcpy(p, cursor->query, CURSOR_QUERY_SIZE);
    p += CURSOR_QUERY_SIZE;
    memcpy(p, place->bytes, place->len);
    return (size_t)(p - out) + place->len;
}

/* What was sealed is what write_plain() wrote, perhaps of another version. */
static bool read_plain(struct cursor *out, const unsigned char *p, size_t len, int64_t *issued)
{
    unsigned flags;

    if (len < HEAD_SIZE || take(&p, 1) != CURSOR_VERSION)
        return false;
    flags = (unsigned)take(&p, 1);
    out->backward = flags & FLAG_BACKWARD;
    out->place.missing = flags & FLAG_MISSING;
    out->place.type = (uint8_t)take(&p, 1);
    out->place.ordinal = take(&p, 8);
    out->count = (uint32_t)take(&p, 4);
    *issued = (int64_t)take(&p, 8);
    memcpy(out->query, p, CURSOR_QUERY_SIZE);
    out->place.len = (uint16_t)(len - HEAD_SIZE);
    memcpy(out->place.bytes, p + CURSOR_QUERY_SIZE, out->place.len);
    return true;
}

struct str cursor_encode(const struct cursor *cursor, const unsigned char *key, int64_t now, struct arena *a)
{
    unsigned char plain[PLAIN_MAX], sealed[SEALED_MAX];
    char text[TEXT_MAX];
    size_t len = write_plain(cursor, now, plain);

    id_random(sealed, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, plain, len, sealed, key);
    sodium_bin2base64(text, sizeof text, sealed, crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return arena_str(a, str_of(text));
}

enum cursor_rc cursor_decode(struct str text, const unsigned char *key, int64_t now, struct cursor *out)
{
    unsigned char plain[PLAIN_MAX], sealed[SEALED_MAX];
    int64_t issued = 0;
    size_t n;

    if (sodium_base642bin(sealed, sizeof sealed, text.p, text.len, NULL, &n, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        n < crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES)
        return CURSOR_FORGED;
    if (crypto_secretbox_open_easy(plain, sealed + crypto_secretbox_NONCEBYTES, n - crypto_secretbox_NONCEBYTES, sealed,
                                   key) != 0 ||
        !read_plain(out, plain, n - crypto_secretbox_NONCEBYTES - crypto_secretbox_MACBYTES, &issued))
        return CURSOR_FORGED;
    /* issued may be any number: nothing is added to it */
    return issued < now - (int64_t)CURSOR_SECONDS * 1000 ? CURSOR_OLD : CURSOR_OK;
}

struct str cursor_seal(struct call *c, const struct cursor *cursor)
{
    struct str text = STR_NULL;
    struct secret s;

    if (get_secret(c, &s))
        text = cursor_encode(cursor, s.key, c->now, c->arena);
    sodium_memzero(&s, sizeof s);
    return text;
}

bool cursor_open(struct call *c, struct str text, struct cursor *out)
{
    struct secret s;

    *out = (struct cursor){.count = 0};
    if (!get_secret(c, &s))
        return false;
    enum cursor_rc rc = cursor_decode(text, s.key, c->now, out);
    sodium_memzero(&s, sizeof s);
    if (rc == CURSOR_FORGED)
        error_set(c->error, ERR_CURSOR_INVALID, STR_LIT("it is none that this account was given"));
    else if (rc == CURSOR_OLD)
        error_set(c->error, ERR_CURSOR_EXPIRED, str_of(arena_printf(c->arena, "%d", CURSOR_SECONDS)));
    return rc == CURSOR_OK;
}
