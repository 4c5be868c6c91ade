// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(at, size) ASAN_POISON_MEMORY_REGION(at, size)
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#else
#define POISON(at, size) ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif

enum { BLOCK_SIZE = 256 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t capacity;
    size_t used;
    size_t dirty; /* bytes at the beginning that resets left as they were */
    alignas(max_align_t) uint8_t data[];
};

void arena_init(struct arena *arena, size_t maximum)
{
    *arena = (struct arena){.maximum = maximum};
}

void arena_release(struct arena *arena)
{
    struct arena_block *block = arena->first;
    while (block != NULL) {
        struct arena_block *next = block->next;
        UNPOISON(block->data, block->capacity);
        free(block);
        block = next;
    }
    *arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
    for (struct arena_block *block = arena->first; block != NULL; block = block->next) {
        if (block->dirty < block->used)
            block->dirty = block->used;
        block->used = 0;
        POISON(block->data, block->capacity);
    }
    arena->current = arena->first;
    arena->used = 0;
}

void arena_wipe(struct arena *arena)
{
    arena_reset(arena);
    for (struct arena_block *block = arena->first; block != NULL; block = block->next) {
        UNPOISON(block->data, block->capacity);
        memset(block->data, 0, block->dirty);
        /* The bytes are looked at, as far as the compiler knows: it must not leave the memset out. */
        __asm__ volatile("" : : "r"(block->data) : "memory");
        POISON(block->data, block->capacity);
        block->dirty = 0;
    }
}

static struct arena_block *new_block(size_t capacity)
{
    struct arena_block *block = malloc(sizeof(*block) + capacity);
    if (block == NULL)
        return NULL;
    block->next = NULL;
    block->capacity = capacity;
    block->used = 0;
    block->dirty = 0;
    POISON(block->data, capacity);
    return block;
}

/* Moves on to a block with room for size bytes, a new one if need be. */
static bool find_room(struct arena *arena, size_t size)
{
    struct arena_block *last = arena->current;
    struct arena_block *block = last != NULL ? last->next : arena->first;
    while (block != NULL && block->capacity - block->used < size) {
        last = block;
        block = block->next;
    }
    if (block == NULL) {
        block = new_block(size > BLOCK_SIZE ? size : BLOCK_SIZE);
        if (block == NULL)
            return false;
        if (last != NULL)
            last->next = block;
        else
            arena->first = block;
    }
    arena->current = block;
    return true;
}

void *arena_take_raw(struct arena *arena, size_t size)
{
    size_t alignment = alignof(max_align_t);
    if (size > arena->maximum - arena->used || size > SIZE_MAX / 2)
        return NULL;
    size_t rounded = (size + alignment - 1) / alignment * alignment;
    struct arena_block *block = arena->current;
    if (block == NULL || block->capacity - block->used < rounded) {
        if (!find_room(arena, rounded))
            return NULL;
        block = arena->current;
    }
    void *at = block->data + block->used;
    block->used += rounded;
    arena->used += size;
    UNPOISON(at, size);
    return at;
}

void *arena_take(struct arena *arena, size_t size)
{
    void *at = arena_take_raw(arena, size);
    if (at != NULL)
        memset(at, 0, size);
    return at;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_take(arena, total);
}

bool arena_copy(struct arena *arena, struct slice bytes, struct slice *out)
{
    void *at = arena_take_raw(arena, bytes.size);
    if (at == NULL)
        return false;
    if (bytes.size != 0)
        memcpy(at, bytes.data, bytes.size);
    *out = slice_of(at, bytes.size);
    return true;
}
