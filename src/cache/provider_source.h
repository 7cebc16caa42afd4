/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte source over one object of a storage provider: every read is ranged requests, none keeps
 * anything. Ranges of one read that lie near each other become one request (the bytes between are
 * read and dropped), far ones run in parallel: one read is one round trip. Thread-safe.
 */
#ifndef INLAY_CACHE_PROVIDER_SOURCE_H
#define INLAY_CACHE_PROVIDER_SOURCE_H

#include "base/byte_source.h"
#include "storage/provider.h"

#define PROVIDER_SOURCE_GAP ((uint64_t)64 << 10)

struct provider_source_options {
    uint64_t gap; /* most bytes read for nothing to save a request; 0 = PROVIDER_SOURCE_GAP */
    uint64_t request_max; /* a joined request stays below this; 0 = 16 MiB */
    bool no_join;         /* every range is a request of its own */
};

/*
 * `size` is what the manifest says; an object that is shorter gives INLAY_CORRUPT when read.
 * `provider` and `account` (may be NULL) are borrowed and must outlive the source. `options` NULL =
 * defaults. The account gets one request per joined range, one round trip per read, the bytes
 * fetched (those between ranges too) and the waiting time.
 */
inlay_status provider_source_open(struct provider *provider, const char *key, uint64_t size,
                                  const struct provider_source_options *options,
                                  struct io_account *account, struct byte_source **out,
                                  inlay_error *err);

#endif
