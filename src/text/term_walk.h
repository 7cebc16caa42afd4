/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking through the terms of an index for those that hold a fragment: what a search for a part of
 * a word (LIKE '%base%') can learn from the index. One wave of reads, none when resident.
 */
#ifndef INLAY_TEXT_TERM_WALK_H
#define INLAY_TEXT_TERM_WALK_H

#include "base/arena.h"
#include "text/text_index.h"

#define TEXT_WALK_FRAGMENTS 4

/* Compared without regard to the case of ASCII letters. A term of TOKEN_MAX_BYTES - 3 bytes or more
 * may be a cut one: it counts as holding any fragment, behind the start that it must have. */
struct text_fragment {
    const uint8_t *text; /* ASCII letters and digits in lower case */
    uint32_t length;     /* not 0 */
    bool at_start;       /* of the term */
    bool at_end;
    /* Each i of the fragment may stand for U+0130, whose folded form is an i with U+0307 behind
     * it. */
    bool dotted;
    /* The same text with its letters as they are in the terms, where an analyzer keeps them and the
     * fragment's are known: a fragment's start finds its terms by order. NULL: not known. */
    const uint8_t *exact;
};

struct text_walk {
    struct text_fragment fragments[TEXT_WALK_FRAGMENTS];
    size_t count;
    bool folded;        /* the analyzer folds case: a fragment's start finds its terms by order */
    uint64_t max_bytes; /* of the dictionary that may be looked at */
    uint64_t max_postings; /* of the terms of a fragment together */
    size_t max_terms;      /* of a fragment */
};

struct text_walk_result {
    bool known; /* false: no fragment kept within the bounds */
    /* The terms that hold the fragment with the fewest postings, in order; texts and array from the
     * arena. None: no row has the fragment in one of its words. */
    struct text_lookup *terms;
    size_t count;
};

inlay_status text_index_walk(struct text_index *index, const struct text_walk *walk,
                             struct arena *arena, struct text_walk_result *out, inlay_error *err);

#endif
