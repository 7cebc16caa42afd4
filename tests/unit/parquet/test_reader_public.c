/* SPDX-License-Identifier: Apache-2.0 */
/* Every file of the public collections, with what reading it must give: nothing passes silently. A
 * file is read column by column (scan, selection, rows by number); its outcome is the first
 * failure. Values are compared with other readers by tests/interop/parquet_read. */
#include "support/test.h"

#include "parquet/fetch.h"
#include "parquet/reader.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_ROWS 100000 /* some hostile files claim billions */

struct outcome {
    const char *file;
    inlay_status status;
};

static const struct outcome outcomes[] = {
    {"parquet-fuzzing/clusterfuzz-testcase-5913005913407488", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-dictbitwidth-4680774947569664", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-4570087119192064",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-4612343993794560",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-4705426173394944",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-4740205688193024",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-4819270771146752",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-4890562181464064",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-4914963406389248.fuzz",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5004902418481152",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5068991573000192",
     INLAY_OK},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5103039558582272",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5106889906585600",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5125226590633984",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5138681717587968",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5157653963866112",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5191952833445888",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5205317732532224",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5336907530960896",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5382863341289472",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5488918901620736",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5633048948506624",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5634349073694720",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5639431718699008",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5650096073211904",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5654199003250688",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5662105355419648",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5664058981548032",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5665099979423744",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5667493425446912",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5670235492581376",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5672125707059200",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5682250927833088",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5685456455073792",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5689850864074752.fuzz",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5697144926502912.fuzz",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5707695493742592",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5725463236575232",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5736510608637952",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5741282380742656",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5742713808093184",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5747132009283584",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5749006555938816",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5749949046456320",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5754721228029952",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5761340172140544",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5841507574743040",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-5915095763386368",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-6122962147737600.fuzz",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-6149453871644672",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-6289584196026368",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-6358005443592192",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-6539993600884736",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-minimized-parquet-arrow-fuzz-6696667471020032",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-4747568180101120", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-5076612654301184", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-5131422543904768", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-5415048864989184", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-5634357839790080", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-5662612223426560.fuzz",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-5694968720261120", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-5726376042954752", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-5747222405447680.fuzz",
     INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-5973249794637824", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-6193345128038400", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-6246447962652672", INLAY_CORRUPT},
    {"parquet-fuzzing/clusterfuzz-testcase-parquet-arrow-fuzz-6307367001784320", INLAY_CORRUPT},
    {"parquet-fuzzing/crash-61d6204d481340860da54e30f1937b67234ad0f7", INLAY_CORRUPT},
    {"parquet-fuzzing/crash-9840a7b1a0d24996069f6ee0779bbe9875e8aca3", INLAY_CORRUPT},
    {"parquet-testing/bad_data/ARROW-GH-41317.parquet", INLAY_CORRUPT},
    {"parquet-testing/bad_data/ARROW-GH-43605.parquet", INLAY_OK},
    {"parquet-testing/bad_data/ARROW-GH-47662.parquet", INLAY_CORRUPT},
    {"parquet-testing/bad_data/ARROW-RS-GH-6229-LEVELS.parquet", INLAY_CORRUPT},
    {"parquet-testing/bad_data/PARQUET-1481.parquet", INLAY_CORRUPT},
    {"parquet-testing/data/alltypes_dictionary.parquet", INLAY_OK},
    {"parquet-testing/data/alltypes_plain.parquet", INLAY_OK},
    {"parquet-testing/data/alltypes_tiny_pages.parquet", INLAY_OK},
    {"parquet-testing/data/alltypes_tiny_pages_plain.parquet", INLAY_OK},
    {"parquet-testing/data/binary_truncated_min_max.parquet", INLAY_OK},
    {"parquet-testing/data/byte_array_decimal.parquet", INLAY_OK},
    {"parquet-testing/data/byte_stream_split_extended.gzip.parquet", INLAY_OK},
    {"parquet-testing/data/column_chunk_key_value_metadata.parquet", INLAY_OK},
    {"parquet-testing/data/data_index_bloom_encoding_stats.parquet", INLAY_OK},
    {"parquet-testing/data/data_index_bloom_encoding_with_length.parquet", INLAY_OK},
    {"parquet-testing/data/datapage_v1-snappy-compressed-checksum.parquet", INLAY_OK},
    {"parquet-testing/data/datapage_v1-uncompressed-checksum.parquet", INLAY_OK},
    {"parquet-testing/data/datapage_v2_empty_datapage.snappy.parquet", INLAY_OK},
    {"parquet-testing/data/delta_binary_packed.parquet", INLAY_OK},
    {"parquet-testing/data/delta_encoding_optional_column.parquet", INLAY_OK},
    {"parquet-testing/data/delta_encoding_required_column.parquet", INLAY_OK},
    {"parquet-testing/data/dict-page-offset-zero.parquet", INLAY_OK},
    {"parquet-testing/data/fixed_length_byte_array.parquet", INLAY_OK},
    {"parquet-testing/data/fixed_length_decimal_legacy.parquet", INLAY_OK},
    {"parquet-testing/data/float16_nonzeros_and_nans.parquet", INLAY_OK},
    {"parquet-testing/data/floating_orders_nan_count.parquet", INLAY_OK},
    {"parquet-testing/data/hadoop_lz4_compressed.parquet", INLAY_OK},
    {"parquet-testing/data/incorrect_map_schema.parquet", INLAY_OK},
    {"parquet-testing/data/int32_decimal.parquet", INLAY_OK},
    {"parquet-testing/data/int64_decimal.parquet", INLAY_OK},
    {"parquet-testing/data/int96_from_spark.parquet", INLAY_OK},
    {"parquet-testing/data/list_columns.parquet", INLAY_OK},
    {"parquet-testing/data/lz4_raw_compressed.parquet", INLAY_OK},
    {"parquet-testing/data/map_no_value.parquet", INLAY_OK},
    {"parquet-testing/data/nan_in_stats.parquet", INLAY_OK},
    {"parquet-testing/data/nested_lists.snappy.parquet", INLAY_OK},
    {"parquet-testing/data/nested_maps.snappy.parquet", INLAY_OK},
    {"parquet-testing/data/non_hadoop_lz4_compressed.parquet", INLAY_OK},
    {"parquet-testing/data/nonnullable.impala.parquet", INLAY_OK},
    {"parquet-testing/data/nullable.impala.parquet", INLAY_OK},
    {"parquet-testing/data/nulls.snappy.parquet", INLAY_OK},
    {"parquet-testing/data/overflow_i16_page_cnt.parquet", INLAY_OK},
    {"parquet-testing/data/page_v2_empty_compressed.parquet", INLAY_OK},
    {"parquet-testing/data/repeated_no_annotation.parquet", INLAY_OK},
    {"parquet-testing/data/repeated_primitive_no_list.parquet", INLAY_OK},
    {"parquet-testing/data/rle-dict-uncompressed-corrupt-checksum.parquet", INLAY_CORRUPT},
    {"parquet-testing/data/rle_boolean_encoding.parquet", INLAY_OK},
    {"parquet-testing/data/sort_columns.parquet", INLAY_OK},
    {"parquet-testing/data/unknown-logical-type.parquet", INLAY_OK},
};

