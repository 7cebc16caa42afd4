/* SPDX-License-Identifier: Apache-2.0 */
#include "wal/tombstone.h"

#include "base/alloc.h"
#include "base/error.h"
#include "wal/wal_error.h"

#include <string.h>

inlay_status tombstone_create(struct tombstone_sidecar **out, inlay_error *err)
{
    struct tombstone_sidecar *sidecar = mem_zalloc(sizeof(*sidecar));
    inlay_status status;
    *out = NULL;
    if (sidecar == NULL) {
        return error_no_memory(err);
    }
    status = rowset_create(&sidecar->base, err);
    if (status != INLAY_OK) {
        tombstone_free(sidecar);
        return status;
    }
    *out = sidecar;
    return INLAY_OK;
}

void tombstone_free(struct tombstone_sidecar *sidecar)
{
    size_t i;
    if (sidecar == NULL) {
        return;
    }
    for (i = 0; i < sidecar->delta_count; i++) {
        rowset_free(sidecar->deltas[i].rows);
    }
    mem_free(sidecar->deltas);
    rowset_free(sidecar->base);
    mem_free(sidecar);
}

/* The first delta whose id is not below `wal_id`. */
static size_t delta_position(const struct tombstone_sidecar *sidecar, struct id128 wal_id)
{
    size_t lo = 0;
    size_t hi = sidecar->delta_count;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (id_compare(sidecar->deltas[middle].wal_id, wal_id) < 0) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo;
}

static bool delta_is_at(const struct tombstone_sidecar *sidecar, size_t at, struct id128 wal_id)
{
    return at < sidecar->delta_count && id_compare(sidecar->deltas[at].wal_id, wal_id) == 0;
}

static inlay_status sealed_error(const struct tombstone_sidecar *sidecar, inlay_error *err)
{
    char owner[ID_TEXT_SIZE];
    id_to_text(sidecar->seal.compaction_id, owner);
    wal_error_set(err, INLAY_CONFLICT, WAL_ERROR_SEALED,
                  "the tombstone sidecar is sealed by compaction %s; wait for it or for the end of "
                  "its seal",
                  owner);
    error_found(err, "%s", owner);
    return INLAY_CONFLICT;
}

static inlay_status insert_delta(struct tombstone_sidecar *sidecar, size_t at, struct id128 wal_id,
                                 const struct rowset *rows, inlay_error *err)
{
    void *deltas = sidecar->deltas;
    struct rowset *copy;
    if (!mem_grow(&deltas, &sidecar->delta_capacity, sidecar->delta_count + 1,
                  sizeof(*sidecar->deltas))) {
        return error_no_memory(err);
    }
    sidecar->deltas = deltas;
    INLAY_TRY(rowset_copy(rows, &copy, err));
    memmove(sidecar->deltas + at + 1, sidecar->deltas + at,
            (sidecar->delta_count - at) * sizeof(*sidecar->deltas));
    sidecar->deltas[at] = (struct tombstone_delta){wal_id, copy};
    sidecar->delta_count++;
    return INLAY_OK;
}

inlay_status tombstone_add_delta(struct tombstone_sidecar *sidecar, struct id128 wal_id,
                                 const struct rowset *rows, inlay_error *err)
{
    size_t at = delta_position(sidecar, wal_id);
    if (sidecar->sealed) {
        return sealed_error(sidecar, err);
    }
    if (delta_is_at(sidecar, at, wal_id)) {
        rowset_or(sidecar->deltas[at].rows, rows);
        return INLAY_OK;
    }
    return insert_delta(sidecar, at, wal_id, rows, err);
}

const struct rowset *tombstone_delta_of(const struct tombstone_sidecar *sidecar,
                                        struct id128 wal_id)
{
    size_t at = delta_position(sidecar, wal_id);
    return delta_is_at(sidecar, at, wal_id) ? sidecar->deltas[at].rows : NULL;
}

bool tombstone_remove_delta(struct tombstone_sidecar *sidecar, struct id128 wal_id)
{
    size_t at = delta_position(sidecar, wal_id);
    if (!delta_is_at(sidecar, at, wal_id)) {
        return false;
    }
    rowset_free(sidecar->deltas[at].rows);
    sidecar->delta_count--;
    memmove(sidecar->deltas + at, sidecar->deltas + at + 1,
            (sidecar->delta_count - at) * sizeof(*sidecar->deltas));
    return true;
}

