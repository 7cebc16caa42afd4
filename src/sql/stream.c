/* SPDX-License-Identifier: Apache-2.0 */
/* A running result as an Arrow stream, and the translation of the engine's errors. */
#include "columnar/stream.h"
#include "base/alloc.h"
#include "base/error.h"
#include "sql/engine.h"
#include "sql/error_position.h"
#include "sql/explain.h"
#include "sql/search/search_call.h"
#include "sql/statement_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct result_stream {
    struct statement *statement;
    struct sql_plan plan;
    duckdb_result result;
    duckdb_arrow_options options;
    inlay_error err; /* of the last failed call */
    bool ended;      /* the engine does not like to be asked again */
};

/* "Catalog Error: Table with name x does not exist!\nDid you mean ...\n\nLINE 1: ...\n   ^": the
 * first line is the sentence, the caret gives the position. */
static void copy_first_lines(const char *text, char *out, size_t size)
{
    const char *end = strstr(text, "\n\nLINE ");
    const char *list = strstr(text, "\n\tCandidate functions:"); /* dozens of lines */
    size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
    size_t i;
    length = list != NULL && (size_t)(list - text) < length ? (size_t)(list - text) : length;
    length = length < size - 1 ? length : size - 1;
    memcpy(out, text, length);
    out[length] = '\0';
    for (i = 0; i < length; i++) {
        out[i] = out[i] == '\n' || out[i] == '\t' ? ' ' : out[i];
    }
}

inlay_status sql_error(struct statement *statement, const char *engine_text, const char *sql,
                       inlay_error *err)
{
    const char *text = engine_text != NULL ? engine_text : "the SQL engine failed without a word";
    inlay_status status = INLAY_QUERY;
    char message[700];
    if (statement->failure.status != INLAY_OK && statement->failure.status != INLAY_NOT_FOUND) {
        if (err != NULL) {
            *err = statement->failure;
        }
        return statement->failure.status;
    }
    if (strncmp(text, "Out of Memory", 13) == 0) {
        status = INLAY_OVER_BUDGET;
    } else if (strncmp(text, "INTERRUPT", 9) == 0) {
        inlay_status limit = cancel_check(statement_token(statement), err);
        if (limit != INLAY_OK) {
            return limit;
        }
        status = INLAY_CANCELLED;
    } else if (strncmp(text, "INTERNAL", 8) == 0) {
        status = INLAY_INTERNAL;
    } else if (strncmp(text, "Permission Error", 16) == 0) {
        status = INLAY_PERMISSION;
    }
    if (statement->failure.status == INLAY_NOT_FOUND) {
        /* The table itself is missing: the resolver's sentence names it and what there is. */
        error_set(err, INLAY_QUERY, "%s", statement->failure.message);
        error_key(err, statement->failure.key);
    } else if (strncmp(text, "Catalog Error: Table with name ", 31) == 0) {
        /* Reading it would have asked the resolver: the engine wants a table to write. */
        error_set(err, INLAY_QUERY, "tables can only be read here, with SELECT");
    } else {
        if (!search_usage(text, message, sizeof(message))) {
            copy_first_lines(text, message, sizeof(message));
        }
        error_set(err, status, "%s", message);
    }
    if (err != NULL) {
        err->offset = sql_error_position(text, sql);
    }
    return status;
}

static int stream_fail(struct result_stream *stream, const char *engine_text)
{
    return stream_errno(sql_error(stream->statement, engine_text, NULL, &stream->err));
}

static int stream_fail_data(struct result_stream *stream, duckdb_error_data *data)
{
    int code = 0;
    if (duckdb_error_data_has_error(*data)) {
        code = stream_fail(stream, duckdb_error_data_message(*data));
    }
    duckdb_destroy_error_data(data);
    return code;
}

/* Freed with duckdb_free when the plan has an original. */
static const char *column_name(struct result_stream *stream, idx_t column)
{
    return stream->plan.original != NULL
               ? duckdb_prepared_statement_column_name(stream->plan.original, column)
               : duckdb_column_name(&stream->result, column);
}

