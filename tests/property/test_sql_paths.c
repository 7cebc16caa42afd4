/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements over real tables through all ways of grouping, by text, by codes, by counts and by
 * counts of row groups:
 * several superfiles with dictionaries of their own, nulls, Unicode, columns with many values, an
 * older version that stays pinned while rows are added. The answers must be the same; EXPLAIN says
 * which way a statement goes.
 */
#include "support/test.h"

#include "api/handles.h"
#include "base/error.h"
#include "sql/table_relation.h"
#include "unit/sql/stream_text.inc"

static inlay_connection *connection;
static inlay_table *table;       /* what the engines read */
static struct sql_engine *coded; /* groups by codes whatever the size */
static struct sql_engine *plain; /* never does */
static uint64_t superfile_bytes = 300000;

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
    return table_relation_create(view, out, err);
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
    assert_non_null(schema_add(&schema, "lang", COLUMN_UTF8, true));
    assert_non_null(schema_add(&schema, "country", COLUMN_LARGE_UTF8, true));
    assert_non_null(schema_add(&schema, "city", COLUMN_UTF8, true));
    assert_non_null(schema_add(&schema, "sometimes", COLUMN_UTF8, true));
    assert_non_null(schema_add(&schema, "Flag", COLUMN_BOOL, true));
    assert_non_null(schema_add(&schema, "price", COLUMN_FLOAT64, true));
    assert_non_null(schema_add(&schema, "phrase", COLUMN_UTF8, true));
    assert_ok(schema_to_arrow(&schema, &arrow, &err), err);
    assert_ok(inlay_connect(uri, NULL, &connection, &err), err);
    assert_ok(inlay_create_table(connection, "t", &arrow, NULL, &table, &err), err);
    options.coded_rows = 1;
    assert_ok(sql_engine_create(&options, &resolver, &coded, &err), err);
    options.coded_rows = UINT64_MAX;
    options.hints_off = true;
    assert_ok(sql_engine_create(&options, &resolver, &plain, &err), err);
    arrow.release(&arrow);
    schema_free(&schema);
}

static void finish(void)
{
    sql_engine_free(coded);
    sql_engine_free(plain);
    inlay_table_close(table);
    inlay_close(connection);
}

/* Rows [first, first + rows): `lang` is an SQL expression over i, and `sometimes` has few values or
 * many. Appended as several superfiles. */
static void append(uint64_t first, uint64_t rows, const char *lang, bool many)
{
    struct ArrowArrayStream stream;
    inlay_append_options options;
    char sql[1500];
    inlay_error err;
    inlay_error_init(&err);
    inlay_append_options_init(&options);
    options.target_superfile_bytes = superfile_bytes;
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT i AS key, %s AS lang, 'country ' || (hash(i) %% 600) AS country, "
        "'city ' || i AS city, CASE WHEN i %% 3 = 0 THEN NULL ELSE 'value ' || (i %% %d) END AS "
        "sometimes, i %% 5 = 0 AS \"Flag\", i / 8 AS price, CASE WHEN i %% 13 <> 0 THEN 'a phrase "
        "' || "
        "(hash(i) %% 6000) END AS phrase FROM range(%llu, %llu) r(i)",
        lang, many ? 1000000 : 3, (unsigned long long)first, (unsigned long long)(first + rows));
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

static bool runs_over(const char *sql, const char *function)
{
    char explain[1024];
    char *text;
    bool found;
    (void)snprintf(explain, sizeof(explain), "EXPLAIN %s", sql);
    text = answer(coded, explain);
    found = strstr(text, function) != NULL;
    free(text);
    return found;
}

static bool runs_coded(const char *sql)
{
    return runs_over(sql, "INLAY_SCAN_CODED");
}

static bool runs_counted(const char *sql)
{
    return runs_over(sql, "INLAY_VALUE_COUNTS");
}

static void same_answers(const char *sql)
{
    char *with = answer(coded, sql);
    char *without = answer(plain, sql);
    if (strcmp(with, without) != 0) {
        fail_msg("%s\ncoded: %.2000s\nplain: %.2000s", sql, with, without);
    }
    free(with);
    free(without);
}

