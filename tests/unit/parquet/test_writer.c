/* SPDX-License-Identifier: Apache-2.0 */
/* What readers see of written files is checked in tests/interop/parquet; here: structure, borders,
 * determinism, errors. */
#include "support/alloc_fault.h"
#include "support/test.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "columnar/array.h"
#include "columnar/builder.h"
#include "parquet/arrow_key.h"
#include "parquet/metadata.h"
#include "parquet/writer.h"

#include <stdlib.h>

/* A table of four columns: id, text with nulls, list with nulls, vector. */
static void make_schema(struct schema *schema)
{
    static const char *const types[] = {"int64", "utf8", "list<int32>", "fixed_list<float32>[4]"};
    static const char *const names[] = {"id", "text", "numbers", "vector"};
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    memset(schema, 0, sizeof(*schema));
    for (i = 0; i < 4; i++) {
        struct field parsed;
        struct field *f = schema_add(schema, names[i], COLUMN_NULL, true);
        assert_ok(field_type_parse(types[i], &parsed, &err), err);
        mem_free(parsed.name);
        parsed.name = f->name;
        parsed.nullable = i != 0;
        *f = parsed;
    }
}

static void put_row(struct builder *b, struct test_random *random, int64_t row)
{
    inlay_error err;
    char text[80];
    uint64_t n;
    inlay_error_init(&err);
    assert_ok(builder_int(builder_child(b, 0), row, &err), err);
    if (test_random_below(random, 5) == 0) {
        assert_ok(builder_null(builder_child(b, 1), &err), err);
        assert_ok(builder_null(builder_child(b, 2), &err), err);
    } else {
        n = test_random_below(random, sizeof(text));
        memset(text, 'a' + (int)test_random_below(random, 26), sizeof(text));
        assert_ok(builder_bytes_value(builder_child(b, 1), text, n, &err), err);
        for (n %= 4; n > 0; n--) {
            struct builder *items = builder_child(builder_child(b, 2), 0);
            if (n == 3) {
                assert_ok(builder_null(items, &err), err);
            } else {
                assert_ok(builder_int(items, (int64_t)test_random_below(random, 50), &err), err);
            }
        }
        assert_ok(builder_close_row(builder_child(b, 2), &err), err);
    }
    for (n = 0; n < 4; n++) {
        struct builder *items = builder_child(builder_child(b, 3), 0);
        assert_ok(builder_float(items, (double)row + (double)n / 4, &err), err);
    }
    assert_ok(builder_close_row(builder_child(b, 3), &err), err);
    assert_ok(builder_close_row(b, &err), err);
}

static void make_rows(const struct schema *schema, int64_t count, struct ArrowArray *out)
{
    struct test_random random = {count > 0 ? 5u : 6u};
    struct builder *builder;
    inlay_error err;
    int64_t row;
    inlay_error_init(&err);
    assert_ok(builder_new_batch(schema, 1 << 28, &builder, &err), err);
    for (row = 0; row < count; row++) {
        put_row(builder, &random, row);
    }
    assert_ok(builder_finish(builder, out, &err), err);
    builder_free(builder);
}

static const struct parquet_column_options column_options[] = {
    {.bloom_filter = true}, {.bloom_filter = true}, {0}, {.raw = true}};

static void small_options(struct parquet_writer_options *options)
{
    parquet_writer_options_init(options);
    options->columns = column_options;
    options->column_count = 4;
    options->row_group_rows = 1000;
    options->page_rows = 128;
    options->page_bytes = 1024;
    options->created_by = "inlay test";
}

/* Writes rows in batches of `step` (0: random sizes) and returns the file. */
static struct buffer write_file(const struct parquet_writer_options *options,
                                const struct schema *schema, const struct ArrowArray *rows,
                                int64_t step, struct parquet_summary *summary)
{
    struct test_random random = {99};
    struct parquet_writer *writer;
    struct array_view view;
    struct byte_sink sink;
    struct buffer file;
    inlay_error err;
    int64_t first = 0;
    inlay_error_init(&err);
    buffer_init(&file, 1 << 28);
    byte_sink_to_buffer(&sink, &file);
    assert_ok(parquet_writer_create(options, schema, &sink, &writer, &err), err);
    assert_ok(
        array_view_open_batch(schema, rows, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, &view, &err),
        err);
    while (first < view.length) {
        int64_t n = step != 0 ? step : 1 + (int64_t)test_random_below(&random, 300);
        n = n < view.length - first ? n : view.length - first;
        assert_ok(parquet_writer_append_rows(writer, &view, first, n, &err), err);
        first += n;
    }
    assert_int_equal(parquet_writer_row_count(writer), view.length);
    assert_ok(parquet_writer_close(writer, NULL, 0, &err), err);
    if (summary != NULL) {
        *summary = *parquet_writer_summary(writer);
        assert_int_equal(summary->footer_offset + summary->footer_length + 8, file.len);
    }
    array_view_close(&view);
    parquet_writer_free(writer);
    return file;
}

