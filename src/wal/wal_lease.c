/* SPDX-License-Identifier: Apache-2.0 */
#include "wal/wal_lease.h"

#include "base/alloc.h"
#include "base/error.h"
#include "wal/wal_error.h"

#include <string.h>

void wal_lease_stamp(struct wal_document *document, struct id128 owner, int64_t now_ms,
                     int64_t duration_ms)
{
    document->has_lease = true;
    document->lease = (struct wal_lease){owner, now_ms, now_ms + duration_ms};
}

bool wal_lease_is_live(const struct wal_document *document, int64_t now_ms)
{
    return document->has_lease && now_ms < document->lease.expires_at_ms;
}

bool wal_lease_is_owned(const struct wal_document *document, struct id128 owner)
{
    return document->has_lease && id_compare(document->lease.owner, owner) == 0;
}

static inlay_status lease_error(const struct wal_document *document, enum wal_error_code code,
                                const char *what, inlay_error *err)
{
    char wal_id[ID_TEXT_SIZE];
    char holder[ID_TEXT_SIZE] = "nobody";
    inlay_status status = code == WAL_ERROR_STATE ? INLAY_PRECONDITION_FAILED : INLAY_CONFLICT;
    id_to_text(document->wal_id, wal_id);
    if (document->has_lease) {
        id_to_text(document->lease.owner, holder);
    }
    wal_error_set(err, status, code, "WAL document %s (%s): %s", wal_id,
                  wal_state_name(document->state), what);
    error_found(err, "%s", holder);
    return status;
}

static inlay_status check_acquirable(const struct wal_document *document, struct id128 owner,
                                     int64_t now_ms, inlay_error *err)
{
    if (document->state == WAL_STATE_COMPLETE || document->state == WAL_STATE_FAILED) {
        return lease_error(document, WAL_ERROR_STATE, "there is nothing left to drive", err);
    }
    if (wal_lease_is_live(document, now_ms) && !wal_lease_is_owned(document, owner)) {
        return lease_error(document, WAL_ERROR_LEASE_HELD, "another driver holds the lease", err);
    }
    return INLAY_OK;
}

/* Errors about a document name its object. */
static inlay_status with_key(const struct wal_store *store, struct id128 wal_id,
                             inlay_status status, inlay_error *err)
{
    if (status != INLAY_OK && err != NULL && err->key[0] == '\0') {
        char *key = wal_store_state_key(store, wal_id);
        error_key(err, key);
        mem_free(key);
    }
    return status;
}

inlay_status wal_lease_acquire(struct wal_store *store, struct id128 wal_id, struct id128 owner,
                               int64_t now_ms, int64_t duration_ms, struct wal_document *out,
                               char etag[ETAG_SIZE], inlay_error *err)
{
    inlay_status status;
    INLAY_TRY(wal_store_read(store, wal_id, out, etag, err));
    INLAY_TRY_GOTO(status, check_acquirable(out, owner, now_ms, err), failed);
    wal_lease_stamp(out, owner, now_ms, duration_ms);
    INLAY_TRY_GOTO(status, wal_store_update(store, etag, out, etag, err), failed);
    return INLAY_OK;
failed:
    wal_document_free(out);
    etag[0] = '\0';
    return with_key(store, wal_id, status, err);
}

static inlay_status check_owned(const struct wal_document *document, struct id128 owner,
                                inlay_error *err)
{
    if (!document->has_lease) {
        return lease_error(document, WAL_ERROR_LEASE_MISSING, "it has no lease", err);
    }
    if (!wal_lease_is_owned(document, owner)) {
        return lease_error(document, WAL_ERROR_LEASE_PREEMPTED, "another driver took the lease",
                           err);
    }
    return INLAY_OK;
}

/* Finds out what beat the owner's write; always a failure. */
static inlay_status explain_loss(struct wal_store *store, struct id128 wal_id, struct id128 owner,
                                 inlay_error *err)
{
    struct wal_document present;
    inlay_status status;
    INLAY_TRY(wal_store_read(store, wal_id, &present, NULL, err));
    status = check_owned(&present, owner, err);
    if (status == INLAY_OK) {
        status = wal_error_set(err, INLAY_PRECONDITION_FAILED, WAL_ERROR_CAS_FAILED,
                               "the WAL document was changed by another writer, the lease is "
                               "still ours");
    }
    wal_document_free(&present);
    return status;
}

/* Writes `document` with another lease on the driver's chain, or leaves it as it was. */
static inlay_status write_lease(struct wal_store *store, struct wal_document *document,
                                char etag[ETAG_SIZE], struct id128 owner, bool has_lease,
                                struct wal_lease lease, inlay_error *err)
{
    struct wal_lease before = document->lease;
    char fresh[ETAG_SIZE];
    inlay_status status = check_owned(document, owner, err);
    if (status == INLAY_OK) {
        document->has_lease = has_lease;
        document->lease = lease;
        status = wal_store_update(store, etag, document, fresh, err);
        if (status != INLAY_OK) {
            document->has_lease = true;
            document->lease = before;
        } else {
            memcpy(etag, fresh, sizeof(fresh));
        }
        if (status == INLAY_PRECONDITION_FAILED) {
            status = explain_loss(store, document->wal_id, owner, err);
        }
    }
    return with_key(store, document->wal_id, status, err);
}

inlay_status wal_lease_renew(struct wal_store *store, struct wal_document *document,
                             char etag[ETAG_SIZE], struct id128 owner, int64_t now_ms,
                             int64_t duration_ms, inlay_error *err)
{
    struct wal_lease lease = document->lease;
    lease.expires_at_ms = now_ms + duration_ms;
    return write_lease(store, document, etag, owner, true, lease, err);
}

inlay_status wal_lease_release(struct wal_store *store, struct wal_document *document,
                               char etag[ETAG_SIZE], struct id128 owner, inlay_error *err)
{
    struct wal_lease none = {{0, 0}, 0, 0};
    return write_lease(store, document, etag, owner, false, none, err);
}
