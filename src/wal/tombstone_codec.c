/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of tombstone sidecars; docs/format/tombstone-sidecar.md. */
#include "wal/tombstone.h"

#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/reader.h"
#include "wal/wal_error.h"

#include <string.h>

static const uint8_t magic[8] = {'I', 'N', 'L', 'T', 'O', 'M', 'B', 0};

#define FLAG_SEALED 1u
#define HEADER_BYTES 16
#define CRC_BYTES 4

static void put_id(struct buffer *out, struct id128 id)
{
    buffer_u64(out, id.lo);
    buffer_u64(out, id.hi);
}

static inlay_status put_rows(struct buffer *out, struct rowset *rows, inlay_error *err)
{
    size_t size;
    rowset_run_optimize(rows);
    size = rowset_serialized_size(rows);
    if (size > TOMBSTONE_MAX_BYTES) {
        return error_set(err, INLAY_OVER_BUDGET, "a tombstone bitmap of %zu bytes is too large",
                         size);
    }
    buffer_u32(out, (uint32_t)size);
    rowset_serialize(rows, out);
    return INLAY_OK;
}

inlay_status tombstone_encode(struct tombstone_sidecar *sidecar, struct buffer *out,
                              inlay_error *err)
{
    size_t start = out->len;
    size_t i;
    buffer_append(out, magic, sizeof(magic));
    buffer_u32(out, TOMBSTONE_VERSION);
    buffer_u32(out, sidecar->sealed ? FLAG_SEALED : 0);
    if (sidecar->sealed) {
        put_id(out, sidecar->seal.compaction_id);
        buffer_u64(out, (uint64_t)sidecar->seal.sealed_at_ms);
        buffer_u64(out, (uint64_t)sidecar->seal.expires_at_ms);
    }
    INLAY_TRY(put_rows(out, sidecar->base, err));
    buffer_u32(out, (uint32_t)sidecar->delta_count);
    for (i = 0; i < sidecar->delta_count; i++) {
        put_id(out, sidecar->deltas[i].wal_id);
        INLAY_TRY(put_rows(out, sidecar->deltas[i].rows, err));
    }
    INLAY_TRY(buffer_status(out, err));
    buffer_u32(out, crc32c(0, out->data + start, out->len - start));
    return buffer_status(out, err);
}

static struct id128 take_id(struct reader *r)
{
    struct id128 id;
    id.lo = reader_u64(r);
    id.hi = reader_u64(r);
    return id;
}

static inlay_status codec_error(inlay_error *err, enum wal_error_code code, uint64_t offset,
                                const char *what)
{
    inlay_status status = code == WAL_ERROR_SIDECAR_VERSION ? INLAY_UNSUPPORTED : INLAY_CORRUPT;
    wal_error_set(err, status, code, "tombstone sidecar: %s at byte %llu", what,
                  (unsigned long long)offset);
    error_offset(err, offset);
    return status;
}

static inlay_status check_header(struct reader *r, uint32_t *flags, inlay_error *err)
{
    const uint8_t *found = reader_bytes(r, sizeof(magic));
    uint32_t version;
    if (found == NULL || memcmp(found, magic, sizeof(magic)) != 0) {
        return found == NULL ? codec_error(err, WAL_ERROR_SIDECAR_TRUNCATED, 0, "no header")
                             : codec_error(err, WAL_ERROR_SIDECAR_MAGIC, 0, "wrong magic");
    }
    version = reader_u32(r);
    *flags = reader_u32(r);
    if (!reader_ok(r)) {
        return codec_error(err, WAL_ERROR_SIDECAR_TRUNCATED, 8, "header cut off");
    }
    if (version == 0 || version > TOMBSTONE_VERSION) {
        inlay_status status =
            codec_error(err, WAL_ERROR_SIDECAR_VERSION, 8, "a version this library cannot read");
        error_expected(err, "%d", TOMBSTONE_VERSION);
        error_found(err, "%u", version);
        return status;
    }
    if ((*flags & ~FLAG_SEALED) != 0) {
        return codec_error(err, WAL_ERROR_SIDECAR_FLAG, 12, "unknown flag");
    }
    return INLAY_OK;
}

/*
 * Walks the lengths from base to the last delta without looking into the bitmaps: what is cut off
 * or too long is told from what is damaged inside, which only the checksum sees. `r` is a copy.
 */
static inlay_status check_extent(struct reader r, uint32_t flags, uint32_t *delta_count,
                                 inlay_error *err)
{
    uint32_t i;
    reader_skip(&r, (flags & FLAG_SEALED) != 0 ? 32 : 0);
    reader_skip(&r, reader_u32(&r));
    *delta_count = reader_u32(&r);
    for (i = 0; reader_ok(&r) && i < *delta_count; i++) {
        reader_skip(&r, 16);
        reader_skip(&r, reader_u32(&r));
    }
    if (reader_left(&r) < CRC_BYTES || !reader_ok(&r)) {
        return codec_error(err, WAL_ERROR_SIDECAR_TRUNCATED,
                           reader_ok(&r) ? reader_offset(&r) : r.fail_offset, "cut off");
    }
    if (reader_left(&r) > CRC_BYTES) {
        return codec_error(err, WAL_ERROR_SIDECAR_TRAILING, reader_offset(&r) + CRC_BYTES,
                           "trailing bytes");
    }
    return INLAY_OK;
}

