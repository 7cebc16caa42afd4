/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "support/alloc_fault.h"

#include "base/error.h"
#include "exec/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { ITEMS = 20000 };

static struct exec_pool *make(unsigned threads)
{
    struct exec_pool *pool;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(exec_pool_create(threads, &pool, &err), err);
    return pool;
}

struct counts {
    struct exec_pool *pool;
    _Atomic int seen[ITEMS];
    _Atomic int slot_in_use[EXEC_MAX_THREADS + 1];
    _Atomic int bad_slots;
    _Atomic uint64_t total;
};

static inlay_status count_item(void *context, size_t index, unsigned slot, inlay_error *err)
{
    struct counts *counts = context;
    (void)err;
    if (slot >= exec_pool_slots(counts->pool) ||
        atomic_fetch_add(&counts->slot_in_use[slot], 1) != 0) {
        atomic_fetch_add(&counts->bad_slots, 1);
    }
    atomic_fetch_add(&counts->seen[index], 1);
    atomic_fetch_add(&counts->total, index);
    atomic_fetch_sub(&counts->slot_in_use[slot], 1);
    return INLAY_OK;
}

static void every_item_runs_once(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 3, 7, 100, ITEMS};
    static const unsigned threads[] = {0, 1, 3, 8};
    struct counts *counts = calloc(1, sizeof(*counts));
    size_t s;
    size_t t;
    size_t i;
    (void)state;
    for (t = 0; t < 4; t++) {
        struct exec_pool *pool = threads[t] != 0 ? make(threads[t]) : NULL;
        for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
            inlay_error err;
            inlay_error_init(&err);
            memset(counts, 0, sizeof(*counts));
            counts->pool = pool;
            assert_ok(exec_pool_run(pool, count_item, counts, sizes[s], NULL, &err), err);
            for (i = 0; i < sizes[s]; i++) {
                assert_int_equal(atomic_load(&counts->seen[i]), 1);
            }
            assert_int_equal(atomic_load(&counts->bad_slots), 0);
        }
        exec_pool_destroy(pool);
    }
    free(counts);
}

/* The items wait for each other: they pass only when several threads run at the same time. */
struct meeting {
    pthread_barrier_t barrier;
};

static inlay_status meet(void *context, size_t index, unsigned slot, inlay_error *err)
{
    (void)index;
    (void)slot;
    (void)err;
    (void)pthread_barrier_wait(&((struct meeting *)context)->barrier);
    return INLAY_OK;
}

static void items_run_at_the_same_time(void **state)
{
    struct exec_pool *pool = make(3);
    struct meeting meeting;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    (void)pthread_barrier_init(&meeting.barrier, NULL, 4);
    assert_ok(exec_pool_run(pool, meet, &meeting, 4, NULL, &err), err);
    (void)pthread_barrier_destroy(&meeting.barrier);
    exec_pool_destroy(pool);
}

struct nested {
    struct exec_pool *pool;
    int depth;
    _Atomic uint64_t leaves;
};

static inlay_status nest(void *context, size_t index, unsigned slot, inlay_error *err)
{
    struct nested *outer = context;
    struct nested inner = {outer->pool, outer->depth - 1, 0};
    (void)index;
    (void)slot;
    if (outer->depth == 0) {
        atomic_fetch_add(&outer->leaves, 1);
        return INLAY_OK;
    }
    INLAY_TRY(exec_pool_run(outer->pool, nest, &inner, 5, NULL, err));
    atomic_fetch_add(&outer->leaves, atomic_load(&inner.leaves));
    return INLAY_OK;
}

static void loops_nest_without_deadlock(void **state)
{
    unsigned threads;
    (void)state;
    for (threads = 1; threads <= 4; threads++) {
        struct exec_pool *pool = make(threads);
        struct nested top = {pool, 4, 0};
        inlay_error err;
        inlay_error_init(&err);
        assert_ok(exec_pool_run(pool, nest, &top, 5, NULL, &err), err);
        assert_int_equal(atomic_load(&top.leaves), 5 * 5 * 5 * 5 * 5);
        exec_pool_destroy(pool);
    }
}

struct failing {
    size_t bad;
    _Atomic size_t begun;
};

static inlay_status fail_at(void *context, size_t index, unsigned slot, inlay_error *err)
{
    struct failing *failing = context;
    (void)slot;
    atomic_fetch_add(&failing->begun, 1);
    if (index == failing->bad) {
        error_set(err, INLAY_CORRUPT, "item %zu is bad", index);
        error_offset(err, index);
        return INLAY_CORRUPT;
    }
    return INLAY_OK;
}

