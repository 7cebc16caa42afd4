/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/error.h"
#include "columnar/builder.h"
#include "superfile/superfile.h"
#include "superfile/superfile_builder.h"

#include <stdio.h>
#include <stdlib.h>

static struct analyzer *analyzer;

static int make_analyzer(void **state)
{
    struct analyzer_config config;
    (void)state;
    analyzer_config_init(&config);
    return analyzer_create(&config, &analyzer, NULL) == INLAY_OK ? 0 : 1;
}

static int free_analyzer(void **state)
{
    (void)state;
    analyzer_free(analyzer);
    return 0;
}

/* title utf8 (null every 7th row), n int64, v fixed list of 4 floats. */
static void make_schema(struct schema *schema)
{
    struct schema item = {NULL, 0};
    struct field *vector;
    memset(schema, 0, sizeof(*schema));
    (void)schema_add(schema, "title", COLUMN_UTF8, true);
    (void)schema_add(schema, "n", COLUMN_INT64, false);
    vector = schema_add(schema, "v", COLUMN_FIXED_LIST, true);
    (void)schema_add(&item, "element", COLUMN_FLOAT32, true);
    vector->width = 4;
    vector->children = item.fields;
    vector->child_count = 1;
}

static void make_batch(const struct schema *schema, uint64_t first, uint64_t rows,
                       struct ArrowArray *out)
{
    struct builder *batch;
    uint64_t i;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(builder_new_batch(schema, SIZE_MAX, &batch, &err), err);
    for (i = first; i < first + rows; i++) {
        char text[96];
        int k;
        int length = snprintf(text, sizeof(text), "Document number%llu about %s and %s",
                              (unsigned long long)i, i % 2 == 0 ? "whales" : "ships",
                              i % 5 == 0 ? "storms" : "harbours");
        if (i % 7 == 0) {
            assert_ok(builder_null(builder_child(batch, 0), &err), err);
        } else {
            assert_ok(builder_bytes_value(builder_child(batch, 0), text, (uint64_t)length, &err),
                      err);
        }
        assert_ok(builder_int(builder_child(batch, 1), (int64_t)i * 3, &err), err);
        for (k = 0; k < 4; k++) {
            assert_ok(builder_float(builder_child(builder_child(batch, 2), 0),
                                    (double)(i + (uint64_t)k), &err),
                      err);
        }
        assert_ok(builder_close_row(builder_child(batch, 2), &err), err);
        assert_ok(builder_close_row(batch, &err), err);
    }
    assert_ok(builder_finish(batch, out, &err), err);
    builder_free(batch);
}

/* A superfile of `rows` rows, appended `step` at a time. */
static void build(uint64_t rows, uint64_t step, struct buffer *file,
                  struct superfile_result *result)
{
    struct superfile_text_column text = {"title", analyzer, true, 1.2, 0.75};
    struct superfile_options options = {.texts = &text, .text_count = 1};
    struct superfile_builder *builder;
    struct byte_sink sink;
    struct schema schema;
    uint64_t row;
    inlay_error err;
    inlay_error_init(&err);
    make_schema(&schema);
    buffer_init(file, SIZE_MAX);
    byte_sink_to_buffer(&sink, file);
    assert_ok(superfile_builder_create(&schema, &options, &sink, &builder, &err), err);
    for (row = 0; row < rows; row += step) {
        uint64_t count = rows - row < step ? rows - row : step;
        struct id_span span = {{1000, row}, {1000, row + count - 1}};
        struct ArrowArray batch;
        make_batch(&schema, row, count, &batch);
        assert_ok(superfile_builder_append(builder, &batch, &span, 1, &err), err);
        batch.release(&batch);
    }
    assert_ok(superfile_builder_finish(builder, result, &err), err);
    assert_int_equal(result->size, file->len);
    assert_int_equal(result->rows, rows);
    assert_int_equal(result->texts[0].summary.documents, rows - (rows + 6) / 7);
    superfile_builder_free(builder);
    schema_free(&schema);
}

