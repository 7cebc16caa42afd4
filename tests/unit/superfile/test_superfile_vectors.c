/* SPDX-License-Identifier: Apache-2.0 */
#include "vector_fixture.h"

#include "base/alloc.h"
#include "base/error.h"
#include "columnar/array_view.h"
#include "superfile/layout.h"
#include "superfile/verify.h"

#include <math.h>

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

static float stored_value(const void *vector, enum vector_element element, uint32_t k)
{
    const uint8_t *at = vector;
    float single;
    double wide;
    switch (element) {
    case VECTOR_F16:
        return float16_to_float(load_u16(at + 2 * (size_t)k));
    case VECTOR_F64:
        memcpy(&wide, at + 8 * (size_t)k, 8);
        return (float)wide;
    case VECTOR_I8:
        return (float)(int32_t)load_u32(at + 4 * (size_t)k);
    default:
        memcpy(&single, at + 4 * (size_t)k, 4);
        return single;
    }
}

static void check_column(const struct superfile *file, size_t column, uint64_t rows)
{
    const struct vector_fixture_column *wanted = &vector_fixture_columns[column];
    struct vector_index *index = superfile_vector(file, wanted->name);
    uint64_t *seen = calloc(rows / 64 + 1, sizeof(*seen));
    struct vector_rows vectors;
    uint64_t checksums;
    uint32_t row;
    uint32_t k;
    inlay_error err;
    inlay_error_init(&err);
    assert_non_null(index);
    assert_int_equal(vector_index_info(index)->dim, wanted->dim);
    assert_int_equal(vector_index_info(index)->element, wanted->element);
    assert_int_equal(vector_index_info(index)->metric, wanted->index.metric);
    assert_int_equal(vector_index_info(index)->row_count, rows);
    assert_int_equal(vector_index_info(index)->code_bits,
                     wanted->index.code_bits != 0 ? wanted->index.code_bits : 4);
    assert_ok(superfile_vector_rows(file, wanted->name, &vectors, &err), err);
    assert_ok(vector_index_verify_rows(index, seen, &checksums, &err), err);
    for (row = 0; row < rows; row++) {
        const void *found = vectors.view(vectors.context, row);
        bool is_null = vector_fixture_null(row, column);
        assert_int_equal(seen[row / 64] >> (row % 64) & 1, !is_null);
        assert_int_equal(found == NULL, is_null);
        for (k = 0; found != NULL && k < wanted->dim; k++) {
            assert_float_equal(stored_value(found, wanted->element, k),
                               (float)vector_fixture_value(row, column, k), 0);
        }
    }
    free(seen);
}

static void check_verify(const struct buffer *bytes, uint64_t rows)
{
    struct verify_result result;
    struct byte_source *source;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(byte_source_from_memory(bytes->data, bytes->len, 0, "test", &source, &err), err);
    assert_ok(superfile_verify(source, NULL, &result, &err), err);
    assert_true(result.is_superfile);
    assert_int_equal(result.rows, rows);
    byte_source_release(source);
}

static void what_was_written_is_read(void **state)
{
    static const uint64_t sizes[] = {1, 2, 129, 4000};
    size_t i;
    size_t c;
    (void)state;
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct superfile_result result;
        struct superfile *file;
        struct vector_rows vectors;
        struct buffer bytes;
        inlay_error err;
        inlay_error_init(&err);
        vector_fixture_build(sizes[i], 1000, 0, &bytes, &result);
        open_file(&bytes, i % 2 == 0 ? result.hot_offset : 0, &file);
        for (c = 0; c < VECTOR_COLUMNS; c++) {
            check_column(file, c, sizes[i]);
        }
        assert_null(superfile_vector(file, "title"));
        assert_non_null(superfile_text(file, "title"));
        assert_null(superfile_text(file, "v"));
        assert_status(superfile_vector_rows(file, "title", &vectors, &err), INLAY_INVALID_ARGUMENT);
        superfile_release(file);
        check_verify(&bytes, sizes[i]);
        buffer_free(&bytes);
    }
}

