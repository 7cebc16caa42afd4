/* SPDX-License-Identifier: Apache-2.0 */
/* Codes and their layout against docs/format/vector-index.md, read back by plain loops. */
#include "support/test.h"

#include "vector/format/layout.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static float normal(struct test_random *random)
{
    double a = 1 - test_random_unit(random);
    return (float)(sqrt(-2 * log(a)) * cos(6.283185307179586 * test_random_unit(random)));
}

struct sample {
    size_t n;
    float *x;
    float *c;
    float *q;
};

static struct sample sample_make(struct test_random *random, size_t n, float centre, float residual)
{
    struct sample s = {n, malloc(n * sizeof(float)), malloc(n * sizeof(float)),
                       malloc(n * sizeof(float))};
    size_t i;
    for (i = 0; i < n; i++) {
        s.c[i] = centre * normal(random);
        s.x[i] = s.c[i] + residual * normal(random);
        s.q[i] = s.c[i] + residual * normal(random);
    }
    return s;
}

static void sample_free(struct sample *s)
{
    free(s->x);
    free(s->c);
    free(s->q);
}

/* The sign of dimension i of row `row`, from the sign plane as the format page says. */
static int sign_at(const struct coded_rows *rows, uint32_t row, size_t i)
{
    const uint8_t *signs = coded_rows_block(rows, row / 32).signs;
    unsigned lane = row % 32;
    size_t group = i / 4;
    unsigned nibble = signs[group / 2 * 32 + group % 2 * 16 + lane % 16] >> (lane / 16 * 4) & 15;
    return nibble >> (i % 4) & 1;
}

/* u, from the row's full code. */
static int code_at(const struct coded_rows *rows, uint32_t row, size_t i)
{
    const uint8_t *code = coded_rows_full(rows, row).code;
    if (rows->layout.code_bits == 8) {
        return code[i];
    }
    return code[i / 64 * 32 + i % 32] >> (i % 64 / 32 * 4) & 15;
}

struct sums {
    double dot_first;
    double dot_full;
    double qc; /* |q - c|^2 or -<q, c> */
    double truth;
};

static struct sums sums_of(const struct sample *s, const struct coded_rows *rows, uint32_t row,
                           enum vector_metric metric)
{
    struct sums out = {0, 0, 0, 0};
    double middle = ((1 << rows->layout.code_bits) - 1) / 2.0;
    size_t i;
    for (i = 0; i < s->n; i++) {
        int u = code_at(rows, row, i);
        int sign = sign_at(rows, row, i);
        double to_c = s->q[i] - s->c[i];
        double to_x = s->q[i] - s->x[i];
        assert_int_equal(sign, s->x[i] - s->c[i] >= 0);
        assert_int_equal(sign, u >> (rows->layout.code_bits - 1));
        out.dot_first += s->q[i] * (2.0 * sign - 1);
        out.dot_full += s->q[i] * (u - middle);
        out.qc += metric == VECTOR_INNER_PRODUCT ? -(double)s->q[i] * s->c[i] : to_c * to_c;
        out.truth += metric == VECTOR_INNER_PRODUCT ? -(double)s->q[i] * s->x[i] : to_x * to_x;
    }
    return out;
}

static double distance_to_centre(const struct sample *s)
{
    double sum = 0;
    size_t i;
    for (i = 0; i < s->n; i++) {
        sum += (double)(s->q[i] - s->c[i]) * (s->q[i] - s->c[i]);
    }
    return sqrt(sum);
}

struct row_bytes {
    uint8_t *data; /* free() */
    struct coded_rows view;
};

/* `rows` rows, all of them the sample's x, so that every lane is exercised. */
static struct row_bytes encode(const struct sample *s, unsigned code_bits, uint32_t rows,
                               enum vector_metric metric)
{
    struct coded_layout layout = coded_layout_make((uint32_t)s->n, code_bits, rows);
    struct coded_scratch scratch = {malloc(s->n * sizeof(float)), malloc(s->n / 8)};
    struct row_bytes out;
    uint32_t i;
    out.data = malloc((size_t)layout.size);
    coded_rows_begin(&layout, out.data);
    for (i = rows; i-- > 0;) {
        coded_rows_encode(&layout, out.data, i, s->x, s->c, metric, &scratch);
    }
    coded_rows_view(&layout, out.data, &out.view);
    free(scratch.floats);
    free(scratch.signs);
    return out;
}

static void estimates_are_within_their_error(void **state)
{
    static const size_t sizes[] = {64, 128, 384, 1024};
    static const enum vector_metric metrics[] = {VECTOR_L2, VECTOR_INNER_PRODUCT};
    struct test_random random = test_random_init(11);
    unsigned trial;
    (void)state;
    for (trial = 0; trial < 4 * 2 * 2; trial++) {
        size_t n = sizes[trial % 4];
        unsigned code_bits = trial / 4 % 2 ? 8 : 4;
        enum vector_metric metric = metrics[trial / 8];
        unsigned first_misses = 0;
        unsigned full_misses = 0;
        unsigned i;
        for (i = 0; i < 100; i++) {
            struct sample s = sample_make(&random, n, 0.05f, 0.03f);
            struct row_bytes bytes = encode(&s, code_bits, 1, metric);
            struct coded_block block = coded_rows_block(&bytes.view, 0);
            struct sums sums = sums_of(&s, &bytes.view, 0, metric);
            double reach = distance_to_centre(&s);
            double first = sums.qc + block.add[0] - block.scale[0] * sums.dot_first;
            struct code_factors factors = coded_rows_full(&bytes.view, 0).factors;
            double full = sums.qc + factors.add - factors.scale * sums.dot_full;
            first_misses += fabs(first - sums.truth) > 3 * block.error[0] * reach;
            full_misses += fabs(full - sums.truth) > 3 * factors.error * reach;
            assert_true(factors.error < block.error[0] / (code_bits == 8 ? 50 : 4));
            sample_free(&s);
            free(bytes.data);
        }
        assert_true(first_misses <= 3);
        assert_true(full_misses <= 3);
    }
}

