/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Row filters of conditions, kept by table version, condition and parameters. Entries of a version
 * that is no longer the newest seen of its table leave first, then the one not used for the longest
 * time. Whoever asks for what another thread is making waits for it. Thread-safe.
 */
#ifndef INLAY_SQL_FILTER_CACHE_H
#define INLAY_SQL_FILTER_CACHE_H

#include "base/buffer.h"
#include "exec/cancel.h"
#include "table/rows/row_filter.h"

struct filter_cache;

/* What a filter depends on, as bytes. */
struct filter_key {
    struct buffer bytes; /* owned */
    uint64_t hash;
    uint64_t table; /* the same for all versions of a table */
    uint64_t version;
};

struct filter_cache_counts {
    uint64_t hits; /* answered from memory, waits for another thread's work included */
    uint64_t misses;
    uint64_t entries;
    uint64_t bytes;
};

inlay_status filter_cache_create(uint64_t byte_budget, struct filter_cache **out, inlay_error *err);
void filter_cache_free(struct filter_cache *cache); /* NULL-safe; no call may be running */

/* *out is one reference, or NULL: then the caller makes the filter and must call filter_cache_done,
 * others wait for that. Waiting ends early with what `cancel` (may be NULL) says. */
inlay_status filter_cache_get(struct filter_cache *cache, const struct filter_key *key,
                              const struct cancel_token *cancel, const struct row_filter **out,
                              inlay_error *err);
/* NULL: there is none to be kept; whoever waits makes his own. Keeps a reference of its own. */
void filter_cache_done(struct filter_cache *cache, const struct filter_key *key,
                       const struct row_filter *filter);

void filter_cache_count(struct filter_cache *cache, struct filter_cache_counts *counts);

#endif
