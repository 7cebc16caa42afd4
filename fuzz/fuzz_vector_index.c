/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: u32 length of the hot part, hot part, body. First the bytes as they are; then with the
 * checksums of the hot part and of the cells made right, so that what they guard is reached. What
 * opens is verified, searched, and merged.
 */
#include "base/alloc.h"
#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "vector/format/layout.h"
#include "vector/vector_merge.h"

#include <stdlib.h>
#include <string.h>

#define MOST_DIM 256u
#define MOST_ROWS 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Raw vectors for exact distances: element j of row i is a small number that depends on both. */
static inlay_status read_rows(void *context, const uint32_t *rows, size_t count, void *out,
                              inlay_error *err)
{
    const struct vector_index_info *info = context;
    size_t width = info->element == VECTOR_F64 ? 8 : info->element == VECTOR_F16 ? 2 : 4;
    size_t i;
    (void)err;
    for (i = 0; i < count; i++) {
        if (rows[i] >= info->row_count) {
            abort(); /* what verification promises */
        }
        memset((uint8_t *)out + i * info->dim * width, (int)(rows[i] & 0x3f), info->dim * width);
    }
    return INLAY_OK;
}

static inlay_status no_nulls(void *context, uint32_t first, uint32_t count, uint64_t *words,
                             inlay_error *err)
{
    const struct vector_index_info *info = context;
    (void)err;
    if ((uint64_t)first + count > info->row_count) {
        abort();
    }
    memset(words, 0, ((size_t)count + 63) / 64 * 8);
    return INLAY_OK;
}

static void search(struct vector_segment *segment, size_t k, double recall, bool exact)
{
    float query[MOST_DIM];
    struct vector_search_options options;
    struct vector_hit *hits = NULL;
    size_t count = 0;
    uint32_t i;
    for (i = 0; i < MOST_DIM; i++) {
        query[i] = (float)(i % 7) - 3;
    }
    vector_search_options_init(&options);
    options.k = k;
    options.recall = recall;
    options.exact = exact;
    if (vector_search(query, segment, 1, &options, &hits, &count, NULL, NULL) == INLAY_OK &&
        count > k) {
        abort();
    }
    mem_free(hits);
}

static inlay_status drop_bytes(struct byte_sink *sink, const void *data, size_t length,
                               inlay_error *err)
{
    (void)sink;
    (void)data;
    (void)length;
    (void)err;
    return INLAY_OK;
}

/* Every other row goes. */
static void merge(const struct vector_segment *segment, const struct vector_index_info *info)
{
    struct vector_merge_input input = {segment->index, segment->rows, NULL};
    struct vector_options options;
    struct vector_index_summary summary;
    struct byte_sink sink = {drop_bytes, NULL, 0, INLAY_OK};
    struct buffer hot;
    uint32_t *new_rows = malloc((size_t)(info->row_count + 1) * sizeof(*new_rows));
    uint32_t i;
    vector_options_init(&options);
    options.dim = info->dim;
    options.metric = info->metric;
    options.element = info->element;
    options.code_bits = info->code_bits;
    options.cell_rows = 16;
    for (i = 0; i < info->row_count; i++) {
        new_rows[i] = i % 4 != 0 ? i - i / 4 - 1 : VECTOR_MERGE_DROPPED;
    }
    input.new_rows = new_rows;
    buffer_init(&hot, (size_t)16 << 20);
    (void)vector_merge(&input, 1, &options, info->row_count, &sink, &hot, &summary, NULL);
    buffer_free(&hot);
    free(new_rows);
}

static void try_index(const uint8_t *hot, size_t hot_length, const uint8_t *body,
                      size_t body_length)
{
    struct vector_segment segment = {0};
    struct byte_source *source;
    struct vector_index_info info;
    uint64_t checksums;
    if (byte_source_from_memory(body, body_length, 0, "fuzz", &source, NULL) != INLAY_OK) {
        return;
    }
    if (vector_index_open(hot, hot_length, source, 0, body_length, &segment.index, NULL) ==
        INLAY_OK) {
        bool whole = vector_index_verify(segment.index, &checksums, NULL) == INLAY_OK;
        info = *vector_index_info(segment.index);
        segment.rows.read = read_rows;
        segment.rows.nulls = no_nulls;
        segment.rows.context = &info;
        if (info.dim <= MOST_DIM && info.row_count <= MOST_ROWS) {
            search(&segment, 10, 0.99, false);
            search(&segment, 1000, 0.8, false);
            search(&segment, 3, 0.9, true);
            if (whole) {
                merge(&segment, &info);
            }
        }
        vector_index_close(segment.index);
    }
    byte_source_release(source);
}

static void repair_cells(const uint8_t *hot, size_t hot_length, uint8_t *body, size_t body_length)
{
    uint32_t padded = load_u32(hot + VECTOR_HOT_DIM + 4);
    uint32_t code_bits = load_u32(hot + VECTOR_HOT_DIM + 16);
    uint32_t cells = load_u32(hot + VECTOR_HOT_GROUPS + 4);
    struct hot_layout layout;
    uint64_t offset = 0;
    uint32_t i;
    if (padded > MOST_DIM || (code_bits != 4 && code_bits != 8) || cells > MOST_ROWS) {
        return;
    }
    layout = hot_layout_make(padded, load_u32(hot + VECTOR_HOT_GROUPS), cells,
                             load_u32(hot + VECTOR_HOT_GROUPS + 8));
    for (i = 0; i < cells && layout.rows_offset + 4 * ((uint64_t)i + 1) <= hot_length; i++) {
        struct cell_layout cell =
            cell_layout_make(padded, code_bits, load_u32(hot + layout.rows_offset + 4 * i));
        if (cell.size > body_length - offset) {
            return;
        }
        store_u32(body + offset + cell.crc_offset,
                  crc32c(0, body + offset, (size_t)cell.crc_offset));
        offset += cell.size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t hot_length;
    size_t body_length;
    uint8_t *hot;
    uint8_t *body;
    if (size < 4 || load_u32(data) > size - 4) {
        return 0;
    }
    hot_length = load_u32(data);
    body_length = size - 4 - hot_length;
    hot = malloc(hot_length + 1);
    body = malloc(body_length + 1);
    memcpy(hot, data + 4, hot_length);
    memcpy(body, data + 4 + hot_length, body_length);
    try_index(hot, hot_length, body, body_length);
    if (hot_length >= VECTOR_HOT_LAWS + 4) {
        repair_cells(hot, hot_length, body, body_length);
        store_u32(hot + hot_length - 4, crc32c(0, hot, hot_length - 4));
        try_index(hot, hot_length, body, body_length);
    }
    free(hot);
    free(body);
    return 0;
}
