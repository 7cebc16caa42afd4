/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scans, selections, rows by number and statistics over two small files that pyarrow wrote (they
 * are seeds of the fuzzer too). Row i of 40 holds i: null when 5 divides i, else i * i     s:
 * "abc<i mod 7>" three times    b: i is even l: null when 3 divides i, else [i, null] p: null when
 * 4 divides i, else {x: i, y: "q"}
 */
#include "support/test.h"

#include "base/alloc.h"
#include "parquet/fetch.h"
#include "parquet/reader.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS 40
#define FOLDER "fuzz/corpus/parquet_reader/"

enum { COLUMN_I, COLUMN_S, COLUMN_L, COLUMN_B, COLUMN_P };

/* A source that counts reads and shows no view, as a remote object does. */
struct counting_source {
    struct byte_source source;
    uint8_t *data;
    _Atomic int reads;
};

static inlay_status counting_read(struct byte_source *source, const struct byte_range *ranges,
                                  size_t count, inlay_error *err)
{
    struct counting_source *counting = (struct counting_source *)source;
    size_t i;
    (void)err;
    counting->reads++;
    for (i = 0; i < count; i++) {
        memcpy(ranges[i].into, counting->data + ranges[i].offset, ranges[i].length);
    }
    return INLAY_OK;
}

static void counting_destroy(struct byte_source *source)
{
    struct counting_source *counting = (struct counting_source *)source;
    free(counting->data);
    free(counting);
}

static const struct byte_source_ops counting_ops = {counting_read, NULL, counting_destroy};

static struct counting_source *counting_open(const char *path)
{
    struct counting_source *counting = calloc(1, sizeof(*counting));
    size_t size;
    assert_non_null(counting);
    counting->data = test_read_file(path, &size);
    assert_non_null(counting->data);
    byte_source_init(&counting->source, &counting_ops, size, path, NULL);
    return counting;
}

static struct parquet_reader *file_open(const char *path)
{
    struct counting_source *source = counting_open(path);
    struct parquet_reader *reader;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(parquet_reader_open(&source->source, NULL, &reader, &err), err);
    byte_source_release(&source->source);
    return reader;
}

static const struct colvec_string *text_at(const struct colvec *v, uint64_t i)
{
    if (v->form == COLVEC_DICTIONARY) {
        return text_at(v->dictionary, v->codes[i]);
    }
    return (const struct colvec_string *)v->values + i;
}

static void check_text(const struct colvec *v, uint64_t i, const char *expected)
{
    const struct colvec_string *s = text_at(v, i);
    assert_int_equal(s->length, strlen(expected));
    assert_memory_equal(colvec_string_data(s), expected, s->length);
}

/* Row `at` of a batch of all columns must be row `row` of the file. */
static void check_row(const struct parquet_batch *batch, uint64_t at, uint64_t row)
{
    const struct colvec *c = batch->columns;
    const struct colvec *items = &c[COLUMN_L].children[0];
    uint64_t item = c[COLUMN_L].offsets[at];
    char text[32];
    assert_int_equal(colvec_valid(&c[COLUMN_I], at), row % 5 != 0);
    assert_true(((const uint64_t *)c[COLUMN_I].values)[at] == (row % 5 != 0 ? row * row : 0));
    snprintf(text, sizeof(text), "abc%dabc%dabc%d", (int)(row % 7), (int)(row % 7), (int)(row % 7));
    check_text(&c[COLUMN_S], at, text);
    assert_int_equal(colvec_valid(&c[COLUMN_L], at), row % 3 != 0);
    assert_true(c[COLUMN_L].offsets[at + 1] - item == (row % 3 != 0 ? 2 : 0));
    if (row % 3 != 0) {
        assert_true(colvec_valid(items, item) && !colvec_valid(items, item + 1));
        assert_int_equal(((const int32_t *)items->values)[item], row);
    }
    assert_int_equal(((const uint8_t *)c[COLUMN_B].values)[at], row % 2 == 0);
    assert_int_equal(colvec_valid(&c[COLUMN_P], at), row % 4 != 0);
    assert_int_equal(colvec_valid(&c[COLUMN_P].children[0], at), row % 4 != 0);
    if (row % 4 != 0) {
        assert_true(((const uint64_t *)c[COLUMN_P].children[0].values)[at] == row);
        check_text(&c[COLUMN_P].children[1], at, "q");
    }
}

