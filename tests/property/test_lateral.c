/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches for each row of a list of literals in FROM: random lists, functions, arguments and kinds
 * of joins give what the same searches give one by one under UNION ALL, over several superfiles in
 * a folder and one in memory. Besides: parameters in lists, what is refused and where, and what a
 * LIMIT over a search without a ranking reads. Prints its seed; INLAY_TEST_SCALE runs more.
 */
#include "support/test.h"

#include "sql/layouts.h"
#include "tables/tables.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 120, LIST_MAX = 6, SUPERFILES = 8 };

static struct layouts layouts;
static struct test_random dice;

/* Words twice to four times a row; vectors of few values, so that some distances are equal. */
static const char rows_of_docs[] =
    "SELECT i::INTEGER AS n, concat_ws(' ', w[1 + i % 7], w[1 + (i * 5) % 9], CASE WHEN i % 3 = 0 "
    "THEN w[1 + (i * 11) % 8] END, 'x' || i) AS body, ['en', 'de'][1 + i % 2] AS lang, {'w': i} AS "
    "q, [(i % 5) - 2, (i * 3) % 4, 1]::FLOAT[3] AS v FROM range(240) t(i), (SELECT ['whale', "
    "'sea', 'boat', 'river', 'it''s', 'Night', 'storm', 'harbour', 'Ünï'] AS w)";

static int open_all(void **state)
{
    char message[1024];
    (void)state;
    layouts_open(&layouts, 2);
    if (!layouts_table(&layouts, "docs text=body vector=v superfiles=8", rows_of_docs,
                       layouts.of_one, message, sizeof(message))) {
        fail_msg("%s", message);
    }
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    layouts_close(&layouts);
    return 0;
}

/* ---- generated ---- */

static uint64_t below(uint64_t bound)
{
    return test_random_below(&dice, bound);
}

/* Arguments behind the table's name, with @ for the column of the list; and values for it. */
struct shape {
    const char *function;
    const char *arguments;
    const char *values[8]; /* NULL ends */
};

