/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Life of a file reader: a private engine is locked to the files, the columns are detected by
 * binding SELECT * once, and a second statement with a cast per column that needs one is streamed.
 */
#include "sql/file_reader.h"

#include "base/alloc.h"
#include "base/error.h"
#include "sql/file_reader_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATEMENT_MAX ((size_t)64 << 20)

/* Runs a finished statement text whose result does not matter. */
static inlay_status run(struct file_reader *reader, struct buffer *text, inlay_error *err)
{
    duckdb_result result;
    inlay_status status;
    buffer_u8(text, 0);
    INLAY_TRY(buffer_status(text, err));
    status = duckdb_query(reader->connection, (const char *)text->data, &result) == DuckDBSuccess
                 ? INLAY_OK
                 : error_set(err, INLAY_INTERNAL, "the file reader refused a setting: %.400s",
                             duckdb_result_error(&result));
    duckdb_destroy_result(&result);
    return status;
}

static inlay_status set_option(struct file_reader *reader, const char *option, inlay_error *err)
{
    struct buffer text;
    inlay_status status;
    buffer_init(&text, STATEMENT_MAX);
    buffer_printf(&text, "SET %s", option);
    status = run(reader, &text, err);
    buffer_free(&text);
    return status;
}

/* The list of files, before the door to all others is closed. A name with characters of patterns is
 * checked once as the pattern that stands for it, and once as what it found. */
static inlay_status allow_paths(struct file_reader *reader, inlay_error *err)
{
    struct buffer text;
    inlay_status status;
    size_t i;
    buffer_init(&text, STATEMENT_MAX);
    buffer_printf(&text, "SET allowed_paths = [");
    for (i = 0; i < reader->path_count; i++) {
        buffer_printf(&text, i != 0 ? ", " : "");
        file_text_literal(&text, reader->paths[i]);
        buffer_printf(&text, ", ");
        file_text_path(&text, reader->paths[i]);
    }
    buffer_printf(&text, "]");
    status = run(reader, &text, err);
    buffer_free(&text);
    return status;
}

static inlay_status open_engine(struct file_reader *reader, inlay_error *err)
{
    static const char *const before[] = {
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        "temp_directory = ''",
        "preserve_insertion_order = true",
        /* kept for duckdb_query_progress; nothing is printed */
        "enable_progress_bar = true",
        "enable_progress_bar_print = false",
        "progress_bar_time = 0",
    };
    char text[64];
    char *reason = NULL;
    size_t i;
    if (duckdb_open_ext(NULL, &reader->database, NULL, &reason) != DuckDBSuccess) {
        inlay_status status =
            error_set(err, INLAY_INTERNAL, "the file reader's engine did not start: %.300s",
                      reason != NULL ? reason : "no reason given");
        duckdb_free(reason);
        return status;
    }
    if (duckdb_connect(reader->database, &reader->connection) != DuckDBSuccess) {
        return error_set(err, INLAY_INTERNAL, "the file reader's engine gave no connection");
    }
    for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        INLAY_TRY(set_option(reader, before[i], err));
    }
    (void)snprintf(text, sizeof(text), "threads = %u", FILE_READER_THREADS);
    INLAY_TRY(set_option(reader, text, err));
    (void)snprintf(text, sizeof(text), "memory_limit = '%uB'", FILE_READER_MEMORY);
    INLAY_TRY(set_option(reader, text, err));
    /* Not there, and UTC anyway, in an engine that was built without time zones. */
    (void)set_option(reader, "TimeZone = 'UTC'", NULL);
    INLAY_TRY(allow_paths(reader, err));
    INLAY_TRY(set_option(reader, "enable_external_access = false", err));
    return set_option(reader, "lock_configuration = true", err);
}

/* ---- files ---- */

/* Files are looked at first, since the engine takes a missing one for a pattern. */
static inlay_status check_file(const char *path, bool *empty, inlay_error *err)
{
    struct stat info;
    inlay_status status = INLAY_OK;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &info) != 0) {
        status = error_from_errno(err, errno, "cannot open \"%.300s\"", path);
    } else if (!S_ISREG(info.st_mode)) {
        status = error_set(err, INLAY_INVALID_ARGUMENT, "\"%.300s\" is not a regular file", path);
    } else {
        *empty = info.st_size == 0;
    }
    if (status != INLAY_OK) {
        error_key(err, path);
    }
    if (file >= 0) {
        (void)close(file);
    }
    return status;
}

/* Absolute paths: the engine takes "~" and "s3:" at the start for something else. An empty file
 * has no rows and nothing to detect, so it is left out. */
