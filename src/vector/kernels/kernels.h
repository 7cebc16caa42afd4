/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inner loops of vector/ that have SIMD forms. The scalar table is the oracle of the tests, and
 * every level gives the same bits: a sum over n elements is kept in 16 running sums (element i goes
 * to sum i mod 16, by one fused multiply-add each, in order of i; a tail is padded with zeros)
 * which are then added pairwise: s[j] + s[j + 8], then + 4, then + 2, then + 1. So answers do not
 * depend on the processor. (`nearest` keeps 8 such sums: more fit the registers of a tile that way.
 * Only the payload of a NaN may differ.) No pointer needs an alignment beyond that of its type;
 * nothing is read or written outside the ranges named. Thread-safe.
 */
#ifndef INLAY_VECTOR_KERNELS_KERNELS_H
#define INLAY_VECTOR_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Stored element types; the numbers are in files. */
enum vector_element {
    VECTOR_F32 = 1,
    VECTOR_F16 = 2,
    VECTOR_F64 = 3, /* rounded to f32 on load */
    VECTOR_I8 = 4   /* in a Parquet body as INT32 */
};

/* A block of 32 rows: see docs/format/vector-index.md. */
enum { SCAN_LANES = 32 };

struct vector_kernels {
    /* In these three the second vector is of floats at any address, as raw vectors stand in files.
     * sum of a[i] * b[i] */
    float (*dot)(const float *a, const void *b, size_t n);
    /* sum of (a[i] - b[i])^2 */
    float (*l2)(const float *a, const void *b, size_t n);
    /* Of one pass: dot(q, x) and dot(x, x); cosine of a raw vector. */
    void (*dot_norm)(const float *q, const void *x, size_t n, float *dot, float *norm);

    /* For each of `rows` vectors: the centroid with the greatest dot(x, c) - half_norm[c], where
     * half_norm[c] = |c|^2 / 2 (the nearest in L2); equal ones: the lowest number. Blocked over
     * rows and centroids for the caches; rows at a time make it fast (4 and more). n is a multiple
     * of 8. best[i] gets the number and score[i] that greatest value; a NaN is never the greatest,
     * and where nothing is above -infinity they are 0 and -infinity. Row-major, contiguous. `score`
     * may be NULL. */
    void (*nearest)(const float *x, size_t rows, const float *centroids, const float *half_norms,
                    size_t centroid_count, size_t n, uint32_t *best, float *score);

    /* In place: the orthonormal Walsh-Hadamard transform of 2^log2 elements (log2 >= 4),
     * butterflies (a + b, a - b) from stride 1 upwards, then one multiplication by 2^(-log2/2),
     * rounded to f32. */
    void (*hadamard)(float *x, unsigned log2);

    /* FastScan (Andre et al., "Cache locality is not enough", VLDB 2015; here on sign bits): sums
     * of 8-bit table entries. `plane` holds for one block of 32 rows, for each pair of 4-dimension
     * groups (2g, 2g+1), 32 bytes: byte j (< 16) has the nibble of row j in its low half and that
     * of row j + 16 in its high half, for group 2g; byte 16 + j the same for group 2g + 1. `table`
     * has 16 bytes per group. sums[i] = sum over groups of table[group][nibble of row i]; exact
     * while below 2^31. `groups` is even. */
    void (*scan)(const uint8_t *plane, const uint8_t *table, size_t groups,
                 uint32_t sums[SCAN_LANES]);

    /* lower[i] = base + add[i] - scale[i] * (sums[i] * step + offset) - error[i] * slack, each
     * operation (also the conversion of sums[i], which is below 2^31) rounded once in that order,
     * no fused operations. Returns the mask of lanes with lower[i] < limit: bit i is lane i. */
    uint32_t (*bound)(const uint32_t sums[SCAN_LANES], const float *add, const float *scale,
                      const float *error, float base, float step, float offset, float slack,
                      float limit, float lower[SCAN_LANES]);

    /* sum of query[i] * code[i] over n dimensions, exact. `query` is int8 in [-127, 127], padded.
     * product4: two codes a byte: byte j of each 32-byte chunk has dimension 64 * chunk + j in the
     * low half, 64 * chunk + 32 + j in the high half. product8: one a byte. n is a multiple of 64,
     * at most 65536. */
    int32_t (*product4)(const int8_t *query, const uint8_t *codes, size_t n);
    int32_t (*product8)(const int8_t *query, const uint8_t *codes, size_t n);

    /* Bit i of the result is bit rows[i] of `words`; count is at most 32. */
    uint32_t (*pick)(const uint64_t *words, const uint32_t *rows, size_t count);

    /* Raw stored elements to f32, exactly or (f64) to nearest even. i32: as int8 columns stand in
     * Parquet. */
    void (*from_f16)(const uint16_t *in, size_t n, float *out);
    void (*from_f64)(const double *in, size_t n, float *out);
    void (*from_i32)(const int32_t *in, size_t n, float *out);
};

extern const struct vector_kernels vector_kernels_scalar;
extern const struct vector_kernels vector_kernels_avx2;
extern const struct vector_kernels vector_kernels_neon;

/* What `hadamard` multiplies by: 2^(-log2/2), rounded to f32. */
float vector_hadamard_factor(unsigned log2);

/* The table for the CPU level in force (base/cpu.h). Call once per batch. */
const struct vector_kernels *vector_kernels(void);

#endif
