/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/buffer.h"
#include "base/reader.h"

static void numbers_come_back(void **state)
{
    struct buffer b;
    struct reader r;
    (void)state;
    buffer_init(&b, 1024);
    buffer_u8(&b, 7);
    buffer_u16(&b, 0xbeef);
    buffer_u32(&b, 0xdeadbeef);
    buffer_u64(&b, UINT64_MAX - 1);
    buffer_varint(&b, 0);
    buffer_varint(&b, 127);
    buffer_varint(&b, 128);
    buffer_varint(&b, UINT64_MAX);
    buffer_f32(&b, 1.5f);
    buffer_f64(&b, -2.25);
    assert_int_equal(b.status, INLAY_OK);
    reader_init(&r, b.data, b.len, 100);
    assert_int_equal(reader_u8(&r), 7);
    assert_int_equal(reader_u16(&r), 0xbeef);
    assert_int_equal(reader_u32(&r), 0xdeadbeef);
    assert_true(reader_u64(&r) == UINT64_MAX - 1);
    assert_int_equal(reader_varint(&r), 0);
    assert_int_equal(reader_varint(&r), 127);
    assert_int_equal(reader_varint(&r), 128);
    assert_true(reader_varint(&r) == UINT64_MAX);
    assert_true(reader_f32(&r) == 1.5f);
    assert_true(reader_f64(&r) == -2.25);
    reader_expect_end(&r, "tail");
    assert_true(reader_ok(&r));
    assert_int_equal(reader_u8(&r), 0);
    assert_false(reader_ok(&r));
    buffer_free(&b);
}

static void failure_sticks_and_names_its_offset(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3};
    struct reader r;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    reader_init(&r, bytes, sizeof(bytes), 40);
    (void)reader_u16(&r);
    (void)reader_u32(&r);
    assert_int_equal(reader_u8(&r), 0); /* there is a byte, but the failure sticks */
    assert_int_equal(reader_left(&r), 0);
    assert_status(reader_status(&r, "header", &err), INLAY_CORRUPT);
    assert_int_equal(err.offset, 42);
    assert_string_equal(err.message, "header: unexpected end of data at byte 42");
}

static void overlong_varint_is_refused(void **state)
{
    static const uint8_t eleven[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    struct reader r;
    (void)state;
    reader_init(&r, eleven, sizeof(eleven), 0);
    (void)reader_varint(&r);
    assert_false(reader_ok(&r));
}

static void nested_reader_keeps_inside(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6};
    struct reader r;
    struct reader sub;
    (void)state;
    reader_init(&r, bytes, sizeof(bytes), 0);
    sub = reader_sub(&r, 2);
    assert_int_equal(reader_u16(&sub), 0x0201);
    (void)reader_u8(&sub);
    assert_false(reader_ok(&sub));
    assert_true(reader_ok(&r));
    assert_int_equal(reader_u8(&r), 3);
    sub = reader_sub(&r, 9);
    assert_false(reader_ok(&sub));
    assert_false(reader_ok(&r));
}

static void buffer_cap_is_hard(void **state)
{
    struct buffer b;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&b, 4);
    buffer_u32(&b, 1);
    assert_int_equal(b.status, INLAY_OK);
    buffer_u8(&b, 1);
    assert_status(buffer_status(&b, &err), INLAY_OVER_BUDGET);
    buffer_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(failure_sticks_and_names_its_offset),
        cmocka_unit_test(overlong_varint_is_refused),
        cmocka_unit_test(nested_reader_keeps_inside),
        cmocka_unit_test(buffer_cap_is_hard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
