/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoders of page values and levels (parquet-format, Encodings.md). All append to a buffer, whose
 * sticky status the caller looks at; all are pure and deterministic. Values are little-endian and
 * may be unaligned.
 */
#ifndef INLAY_PARQUET_ENCODE_H
#define INLAY_PARQUET_ENCODE_H

#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

/* Bits that the values 0..max need. */
static inline unsigned encode_bit_width(uint32_t max)
{
    return max == 0 ? 0 : 32u - (unsigned)__builtin_clz(max);
}

/* The RLE/bit-packed hybrid: runs of at least 8 equal values as runs, the rest as groups of 8
 * packed values. `width` is 1 to 32 bits (8 for levels); width 0 writes nothing. */
void encode_hybrid_u8(const uint8_t *values, size_t count, unsigned width, struct buffer *out);
void encode_hybrid_u32(const uint32_t *values, size_t count, unsigned width, struct buffer *out);

/* Least significant bit first, without header; ends on a whole byte. `width` is 1 to 64. */
void encode_bit_pack(const uint64_t *values, size_t count, unsigned width, struct buffer *out);
/* PLAIN booleans: one byte per value in, one bit out. */
void encode_booleans(const uint8_t *values, size_t count, struct buffer *out);

/* DELTA_BINARY_PACKED, blocks of 128 in 4 miniblocks. `width` is 4 or 8 bytes per value. Deltas
 * wrap, so every value is allowed. */
void encode_delta(const uint8_t *values, size_t count, unsigned width, struct buffer *out);

/* Byte arrays: `lengths` (4 bytes each) and the bytes one after the other. */
void encode_plain_bytes(const uint8_t *lengths, const uint8_t *data, size_t count,
                        struct buffer *out);
void encode_delta_length(const uint8_t *lengths, const uint8_t *data, size_t data_size,
                         size_t count, struct buffer *out);

/* BYTE_STREAM_SPLIT: byte k of every value, for k = 0 .. width - 1. */
void encode_byte_stream_split(const uint8_t *values, size_t count, unsigned width,
                              struct buffer *out);

#endif
