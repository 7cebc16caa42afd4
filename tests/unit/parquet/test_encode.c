/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/bytes.h"
#include "parquet/decode_bits.h"
#include "parquet/decode_delta.h"
#include "parquet/decode_rle.h"
#include "parquet/encode.h"

#include <stdlib.h>

/* Sizes around every group, miniblock and block border. */
static const size_t counts[] = {0, 1, 7, 8, 9, 31, 32, 33, 127, 128, 129, 130, 255, 256, 257, 1000};
#define COUNT_COUNT (sizeof(counts) / sizeof(counts[0]))
#define MOST 1000

static void hybrid_comes_back_at_every_width(void **state)
{
    struct test_random random = test_random_init(1);
    static uint32_t values[MOST];
    static uint32_t found[MOST];
    unsigned width;
    (void)state;
    for (width = 1; width <= 32; width++) {
        uint32_t mask = width == 32 ? UINT32_MAX : (1u << width) - 1;
        size_t c;
        for (c = 0; c < COUNT_COUNT; c++) {
            size_t count = counts[c];
            struct rle_decoder decoder;
            struct buffer b;
            size_t i = 0;
            buffer_init(&b, 1 << 20);
            while (i < count) { /* runs of random length, so that both kinds of run appear */
                size_t run = 1 + test_random_below(&random, 2 + test_random_below(&random, 30));
                uint32_t value = (uint32_t)test_random_next(&random) & mask;
                for (; run > 0 && i < count; run--) {
                    values[i++] = value;
                }
            }
            encode_hybrid_u32(values, count, width, &b);
            assert_int_equal(b.status, INLAY_OK);
            assert_true(rle_decoder_init(&decoder, b.data, b.len, width));
            assert_int_equal(rle_decoder_read(&decoder, count, found), count);
            if (count != 0) {
                assert_memory_equal(found, values, count * sizeof(values[0]));
            }
            buffer_free(&b);
        }
    }
}

static void levels_and_words_encode_alike(void **state)
{
    struct test_random random = test_random_init(2);
    static uint8_t levels[MOST];
    static uint32_t words[MOST];
    struct buffer a;
    struct buffer b;
    size_t i;
    (void)state;
    for (i = 0; i < MOST; i++) {
        levels[i] = (uint8_t)(i < 300 ? 3 : test_random_below(&random, 4));
        words[i] = levels[i];
    }
    buffer_init(&a, 1 << 20);
    buffer_init(&b, 1 << 20);
    encode_hybrid_u8(levels, MOST, 2, &a);
    encode_hybrid_u32(words, MOST, 2, &b);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    buffer_free(&a);
    buffer_free(&b);
}

static void hybrid_golden(void **state)
{
    /* The format's example: 0 to 7 in three bits; then ten times 5. */
    static const uint32_t values[] = {0, 1, 2, 3, 4, 5, 6, 7, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
    static const uint8_t expected[] = {0x03, 0x88, 0xc6, 0xfa, 0x14, 0x05};
    struct buffer b;
    (void)state;
    buffer_init(&b, 64);
    encode_hybrid_u32(values, 18, 3, &b);
    assert_int_equal(b.len, sizeof(expected));
    assert_memory_equal(b.data, expected, sizeof(expected));
    buffer_free(&b);
}

static uint64_t delta_value(struct test_random *random, unsigned kind, size_t i)
{
    switch (kind) {
    case 0:
        return i * 1000;
    case 1:
        return test_random_next(random); /* deltas wrap */
    case 2:
        return (uint64_t) - (int64_t)test_random_below(random, 100);
    case 3:
        return 7;
    default:
        return i % 2 != 0 ? (uint64_t)INT64_MAX : (uint64_t)INT64_MIN;
    }
}

static void deltas_come_back(void **state)
{
    struct test_random random = test_random_init(3);
    static uint8_t values[MOST * 8];
    static uint64_t found[MOST];
    unsigned width;
    unsigned kind;
    size_t c;
    (void)state;
    for (width = 4; width <= 8; width += 4) {
        for (kind = 0; kind < 5; kind++) {
            for (c = 0; c < COUNT_COUNT; c++) {
                struct delta_decoder decoder;
                struct buffer b;
                inlay_error err;
                size_t i;
                inlay_error_init(&err);
                buffer_init(&b, 1 << 20);
                for (i = 0; i < counts[c]; i++) {
                    uint64_t v = delta_value(&random, kind, i);
                    if (width == 8) {
                        store_u64(values + 8 * i, v);
                    } else {
                        store_u32(values + 4 * i, (uint32_t)v);
                    }
                }
                encode_delta(values, counts[c], width, &b);
                assert_int_equal(b.status, INLAY_OK);
                assert_ok(delta_decoder_init(&decoder, b.data, b.len, &err), err);
                assert_ok(delta_decoder_read(&decoder, counts[c], found, &err), err);
                for (i = 0; i < counts[c]; i++) {
                    if (width == 8) {
                        assert_true(found[i] == load_u64(values + 8 * i));
                    } else {
                        assert_true((uint32_t)found[i] == load_u32(values + 4 * i));
                    }
                }
                buffer_free(&b);
            }
        }
    }
}

static void bit_packing_matches_the_oracle(void **state)
{
    struct test_random random = test_random_init(4);
    uint64_t values[100];
    unsigned width;
    (void)state;
    for (width = 1; width <= 64; width++) {
        struct buffer b;
        size_t i;
        buffer_init(&b, 1 << 16);
        for (i = 0; i < 100; i++) {
            values[i] = test_random_next(&random) >> (64 - width);
        }
        encode_bit_pack(values, 100, width, &b);
        assert_int_equal(b.len, (100 * width + 7) / 8);
        for (i = 0; i < 100; i++) {
            assert_true(bits_unpack_one(b.data, b.len, width, i) == values[i]);
        }
        buffer_free(&b);
    }
}

static void byte_arrays_and_streams(void **state)
{
    static const uint8_t lengths[] = {1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0};
    static const uint8_t plain[] = {1, 0, 0, 0, 'a', 0, 0, 0, 0, 2, 0, 0, 0, 'b', 'c'};
    static const uint8_t numbers[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t split[] = {1, 5, 2, 6, 3, 7, 4, 8};
    static const uint8_t booleans[] = {1, 0, 1, 1, 0, 0, 0, 0, 1};
    static const uint8_t bits[] = {0x0d, 0x01};
    struct buffer b;
    (void)state;
    buffer_init(&b, 1024);
    encode_plain_bytes(lengths, (const uint8_t *)"abc", 3, &b);
    assert_int_equal(b.len, sizeof(plain));
    assert_memory_equal(b.data, plain, sizeof(plain));
    buffer_clear(&b);
    encode_byte_stream_split(numbers, 2, 4, &b);
    assert_memory_equal(b.data, split, sizeof(split));
    buffer_clear(&b);
    encode_booleans(booleans, 9, &b);
    assert_int_equal(b.len, 2);
    assert_memory_equal(b.data, bits, 2);
    buffer_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hybrid_comes_back_at_every_width),
        cmocka_unit_test(levels_and_words_encode_alike),
        cmocka_unit_test(hybrid_golden),
        cmocka_unit_test(deltas_come_back),
        cmocka_unit_test(bit_packing_matches_the_oracle),
        cmocka_unit_test(byte_arrays_and_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
