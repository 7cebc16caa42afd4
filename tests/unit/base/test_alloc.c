/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "support/alloc_fault.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"

static void sizes_of_zero_are_unique(void **state)
{
    void *a = mem_alloc(0);
    void *b = mem_zalloc(0);
    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    mem_free(a);
    mem_free(b);
    mem_free(NULL);
    mem_free_aligned(NULL);
}

static void overflowing_arrays_give_null(void **state)
{
    char *kept = mem_strdup("kept");
    (void)state;
    assert_null(mem_alloc_array(SIZE_MAX / 2, 3));
    assert_null(mem_zalloc_array(SIZE_MAX / 2, 3));
    assert_null(mem_realloc_array(kept, SIZE_MAX / 2, 3));
    assert_null(mem_strndup("a", SIZE_MAX));
    assert_null(mem_alloc_aligned(SIZE_MAX - 4, 64));
    assert_string_equal(kept, "kept");
    mem_free(kept);
}

static void contents(void **state)
{
    uint32_t *zeros = mem_zalloc_array(50, sizeof(*zeros));
    char *text = mem_strndup("abcdef", 3);
    uint8_t *copy = mem_dup("xyz", 3);
    void *empty = mem_dup(NULL, 0);
    size_t i;
    (void)state;
    for (i = 0; i < 50; i++) {
        assert_int_equal(zeros[i], 0);
    }
    assert_string_equal(text, "abc");
    assert_memory_equal(copy, "xyz", 3);
    assert_non_null(empty);
    zeros[49] = 5;
    zeros = mem_realloc_array(zeros, 5000, sizeof(*zeros));
    assert_int_equal(zeros[49], 5);
    mem_free(zeros);
    mem_free(text);
    mem_free(copy);
    mem_free(empty);
}

static void aligned_blocks_are_aligned(void **state)
{
    size_t alignment;
    (void)state;
    for (alignment = 1; alignment <= 4096; alignment *= 2) {
        uint8_t *block = mem_alloc_aligned(100, alignment);
        assert_int_equal((uintptr_t)block % alignment, 0);
        memset(block, 1, 100);
        mem_free_aligned(block);
    }
}

static void growing_doubles_and_keeps(void **state)
{
    void *items = NULL;
    size_t capacity = 0;
    size_t last = 0;
    size_t changes = 0;
    uint32_t n;
    (void)state;
    for (n = 0; n < 100000; n++) {
        assert_true(mem_grow(&items, &capacity, (size_t)n + 1, sizeof(n)));
        ((uint32_t *)items)[n] = n;
        changes += capacity != last;
        last = capacity;
    }
    assert_true(changes <= 20);
    for (n = 0; n < 100000; n++) {
        assert_int_equal(((uint32_t *)items)[n], n);
    }
    assert_false(mem_grow(&items, &capacity, SIZE_MAX, sizeof(n)));
    assert_int_equal(capacity, last);
    mem_free(items);
}

static inlay_status three_allocations(void *context, inlay_error *err)
{
    inlay_status status = INLAY_OK;
    void *a = mem_alloc(10);
    void *b = mem_alloc_aligned(10, 64);
    void *grown = a != NULL ? mem_realloc(a, 1000) : NULL;
    (void)context;
    if (a == NULL || b == NULL || grown == NULL) {
        status = error_no_memory(err);
    }
    mem_free(grown != NULL ? grown : a);
    mem_free_aligned(b);
    return status;
}

static void a_sweep_meets_each_allocation_once(void **state)
{
    (void)state;
    assert_int_equal(alloc_fault_sweep(three_allocations, NULL), 3);
}

static void checked_arithmetic(void **state)
{
    size_t s;
    uint64_t u;
    int64_t i;
    (void)state;
    assert_true(size_add(SIZE_MAX - 1, 1, &s) && s == SIZE_MAX);
    assert_false(size_add(SIZE_MAX, 1, &s));
    assert_true(size_mul(SIZE_MAX / 2, 2, &s) && s == SIZE_MAX - 1);
    assert_false(size_mul(SIZE_MAX / 2 + 1, 2, &s));
    assert_true(u64_add(UINT64_MAX, 0, &u) && u == UINT64_MAX);
    assert_false(u64_add(UINT64_MAX, 1, &u));
    assert_true(u64_mul(1ull << 32, (1ull << 32) - 1, &u));
    assert_false(u64_mul(1ull << 32, 1ull << 32, &u));
    assert_true(i64_add(INT64_MIN, INT64_MAX, &i) && i == -1);
    assert_false(i64_add(INT64_MIN, -1, &i));
    assert_true(i64_mul(INT64_MIN, 1, &i) && i == INT64_MIN);
    assert_false(i64_mul(INT64_MIN, -1, &i));
}

static void ranges_and_alignment(void **state)
{
    (void)state;
    assert_true(range_inside(0, 0, 0));
    assert_true(range_inside(10, 0, 10));
    assert_true(range_inside(3, 7, 10));
    assert_false(range_inside(3, 8, 10));
    assert_false(range_inside(11, 0, 10));
    assert_false(range_inside(1, UINT64_MAX, 10));
    assert_false(range_inside(UINT64_MAX, UINT64_MAX, 10));
    assert_true(align_up(0, 8) == 0 && align_up(1, 8) == 8 && align_up(8, 8) == 8);
    assert_true(align_up(4097, 4096) == 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_zero_are_unique),
        cmocka_unit_test(overflowing_arrays_give_null),
        cmocka_unit_test(contents),
        cmocka_unit_test(aligned_blocks_are_aligned),
        cmocka_unit_test(growing_doubles_and_keeps),
        cmocka_unit_test(a_sweep_meets_each_allocation_once),
        cmocka_unit_test(checked_arithmetic),
        cmocka_unit_test(ranges_and_alignment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
