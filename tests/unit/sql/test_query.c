/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "memory_relation.inc"
#include "sql/engine.h"
#include "sql/statement_priv.h"

#include <errno.h>
#include <stdio.h>

static struct memory_relation_counts counts;
static struct sql_engine *engine;

enum { ROWS = 10000 };

static int open_engine(void **state)
{
    struct sql_engine_options options = {.threads = 2, .memory_limit = 512u << 20};
    struct relation_resolver resolver;
    inlay_error err;
    (void)state;
    memset(&counts, 0, sizeof(counts));
    resolver = memory_resolver(ROWS, &counts);
    inlay_error_init(&err);
    assert_ok(sql_engine_create(&options, &resolver, &engine, &err), err);
    return 0;
}

/* Whatever a test did, nothing stays open behind it. */
static int close_engine(void **state)
{
    (void)state;
    sql_engine_free(engine);
    assert_int_equal(counts.open_workers, 0);
    assert_int_equal(counts.open_scans, 0);
    assert_int_equal(counts.open_relations, 0);
    return 0;
}

/* Runs a statement whose rows are one text column, and joins them with '|'. */
static void query_text(const char *sql, char *out, size_t size)
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    size_t used = 0;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(sql_query(engine, sql, NULL, 0, &stream, &err), err);
    out[0] = '\0';
    for (;;) {
        int64_t i;
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        if (batch.release == NULL) {
            break;
        }
        for (i = 0; i < batch.length; i++) {
            const struct ArrowArray *column = batch.children[0];
            const int32_t *offsets = column->buffers[1];
            const uint8_t *bits = column->buffers[0];
            const char *data = column->buffers[2];
            int64_t row = i + column->offset;
            if (bits != NULL && column->null_count != 0 && !(bits[row / 8] >> (row % 8) & 1)) {
                used += (size_t)snprintf(out + used, size - used, "%sNULL", used != 0 ? "|" : "");
                continue;
            }
            used += (size_t)snprintf(out + used, size - used, "%s%.*s", used != 0 ? "|" : "",
                                     (int)(offsets[row + 1] - offsets[row]), data + offsets[row]);
        }
        batch.release(&batch);
    }
    stream.release(&stream);
}

static void assert_query(const char *sql, const char *expected)
{
    char found[4096];
    query_text(sql, found, sizeof(found));
    assert_string_equal(found, expected);
}

static void rows_and_aggregates_are_right(void **state)
{
    (void)state;
    assert_query("SELECT count(*)::VARCHAR FROM numbers", "10000");
    assert_query("SELECT sum(n)::VARCHAR FROM numbers", "49995000");
    assert_query("SELECT count(t)::VARCHAR FROM numbers", "9000");
    assert_query("SELECT max(t) FROM numbers", "text of row 9999");
    assert_query("SELECT t FROM numbers WHERE n IN (0, 3, 4321, 9998) ORDER BY n",
                 "text of row 0|NULL|text of row 4321|text of row 9998");
    assert_query("SELECT id::VARCHAR FROM numbers WHERE n = 5", "129127208515966861317");
    assert_query("SELECT tags::VARCHAR FROM numbers WHERE n BETWEEN 3 AND 5 ORDER BY n",
                 "[]|[4]|[5, 6]");
    assert_query("SELECT v::VARCHAR FROM numbers WHERE n = 9999", "[9999.0, 0.5]");
    assert_query("SELECT (count(*))::VARCHAR FROM empty", "0");
}

static void dictionaries_group_and_filter(void **state)
{
    (void)state;
    assert_query("SELECT coalesce(kind, '-') || count(*) FROM numbers GROUP BY kind ORDER BY kind "
                 "NULLS LAST",
                 "a rather long colour name2500|blue2000|green2000|red2500|-1000");
    assert_query("SELECT count(*)::VARCHAR FROM numbers WHERE kind = 'green'", "2000");
}

static void strings_survive_sorts_joins_and_materialisation(void **state)
{
    (void)state;
    assert_query("SELECT t FROM numbers ORDER BY t DESC NULLS LAST LIMIT 2",
                 "text of row 9999|text of row 9998");
    assert_query(
        "SELECT max(a.t || b.kind) FROM numbers a JOIN numbers b ON a.n = b.n + 1 WHERE a.n < 50",
        "text of row 9red");
    assert_query(
        "WITH x AS MATERIALIZED (SELECT t, n FROM numbers) SELECT min(t) FROM x WHERE n > 9990",
        "text of row 9991");
    assert_query("SELECT DISTINCT substr(t, 1, 12) FROM numbers WHERE t IS NOT NULL",
                 "text of row ");
}

