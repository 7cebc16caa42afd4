/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunked bump allocator: many small items that die together (a parse tree, a query's scratch).
 * Items are 16-byte aligned unless asked otherwise, and never freed one by one. Not thread-safe.
 * Under AddressSanitizer the room between and behind items is poisoned, so that an overrun of one
 * item is reported like one of malloc's.
 */
#ifndef INLAY_BASE_ARENA_H
#define INLAY_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    uint8_t *next;
    size_t left;
    size_t allocated;  /* bytes of all chunks */
    size_t cap;        /* most bytes of all chunks */
    size_t chunk_size; /* of the next ordinary chunk */
};

/* Allocates nothing yet. `cap` bounds what the arena takes from the system: SIZE_MAX for none. */
void arena_init(struct arena *arena, size_t cap);
void arena_free(struct arena *arena); /* NULL-safe; the arena is then as after arena_init */

/* Forgets every item and keeps one chunk for the next use. */
void arena_reset(struct arena *arena);

/* NULL: out of memory, over the cap, or the size overflowed. A size of 0 gives a unique pointer. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_alloc_aligned(struct arena *arena, size_t size, size_t alignment); /* power of two */
void *arena_zalloc(struct arena *arena, size_t size);
void *arena_alloc_array(struct arena *arena, size_t count, size_t item_size);
void *arena_zalloc_array(struct arena *arena, size_t count, size_t item_size);
void *arena_dup(struct arena *arena, const void *data, size_t size);
char *arena_strndup(struct arena *arena, const char *text, size_t length); /* NUL terminated */
char *arena_strdup(struct arena *arena, const char *text);

#endif
