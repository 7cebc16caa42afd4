/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outer form of every binary manifest object (snapshot, part, text and vector summaries): a
 * magic, a version, a word of required features and a table of typed, checksummed sections. See
 * docs/format/manifest.md, "Container".
 *
 * Opening checks the table and every section's CRC-32C, so a section's reader sees only bytes that
 * were written. Unknown sections are skipped unless marked as required; unknown required features
 * and sections are INLAY_UNSUPPORTED and named by number. Not thread-safe.
 */
#ifndef INLAY_TABLE_MANIFEST_CONTAINER_H
#define INLAY_TABLE_MANIFEST_CONTAINER_H

#include "base/buffer.h"
#include "base/reader.h"

#define CONTAINER_MAGIC_SIZE 8
#define CONTAINER_VERSION 1
#define CONTAINER_SECTIONS_MAX 32

/* What distinguishes one kind of object from another. Static and immutable. */
struct container_kind {
    char magic[CONTAINER_MAGIC_SIZE];
    const char *what;       /* "snapshot", for messages */
    uint32_t section_count; /* known types are 1..section_count */
    uint64_t features;      /* required-feature bits that this version understands */
};

struct container_section {
    uint32_t type;
    uint32_t flags;
    uint64_t offset; /* in the object */
    uint64_t length;
};

#define CONTAINER_SECTION_REQUIRED 1u /* a reader that does not know the type must refuse */

struct container {
    const uint8_t *data; /* borrowed */
    const struct container_kind *kind;
    uint32_t count;
    struct container_section sections[CONTAINER_SECTIONS_MAX];
};

/* INLAY_CORRUPT, or INLAY_UNSUPPORTED for something newer than this version. */
inlay_status container_open(const struct container_kind *kind, const void *data, size_t size,
                            struct container *out, inlay_error *err);
/* A cursor over one section; an absent one gives an empty cursor. */
struct reader container_reader(const struct container *container, uint32_t type);

struct container_writer {
    const struct container_kind *kind;
    struct buffer payload;
    uint32_t count;
    struct container_section sections[CONTAINER_SECTIONS_MAX];
};

/* `cap` bounds the payload. Free after use, also after a failure. */
void container_writer_init(struct container_writer *writer, const struct container_kind *kind,
                           size_t cap);
void container_writer_free(struct container_writer *writer);
/* Starts a section and returns the buffer to append it to; the next begin, or finish, ends it. */
struct buffer *container_begin(struct container_writer *writer, uint32_t type, uint32_t flags);
/* Appends the whole object to `out`, an empty buffer. */
inlay_status container_finish(struct container_writer *writer, uint64_t features,
                              struct buffer *out, inlay_error *err);

#endif
