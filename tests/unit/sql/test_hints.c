/* SPDX-License-Identifier: Apache-2.0 */
/* The predicates that statements give to the scans of the tables t, u and w, as text. */
#include "support/test.h"

#include "base/buffer.h"
#include "columnar/array_view.h"
#include "sql/hints/hints.h"
#include "typed_relation.inc"

#include "predicate_text.inc"

static struct sql_engine *engine;

static int open_engine(void **state)
{
    struct test_random random = test_random_init(1);
    (void)state;
    typed_tables_make(&random);
    engine = typed_engine(false);
    return 0;
}

static int close_engine(void **state)
{
    (void)state;
    sql_engine_free(engine);
    typed_tables_free();
    return 0;
}

/* "t: ...; u: ..." of the tables that have a hint. free() it. */
static char *hints_of(const char *sql, const struct sql_parameter *parameters, size_t count)
{
    static const char *const names[] = {"t", "T", "u", "w", "main.t"};
    duckdb_prepared_statement prepared = NULL;
    struct statement *statement = NULL;
    struct sql_tree tree;
    struct buffer text;
    inlay_error err;
    size_t i;
    char *copy;
    inlay_error_init(&err);
    buffer_init(&text, 1u << 20);
    assert_ok(statement_begin(engine, &statement, &err), err);
    if (duckdb_prepare(statement->connection, sql, &prepared) != DuckDBSuccess) {
        char *words = strdup(duckdb_prepare_error(prepared));
        duckdb_destroy_prepare(&prepared);
        statement_end(statement);
        return words;
    }
    sql_tree_make(statement, sql, &tree);
    if (tree.node != NULL) {
        assert_ok(hints_set(statement, &tree, parameters, count, &err), err);
    }
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct relation *relation = statement_pinned(statement, names[i]);
        const struct predicate *hint =
            relation != NULL ? statement_hint(statement, relation) : NULL;
        if (hint != NULL) {
            buffer_printf(&text, "%s%s: ", text.len != 0 ? "; " : "", names[i]);
            predicate_text(hint, relation->ops->schema(relation), &text);
        }
    }
    buffer_u8(&text, 0);
    assert_ok(buffer_status(&text, &err), err);
    copy = strdup((const char *)text.data);
    buffer_free(&text);
    sql_tree_free(&tree);
    duckdb_destroy_prepare(&prepared);
    statement_end(statement);
    return copy;
}

struct expected {
    const char *sql;
    const char *hints; /* "" = none */
};

static void check(const struct expected *cases, size_t count)
{
    size_t wrong = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        char *found = hints_of(cases[i].sql, NULL, 0);
        if (strcmp(found, cases[i].hints) != 0) {
            print_message("%s\n    {\"%s\"},\n    expected %s\n", cases[i].sql, found,
                          cases[i].hints);
            wrong++;
        }
        free(found);
    }
    if (wrong != 0) {
        fail_msg("%zu of %zu statements", wrong, count);
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))
#define T(condition, hint)                                                                         \
    {                                                                                              \
        "SELECT n FROM t WHERE " condition, hint                                                   \
    }

