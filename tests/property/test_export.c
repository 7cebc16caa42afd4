/* SPDX-License-Identifier: Apache-2.0 */
/* Exports through the public function, and what queries say that they cost. */
#include "support/test.h"

#include "inlay/inlay.h"
#include "tables/tables.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS 3000

static char folder[] = "/tmp/inlay_api_export_XXXXXX";
static inlay_connection *connection;
static inlay_table *table;

/* Keys 0 .. ROWS-1 in three superfiles. */
static int open_table(void **state)
{
    struct table_row rows[ROWS / 3];
    inlay_error err;
    size_t part;
    size_t i;
    (void)state;
    inlay_error_init(&err);
    assert_non_null(mkdtemp(folder));
    assert_ok(inlay_connect("memory://", NULL, &connection, &err), err);
    assert_ok(tables_create(connection, "docs", &table, &err), err);
    for (part = 0; part < 3; part++) {
        for (i = 0; i < ROWS / 3; i++) {
            rows[i].key = (int64_t)(part * (ROWS / 3) + i);
            rows[i].body = i % 2 == 0 ? "even" : NULL;
        }
        assert_ok(tables_append(table, rows, ROWS / 3, 0, NULL, NULL, &err), err);
    }
    return 0;
}

static int close_table(void **state)
{
    char command[100];
    (void)state;
    inlay_table_close(table);
    inlay_close(connection);
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static size_t files_in_folder(void)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count - 2;
}

static void a_statement_becomes_a_file(void **state)
{
    inlay_parameter limit = {.kind = INLAY_PARAMETER_INT64, .integer = 7};
    inlay_export_result result = {.struct_size = sizeof(result)};
    inlay_export_options options;
    inlay_cost cost;
    char path[200];
    char line[200];
    FILE *file;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    inlay_export_options_init(&options);
    (void)snprintf(path, sizeof(path), "%s/some.csv", folder);
    assert_ok(inlay_export(connection, "SELECT key, body FROM docs WHERE key < ? ORDER BY key",
                           &limit, 1, path, NULL, &result, &cost, &err),
              err);
    assert_int_equal(result.rows, 7);
    assert_true(result.seconds > 0);
    assert_true(cost.elapsed_ns > 0);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, "key,body\n");
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, "0,even\n");
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, "1,\n");
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    assert_int_equal(ftell(file), result.bytes);
    (void)fclose(file);
    assert_status(inlay_export(connection, "SELECT 1", NULL, 0, path, NULL, NULL, NULL, &err),
                  INLAY_ALREADY_EXISTS);
    options.overwrite = 1;
    assert_ok(inlay_export(connection, "SELECT 1", NULL, 0, path, &options, NULL, NULL, &err), err);
    assert_int_equal(unlink(path), 0);
}

static int take_bytes(void *context, const void *bytes, size_t length)
{
    FILE *file = context;
    return fwrite(bytes, 1, length, file) == length ? 0 : EIO;
}

static int refuse_bytes(void *context, const void *bytes, size_t length)
{
    (void)context;
    (void)bytes;
    (void)length;
    return ENOSPC;
}

