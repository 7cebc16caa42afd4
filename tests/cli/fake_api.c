/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public functions that the command line tool calls, with fixed answers: so its output, its
 * exit codes and its handling of every kind of error can be tested exactly, without data and
 * without waiting for a rare event. A table name that is a status name with underscores ("corrupt",
 * "not_found", "conflict") fails with that status; every other table has the same rows.
 */
#include "cli/fixture.h"

#include "inlay/inlay.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct inlay_connection {
    int unused;
};
struct inlay_table {
    int unused;
};

static const struct {
    inlay_status status;
    const char *name;
} statuses[] = {
    {INLAY_INVALID_ARGUMENT, "invalid_argument"},
    {INLAY_SCHEMA, "schema_mismatch"},
    {INLAY_QUERY, "query"},
    {INLAY_UNSUPPORTED, "unsupported"},
    {INLAY_NOT_FOUND, "not_found"},
    {INLAY_ALREADY_EXISTS, "already_exists"},
    {INLAY_CONFLICT, "conflict"},
    {INLAY_CANCELLED, "cancelled"},
    {INLAY_TIMEOUT, "timeout"},
    {INLAY_UNAVAILABLE, "unavailable"},
    {INLAY_PERMISSION, "permission"},
    {INLAY_OVER_BUDGET, "over_budget"},
    {INLAY_NO_MEMORY, "no_memory"},
    {INLAY_IO, "io"},
    {INLAY_CORRUPT, "corrupt"},
    {INLAY_INTERNAL, "internal"},
};

const char *inlay_version(void)
{
    return INLAY_VERSION;
}

void inlay_error_init(inlay_error *error)
{
    memset(error, 0, sizeof(*error));
    error->struct_size = sizeof(*error);
    error->offset = -1;
    error->row = -1;
}

const char *inlay_status_name(inlay_status status)
{
    for (size_t i = 0; i < COUNT(statuses); i++) {
        if (statuses[i].status == status) {
            return statuses[i].name;
        }
    }
    return "ok";
}

int inlay_status_retryable(inlay_status status)
{
    return status == INLAY_CONFLICT || status == INLAY_UNAVAILABLE || status == INLAY_TIMEOUT;
}

static inlay_status answer(const char *name, inlay_error *err)
{
    for (size_t i = 0; i < COUNT(statuses); i++) {
        if (strcmp(statuses[i].name, name) == 0) {
            if (err) {
                err->status = statuses[i].status;
                err->retryable = inlay_status_retryable(err->status);
                err->offset = 4096;
                err->row = 17;
                snprintf(err->message, sizeof(err->message), "table %s: it went wrong", name);
                snprintf(err->key, sizeof(err->key), "data/part-1.parquet");
                snprintf(err->expected, sizeof(err->expected), "crc 0x01020304");
                snprintf(err->found, sizeof(err->found), "crc 0x0a0b0c0d");
                snprintf(err->cause, sizeof(err->cause), "lower layer\nsecond line");
            }
            return statuses[i].status;
        }
    }
    return INLAY_OK;
}

/* A request is answered by the next query. */
struct inlay_cancel {
    volatile sig_atomic_t requested;
};

inlay_status inlay_cancel_create(inlay_cancel **out, inlay_error *err)
{
    (void)err;
    *out = calloc(1, sizeof(**out));
    return *out ? INLAY_OK : INLAY_NO_MEMORY;
}

void inlay_cancel_free(inlay_cancel *cancel)
{
    free(cancel);
}

void inlay_cancel_request(inlay_cancel *cancel)
{
    cancel->requested = 1;
}

int inlay_cancel_is_requested(const inlay_cancel *cancel)
{
    return cancel->requested;
}

void inlay_cancel_reset(inlay_cancel *cancel)
{
    cancel->requested = 0;
}

/* A timeout of 77 ms is over, "interrupted" in the query is a Ctrl-C in the middle of it, and a
 * filter with "wrong" in it fails there; a filter of "one" is passed by one row. */
