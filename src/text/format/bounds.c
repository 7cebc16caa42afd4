/* SPDX-License-Identifier: Apache-2.0 */
#include "text/format/bounds.h"

#include <string.h>

#define NO_CODE 0xff /* of no posting */

void bound_set_clear(struct bound_set *set)
{
    memset(set->least, NO_CODE, sizeof(set->least));
    set->greatest = 0;
}

void bound_set_merge(struct bound_set *set, const struct bound_set *other)
{
    size_t i;
    for (i = 0; i < sizeof(set->least); i++) {
        set->least[i] = other->least[i] < set->least[i] ? other->least[i] : set->least[i];
    }
    set->greatest = other->greatest > set->greatest ? other->greatest : set->greatest;
}

struct frontier { /* frequency and code both strictly descending */
    uint8_t tf[BOUND_TF_MAX + 1];
    uint8_t code[BOUND_TF_MAX + 1];
    size_t count;
};

static void find_frontier(const struct bound_set *set, struct frontier *out)
{
    uint8_t least = NO_CODE;
    uint32_t tf;
    out->count = 0;
    for (tf = set->greatest + 1; tf-- > 0;) {
        if (set->least[tf] < least) {
            least = set->least[tf];
            out->tf[out->count] = (uint8_t)tf;
            out->code[out->count++] = least;
        }
    }
}

/* Merges the neighbours that lose the least: the area between them in (tf, code); of equal losses
 * those with the least frequencies. */
static void shrink(struct frontier *f)
{
    size_t best = 0;
    unsigned least = UINT32_MAX;
    size_t i;
    for (i = 0; i + 1 < f->count; i++) {
        unsigned loss =
            (unsigned)(f->tf[i] - f->tf[i + 1]) * (unsigned)(f->code[i] - f->code[i + 1]);
        if (loss <= least) {
            least = loss;
            best = i;
        }
    }
    f->code[best] = f->code[best + 1];
    memmove(f->tf + best + 1, f->tf + best + 2, f->count - best - 2);
    memmove(f->code + best + 1, f->code + best + 2, f->count - best - 2);
    f->count--;
}

void bound_set_encode(const struct bound_set *set, size_t pairs, struct buffer *out)
{
    struct frontier f;
    uint8_t *to = buffer_extend(out, 2 * pairs);
    size_t i;
    if (to == NULL) {
        return;
    }
    find_frontier(set, &f);
    while (f.count > pairs) {
        shrink(&f);
    }
    for (i = 0; i < pairs; i++) { /* ascending, the greatest one repeated */
        size_t from = i < f.count ? f.count - 1 - i : 0;
        to[2 * i] = f.tf[from];
        to[2 * i + 1] = f.code[from];
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
