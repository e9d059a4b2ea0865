/* SPDX-License-Identifier: Apache-2.0 */
/* common - what the tests of the store share: small stores, child processes, and a page that all of them see. */
#ifndef ROSTER_TESTS_CONTRACT_COMMON_H
#define ROSTER_TESTS_CONTRACT_COMMON_H

#include "roster/store/key.h"
#include "roster/store/store.h"

#include <stdint.h>
#include <sys/types.h>

/* The defaults, with a small store in dir: strings of the configuration live in static memory until the next call. */
void small_conf(struct conf *c, const char *dir);

/* store_open(); prints the message where it fails. */
struct store *open_or_print(const struct conf *c);

/* Runs fn(ctx) in a child process that ends with fn's result as its exit status. */
pid_t in_child(int (*fn)(void *ctx), void *ctx);

/* Waits for the child's end: its exit status, or 1000 and the number of the signal. */
int child_status(pid_t pid);

/* size bytes of zeros that children share. */
void *shared_zeros(size_t size);

/* The number v as the 8 bytes of a key or value, in room. */
struct str number(uint64_t v, char room[8]);
uint64_t number_of(struct str s);

/* Microseconds of a clock that never jumps. */
int64_t now_us(void);

/* The number in environment variable name, or what it is by default. */
long from_environment(const char *name, long by_default);

#endif
