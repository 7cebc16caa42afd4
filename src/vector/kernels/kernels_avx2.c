/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/kernels/kernels.h"

#if defined(__x86_64__)

#include "vector/kernels/nearest_blocks.h"

#include <immintrin.h>
#include <string.h>

static __m256i load_bytes(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

/* ---- sums of 16 ---- */

/* The sums 0 to 7 and 8 to 15. */
struct sums {
    __m256 low;
    __m256 high;
};

static inline void multiply_add(struct sums *sums, struct sums a, struct sums b)
{
    sums->low = _mm256_fmadd_ps(a.low, b.low, sums->low);
    sums->high = _mm256_fmadd_ps(a.high, b.high, sums->high);
}

static inline struct sums load_16(const float *p)
{
    struct sums x = {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
    return x;
}

/* `left` (< 16) elements, then zeros. */
static inline struct sums load_tail(const float *p, size_t left)
{
    const __m256i count = _mm256_set1_epi32((int)left);
    const __m256i low = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i high = _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15);
    struct sums x = {_mm256_maskload_ps(p, _mm256_cmpgt_epi32(count, low)),
                     _mm256_maskload_ps(p + 8, _mm256_cmpgt_epi32(count, high))};
    return x;
}

static inline float add_pairwise(struct sums sums)
{
    __m256 eight = _mm256_add_ps(sums.low, sums.high);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static float dot(const float *a, const void *raw, size_t n)
{
    const float *b = raw;
    struct sums sums = {_mm256_setzero_ps(), _mm256_setzero_ps()};
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
    struct sums x = {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
    return x;
}

static float l2(const float *a, const void *raw, size_t n)
{
    const float *b = raw;
    struct sums sums = {_mm256_setzero_ps(), _mm256_setzero_ps()};
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
    struct sums products = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    struct sums squares = products;
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

/* Adds up the 8 sums of each of four products; lane r of the result is product r. */
static inline __m128 add_rows(const __m256 sums[NEAREST_ROWS])
{
    __m256 even = _mm256_add_ps(_mm256_permute2f128_ps(sums[0], sums[2], 0x20),
                                _mm256_permute2f128_ps(sums[0], sums[2], 0x31));
    __m256 odd = _mm256_add_ps(_mm256_permute2f128_ps(sums[1], sums[3], 0x20),
                               _mm256_permute2f128_ps(sums[1], sums[3], 0x31));
    __m256d a = _mm256_castps_pd(even);
    __m256d b = _mm256_castps_pd(odd);
    __m256 pairs = _mm256_add_ps(_mm256_castpd_ps(_mm256_unpacklo_pd(a, b)),
                                 _mm256_castpd_ps(_mm256_unpackhi_pd(a, b)));
    __m128 low = _mm256_castps256_ps128(pairs);
    __m128 high = _mm256_extractf128_ps(pairs, 1);
    return _mm_add_ps(_mm_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0)),
                      _mm_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1)));
}

/* 4 rows against 3 centroids: 12 sums of 8, 3 centroids and a row fill the 16 registers. */
static inline void tile_products(const float *const rows[NEAREST_ROWS],
                                 const float *const centroids[NEAREST_CENTROIDS], size_t n,
                                 __m128 products[NEAREST_CENTROIDS])
{
    __m256 sums[NEAREST_CENTROIDS][NEAREST_ROWS];
    size_t i;
    size_t r;
    size_t c;
#pragma GCC unroll 3
    for (c = 0; c < NEAREST_CENTROIDS; c++) {
#pragma GCC unroll 4
        for (r = 0; r < NEAREST_ROWS; r++) {
            sums[c][r] = _mm256_setzero_ps();
        }
    }
    for (i = 0; i < n; i += 8) {
        __m256 c0 = _mm256_loadu_ps(centroids[0] + i);
        __m256 c1 = _mm256_loadu_ps(centroids[1] + i);
        __m256 c2 = _mm256_loadu_ps(centroids[2] + i);
#pragma GCC unroll 4
        for (r = 0; r < NEAREST_ROWS; r++) {
            __m256 x = _mm256_loadu_ps(rows[r] + i);
            sums[0][r] = _mm256_fmadd_ps(x, c0, sums[0][r]);
            sums[1][r] = _mm256_fmadd_ps(x, c1, sums[1][r]);
            sums[2][r] = _mm256_fmadd_ps(x, c2, sums[2][r]);
        }
    }
#pragma GCC unroll 3
    for (c = 0; c < NEAREST_CENTROIDS; c++) {
        products[c] = add_rows(sums[c]);
    }
}