static const struct shape shapes[] = {
    {"bm25_search", "'body', @, k => 4", {"'whale'", "'sea'", "'it''s'", "'nowhere'", "'ünï'"}},
    {"bm25_search", "'body', @", {"'whale sea'", "'x' || 17", "'boat'::TEXT", "lower('NIGHT')"}},
    {"bm25_search", "column_name := 'body', query := 'sea ' || @, k := 3", {"'river'", "'-whale'"}},
    {"bm25_search", "'body', 'sea storm', k => @", {"1", "2", "0", "500", "-(-3)", "NULL"}},
    {"bm25_search", "'body', 'sea', @, mode => 'and'", {"7::UTINYINT", "3", "'5'::BIGINT"}},
    {"bm25_search",
     "'body', 'boat', filter => @",
     {"'lang = ''de'''", "'n > 100'", "NULL", "'n IN (1, 2, 3)'"}},
    {"bm25_search_prefix", "'body', @, k => 6", {"'x1'", "'ha'", "'s'", "'qq'"}},
    {"token_match", "'body', @", {"'whale'", "'whale storm'", "'\"sea boat\"'", "'none'"}},
    {"exact_match", "'body', @", {"'whale whale whale x0'", "'sea'"}},
    {"vector_search",
     "'v', @, k => 5",
     {"[1, 0.5, 1]", "[0, 0, 1]", "[-2.25, 3, 1e0]", "[1, 1, 1]::FLOAT[]"}},
    {"vector_search", "'v', [@, 1, 2], 4", {"1.5", "0", "-2", "3e-1"}},
    {"hybrid_search", "'body', 'whale', 'v', @, 5", {"'1, 2, 3'", "'[0, 0.5, 1]'", "'2, 0, -1'"}},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static void put_list(FILE *out, const char *const *values, size_t count, uint64_t form, bool *with)
{
    size_t i;
    *with = false;
    switch (form) {
    case 0:
        (void)fprintf(out, "(VALUES ");
        for (i = 0; i < count; i++) {
            (void)fprintf(out, "%s(%s)", i != 0 ? ", " : "", values[i]);
        }
        (void)fprintf(out, ") AS q(w)");
        break;
    case 1:
        (void)fprintf(out, "unnest([");
        for (i = 0; i < count; i++) {
            (void)fprintf(out, "%s%s", i != 0 ? ", " : "", values[i]);
        }
        (void)fprintf(out, "]) q(w)");
        break;
    case 2:
        (void)fprintf(out, "(");
        for (i = 0; i < count; i++) {
            (void)fprintf(out, "%sSELECT %s", i != 0 ? " UNION ALL " : "", values[i]);
        }
        (void)fprintf(out, ") q(w)");
        break;
    default:
        *with = true;
        (void)fprintf(out, "q");
        break;
    }
}

static void put_call(FILE *out, const struct shape *shape, const char *value)
{
    const char *at;
    (void)fprintf(out, "%s('docs', ", shape->function);
    if (strncmp(shape->arguments, "column_name", 11) != 0 && below(4) == 0) {
        (void)fprintf(out, "/* ) */ ");
    }
    for (at = shape->arguments; *at != '\0'; at++) {
        if (*at == '@') {
            (void)fprintf(out, "%s", value);
        } else {
            (void)fputc(*at, out);
        }
    }
    (void)fprintf(out, ")");
}

/* The statement with a list, and the one without. */
static void make_pair(char **lateral, char **unions)
{
    static const char *const joins[] = {", ",
                                        " CROSS JOIN ",
                                        " JOIN LATERAL ",
                                        " LEFT JOIN LATERAL ",
                                        " CROSS JOIN LATERAL ",
                                        ", LATERAL "};
    static const char *const references[] = {"q.w", "w", "Q.\"w\"", "q . /* of */ W"};
    const struct shape *shape = &shapes[below(SHAPES)];
    const char *values[LIST_MAX];
    const char *join = joins[below(sizeof(joins) / sizeof(joins[0]))];
    const bool on = strstr(join, "JOIN L") != NULL && strstr(join, "CROSS") == NULL;
    const size_t count = 1 + below(LIST_MAX);
    const uint64_t form = below(4);
    size_t most = 0;
    size_t size;
    size_t i;
    bool with;
    FILE *out = open_memstream(unions, &size);
    while (most < 8 && shape->values[most] != NULL) {
        most++;
    }
    for (i = 0; i < count; i++) {
        values[i] = shape->values[below(most)];
        (void)fprintf(out, "%sSELECT s._id, s.score, s.body FROM (SELECT 1)%s",
                      i != 0 ? " UNION ALL " : "",
                      strchr(join, 'F') != NULL ? " LEFT JOIN " : ", ");
        put_call(out, shape, values[i]);
        (void)fprintf(out, " s%s", strchr(join, 'F') != NULL ? " ON true" : "");
    }
    (void)fclose(out);
    out = open_memstream(lateral, &size);
    if (form == 3) {
        (void)fprintf(out, "WITH other AS (SELECT 1), q(w) AS (");
        for (i = 0; i < count; i++) {
            (void)fprintf(out, "%s(%s)", i != 0 ? ", " : "VALUES ", values[i]);
        }
        (void)fprintf(out, ") ");
    }
    (void)fprintf(out, "SELECT s._id, s.score, s.body FROM ");
    put_list(out, values, count, form, &with);
    (void)fprintf(out, "%s", join);
    put_call(out, shape, references[below(sizeof(references) / sizeof(references[0]))]);
    (void)fprintf(out, " AS s%s", on ? " ON true" : "");
    (void)fclose(out);
}

static void assert_same_answers(inlay_connection *connection, const char *a, const char *b)
{
    struct row_set x;
    struct row_set y;
    size_t i;
    row_set_query(&x, connection, a);
    row_set_query(&y, connection, b);
    if (x.status != y.status || x.rows != y.rows || x.columns != y.columns) {
        fail_msg("%s\n%s %zu rows\n--- differs from ---\n%s\n%s %zu rows", a, x.message, x.rows, b,
                 y.message, y.rows);
    }
    row_set_sort(&x);
    row_set_sort(&y);
    for (i = 0; i < x.columns; i++) {
        assert_string_equal(x.names[i], y.names[i]);
        assert_string_equal(x.formats[i], y.formats[i]);
    }
    for (i = 0; i < x.rows * x.columns; i++) {
        if (strcmp(x.cells[i], y.cells[i]) != 0) {
            fail_msg("%s\n--- differs from ---\n%s\nat %s and %s", a, b, x.cells[i], y.cells[i]);
        }
    }
    row_set_free(&x);
    row_set_free(&y);
}

static void lists_are_searched_as_one_by_one(void **state)
{
    const uint64_t rounds = ROUNDS * tables_scale();
    uint64_t i;
    (void)state;
    dice = test_random_init(20260801);
    for (i = 0; i < rounds; i++) {
        char *lateral;
        char *unions;
        make_pair(&lateral, &unions);
        assert_same_answers(layouts.many, lateral, unions);
        if (i % 4 == 0) {
            assert_same_answers(layouts.one, lateral, unions);
        }
        free(lateral);
        free(unions);
    }
}

/* ---- in statements ---- */

static const char *const pairs[][2] = {
    /* A column of the table is called like the list. */
    {"SELECT q.w, s._id FROM (VALUES ('sea'), ('boat')) q(w), bm25_search('docs', 'body', q.w, 2) "
     "s",
     "SELECT 'sea' AS w, _id FROM bm25_search('docs', 'body', 'sea', 2) UNION ALL SELECT 'boat', "
     "_id FROM bm25_search('docs', 'body', 'boat', 2)"},
    /* Without an alias. */
    {"SELECT bm25_search._id, w FROM unnest(['sea']) q(w), bm25_search('docs', 'body', w, 2)",
     "SELECT _id, 'sea' AS w FROM bm25_search('docs', 'body', 'sea', 2)"},
    /* New names for columns. */
    {"SELECT s.a, s.b FROM (VALUES ('sea')) q(w), bm25_search('docs', 'body', q.w, 2) s(a, b)",
     "SELECT _id AS a, n AS b FROM bm25_search('docs', 'body', 'sea', 2)"},
    {"SELECT * FROM (VALUES (2, 'sea')) q(k, w), bm25_search('docs', 'body', w, k) s",
     "SELECT 2 AS k, 'sea' AS w, * FROM bm25_search('docs', 'body', 'sea', 2) s"},
    /* The nearest, in a subquery. */
    {"SELECT w, s._id FROM (VALUES ('sea'), ('boat')) q(w), LATERAL (SELECT _id FROM "
     "bm25_search('docs', 'body', q.w) ORDER BY score DESC, _id LIMIT 2) s",
     "(SELECT 'sea' AS w, _id FROM bm25_search('docs', 'body', 'sea') ORDER BY score DESC, _id "
     "LIMIT 2) UNION ALL (SELECT 'boat', _id FROM bm25_search('docs', 'body', 'boat') ORDER BY "
     "score DESC, _id LIMIT 2)"},
    {"SELECT w, (SELECT count(*) FROM token_match('docs', 'body', q.w)) AS c FROM (VALUES "
     "('sea'), ('none')) q(w) WHERE EXISTS (SELECT 1 FROM token_match('docs', 'body', w))",
     "SELECT 'sea' AS w, count(*) AS c FROM token_match('docs', 'body', 'sea')"},
    /* Two calls over one list, a call over two lists, a call of no list between them. */
    {"SELECT w, s.score AS a, t.score AS b FROM (VALUES ('sea', 'storm'), ('boat', 'sea')) q(w, "
     "v) JOIN LATERAL bm25_search('docs', 'body', w) s ON true JOIN LATERAL bm25_search('docs', "
     "'body', q.v) t USING (_id)",
     "SELECT 'sea' AS w, s.score AS a, t.score AS b FROM bm25_search('docs', 'body', 'sea') s "
     "JOIN bm25_search('docs', 'body', 'storm') t USING (_id) UNION ALL SELECT 'boat', s.score, "
     "t.score FROM bm25_search('docs', 'body', 'boat') s JOIN bm25_search('docs', 'body', 'sea') "
     "t USING (_id)"},
    {"SELECT w, k, s._id FROM (VALUES ('sea'), ('boat')) q(w), unnest([1, 2, 2]) r(k), "
     "bm25_search('docs', 'body', 'storm', 1) x, bm25_search('docs', 'body', q.w || ' storm', k "
     "=> r.k) s",
     "WITH s1 AS (SELECT _id FROM bm25_search('docs', 'body', 'sea storm', 1)), s2 AS (SELECT _id "
     "FROM bm25_search('docs', 'body', 'sea storm', 2)), b1 AS (SELECT _id FROM "
     "bm25_search('docs', 'body', 'boat storm', 1)), b2 AS (SELECT _id FROM bm25_search('docs', "
     "'body', 'boat storm', 2)) SELECT 'sea' AS w, 1 AS k, _id FROM s1 UNION ALL SELECT 'sea', 2, "
     "_id FROM s2 UNION ALL SELECT 'sea', 2, _id FROM s2 UNION ALL SELECT 'boat', 1, _id FROM b1 "
     "UNION ALL SELECT 'boat', 2, _id FROM b2 UNION ALL SELECT 'boat', 2, _id FROM b2"},
    /* Joined with the table, grouped, earlier versions, inside of WITH. */
    {"SELECT w, d.lang, count(*) AS c FROM unnest(['sea', 'boat']) q(w), token_match('docs', "
     "'body', w) s JOIN docs d USING (_id) WHERE d.n > 50 GROUP BY ALL",
     "SELECT 'sea' AS w, lang, count(*) AS c FROM docs WHERE match(body, 'sea') AND n > 50 GROUP "
     "BY lang UNION ALL SELECT 'boat', lang, count(*) FROM docs WHERE match(body, 'boat') AND n > "
     "50 GROUP BY lang"},
    {"WITH r AS (SELECT s._id FROM (VALUES ('sea')) q(w), token_match('docs@2', 'body', w) s) "
     "SELECT count(*) AS c FROM r JOIN docs@2 USING (_id)",
     "SELECT count(*) AS c FROM docs@2 WHERE match(body, 'sea')"},
    {"SELECT s._id FROM (VALUES ('sea', 'docs@1')) q(w, t), token_match(t, 'body', w) s",
     "SELECT _id FROM docs@1 WHERE match(body, 'sea')"},
    {"SELECT count(*) AS c FROM range(1, 4) q(k), bm25_search('docs', 'body', 'sea', k => q.k)",
     "SELECT 6::BIGINT AS c"},
    {"SELECT w FROM (VALUES ('sea'), ('none'), ('boat')) q(w) SEMI JOIN docs ON body = w OR n = 3 "
     "JOIN LATERAL bm25_search('docs', 'body', w, 1) s ON s.score > 100",
     "SELECT 'x' AS w WHERE false"},
    /* Lists without rows. */
    {"SELECT s.* FROM unnest([]::VARCHAR[]) q(w), bm25_search('docs', 'body', w) s",
     "SELECT * FROM bm25_search('docs', 'body', 'sea', 0)"},
    {"SELECT s.* FROM (SELECT 'sea' AS w WHERE 1 = 2) q LEFT JOIN LATERAL hybrid_search('docs', "
     "'body', w, 'v', [1, 2, 3]) s ON true",
     "SELECT * FROM hybrid_search('docs', 'body', 'sea', 'v', [1, 2, 3], 0)"},
    /* A nearer list with that name. */
    {"SELECT s._id FROM (VALUES ('boat')) q(w), LATERAL (SELECT s._id FROM (VALUES ('sea')) q(w), "
     "token_match('docs', 'body', q.w) s) s",
     "SELECT _id FROM token_match('docs', 'body', 'sea')"},
    {"WITH q(a) AS (VALUES ('boat', 1)) SELECT s._id FROM q r(w), token_match('docs', 'body', r.w) "
     "s",
     "SELECT _id FROM token_match('docs', 'body', 'boat')"},
    {"SELECT w, s._id FROM (VALUES ('sea'), ('boat')) q(w), bm25_search('docs', 'body', q.w, 3) s "
     "UNION ALL SELECT w, s._id FROM (VALUES ('storm')) q(w), bm25_search('docs', 'body', q.w, 3) "
     "s",
     "SELECT 'sea' AS w, _id FROM bm25_search('docs', 'body', 'sea', 3) UNION ALL SELECT 'boat', "
     "_id FROM bm25_search('docs', 'body', 'boat', 3) UNION ALL SELECT 'storm', _id FROM "
     "bm25_search('docs', 'body', 'storm', 3)"},
    {"SELECT s._id FROM (VALUES ('Ünï', 'ä')) \"Ü\"(\"w ö\", x), bm25_search('docs', 'body', "
     "\"Ü\".\"w ö\", 3) s WHERE x = 'ä'",
     "SELECT _id FROM bm25_search('docs', 'body', 'Ünï', 3)"},
};

static void laterals_stand_anywhere(void **state)
{
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_same_answers(layouts.many, pairs[i][0], pairs[i][1]);
    }
}

