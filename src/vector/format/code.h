/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Residual codes: RaBitQ (Gao, Long, SIGMOD 2024) with more bits (Gao et al., "Practical and
 * asymptotically optimal quantization", SIGMOD 2025). In the rotated space a row is x = c + r. Its
 * code is u in [0, 2^bits) per dimension, whose top bit is the sign of r. With o = 2 * sign - 1 and
 * p = u - (2^bits - 1) / 2, and |r|^2 / <r, o> or / <r, p> as the unbiased scale, the squared
 * distance to a query q is estimated by
 *
 *     |q - c|^2 + first.add - first.scale * <q, o>  (from the signs alone)
 *     |q - c|^2 + full.add - full.scale * <q, p>    (from all bits)
 *
 * where add = |r|^2 + scale * <c, o> takes the centroid out, so that <q, .> is the same for all
 * cells and superfiles. For inner product -<q, c> stands in place of |q - c|^2, the scales are
 * halved, and add = -<c, r> + scale * <c, o>. `error` * |q - c| bounds the deviation (one standard
 * deviation; the searcher multiplies by its gate).
 */
#ifndef INLAY_VECTOR_FORMAT_CODE_H
#define INLAY_VECTOR_FORMAT_CODE_H

#include <stddef.h>
#include <stdint.h>

#define VECTOR_MAX_DIM 65535

enum vector_metric { /* the numbers are in files */
                     VECTOR_COSINE = 1,
                     VECTOR_L2 = 2,
                     VECTOR_INNER_PRODUCT = 3
};

struct code_factors {
    float add;
    float scale;
    float error;
};

/* `x` and `c` have n (multiple of 64) rotated elements, normalised under cosine.
 * `signs` gets n / 8 bytes (bit i of byte i / 8), `code` n * code_bits / 8 bytes in the layout of
 * kernels.h. code_bits is 4 or 8. A zero residual gives scale 0 and error 0. `scratch`: n floats.
 */
void code_encode(const float *x, const float *c, size_t n, enum vector_metric metric,
                 unsigned code_bits, uint8_t *signs, uint8_t *code, struct code_factors *first,
                 struct code_factors *full, float *scratch);

#endif
