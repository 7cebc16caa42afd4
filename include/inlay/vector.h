/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector search: the rows whose vectors are nearest to a query. And hybrid search: a text ranking
 * and a vector ranking of the same snapshot, fused into one.
 *
 * Distances are in the metric's own unit, smaller is nearer: cosine 1 - cos (0 to 2; 1 when either
 * vector is zero), l2 the Euclidean distance, inner_product the negative inner product. Ties are
 * broken by _id. The answer does not depend on the number of threads or the processor.
 */
#ifndef INLAY_VECTOR_H
#define INLAY_VECTOR_H

#include "inlay/search.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct inlay_vector_options {
    size_t struct_size;
    uint64_t k;         /* hits to return; default 10 */
    uint64_t offset;    /* hits to skip first; default 0 */
    double recall;      /* the share of the true k nearest to find, 0.80 to 0.999; default 0.99 */
    uint32_t nprobe;    /* > 0: cells to look at, in place of `recall` */
    int32_t codes_only; /* 1: distances are estimated from codes, no vector is read */
    int32_t exact;      /* 1: compare with every vector */
    int32_t within;     /* 1: only hits with a distance of at most max_distance */
    float max_distance;
    const inlay_filter *filter; /* rows that may be hits; NULL = all */
    const char *const *columns; /* to return besides distance; NULL = all */
    size_t column_count;        /* 0 with non-NULL columns: _id only */
    uint64_t timeout_ms;        /* 0 = none; else the search ends with INLAY_TIMEOUT */
    const inlay_cancel *cancel; /* NULL = cannot be cancelled */
} inlay_vector_options;

INLAY_API void inlay_vector_options_init(inlay_vector_options *options);

/*
 * The nearest rows to `vector` (`dim` elements, as many as the column's vectors have), nearest
 * first: the chosen columns, then distance (float32). Rows without a vector are never hits.
 * `options` and `cost` may be NULL. Errors: INLAY_INVALID_ARGUMENT (no such column, no vector
 * index, wrong dim, an element that is not finite, an option out of range).
 */
INLAY_API inlay_status inlay_vector_search(inlay_table *table, const char *column,
                                           const float *vector, size_t dim,
                                           const inlay_vector_options *options,
                                           struct ArrowArrayStream *out, inlay_cost *cost,
                                           inlay_error *err) INLAY_MUST_CHECK;

/* Many queries at once (`count` x `dim`, one after the other), spread over the connection's
 * threads: columns as above, then query (uint64, from 0); rows in order of query, then distance. */
INLAY_API inlay_status inlay_vector_search_batch(inlay_table *table, const char *column,
                                                 const float *vectors, size_t count, size_t dim,
                                                 const inlay_vector_options *options,
                                                 struct ArrowArrayStream *out, inlay_cost *cost,
                                                 inlay_error *err) INLAY_MUST_CHECK;

typedef struct inlay_recall_result {
    size_t struct_size;
    uint64_t queries;      /* stored rows that were asked for their neighbours */
    double recall;         /* mean share of the true k nearest that the search found */
    double least_recall;   /* of one query */
    double cells_probed;   /* mean */
    double rows_compared;  /* mean */
    double search_seconds; /* mean of one search */
    double exact_seconds;  /* mean of one exact search */
} inlay_recall_result;

/* Measures what `options` (k, recall, nprobe, codes_only) find on this table: up to `samples` of
 * its own rows (0 = 200) are searched for, with and without the index. */
INLAY_API inlay_status inlay_measure_recall(inlay_table *table, const char *column,
                                            const inlay_vector_options *options, uint64_t samples,
                                            inlay_recall_result *result,
                                            inlay_error *err) INLAY_MUST_CHECK;

typedef enum inlay_fusion {
    INLAY_FUSION_RECIPROCAL_RANK = 0, /* weight / (rank_constant + rank), ranks from 1 */
    INLAY_FUSION_NORMALIZED = 1       /* weighted scores, each ranking's scaled to 0..1 */
} inlay_fusion;

typedef struct inlay_hybrid_options {
    size_t struct_size;
    uint64_t k;                 /* hits to return; default 10 */
    uint64_t offset;            /* hits to skip first; default 0 */
    uint64_t depth;             /* hits of each ranking to fuse; 0 = max(10 (k + offset), 100) */
    inlay_fusion fusion;        /* default: reciprocal rank */
    double rank_constant;       /* default 60 */
    double text_weight;         /* default 1 */
    double vector_weight;       /* default 1 */
    int32_t match_all;          /* 1: every plain term must occur (AND); default 0 (OR) */
    double recall;              /* of the vector ranking; default 0.99 */
    uint32_t nprobe;            /* as in vector search */
    int32_t exact;              /* as in vector search */
    const inlay_filter *filter; /* for both rankings; NULL = all */
    const char *const *columns; /* to return; NULL = all */
    size_t column_count;        /* 0 with non-NULL columns: _id only */
    uint64_t timeout_ms;        /* 0 = none; else the search ends with INLAY_TIMEOUT */
    const inlay_cancel *cancel; /* NULL = cannot be cancelled */
} inlay_hybrid_options;

INLAY_API void inlay_hybrid_options_init(inlay_hybrid_options *options);

/*
 * The best rows of both rankings, best first: the chosen columns, then score (float64), bm25_rank
 * (uint32), bm25_score (float32), vector_rank, vector_distance; the last four are null where the
 * row is not in that ranking's first `depth`. Both rankings see one snapshot. `options` and `cost`
 * may be NULL. Errors: as for the two searches.
 */
INLAY_API inlay_status inlay_hybrid_search(inlay_table *table, const char *text_column,
                                           const char *query, const char *vector_column,
                                           const float *vector, size_t dim,
                                           const inlay_hybrid_options *options,
                                           struct ArrowArrayStream *out, inlay_cost *cost,
                                           inlay_error *err) INLAY_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
