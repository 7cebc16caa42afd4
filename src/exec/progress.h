/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress of long operations, reported to a callback of the caller. Workers add what they did from
 * any thread; the callback is called by one thread at a time, at most once per interval within a
 * stage, and always at a stage's start and end. `done` never goes back within a stage.
 */
#ifndef INLAY_EXEC_PROGRESS_H
#define INLAY_EXEC_PROGRESS_H

#include "base/env.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct progress_event {
    const char *stage; /* static text: "upload" */
    uint64_t done;
    uint64_t total;      /* 0 = unknown */
    uint64_t elapsed_ns; /* since the stage began */
    int finished;        /* 1: the last event of this stage */
};

struct progress {
    void (*report)(void *context, const struct progress_event *event);
    void *context;
    const struct env *env;
    uint64_t interval_ns;
    pthread_mutex_t lock; /* held around the callback; guards the next three */
    const char *stage;
    uint64_t total;
    uint64_t started_ns;
    _Atomic uint64_t done;
    _Atomic uint64_t next_report_ns;
};

#define PROGRESS_INTERVAL_NS 100000000u /* ten times a second */

/* `report` may be NULL: then nothing is called. */
void progress_init(struct progress *progress,
                   void (*report)(void *context, const struct progress_event *event), void *context,
                   const struct env *env, uint64_t interval_ns);
void progress_destroy(struct progress *progress);

/* All accept NULL. Begin and end come from one thread, with no add running. */
void progress_begin(struct progress *progress, const char *stage, uint64_t total);
void progress_add(struct progress *progress, uint64_t amount); /* thread-safe */
void progress_end(struct progress *progress);

#endif
