/* SPDX-License-Identifier: Apache-2.0 */
#include "text/format/pack.h"

#include "text/format/kernels.h"

#include "base/bytes.h"

static unsigned bits_of(uint32_t value)
{
    return value == 0 ? 0 : 32u - (unsigned)__builtin_clz(value);
}

static size_t packed_bytes(size_t count, unsigned width)
{
    return (count * width + 7) / 8;
}

static void append_packed(const uint32_t *values, size_t count, unsigned shift, unsigned width,
                          struct buffer *out)
{
    uint64_t mask = ((uint64_t)1 << width) - 1;
    uint64_t pending = 0;
    unsigned held = 0;
    uint8_t *to = buffer_extend(out, packed_bytes(count, width));
    size_t i;
    if (to == NULL) {
        return;
    }
    for (i = 0; i < count; i++) {
        pending |= (((uint64_t)values[i] >> shift) & mask) << held;
        for (held += width; held >= 8; held -= 8) {
            *to++ = (uint8_t)pending;
            pending >>= 8;
        }
    }
    if (held != 0) {
        *to = (uint8_t)pending;
    }
}

/* The width with the least total size; fewer patches win a tie because they decode faster. */
static unsigned choose_width(const uint32_t *values, size_t count, unsigned *max_bits,
                             size_t *patches, size_t *size)
{
    size_t histogram[33] = {0};
    size_t above = 0;
    unsigned best;
    unsigned width;
    size_t i;
    for (i = 0; i < count; i++) {
        histogram[bits_of(values[i])]++;
    }
    for (*max_bits = 32; *max_bits > 0 && histogram[*max_bits] == 0; (*max_bits)--) {
    }
    best = *max_bits;
    *patches = 0;
    *size = 1 + packed_bytes(count, best);
    for (width = *max_bits; width-- > 0;) {
        size_t cost;
        above += histogram[width + 1];
        cost = 1 + packed_bytes(count, width) + 2 + above + packed_bytes(above, *max_bits - width);
        if (cost < *size) {
            *size = cost;
            *patches = above;
            best = width;
        }
    }
    return best;
}

static void append_patches(const uint32_t *values, size_t count, unsigned width, unsigned high_bits,
                           size_t patches, struct buffer *out)
{
    uint32_t high[PACK_MAX];
    size_t found = 0;
    size_t i;
    buffer_u8(out, (uint8_t)patches);
    buffer_u8(out, (uint8_t)high_bits);
    for (i = 0; i < count; i++) {
        if (bits_of(values[i]) > width) {
            buffer_u8(out, (uint8_t)i);
            high[found++] = values[i];
        }
    }
    append_packed(high, found, width, high_bits, out);
}

size_t pack_encode(const uint32_t *values, size_t count, struct buffer *out)
{
    unsigned max_bits;
    size_t patches;
    size_t size;
    unsigned width = choose_width(values, count, &max_bits, &patches, &size);
    buffer_u8(out, (uint8_t)(width | (patches != 0 ? PACK_PATCHED : 0)));
    append_packed(values, count, 0, width, out);
    if (patches != 0) {
        append_patches(values, count, width, max_bits - width, patches, out);
    }
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
