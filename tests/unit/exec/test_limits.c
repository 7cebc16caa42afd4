/* SPDX-License-Identifier: Apache-2.0 */
/* Cancel tokens, memory budgets and progress. */
#include "support/test.h"

#include "exec/budget.h"
#include "exec/cancel.h"
#include "exec/progress.h"

#include <pthread.h>
#include <stdbool.h>

static uint64_t clock_ns;

static uint64_t test_monotonic(void *context)
{
    (void)context;
    return __atomic_load_n(&clock_ns, __ATOMIC_RELAXED);
}

static struct env test_env(void)
{
    struct env env = *env_system();
    env.monotonic_ns = test_monotonic;
    return env;
}

static void tokens_cancel_and_time_out(void **state)
{
    struct env env = test_env();
    struct cancel_token token;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    clock_ns = 1000;
    assert_status(cancel_check(NULL, &err), INLAY_OK);
    assert_true(cancel_time_left_ns(NULL) == CANCEL_NO_TIMEOUT);
    cancel_token_init(&token, &env, 5000000, NULL);
    assert_status(cancel_check(&token, &err), INLAY_OK);
    assert_true(cancel_time_left_ns(&token) == 5000000);
    clock_ns += 4999999;
    assert_status(cancel_check(&token, &err), INLAY_OK);
    assert_true(cancel_time_left_ns(&token) == 1);
    clock_ns += 1;
    assert_status(cancel_check(&token, &err), INLAY_TIMEOUT);
    assert_int_equal(err.retryable, 1);
    assert_string_equal(err.message, "the operation was stopped after 5 ms: its timeout is 5 ms");
    assert_true(cancel_time_left_ns(&token) == 0);
    cancel_token_cancel(&token);
    clock_ns += 2000000;
    assert_status(cancel_check(&token, &err), INLAY_CANCELLED); /* said before timed out */
    assert_string_equal(err.message, "the operation was cancelled after 7 ms");
    assert_true(cancel_token_is_cancelled(&token));
    cancel_token_reset(&token);
    assert_false(cancel_token_is_cancelled(&token));
    assert_status(cancel_check(&token, &err), INLAY_TIMEOUT);
    cancel_token_cancel(&token);
    assert_status(cancel_check(&token, NULL), INLAY_CANCELLED);
}

static void no_timeout_and_huge_timeouts_never_end(void **state)
{
    struct env env = test_env();
    struct cancel_token token;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    clock_ns = UINT64_MAX / 2;
    cancel_token_init(&token, &env, UINT64_MAX - 10, NULL); /* would overflow */
    assert_status(cancel_check(&token, &err), INLAY_OK);
    cancel_token_init(&token, &env, CANCEL_NO_TIMEOUT, NULL);
    assert_status(cancel_check(&token, &err), INLAY_OK);
    assert_true(cancel_time_left_ns(&token) == CANCEL_NO_TIMEOUT);
    cancel_token_init(&token, &env, 0, NULL);
    assert_status(cancel_check(&token, &err), INLAY_TIMEOUT);
}

static void children_stop_with_their_parents(void **state)
{
    struct env env = test_env();
    struct cancel_token parent;
    struct cancel_token child;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    clock_ns = 0;
    cancel_token_init(&parent, &env, 100, NULL);
    cancel_token_init(&child, &env, 1000, &parent);
    assert_true(cancel_time_left_ns(&child) == 100);
    clock_ns = 100;
    assert_status(cancel_check(&child, &err), INLAY_TIMEOUT);
    cancel_token_init(&parent, &env, CANCEL_NO_TIMEOUT, NULL);
    cancel_token_init(&child, &env, CANCEL_NO_TIMEOUT, &parent);
    assert_status(cancel_check(&child, &err), INLAY_OK);
    cancel_token_cancel(&parent);
    assert_status(cancel_check(&child, &err), INLAY_CANCELLED);
    assert_true(cancel_time_left_ns(&child) == 0);
    cancel_token_init(&parent, &env, CANCEL_NO_TIMEOUT, NULL);
    cancel_token_cancel(&child);
    assert_status(cancel_check(&parent, &err), INLAY_OK); /* not the other way round */
}

static void budgets_refuse_and_say_why(void **state)
{
    struct budget budget;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    budget_init(&budget, "query", 100, NULL);
    assert_ok(budget_reserve(&budget, 60, "sort", &err), err);
    assert_ok(budget_reserve(&budget, 40, "sort", &err), err);
    assert_status(budget_reserve(&budget, 1, "vector rerank", &err), INLAY_OVER_BUDGET);
    assert_non_null(strstr(err.message, "vector rerank"));
    assert_non_null(strstr(err.message, "query memory budget of 100"));
    assert_int_equal(budget_used(&budget), 100);
    assert_int_equal(budget_left(&budget), 0);
    budget_release(&budget, 60);
    assert_int_equal(budget_used(&budget), 40);
    assert_int_equal(budget_peak(&budget), 100);
    assert_int_equal(budget_left(&budget), 60);
    assert_status(budget_reserve(&budget, UINT64_MAX, "sort", &err), INLAY_OVER_BUDGET);
    assert_int_equal(budget_used(&budget), 40);
    assert_ok(budget_reserve(NULL, UINT64_MAX, "sort", &err), err);
    budget_release(NULL, 5);
    assert_true(budget_left(NULL) == UINT64_MAX && budget_used(NULL) == 0);
}

