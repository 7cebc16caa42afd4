/* SPDX-License-Identifier: Apache-2.0 */
#include "export/encoder.h"

inlay_status row_encoder_create(enum export_format format, uint64_t row_group_bytes,
                                const struct schema *schema, struct byte_sink *sink,
                                struct row_encoder **out, inlay_error *err)
{
    inlay_status status = INLAY_OK;
    *out = NULL;
    switch (format) {
    case EXPORT_PARQUET:
        status = encoder_parquet_create(row_group_bytes, out, err);
        break;
    case EXPORT_ARROW:
        status = encoder_arrow_create(out, err);
        break;
    case EXPORT_NDJSON:
        status = encoder_ndjson_create(out, err);
        break;
    case EXPORT_CSV:
    case EXPORT_TSV:
        status = encoder_separated_create(format == EXPORT_CSV ? ',' : '\t', out, err);
        break;
    }
    if (status == INLAY_OK) {
        (*out)->schema = schema;
        (*out)->sink = sink;
    }
    return status;
}

void row_encoder_free(struct row_encoder *encoder)
{
    if (encoder != NULL) {
        encoder->ops->free(encoder);
    }
}
