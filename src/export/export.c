/* SPDX-License-Identifier: Apache-2.0 */
#include "export/export.h"

#include "base/env.h"
#include "base/error.h"
#include "columnar/stream.h"
#include "export/encoder.h"

#include <string.h>

#define PROGRESS_NS 100000000u

static inlay_status encode_batch(struct row_encoder *encoder, const struct batch *batch,
                                 inlay_error *err)
{
    struct array_view view;
    inlay_status status;
    INLAY_TRY(array_view_open_batch(&batch->schema, &batch->array, ARRAY_CHECK_STRUCTURE,
                                    INLAY_INTERNAL, &view, err));
    status = encoder->ops->batch(encoder, batch, &view, err);
    array_view_close(&view);
    return status;
}

static inlay_status report(const struct export_options *options, const struct export_counts *counts,
                           uint64_t *due_ns, inlay_error *err)
{
    const struct env *env = env_system();
    uint64_t now = env->monotonic_ns(env->context);
    if (options->progress == NULL || now < *due_ns) {
        return INLAY_OK;
    }
    *due_ns = now + PROGRESS_NS;
    return options->progress(options->context, counts->rows, counts->bytes, err);
}

static inlay_status encode_all(struct ArrowArrayStream *stream, const struct schema *schema,
                               struct row_encoder *encoder, const struct export_options *options,
                               struct export_target *target, struct export_counts *counts,
                               inlay_error *err)
{
    uint64_t due_ns = 0;
    INLAY_TRY(encoder->ops->begin(encoder, err));
    for (;;) {
        struct batch batch;
        inlay_status status;
        bool end;
        INLAY_TRY(report(options, counts, &due_ns, err));
        INLAY_TRY(stream_read_batch(stream, schema, &batch, &end, err));
        if (end) {
            break;
        }
        status = encode_batch(encoder, &batch, err);
        counts->rows += (uint64_t)batch.array.length;
        counts->bytes = target->sink.offset;
        batch_release(&batch);
        INLAY_TRY(status);
    }
    INLAY_TRY(encoder->ops->end(encoder, err));
    counts->bytes = target->sink.offset;
    return export_target_finish(target, err);
}

inlay_status export_rows(struct ArrowArrayStream *stream, const struct export_options *options,
                         struct export_target *target, struct export_counts *counts,
                         inlay_error *err)
{
    struct row_encoder *encoder = NULL;
    struct schema schema;
    inlay_status status;
    memset(counts, 0, sizeof(*counts));
    INLAY_TRY(stream_read_schema(stream, &schema, err));
    status = row_encoder_create(options->format, options->row_group_bytes, &schema, &target->sink,
                                &encoder, err);
    if (status == INLAY_OK) {
        status = encode_all(stream, &schema, encoder, options, target, counts, err);
    }
    row_encoder_free(encoder);
    schema_free(&schema);
    return status;
}