static void the_first_error_ends_the_loop(void **state)
{
    struct exec_pool *pool = make(3);
    struct failing failing = {0, 0};
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_status(exec_pool_run(pool, fail_at, &failing, 10000000, NULL, &err), INLAY_CORRUPT);
    assert_string_equal(err.message, "item 0 is bad");
    assert_int_equal(err.offset, 0);
    assert_true(atomic_load(&failing.begun) < 10000000);
    failing.bad = 777;
    assert_status(exec_pool_run(pool, fail_at, &failing, 778, NULL, NULL), INLAY_CORRUPT);
    assert_status(exec_pool_run(NULL, fail_at, &failing, 778, NULL, &err), INLAY_CORRUPT);
    assert_int_equal(err.offset, 777);
    exec_pool_destroy(pool);
}

struct cancelling {
    struct cancel_token *token;
    _Atomic size_t begun;
};

static inlay_status cancel_at_100(void *context, size_t index, unsigned slot, inlay_error *err)
{
    struct cancelling *cancelling = context;
    (void)index;
    (void)slot;
    (void)err;
    if (atomic_fetch_add(&cancelling->begun, 1) == 100) {
        cancel_token_cancel(cancelling->token);
    }
    return INLAY_OK;
}

static void cancelling_ends_the_loop(void **state)
{
    struct exec_pool *pool = make(2);
    struct cancel_token token;
    struct cancelling cancelling = {&token, 0};
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    cancel_token_init(&token, env_system(), CANCEL_NO_TIMEOUT, NULL);
    assert_status(exec_pool_run(pool, cancel_at_100, &cancelling, 10000000, &token, &err),
                  INLAY_CANCELLED);
    assert_int_equal(err.status, INLAY_CANCELLED);
    assert_true(atomic_load(&cancelling.begun) < 10000000);
    atomic_store(&cancelling.begun, 0);
    assert_status(exec_pool_run(pool, cancel_at_100, &cancelling, 5, &token, &err),
                  INLAY_CANCELLED);
    assert_status(exec_pool_run(NULL, cancel_at_100, &cancelling, 5, &token, &err),
                  INLAY_CANCELLED);
    assert_int_equal(atomic_load(&cancelling.begun), 0); /* cancelled before: nothing begins */
    exec_pool_destroy(pool);
}

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool entered;
    bool open;
};

static inlay_status wait_at_gate(void *context, inlay_error *err)
{
    struct gate *gate = context;
    (void)err;
    (void)pthread_mutex_lock(&gate->lock);
    gate->entered = true;
    (void)pthread_cond_broadcast(&gate->changed);
    while (!gate->open) {
        (void)pthread_cond_wait(&gate->changed, &gate->lock);
    }
    (void)pthread_mutex_unlock(&gate->lock);
    return INLAY_OK;
}

static void gate_await_entry(struct gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    while (!gate->entered) {
        (void)pthread_cond_wait(&gate->changed, &gate->lock);
    }
    (void)pthread_mutex_unlock(&gate->lock);
}

static void gate_open(struct gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    gate->open = true;
    (void)pthread_cond_broadcast(&gate->changed);
    (void)pthread_mutex_unlock(&gate->lock);
}

static inlay_status add_one(void *context, inlay_error *err)
{
    (void)err;
    atomic_fetch_add((_Atomic int *)context, 1);
    return INLAY_OK;
}

static inlay_status fail_task(void *context, inlay_error *err)
{
    (void)context;
    return error_set(err, INLAY_QUERY, "the task failed");
}

static void tasks_give_their_results(void **state)
{
    struct exec_pool *pool = make(2);
    struct exec_task *good;
    struct exec_task *bad;
    _Atomic int count = 0;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(exec_pool_submit(pool, add_one, &count, &good, &err), err);
    assert_ok(exec_pool_submit(pool, fail_task, NULL, &bad, &err), err);
    assert_ok(exec_task_wait(good, &err), err);
    assert_true(exec_task_done(good));
    assert_int_equal(atomic_load(&count), 1);
    assert_status(exec_task_wait(bad, &err), INLAY_QUERY);
    assert_string_equal(err.message, "the task failed");
    assert_status(exec_task_wait(bad, NULL), INLAY_QUERY); /* again, and without a record */
    exec_task_free(good);
    exec_task_free(bad);
    exec_task_free(NULL);
    exec_pool_destroy(pool);
}

/* The only thread is held at a gate: whoever waits for another task runs it himself, and a loop
 * runs in its caller. */
