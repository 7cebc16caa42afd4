/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The n-th allocation of every public operation fails, for every n, on a table in memory (SQL's
 * engine allocates by itself and is left out). Each failure is a clear error or harmless, the
 * table is as it was or has the whole append, and the same call works right after. Leaks show under
 * LeakSanitizer.
 */
#include "support/alloc_fault.h"
#include "tables/tables.h"

#include "api/handles.h"
#include "sql/table_statistics.h"
#include "storage/memory.h"
#include "table/predicate/row_test.h"
#include "table/rows/extremes.h"

#include <stdio.h>

enum { ROWS = 6 };
static const struct table_row rows[ROWS] = {{1, "one whale"}, {2, "two whales, two seas"},
                                            {3, NULL},        {4, ""},
                                            {5, "the sea"},   {6, "a whale in the sea"}};

static inlay_connection *connection;
static inlay_table *table;
static uint64_t appended; /* times that all rows were */
static inlay_id first_id;

static int open_table(void **state)
{
    struct provider *provider = NULL;
    inlay_append_result result;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(provider_memory_create(&provider, &err), err);
    assert_ok(tables_connect(provider, NULL, &connection, &err), err);
    assert_ok(tables_create(connection, "t", &table, &err), err);
    assert_ok(tables_append(table, rows, ROWS, 0, NULL, &result, &err), err);
    first_id = result.first_id;
    appended = 1;
    return 0;
}

static int close_table(void **state)
{
    (void)state;
    inlay_table_close(table);
    inlay_close(connection);
    return 0;
}

static void check_table(void)
{
    uint64_t count;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(inlay_table_count(table, &count, &err), err);
    assert_int_equal(count, appended * ROWS);
    assert_ok(inlay_bm25_count(table, "body", "whale", NULL, &count, NULL, &err), err);
    assert_int_equal(count, appended * 2);
}

/* Runs `operation` until no failure is met; it checks its own answer when it succeeds. */
static void sweep(inlay_status (*operation)(uint64_t nth, bool *met, inlay_error *err))
{
    uint64_t nth;
    bool met = true;
    for (nth = 1; met; nth++) {
        inlay_status status;
        inlay_error err;
        inlay_error_init(&err);
        status = operation(nth, &met, &err);
        /* Arenas with a limit do not tell apart which of the two stopped them. */
        if (status != INLAY_OK && ((status != INLAY_NO_MEMORY && status != INLAY_OVER_BUDGET) ||
                                   err.message[0] == '\0' || !met)) {
            fail_msg("failing allocation %llu: %s '%s'", (unsigned long long)nth,
                     inlay_status_name(status), err.message);
        }
        check_table();
    }
    assert_true(nth > 3);
}

static inlay_status create_operation(uint64_t nth, bool *met, inlay_error *err)
{
    struct schema columns = {NULL, 0};
    struct ArrowSchema schema;
    inlay_text_index index;
    inlay_table_options options;
    inlay_table *made = NULL;
    inlay_table *again = NULL;
    inlay_status status;
    char name[32];
    inlay_error second;
    (void)snprintf(name, sizeof(name), "t%llu", (unsigned long long)nth);
    inlay_error_init(&second);
    inlay_text_index_init(&index);
    index.column = "body";
    index.stemmer = "english";
    index.stop_words = "english";
    inlay_table_options_init(&options);
    options.text_indexes = &index;
    options.text_index_count = 1;
    assert_non_null(schema_add(&columns, "body", COLUMN_UTF8, true));
    assert_ok(schema_to_arrow(&columns, &schema, &second), second);
    schema_free(&columns);
    alloc_fault_arm(nth);
    status = inlay_create_table(connection, name, &schema, &options, &made, err);
    *met = alloc_fault_disarm();
    inlay_table_close(made);
    /* Whatever happened, the name can be used: the table is there, or can be made. */
    if (inlay_open_table(connection, name, NULL, &again, &second) == INLAY_NOT_FOUND) {
        assert_int_not_equal(status, INLAY_OK);
        assert_ok(inlay_create_table(connection, name, &schema, &options, &again, &second), second);
    }
    assert_non_null(again);
    inlay_table_close(again);
    schema.release(&schema);
    return status;
}

static inlay_status append_operation(uint64_t nth, bool *met, inlay_error *err)
{
    struct ArrowArrayStream stream;
    inlay_status status;
    uint64_t count = 0;
    inlay_error second;
    inlay_error_init(&second);
    tables_stream(rows, ROWS, 2, &stream);
    alloc_fault_arm(nth);
    status = inlay_table_append(table, &stream, NULL, NULL, err);
    *met = alloc_fault_disarm();
    assert_null(stream.release);
    assert_ok(inlay_table_count(table, &count, &second), second);
    if (status == INLAY_OK) {
        appended++;
    } else if (count == (appended + 1) * ROWS) {
        appended++; /* published, and then the answer failed */
    }
    return status;
}

