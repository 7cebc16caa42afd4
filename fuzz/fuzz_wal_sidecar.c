/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tombstone sidecars from arbitrary bytes. Every input is tried as it is and with its checksum made
 * right, so that what stands behind the checksum is reached too.
 */
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "wal/tombstone.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void try_bytes(const uint8_t *data, size_t size)
{
    static const struct id128 any = {1, 1};
    struct tombstone_sidecar *sidecar;
    struct tombstone_sidecar *again;
    struct rowset *live;
    struct buffer first;
    struct buffer second;
    size_t deltas;
    if (tombstone_decode(data, size, &sidecar, NULL) != INLAY_OK) {
        return;
    }
    buffer_init(&first, SIZE_MAX);
    buffer_init(&second, SIZE_MAX);
    require(tombstone_encode(sidecar, &first, NULL) == INLAY_OK);
    require(tombstone_decode(first.data, first.len, &again, NULL) == INLAY_OK);
    require(tombstone_encode(again, &second, NULL) == INLAY_OK);
    require(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    require(tombstone_live_rows(again, &any, 1, 100000, &live, NULL) == INLAY_OK);
    require(rowset_and_count(live, again->base) == 0);
    (void)tombstone_unseal_expired(sidecar, INT64_MAX);
    if (!sidecar->sealed) {
        require(tombstone_add_delta(sidecar, any, live, NULL) == INLAY_OK);
        deltas = sidecar->delta_count;
        require(tombstone_fold(sidecar, &any, 1) == 1 && sidecar->delta_count == deltas - 1);
        require(rowset_is_subset(live, sidecar->base));
    }
    rowset_free(live);
    tombstone_free(again);
    tombstone_free(sidecar);
    buffer_free(&first);
    buffer_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_bytes(data, size);
    if (size > 4) {
        uint8_t *fixed = mem_dup(data, size);
        require(fixed != NULL);
        store_u32(fixed + size - 4, crc32c(0, fixed, size - 4));
        try_bytes(fixed, size);
        mem_free(fixed);
    }
    return 0;
}
