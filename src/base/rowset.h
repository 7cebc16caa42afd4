/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of row positions (0 to 2^32 - 1): compressed bitmaps after Roaring (Lemire et al., "Roaring
 * Bitmaps: Implementation of an Optimized Software Library", 2018) on CRoaring, which only
 * rowset.c sees. Reading one set from many threads is safe; writing needs the caller's lock.
 *
 * CRoaring takes its memory from malloc, outside base/alloc.h, and cannot report that a growing
 * set found none: creation, copying and decoding report INLAY_NO_MEMORY, the other calls cannot.
 */
#ifndef INLAY_BASE_ROWSET_H
#define INLAY_BASE_ROWSET_H

#include "base/buffer.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rowset;

inlay_status rowset_create(struct rowset **out, inlay_error *err);
inlay_status rowset_copy(const struct rowset *set, struct rowset **out, inlay_error *err);
void rowset_free(struct rowset *set); /* NULL-safe */

void rowset_add(struct rowset *set, uint32_t row);
void rowset_add_many(struct rowset *set, const uint32_t *rows, size_t count); /* any order */
void rowset_add_range(struct rowset *set, uint64_t lo, uint64_t hi);          /* [lo, hi) */
void rowset_remove(struct rowset *set, uint32_t row);
void rowset_remove_range(struct rowset *set, uint64_t lo, uint64_t hi); /* [lo, hi) */
void rowset_clear(struct rowset *set);

bool rowset_contains(const struct rowset *set, uint32_t row);
bool rowset_is_empty(const struct rowset *set);
uint64_t rowset_cardinality(const struct rowset *set);
uint64_t rowset_count_range(const struct rowset *set, uint64_t lo, uint64_t hi); /* in [lo, hi) */
bool rowset_equal(const struct rowset *a, const struct rowset *b);
bool rowset_is_subset(const struct rowset *inner, const struct rowset *outer);
/* False, and *row unchanged, when the set is empty. */
bool rowset_first(const struct rowset *set, uint32_t *row);
bool rowset_last(const struct rowset *set, uint32_t *row);

/* set = set (and | or | and not) other; `other` may be the same set. */
void rowset_and(struct rowset *set, const struct rowset *other);
void rowset_or(struct rowset *set, const struct rowset *other);
void rowset_andnot(struct rowset *set, const struct rowset *other);
/* How many members the result would have. */
uint64_t rowset_and_count(const struct rowset *a, const struct rowset *b);
uint64_t rowset_or_count(const struct rowset *a, const struct rowset *b);
uint64_t rowset_andnot_count(const struct rowset *a, const struct rowset *b);

/* The number of members below `row`. */
uint64_t rowset_rank(const struct rowset *set, uint64_t row);
/* The member with `index` members below it; false when there are not so many. */
bool rowset_select(const struct rowset *set, uint64_t index, uint32_t *row);

/* Members in ascending order, in blocks. The set must not change meanwhile. */
struct rowset_iterator {
    const struct rowset *set;
    int32_t container;
    uint32_t position;
    uint32_t run_offset;
};
void rowset_iterate(const struct rowset *set, struct rowset_iterator *iterator);
/* Starts at the first member that is not below `row`. */
void rowset_iterate_from(const struct rowset *set, uint32_t row, struct rowset_iterator *iterator);
/* Fills `rows` with the next members; fewer than `capacity` means that the set is used up. */
size_t rowset_next_many(struct rowset_iterator *iterator, uint32_t *rows, size_t capacity);

/* Writes the window [lo, hi) as bits: bit i of the (hi - lo + 63) / 64 words says whether row
 * lo + i is a member; bits past hi are 0. `lo` is a multiple of 64, hi <= 2^32. */
void rowset_fill_words(const struct rowset *set, uint64_t lo, uint64_t hi, uint64_t *words);

/* Chooses the smallest form of every part; equal sets then serialize to equal bytes. */
void rowset_run_optimize(struct rowset *set);

/* The portable format, github.com/RoaringBitmap/RoaringFormatSpec, 32 bits. */
size_t rowset_serialized_size(const struct rowset *set);
void rowset_serialize(const struct rowset *set, struct buffer *out);

/*
 * Decodes untrusted bytes. They must be one serialized set and nothing else: cookie, number of
 * containers, ascending keys, offsets, exact lengths, ascending arrays, bitmap cardinalities, and
 * ascending runs with gaps between them are all checked before CRoaring sees them, which trusts
 * what it reads. INLAY_CORRUPT with the offset of what is wrong.
 */
inlay_status rowset_deserialize(const void *data, size_t length, struct rowset **out,
                                inlay_error *err);

#endif
