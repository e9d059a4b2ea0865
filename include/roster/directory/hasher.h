/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hasher - slow hashes of passwords: Argon2id by libsodium, as many at a time as the configuration allows in all processes together.
 *
 * A hash takes the time and memory that it is meant to take, so whoever sends many passwords could take all of both. Who may
 * hash has a lock on one of a few bytes of a file, which the kernel takes back from a process that dies; as many again may
 * wait for one; everybody else is told at once to come back.
 */
#ifndef ROSTER_DIRECTORY_HASHER_H
#define ROSTER_DIRECTORY_HASHER_H

#include "roster/base/conf.h"

#define HASH_TEXT_MAX 128 /* of a hash with its parameters, and the NUL */

struct hasher;

/* One for a process that is not forked afterwards. NULL: *message, in a, says why. */
struct hasher *hasher_open(const struct conf *c, struct arena *a, const char **message);
void hasher_close(struct hasher **h);

enum hasher_rc {
    HASHER_OK,
    HASHER_WRONG, /* it is not the password of the hash */
    HASHER_BUSY   /* too many at a time, or no memory */
};

/* Of a password in the form that precis_password() gives; out tells algorithm, cost and salt. */
enum hasher_rc hasher_hash(struct hasher *h, struct str password, char out[HASH_TEXT_MAX]);

/* hash NULL: as much work as for another, and never right. */
enum hasher_rc hasher_verify(struct hasher *h, const char *hash, struct str password);

/* Whether text is a hash that hasher_verify() takes. */
bool hasher_text_ok(struct str text);

#endif