static void all_statements(void)
{
    static const char *const statements[] = {
        "SELECT lang, count(*) FROM t GROUP BY lang",
        "SELECT lang, min(key), max(city), sum(price), count(country) FROM t GROUP BY lang",
        "SELECT country, count(*), min(lang) FROM t GROUP BY country ORDER BY country",
        "SELECT lang, country, count(*) FROM t GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2",
        "SELECT lang, \"Flag\", count(*) FROM t WHERE lang > 'e' GROUP BY ALL",
        "SELECT lang, \"Flag\", count(*) FROM t WHERE lang > 'e' GROUP BY lang, \"Flag\"",
        "SELECT country, lang FROM t GROUP BY country, lang HAVING count(*) > 5",
        "SELECT sometimes, count(*), min(lang) FROM t GROUP BY sometimes ORDER BY 2 DESC, 1 LIMIT "
        "9",
        "SELECT city, count(*) FROM t GROUP BY city ORDER BY city LIMIT 20",
        "SELECT lang || '-' || length(lang), max(price) FROM t GROUP BY lang",
        "SELECT a.lang, a.n - b.n FROM (SELECT lang, count(*) AS n FROM t GROUP BY lang) a JOIN "
        "(SELECT lang, count(*) AS n FROM t WHERE \"Flag\" GROUP BY lang) b ON a.lang = b.lang",
        "SELECT lang, country, count(*) FROM t GROUP BY CUBE (lang, country) ORDER BY ALL",
        "SELECT lang, count(*) FROM t WHERE key < 0 GROUP BY lang",
        "SELECT lang FROM t GROUP BY lang ORDER BY lang DESC NULLS FIRST",
        "SELECT lang, count(DISTINCT country) FROM t GROUP BY lang",
        "SELECT DISTINCT lang FROM t",
        "SELECT DISTINCT country, lang FROM t WHERE country < 'country 2' AND lang <> ''",
        "SELECT count(DISTINCT lang), count(DISTINCT country) FROM t WHERE lang > 'e'",
        "SELECT count(DISTINCT sometimes), count(DISTINCT lang) FROM t",
    };
    size_t i;
    for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        same_answers(statements[i]);
    }
}

#define FEW                                                                                        \
    "CASE WHEN i % 11 = 0 THEN NULL ELSE ['de', 'en', '', 'straße', 'a language with a long "     \
    "name', '日本語', 'en '][1 + (hash(i) % 7)::INTEGER] END"

/* One text column and counts of rows: from in how many rows each value is. */
static const char *const counting[] = {
    "SELECT lang, count(*) FROM t GROUP BY lang",
    "SELECT lang, count(*), count(lang), count(t.lang) FROM t GROUP BY ALL",
    "SELECT count(*) FROM t WHERE lang = 'de'",
    "SELECT count(*) FROM t WHERE lang = 'no such'",
    "SELECT count(*), count(lang) FROM t WHERE lang IS NULL",
    "SELECT count(*) FROM t WHERE lang IN ('de', 'en', 'xx') OR lang LIKE '%ra%'",
    "SELECT COUNT ( * ) AS n FROM t AS x WHERE x.lang <> 'de' AND NOT lang > 'x'",
    "SELECT count(*) - count(lang) AS nulls, count(DISTINCT lang), min(lang), max(lang) FROM t",
    "SELECT count(*) * 2 + 1, max(length(lang)) FROM t WHERE length(lang) BETWEEN 1 AND 4",
    "SELECT count() FROM t WHERE lang || 'x' = 'dex'",
    "SELECT lang AS l, count(*) AS c FROM t GROUP BY l HAVING count(*) > 100 ORDER BY c DESC, l",
    "SELECT count(*), upper(lang) AS u FROM t GROUP BY u ORDER BY count(*) DESC, u LIMIT 3",
    "SELECT CASE WHEN lang = 'de' THEN 'german' ELSE 'other' END AS k, count(*) FROM t GROUP BY 1",
    "SELECT lang = 'de', count(*) FROM t GROUP BY lang = 'de'",
    "SELECT DISTINCT count(*) FROM t GROUP BY lang ORDER BY 1",
    "SELECT x.lang, x.n FROM (SELECT lang, count(*) AS n FROM t GROUP BY lang) x WHERE x.n > 50",
    "SELECT count(*) AS \"key\" FROM t WHERE lang = 'de'",
    "SELECT (SELECT count(*) AS n FROM t WHERE lang = 'de'), key FROM t WHERE key < 9",
    "SELECT lang, count(*) FROM t GROUP BY ROLLUP (lang)",
    "SELECT lang, count(*), grouping(lang) FROM t WHERE lang = 'none' GROUP BY CUBE (lang)",
    "SELECT sometimes, count(*) FROM t WHERE sometimes < 'value 2' GROUP BY sometimes",
    "WITH c AS (SELECT sometimes, count(*) AS n FROM t GROUP BY sometimes) SELECT sum(n)::BIGINT "
    "FROM "
    "c",
    "SELECT lang, count(*) AS n FROM t GROUP BY lang UNION ALL SELECT sometimes, 1 FROM t WHERE "
    "key < 5",
};

