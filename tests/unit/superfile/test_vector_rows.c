/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/error.h"
#include "columnar/array_view.h"
#include "columnar/builder.h"
#include "parquet/writer.h"
#include "superfile/vector_rows.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum nulls { NOT_NULLABLE, NO_NULLS, SOME_NULLS, LATE_NULLS, ALL_NULL };

/* A file with an unrelated nested column, a vector column, and one more. */
struct shape {
    const char *element;
    enum column_type type;
    uint32_t stored; /* bytes of an element in the file */
    uint32_t dim;
    uint32_t rows;
    enum nulls nulls;
};

static bool row_is_null(const struct shape *shape, uint32_t row)
{
    switch (shape->nulls) {
    case SOME_NULLS:
        return row % 7 == 3 || (row >= 130 && row < 260);
    case LATE_NULLS: /* in the second row group, some pages */
        return row >= 1100 && row < 1103;
    case ALL_NULL:
        return true;
    default:
        return false;
    }
}

/* Small integers: exact in every element type. */
static int element_value(uint32_t row, uint32_t k)
{
    return (int)((row * 31 + k * 7) % 201) - 100;
}

/* The vector as it is stored. */
static void stored_row(const struct shape *shape, uint32_t row, uint8_t *out)
{
    uint32_t k;
    for (k = 0; k < shape->dim; k++) {
        int value = element_value(row, k);
        float single = (float)value;
        double wide = (double)value;
        switch (shape->type) {
        case COLUMN_FLOAT32:
            memcpy(out + 4 * (size_t)k, &single, 4);
            break;
        case COLUMN_FLOAT64:
            memcpy(out + 8 * (size_t)k, &wide, 8);
            break;
        case COLUMN_INT8:
            store_u32(out + 4 * (size_t)k, (uint32_t)value);
            break;
        default: /* checked through float16_to_float */
            memcpy(out + 2 * (size_t)k, &(uint16_t){0}, 2);
            break;
        }
    }
}

static void check_row(const struct shape *shape, uint32_t row, const uint8_t *found)
{
    uint8_t expected[8 * 1024];
    uint32_t k;
    assert_non_null(found);
    if (shape->type == COLUMN_FLOAT16) {
        for (k = 0; k < shape->dim; k++) {
            assert_int_equal((int)float16_to_float(load_u16(found + 2 * (size_t)k)),
                             element_value(row, k));
        }
        return;
    }
    stored_row(shape, row, expected);
    assert_memory_equal(found, expected, (size_t)shape->dim * shape->stored);
}

static void make_schema(const struct shape *shape, struct schema *schema)
{
    struct field *field;
    char type[64];
    inlay_error err;
    inlay_error_init(&err);
    memset(schema, 0, sizeof(*schema));
    field = schema_add(schema, "pair", COLUMN_NULL, true);
    field_free(field);
    assert_ok(field_type_parse("struct<a: int64, b: list<int32>>", field, &err), err);
    free(field->name);
    field->name = strdup("pair");
    field->nullable = true;
    field = schema_add(schema, "v", COLUMN_NULL, true);
    field_free(field);
    (void)snprintf(type, sizeof(type), "fixed_list<%s>[%u]", shape->element, shape->dim);
    assert_ok(field_type_parse(type, field, &err), err);
    free(field->name);
    field->name = strdup("v");
    field->nullable = shape->nulls != NOT_NULLABLE;
    (void)schema_add(schema, "n", COLUMN_INT64, false);
}

static void append_row(const struct shape *shape, uint32_t row, struct builder *batch)
{
    struct builder *vector = builder_child(batch, 1);
    uint32_t k;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(builder_null(builder_child(batch, 0), &err), err);
    if (row_is_null(shape, row)) {
        assert_ok(builder_null(vector, &err), err);
    } else {
        for (k = 0; k < shape->dim; k++) {
            struct builder *item = builder_child(vector, 0);
            int value = element_value(row, k);
            assert_ok(shape->type == COLUMN_INT8 ? builder_int(item, value, &err)
                                                 : builder_float(item, value, &err),
                      err);
        }
        assert_ok(builder_close_row(vector, &err), err);
    }
    assert_ok(builder_int(builder_child(batch, 2), row, &err), err);
    assert_ok(builder_close_row(batch, &err), err);
}

