/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a column chunk without its rows, and when they are not to be had. */
#include "support/test.h"

#include "base/alloc.h"
#include "base/byte_sink.h"
#include "columnar/builder.h"
#include "parquet/reader.h"
#include "parquet/writer.h"

#include <stdio.h>

enum { FEW, MANY, NOTHING, NUMBER, TAGS };
enum { ROWS = 400, MANY_ROWS = 20000 };

static struct buffer file;

static void put_text(struct builder *builder, const char *text, inlay_error *err)
{
    assert_ok(builder_bytes_value(builder, text, strlen(text), err), *err);
}

static void put_rows(struct builder *batch, int rows, inlay_error *err)
{
    char text[32];
    int i;
    for (i = 0; i < rows; i++) {
        (void)snprintf(text, sizeof(text), "few %d of group %d", i % 3, 2 * i / rows);
        if (i % 7 == 0) {
            assert_ok(builder_null(builder_child(batch, FEW), err), *err);
        } else {
            put_text(builder_child(batch, FEW), text, err);
        }
        (void)snprintf(text, sizeof(text), "value number %d", i);
        put_text(builder_child(batch, MANY), text, err);
        assert_ok(builder_null(builder_child(batch, NOTHING), err), *err);
        assert_ok(builder_int(builder_child(batch, NUMBER), i % 2, err), *err);
        put_text(builder_child(builder_child(batch, TAGS), 0), "tag", err);
        assert_ok(builder_close_row(builder_child(batch, TAGS), err), *err);
        assert_ok(builder_close_row(batch, err), *err);
    }
}

/* Two row groups, not compressed; a column gives up its dictionary beyond `dictionary_bytes`. */
static void write_file(int rows, uint32_t dictionary_bytes)
{
    struct byte_sink sink;
    struct parquet_writer_options options;
    struct schema schema = {NULL, 0};
    struct schema item = {NULL, 0};
    struct parquet_writer *writer;
    struct builder *builder;
    struct ArrowArray array;
    struct field *tags;
    inlay_error err;
    inlay_error_init(&err);
    (void)schema_add(&schema, "few", COLUMN_UTF8, true);
    (void)schema_add(&schema, "many", COLUMN_UTF8, false);
    (void)schema_add(&schema, "nothing", COLUMN_UTF8, true);
    (void)schema_add(&schema, "number", COLUMN_INT64, false);
    (void)schema_add(&item, "element", COLUMN_UTF8, true);
    tags = schema_add(&schema, "tags", COLUMN_LIST, true);
    tags->children = item.fields;
    tags->child_count = 1;
    assert_ok(builder_new_batch(&schema, 1u << 24, &builder, &err), err);
    put_rows(builder, rows, &err);
    assert_ok(builder_finish(builder, &array, &err), err);
    buffer_init(&file, 1u << 24);
    byte_sink_to_buffer(&sink, &file);
    parquet_writer_options_init(&options);
    options.codec = PARQUET_UNCOMPRESSED;
    options.row_group_rows = (uint32_t)rows / 2;
    options.page_rows = 64;
    options.dictionary_bytes = dictionary_bytes;
    assert_ok(parquet_writer_create(&options, &schema, &sink, &writer, &err), err);
    assert_ok(parquet_writer_append_arrow(writer, &array, &err), err);
    assert_ok(parquet_writer_close(writer, NULL, 0, &err), err);
    parquet_writer_free(writer);
    array.release(&array);
    builder_free(builder);
    schema_free(&schema);
}

static struct parquet_reader *open_file(void)
{
    struct parquet_reader *reader;
    struct byte_source *source;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(byte_source_from_memory(file.data, file.len, 0, "test.parquet", &source, &err), err);
    assert_ok(parquet_reader_open(source, NULL, &reader, &err), err);
    byte_source_release(source);
    return reader;
}

static bool is_known(struct parquet_reader *reader, size_t column, uint64_t most)
{
    struct colvec values;
    bool known;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(parquet_reader_dictionary(reader, 1, column, most, &values, &known, &err), err);
    if (!known) {
        assert_null(values.owner);
    }
    colvec_release(&values);
    return known;
}

