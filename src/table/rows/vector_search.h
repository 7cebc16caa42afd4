/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest neighbours and hybrid rankings over all superfiles of a view: one budget, one order. */
#ifndef INLAY_TABLE_ROWS_VECTOR_SEARCH_H
#define INLAY_TABLE_ROWS_VECTOR_SEARCH_H

#include "table/rows/fusion.h"
#include "table/rows/search.h"
#include "vector/vector_recall.h"
#include "vector/vector_search.h"

/* What `count` query vectors of `dim` elements must be: INLAY_INVALID_ARGUMENT when the column has
 * no vector index (names those that have one), `dim` is not its number of elements, or an element
 * is not finite. */
inlay_status table_check_vectors(const struct typed_table *table, const char *column,
                                 const float *vectors, size_t count, size_t dim, inlay_error *err);

/*
 * The `options->k` nearest rows behind the first `offset`, nearest first, with distances as scores;
 * *hits is the caller's (mem_free). `query` has the column's number of elements. `filter` and
 * `cost` may be NULL. k may be SEARCH_ALL, as in text searches.
 */
inlay_status table_vector_search(struct table_view *view, const char *column, const float *query,
                                 const struct row_filter *filter, uint64_t offset,
                                 const struct vector_search_options *options,
                                 struct table_hit **hits, size_t *count,
                                 struct vector_search_cost *cost, inlay_error *err);

/* Many queries, in parallel over options->pool. hits[i] is the caller's for every i. */
inlay_status table_vector_search_batch(struct table_view *view, const char *column,
                                       const float *queries, size_t query_count,
                                       const struct row_filter *filter, uint64_t offset,
                                       const struct vector_search_options *options,
                                       struct table_hit **hits, size_t *counts, inlay_error *err);

struct hybrid_options {
    uint64_t k;
    uint64_t offset;
    uint64_t depth; /* hits of each ranking that are fused; 0 = max(10 (k + offset), 100), and all
                       for k = SEARCH_ALL */
    struct fusion_options fusion;
    struct vector_search_options vector; /* its k is not looked at */
};

/* Text and vector ranking of the same view and filter, fused. *hits is the caller's (mem_free). */
inlay_status table_hybrid_search(struct table_view *view, const char *text_column,
                                 const struct text_query *query, const char *vector_column,
                                 const float *vector, const struct row_filter *filter,
                                 const struct hybrid_options *options, struct fused_hit **hits,
                                 size_t *count, inlay_error *err);

/* Recall of `options` against exact search, with stored rows as queries. */
inlay_status table_vector_recall(struct table_view *view, const char *column, size_t samples,
                                 const struct vector_search_options *options, uint64_t seed,
                                 struct vector_recall *out, inlay_error *err);

#endif
