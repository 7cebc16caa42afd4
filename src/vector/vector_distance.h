/* SPDX-License-Identifier: Apache-2.0 */
/* The distance that a search reports, between two given vectors. */
#ifndef INLAY_VECTOR_VECTOR_DISTANCE_H
#define INLAY_VECTOR_VECTOR_DISTANCE_H

#include "vector/vector_index.h"

/* To the bit what an exact search for `query` says of a row that holds `x` as float32, in the
 * metric's own unit (vector_search.h). Elements must be finite. `scratch` has room for `dim`. */
float vector_distance(enum vector_metric metric, const float *query, const float *x, uint32_t dim,
                      float *scratch);

#endif
