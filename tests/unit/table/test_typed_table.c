/* SPDX-License-Identifier: Apache-2.0 */
/* Rows into a table with vector indexes: what the superfiles and the manifest then have. */
#include "unit/table/fixture.h"

#include "base/error.h"
#include "columnar/batch.h"
#include "columnar/builder.h"
#include "columnar/stream.h"
#include "storage/metrics.h"
#include "table/rows/typed_table.h"
#include "table/rows/vector_search.h"

#include <math.h>

enum { ROWS = 3000, DIM = 8 };

struct world {
    struct fake_env fake;
    struct provider *store; /* has no views; counts what is asked of it */
    struct io_account account;
    struct exec_pool *pool;
    struct typed_table *table;
    inlay_error err;
};

static void make_columns(struct schema *columns)
{
    struct field *field;
    inlay_error err;
    inlay_error_init(&err);
    memset(columns, 0, sizeof(*columns));
    (void)schema_add(columns, "n", COLUMN_INT64, false);
    field = schema_add(columns, "", COLUMN_NULL, true);
    field_free(field);
    assert_ok(field_type_parse("fixed_list<float32>[8]", field, &err), err);
    free(field->name);
    field->name = strdup("v");
}

static inlay_status world_open_with(struct world *w, const char *column, size_t open_superfiles)
{
    struct typed_vector_index vector = {NULL, VECTOR_L2, 0, 32};
    struct typed_table_options typed = {0};
    struct table_options options;
    struct provider *memory;
    struct schema columns;
    struct table *table;
    inlay_status status;
    memset(w, 0, sizeof(*w));
    inlay_error_init(&w->err);
    fake_env_init(&w->fake, 5);
    assert_ok(provider_memory_create(&memory, &w->err), w->err);
    assert_ok(provider_metrics_wrap(memory, true, &w->account, &w->fake.env, &w->store, &w->err),
              w->err);
    assert_ok(exec_pool_create(2, &w->pool, &w->err), w->err);
    options = fixture_options(w->store, &w->fake.env);
    assert_ok(table_create(&options, &table, &w->err), w->err);
    make_columns(&columns);
    vector.column = strdup(column);
    typed.provider = w->store;
    typed.location = options.location;
    typed.vectors = &vector;
    typed.vector_count = 1;
    typed.pool = w->pool;
    typed.open_superfiles = open_superfiles;
    status = typed_table_create(table, &columns, NULL, 0, &typed, &w->table, &w->err);
    free(vector.column);
    return status;
}

static inlay_status world_open(struct world *w, const char *column)
{
    return world_open_with(w, column, 0);
}

static void world_close(struct world *w)
{
    typed_table_release(w->table);
    exec_pool_destroy(w->pool);
    provider_close(w->store);
}

/* Element k of row n; every ninth row has no vector. */
static float element(uint64_t n, uint32_t k)
{
    struct test_random random = {n * DIM + k};
    return (float)test_random_unit(&random);
}

static inlay_status append(struct world *w, float bad, uint64_t target,
                           struct typed_append_result *result)
{
    struct typed_append_options options = {.target_bytes = target};
    struct ArrowArrayStream stream;
    struct builder *builder;
    struct schema schema;
    struct batch batch;
    inlay_status status;
    uint64_t n;
    uint32_t k;
    memset(&batch, 0, sizeof(batch));
    make_columns(&schema);
    make_columns(&batch.schema);
    assert_ok(builder_new_batch(&batch.schema, SIZE_MAX, &builder, &w->err), w->err);
    for (n = 0; n < ROWS; n++) {
        struct builder *vector = builder_child(builder, 1);
        assert_ok(builder_int(builder_child(builder, 0), (int64_t)n, &w->err), w->err);
        for (k = 0; k < DIM && n % 9 != 4; k++) {
            float value = n == ROWS - 1 && k == 3 ? bad : element(n, k);
            assert_ok(builder_float(builder_child(vector, 0), value, &w->err), w->err);
        }
        assert_ok(n % 9 != 4 ? builder_close_row(vector, &w->err) : builder_null(vector, &w->err),
                  w->err);
        assert_ok(builder_close_row(builder, &w->err), w->err);
    }
    assert_ok(builder_finish(builder, &batch.array, &w->err), w->err);
    builder_free(builder);
    assert_ok(stream_of_batches(&schema, &batch, 1, &stream, &w->err), w->err);
    status = typed_table_append(w->table, &stream, &options, result, &w->err);
    schema_free(&schema);
    return status;
}

