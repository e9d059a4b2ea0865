/* SPDX-License-Identifier: Apache-2.0 */
#include "roster/base/arena.h"

#include "roster/base/log.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define GAP 16 /* kept poisoned behind every allocation */
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define GAP                               0
#endif

#define ALIGNMENT     _Alignof(max_align_t)
#define BLOCK_FIRST   ((size_t)64 << 10)
#define BLOCK_LARGEST ((size_t)1 << 20)
#define EXIT_SOFTWARE 70

struct block {
    struct block *below; /* the one that was full, or too small, before this one */
    size_t size, used;
    _Alignas(max_align_t) unsigned char data[];
};

struct deferred {
    struct deferred *older;
    void (*fn)(void *);
    void *ptr;
};

struct arena {
    struct block *top;
    struct deferred *newest;
    size_t limit, capacity; /* of all blocks together */
    size_t next_size;
};

_Noreturn void arena_no_memory(size_t size)
{
    log_event(LOG_ERROR_, "fatal", LOG_C("reason", "memory"), LOG_I("size", size));
    _exit(EXIT_SOFTWARE);
}

/* Puts a block on top that has room for step bytes, and for what usually follows them where the limit allows it. */
static struct block *push_block(struct arena *a, size_t step)
{
    size_t room = a->limit - a->capacity, size = a->next_size; /* far from overflow: step is of step_of() */

    if (step > room)
        arena_no_memory(step);
    if (step > size / 4)
        size += step;
    if (size > room)
        size = room;
    struct block *b = size > SIZE_MAX - sizeof *b ? NULL : malloc(sizeof *b + size);
    if (b == NULL)
        arena_no_memory(size);
    *b = (struct block){.below = a->top, .size = size};
    ASAN_POISON_MEMORY_REGION(b->data, size);
    a->top = b;
    a->capacity += size;
    if (a->next_size < BLOCK_LARGEST)
        a->next_size *= 2;
    return b;
}

static void pop_block(struct arena *a)
{
    struct block *b = a->top;

    ASAN_UNPOISON_MEMORY_REGION(b->data, b->size);
    explicit_bzero(b->data, b->used);
    a->top = b->below;
    a->capacity -= b->size;
    free(b);
}

struct arena *arena_new(size_t limit)
{
    struct arena *a = malloc(sizeof *a);

    if (a == NULL)
        arena_no_memory(sizeof *a);
    *a = (struct arena){.limit = limit == 0 ? SIZE_MAX : limit, .next_size = BLOCK_FIRST};
    push_block(a, 0);
    return a;
}

static void run_deferred(struct arena *a, const struct deferred *until)
{
    while (a->newest != until) {
        struct deferred *d = a->newest;
        a->newest = d->older;
        d->fn(d->ptr);
    }
}

void arena_free(struct arena **a)
{
    if (*a == NULL)
        return;
    run_deferred(*a, NULL);
    while ((*a)->top != NULL)
        pop_block(*a);
    free(*a);
    *a = NULL;
}

struct arena_mark arena_mark(struct arena *a)
{
    return (struct arena_mark){.block = a->top, .used = a->top->used, .deferred = a->newest};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    run_deferred(a, mark.deferred);
    while (a->top != mark.block)
        pop_block(a);

    struct block *b = a->top;
    assert(mark.used <= b->used);
    ASAN_UNPOISON_MEMORY_REGION(b->data + mark.used, b->used - mark.used);
    explicit_bzero(b->data + mark.used, b->used - mark.used);
    ASAN_POISON_MEMORY_REGION(b->data + mark.used, b->used - mark.used);
    b->used = mark.used;
}

void arena_reset(struct arena *a)
{
    struct block *first = a->top;

    while (first->below != NULL)
        first = first->below;
    arena_rewind(a, (struct arena_mark){.block = first, .used = 0, .deferred = NULL});
    a->next_size = 2 * BLOCK_FIRST;
}

/* What an allocation of size bytes takes from its block. */
static size_t step_of(size_t size)
{
    if (size > SIZE_MAX / 2)
        arena_no_memory(size);
    return (size + GAP + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *arena_alloc_raw(struct arena *a, size_t size)
{
    size_t step = step_of(size);
    struct block *b = a->top;

    if (step > b->size - b->used)
        b = push_block(a, step);
    void *p = b->data + b->used;
    b->used += step;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return memset(arena_alloc_raw(a, size), 0, size);
}

bool arena_grow(struct arena *a, void *p, size_t size, size_t new_size)
{
    size_t old_step = step_of(size), step = step_of(new_size);
    struct block *b = a->top;

    assert(size <= new_size);
    if (old_step > b->used || p != b->data + (b->used - old_step) || step - old_step > b->size - b->used)
        return false;
    b->used += step - old_step;
    ASAN_UNPOISON_MEMORY_REGION(p, new_size);
    return true;
}

char *arena_strndup(struct arena *a, const char *p, size_t len)
{
    char *copy = arena_alloc_raw(a, len < SIZE_MAX ? len + 1 : len);

    if (len > 0)
        memcpy(copy, p, len);
    copy[len] = '\0';
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

struct str arena_str(struct arena *a, struct str s)
{
    return (struct str){arena_strndup(a, s.p, s.len), s.len};
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
    char small[256];
    va_list again;

    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    assert(len >= 0);
    char *text;
    if ((size_t)len < sizeof small) {
        text = arena_strndup(a, small, (size_t)len);
    } else {
        text = arena_alloc_raw(a, (size_t)len + 1);
        vsnprintf(text, (size_t)len + 1, format, again);
    }
    va_end(again);
    return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = arena_vprintf(a, format, args);
    va_end(args);
    return text;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *ptr)
{
    struct deferred *d = arena_alloc_raw(a, sizeof *d);

    *d = (struct deferred){.older = a->newest, .fn = fn, .ptr = ptr};
    a->newest = d;
}

size_t arena_used(const struct arena *a)
{
    size_t used = 0;

    for (const struct block *b = a->top; b != NULL; b = b->below)
        used += b->used;
    return used;
}