static const char *const not_counting[] = {
    "SELECT lang, count(*), sum(price) FROM t GROUP BY lang",
    "SELECT lang, count(country) FROM t GROUP BY lang",
    "SELECT lang, count(*) FILTER (WHERE lang > 'd') FROM t GROUP BY lang",
    "SELECT count(*) FROM t WHERE lang = 'de' AND key > 100",
    "SELECT lang, count(*) AS n FROM t GROUP BY lang ORDER BY min(key)",
    "SELECT lang, count(*), row_number() OVER (ORDER BY lang) FROM t GROUP BY lang",
    "SELECT lang, count(*) FROM t a JOIN t b USING (lang) WHERE a.key < 9 GROUP BY lang",
    "SELECT lang, string_agg('x', '') FROM t GROUP BY lang",
    "SELECT lang, sum(1)::BIGINT, count(*) FROM t GROUP BY lang",
    "SELECT city, count(*) FROM t GROUP BY city ORDER BY city LIMIT 20",
    "SELECT lang FROM t WHERE lang = 'de'",
    "SELECT x.\"count_star()\" FROM (SELECT count(*) FROM t WHERE lang = 'de') x",
    "SELECT count(*) FROM t WHERE lang = (SELECT min(lang) FROM t)",
    "SELECT count(*), random() < 2 FROM t WHERE lang = 'de'",
};

static void counts_give_the_same_rows(void **state)
{
    char *folder = test_folder_make();
    size_t i;
    size_t round;
    (void)state;
    start(folder);
    for (round = 0; round < 3; round++) {
        append(round * 9000, 9000, round == 1 ? "'xx'" : FEW, false);
        for (i = 0; i < sizeof(counting) / sizeof(counting[0]); i++) {
            same_answers(counting[i]);
            if (!runs_counted(counting[i])) {
                fail_msg("%s does not run over counts", counting[i]);
            }
        }
        for (i = 0; i < sizeof(not_counting) / sizeof(not_counting[0]); i++) {
            same_answers(not_counting[i]);
            if (runs_counted(not_counting[i])) {
                fail_msg("%s runs over counts", not_counting[i]);
            }
        }
    }
    finish();
    test_folder_remove(folder);
    free(folder);
}

