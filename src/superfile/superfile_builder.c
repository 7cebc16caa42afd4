/* SPDX-License-Identifier: Apache-2.0 */
#include "superfile/superfile_builder.h"

#include "base/alloc.h"
#include "base/error.h"
#include "inlay/common.h"
#include "superfile/hot.h"
#include "superfile/id_index.h"
#include "superfile/vector_column.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_MEMORY_BUDGET ((size_t)256 << 20)
#define LEAST_TEXT_BUDGET ((size_t)1 << 20)
#define LEAST_VECTOR_BUDGET ((size_t)16 << 20)
/* Bodies that SIMD and mmap touch start at a cache line. */
#define REGION_ALIGNMENT 64

enum { RUN_ROWS = 256 };

struct text_column {
    size_t column; /* index in the table's schema */
    struct text_builder *builder;
    uint64_t body_offset;
    struct buffer hot;
    struct superfile_text_result result;
};

struct superfile_builder {
    struct schema schema; /* with _id */
    struct byte_sink *sink;
    struct parquet_writer *parquet;
    struct text_column *texts;
    size_t text_count;
    struct superfile_text_result *results;
    struct vector_column *vectors;
    size_t vector_count;
    struct superfile_vector_result *vector_results;
    struct id_index_builder ids;
    struct id128 first_id;
};

inlay_status superfile_schema(const struct schema *columns, struct schema *out, inlay_error *err)
{
    struct field *id;
    inlay_status status;
    size_t i;
    memset(out, 0, sizeof(*out));
    id = schema_add(out, "_id", COLUMN_DECIMAL128, false);
    if (id == NULL) {
        return error_no_memory(err);
    }
    id->precision = 38;
    for (i = 0; i < columns->count; i++) {
        status = schema_add_copy(out, &columns->fields[i], err);
        if (status != INLAY_OK) {
            schema_free(out);
            return status;
        }
    }
    return INLAY_OK;
}

static inlay_status create_text(struct superfile_builder *builder, const struct schema *columns,
                                const struct superfile_text_column *config, size_t budget,
                                const char *spill_folder, inlay_error *err)
{
    struct text_column *text = &builder->texts[builder->text_count];
    ptrdiff_t column = schema_find(columns, config->column);
    struct text_options options;
    if (column < 0 || (columns->fields[column].type != COLUMN_UTF8 &&
                       columns->fields[column].type != COLUMN_LARGE_UTF8)) {
        error_set(err, INLAY_SCHEMA, "a text index needs a utf8 column; \"%s\" is %s",
                  config->column, column < 0 ? "not a column" : "of another type");
        error_key(err, config->column);
        return INLAY_SCHEMA;
    }
    text_options_init(&options);
    options.positions = config->positions;
    options.k1 = config->k1;
    options.b = config->b;
    options.memory_budget = budget;
    options.spill_folder = spill_folder;
    INLAY_TRY(text_builder_create(config->analyzer, &options, &text->builder, err));
    text->column = (size_t)column;
    text->result.column = builder->schema.fields[column + 1].name;
    buffer_init(&text->hot, SIZE_MAX);
    builder->text_count++;
    return INLAY_OK;
}

/* Vectors are raw, so that a row's bytes can be addressed for exact reranking; _id is unique, so a
 * dictionary would only cost. */
static inlay_status create_parquet(struct superfile_builder *builder,
                                   const struct superfile_options *wanted, inlay_error *err)
{
    struct parquet_column_options *columns =
        mem_zalloc_array(builder->schema.count, sizeof(*columns));
    struct parquet_writer_options options;
    inlay_status status;
    size_t i;
    if (columns == NULL) {
        return error_no_memory(err);
    }
    columns[0].no_dictionary = true;
    for (i = 1; i < builder->schema.count; i++) {
        columns[i].raw = vector_column_type(&builder->schema.fields[i], NULL);
    }
    parquet_writer_options_init(&options);
    options.columns = columns;
    options.column_count = builder->schema.count;
    if (wanted->row_group_rows != 0) {
        options.row_group_rows = wanted->row_group_rows;
    }
    if (wanted->page_rows != 0) {
        options.page_rows = wanted->page_rows;
    }
    status =
        parquet_writer_create(&options, &builder->schema, builder->sink, &builder->parquet, err);
    mem_free(columns);
    return status;
}

/* What one text builder may use; a vector builder, which spills whole vectors, twice as much. */
static size_t text_budget(const struct superfile_options *options)
{
    size_t budget = options->memory_budget != 0 ? options->memory_budget : DEFAULT_MEMORY_BUDGET;
    size_t shares = options->text_count + 2 * options->vector_count;
    return shares != 0 ? budget / shares : budget;
}

