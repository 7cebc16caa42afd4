/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells of an index for one query: a wave holds a list of cells, as views when the file is resident
 * and else as copies that one batch of reads brought. A cell is checked (CRC-32C, row numbers) the
 * first time that its view is opened, and each time that it is opened from a copy. A wave belongs
 * to one thread.
 */
#ifndef INLAY_VECTOR_READ_CELLS_H
#define INLAY_VECTOR_READ_CELLS_H

#include "vector/read/index_priv.h"
#include "vector/vector_search.h"

struct vector_cell {
    const float *centroid;
    struct coded_rows codes;
    const uint32_t *rows; /* codes.layout.rows numbers, ascending, below the index's row_count */
};

struct cell_wave {
    struct vector_index *index;
    const uint32_t *cells; /* borrowed */
    size_t count;
    uint8_t *copies;   /* owned; NULL when resident */
    uint64_t *offsets; /* owned; of each copy in `copies` */
    uint8_t *spare;    /* owned; a view that was not aligned or not there after all */
    size_t spare_size;
};

/* Bytes that a copy of the cell takes. */
uint64_t cell_size(const struct vector_index *index, uint32_t cell);

/* Asks for what of a resident cell is read first: its centroid and row numbers. */
void cell_prefetch(const struct vector_index *index, uint32_t cell);

/* The cells (all below info.cells, borrowed until cell_wave_free), read in one batch unless the
 * first of them is resident. `rows` (NULL: none) will be read after them: what that takes besides
 * comes in the same batch. `wave` is zeroed, or was loaded before: its memory is used again. */
inlay_status cell_wave_load(struct cell_wave *wave, struct vector_index *index,
                            const uint32_t *cells, size_t count, const struct vector_rows *rows,
                            inlay_error *err);
void cell_wave_free(struct cell_wave *wave); /* leaves it zeroed */

/* The i-th cell of the list, checked; valid until the next call for this wave. */
inlay_status cell_wave_open(struct cell_wave *wave, size_t i, struct vector_cell *out,
                            inlay_error *err);

#endif