static void read_footer(const struct buffer *file, struct parquet_file_metadata *out)
{
    inlay_error err;
    uint32_t length = load_u32(file->data + file->len - 8);
    inlay_error_init(&err);
    assert_memory_equal(file->data, "PAR1", 4);
    assert_memory_equal(file->data + file->len - 4, "PAR1", 4);
    assert_ok(parquet_file_metadata_read(file->data + file->len - 8 - length, length,
                                         file->len - 8 - length, file->len, out, &err),
              err);
}

static void batches_do_not_change_the_bytes(void **state)
{
    static const int64_t steps[] = {1, 7, 128, 999, 1000, 1001, 0};
    struct parquet_writer_options options;
    struct schema schema;
    struct ArrowArray rows;
    struct buffer whole;
    size_t i;
    (void)state;
    make_schema(&schema);
    make_rows(&schema, 2345, &rows);
    small_options(&options);
    options.row_group_bytes = 30000; /* groups end by bytes, too */
    whole = write_file(&options, &schema, &rows, 2345, NULL);
    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct buffer parts = write_file(&options, &schema, &rows, steps[i], NULL);
        assert_int_equal(parts.len, whole.len);
        assert_memory_equal(parts.data, whole.data, whole.len);
        buffer_free(&parts);
    }
    buffer_free(&whole);
    array_release(&rows);
    schema_free(&schema);
}

/* Every page of a chunk is where the offset index says, has the right checksum, and the rows and
 * values add up. */
static void check_chunk(const struct buffer *file, const struct parquet_row_group *group,
                        const struct parquet_column_chunk *c)
{
    struct parquet_offset_index index;
    inlay_error err;
    uint64_t values = 0;
    uint64_t end = c->start + c->compressed_size;
    size_t p;
    inlay_error_init(&err);
    assert_ok(parquet_offset_index_read(file->data + c->offset_index_offset, c->offset_index_length,
                                        c->offset_index_offset, file->len, group->num_rows, &index,
                                        &err),
              err);
    assert_int_equal(index.pages[0].offset, c->data_page_offset);
    for (p = 0; p < index.page_count; p++) {
        const struct parquet_page_location *page = &index.pages[p];
        struct parquet_page_header header;
        size_t header_size;
        uint64_t next_row = p + 1 < index.page_count ? page[1].first_row : group->num_rows;
        assert_ok(parquet_page_header_read(file->data + page->offset, page->compressed_size,
                                           page->offset, &header, &header_size, &err),
                  err);
        assert_int_equal(header.type, PARQUET_DATA_PAGE);
        assert_int_equal(header_size + header.compressed_size, page->compressed_size);
        assert_true(header.has_crc);
        assert_int_equal(header.crc, crc32_ieee(0, file->data + page->offset + header_size,
                                                header.compressed_size));
        assert_true(next_row - page->first_row <= 128);
        /* Common borders: no page reaches over a multiple of 128 rows. */
        assert_true(page->first_row / 128 == (next_row - 1) / 128);
        values += header.num_values;
        if (p + 1 == index.page_count) {
            assert_int_equal(page->offset + page->compressed_size, end);
        }
    }
    assert_int_equal(values, c->num_values);
    parquet_offset_index_free(&index);
}

static void structure_is_sound_at_every_border(void **state)
{
    static const int64_t counts[] = {1, 2, 127, 128, 129, 999, 1000, 1001, 2000, 2128};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct parquet_writer_options options;
        struct parquet_file_metadata m;
        struct schema schema;
        struct ArrowArray rows;
        struct buffer file;
        size_t g;
        size_t c;
        make_schema(&schema);
        make_rows(&schema, counts[i], &rows);
        small_options(&options);
        file = write_file(&options, &schema, &rows, 0, NULL);
        read_footer(&file, &m);
        assert_int_equal(m.num_rows, counts[i]);
        assert_int_equal(m.leaf_count, 4);
        assert_int_equal(m.row_group_count, (counts[i] + 999) / 1000);
        assert_true(m.has_column_orders);
        assert_int_equal(m.created_by.length, strlen("inlay test"));
        for (g = 0; g < m.row_group_count; g++) {
            assert_int_equal(m.row_groups[g].column_count, 4);
            for (c = 0; c < 4; c++) {
                check_chunk(&file, &m.row_groups[g], &m.row_groups[g].columns[c]);
            }
            assert_int_equal(m.row_groups[g].columns[3].codec, PARQUET_UNCOMPRESSED);
            assert_int_equal(m.row_groups[g].columns[3].column_index_length, 0);
            assert_true(m.row_groups[g].columns[1].bloom_filter_length > 32);
        }
        parquet_file_metadata_free(&m);
        buffer_free(&file);
        array_release(&rows);
        schema_free(&schema);
    }
}

