/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/bloom.h"

#include "base/bytes.h"
#include "base/hash.h"

#include <math.h>

#define BLOCK_BYTES 32

/* The format's odd multipliers. */
static const uint32_t salt[8] = {0x47b6137bu, 0x44974d91u, 0x8824ad5bu, 0xa2b7289du,
                                 0x705495c7u, 0x2df1424bu, 0x9efc4947u, 0x5c6bfb31u};

uint32_t bloom_size(uint64_t distinct, double false_positives)
{
    /* Each of 8 probes hits a set bit with probability fpp^(1/8); solve for the bits. */
    double bits = -8.0 * (double)distinct / log1p(-pow(false_positives, 1.0 / 8));
    uint32_t size = BLOOM_MIN_BYTES;
    while (size < BLOOM_MAX_BYTES && (double)size * 8 < bits) {
        size *= 2;
    }
    return size;
}

uint64_t bloom_hash(const void *value, size_t length)
{
    return hash_xxh64(value, length, 0);
}

/* The upper half of the hash picks the block, the lower half the bits in it. */
static size_t block_offset(uint32_t size, uint64_t hash)
{
    return (size_t)((hash >> 32) * (size / BLOCK_BYTES) >> 32) * BLOCK_BYTES;
}

void bloom_insert(uint8_t *bits, uint32_t size, uint64_t hash)
{
    uint8_t *block = bits + block_offset(size, hash);
    size_t i;
    for (i = 0; i < 8; i++) {
        uint32_t bit = 1u << ((uint32_t)hash * salt[i] >> 27);
        store_u32(block + 4 * i, load_u32(block + 4 * i) | bit);
    }
}

bool bloom_may_contain(const uint8_t *bits, uint32_t size, uint64_t hash)
{
    const uint8_t *block = bits + block_offset(size, hash);
    size_t i;
    for (i = 0; i < 8; i++) {
        uint32_t bit = 1u << ((uint32_t)hash * salt[i] >> 27);
        if ((load_u32(block + 4 * i) & bit) == 0) {
            return false;
        }
    }
    return true;
}
