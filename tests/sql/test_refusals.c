/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements that no test file can hold: very long, very deep, with bytes that are no text. Each
 * gives rows or one clear sentence with a status, and the connection works afterwards. What is
 * refused has written nothing: neither a file nor a version of the table.
 */
#include "support/test.h"

#include "sql/row_set.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char *folder;
static inlay_connection *connection;

static void run(const char *sql, struct row_set *out)
{
    row_set_query(out, connection, sql);
}

static void still_works(void)
{
    struct row_set rows;
    run("SELECT sum(k), count(*) FROM docs WHERE k >= 0", &rows);
    if (rows.status != INLAY_OK) {
        fail_msg("the connection does not work afterwards: %s", rows.message);
    }
    assert_string_equal(rows.cells[0], "499500");
    assert_string_equal(rows.cells[1], "1000");
    row_set_free(&rows);
}

static int set_up(void **state)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    inlay_table *table = NULL;
    inlay_connect_options options;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    inlay_connect_options_init(&options);
    options.threads = 2;
    folder = test_folder_make();
    assert_ok(inlay_connect(folder, &options, &connection, &err), err);
    assert_ok(inlay_query_sql(connection, "SELECT i AS k, 'text ' || i AS t FROM range(1000) r(i)",
                              NULL, 0, NULL, &stream, NULL, &err),
              err);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_ok(inlay_create_table(connection, "docs", &schema, NULL, &table, &err), err);
    schema.release(&schema);
    assert_ok(inlay_table_append(table, &stream, NULL, NULL, &err), err);
    inlay_table_close(table);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    inlay_close(connection);
    test_folder_remove(folder);
    free(folder);
    return 0;
}

/* `text` many times between `head` and `tail`. */
static char *repeated(const char *head, const char *text, size_t times, const char *tail)
{
    char *made = NULL;
    size_t size;
    FILE *out = open_memstream(&made, &size);
    (void)fputs(head, out);
    while (times-- != 0) {
        (void)fputs(text, out);
    }
    (void)fputs(tail, out);
    (void)fclose(out);
    return made;
}

/* Takes the statement over. It may run or be refused, but not end the program, and say why. */
static inlay_status answers(char *sql)
{
    struct row_set rows;
    inlay_status status;
    run(sql, &rows);
    status = rows.status;
    if (status != INLAY_OK && (rows.message[0] == '\0' || strchr(rows.message, '\n') != NULL)) {
        fail_msg("not one sentence: \"%s\"", rows.message);
    }
    if (status != INLAY_OK && status != INLAY_QUERY && status != INLAY_INVALID_ARGUMENT &&
        status != INLAY_OVER_BUDGET) {
        fail_msg("%.80s...: status %s: %s", sql, inlay_status_name(status), rows.message);
    }
    row_set_free(&rows);
    free(sql);
    still_works();
    return status;
}

static void deep_statements(void **state)
{
    char *open;
    char *sql;
    (void)state;
    open = repeated("SELECT ", "(", 500000, "1");
    sql = repeated(open, ")", 500000, "");
    free(open);
    assert_int_not_equal(answers(sql), INLAY_OK);
    assert_int_not_equal(answers(repeated("SELECT ", "(", 1000000, "")), INLAY_OK);
    open = repeated("SELECT ", "(", 100, "1");
    sql = repeated(open, ")", 100, " FROM docs LIMIT 1");
    free(open);
    assert_int_equal(answers(sql), INLAY_OK);
    (void)answers(repeated("SELECT ", "-", 900000, "1"));
    (void)answers(repeated("SELECT ", "NOT ", 200000, "true"));
    (void)answers(repeated("SELECT ", "[", 400000, ""));
    open = repeated("SELECT ", "[", 1500, "1");
    (void)answers(repeated(open, "]", 1500, ""));
    free(open);
    open = repeated("", "SELECT * FROM (", 1000, "SELECT 1");
    (void)answers(repeated(open, ")", 1000, ""));
    free(open);
    open = repeated("SELECT ", "abs(", 1500, "k");
    (void)answers(repeated(open, ")", 1500, " FROM docs"));
    free(open);
    (void)answers(repeated("SELECT ", "CASE WHEN k = 1 THEN 1 ELSE ", 1000, "2 FROM docs"));
}

