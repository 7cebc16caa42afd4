/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/build/index_build.h"

#include "vector/build/hot_writer.h"

#include "base/alloc.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

#define DEFAULT_BUDGET ((size_t)512 << 20)
#define LEAST_BUDGET ((size_t)16 << 20)
#define DEFAULT_CELL_ROWS 128u
#define MOST_CELL_BYTES ((size_t)4 << 20) /* of the vectors of a default cell */
#define MOST_NORM 1e18                    /* its square, four times, is far from overflow */
#define LEAST_ROWS_PER_QUERY 8
#define SAMPLE_PER_CELL 64u /* rows to train on (measured) */
#define SAMPLE_SHARE 4      /* of the budget, at most: one part in */
#define STEP_SHARE 8
#define MOST_STEP_BYTES ((size_t)64 << 20)
#define CLUSTER_SEED UINT64_C(0x63656c6c73) /* any fixed number */

static inlay_status check_options(const struct vector_options *options, inlay_error *err)
{
    if (options->dim == 0 || options->dim > VECTOR_MAX_DIM) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "a vector index of %u dimensions: expected 1 to %d", options->dim,
                         VECTOR_MAX_DIM);
    }
    if (options->code_bits != 4 && options->code_bits != 8) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "codes of %u bits: expected 4 or 8",
                         options->code_bits);
    }
    if (options->metric < VECTOR_COSINE || options->metric > VECTOR_INNER_PRODUCT) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "metric %d: expected 1 to 3",
                         (int)options->metric);
    }
    if (options->element < VECTOR_F32 || options->element > VECTOR_I8) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "element type %d: expected 1 to 4",
                         (int)options->element);
    }
    return INLAY_OK;
}

static void resolve(struct vector_options *options, size_t row_bytes)
{
    if (options->cell_rows == 0) {
        size_t most = MOST_CELL_BYTES / row_bytes;
        options->cell_rows = most < DEFAULT_CELL_ROWS ? (uint32_t)most : DEFAULT_CELL_ROWS;
    }
    if (options->memory_budget == 0) {
        options->memory_budget = DEFAULT_BUDGET;
    } else if (options->memory_budget < LEAST_BUDGET) {
        options->memory_budget = LEAST_BUDGET;
    }
}

inlay_status index_build_init(struct index_build *build, const struct vector_options *options,
                              inlay_error *err)
{
    size_t padded = rotation_padded(options->dim);
    memset(build, 0, sizeof(*build));
    build->store.fd = -1;
    INLAY_TRY(check_options(options, err));
    build->options = *options;
    resolve(&build->options, padded * sizeof(float));
    row_store_init(&build->store, padded, build->options.memory_budget / 2,
                   build->options.spill_folder);
    build->scratch = mem_alloc_array(options->dim, sizeof(float));
    if (build->scratch == NULL) {
        return error_no_memory(err);
    }
    return rotation_create(options->dim, ROTATION_SEED, &build->rotation, err);
}

void index_build_free(struct index_build *build)
{
    cell_plan_free(&build->plan);
    law_meter_free(&build->laws);
    row_store_free(&build->store);
    rotation_free(build->rotation);
    mem_free(build->rows);
    mem_free(build->scratch);
}

size_t index_build_step_memory(const struct index_build *build)
{
    size_t memory = build->options.memory_budget / STEP_SHARE;
    return memory < MOST_STEP_BYTES ? memory : MOST_STEP_BYTES;
}

/* `squares` is the sum of the squares, which no finite floats make infinite. */
static inlay_status check_vector(const struct index_build *build, uint32_t row, const float *vector,
                                 double squares, inlay_error *err)
{
    uint32_t i;
    if (isfinite(squares)) {
        if (build->options.metric == VECTOR_COSINE || squares <= MOST_NORM * MOST_NORM) {
            return INLAY_OK;
        }
        (void)error_set(err, INLAY_INVALID_ARGUMENT,
                        "the vector of row %u has the length %g: expected at most %g", row,
                        sqrt(squares), MOST_NORM);
    } else {
        for (i = 0; isfinite(vector[i]); i++) {
        }
        (void)error_set(err, INLAY_INVALID_ARGUMENT,
                        "element %u of the vector of row %u is %g: expected a finite number", i,
                        row, (double)vector[i]);
    }
    error_row(err, row);
    return INLAY_INVALID_ARGUMENT;
}

inlay_status index_build_rotate(struct index_build *build, uint32_t row, const float *vector,
                                float *out, inlay_error *err)
{
    uint32_t dim = build->options.dim;
    double squares = 0;
    uint32_t i;
    for (i = 0; i < dim; i++) {
        squares += (double)vector[i] * (double)vector[i];
    }
    INLAY_TRY(check_vector(build, row, vector, squares, err));
    if (build->options.metric == VECTOR_COSINE && squares > 0) {
        double norm = sqrt(squares);
        for (i = 0; i < dim; i++) {
            build->scratch[i] = (float)((double)vector[i] / norm);
        }
        vector = build->scratch;
    }
    rotation_apply(build->rotation, vector, out);
    return INLAY_OK;
}

