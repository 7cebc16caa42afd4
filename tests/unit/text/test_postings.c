/* SPDX-License-Identifier: Apache-2.0 */
/* Packs, blocks, bounds, length codes, filter: round trips, and every SIMD level equal to scalar.
 */
#include "support/test.h"

#include "base/cpu.h"
#include "text/format/block.h"
#include "text/format/bounds.h"
#include "text/format/filter.h"
#include "text/format/kernels.h"
#include "text/format/length_code.h"

#include <stdlib.h>

static void at_every_level(void (*check)(struct test_random *), uint64_t seed)
{
    int level;
    for (level = CPU_SCALAR; level <= (int)cpu_best_level(); level++) {
        struct test_random random = {seed};
        if (cpu_force_level((enum cpu_level)level)) {
            check(&random);
        }
    }
    (void)cpu_force_level(cpu_best_level());
}

static void check_packs(struct test_random *random)
{
    unsigned width;
    for (width = 0; width <= 32; width++) {
        size_t count;
        for (count = 1; count <= PACK_MAX; count += 1 + test_random_below(random, 5)) {
            uint32_t values[PACK_MAX + 8];
            uint32_t back[PACK_MAX + 8];
            struct buffer out;
            size_t length;
            size_t i;
            for (i = 0; i < count; i++) {
                unsigned bits = test_random_below(random, 9) == 0 ? 32 : width;
                values[i] = (uint32_t)(test_random_next(random) >> 32 >> (32 - bits) % 64);
                values[i] = bits == 0 ? 0 : values[i];
            }
            buffer_init(&out, SIZE_MAX);
            length = pack_encode(values, count, &out);
            assert_int_equal(length, out.len);
            assert_int_equal(pack_check(out.data, out.len, count), length);
            assert_int_equal(pack_check(out.data, out.len - 1, count), 0);
            buffer_fill(&out, 0xff, PACK_PADDING);
            assert_ptr_equal(pack_decode(out.data, count, back), out.data + length);
            assert_ptr_equal(pack_skip(out.data, count), out.data + length);
            assert_memory_equal(values, back, count * sizeof(uint32_t));
            buffer_free(&out);
        }
    }
}

static void packs_round_trip(void **state)
{
    (void)state;
    at_every_level(check_packs, test_random_init(1).state);
}

static void check_blocks(struct test_random *random)
{
    size_t round;
    for (round = 0; round < 400; round++) {
        size_t count = 1 + test_random_below(random, BLOCK_POSTINGS);
        uint32_t spread = 1u << test_random_below(random, 20);
        uint32_t rows[BLOCK_POSTINGS + 8];
        uint32_t tfs[BLOCK_POSTINGS + 8];
        uint8_t codes[BLOCK_POSTINGS];
        uint32_t back[BLOCK_POSTINGS + 8];
        uint64_t words[4] = {0};
        struct buffer out;
        uint32_t previous = round % 2 != 0 ? UINT32_MAX : (uint32_t)test_random_below(random, 9999);
        uint32_t row = previous;
        uint32_t last;
        uint32_t lo;
        size_t length;
        size_t i;
        const uint8_t *p;
        for (i = 0; i < count; i++) {
            row += 1 + (uint32_t)test_random_below(random, spread);
            rows[i] = row;
            tfs[i] = 1 + (uint32_t)test_random_below(random, 1u << test_random_below(random, 31));
            codes[i] = (uint8_t)test_random_below(random, 255);
        }
        buffer_init(&out, SIZE_MAX);
        block_encode(rows, tfs, codes, count, previous, &out);
        length = out.len;
        buffer_fill(&out, 0xff, PACK_PADDING);
        assert_int_equal(block_check(out.data, length, count, previous, (uint64_t)row + 1, &last),
                         length);
        assert_int_equal(last, row);
        assert_int_equal(block_check(out.data, length, count, previous, row, &last), 0);
        assert_int_equal(block_check(out.data, length - 1, count, previous, UINT32_MAX, &last), 0);
        p = block_rows(out.data, count, previous, back);
        assert_memory_equal(rows, back, count * sizeof(uint32_t));
        p = block_frequencies(p, count, back);
        assert_memory_equal(tfs, back, count * sizeof(uint32_t));
        assert_memory_equal(codes, p, count);
        lo = rows[count / 2] & ~63u;
        block_set_bits(out.data, count, previous, lo, (uint64_t)lo + 256, words);
        for (i = 0; i < count; i++) {
            if (rows[i] >= lo && rows[i] - lo < 256) {
                uint32_t bit = rows[i] - lo;
                assert_true((words[bit / 64] >> (bit % 64) & 1) != 0);
                words[bit / 64] &= ~((uint64_t)1 << (bit % 64));
            }
        }
        assert_true((words[0] | words[1] | words[2] | words[3]) == 0);
        buffer_free(&out);
    }
}

static void blocks_round_trip(void **state)
{
    (void)state;
    at_every_level(check_blocks, test_random_init(2).state);
}

