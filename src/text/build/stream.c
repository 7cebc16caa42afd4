/* SPDX-License-Identifier: Apache-2.0 */
#include "text/build/stream.h"

#include "text/build/pages.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <string.h>

#define FIRST_SLICE 16u
#define FIRST_ROOM (FIRST_SLICE - STREAM_LINK)
#define LAST_SLICE 8192u
#define MAX_BLOCKS ((size_t)1 << (32 - STREAM_BLOCK_BITS))

void stream_pool_init(struct stream_pool *pool)
{
    memset(pool, 0, sizeof(*pool));
    pool->used = STREAM_BLOCK;
}

void stream_pool_free(struct stream_pool *pool)
{
    size_t i;
    for (i = 0; i < pool->block_slots; i++) {
        pages_free(pool->blocks[i]);
    }
    mem_free(pool->blocks);
    stream_pool_init(pool);
}

void stream_pool_clear(struct stream_pool *pool)
{
    pool->block_count = 0;
    pool->used = STREAM_BLOCK;
}

size_t stream_pool_memory(const struct stream_pool *pool)
{
    return pool->block_count != 0 ? (pool->block_count - 1) * STREAM_BLOCK + pool->used : 0;
}

static bool add_block(struct stream_pool *pool)
{
    void *slots = pool->blocks;
    if (pool->block_count == MAX_BLOCKS) {
        return false;
    }
    if (pool->block_count == pool->block_slots) {
        if (!mem_grow(&slots, &pool->capacity, pool->block_slots + 1, sizeof(uint8_t *))) {
            return false;
        }
        pool->blocks = slots;
        /* A small build must not pay for the zeros of a whole huge page. */
        pool->blocks[pool->block_slots] = pool->block_slots == 0
                                              ? mem_alloc_aligned(STREAM_BLOCK, 64)
                                              : pages_alloc(STREAM_BLOCK);
        if (pool->blocks[pool->block_slots] == NULL) {
            return false;
        }
        pool->block_slots++;
    }
    pool->block_count++;
    pool->used = 0;
    return true;
}

static bool next_slice(struct stream_pool *pool, struct stream *stream)
{
    uint32_t size = stream->slice == 0           ? FIRST_SLICE
                    : stream->slice < LAST_SLICE ? stream->slice * 2u
                                                 : LAST_SLICE;
    uint32_t at;
    if (STREAM_BLOCK - pool->used < size && !add_block(pool)) {
        return false;
    }
    at = (uint32_t)((pool->block_count - 1) << STREAM_BLOCK_BITS | pool->used);
    pool->used += size;
    if (stream->slice == 0) {
        stream->first = at;
    } else {
        store_u32(stream_address(pool, stream->tail), at);
    }
    stream->tail = at;
    stream->slice = (uint16_t)size;
    stream->room = (uint16_t)(size - STREAM_LINK);
    return true;
}

/* Mostly a few bytes: cheaper than a call. */
static void copy_few(uint8_t *to, const uint8_t *from, size_t count)
{
    if (count > 64) {
        memcpy(to, from, count);
        return;
    }
    for (; count >= 8; to += 8, from += 8, count -= 8) {
        store_u64(to, load_u64(from));
    }
    for (; count != 0; count--) {
        *to++ = *from++;
    }
}

bool stream_put(struct stream_pool *pool, struct stream *stream, const uint8_t *bytes, size_t count)
{
    while (count != 0) {
        size_t part;
        if (stream->room == 0 && !next_slice(pool, stream)) {
            return false;
        }
        part = count < stream->room ? count : stream->room;
        copy_few(stream_address(pool, stream->tail), bytes, part);
        stream->tail += (uint32_t)part;
        stream->room = (uint16_t)(stream->room - part);
        stream->length += (uint32_t)part;
        bytes += part;
        count -= part;
    }
    return true;
}

void stream_prefetch_second(const struct stream_pool *pool, const struct stream *stream)
{
    if (stream->length > FIRST_ROOM) {
        uint8_t *link = stream_address(pool, stream->first + FIRST_ROOM);
        __builtin_prefetch(stream_address(pool, load_u32(link)));
    }
}

void stream_read(const struct stream *stream, struct stream_reader *reader)
{
    reader->at = stream->first;
    reader->slice = 0;
    reader->left = stream->length;
}

size_t stream_part(const struct stream_pool *pool, struct stream_reader *reader,
                   const uint8_t **part)
{
    uint32_t room;
    uint32_t length;
    if (reader->left == 0) {
        return 0;
    }
    if (reader->slice != 0) {
        reader->at = load_u32(stream_address(pool, reader->at));
        reader->slice = reader->slice < LAST_SLICE ? reader->slice * 2 : LAST_SLICE;
    } else {
        reader->slice = FIRST_SLICE;
    }
    room = reader->slice - STREAM_LINK;
    length = reader->left < room ? reader->left : room;
    *part = stream_address(pool, reader->at);
    reader->at += room;
    reader->left -= length;
    if (reader->left != 0) { /* on its way while this part is read */
        __builtin_prefetch(stream_address(pool, load_u32(stream_address(pool, reader->at))));
    }
    return length;
}
