/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/decode_bits.h"

#if defined(__AVX2__)
#include <immintrin.h>

/*
 * A group of eight values of w bits takes w bytes. Values 0..3 are found in the 16 bytes at the
 * group's start, values 4..7 in the 16 bytes at w / 2 (their first bit is 0 or 4 there). Each
 * 32-bit lane gets the four bytes that hold its value, then a shift and a mask.
 */
#define LOW(w, i) ((i) * (w) / 8)
#define HIGH(w, i) (((i) * (w)-8 * ((w) / 2)) / 8)
#define BYTES4(b) (b), (b) + 1, (b) + 2, (b) + 3
#define SHUFFLE(w)                                                                                 \
    {                                                                                              \
        BYTES4(LOW(w, 0)), BYTES4(LOW(w, 1)), BYTES4(LOW(w, 2)), BYTES4(LOW(w, 3)),                \
            BYTES4(HIGH(w, 4)), BYTES4(HIGH(w, 5)), BYTES4(HIGH(w, 6)), BYTES4(HIGH(w, 7))         \
    }
#define SHIFT(w)                                                                                   \
    {                                                                                              \
        0, (w) % 8, 2 * (w) % 8, 3 * (w) % 8, 4 * (w) % 8, 5 * (w) % 8, 6 * (w) % 8, 7 * (w) % 8   \
    }
#define ALL_WIDTHS(X)                                                                              \
    X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12), X(13), X(14), \
        X(15), X(16), X(17), X(18), X(19), X(20), X(21), X(22), X(23), X(24), X(25)

static const uint8_t shuffles[BITS_AVX2_MAX_WIDTH + 1][32] = {ALL_WIDTHS(SHUFFLE)};
static const uint32_t shifts[BITS_AVX2_MAX_WIDTH + 1][8] = {ALL_WIDTHS(SHIFT)};

size_t bits_unpack_groups_avx2(const uint8_t *data, size_t size, unsigned width, size_t groups,
                               uint32_t *out)
{
    const __m256i shuffle = _mm256_loadu_si256((const __m256i *)shuffles[width]);
    const __m256i shift = _mm256_loadu_si256((const __m256i *)shifts[width]);
    const __m256i mask = _mm256_set1_epi32((int)((UINT32_C(1) << width) - 1));
    const size_t half = width / 2;
    size_t done = 0;
    size_t safe = size < half + 16 ? 0 : (size - half - 16) / width + 1;
    if (groups > safe) {
        groups = safe;
    }
    for (; done < groups; done++, data += width, out += 8) {
        __m128i low = _mm_loadu_si128((const __m128i *)data);
        __m128i high = _mm_loadu_si128((const __m128i *)(data + half));
        __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
        __m256i lanes = _mm256_srlv_epi32(_mm256_shuffle_epi8(both, shuffle), shift);
        _mm256_storeu_si256((__m256i *)out, _mm256_and_si256(lanes, mask));
    }
    return done;
}
#endif
