/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What conditions are taken and refused, with which sentence and position; what is kept of them and
 * for how long; the rows of a mutation.
 */
#include "tables/tables.h"

#include "api/handles.h"
#include "base/alloc.h"
#include "sql/condition.h"
#include "sql/filter.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 60, FILES = 3 };

static inlay_connection *connection;
static inlay_table *table;
static struct sql_engine *engine;

static void append_rows(inlay_table *to, int64_t first, size_t count)
{
    struct table_row rows[ROWS];
    inlay_error err;
    inlay_error_init(&err);
    for (size_t i = 0; i < count; i++) {
        rows[i].key = first + (int64_t)i;
        rows[i].body = rows[i].key % 5 == 4 ? NULL : rows[i].key % 2 == 0 ? "even sea" : "odd sea";
    }
    assert_ok(tables_append(to, rows, count, 0, NULL, NULL, &err), err);
}

static int open_tables(void **state)
{
    inlay_table *other;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_connect("memory://", NULL, &connection, &err), err);
    assert_ok(tables_create(connection, "docs", &table, &err), err);
    for (size_t i = 0; i < FILES; i++) {
        append_rows(table, (int64_t)(i * ROWS / FILES), ROWS / FILES);
    }
    assert_ok(tables_create(connection, "other", &other, &err), err);
    append_rows(other, 0, 5);
    inlay_table_close(other);
    assert_ok(connection_engine(connection, &engine, &err), err);
    return 0;
}

static int close_tables(void **state)
{
    (void)state;
    inlay_table_close(table);
    inlay_close(connection);
    return 0;
}

static inlay_status count_rows(inlay_table *of, const char *where,
                               const inlay_parameter *parameters, size_t parameter_count,
                               uint64_t *count, inlay_error *err)
{
    inlay_search_options options;
    inlay_filter filter;
    inlay_search_options_init(&options);
    inlay_filter_init(&filter);
    filter.where = where;
    filter.parameters = parameters;
    filter.parameter_count = parameter_count;
    options.filter = &filter;
    return inlay_bm25_count(of, "body", "sea", &options, count, NULL, err);
}

static void assert_count(const char *where, uint64_t expected)
{
    uint64_t count = 0;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(count_rows(table, where, NULL, 0, &count, &err), err);
    if (count != expected) {
        fail_msg("%llu rows for %s, expected %llu", (unsigned long long)count, where,
                 (unsigned long long)expected);
    }
}

/* 48 rows have a body, all with "sea"; a filter also sees the others. */
static void conditions_may_use_the_columns_and_more(void **state)
{
    (void)state;
    assert_count("true", 48);
    assert_count("key < 10", 8);
    assert_count("docs.key < 10 AND docs.body LIKE 'even%'", 4);
    assert_count("body IS NULL", 0);
    assert_count("NULL::BOOLEAN", 0);
    assert_count("key IN (1, 2, 3, 100)", 3);
    assert_count("list_contains([1, 2], key)", 2);
    assert_count("length($q$;)--$q$) = 4 AND key = 1", 1);
    assert_count("body <> ';) -- ' AND key < 2", 2);
    assert_count("key IN (SELECT key FROM other)", 4);
    assert_count("key = (SELECT max(key) - 2 FROM docs)", 1);
    assert_count("EXISTS (SELECT * FROM other WHERE other.key = docs.key)", 4);
    assert_count("key < 3\n", 3);
    assert_count("_id IS NOT NULL AND key = 7", 1);
}

static void assert_refused(const char *where, const char *words, int64_t offset)
{
    uint64_t count;
    inlay_error err;
    inlay_error_init(&err);
    if (count_rows(table, where, NULL, 0, &count, &err) != INLAY_QUERY) {
        fail_msg("not refused: %s (%s)", where, err.message);
    }
    if (strstr(err.message, words) == NULL) {
        fail_msg("%s: \"%s\" does not say \"%s\"", where, err.message, words);
    }
    if (err.offset != offset) {
        fail_msg("%s: at %lld, expected %lld (%s)", where, (long long)err.offset, (long long)offset,
                 err.message);
    }
}

