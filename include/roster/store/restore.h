/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore - putting what store_backup() wrote where the engine looks for it. The next store_open() recovers it.
 */
#ifndef ROSTER_STORE_RESTORE_H
#define ROSTER_STORE_RESTORE_H

#include "roster/base/arena.h"
#include "roster/base/conf.h"
#include "roster/base/error.h"

/*
 * Copies the backup in dir to the store that c describes, which must be empty and which nobody may have open; who opens
 * it meanwhile waits. Directories are made as needed; every file is on disk when it returns. false: *e is
 * BACKUP_INVALID, DIRECTORY_UNUSABLE or STORE_IN_USE, and what was copied is removed again.
 */
bool store_restore(const struct conf *c, const char *dir, struct arena *a, struct error *e);

#endif
