/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrow IPC stream format (arrow.apache.org, "Columnar Format: Serialization and Interprocess
 * Communication", metadata version V5): a schema message, record batches, an end mark. Bodies are
 * uncompressed and 8-byte aligned; dictionaries and views are written as plain values, slices as
 * the rows they show. The same rows give the same bytes, whatever the layout of the arrays.
 */
#ifndef INLAY_COLUMNAR_IPC_WRITER_H
#define INLAY_COLUMNAR_IPC_WRITER_H

#include "base/byte_sink.h"
#include "columnar/schema.h"

/* The encapsulated schema message alone: what Parquet's "ARROW:schema" holds (in base64). */
inlay_status ipc_write_schema(const struct schema *schema, struct buffer *out, inlay_error *err);

struct ipc_writer {
    struct byte_sink *sink;      /* borrowed */
    const struct schema *schema; /* borrowed */
};

/* Writes the schema message. The schema may describe arrays as they were imported. */
inlay_status ipc_writer_begin(struct ipc_writer *writer, const struct schema *schema,
                              struct byte_sink *sink, inlay_error *err);
/* `batch` is a valid struct array of the schema's columns (array_view_open_batch has checked it).
 */
inlay_status ipc_writer_batch(struct ipc_writer *writer, const struct ArrowArray *batch,
                              inlay_error *err);
inlay_status ipc_writer_end(struct ipc_writer *writer, inlay_error *err);

#endif