static inlay_status take_paths(struct file_reader *reader,
                               const struct file_reader_options *options, inlay_error *err)
{
    size_t i;
    reader->paths = mem_zalloc_array(options->path_count, sizeof(*reader->paths));
    if (reader->paths == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < options->path_count; i++) {
        char absolute[PATH_MAX];
        bool empty = false;
        INLAY_TRY(check_file(options->paths[i], &empty, err));
        if (empty) {
            continue;
        }
        if (realpath(options->paths[i], absolute) == NULL) {
            return error_from_errno(err, errno, "cannot open \"%.300s\"", options->paths[i]);
        }
        reader->paths[reader->path_count] = mem_strdup(absolute);
        if (reader->paths[reader->path_count] == NULL) {
            return error_no_memory(err);
        }
        reader->path_count++;
    }
    if (reader->path_count == 0) {
        inlay_status status =
            error_set(err, options->format == FILE_PARQUET ? INLAY_CORRUPT : INLAY_SCHEMA,
                      "\"%.300s\" is empty: it has no columns",
                      options->path_count != 0 ? options->paths[0] : "");
        error_key(err, options->path_count != 0 ? options->paths[0] : "");
        return status;
    }
    return INLAY_OK;
}

/* ---- statements ---- */

static inlay_status prepare(struct file_reader *reader, const char *columns, inlay_error *err)
{
    struct buffer text;
    inlay_status status;
    duckdb_destroy_prepare(&reader->prepared);
    buffer_init(&text, STATEMENT_MAX);
    buffer_printf(&text, "SELECT ");
    buffer_append(&text, columns, strlen(columns));
    file_text_from(reader, &text);
    buffer_u8(&text, 0);
    status = buffer_status(&text, err);
    if (status == INLAY_OK && duckdb_prepare(reader->connection, (const char *)text.data,
                                             &reader->prepared) != DuckDBSuccess) {
        status = file_reader_error(reader, duckdb_prepare_error(reader->prepared), err);
        duckdb_destroy_prepare(&reader->prepared);
    }
    buffer_free(&text);
    return status;
}

static void take_text(struct buffer *text, char **out)
{
    size_t length;
    buffer_u8(text, 0);
    mem_free(*out);
    *out = text->status == INLAY_OK ? (char *)buffer_take(text, &length) : NULL;
}

/* `wide`: the whole file is looked at, because columns that are not listed would be dropped. */
static inlay_status set_arguments(struct file_reader *reader, const char *typed, bool wide,
                                  inlay_error *err)
{
    struct buffer text;
    inlay_status status;
    buffer_init(&text, STATEMENT_MAX);
    if (reader->format == FILE_JSON || reader->format == FILE_NDJSON) {
        buffer_printf(&text, ", format = '%s', records = 'true', map_inference_threshold = -1",
                      reader->format == FILE_JSON ? "auto" : "newline_delimited");
    } else if (reader->format == FILE_PARQUET) {
        buffer_printf(&text, ", file_row_number = %s", reader->row_floor != 0 ? "true" : "false");
    }
    if (wide) {
        buffer_printf(&text, ", sample_size = -1");
    }
    buffer_append(&text, typed, strlen(typed));
    status = buffer_status(&text, err);
    take_text(&text, &reader->arguments);
    buffer_free(&text);
    return status == INLAY_OK && reader->arguments == NULL ? error_no_memory(err) : status;
}

/* ---- columns ---- */

struct column {
    char *name;
    duckdb_logical_type type;
};

struct columns {
    struct column *items;
    size_t count;
};

static void columns_free(struct columns *columns)
{
    size_t i;
    for (i = 0; i < columns->count; i++) {
        mem_free(columns->items[i].name);
        duckdb_destroy_logical_type(&columns->items[i].type);
    }
    mem_free(columns->items);
    memset(columns, 0, sizeof(*columns));
}

static inlay_status columns_of(const struct file_reader *reader, struct columns *out,
                               inlay_error *err)
{
    size_t count = (size_t)duckdb_prepared_statement_column_count(reader->prepared);
    memset(out, 0, sizeof(*out));
    out->items = mem_zalloc_array(count, sizeof(*out->items));
    if (out->items == NULL) {
        return error_no_memory(err);
    }
    for (; out->count < count; out->count++) {
        struct column *column = &out->items[out->count];
        const char *name = duckdb_prepared_statement_column_name(reader->prepared, out->count);
        column->type = duckdb_prepared_statement_column_logical_type(reader->prepared, out->count);
        column->name = name != NULL ? mem_strdup(name) : NULL;
        duckdb_free((void *)(uintptr_t)name);
        if (column->name == NULL) {
            duckdb_destroy_logical_type(&column->type);
            columns_free(out);
            return error_no_memory(err);
        }
    }
    return INLAY_OK;
}

