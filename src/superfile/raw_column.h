/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the values of a vector column lie (docs/format/parquet-profile.md, "Raw columns"): the
 * pages are PLAIN and uncompressed, so a row is an address. In a page of m vectors whose values end
 * at E, the vector with j others before it starts at E - (m - j) * bytes per vector; without nulls
 * that follows from the offset index alone. Nulls are known to be absent from a row group whose
 * chunk states one entry per element; else its pages are looked at once and a rank structure (set
 * bits with counts per word) is kept for each that has some.
 *
 * Making one reads nothing. The offset indexes of all row groups are read in one wave at the first
 * use, or before it by a caller who reads them along with something else. Thread-safe without
 * locks: what is worked out twice is thrown away once.
 */
#ifndef INLAY_SUPERFILE_RAW_COLUMN_H
#define INLAY_SUPERFILE_RAW_COLUMN_H

#include "base/byte_source.h"
#include "parquet/reader.h"

#include <stdatomic.h>
#include <stdbool.h>

/* Which rows of a page have a vector: bit i % 64 of word i / 64. */
struct null_ranks {
    bool full;        /* every row; there are no words */
    uint32_t vectors; /* in the page, unless full */
    struct rank_word {
        uint64_t bits;
        uint64_t before; /* vectors in the words before */
    } words[];
};

struct raw_page {
    uint64_t offset; /* of the header, in the file */
    uint32_t size;   /* header included */
    uint32_t first_row;
    _Atomic(struct null_ranks *) ranks; /* immutable; NULL: not looked at */
    /* End of the values in memory, once the page was checked; NULL: not yet, or not resident. */
    _Atomic(const uint8_t *) end;
};

/* All pages of the column. A page is found by its rows' bucket: rows [b << shift, b + 1 << shift)
 * begin in page buckets[b]. */
struct raw_pages {
    struct raw_page *pages; /* owned; one more than there are, beginning at the row count */
    size_t count;
    size_t capacity;
    struct null_ranks *full; /* owned: the ranks of all pages without nulls */
    uint32_t *buckets;       /* owned */
    unsigned shift;
};

struct raw_column {
    struct parquet_reader *reader; /* borrowed, like the source */
    struct byte_source *source;
    const char *name;
    size_t leaf;
    uint32_t rows;
    uint32_t dim;
    uint32_t row_bytes; /* of one vector, as stored */
    unsigned max_definition;
    bool nullable;
    _Atomic(struct raw_pages *) pages; /* NULL: not read yet */
};

/* `column` is an index of the reader's schema. INLAY_CORRUPT when it is no vector column. */
inlay_status raw_column_create(struct parquet_reader *reader, struct byte_source *source,
                               size_t column, struct raw_column **out, inlay_error *err);
void raw_column_free(struct raw_column *column); /* NULL-safe */

/* What the page table is made of: *ranges of the source, with the memory that they are to be read
 * into (one block: mem_free). NULL when the table is there already. */
inlay_status raw_column_prepare(struct raw_column *column, struct byte_range **ranges,
                                size_t *count, inlay_error *err);

/* Makes the table of the ranges of raw_column_prepare, which were read. INLAY_CORRUPT when the
 * column is not as raw columns are. */
inlay_status raw_column_prepared(struct raw_column *column, const struct byte_range *ranges,
                                 inlay_error *err);

/* The page table, read at the first call if it was not prepared. Errors as above. */
inlay_status raw_column_pages(struct raw_column *column, const struct raw_pages **out,
                              inlay_error *err);

/* The page of a row below the column's row count. */
static inline struct raw_page *raw_pages_find(const struct raw_pages *table, uint32_t row)
{
    uint32_t low = table->buckets[row >> table->shift];
    uint32_t high = table->buckets[(row >> table->shift) + 1];
    /* A bucket is about half a page: mostly this one step, without a branch, is all. */
    low += table->pages[low + 1].first_row <= row;
    while (__builtin_expect(low < high && table->pages[low + 1].first_row <= row, 0)) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (table->pages[middle].first_row <= row) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return &table->pages[low];
}

/* Compares a page that is in memory (`bytes`, as large as the page says) with its checksum, finds
 * its nulls and keeps them. `resident`: the bytes stay as long as the source, so their end is kept
 * as well. */
inlay_status raw_page_check(const struct raw_column *column, struct raw_page *page,
                            const uint8_t *bytes, bool resident, inlay_error *err);

/* Is there a vector in a row of a page whose ranks are known? *distance is how far it starts before
 * the end of the page, in bytes. */
static inline bool raw_page_place(const struct raw_column *column, const struct raw_page *page,
                                  const struct null_ranks *ranks, uint32_t row, uint64_t *distance)
{
    uint32_t at = row - page->first_row;
    uint64_t left;
    if (ranks->full) {
        left = page[1].first_row - row;
    } else {
        const struct rank_word *word = &ranks->words[at / 64];
        uint64_t bit = UINT64_C(1) << (at % 64);
        if ((word->bits & bit) == 0) {
            return false;
        }
        left =
            ranks->vectors - word->before - (uint64_t)__builtin_popcountll(word->bits & (bit - 1));
    }
    *distance = left * column->row_bytes;
    return true;
}

#endif
