/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions end to end, on memory and on a local folder. */
#include "support/test.h"

#include "columnar/builder.h"
#include "columnar/stream.h"
#include "inlay/inlay.h"

#include <stdio.h>
#include <stdlib.h>

static char *folder;
static inlay_connection *connection;

static int open_memory(void **state)
{
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_connect("memory://", NULL, &connection, &err), err);
    return 0;
}

static int open_folder(void **state)
{
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    folder = test_folder_make();
    assert_ok(inlay_connect(folder, NULL, &connection, &err), err);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    inlay_close(connection);
    if (folder != NULL) {
        test_folder_remove(folder);
        free(folder);
        folder = NULL;
    }
    return 0;
}

/* title utf8, body utf8, year int32. */
static void make_schema(struct schema *schema)
{
    memset(schema, 0, sizeof(*schema));
    (void)schema_add(schema, "title", COLUMN_UTF8, false);
    (void)schema_add(schema, "body", COLUMN_UTF8, true);
    (void)schema_add(schema, "year", COLUMN_INT32, false);
}

struct row {
    const char *title;
    const char *body;
    int year;
};

static const struct row library[] = {
    {"Moby Dick", "Call me Ishmael. The whale, the white whale!", 1851},
    {"Typee", "Six months at sea! Yes, reader, as I live, six months out of sight of land", 1846},
    {"The Sea-Wolf", "The sea, the sea and a ferry-steamer in the fog", 1904},
    {"Walden", "I went to the woods because I wished to live deliberately", 1854},
    {"Omoo", NULL, 1847},
};
enum { LIBRARY_ROWS = sizeof(library) / sizeof(library[0]) };

static void make_stream(const struct row *rows, size_t count, struct ArrowArrayStream *out)
{
    struct schema schema;
    struct builder *builder;
    struct ArrowArray array;
    struct batch batch;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    make_schema(&schema);
    assert_ok(builder_new_batch(&schema, UINT64_MAX, &builder, &err), err);
    for (i = 0; i < count; i++) {
        assert_ok(builder_bytes_value(builder_child(builder, 0), rows[i].title,
                                      strlen(rows[i].title), &err),
                  err);
        if (rows[i].body != NULL) {
            assert_ok(builder_bytes_value(builder_child(builder, 1), rows[i].body,
                                          strlen(rows[i].body), &err),
                      err);
        } else {
            assert_ok(builder_null(builder_child(builder, 1), &err), err);
        }
        assert_ok(builder_int(builder_child(builder, 2), rows[i].year, &err), err);
        assert_ok(builder_close_row(builder, &err), err);
    }
    assert_ok(builder_finish(builder, &array, &err), err);
    builder_free(builder);
    assert_ok(
        batch_from_array(&schema, &array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, &batch, &err),
        err);
    assert_ok(stream_of_batches(&schema, &batch, 1, out, &err), err);
    schema_free(&schema);
}

static inlay_table *make_table(const char *name)
{
    inlay_text_index texts[2];
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
    texts[1].stemmer = "english";
    inlay_table_options_init(&options);
    options.text_indexes = texts;
    options.text_index_count = 2;
    make_schema(&schema);
    assert_ok(schema_to_arrow(&schema, &arrow, &err), err);
    assert_ok(inlay_create_table(connection, name, &arrow, &options, &table, &err), err);
    arrow.release(&arrow);
    schema_free(&schema);
    return table;
}

static void append(inlay_table *table, const struct row *rows, size_t count)
{
    struct ArrowArrayStream stream;
    inlay_append_result result;
    inlay_error err;
    inlay_error_init(&err);
    make_stream(rows, count, &stream);
    assert_ok(inlay_table_append(table, &stream, NULL, &result, &err), err);
    assert_int_equal(result.rows, count);
    assert_int_equal(result.superfiles, 1);
    assert_null(stream.release);
}

/* Every row of a stream as text, values joined by ',' and rows by '|'. Covers what the tests ask
 * for: utf8, int32, int64, float32, decimal. */
