/* SPDX-License-Identifier: Apache-2.0 */
/* Scans: row groups one after the other, the wanted rows of each in batches. */
#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "parquet/reader_priv.h"

#include <string.h>

#define DEFAULT_BATCH_ROWS 2048
#define DEFAULT_BATCH_BYTES (UINT64_C(1) << 30)
#define ROWSET_BLOCK 1024

/* A growing list of row ranges. */
struct range_list {
    struct parquet_row_range *items; /* owned */
    size_t count;
    size_t capacity;
};

struct parquet_scan {
    struct parquet_reader *reader;
    struct parquet_scan_options options;
    struct column_set columns;
    size_t row_group; /* the next one */
    size_t row_group_end;
    size_t next_range; /* of options.ranges */
    struct row_group_plan plan;
    uint64_t group_first;     /* file row at which the present row group begins */
    struct range_list wanted; /* rows of the present row group, within it */
    size_t wanted_next;
    struct range_list pieces; /* rows of the present batch */
};

static bool has_selection(const struct parquet_scan *scan)
{
    return scan->options.rowset != NULL || scan->options.use_ranges ||
           scan->options.range_count != 0;
}

static inlay_status range_add(struct range_list *list, uint64_t first, uint64_t count,
                              inlay_error *err)
{
    struct parquet_row_range *last = list->count != 0 ? &list->items[list->count - 1] : NULL;
    if (last != NULL && last->first + last->count == first) {
        last->count += count;
        return INLAY_OK;
    }
    if (!mem_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof(*list->items))) {
        return error_no_memory(err);
    }
    list->items[list->count].first = first;
    list->items[list->count++].count = count;
    return INLAY_OK;
}

static inlay_status ranges_check(const struct parquet_reader *reader,
                                 const struct parquet_scan_options *options, inlay_error *err)
{
    uint64_t next = 0;
    size_t i;
    for (i = 0; i < options->range_count; i++) {
        const struct parquet_row_range *r = &options->ranges[i];
        if (r->first < next || !range_inside(r->first, r->count, parquet_reader_rows(reader))) {
            return error_set(err, INLAY_INVALID_ARGUMENT,
                             "row range %zu of a scan is out of order or outside the file", i);
        }
        next = r->first + r->count;
    }
    return INLAY_OK;
}

static inlay_status options_check(const struct parquet_reader *reader,
                                  const struct parquet_scan_options *options, inlay_error *err)
{
    const size_t groups = reader->metadata.row_group_count;
    if (options->rowset != NULL && (options->use_ranges || options->range_count != 0)) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "a scan takes a row set or ranges, not both");
    }
    if (options->first_row_group > groups ||
        options->row_group_count > groups - options->first_row_group) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "%s has %zu row groups, not %zu + %zu",
                         reader->source->name, groups, options->first_row_group,
                         options->row_group_count);
    }
    return ranges_check(reader, options, err);
}

static inlay_status columns_open(struct parquet_scan *scan, inlay_error *err)
{
    const struct parquet_scan_options *o = &scan->options;
    const size_t all = scan->reader->map.schema.count;
    uint32_t *every;
    inlay_status status;
    size_t i;
    if (o->columns != NULL) {
        return column_set_open(&scan->columns, scan->reader, o->columns, o->column_count,
                               o->dictionary, false, err);
    }
    every = mem_alloc_array(all, sizeof(*every));
    if (every == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < all; i++) {
        every[i] = (uint32_t)i;
    }
    status = column_set_open(&scan->columns, scan->reader, every, all, o->dictionary, false, err);
    mem_free(every);
    return status;
}

inlay_status parquet_scan_open(struct parquet_reader *reader,
                               const struct parquet_scan_options *options,
                               struct parquet_scan **out, inlay_error *err)
{
    struct parquet_scan *scan;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(options_check(reader, options, err));
    scan = mem_zalloc(sizeof(*scan));
    if (scan == NULL) {
        return error_no_memory(err);
    }
    scan->reader = reader;
    scan->options = *options;
    scan->options.batch_rows = options->batch_rows != 0 ? options->batch_rows : DEFAULT_BATCH_ROWS;
    scan->options.batch_bytes =
        options->batch_bytes != 0 ? options->batch_bytes : DEFAULT_BATCH_BYTES;
    scan->row_group = options->first_row_group;
    scan->row_group_end = options->row_group_count != 0
                              ? options->first_row_group + options->row_group_count
                              : reader->metadata.row_group_count;
    status = columns_open(scan, err);
    if (status != INLAY_OK) {
        parquet_scan_close(scan);
        return status;
    }
    *out = scan;
    return INLAY_OK;
}

void parquet_scan_close(struct parquet_scan *scan)
{
    if (scan != NULL) {
        column_set_close(&scan->columns);
        row_group_plan_free(&scan->plan);
        mem_free(scan->wanted.items);
        mem_free(scan->pieces.items);
        mem_free(scan);
    }
}

static inlay_status wanted_from_ranges(struct parquet_scan *scan, uint64_t first, uint64_t end,
                                       inlay_error *err)
{
    const struct parquet_scan_options *o = &scan->options;
    for (; scan->next_range < o->range_count; scan->next_range++) {
        const struct parquet_row_range *r = &o->ranges[scan->next_range];
        uint64_t from = r->first > first ? r->first : first;
        uint64_t to = r->first + r->count < end ? r->first + r->count : end;
        if (r->first >= end) {
            break;
        }
        if (from < to) {
            INLAY_TRY(range_add(&scan->wanted, from - first, to - from, err));
        }
        if (r->first + r->count > end) {
            break; /* goes on in the next row group */
        }
    }
    return INLAY_OK;
}