/* Names and types, 'name': 'TYPE', of the columns that the caller wants as another type than the
 * detected one; for JSON of all others too, as its list must be complete. */
static size_t write_wanted(const struct file_reader *reader, const struct columns *columns,
                           struct buffer *out)
{
    struct buffer wanted;
    struct buffer detected;
    size_t differing = 0;
    size_t listed = 0;
    size_t i;
    buffer_init(&wanted, STATEMENT_MAX);
    buffer_init(&detected, STATEMENT_MAX);
    for (i = 0; i < columns->count; i++) {
        ptrdiff_t at = schema_find(&reader->types, columns->items[i].name);
        bool changed = false;
        const char *bad = NULL;
        bool differs;
        buffer_clear(&wanted);
        buffer_clear(&detected);
        (void)file_text_type(columns->items[i].type, &detected, &changed, &bad);
        differs = at >= 0 && file_text_wanted_type(&reader->types.fields[at], &wanted) &&
                  (changed || wanted.len != detected.len ||
                   memcmp(wanted.data, detected.data, wanted.len) != 0);
        differing += differs ? 1 : 0;
        if (differs || reader->format != FILE_CSV) {
            const struct buffer *type = differs ? &wanted : &detected;
            buffer_printf(out, listed != 0 ? ", " : "");
            file_text_literal(out, columns->items[i].name);
            buffer_printf(out, ": ");
            buffer_u8(out, '\'');
            buffer_append(out, type->data, type->len);
            buffer_u8(out, '\'');
            listed++;
        }
    }
    buffer_free(&wanted);
    buffer_free(&detected);
    return differing;
}

/* Binds once more with the caller's types, when they differ from the detected ones. */
static inlay_status apply_types(struct file_reader *reader, struct columns *columns,
                                inlay_error *err)
{
    struct buffer text;
    inlay_status status = INLAY_OK;
    bool json = reader->format != FILE_CSV;
    if (reader->types.count == 0 || reader->format == FILE_PARQUET) {
        return INLAY_OK;
    }
    buffer_init(&text, STATEMENT_MAX);
    if (write_wanted(reader, columns, &text) == 0) {
        goto cleanup;
    }
    if (json) { /* what only later rows have must be known: look at all of them */
        INLAY_TRY_GOTO(status, set_arguments(reader, "", true, err), cleanup);
        INLAY_TRY_GOTO(status, prepare(reader, "*", err), cleanup);
        columns_free(columns);
        INLAY_TRY_GOTO(status, columns_of(reader, columns, err), cleanup);
    }
    buffer_clear(&text);
    buffer_printf(&text, json ? ", columns = {" : ", types = {");
    (void)write_wanted(reader, columns, &text);
    buffer_printf(&text, "}");
    buffer_u8(&text, 0);
    INLAY_TRY_GOTO(status, buffer_status(&text, err), cleanup);
    INLAY_TRY_GOTO(status, set_arguments(reader, (const char *)text.data, json, err), cleanup);
    INLAY_TRY_GOTO(status, prepare(reader, "*", err), cleanup);
    columns_free(columns);
    status = columns_of(reader, columns, err);
cleanup:
    buffer_free(&text);
    return status;
}

static bool is_row_id(const struct file_reader *reader, const struct column *column)
{
    return reader->format == FILE_PARQUET && strcmp(column->name, "_id") == 0 &&
           duckdb_get_type_id(column->type) == DUCKDB_TYPE_DECIMAL &&
           duckdb_decimal_width(column->type) == 38 && duckdb_decimal_scale(column->type) == 0;
}

static inlay_status write_column(const struct file_reader *reader, const struct column *column,
                                 struct buffer *out, inlay_error *err)
{
    struct buffer type;
    bool changed = false;
    const char *bad = NULL;
    inlay_status status = INLAY_OK;
    buffer_init(&type, STATEMENT_MAX);
    if (!file_text_type(column->type, &type, &changed, &bad)) {
        status = error_set(err, INLAY_UNSUPPORTED,
                           "\"%.300s\": column \"%.200s\" holds %s, which no table can hold; leave "
                           "it out or convert it first",
                           reader->paths[0], column->name, bad);
        error_key(err, column->name);
    } else if (changed) {
        buffer_printf(out, "CAST(");
        file_text_identifier(out, column->name);
        buffer_printf(out, " AS ");
        buffer_append(out, type.data, type.len);
        buffer_printf(out, ") AS ");
        status = buffer_status(&type, err);
    }
    file_text_identifier(out, column->name);
    buffer_free(&type);
    return status;
}

