/* SPDX-License-Identifier: Apache-2.0 */
#include "api/build_progress.h"
#include "api/handles.h"
#include "base/alloc.h"
#include "base/error.h"
#include "columnar/stream.h"
#include "table/rows/fetch.h"

#include <string.h>

inlay_status table_handle_create(struct inlay_connection *connection, const char *name,
                                 struct typed_table *typed, struct snapshot *pinned,
                                 inlay_table **out, inlay_error *err)
{
    struct inlay_table *table = mem_zalloc(sizeof(*table));
    char *copy = mem_strdup(name);
    *out = NULL;
    if (table == NULL || copy == NULL) {
        mem_free(table);
        mem_free(copy);
        typed_table_release(typed);
        snapshot_release(pinned);
        return error_no_memory(err);
    }
    table->connection = connection;
    table->name = copy;
    table->typed = typed;
    table->pinned = pinned;
    *out = table;
    return INLAY_OK;
}

inlay_status table_handle_view(inlay_table *table, struct table_view **out, inlay_error *err)
{
    return table_view_open(table->typed, table->pinned, out, err);
}

void inlay_table_close(inlay_table *table)
{
    if (table != NULL) {
        snapshot_release(table->pinned);
        typed_table_release(table->typed);
        mem_free(table->name);
        mem_free(table);
    }
}

void inlay_open_options_init(inlay_open_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
}

inlay_status inlay_open_table(inlay_connection *connection, const char *name,
                              const inlay_open_options *options, inlay_table **out,
                              inlay_error *err)
{
    struct typed_table *typed = NULL;
    struct snapshot *pinned = NULL;
    inlay_status status;
    INLAY_TRY(check_argument(out, "out", err));
    *out = NULL;
    INLAY_TRY(check_argument(connection, "the connection", err));
    INLAY_TRY(check_argument(name, "the table's name", err));
    INLAY_TRY(connection_typed_table(connection, name, &typed, NULL, err));
    if (options != NULL && options->version != 0 && options->as_of_unix_ms != 0) {
        status = error_set(err, INLAY_INVALID_ARGUMENT,
                           "a table is opened by version or by time, not by both");
    } else if (options != NULL && options->version != 0) {
        status = table_open_version(typed_table_handle(typed), options->version, &pinned, err);
    } else if (options != NULL && options->as_of_unix_ms != 0) {
        status = table_open_at(typed_table_handle(typed), options->as_of_unix_ms, &pinned, err);
    } else {
        status = INLAY_OK;
    }
    if (status != INLAY_OK) {
        typed_table_release(typed);
        return status;
    }
    return table_handle_create(connection, name, typed, pinned, out, err);
}

inlay_status inlay_table_snapshot(inlay_table *table, inlay_table **out, inlay_error *err)
{
    struct snapshot *pinned = NULL;
    INLAY_TRY(check_argument(out, "out", err));
    *out = NULL;
    INLAY_TRY(check_argument(table, "the table", err));
    if (table->pinned != NULL) {
        pinned = snapshot_retain(table->pinned);
    } else {
        INLAY_TRY(table_pin(typed_table_handle(table->typed), &pinned, err));
    }
    return table_handle_create(table->connection, table->name, typed_table_retain(table->typed),
                               pinned, out, err);
}

inlay_status inlay_table_schema(inlay_table *table, struct ArrowSchema *out, inlay_error *err)
{
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    INLAY_TRY(check_argument(table, "the table", err));
    return schema_to_arrow(typed_table_file_schema(table->typed), out, err);
}

void inlay_append_options_init(inlay_append_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
}

struct append_progress {
    const inlay_append_options *options;
    uint64_t started_ns;
};

static inlay_status report_progress(void *context, uint64_t rows, uint64_t bytes, inlay_error *err)
{
    const struct append_progress *state = context;
    const struct env *env = env_system();
    inlay_progress progress = {0};
    progress.phase = "appending";
    progress.rows = rows;
    progress.bytes = bytes;
    progress.seconds = (double)(env->monotonic_ns(env->context) - state->started_ns) * 1e-9;
    if (state->options->progress(state->options->progress_context, &progress) != 0) {
        return error_set(err, INLAY_CANCELLED, "the append was cancelled; nothing was appended");
    }
    return INLAY_OK;
}