static void everything_else_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_refused("", "empty", 0);
    assert_refused(" \n ", "empty", 0);
    assert_refused("1=1) UNION SELECT key, key FROM other WHERE (1=1", "did not open", 3);
    assert_refused("1=1) OR (1=1", "did not open", 3);
    assert_refused("1=1; DROP TABLE docs", "semicolon", 3);
    assert_refused("1=1 -- all", "comments", 4);
    assert_refused("1=1 /* all", "comments", 4);
    assert_refused("body = 'x", "quote", 7);
    assert_refused("body = \"x", "quote", 7);
    assert_refused("(key = 1", "not closed", 0);
    assert_refused("key = ", "ends where more is expected", 6);
    assert_refused("key = = 1", "syntax error", 6);
    assert_refused("key = 1 ORDER BY key", "one expression", 0);
    assert_refused("key = 1 GROUP BY key", "one expression", 0);
    assert_refused("key", "another type", 0);
    assert_refused("NULL", "another type", 0);
    assert_refused("(key = 1, key = 2)", "another type", 0);
    assert_refused("key = 1, key = 2", "one expression", 0);
    assert_refused("key = 1 AS x", "one expression", 0);
    assert_refused("x: key = 1", "one expression", 0);
    assert_refused("key = 1 FROM other", "one expression", 0);
    assert_refused("key = 1 UNION SELECT true", "one expression", 0);
    assert_refused("key = 1 INTO other", "no SQL expression", 0);
    assert_refused("DISTINCT key = 1", "one expression", 0);
    assert_refused("SELECT true", "no SQL expression", 0);
    assert_refused("sum(key) > 3", "aggregates", 0);
    assert_refused("key > 1 AND row_number() OVER () < 3", "window", 12);
    assert_refused("COLUMNS(*) > 3", "names its columns", 0);
    assert_refused("key IN (SELECT key FROM bm25_search('docs', 'body', 'sea'))",
                   "search function bm25_search", 24);
    assert_refused("key IN (SELECT key FROM inlay_scan('docs'))", "inlay_scan", 24);
    assert_refused("\"inlay row\" = 3", "places of rows", 0);
    assert_refused("key = 1 AND prize < 3",
                   "there is no column \"prize\"; the columns of docs are _id, key, body", 12);
    assert_refused("docs.prize < 3", "there is no column \"prize\"", 0);
    assert_refused("key IN (SELECT key FROM nowhere)", "nowhere", -1);
    assert_refused("no_function(key)", "no_function", 0);
    assert_refused("key = ?", "parameters", -1);
}

static void files_stay_closed(void **state)
{
    uint64_t count;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_status(count_rows(table, "key IN (SELECT key FROM read_csv('/etc/passwd'))", NULL, 0,
                             &count, &err),
                  INLAY_PERMISSION);
}

static void sizes_are_bounded(void **state)
{
    const size_t size = CONDITION_BYTES_MAX + 16;
    char *text = calloc(1, size + 1);
    uint64_t count;
    inlay_error err;
    (void)state;
    assert_non_null(text);
    inlay_error_init(&err);
    memset(text, ' ', size);
    assert_status(count_rows(table, text, NULL, 0, &count, &err), INLAY_OVER_BUDGET);
    memset(text, '(', CONDITION_DEPTH_MAX + 1);
    assert_status(count_rows(table, text + size - CONDITION_DEPTH_MAX - 20, NULL, 0, &count, &err),
                  INLAY_QUERY);
    text[CONDITION_DEPTH_MAX + 1] = '\0';
    assert_status(count_rows(table, text, NULL, 0, &count, &err), INLAY_OVER_BUDGET);
    assert_int_equal(err.offset, CONDITION_DEPTH_MAX);
    /* Depth without brackets: the parse tree is as deep as the text is long. */
    for (size_t i = 0; i < 900; i++) {
        memcpy(text + i * 4, "key+", 4);
    }
    (void)snprintf(text + 3600, 16, "key > 1");
    assert_status(count_rows(table, text, NULL, 0, &count, &err), INLAY_OVER_BUDGET);
    free(text);
}

static void parameters_are_values(void **state)
{
    inlay_parameter p[2] = {{.kind = INLAY_PARAMETER_INT64, .integer = 10},
                            {.kind = INLAY_PARAMETER_TEXT, .bytes = "even%", .length = 5}};
    inlay_parameter named = {.name = "x", .kind = INLAY_PARAMETER_TEXT};
    uint64_t count;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(count_rows(table, "key < ? AND body LIKE ?", p, 2, &count, &err), err);
    assert_int_equal(count, 4);
    p[0].integer = 20;
    assert_ok(count_rows(table, "key < ? AND body LIKE ?", p, 2, &count, &err), err);
    assert_int_equal(count, 8);
    named.bytes = "' OR true OR '";
    named.length = 14;
    assert_ok(count_rows(table, "body = $x", &named, 1, &count, &err), err);
    assert_int_equal(count, 0);
    assert_status(count_rows(table, "key < ?", p, 2, &count, &err), INLAY_QUERY);
    assert_status(count_rows(table, "key < $y", &named, 1, &count, &err), INLAY_QUERY);
}