static void forms_of_conditions(void **state)
{
    static const struct expected cases[] = {
        T("i32 = 5", "t: i32 = 5"),
        T("5 = i32", "t: i32 = 5"),
        T("5 < i32", "t: i32 > 5"),
        T("5 >= i32", "t: i32 <= 5"),
        T("i32 <> 5", "t: i32 <> 5"),
        T("i32 != 5", "t: i32 <> 5"),
        T("NOT i32 < 5", "t: i32 >= 5"),
        T("NOT (i32 = 5 OR i8 > 2)", "t: (i32 <> 5 and i8 <= 2)"),
        T("NOT (i32 = 5 AND i8 > 2)", "t: (i32 <> 5 or i8 <= 2)"),
        T("NOT (NOT (i32 = 5))", "t: i32 = 5"),
        T("i32 IN (1, 2, 3)", "t: i32 in (1, 2, 3)"),
        T("i32 IN (1)", "t: i32 = 1"),
        T("i32 IN (1, NULL)", "t: i32 = 1"),
        T("i32 IN (NULL)", "t: none"),
        T("i32 NOT IN (1, 2)", "t: (i32 <> 1 and i32 <> 2)"),
        T("i32 NOT IN (1, NULL)", "t: none"),
        T("NOT (i32 NOT IN (1, NULL))", "t: i32 = 1"),
        T("i32 BETWEEN 1 AND 5", "t: (i32 >= 1 and i32 <= 5)"),
        T("i32 NOT BETWEEN 1 AND 5", "t: (i32 < 1 or i32 > 5)"),
        T("i32 BETWEEN NULL AND 5", "t: none"),
        T("i32 NOT BETWEEN NULL AND 5", "t: i32 > 5"),
        T("i32 BETWEEN 1 AND k", ""),
        T("i32 IS NULL", "t: i32 is null"),
        T("i32 IS NOT NULL", "t: i32 is not null"),
        T("NOT (i32 IS NULL)", "t: i32 is not null"),
        T("i32 IS DISTINCT FROM 5", "t: (i32 <> 5 or i32 is null)"),
        T("i32 IS NOT DISTINCT FROM 5", "t: i32 = 5"),
        T("i32 IS DISTINCT FROM NULL", "t: i32 is not null"),
        T("i32 IS NOT DISTINCT FROM NULL", "t: i32 is null"),
        T("NOT (i32 IS DISTINCT FROM 5)", "t: i32 = 5"),
        T("i32 = NULL", "t: none"),
        T("NOT (i32 = NULL)", "t: none"),
        T("i32 = NULL OR i8 = 1", "t: i8 = 1"),
        T("flag", "t: flag = 1"),
        T("NOT flag", "t: flag = 0"),
        T("flag = false", "t: flag = 0"),
        T("flag IS TRUE", "t: flag = 1"),
        T("flag IS NOT TRUE", "t: (flag <> 1 or flag is null)"),
        T("flag = 'true'", "t: flag = 1"),
        T("true", ""),
        T("false", "t: none"),
        T("NULL", "t: none"),
        T("false OR i32 = 1", "t: i32 = 1"),
        T("i32 = 1 AND random() < 0.5", "t: i32 = 1"),
        T("i32 = 1 OR random() < 0.5", ""),
        T("i32 = k", ""),
        T("i32 + 1 = 5", ""),
        T("CASE WHEN flag THEN true ELSE false END", ""),
        T("coalesce(i32, 1) = 1", ""),
        T("i32::VARCHAR = '5'", ""),
        T("(i32, i8) = (1, 2)", ""),
        T("i32 = 1 AND i8 = 2 AND (u8 = 3 OR u8 = 4)",
          "t: (i32 = 1 and i8 = 2 and (u8 = 3 or u8 = 4))"),
    };
    (void)state;
    CHECK(cases);
}

static void texts_and_bytes(void **state)
{
    static const struct expected cases[] = {
        T("txt = 'ab'", "t: txt = 'ab'"),
        T("txt = ''", "t: txt = ''"),
        T("txt > 'a''b'", "t: txt > 'a\\27b'"),
        T("txt = 5", ""),
        T("txt IN ('a', 5)", ""),
        T("txt LIKE 'ab%'", "t: txt like 'ab%'"),
        T("txt LIKE '%ab'", "t: txt like '%ab'"),
        T("txt LIKE '%ab%'", "t: txt like '%ab%'"),
        T("txt LIKE 'a%b_c'", "t: txt like 'a%b%c'"),
        T("txt LIKE '_a%'", "t: txt like '%a%'"),
        T("txt LIKE 'ab'", "t: txt = 'ab'"),
        T("txt LIKE ''", "t: txt = ''"),
        T("txt LIKE '%'", "t: txt is not null"),
        T("txt LIKE NULL", "t: none"),
        T("txt LIKE ltxt", ""),
        T("txt NOT LIKE 'ab%'", "t: txt is not null"),
        T("txt NOT LIKE 'ab'", "t: txt <> 'ab'"),
        T("NOT (txt NOT LIKE 'ab%')", "t: txt like 'ab%'"),
        T("txt ILIKE 'aB%'", "t: txt ilike 'aB%'"),
        T("txt ILIKE 'aB'", "t: txt ilike 'aB'"),
        T("txt NOT ILIKE 'aB'", "t: txt is not null"),
        T("txt LIKE 'a!%%' ESCAPE '!'", "t: txt like 'a%%'"),
        T("txt LIKE 'a!%' ESCAPE '!'", "t: txt = 'a%'"),
        T("txt LIKE 'a\\%'", "t: txt like 'a\\5c%'"),
        T("starts_with(txt, 'ab')", "t: txt like 'ab%'"),
        T("prefix(txt, '')", "t: txt is not null"),
        T("txt ^@ 'ab'", "t: txt like 'ab%'"),
        T("contains(txt, 'ab')", "t: txt like '%ab%'"),
        T("ends_with(ltxt, 'ab')", "t: ltxt like '%ab'"),
        T("suffix(ltxt, 'ab')", "t: ltxt like '%ab'"),
        T("NOT contains(txt, 'ab')", "t: txt is not null"),
        T("contains('abc', txt)", ""),
        T("txt = 'a' COLLATE NOCASE", ""),
        T("lower(txt) = 'a'", ""),
        T("txt SIMILAR TO 'a'", ""),
        T("txt GLOB 'a*'", ""),
        T("bin = '\\xAA'::BLOB", "t: bin = '\\aa'"),
        T("bin = '\\xAA'", "t: bin = '\\aa'"),
        T("fix >= 'ab'::BLOB", "t: fix >= 'ab'"),
        T("txt = '18446744073709551615'", "t: txt = '18446744073709551615'"),
        T("txt = '\"query_location\":18446744073709551615'",
          "t: txt = '\"query_location\":18446744073709551615'"),
        T("txt = '\"lower\":12'", "t: txt = '\"lower\":12'"),
    };
    (void)state;
    CHECK(cases);
}

