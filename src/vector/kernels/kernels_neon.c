/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/kernels/kernels.h"

#if defined(__aarch64__)

#include "vector/kernels/nearest_blocks.h"

#include <arm_neon.h>
#include <string.h>

/* ---- sums of 16 ---- */

enum { PARTS = 4 }; /* registers of four sums */

struct sums {
    float32x4_t part[PARTS];
};

static inline struct sums zero_sums(void)
{
    struct sums sums = {{vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)}};
    return sums;
}

static inline void multiply_add(struct sums *sums, struct sums a, struct sums b)
{
    size_t p;
    for (p = 0; p < PARTS; p++) {
        sums->part[p] = vfmaq_f32(sums->part[p], a.part[p], b.part[p]);
    }
}

static inline struct sums load_16(const float *p)
{
    struct sums x = {{vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}};
    return x;
}

/* `left` (< 16) elements, then zeros. */
static inline struct sums load_tail(const float *p, size_t left)
{
    float padded[16] = {0};
    memcpy(padded, p, left * sizeof(*p));
    return load_16(padded);
}

static inline float add_pairwise(struct sums sums)
{
    float32x4_t four =
        vaddq_f32(vaddq_f32(sums.part[0], sums.part[2]), vaddq_f32(sums.part[1], sums.part[3]));
    float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(vpadd_f32(two, two), 0);
}

static float dot(const float *a, const void *raw, size_t n)
{
    const float *b = raw;
    struct sums sums = zero_sums();
    size_t i;
    for (i = 0; i + 16 <= n; i += 16) {
        multiply_add(&sums, load_16(a + i), load_16(b + i));
    }
    if (i < n) {
        multiply_add(&sums, load_tail(a + i, n - i), load_tail(b + i, n - i));
    }
    return add_pairwise(sums);
}

static inline struct sums subtract(struct sums a, struct sums b)
{
    size_t p;
    for (p = 0; p < PARTS; p++) {
        a.part[p] = vsubq_f32(a.part[p], b.part[p]);
    }
    return a;
}

static float l2(const float *a, const void *raw, size_t n)
{
    const float *b = raw;
    struct sums sums = zero_sums();
    struct sums x;
    size_t i;
    for (i = 0; i + 16 <= n; i += 16) {
        x = subtract(load_16(a + i), load_16(b + i));
        multiply_add(&sums, x, x);
    }
    if (i < n) {
        x = subtract(load_tail(a + i, n - i), load_tail(b + i, n - i));
        multiply_add(&sums, x, x);
    }
    return add_pairwise(sums);
}

static void dot_norm(const float *q, const void *raw, size_t n, float *product, float *norm)
{
    const float *x = raw;
    struct sums products = zero_sums();
    struct sums squares = zero_sums();
    struct sums part;
    size_t i;
    for (i = 0; i + 16 <= n; i += 16) {
        part = load_16(x + i);
        multiply_add(&products, load_16(q + i), part);
        multiply_add(&squares, part, part);
    }
    if (i < n) {
        part = load_tail(x + i, n - i);
        multiply_add(&products, load_tail(q + i, n - i), part);
        multiply_add(&squares, part, part);
    }
    *product = add_pairwise(products);
    *norm = add_pairwise(squares);
}

/* ---- nearest ---- */

struct eight_sums {
    float32x4_t low;
    float32x4_t high;
};

/* Adds up the 8 sums of each of four products; lane r of the result is product r. */
static inline float32x4_t add_rows(const struct eight_sums sums[NEAREST_ROWS])
{
    float32x4_t pairs[2];
    size_t half;
    for (half = 0; half < 2; half++) {
        const struct eight_sums *s = sums + 2 * half;
        float32x4_t a = vaddq_f32(s[0].low, s[0].high);
        float32x4_t b = vaddq_f32(s[1].low, s[1].high);
        pairs[half] = vaddq_f32(vcombine_f32(vget_low_f32(a), vget_low_f32(b)),
                                vcombine_f32(vget_high_f32(a), vget_high_f32(b)));
    }
    return vpaddq_f32(pairs[0], pairs[1]);
}