/* ---- parameters ---- */

static void assert_with(const char *sql, const inlay_parameter *parameters, size_t count,
                        const char *same)
{
    struct ArrowArrayStream stream;
    struct row_set found;
    struct row_set expected;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    memset(&found, 0, sizeof(found));
    if (inlay_query_sql(layouts.many, sql, parameters, count, NULL, &stream, NULL, &err) !=
        INLAY_OK) {
        fail_msg("%s: %s", sql, err.message);
    }
    row_set_stream(&found, &stream);
    row_set_query(&expected, layouts.many, same);
    assert_int_equal(expected.status, INLAY_OK);
    assert_int_equal(found.rows, expected.rows);
    assert_true(found.rows != 0);
    row_set_sort(&found);
    row_set_sort(&expected);
    for (i = 0; i < found.rows * found.columns; i++) {
        assert_string_equal(found.cells[i], expected.cells[i]);
    }
    row_set_free(&found);
    row_set_free(&expected);
}

static void parameters_may_stand_in_lists(void **state)
{
    static const char *const words[] = {"sea", "boat"};
    static const float vector[] = {1, 2, 3};
    static const char same[] =
        "SELECT 'sea' AS w, _id FROM bm25_search('docs', 'body', 'sea', 3) UNION ALL SELECT "
        "'boat', _id FROM bm25_search('docs', 'body', 'boat', 3)";
    const inlay_parameter places[] = {{NULL, INLAY_PARAMETER_INT64, 3, 0, NULL, 0},
                                      {NULL, INLAY_PARAMETER_TEXT, 0, 0, "boat", 4},
                                      {NULL, INLAY_PARAMETER_TEXT, 0, 0, "docs", 4}};
    const inlay_parameter named[] = {{"words", INLAY_PARAMETER_TEXTS, 0, 0, words, 2},
                                     {"most", INLAY_PARAMETER_INT64, 3, 0, NULL, 0}};
    const inlay_parameter floats = {NULL, INLAY_PARAMETER_FLOATS, 0, 0, vector, 3};
    const inlay_parameter none = {NULL, INLAY_PARAMETER_TEXTS, 0, 0, words, 0};
    (void)state;
    assert_with("SELECT w, s._id FROM (VALUES ('sea'), ($2)) q(w), bm25_search($3, 'body', q.w, "
                "$1) s",
                places, 3, same);
    assert_with("SELECT w, s._id FROM (SELECT ? + 0 AS k), (VALUES ('sea'), (?)) q(w), "
                "bm25_search(?, 'body', q.w, k) s",
                places, 3, same);
    assert_with(
        "SELECT w, s._id FROM (VALUES (?, 'sea', '?'), (7, ?, '?')) q(k, w, u), "
        "bm25_search(?, 'body', q.w, /* ? */ 3, filter => CASE u WHEN '!' THEN 'n = 1' END) "
        "s",
        places, 3, same);
    assert_with("SELECT w, s._id FROM unnest($words) q(w), bm25_search('docs', 'body', q.w, $most) "
                "s",
                named, 2, same);
    assert_with("SELECT s._id FROM (VALUES ($1), ([1.0, 2, 3])) q(v), vector_search('docs', 'v', "
                "q.v, 3) s",
                &floats, 1,
                "SELECT _id FROM vector_search('docs', 'v', [1, 2, 3], 3) UNION ALL SELECT _id "
                "FROM vector_search('docs', 'v', [1, 2, 3], 3)");
    assert_with("SELECT count(s.n), count(*) FROM unnest($1) q(w), bm25_search('docs', 'body', "
                "q.w) s",
                &none, 1, "SELECT 0, 0");
}