static inlay_status wanted_from_rowset(struct parquet_scan *scan, uint64_t first, uint64_t end,
                                       inlay_error *err)
{
    struct rowset_iterator iterator;
    uint32_t rows[ROWSET_BLOCK];
    size_t count = ROWSET_BLOCK;
    if (first > UINT32_MAX) {
        return INLAY_OK;
    }
    rowset_iterate_from(scan->options.rowset, (uint32_t)first, &iterator);
    while (count == ROWSET_BLOCK) {
        size_t i;
        count = rowset_next_many(&iterator, rows, ROWSET_BLOCK);
        for (i = 0; i < count; i++) {
            if (rows[i] >= end) {
                return INLAY_OK;
            }
            INLAY_TRY(range_add(&scan->wanted, rows[i] - first, 1, err));
        }
    }
    return INLAY_OK;
}

/* Makes the next row group with wanted rows the present one; none left: wanted is empty. */
static inlay_status next_row_group(struct parquet_scan *scan, inlay_error *err)
{
    struct parquet_reader *reader = scan->reader;
    row_group_plan_free(&scan->plan);
    scan->wanted.count = 0;
    scan->wanted_next = 0;
    while (scan->wanted.count == 0 && scan->row_group < scan->row_group_end) {
        const size_t group = scan->row_group++;
        const uint64_t first = reader->first_rows[group];
        const uint64_t end = reader->first_rows[group + 1];
        scan->group_first = first;
        if (first == end) {
            continue;
        }
        if (scan->options.rowset != NULL) {
            INLAY_TRY(wanted_from_rowset(scan, first, end, err));
        } else if (has_selection(scan)) {
            INLAY_TRY(wanted_from_ranges(scan, first, end, err));
        } else {
            INLAY_TRY(range_add(&scan->wanted, 0, end - first, err));
        }
    }
    if (scan->wanted.count == 0) {
        return INLAY_OK;
    }
    INLAY_TRY(row_group_plan_make(
        reader, scan->row_group - 1, scan->columns.leaves, scan->columns.leaf_count,
        has_selection(scan) ? scan->wanted.items : NULL, scan->wanted.count, &scan->plan, err));
    INLAY_TRY(row_group_plans_read(reader, &scan->plan, 1, err));
    column_set_start(&scan->columns, &scan->plan);
    return INLAY_OK;
}

/* Moves up to batch_rows wanted rows into `pieces`. */
static inlay_status batch_cut(struct parquet_scan *scan, uint64_t *rows, inlay_error *err)
{
    *rows = 0;
    scan->pieces.count = 0;
    while (*rows < scan->options.batch_rows && scan->wanted_next < scan->wanted.count) {
        struct parquet_row_range *next = &scan->wanted.items[scan->wanted_next];
        uint64_t room = scan->options.batch_rows - *rows;
        uint64_t take = next->count < room ? next->count : room;
        INLAY_TRY(range_add(&scan->pieces, next->first, take, err));
        next->first += take;
        next->count -= take;
        *rows += take;
        scan->wanted_next += next->count == 0;
    }
    return INLAY_OK;
}

static inlay_status row_numbers(struct parquet_scan *scan, struct batch_memory *memory,
                                struct parquet_batch *out, inlay_error *err)
{
    uint64_t *rows;
    size_t at = 0;
    size_t i;
    uint64_t k;
    out->first_row = scan->group_first + scan->pieces.items[0].first;
    if (!has_selection(scan)) {
        return INLAY_OK;
    }
    rows = arena_alloc_array(&memory->arena, (size_t)out->row_count, sizeof(*rows));
    if (rows == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < scan->pieces.count; i++) {
        for (k = 0; k < scan->pieces.items[i].count; k++) {
            rows[at++] = scan->group_first + scan->pieces.items[i].first + k;
        }
    }
    out->rows = rows;
    return INLAY_OK;
}

inlay_status parquet_scan_next(struct parquet_scan *scan, struct parquet_batch *out,
                               inlay_error *err)
{
    struct batch_memory *memory = NULL;
    uint64_t rows;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    if (scan->wanted_next == scan->wanted.count) {
        INLAY_TRY(next_row_group(scan, err));
        if (scan->wanted.count == 0) {
            return INLAY_OK;
        }
    }
    INLAY_TRY(batch_cut(scan, &rows, err));
    INLAY_TRY(batch_memory_create(scan->options.batch_bytes, &memory, err));
    INLAY_TRY_GOTO(status, column_set_begin(&scan->columns, memory, rows, err), cleanup);
    INLAY_TRY_GOTO(
        status,
        column_set_read(&scan->columns, scan->pieces.items, scan->pieces.count, memory, err),
        cleanup);
    INLAY_TRY_GOTO(status, column_set_finish(&scan->columns, memory, rows, out, err), cleanup);
    memory = NULL; /* belongs to the batch now */
    status = row_numbers(scan, (struct batch_memory *)out->owner, out, err);
    if (status != INLAY_OK) {
        parquet_batch_release(out);
    }
cleanup:
    if (memory != NULL) {
        colvec_owner_release(&memory->owner);
    }
    return status;
}

void parquet_batch_release(struct parquet_batch *batch)
{
    size_t i;
    if (batch == NULL) {
        return;
    }
    for (i = 0; i < batch->column_count; i++) {
        colvec_release(&batch->columns[i]);
    }
    colvec_owner_release(batch->owner);
    memset(batch, 0, sizeof(*batch));
}
