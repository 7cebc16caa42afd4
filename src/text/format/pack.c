/* SPDX-License-Identifier: Apache-2.0 */
#include "text/format/pack.h"

#include "text/format/kernels.h"

#include "base/bytes.h"

static unsigned bits_of(uint32_t value)
{
    return 63u - (unsigned)__builtin_clzll((uint64_t)value << 1 | 1);
}

static size_t packed_bytes(size_t count, unsigned width)
{
    return (count * width + 7) / 8;
}

/* Returns the end of the packed values; scratch bytes may be written behind it. */
static uint8_t *put_packed(const uint32_t *values, size_t count, unsigned shift, unsigned width,
                           uint8_t *to)
{
    text_kernels()->pack(values, count, shift, width, to);
    return to + packed_bytes(count, width);
}

/* A patched pack has at least 5 bytes. */
#define LEAST_PATCHED 5

/* The width with the least total size; fewer patches win a tie because they decode faster. */
static unsigned choose_width(const uint32_t *values, size_t count, unsigned *max_bits,
                             size_t *patches)
{
    uint8_t above[32];
    uint32_t any = 0;
    size_t size;
    unsigned best;
    unsigned width;
    size_t i;
    for (i = 0; i < count; i++) {
        any |= values[i];
    }
    best = *max_bits = bits_of(any);
    *patches = 0;
    size = 1 + packed_bytes(count, best);
    if (size <= LEAST_PATCHED) {
        return best;
    }
    text_kernels()->count_above(values, count, *max_bits, above);
    for (width = *max_bits; width-- > 0;) {
        size_t cost = 1 + packed_bytes(count, width) + 2 + above[width] +
                      packed_bytes(above[width], *max_bits - width);
        if (cost < size) {
            size = cost;
            *patches = above[width];
            best = width;
        }
    }
    return best;
}

static uint8_t *put_patches(const uint32_t *values, size_t count, unsigned width,
                            unsigned high_bits, size_t patches, uint8_t *to)
{
    uint32_t high[PACK_MAX];
    size_t found = 0;
    size_t i;
    *to++ = (uint8_t)patches;
    *to++ = (uint8_t)high_bits;
    for (i = 0; i < count && found < patches; i++) {
        to[found] = (uint8_t)i; /* stays if the value is one */
        high[found] = values[i];
        found += values[i] >> width != 0;
    }
    return put_packed(high, found, width, high_bits, to + found);
}

uint8_t *pack_write(const uint32_t *values, size_t count, uint8_t *to)
{
    unsigned max_bits;
    size_t patches;
    unsigned width = choose_width(values, count, &max_bits, &patches);
    *to++ = (uint8_t)(width | (patches != 0 ? PACK_PATCHED : 0));
    to = put_packed(values, count, 0, width, to);
    return patches != 0 ? put_patches(values, count, width, max_bits - width, patches, to) : to;
}

size_t pack_encode(const uint32_t *values, size_t count, struct buffer *out)
{
    uint8_t *to = buffer_extend(out, PACK_ROOM);
    size_t size;
    if (to == NULL) {
        return 0;
    }
    size = (size_t)(pack_write(values, count, to) - to);
    out->len -= PACK_ROOM - size;
    return size;
}

size_t pack_check(const uint8_t *p, size_t left, size_t count)
{
    unsigned width;
    size_t size;
    size_t patches;
    size_t i;
    if (left == 0 || (p[0] & 0x40u) != 0) {
        return 0;
    }
    width = p[0] & PACK_WIDTH_MASK;
    size = 1 + packed_bytes(count, width);
    if (width > 32 || size > left) {
        return 0;
    }
    if ((p[0] & PACK_PATCHED) == 0) {
        return size;
    }
    if (left - size < 2) {
        return 0;
    }
    patches = p[size];
    if (patches == 0 || patches > count || p[size + 1] == 0 || p[size + 1] + width > 32 ||
        left - size - 2 < patches + packed_bytes(patches, p[size + 1])) {
        return 0;
    }
    for (i = 0; i < patches; i++) {
        if (p[size + 2 + i] >= count || (i > 0 && p[size + 2 + i] <= p[size + 1 + i])) {
            return 0;
        }
    }
    return size + 2 + patches + packed_bytes(patches, p[size + 1]);
}

static const uint8_t *apply_patches(const uint8_t *p, unsigned width, uint32_t *values)
{
    size_t patches = p[0];
    unsigned high_bits = p[1];
    const uint8_t *index = p + 2;
    const uint8_t *high = index + patches;
    uint64_t mask = ((uint64_t)1 << high_bits) - 1;
    size_t bit = 0;
    size_t i;
    for (i = 0; i < patches; i++, bit += high_bits) {
        uint64_t part = (load_u64(high + (bit >> 3)) >> (bit & 7)) & mask;
        values[index[i]] |= (uint32_t)(part << width);
    }
    return high + packed_bytes(patches, high_bits);
}

const uint8_t *pack_decode(const uint8_t *p, size_t count, uint32_t *values)
{
    unsigned header = *p++;
    unsigned width = header & PACK_WIDTH_MASK;
    text_kernels()->unpack(p, count, width, values);
    p += packed_bytes(count, width);
    return (header & PACK_PATCHED) != 0 ? apply_patches(p, width, values) : p;
}

const uint8_t *pack_skip(const uint8_t *p, size_t count)
{
    unsigned header = *p++;
    p += packed_bytes(count, header & PACK_WIDTH_MASK);
    if ((header & PACK_PATCHED) != 0) {
        p += 2 + (size_t)p[0] + packed_bytes(p[0], p[1]);
    }
    return p;
}