/* All superfiles are searched as one; `first` gets the number of the nearest row. */
static void nearest(struct world *w, struct table_view *view, uint64_t n, uint64_t *first)
{
    struct vector_segment segments[64] = {{0}};
    struct superfile *files[64];
    uint64_t before[64];
    struct vector_search_options options;
    struct vector_hit *hits = NULL;
    size_t count = 0;
    uint64_t rows = 0;
    float query[DIM];
    uint32_t k;
    size_t i;
    assert_in_range(view->list.count, 1, 64);
    for (i = 0; i < view->list.count; i++) {
        assert_ok(table_view_superfile(view, i, &files[i], &w->err), w->err);
        segments[i].index = superfile_vector(files[i], "v");
        assert_non_null(segments[i].index);
        assert_ok(superfile_vector_rows(files[i], "v", &segments[i].rows, &w->err), w->err);
        before[i] = rows;
        rows += superfile_rows(files[i]);
    }
    for (k = 0; k < DIM; k++) {
        query[k] = element(n, k);
    }
    vector_search_options_init(&options);
    options.k = 1;
    assert_ok(
        vector_search(query, segments, view->list.count, &options, &hits, &count, NULL, &w->err),
        w->err);
    assert_int_equal(count, 1);
    *first = before[hits[0].segment] + hits[0].row;
    mem_free(hits);
    for (i = 0; i < view->list.count; i++) {
        superfile_release(files[i]);
    }
}

static void appended_vectors_are_indexed(void **state)
{
    static const uint64_t targets[] = {0, ROWS * DIM * 4 / 6};
    size_t t;
    (void)state;
    for (t = 0; t < 2; t++) {
        struct typed_append_result result;
        struct table_view *view;
        struct entry_list list;
        uint64_t vectors = 0;
        uint64_t found;
        size_t count;
        size_t i;
        struct world w;
        assert_ok(world_open(&w, "v"), w.err);
        assert_string_equal(typed_table_vectors(w.table, &count)->column, "v");
        assert_int_equal(count, 1);
        assert_int_equal(typed_table_vector(w.table, "v")->metric, VECTOR_L2);
        assert_null(typed_table_vector(w.table, "n"));
        assert_ok(append(&w, 0.5f, targets[t], &result), w.err);
        assert_int_equal(result.rows, ROWS);
        assert_true(t == 0 ? result.superfiles == 1 : result.superfiles > 3);
        assert_ok(table_view_open(w.table, NULL, &view, &w.err), w.err);
        assert_ok(snapshot_scan(view->snapshot, NULL, ENTRY_HAS_VECTORS, &list, &w.err), w.err);
        for (i = 0; i < list.count; i++) {
            vectors += manifest_entry_vector(&list.entries[i], "v")->count;
        }
        assert_int_equal(vectors, ROWS - ROWS / 9);
        entry_list_free(&list);
        nearest(&w, view, 17, &found);
        assert_int_equal(found, 17);
        nearest(&w, view, ROWS - 2, &found);
        assert_int_equal(found, ROWS - 2);
        table_view_release(view);
        world_close(&w);
    }
}

/* Searches a view of one superfile; returns how often the store was waited for. */
static uint64_t search_trips(struct world *w, struct table_view *view, uint64_t n,
                             enum vector_rerank rerank)
{
    uint64_t before = w->account.round_trips;
    struct vector_search_options options;
    struct vector_search_cost cost;
    struct table_hit *hits;
    float query[DIM];
    size_t count;
    uint32_t k;
    for (k = 0; k < DIM; k++) {
        query[k] = element(n, k);
    }
    vector_search_options_init(&options);
    options.rerank = rerank;
    assert_ok(
        table_vector_search(view, "v", query, NULL, 0, &options, &hits, &count, &cost, &w->err),
        w->err);
    assert_int_equal(count, options.k);
    assert_int_equal(hits[0].place.row, n);
    assert_true(cost.rows_reranked <= 40);
    mem_free(hits);
    return w->account.round_trips - before;
}

/* A view that finds no superfile open: one request opens it, one batch brings the probed cells, one
 * the stored vectors of the candidates. */
static void cold_searches_wait_three_times(void **state)
{
    struct typed_append_result result;
    struct table_view *view;
    struct world w;
    (void)state;
    assert_ok(world_open(&w, "v"), w.err);
    assert_ok(append(&w, 0.5f, 0, &result), w.err);
    assert_int_equal(result.superfiles, 1);
    assert_ok(table_view_open(w.table, NULL, &view, &w.err), w.err);
    assert_int_equal(search_trips(&w, view, 17, VECTOR_RERANK_EXACT), 3);
    assert_int_equal(search_trips(&w, view, 1000, VECTOR_RERANK_EXACT), 2); /* it is open now */
    assert_int_equal(search_trips(&w, view, 2000, VECTOR_RERANK_CODES), 1);
    table_view_release(view);
    world_close(&w);
}