static inlay_status scan_column(struct parquet_reader *reader, uint32_t column,
                                const struct parquet_row_range *range, inlay_error *err)
{
    struct parquet_scan_options options = {0};
    struct parquet_scan *scan;
    struct parquet_batch batch;
    uint64_t seen = 0;
    inlay_status status;
    options.columns = &column;
    options.column_count = 1;
    options.batch_bytes = 256 << 20;
    options.ranges = range;
    options.range_count = range != NULL;
    status = parquet_scan_open(reader, &options, &scan, err);
    while (status == INLAY_OK && seen < MOST_ROWS) {
        status = parquet_scan_next(scan, &batch, err);
        if (status != INLAY_OK || batch.row_count == 0) {
            break;
        }
        assert_int_equal(batch.column_count, 1);
        assert_true(batch.columns[0].count == batch.row_count);
        seen += batch.row_count;
        parquet_batch_release(&batch);
    }
    if (status == INLAY_OK && seen < MOST_ROWS) {
        assert_true(seen == (range != NULL ? range->count : parquet_reader_rows(reader)));
    }
    parquet_scan_close(scan);
    return status;
}

static inlay_status read_column(struct parquet_reader *reader, uint32_t column, inlay_error *err)
{
    uint64_t rows = parquet_reader_rows(reader);
    struct parquet_row_range range = {rows / 3, rows / 3 < 10 ? rows / 3 : 10};
    uint64_t wanted[3] = {rows - 1, 0, rows / 2};
    struct parquet_batch batch;
    inlay_status status = scan_column(reader, column, NULL, err);
    if (status == INLAY_OK && rows > 3 && rows < MOST_ROWS) {
        status = scan_column(reader, column, &range, err);
        if (status == INLAY_OK) {
            status = parquet_fetch_rows(reader, &column, 1, wanted, 3, &batch, err);
        }
        if (status == INLAY_OK) {
            assert_true(batch.row_count == 3);
            parquet_batch_release(&batch);
        }
    }
    return status;
}