/* 4 rows against 3 centroids: 24 of the 32 registers are sums. */
static inline void tile_products(const float *const rows[NEAREST_ROWS],
                                 const float *const centroids[NEAREST_CENTROIDS], size_t n,
                                 float32x4_t products[NEAREST_CENTROIDS])
{
    struct eight_sums sums[NEAREST_CENTROIDS][NEAREST_ROWS];
    size_t i;
    size_t r;
    size_t c;
    memset(sums, 0, sizeof(sums));
    for (i = 0; i < n; i += 8) {
        for (r = 0; r < NEAREST_ROWS; r++) {
            float32x4_t low = vld1q_f32(rows[r] + i);
            float32x4_t high = vld1q_f32(rows[r] + i + 4);
            for (c = 0; c < NEAREST_CENTROIDS; c++) {
                struct eight_sums *s = &sums[c][r];
                s->low = vfmaq_f32(s->low, low, vld1q_f32(centroids[c] + i));
                s->high = vfmaq_f32(s->high, high, vld1q_f32(centroids[c] + i + 4));
            }
        }
    }
    for (c = 0; c < NEAREST_CENTROIDS; c++) {
        products[c] = add_rows(sums[c]);
    }
}

static void tile_nearest(const float *const rows[NEAREST_ROWS],
                         const struct nearest_centroids *centroids, size_t first, size_t end,
                         struct nearest_best *best)
{
    float32x4_t score = vld1q_f32(best->score);
    uint32x4_t number = vld1q_u32(best->number);
    size_t c;
    size_t k;
    for (c = first; c < end; c += NEAREST_CENTROIDS) {
        const float *data[NEAREST_CENTROIDS];
        float32x4_t products[NEAREST_CENTROIDS];
        for (k = 0; k < NEAREST_CENTROIDS; k++) { /* at the end repeats the last one: no harm */
            data[k] = centroids->data + nearest_at_most(c + k, end - 1) * centroids->n;
        }
        tile_products(rows, data, centroids->n, products);
        for (k = 0; k < NEAREST_CENTROIDS; k++) {
            size_t at = nearest_at_most(c + k, end - 1);
            float32x4_t value = vsubq_f32(products[k], vdupq_n_f32(centroids->half_norms[at]));
            uint32x4_t greater = vcgtq_f32(value, score);
            score = vbslq_f32(greater, value, score);
            number = vbslq_u32(greater, vdupq_n_u32((uint32_t)at), number);
        }
    }
    vst1q_f32(best->score, score);
    vst1q_u32(best->number, number);
}

static void nearest(const float *x, size_t rows, const float *centroids, const float *half_norms,
                    size_t centroid_count, size_t n, uint32_t *best, float *score)
{
    struct nearest_centroids set = {centroids, half_norms, n};
    nearest_blocks(tile_nearest, x, rows, &set, centroid_count, best, score);
}

/* ---- Walsh-Hadamard ---- */

struct pair {
    float32x4_t a;
    float32x4_t b;
};

static inline struct pair butterfly(struct pair x)
{
    struct pair y = {vaddq_f32(x.a, x.b), vsubq_f32(x.a, x.b)};
    return y;
}

/* Strides 1, 2 and 4 of 8 elements: partners are brought face to face and back. */
static inline struct pair hadamard_8(struct pair x)
{
    struct pair y = {vuzp1q_f32(x.a, x.b), vuzp2q_f32(x.a, x.b)};
    y = butterfly(y);
    x.a = vzip1q_f32(y.a, y.b);
    x.b = vzip2q_f32(y.a, y.b);
    y.a = vcombine_f32(vget_low_f32(x.a), vget_low_f32(x.b));
    y.b = vcombine_f32(vget_high_f32(x.a), vget_high_f32(x.b));
    y = butterfly(y);
    x.a = vcombine_f32(vget_low_f32(y.a), vget_low_f32(y.b));
    x.b = vcombine_f32(vget_high_f32(y.a), vget_high_f32(y.b));
    return butterfly(x);
}

