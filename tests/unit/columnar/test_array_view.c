/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays as callers make them by hand, good and bad. */
#include "support/test.h"

#include "columnar/array_view.h"

static void release_nothing(struct ArrowArray *array)
{
    array->release = NULL;
}

static struct ArrowArray plain_array(int64_t length, const void **buffers, int64_t count)
{
    struct ArrowArray array;
    memset(&array, 0, sizeof(array));
    array.length = length;
    array.null_count = -1;
    array.buffers = buffers;
    array.n_buffers = count;
    array.release = release_nothing;
    return array;
}

static struct field named_field(const char *type, const char *name)
{
    struct field field;
    inlay_error err;
    struct schema holder = {NULL, 0};
    inlay_error_init(&err);
    assert_ok(field_type_parse(type, &field, &err), err);
    assert_non_null(schema_add(&holder, name, COLUMN_NULL, true));
    field_free(&(struct field){.name = field.name});
    field.name = holder.fields[0].name;
    holder.fields[0].name = NULL;
    schema_free(&holder);
    return field;
}

/* Opens with the full check; the row that the error names, or -1. */
static inlay_status check(const struct field *field, const struct ArrowArray *array, int64_t *row)
{
    struct array_view view;
    inlay_error err;
    inlay_status status;
    inlay_error_init(&err);
    status = array_view_open(field, array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, &view, &err);
    *row = err.row;
    if (status == INLAY_OK) {
        array_view_close(&view);
    } else {
        assert_non_null(strstr(err.message, "col"));
        assert_string_not_equal(err.key, "");
    }
    return status;
}

static void offsets_and_slices_are_honoured(void **state)
{
    static const uint8_t validity[] = {0xfb, 0xff}; /* row 2 of the buffer is null */
    static const int32_t offsets[] = {0, 1, 3, 3, 6};
    const void *buffers[] = {validity, offsets, "abbccc"};
    struct ArrowArray array = plain_array(3, buffers, 3);
    struct field field = named_field("utf8", "col");
    struct byte_view run[3];
    uint8_t valid[3];
    struct array_view view;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    array.offset = 1;
    assert_ok(array_view_open(&field, &array, ARRAY_CHECK_FULL, INLAY_CORRUPT, &view, &err), err);
    assert_int_equal(view.null_count, 1);
    array_view_bytes_run(&view, 0, 3, run);
    assert_int_equal(run[0].length, 2);
    assert_memory_equal(run[0].data, "bb", 2);
    assert_null(run[1].data);
    assert_memory_equal(run[2].data, "ccc", 3);
    assert_int_equal(array_view_valid_run(&view, 0, 3, valid), 2);
    assert_int_equal(valid[1], 0);
    array_view_close(&view);
    field_free(&field);
}

static void unaligned_buffers_are_read(void **state)
{
    uint8_t bytes[1 + 3 * 8];
    const void *buffers[] = {NULL, bytes + 1};
    struct ArrowArray array = plain_array(3, buffers, 2);
    struct field field = named_field("int64", "col");
    struct array_view view;
    inlay_error err;
    int64_t i;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < 3; i++) {
        store_u64(bytes + 1 + 8 * i, (uint64_t)(i - 1));
    }
    assert_ok(array_view_open(&field, &array, ARRAY_CHECK_FULL, INLAY_CORRUPT, &view, &err), err);
    assert_int_equal(array_view_int(&view, 0), -1);
    assert_int_equal(array_view_int(&view, 2), 1);
    array_view_close(&view);
    field_free(&field);
}

static void bad_offsets_are_found(void **state)
{
    static const int32_t descending[] = {0, 4, 2, 6};
    static const int32_t negative[] = {-1, 0, 1, 2};
    const void *buffers[] = {NULL, descending, "abcdef"};
    struct ArrowArray array = plain_array(3, buffers, 3);
    struct field field = named_field("binary", "col");
    int64_t row;
    (void)state;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    assert_int_equal(row, 1);
    buffers[1] = negative;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    assert_int_equal(row, 0);
    field_free(&field);
}

