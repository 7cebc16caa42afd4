/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/budget.h"

#include "base/checked.h"
#include "base/error.h"

/* Counters are relaxed: they order nothing, each is exact by itself. */

void budget_init(struct budget *budget, const char *name, uint64_t limit, struct budget *parent)
{
    atomic_init(&budget->used, 0);
    atomic_init(&budget->peak, 0);
    budget->limit = limit;
    budget->name = name;
    budget->parent = parent;
}

static inlay_status over_budget(const struct budget *budget, uint64_t used, uint64_t bytes,
                                const char *who, inlay_error *err)
{
    error_set(err, INLAY_OVER_BUDGET,
              "%s needs %llu bytes, but %llu of the %s memory budget of %llu are in use; raise the "
              "budget or ask for less",
              who, (unsigned long long)bytes, (unsigned long long)used, budget->name,
              (unsigned long long)budget->limit);
    error_expected(err, "at most %llu bytes", (unsigned long long)budget->limit);
    error_found(err, "%llu in use and %llu more", (unsigned long long)used,
                (unsigned long long)bytes);
    return INLAY_OVER_BUDGET;
}

static void raise_peak(struct budget *budget, uint64_t used)
{
    uint64_t peak = atomic_load_explicit(&budget->peak, memory_order_relaxed);
    while (used > peak &&
           !atomic_compare_exchange_weak_explicit(&budget->peak, &peak, used, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
}

static inlay_status reserve_here(struct budget *budget, uint64_t bytes, const char *who,
                                 inlay_error *err)
{
    uint64_t used = atomic_load_explicit(&budget->used, memory_order_relaxed);
    do {
        if (!range_inside(used, bytes, budget->limit)) {
            return over_budget(budget, used, bytes, who, err);
        }
    } while (!atomic_compare_exchange_weak_explicit(&budget->used, &used, used + bytes,
                                                    memory_order_relaxed, memory_order_relaxed));
    raise_peak(budget, used + bytes);
    return INLAY_OK;
}

inlay_status budget_reserve(struct budget *budget, uint64_t bytes, const char *who,
                            inlay_error *err)
{
    struct budget *at;
    for (at = budget; at != NULL; at = at->parent) {
        inlay_status status = reserve_here(at, bytes, who, err);
        if (status != INLAY_OK) {
            struct budget *undo;
            for (undo = budget; undo != at; undo = undo->parent) {
                atomic_fetch_sub_explicit(&undo->used, bytes, memory_order_relaxed);
            }
            return status;
        }
    }
    return INLAY_OK;
}

void budget_release(struct budget *budget, uint64_t bytes)
{
    for (; budget != NULL; budget = budget->parent) {
        atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
    }
}

uint64_t budget_used(const struct budget *budget)
{
    return budget != NULL ? atomic_load_explicit(&budget->used, memory_order_relaxed) : 0;
}

uint64_t budget_peak(const struct budget *budget)
{
    return budget != NULL ? atomic_load_explicit(&budget->peak, memory_order_relaxed) : 0;
}

uint64_t budget_left(const struct budget *budget)
{
    uint64_t left = UINT64_MAX;
    for (; budget != NULL; budget = budget->parent) {
        uint64_t used = budget_used(budget);
        uint64_t here = used < budget->limit ? budget->limit - used : 0;
        left = here < left ? here : left;
    }
    return left;
}