inlay_status inlay_table_append(inlay_table *table, struct ArrowArrayStream *rows,
                                const inlay_append_options *options, inlay_append_result *result,
                                inlay_error *err)
{
    struct typed_append_options typed_options = {0};
    struct typed_append_result typed_result;
    const struct env *env = env_system();
    struct append_progress progress = {options, env->monotonic_ns(env->context)};
    struct build_progress build;
    inlay_status status = check_argument(rows, "the stream of rows", err);
    if (status != INLAY_OK) {
        return status;
    }
    status = check_argument(table, "the table", err);
    if (status == INLAY_OK && table->pinned != NULL) {
        status = error_set(err, INLAY_INVALID_ARGUMENT,
                           "a snapshot cannot be appended to; open the table without a version");
    }
    if (status != INLAY_OK) {
        if (rows->release != NULL) {
            rows->release(rows);
        }
        return status;
    }
    if (options != NULL) {
        typed_options.target_bytes = options->target_superfile_bytes;
        typed_options.progress = options->progress != NULL ? report_progress : NULL;
        typed_options.context = &progress;
    }
    build_progress_begin(&build, options != NULL ? options->progress : NULL,
                         options != NULL ? options->progress_context : NULL, &typed_options);
    status = typed_table_append(table->typed, rows, &typed_options, &typed_result, err);
    build_progress_end(&build);
    if (result != NULL) {
        memset(result, 0, sizeof(*result));
        result->struct_size = sizeof(*result);
        result->rows = typed_result.rows;
        result->superfiles = typed_result.superfiles;
        result->bytes = typed_result.bytes_written;
        result->version = typed_result.version;
        result->first_id.hi = typed_result.first_id.hi;
        result->first_id.lo = typed_result.first_id.lo;
        result->last_id.hi = typed_result.last_id.hi;
        result->last_id.lo = typed_result.last_id.lo;
    }
    return status;
}

inlay_status inlay_table_count(inlay_table *table, uint64_t *rows, inlay_error *err)
{
    struct snapshot *snapshot;
    INLAY_TRY(check_argument(rows, "rows", err));
    *rows = 0;
    INLAY_TRY(check_argument(table, "the table", err));
    if (table->pinned != NULL) {
        *rows = table->pinned->counts.rows - table->pinned->counts.deleted;
        return INLAY_OK;
    }
    INLAY_TRY(table_pin(typed_table_handle(table->typed), &snapshot, err));
    *rows = snapshot->counts.rows - snapshot->counts.deleted;
    snapshot_release(snapshot);
    return INLAY_OK;
}

/* Places of the ids that exist, in the order of the ids. */
static inlay_status find_places(struct table_view *view, const inlay_id *ids, size_t count,
                                struct row_place *places, size_t *found, inlay_error *err)
{
    size_t i;
    *found = 0;
    for (i = 0; i < count; i++) {
        struct id128 id = {ids[i].hi, ids[i].lo};
        bool present;
        INLAY_TRY(table_find(view, id, &places[*found], &present, err));
        *found += present;
    }
    return INLAY_OK;
}

inlay_status inlay_table_get(inlay_table *table, const inlay_id *ids, size_t id_count,
                             const char *const *columns, size_t column_count,
                             struct ArrowArrayStream *out, inlay_cost *cost, inlay_error *err)
{
    struct table_view *view = NULL;
    struct row_place *places = NULL;
    uint32_t *indexes = NULL;
    size_t index_count = 0;
    size_t found = 0;
    struct cost_meter meter;
    struct batch batch;
    inlay_status status;
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    INLAY_TRY(check_argument(table, "the table", err));
    meter = cost_start(table->connection, cost);
    INLAY_TRY(resolve_columns(table->typed, columns, column_count, &indexes, &index_count, err));
    status = table_handle_view(table, &view, err);
    if (status == INLAY_OK) {
        places = mem_zalloc_array(id_count + 1, sizeof(*places));
        status = places != NULL ? find_places(view, ids, id_count, places, &found, err)
                                : error_no_memory(err);
    }
    if (status == INLAY_OK) {
        status = table_fetch(view, places, found, indexes, index_count, &batch, err);
    }
    if (status == INLAY_OK) {
        struct schema schema;
        status = schema_copy(&batch.schema, &schema, err);
        if (status == INLAY_OK) {
            status = stream_of_batches(&schema, &batch, 1, out, err);
            schema_free(&schema);
        } else {
            batch_release(&batch);
        }
    }
    cost_finish(&meter, view);
    table_view_release(view);
    mem_free(places);
    mem_free(indexes);
    return status;
}

inlay_status resolve_columns(const struct typed_table *table, const char *const *columns,
                             size_t count, uint32_t **out, size_t *out_count, inlay_error *err)
{
    const struct schema *schema = typed_table_file_schema(table);
    size_t wanted = columns != NULL ? count : schema->count;
    size_t i;
    /* An empty list still returns something to tell rows apart by. */
    if (wanted == 0) {
        wanted = 1;
    }
    *out_count = wanted;
    *out = mem_zalloc_array(wanted, sizeof(**out));
    if (*out == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < wanted; i++) {
        ptrdiff_t index = (ptrdiff_t)i;
        if (columns != NULL && count != 0) {
            index = schema_find(schema, columns[i]);
        }
        if (index < 0) {
            error_set(err, INLAY_INVALID_ARGUMENT, "the table has no column \"%s\"", columns[i]);
            error_key(err, columns[i]);
            mem_free(*out);
            *out = NULL;
            return INLAY_INVALID_ARGUMENT;
        }
        (*out)[i] = (uint32_t)index;
    }
    return INLAY_OK;
}

