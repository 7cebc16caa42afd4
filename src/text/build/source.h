/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorted term sources of the final merge: the memory of a builder, or one spilled run. Terms come
 * in byte order; of each term all postings, and of each posting all positions, must be read before
 * the next. Not thread-safe.
 */
#ifndef INLAY_TEXT_BUILD_SOURCE_H
#define INLAY_TEXT_BUILD_SOURCE_H

#include "text/build/builder_priv.h"
#include "text/build/encoder.h"

/* Bytes that come in parts: from a stream of the pool, or from a spool through a window. */
struct source_input {
    const uint8_t *p;
    const uint8_t *end;
    const struct stream_pool *pool; /* NULL: a spool */
    struct stream_reader reader;
    const struct spool *spool;
    uint64_t offset;
    uint8_t *window;
    size_t slack; /* bytes behind `end` that may be loaded, though nothing more will come */
};

#define SOURCE_GATHERED 960 /* a term with up to so many bytes is copied into one part */
#define SOURCE_SLACK 64

struct term_source {
    struct text_builder *builder; /* of the memory source */
    uint32_t *order;
    size_t next;
    struct source_input terms; /* of a run */
    struct source_input postings;
    const uint8_t *text; /* of the present term, until the next */
    uint32_t length;     /* of the present term; 0 = no more terms */
    uint32_t df;
    uint32_t left; /* postings not yet read */
    uint32_t row;  /* of the present posting */
    uint32_t tf;
    uint8_t code;
    uint8_t run_text[TOKEN_MAX_BYTES];
    uint8_t gathered[SOURCE_GATHERED + SOURCE_SLACK];
    inlay_status status; /* sticky */
    inlay_error *err;
};

inlay_status term_source_memory(struct term_source *source, struct text_builder *builder,
                                inlay_error *err);
inlay_status term_source_run(struct term_source *source, const struct build_run *run,
                             inlay_error *err);
void term_source_free(struct term_source *source);

/* Steps to the next term and its first posting. */
inlay_status term_source_next(struct term_source *source);
/* Hands the postings with rows below `limit` to the encoder and stands on the next one; `df` is 0
 * when there is none. The present posting is below the limit. */
inlay_status term_source_copy(struct term_source *source, uint32_t limit, bool positions,
                              struct text_encoder *encoder);

#endif
