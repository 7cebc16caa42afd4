/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/retry.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/io_account.h"
#include "storage/retry_priv.h"

#define NS_PER_MS ((uint64_t)1000000)
#define TOKEN 10 /* the budget counts tenths */

struct retry {
    struct decorator decorator;
    struct provider_retry_options options;
    _Atomic int64_t budget;
    _Atomic uint64_t calls;
    _Atomic uint64_t retries;
    _Atomic uint64_t recovered;
    _Atomic uint64_t deadline;
    _Atomic uint64_t exhausted;
    _Atomic uint64_t slept_ns;
};

/* One call in progress. */
struct attempt {
    struct retry *retry;
    struct provider_call *call;
    uint64_t start_ns;
    unsigned tries;
    bool in_doubt; /* a try may have had its effect */
};

static uint64_t now(const struct retry *retry)
{
    return retry->options.env->monotonic_ns(retry->options.env->context);
}

/* Uniform in [0, bound). */
static uint64_t jitter(const struct retry *retry, uint64_t bound)
{
    uint64_t random = 0;
    if (!retry->options.env->random(retry->options.env->context, &random, sizeof(random))) {
        return bound / 2;
    }
    return (uint64_t)(((unsigned __int128)random * bound) >> 64);
}

static bool budget_take(struct retry *retry)
{
    int64_t left = atomic_load_explicit(&retry->budget, memory_order_relaxed);
    while (left >= TOKEN) {
        if (atomic_compare_exchange_weak_explicit(&retry->budget, &left, left - TOKEN,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

static void budget_give(struct retry *retry)
{
    int64_t most = (int64_t)retry->options.budget * TOKEN;
    int64_t left = atomic_load_explicit(&retry->budget, memory_order_relaxed);
    while (left < most &&
           !atomic_compare_exchange_weak_explicit(&retry->budget, &left, left + 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

static inlay_status give_up(const struct attempt *attempt, const char *why, inlay_error *err)
{
    uint64_t ms = (now(attempt->retry) - attempt->start_ns) / NS_PER_MS;
    return error_wrap(err, INLAY_UNAVAILABLE, "%s: gave up after %u tries in %llu ms: %s%s",
                      provider_op_name(attempt->call->op), attempt->tries, (unsigned long long)ms,
                      why,
                      landing_matters(attempt->call) ? "; it may have happened nevertheless" : "");
}

/* Sleeps before the next try; INLAY_UNAVAILABLE when there is to be none. */
static inlay_status pause_or_give_up(struct attempt *attempt, inlay_error *err)
{
    struct retry *retry = attempt->retry;
    const struct provider_retry_options *o = &retry->options;
    unsigned shift = attempt->tries - 1 < 32 ? attempt->tries - 1 : 32;
    uint64_t bound = o->base_ns << shift;
    uint64_t pause;
    if (bound >> shift != o->base_ns || bound > o->cap_ns) {
        bound = o->cap_ns;
    }
    pause = jitter(retry, bound);
    if (now(retry) - attempt->start_ns + pause >= o->deadline_ns) {
        io_account_add(&retry->deadline, 1);
        return give_up(attempt, "the deadline is reached", err);
    }
    if (!budget_take(retry)) {
        io_account_add(&retry->exhausted, 1);
        return give_up(attempt, "too many calls fail, the retry budget is empty", err);
    }
    o->env->sleep_ns(o->env->context, pause);
    io_account_add(&retry->slept_ns, pause);
    io_account_add(&retry->retries, 1);
    return INLAY_OK;
}

static inlay_status lost(const struct provider_call *call, inlay_error *err)
{
    error_set(err, INLAY_PRECONDITION_FAILED, "%s: the object is another writer's version",
              provider_op_name(call->op));
    error_key(err, call->key);
    return INLAY_PRECONDITION_FAILED;
}

/* One try; on INLAY_UNAVAILABLE another may follow. */
static inlay_status try_once(struct attempt *attempt, inlay_error *err)
{
    struct retry *retry = attempt->retry;
    struct provider *inner = retry->decorator.inner;
    struct provider_call *call = attempt->call;
    enum landing landing = attempt->in_doubt ? landing_find(inner, call) : LANDING_NOT;
    inlay_status status;
    if (landing == LANDING_NOT || landing == LANDING_UNKNOWN) {
        status = provider_call_run(inner, call, err);
        attempt->in_doubt =
            attempt->in_doubt || (status == INLAY_UNAVAILABLE && landing_matters(call));
        if (!attempt->in_doubt || status == INLAY_OK || status == INLAY_UNAVAILABLE) {
            return status;
        }
        /* An earlier try may be why this one was refused. */
        landing = landing_find(inner, call);
        if (landing == LANDING_UNKNOWN) {
            error_set(err, INLAY_UNAVAILABLE, "%s: the outcome of a lost response is unknown",
                      provider_op_name(call->op));
            error_key(err, call->key);
            return INLAY_UNAVAILABLE;
        }
        if (landing != LANDING_OURS) {
            return status;
        }
    }
    if (landing == LANDING_FOREIGN) {
        return lost(call, err);
    }
    io_account_add(&retry->recovered, 1);
    return INLAY_OK;
}

static inlay_status retry_loop(struct attempt *attempt, inlay_error *err)
{
    for (;;) {
        inlay_status status = try_once(attempt, err);
        attempt->tries++;
        if (status == INLAY_OK) {
            budget_give(attempt->retry);
        }
        if (status != INLAY_UNAVAILABLE) {
            return status;
        }
        INLAY_TRY(pause_or_give_up(attempt, err));
    }
}

static inlay_status retry_around(struct decorator *decorator, struct provider_call *call,
                                 inlay_error *err)
{
    struct retry *retry = (struct retry *)decorator;
    struct attempt attempt = {.retry = retry, .call = call, .start_ns = now(retry)};
    inlay_status status;
    io_account_add(&retry->calls, 1);
    if (call->op == PROVIDER_MULTIPART_BEGIN) {
        INLAY_TRY(landing_upload_begin(call, err)); /* freed with the upload, also on failure */
    }
    status = retry_loop(&attempt, err);
    if (status == INLAY_OK && call->op == PROVIDER_MULTIPART_PART) {
        landing_upload_part(call);
    }
    return status;
}

static void retry_free(struct decorator *decorator)
{
    mem_free(decorator);
}

inlay_status provider_retry_wrap(struct provider *inner, bool take,
                                 const struct provider_retry_options *options,
                                 struct provider **out, inlay_error *err)
{
    static const struct provider_retry_options defaults = {0};
    static const struct decorator_hooks hooks = {
        .around = retry_around, .upload_free = landing_upload_free, .free = retry_free};
    struct retry *retry = mem_zalloc(sizeof(*retry));
    struct provider_retry_options *o;
    *out = NULL;
    if (retry == NULL) {
        return error_no_memory(err);
    }
    decorator_init(&retry->decorator, &hooks, inner, take);
    o = &retry->options;
    *o = options != NULL ? *options : defaults;
    o->env = o->env != NULL ? o->env : env_system();
    o->base_ns = o->base_ns != 0 ? o->base_ns : 50 * NS_PER_MS;
    o->cap_ns = o->cap_ns != 0 ? o->cap_ns : 5000 * NS_PER_MS;
    o->deadline_ns = o->deadline_ns != 0 ? o->deadline_ns : 60000 * NS_PER_MS;
    o->budget = o->budget != 0 ? o->budget : 100;
    atomic_init(&retry->budget, (int64_t)o->budget * TOKEN);
    *out = &retry->decorator.provider;
    return INLAY_OK;
}

void provider_retry_counts(const struct provider *provider, struct provider_retry_counts *out)
{
    const struct retry *retry = (const struct retry *)provider;
    out->calls = atomic_load_explicit(&retry->calls, memory_order_relaxed);
    out->retries = atomic_load_explicit(&retry->retries, memory_order_relaxed);
    out->recovered = atomic_load_explicit(&retry->recovered, memory_order_relaxed);
    out->deadline = atomic_load_explicit(&retry->deadline, memory_order_relaxed);
    out->budget = atomic_load_explicit(&retry->exhausted, memory_order_relaxed);
    out->slept_ns = atomic_load_explicit(&retry->slept_ns, memory_order_relaxed);
}