static void numbers(void **state)
{
    static const struct expected cases[] = {
        T("i32 < 5.5", "t: i32 <= 5"),
        T("i32 <= 5.5", "t: i32 <= 5"),
        T("i32 > 5.5", "t: i32 >= 6"),
        T("i32 >= -5.5", "t: i32 >= -5"),
        T("i32 = 5.5", "t: none"),
        T("i32 <> 5.5", "t: i32 is not null"),
        T("i32 = 5.0", "t: i32 = 5"),
        T("i32 < 5e0", "t: i32 < 5"),
        T("i32 < 5.5e0", "t: i32 <= 5"),
        T("i8 > 300", "t: i8 > 300"),
        T("i64 < 9223372036854775808", "t: i64 is not null"),
        T("i64 > 9223372036854775808", "t: none"),
        T("i64 = 9223372036854775808", "t: none"),
        T("u8 > -1", "t: u8 is not null"),
        T("u8 < 0", "t: u8 < 0"),
        T("u64 = 18446744073709551615", "t: u64 = 18446744073709551615"),
        T("u64 <= 18446744073709551616", "t: u64 is not null"),
        T("i64 = 9007199254740993e0", "t: (i64 >= 9007199254740735 and i64 <= 9007199254741248)"),
        T("i64 <> 9007199254740993e0", "t: i64 is not null"),
        T("i32 = '5'", "t: i32 = 5"),
        T("i32 = 'x'", ""),
        T("i32 IN (1, 2.5, 3)", "t: i32 in (1, 3)"),
        T("i32 IN (1, 2e0)", ""),
        T("i32 = 5::BIGINT", "t: i32 = 5"),
        T("i32 = TRY_CAST('5' AS INTEGER)", ""),
        T("f64 = 0.1", "t: f64 = 0.10000000000000001"),
        T("f32 = 0.1", "t: f32 = 0.10000000149011612"),
        T("f32 = 1e-1", "t: f32 = 0.10000000000000001"),
        T("f32 IN (0.1, 1e0)", "t: f32 in (0.10000000000000001, 1)"),
        T("f32 BETWEEN 0.1 AND 0.3", "t: (f32 >= 0.10000000149011612 and f32 <= "
                                     "0.30000001192092896)"),
        T("f32 = 16777217", "t: f32 = 16777216"),
        T("f64 < '5'", "t: f64 < 5"),
        T("f64 = 'nan'", ""),
        T("f64 = 'nan'::DOUBLE", ""),
        T("f64 > '-inf'::DOUBLE", "t: f64 > -inf"),
        T("f64 = -0.0", "t: f64 = 0"),
        T("f16 >= 2.5", "t: f16 >= 2.5"),
        T("d10 = 5", "t: d10 = 500"),
        T("d10 < 5.123", "t: d10 <= 512"),
        T("d10 > 5.123", "t: d10 >= 513"),
        T("d10 = 5.12", "t: d10 = 512"),
        T("d10 = 5.125", "t: none"),
        T("d10 = '5.12'", "t: d10 = 512"),
        T("d10 = '5.125'", ""),
        T("d38 >= -1", "t: d38 >= -10000000000"),
        T("_id = 12345678901234567890123456789", "t: _id = 12345678901234567890123456789"),
        T("_id < -1000000021000000147000000343", "t: _id < -1000000021000000147000000343"),
        T("_id = 3.5", "t: none"),
        T("dur > 5", "t: dur > 5"),
    };
    (void)state;
    CHECK(cases);
}

