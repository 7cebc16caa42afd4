/* SPDX-License-Identifier: Apache-2.0 */
/* The scalar kernels against plain definitions, and every other level against the scalar ones, bit
 * for bit. Arrays are allocated to the byte, so that a sanitizer sees a read behind them. */
#include "support/test.h"

#include "base/cpu.h"
#include "vector/kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct test_random dice;
static const struct vector_kernels *const oracle = &vector_kernels_scalar;

/* Runs a check with the table of every level that the machine has. */
static void at_every_level(void (*check)(const struct vector_kernels *kernels))
{
    int level;
    for (level = CPU_SCALAR; level <= (int)cpu_best_level(); level++) {
        if (cpu_force_level((enum cpu_level)level)) {
            check(vector_kernels());
        }
    }
    assert_true(cpu_force_level(cpu_best_level()));
}

static void *exact(size_t count, size_t size)
{
    void *p = malloc(count * size + (count == 0));
    assert_non_null(p);
    return p;
}

static bool same_bits(float a, float b)
{
    return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

static void assert_same(const float *got, const float *expected, size_t n, const char *what)
{
    size_t i;
    for (i = 0; i < n; i++) {
        if (!same_bits(got[i], expected[i])) {
            fail_msg("%s, element %zu of %zu: %a instead of %a", what, i, n, (double)got[i],
                     (double)expected[i]);
        }
    }
}

enum kind { ORDINARY, WHOLE, TINY, HUGE_ONES, ODD_ONES, KINDS };

static float draw(enum kind kind)
{
    static const float odd[] = {0.0f,      -0.0f, FLT_MIN,   -FLT_MAX, INFINITY,
                                0x1p-149f, -1.0f, -INFINITY, NAN,      0x1p-100f};
    float x = (float)(test_random_unit(&dice) * 2 - 1);
    switch (kind) {
    case WHOLE:
        return (float)(int)(x * 100);
    case TINY: /* products are denormal, or vanish with their sign */
        return x * 0x1p-74f;
    case HUGE_ONES: /* sums overflow */
        return x * 0x1p66f;
    case ODD_ONES:
        return test_random_below(&dice, 8) == 0 ? odd[test_random_below(&dice, 10)] : x;
    default:
        return x;
    }
}

static float *draw_vector(size_t n, enum kind kind)
{
    float *x = exact(n, sizeof(*x));
    size_t i;
    for (i = 0; i < n; i++) {
        x[i] = draw(kind);
    }
    return x;
}

/* ---- sums ---- */

static void check_sums(const struct vector_kernels *kernels)
{
    size_t n;
    int kind;
    for (n = 0; n <= 200; n++) {
        for (kind = 0; kind < KINDS; kind++) {
            float *a = draw_vector(n, (enum kind)kind);
            float *b = draw_vector(n, (enum kind)kind);
            float got[4] = {kernels->dot(a, b, n), kernels->l2(a, b, n), 0, 0};
            float expected[4] = {oracle->dot(a, b, n), oracle->l2(a, b, n), 0, 0};
            kernels->dot_norm(a, b, n, &got[2], &got[3]);
            oracle->dot_norm(a, b, n, &expected[2], &expected[3]);
            assert_same(got, expected, 4, "dot, l2, dot_norm");
            free(a);
            free(b);
        }
    }
}

static void sums_are_the_same_at_every_level(void **state)
{
    (void)state;
    at_every_level(check_sums);
}

static void sums_are_right(void **state)
{
    size_t n;
    size_t i;
    (void)state;
    for (n = 0; n <= 200; n++) {
        enum kind kind = n % 2 == 0 ? WHOLE : ORDINARY;
        float *a = draw_vector(n, kind);
        float *b = draw_vector(n, kind);
        double product = 0;
        double distance = 0;
        double square = 0;
        double size = 0;
        double slack;
        float dot;
        float norm;
        for (i = 0; i < n; i++) {
            double difference = (double)a[i] - (double)b[i];
            product += (double)a[i] * (double)b[i];
            size += fabs((double)a[i] * (double)b[i]);
            distance += difference * difference;
            square += (double)b[i] * (double)b[i];
        }
        /* sums of whole numbers below 2^24 are exact, others lose at most an epsilon a step */
        slack = kind == WHOLE ? 0 : (double)n * (double)FLT_EPSILON;
        assert_true(fabs((double)oracle->dot(a, b, n) - product) <= slack * size);
        assert_true(fabs((double)oracle->l2(a, b, n) - distance) <= slack * distance);
        oracle->dot_norm(a, b, n, &dot, &norm);
        assert_true(fabs((double)dot - product) <= slack * size);
        assert_true(fabs((double)norm - square) <= slack * square);
        free(a);
        free(b);
    }
}

/* 2^24 + 1 is not a float: whether a 1 survives tells which sum an element went to, and when. */
static void check_order(const struct vector_kernels *kernels)
{
    float ones[64];
    float x[64] = {0};
    size_t i;
    for (i = 0; i < 64; i++) {
        ones[i] = 1;
    }
    x[3] = 0x1p24f;
    x[3 + 16] = 1;
    x[3 + 48] = -0x1p24f;
    assert_true(same_bits(kernels->dot(x, ones, 64), 0)); /* all in sum 3, in order */
    x[3 + 16] = 0;
    x[4] = 1;
    assert_true(same_bits(kernels->dot(x, ones, 64), 1)); /* the 1 is in sum 4 */
    memset(x, 0, sizeof(x));
    x[0] = 0x1p24f;
    x[8] = 1;
    x[4] = -0x1p24f;
    assert_true(same_bits(kernels->dot(x, ones, 16), 0)); /* 0 with 8 first, then with 4 */
    x[8] = 0;
    x[1] = 1;
    assert_true(same_bits(kernels->dot(x, ones, 16), 1)); /* 0 with 4 before 1 */
    memset(x, 0, sizeof(x));
    x[0] = -(1 + 2 * FLT_EPSILON);
    x[16] = 1 + FLT_EPSILON;
    ones[16] = x[16];
    /* only an unrounded square leaves this */
    assert_true(same_bits(kernels->dot(x, ones, 17), FLT_EPSILON * FLT_EPSILON));
}

/* Products that vanish below zero make all 16 sums -0; a tail's zeros make those they meet +0. */
static void check_padding(const struct vector_kernels *kernels)
{
    float a[48];
    float b[48];
    size_t n;
    size_t i;
    for (i = 0; i < 48; i++) {
        a[i] = 0x1p-100f;
        b[i] = -0x1p-100f;
    }
    for (n = 16; n <= 48; n++) {
        assert_true(same_bits(kernels->dot(a, b, n), n % 16 == 0 ? -0.0f : 0.0f));
    }
}

static void the_order_of_a_sum_is_the_documented_one(void **state)
{
    (void)state;
    at_every_level(check_order);
    at_every_level(check_padding);
}

/* ---- nearest ---- */

static float *half_norms_of(const float *centroids, size_t count, size_t n)
{
    float *norms = exact(count, sizeof(*norms));
    size_t c;
    for (c = 0; c < count; c++) {
        norms[c] = oracle->dot(centroids + c * n, centroids + c * n, n) / 2;
    }
    return norms;
}

static void compare_nearest(const struct vector_kernels *kernels, size_t rows, size_t count,
                            size_t n, enum kind kind)
{
    float *x = draw_vector(rows * n, kind);
    float *centroids = draw_vector(count * n, kind);
    uint32_t *best = exact(rows, sizeof(*best));
    uint32_t *expected_best = exact(rows, sizeof(*best));
    float *score = exact(rows, sizeof(*score));
    float *expected_score = exact(rows, sizeof(*score));
    float *norms;
    if (count > 4) { /* equal centroids: the lower number must win */
        memcpy(centroids + (count - 1) * n, centroids + n, n * sizeof(*x));
        memcpy(centroids + (count / 2) * n, centroids + n, n * sizeof(*x));
    }
    norms = half_norms_of(centroids, count, n);
    oracle->nearest(x, rows, centroids, norms, count, n, expected_best, expected_score);
    kernels->nearest(x, rows, centroids, norms, count, n, best, score);
    assert_memory_equal(best, expected_best, rows * sizeof(*best));
    assert_same(score, expected_score, rows, "nearest");
    memset(best, 0xff, rows * sizeof(*best));
    kernels->nearest(x, rows, centroids, norms, count, n, best, NULL);
    assert_memory_equal(best, expected_best, rows * sizeof(*best));
    free(x);
    free(centroids);
    free(best);
    free(expected_best);
    free(score);
    free(expected_score);
    free(norms);
}

static void check_nearest(const struct vector_kernels *kernels)
{
    size_t rows;
    size_t count;
    int kind;
    for (rows = 0; rows <= 9; rows++) {
        for (count = 0; count <= 14; count++) {
            for (kind = 0; kind < KINDS; kind++) {
                compare_nearest(kernels, rows, count, rows % 2 == 0 ? 8 : 64, (enum kind)kind);
            }
        }
    }
    /* beyond one block of rows, and of centroids */
    compare_nearest(kernels, 301, 61, 128, ORDINARY);
    compare_nearest(kernels, 11, 8, 8192, WHOLE);
}

static void nearest_is_the_same_at_every_level(void **state)
{
    (void)state;
    at_every_level(check_nearest);
}

static void nearest_is_right(void **state)
{
    enum { ROWS = 20, COUNT = 30, N = 32 };
    float *x = draw_vector((size_t)ROWS * N, WHOLE);
    float *centroids = draw_vector((size_t)COUNT * N, WHOLE);
    float *norms = half_norms_of(centroids, COUNT, N);
    uint32_t best[ROWS];
    float score[ROWS];
    size_t i;
    size_t c;
    size_t d;
    (void)state;
    oracle->nearest(x, ROWS, centroids, norms, COUNT, N, best, score);
    for (i = 0; i < ROWS; i++) { /* whole numbers: all exact */
        double least = INFINITY;
        double square = 0;
        size_t number = 0;
        for (c = 0; c < COUNT; c++) {
            double distance = 0;
            for (d = 0; d < N; d++) {
                double difference = (double)x[i * N + d] - (double)centroids[c * N + d];
                distance += difference * difference;
            }
            if (distance < least) {
                least = distance;
                number = c;
            }
        }
        for (d = 0; d < N; d++) {
            square += (double)x[i * N + d] * (double)x[i * N + d];
        }
        assert_int_equal(best[i], number);
        assert_true((double)score[i] == (square - least) / 2);
    }
    free(x);
    free(centroids);
    free(norms);
}

static void check_nothing_near(const struct vector_kernels *kernels)
{
    float x[16] = {0};
    float norms[2] = {INFINITY, NAN};
    uint32_t best = 7;
    float score = 7;
    kernels->nearest(x, 1, x, norms, 2, 8, &best, &score);
    assert_int_equal(best, 0);
    assert_true(score == -INFINITY);
}

static void without_a_greatest_value_the_answer_is_0(void **state)
{
    (void)state;
    at_every_level(check_nothing_near);
}

/* ---- Walsh-Hadamard ---- */

static void check_hadamard(const struct vector_kernels *kernels)
{
    unsigned log2;
    int kind;
    for (log2 = 4; log2 <= 14; log2++) {
        for (kind = 0; kind < KINDS; kind++) {
            size_t n = (size_t)1 << log2;
            float *x = draw_vector(n, (enum kind)kind);
            float *y = exact(n, sizeof(*y));
            memcpy(y, x, n * sizeof(*x));
            kernels->hadamard(x, log2);
            oracle->hadamard(y, log2);
            assert_same(x, y, n, "hadamard");
            free(x);
            free(y);
        }
    }
}

static void hadamard_is_the_same_at_every_level(void **state)
{
    (void)state;
    at_every_level(check_hadamard);
}

static void hadamard_is_right(void **state)
{
    unsigned log2;
    size_t i;
    size_t j;
    (void)state;
    for (log2 = 4; log2 < 32; log2++) {
        assert_true(vector_hadamard_factor(log2) == (float)pow(2, -0.5 * (double)log2));
    }
    for (log2 = 4; log2 <= 9; log2++) {
        size_t n = (size_t)1 << log2;
        float *x = draw_vector(n, WHOLE);
        float *y = exact(n, sizeof(*y));
        memcpy(y, x, n * sizeof(*x));
        oracle->hadamard(y, log2);
        for (i = 0; i < n; i++) {
            double sum = 0;
            for (j = 0; j < n; j++) {
                sum += __builtin_popcountll(i & j) % 2 == 0 ? (double)x[j] : -(double)x[j];
            }
            sum /= sqrt((double)n);
            assert_true(fabs((double)y[i] - sum) <= fabs(sum) * 2 * (double)FLT_EPSILON);
        }
        free(x);
        free(y);
    }
}

/* ---- FastScan ---- */

enum { TABLE_ENTRIES = 16 };

/* A plane as the format says, from one nibble for each row and group. */
static uint8_t *plane_of(const uint8_t *nibbles, size_t groups)
{
    uint8_t *plane = exact(groups * 16, 1);
    size_t g;
    size_t j;
    for (g = 0; g < groups; g++) {
        for (j = 0; j < 16; j++) {
            plane[g * 16 + j] =
                (uint8_t)(nibbles[j * groups + g] | nibbles[(j + 16) * groups + g] << 4);
        }
    }
    return plane;
}

static uint8_t *draw_bytes(size_t count, unsigned from, unsigned below)
{
    uint8_t *bytes = exact(count, 1);
    size_t i;
    for (i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(from + test_random_below(&dice, below - from));
    }
    return bytes;
}

static void compare_scan(const struct vector_kernels *kernels, size_t groups, unsigned least)
{
    uint8_t *nibbles = draw_bytes(SCAN_LANES * groups, 0, 16);
    uint8_t *table = draw_bytes(groups * TABLE_ENTRIES, least, 256);
    uint8_t *plane = plane_of(nibbles, groups);
    uint32_t sums[SCAN_LANES];
    size_t i;
    size_t g;
    memset(sums, 0xff, sizeof(sums));
    kernels->scan(plane, table, groups, sums);
    for (i = 0; i < SCAN_LANES; i++) {
        uint32_t expected = 0;
        for (g = 0; g < groups; g++) {
            expected += table[g * TABLE_ENTRIES + nibbles[i * groups + g]];
        }
        assert_int_equal(sums[i], expected);
    }
    free(nibbles);
    free(table);
    free(plane);
}

static void check_scan(const struct vector_kernels *kernels)
{
    size_t groups;
    for (groups = 0; groups <= 100; groups += 2) {
        compare_scan(kernels, groups, 0);
    }
    for (groups = 508; groups <= 520; groups += 2) { /* where 16 bits are full */
        compare_scan(kernels, groups, 255);
    }
    compare_scan(kernels, 16384, 255);
    compare_scan(kernels, 2050, 0);
}

static void scan_is_right_at_every_level(void **state)
{
    (void)state;
    at_every_level(check_scan);
}

struct bound_case {
    uint32_t sums[SCAN_LANES];
    float add[SCAN_LANES];
    float scale[SCAN_LANES];
    float error[SCAN_LANES];
    float base;
    float step;
    float offset;
    float slack;
};

static void draw_bound(struct bound_case *c, enum kind kind)
{
    size_t i;
    for (i = 0; i < SCAN_LANES; i++) {
        c->sums[i] = (uint32_t)(test_random_next(&dice) >> (33 + test_random_below(&dice, 30)));
        c->add[i] = draw(kind);
        c->scale[i] = draw(kind);
        c->error[i] = draw(kind);
    }
    c->base = draw(kind);
    c->step = draw(ORDINARY);
    c->offset = draw(kind);
    c->slack = draw(ORDINARY);
}

static void check_bound(const struct vector_kernels *kernels)
{
    size_t round;
    size_t i;
    for (round = 0; round < 500; round++) {
        struct bound_case c;
        float lower[SCAN_LANES];
        float expected[SCAN_LANES];
        float limit;
        uint32_t mask;
        draw_bound(&c, (enum kind)(round % KINDS));
        for (i = 0; i < SCAN_LANES; i++) { /* volatile: each step is rounded by itself */
            volatile float x = (float)c.sums[i];
            volatile float y;
            x = x * c.step;
            x = x + c.offset;
            x = c.scale[i] * x;
            y = c.base + c.add[i];
            y = y - x;
            x = c.error[i] * c.slack;
            expected[i] = y - x;
        }
        limit = expected[round % SCAN_LANES]; /* equal is not below */
        mask = kernels->bound(c.sums, c.add, c.scale, c.error, c.base, c.step, c.offset, c.slack,
                              limit, lower);
        assert_same(lower, expected, SCAN_LANES, "bound");
        for (i = 0; i < SCAN_LANES; i++) {
            assert_int_equal(mask >> i & 1, expected[i] < limit);
        }
    }
}

static void bound_is_right_at_every_level(void **state)
{
    (void)state;
    at_every_level(check_bound);
}

/* Rows past the end of a cell: never below a finite limit. */
static void check_padding_rows(const struct vector_kernels *kernels)
{
    struct bound_case c;
    float lower[SCAN_LANES];
    size_t i;
    memset(&c, 0, sizeof(c));
    for (i = 0; i < SCAN_LANES; i++) {
        c.add[i] = INFINITY;
    }
    assert_int_equal(
        kernels->bound(c.sums, c.add, c.scale, c.error, -1e30f, 1, 1, 3, FLT_MAX, lower), 0);
    assert_int_equal(kernels->bound(c.sums, c.scale, c.scale, c.error, 0, 1, 1, 3, 1, lower),
                     UINT32_MAX);
}

static void padding_rows_are_never_below_a_limit(void **state)
{
    (void)state;
    at_every_level(check_padding_rows);
}

/* ---- products of full codes ---- */

/* `fixed` < 0: random codes and queries; else all codes of that value and queries of -127 or 127.
 */
static void compare_products(const struct vector_kernels *kernels, size_t n, int fixed)
{
    uint8_t *codes = draw_bytes(n, 0, 256);
    uint8_t *packed = exact(n / 2, 1);
    int8_t *query = exact(n, 1);
    int64_t sum8 = 0;
    int64_t sum4 = 0;
    size_t i;
    memset(packed, 0, n / 2);
    for (i = 0; i < n; i++) {
        codes[i] = fixed < 0 ? codes[i] : (uint8_t)fixed;
        query[i] = (int8_t)(fixed < 0 ? (int)test_random_below(&dice, 255) - 127
                                      : (fixed % 2 != 0 ? 127 : -127));
        packed[i / 64 * 32 + i % 32] |= (uint8_t)((codes[i] & 15) << (i % 64 < 32 ? 0 : 4));
        sum8 += (int64_t)query[i] * codes[i];
        sum4 += (int64_t)query[i] * (codes[i] & 15);
    }
    assert_int_equal(kernels->product8(query, codes, n), sum8);
    assert_int_equal(kernels->product4(query, packed, n), sum4);
    free(codes);
    free(packed);
    free(query);
}

static void check_products(const struct vector_kernels *kernels)
{
    size_t n;
    for (n = 0; n <= 1024; n += 64) {
        compare_products(kernels, n, -1);
        compare_products(kernels, n, 255);
        compare_products(kernels, n, 254);
    }
    compare_products(kernels, 65536, 255);
    compare_products(kernels, 65536, 254);
}

static void products_are_right_at_every_level(void **state)
{
    (void)state;
    at_every_level(check_products);
}

/* ---- filters ---- */

static void check_pick(const struct vector_kernels *kernels)
{
    uint64_t words[3];
    uint32_t rows[SCAN_LANES];
    size_t count;
    size_t i;
    for (i = 0; i < 3; i++) {
        words[i] = (uint64_t)test_random_below(&dice, UINT32_MAX) << 32 |
                   test_random_below(&dice, UINT32_MAX);
    }
    for (count = 0; count <= SCAN_LANES; count++) {
        uint32_t wanted = 0;
        for (i = 0; i < count; i++) {
            rows[i] = (uint32_t)test_random_below(&dice, 192);
            wanted |= (uint32_t)(words[rows[i] / 64] >> (rows[i] % 64) & 1) << i;
        }
        assert_int_equal(kernels->pick(words, rows, count), wanted);
    }
}

static void rows_are_picked_at_every_level(void **state)
{
    (void)state;
    at_every_level(check_pick);
}

/* ---- conversions ---- */

static void check_f16(const struct vector_kernels *kernels)
{
    enum { ALL = 1 << 16 };
    uint16_t *in = exact(ALL, sizeof(*in));
    float *out = exact(ALL, sizeof(*out));
    size_t i;
    for (i = 0; i < ALL; i++) {
        in[i] = (uint16_t)i;
    }
    kernels->from_f16(in, ALL, out);
    for (i = 0; i < ALL; i++) {
        unsigned exponent = i >> 10 & 31;
        double fraction = (double)(i & 1023);
        double value = exponent == 0    ? ldexp(fraction, -24)
                       : exponent != 31 ? ldexp(1024 + fraction, (int)exponent - 25)
                       : fraction == 0  ? (double)INFINITY
                                        : (double)NAN;
        assert_true(same_bits(out[i], (float)(i >= 0x8000 ? -value : value)));
        if (isnan(out[i])) { /* quiet, with the payload that was there */
            uint32_t bits;
            memcpy(&bits, out + i, sizeof(bits));
            assert_int_equal(bits, (i & 0x8000u) << 16 | 0x7fc00000u | (i & 1023) << 13);
        }
    }
    free(in);
    free(out);
}

static void check_tails(const struct vector_kernels *kernels)
{
    static const double wide[] = {
        1e300,           -1e300,           0x1p-150, 0x1.8p-149,       0x1.000001p0,
        0x1.000003p0,    0x1.0000010001p0, -0.0,     (double)INFINITY, (double)NAN,
        0x1.fffffefp127, 0x1.ffffffp127};
    static const int32_t whole[] = {INT32_MIN, INT32_MAX, -128, 127, 16777217, 0};
    size_t n;
    size_t i;
    for (n = 0; n <= 40; n++) {
        uint16_t *half = exact(n, sizeof(*half));
        double *f64 = exact(n, sizeof(*f64));
        int32_t *i32 = exact(n, sizeof(*i32));
        float *got = exact(n, sizeof(*got));
        float *expected = exact(n, sizeof(*expected));
        for (i = 0; i < n; i++) {
            half[i] = (uint16_t)test_random_next(&dice);
            f64[i] = i % 2 == 0 ? wide[test_random_below(&dice, 12)] : test_random_unit(&dice);
            i32[i] = i % 2 == 0 ? whole[test_random_below(&dice, 6)]
                                : (int32_t)(uint32_t)test_random_next(&dice);
        }
        kernels->from_f16(half, n, got);
        oracle->from_f16(half, n, expected);
        assert_same(got, expected, n, "from_f16");
        kernels->from_f64(f64, n, got);
        for (i = 0; i < n; i++) {
            expected[i] = (float)f64[i];
        }
        assert_same(got, expected, n, "from_f64");
        kernels->from_i32(i32, n, got);
        for (i = 0; i < n; i++) {
            expected[i] = (float)i32[i];
        }
        assert_same(got, expected, n, "from_i32");
        free(half);
        free(f64);
        free(i32);
        free(got);
        free(expected);
    }
}

static void conversions_are_right_at_every_level(void **state)
{
    (void)state;
    at_every_level(check_f16);
    at_every_level(check_tails);
}

static void the_level_in_force_chooses_the_table(void **state)
{
    (void)state;
    assert_true(cpu_force_level(CPU_SCALAR));
    assert_ptr_equal(vector_kernels(), &vector_kernels_scalar);
    assert_true(cpu_force_level(cpu_best_level()));
#if defined(__x86_64__)
    if (cpu_best_level() >= CPU_AVX2) {
        assert_ptr_equal(vector_kernels(), &vector_kernels_avx2);
    }
#elif defined(__aarch64__)
    assert_ptr_equal(vector_kernels(), &vector_kernels_neon);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_right),
        cmocka_unit_test(sums_are_the_same_at_every_level),
        cmocka_unit_test(the_order_of_a_sum_is_the_documented_one),
        cmocka_unit_test(nearest_is_right),
        cmocka_unit_test(nearest_is_the_same_at_every_level),
        cmocka_unit_test(without_a_greatest_value_the_answer_is_0),
        cmocka_unit_test(hadamard_is_right),
        cmocka_unit_test(hadamard_is_the_same_at_every_level),
        cmocka_unit_test(scan_is_right_at_every_level),
        cmocka_unit_test(bound_is_right_at_every_level),
        cmocka_unit_test(padding_rows_are_never_below_a_limit),
        cmocka_unit_test(products_are_right_at_every_level),
        cmocka_unit_test(rows_are_picked_at_every_level),
        cmocka_unit_test(conversions_are_right_at_every_level),
        cmocka_unit_test(the_level_in_force_chooses_the_table),
    };
    dice = test_random_init(20261122);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
