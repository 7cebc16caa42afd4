/* SPDX-License-Identifier: Apache-2.0 */
#include "random_columns.h"

#include "base/alloc.h"
#include "columnar/colvec_arrow.h"

#include <math.h>

/* For every type and row count: build, slice, append the slice to a new builder, and go through a
 * column vector and back; the rows stay the same. */
static void every_type_survives_every_way(void **state)
{
    struct test_random random = test_random_init(11);
    size_t t;
    size_t n;
    (void)state;
    for (t = 0; t < COLUMN_TYPE_COUNT; t++) {
        for (n = 0; n < ROW_COUNT_COUNT; n++) {
            int64_t rows = row_counts[n];
            int64_t first = (int64_t)test_random_below(&random, (uint64_t)rows + 1);
            int64_t count = (int64_t)test_random_below(&random, (uint64_t)(rows - first) + 1);
            struct field field;
            struct ArrowArray array;
            struct ArrowArray slice;
            struct ArrowArray copy;
            struct ArrowArray back;
            struct array_view view;
            struct builder *b;
            struct colvec vector;
            inlay_error err;
            inlay_error_init(&err);
            assert_ok(field_type_parse(column_types[t], &field, &err), err);
            make_random_array(&random, &field, rows, &array);
            assert_ok(array_share(&array, &err), err);
            assert_ok(array_slice(&array, first, count, &slice, &err), err);
            assert_same_rows(&field, &array, first, count, &slice);

            assert_ok(array_view_open(&field, &slice, ARRAY_CHECK_FULL, INLAY_CORRUPT, &view, &err),
                      err);
            assert_ok(builder_new(&field, 1 << 24, &b, &err), err);
            assert_ok(builder_append(b, &view, 0, count, &err), err);
            assert_ok(builder_finish(b, &copy, &err), err);
            array_view_close(&view);
            assert_same_rows(&field, &array, first, count, &copy);

            assert_ok(colvec_from_arrow(&field, &slice, &vector, &err), err);
            assert_null(slice.release);
            assert_ok(colvec_to_arrow(&vector, &back, &err), err);
            assert_same_rows(&field, &array, first, count, &back);

            colvec_release(&vector);
            array_release(&back);
            array_release(&copy);
            array_release(&array);
            builder_free(b);
            field_free(&field);
        }
    }
}

static void slices_outlive_their_array(void **state)
{
    struct test_random random = test_random_init(12);
    struct field field;
    struct ArrowArray array;
    struct ArrowArray slice;
    struct ArrowArray child;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(field_type_parse("struct<a: int64, b: list<utf8>>", &field, &err), err);
    make_random_array(&random, &field, 50, &array);
    assert_ok(array_share(&array, &err), err);
    assert_ok(array_slice(&array, 10, 20, &slice, &err), err);
    assert_status(array_slice(&array, 40, 11, &child, &err), INLAY_INVALID_ARGUMENT);
    array_release(&array);
    array_move(slice.children[1], &child); /* a consumer may take one child away */
    array_release(&slice);
    assert_same_rows(&field.children[1], &child, 0, child.length, &child);
    array_release(&child);
    field_free(&field);
}

static void values_out_of_range_are_refused(void **state)
{
    static const struct {
        const char *type;
        int64_t value;
        inlay_status status;
    } cases[] = {
        {"int8", 127, INLAY_OK},          {"int8", 128, INLAY_SCHEMA},
        {"int8", -129, INLAY_SCHEMA},     {"uint8", -1, INLAY_SCHEMA},
        {"uint32", UINT32_MAX, INLAY_OK}, {"uint64", -1, INLAY_SCHEMA},
        {"int64", INT64_MIN, INLAY_OK},   {"date32", INT64_C(1) << 40, INLAY_SCHEMA},
        {"utf8", 1, INLAY_SCHEMA},        {"float64", 1, INLAY_SCHEMA},
        {"bool", 1, INLAY_SCHEMA},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct field field;
        struct builder *b;
        inlay_error err;
        inlay_error_init(&err);
        assert_ok(field_type_parse(cases[i].type, &field, &err), err);
        assert_ok(builder_new(&field, 1000, &b, &err), err);
        assert_status(builder_int(b, cases[i].value, &err), cases[i].status);
        assert_int_equal(builder_count(b), cases[i].status == INLAY_OK);
        assert_int_equal(err.row, cases[i].status == INLAY_OK ? -1 : 0);
        builder_free(b);
        field_free(&field);
    }
}