/* Batches, slices of arrays and memory do not show in the bytes. */
static void same_rows_same_bytes(void **state)
{
    static const uint64_t steps[] = {5000, 1, 333};
    struct superfile_result result;
    struct buffer one;
    size_t i;
    (void)state;
    vector_fixture_build(1500, 1500, 0, &one, &result);
    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct buffer other;
        vector_fixture_build(1500, steps[i], 1, &other, &result);
        assert_int_equal(one.len, other.len);
        assert_memory_equal(one.data, other.data, one.len);
        buffer_free(&other);
    }
    buffer_free(&one);
}

/* ---- searching ---- */

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

static const struct byte_source_ops counting_ops = {counting_read, NULL, counting_destroy};

/* The ten nearest; *hits is the caller's. */
static inlay_status try_search(const struct superfile *file, size_t column, const float *query,
                               bool exact, struct vector_hit **hits, inlay_error *err)
{
    const char *name = vector_fixture_columns[column].name;
    struct vector_segment segment = {.index = superfile_vector(file, name)};
    struct vector_search_options options;
    size_t count = 0;
    *hits = NULL;
    INLAY_TRY(superfile_vector_rows(file, name, &segment.rows, err));
    vector_search_options_init(&options);
    options.k = 10;
    options.exact = exact;
    options.nprobe = 1000000; /* all cells */
    INLAY_TRY(vector_search(query, &segment, 1, &options, hits, &count, NULL, err));
    assert_int_equal(count, 10);
    return INLAY_OK;
}

static void search(const struct superfile *file, size_t column, const float *query, bool exact,
                   struct vector_hit *hits)
{
    struct vector_hit *found;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(try_search(file, column, query, exact, &found, &err), err);
    memcpy(hits, found, 10 * sizeof(*hits));
    mem_free(found);
}

static void make_query(size_t column, uint64_t row, float query[70])
{
    uint32_t k;
    for (k = 0; k < vector_fixture_columns[column].dim; k++) {
        query[k] = (float)vector_fixture_value(row, column, k);
    }
}

/* In place or through reads, by the index with all cells or by brute force: the same answer, and a
 * row's own vector is nearest to it where the metric has a nearest. */
static void searches_agree(void **state)
{
    static const uint64_t rows[] = {0, 12, 2998};
    struct counting_source source;
    struct superfile_result result;
    struct superfile *resident;
    struct superfile *remote;
    struct buffer bytes;
    size_t c;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    vector_fixture_build(3000, 3000, 0, &bytes, &result);
    open_file(&bytes, result.hot_offset, &resident);
    source.file = &bytes;
    byte_source_init(&source.base, &counting_ops, bytes.len, "counted", NULL);
    assert_ok(superfile_open(&source.base, result.hot_offset, &remote, &err), err);
    for (c = 0; c < 3; c++) { /* of "b" many vectors are equal */
        for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            struct vector_hit hits[4][10];
            float query[70];
            uint32_t k;
            size_t way;
            make_query(c, rows[i], query);
            for (way = 0; way < 4; way++) {
                search(way % 2 == 0 ? resident : remote, c, query, way / 2 == 0, hits[way]);
                for (k = 0; k < 10; k++) {
                    assert_int_equal(hits[way][k].row, hits[0][k].row);
                    assert_float_equal(hits[way][k].distance, hits[0][k].distance, 0);
                }
            }
            if (vector_fixture_columns[c].index.metric != VECTOR_INNER_PRODUCT) {
                assert_int_equal(hits[0][0].row, rows[i]);
                assert_float_equal(hits[0][0].distance, 0, 1e-5);
            }
        }
    }
    superfile_release(resident);
    superfile_release(remote);
    buffer_free(&bytes);
}

/* ---- layout ---- */

