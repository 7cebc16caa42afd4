/* SPDX-License-Identifier: Apache-2.0 */
#include "text/format/kernels.h"

#if defined(__x86_64__)

#include "base/bytes.h"

#include <immintrin.h>

/* Eight values of w bits fill w bytes: four start at bit 0 and four at bit 4w, which is bit 0 or 4
 * of byte w / 2. A byte shuffle brings the four bytes that hold a value into its lane, a shift and
 * a mask finish it; a value and its shift fit 32 bits up to w = 25. */
#define UNPACK_MAX_WIDTH 25
#define LANE_BYTES(bit) (bit) / 8, (bit) / 8 + 1, (bit) / 8 + 2, (bit) / 8 + 3
#define HALF_BYTES(w, start)                                                                       \
    LANE_BYTES(start), LANE_BYTES((start) + (w)), LANE_BYTES((start) + 2 * (w)),                   \
        LANE_BYTES((start) + 3 * (w))
#define HALF_SHIFTS(w, start)                                                                      \
    (start) % 8, ((start) + (w)) % 8, ((start) + 2 * (w)) % 8, ((start) + 3 * (w)) % 8
#define WIDTH(w)                                                                                   \
    {                                                                                              \
        {HALF_BYTES(w, 0), HALF_BYTES(w, 4 * ((w) % 2))},                                          \
        {                                                                                          \
            HALF_SHIFTS(w, 0), HALF_SHIFTS(w, 4 * ((w) % 2))                                       \
        }                                                                                          \
    }

struct unpack_width {
    uint8_t bytes[32];
    uint32_t shifts[8];
};

static const struct unpack_width unpack_widths[UNPACK_MAX_WIDTH + 1] = {
    WIDTH(0),  WIDTH(1),  WIDTH(2),  WIDTH(3),  WIDTH(4),  WIDTH(5),  WIDTH(6),
    WIDTH(7),  WIDTH(8),  WIDTH(9),  WIDTH(10), WIDTH(11), WIDTH(12), WIDTH(13),
    WIDTH(14), WIDTH(15), WIDTH(16), WIDTH(17), WIDTH(18), WIDTH(19), WIDTH(20),
    WIDTH(21), WIDTH(22), WIDTH(23), WIDTH(24), WIDTH(25)};

static __m256i load_index(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

static void unpack(const uint8_t *packed, size_t count, unsigned width, uint32_t *values)
{
    const struct unpack_width *plan;
    __m256i bytes;
    __m256i shifts;
    __m256i mask;
    size_t i;
    if (width > UNPACK_MAX_WIDTH) {
        text_kernels_scalar.unpack(packed, count, width, values);
        return;
    }
    plan = &unpack_widths[width];
    bytes = load_index(plan->bytes);
    shifts = load_index(plan->shifts);
    mask = _mm256_set1_epi32((int)((1u << width) - 1));
    for (i = 0; i < count; i += 8, packed += width) {
        __m128i low = _mm_loadu_si128((const __m128i *)(const void *)packed);
        __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(packed + width / 2));
        __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
        __m256i lanes = _mm256_shuffle_epi8(both, bytes);
        lanes = _mm256_and_si256(_mm256_srlv_epi32(lanes, shifts), mask);
        _mm256_storeu_si256((__m256i *)(void *)(values + i), lanes);
    }
}

static const uint32_t first_lanes[16] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
                                         UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};

/* Eight values from `i` on, zeros behind the last. */
static __m256i load_group(const uint32_t *values, size_t i, size_t count)
{
    if (count - i >= 8) {
        return load_index(values + i);
    }
    return _mm256_maskload_epi32((const int *)(const void *)(values + i),
                                 load_index(first_lanes + 8 - (count - i)));
}

/* Eight values of up to 8 bits sit in 8 bytes, of up to 16 bits in twice 8: a bit extraction takes
 * out what is between them. */
#define PACK_MAX_WIDTH 16

static void pack(const uint32_t *values, size_t count, unsigned shift, unsigned width, uint8_t *to)
{
    const __m128i shifts = _mm_cvtsi32_si128((int)shift);
    const __m256i mask = _mm256_set1_epi32((int)((1u << (width & 31)) - 1));
    uint64_t bits = 0x0001000100010001u * ((1u << (width & 31)) - 1);
    size_t i;
    if (width > PACK_MAX_WIDTH) {
        text_kernels_scalar.pack(values, count, shift, width, to);
        return;
    }
    if (width <= 8) {
        bits |= bits << 8;
    }
    for (i = 0; i < count; i += 8, to += width) {
        __m256i x = _mm256_srl_epi32(load_group(values, i, count), shifts);
        __m128i words;
        x = _mm256_and_si256(x, mask);
        words = _mm_packus_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
        if (width <= 8) {
            uint64_t bytes = (uint64_t)_mm_cvtsi128_si64(_mm_packus_epi16(words, words));
            store_u64(to, _pext_u64(bytes, bits));
        } else {
            uint64_t low = _pext_u64((uint64_t)_mm_cvtsi128_si64(words), bits);
            uint64_t high = _pext_u64((uint64_t)_mm_extract_epi64(words, 1), bits);
            /* The upper half begins at bit 4 * width, in the middle of a byte of an odd width. */
            store_u64(to, low);
            store_u64(to + width / 2,
                      width % 2 != 0 ? high << 4 | low >> (4 * (width & 15) - 4) : high);
        }
    }
}

