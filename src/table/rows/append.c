/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows into a table: batches are fitted to the schema, get their ids, and stream into superfiles of
 * about target_bytes of input each. Files go to the store as they are built; one commit at the end
 * shows them all. Before it nothing is visible; a failure leaves only files that nothing names.
 */
#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "columnar/stream.h"
#include "table/rows/entry_build.h"
#include "table/rows/superfile_upload.h"
#include "table/rows/typed_table_priv.h"

#include <string.h>

#define DEFAULT_TARGET_BYTES ((uint64_t)256 << 20)
/* One vector index over many rows answers faster than several over few. */
#define DEFAULT_VECTOR_TARGET_BYTES ((uint64_t)1 << 30)
/* One batch in our layout may grow to this; a caller's batch beyond it is refused, not truncated.
 */
#define BATCH_BYTES_MAX ((uint64_t)2 << 30)

struct append {
    struct typed_table *table;
    const struct typed_append_options *options;
    uint64_t target_bytes;
    struct superfile_text_column *texts;     /* owned */
    struct superfile_vector_column *vectors; /* owned */
    struct superfile_upload upload;
    struct superfile_builder *builder; /* NULL: no file is open */
    uint64_t file_bytes_in;
    struct entry_block **blocks; /* owned: one per finished file */
    struct manifest_entry *entries;
    size_t entry_count;
    size_t block_capacity;
    size_t entry_capacity;
    struct typed_append_result result;
};

static inlay_status append_begin(struct append *a, inlay_error *err)
{
    const struct typed_table *table = a->table;
    size_t i;
    a->texts = mem_zalloc_array(table->text_count, sizeof(*a->texts));
    a->vectors = mem_zalloc_array(table->vector_count, sizeof(*a->vectors));
    if (a->texts == NULL || a->vectors == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < table->text_count; i++) {
        a->texts[i].column = table->texts[i].column;
        a->texts[i].analyzer = table->texts[i].analyzer;
        a->texts[i].positions = table->texts[i].positions;
        a->texts[i].k1 = table->texts[i].k1;
        a->texts[i].b = table->texts[i].b;
    }
    for (i = 0; i < table->vector_count; i++) {
        a->vectors[i].column = table->vectors[i].column;
        a->vectors[i].metric = table->vectors[i].metric;
        a->vectors[i].code_bits = table->vectors[i].code_bits;
        a->vectors[i].cell_rows = table->vectors[i].cell_rows;
    }
    return INLAY_OK;
}

static void append_end(struct append *a)
{
    size_t i;
    superfile_builder_free(a->builder);
    superfile_upload_close(&a->upload);
    for (i = 0; i < a->entry_count; i++) {
        entry_block_release(a->blocks[i]);
    }
    mem_free(a->blocks);
    mem_free(a->entries);
    mem_free(a->texts);
    mem_free(a->vectors);
}

static inlay_status open_file(struct append *a, inlay_error *err)
{
    struct superfile_options options = {.texts = a->texts,
                                        .text_count = a->table->text_count,
                                        .memory_budget = a->table->build_memory,
                                        .spill_folder = a->table->spill_folder,
                                        .vectors = a->vectors,
                                        .vector_count = a->table->vector_count,
                                        .pool = a->table->pool,
                                        .cancel = a->options->cancel,
                                        .progress = a->options->index_progress,
                                        .row_group_rows = a->options->row_group_rows,
                                        .page_rows = a->options->page_rows};
    INLAY_TRY(superfile_upload_begin(&a->upload, a->table->table, a->target_bytes, err));
    a->file_bytes_in = 0;
    return superfile_builder_create(&a->table->columns, &options, &a->upload.sink, &a->builder,
                                    err);
}

static inlay_status keep_entry(struct append *a, const struct superfile_result *result,
                               struct id128 superfile_id, inlay_error *err)
{
    struct manifest_entry entry;
    struct arena arena;
    void *blocks = a->blocks;
    void *entries = a->entries;
    inlay_status status;
    if (!mem_grow(&blocks, &a->block_capacity, a->entry_count + 1, sizeof(*a->blocks))) {
        return error_no_memory(err);
    }
    a->blocks = blocks;
    if (!mem_grow(&entries, &a->entry_capacity, a->entry_count + 1, sizeof(*a->entries))) {
        return error_no_memory(err);
    }
    a->entries = entries;
    arena_init(&arena, SIZE_MAX);
    status = entry_build(result, superfile_id, &arena, &entry, err);
    if (status == INLAY_OK) {
        status = entry_block_copy(&entry, 1, &a->blocks[a->entry_count], err);
    }
    if (status == INLAY_OK) {
        a->entries[a->entry_count] = a->blocks[a->entry_count]->entries[0];
        a->entry_count++;
    }
    arena_free(&arena);
    return status;
}

