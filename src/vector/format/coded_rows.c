/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/format/coded_rows.h"

#include "base/bytes.h"

#include <math.h>
#include <string.h>

struct coded_layout coded_layout_make(uint32_t padded, unsigned extra_bits, uint32_t rows)
{
    struct coded_layout layout;
    layout.padded = padded;
    layout.extra_bits = extra_bits;
    layout.rows = rows;
    layout.blocks = rows / SCAN_LANES + (rows % SCAN_LANES != 0);
    layout.block_size = 4 * ((uint64_t)padded + 3 * SCAN_LANES);
    layout.extra_offset = layout.blocks * layout.block_size;
    layout.extra_size = (uint64_t)padded * extra_bits / 8;
    layout.factors_offset = layout.extra_offset + rows * layout.extra_size;
    layout.size = layout.factors_offset + 12 * (uint64_t)rows;
    return layout;
}

static void put_f32(uint8_t *p, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    store_u32(p, bits);
}

void coded_rows_begin(const struct coded_layout *layout, uint8_t *out)
{
    uint32_t lane = layout->rows % SCAN_LANES;
    memset(out, 0, (size_t)layout->size);
    if (lane != 0) {
        uint8_t *add = out + (layout->blocks - 1) * layout->block_size + 4 * (size_t)layout->padded;
        for (; lane < SCAN_LANES; lane++) {
            put_f32(add + 4 * (size_t)lane, INFINITY);
        }
    }
}

/* Lanes 16 to 31 have the high halves. */
static unsigned sign_shift(uint32_t lane)
{
    return lane >= SCAN_LANES / 2 ? 4 : 0;
}

/* Bit b of signs[i / 8] goes to the half byte of its group of four and of its lane. */
static void put_signs(uint8_t *plane, const uint8_t *signs, size_t count, uint32_t lane)
{
    unsigned shift = sign_shift(lane);
    uint8_t *at = plane + lane % (SCAN_LANES / 2);
    size_t i;
    for (i = 0; i < count; i++, at += SCAN_LANES) {
        at[0] = (uint8_t)(at[0] | (signs[i] & 15) << shift);
        at[SCAN_LANES / 2] = (uint8_t)(at[SCAN_LANES / 2] | signs[i] >> 4 << shift);
    }
}

void coded_rows_encode(const struct coded_layout *layout, uint8_t *out, uint32_t i, const float *x,
                       const float *c, enum vector_metric metric,
                       const struct coded_scratch *scratch)
{
    struct code_factors f;
    uint8_t *block = out + i / SCAN_LANES * layout->block_size;
    uint8_t *first = block + 4 * (size_t)layout->padded + 4 * (size_t)(i % SCAN_LANES);
    uint8_t *full = out + layout->factors_offset + 4 * (size_t)i;
    size_t column = 4 * (size_t)layout->rows;
    code_encode(x, c, layout->padded, metric, layout->extra_bits, scratch->signs,
                out + layout->extra_offset + i * layout->extra_size, &f, scratch->floats);
    put_signs(block, scratch->signs, layout->padded / 8, i % SCAN_LANES);
    put_f32(first, f.add);
    put_f32(first + sizeof(float) * SCAN_LANES, f.scale);
    put_f32(first + sizeof(float) * SCAN_LANES * 2, f.error);
    put_f32(full, f.full_add);
    put_f32(full + column, f.full_scale);
    put_f32(full + 2 * column, f.full_error);
}

void coded_rows_view(const struct coded_layout *layout, const uint8_t *data, struct coded_rows *out)
{
    out->layout = *layout;
    out->blocks = data;
    out->extra = data + layout->extra_offset;
    out->full_add = coded_floats(data + layout->factors_offset);
    out->full_scale = out->full_add + layout->rows;
    out->full_error = out->full_scale + layout->rows;
}

void coded_rows_raise(const struct coded_layout *layout, uint8_t *out, uint32_t i, float by)
{
    uint8_t *first = out + i / SCAN_LANES * layout->block_size + 4 * (size_t)layout->padded +
                     4 * (size_t)(i % SCAN_LANES);
    uint8_t *full = out + layout->factors_offset + 4 * (size_t)i;
    put_f32(first, load_f32(first) + by);
    put_f32(full, load_f32(full) + by);
}

static unsigned sign_byte(const uint8_t *plane, uint32_t lane, size_t i)
{
    const uint8_t *at = plane + i * SCAN_LANES + lane % (SCAN_LANES / 2);
    unsigned shift = sign_shift(lane);
    return (at[0] >> shift & 15u) | (at[SCAN_LANES / 2] >> shift & 15u) << 4;
}

void coded_rows_copy(const struct coded_rows *rows, uint32_t from,
                     const struct coded_layout *layout, uint8_t *out, uint32_t i)
{
    struct coded_block source = coded_rows_block(rows, from / SCAN_LANES);
    uint32_t source_lane = from % SCAN_LANES;
    uint32_t lane = i % SCAN_LANES;
    uint8_t *block = out + i / SCAN_LANES * layout->block_size;
    uint8_t *first = block + 4 * (size_t)layout->padded + 4 * (size_t)lane;
    uint8_t *full = out + layout->factors_offset + 4 * (size_t)i;
    size_t column = 4 * (size_t)layout->rows;
    size_t j;
    for (j = 0; j < layout->padded / 8; j++) {
        uint8_t signs = (uint8_t)sign_byte(source.signs, source_lane, j);
        put_signs(block + j * SCAN_LANES, &signs, 1, lane);
    }
    memcpy(out + layout->extra_offset + i * layout->extra_size, coded_rows_extra(rows, from),
           (size_t)layout->extra_size);
    put_f32(first, source.add[source_lane]);
    put_f32(first + sizeof(float) * SCAN_LANES, source.scale[source_lane]);
    put_f32(first + sizeof(float) * SCAN_LANES * 2, source.error[source_lane]);
    put_f32(full, rows->full_add[from]);
    put_f32(full + column, rows->full_scale[from]);
    put_f32(full + 2 * column, rows->full_error[from]);
}

void coded_rows_decode(const struct coded_rows *rows, uint32_t row, const float *c,
                       enum vector_metric metric, float *x)
{
    const struct coded_layout *layout = &rows->layout;
    const uint8_t *plane = coded_rows_block(rows, row / SCAN_LANES).signs;
    const uint8_t *extra = coded_rows_extra(rows, row);
    float unit = metric == VECTOR_INNER_PRODUCT ? rows->full_scale[row] : rows->full_scale[row] / 2;
    unsigned e = layout->extra_bits;
    float middle = (float)((2u << e) - 1) / 2;
    size_t i;
    for (i = 0; i < layout->padded; i++) {
        unsigned sign = sign_byte(plane, row % SCAN_LANES, i / 8) >> i % 8 & 1;
        unsigned low = e == 8 ? extra[i] : extra[i / 64 * 32 + i % 32] >> (i % 64 / 32 * 4) & 15u;
        x[i] = c[i] + unit * ((float)(sign << e | low) - middle);
    }
}
