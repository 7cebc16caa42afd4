/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The superfiles of a snapshot that a query has to look at. Parts whose summary excludes the query
 * are not loaded; those that are left and not in memory yet are read in parallel. Thread-safe.
 */
#ifndef INLAY_TABLE_SCAN_H
#define INLAY_TABLE_SCAN_H

#include "table/manifest/snapshot.h"
#include "table/pruning.h"

struct entry_list {
    struct manifest_entry *entries; /* shallow copies: valid while the snapshot is held */
    size_t count;
    size_t capacity;
    uint64_t entries_pruned; /* looked at and left out */
    uint64_t parts_pruned;   /* left out whole */
    uint64_t parts_read;     /* that needed a request */
};

/* `prune` NULL keeps everything, fully deleted superfiles too. `want` is ENTRY_HAS_* bits that the
 * entries must have; text leaves add theirs. Order is unspecified. */
inlay_status snapshot_scan(struct snapshot *snapshot, const struct prune *prune, unsigned want,
                           struct entry_list *out, inlay_error *err);
void entry_list_free(struct entry_list *list); /* NULL-safe */

#endif
