/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every storage call of an append fails once: before its effect, after it, or by a lost response.
 * Under the retries the append succeeds with one copy of each row; without them it either does, or
 * gives a clear error. What an error leaves is all of the rows or none (a lost response of the
 * publishing write), and trying again works. A full disk leaves the committed rows as they were.
 */
#include "tables/tables.h"

#include "storage/fault.h"
#include "storage/local.h"
#include "storage/memory.h"
#include "storage/retry.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

/* A clock that only sleeping moves. */
struct virtual_clock {
    struct env env;
    _Atomic uint64_t now_ns;
};

static uint64_t virtual_monotonic(void *context)
{
    return ((struct virtual_clock *)context)->now_ns;
}

static int64_t virtual_unix(void *context)
{
    return 1700000000000 + (int64_t)(((struct virtual_clock *)context)->now_ns / 1000000);
}

static void virtual_sleep(void *context, uint64_t ns)
{
    ((struct virtual_clock *)context)->now_ns += ns;
}

static void virtual_clock_init(struct virtual_clock *clock)
{
    clock->env = *env_system();
    clock->now_ns = 1;
    clock->env.monotonic_ns = virtual_monotonic;
    clock->env.unix_ms = virtual_unix;
    clock->env.sleep_ns = virtual_sleep;
    clock->env.context = clock;
}

struct scene {
    struct virtual_clock clock;
    struct provider *faulty; /* owned by the connection */
    inlay_connection *connection;
    inlay_table *table;
};

enum { FIRST_ROWS = 3, NEW_ROWS = 6 };
static const struct table_row first_rows[FIRST_ROWS] = {{0, "old row"}, {1, "old row"}, {2, NULL}};
static const struct table_row new_rows[NEW_ROWS] = {{10, "new row"}, {11, "new row"}, {12, NULL},
                                                    {13, ""},        {14, "new"},     {15, "new"}};

static void scene_open(struct scene *scene, bool retries)
{
    struct provider *provider = NULL;
    inlay_error err;
    inlay_error_init(&err);
    memset(scene, 0, sizeof(*scene));
    virtual_clock_init(&scene->clock);
    assert_ok(provider_memory_create(&provider, &err), err);
    assert_ok(provider_fault_wrap(provider, true, 5, &scene->clock.env, &scene->faulty, &err), err);
    provider = scene->faulty;
    if (retries) {
        const struct provider_retry_options options = {.env = &scene->clock.env};
        assert_ok(provider_retry_wrap(scene->faulty, true, &options, &provider, &err), err);
    }
    assert_ok(tables_connect(provider, &scene->clock.env, &scene->connection, &err), err);
    assert_ok(tables_create(scene->connection, "t", &scene->table, &err), err);
    assert_ok(tables_append(scene->table, first_rows, FIRST_ROWS, 0, NULL, NULL, &err), err);
    provider_fault_clear(scene->faulty);
}

static void scene_close(struct scene *scene)
{
    inlay_table_close(scene->table);
    inlay_close(scene->connection);
}

static inlay_status append_new(struct scene *scene, inlay_error *err)
{
    inlay_append_options options;
    inlay_append_options_init(&options);
    options.target_superfile_bytes = 30; /* several files */
    return tables_append(scene->table, new_rows, NEW_ROWS, 2, &options, NULL, err);
}

/* The table holds the first rows and `copies` times the new ones, for SQL and for search. */
static void check_copies(inlay_connection *connection, inlay_table *table, int64_t copies)
{
    int64_t values[2];
    uint64_t matches;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(tables_sql(connection, "SELECT count(*), coalesce(sum(key), 0)::BIGINT FROM t",
                         values, 2, &err),
              err);
    assert_int_equal(values[0], FIRST_ROWS + copies * NEW_ROWS);
    assert_int_equal(values[1], 3 + copies * 75);
    assert_ok(inlay_bm25_count(table, "body", "new old", NULL, &matches, NULL, &err), err);
    assert_int_equal(matches, 2 + copies * 4);
}

static int64_t copies_now(struct scene *scene)
{
    int64_t rows[1];
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(tables_sql(scene->connection, "SELECT count(*) FROM t", rows, 1, &err), err);
    return (rows[0] - FIRST_ROWS) / NEW_ROWS;
}

/* False when the append made fewer calls than `nth`. */
static bool fail_one_call(enum fault_action action, uint64_t nth, bool retries)
{
    const struct fault_rule rule = {.action = action, .nth = nth};
    struct scene scene;
    inlay_status status;
    bool fired;
    inlay_error err;
    inlay_error_init(&err);
    scene_open(&scene, retries);
    assert_ok(provider_fault_add(scene.faulty, &rule, &err), err);
    status = append_new(&scene, &err);
    fired = provider_fault_fired(scene.faulty) != 0;
    provider_fault_clear(scene.faulty);
    if (retries) {
        assert_ok(status, err);
    }
    if (status == INLAY_OK) {
        check_copies(scene.connection, scene.table, 1);
    } else {
        int64_t copies = copies_now(&scene);
        assert_true(err.message[0] != '\0');
        assert_in_range(copies, 0, action == FAULT_FAIL_BEFORE ? 0 : 1);
        check_copies(scene.connection, scene.table, copies);
        assert_ok(append_new(&scene, &err), err);
        check_copies(scene.connection, scene.table, copies + 1);
    }
    scene_close(&scene);
    return fired;
}

