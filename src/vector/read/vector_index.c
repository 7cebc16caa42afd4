/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the hot part: every number in it is checked here, so that the rest may rely on it. */
#include "vector/read/cells.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/reader.h"

#include <math.h>
#include <string.h>

inlay_status vector_index_corrupt(const struct vector_index *index, uint64_t offset,
                                  const char *what, inlay_error *err)
{
    (void)error_set(err, INLAY_CORRUPT, "vector index of %s: %s (byte %llu)", index->file->name,
                    what, (unsigned long long)offset);
    error_key(err, index->file->name);
    error_offset(err, offset);
    return INLAY_CORRUPT;
}

static inlay_status check_envelope(const struct vector_index *index, const uint8_t *hot,
                                   size_t length, inlay_error *err)
{
    if (length < VECTOR_HOT_LAWS + 4 || memcmp(hot, VECTOR_MAGIC, 8) != 0) {
        return vector_index_corrupt(index, 0, "the hot part does not begin as one", err);
    }
    if (crc32c(0, hot, length - 4) != load_u32(hot + length - 4)) {
        return vector_index_corrupt(index, length - 4, "the checksum of the hot part is wrong",
                                    err);
    }
    if (load_u32(hot + 8) != VECTOR_VERSION || load_u32(hot + 12) != 0) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "vector index format version %u with features %u is newer than this "
                         "library",
                         load_u32(hot + 8), load_u32(hot + 12));
    }
    return INLAY_OK;
}

static void read_space(struct vector_index_info *info, struct reader *r)
{
    uint32_t metric;
    uint32_t element;
    reader_skip(r, VECTOR_HOT_DIM);
    info->dim = reader_u32(r);
    info->padded = reader_u32(r);
    metric = reader_u32(r);
    element = reader_u32(r);
    info->code_bits = reader_u32(r);
    if (reader_u32(r) != 0 || info->dim == 0 || info->dim > VECTOR_MAX_DIM ||
        info->padded != rotation_padded(info->dim)) {
        reader_fail(r, "the dimension is wrong");
    }
    if (metric < VECTOR_COSINE || metric > VECTOR_INNER_PRODUCT || element < VECTOR_F32 ||
        element > VECTOR_I8 || (info->code_bits != 4 && info->code_bits != 8)) {
        reader_fail(r, "the metric, the element or the code is unknown");
        return;
    }
    info->metric = (enum vector_metric)metric;
    info->element = (enum vector_element)element;
}

static void read_counts(struct vector_index *index, struct reader *r, uint64_t expected_body)
{
    struct vector_index_info *info = &index->info;
    uint64_t body_length;
    info->seed = reader_u64(r);
    info->row_count = reader_u64(r);
    info->vectors = reader_u64(r);
    body_length = reader_u64(r);
    info->groups = reader_u32(r);
    info->cells = reader_u32(r);
    index->law_count = reader_u32(r);
    if (reader_u32(r) != 0 || info->row_count > UINT32_MAX || info->vectors > info->row_count) {
        reader_fail(r, "the row counts contradict each other");
    }
    if (body_length != expected_body) {
        reader_fail(r, "the body has another length than expected");
    }
    if (info->groups > info->cells || (info->groups == 0) != (info->cells == 0) ||
        info->cells > info->vectors || (info->cells == 0) != (info->vectors == 0)) {
        reader_fail(r, "the counts of groups and cells are wrong");
    }
}

static inlay_status read_laws(struct vector_index *index, struct reader *r, inlay_error *err)
{
    struct probe_law *laws = mem_alloc_array(index->law_count, sizeof(*laws));
    uint32_t i;
    index->laws = laws;
    if (laws == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < index->law_count; i++) {
        laws[i].recall = reader_f32(r);
        laws[i].k = reader_u32(r);
        laws[i].margin = reader_f32(r);
        laws[i].cells = reader_u32(r);
        if (!(laws[i].recall > 0 && laws[i].recall <= 1) || !isfinite(laws[i].margin) ||
            laws[i].k == 0 || laws[i].cells == 0 ||
            (i != 0 && (laws[i].k < laws[i - 1].k ||
                        (laws[i].k == laws[i - 1].k && laws[i].recall <= laws[i - 1].recall)))) {
            reader_fail(r, "a probe law is wrong");
            break;
        }
    }
    return INLAY_OK;
}

