/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One lock guards both queues and every job's state; items themselves run unlocked. A parallel loop
 * is one queue entry that asks for a number of helpers and lives on its caller's stack: the caller
 * withdraws it when the items are used up, and waits only for the helpers that have begun.
 */
#include "exec/pool.h"

#include "base/alloc.h"
#include "base/error.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define CHUNKS_PER_SLOT 4 /* how finely the remaining items are cut */

struct loop {
    struct loop *next; /* in the queue while wanted != 0 */
    inlay_status (*item)(void *context, size_t index, unsigned slot, inlay_error *err);
    void *context;
    size_t count;
    const struct cancel_token *cancel;
    unsigned slots;
    _Atomic size_t next_item;
    _Atomic unsigned next_slot;
    _Atomic bool stop;
    /* Under the pool's lock: */
    unsigned wanted; /* helpers that may still join */
    unsigned active; /* helpers that have joined and not left */
    pthread_cond_t idle;
    inlay_status status;
    inlay_error *err;
};

enum task_state { TASK_QUEUED, TASK_RUNNING, TASK_DONE };

struct exec_task {
    struct exec_task *next; /* in the queue while TASK_QUEUED */
    struct exec_pool *pool;
    inlay_status (*function)(void *context, inlay_error *err);
    void *context;
    /* Under the pool's lock: */
    enum task_state state;
    unsigned holders; /* the handle, and the pool until the task has ended */
    pthread_cond_t done;
    inlay_status status;
    inlay_error error;
};

struct exec_pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct loop *loops;
    struct exec_task *tasks;
    struct exec_task **tasks_end;
    bool stopping;
    unsigned thread_count;
    pthread_t threads[EXEC_MAX_THREADS];
};

/* Takes the next chunk of a loop: large while much is left, single items at the end. */
static bool take_chunk(struct loop *loop, size_t *first, size_t *last)
{
    size_t at = atomic_load_explicit(&loop->next_item, memory_order_relaxed);
    size_t size;
    do {
        if (at >= loop->count) {
            return false;
        }
        size = 1 + (loop->count - at - 1) / ((size_t)loop->slots * CHUNKS_PER_SLOT);
    } while (!atomic_compare_exchange_weak_explicit(&loop->next_item, &at, at + size,
                                                    memory_order_relaxed, memory_order_relaxed));
    *first = at;
    *last = at + size;
    return true;
}

static void loop_fail(struct exec_pool *pool, struct loop *loop, inlay_status status,
                      const inlay_error *error)
{
    (void)pthread_mutex_lock(&pool->lock);
    if (loop->status == INLAY_OK) {
        loop->status = status;
        if (loop->err != NULL) {
            *loop->err = *error;
        }
    }
    (void)pthread_mutex_unlock(&pool->lock);
    atomic_store_explicit(&loop->stop, true, memory_order_relaxed);
}

/* One thread's share of a loop. */
static void participate(struct exec_pool *pool, struct loop *loop)
{
    unsigned slot = atomic_fetch_add_explicit(&loop->next_slot, 1, memory_order_relaxed);
    size_t i;
    size_t last;
    inlay_error error;
    inlay_error_init(&error);
    while (take_chunk(loop, &i, &last)) {
        for (; i < last; i++) {
            inlay_status status;
            if (atomic_load_explicit(&loop->stop, memory_order_relaxed)) {
                return;
            }
            status = cancel_check(loop->cancel, &error);
            if (status == INLAY_OK) {
                status = loop->item(loop->context, i, slot, &error);
            }
            if (status != INLAY_OK) {
                loop_fail(pool, loop, status, &error);
                return;
            }
        }
    }
}

static void loop_withdraw(struct exec_pool *pool, struct loop *loop)
{
    struct loop **link = &pool->loops;
    while (*link != NULL && *link != loop) {
        link = &(*link)->next;
    }
    if (*link == loop) {
        *link = loop->next;
    }
    loop->wanted = 0;
}