/* The last offset of the array bounds its data, also for a window that ends before it. */
static void offsets_past_the_data_are_found(void **state)
{
    static const int32_t offsets[] = {0, 1000000, 3};
    const void *child_buffers[] = {NULL, offsets, "abc"};
    const void *buffers[] = {NULL};
    struct ArrowArray child = plain_array(2, child_buffers, 3);
    struct ArrowArray *children[] = {&child};
    struct ArrowArray array = plain_array(1, buffers, 1);
    struct field field = named_field("struct<a: utf8>", "col");
    int64_t row;
    (void)state;
    array.n_children = 1;
    array.children = children;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    assert_int_equal(row, 0);
    field_free(&field);
}

static void text_must_be_utf8(void **state)
{
    static const int32_t offsets[] = {0, 2, 3, 5};
    static const int32_t split[] = {0, 1, 2, 5};
    static const uint8_t second_null[] = {0x05};
    const void *buffers[] = {NULL, offsets,
                             "ab\xff"
                             "cd"};
    struct ArrowArray array = plain_array(3, buffers, 3);
    struct field field = named_field("utf8", "col");
    int64_t row;
    (void)state;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    assert_int_equal(row, 1);
    buffers[0] = second_null; /* bytes of null rows do not count */
    assert_status(check(&field, &array, &row), INLAY_OK);
    buffers[0] = NULL;
    buffers[1] = split;
    buffers[2] = "\xc3\xa9"
                 "abc"; /* valid as a whole, but a row ends inside a character */
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    assert_int_equal(row, 0);
    field_free(&field);
}

static void dictionary_indexes_must_be_inside(void **state)
{
    static const int32_t offsets[] = {0, 1, 2};
    static const int8_t good[] = {0, 1, 0};
    static const int8_t bad[] = {0, 2, -1};
    static const uint8_t first_valid[] = {0x01};
    const void *value_buffers[] = {NULL, offsets, "ab"};
    const void *buffers[] = {NULL, good};
    struct ArrowArray values = plain_array(2, value_buffers, 3);
    struct ArrowArray array = plain_array(3, buffers, 2);
    struct field field = named_field("dictionary<utf8>", "col");
    int64_t row;
    (void)state;
    field.index_type = COLUMN_INT8;
    array.dictionary = &values;
    assert_status(check(&field, &array, &row), INLAY_OK);
    buffers[1] = bad;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    assert_int_equal(row, 1);
    buffers[0] = first_valid; /* indexes of null rows do not count */
    assert_status(check(&field, &array, &row), INLAY_OK);
    array.dictionary = NULL;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    field_free(&field);
}

static void decimals_must_fit_their_precision(void **state)
{
    static const struct {
        int64_t value;
        inlay_status status;
    } cases[] = {{99999, INLAY_OK},
                 {100000, INLAY_INVALID_ARGUMENT},
                 {-99999, INLAY_OK},
                 {-100000, INLAY_INVALID_ARGUMENT},
                 {INT64_MIN, INLAY_INVALID_ARGUMENT}};
    struct field field = named_field("decimal128[5, 2]", "col");
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[16];
        const void *buffers[] = {NULL, bytes};
        struct ArrowArray array = plain_array(1, buffers, 2);
        int64_t row;
        store_u64(bytes, (uint64_t)cases[i].value);
        store_u64(bytes + 8, cases[i].value < 0 ? UINT64_MAX : 0);
        assert_status(check(&field, &array, &row), cases[i].status);
    }
    field_free(&field);
}

static void list_errors_name_the_top_row(void **state)
{
    static const int32_t offsets[] = {0, 1, 1, 3};
    static const int32_t past[] = {0, 1, 1, 4};
    static const int32_t text_offsets[] = {0, 1, 2, 3};
    const void *item_buffers[] = {NULL, text_offsets, "ab\xff"};
    const void *buffers[] = {NULL, offsets};
    struct ArrowArray items = plain_array(3, item_buffers, 3);
    struct ArrowArray *children[] = {&items};
    struct ArrowArray array = plain_array(3, buffers, 2);
    struct field field = named_field("list<utf8>", "col");
    int64_t row;
    (void)state;
    array.n_children = 1;
    array.children = children;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    assert_int_equal(row, 2);
    item_buffers[2] = "abc";
    assert_status(check(&field, &array, &row), INLAY_OK);
    buffers[1] = past;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    assert_int_equal(row, 2);
    field_free(&field);
}