static void stream_text(struct ArrowArrayStream *stream, char *out, size_t size)
{
    struct schema schema;
    struct batch batch;
    bool end = false;
    size_t used = 0;
    inlay_error err;
    inlay_error_init(&err);
    out[0] = '\0';
    assert_ok(stream_read_schema(stream, &schema, &err), err);
    for (;;) {
        struct array_view view;
        int64_t row;
        size_t c;
        assert_ok(stream_read_batch(stream, &schema, &batch, &end, &err), err);
        if (end) {
            break;
        }
        assert_ok(array_view_open_batch(&schema, &batch.array, ARRAY_CHECK_FULL,
                                        INLAY_INVALID_ARGUMENT, &view, &err),
                  err);
        for (row = 0; row < batch.array.length; row++) {
            for (c = 0; c < schema.count; c++) {
                const struct array_view *column = &view.children[c];
                const char *between = c != 0 ? "," : row != 0 || used != 0 ? "|" : "";
                if (array_view_is_null(column, row)) {
                    used += (size_t)snprintf(out + used, size - used, "%sNULL", between);
                } else if (column->field->type == COLUMN_UTF8) {
                    struct byte_view text = array_view_bytes(column, row);
                    used += (size_t)snprintf(out + used, size - used, "%s%.*s", between,
                                             (int)text.length, (const char *)text.data);
                } else if (column->field->type == COLUMN_FLOAT32) {
                    used += (size_t)snprintf(out + used, size - used, "%s%.4f", between,
                                             array_view_float(column, row));
                } else if (column->field->type == COLUMN_DECIMAL128) {
                    used += (size_t)snprintf(out + used, size - used, "%s#", between);
                } else {
                    used += (size_t)snprintf(out + used, size - used, "%s%lld", between,
                                             (long long)array_view_int(column, row));
                }
            }
        }
        array_view_close(&view);
        batch_release(&batch);
    }
    schema_free(&schema);
    stream->release(stream);
}

static void assert_sql(const char *sql, const char *expected)
{
    struct ArrowArrayStream stream;
    char found[2048];
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(inlay_query_sql(connection, sql, NULL, 0, NULL, &stream, NULL, &err), err);
    stream_text(&stream, found, sizeof(found));
    assert_string_equal(found, expected);
}

static void search_text(inlay_table *table, const char *column, const char *query,
                        const inlay_search_options *options, char *out, size_t size)
{
    struct ArrowArrayStream stream;
    inlay_cost cost;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(inlay_bm25_search(table, column, query, options, &stream, &cost, &err), err);
    stream_text(&stream, out, size);
}

static void rows_go_in_and_come_out(void **state)
{
    inlay_table *table = make_table("books");
    const char *columns[] = {"title"};
    inlay_search_options options;
    uint64_t rows;
    char found[2048];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    append(table, library, 3);
    append(table, library + 3, LIBRARY_ROWS - 3);
    assert_ok(inlay_table_count(table, &rows, &err), err);
    assert_int_equal(rows, LIBRARY_ROWS);
    assert_sql("SELECT count(*), sum(year)::BIGINT FROM books", "5,9302");
    assert_sql("SELECT title FROM books WHERE year < 1852 ORDER BY year", "Typee|Omoo|Moby Dick");
    assert_sql("SELECT count(body) FROM books", "4");
    assert_sql("SELECT count(DISTINCT _id), min(_id) < max(_id) FROM books", "5,1");
    assert_sql("SELECT title FROM books WHERE year < 1852 ORDER BY _id", "Moby Dick|Typee|Omoo");
    assert_sql("SHOW TABLES", "books");
    inlay_search_options_init(&options);
    options.columns = columns;
    options.column_count = 1;
    options.snippet_bytes = 24;
    options.highlight_open = "[";
    options.highlight_close = "]";
    search_text(table, "body", "whales", &options, found, sizeof(found));
    assert_non_null(strstr(found, "Moby Dick,"));
    assert_non_null(strstr(found, "[whale]"));
    options.snippet_bytes = 0;
    search_text(table, "body", "\"six months\"", &options, found, sizeof(found));
    assert_memory_equal(found, "Typee,", 6);
    search_text(table, "body", "sea -fog", &options, found, sizeof(found));
    assert_memory_equal(found, "Typee,", 6);
    assert_null(strchr(found, '|'));
    search_text(table, "body", "unheard", &options, found, sizeof(found));
    assert_string_equal(found, "");
    assert_ok(inlay_bm25_count(table, "body", "sea live", NULL, &rows, NULL, &err), err);
    assert_int_equal(rows, 3);
    inlay_table_close(table);
}

