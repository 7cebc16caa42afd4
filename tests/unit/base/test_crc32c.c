/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/cpu.h"
#include "base/crc32c.h"

#include <stdlib.h>

/* The definition, one bit at a time: the oracle of every kernel. */
static uint32_t bitwise(uint32_t polynomial, uint32_t seed, const uint8_t *bytes, size_t length)
{
    uint32_t state = ~seed;
    size_t i;
    int bit;
    for (i = 0; i < length; i++) {
        state ^= bytes[i];
        for (bit = 0; bit < 8; bit++) {
            state = state >> 1 ^ (state & 1 ? polynomial : 0);
        }
    }
    return ~state;
}

static void published_values(void **state)
{
    uint8_t bytes[32];
    size_t i;
    (void)state;
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283u);
    assert_int_equal(crc32_ieee(0, "123456789", 9), 0xcbf43926u);
    assert_int_equal(crc32c(0, NULL, 0), 0);
    memset(bytes, 0, sizeof(bytes)); /* RFC 3720, B.4 */
    assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x8a9136aau);
    memset(bytes, 0xff, sizeof(bytes));
    assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x62a8ab43u);
    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)i;
    }
    assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x46dd794eu);
}

static void every_level_agrees_with_the_definition(void **state)
{
    struct test_random random = test_random_init(1);
    size_t size = 40000;
    uint8_t *bytes = malloc(size);
    int level;
    int round;
    size_t i;
    (void)state;
    for (i = 0; i < size; i++) {
        bytes[i] = (uint8_t)test_random_next(&random);
    }
    for (round = 0; round < 60; round++) {
        size_t offset = test_random_below(&random, 64);
        size_t bound = round % 3 == 0 ? size - 64 : round % 3 == 1 ? 1000 : 50;
        size_t length = test_random_below(&random, bound);
        uint32_t seed = (uint32_t)test_random_next(&random);
        uint32_t expected = bitwise(0x82f63b78u, seed, bytes + offset, length);
        uint32_t expected_ieee = bitwise(0xedb88320u, seed, bytes + offset, length);
        for (level = CPU_SCALAR; level <= (int)cpu_best_level(); level++) {
            if (cpu_force_level((enum cpu_level)level)) {
                assert_int_equal(crc32c(seed, bytes + offset, length), expected);
                assert_int_equal(crc32_ieee(seed, bytes + offset, length), expected_ieee);
            }
        }
    }
    (void)cpu_force_level(cpu_best_level());
    free(bytes);
}

/* Every length around the kernels' block sizes, with exact allocations so that an over-read shows.
 */
static void every_short_length(void **state)
{
    size_t length;
    (void)state;
    for (length = 0; length < 420; length++) {
        uint8_t *bytes = calloc(length != 0 ? length : 1, 1);
        size_t i;
        for (i = 0; i < length; i++) {
            bytes[i] = (uint8_t)(i * 37 + length);
        }
        assert_int_equal(crc32c(7, bytes, length), bitwise(0x82f63b78u, 7, bytes, length));
        assert_int_equal(crc32_ieee(7, bytes, length), bitwise(0xedb88320u, 7, bytes, length));
        free(bytes);
    }
}

static void parts_chain(void **state)
{
    uint8_t bytes[20000];
    size_t cut;
    (void)state;
    for (cut = 0; cut < sizeof(bytes); cut++) {
        bytes[cut] = (uint8_t)(cut * 31 + cut / 256);
    }
    for (cut = 0; cut <= sizeof(bytes); cut += 997) {
        assert_int_equal(crc32c(crc32c(0, bytes, cut), bytes + cut, sizeof(bytes) - cut),
                         crc32c(0, bytes, sizeof(bytes)));
        assert_int_equal(crc32_ieee(crc32_ieee(0, bytes, cut), bytes + cut, sizeof(bytes) - cut),
                         crc32_ieee(0, bytes, sizeof(bytes)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),
        cmocka_unit_test(every_level_agrees_with_the_definition),
        cmocka_unit_test(every_short_length),
        cmocka_unit_test(parts_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
