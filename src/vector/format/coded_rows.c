/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/format/coded_rows.h"

#include "base/bytes.h"

#include <math.h>
#include <string.h>

struct coded_layout coded_layout_make(uint32_t padded, unsigned code_bits, uint32_t rows)
{
    struct coded_layout layout;
    layout.padded = padded;
    layout.code_bits = code_bits;
    layout.rows = rows;
    layout.blocks = rows / SCAN_LANES + (rows % SCAN_LANES != 0);
    layout.block_size = 4 * ((uint64_t)padded + 3 * SCAN_LANES);
    layout.full_offset = layout.blocks * layout.block_size;
    layout.full_size = CODE_FACTORS_SIZE + (uint64_t)padded * code_bits / 8;
    layout.size = layout.full_offset + rows * layout.full_size;
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

/* Where the first factors of row i lie: add; scale and error a block's width each behind it. */
static uint8_t *first_factors(const struct coded_layout *layout, uint8_t *out, uint32_t i)
{
    return out + i / SCAN_LANES * layout->block_size + 4 * (size_t)layout->padded +
           sizeof(float) * (i % SCAN_LANES);
}

static uint8_t *full_bytes(const struct coded_layout *layout, uint8_t *out, uint32_t i)
{
    return out + layout->full_offset + i * layout->full_size;
}

static void put_factors(uint8_t *at, size_t stride, const struct code_factors *factors)
{
    put_f32(at, factors->add);
    put_f32(at + stride, factors->scale);
    put_f32(at + 2 * stride, factors->error);
}

void coded_rows_encode(const struct coded_layout *layout, uint8_t *out, uint32_t i, const float *x,
                       const float *c, enum vector_metric metric,
                       const struct coded_scratch *scratch)
{
    struct code_factors first;
    struct code_factors full;
    uint8_t *bytes = full_bytes(layout, out, i);
    code_encode(x, c, layout->padded, metric, layout->code_bits, scratch->signs,
                bytes + CODE_FACTORS_SIZE, &first, &full, scratch->floats);
    put_signs(out + i / SCAN_LANES * layout->block_size, scratch->signs, layout->padded / 8,
              i % SCAN_LANES);
    put_factors(first_factors(layout, out, i), sizeof(float) * SCAN_LANES, &first);
    put_factors(bytes, sizeof(float), &full);
}

void coded_rows_view(const struct coded_layout *layout, const uint8_t *data, struct coded_rows *out)
{
    out->layout = *layout;
    out->blocks = data;
    out->full = data + layout->full_offset;
}

void coded_rows_raise(const struct coded_layout *layout, uint8_t *out, uint32_t i, float by)
{
    uint8_t *first = first_factors(layout, out, i);
    uint8_t *full = full_bytes(layout, out, i);
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
    uint32_t lane = from % SCAN_LANES;
    struct code_factors first = {source.add[lane], source.scale[lane], source.error[lane]};
    uint8_t *block = out + i / SCAN_LANES * layout->block_size;
    size_t j;
    for (j = 0; j < layout->padded / 8; j++) {
        uint8_t signs = (uint8_t)sign_byte(source.signs, lane, j);
        put_signs(block + j * SCAN_LANES, &signs, 1, i % SCAN_LANES);
    }
    put_factors(first_factors(layout, out, i), sizeof(float) * SCAN_LANES, &first);
    memcpy(full_bytes(layout, out, i), coded_rows_full_bytes(rows, from),
           (size_t)layout->full_size);
}

void coded_rows_decode(const struct coded_rows *rows, uint32_t row, const float *c,
                       enum vector_metric metric, float *x)
{
    const struct coded_layout *layout = &rows->layout;
    struct full_code full = coded_rows_full(rows, row);
    float unit = metric == VECTOR_INNER_PRODUCT ? full.factors.scale : full.factors.scale / 2;
    float middle = (float)((1u << layout->code_bits) - 1) / 2;
    size_t i;
    for (i = 0; i < layout->padded; i++) {
        unsigned u = layout->code_bits == 8
                         ? full.code[i]
                         : full.code[i / 64 * 32 + i % 32] >> (i % 64 / 32 * 4) & 15u;
        x[i] = c[i] + unit * ((float)u - middle);
    }
}