static void check_kernels(struct test_random *random)
{
    const struct text_kernels *kernels = text_kernels();
    double norms[256];
    uint32_t a[256];
    uint32_t b[256];
    uint32_t numbers_a[264];
    uint32_t numbers_b[264];
    size_t round;
    size_t i;
    for (round = 0; round < 100; round++) {
        double factor = test_random_unit(random) * (double)(1u << test_random_below(random, 31));
        uint32_t least =
            1 + (uint32_t)test_random_next(random) % (1u << test_random_below(random, 32));
        size_t n = kernels->count_less(a, 0, 5);
        assert_int_equal(n, 0);
        for (i = 0; i < 256; i++) {
            norms[i] = test_random_unit(random) * 5;
        }
        kernels->score_row(factor, (double)(1 + round), norms, a);
        text_kernels_scalar.score_row(factor, (double)(1 + round), norms, b);
        assert_memory_equal(a, b, sizeof(a));
        n = kernels->select_scores(a, 256, least, numbers_a);
        assert_int_equal(n, text_kernels_scalar.select_scores(a, 256, least, numbers_b));
        assert_memory_equal(numbers_a, numbers_b, n * sizeof(uint32_t));
        for (i = 0; i < 256; i++) {
            a[i] = (uint32_t)test_random_next(random) >> test_random_below(random, 32);
        }
        memcpy(b, a, sizeof(a));
        kernels->rows_from_gaps(a, 256, least);
        text_kernels_scalar.rows_from_gaps(b, 256, least);
        assert_memory_equal(a, b, sizeof(a));
        for (i = 0, n = 0; i < 256; i++) {
            n += 1 + test_random_below(random, 1u << 24);
            a[i] = (uint32_t)n;
        }
        least = a[test_random_below(random, 256)] + (uint32_t)test_random_below(random, 2);
        assert_int_equal(kernels->count_less(a, 256, least),
                         text_kernels_scalar.count_less(a, 256, least));
    }
}

/* Packs are the same bytes at every level: the choice of width and the packing itself. */
static void check_packing(struct test_random *random)
{
    const struct text_kernels *kernels = text_kernels();
    unsigned width;
    for (width = 0; width <= 32; width++) {
        size_t count;
        for (count = 1; count <= PACK_MAX; count++) {
            uint32_t values[PACK_MAX];
            uint8_t a[PACK_ROOM];
            uint8_t b[PACK_ROOM];
            unsigned shift = (unsigned)test_random_below(random, 33 - width);
            unsigned bits = (unsigned)test_random_below(random, 33);
            size_t i;
            for (i = 0; i < count; i++) {
                uint64_t few = test_random_below(random, 33);
                values[i] = (uint32_t)((test_random_next(random) >> 32) >> few);
            }
            kernels->pack(values, count, shift & 31, width, a);
            text_kernels_scalar.pack(values, count, shift & 31, width, b);
            assert_memory_equal(a, b, (count * width + 7) / 8);
            for (i = 0; i < count; i++) { /* the counts hold when no value has more bits */
                values[i] &= (uint32_t)(((uint64_t)1 << bits) - 1);
            }
            kernels->count_above(values, count, bits, a);
            text_kernels_scalar.count_above(values, count, bits, b);
            assert_memory_equal(a, b, bits);
        }
    }
}

static void kernels_equal_the_scalar_ones(void **state)
{
    (void)state;
    at_every_level(check_kernels, test_random_init(3).state);
    at_every_level(check_packing, test_random_init(4).state);
}

static void length_codes(void **state)
{
    uint64_t length;
    unsigned code;
    (void)state;
    for (length = 0; length <= 40; length++) {
        assert_int_equal(length_code_decode(length_code_encode(length)), length);
    }
    for (code = 0; code < LENGTH_CODE_NULL; code++) {
        uint32_t least = length_code_decode((uint8_t)code);
        assert_int_equal(length_code_encode(least), code);
        assert_true(code == 0 || length_code_encode((uint64_t)least - 1) == code - 1);
    }
    assert_int_equal(length_code_encode(UINT64_MAX), LENGTH_CODE_MAX);
    assert_int_equal(length_code_encode(41), 40); /* golden: the first rounded one */
    assert_int_equal(length_code_decode(254), 1879048216);
}

static void bounds_dominate(void **state)
{
    struct test_random random = test_random_init(4);
    size_t round;
    (void)state;
    for (round = 0; round < 500; round++) {
        struct bound_set set;
        struct buffer out;
        uint32_t tfs[128];
        uint8_t codes[128];
        size_t pairs = round % 2 != 0 ? BLOCK_PAIRS : CHUNK_PAIRS;
        size_t count = 1 + test_random_below(&random, 128);
        size_t i;
        bound_set_clear(&set);
        for (i = 0; i < count; i++) {
            tfs[i] = 1 + (uint32_t)test_random_below(&random, 1u << test_random_below(&random, 12));
            codes[i] = (uint8_t)test_random_below(&random, 255);
            bound_set_add(&set, tfs[i], codes[i]);
        }
        buffer_init(&out, SIZE_MAX);
        bound_set_encode(&set, pairs, &out);
        assert_int_equal(out.len, 2 * pairs);
        for (i = 0; i < count; i++) {
            bool dominated = false;
            size_t p;
            for (p = 0; p < pairs; p++) {
                dominated = dominated || (out.data[2 * p + 1] <= codes[i] &&
                                          (out.data[2 * p] >= tfs[i] || out.data[2 * p] == 255));
            }
            assert_true(dominated);
        }
        buffer_free(&out);
    }
}

static void the_filter_forgets_nothing(void **state)
{
    size_t size = filter_size(5000);
    uint8_t *filter = calloc(size, 1);
    size_t wrong = 0;
    uint32_t i;
    (void)state;
    for (i = 0; i < 5000; i++) {
        filter_add(filter, size, filter_hash(&i, sizeof(i)));
    }
    for (i = 0; i < 5000; i++) {
        assert_true(filter_may_contain(filter, size, filter_hash(&i, sizeof(i))));
    }
    for (i = 5000; i < 25000; i++) {
        wrong += filter_may_contain(filter, size, filter_hash(&i, sizeof(i)));
    }
    assert_true(wrong < 600); /* 3 %; about 1 % is expected */
    free(filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_round_trip),
        cmocka_unit_test(blocks_round_trip),
        cmocka_unit_test(kernels_equal_the_scalar_ones),
        cmocka_unit_test(length_codes),
        cmocka_unit_test(bounds_dominate),
        cmocka_unit_test(the_filter_forgets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
