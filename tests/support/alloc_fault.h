/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failing allocations on purpose. A sweep runs one operation again and again, failing its first
 * allocation, then its second, until it runs through without meeting the failure:
 *
 *     static inlay_status build(void *context, inlay_error *err) { ... }
 *     alloc_fault_sweep(build, &context);
 *
 * The sweep fails the test unless every run with a failure gives INLAY_NO_MEMORY with a message (or
 * INLAY_OK: a failure may be harmless), every run gives back all that it allocated, and the last
 * run succeeds. Only what goes through base/alloc.h is seen. One sweep at a time per process.
 */
#ifndef INLAY_TESTS_SUPPORT_ALLOC_FAULT_H
#define INLAY_TESTS_SUPPORT_ALLOC_FAULT_H

#include "inlay/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Returns how many runs met a failure. */
uint64_t alloc_fault_sweep(inlay_status (*operation)(void *context, inlay_error *err),
                           void *context);

/* The parts, for tests that need other checks. Arming installs the hooks and makes the n-th
 * allocation from now (1 = the next) fail, once. */
void alloc_fault_arm(uint64_t nth);
/* Restores the C library's hooks; true when the failure was met. */
bool alloc_fault_disarm(void);
/* Allocations minus frees since arming. */
int64_t alloc_fault_live_blocks(void);

#endif
