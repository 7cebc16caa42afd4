/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows to row groups to a file. Where row groups and common page borders fall is decided at check
 * points whose places depend only on the rows of the group so far, never on batch borders.
 */
#include "parquet/writer.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "inlay/common.h"
#include "parquet/arrow_key.h"
#include "parquet/schema_map.h"
#include "parquet/writer_column.h"

#include <string.h>

#define MAGIC "PAR1"
#define DEFAULT_CREATED_BY "inlay version " INLAY_VERSION
#define FIRST_CHECK 16 /* rows of a group before its size is looked at for the first time */
#define CHECK_ROWS 512 /* most rows between two looks */

enum writer_state { WRITER_ROWS, WRITER_ROWS_DONE, WRITER_CLOSED, WRITER_FAILED };

struct parquet_writer {
    enum writer_state state;
    struct byte_sink *sink; /* borrowed */
    struct schema_map map;
    struct column_context context;
    struct column_writer *columns; /* one per leaf */
    size_t column_count;           /* that are initialised */
    uint32_t group_rows;           /* rows of the open group */
    uint32_t next_check;
    struct parquet_row_group *groups; /* their columns are owned */
    size_t group_count;
    size_t group_capacity;
    struct chunk_index *indexes; /* leaf_count per group */
    size_t index_count;
    size_t index_capacity;
    struct arena arena; /* bounds of finished chunks, created_by */
    const char *created_by;
    struct parquet_summary summary;
    size_t summary_capacity;
};

void parquet_writer_options_init(struct parquet_writer_options *options)
{
    memset(options, 0, sizeof(*options));
    options->row_group_bytes = UINT64_C(24) << 20;
    options->row_group_rows = 128 * 1024;
    options->page_rows = 8192;
    options->page_bytes = 64 * 1024;
    options->dictionary_bytes = 1 << 20;
    options->codec = PARQUET_ZSTD;
    options->level = 1;
}

static inlay_status check_options(const struct parquet_writer_options *o,
                                  const struct schema *schema, inlay_error *err)
{
    size_t i;
    if (o->row_group_bytes == 0 || o->row_group_rows == 0 || o->page_rows == 0 ||
        o->page_bytes == 0 || o->page_bytes > (1u << 30)) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "Parquet writer: row group and page sizes must be positive, pages at "
                         "most 1 GiB");
    }
    if (o->codec != PARQUET_ZSTD && o->codec != PARQUET_LZ4_RAW &&
        o->codec != PARQUET_UNCOMPRESSED) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "Parquet writer: codec %d cannot be written; use uncompressed, zstd or "
                         "lz4_raw",
                         (int)o->codec);
    }
    if (o->column_count > schema->count) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "Parquet writer: options for %zu columns, but there are %zu",
                         o->column_count, schema->count);
    }
    for (i = 0; i < o->column_count; i++) {
        double fpp = o->columns[i].bloom_false_positives;
        if (!(fpp >= 0 && fpp < 1)) {
            return error_set(err, INLAY_INVALID_ARGUMENT,
                             "column '%s': a false-positive rate must be below 1",
                             schema->fields[i].name);
        }
    }
    return INLAY_OK;
}

static inlay_status create_columns(struct parquet_writer *w, inlay_error *err)
{
    static const struct parquet_column_options defaults;
    const struct parquet_writer_options *o = &w->context.options;
    w->columns = mem_zalloc_array(w->map.leaf_count, sizeof(*w->columns));
    w->summary.leaves = mem_zalloc_array(w->map.leaf_count, sizeof(*w->summary.leaves));
    if (w->columns == NULL || w->summary.leaves == NULL) {
        return error_no_memory(err);
    }
    w->summary.leaf_count = w->map.leaf_count;
    for (; w->column_count < w->map.leaf_count; w->column_count++) {
        size_t column = w->map.leaves[w->column_count].column;
        column_writer_init(&w->columns[w->column_count], &w->map, w->column_count, &w->context,
                           column < o->column_count ? &o->columns[column] : &defaults);
    }
    return INLAY_OK;
}

