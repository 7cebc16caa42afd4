/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timeouts and cancel handles of statements and searches: that they end what would take for ever,
 * in every stage of it, with a sentence that says how long it ran, and leave the rest alone.
 */
#include "tables/tables.h"

#include "api/limits.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* No test waits for the end of these. The second gives its first rows at once. */
#define ENDLESS_COUNT                                                                              \
    "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range % 7 = b.range % " \
    "5"
#define ENDLESS_ROWS "SELECT range FROM range(1000000000000000)"

enum { ROWS = 200, PATIENCE_MS = 20000 };

static inlay_connection *connection;
static inlay_table *table;
static inlay_cancel *cancel;

static int open_table(void **state)
{
    struct table_row rows[ROWS];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_connect("memory://", NULL, &connection, &err), err);
    assert_ok(tables_create(connection, "docs", &table, &err), err);
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].key = (int64_t)i;
        rows[i].body = "sea";
    }
    assert_ok(tables_append(table, rows, ROWS, 0, NULL, NULL, &err), err);
    assert_ok(inlay_cancel_create(&cancel, &err), err);
    return 0;
}

static int close_table(void **state)
{
    (void)state;
    inlay_cancel_free(cancel);
    inlay_table_close(table);
    inlay_close(connection);
    return 0;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static inlay_query_options limits(uint64_t timeout_ms, bool with_cancel)
{
    inlay_query_options options;
    inlay_query_options_init(&options);
    options.timeout_ms = timeout_ms;
    options.cancel = with_cancel ? cancel : NULL;
    return options;
}

/* Reads all rows, at most for ever; the status of the first failure. */
static inlay_status run(const char *sql, const inlay_query_options *options, char message[768])
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    inlay_error err;
    inlay_status status;
    int code = 0;
    inlay_error_init(&err);
    status = inlay_query_sql(connection, sql, NULL, 0, options, &stream, NULL, &err);
    if (status != INLAY_OK) {
        (void)snprintf(message, 768, "%s", err.message);
        return status;
    }
    while ((code = stream.get_next(&stream, &batch)) == 0 && batch.release != NULL) {
        batch.release(&batch);
    }
    if (code != 0) {
        (void)snprintf(message, 768, "%s", stream.get_last_error(&stream));
        status = strstr(message, "timeout") != NULL ? INLAY_TIMEOUT : INLAY_CANCELLED;
        /* It has failed for good. */
        assert_int_equal(stream.get_next(&stream, &batch), code);
    }
    stream.release(&stream);
    return status;
}

static void assert_usable(void)
{
    char message[768];
    assert_status(run("SELECT count(*) FROM docs", NULL, message), INLAY_OK);
}

static void statements_end_at_their_timeout(void **state)
{
    static const char *const statements[] = {ENDLESS_COUNT, ENDLESS_ROWS};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        inlay_query_options options = limits(200, i == 1);
        uint64_t start = now_ms();
        unsigned long long ran = 0;
        char message[768] = "";
        char *number;
        assert_status(run(statements[i], &options, message), INLAY_TIMEOUT);
        assert_true(now_ms() - start >= 200 && now_ms() - start < PATIENCE_MS);
        assert_memory_equal(message, "the operation was stopped after ", 32);
        ran = strtoull(message + 32, &number, 10);
        assert_true(ran >= 200 && ran < PATIENCE_MS);
        assert_string_equal(number, " ms: its timeout is 200 ms");
        assert_usable();
    }
}

/* What takes less time is not touched by its limits. */
static void short_statements_do_not_notice(void **state)
{
    inlay_query_options options = limits(1000000, true);
    char message[768];
    (void)state;
    for (size_t i = 0; i < 50; i++) {
        assert_status(run("SELECT key FROM docs ORDER BY key", &options, message), INLAY_OK);
    }
    options = limits(UINT64_MAX, false);
    assert_status(run("SELECT 1", &options, message), INLAY_OK);
}

static void *request_soon(void *context)
{
    struct timespec pause = {0, 100000000};
    (void)context;
    (void)nanosleep(&pause, NULL);
    inlay_cancel_request(cancel);
    return NULL;
}