static inlay_status limited(const char *query, uint64_t timeout_ms, const inlay_cancel *cancel,
                            const inlay_filter *filter, inlay_error *err)
{
    const char *wrong = filter && filter->where ? strstr(filter->where, "wrong") : NULL;
    if (wrong) {
        inlay_error_init(err);
        err->status = INLAY_QUERY;
        err->offset = wrong - filter->where;
        snprintf(err->message, sizeof(err->message), "there is no column \"wrong\"");
        return INLAY_QUERY;
    }
    if (timeout_ms == 77) {
        return answer("timeout", err);
    }
    if (strstr(query, "interrupted")) {
        raise(SIGINT);
        return cancel && inlay_cancel_is_requested(cancel) ? answer("cancelled", err) : INLAY_OK;
    }
    return INLAY_OK;
}

static size_t row_count(const inlay_filter *filter, size_t rows)
{
    return filter && filter->where && strcmp(filter->where, "one") == 0 ? 1 : rows;
}

void inlay_connect_options_init(inlay_connect_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
}

inlay_status inlay_connect(const char *uri, const inlay_connect_options *options,
                           inlay_connection **out, inlay_error *err)
{
    (void)options;
    *out = NULL;
    inlay_status status = answer(uri, err);
    if (status == INLAY_OK) {
        *out = calloc(1, sizeof(**out));
    }
    return status;
}

void inlay_close(inlay_connection *connection)
{
    free(connection);
}

inlay_status inlay_list_tables(inlay_connection *connection, struct ArrowArrayStream *out,
                               inlay_error *err)
{
    static const char *const columns[] = {"name:u",  "rows:L",    "superfiles:L",
                                          "bytes:L", "version:L", "created:tsm:UTC"};
    static const char *const cells[] = {"docs", "1234567", "3", "987654321", "7", "1767225600000",
                                        "logs", "0",       "0", "0",         "1", "0"};
    (void)connection;
    (void)err;
    fixture_stream(out, columns, COUNT(columns), cells, 2, 2);
    return INLAY_OK;
}

void inlay_text_index_init(inlay_text_index *index)
{
    memset(index, 0, sizeof(*index));
    index->struct_size = sizeof(*index);
}

void inlay_table_options_init(inlay_table_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
}

inlay_status inlay_create_table(inlay_connection *connection, const char *name,
                                const struct ArrowSchema *schema,
                                const inlay_table_options *options, inlay_table **out,
                                inlay_error *err)
{
    (void)connection;
    (void)schema;
    (void)options;
    (void)out;
    return answer(name, err);
}

inlay_status inlay_open_table(inlay_connection *connection, const char *name,
                              const inlay_open_options *options, inlay_table **out,
                              inlay_error *err)
{
    (void)connection;
    (void)options;
    *out = NULL;
    inlay_status status = answer(name, err);
    if (status == INLAY_OK) {
        *out = calloc(1, sizeof(**out));
    }
    return status;
}

void inlay_table_close(inlay_table *table)
{
    free(table);
}

inlay_status inlay_drop_table(inlay_connection *connection, const char *name, inlay_error *err)
{
    (void)connection;
    return answer(name, err);
}

inlay_status inlay_table_schema(inlay_table *table, struct ArrowSchema *out, inlay_error *err)
{
    static const char *const columns[] = {"_id:d:38,0", "path:u", "title:u",
                                          "passage:i",  "body:u", "modified:tsm:UTC"};
    (void)table;
    (void)err;
    fixture_schema(out, columns, COUNT(columns));
    return INLAY_OK;
}

inlay_status inlay_table_indexes(inlay_table *table, struct ArrowArrayStream *out, inlay_error *err)
{
    static const char *const columns[] = {"column:u", "kind:u", "detail:u"};
    static const char *const cells[] = {"body",      "text",   "standard, english",
                                        "embedding", "vector", "cosine, 3 dimensions"};
    (void)table;
    (void)err;
    fixture_stream(out, columns, COUNT(columns), cells, 2, 2);
    return INLAY_OK;
}

void inlay_filter_init(inlay_filter *filter)
{
    memset(filter, 0, sizeof(*filter));
    filter->struct_size = sizeof(*filter);
}

void inlay_vector_index_init(inlay_vector_index *index)
{
    memset(index, 0, sizeof(*index));
    index->struct_size = sizeof(*index);
    index->code_bits = 4;
}

