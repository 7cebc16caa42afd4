/* SPDX-License-Identifier: Apache-2.0 */
/* Statements through both ways of grouping: the answers are the same, and each goes the way that is
 * meant for it. */
#include "support/test.h"

#include "memory_relation.inc"
#include "sql/engine.h"
#include "stream_text.inc"

enum { ROWS = 10000 };

static struct memory_relation_counts counts;
static struct sql_engine *coded; /* groups by codes whatever the size */
static struct sql_engine *plain; /* never does */

static int open_engines(void **state)
{
    struct sql_engine_options options = {.threads = 2, .memory_limit = 512u << 20};
    struct relation_resolver resolver = memory_resolver(ROWS, &counts);
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    options.coded_rows = 1;
    assert_ok(sql_engine_create(&options, &resolver, &coded, &err), err);
    options.coded_rows = UINT64_MAX;
    assert_ok(sql_engine_create(&options, &resolver, &plain, &err), err);
    return 0;
}

static int close_engines(void **state)
{
    (void)state;
    sql_engine_free(coded);
    sql_engine_free(plain);
    assert_int_equal(counts.open_workers, 0);
    assert_int_equal(counts.open_scans, 0);
    assert_int_equal(counts.open_relations, 0);
    return 0;
}

static char *answer(struct sql_engine *engine, const char *sql,
                    const struct sql_parameter *parameters, size_t count)
{
    struct ArrowArrayStream stream;
    inlay_error err;
    inlay_error_init(&err);
    if (sql_query(engine, sql, parameters, count, &stream, &err) != INLAY_OK) {
        char *text = malloc(sizeof(err.message) + 64);
        (void)snprintf(text, sizeof(err.message) + 64, "%d at %lld: %s", (int)err.status,
                       (long long)err.offset, err.message);
        return text;
    }
    return stream_text(&stream, strstr(sql, "ORDER BY") != NULL);
}

static bool runs_coded(const char *sql)
{
    char explain[1024];
    char *plan;
    bool found;
    (void)snprintf(explain, sizeof(explain), "EXPLAIN %s", sql);
    plan = answer(coded, explain, NULL, 0);
    found = strstr(plan, "INLAY_SCAN_CODED") != NULL;
    free(plan);
    return found;
}

static void check(const char *sql, bool expected_coded)
{
    char *with = answer(coded, sql, NULL, 0);
    char *without = answer(plain, sql, NULL, 0);
    if (strcmp(with, without) != 0) {
        fail_msg("%s\ncoded: %s\nplain: %s", sql, with, without);
    }
    free(with);
    free(without);
    if (runs_coded(sql) != expected_coded) {
        fail_msg("%s runs %s", sql, expected_coded ? "plainly" : "by codes");
    }
}