static void long_statements(void **state)
{
    char *open;
    (void)state;
    /* wide, in limits or not */
    (void)answers(repeated("SELECT count(*) FROM docs WHERE k >= 0", " AND k >= 0", 100000, ""));
    (void)answers(repeated("SELECT count(*) FROM docs WHERE k >= 0", " AND k >= 0", 1000, ""));
    (void)answers(repeated("SELECT count(*) FROM docs WHERE k = 0", " OR k = 1", 3000, ""));
    (void)answers(repeated("SELECT count(*) FROM docs WHERE k IN (0", ", 7", 20000, ")"));
    (void)answers(repeated("SELECT count(*) FROM docs WHERE t IN ('a'", ", 'text 7'", 5000, ")"));
    (void)answers(repeated("SELECT 1", ", k", 3000, " FROM docs LIMIT 1"));
    (void)answers(repeated("SELECT 1", " + k", 1500, " FROM docs LIMIT 1"));
    (void)answers(repeated("SELECT 1", " UNION ALL SELECT 1", 300, ""));
    (void)answers(repeated("SELECT 'x'", " || 'y'", 1500, ""));
    /* a text within the limit on a statement, and one beyond it */
    open = repeated("SELECT length('", "x", 900000, "')");
    assert_int_equal(answers(open), INLAY_OK);
    open = repeated("SELECT length('", "x", 10 << 20, "')");
    assert_int_equal(answers(open), INLAY_OVER_BUDGET);
    open = repeated("SELECT count(*) FROM docs WHERE t = '", "x", 900000, "'");
    assert_int_equal(answers(open), INLAY_OK);
    (void)answers(repeated("SELECT \"", "x", 900000, "\" FROM docs"));
    (void)answers(repeated("SELECT * FROM \"", "x", 900000, "\""));
    (void)answers(repeated("SELECT ", "x", 900000, "(1)"));
}

static void odd_bytes(void **state)
{
    static const char *const texts[] = {
        "\xFF\xFE",
        "SELECT '\xFF\xFE'",
        "SELECT '\xC3'",
        "SELECT k AS \xFF FROM docs",
        "SELECT \"\xED\xA0\x80\" FROM docs",
        "SELECT * FROM \"\xFF\"",
        "SELECT * FROM docs WHERE t = '\xF0\x9F'",
        "SELECT 1 -- \xFF",
        "\xEF\xBB\xBFSELECT 1",
        "SELECT\xC2\xA0k FROM docs",
        "SELECT '\x01\x02\x7F' FROM docs LIMIT 1",
        "SELECT chr(0)",
        "SELECT length(chr(0) || 'x')",
        "SELECT E'\\x00'",
        "SELECT E'\\u0000'",
        "SELECT '\\x00'::BLOB",
        "SELECT U&'\\0000'",
        "",
        " ",
        "\n\t\r",
        ";;;",
        "--",
        "/*",
        "'",
        "\"",
        "$$",
        "$x$ $y$",
        "SELECT $$it's$$",
        "(((",
        "SELECT 1e999",
        "SELECT 1e-999",
        "SELECT 99999999999999999999999999999999999999999999999999999999999999999999",
        "SELECT 0x",
        "SELECT 1__0",
        "SELECT *",
        "SELECT k FROM docs LIMIT 99999999999999999999",
        "SELECT k FROM docs OFFSET 18446744073709551615",
        "SELECT list_resize([1], 9223372036854775807)",
        "SELECT * FROM range(9223372036854775807) LIMIT 1",
        "SELECT DATE '5881580-07-11' + 1",
        "SELECT TIMESTAMP '294247-01-10 04:00:54.775807' + INTERVAL 1 DAY",
        "SELECT INTERVAL '9223372036854775807 months'",
        "SELECT strftime(DATE '2024-01-01', '%')",
        "SELECT printf('%s %s', 'a')",
        "SELECT format('{', 1)",
        "SELECT regexp_matches('a', '(((((')",
        "SELECT 'a' LIKE 'b' ESCAPE 'cd'",
        "SELECT (-9223372036854775808)::BIGINT // -1",
        "SELECT (-128)::TINYINT % -1",
        "SELECT -((-128)::TINYINT)",
        "SELECT abs((-9223372036854775808)::BIGINT)",
        "SELECT factorial(1000)",
        "SELECT 1 << 200",
        "SELECT sqrt(-1)",
        "SELECT ln(0)",
        "SELECT 5 % 0, 5 / 0, 5 // 0",
        "SELECT [1, 2][9223372036854775807]",
        "SELECT 'abc'[-9223372036854775807:9223372036854775807]",
        "SELECT substring('abc', -9223372036854775807, 9223372036854775807)",
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        (void)answers(strdup(texts[i]));
    }
}

