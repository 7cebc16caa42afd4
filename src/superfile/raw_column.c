/* SPDX-License-Identifier: Apache-2.0 */
#include "superfile/raw_column.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "parquet/decode_rle.h"
#include "parquet/page.h"
#include "superfile/vector_column.h"
#include "superfile/verify_chunk.h"

#include <string.h>

/* Pages of ours have 8,192 rows at most; a limit on what a file can make us walk. */
enum { LEVEL_BATCH = 512, PAGE_ROWS_MAX = 131072 };

/* ---- the column ---- */

/* Bytes of one stored element; 0: no vector column has it. */
static uint32_t element_bytes(const struct field *field)
{
    enum vector_element element;
    if (!vector_column_type(field, &element)) {
        return 0;
    }
    switch (element) {
    case VECTOR_F16:
        return 2;
    case VECTOR_F64:
        return 8;
    default: /* int8 stands as INT32 */
        return 4;
    }
}

static size_t leaves_of(const struct field *field)
{
    size_t count = 0;
    size_t i;
    for (i = 0; i < field->child_count; i++) {
        count += leaves_of(&field->children[i]);
    }
    return field->child_count != 0 ? count : 1;
}

inlay_status raw_column_create(struct parquet_reader *reader, struct byte_source *source,
                               size_t column, struct raw_column **out, inlay_error *err)
{
    const struct schema *schema = parquet_reader_schema(reader);
    const struct field *field = &schema->fields[column];
    struct raw_column *made;
    size_t i;
    *out = NULL;
    if (element_bytes(field) == 0 || parquet_reader_rows(reader) > UINT32_MAX - 1) {
        return verify_fail(source, 0, err, "column '%s' holds no vectors", field->name);
    }
    made = mem_zalloc(sizeof(*made));
    if (made == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < column; i++) {
        made->leaf += leaves_of(&schema->fields[i]);
    }
    made->reader = reader;
    made->source = source;
    made->name = field->name;
    made->rows = (uint32_t)parquet_reader_rows(reader);
    made->dim = (uint32_t)field->width;
    made->row_bytes = made->dim * element_bytes(field);
    made->nullable = field->nullable;
    made->max_definition = 1u + field->nullable + field->children[0].nullable;
    atomic_init(&made->pages, NULL);
    *out = made;
    return INLAY_OK;
}

static void pages_free(struct raw_pages *table)
{
    size_t i;
    if (table == NULL) {
        return;
    }
    for (i = 0; i < table->count; i++) {
        struct null_ranks *ranks = atomic_load(&table->pages[i].ranks);
        if (ranks != table->full) {
            mem_free(ranks);
        }
    }
    mem_free(table->full);
    mem_free(table->pages);
    mem_free(table->buckets);
    mem_free(table);
}

void raw_column_free(struct raw_column *column)
{
    if (column != NULL) {
        pages_free(atomic_load(&column->pages));
        mem_free(column);
    }
}

/* ---- the page table ---- */

static inlay_status add_page(struct raw_pages *table, uint64_t offset, uint32_t size,
                             uint64_t first_row, struct null_ranks *ranks, inlay_error *err)
{
    void *pages = table->pages;
    struct raw_page *page;
    if (!mem_grow(&pages, &table->capacity, table->count + 1, sizeof(*table->pages))) {
        return error_no_memory(err);
    }
    table->pages = pages;
    page = &table->pages[table->count++];
    page->offset = offset;
    page->size = size;
    page->first_row = (uint32_t)first_row;
    atomic_init(&page->ranks, ranks);
    atomic_init(&page->end, NULL);
    return INLAY_OK;
}

static inlay_status check_chunk(const struct raw_column *column,
                                const struct parquet_column_chunk *chunk, inlay_error *err)
{
    const uint32_t raw = 1u << PARQUET_PLAIN | 1u << PARQUET_RLE;
    if (chunk->codec != PARQUET_UNCOMPRESSED || chunk->dictionary_page_offset != 0 ||
        (chunk->encodings & ~raw) != 0 || chunk->offset_index_length == 0) {
        return verify_fail(column->source, chunk->start, err,
                           "column '%s' is not stored raw, as vectors are", column->name);
    }
    return INLAY_OK;
}

