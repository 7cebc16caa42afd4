/* SPDX-License-Identifier: Apache-2.0 */
#include "text/build/pages.h"

#include "base/alloc.h"
#include "base/checked.h"

#include <string.h>
#include <sys/mman.h>

#define CACHE_LINE 64

void *pages_alloc(size_t size)
{
    void *memory;
    if (size < PAGES_HUGE) {
        return mem_alloc_aligned(size, CACHE_LINE);
    }
    memory = mem_alloc_aligned(size, PAGES_HUGE);
    if (memory != NULL) { /* a hint: whether it is taken makes no difference to the result */
        (void)madvise(memory, size / PAGES_HUGE * PAGES_HUGE, MADV_HUGEPAGE);
    }
    return memory;
}

void *pages_zalloc(size_t size)
{
    void *memory = pages_alloc(size);
    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

void pages_free(void *memory)
{
    mem_free_aligned(memory);
}

bool pages_grow(void **items, size_t *capacity, size_t used, size_t needed, size_t item_size)
{
    size_t target = *capacity < 8 ? 8 : *capacity;
    size_t size;
    void *grown;
    if (needed <= *capacity) {
        return true;
    }
    while (target < needed) {
        if (!size_mul(target, 2, &target)) {
            return false;
        }
    }
    if (!size_mul(target, item_size, &size)) {
        return false;
    }
    grown = pages_alloc(size);
    if (grown == NULL) {
        return false;
    }
    if (used != 0) {
        memcpy(grown, *items, used * item_size);
    }
    pages_free(*items);
    *items = grown;
    *capacity = target;
    return true;
}
