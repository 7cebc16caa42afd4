/* SPDX-License-Identifier: Apache-2.0 */
#include "table/predicate/table_predicate.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "table/predicate/predicate_stats.h"
#include "table/predicate/row_bounds.h"
#include "table/pruning.h"

#include <string.h>

struct table_predicate {
    const struct predicate *root;
    const struct schema *schema;
    struct row_bounds *bounds; /* owned; NULL: indexes do not help */
};

inlay_status table_predicate_of_statistics(const struct predicate *predicate,
                                           const struct typed_table *table,
                                           struct table_predicate **out, inlay_error *err)
{
    struct table_predicate *made = mem_zalloc(sizeof(*made));
    *out = made;
    if (made == NULL) {
        return error_no_memory(err);
    }
    made->root = predicate;
    made->schema = typed_table_file_schema(table);
    return INLAY_OK;
}

inlay_status table_predicate_create(const struct predicate *predicate,
                                    const struct typed_table *table, struct table_predicate **out,
                                    inlay_error *err)
{
    inlay_status status = table_predicate_of_statistics(predicate, table, out, err);
    if (status == INLAY_OK) {
        status = row_bounds_create(predicate, table, &(*out)->bounds, err);
    }
    if (status != INLAY_OK) {
        table_predicate_free(*out);
        *out = NULL;
    }
    return status;
}

void table_predicate_free(struct table_predicate *predicate)
{
    if (predicate != NULL) {
        row_bounds_free(predicate->bounds);
        mem_free(predicate);
    }
}

bool table_predicate_keeps(const struct table_predicate *predicate,
                           const struct manifest_entry *entry)
{
    const struct prune prune = {.predicate = predicate->root, .schema = predicate->schema};
    return prune_keeps(&prune, entry);
}

/* ---- statistics of Parquet ---- */

/* A row group while its rows are judged. */
struct group {
    const struct table_predicate *predicate;
    const struct manifest_entry *entry;
    struct superfile *file;
    struct parquet_reader *reader;
    size_t number;
    uint64_t first; /* rows [first, end) of the file */
    uint64_t end;
    struct parquet_page_stats *pages; /* owned; of the column that has most of those asked */
    size_t page_count;
    inlay_error *err;
};

static void group_open(struct group *group, const struct table_predicate *predicate,
                       const struct manifest_entry *entry, struct superfile *file, size_t number)
{
    memset(group, 0, sizeof(*group));
    group->predicate = predicate;
    group->entry = entry;
    group->file = file;
    group->reader = superfile_parquet(file);
    group->number = number;
    group->first = parquet_reader_first_row(group->reader, number);
    group->end = parquet_reader_first_row(group->reader, number + 1);
}

static enum stat_kind kind_of(enum parquet_stat_kind kind)
{
    switch (kind) {
    case PARQUET_STAT_INT:
        return STAT_INT;
    case PARQUET_STAT_UINT:
        return STAT_UINT;
    case PARQUET_STAT_FLOAT:
        return STAT_FLOAT;
    case PARQUET_STAT_DECIMAL:
        return STAT_INT128;
    case PARQUET_STAT_BYTES:
        return STAT_BYTES;
    default:
        return STAT_NONE;
    }
}

static struct stat_bound bound_of(enum stat_kind kind, bool present, bool exact,
                                  const struct parquet_stat_value *value)
{
    struct stat_bound bound = {BOUND_UNKNOWN, {0}};
    if (!present || (kind == STAT_BYTES && value->as.bytes.length > UINT32_MAX)) {
        return bound;
    }
    switch (kind) {
    case STAT_INT:
        bound.value = stat_int(value->as.i64);
        break;
    case STAT_UINT:
        bound.value = stat_uint(value->as.u64);
        break;
    case STAT_FLOAT:
        bound.value = stat_float(value->as.f64);
        break;
    case STAT_INT128:
        bound.value =
            stat_int128((int64_t)load_u64(value->as.decimal + 8), load_u64(value->as.decimal));
        break;
    case STAT_BYTES:
        bound.value = stat_bytes(value->as.bytes.data, (uint32_t)value->as.bytes.length);
        break;
    default:
        return bound;
    }
    bound.state = exact ? BOUND_EXACT : BOUND_INEXACT;
    return bound;
}

/* Parquet's statistics in the manifest's terms. They do not say whether there is a NaN, but the
 * manifest does for the whole superfile. */