static inlay_status ask(const char *sql, const inlay_parameter *parameter, bool *yes,
                        inlay_error *err)
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    inlay_status status = inlay_query_sql(connection, sql, parameter, 1, NULL, &stream, NULL, err);
    if (status != INLAY_OK) {
        return status;
    }
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_non_null(batch.release);
    *yes = ((const int64_t *)batch.children[0]->buffers[1])[0] == 1;
    batch.release(&batch);
    stream.release(&stream);
    return INLAY_OK;
}

/* Each kind equals the literal that it stands for. */
static void parameters_are_of_every_kind(void **state)
{
    static const float floats[] = {0.5f, -2};
    static const int64_t integers[] = {3, -4};
    static const char *const texts[] = {"a", NULL, "it's"};
    static const inlay_id id = {7, 9};
    static const struct {
        const char *sql;
        inlay_parameter parameter;
    } cases[] = {
        {"? IS NULL", {.kind = INLAY_PARAMETER_NULL}},
        {"DATE '2020-01-01' = ? IS NULL", {.kind = INLAY_PARAMETER_NULL}},
        {"([1.5]::FLOAT[1] IS NOT DISTINCT FROM ?) = false", {.kind = INLAY_PARAMETER_NULL}},
        {"? = true", {.kind = INLAY_PARAMETER_BOOL, .integer = 1}},
        {"? = -3", {.kind = INLAY_PARAMETER_INT64, .integer = -3}},
        {"? = 18446744073709551615", {.kind = INLAY_PARAMETER_UINT64, .integer = -1}},
        {"? = 0.1::DOUBLE", {.kind = INLAY_PARAMETER_DOUBLE, .number = 0.1}},
        {"? = 'a' || chr(39)", {.kind = INLAY_PARAMETER_TEXT, .bytes = "a'", .length = 2}},
        {"? = '\\x00\\xff'::BLOB",
         {.kind = INLAY_PARAMETER_BLOB, .bytes = "\x00\xff", .length = 2}},
        {"?::FLOAT[2] = [0.5, -2.0]::FLOAT[2]",
         {.kind = INLAY_PARAMETER_FLOATS, .bytes = floats, .length = 2}},
        {"? = 12.50::DECIMAL(9, 2)",
         {.kind = INLAY_PARAMETER_DECIMAL, .bytes = "12.5", .length = 4}},
        {"? = -0.001", {.kind = INLAY_PARAMETER_DECIMAL, .bytes = "-.001", .length = 5}},
        {"? = 99999999999999999999999999999999999999::DECIMAL(38, 0)",
         {.kind = INLAY_PARAMETER_DECIMAL,
          .bytes = "99999999999999999999999999999999999999",
          .length = 38}},
        {"? = DATE '1969-12-31'", {.kind = INLAY_PARAMETER_DATE, .integer = -1}},
        {"? = TIME '00:00:01.5'", {.kind = INLAY_PARAMETER_TIME, .integer = 1500000}},
        {"? = TIMESTAMP '1970-01-02 00:00:00'",
         {.kind = INLAY_PARAMETER_TIMESTAMP, .integer = 86400000000}},
        {"? = TIMESTAMPTZ '1970-01-02 02:00:00+02'",
         {.kind = INLAY_PARAMETER_TIMESTAMPTZ, .integer = 86400000000}},
        {"? = 129127208515966861321::DECIMAL(38, 0)",
         {.kind = INLAY_PARAMETER_ID, .bytes = &id, .length = 1}},
        {"? = ['a', NULL, 'it''s']", {.kind = INLAY_PARAMETER_TEXTS, .bytes = texts, .length = 3}},
        {"'it''s' = ANY(?)", {.kind = INLAY_PARAMETER_TEXTS, .bytes = texts, .length = 3}},
        {"len(?) = 0", {.kind = INLAY_PARAMETER_TEXTS}},
        {"? = [3, -4]", {.kind = INLAY_PARAMETER_INT64S, .bytes = integers, .length = 2}},
    };
    static const inlay_parameter bad[] = {
        {.kind = INLAY_PARAMETER_DECIMAL, .bytes = "1e5", .length = 3},
        {.kind = INLAY_PARAMETER_DECIMAL, .bytes = "", .length = 0},
        {.kind = INLAY_PARAMETER_DECIMAL, .bytes = "-", .length = 1},
        {.kind = INLAY_PARAMETER_DECIMAL,
         .bytes = "999999999999999999999999999999999999999",
         .length = 39},
        {.kind = INLAY_PARAMETER_DATE, .integer = INT64_MAX},
        {.kind = INLAY_PARAMETER_TIME, .integer = -1},
        {.kind = INLAY_PARAMETER_ID, .bytes = &id, .length = 2},
        {.kind = INLAY_PARAMETER_TEXT, .length = 3},
        {.kind = 16},
        {.kind = -1},
    };
    inlay_error err;
    bool yes = false;
    (void)state;
    inlay_error_init(&err);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char sql[256];
        (void)snprintf(sql, sizeof(sql), "SELECT (%s)::BIGINT", cases[i].sql);
        assert_ok(ask(sql, &cases[i].parameter, &yes, &err), err);
        if (!yes) {
            fail_msg("not so: %s", cases[i].sql);
        }
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_status(ask("SELECT (? IS NULL)::BIGINT", &bad[i], &yes, &err),
                      INLAY_INVALID_ARGUMENT);
    }
}