static void grouping_by_a_text_column_uses_codes(void **state)
{
    static const char *const statements[] = {
        "SELECT kind, count(*) FROM numbers GROUP BY kind",
        "select kind from numbers group by kind having count(*) > 2000",
        "SELECT KIND, sum(n)::BIGINT FROM numbers GROUP BY Kind",
        "SELECT count(*), kind AS \"a \"\"b\" FROM numbers AS x GROUP BY x.kind",
        "SELECT \"kind\", count(*) FROM \"numbers\" GROUP BY \"kind\" -- kind",
        "SELECT/* kind */kind,count(*)FROM numbers GROUP BY kind;",
        "SELECT kind k, max(t) FROM numbers GROUP BY 1",
        "SELECT kind AS k, max(t) FROM numbers GROUP BY k ORDER BY k NULLS FIRST",
        "SELECT upper(kind), min(kind), count(kind) FROM numbers GROUP BY kind, upper(kind)",
        "SELECT kind[1], kind || '!', kind LIKE 'r%' FROM numbers GROUP BY kind",
        "SELECT kind::VARCHAR, length(kind) FROM numbers GROUP BY kind",
        "SELECT CASE kind WHEN 'red' THEN 1 WHEN 'blue' THEN 2 END::BIGINT, count(*) FROM numbers "
        "GROUP BY kind",
        "SELECT kind, count(*) FROM numbers WHERE kind <> 'red' AND n % 7 = 1 GROUP BY kind",
        "SELECT kind, count(*) FILTER (kind > 'b'), string_agg(DISTINCT kind, ',') FROM numbers "
        "GROUP BY kind",
        "SELECT kind, n % 3, count(*) FROM numbers GROUP BY kind, n % 3 ORDER BY kind DESC, 2",
        "SELECT kind, count(*) FROM numbers GROUP BY ROLLUP (kind)",
        "SELECT kind, n % 2, count(*) FROM numbers GROUP BY GROUPING SETS ((kind), (n % 2), ())",
        "SELECT kind, count(*), row_number() OVER (ORDER BY kind) FROM numbers GROUP BY kind",
        "SELECT kind, count(*) FROM numbers GROUP BY kind ORDER BY count(*), kind LIMIT 2 OFFSET 1",
        "SELECT DISTINCT length(kind) FROM numbers GROUP BY kind",
        "SELECT kind, count(*) FROM numbers WHERE n < -n GROUP BY kind",
        "SELECT n.kind FROM numbers n GROUP BY n.kind ORDER BY n.kind",
        "SELECT * FROM (SELECT kind, count(*) AS c FROM numbers GROUP BY kind) WHERE c > 2000",
        "SELECT kind FROM (SELECT kind, count(*) FROM numbers GROUP BY kind) ORDER BY kind",
        "WITH x AS (SELECT kind, count(*) AS c FROM numbers GROUP BY kind) SELECT a.kind, b.c FROM "
        "x a JOIN x b USING (kind)",
        "SELECT kind, count(*) FROM numbers GROUP BY kind UNION ALL SELECT kind, 1 FROM numbers "
        "GROUP BY 1",
        "SELECT n FROM numbers WHERE kind IN (SELECT kind FROM numbers GROUP BY kind) AND n < 9",
        "SELECT typeof(kind), count(*) FROM numbers GROUP BY kind",
        "SELECT kind, 'straße kind', count(*) FROM numbers GROUP BY kind",
        "SELECT 'straße' AS \"größe\", kind, count(*) FROM numbers GROUP BY kind",
        "FROM numbers SELECT kind, count(*) GROUP BY kind",
        "SELECT kind, t, count(*) FROM numbers WHERE n < 40 GROUP BY kind, t",
        "SELECT (SELECT max(kind) AS m FROM numbers GROUP BY kind ORDER BY kind LIMIT 1)",
        "SELECT kind, count(*) FROM numbers GROUP BY ALL",
        "SELECT kind AS \"group by all\", count(*) FROM numbers WHERE t <> 'it''s group by all' "
        "group\tby\nall HAVING count(*) > 1000",
        "SELECT max(n), x.n, kind FROM numbers AS x WHERE n < 9 GROUP BY ALL ORDER BY kind, x.n",
        "SELECT kind, count(*) FROM empty GROUP BY kind",
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        bool empty = strstr(statements[i], "empty") != NULL; /* below one row */
        check(statements[i], !empty);
    }
}

static void distinct_values_are_those_of_the_codes(void **state)
{
    static const char *const statements[] = {
        "SELECT DISTINCT kind FROM numbers",
        "SELECT DISTINCT numbers.kind AS k, KIND FROM numbers WHERE kind > 'b' ORDER BY kind DESC",
        "SELECT DISTINCT x.kind FROM numbers x WHERE x.kind LIKE '%e%' AND kind IS NOT NULL",
        "SELECT count(DISTINCT kind) FROM numbers",
        "SELECT count(DISTINCT kind), count(DISTINCT kind) AS \"n \"\"m\" FROM numbers WHERE kind "
        "NOT IN ('red', 'x')",
        "SELECT n FROM numbers WHERE kind IN (SELECT DISTINCT kind FROM numbers) AND n < 9",
        "SELECT DISTINCT \"kind\" FROM \"numbers\" ORDER BY 1 LIMIT 2",
        "WITH d AS (SELECT DISTINCT kind FROM numbers) SELECT count(*) FROM d",
    };
    static const char *const others[] = {
        "SELECT DISTINCT kind FROM numbers WHERE n > 9000",
        "SELECT DISTINCT kind, n FROM numbers WHERE n < 10",
        "SELECT DISTINCT ON (kind) kind FROM numbers ORDER BY kind",
        "SELECT DISTINCT upper(kind) FROM numbers",
        "SELECT DISTINCT kind FROM numbers WHERE random() >= 0",
        "SELECT DISTINCT kind FROM numbers WHERE kind IN (SELECT 'red')",
        "SELECT DISTINCT kind, count(*) OVER () FROM numbers",
        "SELECT DISTINCT count(kind) FROM numbers",
        "SELECT DISTINCT numbers IS NULL FROM numbers",
        "SELECT DISTINCT * FROM (SELECT kind FROM numbers)",
        "SELECT DISTINCT kind FROM numbers order by n + 1",
        "SELECT count(DISTINCT kind), count(kind) FROM numbers",
        "SELECT count(DISTINCT kind), count(*) FROM numbers",
        "SELECT count(DISTINCT kind) FILTER (n > 5) FROM numbers",
        "SELECT count(DISTINCT t) FROM numbers",
        "SELECT DISTINCT a.kind FROM numbers a, numbers b WHERE a.n = b.n",
        "SELECT DISTINCT kind FROM empty",
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        check(statements[i], true);
    }
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        check(others[i], false);
    }
}

