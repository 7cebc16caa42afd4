/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/build/row_store.h"

#include "base/alloc.h"
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)512 << 10)

static size_t row_bytes(const struct row_store *store)
{
    return store->width * sizeof(float);
}

void row_store_init(struct row_store *store, size_t width, size_t limit, const char *folder)
{
    memset(store, 0, sizeof(*store));
    store->width = width;
    store->limit = limit;
    store->block_rows = BLOCK_BYTES / row_bytes(store);
    store->block_rows = store->block_rows != 0 ? store->block_rows : 1;
    store->folder = folder != NULL ? folder : P_tmpdir;
    store->fd = -1;
}

static void drop_blocks(struct row_store *store, size_t kept)
{
    while (store->block_count > kept) {
        mem_free(store->block[--store->block_count]);
    }
}

void row_store_free(struct row_store *store)
{
    drop_blocks(store, 0);
    mem_free(store->block);
    store->block = NULL;
    if (store->fd >= 0) {
        (void)close(store->fd);
        store->fd = -1;
    }
}

static inlay_status open_file(struct row_store *store, inlay_error *err)
{
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/inlay-vectors-XXXXXX", store->folder);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "the spill folder's path is too long");
    }
    store->fd = mkstemp(path);
    if (store->fd < 0) {
        return error_from_errno(err, errno, "cannot create a spill file in %s", store->folder);
    }
    (void)unlink(path); /* the name goes at once, the bytes with the descriptor */
    return INLAY_OK;
}

static inlay_status write_rows(struct row_store *store, const float *rows, size_t count,
                               inlay_error *err)
{
    const uint8_t *bytes = (const uint8_t *)rows;
    size_t length = count * row_bytes(store);
    size_t done = 0;
    off_t start = (off_t)(store->in_file * row_bytes(store));
    while (done < length) {
        ssize_t n = pwrite(store->fd, bytes + done, length - done, start + (off_t)done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return error_from_errno(err, errno, "cannot write a spill file in %s", store->folder);
        }
        done += (size_t)n;
    }
    store->in_file += count;
    return INLAY_OK;
}

/* Everything in memory goes to the file; the first block stays as its buffer. */
static inlay_status spill(struct row_store *store, inlay_error *err)
{
    size_t i;
    if (store->fd < 0) {
        INLAY_TRY(open_file(store, err));
    }
    for (i = 0; i < store->block_count && store->in_file < store->count; i++) {
        size_t left = store->count - store->in_file;
        INLAY_TRY(write_rows(store, store->block[i],
                             left < store->block_rows ? left : store->block_rows, err));
    }
    drop_blocks(store, 1);
    return INLAY_OK;
}

inlay_status row_store_flush(struct row_store *store, inlay_error *err)
{
    return store->fd >= 0 && store->in_file < store->count ? spill(store, err) : INLAY_OK;
}

static inlay_status add_block(struct row_store *store, inlay_error *err)
{
    float *block;
    if (!mem_grow((void **)&store->block, &store->block_capacity, store->block_count + 1,
                  sizeof(*store->block))) {
        return error_no_memory(err);
    }
    block = mem_alloc_array(store->block_rows, row_bytes(store));
    if (block == NULL) {
        return error_no_memory(err);
    }
    store->block[store->block_count++] = block;
    return INLAY_OK;
}

inlay_status row_store_next(struct row_store *store, float **row, inlay_error *err)
{
    size_t held = store->count - store->in_file;
    if (held == store->block_count * store->block_rows) {
        size_t block_bytes = store->block_rows * row_bytes(store);
        if (store->block_count != 0 &&
            (store->fd >= 0 || (store->block_count + 1) * block_bytes > store->limit)) {
            INLAY_TRY(spill(store, err));
            held = 0;
        } else {
            INLAY_TRY(add_block(store, err));
        }
    }
    *row = store->block[held / store->block_rows] + held % store->block_rows * store->width;
    store->count++;
    return INLAY_OK;
}

void row_store_take_back(struct row_store *store)
{
    store->count--;
}

static inlay_status read_file(const struct row_store *store, size_t first, size_t count,
                              float *into, inlay_error *err)
{
    uint8_t *bytes = (uint8_t *)into;
    size_t length = count * row_bytes(store);
    size_t done = 0;
    off_t start = (off_t)(first * row_bytes(store));
    while (done < length) {
        ssize_t n = pread(store->fd, bytes + done, length - done, start + (off_t)done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return error_from_errno(err, errno, "cannot read a spill file in %s", store->folder);
        }
        if (n == 0) {
            return error_set(err, INLAY_IO, "a spill file in %s was cut short", store->folder);
        }
        done += (size_t)n;
    }
    return INLAY_OK;
}

inlay_status row_store_read(const struct row_store *store, size_t first, size_t count, float *into,
                            inlay_error *err)
{
    if (store->fd >= 0) {
        return read_file(store, first, count, into, err);
    }
    while (count != 0) {
        size_t within = first % store->block_rows;
        size_t left = store->block_rows - within;
        size_t together = count < left ? count : left;
        const float *block = store->block[first / store->block_rows];
        memcpy(into, block + within * store->width, together * row_bytes(store));
        into += together * store->width;
        first += together;
        count -= together;
    }
    return INLAY_OK;
}

inlay_status row_store_gather(const struct row_store *store, const uint32_t *rows, size_t count,
                              float *into, inlay_error *err)
{
    size_t begin;
    size_t end;
    for (begin = 0; begin < count; begin = end) {
        end = begin + 1;
        while (end < count && rows[end] == rows[begin] + (end - begin)) {
            end++;
        }
        INLAY_TRY(
            row_store_read(store, rows[begin], end - begin, into + begin * store->width, err));
    }
    return INLAY_OK;
}