static inlay_status start(struct parquet_writer *w, const struct schema *schema, inlay_error *err)
{
    const char *created_by = w->context.options.created_by;
    buffer_init(&w->context.body, INT32_MAX);
    buffer_init(&w->context.packed, INT32_MAX);
    buffer_init(&w->context.other, INT32_MAX);
    arena_init(&w->arena, SIZE_MAX);
    INLAY_TRY(check_options(&w->context.options, schema, err));
    INLAY_TRY(schema_map_for_writing(schema, &w->map, err));
    INLAY_TRY(codec_compressor_create(&w->context.compressor, err));
    INLAY_TRY(create_columns(w, err));
    w->created_by = arena_strdup(&w->arena, created_by != NULL ? created_by : DEFAULT_CREATED_BY);
    if (w->created_by == NULL) {
        return error_no_memory(err);
    }
    /* What the options point to was needed only until here. */
    w->context.options.columns = NULL;
    w->context.options.created_by = NULL;
    return byte_sink_write(w->sink, MAGIC, 4, err);
}

/* Where to look at the group's size next: soon enough not to overshoot by much at the rate so far,
 * and at every common page border. */
static void plan_check(struct parquet_writer *w, uint64_t size)
{
    const struct parquet_writer_options *o = &w->context.options;
    uint64_t border = (w->group_rows / o->page_rows + UINT64_C(1)) * o->page_rows;
    uint64_t step = FIRST_CHECK;
    uint64_t next;
    if (w->group_rows != 0) {
        step = o->row_group_bytes / 16 / (size / w->group_rows + 1);
        step = step < 1 ? 1 : step > CHECK_ROWS ? CHECK_ROWS : step;
    }
    next = w->group_rows + step;
    next = next > border ? border : next;
    w->next_check = next > o->row_group_rows ? o->row_group_rows : (uint32_t)next;
}

inlay_status parquet_writer_create(const struct parquet_writer_options *options,
                                   const struct schema *schema, struct byte_sink *sink,
                                   struct parquet_writer **out, inlay_error *err)
{
    struct parquet_writer *w = mem_zalloc(sizeof(*w));
    inlay_status status;
    *out = NULL;
    if (w == NULL) {
        return error_no_memory(err);
    }
    w->sink = sink;
    w->context.options = *options;
    status = start(w, schema, err);
    if (status != INLAY_OK) {
        parquet_writer_free(w);
        return status;
    }
    plan_check(w, 0);
    *out = w;
    return INLAY_OK;
}

void parquet_writer_free(struct parquet_writer *writer)
{
    size_t i;
    if (writer == NULL) {
        return;
    }
    for (i = 0; i < writer->column_count; i++) {
        column_writer_free(&writer->columns[i]);
    }
    for (i = 0; i < writer->group_count; i++) {
        mem_free(writer->groups[i].columns);
    }
    for (i = 0; i < writer->index_count; i++) {
        mem_free(writer->indexes[i].column_index);
        mem_free(writer->indexes[i].offset_index);
    }
    mem_free(writer->columns);
    mem_free(writer->groups);
    mem_free(writer->indexes);
    mem_free(writer->summary.leaves);
    mem_free(writer->summary.row_groups);
    mem_free(writer->context.codes);
    buffer_free(&writer->context.body);
    buffer_free(&writer->context.packed);
    buffer_free(&writer->context.other);
    codec_compressor_free(writer->context.compressor);
    schema_map_free(&writer->map);
    arena_free(&writer->arena);
    mem_free(writer);
}

/* ---- row groups ---- */

/* Room for one more group in every array that has an item per group. */
static inlay_status reserve_group(struct parquet_writer *w, inlay_error *err)
{
    void *groups = w->groups;
    void *indexes = w->indexes;
    void *summaries = w->summary.row_groups;
    bool ok = mem_grow(&groups, &w->group_capacity, w->group_count + 1, sizeof(*w->groups));
    w->groups = groups;
    ok = ok && mem_grow(&indexes, &w->index_capacity, w->index_count + w->column_count,
                        sizeof(*w->indexes));
    w->indexes = indexes;
    ok = ok && mem_grow(&summaries, &w->summary_capacity, w->group_count + 1,
                        sizeof(*w->summary.row_groups));
    w->summary.row_groups = summaries;
    return ok ? INLAY_OK : error_no_memory(err);
}

