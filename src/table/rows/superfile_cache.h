/* SPDX-License-Identifier: Apache-2.0 */
/* The superfiles of one table that are open, most recently used first. Thread-safe. */
#ifndef INLAY_TABLE_ROWS_SUPERFILE_CACHE_H
#define INLAY_TABLE_ROWS_SUPERFILE_CACHE_H

#include "base/id.h"
#include "storage/provider.h"
#include "superfile/superfile.h"
#include "table/manifest/manifest_entry.h"

#include <pthread.h>

struct superfile_slot {
    struct id128 id;
    struct superfile *file; /* one reference */
    uint64_t last_used;
    uint32_t next; /* slot of the same bucket; SUPERFILE_NO_SLOT: none */
};

#define SUPERFILE_NO_SLOT UINT32_MAX
#define SUPERFILE_BUCKETS 1024 /* a power of two */

struct superfile_cache {
    struct provider *provider;  /* borrowed */
    const char *location;       /* borrowed */
    struct io_account *account; /* borrowed, may be NULL */
    size_t limit;
    pthread_mutex_t lock;                /* guards what follows; no other lock is taken under it */
    uint32_t buckets[SUPERFILE_BUCKETS]; /* first slots */
    struct superfile_slot *slots;
    size_t count;
    size_t capacity;
    uint64_t clock;
};

void superfile_cache_init(struct superfile_cache *cache, struct provider *provider,
                          const char *location, struct io_account *account, size_t limit);
void superfile_cache_destroy(struct superfile_cache *cache);
/* Opens the entry's file or gives the open one; the caller releases it. Two threads that miss at
 * the same time both open it, and one of the two stays. */
inlay_status superfile_cache_get(struct superfile_cache *cache, const struct manifest_entry *entry,
                                 struct superfile **out, inlay_error *err);

/* The bytes of an entry's file, unopened. */
inlay_status superfile_source_open(const struct superfile_cache *cache,
                                   const struct manifest_entry *entry, struct byte_source **out,
                                   inlay_error *err);

#endif