static void times(void **state)
{
    static const struct expected cases[] = {
        T("day = DATE '2020-01-01'", "t: day = 18262"),
        T("day >= '2020-01-01'", "t: day >= 18262"),
        T("day < '2020-01-01'::DATE", "t: day < 18262"),
        T("day < TIMESTAMP '2020-01-01 10:00:00'", "t: day <= 18262"),
        T("day = TIMESTAMP '2020-01-01 10:00:00'", "t: none"),
        T("day = 'nonsense'", ""),
        T("day > CURRENT_DATE", ""),
        T("daym = '2020-01-01'", "t: daym = 1577836800000"),
        T("tss > DATE '2020-01-01'", "t: tss > 1577836800"),
        T("tsm > '2020-01-01 00:00:00.0015'::TIMESTAMP", "t: tsm >= 1577836800002"),
        T("tsu = '2020-01-01 00:00:01'", "t: tsu = 1577836801000000"),
        T("tsn <= TIMESTAMP '2020-01-01'", "t: tsn <= 1577836800000000000"),
        T("tsu < 'infinity'", ""),
        T("tzu >= '2020-01-01'", "t: tzu >= 1577664000000000"),
        T("tzu < '2020-01-01 00:00:00Z'::TIMESTAMPTZ", "t: tzu <= 1578009600000001"),
        T("tzu <> '2020-01-01'", "t: tzu is not null"),
        T("tsu = TIMESTAMPTZ '2020-01-01'", ""),
        T("clocks = TIME '10:00:00'", "t: clocks = 36000"),
        T("clockm > '10:00:00.0005'", "t: clockm >= 36000001"),
        T("clockn < '10:00:00'", "t: clockn < 36000000000000"),
        T("day BETWEEN '2020-01-01' AND '2020-02-01'", "t: (day >= 18262 and day <= 18293)"),
        T("day IN ('2020-01-01', DATE '2020-01-02')", ""),
    };
    (void)state;
    CHECK(cases);
}

static void names(void **state)
{
    static const struct expected cases[] = {
        {"SELECT n FROM t WHERE t.i32 = 1", "t: i32 = 1"},
        {"SELECT n FROM t WHERE T.\"I32\" = 1", "t: i32 = 1"},
        {"SELECT n FROM t AS x WHERE x.i32 = 1", "t: i32 = 1"},
        {"SELECT n FROM T WHERE i32 = 1", "T: i32 = 1"},
        {"SELECT * FROM t AS x(a, b, c) WHERE b = 1 AND c = 2", "t: (n = 1 and k = 2)"},
        {"SELECT * FROM t AS x(q) WHERE q = 1 AND k = 3", "t: (_id = 1 and k = 3)"},
        {"SELECT i32 AS i8 FROM t WHERE i8 = 1", "t: i8 = 1"},
        {"SELECT i32 AS z FROM t WHERE z = 1", ""},
        {"SELECT t.n FROM t JOIN u USING (k) WHERE k = 1", ""},
        {"SELECT t.n FROM t NATURAL JOIN u WHERE k = 1", ""},
        {"SELECT t.n FROM t, range(3) r WHERE i32 = 1", ""},
        {"SELECT t.n FROM t, range(3) r WHERE t.i32 = 1", "t: i32 = 1"},
        {"SELECT t.n FROM t, (VALUES (1)) v(x) WHERE i32 = 1", "t: i32 = 1"},
        {"SELECT t.n FROM t, (VALUES (1)) v(i32) WHERE t.n = 1 AND v.i32 = 1", "t: n = 1"},
        {"SELECT t.n FROM t, (VALUES (1)) WHERE i32 = 1 AND col0 = 1", "t: i32 = 1"},
        {"FROM t SELECT n WHERE i32 = 1", "t: i32 = 1"},
        {"SELECT n FROM inlay_scan('t') WHERE i32 = 1", "t: i32 = 1"},
        {"SELECT \"inlay row\" FROM inlay_scan('t', places := true) q WHERE q.i32 = 1 AND \"inlay "
         "row\" > 5",
         "t: i32 = 1"},
        {"SELECT n FROM t TABLESAMPLE 10% WHERE i32 = 1", ""},
        {"SELECT n FROM t WHERE i32 = 1 USING SAMPLE 10 ROWS", ""},
        {"SELECT t.n FROM t, query_table('t') q WHERE t.i32 = 1", ""},
        {"SELECT t.n FROM (DESCRIBE t) d, t WHERE t.i32 = 1", ""},
        {"SELECT 1 WHERE 1 = 2", ""},
    };
    (void)state;
    CHECK(cases);
}

