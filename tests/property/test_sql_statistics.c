/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a real table's manifest says of its columns: bare aggregates and the first rows of an order
 * give the same answers with it and without, and deleted rows, unknown null counts, inexact bounds
 * and NaN make it say less.
 */
#include "support/test.h"

#include "api/handles.h"
#include "base/error.h"
#include "sql/table_relation.h"
#include "sql/table_statistics.h"
#include "table/predicate/predicate_print.h"
#include "unit/sql/stream_text.inc"

static inlay_connection *connection;
static inlay_table *table;
static struct sql_engine *hinted;
static struct sql_engine *plain;
static _Atomic int scans;
static char last_condition[500]; /* of the latest scan */

static const struct relation_ops *real_ops;
static struct relation_ops counting_ops;

static inlay_status counting_open(struct relation *relation, const struct scan_request *request,
                                  struct relation_scan **out, inlay_error *err)
{
    struct buffer text;
    buffer_init(&text, SIZE_MAX);
    if (request->predicate != NULL) {
        predicate_print(request->predicate, relation->ops->schema(relation), &text);
    }
    (void)snprintf(last_condition, sizeof(last_condition), "%.*s", (int)text.len,
                   text.len != 0 ? (const char *)text.data : "");
    buffer_free(&text);
    scans++;
    return real_ops->scan_open(relation, request, out, err);
}

static inlay_status resolve(void *context, const char *name, struct relation **out,
                            inlay_error *err)
{
    struct table_view *view = NULL;
    (void)context;
    *out = NULL;
    if (strcmp(name, "t") != 0) {
        return error_set(err, INLAY_NOT_FOUND, "there is no table \"%s\"", name);
    }
    INLAY_TRY(table_handle_view(table, &view, err));
    INLAY_TRY(table_relation_create(view, out, err));
    real_ops = (*out)->ops;
    counting_ops = *real_ops;
    counting_ops.scan_open = counting_open;
    (*out)->ops = &counting_ops;
    return INLAY_OK;
}

static inlay_status list(void *context, void (*each)(void *each_context, const char *name),
                         void *each_context, inlay_error *err)
{
    (void)context;
    (void)err;
    each(each_context, "t");
    return INLAY_OK;
}

static void start(const char *uri)
{
    const struct relation_resolver resolver = {resolve, list, NULL};
    struct sql_engine_options options = {.threads = 2, .hint_rows = 1, .exact_rows = 1};
    struct schema schema = {NULL, 0};
    struct ArrowSchema arrow;
    inlay_error err;
    inlay_error_init(&err);
    assert_non_null(schema_add(&schema, "key", COLUMN_INT64, false));
    assert_non_null(schema_add(&schema, "small", COLUMN_INT8, true));
    assert_non_null(schema_add(&schema, "word", COLUMN_UTF8, true));
    assert_non_null(schema_add(&schema, "long", COLUMN_UTF8, true));
    assert_non_null(schema_add(&schema, "price", COLUMN_FLOAT64, true));
    assert_non_null(schema_add(&schema, "odd", COLUMN_FLOAT32, true));
    assert_non_null(schema_add(&schema, "day", COLUMN_DATE32, true));
    schema_add(&schema, "at", COLUMN_TIMESTAMP, true)->unit = UNIT_MICRO;
    assert_non_null(schema_add(&schema, "flag", COLUMN_BOOL, true));
    assert_non_null(schema_add(&schema, "nothing", COLUMN_INT32, true));
    assert_non_null(schema_add(&schema, "mixed", COLUMN_UTF8, true));
    assert_non_null(schema_add(&schema, "bytes", COLUMN_BINARY, true));
    assert_non_null(schema_add(&schema, "no_text", COLUMN_UTF8, true));
    assert_ok(schema_to_arrow(&schema, &arrow, &err), err);
    assert_ok(inlay_connect(uri, NULL, &connection, &err), err);
    assert_ok(inlay_create_table(connection, "t", &arrow, NULL, &table, &err), err);
    assert_ok(sql_engine_create(&options, &resolver, &hinted, &err), err);
    options.hints_off = true;
    assert_ok(sql_engine_create(&options, &resolver, &plain, &err), err);
    arrow.release(&arrow);
    schema_free(&schema);
}

