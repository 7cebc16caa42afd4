/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/cpu.h"
#include "support/alloc_fault.h"
#include "vector/kernels/rotation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct test_random dice;

static struct rotation *make(uint32_t dim, uint64_t seed)
{
    struct rotation *rotation;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(rotation_create(dim, seed, &rotation, &err), err);
    return rotation;
}

static float *room(size_t n)
{
    float *x = calloc(n, sizeof(*x));
    assert_non_null(x);
    return x;
}

static double product(const float *a, const float *b, size_t n)
{
    double sum = 0;
    size_t i;
    for (i = 0; i < n; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

/* Norms and dot products of two random vectors are kept, to 1e-5 of the norms. */
static void check_isometry(uint32_t dim)
{
    struct rotation *rotation = make(dim, ROTATION_SEED);
    uint32_t padded = rotation_padded(dim);
    float *a = room(dim);
    float *b = room(dim);
    float *x = room(padded);
    float *y = room(padded);
    double scale;
    uint32_t i;
    for (i = 0; i < dim; i++) {
        a[i] = (float)(test_random_unit(&dice) * 2 - 1);
        b[i] = (float)(test_random_unit(&dice) * 2 - 0.5);
    }
    memset(x, 0xff, padded * sizeof(*x)); /* what was there does not matter */
    memset(y, 0xff, padded * sizeof(*y));
    rotation_apply(rotation, a, x);
    rotation_apply(rotation, b, y);
    scale = sqrt(product(a, a, dim) * product(b, b, dim));
    assert_true(fabs(product(x, y, padded) - product(a, b, dim)) <= 1e-5 * scale);
    assert_true(fabs(product(x, x, padded) / product(a, a, dim) - 1) <= 1e-5);
    assert_true(fabs(product(y, y, padded) / product(b, b, dim) - 1) <= 1e-5);
    free(a);
    free(b);
    free(x);
    free(y);
    rotation_free(rotation);
}

static void it_is_an_isometry(void **state)
{
    static const uint32_t large[] = {384, 768, 1000, 1024, 4096, 65535};
    uint32_t dim;
    size_t i;
    (void)state;
    for (dim = 1; dim <= 300; dim++) {
        check_isometry(dim);
    }
    for (i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        check_isometry(large[i]);
    }
}

/* One element's energy is spread over all: no element keeps more than a few times its share. */
static void one_hot_vectors_are_spread(void **state)
{
    static const uint32_t dims[] = {100, 384, 768, 1000, 1024, 1536};
    size_t d;
    (void)state;
    for (d = 0; d < sizeof(dims) / sizeof(dims[0]); d++) {
        uint32_t dim = dims[d];
        uint32_t padded = rotation_padded(dim);
        struct rotation *rotation = make(dim, ROTATION_SEED);
        float *x = room(dim);
        float *y = room(padded);
        uint32_t hot;
        uint32_t i;
        for (hot = 0; hot < dim; hot += 37) {
            double greatest = 0;
            double fourth = 0;
            x[hot] = 1;
            rotation_apply(rotation, x, y);
            x[hot] = 0;
            for (i = 0; i < padded; i++) {
                double share = (double)y[i] * (double)y[i] * padded;
                greatest = share > greatest ? share : greatest;
                fourth += share * share / padded;
            }
            assert_true(greatest < 25); /* five standard deviations of a normal distribution */
            assert_true(fourth < 4.5);  /* whose kurtosis is 3 */
        }
        free(x);
        free(y);
        rotation_free(rotation);
    }
}

/* Element i of the input is i + 1; the values were computed in double precision by a program of
 * another language, from docs/format/vector-index.md alone. 150 dimensions: two overlapping
 * transforms of 128 in 192 elements. */
struct known_answer {
    uint32_t dim;
    struct {
        uint32_t at;
        double value;
    } elements[6];
};
static const struct known_answer known[] = {{70,
                                             {{0, 32.783203125},
                                              {1, 34.892578125},
                                              {2, 7.41796875},
                                              {63, -46.759765625},
                                              {64, -63.677734375},
                                              {127, -24.513671875}}},
                                            {150,
                                             {{0, 92.377452417714},
                                              {1, 1.735676122977},
                                              {2, 18.469510071885},
                                              {63, -31.077344618307},
                                              {64, -28.322619380825},
                                              {191, -118.611068826708}}}};

static void check_known_answer(const struct known_answer *answer)
{
    struct rotation *rotation = make(answer->dim, ROTATION_SEED);
    float x[150];
    float y[192];
    float scalar[192];
    size_t i;
    for (i = 0; i < answer->dim; i++) {
        x[i] = (float)(i + 1);
    }
    rotation_apply(rotation, x, y);
    for (i = 0; i < 6; i++) {
        double got = (double)y[answer->elements[i].at];
        if (!(fabs(got - answer->elements[i].value) <= 1e-4)) {
            fail_msg("element %u of %u: %.9g", answer->elements[i].at, answer->dim, got);
        }
    }
    assert_true(cpu_force_level(CPU_SCALAR));
    rotation_apply(rotation, x, scalar);
    assert_true(cpu_force_level(cpu_best_level()));
    assert_memory_equal(y, scalar, rotation_padded(answer->dim) * sizeof(*y));
    rotation_free(rotation);
}

static void known_answers(void **state)
{
    (void)state;
    check_known_answer(&known[0]);
    check_known_answer(&known[1]);
}

static void the_seed_makes_the_rotation(void **state)
{
    struct rotation *same[2] = {make(200, 5), make(200, 5)};
    struct rotation *other = make(200, 6);
    float x[200];
    float y[3][256];
    size_t i;
    (void)state;
    for (i = 0; i < 200; i++) {
        x[i] = (float)i;
    }
    rotation_apply(same[0], x, y[0]);
    rotation_apply(same[1], x, y[1]);
    rotation_apply(other, x, y[2]);
    assert_memory_equal(y[0], y[1], sizeof(y[0]));
    assert_memory_not_equal(y[0], y[2], sizeof(y[0]));
    rotation_free(same[0]);
    rotation_free(same[1]);
    rotation_free(other);
}

static void impossible_dimensions_are_refused(void **state)
{
    struct rotation *rotation = (struct rotation *)(uintptr_t)8;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_status(rotation_create(0, 1, &rotation, &err), INLAY_INVALID_ARGUMENT);
    assert_null(rotation);
    assert_status(rotation_create(UINT32_MAX - 62, 1, &rotation, &err), INLAY_INVALID_ARGUMENT);
    assert_status(rotation_create(UINT32_MAX, 1, &rotation, NULL), INLAY_INVALID_ARGUMENT);
    assert_int_equal(rotation_padded(1), 64);
    assert_int_equal(rotation_padded(64), 64);
    assert_int_equal(rotation_padded(65), 128);
    assert_int_equal(rotation_padded(UINT32_MAX - 63), UINT32_MAX - 63);
    rotation_free(NULL);
}

static inlay_status create_and_free(void *context, inlay_error *err)
{
    struct rotation *rotation;
    inlay_status status = rotation_create(384, ROTATION_SEED, &rotation, err);
    assert_true((status == INLAY_OK) == (rotation != NULL));
    rotation_free(rotation);
    (void)context;
    return status;
}

static void lack_of_memory_is_reported(void **state)
{
    (void)state;
    assert_int_equal(alloc_fault_sweep(create_and_free, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_an_isometry),
        cmocka_unit_test(one_hot_vectors_are_spread),
        cmocka_unit_test(known_answers),
        cmocka_unit_test(the_seed_makes_the_rotation),
        cmocka_unit_test(impossible_dimensions_are_refused),
        cmocka_unit_test(lack_of_memory_is_reported),
    };
    dice = test_random_init(20261122);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
