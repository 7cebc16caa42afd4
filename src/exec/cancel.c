/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/cancel.h"

#include "base/error.h"

static uint64_t now_ns(const struct cancel_token *token)
{
    return token->env->monotonic_ns(token->env->context);
}

void cancel_token_init(struct cancel_token *token, const struct env *env, uint64_t timeout_ns,
                       const struct cancel_token *parent)
{
    atomic_init(&token->cancelled, false);
    token->env = env;
    token->parent = parent;
    token->started_ns = now_ns(token);
    token->deadline_ns = timeout_ns < UINT64_MAX - token->started_ns
                             ? token->started_ns + timeout_ns
                             : CANCEL_NO_TIMEOUT;
}

void cancel_token_cancel(struct cancel_token *token)
{
    /* Relaxed: the flag orders nothing, it only has to arrive. */
    atomic_store_explicit(&token->cancelled, true, memory_order_relaxed);
}

void cancel_token_reset(struct cancel_token *token)
{
    atomic_store_explicit(&token->cancelled, false, memory_order_relaxed);
}

bool cancel_token_is_cancelled(const struct cancel_token *token)
{
    return atomic_load_explicit(&token->cancelled, memory_order_relaxed);
}

static unsigned long long ran_ms(const struct cancel_token *token)
{
    uint64_t now = now_ns(token);
    return now > token->started_ns ? (now - token->started_ns) / 1000000 : 0;
}

/* `token` is what was asked, `limit` the one of its chain that has expired. */
static inlay_status timed_out(const struct cancel_token *token, const struct cancel_token *limit,
                              inlay_error *err)
{
    unsigned long long limit_ms = (limit->deadline_ns - limit->started_ns) / 1000000;
    error_set(err, INLAY_TIMEOUT, "the operation was stopped after %llu ms: its timeout is %llu ms",
              ran_ms(token), limit_ms);
    error_expected(err, "at most %llu ms", limit_ms);
    return INLAY_TIMEOUT;
}

inlay_status cancel_check(const struct cancel_token *token, inlay_error *err)
{
    const struct cancel_token *at;
    for (at = token; at != NULL; at = at->parent) {
        if (cancel_token_is_cancelled(at)) {
            return error_set(err, INLAY_CANCELLED, "the operation was cancelled after %llu ms",
                             ran_ms(token));
        }
        if (at->deadline_ns != CANCEL_NO_TIMEOUT && now_ns(at) >= at->deadline_ns) {
            return timed_out(token, at, err);
        }
    }
    return INLAY_OK;
}

uint64_t cancel_time_left_ns(const struct cancel_token *token)
{
    uint64_t left = CANCEL_NO_TIMEOUT;
    for (; token != NULL; token = token->parent) {
        uint64_t now;
        if (atomic_load_explicit(&token->cancelled, memory_order_relaxed)) {
            return 0;
        }
        if (token->deadline_ns == CANCEL_NO_TIMEOUT) {
            continue;
        }
        now = now_ns(token);
        if (now >= token->deadline_ns) {
            return 0;
        }
        if (token->deadline_ns - now < left) {
            left = token->deadline_ns - now;
        }
    }
    return left;
}
