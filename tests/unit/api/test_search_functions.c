/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Search functions in SQL, on a table of several superfiles with nulls, ties and many terms:
 * against the public search functions, against conditions evaluated row by row, and with limits
 * pushed into the rankings against without.
 */
#include "support/test.h"

#include "api/handles.h"
#include "base/error.h"
#include "columnar/builder.h"
#include "columnar/stream.h"
#include "inlay/inlay.h"
#include "sql/engine.h"
#include "sql/table_relation.h"
#include "table/rows/typed_table.h"

#include <stdio.h>
#include <stdlib.h>

enum { DIM = 8, COMMITS = 3, COMMIT_ROWS = 300, ROWS = COMMITS * COMMIT_ROWS };

static inlay_connection *connection;
static struct sql_engine *pushing;
static struct sql_engine *plain; /* with limits not pushed */
static int resolved;             /* how often a name was looked up */
static int appends_left;         /* commits to make right after a table was looked up */

static const char *const words[] = {"whale", "sea",   "boat",    "river", "runner", "running",
                                    "runs",  "alpha", "Ishmael", "night", "storm",  "harbour"};
enum { WORDS = sizeof(words) / sizeof(words[0]) };

/* ---- the table ---- */

static void make_schema(struct schema *schema)
{
    struct field *vector;
    memset(schema, 0, sizeof(*schema));
    (void)schema_add(schema, "title", COLUMN_UTF8, true);
    (void)schema_add(schema, "body", COLUMN_UTF8, true);
    (void)schema_add(schema, "year", COLUMN_INT32, true);
    (void)schema_add(schema, "price", COLUMN_FLOAT64, false);
    (void)schema_add(schema, "lang", COLUMN_UTF8, false);
    (void)schema_add(schema, "bm25_rank", COLUMN_INT32, false);
    vector = schema_add(schema, "v", COLUMN_FIXED_LIST, true);
    vector->width = DIM;
    (void)field_add_child(vector, "item", COLUMN_FLOAT32, true);
}

static void put_text(struct builder *builder, size_t column, const char *text)
{
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(text == NULL
                  ? builder_null(builder_child(builder, column), &err)
                  : builder_bytes_value(builder_child(builder, column), text, strlen(text), &err),
              err);
}

static void put_vector(struct builder *builder, struct test_random *random)
{
    struct builder *list = builder_child(builder, 6);
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    if (test_random_below(random, 15) == 0) {
        assert_ok(builder_null(list, &err), err);
        return;
    }
    for (i = 0; i < DIM; i++) {
        /* Few values, so that some distances are equal. */
        double item = (double)test_random_below(random, 4) - 1;
        assert_ok(builder_float(builder_child(list, 0), item, &err), err);
    }
    assert_ok(builder_close_row(list, &err), err);
}

static void put_row(struct builder *builder, struct test_random *random)
{
    static const char *const titles[] = {"Whale Sea", "whale sea", "!!!", "", "Café", "sea"};
    char body[1024];
    size_t used = 0;
    size_t count = test_random_below(random, 12);
    size_t title = test_random_below(random, 8);
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    for (i = 0; i < count; i++) {
        size_t word = test_random_below(random, WORDS);
        word = test_random_below(random, 2) == 0 ? word / 3 : word;
        used += (size_t)snprintf(body + used, sizeof(body) - used, "%s ", words[word]);
    }
    (void)snprintf(body + used, sizeof(body) - used, "x%04d", (int)test_random_below(random, 3000));
    put_text(builder, 0, title < 6 ? titles[title] : title == 6 ? NULL : words[count % WORDS]);
    put_text(builder, 1, test_random_below(random, 20) == 0 ? NULL : body);
    if (test_random_below(random, 10) == 0) {
        put_text(builder, 2, NULL);
    } else {
        assert_ok(builder_int(builder_child(builder, 2),
                              1800 + (int64_t)test_random_below(random, 100), &err),
                  err);
    }
    assert_ok(
        builder_float(builder_child(builder, 3), (double)test_random_below(random, 40) / 4, &err),
        err);
    put_text(builder, 4, test_random_below(random, 3) == 0 ? "de" : "en");
    assert_ok(builder_int(builder_child(builder, 5), (int64_t)test_random_below(random, 9), &err),
              err);
    put_vector(builder, random);
    assert_ok(builder_close_row(builder, &err), err);
}

static void append(inlay_table *table, size_t count, uint64_t seed)
{
    struct test_random random = {seed};
    struct ArrowArrayStream stream;
    struct builder *builder;
    struct ArrowArray array;
    struct schema schema;
    struct batch batch;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    make_schema(&schema);
    assert_ok(builder_new_batch(&schema, UINT64_MAX, &builder, &err), err);
    for (i = 0; i < count; i++) {
        put_row(builder, &random);
    }
    assert_ok(builder_finish(builder, &array, &err), err);
    builder_free(builder);
    assert_ok(
        batch_from_array(&schema, &array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, &batch, &err),
        err);
    assert_ok(stream_of_batches(&schema, &batch, 1, &stream, &err), err);
    assert_ok(inlay_table_append(table, &stream, NULL, NULL, &err), err);
    schema_free(&schema);
}

static inlay_table *make_table(const char *name)
{
    inlay_text_index texts[2];
    inlay_vector_index vector;
    inlay_table_options options;
    struct ArrowSchema arrow;
    struct schema schema;
    inlay_table *table = NULL;
    inlay_error err;
    inlay_error_init(&err);
    inlay_text_index_init(&texts[0]);
    inlay_text_index_init(&texts[1]);
    texts[0].column = "title";
    texts[1].column = "body";
    inlay_vector_index_init(&vector);
    vector.column = "v";
    inlay_table_options_init(&options);
    options.text_indexes = texts;
    options.text_index_count = 2;
    options.vector_indexes = &vector;
    options.vector_index_count = 1;
    make_schema(&schema);
    assert_ok(schema_to_arrow(&schema, &arrow, &err), err);
    assert_ok(inlay_create_table(connection, name, &arrow, &options, &table, &err), err);
    arrow.release(&arrow);
    schema_free(&schema);
    return table;
}

static inlay_table *open_table(const char *name)
{
    inlay_table *table = NULL;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(inlay_open_table(connection, name, NULL, &table, &err), err);
    return table;
}

static inlay_status resolve(void *context, const char *name, struct relation **out,
                            inlay_error *err)
{
    struct typed_table *typed = NULL;
    struct table_view *view = NULL;
    inlay_status status;
    *out = NULL;
    resolved++;
    INLAY_TRY(connection_typed_table(context, name, &typed, NULL, err));
    status = table_view_open(typed, NULL, &view, err);
    typed_table_release(typed);
    if (appends_left > 0) {
        inlay_table *table = open_table(name);
        appends_left--;
        append(table, 10, 77);
        inlay_table_close(table);
    }
    return status == INLAY_OK ? table_relation_create(view, out, err) : status;
}

static inlay_status list(void *context, void (*each)(void *each_context, const char *name),
                         void *each_context, inlay_error *err)
{
    (void)context;
    (void)err;
    each(each_context, "docs");
    return INLAY_OK;
}

