/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parquet's split-block Bloom filter (parquet-format, BloomFilter.md; Putze, Sanders & Singler,
 * "Cache-, hash- and space-efficient Bloom filters", 2007): blocks of 256 bits, one bit in each of
 * eight 32-bit words. Values are hashed with XXH64, seed 0, over their PLAIN encoding; byte arrays
 * without the length.
 */
#ifndef INLAY_PARQUET_BLOOM_H
#define INLAY_PARQUET_BLOOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOOM_MIN_BYTES 32
#define BLOOM_MAX_BYTES (128u << 20)

/* Bitset size for `distinct` values and a false-positive rate in (0, 1): a power of two in
 * [BLOOM_MIN_BYTES, BLOOM_MAX_BYTES]. */
uint32_t bloom_size(uint64_t distinct, double false_positives);

uint64_t bloom_hash(const void *value, size_t length);

/* `bits` is `size` bytes, a positive multiple of 32. */
void bloom_insert(uint8_t *bits, uint32_t size, uint64_t hash);
/* False: the value is certainly not there. */
bool bloom_may_contain(const uint8_t *bits, uint32_t size, uint64_t hash);

#endif
