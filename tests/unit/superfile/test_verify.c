/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_fixture.h"

#include "base/error.h"
#include "superfile/superfile.h"
#include "superfile/verify.h"

#include <dirent.h>
#include <stdlib.h>

static inlay_status verify(const uint8_t *data, uint64_t size, struct verify_result *result,
                           inlay_error *err)
{
    struct byte_source *source;
    inlay_status status;
    assert_int_equal(byte_source_from_memory(data, size, 0, "file.parquet", &source, err),
                     INLAY_OK);
    status = superfile_verify(source, NULL, result, err);
    byte_source_release(source);
    return status;
}

static void sound_files_pass(void **state)
{
    static const uint64_t sizes[] = {1, 2, 127, 300, 5000, 20000};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct verify_result result;
        struct buffer file;
        inlay_error err;
        inlay_error_init(&err);
        fixture_superfile(sizes[i], i % 2 == 0 ? 1 : 1000, i % 3 != 0, &file);
        assert_ok(verify(file.data, file.len, &result, &err), err);
        assert_true(result.is_superfile);
        assert_int_equal(result.rows, sizes[i]);
        assert_int_equal(result.bytes, file.len);
        assert_true(result.checksums >= 11);
        buffer_free(&file);
    }
}

static bool is_part_of(const struct buffer *file, size_t i, const char *text)
{
    const uint8_t *found = memmem(file->data, file->len, text, strlen(text));
    assert_non_null(found);
    return i >= (size_t)(found - file->data) && i < (size_t)(found - file->data) + strlen(text);
}

/* Names that nothing else in the file repeats: changing them is no contradiction. */
static bool is_writer_name(const struct buffer *file, size_t i)
{
    return is_part_of(file, i, "inlay 0.1.0") || is_part_of(file, i, "inlay version 0.1.0");
}

/* "item", the name of the vector's items, in the base64 of ARROW:schema. Some changes of it are
 * none in base64, or are no name. */
static bool is_item_name(const struct buffer *file, size_t i)
{
    return is_part_of(file, i, "BpdGVt");
}

/* Reports an unnoticed flip; the caller fails when there was one. */
static bool flip_is_found(const struct buffer *file, size_t i, uint8_t mask)
{
    struct verify_result result;
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    file->data[i] ^= mask;
    status = verify(file->data, file->len, &result, &err);
    file->data[i] ^= mask;
    if (is_writer_name(file, i)
            ? status == INLAY_OK
            : status == INLAY_CORRUPT || status == INLAY_UNSUPPORTED || is_item_name(file, i)) {
        return true;
    }
    print_error("byte %zu of %zu, bit %02x: %s\n", i, file->len, mask, inlay_status_name(status));
    return false;
}

static void every_flipped_byte_is_found(void **state)
{
    struct test_random random = test_random_init(21);
    struct buffer file;
    int missed = 0;
    size_t i;
    (void)state;
    fixture_superfile(9, 4, true, &file);
    for (i = 0; i < file.len; i++) {
        missed += !flip_is_found(&file, i, (uint8_t)(1u << test_random_below(&random, 8)));
    }
    assert_int_equal(missed, 0);
    buffer_free(&file);
}

static void flipped_bytes_of_large_files_are_found(void **state)
{
    struct test_random random = test_random_init(22);
    struct buffer file;
    int missed = 0;
    int i;
    (void)state;
    fixture_superfile(9000, 3000, true, &file);
    for (i = 0; i < 60; i++) {
        missed += !flip_is_found(&file, (size_t)test_random_below(&random, file.len),
                                 (uint8_t)(1u << test_random_below(&random, 8)));
    }
    assert_int_equal(missed, 0);
    buffer_free(&file);
}

static void cut_files_are_found(void **state)
{
    struct test_random random = test_random_init(23);
    struct verify_result result;
    struct buffer file;
    size_t i;
    (void)state;
    fixture_superfile(30, 30, true, &file);
    for (i = 0; i < file.len; i += 1 + test_random_below(&random, 60)) {
        uint8_t *copy = malloc(i != 0 ? i : 1);
        memcpy(copy, file.data, i);
        assert_int_not_equal(verify(copy, i, &result, NULL), INLAY_OK);
        free(copy);
    }
    buffer_free(&file);
}