static void joins(void **state)
{
#define J(join, rest, hint)                                                                        \
    {                                                                                              \
        "SELECT 1 FROM t " join " u ON t.k = u.k " rest, hint                                      \
    }
    static const struct expected cases[] = {
        {"SELECT 1 FROM t, u WHERE t.k = u.k AND t.i32 = 1 AND u.i8 = 2", "t: i32 = 1; u: i8 = 2"},
        {"SELECT 1 FROM t, u WHERE t.i32 = 1 OR u.i8 = 2", ""},
        {"SELECT 1 FROM t, u WHERE (t.i32 = 1 AND u.i8 = 2) OR (t.i32 = 3 AND u.k = 4)",
         "t: (i32 = 1 or i32 = 3); u: (i8 = 2 or k = 4)"},
        J("JOIN", "AND t.i32 = 1 AND u.i8 = 2", "t: i32 = 1; u: i8 = 2"),
        J("LEFT JOIN", "AND t.i32 = 1 AND u.i8 = 2", "u: i8 = 2"),
        J("RIGHT JOIN", "AND t.i32 = 1 AND u.i8 = 2", "t: i32 = 1"),
        J("FULL JOIN", "AND t.i32 = 1 AND u.i8 = 2", ""),
        J("LEFT JOIN", "WHERE t.i32 = 1 AND u.i8 = 2", "t: i32 = 1; u: i8 = 2"),
        J("LEFT JOIN", "WHERE u.i8 IS NULL", ""),
        J("LEFT JOIN", "WHERE u.i8 IS NULL AND u.k = 3", "u: (i8 is null and k = 3)"),
        J("LEFT JOIN", "WHERE u.i8 IS NOT NULL", "u: i8 is not null"),
        J("LEFT JOIN", "WHERE u.i8 IS DISTINCT FROM 5", ""),
        J("LEFT JOIN", "WHERE u.i8 = 5 OR u.k IS NULL", ""),
        J("LEFT JOIN", "WHERE u.i8 NOT IN (1, NULL)", "u: none"),
        J("RIGHT JOIN", "WHERE t.i32 = 1 AND u.i8 IS NULL", "t: i32 = 1; u: i8 is null"),
        J("FULL JOIN", "WHERE t.i32 = 1", "t: i32 = 1"),
        J("FULL JOIN", "WHERE t.i32 IS NULL", ""),
        J("SEMI JOIN", "AND t.i32 = 1 AND u.i8 = 2", "t: i32 = 1; u: i8 = 2"),
        J("ANTI JOIN", "AND t.i32 = 1 AND u.i8 = 2", "u: i8 = 2"),
        {"SELECT 1 FROM t ANTI JOIN u ON t.k = u.k WHERE t.i32 = 1", "t: i32 = 1"},
        {"SELECT 1 FROM t ASOF JOIN u ON t.n >= u.n WHERE t.i32 = 1 AND u.i8 = 2", "t: i32 = 1"},
        {"SELECT 1 FROM t POSITIONAL JOIN u WHERE t.i32 = 1", ""},
        {"SELECT 1 FROM t CROSS JOIN u WHERE t.i32 = 1", "t: i32 = 1"},
        {"SELECT 1 FROM w LEFT JOIN (t JOIN u ON t.k = u.k AND t.i32 = 1) ON w.k = t.k AND u.i8 = "
         "2 "
         "WHERE u.i16 = 3 AND t.i16 IS NULL AND w.i8 = 4",
         "t: i32 = 1; u: (i8 = 2 and i16 = 3); w: i8 = 4"},
        {"SELECT 1 FROM w LEFT JOIN (t LEFT JOIN u ON t.k = u.k AND u.i32 = 1) ON w.k = t.k AND "
         "u.i8 IS NULL",
         "u: i32 = 1"},
        {"SELECT 1 FROM t a, t b WHERE a.k = b.k AND a.i32 = 1 AND b.i32 = 2",
         "t: (i32 = 2 or i32 = 1)"},
        {"SELECT 1 FROM t a, t b WHERE a.k = b.k AND a.i32 = 1", ""},
        {"SELECT 1 FROM t, LATERAL (SELECT * FROM u WHERE u.k = t.k AND u.i8 = 2 AND t.i8 = 3) s "
         "WHERE s.i16 = 1 AND t.i32 = 4",
         "t: i32 = 4; u: (i8 = 2 and i16 = 1)"},
        {"SELECT 1 FROM t LEFT JOIN LATERAL (SELECT * FROM u WHERE u.k = t.k AND u.i8 = 2) s ON "
         "s.i32 = 3 WHERE s.i16 IS NULL",
         "u: (i8 = 2 and i32 = 3)"},
    };
    (void)state;
    CHECK(cases);
}

