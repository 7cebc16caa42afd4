/* SPDX-License-Identifier: Apache-2.0 */
/* Random arrays of every type, made through the builder, and comparison of views row by row. */
#ifndef INLAY_TESTS_UNIT_COLUMNAR_RANDOM_COLUMNS_H
#define INLAY_TESTS_UNIT_COLUMNAR_RANDOM_COLUMNS_H

#include "support/test.h"

#include "base/bytes.h"
#include "columnar/array.h"
#include "columnar/array_view.h"
#include "columnar/builder.h"

static const char *const column_types[] = {
    "null",
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "utf8",
    "large_utf8",
    "binary",
    "large_binary",
    "fixed_binary[3]",
    "date32",
    "date64",
    "time32[s]",
    "time64[ns]",
    "timestamp[us]",
    "timestamp[ms, UTC]",
    "decimal128[38, 0]",
    "decimal128[7, 2]",
    "duration[s]",
    "list<int32>",
    "list<utf8>",
    "large_list<list<bool>>",
    "fixed_list<float32>[4]",
    "fixed_list<utf8>[2]",
    "struct<a: int64, b: utf8 not null, c: list<float64>>",
    "list<struct<x: bool, y: fixed_list<int16>[3]>>",
};
#define COLUMN_TYPE_COUNT (sizeof(column_types) / sizeof(column_types[0]))

static const int64_t row_counts[] = {0, 1, 7, 8, 9, 63, 64, 65};
#define ROW_COUNT_COUNT (sizeof(row_counts) / sizeof(row_counts[0]))

static inline void append_random(struct test_random *random, struct builder *b);

static inline void append_random_text(struct test_random *random, struct builder *b)
{
    static const char *const pieces[] = {
        "a", "bc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "long piece of text"};
    char text[128];
    size_t length = 0;
    uint64_t n;
    inlay_error err;
    inlay_error_init(&err);
    for (n = test_random_below(random, 5); n > 0; n--) {
        const char *piece = pieces[test_random_below(random, 6)];
        memcpy(text + length, piece, strlen(piece));
        length += strlen(piece);
    }
    assert_ok(builder_bytes_value(b, text, length, &err), err);
}

static inline void append_random_fixed(struct test_random *random, struct builder *b)
{
    const struct field *field = builder_field(b);
    uint8_t value[16] = {0};
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    if (field->type == COLUMN_DECIMAL128) {
        int64_t small = (int64_t)test_random_below(random, 19999999) - 9999999;
        uint64_t high = small < 0 ? UINT64_MAX : 0;
        store_u64(value, (uint64_t)small);
        store_u64(value + 8, high);
    } else {
        uint64_t n = test_random_next(random);
        store_u64(value, n);
        /* Finite floats only: NaN does not compare. */
        i = column_type_width(field) - 1;
        if (field->type == COLUMN_FLOAT16 || field->type == COLUMN_FLOAT32 ||
            field->type == COLUMN_FLOAT64) {
            value[i] &= 0xbf;
        }
    }
    assert_ok(builder_fixed(b, value, &err), err);
}

static inline void append_random_nested(struct test_random *random, struct builder *b)
{
    const struct field *field = builder_field(b);
    uint64_t items =
        field->type == COLUMN_FIXED_LIST ? (uint64_t)field->width : test_random_below(random, 4);
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    if (field->type == COLUMN_STRUCT) {
        for (i = 0; i < field->child_count; i++) {
            append_random(random, builder_child(b, i));
        }
    } else {
        for (; items > 0; items--) {
            append_random(random, builder_child(b, 0));
        }
    }
    assert_ok(builder_close_row(b, &err), err);
}

static inline void append_random(struct test_random *random, struct builder *b)
{
    const struct field *field = builder_field(b);
    inlay_error err;
    inlay_error_init(&err);
    if (field->nullable && (field->type == COLUMN_NULL || test_random_below(random, 4) == 0)) {
        assert_ok(builder_null(b, &err), err);
    } else if (column_type_is_nested(field->type)) {
        append_random_nested(random, b);
    } else if (column_type_is_string(field->type)) {
        append_random_text(random, b);
    } else if (field->type == COLUMN_BOOL) {
        assert_ok(builder_bool(b, test_random_below(random, 2) != 0, &err), err);
    } else {
        append_random_fixed(random, b);
    }
}

static inline void make_random_array(struct test_random *random, const struct field *field,
                                     int64_t rows, struct ArrowArray *out)
{
    struct builder *b;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(builder_new(field, 1 << 24, &b, &err), err);
    for (; rows > 0; rows--) {
        append_random(random, b);
    }
    assert_ok(builder_finish(b, out, &err), err);
    builder_free(b);
}

static inline void assert_same_row(const struct array_view *a, int64_t i,
                                   const struct array_view *b, int64_t j)
{
    size_t c;
    assert_int_equal(array_view_is_null(a, i), array_view_is_null(b, j));
    if (array_view_is_null(a, i)) {
        return;
    }
    if (column_type_is_string(a->field->type)) {
        struct byte_view x = array_view_bytes(a, i);
        struct byte_view y = array_view_bytes(b, j);
        assert_int_equal(x.length, y.length);
        assert_memory_equal(x.data, y.data, x.length);
    } else if (a->field->type == COLUMN_BOOL) {
        assert_int_equal(array_view_bool(a, i), array_view_bool(b, j));
    } else if (a->field->type == COLUMN_STRUCT) {
        for (c = 0; c < a->child_count; c++) {
            assert_same_row(&a->children[c], i, &b->children[c], j);
        }
    } else if (column_type_is_nested(a->field->type)) {
        int64_t a_begin;
        int64_t a_end;
        int64_t b_begin;
        int64_t b_end;
        array_view_list(a, i, &a_begin, &a_end);
        array_view_list(b, j, &b_begin, &b_end);
        assert_int_equal(a_end - a_begin, b_end - b_begin);
        for (; a_begin < a_end; a_begin++, b_begin++) {
            assert_same_row(&a->children[0], a_begin, &b->children[0], b_begin);
        }
    } else {
        assert_memory_equal(array_view_fixed(a, i), array_view_fixed(b, j),
                            column_type_width(a->field));
    }
}

/* Rows [first, first + count) of `a` are the rows of `b`. */
static inline void assert_same_rows(const struct field *field, const struct ArrowArray *a,
                                    int64_t first, int64_t count, const struct ArrowArray *b)
{
    struct array_view left;
    struct array_view right;
    inlay_error err;
    int64_t i;
    inlay_error_init(&err);
    assert_ok(array_view_open(field, a, ARRAY_CHECK_FULL, INLAY_CORRUPT, &left, &err), err);
    assert_ok(array_view_open(field, b, ARRAY_CHECK_FULL, INLAY_CORRUPT, &right, &err), err);
    assert_int_equal(right.length, count);
    for (i = 0; i < count; i++) {
        assert_same_row(&left, first + i, &right, i);
    }
    array_view_close(&left);
    array_view_close(&right);
}

#endif
