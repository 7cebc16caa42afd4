/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A condition over a table, made ready for reading: which superfiles, row groups, rows and pages
 * can satisfy it. What is left is always enough: each row of which the condition is TRUE.
 *
 * Reading a superfile asks in this order, and stops where nothing is left: the manifest entry; the
 * row groups' statistics; the indexes, which may name single rows; the page indexes of the row
 * groups that are left. Immutable once made; shared by threads.
 */
#ifndef INLAY_TABLE_PREDICATE_TABLE_PREDICATE_H
#define INLAY_TABLE_PREDICATE_TABLE_PREDICATE_H

#include "table/predicate/predicate.h"
#include "table/predicate/row_ranges.h"
#include "table/rows/typed_table.h"

struct table_predicate;

/* The condition and the table are borrowed. */
inlay_status table_predicate_create(const struct predicate *predicate,
                                    const struct typed_table *table, struct table_predicate **out,
                                    inlay_error *err);
/* One that asks statistics only, no index. */
inlay_status table_predicate_of_statistics(const struct predicate *predicate,
                                           const struct typed_table *table,
                                           struct table_predicate **out, inlay_error *err);
void table_predicate_free(struct table_predicate *predicate); /* NULL-safe */

/* False: the superfile has no row that satisfies it. */
bool table_predicate_keeps(const struct table_predicate *predicate,
                           const struct manifest_entry *entry);

/* What to read of an open superfile. */
struct file_selection {
    bool *groups; /* owned; per row group: rows of it may satisfy the condition */
    size_t group_count;
    size_t groups_left;
    struct rowset *rows; /* owned; the only rows that may; NULL: no index says */
    bool exact;          /* all of these rows do */
};

/* `entry` is the superfile's. Reads nothing but indexes. Free the selection in any case. */
inlay_status table_predicate_select(const struct table_predicate *predicate,
                                    const struct manifest_entry *entry, struct superfile *file,
                                    struct file_selection *out, inlay_error *err);
void file_selection_free(struct file_selection *selection); /* leaves none */

/* Rows of a row group by the statistics of its pages, as numbers in the file, and how many pages
 * they leave out. Free *out in any case. */
inlay_status table_predicate_pages(const struct table_predicate *predicate,
                                   const struct manifest_entry *entry, struct superfile *file,
                                   size_t row_group, struct row_ranges *out, uint64_t *pages_pruned,
                                   inlay_error *err);

#endif
