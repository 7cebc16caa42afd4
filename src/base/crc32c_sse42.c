/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The crc32 instruction has a latency of three cycles and a throughput of one, so three independent
 * streams run side by side and are joined with carry-less multiplications (Gopal et al., "Fast CRC
 * Computation for iSCSI Polynomial Using CRC32 Instruction", Intel, 2011).
 */
#if defined(__x86_64__)

#include "base/bytes.h"
#include "base/crc32c_priv.h"

#include <nmmintrin.h>
#include <wmmintrin.h>

/*
 * Advancing a register over n zero bytes multiplies it by x^(8n) modulo the polynomial. The product
 * of two reflected 32-bit numbers stands one place low in 64 bits (a factor x), and crc32_u64
 * multiplies by x^32 while it reduces, so the constant for n bytes is x^(8n - 33).
 */
#define LONG_BLOCK 2048
#define LONG_BY_ONE 0xa51b6135u /* over LONG_BLOCK bytes */
#define LONG_BY_TWO 0x82f89c77u /* over twice as many */
#define SHORT_BLOCK 128
#define SHORT_BY_ONE 0x0d3b6092u
#define SHORT_BY_TWO 0xb9e02b86u

static uint64_t advance(uint64_t state, uint32_t factor)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)state),
                                           _mm_cvtsi32_si128((int)factor), 0);
    return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

static inline uint64_t three_blocks(uint64_t state, const uint8_t *bytes, size_t block,
                                    uint32_t by_one, uint32_t by_two)
{
    uint64_t second = 0;
    uint64_t third = 0;
    size_t i;
    for (i = 0; i < block; i += 8) {
        state = _mm_crc32_u64(state, load_u64(bytes + i));
        second = _mm_crc32_u64(second, load_u64(bytes + block + i));
        third = _mm_crc32_u64(third, load_u64(bytes + 2 * block + i));
    }
    return advance(state, by_two) ^ advance(second, by_one) ^ third;
}

uint32_t crc32c_sse42(uint32_t state, const uint8_t *bytes, size_t length)
{
    uint64_t wide = state;
    for (; length >= 3 * LONG_BLOCK; bytes += 3 * LONG_BLOCK, length -= 3 * LONG_BLOCK) {
        wide = three_blocks(wide, bytes, LONG_BLOCK, LONG_BY_ONE, LONG_BY_TWO);
    }
    for (; length >= 3 * SHORT_BLOCK; bytes += 3 * SHORT_BLOCK, length -= 3 * SHORT_BLOCK) {
        wide = three_blocks(wide, bytes, SHORT_BLOCK, SHORT_BY_ONE, SHORT_BY_TWO);
    }
    for (; length >= 8; bytes += 8, length -= 8) {
        wide = _mm_crc32_u64(wide, load_u64(bytes));
    }
    state = (uint32_t)wide;
    for (; length != 0; bytes++, length--) {
        state = _mm_crc32_u8(state, *bytes);
    }
    return state;
}

#else

extern int inlay_crc32c_sse42_is_for_x86;

#endif
