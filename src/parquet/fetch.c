/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/fetch.h"

#include "base/alloc.h"
#include "base/error.h"
#include "parquet/fetch_order.h"
#include "parquet/reader_priv.h"

#include <string.h>

#define FETCH_BYTES (UINT64_C(1) << 30) /* most memory of the rows of one fetch */

/* The distinct rows, ascending, cut into ranges and by row group. */
struct fetch_group {
    size_t row_group;
    size_t first_range;
    size_t range_count;
};

struct fetch {
    struct parquet_reader *reader;
    struct fetch_order order;
    struct column_set columns;
    struct parquet_row_range *ranges; /* within their row group */
    struct fetch_group *groups;
    struct row_group_plan *plans; /* one per group */
    size_t group_count;
};

static size_t row_group_of(const struct parquet_reader *reader, uint64_t row, size_t from)
{
    size_t low = from;
    size_t high = reader->metadata.row_group_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (reader->first_rows[middle + 1] <= row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static inlay_status groups_cut(struct fetch *fetch, inlay_error *err)
{
    const struct fetch_order *order = &fetch->order;
    size_t group = 0;
    size_t ranges = 0;
    size_t i;
    fetch->ranges = mem_alloc_array(order->distinct_count, sizeof(*fetch->ranges));
    fetch->groups = mem_alloc_array(order->distinct_count, sizeof(*fetch->groups));
    if (fetch->ranges == NULL || fetch->groups == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < order->distinct_count; i++) {
        struct fetch_group *last =
            fetch->group_count != 0 ? &fetch->groups[fetch->group_count - 1] : NULL;
        uint64_t row;
        group = row_group_of(fetch->reader, order->distinct[i], group);
        row = order->distinct[i] - fetch->reader->first_rows[group];
        if (last == NULL || last->row_group != group) {
            last = &fetch->groups[fetch->group_count++];
            last->row_group = group;
            last->first_range = ranges;
            last->range_count = 0;
        } else if (fetch->ranges[ranges - 1].first + fetch->ranges[ranges - 1].count == row) {
            fetch->ranges[ranges - 1].count++;
            continue;
        }
        fetch->ranges[ranges].first = row;
        fetch->ranges[ranges++].count = 1;
        last->range_count++;
    }
    return INLAY_OK;
}

static inlay_status plans_make(struct fetch *fetch, inlay_error *err)
{
    size_t i;
    fetch->plans = mem_zalloc_array(fetch->group_count, sizeof(*fetch->plans));
    if (fetch->plans == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < fetch->group_count; i++) {
        const struct fetch_group *group = &fetch->groups[i];
        INLAY_TRY(row_group_plan_make(fetch->reader, group->row_group, fetch->columns.leaves,
                                      fetch->columns.leaf_count, fetch->ranges + group->first_range,
                                      group->range_count, &fetch->plans[i], err));
    }
    return row_group_plans_read(fetch->reader, fetch->plans, fetch->group_count, err);
}

static inlay_status rows_decode(struct fetch *fetch, struct batch_memory *memory,
                                struct parquet_batch *out, inlay_error *err)
{
    size_t i;
    INLAY_TRY(column_set_begin(&fetch->columns, memory, fetch->order.distinct_count, err));
    for (i = 0; i < fetch->group_count; i++) {
        const struct fetch_group *group = &fetch->groups[i];
        column_set_start(&fetch->columns, &fetch->plans[i]);
        INLAY_TRY(column_set_read(&fetch->columns, fetch->ranges + group->first_range,
                                  group->range_count, memory, err));
    }
    return column_set_finish(&fetch->columns, memory, fetch->order.distinct_count, out, err);
}

static void fetch_free(struct fetch *fetch)
{
    size_t i;
    column_set_close(&fetch->columns);
    for (i = 0; fetch->plans != NULL && i < fetch->group_count; i++) {
        row_group_plan_free(&fetch->plans[i]);
    }
    mem_free(fetch->plans);
    mem_free(fetch->groups);
    mem_free(fetch->ranges);
    fetch_order_free(&fetch->order);
}

static inlay_status columns_open(struct fetch *fetch, const uint32_t *columns, size_t column_count,
                                 inlay_error *err)
{
    const size_t all = fetch->reader->map.schema.count;
    uint32_t *every = NULL;
    inlay_status status;
    size_t i;
    if (columns == NULL) {
        every = mem_alloc_array(all, sizeof(*every));
        if (every == NULL) {
            return error_no_memory(err);
        }
        for (i = 0; i < all; i++) {
            every[i] = (uint32_t)i;
        }
        columns = every;
        column_count = all;
    }
    status = column_set_open(&fetch->columns, fetch->reader, columns, column_count,
                             PARQUET_DICTIONARY_NONE, true, err);
    mem_free(every);
    return status;
}

static inlay_status rows_check(const struct parquet_reader *reader, const uint64_t *rows,
                               size_t row_count, inlay_error *err)
{
    const uint64_t count = parquet_reader_rows(reader);
    size_t i;
    for (i = 0; i < row_count; i++) {
        if (rows[i] >= count) {
            error_set(err, INLAY_INVALID_ARGUMENT, "%s has %llu rows, row %llu was asked for",
                      reader->source->name, (unsigned long long)count, (unsigned long long)rows[i]);
            error_row(err, (int64_t)rows[i]);
            return INLAY_INVALID_ARGUMENT;
        }
    }
    return INLAY_OK;
}

inlay_status parquet_fetch_rows(struct parquet_reader *reader, const uint32_t *columns,
                                size_t column_count, const uint64_t *rows, size_t row_count,
                                struct parquet_batch *out, inlay_error *err)
{
    struct fetch fetch = {0};
    struct batch_memory *memory = NULL;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(rows_check(reader, rows, row_count, err));
    if (row_count == 0) {
        return INLAY_OK;
    }
    fetch.reader = reader;
    INLAY_TRY_GOTO(status, fetch_order_make(rows, row_count, &fetch.order, err), cleanup);
    INLAY_TRY_GOTO(status, columns_open(&fetch, columns, column_count, err), cleanup);
    INLAY_TRY_GOTO(status, groups_cut(&fetch, err), cleanup);
    INLAY_TRY_GOTO(status, plans_make(&fetch, err), cleanup);
    INLAY_TRY_GOTO(status, batch_memory_create(FETCH_BYTES, &memory, err), cleanup);
    INLAY_TRY_GOTO(status, rows_decode(&fetch, memory, out, err), cleanup);
    status = fetch_order_restore(&fetch.order, &memory->arena, out, err);
    if (status == INLAY_OK) {
        uint64_t *numbers = arena_dup(&memory->arena, rows, row_count * sizeof(*rows));
        out->rows = numbers;
        out->first_row = rows[0];
        status = numbers != NULL ? INLAY_OK : error_no_memory(err);
    }
    memory = NULL; /* belongs to the batch */
    if (status != INLAY_OK) {
        parquet_batch_release(out);
    }
cleanup:
    if (memory != NULL) {
        colvec_owner_release(&memory->owner);
    }
    fetch_free(&fetch);
    return status;
}
