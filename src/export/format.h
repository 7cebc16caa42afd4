/* SPDX-License-Identifier: Apache-2.0 */
/* The formats of exports, and how a file's name tells which one is meant. */
#ifndef INLAY_EXPORT_FORMAT_H
#define INLAY_EXPORT_FORMAT_H

#include "inlay/error.h"

enum export_format {
    EXPORT_PARQUET,
    EXPORT_CSV,
    EXPORT_TSV,
    EXPORT_NDJSON,
    EXPORT_ARROW, /* IPC stream */
};

/* By name ("parquet", "csv", "tsv", "ndjson", "arrow"), or by the ending of `path` when `name` is
 * NULL. INLAY_INVALID_ARGUMENT says which names there are. */
inlay_status export_format_choose(const char *name, const char *path, enum export_format *out,
                                  inlay_error *err);

#endif
