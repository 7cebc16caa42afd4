/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All memory of the library comes from here. Hooks may be replaced once, before the first use
 * (tests use them to fail the n-th allocation). Functions are thread-safe. A size of 0 gives a
 * unique pointer. NULL means out of memory, or a size whose computation overflowed.
 */
#ifndef INLAY_BASE_ALLOC_H
#define INLAY_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mem_hooks {
    void *(*alloc)(void *context, size_t size);
    void *(*realloc)(void *context, void *pointer, size_t size);
    void (*free)(void *context, void *pointer);
    void *context;
};

/* Replaces the hooks; NULL restores the C library's. Not thread-safe: call before any other use. */
void mem_set_hooks(const struct mem_hooks *hooks);

void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);                          /* zero-filled */
void *mem_alloc_array(size_t count, size_t item_size);  /* overflow gives NULL */
void *mem_zalloc_array(size_t count, size_t item_size); /* overflow gives NULL; zero-filled */
void *mem_realloc(void *pointer, size_t size);          /* on NULL the old block is still there */
void *mem_realloc_array(void *pointer, size_t count, size_t item_size);
void *mem_alloc_aligned(size_t size, size_t alignment); /* power of two; free with the next */
void mem_free_aligned(void *pointer);
void mem_free(void *pointer);
void *mem_dup(const void *data, size_t size);
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t length); /* always NUL terminated */

/* Grows *items (of item_size bytes each) so that at least `needed` fit; doubles. False: no memory,
 * nothing changed. `*capacity` counts items. */
bool mem_grow(void **items, size_t *capacity, size_t needed, size_t item_size);

#endif