/* The pages of one row group. Those of a chunk with an entry for every element have no nulls. */
static inlay_status add_group(const struct raw_column *column, struct raw_pages *table,
                              size_t group, const uint8_t *bytes, inlay_error *err)
{
    const struct parquet_row_group *stored =
        &parquet_reader_metadata(column->reader)->row_groups[group];
    const struct parquet_column_chunk *chunk = &stored->columns[column->leaf];
    uint64_t first_row = parquet_reader_first_row(column->reader, group);
    bool full = !column->nullable ||
                (column->dim > 1 && chunk->num_values == stored->num_rows * column->dim);
    struct parquet_offset_index index;
    inlay_status status;
    size_t i;
    status =
        parquet_offset_index_read(bytes, chunk->offset_index_length, chunk->offset_index_offset,
                                  column->source->size, stored->num_rows, &index, err);
    if (status == INLAY_CORRUPT) {
        error_key(err, column->source->name);
    }
    INLAY_TRY(status);
    if (index.page_count == 0 && stored->num_rows != 0) {
        status = verify_fail(column->source, chunk->offset_index_offset, err,
                             "the offset index of column '%s' has no pages", column->name);
    }
    for (i = 0; i < index.page_count && status == INLAY_OK; i++) {
        const struct parquet_page_location *page = &index.pages[i];
        uint64_t end = i + 1 < index.page_count ? index.pages[i + 1].first_row : stored->num_rows;
        if (page->offset < chunk->start ||
            !range_inside(page->offset - chunk->start, page->compressed_size,
                          chunk->compressed_size) ||
            end - page->first_row > PAGE_ROWS_MAX ||
            (full && page->compressed_size / column->row_bytes < end - page->first_row)) {
            status = verify_fail(column->source, page->offset, err,
                                 "a page of column '%s' is outside its chunk, or of another size "
                                 "than its vectors",
                                 column->name);
        } else {
            status = add_page(table, page->offset, page->compressed_size,
                              first_row + page->first_row, full ? table->full : NULL, err);
        }
    }
    parquet_offset_index_free(&index);
    return status;
}

/* About one bucket per page, so that a lookup looks at a page or two. */
static inlay_status add_buckets(const struct raw_column *column, struct raw_pages *table,
                                inlay_error *err)
{
    uint32_t buckets;
    uint32_t page = 0;
    uint32_t i;
    while (table->count != 0 && (column->rows >> table->shift) / 2 >= table->count) {
        table->shift++;
    }
    buckets = (column->rows >> table->shift) + 2;
    table->buckets = mem_alloc_array(buckets, sizeof(*table->buckets));
    if (table->buckets == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < buckets; i++) {
        uint64_t row = (uint64_t)i << table->shift;
        while (page + 1 < table->count && table->pages[page + 1].first_row <= row) {
            page++;
        }
        table->buckets[i] = page;
    }
    return INLAY_OK;
}

static inlay_status fill_table(const struct raw_column *column, struct raw_pages *table,
                               const struct byte_range *ranges, inlay_error *err)
{
    size_t groups = parquet_reader_row_groups(column->reader);
    size_t i;
    table->full = mem_zalloc(sizeof(*table->full));
    if (table->full == NULL) {
        return error_no_memory(err);
    }
    table->full->full = true;
    for (i = 0; i < groups; i++) {
        INLAY_TRY(add_group(column, table, i, ranges[i].into, err));
    }
    INLAY_TRY(add_page(table, 0, 0, column->rows, NULL, err));
    table->count--; /* the last one only says where rows end */
    return add_buckets(column, table, err);
}

/* The ranges, and behind them `length` bytes that they are read into. */
static inlay_status make_ranges(const struct raw_column *column, uint64_t length,
                                struct byte_range **out, inlay_error *err)
{
    const struct parquet_file_metadata *metadata = parquet_reader_metadata(column->reader);
    size_t groups = metadata->row_group_count;
    struct byte_range *ranges;
    uint8_t *into;
    size_t size;
    size_t i;
    if (!size_mul(groups + 1, sizeof(*ranges), &size) || !size_add(size, length, &size) ||
        (ranges = mem_alloc(size)) == NULL) {
        return error_no_memory(err);
    }
    into = (uint8_t *)(ranges + groups);
    for (i = 0; i < groups; i++) {
        const struct parquet_column_chunk *chunk = &metadata->row_groups[i].columns[column->leaf];
        ranges[i] =
            (struct byte_range){chunk->offset_index_offset, chunk->offset_index_length, into};
        into += chunk->offset_index_length;
    }
    *out = ranges;
    return INLAY_OK;
}