void inlay_vector_options_init(inlay_vector_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
    options->k = 10;
    options->recall = 0.99;
}

void inlay_hybrid_options_init(inlay_hybrid_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
    options->k = 10;
}

/* The first hit's distance is the first element that was asked for, the second's the number of
 * elements. */
inlay_status inlay_vector_search(inlay_table *table, const char *column, const float *vector,
                                 size_t dim, const inlay_vector_options *options,
                                 struct ArrowArrayStream *out, inlay_cost *cost, inlay_error *err)
{
    static const char *const columns[] = {"title:u", "distance:f"};
    static char first[32];
    static char second[32];
    static const char *const cells[] = {"Near", first, "Far", second};
    (void)table;
    (void)cost;
    snprintf(first, sizeof(first), "%g", (double)vector[0]);
    snprintf(second, sizeof(second), "%zu", dim);
    if (strcmp(column, "embedding") != 0) {
        return answer("invalid_argument", err);
    }
    inlay_status status = limited("", options->timeout_ms, options->cancel, options->filter, err);
    if (status != INLAY_OK) {
        return status;
    }
    fixture_stream(out, columns, COUNT(columns), cells,
                   row_count(options->filter, options->k < 2 ? (size_t)options->k : 2), 1);
    return INLAY_OK;
}

inlay_status inlay_hybrid_search(inlay_table *table, const char *text_column, const char *query,
                                 const char *vector_column, const float *vector, size_t dim,
                                 const inlay_hybrid_options *options, struct ArrowArrayStream *out,
                                 inlay_cost *cost, inlay_error *err)
{
    static const char *const columns[] = {"title:u", "score:g", "bm25_rank:L", "vector_rank:L"};
    static const char *const cells[] = {"Both", "0.0325", "1", "2", "Text", "0.0161", "2", NULL};
    (void)table;
    (void)text_column;
    (void)vector_column;
    (void)vector;
    (void)dim;
    (void)cost;
    inlay_status status =
        limited(query, options->timeout_ms, options->cancel, options->filter, err);
    if (status != INLAY_OK) {
        return status;
    }
    fixture_stream(out, columns, COUNT(columns), cells, row_count(options->filter, 2), 1);
    return INLAY_OK;
}

inlay_status inlay_measure_recall(inlay_table *table, const char *column,
                                  const inlay_vector_options *options, uint64_t samples,
                                  inlay_recall_result *result, inlay_error *err)
{
    (void)table;
    (void)column;
    (void)options;
    (void)err;
    result->queries = samples != 0 ? samples : 200;
    result->recall = 0.9925;
    result->least_recall = 0.8;
    result->cells_probed = 12.5;
    result->rows_compared = 40;
    result->search_seconds = 0.00012;
    result->exact_seconds = 0.0123;
    return INLAY_OK;
}

inlay_status inlay_table_get(inlay_table *table, const inlay_id *ids, size_t id_count,
                             const char *const *columns, size_t column_count,
                             struct ArrowArrayStream *out, inlay_cost *cost, inlay_error *err)
{
    static const char *const names[] = {"_id:d:38,0", "title:u"};
    static const char *const cells[] = {"42", "The answer"};
    (void)table;
    (void)ids;
    (void)id_count;
    (void)columns;
    (void)column_count;
    (void)cost;
    (void)err;
    fixture_stream(out, names, COUNT(names), cells, 1, 1);
    return INLAY_OK;
}

inlay_status inlay_table_versions(inlay_table *table, uint64_t limit, struct ArrowArrayStream *out,
                                  inlay_error *err)
{
    static const char *const columns[] = {"version:L", "time:tsm:UTC", "operation:u"};
    static const char *const cells[] = {"2", "1767225600123", "append",
                                        "1", "1767225600000", "create"};
    (void)table;
    (void)err;
    fixture_stream(out, columns, COUNT(columns), cells, limit == 1 ? 1 : 2, 2);
    return INLAY_OK;
}

