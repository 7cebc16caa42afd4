/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/query/exact.h"
#include "vector/vector_distance.h"

#include <math.h>

float vector_distance(enum vector_metric metric, const float *query, const float *x, uint32_t dim,
                      float *scratch)
{
    const struct exact_scratch none = {NULL, NULL}; /* of floats nothing is converted */
    double square = 0;
    uint32_t i;
    for (i = 0; i < dim; i++) {
        square += (double)query[i] * (double)query[i];
    }
    {
        struct exact_query exact = {query,           dim, metric, VECTOR_F32, (float)sqrt(square),
                                    vector_kernels()};
        if (metric == VECTOR_COSINE && square > 0) {
            for (i = 0; i < dim; i++) {
                scratch[i] = (float)((double)query[i] / sqrt(square));
            }
            exact.query = scratch;
            exact.norm = 1;
        }
        return exact_distance(&exact, x, &none);
    }
}