inlay_status raw_column_prepare(struct raw_column *column, struct byte_range **ranges,
                                size_t *count, inlay_error *err)
{
    const struct parquet_file_metadata *metadata = parquet_reader_metadata(column->reader);
    uint64_t length = 0;
    size_t i;
    *ranges = NULL;
    *count = 0;
    if (atomic_load_explicit(&column->pages, memory_order_acquire) != NULL) {
        return INLAY_OK;
    }
    for (i = 0; i < metadata->row_group_count; i++) {
        const struct parquet_column_chunk *chunk = &metadata->row_groups[i].columns[column->leaf];
        INLAY_TRY(check_chunk(column, chunk, err));
        length += chunk->offset_index_length;
    }
    if (length > column->source->size) {
        return verify_fail(column->source, 0, err, "the offset indexes of column '%s' overlap",
                           column->name);
    }
    INLAY_TRY(make_ranges(column, length, ranges, err));
    *count = metadata->row_group_count;
    return INLAY_OK;
}

inlay_status raw_column_prepared(struct raw_column *column, const struct byte_range *ranges,
                                 inlay_error *err)
{
    struct raw_pages *table = mem_zalloc(sizeof(*table));
    struct raw_pages *expected = NULL;
    inlay_status status =
        table != NULL ? fill_table(column, table, ranges, err) : error_no_memory(err);
    /* Release publishes the table; a thread that lost the race drops its own. */
    if (status != INLAY_OK ||
        !atomic_compare_exchange_strong_explicit(&column->pages, &expected, table,
                                                 memory_order_acq_rel, memory_order_acquire)) {
        pages_free(table);
    }
    return status;
}

inlay_status raw_column_pages(struct raw_column *column, const struct raw_pages **out,
                              inlay_error *err)
{
    struct byte_range *ranges;
    size_t count;
    inlay_status status;
    INLAY_TRY(raw_column_prepare(column, &ranges, &count, err));
    if (ranges != NULL) {
        status = byte_source_read(column->source, ranges, count, err);
        if (status == INLAY_OK) {
            status = raw_column_prepared(column, ranges, err);
        }
        mem_free(ranges);
        INLAY_TRY(status);
    }
    *out = atomic_load_explicit(&column->pages, memory_order_acquire);
    return INLAY_OK;
}

/* ---- a page ---- */

/* Walks the definition levels of a page. In a page of whole vectors and nulls they say it all: a
 * vector is dim entries of the greatest level, a null one entry of level 0. */
struct level_walk {
    const struct raw_column *column;
    struct null_ranks *ranks;
    uint32_t rows;    /* that the page has */
    uint64_t vectors; /* that its values are enough for */
    uint32_t row;     /* rows done */
    uint64_t items;   /* of the vector after them */
};

/* The next `count` entries have this level. False: no page of vectors has them so. */
static bool add_entries(struct level_walk *w, uint32_t level, uint64_t count)
{
    uint64_t whole;
    uint64_t i;
    if (level != w->column->max_definition) {
        bool is_null = w->column->nullable && level == 0 && w->items == 0;
        if (!is_null || count > w->rows - w->row) {
            return false;
        }
        w->row += (uint32_t)count;
        return true;
    }
    whole = (w->items + count) / w->column->dim;
    w->items = (w->items + count) % w->column->dim;
    if (whole > w->rows - w->row || whole > w->vectors - w->ranks->vectors) {
        return false;
    }
    for (i = 0; i < whole; i++, w->row++) {
        w->ranks->words[w->row / 64].bits |= UINT64_C(1) << (w->row % 64);
    }
    w->ranks->vectors += (uint32_t)whole;
    return true;
}

static bool walk_levels(struct level_walk *w, const struct page *page)
{
    struct rle_decoder decoder;
    uint32_t levels[LEVEL_BATCH];
    uint64_t left = page->header.num_values;
    (void)rle_decoder_init(&decoder, page->definition, page->definition_size,
                           w->column->max_definition > 1 ? 2 : 1);
    while (left != 0) {
        uint64_t packed;
        uint64_t run = rle_decoder_run(&decoder, &levels[0], &packed);
        uint64_t most = left < LEVEL_BATCH ? left : LEVEL_BATCH;
        size_t i;
        if (run != 0) {
            run = rle_decoder_skip(&decoder, run < left ? run : left);
            if (run == 0 || !add_entries(w, levels[0], run)) {
                return false;
            }
            left -= run;
            continue;
        }
        most = rle_decoder_read(&decoder, (size_t)(packed < most ? packed : most), levels);
        for (i = 0; i < most; i++) {
            if (!add_entries(w, levels[i], 1)) {
                return false;
            }
        }
        if (most == 0) {
            return false;
        }
        left -= most;
    }
    return w->row == w->rows && w->items == 0;
}

