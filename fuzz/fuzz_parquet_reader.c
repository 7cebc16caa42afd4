/* SPDX-License-Identifier: Apache-2.0 */
/* A whole Parquet file from arbitrary bytes: open, look at all statistics, scan every column, fetch
 * rows. What comes out is walked through, so that a vector that lies about itself is seen. */
#include "base/alloc.h"
#include "parquet/fetch.h"
#include "parquet/reader.h"

#include <stdlib.h>
#include <string.h>

#define MOST_ROWS 20000 /* a few bytes may claim billions of rows; time is what is bounded here */
#define MOST_ITEMS 200000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t sum;

static void touch_bytes(const void *bytes, size_t length)
{
    const uint8_t *p = bytes;
    size_t i;
    for (i = 0; i < length; i++) {
        sum += p[i];
    }
}

static void touch(const struct colvec *v, uint64_t count, unsigned depth)
{
    uint64_t i;
    if (v->count < count || v->null_count > v->count || depth > 40) {
        abort();
    }
    for (i = 0; i < count; i++) {
        sum += colvec_valid(v, i);
    }
    if (v->form == COLVEC_DICTIONARY) {
        for (i = 0; i < count; i++) {
            if (colvec_valid(v, i) && v->codes[i] >= v->dictionary->count) {
                abort();
            }
        }
        touch(v->dictionary, v->dictionary->count, depth + 1);
        return;
    }
    switch (v->field->type) {
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8:
    case COLUMN_BINARY:
    case COLUMN_LARGE_BINARY:
        for (i = 0; i < count; i++) {
            const struct colvec_string *s = (const struct colvec_string *)v->values + i;
            if (colvec_valid(v, i)) {
                touch_bytes(colvec_string_data(s), s->length);
            }
        }
        break;
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
        for (i = 0; i < count; i++) {
            if (v->offsets[i] > v->offsets[i + 1]) {
                abort();
            }
        }
        touch(&v->children[0], v->offsets[count], depth + 1);
        break;
    case COLUMN_FIXED_LIST:
        touch(&v->children[0], count * (uint64_t)v->field->width, depth + 1);
        break;
    case COLUMN_STRUCT:
        for (i = 0; i < v->child_count; i++) {
            touch(&v->children[i], count, depth + 1);
        }
        break;
    case COLUMN_BOOL:
    case COLUMN_NULL:
        touch_bytes(v->values, (size_t)count);
        break;
    default:
        touch_bytes(v->values, (size_t)count * column_type_width(v->field));
        break;
    }
}

static void touch_batch(const struct parquet_batch *batch)
{
    size_t c;
    for (c = 0; c < batch->column_count; c++) {
        if (batch->columns[c].count != batch->row_count) {
            abort();
        }
        touch(&batch->columns[c], batch->row_count, 0);
    }
}

static void statistics(struct parquet_reader *reader)
{
    size_t group;
    size_t column;
    for (group = 0; group < parquet_reader_row_groups(reader) && group < 4; group++) {
        for (column = 0; column < parquet_reader_schema(reader)->count; column++) {
            struct parquet_value_stats stats;
            struct parquet_page_stats *pages;
            size_t count;
            parquet_reader_chunk_stats(reader, group, column, &stats);
            if (stats.kind == PARQUET_STAT_BYTES && stats.has_min) {
                touch_bytes(stats.min.as.bytes.data, stats.min.as.bytes.length);
            }
            if (parquet_reader_page_stats(reader, group, column, &pages, &count, NULL) ==
                INLAY_OK) {
                mem_free(pages);
            }
        }
    }
}

static void scan_column(struct parquet_reader *reader, uint32_t column, bool select)
{
    struct parquet_scan_options options = {0};
    struct parquet_row_range ranges[2] = {{1, 1}, {5, 700}};
    uint64_t rows = parquet_reader_rows(reader);
    struct parquet_scan *scan;
    struct parquet_batch batch;
    uint64_t seen = 0;
    options.columns = &column;
    options.column_count = 1;
    options.batch_bytes = 64 << 20;
    options.batch_rows = select ? 100 : 0;
    if (select) {
        if (rows < 705) {
            ranges[1].count = rows > 5 ? rows - 5 : 0;
            ranges[1].first = rows > 5 ? 5 : rows;
            ranges[0].count = rows > 1 ? 1 : 0;
            ranges[0].first = rows > 1 ? 1 : 0;
        }
        options.ranges = ranges;
        options.range_count = 2;
        options.use_ranges = true;
    }
    if (parquet_scan_open(reader, &options, &scan, NULL) != INLAY_OK) {
        return;
    }
    while (seen < MOST_ROWS && parquet_scan_next(scan, &batch, NULL) == INLAY_OK &&
           batch.row_count != 0) {
        touch_batch(&batch);
        seen += batch.row_count;
        parquet_batch_release(&batch);
    }
    parquet_scan_close(scan);
}

static void fetch(struct parquet_reader *reader)
{
    uint64_t rows = parquet_reader_rows(reader);
    uint64_t wanted[6];
    struct parquet_batch batch;
    uint32_t column;
    if (rows == 0) {
        return;
    }
    wanted[0] = rows / 2 < MOST_ITEMS ? rows / 2 : MOST_ITEMS;
    wanted[1] = 0;
    wanted[2] = rows > 3 ? 3 : 0;
    wanted[3] = wanted[0];
    wanted[4] = rows > 4 ? 4 : 0;
    wanted[5] = rows - 1 < MOST_ITEMS ? rows - 1 : MOST_ITEMS;
    for (column = 0; column < parquet_reader_schema(reader)->count && column < 64; column++) {
        if (parquet_fetch_rows(reader, &column, 1, wanted, 6, &batch, NULL) == INLAY_OK) {
            touch_batch(&batch);
            parquet_batch_release(&batch);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parquet_open_options options = {0};
    struct parquet_reader *reader;
    struct byte_source *source;
    inlay_error err;
    uint32_t column;
    inlay_error_init(&err);
    options.max_page_bytes = 16 << 20;
    options.cache_bytes = 1 << 20;
    options.ignore_checksums = true; /* else every change stops at the checksum */
    if (byte_source_from_memory(data, size, 0, "fuzz", &source, NULL) != INLAY_OK) {
        return 0;
    }
    if (parquet_reader_open(source, &options, &reader, &err) == INLAY_OK) {
        statistics(reader);
        for (column = 0; column < parquet_reader_schema(reader)->count && column < 64; column++) {
            scan_column(reader, column, false);
            scan_column(reader, column, true);
        }
        fetch(reader);
        parquet_reader_close(reader);
    }
    byte_source_release(source);
    return 0;
}