static void the_layout_shows_the_indexes(void **state)
{
    struct superfile_result result;
    struct byte_source *source;
    struct layout layout;
    struct buffer bytes;
    size_t found = 0;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    vector_fixture_build(700, 700, 0, &bytes, &result);
    assert_ok(byte_source_from_memory(bytes.data, bytes.len, 0, "test", &source, &err), err);
    assert_ok(superfile_layout(source, &layout, &err), err);
    for (i = 0; i < layout.count; i++) {
        const struct region *region = &layout.regions[i];
        if (region->kind == REGION_VECTOR_INDEX) {
            found++;
            if (strcmp(region->column, "h") == 0 && !region->is_part) {
                assert_non_null(strstr(region->detail, "583 vectors of 16 dimensions, l2, "));
            }
        }
    }
    assert_int_equal(found, 2 * VECTOR_COLUMNS); /* body and hot piece */
    assert_string_equal(region_kind_name(REGION_VECTOR_INDEX), "vector index");
    layout_free(&layout);
    byte_source_release(source);
    buffer_free(&bytes);
}

/* ---- mistakes ---- */

static inlay_status create_on(const char *column, const char *type, inlay_error *err)
{
    struct superfile_vector_column vector = {column, VECTOR_L2, 0, 0};
    struct superfile_options options = {.vectors = &vector, .vector_count = 1};
    struct superfile_builder *builder;
    struct byte_sink sink;
    struct schema schema;
    struct buffer file;
    struct field *field;
    inlay_status status;
    memset(&schema, 0, sizeof(schema));
    field = schema_add(&schema, "?", COLUMN_NULL, true);
    field_free(field);
    assert_ok(field_type_parse(type, field, err), *err);
    free(field->name);
    field->name = strdup("x");
    buffer_init(&file, SIZE_MAX);
    byte_sink_to_buffer(&sink, &file);
    status = superfile_builder_create(&schema, &options, &sink, &builder, err);
    superfile_builder_free(builder);
    schema_free(&schema);
    buffer_free(&file);
    return status;
}

static void an_index_needs_a_vector_column(void **state)
{
    static const char *const types[] = {"float32", "list<float32>", "fixed_list<int16>[4]",
                                        "fixed_list<float32>[65536]"};
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_status(create_on("x", types[i], &err), INLAY_SCHEMA);
        assert_string_equal(err.key, "x");
        assert_non_null(strstr(err.message, types[i]));
        assert_non_null(strstr(err.message, "float16, float32, float64 or int8"));
    }
    assert_status(create_on("y", "fixed_list<float32>[4]", &err), INLAY_SCHEMA);
    assert_string_equal(err.key, "y");
    assert_ok(create_on("x", "fixed_list<float32>[65535]", &err), err);
}

/* Appends four vectors of two elements; the last element of the third is `bad`, or null. */
static inlay_status append_bad(const char *type, double bad, bool is_null, inlay_error *err)
{
    struct superfile_vector_column vector = {"x", VECTOR_L2, 0, 0};
    struct superfile_options options = {.vectors = &vector, .vector_count = 1};
    struct id_span span = {{1, 1}, {1, 4}};
    struct superfile_builder *builder;
    struct builder *batch;
    struct builder *items;
    struct ArrowArray array;
    struct byte_sink sink;
    struct schema schema;
    struct buffer file;
    struct field *field;
    inlay_status status;
    int row;
    memset(&schema, 0, sizeof(schema));
    field = schema_add(&schema, "?", COLUMN_NULL, true);
    field_free(field);
    assert_ok(field_type_parse(type, field, err), *err);
    free(field->name);
    field->name = strdup("x");
    buffer_init(&file, SIZE_MAX);
    byte_sink_to_buffer(&sink, &file);
    assert_ok(superfile_builder_create(&schema, &options, &sink, &builder, err), *err);
    assert_ok(builder_new_batch(&schema, SIZE_MAX, &batch, err), *err);
    items = builder_child(builder_child(batch, 0), 0);
    for (row = 0; row < 4; row++) {
        assert_ok(builder_float(items, row, err), *err);
        assert_ok(row == 2 && is_null ? builder_null(items, err)
                                      : builder_float(items, row == 2 ? bad : 7, err),
                  *err);
        assert_ok(builder_close_row(builder_child(batch, 0), err), *err);
        assert_ok(builder_close_row(batch, err), *err);
    }
    assert_ok(builder_finish(batch, &array, err), *err);
    builder_free(batch);
    status = superfile_builder_append(builder, &array, &span, 1, err);
    array.release(&array);
    superfile_builder_free(builder);
    schema_free(&schema);
    buffer_free(&file);
    return status;
}

