/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret - what a console admin's browser or mail holds: a session's cookie, an invitation. NUMBER.TEXT: the account's number
 * (0: the operator's staff), so that it is looked for in that account alone, and 256 random bits. Kept as SHA-256.
 */
#ifndef ROSTER_DIRECTORY_SECRET_H
#define ROSTER_DIRECTORY_SECRET_H

#include "roster/base/str.h"

#include <stdint.h>

#define SECRET_TEXT_MAX  56 /* with the NUL */
#define SECRET_HASH_SIZE 32

/* A new one, which the caller wipes. */
void secret_make(uint32_t account, char text[SECRET_TEXT_MAX], unsigned char hash[SECRET_HASH_SIZE]);

/* false: text has not the form of one. */
bool secret_read(struct str text, uint32_t *account, unsigned char hash[SECRET_HASH_SIZE]);

#endif
