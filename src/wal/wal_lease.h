/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases of WAL documents: who drives a mutation now. A lease is a courtesy that keeps drivers from
 * doing the same work; correctness comes from conditional writes alone. A driver stamps its lease
 * when it creates the document, renews it on the chain of etags that its own writes form, and keeps
 * the document and etag it holds in step; whoever finds an expired lease may take the work over. A
 * lease is live while now < expires_at. All times are Unix milliseconds and given by the caller.
 */
#ifndef INLAY_WAL_WAL_LEASE_H
#define INLAY_WAL_WAL_LEASE_H

#include "wal/wal_store.h"

#define WAL_LEASE_DURATION_MS 60000
#define WAL_LEASE_RENEW_EVERY_MS 10000

/* On a document in memory. */
void wal_lease_stamp(struct wal_document *document, struct id128 owner, int64_t now_ms,
                     int64_t duration_ms);
bool wal_lease_is_live(const struct wal_document *document, int64_t now_ms);
bool wal_lease_is_owned(const struct wal_document *document, struct id128 owner);

/*
 * Reads a document and takes its lease: vacant, expired, or already the owner's. `out` and `etag`
 * are then the start of the new driver's chain. WAL_ERROR_LEASE_HELD (found: the holder),
 * WAL_ERROR_STATE for one that is COMPLETE or FAILED, WAL_ERROR_CAS_FAILED when another was
 * faster, WAL_ERROR_NOT_FOUND. Two requests.
 */
inlay_status wal_lease_acquire(struct wal_store *store, struct id128 wal_id, struct id128 owner,
                               int64_t now_ms, int64_t duration_ms, struct wal_document *out,
                               char etag[ETAG_SIZE], inlay_error *err);

/*
 * Moves the end of the owner's lease to now + duration with one conditional write of the driver's
 * document. When another writer came first, a read tells who: WAL_ERROR_LEASE_PREEMPTED,
 * WAL_ERROR_LEASE_MISSING, WAL_ERROR_NOT_FOUND, or WAL_ERROR_CAS_FAILED when the lease is still the
 * owner's. On failure document and etag are as before. An expired lease may be renewed as long as
 * nobody took it.
 */
inlay_status wal_lease_renew(struct wal_store *store, struct wal_document *document,
                             char etag[ETAG_SIZE], struct id128 owner, int64_t now_ms,
                             int64_t duration_ms, inlay_error *err);

/* Gives the lease back; same errors. */
inlay_status wal_lease_release(struct wal_store *store, struct wal_document *document,
                               char etag[ETAG_SIZE], struct id128 owner, inlay_error *err);

#endif
