/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "columnar/builder.h"
#include "columnar/scalar_text.h"
#include "columnar/value_text.h"

#include <math.h>
#include <string.h>

/* A builder of one column of the type, and its first rows as text and as JSON. */
struct column {
    struct field field;
    struct builder *builder;
};

static void column_begin(struct column *column, const char *type)
{
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(field_type_parse(type, &column->field, &err), err);
    assert_ok(builder_new(&column->field, UINT64_MAX, &column->builder, &err), err);
}

/* Compares every row with texts[2 * row] (plain) and texts[2 * row + 1] (JSON). */
static void column_check(struct column *column, const char *const *texts)
{
    struct ArrowArray array;
    struct array_view view;
    struct buffer out;
    inlay_error err;
    int64_t row;
    inlay_error_init(&err);
    buffer_init(&out, SIZE_MAX);
    assert_ok(builder_finish(column->builder, &array, &err), err);
    assert_ok(
        array_view_open(&column->field, &array, ARRAY_CHECK_FULL, INLAY_INTERNAL, &view, &err),
        err);
    for (row = 0; row < view.length; row++) {
        buffer_clear(&out);
        value_text_plain(&out, &view, row);
        buffer_u8(&out, 0);
        assert_string_equal((const char *)out.data, texts[2 * row]);
        buffer_clear(&out);
        value_text_json(&out, &view, row);
        buffer_u8(&out, 0);
        assert_string_equal((const char *)out.data, texts[2 * row + 1]);
    }
    buffer_free(&out);
    array_view_close(&view);
    array.release(&array);
    builder_free(column->builder);
    field_free(&column->field);
}

static void integers(const char *type, const int64_t *values, size_t count,
                     const char *const *texts)
{
    struct column column;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    column_begin(&column, type);
    for (i = 0; i < count; i++) {
        assert_ok(builder_int(column.builder, values[i], &err), err);
    }
    assert_ok(builder_null(column.builder, &err), err);
    column_check(&column, texts);
}

static void numbers(void **state)
{
    static const int64_t wide[] = {INT64_MIN, INT64_MAX};
    static const char *const wide_texts[] = {"-9223372036854775808",
                                             "-9223372036854775808",
                                             "9223372036854775807",
                                             "9223372036854775807",
                                             "",
                                             "null"};
    static const char *const unsigned_texts[] = {"18446744073709551615", "18446744073709551615"};
    static const char *const bool_texts[] = {"true", "true", "false", "false", "", "null"};
    static const char *const float_texts[] = {"0.1",  "0.1",  "NaN", "null",
                                              "-inf", "null", "1.0", "1.0"};
    struct column column;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    integers("int64", wide, 2, wide_texts);
    integers("duration[ms]", wide, 2, wide_texts);
    column_begin(&column, "uint64");
    assert_ok(builder_uint(column.builder, UINT64_MAX, &err), err);
    column_check(&column, unsigned_texts);
    column_begin(&column, "bool");
    assert_ok(builder_bool(column.builder, true, &err), err);
    assert_ok(builder_bool(column.builder, false, &err), err);
    assert_ok(builder_null(column.builder, &err), err);
    column_check(&column, bool_texts);
    column_begin(&column, "float32");
    assert_ok(builder_float(column.builder, (double)0.1f, &err), err);
    assert_ok(builder_float(column.builder, NAN, &err), err);
    assert_ok(builder_float(column.builder, -INFINITY, &err), err);
    assert_ok(builder_float(column.builder, 1, &err), err);
    column_check(&column, float_texts);
}

static void decimals(void **state)
{
    static const char *const texts[] = {"-123.45", "\"-123.45\"", "0.05", "\"0.05\"", "", "null"};
    static const char *const wide[] = {"99999999999999999999999999999999999999",
                                       "\"99999999999999999999999999999999999999\"", "0", "\"0\""};
    struct column column;
    __int128 value = -12345;
    int i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    column_begin(&column, "decimal128[7, 2]");
    assert_ok(builder_fixed(column.builder, &value, &err), err);
    value = 5;
    assert_ok(builder_fixed(column.builder, &value, &err), err);
    assert_ok(builder_null(column.builder, &err), err);
    column_check(&column, texts);
    column_begin(&column, "decimal128[38, 0]");
    for (value = 0, i = 0; i < 38; i++) {
        value = value * 10 + 9;
    }
    assert_ok(builder_fixed(column.builder, &value, &err), err);
    value = 0;
    assert_ok(builder_fixed(column.builder, &value, &err), err);
    column_check(&column, wide);
}

