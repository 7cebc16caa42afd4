/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a callback about every operation: keys, sizes, outcome and time; never contents, tokens or
 * credentials. */
#ifndef INLAY_STORAGE_TRACE_H
#define INLAY_STORAGE_TRACE_H

#include "base/env.h"
#include "storage/decorator.h"

struct trace_event {
    enum provider_op op;
    const char *key;     /* or a listing's prefix; valid during the callback */
    uint64_t bytes;      /* read or written */
    inlay_status status; /* of the call */
    uint64_t duration_ns;
};

/* Called after each operation, on the thread that ran it, so possibly from several at once. It must
 * not use the provider that it traces. */
typedef void trace_function(void *context, const struct trace_event *event);

/* `env` NULL = the system's clock. */
inlay_status provider_trace_wrap(struct provider *inner, bool take, trace_function *callback,
                                 void *context, const struct env *env, struct provider **out,
                                 inlay_error *err);

#endif
