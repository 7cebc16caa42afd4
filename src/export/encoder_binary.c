/* SPDX-License-Identifier: Apache-2.0 */
/* Parquet by the writer that superfiles are made with, and Arrow's IPC stream. */
#include "base/alloc.h"
#include "base/error.h"
#include "columnar/ipc_writer.h"
#include "export/encoder.h"
#include "parquet/writer.h"

struct parquet_encoder {
    struct row_encoder base;
    struct parquet_writer_options options;
    struct parquet_writer *writer;
};

static inlay_status parquet_begin(struct row_encoder *encoder, inlay_error *err)
{
    struct parquet_encoder *parquet = (struct parquet_encoder *)encoder;
    return parquet_writer_create(&parquet->options, encoder->schema, encoder->sink,
                                 &parquet->writer, err);
}

static inlay_status parquet_batch(struct row_encoder *encoder, const struct batch *batch,
                                  const struct array_view *view, inlay_error *err)
{
    (void)batch;
    return parquet_writer_append(((struct parquet_encoder *)encoder)->writer, view, err);
}

static inlay_status parquet_end(struct row_encoder *encoder, inlay_error *err)
{
    return parquet_writer_close(((struct parquet_encoder *)encoder)->writer, NULL, 0, err);
}

static void parquet_free(struct row_encoder *encoder)
{
    parquet_writer_free(((struct parquet_encoder *)encoder)->writer);
    mem_free(encoder);
}

static const struct row_encoder_ops parquet_ops = {parquet_begin, parquet_batch, parquet_end,
                                                   parquet_free};

inlay_status encoder_parquet_create(uint64_t row_group_bytes, struct row_encoder **out,
                                    inlay_error *err)
{
    struct parquet_encoder *parquet = mem_zalloc(sizeof(*parquet));
    if (parquet == NULL) {
        return error_no_memory(err);
    }
    parquet->base.ops = &parquet_ops;
    parquet_writer_options_init(&parquet->options);
    parquet->options.allow_empty = true;
    if (row_group_bytes != 0) {
        parquet->options.row_group_bytes = row_group_bytes;
    }
    *out = &parquet->base;
    return INLAY_OK;
}

struct arrow_encoder {
    struct row_encoder base;
    struct ipc_writer writer;
};

static inlay_status arrow_begin(struct row_encoder *encoder, inlay_error *err)
{
    return ipc_writer_begin(&((struct arrow_encoder *)encoder)->writer, encoder->schema,
                            encoder->sink, err);
}

static inlay_status arrow_batch(struct row_encoder *encoder, const struct batch *batch,
                                const struct array_view *view, inlay_error *err)
{
    (void)view;
    return ipc_writer_batch(&((struct arrow_encoder *)encoder)->writer, &batch->array, err);
}

static inlay_status arrow_end(struct row_encoder *encoder, inlay_error *err)
{
    return ipc_writer_end(&((struct arrow_encoder *)encoder)->writer, err);
}

static void arrow_free(struct row_encoder *encoder)
{
    mem_free(encoder);
}

static const struct row_encoder_ops arrow_ops = {arrow_begin, arrow_batch, arrow_end, arrow_free};

inlay_status encoder_arrow_create(struct row_encoder **out, inlay_error *err)
{
    struct arrow_encoder *arrow = mem_zalloc(sizeof(*arrow));
    if (arrow == NULL) {
        return error_no_memory(err);
    }
    arrow->base.ops = &arrow_ops;
    *out = &arrow->base;
    return INLAY_OK;
}