static void ids_and_a_condition_meet(void **state)
{
    inlay_search_options options;
    inlay_filter filter;
    inlay_id ids[2];
    uint64_t count;
    inlay_error err;
    struct table_view *view = NULL;
    struct resolved_row *rows = NULL;
    uint64_t found = 0;
    (void)state;
    inlay_error_init(&err);
    assert_ok(table_handle_view(table, &view, &err), err);
    assert_ok(
        sql_resolve_rows(engine, "docs", view, "key IN (3, 40)", NULL, 0, 10, &rows, &found, &err),
        err);
    table_view_release(view);
    assert_int_equal(found, 2);
    for (size_t i = 0; i < 2; i++) {
        ids[i].hi = rows[i].id.hi;
        ids[i].lo = rows[i].id.lo;
    }
    mem_free(rows);
    inlay_filter_init(&filter);
    inlay_search_options_init(&options);
    options.filter = &filter;
    filter.allowed = ids;
    filter.allowed_count = 2;
    assert_ok(inlay_bm25_count(table, "body", "sea", &options, &count, NULL, &err), err);
    assert_int_equal(count, 2);
    filter.where = "key < 10";
    assert_ok(inlay_bm25_count(table, "body", "sea", &options, &count, NULL, &err), err);
    assert_int_equal(count, 1);
    filter.allowed = NULL;
    filter.excluded = ids;
    filter.excluded_count = 2;
    assert_ok(inlay_bm25_count(table, "body", "sea", &options, &count, NULL, &err), err);
    assert_int_equal(count, 7);
}

static struct filter_cache_counts counts_now(void)
{
    struct filter_cache_counts counts;
    sql_filter_counts(engine, &counts);
    return counts;
}

static void conditions_are_kept_until_the_table_changes(void **state)
{
    struct filter_cache_counts before = counts_now();
    struct filter_cache_counts after;
    inlay_table *old = NULL;
    uint64_t count;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_table_snapshot(table, &old, &err), err);
    assert_count("key >= 50", 8);
    assert_count("key >= 50", 8);
    assert_count("key >= 50", 8);
    after = counts_now();
    assert_int_equal(after.misses, before.misses + 1);
    assert_int_equal(after.hits, before.hits + 2);
    assert_int_equal(after.entries, before.entries + 1);
    assert_true(after.bytes > before.bytes);
    append_rows(table, ROWS, 10);
    assert_count("key >= 50", 16);
    assert_ok(count_rows(old, "key >= 50", NULL, 0, &count, &err), err);
    assert_int_equal(count, 8);
    inlay_table_close(old);
}

/* What may answer differently tomorrow is asked again. */
static void changing_conditions_are_not_kept(void **state)
{
    static const char *const conditions[] = {
        "random() >= 0",
        "current_date > DATE '2000-01-01'",
        "now() > TIMESTAMPTZ '2000-01-01 00:00:00+00'",
        "key IN (SELECT key FROM other)",
        "key < 1 OR EXISTS (SELECT 1 FROM docs WHERE key < random())",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        struct filter_cache_counts before = counts_now();
        uint64_t count;
        inlay_error err;
        inlay_error_init(&err);
        assert_ok(count_rows(table, conditions[i], NULL, 0, &count, &err), err);
        assert_ok(count_rows(table, conditions[i], NULL, 0, &count, &err), err);
        assert_int_equal(counts_now().hits, before.hits);
        assert_int_equal(counts_now().entries, before.entries);
    }
    /* A bad one is not kept either, and nobody waits for it. */
    assert_refused("nothing = 1", "no column", 0);
    assert_refused("nothing = 1", "no column", 0);
}