/* The same rows rank the same, bit for bit, however they were committed. */
static void ranking_does_not_depend_on_layout(void **state)
{
    inlay_table *one = make_table("one");
    inlay_table *many = make_table("many");
    const char *columns[] = {"title"};
    static const char *const queries[] = {"the sea", "whale live", "six sea fog", "the", "i sea"};
    inlay_search_options options;
    size_t i;
    (void)state;
    append(one, library, LIBRARY_ROWS);
    for (i = 0; i < LIBRARY_ROWS; i++) {
        append(many, &library[i], 1);
    }
    inlay_search_options_init(&options);
    options.columns = columns;
    options.column_count = 1;
    for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        char a[1024];
        char b[1024];
        search_text(one, "body", queries[i], &options, a, sizeof(a));
        search_text(many, "body", queries[i], &options, b, sizeof(b));
        assert_string_equal(a, b);
        assert_true(a[0] != '\0');
    }
    inlay_table_close(one);
    inlay_table_close(many);
}

static void snapshots_and_versions_stand_still(void **state)
{
    inlay_table *table = make_table("books");
    inlay_table *pinned = NULL;
    inlay_table *first = NULL;
    inlay_open_options options;
    struct ArrowArrayStream stream;
    uint64_t rows;
    char found[512];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    append(table, library, 2);
    assert_ok(inlay_table_snapshot(table, &pinned, &err), err);
    append(table, library + 2, 1);
    assert_ok(inlay_table_count(pinned, &rows, &err), err);
    assert_int_equal(rows, 2);
    assert_ok(inlay_table_count(table, &rows, &err), err);
    assert_int_equal(rows, 3);
    inlay_open_options_init(&options);
    options.version = 1;
    assert_ok(inlay_open_table(connection, "books", &options, &first, &err), err);
    assert_ok(inlay_table_count(first, &rows, &err), err);
    assert_int_equal(rows, 2);
    make_stream(library, 1, &stream);
    assert_status(inlay_table_append(first, &stream, NULL, NULL, &err), INLAY_INVALID_ARGUMENT);
    assert_null(stream.release);
    assert_ok(inlay_table_versions(table, 0, &stream, &err), err);
    stream_text(&stream, found, sizeof(found));
    assert_memory_equal(found, "2,", 2);
    assert_non_null(strstr(found, ",append|1,"));
    inlay_table_close(pinned);
    inlay_table_close(first);
    inlay_table_close(table);
}

static void rows_are_got_by_id(void **state)
{
    inlay_table *table = make_table("books");
    const char *columns[] = {"title", "year"};
    struct ArrowArrayStream stream;
    inlay_append_result result;
    inlay_id ids[4];
    char found[512];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    make_stream(library, LIBRARY_ROWS, &stream);
    assert_ok(inlay_table_append(table, &stream, NULL, &result, &err), err);
    ids[0] = result.last_id;
    ids[1].hi = 1;
    ids[1].lo = 1;
    ids[2] = result.first_id;
    ids[3] = result.last_id;
    assert_ok(inlay_table_get(table, ids, 4, columns, 2, &stream, NULL, &err), err);
    stream_text(&stream, found, sizeof(found));
    assert_string_equal(found, "Omoo,1847|Moby Dick,1851|Omoo,1847");
    inlay_table_close(table);
}