static void build(const struct shape *shape, struct buffer *file)
{
    struct parquet_column_options columns[3] = {{0}};
    struct parquet_writer_options options;
    struct parquet_writer *writer;
    struct builder *batch;
    struct ArrowArray array;
    struct byte_sink sink;
    struct schema schema;
    uint32_t row;
    inlay_error err;
    inlay_error_init(&err);
    make_schema(shape, &schema);
    buffer_init(file, SIZE_MAX);
    byte_sink_to_buffer(&sink, file);
    columns[1].raw = true;
    parquet_writer_options_init(&options);
    options.columns = columns;
    options.column_count = 3;
    options.row_group_rows = 1000;
    options.page_bytes = 4096;
    assert_ok(parquet_writer_create(&options, &schema, &sink, &writer, &err), err);
    assert_ok(builder_new_batch(&schema, SIZE_MAX, &batch, &err), err);
    for (row = 0; row < shape->rows; row++) {
        append_row(shape, row, batch);
    }
    assert_ok(builder_finish(batch, &array, &err), err);
    builder_free(batch);
    assert_ok(parquet_writer_append_arrow(writer, &array, &err), err);
    array.release(&array);
    assert_ok(parquet_writer_close(writer, NULL, 0, &err), err);
    parquet_writer_free(writer);
    schema_free(&schema);
}

/* A byte source that counts what is asked of it; without views unless `resident`. */
struct counting_source {
    struct byte_source base;
    const uint8_t *data;
    bool resident;
    _Atomic int reads;
    _Atomic uint64_t bytes;
};

static inlay_status counting_read(struct byte_source *source, const struct byte_range *ranges,
                                  size_t count, inlay_error *err)
{
    struct counting_source *counting = (struct counting_source *)source;
    size_t i;
    (void)err;
    counting->reads++;
    for (i = 0; i < count; i++) {
        memcpy(ranges[i].into, counting->data + ranges[i].offset, (size_t)ranges[i].length);
        counting->bytes += ranges[i].length;
    }
    return INLAY_OK;
}

static const uint8_t *counting_view(struct byte_source *source, uint64_t offset, uint64_t length)
{
    struct counting_source *counting = (struct counting_source *)source;
    (void)length;
    return counting->resident ? counting->data + offset : NULL;
}

static void counting_destroy(struct byte_source *source)
{
    (void)source;
}

static const struct byte_source_ops counting_ops = {counting_read, counting_view, counting_destroy};

struct opened {
    struct counting_source source;
    struct parquet_reader *reader;
    struct raw_column *column;
    struct vector_rows rows;
};

static void open_file(const uint8_t *data, size_t size, bool resident, struct opened *out)
{
    inlay_error err;
    inlay_error_init(&err);
    memset(out, 0, sizeof(*out));
    out->source.data = data;
    out->source.resident = resident;
    byte_source_init(&out->source.base, &counting_ops, size, "vectors", NULL);
    assert_ok(parquet_reader_open(&out->source.base, NULL, &out->reader, &err), err);
    assert_ok(raw_column_create(out->reader, &out->source.base, 1, &out->column, &err), err);
    vector_rows_over(out->column, &out->rows);
    out->source.reads = 0;
    out->source.bytes = 0;
}

static void close_file(struct opened *file)
{
    raw_column_free(file->column);
    parquet_reader_close(file->reader);
    byte_source_release(&file->source.base);
}

