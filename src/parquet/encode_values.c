/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/encode.h"

#include "base/bytes.h"

#include <string.h>

#define BLOCK 128
#define MINI_COUNT 4
#define MINI (BLOCK / MINI_COUNT)

void encode_bit_pack(const uint64_t *values, size_t count, unsigned width, struct buffer *out)
{
    uint8_t *p = buffer_extend(out, (count * width + 7) / 8);
    unsigned __int128 bits = 0;
    unsigned filled = 0;
    size_t i;
    if (p == NULL) {
        return;
    }
    for (i = 0; i < count; i++) {
        bits |= (unsigned __int128)values[i] << filled;
        filled += width;
        if (filled >= 64) {
            store_u64(p, (uint64_t)bits);
            p += 8;
            bits >>= 64;
            filled -= 64;
        }
    }
    for (; filled > 0; filled -= filled < 8 ? filled : 8) {
        *p++ = (uint8_t)bits;
        bits >>= 8;
    }
}

static uint64_t load_value(const uint8_t *values, size_t i, unsigned width)
{
    return width == 8 ? load_u64(values + 8 * i)
                      : (uint64_t)(int64_t)(int32_t)load_u32(values + 4 * i);
}

static uint64_t zigzag(uint64_t v)
{
    return v << 1 ^ (uint64_t)((int64_t)v >> 63);
}

/* Differences of neighbours in the width of the type: they wrap, and so does the decoder. */
static void block_deltas(const uint8_t *values, size_t first, size_t count, unsigned width,
                         uint64_t *deltas, int64_t *min)
{
    size_t i;
    *min = INT64_MAX;
    for (i = 0; i < count; i++) {
        uint64_t d =
            load_value(values, first + i, width) - load_value(values, first + i - 1, width);
        if (width == 4) {
            d = (uint64_t)(int64_t)(int32_t)(uint32_t)d;
        }
        deltas[i] = d;
        if ((int64_t)d < *min) {
            *min = (int64_t)d;
        }
    }
}

static void put_block(uint64_t *deltas, size_t count, int64_t min, unsigned width,
                      struct buffer *out)
{
    uint64_t mask = width == 4 ? UINT32_MAX : UINT64_MAX;
    uint8_t widths[MINI_COUNT] = {0};
    size_t i;
    for (i = 0; i < count; i++) {
        deltas[i] = (deltas[i] - (uint64_t)min) & mask;
    }
    memset(deltas + count, 0, (BLOCK - count) * sizeof(*deltas));
    buffer_varint(out, zigzag((uint64_t)min));
    for (i = 0; i < BLOCK; i += MINI) {
        uint64_t all = 0;
        size_t j;
        for (j = i; j < i + MINI; j++) {
            all |= deltas[j];
        }
        widths[i / MINI] = (uint8_t)(all == 0 ? 0 : 64 - __builtin_clzll(all));
    }
    buffer_append(out, widths, sizeof(widths));
    /* Miniblocks behind the last value are not written; the one that holds it is padded. */
    for (i = 0; i < count; i += MINI) {
        if (widths[i / MINI] != 0) {
            encode_bit_pack(deltas + i, MINI, widths[i / MINI], out);
        }
    }
}

void encode_delta(const uint8_t *values, size_t count, unsigned width, struct buffer *out)
{
    uint64_t deltas[BLOCK];
    size_t i;
    buffer_varint(out, BLOCK);
    buffer_varint(out, MINI_COUNT);
    buffer_varint(out, count);
    buffer_varint(out, zigzag(count != 0 ? load_value(values, 0, width) : 0));
    for (i = 1; i < count; i += BLOCK) {
        size_t n = count - i < BLOCK ? count - i : BLOCK;
        int64_t min;
        block_deltas(values, i, n, width, deltas, &min);
        put_block(deltas, n, min, width, out);
    }
}

void encode_plain_bytes(const uint8_t *lengths, const uint8_t *data, size_t count,
                        struct buffer *out)
{
    size_t i;
    for (i = 0; i < count; i++) {
        uint32_t length = load_u32(lengths + 4 * i);
        uint8_t *p = buffer_extend(out, (size_t)length + 4);
        if (p == NULL) {
            return;
        }
        store_u32(p, length);
        if (length != 0) {
            memcpy(p + 4, data, length);
            data += length;
        }
    }
}

void encode_delta_length(const uint8_t *lengths, const uint8_t *data, size_t data_size,
                         size_t count, struct buffer *out)
{
    encode_delta(lengths, count, 4, out);
    buffer_append(out, data, data_size);
}

void encode_byte_stream_split(const uint8_t *values, size_t count, unsigned width,
                              struct buffer *out)
{
    uint8_t *p = buffer_extend(out, count * width);
    size_t i;
    unsigned k;
    if (p == NULL) {
        return;
    }
    for (k = 0; k < width; k++) {
        for (i = 0; i < count; i++) {
            p[k * count + i] = values[i * width + k];
        }
    }
}
