/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random statements over random rows of every type, with hints and without: scans that leave out
 * every row for which the hint is not TRUE must not change an answer.
 */
#include "support/test.h"

#include "columnar/array_view.h"
#include "sql/engine.h"
#include "unit/sql/stream_text.inc"
#include "unit/sql/typed_relation.inc"

static struct sql_engine *hinted;
static struct sql_engine *plain;

/* ---- writing statements ---- */

struct text {
    char at[16384];
    size_t length;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *text, const char *format, ...)
{
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = vsnprintf(text->at + text->length, sizeof(text->at) - text->length, format, arguments);
    va_end(arguments);
    assert_true(length >= 0 && text->length + (size_t)length < sizeof(text->at));
    text->length += (size_t)length;
}

#define PICK(random, list) ((list)[test_random_below(random, sizeof(list) / sizeof((list)[0]))])

static const char *const numbers[] = {"5",
                                      "5",
                                      "1",
                                      "0",
                                      "-1",
                                      "3",
                                      "5.5",
                                      "0.1",
                                      "5.0",
                                      "-4.00",
                                      "5e0",
                                      "5.5e0",
                                      "1e-1",
                                      "0.3",
                                      "0.3e0",
                                      "'5'",
                                      "'-1'",
                                      "127",
                                      "128",
                                      "255",
                                      "-128",
                                      "-129",
                                      "32767",
                                      "65535",
                                      "2147483647",
                                      "4294967295",
                                      "9223372036854775807",
                                      "-9223372036854775808",
                                      "9223372036854775808",
                                      "18446744073709551615",
                                      "18446744073709551616",
                                      "170141183460469231731687303715884105727",
                                      "9007199254740993",
                                      "9007199254740992",
                                      "9007199254740993e0",
                                      "9007199254740992e0",
                                      "9223372036854775807e0",
                                      "5::BIGINT",
                                      "5::TINYINT",
                                      "NULL",
                                      "1e300",
                                      "-1e300",
                                      "16777217",
                                      "16777216.0",
                                      "5.12",
                                      "5.125",
                                      "99999999.99",
                                      "1000000021000000147000000343",
                                      "-4000000084000000588000001372",
                                      "0.7",
                                      "5.1",
                                      "5.1::DOUBLE",
                                      "'5'::DOUBLE",
                                      "'nan'::DOUBLE",
                                      "'inf'::DOUBLE",
                                      "'-inf'::DOUBLE",
                                      "-0.0",
                                      "-0e0",
                                      "'1.5'",
                                      "'x'",
                                      "'0.1'",
                                      "5.00000000000000000000001",
                                      "TRUE",
                                      "1.5::FLOAT",
                                      "5::DECIMAL(10,2)"};
static const char *const texts[] = {"''",     "'a'",    "'ab'",
                                    "'abc'",  "'ABC'",  "'b'",
                                    "'日本'", "'x''y'", "'abcabcabcabcabcab'",
                                    "NULL",   "'a%b'",  "'ab'::VARCHAR",
                                    "'zzz'"};
static const char *const patterns[] = {"'a%'",    "'%b'", "'%b%'", "'ab'",    "'a_b'",   "'%'",
                                       "''",      "'_'",  "'AB%'", "'%a%b%'", "'ab%ab'", "'%日%'",
                                       "'a\\%b'", "NULL", "'a%a'", "'_b%'"};
static const char *const bytes[] = {"'ab'::BLOB", "'\\xAA'::BLOB", "'\\xAAb'", "'a'",
                                    "''::BLOB",   "'ab'",          "NULL"};
