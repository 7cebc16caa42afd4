/* SPDX-License-Identifier: Apache-2.0 */
#include "support/alloc_fault.h"

#include "support/test.h"

#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

static _Atomic uint64_t countdown; /* allocations until the failing one; 0 = already met */
static _Atomic int64_t live_blocks;

static bool fails_now(void)
{
    uint64_t left = atomic_load(&countdown);
    while (left != 0 && !atomic_compare_exchange_weak(&countdown, &left, left - 1)) {
    }
    return left == 1;
}

static void *faulty_alloc(void *context, size_t size)
{
    void *pointer = fails_now() ? NULL : malloc(size);
    (void)context;
    atomic_fetch_add(&live_blocks, pointer != NULL ? 1 : 0);
    return pointer;
}

static void *faulty_realloc(void *context, void *pointer, size_t size)
{
    (void)context;
    return fails_now() ? NULL : realloc(pointer, size);
}

static void counting_free(void *context, void *pointer)
{
    (void)context;
    atomic_fetch_sub(&live_blocks, 1);
    free(pointer);
}

void alloc_fault_arm(uint64_t nth)
{
    static const struct mem_hooks hooks = {faulty_alloc, faulty_realloc, counting_free, NULL};
    atomic_store(&countdown, nth);
    atomic_store(&live_blocks, 0);
    mem_set_hooks(&hooks);
}

bool alloc_fault_disarm(void)
{
    mem_set_hooks(NULL);
    return atomic_load(&countdown) == 0;
}

int64_t alloc_fault_live_blocks(void)
{
    return atomic_load(&live_blocks);
}

uint64_t alloc_fault_sweep(inlay_status (*operation)(void *context, inlay_error *err),
                           void *context)
{
    uint64_t nth;
    for (nth = 1;; nth++) {
        inlay_error err;
        inlay_status status;
        bool met;
        inlay_error_init(&err);
        alloc_fault_arm(nth);
        status = operation(context, &err);
        met = alloc_fault_disarm();
        if (alloc_fault_live_blocks() != 0) {
            fail_msg("failing allocation %llu leaks %lld blocks", (unsigned long long)nth,
                     (long long)alloc_fault_live_blocks());
        }
        if (!met) {
            assert_ok(status, err);
            return nth - 1;
        }
        if (status != INLAY_OK && (status != INLAY_NO_MEMORY || err.status != INLAY_NO_MEMORY ||
                                   err.message[0] == '\0')) {
            fail_msg("failing allocation %llu gives '%s' with message '%s'",
                     (unsigned long long)nth, inlay_status_name(status), err.message);
        }
    }
}
