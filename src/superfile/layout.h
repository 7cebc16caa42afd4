/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands where in a superfile, or in any other Parquet file: every byte belongs to exactly one
 * region of the outer level, and some regions have parts. Nothing but footer, hot region, page
 * headers and page indexes is read; checksums are not compared (verify.h does that).
 */
#ifndef INLAY_SUPERFILE_LAYOUT_H
#define INLAY_SUPERFILE_LAYOUT_H

#include "base/arena.h"
#include "base/byte_source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum region_kind {
    REGION_MAGIC,
    REGION_ROW_GROUP, /* parts: its column chunks, and what else stands between them */
    REGION_COLUMN_CHUNK,
    REGION_PAGE_INDEX,
    REGION_BLOOM_FILTER,
    REGION_TEXT_INDEX,   /* a body; the hot piece of the same index is a part of the hot region */
    REGION_VECTOR_INDEX, /* likewise */
    REGION_ID_INDEX,
    REGION_HOT, /* parts: the pieces of its sections */
    REGION_FOOTER,
    REGION_PADDING, /* fewer than 64 zero bytes */
    REGION_UNKNOWN
};

struct region {
    enum region_kind kind;
    bool is_part;       /* of the last region before it that is none */
    const char *column; /* dotted path of the leaf, or the index's column; NULL = of none */
    int64_t row_group;  /* -1 = of none */
    uint64_t offset;
    uint64_t length;
    const char *detail; /* for people: "zstd, PLAIN, 1000 values, 3 null, 4 pages, ..." */
};

/* Regions in file order, parts behind the region that they belong to. The outer ones start at 0,
 * end with the file and leave no gap. */
struct layout {
    struct region *regions; /* owned */
    size_t count;
    size_t capacity;
    uint64_t rows;
    bool is_superfile;
    struct arena texts; /* of the regions */
};

/* INLAY_CORRUPT with key and offset when the file cannot be opened, a page header cannot be read,
 * or regions overlap. *out is empty after a failure. */
inlay_status superfile_layout(struct byte_source *source, struct layout *out, inlay_error *err);
void layout_free(struct layout *layout); /* NULL-safe */

/* "row group", "text index", ... */
const char *region_kind_name(enum region_kind kind);

#endif