/* ---- refusals ---- */

/* The place is where the statement has "^", which is not part of it; none: not known. */
static void assert_refused(const char *marked, const char *words)
{
    const char *mark = strchr(marked, '^');
    char sql[4096];
    struct ArrowArrayStream stream;
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    (void)snprintf(sql, sizeof(sql), "%.*s%s",
                   (int)(mark != NULL ? (size_t)(mark - marked) : strlen(marked)), marked,
                   mark != NULL ? mark + 1 : "");
    status = inlay_query_sql(layouts.many, sql, NULL, 0, NULL, &stream, NULL, &err);
    if (status == INLAY_OK) {
        struct row_set set = {0};
        row_set_stream(&set, &stream);
        status = set.status;
        (void)snprintf(err.message, sizeof(err.message), "%.700s", set.message);
        row_set_free(&set);
    }
    if (status != INLAY_QUERY || strstr(err.message, words) == NULL) {
        fail_msg("%s: status %d, %s", sql, (int)status, err.message);
    }
    if (err.offset != (mark != NULL ? mark - marked : -1)) {
        fail_msg("%s: at %lld, %s", sql, (long long)err.offset, err.message);
    }
}

static void what_is_no_list_is_told(void **state)
{
    static const char *const refusals[][2] = {
        {"SELECT * FROM docs d, bm25_search('docs', 'body', ^d.body) s",
         "bm25_search takes values, not columns of tables: \"d.body\" can only come from a list of "
         "literals"},
        {"EXPLAIN SELECT * FROM docs, vector_search('docs', 'v', k => 2, vector := ^docs.v)",
         "vector_search takes values"},
        {"SELECT * FROM docs@2 d, bm25_search('docs', 'body', ^body) s", "\"body\""},
        {"SELECT * FROM (VALUES ('sea')) q(w), bm25_search('docs', 'body', q.w, 2) s, "
         "bm25_search('docs', 'body', ^s.body) t",
         "\"s.body\""},
        {"WITH q AS (SELECT body AS w FROM docs) SELECT * FROM q, token_match('docs', 'body', "
         "^q.w)",
         "token_match takes values"},
        {"SELECT * FROM (SELECT body AS w FROM docs LIMIT 1) q, token_match('docs', 'body', ^w)",
         "list of literals"},
        {"SELECT * FROM (VALUES (['sea'])) q(ws), unnest(q.ws) r(w), token_match('docs', 'body', "
         "^r.w)",
         "\"r.w\""},
        {"SELECT * FROM docs d LEFT JOIN (VALUES ('sea')) q(w) ON d.body = q.w, "
         "token_match('docs', 'body', ^q.w)",
         "an outer join adds rows to \"q\""},
        {"SELECT * FROM (VALUES ('sea')) q(w) RIGHT JOIN docs d ON d.body = q.w, "
         "token_match('docs', 'body', ^q.w)",
         "an outer join"},
        {"SELECT * FROM (VALUES ('sea')) q(w) FULL JOIN docs d ON d.body = q.w, "
         "token_match('docs', 'body', ^w)",
         "an outer join"},
        {"SELECT * FROM range(257) q(k), ^bm25_search('docs', 'body', 'sea', k)",
         "at most 256 of them"},
        {"SELECT * FROM range(20) q(a), range(20) r(b), ^bm25_search('docs', 'body', 'sea', a + b)",
         "combination"},
        {"SELECT * FROM (VALUES ('sea'), (NULL)) q(w), ^bm25_search('docs', 'body', q.w)",
         "bm25_search: argument 3, query, is missing or NULL"},
        {"SELECT * FROM (VALUES ('sea', -1)) q(w, k), ^bm25_search('docs', 'body', q.w, q.k)",
         "bm25_search: k must be a whole number"},
        {"SELECT * FROM (VALUES ('docs'), ('nothing')) q(t), ^token_match(q.t, 'body', 'sea')",
         "nothing"},
        {"SELECT * FROM (VALUES ('x'::INT)) q(k), bm25_search('docs', 'body', 'sea', q.k)",
         "Could not convert string 'x'"},
        {"SELECT * FROM (VALUES ('a' || chr(0))) q(w), bm25_search('docs', 'body', q.w)",
         "row 1 of the list that a search takes its arguments from has a NUL byte"},
        {"SELECT * FROM (VALUES (uuid()::VARCHAR)) q(w), bm25_search('docs', 'body', q.w)",
         "other values each time it is read"},
        {"SELECT * FROM (SELECT t FROM (VALUES ('docs')) v(t) WHERE t = 'x') q, ^token_match(q.t, "
         "'body', 'sea')",
         "its columns are not known"},
        {"SELECT s.body, ^s.nothing FROM (VALUES ('sea')) q(w), token_match('docs', 'body', q.w) s",
         "nothing"},
        {"SELECT s.body FROM (VALUES ('sea')) q(w), token_match('docs', 'body', q.w) s WHERE "
         "^s.nothing = 1",
         "nothing"},
        {"SELECT ä FROM (SELECT 1 AS ä), (VALUES ('sea')) q(w), token_match('docs', 'body', q.w) "
         "s, token_match('docs', 'body', q.w) t WHERE ^u.x = 1",
         "\"u\""},
        {"SELECT $1, * FROM (VALUES ('sea')) q(w), ^token_match('docs', 'body', q.w, ?)",
         "number the parameters"},
        {"SELECT ?, '?', * FROM (VALUES ('sea')) q(w), token_match('docs', 'body', q.w) s WHERE "
         "^u.w = ?",
         "\"u\""},
        {"SELECT ?, * FROM docs d, bm25_search('docs', 'body', ^d.body, k => ?) s", "\"d.body\""},
        {"SELECT * FROM (VALUES ('sea'), (?)) q(w), token_match('docs', 'body', q.w) s",
         "the statement has 1 parameters, 0 were given"},
        {"SELECT * FROM (VALUES ('sea')) q(w) RIGHT JOIN token_match('docs', 'body', q.w) s ON "
         "true",
         "INNER or LEFT"},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        assert_refused(refusals[i][0], refusals[i][1]);
    }
}

