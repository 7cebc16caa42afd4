/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of an open index: what ranking reads from the hot part, and the cells of the body. */
#ifndef INLAY_VECTOR_READ_INDEX_PRIV_H
#define INLAY_VECTOR_READ_INDEX_PRIV_H

#include "vector/format/layout.h"
#include "vector/kernels/rotation.h"
#include "vector/vector_index.h"

#include <stdatomic.h>

struct vector_index {
    struct vector_index_info info;
    struct byte_source *file;
    uint8_t *aligned_hot; /* a copy, when the caller's bytes are not 4-byte aligned; else NULL */
    const float *groups;  /* groups x padded */
    const uint32_t *first_cell;  /* groups + 1 */
    const uint32_t *cell_rows;   /* per cell, at least 1 */
    const float *spread;         /* per cell, finite, not negative */
    struct coded_rows centroids; /* row i is cell i, around its group's centroid */
    struct probe_law *laws;      /* owned; ascending in k, then recall */
    uint32_t law_count;
    uint64_t *cell_offsets; /* in the file, cells + 1 */
    struct rotation *rotation;
    _Atomic uint64_t *checked; /* a bit per cell of the resident file */
};

/* INLAY_CORRUPT that names the file and where. */
inlay_status vector_index_corrupt(const struct vector_index *index, uint64_t offset,
                                  const char *what, inlay_error *err);

#endif
