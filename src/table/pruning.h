/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which superfiles can hold rows that a query wants, by what the manifest knows: one layer for SQL,
 * text and vectors. A query is described by a condition over columns (predicate.h) and by what it
 * asks of the terms of text columns; all of it must hold. Pruning never changes an answer: what is
 * unknown keeps, and rows are still filtered by the query itself.
 *
 * Everything is borrowed. Pure functions.
 */
#ifndef INLAY_TABLE_PRUNING_H
#define INLAY_TABLE_PRUNING_H

#include "columnar/schema.h"
#include "table/manifest/manifest_entry.h"
#include "table/predicate/predicate.h"

enum prune_op {
    PRUNE_ALL_TERMS,  /* the text column has all of values (terms as the analyzer gives them) */
    PRUNE_ANY_TERM,   /* at least one of values; none: no row */
    PRUNE_TERM_PREFIX /* a term that starts with values[0] */
};

struct prune_terms {
    enum prune_op op;
    const char *column;
    const struct stat_value *values;
    size_t count;
};

struct prune {
    const struct predicate *predicate; /* NULL: every row */
    const struct schema *schema;       /* of the predicate's columns: _id and the table's */
    const struct prune_terms *terms;
    size_t count;
};

/* False: no live row of the superfile is wanted. Also right for a part's summary, whose entry has
 * no summaries loaded. */
bool prune_keeps(const struct prune *prune, const struct manifest_entry *entry);
/* True when text summaries are looked at, which must then be loaded to be of use. */
bool prune_needs_texts(const struct prune *prune);

#endif