inlay_status inlay_table_superfiles(inlay_table *table, struct ArrowArrayStream *out,
                                    inlay_error *err)
{
    static const char *const columns[] = {"key:u", "rows:L", "bytes:L", "hot_bytes:L"};
    static const char *const cells[] = {"data/a.parquet", "1000", "5000000", "20000",
                                        "data/b.parquet", "24",   "70000",   "2000"};
    (void)table;
    (void)err;
    fixture_stream(out, columns, COUNT(columns), cells, 2, 1);
    return INLAY_OK;
}

inlay_status inlay_table_verify(inlay_table *table, inlay_progress_callback progress,
                                void *progress_context, inlay_verify_result *result,
                                inlay_error *err)
{
    inlay_progress now = {"verifying", 10, 500, 1000, 1.0};
    (void)table;
    (void)err;
    if (progress(progress_context, &now) != 0) {
        return INLAY_CANCELLED;
    }
    result->superfiles = 2;
    result->bytes = 5070000;
    result->checksums = 321;
    return INLAY_OK;
}

inlay_status inlay_verify_file(const char *path, inlay_file_check *result, inlay_error *err)
{
    (void)err;
    if (strstr(path, "missing")) {
        return answer("not_found", err);
    }
    result->rows = 10;
    result->bytes = 2048;
    result->checksums = 1;
    result->is_superfile = 1;
    return INLAY_OK;
}

inlay_status inlay_inspect_file(const char *path, struct ArrowArrayStream *out, inlay_error *err)
{
    static const char *const columns[] = {"region:u", "column:u", "part:l",  "offset:L",
                                          "length:L", "detail:u", "inside:b"};
    static const char *const cells[] = {
        "magic",        NULL,   NULL, "0",      "4",      NULL,           "false",
        "row group",    NULL,   "0",  "4",      "700000", "1,000 rows",   "false",
        "column chunk", "_id",  "0",  "4",      "16000",  "ZSTD",         "true",
        "column chunk", "body", "0",  "16004",  "684000", "ZSTD, PLAIN",  "true",
        "text index",   "body", NULL, "700032", "250000", "12,345 terms", "false",
        "hot region",   NULL,   NULL, "950080", "48000",  NULL,           "false",
        "footer",       NULL,   NULL, "998080", "1920",   NULL,           "false"};
    inlay_status status = answer(path, err);
    if (status == INLAY_OK) {
        fixture_stream(out, columns, COUNT(columns), cells, 7, 3);
    }
    return status;
}

void inlay_query_options_init(inlay_query_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
}

void inlay_search_options_init(inlay_search_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
    options->k = 10;
}

void inlay_cost_init(inlay_cost *cost)
{
    memset(cost, 0, sizeof(*cost));
    cost->struct_size = sizeof(*cost);
}

static void fill_cost(inlay_cost *cost)
{
    if (cost) {
        cost->requests = 5;
        cost->round_trips = 1;
        cost->bytes_read = 123456;
        cost->superfiles_total = 3;
        cost->elapsed_ns = 1234567;
        cost->wait_ns = 400000;
        cost->cache_hits = 7;
        cost->price = 0.000002;
    }
}

inlay_status inlay_bm25_search(inlay_table *table, const char *column, const char *query,
                               const inlay_search_options *options, struct ArrowArrayStream *out,
                               inlay_cost *cost, inlay_error *err)
{
    static const char *const columns[] = {"title:u", "path:u", "passage:i", "score:f", "snippet:u"};
    static const char *const cells[] = {
        "Collecting garbage",
        "gc/intro.md",
        "2",
        "7.25",
        "how the \x02garbage\x03 collector finds \x02garbage\x03 and what it does then with the "
        "memory that nobody uses any more, \xe4\xb8\xad\xe6\x96\x87 included",
        NULL,
        "gc/\033[31mred.md",
        "0",
        "3.5",
        NULL};
    (void)table;
    if (strcmp(column, "passage") == 0) {
        return answer("invalid_argument", err);
    }
    inlay_status status =
        limited(query, options->timeout_ms, options->cancel, options->filter, err);
    if (status != INLAY_OK) {
        return status;
    }
    fill_cost(cost);
    fixture_stream(out, columns, COUNT(columns), cells,
                   strcmp(query, "nothing") == 0 ? 0 : row_count(options->filter, 2), 1);
    return INLAY_OK;
}

