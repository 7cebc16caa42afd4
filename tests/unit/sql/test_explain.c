/* SPDX-License-Identifier: Apache-2.0 */
/* The rows that EXPLAIN has beyond the engine's plan, and the account of a statement's scans. */
#include "support/test.h"

#include "memory_relation.inc"
#include "sql/engine.h"
#include "sql/explain.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 10000

static struct memory_relation_counts counts;
static struct io_account io;
static struct sql_engine *engine;

static int open_engine(void **state)
{
    struct relation_resolver resolver = memory_resolver(ROWS, &counts);
    struct sql_engine_options options = {
        .threads = 2, .coded_rows = UINT64_MAX, .io = &io, .prices = {0.5, 2}};
    (void)state;
    return sql_engine_create(&options, &resolver, &engine, NULL) == INLAY_OK ? 0 : -1;
}

static int close_engine(void **state)
{
    (void)state;
    sql_engine_free(engine);
    return counts.open_relations == 0 && counts.open_scans == 0 ? 0 : -1;
}

static void append_cell(char *text, size_t size, const struct ArrowArray *column, int64_t row)
{
    const int32_t *offsets = column->buffers[1];
    size_t used = strlen(text);
    (void)snprintf(text + used, size - used, "%.*s", (int)(offsets[row + 1] - offsets[row]),
                   (const char *)column->buffers[2] + offsets[row]);
}

/* Keys of all rows, then the values of those whose key is "inlay", each with a line end. */
static void explain(const char *sql, char *text, size_t size)
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    inlay_error err;
    inlay_error_init(&err);
    text[0] = '\0';
    assert_ok(sql_query(engine, sql, NULL, 0, &stream, &err), err);
    for (;;) {
        int64_t row;
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        if (batch.release == NULL) {
            break;
        }
        assert_int_equal(batch.n_children, 2);
        for (row = 0; row < batch.length; row++) {
            char key[100] = "";
            append_cell(key, sizeof(key), batch.children[0], row);
            strncat(text, key, size - strlen(text) - 1);
            if (strcmp(key, "inlay") == 0) {
                strncat(text, " ", size - strlen(text) - 1);
                append_cell(text, size, batch.children[1], row);
            }
            strncat(text, "\n", size - strlen(text) - 1);
        }
        batch.release(&batch);
    }
    assert_int_equal(stream.get_next(&stream, &batch), 0); /* the end stays the end */
    assert_null(batch.release);
    stream.release(&stream);
}

static void tables_are_told(void **state)
{
    char text[4000];
    (void)state;
    explain("EXPLAIN SELECT max(n) FROM numbers", text, sizeof(text));
    assert_string_equal(text, "physical_plan\ninlay table numbers: version 5, 1 superfile, 10000 "
                              "rows; its scans want all rows\n");
    explain("explain /* analyze later */ SELECT a.n FROM numbers a JOIN empty USING (n)", text,
            sizeof(text));
    assert_non_null(strstr(text, "inlay table numbers: version 5"));
    assert_non_null(strstr(text, "inlay table empty: version 5, 1 superfile, 0 rows"));
    explain("EXPLAIN SELECT 1", text, sizeof(text));
    assert_string_equal(text, "physical_plan\n");
    /* A table that happens to be read is not an EXPLAIN. */
    explain("SELECT 'k' AS explain_key, 'v' AS explain_value FROM numbers LIMIT 1", text,
            sizeof(text));
    assert_string_equal(text, "k\n");
}

static void analyze_tells_what_was_read(void **state)
{
    static const char *const forms[] = {"EXPLAIN ANALYZE SELECT max(n) FROM numbers",
                                        "explain (Analyze) SELECT max(n) FROM numbers"};
    char text[4000];
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        explain(forms[i], text, sizeof(text));
        assert_non_null(strstr(text, "inlay table numbers: "));
        assert_non_null(strstr(text, "inlay scans: 1 superfiles, 0 of them pruned; 1 row groups, 0 "
                                     "pruned; 0 pages pruned; 10000 rows read, 0 of them by "
                                     "index\n"));
        assert_non_null(strstr(text, "inlay store: 0 requests in 0 round trips, 0 bytes read, 0 "
                                     "reads from cache, 0.000 ms waiting; price $0.00000000 at "
                                     "$0.5 per 1,000 requests and $2 per GB\n"));
    }
}

/* Only what came after the statement's begin is its own. */
static void store_figures_are_differences(void **state)
{
    struct statement *statement = NULL;
    struct relation *relation = NULL;
    const struct stat_value bound = stat_int(1855);
    const struct predicate early = {
        .test = PREDICATE_LT, .column = 0, .values = &bound, .value_count = 1};
    struct statement_hint hint = {0};
    struct ArrowArray rows;
    char text[4000] = "";
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    io.requests = 1000;
    io.bytes_read = 5;
    assert_ok(statement_begin(engine, &statement, &err), err);
    assert_ok(statement_relation(statement, "numbers", &relation, &err), err);
    hint.relation = relation;
    hint.predicate = &early;
    statement->hints = &hint;
    io.requests += 2000;
    io.round_trips += 3;
    io.bytes_read += 500000000;
    io.cache_hits += 7;
    io.wait_ns += 1500000;
    assert_ok(explain_rows(statement, true, &rows, &err), err);
    assert_int_equal(rows.length, 3);
    append_cell(text, sizeof(text), rows.children[1], 0);
    assert_string_equal(text, "table numbers: version 5, 1 superfile, 10000 rows; its scans want "
                              "the rows with n < 1855");
    text[0] = '\0';
    append_cell(text, sizeof(text), rows.children[1], 2);
    assert_string_equal(text, "store: 2000 requests in 3 round trips, 500000000 bytes read, 7 "
                              "reads from cache, 1.500 ms waiting; price $2.00000000 at $0.5 per "
                              "1,000 requests and $2 per GB");
    rows.release(&rows);
    statement->hints = NULL;
    statement_end(statement);
}

static void accounts_of_streams(void **state)
{
    struct ArrowArrayStream stream;
    struct ArrowArrayStream other = {0};
    struct ArrowArray batch;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_null(sql_stream_account(&other));
    assert_null(sql_stream_error(&other));
    assert_ok(sql_query(engine, "SELECT n FROM numbers UNION ALL SELECT n FROM numbers", NULL, 0,
                        &stream, &err),
              err);
    do {
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        if (batch.release != NULL) {
            batch.release(&batch);
        } else {
            break;
        }
    } while (true);
    assert_int_equal(sql_stream_account(&stream)->rows_read, 2 * ROWS);
    assert_int_equal(sql_stream_account(&stream)->superfiles, 2);
    assert_null(sql_stream_error(&stream));
    stream.release(&stream);
    /* The engine may run ahead of the first call and fail before there is a stream. */
    if (sql_query(engine, "SELECT n FROM broken", NULL, 0, &stream, &err) != INLAY_OK) {
        assert_int_equal(err.status, INLAY_CORRUPT);
        return;
    }
    while (stream.get_next(&stream, &batch) == 0) {
        assert_non_null(batch.release);
        batch.release(&batch);
    }
    assert_int_equal(sql_stream_error(&stream)->status, INLAY_CORRUPT);
    assert_string_equal(sql_stream_error(&stream)->key, "data/broken.parquet");
    stream.release(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tables_are_told, open_engine, close_engine),
        cmocka_unit_test_setup_teardown(analyze_tells_what_was_read, open_engine, close_engine),
        cmocka_unit_test_setup_teardown(store_figures_are_differences, open_engine, close_engine),
        cmocka_unit_test_setup_teardown(accounts_of_streams, open_engine, close_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
