/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider contract as tests: every sentence of storage/provider.h is one test here, and every
 * backend and decorator runs all of them. A test program calls conformance_run from main. Uses only
 * what src/storage/provider.c and base/ define.
 */
#ifndef INLAY_TESTS_SUPPORT_STORAGE_CONFORMANCE_H
#define INLAY_TESTS_SUPPORT_STORAGE_CONFORMANCE_H

#include "storage/provider.h"

#include <stdbool.h>

struct conformance_backend {
    const char *name;
    /* A provider over a store without objects; called once per test. */
    inlay_status (*open)(const struct conformance_backend *backend, struct provider **out,
                         inlay_error *err);
    /* Closes it and drops the store; NULL = provider_close. */
    void (*close)(const struct conformance_backend *backend, struct provider *provider);
    void *context;
    size_t list_page; /* entries per listing page, so that paging is tested; 0 = not known */
    int threads;      /* racing threads; 0 = 8 */
    int rounds;       /* rounds of each race; 0 = 50 */
    /* Responses get lost below a retry: a write may land, be replaced by the next writer, and only
     * then be looked for, so that its writer is told that it lost. Never the other way round. */
    bool wins_may_be_missed;
};

/* Runs the suite; the number of failed tests. */
int conformance_run(const struct conformance_backend *backend);

#endif
