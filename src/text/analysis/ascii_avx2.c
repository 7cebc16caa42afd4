/* SPDX-License-Identifier: Apache-2.0 */
#include "text/analysis/ascii.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* A byte's class is the AND of one table by its low and one by its high nibble ("vectorized
 * classification", Langdale and Lemire, VLDB Journal 2019). Each bit is one rectangle of nibbles.
 */
enum class_bit {
    LETTER_LOW_HALF = 1 << 0,  /* A to O, a to o: high 4, 6; low 1 to 15 */
    LETTER_HIGH_HALF = 1 << 1, /* P to Z, p to z: high 5, 7; low 0 to 10 */
    DIGIT = 1 << 2,            /* high 3, low 0 to 9 */
    MID_BOTH = 1 << 3,         /* ' .: high 2, low 7 and 14 */
    COLON = 1 << 4,            /* high 3, low 10 */
    COMMA = 1 << 5,            /* high 2, low 12 */
    SEMICOLON = 1 << 6,        /* high 3, low 11 */
    UNDERSCORE = 1 << 7        /* high 5, low 15: the sign bit, which movemask reads */
};

#define BY_LOW                                                                                     \
    LETTER_HIGH_HALF | DIGIT, LETTER_LOW_HALF | LETTER_HIGH_HALF | DIGIT,                          \
        LETTER_LOW_HALF | LETTER_HIGH_HALF | DIGIT, LETTER_LOW_HALF | LETTER_HIGH_HALF | DIGIT,    \
        LETTER_LOW_HALF | LETTER_HIGH_HALF | DIGIT, LETTER_LOW_HALF | LETTER_HIGH_HALF | DIGIT,    \
        LETTER_LOW_HALF | LETTER_HIGH_HALF | DIGIT,                                                \
        LETTER_LOW_HALF | LETTER_HIGH_HALF | DIGIT | MID_BOTH,                                     \
        LETTER_LOW_HALF | LETTER_HIGH_HALF | DIGIT, LETTER_LOW_HALF | LETTER_HIGH_HALF | DIGIT,    \
        LETTER_LOW_HALF | LETTER_HIGH_HALF | COLON, LETTER_LOW_HALF | SEMICOLON,                   \
        LETTER_LOW_HALF | COMMA, LETTER_LOW_HALF, LETTER_LOW_HALF | MID_BOTH,                      \
        LETTER_LOW_HALF | (char)UNDERSCORE
#define BY_HIGH                                                                                    \
    0, 0, MID_BOTH | COMMA, DIGIT | COLON | SEMICOLON, LETTER_LOW_HALF,                            \
        LETTER_HIGH_HALF | (char)UNDERSCORE, LETTER_LOW_HALF, LETTER_HIGH_HALF, 0, 0, 0, 0, 0, 0,  \
        0, 0

static uint64_t in_class(__m256i classes, char bits)
{
    __m256i none = _mm256_cmpeq_epi8(_mm256_and_si256(classes, _mm256_set1_epi8(bits)),
                                     _mm256_setzero_si256());
    return (uint32_t)~_mm256_movemask_epi8(none);
}

static __m256i to_lower(__m256i bytes)
{
    /* Signed compares: bytes of 0x80 and above are below 'A'. */
    __m256i upper = _mm256_and_si256(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8('A' - 1)),
                                     _mm256_cmpgt_epi8(_mm256_set1_epi8('Z' + 1), bytes));
    return _mm256_or_si256(bytes, _mm256_and_si256(upper, _mm256_set1_epi8(0x20)));
}

static void classify(const uint8_t *text, size_t count, uint8_t *lower, struct ascii_block *blocks)
{
    const __m256i by_low = _mm256_setr_epi8(BY_LOW, BY_LOW);
    const __m256i by_high = _mm256_setr_epi8(BY_HIGH, BY_HIGH);
    const __m256i nibble = _mm256_set1_epi8(15);
    for (size_t b = 0; b < count; b++) {
        struct ascii_block block = {0};
        for (unsigned half = 0; half < ASCII_BLOCK; half += 32) {
            size_t at = b * ASCII_BLOCK + half;
            __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(text + at));
            __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
            /* vpshufb gives 0 for an index of 0x80 and above, so such a byte has no class. */
            __m256i classes = _mm256_and_si256(_mm256_shuffle_epi8(by_low, bytes),
                                               _mm256_shuffle_epi8(by_high, high));
            _mm256_storeu_si256((__m256i *)(void *)(lower + at), to_lower(bytes));
            block.letters |= in_class(classes, LETTER_LOW_HALF | LETTER_HIGH_HALF) << half;
            block.digits |= in_class(classes, DIGIT) << half;
            block.mid_letter |= in_class(classes, MID_BOTH | COLON) << half;
            block.mid_number |= in_class(classes, MID_BOTH | COMMA | SEMICOLON) << half;
            block.underscore |= (uint64_t)(uint32_t)_mm256_movemask_epi8(classes) << half;
        }
        blocks[b] = block;
    }
}

static size_t prefix(const uint8_t *text, size_t length)
{
    size_t at = 0;
    for (; at + 32 <= length; at += 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(text + at));
        uint32_t high = (uint32_t)_mm256_movemask_epi8(bytes);
        if (high != 0) {
            return at + (size_t)__builtin_ctz(high);
        }
    }
    return at + ascii_kernels_scalar.prefix(text + at, length - at);
}

const struct ascii_kernels ascii_kernels_avx2 = {classify, prefix};
#else
typedef int ascii_avx2_is_for_x86_64;
#endif
