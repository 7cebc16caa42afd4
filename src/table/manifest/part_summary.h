/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INLAY_TABLE_MANIFEST_PART_SUMMARY_H
#define INLAY_TABLE_MANIFEST_PART_SUMMARY_H

#include "table/manifest/manifest_entry.h"

/* Bounds that hold for every one of `count` >= 1 entries: _id range, and statistics of the columns
 * that all of them know. Everything is copied into the arena. False: no memory. */
bool part_summarise(const struct manifest_entry *entries, size_t count, struct arena *arena,
                    struct manifest_entry *out, uint64_t *rows);

#endif