static void check_nulls(const struct shape *shape, struct opened *file, uint32_t first,
                        uint32_t count)
{
    uint64_t *words = malloc((count / 64 + 1) * sizeof(*words));
    uint32_t i;
    inlay_error err;
    inlay_error_init(&err);
    memset(words, 0xff, (count / 64 + 1) * sizeof(*words));
    assert_ok(file->rows.nulls(file->rows.context, first, count, words, &err), err);
    for (i = 0; i < count; i++) {
        assert_int_equal(words[i / 64] >> (i % 64) & 1, row_is_null(shape, first + i));
    }
    for (; i % 64 != 0; i++) {
        assert_int_equal(words[i / 64] >> (i % 64) & 1, 0);
    }
    free(words);
}

/* Reads some of the rows, about one of `one_of`, and compares them. Returns how many. */
static size_t check_read(const struct shape *shape, struct opened *file, uint64_t one_of,
                         struct test_random *random)
{
    size_t width = (size_t)shape->dim * shape->stored;
    uint32_t *rows = malloc((shape->rows + 1) * sizeof(*rows));
    size_t count = 0;
    uint8_t *out;
    uint32_t row;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    for (row = 0; row < shape->rows; row++) {
        if (!row_is_null(shape, row) && test_random_below(random, one_of) == 0) {
            rows[count++] = row;
        }
    }
    out = malloc(count * width + 1);
    assert_ok(file->rows.read(file->rows.context, rows, count, out, &err), err);
    for (i = 0; i < count; i++) {
        check_row(shape, rows[i], out + i * width);
    }
    free(out);
    free(rows);
    return count;
}

static void check_views(const struct shape *shape, struct opened *file)
{
    uint32_t i;
    for (i = 0; i < shape->rows; i++) {
        uint32_t row = (uint32_t)((uint64_t)i * 7919 % shape->rows); /* back and forth */
        const void *found = file->rows.view(file->rows.context, row);
        if (!file->source.resident || row_is_null(shape, row)) {
            assert_null(found);
        } else {
            check_row(shape, row, found);
        }
    }
    assert_null(file->rows.view(file->rows.context, shape->rows));
}

static void check_shape(const struct shape *shape, struct test_random *random)
{
    struct buffer bytes;
    int way;
    build(shape, &bytes);
    for (way = 0; way < 6; way++) {
        struct opened file;
        uint32_t first = (uint32_t)test_random_below(random, shape->rows);
        open_file(bytes.data, bytes.len, way % 2 == 0, &file);
        if (way / 2 == 0) {
            check_views(shape, &file);
            (void)check_read(shape, &file, 3, random);
        } else if (way / 2 == 1) {
            (void)check_read(shape, &file, 40, random);
            (void)check_read(shape, &file, 1, random);
        }
        check_nulls(shape, &file, first, (uint32_t)test_random_below(random, shape->rows - first));
        check_nulls(shape, &file, 0, shape->rows);
        check_views(shape, &file);
        (void)check_read(shape, &file, 9, random);
        close_file(&file);
    }
    buffer_free(&bytes);
}

static void every_type_and_pattern_reads_exactly(void **state)
{
    static const struct shape shapes[] = {
        {
            "float32",
            COLUMN_FLOAT32,
            4,
            96,
            2500,
            NO_NULLS,
        },
        {"float32", COLUMN_FLOAT32, 4, 96, 2500, SOME_NULLS},
        {"float32", COLUMN_FLOAT32, 4, 5, 2500, LATE_NULLS},
        {"float32", COLUMN_FLOAT32, 4, 1, 3000, SOME_NULLS},
        {"float32", COLUMN_FLOAT32, 4, 1, 1000, NOT_NULLABLE},
        {"float32", COLUMN_FLOAT32, 4, 33, 64, ALL_NULL},
        {"float16", COLUMN_FLOAT16, 2, 64, 2100, SOME_NULLS},
        {"float16", COLUMN_FLOAT16, 2, 3, 2100, NOT_NULLABLE},
        {"float64", COLUMN_FLOAT64, 8, 16, 1200, SOME_NULLS},
        {"float64", COLUMN_FLOAT64, 8, 1024, 40, NO_NULLS},
        {"int8", COLUMN_INT8, 4, 16, 2400, SOME_NULLS},
        {"int8", COLUMN_INT8, 4, 128, 1300, LATE_NULLS},
        {"int8", COLUMN_INT8, 4, 7, 1, NO_NULLS},
    };
    struct test_random random = test_random_init(11);
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        check_shape(&shapes[i], &random);
    }
}