static int open_all(void **state)
{
    struct sql_engine_options options = {.threads = 2, .memory_limit = 512u << 20};
    struct relation_resolver resolver = {resolve, list, NULL};
    inlay_table *table;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_connect("memory://", NULL, &connection, &err), err);
    resolver.context = connection;
    table = make_table("docs");
    for (i = 0; i < COMMITS; i++) {
        append(table, COMMIT_ROWS, 1000 + i);
    }
    inlay_table_close(table);
    inlay_table_close(make_table("empty"));
    assert_ok(sql_engine_create(&options, &resolver, &pushing, &err), err);
    options.no_push_down = true;
    assert_ok(sql_engine_create(&options, &resolver, &plain, &err), err);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    sql_engine_free(pushing);
    sql_engine_free(plain);
    inlay_close(connection);
    return 0;
}

/* ---- results as text ---- */

static void print_value(FILE *out, const struct array_view *column, int64_t row)
{
    struct byte_view text;
    const uint8_t *fixed;
    size_t i;
    if (array_view_is_null(column, row)) {
        (void)fprintf(out, "NULL ");
        return;
    }
    switch (column->field->type) {
    case COLUMN_UTF8:
        text = array_view_bytes(column, row);
        (void)fprintf(out, "'%.*s' ", (int)text.length, (const char *)text.data);
        break;
    case COLUMN_BOOL:
        (void)fprintf(out, "%s ", array_view_bool(column, row) ? "true" : "false");
        break;
    case COLUMN_FLOAT32:
    case COLUMN_FLOAT64:
        (void)fprintf(out, "%.17g ", array_view_float(column, row));
        break;
    case COLUMN_DECIMAL128:
        fixed = array_view_fixed(column, row);
        for (i = 16; i-- > 0;) {
            (void)fprintf(out, "%02x", fixed[i]);
        }
        (void)fprintf(out, " ");
        break;
    case COLUMN_FIXED_LIST:
    case COLUMN_LIST:
        (void)fprintf(out, "[] ");
        break;
    default:
        (void)fprintf(out, "%lld ", (long long)array_view_int(column, row));
        break;
    }
}

/* The names of the columns, then a line a row. Releases the stream; free() the text. */
static char *text_of(struct ArrowArrayStream *stream, bool names)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct schema schema;
    bool end = false;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    assert_ok(stream_read_schema(stream, &schema, &err), err);
    for (i = 0; names && i < schema.count; i++) {
        (void)fprintf(out, "%s ", schema.fields[i].name);
    }
    for (;;) {
        struct array_view view;
        struct batch batch;
        int64_t row;
        assert_ok(stream_read_batch(stream, &schema, &batch, &end, &err), err);
        if (end) {
            break;
        }
        assert_ok(array_view_open_batch(&schema, &batch.array, ARRAY_CHECK_FULL,
                                        INLAY_INVALID_ARGUMENT, &view, &err),
                  err);
        for (row = 0; row < batch.array.length; row++) {
            (void)fprintf(out, "\n");
            for (i = 0; i < schema.count; i++) {
                print_value(out, &view.children[i], row);
            }
        }
        array_view_close(&view);
        batch_release(&batch);
    }
    (void)fclose(out);
    schema_free(&schema);
    stream->release(stream);
    return text;
}

static char *run_with(struct sql_engine *engine, const char *sql,
                      const struct sql_parameter *parameters, size_t count)
{
    struct ArrowArrayStream stream;
    inlay_error err;
    inlay_error_init(&err);
    if (sql_query(engine, sql, parameters, count, &stream, &err) != INLAY_OK) {
        fail_msg("%s: %s", sql, err.message);
    }
    return text_of(&stream, false);
}

static char *run(const char *sql)
{
    return run_with(pushing, sql, NULL, 0);
}

static void assert_same(const char *a, const char *b)
{
    char *x = run(a);
    char *y = run(b);
    if (strcmp(x, y) != 0) {
        fail_msg("%s\n%s\n--- differs from ---\n%s\n%s", a, x, b, y);
    }
    free(x);
    free(y);
}

static void assert_rows(const char *sql, const char *expected)
{
    char *found = run(sql);
    assert_string_equal(found, expected);
    free(found);
}

static void assert_fails(const char *sql, const char *a, const char *b)
{
    struct ArrowArrayStream stream;
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    status = sql_query(pushing, sql, NULL, 0, &stream, &err);
    if (status == INLAY_OK) {
        free(text_of(&stream, false));
        fail_msg("%s is no error", sql);
    }
    assert_int_equal(status, INLAY_QUERY);
    if (strstr(err.message, a) == NULL || strstr(err.message, b) == NULL) {
        fail_msg("%s: %s", sql, err.message);
    }
}

#define QUERY_VECTOR "[1, 0.5, 0, -1, 2, 0, 0.25, 1]"

/* ---- tests ---- */

