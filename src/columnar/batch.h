/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record batch: a schema and a struct array of its columns, both owned. The array is valid (every
 * batch was checked when it was made) and shared, so slices and selections copy no values. The
 * schema describes the array exactly, dictionary and view layouts included. A batch is read-only
 * once made and may be read by many threads; releasing is not shared.
 */
#ifndef INLAY_COLUMNAR_BATCH_H
#define INLAY_COLUMNAR_BATCH_H

#include "columnar/array_view.h"
#include "columnar/schema.h"

struct batch {
    struct schema schema;
    struct ArrowArray array;
};

void batch_release(struct batch *batch); /* NULL-safe; leaves it zeroed */

/* Takes over a record batch of a caller, both structs, also on failure, and checks all of it. */
inlay_status batch_import(struct ArrowSchema *schema, struct ArrowArray *array, struct batch *out,
                          inlay_error *err);
/* The same with a schema of ours (copied); `array` is taken over. `bad`: see array_view_open. */
inlay_status batch_from_array(const struct schema *schema, struct ArrowArray *array,
                              enum array_check check, inlay_status bad, struct batch *out,
                              inlay_error *err);
/* Gives the batch out, to be released by the receiver; `batch` is empty afterwards. On failure it
 * is unchanged. `schema` may be NULL. */
inlay_status batch_export(struct batch *batch, struct ArrowSchema *schema, struct ArrowArray *array,
                          inlay_error *err);

inlay_status batch_slice(const struct batch *batch, int64_t offset, int64_t length,
                         struct batch *out, inlay_error *err);
/* The named columns in the given order; INLAY_NOT_FOUND names a column that is not there. */
inlay_status batch_select(const struct batch *batch, const char *const *names, size_t count,
                          struct batch *out, inlay_error *err);
/* All rows one after the other, copied; the schemas must be equal (INLAY_SCHEMA). Plain layouts
 * come out. More than byte_cap is INLAY_OVER_BUDGET. At least one batch. */
inlay_status batch_concat(const struct batch *const *batches, size_t count, uint64_t byte_cap,
                          struct batch *out, inlay_error *err);

/*
 * The same rows as `target` describes them. Columns are matched by name; a column that the batch
 * lacks is null when it may be (INLAY_SCHEMA otherwise), one that the target lacks is INLAY_SCHEMA.
 * Values that have the right type already are not copied and keep their layout, dictionaries
 * included. Types change only without loss:
 *   integers to wider ones that hold the whole range, to floats that hold every value exactly
 *     (up to 16 bits to float32, up to 32 bits to float64), to decimals with enough digits;
 *   float16 to float32 to float64; decimals to ones with as many digits on both sides of the point;
 *   utf8 and large_utf8 into each other and into binary; binary likewise; fixed binary to binary;
 *   date32 to date64; time, timestamp and duration to finer units (an overflow is an error);
 *   list, large_list and fixed_list into each other, when the number of items fits, item by item;
 *   structs child by child, by name; null to everything that may be null.
 * One exception: items of fixed lists of floats and int8, the types of vectors, may come from any
 * number and are rounded to the nearest float (int8: must be whole); only a value that overflows is
 * an error.
 * Errors are INLAY_SCHEMA with column, row, and both types.
 */
inlay_status batch_coerce(const struct batch *batch, const struct schema *target, uint64_t byte_cap,
                          struct batch *out, inlay_error *err);

#endif