static void a_read_is_one_wave(void **state)
{
    const struct shape full = {"float32", COLUMN_FLOAT32, 4, 256, 3000, NO_NULLS};
    const struct shape holes = {"float32", COLUMN_FLOAT32, 4, 256, 3000, LATE_NULLS};
    struct test_random random = test_random_init(12);
    struct buffer bytes;
    struct opened file;
    size_t count;
    uint64_t row = 256 * 4;
    uint64_t indexes;
    (void)state;
    build(&full, &bytes);
    open_file(bytes.data, bytes.len, false, &file);
    assert_null(file.rows.view(file.rows.context, 5));
    assert_int_equal(file.source.reads, 1); /* the offset indexes of all row groups */
    indexes = file.source.bytes;
    assert_true(indexes < 3 * 4096);
    count = check_read(&full, &file, 60, &random);
    assert_int_equal(file.source.reads, 2);
    assert_true(file.source.bytes - indexes >= count * row);
    assert_true(file.source.bytes - indexes < count * (row + 4096));
    check_nulls(&full, &file, 0, 3000); /* nothing to be read */
    assert_int_equal(file.source.reads, 2);
    close_file(&file);
    buffer_free(&bytes);

    build(&holes, &bytes);
    open_file(bytes.data, bytes.len, false, &file);
    check_nulls(&holes, &file, 0, 1000);
    assert_int_equal(file.source.reads, 1); /* the first row group has none */
    check_nulls(&holes, &file, 1000, 200);
    assert_int_equal(file.source.reads, 2);
    check_nulls(&holes, &file, 1000, 200);
    assert_int_equal(file.source.reads, 2); /* kept */
    (void)check_read(&holes, &file, 1, &random);
    assert_int_equal(file.source.reads, 3);
    close_file(&file);
    buffer_free(&bytes);
}

static void mistakes_and_damage_are_named(void **state)
{
    const struct shape shape = {"float32", COLUMN_FLOAT32, 4, 64, 300, SOME_NULLS};
    const uint32_t null_row[] = {1, 3};
    const uint32_t outside[] = {1, 300};
    const uint32_t whole[] = {1, 2};
    struct buffer bytes;
    struct opened file;
    struct raw_column *other;
    uint64_t words[5];
    uint8_t out[2 * 64 * 4];
    const uint8_t *at;
    int resident;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    build(&shape, &bytes);
    for (resident = 0; resident < 2; resident++) {
        open_file(bytes.data, bytes.len, resident != 0, &file);
        assert_status(file.rows.read(file.rows.context, null_row, 2, out, &err),
                      INLAY_INVALID_ARGUMENT);
        assert_int_equal(err.row, 3);
        assert_status(file.rows.read(file.rows.context, outside, 2, out, &err),
                      INLAY_INVALID_ARGUMENT);
        assert_status(file.rows.nulls(file.rows.context, 299, 2, words, &err),
                      INLAY_INVALID_ARGUMENT);
        assert_status(raw_column_create(file.reader, &file.source.base, 0, &other, &err),
                      INLAY_CORRUPT);
        close_file(&file);
    }
    open_file(bytes.data, bytes.len, true, &file);
    at = file.rows.view(file.rows.context, 2);
    assert_non_null(at);
    bytes.data[at - bytes.data] ^= 1;
    close_file(&file);
    for (resident = 0; resident < 2; resident++) { /* the row group has nulls: pages are read */
        open_file(bytes.data, bytes.len, resident != 0, &file);
        assert_null(file.rows.view(file.rows.context, 2));
        assert_status(file.rows.read(file.rows.context, whole, 2, out, &err), INLAY_CORRUPT);
        assert_string_equal(err.key, "vectors");
        close_file(&file);
    }
    buffer_free(&bytes);
}