static void place_arrays(struct vector_index *index, const uint8_t *hot,
                         const struct hot_layout *layout)
{
    const void *first_cell = hot + layout->first_cell_offset;
    const void *cell_rows = hot + layout->rows_offset;
    index->groups = coded_floats(hot + layout->groups_offset);
    index->first_cell = first_cell;
    index->cell_rows = cell_rows;
    index->spread = coded_floats(hot + layout->spread_offset);
    coded_rows_view(&layout->codes, hot + layout->codes_offset, &index->centroids);
}

static inlay_status check_groups(const struct vector_index *index, const struct hot_layout *layout,
                                 inlay_error *err)
{
    const struct vector_index_info *info = &index->info;
    uint64_t floats = (uint64_t)info->groups * info->padded;
    uint64_t i;
    bool fine = index->first_cell[0] == 0 && index->first_cell[info->groups] == info->cells;
    for (i = 0; i < info->groups; i++) {
        fine &= index->first_cell[i] < index->first_cell[i + 1];
    }
    if (!fine) {
        return vector_index_corrupt(index, layout->first_cell_offset,
                                    "the cells of the groups are wrong", err);
    }
    for (i = 0; i < floats; i++) {
        fine &= isfinite(index->groups[i]) != 0;
    }
    for (i = 0; i < info->cells; i++) {
        fine &= index->spread[i] >= 0 && isfinite(index->spread[i]);
    }
    return fine ? INLAY_OK
                : vector_index_corrupt(index, layout->groups_offset,
                                       "a centroid or a spread is not a number", err);
}

/* Where each cell lies. */
static inlay_status place_cells(struct vector_index *index, const struct hot_layout *layout,
                                uint64_t body_offset, uint64_t body_length, inlay_error *err)
{
    const struct vector_index_info *info = &index->info;
    uint64_t place = 0;
    uint64_t rows = 0;
    uint32_t i;
    index->cell_offsets = mem_alloc_array((size_t)info->cells + 1, sizeof(*index->cell_offsets));
    index->checked = mem_zalloc_array((size_t)info->cells / 64 + 1, sizeof(*index->checked));
    if (index->cell_offsets == NULL || index->checked == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < info->cells; i++) {
        uint32_t n = index->cell_rows[i];
        index->cell_offsets[i] = body_offset + place;
        rows += n;
        place += cell_layout_make(info->padded, info->code_bits, n).size;
        if (n == 0 || place > body_length) {
            break;
        }
    }
    if (i != info->cells || rows != info->vectors || place != body_length) {
        return vector_index_corrupt(index, layout->rows_offset + 4 * (uint64_t)i,
                                    "the sizes of the cells do not add up", err);
    }
    index->cell_offsets[i] = body_offset + place;
    return INLAY_OK;
}

static inlay_status read_hot(struct vector_index *index, const uint8_t *hot, size_t length,
                             uint64_t body_offset, uint64_t body_length, inlay_error *err)
{
    struct hot_layout layout;
    struct reader r;
    reader_init(&r, hot, length - 4, 0);
    read_space(&index->info, &r);
    read_counts(index, &r, body_length);
    if (reader_ok(&r)) {
        layout = hot_layout_make(index->info.padded, index->info.groups, index->info.cells,
                                 index->law_count);
        if (layout.size != length) {
            reader_fail(&r, "the hot part has another length than its counts say");
        } else {
            INLAY_TRY(read_laws(index, &r, err));
        }
    }
    if (!reader_ok(&r)) {
        return vector_index_corrupt(index, r.fail_offset, r.fail_what, err);
    }
    place_arrays(index, hot, &layout);
    INLAY_TRY(check_groups(index, &layout, err));
    return place_cells(index, &layout, body_offset, body_length, err);
}