static void column_of_stats(const struct group *group, uint32_t column, uint64_t rows,
                            const struct parquet_value_stats *stats, struct entry_column *out)
{
    const struct field *field = &group->predicate->schema->fields[column];
    const struct entry_column *whole = manifest_entry_column(group->entry, field->name);
    memset(out, 0, sizeof(*out));
    out->kind = stat_kind_of_type(field->type);
    out->may_have_nan = out->kind == STAT_FLOAT && (whole == NULL || whole->may_have_nan);
    out->nulls_known = stats->null_count >= 0 || stats->all_null;
    out->null_count = stats->all_null ? rows : (uint64_t)stats->null_count * out->nulls_known;
    if (kind_of(stats->kind) == out->kind) {
        out->min = bound_of(out->kind, stats->has_min, stats->min_exact, &stats->min);
        out->max = bound_of(out->kind, stats->has_max, stats->max_exact, &stats->max);
    }
}

static bool group_facts(void *context, uint32_t column, struct entry_column *out)
{
    const struct group *group = context;
    struct parquet_value_stats stats;
    if (column == 0) {
        predicate_id_column(superfile_id(group->file, (uint32_t)group->first),
                            superfile_id(group->file, (uint32_t)(group->end - 1)), out);
        return true;
    }
    parquet_reader_chunk_stats(group->reader, group->number, column, &stats);
    column_of_stats(group, column, group->end - group->first, &stats, out);
    return true;
}

static bool group_keeps(struct group *group, const struct predicate *predicate)
{
    const struct predicate_facts facts = {group_facts, group, group->end - group->first};
    return group->end > group->first && predicate_keeps(predicate, &facts);
}

/* ---- superfiles ---- */

static inlay_status select_groups(const struct table_predicate *predicate,
                                  const struct manifest_entry *entry, struct superfile *file,
                                  struct file_selection *out, inlay_error *err)
{
    size_t i;
    out->group_count = parquet_reader_row_groups(superfile_parquet(file));
    out->groups = mem_zalloc_array(out->group_count, sizeof(*out->groups));
    if (out->groups == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < out->group_count; i++) {
        struct group group;
        group_open(&group, predicate, entry, file, i);
        out->groups[i] = group_keeps(&group, predicate->root);
        out->groups_left += out->groups[i];
    }
    return INLAY_OK;
}

/* Row groups without any of the rows are not to be read either. */
static void drop_groups(const struct superfile *file, struct file_selection *selection)
{
    const struct parquet_reader *reader = superfile_parquet(file);
    size_t i;
    for (i = 0; i < selection->group_count; i++) {
        if (selection->groups[i] &&
            rowset_count_range(selection->rows, parquet_reader_first_row(reader, i),
                               parquet_reader_first_row(reader, i + 1)) == 0) {
            selection->groups[i] = false;
            selection->groups_left--;
        }
    }
}

inlay_status table_predicate_select(const struct table_predicate *predicate,
                                    const struct manifest_entry *entry, struct superfile *file,
                                    struct file_selection *out, inlay_error *err)
{
    memset(out, 0, sizeof(*out));
    INLAY_TRY(select_groups(predicate, entry, file, out, err));
    if (out->groups_left == 0 || predicate->bounds == NULL) {
        return INLAY_OK;
    }
    INLAY_TRY(row_bounds_rows(predicate->bounds, file, &out->rows, &out->exact, err));
    if (out->rows != NULL) {
        drop_groups(file, out);
    }
    return INLAY_OK;
}

void file_selection_free(struct file_selection *selection)
{
    mem_free(selection->groups);
    rowset_free(selection->rows);
    memset(selection, 0, sizeof(*selection));
}

/* ---- pages ---- */

