/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/rowset.h"

#include <stdlib.h>

static struct rowset *make(void)
{
    struct rowset *set;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(rowset_create(&set, &err), err);
    return set;
}

/* The model: a plain bit per row over a small universe of some containers. */
enum { UNIVERSE = 5 * 65536 };

struct model {
    uint8_t member[UNIVERSE];
};

/* Containers of every kind: sparse (array), dense (bitmap), runs, empty and full ones. */
static void random_set(struct test_random *random, struct rowset *set, struct model *model)
{
    int container;
    memset(model, 0, sizeof(*model));
    for (container = 0; container < UNIVERSE / 65536; container++) {
        uint32_t base = (uint32_t)container * 65536;
        uint32_t i;
        switch (test_random_below(random, 5)) {
        case 0:
            break;
        case 1:
            for (i = 0; i < 300; i++) {
                uint32_t row = base + (uint32_t)test_random_below(random, 65536);
                rowset_add(set, row);
                model->member[row] = 1;
            }
            break;
        case 2:
            for (i = 0; i < 65536; i++) {
                if (test_random_below(random, 3) == 0) {
                    rowset_add(set, base + i);
                    model->member[base + i] = 1;
                }
            }
            break;
        case 3:
            for (i = 0; i < 20; i++) {
                uint32_t lo = base + (uint32_t)test_random_below(random, 65536);
                uint32_t hi = lo + (uint32_t)test_random_below(random, base + 65537 - lo);
                rowset_add_range(set, lo, hi);
                memset(model->member + lo, 1, hi - lo);
            }
            break;
        default:
            rowset_add_range(set, base, base + 65536);
            memset(model->member + base, 1, 65536);
        }
    }
    if (test_random_below(random, 2) != 0) {
        rowset_run_optimize(set);
    }
}

static void check_against(const struct rowset *set, const struct model *model,
                          struct test_random *random)
{
    static uint64_t words[UNIVERSE / 64];
    uint32_t block[1000];
    struct rowset_iterator it;
    uint32_t row = 0;
    uint64_t members = 0;
    uint64_t lo = test_random_below(random, UNIVERSE / 64) * 64;
    uint64_t hi = lo + test_random_below(random, UNIVERSE - lo + 1);
    size_t count;
    uint64_t i;

    /* Iteration in blocks of changing size visits exactly the members, in order. */
    rowset_iterate(set, &it);
    do {
        size_t capacity = 1 + test_random_below(random, 1000);
        count = rowset_next_many(&it, block, capacity);
        for (i = 0; i < count; i++) {
            for (; row < block[i]; row++) {
                assert_int_equal(model->member[row], 0);
            }
            assert_int_equal(model->member[row++], 1);
        }
        members += count;
        if (count < capacity) {
            break;
        }
    } while (count != 0);
    for (; row < UNIVERSE; row++) {
        assert_int_equal(model->member[row], 0);
    }
    assert_int_equal(rowset_next_many(&it, block, 5), 0);
    assert_true(rowset_cardinality(set) == members);
    assert_int_equal(rowset_is_empty(set), members == 0);

    /* A window as bits. */
    memset(words, 0xa5, sizeof(words));
    rowset_fill_words(set, lo, hi, words);
    for (i = lo; i < lo + (hi - lo + 63) / 64 * 64 && i < UNIVERSE; i++) {
        unsigned bit = (unsigned)(words[(i - lo) / 64] >> ((i - lo) % 64) & 1);
        assert_int_equal(bit, i < hi ? model->member[i] : 0);
    }
    if (lo + (hi - lo + 63) / 64 * 64 < UNIVERSE) { /* nothing behind the window is touched */
        assert_true(words[(hi - lo + 63) / 64] == 0xa5a5a5a5a5a5a5a5u);
    }

    /* Rank, select, range counts, membership, iteration from the middle. */
    for (i = 0, count = 0; i < UNIVERSE; i++) {
        if (i % 4999 == 0) {
            uint32_t found = 0;
            assert_true(rowset_rank(set, i) == count);
            if (rowset_select(set, count, &found)) {
                assert_true(found >= i && model->member[found]);
                rowset_iterate_from(set, (uint32_t)i, &it);
                assert_int_equal(rowset_next_many(&it, block, 1), 1);
                assert_int_equal(block[0], found);
            } else {
                assert_true(count == members);
            }
            assert_int_equal(rowset_contains(set, (uint32_t)i), model->member[i]);
        }
        count += model->member[i];
    }
    assert_true(rowset_count_range(set, 0, 1ull << 32) == members);
    assert_true(rowset_count_range(set, lo, hi) == rowset_rank(set, hi) - rowset_rank(set, lo));
}