static int result_get_schema(struct ArrowArrayStream *arrow, struct ArrowSchema *out)
{
    struct result_stream *stream = arrow->private_data;
    idx_t count = duckdb_column_count(&stream->result);
    duckdb_logical_type *types = mem_zalloc_array((size_t)count, sizeof(*types));
    const char **names = mem_zalloc_array((size_t)count, sizeof(*names));
    duckdb_error_data failure = NULL;
    int code = ENOMEM;
    idx_t i;
    memset(out, 0, sizeof(*out));
    if (types != NULL && names != NULL) {
        for (i = 0; i < count; i++) {
            types[i] = duckdb_column_logical_type(&stream->result, i);
            names[i] = column_name(stream, i);
        }
        failure = duckdb_to_arrow_schema(stream->options, types, names, count, out);
        code = stream_fail_data(stream, &failure);
        for (i = 0; i < count; i++) {
            duckdb_destroy_logical_type(&types[i]);
            if (stream->plan.original != NULL) {
                duckdb_free((void *)(uintptr_t)names[i]);
            }
        }
    }
    mem_free(types);
    mem_free(names);
    return code;
}

static duckdb_data_chunk next_chunk(struct result_stream *stream)
{
    struct kept_chunks *kept = &stream->plan.kept;
    if (kept->count == 0) {
        return duckdb_fetch_chunk(stream->result);
    }
    return kept->next < kept->count ? kept->items[kept->next++] : NULL;
}

static int result_get_next(struct ArrowArrayStream *arrow, struct ArrowArray *out)
{
    struct result_stream *stream = arrow->private_data;
    duckdb_data_chunk chunk;
    duckdb_error_data failure;
    const char *text;
    int code;
    memset(out, 0, sizeof(*out));
    if (stream->ended) {
        return 0;
    }
    if (stream->err.status != INLAY_OK) { /* it has failed for good */
        return stream_errno(stream->err.status);
    }
    if (statement_enter(stream->statement, &stream->err) != INLAY_OK) {
        return stream_errno(stream->err.status);
    }
    chunk = next_chunk(stream);
    statement_leave(stream->statement);
    if (chunk == NULL) {
        text = duckdb_result_error(&stream->result);
        stream->ended = text == NULL || text[0] == '\0';
        if (!stream->ended) {
            return stream_fail(stream, text);
        }
        return stream->plan.explains
                   ? stream_errno(
                         explain_rows(stream->statement, stream->plan.analyzes, out, &stream->err))
                   : 0;
    }
    failure = duckdb_data_chunk_to_arrow(stream->options, chunk, out);
    code = stream_fail_data(stream, &failure);
    duckdb_destroy_data_chunk(&chunk);
    return code;
}

static const char *result_last_error(struct ArrowArrayStream *arrow)
{
    struct result_stream *stream = arrow->private_data;
    return stream->err.status != INLAY_OK ? stream->err.message : NULL;
}

static void result_release(struct ArrowArrayStream *arrow)
{
    struct result_stream *stream = arrow->private_data;
    if (stream != NULL) {
        duckdb_destroy_arrow_options(&stream->options);
        kept_chunks_free(&stream->plan.kept);
        duckdb_destroy_result(&stream->result);
        duckdb_destroy_prepare(&stream->plan.prepared);
        duckdb_destroy_prepare(&stream->plan.original);
        statement_end(stream->statement);
        mem_free(stream);
    }
    memset(arrow, 0, sizeof(*arrow));
}

const struct scan_account *sql_stream_account(const struct ArrowArrayStream *stream)
{
    const struct result_stream *result = stream->private_data;
    return stream->release == result_release ? &result->statement->account : NULL;
}

const inlay_error *sql_stream_error(const struct ArrowArrayStream *stream)
{
    const struct result_stream *result = stream->private_data;
    return stream->release == result_release && result->err.status != INLAY_OK ? &result->err
                                                                               : NULL;
}

inlay_status stream_open(struct statement *statement, const struct sql_plan *plan,
                         duckdb_result *result, struct ArrowArrayStream *out, inlay_error *err)
{
    struct result_stream *stream = mem_zalloc(sizeof(*stream));
    memset(out, 0, sizeof(*out));
    if (stream == NULL) {
        return error_no_memory(err);
    }
    inlay_error_init(&stream->err);
    stream->statement = statement;
    stream->plan = *plan;
    stream->result = *result;
    stream->options = duckdb_result_get_arrow_options(&stream->result);
    out->get_schema = result_get_schema;
    out->get_next = result_get_next;
    out->get_last_error = result_last_error;
    out->release = result_release;
    out->private_data = stream;
    return INLAY_OK;
}