static const char *const times[] = {"DATE '2020-01-01'",
                                    "'2020-01-01'",
                                    "TIMESTAMP '2020-01-01 00:00:02'",
                                    "'2020-01-01 00:00:01'",
                                    "'2019-12-31 23:59:59.5'",
                                    "'2020-01-02'::DATE",
                                    "'2020-01-01 00:00:00.001'::TIMESTAMP_MS",
                                    "'2020-01-01 00:00:03'::TIMESTAMP_S",
                                    "'2020-01-01 00:00:01.000000001'::TIMESTAMP_NS",
                                    "TIMESTAMPTZ '2020-01-01 00:00:00+00'",
                                    "'2020-01-01 00:00:00Z'",
                                    "'infinity'",
                                    "'-infinity'",
                                    "DATE 'infinity'",
                                    "'1960-01-01'",
                                    "NULL",
                                    "'nonsense'",
                                    "'2020-01-03 00:00:00+02'",
                                    "TIMESTAMP '2020-01-01 00:00:00.0000015'"};
static const char *const clocks[] = {
    "TIME '10:00:00'",    "'10:00:01'", "'10:00:00.001'", "'9:59:59'", "'10:00:02.000001'::TIME",
    "'10:00:00.0000005'", "NULL"};
static const char *const flags[] = {"TRUE", "FALSE", "NULL", "'true'", "1", "0", "'f'", "2"};