static inlay_status find_ranks(const struct raw_column *column, const struct page *page,
                               uint32_t rows, struct null_ranks **out, inlay_error *err)
{
    uint32_t words = rows / 64 + 1;
    struct level_walk walk = {column, NULL, rows, page->values_size / column->row_bytes, 0, 0};
    struct null_ranks *ranks = mem_zalloc(sizeof(*ranks) + words * sizeof(ranks->words[0]));
    uint32_t i;
    *out = NULL;
    if (ranks == NULL) {
        return error_no_memory(err);
    }
    walk.ranks = ranks;
    if (!walk_levels(&walk, page)) {
        mem_free(ranks);
        return verify_fail(column->source, page->file_offset, err,
                           "a page of column '%s' is not one of whole vectors", column->name);
    }
    for (i = 1; i < words; i++) {
        ranks->words[i].before =
            ranks->words[i - 1].before + (uint64_t)__builtin_popcountll(ranks->words[i - 1].bits);
    }
    *out = ranks;
    return INLAY_OK;
}

static void keep_nothing(struct colvec_owner *owner)
{
    (void)owner;
}

/* `keeper` stands for the bytes, which outlive the page. */
static inlay_status load_page(const struct raw_column *column, const struct raw_page *page,
                              const uint8_t *bytes, struct colvec_owner *keeper, struct page **out,
                              inlay_error *err)
{
    struct page_context context = {NULL, PARQUET_UNCOMPRESSED, 0, 1, true, UINT32_MAX};
    struct parquet_page_header header;
    size_t header_size;
    context.max_definition = column->max_definition;
    INLAY_TRY(
        parquet_page_header_read(bytes, page->size, page->offset, &header, &header_size, err));
    if (header.type != PARQUET_DATA_PAGE || header.encoding != PARQUET_PLAIN ||
        header_size + (uint64_t)header.compressed_size != page->size ||
        header.uncompressed_size != header.compressed_size) {
        return error_set(err, INLAY_CORRUPT, "not the page that the offset index says");
    }
    return page_load(&context, &header, header_size, bytes, page->size, page->offset, keeper, NULL,
                     out, err);
}

/* The ranks of a loaded page (NULL: without nulls), which must be what the table knows of it. */
static inlay_status settle_page(const struct raw_column *column, const struct raw_page *page,
                                const struct page *loaded, struct null_ranks **out,
                                inlay_error *err)
{
    const struct null_ranks *known = atomic_load(&page->ranks);
    uint32_t rows = page[1].first_row - page->first_row;
    uint64_t vectors = rows;
    *out = NULL;
    if (loaded->header.num_values != (uint64_t)rows * column->dim ||
        loaded->values_size != (uint64_t)rows * column->row_bytes) {
        INLAY_TRY(find_ranks(column, loaded, rows, out, err));
        vectors = (*out)->vectors;
    }
    if (loaded->values_size != vectors * column->row_bytes ||
        (*out != NULL && known != NULL && known->full)) {
        mem_free(*out);
        *out = NULL;
        return verify_fail(column->source, page->offset, err,
                           "a page of column '%s' has another number of vectors than it states",
                           column->name);
    }
    return INLAY_OK;
}

inlay_status raw_page_check(const struct raw_column *column, struct raw_page *page,
                            const uint8_t *bytes, bool resident, inlay_error *err)
{
    const struct raw_pages *table = atomic_load_explicit(&column->pages, memory_order_acquire);
    struct null_ranks *ranks = NULL;
    struct null_ranks *expected = NULL;
    struct page *loaded = NULL;
    struct colvec_owner keeper;
    inlay_status status;
    colvec_owner_init(&keeper, keep_nothing);
    status = load_page(column, page, bytes, &keeper, &loaded, err);
    if (status != INLAY_OK && status != INLAY_NO_MEMORY) {
        (void)error_wrap(err, status, "%s: column '%s', page at byte %llu", column->source->name,
                         column->name, (unsigned long long)page->offset);
        error_key(err, column->source->name);
        error_offset(err, page->offset);
    }
    INLAY_TRY(status);
    status = settle_page(column, page, loaded, &ranks, err);
    colvec_owner_release(&loaded->owner);
    INLAY_TRY(status);
    /* Release publishes the ranks; whoever comes second drops his. The end goes last: a reader that
     * sees it sees the ranks. */
    if (!atomic_compare_exchange_strong_explicit(&page->ranks, &expected,
                                                 ranks != NULL ? ranks : table->full,
                                                 memory_order_acq_rel, memory_order_acquire)) {
        mem_free(ranks);
    }
    if (resident) {
        atomic_store_explicit(&page->end, bytes + page->size, memory_order_release);
    }
    return INLAY_OK;
}
