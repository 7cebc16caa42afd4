/* SPDX-License-Identifier: Apache-2.0 */
#include "text/format/filter.h"

#include "base/bytes.h"
#include "base/hash.h"

#define FILTER_BITS_PER_TERM 10

static const uint32_t salts[8] = {0x47b6137bu, 0x44974d91u, 0x8824ad5bu, 0xa2b7289du,
                                  0x705495c7u, 0x2df1424bu, 0x9efc4947u, 0x5c6bfb31u};

size_t filter_size(uint64_t terms)
{
    uint64_t blocks = (terms * FILTER_BITS_PER_TERM + 255) / 256;
    return (size_t)(blocks != 0 ? blocks : 1) * FILTER_BLOCK;
}

uint64_t filter_hash(const void *term, size_t length)
{
    return hash_xxh64(term, length, 0);
}

static size_t block_of(size_t size, uint64_t hash)
{
    return (size_t)(((hash >> 32) * (uint64_t)(size / FILTER_BLOCK)) >> 32) * FILTER_BLOCK;
}

void filter_add(uint8_t *filter, size_t size, uint64_t hash)
{
    uint8_t *block = filter + block_of(size, hash);
    size_t i;
    for (i = 0; i < 8; i++) {
        uint32_t bit = ((uint32_t)hash * salts[i]) >> 27;
        store_u32(block + i * 4, load_u32(block + i * 4) | 1u << bit);
    }
}

bool filter_may_contain(const uint8_t *filter, size_t size, uint64_t hash)
{
    const uint8_t *block = filter + block_of(size, hash);
    size_t i;
    for (i = 0; i < 8; i++) {
        uint32_t bit = ((uint32_t)hash * salts[i]) >> 27;
        if ((load_u32(block + i * 4) >> bit & 1u) == 0) {
            return false;
        }
    }
    return true;
}