/* One stride, at least 4, and a multiplication (by 1 but in the last pass). */
static void hadamard_stride(float *x, size_t count, size_t stride, float factor)
{
    size_t i;
    for (i = 0; i < count; i = (i + stride + 4) & ~stride) {
        struct pair p = {vld1q_f32(x + i), vld1q_f32(x + i + stride)};
        p = butterfly(p);
        vst1q_f32(x + i, vmulq_n_f32(p.a, factor));
        vst1q_f32(x + i + stride, vmulq_n_f32(p.b, factor));
    }
}

static void hadamard(float *x, unsigned log2)
{
    float factor = vector_hadamard_factor(log2);
    size_t count = (size_t)1 << log2;
    size_t stride;
    size_t i;
    for (i = 0; i < count; i += 8) {
        struct pair p = {vld1q_f32(x + i), vld1q_f32(x + i + 4)};
        p = hadamard_8(p);
        vst1q_f32(x + i, p.a);
        vst1q_f32(x + i + 4, p.b);
    }
    for (stride = 8; stride < count; stride *= 2) {
        hadamard_stride(x, count, stride, 2 * stride == count ? factor : 1.0f);
    }
}

/* ---- codes ---- */

enum { SCAN_RUN = 256 }; /* groups whose bytes add up to less than 2^16 */

/* Adds the 16 bytes to 16 sums of 16 bits. */
static inline void add_bytes(uint16x8_t sums[2], uint8x16_t bytes)
{
    sums[0] = vaddw_u8(sums[0], vget_low_u8(bytes));
    sums[1] = vaddw_high_u8(sums[1], bytes);
}

static inline void scan_flush(const uint16x8_t part[4], uint32_t sums[SCAN_LANES])
{
    size_t p;
    for (p = 0; p < 4; p++, sums += 8) {
        vst1q_u32(sums, vaddw_u16(vld1q_u32(sums), vget_low_u16(part[p])));
        vst1q_u32(sums + 4, vaddw_high_u16(vld1q_u32(sums + 4), part[p]));
    }
}

static void scan(const uint8_t *plane, const uint8_t *table, size_t groups,
                 uint32_t sums[SCAN_LANES])
{
    const uint8x16_t low_half = vdupq_n_u8(15);
    memset(sums, 0, SCAN_LANES * sizeof(*sums));
    while (groups > 0) {
        size_t run = groups < SCAN_RUN ? groups : SCAN_RUN;
        uint16x8_t part[4] = {vdupq_n_u16(0), vdupq_n_u16(0), vdupq_n_u16(0), vdupq_n_u16(0)};
        groups -= run;
        for (; run > 0; run--, plane += 16, table += 16) {
            uint8x16_t codes = vld1q_u8(plane);
            uint8x16_t entries = vld1q_u8(table);
            add_bytes(part, vqtbl1q_u8(entries, vandq_u8(codes, low_half)));
            add_bytes(part + 2, vqtbl1q_u8(entries, vshrq_n_u8(codes, 4)));
        }
        scan_flush(part, sums);
    }
}