static void tile_nearest(const float *const rows[NEAREST_ROWS],
                         const struct nearest_centroids *centroids, size_t first, size_t end,
                         struct nearest_best *best)
{
    __m128 score = _mm_loadu_ps(best->score);
    __m128 number = _mm_loadu_ps((const float *)(const void *)best->number);
    size_t c;
    size_t k;
    for (c = first; c < end; c += NEAREST_CENTROIDS) {
        const float *data[NEAREST_CENTROIDS];
        __m128 products[NEAREST_CENTROIDS];
        for (k = 0; k < NEAREST_CENTROIDS; k++) { /* at the end repeats the last one: no harm */
            data[k] = centroids->data + nearest_at_most(c + k, end - 1) * centroids->n;
        }
        tile_products(rows, data, centroids->n, products);
        for (k = 0; k < NEAREST_CENTROIDS; k++) {
            size_t at = nearest_at_most(c + k, end - 1);
            __m128 value = _mm_sub_ps(products[k], _mm_set1_ps(centroids->half_norms[at]));
            __m128 greater = _mm_cmp_ps(value, score, _CMP_GT_OQ);
            __m128 bits = _mm_castsi128_ps(_mm_set1_epi32((int)at));
            score = _mm_blendv_ps(score, value, greater);
            number = _mm_blendv_ps(number, bits, greater);
        }
    }
    _mm_storeu_ps(best->score, score);
    _mm_storeu_si128((__m128i *)(void *)best->number, _mm_castps_si128(number));
}

static void nearest(const float *x, size_t rows, const float *centroids, const float *half_norms,
                    size_t centroid_count, size_t n, uint32_t *best, float *score)
{
    struct nearest_centroids set = {centroids, half_norms, n};
    nearest_blocks(tile_nearest, x, rows, &set, centroid_count, best, score);
}

/* ---- Walsh-Hadamard ---- */

/* Strides 1, 2, 4 within a register: the partner's lanes plus our own, negated in the upper ones.
 */
static inline __m256 hadamard_8(__m256 x)
{
    const __m256 upper_1 = _mm256_setr_ps(0.0f, -0.0f, 0.0f, -0.0f, 0.0f, -0.0f, 0.0f, -0.0f);
    const __m256 upper_2 = _mm256_setr_ps(0.0f, 0.0f, -0.0f, -0.0f, 0.0f, 0.0f, -0.0f, -0.0f);
    const __m256 upper_4 = _mm256_setr_ps(0.0f, 0.0f, 0.0f, 0.0f, -0.0f, -0.0f, -0.0f, -0.0f);
    x = _mm256_add_ps(_mm256_permute_ps(x, 0xb1), _mm256_xor_ps(x, upper_1));
    x = _mm256_add_ps(_mm256_permute_ps(x, 0x4e), _mm256_xor_ps(x, upper_2));
    return _mm256_add_ps(_mm256_permute2f128_ps(x, x, 0x01), _mm256_xor_ps(x, upper_4));
}

/* Each pass multiplies by `factor`, which is 1 but in the last one. */
static inline void store_scaled(float *p, __m256 x, __m256 factor)
{
    _mm256_storeu_ps(p, _mm256_mul_ps(x, factor));
}

/* Strides 1, 2, 4 and 8. */
static void hadamard_16s(float *x, size_t count, __m256 factor)
{
    size_t i;
    for (i = 0; i < count; i += 16) {
        __m256 a = hadamard_8(_mm256_loadu_ps(x + i));
        __m256 b = hadamard_8(_mm256_loadu_ps(x + i + 8));
        store_scaled(x + i, _mm256_add_ps(a, b), factor);
        store_scaled(x + i + 8, _mm256_sub_ps(a, b), factor);
    }
}

/* One stride, at least 8. */
static void hadamard_stride(float *x, size_t count, size_t stride, __m256 factor)
{
    size_t i;
    for (i = 0; i < count; i = (i + stride + 8) & ~stride) {
        __m256 a = _mm256_loadu_ps(x + i);
        __m256 b = _mm256_loadu_ps(x + i + stride);
        store_scaled(x + i, _mm256_add_ps(a, b), factor);
        store_scaled(x + i + stride, _mm256_sub_ps(a, b), factor);
    }
}

