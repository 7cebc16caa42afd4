/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ArrowArrays made by this library. Their release callbacks need nothing else of the library, so
 * they live as long as the consumer likes; children may be moved out one by one, as the Arrow C
 * data interface allows. Making and slicing are not thread-safe on one array; arrays that share
 * memory may be used and released from different threads.
 */
#ifndef INLAY_COLUMNAR_ARRAY_H
#define INLAY_COLUMNAR_ARRAY_H

#include "columnar/colvec.h"

/* An empty node with room for so many buffers and children; children (and the dictionary, when
 * asked for) are zeroed structs to be filled. `owner` keeps borrowed buffers alive: a reference is
 * taken; NULL when every buffer will be owned. On failure *out is zeroed. */
inlay_status array_new(struct ArrowArray *out, int64_t buffer_count, int64_t child_count,
                       bool dictionary, struct colvec_owner *owner, inlay_error *err);

/* Buffer `index` becomes `memory`, freed with the array (mem_free). At most 3 owned per node. */
void array_own_buffer(struct ArrowArray *array, int64_t index, void *memory);
/* Buffer `index` becomes memory that the array's owner keeps alive. */
void array_borrow_buffer(struct ArrowArray *array, int64_t index, const void *memory);

/* Releases when there is something to release; NULL-safe. */
void array_release(struct ArrowArray *array);
/* *to takes over; *from is marked released. */
void array_move(struct ArrowArray *from, struct ArrowArray *to);

/* Puts any array, also a foreign one, behind a shared owner so that array_slice works on it. On
 * failure *array is unchanged. Does nothing for an array that is shared already. The tree must be
 * well formed (opened by array_view before): its depth bounds the recursion. */
inlay_status array_share(struct ArrowArray *array, inlay_error *err);

/* A second array over `length` rows from row `offset` of a shared array; no values are copied. The
 * range must lie inside. */
inlay_status array_slice(const struct ArrowArray *shared, int64_t offset, int64_t length,
                         struct ArrowArray *out, inlay_error *err);

#endif
