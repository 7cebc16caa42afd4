/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hot region: the directory of a superfile's sections and the small part of each that an open
 * needs, contiguous, just before the Parquet footer. Layout: docs/format/superfile.md.
 */
#ifndef INLAY_SUPERFILE_HOT_H
#define INLAY_SUPERFILE_HOT_H

#include "base/buffer.h"
#include "inlay/error.h"

#include <stddef.h>
#include <stdint.h>

#define HOT_VERSION 1u

enum section_type { /* numbers are stored and never change */
                    SECTION_ID_INDEX = 1,
                    SECTION_TEXT = 2,
                    SECTION_VECTOR = 3
};

/* Set in `flags` of a section that a reader must understand to use the file at all. */
#define SECTION_REQUIRED 1u

struct section {
    uint32_t type;
    uint32_t version; /* of this section's format */
    uint32_t flags;
    char *column;         /* owned; NULL = not of a column */
    uint64_t body_offset; /* absolute in the file; body_length 0 = no body */
    uint64_t body_length;
    uint64_t hot_offset; /* of the section's hot piece, from the start of the hot region */
    uint64_t hot_length;
};

struct hot_directory {
    uint64_t rows;
    struct section *sections; /* owned */
    size_t count;
    size_t capacity;
};

void hot_directory_free(struct hot_directory *directory);

/* Adds a section whose hot piece is given; pieces are kept in `pieces` until hot_write. */
inlay_status hot_add(struct hot_directory *directory, struct buffer *pieces, uint32_t type,
                     const char *column, uint64_t body_offset, uint64_t body_length,
                     const void *piece, size_t piece_length, inlay_error *err);

/* The whole region: header, directory, pieces, CRC. */
inlay_status hot_write(const struct hot_directory *directory, const struct buffer *pieces,
                       struct buffer *out, inlay_error *err);

/* Untrusted bytes: checks magic, version, CRC, and that every section lies inside. `file_size`
 * bounds the bodies, `offset` is the region's place in the file. Sections of unknown types are
 * kept; a required one is INLAY_UNSUPPORTED. */
inlay_status hot_read(const uint8_t *data, size_t length, uint64_t offset, uint64_t file_size,
                      struct hot_directory *out, inlay_error *err);

/* The section of that type and column (NULL = none), or NULL. */
const struct section *hot_find(const struct hot_directory *directory, uint32_t type,
                               const char *column);

#endif