inlay_status vector_index_open(const uint8_t *hot, size_t hot_length, struct byte_source *file,
                               uint64_t body_offset, uint64_t body_length,
                               struct vector_index **out, inlay_error *err)
{
    struct vector_index *index = mem_zalloc(sizeof(*index));
    inlay_status status;
    *out = NULL;
    if (index == NULL) {
        return error_no_memory(err);
    }
    index->file = byte_source_retain(file);
    INLAY_TRY_GOTO(status, check_envelope(index, hot, hot_length, err), failed);
    if (!range_inside(body_offset, body_length, file->size)) {
        status = vector_index_corrupt(index, body_offset, "the body lies outside the file", err);
        goto failed;
    }
    if ((uintptr_t)hot % sizeof(uint32_t) != 0) {
        index->aligned_hot = mem_dup(hot, hot_length);
        if (index->aligned_hot == NULL) {
            status = error_no_memory(err);
            goto failed;
        }
        hot = index->aligned_hot;
    }
    INLAY_TRY_GOTO(status, read_hot(index, hot, hot_length, body_offset, body_length, err), failed);
    INLAY_TRY_GOTO(
        status, rotation_create(index->info.dim, index->info.seed, &index->rotation, err), failed);
    *out = index;
    return INLAY_OK;
failed:
    vector_index_close(index);
    return status;
}

void vector_index_close(struct vector_index *index)
{
    if (index == NULL) {
        return;
    }
    rotation_free(index->rotation);
    mem_free(index->laws);
    mem_free(index->cell_offsets);
    mem_free(index->checked);
    mem_free(index->aligned_hot);
    byte_source_release(index->file);
    mem_free(index);
}

const struct vector_index_info *vector_index_info(const struct vector_index *index)
{
    return &index->info;
}

/* Marks the rows of a cell; false when one was in another cell already. */
static bool mark_rows(const struct vector_cell *cell, uint64_t *seen)
{
    bool fresh = true;
    uint32_t i;
    for (i = 0; i < cell->codes.layout.rows; i++) {
        uint64_t bit = (uint64_t)1 << (cell->rows[i] % 64);
        fresh &= (seen[cell->rows[i] / 64] & bit) == 0;
        seen[cell->rows[i] / 64] |= bit;
    }
    return fresh;
}

inlay_status vector_index_verify_rows(struct vector_index *index, uint64_t *seen,
                                      uint64_t *checksums, inlay_error *err)
{
    struct cell_wave wave = {0};
    inlay_status status = INLAY_OK;
    uint32_t i;
    *checksums = 0;
    for (i = 0; i < index->info.cells; i++) {
        struct vector_cell cell;
        atomic_fetch_and_explicit(&index->checked[i / 64], ~((uint64_t)1 << (i % 64)),
                                  memory_order_relaxed); /* so that it is compared again */
        INLAY_TRY_GOTO(status, cell_wave_load(&wave, index, &i, 1, NULL, err), cleanup);
        INLAY_TRY_GOTO(status, cell_wave_open(&wave, 0, &cell, err), cleanup);
        *checksums += 1;
        if (!mark_rows(&cell, seen)) {
            status =
                vector_index_corrupt(index, index->cell_offsets[i], "a row lies in two cells", err);
            goto cleanup;
        }
    }
    *checksums += 1; /* the hot part, when it was opened */
cleanup:
    cell_wave_free(&wave);
    return status;
}

inlay_status vector_index_verify(struct vector_index *index, uint64_t *checksums, inlay_error *err)
{
    uint64_t *seen = mem_zalloc_array((size_t)(index->info.row_count / 64 + 1), sizeof(*seen));
    inlay_status status;
    *checksums = 0;
    if (seen == NULL) {
        return error_no_memory(err);
    }
    status = vector_index_verify_rows(index, seen, checksums, err);
    mem_free(seen);
    return status;
}