static void open_file(const struct buffer *file, uint64_t hot_offset, struct superfile **out)
{
    struct byte_source *source;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(byte_source_from_memory(file->data, file->len, 0, "test.parquet", &source, &err),
              err);
    assert_ok(superfile_open(source, hot_offset, out, &err), err);
    byte_source_release(source);
}

static void check_rows(struct superfile *file, uint64_t rows)
{
    struct parquet_scan_options options;
    struct parquet_scan *scan;
    uint64_t seen = 0;
    inlay_error err;
    inlay_error_init(&err);
    memset(&options, 0, sizeof(options));
    assert_ok(parquet_scan_open(superfile_parquet(file), &options, &scan, &err), err);
    for (;;) {
        struct parquet_batch batch;
        uint64_t i;
        assert_ok(parquet_scan_next(scan, &batch, &err), err);
        if (batch.row_count == 0) {
            break;
        }
        for (i = 0; i < batch.row_count; i++, seen++) {
            const int64_t *ids = batch.columns[0].values;
            const int64_t *n = batch.columns[2].values;
            assert_int_equal(ids[2 * i], seen);
            assert_int_equal(ids[2 * i + 1], 1000);
            assert_int_equal(n[i], seen * 3);
            assert_int_equal(colvec_valid(&batch.columns[1], i), seen % 7 != 0);
        }
        parquet_batch_release(&batch);
    }
    parquet_scan_close(scan);
    assert_int_equal(seen, rows);
}

static void what_was_written_is_read(void **state)
{
    static const uint64_t sizes[] = {1, 127, 128, 129, 5000, 20000};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct superfile_result result;
        struct superfile *file;
        struct text_lookup lookup = {(const uint8_t *)"ships", 5, 0};
        struct buffer bytes;
        uint32_t row;
        uint64_t ships = 0;
        uint64_t n;
        inlay_error err;
        inlay_error_init(&err);
        build(sizes[i], 1000, &bytes, &result);
        open_file(&bytes, i % 2 == 0 ? result.hot_offset : 0, &file);
        assert_int_equal(superfile_rows(file), sizes[i]);
        assert_int_equal(superfile_hot_offset(file), result.hot_offset);
        check_rows(file, sizes[i]);
        for (n = 0; n < sizes[i]; n++) {
            struct id128 id = {1000, n};
            ships += n % 2 == 1 && n % 7 != 0;
            assert_int_equal(id_compare(superfile_id(file, (uint32_t)n), id), 0);
            assert_true(superfile_row(file, id, &row));
            assert_int_equal(row, n);
        }
        assert_non_null(superfile_text(file, "title"));
        assert_null(superfile_text(file, "n"));
        assert_ok(text_index_lookup(superfile_text(file, "title"), &lookup, 1, &err), err);
        assert_int_equal(lookup.df, ships);
        superfile_release(file);
        buffer_free(&bytes);
    }
}

static void same_rows_same_bytes(void **state)
{
    struct superfile_result result;
    struct buffer one;
    struct buffer other;
    (void)state;
    build(10000, 10000, &one, &result);
    build(10000, 333, &other, &result);
    assert_int_equal(one.len, other.len);
    assert_memory_equal(one.data, other.data, one.len);
    buffer_free(&one);
    buffer_free(&other);
}

/* A byte source that counts its reads and has no views. */
struct counting_source {
    struct byte_source base;
    const struct buffer *file;
    int reads;
};

static inlay_status counting_read(struct byte_source *source, const struct byte_range *ranges,
                                  size_t count, inlay_error *err)
{
    struct counting_source *counting = (struct counting_source *)source;
    size_t i;
    (void)err;
    counting->reads++;
    for (i = 0; i < count; i++) {
        memcpy(ranges[i].into, counting->file->data + ranges[i].offset, (size_t)ranges[i].length);
    }
    return INLAY_OK;
}

static void counting_destroy(struct byte_source *source)
{
    (void)source;
}