static void mistakes_say_what_and_where(void **state)
{
    inlay_table *table = make_table("books");
    inlay_table *other = NULL;
    inlay_connection *nowhere = NULL;
    const char *columns[] = {"colour"};
    inlay_search_options options;
    struct ArrowArrayStream stream;
    struct ArrowSchema arrow;
    struct schema schema;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    append(table, library, 2);
    assert_status(inlay_open_table(connection, "bookz", NULL, &other, &err), INLAY_NOT_FOUND);
    assert_non_null(strstr(err.message, "bookz"));
    assert_status(inlay_bm25_search(table, "year", "x", NULL, &stream, NULL, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "\"title\", \"body\""));
    inlay_search_options_init(&options);
    options.columns = columns;
    options.column_count = 1;
    assert_status(inlay_bm25_search(table, "body", "x", &options, &stream, NULL, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_string_equal(err.key, "colour");
    assert_status(
        inlay_query_sql(connection, "SELECT * FROM bookz", NULL, 0, NULL, &stream, NULL, &err),
        INLAY_QUERY);
    assert_non_null(strstr(err.message, "bookz"));
    make_schema(&schema);
    (void)schema_add(&schema, "score", COLUMN_FLOAT32, true);
    assert_ok(schema_to_arrow(&schema, &arrow, &err), err);
    assert_status(inlay_create_table(connection, "bad", &arrow, NULL, &other, &err), INLAY_SCHEMA);
    assert_string_equal(err.key, "score");
    arrow.release(&arrow);
    schema_free(&schema);
    assert_status(inlay_connect("ftp://x", NULL, &nowhere, &err), INLAY_UNSUPPORTED);
    /* What was committed is still there. */
    assert_sql("SELECT count(*) FROM books", "2");
    inlay_table_close(table);
}

static void a_wrong_batch_changes_nothing(void **state)
{
    inlay_table *table = make_table("books");
    struct ArrowArrayStream stream;
    struct schema schema = {NULL, 0};
    struct builder *builder;
    struct ArrowArray array;
    struct batch batch;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    append(table, library, 2);
    (void)schema_add(&schema, "title", COLUMN_UTF8, true);
    (void)schema_add(&schema, "year", COLUMN_INT32, true);
    assert_ok(builder_new_batch(&schema, UINT64_MAX, &builder, &err), err);
    assert_ok(builder_bytes_value(builder_child(builder, 0), "A", 1, &err), err);
    assert_ok(builder_int(builder_child(builder, 1), 1, &err), err);
    assert_ok(builder_close_row(builder, &err), err);
    assert_ok(builder_bytes_value(builder_child(builder, 0), "B", 1, &err), err);
    assert_ok(builder_null(builder_child(builder, 1), &err), err);
    assert_ok(builder_close_row(builder, &err), err);
    assert_ok(builder_finish(builder, &array, &err), err);
    builder_free(builder);
    assert_ok(
        batch_from_array(&schema, &array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, &batch, &err),
        err);
    assert_ok(stream_of_batches(&schema, &batch, 1, &stream, &err), err);
    schema_free(&schema);
    assert_status(inlay_table_append(table, &stream, NULL, NULL, &err), INLAY_SCHEMA);
    assert_non_null(strstr(err.message, "year"));
    assert_int_equal(err.row, 1);
    assert_sql("SELECT count(*) FROM books", "2");
    inlay_table_close(table);
}

static void tables_are_listed_and_dropped(void **state)
{
    inlay_table *table = make_table("books");
    struct ArrowArrayStream stream;
    char found[512];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    append(table, library, LIBRARY_ROWS);
    inlay_table_close(make_table("empty"));
    assert_ok(inlay_list_tables(connection, &stream, &err), err);
    stream_text(&stream, found, sizeof(found));
    assert_memory_equal(found, "books,5,1,", 10);
    assert_non_null(strstr(found, "|empty,0,0,0,0,"));
    assert_sql("SELECT count(*) FROM empty", "0");
    assert_ok(inlay_drop_table(connection, "books", &err), err);
    assert_status(inlay_drop_table(connection, "books", &err), INLAY_NOT_FOUND);
    inlay_table_close(make_table("books"));
    assert_sql("SELECT count(*) FROM books", "0");
    inlay_table_close(table);
}

#define BOTH(test)                                                                                 \
    {#test "_memory", test, open_memory, close_all, NULL},                                         \
    {                                                                                              \
#test "_local", test, open_folder, close_all, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(rows_go_in_and_come_out),
        BOTH(ranking_does_not_depend_on_layout),
        BOTH(snapshots_and_versions_stand_still),
        BOTH(rows_are_got_by_id),
        BOTH(mistakes_say_what_and_where),
        BOTH(a_wrong_batch_changes_nothing),
        BOTH(tables_are_listed_and_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