static void statements_are_cancelled_from_another_thread(void **state)
{
    static const char *const statements[] = {ENDLESS_COUNT, ENDLESS_ROWS};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        inlay_query_options options = limits(0, true);
        pthread_t thread;
        char message[768] = "";
        inlay_cancel_reset(cancel);
        assert_int_equal(pthread_create(&thread, NULL, request_soon, NULL), 0);
        assert_status(run(statements[i], &options, message), INLAY_CANCELLED);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_memory_equal(message, "the operation was cancelled after ", 34);
        assert_int_equal(inlay_cancel_is_requested(cancel), 1);
        assert_status(run("SELECT 1", &options, message), INLAY_CANCELLED);
        inlay_cancel_reset(cancel);
        assert_status(run("SELECT 1", &options, message), INLAY_OK);
        assert_usable();
    }
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
    inlay_cancel_request(cancel);
}

/* Many statements have one watchdog; a signal handler may end them all. */
static void *run_in_thread(void *context)
{
    inlay_query_options options = limits(*(uint64_t *)context, true);
    char message[768];
    *(uint64_t *)context = (uint64_t)run(ENDLESS_COUNT, &options, message);
    return NULL;
}

static void a_signal_handler_ends_what_is_left(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    uint64_t limit[THREADS] = {150, 0, 50, 0};
    const inlay_status expected[THREADS] = {INLAY_TIMEOUT, INLAY_CANCELLED, INLAY_TIMEOUT,
                                            INLAY_CANCELLED};
    struct sigaction action;
    (void)state;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_alarm;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    inlay_cancel_reset(cancel);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run_in_thread, &limit[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i += 2) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    (void)alarm(1);
    for (size_t i = 1; i < THREADS; i += 2) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(limit[i], expected[i]);
    }
    inlay_cancel_reset(cancel);
    assert_usable();
}

/* A statement stands still between its batches; its time does not. */
static void the_timeout_passes_while_nobody_reads(void **state)
{
    inlay_query_options options = limits(100, false);
    struct timespec pause = {0, 200000000};
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_query_sql(connection, ENDLESS_ROWS, NULL, 0, &options, &stream, NULL, &err),
              err);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    batch.release(&batch);
    (void)nanosleep(&pause, NULL);
    assert_true(stream.get_next(&stream, &batch) != 0);
    assert_non_null(strstr(stream.get_last_error(&stream), "its timeout is 100 ms"));
    stream.release(&stream);
    /* Released in the middle, with limits that have not been reached. */
    options = limits(1000000, true);
    assert_ok(inlay_query_sql(connection, ENDLESS_ROWS, NULL, 0, &options, &stream, NULL, &err),
              err);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    batch.release(&batch);
    stream.release(&stream);
}

static void searches_look_at_their_limits(void **state)
{
    struct ArrowArrayStream stream;
    inlay_search_options options;
    inlay_filter filter;
    uint64_t count;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    inlay_search_options_init(&options);
    inlay_filter_init(&filter);
    inlay_cancel_request(cancel);
    options.cancel = cancel;
    assert_status(inlay_bm25_search(table, "body", "sea", &options, &stream, NULL, &err),
                  INLAY_CANCELLED);
    assert_memory_equal(err.message, "the operation was cancelled after ", 34);
    assert_status(inlay_bm25_count(table, "body", "sea", &options, &count, NULL, &err),
                  INLAY_CANCELLED);
    inlay_cancel_reset(cancel);
    options.timeout_ms = 1000000;
    assert_ok(inlay_bm25_count(table, "body", "sea", &options, &count, NULL, &err), err);
    assert_int_equal(count, ROWS);
    /* The condition takes its time; the search that waits for it does not. */
    options.timeout_ms = 100;
    options.filter = &filter;
    filter.where = "key < (" ENDLESS_COUNT ")";
    assert_status(inlay_bm25_search(table, "body", "sea", &options, &stream, NULL, &err),
                  INLAY_TIMEOUT);
    assert_non_null(strstr(err.message, "its timeout is 100 ms"));
    filter.where = "key < 7";
    options.timeout_ms = 0;
    assert_ok(inlay_bm25_count(table, "body", "sea", &options, &count, NULL, &err), err);
    assert_int_equal(count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_end_at_their_timeout),
        cmocka_unit_test(short_statements_do_not_notice),
        cmocka_unit_test(statements_are_cancelled_from_another_thread),
        cmocka_unit_test(a_signal_handler_ends_what_is_left),
        cmocka_unit_test(the_timeout_passes_while_nobody_reads),
        cmocka_unit_test(searches_look_at_their_limits),
    };
    return cmocka_run_group_tests(tests, open_table, close_table);
}