static inlay_status search_operation(uint64_t nth, bool *met, inlay_error *err)
{
    struct table_hit_seen hits[10];
    size_t count = 0;
    inlay_status status;
    alloc_fault_arm(nth);
    status = tables_search(table, "\"whale in\" sea (one OR two)", NULL, hits, &count, err);
    *met = alloc_fault_disarm();
    if (status == INLAY_OK) {
        assert_int_equal(count, appended * 4);
    }
    return status;
}

static inlay_status snippet_operation(uint64_t nth, bool *met, inlay_error *err)
{
    struct ArrowArrayStream stream;
    inlay_search_options options;
    inlay_status status;
    inlay_search_options_init(&options);
    options.snippet_bytes = 20;
    alloc_fault_arm(nth);
    status = inlay_bm25_search(table, "body", "whale", &options, &stream, NULL, err);
    if (status == INLAY_OK) {
        stream.release(&stream);
    }
    *met = alloc_fault_disarm();
    return status;
}

static inlay_status count_operation(uint64_t nth, bool *met, inlay_error *err)
{
    uint64_t matches = 0;
    inlay_status status;
    alloc_fault_arm(nth);
    status = inlay_bm25_count(table, "body", "+whale sea", NULL, &matches, NULL, err);
    *met = alloc_fault_disarm();
    if (status == INLAY_OK) {
        assert_int_equal(matches, appended * 2);
    }
    return status;
}

static inlay_status get_operation(uint64_t nth, bool *met, inlay_error *err)
{
    const inlay_id ids[2] = {first_id, {1, 1}};
    struct table_rows got;
    inlay_status status;
    alloc_fault_arm(nth);
    status = tables_get(table, ids, 2, &got, err);
    *met = alloc_fault_disarm();
    if (status == INLAY_OK) {
        assert_int_equal(got.count, 1);
        assert_int_equal(got.rows[0].key, 1);
        assert_string_equal(got.rows[0].body, "one whale");
    }
    table_rows_free(&got);
    return status;
}

static inlay_status open_operation(uint64_t nth, bool *met, inlay_error *err)
{
    inlay_open_options options;
    inlay_table *opened = NULL;
    uint64_t count = 0;
    inlay_status status;
    inlay_open_options_init(&options);
    options.version = 1;
    alloc_fault_arm(nth);
    status = inlay_open_table(connection, "t", &options, &opened, err);
    if (status == INLAY_OK) {
        status = inlay_table_count(opened, &count, err);
    }
    inlay_table_close(opened);
    *met = alloc_fault_disarm();
    if (status == INLAY_OK) {
        assert_int_equal(count, ROWS);
    }
    return status;
}

typedef inlay_status (*listing)(struct ArrowArrayStream *out, inlay_error *err);

static inlay_status list_with(listing list, uint64_t nth, bool *met, inlay_error *err)
{
    struct ArrowArrayStream stream;
    inlay_status status;
    alloc_fault_arm(nth);
    status = list(&stream, err);
    if (status == INLAY_OK) {
        stream.release(&stream);
    }
    *met = alloc_fault_disarm();
    return status;
}

static inlay_status list_versions(struct ArrowArrayStream *out, inlay_error *err)
{
    return inlay_table_versions(table, 0, out, err);
}

static inlay_status list_superfiles(struct ArrowArrayStream *out, inlay_error *err)
{
    return inlay_table_superfiles(table, out, err);
}

static inlay_status list_tables(struct ArrowArrayStream *out, inlay_error *err)
{
    return inlay_list_tables(connection, out, err);
}

static inlay_status versions_operation(uint64_t nth, bool *met, inlay_error *err)
{
    return list_with(list_versions, nth, met, err);
}

static inlay_status superfiles_operation(uint64_t nth, bool *met, inlay_error *err)
{
    return list_with(list_superfiles, nth, met, err);
}

static inlay_status tables_operation(uint64_t nth, bool *met, inlay_error *err)
{
    return list_with(list_tables, nth, met, err);
}

/* A search for each row of a list, which is prepared twice and read in between. */
static inlay_status lateral_operation(uint64_t nth, bool *met, inlay_error *err)
{
    int64_t found[2] = {0, 0};
    inlay_status status;
    alloc_fault_arm(nth);
    status =
        tables_sql(connection,
                   "SELECT count(*), sum(k)::BIGINT FROM (VALUES ('whale', 1), (lower('SEA'), 2), "
                   "('whale', 4)) q(w, k), token_match('t', 'body', q.w)",
                   found, 2, err);
    *met = alloc_fault_disarm();
    if (status == INLAY_OK) {
        assert_int_equal(found[0] % 2, 0);
        assert_true(found[1] >= found[0]);
    }
    return status;
}

