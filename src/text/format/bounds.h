/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bounds the score of a set of postings without idf and average length: its Pareto frontier of
 * (term frequency, length code), in which no pair has both a lower frequency and a longer document
 * than another. A stored set has a fixed number of pairs: too many are merged (greater frequency,
 * lesser code), too few are filled with copies. Frequencies are capped at 255, which stands for
 * "255 or any more". After Mackenzie et al. and Lucene's impacts; PISA's block-max metadata bakes
 * idf and lengths in, which exact global statistics forbid.
 */
#ifndef INLAY_TEXT_FORMAT_BOUNDS_H
#define INLAY_TEXT_FORMAT_BOUNDS_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

#define BOUND_TF_MAX 255 /* this much or more */
#define BLOCK_PAIRS 4    /* of one block */
#define CHUNK_PAIRS 8    /* of one chunk */
#define CHUNK_BLOCKS 32
#define CHUNK_POSTINGS (CHUNK_BLOCKS * 128)

struct bound_set {
    uint8_t least[BOUND_TF_MAX + 1]; /* least code of the postings with a frequency */
    uint32_t greatest;               /* frequency */
};

void bound_set_clear(struct bound_set *set);
static inline void bound_set_add(struct bound_set *set, uint32_t tf, uint8_t code)
{
    uint32_t capped = tf < BOUND_TF_MAX ? tf : BOUND_TF_MAX;
    set->greatest = capped > set->greatest ? capped : set->greatest;
    set->least[capped] = code < set->least[capped] ? code : set->least[capped];
}
void bound_set_merge(struct bound_set *set, const struct bound_set *other);
/* Appends `pairs` pairs, two bytes each: frequency, code. The set is not empty. */
void bound_set_encode(const struct bound_set *set, size_t pairs, struct buffer *out);

/*
 * The bounds record of a list with more than 128 postings, n blocks and m chunks:
 *   u32 last_row[n], u32 block_end[n], u8 pairs[n][4][2], u8 chunk_pairs[m][8][2],
 *   u32 chunk_crc[m]; with positions: u32 positions_end[n], u32 positions_crc[m]; u32 crc
 * Ends are offsets behind the block, from the start of the list.
 */
struct bounds_layout {
    uint32_t blocks;
    uint32_t chunks;
    uint64_t last_row;
    uint64_t block_end;
    uint64_t pairs;
    uint64_t chunk_pairs;
    uint64_t chunk_crc;
    uint64_t positions_end;
    uint64_t positions_crc;
    uint64_t crc;
    uint64_t size;
};

void bounds_layout(uint32_t df, bool positions, struct bounds_layout *out);

#endif