static inlay_status write_chunks(struct parquet_writer *w, struct parquet_row_group *group,
                                 struct chunk_index *indexes, inlay_error *err)
{
    size_t i;
    for (i = 0; i < w->column_count; i++) {
        struct parquet_column_chunk *chunk = &group->columns[i];
        INLAY_TRY(column_writer_flush_page(&w->columns[i], &w->context, true, err));
        INLAY_TRY(column_writer_write_chunk(&w->columns[i], &w->context, w->sink, &w->arena, chunk,
                                            &indexes[i], err));
        group->total_byte_size += chunk->uncompressed_size;
        group->total_compressed_size += chunk->compressed_size;
    }
    for (i = 0; i < w->column_count; i++) {
        INLAY_TRY(column_writer_write_bloom(&w->columns[i], w->sink, &group->columns[i], err));
        column_writer_reset(&w->columns[i]);
    }
    return INLAY_OK;
}

static inlay_status flush_group(struct parquet_writer *w, inlay_error *err)
{
    struct parquet_row_group *group;
    struct chunk_index *indexes;
    struct parquet_row_group_summary *summary;
    if (w->group_rows == 0) {
        return INLAY_OK;
    }
    INLAY_TRY(reserve_group(w, err));
    group = &w->groups[w->group_count];
    memset(group, 0, sizeof(*group));
    group->columns = mem_zalloc_array(w->column_count, sizeof(*group->columns));
    if (group->columns == NULL) {
        return error_no_memory(err);
    }
    summary = &w->summary.row_groups[w->group_count++];
    indexes = &w->indexes[w->index_count];
    memset(indexes, 0, w->column_count * sizeof(*indexes));
    w->index_count += w->column_count;
    group->column_count = w->column_count;
    group->num_rows = w->group_rows;
    group->file_offset = w->sink->offset;
    INLAY_TRY(write_chunks(w, group, indexes, err));
    summary->first_row = w->summary.num_rows - w->group_rows;
    summary->num_rows = w->group_rows;
    summary->offset = group->file_offset;
    summary->length = group->total_compressed_size;
    w->summary.row_group_count = w->group_count;
    w->group_rows = 0;
    return INLAY_OK;
}

/* ---- rows ---- */

static inlay_status check_point(struct parquet_writer *w, inlay_error *err)
{
    const struct parquet_writer_options *o = &w->context.options;
    bool at_border = w->group_rows % o->page_rows == 0;
    uint64_t size = 0;
    size_t i;
    for (i = 0; i < w->column_count; i++) {
        if (at_border) {
            INLAY_TRY(column_writer_flush_page(&w->columns[i], &w->context, false, err));
        }
        size += column_writer_size(&w->columns[i]);
    }
    if (w->group_rows >= o->row_group_rows || (at_border && size >= o->row_group_bytes) ||
        size >= o->row_group_bytes + o->row_group_bytes / 3) {
        INLAY_TRY(flush_group(w, err));
    }
    plan_check(w, size);
    return INLAY_OK;
}

static inlay_status append_rows(struct parquet_writer *w, const struct array_view *batch,
                                int64_t first, int64_t count, inlay_error *err)
{
    while (count > 0) {
        int64_t n = (int64_t)(w->next_check - w->group_rows);
        size_t i;
        n = n < count ? n : count;
        for (i = 0; i < w->column_count; i++) {
            const struct array_view *view = &batch->children[w->map.leaves[i].column];
            INLAY_TRY(column_writer_append(&w->columns[i], &w->context, view, first, n,
                                           w->summary.num_rows, err));
        }
        w->group_rows += (uint32_t)n;
        w->summary.num_rows += (uint64_t)n;
        first += n;
        count -= n;
        if (w->group_rows == w->next_check) {
            INLAY_TRY(check_point(w, err));
        }
    }
    return INLAY_OK;
}

static bool same_type(const struct field *a, const struct field *b)
{
    size_t i;
    if (a->type != b->type || a->unit != b->unit || a->width != b->width ||
        a->precision != b->precision || a->scale != b->scale || a->child_count != b->child_count) {
        return false;
    }
    for (i = 0; i < a->child_count; i++) {
        if (!same_type(&a->children[i], &b->children[i])) {
            return false;
        }
    }
    return true;
}

