/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can rows of which only statistics are known satisfy a condition? The one place that answers it,
 * for superfiles (pruning.h), row groups and pages alike. What is unknown keeps. Pure functions.
 */
#ifndef INLAY_TABLE_PREDICATE_PREDICATE_STATS_H
#define INLAY_TABLE_PREDICATE_PREDICATE_STATS_H

#include "table/manifest/manifest_entry.h"
#include "table/predicate/predicate.h"

/* False: none of `rows` rows with these statistics satisfies the test of their column. */
bool predicate_test_keeps(const struct predicate *test, const struct entry_column *column,
                          uint64_t rows);

/* Where statistics come from. */
struct predicate_facts {
    /* The statistics of a column, whose name need not be set; false: nothing is known. */
    bool (*column)(void *context, uint32_t column, struct entry_column *out);
    void *context;
    uint64_t rows;
};

/* False: no row satisfies the condition. */
bool predicate_keeps(const struct predicate *predicate, const struct predicate_facts *facts);

/* The statistics of _id where it goes from `first` to `last`. */
void predicate_id_column(struct id128 first, struct id128 last, struct entry_column *out);
struct stat_value predicate_id_value(struct id128 id);
/* False: no id has this value (ids are not negative). */
bool predicate_value_id(const struct stat_value *value, struct id128 *out);

#endif
