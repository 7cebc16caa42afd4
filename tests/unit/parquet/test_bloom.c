/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "parquet/bloom.h"

#include <stdlib.h>

static void sizes_follow_the_formula(void **state)
{
    (void)state;
    assert_int_equal(bloom_size(0, 0.01), BLOOM_MIN_BYTES);
    assert_int_equal(bloom_size(1, 0.5), BLOOM_MIN_BYTES);
    /* About 9.7 bits a value at 1 %: 121 kB for 100,000, so the next power of two. */
    assert_int_equal(bloom_size(100000, 0.01), 131072);
    assert_int_equal(bloom_size(UINT64_MAX, 0.0001), BLOOM_MAX_BYTES);
}

static void hash_is_xxh64(void **state)
{
    (void)state;
    /* XXH64 of nothing, seed 0: the value that the hash's own documentation gives. */
    assert_true(bloom_hash(NULL, 0) == UINT64_C(0xef46db3751d8e999));
}

static void nothing_is_lost_and_little_is_invented(void **state)
{
    uint32_t size = bloom_size(10000, 0.01);
    uint8_t *bits = calloc(1, size);
    uint64_t i;
    int wrong = 0;
    (void)state;
    for (i = 0; i < 10000; i++) {
        bloom_insert(bits, size, bloom_hash(&i, 8));
    }
    for (i = 0; i < 10000; i++) {
        assert_true(bloom_may_contain(bits, size, bloom_hash(&i, 8)));
    }
    for (i = 10000; i < 110000; i++) {
        wrong += bloom_may_contain(bits, size, bloom_hash(&i, 8));
    }
    assert_in_range(wrong, 1, 1200); /* at most about 1 % of 100,000 */
    free(bits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_follow_the_formula),
        cmocka_unit_test(hash_is_xxh64),
        cmocka_unit_test(nothing_is_lost_and_little_is_invented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
