/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "parquet/thrift.h"

static void every_kind_of_field_comes_back(void **state)
{
    struct buffer b;
    struct reader r;
    struct thrift_struct s;
    struct thrift_struct inner;
    struct thrift_field f = {0, THRIFT_STOP};
    size_t length;
    int i;
    (void)state;
    buffer_init(&b, 4096);
    s = thrift_struct_begin(&b);
    thrift_put_bool(&s, 1, true);
    thrift_put_bool(&s, 2, false);
    thrift_put_i8(&s, 3, -7);
    thrift_put_i16(&s, 4, INT16_MIN);
    thrift_put_i32(&s, 40, INT32_MIN); /* the id does not fit the short form */
    thrift_put_i64(&s, 41, INT64_MIN);
    thrift_put_binary(&s, 42, "abc", 3);
    inner = thrift_put_struct(&s, 43);
    thrift_put_i32(&inner, 1, 5);
    thrift_struct_end(&inner);
    thrift_put_list(&s, 44, THRIFT_I32, 20); /* the count does not fit the short form */
    for (i = 0; i < 20; i++) {
        thrift_add_i32(&b, i * i - 100);
    }
    thrift_struct_end(&s);
    assert_int_equal(b.status, INLAY_OK);
    reader_init(&r, b.data, b.len, 0);
    assert_true(thrift_next_field(&r, &f) && f.id == 1 && thrift_field_bool(&r, &f));
    assert_true(thrift_next_field(&r, &f) && f.id == 2 && !thrift_field_bool(&r, &f));
    assert_true(thrift_next_field(&r, &f) && thrift_field_i8(&r, &f) == -7);
    assert_true(thrift_next_field(&r, &f) && thrift_field_i16(&r, &f) == INT16_MIN);
    assert_true(thrift_next_field(&r, &f) && f.id == 40);
    assert_true(thrift_field_i32(&r, &f) == INT32_MIN);
    assert_true(thrift_next_field(&r, &f) && thrift_field_i64(&r, &f) == INT64_MIN);
    assert_true(thrift_next_field(&r, &f));
    assert_memory_equal(thrift_field_binary(&r, &f, &length), "abc", 3);
    assert_int_equal(length, 3);
    assert_true(thrift_next_field(&r, &f) && f.id == 43);
    thrift_skip_field(&r, &f);
    assert_true(thrift_next_field(&r, &f) && f.id == 44);
    assert_int_equal(thrift_field_list(&r, &f, THRIFT_I32), 20);
    for (i = 0; i < 20; i++) {
        assert_int_equal(thrift_element_i32(&r), i * i - 100);
    }
    assert_false(thrift_next_field(&r, &f));
    reader_expect_end(&r, "tail");
    assert_true(reader_ok(&r));
    buffer_free(&b);
}

static void golden_bytes(void **state)
{
    /* Field 1: i32 = 1; field 16 (long form): list of two booleans; end. */
    static const uint8_t expected[] = {0x15, 0x02, 0x09, 0x20, 0x21, 0x01, 0x02, 0x00};
    struct buffer b;
    struct thrift_struct s;
    (void)state;
    buffer_init(&b, 64);
    s = thrift_struct_begin(&b);
    thrift_put_i32(&s, 1, 1);
    s.last_id = 0; /* forces the long form of the id */
    thrift_put_list(&s, 16, THRIFT_TRUE, 2);
    thrift_add_bool(&b, true);
    thrift_add_bool(&b, false);
    thrift_struct_end(&s);
    assert_int_equal(b.len, sizeof(expected));
    assert_memory_equal(b.data, expected, sizeof(expected));
    buffer_free(&b);
}

static void wrong_type_is_refused(void **state)
{
    static const uint8_t bytes[] = {0x15, 0x02, 0x00}; /* an i32 */
    struct thrift_field f = {0, THRIFT_STOP};
    struct reader r;
    (void)state;
    reader_init(&r, bytes, sizeof(bytes), 0);
    assert_true(thrift_next_field(&r, &f));
    assert_int_equal(thrift_field_i64(&r, &f), 0);
    assert_false(reader_ok(&r));
}

static void deep_nesting_is_refused(void **state)
{
    uint8_t bytes[4096];
    struct thrift_field f = {0, THRIFT_STOP};
    struct reader r;
    (void)state;
    memset(bytes, 0x1c, sizeof(bytes)); /* struct in struct in struct ... */
    reader_init(&r, bytes, sizeof(bytes), 0);
    assert_true(thrift_next_field(&r, &f));
    thrift_skip_field(&r, &f);
    assert_false(reader_ok(&r));
    memset(bytes, 0x19, sizeof(bytes)); /* list of list of list ... */
    reader_init(&r, bytes, sizeof(bytes), 0);
    memset(&f, 0, sizeof(f));
    assert_true(thrift_next_field(&r, &f));
    thrift_skip_field(&r, &f);
    assert_false(reader_ok(&r));
}

static void list_longer_than_the_data_is_refused(void **state)
{
    static const uint8_t bytes[] = {0x19, 0xf5, 0xff, 0xff, 0xff, 0x07, 0x02};
    struct thrift_field f = {0, THRIFT_STOP};
    struct reader r;
    (void)state;
    reader_init(&r, bytes, sizeof(bytes), 0);
    assert_true(thrift_next_field(&r, &f));
    assert_int_equal(thrift_field_list(&r, &f, THRIFT_I32), 0);
    assert_false(reader_ok(&r));
}

static void any_bytes_end(void **state)
{
    struct test_random random = test_random_init(7);
    int i;
    (void)state;
    for (i = 0; i < 20000; i++) {
        uint8_t bytes[64];
        struct thrift_field f = {0, THRIFT_STOP};
        struct reader r;
        size_t k;
        for (k = 0; k < sizeof(bytes); k++) {
            bytes[k] = (uint8_t)test_random_next(&random);
        }
        reader_init(&r, bytes, sizeof(bytes), 0);
        while (thrift_next_field(&r, &f)) {
            thrift_skip_field(&r, &f);
        }
        assert_true(r.p <= r.end);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_field_comes_back),
        cmocka_unit_test(golden_bytes),
        cmocka_unit_test(wrong_type_is_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(list_longer_than_the_data_is_refused),
        cmocka_unit_test(any_bytes_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
