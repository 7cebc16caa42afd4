/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which superfiles can hold rows that a query wants, by what the manifest knows: one layer for SQL,
 * text and vectors. A predicate is a conjunction of leaves; each leaf is a necessary condition, so
 * whoever builds them leaves out what it cannot express. Pruning never changes an answer: what is
 * unknown keeps, and rows are still filtered by the query itself.
 *
 * A leaf holds for a row when the SQL predicate is TRUE, so NULLs satisfy only PRUNE_IS_NULL.
 * Values have the kind that stat_kind_of_type gives for the column, in the column's own unit and
 * scale (INT and UINT may mix); a value that cannot be compared keeps. NaN is above every number.
 * Everything is borrowed. Pure functions.
 */
#ifndef INLAY_TABLE_PRUNING_H
#define INLAY_TABLE_PRUNING_H

#include "table/manifest/manifest_entry.h"

enum prune_op {
    PRUNE_EQ,          /* values[0] */
    PRUNE_NE,          /* values[0] */
    PRUNE_LT,          /* values[0] */
    PRUNE_LE,          /* values[0] */
    PRUNE_GT,          /* values[0] */
    PRUNE_GE,          /* values[0] */
    PRUNE_IN,          /* any of values; none: no row */
    PRUNE_IS_NULL,     /* no value */
    PRUNE_NOT_NULL,    /* no value */
    PRUNE_STARTS_WITH, /* values[0], bytes */
    PRUNE_ID_IN,       /* _id is any of ids; no column */
    PRUNE_ID_RANGE,    /* ids[0] <= _id <= ids[1]; no column */
    PRUNE_ALL_TERMS,   /* the text column has all of values (terms as the analyzer gives them) */
    PRUNE_ANY_TERM,    /* at least one of values; none: no row */
    PRUNE_TERM_PREFIX  /* a term that starts with values[0] */
};

struct prune_leaf {
    enum prune_op op;
    const char *column;
    const struct stat_value *values;
    const struct id128 *ids;
    size_t count; /* of values or ids */
};

struct prune {
    const struct prune_leaf *leaves;
    size_t count;
};

/* False: no live row of the superfile satisfies all leaves. Also right for a part's summary, whose
 * entry has no summaries loaded. */
bool prune_keeps(const struct prune *prune, const struct manifest_entry *entry);
/* True when a leaf looks at text summaries, which must then be loaded to be of use. */
bool prune_needs_texts(const struct prune *prune);

#endif
