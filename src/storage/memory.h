/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A provider in this process's memory: the whole contract under one mutex. Used by memory:// and by
 * tests. Version tokens count upwards and never repeat within a store. Thread-safe; bytes are
 * copied outside the lock.
 */
#ifndef INLAY_STORAGE_MEMORY_H
#define INLAY_STORAGE_MEMORY_H

#include "base/env.h"
#include "storage/provider.h"

struct provider_memory_options {
    const struct env *env; /* clock of last_modified; NULL = the system's */
    size_t list_page;      /* entries per listing page; 0 = 1000 */
};

inlay_status provider_memory_create(struct provider **out, inlay_error *err);
/* `options` NULL = all defaults. */
inlay_status provider_memory_create_with(const struct provider_memory_options *options,
                                         struct provider **out, inlay_error *err);

#endif
