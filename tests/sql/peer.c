/* SPDX-License-Identifier: Apache-2.0 */
#include "inlay/arrow.h"

#include "sql/peer.h"

#include <duckdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer {
    duckdb_database database;
    duckdb_connection connection;
};

static void fatal(const char *what)
{
    (void)fprintf(stderr, "plain DuckDB: %s\n", what);
    abort();
}

struct peer *peer_open(void)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    duckdb_config config;
    if (peer == NULL || duckdb_create_config(&config) != DuckDBSuccess ||
        duckdb_set_config(config, "threads", "1") != DuckDBSuccess ||
        duckdb_set_config(config, "autoinstall_known_extensions", "false") != DuckDBSuccess ||
        duckdb_open_ext(NULL, &peer->database, config, NULL) != DuckDBSuccess ||
        duckdb_connect(peer->database, &peer->connection) != DuckDBSuccess) {
        fatal("does not start");
    }
    duckdb_destroy_config(&config);
    return peer;
}

void peer_close(struct peer *peer)
{
    if (peer != NULL) {
        duckdb_disconnect(&peer->connection);
        duckdb_close(&peer->database);
        free(peer);
    }
}

static void check_data(duckdb_error_data data)
{
    if (duckdb_error_data_has_error(data)) {
        fatal(duckdb_error_data_message(data));
    }
    duckdb_destroy_error_data(&data);
}

struct peer_rows {
    duckdb_result result;
    duckdb_arrow_options options;
    char message[1024];
};

static int rows_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct peer_rows *rows = stream->private_data;
    idx_t count = duckdb_column_count(&rows->result);
    duckdb_logical_type *types = calloc(count + 1, sizeof(*types));
    const char **names = calloc(count + 1, sizeof(*names));
    idx_t i;
    if (types == NULL || names == NULL) {
        fatal("out of memory");
    }
    for (i = 0; i < count; i++) {
        types[i] = duckdb_column_logical_type(&rows->result, i);
        names[i] = duckdb_column_name(&rows->result, i);
    }
    check_data(duckdb_to_arrow_schema(rows->options, types, names, count, out));
    for (i = 0; i < count; i++) {
        duckdb_destroy_logical_type(&types[i]);
    }
    free(types);
    free(names);
    return 0;
}

static int rows_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct peer_rows *rows = stream->private_data;
    duckdb_data_chunk chunk = duckdb_fetch_chunk(rows->result);
    memset(out, 0, sizeof(*out));
    if (chunk != NULL) {
        check_data(duckdb_data_chunk_to_arrow(rows->options, chunk, out));
        duckdb_destroy_data_chunk(&chunk);
    }
    return 0;
}

static const char *rows_error(struct ArrowArrayStream *stream)
{
    return ((struct peer_rows *)stream->private_data)->message;
}

static void rows_release(struct ArrowArrayStream *stream)
{
    struct peer_rows *rows = stream->private_data;
    duckdb_destroy_arrow_options(&rows->options);
    duckdb_destroy_result(&rows->result);
    free(rows);
    memset(stream, 0, sizeof(*stream));
}

bool peer_stream(struct peer *peer, const char *sql, struct ArrowArrayStream *out, char *message,
                 size_t size)
{
    struct peer_rows *rows = calloc(1, sizeof(*rows));
    if (rows == NULL) {
        fatal("out of memory");
    }
    memset(out, 0, sizeof(*out));
    if (duckdb_query(peer->connection, sql, &rows->result) != DuckDBSuccess) {
        (void)snprintf(message, size, "%s", duckdb_result_error(&rows->result));
        duckdb_destroy_result(&rows->result);
        free(rows);
        return false;
    }
    rows->options = duckdb_result_get_arrow_options(&rows->result);
    *out = (struct ArrowArrayStream){rows_schema, rows_next, rows_error, rows_release, rows};
    return true;
}

void peer_query(struct peer *peer, const char *sql, struct row_set *out)
{
    struct ArrowArrayStream stream;
    memset(out, 0, sizeof(*out));
    if (!peer_stream(peer, sql, &stream, out->message, sizeof(out->message))) {
        out->status = INLAY_QUERY;
        return;
    }
    row_set_stream(out, &stream);
}

static bool create_like(struct peer *peer, inlay_connection *connection, const char *table,
                        char *message, size_t size)
{
    struct row_set columns;
    struct row_set made;
    char *text = NULL;
    size_t length;
    size_t i;
    FILE *sql = open_memstream(&text, &length);
    bool done;
    (void)fprintf(sql, "DESCRIBE \"%s\"", table);
    (void)fflush(sql);
    row_set_query(&columns, connection, text);
    rewind(sql);
    (void)fprintf(sql, "CREATE OR REPLACE TABLE \"%s\"(", table);
    for (i = 0; i < columns.rows; i++) {
        (void)fprintf(sql, "%s\"%s\" %s", i != 0 ? ", " : "", columns.cells[i * columns.columns],
                      columns.cells[i * columns.columns + 1]);
    }
    (void)fprintf(sql, ")");
    (void)fclose(sql);
    (void)snprintf(message, size, "%s", columns.message);
    done = columns.status == INLAY_OK;
    if (done) {
        peer_query(peer, text, &made);
        done = made.status == INLAY_OK;
        (void)snprintf(message, size, "%s", made.message);
        row_set_free(&made);
    }
    row_set_free(&columns);
    free(text);
    return done;
}

static void append_all(struct peer *peer, struct ArrowArrayStream *stream, const char *table)
{
    duckdb_appender appender;
    duckdb_arrow_converted_schema types = NULL;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    if (duckdb_appender_create(peer->connection, NULL, table, &appender) != DuckDBSuccess ||
        stream->get_schema(stream, &schema) != 0) {
        fatal("no appender");
    }
    check_data(duckdb_schema_from_arrow(peer->connection, &schema, &types));
    for (;;) {
        duckdb_data_chunk chunk = NULL;
        if (stream->get_next(stream, &batch) != 0) {
            fatal(stream->get_last_error(stream));
        }
        if (batch.release == NULL) {
            break;
        }
        check_data(duckdb_data_chunk_from_arrow(peer->connection, &batch, types, &chunk));
        if (duckdb_append_data_chunk(appender, chunk) != DuckDBSuccess) {
            fatal("a chunk was not appended");
        }
        duckdb_destroy_data_chunk(&chunk);
        if (batch.release != NULL) {
            batch.release(&batch);
        }
    }
    if (duckdb_appender_destroy(&appender) != DuckDBSuccess) {
        fatal("the rows were not appended");
    }
    duckdb_destroy_arrow_converted_schema(&types);
    schema.release(&schema);
}

bool peer_copy(struct peer *peer, inlay_connection *connection, const char *table, char *message,
               size_t size)
{
    struct ArrowArrayStream stream;
    char sql[256];
    inlay_error err;
    inlay_error_init(&err);
    if (!create_like(peer, connection, table, message, size)) {
        return false;
    }
    (void)snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\"", table);
    if (inlay_query_sql(connection, sql, NULL, 0, NULL, &stream, NULL, &err) != INLAY_OK) {
        (void)snprintf(message, size, "%s", err.message);
        return false;
    }
    append_all(peer, &stream, table);
    stream.release(&stream);
    return true;
}
