/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/encode.h"

#include "base/bytes.h"

#include <string.h>

/* One input of either item size, so that levels (bytes) and codes (words) share the run logic. */
struct hybrid_input {
    const uint8_t *u8; /* one of the two is NULL */
    const uint32_t *u32;
    size_t count;
};

static inline uint32_t item(const struct hybrid_input *in, size_t i)
{
    return in->u8 != NULL ? in->u8[i] : in->u32[i];
}

/* Length of the run of equal values at i. Bytes are compared eight at a time. */
static size_t run_length(const struct hybrid_input *in, size_t i)
{
    uint32_t value = item(in, i);
    size_t j = i + 1;
    if (in->u8 != NULL) {
        uint64_t pattern = value * UINT64_C(0x0101010101010101);
        while (in->count - j >= 8 && load_u64(in->u8 + j) == pattern) {
            j += 8;
        }
    }
    while (j < in->count && item(in, j) == value) {
        j++;
    }
    return j - i;
}

static void put_run(uint32_t value, size_t length, unsigned width, struct buffer *out)
{
    uint8_t bytes[4];
    store_u32(bytes, value);
    buffer_varint(out, (uint64_t)length << 1);
    buffer_append(out, bytes, (width + 7) / 8);
}

/* Values [begin, end), padded with zeros to whole groups of eight. */
static void put_packed(const struct hybrid_input *in, size_t begin, size_t end, unsigned width,
                       struct buffer *out)
{
    size_t groups = (end - begin + 7) / 8;
    size_t i;
    uint64_t bits = 0;
    unsigned filled = 0;
    uint8_t *p;
    if (groups == 0) {
        return;
    }
    buffer_varint(out, (uint64_t)groups << 1 | 1);
    p = buffer_extend(out, groups * width);
    if (p == NULL) {
        return;
    }
    for (i = begin; i < begin + groups * 8; i++) {
        bits |= (uint64_t)(i < end ? item(in, i) : 0) << filled;
        filled += width;
        if (filled >= 32) { /* width is at most 32, so 64 bits always hold the next value */
            store_u32(p, (uint32_t)bits);
            p += 4;
            bits >>= 32;
            filled -= 32;
        }
    }
    for (; filled > 0; filled -= 8) { /* whole groups end on a byte */
        *p++ = (uint8_t)bits;
        bits >>= 8;
    }
}

static void encode(const struct hybrid_input *in, unsigned width, struct buffer *out)
{
    size_t packed = 0; /* start of the values that wait to be bit-packed */
    size_t i = 0;
    if (width == 0) {
        return;
    }
    while (i < in->count) {
        size_t run = run_length(in, i);
        /* A packed part must be whole groups: it borrows what it lacks from the run. */
        size_t borrowed = (8 - (i - packed) % 8) % 8;
        if (run >= borrowed + 8) {
            put_packed(in, packed, i + borrowed, width, out);
            put_run(item(in, i), run - borrowed, width, out);
            packed = i + run;
        }
        i += run;
    }
    put_packed(in, packed, in->count, width, out);
}

void encode_hybrid_u8(const uint8_t *values, size_t count, unsigned width, struct buffer *out)
{
    struct hybrid_input in = {values, NULL, count};
    encode(&in, width, out);
}

void encode_hybrid_u32(const uint32_t *values, size_t count, unsigned width, struct buffer *out)
{
    struct hybrid_input in = {NULL, values, count};
    encode(&in, width, out);
}

void encode_booleans(const uint8_t *values, size_t count, struct buffer *out)
{
    uint8_t *p = buffer_extend(out, (count + 7) / 8);
    size_t i;
    if (p == NULL || count == 0) {
        return;
    }
    memset(p, 0, (count + 7) / 8);
    for (i = 0; i < count; i++) {
        p[i >> 3] |= (uint8_t)((values[i] & 1u) << (i & 7));
    }
}
