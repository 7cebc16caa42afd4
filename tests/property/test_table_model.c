/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random sequences of what one can do to tables, against a model that is a list of rows and a list
 * of versions. After every step the table, SQL, search, a pinned snapshot, an old version and a few
 * rows by id are compared with it.
 */
#include "tables/tables.h"

#include "storage/local.h"
#include "storage/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAMES = 2, ROWS_MAX = 2000, VERSIONS_MAX = 200, STEPS = 50 };
static const char *const names[NAMES] = {"first", "second"};

struct version {
    uint64_t number;
    int64_t time_ms;
    size_t rows; /* the first so many of the model's */
};

struct model {
    bool exists;
    inlay_table *table;  /* follows the newest version */
    inlay_table *pinned; /* may be of a table that was dropped */
    size_t pinned_rows;
    size_t pinned_whales;
    inlay_id ids[ROWS_MAX];
    bool whale[ROWS_MAX]; /* the row's text has that word */
    size_t count;
    struct version versions[VERSIONS_MAX];
    size_t version_count;
};

struct world {
    struct env env; /* a wall clock that the steps move */
    int64_t now_ms;
    char *folder; /* NULL: in memory */
    inlay_connection *connection;
    struct model models[NAMES];
    struct test_random random;
};

static int64_t world_now(void *context)
{
    return ((struct world *)context)->now_ms;
}

static uint64_t world_monotonic(void *context)
{
    (void)context;
    return env_system()->monotonic_ns(env_system()->context);
}

static bool world_random(void *context, void *out, size_t size)
{
    (void)context;
    return env_system()->random(env_system()->context, out, size);
}

static void world_sleep(void *context, uint64_t ns)
{
    (void)context;
    env_system()->sleep_ns(env_system()->context, ns);
}

static const char *world_variable(void *context, const char *name)
{
    (void)context;
    return env_system()->variable(env_system()->context, name);
}

static void world_connect(struct world *world)
{
    const struct provider_local_options options = {.no_sync = true};
    struct provider *provider = NULL;
    inlay_error err;
    inlay_error_init(&err);
    if (world->folder != NULL) {
        assert_ok(provider_local_open_with(world->folder, &options, &provider, &err), err);
    } else {
        assert_ok(provider_memory_create(&provider, &err), err);
    }
    assert_ok(tables_connect(provider, &world->env, &world->connection, &err), err);
}

static size_t whales_in(const struct model *model, size_t rows)
{
    size_t whales = 0;
    size_t i;
    for (i = 0; i < rows; i++) {
        whales += model->whale[i];
    }
    return whales;
}

/* ---- steps ---- */

static void step_create(struct world *world, int which)
{
    struct model *model = &world->models[which];
    inlay_table *table = NULL;
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    status = tables_create(world->connection, names[which], &table, &err);
    if (model->exists) {
        assert_int_equal(status, INLAY_ALREADY_EXISTS);
        assert_null(table);
        return;
    }
    assert_ok(status, err);
    model->exists = true;
    model->table = table;
    model->count = 0;
    model->version_count = 0;
}

static void step_drop(struct world *world, int which)
{
    struct model *model = &world->models[which];
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    status = inlay_drop_table(world->connection, names[which], &err);
    assert_int_equal(status, model->exists ? INLAY_OK : INLAY_NOT_FOUND);
    inlay_table_close(model->table);
    model->table = NULL;
    model->exists = false;
}