static void both_ways_give_the_same_rows(void **state)
{
    char *folder = test_folder_make();
    inlay_table *newest;
    inlay_table *old = NULL;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    start(folder);
    all_statements(); /* no row, no superfile */
    append(0, 12000, FEW, false);
    append(12000, 3000, "'xx'", false);
    append(15000, 3000, "NULL::VARCHAR", false);
    all_statements();
    assert_true(runs_coded("SELECT lang, max(key) FROM t GROUP BY lang"));
    assert_true(runs_coded("SELECT country, max(key) FROM t GROUP BY country"));
    assert_true(runs_coded("SELECT sometimes FROM t GROUP BY sometimes"));
    assert_false(runs_coded("SELECT city FROM t GROUP BY city"));
    assert_ok(inlay_table_snapshot(table, &old, &err), err);
    append(18000, 9000, "'new ' || (i % 50)", true);
    all_statements();
    assert_true(runs_coded("SELECT lang, max(key) FROM t GROUP BY lang"));
    assert_false(runs_coded("SELECT sometimes FROM t GROUP BY sometimes"));
    newest = table;
    table = old;
    all_statements();
    assert_true(runs_coded("SELECT sometimes FROM t GROUP BY sometimes"));
    table = newest;
    inlay_table_close(old);
    finish();
    test_folder_remove(folder);
    free(folder);
}

/* The statement about `lang`, asked about `phrase`. Free it. */
static char *about_phrase(const char *statement)
{
    char *sql = calloc(1, 2 * strlen(statement) + 1);
    const char *from = statement;
    const char *next;
    while ((next = strstr(from, "lang")) != NULL) {
        (void)strncat(sql, from, (size_t)(next - from));
        (void)strcat(sql, "phrase");
        from = next + strlen("lang");
    }
    return strcat(sql, from);
}

static void many_values_are_counted_by_row_groups(void **state)
{
    static const char *const more[] = {
        "SELECT count(DISTINCT phrase) FROM t",
        "SELECT DISTINCT phrase FROM t WHERE phrase LIKE '%7'",
        "SELECT DISTINCT phrase AS p, length(phrase) FROM t ORDER BY p DESC NULLS LAST LIMIT 9",
        "SELECT phrase FROM t WHERE phrase > 'a phrase of many words, number 3' GROUP BY phrase",
        "SELECT min(phrase), max(phrase), count(DISTINCT phrase) FROM t WHERE phrase <> ''",
        "SELECT count(*), count(phrase) FROM t WHERE phrase IS NULL OR phrase = 'a phrase of many "
        "words, number 77'",
        "SELECT phrase, count(*) AS c FROM t WHERE phrase <> '' GROUP BY phrase ORDER BY c DESC, "
        "phrase LIMIT 10",
    };
    char *folder = test_folder_make();
    size_t ran = 0;
    size_t i;
    (void)state;
    superfile_bytes = 64u << 20;
    start(folder);
    append(0, 120000, "'xx'", false);
    append(200000, 40000, FEW, false);
    append(300000, 300, FEW, false); /* here most values come once */
    append(400000, 50000, FEW, false);
    for (i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        same_answers(more[i]);
        if (!runs_over(more[i], "INLAY_SCAN_COUNTED")) {
            fail_msg("%s does not run over counts of row groups", more[i]);
        }
    }
    for (i = 0; i < sizeof(counting) / sizeof(counting[0]); i++) {
        char *sql = about_phrase(counting[i]);
        same_answers(sql);
        ran += runs_over(sql, "INLAY_SCAN_COUNTED");
        free(sql);
    }
    assert_true(ran >= 20);
    for (i = 0; i < sizeof(not_counting) / sizeof(not_counting[0]); i++) {
        char *sql = about_phrase(not_counting[i]);
        same_answers(sql);
        /* A subquery counts for itself. */
        if (strstr(sql, "(SELECT min(") == NULL && runs_over(sql, "INLAY_SCAN_COUNTED")) {
            fail_msg("%s runs over counts of row groups", sql);
        }
        free(sql);
    }
    finish();
    superfile_bytes = 300000;
    test_folder_remove(folder);
    free(folder);
}

/* Values are learnt from resident bytes only: nothing is asked of a store for them. */
static void elsewhere_texts_are_grouped_as_texts(void **state)
{
    (void)state;
    start("memory://");
    append(0, 3000, FEW, false);
    all_statements();
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_give_the_same_rows),
        cmocka_unit_test(counts_give_the_same_rows),
        cmocka_unit_test(many_values_are_counted_by_row_groups),
        cmocka_unit_test(elsewhere_texts_are_grouped_as_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