static void wrong_arguments_are_told(void **state)
{
    static const char *const cases[][3] = {
        {"bm25_search()", "bm25_search", "table_name"},
        {"bm25_search('docs', 'body')", "bm25_search", "query"},
        {"bm25_search('docs', 'body', NULL)", "bm25_search", "query"},
        {"bm25_search('docs', NULL, 'sea')", "bm25_search", "column_name"},
        {"bm25_search('docs', [], 'sea')", "bm25_search", "column_name"},
        {"bm25_search('docs', ['body', NULL], 'sea')", "bm25_search", "column_name"},
        {"bm25_search(NULL, 'body', 'sea')", "bm25_search", "table_name"},
        {"bm25_search(3, 'body', 'sea')", "bm25_search", "table_name must be text, not 3"},
        {"bm25_search('docs', 'body', 3)", "bm25_search", "query must be text, not 3"},
        {"bm25_search('nowhere', 'body', 'sea')", "bm25_search", "no table 'nowhere'"},
        {"bm25_search('docs', 'nothing', 'sea')", "bm25_search", "\"title\", \"body\""},
        {"bm25_search('docs', 'lang', 'sea', 0)", "bm25_search", "\"title\", \"body\""},
        {"bm25_search('empty', 'lang', 'sea')", "bm25_search", "\"title\", \"body\""},
        {"bm25_search('docs', 'body', 'sea', -1)", "bm25_search", "k must be a whole number"},
        {"bm25_search('docs', 'body', 'sea', -1)", "bm25_search", "not -1"},
        {"bm25_search('docs', 'body', 'sea', 'ten')", "bm25_search", "k must be a whole number"},
        {"bm25_search('docs', 'body', 'sea', 1.5)", "bm25_search", "k must be a whole number"},
        {"bm25_search('docs', 'body', 'sea', skip := -2)", "bm25_search", "skip"},
        {"bm25_search('docs', 'body', 'sea', mode := 'xor')", "bm25_search", "'or' or 'and'"},
        {"bm25_search('docs', 'body', 'sea', 1, 'or', 'true', 0, 0, 0, 'true', 1)", "bm25_search",
         "takes the arguments table_name, column_name, query, k"},
        {"bm25_search('docs', 'body', 'sea', colour := 1)", "bm25_search", "takes the arguments"},
        {"bm25_search('docs', 'body', 'sea', filter := 'colour = 1')", "filter", "colour"},
        {"bm25_search('docs', 'body', 'sea', 0, filter := 'year <')", "bm25_search", "filter"},
        {"bm25_search('empty', 'body', 'sea', filter := 'colour = 1')", "filter", "colour"},
        {"bm25_search('docs', 'body', 'sea', filter := 1)", "bm25_search", "filter must be text"},
        {"bm25_search('docs', 'body', (SELECT 'sea'))", "subquer", ""},
        {"bm25_search_prefix('docs', 'body')", "bm25_search_prefix", "prefix"},
        {"bm25_search_prefix('docs', 'body', 'a b')", "bm25_search_prefix", "one word"},
        {"bm25_search_prefix('docs', 'lang', 'a')", "bm25_search_prefix", "\"title\", \"body\""},
        {"vector_search('docs', 'v')", "vector_search", "vector"},
        {"vector_search('docs', 'body', " QUERY_VECTOR ")", "vector_search", "\"v\""},
        {"vector_search('docs', 'v', [1, 2], 3)", "vector_search", "8 elements, the query has 2"},
        {"vector_search('empty', 'v', [1, 2], 3)", "vector_search", "8 elements"},
        {"vector_search('empty', 'v', [1, 2], 0)", "vector_search", "8 elements"},
        {"vector_search('docs', 'v', [1, NULL])", "vector_search", "without NULL"},
        {"vector_search('docs', 'v', 'one, two')", "vector_search", "list of numbers"},
        {"vector_search('docs', 'v', '')", "vector_search", "list of numbers"},
        {"vector_search('docs', 'v', '1,,2')", "vector_search", "list of numbers"},
        {"vector_search('docs', 'v', ['a', 'b'])", "vector_search", "list of numbers"},
        {"vector_search('docs', 'v', 7)", "vector_search", "list of numbers"},
        {"vector_search('docs', 'v', [1, 2, 3, 4, 5, 6, 7, 'nan'::FLOAT])", "vector_search",
         "not a finite"},
        {"vector_search('docs', 'v', [1, 2, 3, 4, 5, 6, 7, 'inf'::FLOAT]::FLOAT[8])",
         "vector_search", "vector"},
        {"vector_search('docs', 'v', " QUERY_VECTOR ", 3, nprobe := 0)", "vector_search",
         "nprobe must be 1 or more"},
        {"vector_search('docs', 'v', " QUERY_VECTOR ", 3, recall := 1.5)", "vector_search",
         "recall must be from 0.80"},
        {"vector_search('docs', 'v', " QUERY_VECTOR ", recall := 0.9)", "vector_search",
         "recall needs k"},
        {"vector_search('docs', 'v', " QUERY_VECTOR ", 3, rerank := 'never')", "vector_search",
         "rerank"},
        {"vector_search('docs', 'v', " QUERY_VECTOR ", 3, max_distance := 'far')", "vector_search",
         "max_distance"},
        {"hybrid_search('docs', 'body', 'sea', 'v')", "hybrid_search", "vector"},
        {"hybrid_search('docs', ['body', 'title'], 'sea', 'v', " QUERY_VECTOR ")", "hybrid_search",
         "one column"},
        {"hybrid_search('docs', 'body', 'sea', 'v', " QUERY_VECTOR ", weights := [1])",
         "hybrid_search", "two numbers"},
        {"hybrid_search('docs', 'body', 'sea', 'v', " QUERY_VECTOR ", weights := [0, 0])",
         "hybrid_search", "weights"},
        {"hybrid_search('docs', 'body', 'sea', 'v', " QUERY_VECTOR ", depth := 0)", "hybrid_search",
         "depth"},
        {"hybrid_search('docs', 'body', 'sea', 'v', " QUERY_VECTOR ", fusion := 'best')",
         "hybrid_search", "fusion"},
        {"token_match('docs', 'body')", "token_match", "query"},
        {"token_match('docs', 'body', 'sea', 'or', 'true', 1)", "token_match", "arguments"},
        {"token_match('docs', 'lang', 'sea')", "token_match", "\"title\", \"body\""},
        {"exact_match('docs', 'title')", "exact_match", "value"},
        {"exact_match('docs', 'lang', 'sea')", "exact_match", "\"title\", \"body\""},
    };
    char sql[512];
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)snprintf(sql, sizeof(sql), "SELECT * FROM %s", cases[i][0]);
        assert_fails(sql, cases[i][1], cases[i][2]);
    }
    /* Fine elsewhere does not help. */
    assert_fails("SELECT count(*) FROM docs WHERE _id IN (SELECT _id FROM bm25_search('nowhere', "
                 "'body', 'sea'))",
                 "nowhere", "");
    assert_fails("SELECT * FROM docs, bm25_search('docs', 'body', docs.title)", "bm25_search",
                 "docs.title");
    assert_fails("SELECT nothing FROM bm25_search('docs', 'body', 'sea')", "nothing", "");
}

static void any_k_is_a_fine_one(void **state)
{
    char *all = run("SELECT * FROM bm25_search('docs', 'body', 'sea')");
    char *many = run("SELECT * FROM bm25_search('docs', 'body', 'sea', 9999999999999)");
    struct ArrowArrayStream stream;
    char *text;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_string_equal(all, many);
    free(all);
    free(many);
    assert_ok(sql_query(pushing, "SELECT * FROM bm25_search('docs', 'body', 'sea', 0)", NULL, 0,
                        &stream, &err),
              err);
    text = text_of(&stream, true);
    assert_string_equal(text, "_id title body year price lang bm25_rank v score ");
    free(text);
    assert_ok(sql_query(pushing,
                        "SELECT * FROM hybrid_search('empty', 'body', 'sea', 'v', " QUERY_VECTOR
                        ")",
                        NULL, 0, &stream, &err),
              err);
    text = text_of(&stream, true);
    /* The table's own bm25_rank keeps its name. */
    assert_string_equal(text, "_id title body year price lang bm25_rank v score bm25_rank_1 "
                              "bm25_score vector_rank vector_distance ");
    free(text);
    assert_rows("SELECT count(*) FROM bm25_search('docs', 'body', 'sea', 7)", "\n7 ");
    assert_rows("SELECT count(*) FROM vector_search('docs', 'v', " QUERY_VECTOR ", 7, skip := 3)",
                "\n7 ");
    assert_same("SELECT count(*) FROM bm25_search('docs', 'body', 'sea')",
                "SELECT count(*) FROM docs WHERE match(body, 'sea')");
    assert_same("SELECT count(*) FROM vector_search('docs', 'v', " QUERY_VECTOR ")",
                "SELECT count(v) FROM docs");
    assert_same("SELECT count(*) FROM hybrid_search('docs', 'body', 'sea', 'v', " QUERY_VECTOR ")",
                "SELECT count(*) FROM docs WHERE match(body, 'sea') OR v IS NOT NULL");
    assert_rows("SELECT count(*), max(score) FROM bm25_search('docs', 'body', '?!')", "\n0 NULL ");
    assert_rows("SELECT count(*) FROM bm25_search('docs', 'body', '')", "\n0 ");
    assert_rows("SELECT count(*) FROM bm25_search('empty', ['body', 'title'], 'sea')", "\n0 ");
    assert_rows("SELECT count(*) FROM token_match('docs', 'body', '-sea')", "\n0 ");
}