static void finish(char *folder)
{
    sql_engine_free(hinted);
    sql_engine_free(plain);
    inlay_table_close(table);
    inlay_close(connection);
    test_folder_remove(folder);
    free(folder);
}

static void append(uint64_t first, uint64_t rows)
{
    struct ArrowArrayStream stream;
    inlay_append_options options;
    char sql[1500];
    inlay_error err;
    inlay_error_init(&err);
    inlay_append_options_init(&options);
    options.target_superfile_bytes = 40000;
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT i AS key, CASE WHEN i %% 7 <> 0 THEN (i %% 100)::TINYINT END AS small, 'w' || (i "
        "%% 50) AS word, repeat('a long text ', 9) || i AS long, i / 8 + 1 AS price, CASE WHEN i "
        "%% 11 = 0 THEN 'nan'::FLOAT ELSE i::FLOAT END AS odd, DATE '2020-01-01' + (i // "
        "1000)::INTEGER AS day, TIMESTAMP '2020-01-01' + to_seconds(i) AS at, i %% 2 = 0 AS flag, "
        "NULL::INTEGER AS nothing, CASE WHEN i %% 9 <> 0 THEN md5(i::VARCHAR) || repeat('y', (i %% "
        "120)::INTEGER) END AS mixed, (md5((i + 1)::VARCHAR) || repeat('z', 70))::BLOB AS bytes, "
        "NULL::VARCHAR AS no_text FROM range(%llu, %llu) r(i)",
        (unsigned long long)first, (unsigned long long)(first + rows));
    assert_ok(inlay_query_sql(connection, sql, NULL, 0, NULL, &stream, NULL, &err), err);
    assert_ok(inlay_table_append(table, &stream, &options, NULL, &err), err);
}

static char *answer(struct sql_engine *engine, const char *sql)
{
    struct ArrowArrayStream stream;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(sql_query(engine, sql, NULL, 0, &stream, &err), err);
    return stream_text(&stream, strstr(sql, "ORDER BY") != NULL);
}

/* Names, types and values are the same; `answered` without a scan or not. */
static void check(const char *sql, bool answered)
{
    char *without = answer(plain, sql);
    int before = scans;
    char *with = answer(hinted, sql);
    if (strcmp(with, without) != 0 || (scans == before) != answered) {
        fail_msg("%s\nhinted: %.1000s\nplain: %.1000s\n%d scans", sql, with, without,
                 scans - before);
    }
    free(with);
    free(without);
}

