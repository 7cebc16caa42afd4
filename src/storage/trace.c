/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/trace.h"

#include "base/alloc.h"
#include "base/error.h"

struct trace {
    struct decorator decorator;
    trace_function *callback;
    void *context;
    const struct env *env;
};

static inlay_status trace_around(struct decorator *decorator, struct provider_call *call,
                                 inlay_error *err)
{
    struct trace *trace = (struct trace *)decorator;
    struct trace_event event = {.op = call->op, .key = call->key};
    uint64_t start = trace->env->monotonic_ns(trace->env->context);
    event.status = provider_call_run(decorator->inner, call, err);
    event.duration_ns = trace->env->monotonic_ns(trace->env->context) - start;
    event.bytes = provider_call_bytes_read(call, event.status) + provider_call_bytes_written(call);
    trace->callback(trace->context, &event);
    return event.status;
}

static void trace_free(struct decorator *decorator)
{
    mem_free(decorator);
}

inlay_status provider_trace_wrap(struct provider *inner, bool take, trace_function *callback,
                                 void *context, const struct env *env, struct provider **out,
                                 inlay_error *err)
{
    static const struct decorator_hooks hooks = {.around = trace_around, .free = trace_free};
    struct trace *trace = mem_zalloc(sizeof(*trace));
    *out = NULL;
    if (trace == NULL) {
        return error_no_memory(err);
    }
    decorator_init(&trace->decorator, &hooks, inner, take);
    trace->callback = callback;
    trace->context = context;
    trace->env = env != NULL ? env : env_system();
    *out = &trace->decorator.provider;
    return INLAY_OK;
}
