/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the vector index of one column of one superfile: add vectors in row order, then finish
 * into the body (cells, streamed into the file) and the hot part (what an open reads). The layout
 * is docs/format/vector-index.md. Same vectors, same options: same bytes, whatever was spilled, for
 * every thread count and CPU level. Null rows are simply not added.
 *
 * Rotated vectors are kept in memory up to half the budget, then in an unlinked temporary file.
 * Training takes up to 64 rows per cell, or what a quarter of the budget holds: so far the bytes
 * depend on the budget. Besides the budget a vector costs 12 bytes.
 */
#ifndef INLAY_VECTOR_VECTOR_BUILDER_H
#define INLAY_VECTOR_VECTOR_BUILDER_H

#include "base/buffer.h"
#include "base/byte_sink.h"
#include "exec/pool.h"
#include "exec/progress.h"
#include "vector/format/code.h"
#include "vector/kernels/kernels.h"

struct vector_options {
    uint32_t dim; /* 1 to 65,535 */
    enum vector_metric metric;
    enum vector_element element;       /* of the column: what a reranker will find in the body */
    unsigned code_bits;                /* 4 (default) or 8 */
    uint32_t cell_rows;                /* wanted rows per cell; 0 = 128, or 4 MiB */
    size_t memory_budget;              /* bytes; 0 = 512 MiB, least 16 MiB */
    const char *spill_folder;          /* borrowed; NULL = the system's temporary folder */
    struct exec_pool *pool;            /* borrowed, may be NULL */
    const struct cancel_token *cancel; /* borrowed, may be NULL */
    struct progress *progress;         /* borrowed, may be NULL */
};

void vector_options_init(struct vector_options *options);

/* For the manifest and for people. */
struct vector_index_summary {
    uint64_t vectors; /* not null */
    uint32_t groups;
    uint32_t cells;
    uint64_t body_length;
};

struct vector_builder;

/* INLAY_INVALID_ARGUMENT when an option is out of range. */
inlay_status vector_builder_create(const struct vector_options *options,
                                   struct vector_builder **out, inlay_error *err);
void vector_builder_free(struct vector_builder *builder); /* NULL-safe */

/* `vector` has dim finite elements (the caller has checked: NaN and infinity are refused where the
 * row's number and column are known; here they are INLAY_INVALID_ARGUMENT naming the row, as are,
 * but for cosine, vectors longer than 1e18). Rows ascend strictly. A zero vector under cosine stays
 * zero: its distance to everything is 1. */
inlay_status vector_builder_add(struct vector_builder *builder, uint32_t row, const float *vector,
                                inlay_error *err);

/* `row_count` is the superfile's number of rows. The body begins at the sink's present offset, a
 * multiple of 64; the hot part is appended to `hot`. The builder can then only be freed. No vectors
 * at all is fine: an index with no cells. */
inlay_status vector_builder_finish(struct vector_builder *builder, uint64_t row_count,
                                   struct byte_sink *body, struct buffer *hot,
                                   struct vector_index_summary *summary, inlay_error *err);

#endif
