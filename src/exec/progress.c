/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/progress.h"

#include <string.h>

static uint64_t now_ns(const struct progress *progress)
{
    return progress->env->monotonic_ns(progress->env->context);
}

void progress_init(struct progress *progress,
                   void (*report)(void *context, const struct progress_event *event), void *context,
                   const struct env *env, uint64_t interval_ns)
{
    memset(progress, 0, sizeof(*progress));
    progress->report = report;
    progress->context = context;
    progress->env = env;
    progress->interval_ns = interval_ns;
    (void)pthread_mutex_init(&progress->lock, NULL);
    atomic_init(&progress->done, 0);
    atomic_init(&progress->next_report_ns, 0);
}

void progress_destroy(struct progress *progress)
{
    (void)pthread_mutex_destroy(&progress->lock);
}

/* Called with the lock held. Reading `done` here, and not before the lock was taken, is what keeps
 * it from going back between two reports. */
static void report_now(struct progress *progress, uint64_t now, int finished)
{
    struct progress_event event = {0};
    event.stage = progress->stage;
    event.done = atomic_load_explicit(&progress->done, memory_order_relaxed);
    event.total = progress->total;
    event.elapsed_ns = now - progress->started_ns;
    event.finished = finished;
    atomic_store_explicit(&progress->next_report_ns, now + progress->interval_ns,
                          memory_order_relaxed);
    progress->report(progress->context, &event);
}

static int is_silent(const struct progress *progress)
{
    return progress == NULL || progress->report == NULL;
}

void progress_begin(struct progress *progress, const char *stage, uint64_t total)
{
    if (is_silent(progress)) {
        return;
    }
    (void)pthread_mutex_lock(&progress->lock);
    progress->stage = stage;
    progress->total = total;
    progress->started_ns = now_ns(progress);
    atomic_store_explicit(&progress->done, 0, memory_order_relaxed);
    report_now(progress, progress->started_ns, 0);
    (void)pthread_mutex_unlock(&progress->lock);
}

void progress_add(struct progress *progress, uint64_t amount)
{
    uint64_t now;
    if (is_silent(progress)) {
        return;
    }
    atomic_fetch_add_explicit(&progress->done, amount, memory_order_relaxed);
    now = now_ns(progress);
    if (now < atomic_load_explicit(&progress->next_report_ns, memory_order_relaxed) ||
        pthread_mutex_trylock(&progress->lock) != 0) {
        return; /* too early, or another thread is reporting */
    }
    if (now >= atomic_load_explicit(&progress->next_report_ns, memory_order_relaxed)) {
        report_now(progress, now, 0);
    }
    (void)pthread_mutex_unlock(&progress->lock);
}

void progress_end(struct progress *progress)
{
    if (is_silent(progress)) {
        return;
    }
    (void)pthread_mutex_lock(&progress->lock);
    report_now(progress, now_ns(progress), 1);
    (void)pthread_mutex_unlock(&progress->lock);
}