static void a_busy_pool_blocks_nobody(void **state)
{
    struct exec_pool *pool = make(1);
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
    struct exec_task *held;
    struct exec_task *first;
    struct exec_task *second;
    struct counts *counts = calloc(1, sizeof(*counts));
    _Atomic int count = 0;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    counts->pool = pool;
    assert_ok(exec_pool_submit(pool, wait_at_gate, &gate, &held, &err), err);
    gate_await_entry(&gate);
    assert_ok(exec_pool_submit(pool, add_one, &count, &first, &err), err);
    assert_ok(exec_pool_submit(pool, add_one, &count, &second, &err), err);
    assert_false(exec_task_done(second));
    assert_ok(exec_task_wait(second, &err), err); /* taken from the middle of the queue */
    assert_int_equal(atomic_load(&count), 1);
    assert_ok(exec_pool_run(pool, count_item, counts, 1000, NULL, &err), err);
    assert_int_equal(atomic_load(&counts->total), 499500);
    assert_false(exec_task_done(held));
    assert_ok(exec_pool_submit(pool, add_one, &count, NULL, &err), err); /* behind the hole */
    gate_open(&gate);
    assert_ok(exec_task_wait(held, &err), err);
    exec_task_free(held);
    exec_task_free(first); /* not waited for: still runs */
    exec_task_free(second);
    exec_pool_destroy(pool);
    assert_int_equal(atomic_load(&count), 3);
    free(counts);
}

static void destroying_finishes_detached_tasks(void **state)
{
    struct exec_pool *pool = make(2);
    _Atomic int count = 0;
    inlay_error err;
    int i;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < 1000; i++) {
        assert_ok(exec_pool_submit(pool, add_one, &count, NULL, &err), err);
    }
    exec_pool_destroy(pool);
    assert_int_equal(atomic_load(&count), 1000);
    exec_pool_destroy(NULL);
}

struct storm {
    struct exec_pool *pool;
    _Atomic int failures;
};

static void *storm_thread(void *argument)
{
    struct storm *storm = argument;
    int round;
    for (round = 0; round < 100; round++) {
        struct nested top = {storm->pool, 1, 0};
        struct exec_task *task = NULL;
        _Atomic int count = 0;
        if (exec_pool_submit(storm->pool, add_one, &count, &task, NULL) != INLAY_OK ||
            exec_pool_run(storm->pool, nest, &top, 8, NULL, NULL) != INLAY_OK ||
            exec_task_wait(task, NULL) != INLAY_OK || atomic_load(&count) != 1 ||
            atomic_load(&top.leaves) != 40) {
            atomic_fetch_add(&storm->failures, 1);
        }
        exec_task_free(task);
    }
    return NULL;
}

static void many_callers_share_a_pool(void **state)
{
    enum { CALLERS = 6 };
    struct storm storm = {make(3), 0};
    pthread_t threads[CALLERS];
    int i;
    (void)state;
    for (i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, storm_thread, &storm), 0);
    }
    for (i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(atomic_load(&storm.failures), 0);
    exec_pool_destroy(storm.pool);
}

static void sizes_of_pools(void **state)
{
    struct exec_pool *pool;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_status(exec_pool_create(EXEC_MAX_THREADS + 1, &pool, &err), INLAY_INVALID_ARGUMENT);
    assert_null(pool);
    pool = make(0);
    assert_true(exec_pool_slots(pool) >= 2);
    exec_pool_destroy(pool);
    pool = make(5);
    assert_int_equal(exec_pool_slots(pool), 6);
    exec_pool_destroy(pool);
    assert_int_equal(exec_pool_slots(NULL), 1);
}

static inlay_status pool_with_a_task(void *context, inlay_error *err)
{
    struct exec_pool *pool;
    struct exec_task *task = NULL;
    _Atomic int count = 0;
    inlay_status status = exec_pool_create(1, &pool, err);
    (void)context;
    if (status == INLAY_OK) {
        status = exec_pool_submit(pool, add_one, &count, &task, err);
        exec_task_free(task);
    }
    exec_pool_destroy(pool);
    return status;
}

static void allocation_failure(void **state)
{
    (void)state;
    assert_int_equal(alloc_fault_sweep(pool_with_a_task, NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_runs_once),
        cmocka_unit_test(items_run_at_the_same_time),
        cmocka_unit_test(loops_nest_without_deadlock),
        cmocka_unit_test(the_first_error_ends_the_loop),
        cmocka_unit_test(cancelling_ends_the_loop),
        cmocka_unit_test(tasks_give_their_results),
        cmocka_unit_test(a_busy_pool_blocks_nobody),
        cmocka_unit_test(destroying_finishes_detached_tasks),
        cmocka_unit_test(many_callers_share_a_pool),
        cmocka_unit_test(sizes_of_pools),
        cmocka_unit_test(allocation_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
