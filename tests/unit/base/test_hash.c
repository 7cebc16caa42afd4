/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/hash.h"
#include "base/hex.h"

static void published_values(void **state)
{
    char text[HASH_BLAKE3_TEXT_SIZE];
    (void)state;
    assert_true(hash_xxh64("", 0, 0) == 0xef46db3751d8e999u);
    assert_true(hash_xxh64("abc", 3, 0) == 0x44bc2cf5ad770999u);
    assert_true(hash_xxh3_64("", 0) == 0x2d06800538d394c2u);
    hash_blake3_hex("", 0, text);
    assert_string_equal(text, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
    hash_blake3_hex("abc", 3, text);
    assert_string_equal(text, "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
}

static void incremental_equals_one_shot(void **state)
{
    struct test_random random = test_random_init(2);
    uint8_t bytes[10000];
    uint8_t whole[HASH_BLAKE3_SIZE];
    uint8_t parts[HASH_BLAKE3_SIZE];
    struct hash_blake3 hasher;
    size_t done = 0;
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)test_random_next(&random);
    }
    hash_blake3(bytes, sizeof(bytes), whole);
    hash_blake3_init(&hasher);
    while (done < sizeof(bytes)) {
        size_t step = test_random_below(&random, 1500);
        step = step < sizeof(bytes) - done ? step : sizeof(bytes) - done;
        hash_blake3_update(&hasher, bytes + done, step);
        hash_blake3_final(&hasher, parts); /* looking does not disturb */
        done += step;
    }
    hash_blake3_final(&hasher, parts);
    assert_memory_equal(whole, parts, sizeof(whole));
}

static void text_form(void **state)
{
    char text[HASH_BLAKE3_TEXT_SIZE];
    uint8_t digest[HASH_BLAKE3_SIZE];
    uint8_t again[HASH_BLAKE3_SIZE];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    hash_blake3("x", 1, digest);
    hash_blake3_to_text(digest, text);
    assert_ok(hash_blake3_from_text(text, strlen(text), again, &err), err);
    assert_memory_equal(digest, again, sizeof(digest));
    assert_status(hash_blake3_from_text(text, 63, again, &err), INLAY_INVALID_ARGUMENT);
    text[10] = 'g';
    assert_status(hash_blake3_from_text(text, 64, again, &err), INLAY_INVALID_ARGUMENT);
    assert_int_equal(err.offset, 10);
}

static void hex_of_all_bytes(void **state)
{
    uint8_t bytes[256];
    uint8_t again[256];
    char text[513];
    int i;
    (void)state;
    for (i = 0; i < 256; i++) {
        bytes[i] = (uint8_t)i;
    }
    hex_encode(bytes, sizeof(bytes), text);
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text + 2 * 0xa5, "a5a6", 4);
    assert_int_equal(hex_decode(text, sizeof(again), again), 512);
    assert_memory_equal(bytes, again, sizeof(bytes));
    assert_int_equal(hex_decode("AbCdEf", 3, again), 6);
    assert_int_equal(again[2], 0xef);
    for (i = 1; i < 256; i++) { /* what is accepted is exactly the digits */
        char pair[2] = {'0', (char)i};
        bool digit = strchr("0123456789abcdefABCDEF", i) != NULL;
        assert_int_equal(hex_decode(pair, 1, again), digit ? 2 : 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),
        cmocka_unit_test(incremental_equals_one_shot),
        cmocka_unit_test(text_form),
        cmocka_unit_test(hex_of_all_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
