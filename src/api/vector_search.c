/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/vector_search.h"
#include "api/hit_rows.h"
#include "api/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define DEFAULT_K 10
#define DEFAULT_RECALL 0.99
#define DEFAULT_SAMPLES 200

void inlay_vector_options_init(inlay_vector_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
    options->k = DEFAULT_K;
    options->recall = DEFAULT_RECALL;
}

static inlay_status engine_options(const inlay_table *table, const inlay_vector_options *from,
                                   struct vector_search_options *to, inlay_error *err)
{
    INLAY_TRY(search_depth_check(from->k, from->offset, err));
    vector_search_options_init(to);
    to->k = (size_t)from->k;
    to->recall = from->recall;
    to->nprobe = from->nprobe;
    to->rerank = from->codes_only != 0 ? VECTOR_RERANK_CODES : VECTOR_RERANK_EXACT;
    to->exact = from->exact != 0;
    to->has_max_distance = from->within != 0;
    to->max_distance = from->max_distance;
    to->pool = table->connection->pool;
    return INLAY_OK;
}

/* The hits of one or many queries, one after the other, on their way to rows. */
struct vector_result {
    struct call_limits limits;
    struct table_view *view;
    const struct row_filter *filter; /* NULL = all rows */
    uint32_t *columns;               /* to return */
    size_t column_count;
    struct table_hit *hits;
    size_t hit_count;
    size_t *ends; /* of a batch: where the hits of each query end; NULL for a single query */
    size_t query; /* of the hit that is being written: hits stand in order of their query */
};

static void result_release(struct vector_result *result)
{
    row_filter_release(result->filter);
    mem_free(result->columns);
    mem_free(result->hits);
    mem_free(result->ends);
    table_view_release(result->view);
}

static inlay_status add_fields(const void *context, struct schema *schema, inlay_error *err)
{
    const struct vector_result *result = context;
    if (schema_add(schema, "distance", COLUMN_FLOAT32, false) == NULL ||
        (result->ends != NULL && schema_add(schema, "query", COLUMN_UINT64, false) == NULL)) {
        return error_no_memory(err);
    }
    return INLAY_OK;
}

static inlay_status add_values(void *context, struct builder *row, size_t first, size_t hit,
                               struct byte_view text, inlay_error *err)
{
    struct vector_result *result = context;
    (void)text;
    INLAY_TRY(builder_float(builder_child(row, first), (double)result->hits[hit].score, err));
    if (result->ends == NULL) {
        return INLAY_OK;
    }
    while (hit >= result->ends[result->query]) {
        result->query++;
    }
    return builder_uint(builder_child(row, first + 1), result->query, err);
}

static inlay_status make_rows(struct vector_result *result, struct ArrowArrayStream *out,
                              inlay_error *err)
{
    struct hit_columns added = {add_fields, add_values, result, false, 0};
    return hit_rows_stream(result->view, &result->hits->place, sizeof(*result->hits),
                           result->hit_count, result->columns, result->column_count, &added, out,
                           err);
}

/* Everything before the ranking: arguments, the view, what to return, the filter. */
static inlay_status begin(inlay_table *table, const char *column, const float *vectors,
                          size_t count, size_t dim, const inlay_vector_options *options,
                          struct vector_result *result, struct vector_search_options *engine,
                          inlay_error *err)
{
    INLAY_TRY(check_argument(table, "the table", err));
    INLAY_TRY(check_argument(column, "the column", err));
    INLAY_TRY(check_argument(vectors, "the vector", err));
    INLAY_TRY(table_check_vectors(table->typed, column, vectors, count, dim, err));
    INLAY_TRY(engine_options(table, options, engine, err));
    limits_start(&result->limits, options->timeout_ms, options->cancel);
    engine->cancel = result->limits.cancel;
    INLAY_TRY(resolve_columns(table->typed, options->columns, options->column_count,
                              &result->columns, &result->column_count, err));
    INLAY_TRY(table_handle_view(table, &result->view, err));
    return filter_rows(table, result->view, options->filter, result->limits.cancel, &result->filter,
                       err);
}

inlay_status inlay_vector_search(inlay_table *table, const char *column, const float *vector,
                                 size_t dim, const inlay_vector_options *options,
                                 struct ArrowArrayStream *out, inlay_cost *cost, inlay_error *err)
{
    struct vector_result result = {0};
    struct vector_search_options engine;
    struct cost_meter meter = {0};
    inlay_vector_options defaults;
    inlay_status status;
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    inlay_vector_options_init(&defaults);
    options = options != NULL ? options : &defaults;
    if (table != NULL) {
        meter = cost_start(table->connection, cost);
    }
    status = begin(table, column, vector, 1, dim, options, &result, &engine, err);
    if (status == INLAY_OK) {
        status = table_vector_search(result.view, column, vector, result.filter, options->offset,
                                     &engine, &result.hits, &result.hit_count, NULL, err);
    }
    if (status == INLAY_OK) {
        status = cancel_check(result.limits.cancel, err);
    }
    if (status == INLAY_OK) {
        status = make_rows(&result, out, err);
    }
    cost_finish(&meter, result.view);
    result_release(&result);
    return status;
}

