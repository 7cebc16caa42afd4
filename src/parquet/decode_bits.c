/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/decode_bits.h"

#include "base/bytes.h"
#include "base/cpu.h"

#include <string.h>

/* Up to eight bytes at `offset`, zero-extended; reads only what the data has. */
static inline uint64_t load_tail(const uint8_t *data, size_t size, size_t offset)
{
    uint64_t word = 0;
    size_t left = size - offset;
    if (left >= 8) {
        return load_u64(data + offset);
    }
    memcpy(&word, data + offset, left);
    return BYTES_LE64(word);
}

static inline uint64_t low_mask(unsigned width)
{
    return width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

uint64_t bits_unpack_one(const uint8_t *data, size_t size, unsigned width, uint64_t index)
{
    uint64_t bit = index * width;
    size_t byte = (size_t)(bit >> 3);
    unsigned shift = (unsigned)(bit & 7);
    uint64_t value;
    if (width == 0) {
        return 0;
    }
    value = load_tail(data, size, byte) >> shift;
    if (shift + width > 64) {
        value |= (uint64_t)data[byte + 8] << (64 - shift);
    }
    return value & low_mask(width);
}

static void unpack32_scalar(const uint8_t *data, size_t size, unsigned width, uint64_t first,
                            size_t count, uint32_t *out)
{
    uint64_t bit = first * width;
    uint64_t mask = low_mask(width);
    size_t i = 0;
    for (; i < count && (bit >> 3) + 8 <= size; i++, bit += width) {
        out[i] = (uint32_t)((load_u64(data + (bit >> 3)) >> (bit & 7)) & mask);
    }
    for (; i < count; i++, bit += width) {
        out[i] = (uint32_t)((load_tail(data, size, (size_t)(bit >> 3)) >> (bit & 7)) & mask);
    }
}

void bits_unpack32(const uint8_t *data, size_t size, unsigned width, uint64_t first, size_t count,
                   uint32_t *out)
{
    if (width == 0) {
        memset(out, 0, count * sizeof(*out));
        return;
    }
#if defined(__x86_64__)
    if (width <= BITS_AVX2_MAX_WIDTH && count >= 16 && cpu_level() >= CPU_AVX2) {
        size_t head = (size_t)((8 - (first & 7)) & 7);
        size_t offset;
        size_t done;
        unpack32_scalar(data, size, width, first, head, out);
        offset = (size_t)((first + head) / 8 * width);
        done = 8 * bits_unpack_groups_avx2(data + offset, size - offset, width, (count - head) / 8,
                                           out + head);
        first += head + done;
        out += head + done;
        count -= head + done;
    }
#endif
    unpack32_scalar(data, size, width, first, count, out);
}

void bits_unpack64(const uint8_t *data, size_t size, unsigned width, uint64_t first, size_t count,
                   uint64_t *out)
{
    uint64_t bit = first * width;
    uint64_t mask = low_mask(width);
    size_t i = 0;
    if (width == 0) {
        memset(out, 0, count * sizeof(*out));
        return;
    }
    if (width <= 57) {
        for (; i < count && (bit >> 3) + 8 <= size; i++, bit += width) {
            out[i] = (load_u64(data + (bit >> 3)) >> (bit & 7)) & mask;
        }
    }
    for (; i < count; i++) {
        out[i] = bits_unpack_one(data, size, width, first + i);
    }
}

void bitmap_fill(uint64_t *bitmap, uint64_t position, uint64_t count, int value)
{
    while (count != 0) {
        unsigned shift = (unsigned)(position & 63);
        uint64_t room = 64 - shift;
        uint64_t take = count < room ? count : room;
        uint64_t mask = low_mask((unsigned)take) << shift;
        if (value) {
            bitmap[position >> 6] |= mask;
        } else {
            bitmap[position >> 6] &= ~mask;
        }
        position += take;
        count -= take;
    }
}

uint64_t bitmap_copy(uint64_t *bitmap, uint64_t position, const uint8_t *bytes, size_t size,
                     uint64_t from, uint64_t count)
{
    uint64_t ones = 0;
    while (count != 0) {
        unsigned shift = (unsigned)(position & 63);
        uint64_t room = 64 - shift;
        unsigned take;
        uint64_t word;
        /* A word read at a byte boundary gives at least 57 useful bits. */
        room = room < 57 ? room : 57;
        take = (unsigned)(count < room ? count : room);
        word = (load_tail(bytes, size, (size_t)(from >> 3)) >> (from & 7)) & low_mask(take);
        bitmap[position >> 6] =
            (bitmap[position >> 6] & ~(low_mask(take) << shift)) | (word << shift);
        ones += (uint64_t)__builtin_popcountll(word);
        position += take;
        from += take;
        count -= take;
    }
    return ones;
}

uint64_t bitmap_count(const uint64_t *bitmap, uint64_t position, uint64_t count)
{
    uint64_t ones = 0;
    while (count != 0) {
        unsigned shift = (unsigned)(position & 63);
        uint64_t room = 64 - shift;
        uint64_t take = count < room ? count : room;
        ones += (uint64_t)__builtin_popcountll((bitmap[position >> 6] >> shift) &
                                               low_mask((unsigned)take));
        position += take;
        count -= take;
    }
    return ones;
}