static void children_count_against_their_parents(void **state)
{
    struct budget connection;
    struct budget query;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    budget_init(&connection, "connection", 100, NULL);
    budget_init(&query, "query", 80, &connection);
    assert_ok(budget_reserve(&connection, 50, "cache", &err), err);
    assert_int_equal(budget_left(&query), 50);
    assert_status(budget_reserve(&query, 60, "sort", &err), INLAY_OVER_BUDGET);
    assert_non_null(strstr(err.message, "connection"));
    assert_int_equal(budget_used(&query), 0); /* nothing stays reserved half way */
    assert_ok(budget_reserve(&query, 50, "sort", &err), err);
    assert_int_equal(budget_used(&connection), 100);
    budget_release(&query, 50);
    assert_int_equal(budget_used(&connection), 50);
    assert_int_equal(budget_used(&query), 0);
}

static void *reserve_often(void *argument)
{
    struct budget *budget = argument;
    int i;
    for (i = 0; i < 20000; i++) {
        if (budget_reserve(budget, 7, "thread", NULL) == INLAY_OK) {
            budget_release(budget, 7);
        }
    }
    return NULL;
}

static void budgets_are_exact_under_threads(void **state)
{
    struct budget parent;
    struct budget budget;
    pthread_t threads[4];
    int i;
    (void)state;
    budget_init(&parent, "connection", 15, NULL);
    budget_init(&budget, "query", 22, &parent);
    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, reserve_often, &budget), 0);
    }
    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(budget_used(&budget), 0);
    assert_int_equal(budget_used(&parent), 0);
    assert_true(budget_peak(&parent) >= 7 && budget_peak(&parent) <= 15);
}

struct seen {
    int events;
    int finished;
    uint64_t last;
    bool went_back;
    int inside;
    bool overlapped;
    const char *stage;
    uint64_t total;
};

static void record(void *context, const struct progress_event *event)
{
    struct seen *seen = context;
    seen->overlapped = seen->overlapped || seen->inside++ != 0;
    seen->went_back = seen->went_back || (seen->events != 0 && event->done < seen->last);
    seen->events++;
    seen->finished += event->finished;
    seen->last = event->done;
    seen->stage = event->stage;
    seen->total = event->total;
    seen->inside--;
}

static void progress_is_throttled(void **state)
{
    struct env env = test_env();
    struct seen seen = {0};
    struct progress progress;
    (void)state;
    clock_ns = 1000;
    progress_init(&progress, record, &seen, &env, 100);
    progress_begin(&progress, "upload", 50);
    assert_int_equal(seen.events, 1);
    assert_string_equal(seen.stage, "upload");
    assert_true(seen.total == 50 && seen.last == 0);
    progress_add(&progress, 10);
    clock_ns += 99;
    progress_add(&progress, 10);
    assert_int_equal(seen.events, 1);
    clock_ns += 1;
    progress_add(&progress, 10);
    assert_int_equal(seen.events, 2);
    assert_int_equal(seen.last, 30);
    progress_add(&progress, 10);
    progress_end(&progress);
    assert_int_equal(seen.events, 3);
    assert_int_equal(seen.finished, 1);
    assert_int_equal(seen.last, 40);
    progress_destroy(&progress);
}

static void silent_progress_is_accepted(void **state)
{
    struct progress progress;
    (void)state;
    progress_begin(NULL, "x", 1);
    progress_add(NULL, 1);
    progress_end(NULL);
    progress_init(&progress, NULL, NULL, env_system(), 0);
    progress_begin(&progress, "x", 1);
    progress_add(&progress, 1);
    progress_end(&progress);
    progress_destroy(&progress);
}

static void *add_often(void *argument)
{
    int i;
    for (i = 0; i < 2000; i++) {
        progress_add(argument, 1);
    }
    return NULL;
}

static void progress_from_many_threads(void **state)
{
    struct seen seen = {0};
    struct progress progress;
    pthread_t threads[4];
    int i;
    (void)state;
    progress_init(&progress, record, &seen, env_system(), 0);
    progress_begin(&progress, "merge", 8000);
    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, add_often, &progress), 0);
    }
    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    progress_end(&progress);
    assert_int_equal(seen.last, 8000);
    assert_true(seen.events > 2);
    assert_false(seen.went_back || seen.overlapped);
    progress_destroy(&progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_cancel_and_time_out),
        cmocka_unit_test(no_timeout_and_huge_timeouts_never_end),
        cmocka_unit_test(children_stop_with_their_parents),
        cmocka_unit_test(budgets_refuse_and_say_why),
        cmocka_unit_test(children_count_against_their_parents),
        cmocka_unit_test(budgets_are_exact_under_threads),
        cmocka_unit_test(progress_is_throttled),
        cmocka_unit_test(silent_progress_is_accepted),
        cmocka_unit_test(progress_from_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
