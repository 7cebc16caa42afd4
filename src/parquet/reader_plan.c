/* SPDX-License-Identifier: Apache-2.0 */
/* Which bytes of a row group are wanted, and reading them in one batch. */
#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "parquet/reader_priv.h"

#include <string.h>

struct bytes_owner {
    struct colvec_owner owner;
    uint8_t *data;
};

static void bytes_owner_destroy(struct colvec_owner *owner)
{
    mem_free(((struct bytes_owner *)owner)->data);
    mem_free(owner);
}

static inlay_status whole_chunk(struct chunk_plan *plan, uint64_t rows, inlay_error *err)
{
    plan->segments = mem_zalloc(sizeof(*plan->segments));
    if (plan->segments == NULL) {
        return error_no_memory(err);
    }
    plan->segment_count = 1;
    plan->segments[0].offset = plan->chunk->start;
    plan->segments[0].length = plan->chunk->compressed_size;
    plan->segments[0].end_row = rows;
    return INLAY_OK;
}

static uint64_t page_end_row(const struct parquet_offset_index *index, size_t page, uint64_t rows)
{
    return page + 1 < index->page_count ? index->pages[page + 1].first_row : rows;
}

/* Appends a page to the last segment when it follows it, else as a segment of its own. */
static void page_add(struct chunk_plan *plan, const struct parquet_page_location *page,
                     uint64_t end_row)
{
    struct chunk_segment *last =
        plan->segment_count != 0 ? &plan->segments[plan->segment_count - 1] : NULL;
    if (last != NULL && last->offset + last->length == page->offset &&
        last->end_row == page->first_row) {
        last->length += page->compressed_size;
        last->end_row = end_row;
        return;
    }
    last = &plan->segments[plan->segment_count++];
    last->offset = page->offset;
    last->length = page->compressed_size;
    last->first_row = page->first_row;
    last->end_row = end_row;
    last->whole_rows = true;
}

