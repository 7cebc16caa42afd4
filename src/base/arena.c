/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/alloc.h"
#include "base/checked.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif

#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define RED_ZONE 16 /* poisoned bytes behind each item */
#define POISON(p, n) __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define RED_ZONE 0
#define POISON(p, n) ((void)0)
#define UNPOISON(p, n) ((void)0)
#endif

#define ITEM_ALIGNMENT 16
#define FIRST_CHUNK 4096
#define LARGEST_CHUNK (256u * 1024)

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* payload bytes */
};

#define HEADER_SIZE                                                                                \
    ((sizeof(struct arena_chunk) + ITEM_ALIGNMENT - 1) & ~(size_t)(ITEM_ALIGNMENT - 1))

static uint8_t *payload(struct arena_chunk *chunk)
{
    return (uint8_t *)chunk + HEADER_SIZE;
}

void arena_init(struct arena *arena, size_t cap)
{
    memset(arena, 0, sizeof(*arena));
    arena->cap = cap;
    arena->chunk_size = FIRST_CHUNK;
}

static void chunk_free(struct arena *arena, struct arena_chunk *chunk)
{
    UNPOISON(payload(chunk), chunk->size);
    arena->allocated -= chunk->size + HEADER_SIZE;
    mem_free(chunk);
}

static void chunk_use(struct arena *arena, struct arena_chunk *chunk)
{
    arena->next = payload(chunk);
    arena->left = chunk->size;
    POISON(arena->next, arena->left);
}

void arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->chunks != NULL) {
        struct arena_chunk *chunk = arena->chunks;
        arena->chunks = chunk->older;
        chunk_free(arena, chunk);
    }
    arena_init(arena, arena->cap);
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *kept = arena->chunks;
    if (kept == NULL) {
        return;
    }
    while (kept->older != NULL) {
        struct arena_chunk *chunk = kept->older;
        kept->older = chunk->older;
        chunk_free(arena, chunk);
    }
    chunk_use(arena, kept);
}

/* Opens a chunk with at least `needed` payload bytes. Doubling sizes keep the number of chunks
 * logarithmic; near the cap a chunk shrinks to what is needed. */
static bool chunk_open(struct arena *arena, size_t needed)
{
    size_t room = arena->cap - arena->allocated;
    size_t size = arena->chunk_size > needed ? arena->chunk_size : needed;
    struct arena_chunk *chunk;
    size_t total;
    if (room < HEADER_SIZE || needed > room - HEADER_SIZE) {
        return false;
    }
    size = size < room - HEADER_SIZE ? size : room - HEADER_SIZE;
    if (!size_add(size, HEADER_SIZE, &total)) {
        return false;
    }
    chunk = mem_alloc(total);
    if (chunk == NULL) {
        return false;
    }
    chunk->older = arena->chunks;
    chunk->size = size;
    arena->chunks = chunk;
    arena->allocated += total;
    if (arena->chunk_size < LARGEST_CHUNK) {
        arena->chunk_size *= 2;
    }
    chunk_use(arena, chunk);
    return true;
}

static size_t padding_to(const uint8_t *p, size_t alignment)
{
    return (alignment - ((uintptr_t)p & (alignment - 1))) & (alignment - 1);
}

void *arena_alloc_aligned(struct arena *arena, size_t size, size_t alignment)
{
    size_t needed;
    size_t padding;
    uint8_t *item;
    size = size != 0 ? size : 1;
    if (!size_add(size, alignment - 1 + RED_ZONE, &needed)) {
        return NULL;
    }
    padding = padding_to(arena->next, alignment);
    if (needed - (alignment - 1) > arena->left || padding > arena->left - (size + RED_ZONE)) {
        if (!chunk_open(arena, needed)) {
            return NULL;
        }
        padding = padding_to(arena->next, alignment);
    }
    item = arena->next + padding;
    arena->next = item + size + RED_ZONE;
    arena->left -= padding + size + RED_ZONE;
    UNPOISON(item, size);
    return item;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return arena_alloc_aligned(arena, size, ITEM_ALIGNMENT);
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    void *item = arena_alloc(arena, size);
    if (item != NULL) {
        memset(item, 0, size);
    }
    return item;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t item_size)
{
    size_t size;
    return size_mul(count, item_size, &size) ? arena_alloc(arena, size) : NULL;
}

void *arena_zalloc_array(struct arena *arena, size_t count, size_t item_size)
{
    size_t size;
    return size_mul(count, item_size, &size) ? arena_zalloc(arena, size) : NULL;
}

void *arena_dup(struct arena *arena, const void *data, size_t size)
{
    void *copy = arena_alloc(arena, size);
    if (copy != NULL && size != 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    size_t size;
    char *copy = size_add(length, 1, &size) ? arena_alloc_aligned(arena, size, 1) : NULL;
    if (copy != NULL) {
        if (length != 0) {
            memcpy(copy, text, length);
        }
        copy[length] = '\0';
    }
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}
