/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard - who has the store open, and what happens when one of them dies inside it.
 *
 * A process killed inside Berkeley DB can leave a mutex locked for ever, and nothing but ending every process and
 * recovering helps. The guard is one file in the regions' directory, mapped by every member and locked in single
 * bytes with fcntl(), whose locks the kernel frees when a process ends, however it ends:
 *
 *   byte 0    the gate: held while joining and recovering
 *   byte 1    membership: shared by every member; exclusive means that nobody else is alive
 *   byte 2    the recovering child, so that a second recovery waits until an orphaned one is gone
 *   byte 3    housekeeping: one at a time
 *   byte 100+i  slot i's owner
 *
 * Slot i holds the owner's pid and the flag "inside". Whoever finds a slot that is inside and has no owner sets
 * `poison` and ends; every member's watching thread sees poison within 20 ms and ends its process; the next to join
 * finds itself alone and recovers, in a child made for it. The same rule serves a master's workers, single processes
 * that Apache's mod_fcgid spawns, and rosterctl.
 *
 * The file is opened once per process and never replaced: to close any descriptor of it frees the process's locks. So
 * nothing that a member calls may open every file of the regions' directory.
 *
 * A process that dies outside does no harm, but leaves some entries in Berkeley DB's tables behind; after many such
 * deaths the next to join ends everybody and recovers, which empties the tables.
 */
#ifndef ROSTER_STORE_GUARD_H
#define ROSTER_STORE_GUARD_H

#include "roster/base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct guard;

/*
 * Joins. A recovery is due when nobody else is alive or somebody died inside. begin() is called first; false: there can
 * be none, *message says why. recover() is called in a child process; it returns false
 * if it failed (retried a few times; before the last tries give_room() is called, which may free disk space). fault:
 * the storage failed beneath the last ones, so that what the kernel has cached of the files may not be on the disk.
 * NULL: *message says why.
 */
struct guard_calls {
    bool (*begin)(void *ctx, const char **message);
    bool (*recover)(void *ctx, bool fault);
    void (*give_room)(void *ctx);
    void *ctx;
};
struct guard *guard_join(const char *dir, const struct guard_calls *calls, struct arena *a, const char **message);

/*
 * Keeps everybody from joining for as long as the descriptor is open; whoever joins meanwhile waits. -1: *message says
 * why, or is NULL where there are members.
 */
int guard_keep_out(const char *dir, struct arena *a, const char **message);

/* Leaves in order; the slot is free at once. Call outside. */
void guard_leave(struct guard **g);

/* Marks the stretch within which this process's death needs recovery. Calls nest. */
void guard_enter(struct guard *g);
void guard_exit(struct guard *g);

/* Whether this process is within such a stretch. Async-signal-safe. */
bool guard_is_inside(const struct guard *g);

/* Poisons the store and ends this process with STORE_EXIT_FAULT: after a failed fsync and the like. Async-signal-safe. */
_Noreturn void guard_fault(struct guard *g);

/* Tries to become the one housekeeper; true: done must follow. */
bool guard_housekeeping_begin(struct guard *g);
void guard_housekeeping_done(struct guard *g);

/* Recoveries since the file was made; live members, this process among them. */
uint64_t guard_recoveries(const struct guard *g);
uint32_t guard_members(const struct guard *g);

#endif