static void task_unlink(struct exec_pool *pool, struct exec_task *task)
{
    struct exec_task **link = &pool->tasks;
    while (*link != task) {
        link = &(*link)->next;
    }
    *link = task->next;
    if (pool->tasks_end == &task->next) {
        pool->tasks_end = link;
    }
}

/* Drops one hold; called with the lock, which is free for the task's last holder as well. */
static void task_drop(struct exec_task *task)
{
    if (--task->holders == 0) {
        (void)pthread_cond_destroy(&task->done);
        mem_free(task);
    }
}

/* Runs a queued task; called with the lock, returns with it. */
static void task_run(struct exec_pool *pool, struct exec_task *task)
{
    inlay_status status;
    task_unlink(pool, task);
    task->state = TASK_RUNNING;
    (void)pthread_mutex_unlock(&pool->lock);
    status = task->function(task->context, &task->error);
    (void)pthread_mutex_lock(&pool->lock);
    task->status = status;
    task->state = TASK_DONE;
    (void)pthread_cond_broadcast(&task->done);
    task_drop(task);
}

/* Joins the first loop that wants helpers; called with the lock, returns with it. */
static void help_first_loop(struct exec_pool *pool)
{
    struct loop *loop = pool->loops;
    loop->active++;
    if (--loop->wanted == 0) {
        loop_withdraw(pool, loop);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    participate(pool, loop);
    (void)pthread_mutex_lock(&pool->lock);
    if (--loop->active == 0) {
        (void)pthread_cond_signal(&loop->idle);
    }
}

static void *worker_main(void *argument)
{
    struct exec_pool *pool = argument;
    (void)pthread_mutex_lock(&pool->lock);
    for (;;) {
        if (pool->loops != NULL) {
            help_first_loop(pool);
        } else if (pool->tasks != NULL) {
            task_run(pool, pool->tasks);
        } else if (pool->stopping) {
            break;
        } else {
            (void)pthread_cond_wait(&pool->work, &pool->lock);
        }
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static unsigned default_threads(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors > 2 ? (unsigned)(processors - 1) : 1;
}

/* Starts the threads with all signals blocked, which they inherit: an application's handlers run
 * in its own threads. */
static int start_threads(struct exec_pool *pool, unsigned count)
{
    sigset_t all;
    sigset_t before;
    int failure = 0;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->thread_count < count && failure == 0) {
        failure = pthread_create(&pool->threads[pool->thread_count], NULL, worker_main, pool);
        pool->thread_count += failure == 0;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

inlay_status exec_pool_create(unsigned threads, struct exec_pool **out, inlay_error *err)
{
    struct exec_pool *pool;
    int failure;
    *out = NULL;
    if (threads > EXEC_MAX_THREADS) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "a pool has at most %d threads, not %u",
                         EXEC_MAX_THREADS, threads);
    }
    pool = mem_zalloc(sizeof(*pool));
    if (pool == NULL) {
        return error_no_memory(err);
    }
    pool->tasks_end = &pool->tasks;
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->work, NULL);
    threads = threads != 0 ? threads : default_threads();
    failure = start_threads(pool, threads < EXEC_MAX_THREADS ? threads : EXEC_MAX_THREADS);
    if (failure != 0) {
        exec_pool_destroy(pool);
        return error_from_errno(err, failure, "cannot start a thread");
    }
    *out = pool;
    return INLAY_OK;
}

void exec_pool_destroy(struct exec_pool *pool)
{
    unsigned i;
    if (pool == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    (void)pthread_cond_broadcast(&pool->work);
    (void)pthread_mutex_unlock(&pool->lock);
    for (i = 0; i < pool->thread_count; i++) {
        (void)pthread_join(pool->threads[i], NULL);
    }
    (void)pthread_cond_destroy(&pool->work);
    (void)pthread_mutex_destroy(&pool->lock);
    mem_free(pool);
}

unsigned exec_pool_slots(const struct exec_pool *pool)
{
    return pool != NULL ? pool->thread_count + 1 : 1;
}

static inlay_status
run_serially(inlay_status (*item)(void *context, size_t index, unsigned slot, inlay_error *err),
             void *context, size_t count, const struct cancel_token *cancel, inlay_error *err)
{
    size_t i;
    for (i = 0; i < count; i++) {
        INLAY_TRY(cancel_check(cancel, err));
        INLAY_TRY(item(context, i, 0, err));
    }
    return INLAY_OK;
}

/* Newest first: the inner loop of a nest holds up the outer one. */
static void loop_offer(struct exec_pool *pool, struct loop *loop, unsigned helpers)
{
    (void)pthread_mutex_lock(&pool->lock);
    loop->wanted = helpers;
    loop->next = pool->loops;
    pool->loops = loop;
    if (helpers == 1) {
        (void)pthread_cond_signal(&pool->work);
    } else {
        (void)pthread_cond_broadcast(&pool->work);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

inlay_status
exec_pool_run(struct exec_pool *pool,
              inlay_status (*item)(void *context, size_t index, unsigned slot, inlay_error *err),
              void *context, size_t count, const struct cancel_token *cancel, inlay_error *err)
{
    struct loop loop = {.item = item,
                        .context = context,
                        .count = count,
                        .cancel = cancel,
                        .idle = PTHREAD_COND_INITIALIZER,
                        .err = err};
    size_t helpers;
    if (pool == NULL || count <= 1) {
        return run_serially(item, context, count, cancel, err);
    }
    helpers = count - 1 < pool->thread_count ? count - 1 : pool->thread_count;
    loop.slots = (unsigned)helpers + 1;
    loop_offer(pool, &loop, (unsigned)helpers);
    participate(pool, &loop);
    (void)pthread_mutex_lock(&pool->lock);
    loop_withdraw(pool, &loop);
    while (loop.active != 0) {
        (void)pthread_cond_wait(&loop.idle, &pool->lock);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    (void)pthread_cond_destroy(&loop.idle);
    return loop.status;
}

inlay_status exec_pool_submit(struct exec_pool *pool,
                              inlay_status (*function)(void *context, inlay_error *err),
                              void *context, struct exec_task **out, inlay_error *err)
{
    struct exec_task *task = mem_zalloc(sizeof(*task));
    if (out != NULL) {
        *out = NULL;
    }
    if (task == NULL) {
        return error_no_memory(err);
    }
    task->pool = pool;
    task->function = function;
    task->context = context;
    task->holders = out != NULL ? 2 : 1;
    inlay_error_init(&task->error);
    (void)pthread_cond_init(&task->done, NULL);
    (void)pthread_mutex_lock(&pool->lock);
    *pool->tasks_end = task;
    pool->tasks_end = &task->next;
    (void)pthread_cond_signal(&pool->work);
    (void)pthread_mutex_unlock(&pool->lock);
    if (out != NULL) {
        *out = task;
    }
    return INLAY_OK;
}

bool exec_task_done(struct exec_task *task)
{
    bool done;
    (void)pthread_mutex_lock(&task->pool->lock);
    done = task->state == TASK_DONE;
    (void)pthread_mutex_unlock(&task->pool->lock);
    return done;
}

inlay_status exec_task_wait(struct exec_task *task, inlay_error *err)
{
    struct exec_pool *pool = task->pool;
    inlay_status status;
    (void)pthread_mutex_lock(&pool->lock);
    if (task->state == TASK_QUEUED) {
        task_run(pool, task);
    }
    while (task->state != TASK_DONE) {
        (void)pthread_cond_wait(&task->done, &pool->lock);
    }
    status = task->status;
    if (status != INLAY_OK && err != NULL) {
        *err = task->error;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return status;
}

void exec_task_free(struct exec_task *task)
{
    if (task != NULL) {
        struct exec_pool *pool = task->pool;
        (void)pthread_mutex_lock(&pool->lock);
        task_drop(task);
        (void)pthread_mutex_unlock(&pool->lock);
    }
}
