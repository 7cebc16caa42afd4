/* SPDX-License-Identifier: Apache-2.0 */
/* A relation over generated rows, for the tests of the SQL layer:
 * n int64, t utf8 ("text of row <n>", null when n % 10 == 3), kind dictionary of four words,
 * id decimal128(38,0), tags list<int32> of n % 3 items, v fixed list of 2 floats. */
#ifndef INLAY_TESTS_UNIT_SQL_MEMORY_RELATION_H
#define INLAY_TESTS_UNIT_SQL_MEMORY_RELATION_H

#include "sql/relation.h"

#include <stdatomic.h>

struct memory_relation_counts {
    _Atomic int open_relations;
    _Atomic int open_scans;
    _Atomic int open_workers;
    _Atomic int resolves;
    _Atomic int values_asked; /* for the distinct values of a column */
    _Atomic uint64_t columns_scanned;
};

/* Resolver of the tables "numbers" (rows rows), "empty" (0 rows), "broken" (fails after its first
 * batch), and "partial" (has a kind that it did not tell of). */
struct relation_resolver memory_resolver(uint64_t rows, struct memory_relation_counts *counts);

#endif