static void check_all(bool rows)
{
    static const char *const known[] = {
        "SELECT count(*) FROM t",
        "select COUNT(*) AS \"how many\", count(key), Count(t.SMALL) FROM t;",
        "SELECT min(key), max(key), max(word) AS w, min(word) FROM t AS x",
        "SELECT count(nothing), min(price), max(price) FROM t",
        "SELECT min(flag), max(flag), min(small), max(small) FROM t",
        "SELECT min(day), max(day), min(\"at\"), max(t.\"at\") AS latest FROM t",
        "SELECT max(key) - min(key), count(*) + 1 AS \"n from t\", count(*) * count(small) FROM t",
        "SELECT round(max(price)) > 5, CASE WHEN min(word) = 'w0' THEN max(word) END, 7 + count(*)"
        " FROM t x;",
        "SELECT max(day) - min(day), max(x.\"at\") - INTERVAL 1 DAY, max(small)::VARCHAR || '!', "
        "min(key) BETWEEN 0 AND 5 /* from t */ FROM t AS x -- from x",
        "SELECT max(long), min(long), max(long) > min(long) FROM t",
        "SELECT max(mixed), min(mixed), max(bytes)::VARCHAR, min(bytes)::VARCHAR, count(mixed) "
        "FROM t",
        "SELECT count(1), count(day), count(odd) FROM t",
    };
    static const char *const unknown[] = {
        "SELECT max(nothing) FROM t",
        "SELECT max(no_text) FROM t",
        "SELECT max(odd) FROM t",
        "SELECT count(DISTINCT word) FROM t",
        "SELECT count(*) FILTER (WHERE key > 5) FROM t",
        "SELECT count(*) + random() * 0 FROM t",
        "SELECT max(key) + (SELECT 1) FROM t",
        "SELECT max(key) + sum(1)::BIGINT FROM t",
        "FROM t SELECT max(key) - min(key)",
        "SELECT max(key + 1) FROM t",
        "SELECT max(key) FROM t ORDER BY 1",
        "SELECT max(max_key) FROM (SELECT max(key) AS max_key FROM t)",
        "SELECT count(*) FROM t WHERE key > 5",
        "SELECT count(*) FROM t, range(2)",
        "SELECT count(*), 1 FROM t",
        "SELECT count(*) FROM t HAVING count(*) > 0",
        "SELECT count(*) OVER () FROM t",
        "SELECT sum(key)::BIGINT FROM t",
        "SELECT count(*) FROM t USING SAMPLE 100%",
        "SELECT count(x) FROM t AS q(a, x)",
        "SELECT key FROM t ORDER BY key LIMIT 7",
        "SELECT key, small FROM t ORDER BY key DESC LIMIT 7 OFFSET 100",
        "SELECT key FROM t ORDER BY _id DESC LIMIT 20",
        "SELECT word FROM t ORDER BY word DESC NULLS FIRST LIMIT 20",
        "SELECT small FROM t ORDER BY small NULLS FIRST LIMIT 30",
        "SELECT price, key FROM t ORDER BY price, key LIMIT 500",
        "SELECT odd::VARCHAR AS o FROM t ORDER BY odd DESC LIMIT 50",
        "SELECT odd::VARCHAR AS o FROM t ORDER BY odd LIMIT 50",
        "SELECT long FROM t ORDER BY long LIMIT 3",
        "SELECT key FROM t ORDER BY \"at\" DESC LIMIT 3",
        "SELECT key FROM t WHERE key BETWEEN 100 AND 120 AND word LIKE 'w1%' ORDER BY key",
    };
    size_t i;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        /* Without rows, what has no value is left to the engine. */
        if (rows) {
            check(known[i], strstr(known[i], "count(1)") == NULL);
        } else if (strstr(known[i], "min(") == NULL) {
            free(answer(hinted, known[i]));
        }
    }
    for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        check(unknown[i], false);
    }
}

static size_t column_named(const struct table_view *view, const char *name)
{
    return (size_t)schema_find(typed_table_file_schema(view->table), name);
}

static void answers_are_the_same(void **state)
{
    char *folder = test_folder_make();
    (void)state;
    start(folder);
    check_all(false);
    append(0, 3000);
    check_all(true);
    append(3000, 9000);
    append(20000, 10);
    check_all(true);
    finish(folder);
}