/* The first row of the group whose id is not below the value; `above`: is above it. */
static uint64_t row_of_id(const struct group *group, const struct stat_value *value, bool above)
{
    uint64_t low = group->first;
    uint64_t high = group->end;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        struct stat_value id = predicate_id_value(superfile_id(group->file, (uint32_t)middle));
        int order = stat_compare(&id, value);
        if (order < 0 || (above && order == 0)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Ids ascend with the rows, so most tests of them are ranges. */
static inlay_status id_ranges(const struct group *group, const struct predicate *test,
                              struct row_ranges *out)
{
    uint64_t first = group->first;
    uint64_t end = group->end;
    const struct stat_value *value = test->values;
    const bool ordered = superfile_id(group->file, (uint32_t)(end - 1)).hi <= INT64_MAX;
    if (ordered && test->value_count == 1 && value->kind == STAT_INT128) {
        switch (test->test) {
        case PREDICATE_EQ:
            first = row_of_id(group, value, false);
            end = row_of_id(group, value, true);
            break;
        case PREDICATE_LT:
            end = row_of_id(group, value, false);
            break;
        case PREDICATE_LE:
            end = row_of_id(group, value, true);
            break;
        case PREDICATE_GT:
            first = row_of_id(group, value, true);
            break;
        case PREDICATE_GE:
            first = row_of_id(group, value, false);
            break;
        default:
            break;
        }
    }
    return row_ranges_add(out, first, end - first, group->err);
}

/* False: pages can say no more than the row group does, so that their index need not be read. */
static bool pages_can_help(struct group *group, const struct predicate *test)
{
    struct entry_column column;
    switch (test->test) {
    case PREDICATE_LIKE:
        return test->anchored_start && !test->fold_case && test->value_count != 0;
    case PREDICATE_NOT_NULL:
        return group_facts(group, test->column, &column) &&
               !(column.nulls_known && column.null_count == 0);
    default:
        return true;
    }
}

static inlay_status add_pages(struct group *group, const struct predicate *test,
                              const struct parquet_page_stats *pages, size_t count,
                              struct row_ranges *out)
{
    size_t i;
    for (i = 0; i < count; i++) {
        struct entry_column column;
        column_of_stats(group, test->column, pages[i].row_count, &pages[i].stats, &column);
        if (predicate_test_keeps(test, &column, pages[i].row_count)) {
            INLAY_TRY(row_ranges_add(out, pages[i].first_row, pages[i].row_count, group->err));
        }
    }
    return INLAY_OK;
}

static inlay_status test_ranges(struct group *group, const struct predicate *test,
                                struct row_ranges *out)
{
    struct parquet_page_stats *pages = NULL;
    size_t count = 0;
    inlay_status status;
    if (!group_keeps(group, test)) {
        return INLAY_OK;
    }
    if (test->column == 0) {
        return id_ranges(group, test, out);
    }
    if (pages_can_help(group, test)) {
        INLAY_TRY(parquet_reader_page_stats(group->reader, group->number, test->column, &pages,
                                            &count, group->err));
    }
    if (count == 0) {
        mem_free(pages);
        return row_ranges_add(out, group->first, group->end - group->first, group->err);
    }
    status = add_pages(group, test, pages, count, out);
    if (count > group->page_count) {
        mem_free(group->pages);
        group->pages = pages;
        group->page_count = count;
    } else {
        mem_free(pages);
    }
    return status;
}

static inlay_status node_ranges(struct group *group, const struct predicate *node,
                                struct row_ranges *out)
{
    const bool all = node->kind == PREDICATE_AND;
    const uint64_t rows = group->end - group->first;
    inlay_status status = INLAY_OK;
    size_t i;
    if (node->kind == PREDICATE_TEST) {
        return test_ranges(group, node, out);
    }
    if (all) {
        INLAY_TRY(row_ranges_add(out, group->first, rows, group->err));
    }
    for (i = 0; i < node->part_count && status == INLAY_OK; i++) {
        struct row_ranges part = {0};
        if (row_ranges_rows(out) == (all ? 0 : rows)) {
            break; /* the rest changes nothing */
        }
        status = node_ranges(group, node->parts[i], &part);
        if (status == INLAY_OK) {
            status = all ? row_ranges_intersect(out, &part, group->err)
                         : row_ranges_unite(out, &part, group->err);
        }
        row_ranges_free(&part);
    }
    return status;
}

inlay_status table_predicate_pages(const struct table_predicate *predicate,
                                   const struct manifest_entry *entry, struct superfile *file,
                                   size_t row_group, struct row_ranges *out, uint64_t *pages_pruned,
                                   inlay_error *err)
{
    struct group group;
    inlay_status status;
    size_t i;
    memset(out, 0, sizeof(*out));
    *pages_pruned = 0;
    group_open(&group, predicate, entry, file, row_group);
    group.err = err;
    status = node_ranges(&group, predicate->root, out);
    for (i = 0; i < group.page_count && status == INLAY_OK; i++) {
        *pages_pruned += !row_ranges_touch(out, group.pages[i].first_row, group.pages[i].row_count);
    }
    mem_free(group.pages);
    return status;
}
