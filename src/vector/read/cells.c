/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/read/cells.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/prefetch.h"

#include <string.h>

uint64_t cell_size(const struct vector_index *index, uint32_t cell)
{
    return index->cell_offsets[cell + 1] - index->cell_offsets[cell];
}

void cell_prefetch(const struct vector_index *index, uint32_t cell)
{
    struct cell_layout layout =
        cell_layout_make(index->info.padded, index->info.code_bits, index->cell_rows[cell]);
    const uint8_t *data = byte_source_view(index->file, index->cell_offsets[cell], layout.size);
    if (data != NULL) {
        prefetch_range(data, (size_t)layout.codes_offset);
        prefetch_range(data + layout.rows_offset, (size_t)(layout.crc_offset - layout.rows_offset));
    }
}

/* Reads the cells, and `more` ranges in the same batch. */
static inlay_status read_copies(struct cell_wave *wave, const struct byte_range *more,
                                size_t more_count, inlay_error *err)
{
    struct byte_range *ranges = mem_alloc_array(wave->count + more_count, sizeof(*ranges));
    inlay_status status = INLAY_OK;
    uint64_t total = 0;
    size_t i;
    wave->offsets = mem_alloc_array(wave->count, sizeof(*wave->offsets));
    if (ranges == NULL || wave->offsets == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (i = 0; i < wave->count; i++) {
        wave->offsets[i] = total;
        total += cell_size(wave->index, wave->cells[i]);
    }
    wave->copies = mem_alloc((size_t)total);
    if (wave->copies == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (i = 0; i < wave->count; i++) {
        ranges[i].offset = wave->index->cell_offsets[wave->cells[i]];
        ranges[i].length = cell_size(wave->index, wave->cells[i]);
        ranges[i].into = wave->copies + wave->offsets[i];
    }
    if (more_count != 0) {
        memcpy(ranges + wave->count, more, more_count * sizeof(*more));
    }
    status = byte_source_read(wave->index->file, ranges, wave->count + more_count, err);
cleanup:
    mem_free(ranges);
    return status;
}

static inlay_status read_and_prepare(struct cell_wave *wave, const struct vector_rows *rows,
                                     inlay_error *err)
{
    struct byte_range *more = NULL;
    size_t count = 0;
    inlay_status status;
    if (rows != NULL && rows->prepare != NULL) {
        INLAY_TRY(rows->prepare(rows->context, &more, &count, err));
    }
    status = read_copies(wave, more, count, err);
    if (status == INLAY_OK && more != NULL) {
        status = rows->prepared(rows->context, more, err);
    }
    mem_free(more);
    return status;
}

inlay_status cell_wave_load(struct cell_wave *wave, struct vector_index *index,
                            const uint32_t *cells, size_t count, const struct vector_rows *rows,
                            inlay_error *err)
{
    cell_wave_free(wave);
    wave->index = index;
    wave->cells = cells;
    wave->count = count;
    if (count == 0 || byte_source_view(index->file, index->cell_offsets[cells[0]],
                                       cell_size(index, cells[0])) != NULL) {
        return INLAY_OK;
    }
    return read_and_prepare(wave, rows, err);
}

void cell_wave_free(struct cell_wave *wave)
{
    mem_free(wave->copies);
    mem_free(wave->offsets);
    mem_free(wave->spare);
    memset(wave, 0, sizeof(*wave));
}

/* Numbers lie in the file where they can be read in place: only four-byte alignment is needed. */
static bool is_aligned(const uint8_t *data)
{
    return (uintptr_t)data % sizeof(uint32_t) == 0;
}

/* The bytes of a cell that has no copy in the wave. */
static inlay_status cell_bytes(struct cell_wave *wave, uint32_t cell, const uint8_t **out,
                               bool *viewed, inlay_error *err)
{
    struct vector_index *index = wave->index;
    uint64_t size = cell_size(index, cell);
    const uint8_t *view = byte_source_view(index->file, index->cell_offsets[cell], size);
    *viewed = view != NULL;
    *out = view;
    if (view != NULL && is_aligned(view)) {
        return INLAY_OK;
    }
    if (wave->spare_size < size) {
        mem_free(wave->spare);
        wave->spare_size = 0;
        wave->spare = mem_alloc((size_t)size);
        if (wave->spare == NULL) {
            return error_no_memory(err);
        }
        wave->spare_size = (size_t)size;
    }
    *out = wave->spare;
    if (view != NULL) {
        memcpy(wave->spare, view, (size_t)size);
        return INLAY_OK;
    }
    return byte_source_read_one(index->file, index->cell_offsets[cell], size, wave->spare, err);
}

static inlay_status check_cell(const struct vector_index *index, uint32_t cell,
                               const struct cell_layout *layout, const uint8_t *data,
                               inlay_error *err)
{
    const uint8_t *rows = data + layout->rows_offset;
    uint64_t place = index->cell_offsets[cell];
    uint32_t before = load_u32(rows);
    uint32_t i;
    bool ordered = true;
    if (crc32c(0, data, (size_t)layout->crc_offset) != load_u32(data + layout->crc_offset)) {
        return vector_index_corrupt(index, place, "the checksum of a cell is wrong", err);
    }
    for (i = 1; i < layout->codes.rows; i++) {
        uint32_t row = load_u32(rows + 4 * (size_t)i);
        ordered &= row > before;
        before = row;
    }
    if (!ordered || before >= index->info.row_count) {
        return vector_index_corrupt(index, place + layout->rows_offset,
                                    "the row numbers of a cell are wrong", err);
    }
    return INLAY_OK;
}

inlay_status cell_wave_open(struct cell_wave *wave, size_t i, struct vector_cell *out,
                            inlay_error *err)
{
    struct vector_index *index = wave->index;
    uint32_t cell = wave->cells[i];
    struct cell_layout layout =
        cell_layout_make(index->info.padded, index->info.code_bits, index->cell_rows[cell]);
    _Atomic uint64_t *word = &index->checked[cell / 64];
    uint64_t bit = (uint64_t)1 << (cell % 64);
    const uint8_t *data = wave->copies != NULL ? wave->copies + wave->offsets[i] : NULL;
    const void *rows;
    bool viewed = false;
    if (data == NULL) {
        INLAY_TRY(cell_bytes(wave, cell, &data, &viewed, err));
    }
    /* Relaxed: the bytes do not change, so the bit publishes nothing. */
    if (!viewed || (atomic_load_explicit(word, memory_order_relaxed) & bit) == 0) {
        INLAY_TRY(check_cell(index, cell, &layout, data, err));
        if (viewed) {
            atomic_fetch_or_explicit(word, bit, memory_order_relaxed);
        }
    }
    rows = data + layout.rows_offset;
    out->centroid = coded_floats(data);
    coded_rows_view(&layout.codes, data + layout.codes_offset, &out->codes);
    out->rows = rows;
    return INLAY_OK;
}