static void queries_in_queries(void **state)
{
    static const struct expected cases[] = {
        {"SELECT 1 FROM (SELECT i32 AS a, n FROM t WHERE i8 = 1) s WHERE a = 2",
         "t: (i8 = 1 and i32 = 2)"},
        {"SELECT 1 FROM (SELECT * FROM t) s WHERE s.i32 = 2", "t: i32 = 2"},
        {"SELECT 1 FROM (SELECT t.* FROM t, w) s WHERE i32 = 2", "t: i32 = 2"},
        {"SELECT 1 FROM (SELECT * EXCLUDE (i8) FROM t) s WHERE i32 = 2", ""},
        {"SELECT 1 FROM (SELECT i32 + 1 AS i32 FROM t) s WHERE i32 = 2", ""},
        {"SELECT 1 FROM (SELECT i32, i8 FROM t) s(a, b) WHERE a = 1 AND b = 2",
         "t: (i32 = 1 and i8 = 2)"},
        {"SELECT 1 FROM (SELECT i32 AS i8, i8 AS i32 FROM t) s WHERE i8 = 1", "t: i32 = 1"},
        {"SELECT 1 FROM (SELECT i32 FROM t LIMIT 5) s WHERE i32 = 1", ""},
        {"SELECT 1 FROM (SELECT i32 FROM t ORDER BY n) s WHERE i32 = 1", "t: i32 = 1"},
        {"SELECT 1 FROM (SELECT DISTINCT i32 FROM t) s WHERE i32 = 1", "t: i32 = 1"},
        {"SELECT 1 FROM (SELECT DISTINCT ON (k) i32 FROM t) s WHERE i32 = 1", ""},
        {"SELECT 1 FROM (SELECT i32, count(*) FROM t GROUP BY i32) s WHERE i32 = 1", ""},
        {"SELECT 1 FROM (SELECT max(i32) AS i32 FROM t) s WHERE i32 = 1", ""},
        {"SELECT 1 FROM (SELECT i32, sum(n) OVER () FROM t) s WHERE i32 = 1", ""},
        {"SELECT 1 FROM (SELECT i32 FROM t QUALIFY row_number() OVER () = 1) WHERE i32 = 1", ""},
        {"SELECT i32 FROM t WHERE i8 = 1 GROUP BY i32 HAVING i32 = 2", "t: i8 = 1"},
        {"SELECT 1 FROM (SELECT i32 FROM t UNION ALL SELECT k FROM u WHERE i8 = 1) s WHERE i32 = 2",
         "t: i32 = 2; u: (i8 = 1 and k = 2)"},
        {"SELECT 1 FROM (SELECT i32 FROM t UNION SELECT k FROM u) s WHERE i32 = 2",
         "t: i32 = 2; u: k = 2"},
        {"SELECT 1 FROM (SELECT i32 FROM t UNION ALL SELECT i64 FROM u) s WHERE i32 = 2", ""},
        {"SELECT 1 FROM (SELECT i32 FROM t EXCEPT SELECT i32 FROM u) s WHERE i32 = 2", ""},
        {"SELECT 1 FROM (SELECT i32 FROM t UNION ALL BY NAME SELECT i32 FROM u) WHERE i32 = 2", ""},
        {"SELECT i32 FROM t WHERE i8 = 1 INTERSECT SELECT i32 FROM u WHERE i8 = 2",
         "t: i8 = 1; u: i8 = 2"},
        {"WITH c AS (SELECT * FROM t WHERE i8 = 1) SELECT 1 FROM c WHERE i32 = 2",
         "t: (i8 = 1 and i32 = 2)"},
        {"WITH c(a, b) AS (SELECT i32, i8 FROM t) SELECT 1 FROM c AS d(x) WHERE x = 1 AND b = 2",
         "t: (i32 = 1 and i8 = 2)"},
        {"WITH c AS (SELECT * FROM t WHERE i8 = 1) SELECT 1 FROM c WHERE i32 = 2 AND k IN (SELECT "
         "k "
         "FROM c)",
         "t: i8 = 1"},
        {"WITH c AS MATERIALIZED (SELECT * FROM t) SELECT 1 FROM c WHERE i32 = 2", "t: i32 = 2"},
        {"WITH t AS (SELECT * FROM t WHERE i8 = 1) SELECT 1 FROM t WHERE i32 = 2",
         "t: (i8 = 1 and i32 = 2)"},
        {"WITH t AS (SELECT 1 AS i32) SELECT 1 FROM t, u WHERE t.i32 = 2 AND u.i32 = 3",
         "u: i32 = 3"},
        {"WITH a AS (SELECT * FROM t), b AS (SELECT * FROM a WHERE i8 = 1) SELECT 1 FROM b WHERE "
         "i32 = 2",
         "t: (i8 = 1 and i32 = 2)"},
        {"WITH RECURSIVE r AS (SELECT k FROM t WHERE i8 = 1 UNION ALL SELECT u.k FROM r, u WHERE "
         "u.n = r.k AND u.i8 = 2) SELECT 1 FROM r WHERE k = 3",
         "t: i8 = 1; u: i8 = 2"},
        {"SELECT 1 FROM t WHERE i32 = 1 AND EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.i8 = 2 "
         "AND t.i16 = 3)",
         "t: i32 = 1; u: i8 = 2"},
        {"SELECT 1 FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.i8 = 2)", "u: i8 = 2"},
        {"SELECT 1 FROM t WHERE i32 IN (SELECT i32 FROM u WHERE i8 = 2)", "u: i8 = 2"},
        {"SELECT 1 FROM t WHERE i32 NOT IN (SELECT i32 FROM u WHERE i8 = 2) AND k = 1",
         "t: k = 1; u: i8 = 2"},
        {"SELECT (SELECT max(n) FROM u WHERE i8 = 2) FROM t WHERE i32 = 1",
         "t: i32 = 1; u: i8 = 2"},
        {"SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM t WHERE i32 = 1) AND i32 = 2",
         "t: (i32 = 1 or i32 = 2)"},
        {"SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM t)  AND i32 = 2", ""},
    };
    (void)state;
    CHECK(cases);
}