static inlay_status choose_columns(struct file_reader *reader, const struct columns *columns,
                                   inlay_error *err)
{
    struct buffer text;
    inlay_status status = INLAY_OK;
    size_t kept = 0;
    size_t i;
    buffer_init(&text, STATEMENT_MAX);
    for (i = 0; i < columns->count && status == INLAY_OK; i++) {
        if (is_row_id(reader, &columns->items[i])) {
            continue;
        }
        buffer_printf(&text, kept++ != 0 ? ", " : "");
        status = write_column(reader, &columns->items[i], &text, err);
    }
    if (status == INLAY_OK && kept == 0) {
        status = error_set(err, INLAY_SCHEMA, "\"%.300s\" has no columns", reader->paths[0]);
    }
    if (status == INLAY_OK) {
        take_text(&text, &reader->columns);
        status = reader->columns == NULL ? error_no_memory(err) : INLAY_OK;
    }
    buffer_free(&text);
    return status;
}

static inlay_status settle_schema(struct file_reader *reader, inlay_error *err)
{
    struct columns columns;
    duckdb_logical_type *types = NULL;
    const char **names = NULL;
    duckdb_error_data failure = NULL;
    struct ArrowSchema arrow;
    inlay_status status;
    size_t i;
    memset(&arrow, 0, sizeof(arrow));
    INLAY_TRY(columns_of(reader, &columns, err));
    types = mem_alloc_array(columns.count, sizeof(*types));
    names = mem_alloc_array(columns.count, sizeof(*names));
    if (types == NULL || names == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (i = 0; i < columns.count; i++) {
        types[i] = columns.items[i].type;
        names[i] = columns.items[i].name;
    }
    duckdb_connection_get_arrow_options(reader->connection, &reader->arrow);
    failure = duckdb_to_arrow_schema(reader->arrow, types, names, columns.count, &arrow);
    status = duckdb_error_data_has_error(failure)
                 ? file_reader_error(reader, duckdb_error_data_message(failure), err)
                 : schema_from_arrow(&arrow, &reader->schema, err);
cleanup:
    if (arrow.release != NULL) {
        arrow.release(&arrow);
    }
    if (failure != NULL) {
        duckdb_destroy_error_data(&failure);
    }
    mem_free(types);
    mem_free(names);
    columns_free(&columns);
    return status;
}

/* A single column named like several is a file whose lines do not agree. */
static inlay_status check_single_column(const struct file_reader *reader,
                                        const struct columns *columns, inlay_error *err)
{
    size_t i;
    if (reader->format != FILE_CSV || columns->count != 1 ||
        strpbrk(columns->items[0].name, ",;\t|") == NULL) {
        return INLAY_OK;
    }
    for (i = 0; i < reader->path_count; i++) {
        INLAY_TRY(file_reader_check_ragged(reader->paths[i], err));
    }
    return INLAY_OK;
}

static inlay_status open_columns(struct file_reader *reader, inlay_error *err)
{
    struct columns columns = {0};
    inlay_status status;
    INLAY_TRY(set_arguments(reader, "", false, err));
    INLAY_TRY(prepare(reader, "*", err));
    INLAY_TRY(columns_of(reader, &columns, err));
    INLAY_TRY_GOTO(status, check_single_column(reader, &columns, err), cleanup);
    INLAY_TRY_GOTO(status, apply_types(reader, &columns, err), cleanup);
    INLAY_TRY_GOTO(status, choose_columns(reader, &columns, err), cleanup);
    INLAY_TRY_GOTO(status, prepare(reader, reader->columns, err), cleanup);
    status = settle_schema(reader, err);
cleanup:
    columns_free(&columns);
    return status;
}

inlay_status file_reader_open(const struct file_reader_options *options, struct file_reader **out,
                              inlay_error *err)
{
    struct file_reader *reader = mem_zalloc(sizeof(*reader));
    inlay_status status;
    *out = NULL;
    if (reader == NULL) {
        return error_no_memory(err);
    }
    reader->format = options->format;
    INLAY_TRY_GOTO(status, take_paths(reader, options, err), cleanup);
    if (options->types != NULL) {
        INLAY_TRY_GOTO(status, schema_copy(options->types, &reader->types, err), cleanup);
    }
    INLAY_TRY_GOTO(status, open_engine(reader, err), cleanup);
    INLAY_TRY_GOTO(status, open_columns(reader, err), cleanup);
    *out = reader;
    return INLAY_OK;
cleanup:
    file_reader_close(reader);
    return status;
}

void file_reader_close(struct file_reader *reader)
{
    size_t i;
    if (reader == NULL) {
        return;
    }
    if (reader->running) {
        duckdb_destroy_result(&reader->result);
    }
    if (reader->arrow != NULL) {
        duckdb_destroy_arrow_options(&reader->arrow);
    }
    duckdb_destroy_prepare(&reader->prepared);
    duckdb_disconnect(&reader->connection);
    duckdb_close(&reader->database);
    for (i = 0; i < reader->path_count; i++) {
        mem_free(reader->paths[i]);
    }
    mem_free(reader->paths);
    mem_free(reader->arguments);
    mem_free(reader->columns);
    schema_free(&reader->types);
    schema_free(&reader->schema);
    mem_free(reader);
}

const struct schema *file_reader_schema(const struct file_reader *reader)
{
    return &reader->schema;
}

/* ---- skipping ---- */

inlay_status file_reader_skip(struct file_reader *reader, uint64_t rows, inlay_error *err)
{
    if (reader->running) {
        return error_set(err, INLAY_INTERNAL, "rows are skipped before the first is read");
    }
    reader->skip = rows;
    if (reader->format != FILE_PARQUET || reader->path_count != 1 || rows == 0) {
        return INLAY_OK;
    }
    reader->row_floor = rows;
    reader->skip = 0;
    INLAY_TRY(set_arguments(reader, "", false, err));
    return prepare(reader, reader->columns, err);
}

/* ---- rows ---- */

static inlay_status start(struct file_reader *reader, inlay_error *err)
{
    memset(&reader->result, 0, sizeof(reader->result));
    reader->running = true;
    if (duckdb_execute_prepared_streaming(reader->prepared, &reader->result) != DuckDBSuccess) {
        return file_reader_error(reader, duckdb_result_error(&reader->result), err);
    }
    return INLAY_OK;
}

static inlay_status chunk_to_arrow(struct file_reader *reader, duckdb_data_chunk chunk,
                                   struct ArrowArray *out, inlay_error *err)
{
    duckdb_error_data failure = duckdb_data_chunk_to_arrow(reader->arrow, chunk, out);
    inlay_status status = INLAY_OK;
    if (duckdb_error_data_has_error(failure)) {
        status = file_reader_error(reader, duckdb_error_data_message(failure), err);
        memset(out, 0, sizeof(*out));
    }
    duckdb_destroy_error_data(&failure);
    return status;
}

inlay_status file_reader_next(struct file_reader *reader, struct ArrowArray *out, inlay_error *err)
{
    memset(out, 0, sizeof(*out));
    if (!reader->running) {
        INLAY_TRY(start(reader, err));
    }
    while (!reader->ended) {
        duckdb_data_chunk chunk = duckdb_fetch_chunk(reader->result);
        uint64_t rows = chunk != NULL ? duckdb_data_chunk_get_size(chunk) : 0;
        inlay_status status = INLAY_OK;
        if (chunk == NULL) {
            const char *text = duckdb_result_error(&reader->result);
            reader->ended = true;
            return text != NULL && text[0] != '\0' ? file_reader_error(reader, text, err)
                                                   : INLAY_OK;
        }
        if (rows <= reader->skip) {
            reader->skip -= rows;
        } else {
            status = chunk_to_arrow(reader, chunk, out, err);
        }
        duckdb_destroy_data_chunk(&chunk);
        INLAY_TRY(status);
        if (out->release != NULL) {
            /* A struct array may begin behind its children's beginning. */
            out->offset += (int64_t)reader->skip;
            out->length -= (int64_t)reader->skip;
            reader->skip = 0;
            return INLAY_OK;
        }
    }
    return INLAY_OK;
}

double file_reader_fraction(struct file_reader *reader)
{
    duckdb_query_progress_type progress;
    if (reader->ended) {
        return 1;
    }
    if (reader->running) {
        progress = duckdb_query_progress(reader->connection);
        if (progress.percentage / 100 > reader->fraction) {
            reader->fraction = progress.percentage / 100 < 1 ? progress.percentage / 100 : 1;
        }
    }
    return reader->fraction;
}