static void a_dictionary_is_every_value_of_its_chunk(void **state)
{
    struct parquet_reader *reader;
    size_t group;
    int round;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    write_file(ROWS, 1u << 20);
    reader = open_file();
    for (group = 0; group < 2; group++) {
        for (round = 0; round < 2; round++) { /* the second time from the cache */
            struct colvec values;
            unsigned seen = 0;
            uint64_t i;
            bool known;
            assert_ok(parquet_reader_dictionary(reader, group, FEW, 3, &values, &known, &err), err);
            assert_true(known && values.count == 3 && values.form == COLVEC_FLAT);
            for (i = 0; i < 3; i++) {
                const struct colvec_string *text = (const struct colvec_string *)values.values + i;
                const char *data = colvec_string_data(text);
                assert_int_equal(text->length, 16);
                assert_int_equal(data[15], '0' + (int)group);
                seen |= 1u << (data[4] - '0');
            }
            assert_int_equal(seen, 7);
            colvec_release(&values);
        }
    }
    parquet_reader_close(reader);
    buffer_free(&file);
}

static void what_is_not_known_is_not_guessed(void **state)
{
    struct parquet_reader *reader;
    (void)state;
    write_file(ROWS, 1u << 20);
    reader = open_file();
    assert_false(is_known(reader, FEW, 2)); /* three are more */
    assert_true(is_known(reader, FEW, 3));
    assert_false(is_known(reader, FEW, 2)); /* also from the cache */
    assert_true(is_known(reader, NOTHING, 0));
    assert_false(is_known(reader, MANY, 100));
    assert_false(is_known(reader, TAGS, 100));
    parquet_reader_close(reader);
    buffer_free(&file);
    write_file(ROWS, 40); /* some pages are coded, some are not */
    reader = open_file();
    assert_false(is_known(reader, FEW, 100));
    parquet_reader_close(reader);
    buffer_free(&file);
}

/* A source without a view, as of a remote object. */
static unsigned reads;

static inlay_status remote_read(struct byte_source *source, const struct byte_range *ranges,
                                size_t count, inlay_error *err)
{
    size_t i;
    (void)source;
    (void)err;
    for (i = 0; i < count; i++) {
        memcpy(ranges[i].into, file.data + ranges[i].offset, ranges[i].length);
    }
    reads++;
    return INLAY_OK;
}

static void remote_destroy(struct byte_source *source)
{
    mem_free(source);
}

static void nothing_is_asked_of_a_store(void **state)
{
    static const struct byte_source_ops remote = {remote_read, NULL, remote_destroy};
    struct byte_source *source = mem_zalloc(sizeof(*source));
    struct parquet_reader *reader;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    write_file(MANY_ROWS, 1u << 20);
    assert_true(file.len > 200000); /* the tail that opening reads is 64 KiB */
    byte_source_init(source, &remote, file.len, "remote", NULL);
    assert_ok(parquet_reader_open(source, NULL, &reader, &err), err);
    byte_source_release(source);
    reads = 0;
    assert_false(is_known(reader, FEW, 3));
    assert_int_equal(reads, 0);
    parquet_reader_close(reader);
    reader = open_file();
    assert_true(is_known(reader, FEW, 3));
    parquet_reader_close(reader);
    buffer_free(&file);
}

/* Each byte of the first chunk changed in turn: an error or an answer, never more. */
static void damage_is_an_error(void **state)
{
    size_t place;
    unsigned errors = 0;
    (void)state;
    write_file(ROWS, 1u << 20);
    for (place = 4; place < 120; place++) {
        struct parquet_reader *reader;
        struct colvec values;
        inlay_error err;
        bool known;
        inlay_error_init(&err);
        file.data[place] ^= 0x55;
        reader = open_file();
        if (parquet_reader_dictionary(reader, 0, FEW, 100, &values, &known, &err) != INLAY_OK) {
            assert_false(known);
            assert_non_null(strstr(err.message, "few"));
            errors++;
        }
        colvec_release(&values);
        parquet_reader_close(reader);
        file.data[place] ^= 0x55;
    }
    assert_true(errors > 20);
    buffer_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dictionary_is_every_value_of_its_chunk),
        cmocka_unit_test(what_is_not_known_is_not_guessed),
        cmocka_unit_test(nothing_is_asked_of_a_store),
        cmocka_unit_test(damage_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
