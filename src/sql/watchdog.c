/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/watchdog.h"

#include "base/alloc.h"
#include "base/error.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#define LOOK_NS 5000000 /* between looks at tokens that may be cancelled, and between stops */
#define SECOND_NS 1000000000

struct watchdog {
    pthread_mutex_t lock; /* guards what follows; a leaf */
    pthread_cond_t changed;
    pthread_t thread;
    bool running;
    bool ending;
    struct watched_call *calls;
};

inlay_status watchdog_create(struct watchdog **out, inlay_error *err)
{
    struct watchdog *watchdog = mem_zalloc(sizeof(*watchdog));
    pthread_condattr_t attributes;
    *out = watchdog;
    if (watchdog == NULL) {
        return error_no_memory(err);
    }
    (void)pthread_mutex_init(&watchdog->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&watchdog->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return INLAY_OK;
}

void watchdog_free(struct watchdog *watchdog)
{
    if (watchdog == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&watchdog->lock);
    watchdog->ending = true;
    (void)pthread_cond_signal(&watchdog->changed);
    (void)pthread_mutex_unlock(&watchdog->lock);
    if (watchdog->running) {
        (void)pthread_join(watchdog->thread, NULL);
    }
    (void)pthread_cond_destroy(&watchdog->changed);
    (void)pthread_mutex_destroy(&watchdog->lock);
    mem_free(watchdog);
}

/* Stops what has expired. What is left until the watchdog has to look again. */
static uint64_t look(const struct watchdog *watchdog)
{
    const struct watched_call *call;
    uint64_t sleep_ns = CANCEL_NO_TIMEOUT;
    for (call = watchdog->calls; call != NULL; call = call->next) {
        uint64_t left = cancel_time_left_ns(call->token);
        if (left == 0) {
            call->stop(call->context);
        }
        /* A parent is whoever may cancel. */
        if (left == 0 || (call->token->parent != NULL && left > LOOK_NS)) {
            left = LOOK_NS;
        }
        sleep_ns = left < sleep_ns ? left : sleep_ns;
    }
    return sleep_ns;
}

static void sleep_until_changed(struct watchdog *watchdog, uint64_t sleep_ns)
{
    struct timespec until;
    if (sleep_ns == CANCEL_NO_TIMEOUT) {
        (void)pthread_cond_wait(&watchdog->changed, &watchdog->lock);
        return;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    /* A deadline of centuries need not be met to the second. */
    sleep_ns = sleep_ns < (uint64_t)3600 * SECOND_NS ? sleep_ns : (uint64_t)3600 * SECOND_NS;
    until.tv_sec += (time_t)(sleep_ns / SECOND_NS);
    until.tv_nsec += (long)(sleep_ns % SECOND_NS);
    if (until.tv_nsec >= SECOND_NS) {
        until.tv_nsec -= SECOND_NS;
        until.tv_sec++;
    }
    (void)pthread_cond_timedwait(&watchdog->changed, &watchdog->lock, &until);
}

static void *watch(void *context)
{
    struct watchdog *watchdog = context;
    (void)pthread_mutex_lock(&watchdog->lock);
    while (!watchdog->ending) {
        sleep_until_changed(watchdog, look(watchdog));
    }
    (void)pthread_mutex_unlock(&watchdog->lock);
    return NULL;
}

/* Under the lock. Signals are for the program's own threads. */
static inlay_status start(struct watchdog *watchdog, inlay_error *err)
{
    sigset_t all;
    sigset_t before;
    int failed;
    if (watchdog->running) {
        return INLAY_OK;
    }
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&watchdog->thread, NULL, watch, watchdog);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        return error_from_errno(err, failed, "no thread to watch timeouts could be started");
    }
    watchdog->running = true;
    return INLAY_OK;
}

inlay_status watchdog_add(struct watchdog *watchdog, struct watched_call *call, inlay_error *err)
{
    inlay_status status;
    (void)pthread_mutex_lock(&watchdog->lock);
    status = start(watchdog, err);
    if (status == INLAY_OK) {
        call->next = watchdog->calls;
        watchdog->calls = call;
        (void)pthread_cond_signal(&watchdog->changed);
    }
    (void)pthread_mutex_unlock(&watchdog->lock);
    return status;
}

void watchdog_remove(struct watchdog *watchdog, struct watched_call *call)
{
    struct watched_call **link;
    (void)pthread_mutex_lock(&watchdog->lock);
    for (link = &watchdog->calls; *link != NULL; link = &(*link)->next) {
        if (*link == call) {
            *link = call->next;
            break;
        }
    }
    (void)pthread_mutex_unlock(&watchdog->lock);
}