inlay_status index_build_add(struct index_build *build, uint32_t row, const float *vector,
                             inlay_error *err)
{
    size_t count = build->store.count;
    float *place;
    inlay_status status;
    if (count == UINT32_MAX) {
        return error_set(err, INLAY_OVER_BUDGET, "a vector index holds at most %u vectors",
                         UINT32_MAX);
    }
    if (!mem_grow((void **)&build->rows, &build->row_capacity, count + 1, sizeof(uint32_t))) {
        return error_no_memory(err);
    }
    INLAY_TRY(row_store_next(&build->store, &place, err));
    status = index_build_rotate(build, row, vector, place, err);
    if (status != INLAY_OK) {
        row_store_take_back(&build->store);
        return status;
    }
    build->rows[count] = row;
    return INLAY_OK;
}

/* Row i of `wanted` ones spread evenly over `count`. */
static uint32_t spread_evenly(size_t i, size_t wanted, size_t count)
{
    return (uint32_t)((uint64_t)i * count / wanted);
}

/* `count` rows of the store, spread evenly, and their numbers. */
static inlay_status pick_rows(const struct index_build *build, size_t count, float *into,
                              uint32_t *rows, inlay_error *err)
{
    size_t i;
    for (i = 0; i < count; i++) {
        uint32_t at = spread_evenly(i, count, build->store.count);
        INLAY_TRY(row_store_read(&build->store, at, 1, into + i * build->store.width, err));
        rows[i] = build->rows[at];
    }
    return INLAY_OK;
}

/* The rows that will ask for the laws are not trained with: cells fit themselves to the rows that
 * made them, the more the less structure there is, and would look better to those than to anybody
 * else. Their neighbours in the store stand in for them. An index of few rows cannot spare them. */
static uint32_t avoid_queries(const struct index_build *build, uint32_t at)
{
    uint64_t rows = build->store.count;
    uint64_t queries = law_query_count(rows, build->store.width);
    uint64_t asking;
    if (queries == 0 || rows < LEAST_ROWS_PER_QUERY * queries) {
        return at;
    }
    asking = (at * queries + rows - 1) / rows;
    if (asking * rows / queries != at) {
        return at;
    }
    return at + 1 < rows ? at + 1 : at - 1;
}

static inlay_status pick_sample(const struct index_build *build, size_t count, float *into,
                                inlay_error *err)
{
    size_t i;
    for (i = 0; i < count; i++) {
        uint32_t at = avoid_queries(build, spread_evenly(i, count, build->store.count));
        INLAY_TRY(row_store_read(&build->store, at, 1, into + i * build->store.width, err));
    }
    return INLAY_OK;
}

static uint32_t cells_wanted(const struct index_build *build)
{
    uint64_t rows = build->store.count;
    uint64_t cells = (rows + build->options.cell_rows / 2) / build->options.cell_rows;
    return cells != 0 ? (uint32_t)cells : 1;
}

static size_t sample_size(const struct index_build *build)
{
    size_t rows = (size_t)cells_wanted(build) * SAMPLE_PER_CELL;
    size_t fit = build->options.memory_budget / SAMPLE_SHARE / (build->store.width * sizeof(float));
    rows = rows < build->store.count ? rows : build->store.count;
    fit = fit != 0 ? fit : 1;
    return rows < fit ? rows : fit;
}

static inlay_status train(const struct index_build *build, struct cell_tree *tree, inlay_error *err)
{
    const struct vector_options *options = &build->options;
    struct cluster_options clustering = {0};
    size_t count = sample_size(build);
    float *sample = mem_alloc_array(count, build->store.width * sizeof(float));
    inlay_status status;
    if (sample == NULL) {
        return error_no_memory(err);
    }
    clustering.cells = cells_wanted(build);
    clustering.seed = CLUSTER_SEED;
    clustering.pool = options->pool;
    clustering.cancel = options->cancel;
    clustering.progress = options->progress;
    status = pick_sample(build, count, sample, err);
    if (status == INLAY_OK) {
        status = cluster_train(sample, count, build->store.width, &clustering, tree, err);
    }
    mem_free(sample);
    return status;
}

inlay_status index_build_balance(struct index_build *build, inlay_error *err)
{
    uint32_t target = build->options.cell_rows;
    INLAY_TRY(cell_plan_dissolve(&build->plan, target / CELL_SHRINKAGE, err));
    INLAY_TRY(cell_plan_split(&build->plan, target, target * CELL_GROWTH, err));
    return cell_plan_order(&build->plan, err);
}

