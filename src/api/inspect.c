/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handles.h"
#include "base/error.h"
#include "cache/mmap_source.h"
#include "superfile/layout.h"
#include "superfile/verify.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static inlay_status open_file(const char *path, enum mmap_hint hint, struct byte_source **out,
                              inlay_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        int code = errno;
        inlay_status status = error_from_errno(err, code, "cannot open %s", path);
        error_key(err, path);
        return status;
    }
    if (!S_ISREG(info.st_mode)) {
        error_set(err, INLAY_INVALID_ARGUMENT, "%s is not a file", path);
        error_key(err, path);
        return INLAY_INVALID_ARGUMENT;
    }
    return mmap_source_open(path, NULL, (uint64_t)info.st_size, hint, NULL, out, err);
}

static inlay_status region_row(struct result_rows *rows, const struct region *region,
                               inlay_error *err)
{
    struct builder *part = builder_child(rows->builder, 2);
    INLAY_TRY(result_text(rows, 0, region_kind_name(region->kind), err));
    INLAY_TRY(result_text(rows, 1, region->column, err));
    INLAY_TRY(region->row_group >= 0 ? builder_int(part, region->row_group, err)
                                     : builder_null(part, err));
    INLAY_TRY(result_uint(rows, 3, region->offset, err));
    INLAY_TRY(result_uint(rows, 4, region->length, err));
    INLAY_TRY(result_text(rows, 5, region->detail, err));
    INLAY_TRY(builder_bool(builder_child(rows->builder, 6), region->is_part, err));
    return builder_close_row(rows->builder, err);
}

static inlay_status region_schema(struct schema *schema, inlay_error *err)
{
    memset(schema, 0, sizeof(*schema));
    if (schema_add(schema, "region", COLUMN_UTF8, false) == NULL ||
        schema_add(schema, "column", COLUMN_UTF8, true) == NULL ||
        schema_add(schema, "part", COLUMN_INT64, true) == NULL ||
        schema_add(schema, "offset", COLUMN_UINT64, false) == NULL ||
        schema_add(schema, "length", COLUMN_UINT64, false) == NULL ||
        schema_add(schema, "detail", COLUMN_UTF8, true) == NULL ||
        schema_add(schema, "inside", COLUMN_BOOL, false) == NULL) {
        schema_free(schema);
        return error_no_memory(err);
    }
    return INLAY_OK;
}

inlay_status inlay_inspect_file(const char *path, struct ArrowArrayStream *out, inlay_error *err)
{
    struct byte_source *source = NULL;
    struct result_rows rows;
    struct schema schema;
    struct layout layout;
    inlay_status status;
    size_t i;
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    INLAY_TRY(check_argument(path, "the path", err));
    INLAY_TRY(open_file(path, MMAP_RANDOM, &source, err));
    status = superfile_layout(source, &layout, err);
    byte_source_release(source);
    if (status != INLAY_OK) {
        return status;
    }
    status = region_schema(&schema, err);
    if (status == INLAY_OK) {
        status = result_begin(&rows, &schema, err);
        for (i = 0; i < layout.count && status == INLAY_OK; i++) {
            status = region_row(&rows, &layout.regions[i], err);
        }
        if (status == INLAY_OK) {
            status = result_finish(&rows, out, err);
        } else {
            result_free(&rows);
        }
    }
    layout_free(&layout);
    return status;
}

inlay_status inlay_verify_file(const char *path, inlay_file_check *result, inlay_error *err)
{
    struct byte_source *source = NULL;
    struct verify_result verified;
    inlay_status status;
    INLAY_TRY(check_argument(path, "the path", err));
    INLAY_TRY(open_file(path, MMAP_SEQUENTIAL, &source, err));
    status = superfile_verify(source, NULL, &verified, err);
    byte_source_release(source);
    if (result != NULL) {
        memset(result, 0, sizeof(*result));
        result->struct_size = sizeof(*result);
        if (status == INLAY_OK) {
            result->rows = verified.rows;
            result->bytes = verified.bytes;
            result->checksums = verified.checksums;
            result->is_superfile = verified.is_superfile;
        }
    }
    return status;
}

struct verify_report {
    inlay_progress_callback callback;
    void *context;
    uint64_t done_before; /* bytes of the files already verified */
    uint64_t total;
    double seconds_before;
    int cancelled;
};

static void report(void *context, const struct progress_event *event)
{
    struct verify_report *state = context;
    inlay_progress progress = {0};
    progress.phase = "verifying";
    progress.bytes = state->done_before + event->done;
    progress.total_bytes = state->total;
    progress.seconds = state->seconds_before + (double)event->elapsed_ns * 1e-9;
    if (state->callback(state->context, &progress) != 0) {
        state->cancelled = 1;
    }
    if (event->finished) {
        state->done_before += event->done;
        state->seconds_before = progress.seconds;
    }
}

static inlay_status verify_view(struct table_view *view, struct verify_report *state,
                                inlay_verify_result *result, inlay_error *err)
{
    struct progress progress;
    inlay_status status = INLAY_OK;
    size_t i;
    progress_init(&progress, state->callback != NULL ? report : NULL, state, env_system(),
                  PROGRESS_INTERVAL_NS);
    for (i = 0; i < view->list.count && status == INLAY_OK && !state->cancelled; i++) {
        struct byte_source *source = NULL;
        struct verify_result verified;
        status = table_view_source(view, i, &source, err);
        if (status == INLAY_OK) {
            status = superfile_verify(source, &progress, &verified, err);
            byte_source_release(source);
        }
        if (status == INLAY_OK && verified.rows != view->list.entries[i].rows) {
            status = error_set(
                err, INLAY_CORRUPT, "superfile %zu has %llu rows, the manifest says %llu", i,
                (unsigned long long)verified.rows, (unsigned long long)view->list.entries[i].rows);
        }
        if (status == INLAY_OK) {
            result->superfiles++;
            result->bytes += verified.bytes;
            result->checksums += verified.checksums;
        }
    }
    progress_destroy(&progress);
    if (status == INLAY_OK && state->cancelled) {
        status = error_set(err, INLAY_CANCELLED, "the check was cancelled after %llu superfiles",
                           (unsigned long long)result->superfiles);
    }
    return status;
}

inlay_status inlay_table_verify(inlay_table *table, inlay_progress_callback progress,
                                void *progress_context, inlay_verify_result *result,
                                inlay_error *err)
{
    struct verify_report state = {0};
    inlay_verify_result scratch;
    struct table_view *view = NULL;
    inlay_status status;
    INLAY_TRY(check_argument(table, "the table", err));
    result = result != NULL ? result : &scratch;
    memset(result, 0, sizeof(*result));
    result->struct_size = sizeof(*result);
    INLAY_TRY(table_handle_view(table, &view, err));
    state.callback = progress;
    state.context = progress_context;
    state.total = view->snapshot->counts.bytes;
    status = verify_view(view, &state, result, err);
    table_view_release(view);
    return status;
}
