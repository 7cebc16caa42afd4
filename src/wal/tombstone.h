/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tombstone sidecar: the deleted rows of one superfile, as a base set and one delta per WAL id, and
 * the seal of a compaction. Readers apply the base and exactly the deltas that their snapshot
 * names. Format: docs/format/tombstone-sidecar.md. A plain value without I/O; not thread-safe.
 */
#ifndef INLAY_WAL_TOMBSTONE_H
#define INLAY_WAL_TOMBSTONE_H

#include "base/buffer.h"
#include "base/id.h"
#include "base/rowset.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOMBSTONE_VERSION 1
#define TOMBSTONE_MAX_BYTES (1u << 30)

/* Keeps mutations out while a compaction swaps files. Unix milliseconds; live while
 * now < expires_at. */
struct tombstone_seal {
    struct id128 compaction_id;
    int64_t sealed_at_ms;
    int64_t expires_at_ms;
};

struct tombstone_delta {
    struct id128 wal_id;
    struct rowset *rows; /* owned; never NULL */
};

struct tombstone_sidecar {
    bool sealed;
    struct tombstone_seal seal;
    struct rowset *base;            /* owned; never NULL */
    struct tombstone_delta *deltas; /* owned; wal_id ascends */
    size_t delta_count;
    size_t delta_capacity;
};

/* Unsealed and empty. */
inlay_status tombstone_create(struct tombstone_sidecar **out, inlay_error *err);
void tombstone_free(struct tombstone_sidecar *sidecar); /* NULL-safe */

/* Appends the encoded bytes; the same content gives the same bytes. Optimises the sets' form. */
inlay_status tombstone_encode(struct tombstone_sidecar *sidecar, struct buffer *out,
                              inlay_error *err);
/* Untrusted bytes; every kind of fault has its own WAL_ERROR_SIDECAR_ code. */
inlay_status tombstone_decode(const void *data, size_t size, struct tombstone_sidecar **out,
                              inlay_error *err);

/* Unites `rows` with the delta of `wal_id`, which is made when absent. WAL_ERROR_SEALED, changing
 * nothing, when the sidecar is sealed, the seal expired or not: an expired one is taken over by
 * tombstone_seal or removed by tombstone_unseal_expired first. */
inlay_status tombstone_add_delta(struct tombstone_sidecar *sidecar, struct id128 wal_id,
                                 const struct rowset *rows, inlay_error *err);

/* The delta of a WAL id, borrowed; NULL when it has none. */
const struct rowset *tombstone_delta_of(const struct tombstone_sidecar *sidecar,
                                        struct id128 wal_id);

/* Drops a delta that will never be published. True when there was one. */
bool tombstone_remove_delta(struct tombstone_sidecar *sidecar, struct id128 wal_id);

/* Merges the deltas of these WAL ids into the base: from now on every snapshot sees them. Ids
 * without a delta are skipped. Returns how many were merged. */
size_t tombstone_fold(struct tombstone_sidecar *sidecar, const struct id128 *wal_ids, size_t count);

/* Adds to `into` what a snapshot that names these WAL ids sees as deleted. A named id without a
 * delta was folded: it is in the base. `sidecar` NULL = nothing deleted. */
void tombstone_collect(const struct tombstone_sidecar *sidecar, const struct id128 *wal_ids,
                       size_t count, struct rowset *into);

/* The rows of [0, row_count) that such a snapshot sees as live. */
inlay_status tombstone_live_rows(const struct tombstone_sidecar *sidecar,
                                 const struct id128 *wal_ids, size_t count, uint64_t row_count,
                                 struct rowset **out, inlay_error *err);

/* Seals for a compaction. Its own seal is prolonged and keeps its beginning; an expired one of
 * another is taken over; a live one of another is WAL_ERROR_SEALED with both ids. */
inlay_status tombstone_seal(struct tombstone_sidecar *sidecar, struct id128 compaction_id,
                            int64_t now_ms, int64_t expires_at_ms, inlay_error *err);
/* Removes the seal of this compaction; WAL_ERROR_NOT_SEALED when there is none or another's. */
inlay_status tombstone_unseal(struct tombstone_sidecar *sidecar, struct id128 compaction_id,
                              inlay_error *err);
/* Removes a seal that has expired, whoever set it. True when it did. */
bool tombstone_unseal_expired(struct tombstone_sidecar *sidecar, int64_t now_ms);
bool tombstone_seal_is_live(const struct tombstone_sidecar *sidecar, int64_t now_ms);

#endif
