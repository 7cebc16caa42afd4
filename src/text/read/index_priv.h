/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of an open index, shared by dictionary, lists and search. */
#ifndef INLAY_TEXT_READ_INDEX_PRIV_H
#define INLAY_TEXT_READ_INDEX_PRIV_H

#include "text/format/layout.h"
#include "text/text_index.h"

#include <stdatomic.h>

struct text_index {
    struct text_index_info info;
    struct byte_source *file;
    uint64_t body_offset;
    uint64_t region_offset[TEXT_REGION_COUNT]; /* in the file */
    uint64_t region_length[TEXT_REGION_COUNT];
    uint64_t units;
    uint32_t blocks; /* of the dictionary */
    const uint8_t *block_ends;
    const uint8_t *code_crcs;
    const uint8_t *block_crcs;
    const uint8_t *first_term_ends;
    const uint8_t *first_terms;
    const uint8_t *max_term;
    uint32_t max_term_length;
    const uint8_t *filter;
    size_t filter_length;
    struct analyzer_config config;
    struct analyzer_stamp stamp;
    _Atomic uint64_t *checked; /* a bit per fetch unit of the resident file */
};

/* Numbers of the fetch units in `checked`. */
static inline uint64_t unit_dictionary(const struct text_index *index, uint32_t block)
{
    (void)index;
    return block;
}
static inline uint64_t unit_short(const struct text_index *index, uint32_t block)
{
    return (uint64_t)index->blocks + block;
}
static inline uint64_t unit_short_positions(const struct text_index *index, uint32_t block)
{
    return (uint64_t)index->blocks * 2 + block;
}
static inline uint64_t unit_chunk(const struct text_index *index, uint64_t unit)
{
    return (uint64_t)index->blocks * 3 + unit;
}
static inline uint64_t unit_positions_chunk(const struct text_index *index, uint64_t unit)
{
    return (uint64_t)index->blocks * 3 + index->units + unit;
}
static inline uint64_t unit_codes(const struct text_index *index, uint64_t chunk)
{
    return (uint64_t)index->blocks * 3 + index->units * 2 + chunk;
}

static inline bool unit_is_checked(const struct text_index *index, uint64_t unit)
{
    /* Relaxed: the bytes do not change, so the bit publishes nothing. */
    return (atomic_load_explicit(&index->checked[unit / 64], memory_order_relaxed) >> (unit % 64) &
            1) != 0;
}
static inline void unit_set_checked(const struct text_index *index, uint64_t unit)
{
    atomic_fetch_or_explicit(&index->checked[unit / 64], (uint64_t)1 << (unit % 64),
                             memory_order_relaxed);
}

/* INLAY_CORRUPT that names the file and where. */
inlay_status index_corrupt(const struct text_index *index, uint64_t offset, const char *what,
                           inlay_error *err);

#endif
