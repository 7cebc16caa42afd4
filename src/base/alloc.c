/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"

#include "base/checked.h"

#include <stdlib.h>
#include <string.h>

static void *libc_alloc(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void *libc_realloc(void *context, void *pointer, size_t size)
{
    (void)context;
    return realloc(pointer, size);
}

static void libc_free(void *context, void *pointer)
{
    (void)context;
    free(pointer);
}

static const struct mem_hooks libc_hooks = {libc_alloc, libc_realloc, libc_free, NULL};
static struct mem_hooks active = {libc_alloc, libc_realloc, libc_free, NULL};

void mem_set_hooks(const struct mem_hooks *hooks)
{
    active = hooks != NULL ? *hooks : libc_hooks;
}

void *mem_alloc(size_t size)
{
    return active.alloc(active.context, size != 0 ? size : 1);
}

void *mem_zalloc(size_t size)
{
    void *pointer = mem_alloc(size);
    if (pointer != NULL) {
        memset(pointer, 0, size);
    }
    return pointer;
}

void *mem_alloc_array(size_t count, size_t item_size)
{
    size_t size;
    return size_mul(count, item_size, &size) ? mem_alloc(size) : NULL;
}

void *mem_zalloc_array(size_t count, size_t item_size)
{
    size_t size;
    return size_mul(count, item_size, &size) ? mem_zalloc(size) : NULL;
}

void *mem_realloc(void *pointer, size_t size)
{
    if (pointer == NULL) {
        return mem_alloc(size);
    }
    return active.realloc(active.context, pointer, size != 0 ? size : 1);
}

void *mem_realloc_array(void *pointer, size_t count, size_t item_size)
{
    size_t size;
    return size_mul(count, item_size, &size) ? mem_realloc(pointer, size) : NULL;
}

void *mem_alloc_aligned(size_t size, size_t alignment)
{
    size_t total;
    uint8_t *block;
    uint8_t *aligned;
    if (alignment < sizeof(void *)) {
        alignment = sizeof(void *);
    }
    if (!size_add(size, alignment + sizeof(void *), &total)) {
        return NULL;
    }
    block = mem_alloc(total);
    if (block == NULL) {
        return NULL;
    }
    /* The pointer to give back to free stands just before the aligned address. */
    aligned = block + sizeof(void *);
    aligned += (alignment - ((uintptr_t)aligned & (alignment - 1))) & (alignment - 1);
    memcpy(aligned - sizeof(void *), &block, sizeof(block));
    return aligned;
}

void mem_free_aligned(void *pointer)
{
    if (pointer != NULL) {
        void *block;
        memcpy(&block, (uint8_t *)pointer - sizeof(void *), sizeof(block));
        mem_free(block);
    }
}

void mem_free(void *pointer)
{
    if (pointer != NULL) {
        active.free(active.context, pointer);
    }
}

void *mem_dup(const void *data, size_t size)
{
    void *copy = mem_alloc(size);
    if (copy != NULL && size != 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

char *mem_strndup(const char *text, size_t length)
{
    char *copy;
    size_t size;
    if (!size_add(length, 1, &size)) {
        return NULL;
    }
    copy = mem_alloc(size);
    if (copy != NULL) {
        if (length != 0) {
            memcpy(copy, text, length);
        }
        copy[length] = '\0';
    }
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

bool mem_grow(void **items, size_t *capacity, size_t needed, size_t item_size)
{
    size_t target = *capacity;
    void *grown;
    if (needed <= target) {
        return true;
    }
    target = target < 8 ? 8 : target;
    while (target < needed) {
        if (!size_mul(target, 2, &target)) {
            return false;
        }
    }
    grown = mem_realloc_array(*items, target, item_size);
    if (grown == NULL) {
        return false;
    }
    *items = grown;
    *capacity = target;
    return true;
}