static void every_projection_agrees(void **state)
{
    (void)state;
    assert_same("SELECT _id, title, body, year, price, lang, bm25_rank, v, score FROM "
                "bm25_search(['docs'][1], 'body', 'sea storm', 50)",
                "SELECT * FROM bm25_search('docs', 'body', 'sea storm', k := 50)");
    assert_same("SELECT score FROM bm25_search('docs', 'body', 'sea storm', 50)",
                "SELECT score FROM (SELECT * FROM bm25_search('docs', 'body', 'sea storm', 50))");
    assert_same("SELECT _id FROM bm25_search('docs', 'body', 'sea storm', 50)",
                "WITH r AS MATERIALIZED (SELECT * FROM bm25_search('docs', 'body', 'sea storm', "
                "50)) SELECT _id FROM r");
    assert_same("SELECT score, body, _id FROM bm25_search('docs', 'body', 'sea storm', k => 50)",
                "WITH r AS MATERIALIZED (SELECT * FROM bm25_search('docs', 'body', 'sea storm', "
                "50)) SELECT score, body, _id FROM r");
    /* Values are those of the rows: read in order of rank here, in order of the file there. */
    assert_same("SELECT _id, title, body, year, price, lang, v::VARCHAR FROM bm25_search('docs', "
                "'body', 'sea storm') ORDER BY _id",
                "SELECT _id, title, body, year, price, lang, v::VARCHAR FROM docs WHERE "
                "match(body, 'sea storm') ORDER BY _id");
    assert_same("SELECT _id, title, body, year, price, lang, v::VARCHAR FROM vector_search('docs', "
                "'v', " QUERY_VECTOR ") ORDER BY _id",
                "SELECT _id, title, body, year, price, lang, v::VARCHAR FROM docs WHERE v IS NOT "
                "NULL ORDER BY _id");
}

static void modes_and_vectors_are_read_in_every_form(void **state)
{
    static const char *const vectors[] = {
        "[1, 0.5, 0, -1, 2, 0, 0.25, 1]::DOUBLE[]", "[1, 0.5, 0, -1, 2, 0, 0.25, 1]::FLOAT[]",
        "[1, 0.5, 0, -1, 2, 0, 0.25, 1]::FLOAT[8]", "'1, 0.5,0,-1 , 2,0,0.25,1'",
        "' [1, 0.5, 0, -1, 2, 0, 0.25, 1]'",
    };
    char sql[512];
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        (void)snprintf(sql, sizeof(sql), "SELECT _id, score FROM vector_search('docs', 'v', %s, 9)",
                       vectors[i]);
        assert_same(sql,
                    "SELECT _id, score FROM vector_search('docs', 'v', " QUERY_VECTOR ", k := 9)");
    }
    assert_same("SELECT _id, score FROM vector_search('docs', 'v', [1, 2, 0, -1, 2, 0, 1, 1], 9)",
                "SELECT _id, score FROM vector_search('docs', 'v', '1,2,0,-1,2,0,1,1', 9)");
    assert_same("SELECT _id, score FROM bm25_search('docs', 'body', 'sea boat', 20)",
                "SELECT _id, score FROM bm25_search('docs', 'body', 'sea boat', 20, mode := 'OR')");
    assert_same("SELECT _id, score FROM bm25_search('docs', 'body', 'sea boat', 20, 'aNd')",
                "SELECT _id, score FROM bm25_search('docs', 'body', '+sea +boat', 20)");
    assert_same("SELECT count(*) FROM token_match('docs', 'body', 'sea boat', 'and')",
                "SELECT count(*) FROM docs WHERE match(body, 'sea AND boat')");
    assert_same("SELECT _id FROM bm25_search('docs', 'body', 'sea', 5, skip := 3)",
                "SELECT _id FROM bm25_search('docs', 'body', 'sea', 8) OFFSET 3");
    assert_same("SELECT _id FROM bm25_search('docs', 'body', 'sea', 5, \"offset\" := 3)",
                "SELECT _id FROM bm25_search('docs', 'body', 'sea', 8) OFFSET 3");
    assert_same("SELECT _id FROM bm25_search('docs', 'body', 'sea', skip := 5)",
                "SELECT _id FROM bm25_search('docs', 'body', 'sea') OFFSET 5");
}

/* ---- the same as the public functions ---- */

static char *public_text(inlay_status status, struct ArrowArrayStream *stream, inlay_error *err)
{
    assert_ok(status, *err);
    return text_of(stream, false);
}

static void assert_sql_is(const char *sql, char *expected)
{
    char *found = run(sql);
    assert_string_equal(found, expected);
    assert_true(found[0] != '\0');
    free(found);
    free(expected);
}