static inlay_status versions_schema(struct schema *schema, inlay_error *err)
{
    struct field *time;
    memset(schema, 0, sizeof(*schema));
    if (schema_add(schema, "version", COLUMN_UINT64, false) == NULL ||
        (time = schema_add(schema, "time", COLUMN_TIMESTAMP, false)) == NULL ||
        !field_set_timezone(time, "UTC") ||
        schema_add(schema, "operation", COLUMN_UTF8, false) == NULL) {
        schema_free(schema);
        return error_no_memory(err);
    }
    schema->fields[1].unit = UNIT_MILLI;
    return INLAY_OK;
}

static inlay_status version_row(struct result_rows *rows, const struct history_record *record,
                                inlay_error *err)
{
    INLAY_TRY(result_uint(rows, 0, record->id, err));
    INLAY_TRY(builder_int(builder_child(rows->builder, 1), record->time_ms, err));
    INLAY_TRY(result_text(rows, 2, table_operation_name(record->operation), err));
    return builder_close_row(rows->builder, err);
}

inlay_status inlay_table_versions(inlay_table *table, uint64_t limit, struct ArrowArrayStream *out,
                                  inlay_error *err)
{
    struct history_record *records = NULL;
    struct result_rows rows;
    struct schema schema;
    size_t count = 0;
    size_t i;
    inlay_status status;
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    INLAY_TRY(check_argument(table, "the table", err));
    INLAY_TRY(versions_schema(&schema, err));
    INLAY_TRY(result_begin(&rows, &schema, err));
    status = table_versions(typed_table_handle(table->typed),
                            limit != 0 && limit < SIZE_MAX ? (size_t)limit : SIZE_MAX, &records,
                            &count, err);
    for (i = 0; i < count && status == INLAY_OK; i++) {
        status = version_row(&rows, &records[i], err);
    }
    mem_free(records);
    if (status != INLAY_OK) {
        result_free(&rows);
        return status;
    }
    return result_finish(&rows, out, err);
}

static inlay_status superfiles_schema(struct schema *schema, inlay_error *err)
{
    static const char *const names[] = {"rows", "bytes", "row_groups", "hot_bytes"};
    struct field *id = NULL;
    size_t i;
    bool ok;
    memset(schema, 0, sizeof(*schema));
    ok = schema_add(schema, "key", COLUMN_UTF8, false) != NULL;
    for (i = 0; i < sizeof(names) / sizeof(names[0]) && ok; i++) {
        ok = schema_add(schema, names[i], COLUMN_UINT64, false) != NULL;
    }
    for (i = 0; i < 2 && ok; i++) {
        id = schema_add(schema, i == 0 ? "first_id" : "last_id", COLUMN_DECIMAL128, false);
        ok = id != NULL;
        if (ok) {
            id->precision = 38;
        }
    }
    if (!ok) {
        schema_free(schema);
        return error_no_memory(err);
    }
    return INLAY_OK;
}

static inlay_status superfile_row_out(struct result_rows *rows, const struct manifest_entry *entry,
                                      inlay_error *err)
{
    char scratch[SUPERFILE_KEY_SIZE];
    INLAY_TRY(result_text(rows, 0, manifest_entry_key(entry, scratch), err));
    INLAY_TRY(result_uint(rows, 1, manifest_entry_live_rows(entry), err));
    INLAY_TRY(result_uint(rows, 2, entry->size, err));
    INLAY_TRY(result_uint(rows, 3, entry->row_groups, err));
    INLAY_TRY(result_uint(rows, 4, entry->hot_length, err));
    INLAY_TRY(result_id(rows, 5, entry->id_min, err));
    INLAY_TRY(result_id(rows, 6, entry->id_max, err));
    return builder_close_row(rows->builder, err);
}

inlay_status inlay_table_superfiles(inlay_table *table, struct ArrowArrayStream *out,
                                    inlay_error *err)
{
    struct table_view *view = NULL;
    struct result_rows rows;
    struct schema schema;
    size_t i;
    inlay_status status;
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    INLAY_TRY(check_argument(table, "the table", err));
    INLAY_TRY(superfiles_schema(&schema, err));
    INLAY_TRY(result_begin(&rows, &schema, err));
    status = table_handle_view(table, &view, err);
    for (i = 0; status == INLAY_OK && i < view->list.count; i++) {
        status = superfile_row_out(&rows, &view->list.entries[i], err);
    }
    table_view_release(view);
    if (status != INLAY_OK) {
        result_free(&rows);
        return status;
    }
    return result_finish(&rows, out, err);
}