static inlay_status create_texts(struct superfile_builder *builder, const struct schema *columns,
                                 const struct superfile_options *options, inlay_error *err)
{
    size_t budget = text_budget(options);
    size_t i;
    builder->texts = mem_zalloc_array(options->text_count, sizeof(*builder->texts));
    builder->results = mem_zalloc_array(options->text_count, sizeof(*builder->results));
    if (builder->texts == NULL || builder->results == NULL) {
        return error_no_memory(err);
    }
    budget = budget < LEAST_TEXT_BUDGET ? LEAST_TEXT_BUDGET : budget;
    for (i = 0; i < options->text_count; i++) {
        INLAY_TRY(
            create_text(builder, columns, &options->texts[i], budget, options->spill_folder, err));
    }
    return INLAY_OK;
}

static inlay_status create_vectors(struct superfile_builder *builder,
                                   const struct superfile_options *options, inlay_error *err)
{
    size_t budget = 2 * text_budget(options);
    size_t i;
    builder->vectors = mem_zalloc_array(options->vector_count, sizeof(*builder->vectors));
    builder->vector_results =
        mem_zalloc_array(options->vector_count, sizeof(*builder->vector_results));
    if (builder->vectors == NULL || builder->vector_results == NULL) {
        return error_no_memory(err);
    }
    budget = budget < LEAST_VECTOR_BUDGET ? LEAST_VECTOR_BUDGET : budget;
    for (i = 0; i < options->vector_count; i++) {
        builder->vector_count++;
        INLAY_TRY(vector_column_create(&builder->schema, &options->vectors[i], options, budget,
                                       &builder->vectors[i], err));
    }
    return INLAY_OK;
}

inlay_status superfile_builder_create(const struct schema *columns,
                                      const struct superfile_options *options,
                                      struct byte_sink *sink, struct superfile_builder **out,
                                      inlay_error *err)
{
    struct superfile_builder *builder = mem_zalloc(sizeof(*builder));
    inlay_status status;
    *out = NULL;
    if (builder == NULL) {
        return error_no_memory(err);
    }
    builder->sink = sink;
    status = superfile_schema(columns, &builder->schema, err);
    if (status == INLAY_OK) {
        status = create_texts(builder, columns, options, err);
    }
    if (status == INLAY_OK) {
        status = create_vectors(builder, options, err);
    }
    if (status == INLAY_OK) {
        status = create_parquet(builder, options, err);
    }
    if (status != INLAY_OK) {
        superfile_builder_free(builder);
        return status;
    }
    *out = builder;
    return INLAY_OK;
}

void superfile_builder_free(struct superfile_builder *builder)
{
    size_t i;
    if (builder == NULL) {
        return;
    }
    for (i = 0; i < builder->text_count; i++) {
        text_builder_free(builder->texts[i].builder);
        buffer_free(&builder->texts[i].hot);
    }
    for (i = 0; i < builder->vector_count; i++) {
        vector_column_free(&builder->vectors[i]);
    }
    mem_free(builder->texts);
    mem_free(builder->results);
    mem_free(builder->vectors);
    mem_free(builder->vector_results);
    parquet_writer_free(builder->parquet);
    id_index_builder_free(&builder->ids);
    schema_free(&builder->schema);
    mem_free(builder);
}

static inlay_status append_text(const struct text_column *text, const struct array_view *batch,
                                uint64_t first_row, inlay_error *err)
{
    const struct array_view *column = &batch->children[text->column + 1];
    struct byte_view values[RUN_ROWS];
    int64_t row;
    int64_t i;
    for (row = 0; row < batch->length; row += RUN_ROWS) {
        int64_t count = batch->length - row < RUN_ROWS ? batch->length - row : RUN_ROWS;
        array_view_bytes_run(column, row, count, values);
        for (i = 0; i < count; i++) {
            if (values[i].data != NULL) {
                INLAY_TRY(
                    text_builder_add(text->builder, (uint32_t)(first_row + (uint64_t)(row + i)),
                                     (const char *)values[i].data, (size_t)values[i].length, err));
            }
        }
    }
    return INLAY_OK;
}

/* The _id column: 16-byte little-endian integers. */
static uint8_t *id_values(const struct id_span *spans, size_t span_count, uint64_t rows)
{
    uint8_t *values = mem_alloc_array((size_t)rows, 16);
    uint64_t row = 0;
    size_t i;
    for (i = 0; values != NULL && i < span_count; i++) {
        struct id128 id = spans[i].first;
        for (;;) {
            store_u64(values + 16 * row, id.lo);
            store_u64(values + 16 * row + 8, id.hi);
            row++;
            if (id_compare(id, spans[i].last) == 0) {
                break;
            }
            id = id_add(id, 1);
        }
    }
    return values;
}

