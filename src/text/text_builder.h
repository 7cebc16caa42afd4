/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the text index of one column of one superfile: add documents, then finish into the body
 * (regions streamed into the file) and the hot part (what an open reads). The layout is
 * docs/format/text-index.md. Same documents, same options: same bytes, whatever was spilled and
 * however the documents were dealt out to builders.
 *
 * A document is a non-null value; a null row is simply not added. Postings are kept compressed in
 * memory; beyond the budget they go as sorted runs into unlinked temporary files, which the finish
 * merges. Each builder is for one thread; several builders of disjoint rows finish together.
 */
#ifndef INLAY_TEXT_TEXT_BUILDER_H
#define INLAY_TEXT_TEXT_BUILDER_H

#include "base/buffer.h"
#include "base/byte_sink.h"
#include "text/analyzer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_options {
    bool positions;           /* store word positions: phrases and highlighting; default true */
    double k1;                /* BM25, 0 to 100, default 1.2 */
    double b;                 /* BM25, 0 to 1, default 0.75 */
    size_t memory_budget;     /* bytes per builder before it spills; default 256 MiB, least 1 MiB */
    const char *spill_folder; /* borrowed; NULL = the system's temporary folder */
};

/* For the manifest. */
struct text_index_summary {
    uint64_t documents;    /* non-null values */
    uint64_t total_length; /* sum of decoded length codes */
    uint64_t terms;        /* distinct */
    uint64_t postings;
    uint8_t min_term[TOKEN_MAX_BYTES];
    uint8_t max_term[TOKEN_MAX_BYTES];
    uint32_t min_length;
    uint32_t max_length;
    uint64_t filter_offset; /* the term filter inside the hot part */
    uint64_t filter_length;
    uint64_t body_length;
};

struct text_builder;

void text_options_init(struct text_options *options);

/* The analyzer and the spill folder's name are borrowed for the builder's life.
 * INLAY_INVALID_ARGUMENT when an option is out of range. */
inlay_status text_builder_create(const struct analyzer *analyzer,
                                 const struct text_options *options, struct text_builder **out,
                                 inlay_error *err);
void text_builder_free(struct text_builder *builder); /* NULL-safe */

/* Rows ascend strictly within a builder; UINT32_MAX is not a row. After a failure the builder can
 * only be freed. */
inlay_status text_builder_add(struct text_builder *builder, uint32_t row, const char *text,
                              size_t length, inlay_error *err);

/*
 * Writes the index of all documents of the builders, which must have the same options. `row_count`
 * is the superfile's number of rows and exceeds every row added. The body begins at the sink's
 * present offset, which must be a multiple of 64; the hot part is appended to `hot`. The builders
 * can then only be freed.
 */
inlay_status text_builder_finish(struct text_builder *const *builders, size_t count,
                                 uint64_t row_count, struct byte_sink *body, struct buffer *hot,
                                 struct text_index_summary *summary, inlay_error *err);

#endif
