/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts what goes through to a provider: requests, bytes, latencies. Place it below retry.h to
 * count every try, above to count what callers asked for. Thread-safe; counters are atomic, a
 * snapshot is not one instant.
 */
#ifndef INLAY_STORAGE_METRICS_H
#define INLAY_STORAGE_METRICS_H

#include "base/env.h"
#include "base/io_account.h"
#include "storage/decorator.h"

#define METRICS_BUCKETS 48 /* bucket i: [2^i, 2^(i+1)) ns; the last one is open */

struct metrics_op {
    uint64_t calls;
    uint64_t requests; /* a batch of ranges is one per range */
    uint64_t refused;  /* not found, precondition failed: answers, not faults */
    uint64_t failed;   /* every other status but success */
    uint64_t bytes_read;
    uint64_t bytes_written;
    uint64_t total_ns;
    uint64_t max_ns;
    uint64_t histogram[METRICS_BUCKETS];
};

struct metrics_snapshot {
    struct metrics_op ops[PROVIDER_OP_COUNT];
};

/* `account` (may be NULL, borrowed) gets requests, one round trip per call, bytes and waiting
 * time. `env` NULL = the system's clock. */
inlay_status provider_metrics_wrap(struct provider *inner, bool take, struct io_account *account,
                                   const struct env *env, struct provider **out, inlay_error *err);
/* `provider` must come from provider_metrics_wrap. */
void provider_metrics_snapshot(const struct provider *provider, struct metrics_snapshot *out);
/* Upper bound in ns of the quantile q in [0, 1] of an operation's latencies; 0 without calls. */
uint64_t metrics_quantile(const struct metrics_op *op, double q);

#endif
