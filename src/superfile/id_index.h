/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Row number to _id and back without decoding a page. Ids ascend strictly with the row number. Two
 * encodings, the shorter one is written (docs/format/superfile.md, "Id index"):
 *   spans  runs of consecutive ids, which is what an append mints
 *   plain  every id
 * Immutable after decoding; thread-safe. Lookups are binary searches in memory.
 */
#ifndef INLAY_SUPERFILE_ID_INDEX_H
#define INLAY_SUPERFILE_ID_INDEX_H

#include "base/buffer.h"
#include "base/id.h"
#include "base/reader.h"

#include <stdbool.h>
#include <stdint.h>

struct id_run {
    struct id128 first;
    uint32_t row; /* of `first` */
};

struct id_index_builder {
    struct id_run *runs; /* owned */
    size_t count;
    size_t capacity;
    uint64_t rows;
    struct id128 last;
};

/* Adds `count` consecutive ids for the next rows. INLAY_INVALID_ARGUMENT when they do not ascend.
 */
inlay_status id_index_builder_add(struct id_index_builder *builder, struct id128 first,
                                  uint64_t count, inlay_error *err);
void id_index_builder_write(const struct id_index_builder *builder, struct buffer *out);
void id_index_builder_free(struct id_index_builder *builder);

struct id_index {
    struct id_run *runs; /* owned; NULL for the plain encoding */
    size_t run_count;
    struct id128 *plain; /* owned; NULL for the span encoding */
    uint64_t rows;
};

/* Untrusted bytes: everything is checked. `rows` is what the file says elsewhere. */
inlay_status id_index_read(struct reader *in, uint64_t rows, struct id_index *out,
                           inlay_error *err);
void id_index_free(struct id_index *index);

struct id128 id_index_id(const struct id_index *index, uint32_t row); /* row < rows */
/* The ids of rows [first, first + count), all below `rows`, as 16-byte little-endian integers: what
 * the _id column holds. */
void id_index_fill(const struct id_index *index, uint32_t first, uint32_t count, uint8_t *out);
bool id_index_row(const struct id_index *index, struct id128 id, uint32_t *row);

#endif