static void the_public_functions_say_the_same(void **state)
{
    static const char *const queries[] = {"sea", "sea boat", "\"sea boat\"", "+whale -storm",
                                          "x1* runs^3 (night AND sea)"};
    static const float vector[DIM] = {1, 0.5F, 0, -1, 2, 0, 0.25F, 1};
    inlay_table *table = open_table("docs");
    inlay_search_options options;
    inlay_vector_options near;
    inlay_hybrid_options hybrid;
    struct ArrowArrayStream stream;
    char sql[512];
    inlay_error err;
    size_t i;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        inlay_search_options_init(&options);
        options.column_count = 0;
        options.columns = (const char *const[]){"_id"};
        options.k = 5 + 30 * i;
        options.offset = i;
        options.match_all = i % 2 != 0;
        (void)snprintf(sql, sizeof(sql),
                       "SELECT _id, score FROM bm25_search('docs', 'body', '%s', %d, '%s', skip := "
                       "%d)",
                       queries[i], (int)options.k, i % 2 != 0 ? "and" : "or", (int)i);
        assert_sql_is(sql, public_text(inlay_bm25_search(table, "body", queries[i], &options,
                                                         &stream, NULL, &err),
                                       &stream, &err));
    }
    inlay_vector_options_init(&near);
    near.columns = (const char *const[]){"_id"};
    near.k = 25;
    assert_sql_is(
        "SELECT _id, score FROM vector_search('docs', 'v', " QUERY_VECTOR ", 25)",
        public_text(inlay_vector_search(table, "v", vector, DIM, &near, &stream, NULL, &err),
                    &stream, &err));
    near.nprobe = 2;
    near.codes_only = 1;
    near.offset = 4;
    assert_sql_is(
        "SELECT _id, score FROM vector_search('docs', 'v', " QUERY_VECTOR
        ", 25, nprobe := 2, rerank := 'codes', skip := 4)",
        public_text(inlay_vector_search(table, "v", vector, DIM, &near, &stream, NULL, &err),
                    &stream, &err));
    inlay_vector_options_init(&near);
    near.columns = (const char *const[]){"_id"};
    near.k = ROWS;
    near.exact = 1;
    assert_sql_is(
        "SELECT _id, score FROM vector_search('docs', 'v', " QUERY_VECTOR ")",
        public_text(inlay_vector_search(table, "v", vector, DIM, &near, &stream, NULL, &err),
                    &stream, &err));
    near.within = 1;
    near.max_distance = 0.5F;
    assert_sql_is(
        "SELECT _id, score FROM vector_search('docs', 'v', " QUERY_VECTOR ", max_distance := 0.5)",
        public_text(inlay_vector_search(table, "v", vector, DIM, &near, &stream, NULL, &err),
                    &stream, &err));
    inlay_hybrid_options_init(&hybrid);
    hybrid.columns = (const char *const[]){"_id"};
    hybrid.k = 40;
    assert_sql_is("SELECT _id, score, bm25_rank_1, bm25_score, vector_rank, vector_distance FROM "
                  "hybrid_search('docs', 'body', 'sea storm', 'v', " QUERY_VECTOR ", 40)",
                  public_text(inlay_hybrid_search(table, "body", "sea storm", "v", vector, DIM,
                                                  &hybrid, &stream, NULL, &err),
                              &stream, &err));
    hybrid.depth = 60;
    hybrid.fusion = INLAY_FUSION_NORMALIZED;
    hybrid.text_weight = 2;
    hybrid.vector_weight = 0.5;
    hybrid.match_all = 1;
    assert_sql_is("SELECT _id, score, bm25_rank_1, bm25_score, vector_rank, vector_distance FROM "
                  "hybrid_search('docs', 'body', 'sea storm', 'v', " QUERY_VECTOR
                  ", 40, 'and', depth := 60, fusion := 'normalized', weights := [2, 0.5])",
                  public_text(inlay_hybrid_search(table, "body", "sea storm", "v", vector, DIM,
                                                  &hybrid, &stream, NULL, &err),
                              &stream, &err));
    inlay_table_close(table);
}

/* ---- matches and prefixes, row by row ---- */

static void matches_are_those_of_each_row(void **state)
{
    static const char *const queries[] = {"sea",
                                          "sea boat",
                                          "\"sea boat\"",
                                          "\"boat sea\"~3",
                                          "+sea -boat",
                                          "-sea boat",
                                          "boat -sea",
                                          "a -",
                                          "sea -\"sea boat\"",
                                          "(sea OR night) AND runs",
                                          "x0001 x0002",
                                          "ISHMAEL",
                                          "\"sea sea\"",
                                          "-sea",
                                          "+(sea boat) +(runs storm)",
                                          "caf\xc3\xa9",
                                          "sea-boat",
                                          "",
                                          "\"whale sea\"~1 -runs"};
    static const char *const values[] = {"Whale Sea", "whale sea", "!!!", "",       "Caf\xc3\xa9",
                                         "sea",       "WHALE SEA", "?",   "nowhere"};
    char a[512];
    char b[512];
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        (void)snprintf(a, sizeof(a),
                       "SELECT _id, body FROM token_match('docs', 'body', '%s') ORDER BY _id",
                       queries[i]);
        (void)snprintf(b, sizeof(b),
                       "SELECT _id, body FROM docs WHERE match(body, '%s') ORDER BY 1", queries[i]);
        assert_same(a, b);
        (void)snprintf(b, sizeof(b),
                       "SELECT _id, body FROM bm25_search('docs', 'body', '%s') ORDER BY _id",
                       queries[i]);
        assert_same(a, b);
    }
    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        (void)snprintf(a, sizeof(a),
                       "SELECT _id, title FROM exact_match('docs', 'title', '%s') ORDER BY _id",
                       values[i]);
        (void)snprintf(b, sizeof(b), "SELECT _id, title FROM docs WHERE title = '%s' ORDER BY _id",
                       values[i]);
        assert_same(a, b);
        (void)snprintf(a, sizeof(a),
                       "SELECT _id FROM exact_match('docs', 'title', '%s', filter := 'year > 1850')"
                       " ORDER BY _id",
                       values[i]);
        (void)snprintf(b, sizeof(b),
                       "SELECT _id FROM docs WHERE title = '%s' AND year > 1850 ORDER BY _id",
                       values[i]);
        assert_same(a, b);
    }
    assert_rows("SELECT DISTINCT score FROM token_match('docs', 'body', 'sea')", "\n0 ");
}

static void prefixes_and_several_columns_are_merged_exactly(void **state)
{
    static const char *const prefixes[] = {"run", "RU", "x0", "x00", "x1234", "s", "zz", "ishm"};
    char a[512];
    char b[512];
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        (void)snprintf(a, sizeof(a),
                       "SELECT _id FROM bm25_search_prefix('docs', 'body', '%s') ORDER BY _id",
                       prefixes[i]);
        (void)snprintf(b, sizeof(b),
                       "SELECT _id FROM docs WHERE len(list_filter(tokenize(body), t -> "
                       "starts_with(t, lower('%s')))) > 0 ORDER BY _id",
                       prefixes[i]);
        assert_same(a, b);
    }
    /* Each term is scored as a term. */
    assert_same("SELECT _id, score FROM bm25_search_prefix('docs', 'body', 'run', 40)",
                "SELECT _id, score FROM bm25_search('docs', 'body', 'runner running runs', 40)");
    assert_rows("SELECT count(*) FROM bm25_search_prefix('docs', 'body', '')", "\n0 ");
    assert_same("SELECT _id, score FROM bm25_search('docs', ['title', 'body'], 'sea whale') ORDER "
                "BY score DESC, _id",
                "SELECT _id, max(score) AS s FROM (SELECT _id, score FROM bm25_search('docs', "
                "'title', 'sea whale') UNION ALL SELECT _id, score FROM bm25_search('docs', "
                "'body', 'sea whale')) GROUP BY _id ORDER BY s DESC, _id");
    assert_same("SELECT _id, score FROM bm25_search('docs', ['title', 'body'], 'sea whale', 37, "
                "skip := 4)",
                "SELECT _id, score FROM bm25_search('docs', ['title', 'body'], 'sea whale') LIMIT "
                "37 OFFSET 4");
}

/* ---- filters ---- */

static const char *const conditions[] = {
    "year > 1850",
    "year IS NULL",
    "lang = 'de' AND price < 5",
    "lang IN ('de', 'fr') OR year BETWEEN 1810 AND 1820",
    "NOT (price >= 2.5)",
    "title LIKE 'whale%'",
    "title ILIKE 'WHALE%' OR title = '!!!'",
    "title <> ''",
    "year < 1700",
    "lower(lang) = 'en' AND price <= 7.25 AND year IS NOT NULL",
    "length(body) > 30",
    "title IS NOT DISTINCT FROM NULL",
};
enum { CONDITIONS = sizeof(conditions) / sizeof(conditions[0]) };

static void put_quoted(char *out, const char *text)
{
    for (; *text != '\0'; text++) {
        *out++ = *text;
        if (*text == '\'') {
            *out++ = '\'';
        }
    }
    *out = '\0';
}