/* The list of names knows every function of the engine's catalog that is not constant. */
static void the_list_of_changing_functions_is_whole(void **state)
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    size_t seen = 0;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_query_sql(connection,
                              "SELECT DISTINCT function_name FROM duckdb_functions() WHERE "
                              "function_type = 'scalar' AND stability <> 'CONSISTENT'",
                              NULL, 0, NULL, &stream, NULL, &err),
              err);
    for (;;) {
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        if (batch.release == NULL) {
            break;
        }
        for (int64_t i = 0; i < batch.length; i++, seen++) {
            const int32_t *offsets = batch.children[0]->buffers[1];
            const char *data = (const char *)batch.children[0]->buffers[2] + offsets[i];
            size_t length = (size_t)(offsets[i + 1] - offsets[i]);
            bool known = false;
            for (size_t n = 0; n < condition_changing_count; n++) {
                known = known || (strlen(condition_changing_names[n]) == length &&
                                  memcmp(condition_changing_names[n], data, length) == 0);
            }
            if (!known) {
                fail_msg("%.*s is missing in condition_changing_names", (int)length, data);
            }
        }
        batch.release(&batch);
    }
    stream.release(&stream);
    assert_true(seen > 10);
}

enum { THREADS = 8 };

static void *count_in_thread(void *context)
{
    uint64_t *count = context;
    inlay_error err;
    inlay_error_init(&err);
    if (count_rows(table, "key % 3 = 1 OR body LIKE '%odd%'", NULL, 0, count, &err) != INLAY_OK) {
        *count = UINT64_MAX;
    }
    return NULL;
}

static void threads_share_one_computation(void **state)
{
    struct filter_cache_counts before = counts_now();
    pthread_t threads[THREADS];
    uint64_t counts[THREADS];
    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_in_thread, &counts[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(counts[i], counts[0]);
    }
    assert_true(counts[0] > 0 && counts[0] < ROWS * 2);
    assert_int_equal(counts_now().misses, before.misses + 1);
    assert_int_equal(counts_now().hits, before.hits + THREADS - 1);
}

/* ---- the cache by itself ---- */

static void make_key(struct filter_key *key, uint64_t table_hash, uint64_t version, char name)
{
    buffer_init(&key->bytes, SIZE_MAX);
    buffer_u64(&key->bytes, table_hash);
    buffer_u64(&key->bytes, version);
    buffer_u8(&key->bytes, (uint8_t)name);
    key->hash = table_hash ^ version ^ (uint64_t)name;
    key->table = table_hash;
    key->version = version;
}

static void keep(struct filter_cache *cache, const struct row_filter *filter, uint64_t table_hash,
                 uint64_t version, char name)
{
    const struct row_filter *found;
    struct filter_key key;
    inlay_error err;
    inlay_error_init(&err);
    make_key(&key, table_hash, version, name);
    assert_ok(filter_cache_get(cache, &key, NULL, &found, &err), err);
    assert_null(found);
    filter_cache_done(cache, &key, filter);
    buffer_free(&key.bytes);
}

/* Asking makes a miss; it is given back at once. */
static bool is_kept(struct filter_cache *cache, uint64_t table_hash, uint64_t version, char name)
{
    const struct row_filter *found;
    struct filter_key key;
    inlay_error err;
    inlay_error_init(&err);
    make_key(&key, table_hash, version, name);
    assert_ok(filter_cache_get(cache, &key, NULL, &found, &err), err);
    if (found == NULL) {
        filter_cache_done(cache, &key, NULL);
    }
    row_filter_release(found);
    buffer_free(&key.bytes);
    return found != NULL;
}