/* Longer than any statement may get: the vectors stand there twice. */
static void too_much_text_is_told(void **state)
{
    struct row_set set;
    (void)state;
    row_set_query(&set, layouts.one,
                  "SELECT count(*) FROM (SELECT repeat('sea ', 3000) || i AS w FROM range(200) "
                  "t(i)) q, token_match('docs', 'body', q.w)");
    assert_int_equal(set.status, INLAY_OVER_BUDGET);
    assert_non_null(strstr(set.message, "give the list in parts"));
    row_set_free(&set);
}

/* Vectors number by number. */
static void long_lists_of_vectors_are_taken(void **state)
{
    char *lateral;
    char *unions;
    size_t size;
    size_t i;
    size_t k;
    FILE *out = open_memstream(&lateral, &size);
    FILE *other = open_memstream(&unions, &size);
    (void)state;
    (void)fprintf(out, "SELECT s._id FROM (VALUES ");
    for (i = 0; i < 20; i++) {
        (void)fprintf(out, "%s([%zu, 1, 2], [0.25", i != 0 ? ", " : "", i);
        for (k = 0; k < 800; k++) {
            (void)fprintf(out, ", -%zu.5e-1", k);
        }
        (void)fprintf(out, "])");
        (void)fprintf(other, "%sSELECT _id FROM vector_search('docs', 'v', [%zu, 1, 2], 2)",
                      i != 0 ? " UNION ALL " : "", i);
    }
    (void)fprintf(out, ") q(v, w), vector_search('docs', 'v', q.v, 2, filter => CASE WHEN len(q.w) "
                       "<> 801 THEN 'false' END) s");
    (void)fclose(out);
    (void)fclose(other);
    assert_same_answers(layouts.one, lateral, unions);
    free(lateral);
    free(unions);
}

