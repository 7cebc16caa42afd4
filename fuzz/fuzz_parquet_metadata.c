/* SPDX-License-Identifier: Apache-2.0 */
/* Every metadata structure of a Parquet file from arbitrary bytes: footer (and what it is made
 * into: schema map, refinement, and the footer written again), page header, page indexes, Bloom
 * filter header. The first byte picks the structure. */
#include "parquet/arrow_key.h"
#include "parquet/metadata.h"
#include "parquet/schema_map.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_footer(const uint8_t *data, size_t size)
{
    struct parquet_file_metadata first;
    struct parquet_file_metadata second;
    struct schema_map map;
    struct buffer bytes;
    if (parquet_file_metadata_read(data, size, 0, UINT32_MAX, &first, NULL) != INLAY_OK) {
        return;
    }
    if (schema_map_from_file(&first, &map, NULL) == INLAY_OK) {
        if (arrow_key_refine(&map, &first, NULL) != INLAY_OK) {
            abort();
        }
        schema_map_free(&map);
    }
    /* What was read can be written, and that can be read. */
    buffer_init(&bytes, (size_t)1 << 30);
    parquet_file_metadata_write(&first, &bytes);
    if (bytes.status != INLAY_OK || parquet_file_metadata_read(bytes.data, bytes.len, 0, UINT32_MAX,
                                                               &second, NULL) != INLAY_OK) {
        abort();
    }
    if (second.num_rows != first.num_rows || second.leaf_count != first.leaf_count ||
        second.key_value_count != first.key_value_count) {
        abort();
    }
    parquet_file_metadata_free(&second);
    parquet_file_metadata_free(&first);
    buffer_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parquet_page_header page;
    struct parquet_offset_index offsets;
    struct parquet_column_index columns;
    struct parquet_bloom_header bloom;
    size_t used;
    if (size == 0) {
        return 0;
    }
    switch (data[0] % 5) {
    case 0:
        try_footer(data + 1, size - 1);
        break;
    case 1:
        (void)parquet_page_header_read(data + 1, size - 1, 0, &page, &used, NULL);
        break;
    case 2:
        (void)parquet_offset_index_read(data + 1, size - 1, 0, 1 << 20, 1 << 20, &offsets, NULL);
        parquet_offset_index_free(&offsets);
        break;
    case 3:
        (void)parquet_column_index_read(data + 1, size - 1, 0, &columns, NULL);
        parquet_column_index_free(&columns);
        break;
    default:
        (void)parquet_bloom_header_read(data + 1, size - 1, 0, &bloom, &used, NULL);
    }
    return 0;
}
