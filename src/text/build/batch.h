/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents on their way into a builder. Tokens are numbered by a small table of the batch and
 * logged; a full batch is sorted by term, so that the builder's big table and each term's stream
 * are touched once per batch and distinct term instead of once per token (the idea of Heinz and
 * Zobel's single-pass in-memory inversion, with the sort of Witten, Moffat and Bell, "Managing
 * Gigabytes"). The larger the batch, the fewer its distinct terms per token: that saves more than
 * the cache misses of a large one cost. Not thread-safe.
 */
#ifndef INLAY_TEXT_BUILD_BATCH_H
#define INLAY_TEXT_BUILD_BATCH_H

#include "base/buffer.h"
#include "text/analyzer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch_slot {
    uint64_t prefix; /* first 8 bytes of the term, zeros behind a shorter one */
    uint32_t tag;    /* upper 24 bits of the hash, length of the term */
    uint32_t term;   /* number + 1; 0 = free */
};

struct batch_term {
    uint32_t hash;
    uint32_t text; /* offset in `bytes` */
    uint32_t length;
};

#define BATCH_PLAIN UINT32_MAX /* words of a document are numbered from 0 without a gap */

struct batch_document {
    uint32_t row;
    uint32_t end;       /* of its tokens in the log */
    uint32_t positions; /* of its first token in `positions`, or BATCH_PLAIN */
    uint8_t code;
};

struct batch_occurrence {
    uint32_t document; /* number in the batch */
    uint32_t position;
};

struct token_batch {
    struct batch_slot *slots;
    unsigned slot_bits;
    struct batch_term *terms;
    size_t term_count;
    size_t term_capacity;
    struct buffer bytes; /* texts of the terms */
    struct batch_document *documents;
    size_t document_count;
    size_t document_capacity;
    uint32_t *log; /* term number of each token, in order */
    size_t log_capacity;
    size_t token_count;
    uint32_t *positions; /* word position of each token of the documents that are not plain */
    size_t position_count;
    size_t position_capacity;
    uint32_t *ends; /* once sorted: of each term's occurrences, which begin where the term's before
                       it end */
    size_t end_capacity;
    struct batch_occurrence *occurrences; /* by term, then in order */
    size_t occurrence_capacity;
};

void token_batch_init(struct token_batch *batch);
void token_batch_free(struct token_batch *batch);
void token_batch_clear(struct token_batch *batch); /* keeps the memory */
/* Bytes that it holds. */
size_t token_batch_memory(const struct token_batch *batch);

/* Appends a document; `padded` as of analyzer_tokens_padded. False: no memory. At most 2^31 tokens
 * per batch. */
bool token_batch_add(struct token_batch *batch, uint32_t row, uint8_t code,
                     const struct token *tokens, size_t count, bool padded);
/* Sorts the occurrences by term, in place of the log. False: no memory. */
bool token_batch_sort(struct token_batch *batch);

#endif