static void step_append(struct world *world, int which)
{
    static const char *const texts[] = {"a whale", NULL, "", "sea and land", "whale whale whale"};
    struct model *model = &world->models[which];
    struct test_random *random = &world->random;
    struct table_row rows[60];
    struct table_rows stored;
    inlay_append_options options;
    inlay_append_result result;
    size_t count = test_random_below(random, 60);
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    if (!model->exists || model->count + count > ROWS_MAX || model->version_count == VERSIONS_MAX) {
        return;
    }
    for (i = 0; i < count; i++) {
        size_t text = test_random_below(random, 5);
        rows[i].key = (int64_t)(model->count + i);
        rows[i].body = texts[text];
        model->whale[model->count + i] = text == 0 || text == 4;
    }
    inlay_append_options_init(&options);
    options.target_superfile_bytes = test_random_below(random, 3) == 0 ? 200 : 0;
    assert_ok(tables_append(model->table, rows, count, 1 + test_random_below(random, 30), &options,
                            &result, &err),
              err);
    assert_int_equal(result.rows, count);
    if (count == 0) {
        assert_int_equal(result.version, 0);
        return;
    }
    model->count += count;
    model->versions[model->version_count++] =
        (struct version){result.version, world->now_ms, model->count};
    assert_ok(tables_scan(world->connection, names[which], "ORDER BY _id", &stored, &err), err);
    assert_int_equal(stored.count, model->count);
    memcpy(model->ids, stored.ids, stored.count * sizeof(stored.ids[0]));
    assert_memory_equal(&model->ids[model->count - count], &result.first_id, sizeof(inlay_id));
    assert_memory_equal(&model->ids[model->count - 1], &result.last_id, sizeof(inlay_id));
    table_rows_free(&stored);
}

static void step_pin(struct world *world, int which)
{
    struct model *model = &world->models[which];
    inlay_error err;
    inlay_error_init(&err);
    if (!model->exists) {
        return;
    }
    inlay_table_close(model->pinned);
    model->pinned = NULL;
    assert_ok(inlay_table_snapshot(model->table, &model->pinned, &err), err);
    model->pinned_rows = model->count;
    model->pinned_whales = whales_in(model, model->count);
}

static void close_tables(struct world *world)
{
    int i;
    for (i = 0; i < NAMES; i++) {
        inlay_table_close(world->models[i].table);
        inlay_table_close(world->models[i].pinned);
        world->models[i].table = NULL;
        world->models[i].pinned = NULL;
    }
    inlay_close(world->connection);
}

static void step_reopen(struct world *world)
{
    inlay_error err;
    int i;
    inlay_error_init(&err);
    if (world->folder == NULL) {
        return;
    }
    close_tables(world);
    world_connect(world);
    for (i = 0; i < NAMES; i++) {
        struct model *model = &world->models[i];
        inlay_status status =
            inlay_open_table(world->connection, names[i], NULL, &model->table, &err);
        assert_int_equal(status, model->exists ? INLAY_OK : INLAY_NOT_FOUND);
    }
}

/* ---- checks ---- */

static void check_handle(inlay_table *table, size_t rows, size_t whales)
{
    uint64_t found;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(inlay_table_count(table, &found, &err), err);
    assert_int_equal(found, rows);
    assert_ok(inlay_bm25_count(table, "body", "whale", NULL, &found, NULL, &err), err);
    assert_int_equal(found, whales);
}

static void check_old_version(struct world *world, int which)
{
    struct model *model = &world->models[which];
    size_t pick = test_random_below(&world->random, model->version_count);
    const struct version *version = &model->versions[pick];
    inlay_open_options options;
    inlay_table *table = NULL;
    inlay_error err;
    inlay_error_init(&err);
    inlay_open_options_init(&options);
    if (test_random_below(&world->random, 2) == 0) {
        options.version = version->number;
    } else { /* any time until the next version's */
        options.as_of_unix_ms = version->time_ms + (int64_t)test_random_below(&world->random, 10);
    }
    assert_ok(inlay_open_table(world->connection, names[which], &options, &table, &err), err);
    check_handle(table, version->rows, whales_in(model, version->rows));
    inlay_table_close(table);
    inlay_open_options_init(&options);
    options.version = model->versions[model->version_count - 1].number + 1;
    assert_status(inlay_open_table(world->connection, names[which], &options, &table, &err),
                  INLAY_NOT_FOUND);
}

struct version_list {
    uint64_t numbers[VERSIONS_MAX + 1];
    size_t count;
};