static inlay_status close_file(struct append *a, inlay_error *err)
{
    struct superfile_result result;
    if (a->builder == NULL) {
        return INLAY_OK;
    }
    INLAY_TRY(superfile_builder_finish(a->builder, &result, err));
    INLAY_TRY(keep_entry(a, &result, a->upload.id, err));
    superfile_builder_free(a->builder);
    a->builder = NULL;
    INLAY_TRY(superfile_upload_finish(&a->upload, err));
    a->result.superfiles++;
    a->result.bytes_written += a->upload.sink.offset;
    superfile_upload_close(&a->upload);
    return INLAY_OK;
}

/* Bytes of the values of rows: what "target bytes of input" counts. */
static uint64_t array_bytes(const struct array_view *view, int64_t first, int64_t count)
{
    uint64_t bytes = 0;
    size_t i;
    if (count == 0) {
        return 0;
    }
    if (view->offsets != NULL) {
        uint64_t width = view->wide_offsets ? 8 : 4;
        const uint8_t *at = view->offsets + (uint64_t)first * width;
        const uint8_t *end = at + (uint64_t)count * width;
        uint64_t from = view->wide_offsets ? load_u64(at) : load_u32(at);
        uint64_t to = view->wide_offsets ? load_u64(end) : load_u32(end);
        if (view->child_count == 0) {
            return to - from;
        }
        return array_bytes(&view->children[0], (int64_t)from, (int64_t)(to - from));
    }
    if (view->child_count != 0) {
        int64_t each = view->field->type == COLUMN_FIXED_LIST ? view->field->width : 1;
        for (i = 0; i < view->child_count; i++) {
            bytes += array_bytes(&view->children[i], first * each, count * each);
        }
        return bytes;
    }
    if (view->views != NULL) {
        for (i = 0; i < (size_t)count; i++) {
            bytes += load_u32(view->views + 16 * ((uint64_t)first + i));
        }
        return bytes;
    }
    return (uint64_t)count * (view->codes != NULL ? 8 : view->width != 0 ? view->width : 1);
}

static inlay_status append_rows(struct append *a, const struct batch *batch, uint64_t bytes,
                                inlay_error *err)
{
    struct id_span *spans = NULL;
    size_t span_count = 0;
    uint64_t rows = (uint64_t)batch->array.length;
    inlay_status status;
    if (a->builder == NULL) {
        INLAY_TRY(open_file(a, err));
    }
    INLAY_TRY(id_generator_reserve(table_ids(a->table->table), rows, &spans, &span_count, err));
    status = superfile_builder_append(a->builder, &batch->array, spans, span_count, err);
    if (status == INLAY_OK) {
        if (a->result.rows == 0) {
            a->result.first_id = spans[0].first;
        }
        a->result.last_id = spans[span_count - 1].last;
        a->result.rows += rows;
        a->result.bytes_in += bytes;
        a->file_bytes_in += bytes;
    }
    mem_free(spans);
    return status;
}

/* A batch in the table's layout, cut where a superfile is full. */
static inlay_status append_fitted(struct append *a, const struct batch *batch, inlay_error *err)
{
    struct array_view view;
    int64_t rows = batch->array.length;
    int64_t first = 0;
    uint64_t bytes;
    int64_t step;
    inlay_status status = INLAY_OK;
    INLAY_TRY(array_view_open_batch(&batch->schema, &batch->array, ARRAY_CHECK_STRUCTURE,
                                    INLAY_INVALID_ARGUMENT, &view, err));
    bytes = array_bytes(&view, 0, rows);
    /* Slices of about an eighth of a file, so that files come out near their target. */
    step = rows;
    if (bytes > a->target_bytes / 8) {
        step = (int64_t)((double)rows * ((double)a->target_bytes / 8.0) / (double)bytes);
        step = step < 1 ? 1 : step;
    }
    for (first = 0; first < rows && status == INLAY_OK; first += step) {
        int64_t count = rows - first < step ? rows - first : step;
        struct batch slice;
        status = batch_slice(batch, first, count, &slice, err);
        if (status != INLAY_OK) {
            break;
        }
        status = append_rows(a, &slice, array_bytes(&view, first, count), err);
        batch_release(&slice);
        if (status != INLAY_OK && err != NULL && err->row >= 0) {
            err->row += first; /* of the slice: make it a row of the batch */
        }
        if (status == INLAY_OK && a->file_bytes_in >= a->target_bytes) {
            status = close_file(a, err);
        }
    }
    array_view_close(&view);
    return status;
}