static void what_is_not_understood_stays_as_it_is(void **state)
{
    static const char *const statements[] = {
        "SELECT n % 3, count(*) FROM numbers GROUP BY n % 3",
        "SELECT t, count(*) FROM numbers GROUP BY t ORDER BY t LIMIT 5",
        "SELECT upper(kind), count(*) FROM numbers GROUP BY upper(kind)",
        "SELECT upper(kind) AS kind, count(*) FROM numbers GROUP BY numbers.kind ORDER BY kind",
        "SELECT 'group by' AS x, count(*) FROM numbers",
        "SELECT a.kind, count(*) FROM numbers a, numbers b WHERE a.n = b.n GROUP BY a.kind",
        "SELECT kind, (SELECT count(*) FROM numbers i WHERE i.kind = o.kind) FROM numbers o GROUP "
        "BY kind",
        "SELECT kind FROM numbers WHERE n IN (SELECT n FROM numbers) GROUP BY kind",
        "SELECT kind, to_json(min_by(numbers, n))::VARCHAR FROM numbers GROUP BY kind",
        "SELECT kind, count(COLUMNS('n')) FROM numbers GROUP BY kind",
        "SELECT alias(kind) FROM numbers GROUP BY kind",
        "SELECT upper(kind) AS \"kind (code)\", count(*) FROM numbers GROUP BY kind HAVING \"kind "
        "(code)\" > 'H'",
        "SELECT kind, list_transform([1], kind -> kind)::VARCHAR FROM numbers GROUP BY kind",
        "WITH numbers AS (SELECT 'x' AS kind) SELECT kind, count(*) FROM numbers GROUP BY kind",
        "SELECT kind, count(*) FROM numbers AS x(n, t, kind) GROUP BY kind ORDER BY kind LIMIT 2",
        "SELECT kind, count(*) FROM (SELECT kind FROM numbers) GROUP BY kind",
        "SELECT x FROM (SELECT upper(kind), 1 AS x FROM numbers GROUP BY kind)",
        "SELECT kind || '', count(*) FROM numbers GROUP BY ALL",
        "SELECT kind, count(*) FROM numbers GROUP BY ALL -- group by all",
        "SELECT kind, count(*) FROM numbers GROUP /* by all */ BY ALL",
        "SELECT 'group by all', kind, count(*) FROM numbers WHERE t <> e'\\'' GROUP BY ALL",
        "SELECT kind, count(*) FROM numbers WHERE t <> $$ group by all $$ GROUP BY ALL",
        "SELECT kind, max(t) FROM (SELECT kind, max(t) AS t FROM numbers GROUP BY ALL) GROUP BY "
        "ALL",
        "SELECT count(*) FROM numbers GROUP BY ALL",
        "SELECT GROUPING(kind), count(*) FROM numbers GROUP BY kind",
        /* Wrong ones, with the same words for it. */
        "SELECT kind, n FROM numbers GROUP BY kind",
        "SELECT kind, count(*) FROM numbers GROUP BY 3",
        "SELECT nothing, count(*) FROM numbers GROUP BY kind",
        "SELECT kind, count(*) FROM nothing GROUP BY kind",
        "SELECT kind, count(*) FROM numbers GROUP BY kind HAVING n > 1",
        "SELECT kind, count(* FROM numbers GROUP BY kind",
        "SELECT \"kind (code)\" FROM numbers GROUP BY kind",
        "SELECT kind, count(*) FROM 'x.parquet' GROUP BY kind",
        "SELECT kind, count(*) FROM read_parquet('x.parquet') GROUP BY kind",
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        check(statements[i], false);
    }
}

static void a_failure_while_running_points_nowhere(void **state)
{
    char *text = answer(coded, "SELECT kind::INTEGER FROM numbers GROUP BY kind", NULL, 0);
    (void)state;
    assert_non_null(strstr(text, "3 at -1: Conversion Error: Could not convert string"));
    free(text);
}