static inlay_status check_batch(const struct parquet_writer *w, const struct array_view *batch,
                                inlay_error *err)
{
    const struct schema *schema = &w->map.schema;
    size_t i;
    if (batch->child_count != schema->count) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "a batch has %zu columns, the Parquet writer's schema %zu",
                         batch->child_count, schema->count);
    }
    for (i = 0; i < schema->count; i++) {
        if (!same_type(batch->children[i].field, &schema->fields[i])) {
            return error_set(err, INLAY_INVALID_ARGUMENT,
                             "column '%s' of a batch has another type than the Parquet writer's "
                             "schema",
                             schema->fields[i].name);
        }
    }
    return INLAY_OK;
}

static inlay_status wrong_state(inlay_error *err, const char *what)
{
    return error_set(err, INLAY_INVALID_ARGUMENT,
                     "Parquet writer: %s is not possible now (an earlier call failed, or calls "
                     "are out of order)",
                     what);
}

inlay_status parquet_writer_append_rows(struct parquet_writer *writer,
                                        const struct array_view *batch, int64_t first,
                                        int64_t count, inlay_error *err)
{
    inlay_status status;
    if (writer->state != WRITER_ROWS) {
        return wrong_state(err, "appending rows");
    }
    INLAY_TRY(check_batch(writer, batch, err));
    if (first < 0 || count < 0 || first > batch->length || count > batch->length - first) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "rows %lld to %lld are outside a batch of %lld", (long long)first,
                         (long long)first + (long long)count, (long long)batch->length);
    }
    status = append_rows(writer, batch, first, count, err);
    if (status != INLAY_OK) {
        writer->state = WRITER_FAILED;
    }
    return status;
}

inlay_status parquet_writer_append(struct parquet_writer *writer, const struct array_view *batch,
                                   inlay_error *err)
{
    return parquet_writer_append_rows(writer, batch, 0, batch->length, err);
}

inlay_status parquet_writer_append_arrow(struct parquet_writer *writer,
                                         const struct ArrowArray *batch, inlay_error *err)
{
    struct array_view view;
    inlay_status status;
    INLAY_TRY(array_view_open_batch(&writer->map.schema, batch, ARRAY_CHECK_FULL,
                                    INLAY_INVALID_ARGUMENT, &view, err));
    status = parquet_writer_append(writer, &view, err);
    array_view_close(&view);
    return status;
}

/* ---- the end ---- */

static inlay_status write_index(struct parquet_writer *w, const uint8_t *bytes, size_t size,
                                uint64_t *offset, uint32_t *length, inlay_error *err)
{
    if (size != 0) {
        *offset = w->sink->offset;
        *length = (uint32_t)size;
    }
    return byte_sink_write(w->sink, bytes, size, err);
}

/* All column indexes, then all offset indexes: a reader that prunes fetches one range. */
static inlay_status write_indexes(struct parquet_writer *w, inlay_error *err)
{
    size_t i;
    for (i = 0; i < w->index_count; i++) {
        struct parquet_column_chunk *c =
            &w->groups[i / w->column_count].columns[i % w->column_count];
        INLAY_TRY(write_index(w, w->indexes[i].column_index, w->indexes[i].column_index_size,
                              &c->column_index_offset, &c->column_index_length, err));
    }
    for (i = 0; i < w->index_count; i++) {
        struct parquet_column_chunk *c =
            &w->groups[i / w->column_count].columns[i % w->column_count];
        INLAY_TRY(write_index(w, w->indexes[i].offset_index, w->indexes[i].offset_index_size,
                              &c->offset_index_offset, &c->offset_index_length, err));
    }
    return INLAY_OK;
}

static struct parquet_bytes kept_bytes(const struct kept_value *kept)
{
    static const uint8_t nothing[1] = {0};
    struct parquet_bytes b = {NULL, 0};
    if (kept->present) {
        b.data = kept->bytes.data != NULL ? kept->bytes.data : nothing;
        b.length = kept->bytes.len;
    }
    return b;
}

