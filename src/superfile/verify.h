/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads one file whole, as one would read a hostile one, and compares all that can be compared.
 *
 * A superfile: every checksum (pages, hot region, the fetch units of indexes), and everything
 * that follows from the rows by docs/format/ without one: page headers, page indexes, Bloom
 * filters, statistics and the rest of the footer are worked out anew and must be the same bytes;
 * row counts and ids agree everywhere; padding is zero; no byte belongs to nothing. Exempt are only
 * the names of the writers (`created_by` and the value of `inlay.builder`), which nothing else
 * repeats.
 *
 * Another Parquet file: page checksums where present, the structure of all pages, levels and values
 * in encodings that this version knows, row counts, and offset indexes against the pages.
 */
#ifndef INLAY_SUPERFILE_VERIFY_H
#define INLAY_SUPERFILE_VERIFY_H

#include "base/byte_source.h"
#include "exec/progress.h"

#include <stdbool.h>

struct verify_result {
    uint64_t rows;
    uint64_t bytes;     /* of the file, all of them read */
    uint64_t checksums; /* compared */
    bool is_superfile;
};

/* The first difference is INLAY_CORRUPT with key and offset. `progress` (may be NULL) reports bytes
 * in a stage "verify". Memory: one column chunk and 4 bytes per row where the source is not
 * resident, 4 bytes per row of a text column otherwise. */
inlay_status superfile_verify(struct byte_source *source, struct progress *progress,
                              struct verify_result *out, inlay_error *err);

#endif