/* First page whose rows end after `row`. */
static size_t page_find(const struct parquet_offset_index *index, uint64_t row, size_t from,
                        uint64_t rows)
{
    size_t low = from;
    size_t high = index->page_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (page_end_row(index, middle, rows) <= row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static inlay_status wanted_pages(struct chunk_plan *plan, const struct parquet_offset_index *index,
                                 uint64_t rows, const struct parquet_row_range *ranges,
                                 size_t range_count, inlay_error *err)
{
    size_t next = 0;
    size_t most = 0;
    size_t i;
    for (i = 0; i < range_count && next < index->page_count; i++) {
        uint64_t end = ranges[i].first + ranges[i].count;
        next = page_find(index, ranges[i].first, next, rows);
        for (; next < index->page_count && index->pages[next].first_row < end; next++) {
            most++;
        }
        /* The last page may serve the next range too. */
        next -= next != 0 ? 1 : 0;
    }
    plan->segments = mem_zalloc_array(most + 1, sizeof(*plan->segments));
    if (plan->segments == NULL) {
        return error_no_memory(err);
    }
    for (i = 0, next = 0; i < range_count && next < index->page_count; i++) {
        uint64_t end = ranges[i].first + ranges[i].count;
        next = page_find(index, ranges[i].first, next, rows);
        for (; next < index->page_count && index->pages[next].first_row < end; next++) {
            page_add(plan, &index->pages[next], page_end_row(index, next, rows));
        }
    }
    if (index->pages[0].offset > plan->chunk->start) {
        plan->dictionary.offset = plan->chunk->start;
        plan->dictionary.length = index->pages[0].offset - plan->chunk->start;
    }
    return INLAY_OK;
}

static inlay_status chunk_plan_make(struct parquet_reader *reader, size_t row_group,
                                    const struct parquet_row_range *ranges, size_t range_count,
                                    struct chunk_plan *plan, inlay_error *err)
{
    const uint64_t rows = reader->metadata.row_groups[row_group].num_rows;
    const struct chunk_index *index;
    if (ranges == NULL) {
        return whole_chunk(plan, rows, err);
    }
    INLAY_TRY(reader_chunk_index(reader, row_group, plan->leaf, &index, err));
    if (index->offsets.page_count == 0) {
        return whole_chunk(plan, rows, err);
    }
    return wanted_pages(plan, &index->offsets, rows, ranges, range_count, err);
}

inlay_status row_group_plan_make(struct parquet_reader *reader, size_t row_group,
                                 const size_t *leaves, size_t leaf_count,
                                 const struct parquet_row_range *ranges, size_t range_count,
                                 struct row_group_plan *out, inlay_error *err)
{
    inlay_status status = INLAY_OK;
    size_t i;
    memset(out, 0, sizeof(*out));
    out->row_group = row_group;
    out->chunks = mem_zalloc_array(leaf_count, sizeof(*out->chunks));
    if (out->chunks == NULL) {
        return error_no_memory(err);
    }
    out->chunk_count = leaf_count;
    for (i = 0; i < leaf_count && status == INLAY_OK; i++) {
        out->chunks[i].leaf = leaves[i];
        out->chunks[i].chunk = &reader->metadata.row_groups[row_group].columns[leaves[i]];
        status = chunk_plan_make(reader, row_group, ranges, range_count, &out->chunks[i], err);
    }
    if (status != INLAY_OK) {
        row_group_plan_free(out);
    }
    return status;
}

/* Calls for every segment of the plans, dictionaries included. */
typedef inlay_status (*segment_visitor)(struct parquet_reader *reader,
                                        struct chunk_segment *segment, void *context,
                                        inlay_error *err);

static inlay_status segments_visit(struct parquet_reader *reader, struct row_group_plan *plans,
                                   size_t count, segment_visitor visit, void *context,
                                   inlay_error *err)
{
    size_t p;
    size_t c;
    size_t s;
    for (p = 0; p < count; p++) {
        for (c = 0; c < plans[p].chunk_count; c++) {
            struct chunk_plan *chunk = &plans[p].chunks[c];
            if (chunk->dictionary.length != 0) {
                INLAY_TRY(visit(reader, &chunk->dictionary, context, err));
            }
            for (s = 0; s < chunk->segment_count; s++) {
                INLAY_TRY(visit(reader, &chunk->segments[s], context, err));
            }
        }
    }
    return INLAY_OK;
}

struct plan_totals {
    uint64_t bytes;
    size_t ranges;
};

static inlay_status segment_count(struct parquet_reader *reader, struct chunk_segment *segment,
                                  void *context, inlay_error *err)
{
    struct plan_totals *totals = context;
    segment->data = reader_bytes_view(reader, segment->offset, segment->length);
    segment->backing = reader->file_bytes;
    if (segment->data != NULL) {
        return INLAY_OK;
    }
    totals->ranges++;
    if (!u64_add(totals->bytes, segment->length, &totals->bytes) ||
        totals->bytes > reader->source->size) {
        /* Parts of a file that do not overlap cannot be longer than the file. */
        return error_set(err, INLAY_CORRUPT, "%s: its column chunks overlap", reader->source->name);
    }
    return INLAY_OK;
}

struct plan_reads {
    struct byte_range *ranges;
    size_t count;
    uint8_t *next;
    struct colvec_owner *backing;
};

static inlay_status segment_assign(struct parquet_reader *reader, struct chunk_segment *segment,
                                   void *context, inlay_error *err)
{
    struct plan_reads *reads = context;
    (void)reader;
    (void)err;
    if (segment->data == NULL) {
        struct byte_range range = {segment->offset, segment->length, reads->next};
        reads->ranges[reads->count++] = range;
        segment->data = reads->next;
        segment->backing = reads->backing;
        reads->next += segment->length;
    }
    return INLAY_OK;
}

inlay_status row_group_plans_read(struct parquet_reader *reader, struct row_group_plan *plans,
                                  size_t count, inlay_error *err)
{
    struct plan_totals totals = {0, 0};
    struct plan_reads reads = {0};
    struct bytes_owner *owner;
    inlay_status status;
    size_t i;
    INLAY_TRY(segments_visit(reader, plans, count, segment_count, &totals, err));
    if (totals.ranges == 0) {
        return INLAY_OK;
    }
    owner = mem_zalloc(sizeof(*owner));
    if (owner == NULL) {
        return error_no_memory(err);
    }
    colvec_owner_init(&owner->owner, bytes_owner_destroy);
    owner->data = mem_alloc((size_t)totals.bytes);
    reads.ranges = mem_alloc_array(totals.ranges, sizeof(*reads.ranges));
    reads.next = owner->data;
    reads.backing = &owner->owner;
    if (owner->data == NULL || reads.ranges == NULL) {
        status = error_no_memory(err);
    } else {
        (void)segments_visit(reader, plans, count, segment_assign, &reads, err);
        status = byte_source_read(reader->source, reads.ranges, reads.count, err);
    }
    mem_free(reads.ranges);
    for (i = 0; i < count; i++) {
        plans[i].backing = colvec_owner_retain(&owner->owner);
    }
    colvec_owner_release(&owner->owner);
    return status;
}

void row_group_plan_free(struct row_group_plan *plan)
{
    size_t i;
    for (i = 0; i < plan->chunk_count; i++) {
        mem_free(plan->chunks[i].segments);
    }
    mem_free(plan->chunks);
    colvec_owner_release(plan->backing);
    memset(plan, 0, sizeof(*plan));
}