static void operations_follow_the_model(void **state)
{
    static struct model a;
    static struct model b;
    struct test_random random = test_random_init(5);
    int round;
    uint32_t i;
    (void)state;
    for (round = 0; round < 12; round++) {
        struct rowset *x = make();
        struct rowset *y = make();
        struct rowset *z;
        uint64_t both = 0;
        uint64_t only = 0;
        uint64_t either = 0;
        inlay_error err;
        inlay_error_init(&err);
        random_set(&random, x, &a);
        random_set(&random, y, &b);
        check_against(x, &a, &random);
        for (i = 0; i < UNIVERSE; i++) {
            both += a.member[i] & b.member[i];
            either += a.member[i] | b.member[i];
            only += a.member[i] & (b.member[i] ^ 1);
        }
        assert_true(rowset_and_count(x, y) == both);
        assert_true(rowset_or_count(x, y) == either);
        assert_true(rowset_andnot_count(x, y) == only);
        assert_ok(rowset_copy(x, &z, &err), err);
        assert_true(rowset_equal(x, z));
        rowset_and(z, y);
        assert_true(rowset_cardinality(z) == both);
        assert_true(rowset_is_subset(z, x) && rowset_is_subset(z, y));
        assert_true(rowset_equal(x, y) == (only == 0 && both == either));
        rowset_andnot(x, y);
        for (i = 0; i < UNIVERSE; i++) {
            a.member[i] &= b.member[i] ^ 1;
        }
        check_against(x, &a, &random);
        rowset_or(x, y);
        for (i = 0; i < UNIVERSE; i++) {
            a.member[i] |= b.member[i];
        }
        check_against(x, &a, &random);
        rowset_remove_range(x, 1000, 200000);
        memset(a.member + 1000, 0, 199000);
        rowset_remove(x, 300000);
        a.member[300000] = 0;
        check_against(x, &a, &random);
        rowset_free(x);
        rowset_free(y);
        rowset_free(z);
    }
}

static void same_set_on_both_sides(void **state)
{
    struct rowset *set = make();
    (void)state;
    rowset_add_range(set, 10, 20);
    rowset_and(set, set);
    rowset_or(set, set);
    assert_true(rowset_cardinality(set) == 10);
    rowset_andnot(set, set);
    assert_true(rowset_is_empty(set));
    rowset_free(set);
    rowset_free(NULL);
}

static void the_last_row_is_a_row(void **state)
{
    struct rowset *set = make();
    struct rowset_iterator it;
    uint32_t rows[4];
    uint32_t row = 7;
    uint64_t words[2];
    (void)state;
    assert_false(rowset_first(set, &row) || rowset_last(set, &row) || rowset_select(set, 0, &row));
    assert_int_equal(row, 7);
    rowset_add_range(set, UINT32_MAX - 1, (1ull << 32) + 5); /* cut at the end */
    rowset_add_range(set, 9, 9);
    assert_true(rowset_cardinality(set) == 2);
    assert_true(rowset_last(set, &row) && row == UINT32_MAX);
    assert_true(rowset_first(set, &row) && row == UINT32_MAX - 1);
    rowset_run_optimize(set);
    rowset_iterate(set, &it);
    assert_int_equal(rowset_next_many(&it, rows, 4), 2);
    assert_int_equal(rows[1], UINT32_MAX);
    assert_true(rowset_rank(set, 1ull << 32) == 2 && rowset_rank(set, UINT32_MAX) == 1);
    rowset_fill_words(set, (1ull << 32) - 128, 1ull << 32, words);
    assert_true(words[0] == 0 && words[1] == 3ull << 62);
    rowset_iterate_from(set, UINT32_MAX, &it);
    assert_int_equal(rowset_next_many(&it, rows, 4), 1);
    rowset_free(set);
}

static void add_many_takes_any_order(void **state)
{
    static const uint32_t rows[] = {70000, 3, 3, 1, UINT32_MAX, 2};
    struct rowset *set = make();
    (void)state;
    rowset_add_many(set, rows, 6);
    rowset_add_many(set, NULL, 0);
    assert_true(rowset_cardinality(set) == 5);
    assert_true(rowset_contains(set, 70000) && !rowset_contains(set, 4));
    rowset_clear(set);
    assert_true(rowset_is_empty(set));
    rowset_free(set);
}