static inlay_status add_ids(struct superfile_builder *builder, const struct id_span *spans,
                            size_t span_count, uint64_t rows, inlay_error *err)
{
    uint64_t total = 0;
    size_t i;
    for (i = 0; i < span_count; i++) {
        uint64_t last = spans[i].last.lo - spans[i].first.lo;
        if (id_compare(spans[i].first, spans[i].last) > 0 || last >= rows - total) {
            break;
        }
        total += last + 1;
        if (builder->ids.rows == 0) {
            builder->first_id = spans[i].first;
        }
        INLAY_TRY(id_index_builder_add(&builder->ids, spans[i].first, last + 1, err));
    }
    if (i != span_count || total != rows) {
        return error_set(err, INLAY_INTERNAL, "%zu id spans do not cover %llu rows", span_count,
                         (unsigned long long)rows);
    }
    return INLAY_OK;
}

/* An array is only alive while it has a release function; borrowed ones have nothing to release. */
static void release_nothing(struct ArrowArray *array)
{
    array->release = NULL;
}

static inlay_status append_view(struct superfile_builder *builder, const struct array_view *batch,
                                uint64_t first_row, inlay_error *err)
{
    size_t i;
    inlay_status status = parquet_writer_append(builder->parquet, batch, err);
    if (status != INLAY_OK && err != NULL && err->row >= (int64_t)first_row) {
        err->row -= (int64_t)first_row; /* of the file: make it a row of the batch */
    }
    INLAY_TRY(status);
    for (i = 0; i < builder->text_count; i++) {
        INLAY_TRY(append_text(&builder->texts[i], batch, first_row, err));
    }
    for (i = 0; i < builder->vector_count; i++) {
        INLAY_TRY(vector_column_append(
            &builder->vectors[i], &batch->children[builder->vectors[i].column], first_row, err));
    }
    return INLAY_OK;
}