static void filters_come_before_the_ranking(void **state)
{
    static const char *const calls[] = {
        "bm25_search('docs', 'body', 'sea whale runs'",
        "bm25_search_prefix('docs', 'body', 'r'",
        "bm25_search('docs', ['title', 'body'], 'sea'",
        "vector_search('docs', 'v', " QUERY_VECTOR,
    };
    char quoted[256];
    char a[1024];
    char b[1024];
    size_t i;
    size_t k;
    (void)state;
    for (i = 0; i < CONDITIONS; i++) {
        put_quoted(quoted, conditions[i]);
        for (k = 0; k < sizeof(calls) / sizeof(calls[0]); k++) {
            (void)snprintf(a, sizeof(a), "SELECT _id, score FROM %s, filter := '%s')", calls[k],
                           quoted);
            (void)snprintf(b, sizeof(b), "SELECT _id, score FROM %s) WHERE %s", calls[k],
                           conditions[i]);
            assert_same(a, b);
        }
        for (k = 0; k < 3; k++) { /* the first few are the first few of all */
            (void)snprintf(a, sizeof(a), "SELECT _id, score FROM %s, k := 9, filter := '%s')",
                           calls[k], quoted);
            (void)snprintf(b, sizeof(b), "SELECT _id, score FROM %s) WHERE %s LIMIT 9", calls[k],
                           conditions[i]);
            assert_same(a, b);
        }
        /* A search with an index may miss some, but never gives too few or a wrong one. */
        (void)snprintf(a, sizeof(a),
                       "SELECT count(*), count(*) FILTER (WHERE %s) FROM vector_search('docs', "
                       "'v', " QUERY_VECTOR ", 9, filter := '%s')",
                       conditions[i], quoted);
        (void)snprintf(
            b, sizeof(b),
            "SELECT least(9, count(*)), least(9, count(*)) AS b FROM docs WHERE v IS NOT "
            "NULL AND (%s)",
            conditions[i]);
        assert_same(a, b);
        (void)snprintf(a, sizeof(a),
                       "SELECT count(*), count(*) FILTER (WHERE %s) FROM hybrid_search('docs', "
                       "'body', 'sea', 'v', " QUERY_VECTOR ", filter := '%s')",
                       conditions[i], quoted);
        (void)snprintf(
            b, sizeof(b),
            "SELECT count(*), count(*) AS b FROM docs WHERE (v IS NOT NULL OR match(body, "
            "'sea')) AND (%s)",
            conditions[i]);
        assert_same(a, b);
        (void)snprintf(a, sizeof(a),
                       "SELECT _id FROM token_match('docs', 'body', 'sea', filter := '%s') ORDER "
                       "BY _id",
                       quoted);
        (void)snprintf(b, sizeof(b),
                       "SELECT _id FROM docs WHERE match(body, 'sea') AND (%s) ORDER BY _id",
                       conditions[i]);
        assert_same(a, b);
    }
}

/* ---- push-down ---- */

static void assert_pushed(const char *sql, const char *rows)
{
    char explain[1024];
    char *text;
    (void)snprintf(explain, sizeof(explain), "EXPLAIN %s", sql);
    text = run(explain);
    if ((strstr(text, rows) != NULL) == (rows[0] == '!')) {
        fail_msg("%s: %s\n%s", sql, rows, text);
    }
    free(text);
}

/* The number of rows that the engine expects of the call shows what was pushed. */
static void limits_are_pushed(void **state)
{
#define CALL "bm25_search('docs', 'body', 'sea')"
    static const char *const pushed[] = {
        "SELECT _id FROM " CALL " ORDER BY score DESC LIMIT 10 OFFSET 3",
        "SELECT _id FROM " CALL " AS x WHERE x.year > 3 ORDER BY x.score DESC, x._id LIMIT 13",
        "SELECT score AS s, * FROM " CALL " WHERE lang = 'de' ORDER BY s DESC LIMIT 13",
        "SELECT score, round(price) FROM " CALL " ORDER BY 1 DESC LIMIT 13",
        "SELECT _id FROM " CALL " LIMIT 13",
        "WITH r AS (SELECT _id FROM " CALL " ORDER BY score DESC LIMIT 13) SELECT * FROM r",
        "SELECT _id FROM docs WHERE _id IN (SELECT _id FROM " CALL
        " WHERE title NOT LIKE '%(%' ORDER BY score DESC LIMIT 13)",
        "SELECT _id FROM vector_search('docs', 'v', " QUERY_VECTOR ") ORDER BY score LIMIT 13",
        "SELECT _id FROM hybrid_search('docs', 'body', 'sea', 'v', " QUERY_VECTOR
        ") ORDER BY score DESC LIMIT 13",
    };
    static const char *const unpushed[] = {
        "SELECT _id FROM " CALL " ORDER BY score LIMIT 13",
        "SELECT _id FROM " CALL " ORDER BY year, score DESC LIMIT 13",
        "SELECT _id, year AS score FROM " CALL " ORDER BY score DESC LIMIT 13",
        "SELECT DISTINCT lang FROM " CALL " LIMIT 13",
        "SELECT count(*) FROM " CALL " LIMIT 13",
        "SELECT row_number() OVER () FROM " CALL " ORDER BY score DESC LIMIT 13",
        "SELECT unnest([1, 2]) FROM " CALL " ORDER BY score DESC LIMIT 13",
        "SELECT lang FROM " CALL " GROUP BY lang LIMIT 13",
        "SELECT _id FROM " CALL " WHERE random() < 2 ORDER BY score DESC LIMIT 13",
        "SELECT _id FROM " CALL " WHERE score > 1 ORDER BY score DESC LIMIT 13",
        "SELECT _id FROM " CALL " ORDER BY score DESC LIMIT 50%",
        "SELECT _id FROM bm25_search('docs', 'body', 'sea', skip := 2) LIMIT 13",
        "SELECT _id FROM vector_search('docs', 'v', " QUERY_VECTOR ") ORDER BY score DESC LIMIT 13",
        "SELECT _id FROM hybrid_search('docs', 'body', 'sea', 'v', " QUERY_VECTOR
        ") WHERE year > 3 ORDER BY score DESC LIMIT 13",
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(pushed) / sizeof(pushed[0]); i++) {
        assert_pushed(pushed[i], "~13 rows");
    }
    for (i = 0; i < sizeof(unpushed) / sizeof(unpushed[0]); i++) {
        assert_pushed(unpushed[i], "~900 rows");
    }
#undef CALL
}

static void assert_pushing_changes_nothing(const char *sql, const struct sql_parameter *parameters,
                                           size_t count)
{
    char *with = run_with(pushing, sql, parameters, count);
    char *without = run_with(plain, sql, parameters, count);
    if (strcmp(with, without) != 0) {
        fail_msg("%s\n%s\n--- not pushed: ---\n%s", sql, with, without);
    }
    free(with);
    free(without);
}

