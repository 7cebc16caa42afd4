/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/query/query_code.h"

#include "base/error.h"

#include <math.h>

#define LANES 4 /* sums kept side by side, so that a compiler may use vectors */

/* The sixteen sums of the elements whose bit is set; the least of them comes back. */
static float group_sums(const float *q, float sums[16])
{
    float least = 0;
    unsigned bit;
    unsigned v;
    sums[0] = 0;
    for (bit = 0; bit < 4; bit++) {
        for (v = 0; v < 1u << bit; v++) {
            sums[(1u << bit) + v] = sums[v] + q[bit];
        }
        least += q[bit] < 0 ? q[bit] : 0;
    }
    return least;
}

struct table_fit {
    float step;      /* of one unit of a table entry */
    float offset;    /* <q, sign bits> = sum of entries * step + offset */
    float deviation; /* of that */
};

static struct table_fit fill_table(const float *q, uint32_t n, uint8_t *table)
{
    struct table_fit fit = {0, 0, 0};
    float variance = 0;
    float inverse;
    uint32_t i;
    unsigned v;
    for (i = 0; i < n; i += 4) {
        float range = (fabsf(q[i]) + fabsf(q[i + 1])) + (fabsf(q[i + 2]) + fabsf(q[i + 3]));
        fit.step = range > fit.step ? range : fit.step;
    }
    fit.step /= 255;
    inverse = fit.step > 0 ? 1 / fit.step : 0;
    for (i = 0; i < n; i += 4, table += 16) {
        float sums[16];
        float least = group_sums(q + i, sums);
        float means[LANES] = {0};
        float squares[LANES] = {0};
        float mean;
        float square;
        for (v = 0; v < 16; v++) {
            float entry = (sums[v] - least) * inverse + 0.5f;
            int32_t whole = (int32_t)(entry < 255 ? entry : 255);
            float error = sums[v] - least - (float)whole * fit.step;
            table[v] = (uint8_t)whole;
            means[v % LANES] += error;
            squares[v % LANES] += error * error;
        }
        mean = ((means[0] + means[1]) + (means[2] + means[3])) / 16;
        square = ((squares[0] + squares[1]) + (squares[2] + squares[3])) / 16 - mean * mean;
        variance += square > 0 ? square : 0;
        fit.offset += least + mean;
    }
    fit.deviation = sqrtf(variance);
    return fit;
}

struct digit_fit {
    float step;
    float rest;      /* sum of the query's elements - step * sum of its digits */
    float deviation; /* square root of the sum of squared errors */
};

static struct digit_fit fill_digits(const float *q, uint32_t n, int8_t *digits)
{
    struct digit_fit fit = {0, 0, 0};
    float inverse;
    float square = 0;
    uint32_t i;
    for (i = 0; i < n; i++) {
        fit.step = fabsf(q[i]) > fit.step ? fabsf(q[i]) : fit.step;
    }
    fit.step /= 127;
    inverse = fit.step > 0 ? 1 / fit.step : 0;
    for (i = 0; i < n; i++) {
        float scaled = q[i] * inverse;
        float error;
        int digit = (int)(scaled + (scaled < 0 ? -0.5f : 0.5f));
        digits[i] = (int8_t)(digit < -127 ? -127 : digit > 127 ? 127 : digit);
        error = q[i] - fit.step * (float)digits[i];
        fit.rest += error;
        square += error * error;
    }
    fit.deviation = sqrtf(square);
    return fit;
}

/* p = u - (2^bits - 1) / 2. Codes are about uniform on 0 to 2^bits - 1: the digits' error is taken
 * at their middle, and varies with their deviation from it. */
static struct full_product product_of(const struct digit_fit *digits, float sum, unsigned bits)
{
    float levels = (float)(1u << bits);
    struct full_product out;
    out.step = digits->step;
    out.offset = (levels - 1) / 2 * (digits->rest - sum);
    out.deviation = digits->deviation * levels * 0.2887f; /* 1 / sqrt(12) */
    return out;
}

inlay_status query_code_make(const float *query, uint32_t padded, const struct rotation *rotation,
                             const struct vector_kernels *kernels, struct arena *arena,
                             struct query_code *out, inlay_error *err)
{
    struct table_fit table;
    struct digit_fit digits;
    float sum = 0;
    uint32_t i;
    out->padded = padded;
    out->rotated = arena_alloc_aligned(arena, padded * sizeof(float), 64);
    out->digits = arena_alloc_aligned(arena, padded, 64);
    out->table = arena_alloc_aligned(arena, 4 * (size_t)padded, 64);
    if (out->rotated == NULL || out->digits == NULL || out->table == NULL) {
        return error_no_memory(err);
    }
    rotation_apply(rotation, query, out->rotated);
    out->norm = sqrtf(kernels->dot(out->rotated, out->rotated, padded));
    for (i = 0; i < padded; i++) {
        sum += out->rotated[i];
    }
    table = fill_table(out->rotated, padded, out->table);
    digits = fill_digits(out->rotated, padded, out->digits);
    out->step = 2 * table.step; /* o = 2 * sign - 1 */
    out->offset = 2 * table.offset - sum;
    out->deviation = 2 * table.deviation;
    out->full4 = product_of(&digits, sum, 4);
    out->full8 = product_of(&digits, sum, 8);
    return INLAY_OK;
}
