/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retries INLAY_UNAVAILABLE, and nothing else, with full-jitter exponential backoff (Brooker,
 * "Exponential Backoff And Jitter", AWS Architecture Blog, 2015): the n-th pause is uniform in
 * [0, min(cap, base * 2^n)). A call gives up at its deadline; a budget of tokens per provider (a
 * retry costs one, a success gives a tenth back) keeps a brown-out from becoming a storm.
 *
 * Lost responses: a create-only or conditional put, or the completion of an upload, may have
 * happened although it failed. Before it is sent again, and whenever a later try is told that the
 * precondition failed, the stored object is compared with what was sent (token, size, then bytes;
 * for uploads each part's BLAKE3): our own success is reported as success, with its token. Another
 * writer's object with the very same bytes cannot be told apart from ours. When our version was
 * stored and then replaced by somebody else, INLAY_PRECONDITION_FAILED is returned: callers that
 * must know look for their own mark in the newer version's history.
 *
 * Thread-safe. Time goes through the environment, so tests run on a virtual clock.
 */
#ifndef INLAY_STORAGE_RETRY_H
#define INLAY_STORAGE_RETRY_H

#include "base/env.h"
#include "storage/decorator.h"

struct provider_retry_options {
    const struct env *env; /* NULL = the system's */
    uint64_t base_ns;      /* 0 = 50 ms */
    uint64_t cap_ns;       /* 0 = 5 s */
    uint64_t deadline_ns;  /* per call, from its start; 0 = 60 s */
    uint64_t budget;       /* tokens at most, and at the start; 0 = 100 */
};

struct provider_retry_counts {
    uint64_t calls;
    uint64_t retries;   /* tries after the first */
    uint64_t recovered; /* lost responses found to be our own success */
    uint64_t deadline;  /* calls that gave up at the deadline */
    uint64_t budget;    /* calls that gave up because the budget was empty */
    uint64_t slept_ns;
};

/* `options` NULL = all defaults. */
inlay_status provider_retry_wrap(struct provider *inner, bool take,
                                 const struct provider_retry_options *options,
                                 struct provider **out, inlay_error *err);
/* `provider` must come from provider_retry_wrap. */
void provider_retry_counts(const struct provider *provider, struct provider_retry_counts *out);

#endif
