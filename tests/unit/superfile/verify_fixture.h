/* SPDX-License-Identifier: Apache-2.0 */
/* Files for the tests of verify and layout: superfiles of chosen shapes in memory. */
#ifndef INLAY_TESTS_UNIT_SUPERFILE_VERIFY_FIXTURE_H
#define INLAY_TESTS_UNIT_SUPERFILE_VERIFY_FIXTURE_H

#include "../columnar/random_columns.h"

#include "superfile/superfile_builder.h"

#include <stdio.h>
#include <stdlib.h>

static inline void fixture_schema(struct schema *schema)
{
    struct field *field;
    inlay_error err;
    inlay_error_init(&err);
    memset(schema, 0, sizeof(*schema));
    (void)schema_add(schema, "title", COLUMN_UTF8, true);
    (void)schema_add(schema, "n", COLUMN_INT64, false);
    (void)schema_add(schema, "kind", COLUMN_UTF8, false);
    (void)schema_add(schema, "price", COLUMN_FLOAT64, true);
    (void)schema_add(schema, "nothing", COLUMN_INT32, true);
    field = schema_add(schema, "v", COLUMN_NULL, true);
    field_free(field);
    assert_ok(field_type_parse("fixed_list<float32>[4]", field, &err), err);
    free(field->name);
    field->name = strdup("v");
    field->nullable = true;
}

static inline void fixture_row(struct builder *batch, uint64_t i)
{
    static const char *const kinds[] = {"ship", "whale", "island"};
    char text[128];
    int length;
    int k;
    inlay_error err;
    inlay_error_init(&err);
    length =
        snprintf(text, sizeof(text), "Document number%llu about %s and %s%s", (unsigned long long)i,
                 i % 2 == 0 ? "whales" : "ships", i % 5 == 0 ? "storms storms" : "harbours",
                 i % 11 == 0 ? " with a tail that is longer than a bound may be" : "");
    if (i % 7 == 3) {
        assert_ok(builder_null(builder_child(batch, 0), &err), err);
    } else {
        assert_ok(builder_bytes_value(builder_child(batch, 0), text, (uint64_t)length, &err), err);
    }
    assert_ok(builder_int(builder_child(batch, 1), (int64_t)(i * i % 1009), &err), err);
    assert_ok(
        builder_bytes_value(builder_child(batch, 2), kinds[i % 3], strlen(kinds[i % 3]), &err),
        err);
    assert_ok(builder_float(builder_child(batch, 3), (double)(i % 17) * 0.5, &err), err);
    assert_ok(builder_null(builder_child(batch, 4), &err), err);
    for (k = 0; k < 4; k++) {
        assert_ok(builder_float(builder_child(builder_child(batch, 5), 0),
                                (double)(i + (uint64_t)k), &err),
                  err);
    }
    assert_ok(builder_close_row(builder_child(batch, 5), &err), err);
    assert_ok(builder_close_row(batch, &err), err);
}

/* Adds the batch's rows with ids that have a gap after every `span` rows. */
static inline void fixture_append(struct superfile_builder *builder, struct ArrowArray *batch,
                                  uint64_t first, uint64_t span)
{
    uint64_t rows = (uint64_t)batch->length;
    struct id_span *spans = calloc(rows, sizeof(*spans));
    size_t count = 0;
    uint64_t row;
    inlay_error err;
    inlay_error_init(&err);
    for (row = 0; row < rows; row += span, count++) {
        uint64_t last = row + span < rows ? row + span - 1 : rows - 1;
        spans[count].first = (struct id128){7, first + row + count};
        spans[count].last = (struct id128){7, first + last + count};
    }
    assert_ok(superfile_builder_append(builder, batch, spans, count, &err), err);
    free(spans);
}

static inline void fixture_superfile(uint64_t rows, uint64_t span, bool positions,
                                     struct buffer *file)
{
    struct analyzer_config config;
    struct analyzer *analyzer;
    struct superfile_text_column text = {"title", NULL, positions, 1.2, 0.75};
    struct superfile_options options = {.texts = &text, .text_count = 1};
    struct superfile_builder *builder;
    struct superfile_result result;
    struct builder *batch;
    struct ArrowArray array;
    struct byte_sink sink;
    struct schema schema;
    uint64_t row;
    inlay_error err;
    inlay_error_init(&err);
    analyzer_config_init(&config);
    assert_ok(analyzer_create(&config, &analyzer, &err), err);
    text.analyzer = analyzer;
    fixture_schema(&schema);
    buffer_init(file, SIZE_MAX);
    byte_sink_to_buffer(&sink, file);
    assert_ok(superfile_builder_create(&schema, &options, &sink, &builder, &err), err);
    assert_ok(builder_new_batch(&schema, SIZE_MAX, &batch, &err), err);
    for (row = 0; row < rows; row++) {
        fixture_row(batch, row);
    }
    assert_ok(builder_finish(batch, &array, &err), err);
    builder_free(batch);
    fixture_append(builder, &array, 0, span);
    array.release(&array);
    assert_ok(superfile_builder_finish(builder, &result, &err), err);
    superfile_builder_free(builder);
    schema_free(&schema);
    analyzer_free(analyzer);
}

#endif
