/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/bytes.h"
#include "columnar/utf8.h"
#include "parquet/value_order.h"

#include <math.h>

static struct parquet_bytes bytes_of(const char *text)
{
    struct parquet_bytes b = {(const uint8_t *)text, strlen(text)};
    return b;
}

static void integers_order_by_their_sign(void **state)
{
    uint8_t values[12];
    struct value_bounds b;
    (void)state;
    store_u32(values, 5);
    store_u32(values + 4, (uint32_t)-3);
    store_u32(values + 8, 7);
    b = value_bounds_fixed(VALUE_ORDER_INT32, values, 3, 4);
    assert_ptr_equal(b.min.data, values + 4);
    assert_ptr_equal(b.max.data, values + 8);
    b = value_bounds_fixed(VALUE_ORDER_UINT32, values, 3, 4);
    assert_ptr_equal(b.min.data, values);
    assert_ptr_equal(b.max.data, values + 4);
    b = value_bounds_fixed(VALUE_ORDER_INT32, values, 0, 4);
    assert_null(b.min.data);
}

static void decimals_order_by_their_sign(void **state)
{
    uint8_t values[32] = {0};
    struct value_bounds b;
    (void)state;
    values[0] = 0x80; /* the least */
    values[31] = 1;
    b = value_bounds_fixed(VALUE_ORDER_DECIMAL, values, 2, 16);
    assert_ptr_equal(b.min.data, values);
    assert_ptr_equal(b.max.data, values + 16);
}

static void nans_and_zeros_of_floats(void **state)
{
    static const float some[] = {NAN, 0.0f, 2.0f, NAN};
    static const float nans[] = {NAN, NAN};
    static const float zeros[] = {0.0f};
    static const uint8_t minus_zero[4] = {0, 0, 0, 0x80};
    struct value_bounds b;
    float value;
    (void)state;
    b = value_bounds_fixed(VALUE_ORDER_FLOAT, (const uint8_t *)some, 4, 4);
    assert_true(b.has_nan);
    assert_memory_equal(b.min.data, minus_zero, 4);
    memcpy(&value, b.max.data, 4);
    assert_true(value == 2.0f);
    b = value_bounds_fixed(VALUE_ORDER_FLOAT, (const uint8_t *)nans, 2, 4);
    assert_true(b.has_nan);
    assert_null(b.min.data);
    b = value_bounds_fixed(VALUE_ORDER_FLOAT, (const uint8_t *)zeros, 1, 4);
    assert_memory_equal(b.min.data, minus_zero, 4);
    assert_memory_equal(b.max.data, zeros, 4);
}

static void byte_arrays_order_as_unsigned_bytes(void **state)
{
    static const uint8_t lengths[] = {2, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 11, 0, 0, 0};
    static const uint8_t data[] = "zzabcdefghi\xff"
                                  "abcdefghi\xffz";
    struct value_bounds b = value_bounds_bytes(lengths, data, 4);
    (void)state;
    assert_int_equal(b.min.length, 0);
    assert_int_equal(b.max.length, 2);
    b = value_bounds_bytes(lengths + 8, data + 2, 2); /* equal in the first ten bytes */
    assert_int_equal(b.min.length, 10);
    assert_int_equal(b.max.length, 11);
    b = value_bounds_bytes(lengths + 4, NULL, 1);
    assert_non_null(b.min.data);
    assert_int_equal(b.max.length, 0);
}

static void bounds_are_cut_between_characters(void **state)
{
    uint8_t out[64];
    size_t length;
    (void)state;
    assert_int_equal(value_truncate_min(bytes_of("abc"), 4, true), 3);
    assert_int_equal(value_truncate_min(bytes_of("abcd\xc3\xa4"), 5, true), 4);
    assert_int_equal(value_truncate_min(bytes_of("abcd\xc3\xa4"), 5, false), 5);
    length = value_truncate_max(bytes_of("abcde"), 4, true, out);
    assert_int_equal(length, 4);
    assert_memory_equal(out, "abce", 4);
    /* U+007F grows to two bytes, which do not fit: the character before is increased. */
    length = value_truncate_max(bytes_of("ab\x7f"
                                         "c"),
                                3, true, out);
    assert_int_equal(length, 2);
    assert_memory_equal(out, "ac", 2);
    /* Past U+D7FF comes U+E000. */
    length = value_truncate_max(bytes_of("\xed\x9f\xbf"
                                         "c"),
                                3, true, out);
    assert_int_equal(length, 3);
    assert_memory_equal(out, "\xee\x80\x80", 3);
    /* U+10FFFF has no successor. */
    assert_int_equal(value_truncate_max(bytes_of("\xf4\x8f\xbf\xbf"
                                                 "c"),
                                        4, true, out),
                     0);
    assert_int_equal(value_truncate_max(bytes_of("\xff\xff\xff"), 2, false, out), 0);
    length = value_truncate_max(bytes_of("a\xff\xff"), 2, false, out);
    assert_int_equal(length, 1);
    assert_memory_equal(out, "b", 1);
}

static void any_cut_is_a_bound(void **state)
{
    static const char *const alphabet[] = {"a",
                                           "\x7f",
                                           "\xc3\xbf",
                                           "\xdf\xbf",
                                           "\xef\xbf\xbf",
                                           "\xf0\x9f\x98\x80",
                                           "\xf4\x8f\xbf\xbf"};
    struct test_random random = test_random_init(11);
    int round;
    (void)state;
    for (round = 0; round < 20000; round++) {
        char text[128] = "";
        uint8_t out[64];
        struct parquet_bytes value;
        struct parquet_bytes bound;
        size_t limit = 1 + test_random_below(&random, 12);
        while (strlen(text) <= limit) {
            strcat(text, alphabet[test_random_below(&random, 7)]);
        }
        value = bytes_of(text);
        bound.data = value.data;
        bound.length = value_truncate_min(value, limit, true);
        assert_true(bound.length <= limit && utf8_valid(bound.data, bound.length));
        assert_true(value_compare(VALUE_ORDER_BYTES, bound, value) <= 0);
        bound.data = out;
        bound.length = value_truncate_max(value, limit, true, out);
        assert_true(bound.length <= limit && utf8_valid(bound.data, bound.length));
        assert_true(bound.length == 0 || value_compare(VALUE_ORDER_BYTES, bound, value) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_order_by_their_sign),
        cmocka_unit_test(decimals_order_by_their_sign),
        cmocka_unit_test(nans_and_zeros_of_floats),
        cmocka_unit_test(byte_arrays_order_as_unsigned_bytes),
        cmocka_unit_test(bounds_are_cut_between_characters),
        cmocka_unit_test(any_cut_is_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