static void sweep(enum fault_action action, bool retries)
{
    uint64_t nth = 1;
    while (fail_one_call(action, nth, retries)) {
        nth++;
    }
    assert_true(nth > 4); /* three files and the publishing write */
}

static void every_call_fails_before_its_effect(void **state)
{
    (void)state;
    sweep(FAULT_FAIL_BEFORE, true);
    sweep(FAULT_FAIL_BEFORE, false);
}

static void every_call_loses_its_response(void **state)
{
    (void)state;
    sweep(FAULT_LOSE_RESPONSE, true);
    sweep(FAULT_LOSE_RESPONSE, false);
}

static void every_write_arrives_twice(void **state)
{
    (void)state;
    sweep(FAULT_DUPLICATE, true);
    sweep(FAULT_DUPLICATE, false);
}

/* Failures of many calls at once, with retries: one copy of each row. */
static void a_storm_of_failures(void **state)
{
    struct test_random random = test_random_init(7);
    uint64_t round;
    (void)state;
    for (round = 0; round < 20 * tables_scale(); round++) {
        const struct fault_rule rules[] = {
            {.action = FAULT_FAIL_BEFORE, .probability = 0.25},
            {.action = FAULT_LOSE_RESPONSE, .probability = 0.25},
        };
        struct scene scene;
        int64_t expected = 0;
        int i;
        inlay_error err;
        inlay_error_init(&err);
        scene_open(&scene, true);
        scene.clock.now_ns += test_random_below(&random, 1000000);
        for (i = 0; i < 2; i++) {
            assert_ok(provider_fault_add(scene.faulty, &rules[i], &err), err);
        }
        for (i = 0; i < 3; i++) {
            assert_ok(append_new(&scene, &err), err);
            expected++;
        }
        provider_fault_clear(scene.faulty);
        check_copies(scene.connection, scene.table, expected);
        scene_close(&scene);
    }
}

/* The store has no room at any one of its calls. */
static void a_full_store_is_a_clear_error(void **state)
{
    uint64_t nth;
    bool fired = true;
    (void)state;
    for (nth = 1; fired; nth++) {
        const struct fault_rule rule = {.action = FAULT_FAIL_BEFORE,
                                        .ops = PROVIDER_WRITES |
                                               PROVIDER_OP_BIT(PROVIDER_MULTIPART_PART),
                                        .nth = nth,
                                        .times = UINT64_MAX / 2,
                                        .status = INLAY_IO};
        struct scene scene;
        inlay_status status;
        inlay_error err;
        inlay_error_init(&err);
        scene_open(&scene, true);
        assert_ok(provider_fault_add(scene.faulty, &rule, &err), err);
        status = append_new(&scene, &err);
        fired = provider_fault_fired(scene.faulty) != 0;
        if (status != INLAY_OK) {
            assert_int_equal(status, INLAY_IO);
            assert_true(err.message[0] != '\0');
        }
        check_copies(scene.connection, scene.table, status == INLAY_OK);
        provider_fault_clear(scene.faulty);
        assert_ok(append_new(&scene, &err), err);
        check_copies(scene.connection, scene.table, 1 + (status == INLAY_OK));
        scene_close(&scene);
    }
    assert_true(nth > 3);
}

/* A real file system that takes no more: files may not grow beyond a limit. */
static void a_full_disk_keeps_what_was_committed(void **state)
{
    static const rlim_t limits[] = {0, 1, 100, 1000, 2000, 3000};
    char *folder = test_folder_make();
    inlay_connection *connection = NULL;
    inlay_table *table = NULL;
    struct rlimit unlimited;
    int64_t copies = 0;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_ok(inlay_connect(folder, NULL, &connection, &err), err);
    assert_ok(tables_create(connection, "t", &table, &err), err);
    assert_ok(tables_append(table, first_rows, FIRST_ROWS, 0, NULL, NULL, &err), err);
    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rlimit limited = {limits[i], unlimited.rlim_max};
        inlay_status status;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limited), 0);
        status = tables_append(table, new_rows, NEW_ROWS, 0, NULL, NULL, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
        if (status == INLAY_OK) {
            copies++;
        } else {
            assert_int_equal(status, INLAY_IO);
            assert_true(err.message[0] != '\0');
        }
        check_copies(connection, table, copies);
    }
    assert_true(copies < (int64_t)(sizeof(limits) / sizeof(limits[0])));
    assert_ok(tables_append(table, new_rows, NEW_ROWS, 0, NULL, NULL, &err), err);
    check_copies(connection, table, copies + 1);
    inlay_table_close(table);
    inlay_close(connection);
    test_folder_remove(folder);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_fails_before_its_effect),
        cmocka_unit_test(every_call_loses_its_response),
        cmocka_unit_test(every_write_arrives_twice),
        cmocka_unit_test(a_storm_of_failures),
        cmocka_unit_test(a_full_store_is_a_clear_error),
        cmocka_unit_test(a_full_disk_keeps_what_was_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
