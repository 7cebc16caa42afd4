/* SPDX-License-Identifier: Apache-2.0 */
#include "superfile/hot.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/reader.h"

#include <string.h>

static const uint8_t magic[8] = {'I', 'N', 'L', 'H', 'O', 'T', '\r', '\n'};

enum { HOT_HEADER_BYTES = 40, SECTION_COUNT_MAX = 65536, COLUMN_NAME_MAX = 65535 };

void hot_directory_free(struct hot_directory *directory)
{
    size_t i;
    for (i = 0; i < directory->count; i++) {
        mem_free(directory->sections[i].column);
    }
    mem_free(directory->sections);
    memset(directory, 0, sizeof(*directory));
}

inlay_status hot_add(struct hot_directory *directory, struct buffer *pieces, uint32_t type,
                     const char *column, uint64_t body_offset, uint64_t body_length,
                     const void *piece, size_t piece_length, inlay_error *err)
{
    void *sections = directory->sections;
    struct section *section;
    if (!mem_grow(&sections, &directory->capacity, directory->count + 1,
                  sizeof(*directory->sections))) {
        return error_no_memory(err);
    }
    directory->sections = sections;
    section = &directory->sections[directory->count];
    memset(section, 0, sizeof(*section));
    if (column != NULL) {
        section->column = mem_strdup(column);
        if (section->column == NULL) {
            return error_no_memory(err);
        }
    }
    directory->count++;
    buffer_align(pieces, 64);
    section->type = type;
    section->version = 1;
    section->body_offset = body_offset;
    section->body_length = body_length;
    section->hot_offset = pieces->len; /* relative to the pieces until hot_write */
    section->hot_length = piece_length;
    buffer_append(pieces, piece, piece_length);
    return buffer_status(pieces, err);
}

static uint64_t directory_bytes(const struct hot_directory *directory)
{
    uint64_t bytes = HOT_HEADER_BYTES;
    size_t i;
    for (i = 0; i < directory->count; i++) {
        const char *column = directory->sections[i].column;
        bytes += 4 + 4 + 4 + 4 * 8 + 4 + (column != NULL ? strlen(column) : 0);
    }
    return bytes;
}

inlay_status hot_write(const struct hot_directory *directory, const struct buffer *pieces,
                       struct buffer *out, inlay_error *err)
{
    uint64_t pieces_offset = align_up(directory_bytes(directory), 64);
    size_t i;
    buffer_append(out, magic, sizeof(magic));
    buffer_u32(out, HOT_VERSION);
    buffer_u32(out, 0); /* feature flags that a reader must understand */
    buffer_u64(out, pieces_offset + pieces->len + 4);
    buffer_u64(out, directory->rows);
    buffer_u32(out, (uint32_t)directory->count);
    buffer_u32(out, 0);
    for (i = 0; i < directory->count; i++) {
        const struct section *s = &directory->sections[i];
        size_t name_length = s->column != NULL ? strlen(s->column) : 0;
        buffer_u32(out, s->type);
        buffer_u32(out, s->version);
        buffer_u32(out, s->flags);
        buffer_u64(out, s->body_offset);
        buffer_u64(out, s->body_length);
        buffer_u64(out, pieces_offset + s->hot_offset);
        buffer_u64(out, s->hot_length);
        buffer_u32(out, (uint32_t)name_length);
        buffer_append(out, s->column, name_length);
    }
    buffer_align(out, 64);
    buffer_append(out, pieces->data, pieces->len);
    INLAY_TRY(buffer_status(out, err));
    buffer_u32(out, crc32c(0, out->data, out->len));
    return buffer_status(out, err);
}

