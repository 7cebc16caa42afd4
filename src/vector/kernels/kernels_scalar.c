/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle: plain loops that say what every other table must compute, bit for bit. */
#include "vector/kernels/kernels.h"

#include "base/bytes.h"

#include <math.h>
#include <string.h>

enum { SUMS = 16, NEAREST_SUMS = 8 };

/* s[j] + s[j + count / 2], and so on down to one; count is a power of two. */
static float add_pairwise(float *s, size_t count)
{
    size_t j;
    while (count > 1) {
        count /= 2;
        for (j = 0; j < count; j++) {
            s[j] += s[j + count];
        }
    }
    return s[0];
}

static float at(const void *floats, size_t i)
{
    return load_f32((const uint8_t *)floats + i * sizeof(float));
}

static float dot(const float *a, const void *b, size_t n)
{
    float sums[SUMS] = {0};
    size_t i;
    for (i = 0; i < n; i++) {
        sums[i % SUMS] = fmaf(a[i], at(b, i), sums[i % SUMS]);
    }
    for (; i % SUMS != 0; i++) { /* padding is not idle: -0 + 0 is +0 */
        sums[i % SUMS] += 0.0f;
    }
    return add_pairwise(sums, SUMS);
}

static float l2(const float *a, const void *b, size_t n)
{
    float sums[SUMS] = {0};
    size_t i;
    for (i = 0; i < n; i++) {
        float difference = a[i] - at(b, i);
        sums[i % SUMS] = fmaf(difference, difference, sums[i % SUMS]);
    }
    return add_pairwise(sums, SUMS);
}

static void dot_norm(const float *q, const void *x, size_t n, float *product, float *norm)
{
    float sums[SUMS] = {0};
    size_t i;
    *product = dot(q, x, n);
    for (i = 0; i < n; i++) {
        sums[i % SUMS] = fmaf(at(x, i), at(x, i), sums[i % SUMS]);
    }
    *norm = add_pairwise(sums, SUMS);
}

static float dot_by_8(const float *a, const float *b, size_t n)
{
    float sums[NEAREST_SUMS] = {0};
    size_t i;
    for (i = 0; i < n; i++) {
        sums[i % NEAREST_SUMS] = fmaf(a[i], b[i], sums[i % NEAREST_SUMS]);
    }
    return add_pairwise(sums, NEAREST_SUMS);
}

static void nearest(const float *x, size_t rows, const float *centroids, const float *half_norms,
                    size_t centroid_count, size_t n, uint32_t *best, float *score)
{
    size_t i;
    size_t c;
    for (i = 0; i < rows; i++) {
        uint32_t number = 0;
        float greatest = -INFINITY;
        for (c = 0; c < centroid_count; c++) {
            float value = dot_by_8(x + i * n, centroids + c * n, n) - half_norms[c];
            if (value > greatest) {
                greatest = value;
                number = (uint32_t)c;
            }
        }
        best[i] = number;
        if (score != NULL) {
            score[i] = greatest;
        }
    }
}

float vector_hadamard_factor(unsigned log2)
{
    return ldexpf(log2 % 2 == 0 ? 1.0f : 0x1.6a09e6p-1f, -(int)(log2 / 2));
}

static void hadamard(float *x, unsigned log2)
{
    const float factor = vector_hadamard_factor(log2);
    size_t count = (size_t)1 << log2;
    size_t stride;
    size_t i;
    for (stride = 1; stride < count; stride *= 2) {
        for (i = 0; i < count; i = (i + stride + 1) & ~stride) { /* all i with that bit clear */
            float a = x[i];
            float b = x[i + stride];
            x[i] = a + b;
            x[i + stride] = a - b;
        }
    }
    for (i = 0; i < count; i++) {
        x[i] *= factor;
    }
}

static void scan(const uint8_t *plane, const uint8_t *table, size_t groups,
                 uint32_t sums[SCAN_LANES])
{
    size_t g;
    size_t j;
    memset(sums, 0, SCAN_LANES * sizeof(*sums));
    for (g = 0; g < groups; g++, plane += 16, table += 16) {
        for (j = 0; j < 16; j++) {
            sums[j] += table[plane[j] & 15];
            sums[j + 16] += table[plane[j] >> 4];
        }
    }
}

static uint32_t bound(const uint32_t sums[SCAN_LANES], const float *add, const float *scale,
                      const float *error, float base, float step, float offset, float slack,
                      float limit, float lower[SCAN_LANES])
{
    uint32_t mask = 0;
    size_t i;
    for (i = 0; i < SCAN_LANES; i++) {
        float product = (float)sums[i] * step + offset;
        lower[i] = base + add[i] - scale[i] * product - error[i] * slack;
        mask |= (uint32_t)(lower[i] < limit) << i;
    }
    return mask;
}

static int32_t product4(const int8_t *query, const uint8_t *codes, size_t n)
{
    int32_t sum = 0;
    size_t i;
    for (i = 0; i < n; i++) {
        uint8_t both = codes[i / 64 * 32 + i % 32];
        sum += query[i] * (i % 64 < 32 ? both & 15 : both >> 4);
    }
    return sum;
}

static int32_t product8(const int8_t *query, const uint8_t *codes, size_t n)
{
    int32_t sum = 0;
    size_t i;
    for (i = 0; i < n; i++) {
        sum += query[i] * codes[i];
    }
    return sum;
}

/* IEEE 754 half to single by its bits. A NaN becomes quiet, as hardware does it. */
static uint32_t widen(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = (half >> 10) & 31u;
    uint32_t fraction = half & 0x3ffu;
    unsigned shift;
    if (exponent == 31) {
        return sign | 0x7f800000u | (fraction != 0 ? 0x400000u : 0) | fraction << 13;
    }
    if (exponent != 0) {
        return sign | (exponent + 112) << 23 | fraction << 13;
    }
    if (fraction == 0) {
        return sign;
    }
    shift = (unsigned)__builtin_clz(fraction) - 21; /* brings the leading one to bit 10 */
    return sign | (113 - shift) << 23 | ((fraction << shift) & 0x3ffu) << 13;
}

static uint32_t pick(const uint64_t *words, const uint32_t *rows, size_t count)
{
    uint32_t picked = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        picked |= (uint32_t)(words[rows[i] / 64] >> (rows[i] % 64) & 1) << i;
    }
    return picked;
}

static void from_f16(const uint16_t *in, size_t n, float *out)
{
    size_t i;
    for (i = 0; i < n; i++) {
        uint32_t bits = widen(in[i]);
        memcpy(out + i, &bits, sizeof(bits));
    }
}

static void from_f64(const double *in, size_t n, float *out)
{
    size_t i;
    for (i = 0; i < n; i++) {
        out[i] = (float)in[i];
    }
}

static void from_i32(const int32_t *in, size_t n, float *out)
{
    size_t i;
    for (i = 0; i < n; i++) {
        out[i] = (float)in[i];
    }
}

const struct vector_kernels vector_kernels_scalar = {
    dot,      l2,       dot_norm, nearest,  hadamard, scan,    bound,
    product4, product8, pick,     from_f16, from_f64, from_i32};