static void bad_elements_are_named(void **state)
{
    static const struct {
        const char *type;
        double bad;
        bool is_null;
        const char *what;
    } cases[] = {
        {"fixed_list<float32>[2]", NAN, false, "NaN"},
        {"fixed_list<float16>[2]", NAN, false, "NaN"},
        {"fixed_list<float64>[2]", NAN, false, "NaN"},
        {"fixed_list<float32>[2]", -INFINITY, false, "infinite"},
        {"fixed_list<float16>[2]", INFINITY, false, "infinite"},
        {"fixed_list<float64>[2]", 1e39, false, "infinite"},
        {"fixed_list<float32>[2]", 0, true, "null"},
    };
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_status(append_bad(cases[i].type, cases[i].bad, cases[i].is_null, &err),
                      INLAY_INVALID_ARGUMENT);
        assert_string_equal(err.key, "x");
        assert_int_equal(err.row, 2);
        assert_non_null(strstr(err.message, cases[i].what));
        assert_non_null(strstr(err.message, "element 1"));
    }
    assert_status(append_bad("fixed_list<float64>[2]", 1e38, false, &err), INLAY_INVALID_ARGUMENT);
    assert_string_equal(err.key, "x"); /* finite, but its square is not */
    assert_int_equal(err.row, 2);
    assert_ok(append_bad("fixed_list<float64>[2]", 1e17, false, &err), err);
}

/* ---- damage ---- */

static void opening_is_one_read(void **state)
{
    struct counting_source source;
    struct superfile_result result;
    struct superfile *file;
    struct vector_rows vectors;
    struct buffer bytes;
    const uint32_t rows[] = {0, 500, 1999};
    uint8_t out[3 * 70 * 8];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    vector_fixture_build(2000, 2000, 0, &bytes, &result);
    source.file = &bytes;
    source.reads = 0;
    byte_source_init(&source.base, &counting_ops, bytes.len, "counted", NULL);
    assert_ok(superfile_open(&source.base, result.hot_offset, &file, &err), err);
    assert_int_equal(source.reads, 1);
    assert_ok(superfile_vector_rows(file, "d", &vectors, &err), err);
    assert_int_equal(source.reads, 1);
    assert_ok(vectors.read(vectors.context, rows, 3, out, &err), err);
    assert_int_equal(source.reads, 3); /* the offset indexes, once, and the rows */
    assert_float_equal(stored_value(out + 70 * 8, VECTOR_F64, 69),
                       (float)vector_fixture_value(500, 2, 69), 0);
    assert_ok(vectors.read(vectors.context, rows, 3, out, &err), err);
    assert_int_equal(source.reads, 4);
    superfile_release(file);
    buffer_free(&bytes);
}