static void first_rows(void **state)
{
    static const struct expected cases[] = {
        {"SELECT * FROM t ORDER BY n LIMIT 5", "t: n <= 4"},
        {"SELECT n AS i32 FROM t ORDER BY n DESC LIMIT 5", "t: n >= 295"},
        {"SELECT * FROM t ORDER BY n DESC, k LIMIT 5 OFFSET 10", "t: n >= 285"},
        {"SELECT * FROM t ORDER BY n NULLS FIRST LIMIT 5", "t: (n <= 4 or n is null)"},
        {"SELECT k AS n FROM t ORDER BY n LIMIT 5", ""},
        {"SELECT * FROM t ORDER BY n LIMIT 0", ""},
        {"SELECT * FROM t ORDER BY n LIMIT 500", ""},
        {"SELECT * FROM t ORDER BY n LIMIT 10%", ""},
        {"SELECT * FROM t ORDER BY n + 1 LIMIT 5", ""},
        {"SELECT * FROM t ORDER BY ALL LIMIT 5", ""},
        {"SELECT DISTINCT n FROM t ORDER BY n LIMIT 5", ""},
        {"SELECT max(n) FROM t GROUP BY n ORDER BY n LIMIT 5", ""},
        {"SELECT sum(k) OVER () FROM t ORDER BY n LIMIT 5", ""},
        {"SELECT unnest([1, 2]) FROM t ORDER BY n LIMIT 5", ""},
        {"SELECT * FROM t, w ORDER BY t.n LIMIT 5", ""},
        {"SELECT * FROM t WHERE n > 100 ORDER BY n LIMIT 5", "t: n > 100"},
        {"SELECT * FROM (SELECT * FROM t ORDER BY n LIMIT 5) WHERE i8 = 1", "t: n <= 4"},
        {"SELECT * FROM t ORDER BY txt COLLATE NOCASE LIMIT 5", ""},
        {"SELECT * FROM t ORDER BY tzn LIMIT 5", ""},
        {"SELECT * FROM t LIMIT 5", ""},
    };
    (void)state;
    CHECK(cases);
}

