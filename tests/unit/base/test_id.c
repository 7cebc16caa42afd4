/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "support/alloc_fault.h"

#include "base/alloc.h"
#include "base/id.h"

#include <stdlib.h>

struct fixed_clock {
    int64_t ms;
    bool random_fails;
    uint8_t random_byte;
};

static int64_t fixed_ms(void *context)
{
    return ((struct fixed_clock *)context)->ms;
}

static bool fixed_random(void *context, void *out, size_t size)
{
    struct fixed_clock *clock = context;
    memset(out, clock->random_byte, size);
    return !clock->random_fails;
}

static struct env fixed_env(struct fixed_clock *clock)
{
    struct env env = *env_system();
    env.unix_ms = fixed_ms;
    env.random = fixed_random;
    env.context = clock;
    return env;
}

static void text_round_trip(void **state)
{
    struct id128 id = {0x0000019e7853857au, 0xb1a2c3d4e5000007u};
    struct id128 again;
    char text[ID_TEXT_SIZE];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    id_to_text(id, text);
    assert_string_equal(text, "0000019e7853857ab1a2c3d4e5000007");
    assert_ok(id_from_text(text, 32, &again, &err), err);
    assert_int_equal(id_compare(id, again), 0);
    assert_ok(id_from_text("0000019E7853857AB1A2C3D4E5000007", 32, &again, &err), err);
    assert_int_equal(id_compare(id, again), 0);
    assert_true(id_unix_ms(id) == 0x19e7853857au);
    assert_status(id_from_text(text, 31, &again, &err), INLAY_INVALID_ARGUMENT);
    assert_status(id_from_text("0000019e7853857ab1a2c3d4e50000070", 33, &again, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(id_from_text("0000019e7853857ab1a2c3d4e500000z", 32, &again, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_int_equal(err.offset, 31);
    assert_true(again.hi == 0 && again.lo == 0);
}

static void order_and_addition(void **state)
{
    struct id128 a = {1, UINT64_MAX};
    struct id128 b = id_add(a, 1);
    (void)state;
    assert_true(b.hi == 2 && b.lo == 0);
    assert_int_equal(id_compare(a, b), -1);
    assert_int_equal(id_compare(b, a), 1);
    assert_int_equal(id_compare(a, a), 0);
    b = id_add(a, 0);
    assert_int_equal(id_compare(a, b), 0);
}

static void strictly_increasing_over_a_jumping_clock(void **state)
{
    struct test_random random = test_random_init(3);
    struct fixed_clock clock = {1000000, false, 0xff};
    struct env env = fixed_env(&clock);
    struct id_generator generator;
    struct id128 last = {0, 0};
    inlay_error err;
    int i;
    (void)state;
    inlay_error_init(&err);
    assert_ok(id_generator_init(&generator, &env, &err), err);
    for (i = 0; i < 100000; i++) {
        struct id128 id = id_generator_next(&generator);
        assert_int_equal(id_compare(last, id), -1);
        assert_true(id.hi >> 62 == 0);
        assert_true(id.lo >> 24 == (1ull << 40) - 1); /* the worker keeps to its 40 bits */
        last = id;
        clock.ms += (int64_t)test_random_below(&random, 5) - 2;
    }
    clock.ms = -5; /* before 1970 */
    assert_int_equal(id_compare(last, id_generator_next(&generator)), -1);
    id_generator_destroy(&generator);
    id_generator_destroy(&generator); /* harmless */
}

static void sequence_restarts_in_a_new_millisecond(void **state)
{
    struct fixed_clock clock = {5000, false, 0};
    struct env env = fixed_env(&clock);
    struct id_generator generator;
    inlay_error err;
    struct id128 id;
    (void)state;
    inlay_error_init(&err);
    assert_ok(id_generator_init(&generator, &env, &err), err);
    id = id_generator_next(&generator);
    assert_true(id.hi == 5000 && id.lo == 0);
    id = id_generator_next(&generator);
    assert_true(id.hi == 5000 && id.lo == 1);
    clock.ms = 5001;
    id = id_generator_next(&generator);
    assert_true(id.hi == 5001 && id.lo == 0);
    id_generator_destroy(&generator);
}

/* With a clock that never moves, a used-up millisecond is followed by the next one, at once. */
static void stuck_clock_advances_by_itself(void **state)
{
    struct fixed_clock clock = {5000, false, 0};
    struct env env = fixed_env(&clock);
    struct id_generator generator;
    struct id_span *spans;
    size_t count;
    inlay_error err;
    struct id128 id;
    (void)state;
    inlay_error_init(&err);
    assert_ok(id_generator_init(&generator, &env, &err), err);
    assert_ok(id_generator_reserve(&generator, 1u << 24, &spans, &count, &err), err);
    assert_int_equal(count, 1);
    assert_true(spans[0].first.hi == 5000 && spans[0].last.hi == 5000);
    mem_free(spans);
    id = id_generator_next(&generator);
    assert_true(id.hi == 5001 && id.lo == 0);
    id_generator_destroy(&generator);
}

static void reservations_are_ordered_and_disjoint(void **state)
{
    static const uint64_t sizes[] = {1, 100, 10000, 1u << 24, (1u << 24) + 1, 3u << 24};
    static const size_t span_counts[] = {1, 1, 1, 1, 2, 3};
    struct fixed_clock clock = {5000, false, 1};
    struct env env = fixed_env(&clock);
    struct id_generator generator;
    struct id128 last = {0, 0};
    struct id_span *spans;
    size_t count;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(id_generator_init(&generator, &env, &err), err);
    assert_ok(id_generator_reserve(&generator, 0, &spans, &count, &err), err);
    assert_null(spans);
    assert_int_equal(count, 0);
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t minted = 0;
        size_t s;
        assert_ok(id_generator_reserve(&generator, sizes[i], &spans, &count, &err), err);
        assert_int_equal(count, span_counts[i]);
        for (s = 0; s < count; s++) {
            assert_int_equal(id_compare(last, spans[s].first), -1);
            assert_true(id_compare(spans[s].first, spans[s].last) <= 0);
            assert_true(spans[s].first.hi == spans[s].last.hi);
            minted += spans[s].last.lo - spans[s].first.lo + 1;
            last = spans[s].last;
        }
        assert_true(minted == sizes[i]);
        mem_free(spans);
    }
    assert_int_equal(id_compare(last, id_generator_next(&generator)), -1);
    assert_status(id_generator_reserve(&generator, UINT64_MAX, &spans, &count, &err),
                  INLAY_INVALID_ARGUMENT);
    id_generator_destroy(&generator);
}

struct thread_ids {
    struct id_generator *generator;
    struct id128 *ids;
    size_t count;
};

static void *mint(void *argument)
{
    struct thread_ids *work = argument;
    size_t i;
    for (i = 0; i < work->count; i++) {
        work->ids[i] = id_generator_next(work->generator);
    }
    return NULL;
}

static int compare_ids(const void *a, const void *b)
{
    return id_compare(*(const struct id128 *)a, *(const struct id128 *)b);
}

static void threads_get_different_ids(void **state)
{
    enum { THREADS = 4, EACH = 20000 };
    struct id128 *ids = calloc(THREADS * EACH, sizeof(*ids));
    struct thread_ids work[THREADS];
    pthread_t threads[THREADS];
    struct id_generator generator;
    inlay_error err;
    size_t i;
    (void)state;
    inlay_error_init(&err);
    assert_ok(id_generator_init(&generator, env_system(), &err), err);
    for (i = 0; i < THREADS; i++) {
        work[i] = (struct thread_ids){&generator, ids + i * EACH, EACH};
        assert_int_equal(pthread_create(&threads[i], NULL, mint, &work[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    for (i = 0; i < THREADS * EACH; i++) { /* each thread saw its own ids ascend */
        assert_true(i % EACH == 0 || id_compare(ids[i - 1], ids[i]) < 0);
    }
    qsort(ids, THREADS * EACH, sizeof(*ids), compare_ids);
    for (i = 1; i < THREADS * EACH; i++) {
        assert_int_equal(id_compare(ids[i - 1], ids[i]), -1);
    }
    id_generator_destroy(&generator);
    free(ids);
}

static void random_failure_is_reported(void **state)
{
    struct fixed_clock clock = {0, true, 0};
    struct env env = fixed_env(&clock);
    struct id_generator generator;
    char text[UUID_TEXT_SIZE];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_status(id_generator_init(&generator, &env, &err), INLAY_IO);
    id_generator_destroy(&generator);
    assert_status(uuid_text(&env, text, &err), INLAY_IO);
    assert_string_equal(text, "");
}

static void uuid_form(void **state)
{
    struct fixed_clock clock = {0, false, 0xff};
    struct env env = fixed_env(&clock);
    char text[UUID_TEXT_SIZE];
    char other[UUID_TEXT_SIZE];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(uuid_text(&env, text, &err), err);
    assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_ok(uuid_text(env_system(), text, &err), err);
    assert_ok(uuid_text(env_system(), other, &err), err);
    assert_string_not_equal(text, other);
    assert_int_equal(text[14], '4');
    assert_non_null(strchr("89ab", text[19]));
}

static inlay_status reserve_for_sweep(void *context, inlay_error *err)
{
    struct id_span *spans;
    size_t count;
    inlay_status status = id_generator_reserve(context, 10, &spans, &count, err);
    mem_free(spans);
    return status;
}

static void allocation_failure(void **state)
{
    struct id_generator generator;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(id_generator_init(&generator, env_system(), &err), err);
    assert_int_equal(alloc_fault_sweep(reserve_for_sweep, &generator), 1);
    id_generator_destroy(&generator);
}

static void system_environment(void **state)
{
    const struct env *env = env_system();
    uint64_t before = env->monotonic_ns(env->context);
    uint8_t a[600] = {0};
    uint8_t b[600] = {0};
    (void)state;
    env->sleep_ns(env->context, 2000000);
    assert_true(env->monotonic_ns(env->context) - before >= 2000000);
    assert_true(env->unix_ms(env->context) > 1600000000000);
    assert_true(env->random(env->context, a, sizeof(a)));
    assert_true(env->random(env->context, b, sizeof(b)));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_memory_not_equal(a + 512, b + 512, 88); /* also behind the system's limit per call */
    assert_null(env->variable(env->context, "INLAY_TEST_NO_SUCH_VARIABLE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_round_trip),
        cmocka_unit_test(order_and_addition),
        cmocka_unit_test(strictly_increasing_over_a_jumping_clock),
        cmocka_unit_test(sequence_restarts_in_a_new_millisecond),
        cmocka_unit_test(stuck_clock_advances_by_itself),
        cmocka_unit_test(reservations_are_ordered_and_disjoint),
        cmocka_unit_test(threads_get_different_ids),
        cmocka_unit_test(random_failure_is_reported),
        cmocka_unit_test(uuid_form),
        cmocka_unit_test(allocation_failure),
        cmocka_unit_test(system_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
