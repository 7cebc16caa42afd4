/* SPDX-License-Identifier: Apache-2.0 */
#include "text/format/bounds.h"

#include <string.h>

void bound_set_clear(struct bound_set *set)
{
    set->count = 0;
}

void bound_set_add(struct bound_set *set, uint32_t tf, uint8_t code)
{
    uint8_t capped = (uint8_t)(tf < BOUND_TF_MAX ? tf : BOUND_TF_MAX);
    size_t at = 0;   /* first pair of a greater or equal frequency */
    size_t from = 0; /* first pair that the new one dominates, or `at` */
    while (at < set->count && set->tf[at] < capped) {
        at++;
    }
    if (at < set->count && set->code[at] <= code) {
        return;
    }
    for (from = at; from > 0 && set->code[from - 1] >= code; from--) {
    }
    if (at < set->count && set->tf[at] == capped) {
        at++;
    }
    memmove(set->tf + from + 1, set->tf + at, set->count - at);
    memmove(set->code + from + 1, set->code + at, set->count - at);
    set->tf[from] = capped;
    set->code[from] = code;
    set->count = set->count - at + from + 1;
}

void bound_set_merge(struct bound_set *set, const struct bound_set *other)
{
    size_t i;
    for (i = 0; i < other->count; i++) {
        bound_set_add(set, other->tf[i], other->code[i]);
    }
}

/* Merges the neighbours that lose the least: the area between them in (tf, code). */
static void bound_set_shrink(struct bound_set *set)
{
    size_t best = 0;
    unsigned least = UINT32_MAX;
    size_t i;
    for (i = 0; i + 1 < set->count; i++) {
        unsigned loss =
            (unsigned)(set->tf[i + 1] - set->tf[i]) * (unsigned)(set->code[i + 1] - set->code[i]);
        if (loss < least) {
            least = loss;
            best = i;
        }
    }
    set->tf[best] = set->tf[best + 1];
    memmove(set->tf + best + 1, set->tf + best + 2, set->count - best - 2);
    memmove(set->code + best + 1, set->code + best + 2, set->count - best - 2);
    set->count--;
}

void bound_set_encode(const struct bound_set *set, size_t pairs, struct buffer *out)
{
    struct bound_set small = *set;
    size_t i;
    while (small.count > pairs) {
        bound_set_shrink(&small);
    }
    for (i = 0; i < pairs; i++) {
        size_t from = i < small.count ? i : small.count - 1;
        buffer_u8(out, small.tf[from]);
        buffer_u8(out, small.code[from]);
    }
}

void bounds_layout(uint32_t df, bool positions, struct bounds_layout *out)
{
    uint64_t n = ((uint64_t)df + 127) / 128;
    uint64_t m = (n + CHUNK_BLOCKS - 1) / CHUNK_BLOCKS;
    out->blocks = (uint32_t)n;
    out->chunks = (uint32_t)m;
    out->last_row = 0;
    out->block_end = out->last_row + 4 * n;
    out->pairs = out->block_end + 4 * n;
    out->chunk_pairs = out->pairs + 2 * BLOCK_PAIRS * n;
    out->chunk_crc = out->chunk_pairs + 2 * CHUNK_PAIRS * m;
    out->positions_end = out->chunk_crc + 4 * m;
    out->positions_crc = out->positions_end + (positions ? 4 * n : 0);
    out->crc = out->positions_crc + (positions ? 4 * m : 0);
    out->size = out->crc + 4;
}
