/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into one superfile, or any Parquet file, without a table. */
#ifndef INLAY_INSPECT_H
#define INLAY_INSPECT_H

#include "inlay/arrow.h"
#include "inlay/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The regions of a local file in file order: region (utf8: "magic", "row group", "column chunk",
 * "page index", "bloom filter", "text index", "vector index", "id index", "hot region", "footer",
 * "padding"), column (utf8 or null), part (int64 or null: the row group), offset, length (uint64),
 * detail (utf8: codec, encodings, rows, terms, ...), inside (bool: this region is a part of the
 * last one before it that is not). Regions that are not inside another leave no gap.
 * INLAY_CORRUPT with the offset when the file is damaged.
 */
INLAY_API inlay_status inlay_inspect_file(const char *path, struct ArrowArrayStream *out,
                                          inlay_error *err) INLAY_MUST_CHECK;

typedef struct inlay_file_check {
    size_t struct_size;
    uint64_t rows;
    uint64_t bytes;
    uint64_t checksums; /* compared */
    int32_t is_superfile;
} inlay_file_check;

/* Reads a local file whole and compares every checksum in it. */
INLAY_API inlay_status inlay_verify_file(const char *path, inlay_file_check *result,
                                         inlay_error *err) INLAY_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