inlay_status index_build_begin_plan(struct index_build *build, struct cell_tree *tree,
                                    const struct kept_cell *kept, inlay_error *err)
{
    INLAY_TRY(cell_plan_init(&build->plan, &build->store, tree, kept,
                             index_build_step_memory(build), err));
    build->plan.pool = build->options.pool;
    build->plan.cancel = build->options.cancel;
    build->plan.progress = build->options.progress;
    return INLAY_OK;
}

static inlay_status cluster_rows(struct index_build *build, inlay_error *err)
{
    struct cell_tree tree = {0};
    INLAY_TRY(row_store_flush(&build->store, err));
    INLAY_TRY(train(build, &tree, err));
    INLAY_TRY(index_build_begin_plan(build, &tree, NULL, err));
    INLAY_TRY(cell_plan_assign(&build->plan, err));
    return index_build_balance(build, err);
}

inlay_status index_build_cluster(struct index_build *build, inlay_error *err)
{
    inlay_status status;
    progress_begin(build->options.progress, "cluster vectors",
                   sample_size(build) + build->store.count);
    status = cluster_rows(build, err);
    progress_end(build->options.progress);
    return status;
}

inlay_status index_build_pick_queries(struct index_build *build, size_t first, inlay_error *err)
{
    struct law_meter *laws = &build->laws;
    return pick_rows(build, laws->count - first, laws->queries + first * laws->width,
                     laws->own + first, err);
}

inlay_status index_build_choose_queries(struct index_build *build, inlay_error *err)
{
    size_t count = law_query_count(build->store.count, build->store.width);
    INLAY_TRY(law_meter_init(&build->laws, build->store.width, build->options.metric, count, err));
    return index_build_pick_queries(build, 0, err);
}

uint64_t index_build_rows(const struct index_build *build)
{
    const struct cell_plan *plan = &build->plan;
    uint64_t rows = 0;
    uint32_t i;
    for (i = 0; i < plan->tree.cell_count; i++) {
        rows += plan->rows[i];
    }
    return rows;
}

static inlay_status write_cells(struct index_build *build, const struct kept_source *kept,
                                float *spreads, struct byte_sink *body, inlay_error *err)
{
    struct cell_writer writer = {0};
    inlay_status status;
    writer.plan = &build->plan;
    writer.rows = build->rows;
    writer.metric = build->options.metric;
    writer.code_bits = build->options.code_bits;
    writer.memory = index_build_step_memory(build);
    writer.kept = kept;
    writer.laws = &build->laws;
    writer.progress = build->options.progress;
    writer.centroids = build->plan.tree.cells; /* moved to where they end */
    writer.spreads = spreads;
    law_meter_begin(&build->laws);
    progress_begin(build->options.progress, "encode vectors", index_build_rows(build));
    status = cell_writer_run(&writer, body, err);
    progress_end(build->options.progress);
    return status;
}

inlay_status index_build_write(struct index_build *build, const struct kept_source *kept,
                               uint64_t row_count, struct byte_sink *body, struct buffer *hot,
                               struct vector_index_summary *summary, inlay_error *err)
{
    const struct vector_options *options = &build->options;
    const struct cell_tree *tree = &build->plan.tree;
    static const uint32_t no_cells[1] = {0};
    struct probe_law laws[LAW_COUNT];
    struct hot_part part = {0};
    uint64_t start = body->offset;
    float *spreads = mem_alloc_array(tree->cell_count, sizeof(*spreads));
    inlay_status status = INLAY_OK;
    if (spreads == NULL) {
        return error_no_memory(err);
    }
    if (tree->cell_count != 0) {
        INLAY_TRY_GOTO(status, write_cells(build, kept, spreads, body, err), cleanup);
        INLAY_TRY_GOTO(status,
                       law_meter_fit(&build->laws, tree->cells, spreads, build->plan.rows,
                                     tree->cell_count, options->pool, options->cancel, laws,
                                     &part.law_count, err),
                       cleanup);
    }
    part.dim = options->dim;
    part.metric = options->metric;
    part.element = options->element;
    part.code_bits = options->code_bits;
    part.row_count = row_count;
    part.vectors = index_build_rows(build);
    part.body_length = body->offset - start;
    part.groups = tree->group_count;
    part.cells = tree->cell_count;
    part.first_cell = tree->cell_count != 0 ? tree->first_cell : no_cells;
    part.centroids = tree->cells;
    part.spreads = spreads;
    part.rows = build->plan.rows;
    part.laws = laws;
    INLAY_TRY_GOTO(status, hot_part_write(&part, hot, err), cleanup);
    summary->vectors = part.vectors;
    summary->groups = part.groups;
    summary->cells = part.cells;
    summary->body_length = part.body_length;
cleanup:
    mem_free(spreads);
    return status;
}
