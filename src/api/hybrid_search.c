/* SPDX-License-Identifier: Apache-2.0 */
#include "api/hit_rows.h"
#include "api/limits.h"
#include "base/alloc.h"
#include "base/error.h"
#include "table/rows/vector_search.h"

#include <string.h>

#define DEFAULT_K 10
#define DEFAULT_RECALL 0.99
#define DEFAULT_RANK_CONSTANT 60

void inlay_hybrid_options_init(inlay_hybrid_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
    options->k = DEFAULT_K;
    options->rank_constant = DEFAULT_RANK_CONSTANT;
    options->text_weight = 1;
    options->vector_weight = 1;
    options->recall = DEFAULT_RECALL;
}

struct hybrid_result {
    struct call_limits limits;
    struct table_view *view;
    struct text_query *query;
    const struct row_filter *filter; /* NULL = all rows */
    uint32_t *columns;               /* to return */
    size_t column_count;
    struct fused_hit *hits;
    size_t hit_count;
};

static void hybrid_release(struct hybrid_result *result)
{
    row_filter_release(result->filter);
    mem_free(result->columns);
    mem_free(result->hits);
    text_query_free(result->query);
    table_view_release(result->view);
}

static inlay_status add_fields(const void *context, struct schema *schema, inlay_error *err)
{
    (void)context;
    if (schema_add(schema, "score", COLUMN_FLOAT64, false) == NULL ||
        schema_add(schema, "bm25_rank", COLUMN_UINT32, true) == NULL ||
        schema_add(schema, "bm25_score", COLUMN_FLOAT32, true) == NULL ||
        schema_add(schema, "vector_rank", COLUMN_UINT32, true) == NULL ||
        schema_add(schema, "vector_distance", COLUMN_FLOAT32, true) == NULL) {
        return error_no_memory(err);
    }
    return INLAY_OK;
}

/* Rank and score of one ranking; nulls where the row is not in it. */
static inlay_status add_source(struct builder *row, size_t first, uint32_t rank, float score,
                               inlay_error *err)
{
    if (rank == 0) {
        INLAY_TRY(builder_null(builder_child(row, first), err));
        return builder_null(builder_child(row, first + 1), err);
    }
    INLAY_TRY(builder_uint(builder_child(row, first), rank, err));
    return builder_float(builder_child(row, first + 1), (double)score, err);
}

static inlay_status add_values(void *context, struct builder *row, size_t first, size_t hit,
                               struct byte_view text, inlay_error *err)
{
    const struct hybrid_result *result = context;
    const struct fused_hit *h = &result->hits[hit];
    (void)text;
    INLAY_TRY(builder_float(builder_child(row, first), h->score, err));
    INLAY_TRY(add_source(row, first + 1, h->text_rank, h->text_score, err));
    return add_source(row, first + 3, h->vector_rank, h->vector_distance, err);
}

static inlay_status make_rows(struct hybrid_result *result, struct ArrowArrayStream *out,
                              inlay_error *err)
{
    struct hit_columns added = {add_fields, add_values, result, false, 0};
    return hit_rows_stream(result->view, &result->hits->place, sizeof(*result->hits),
                           result->hit_count, result->columns, result->column_count, &added, out,
                           err);
}

static inlay_status engine_options(const inlay_table *table, const inlay_hybrid_options *from,
                                   struct hybrid_options *to, inlay_error *err)
{
    memset(to, 0, sizeof(*to));
    to->k = from->k;
    to->offset = from->offset;
    to->depth = from->depth;
    vector_search_options_init(&to->vector);
    to->vector.recall = from->recall;
    to->vector.nprobe = from->nprobe;
    to->vector.exact = from->exact != 0;
    to->vector.pool = table->connection->pool;
    to->fusion.rank_constant = from->rank_constant;
    to->fusion.text_weight = from->text_weight;
    to->fusion.vector_weight = from->vector_weight;
    switch (from->fusion) {
    case INLAY_FUSION_RECIPROCAL_RANK:
        to->fusion.kind = FUSION_RECIPROCAL_RANK;
        return INLAY_OK;
    case INLAY_FUSION_NORMALIZED:
        to->fusion.kind = FUSION_NORMALIZED;
        return INLAY_OK;
    }
    return error_set(err, INLAY_INVALID_ARGUMENT, "there is no fusion %d", (int)from->fusion);
}

static inlay_status begin(inlay_table *table, const char *text_column, const char *query,
                          const char *vector_column, const float *vector, size_t dim,
                          const inlay_hybrid_options *options, struct hybrid_result *result,
                          struct hybrid_options *engine, inlay_error *err)
{
    INLAY_TRY(check_argument(table, "the table", err));
    INLAY_TRY(check_argument(text_column, "the text column", err));
    INLAY_TRY(check_argument(query, "the query", err));
    INLAY_TRY(check_argument(vector_column, "the vector column", err));
    INLAY_TRY(check_argument(vector, "the vector", err));
    INLAY_TRY(table_check_vectors(table->typed, vector_column, vector, 1, dim, err));
    INLAY_TRY(engine_options(table, options, engine, err));
    limits_start(&result->limits, options->timeout_ms, options->cancel);
    engine->vector.cancel = result->limits.cancel;
    INLAY_TRY(table_parse_query(table->typed, text_column, query, options->match_all != 0,
                                &result->query, err));
    INLAY_TRY(resolve_columns(table->typed, options->columns, options->column_count,
                              &result->columns, &result->column_count, err));
    INLAY_TRY(table_handle_view(table, &result->view, err));
    return filter_rows(table, result->view, options->filter, result->limits.cancel, &result->filter,
                       err);
}

inlay_status inlay_hybrid_search(inlay_table *table, const char *text_column, const char *query,
                                 const char *vector_column, const float *vector, size_t dim,
                                 const inlay_hybrid_options *options, struct ArrowArrayStream *out,
                                 inlay_cost *cost, inlay_error *err)
{
    struct hybrid_result result = {0};
    struct hybrid_options engine;
    struct cost_meter meter = {0};
    inlay_hybrid_options defaults;
    inlay_status status;
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    inlay_hybrid_options_init(&defaults);
    options = options != NULL ? options : &defaults;
    if (table != NULL) {
        meter = cost_start(table->connection, cost);
    }
    status = begin(table, text_column, query, vector_column, vector, dim, options, &result, &engine,
                   err);
    if (status == INLAY_OK) {
        status = table_hybrid_search(result.view, text_column, result.query, vector_column, vector,
                                     result.filter, &engine, &result.hits, &result.hit_count, err);
    }
    if (status == INLAY_OK) {
        status = cancel_check(result.limits.cancel, err);
    }
    if (status == INLAY_OK) {
        status = make_rows(&result, out, err);
    }
    cost_finish(&meter, result.view);
    hybrid_release(&result);
    return status;
}