/* Any damage gives an error or some values; never an access outside the file. */
static void damage_never_crashes(void **state)
{
    struct test_random random = test_random_init(13);
    const struct shape shape = {"float16", COLUMN_FLOAT16, 2, 16, 1500, SOME_NULLS};
    static uint32_t rows[1500];
    static uint8_t out[1500 * 32];
    static uint64_t words[24];
    struct buffer bytes;
    int round;
    uint32_t i;
    (void)state;
    build(&shape, &bytes);
    for (i = 0; i < 1500; i++) {
        rows[i] = i;
    }
    for (round = 0; round < 1500; round++) {
        struct byte_source *source;
        struct parquet_reader *reader;
        struct raw_column *column = NULL;
        struct vector_rows vectors;
        size_t at = round % 2 == 0 ? bytes.len - 1 - test_random_below(&random, bytes.len / 8)
                                   : test_random_below(&random, bytes.len);
        uint8_t *copy = malloc(bytes.len);
        memcpy(copy, bytes.data, bytes.len);
        copy[at] ^= (uint8_t)(1u << test_random_below(&random, 8));
        assert_int_equal(byte_source_from_memory(copy, bytes.len, 0, "damaged", &source, NULL),
                         INLAY_OK);
        if (parquet_reader_open(source, NULL, &reader, NULL) == INLAY_OK) {
            if (parquet_reader_rows(reader) == 1500 && parquet_reader_schema(reader)->count == 3 &&
                raw_column_create(reader, source, 1, &column, NULL) == INLAY_OK &&
                column->row_bytes <= 32) {
                vector_rows_over(column, &vectors);
                for (i = 0; i < 1500; i += 50) {
                    (void)vectors.view(vectors.context, i);
                    (void)vectors.read(vectors.context, rows + i, 50, out, NULL);
                    (void)vectors.read(vectors.context, rows + i, 1, out, NULL);
                }
                (void)vectors.nulls(vectors.context, 0, 1500, words, NULL);
            }
            raw_column_free(column);
            parquet_reader_close(reader);
        }
        byte_source_release(source);
        free(copy);
    }
    buffer_free(&bytes);
}

struct race {
    const struct shape *shape;
    struct opened *file;
    uint64_t seed;
};

static void *race_main(void *context)
{
    struct race *race = context;
    struct test_random random = {race->seed};
    (void)check_read(race->shape, race->file, 20, &random);
    check_views(race->shape, race->file);
    check_nulls(race->shape, race->file, 0, race->shape->rows);
    return NULL;
}

static void threads_share_a_column(void **state)
{
    const struct shape shape = {"float32", COLUMN_FLOAT32, 4, 24, 2500, SOME_NULLS};
    struct buffer bytes;
    int round;
    (void)state;
    build(&shape, &bytes);
    for (round = 0; round < 6; round++) {
        struct opened file;
        struct race races[4];
        pthread_t threads[4];
        int i;
        open_file(bytes.data, bytes.len, round % 2 == 0, &file);
        for (i = 0; i < 4; i++) {
            races[i] = (struct race){&shape, &file, (uint64_t)(round * 4 + i)};
            assert_int_equal(pthread_create(&threads[i], NULL, race_main, &races[i]), 0);
        }
        for (i = 0; i < 4; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        }
        close_file(&file);
    }
    buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_pattern_reads_exactly),
        cmocka_unit_test(a_read_is_one_wave),
        cmocka_unit_test(mistakes_and_damage_are_named),
        cmocka_unit_test(damage_never_crashes),
        cmocka_unit_test(threads_share_a_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
