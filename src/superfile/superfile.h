/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open superfile: its Parquet reader, its text, vector and id indexes. Immutable and shared by
 * threads. Opening is one read of the hot region and the footer, none when the source is resident.
 */
#ifndef INLAY_SUPERFILE_SUPERFILE_H
#define INLAY_SUPERFILE_SUPERFILE_H

#include "base/byte_source.h"
#include "base/id.h"
#include "parquet/reader.h"
#include "superfile/hot.h"
#include "text/text_index.h"
#include "vector/vector_search.h"

struct superfile;

/* Retains the source. `hot_offset` is where the hot region starts when the caller knows (a manifest
 * does); 0 = find out, at the price of a second read when the region is not in the last 64 KiB.
 * INLAY_CORRUPT names file and offset; a Parquet file without our metadata is INLAY_UNSUPPORTED. */
inlay_status superfile_open(struct byte_source *source, uint64_t hot_offset, struct superfile **out,
                            inlay_error *err);
struct superfile *superfile_retain(struct superfile *file);
void superfile_release(struct superfile *file); /* NULL-safe; closes with the last reference */

uint64_t superfile_rows(const struct superfile *file);
const struct byte_source *superfile_source(const struct superfile *file);
struct parquet_reader *superfile_parquet(const struct superfile *file);
/* NULL when the column has no text index. */
struct text_index *superfile_text(const struct superfile *file, const char *column);
/* NULL when the column has no vector index. */
struct vector_index *superfile_vector(const struct superfile *file, const char *column);
/* The stored vectors of a column that has an index (vector_rows.h says what reading them costs),
 * valid as long as the file. INLAY_INVALID_ARGUMENT when it has none. */
inlay_status superfile_vector_rows(const struct superfile *file, const char *column,
                                   struct vector_rows *out, inlay_error *err);
struct id128 superfile_id(const struct superfile *file, uint32_t row); /* row < rows */
/* The _id column of rows [first, first + count) without reading it; see id_index_fill. */
void superfile_fill_ids(const struct superfile *file, uint32_t first, uint32_t count, uint8_t *out);
bool superfile_row(const struct superfile *file, struct id128 id, uint32_t *row);
const struct hot_directory *superfile_directory(const struct superfile *file);
uint64_t superfile_hot_offset(const struct superfile *file);

#endif
