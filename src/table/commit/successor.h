/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the version that follows a base: applies a change to its entries, keeps totals and history
 * up to date, and folds the tail into parts when it has grown past its bounds. Pure but for the
 * loading of parts: nothing is written, so a losing attempt is simply freed.
 *
 * Folding merges parts as a binary counter does: the new part swallows its youngest neighbours that
 * are not larger than itself, so an entry is rewritten at most log2(PART_ENTRIES_MAX) times, and a
 * full part never, unless a quarter of it is dead.
 */
#ifndef INLAY_TABLE_COMMIT_SUCCESSOR_H
#define INLAY_TABLE_COMMIT_SUCCESSOR_H

#include "table/commit/change.h"

struct successor {
    struct snapshot *snapshot; /* one reference; NULL: the change was there already */
    struct buffer bytes;       /* its encoded form */
    struct part_image *images; /* new parts, to be written before it */
    size_t image_count;
    size_t image_capacity;
};

/* INLAY_CONFLICT: an entry that the change replaces or removes is not what the writer saw. */
inlay_status successor_build(struct snapshot *base, const struct change *change,
                             struct id128 commit_id, struct successor *out, inlay_error *err);
void successor_free(struct successor *successor); /* NULL-safe */

#endif
