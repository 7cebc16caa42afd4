/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking of little-endian bit-packed integers as Parquet writes them (least significant bit
 * first, no padding between values): the inner loop of dictionary codes, levels and deltas.
 * Pure functions; never read outside [data, data + size). The AVX2 kernel follows the byte shuffle
 * and variable shift scheme of Lemire & Boytsov, "Decoding billions of integers per second through
 * vectorization" (2015), applied to the horizontal layout.
 */
#ifndef INLAY_PARQUET_DECODE_BITS_H
#define INLAY_PARQUET_DECODE_BITS_H

#include <stddef.h>
#include <stdint.h>

/* Values [first, first + count) of `width` bits each, 0 <= width <= 32. The caller has checked that
 * they lie inside the data: (first + count) * width <= size * 8. */
void bits_unpack32(const uint8_t *data, size_t size, unsigned width, uint64_t first, size_t count,
                   uint32_t *out);
/* The same for 0 <= width <= 64. */
void bits_unpack64(const uint8_t *data, size_t size, unsigned width, uint64_t first, size_t count,
                   uint64_t *out);
/* The obvious implementation of both, kept as the oracle of the tests. */
uint64_t bits_unpack_one(const uint8_t *data, size_t size, unsigned width, uint64_t index);

/* Sets bits [position, position + count) of a bitmap to `value`; the words past it are kept. */
void bitmap_fill(uint64_t *bitmap, uint64_t position, uint64_t count, int value);
/* Copies `count` bits from bit `from` of `bytes` (size bytes, which hold them) to `position`, and
 * returns how many of them are set. */
uint64_t bitmap_copy(uint64_t *bitmap, uint64_t position, const uint8_t *bytes, size_t size,
                     uint64_t from, uint64_t count);
/* Set bits in [position, position + count). */
uint64_t bitmap_count(const uint64_t *bitmap, uint64_t position, uint64_t count);

/* Kernel for widths 1..25, whole groups of eight values; returns the groups done, which may be
 * fewer than asked because it never loads past `size`. */
#define BITS_AVX2_MAX_WIDTH 25
size_t bits_unpack_groups_avx2(const uint8_t *data, size_t size, unsigned width, size_t groups,
                               uint32_t *out);

#endif
