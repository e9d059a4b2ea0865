/* SPDX-License-Identifier: Apache-2.0 */
/* shared - memory that all processes of an installation have in common: a file that each of them maps. */
#ifndef ROSTER_BASE_SHARED_H
#define ROSTER_BASE_SHARED_H

#include "roster/base/arena.h"

/*
 * Maps the file name in dir, of size bytes, which are zero when it is made; processes change them by atomic operations alone.
 * The name has to tell the layout, so that an old process and a new one never meet in a file. NULL: *message, in a, says why.
 */
void *shared_open(const char *dir, const char *name, size_t size, struct arena *a, const char **message);
void shared_close(void *memory, size_t size);

#endif
