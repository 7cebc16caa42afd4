/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cosine_distance(a, b), l2_distance(a, b) and inner_product(a, b) of two lists or arrays of
 * numbers, as FLOAT: to the bit the distance of a vector_search for `a` whose row holds `b` in a
 * float32 column (inner_product: that distance negated). The engine's own list_cosine_distance and
 * its like add in another order and give slightly other numbers.
 */
#ifndef INLAY_SQL_SEARCH_VECTOR_FUNCTIONS_H
#define INLAY_SQL_SEARCH_VECTOR_FUNCTIONS_H

#include "inlay/error.h"

#include <duckdb.h>

inlay_status vector_functions_register(duckdb_connection connection, inlay_error *err);

#endif
