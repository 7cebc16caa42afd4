/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed pool of CPU threads, owned by a connection. Two kinds of work:
 *
 * - exec_pool_run, a parallel loop for a query that waits for it. The calling thread works too and
 *   needs no other thread to finish, so loops may be nested in each other's items without deadlock
 *   and a pool that is busy elsewhere only makes a loop slower.
 * - tasks, for background jobs with a result that is asked for later or never. Whoever waits for a
 *   task that no thread has begun runs it himself, so waiting inside the pool cannot deadlock
 *   either. Loops go before tasks.
 *
 * Items and tasks must not block on the network: the pool is for computing. Thread-safe. The
 * threads do not survive a fork: the child must not use a pool made before it. Pool threads block
 * all signals.
 */
#ifndef INLAY_EXEC_POOL_H
#define INLAY_EXEC_POOL_H

#include "exec/cancel.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>

struct exec_pool;
struct exec_task;

#define EXEC_MAX_THREADS 256

/* `threads` 0 means one less than there are processors, since the calling thread works too; at
 * least one. */
inlay_status exec_pool_create(unsigned threads, struct exec_pool **out, inlay_error *err);

/* Finishes every queued task, then ends the threads. No loop may be running. NULL-safe. */
void exec_pool_destroy(struct exec_pool *pool);

/* The most participants of one loop: the threads and the caller. 1 for a NULL pool. */
unsigned exec_pool_slots(const struct exec_pool *pool);

/*
 * Calls item(context, i, slot, err) for every i below `count`, in no order, from several threads.
 * `slot` is below exec_pool_slots and not in use by two calls at once: an index for scratch space.
 * Items are handed out in shrinking chunks. The first failure in time ends the loop: no further
 * item begins and its status and error are returned once the running ones have ended. `cancel` (may
 * be NULL) is checked before each item. A NULL pool runs everything in the calling thread.
 */
inlay_status
exec_pool_run(struct exec_pool *pool,
              inlay_status (*item)(void *context, size_t index, unsigned slot, inlay_error *err),
              void *context, size_t count, const struct cancel_token *cancel, inlay_error *err);

/* Queues a task. `out` is owned by the caller (exec_task_free); NULL detaches the task, whose
 * result is then lost. `context` must stay valid until the task has ended. */
inlay_status exec_pool_submit(struct exec_pool *pool,
                              inlay_status (*function)(void *context, inlay_error *err),
                              void *context, struct exec_task **out, inlay_error *err);

bool exec_task_done(struct exec_task *task);

/* The task's own status and error. May be called again. */
inlay_status exec_task_wait(struct exec_task *task, inlay_error *err);

/* Gives the handle back; the task still runs to its end. Handles are freed before their pool is
 * destroyed. NULL-safe. */
void exec_task_free(struct exec_task *task);

#endif