/* Two strides in one pass over memory: `stride`, at least 8, and twice that. */
static void hadamard_2_strides(float *x, size_t count, size_t stride, __m256 factor)
{
    size_t start;
    size_t i;
    for (start = 0; start < count; start += 4 * stride) {
        for (i = start; i < start + stride; i += 8) {
            __m256 a = _mm256_loadu_ps(x + i);
            __m256 b = _mm256_loadu_ps(x + i + stride);
            __m256 c = _mm256_loadu_ps(x + i + 2 * stride);
            __m256 d = _mm256_loadu_ps(x + i + 3 * stride);
            __m256 ab = _mm256_add_ps(a, b);
            __m256 cd = _mm256_add_ps(c, d);
            a = _mm256_sub_ps(a, b);
            c = _mm256_sub_ps(c, d);
            store_scaled(x + i, _mm256_add_ps(ab, cd), factor);
            store_scaled(x + i + stride, _mm256_add_ps(a, c), factor);
            store_scaled(x + i + 2 * stride, _mm256_sub_ps(ab, cd), factor);
            store_scaled(x + i + 3 * stride, _mm256_sub_ps(a, c), factor);
        }
    }
}

static void hadamard(float *x, unsigned log2)
{
    const __m256 one = _mm256_set1_ps(1.0f);
    const __m256 factor = _mm256_set1_ps(vector_hadamard_factor(log2));
    size_t count = (size_t)1 << log2;
    size_t stride = 16;
    hadamard_16s(x, count, stride == count ? factor : one);
    for (; 4 * stride <= count; stride *= 4) {
        hadamard_2_strides(x, count, stride, 4 * stride == count ? factor : one);
    }
    if (stride < count) {
        hadamard_stride(x, count, stride, factor);
    }
}

/* ---- codes ---- */

enum { SCAN_RUN = 256 }; /* pairs of groups whose bytes add up to less than 2^16 */

/* Adds the 16-bit sums of one half of the rows (each 128-bit lane: of every other group) to
 * sums[0 .. 15]. `all` has even + 256 * odd rows, modulo 2^16. */
static inline void scan_flush(__m256i all, __m256i odd, uint32_t *sums)
{
    __m256i even = _mm256_sub_epi16(all, _mm256_slli_epi16(odd, 8));
    __m256i rows[2] = {_mm256_unpacklo_epi16(even, odd), _mm256_unpackhi_epi16(even, odd)};
    size_t half;
    for (half = 0; half < 2; half++) {
        __m256i a = _mm256_cvtepu16_epi32(_mm256_castsi256_si128(rows[half]));
        __m256i b = _mm256_cvtepu16_epi32(_mm256_extracti128_si256(rows[half], 1));
        __m256i sum = _mm256_add_epi32(load_bytes(sums + 8 * half), _mm256_add_epi32(a, b));
        _mm256_storeu_si256((__m256i *)(void *)(sums + 8 * half), sum);
    }
}

static void scan(const uint8_t *plane, const uint8_t *table, size_t groups,
                 uint32_t sums[SCAN_LANES])
{
    const __m256i low_half = _mm256_set1_epi8(15);
    size_t pairs = groups / 2;
    memset(sums, 0, SCAN_LANES * sizeof(*sums));
    while (pairs > 0) {
        size_t run = pairs < SCAN_RUN ? pairs : SCAN_RUN;
        __m256i low_all = _mm256_setzero_si256();
        __m256i low_odd = low_all;
        __m256i high_all = low_all;
        __m256i high_odd = low_all;
        pairs -= run;
        for (; run > 0; run--, plane += 32, table += 32) {
            __m256i codes = load_bytes(plane);
            __m256i entries = load_bytes(table);
            __m256i low = _mm256_and_si256(codes, low_half);
            __m256i high = _mm256_and_si256(_mm256_srli_epi16(codes, 4), low_half);
            low = _mm256_shuffle_epi8(entries, low);
            high = _mm256_shuffle_epi8(entries, high);
            low_all = _mm256_add_epi16(low_all, low);
            low_odd = _mm256_add_epi16(low_odd, _mm256_srli_epi16(low, 8));
            high_all = _mm256_add_epi16(high_all, high);
            high_odd = _mm256_add_epi16(high_odd, _mm256_srli_epi16(high, 8));
        }
        scan_flush(low_all, low_odd, sums);
        scan_flush(high_all, high_odd, sums + 16);
    }
}