inlay_status superfile_builder_append(struct superfile_builder *builder,
                                      const struct ArrowArray *batch, const struct id_span *spans,
                                      size_t span_count, inlay_error *err)
{
    size_t columns = builder->schema.count - 1;
    uint64_t first_row = builder->ids.rows;
    uint64_t rows = (uint64_t)batch->length;
    struct ArrowArray *children;
    struct ArrowArray **pointers;
    struct ArrowArray whole;
    struct array_view view;
    uint8_t *ids = NULL;
    const void *id_buffers[2] = {NULL, NULL};
    const void *no_buffers[1] = {NULL};
    inlay_status status;
    size_t i;
    if (rows == 0) {
        return INLAY_OK;
    }
    if (batch->n_children != (int64_t)columns) {
        return error_set(err, INLAY_SCHEMA, "a batch has %lld columns, the table %zu",
                         (long long)batch->n_children, columns);
    }
    children = mem_zalloc_array(columns + 1, sizeof(*children));
    pointers = mem_zalloc_array(columns + 1, sizeof(*pointers));
    ids = id_values(spans, span_count, rows);
    if (children == NULL || pointers == NULL || ids == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    /* A struct of shallow copies: _id, then the caller's columns with the struct's own slice
     * applied. Nothing of it is ever released. */
    id_buffers[1] = ids;
    children[0].length = batch->length;
    children[0].n_buffers = 2;
    children[0].buffers = id_buffers;
    children[0].release = release_nothing;
    pointers[0] = &children[0];
    for (i = 0; i < columns; i++) {
        children[i + 1] = *batch->children[i];
        children[i + 1].offset += batch->offset;
        children[i + 1].length = batch->length;
        /* A slice's null count is unknown. */
        children[i + 1].null_count = -1;
        pointers[i + 1] = &children[i + 1];
    }
    memset(&whole, 0, sizeof(whole));
    whole.length = batch->length;
    whole.n_buffers = 1;
    whole.buffers = no_buffers;
    whole.n_children = (int64_t)columns + 1;
    whole.children = pointers;
    whole.release = release_nothing;
    INLAY_TRY_GOTO(status,
                   array_view_open_batch(&builder->schema, &whole, ARRAY_CHECK_FULL,
                                         INLAY_INVALID_ARGUMENT, &view, err),
                   cleanup);
    status = add_ids(builder, spans, span_count, rows, err);
    if (status == INLAY_OK) {
        status = append_view(builder, &view, first_row, err);
    }
    array_view_close(&view);
cleanup:
    mem_free(children);
    mem_free(pointers);
    mem_free(ids);
    return status;
}

static inlay_status finish_text(struct superfile_builder *builder, struct text_column *text,
                                inlay_error *err)
{
    INLAY_TRY(byte_sink_align(builder->sink, REGION_ALIGNMENT, err));
    text->body_offset = builder->sink->offset;
    INLAY_TRY(text_builder_finish(&text->builder, 1, builder->ids.rows, builder->sink, &text->hot,
                                  &text->result.summary, err));
    text->result.filter = text->hot.data + text->result.summary.filter_offset;
    text_builder_free(text->builder); /* gives its memory back before the next column finishes */
    text->builder = NULL;
    return INLAY_OK;
}

static inlay_status write_hot(struct superfile_builder *builder, struct superfile_result *out,
                              inlay_error *err)
{
    struct hot_directory directory = {0};
    struct buffer pieces;
    struct buffer piece;
    struct buffer region;
    inlay_status status;
    size_t i;
    buffer_init(&pieces, SIZE_MAX);
    buffer_init(&piece, SIZE_MAX);
    buffer_init(&region, SIZE_MAX);
    directory.rows = builder->ids.rows;
    id_index_builder_write(&builder->ids, &piece);
    INLAY_TRY_GOTO(status, buffer_status(&piece, err), cleanup);
    INLAY_TRY_GOTO(
        status,
        hot_add(&directory, &pieces, SECTION_ID_INDEX, NULL, 0, 0, piece.data, piece.len, err),
        cleanup);
    for (i = 0; i < builder->text_count; i++) {
        const struct text_column *text = &builder->texts[i];
        INLAY_TRY_GOTO(status,
                       hot_add(&directory, &pieces, SECTION_TEXT, text->result.column,
                               text->body_offset, text->result.summary.body_length, text->hot.data,
                               text->hot.len, err),
                       cleanup);
    }
    for (i = 0; i < builder->vector_count; i++) {
        const struct vector_column *vector = &builder->vectors[i];
        INLAY_TRY_GOTO(status,
                       hot_add(&directory, &pieces, SECTION_VECTOR, vector->result.column,
                               vector->body_offset, vector->result.summary.body_length,
                               vector->hot.data, vector->hot.len, err),
                       cleanup);
    }
    INLAY_TRY_GOTO(status, hot_write(&directory, &pieces, &region, err), cleanup);
    INLAY_TRY_GOTO(status, byte_sink_align(builder->sink, REGION_ALIGNMENT, err), cleanup);
    out->hot_offset = builder->sink->offset;
    out->hot_length = region.len;
    status = byte_sink_write(builder->sink, region.data, region.len, err);
cleanup:
    hot_directory_free(&directory);
    buffer_free(&pieces);
    buffer_free(&piece);
    buffer_free(&region);
    return status;
}

static inlay_status write_footer(struct superfile_builder *builder,
                                 const struct superfile_result *result, inlay_error *err)
{
    char hot[48];
    const struct parquet_writer_key_value pairs[] = {
        {"inlay.version", "1"},
        {"inlay.hot", hot},
        {"inlay.builder", "inlay " INLAY_VERSION},
    };
    (void)snprintf(hot, sizeof(hot), "%" PRIu64 ",%" PRIu64, result->hot_offset,
                   result->hot_length);
    return parquet_writer_write_footer(builder->parquet, pairs, sizeof(pairs) / sizeof(pairs[0]),
                                       err);
}

inlay_status superfile_builder_finish(struct superfile_builder *builder,
                                      struct superfile_result *out, inlay_error *err)
{
    size_t i;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(parquet_writer_finish_rows(builder->parquet, err));
    for (i = 0; i < builder->text_count; i++) {
        INLAY_TRY(finish_text(builder, &builder->texts[i], err));
        builder->results[i] = builder->texts[i].result;
    }
    for (i = 0; i < builder->vector_count; i++) {
        INLAY_TRY(
            vector_column_finish(&builder->vectors[i], builder->ids.rows, builder->sink, err));
        builder->vector_results[i] = builder->vectors[i].result;
    }
    INLAY_TRY(write_hot(builder, out, err));
    INLAY_TRY(write_footer(builder, out, err));
    out->rows = builder->ids.rows;
    out->size = builder->sink->offset;
    out->first_id = builder->first_id;
    out->last_id = builder->ids.last;
    out->parquet = parquet_writer_summary(builder->parquet);
    out->schema = &builder->schema;
    out->texts = builder->results;
    out->text_count = builder->text_count;
    out->vectors = builder->vector_results;
    out->vector_count = builder->vector_count;
    return INLAY_OK;
}

uint64_t superfile_builder_rows(const struct superfile_builder *builder)
{
    return builder->ids.rows;
}