/* Every type, with nulls and nesting, is held to the same rules: a sound file is never blamed. */
static void every_type_passes(void **state)
{
    struct test_random random = test_random_init(24);
    size_t round;
    (void)state;
    for (round = 0; round < 6; round++) {
        struct superfile_options options = {0};
        struct superfile_builder *builder;
        struct superfile_result done;
        struct verify_result result;
        struct byte_sink sink;
        struct schema schema = {NULL, 0};
        struct ArrowArray array;
        struct builder *batch;
        struct buffer file;
        size_t i;
        size_t row;
        inlay_error err;
        inlay_error_init(&err);
        for (i = 0; i < COLUMN_TYPE_COUNT; i++) {
            struct field *field = schema_add(&schema, "", COLUMN_NULL, true);
            char name[16];
            field_free(field);
            assert_ok(field_type_parse(column_types[i], field, &err), err);
            (void)snprintf(name, sizeof(name), "c%zu", i);
            free(field->name);
            field->name = strdup(name);
            field->nullable = field->type == COLUMN_NULL || round % 2 == 0;
        }
        buffer_init(&file, SIZE_MAX);
        byte_sink_to_buffer(&sink, &file);
        assert_ok(superfile_builder_create(&schema, &options, &sink, &builder, &err), err);
        assert_ok(builder_new_batch(&schema, SIZE_MAX, &batch, &err), err);
        for (row = 0; row < 40 * round + 1; row++) {
            for (i = 0; i < COLUMN_TYPE_COUNT; i++) {
                struct builder *column = builder_child(batch, i);
                enum column_type type = builder_field(column)->type;
                if (type == COLUMN_DATE64 || type == COLUMN_TIME32) { /* not all values are valid */
                    int64_t value = (int64_t)test_random_below(&random, 20000);
                    value *= type == COLUMN_DATE64 ? 86400000 : 1;
                    assert_ok(builder_int(column, value, &err), err);
                } else {
                    append_random(&random, column);
                }
            }
            assert_ok(builder_close_row(batch, &err), err);
        }
        assert_ok(builder_finish(batch, &array, &err), err);
        builder_free(batch);
        fixture_append(builder, &array, 0, 1000);
        array.release(&array);
        assert_ok(superfile_builder_finish(builder, &done, &err), err);
        superfile_builder_free(builder);
        assert_ok(verify(file.data, file.len, &result, &err), err);
        schema_free(&schema);
        buffer_free(&file);
    }
}

/* A column that arrives dictionary-encoded keeps that preference in ARROW:schema. */
static void dictionary_columns_pass(void **state)
{
    static const uint8_t indexes[] = {1, 0, 1, 1};
    struct superfile_options options = {0};
    const void *buffers[2] = {NULL, indexes};
    const void *no_buffers[1] = {NULL};
    struct superfile_builder *builder;
    struct superfile_result done;
    struct verify_result result;
    struct builder *words;
    struct byte_sink sink;
    struct schema schema = {NULL, 0};
    struct ArrowArray values;
    struct ArrowArray column = {0};
    struct ArrowArray batch = {0};
    struct ArrowArray *children[1] = {&column};
    struct field *field = schema_add(&schema, "word", COLUMN_UTF8, false);
    struct buffer file;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(builder_new(field, 1 << 16, &words, &err), err);
    assert_ok(builder_bytes_value(words, "one", 3, &err), err);
    assert_ok(builder_bytes_value(words, "two", 3, &err), err);
    assert_ok(builder_finish(words, &values, &err), err);
    builder_free(words);
    field->dictionary = true;
    field->index_type = COLUMN_INT8;
    column.length = 4;
    column.n_buffers = 2;
    column.buffers = buffers;
    column.dictionary = &values;
    column.release = values.release; /* alive, and never called */
    batch.length = 4;
    batch.n_buffers = 1;
    batch.buffers = no_buffers;
    batch.n_children = 1;
    batch.children = children;
    batch.release = values.release;
    buffer_init(&file, SIZE_MAX);
    byte_sink_to_buffer(&sink, &file);
    assert_ok(superfile_builder_create(&schema, &options, &sink, &builder, &err), err);
    fixture_append(builder, &batch, 0, 4);
    assert_ok(superfile_builder_finish(builder, &done, &err), err);
    superfile_builder_free(builder);
    values.release(&values);
    assert_ok(verify(file.data, file.len, &result, &err), err);
    schema_free(&schema);
    buffer_free(&file);
}

/* Files of other writers, when they are here. */
static void public_files_pass(void **state)
{
    const char *root = test_data_folder();
    char folder[512];
    const struct dirent *entry;
    DIR *files;
    size_t checksums = 0;
    size_t passed = 0;
    (void)state;
    if (root == NULL) {
        skip();
    }
    (void)snprintf(folder, sizeof(folder), "%s/parquet-testing/data", root);
    files = opendir(folder);
    if (files == NULL) {
        print_message("%s is not here: skipped\n", folder);
        skip();
    }
    while ((entry = readdir(files)) != NULL) {
        char path[1024];
        struct verify_result result;
        uint8_t *data;
        size_t size;
        inlay_error err;
        inlay_error_init(&err);
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        data = strstr(entry->d_name, ".parquet") != NULL ? test_read_file(path, &size) : NULL;
        if (data == NULL) {
            continue;
        }
        if (strstr(entry->d_name, "corrupt-checksum") != NULL) {
            assert_status(verify(data, size, &result, &err), INLAY_CORRUPT);
            assert_true(err.offset >= 4);
            assert_string_equal(err.key, "file.parquet");
        } else {
            assert_ok(verify(data, size, &result, &err), err);
            assert_false(result.is_superfile);
            assert_int_equal(result.bytes, size);
            checksums += result.checksums;
            passed++;
        }
        free(data);
    }
    (void)closedir(files);
    assert_true(passed >= 20);
    assert_true(checksums >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_files_pass),
        cmocka_unit_test(every_type_passes),
        cmocka_unit_test(every_flipped_byte_is_found),
        cmocka_unit_test(flipped_bytes_of_large_files_are_found),
        cmocka_unit_test(cut_files_are_found),
        cmocka_unit_test(dictionary_columns_pass),
        cmocka_unit_test(public_files_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