static void opening_is_one_read(void **state)
{
    static const struct byte_source_ops ops = {counting_read, NULL, counting_destroy};
    struct counting_source source;
    struct superfile_result result;
    struct superfile *file;
    struct buffer bytes;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    build(20000, 5000, &bytes, &result);
    source.file = &bytes;
    source.reads = 0;
    byte_source_init(&source.base, &ops, bytes.len, "counted", NULL);
    assert_ok(superfile_open(&source.base, result.hot_offset, &file, &err), err);
    assert_int_equal(source.reads, 1);
    superfile_release(file);
    buffer_free(&bytes);
}

/* Uses everything an open file offers; any status is fine, bad memory is not. */
static void use(const uint8_t *data, uint64_t size)
{
    struct text_lookup lookups[2] = {{(const uint8_t *)"ships", 5, 0},
                                     {(const uint8_t *)"number3", 7, 0}};
    struct parquet_scan_options options;
    struct parquet_scan *scan = NULL;
    struct byte_source *source;
    struct superfile *file;
    uint64_t row;
    memset(&options, 0, sizeof(options));
    assert_int_equal(byte_source_from_memory(data, size, 0, "damaged", &source, NULL), INLAY_OK);
    if (superfile_open(source, 0, &file, NULL) == INLAY_OK) {
        (void)text_index_lookup(superfile_text(file, "title"), lookups, 2, NULL);
        for (row = 0; row < superfile_rows(file); row++) {
            (void)superfile_id(file, (uint32_t)row);
        }
        if (parquet_scan_open(superfile_parquet(file), &options, &scan, NULL) == INLAY_OK) {
            struct parquet_batch batch;
            while (parquet_scan_next(scan, &batch, NULL) == INLAY_OK && batch.row_count != 0) {
                parquet_batch_release(&batch);
            }
            parquet_scan_close(scan);
        }
        superfile_release(file);
    }
    byte_source_release(source);
}

static void damage_never_crashes(void **state)
{
    struct test_random random = test_random_init(3);
    struct superfile_result result;
    struct buffer bytes;
    uint8_t *copy;
    size_t i;
    (void)state;
    build(300, 100, &bytes, &result);
    for (i = 0; i < bytes.len; i += 1 + test_random_below(&random, 40)) {
        copy = malloc(bytes.len);
        memcpy(copy, bytes.data, bytes.len);
        copy[i] ^= (uint8_t)(1u << test_random_below(&random, 8));
        use(copy, bytes.len);
        free(copy);
    }
    for (i = 0; i < bytes.len; i += 1 + test_random_below(&random, 200)) {
        copy = malloc(i != 0 ? i : 1);
        memcpy(copy, bytes.data, i);
        use(copy, i);
        free(copy);
    }
    buffer_free(&bytes);
}

static void mistakes_are_named(void **state)
{
    struct superfile_text_column text = {"n", analyzer, true, 1.2, 0.75};
    struct superfile_options options = {.texts = &text, .text_count = 1};
    struct superfile_builder *builder;
    struct superfile_result result;
    struct byte_sink sink;
    struct schema schema;
    struct buffer file;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    make_schema(&schema);
    buffer_init(&file, SIZE_MAX);
    byte_sink_to_buffer(&sink, &file);
    assert_status(superfile_builder_create(&schema, &options, &sink, &builder, &err), INLAY_SCHEMA);
    assert_string_equal(err.key, "n");
    options.text_count = 0;
    byte_sink_to_buffer(&sink, &file);
    assert_ok(superfile_builder_create(&schema, &options, &sink, &builder, &err), err);
    assert_status(superfile_builder_finish(builder, &result, &err), INLAY_INVALID_ARGUMENT);
    superfile_builder_free(builder);
    buffer_free(&file);
    schema_free(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read), cmocka_unit_test(same_rows_same_bytes),
        cmocka_unit_test(opening_is_one_read),      cmocka_unit_test(damage_never_crashes),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, make_analyzer, free_analyzer);
}
