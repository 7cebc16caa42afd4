/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of one stored tombstone sidecar: read, change, conditional write, again when another
 * writer came first (at most WAL_SEAL_ATTEMPTS times, then WAL_ERROR_CAS_FAILED, which is worth a
 * later try). Sets only grow, so repeating any of them is harmless. Two requests when alone.
 */
#ifndef INLAY_WAL_WAL_SEAL_H
#define INLAY_WAL_WAL_SEAL_H

#include "wal/wal_store.h"

#define WAL_SEAL_ATTEMPTS 16

/* Seals for a compaction; see tombstone_seal. Without a sidecar a sealed, empty one is made. `out`
 * (owned by the caller) is exactly what was stored: the set to compact with. */
inlay_status wal_seal(struct wal_store *store, const char *superfile_id, struct id128 compaction_id,
                      int64_t now_ms, int64_t expires_at_ms, struct tombstone_sidecar **out,
                      char *etag, inlay_error *err);

/* Removes the compaction's own seal; WAL_ERROR_NOT_SEALED when it is not, or no more, its own. */
inlay_status wal_unseal(struct wal_store *store, const char *superfile_id,
                        struct id128 compaction_id, inlay_error *err);

/* Unites a mutation's delta; one that is there already costs no write. WAL_ERROR_SEALED while a
 * seal is live at `now_ms`; an expired one is removed. */
inlay_status wal_land_delta(struct wal_store *store, const char *superfile_id, struct id128 wal_id,
                            const struct rowset *rows, int64_t now_ms, inlay_error *err);

#endif
