/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The "ARROW:schema" entry of a Parquet footer: an Arrow IPC schema message in base64 (RFC 4648),
 * by which Arrow's own readers and ours bring back the types that Parquet cannot express.
 */
#ifndef INLAY_PARQUET_ARROW_KEY_H
#define INLAY_PARQUET_ARROW_KEY_H

#include "base/buffer.h"
#include "inlay/error.h"
#include "parquet/schema_map.h"

#define ARROW_SCHEMA_KEY "ARROW:schema"

/* Appends the value for `schema`, without a terminator. View layouts are stated as plain ones: they
 * say how arrays arrived, not what the file holds. */
inlay_status arrow_key_encode(const struct schema *schema, struct buffer *out, inlay_error *err);

/* schema_map_refine with the file's entry, if it has one. An entry that is damaged or describes
 * types unknown here changes nothing, as the file is readable without it; the only error is
 * INLAY_NO_MEMORY. */
inlay_status arrow_key_refine(struct schema_map *map, const struct parquet_file_metadata *metadata,
                              inlay_error *err);

#endif