static void serialization_round_trips_and_is_canonical(void **state)
{
    static struct model model;
    struct test_random random = test_random_init(6);
    int round;
    (void)state;
    for (round = 0; round < 40; round++) {
        struct rowset *set = make();
        struct rowset *again;
        struct rowset *one_by_one = make();
        struct buffer bytes;
        struct buffer other;
        inlay_error err;
        uint32_t i;
        inlay_error_init(&err);
        buffer_init(&bytes, SIZE_MAX);
        buffer_init(&other, SIZE_MAX);
        random_set(&random, set, &model);
        buffer_u8(&bytes, 0xee); /* the serialized set then stands at an odd address */
        rowset_serialize(set, &bytes);
        assert_ok(buffer_status(&bytes, &err), err);
        assert_int_equal(bytes.len - 1, rowset_serialized_size(set));
        assert_ok(rowset_deserialize(bytes.data + 1, bytes.len - 1, &again, &err), err);
        assert_true(rowset_equal(set, again));
        for (i = 0; i < UNIVERSE; i++) { /* the same set with another history */
            if (model.member[UNIVERSE - 1 - i]) {
                rowset_add(one_by_one, UNIVERSE - 1 - i);
            }
        }
        rowset_run_optimize(set);
        rowset_run_optimize(one_by_one);
        buffer_clear(&bytes);
        rowset_serialize(set, &bytes);
        rowset_serialize(one_by_one, &other);
        assert_int_equal(bytes.len, other.len);
        assert_memory_equal(bytes.data, other.data, bytes.len);
        rowset_free(again);
        rowset_free(set);
        rowset_free(one_by_one);
        buffer_free(&bytes);
        buffer_free(&other);
    }
}

/* {1, 42}, worked out by hand from the public format; and the empty set. */
static const uint8_t golden_two[] = {0x3a, 0x30, 0,  0, 1, 0, 0, 0, 0,  0,
                                     1,    0,    16, 0, 0, 0, 1, 0, 42, 0};
static const uint8_t golden_empty[] = {0x3a, 0x30, 0, 0, 0, 0, 0, 0};
/* {5..14} as one run: cookie 12347 with one container, its flag, description, run count, run. */
static const uint8_t golden_run[] = {0x3b, 0x30, 0, 0, 1, 0, 0, 9, 0, 1, 0, 5, 0, 9, 0};

static void golden_bytes(void **state)
{
    struct rowset *set = make();
    struct rowset *again;
    struct buffer bytes;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&bytes, SIZE_MAX);
    rowset_serialize(set, &bytes);
    assert_int_equal(bytes.len, sizeof(golden_empty));
    assert_memory_equal(bytes.data, golden_empty, sizeof(golden_empty));
    rowset_add(set, 42);
    rowset_add(set, 1);
    buffer_clear(&bytes);
    rowset_serialize(set, &bytes);
    assert_int_equal(bytes.len, sizeof(golden_two));
    assert_memory_equal(bytes.data, golden_two, sizeof(golden_two));
    assert_ok(rowset_deserialize(golden_two, sizeof(golden_two), &again, &err), err);
    assert_true(rowset_equal(set, again));
    rowset_free(again);
    rowset_clear(set);
    rowset_add_range(set, 5, 15);
    rowset_run_optimize(set);
    buffer_clear(&bytes);
    rowset_serialize(set, &bytes);
    assert_int_equal(bytes.len, sizeof(golden_run));
    assert_memory_equal(bytes.data, golden_run, sizeof(golden_run));
    rowset_free(set);
    buffer_free(&bytes);
}

struct bad_case {
    const uint8_t *golden;
    size_t size;
    size_t at; /* byte to change */
    uint8_t value;
    const char *message;
};

static void each_structural_fault_is_named(void **state)
{
    static const struct bad_case cases[] = {
        {golden_two, sizeof(golden_two), 0, 0x39, "unknown cookie"},
        {golden_two, sizeof(golden_two), 6, 1, "more containers than keys"},
        {golden_two, sizeof(golden_two), 12, 17, "wrong container offset"},
        {golden_two, sizeof(golden_two), 10, 0, "trailing bytes"},
        {golden_two, sizeof(golden_two), 10, 2, "unexpected end"},
        {golden_two, sizeof(golden_two), 18, 1, "does not ascend"},
        {golden_two, sizeof(golden_two), 4, 2, "unexpected end"},
        {golden_run, sizeof(golden_run), 7, 8, "runs whose cardinality"},
        {golden_run, sizeof(golden_run), 9, 0, "runs whose cardinality"},
        {golden_run, sizeof(golden_run), 9, 2, "unexpected end"},
        {golden_run, sizeof(golden_run), 14, 0xff, "pass their container"},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[64];
        struct rowset *set;
        inlay_error err;
        inlay_error_init(&err);
        memcpy(bytes, cases[i].golden, cases[i].size);
        bytes[cases[i].at] = cases[i].value;
        if (cases[i].golden == golden_run && cases[i].at == 14) {
            bytes[12] = 0xff; /* the run then starts late enough to pass 65,535 */
        }
        assert_status(rowset_deserialize(bytes, cases[i].size, &set, &err), INLAY_CORRUPT);
        assert_null(set);
        assert_true(err.offset >= 0);
        if (strstr(err.message, cases[i].message) == NULL) {
            fail_msg("case %zu: '%s' does not say '%s'", i, err.message, cases[i].message);
        }
    }
}

