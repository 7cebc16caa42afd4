/* SPDX-License-Identifier: Apache-2.0 */
/* Moves the table of a builder into a sorted run of temporary files. */
#include "text/build/builder_priv.h"

#include "base/alloc.h"
#include "base/error.h"

#define RUN_BUFFER ((size_t)1 << 20) /* written out in pieces of this size */

static inlay_status append_stream(const struct text_builder *builder, const struct stream *stream,
                                  struct spool *to, inlay_error *err)
{
    struct stream_reader reader;
    const uint8_t *part;
    size_t length;
    stream_read(stream, &reader);
    while ((length = stream_part(&builder->pool, &reader, &part)) != 0) {
        INLAY_TRY(spool_append(to, part, length, err));
    }
    return INLAY_OK;
}

static inlay_status write_run(const struct text_builder *builder, const uint32_t *order,
                              struct build_run *run, inlay_error *err)
{
    size_t i;
    for (i = 0; i < builder->term_count; i++) {
        const struct build_term *term = &builder->terms[order[i]];
        buffer_u8(&run->terms.buffer, term->length);
        buffer_append(&run->terms.buffer, builder->term_bytes.data + term->text, term->length);
        buffer_varint(&run->terms.buffer, term->df);
        INLAY_TRY(spool_settle(&run->terms, err));
        INLAY_TRY(append_stream(builder, &term->postings, &run->postings, err));
    }
    INLAY_TRY(spool_flush(&run->terms, err));
    INLAY_TRY(spool_flush(&run->postings, err));
    buffer_free(&run->terms.buffer);
    buffer_free(&run->postings.buffer);
    return INLAY_OK;
}

inlay_status builder_spill(struct text_builder *builder, inlay_error *err)
{
    void *runs = builder->runs;
    struct build_run *run;
    uint32_t *order = NULL;
    inlay_status status;
    if (!mem_grow(&runs, &builder->run_capacity, builder->run_count + 1, sizeof(*run))) {
        return error_no_memory(err);
    }
    builder->runs = runs;
    run = &builder->runs[builder->run_count++];
    spool_init(&run->terms, builder->options.spill_folder, RUN_BUFFER);
    spool_init(&run->postings, builder->options.spill_folder, RUN_BUFFER);
    status = builder_sort(builder, &order, err);
    if (status == INLAY_OK) {
        status = write_run(builder, order, run, err);
    }
    mem_free(order);
    builder_forget(builder);
    return status;
}