static void a_streamed_result_is_whole(void **state)
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    struct ArrowSchema schema;
    int64_t rows = 0;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(sql_query(engine, "SELECT n, t, id FROM numbers", NULL, 0, &stream, &err), err);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_int_equal(schema.n_children, 3);
    assert_string_equal(schema.children[2]->format, "d:38,0,128");
    schema.release(&schema);
    for (;;) {
        int64_t i;
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        if (batch.release == NULL) {
            break;
        }
        for (i = 0; i < batch.length; i++) {
            const int64_t *n = batch.children[0]->buffers[1];
            const int32_t *offsets = batch.children[1]->buffers[1];
            const char *data = batch.children[1]->buffers[2];
            char expected[64];
            (void)snprintf(expected, sizeof(expected), "text of row %lld", (long long)n[i]);
            if (n[i] % 10 != 3) {
                assert_memory_equal(data + offsets[i], expected, strlen(expected));
            }
        }
        rows += batch.length;
        batch.release(&batch);
    }
    assert_int_equal(rows, ROWS);
    /* Asking behind the end gives the end again. */
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_null(batch.release);
    stream.release(&stream);
}

static void one_snapshot_per_statement_and_only_the_columns_asked_for(void **state)
{
    int before = counts.resolves;
    uint64_t columns = counts.columns_scanned;
    (void)state;
    assert_query("SELECT (SELECT max(t) FROM numbers) || (SELECT count(*) FROM numbers b, empty c)",
                 "text of row 99990");
    assert_int_equal(counts.resolves - before, 2);
    columns = counts.columns_scanned;
    assert_query("SELECT max(n)::VARCHAR FROM numbers", "9999");
    assert_int_equal(counts.columns_scanned - columns, 1);
}

static void parameters_bind_by_place_and_name(void **state)
{
    struct sql_parameter by_place = {NULL, SQL_PARAMETER_INT64, 41, 0, NULL, 0};
    struct sql_parameter by_name = {"word", SQL_PARAMETER_TEXT, 0, 0, "blue", 4};
    struct ArrowArrayStream stream;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(sql_query(engine, "SELECT t FROM numbers WHERE n = ?", &by_place, 1, &stream, &err),
              err);
    stream.release(&stream);
    assert_ok(
        sql_query(engine, "SELECT t FROM numbers WHERE kind = $word", &by_name, 1, &stream, &err),
        err);
    stream.release(&stream);
    assert_status(sql_query(engine, "SELECT ?", NULL, 0, &stream, &err), INLAY_QUERY);
    assert_status(sql_query(engine, "SELECT $other", &by_name, 1, &stream, &err), INLAY_QUERY);
}

static void everything_that_writes_or_reads_files_is_refused(void **state)
{
    static const char *const refused[] = {
        "CREATE TABLE x (a INT)",
        "CREATE TABLE x AS SELECT * FROM numbers",
        "INSERT INTO numbers VALUES (1)",
        "DELETE FROM numbers",
        "COPY numbers TO 'out.csv'",
        "ATTACH 'other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 1",
        "CALL pragma_version()",
        "EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1",
        "EXPLAIN (ANALYZE) CREATE TABLE x AS SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE numbers",
        "",
        "  -- nothing",
        "SELECT * FROM read_csv('CONTRIBUTING.md')",
        "SELECT * FROM read_text('CONTRIBUTING.md')",
        "SELECT * FROM 'CONTRIBUTING.md'",
        "SELECT * FROM 'x.parquet'",
        "SELECT * FROM glob('*')",
        "BEGIN",
        "VACUUM",
        "EXPORT DATABASE 'x'",
        "USE memory",
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct ArrowArrayStream stream;
        struct ArrowArray batch;
        inlay_status status;
        inlay_error err;
        inlay_error_init(&err);
        status = sql_query(engine, refused[i], NULL, 0, &stream, &err);
        if (status == INLAY_OK) {
            int code = stream.get_next(&stream, &batch);
            stream.release(&stream);
            if (code == 0) {
                fail_msg("was not refused: %s", refused[i]);
            }
        } else {
            assert_int_not_equal(status, INLAY_INTERNAL);
            assert_true(err.message[0] != '\0');
        }
    }
    assert_query("SELECT count(*)::VARCHAR FROM numbers", "10000");
}

static void errors_say_what_and_where(void **state)
{
    struct ArrowArrayStream stream;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_status(sql_query(engine, "SELECT nope FROM numbers", NULL, 0, &stream, &err),
                  INLAY_QUERY);
    assert_non_null(strstr(err.message, "nope"));
    assert_int_equal(err.offset, 7);
    assert_status(sql_query(engine, "SELECT * FROM missing", NULL, 0, &stream, &err), INLAY_QUERY);
    assert_non_null(strstr(err.message, "there is no table \"missing\""));
    assert_status(sql_query(engine, "SELEC 1", NULL, 0, &stream, &err), INLAY_QUERY);
}