static uint32_t bound(const uint32_t sums[SCAN_LANES], const float *add, const float *scale,
                      const float *error, float base, float step, float offset, float slack,
                      float limit, float lower[SCAN_LANES])
{
    static const uint32_t lane_bits[4] = {1, 2, 4, 8};
    uint32_t mask = 0;
    size_t i;
    for (i = 0; i < SCAN_LANES; i += 4) {
        float32x4_t x = vcvtq_f32_u32(vld1q_u32(sums + i));
        uint32x4_t below;
        x = vaddq_f32(vmulq_n_f32(x, step), vdupq_n_f32(offset));
        x = vmulq_f32(vld1q_f32(scale + i), x);
        x = vsubq_f32(vaddq_f32(vdupq_n_f32(base), vld1q_f32(add + i)), x);
        x = vsubq_f32(x, vmulq_n_f32(vld1q_f32(error + i), slack));
        vst1q_f32(lower + i, x);
        below = vandq_u32(vcltq_f32(x, vdupq_n_f32(limit)), vld1q_u32(lane_bits));
        mask |= vaddvq_u32(below) << i;
    }
    return mask;
}

/* 4 bits by 8, twice, fit 16 bits with a sign. */
static inline int32x4_t add_products(int32x4_t sums, int8x16_t codes, int8x16_t query)
{
    int16x8_t products = vmull_s8(vget_low_s8(codes), vget_low_s8(query));
    products = vmlal_high_s8(products, codes, query);
    return vpadalq_s16(sums, products);
}

static int32_t product4(const int8_t *query, const uint8_t *codes, size_t n)
{
    const uint8x16_t low_half = vdupq_n_u8(15);
    int32x4_t sums = vdupq_n_s32(0);
    size_t i;
    size_t half;
    for (i = 0; i < n; i += 64) {
        for (half = 0; half < 32; half += 16, codes += 16) {
            uint8x16_t both = vld1q_u8(codes);
            const int8_t *q = query + i + half;
            sums = add_products(sums, vreinterpretq_s8_u8(vandq_u8(both, low_half)), vld1q_s8(q));
            sums = add_products(sums, vreinterpretq_s8_u8(vshrq_n_u8(both, 4)), vld1q_s8(q + 32));
        }
    }
    return vaddvq_s32(sums);
}

static int32_t product8(const int8_t *query, const uint8_t *codes, size_t n)
{
    int32x4_t even = vdupq_n_s32(0);
    int32x4_t odd = even;
    size_t i;
    for (i = 0; i < n; i += 8) {
        int16x8_t code = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(codes + i)));
        int16x8_t with = vmovl_s8(vld1_s8(query + i));
        even = vmlal_s16(even, vget_low_s16(code), vget_low_s16(with));
        odd = vmlal_high_s16(odd, code, with);
    }
    return vaddvq_s32(vaddq_s32(even, odd));
}

/* ---- conversions ---- */

/* There is no gather. */
static uint32_t pick(const uint64_t *words, const uint32_t *rows, size_t count)
{
    return vector_kernels_scalar.pick(words, rows, count);
}

static void from_f16(const uint16_t *in, size_t n, float *out)
{
    size_t i;
    for (i = 0; i + 4 <= n; i += 4) {
        vst1q_f32(out + i, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(in + i))));
    }
    vector_kernels_scalar.from_f16(in + i, n - i, out + i);
}

static void from_f64(const double *in, size_t n, float *out)
{
    size_t i;
    for (i = 0; i + 4 <= n; i += 4) {
        float32x2_t low = vcvt_f32_f64(vld1q_f64(in + i));
        vst1q_f32(out + i, vcvt_high_f32_f64(low, vld1q_f64(in + i + 2)));
    }
    vector_kernels_scalar.from_f64(in + i, n - i, out + i);
}

static void from_i32(const int32_t *in, size_t n, float *out)
{
    size_t i;
    for (i = 0; i + 4 <= n; i += 4) {
        vst1q_f32(out + i, vcvtq_f32_s32(vld1q_s32(in + i)));
    }
    vector_kernels_scalar.from_i32(in + i, n - i, out + i);
}

const struct vector_kernels vector_kernels_neon = {dot,      l2,       dot_norm, nearest,  hadamard,
                                                   scan,     bound,    product4, product8, pick,
                                                   from_f16, from_f64, from_i32};

#endif