static void touching_and_overlapping_runs_are_refused(void **state)
{
    /* Two runs: {5..14} and one that starts at 14, 15 or 16; only the last leaves a gap. */
    uint8_t bytes[] = {0x3b, 0x30, 0, 0, 1, 0, 0, 10, 0, 2, 0, 5, 0, 9, 0, 14, 0, 0, 0};
    struct rowset *set;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_status(rowset_deserialize(bytes, sizeof(bytes), &set, &err), INLAY_CORRUPT);
    bytes[15] = 15;
    assert_status(rowset_deserialize(bytes, sizeof(bytes), &set, &err), INLAY_CORRUPT);
    bytes[15] = 16;
    assert_ok(rowset_deserialize(bytes, sizeof(bytes), &set, &err), err);
    assert_true(rowset_cardinality(set) == 11);
    rowset_free(set);
}

static void keys_must_ascend_and_bitmaps_must_count(void **state)
{
    struct rowset *set = make();
    struct rowset *again;
    struct buffer bytes;
    inlay_error err;
    uint32_t row;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&bytes, SIZE_MAX);
    for (row = 0; row < 10000; row += 2) {
        rowset_add(set, row);
    }
    rowset_add(set, 65536);
    rowset_serialize(set, &bytes);
    bytes.data[12] = 0; /* the second key: 0 again */
    assert_status(rowset_deserialize(bytes.data, bytes.len, &again, &err), INLAY_CORRUPT);
    assert_non_null(strstr(err.message, "keys that do not ascend"));
    bytes.data[12] = 1;
    bytes.data[24 + 5000] ^= 1; /* one member more in the bitmap */
    assert_status(rowset_deserialize(bytes.data, bytes.len, &again, &err), INLAY_CORRUPT);
    assert_non_null(strstr(err.message, "bitmap whose cardinality"));
    rowset_free(set);
    buffer_free(&bytes);
}

/* Whatever one byte is changed to, the result is an error or a set that can be used. */
static void every_truncation_and_mutation_is_survived(void **state)
{
    struct test_random random = test_random_init(7);
    struct rowset *set = make();
    struct buffer bytes;
    inlay_error err;
    size_t i;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&bytes, SIZE_MAX);
    rowset_add_range(set, 100, 300);
    rowset_add(set, 70000);
    rowset_add(set, 70003);
    for (i = 0; i < 5000; i++) {
        rowset_add(set, 131072 + (uint32_t)i * 2);
    }
    rowset_add_range(set, 4 * 65536, 4 * 65536 + 9);
    rowset_run_optimize(set);
    rowset_serialize(set, &bytes);
    for (i = 0; i < bytes.len; i++) {
        struct rowset *again;
        uint8_t *exact = malloc(i != 0 ? i : 1); /* so that an over-read is seen */
        memcpy(exact, bytes.data, i);
        assert_status(rowset_deserialize(exact, i, &again, &err), INLAY_CORRUPT);
        free(exact);
    }
    for (i = 0; i < 4000; i++) {
        size_t at = i < 80 ? i : test_random_below(&random, bytes.len);
        uint8_t before = bytes.data[at];
        struct rowset *again;
        bytes.data[at] = (uint8_t)test_random_next(&random);
        if (rowset_deserialize(bytes.data, bytes.len, &again, &err) == INLAY_OK) {
            struct rowset_iterator it;
            uint32_t rows[512];
            uint64_t members = 0;
            size_t count;
            rowset_iterate(again, &it);
            while ((count = rowset_next_many(&it, rows, 512)) != 0) {
                members += count;
            }
            assert_true(members == rowset_cardinality(again));
            rowset_free(again);
        }
        bytes.data[at] = before;
    }
    rowset_free(set);
    buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_follow_the_model),
        cmocka_unit_test(same_set_on_both_sides),
        cmocka_unit_test(the_last_row_is_a_row),
        cmocka_unit_test(add_many_takes_any_order),
        cmocka_unit_test(serialization_round_trips_and_is_canonical),
        cmocka_unit_test(golden_bytes),
        cmocka_unit_test(each_structural_fault_is_named),
        cmocka_unit_test(touching_and_overlapping_runs_are_refused),
        cmocka_unit_test(keys_must_ascend_and_bitmaps_must_count),
        cmocka_unit_test(every_truncation_and_mutation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