static inlay_status check_crc(const uint8_t *data, size_t size, inlay_error *err)
{
    struct reader r;
    uint32_t stored;
    uint32_t computed = crc32c(0, data, size - CRC_BYTES);
    inlay_status status;
    reader_init(&r, data + size - CRC_BYTES, CRC_BYTES, 0);
    stored = reader_u32(&r);
    if (stored == computed) {
        return INLAY_OK;
    }
    status = codec_error(err, WAL_ERROR_SIDECAR_CRC, size - CRC_BYTES, "wrong checksum");
    error_expected(err, "%08x", stored);
    error_found(err, "%08x", computed);
    return status;
}

static inlay_status take_rows(struct reader *r, struct rowset **out, inlay_error *err)
{
    uint32_t size = reader_u32(r);
    uint64_t offset = reader_offset(r);
    const uint8_t *bytes = reader_bytes(r, size);
    inlay_status status = rowset_deserialize(bytes, bytes != NULL ? size : 0, out, err);
    if (status == INLAY_CORRUPT && err != NULL) {
        offset += err->offset > 0 ? (uint64_t)err->offset : 0;
        error_wrap(err, status, "tombstone sidecar: bad bitmap at byte %llu",
                   (unsigned long long)offset);
        error_sub_code(err, WAL_ERROR_SIDECAR_BITMAP);
        error_offset(err, offset);
    }
    return status;
}

static inlay_status take_seal(struct reader *r, struct tombstone_sidecar *sidecar, inlay_error *err)
{
    sidecar->sealed = true;
    sidecar->seal.compaction_id = take_id(r);
    sidecar->seal.sealed_at_ms = (int64_t)reader_u64(r);
    sidecar->seal.expires_at_ms = (int64_t)reader_u64(r);
    if (sidecar->seal.expires_at_ms < sidecar->seal.sealed_at_ms) {
        return codec_error(err, WAL_ERROR_SIDECAR_SEAL, HEADER_BYTES,
                           "a seal that expires before it begins");
    }
    return INLAY_OK;
}

static inlay_status take_deltas(struct reader *r, struct tombstone_sidecar *sidecar, uint32_t count,
                                inlay_error *err)
{
    uint32_t i;
    /* The extent check walked over every delta, so the count is no more than the bytes hold. */
    sidecar->deltas = mem_zalloc_array(count, sizeof(*sidecar->deltas));
    if (sidecar->deltas == NULL) {
        return error_no_memory(err);
    }
    sidecar->delta_capacity = count;
    for (i = 0; i < count; i++) {
        struct tombstone_delta *delta = &sidecar->deltas[i];
        uint64_t offset = reader_offset(r);
        delta->wal_id = take_id(r);
        if (i != 0 && id_compare(delta[-1].wal_id, delta->wal_id) >= 0) {
            return codec_error(err, WAL_ERROR_SIDECAR_DELTAS, offset, "WAL ids that do not ascend");
        }
        INLAY_TRY(take_rows(r, &delta->rows, err));
        sidecar->delta_count++;
    }
    return INLAY_OK;
}

static inlay_status take_content(struct reader *r, uint32_t flags, uint32_t delta_count,
                                 struct tombstone_sidecar *sidecar, inlay_error *err)
{
    if ((flags & FLAG_SEALED) != 0) {
        INLAY_TRY(take_seal(r, sidecar, err));
    }
    INLAY_TRY(take_rows(r, &sidecar->base, err));
    reader_skip(r, 4); /* the number of deltas */
    return delta_count != 0 ? take_deltas(r, sidecar, delta_count, err) : INLAY_OK;
}

inlay_status tombstone_decode(const void *data, size_t size, struct tombstone_sidecar **out,
                              inlay_error *err)
{
    struct tombstone_sidecar *sidecar;
    struct reader r;
    uint32_t flags = 0;
    uint32_t delta_count = 0;
    inlay_status status;
    *out = NULL;
    reader_init(&r, data, size, 0);
    INLAY_TRY(check_header(&r, &flags, err));
    INLAY_TRY(check_extent(r, flags, &delta_count, err));
    INLAY_TRY(check_crc(data, size, err));
    sidecar = mem_zalloc(sizeof(*sidecar));
    if (sidecar == NULL) {
        return error_no_memory(err);
    }
    status = take_content(&r, flags, delta_count, sidecar, err);
    if (status != INLAY_OK) {
        tombstone_free(sidecar);
        return status;
    }
    *out = sidecar;
    return INLAY_OK;
}
