/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - memory that lives exactly as long as a request.
 *
 * Everything a request needs is allocated here and given back in one go. Nothing is freed singly. Out of memory, or
 * past the arena's limit, the process logs one line and ends with exit status 70 (the master starts another);
 * therefore no function here returns NULL, and callers do not check. Input is bounded before it is allocated for.
 * An arena belongs to one thread.
 */
#ifndef ROSTER_BASE_ARENA_H
#define ROSTER_BASE_ARENA_H

#include "roster/base/str.h"

#include <stdarg.h>

struct arena;

/* A new, empty arena that may grow to limit bytes in all (0: no limit). The caller ends it with arena_free(). */
struct arena *arena_new(size_t limit);

/* Runs the deferred calls, wipes and frees all; sets *a to NULL. *a may be NULL. */
void arena_free(struct arena **a);

/* Runs the deferred calls, newest first, wipes every used byte and makes the arena empty; keeps one block. */
void arena_reset(struct arena *a);

/* size bytes, set to zero, aligned for any type. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size);

/* As arena_alloc(), not set to zero; for buffers that are written at once. */
void *arena_alloc_raw(struct arena *a, size_t size);

/*
 * Makes the newest allocation, p of size bytes, larger in place; what is added is not set to zero. false: p is not the
 * newest, or its block has no room, and nothing changed.
 */
bool arena_grow(struct arena *a, void *p, size_t size, size_t new_size);

/* A NUL-terminated copy. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *p, size_t len);

/* A copy of s; its bytes are followed by a NUL that is not counted in len. */
struct str arena_str(struct arena *a, struct str s);

/* A formatted, NUL-terminated string. */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Calls fn(ptr) when the arena is reset, freed or rewound past this point: for memory of other libraries (json-c). */
void arena_defer(struct arena *a, void (*fn)(void *), void *ptr);

/*
 * A position to return to. arena_rewind() runs the calls deferred since the mark, wipes what was allocated since and
 * makes it available again; everything from before the mark stays. Marks nest.
 */
struct arena_mark {
    void *block;
    size_t used;
    void *deferred;
};
struct arena_mark arena_mark(struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

/* What happens when memory is out, also for memory of other libraries: one line of log, then exit status 70. */
_Noreturn void arena_no_memory(size_t size);

#endif
