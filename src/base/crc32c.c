/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slicing-by-8 (Kounavis and Berry, "A Systematic Approach to Building High Performance,
 * Software-based, CRC Generators", 2005): eight table look-ups advance the register by eight bytes.
 */
#include "base/crc32c.h"

#include "base/bytes.h"
#include "base/cpu.h"
#include "base/crc32c_priv.h"

/*
 * A CRC is linear, so an entry of a table is the XOR of the entries of its index's bits: eight
 * constants give all 256 entries at compile time.
 */
#define ENTRY(i, a, b, c, d, e, f, g, h)                                                           \
    (((i)&1 ? a : 0) ^ ((i)&2 ? b : 0) ^ ((i)&4 ? c : 0) ^ ((i)&8 ? d : 0) ^ ((i)&16 ? e : 0) ^    \
     ((i)&32 ? f : 0) ^ ((i)&64 ? g : 0) ^ ((i)&128 ? h : 0))
#define ENTRIES_4(i, ...)                                                                          \
    ENTRY(i, __VA_ARGS__), ENTRY((i) + 1, __VA_ARGS__), ENTRY((i) + 2, __VA_ARGS__),               \
        ENTRY((i) + 3, __VA_ARGS__)
#define ENTRIES_16(i, ...)                                                                         \
    ENTRIES_4(i, __VA_ARGS__), ENTRIES_4((i) + 4, __VA_ARGS__), ENTRIES_4((i) + 8, __VA_ARGS__),   \
        ENTRIES_4((i) + 12, __VA_ARGS__)
#define ENTRIES_64(i, ...)                                                                         \
    ENTRIES_16(i, __VA_ARGS__), ENTRIES_16((i) + 16, __VA_ARGS__),                                 \
        ENTRIES_16((i) + 32, __VA_ARGS__), ENTRIES_16((i) + 48, __VA_ARGS__)
#define TABLE(...)                                                                                 \
    {                                                                                              \
        ENTRIES_64(0, __VA_ARGS__), ENTRIES_64(64, __VA_ARGS__), ENTRIES_64(128, __VA_ARGS__),     \
            ENTRIES_64(192, __VA_ARGS__)                                                           \
    }

/* clang-format off */
/* Polynomial 0x82f63b78, reflected. Table k: a byte followed by k zero bytes. */
static const uint32_t castagnoli[8][256] = {
    TABLE(0xf26b8303u, 0xe13b70f7u, 0xc79a971fu, 0x8ad958cfu, 0x105ec76fu, 0x20bd8edeu, 0x417b1dbcu, 0x82f63b78u),
    TABLE(0x13a29877u, 0x274530eeu, 0x4e8a61dcu, 0x9d14c3b8u, 0x3fc5f181u, 0x7f8be302u, 0xff17c604u, 0xfbc3faf9u),
    TABLE(0xa541927eu, 0x4f6f520du, 0x9edea41au, 0x38513ec5u, 0x70a27d8au, 0xe144fb14u, 0xc76580d9u, 0x8b277743u),
    TABLE(0xdd45aab8u, 0xbf672381u, 0x7b2231f3u, 0xf64463e6u, 0xe964b13du, 0xd725148bu, 0xaba65fe7u, 0x52a0c93fu),
    TABLE(0x38116facu, 0x7022df58u, 0xe045beb0u, 0xc5670b91u, 0x8f2261d3u, 0x1ba8b557u, 0x37516aaeu, 0x6ea2d55cu),
    TABLE(0xef306b19u, 0xdb8ca0c3u, 0xb2f53777u, 0x6006181fu, 0xc00c303eu, 0x85f4168du, 0x0e045bebu, 0x1c08b7d6u),
    TABLE(0x68032cc8u, 0xd0065990u, 0xa5e0c5d1u, 0x4e2dfd53u, 0x9c5bfaa6u, 0x3d5b83bdu, 0x7ab7077au, 0xf56e0ef4u),
    TABLE(0x493c7d27u, 0x9278fa4eu, 0x211d826du, 0x423b04dau, 0x847609b4u, 0x0d006599u, 0x1a00cb32u, 0x34019664u),
};

/* Polynomial 0xedb88320, reflected. */
static const uint32_t ieee[8][256] = {
    TABLE(0x77073096u, 0xee0e612cu, 0x076dc419u, 0x0edb8832u, 0x1db71064u, 0x3b6e20c8u, 0x76dc4190u, 0xedb88320u),
    TABLE(0x191b3141u, 0x32366282u, 0x646cc504u, 0xc8d98a08u, 0x4ac21251u, 0x958424a2u, 0xf0794f05u, 0x3b83984bu),
    TABLE(0x01c26a37u, 0x0384d46eu, 0x0709a8dcu, 0x0e1351b8u, 0x1c26a370u, 0x384d46e0u, 0x709a8dc0u, 0xe1351b80u),
    TABLE(0xb8bc6765u, 0xaa09c88bu, 0x8f629757u, 0xc5b428efu, 0x5019579fu, 0xa032af3eu, 0x9b14583du, 0xed59b63bu),
    TABLE(0x3d6029b0u, 0x7ac05360u, 0xf580a6c0u, 0x30704bc1u, 0x60e09782u, 0xc1c12f04u, 0x58f35849u, 0xb1e6b092u),
    TABLE(0xcb5cd3a5u, 0x4dc8a10bu, 0x9b914216u, 0xec53826du, 0x03d6029bu, 0x07ac0536u, 0x0f580a6cu, 0x1eb014d8u),
    TABLE(0xa6770bb4u, 0x979f1129u, 0xf44f2413u, 0x33ef4e67u, 0x67de9cceu, 0xcfbd399cu, 0x440b7579u, 0x8816eaf2u),
    TABLE(0xccaa009eu, 0x4225077du, 0x844a0efau, 0xd3e51bb5u, 0x7cbb312bu, 0xf9766256u, 0x299dc2edu, 0x533b85dau),
};
/* clang-format on */

static uint32_t sliced(const uint32_t tables[8][256], uint32_t state, const uint8_t *bytes,
                       size_t length)
{
    for (; length >= 8; bytes += 8, length -= 8) {
        uint32_t low = state ^ load_u32(bytes);
        uint32_t high = load_u32(bytes + 4);
        state = tables[7][low & 0xff] ^ tables[6][(low >> 8) & 0xff] ^
                tables[5][(low >> 16) & 0xff] ^ tables[4][low >> 24] ^ tables[3][high & 0xff] ^
                tables[2][(high >> 8) & 0xff] ^ tables[1][(high >> 16) & 0xff] ^
                tables[0][high >> 24];
    }
    for (; length != 0; bytes++, length--) {
        state = tables[0][(state ^ *bytes) & 0xff] ^ (state >> 8);
    }
    return state;
}

uint32_t crc32c_scalar(uint32_t state, const uint8_t *bytes, size_t length)
{
    return sliced(castagnoli, state, bytes, length);
}

uint32_t crc32c(uint32_t seed, const void *data, size_t length)
{
#if defined(__x86_64__)
    if (cpu_level() >= CPU_SSE42) {
        return ~crc32c_sse42(~seed, data, length);
    }
#endif
    return ~crc32c_scalar(~seed, data, length);
}

uint32_t crc32_ieee_scalar(uint32_t state, const uint8_t *bytes, size_t length)
{
    return sliced(ieee, state, bytes, length);
}

uint32_t crc32_ieee(uint32_t seed, const void *data, size_t length)
{
#if defined(__x86_64__)
    if (cpu_level() >= CPU_SSE42) {
        return ~crc32_ieee_sse42(~seed, data, length);
    }
#endif
    return ~crc32_ieee_scalar(~seed, data, length);
}
