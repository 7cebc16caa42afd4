/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops of text/ that have SIMD forms. The scalar table is the oracle of the tests; every
 * kernel gives identical results at every level. */
#ifndef INLAY_TEXT_FORMAT_KERNELS_H
#define INLAY_TEXT_FORMAT_KERNELS_H

#include <stddef.h>
#include <stdint.h>

struct text_kernels {
    /* Values of `width` (0..32) bits, packed least significant bit first. Writes up to the next
     * multiple of 8 values and may load 32 bytes behind the packed ones. */
    void (*unpack)(const uint8_t *packed, size_t count, unsigned width, uint32_t *values);
    /* Writes the low `width` (0..32) bits of values[i] >> shift one after the other, least
     * significant bit first, zeros up to the end of the last byte, and scratch bytes up to the end
     * of a whole group of 8 values and 8 bytes behind it. */
    void (*pack)(const uint32_t *values, size_t count, unsigned shift, unsigned width, uint8_t *to);
    /* above[w] = how many of up to 128 values need more than w bits, for w < bits; none of them
     * needs more than `bits`. */
    void (*count_above)(const uint32_t *values, size_t count, unsigned bits, uint8_t *above);
    /* gaps -> rows in place: row[i] = previous + sum of (gap[0..i] + 1), modulo 2^32, where
     * `previous` is the row before (UINT32_MAX before row 0). Works on whole groups of 8. */
    void (*rows_from_gaps)(uint32_t *gaps, size_t count, uint32_t previous);
    /* Appends the numbers i of scores[i] >= least (least >= 1), ascending, and returns how many.
     * `count` is a multiple of 8; `numbers` has room for `count` + 8. */
    size_t (*select_scores)(const uint32_t *scores, size_t count, uint32_t least,
                            uint32_t *numbers);
    /* out[i] = max(1, floor(factor * tf / (tf + norms[i]) + 0.5)) for 256 length codes; factor is
     * at most 2^30. */
    void (*score_row)(double factor, double tf, const double *norms, uint32_t *out);
    /* How many of `count` ascending values are less than `bound`. The array is padded to a multiple
     * of 8 with values that are not. */
    size_t (*count_less)(const uint32_t *values, size_t count, uint32_t bound);
};

extern const struct text_kernels text_kernels_scalar;
extern const struct text_kernels text_kernels_avx2;

const struct text_kernels *text_kernels(void);

#endif
