/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows into the bytes of a file format, batch by batch, in bounded memory. begin, batch ..., end;
 * after a failure only free. One thread at a time.
 */
#ifndef INLAY_EXPORT_ENCODER_H
#define INLAY_EXPORT_ENCODER_H

#include "base/byte_sink.h"
#include "columnar/batch.h"
#include "export/format.h"

struct row_encoder;

struct row_encoder_ops {
    inlay_status (*begin)(struct row_encoder *encoder, inlay_error *err);
    /* `view` shows the batch. */
    inlay_status (*batch)(struct row_encoder *encoder, const struct batch *batch,
                          const struct array_view *view, inlay_error *err);
    inlay_status (*end)(struct row_encoder *encoder, inlay_error *err);
    void (*free)(struct row_encoder *encoder);
};

struct row_encoder {
    const struct row_encoder_ops *ops;
    const struct schema *schema; /* borrowed */
    struct byte_sink *sink;      /* borrowed */
};

/* `row_group_bytes` is for Parquet; 0 = the writer's default. Schema and sink are borrowed until
 * the encoder is freed. */
inlay_status row_encoder_create(enum export_format format, uint64_t row_group_bytes,
                                const struct schema *schema, struct byte_sink *sink,
                                struct row_encoder **out, inlay_error *err);
void row_encoder_free(struct row_encoder *encoder); /* NULL-safe */

/* One per file format. */
inlay_status encoder_parquet_create(uint64_t row_group_bytes, struct row_encoder **out,
                                    inlay_error *err);
inlay_status encoder_arrow_create(struct row_encoder **out, inlay_error *err);
/* RFC 4180 with LF line ends: a header; nulls are empty fields and empty strings "". */
inlay_status encoder_separated_create(char separator, struct row_encoder **out, inlay_error *err);
inlay_status encoder_ndjson_create(struct row_encoder **out, inlay_error *err);

#endif
