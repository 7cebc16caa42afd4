/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's order of rows and the file's: distinct rows ascending for reading, and vectors put
 * back into the order that was asked for. */
#ifndef INLAY_PARQUET_FETCH_ORDER_H
#define INLAY_PARQUET_FETCH_ORDER_H

#include "base/arena.h"
#include "parquet/reader.h"

struct fetch_order {
    uint64_t *distinct; /* ascending; owned */
    size_t distinct_count;
    uint64_t *from; /* per row asked for: its index in `distinct`; NULL = they agree; owned */
    size_t count;
};

inlay_status fetch_order_make(const uint64_t *rows, size_t count, struct fetch_order *out,
                              inlay_error *err);
void fetch_order_free(struct fetch_order *order);
/* Replaces the batch's vectors, whose rows are `distinct`, by ones in the order asked for. Memory
 * comes from the batch's arena. */
inlay_status fetch_order_restore(const struct fetch_order *order, struct arena *arena,
                                 struct parquet_batch *batch, inlay_error *err);

#endif
