/* SPDX-License-Identifier: Apache-2.0 */
/* Layout: magic[8] version:u32 count:u32 features:u64, then per section type:u32 flags:u32
 * length:u64 crc:u32, then the CRC of all that, then the sections' bytes back to back. */
#include "table/manifest/container.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

#define HEADER_SIZE 24u
#define ROW_SIZE 20u
#define CRC_SIZE 4u

static inlay_status check_features(const struct container_kind *kind, uint64_t features,
                                   inlay_error *err)
{
    uint64_t unknown = features & ~kind->features;
    if (unknown == 0) {
        return INLAY_OK;
    }
    return error_set(
        err, INLAY_UNSUPPORTED,
        "%s needs feature bit %d, which this version does not know; upgrade to read it", kind->what,
        __builtin_ctzll(unknown));
}

static inlay_status open_header(const struct container_kind *kind, const uint8_t *data, size_t size,
                                struct reader *in, struct container *out, inlay_error *err)
{
    const uint8_t *magic;
    uint32_t version;
    uint64_t features;
    size_t table_end;
    reader_init(in, data, size, 0);
    magic = reader_bytes(in, CONTAINER_MAGIC_SIZE);
    if (magic != NULL && memcmp(magic, kind->magic, CONTAINER_MAGIC_SIZE) != 0) {
        reader_fail(in, "wrong magic");
    }
    version = reader_u32(in);
    if (reader_ok(in) && version > CONTAINER_VERSION) {
        return error_set(
            err, INLAY_UNSUPPORTED,
            "%s has format version %u, this version reads up to %d; upgrade to read it", kind->what,
            version, CONTAINER_VERSION);
    }
    if (version == 0) {
        reader_fail(in, "version 0");
    }
    out->count = reader_u32(in);
    features = reader_u64(in);
    if (out->count > CONTAINER_SECTIONS_MAX) {
        reader_fail(in, "too many sections");
    }
    INLAY_TRY(reader_status(in, kind->what, err));
    table_end = HEADER_SIZE + (size_t)out->count * ROW_SIZE;
    if (size < table_end + CRC_SIZE) {
        reader_fail(in, "section table is cut off");
    } else if (crc32c(0, data, table_end) != load_u32(data + table_end)) {
        reader_fail(in, "header checksum mismatch");
    }
    INLAY_TRY(reader_status(in, kind->what, err));
    return check_features(kind, features, err);
}

static inlay_status open_section(struct container *container, uint32_t index, struct reader *table,
                                 uint64_t *offset, size_t size, inlay_error *err)
{
    struct container_section *section = &container->sections[index];
    const struct container_kind *kind = container->kind;
    uint32_t crc;
    section->type = reader_u32(table);
    section->flags = reader_u32(table);
    section->length = reader_u64(table);
    crc = reader_u32(table);
    section->offset = *offset;
    for (uint32_t i = 0; i < index; i++) {
        if (container->sections[i].type == section->type) {
            reader_fail(table, "a section appears twice");
        }
    }
    if (section->length > size - *offset) {
        reader_fail(table, "section passes the end");
    }
    INLAY_TRY(reader_status(table, kind->what, err));
    if (section->type == 0 || section->type > kind->section_count) {
        if (section->flags & CONTAINER_SECTION_REQUIRED) {
            return error_set(err, INLAY_UNSUPPORTED,
                             "%s needs section type %u, which this version does not know; upgrade "
                             "to read it",
                             kind->what, section->type);
        }
    }
    if (crc32c(0, container->data + *offset, (size_t)section->length) != crc) {
        error_set(err, INLAY_CORRUPT, "%s: checksum mismatch in section %u", kind->what,
                  section->type);
        error_offset(err, *offset);
        return INLAY_CORRUPT;
    }
    *offset += section->length;
    return INLAY_OK;
}

inlay_status container_open(const struct container_kind *kind, const void *data, size_t size,
                            struct container *out, inlay_error *err)
{
    struct reader in;
    uint64_t offset;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    out->data = data;
    out->kind = kind;
    INLAY_TRY_GOTO(status, open_header(kind, data, size, &in, out, err), cleanup);
    offset = HEADER_SIZE + (uint64_t)out->count * ROW_SIZE + CRC_SIZE;
    for (uint32_t i = 0; i < out->count; i++) {
        INLAY_TRY_GOTO(status, open_section(out, i, &in, &offset, size, err), cleanup);
    }
    if (offset != size) {
        status = error_set(err, INLAY_CORRUPT, "%s: %llu bytes after the last section", kind->what,
                           (unsigned long long)(size - offset));
        error_offset(err, offset);
    }
cleanup:
    if (status != INLAY_OK) {
        out->count = 0;
    }
    return status;
}

struct reader container_reader(const struct container *container, uint32_t type)
{
    struct reader reader;
    for (uint32_t i = 0; i < container->count; i++) {
        const struct container_section *section = &container->sections[i];
        if (section->type == type) {
            reader_init(&reader, container->data + section->offset, (size_t)section->length,
                        section->offset);
            return reader;
        }
    }
    reader_init(&reader, container->data, 0, 0);
    return reader;
}

void container_writer_init(struct container_writer *writer, const struct container_kind *kind,
                           size_t cap)
{
    memset(writer, 0, sizeof(*writer));
    writer->kind = kind;
    buffer_init(&writer->payload, cap);
}

void container_writer_free(struct container_writer *writer)
{
    buffer_free(&writer->payload);
}

static void end_section(struct container_writer *writer)
{
    if (writer->count > 0) {
        struct container_section *last = &writer->sections[writer->count - 1];
        last->length = writer->payload.len - last->offset;
    }
}

struct buffer *container_begin(struct container_writer *writer, uint32_t type, uint32_t flags)
{
    end_section(writer);
    if (writer->count == CONTAINER_SECTIONS_MAX) {
        writer->payload.status = INLAY_INTERNAL;
        return &writer->payload;
    }
    writer->sections[writer->count].type = type;
    writer->sections[writer->count].flags = flags;
    writer->sections[writer->count].offset = writer->payload.len;
    writer->count++;
    return &writer->payload;
}

inlay_status container_finish(struct container_writer *writer, uint64_t features,
                              struct buffer *out, inlay_error *err)
{
    end_section(writer);
    INLAY_TRY(buffer_status(&writer->payload, err));
    buffer_append(out, writer->kind->magic, CONTAINER_MAGIC_SIZE);
    buffer_u32(out, CONTAINER_VERSION);
    buffer_u32(out, writer->count);
    buffer_u64(out, features);
    for (uint32_t i = 0; i < writer->count; i++) {
        const struct container_section *section = &writer->sections[i];
        uint32_t crc = 0;
        if (section->length != 0) { /* an empty payload has no address to add to */
            crc = crc32c(0, writer->payload.data + section->offset, (size_t)section->length);
        }
        buffer_u32(out, section->type);
        buffer_u32(out, section->flags);
        buffer_u64(out, section->length);
        buffer_u32(out, crc);
    }
    if (out->status == INLAY_OK) {
        buffer_u32(out, crc32c(0, out->data, out->len));
    }
    buffer_append(out, writer->payload.data, writer->payload.len);
    return buffer_status(out, err);
}