static void what_is_not_exact_is_not_said(void **state)
{
    char *folder = test_folder_make();
    struct relation_column_summary summary;
    struct manifest_entry entries[64];
    struct entry_column columns[32];
    struct table_view *view = NULL;
    struct table_view changed;
    struct stat_value bound;
    size_t key;
    size_t small;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    start(folder);
    append(0, 3000);
    assert_ok(table_handle_view(table, &view, &err), err);
    assert_in_range(view->list.count, 2, 64);
    key = column_named(view, "key");
    small = column_named(view, "small");
    changed = *view;
    memcpy(entries, view->list.entries, view->list.count * sizeof(entries[0]));
    memcpy(columns, entries[0].columns, entries[0].column_count * sizeof(columns[0]));
    entries[0].columns = columns;
    changed.list.entries = entries;
    table_statistics_summary(&changed, key, &summary);
    assert_true(summary.count_known && summary.bounds_known && summary.count == 3000);
    assert_true(summary.min.as.i == 0 && summary.max.as.i == 2999);
    assert_true(table_statistics_top_bound(&changed, key, true, 1, &bound));
    assert_true(bound.as.i > 0 && bound.as.i <= 2999);
    assert_true(table_statistics_top_bound(&changed, key, false, 3000, &bound));
    assert_int_equal(bound.as.i, 2999);
    assert_false(table_statistics_top_bound(&changed, key, false, 3001, &bound));
    assert_false(table_statistics_top_bound(&changed, small, false, 3000, &bound)); /* nulls */
    entries[0].tombstones.deleted = 1;
    table_statistics_summary(&changed, key, &summary);
    assert_false(summary.count_known || summary.bounds_known);
    assert_false(table_statistics_top_bound(&changed, key, false, 3000, &bound));
    assert_true(table_statistics_top_bound(&changed, key, false, 2999, &bound));
    entries[0].tombstones.deleted = 0;
    for (i = 0; i < entries[0].column_count; i++) {
        columns[i].may_have_nan = true;
    }
    table_statistics_summary(&changed, key, &summary);
    assert_true(summary.count_known && !summary.bounds_known);
    assert_false(table_statistics_top_bound(&changed, key, false, 3000, &bound));
    assert_true(table_statistics_top_bound(&changed, key, true, 3000, &bound));
    for (i = 0; i < entries[0].column_count; i++) {
        columns[i].may_have_nan = false;
        columns[i].nulls_known = false;
    }
    table_statistics_summary(&changed, key, &summary);
    assert_false(summary.count_known || summary.bounds_known);
    assert_false(table_statistics_top_bound(&changed, key, true, 3000, &bound));
    for (i = 0; i < entries[0].column_count; i++) {
        columns[i].nulls_known = true;
        columns[i].max.state = BOUND_INEXACT;
    }
    table_statistics_summary(&changed, key, &summary);
    assert_true(summary.count_known && !summary.bounds_known);
    assert_true(table_statistics_top_bound(&changed, key, false, 3000, &bound));
    table_view_release(view);
    finish(folder);
}

/* The last scan's condition and how many scans it took. */
static void check_guess(const char *sql, int wanted_scans, const char *condition)
{
    char *without = answer(plain, sql);
    int before = scans;
    char *with = answer(hinted, sql);
    if (strcmp(with, without) != 0 || scans - before != wanted_scans ||
        strcmp(last_condition, condition) != 0) {
        fail_msg("%s\nhinted: %.1000s\nplain: %.1000s\n%d scans, at last of %s", sql, with, without,
                 scans - before, last_condition);
    }
    free(with);
    free(without);
}

