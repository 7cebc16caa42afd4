/* SPDX-License-Identifier: Apache-2.0 */
/* Raw vectors of a merge's inputs on their way into the store. */
#ifndef INLAY_VECTOR_BUILD_MERGE_ROWS_H
#define INLAY_VECTOR_BUILD_MERGE_ROWS_H

#include "vector/build/index_build.h"
#include "vector/vector_merge.h"

/* Reads rows (not null, ascending) in waves that fit a step's memory, and calls `take` for each in
 * order, as f32. `index` is the place in `rows`. */
inlay_status merge_read(struct index_build *build, const struct vector_merge_input *input,
                        const uint32_t *rows, size_t count,
                        inlay_status (*take)(void *context, size_t index, const float *vector,
                                             inlay_error *err),
                        void *context, inlay_error *err);

/* Adds these rows (not null, staying, ascending) to the store under their new numbers. */
inlay_status merge_add(struct index_build *build, const struct vector_merge_input *input,
                       const uint32_t *rows, size_t count, inlay_error *err);
/* Adds every row of the input that stays. */
inlay_status merge_add_all(struct index_build *build, const struct vector_merge_input *input,
                           inlay_error *err);

#endif
