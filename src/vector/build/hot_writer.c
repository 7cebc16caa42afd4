/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/build/hot_writer.h"

#include "vector/kernels/rotation.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

#include <string.h>

static void put_fixed(const struct hot_part *part, uint8_t *out)
{
    const uint32_t kind[] = {
        part->dim, rotation_padded(part->dim), part->metric, part->element, part->code_bits, 0};
    const uint64_t sizes[] = {ROTATION_SEED, part->row_count, part->vectors, part->body_length};
    size_t i;
    memcpy(out, VECTOR_MAGIC, 8);
    store_u32(out + 8, VECTOR_VERSION);
    for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
        store_u32(out + VECTOR_HOT_DIM + 4 * i, kind[i]);
    }
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        store_u64(out + VECTOR_HOT_SEED + 8 * i, sizes[i]);
    }
    store_u32(out + VECTOR_HOT_GROUPS, part->groups);
    store_u32(out + VECTOR_HOT_GROUPS + 4, part->cells);
    store_u32(out + VECTOR_HOT_GROUPS + 8, part->law_count);
    for (i = 0; i < part->law_count; i++) {
        uint8_t *law = out + VECTOR_HOT_LAWS + VECTOR_LAW_SIZE * i;
        store_f32(law, part->laws[i].recall);
        store_u32(law + 4, part->laws[i].k);
        store_f32(law + 8, part->laws[i].margin);
        store_u32(law + 12, part->laws[i].cells);
    }
}

/* A group's centroid is the mean of those of its cells, and what they are coded around. */
static void put_group(const struct hot_part *part, const struct hot_layout *layout, uint32_t group,
                      double *sums, const struct coded_scratch *scratch, float *centroid,
                      uint8_t *out)
{
    size_t width = layout->codes.padded;
    uint32_t first = part->first_cell[group];
    uint32_t end = part->first_cell[group + 1];
    uint8_t *place = out + layout->groups_offset + 4 * width * group;
    uint32_t cell;
    size_t i;
    memset(sums, 0, width * sizeof(*sums));
    for (cell = first; cell < end; cell++) {
        for (i = 0; i < width; i++) {
            sums[i] += (double)part->centroids[cell * width + i];
        }
    }
    for (i = 0; i < width; i++) {
        centroid[i] = (float)(sums[i] / (end - first));
        store_f32(place + 4 * i, centroid[i]);
    }
    for (cell = first; cell < end; cell++) {
        coded_rows_encode(&layout->codes, out + layout->codes_offset, cell,
                          part->centroids + cell * width, centroid, VECTOR_L2, scratch);
    }
}

static void put_tables(const struct hot_part *part, const struct hot_layout *layout, uint8_t *out)
{
    size_t i;
    for (i = 0; i < part->groups; i++) {
        store_u32(out + layout->first_cell_offset + 4 * i, part->first_cell[i]);
    }
    store_u32(out + layout->first_cell_offset + 4 * i, part->cells);
    for (i = 0; i < part->cells; i++) {
        store_u32(out + layout->rows_offset + 4 * i, part->rows[i]);
        store_f32(out + layout->spread_offset + 4 * i, part->spreads[i]);
    }
}

inlay_status hot_part_write(const struct hot_part *part, struct buffer *hot, inlay_error *err)
{
    uint32_t padded = rotation_padded(part->dim);
    struct hot_layout layout = hot_layout_make(padded, part->groups, part->cells, part->law_count);
    struct coded_scratch scratch = {mem_alloc_array(padded, sizeof(float)), mem_alloc(padded / 8)};
    float *centroid = mem_alloc_array(padded, sizeof(*centroid));
    double *sums = mem_alloc_array(padded, sizeof(*sums));
    inlay_status status = INLAY_OK;
    uint8_t *out;
    uint32_t group;
    if (scratch.floats == NULL || scratch.signs == NULL || centroid == NULL || sums == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    out = buffer_extend(hot, (size_t)layout.size);
    if (out == NULL) {
        status = buffer_status(hot, err);
        goto cleanup;
    }
    memset(out, 0, (size_t)layout.size);
    put_fixed(part, out);
    put_tables(part, &layout, out);
    coded_rows_begin(&layout.codes, out + layout.codes_offset);
    for (group = 0; group < part->groups; group++) {
        put_group(part, &layout, group, sums, &scratch, centroid, out);
    }
    store_u32(out + layout.crc_offset, crc32c(0, out, (size_t)layout.crc_offset));
cleanup:
    mem_free(scratch.floats);
    mem_free(scratch.signs);
    mem_free(centroid);
    mem_free(sums);
    return status;
}