static void the_byte_cap_is_hard(void **state)
{
    struct field field;
    struct builder *b;
    struct ArrowArray array;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(field_type_parse("utf8", &field, &err), err);
    assert_ok(builder_new(&field, 100, &b, &err), err);
    assert_ok(builder_bytes_value(b, "0123456789", 10, &err), err);
    builder_free(b);
    field.type = COLUMN_BINARY;
    assert_ok(builder_new(&field, 100, &b, &err), err);
    assert_status(builder_bytes_value(b, "x", UINT64_MAX, &err), INLAY_OVER_BUDGET);
    while (builder_bytes_value(b, "0123456789", 10, &err) == INLAY_OK) {
    }
    assert_int_equal(err.status, INLAY_OVER_BUDGET);
    assert_int_equal(builder_count(b), 6); /* 15 bytes a row */
    builder_truncate(b, 2);
    assert_int_equal(builder_bytes(b), 30);
    assert_ok(builder_finish(b, &array, &err), err);
    assert_int_equal(array.length, 2);
    assert_int_equal(builder_bytes(b), 0);
    array_release(&array);
    builder_free(b);
    field_free(&field);
}

static void half_rows_can_be_cut_off(void **state)
{
    struct field field;
    struct builder *b;
    struct ArrowArray array;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(field_type_parse("struct<a: int8, b: list<utf8>>", &field, &err), err);
    assert_ok(builder_new(&field, 1000, &b, &err), err);
    assert_ok(builder_int(builder_child(b, 0), 1, &err), err);
    assert_ok(builder_bytes_value(builder_child(builder_child(b, 1), 0), "x", 1, &err), err);
    assert_status(builder_close_row(b, &err), INLAY_SCHEMA); /* the list is still open */
    builder_truncate(b, 0);
    assert_int_equal(builder_bytes(b), 0);
    assert_ok(builder_null(b, &err), err);
    assert_ok(builder_finish(b, &array, &err), err);
    assert_same_rows(&field, &array, 0, 1, &array);
    assert_int_equal(array.null_count, 1);
    array_release(&array);
    builder_free(b);
    field_free(&field);
}

static void nulls_where_there_may_be_none(void **state)
{
    struct field field;
    struct builder *b;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(field_type_parse("int8", &field, &err), err);
    field.nullable = false;
    assert_ok(builder_new(&field, 1000, &b, &err), err);
    assert_status(builder_null(b, &err), INLAY_SCHEMA);
    builder_free(b);
    field_free(&field);
}

static void float16_is_exact_both_ways(void **state)
{
    uint32_t bits;
    (void)state;
    for (bits = 0; bits < 0x10000; bits++) {
        float value = float16_to_float((uint16_t)bits);
        if (!isnan(value)) {
            assert_int_equal(float16_from_double((double)value), bits);
        }
    }
    assert_int_equal(float16_from_double(65519.0), 0x7bff);
    assert_int_equal(float16_from_double(65520.0), 0x7c00);
    assert_int_equal(float16_from_double(1.0 + 1.0 / 2048), 0x3c00); /* tie to even */
    assert_int_equal(float16_from_double(1.0 + 3.0 / 2048), 0x3c02);
    assert_int_equal(float16_from_double(-0x1p-26), 0x8000);
}

/* Codes into a dictionary come out as a plain array, or as an Arrow dictionary when asked for. */
static void dictionary_vectors_become_arrow(void **state)
{
    struct field field;
    struct colvec_string strings[2];
    struct colvec dictionary = {.count = 2, .values = strings};
    const uint32_t codes[] = {1, 0, 7, 1};
    const uint64_t validity[] = {0xfffffffffffffffb}; /* row 2 is null */
    struct colvec vector = {.form = COLVEC_DICTIONARY, .count = 4, .null_count = 1};
    struct ArrowArray array;
    struct array_view view;
    inlay_error err;
    int round;
    (void)state;
    inlay_error_init(&err);
    assert_ok(field_type_parse("utf8", &field, &err), err);
    colvec_string_set(&strings[0], "short", 5);
    colvec_string_set(&strings[1], "longer than twelve bytes", 24);
    dictionary.field = vector.field = &field;
    vector.codes = codes;
    vector.validity = validity;
    vector.dictionary = &dictionary;
    for (round = 0; round < 2; round++) {
        field.dictionary = round == 1;
        assert_ok(colvec_to_arrow(&vector, &array, &err), err);
        assert_int_equal(array.null_count, 1);
        assert_int_equal(array.dictionary != NULL, round == 1);
        assert_ok(array_view_open(&field, &array, ARRAY_CHECK_FULL, INLAY_CORRUPT, &view, &err),
                  err);
        assert_int_equal(array_view_bytes(&view, 0).length, 24);
        assert_memory_equal(array_view_bytes(&view, 1).data, "short", 5);
        assert_true(array_view_is_null(&view, 2));
        assert_null(array_view_bytes(&view, 2).data);
        array_view_close(&view);
        array_release(&array);
    }
    field_free(&field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_survives_every_way),
        cmocka_unit_test(slices_outlive_their_array),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(the_byte_cap_is_hard),
        cmocka_unit_test(half_rows_can_be_cut_off),
        cmocka_unit_test(nulls_where_there_may_be_none),
        cmocka_unit_test(float16_is_exact_both_ways),
        cmocka_unit_test(dictionary_vectors_become_arrow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