/* Bit lengths of 8 values below 2^31: the exponent of the leading bit, which with the bit behind it
 * cleared no rounding can raise. */
static __m256i bit_lengths(__m256i x)
{
    __m256i exponent;
    x = _mm256_andnot_si256(_mm256_srli_epi32(x, 1), x);
    exponent = _mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(x)), 23);
    return _mm256_max_epi32(_mm256_sub_epi32(exponent, _mm256_set1_epi32(126)),
                            _mm256_setzero_si256());
}

static void count_above(const uint32_t *values, size_t count, unsigned bits, uint8_t *above)
{
    __m256i lengths[4];
    size_t groups = (count + 31) / 32;
    size_t g;
    unsigned width;
    if (bits > 31) {
        text_kernels_scalar.count_above(values, count, bits, above);
        return;
    }
    for (g = 0; g < groups; g++) {
        __m256i part[4];
        size_t i;
        for (i = 0; i < 4; i++) {
            size_t at = 32 * g + 8 * i;
            part[i] =
                at < count ? bit_lengths(load_group(values, at, count)) : _mm256_setzero_si256();
        }
        lengths[g] = _mm256_packus_epi16(_mm256_packus_epi32(part[0], part[1]),
                                         _mm256_packus_epi32(part[2], part[3]));
    }
    for (width = 0; width < bits; width++) {
        const __m256i limit = _mm256_set1_epi8((char)width);
        int more = 0;
        for (g = 0; g < groups; g++) {
            more += __builtin_popcount(
                (unsigned)_mm256_movemask_epi8(_mm256_cmpgt_epi8(lengths[g], limit)));
        }
        above[width] = (uint8_t)more;
    }
}

static void rows_from_gaps(uint32_t *gaps, size_t count, uint32_t previous)
{
    const __m256i ones = _mm256_set1_epi32(1);
    const __m256i last = _mm256_set1_epi32(7);
    const __m256i carry_lane = _mm256_set1_epi32(3);
    __m256i before = _mm256_set1_epi32((int)previous);
    size_t i;
    for (i = 0; i < count; i += 8) {
        __m256i x = _mm256_add_epi32(load_index(gaps + i), ones);
        __m256i carry;
        x = _mm256_add_epi32(x, _mm256_slli_si256(x, 4));
        x = _mm256_add_epi32(x, _mm256_slli_si256(x, 8));
        carry = _mm256_permutevar8x32_epi32(x, carry_lane);
        x = _mm256_add_epi32(x, _mm256_inserti128_si256(carry, _mm_setzero_si128(), 0));
        x = _mm256_add_epi32(x, before);
        before = _mm256_permutevar8x32_epi32(x, last);
        _mm256_storeu_si256((__m256i *)(void *)(gaps + i), x);
    }
}

static size_t select_scores(const uint32_t *scores, size_t count, uint32_t least, uint32_t *numbers)
{
    const __m256i bound = _mm256_set1_epi32((int)least);
    size_t found = 0;
    size_t i;
    for (i = 0; i < count; i += 8) {
        __m256i x = load_index(scores + i);
        __m256i hit = _mm256_cmpeq_epi32(_mm256_max_epu32(x, bound), x);
        unsigned bits = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(hit));
        for (; bits != 0; bits &= bits - 1) {
            numbers[found++] = (uint32_t)i + (uint32_t)__builtin_ctz(bits);
        }
    }
    return found;
}

static void score_row(double factor, double tf, const double *norms, uint32_t *out)
{
    const __m256d numerator = _mm256_set1_pd(factor * tf);
    const __m256d frequency = _mm256_set1_pd(tf);
    const __m256d half = _mm256_set1_pd(0.5);
    const __m128i one = _mm_set1_epi32(1);
    size_t i;
    for (i = 0; i < 256; i += 4) {
        __m256d norm = _mm256_loadu_pd(norms + i);
        __m256d score = _mm256_div_pd(numerator, _mm256_add_pd(frequency, norm));
        __m128i rounded = _mm256_cvttpd_epi32(_mm256_add_pd(score, half));
        _mm_storeu_si128((__m128i *)(void *)(out + i), _mm_max_epu32(rounded, one));
    }
}

static size_t count_less(const uint32_t *values, size_t count, uint32_t bound)
{
    const __m256i flip = _mm256_set1_epi32(INT32_MIN);
    const __m256i limit = _mm256_xor_si256(_mm256_set1_epi32((int)bound), flip);
    size_t total = 0;
    size_t i;
    for (i = 0; i < count; i += 8) {
        __m256i x = _mm256_xor_si256(load_index(values + i), flip);
        __m256i less = _mm256_cmpgt_epi32(limit, x);
        unsigned bits = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(less));
        total += (size_t)__builtin_popcount(bits);
        if (bits != 0xffu) {
            break;
        }
    }
    return total;
}

const struct text_kernels text_kernels_avx2 = {
    unpack, pack, count_above, rows_from_gaps, select_scores, score_row, count_less};

#endif