static void bytes_may_go_to_a_function(void **state)
{
    inlay_export_options options;
    inlay_export_result result;
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    inlay_export_options_init(&options);
    options.format = "ndjson";
    options.write = take_bytes;
    options.write_context = file;
    assert_ok(inlay_export(connection, "SELECT key, body FROM docs WHERE key IN (4, 5) ORDER BY 1",
                           NULL, 0, NULL, &options, &result, NULL, &err),
              err);
    (void)fclose(file);
    assert_string_equal(text, "{\"key\":4,\"body\":\"even\"}\n{\"key\":5,\"body\":null}\n");
    assert_int_equal(result.bytes, length);
    free(text);
    options.write = refuse_bytes;
    assert_status(
        inlay_export(connection, "SELECT 1 AS a", NULL, 0, NULL, &options, NULL, NULL, &err),
        INLAY_IO);
    assert_int_equal(err.sub_code, ENOSPC);
    options.format = NULL;
    assert_status(
        inlay_export(connection, "SELECT 1 AS a", NULL, 0, NULL, &options, NULL, NULL, &err),
        INLAY_INVALID_ARGUMENT);
    assert_status(inlay_export(connection, "SELECT 1 AS a", NULL, 0, NULL, NULL, NULL, NULL, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(inlay_export(connection, NULL, NULL, 0, "x.csv", NULL, NULL, NULL, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(inlay_export(NULL, "SELECT 1", NULL, 0, "x.csv", NULL, NULL, NULL, &err),
                  INLAY_INVALID_ARGUMENT);
}

static int stop_at_once(void *context, const inlay_progress *progress)
{
    (void)context;
    assert_string_equal(progress->phase, "exporting");
    return 1;
}

static void failures_leave_nothing_and_say_why(void **state)
{
    inlay_export_options options;
    char path[200];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    inlay_export_options_init(&options);
    (void)snprintf(path, sizeof(path), "%s/broken.parquet", folder);
    /* Fails in the middle of the rows, in the words of the engine. */
    assert_status(inlay_export(connection,
                               "SELECT CASE WHEN key < 2900 THEN key ELSE body::INT END AS n "
                               "FROM docs ORDER BY key",
                               NULL, 0, path, NULL, NULL, NULL, &err),
                  INLAY_QUERY);
    assert_non_null(strstr(err.message, "Conversion Error"));
    assert_status(
        inlay_export(connection, "SELECT nope FROM docs", NULL, 0, path, NULL, NULL, NULL, &err),
        INLAY_QUERY);
    assert_status(
        inlay_export(connection, "DROP TABLE docs", NULL, 0, path, NULL, NULL, NULL, &err),
        INLAY_QUERY);
    assert_status(inlay_export(connection, "SELECT key AS a, key AS a FROM docs", NULL, 0, path,
                               NULL, NULL, NULL, &err),
                  INLAY_SCHEMA);
    assert_status(inlay_export(connection, "SELECT INTERVAL 1 DAY AS i", NULL, 0, path, NULL, NULL,
                               NULL, &err),
                  INLAY_UNSUPPORTED);
    options.progress = stop_at_once;
    assert_status(
        inlay_export(connection, "SELECT * FROM docs", NULL, 0, path, &options, NULL, NULL, &err),
        INLAY_CANCELLED);
    assert_int_equal(files_in_folder(), 0);
}

/* How much a scan leaves out is its own matter; the sums hold in any case. */
static void costs_of_statements(void **state)
{
    struct ArrowArrayStream stream;
    inlay_cost cost;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_query_sql(connection, "SELECT key FROM docs WHERE key = 2500", NULL, 0, NULL,
                              &stream, &cost, &err),
              err);
    for (;;) {
        struct ArrowArray batch;
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        if (batch.release == NULL) {
            break;
        }
        batch.release(&batch);
    }
    stream.release(&stream);
    assert_true(cost.superfiles_total <= 3);
    assert_true(cost.superfiles_pruned <= cost.superfiles_total);
    assert_true(cost.row_groups_pruned <= cost.row_groups_total);
    assert_true(cost.row_groups_total <= 3);
    assert_true(cost.rows_by_index <= cost.rows_read);
    assert_true(cost.rows_read <= ROWS);
    assert_true(cost.elapsed_ns > 0);
    assert_true(cost.price == (double)cost.requests / 1000 * 0.0004);
}

static void prices_are_the_connections(void **state)
{
    inlay_connect_options options;
    inlay_connection *priced = NULL;
    inlay_table *other = NULL;
    const struct table_row row = {1, "a word"};
    uint64_t hits;
    inlay_cost cost;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    inlay_connect_options_init(&options);
    assert_true(options.price_per_1000_requests == 0.0004 && options.price_per_gb == 0);
    options.price_per_1000_requests = -1;
    assert_status(inlay_connect("memory://", &options, &priced, &err), INLAY_INVALID_ARGUMENT);
    options.price_per_1000_requests = 1000;
    options.price_per_gb = 1e9;
    assert_ok(inlay_connect("memory://", &options, &priced, &err), err);
    assert_ok(tables_create(priced, "t", &other, &err), err);
    assert_ok(tables_append(other, &row, 1, 0, NULL, NULL, &err), err);
    assert_ok(inlay_bm25_count(other, "body", "word", NULL, &hits, &cost, &err), err);
    assert_int_equal(hits, 1);
    assert_true(cost.price == (double)cost.requests + (double)cost.bytes_read);
    inlay_table_close(other);
    inlay_close(priced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_becomes_a_file),
        cmocka_unit_test(bytes_may_go_to_a_function),
        cmocka_unit_test(failures_leave_nothing_and_say_why),
        cmocka_unit_test(costs_of_statements),
        cmocka_unit_test(prices_are_the_connections),
    };
    return cmocka_run_group_tests(tests, open_table, close_table);
}
