/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/table_statistics.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/predicate/table_predicate.h"

#include <math.h>
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

/* ---- guesses ---- */

struct spread {
    double low;
    double high;
    double rows;
};

static bool number_of(const struct stat_value *value, double *out)
{
    switch (value->kind) {
    case STAT_INT:
        *out = (double)value->as.i;
        return true;
    case STAT_UINT:
        *out = (double)value->as.u;
        return true;
    case STAT_FLOAT:
        *out = value->as.f;
        return isfinite(*out);
    default:
        return false;
    }
}

static bool bound_number(const struct stat_bound *bound, double *out)
{
    return bound->state != BOUND_UNKNOWN && number_of(&bound->value, out);
}

/* Narrows the range to what the predicate leaves of the column. */
static void narrow(const struct predicate *predicate, size_t column, double *low, double *high)
{
    double number;
    size_t i;
    if (predicate->kind == PREDICATE_AND) {
        for (i = 0; i < predicate->part_count; i++) {
            narrow(predicate->parts[i], column, low, high);
        }
    }
    if (predicate->kind != PREDICATE_TEST || predicate->column != column ||
        predicate->value_count != 1 || !number_of(predicate->values, &number)) {
        return;
    }
    if (predicate->test == PREDICATE_GE || predicate->test == PREDICATE_GT) {
        *low = fmax(*low, number);
    } else if (predicate->test == PREDICATE_LE || predicate->test == PREDICATE_LT) {
        *high = fmin(*high, number);
    }
}

/* Rows with values up to the bound. */
static double rows_up_to(const struct spread *spreads, size_t count, double bound)
{
    double sum = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        const struct spread *spread = &spreads[i];
        if (bound >= spread->high) {
            sum += spread->rows;
        } else if (bound > spread->low) {
            sum += spread->rows * ((bound - spread->low) / (spread->high - spread->low));
        }
    }
    return sum;
}

/* The least bound, nearly, with so many rows up to it. */
static double bound_of_rows(const struct spread *spreads, size_t count, double rows)
{
    double low = spreads[0].low;
    double high = spreads[0].high;
    int steps;
    size_t i;
    for (i = 1; i < count; i++) {
        low = fmin(low, spreads[i].low);
        high = fmax(high, spreads[i].high);
    }
    for (steps = 0; steps < 60; steps++) {
        double middle = low + (high - low) / 2;
        if (rows_up_to(spreads, count, middle) < rows) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

/* Values whose order is turned around for descending ones. */
static size_t spreads_of(const struct table_view *view, size_t column, bool descending,
                         struct spread *out)
{
    size_t count = 0;
    size_t i;
    for (i = 0; i < view->list.count; i++) {
        struct entry_range range = range_of(view, &view->list.entries[i], column);
        double min;
        double max;
        if (range.values != 0 && bound_number(&range.min, &min) && bound_number(&range.max, &max)) {
            out[count].low = descending ? -max : min;
            out[count].high = descending ? -min : max;
            out[count++].rows = (double)range.values;
        }
    }
    return count;
}

/* A double as a value of the column, not beyond what its type has. */
static bool value_of(enum column_type type, double number, bool up, struct stat_value *out)
{
    switch (stat_kind_of_type(type)) {
    case STAT_INT:
        number = up ? ceil(number) : floor(number);
        if (fabs(number) >= 0x1p63) {
            return false;
        }
        *out = stat_int((int64_t)number);
        return true;
    case STAT_UINT:
        number = fmax(up ? ceil(number) : floor(number), 0);
        if (number >= 0x1p64) {
            return false;
        }
        *out = stat_uint((uint64_t)number);
        return true;
    case STAT_FLOAT:
        *out = stat_float(number);
        return true;
    default:
        return false;
    }
}

bool table_statistics_top_guess(const struct table_view *view, const struct predicate *predicate,
                                size_t column, bool descending, uint64_t share,
                                struct stat_value *out, uint64_t *rows)
{
    const enum column_type type = typed_table_file_schema(view->table)->fields[column].type;
    struct spread *spreads = mem_alloc_array(view->list.count + 1, sizeof(*spreads));
    double low = -INFINITY;
    double high = INFINITY;
    double before;
    double inside;
    double bound;
    size_t count;
    bool known = false;
    if (spreads == NULL) {
        return false;
    }
    if (predicate != NULL) {
        narrow(predicate, column, &low, &high);
    }
    count = spreads_of(view, column, descending, spreads);
    before = rows_up_to(spreads, count, descending ? -high : low);
    inside = rows_up_to(spreads, count, descending ? -low : high) - before;
    if (count != 0 && inside >= 1) {
        bound = bound_of_rows(spreads, count, before + inside / (double)share);
        known = value_of(type, descending ? -bound : bound, !descending, out);
        *rows = (uint64_t)inside;
    }
    mem_free(spreads);
    return known;
}

/* Of one superfile. */
static inlay_status count_left(const struct table_predicate *predicate, struct table_view *view,
                               size_t index, uint64_t most, uint64_t *sum, inlay_error *err)
{
    const struct manifest_entry *entry = &view->list.entries[index];
    struct file_selection selection = {.groups = NULL};
    struct superfile *file = NULL;
    inlay_status status = table_view_superfile(view, index, &file, err);
    size_t i;
    if (status == INLAY_OK) {
        status = table_predicate_select(predicate, entry, file, &selection, err);
    }
    for (i = 0; status == INLAY_OK && i < selection.group_count && *sum <= most; i++) {
        struct row_ranges ranges = {0};
        uint64_t pruned;
        if (selection.groups[i]) {
            status = table_predicate_pages(predicate, entry, file, i, &ranges, &pruned, err);
            *sum += row_ranges_rows(&ranges);
        }
        row_ranges_free(&ranges);
    }
    file_selection_free(&selection);
    superfile_release(file);
    return status;
}

/* Superfiles are opened one after the other here, which a store would make slow: not more than
 * these, and one in so many. */
#define OPENED_MIN 1
#define OPENED_SHARE 8

inlay_status table_statistics_rows_left(struct table_view *view, const struct predicate *predicate,
                                        uint64_t most, uint64_t *out, inlay_error *err)
{
    const struct entry_list *list = &view->list;
    struct table_predicate *made = NULL;
    uint64_t rows = 0;
    size_t kept = 0;
    inlay_status status = INLAY_OK;
    size_t i;
    *out = 0;
    INLAY_TRY(table_predicate_of_statistics(predicate, view->table, &made, err));
    for (i = 0; i < list->count; i++) {
        if (table_predicate_keeps(made, &list->entries[i])) {
            rows += manifest_entry_live_rows(&list->entries[i]);
            kept++;
        }
    }
    if (kept > OPENED_MIN + list->count / OPENED_SHARE) {
        *out = rows;
        list = NULL;
    }
    for (i = 0; list != NULL && status == INLAY_OK && i < list->count && *out <= most; i++) {
        if (table_predicate_keeps(made, &list->entries[i])) {
            status = count_left(made, view, i, most, out, err);
        }
    }
    table_predicate_free(made);
    return status;
}

/* ---- summaries ---- */

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