static void cold_estimates_wait_twice(void **state)
{
    struct typed_append_result result;
    struct table_view *view;
    struct world w;
    (void)state;
    assert_ok(world_open(&w, "v"), w.err);
    assert_ok(append(&w, 0.5f, 0, &result), w.err);
    assert_ok(table_view_open(w.table, NULL, &view, &w.err), w.err);
    assert_int_equal(search_trips(&w, view, 17, VECTOR_RERANK_CODES), 2);
    assert_int_equal(search_trips(&w, view, 1000, VECTOR_RERANK_EXACT), 2);
    table_view_release(view);
    world_close(&w);
}

/* Views of one version share their list; a commit makes another one, and the old view keeps its. */
static void views_of_a_version_share_its_list(void **state)
{
    struct typed_append_result result;
    struct table_view *views[3];
    struct world w;
    size_t i;
    (void)state;
    assert_ok(world_open(&w, "v"), w.err);
    assert_ok(append(&w, 0.5f, 0, &result), w.err);
    assert_ok(table_view_open(w.table, NULL, &views[0], &w.err), w.err);
    assert_ok(table_view_open(w.table, NULL, &views[1], &w.err), w.err);
    assert_ptr_equal(views[0]->list.entries, views[1]->list.entries);
    assert_ok(append(&w, 0.5f, 0, &result), w.err);
    assert_ok(table_view_open(w.table, NULL, &views[2], &w.err), w.err);
    assert_int_equal(views[1]->list.count, 1);
    assert_int_equal(views[2]->list.count, 2);
    assert_int_equal(table_view_rows(views[0]), ROWS);
    assert_int_equal(table_view_rows(views[2]), 2 * ROWS);
    for (i = 0; i < 3; i++) {
        table_view_release(views[i]);
    }
    world_close(&w);
}

/* Whatever is asked for in whatever order, the right file comes, and no more than two stay open. */
static void few_superfiles_stay_open(void **state)
{
    struct test_random random = test_random_init(7);
    struct typed_append_result result;
    struct table_view *view;
    struct world w;
    unsigned i;
    (void)state;
    assert_ok(world_open_with(&w, "v", 2), w.err);
    assert_ok(append(&w, 0.5f, ROWS * DIM * 4 / 6, &result), w.err);
    assert_ok(table_view_open(w.table, NULL, &view, &w.err), w.err);
    assert_true(view->list.count > 3);
    for (i = 0; i < 300; i++) {
        size_t entry = (size_t)test_random_below(&random, view->list.count);
        uint64_t before = w.account.requests;
        struct superfile *first;
        struct superfile *again;
        assert_ok(table_view_superfile(view, entry, &first, &w.err), w.err);
        assert_true(id_compare(superfile_id(first, 0), view->list.entries[entry].id_min) == 0);
        assert_in_range(w.account.requests - before, 0, 1);
        assert_ok(table_view_superfile(view, entry, &again, &w.err), w.err);
        assert_ptr_equal(first, again);
        superfile_release(first);
        superfile_release(again);
    }
    table_view_release(view);
    world_close(&w);
}

static void bad_vectors_leave_nothing(void **state)
{
    static const uint64_t targets[] = {0, ROWS * DIM * 4 / 6};
    size_t t;
    (void)state;
    for (t = 0; t < 2; t++) {
        struct typed_append_result result;
        struct table_view *view;
        struct world w;
        assert_ok(world_open(&w, "v"), w.err);
        assert_status(append(&w, (float)INFINITY, targets[t], &result), INLAY_INVALID_ARGUMENT);
        assert_string_equal(w.err.key, "v");
        assert_int_equal(w.err.row, ROWS - 1);
        assert_ok(table_view_open(w.table, NULL, &view, &w.err), w.err);
        assert_int_equal(view->list.count, 0);
        table_view_release(view);
        world_close(&w);
    }
}

static void an_index_needs_a_vector_column(void **state)
{
    static const char *const names[] = {"n", "nothing"};
    size_t i;
    (void)state;
    for (i = 0; i < 2; i++) {
        struct world w;
        assert_status(world_open(&w, names[i]), INLAY_SCHEMA);
        assert_string_equal(w.err.key, names[i]);
        assert_null(w.table);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appended_vectors_are_indexed),
        cmocka_unit_test(cold_searches_wait_three_times),
        cmocka_unit_test(cold_estimates_wait_twice),
        cmocka_unit_test(views_of_a_version_share_its_list),
        cmocka_unit_test(few_superfiles_stay_open),
        cmocka_unit_test(bad_vectors_leave_nothing),
        cmocka_unit_test(an_index_needs_a_vector_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
