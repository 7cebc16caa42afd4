/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scans of a table's relation with a predicate, by one worker, against the scan of everything:
 * milliseconds and rows read. Made data: `key` ascends, `name` ascends as text, `title` has eight
 * words of datagen.h and a text index, `bucket` one of 1000 values, scattered, with a text index.
 *
 *     bench_predicate_scan [rows [superfiles]]
 */
#include "bench/datagen.h"
#include "bench/timing.h"

#include "api/handles.h"
#include "columnar/stream.h"
#include "sql/table_relation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = 1, NAME, TITLE, BUCKET, ROUNDS = 7, BATCH = 50000 };

static inlay_error err;

static void must(inlay_status status)
{
    if (status != INLAY_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

static unsigned bucket_of(uint64_t row)
{
    uint64_t state = row;
    return (unsigned)(next_random(&state) % 1000);
}

static void put_text(struct builder *builder, size_t column, const char *text, size_t length)
{
    must(builder_bytes_value(builder_child(builder, column), text, length, &err));
}

static void append(struct typed_table *table, const struct schema *schema, uint64_t first,
                   uint64_t rows)
{
    size_t count = (size_t)((rows + BATCH - 1) / BATCH);
    struct batch *batches = calloc(count, sizeof(*batches));
    struct typed_append_options options = {.target_bytes = UINT64_C(1) << 40};
    struct typed_append_result result;
    struct ArrowArrayStream stream;
    for (size_t b = 0; b < count; b++) {
        uint64_t from = first + b * BATCH;
        uint64_t end = from + BATCH < first + rows ? from + BATCH : first + rows;
        struct builder *builder;
        struct ArrowArray array;
        must(builder_new_batch(schema, SIZE_MAX, &builder, &err));
        for (uint64_t row = from; row < end; row++) {
            char text[TITLE_SIZE];
            must(builder_int(builder_child(builder, 0), (int64_t)row * 3, &err));
            put_text(builder, 1, text,
                     (size_t)snprintf(text, sizeof(text), "name%09llu", (unsigned long long)row));
            size_t length = datagen_title(row, text);
            put_text(builder, 2, text, length);
            put_text(builder, 3, text,
                     (size_t)snprintf(text, sizeof(text), "b%04u", bucket_of(row)));
            must(builder_close_row(builder, &err));
        }
        must(builder_finish(builder, &array, &err));
        builder_free(builder);
        must(batch_from_array(schema, &array, ARRAY_CHECK_FULL, INLAY_INTERNAL, &batches[b], &err));
    }
    must(stream_of_batches(schema, batches, count, &stream, &err));
    must(typed_table_append(table, &stream, &options, &result, &err));
    free(batches);
}

static uint64_t scan_once(struct relation *relation, const struct predicate *predicate,
                          struct scan_account *account)
{
    static const size_t columns[] = {0, KEY, NAME, TITLE, BUCKET};
    const struct scan_request request = {columns, 5, predicate, account};
    struct relation_worker *worker;
    struct relation_scan *scan;
    struct relation_rows rows;
    uint64_t total = 0;
    must(relation->ops->scan_open(relation, &request, &scan, &err));
    must(relation->ops->worker_open(scan, &worker, &err));
    do {
        must(relation->ops->worker_next(worker, &rows, &err));
        total += rows.count;
    } while (rows.count != 0);
    relation->ops->worker_close(worker);
    relation->ops->scan_close(scan);
    return total;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(struct relation *relation, const char *what, const struct predicate *predicate)
{
    double times[ROUNDS];
    struct scan_account account;
    for (int round = 0; round < ROUNDS; round++) {
        memset(&account, 0, sizeof(account));
        double start = wall_seconds();
        (void)scan_once(relation, predicate, &account);
        times[round] = (wall_seconds() - start) * 1e3;
    }
    qsort(times, ROUNDS, sizeof(times[0]), by_value);
    printf("%-44s %9.3f ms %8llu rows, %7llu by index; pruned: %llu superfiles, %llu row groups, "
           "%llu pages\n",
           what, times[ROUNDS / 2], (unsigned long long)account.rows_read,
           (unsigned long long)account.rows_by_index, (unsigned long long)account.superfiles_pruned,
           (unsigned long long)account.row_groups_pruned, (unsigned long long)account.pages_pruned);
    (void)fflush(stdout);
}

static void measure_all(struct relation *relation, uint64_t rows)
{
    static const unsigned lists[] = {1, 10, 20, 30, 50, 70, 100, 150, 200, 400, 1000};
    struct stat_value values[1000];
    struct predicate test = {.values = values, .value_count = 1};
    struct predicate low = {
        .test = PREDICATE_GE, .column = KEY, .values = &values[0], .value_count = 1};
    struct predicate high = {
        .test = PREDICATE_LT, .column = KEY, .values = &values[1], .value_count = 1};
    const struct predicate *const range[2] = {&low, &high};
    struct predicate both = {.kind = PREDICATE_AND, .parts = range, .part_count = 2};
    static char buckets[1000][8];
    char title[TITLE_SIZE];
    char text[64];
    char word[WORD_SIZE];
    measure(relation, "everything", NULL);
    values[0] = stat_bytes(title, (uint32_t)datagen_title(rows / 2, title));
    test.column = TITLE;
    measure(relation, "title = one row's (text index)", &test);
    values[0] = stat_bytes(
        text, (uint32_t)snprintf(text, sizeof(text), "name%09llu", (unsigned long long)rows / 2));
    test.column = NAME;
    measure(relation, "name = one row's (sorted, min/max)", &test);
    values[0] = stat_int((int64_t)(rows / 2 * 3));
    test.column = KEY;
    measure(relation, "key = one row's (sorted, min/max)", &test);
    values[1] = stat_int((int64_t)((rows / 2 + rows / 100) * 3));
    measure(relation, "key range of 1 % of the rows", &both);
    static const uint32_t ranks[] = {5, 100, 1000, 20000};
    for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
        char what[64];
        values[0] = stat_bytes(word, (uint32_t)datagen_word(ranks[i], word));
        test.column = TITLE;
        test.test = PREDICATE_LIKE;
        (void)snprintf(what, sizeof(what), "title LIKE '%%%s%%' (word of rank %u)", word, ranks[i]);
        measure(relation, what, &test);
    }
    (void)snprintf(text, sizeof(text), " %s ", word);
    values[0] = stat_bytes(text, (uint32_t)strlen(text));
    measure(relation, "title LIKE '% word %'", &test);
    test.test = PREDICATE_IN;
    test.column = BUCKET;
    for (unsigned i = 0; i < 1000; i++) {
        values[i] = stat_bytes(buckets[i], (uint32_t)snprintf(buckets[i], 8, "b%04u", i));
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        char what[64];
        test.value_count = lists[i];
        (void)snprintf(what, sizeof(what), "bucket IN (%u values): %.1f %% of the rows", lists[i],
                       lists[i] / 10.0);
        measure(relation, what, &test);
    }
}

int main(int argc, char **argv)
{
    uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t files = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    inlay_text_index indexes[2];
    inlay_table_options options;
    inlay_connection *connection;
    inlay_table *table;
    struct relation *relation;
    struct table_view *view;
    struct ArrowSchema arrow;
    struct schema schema = {NULL, 0};
    char folder[] = "/tmp/inlay-bench-XXXXXX";
    char command[64];
    inlay_error_init(&err);
    (void)schema_add(&schema, "key", COLUMN_INT64, false);
    (void)schema_add(&schema, "name", COLUMN_UTF8, true);
    (void)schema_add(&schema, "title", COLUMN_UTF8, true);
    (void)schema_add(&schema, "bucket", COLUMN_UTF8, true);
    inlay_text_index_init(&indexes[0]);
    inlay_text_index_init(&indexes[1]);
    indexes[0].column = "title";
    indexes[1].column = "bucket";
    inlay_table_options_init(&options);
    options.text_indexes = indexes;
    options.text_index_count = 2;
    must(schema_to_arrow(&schema, &arrow, &err));
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    must(inlay_connect(folder, NULL, &connection, &err));
    must(inlay_create_table(connection, "t", &arrow, &options, &table, &err));
    must(table_handle_view(table, &view, &err));
    for (uint64_t file = 0; file < files; file++) {
        append(view->table, &schema, rows * file / files,
               rows * (file + 1) / files - rows * file / files);
    }
    table_view_release(view);
    must(table_handle_view(table, &view, &err));
    printf("%llu rows, %zu superfiles\n", (unsigned long long)rows, view->list.count);
    must(table_relation_create(view, &relation, &err));
    measure_all(relation, rows);
    relation->ops->release(relation);
    inlay_table_close(table);
    inlay_close(connection);
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}
