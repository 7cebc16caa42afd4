/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of a column chunk, taken apart: header, levels, values, each checked to lie inside the
 * page. A page is reference-counted through its owner, because strings of decoded vectors point
 * into it. Once loaded it is immutable and may be shared between threads (the reader's cache does
 * so).
 */
#ifndef INLAY_PARQUET_PAGE_H
#define INLAY_PARQUET_PAGE_H

#include "columnar/colvec.h"
#include "parquet/codec.h"
#include "parquet/metadata.h"

struct page {
    struct colvec_owner owner; /* first: the owner is the page */
    struct parquet_page_header header;
    uint64_t file_offset; /* of the header */
    uint32_t header_size;
    const uint8_t *repetition; /* RLE data without its length prefix; NULL when there is none */
    size_t repetition_size;
    const uint8_t *definition;
    size_t definition_size;
    const uint8_t *values;
    size_t values_size;
    uint8_t *buffer; /* owned: the uncompressed body; NULL when `values` is in `backing` */
    size_t capacity;
    struct colvec_owner *backing; /* retained: keeper of the bytes that the page was loaded from */
};

struct page_context {
    struct codec_decompressor *decompressor;
    int32_t codec;
    unsigned max_definition;
    unsigned max_repetition;
    bool verify_crc;
    uint64_t max_page_bytes; /* uncompressed */
};

/* Loads the page whose header `header` (already read, `header_size` bytes) stands at `data`;
 * `size` bytes are there. `spare` (may be NULL) is an unshared page whose memory is used again; it
 * is consumed. The result has one reference. */
inlay_status page_load(const struct page_context *context, const struct parquet_page_header *header,
                       size_t header_size, const uint8_t *data, size_t size, uint64_t file_offset,
                       struct colvec_owner *backing, struct page *spare, struct page **out,
                       inlay_error *err);

/* True when nobody but the caller holds the page, so that its memory may be used again. */
bool page_unshared(struct page *page);

#endif
