/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector index of one column of one superfile, opened for search. Immutable and shared by
 * threads. Opening reads only the hot part; cells are read when a query probes them, through views
 * when the source is resident and in one batch otherwise. Every cell is checked (CRC-32C and
 * structure) when it is first touched, and each time it is fetched as a copy.
 */
#ifndef INLAY_VECTOR_VECTOR_INDEX_H
#define INLAY_VECTOR_VECTOR_INDEX_H

#include "base/byte_source.h"
#include "vector/format/code.h"
#include "vector/kernels/kernels.h"

#include <stdbool.h>

struct vector_index;

struct vector_index_info {
    uint64_t row_count; /* rows of the superfile */
    uint64_t vectors;   /* not null */
    uint32_t dim;
    uint32_t padded; /* code dimension */
    enum vector_metric metric;
    enum vector_element element;
    unsigned code_bits;
    uint64_t seed; /* of the rotation */
    uint32_t groups;
    uint32_t cells;
};

/* `hot` is borrowed and must outlive the index; the file is retained. The body lies at
 * [body_offset, body_offset + body_length) of the file. INLAY_CORRUPT (key, offset) when any byte
 * of the hot part is not as written, INLAY_UNSUPPORTED for a later format version. */
inlay_status vector_index_open(const uint8_t *hot, size_t hot_length, struct byte_source *file,
                               uint64_t body_offset, uint64_t body_length,
                               struct vector_index **out, inlay_error *err);
void vector_index_close(struct vector_index *index); /* NULL-safe */

const struct vector_index_info *vector_index_info(const struct vector_index *index);

/* Reads every cell and checks CRC and structure: each row once, below row_count, ascending within
 * its cell. *checksums counts those compared. */
inlay_status vector_index_verify(struct vector_index *index, uint64_t *checksums, inlay_error *err);
/* The same, and says which rows the cells hold: `seen` has row_count / 64 + 1 words, zeroed by the
 * caller, and gets bit r % 64 of word r / 64 for row r. */
inlay_status vector_index_verify_rows(struct vector_index *index, uint64_t *seen,
                                      uint64_t *checksums, inlay_error *err);

#endif
