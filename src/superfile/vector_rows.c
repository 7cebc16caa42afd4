/* SPDX-License-Identifier: Apache-2.0 */
#include "superfile/vector_rows.h"

#include "base/alloc.h"
#include "base/error.h"
#include "superfile/verify_chunk.h"

#include <string.h>

/* Bytes between two wanted ranges that are read along rather than asked for separately. */
#define GAP_MAX 4096u

/* ---- in memory ---- */

/* The end of a page's values in memory; *end is NULL when the page is not resident. */
static inlay_status resident_end(const struct raw_column *column, struct raw_page *page,
                                 const uint8_t **end, inlay_error *err)
{
    const uint8_t *bytes;
    *end = atomic_load_explicit(&page->end, memory_order_acquire);
    if (*end != NULL) {
        return INLAY_OK;
    }
    bytes = byte_source_view(column->source, page->offset, page->size);
    if (bytes != NULL) {
        INLAY_TRY(raw_page_check(column, page, bytes, true, err));
        *end = bytes + page->size;
    }
    return INLAY_OK;
}

static const void *rows_view(void *context, uint32_t row)
{
    struct raw_column *column = context;
    const struct raw_pages *table = atomic_load_explicit(&column->pages, memory_order_acquire);
    struct raw_page *page;
    const uint8_t *end;
    uint64_t distance;
    if (table == NULL && raw_column_pages(column, &table, NULL) != INLAY_OK) {
        return NULL;
    }
    if (row >= column->rows) {
        return NULL;
    }
    page = raw_pages_find(table, row);
    if (resident_end(column, page, &end, NULL) != INLAY_OK || end == NULL) {
        return NULL;
    }
    return raw_page_place(column, page, atomic_load_explicit(&page->ranks, memory_order_acquire),
                          row, &distance)
               ? end - distance
               : NULL;
}

/* ---- reading ---- */

/* Bytes to be read with one call of the source. */
struct wave {
    const struct raw_column *column;
    struct byte_range *ranges; /* owned */
    size_t count;
    size_t capacity;
    uint8_t *bytes; /* owned: of all ranges */
};

static void wave_free(struct wave *wave)
{
    mem_free(wave->ranges);
    mem_free(wave->bytes);
}

/* Wants bytes that do not start before those wanted last, unless in another part of the file. */
static inlay_status wave_add(struct wave *wave, uint64_t offset, uint64_t length, inlay_error *err)
{
    struct byte_range *last = wave->count != 0 ? &wave->ranges[wave->count - 1] : NULL;
    void *ranges = wave->ranges;
    uint64_t end = offset + length;
    if (last != NULL && offset >= last->offset && offset <= last->offset + last->length + GAP_MAX) {
        uint64_t longer = end - last->offset;
        last->length = longer > last->length ? longer : last->length;
        return INLAY_OK;
    }
    if (!mem_grow(&ranges, &wave->capacity, wave->count + 1, sizeof(*wave->ranges))) {
        return error_no_memory(err);
    }
    wave->ranges = ranges;
    wave->ranges[wave->count++] = (struct byte_range){offset, length, NULL};
    return INLAY_OK;
}

static inlay_status wave_read(struct wave *wave, inlay_error *err)
{
    uint64_t length = 0;
    size_t i;
    if (wave->count == 0) {
        return INLAY_OK;
    }
    for (i = 0; i < wave->count; i++) {
        length += wave->ranges[i].length;
    }
    wave->bytes = mem_alloc(length);
    if (wave->bytes == NULL) {
        return error_no_memory(err);
    }
    for (i = 0, length = 0; i < wave->count; i++) {
        wave->ranges[i].into = wave->bytes + length;
        length += wave->ranges[i].length;
    }
    return byte_source_read(wave->column->source, wave->ranges, wave->count, err);
}

/* Where bytes that were wanted are now. `at` (a range that does not lie behind them) moves on as
 * long as what is looked up comes in the order in which it was added. */
static const uint8_t *wave_bytes(const struct wave *wave, size_t *at, uint64_t offset,
                                 uint64_t length)
{
    const struct byte_range *range = &wave->ranges[*at];
    while (offset < range->offset || offset - range->offset + length > range->length) {
        range = &wave->ranges[++*at];
    }
    return range->into + (offset - range->offset);
}

/* Adds a page whose nulls are not known, unless it is resident: then they are found at once. */
static inlay_status want_page(struct wave *wave, struct raw_page *page, inlay_error *err)
{
    const uint8_t *end;
    INLAY_TRY(resident_end(wave->column, page, &end, err));
    return end != NULL ? INLAY_OK : wave_add(wave, page->offset, page->size, err);
}

/* Checks the pages of [page, last] that were wanted. */
static inlay_status check_page(const struct wave *wave, size_t *at, struct raw_page *page,
                               inlay_error *err)
{
    return raw_page_check(wave->column, page, wave_bytes(wave, at, page->offset, page->size), false,
                          err);
}

static const struct null_ranks *known_ranks(struct raw_page *page)
{
    return atomic_load_explicit(&page->ranks, memory_order_acquire);
}

static inlay_status null_row(const struct raw_column *column, uint32_t row, inlay_error *err)
{
    (void)error_set(err, INLAY_INVALID_ARGUMENT, "column '%s': row %u has no vector", column->name,
                    row);
    error_key(err, column->source->name);
    error_row(err, row);
    return INLAY_INVALID_ARGUMENT;
}