static void generated_statements_give_the_same_pushed_or_not(void **state)
{
    static const char *const calls[] = {
        "bm25_search('docs', 'body', 'sea whale runs')",
        "bm25_search('docs', ['title', 'body'], 'sea boat', mode := 'and')",
        "bm25_search_prefix('docs', 'body', 'r')",
        "vector_search('docs', 'v', " QUERY_VECTOR ")",
        "bm25_search('docs', 'body', 'sea (night storm)', filter := 'price > 1')",
        "vector_search('docs', 'v', " QUERY_VECTOR ", max_distance := 0.9)",
        "hybrid_search('docs', 'body', 'sea', 'v', " QUERY_VECTOR ")",
        "hybrid_search('docs', 'body', 'sea', 'v', " QUERY_VECTOR ", depth := 30)",
    };
    struct test_random random = test_random_init(20261130);
    char sql[2048];
    size_t i;
    (void)state;
    for (i = 0; i < 240; i++) {
        size_t call = test_random_below(&random, sizeof(calls) / sizeof(calls[0]));
        bool near = strncmp(calls[call], "vector", 6) == 0;
        bool where = test_random_below(&random, 4) != 0;
        bool two = where && test_random_below(&random, 3) == 0;
        (void)snprintf(
            sql, sizeof(sql),
            "SELECT %s FROM %s%s %s%s%s%s%s ORDER BY score %s, _id LIMIT %d OFFSET %d",
            test_random_below(&random, 2) == 0 ? "*" : "_id, score, upper(title), year",
            calls[call], test_random_below(&random, 2) == 0 ? " AS x" : "", where ? "WHERE (" : "",
            where ? conditions[test_random_below(&random, CONDITIONS)] : "", two ? ") AND (" : "",
            two ? conditions[test_random_below(&random, CONDITIONS)] : "", where ? ")" : "",
            near ? "" : "DESC", (int)test_random_below(&random, 30),
            (int)test_random_below(&random, 10));
        assert_pushing_changes_nothing(sql, NULL, 0);
    }
    /* A condition that fails on rows that are no hits is no error. */
    assert_pushing_changes_nothing(
        "SELECT _id, title FROM bm25_search('docs', 'body', 'sea', filter := 'title = ''!!!''') "
        "WHERE CAST(price AS BIGINT) > 2 ORDER BY score DESC, _id LIMIT 5",
        NULL, 0);
    assert_pushing_changes_nothing("SELECT title FROM bm25_search('docs', 'title', 'nowhere') "
                                   "WHERE CAST(title AS INTEGER) > 2 "
                                   "ORDER BY score DESC, _id LIMIT 5",
                                   NULL, 0);
}

/* What the columns of a statement are called does not show what was pushed. */
static void names_stay_as_they_were_written(void **state)
{
    static const char *const statements[] = {
        "SELECT (SELECT score FROM bm25_search('docs', 'body', 'sea') LIMIT 1)",
        "SELECT _id, score * 2, upper(title) FROM bm25_search('docs', 'body', 'sea') LIMIT 2",
        "SELECT * FROM (SELECT (SELECT max(score) FROM bm25_search('docs', 'body', 'sea')), year "
        "FROM bm25_search('docs', 'body', 'sea') LIMIT 2)",
    };
    struct ArrowArrayStream stream;
    inlay_error err;
    size_t i;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        char *with;
        char *without;
        assert_ok(sql_query(pushing, statements[i], NULL, 0, &stream, &err), err);
        with = text_of(&stream, true);
        assert_ok(sql_query(plain, statements[i], NULL, 0, &stream, &err), err);
        without = text_of(&stream, true);
        assert_string_equal(with, without);
        free(with);
        free(without);
    }
}

/* ---- parameters ---- */

static void parameters_may_stand_anywhere(void **state)
{
    static const float vector[DIM] = {1, 0.5F, 0, -1, 2, 0, 0.25F, 1};
    const struct sql_parameter places[] = {
        {NULL, SQL_PARAMETER_FLOATS, 0, 0, vector, DIM},
        {NULL, SQL_PARAMETER_INT64, 9, 0, NULL, 0},
        {NULL, SQL_PARAMETER_TEXT, 0, 0, "en", 2},
    };
    const struct sql_parameter named[] = {
        {"words", SQL_PARAMETER_TEXT, 0, 0, "sea boat", 8},
        {"least", SQL_PARAMETER_DOUBLE, 0, 2.5, NULL, 0},
        {"most", SQL_PARAMETER_INT64, 7, 0, NULL, 0},
        {"tongue", SQL_PARAMETER_TEXT, 0, 0, "de", 2},
        {"docs", SQL_PARAMETER_TEXT, 0, 0, "docs", 4},
    };
    char *found =
        run_with(pushing, "SELECT _id, score FROM vector_search('docs', 'v', ?, ?) WHERE lang = ?",
                 places, 3);
    char *expected = run("SELECT _id, score FROM vector_search('docs', 'v', " QUERY_VECTOR
                         ", 9) WHERE lang = 'en'");
    (void)state;
    assert_string_equal(found, expected);
    free(found);
    free(expected);
    found = run_with(pushing,
                     "SELECT _id, score FROM bm25_search($docs, 'body', $words) WHERE price >= "
                     "$least AND lang = $tongue ORDER BY score DESC, _id LIMIT $most",
                     named, 5);
    expected = run("SELECT _id, score FROM bm25_search('docs', 'body', 'sea boat', 7, filter := "
                   "'price >= 2.5 AND lang = ''de''')");
    assert_string_equal(found, expected);
    free(found);
    free(expected);
    assert_pushing_changes_nothing(
        "SELECT *, price > $least FROM bm25_search($docs, 'body', $words) x WHERE x.price >= "
        "$least AND lang = $tongue ORDER BY score DESC, _id LIMIT $most",
        named, 5);
    found = run_with(
        pushing, "SELECT count(*) FROM vector_search('docs', 'v', ?, ?) WHERE ? = 'en'", places, 3);
    assert_string_equal(found, "\n9 ");
    free(found);
}

/* ---- in statements ---- */

