/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cancellation and deadlines. Whoever starts an operation owns a token and hands it down; loops
 * below ask cancel_check once per block of work and pass its status up. A check costs one relaxed
 * load, and a clock reading where there is a deadline. Tokens may form a chain: a child is stopped
 * with its parents. Checking and cancelling are thread-safe.
 */
#ifndef INLAY_EXEC_CANCEL_H
#define INLAY_EXEC_CANCEL_H

#include "base/env.h"
#include "inlay/error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct cancel_token {
    _Atomic bool cancelled;
    uint64_t started_ns;  /* monotonic; for saying how long it ran */
    uint64_t deadline_ns; /* monotonic; UINT64_MAX = none */
    const struct env *env;
    const struct cancel_token *parent;
};

#define CANCEL_NO_TIMEOUT UINT64_MAX

/* `parent` may be NULL; it and `env` must outlive the token. The deadline is `timeout_ns` from
 * now. Holds nothing: a token is dropped, not freed, once no thread uses it. */
void cancel_token_init(struct cancel_token *token, const struct env *env, uint64_t timeout_ns,
                       const struct cancel_token *parent);

/* Async-signal-safe. */
void cancel_token_cancel(struct cancel_token *token);
/* Not cancelled any more; the deadline stays. */
void cancel_token_reset(struct cancel_token *token);
bool cancel_token_is_cancelled(const struct cancel_token *token); /* its parents aside */

/* INLAY_OK, INLAY_CANCELLED or INLAY_TIMEOUT; a NULL token is never cancelled. The message says how
 * long this token, not its parents, has run. */
inlay_status cancel_check(const struct cancel_token *token, inlay_error *err);

/* What is left until the nearest deadline: CANCEL_NO_TIMEOUT without one, 0 when it has passed or
 * the token is cancelled. For waits. */
uint64_t cancel_time_left_ns(const struct cancel_token *token);

#endif