inlay_status inlay_bm25_count(inlay_table *table, const char *column, const char *query,
                              const inlay_search_options *options, uint64_t *count,
                              inlay_cost *cost, inlay_error *err)
{
    (void)table;
    (void)query;
    (void)options;
    fill_cost(cost);
    *count = 17;
    return strcmp(column, "body") == 0 ? INLAY_OK : answer("invalid_argument", err);
}

void inlay_export_options_init(inlay_export_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
}

/* A statement that is a status name fails with it; any other "exports" what it is told. */
inlay_status inlay_export(inlay_connection *connection, const char *sql,
                          const inlay_parameter *parameters, size_t parameter_count,
                          const char *path, const inlay_export_options *options,
                          inlay_export_result *result, inlay_cost *cost, inlay_error *err)
{
    (void)connection;
    (void)parameters;
    (void)parameter_count;
    inlay_status status = answer(sql, err);
    if (status == INLAY_OK && !path) {
        char text[200];
        snprintf(text, sizeof(text), "%s as %s\n", sql, options->format);
        options->write(options->write_context, text, strlen(text));
    }
    *result = (inlay_export_result){sizeof(*result), 1234567, 7654321, 0.25};
    fill_cost(cost);
    if (cost) {
        cost->superfiles_pruned = 1;
        cost->row_groups_total = 12;
        cost->row_groups_pruned = 4;
        cost->pages_pruned = 30;
        cost->rows_by_index = 20;
        cost->rows_read = 12345;
    }
    return status;
}

/* "SELECT nothing" has no rows, "SELECT wrong" fails at its last word, all else has three rows. */
inlay_status inlay_query_sql(inlay_connection *connection, const char *sql,
                             const inlay_parameter *parameters, size_t parameter_count,
                             const inlay_query_options *options, struct ArrowArrayStream *out,
                             inlay_cost *cost, inlay_error *err)
{
    static const char *const columns[] = {"n:l", "x:g", "word:u", "flag:b"};
    static const char *const cells[] = {"9223372036854775807",
                                        "0.1",
                                        "a \"quoted\", word",
                                        "true",
                                        "-1",
                                        "nan",
                                        "\xe4\xb8\xad\xe6\x96\x87\nline",
                                        "false",
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL};
    (void)connection;
    (void)parameters;
    (void)parameter_count;
    inlay_status status = limited(sql, options->timeout_ms, options->cancel, NULL, err);
    if (status != INLAY_OK) {
        return status;
    }
    const char *wrong = strstr(sql, "wrong");
    if (wrong) {
        inlay_error_init(err);
        err->status = INLAY_QUERY;
        err->offset = wrong - sql;
        snprintf(err->message, sizeof(err->message), "no column is named wrong");
        return INLAY_QUERY;
    }
    fill_cost(cost);
    fixture_stream(out, columns, COUNT(columns), cells, strstr(sql, "nothing") ? 0 : 3, 2);
    return INLAY_OK;
}

void inlay_import_options_init(inlay_import_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
    options->resume = 1;
}

inlay_status inlay_import(inlay_connection *connection, const char *table, const char *source,
                          const inlay_import_options *options, inlay_import_result *result,
                          inlay_error *err)
{
    inlay_progress now = {"importing", 100, 500000, 1000000, 2.0};
    (void)connection;
    (void)source;
    if (strcmp(table, "interrupted") == 0) {
        raise(SIGINT);
    }
    if (strcmp(source, "interrupted_twice") == 0) {
        raise(SIGINT);
    }
    if (options->progress(options->progress_context, &now) != 0) {
        return answer("cancelled", err);
    }
    result->rows = 1500;
    result->files = 1;
    result->bytes = 1000000;
    result->superfiles = 1;
    result->bytes_written = 400000;
    result->version = 2;
    result->seconds = 0.5;
    return answer(table, err);
}

inlay_status inlay_id_from_text(const char *text, inlay_id *out, inlay_error *err)
{
    if (strspn(text, "0123456789") != strlen(text)) {
        return answer("invalid_argument", err);
    }
    out->hi = 0;
    out->lo = strtoull(text, NULL, 10);
    return INLAY_OK;
}