static void calls_are_relations_like_others(void **state)
{
    (void)state;
    assert_same("SELECT d._id, d.title, s.score FROM bm25_search('docs', 'body', 'sea', 12) s JOIN "
                "docs d ON d._id = s._id ORDER BY s.score DESC, d._id",
                "SELECT _id, title, score FROM bm25_search('docs', 'body', 'sea', 12)");
    assert_same("SELECT _id FROM token_match('docs', 'body', 'sea') EXCEPT SELECT _id FROM "
                "token_match('docs', 'body', 'boat') ORDER BY _id",
                "SELECT _id FROM token_match('docs', 'body', 'sea -boat') ORDER BY _id");
    assert_same(
        "SELECT count(*) FROM (SELECT _id FROM token_match('docs', 'body', 'sea') UNION ALL "
        "SELECT _id FROM token_match('docs', 'body', 'boat'))",
        "SELECT count(*) FILTER (WHERE match(body, 'sea')) + count(*) FILTER (WHERE "
        "match(body, 'boat')) FROM docs");
    assert_same("SELECT _id FROM docs WHERE _id IN (SELECT _id FROM bm25_search('docs', 'body', "
                "'sea', 12)) ORDER BY _id",
                "SELECT _id FROM bm25_search('docs', 'body', 'sea', 12) ORDER BY _id");
    assert_same("WITH a AS (SELECT * FROM bm25_search('docs', 'body', 'sea', 30)), b AS (SELECT * "
                "FROM vector_search('docs', 'v', " QUERY_VECTOR ", 300)) SELECT count(*) > 0 FROM "
                "a JOIN b USING (_id)",
                "SELECT true");
    assert_same("SELECT lang, count(*) FROM bm25_search('docs', 'body', 'sea') GROUP BY lang ORDER "
                "BY lang",
                "SELECT lang, count(*) FROM docs WHERE match(body, 'sea') GROUP BY lang ORDER BY "
                "lang");
    assert_rows("SELECT count(*) FROM (SELECT * FROM token_match('docs', 'body', 'sea') LIMIT 5)",
                "\n5 ");
    assert_rows("SELECT count(*) FROM token_match('docs', 'body', 'sea') s JOIN docs USING (_id) "
                "WHERE s.title IS DISTINCT FROM docs.title",
                "\n0 ");
}

/* FROM, functions and filters of one statement see the table as it was looked up, once. */
static void a_statement_sees_one_snapshot(void **state)
{
    inlay_table *table = make_table("moving");
    char *text;
    (void)state;
    append(table, 50, 5);
    resolved = 0;
    appends_left = 1;
    text =
        run("SELECT (SELECT count(*) FROM moving), (SELECT count(*) FROM vector_search('moving', "
            "'v', " QUERY_VECTOR ")) = (SELECT count(v) FROM moving), (SELECT count(*) FROM "
            "token_match('moving', 'body', 'sea', filter := 'lang <> ''xx''')) = (SELECT "
            "count(*) FROM moving WHERE match(body, 'sea'))");
    assert_string_equal(text, "\n50 true true ");
    free(text);
    assert_int_equal(resolved, 1);
    assert_int_equal(appends_left, 0);
    text = run("SELECT count(*) FROM moving");
    assert_string_equal(text, "\n60 ");
    free(text);
    /* Also when it is prepared a second time, with searches for each row of a list. */
    resolved = 0;
    appends_left = 1;
    text = run("SELECT (SELECT count(*) FROM moving), (SELECT count(*) FROM (VALUES ('sea'), "
               "('boat')) q(w), token_match('moving', 'body', q.w)) = (SELECT count(*) FILTER "
               "(WHERE match(body, 'sea')) + count(*) FILTER (WHERE match(body, 'boat')) FROM "
               "moving)");
    assert_string_equal(text, "\n60 true ");
    free(text);
    assert_int_equal(resolved, 1);
    assert_int_equal(appends_left, 0);
    text = run("SELECT count(*) FROM moving");
    assert_string_equal(text, "\n70 ");
    free(text);
    inlay_table_close(table);
}

/* ---- functions of texts and vectors ---- */

static void texts_are_tokenized_matched_and_marked(void **state)
{
    (void)state;
    assert_rows("SELECT tokenize('The White Whale, 1851')::VARCHAR",
                "\n'[the, white, whale, 1851]' ");
    assert_rows("SELECT tokenize('The White-Whale', 'whitespace')::VARCHAR",
                "\n'[The, White-Whale]' ");
    assert_rows("SELECT tokenize('running', analyzer := 'english')::VARCHAR", "\n'[run]' ");
    assert_rows("SELECT tokenize(NULL), tokenize('')::VARCHAR", "\nNULL '[]' ");
    assert_rows(
        "SELECT match('the white whale', 'white'), match('the white whale', '\"white the\"'),"
        " match('the white whale', 'the -white'), match(NULL, 'a'), match('running', 'runs', "
        "'english')",
        "\ntrue false false NULL true ");
    assert_rows("SELECT highlight('The sea, the SEA\n& more', 'sea -more')",
                "\n'The <b>sea</b>, the <b>SEA</b>\n& more' ");
    assert_rows("SELECT highlight('a b c', '\"a b\"', '[', ']')", "\n'[a] [b] c' ");
    assert_rows("SELECT highlight('abc', 'x', close := '')", "\n'abc' ");
    assert_rows("SELECT snippet('one two three four five', 'three', 14, '[', ']')",
                "\n'\xe2\x80\xa6two [three] four\xe2\x80\xa6' ");
    assert_same("SELECT count(*) FROM docs WHERE highlight(body, 'sea') <> body",
                "SELECT count(*) FROM docs WHERE match(body, 'sea')");
    assert_fails("SELECT tokenize('a', 'klingon')", "tokenize", "klingon");
    assert_fails("SELECT snippet('a', 'a', 0)", "snippet", "bytes");
    assert_fails("SELECT highlight('a')", "highlight", "");
}

static void distances_are_those_of_the_search(void **state)
{
    (void)state;
    assert_rows("SELECT count(*) FROM vector_search('docs', 'v', " QUERY_VECTOR
                ") WHERE cosine_distance(" QUERY_VECTOR ", v) <> score",
                "\n0 ");
    assert_rows("SELECT count(*) FROM vector_search('docs', 'v', " QUERY_VECTOR
                ") WHERE abs(cosine_distance(v, " QUERY_VECTOR ") - score) > 1e-6",
                "\n0 ");
    assert_rows("SELECT l2_distance([3, 0], [0, 4.0]::DOUBLE[]), inner_product([1, 2]::FLOAT[2], "
                "'[3, 4]'), cosine_distance([1, 0], [0, 1]), cosine_distance([0, 0], [1, 0])",
                "\n5 11 1 1 ");
    assert_rows("SELECT l2_distance(NULL, [1]), inner_product([1], NULL)", "\nNULL NULL ");
    assert_fails("SELECT l2_distance([1, 2], [1])", "l2_distance", "2 and 1");
    assert_fails("SELECT cosine_distance([1, NULL], [1, 2])", "cosine_distance", "finite");
    assert_fails("SELECT inner_product([]::FLOAT[], [])", "inner_product", "0 and 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_arguments_are_told),
        cmocka_unit_test(any_k_is_a_fine_one),
        cmocka_unit_test(every_projection_agrees),
        cmocka_unit_test(modes_and_vectors_are_read_in_every_form),
        cmocka_unit_test(the_public_functions_say_the_same),
        cmocka_unit_test(matches_are_those_of_each_row),
        cmocka_unit_test(prefixes_and_several_columns_are_merged_exactly),
        cmocka_unit_test(filters_come_before_the_ranking),
        cmocka_unit_test(limits_are_pushed),
        cmocka_unit_test(generated_statements_give_the_same_pushed_or_not),
        cmocka_unit_test(names_stay_as_they_were_written),
        cmocka_unit_test(parameters_may_stand_anywhere),
        cmocka_unit_test(calls_are_relations_like_others),
        cmocka_unit_test(a_statement_sees_one_snapshot),
        cmocka_unit_test(texts_are_tokenized_matched_and_marked),
        cmocka_unit_test(distances_are_those_of_the_search),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
