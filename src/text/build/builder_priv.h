/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a text_builder, shared by adding, spilling and finishing. */
#ifndef INLAY_TEXT_BUILD_BUILDER_PRIV_H
#define INLAY_TEXT_BUILD_BUILDER_PRIV_H

#include "text/build/spool.h"
#include "text/build/stream.h"
#include "text/text_builder.h"

/*
 * One distinct term. Its postings: per document varint (row gap << 1 | tf is 1), varint tf unless
 * 1, length code; the gap is row - previous row - 1, from UINT32_MAX at the start of a run, so runs
 * stand alone. Its positions: varint distance from the position before, from 0 at each document.
 */
struct build_term {
    uint32_t hash; /* low bits */
    uint32_t text; /* offset in term_bytes */
    uint32_t df;   /* documents flushed to `postings` */
    uint32_t row;  /* of the open document; valid when tf != 0 */
    uint32_t previous_row;
    uint32_t tf;
    uint32_t position; /* last one of the open document */
    struct stream postings;
    struct stream positions;
    uint8_t length;
    uint8_t code;
};

/* A sorted run: per term varint length, bytes, varint df, varint postings bytes, varint positions
 * bytes in `terms`; the bytes themselves in the two others. */
struct build_run {
    struct spool terms;
    struct spool postings;
    struct spool positions;
};

struct text_builder {
    const struct analyzer *analyzer;
    struct analyzer_scratch *scratch;
    struct text_options options;
    struct build_term *terms;
    size_t term_count;
    size_t term_capacity;
    uint64_t *slots;   /* open addressing, linear: hash << 32 | term number + 1; 0 = free */
    size_t slot_count; /* a power of two */
    struct buffer term_bytes;
    struct stream_pool pool;
    struct buffer codes; /* length code per row from 0, LENGTH_CODE_NULL where none */
    uint64_t documents;
    struct build_run *runs;
    size_t run_count;
    size_t run_capacity;
    uint64_t *hashes; /* scratch of one document */
    size_t hash_capacity;
    bool failed;
};

/* Closes the open documents and gives the term numbers in byte order; free with mem_free. */
inlay_status builder_sort(struct text_builder *builder, uint32_t **order, inlay_error *err);
/* Moves everything in memory to a new run. */
inlay_status builder_spill(struct text_builder *builder, inlay_error *err);
void builder_forget(struct text_builder *builder); /* empties the table, keeps its memory */

#endif