static void parameters_are_checked(void **state)
{
    static const struct {
        inlay_parameter parameter;
        const char *sql;
        bool fails;
    } cases[] = {
        {{NULL, INLAY_PARAMETER_TEXT, 0, 0, "a\0b", 3}, "SELECT length(?)", false},
        {{NULL, INLAY_PARAMETER_TEXT, 0, 0, "\xFF\xFE", 2}, "SELECT length(?)", true},
        {{NULL, INLAY_PARAMETER_TEXT, 0, 0, "", 0}, "SELECT count(*) FROM docs WHERE t = ?", false},
        {{NULL, INLAY_PARAMETER_TEXT, 0, 0, "abc", 3}, "SELECT ?::INTEGER", true},
        {{NULL, INLAY_PARAMETER_BLOB, 0, 0, "\xFF\x00", 2}, "SELECT octet_length(?)", false},
        {{NULL, INLAY_PARAMETER_INT64, INT64_MIN, 0, NULL, 0}, "SELECT -?::BIGINT", true},
        {{NULL, INLAY_PARAMETER_INT64, 300, 0, NULL, 0}, "SELECT ?::UTINYINT", true},
        {{NULL, INLAY_PARAMETER_FLOATS, 0, 0, NULL, 0}, "SELECT len(?)", false},
        {{NULL, 99, 0, 0, NULL, 0}, "SELECT ?", true},
        {{"n", INLAY_PARAMETER_INT64, 1, 0, NULL, 0}, "SELECT $m", true},
        {{NULL, INLAY_PARAMETER_INT64, 1, 0, NULL, 0}, "SELECT 1", true},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ArrowArrayStream stream;
        struct row_set rows = {0};
        inlay_error err;
        inlay_error_init(&err);
        rows.status = inlay_query_sql(connection, cases[i].sql, &cases[i].parameter, 1, NULL,
                                      &stream, NULL, &err);
        if (rows.status == INLAY_OK) {
            row_set_stream(&rows, &stream);
        } else {
            assert_true(err.message[0] != '\0');
        }
        if ((rows.status != INLAY_OK) != cases[i].fails) {
            fail_msg("%zu: %s: %s", i, cases[i].sql,
                     rows.status != INLAY_OK ? err.message : "it ran");
        }
        row_set_free(&rows);
        still_works();
    }
}

static size_t files_below(const char *path)
{
    struct dirent *entry;
    DIR *open = opendir(path);
    size_t count = 0;
    while (open != NULL && (entry = readdir(open)) != NULL) {
        char inner[4096];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        (void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        count += 1 + files_below(inner);
    }
    if (open != NULL) {
        (void)closedir(open);
    }
    return count;
}

static void nothing_is_written(void **state)
{
    static const char *const texts[] = {
        "COPY (SELECT 1) TO '%s/out.csv'",
        "COPY docs TO '%s/out.parquet' (FORMAT parquet)",
        "EXPORT DATABASE '%s/out'",
        "ATTACH '%s/out.db'",
        "ATTACH '%s/out.db' AS x (TYPE duckdb)",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '%s/out.csv'",
        "EXPLAIN (ANALYZE) COPY (SELECT 1) TO '%s/out.csv'",
        "SET temp_directory = '%s/out'",
        "SET home_directory = '%s'",
        "SET extension_directory = '%s/out'",
        "PRAGMA profiling_output = '%s/out.json'",
        "PRAGMA log_query_path = '%s/out.log'",
        "CREATE PERSISTENT SECRET s IN local_file (TYPE s3)",
        "CALL enable_logging(storage = 'file', storage_path = '%s/out')",
        "CREATE TABLE made AS SELECT 1",
        "INSERT INTO docs VALUES (1, 'x')",
        "DELETE FROM docs",
        "UPDATE docs SET t = 'x'",
        "DROP TABLE docs",
        "WITH a AS (SELECT 1) INSERT INTO docs SELECT 1, 'x'",
        "INSTALL '%s/x.duckdb_extension'",
        "SELECT * FROM read_text('%s')",
    };
    size_t before = files_below(folder);
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *place = strstr(texts[i], "%s");
        struct row_set rows;
        char sql[4096];
        if (place != NULL) {
            (void)snprintf(sql, sizeof(sql), "%.*s%s%s", (int)(place - texts[i]), texts[i], folder,
                           place + 2);
        } else {
            (void)snprintf(sql, sizeof(sql), "%s", texts[i]);
        }
        run(sql, &rows);
        if (rows.status == INLAY_OK) {
            fail_msg("it ran: %s", sql);
        }
        row_set_free(&rows);
        if (files_below(folder) != before) {
            fail_msg("it left a file: %s", sql);
        }
        still_works();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deep_statements),    cmocka_unit_test(long_statements),
        cmocka_unit_test(odd_bytes),          cmocka_unit_test(parameters_are_checked),
        cmocka_unit_test(nothing_is_written),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