static void every_lane_keeps_its_code(void **state)
{
    static const uint32_t counts[] = {1, 16, 17, 31, 32, 33, 70};
    struct test_random random = test_random_init(12);
    size_t t;
    (void)state;
    for (t = 0; t < 2 * sizeof(counts) / sizeof(counts[0]); t++) {
        struct sample s = sample_make(&random, 192, 1, 1);
        struct row_bytes bytes = encode(&s, t % 2 ? 8 : 4, counts[t / 2], VECTOR_COSINE);
        struct sums first = sums_of(&s, &bytes.view, 0, VECTOR_L2);
        uint32_t i;
        for (i = 0; i < counts[t / 2]; i++) {
            struct coded_block block = coded_rows_block(&bytes.view, i / 32);
            struct sums sums = sums_of(&s, &bytes.view, i, VECTOR_L2);
            assert_true(sums.dot_full == first.dot_full);
            assert_true(sums.dot_first == first.dot_first);
            assert_true(block.add[i % 32] == coded_rows_block(&bytes.view, 0).add[0]);
            assert_true(coded_rows_full(&bytes.view, i).factors.scale ==
                        coded_rows_full(&bytes.view, 0).factors.scale);
        }
        for (; i % 32 != 0; i++) {
            struct coded_block block = coded_rows_block(&bytes.view, i / 32);
            assert_true(isinf(block.add[i % 32]) && block.add[i % 32] > 0);
            assert_true(block.scale[i % 32] == 0 && block.error[i % 32] == 0);
        }
        sample_free(&s);
        free(bytes.data);
    }
}

static void odd_residuals_have_finite_factors(void **state)
{
    static const float values[] = {0, 1e-30f, 1e-15f, 1, 1e15f, 1e25f};
    struct test_random random = test_random_init(13);
    size_t t;
    (void)state;
    for (t = 0; t < 2 * sizeof(values) / sizeof(values[0]); t++) {
        struct sample s = sample_make(&random, 64, 0, 1);
        struct row_bytes bytes;
        struct coded_block block;
        struct code_factors full;
        size_t i;
        for (i = 0; i < s.n; i++) {
            s.x[i] = t % 2 && i != 5 ? 0 : values[t / 2] * s.x[i]; /* dense, and one element */
        }
        bytes = encode(&s, 4, 1, VECTOR_L2);
        block = coded_rows_block(&bytes.view, 0);
        full = coded_rows_full(&bytes.view, 0).factors;
        assert_true(fabsf(block.add[0]) <= FLT_MAX && fabsf(full.add) <= FLT_MAX);
        assert_true(block.scale[0] >= 0 && block.scale[0] <= FLT_MAX);
        assert_true(block.error[0] >= 0 && block.error[0] <= FLT_MAX);
        assert_true(full.scale >= 0 && full.scale <= FLT_MAX);
        assert_true(full.error >= 0 && full.error <= FLT_MAX);
        if (t < 2) {
            assert_true(block.scale[0] == 0 && block.error[0] == 0);
            assert_true(full.scale == 0 && full.error == 0);
        }
        sample_free(&s);
        free(bytes.data);
    }
}

static void layouts_are_as_documented(void **state)
{
    struct cell_layout cell = cell_layout_make(384, 4, 33);
    struct hot_layout hot = hot_layout_make(64, 3, 40, 5);
    struct coded_layout most = coded_layout_make(65536, 8, UINT32_MAX);
    (void)state;
    assert_int_equal(cell.codes_offset, 4 * 384);
    assert_int_equal(cell.codes.size, 2 * (4 * 384 + 384) + 33 * 192 + 12 * 33);
    assert_int_equal(cell.rows_offset, cell.codes_offset + cell.codes.size);
    assert_int_equal(cell.size % 64, 0);
    assert_true(cell.crc_offset >= cell.rows_offset + 4 * 33);
    assert_true(cell.size < cell.rows_offset + 4 * 33 + 4 + 64);
    assert_int_equal(hot.groups_offset, 192); /* 88 + 80, rounded up */
    assert_int_equal(hot.first_cell_offset, 192 + 4 * 64 * 3);
    assert_int_equal(hot.rows_offset, hot.first_cell_offset + 16);
    assert_int_equal(hot.spread_offset, hot.rows_offset + 160);
    assert_int_equal(hot.codes_offset % 64, 0);
    assert_int_equal(hot.codes.size, 2 * (256 + 384) + 40 * 64 + 480);
    assert_true(most.size < (uint64_t)1 << 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimates_are_within_their_error),
        cmocka_unit_test(every_lane_keeps_its_code),
        cmocka_unit_test(odd_residuals_have_finite_factors),
        cmocka_unit_test(layouts_are_as_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
