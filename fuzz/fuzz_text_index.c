/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: u16 length of the hot part, hot part, body. The checksums of the hot part and of the
 * first dictionary block are made right, so that what they guard is reached; then the index is
 * opened and searched. The same bytes are also decoded as blocks, which checksums would hide.
 */
#include "base/alloc.h"
#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/rowset.h"
#include "text/format/block.h"
#include "text/format/layout.h"
#include "text/text_search.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode_blocks(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + PACK_PADDING);
    uint32_t rows[BLOCK_POSTINGS + 8];
    uint32_t tfs[BLOCK_POSTINGS + 8];
    uint64_t words[16];
    size_t count;
    memcpy(copy, data, size);
    memset(copy + size, 0, PACK_PADDING);
    for (count = 1; count <= BLOCK_POSTINGS; count += 1 + count / 4) {
        uint32_t last;
        size_t length = block_check(copy, size, count, UINT32_MAX, 1u << 20, &last);
        if (length != 0) {
            const uint8_t *p = block_rows(copy, count, UINT32_MAX, rows);
            const uint8_t *codes = block_frequencies(p, count, tfs);
            if (rows[count - 1] != last || codes + count != copy + length) {
                abort();
            }
            memset(words, 0, sizeof(words));
            block_set_bits(copy, count, UINT32_MAX, 0, 1024, words);
        }
    }
    free(copy);
}

static void repair(uint8_t *hot, size_t length, const uint8_t *body, size_t body_length)
{
    if (length < TEXT_HOT_FIXED + 4) {
        return;
    }
    if (load_u32(hot + 12) != 0) {
        uint64_t rows = load_u64(hot + 16);
        uint64_t start = load_u64(hot + 80 + 16 * TEXT_DICTIONARY);
        uint64_t blocks = load_u32(hot + 12);
        uint64_t crc =
            TEXT_HOT_FIXED + 8 * blocks + 4 * ((rows + TEXT_CODE_CHUNK - 1) / TEXT_CODE_CHUNK);
        if (rows <= UINT32_MAX && length >= TEXT_HOT_FIXED + 8 && crc + 4 <= length &&
            start <= body_length && load_u64(hot + TEXT_HOT_FIXED) <= body_length - start) {
            store_u32(hot + crc, crc32c(0, body + start, (size_t)load_u64(hot + TEXT_HOT_FIXED)));
        }
    }
    store_u32(hot + length - 4, crc32c(0, hot, length - 4));
}

static void search(struct text_index *index)
{
    static const char *const words[] = {"w0", "w1", "w7", "the"};
    struct text_segment segment = {index, NULL, NULL, NULL, NULL, false};
    struct text_query *query;
    struct text_hit *hits;
    struct rowset *rows;
    struct text_phrase_term terms[2];
    size_t count;
    uint64_t matches;
    size_t i;
    if (text_query_create(&query, NULL) != INLAY_OK) {
        return;
    }
    query->root = text_query_group(query, 1);
    for (i = 0; i < 4; i++) {
        text_query_add(query->root, TEXT_SHOULD,
                       text_query_term(query, words[i], (uint32_t)strlen(words[i]), 1));
    }
    if (text_search(query, &segment, 1, NULL, &hits, &count, NULL) == INLAY_OK) {
        mem_free(hits);
    }
    (void)text_count(query, &segment, 1, &matches, NULL);
    for (i = 0; i < 2; i++) {
        terms[i] = (struct text_phrase_term){(const uint8_t *)words[i], 2, (uint32_t)i};
    }
    text_query_add(query->root, TEXT_MUST, text_query_phrase(query, terms, 2, 1, 1));
    if (text_search(query, &segment, 1, NULL, &hits, &count, NULL) == INLAY_OK) {
        mem_free(hits);
    }
    if (rowset_create(&rows, NULL) == INLAY_OK) {
        (void)text_match(query, &segment, rows, NULL);
        rowset_free(rows);
    }
    text_query_free(query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct byte_source *source;
    struct text_index *index;
    uint8_t *copy;
    size_t hot_length;
    size_t body_length;
    decode_blocks(data, size);
    if (size < 2 || (hot_length = load_u16(data)) > size - 2) {
        return 0;
    }
    body_length = size - 2 - hot_length;
    copy = malloc(size);
    memcpy(copy, data, size);
    repair(copy + 2, hot_length, copy + 2 + hot_length, body_length);
    if (byte_source_from_memory(copy + 2 + hot_length, body_length, 0, "fuzz", &source, NULL) ==
        INLAY_OK) {
        if (text_index_open(copy + 2, hot_length, source, 0, body_length, &index, NULL) ==
            INLAY_OK) {
            search(index);
            text_index_close(index);
        }
        byte_source_release(source);
    }
    free(copy);
    return 0;
}
