/* SPDX-License-Identifier: Apache-2.0 */
/* Superfiles with vector columns of all element types: "v" float32, "h" float16, "d" float64 and
 * "b" int8, each with an index, beside an indexed text column. */
#ifndef INLAY_TESTS_UNIT_SUPERFILE_VECTOR_FIXTURE_H
#define INLAY_TESTS_UNIT_SUPERFILE_VECTOR_FIXTURE_H

#include "support/test.h"

#include "columnar/builder.h"
#include "superfile/superfile.h"
#include "superfile/superfile_builder.h"

#include <stdio.h>
#include <stdlib.h>

enum { VECTOR_COLUMNS = 4 };

static const struct vector_fixture_column {
    const char *name;
    const char *type;
    uint32_t dim;
    enum vector_element element;
    struct superfile_vector_column index;
} vector_fixture_columns[VECTOR_COLUMNS] = {
    {"v", "fixed_list<float32>[24]", 24, VECTOR_F32, {"v", VECTOR_COSINE, 0, 0}},
    {"h", "fixed_list<float16>[16]", 16, VECTOR_F16, {"h", VECTOR_L2, 4, 32}},
    {"d", "fixed_list<float64>[70]", 70, VECTOR_F64, {"d", VECTOR_INNER_PRODUCT, 8, 64}},
    {"b", "fixed_list<int8>[1]", 1, VECTOR_I8, {"b", VECTOR_L2, 8, 0}},
};

/* Small integers, exact in every type. */
static inline int vector_fixture_value(uint64_t row, size_t column, uint32_t k)
{
    struct test_random random = {row * 1000 + column * 100 + k};
    return (int)test_random_below(&random, 201) - 100;
}

static inline bool vector_fixture_null(uint64_t row, size_t column)
{
    return column != 2 && row % (5 + column) == 1;
}

static inline void vector_fixture_schema(struct schema *schema)
{
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    memset(schema, 0, sizeof(*schema));
    (void)schema_add(schema, "title", COLUMN_UTF8, true);
    for (i = 0; i < VECTOR_COLUMNS; i++) {
        struct field *field = schema_add(schema, "?", COLUMN_NULL, true);
        field_free(field);
        assert_ok(field_type_parse(vector_fixture_columns[i].type, field, &err), err);
        free(field->name);
        field->name = strdup(vector_fixture_columns[i].name);
    }
    (void)schema_add(schema, "n", COLUMN_INT64, false);
}

static inline void vector_fixture_row(struct builder *batch, uint64_t row)
{
    char text[64];
    int length = snprintf(text, sizeof(text), "row %llu of many", (unsigned long long)row);
    size_t i;
    uint32_t k;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(builder_bytes_value(builder_child(batch, 0), text, (uint64_t)length, &err), err);
    for (i = 0; i < VECTOR_COLUMNS; i++) {
        struct builder *vector = builder_child(batch, i + 1);
        if (vector_fixture_null(row, i)) {
            assert_ok(builder_null(vector, &err), err);
            continue;
        }
        for (k = 0; k < vector_fixture_columns[i].dim; k++) {
            int value = vector_fixture_value(row, i, k);
            assert_ok(vector_fixture_columns[i].element == VECTOR_I8
                          ? builder_int(builder_child(vector, 0), value, &err)
                          : builder_float(builder_child(vector, 0), value, &err),
                      err);
        }
        assert_ok(builder_close_row(vector, &err), err);
    }
    assert_ok(builder_int(builder_child(batch, VECTOR_COLUMNS + 1), (int64_t)row, &err), err);
    assert_ok(builder_close_row(batch, &err), err);
}

/* Appends rows [first, first + count) as one batch that is a slice of a longer one. */
static inline void vector_fixture_append(struct superfile_builder *builder,
                                         const struct schema *schema, uint64_t first,
                                         uint64_t count)
{
    struct id_span span = {{1000, first}, {1000, first + count - 1}};
    struct builder *batch;
    struct ArrowArray array;
    uint64_t before = first < 3 ? first : 3;
    uint64_t row;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(builder_new_batch(schema, SIZE_MAX, &batch, &err), err);
    for (row = first - before; row < first + count + 2; row++) {
        vector_fixture_row(batch, row);
    }
    assert_ok(builder_finish(batch, &array, &err), err);
    builder_free(batch);
    array.offset += (int64_t)before;
    array.length = (int64_t)count;
    assert_ok(superfile_builder_append(builder, &array, &span, 1, &err), err);
    array.offset -= (int64_t)before;
    array.length += (int64_t)before + 2;
    array.release(&array);
}

/* A superfile of `rows` rows, appended `step` at a time, with so much memory for its indexes. */
static inline void vector_fixture_build(uint64_t rows, uint64_t step, size_t memory,
                                        struct buffer *file, struct superfile_result *result)
{
    struct superfile_vector_column vectors[VECTOR_COLUMNS];
    struct superfile_text_column text = {"title", NULL, true, 1.2, 0.75};
    struct superfile_options options = {.texts = &text,
                                        .text_count = 1,
                                        .memory_budget = memory,
                                        .vectors = vectors,
                                        .vector_count = VECTOR_COLUMNS};
    struct analyzer_config config;
    struct analyzer *analyzer;
    struct superfile_builder *builder;
    struct byte_sink sink;
    struct schema schema;
    uint64_t row;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    analyzer_config_init(&config);
    assert_ok(analyzer_create(&config, &analyzer, &err), err);
    text.analyzer = analyzer;
    for (i = 0; i < VECTOR_COLUMNS; i++) {
        vectors[i] = vector_fixture_columns[i].index;
    }
    vector_fixture_schema(&schema);
    buffer_init(file, SIZE_MAX);
    byte_sink_to_buffer(&sink, file);
    assert_ok(superfile_builder_create(&schema, &options, &sink, &builder, &err), err);
    for (row = 0; row < rows; row += step) {
        vector_fixture_append(builder, &schema, row, rows - row < step ? rows - row : step);
    }
    assert_ok(superfile_builder_finish(builder, result, &err), err);
    assert_int_equal(result->size, file->len);
    assert_int_equal(result->vector_count, VECTOR_COLUMNS);
    for (i = 0; i < VECTOR_COLUMNS; i++) {
        uint64_t wanted = 0;
        for (row = 0; row < rows; row++) {
            wanted += !vector_fixture_null(row, i);
        }
        assert_int_equal(result->vectors[i].summary.vectors, wanted);
        assert_int_equal(result->vectors[i].dim, vector_fixture_columns[i].dim);
        assert_string_equal(result->vectors[i].column, vector_fixture_columns[i].name);
    }
    superfile_builder_free(builder);
    schema_free(&schema);
    analyzer_free(analyzer);
}

#endif
