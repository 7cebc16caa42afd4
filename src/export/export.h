/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of rows into a file or a function, in one of the formats of exports. */
#ifndef INLAY_EXPORT_EXPORT_H
#define INLAY_EXPORT_EXPORT_H

#include "export/format.h"
#include "export/target.h"
#include "inlay/arrow.h"

#include <stdint.h>

struct export_options {
    enum export_format format;
    uint64_t row_group_bytes; /* of Parquet; 0 = the writer's default */
    /* Called between batches, about ten times a second; anything but INLAY_OK ends the export. May
     * be NULL. */
    inlay_status (*progress)(void *context, uint64_t rows, uint64_t bytes, inlay_error *err);
    void *context;
};

struct export_counts {
    uint64_t rows;
    uint64_t bytes;
};

/* Reads the stream to its end, without releasing it, and finishes the target. `counts` tells how
 * far it came also after a failure. INLAY_SCHEMA: two columns
 * of one name, or one that the format cannot hold. */
inlay_status export_rows(struct ArrowArrayStream *stream, const struct export_options *options,
                         struct export_target *target, struct export_counts *counts,
                         inlay_error *err);

#endif