static void use(const uint8_t *data, uint64_t size)
{
    struct byte_source *source;
    struct superfile *file;
    size_t c;
    assert_int_equal(byte_source_from_memory(data, size, 0, "damaged", &source, NULL), INLAY_OK);
    if (superfile_open(source, 0, &file, NULL) == INLAY_OK) {
        for (c = 0; c < VECTOR_COLUMNS; c++) {
            struct vector_index *index = superfile_vector(file, vector_fixture_columns[c].name);
            struct vector_rows vectors;
            uint64_t checksums;
            uint32_t row;
            if (index != NULL) {
                (void)vector_index_verify(index, &checksums, NULL);
            }
            if (superfile_vector_rows(file, vector_fixture_columns[c].name, &vectors, NULL) ==
                INLAY_OK) {
                for (row = 0; row < superfile_rows(file); row += 3) {
                    (void)vectors.view(vectors.context, row);
                }
            }
        }
        superfile_release(file);
    }
    byte_source_release(source);
}

/* Every flipped bit is found by verify, and using the file is safe. */
static void damage_is_found(void **state)
{
    struct test_random random = test_random_init(5);
    struct superfile_result result;
    struct verify_result verified;
    struct buffer bytes;
    size_t i;
    (void)state;
    vector_fixture_build(120, 120, 0, &bytes, &result);
    for (i = 0; i < bytes.len; i += 1 + test_random_below(&random, 240)) {
        uint8_t *copy = malloc(bytes.len);
        struct byte_source *source;
        memcpy(copy, bytes.data, bytes.len);
        copy[i] ^= (uint8_t)(1u << test_random_below(&random, 8));
        use(copy, bytes.len);
        assert_int_equal(byte_source_from_memory(copy, bytes.len, 0, "damaged", &source, NULL),
                         INLAY_OK);
        if (superfile_verify(source, NULL, &verified, NULL) == INLAY_OK) {
            /* Only the names of the writer repeat nowhere. */
            assert_true(i >= result.hot_offset + result.hot_length);
        }
        byte_source_release(source);
        free(copy);
    }
    for (i = 0; i < bytes.len; i += 1 + test_random_below(&random, 2000)) {
        uint8_t *copy = malloc(i != 0 ? i : 1);
        memcpy(copy, bytes.data, i);
        use(copy, i);
        free(copy);
    }
    buffer_free(&bytes);
}

/* Searches of a damaged file in memory, by brute force and by all cells, give what they gave
 * before, or an error that says what is wrong. */
static void damage_never_gives_a_wrong_answer(void **state)
{
    struct test_random random = test_random_init(7);
    struct superfile_result result;
    struct vector_hit whole[3][10];
    struct superfile *file;
    struct buffer bytes;
    int failures = 0;
    size_t i;
    size_t c;
    (void)state;
    vector_fixture_build(300, 300, 0, &bytes, &result);
    open_file(&bytes, 0, &file);
    for (c = 0; c < 3; c++) {
        float query[70];
        make_query(c, 12, query);
        search(file, c, query, true, whole[c]);
    }
    superfile_release(file);
    for (i = 0; i < bytes.len; i += 1 + test_random_below(&random, 900)) {
        uint8_t flipped = (uint8_t)(1u << test_random_below(&random, 8));
        struct byte_source *source;
        bytes.data[i] ^= flipped;
        assert_int_equal(
            byte_source_from_memory(bytes.data, bytes.len, 0, "damaged", &source, NULL), INLAY_OK);
        file = NULL;
        (void)superfile_open(source, result.hot_offset, &file, NULL);
        for (c = 0; c < 6 && file != NULL; c++) {
            struct vector_hit *hits;
            float query[70];
            inlay_error err;
            inlay_status status;
            inlay_error_init(&err);
            make_query(c / 2, 12, query);
            status = try_search(file, c / 2, query, c % 2 == 0, &hits, &err);
            if (status == INLAY_OK) {
                size_t h;
                for (h = 0; h < 10; h++) {
                    assert_int_equal(hits[h].row, whole[c / 2][h].row);
                    assert_float_equal(hits[h].distance, whole[c / 2][h].distance, 0);
                }
            } else {
                failures++;
                assert_true(err.message[0] != '\0' && status != INLAY_INTERNAL);
            }
            mem_free(hits);
        }
        superfile_release(file);
        byte_source_release(source);
        bytes.data[i] ^= flipped;
    }
    assert_true(failures > 20);
    buffer_free(&bytes);
}

