/* SPDX-License-Identifier: Apache-2.0 */
/* Unaligned little-endian loads and stores: the only way bytes become numbers and back. */
#ifndef INLAY_BASE_BYTES_H
#define INLAY_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BYTES_LE16(x) __builtin_bswap16(x)
#define BYTES_LE32(x) __builtin_bswap32(x)
#define BYTES_LE64(x) __builtin_bswap64(x)
#else
#define BYTES_LE16(x) (x)
#define BYTES_LE32(x) (x)
#define BYTES_LE64(x) (x)
#endif

static inline uint16_t load_u16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return BYTES_LE16(v);
}

static inline uint32_t load_u32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return BYTES_LE32(v);
}

static inline uint64_t load_u64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return BYTES_LE64(v);
}

static inline void store_u16(void *p, uint16_t v)
{
    v = BYTES_LE16(v);
    memcpy(p, &v, sizeof(v));
}

static inline void store_u32(void *p, uint32_t v)
{
    v = BYTES_LE32(v);
    memcpy(p, &v, sizeof(v));
}

static inline void store_u64(void *p, uint64_t v)
{
    v = BYTES_LE64(v);
    memcpy(p, &v, sizeof(v));
}

static inline float load_f32(const void *p)
{
    uint32_t bits = load_u32(p);
    float v;
    memcpy(&v, &bits, sizeof(v));
    return v;
}

static inline void store_f32(void *p, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof(bits));
    store_u32(p, bits);
}

#endif
