/* SPDX-License-Identifier: Apache-2.0 */
#include "wal/wal_seal.h"

#include "base/alloc.h"
#include "base/error.h"
#include "wal/wal_error.h"

#include <string.h>

struct change {
    struct id128 id; /* of the compaction, or the WAL */
    const struct rowset *rows;
    int64_t now_ms;
    int64_t expires_at_ms;
    /* Changes the sidecar; *write says whether it is to be stored. */
    inlay_status (*apply)(const struct change *change, struct tombstone_sidecar *sidecar,
                          bool *write, inlay_error *err);
};

static inlay_status attempt(struct wal_store *store, const char *superfile_id,
                            const struct change *change, struct tombstone_sidecar **out, char *etag,
                            inlay_error *err)
{
    bool write = true;
    INLAY_TRY(wal_store_get_tombstones(store, superfile_id, out, etag, err));
    if (*out == NULL) {
        INLAY_TRY(tombstone_create(out, err));
    }
    INLAY_TRY(change->apply(change, *out, &write, err));
    return write ? wal_store_put_tombstones(store, superfile_id, etag, *out, etag, err) : INLAY_OK;
}

static inlay_status change_stored(struct wal_store *store, const char *superfile_id,
                                  const struct change *change, struct tombstone_sidecar **out,
                                  char *etag, inlay_error *err)
{
    struct tombstone_sidecar *sidecar = NULL;
    char present[ETAG_SIZE];
    inlay_status status = INLAY_OK;
    inlay_error lost;
    int i;
    inlay_error_init(&lost);
    for (i = 0; i < WAL_SEAL_ATTEMPTS; i++) {
        status = attempt(store, superfile_id, change, &sidecar, present, &lost);
        if (status == INLAY_OK || !wal_error_is(&lost, WAL_ERROR_CAS_FAILED)) {
            break;
        }
        tombstone_free(sidecar);
        sidecar = NULL;
    }
    if (status != INLAY_OK && err != NULL) {
        *err = lost;
        if (lost.key[0] == '\0') {
            char *key = wal_store_tombstone_key(store, superfile_id);
            error_key(err, key);
            mem_free(key);
        }
    }
    if (status == INLAY_OK && etag != NULL) {
        memcpy(etag, present, sizeof(present));
    }
    if (status != INLAY_OK || out == NULL) {
        tombstone_free(sidecar);
        sidecar = NULL;
    }
    if (out != NULL) {
        *out = sidecar;
    }
    return status;
}

static inlay_status apply_seal(const struct change *change, struct tombstone_sidecar *sidecar,
                               bool *write, inlay_error *err)
{
    struct tombstone_seal before = sidecar->seal;
    bool was_sealed = sidecar->sealed;
    INLAY_TRY(tombstone_seal(sidecar, change->id, change->now_ms, change->expires_at_ms, err));
    *write = !was_sealed || id_compare(before.compaction_id, change->id) != 0 ||
             before.expires_at_ms != sidecar->seal.expires_at_ms;
    return INLAY_OK;
}

inlay_status wal_seal(struct wal_store *store, const char *superfile_id, struct id128 compaction_id,
                      int64_t now_ms, int64_t expires_at_ms, struct tombstone_sidecar **out,
                      char *etag, inlay_error *err)
{
    struct change change = {compaction_id, NULL, now_ms, expires_at_ms, apply_seal};
    return change_stored(store, superfile_id, &change, out, etag, err);
}

static inlay_status apply_unseal(const struct change *change, struct tombstone_sidecar *sidecar,
                                 bool *write, inlay_error *err)
{
    (void)write;
    return tombstone_unseal(sidecar, change->id, err);
}

inlay_status wal_unseal(struct wal_store *store, const char *superfile_id,
                        struct id128 compaction_id, inlay_error *err)
{
    struct change change = {compaction_id, NULL, 0, 0, apply_unseal};
    return change_stored(store, superfile_id, &change, NULL, NULL, err);
}

static inlay_status apply_delta(const struct change *change, struct tombstone_sidecar *sidecar,
                                bool *write, inlay_error *err)
{
    const struct rowset *present = tombstone_delta_of(sidecar, change->id);
    if (present != NULL && rowset_is_subset(change->rows, present)) {
        *write = false;
        return INLAY_OK;
    }
    (void)tombstone_unseal_expired(sidecar, change->now_ms);
    return tombstone_add_delta(sidecar, change->id, change->rows, err);
}

inlay_status wal_land_delta(struct wal_store *store, const char *superfile_id, struct id128 wal_id,
                            const struct rowset *rows, int64_t now_ms, inlay_error *err)
{
    struct change change = {wal_id, rows, now_ms, 0, apply_delta};
    return change_stored(store, superfile_id, &change, NULL, NULL, err);
}