static void check_with(const char *sql, const struct sql_parameter *parameters, size_t count,
                       const char *expected)
{
    char *found = hints_of(sql, parameters, count);
    if (strcmp(found, expected) != 0) {
        fail_msg("%s: %s", sql, found);
    }
    free(found);
}

static void parameters_are_resolved(void **state)
{
    const struct sql_parameter places[] = {
        {.kind = SQL_PARAMETER_INT64, .integer = 5},
        {.kind = SQL_PARAMETER_TEXT, .bytes = "ab%", .length = 3},
    };
    const struct sql_parameter named[] = {
        {.name = "b", .kind = SQL_PARAMETER_DOUBLE, .number = 2.5},
        {.name = "a", .kind = SQL_PARAMETER_NULL},
    };
    const struct sql_parameter others[] = {
        {.kind = SQL_PARAMETER_BOOL, .integer = 1},
        {.kind = SQL_PARAMETER_BLOB, .bytes = "\0x", .length = 2},
        {.kind = SQL_PARAMETER_TEXT, .bytes = "\xff", .length = 1}};
    (void)state;
    check_with("SELECT 1 FROM t WHERE i32 = ? AND txt LIKE ?", places, 2,
               "t: (i32 = 5 and txt like 'ab%')");
    check_with("SELECT 1 FROM t WHERE txt LIKE $2 AND i32 IN ($1, 7)", places, 2,
               "t: (txt like 'ab%' and i32 in (5, 7))");
    check_with("SELECT 1 FROM t WHERE i32 < $b OR i8 = $a", named, 2, "t: i32 <= 2");
    check_with("SELECT 1 FROM t WHERE flag = $1 AND bin = $2 AND txt < $3", others, 3,
               "t: (flag = 1 and bin = '\\00x' and txt < '\\ff')");
    check_with("SELECT 1 FROM t WHERE i32 = $1 AND day > $2 AND k = $3", others, 3, "");
    check_with("SELECT 1 FROM t WHERE d10 = $2 AND day = $1", places, 2, "");
    check_with("SELECT 1 FROM t ORDER BY n LIMIT $1", places, 1, "t: n <= 4");
    check_with("SELECT 1 FROM t WHERE i32 = $1", places, 0, ""); /* not given */
}

/* Too deep for predicates, and for the reader of trees: nothing is said, nothing breaks. */
static void deep_and_long_conditions(void **state)
{
    static const unsigned depths[] = {10, 30, 70, 150, 400};
    char *sql = malloc(400000);
    char *found;
    size_t i;
    unsigned k;
    (void)state;
    for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        size_t length = (size_t)sprintf(sql, "SELECT 1 FROM t WHERE i8 = 1 AND ");
        for (k = 0; k < depths[i]; k++) {
            length += (size_t)sprintf(sql + length, "(i32 = %u %s ", k, k % 2 != 0 ? "AND" : "OR");
        }
        length += (size_t)sprintf(sql + length, "k = 1");
        for (k = 0; k < depths[i]; k++) {
            sql[length++] = ')';
        }
        sql[length] = '\0';
        found = hints_of(sql, NULL, 0);
        assert_true(depths[i] > 70 || strstr(found, "i8 = 1") != NULL);
        free(found);
    }
    k = (unsigned)sprintf(sql, "SELECT 1 FROM t WHERE i32 IN (0");
    for (i = 1; i < 1000; i++) {
        k += (unsigned)sprintf(sql + k, ", %zu", i);
    }
    (void)sprintf(sql + k, ")");
    found = hints_of(sql, NULL, 0);
    assert_non_null(strstr(found, ", 999)"));
    free(found);
    (void)sprintf(sql + k, ") AND i32 NOT IN (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17)");
    found = hints_of(sql, NULL, 0);
    assert_non_null(strstr(found, "and i32 is not null)"));
    free(found);
    free(sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_of_conditions),
        cmocka_unit_test(texts_and_bytes),
        cmocka_unit_test(numbers),
        cmocka_unit_test(times),
        cmocka_unit_test(names),
        cmocka_unit_test(joins),
        cmocka_unit_test(queries_in_queries),
        cmocka_unit_test(first_rows),
        cmocka_unit_test(parameters_are_resolved),
        cmocka_unit_test(deep_and_long_conditions),
    };
    return cmocka_run_group_tests(tests, open_engine, close_engine);
}