static const char *const comparisons[] = {
    "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};

static const char *literal_for(struct test_random *random, const struct field *field)
{
    switch (field->type) {
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8:
        return PICK(random, texts);
    case COLUMN_BINARY:
    case COLUMN_FIXED_BINARY:
        return PICK(random, bytes);
    case COLUMN_BOOL:
        return PICK(random, flags);
    case COLUMN_DATE32:
    case COLUMN_DATE64:
    case COLUMN_TIMESTAMP:
        return PICK(random, times);
    case COLUMN_TIME32:
    case COLUMN_TIME64:
        return PICK(random, clocks);
    default:
        return PICK(random, numbers);
    }
}

static const struct field *any_field(struct test_random *random)
{
    return &typed_tables.t.schema.fields[test_random_below(random, TYPED_COLUMNS)];
}

static void put_column(struct text *out, const char *qualifier, const struct field *field)
{
    put(out, "%s%s%s", qualifier, qualifier[0] != '\0' ? "." : "", field->name);
}

static void put_pattern(struct text *out, struct test_random *random, const char *qualifier)
{
    static const char *const forms[] = {"%s %s %s", "%s NOT %s %s"};
    static const char *const likes[] = {"LIKE", "ILIKE"};
    static const char *const functions[] = {"starts_with", "prefix", "contains", "ends_with",
                                            "suffix"};
    char column[40];
    (void)snprintf(column, sizeof(column), "%s%s%s", qualifier, qualifier[0] != '\0' ? "." : "",
                   test_random_below(random, 2) != 0 ? "txt" : "ltxt");
    switch (test_random_below(random, 5)) {
    case 0:
        put(out, "%s(%s, %s)", PICK(random, functions), column, PICK(random, texts));
        break;
    case 1:
        put(out, "%s LIKE %s ESCAPE '\\'", column, PICK(random, patterns));
        break;
    case 2:
        put(out, "%s ^@ %s", column, PICK(random, texts));
        break;
    default:
        if (test_random_below(random, 2) != 0) {
            put(out, "%s %s %s", column, PICK(random, likes), PICK(random, patterns));
        } else {
            put(out, "%s NOT %s %s", column, PICK(random, likes), PICK(random, patterns));
        }
        (void)forms;
        break;
    }
}

static void put_test(struct text *out, struct test_random *random, const char *qualifier)
{
    const struct field *field = any_field(random);
    const char *negation = test_random_below(random, 2) != 0 ? "NOT " : "";
    uint64_t count;
    switch (test_random_below(random, 10)) {
    case 0:
        put_column(out, qualifier, field);
        put(out, " IS %sNULL", negation);
        break;
    case 1:
        put_column(out, qualifier, field);
        put(out, " %sIN (", negation);
        for (count = 1 + test_random_below(random, 4); count != 0; count--) {
            put(out, "%s%s", literal_for(random, field), count != 1 ? ", " : ")");
        }
        break;
    case 2:
        put_column(out, qualifier, field);
        put(out, " %sBETWEEN %s", negation, literal_for(random, field));
        put(out, " AND %s", literal_for(random, field));
        break;
    case 3:
    case 4:
        put_pattern(out, random, qualifier);
        break;
    case 5:
        put(out, "%s", negation);
        put_column(out, qualifier, &typed_tables.t.schema.fields[18]);
        if (test_random_below(random, 2) != 0) {
            put(out, test_random_below(random, 2) != 0 ? " IS TRUE" : " IS NOT FALSE");
        }
        break;
    case 6:
        put(out, "%s %s ", literal_for(random, field), PICK(random, comparisons));
        put_column(out, qualifier, field);
        break;
    default:
        put_column(out, qualifier, field);
        put(out, " %s %s", PICK(random, comparisons), literal_for(random, field));
        break;
    }
}

/* Over columns of one or two tables. */
static void put_condition(struct text *out, struct test_random *random, const char *a,
                          const char *b, unsigned depth)
{
    uint64_t count;
    const char *word;
    if (depth == 0 || test_random_below(random, 3) == 0) {
        if (test_random_below(random, 12) == 0) {
            put(out, "%s%sk = %s%si32", a, a[0] != '\0' ? "." : "", b, b[0] != '\0' ? "." : "");
        } else {
            put_test(out, random, test_random_below(random, 2) != 0 ? a : b);
        }
        return;
    }
    put(out, "%s(", test_random_below(random, 3) == 0 ? "NOT " : "");
    word = test_random_below(random, 2) != 0 ? "AND" : "OR";
    for (count = 2 + test_random_below(random, 2); count != 0; count--) {
        put_condition(out, random, a, b, depth - 1);
        put(out, count != 1 ? " %s " : "%.0s)", word);
    }
}

static void put_simple(struct text *out, struct test_random *random)
{
    put(out, "SELECT n FROM t WHERE ");
    put_condition(out, random, "", "t", 3);
}

static void put_join(struct text *out, struct test_random *random)
{
    static const char *const joins[] = {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"};
    put(out, "SELECT t.n, u.n, w.n FROM t %s u ON t.k = u.k AND ", PICK(random, joins));
    put_condition(out, random, "t", "u", 1);
    put(out, " %s w ON w.k = u.k AND ", PICK(random, joins));
    put_condition(out, random, "w", test_random_below(random, 2) != 0 ? "u" : "t", 1);
    if (test_random_below(random, 4) != 0) {
        put(out, " WHERE ");
        put_condition(out, random, test_random_below(random, 2) != 0 ? "t" : "u",
                      test_random_below(random, 2) != 0 ? "u" : "w", 2);
    }
}

/* One condition on the side that may be nulls. */
static void put_outer(struct text *out, struct test_random *random)
{
    put(out, "SELECT t.n, u.n FROM t LEFT JOIN u ON t.k = u.k WHERE ");
    if (test_random_below(random, 2) != 0) {
        put(out, "u.%s IS NULL", any_field(random)->name);
    } else {
        put_test(out, random, "u");
    }
}

static void put_half_join(struct text *out, struct test_random *random)
{
    put(out, "SELECT t.n FROM t %s JOIN u ON t.k = u.k AND ",
        test_random_below(random, 2) != 0 ? "SEMI" : "ANTI");
    put_condition(out, random, "t", "u", 2);
    put(out, " WHERE ");
    put_condition(out, random, "t", "t", 1);
}

static void put_subquery(struct text *out, struct test_random *random)
{
    static const char *const inner[] = {
        "SELECT * FROM t WHERE i8 > -1",
        "SELECT t.*, u.n AS un FROM t LEFT JOIN u ON t.k = u.k",
        "SELECT DISTINCT * FROM t",
        "SELECT * FROM t LIMIT 100000",
        "SELECT * FROM t UNION ALL SELECT * FROM u",
        "SELECT *, row_number() OVER (PARTITION BY i8 ORDER BY n) AS r FROM t",
        "SELECT * REPLACE (i8 + 1 AS i8) FROM t",
        "SELECT * FROM t EXCEPT SELECT * FROM u",
        "SELECT * EXCLUDE (n, i8), i32::BIGINT AS n, i8 FROM t WHERE txt IS NOT NULL",
    };
    const char *from = PICK(random, inner);
    switch (test_random_below(random, 5)) {
    case 0:
        put(out, "SELECT s.n FROM (%s) s WHERE ", from);
        break;
    case 1:
        put(out, "WITH s AS (%s) SELECT s.n FROM s WHERE ", from);
        break;
    case 2:
        put(out, "SELECT w.n, s.n FROM w LEFT JOIN (%s) s ON w.k = s.k WHERE ", from);
        break;
    case 3:
        put(out,
            "WITH s AS (%s) SELECT s.n FROM s, w WHERE EXISTS (SELECT 1 FROM s WHERE s.k = "
            "w.k AND s.n < 9) AND ",
            from);
        break;
    default:
        put(out,
            "SELECT s.n FROM (SELECT n, i16 AS i8, i8 AS i16, txt, txt AS ltxt, flag, f32, k, "
            "i32, d10, day FROM (%s) x) s WHERE (i8 > 2 AND i16 < 5) OR ",
            from);
        put(out, "s.i8 = 5 AND ltxt LIKE 'a%%' AND f32 > %s AND d10 <= %s OR flag AND day > %s",
            PICK(random, numbers), PICK(random, numbers), PICK(random, times));
        return;
    }
    put_condition(out, random, "s", "s", 2);
}

/* The branches of a union give the columns names of their own. */
static void put_union(struct text *out, struct test_random *random)
{
    put(out,
        "SELECT a, b, c FROM (SELECT n AS a, %s AS b, txt AS c FROM t UNION %s SELECT n, %s, "
        "ltxt FROM u) s WHERE ",
        test_random_below(random, 2) != 0 ? "i32" : "k",
        test_random_below(random, 2) != 0 ? "ALL" : "",
        test_random_below(random, 2) != 0 ? "i16" : "i32");
    put(out, "b %s %s AND (c LIKE %s OR a > 20)", PICK(random, comparisons), PICK(random, numbers),
        PICK(random, patterns));
}

static void put_nested(struct text *out, struct test_random *random)
{
    switch (test_random_below(random, 5)) {
    case 0:
        put(out, "SELECT t.n FROM t WHERE %sEXISTS (SELECT 1 FROM u WHERE u.k = t.k AND ",
            test_random_below(random, 2) != 0 ? "NOT " : "");
        put_condition(out, random, "u", "t", 1);
        put(out, ")");
        break;
    case 1:
        put(out, "SELECT t.n FROM t WHERE t.k %sIN (SELECT k FROM u WHERE ",
            test_random_below(random, 2) != 0 ? "NOT " : "");
        put_condition(out, random, "u", "", 1);
        put(out, ")");
        break;
    case 2:
        put(out, "SELECT t.n, s.n FROM t, LATERAL (SELECT n FROM u WHERE u.k = t.k AND ");
        put_condition(out, random, "u", "t", 1);
        put(out, ") s");
        break;
    case 3:
        put(out, "SELECT t.n, (SELECT max(n) FROM u WHERE u.k = t.k AND ");
        put_condition(out, random, "u", "t", 1);
        put(out, ") FROM t");
        break;
    default:
        put(out, "SELECT a.n, b.n FROM t a, t b WHERE a.k = b.k AND b.i8 = 5");
        break;
    }
    put(out, " %s ",
        test_random_below(random, 2) != 0 && strstr(out->at, ") FROM t") == NULL &&
                strstr(out->at, ") s") == NULL
            ? "AND"
            : "/*");
    put_condition(out, random, strstr(out->at, "b.i8") != NULL ? "a" : "t",
                  strstr(out->at, "b.i8") != NULL ? "b" : "t", 1);
    put(out, " -- */");
    if (strstr(out->at, "/*") != NULL) {
        char *comment = strstr(out->at, " /*");
        *comment = '\0';
        out->length = (size_t)(comment - out->at);
    }
}

static void put_grouped(struct text *out, struct test_random *random)
{
    put(out, "SELECT k, count(*), max(n) FROM t WHERE ");
    put_condition(out, random, "", "t", 2);
    put(out, " GROUP BY k HAVING count(*) > %d", (int)test_random_below(random, 3));
}

static void put_top(struct text *out, struct test_random *random)
{
    static const char *const orders[] = {
        "", " DESC", " ASC", " NULLS FIRST", " DESC NULLS FIRST", " DESC NULLS LAST"};
    const char *name = any_field(random)->name;
    /* Which of the two zeros comes first is not said. */
    put(out,
        "SELECT CASE WHEN %s::VARCHAR IN ('-0.0', '0.0') THEN 'zero' ELSE %s::VARCHAR END AS x "
        "FROM t ",
        name, name);
    if (test_random_below(random, 2) != 0) {
        put(out, "WHERE ");
        put_condition(out, random, "", "t", 1);
    }
    put(out, " ORDER BY %s%s LIMIT %d", name, PICK(random, orders),
        (int)test_random_below(random, 40));
    if (test_random_below(random, 2) != 0) {
        put(out, " OFFSET %d", (int)test_random_below(random, 40));
    }
}

/* ---- the comparison ---- */

static char *answer(struct sql_engine *engine, const char *sql,
                    const struct sql_parameter *parameters, size_t count, bool *failed)
{
    struct ArrowArrayStream stream;
    inlay_error err;
    char *text;
    inlay_error_init(&err);
    *failed = sql_query(engine, sql, parameters, count, &stream, &err) != INLAY_OK;
    if (*failed) {
        text = malloc(sizeof(err.message));
        (void)snprintf(text, sizeof(err.message), "%s", err.message);
        return text;
    }
    text = stream_text(&stream, strstr(sql, "ORDER BY x") != NULL);
    *failed = strstr(text, "Error") != NULL;
    return text;
}

/* The engine orders the parts of a condition anew while it runs, so that one that fails of some row
 * may be come to or not. */
static bool succeeds_sometimes(const char *sql, const struct sql_parameter *parameters,
                               size_t count, const char *wanted)
{
    bool same = false;
    int i;
    for (i = 0; i < 50 && !same; i++) {
        bool failed;
        char *text = answer(hinted, sql, parameters, count, &failed);
        same = !failed && strcmp(text, wanted) == 0;
        free(text);
    }
    return same;
}

/* Rows that are left out may be those that the engine would fail over. */
static bool same_answer(const char *sql, const struct sql_parameter *parameters, size_t count)
{
    bool plain_failed;
    bool hinted_failed;
    char *without = answer(plain, sql, parameters, count, &plain_failed);
    char *with = answer(hinted, sql, parameters, count, &hinted_failed);
    if (!plain_failed && (hinted_failed ? !succeeds_sometimes(sql, parameters, count, without)
                                        : strcmp(with, without) != 0)) {
        fail_msg("%s\nhinted: %.3000s\nplain: %.3000s", sql, with, without);
    }
    free(with);
    free(without);
    return !plain_failed;
}

static void (*const writers[])(struct text *out, struct test_random *random) = {
    put_simple, put_outer,  put_join,    put_half_join, put_subquery,
    put_union,  put_nested, put_grouped, put_top,
};

static void hints_never_change_an_answer(void **state)
{
    struct test_random random = test_random_init(20261130);
    const char *wanted = getenv("INLAY_TEST_STATEMENTS");
    const long statements = wanted != NULL ? atol(wanted) : 2000;
    long ran = 0;
    long i;
    (void)state;
    typed_tables_make(&random);
    hinted = typed_engine(false);
    plain = typed_engine(true);
    for (i = 0; i < statements; i++) {
        struct text sql = {.length = 0};
        PICK(&random, writers)(&sql, &random);
        ran += same_answer(sql.at, NULL, 0);
    }
    print_message("%ld of %ld statements ran, %llu rows were left out of %llu scans, %llu of them "
                  "exact\n",
                  ran, statements, (unsigned long long)typed_tables.left_out,
                  (unsigned long long)typed_tables.scans, (unsigned long long)typed_tables.exact);
    assert_true(typed_tables.exact > (uint64_t)statements / 20);
    assert_true(ran > statements / 3);
    assert_true(typed_tables.left_out > (uint64_t)statements * 10);
    sql_engine_free(hinted);
    sql_engine_free(plain);
    typed_tables_free();
}

static struct sql_parameter any_parameter(struct test_random *random)
{
    static const char *const words[] = {"5", "a",    "ab", "2020-01-01", "10:00:00",
                                        "x", "true", "",   "5.5"};
    static const double reals[] = {5, 5.5, 0.1, -1, 9007199254740993.0, 1e300, 0.3, 16777217};
    static const int64_t whole[] = {5, 0, -1, 127, 300, INT64_MAX, INT64_MIN, 1, 9007199254740993};
    struct sql_parameter parameter = {.kind = SQL_PARAMETER_NULL};
    switch (test_random_below(random, 6)) {
    case 0:
        parameter.kind = SQL_PARAMETER_BOOL;
        parameter.integer = (int64_t)test_random_below(random, 2);
        break;
    case 1:
        parameter.kind = SQL_PARAMETER_DOUBLE;
        parameter.number = PICK(random, reals);
        break;
    case 2:
    case 3:
        parameter.kind = SQL_PARAMETER_TEXT;
        parameter.bytes = PICK(random, words);
        parameter.length = strlen(parameter.bytes);
        break;
    case 4:
        parameter.kind = SQL_PARAMETER_INT64;
        parameter.integer = PICK(random, whole);
        break;
    default:
        if (test_random_below(random, 3) != 0) {
            parameter.kind = SQL_PARAMETER_BLOB;
            parameter.bytes = "ab";
            parameter.length = 2;
        }
        break;
    }
    return parameter;
}

static void parameters_are_what_they_are_given(void **state)
{
    struct test_random random = test_random_init(7);
    long ran = 0;
    long i;
    (void)state;
    typed_tables_make(&random);
    hinted = typed_engine(false);
    plain = typed_engine(true);
    for (i = 0; i < 2000; i++) {
        struct sql_parameter parameters[3] = {any_parameter(&random), any_parameter(&random),
                                              any_parameter(&random)};
        struct text sql = {.length = 0};
        const char *a = any_field(&random)->name;
        const char *b = any_field(&random)->name;
        switch (test_random_below(&random, 4)) {
        case 0:
            put(&sql, "SELECT n FROM t WHERE %s %s ? AND %s %s ?", a, PICK(&random, comparisons), b,
                PICK(&random, comparisons));
            break;
        case 1:
            put(&sql, "SELECT n FROM t WHERE %s IN ($2, $1) OR NOT %s < $1", a, a);
            break;
        case 2:
            parameters[0].name = "x";
            parameters[1].name = "y";
            put(&sql, "SELECT n FROM t WHERE %s BETWEEN $y AND $x OR %s = $x", a, a);
            break;
        default:
            put(&sql, "SELECT n FROM t WHERE txt LIKE ? OR %s NOT IN (?)", a);
            break;
        }
        ran += same_answer(sql.at, parameters, 2);
    }
    print_message("%ld of 2000 statements ran, %llu scans were exact\n", ran,
                  (unsigned long long)typed_tables.exact);
    assert_true(typed_tables.exact > 100);
    assert_true(ran > 300);
    sql_engine_free(hinted);
    sql_engine_free(plain);
    typed_tables_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hints_never_change_an_answer),
        cmocka_unit_test(parameters_are_what_they_are_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
