/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults on purpose, for tests of everything above storage: fails calls before or after their
 * effect, loses responses, delays, cuts reads, repeats writes, shuffles listings, kills the
 * process. Deterministic for one thread: the same seed and calls give the same faults. Thread-safe.
 */
#ifndef INLAY_STORAGE_FAULT_H
#define INLAY_STORAGE_FAULT_H

#include "base/env.h"
#include "storage/decorator.h"

enum fault_action {
    FAULT_FAIL_BEFORE,   /* returns `status`; nothing happened */
    FAULT_FAIL_AFTER,    /* it happened, but `status` is returned */
    FAULT_LOSE_RESPONSE, /* it happened, but INLAY_UNAVAILABLE is returned */
    FAULT_DELAY,         /* sleeps `delay_ns` before, through the environment */
    FAULT_TRUNCATE,      /* a read gives half of its bytes, as a cut connection does */
    FAULT_DUPLICATE,     /* a write arrives twice; the first response is returned */
    FAULT_SHUFFLE,       /* a listing's page comes in random order */
    FAULT_KILL_BEFORE,   /* SIGKILL to this process, nothing happened */
    FAULT_KILL_AFTER     /* SIGKILL to this process right after the effect */
};

struct fault_rule {
    enum fault_action action;
    uint32_t ops;       /* PROVIDER_OP_BIT mask; 0 = all operations */
    const char *key;    /* glob over the key, '*' crosses '/'; NULL = all; copied */
    uint64_t nth;       /* fires at the n-th matching call since it was added, counted from 1 ... */
    uint64_t times;     /* ... and the ones behind it, this many in all; 0 = 1 */
    double probability; /* when nth is 0: chance of every matching call; 1 = always */
    inlay_status status; /* 0 = INLAY_UNAVAILABLE */
    uint64_t delay_ns;
};

#define FAULT_RULES_MAX 32

/* `env` NULL = the system's. */
inlay_status provider_fault_wrap(struct provider *inner, bool take, uint64_t seed,
                                 const struct env *env, struct provider **out, inlay_error *err);
/* These take a provider that provider_fault_wrap made. All rules that fire on a call act on it; the
 * first one that fails it decides the status. */
inlay_status provider_fault_add(struct provider *provider, const struct fault_rule *rule,
                                inlay_error *err);
void provider_fault_clear(struct provider *provider); /* no rules, counts from 0 */
/* Calls of these operations (0 = all) since the last clear, so that a test learns how many points
 * there are to fail; and how often a rule fired. */
uint64_t provider_fault_calls(struct provider *provider, uint32_t ops);
uint64_t provider_fault_fired(struct provider *provider);

#endif
