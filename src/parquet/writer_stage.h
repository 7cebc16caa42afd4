/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page of one leaf that is being collected: levels and values in stored form, not yet encoded.
 * Fills from array views row by row until the page is full. Not thread-safe.
 */
#ifndef INLAY_PARQUET_WRITER_STAGE_H
#define INLAY_PARQUET_WRITER_STAGE_H

#include "base/buffer.h"
#include "columnar/array_view.h"
#include "parquet/schema_map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The way from a top-level column down to a leaf. */
struct leaf_path {
    const struct schema_node *nodes[PARQUET_MAX_SCHEMA_DEPTH];
    size_t children[PARQUET_MAX_SCHEMA_DEPTH]; /* node k + 1 is this child of node k */
    size_t depth;                              /* nodes, at least 1 */
};

struct leaf_stage {
    const struct schema_leaf *leaf;
    struct leaf_path path;
    unsigned width;           /* bytes of a value; bool: 1; byte arrays: 0 */
    size_t page_rows;         /* a page is full at so many rows, */
    size_t page_bytes;        /* or, for byte arrays and nested leaves, value bytes */
    struct buffer definition; /* one byte per entry; empty when the leaf needs no levels */
    struct buffer repetition;
    struct buffer values;  /* fixed width values, or the bytes of byte arrays */
    struct buffer lengths; /* byte arrays: 4 bytes each */
    size_t entries;        /* values and nulls */
    size_t value_count;
    size_t rows;
};

void leaf_stage_init(struct leaf_stage *stage, const struct schema_map *map, size_t leaf,
                     size_t page_rows, size_t page_bytes);
void leaf_stage_free(struct leaf_stage *stage); /* NULL-safe */
void leaf_stage_clear(struct leaf_stage *stage);
bool leaf_stage_full(const struct leaf_stage *stage);
size_t leaf_stage_bytes(const struct leaf_stage *stage);

/* Appends rows [first, first + count) of the leaf's top-level column until the page is full;
 * *taken says how many. `first_row` is the number of row `first` in the file, for messages. Errors:
 * INLAY_SCHEMA (null in a field without nulls), INLAY_INVALID_ARGUMENT (a value that its stored
 * type cannot hold), both with column and row; INLAY_OVER_BUDGET (a row of 2 GiB), INLAY_NO_MEMORY.
 */
inlay_status leaf_stage_fill(struct leaf_stage *stage, const struct array_view *column,
                             int64_t first, int64_t count, uint64_t first_row, int64_t *taken,
                             inlay_error *err);

#endif
