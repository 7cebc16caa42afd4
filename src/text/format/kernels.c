/* SPDX-License-Identifier: Apache-2.0 */
#include "text/format/kernels.h"

#include "base/bytes.h"
#include "base/cpu.h"

static void unpack(const uint8_t *packed, size_t count, unsigned width, uint32_t *values)
{
    uint64_t mask = ((uint64_t)1 << width) - 1;
    size_t bit = 0;
    size_t i;
    for (i = 0; i < count; i++, bit += width) {
        values[i] = (uint32_t)((load_u64(packed + (bit >> 3)) >> (bit & 7)) & mask);
    }
}

static void pack(const uint32_t *values, size_t count, unsigned shift, unsigned width, uint8_t *to)
{
    uint64_t mask = ((uint64_t)1 << width) - 1;
    uint64_t pending = 0;
    unsigned held = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        pending |= (((uint64_t)values[i] >> shift) & mask) << held;
        held += width;
        if (held >= 32) {
            store_u32(to, (uint32_t)pending);
            to += 4;
            pending >>= 32;
            held -= 32;
        }
    }
    store_u32(to, (uint32_t)pending);
}

static void count_above(const uint32_t *values, size_t count, unsigned bits, uint8_t *above)
{
    uint8_t histogram[33] = {0};
    unsigned more = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        histogram[63u - (unsigned)__builtin_clzll((uint64_t)values[i] << 1 | 1)]++;
    }
    while (bits-- > 0) {
        more += histogram[bits + 1];
        above[bits] = (uint8_t)more;
    }
}

static void rows_from_gaps(uint32_t *gaps, size_t count, uint32_t previous)
{
    size_t i;
    for (i = 0; i < count; i++) {
        previous += gaps[i] + 1;
        gaps[i] = previous;
    }
}

static size_t select_scores(const uint32_t *scores, size_t count, uint32_t least, uint32_t *numbers)
{
    size_t found = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        numbers[found] = (uint32_t)i;
        found += scores[i] >= least;
    }
    return found;
}

static void score_row(double factor, double tf, const double *norms, uint32_t *out)
{
    double numerator = factor * tf;
    size_t i;
    for (i = 0; i < 256; i++) {
        uint32_t score = (uint32_t)(numerator / (tf + norms[i]) + 0.5);
        out[i] = score != 0 ? score : 1;
    }
}

static size_t count_less(const uint32_t *values, size_t count, uint32_t bound)
{
    size_t low = 0;
    while (count > 0) {
        size_t half = count / 2;
        if (values[low + half] < bound) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

const struct text_kernels text_kernels_scalar = {
    unpack, pack, count_above, rows_from_gaps, select_scores, score_row, count_less};

const struct text_kernels *text_kernels(void)
{
#if defined(__x86_64__)
    if (cpu_level() >= CPU_AVX2) {
        return &text_kernels_avx2;
    }
#endif
    return &text_kernels_scalar;
}
