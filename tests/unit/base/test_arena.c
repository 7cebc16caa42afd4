/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "support/alloc_fault.h"

#include "base/arena.h"
#include "base/error.h"

static void items_are_aligned_disjoint_and_stay(void **state)
{
    struct test_random random = test_random_init(4);
    struct arena arena;
    uint8_t *items[2000];
    size_t sizes[2000];
    size_t i;
    size_t j;
    (void)state;
    arena_init(&arena, SIZE_MAX);
    for (i = 0; i < 2000; i++) {
        size_t alignment = (size_t)1 << test_random_below(&random, 8);
        sizes[i] = i % 100 == 99 ? 10000 : test_random_below(&random, 200);
        items[i] = arena_alloc_aligned(&arena, sizes[i], alignment);
        assert_non_null(items[i]);
        assert_int_equal((uintptr_t)items[i] % alignment, 0);
        memset(items[i], (int)(i & 0xff), sizes[i]);
    }
    for (i = 0; i < 2000; i++) {
        for (j = 0; j < sizes[i]; j++) {
            assert_int_equal(items[i][j], i & 0xff);
        }
    }
    arena_free(&arena);
    assert_int_equal(arena.allocated, 0);
    arena_free(NULL);
}

static void default_alignment_and_copies(void **state)
{
    struct arena arena;
    char *text;
    uint64_t *zeros;
    (void)state;
    arena_init(&arena, SIZE_MAX);
    text = arena_strndup(&arena, "abcdef", 3);
    assert_string_equal(text, "abc");
    assert_string_equal(arena_strdup(&arena, ""), "");
    assert_int_equal((uintptr_t)arena_alloc(&arena, 1) % 16, 0);
    zeros = arena_zalloc_array(&arena, 10, sizeof(*zeros));
    assert_true(zeros[0] == 0 && zeros[9] == 0);
    assert_memory_equal(arena_dup(&arena, "xyz", 3), "xyz", 3);
    assert_ptr_not_equal(arena_alloc(&arena, 0), arena_alloc(&arena, 0));
    arena_free(&arena);
}

static void cap_is_hard(void **state)
{
    struct arena arena;
    size_t taken = 0;
    (void)state;
    arena_init(&arena, 10000);
    assert_null(arena_alloc(&arena, 10001));
    while (arena_alloc(&arena, 100) != NULL) {
        taken += 100;
        assert_true(arena.allocated <= 10000);
    }
    assert_true(taken >= 5000);
    arena_free(&arena);
    arena_init(&arena, 0);
    assert_null(arena_alloc(&arena, 1));
    arena_free(&arena);
}

static void overflowing_sizes_give_null(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, SIZE_MAX);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 40));
    assert_null(arena_alloc_array(&arena, SIZE_MAX / 2, 4));
    assert_null(arena_zalloc_array(&arena, SIZE_MAX / 2, 4));
    assert_null(arena_strndup(&arena, "a", SIZE_MAX));
    assert_non_null(arena_alloc(&arena, 8)); /* and it still works */
    arena_free(&arena);
}

static void reset_reuses_memory(void **state)
{
    struct arena arena;
    size_t high_water;
    int round;
    int i;
    (void)state;
    arena_init(&arena, SIZE_MAX);
    arena_reset(&arena);
    for (i = 0; i < 1000; i++) {
        assert_non_null(arena_alloc(&arena, 100));
    }
    arena_reset(&arena);
    high_water = arena.allocated;
    for (round = 0; round < 100; round++) {
        assert_non_null(arena_alloc(&arena, 100));
        arena_reset(&arena);
    }
    assert_int_equal(arena.allocated, high_water);
    arena_free(&arena);
}

static inlay_status fill(void *context, inlay_error *err)
{
    struct arena arena;
    inlay_status status = INLAY_OK;
    int i;
    (void)context;
    arena_init(&arena, SIZE_MAX);
    for (i = 0; i < 500 && status == INLAY_OK; i++) {
        status = arena_alloc(&arena, 100) != NULL ? INLAY_OK : error_no_memory(err);
    }
    arena_free(&arena);
    return status;
}

static void allocation_failure(void **state)
{
    (void)state;
    assert_true(alloc_fault_sweep(fill, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_aligned_disjoint_and_stay),
        cmocka_unit_test(default_alignment_and_copies),
        cmocka_unit_test(cap_is_hard),
        cmocka_unit_test(overflowing_sizes_give_null),
        cmocka_unit_test(reset_reuses_memory),
        cmocka_unit_test(allocation_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
