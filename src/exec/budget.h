/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory budgets: operations whose memory follows the data reserve before they allocate and release
 * when they free. A budget counts, it does not allocate. A child counts against its parents too: a
 * query's share of the connection's budget. Thread-safe; a NULL budget has no limit.
 */
#ifndef INLAY_EXEC_BUDGET_H
#define INLAY_EXEC_BUDGET_H

#include "inlay/error.h"

#include <stdatomic.h>
#include <stdint.h>

struct budget {
    _Atomic uint64_t used;
    _Atomic uint64_t peak;
    uint64_t limit;
    const char *name;      /* static text for messages: "query", "compaction" */
    struct budget *parent; /* may be NULL */
};

/* Holds nothing; drop it when everything was released. */
void budget_init(struct budget *budget, const char *name, uint64_t limit, struct budget *parent);

/* INLAY_OVER_BUDGET, with nothing reserved, when this budget or a parent would pass its limit; the
 * message names `who` (static text: "vector rerank"), the budget and its limit. */
inlay_status budget_reserve(struct budget *budget, uint64_t bytes, const char *who,
                            inlay_error *err);

/* Gives back bytes that were reserved. */
void budget_release(struct budget *budget, uint64_t bytes);

uint64_t budget_used(const struct budget *budget);
uint64_t budget_peak(const struct budget *budget);
uint64_t budget_left(const struct budget *budget); /* the least of this one and its parents */

#endif