static bool plain_layout(const struct field *fields, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        if (fields[i].dictionary || fields[i].view ||
            !plain_layout(fields[i].children, fields[i].child_count)) {
            return false;
        }
    }
    return true;
}

/* The batch (taken over) in the table's types and in the layout that superfiles are built from:
 * dictionaries and views are spelled out. */
static inlay_status fit_batch(const struct append *a, struct batch *batch, struct batch *out,
                              inlay_error *err)
{
    const struct batch *one = out;
    struct batch plain;
    inlay_status status = batch_coerce(batch, &a->table->columns, BATCH_BYTES_MAX, out, err);
    batch_release(batch);
    if (status == INLAY_OK && !plain_layout(out->schema.fields, out->schema.count)) {
        status = batch_concat(&one, 1, BATCH_BYTES_MAX, &plain, err);
        batch_release(out);
        if (status == INLAY_OK) {
            *out = plain;
        }
    }
    return status;
}

static inlay_status append_stream(struct append *a, struct ArrowArrayStream *rows, inlay_error *err)
{
    struct schema incoming = {NULL, 0};
    bool end = false;
    inlay_status status = stream_read_schema(rows, &incoming, err);
    while (status == INLAY_OK) {
        struct batch batch;
        struct batch fitted;
        int64_t first_row = (int64_t)a->result.rows;
        status = stream_read_batch(rows, &incoming, &batch, &end, err);
        if (status != INLAY_OK || end) {
            break;
        }
        status = fit_batch(a, &batch, &fitted, err);
        if (status == INLAY_OK) {
            status = append_fitted(a, &fitted, err);
            batch_release(&fitted);
        }
        if (status != INLAY_OK && err != NULL && err->row >= 0) {
            err->row += first_row; /* of the batch: make it a row of the stream */
        }
        if (status == INLAY_OK && a->options->progress != NULL) {
            status =
                a->options->progress(a->options->context, a->result.rows, a->result.bytes_in, err);
        }
    }
    schema_free(&incoming);
    return status == INLAY_OK ? close_file(a, err) : status;
}

static inlay_status publish(struct append *a, inlay_error *err)
{
    struct commit_request request = {0};
    struct commit_result committed;
    struct change change;
    inlay_status status;
    if (a->options->decorate == NULL) {
        if (a->entry_count == 0) {
            return INLAY_OK;
        }
        INLAY_TRY(table_append(a->table->table, a->entries, a->entry_count, &committed, err));
        a->result.version = committed.version;
        return INLAY_OK;
    }
    change_init(&change, OPERATION_APPEND);
    status = change_add(&change, a->entries, a->entry_count, err);
    if (status == INLAY_OK) {
        status = a->options->decorate(a->options->context, &change, err);
    }
    if (status == INLAY_OK && !change_is_empty(&change)) {
        request.change = &change;
        request.operation = OPERATION_APPEND;
        status = table_commit(a->table->table, &request, &committed, err);
        a->result.version = status == INLAY_OK ? committed.version : 0;
    }
    change_free(&change);
    return status;
}

inlay_status typed_table_append(struct typed_table *table, struct ArrowArrayStream *rows,
                                const struct typed_append_options *options,
                                struct typed_append_result *result, inlay_error *err)
{
    static const struct typed_append_options defaults = {0};
    struct append append;
    inlay_status status;
    memset(&append, 0, sizeof(append));
    append.table = table;
    append.options = options != NULL ? options : &defaults;
    append.target_bytes = append.options->target_bytes != 0 ? append.options->target_bytes
                          : table->vector_count != 0        ? DEFAULT_VECTOR_TARGET_BYTES
                                                            : DEFAULT_TARGET_BYTES;
    status = append_begin(&append, err);
    if (status == INLAY_OK) {
        status = append_stream(&append, rows, err);
    }
    if (status == INLAY_OK) {
        status = publish(&append, err);
    }
    if (result != NULL) {
        memset(result, 0, sizeof(*result));
        if (status == INLAY_OK) {
            *result = append.result;
        }
    }
    append_end(&append);
    if (rows->release != NULL) {
        rows->release(rows);
    }
    return status;
}
