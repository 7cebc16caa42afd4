/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known beforehand of the rows that a statement wants from one table: a condition that is
 * true of each of them. A reader may leave out any row for which it is not TRUE (three-valued, as
 * in SQL) and none for which it is; it may also keep everything. Whoever asks checks its own
 * condition again, so a predicate can make a statement faster, never wrong.
 *
 * Nodes are immutable, plain data, in an arena of the maker's; values are borrowed. Depth is at
 * most PREDICATE_DEPTH_MAX: makers leave deeper conditions out.
 */
#ifndef INLAY_TABLE_PREDICATE_PREDICATE_H
#define INLAY_TABLE_PREDICATE_PREDICATE_H

#include "table/manifest/stat_value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PREDICATE_DEPTH_MAX 64

enum predicate_kind {
    PREDICATE_TEST, /* of one column */
    PREDICATE_AND,  /* all parts; none: every row */
    PREDICATE_OR,   /* any part; none: no row */
};

/* Values have the kind of the column's type (stat_kind_of_type), its unit and its scale; _id is
 * INT128. Only NULL and NOT_NULL hold of a null. NaN is above every number, as the engine orders.
 */
enum predicate_test {
    PREDICATE_EQ, /* values[0], as for the next five */
    PREDICATE_NE,
    PREDICATE_LT,
    PREDICATE_LE,
    PREDICATE_GT,
    PREDICATE_GE,
    PREDICATE_IN, /* one of values; none: no row */
    PREDICATE_IS_NULL,
    PREDICATE_NOT_NULL,
    /* The text holds the values (BYTES, none empty) one after the other, not overlapping. The first
     * begins the text when `anchored_start`, the last ends it when `anchored_end`; `fold_case`: as
     * ILIKE compares. LIKE with its wildcards taken out. */
    PREDICATE_LIKE,
};

struct predicate {
    enum predicate_kind kind;
    enum predicate_test test;
    uint32_t column; /* of the table's file schema: _id is 0 */
    const struct stat_value *values;
    size_t value_count;
    bool anchored_start;
    bool anchored_end;
    bool fold_case;
    const struct predicate *const *parts; /* of AND and OR */
    size_t part_count;
};

#endif