/* Puts the hits of all queries one after the other. */
static inlay_status join(struct table_hit *const *hits, const size_t *counts, size_t queries,
                         struct vector_result *result, inlay_error *err)
{
    size_t total = 0;
    size_t i;
    for (i = 0; i < queries; i++) {
        total += counts[i];
        result->ends[i] = total;
    }
    result->hits = mem_zalloc_array(total + 1, sizeof(*result->hits));
    if (result->hits == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < queries; i++) {
        memcpy(result->hits + result->hit_count, hits[i], counts[i] * sizeof(**hits));
        result->hit_count += counts[i];
    }
    return INLAY_OK;
}

static inlay_status search_all(const char *column, const float *vectors, size_t queries,
                               const inlay_vector_options *options,
                               const struct vector_search_options *engine,
                               struct vector_result *result, inlay_error *err)
{
    struct table_hit **hits = mem_zalloc_array(queries + 1, sizeof(struct table_hit *));
    size_t *counts = mem_zalloc_array(queries + 1, sizeof(*counts));
    inlay_status status;
    size_t i;
    result->ends = mem_zalloc_array(queries + 1, sizeof(*result->ends));
    if (hits == NULL || counts == NULL || result->ends == NULL) {
        status = error_no_memory(err);
    } else {
        status = table_vector_search_batch(result->view, column, vectors, queries, result->filter,
                                           options->offset, engine, hits, counts, err);
    }
    if (status == INLAY_OK) {
        status = join(hits, counts, queries, result, err);
    }
    for (i = 0; hits != NULL && i < queries; i++) {
        mem_free(hits[i]);
    }
    mem_free(hits);
    mem_free(counts);
    return status;
}

inlay_status inlay_vector_search_batch(inlay_table *table, const char *column, const float *vectors,
                                       size_t count, size_t dim,
                                       const inlay_vector_options *options,
                                       struct ArrowArrayStream *out, inlay_cost *cost,
                                       inlay_error *err)
{
    struct vector_result result = {0};
    struct vector_search_options engine;
    struct cost_meter meter = {0};
    inlay_vector_options defaults;
    inlay_status status;
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    inlay_vector_options_init(&defaults);
    options = options != NULL ? options : &defaults;
    if (table != NULL) {
        meter = cost_start(table->connection, cost);
    }
    status = begin(table, column, vectors, count, dim, options, &result, &engine, err);
    if (status == INLAY_OK) {
        status = search_all(column, vectors, count, options, &engine, &result, err);
    }
    if (status == INLAY_OK) {
        status = cancel_check(result.limits.cancel, err);
    }
    if (status == INLAY_OK) {
        status = make_rows(&result, out, err);
    }
    cost_finish(&meter, result.view);
    result_release(&result);
    return status;
}

inlay_status inlay_measure_recall(inlay_table *table, const char *column,
                                  const inlay_vector_options *options, uint64_t samples,
                                  inlay_recall_result *result, inlay_error *err)
{
    static const float none = 0;
    struct vector_result hits = {0};
    struct vector_search_options engine;
    struct vector_recall measured = {0};
    inlay_vector_options defaults;
    inlay_status status;
    ptrdiff_t at;
    INLAY_TRY(check_argument(result, "the result", err));
    INLAY_TRY(check_argument(table, "the table", err));
    INLAY_TRY(check_argument(column, "the column", err));
    inlay_vector_options_init(&defaults);
    options = options != NULL ? options : &defaults;
    at = schema_find(typed_table_columns(table->typed), column);
    status = begin(table, column, &none, 0,
                   at < 0 ? 0 : (size_t)typed_table_columns(table->typed)->fields[at].width,
                   options, &hits, &engine, err);
    if (status == INLAY_OK) {
        status =
            table_vector_recall(hits.view, column, samples != 0 ? (size_t)samples : DEFAULT_SAMPLES,
                                &engine, 1, &measured, err);
    }
    result_release(&hits);
    memset(result, 0, sizeof(*result));
    result->struct_size = sizeof(*result);
    result->queries = measured.samples;
    result->recall = measured.mean;
    result->least_recall = measured.least;
    result->cells_probed = measured.cells;
    result->rows_compared = measured.rows;
    result->search_seconds = measured.search_us * 1e-6;
    result->exact_seconds = measured.exact_us * 1e-6;
    return status;
}