static void parameters_keep_their_places(void **state)
{
    static const char sql[] = "SELECT kind, count(*) + ? FROM numbers WHERE n < ? GROUP BY kind "
                              "HAVING count(*) > $3 ORDER BY kind";
    static const char unresolved[] = "SELECT kind, $1 FROM numbers GROUP BY kind ORDER BY kind";
    const struct sql_parameter values[] = {{.kind = SQL_PARAMETER_INT64, .integer = 1000},
                                           {.kind = SQL_PARAMETER_INT64, .integer = 100},
                                           {.kind = SQL_PARAMETER_INT64, .integer = 5}};
    char *with;
    char *without;
    (void)state;
    with = answer(coded,
                  "SELECT kind, count(*) + ? FROM numbers WHERE n < ? GROUP BY kind HAVING "
                  "count(*) > ? ORDER BY kind",
                  values, 3);
    without = answer(plain,
                     "SELECT kind, count(*) + ? FROM numbers WHERE n < ? GROUP BY kind "
                     "HAVING count(*) > ? ORDER BY kind",
                     values, 3);
    assert_non_null(strstr(with, "'blue' 1020"));
    assert_string_equal(with, without);
    free(with);
    free(without);
    with = answer(coded, sql, values, 3); /* the engine refuses the mixture */
    without = answer(plain, sql, values, 3);
    assert_string_equal(with, without);
    free(with);
    free(without);
    with = answer(coded, unresolved, values, 1);
    without = answer(plain, unresolved, values, 1);
    assert_string_equal(with, without);
    free(with);
    free(without);
}

static void small_tables_and_unasked_columns_cost_nothing(void **state)
{
    struct sql_engine_options options = {.threads = 1};
    struct relation_resolver resolver = memory_resolver(ROWS, &counts);
    struct sql_engine *usual;
    const int before = counts.values_asked;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(sql_engine_create(&options, &resolver, &usual, &err), err);
    free(answer(usual, "SELECT kind, count(*) FROM numbers GROUP BY kind", NULL, 0));
    assert_int_equal(counts.values_asked, before);
    sql_engine_free(usual);
    free(answer(coded, "SELECT kind FROM numbers WHERE t <> 'group'", NULL, 0));
    assert_int_equal(counts.values_asked, before);
    free(answer(coded, "SELECT kind, max(t) FROM numbers GROUP BY kind", NULL, 0));
    assert_int_equal(counts.values_asked, before + 1); /* once for finding out and scanning */
}

static void a_column_is_read_once_for_text_and_code(void **state)
{
    const uint64_t before = counts.columns_scanned;
    (void)state;
    free(answer(coded, "SELECT kind, min(kind) FROM numbers WHERE kind > 'b' GROUP BY kind", NULL,
                0));
    assert_int_equal(counts.columns_scanned, before + 1);
}

static void a_value_that_was_not_promised_is_an_error(void **state)
{
    char *text = answer(coded, "SELECT kind, count(*) FROM partial GROUP BY kind", NULL, 0);
    (void)state;
    assert_non_null(
        strstr(text, "column \"kind\" has a value that its files' dictionaries do not"));
    free(text);
}

static void the_coded_scan_checks_what_it_is_given(void **state)
{
    static const char *const statements[] = {
        "SELECT * FROM inlay_scan_coded('numbers', ['n'])",
        "SELECT * FROM inlay_scan_coded('numbers', ['t'])",
        "SELECT * FROM inlay_scan_coded('numbers', ['nothing'])",
        "SELECT * FROM inlay_scan_coded('numbers', ['kind', 'kind', 'kind', 'kind', 'kind'])",
        "SELECT * FROM inlay_scan_coded('numbers', [NULL])",
        "SELECT * FROM inlay_scan_coded('numbers', [NULL]::VARCHAR[])",
        "SELECT * FROM inlay_scan_coded(NULL, ['kind'])",
        "SELECT * FROM inlay_scan(NULL)",
        "SELECT * FROM inlay_scan_coded('nothing', ['kind'])",
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        struct ArrowArrayStream stream;
        inlay_error err;
        inlay_error_init(&err);
        assert_status(sql_query(coded, statements[i], NULL, 0, &stream, &err), INLAY_QUERY);
    }
    check("SELECT max(\"kind (code)\"::VARCHAR) FROM inlay_scan_coded('numbers', ['kind'])", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grouping_by_a_text_column_uses_codes),
        cmocka_unit_test(distinct_values_are_those_of_the_codes),
        cmocka_unit_test(what_is_not_understood_stays_as_it_is),
        cmocka_unit_test(a_failure_while_running_points_nowhere),
        cmocka_unit_test(parameters_keep_their_places),
        cmocka_unit_test(small_tables_and_unasked_columns_cost_nothing),
        cmocka_unit_test(a_column_is_read_once_for_text_and_code),
        cmocka_unit_test(a_value_that_was_not_promised_is_an_error),
        cmocka_unit_test(the_coded_scan_checks_what_it_is_given),
    };
    return cmocka_run_group_tests(tests, open_engines, close_engines);
}
