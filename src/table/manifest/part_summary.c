/* SPDX-License-Identifier: Apache-2.0 */
#include "table/manifest/part_summary.h"

#include <string.h>

static bool all_null(const struct entry_column *stat, uint64_t rows)
{
    return stat->nulls_known && stat->null_count == rows && !stat->may_have_nan;
}

/* Entries list their columns in the same order as a rule: look at the same index first. */
static const struct entry_column *same_column(const struct manifest_entry *entry, size_t hint,
                                              const char *column)
{
    if (hint < entry->column_count && strcmp(entry->columns[hint].column, column) == 0) {
        return &entry->columns[hint];
    }
    return manifest_entry_column(entry, column);
}

static void widen(struct stat_bound *bound, const struct stat_bound *other, int direction)
{
    if (bound->state == BOUND_UNKNOWN || other->state == BOUND_UNKNOWN) {
        bound->state = BOUND_UNKNOWN;
    } else if (stat_compare(&other->value, &bound->value) * direction > 0) {
        bound->value = other->value;
    }
}

/* False: some entry does not know this column. */
static bool merge_column(const struct manifest_entry *entries, size_t count, size_t index,
                         struct entry_column *out)
{
    const char *name = entries[0].columns[index].column;
    bool first = true;
    memset(out, 0, sizeof(*out));
    out->column = name;
    out->nulls_known = true;
    for (size_t i = 0; i < count; i++) {
        const struct entry_column *stat = same_column(&entries[i], index, name);
        if (stat == NULL || stat->kind != entries[0].columns[index].kind) {
            return false;
        }
        out->kind = stat->kind;
        out->may_have_nan |= stat->may_have_nan;
        out->nulls_known &= stat->nulls_known;
        out->null_count += stat->nulls_known ? stat->null_count : 0;
        if (all_null(stat, entries[i].rows)) {
            continue; /* no values, nothing to widen */
        }
        if (first) {
            out->min = stat->min;
            out->max = stat->max;
            first = false;
        } else {
            widen(&out->min, &stat->min, -1);
            widen(&out->max, &stat->max, 1);
        }
    }
    return true;
}

static bool own_bound(struct stat_bound *bound, struct arena *arena)
{
    if (bound->state == BOUND_UNKNOWN) {
        memset(bound, 0, sizeof(*bound));
        return true;
    }
    bound->state = BOUND_INEXACT; /* the row that had it may be gone */
    if (bound->value.kind == STAT_BYTES) {
        bound->value.as.bytes.data =
            arena_dup(arena, bound->value.as.bytes.data, bound->value.as.bytes.length);
        return bound->value.as.bytes.data != NULL;
    }
    return true;
}

static bool own_column(struct entry_column *stat, struct arena *arena)
{
    if (!stat->nulls_known) {
        stat->null_count = 0;
    }
    stat->column = arena_strdup(arena, stat->column);
    return stat->column != NULL && own_bound(&stat->min, arena) && own_bound(&stat->max, arena);
}

bool part_summarise(const struct manifest_entry *entries, size_t count, struct arena *arena,
                    struct manifest_entry *out, uint64_t *rows)
{
    struct entry_column *columns;
    manifest_entry_init(out);
    out->loaded = 0;
    out->id_min = entries[0].id_min;
    out->id_max = entries[0].id_max;
    *rows = 0;
    for (size_t i = 0; i < count; i++) {
        *rows += entries[i].rows;
        if (id_compare(entries[i].id_min, out->id_min) < 0) {
            out->id_min = entries[i].id_min;
        }
        if (id_compare(entries[i].id_max, out->id_max) > 0) {
            out->id_max = entries[i].id_max;
        }
    }
    out->rows = *rows;
    columns = arena_zalloc_array(arena, entries[0].column_count + 1, sizeof(*columns));
    if (columns == NULL) {
        return false;
    }
    out->columns = columns;
    for (size_t c = 0; c < entries[0].column_count; c++) {
        if (merge_column(entries, count, c, &columns[out->column_count])) {
            if (!own_column(&columns[out->column_count], arena)) {
                return false;
            }
            out->column_count++;
        }
    }
    return true;
}