static void column_index_has_the_pages_bounds(void **state)
{
    struct parquet_writer_options options;
    struct parquet_file_metadata m;
    struct parquet_column_index index;
    struct schema schema;
    struct ArrowArray rows;
    struct buffer file;
    const struct parquet_column_chunk *c;
    inlay_error err;
    size_t p;
    (void)state;
    inlay_error_init(&err);
    make_schema(&schema);
    make_rows(&schema, 1000, &rows);
    small_options(&options);
    file = write_file(&options, &schema, &rows, 1000, NULL);
    read_footer(&file, &m);
    c = &m.row_groups[0].columns[0];
    assert_ok(parquet_column_index_read(file.data + c->column_index_offset, c->column_index_length,
                                        c->column_index_offset, &index, &err),
              err);
    assert_int_equal(index.page_count, 8); /* ids 0, 1, 2, ... in pages of 128 */
    assert_int_equal(index.order, PARQUET_ASCENDING);
    for (p = 0; p < index.page_count; p++) {
        uint64_t last = (p + 1) * 128 < 1000 ? (p + 1) * 128 - 1 : 999;
        assert_false(index.null_pages[p]);
        assert_int_equal(index.null_counts[p], 0);
        assert_int_equal(load_u64(index.min_values[p].data), p * 128);
        assert_int_equal(load_u64(index.max_values[p].data), last);
    }
    assert_int_equal(load_u64(c->statistics.max_value.data), 999);
    assert_true(c->statistics.max_exact && c->statistics.min_exact);
    parquet_column_index_free(&index);
    parquet_file_metadata_free(&m);
    buffer_free(&file);
    array_release(&rows);
    schema_free(&schema);
}

static void summary_is_exact(void **state)
{
    struct parquet_writer_options options;
    struct schema schema;
    struct ArrowArray rows;
    struct array_view view;
    struct parquet_writer *writer;
    const struct parquet_summary *s;
    struct byte_sink sink;
    struct buffer file;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    make_schema(&schema);
    make_rows(&schema, 2500, &rows);
    small_options(&options);
    buffer_init(&file, 1 << 28);
    byte_sink_to_buffer(&sink, &file);
    assert_ok(parquet_writer_create(&options, &schema, &sink, &writer, &err), err);
    assert_ok(parquet_writer_append_arrow(writer, &rows, &err), err);
    assert_ok(parquet_writer_finish_rows(writer, &err), err);
    s = parquet_writer_summary(writer);
    assert_ok(
        array_view_open_batch(&schema, &rows, ARRAY_CHECK_STRUCTURE, INLAY_CORRUPT, &view, &err),
        err);
    assert_int_equal(s->num_rows, 2500);
    assert_int_equal(s->row_group_count, 3);
    assert_int_equal(s->row_groups[2].first_row, 2000);
    assert_int_equal(s->row_groups[2].num_rows, 500);
    assert_int_equal(s->row_groups[0].offset, 4);
    assert_int_equal(s->rows_end, file.len);
    assert_int_equal(load_u64(s->leaves[0].min.data), 0);
    assert_int_equal(load_u64(s->leaves[0].max.data), 2499);
    assert_int_equal(s->leaves[1].null_count, view.children[1].null_count);
    assert_int_equal(s->leaves[1].value_count, 2500 - view.children[1].null_count);
    assert_true(s->leaves[1].max.length > 64); /* not cut: 'z' repeated up to 79 times */
    assert_null(s->leaves[3].min.data);        /* raw: no bounds */
    assert_int_equal(s->leaves[3].value_count, 2500 * 4);
    array_view_close(&view);
    parquet_writer_free(writer);
    buffer_free(&file);
    array_release(&rows);
    schema_free(&schema);
}

