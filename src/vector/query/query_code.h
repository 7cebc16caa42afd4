/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query made ready for coded rows: rotated once, its elements as int8 for full codes and as 8-bit
 * table entries for the sign plane. It serves every segment with the same rotation.
 *
 * Quantising the query errs too. The table's and the digits' mean errors are known and taken out;
 * what is left is bounded like a code's error, by its standard deviation over uniform codes.
 */
#ifndef INLAY_VECTOR_QUERY_QUERY_CODE_H
#define INLAY_VECTOR_QUERY_QUERY_CODE_H

#include "base/arena.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/rotation.h"

/* How <q, p> comes out of the sum of digits times code: sum * step + offset, with a standard
 * deviation. */
struct full_product {
    float step;
    float offset;
    float deviation;
};

struct query_code {
    uint32_t padded;
    float *rotated; /* P */
    int8_t *digits; /* P */
    uint8_t *table; /* 16 per group of four dimensions */
    float norm;     /* |q| */
    float step;     /* <q, o> = table sum * step + offset */
    float offset;
    float deviation;
    struct full_product full4; /* codes of 4 bits */
    struct full_product full8; /* of 8 */
};

/* `query` has the rotation's dim elements; of a cosine column it is normalised. The memory is the
 * arena's. */
inlay_status query_code_make(const float *query, uint32_t padded, const struct rotation *rotation,
                             const struct vector_kernels *kernels, struct arena *arena,
                             struct query_code *out, inlay_error *err);

#endif
