/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest entry from what the superfile builder knows: nothing is read back. */
#ifndef INLAY_TABLE_ROWS_ENTRY_BUILD_H
#define INLAY_TABLE_ROWS_ENTRY_BUILD_H

#include "base/arena.h"
#include "superfile/superfile_builder.h"
#include "table/manifest/manifest_entry.h"

/* Everything that the entry points to is in the arena or borrowed from `result`. */
inlay_status entry_build(const struct superfile_result *result, struct id128 superfile_id,
                         struct arena *arena, struct manifest_entry *out, inlay_error *err);

#endif
