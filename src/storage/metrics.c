/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/metrics.h"

#include "base/alloc.h"
#include "base/error.h"

#include <stdatomic.h>
#include <string.h>

struct counters {
    _Atomic uint64_t calls;
    _Atomic uint64_t requests;
    _Atomic uint64_t refused;
    _Atomic uint64_t failed;
    _Atomic uint64_t bytes_read;
    _Atomic uint64_t bytes_written;
    _Atomic uint64_t total_ns;
    _Atomic uint64_t max_ns;
    _Atomic uint64_t histogram[METRICS_BUCKETS];
};

struct metrics {
    struct decorator decorator;
    struct io_account *account;
    const struct env *env;
    struct counters ops[PROVIDER_OP_COUNT];
};

static uint64_t get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static unsigned bucket_of(uint64_t ns)
{
    unsigned bucket = ns != 0 ? 63u - (unsigned)__builtin_clzll(ns) : 0;
    return bucket < METRICS_BUCKETS ? bucket : METRICS_BUCKETS - 1;
}

static void raise_to(_Atomic uint64_t *counter, uint64_t value)
{
    uint64_t seen = get(counter);
    while (seen < value && !atomic_compare_exchange_weak_explicit(
                               counter, &seen, value, memory_order_relaxed, memory_order_relaxed)) {
    }
}

static inlay_status metrics_around(struct decorator *decorator, struct provider_call *call,
                                   inlay_error *err)
{
    struct metrics *metrics = (struct metrics *)decorator;
    struct counters *c = &metrics->ops[call->op];
    uint64_t requests = call->op == PROVIDER_GET_RANGES ? call->range_count : 1;
    uint64_t start = metrics->env->monotonic_ns(metrics->env->context);
    inlay_status status = provider_call_run(decorator->inner, call, err);
    uint64_t ns = metrics->env->monotonic_ns(metrics->env->context) - start;
    uint64_t read = provider_call_bytes_read(call, status);
    uint64_t written = provider_call_bytes_written(call);
    io_account_add(&c->calls, 1);
    io_account_add(&c->requests, requests);
    io_account_add(&c->bytes_read, read);
    io_account_add(&c->bytes_written, written);
    io_account_add(&c->total_ns, ns);
    io_account_add(&c->histogram[bucket_of(ns)], 1);
    raise_to(&c->max_ns, ns);
    if (status == INLAY_NOT_FOUND || status == INLAY_PRECONDITION_FAILED) {
        io_account_add(&c->refused, 1);
    } else if (status != INLAY_OK) {
        io_account_add(&c->failed, 1);
    }
    if (metrics->account != NULL) {
        io_account_add(&metrics->account->requests, requests);
        io_account_add(&metrics->account->round_trips, 1);
        io_account_add(&metrics->account->bytes_read, read);
        io_account_add(&metrics->account->bytes_written, written);
        io_account_add(&metrics->account->wait_ns, ns);
    }
    return status;
}

static void metrics_free(struct decorator *decorator)
{
    mem_free(decorator);
}

inlay_status provider_metrics_wrap(struct provider *inner, bool take, struct io_account *account,
                                   const struct env *env, struct provider **out, inlay_error *err)
{
    static const struct decorator_hooks hooks = {.around = metrics_around, .free = metrics_free};
    struct metrics *metrics = mem_zalloc(sizeof(*metrics));
    *out = NULL;
    if (metrics == NULL) {
        return error_no_memory(err);
    }
    decorator_init(&metrics->decorator, &hooks, inner, take);
    metrics->account = account;
    metrics->env = env != NULL ? env : env_system();
    *out = &metrics->decorator.provider;
    return INLAY_OK;
}

void provider_metrics_snapshot(const struct provider *provider, struct metrics_snapshot *out)
{
    const struct metrics *metrics = (const struct metrics *)provider;
    size_t op;
    size_t i;
    for (op = 0; op < PROVIDER_OP_COUNT; op++) {
        const struct counters *from = &metrics->ops[op];
        struct metrics_op *to = &out->ops[op];
        to->calls = get(&from->calls);
        to->requests = get(&from->requests);
        to->refused = get(&from->refused);
        to->failed = get(&from->failed);
        to->bytes_read = get(&from->bytes_read);
        to->bytes_written = get(&from->bytes_written);
        to->total_ns = get(&from->total_ns);
        to->max_ns = get(&from->max_ns);
        for (i = 0; i < METRICS_BUCKETS; i++) {
            to->histogram[i] = get(&from->histogram[i]);
        }
    }
}

uint64_t metrics_quantile(const struct metrics_op *op, double q)
{
    uint64_t total = 0;
    uint64_t seen = 0;
    size_t i;
    for (i = 0; i < METRICS_BUCKETS; i++) {
        total += op->histogram[i];
    }
    for (i = 0; i < METRICS_BUCKETS && total != 0; i++) {
        seen += op->histogram[i];
        if (seen != 0 && (double)seen >= q * (double)total) {
            uint64_t end = (uint64_t)2 << i;
            return end < op->max_ns ? end : op->max_ns;
        }
    }
    return 0;
}