size_t tombstone_fold(struct tombstone_sidecar *sidecar, const struct id128 *wal_ids, size_t count)
{
    size_t merged = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        const struct rowset *rows = tombstone_delta_of(sidecar, wal_ids[i]);
        if (rows != NULL) {
            rowset_or(sidecar->base, rows);
            (void)tombstone_remove_delta(sidecar, wal_ids[i]);
            merged++;
        }
    }
    return merged;
}

void tombstone_collect(const struct tombstone_sidecar *sidecar, const struct id128 *wal_ids,
                       size_t count, struct rowset *into)
{
    size_t i;
    if (sidecar == NULL) {
        return;
    }
    rowset_or(into, sidecar->base);
    for (i = 0; i < count; i++) {
        const struct rowset *rows = tombstone_delta_of(sidecar, wal_ids[i]);
        if (rows != NULL) {
            rowset_or(into, rows);
        }
    }
}

inlay_status tombstone_live_rows(const struct tombstone_sidecar *sidecar,
                                 const struct id128 *wal_ids, size_t count, uint64_t row_count,
                                 struct rowset **out, inlay_error *err)
{
    struct rowset *dead = NULL;
    inlay_status status = rowset_create(out, err);
    if (status == INLAY_OK) {
        status = rowset_create(&dead, err);
    }
    if (status != INLAY_OK) {
        rowset_free(*out);
        *out = NULL;
        return status;
    }
    rowset_add_range(*out, 0, row_count);
    tombstone_collect(sidecar, wal_ids, count, dead);
    rowset_andnot(*out, dead);
    rowset_free(dead);
    return INLAY_OK;
}

bool tombstone_seal_is_live(const struct tombstone_sidecar *sidecar, int64_t now_ms)
{
    return sidecar->sealed && now_ms < sidecar->seal.expires_at_ms;
}

inlay_status tombstone_seal(struct tombstone_sidecar *sidecar, struct id128 compaction_id,
                            int64_t now_ms, int64_t expires_at_ms, inlay_error *err)
{
    bool own = sidecar->sealed && id_compare(sidecar->seal.compaction_id, compaction_id) == 0;
    if (expires_at_ms < now_ms) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "a seal cannot expire before it begins");
    }
    if (!own && tombstone_seal_is_live(sidecar, now_ms)) {
        inlay_status status = sealed_error(sidecar, err);
        char wanted[ID_TEXT_SIZE];
        id_to_text(compaction_id, wanted);
        error_expected(err, "%s", wanted);
        return status;
    }
    if (own) {
        if (expires_at_ms > sidecar->seal.expires_at_ms) {
            sidecar->seal.expires_at_ms = expires_at_ms;
        }
        return INLAY_OK;
    }
    sidecar->sealed = true;
    sidecar->seal = (struct tombstone_seal){compaction_id, now_ms, expires_at_ms};
    return INLAY_OK;
}

static void remove_seal(struct tombstone_sidecar *sidecar)
{
    sidecar->sealed = false;
    memset(&sidecar->seal, 0, sizeof(sidecar->seal));
}

inlay_status tombstone_unseal(struct tombstone_sidecar *sidecar, struct id128 compaction_id,
                              inlay_error *err)
{
    if (!sidecar->sealed || id_compare(sidecar->seal.compaction_id, compaction_id) != 0) {
        return wal_error_set(err, INLAY_PRECONDITION_FAILED, WAL_ERROR_NOT_SEALED,
                             "the tombstone sidecar is not sealed by this compaction%s",
                             sidecar->sealed ? ", but by another" : "");
    }
    remove_seal(sidecar);
    return INLAY_OK;
}

bool tombstone_unseal_expired(struct tombstone_sidecar *sidecar, int64_t now_ms)
{
    if (!sidecar->sealed || tombstone_seal_is_live(sidecar, now_ms)) {
        return false;
    }
    remove_seal(sidecar);
    return true;
}
