/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the Arrow IPC stream format (see ipc_writer.h), metadata versions V4 and V5, from bytes
 * that are not trusted: every offset and value is checked, memory is bounded by the input, and a
 * batch that comes out is safe to use. Errors are INLAY_CORRUPT with the byte offset, or
 * INLAY_UNSUPPORTED with the name of what is (compressed bodies, delta dictionaries, unions, ...).
 * A stream may end with its end mark or, as the specification allows, with the bytes. Not
 * thread-safe; batches that were read are independent of the reader and of the bytes.
 */
#ifndef INLAY_COLUMNAR_IPC_READER_H
#define INLAY_COLUMNAR_IPC_READER_H

#include "columnar/schema.h"

struct ipc_reader;

/* Reads the schema message. `data` is borrowed until the reader is closed. */
inlay_status ipc_reader_open(const void *data, size_t size, struct ipc_reader **out,
                             inlay_error *err);
void ipc_reader_close(struct ipc_reader *reader); /* NULL-safe */

/* Describes the batches exactly (dictionary, index_type, view); lives as long as the reader. */
const struct schema *ipc_reader_schema(const struct ipc_reader *reader);
/* The next batch, which the caller releases; at the end *out is zeroed (release is NULL). */
inlay_status ipc_reader_next(struct ipc_reader *reader, struct ArrowArray *out, inlay_error *err);

/* The schema of an encapsulated schema message alone (Parquet's "ARROW:schema"). */
inlay_status ipc_read_schema(const void *data, size_t size, struct schema *out, inlay_error *err);

#endif