static inlay_status read_file(const char *path, inlay_error *err)
{
    struct parquet_open_options options = {0};
    struct parquet_reader *reader = NULL;
    struct byte_source *source = NULL;
    size_t size;
    uint32_t column;
    inlay_status status;
    uint8_t *data = test_read_file(path, &size);
    assert_non_null(data);
    options.max_page_bytes = 64 << 20;
    assert_int_equal(byte_source_from_memory(data, size, 0, path, &source, NULL), INLAY_OK);
    status = parquet_reader_open(source, &options, &reader, err);
    for (column = 0; status == INLAY_OK && column < parquet_reader_schema(reader)->count;
         column++) {
        status = read_column(reader, column, err);
    }
    parquet_reader_close(reader);
    byte_source_release(source);
    free(data);
    return status;
}

static const struct outcome *outcome_of(const char *file)
{
    size_t i;
    for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        if (strcmp(outcomes[i].file, file) == 0) {
            return &outcomes[i];
        }
    }
    return NULL;
}

/* Returns the files whose outcome is not the one in the table. */
static int read_folder(const char *root, const char *folder)
{
    char path[1024];
    struct dirent *entry;
    int wrong = 0;
    DIR *dir;
    snprintf(path, sizeof(path), "%s/%s", root, folder);
    dir = opendir(path);
    if (dir == NULL) {
        print_message("skipped: %s is not here\n", path);
        return 0;
    }
    while ((entry = readdir(dir)) != NULL) {
        char file[512];
        const struct outcome *expected;
        inlay_status status;
        inlay_error err;
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "LICENSE.txt") == 0 ||
            strstr(entry->d_name, ".csv") != NULL) {
            continue;
        }
        inlay_error_init(&err);
        snprintf(file, sizeof(file), "%s/%s", folder, entry->d_name);
        snprintf(path, sizeof(path), "%s/%s", root, file);
        status = read_file(path, &err);
        expected = outcome_of(file);
        if (expected == NULL || expected->status != status) {
            print_message("%s: got %d '%s' %s %s, expected '%s'\n", file, (int)status,
                          inlay_status_name(status), err.message, err.cause,
                          expected != NULL ? inlay_status_name(expected->status) : "no such file");
            wrong++;
        }
    }
    closedir(dir);
    return wrong;
}

static void public_files_give_what_the_table_says(void **state)
{
    const char *root = test_data_folder();
    int wrong = 0;
    (void)state;
    if (root == NULL) {
        print_message("skipped: no folder of public test data\n");
        skip();
    }
    wrong += read_folder(root, "parquet-testing/data");
    wrong += read_folder(root, "parquet-testing/bad_data");
    wrong += read_folder(root, "parquet-fuzzing");
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(public_files_give_what_the_table_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