static void first_rows_are_looked_for_where_they_may_be(void **state)
{
    char *folder = test_folder_make();
    char *text;
    (void)state;
    start(folder);
    append(0, 12800);
    check_guess("SELECT key FROM t WHERE flag ORDER BY key LIMIT 5", 1,
                "flag = true AND key <= 100");
    check_guess("SELECT key FROM t WHERE flag ORDER BY key DESC LIMIT 3 OFFSET 2", 1,
                "flag = true AND key >= 12699");
    check_guess("SELECT key FROM t WHERE price > 0 AND word < 'z' ORDER BY price DESC, key LIMIT 4",
                1, "price > 0.0 AND word < 'z' AND price >= 1588.4246031746031");
    /* The first hundredth has 2 of such rows, the first eighth enough. */
    check_guess("SELECT key FROM t WHERE word = 'w7' ORDER BY key LIMIT 5", 2,
                "word = 'w7' AND key <= 1600");
    check_guess("SELECT key FROM t WHERE key % 5000 = 99 ORDER BY key LIMIT 3", 3, "");
    check_guess("SELECT key FROM t WHERE key % 5000 = 199 ORDER BY key LIMIT 3", 2, "");
    /* Ranges of the ordered column are divided, not the whole table. */
    check_guess("SELECT key FROM t WHERE key >= 6400 AND flag ORDER BY key LIMIT 2", 1,
                "key >= 6400 AND flag = true AND key <= 6451");
    check_guess("SELECT key FROM t WHERE key <= 6400 AND flag ORDER BY key DESC LIMIT 2", 1,
                "key <= 6400 AND flag = true AND key >= 6350");
    check_guess("SELECT key FROM t WHERE long LIKE '%xt 7777' ORDER BY key LIMIT 5", 2,
                "long LIKE '%xt 7777'");
    /* Values that are spread over all pages, texts, results that may be large. */
    check_guess("SELECT key FROM t WHERE flag ORDER BY small, key LIMIT 5", 1, "flag = true");
    check_guess("SELECT key FROM t WHERE flag ORDER BY word, key LIMIT 5", 1, "flag = true");
    check_guess("SELECT key FROM t WHERE flag ORDER BY key LIMIT 2000", 1, "flag = true");
    check_guess("SELECT key FROM t WHERE flag ORDER BY key LIMIT 0", 0, "flag = true");
    check_guess("SELECT key FROM t WHERE key > (SELECT min(key) FROM t) ORDER BY key LIMIT 5", 2,
                "");
    text = answer(hinted, "EXPLAIN SELECT key FROM t WHERE flag ORDER BY key LIMIT 5");
    assert_non_null(strstr(text, "its scans want the rows with flag = true and no others; first "
                                 "those of them with "
                                 "key <= 100: if they give 5 rows, no more are read"));
    free(text);
    text = answer(hinted, "EXPLAIN ANALYZE SELECT key FROM t WHERE flag ORDER BY key LIMIT 5");
    assert_non_null(strstr(text, "its scans want the rows with flag = true AND key <= 100"));
    free(text);
    finish(folder);
}

/* Orders are made total, so that there is one right answer. */
static void first_rows_are_the_same_wherever_they_are_found(void **state)
{
    static const char *const columns[] = {"key", "small", "word", "price",   "odd",
                                          "day", "at",    "flag", "nothing", "_id"};
    static const char *const orders[] = {"", " DESC", " NULLS FIRST", " DESC NULLS FIRST"};
    static const char *const conditions[] = {"flag",
                                             "small < 5",
                                             "word IN ('w1', 'w30')",
                                             "key % 97 = 3",
                                             "price > 700",
                                             "key > 9000",
                                             "odd = odd + 1",
                                             "long LIKE '%text 1%'",
                                             "key < 0",
                                             "key BETWEEN 50 AND 90"};
    struct test_random random = test_random_init(5);
    char *folder = test_folder_make();
    int before;
    int i;
    (void)state;
    start(folder);
    append(0, 3000);
    append(9000, 4000);
    append(2000, 5000);
    before = scans;
    for (i = 0; i < 600; i++) {
        char sql[300];
        (void)snprintf(sql, sizeof(sql),
                       "SELECT key, word FROM t WHERE %s ORDER BY \"%s\"%s, _id "
                       "LIMIT %d OFFSET %d",
                       conditions[test_random_below(&random, 10)],
                       columns[test_random_below(&random, 10)],
                       orders[test_random_below(&random, 4)],
                       1 + (int)test_random_below(&random, 6), (int)test_random_below(&random, 3));
        check(sql, false);
    }
    assert_true(scans - before > 1200 + 20); /* some guesses did not hold */
    finish(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_the_same),
        cmocka_unit_test(what_is_not_exact_is_not_said),
        cmocka_unit_test(first_rows_are_looked_for_where_they_may_be),
        cmocka_unit_test(first_rows_are_the_same_wherever_they_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