static void a_failing_scan_gives_its_own_error(void **state)
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    inlay_status status;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    status = sql_query(engine, "SELECT sum(n) FROM broken", NULL, 0, &stream, &err);
    if (status == INLAY_OK) {
        assert_int_equal(stream.get_next(&stream, &batch), EBADMSG);
        assert_non_null(strstr(stream.get_last_error(&stream), "page 7 of broken is damaged"));
        stream.release(&stream);
    } else {
        assert_int_equal(status, INLAY_CORRUPT);
        assert_string_equal(err.key, "data/broken.parquet");
    }
}

static void writing_is_refused_in_plain_words(void **state)
{
    static const char *const refused[] = {"DROP TABLE numbers", " -- gone\n delete from numbers",
                                          "/* x */ CREATE TABLE x (a INT)",
                                          "update numbers set n = 1"};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct ArrowArrayStream stream;
        inlay_error err;
        inlay_error_init(&err);
        assert_status(sql_query(engine, refused[i], NULL, 0, &stream, &err), INLAY_QUERY);
        assert_non_null(strstr(err.message, "only one reading statement"));
    }
}

/* Counting all rows reads none; every other count does the same as ever. */
static void a_bare_count_scans_nothing(void **state)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(sql_query(engine, "select Count(*) from numbers;", NULL, 0, &stream, &err), err);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_string_equal(schema.children[0]->name, "count_star()");
    assert_string_equal(schema.children[0]->format, "l");
    schema.release(&schema);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(((const int64_t *)batch.children[0]->buffers[1])[0], ROWS);
    batch.release(&batch);
    stream.release(&stream);
    assert_int_equal(counts.columns_scanned, 0);
    assert_status(sql_query(engine, "SELECT count(*) FROM missing", NULL, 0, &stream, &err),
                  INLAY_QUERY);
    assert_non_null(strstr(err.message, "there is no table \"missing\""));
}

static void show_describe_and_explain_work(void **state)
{
    (void)state;
    assert_query("show tables;", "broken|empty|numbers");
    assert_query("SELECT column_name FROM (DESCRIBE numbers) LIMIT 2", "n|t");
    assert_query("SELECT left(column_type, 7) FROM (DESCRIBE numbers) WHERE column_name = 'id'",
                 "DECIMAL");
    {
        struct ArrowArrayStream stream;
        inlay_error err;
        inlay_error_init(&err);
        assert_ok(
            sql_query(engine, "EXPLAIN ANALYZE SELECT max(n) FROM numbers", NULL, 0, &stream, &err),
            err);
        stream.release(&stream);
    }
}

/* A thread of the engine that was the last to work for a statement may free its plan and scans when
 * the result is gone and the statement has ended (the address sanitizer saw it once in dozens of
 * runs of property/sql_generated). Here the plan and the result are kept on purpose. */
static void what_is_freed_late_is_still_there(void **state)
{
    struct statement *statement;
    duckdb_prepared_statement prepared = NULL;
    duckdb_result result;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(statement_begin(engine, &statement, &err), err);
    assert_int_equal(duckdb_prepare(statement->connection,
                                    "SELECT a.n, a.t FROM numbers a JOIN numbers b ON a.n = b.n",
                                    &prepared),
                     DuckDBSuccess);
    assert_int_equal(duckdb_execute_prepared_streaming(prepared, &result), DuckDBSuccess);
    statement_end(statement);
    assert_int_equal(counts.open_relations, 1);
    assert_true(counts.open_scans > 0);
    duckdb_destroy_result(&result);
    duckdb_destroy_prepare(&prepared);
    assert_int_equal(counts.open_scans, 0);
    assert_int_equal(counts.open_relations, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_and_aggregates_are_right, open_engine, close_engine),
        cmocka_unit_test_setup_teardown(dictionaries_group_and_filter, open_engine, close_engine),
        cmocka_unit_test_setup_teardown(strings_survive_sorts_joins_and_materialisation,
                                        open_engine, close_engine),
        cmocka_unit_test_setup_teardown(a_streamed_result_is_whole, open_engine, close_engine),
        cmocka_unit_test_setup_teardown(one_snapshot_per_statement_and_only_the_columns_asked_for,
                                        open_engine, close_engine),
        cmocka_unit_test_setup_teardown(parameters_bind_by_place_and_name, open_engine,
                                        close_engine),
        cmocka_unit_test_setup_teardown(everything_that_writes_or_reads_files_is_refused,
                                        open_engine, close_engine),
        cmocka_unit_test_setup_teardown(errors_say_what_and_where, open_engine, close_engine),
        cmocka_unit_test_setup_teardown(a_failing_scan_gives_its_own_error, open_engine,
                                        close_engine),
        cmocka_unit_test_setup_teardown(writing_is_refused_in_plain_words, open_engine,
                                        close_engine),
        cmocka_unit_test_setup_teardown(a_bare_count_scans_nothing, open_engine, close_engine),
        cmocka_unit_test_setup_teardown(what_is_freed_late_is_still_there, open_engine,
                                        close_engine),
        cmocka_unit_test_setup_teardown(show_describe_and_explain_work, open_engine, close_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