static void visit_version(void *context, const struct array_view *batch, int64_t row)
{
    struct version_list *list = context;
    assert_true(list->count <= VERSIONS_MAX);
    list->numbers[list->count++] = (uint64_t)array_view_int(&batch->children[0], row);
}

static void check_versions(const struct model *model)
{
    struct version_list list = {.count = 0};
    struct ArrowArrayStream stream;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(inlay_table_versions(model->table, 0, &stream, &err), err);
    assert_ok(tables_each_row(&stream, visit_version, &list, &err), err);
    assert_in_range(list.count, model->version_count, model->version_count + 1); /* creation */
    for (i = 0; i < model->version_count; i++) {
        assert_int_equal(list.numbers[i], model->versions[model->version_count - 1 - i].number);
        assert_true(i == 0 || list.numbers[i] + 1 == list.numbers[i - 1]);
    }
}

static void check_rows_by_id(struct world *world, const struct model *model)
{
    enum { WANTED = 5 };
    inlay_id ids[WANTED];
    size_t picks[WANTED];
    struct table_rows got;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    for (i = 0; i < WANTED; i++) {
        picks[i] = test_random_below(&world->random, model->count);
        ids[i] = model->ids[picks[i]];
    }
    assert_ok(tables_get(model->table, ids, WANTED, &got, &err), err);
    assert_int_equal(got.count, WANTED);
    for (i = 0; i < WANTED; i++) {
        assert_int_equal(got.rows[i].key, picks[i]);
        assert_memory_equal(&got.ids[i], &ids[i], sizeof(ids[i]));
    }
    table_rows_free(&got);
}

static void check_model(struct world *world, int which)
{
    struct model *model = &world->models[which];
    int64_t values[2];
    char sql[128];
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    (void)snprintf(sql, sizeof(sql), "SELECT count(*), coalesce(sum(key), 0)::BIGINT FROM %s",
                   names[which]);
    status = tables_sql(world->connection, sql, values, 2, &err);
    if (model->pinned != NULL) {
        check_handle(model->pinned, model->pinned_rows, model->pinned_whales);
    }
    if (!model->exists) {
        assert_int_equal(status, INLAY_QUERY);
        return;
    }
    assert_ok(status, err);
    assert_int_equal(values[0], model->count);
    assert_int_equal(values[1], model->count * (model->count - (model->count != 0)) / 2);
    check_handle(model->table, model->count, whales_in(model, model->count));
    check_versions(model);
    if (model->version_count != 0) {
        check_old_version(world, which);
        check_rows_by_id(world, model);
    }
}

static void run_sequence(bool in_folder, struct test_random *random)
{
    static struct world world;
    int step;
    int i;
    memset(&world, 0, sizeof(world));
    world.random.state = test_random_next(random);
    world.env =
        (struct env){world_now, world_monotonic, world_random, world_sleep, world_variable, &world};
    world.now_ms = 1700000000000;
    world.folder = in_folder ? test_folder_make() : NULL;
    world_connect(&world);
    for (step = 0; step < STEPS; step++) {
        int which = (int)test_random_below(&world.random, NAMES);
        world.now_ms += 10;
        switch (test_random_below(&world.random, 12)) {
        case 0:
            step_drop(&world, which);
            break;
        case 1:
        case 2:
            step_create(&world, which);
            break;
        case 3:
            step_pin(&world, which);
            break;
        case 4:
            step_reopen(&world);
            break;
        default:
            step_append(&world, which);
        }
        for (i = 0; i < NAMES; i++) {
            check_model(&world, i);
        }
    }
    close_tables(&world);
    if (world.folder != NULL) {
        test_folder_remove(world.folder);
        free(world.folder);
    }
}

static void tables_follow_the_model(void **state)
{
    struct test_random random = test_random_init(77);
    uint64_t round;
    (void)state;
    for (round = 0; round < 4 * tables_scale(); round++) {
        run_sequence(round % 2 != 0, &random);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_follow_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