inlay_status parquet_writer_finish_rows(struct parquet_writer *writer, inlay_error *err)
{
    inlay_status status;
    size_t i;
    if (writer->state != WRITER_ROWS) {
        return wrong_state(err, "finishing the rows");
    }
    if (writer->summary.num_rows == 0 && !writer->context.options.allow_empty) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "Parquet writer: a file without rows is never written");
    }
    status = flush_group(writer, err);
    if (status == INLAY_OK) {
        status = write_indexes(writer, err);
    }
    writer->state = status == INLAY_OK ? WRITER_ROWS_DONE : WRITER_FAILED;
    for (i = 0; i < writer->column_count; i++) {
        struct column_writer *c = &writer->columns[i];
        c->summary.min = kept_bytes(&c->file_min);
        c->summary.max = kept_bytes(&c->file_max);
        writer->summary.leaves[i] = c->summary;
    }
    writer->summary.rows_end = writer->sink->offset;
    return status;
}

static struct parquet_bytes text_bytes(const char *text)
{
    struct parquet_bytes b = {(const uint8_t *)text, text != NULL ? strlen(text) : 0};
    return b;
}

static inlay_status write_footer(struct parquet_writer *w, struct parquet_file_metadata *metadata,
                                 inlay_error *err)
{
    struct buffer footer;
    inlay_status status;
    uint64_t offset = w->sink->offset;
    buffer_init(&footer, INT32_MAX);
    parquet_file_metadata_write(metadata, &footer);
    w->summary.footer_length = footer.len;
    buffer_u32(&footer, (uint32_t)footer.len);
    buffer_append(&footer, MAGIC, 4);
    status = buffer_status(&footer, err);
    if (status == INLAY_OK) {
        status = byte_sink_write(w->sink, footer.data, footer.len, err);
    }
    w->summary.footer_offset = status == INLAY_OK ? offset : 0;
    buffer_free(&footer);
    return status;
}

static void fill_metadata(const struct parquet_writer *w, struct parquet_file_metadata *out)
{
    out->version = 2;
    out->schema = w->map.elements;
    out->schema_count = w->map.element_count;
    out->leaf_count = w->map.leaf_count;
    out->num_rows = w->summary.num_rows;
    out->row_groups = w->groups;
    out->row_group_count = w->group_count;
    out->created_by = text_bytes(w->created_by);
    out->has_column_orders = true;
}

inlay_status parquet_writer_write_footer(struct parquet_writer *writer,
                                         const struct parquet_writer_key_value *key_values,
                                         size_t count, inlay_error *err)
{
    struct parquet_file_metadata metadata = {0};
    struct buffer arrow_schema;
    inlay_status status;
    size_t i;
    if (writer->state != WRITER_ROWS_DONE) {
        return wrong_state(err, "writing the footer");
    }
    buffer_init(&arrow_schema, INT32_MAX);
    metadata.key_values = mem_zalloc_array(count + 1, sizeof(*metadata.key_values));
    if (metadata.key_values == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        metadata.key_values[i].key = text_bytes(key_values[i].key);
        metadata.key_values[i].value = text_bytes(key_values[i].value);
    }
    INLAY_TRY_GOTO(status, arrow_key_encode(&writer->map.schema, &arrow_schema, err), cleanup);
    metadata.key_values[count].key = text_bytes(ARROW_SCHEMA_KEY);
    metadata.key_values[count].value.data = arrow_schema.data;
    metadata.key_values[count].value.length = arrow_schema.len;
    metadata.key_value_count = count + 1;
    fill_metadata(writer, &metadata);
    status = write_footer(writer, &metadata, err);
cleanup:
    buffer_free(&arrow_schema);
    mem_free(metadata.key_values);
    writer->state = status == INLAY_OK ? WRITER_CLOSED : WRITER_FAILED;
    return status;
}

inlay_status parquet_writer_close(struct parquet_writer *writer,
                                  const struct parquet_writer_key_value *key_values, size_t count,
                                  inlay_error *err)
{
    if (writer->state == WRITER_ROWS) {
        INLAY_TRY(parquet_writer_finish_rows(writer, err));
    }
    return parquet_writer_write_footer(writer, key_values, count, err);
}

const struct parquet_summary *parquet_writer_summary(const struct parquet_writer *writer)
{
    return &writer->summary;
}

uint64_t parquet_writer_row_count(const struct parquet_writer *writer)
{
    return writer->summary.num_rows;
}
