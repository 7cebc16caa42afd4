/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stops calls of the engine when their tokens say so: one thread for all of them, started with the
 * first, asleep until the nearest deadline. A token that another thread may cancel at any time, or
 * a signal handler, cannot wake it: while such a call runs, it looks every few milliseconds.
 * Thread-safe.
 */
#ifndef INLAY_SQL_WATCHDOG_H
#define INLAY_SQL_WATCHDOG_H

#include "exec/cancel.h"

struct watchdog;

/* One call; the caller's memory from watchdog_add to watchdog_remove. */
struct watched_call {
    const struct cancel_token *token;
    /* Called by the watchdog's thread, under its lock, once the token has expired, and again every
     * few milliseconds until the call is removed: one that comes too early for the engine would be
     * lost. Must not block. */
    void (*stop)(void *context);
    void *context;
    struct watched_call *next;
};

inlay_status watchdog_create(struct watchdog **out, inlay_error *err);
void watchdog_free(struct watchdog *watchdog); /* NULL-safe; no call is watched */

inlay_status watchdog_add(struct watchdog *watchdog, struct watched_call *call, inlay_error *err);
/* `stop` is not running, and will not be called any more. */
void watchdog_remove(struct watchdog *watchdog, struct watched_call *call);

#endif