static inlay_status want_row(struct wave *wave, const struct raw_pages *table, uint32_t row,
                             inlay_error *err)
{
    const struct raw_column *column = wave->column;
    struct raw_page *page;
    const struct null_ranks *ranks;
    const uint8_t *end;
    uint64_t distance;
    if (row >= column->rows) {
        return null_row(column, row, err);
    }
    page = raw_pages_find(table, row);
    INLAY_TRY(resident_end(column, page, &end, err));
    if (end != NULL) {
        return INLAY_OK;
    }
    ranks = known_ranks(page);
    if (ranks == NULL) {
        return wave_add(wave, page->offset, page->size, err);
    }
    if (!raw_page_place(column, page, ranks, row, &distance)) {
        return null_row(column, row, err);
    }
    return wave_add(wave, page->offset + page->size - distance, column->row_bytes, err);
}

/* Copies a row that is in memory now. */
static inlay_status take_row(struct wave *wave, const struct raw_pages *table, size_t *at,
                             uint32_t row, uint8_t *out, inlay_error *err)
{
    const struct raw_column *column = wave->column;
    struct raw_page *page = raw_pages_find(table, row);
    const uint8_t *end = atomic_load_explicit(&page->end, memory_order_acquire);
    const struct null_ranks *ranks = known_ranks(page);
    uint64_t distance;
    if (ranks == NULL) {
        INLAY_TRY(check_page(wave, at, page, err));
        ranks = known_ranks(page);
    }
    if (!raw_page_place(column, page, ranks, row, &distance)) {
        return null_row(column, row, err);
    }
    memcpy(out,
           end != NULL
               ? end - distance
               : wave_bytes(wave, at, page->offset + page->size - distance, column->row_bytes),
           column->row_bytes);
    return INLAY_OK;
}

static inlay_status rows_read(void *context, const uint32_t *rows, size_t count, void *out,
                              inlay_error *err)
{
    struct raw_column *column = context;
    struct wave wave = {column, NULL, 0, 0, NULL};
    const struct raw_pages *table;
    inlay_status status = raw_column_pages(column, &table, err);
    size_t at = 0;
    size_t i;
    for (i = 0; i < count && status == INLAY_OK; i++) {
        status = want_row(&wave, table, rows[i], err);
    }
    if (status == INLAY_OK) {
        status = wave_read(&wave, err);
    }
    for (i = 0; i < count && status == INLAY_OK; i++) {
        status = take_row(&wave, table, &at, rows[i],
                          (uint8_t *)out + (uint64_t)i * column->row_bytes, err);
    }
    wave_free(&wave);
    return status;
}

/* ---- nulls ---- */

/* Marks the null rows of a page that lie in [first, end). */
static void mark_page(const struct raw_page *page, const struct null_ranks *ranks, uint32_t first,
                      uint32_t end, uint64_t *words)
{
    uint32_t row = page->first_row > first ? page->first_row : first;
    uint32_t stop = page[1].first_row < end ? page[1].first_row : end;
    for (; row < stop && !ranks->full; row++) {
        uint32_t at = row - page->first_row;
        uint64_t is_null = ~(ranks->words[at / 64].bits >> (at % 64)) & 1;
        words[(row - first) / 64] |= is_null << ((row - first) % 64);
    }
}

static inlay_status rows_nulls(void *context, uint32_t first, uint32_t count, uint64_t *null_words,
                               inlay_error *err)
{
    struct raw_column *column = context;
    struct wave wave = {column, NULL, 0, 0, NULL};
    const struct raw_pages *table;
    struct raw_page *begin;
    struct raw_page *page;
    uint64_t end = (uint64_t)first + count;
    inlay_status status;
    size_t at = 0;
    memset(null_words, 0, (count + UINT64_C(63)) / 64 * sizeof(*null_words));
    INLAY_TRY(raw_column_pages(column, &table, err));
    if (end > column->rows) {
        return null_row(column, column->rows, err);
    }
    if (count == 0) {
        return INLAY_OK;
    }
    begin = raw_pages_find(table, first);
    status = INLAY_OK;
    for (page = begin; page->first_row < end && status == INLAY_OK; page++) {
        status = known_ranks(page) == NULL ? want_page(&wave, page, err) : INLAY_OK;
    }
    if (status == INLAY_OK) {
        status = wave_read(&wave, err);
    }
    for (page = begin; page->first_row < end && status == INLAY_OK; page++) {
        if (known_ranks(page) == NULL) {
            status = check_page(&wave, &at, page, err);
        }
        if (status == INLAY_OK) {
            mark_page(page, known_ranks(page), first, (uint32_t)end, null_words);
        }
    }
    wave_free(&wave);
    return status;
}

/* ---- ahead of the first read ---- */

static inlay_status rows_prepare(void *context, struct byte_range **ranges, size_t *count,
                                 inlay_error *err)
{
    return raw_column_prepare(context, ranges, count, err);
}

static inlay_status rows_prepared(void *context, const struct byte_range *ranges, inlay_error *err)
{
    return raw_column_prepared(context, ranges, err);
}

void vector_rows_over(struct raw_column *column, struct vector_rows *out)
{
    *out =
        (struct vector_rows){rows_view, rows_read, rows_nulls, rows_prepare, rows_prepared, column};
}