static uint32_t bound(const uint32_t sums[SCAN_LANES], const float *add, const float *scale,
                      const float *error, float base, float step, float offset, float slack,
                      float limit, float lower[SCAN_LANES])
{
    uint32_t mask = 0;
    size_t i;
    for (i = 0; i < SCAN_LANES; i += 8) {
        __m256 x = _mm256_cvtepi32_ps(load_bytes(sums + i));
        x = _mm256_add_ps(_mm256_mul_ps(x, _mm256_set1_ps(step)), _mm256_set1_ps(offset));
        x = _mm256_mul_ps(_mm256_loadu_ps(scale + i), x);
        x = _mm256_sub_ps(_mm256_add_ps(_mm256_set1_ps(base), _mm256_loadu_ps(add + i)), x);
        x = _mm256_sub_ps(x, _mm256_mul_ps(_mm256_loadu_ps(error + i), _mm256_set1_ps(slack)));
        _mm256_storeu_ps(lower + i, x);
        x = _mm256_cmp_ps(x, _mm256_set1_ps(limit), _CMP_LT_OQ);
        mask |= (uint32_t)_mm256_movemask_ps(x) << i;
    }
    return mask;
}

static inline int32_t add_up(__m256i sums)
{
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

/* A product of 4 bits by 8 and the sum of two fit 16 bits with a sign, so does that of 8 chunks'
 * worth; here a chunk (of two products a lane) at a time. */
static int32_t product4(const int8_t *query, const uint8_t *codes, size_t n)
{
    const __m256i low_half = _mm256_set1_epi8(15);
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sums = _mm256_setzero_si256();
    size_t i;
    for (i = 0; i < n; i += 64, codes += 32) {
        __m256i both = load_bytes(codes);
        __m256i low = _mm256_and_si256(both, low_half);
        __m256i high = _mm256_and_si256(_mm256_srli_epi16(both, 4), low_half);
        low = _mm256_maddubs_epi16(low, load_bytes(query + i));
        high = _mm256_maddubs_epi16(high, load_bytes(query + i + 32));
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_add_epi16(low, high), ones));
    }
    return add_up(sums);
}

static inline __m128i load_16_bytes(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

/* maddubs would saturate with 8 bits by 8, so both are widened. */
static int32_t product8(const int8_t *query, const uint8_t *codes, size_t n)
{
    __m256i even = _mm256_setzero_si256();
    __m256i odd = even;
    size_t i;
    for (i = 0; i < n; i += 32) {
        __m256i code = _mm256_cvtepu8_epi16(load_16_bytes(codes + i));
        __m256i with = _mm256_cvtepi8_epi16(load_16_bytes(query + i));
        even = _mm256_add_epi32(even, _mm256_madd_epi16(code, with));
        code = _mm256_cvtepu8_epi16(load_16_bytes(codes + i + 16));
        with = _mm256_cvtepi8_epi16(load_16_bytes(query + i + 16));
        odd = _mm256_add_epi32(odd, _mm256_madd_epi16(code, with));
    }
    return add_up(_mm256_add_epi32(even, odd));
}

/* ---- filters ---- */

static uint32_t pick(const uint64_t *words, const uint32_t *rows, size_t count)
{
    const __m256i last = _mm256_set1_epi32(31);
    const int *halves = (const int *)(const void *)words;
    uint32_t picked = 0;
    size_t i;
    for (i = 0; i + 8 <= count; i += 8) {
        __m256i row = load_bytes(rows + i);
        __m256i word = _mm256_i32gather_epi32(halves, _mm256_srli_epi32(row, 5), 4);
        __m256i to_top = _mm256_sub_epi32(last, _mm256_and_si256(row, last));
        __m256i top = _mm256_sllv_epi32(word, to_top);
        picked |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(top)) << i;
    }
    return i < count ? picked | vector_kernels_scalar.pick(words, rows + i, count - i) << i
                     : picked;
}

/* ---- conversions ---- */

static void from_f16(const uint16_t *in, size_t n, float *out)
{
    size_t i;
    for (i = 0; i + 8 <= n; i += 8) {
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(load_16_bytes(in + i)));
    }
    vector_kernels_scalar.from_f16(in + i, n - i, out + i);
}

static void from_f64(const double *in, size_t n, float *out)
{
    size_t i;
    for (i = 0; i + 4 <= n; i += 4) {
        _mm_storeu_ps(out + i, _mm256_cvtpd_ps(_mm256_loadu_pd(in + i)));
    }
    vector_kernels_scalar.from_f64(in + i, n - i, out + i);
}

static void from_i32(const int32_t *in, size_t n, float *out)
{
    size_t i;
    for (i = 0; i + 8 <= n; i += 8) {
        _mm256_storeu_ps(out + i, _mm256_cvtepi32_ps(load_bytes(in + i)));
    }
    vector_kernels_scalar.from_i32(in + i, n - i, out + i);
}

const struct vector_kernels vector_kernels_avx2 = {dot,      l2,       dot_norm, nearest,  hadamard,
                                                   scan,     bound,    product4, product8, pick,
                                                   from_f16, from_f64, from_i32};

#endif
