/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One test of a condition made ready for the plain values of its column: every comparison becomes
 * ranges that hold, or do not hold, the values wanted. Pure functions.
 */
#ifndef INLAY_TABLE_PREDICATE_ROW_TEST_VALUES_H
#define INLAY_TABLE_PREDICATE_ROW_TEST_VALUES_H

#include "columnar/schema.h"
#include "table/predicate/predicate.h"
#include "table/predicate/row_test.h"

#define ROW_TEST_WORDS (ROW_TEST_ROWS / 64)
#define ROW_RANGES_MAX 8
#define ROW_TEXTS_MAX 64 /* texts of IN that are compared one by one for each row */

__extension__ typedef __int128 row_wide;

/* Both ends belong to it. */
struct row_range {
    union {
        struct {
            uint64_t low;
            uint64_t span; /* high - low */
        } number;          /* two's complement, of the column's width */
        struct {
            double low;
            double high;
        } real;
        struct {
            row_wide low;
            row_wide high;
        } wide; /* decimals */
        struct {
            const struct stat_value *low; /* borrowed; NULL = no end */
            const struct stat_value *high;
            bool below; /* `high` itself does not belong to it */
        } text;
    } as;
};

struct row_values {
    enum predicate_test test;
    const struct predicate *predicate; /* borrowed */
    enum stat_kind kind;
    uint32_t width;            /* bytes of a value in a flat vector */
    bool outside;              /* wanted is what no range holds */
    bool only_of_dictionaries; /* too dear row by row: the engine does it as fast */
    bool any_of;               /* texts: the predicate's values, too many to be ranges */
    struct row_range ranges[ROW_RANGES_MAX];
    size_t range_count;
};

/* False: such a test is not made here. */
bool row_values_make(const struct predicate *test, const struct field *field,
                     struct row_values *out);

/* Is the test made whole, so that what it holds of is wanted and nothing else? */
bool row_values_exact(const struct row_values *test);

/* Does the text match a LIKE that does not fold case? */
bool row_values_like(const struct predicate *like, const void *text, uint32_t length);

/* A bit per value of `rows` (at most ROW_TEST_ROWS) flat values from `first` on; bits behind them
 * are zero. */
void row_values_test(const struct row_values *test, const void *values, uint64_t first,
                     uint64_t rows, uint64_t bits[ROW_TEST_WORDS]);

#endif
