/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/table_statistics.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define ID_COLUMN 0 /* in the file schema */

/* What one superfile's entry says of a column. */
struct entry_range {
    struct stat_bound min;
    struct stat_bound max;
    uint64_t values; /* live ones that are not null and not NaN: at least so many */
    bool exact;      /* `values` is exact, and so are the bounds where they are called exact */
    bool nan;        /* there may be NaN */
};

/* Ids are random numbers of 128 bits, ordered as such; as a decimal they are signed. */
static struct entry_range range_of_ids(const struct manifest_entry *entry)
{
    struct entry_range range = {.values = manifest_entry_live_rows(entry)};
    range.exact = entry->tombstones.deleted == 0;
    if ((int64_t)entry->id_min.hi >= 0 && (int64_t)entry->id_max.hi >= 0) {
        range.min.state = BOUND_EXACT;
        range.max.state = BOUND_EXACT;
        range.min.value = stat_int128((int64_t)entry->id_min.hi, entry->id_min.lo);
        range.max.value = stat_int128((int64_t)entry->id_max.hi, entry->id_max.lo);
    }
    return range;
}

static struct entry_range range_of(const struct table_view *view,
                                   const struct manifest_entry *entry, size_t column)
{
    const struct field *field = &typed_table_file_schema(view->table)->fields[column];
    const struct entry_column *stats;
    struct entry_range range = {.exact = false};
    const uint64_t live = manifest_entry_live_rows(entry);
    if (column == ID_COLUMN) {
        return range_of_ids(entry);
    }
    stats = manifest_entry_column(entry, field->name);
    if (stats == NULL || !stats->nulls_known ||
        (stats->kind != stat_kind_of_type(field->type) && stats->kind != STAT_NONE)) {
        return range;
    }
    range.min = stats->min;
    range.max = stats->max;
    range.values = live > stats->null_count ? live - stats->null_count : 0;
    range.exact = entry->tombstones.deleted == 0;
    range.nan = stats->may_have_nan;
    return range;
}

struct reached {
    struct stat_value bound;
    uint64_t values;
};

static int ascending_bounds(const void *a, const void *b)
{
    return stat_compare(&((const struct reached *)a)->bound, &((const struct reached *)b)->bound);
}

static int descending_bounds(const void *a, const void *b)
{
    return ascending_bounds(b, a);
}

bool table_statistics_top_bound(const struct table_view *view, size_t column, bool descending,
                                uint64_t rows, struct stat_value *out)
{
    const struct entry_list *list = &view->list;
    struct reached *reached = mem_alloc_array(list->count + 1, sizeof(*reached));
    uint64_t sum = 0;
    size_t count = 0;
    size_t i;
    if (reached == NULL) {
        return false;
    }
    for (i = 0; i < list->count; i++) {
        struct entry_range range = range_of(view, &list->entries[i], column);
        const struct stat_bound *bound = descending ? &range.min : &range.max;
        /* Values that may be NaN are not known to be below the upper bound. */
        if (bound->state != BOUND_UNKNOWN && range.values != 0 && (descending || !range.nan) &&
            stat_comparable(&bound->value, &bound->value) &&
            (count == 0 || stat_comparable(&bound->value, &reached[0].bound))) {
            reached[count].bound = bound->value;
            reached[count++].values = range.values;
        }
    }
    qsort(reached, count, sizeof(*reached), descending ? descending_bounds : ascending_bounds);
    for (i = 0; i < count && sum < rows; i++) {
        sum += reached[i].values;
        *out = reached[i].bound;
    }
    mem_free(reached);
    return sum >= rows;
}

void table_statistics_summary(const struct table_view *view, size_t column,
                              struct relation_column_summary *out)
{
    const struct entry_list *list = &view->list;
    size_t i;
    memset(out, 0, sizeof(*out));
    out->count_known = true;
    out->bounds_known = true;
    for (i = 0; i < list->count; i++) {
        struct entry_range range = range_of(view, &list->entries[i], column);
        const bool first = out->count == 0;
        out->count_known &= range.exact;
        out->count += range.values;
        if (range.exact && range.values == 0) {
            continue;
        }
        if (!range.exact || range.nan || range.min.state != BOUND_EXACT ||
            range.max.state != BOUND_EXACT) {
            out->bounds_known = false;
            continue;
        }
        if (first || stat_compare(&range.min.value, &out->min) < 0) {
            out->min = range.min.value;
        }
        if (first || stat_compare(&range.max.value, &out->max) > 0) {
            out->max = range.max.value;
        }
    }
    out->bounds_known &= out->count_known && out->count != 0;
}