static void old_versions_leave_first_then_the_unused(void **state)
{
    struct table_view *view;
    struct row_filter *filter;
    struct filter_cache *cache;
    struct filter_cache_counts counts;
    uint64_t each;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(table_handle_view(table, &view, &err), err);
    assert_ok(row_filter_create(view, true, &filter, &err), err);
    table_view_release(view);
    each = row_filter_bytes(filter) + 200;
    assert_ok(filter_cache_create(3 * each, &cache, &err), err);
    keep(cache, filter, 1, 7, 'a');
    keep(cache, filter, 1, 7, 'b');
    keep(cache, filter, 2, 1, 'c');
    assert_true(is_kept(cache, 1, 7, 'a'));
    keep(cache, filter, 1, 7, 'd'); /* b was not used for the longest time */
    assert_false(is_kept(cache, 1, 7, 'b'));
    assert_true(is_kept(cache, 1, 7, 'a'));
    assert_true(is_kept(cache, 1, 7, 'd'));
    keep(cache, filter, 1, 8, 'a'); /* d and a of version 7 are outdated: a is the older use */
    assert_true(is_kept(cache, 2, 1, 'c'));
    assert_true(is_kept(cache, 1, 8, 'a'));
    keep(cache, filter, 1, 8, 'b');
    assert_true(is_kept(cache, 2, 1, 'c'));
    assert_true(is_kept(cache, 1, 8, 'a'));
    assert_true(is_kept(cache, 1, 8, 'b'));
    assert_false(is_kept(cache, 1, 7, 'a'));
    assert_false(is_kept(cache, 1, 7, 'd'));
    filter_cache_count(cache, &counts);
    assert_true(counts.bytes <= 3 * each);
    filter_cache_free(cache);
    assert_ok(filter_cache_create(each / 2, &cache, &err), err);
    keep(cache, filter, 1, 1, 'a'); /* larger than the whole cache */
    filter_cache_count(cache, &counts);
    assert_int_equal(counts.entries, 0);
    assert_int_equal(counts.bytes, 0);
    filter_cache_free(cache);
    row_filter_release(filter);
}

static void mutations_get_their_rows_in_order_of_id(void **state)
{
    struct table_view *view;
    struct resolved_row *rows;
    uint64_t count;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(table_handle_view(table, &view, &err), err);
    assert_ok(sql_resolve_rows(engine, "docs", view, "key % 7 = 0 AND key < 60", NULL, 0, 9, &rows,
                               &count, &err),
              err);
    assert_int_equal(count, 9);
    for (size_t i = 0; i < count; i++) {
        struct superfile *file;
        assert_int_equal(rows[i].superfile, i * 7 / (ROWS / FILES));
        assert_int_equal(rows[i].row, i * 7 % (ROWS / FILES));
        assert_ok(table_view_superfile(view, rows[i].superfile, &file, &err), err);
        assert_int_equal(rows[i].id.hi, superfile_id(file, rows[i].row).hi);
        assert_int_equal(rows[i].id.lo, superfile_id(file, rows[i].row).lo);
        superfile_release(file);
        assert_true(i == 0 || rows[i - 1].id.hi < rows[i].id.hi ||
                    (rows[i - 1].id.hi == rows[i].id.hi && rows[i - 1].id.lo < rows[i].id.lo));
    }
    mem_free(rows);
    assert_status(sql_resolve_rows(engine, "docs", view, "key % 7 = 0 AND key < 60", NULL, 0, 8,
                                   &rows, &count, &err),
                  INLAY_OVER_BUDGET);
    assert_null(rows);
    assert_non_null(strstr(err.message, "9 rows satisfy the condition, at most 8"));
    assert_status(sql_resolve_rows(engine, "docs", view, "key +", NULL, 0, 8, &rows, &count, &err),
                  INLAY_QUERY);
    assert_ok(sql_resolve_rows(engine, "docs", view, "false", NULL, 0, 8, &rows, &count, &err),
              err);
    assert_int_equal(count, 0);
    mem_free(rows);
    table_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_may_use_the_columns_and_more),
        cmocka_unit_test(everything_else_is_refused_with_its_place),
        cmocka_unit_test(files_stay_closed),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(parameters_are_values),
        cmocka_unit_test(parameters_are_of_every_kind),
        cmocka_unit_test(ids_and_a_condition_meet),
        cmocka_unit_test(mutations_get_their_rows_in_order_of_id),
        cmocka_unit_test(conditions_are_kept_until_the_table_changes),
        cmocka_unit_test(changing_conditions_are_not_kept),
        cmocka_unit_test(the_list_of_changing_functions_is_whole),
        cmocka_unit_test(threads_share_one_computation),
        cmocka_unit_test(old_versions_leave_first_then_the_unused),
    };
    return cmocka_run_group_tests(tests, open_tables, close_tables);
}
