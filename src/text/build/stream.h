/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many byte streams that grow side by side in one pool, as linked slices whose size doubles: a rare
 * term costs a dozen bytes, a frequent one few links (after the byte pools of Lucene's indexer and
 * of Büttcher and Clarke's in-memory index). Streams are addressed by 32-bit numbers, so a pool
 * holds at most 4 GiB. Not thread-safe.
 */
#ifndef INLAY_TEXT_BUILD_STREAM_H
#define INLAY_TEXT_BUILD_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_BLOCK_BITS 21
#define STREAM_BLOCK ((size_t)1 << STREAM_BLOCK_BITS)
#define STREAM_LINK 4 /* bytes at the end of a slice that name the next */

struct stream_pool {
    uint8_t **blocks;
    size_t block_count; /* in use; the last one is being filled */
    size_t block_slots; /* allocated, kept for the next filling */
    size_t capacity;
    size_t used; /* bytes of the last block */
};

struct stream {
    uint32_t first; /* where the bytes begin */
    uint32_t tail;  /* where the next byte goes */
    uint16_t room;  /* bytes left in the slice, without the link */
    uint16_t slice; /* size of the present slice; 0 = empty stream */
    uint32_t length;
};

void stream_pool_init(struct stream_pool *pool);
void stream_pool_free(struct stream_pool *pool);
void stream_pool_clear(struct stream_pool *pool); /* keeps the blocks */
size_t stream_pool_memory(const struct stream_pool *pool);

/* False: no memory, or the pool is full. */
bool stream_put(struct stream_pool *pool, struct stream *stream, const uint8_t *bytes,
                size_t count);

static inline uint8_t *stream_address(const struct stream_pool *pool, uint32_t at)
{
    return pool->blocks[at >> STREAM_BLOCK_BITS] + (at & (STREAM_BLOCK - 1));
}

/* Brings the place of the next byte, or of the first one, into the cache. */
static inline void stream_prefetch(const struct stream_pool *pool, const struct stream *stream)
{
    if (stream->slice != 0) {
        __builtin_prefetch(stream_address(pool, stream->tail), 1);
    }
}
static inline void stream_prefetch_first(const struct stream_pool *pool,
                                         const struct stream *stream)
{
    if (stream->slice != 0) {
        __builtin_prefetch(stream_address(pool, stream->first));
    }
}
/* The same for the second slice; the first one should be there. */
void stream_prefetch_second(const struct stream_pool *pool, const struct stream *stream);

/* Writes a varint at `to`, which has room for 10 bytes; returns the first byte behind it. */
static inline uint8_t *stream_varint(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        *to++ = (uint8_t)(value | 0x80u);
    }
    *to++ = (uint8_t)value;
    return to;
}

/* Reading: the parts of a stream, one after the other. */
struct stream_reader {
    uint32_t at;
    uint32_t slice;
    uint32_t left;
};
void stream_read(const struct stream *stream, struct stream_reader *reader);
/* The next contiguous part; 0 bytes at the end. */
size_t stream_part(const struct stream_pool *pool, struct stream_reader *reader,
                   const uint8_t **part);

#endif