/* Scans and checks; returns the rows seen. */
static uint64_t scan_check(struct parquet_reader *reader,
                           const struct parquet_scan_options *options)
{
    struct parquet_scan *scan;
    struct parquet_batch batch;
    uint64_t seen = 0;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(parquet_scan_open(reader, options, &scan, &err), err);
    for (;;) {
        uint64_t i;
        assert_ok(parquet_scan_next(scan, &batch, &err), err);
        if (batch.row_count == 0) {
            break;
        }
        for (i = 0; i < batch.row_count; i++) {
            check_row(&batch, i, batch.rows != NULL ? batch.rows[i] : batch.first_row + i);
        }
        seen += batch.row_count;
        parquet_batch_release(&batch);
    }
    parquet_scan_close(scan);
    return seen;
}

static const char *const files[] = {FOLDER "mixed_v1_zstd", FOLDER "mixed_v2_none"};

static void scans_give_every_row(void **state)
{
    static const uint32_t batch_rows[] = {0, 1, 7, 39, 40};
    size_t f;
    size_t b;
    int form;
    (void)state;
    for (f = 0; f < 2; f++) {
        struct parquet_reader *reader = file_open(files[f]);
        assert_true(parquet_reader_rows(reader) == ROWS);
        for (b = 0; b < 5; b++) {
            for (form = 0; form < 3; form++) {
                struct parquet_scan_options options = {0};
                options.batch_rows = batch_rows[b];
                options.dictionary = form == 1 ? PARQUET_DICTIONARY_NONE : PARQUET_DICTIONARY_TEXT;
                assert_true(scan_check(reader, &options) == ROWS);
            }
        }
        parquet_reader_close(reader);
    }
}

static void selections_give_their_rows(void **state)
{
    struct test_random random = test_random_init(21);
    size_t f;
    int round;
    (void)state;
    for (f = 0; f < 2; f++) {
        struct parquet_reader *reader = file_open(files[f]);
        for (round = 0; round < 60; round++) {
            struct parquet_scan_options options = {0};
            struct parquet_row_range ranges[ROWS];
            struct rowset *set;
            uint64_t row;
            uint64_t wanted = 0;
            assert_int_equal(rowset_create(&set, NULL), INLAY_OK);
            for (row = test_random_below(&random, 6); row < ROWS;
                 row += 1 + test_random_below(&random, 9)) {
                uint64_t left = ROWS - row;
                struct parquet_row_range *r = &ranges[options.range_count++];
                r->first = row;
                r->count = 1 + test_random_below(&random, left < 4 ? left : 4);
                rowset_add_range(set, r->first, r->first + r->count);
                wanted += r->count;
                row += r->count;
            }
            options.ranges = ranges;
            options.batch_rows = 1 + (uint32_t)test_random_below(&random, 9);
            assert_true(scan_check(reader, &options) == wanted);
            options.ranges = NULL;
            options.range_count = 0;
            options.rowset = set;
            assert_true(scan_check(reader, &options) == wanted);
            rowset_free(set);
        }
        parquet_reader_close(reader);
    }
}

static void rows_come_in_the_order_asked_for(void **state)
{
    struct test_random random = test_random_init(22);
    size_t f;
    int round;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    for (f = 0; f < 2; f++) {
        struct parquet_reader *reader = file_open(files[f]);
        for (round = 0; round < 100; round++) {
            uint64_t rows[12];
            size_t count = 1 + test_random_below(&random, 12);
            struct parquet_batch batch;
            size_t i;
            for (i = 0; i < count; i++) {
                rows[i] = test_random_below(&random, ROWS);
            }
            assert_ok(parquet_fetch_rows(reader, NULL, 0, rows, count, &batch, &err), err);
            assert_true(batch.row_count == count);
            for (i = 0; i < count; i++) {
                assert_true(batch.rows[i] == rows[i]);
                check_row(&batch, i, rows[i]);
            }
            parquet_batch_release(&batch);
        }
        parquet_reader_close(reader);
    }
}