static void instants(void **state)
{
    static const int64_t days[] = {0, -1, 20603, -719528, 2932897};
    static const char *const day_texts[] = {
        "1970-01-01",  "\"1970-01-01\"",  "1969-12-31", "\"1969-12-31\"",
        "2026-05-30",  "\"2026-05-30\"",  "0000-01-01", "\"0000-01-01\"",
        "10000-01-01", "\"10000-01-01\"", "",           "null"};
    static const int64_t stamps[] = {0, -1, 1500000};
    static const char *const stamp_texts[] = {"1970-01-01T00:00:00Z",
                                              "\"1970-01-01T00:00:00Z\"",
                                              "1969-12-31T23:59:59.999999Z",
                                              "\"1969-12-31T23:59:59.999999Z\"",
                                              "1970-01-01T00:00:01.500Z",
                                              "\"1970-01-01T00:00:01.500Z\"",
                                              "",
                                              "null"};
    static const int64_t nanos[] = {1, 86399000000000};
    static const char *const nano_texts[] = {
        "00:00:00.000000001", "\"00:00:00.000000001\"", "23:59:59", "\"23:59:59\"", "", "null"};
    static const int64_t midnights[] = {86400000};
    static const char *const midnight_texts[] = {"1970-01-02T00:00:00", "\"1970-01-02T00:00:00\"",
                                                 "", "null"};
    (void)state;
    integers("date32", days, 5, day_texts);
    integers("timestamp[us, Europe/Berlin]", stamps, 3, stamp_texts);
    integers("time64[ns]", nanos, 2, nano_texts);
    integers("date64", midnights, 1, midnight_texts);
}

static void texts_and_bytes(void **state)
{
    static const char *const words[] = {
        "", "\"\"", "a\"b\\\n\x01\xe2\x80\xa8\xc3\xa4", "\"a\\\"b\\\\\\n\\u0001\\u2028\xc3\xa4\"",
        "", "null"};
    static const char *const bytes[] = {"\\x",      "\"\"",  "\\x00ff10",
                                        "\"AP8Q\"", "\\x41", "\"QQ==\""};
    struct column column;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    column_begin(&column, "utf8");
    assert_ok(builder_bytes_value(column.builder, "", 0, &err), err);
    assert_ok(builder_bytes_value(column.builder, words[2], strlen(words[2]), &err), err);
    assert_ok(builder_null(column.builder, &err), err);
    column_check(&column, words);
    column_begin(&column, "binary");
    assert_ok(builder_bytes_value(column.builder, "", 0, &err), err);
    assert_ok(builder_bytes_value(column.builder, "\x00\xff\x10", 3, &err), err);
    assert_ok(builder_bytes_value(column.builder, "A", 1, &err), err);
    column_check(&column, bytes);
}

static void nested(void **state)
{
    static const char *const lists[] = {"[1,null]", "[1,null]", "[]", "[]", "", "null"};
    static const char *const structs[] = {"{\"a\":5,\"b\":\"x\"}", "{\"a\":5,\"b\":\"x\"}"};
    struct column column;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    column_begin(&column, "list<int32>");
    assert_ok(builder_int(builder_child(column.builder, 0), 1, &err), err);
    assert_ok(builder_null(builder_child(column.builder, 0), &err), err);
    assert_ok(builder_close_row(column.builder, &err), err);
    assert_ok(builder_close_row(column.builder, &err), err);
    assert_ok(builder_null(column.builder, &err), err);
    column_check(&column, lists);
    column_begin(&column, "struct<a: int64, b: utf8>");
    assert_ok(builder_int(builder_child(column.builder, 0), 5, &err), err);
    assert_ok(builder_bytes_value(builder_child(column.builder, 1), "x", 1, &err), err);
    assert_ok(builder_close_row(column.builder, &err), err);
    column_check(&column, structs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),         cmocka_unit_test(decimals), cmocka_unit_test(instants),
        cmocka_unit_test(texts_and_bytes), cmocka_unit_test(nested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