/* Four vectors of two elements, of which one row is null. */
static void build_small(uint32_t null_row, struct buffer *file, struct superfile_result *result)
{
    struct superfile_vector_column vector = {"x", VECTOR_L2, 0, 0};
    struct superfile_options options = {.vectors = &vector, .vector_count = 1};
    struct id_span span = {{1, 1}, {1, 4}};
    struct superfile_builder *builder;
    struct builder *batch;
    struct ArrowArray array;
    struct byte_sink sink;
    struct schema schema;
    struct field *field;
    uint32_t row;
    inlay_error err;
    inlay_error_init(&err);
    memset(&schema, 0, sizeof(schema));
    field = schema_add(&schema, "?", COLUMN_NULL, true);
    field_free(field);
    assert_ok(field_type_parse("fixed_list<float32>[2]", field, &err), err);
    free(field->name);
    field->name = strdup("x");
    buffer_init(file, SIZE_MAX);
    byte_sink_to_buffer(&sink, file);
    assert_ok(superfile_builder_create(&schema, &options, &sink, &builder, &err), err);
    assert_ok(builder_new_batch(&schema, SIZE_MAX, &batch, &err), err);
    for (row = 0; row < 4; row++) {
        struct builder *list = builder_child(batch, 0);
        if (row == null_row) {
            assert_ok(builder_null(list, &err), err);
        } else {
            assert_ok(builder_float(builder_child(list, 0), 3, &err), err);
            assert_ok(builder_float(builder_child(list, 0), 4, &err), err);
            assert_ok(builder_close_row(list, &err), err);
        }
        assert_ok(builder_close_row(batch, &err), err);
    }
    assert_ok(builder_finish(batch, &array, &err), err);
    builder_free(batch);
    assert_ok(superfile_builder_append(builder, &array, &span, 1, &err), err);
    array.release(&array);
    assert_ok(superfile_builder_finish(builder, result, &err), err);
    superfile_builder_free(builder);
    schema_free(&schema);
}

/* The index of other rows, whole in itself, in place of a file's own. */
static void an_index_of_other_rows_is_found(void **state)
{
    struct superfile_result result;
    struct superfile_result other_result;
    struct verify_result verified;
    struct byte_source *source;
    struct superfile *file;
    const struct section *section;
    struct buffer bytes;
    struct buffer other;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    build_small(1, &bytes, &result);
    build_small(2, &other, &other_result);
    assert_int_equal(bytes.len, other.len);
    assert_int_equal(result.hot_offset, other_result.hot_offset);
    open_file(&bytes, 0, &file);
    section = hot_find(superfile_directory(file), SECTION_VECTOR, "x");
    memcpy(bytes.data + section->body_offset, other.data + section->body_offset,
           (size_t)section->body_length);
    superfile_release(file);
    memcpy(bytes.data + result.hot_offset, other.data + result.hot_offset,
           (size_t)result.hot_length);
    assert_ok(byte_source_from_memory(bytes.data, bytes.len, 0, "mixed", &source, &err), err);
    assert_status(superfile_verify(source, NULL, &verified, &err), INLAY_CORRUPT);
    assert_int_equal(err.row, 1);
    assert_non_null(strstr(err.message, "has row 1 of column 'x', which is null"));
    byte_source_release(source);
    buffer_free(&bytes);
    buffer_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(same_rows_same_bytes),
        cmocka_unit_test(searches_agree),
        cmocka_unit_test(the_layout_shows_the_indexes),
        cmocka_unit_test(opening_is_one_read),
        cmocka_unit_test(an_index_needs_a_vector_column),
        cmocka_unit_test(bad_elements_are_named),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(damage_never_gives_a_wrong_answer),
        cmocka_unit_test(an_index_of_other_rows_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
