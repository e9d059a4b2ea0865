/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turn - the writers of an account, one after another: a lock for each account, shared by every process that has the
 * store open. Only src/store includes this.
 *
 * Berkeley DB's locks would do, but they are granted strictly in order, so that every release waits for another process
 * to be woken, and every wait runs the deadlock detector. These go to whoever is there first. What makes them safe is the
 * guard: they are waited for and held only inside, so a process that dies with one takes everybody along, and the
 * recovery makes them anew.
 *
 * Accounts whose numbers are equal modulo TURNS share one, which makes them wait for each other and nothing else.
 */
#ifndef ROSTER_STORE_TURN_H
#define ROSTER_STORE_TURN_H

#include "roster/base/arena.h"

#include <stdbool.h>
#include <stdint.h>

#define TURNS 8192

struct turns; /* the locks, mapped */

/* Makes the file in dir anew, every lock free. Only while nobody has it open. false: *message says why. */
bool turns_make(const char *dir, struct arena *a, const char **message);

/* Maps the file in dir. NULL: *message says why. turns_close() takes what NULL points to as well. */
struct turns *turns_open(const char *dir, struct arena *a, const char **message);
void turns_close(struct turns **turns);

/* The number of an account's lock. */
uint32_t turn_of(uint32_t account);

/* Takes a lock, waiting for it or not. false: another process has it. It must not be one that this process holds. */
void turn_take(struct turns *turns, uint32_t turn);
bool turn_try(struct turns *turns, uint32_t turn);
void turn_give(struct turns *turns, uint32_t turn);

#endif
