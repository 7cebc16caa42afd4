/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a term's postings, at hand: views of a resident file, or copies fetched in one wave.
 * Copies are checked when fetched; views chunk by chunk when a cursor first touches them.
 */
#ifndef INLAY_TEXT_READ_LIST_H
#define INLAY_TEXT_READ_LIST_H

#include "text/format/bounds.h"
#include "text/read/dictionary.h"

struct posting_list {
    const struct text_index *index;
    struct text_term term;
    const uint8_t *postings; /* the block (df <= 128), or the list */
    uint64_t postings_length;
    const uint8_t *bounds; /* df > 128 */
    struct bounds_layout layout;
    const uint8_t *positions; /* NULL when not asked for */
    uint64_t positions_length;
    bool checked; /* all of it: nothing left to do at first touch */
};

/* The lists of several terms of one index, and their memory. */
struct list_set {
    struct posting_list *lists;
    size_t count;
    uint8_t *copies;
};

/* Fetches the lists of all terms with df > 0: one wave, none when resident. `positions` says for
 * which terms positions are wanted (NULL: none). */
inlay_status list_set_fetch(const struct text_index *index, const struct text_term *terms,
                            const bool *positions, size_t count, struct list_set *set,
                            inlay_error *err);
void list_set_free(struct list_set *set);

/* Verifies chunk `chunk` of a long list, unless that was done. */
inlay_status list_touch_chunk(const struct posting_list *list, uint32_t chunk, inlay_error *err);
inlay_status list_touch_positions(const struct posting_list *list, uint32_t chunk,
                                  inlay_error *err);

static inline bool list_is_long(const struct posting_list *list)
{
    return list->term.df > TEXT_SHORT_POSTINGS;
}
static inline uint32_t list_blocks(const struct posting_list *list)
{
    return list_is_long(list) ? list->layout.blocks : 1;
}

#endif