/* A null child counts only where its parents are there. */
static void nulls_are_refused_where_they_show(void **state)
{
    static const uint8_t struct_validity[] = {0x01};
    static const uint8_t child_validity[] = {0x01};
    static const int8_t values[] = {1, 2};
    const void *child_buffers[] = {child_validity, values};
    const void *buffers[] = {struct_validity};
    struct ArrowArray child = plain_array(2, child_buffers, 2);
    struct ArrowArray *children[] = {&child};
    struct ArrowArray array = plain_array(2, buffers, 1);
    struct field field = named_field("struct<a: int8 not null>", "col");
    int64_t row;
    (void)state;
    array.n_children = 1;
    array.children = children;
    assert_status(check(&field, &array, &row), INLAY_OK);
    buffers[0] = NULL;
    assert_status(check(&field, &array, &row), INLAY_SCHEMA);
    assert_int_equal(row, 1);
    field_free(&field);
}

static void views_are_read_and_checked(void **state)
{
    uint8_t views[48] = {0};
    static const char data[] = "text longer than twelve";
    uint8_t sizes[8];
    const void *buffers[] = {NULL, views, data, sizes};
    struct ArrowArray array = plain_array(3, buffers, 4);
    struct field field = named_field("utf8", "col");
    struct array_view view;
    inlay_error err;
    int64_t row;
    (void)state;
    inlay_error_init(&err);
    field.view = true;
    store_u64(sizes, sizeof(data) - 1);
    store_u32(views, 5);
    memcpy(views + 4, "short", 5);
    store_u32(views + 32, sizeof(data) - 1);
    assert_ok(array_view_open(&field, &array, ARRAY_CHECK_FULL, INLAY_CORRUPT, &view, &err), err);
    assert_memory_equal(array_view_bytes(&view, 0).data, "short", 5);
    assert_int_equal(array_view_bytes(&view, 1).length, 0);
    assert_memory_equal(array_view_bytes(&view, 2).data, data, sizeof(data) - 1);
    array_view_close(&view);
    store_u32(views + 44, 1); /* one byte further */
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    assert_int_equal(row, 2);
    store_u32(views + 44, 0);
    store_u32(views + 40, 1); /* another buffer */
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    field_free(&field);
}

static void bad_shapes_are_refused(void **state)
{
    static const int64_t values[4] = {0};
    const void *buffers[] = {NULL, values, NULL};
    struct ArrowArray array = plain_array(2, buffers, 2);
    struct ArrowArray good = array;
    struct field field = named_field("int64", "col");
    int64_t row;
    (void)state;
    assert_status(check(&field, &array, &row), INLAY_OK);
    array.n_buffers = 3;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    array = good;
    array.offset = -1;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    array = good;
    array.length = -1;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    array = good;
    array.offset = INT64_MAX;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    array = good;
    array.null_count = 1; /* but no bitmap */
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    array = good;
    array.n_children = 1;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    array = good;
    array.release = NULL;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    array = good;
    buffers[1] = NULL;
    assert_status(check(&field, &array, &row), INLAY_INVALID_ARGUMENT);
    array.length = 0; /* nothing is needed for no rows */
    assert_status(check(&field, &array, &row), INLAY_OK);
    field_free(&field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_and_slices_are_honoured),
        cmocka_unit_test(unaligned_buffers_are_read),
        cmocka_unit_test(bad_offsets_are_found),
        cmocka_unit_test(offsets_past_the_data_are_found),
        cmocka_unit_test(text_must_be_utf8),
        cmocka_unit_test(dictionary_indexes_must_be_inside),
        cmocka_unit_test(decimals_must_fit_their_precision),
        cmocka_unit_test(list_errors_name_the_top_row),
        cmocka_unit_test(nulls_are_refused_where_they_show),
        cmocka_unit_test(views_are_read_and_checked),
        cmocka_unit_test(bad_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