static void wrong_use_is_refused(void **state)
{
    struct parquet_writer_options options;
    struct parquet_writer *writer;
    struct schema schema;
    struct schema other = {0};
    struct ArrowArray rows;
    struct byte_sink sink;
    struct buffer file;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    make_schema(&schema);
    make_rows(&schema, 10, &rows);
    small_options(&options);
    buffer_init(&file, 1 << 20);
    byte_sink_to_buffer(&sink, &file);
    assert_status(parquet_writer_create(&options, &other, &sink, &writer, &err),
                  INLAY_INVALID_ARGUMENT); /* more options than columns */
    options.column_count = 0;
    assert_status(parquet_writer_create(&options, &other, &sink, &writer, &err), INLAY_SCHEMA);
    options.codec = PARQUET_SNAPPY;
    assert_status(parquet_writer_create(&options, &schema, &sink, &writer, &err),
                  INLAY_INVALID_ARGUMENT);
    small_options(&options);
    assert_ok(parquet_writer_create(&options, &schema, &sink, &writer, &err), err);
    assert_status(parquet_writer_finish_rows(writer, &err), INLAY_INVALID_ARGUMENT); /* no rows */
    assert_status(parquet_writer_write_footer(writer, NULL, 0, &err), INLAY_INVALID_ARGUMENT);
    assert_ok(parquet_writer_append_arrow(writer, &rows, &err), err);
    assert_ok(parquet_writer_close(writer, NULL, 0, &err), err);
    assert_status(parquet_writer_append_arrow(writer, &rows, &err), INLAY_INVALID_ARGUMENT);
    parquet_writer_free(writer);
    buffer_free(&file);
    array_release(&rows);
    schema_free(&schema);
}

static void full_output_stops_the_writer(void **state)
{
    struct parquet_writer_options options;
    struct parquet_writer *writer;
    struct schema schema;
    struct ArrowArray rows;
    struct byte_sink sink;
    struct buffer file;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    make_schema(&schema);
    make_rows(&schema, 3000, &rows);
    small_options(&options);
    buffer_init(&file, 5000);
    byte_sink_to_buffer(&sink, &file);
    assert_ok(parquet_writer_create(&options, &schema, &sink, &writer, &err), err);
    assert_status(parquet_writer_append_arrow(writer, &rows, &err), INLAY_OVER_BUDGET);
    assert_status(parquet_writer_finish_rows(writer, &err), INLAY_INVALID_ARGUMENT);
    parquet_writer_free(writer);
    buffer_free(&file);
    array_release(&rows);
    schema_free(&schema);
}

struct fault_case {
    const struct schema *schema;
    const struct ArrowArray *rows;
};

static inlay_status write_once(void *context, inlay_error *err)
{
    const struct fault_case *c = context;
    struct parquet_writer_options options;
    struct parquet_writer *writer;
    struct byte_sink sink;
    struct buffer file;
    inlay_status status;
    small_options(&options);
    buffer_init(&file, 1 << 28);
    byte_sink_to_buffer(&sink, &file);
    status = parquet_writer_create(&options, c->schema, &sink, &writer, err);
    if (status == INLAY_OK) {
        status = parquet_writer_append_arrow(writer, c->rows, err);
    }
    if (status == INLAY_OK) {
        status = parquet_writer_close(writer, NULL, 0, err);
    }
    parquet_writer_free(writer);
    buffer_free(&file);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    struct schema schema;
    struct ArrowArray rows;
    struct fault_case c = {&schema, &rows};
    (void)state;
    make_schema(&schema);
    make_rows(&schema, 300, &rows);
    assert_true(alloc_fault_sweep(write_once, &c) > 50);
    array_release(&rows);
    schema_free(&schema);
}

static void damaged_footers_never_crash(void **state)
{
    struct test_random random = test_random_init(21);
    struct parquet_writer_options options;
    struct schema schema;
    struct ArrowArray rows;
    struct buffer file;
    uint32_t length;
    uint8_t *copy;
    int round;
    (void)state;
    make_schema(&schema);
    make_rows(&schema, 500, &rows);
    small_options(&options);
    file = write_file(&options, &schema, &rows, 500, NULL);
    length = load_u32(file.data + file.len - 8);
    copy = malloc(length);
    for (round = 0; round < 5000; round++) {
        struct parquet_file_metadata m;
        size_t size = round % 2 ? length : test_random_below(&random, length);
        memcpy(copy, file.data + file.len - 8 - length, length);
        copy[test_random_below(&random, length)] ^= (uint8_t)(1u << test_random_below(&random, 8));
        if (parquet_file_metadata_read(copy, size, 0, file.len, &m, NULL) == INLAY_OK) {
            struct schema_map map;
            if (schema_map_from_file(&m, &map, NULL) == INLAY_OK) {
                assert_int_equal(arrow_key_refine(&map, &m, NULL), INLAY_OK);
                schema_map_free(&map);
            }
            parquet_file_metadata_free(&m);
        }
    }
    free(copy);
    buffer_free(&file);
    array_release(&rows);
    schema_free(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_do_not_change_the_bytes),
        cmocka_unit_test(structure_is_sound_at_every_border),
        cmocka_unit_test(column_index_has_the_pages_bounds),
        cmocka_unit_test(summary_is_exact),
        cmocka_unit_test(wrong_use_is_refused),
        cmocka_unit_test(full_output_stops_the_writer),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(damaged_footers_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
