/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nearest neighbours of a query over the segments (superfiles) of a snapshot. One order of cells
 * over all segments, one threshold, one budget. Deleted and filtered rows never take a place: k
 * hits come back when k exist. Deterministic: the answer depends on segments and options only, not
 * on threads, CPU level or cache; ties are broken by id.
 *
 * Distances are in the metric's own unit: cosine 1 - cos (0 to 2; 1 when either vector is zero), L2
 * the Euclidean distance, inner product -<q, x>. Smaller is nearer.
 *
 * Calls are independent; any number of threads may search the same indexes.
 */
#ifndef INLAY_VECTOR_VECTOR_SEARCH_H
#define INLAY_VECTOR_VECTOR_SEARCH_H

#include "base/byte_source.h"
#include "base/id.h"
#include "base/rowset.h"
#include "exec/pool.h"
#include "vector/vector_index.h"

/* Raw stored vectors of a segment, for exact distances; implemented by superfile/. `element` of the
 * index tells the type; int8 columns come as int32 (Parquet). Thread-safe. */
struct vector_rows {
    /* dim elements of a row that is not null, in place and valid as long as the segment; NULL when
     * not resident. May be NULL itself. */
    const void *(*view)(void *context, uint32_t row);
    /* Copies the rows (ascending), dim elements each, contiguous, in one wave of reads. A null row
     * is INLAY_INVALID_ARGUMENT. */
    inlay_status (*read)(void *context, const uint32_t *rows, size_t count, void *out,
                         inlay_error *err);
    /* Marks null rows among [first, first + count): exact scans skip them. */
    inlay_status (*nulls)(void *context, uint32_t first, uint32_t count, uint64_t *null_words,
                          inlay_error *err);
    /* What the first `read` takes besides the rows: ranges of the index's file, with the memory
     * that they are to be read into. A search that is about to read cells reads these in the same
     * batch and hands them to `prepared`: then `read` is one wave from the start. *ranges is the
     * caller's (one block: mem_free), NULL when nothing is needed any more. May be NULL, both. */
    inlay_status (*prepare)(void *context, struct byte_range **ranges, size_t *count,
                            inlay_error *err);
    inlay_status (*prepared)(void *context, const struct byte_range *ranges, inlay_error *err);
    void *context;
};

struct vector_segment {
    struct vector_index *index; /* all segments have the same dim, metric and element */
    struct vector_rows rows;
    const struct rowset *deleted; /* borrowed, may be NULL */
    const struct rowset *allowed; /* rows that may be hits; NULL: all */
    /* `allowed` as bits by row, when the caller has them at hand; NULL: unpacked as needed. */
    const uint64_t *allowed_words;
    /* The id of a row, for breaking ties. NULL: (number of the segment, row). */
    struct id128 (*row_id)(void *context, uint32_t row);
    void *context;
};

enum vector_rerank { VECTOR_RERANK_EXACT = 0, VECTOR_RERANK_CODES = 1 };

struct vector_search_options {
    size_t k;        /* default 10; with an offset the caller asks for k + offset */
    double recall;   /* 0.80 to 0.999, default 0.99; used when nprobe is 0 */
    uint32_t nprobe; /* cells over all segments; 0 = as the stop rule says */
    enum vector_rerank rerank;
    bool has_max_distance;
    float max_distance;                /* inclusive */
    bool exact;                        /* brute force over the raw vectors */
    struct exec_pool *pool;            /* for exact scans and batches; may be NULL */
    const struct cancel_token *cancel; /* may be NULL */
};

struct vector_hit {
    uint32_t segment;
    uint32_t row;
    struct id128 id;
    float distance;
};

/* What one query cost; for tests, explanations, and measurements. */
struct vector_search_cost {
    uint64_t cells_ranked;
    uint64_t cells_probed;
    uint64_t rows_scanned; /* sign codes */
    uint64_t rows_refined; /* full codes */
    uint64_t rows_reranked;
};

void vector_search_options_init(struct vector_search_options *options);

/* `query` has dim finite elements (INLAY_INVALID_ARGUMENT names the first that is not). *hits is
 * the caller's (mem_free), best first, at most k. `cost` may be NULL. */
inlay_status vector_search(const float *query, const struct vector_segment *segments, size_t count,
                           const struct vector_search_options *options, struct vector_hit **hits,
                           size_t *hit_count, struct vector_search_cost *cost, inlay_error *err);

/* Many queries (query_count x dim), in parallel over the pool; query i gives exactly what
 * vector_search gives. hits[i] and hit_counts[i] per query; the caller frees each hits[i]. */
inlay_status vector_search_batch(const float *queries, size_t query_count,
                                 const struct vector_segment *segments, size_t count,
                                 const struct vector_search_options *options,
                                 struct vector_hit **hits, size_t *hit_counts, inlay_error *err);

#endif
