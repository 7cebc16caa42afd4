/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding with carry-less multiplication (Gopal et al., "Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction", Intel, 2009): 64 bytes at a time become 16 bytes that
 * have the same remainder, and the table kernel takes the remainder of those.
 */
#if defined(__x86_64__)

#include "base/crc32c_priv.h"

#include <emmintrin.h>
#include <wmmintrin.h>

/*
 * Moving 16 bytes forward by n bits multiplies their halves by x^(n + 64) and x^n. The product of
 * two reflected 64-bit numbers stands one place low in 128 bits (a factor x), so the constants are
 * x^(n + 63) and x^(n - 1) modulo the polynomial, reflected in the upper half of 64 bits.
 */
#define FOLD_512_LOW 0x653d982200000000u
#define FOLD_512_HIGH 0xcad38e8f00000000u
#define FOLD_128_LOW 0x65673b4600000000u
#define FOLD_128_HIGH 0x9ba54c6f00000000u

static inline __m128i load(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

static inline __m128i fold(__m128i value, __m128i factors, __m128i next)
{
    __m128i low = _mm_clmulepi64_si128(value, factors, 0x00);
    __m128i high = _mm_clmulepi64_si128(value, factors, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

uint32_t crc32_ieee_sse42(uint32_t state, const uint8_t *bytes, size_t length)
{
    const __m128i by_512 = _mm_set_epi64x((long long)FOLD_512_HIGH, (long long)FOLD_512_LOW);
    const __m128i by_128 = _mm_set_epi64x((long long)FOLD_128_HIGH, (long long)FOLD_128_LOW);
    uint8_t folded[16];
    __m128i a;
    __m128i b;
    __m128i c;
    __m128i d;
    if (length < 64) {
        return crc32_ieee_scalar(state, bytes, length);
    }
    a = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128((int)state));
    b = load(bytes + 16);
    c = load(bytes + 32);
    d = load(bytes + 48);
    for (bytes += 64, length -= 64; length >= 64; bytes += 64, length -= 64) {
        a = fold(a, by_512, load(bytes));
        b = fold(b, by_512, load(bytes + 16));
        c = fold(c, by_512, load(bytes + 32));
        d = fold(d, by_512, load(bytes + 48));
    }
    a = fold(fold(fold(a, by_128, b), by_128, c), by_128, d);
    for (; length >= 16; bytes += 16, length -= 16) {
        a = fold(a, by_128, load(bytes));
    }
    _mm_storeu_si128((__m128i *)(void *)folded, a);
    return crc32_ieee_scalar(crc32_ieee_scalar(0, folded, sizeof(folded)), bytes, length);
}

#else

extern int inlay_crc32_ieee_sse42_is_for_x86;

#endif
