/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a text_builder, shared by adding, spilling and finishing. */
#ifndef INLAY_TEXT_BUILD_BUILDER_PRIV_H
#define INLAY_TEXT_BUILD_BUILDER_PRIV_H

#include "text/build/batch.h"
#include "text/build/spool.h"
#include "text/build/stream.h"
#include "text/text_builder.h"

/*
 * One distinct term; half a cache line. Its postings: per document varint (row gap << 1 | tf is 1),
 * varint tf unless 1, length code; with positions then tf times the varint distance from the
 * position before, from 0 at each document. The gap is row - previous row - 1, from UINT32_MAX at
 * the start of a run, so runs stand alone.
 */
struct build_term {
    struct stream postings;
    uint32_t text; /* offset in term_bytes */
    uint32_t df;
    uint32_t previous_row;
    uint8_t length;
};

/* A sorted run: per term varint length, bytes, varint df in `terms`; the postings, one term after
 * the other, in `postings`. */
struct build_run {
    struct spool terms;
    struct spool postings;
};

struct text_builder {
    const struct analyzer *analyzer;
    struct analyzer_scratch *scratch;
    struct text_options options;
    struct token_batch batch; /* documents that are not in the table yet */
    size_t batch_tokens;      /* a batch of so many is full */
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
    bool failed;
};

/* Moves the batch into the table. */
inlay_status builder_settle(struct text_builder *builder, inlay_error *err);
/* Frees what only adding needs; the settled table can then be sorted and read. */
void builder_seal(struct text_builder *builder);
/* The numbers of the table's terms in byte order; free with mem_free. */
inlay_status builder_sort(const struct text_builder *builder, uint32_t **order, inlay_error *err);
/* Moves the table to a new run. */
inlay_status builder_spill(struct text_builder *builder, inlay_error *err);
void builder_forget(struct text_builder *builder); /* empties the table, keeps its memory */

#endif