static void dictionaries_come_as_codes(void **state)
{
    struct parquet_reader *reader = file_open(files[0]);
    struct parquet_scan_options options = {0};
    const uint32_t columns[] = {COLUMN_S, COLUMN_I};
    struct parquet_scan *scan;
    struct parquet_batch batch;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    options.columns = columns;
    options.column_count = 2;
    assert_ok(parquet_scan_open(reader, &options, &scan, &err), err);
    assert_ok(parquet_scan_next(scan, &batch, &err), err);
    assert_int_equal(batch.columns[0].form, COLVEC_DICTIONARY);
    assert_true(batch.columns[0].dictionary->count == 7);
    assert_int_equal(batch.columns[1].form, COLVEC_FLAT);
    parquet_scan_close(scan);
    check_text(&batch.columns[0], 8, "abc1abc1abc1"); /* a batch outlives its scan */
    parquet_batch_release(&batch);
    parquet_reader_close(reader);
}

static void reads_are_few(void **state)
{
    struct counting_source *source = counting_open(files[0]);
    struct parquet_open_options options = {0};
    const uint64_t rows[] = {3, 30};
    struct parquet_reader *reader;
    struct parquet_batch batch;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(parquet_reader_open(&source->source, NULL, &reader, &err), err);
    assert_int_equal(source->reads, 1);
    assert_true(scan_check(reader, &(struct parquet_scan_options){0}) == ROWS);
    assert_int_equal(source->reads, 2);
    /* With the file's tail in memory, page indexes and footer cost nothing, a fetch one read. */
    options.resident_offset =
        parquet_reader_metadata(reader)->row_groups[0].columns[0].column_index_offset;
    parquet_reader_close(reader);
    source->reads = 0;
    options.resident = source->data + options.resident_offset;
    options.resident_length = source->source.size - options.resident_offset;
    assert_ok(parquet_reader_open(&source->source, &options, &reader, &err), err);
    assert_int_equal(source->reads, 0);
    assert_ok(parquet_fetch_rows(reader, NULL, 0, rows, 2, &batch, &err), err);
    assert_int_equal(source->reads, 1);
    check_row(&batch, 1, 30);
    parquet_batch_release(&batch);
    parquet_reader_close(reader);
    byte_source_release(&source->source);
}

static void statistics_are_typed(void **state)
{
    struct parquet_reader *reader = file_open(files[0]);
    struct parquet_value_stats stats;
    struct parquet_page_stats *pages;
    uint64_t rows = 0;
    int64_t nulls = 0;
    size_t count;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    parquet_reader_chunk_stats(reader, 0, COLUMN_I, &stats);
    assert_int_equal(stats.kind, PARQUET_STAT_INT);
    assert_true(stats.has_min && stats.min.as.i64 == 1 && stats.min_exact);
    assert_true(stats.has_max && stats.max.as.i64 == 39 * 39);
    assert_true(stats.null_count == 8 && stats.value_count == ROWS && !stats.all_null);
    parquet_reader_chunk_stats(reader, 0, COLUMN_S, &stats);
    assert_int_equal(stats.kind, PARQUET_STAT_BYTES);
    assert_memory_equal(stats.max.as.bytes.data, "abc6abc6abc6", 12);
    parquet_reader_chunk_stats(reader, 0, COLUMN_L, &stats);
    assert_int_equal(stats.kind, PARQUET_STAT_NONE);
    assert_true(stats.null_count == -1);
    assert_ok(parquet_reader_page_stats(reader, 0, COLUMN_I, &pages, &count, &err), err);
    assert_true(count > 0);
    for (i = 0; i < count; i++) {
        assert_true(pages[i].first_row == rows);
        assert_true(pages[i].stats.has_min && pages[i].stats.min.as.i64 >= 1);
        rows += pages[i].row_count;
        nulls += pages[i].stats.null_count;
    }
    assert_true(rows == ROWS && nulls == 8);
    mem_free(pages);
    parquet_reader_close(reader);
}