/* The greatest text of the table, below SQL, whose engine would find it in another way. */
static inlay_status extreme_operation(uint64_t nth, bool *met, inlay_error *err)
{
    const struct stat_value *value = NULL;
    struct table_view *view = NULL;
    inlay_status status;
    size_t column;
    assert_ok(table_handle_view(table, &view, err), *err);
    column = (size_t)schema_find(typed_table_file_schema(view->table), "body");
    alloc_fault_arm(nth);
    status = table_view_extreme(view, column, true, NULL, &value, err);
    *met = alloc_fault_disarm();
    if (status == INLAY_OK) {
        assert_non_null(value);
        assert_int_equal(value->as.bytes.length, strlen("two whales, two seas"));
        assert_memory_equal(value->as.bytes.data, "two whales, two seas", value->as.bytes.length);
    }
    table_view_release(view);
    return status;
}

/* Rows that statistics leave, which SQL asks below its engine. */
static inlay_status rows_left_operation(uint64_t nth, bool *met, inlay_error *err)
{
    const struct stat_value zero = stat_int(0);
    struct predicate positive = {.test = PREDICATE_GT, .values = &zero, .value_count = 1};
    struct table_view *view = NULL;
    uint64_t left = 0;
    inlay_status status;
    assert_ok(table_handle_view(table, &view, err), *err);
    positive.column = (uint32_t)schema_find(typed_table_file_schema(view->table), "key");
    alloc_fault_arm(nth);
    status = table_statistics_rows_left(view, &positive, UINT64_MAX, &left, err);
    *met = alloc_fault_disarm();
    if (status == INLAY_OK) {
        assert_int_equal(left, ROWS * appended);
    }
    table_view_release(view);
    return status;
}

/* A test of two conditions over a vector with a dictionary. */
static inlay_status row_test_operation(uint64_t nth, bool *met, inlay_error *err)
{
    struct field field = {.name = (char *)"body", .type = COLUMN_UTF8, .nullable = true};
    const struct schema schema = {.fields = &field, .count = 1};
    const struct stat_value values[] = {stat_bytes("sea", 3), stat_bytes("whale", 5)};
    const struct predicate tests[] = {
        {.test = PREDICATE_EQ, .values = &values[0], .value_count = 1},
        {.test = PREDICATE_EQ, .values = &values[1], .value_count = 1}};
    const struct predicate *const parts[] = {&tests[0], &tests[1]};
    const struct predicate either = {.kind = PREDICATE_OR, .parts = parts, .part_count = 2};
    struct colvec_string texts[3];
    const uint32_t codes[] = {0, 1, 2, 1};
    const uint32_t columns[] = {0};
    struct colvec dictionary = {.field = &field, .count = 3, .values = texts};
    struct colvec vector = {.field = &field,
                            .form = COLVEC_DICTIONARY,
                            .count = 4,
                            .codes = codes,
                            .dictionary = &dictionary};
    struct row_test *test = NULL;
    uint32_t picks[ROW_TEST_ROWS];
    uint64_t count = 0;
    inlay_status status;
    colvec_string_set(&texts[0], "sea", 3);
    colvec_string_set(&texts[1], "a harbour far away", 18);
    colvec_string_set(&texts[2], "whale", 5);
    alloc_fault_arm(nth);
    status = row_test_create(&either, &schema, columns, 1, false, &test, err);
    if (status == INLAY_OK) {
        status = row_test_pick(test, &vector, 4, picks, &count, err);
    }
    *met = alloc_fault_disarm();
    row_test_free(test);
    if (status == INLAY_OK) {
        assert_int_equal(count, 2);
        assert_int_equal(picks[1], 2);
    }
    return status;
}

#define SWEEP_TEST(name)                                                                           \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        sweep(name##_operation);                                                                   \
    }
SWEEP_TEST(create)
SWEEP_TEST(append)
SWEEP_TEST(search)
SWEEP_TEST(snippet)
SWEEP_TEST(count)
SWEEP_TEST(get)
SWEEP_TEST(open)
SWEEP_TEST(versions)
SWEEP_TEST(superfiles)
SWEEP_TEST(tables)
SWEEP_TEST(lateral)
SWEEP_TEST(extreme)
SWEEP_TEST(rows_left)
SWEEP_TEST(row_test)

#define SWEEP(name) cmocka_unit_test_setup_teardown(name, open_table, close_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SWEEP(create),  SWEEP(append),  SWEEP(search),    SWEEP(snippet),    SWEEP(count),
        SWEEP(get),     SWEEP(open),    SWEEP(versions),  SWEEP(superfiles), SWEEP(tables),
        SWEEP(lateral), SWEEP(extreme), SWEEP(rows_left), SWEEP(row_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
