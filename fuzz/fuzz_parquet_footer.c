/* SPDX-License-Identifier: Apache-2.0 */
/* A Parquet footer from arbitrary bytes, as the tail of a file that is otherwise empty; then the
 * same bytes as page header, offset index, column index and Bloom filter header. */
#include "base/alloc.h"
#include "parquet/metadata.h"
#include "parquet/reader.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_as_footer(const uint8_t *data, size_t size)
{
    struct parquet_reader *reader;
    struct byte_source *source;
    uint8_t *file = mem_zalloc(size + 8);
    if (file == NULL) {
        return;
    }
    memcpy(file, data, size);
    file[size] = (uint8_t)size;
    file[size + 1] = (uint8_t)(size >> 8);
    file[size + 2] = (uint8_t)(size >> 16);
    memcpy(file + size + 4, "PAR1", 4);
    if (byte_source_from_memory(file, size + 8, 1, "fuzz", &source, NULL) != INLAY_OK) {
        mem_free(file);
        return;
    }
    if (parquet_reader_open(source, NULL, &reader, NULL) == INLAY_OK) {
        size_t column;
        for (column = 0; column < parquet_reader_schema(reader)->count; column++) {
            (void)parquet_reader_column_check(reader, column, NULL);
        }
        parquet_reader_close(reader);
    }
    byte_source_release(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parquet_page_header page;
    struct parquet_offset_index offsets;
    struct parquet_column_index bounds;
    struct parquet_bloom_header bloom;
    size_t used;
    open_as_footer(data, size);
    (void)parquet_page_header_read(data, size, 0, &page, &used, NULL);
    (void)parquet_bloom_header_read(data, size, 0, &bloom, &used, NULL);
    if (parquet_offset_index_read(data, size, 0, UINT64_C(1) << 40, 1000, &offsets, NULL) ==
        INLAY_OK) {
        parquet_offset_index_free(&offsets);
    }
    if (parquet_column_index_read(data, size, 0, &bounds, NULL) == INLAY_OK) {
        parquet_column_index_free(&bounds);
    }
    return 0;
}
