/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte source over a local file, mapped read-only: views without a copy. The file must not be cut
 * while it is mapped (the local provider never does that: a new version is a new file, and the
 * mapping keeps its own). Thread-safe.
 */
#ifndef INLAY_CACHE_MMAP_SOURCE_H
#define INLAY_CACHE_MMAP_SOURCE_H

#include "base/byte_source.h"

#include <stdbool.h>

enum mmap_hint {
    MMAP_RANDOM,     /* default: page in what is touched, little read-ahead */
    MMAP_SEQUENTIAL, /* one pass from front to back */
    MMAP_WILL_NEED   /* start reading the whole file now */
};

/* A file that is shorter or longer than `size` is INLAY_CORRUPT. `name` (NULL = the path) is used
 * in messages. The account (may be NULL, borrowed) counts reads as cache hits: no request is sent;
 * views, the hot path, are not counted.
 */
inlay_status mmap_source_open(const char *path, const char *name, uint64_t size,
                              enum mmap_hint hint, struct io_account *account,
                              struct byte_source **out, inlay_error *err);
/* Asks the kernel to read a range ahead; never fails, does nothing for other sources' ranges. */
void mmap_source_will_need(struct byte_source *source, uint64_t offset, uint64_t length);

#endif