/* ---- a limit over no ranking ---- */

/* Bytes that a statement reads on a connection that has read nothing before. */
static uint64_t bytes_of(const char *sql, size_t rows)
{
    inlay_connection *connection = NULL;
    struct ArrowArrayStream stream;
    struct row_set set = {0};
    inlay_cost cost;
    inlay_error err;
    inlay_error_init(&err);
    inlay_cost_init(&cost);
    assert_ok(inlay_connect(layouts.folder, NULL, &connection, &err), err);
    assert_ok(inlay_query_sql(connection, sql, NULL, 0, NULL, &stream, &cost, &err), err);
    row_set_stream(&set, &stream);
    assert_int_equal(set.status, INLAY_OK);
    assert_int_equal(set.rows, rows);
    row_set_free(&set);
    inlay_close(connection);
    assert_true(cost.bytes_read != 0);
    return cost.bytes_read;
}

/* Each of the superfiles has 30 rows, and matches in all: those behind the limit stay closed. */
static void a_limit_without_a_ranking_opens_what_it_needs(void **state)
{
    const uint64_t all = bytes_of("SELECT _id FROM token_match('docs', 'body', 'sea whale')", 119);
    const uint64_t few =
        bytes_of("SELECT _id FROM token_match('docs', 'body', 'sea whale') LIMIT 5", 5);
    const uint64_t more =
        bytes_of("SELECT _id FROM token_match('docs', 'body', 'sea whale') LIMIT 30", 30);
    const uint64_t ordered = bytes_of(
        "SELECT _id FROM token_match('docs', 'body', 'sea whale') ORDER BY _id LIMIT 5", 5);
    const uint64_t one = all / SUPERFILES;
    (void)state;
    assert_true(few >= one / 2 && few <= 2 * one);
    assert_true(more > few && more <= 4 * one);
    assert_true(ordered >= all - one / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_searched_as_one_by_one),
        cmocka_unit_test(laterals_stand_anywhere),
        cmocka_unit_test(parameters_may_stand_in_lists),
        cmocka_unit_test(what_is_no_list_is_told),
        cmocka_unit_test(too_much_text_is_told),
        cmocka_unit_test(long_lists_of_vectors_are_taken),
        cmocka_unit_test(a_limit_without_a_ranking_opens_what_it_needs),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