static void wrong_arguments_are_named(void **state)
{
    struct parquet_reader *reader = file_open(files[0]);
    struct parquet_scan_options options = {0};
    const struct parquet_row_range ranges[] = {{5, 3}, {7, 1}};
    const uint32_t column = 5;
    const uint64_t row = ROWS;
    struct parquet_scan *scan;
    struct parquet_batch batch;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    options.columns = &column;
    options.column_count = 1;
    assert_status(parquet_scan_open(reader, &options, &scan, &err), INLAY_INVALID_ARGUMENT);
    options.columns = NULL;
    options.ranges = ranges;
    options.range_count = 2;
    assert_status(parquet_scan_open(reader, &options, &scan, &err), INLAY_INVALID_ARGUMENT);
    assert_status(parquet_fetch_rows(reader, NULL, 0, &row, 1, &batch, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_int_equal(err.row, ROWS);
    options.range_count = 0;
    options.use_ranges = true;
    assert_true(scan_check(reader, &options) == 0);
    options = (struct parquet_scan_options){0};
    options.batch_bytes = 300; /* too little for a batch of all rows */
    assert_ok(parquet_scan_open(reader, &options, &scan, &err), err);
    assert_status(parquet_scan_next(scan, &batch, &err), INLAY_OVER_BUDGET);
    parquet_scan_close(scan);
    parquet_reader_close(reader);
}

static void *thread_run(void *argument)
{
    struct parquet_reader *reader = argument;
    const struct parquet_scan_options options = {.batch_rows = 9};
    const uint64_t rows[] = {39, 2, 17};
    int round;
    for (round = 0; round < 20; round++) {
        struct parquet_batch batch;
        if (scan_check(reader, &options) != ROWS ||
            parquet_fetch_rows(reader, NULL, 0, rows, 3, &batch, NULL) != INLAY_OK) {
            return argument;
        }
        check_row(&batch, 2, 17);
        parquet_batch_release(&batch);
    }
    return NULL;
}

static void threads_share_a_reader(void **state)
{
    struct parquet_reader *reader = file_open(files[0]);
    pthread_t threads[4];
    void *result;
    int i;
    (void)state;
    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, thread_run, reader), 0);
    }
    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_null(result);
    }
    parquet_reader_close(reader);
}

/* Opens and reads all of it, whatever comes. */
static void use_bytes(const uint8_t *data, size_t size)
{
    struct parquet_scan_options options = {0};
    struct byte_source *source;
    struct parquet_reader *reader;
    struct parquet_scan *scan;
    struct parquet_batch batch;
    int batches = 0;
    options.batch_bytes = 1 << 24;
    assert_int_equal(byte_source_from_memory(data, size, 0, "bytes", &source, NULL), INLAY_OK);
    if (parquet_reader_open(source, NULL, &reader, NULL) == INLAY_OK) {
        if (parquet_scan_open(reader, &options, &scan, NULL) == INLAY_OK) {
            while (batches++ < 10 && parquet_scan_next(scan, &batch, NULL) == INLAY_OK &&
                   batch.row_count != 0) {
                parquet_batch_release(&batch);
            }
            parquet_scan_close(scan);
        }
        parquet_reader_close(reader);
    }
    byte_source_release(source);
}

static void damaged_files_do_no_harm(void **state)
{
    size_t f;
    (void)state;
    for (f = 0; f < 2; f++) {
        size_t size;
        size_t i;
        uint8_t *data = test_read_file(files[f], &size);
        assert_non_null(data);
        for (i = 0; i < size; i += 3) {
            uint8_t *cut = malloc(size - i);
            memcpy(cut, data + i, size - i); /* losing its head, the footer stays */
            use_bytes(cut, size - i);
            free(cut);
        }
        for (i = 0; i < size; i++) {
            data[i] ^= (uint8_t)(1 << (i % 8));
            use_bytes(data, size);
            data[i] ^= (uint8_t)(1 << (i % 8));
        }
        free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_give_every_row),
        cmocka_unit_test(selections_give_their_rows),
        cmocka_unit_test(rows_come_in_the_order_asked_for),
        cmocka_unit_test(dictionaries_come_as_codes),
        cmocka_unit_test(reads_are_few),
        cmocka_unit_test(statistics_are_typed),
        cmocka_unit_test(wrong_arguments_are_named),
        cmocka_unit_test(threads_share_a_reader),
        cmocka_unit_test(damaged_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
