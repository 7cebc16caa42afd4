/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns terms with their postings, in byte order, into the regions of an index body and its hot
 * part. Memory is bounded: postings go to the sink as they come; positions, bounds and dictionary
 * wait in spools. Not thread-safe.
 */
#ifndef INLAY_TEXT_BUILD_ENCODER_H
#define INLAY_TEXT_BUILD_ENCODER_H

#include "text/build/spool.h"
#include "text/format/block.h"
#include "text/format/bounds.h"
#include "text/format/layout.h"
#include "text/text_builder.h"

#include <stdbool.h>

struct text_encoder {
    const struct text_options *options;
    struct byte_sink *sink;
    uint64_t body_start;
    struct spool positions;
    struct spool bounds;
    struct spool dictionary;
    struct spool hashes; /* of all terms, for the filter */
    uint64_t postings_length;
    uint64_t units; /* chunks and bounds records so far */
    uint64_t terms;
    uint64_t postings;
    struct buffer block_ends; /* u64, u32, u32: one entry per dictionary block */
    struct buffer block_crcs;
    struct buffer first_term_ends;
    struct buffer first_terms;

    /* the dictionary block being filled */
    struct buffer entries;
    struct buffer short_postings;
    struct buffer short_positions;
    uint32_t entry_count;
    uint64_t group_postings; /* starts of the block's parts in their regions */
    uint64_t group_positions;
    uint64_t group_bounds;
    uint64_t group_unit;
    uint8_t previous[TOKEN_MAX_BYTES];
    uint32_t previous_length;

    /* the term being written */
    uint32_t df;
    uint32_t rows[BLOCK_POSTINGS];
    uint32_t tfs[BLOCK_POSTINGS];
    uint8_t codes[BLOCK_POSTINGS];
    uint32_t held;
    uint32_t last_row; /* of the block before */
    uint32_t *distances;
    size_t distance_count;
    size_t distance_capacity;
    struct buffer chunk;
    struct buffer positions_chunk;
    uint32_t chunk_blocks;
    uint64_t list_length;
    uint64_t positions_length;
    struct bound_set block_set;
    struct bound_set chunk_set;
    struct buffer bound_parts[7]; /* the arrays of the bounds record */
    uint8_t min_term[TOKEN_MAX_BYTES];
    uint32_t min_length;
};

void text_encoder_init(struct text_encoder *encoder, const struct text_options *options,
                       struct byte_sink *sink);
void text_encoder_free(struct text_encoder *encoder);

inlay_status text_encoder_term(struct text_encoder *encoder, const uint8_t *term, uint32_t length,
                               uint32_t df, inlay_error *err);
/* The postings held are a whole block of a long list: writes it. */
inlay_status text_encoder_block(struct text_encoder *encoder, inlay_error *err);
bool text_encoder_grow_distances(struct text_encoder *encoder, uint32_t tf);

/* Room for the position distances of the next posting, or NULL: no memory. */
static inline uint32_t *text_encoder_distances(struct text_encoder *encoder, uint32_t tf)
{
    uint32_t *room;
    if (encoder->distance_capacity - encoder->distance_count < tf &&
        !text_encoder_grow_distances(encoder, tf)) {
        return NULL;
    }
    room = encoder->distances + encoder->distance_count;
    encoder->distance_count += tf;
    return room;
}

static inline inlay_status text_encoder_posting(struct text_encoder *encoder, uint32_t row,
                                                uint32_t tf, uint8_t code, inlay_error *err)
{
    uint32_t at = encoder->held++;
    encoder->rows[at] = row;
    encoder->tfs[at] = tf;
    encoder->codes[at] = code;
    return at + 1 == BLOCK_POSTINGS && encoder->df > TEXT_SHORT_POSTINGS
               ? text_encoder_block(encoder, err)
               : INLAY_OK;
}

inlay_status text_encoder_term_end(struct text_encoder *encoder, const uint8_t *term,
                                   uint32_t length, inlay_error *err);
/* After the last term: the dictionary block that is still open. */
inlay_status text_encoder_flush_block(struct text_encoder *encoder, inlay_error *err);

#endif
