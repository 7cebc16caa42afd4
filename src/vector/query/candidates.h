/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows that a search still holds to be possible hits: a flat buffer of estimates, cut to the
 * best when it is full. No heap: rows enter by the hundred and few of them matter; the thresholds
 * come from short sorted lists. One thread.
 *
 * Keys are squared distances (of normalised vectors for cosine) or -<q, x>.
 */
#ifndef INLAY_VECTOR_QUERY_CANDIDATES_H
#define INLAY_VECTOR_QUERY_CANDIDATES_H

#include "base/arena.h"
#include "inlay/error.h"
#include "vector/query/k_least.h"
#include "vector/vector_search.h"

struct candidate {
    float key;
    float error; /* the true key lies within, as good as always */
    uint32_t segment;
    uint32_t row;
};

struct candidate_tie {
    struct id128 id;
    uint32_t slot;
};

struct candidates {
    struct candidate *items; /* the arena's, like the rest */
    struct candidate *spare;
    uint64_t *keys;
    struct candidate_tie *ties;
    size_t count;
    size_t capacity;
    size_t k;
    size_t keep;   /* how many a rerank may want */
    float scale;   /* magnitude of the sums whose rounding keys suffer from: |q|^2 */
    float ceiling; /* keys above it can never be hits: from max_distance, else infinity */
    float limit;   /* a row whose least key is not below cannot be among the best k */
    float tau;     /* the k-th best estimate so far, or the ceiling */
    bool fresh;    /* something came since the limit was settled */
    /* The k least keys and upper bounds of all that came; not kept for a great k, where they are
     * selected when the buffer is full. */
    struct k_least keys_least;
    struct k_least bounds_least;
    const struct vector_segment *segments; /* for the ids of equal keys */
};

/* k >= 1, keep >= k. */
inlay_status candidates_init(struct candidates *c, size_t k, size_t keep, float ceiling,
                             float scale, const struct vector_segment *segments,
                             struct arena *arena, inlay_error *err);

/* key - error must be below the limit. */
void candidates_add(struct candidates *c, const struct candidate *candidate);

/* Cuts the buffer and brings limit and tau up to date; cheap when nothing came. */
void candidates_settle(struct candidates *c);
/* The same as far as it is worth its time. */
void candidates_end_cell(struct candidates *c);

/* Settles, and puts the best `keep` first, in the order of key, then id. */
void candidates_sort(struct candidates *c);

/* The id of a row for breaking ties. */
struct id128 vector_row_id(const struct vector_segment *segments, uint32_t segment, uint32_t row);

#endif