/* What is wrong with the section fails the reader; false: no memory. */
static bool read_section(struct reader *in, struct section *s, size_t length, uint64_t file_size)
{
    uint32_t name_length;
    s->type = reader_u32(in);
    s->version = reader_u32(in);
    s->flags = reader_u32(in);
    s->body_offset = reader_u64(in);
    s->body_length = reader_u64(in);
    s->hot_offset = reader_u64(in);
    s->hot_length = reader_u64(in);
    name_length = reader_u32(in);
    if (!range_inside(s->body_offset, s->body_length, file_size)) {
        reader_fail(in, "a section's body lies outside the file");
    } else if (!range_inside(s->hot_offset, s->hot_length, length - 4)) {
        reader_fail(in, "a section's piece lies outside the hot region");
    } else if (name_length > COLUMN_NAME_MAX) {
        reader_fail(in, "a column name is too long");
    } else if (name_length != 0) {
        const uint8_t *name = reader_bytes(in, name_length);
        if (name != NULL && memchr(name, 0, name_length) != NULL) {
            reader_fail(in, "a column name contains a zero byte");
        } else if (name != NULL) {
            s->column = mem_strndup((const char *)name, name_length);
            return s->column != NULL;
        }
    }
    return true;
}

/* Everything but the sections; *count is how many follow. */
static inlay_status read_header(struct reader *in, const uint8_t *data, size_t length,
                                uint64_t offset, struct hot_directory *out, uint32_t *count,
                                inlay_error *err)
{
    const uint8_t *found = reader_bytes(in, sizeof(magic));
    uint32_t version = reader_u32(in);
    uint32_t features = reader_u32(in);
    uint64_t stored_length = reader_u64(in);
    out->rows = reader_u64(in);
    *count = reader_u32(in);
    (void)reader_u32(in);
    if (!reader_ok(in) || memcmp(found, magic, sizeof(magic)) != 0) {
        error_set(err, INLAY_CORRUPT, "the hot region does not begin with its magic number");
        error_offset(err, offset);
        return INLAY_CORRUPT;
    }
    if (version > HOT_VERSION || features != 0) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "this file was written by a newer version (hot region version %u, "
                         "features 0x%x); this reader knows version %u",
                         version, features, HOT_VERSION);
    }
    if (stored_length != length || length < HOT_HEADER_BYTES + 4 || *count > SECTION_COUNT_MAX) {
        reader_fail(in, "wrong length or section count");
        return reader_status(in, "hot region", err);
    }
    {
        struct reader crc;
        reader_init(&crc, data + length - 4, 4, offset + length - 4);
        if (reader_u32(&crc) != crc32c(0, data, length - 4)) {
            reader_fail(in, "checksum does not match");
        }
    }
    return reader_status(in, "hot region", err);
}

inlay_status hot_read(const uint8_t *data, size_t length, uint64_t offset, uint64_t file_size,
                      struct hot_directory *out, inlay_error *err)
{
    struct reader in;
    uint32_t count;
    uint32_t i;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    reader_init(&in, data, length, offset);
    INLAY_TRY(read_header(&in, data, length, offset, out, &count, err));
    out->sections = mem_zalloc_array(count, sizeof(*out->sections));
    if (out->sections == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count && reader_ok(&in); i++) {
        struct section *s = &out->sections[i];
        out->count++;
        if (!read_section(&in, s, length, file_size)) {
            hot_directory_free(out);
            return error_no_memory(err);
        }
        if (reader_ok(&in) && s->type > SECTION_VECTOR && (s->flags & SECTION_REQUIRED) != 0) {
            status = error_set(err, INLAY_UNSUPPORTED,
                               "section type %u is required and unknown to this version", s->type);
            hot_directory_free(out);
            return status;
        }
    }
    status = reader_status(&in, "hot region", err);
    if (status != INLAY_OK) {
        hot_directory_free(out);
    }
    return status;
}

const struct section *hot_find(const struct hot_directory *directory, uint32_t type,
                               const char *column)
{
    size_t i;
    for (i = 0; i < directory->count; i++) {
        const struct section *s = &directory->sections[i];
        if (s->type == type && (column == NULL) == (s->column == NULL) &&
            (column == NULL || strcmp(column, s->column) == 0)) {
            return s;
        }
    }
    return NULL;
}
